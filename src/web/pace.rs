//! How much of the processor the page may take for long: [`SHARE`] of one core, after a burst.
//!
//! Its threads are less urgent than all others, which does not suffice: a thread that an alert wakes still waits until the
//! page's has used up its slice, at each of some eight steps, whenever no core is free. So cores are left free: once the
//! page has used up its budget, the next request, or the next encrypted connection, waits until there is some again, each
//! in its turn. A policy of the kernel would be simpler and is none: under `SCHED_IDLE` a box whose cores are busy with
//! pictures would serve nobody at all.
//!
//! A request that waited for [`LONGEST_WAIT`] goes on in any case, so nobody is kept out, whatever others do, and a page
//! whose streams take the whole budget still answers. Must never refuse anybody, or make anything wait that does not come
//! from a browser.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout};

use crate::clock::thread_cpu_time;

/// Cores, for long. One answer takes about 0.75 ms of a core (fifty clients without this: 1,300 a second), so that is some
/// 330 answers a second: more than a dozen people need, and a fifth of what clients took that doubled the slowest alerts.
const SHARE: f64 = 0.25;
/// Processor time after a pause: a page with a picture of each of 64 cameras, on a processor a fifth as fast.
const BURST: Duration = Duration::from_millis(500);
/// What one work on another thread counts for at most: a password is hashed for long on purpose, and exports are large. Both
/// have bounds of their own, and the next request must not wait for them.
const MOST_OF_ONE: Duration = Duration::from_millis(100);
/// Nobody waits longer. With all connections that the page has, it is still the answers of a few people.
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// Timers of the runtime count in milliseconds.
const SHORTEST_PAUSE: Duration = Duration::from_millis(1);

/// The turns of requests and connections, and what is left of the budget.
pub(super) struct Pace {
    /// Its holder is the next one: requests go on in the order in which they came.
    turn: Semaphore,
    budget: Mutex<Budget>,
}

impl Pace {
    /// A full budget. The calling thread is the page's own: what it spends counts.
    pub(super) fn begin() -> Self {
        let budget = Budget::new(SHARE, BURST, Instant::now(), thread_cpu_time());
        Pace { turn: Semaphore::new(1), budget: Mutex::new(budget) }
    }

    /// Waits until the page may work for one more. To be called on the page's own thread.
    pub(super) async fn wait(&self) {
        // Too late is a turn as well.
        let _ = timeout(LONGEST_WAIT, self.has_turn()).await;
    }

    async fn has_turn(&self) {
        let Ok(_turn) = self.turn.acquire().await else { return };
        loop {
            let pause = self.budget.lock().pause(Instant::now(), thread_cpu_time());
            match pause {
                None => return,
                Some(pause) => sleep(pause.max(SHORTEST_PAUSE)).await,
            }
        }
    }

    /// Does something on another thread of the page, and counts what it takes, up to [`MOST_OF_ONE`].
    pub(super) fn counted<T>(&self, work: impl FnOnce() -> T) -> T {
        let before = thread_cpu_time();
        let done = work();
        let took = thread_cpu_time().saturating_sub(before);
        self.budget.lock().spend(took.min(MOST_OF_ONE));
        done
    }
}

/// Processor time that is left. Grows with the time, up to a burst, and may be owed, also up to a burst: one expensive
/// answer does not keep others waiting for long.
#[derive(Debug)]
struct Budget {
    share: f64,
    burst_secs: f64,
    left_secs: f64,
    at: Instant,
    /// What the page's own thread had used by then.
    used: Duration,
}

impl Budget {
    fn new(share: f64, burst: Duration, now: Instant, used: Duration) -> Self {
        Budget { share, burst_secs: burst.as_secs_f64(), left_secs: burst.as_secs_f64(), at: now, used }
    }

    /// How long it lasts until something is left; `None`: something is. `used` is the processor time of the page's own thread.
    fn pause(&mut self, now: Instant, used: Duration) -> Option<Duration> {
        let earned = now.saturating_duration_since(self.at).as_secs_f64() * self.share;
        self.left_secs = (self.left_secs + earned).min(self.burst_secs);
        self.spend(used.saturating_sub(self.used));
        (self.at, self.used) = (now, used);
        (self.left_secs <= 0.0).then(|| Duration::from_secs_f64(-self.left_secs / self.share))
    }

    /// What another thread of the page has used.
    fn spend(&mut self, used: Duration) {
        self.left_secs = (self.left_secs - used.as_secs_f64()).max(-self.burst_secs);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_burst_passes_at_once_and_then_a_quarter_of_a_core() {
        let begin = Instant::now();
        let mut budget = Budget::new(SHARE, BURST, begin, 7 * MS);
        assert_eq!(budget.pause(begin, 7 * MS + BURST - MS), None);
        let (mut now, mut used, mut answers) = (begin, 7 * MS + BURST, 0);
        while now < begin + Duration::from_secs(10) {
            match budget.pause(now, used) {
                Some(pause) => now += pause.max(SHORTEST_PAUSE),
                None => {
                    (now, used) = (now + MS, used + MS);
                    answers += 1;
                }
            }
        }
        assert!((2300..=2510).contains(&answers), "{answers} answers of a millisecond in ten seconds");
    }

    #[test]
    fn a_pause_saves_no_more_than_a_burst() {
        let begin = Instant::now();
        let mut budget = Budget::new(SHARE, BURST, begin, Duration::ZERO);
        let later = begin + Duration::from_secs(3600);
        assert_eq!(budget.pause(later, Duration::ZERO), None);
        assert_eq!(budget.pause(later, BURST - MS), None);
        assert!(budget.pause(later, BURST + MS).is_some());
    }

    #[test]
    fn one_answer_that_takes_very_long_keeps_others_waiting_for_a_burst_at_most() {
        let begin = Instant::now();
        let mut budget = Budget::new(SHARE, BURST, begin, Duration::ZERO);
        let owed = budget.pause(begin, Duration::from_secs(60)).unwrap();
        assert_eq!(owed, BURST.div_f64(SHARE));
        assert_eq!(budget.pause(begin + owed + MS, Duration::from_secs(60)), None);
    }

    #[test]
    fn what_other_threads_of_the_page_use_counts_as_well() {
        let begin = Instant::now();
        let mut budget = Budget::new(SHARE, BURST, begin, Duration::ZERO);
        budget.spend(BURST + 10 * MS);
        assert_eq!(budget.pause(begin, Duration::ZERO), Some((10 * MS).div_f64(SHARE)));
    }

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    }

    #[test]
    fn nobody_waits_for_a_page_that_has_time() {
        runtime().block_on(async {
            let pace = Pace::begin();
            let began = Instant::now();
            for _ in 0..10 {
                pace.wait().await;
            }
            assert!(began.elapsed() < LONGEST_WAIT);
        });
    }

    #[test]
    fn who_waits_goes_on_at_last_however_much_is_owed_and_all_of_them_together() {
        runtime().block_on(async {
            let pace = std::sync::Arc::new(Pace::begin());
            // More than is earned back while they wait.
            pace.budget.lock().spend(Duration::from_secs(60));
            let began = Instant::now();
            let waiting: Vec<_> = (0..20)
                .map(|_| {
                    let pace = pace.clone();
                    tokio::spawn(async move { pace.wait().await })
                })
                .collect();
            for one in waiting {
                one.await.unwrap();
            }
            let took = began.elapsed();
            assert!(took >= LONGEST_WAIT, "{took:?}: it was owed");
            assert!(took < 15 * LONGEST_WAIT, "{took:?}: not one after the other");
        });
    }
}
