//! A service that starts well and then dies, again and again: says so on its first line, and lets longer and longer pass
//! before it starts once more.
//!
//! What is known: when the last good start was and how often in a row one did not last, in a file of the service's runtime
//! folder. Systemd keeps that over restarts and removes it when somebody stops the service; a stop that was asked for
//! removes the file, so that neither a first start nor a planned one ever waits. Counts on the clock since boot, which
//! nobody sets, and the folder does not outlast a boot. Must never keep a process waiting outside a service: without a
//! runtime folder nothing is counted. Starts that fail have [`failed_start`].

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sd_notify::NotifyState;

use super::failed_start;
use crate::clock::since_boot;
use crate::text::{Sentence, box_log, daemon, health as say, language_of_log, log_warn};

/// The file in the runtime folder: how many runs in a row did not last, and when the last one was good, in milliseconds.
const FILE: &str = "short-runs";
/// A run of this length has lasted.
const LASTS: Duration = Duration::from_secs(600);
/// The first pause; doubles.
const FIRST_PAUSE: Duration = Duration::from_secs(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// What systemd gives a start after the pause; as `TimeoutStartSec=`.
const START_TAKES: Duration = Duration::from_secs(120);

/// Runs in a row that ended by themselves before they had lasted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ShortRuns {
    /// How many; at least one.
    pub count: u32,
    /// From the last good start to this one: longer than the last run.
    pub within: Duration,
}

impl ShortRuns {
    /// None after the first, then 10, 20, 40, 80, 160 and 300 s.
    fn pause(self) -> Duration {
        match self.count.checked_sub(2) {
            None => Duration::ZERO,
            Some(doublings) => (FIRST_PAUSE * (1 << doublings.min(8))).min(LONGEST_PAUSE),
        }
    }

    /// What happened, in a sentence without an end.
    fn sentence(self) -> Sentence {
        let secs = self.within.as_secs();
        match self.count {
            1 => say::ended_once(secs),
            n => say::ended_again(n, LASTS.as_secs() / 60, secs),
        }
    }

    /// The sentence for the health report, while this run is still short.
    pub(crate) fn reason(self, uptime: Duration) -> Option<Sentence> {
        (uptime < LASTS).then(|| say::see_its_log(self.sentence()))
    }
}

/// Says what happened to the runs before this one and waits, if something did; not for the whole time where something in
/// the folder of the configuration changes.
pub(crate) fn report_and_wait(config: &Path) -> Option<ShortRuns> {
    let before = short_runs(&file()?, since_boot())?;
    let pause = before.pause();
    let folder = failed_start::folder_of(config);
    // A stop or restart of the service meanwhile ends the waiting for good; `started` writes it down again.
    if !pause.is_zero() {
        forget();
    }
    let (sentence, secs) = (before.sentence(), pause.as_secs());
    log_warn!(match pause.is_zero() {
        true => box_log::starts_again_at_once(sentence.clone()),
        false => box_log::starts_again_in(sentence.clone(), secs, folder.display()),
    });
    let status = daemon::waiting(secs, sentence).in_language(language_of_log());
    // Outside systemd it has no receiver.
    let _ = sd_notify::notify(&[NotifyState::Status(&status), extended(pause + START_TAKES)]);
    failed_start::wait_for_change(folder, pause);
    let _ = sd_notify::notify(&[NotifyState::Status("starting"), extended(START_TAKES)]);
    Some(before)
}

/// A start takes so long from now.
fn extended(by: Duration) -> NotifyState<'static> {
    NotifyState::ExtendTimeoutUsec(u32::try_from(by.as_micros()).unwrap_or(u32::MAX))
}

/// The service runs.
pub(super) fn started(before: Option<ShortRuns>) {
    let Some(file) = file() else { return };
    if let Err(error) = note(&file, before, since_boot()) {
        log_warn!(box_log::run_not_noted(); file = %file.display(), %error);
    }
}

/// Forgets this run: its end was requested.
pub(super) fn forget() {
    if let Some(file) = file() {
        // There is none in a folder that was never written.
        let _ = fs::remove_file(file);
    }
}

fn file() -> Option<PathBuf> {
    failed_start::runtime_folder().map(|folder| folder.join(FILE))
}

/// What the file says at a start at `now`. Nothing where the last run had lasted, or was asked to end.
fn short_runs(file: &Path, now: Duration) -> Option<ShortRuns> {
    let text = fs::read_to_string(file).ok()?;
    let (count, good_at) = text.trim().split_once(' ')?;
    let good_at = Duration::from_millis(good_at.parse().ok()?);
    // A file of another boot would be from a time to come, or from long ago.
    let within = now.checked_sub(good_at).filter(|within| *within < LASTS)?;
    Some(ShortRuns { count: count.parse::<u32>().ok()?.saturating_add(1), within })
}

/// This run is a good start, after those `before` it.
fn note(file: &Path, before: Option<ShortRuns>, now: Duration) -> std::io::Result<()> {
    let count = before.map_or(0, |before| before.count);
    let new = file.with_extension("new");
    fs::write(&new, format!("{count} {}\n", now.as_millis()))?;
    fs::rename(&new, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs of these lengths, one after the other, each after its pause: the pauses.
    fn pauses(runs: &[u64]) -> Vec<u64> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE);
        let mut now = Duration::from_secs(40);
        let mut pauses = Vec::new();
        for run in runs {
            let before = short_runs(&file, now);
            let pause = before.map_or(Duration::ZERO, ShortRuns::pause);
            pauses.push(pause.as_secs());
            now += pause + Duration::from_secs(3);
            note(&file, before, now).unwrap();
            // And what systemd waits.
            now += Duration::from_secs(run + 2);
        }
        pauses
    }

    #[test]
    fn a_service_that_dies_again_and_again_waits_longer_and_longer_up_to_five_minutes() {
        assert_eq!(pauses(&[5; 10]), [0, 0, 10, 20, 40, 80, 160, 300, 300, 300]);
        assert_eq!(ShortRuns { count: u32::MAX, within: Duration::ZERO }.pause(), LONGEST_PAUSE);
    }

    #[test]
    fn a_run_that_lasted_clears_what_was_before() {
        assert_eq!(pauses(&[5, 5, 5, 3600, 5, 5]), [0, 0, 10, 20, 0, 0]);
        assert_eq!(pauses(&[3600; 5]), [0; 5], "once an hour is no loop");
        assert_eq!(pauses(&[500; 4]), [0, 0, 10, 20], "the pauses do not count as running");
    }

    #[test]
    fn neither_a_first_start_nor_what_cannot_be_read_waits() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE);
        let now = Duration::from_secs(1000);
        assert_eq!(short_runs(&file, now), None);
        for text in ["", "7", "7 x", "x 900000", "7 2000000", "-1 900000"] {
            fs::write(&file, text).unwrap();
            assert_eq!(short_runs(&file, now), None, "{text:?}");
        }
        fs::write(&file, "4294967295 990000\n").unwrap();
        let sentence = short_runs(&file, now).unwrap();
        assert_eq!((sentence.count, sentence.within), (u32::MAX, Duration::from_secs(10)));
    }

    #[test]
    fn the_report_speaks_of_it_until_this_run_has_lasted() {
        let before = ShortRuns { count: 3, within: Duration::from_secs(12) };
        let said = before.reason(Duration::from_secs(30)).unwrap();
        assert_eq!(
            said.to_string(),
            "Lookout ended by itself 3 times in a row, each time less than 10 minutes after it had started, the last time within 12 s; its log says why"
        );
        assert_eq!(before.reason(LASTS), None);
    }

    #[test]
    fn systemd_keeps_the_folder_over_restarts_and_gives_a_start_what_is_announced() {
        let unit = include_str!("../../deploy/systemd/lookout.service");
        assert!(unit.contains("\nRuntimeDirectoryPreserve=restart\n"));
        assert!(unit.contains(&format!("\nTimeoutStartSec={}\n", START_TAKES.as_secs())));
        // Systemd takes the announcement as a number of microseconds that fits.
        assert!(u32::try_from((LONGEST_PAUSE + START_TAKES).as_micros()).is_ok());
    }
}
