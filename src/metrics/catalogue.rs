//! Every metric of the box: its name, type, labels and what it says, once. What a scrape gets, the pages `deploy/METRICS.md`
//! and the number of series of a configuration come from here.
//!
//! Names follow the conventions of Prometheus: `lookout_` before all but what every process has, base units at the end, plain
//! numbers as counters. A label is an id of the configuration or a word of a closed list, so how many series there are is
//! known before the box runs. Must never hold a label that the world outside can fill: no address, no text of an error.

use crate::contract::health::{CameraState, DEGRADED_PARTS, DROP_REASONS, SensorState, SignalWord};
use crate::text::{Sentence, metrics as say};
use crate::types::camera_condition::CameraCondition;
use crate::types::coverage_state::CoverageState;
use crate::types::language::Language;
use crate::types::level::Level;

/// What a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It only rises, from 0 at the start of the program or of what it counts.
    Counter,
    /// It rises and falls.
    Gauge,
    /// Always 1; its labels say what is so.
    Info,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Label {
    /// The id of a camera.
    Camera,
    /// The id of a sensor.
    Sensor,
    /// One of a closed list.
    Word(&'static str, &'static [&'static str]),
    /// What the configuration or the machine names otherwise; few.
    Named(&'static str),
}

impl Label {
    /// Its name.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Label::Camera => "camera",
            Label::Sensor => "sensor",
            Label::Word(name, _) | Label::Named(name) => name,
        }
    }
}

/// A metric with all its series.
#[derive(Debug)]
pub(super) struct Family {
    /// Its name, without what a sample adds.
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) labels: &'static [Label],
    /// What it says.
    pub(super) help: fn() -> Sentence,
}

impl Family {
    pub(super) fn sample_name(&self) -> String {
        let suffix = match self.kind {
            Kind::Counter => "_total",
            Kind::Gauge => "",
            Kind::Info => "_info",
        };
        format!("{}{suffix}", self.name)
    }

    /// The unit at the end of its name.
    pub(super) fn unit(&self) -> Option<&'static str> {
        UNITS.into_iter().find(|unit| self.name.rsplit('_').next() == Some(unit))
    }

    /// What it says, as every scrape has it: the metadata of many boxes, whatever their language, comes together at one reader.
    pub(super) fn help_in_english(&self) -> String {
        (self.help)().in_language(Language::English)
    }
}

const UNITS: [&str; 3] = ["seconds", "bytes", "celsius"];

/// The names of all of a closed list.
macro_rules! words {
    ($list:ty) => {{
        let mut words = [""; <$list>::ALL.len()];
        let mut at = 0;
        while at < words.len() {
            words[at] = <$list>::ALL[at].name();
            at += 1;
        }
        words
    }};
}

pub(super) const CAMERA_STATES: [&str; CameraState::ALL.len()] = words!(CameraState);
pub(super) const CONDITIONS: [&str; CameraCondition::ALL.len()] = words!(CameraCondition);
pub(super) const COVERAGE_STATES: [&str; CoverageState::ALL.len()] = words!(CoverageState);
pub(super) const LEVELS: [&str; Level::ALL.len()] = words!(Level);
pub(super) const SENSOR_STATES: [&str; SensorState::ALL.len()] = words!(SensorState);
pub(super) const SIGNAL_STATES: [&str; SignalWord::ALL.len()] = words!(SignalWord);
/// What was dropped from the queue for lack of room.
pub(super) const DROPPED: [&str; 2] = ["record", "picture"];

macro_rules! families {
    ($($constant:ident: $name:literal, $kind:ident, [$($label:expr),*], $help:ident;)+) => {
        $(pub(super) static $constant: Family =
            Family { name: $name, kind: Kind::$kind, labels: &[$($label),*], help: say::$help };)+

        /// All of them, in the order in which they are written.
        pub(super) static ALL: &[&Family] = &[$(&$constant),+];
    };
}

families! {
    // ---- the program and its machine
    BUILD: "lookout_build", Info, [Label::Named("version")], build;
    BOX: "lookout_box", Info, [Label::Named("area"), Label::Named("box")], of_box;
    PROCESS_START: "process_start_time_seconds", Gauge, [], process_start;
    PROCESS_CPU: "process_cpu_seconds", Counter, [], process_cpu;
    PROCESS_MEMORY: "process_resident_memory_bytes", Gauge, [], process_memory;
    PROCESS_FILES: "process_open_fds", Gauge, [], process_files;
    PROCESS_MOST_FILES: "process_max_fds", Gauge, [], process_most_files;
    TEMPERATURE: "lookout_temperature_celsius", Gauge, [Label::Named("zone")], temperature;
    DISK_FREE: "lookout_disk_free_bytes", Gauge, [], disk_free;
    DISK_RESERVED: "lookout_disk_reserved_bytes", Gauge, [], disk_reserved;
    CLOCK_SYNCHRONISED: "lookout_clock_synchronised", Gauge, [], clock_synchronised;
    CLOCK_ERROR: "lookout_clock_error_seconds", Gauge, [], clock_error;
    DEGRADED: "lookout_degraded", Gauge, [Label::Word("part", &DEGRADED_PARTS)], degraded;

    // ---- the queue and the broker
    OUTBOX_RECORDS: "lookout_outbox_records", Gauge, [], outbox_records;
    OUTBOX_UNMARKED: "lookout_outbox_unmarked_records", Gauge, [], outbox_unmarked;
    OUTBOX_BYTES: "lookout_outbox_bytes", Gauge, [], outbox_bytes;
    OUTBOX_OLDEST: "lookout_outbox_oldest_seconds", Gauge, [], outbox_oldest;
    OUTBOX_DELIVERED: "lookout_outbox_delivered", Counter, [], outbox_delivered;
    OUTBOX_DROPPED: "lookout_outbox_dropped", Counter, [Label::Word("what", &DROPPED)], outbox_dropped;
    BROKER_CONNECTED: "lookout_broker_connected", Gauge, [], broker_connected;
    BROKER_RECONNECTS: "lookout_broker_reconnects", Counter, [], broker_reconnects;

    // ---- alerts
    ALERTS: "lookout_alerts", Counter, [Label::Named("kind"), Label::Word("level", &LEVELS)], alerts;
    ALERTS_OPEN: "lookout_alerts_open", Gauge, [Label::Word("level", &LEVELS)], alerts_open;
    REVISIONS: "lookout_alert_revisions", Counter, [], revisions;
    REVISIONS_WAITING: "lookout_alert_revisions_waiting", Gauge, [], revisions_waiting;
    REVISIONS_LOST: "lookout_alert_revisions_lost", Counter, [], revisions_lost;
    SIGNALS: "lookout_signals", Gauge, [Label::Word("state", &SIGNAL_STATES)], signals;
    COVERAGE: "lookout_coverage_seconds", Counter, [Label::Word("state", &COVERAGE_STATES)], coverage;

    // ---- a shadow
    SHADOW: "lookout_shadow", Gauge, [], shadow;
    SHADOW_ALERTS: "lookout_shadow_alerts", Counter, [], shadow_alerts;
    SHADOW_MISSED: "lookout_shadow_missed_records", Counter, [], shadow_missed;

    // ---- the detector
    DETECTOR: "lookout_detector", Info, [Label::Named("provider")], detector;
    DETECTOR_WORKERS: "lookout_detector_workers", Gauge, [], detector_workers;
    DETECTOR_LOOKS: "lookout_detector_looks", Counter, [], detector_looks;
    DETECTOR_STILL: "lookout_detector_still", Counter, [], detector_still;
    DETECTOR_CLOSER: "lookout_detector_closer_looks", Counter, [], detector_closer;
    DETECTOR_FAILED: "lookout_detector_failures", Counter, [], detector_failed;
    DETECTOR_BUSY: "lookout_detector_busy_seconds", Counter, [], detector_busy;

    // ---- each camera
    CAMERA_STATE: "lookout_camera_state", Gauge, [Label::Camera, Label::Word("state", &CAMERA_STATES)], camera_state;
    CAMERA_CONDITION: "lookout_camera_condition", Gauge, [Label::Camera, Label::Word("condition", &CONDITIONS)], camera_condition;
    CAMERA_FRAMES: "lookout_camera_frames", Counter, [Label::Camera], camera_frames;
    CAMERA_DECODED: "lookout_camera_decoded_frames", Counter, [Label::Camera], camera_decoded;
    CAMERA_LOOKS: "lookout_camera_looks", Counter, [Label::Camera], camera_looks;
    CAMERA_DROPPED: "lookout_camera_dropped", Counter, [Label::Camera, Label::Word("reason", &DROP_REASONS)], camera_dropped;
    CAMERA_RECONNECTS: "lookout_camera_reconnects", Counter, [Label::Camera], camera_reconnects;
    CAMERA_LAST_FRAME: "lookout_camera_last_frame_age_seconds", Gauge, [Label::Camera], camera_last_frame;

    // ---- each sensor
    SENSOR_STATE: "lookout_sensor_state", Gauge, [Label::Sensor, Label::Word("state", &SENSOR_STATES)], sensor_state;
    SENSOR_AGE: "lookout_sensor_age_seconds", Gauge, [Label::Sensor], sensor_age;
    SENSOR_READINGS: "lookout_sensor_readings", Counter, [Label::Sensor], sensor_readings;
    SENSOR_UNREADABLE: "lookout_sensor_unreadable", Counter, [Label::Sensor], sensor_unreadable;
    SENSOR_ERRORS: "lookout_sensor_errors", Counter, [Label::Sensor], sensor_errors;
}

#[cfg(test)]
mod tests;
