//! How many commands of one key are carried out: enough for a busy desk, not enough to wear out the disk or to push
//! everything else out of the audit log.

use std::collections::HashMap;
use std::time::Duration;

/// At once: a desk that acknowledges a long list.
const AT_ONCE: f64 = 200.0;
/// And then so many a second.
const PER_SEC: f64 = 2.0;

/// By key: what is left, and as of when.
#[derive(Debug, Default)]
pub struct Pace {
    left: HashMap<String, (f64, Duration)>,
}

impl Pace {
    /// Whether one more command of this key is carried out at `now` of the monotonic clock. There are as many keys as the
    /// configuration has named since the start.
    pub fn take(&mut self, key: &str, now: Duration) -> bool {
        let (left, at) = self.left.entry(key.to_owned()).or_insert((AT_ONCE, now));
        *left = (*left + now.saturating_sub(*at).as_secs_f64() * PER_SEC).min(AT_ONCE);
        *at = now;
        let enough = *left >= 1.0;
        if enough {
            *left -= 1.0;
        }
        enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_slowed_down_and_others_are_not() {
        let mut pace = Pace::default();
        let now = Duration::from_secs(5);
        let taken = (0..1000).filter(|_| pace.take("desk-1", now)).count();
        assert_eq!(taken, AT_ONCE as usize);
        assert!(pace.take("desk-2", now));
        assert!(!pace.take("desk-1", now + Duration::from_millis(100)));
        assert!(pace.take("desk-1", now + Duration::from_secs(1)));
    }
}
