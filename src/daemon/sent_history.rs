//! What was sent stays in the queue for a while, for a centre that asks for it again: for how long, and how much of it.
//!
//! Input: `[outbox] resend_days` and `resend_max_mib`. Must never keep a record from the centre, nor room that is short: the
//! queue gives up this history first.

use std::time::Duration;

use tracing::warn;

use crate::analysis::time::{Moment, Timestamp};
use crate::config;
use crate::outbox::{ConsumerPolicy, Outbox, OutboxError};

/// How often what is too old is forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(3600);

/// How long sent records are kept.
#[derive(Debug, Default)]
pub struct SentHistory {
    keep: Duration,
    /// On the monotonic clock.
    due: Duration,
}

impl SentHistory {
    /// Keeps what is sent from here on as `settings` say; at once also what was kept before.
    pub fn keep(&mut self, outbox: &Outbox, settings: &config::Outbox) {
        (self.keep, self.due) = (settings.resend_for, Duration::ZERO);
        // Bounded by its bytes; pictures are kept as files.
        let policy = ConsumerPolicy { rows: u64::MAX, bytes: settings.resend_bytes, pictures: false };
        said(outbox.keep_sent((!self.keep.is_zero()).then_some(policy)));
    }

    /// Forgets what is too old, now and then.
    pub fn look(&mut self, outbox: &Outbox, now: Moment) {
        if self.keep.is_zero() || now.mono < self.due {
            return;
        }
        self.due = now.mono + FORGET_EVERY;
        said(outbox.forget_sent_before(now.utc.checked_sub(self.keep).unwrap_or(Timestamp::MIN)));
    }
}

fn said(done: Result<(), OutboxError>) {
    if let Err(error) = done {
        warn!(%error, "how long sent messages are kept could not be changed");
    }
}
