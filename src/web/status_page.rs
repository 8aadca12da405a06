//! The page *Status*: what needs somebody, then each camera and sensor, then the box itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Extension, Request, State};
use axum::response::Html;
use maud::{Markup, html};

use super::Site;
use super::accounts::Role;
use super::layout::{Tab, ago, clock, coded, lasting, level_badge, size};
use super::request::{Reader, Refused, Visitor};
use super::site_page;
use super::status::{BoxStatus, CameraStatus, RuleStatus, SensorStatus, Trouble};
use super::timeline;
use crate::analysis::time::Timestamp;
use crate::contract::alert::ClockSync;
use crate::contract::health::{CameraState, Decoding, SensorState, SignalHealth, SignalWord};
use crate::contract::kinds;
use crate::contract::words::{Eye, Language, Mode};
use crate::text::{Sentence, Words, page as say, page_live, page_timeline, page_wizard};
use crate::types::camera_condition::CameraCondition;
use crate::types::provider::Provider;
use crate::view::Still;

/// How the box says that no model runs: it has no camera.
const NO_PROVIDER: &str = "none";

pub(super) async fn show(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    request: Request,
) -> Result<Html<String>, Refused> {
    let reader = Reader::of(&site, request.headers());
    let here = request.uri().to_string();
    let mut shell = site.shell(reader, say::tab_status(), here, request.headers(), &visitor).await?;
    shell.tab = Some(Tab::Status);
    let status = site.status.borrow().clone();
    let body = match &status {
        Some(status) => {
            let small = small_pictures(&site, status);
            let may_add = visitor.may(Role::Installer);
            let has_no_area = site.config().site.has_no_area_yet();
            let (open, waiting) = (shell.open, shell.waiting);
            let now = site.now().utc;
            View { status, small: &small, language: reader.0, may_add, has_no_area, open, waiting, now }
                .body()
        }
        None => html! {
            div #status data-live="status" {
                section.narrow { h1 { (shell.say(say::tab_status())) } p { (shell.say(say::starting())) } }
            }
        },
    };
    Ok(Html(shell.page(body).into_string()))
}

/// The latest small picture of each camera that has one. From now on such are made, while somebody looks at this page.
fn small_pictures(site: &Site, status: &BoxStatus) -> BTreeMap<String, Arc<Still>> {
    let running = status.cameras.iter().filter(|camera| camera.data.health.state == CameraState::Running);
    running
        .filter_map(|camera| {
            let id = &camera.data.health.id;
            Some((id.clone(), site.parts.viewer.still(id)?))
        })
        .collect()
}

struct View<'a> {
    status: &'a BoxStatus,
    small: &'a BTreeMap<String, Arc<Still>>,
    language: Language,
    /// Whether whoever looks may add a camera.
    may_add: bool,
    /// Whether nobody has said yet where the box stands.
    has_no_area: bool,
    /// Open alerts, and those that nobody took on.
    open: u64,
    waiting: u64,
    now: Timestamp,
}

impl View<'_> {
    fn say(&self, sentence: Sentence) -> String {
        sentence.in_language(self.language)
    }

    fn words(&self, words: &Words) -> String {
        words.in_language(self.language)
    }

    fn body(&self) -> Markup {
        let status = self.status;
        html! {
            div #status data-live="status,alerts" {
                (self.summary())
                @if self.has_no_area {
                    div.notice {
                        p { (self.say(page_wizard::no_area_yet())) }
                        @if self.may_add {
                            p { a #say-where.button href=(site_page::PATH) { (self.say(page_wizard::say_where())) } }
                        }
                    }
                }
                (self.troubles())
                section aria-labelledby="cameras" {
                    h2 #cameras { (self.say(say::cameras())) " " span.quiet { (status.cameras.len()) } }
                    @if status.cameras.is_empty() {
                        p.empty { (self.say(say::no_cameras())) }
                    } @else {
                        ul.cards { @for camera in &status.cameras { (self.camera(camera)) } }
                    }
                    @if self.may_add {
                        @let is_second = !status.cameras.is_empty() || self.has_no_area;
                        p { a.button.second[is_second] href="/add-camera" { (self.say(page_wizard::add_camera())) } }
                    }
                }
                section aria-labelledby="sensors" {
                    h2 #sensors { (self.say(say::sensors())) " " span.quiet { (status.sensors.len()) } }
                    @if status.sensors.is_empty() {
                        p.empty { (coded(&self.say(say::no_sensors()))) }
                    } @else {
                        ul.cards { @for sensor in &status.sensors { (self.sensor(sensor)) } }
                    }
                }
                @if !status.signals.is_empty() {
                    section aria-labelledby="signals" {
                        h2 #signals { (self.say(say::beliefs())) }
                        p.quiet { (self.say(say::about_beliefs())) }
                        ul.lines { @for signal in &status.signals { (self.signal(signal)) } }
                    }
                }
                (self.the_box())
            }
        }
    }

    fn summary(&self) -> Markup {
        let status = self.status;
        let running = status.cameras.iter().filter(|c| c.data.health.state == CameraState::Running).count();
        let is_empty = status.cameras.is_empty() && status.sensors.is_empty();
        let mode = match status.mode {
            Mode::Actual => None,
            Mode::Exercise => Some(say::mode_exercise()),
            Mode::Test => Some(say::mode_test()),
        };
        // Right after a start none of them gives pictures yet, and nothing is wrong.
        let opening = |camera: &&CameraStatus| camera.data.health.state == CameraState::Connecting;
        let opening = status.cameras.iter().filter(opening).count();
        html! {
            div.summary {
                h1 {
                    @match status.troubles.len() + self.useless().count() {
                        0 if is_empty => (self.say(say::nothing_is_watched())),
                        0 if self.waiting > 0 => (self.say(say::alerts_wait(self.waiting))),
                        0 if self.open > 0 => (self.say(say::alerts_are_open(self.open))),
                        0 if opening > 0 => (self.say(say::cameras_are_opened(opening))),
                        0 => (self.say(say::all_is_well())),
                        1 => (self.say(say::one_trouble())),
                        many => (self.say(say::troubles(many))),
                    }
                }
                @if self.open > 0 {
                    p { a #to-alerts href="/alerts?state=open" { (self.say(say::open_and_waiting(self.open, self.waiting))) } }
                }
                p.quiet {
                    @if !status.cameras.is_empty() {
                        (self.say(say::cameras_running(running, status.cameras.len()))) " · "
                    }
                    (self.say(say::as_of())) " " (clock(status.at, &status.time_zone))
                }
                @if let Some(mode) = mode { p.notice { (self.say(mode)) } }
            }
        }
    }

    fn troubles(&self) -> Markup {
        html! {
            @if !self.status.troubles.is_empty() || self.useless().next().is_some() {
                section aria-labelledby="to-do" {
                    h2 #to-do { (self.say(say::to_do())) }
                    ul.troubles {
                        @for trouble in &self.status.troubles { (self.trouble(trouble)) }
                        @for camera in self.useless() {
                            @let id = camera.data.health.id.as_str();
                            li {
                                strong {
                                    a href={ "/cameras/" (id) } {
                                        (self.say(say::camera(camera.name.as_deref().unwrap_or(id))))
                                    }
                                }
                                (conditions(camera, self.language))
                            }
                        }
                    }
                }
            }
        }
    }

    /// Cameras whose pictures are of no use, where no other trouble is reported of them.
    fn useless(&self) -> impl Iterator<Item = &CameraStatus> {
        self.status.cameras.iter().filter(|camera| {
            let health = &camera.data.health;
            let part = format!("camera:{}", health.id);
            !health.conditions.is_empty() && self.status.troubles.iter().all(|trouble| trouble.part != part)
        })
    }

    fn trouble(&self, trouble: &Trouble) -> Markup {
        html! {
            li {
                @match self.camera_of(&trouble.part) {
                    Some(camera) => {
                        @let id = camera.data.health.id.as_str();
                        strong {
                            a href={ "/cameras/" (id) } {
                                (self.say(say::camera(camera.name.as_deref().unwrap_or(id))))
                            }
                        }
                    }
                    None => { strong { (self.part(&trouble.part)) } }
                }
                p { (coded(&self.words(&trouble.what))) }
                @if let Some(hint) = &trouble.hint { p.hint { (coded(&self.try_this(hint))) } }
            }
        }
    }

    fn try_this(&self, hint: &Sentence) -> String {
        self.say(say::try_this(hint.clone()))
    }

    /// The camera that a trouble is about: people know it by its name, and its page says more.
    fn camera_of(&self, part: &str) -> Option<&CameraStatus> {
        let id = part.strip_prefix("camera:")?;
        self.status.cameras.iter().find(|camera| camera.data.health.id == id)
    }

    fn part(&self, part: &str) -> String {
        if let Some(camera) = part.strip_prefix("camera:") {
            return self.say(say::camera(camera));
        }
        if let Some(sensor) = part.strip_prefix("sensor:") {
            return self.say(say::sensor(sensor));
        }
        let name = match part {
            "mqtt" => say::part_mqtt(),
            "spool" => say::part_queue(),
            "disk" => say::part_disk(),
            "detector" => say::part_detector(),
            "service" => say::part_service(),
            "secrets" => say::part_secrets(),
            "configuration" => say::part_configuration(),
            "signing" => say::part_signing(),
            "redaction" => say::part_redaction(),
            "clock" => say::part_clock(),
            "page" => say::part_page(),
            other => return other.to_owned(),
        };
        self.say(name)
    }

    fn camera(&self, camera: &CameraStatus) -> Markup {
        let health = &camera.data.health;
        let (word, is_well) = word_of(camera);
        let title = camera.name.as_deref().unwrap_or(&health.id);
        let eye = match camera.data.eye {
            Eye::Sky => say::eye_sky(),
            Eye::Village => say::eye_village(),
            Eye::Household => say::eye_household(),
        };
        html! {
            li.card id={ "camera-" (health.id) } {
                @let (small, path) = (self.small.get(&health.id), format!("/cameras/{}", health.id));
                @if let Some(Ok(_)) = small.map(|still| &still.picture) {
                    a.small-picture href=(path) {
                        img src={ (path) "/still.jpg?" (small.map_or(0, |still| still.number)) } width="320" height="180"
                            alt=(self.say(page_live::small_picture_of(title)));
                    }
                }
                h3 {
                    a href=(path) { (title) }
                    @if camera.name.is_some() { " " span.quiet { (health.id) } }
                }
                p.state { (mark(is_well)) (self.say(word)) }
                @if let Some(Err(why)) = small.map(|still| &still.picture) { p.hint { (self.say(why.clone())) } }
                (conditions(camera, self.language))
                dl {
                    dt { (self.say(say::last_picture())) }
                    dd {
                        @match health.last_frame_at {
                            Some(at) => { (self.say(ago(at.0, self.now))) },
                            None => { (self.say(say::none_yet())) },
                        }
                    }
                    dt { (self.say(say::place())) }
                    dd { @if let Some(address) = &camera.data.address { (address) " · " } (camera.data.grid) " · " (self.say(eye)) }
                    @if health.state == CameraState::Running {
                        dt { (self.say(say::cost())) }
                        dd { (self.cost(camera)) }
                    }
                }
                p { a href=(timeline::path_of(&health.id)) { (self.say(page_timeline::title())) } }
                (rules(&health.id, &camera.rules, self.language))
            }
        }
    }

    fn cost(&self, camera: &CameraStatus) -> Markup {
        let health = &camera.data.health;
        let how = health.decoding.map(|decoding| match decoding {
            Decoding::Keyframes => say::decodes_keyframes(),
            Decoding::Burst => say::decodes_burst(),
            Decoding::Full => say::decodes_full(),
            Decoding::Forced => say::decodes_forced(),
            Decoding::Overloaded => say::decodes_overloaded(),
        });
        let rate = |value: f64| format!("{value:.1}");
        let rates = say::rates(rate(health.fps_in), rate(health.fps_decoded), rate(health.fps_analysed));
        html! {
            (self.say(rates))
            @if let Some(how) = how { " · " (self.say(how)) }
            @if let Some(advice) = &camera.advice { p.hint { (coded(&self.try_this(advice))) } }
        }
    }

    fn sensor(&self, sensor: &SensorStatus) -> Markup {
        let health = &sensor.data.health;
        let (word, is_well) = match health.state {
            SensorState::Good => (say::sensor_good(), true),
            SensorState::Bad => (say::sensor_bad(), false),
            SensorState::Silent if health.at.is_none() && sensor.reason.is_none() => {
                (say::sensor_waits(), true)
            }
            SensorState::Silent => (say::sensor_silent(), false),
        };
        let title = sensor.name.as_deref().unwrap_or(&health.id);
        html! {
            li.card id={ "sensor-" (health.id) } {
                h3 { (title) @if sensor.name.is_some() { " " span.quiet { (health.id) } } }
                @if let Some(value) = health.value {
                    p.value { (number(value)) " " span.quiet { (unit(&health.unit)) } }
                }
                p.state { (mark(is_well)) (self.say(word)) }
                @if let Some(reason) = &sensor.reason { p { (coded(&self.words(reason))) } }
                dl {
                    dt { (self.say(say::quantity())) }
                    dd { (self.quantity(&health.quantity)) }
                    dt { (self.say(say::last_word())) }
                    dd {
                        @match health.at {
                            Some(at) => { (self.say(ago(at.0, self.now))) },
                            None => { (self.say(say::none_yet())) },
                        }
                    }
                    dt { (self.say(say::place())) }
                    dd { @if let Some(address) = &sensor.data.address { (address) " · " } (sensor.data.grid) }
                }
            }
        }
    }

    fn quantity(&self, quantity: &str) -> String {
        let known = match quantity {
            "water_level" => say::water_level(),
            "smoke" => say::smoke(),
            "temperature" => say::temperature(),
            "pm2_5" => return "PM2.5".to_owned(),
            "pm10" => return "PM10".to_owned(),
            "noise" => say::noise(),
            "door" => say::door(),
            "gas" => say::gas(),
            other => return other.replace('_', " "),
        };
        self.say(known)
    }

    fn signal(&self, signal: &SignalHealth) -> Markup {
        let word = match signal.state {
            SignalWord::On => say::signal_on(),
            SignalWord::Off => say::signal_off(),
            SignalWord::Unknown => say::signal_unknown(),
        };
        let percent = format!("{:.0}", signal.belief * 100.0);
        html! {
            li.belief {
                span { (kinds::title(&signal.kind, None, self.language)) " " span.quiet { (signal.grid) } }
                svg.bar viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" {
                    rect.all width="100" height="8" {}
                    rect.part width=(percent) height="8" {}
                }
                span { (self.say(page_live::percent(percent.as_str()))) " · " (self.say(word)) }
            }
        }
    }

    fn the_box(&self) -> Markup {
        let status = self.status;
        let broker = match (status.broker.is_connected, status.broker.is_own) {
            (true, true) => say::own_broker(status.broker.address.as_str()),
            (true, false) => say::connected_to(status.broker.address.as_str()),
            (false, _) => say::not_connected_to(status.broker.address.as_str()),
        };
        let clock_word = match status.clock.sync {
            ClockSync::Synced => say::clock_synced(),
            ClockSync::Unsynced => say::clock_unsynced(),
            ClockSync::Unknown => say::clock_unknown(),
            ClockSync::Replay => say::clock_replay(),
        };
        let version = say::version(status.version.as_str(), short(&status.config_sha256));
        let queue = say::waits_in_queue(status.spool.queued, size(status.spool.bytes));
        let temperatures: Vec<String> =
            status.machine.temperatures_c.iter().map(|(name, c)| format!("{name} {c:.0} °C")).collect();
        html! {
            section aria-labelledby="box" {
                h2 #box { (self.say(say::the_box())) " " span.quiet { (status.name) } }
                dl.wide {
                    dt { (self.say(say::part_mqtt())) }
                    dd { (self.say(broker)) }
                    dt { (self.say(say::part_queue())) }
                    dd {
                        (self.say(queue))
                        @if status.spool.dropped > 0 { p { (self.say(say::given_up(status.spool.dropped))) } }
                    }
                    @if let Some(free) = status.machine.disk_free_bytes {
                        dt { (self.say(say::part_disk())) }
                        dd { (self.say(say::free(size(free)))) }
                    }
                    dt { (self.say(say::part_clock())) }
                    dd { (clock(self.now, &status.time_zone)) " · " (self.say(clock_word)) }
                    dt { (self.say(say::part_detector())) }
                    dd {
                        @if status.detector.provider == NO_PROVIDER {
                            (self.say(say::looks_at_nothing()))
                        } @else {
                            (self.say(say::looks_at(
                                format!("{:.1}", status.detector.per_second),
                                format!("{:.1}", status.detector.mean_ms),
                                provider(&status.detector.provider),
                            )))
                        }
                    }
                    dt { (self.say(say::machine())) }
                    dd {
                        @if let Some(cores) = status.machine.cpu_cores { (self.say(say::cores_busy(format!("{cores:.2}")))) }
                        @if let Some(bytes) = status.machine.memory_bytes { " · " (self.say(say::memory(size(bytes)))) }
                        @for temperature in &temperatures { " · " (temperature) }
                    }
                    dt { (self.say(say::program())) }
                    dd { (self.say(version)) " · " (self.say(say::runs_for(lasting(status.uptime)))) }
                }
            }
        }
    }
}

/// How a camera does, in a word, and whether that is as it should be.
fn word_of(camera: &CameraStatus) -> (Sentence, bool) {
    let health = &camera.data.health;
    match health.state {
        CameraState::Running if health.conditions.is_empty() => (say::camera_runs(), true),
        CameraState::Running => (say::camera_runs_badly(), false),
        CameraState::Connecting if camera.error.is_none() => (say::camera_connects(), true),
        CameraState::Connecting | CameraState::Lost => (say::camera_lost(), false),
        CameraState::Ended => (say::camera_ended(), true),
    }
}

/// What is wrong with a camera, each with what to try.
fn conditions(camera: &CameraStatus, language: Language) -> Markup {
    let health = &camera.data.health;
    let try_this = |hint: Sentence| say::try_this(hint).in_language(language);
    // Why no video comes says more than that none does.
    let is_shown =
        |condition: &&CameraCondition| camera.error.is_none() || **condition != CameraCondition::NoVideo;
    html! {
        @for condition in health.conditions.iter().filter(is_shown) {
            p { (condition.title(&health.id, language)) }
            p.hint { (try_this(try_condition(*condition))) }
        }
        @if let Some(error) = &camera.error {
            p { (coded(&error.in_language(language))) }
            @if let Some(hint) = &camera.hint { p.hint { (coded(&try_this(hint.clone()))) } }
        }
    }
}

/// How a camera does, for its own page: nothing while all is well. One of which nothing is reported yet is being opened.
pub(super) fn condition_of(camera: Option<&CameraStatus>, language: Language) -> Markup {
    let (word, is_fine) = camera.map_or_else(|| (say::camera_connects(), true), word_of);
    let is_well = camera.is_some_and(|camera| {
        is_fine && camera.error.is_none() && camera.data.health.state == CameraState::Running
    });
    html! {
        div #camera-condition data-live="status" {
            @if !is_well {
                ul.troubles {
                    li {
                        p.state { (mark(is_fine)) (word.in_language(language)) }
                        @if let Some(camera) = camera { (conditions(camera, language)) }
                    }
                }
            }
        }
    }
}

/// The rules that watch a camera.
pub(super) fn rules(camera: &str, rules: &[RuleStatus], language: Language) -> Markup {
    let say = |sentence: Sentence| sentence.in_language(language);
    html! {
        @if rules.is_empty() {
            p.hint { (say(say::no_rules())) }
        } @else {
            details id={ "rules-" (camera) } {
                summary { (say(say::rules(rules.len()))) }
                ul.lines {
                    @for rule in rules {
                        li {
                            (level_badge(rule.level, language)) " "
                            (kinds::title(&rule.kind, rule.title.as_deref(), language))
                            p.quiet { (rule.id) " · " (rule.place) " · " (rule.schedule.in_language(language)) }
                        }
                    }
                }
            }
        }
    }
}

/// By its form: colours are for levels.
fn mark(is_well: bool) -> Markup {
    html! { span.sign.well[is_well].ill[!is_well] aria-hidden="true" {} }
}

fn number(value: f64) -> String {
    format!("{}", (value * 1000.0).round() / 1000.0)
}

/// What computes, as people know it; the names of products are the same in every language.
fn provider(name: &str) -> Words {
    match Provider::named(name) {
        Some(Provider::Cpu) => say::on_processor().into(),
        Some(Provider::OpenVino) => "OpenVINO".into(),
        Some(Provider::OpenVinoBf16) => "OpenVINO (bfloat16)".into(),
        Some(Provider::Cuda) => "NVIDIA CUDA".into(),
        Some(Provider::TensorRt) => "NVIDIA TensorRT".into(),
        Some(Provider::Xnnpack) => "XNNPACK".into(),
        Some(Provider::Acl) => "Arm Compute Library".into(),
        None => name.into(),
    }
}

/// A sensor of two states has no unit.
fn unit(unit: &str) -> &str {
    if unit == crate::analysis::sensor::BINARY { "" } else { unit }
}

fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

fn try_condition(condition: CameraCondition) -> Sentence {
    match condition {
        CameraCondition::NoVideo => say::try_no_video(),
        CameraCondition::Frozen => say::try_frozen(),
        CameraCondition::Dark => say::try_dark(),
        CameraCondition::OverExposed => say::try_over_exposed(),
        CameraCondition::Covered => say::try_covered(),
        CameraCondition::Moved => say::try_moved(),
        CameraCondition::Blurred => say::try_blurred(),
        CameraCondition::Sprayed => say::try_sprayed(),
    }
}

#[cfg(test)]
mod tests;
