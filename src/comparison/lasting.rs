//! How long something is, in words: tenths of a second where it is short, minutes and hours where it is long.

use jiff::SignedDuration;

use crate::text::{Sentence, comparison as say};

/// The length, whichever way it points.
pub(crate) fn lasting(duration: SignedDuration) -> Sentence {
    // Beyond any journal.
    let ms = duration.as_millis().unsigned_abs().min(u128::from(u64::MAX)) as u64;
    let secs = (ms + 500) / 1_000;
    match secs {
        0..60 => say::seconds(tenths(ms)),
        60..3_600 => say::minutes(secs / 60, secs % 60),
        3_600.. => say::hours(secs / 3_600, secs % 3_600 / 60),
    }
}

/// `2.4`, `3`; what is more than nothing is never 0.
fn tenths(ms: u64) -> String {
    let tenths = ((ms + 50) / 100).max(u64::from(ms > 0));
    match tenths % 10 {
        0 => (tenths / 10).to_string(),
        part => format!("{}.{part}", tenths / 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::language::Language;

    #[test]
    fn a_length_is_read_in_its_own_unit() {
        let ms = |ms: i64| lasting(SignedDuration::from_millis(ms));
        let english: Vec<String> =
            [0, 3, 240, 2_000, 59_400, 60_000, -90_000, 7_260_000].map(|n| ms(n).to_string()).to_vec();
        assert_eq!(
            english,
            ["0 s", "0.1 s", "0.2 s", "2 s", "59.4 s", "1 min 0 s", "1 min 30 s", "2 h 1 min"]
        );
        assert_eq!(ms(7_260_000).in_language(Language::Chinese), "2 小时 1 分钟");
    }
}
