//! Work at the page that takes long and that no request waits for, such as judging days of the journal: one at a time, on a
//! thread of its own.
//!
//! The thread is as little urgent as a thread can be, and so are those that it begins; all of them together get [`SHARE`] of
//! one core for long, as much as the page's requests have by `pace`. Work says now and then what it has taken and learns
//! whether to go on: it may be cancelled, and has an end of its own. Must never go on when the page has ended.

use std::cell::Cell;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::threads::less_urgent;

/// Less urgent than the page itself.
const NICE: i32 = 19;
/// Cores, for long.
const SHARE: f64 = 0.25;
/// Processor time at the beginning: a day of a few cameras is read at once.
const BURST: Duration = Duration::from_millis(500);
/// What a page waits for an answer at most before it says how far that is.
const WAITS_FOR: Duration = Duration::from_secs(2);
const ASK_EVERY: Duration = Duration::from_millis(50);
/// Longest wait before it is seen that the work is cancelled.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Longest work: a week of 64 cameras takes about an hour of its share (two cores for four minutes, measured without it).
const LONGEST: Duration = Duration::from_secs(2 * 3_600);

/// Does one thing at a time.
#[derive(Debug)]
pub(super) struct Worker {
    /// Of its threads.
    name: &'static str,
    running: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    is_cancelled: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

/// Why something is not begun.
#[derive(Debug)]
pub(super) enum NotBegun {
    /// Something else is being done.
    Busy,
    /// The system gives no thread.
    NoThread(io::Error),
}

impl Worker {
    pub(super) fn new(name: &'static str) -> Self {
        Worker { name, running: Mutex::new(None) }
    }

    /// Begins something, unless something else is being done.
    pub(super) fn begin(&self, work: impl FnOnce(&Brake) + Send + 'static) -> Result<(), NotBegun> {
        let mut running = self.running.lock();
        if running.as_ref().is_some_and(|running| !running.thread.is_finished()) {
            return Err(NotBegun::Busy);
        }
        let is_cancelled = Arc::new(AtomicBool::new(false));
        let brake = Brake::new(is_cancelled.clone());
        let thread = thread::Builder::new().name(self.name.to_owned()).spawn(move || {
            less_urgent(NICE);
            work(&brake);
        });
        *running = Some(Running { is_cancelled, thread: thread.map_err(NotBegun::NoThread)? });
        Ok(())
    }

    /// Whether nothing is being done, or what is about to end has ended within that time.
    pub(super) fn is_free_within(&self, within: Duration) -> bool {
        let until = Instant::now() + within;
        let is_free = || self.running.lock().as_ref().is_none_or(|running| running.thread.is_finished());
        while !is_free() {
            if Instant::now() >= until {
                return false;
            }
            thread::park_timeout(Duration::from_millis(5));
        }
        true
    }

    /// What is being done is to end soon.
    pub(super) fn cancel(&self) {
        if let Some(running) = &*self.running.lock() {
            running.is_cancelled.store(true, Ordering::Relaxed);
        }
    }

    /// The same, and waits for it.
    pub(super) fn stop(&self, within: Duration) {
        self.cancel();
        let Some(Running { thread, .. }) = self.running.lock().take() else { return };
        let until = Instant::now() + within;
        while !thread.is_finished() && Instant::now() < until {
            thread::park_timeout(Duration::from_millis(5));
        }
        if thread.is_finished() {
            // What becomes of a panic is the work's own.
            let _ = thread.join();
        }
    }
}

impl Drop for Worker {
    /// The page begins anew after a fault: nothing of before goes on.
    fn drop(&mut self) {
        self.cancel();
    }
}

/// Why work is not to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Halt {
    /// Somebody cancelled it, or the page ends.
    Cancelled,
    /// It takes too long.
    TooLong,
}

/// Holds work back to its share.
#[derive(Debug)]
pub(super) struct Brake {
    is_cancelled: Arc<AtomicBool>,
    began: Instant,
    rested: Cell<Duration>,
}

impl Brake {
    fn new(is_cancelled: Arc<AtomicBool>) -> Self {
        Brake { is_cancelled, began: Instant::now(), rested: Cell::default() }
    }

    /// The same for work of which it is not known what it has used: as if all its threads had worked whenever it did not rest.
    pub(super) fn hold_all(&self, threads: u32) -> Result<(), Halt> {
        self.hold(self.began.elapsed().saturating_sub(self.rested.get()) * threads)
    }

    /// Waits until more may be done. `cpu` is the processor time that all threads of the work have used so far.
    pub(super) fn hold(&self, cpu: Duration) -> Result<(), Halt> {
        self.rest(cpu, BURST)
    }

    /// The same at the end of work that may be asked for again and again: it is over when all that it used is earned, so that
    /// one after the other has no more than its share, either.
    pub(super) fn settle(&self, cpu: Duration) -> Result<(), Halt> {
        self.rest(cpu, Duration::ZERO)
    }

    fn rest(&self, cpu: Duration, burst: Duration) -> Result<(), Halt> {
        loop {
            if self.is_cancelled.load(Ordering::Relaxed) {
                return Err(Halt::Cancelled);
            }
            let elapsed = self.began.elapsed();
            if elapsed > LONGEST {
                return Err(Halt::TooLong);
            }
            match pause(cpu, elapsed, burst) {
                Duration::ZERO => return Ok(()),
                pause => {
                    let began = Instant::now();
                    thread::sleep(pause.min(LOOK_EVERY));
                    self.rested.set(self.rested.get() + began.elapsed());
                }
            }
        }
    }

    /// How long it has been going on.
    pub(super) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }
}

/// How long work rests that has used so much processor time in so much time, and was given that much at its beginning.
fn pause(cpu: Duration, elapsed: Duration, burst: Duration) -> Duration {
    let earned = burst + elapsed.mul_f64(SHARE);
    cpu.saturating_sub(earned).div_f64(SHARE)
}

/// Asks until there is an answer, for as long as nobody minds waiting; `Err`: how far it is by then.
pub(super) async fn soon<T>(mut ask: impl FnMut() -> Result<T, Progress>) -> Result<T, Progress> {
    let until = tokio::time::Instant::now() + WAITS_FOR;
    loop {
        match ask() {
            Err(_) if tokio::time::Instant::now() < until => {}
            answer => return answer,
        }
        tokio::time::sleep(ASK_EVERY).await;
    }
}

/// How far something is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Progress {
    /// 0..1.
    part: f64,
    elapsed: Duration,
}

impl Progress {
    /// Nothing is done yet.
    pub(super) const BEGUN: Progress = Progress { part: 0.0, elapsed: Duration::ZERO };
    /// Part from which on a guess of the time that is left is worth something.
    const WORTH_A_GUESS: f64 = 0.03;

    pub(super) fn new(part: f64, elapsed: Duration) -> Self {
        Progress { part: part.clamp(0.0, 1.0), elapsed }
    }

    pub(super) fn percent(self) -> u8 {
        (self.part * 100.0) as u8
    }

    /// How long it still takes, if it goes on like this.
    pub(super) fn left(self) -> Option<Duration> {
        (self.part >= Self::WORTH_A_GUESS).then(|| self.elapsed.mul_f64((1.0 - self.part) / self.part))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    const SEC: Duration = Duration::from_secs(1);

    #[test]
    fn after_a_burst_work_has_a_quarter_of_a_core() {
        assert_eq!(pause(BURST, Duration::ZERO, BURST), Duration::ZERO);
        assert_eq!(pause(BURST + SEC, 4 * SEC, BURST), Duration::ZERO);
        assert_eq!(pause(BURST + SEC, Duration::ZERO, BURST), 4 * SEC);
        assert_eq!(pause(BURST + 3 * SEC, 8 * SEC, BURST), 4 * SEC);
    }

    #[test]
    fn work_that_is_settled_has_earned_what_it_used_so_that_no_burst_follows_another() {
        let brake = Brake::new(Arc::default());
        let used = Duration::from_millis(50);
        assert_eq!(brake.hold(used), Ok(()));
        assert!(brake.elapsed() < used.div_f64(SHARE), "while it works it has its burst");
        assert_eq!(brake.settle(used), Ok(()));
        assert!(brake.elapsed() >= used.div_f64(SHARE), "{:?}", brake.elapsed());
    }

    #[test]
    fn one_thing_is_done_at_a_time_and_a_cancelled_one_ends_although_it_is_held() {
        let worker = Worker::new("test-worker");
        let (done, is_done) = channel();
        let work = move |brake: &Brake| {
            // Far more than its share: it would rest for hours.
            let _ = done.send(brake.hold(3_600 * SEC));
        };
        worker.begin(work).unwrap();
        assert!(matches!(worker.begin(|_| ()), Err(NotBegun::Busy)));
        worker.cancel();
        assert_eq!(is_done.recv_timeout(10 * SEC), Ok(Err(Halt::Cancelled)));
        worker.stop(10 * SEC);
        let (done, is_done) = channel();
        worker
            .begin(move |brake| {
                let _ = done.send(brake.hold(Duration::ZERO));
            })
            .unwrap();
        assert_eq!(is_done.recv_timeout(10 * SEC), Ok(Ok(())), "the next one is not cancelled");
    }

    #[test]
    fn work_of_which_nothing_is_known_counts_as_if_all_its_threads_worked() {
        let brake = Brake::new(Arc::default());
        assert_eq!(brake.hold_all(4), Ok(()), "there is a burst");
        while brake.elapsed() < Duration::from_millis(200) {
            std::hint::spin_loop();
        }
        // Four threads had 0.8 s together, which takes 1.2 s to earn after the burst.
        assert_eq!(brake.hold_all(4), Ok(()));
        assert!(brake.elapsed() >= SEC, "{:?}", brake.elapsed());
    }

    #[test]
    fn what_is_left_is_guessed_once_there_is_something_to_guess_from() {
        assert_eq!((Progress::BEGUN.percent(), Progress::BEGUN.left()), (0, None));
        let quarter = Progress::new(0.25, 10 * SEC);
        assert_eq!((quarter.percent(), quarter.left()), (25, Some(30 * SEC)));
        assert_eq!(Progress::new(7.0, SEC).left(), Some(Duration::ZERO));
    }
}
