//! What was sent stays in the queue for a while after it arrived, for a centre that asks for it again: for how long, and how
//! much of it.
//!
//! Input: `[outbox] resend_days` and `resend_max_mib`. Must never keep a record from the centre, nor room that is short: the
//! queue gives up this history first.

use std::time::Duration;

use crate::analysis::time::{Moment, Timestamp};
use crate::config;
use crate::outbox::{ConsumerPolicy, Outbox, OutboxError};
use crate::text::{box_log, language_of_log, log_warn};

/// How often what is too old is forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(3600);
/// A clock that is off by less is as good for this. A guess.
const NOTABLE: Duration = Duration::from_secs(60);
/// 2025-01-01: a clock that says less was not set yet, and nothing is dated by it.
const FIRST_TRUE_SECOND: i64 = 1_735_689_600;

/// How long sent records are kept.
#[derive(Debug, Default)]
pub(super) struct SentHistory {
    keep: Duration,
    /// On the monotonic clock.
    due: Duration,
    last: Option<Moment>,
}

impl SentHistory {
    /// Keeps what is sent from here on as `settings` say; at once also what was kept before.
    pub(super) fn keep(&mut self, outbox: &Outbox, settings: &config::Outbox) {
        (self.keep, self.due) = (settings.resend_for, Duration::ZERO);
        // Bounded by its bytes; pictures are kept as files.
        let policy = ConsumerPolicy { rows: u64::MAX, bytes: settings.resend_bytes, pictures: false };
        said(outbox.keep_sent((!self.keep.is_zero()).then_some(policy)));
    }

    /// Notes what has arrived and forgets what is too old, now and then.
    pub(super) fn look(&mut self, outbox: &Outbox, now: Moment) {
        if self.keep.is_zero() {
            return;
        }
        if self.last.is_some_and(|last| was_set(last, now)) {
            said(outbox.sent_times_were_wrong());
            self.due = Duration::ZERO;
        }
        self.last = Some(now);
        if now.mono < self.due || now.utc.as_second() < FIRST_TRUE_SECOND {
            return;
        }
        self.due = now.mono + FORGET_EVERY;
        said(outbox.forget_sent(now.utc, self.keep));
    }
}

/// Whether the clock was set between two moments.
fn was_set(last: Moment, now: Moment) -> bool {
    let said = last.utc.checked_add(now.since(last)).unwrap_or(Timestamp::MAX);
    u128::from((now.utc.as_millisecond() - said.as_millisecond()).unsigned_abs()) >= NOTABLE.as_millis()
}

fn said(done: Result<(), OutboxError>) {
    if let Err(error) = done {
        let error = error.in_language(language_of_log());
        log_warn!(box_log::sent_history_unchanged(); %error);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::{Kind, Limits, Options, Policy, Record};

    const HOUR: Duration = Duration::from_secs(3600);
    const DAY: u64 = 24 * 3600;

    struct Here {
        _dir: tempfile::TempDir,
        outbox: Outbox,
        history: SentHistory,
        now: Moment,
    }

    impl Here {
        fn new(clock: &str) -> Self {
            let dir = tempfile::tempdir().unwrap();
            let now = Moment { mono: HOUR, utc: clock.parse().unwrap() };
            let limits = Limits { free_bytes: 0, ..Limits::default() };
            let options = Options { limits, ..Options::default() };
            let (outbox, _) = Outbox::open(dir.path(), now.utc, "box-1", options).unwrap();
            let mut history = SentHistory::default();
            let bytes = 1 << 20;
            outbox.keep_sent(Some(ConsumerPolicy { rows: u64::MAX, bytes, pictures: false })).unwrap();
            history.keep = Duration::from_secs(7 * DAY);
            Here { _dir: dir, outbox, history, now }
        }

        /// So much later, with a look every hour.
        fn pass(&mut self, hours: u32) {
            for _ in 0..hours {
                self.now = Moment { mono: self.now.mono + HOUR, utc: self.now.utc + HOUR };
                self.history.look(&self.outbox, self.now);
            }
        }

        fn store(&self) {
            let record = Record {
                kind: Kind::Alert,
                alert_id: Some("alert".to_owned()),
                rev: 1,
                level: None,
                phase_end: false,
                topic_suffix: "up/alert".to_owned(),
                at: self.now.utc,
                state: None,
            };
            self.outbox.append(record, |_| Ok(b"x".to_vec())).unwrap();
        }

        fn deliver(&self) {
            let policy = Policy { backlog: true, evidence: true, again: true };
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async {
                let lent = self.outbox.next_async(100, policy, std::time::Instant::now()).await.unwrap();
                self.outbox.acked_async(lent.iter().map(|one| one.id).collect()).await.unwrap();
            });
        }

        fn kept(&self) -> u64 {
            self.outbox.depth().kept
        }
    }

    #[test]
    fn what_happened_during_a_long_outage_is_kept_from_when_it_arrived() {
        let mut here = Here::new("2026-11-01T00:00:00Z");
        here.store();
        here.pass(9 * 24);
        here.deliver();
        assert_eq!(here.kept(), 1);
        here.pass(7 * 24);
        assert_eq!(here.kept(), 1, "seven days after it arrived, not after it happened");
        here.pass(2);
        assert_eq!(here.kept(), 0);
    }

    #[test]
    fn what_was_stored_and_arrived_before_the_clock_was_set_is_kept_as_long_as_the_rest() {
        for clock in ["1970-01-01T00:10:00Z", "2026-03-01T00:00:00Z"] {
            let mut here = Here::new(clock);
            here.store();
            here.deliver();
            here.pass(3);
            here.now.utc = "2026-11-01T00:00:00Z".parse().unwrap();
            here.pass(6 * 24);
            assert_eq!(here.kept(), 1, "{clock}");
            here.pass(26);
            assert_eq!(here.kept(), 0, "{clock}");
        }
    }

    #[test]
    fn a_clock_that_was_ahead_keeps_nothing_for_years() {
        let mut here = Here::new("2060-01-01T00:00:00Z");
        here.store();
        here.deliver();
        here.pass(3);
        here.now.utc = "2026-11-01T00:00:00Z".parse().unwrap();
        here.pass(7 * 24 + 2);
        assert_eq!(here.kept(), 0);
    }
}
