//! The threads that decode, shared by all cameras: as many as the machine has cores, whatever the number of cameras.
//!
//! A camera that has units to decode gets a turn; its units are decoded in order by one thread at a time, a few per
//! turn, so that no camera waits for another one's whole backlog. The threads begin with the first camera and end
//! with the last. A thread that does not come back from a decoder is left behind and replaced ([`Threads::replace_one`]).
//!
//! Must never wait for anything but work, and never drop any.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use super::deadline;
use super::decode::Idle;
use crate::clock::thread_cpu_time;
use crate::text::{box_log, log_warn};

/// After so long a camera whose pictures had no room is asked again.
const ASK_AGAIN: Duration = Duration::from_millis(4);

/// A job with units to decode.
pub(super) trait Job: Send + Sync {
    /// Whether it waits or is being worked on; kept by the threads.
    fn turns(&self) -> &JobState;
    /// Does a part of what there is to do.
    fn work(&self) -> Then;
}

/// The outcome of a part of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// No more work.
    Rest,
    /// There may be more work.
    Again,
    /// There is more work, but not now.
    Later,
}

/// Whether a job waits for a thread, and whether a thread works on it.
#[derive(Debug, Default)]
pub(super) struct JobState(Mutex<(bool, bool)>);

/// The threads and what waits for them.
pub(super) struct Threads {
    queue: Arc<Queue>,
    /// Decoders to lend.
    pub idle: Idle,
}

#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    news: Condvar,
}

#[derive(Default)]
struct Waiting {
    ready: VecDeque<Arc<dyn Job>>,
    later: Vec<(Instant, Arc<dyn Job>)>,
    over: bool,
    /// Threads that shall end when they come back: others work in their place.
    surplus: usize,
    /// Threads that were replaced so far.
    replaced: usize,
}

static USED_US: AtomicU64 = AtomicU64::new(0);

/// Processor time that this process has spent decoding, and handing frames over, so far.
#[cfg(feature = "demo")]
pub(crate) fn decoding_time() -> Duration {
    Duration::from_micros(USED_US.load(Ordering::Relaxed))
}

static SHARED: Mutex<Weak<Threads>> = Mutex::new(Weak::new());

impl Drop for Threads {
    fn drop(&mut self) {
        self.queue.waiting.lock().over = true;
        self.queue.news.notify_all();
    }
}

impl Threads {
    /// The threads of this process.
    pub(super) fn shared() -> std::io::Result<Arc<Threads>> {
        let mut shared = SHARED.lock();
        if let Some(threads) = shared.upgrade() {
            return Ok(threads);
        }
        let threads = Arc::new(Threads { queue: Arc::default(), idle: Idle::default() });
        for number in 0..thread::available_parallelism().map_or(1, usize::from) {
            threads.spawn(number)?;
        }
        *shared = Arc::downgrade(&threads);
        Ok(threads)
    }

    fn spawn(&self, number: usize) -> std::io::Result<()> {
        let queue = self.queue.clone();
        thread::Builder::new().name(format!("decode-{number}")).spawn(move || queue.serve()).map(|_| ())
    }

    /// Queues a job.
    pub(crate) fn enqueue(&self, job: Arc<dyn Job>) {
        let must_wait = {
            let mut turns = job.turns().0.lock();
            let (waits, works) = *turns;
            turns.0 = true;
            !waits && !works
        };
        if must_wait {
            self.queue.push(job);
        }
    }

    /// A thread hangs in a decoder: another one takes its place, and it ends should it ever come back.
    pub(crate) fn replace_one() {
        let Some(threads) = SHARED.lock().upgrade() else { return };
        let number = {
            let mut waiting = threads.queue.waiting.lock();
            waiting.surplus += 1;
            waiting.replaced += 1;
            waiting.replaced
        };
        if let Err(error) = threads.spawn(1000 + number) {
            log_warn!(box_log::no_thread_for_hung(); %error);
        }
    }
}

impl Queue {
    fn push(&self, job: Arc<dyn Job>) {
        self.waiting.lock().ready.push_back(job);
        self.news.notify_one();
    }

    fn serve(&self) {
        while let Some(job) = self.take() {
            {
                let mut turns = job.turns().0.lock();
                *turns = (false, true);
            }
            // A panic in the job is caught and reported there; one that is caught here is in the reporting.
            let before = thread_cpu_time();
            let then = deadline::catch(|| job.work()).unwrap_or(Then::Rest);
            let used = thread_cpu_time().saturating_sub(before);
            USED_US.fetch_add(u64::try_from(used.as_micros()).unwrap_or(0), Ordering::Relaxed);
            let has_more = {
                let mut turns = job.turns().0.lock();
                let (news, _) = *turns;
                let has_more = news || then != Then::Rest;
                *turns = (has_more, false);
                has_more
            };
            match then {
                Then::Later => self.waiting.lock().later.push((Instant::now() + ASK_AGAIN, job)),
                Then::Rest | Then::Again if has_more => self.push(job),
                Then::Rest | Then::Again => {}
            }
            let mut waiting = self.waiting.lock();
            if waiting.surplus > 0 {
                waiting.surplus -= 1;
                return;
            }
        }
    }

    fn take(&self) -> Option<Arc<dyn Job>> {
        let mut waiting = self.waiting.lock();
        loop {
            if waiting.over {
                return None;
            }
            let now = Instant::now();
            if let Some(place) = waiting.later.iter().position(|(at, _)| *at <= now) {
                return Some(waiting.later.swap_remove(place).1);
            }
            if let Some(job) = waiting.ready.pop_front() {
                return Some(job);
            }
            match waiting.later.iter().map(|(at, _)| *at).min() {
                Some(at) => {
                    self.news.wait_until(&mut waiting, at);
                }
                None => self.news.wait(&mut waiting),
            }
        }
    }
}
