//! Logging of a camera's losses: a state when it changes, and once an hour how often it was so.
//!
//! A camera that is off for a day is tried ten thousand times, and one that takes a connection and drops it comes and goes
//! all day long: neither may fill a disk. Times are arguments.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// What goes on is said again after so long.
const SAY_AGAIN: Duration = Duration::from_secs(3600);

/// A stream that ran for so long had settled; one that is lost sooner, again and again, is one thing and said once.
const SETTLED: Duration = Duration::from_secs(600);

/// What was said of one camera.
#[derive(Debug, Default)]
pub(crate) struct LossLog {
    /// By kind: when it was said last, and how often it happened since.
    reported: BTreeMap<&'static str, Reported>,
}

#[derive(Debug)]
struct Reported {
    at: Instant,
    since: u64,
}

impl LossLog {
    /// A loss of this kind. `Some` if it is to be said, with how many of its kind there were since it was said last, this
    /// one included.
    pub(crate) fn lost(&mut self, kind: &'static str, now: Instant) -> Option<u64> {
        match self.reported.get_mut(kind) {
            Some(reported) if now.saturating_duration_since(reported.at) < SAY_AGAIN => {
                reported.since += 1;
                None
            }
            Some(reported) => {
                let times = reported.since + 1;
                *reported = Reported { at: now, since: 0 };
                Some(times)
            }
            None => {
                self.reported.insert(kind, Reported { at: now, since: 0 });
                Some(1)
            }
        }
    }

    /// Whether it is news that pictures came, or came in another form: it is, unless the camera comes and goes, which was
    /// said.
    pub(super) fn is_news(&mut self, what: &'static str, now: Instant) -> bool {
        self.lost(what, now).is_some()
    }

    /// The stream ran for so long before it was lost: where it had settled, whatever happens next is news.
    pub(super) fn ran(&mut self, ran: Duration) {
        if ran >= SETTLED {
            self.reported.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn what_goes_on_for_a_day_is_said_once_an_hour_with_its_count() {
        let (mut log, begin) = (LossLog::default(), Instant::now());
        let reported: Vec<u64> =
            (0..24 * 60).filter_map(|n| log.lost("not_found", begin + n * MINUTE)).collect();
        assert_eq!(reported.len(), 24);
        assert_eq!((reported[0], reported[1], reported[23]), (1, 60, 60));
    }

    #[test]
    fn another_kind_is_said_at_once_and_two_that_alternate_do_not_fill_the_log() {
        let (mut log, begin) = (LossLog::default(), Instant::now());
        assert_eq!(log.lost("refused", begin), Some(1));
        assert_eq!(log.lost("not_found", begin), Some(1));
        let lines = (1..600).filter(|n| {
            let kind = if n % 2 == 0 { "refused" } else { "not_found" };
            log.lost(kind, begin + *n * Duration::from_secs(5)).is_some()
        });
        assert_eq!(lines.count(), 0, "within the hour");
    }

    #[test]
    fn a_camera_that_comes_and_goes_all_day_writes_two_lines_an_hour() {
        let (mut log, begin) = (LossLog::default(), Instant::now());
        let mut lines = 0;
        for n in 0..24 * 60 * 3 {
            let now = begin + n * Duration::from_secs(20);
            log.ran(Duration::from_secs(5));
            lines += usize::from(log.is_news("runs", now));
            lines += usize::from(log.lost("closed", now + Duration::from_secs(5)).is_some());
        }
        assert_eq!(lines, 48);
    }

    #[test]
    fn after_a_stream_that_had_settled_its_loss_is_news() {
        let (mut log, begin) = (LossLog::default(), Instant::now());
        assert_eq!(log.lost("closed", begin), Some(1));
        log.ran(SETTLED);
        assert_eq!(log.lost("closed", begin + MINUTE), Some(1));
    }
}
