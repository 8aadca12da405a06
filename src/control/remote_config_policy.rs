//! Policy of remote configurations: what one may not change, though the file on the box may. Pure.
//!
//! Nobody far away can switch a box off: cameras, rules and hours stay. Nobody far away can send a password to another
//! host than the one that the file gave it to, or make the box read or write other files, or forget what it recorded.
//! Whoever stands at the box can do all of it, in the file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::analysis::detection::Class;
use crate::analysis::filters::ClassMask;
use crate::analysis::geometry::Point;
use crate::analysis::ground::Horizon;
use crate::analysis::heights::HeightLimits;
use crate::analysis::time::Timestamp;
use crate::config::{Camera, CameraSource, Config, MetricsListener, WebhookListener};
use crate::contract::signature::Role;
use crate::text::{Joint, Sentence, Words, policy as say};

/// Scores that only the surest detections reach: above it a camera is as good as blind.
const HIGHEST_THRESHOLD: f32 = 0.9;
/// Heights, in parts of the picture's, that nearly nothing has.
const HIGHEST_MIN_HEIGHT: f32 = 0.5;
const LOWEST_MAX_HEIGHT: f32 = 0.1;
const LEAST_RANGE: f32 = 0.1;
/// Part of the picture that masks may cover.
const MOST_MASKED: f32 = 0.8;
/// How finely a week is looked at for hours in which a rule is in force.
const STEP_SECS: i64 = 15 * 60;
const WEEK_SECS: i64 = 7 * 24 * 60 * 60;
const DAY_SECS: u64 = 24 * 60 * 60;

/// What is changed from afar, as a patch names it.
const FROM_AFAR: [&str; 13] = [
    "site",
    "grid",
    "camera",
    "camera_type",
    "defaults",
    "rule",
    "fusion",
    "signal",
    "sensors",
    "sensor",
    "evidence",
    "journal",
    "command_key",
];

/// Everything that `wanted`, which came from the command centre, may not do. `file` is the configuration on the box.
pub(crate) fn forbidden(file: &Config, running: &Config, wanted: &Config, now: Timestamp) -> Vec<Sentence> {
    let mut all = Vec::new();
    let watched = |config: &Config| config.rules.iter().any(|rule| !rule.cameras.is_empty());
    if !running.rules.is_empty() && !watched(wanted) {
        all.push(say::no_rule_left());
    }
    let hours = |config: &Config| hours_in_force(config, now);
    let (before, after) = (hours(running), hours(wanted));
    if !wanted.rules.is_empty() && before > 0.0 && after < before / 2.0 {
        all.push(say::hours_cut(format!("{after:.0}"), format!("{before:.0}")));
    }
    if !running.cameras.is_empty()
        && !wanted.cameras.iter().any(|camera| running.camera(&camera.id).is_some())
    {
        all.push(say::no_camera_left());
    }
    let has = |id: &str| running.sensors.list.iter().any(|sensor| *sensor.plan.id == *id);
    if !running.sensors.list.is_empty() && !wanted.sensors.list.iter().any(|sensor| has(&sensor.plan.id)) {
        all.push(say::no_sensor_left());
    }
    let horizons = file.horizons();
    for camera in &wanted.cameras {
        all.extend(blinded(camera));
        all.extend(painted_over(camera, running.camera(&camera.id)));
        all.extend(another_horizon(camera, file.camera(&camera.id), &horizons));
        for (class, limits) in &camera.heights {
            all.extend(too_narrow(say::heights_of_camera(&*camera.id, class.to_string()), *limits));
        }
        all.extend(elsewhere(file, camera));
    }
    for rule in &wanted.rules {
        all.extend(too_narrow(say::heights_of_rule(&*rule.id), rule.heights));
    }
    if !wanted.command_keys.iter().any(|key| key.role == Role::Admin) {
        all.push(say::no_admin_left());
    }
    all.extend(forgotten(file, wanted));
    all.extend(other_places(file, wanted));
    all
}

/// What the box recorded of the last days says what it did and did not do. Whoever is far away may have more of it kept, and
/// takes that back again, but has nothing deleted that the file keeps.
fn forgotten(file: &Config, wanted: &Config) -> Vec<Sentence> {
    let days = |config: &Config| config.journal.keep.as_secs() / DAY_SECS;
    let mib = |config: &Config| config.journal.max_bytes >> 20;
    let less = [("days", days(file), days(wanted)), ("max_mib", mib(file), mib(wanted))];
    let less = less.into_iter().filter(|(_, kept, wanted)| wanted < kept);
    less.map(|(key, kept, wanted)| say::journal_cut(key, wanted, kept, file.path().display())).collect()
}

/// Hours of the coming week in which at least one rule that watches a camera is in force.
fn hours_in_force(config: &Config, now: Timestamp) -> f64 {
    let steps = WEEK_SECS / STEP_SECS;
    let in_force = (0..steps).filter(|step| {
        let at = Timestamp::from_second(now.as_second() + step * STEP_SECS).unwrap_or(now);
        config.rules.iter().any(|rule| !rule.cameras.is_empty() && rule.schedule.in_force(at))
    });
    in_force.count() as f64 * STEP_SECS as f64 / 3600.0
}

fn blinded(camera: &Camera) -> Option<Sentence> {
    let by_night = camera.night.iter().flat_map(|night| &night.thresholds);
    let mut thresholds = camera.thresholds.iter().chain(by_night);
    let (class, score) = thresholds.find(|(_, score)| **score > HIGHEST_THRESHOLD)?;
    let most = HIGHEST_THRESHOLD.to_string();
    Some(say::threshold_blinds(&*camera.id, score.to_string(), class.name(), most))
}

/// How tall things are in the picture is for whoever sees it to say, within reason.
fn too_narrow(what: Sentence, limits: HeightLimits) -> Option<Sentence> {
    let HeightLimits { min, max } = limits;
    let number = |number: f32| number.to_string();
    (min > HIGHEST_MIN_HEIGHT || max < LOWEST_MAX_HEIGHT || max - min < LEAST_RANGE).then(|| {
        let [most_min, least_max] = [HIGHEST_MIN_HEIGHT, LOWEST_MAX_HEIGHT].map(number);
        say::heights_blind(what, number(min), number(max), most_min, least_max, number(LEAST_RANGE))
    })
}

/// With a wrong horizon nothing has its size any more, and what is right was measured at the camera: one with a horizon of
/// its own in the file keeps it. Any other may have one that the file says for somebody, as a new one of a type has.
fn another_horizon(camera: &Camera, file: Option<&Camera>, known: &[Horizon]) -> Option<Sentence> {
    let horizon = camera.horizon.as_ref()?;
    let is_known = match file.and_then(|file| file.horizon.as_ref()) {
        Some(own) => own == horizon,
        None => known.contains(horizon),
    };
    (!is_known).then(|| say::other_horizon(&*camera.id))
}

/// Masks may grow, but not over the whole picture, be it for some classes only.
fn painted_over(camera: &Camera, running: Option<&Camera>) -> Option<Sentence> {
    let share = |camera: &Camera, class: Option<Class>| {
        let points =
            (0..400).map(|i| Point { x: (i % 20) as f32 / 20.0 + 0.025, y: (i / 20) as f32 / 20.0 + 0.025 });
        let of_class = |mask: &&ClassMask| class.is_some_and(|class| mask.classes.contains(&class));
        let of_class = || camera.class_masks.iter().filter(of_class).map(|mask| &mask.polygon);
        let masks = || camera.masks.iter().chain(of_class());
        points.filter(|point| masks().any(|mask| mask.contains(*point))).count() as f32 / 400.0
    };
    let classes = camera.class_masks.iter().flat_map(|mask| mask.classes.iter().copied().map(Some));
    let masked = std::iter::once(None).chain(classes).find_map(|class| {
        let masked = share(camera, class);
        let too_much = masked > MOST_MASKED && running.is_none_or(|running| masked > share(running, class));
        too_much.then_some(masked)
    })?;
    Some(say::painted_over(&*camera.id, format!("{:.0}", masked * 100.0)))
}

/// A camera's password goes where the file sends it, and only video files that the file names are opened.
fn elsewhere(file: &Config, camera: &Camera) -> Option<Sentence> {
    if let CameraSource::File(path) = &camera.source {
        let named = file.cameras.iter().any(|other| other.source == camera.source);
        return (!named).then(|| say::file_not_named(&*camera.id, path.display()));
    }
    let secret = &camera.credentials.as_ref()?.file;
    let sent_there = file.cameras.iter().any(|other| {
        other.credentials.as_ref().is_some_and(|known| known.file == *secret)
            && host(other) == host(camera)
            && other.trust == camera.trust
    });
    (!sent_there).then(|| say::secret_elsewhere(&*camera.id))
}

/// Scheme, host and port of a stream: a password must not go in the clear where it went encrypted.
fn host(camera: &Camera) -> Option<(String, String, Option<u16>)> {
    let CameraSource::Rtsp { url, .. } = &camera.source else { return None };
    let url = url::Url::parse(url).ok()?;
    Some((url.scheme().to_owned(), url.host_str()?.to_owned(), url.port()))
}

/// Folders, devices and listeners stay those of the file.
fn other_places(file: &Config, wanted: &Config) -> Vec<Sentence> {
    let mut all = Vec::new();
    if wanted.evidence.dir != file.evidence.dir {
        all.push(say::evidence_folder());
    }
    // Who can open originals is decided at the box.
    let reads = |config: &Config| config.evidence.originals.as_ref().map(|kept| kept.recipient.clone());
    if reads(wanted).is_some() && reads(wanted) != reads(file) {
        all.push(say::originals_key());
    }
    let sections = [
        ("[mqtt]", wanted.mqtt.is_equivalent(&file.mqtt)),
        ("[detector]", wanted.detector == file.detector),
        ("[outbox]", wanted.outbox == file.outbox),
        // Who reaches the page is decided at the box.
        ("[web]", wanted.web == file.web),
        ("[metrics]", same_metrics(wanted.metrics.as_ref(), file.metrics.as_ref())),
    ];
    for (section, _) in sections.iter().filter(|(_, same)| !same) {
        let paths = FROM_AFAR.iter().map(|path| format!("`{path}`").into()).collect();
        let paths = Words::List(paths, Joint::And);
        all.push(say::section_of_file(*section, paths, file.path().display()));
    }
    let listener = wanted.sensors.webhook.as_ref();
    let is_known = |listener: &WebhookListener| {
        file.sensors.webhook.as_ref().is_some_and(|known| known.is_equivalent(listener))
    };
    if listener.is_some_and(|listener| !is_known(listener)) {
        all.push(say::listener());
    }
    for broker in &wanted.sensors.brokers {
        let touches_files =
            broker.credentials.is_some() || broker.tls.as_ref().is_some_and(|tls| tls.ca_file.is_some());
        if touches_files && !file.sensors.brokers.iter().any(|other| other.is_same_place(broker)) {
            all.push(say::broker_elsewhere(&*broker.id));
        }
    }
    let known = devices(file);
    for device in devices(wanted).difference(&known) {
        all.push(say::serial_port(device.display()));
    }
    all
}

fn same_metrics(one: Option<&MetricsListener>, other: Option<&MetricsListener>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.is_equivalent(other),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

fn devices(config: &Config) -> BTreeSet<PathBuf> {
    config.sensors.list.iter().filter_map(|sensor| sensor.source.device().map(Path::to_owned)).collect()
}

#[cfg(test)]
mod tests;
