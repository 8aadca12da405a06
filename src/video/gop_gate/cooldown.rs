//! A gate that could not keep up rests: for a while only keyframes are decoded, whatever is needed.
//!
//! Overload is shed here after the rate of looks has fallen already (the scheduler): a camera that is late is looked at
//! every second or two instead of being decoded and thrown away. Rests get longer while bursts end in overload again.

use std::time::Duration;

/// The first rest.
const SHORTEST: Duration = Duration::from_secs(2);
/// No rest is longer.
const LONGEST: Duration = Duration::from_secs(16);
/// A burst that went well for so long makes the next rest a first one.
const RECOVERED_AFTER: Duration = Duration::from_secs(20);

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Rest {
    until: Option<Duration>,
    length: Duration,
}

impl Rest {
    /// Overload was noticed.
    pub(super) fn begin(&mut self, now: Duration) {
        let was_long_ago = self.until.is_none_or(|until| now.saturating_sub(until) > RECOVERED_AFTER);
        self.length = if was_long_ago { SHORTEST } else { (self.length * 2).min(LONGEST) };
        self.until = Some(now + self.length);
    }

    /// Whether it lasts.
    pub(super) fn lasts(&self, now: Duration) -> bool {
        self.until.is_some_and(|until| now < until)
    }

    /// Whether the machine may still be short of time: nothing is replayed then.
    pub(crate) fn was_lately(&self, now: Duration) -> bool {
        self.until.is_some_and(|until| now.saturating_sub(until) <= RECOVERED_AFTER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECS: fn(u64) -> Duration = Duration::from_secs;

    #[test]
    fn rests_get_longer_while_overload_lasts_and_short_again_after_it() {
        let mut rest = Rest::default();
        assert!(!rest.lasts(SECS(0)) && !rest.was_lately(SECS(0)));
        let mut now = SECS(100);
        let mut lengths = Vec::new();
        for _ in 0..5 {
            rest.begin(now);
            let end = (1..).map(|secs| now + SECS(secs)).find(|at| !rest.lasts(*at)).expect("it ends");
            lengths.push((end - now).as_secs());
            now = end + SECS(1);
        }
        assert_eq!(lengths, [2, 4, 8, 16, 16]);
        assert!(rest.was_lately(now) && !rest.was_lately(now + SECS(30)));
        rest.begin(now + SECS(30));
        assert!(!rest.lasts(now + SECS(32)));
    }
}
