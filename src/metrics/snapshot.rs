//! What the daemon knew a moment ago, as a scrape shows it: plain numbers and ids, made by the daemon once a second, written
//! by the thread of the metrics as often as somebody reads. Pure. Must never hold an address, a text or a secret.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::catalogue::{
    self as all, CAMERA_STATES, CONDITIONS, COVERAGE_STATES, DROPPED, LEVELS, SENSOR_STATES, SIGNAL_STATES,
};
use super::exposition::{Exposition, Format};
use crate::contract::health::{CameraState, DEGRADED_PARTS, DROP_REASONS, SensorState, SignalCounts};
use crate::contract::shadow::ShadowCounts;
use crate::types::camera_condition::CameraCondition;
use crate::types::coverage_state::CoverageState;
use crate::types::level::Level;

/// The figures of a box.
#[derive(Debug, Clone, Default)]
pub(crate) struct Snapshot {
    /// Code of its county.
    pub area: Arc<str>,
    /// Its name.
    pub box_id: Arc<str>,
    /// Whether the clock follows a server; `None` where the system cannot tell.
    pub clock_synchronised: Option<bool>,
    /// The greatest error of the clock, where the system knows it.
    pub clock_error: Option<Duration>,
    /// Which of [`DEGRADED_PARTS`] are not as they should be.
    pub degraded: [bool; DEGRADED_PARTS.len()],
    /// The queue.
    pub outbox: OutboxFigures,
    /// The connection to the broker.
    pub broker: BrokerFigures,
    /// The alerts.
    pub alerts: AlertFigures,
    /// Signals by what is believed.
    pub signals: SignalCounts,
    /// How long each state of [`CoverageState::ALL`] lasted, all rules at all cameras together.
    pub coverage: [Duration; CoverageState::ALL.len()],
    /// What the second configuration made that judges beside the one that runs; `None` where none does.
    pub shadow: Option<ShadowCounts>,
    /// The detector.
    pub detector: DetectorFigures,
    /// The cameras, each id once.
    pub cameras: Vec<CameraFigures>,
    /// The sensors, each id once.
    pub sensors: Vec<SensorFigures>,
}

/// The queue.
#[derive(Debug, Clone, Default)]
pub(crate) struct OutboxFigures {
    /// Records that wait.
    pub records: u64,
    /// Of them, those that wait for the centre's mark only.
    pub unmarked: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Age of the oldest; zero where none waits.
    pub oldest: Duration,
    /// Records that arrived.
    pub delivered: u64,
    /// Messages given up for lack of room.
    pub dropped_records: u64,
    /// Pictures given up for lack of room.
    pub dropped_pictures: u64,
    /// Free bytes on its disk.
    pub disk_free: Option<u64>,
    /// Free bytes that are left to others there.
    pub disk_reserved: u64,
}

/// The connection to the broker.
#[derive(Debug, Clone, Default)]
pub(crate) struct BrokerFigures {
    /// Whether it is there.
    pub is_connected: bool,
    /// Connections after the first one.
    pub reconnects: u64,
}

/// The alerts.
#[derive(Debug, Clone, Default)]
pub(crate) struct AlertFigures {
    /// Those that began, by kind and first level.
    pub begun: BTreeMap<(Arc<str>, Level), u64>,
    /// Those that are open.
    pub open: BTreeMap<Level, u64>,
    /// Revisions stored.
    pub revisions: u64,
    /// Revisions that wait in memory.
    pub waiting: u64,
    /// Revisions lost.
    pub lost: u64,
}

/// The detector.
#[derive(Debug, Clone, Default)]
pub(crate) struct DetectorFigures {
    /// What runs it.
    pub provider: String,
    /// Worker threads.
    pub workers: u64,
    /// Frames looked at.
    pub looks: u64,
    /// Frames in which nothing had moved.
    pub still: u64,
    /// Frames of which a part was looked at from near.
    pub closer: u64,
    /// Frames at which looking failed.
    pub failed: u64,
    /// Time spent looking.
    pub busy: Duration,
}

/// A camera.
#[derive(Debug, Clone)]
pub(crate) struct CameraFigures {
    /// Its id.
    pub id: Arc<str>,
    /// What it does.
    pub state: CameraState,
    /// What is wrong with its pictures.
    pub conditions: Vec<CameraCondition>,
    /// Frames that came.
    pub frames: u64,
    /// Frames decoded.
    pub decoded: u64,
    /// Frames looked at.
    pub looks: u64,
    /// Frames that were not, in the order of [`DROP_REASONS`].
    pub dropped: [u64; DROP_REASONS.len()],
    /// How often its stream was opened again.
    pub reconnects: u64,
    /// Time since its last frame; `None` before the first.
    pub last_frame_age: Option<Duration>,
}

/// A sensor.
#[derive(Debug, Clone)]
pub(crate) struct SensorFigures {
    /// Its id.
    pub id: Arc<str>,
    /// Whether its readings are believed.
    pub state: SensorState,
    /// Time since its last reading; `None` before the first.
    pub age: Option<Duration>,
    /// Messages with a number in them.
    pub readings: u64,
    /// Messages without one.
    pub unreadable: u64,
    /// Failed requests and broken connections.
    pub errors: u64,
}

/// What the kernel knows of the process and its machine at the moment of a scrape; what it does not tell is left out.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ProcessFigures {
    /// When it started, in seconds since 1970-01-01 UTC.
    pub started: Option<f64>,
    /// Processor time used, seconds.
    pub cpu_secs: Option<f64>,
    /// Memory that is resident.
    pub resident_bytes: Option<u64>,
    /// Files that are open.
    pub files: Option<u64>,
    /// Files that may be open.
    pub most_files: Option<u64>,
    /// Degrees Celsius by name.
    pub temperatures: BTreeMap<String, f64>,
}

impl Snapshot {
    /// The whole text of a scrape.
    pub(super) fn written(&self, process: &ProcessFigures, format: Format) -> String {
        let mut out = Exposition::new(format);
        self.write_machine(&mut out, process);
        self.write_queue(&mut out);
        self.write_alerts(&mut out);
        self.write_shadow(&mut out);
        self.write_detector(&mut out);
        self.write_cameras(&mut out);
        self.write_sensors(&mut out);
        out.finish()
    }

    fn write_machine(&self, out: &mut Exposition, process: &ProcessFigures) {
        out.family(&all::BUILD).sample(&[env!("CARGO_PKG_VERSION")], true);
        out.family(&all::BOX).sample(&[&self.area, &self.box_id], true);
        out.single(&all::PROCESS_START, process.started);
        out.single(&all::PROCESS_CPU, process.cpu_secs);
        out.single(&all::PROCESS_MEMORY, process.resident_bytes);
        out.single(&all::PROCESS_FILES, process.files);
        out.single(&all::PROCESS_MOST_FILES, process.most_files);
        let mut temperatures = out.family(&all::TEMPERATURE);
        for (zone, degrees) in &process.temperatures {
            temperatures.sample(&[zone], *degrees);
        }
        out.single(&all::DISK_FREE, self.outbox.disk_free);
        out.single(&all::DISK_RESERVED, Some(self.outbox.disk_reserved));
        out.single(&all::CLOCK_SYNCHRONISED, self.clock_synchronised);
        out.single(&all::CLOCK_ERROR, self.clock_error.map(|error| error.as_secs_f64()));
        let mut degraded = out.family(&all::DEGRADED);
        for (part, is_degraded) in DEGRADED_PARTS.iter().zip(self.degraded) {
            degraded.sample(&[part], is_degraded);
        }
    }

    fn write_queue(&self, out: &mut Exposition) {
        let OutboxFigures { dropped_records, dropped_pictures, .. } = self.outbox;
        out.single(&all::OUTBOX_RECORDS, Some(self.outbox.records));
        out.single(&all::OUTBOX_UNMARKED, Some(self.outbox.unmarked));
        out.single(&all::OUTBOX_BYTES, Some(self.outbox.bytes));
        out.single(&all::OUTBOX_OLDEST, Some(self.outbox.oldest.as_secs_f64()));
        out.single(&all::OUTBOX_DELIVERED, Some(self.outbox.delivered));
        let mut dropped = out.family(&all::OUTBOX_DROPPED);
        for (what, count) in DROPPED.iter().zip([dropped_records, dropped_pictures]) {
            dropped.sample(&[what], count);
        }
        out.single(&all::BROKER_CONNECTED, Some(self.broker.is_connected));
        out.single(&all::BROKER_RECONNECTS, Some(self.broker.reconnects));
    }

    fn write_alerts(&self, out: &mut Exposition) {
        let mut begun = out.family(&all::ALERTS);
        for ((kind, level), count) in &self.alerts.begun {
            begun.sample(&[kind, level.name()], *count);
        }
        let mut open = out.family(&all::ALERTS_OPEN);
        for (name, level) in LEVELS.iter().zip(Level::ALL) {
            open.sample(&[name], self.alerts.open.get(&level).copied().unwrap_or(0));
        }
        out.single(&all::REVISIONS, Some(self.alerts.revisions));
        out.single(&all::REVISIONS_WAITING, Some(self.alerts.waiting));
        out.single(&all::REVISIONS_LOST, Some(self.alerts.lost));
        let SignalCounts { on, off, unknown, total: _ } = self.signals;
        let mut signals = out.family(&all::SIGNALS);
        for (state, count) in SIGNAL_STATES.iter().zip([on, off, unknown]) {
            signals.sample(&[state], u64::from(count));
        }
        let mut coverage = out.family(&all::COVERAGE);
        for (state, lasted) in COVERAGE_STATES.iter().zip(self.coverage) {
            coverage.sample(&[state], lasted.as_secs_f64());
        }
    }

    fn write_shadow(&self, out: &mut Exposition) {
        out.single(&all::SHADOW, Some(u64::from(self.shadow.is_some())));
        out.single(&all::SHADOW_ALERTS, self.shadow.map(|counts| counts.alerts));
        out.single(&all::SHADOW_MISSED, self.shadow.map(|counts| counts.missed));
    }

    fn write_detector(&self, out: &mut Exposition) {
        out.family(&all::DETECTOR).sample(&[&self.detector.provider], true);
        out.single(&all::DETECTOR_WORKERS, Some(self.detector.workers));
        out.single(&all::DETECTOR_LOOKS, Some(self.detector.looks));
        out.single(&all::DETECTOR_STILL, Some(self.detector.still));
        out.single(&all::DETECTOR_CLOSER, Some(self.detector.closer));
        out.single(&all::DETECTOR_FAILED, Some(self.detector.failed));
        out.single(&all::DETECTOR_BUSY, Some(self.detector.busy.as_secs_f64()));
    }

    fn write_cameras(&self, out: &mut Exposition) {
        let mut states = out.family(&all::CAMERA_STATE);
        for camera in &self.cameras {
            states.states(&[&camera.id], &CAMERA_STATES, |state| state == camera.state.name());
        }
        let mut conditions = out.family(&all::CAMERA_CONDITION);
        for camera in &self.cameras {
            let has = |name: &str| camera.conditions.iter().any(|condition| condition.name() == name);
            conditions.states(&[&camera.id], &CONDITIONS, has);
        }
        let mut each = |family, count: fn(&CameraFigures) -> u64| {
            let mut samples = out.family(family);
            for camera in &self.cameras {
                samples.sample(&[&camera.id], count(camera));
            }
        };
        each(&all::CAMERA_FRAMES, |camera| camera.frames);
        each(&all::CAMERA_DECODED, |camera| camera.decoded);
        each(&all::CAMERA_LOOKS, |camera| camera.looks);
        each(&all::CAMERA_RECONNECTS, |camera| camera.reconnects);
        let mut dropped = out.family(&all::CAMERA_DROPPED);
        for camera in &self.cameras {
            for (reason, count) in DROP_REASONS.iter().zip(camera.dropped) {
                dropped.sample(&[&camera.id, reason], count);
            }
        }
        let mut ages = out.family(&all::CAMERA_LAST_FRAME);
        for camera in &self.cameras {
            if let Some(age) = camera.last_frame_age {
                ages.sample(&[&camera.id], age.as_secs_f64());
            }
        }
    }

    fn write_sensors(&self, out: &mut Exposition) {
        let mut states = out.family(&all::SENSOR_STATE);
        for sensor in &self.sensors {
            states.states(&[&sensor.id], &SENSOR_STATES, |state| state == sensor.state.name());
        }
        let mut ages = out.family(&all::SENSOR_AGE);
        for sensor in &self.sensors {
            if let Some(age) = sensor.age {
                ages.sample(&[&sensor.id], age.as_secs_f64());
            }
        }
        let mut each = |family, count: fn(&SensorFigures) -> u64| {
            let mut samples = out.family(family);
            for sensor in &self.sensors {
                samples.sample(&[&sensor.id], count(sensor));
            }
        };
        each(&all::SENSOR_READINGS, |sensor| sensor.readings);
        each(&all::SENSOR_UNREADABLE, |sensor| sensor.unreadable);
        each(&all::SENSOR_ERRORS, |sensor| sensor.errors);
    }
}
