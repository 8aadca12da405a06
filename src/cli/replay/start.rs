//! When a recording began: as `--start` says, else as the file says itself, else a time that is assumed.

use crate::analysis::time::Timestamp;
use crate::config::Config;
use crate::text::{Sentence, replay as say};

/// When a recording begins of which nobody says it: a Wednesday, 08:00 in China. Always the same, so that two runs print the
/// same bytes.
const ASSUMED: &str = "2026-01-07T00:00:00Z";

/// The beginning of a recording, and who says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Start {
    /// `--start`.
    Given(Timestamp),
    /// The file itself.
    OfFile(Timestamp),
    /// Nobody.
    Assumed(Timestamp),
}

impl Start {
    /// What is said counts before what the file says, and that before what is assumed.
    pub(super) fn of(given: Option<Timestamp>, of_file: Option<Timestamp>) -> Self {
        match (given, of_file) {
            (Some(at), _) => Start::Given(at),
            (None, Some(at)) => Start::OfFile(at),
            (None, None) => Start::Assumed(ASSUMED.parse().unwrap_or(Timestamp::UNIX_EPOCH)),
        }
    }

    /// The moment.
    pub(in crate::cli) fn at(self) -> Timestamp {
        match self {
            Start::Given(at) | Start::OfFile(at) | Start::Assumed(at) => at,
        }
    }

    /// What is taken for its time, and what to do where that is wrong.
    pub(in crate::cli) fn note(self, config: &Config) -> (Sentence, Option<Sentence>) {
        let zone = &config.site.time_zone_name;
        let time =
            self.at().to_zoned(config.site.time_zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
        match self {
            Start::Given(_) => (say::began_as_given(time, zone), None),
            Start::OfFile(_) => (say::began_as_file_says(time, zone), Some(say::try_start_if_wrong())),
            Start::Assumed(_) => (say::began_as_assumed(time, zone), Some(say::try_any_start())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_counts_before_what_the_file_says() {
        let [said, of_file] = [1, 2].map(|second| Timestamp::from_second(second).expect("a time"));
        assert_eq!(Start::of(Some(said), Some(of_file)), Start::Given(said));
        assert_eq!(Start::of(None, Some(of_file)), Start::OfFile(of_file));
        assert_eq!(Start::of(None, None).at().to_string(), ASSUMED);
    }
}
