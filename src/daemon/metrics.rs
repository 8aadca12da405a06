//! What metrics show of a running daemon, from the readings that the main thread takes anyway. Plain translation: must never
//! wait for a part, and nothing of it happens while nobody may read metrics.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::tz::TimeZone;

use super::report::{self, Readings};
use super::running::Running;
use crate::analysis::fusion::State;
use crate::contract::alert::{ClockData, ClockSync};
use crate::contract::health::SignalCounts;
use crate::metrics::snapshot::{
    AlertFigures, BrokerFigures, CameraFigures, DetectorFigures, OutboxFigures, SensorFigures, Snapshot,
};

impl Running {
    /// What is known now, for whoever reads metrics.
    pub(super) fn show_metrics(&self, readings: &Readings) {
        if !self.stages.metrics.is_served() {
            return;
        }
        let ClockData { sync, err_ms } = *self.clock_data.lock();
        let clock_synchronised = match sync {
            ClockSync::Synced => Some(true),
            ClockSync::Unsynced => Some(false),
            ClockSync::Unknown | ClockSync::Replay => None,
        };
        let reasons = self.health.reasons(readings, &TimeZone::UTC);
        self.stages.metrics.show(Snapshot {
            area: self.config.site.area.clone(),
            box_id: self.config.site.box_id.clone(),
            clock_synchronised,
            clock_error: err_ms.map(Duration::from_millis),
            degraded: report::degraded_parts(&reasons),
            outbox: outbox(readings),
            broker: BrokerFigures {
                is_connected: readings.broker.connected,
                reconnects: readings.broker.connections.saturating_sub(1),
            },
            alerts: alerts(readings),
            signals: signals(readings),
            coverage: self.stages.analysis.coverage.lasted(),
            shadow: readings.shadow.as_ref().map(|shadow| shadow.counts),
            detector: detector(readings),
            cameras: cameras(readings),
            sensors: sensors(readings),
        });
    }
}

fn count(figure: &AtomicU64) -> u64 {
    figure.load(Ordering::Relaxed)
}

fn outbox(readings: &Readings) -> OutboxFigures {
    let depth = &readings.depth;
    let waited = |since| readings.at.utc.duration_since(since);
    OutboxFigures {
        records: depth.rows,
        unmarked: depth.unmarked,
        bytes: depth.bytes,
        // A clock that was set back makes nothing younger than new.
        oldest: depth.oldest.map(waited).and_then(|age| age.try_into().ok()).unwrap_or_default(),
        delivered: depth.delivered,
        dropped_records: depth.dropped,
        dropped_pictures: depth.dropped_pictures,
        disk_free: depth.free_bytes,
        disk_reserved: depth.least_free_bytes,
    }
}

fn alerts(readings: &Readings) -> AlertFigures {
    let counts = &readings.alert_writer;
    AlertFigures {
        begun: counts.begun.lock().clone(),
        open: counts.open.lock().clone(),
        revisions: count(&counts.stored),
        waiting: count(&counts.waiting),
        lost: count(&counts.lost) + count(&counts.unwritable),
    }
}

fn signals(readings: &Readings) -> SignalCounts {
    let mut counts = SignalCounts::default();
    for signal in readings.known.signals.lock().iter() {
        counts.total += 1;
        *match signal.state {
            State::On => &mut counts.on,
            State::Off => &mut counts.off,
            State::Unknown => &mut counts.unknown,
        } += 1;
    }
    counts
}

fn detector(readings: &Readings) -> DetectorFigures {
    let counts = &readings.inference_workers;
    DetectorFigures {
        provider: readings.provider.clone(),
        workers: readings.workers as u64,
        looks: count(&counts.looked),
        still: count(&counts.still),
        closer: count(&counts.closer),
        failed: count(&counts.failed),
        busy: Duration::from_micros(count(&counts.busy_us)),
    }
}

fn cameras(readings: &Readings) -> Vec<CameraFigures> {
    let conditions = readings.known.conditions.lock();
    let frames: std::collections::BTreeMap<_, _> =
        readings.frames.iter().map(|(id, counts)| (id, *counts)).collect();
    let of_camera = |(id, stats): &(std::sync::Arc<str>, crate::video::CameraStats)| {
        let counts = frames.get(id).copied().unwrap_or_default();
        CameraFigures {
            id: id.clone(),
            state: report::camera_state(stats.state),
            conditions: conditions.get(id).cloned().unwrap_or_default(),
            frames: stats.units,
            decoded: stats.frames,
            looks: counts.taken,
            dropped: report::dropped(stats, counts),
            reconnects: stats.reconnects,
            last_frame_age: stats.last_frame_age,
        }
    };
    readings.cameras.iter().map(of_camera).collect()
}

fn sensors(readings: &Readings) -> Vec<SensorFigures> {
    let of_sensor = |stats: &crate::sensors::SensorStats| {
        let (state, at) = report::sensor_state(&stats.reading);
        SensorFigures {
            id: stats.plan.id.clone(),
            state,
            age: at.map(|at| readings.at.since(at)),
            readings: stats.numbers,
            unreadable: stats.unreadable,
            errors: stats.errors,
        }
    };
    readings.sensors.iter().map(of_sensor).collect()
}
