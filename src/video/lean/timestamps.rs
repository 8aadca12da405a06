//! The time of a picture, on a clock that begins with the stream: from the camera's timestamps, which may jump.
//!
//! Pure.

use std::time::Duration;

/// A step larger than this, either way, is a clock that was set and no time that passed.
const JUMP: Duration = Duration::from_secs(10);

/// Follows the timestamps of one stream.
#[derive(Debug, Default)]
pub(super) struct Stamps {
    latest: Option<i64>,
    /// Nanoseconds since the first picture.
    nanos: i64,
}

impl Stamps {
    /// The time of a picture with this timestamp. Earlier than the one before where pictures come out of order.
    pub(super) fn at(&mut self, timestamp: i64, clock_rate: u32) -> Duration {
        let before = self.latest.replace(timestamp).unwrap_or(timestamp);
        let ticks = timestamp.saturating_sub(before);
        let step = i128::from(ticks) * 1_000_000_000 / i128::from(clock_rate.max(1));
        if step.unsigned_abs() <= JUMP.as_nanos() {
            self.nanos = self.nanos.saturating_add(i64::try_from(step).unwrap_or(0));
        }
        Duration::from_nanos(u64::try_from(self.nanos).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_passes_with_the_camera_s_clock_and_not_with_its_jumps() {
        let mut stamps = Stamps::default();
        let millis: Vec<u128> = [0, 3600, 7200, 7200 + 90_000 * 3600, 10_800 + 90_000 * 3600, 0, 3600]
            .map(|timestamp| stamps.at(timestamp, 90_000).as_millis())
            .into();
        assert_eq!(millis, [0, 40, 80, 80, 120, 120, 160]);
    }

    #[test]
    fn pictures_out_of_order_keep_their_own_times() {
        let mut stamps = Stamps::default();
        let millis = [0, 10_800, 3600, 7200].map(|timestamp| stamps.at(timestamp, 90_000).as_millis());
        assert_eq!(millis, [0, 120, 40, 80]);
        assert_eq!(Stamps::default().at(i64::MIN, 0), Duration::ZERO);
    }
}
