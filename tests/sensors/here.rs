//! Running sensors and what they said, for the tests of this folder.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use lookout::analysis::grid::GridCode;
use lookout::analysis::sensor::{Quantity, RawReading, SensorPlan};
use lookout::clock::Clock;
use lookout::sensors::{
    Extract, Place, Sensor, SensorStats, SensorUpdate, Sensors, Setup, Source, Timing, usual_words,
};

/// Longer than anything takes on a busy machine.
pub const SOON: Duration = Duration::from_secs(30);

/// Waits that a test can afford.
pub const QUICK: Timing = Timing {
    retry_first: Duration::from_millis(20),
    retry_most: Duration::from_millis(200),
    connect: Duration::from_secs(5),
    request: Duration::from_secs(5),
    first_answer: Duration::from_secs(2),
};

#[derive(Default)]
struct Received {
    words: Mutex<Vec<SensorUpdate>>,
    came: Condvar,
}

/// Running sensors and everything they said.
pub struct Running {
    pub sensors: Sensors,
    received: Arc<Received>,
}

impl Running {
    pub fn start(setup: Setup) -> Self {
        let received = Arc::new(Received::default());
        let inside = received.clone();
        let out = Box::new(move |word| {
            inside.words.lock().unwrap().push(word);
            inside.came.notify_all();
        });
        Running { sensors: Sensors::start(setup, Clock::start(), out).unwrap(), received }
    }

    /// Everything said so far by a sensor.
    pub fn said(&self, sensor: &str) -> Vec<RawReading> {
        said(&self.received.words.lock().unwrap(), sensor)
    }

    /// Waits until a sensor has said `count` things; all it said.
    pub fn wait_for(&self, sensor: &str, count: usize) -> Vec<RawReading> {
        let deadline = Instant::now() + SOON;
        let mut words = self.received.words.lock().unwrap();
        loop {
            let readings = said(&words, sensor);
            if readings.len() >= count {
                return readings;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{sensor} said only {readings:?}; {:#?}", self.sensors.stats());
            words = self.received.came.wait_timeout(words, left).unwrap().0;
        }
    }

    /// What is known of a sensor now.
    pub fn stats(&self, sensor: &str) -> SensorStats {
        self.sensors.stats().into_iter().find(|stats| &*stats.plan.id == sensor).unwrap()
    }

    /// Waits until what is known of a sensor fits.
    pub fn wait_until(&self, sensor: &str, what: &str, fits: impl Fn(&SensorStats) -> bool) -> SensorStats {
        let deadline = Instant::now() + SOON;
        loop {
            let stats = self.stats(sensor);
            if fits(&stats) {
                return stats;
            }
            assert!(Instant::now() < deadline, "{sensor}: not {what}: {stats:#?}");
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }

    /// Stops; fails the test if that takes long.
    pub fn stop(self) {
        assert!(self.sensors.stop(SOON), "the sensors did not stop");
    }
}

fn said(words: &[SensorUpdate], sensor: &str) -> Vec<RawReading> {
    words.iter().filter(|word| &*word.sensor == sensor).map(|word| word.reading.clone()).collect()
}

pub fn value(number: f64) -> RawReading {
    RawReading::Value(number)
}

/// A plan that judges nothing: these tests are about what comes in.
pub fn plan(id: &str) -> Arc<SensorPlan> {
    Arc::new(SensorPlan {
        id: id.into(),
        quantity: Quantity::Free("number".into()),
        unit: "1".into(),
        scale: 1.0,
        offset: 0.0,
        range: None,
        max_rate_per_sec: None,
        stale_after: Duration::from_secs(3600),
        debounce: Duration::ZERO,
        grid: GridCode::parse("53012700300102").unwrap(),
    })
}

pub fn sensor(id: &str, source: Source) -> Sensor {
    Sensor { plan: plan(id), source }
}

pub fn at(pointer: &str) -> Extract {
    Extract { place: Place::Pointer(pointer.to_owned()), words: usual_words(), skip_missing: false }
}

pub fn onvif(source: &[(&str, &str)], data_key: &str) -> Extract {
    let source: BTreeMap<String, String> =
        source.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Extract { place: Place::Onvif { source, data_key: data_key.to_owned() }, ..at("") }
}
