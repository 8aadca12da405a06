//! The one place that reads the clocks. Everything else takes a [`Moment`] as an argument.

use std::time::Instant;

use crate::analysis::time::{Moment, Timestamp};

/// Gives moments on the two clocks of [`Moment`].
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    origin: Instant,
}

impl Clock {
    /// A clock whose monotonic side starts at zero, now.
    pub fn start() -> Self {
        Clock { origin: Instant::now() }
    }

    /// One that was started a while ago, for tests of what is too late.
    #[cfg(test)]
    pub fn started_ago(ago: std::time::Duration) -> Option<Self> {
        Some(Clock { origin: Instant::now().checked_sub(ago)? })
    }

    /// Now.
    pub fn now(&self) -> Moment {
        Moment { mono: self.origin.elapsed(), utc: Timestamp::now() }
    }
}

/// Processor time that the calling thread has used so far.
pub fn thread_cpu_time() -> std::time::Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let (secs, nanos) = (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec));
    std::time::Duration::new(secs.unwrap_or(0), nanos.unwrap_or(0))
}
