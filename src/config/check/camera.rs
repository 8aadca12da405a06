//! Cameras, with their zones, lines and masks.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use jiff::tz::TimeZone;
use url::Url;

use super::{Checker, quoted, text_of, value_of};
use crate::analysis::geometry::{Line, Polygon};
use crate::analysis::grid::GridCode;
use crate::analysis::plausible::LARGEST_BOX;
use crate::config::document::{self, At, CameraDocument, Document, ZoneDocument};
use crate::config::settings::{Camera, CameraSource, CameraTrust};
use crate::contract::stream_address;
use crate::types::at::secs_or;
use crate::types::decoding::{DecodePolicy, Decoder};
use crate::types::responsible::Responsible;
use crate::types::transport::Transport;

/// What a camera takes from the site.
#[derive(Clone, Copy)]
struct Site<'d> {
    area: Option<&'d str>,
    time_zone: &'d TimeZone,
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
            self.report
                .error(&(0..0), "there is neither a camera nor a sensor")
                .hint(
                    "add a section `[[camera]]` with id, eye, url and grid, as in config/minimal.toml, or a `[[sensor]]`, as in config/sensors-only.toml",
                )
                .consequence();
        }
        let area = document.site.as_ref().and_then(|site| text_of(&site.value.area));
        // Where it is wrong and reported, any other one tells as well whether a text is a schedule.
        let time_zone = time_zone.cloned().unwrap_or(TimeZone::UTC);
        let site = Site { area: area.as_deref(), time_zone: &time_zone };
        let mut taken = BTreeMap::new();
        let mut cameras = Vec::with_capacity(document.camera.len());
        for section in &document.camera {
            let camera = self.camera(section, site, &mut taken);
            // Nobody would miss a camera that was left out in silence.
            if camera.is_none() && !self.report.has_errors() {
                let at = section.span.start..section.span.start;
                self.report.error(&at, format!("{} cannot be read", owner(&section.value)));
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
        let id = self.id(&camera.id, "camera", taken);
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
        self.names_no_class(&camera.thresholds, "thresholds", "{ person = 0.5 }", &owner);
        let thresholds = self.thresholds(&camera.thresholds, &owner);
        let night = camera.night.as_ref().map(|night| self.night(&night.value, site.time_zone, &owner));
        self.names_no_class(&camera.heights, "heights", "{ person = { min = 0.05, max = 0.7 } }", &owner);
        let heights = self.heights(camera, &owner);
        let horizon = camera.horizon.as_ref().map(|horizon| self.horizon(&horizon.value, &owner));
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
            answer_within: camera
                .answer_within_secs
                .as_ref()
                .map(|_| secs_or(&camera.answer_within_secs, 0.0)),
            grid: grid?,
            address: text_of(&camera.address),
            lonlat,
            responsible: Responsible {
                name: text_of(&camera.name),
                contact: text_of(&camera.contact),
                officer: text_of(&camera.officer),
            },
            analysis_hz: value_of(&camera.analysis_fps).unwrap_or(document::DEFAULT_ANALYSIS_FPS) as f32,
            weight: value_of(&camera.weight).unwrap_or(1.0) as f32,
            thresholds,
            night: night.flatten(),
            heights,
            horizon: horizon.flatten(),
            decoder: value_of(&camera.decoder).unwrap_or(Decoder::Auto),
            rotate,
            display_aspect,
            policy: value_of(&camera.policy).unwrap_or(DecodePolicy::Auto),
            skip_still: value_of(&camera.skip_still).unwrap_or(true),
            look_closer: value_of(&camera.look_closer).unwrap_or(true),
            learn_furniture: value_of(&camera.learn_furniture).unwrap_or(true),
            ignore_conditions: camera
                .ignore_conditions
                .iter()
                .flat_map(|list| &list.value)
                .map(|condition| condition.value)
                .collect(),
            largest_box: value_of(&camera.largest_box).unwrap_or(LARGEST_BOX) as f32,
            stall_after: secs_or(&camera.stall_after_secs, document::DEFAULT_STALL_SECS),
            zones,
            counted,
            lines,
            masks,
            class_masks,
        })
    }

    fn source(&mut self, camera: &CameraDocument, span: &Range<usize>, owner: &str) -> Option<CameraSource> {
        let transport = value_of(&camera.transport).unwrap_or(Transport::Tcp);
        match (&camera.url, &camera.file) {
            (Some(_), Some(file)) => {
                self.report
                    .error(&file.span, format!("{owner}: has both `url` and `file`"))
                    .hint("a camera has one source: leave one of them out");
                None
            }
            (None, None) => {
                if !self.taken_out.resembles(span.start, "url")
                    && !self.taken_out.resembles(span.start, "file")
                {
                    self.report
                        .error(&(span.start..span.start), format!("{owner}: has neither `url` nor `file`"))
                        .hint("for example url = \"rtsp://10.0.0.31/stream2\"")
                        .consequence();
                }
                None
            }
            (None, Some(file)) => Some(CameraSource::File(self.file(file, "file", owner))),
            (Some(url), None) => self.stream(url, transport, owner),
        }
    }

    fn stream(&mut self, field: &At<String>, transport: Transport, owner: &str) -> Option<CameraSource> {
        let url = self.address(field, "url", owner, &["rtsp", "rtsps", "file"])?;
        if url.scheme() == "file" {
            let Ok(path) = url.to_file_path() else {
                self.report
                    .error(&field.span, format!("{owner}: `url` names no file on this machine"))
                    .hint("for example file:///srv/clips/gate.mp4 (three slashes)");
                return None;
            };
            let as_path = At { value: path.to_string_lossy().into_owned(), span: field.span.clone() };
            return Some(CameraSource::File(self.file(&as_path, "url", owner)));
        }
        if url.host_str().is_none_or(str::is_empty) {
            self.report
                .error(&field.span, format!("{owner}: `url` names no host"))
                .hint("for example rtsp://10.0.0.31/stream2");
            return None;
        }
        Some(CameraSource::Rtsp { url: with_places(&url), transport })
    }

    /// Whose certificate is believed.
    fn trust(
        &mut self,
        camera: &CameraDocument,
        source: &Option<CameraSource>,
        owner: &str,
    ) -> Option<CameraTrust> {
        let named = [("ca_file", &camera.ca_file), ("certificate_sha256", &camera.certificate_sha256)];
        let is_encrypted = match source {
            Some(CameraSource::Rtsp { url, .. }) => url.starts_with("rtsps:"),
            Some(CameraSource::File(_)) => false,
            None => true,
        };
        for (name, field) in named {
            if let Some(field) = field.as_ref().filter(|_| !is_encrypted) {
                self.report
                    .error(&field.span, format!("{owner}: `{name}` with an address that is not encrypted"))
                    .hint("begin `url` with `rtsps://`, or leave it out");
                return None;
            }
        }
        match (&camera.ca_file, &camera.certificate_sha256) {
            (None, None) => Some(CameraTrust::System),
            (Some(file), None) => {
                let (path, _) = self.certificates(file, "ca_file", owner);
                // Read at every attempt to connect: one that is renewed is tried at once.
                self.secret_files.insert(path.clone());
                // GLib takes no other; without a current folder there is nothing to start from.
                Some(CameraTrust::Authority(std::path::absolute(&path).unwrap_or(path)))
            }
            (None, Some(pin)) => {
                let pinned = stream_address::fingerprint(&pin.value);
                if pinned.is_none() {
                    self.report
                        .error(&pin.span, format!("{owner}: `certificate_sha256` is no SHA-256 fingerprint"))
                        .hint("64 hexadecimal digits, with or without colons; `lookout probe ADDRESS` prints the camera's");
                }
                pinned.map(CameraTrust::Pinned)
            }
            (Some(_), Some(pin)) => {
                self.report
                    .error(&pin.span, format!("{owner}: has both `ca_file` and `certificate_sha256`"))
                    .hint("a pinned certificate needs no authority: leave one of them out");
                None
            }
        }
    }

    /// An address with places for the login needs one.
    fn places_are_filled(&mut self, camera: &CameraDocument, span: &Range<usize>, owner: &str) {
        if camera.secret.is_some() || self.taken_out.resembles(span.start, "secret") {
            return;
        }
        for (name, field) in [("url", &camera.url), ("url_main", &camera.url_main)] {
            if let Some(At { span, .. }) = field.as_ref().filter(|at| stream_address::has_places(&at.value)) {
                self.report
                    .error(span, format!("{owner}: `{name}` has a place for the login, but there is no `secret`"))
                    .hint("write `user:password` to a file in the secrets folder with `lookout secret set NAME` and name it: secret = \"NAME\"");
            }
        }
    }

    /// The larger stream of the same camera: what logs in there logs in here, so it is at the same place.
    fn main_stream(
        &mut self,
        field: &At<String>,
        small: &Option<CameraSource>,
        owner: &str,
    ) -> Option<String> {
        let main = self.address(field, "url_main", owner, &["rtsp", "rtsps"])?;
        let place = |url: &Url| (url.scheme().to_owned(), url.host_str().map(str::to_owned), url.port());
        let (what, hint) = match small {
            None => return None,
            Some(CameraSource::File(_)) => {
                ("stands beside a file", "a file has no larger stream: leave `url_main` out")
            }
            Some(CameraSource::Rtsp { url, .. }) if *url == with_places(&main) => (
                "is the stream of `url`",
                "`url` is the camera's small stream, `url_main` its large one; leave it out where there is one stream",
            ),
            Some(CameraSource::Rtsp { url, .. })
                if Url::parse(url).is_ok_and(|url| place(&url) != place(&main)) =>
            {
                (
                    "is another host than `url`",
                    "it is the large stream of the same camera, for example rtsp://10.0.0.31/stream1 beside rtsp://10.0.0.31/stream2",
                )
            }
            Some(CameraSource::Rtsp { .. }) => return Some(with_places(&main)),
        };
        self.report.error(&field.span, format!("{owner}: `url_main` {what}")).hint(hint);
        None
    }

    pub(super) fn grid(&mut self, field: &At<String>, area: Option<&str>, owner: &str) -> Option<GridCode> {
        let At { value, span } = field;
        let grid = match GridCode::parse(value) {
            Ok(grid) => grid,
            Err(error) => {
                self.report
                    .error(span, format!("{owner}: this is no grid code{}: {error}", quoted(value)))
                    .hint("county 6 digits, sub-district 3, community 3, grid 2: for example \"53012700300102\"");
                return None;
            }
        };
        if let Some(area) = area.filter(|area| area.len() == 6 && !value.starts_with(area)) {
            self.report
                .error(span, format!("{owner}: the grid {grid} lies outside the area {area}"))
                .hint("a grid code begins with the six digits of [site] area");
            return None;
        }
        Some(grid)
    }

    pub(super) fn lonlat(&mut self, field: &At<[f64; 2]>, owner: &str) -> Option<[f64; 2]> {
        let [lon, lat] = field.value;
        if lon.abs() <= 180.0 && lat.abs() <= 90.0 {
            return Some(field.value);
        }
        let hint = if lat.abs() <= 180.0 && lon.abs() <= 90.0 {
            format!("longitude comes first: lonlat = [{lat}, {lon}]")
        } else {
            "longitude from -180 to 180, then latitude from -90 to 90, in degrees".to_owned()
        };
        self.report.error(&field.span, format!("{owner}: `lonlat` is no place on Earth")).hint(hint);
        None
    }

    fn rotation(&mut self, field: &At<u16>, owner: &str) -> u16 {
        if document::ROTATIONS.contains(&field.value) {
            return field.value;
        }
        self.report
            .error(&field.span, format!("{owner}: `rotate` is 0, 90, 180 or 270, not {}", field.value))
            .hint("clockwise degrees: what is at the left edge is at the upper one after 90");
        0
    }

    fn display_aspect(&mut self, field: &At<String>, owner: &str) -> Option<(u32, u32)> {
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
                .error(
                    &field.span,
                    format!("{owner}: `display_aspect` is no width to height{}", quoted(&field.value)),
                )
                .hint(
                    "width:height of the upright picture as it should look, for example \"16:9\" or \"4:3\"",
                );
        }
        credible
    }

    fn zones(&mut self, camera: &CameraDocument, owner: &str) -> BTreeMap<Arc<str>, Polygon> {
        let mut taken = BTreeMap::new();
        let mut zones = BTreeMap::new();
        for (index, At { value: zone, .. }) in camera.zone.iter().enumerate() {
            let name = part_owner("zone", &zone.id, index, owner);
            let id = self.id(&zone.id, "zone", &mut taken);
            let polygon = zone.polygon.as_ref().and_then(|corners| self.polygon(corners, &name));
            if let (Some(id), Some(polygon)) = (id, polygon) {
                zones.insert(id, polygon);
            }
        }
        zones
    }

    fn lines(&mut self, camera: &CameraDocument, owner: &str) -> BTreeMap<Arc<str>, Line> {
        let mut taken = BTreeMap::new();
        let mut lines = BTreeMap::new();
        for (index, At { value: line, .. }) in camera.line.iter().enumerate() {
            let name = part_owner("line", &line.id, index, owner);
            let id = self.id(&line.id, "line", &mut taken);
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
pub(super) fn owner(camera: &CameraDocument) -> String {
    match &camera.id {
        Some(id) if super::is_id(&id.value) => format!("camera `{}`", id.value),
        _ => "camera".to_owned(),
    }
}

/// How people call a zone, line or mask of a camera.
pub(super) fn part_owner(what: &str, id: &Option<At<String>>, index: usize, owner: &str) -> String {
    match id {
        Some(id) if super::is_id(&id.value) => format!("{what} `{}` of {owner}", id.value),
        _ => format!("{what} {} of {owner}", index + 1),
    }
}
