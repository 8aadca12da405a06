//! The latest value of each sensor and the state of its source, for health and for the installer.
//!
//! [`ReadingSink`] stores a reading here and queues it for the analysis. Must never decide what a reading means; it keeps
//! the same [`SensorState`] that the analysis keeps, for display.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::mpsc;
use tracing::debug;

use super::SensorUpdate;
use super::state_log::{LogLine, StateLog};
use crate::analysis::sensor::{RawReading, SensorPlan, SensorReading, SensorState};
use crate::clock::Clock;
use crate::text::{Words, box_log, language_of_log, log_info, log_warn, sensor as text};

/// How often silence is looked for.
const WATCH_EVERY: Duration = Duration::from_secs(1);
/// The reason of a lasting fault is renewed so often: each message may have a reason of its own.
const REASON_STAYS: Duration = Duration::from_secs(3600);
/// Longest text of a trouble: some devices answer with novels.
const TROUBLE_CHARS: usize = 300;

/// What is known of one sensor.
#[derive(Debug, Clone, PartialEq)]
pub struct SensorStats {
    /// What it was made for.
    pub plan: Arc<SensorPlan>,
    /// What is known now.
    pub reading: SensorReading,
    /// Messages and answers with a number in them, since the start.
    pub numbers: u64,
    /// Messages and answers without one.
    pub unreadable: u64,
    /// Retained messages, which are old news and not taken.
    pub retained: u64,
    /// Messages that hold no word of this sensor by design.
    pub passed_over: u64,
    /// Failed questions and broken connections.
    pub errors: u64,
    /// What is wrong with its source now.
    pub trouble: Option<Words>,
    /// Why its readings are bad: the first reason since they are, so that a lasting fault has one and not another with each
    /// message.
    pub lasting_fault: Option<Words>,
}

struct SensorEntry {
    state: SensorState,
    numbers: u64,
    unreadable: u64,
    retained: u64,
    passed_over: u64,
    errors: u64,
    trouble: Option<Words>,
    /// Why its readings are bad, and when that was taken down.
    lasting_fault: Option<(Words, Duration)>,
    log: StateLog<Condition>,
}

/// The state of a sensor in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    /// Its first reading is not due yet.
    Waiting,
    Good,
    Bad,
    Silent,
}

impl Condition {
    fn is_fault(self) -> bool {
        match self {
            Condition::Waiting | Condition::Good => false,
            Condition::Bad | Condition::Silent => true,
        }
    }
}

/// All sensors of the box.
pub(super) struct LatestValues {
    clock: Clock,
    started: Duration,
    entries: Mutex<BTreeMap<Arc<str>, SensorEntry>>,
}

impl LatestValues {
    pub(super) fn new(clock: Clock, plans: impl Iterator<Item = Arc<SensorPlan>>) -> Self {
        let started = clock.now().mono;
        let entry = |plan: Arc<SensorPlan>| SensorEntry {
            state: SensorState::new(plan),
            numbers: 0,
            unreadable: 0,
            retained: 0,
            passed_over: 0,
            errors: 0,
            trouble: None,
            lasting_fault: None,
            log: StateLog::new(Condition::Waiting, started),
        };
        let entries = plans.map(|plan| (plan.id.clone(), entry(plan))).collect();
        LatestValues { clock, started, entries: Mutex::new(entries) }
    }

    pub(super) fn stats(&self) -> Vec<SensorStats> {
        let now = self.clock.now();
        self.entries
            .lock()
            .values_mut()
            .map(|entry| SensorStats {
                plan: entry.state.plan().clone(),
                reading: entry.state.tick(now).clone(),
                numbers: entry.numbers,
                unreadable: entry.unreadable,
                retained: entry.retained,
                passed_over: entry.passed_over,
                errors: entry.errors,
                trouble: entry.trouble.clone(),
                lasting_fault: entry.lasting_fault.as_ref().map(|(reason, _)| reason.clone()),
            })
            .collect()
    }

    fn with(&self, sensor: &str, change: impl FnOnce(&mut SensorEntry)) {
        if let Some(entry) = self.entries.lock().get_mut(sensor) {
            change(entry);
        }
    }

    fn watch(&self) {
        let now = self.clock.now();
        for (sensor, entry) in self.entries.lock().iter_mut() {
            entry.state.tick(now);
            entry.log_state(sensor, self.started, now.mono, false);
        }
    }
}

impl SensorEntry {
    /// Says in the log when a sensor becomes good, bad or silent, and once an hour that it is bad or silent still.
    fn log_state(&mut self, sensor: &str, started: Duration, now: Duration, has_spoken: bool) {
        self.keep_reason(now);
        match self.log_line(started, now, has_spoken) {
            LogLine::Nothing => {}
            LogLine::Changed { changes_left_out } => self.log_change(sensor, changes_left_out),
            LogLine::Still { times, changes_left_out } => self.log_still(sensor, times, changes_left_out),
        }
    }

    fn log_line(&mut self, started: Duration, now: Duration, has_spoken: bool) -> LogLine {
        let condition = match self.state.reading() {
            SensorReading::Good { .. } => Condition::Good,
            SensorReading::Bad { .. } => Condition::Bad,
            SensorReading::Silent { since: Some(_) } => Condition::Silent,
            SensorReading::Silent { since: None } => {
                match now.saturating_sub(started) > self.state.plan().stale_after {
                    true => Condition::Silent,
                    false => Condition::Waiting,
                }
            }
        };
        let is_fault = condition.is_fault();
        match has_spoken || condition == Condition::Silent {
            true => self.log.note(condition, is_fault, now),
            false => self.log.still(is_fault, now),
        }
    }

    fn log_change(&self, sensor: &str, changes_left_out: Option<u64>) {
        match self.state.reading() {
            SensorReading::Good { value, .. } => {
                let unit = &*self.state.plan().unit;
                log_info!(box_log::sensor_speaks(); sensor, %value, unit, changes_left_out);
            }
            SensorReading::Bad { reason, .. } => {
                let reason = reason.words().in_language(language_of_log());
                log_warn!(box_log::readings_bad(); sensor, %reason, changes_left_out);
            }
            SensorReading::Silent { .. } => {
                let trouble = self.trouble_in_log();
                log_warn!(box_log::sensor_silent(); sensor, %trouble, changes_left_out);
            }
        }
    }

    fn log_still(&self, sensor: &str, times: u64, changes_left_out: Option<u64>) {
        match self.state.reading() {
            SensorReading::Good { .. } => {
                log_warn!(box_log::sensor_to_and_fro(); sensor, changes_left_out);
            }
            SensorReading::Bad { reason, .. } => {
                let reason = reason.words().in_language(language_of_log());
                log_warn!(box_log::readings_still_bad(); sensor, %reason, times, changes_left_out);
            }
            SensorReading::Silent { .. } => {
                let trouble = self.trouble_in_log();
                log_warn!(box_log::sensor_still_silent(); sensor, %trouble, changes_left_out);
            }
        }
    }

    /// Why it is silent, as far as its source knows.
    fn trouble_in_log(&self) -> String {
        let trouble = self.trouble.clone().unwrap_or_else(|| text::no_word().into());
        trouble.in_language(language_of_log())
    }

    fn keep_reason(&mut self, now: Duration) {
        let SensorReading::Bad { reason, .. } = self.state.reading() else {
            self.lasting_fault = None;
            return;
        };
        let is_fresh = |taken: &Duration| now.saturating_sub(*taken) < REASON_STAYS;
        if !self.lasting_fault.as_ref().is_some_and(|(_, taken)| is_fresh(taken)) {
            self.lasting_fault = Some((reason.words(), now));
        }
    }
}

/// Looks for sensors that fell silent, for ever.
pub(super) async fn watch_silence(latest: Arc<LatestValues>) {
    loop {
        tokio::time::sleep(WATCH_EVERY).await;
        latest.watch();
    }
}

/// The sink for the readings of a source. Cloned for each.
#[derive(Clone)]
pub(super) struct ReadingSink {
    latest: Arc<LatestValues>,
    words: mpsc::Sender<SensorUpdate>,
}

impl ReadingSink {
    pub(super) fn new(latest: Arc<LatestValues>, words: mpsc::Sender<SensorUpdate>) -> Self {
        ReadingSink { latest, words }
    }

    pub(super) fn latest(&self) -> &Arc<LatestValues> {
        &self.latest
    }

    /// The monotonic time.
    pub(super) fn now(&self) -> Duration {
        self.latest.clock.now().mono
    }

    /// A word came. Waits while the queue is full.
    pub(super) async fn take(&self, sensor: &Arc<str>, reading: RawReading) {
        let at = self.latest.clock.now();
        self.latest.with(sensor, |entry| {
            match &reading {
                RawReading::Value(_) => entry.numbers += 1,
                RawReading::Unreadable(_) => entry.unreadable += 1,
            }
            entry.trouble = None;
            entry.state.take(at, &reading);
            entry.log_state(sensor, self.latest.started, at.mono, true);
        });
        // Fails only while everything stops.
        let _ = self.words.send(SensorUpdate { sensor: sensor.clone(), at, reading }).await;
    }

    /// A retained message came and was not taken.
    pub(super) fn retained(&self, sensor: &str) {
        self.latest.with(sensor, |entry| entry.retained += 1);
    }

    /// A message came that is not this sensor's business.
    pub(super) fn passed_over(&self, sensor: &str) {
        self.latest.with(sensor, |entry| entry.passed_over += 1);
    }

    /// Its source does not work.
    pub(super) fn trouble(&self, sensor: &str, trouble: impl Into<Words>) {
        let trouble = trouble.into().shortened(TROUBLE_CHARS);
        debug!(sensor, %trouble, "a sensor's source does not work");
        self.latest.with(sensor, |entry| {
            entry.errors += 1;
            entry.trouble = Some(trouble);
        });
    }

    /// Its source works again; the sensor itself may still be silent.
    pub(super) fn well(&self, sensor: &str) {
        self.latest.with(sensor, |entry| entry.trouble = None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::grid::GridCode;
    use crate::analysis::sensor::Quantity;

    fn gauge() -> Arc<SensorPlan> {
        Arc::new(SensorPlan {
            id: "drain-2".into(),
            quantity: Quantity::WaterLevel,
            unit: "m".into(),
            scale: 1.0,
            offset: 0.0,
            range: Some([-0.5, 8.0]),
            max_rate_per_sec: None,
            stale_after: Duration::from_secs(30),
            debounce: Duration::ZERO,
            grid: GridCode::parse("53012700300102").expect("a grid"),
        })
    }

    #[tokio::test]
    async fn a_lasting_fault_has_one_reason_however_many_the_sensor_gives() {
        let (words, mut taken) = mpsc::channel(64);
        let latest = Arc::new(LatestValues::new(Clock::start(), [gauge()].into_iter()));
        let sink = ReadingSink::new(latest.clone(), words);
        let sensor: Arc<str> = "drain-2".into();
        let fault = || latest.stats().remove(0).lasting_fault.map(|fault| fault.to_string());
        assert_eq!(fault(), None);
        for raw in [9.0, 9.1, 25.0] {
            sink.take(&sensor, RawReading::Value(raw)).await;
            assert_eq!(fault().as_deref(), Some("9 is outside -0.5 to 8"), "after {raw}");
        }
        sink.take(&sensor, RawReading::Unreadable("error 17".into())).await;
        assert_eq!(
            fault().as_deref(),
            Some("9 is outside -0.5 to 8"),
            "it is the same fault to the person who repairs it"
        );
        sink.take(&sensor, RawReading::Value(0.3)).await;
        assert_eq!(fault(), None);
        sink.take(&sensor, RawReading::Unreadable("error 18".into())).await;
        assert_eq!(fault().as_deref(), Some("error 18"));
        assert_eq!(taken.len(), 6, "every word is handed on all the same");
        taken.close();
    }

    #[test]
    fn what_the_log_says_of_a_sensor_in_a_lasting_fault_is_little() {
        let mut entry =
            LatestValues::new(Clock::start(), [gauge()].into_iter()).entries.into_inner().remove("drain-2");
        let entry = entry.as_mut().expect("a sensor");
        let moment = |secs| {
            let after = Duration::from_secs(secs);
            crate::analysis::time::Moment::after_origin(crate::analysis::time::Timestamp::UNIX_EPOCH, after)
        };
        let mut lines = 0;
        for secs in 0..86_400 {
            let now = moment(secs);
            // It refuses every 20 s; now and then it says nothing for minutes.
            let speaks = secs % 20 == 0 && secs % 3000 > 300;
            match speaks {
                true => entry.state.take(now, &RawReading::Unreadable(format!("error {secs}").into())),
                false => entry.state.tick(now),
            };
            lines += usize::from(entry.log_line(Duration::ZERO, now.mono, speaks) != LogLine::Nothing);
        }
        assert!(lines < 100, "{lines} lines in a day");
    }
}
