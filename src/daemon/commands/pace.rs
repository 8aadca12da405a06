//! How many commands of one key are carried out: enough for a busy desk, not enough to wear out the disk or to push
//! everything else out of the audit log.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// At once: a desk that acknowledges a long list.
const AT_ONCE: f64 = 200.0;
/// And then so many a second.
const PER_SEC: f64 = 2.0;

/// By key: what is left, and as of when.
#[derive(Debug, Default)]
pub struct Pace {
    left: HashMap<String, (f64, Duration)>,
    /// Keys whose last command was too many.
    told: HashSet<String>,
}

/// Whether a command is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paced {
    /// It is.
    Go,
    /// It is the first of its key that is too many: worth an answer.
    TooMany,
    /// It is one more that is too many.
    StillTooMany,
}

impl Pace {
    /// Whether one more command of this key may be carried out at `now` of the monotonic clock. There are as many keys as the
    /// configuration has named since the start.
    pub fn take(&mut self, key: &str, now: Duration) -> Paced {
        let (left, at) = self.left.entry(key.to_owned()).or_insert((AT_ONCE, now));
        *left = (*left + now.saturating_sub(*at).as_secs_f64() * PER_SEC).min(AT_ONCE);
        *at = now;
        if *left >= 1.0 {
            *left -= 1.0;
            self.told.remove(key);
            return Paced::Go;
        }
        if self.told.insert(key.to_owned()) { Paced::TooMany } else { Paced::StillTooMany }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_slowed_down_and_others_are_not() {
        let mut pace = Pace::default();
        let now = Duration::from_secs(5);
        let turns: Vec<Paced> = (0..1000).map(|_| pace.take("desk-1", now)).collect();
        let count = |wanted: Paced| turns.iter().filter(|turn| **turn == wanted).count();
        assert_eq!((count(Paced::Go), count(Paced::TooMany)), (AT_ONCE as usize, 1), "one answer for all");
        assert_eq!(pace.take("desk-2", now), Paced::Go);
        assert_eq!(pace.take("desk-1", now + Duration::from_millis(100)), Paced::StillTooMany);
        assert_eq!(pace.take("desk-1", now + Duration::from_secs(1)), Paced::Go);
    }
}
