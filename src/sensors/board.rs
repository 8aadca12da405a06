//! The board: what each sensor last said and how its source does, for health and for the installer.
//!
//! Also the way out: [`Desk`] writes a word on the board and puts it into the queue. Must never decide what a
//! reading means; it keeps the same [`SensorState`] that the analysis keeps, for showing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::mpsc;
use tracing::{debug, info, warn};

use super::SensorWord;
use crate::analysis::sensor::{RawReading, SensorPlan, SensorReading, SensorState};
use crate::clock::Clock;

/// How often silence is looked for.
const WATCH_EVERY: Duration = Duration::from_secs(1);
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
    pub trouble: Option<String>,
}

struct Post {
    state: SensorState,
    numbers: u64,
    unreadable: u64,
    retained: u64,
    passed_over: u64,
    errors: u64,
    trouble: Option<String>,
    /// What was last told in the log.
    told: Told,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Waiting,
    Good,
    Bad,
    Silent,
}

/// All sensors of the box.
pub(super) struct Board {
    clock: Clock,
    posts: Mutex<BTreeMap<Arc<str>, Post>>,
}

impl Board {
    pub fn new(clock: Clock, plans: impl Iterator<Item = Arc<SensorPlan>>) -> Self {
        let post = |plan: Arc<SensorPlan>| Post {
            state: SensorState::new(plan),
            numbers: 0,
            unreadable: 0,
            retained: 0,
            passed_over: 0,
            errors: 0,
            trouble: None,
            told: Told::Waiting,
        };
        let posts = plans.map(|plan| (plan.id.clone(), post(plan))).collect();
        Board { clock, posts: Mutex::new(posts) }
    }

    pub fn stats(&self) -> Vec<SensorStats> {
        let now = self.clock.now();
        self.posts
            .lock()
            .values_mut()
            .map(|post| SensorStats {
                plan: post.state.plan().clone(),
                reading: post.state.tick(now).clone(),
                numbers: post.numbers,
                unreadable: post.unreadable,
                retained: post.retained,
                passed_over: post.passed_over,
                errors: post.errors,
                trouble: post.trouble.clone(),
            })
            .collect()
    }

    fn with(&self, sensor: &str, change: impl FnOnce(&mut Post)) {
        if let Some(post) = self.posts.lock().get_mut(sensor) {
            change(post);
        }
    }

    fn watch(&self) {
        let now = self.clock.now();
        for (sensor, post) in self.posts.lock().iter_mut() {
            post.state.tick(now);
            post.tell_change(sensor);
        }
    }
}

impl Post {
    /// Says in the log when a sensor becomes good, bad or silent; once for each change.
    fn tell_change(&mut self, sensor: &str) {
        let now = match self.state.reading() {
            SensorReading::Good { .. } => Told::Good,
            SensorReading::Bad { .. } => Told::Bad,
            SensorReading::Silent { since: None } => Told::Waiting,
            SensorReading::Silent { since: Some(_) } => Told::Silent,
        };
        if now == self.told {
            return;
        }
        match self.state.reading() {
            SensorReading::Good { value, .. } => {
                info!(sensor, value, unit = &*self.state.plan().unit, "the sensor speaks");
            }
            SensorReading::Bad { reason, .. } => warn!(sensor, %reason, "the sensor's readings are bad"),
            SensorReading::Silent { .. } => {
                let trouble = self.trouble.as_deref().unwrap_or("no word from it");
                warn!(sensor, trouble, "the sensor is silent");
            }
        }
        self.told = now;
    }
}

/// Looks for sensors that fell silent, for ever.
pub(super) async fn watch_silence(board: Arc<Board>) {
    loop {
        tokio::time::sleep(WATCH_EVERY).await;
        board.watch();
    }
}

/// Where the sources bring their words. Cloned for each.
#[derive(Clone)]
pub(super) struct Desk {
    board: Arc<Board>,
    words: mpsc::Sender<SensorWord>,
}

impl Desk {
    pub fn new(board: Arc<Board>, words: mpsc::Sender<SensorWord>) -> Self {
        Desk { board, words }
    }

    pub fn board(&self) -> &Arc<Board> {
        &self.board
    }

    /// A word came. Waits while the queue is full.
    pub async fn take(&self, sensor: &Arc<str>, reading: RawReading) {
        let at = self.board.clock.now();
        self.board.with(sensor, |post| {
            match &reading {
                RawReading::Value(_) => post.numbers += 1,
                RawReading::Unreadable(_) => post.unreadable += 1,
            }
            post.trouble = None;
            post.state.take(at, &reading);
            post.tell_change(sensor);
        });
        // Fails only while everything stops.
        let _ = self.words.send(SensorWord { sensor: sensor.clone(), at, reading }).await;
    }

    /// A retained message came and was not taken.
    pub fn retained(&self, sensor: &str) {
        self.board.with(sensor, |post| post.retained += 1);
    }

    /// A message came that is not this sensor's business.
    pub fn passed_over(&self, sensor: &str) {
        self.board.with(sensor, |post| post.passed_over += 1);
    }

    /// Its source does not work.
    pub fn trouble(&self, sensor: &str, trouble: &str) {
        debug!(sensor, trouble, "a sensor's source does not work");
        self.board.with(sensor, |post| {
            post.errors += 1;
            post.trouble = Some(trouble.chars().take(TROUBLE_CHARS).collect());
        });
    }

    /// Its source works again; the sensor itself may still be silent.
    pub fn well(&self, sensor: &str) {
        self.board.with(sensor, |post| post.trouble = None);
    }
}
