//! Backoff: how a wait between attempts grows. The caller decides by what went wrong, and draws the dice.

use std::time::Duration;

/// The ceiling of the wait after `failures` attempts failed before: `first`, then twice as much each time, up to `most`.
///
/// Drawn uniformly from zero to this ("full jitter": Brooker, "Exponential Backoff And Jitter", AWS 2015), a thousand
/// boxes that lost the same broker do not come back at once.
pub(crate) fn doubled(first: Duration, failures: u32, most: Duration) -> Duration {
    let factor = 2_u32.checked_pow(failures).unwrap_or(u32::MAX);
    first.saturating_mul(factor).min(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_doubles_up_to_its_bound_however_often_something_fails() {
        let ceiling = |failures| doubled(Duration::from_millis(500), failures, Duration::from_secs(3));
        let waits: Vec<u128> = (0..5).map(|failures| ceiling(failures).as_millis()).collect();
        assert_eq!(waits, [500, 1000, 2000, 3000, 3000]);
        assert_eq!(ceiling(u32::MAX), Duration::from_secs(3));
    }
}
