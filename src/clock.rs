//! The one place that reads the clocks. Everything else takes a [`Moment`] as an argument.

use std::fmt;
use std::time::{Duration, Instant};

use jiff::Zoned;
use jiff::tz::TimeZone;
use parking_lot::RwLock;
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

/// The zone of the site, once somebody has read it.
static LOG_ZONE: RwLock<Option<TimeZone>> = RwLock::new(None);

/// From now on the log has the times of this zone.
pub(crate) fn log_in_zone(zone: &TimeZone) {
    *LOG_ZONE.write() = Some(zone.clone());
}

/// The time of a line in the log: as clocks at the site show it, and before that is known as this machine's do; with the offset
/// from UTC.
#[derive(Debug, Clone, Copy)]
pub struct LogTime;

impl FormatTime for LogTime {
    fn format_time(&self, line: &mut Writer<'_>) -> fmt::Result {
        let zone = LOG_ZONE.read().clone();
        let now = zone.map_or_else(Zoned::now, |zone| Timestamp::now().to_zoned(zone));
        write!(line, "{}", now.strftime("%Y-%m-%dT%H:%M:%S%.3f%:z"))
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

/// A name that stays the same until the machine is switched off; `None` where the system gives none.
pub(crate) fn boot_id() -> Option<String> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_owned()).filter(|id| !id.is_empty())
}

fn read(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    let (secs, nanos) = (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec));
    Duration::new(secs.unwrap_or(0), nanos.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The only test of this process that sets the zone of the log.
    #[test]
    fn the_log_has_the_times_of_the_site_with_their_offset() {
        let stamp = || {
            let mut line = String::new();
            LogTime.format_time(&mut Writer::new(&mut line)).unwrap();
            line
        };
        for (zone, offset) in [("Asia/Shanghai", "+08:00"), ("Asia/Kolkata", "+05:30")] {
            log_in_zone(&TimeZone::get(zone).unwrap());
            let before = Timestamp::now();
            let stamp = stamp();
            assert!(stamp.ends_with(offset), "{stamp}");
            let parsed: Timestamp = stamp.parse().unwrap();
            assert!(parsed.duration_since(before).abs().as_secs() < 10, "{stamp}");
        }
    }
}
