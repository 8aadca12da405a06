//! Cameras, with their zones, lines and masks.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use url::Url;

use super::{Checker, known_id, quoted, text_of, value_of};
use crate::analysis::detection::Class;
use crate::analysis::geometry::{Line, Polygon};
use crate::analysis::grid::GridCode;
use crate::analysis::ground::Horizon;
use crate::analysis::heights::HeightLimits;
use crate::analysis::plausible::LARGEST_BOX;
use crate::analysis::rules::Night;
use crate::config::document::{self, At, CameraDocument, Document, ZoneDocument};
use crate::config::settings::{Camera, CameraSource, Web};
use crate::contract::stream_address;
use crate::text::config::{of, part_of};
use crate::text::{Words, config, config_address, config_camera as text, config_check};
use crate::types::at::secs_or;
use crate::types::camera_condition::CameraCondition;
use crate::types::decoding::{DecodePolicy, Decoder};
use crate::types::responsible::Responsible;
use crate::types::transport::Transport;
use crate::types::trust::{Fingerprint, Trust};

/// What a camera takes from the site.
#[derive(Clone, Copy)]
struct Site<'d> {
    area: Option<&'d str>,
    time_zone: &'d TimeZone,
}

/// What a detection of a camera must be like to count.
struct Limits {
    thresholds: BTreeMap<Class, f32>,
    night: Option<Night>,
    heights: BTreeMap<Class, HeightLimits>,
    horizon: Option<Horizon>,
}

fn answer_within(camera: &CameraDocument) -> Option<Duration> {
    camera.answer_within_secs.as_ref().map(|_| secs_or(&camera.answer_within_secs, 0.0))
}

fn responsible(camera: &CameraDocument) -> Responsible {
    Responsible {
        name: text_of(&camera.name),
        contact: text_of(&camera.contact),
        officer: text_of(&camera.officer),
    }
}

fn ignored_conditions(camera: &CameraDocument) -> Vec<CameraCondition> {
    let listed = camera.ignore_conditions.iter().flat_map(|list| &list.value);
    listed.map(|condition| condition.value).collect()
}

/// The sound zones that want to be counted.
fn counted(camera: &CameraDocument, zones: &BTreeMap<Arc<str>, Polygon>) -> Vec<Arc<str>> {
    let wants = |zone: &&At<ZoneDocument>| value_of(&zone.value.count).unwrap_or(false);
    let names = camera.zone.iter().filter(wants).filter_map(|zone| zone.value.id.as_ref());
    names.filter_map(|id| zones.get_key_value(id.value.as_str()).map(|(name, _)| name.clone())).collect()
}

impl Checker<'_, '_> {
    pub(super) fn cameras(&mut self, document: &Document, time_zone: Option<&TimeZone>) -> Vec<Camera> {
        let resembles = |name| self.taken_out.lacks_section(name);
        if document.camera.is_empty()
            && document.sensor.is_empty()
            && !resembles("camera")
            && !resembles("sensor")
        {
            let web = document.web.as_ref();
            let has_page =
                web.and_then(|web| value_of(&web.value.enabled)).unwrap_or(true) && Web::IS_BUILT_IN;
            let note = match has_page {
                // A fresh box begins so: its cameras come by the page.
                true => self.report.warning(&(0..0), text::nothing_to_watch()).hint(text::add_one_at_page()),
                false => self.report.error(&(0..0), text::nothing_to_watch()).hint(text::add_one()),
            };
            note.consequence();
        }
        let area = document.site.as_ref().and_then(|site| text_of(&site.value.area));
        // A wrong one is reported; whether a text is a schedule can be checked in any time zone.
        let time_zone = time_zone.cloned().unwrap_or(TimeZone::UTC);
        let site = Site { area: area.as_deref(), time_zone: &time_zone };
        let mut taken = BTreeMap::new();
        let mut cameras = Vec::with_capacity(document.camera.len());
        for section in &document.camera {
            let camera = self.camera(section, site, &mut taken);
            // Nobody would miss a camera that was left out in silence.
            if camera.is_none() && !self.report.has_errors() {
                let at = section.span.start..section.span.start;
                self.report.error(&at, text::cannot_be_read(owner(&section.value)));
            }
            cameras.extend(camera);
        }
        cameras
    }

    fn camera(
        &mut self,
        section: &At<CameraDocument>,
        site: Site<'_>,
        taken: &mut BTreeMap<String, Range<usize>>,
    ) -> Option<Camera> {
        let At { value: camera, span } = section;
        let owner = owner(camera);
        // All of them are looked at before the first one that is missing ends it.
        let id = self.id(&camera.id, config_check::a_camera(), taken);
        let source = self.source(camera, span, &owner);
        let url_main = camera.url_main.as_ref().and_then(|field| self.main_stream(field, &source, &owner));
        let credentials = self.credentials(&camera.user, &camera.secret, span, &owner);
        self.places_are_filled(camera, span, &owner);
        let trust = self.trust(camera, &source, &owner);
        let grid = camera.grid.as_ref().and_then(|field| self.grid(field, site.area, &owner));
        let lonlat = camera.lonlat.as_ref().and_then(|field| self.lonlat(field, &owner));
        let rotate = camera.rotate.as_ref().map_or(0, |field| self.rotation(field, &owner));
        let display_aspect =
            camera.display_aspect.as_ref().and_then(|field| self.display_aspect(field, &owner));
        let Limits { thresholds, night, heights, horizon } = self.limits(camera, site.time_zone, &owner);
        let zones = self.zones(camera, &owner);
        let counted = counted(camera, &zones);
        let lines = self.lines(camera, &owner);
        let (masks, class_masks) = self.masks(camera, &owner);
        Some(Camera {
            id: id?,
            eye: value_of(&camera.eye)?,
            source: source?,
            url_main,
            credentials,
            trust: trust?,
            answer_within: answer_within(camera),
            grid: grid?,
            address: text_of(&camera.address),
            lonlat,
            responsible: responsible(camera),
            analysis_hz: value_of(&camera.analysis_fps).unwrap_or(document::DEFAULT_ANALYSIS_FPS) as f32,
            weight: value_of(&camera.weight).unwrap_or(1.0) as f32,
            thresholds,
            night,
            heights,
            horizon,
            decoder: value_of(&camera.decoder).unwrap_or(Decoder::Auto),
            rotate,
            display_aspect,
            policy: value_of(&camera.policy).unwrap_or(DecodePolicy::Auto),
            skip_still: value_of(&camera.skip_still).unwrap_or(true),
            look_closer: value_of(&camera.look_closer).unwrap_or(true),
            learn_furniture: value_of(&camera.learn_furniture).unwrap_or(true),
            ignore_conditions: ignored_conditions(camera),
            largest_box: value_of(&camera.largest_box).unwrap_or(LARGEST_BOX) as f32,
            stall_after: secs_or(&camera.stall_after_secs, document::DEFAULT_STALL_SECS),
            zones,
            counted,
            lines,
            masks,
            class_masks,
        })
    }

    fn limits(&mut self, camera: &CameraDocument, time_zone: &TimeZone, owner: &Words) -> Limits {
        self.names_no_class(&camera.thresholds, "thresholds", "{ person = 0.5 }", owner);
        let thresholds = self.thresholds(&camera.thresholds, owner);
        let night = camera.night.as_ref().and_then(|night| self.night(&night.value, time_zone, owner));
        self.names_no_class(&camera.heights, "heights", "{ person = { min = 0.05, max = 0.7 } }", owner);
        let heights = self.heights(camera, owner);
        let horizon = camera.horizon.as_ref().and_then(|horizon| self.horizon(&horizon.value, owner));
        Limits { thresholds, night, heights, horizon }
    }

    fn source(
        &mut self,
        camera: &CameraDocument,
        span: &Range<usize>,
        owner: &Words,
    ) -> Option<CameraSource> {
        let transport = value_of(&camera.transport).unwrap_or(Transport::Tcp);
        match (&camera.url, &camera.file) {
            (Some(_), Some(file)) => {
                let what = of(owner, config_check::has_both("url", "file"));
                self.report.error(&file.span, what).hint(text::one_source());
                None
            }
            (None, None) => {
                if !self.taken_out.resembles(span.start, "url")
                    && !self.taken_out.resembles(span.start, "file")
                {
                    self.report
                        .error(&(span.start..span.start), of(owner, text::no_source()))
                        .hint(config_check::for_example("url = \"rtsp://10.0.0.31/stream2\""))
                        .consequence();
                }
                None
            }
            (None, Some(file)) => Some(CameraSource::File(self.file(file, "file", owner))),
            (Some(url), None) => self.stream(url, transport, owner),
        }
    }

    fn stream(&mut self, field: &At<String>, transport: Transport, owner: &Words) -> Option<CameraSource> {
        let url = self.address(field, "url", owner, &["rtsp", "rtsps", "file"])?;
        if url.scheme() == "file" {
            let Ok(path) = url.to_file_path() else {
                self.report
                    .error(&field.span, of(owner, config_address::no_file_here("url")))
                    .hint(config_address::example_with_three_slashes("file:///srv/clips/gate.mp4"));
                return None;
            };
            let as_path = At { value: path.to_string_lossy().into_owned(), span: field.span.clone() };
            return Some(CameraSource::File(self.file(&as_path, "url", owner)));
        }
        if url.host_str().is_none_or(str::is_empty) {
            self.report
                .error(&field.span, of(owner, config_address::no_host("url")))
                .hint(config_check::for_example("rtsp://10.0.0.31/stream2"));
            return None;
        }
        Some(CameraSource::Rtsp { url: with_places(&url), transport })
    }

    /// Whose certificate is believed.
    fn trust(
        &mut self,
        camera: &CameraDocument,
        source: &Option<CameraSource>,
        owner: &Words,
    ) -> Option<Trust> {
        let named = [("ca_file", &camera.ca_file), ("certificate_sha256", &camera.certificate_sha256)];
        let is_encrypted = match source {
            Some(CameraSource::Rtsp { url, .. }) => url.starts_with("rtsps:"),
            Some(CameraSource::File(_)) => false,
            None => true,
        };
        for (name, field) in named {
            if let Some(field) = field.as_ref().filter(|_| !is_encrypted) {
                self.report
                    .error(&field.span, of(owner, config_address::not_encrypted(name)))
                    .hint(config_address::begin_with_or_leave_out("rtsps"));
                return None;
            }
        }
        match (&camera.ca_file, &camera.certificate_sha256) {
            (None, None) => Some(Trust::System),
            (Some(file), None) => {
                let (path, _) = self.certificates(file, "ca_file", owner);
                // Read at every attempt to connect: one that is renewed is tried at once.
                self.secret_files.insert(path.clone());
                // GLib takes no other; without a current folder there is nothing to start from.
                Some(Trust::Authority(std::path::absolute(&path).unwrap_or(path)))
            }
            (None, Some(pin)) => {
                let pinned = stream_address::fingerprint(&pin.value);
                if pinned.is_none() {
                    self.report
                        .error(&pin.span, of(owner, text::no_fingerprint()))
                        .hint(text::hexadecimal_digits());
                }
                pinned.map(|sha256| Trust::Pinned(Fingerprint::new(sha256)))
            }
            (Some(_), Some(pin)) => {
                let what = of(owner, config_check::has_both("ca_file", "certificate_sha256"));
                self.report.error(&pin.span, what).hint(text::pinned_needs_none());
                None
            }
        }
    }

    /// An address with places for the login needs one.
    fn places_are_filled(&mut self, camera: &CameraDocument, span: &Range<usize>, owner: &Words) {
        if camera.secret.is_some() || self.taken_out.resembles(span.start, "secret") {
            return;
        }
        for (name, field) in [("url", &camera.url), ("url_main", &camera.url_main)] {
            if let Some(At { span, .. }) = field.as_ref().filter(|at| stream_address::has_places(&at.value)) {
                self.report
                    .error(span, of(owner, config_address::place_without_secret(name)))
                    .hint(config_address::put_it_into_a_secret());
            }
        }
    }

    /// The larger stream of the same camera: what logs in there logs in here, so it is at the same place.
    fn main_stream(
        &mut self,
        field: &At<String>,
        small: &Option<CameraSource>,
        owner: &Words,
    ) -> Option<String> {
        let main = self.address(field, "url_main", owner, &["rtsp", "rtsps"])?;
        let place = |url: &Url| (url.scheme().to_owned(), url.host_str().map(str::to_owned), url.port());
        let (what, hint) = match small {
            None => return None,
            Some(CameraSource::File(_)) => (text::main_beside_a_file(), text::a_file_has_no_main()),
            Some(CameraSource::Rtsp { url, .. }) if *url == with_places(&main) => {
                (text::main_is_the_same(), text::small_and_large())
            }
            Some(CameraSource::Rtsp { url, .. })
                if Url::parse(url).is_ok_and(|url| place(&url) != place(&main)) =>
            {
                (text::main_elsewhere(), text::main_of_the_same())
            }
            Some(CameraSource::Rtsp { .. }) => return Some(with_places(&main)),
        };
        self.report.error(&field.span, of(owner, what)).hint(hint);
        None
    }

    pub(super) fn grid(&mut self, field: &At<String>, area: Option<&str>, owner: &Words) -> Option<GridCode> {
        let At { value, span } = field;
        let grid = match GridCode::parse(value) {
            Ok(grid) => grid,
            Err(error) => {
                self.report
                    .error(span, of(owner, text::no_grid_code(quoted(value), error.sentence())))
                    .hint(text::levels_of_a_grid_code());
                return None;
            }
        };
        if let Some(area) = area.filter(|area| area.len() == 6 && !value.starts_with(area)) {
            self.report
                .error(span, of(owner, text::outside_the_area(grid.as_str(), area)))
                .hint(text::grid_begins_with_area());
            return None;
        }
        Some(grid)
    }

    pub(super) fn lonlat(&mut self, field: &At<[f64; 2]>, owner: &Words) -> Option<[f64; 2]> {
        let [lon, lat] = field.value;
        if lon.abs() <= 180.0 && lat.abs() <= 90.0 {
            return Some(field.value);
        }
        let hint = if lat.abs() <= 180.0 && lon.abs() <= 90.0 {
            // Typed the other way round.
            text::longitude_first(lon.to_string(), lat.to_string())
        } else {
            text::longitude_then_latitude()
        };
        self.report.error(&field.span, of(owner, text::nowhere_on_earth())).hint(hint);
        None
    }

    fn rotation(&mut self, field: &At<u16>, owner: &Words) -> u16 {
        if document::ROTATIONS.contains(&field.value) {
            return field.value;
        }
        self.report.error(&field.span, of(owner, text::no_rotation(field.value))).hint(text::clockwise());
        0
    }

    fn display_aspect(&mut self, field: &At<String>, owner: &Words) -> Option<(u32, u32)> {
        /// No camera shows a wider or a narrower picture; panoramas have 32:9.
        const MOST: u32 = 6;
        let parts = field.value.split_once([':', '/', '：']);
        let aspect = parts.and_then(|(wide, high)| {
            Some((wide.trim().parse::<u32>().ok()?, high.trim().parse::<u32>().ok()?))
        });
        let is_credible = |(wide, high): &(u32, u32)| {
            (1..1000).contains(wide)
                && (1..1000).contains(high)
                && *wide <= high * MOST
                && *high <= wide * MOST
        };
        let credible = aspect.filter(is_credible);
        if credible.is_none() {
            self.report
                .error(&field.span, of(owner, text::no_aspect(quoted(&field.value))))
                .hint(text::aspects());
        }
        credible
    }

    fn zones(&mut self, camera: &CameraDocument, owner: &Words) -> BTreeMap<Arc<str>, Polygon> {
        let mut taken = BTreeMap::new();
        let mut zones = BTreeMap::new();
        for (index, At { value: zone, .. }) in camera.zone.iter().enumerate() {
            let part = known_id(&zone.id).map_or_else(|| config_check::zone_number(index + 1), config::zone);
            let name: Words = part_of(part, owner).into();
            let id = self.id(&zone.id, config_check::a_zone(), &mut taken);
            let polygon = zone.polygon.as_ref().and_then(|corners| self.polygon(corners, &name));
            if let (Some(id), Some(polygon)) = (id, polygon) {
                zones.insert(id, polygon);
            }
        }
        zones
    }

    fn lines(&mut self, camera: &CameraDocument, owner: &Words) -> BTreeMap<Arc<str>, Line> {
        let mut taken = BTreeMap::new();
        let mut lines = BTreeMap::new();
        for (index, At { value: line, .. }) in camera.line.iter().enumerate() {
            let part = known_id(&line.id).map_or_else(|| config_check::line_number(index + 1), config::line);
            let name: Words = part_of(part, owner).into();
            let id = self.id(&line.id, config_check::a_line(), &mut taken);
            let drawn = line.points.as_ref().and_then(|points| self.drawn_line(points, &name));
            if let (Some(id), Some(drawn)) = (id, drawn) {
                lines.insert(id, drawn);
            }
        }
        lines
    }
}

/// The address with the places for the login as they were typed: reading it encodes their braces.
fn with_places(url: &Url) -> String {
    let encoded = |place: &str| place.replace('{', "%7B").replace('}', "%7D");
    let places = [stream_address::USER_PLACE, stream_address::PASSWORD_PLACE];
    places.iter().fold(url.to_string(), |text, place| text.replace(&encoded(place), place))
}

/// How people call a camera.
pub(super) fn owner(camera: &CameraDocument) -> Words {
    known_id(&camera.id).map_or_else(config_check::a_camera, config::camera).into()
}

/// How people call a mask of a camera.
pub(super) fn mask_of(owner: &Words, index: usize) -> Words {
    part_of(config_check::mask_number(index + 1), owner).into()
}
