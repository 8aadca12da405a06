//! What is wrong with the box now: its own parts, its cameras and its sensors, each with what to try.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::super::clock_watch;
use super::Readings;
use crate::alerts::alert_writer::AlertWriterCounts;
use crate::analysis::sensor::SensorReading;
use crate::contract::health::{DEGRADED_PARTS, Degraded};
use crate::contract::words::LocalTime;
use crate::mqtt;
use crate::outbox::Depth;
use crate::sensors::SensorStats;
use crate::text::{Sentence, Words, health as say, sensor};

/// The part that stands for the disk of the queue.
const DISK: &str = "disk";

/// What is short on the disk. Once it was reported, an eighth more must be free before it is well: a disk at its limit would
/// otherwise come and go.
fn short_disk(depth: &Depth, is_reported: bool) -> Option<Sentence> {
    let free = depth.free_bytes?;
    let least = depth.least_free_bytes;
    let enough = if is_reported { least.saturating_add(least / 8) } else { least };
    let mib = |bytes: u64| bytes >> 20;
    (free < enough).then(|| say::disk_short(mib(free), mib(least)))
}

/// What is wrong with a part.
pub(crate) struct Reason {
    /// Which one.
    pub part: String,
    /// What is wrong.
    pub what: Words,
    /// What to try.
    pub hint: Option<Sentence>,
    /// What programs go by, where that is not all of `what`.
    pub code: Option<Sentence>,
}

impl Reason {
    fn new(part: impl Into<String>, what: impl Into<Words>) -> Self {
        Reason { part: part.into(), what: what.into(), hint: None, code: None }
    }
}

/// What is wrong now: first the box's own parts, then the cameras, then the sensors. `told` are the parts of the last
/// report.
pub(super) fn reasons(
    readings: &Readings,
    uptime: Duration,
    reported: &BTreeSet<String>,
    zone: &TimeZone,
) -> Vec<Reason> {
    let mut reasons = of_the_broker(&readings.broker);
    reasons.extend(of_the_queue(readings, reported));
    let failed = readings.inference_workers.failed.load(Ordering::Relaxed);
    if failed > 0 && readings.inference_workers.looked.load(Ordering::Relaxed) == 0 {
        reasons.push(Reason::new("detector", say::detector_sees_nothing(failed)));
    }
    reasons.extend(of_the_service(readings, uptime));
    reasons.extend(of_lost_revisions(&readings.alert_writer));
    if clock_watch::is_impossible(readings.at.utc) {
        let at = LocalTime::new(readings.at.utc, zone).to_string();
        reasons.push(Reason::new("clock", say::clock_never_set(at)));
    }
    for (id, stats) in &readings.cameras {
        if let Some(error) = &stats.last_error {
            let (hint, code) = (error.fault.hint(), Some(error.fault.sentence()));
            reasons.push(Reason { hint, code, ..Reason::new(format!("camera:{id}"), error.sentence()) });
        }
    }
    for stats in readings.sensors.iter().filter(|stats| !is_waiting(stats)) {
        let lasting = stats.lasting_fault.clone();
        if let Some(reason) = lasting.or_else(|| sensor_reason(stats)) {
            reasons.push(Reason::new(format!("sensor:{}", stats.plan.id), reason));
        }
    }
    reasons
}

fn of_the_broker(broker: &mqtt::Status) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let trouble = broker.trouble.as_ref().filter(|_| !broker.connected);
    if let Some(trouble) = trouble {
        let hint = trouble.hint().cloned();
        reasons.push(Reason { hint, ..Reason::new("mqtt", trouble.sentence().clone()) });
    }
    // What threw this box off is the trouble itself, and said already.
    let namesake = broker.namesake.as_ref().filter(|namesake| trouble != Some(*namesake));
    reasons.extend(namesake.map(|namesake| Reason {
        hint: namesake.hint().cloned(),
        ..Reason::new("mqtt", namesake.sentence().clone())
    }));
    let refused = broker.last_refusal.clone().map(say::broker_refused_message);
    reasons.extend(refused.map(|refused| Reason::new("mqtt", refused)));
    let deaf_to = broker.deaf_to.iter().cloned();
    reasons.extend(deaf_to.map(|missing| Reason::new("mqtt", say::not_subscribed(missing))));
    reasons
}

fn of_the_queue(readings: &Readings, reported: &BTreeSet<String>) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if let Some(error) = readings.alert_writer.failing.lock().as_ref() {
        let waiting = readings.alert_writer.waiting.load(Ordering::Relaxed);
        let what = say::spool_fails(error.sentence(), waiting);
        reasons.push(Reason { hint: error.hint(), ..Reason::new("spool", what) });
    } else if readings.depth.over_limit {
        reasons.push(Reason::new("spool", say::spool_over_limit()));
    }
    let disk = short_disk(&readings.depth, reported.contains(DISK));
    reasons.extend(disk.map(|reason| Reason::new(DISK, reason)));
    reasons
}

/// Of the service, its files, its page, its signatures and its redaction.
fn of_the_service(readings: &Readings, uptime: Duration) -> Vec<Reason> {
    let short_runs = readings.short_runs.and_then(|before| before.reason(uptime));
    let reported_by_others = [
        ("spool", readings.spool_trouble.clone()),
        ("service", short_runs),
        ("secrets", readings.secret_trouble.clone()),
        ("configuration", readings.file_trouble.clone()),
    ];
    let mut reasons: Vec<Reason> =
        reported_by_others.into_iter().filter_map(|(part, what)| Some(Reason::new(part, what?))).collect();
    let page = readings.page_trouble.clone();
    reasons.extend(page.map(|(what, hint)| Reason { hint, ..Reason::new("page", what) }));
    let metrics = readings.metrics_trouble.clone();
    reasons
        .extend(metrics.map(|trouble| Reason { hint: trouble.hint, ..Reason::new("metrics", trouble.what) }));
    let unsigned = readings.signing_trouble.iter().chain(&readings.broker.unsigned).cloned();
    reasons.extend(unsigned.map(|(what, hint)| Reason { hint: Some(hint), ..Reason::new("signing", what) }));
    let no_faces = readings.alert_writer.no_faces.lock().clone().map(Words::from);
    let redaction = readings.redaction_trouble.clone().or(no_faces);
    reasons.extend(redaction.map(|trouble| Reason::new("redaction", trouble)));
    reasons
}

fn of_lost_revisions(counts: &AlertWriterCounts) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let lost = counts.lost.load(Ordering::Relaxed);
    if lost > 0 {
        reasons.push(Reason::new("spool", say::revisions_lost(lost)));
    }
    let unwritable = counts.unwritable.load(Ordering::Relaxed);
    if unwritable > 0 {
        reasons.push(Reason::new("spool", say::revisions_not_told(unwritable)));
    }
    reasons
}

/// Which of [`DEGRADED_PARTS`] are not as they should be.
pub(in crate::daemon) fn degraded_parts(reasons: &[Reason]) -> [bool; DEGRADED_PARTS.len()] {
    let mut degraded = [false; DEGRADED_PARTS.len()];
    for at in reasons.iter().filter_map(|reason| Degraded::part_in_list(&reason.part)) {
        degraded[at] = true;
    }
    degraded
}

/// The names of the parts.
pub(super) fn parts(reasons: &[Reason]) -> BTreeSet<String> {
    reasons.iter().map(|reason| reason.part.clone()).collect()
}

/// A sensor that has not spoken yet, and of which nothing speaks against it.
pub(crate) fn is_waiting(stats: &SensorStats) -> bool {
    matches!(stats.reading, SensorReading::Silent { since: None }) && stats.trouble.is_none()
}

/// Why it is bad or silent.
pub(crate) fn sensor_reason(stats: &SensorStats) -> Option<Words> {
    match &stats.reading {
        SensorReading::Good { .. } => None,
        SensorReading::Bad { reason, .. } => Some(reason.words()),
        SensorReading::Silent { since } => Some(match (&stats.trouble, since) {
            (Some(trouble), _) => trouble.clone(),
            (None, Some(_)) => sensor::fell_silent().into(),
            (None, None) => sensor::not_spoken().into(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every part that this file names.
    #[test]
    fn every_part_of_the_box_has_a_place_in_the_list_of_parts() {
        let source = include_str!("trouble.rs").split("mod tests").next().unwrap();
        let quoted = source.split("Reason::new(\"").skip(1).map(|rest| rest.split('"').next().unwrap());
        let others = source.split_once("let reported_by_others = [").unwrap().1.split_once("];").unwrap().0;
        let others = others.split("(\"").skip(1).map(|rest| rest.split('"').next().unwrap());
        let named: BTreeSet<&str> = quoted.chain(others).chain([DISK]).collect();
        assert!(named.len() >= 12, "{named:?}");
        let unknown: Vec<_> = named.iter().filter(|part| Degraded::part_in_list(part).is_none()).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
        let of_the_box = &DEGRADED_PARTS[..DEGRADED_PARTS.len() - 2];
        let listed: BTreeSet<&str> = of_the_box.iter().copied().collect();
        assert_eq!(named, listed, "and no part is listed that nothing names");
        for (part, name) in [("camera:cam-1", "cameras"), ("sensor:drain-2", "sensors")] {
            assert_eq!(Degraded::part_in_list(part).map(|at| DEGRADED_PARTS[at]), Some(name));
        }
    }

    #[test]
    fn a_namesake_is_reported_once_and_with_what_to_try() {
        let namesake = mqtt::Trouble::taken_over("centre.example:1883", "530127.box-1");
        for connected in [false, true] {
            let broker = mqtt::Status {
                connected,
                trouble: Some(namesake.clone()),
                namesake: Some(namesake.clone()),
                ..mqtt::Status::default()
            };
            let reasons = of_the_broker(&broker);
            assert_eq!(reasons.len(), 1, "connected: {connected}");
            assert_eq!(reasons[0].hint.as_ref(), namesake.hint());
        }
    }

    #[test]
    fn a_disk_that_others_filled_is_reported_and_does_not_come_and_go() {
        let depth = |free_mib: u64| Depth {
            free_bytes: Some(free_mib << 20),
            least_free_bytes: 256 << 20,
            ..Depth::default()
        };
        assert_eq!(short_disk(&depth(256), false), None);
        let full = short_disk(&depth(0), false).expect("a full disk is told").to_string();
        assert!(
            full.starts_with("0 MiB are free where the queue is, and [outbox] min_free_mib leaves 256"),
            "{full}"
        );
        assert!(short_disk(&depth(270), true).is_some(), "at its limit it stays told");
        assert_eq!(short_disk(&depth(288), true), None);
        let unknown = Depth { free_bytes: None, ..depth(0) };
        assert_eq!(short_disk(&unknown, false), None);
    }
}
