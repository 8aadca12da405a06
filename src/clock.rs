//! The one place that reads the clocks. Everything else takes a [`Moment`] as an argument.

use std::fmt;
use std::time::{Duration, Instant};

use jiff::Zoned;
use rustix::time::{ClockId, clock_gettime};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

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
    pub(crate) fn started_ago(ago: Duration) -> Option<Self> {
        Some(Clock { origin: Instant::now().checked_sub(ago)? })
    }

    /// Now.
    pub fn now(&self) -> Moment {
        Moment { mono: self.origin.elapsed(), utc: Timestamp::now() }
    }
}

/// The time of a line in the log: as clocks of this machine show it, with the offset from UTC.
#[derive(Debug, Clone, Copy)]
pub struct LogTime;

impl FormatTime for LogTime {
    fn format_time(&self, line: &mut Writer<'_>) -> fmt::Result {
        write!(line, "{}", Zoned::now().strftime("%Y-%m-%dT%H:%M:%S%.3f%:z"))
    }
}

/// Processor time that the calling thread has used so far.
pub(crate) fn thread_cpu_time() -> Duration {
    read(ClockId::ThreadCPUTime)
}

/// Time since the machine was switched on, pauses of the machine included: the same clock in every process.
pub(crate) fn since_boot() -> Duration {
    read(ClockId::Boottime)
}

fn read(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    let (secs, nanos) = (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec));
    Duration::new(secs.unwrap_or(0), nanos.unwrap_or(0))
}
