//! A service that cannot start: says why on one line, and lets longer and longer pass before systemd tries again.
//!
//! Systemd of Debian 12 restarts after the same time for ever (`RestartSteps=` came with 254), so the process itself
//! waits before it ends. How often it failed is known from a file in the service's runtime folder, which systemd keeps
//! over restarts and removes when somebody stops the service. Must never keep a process from ending outside a service:
//! without a runtime folder nothing is waited for.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sd_notify::NotifyState;

use crate::text::{Words, daemon, foreign, language_of_log};
use crate::types::language::Language;

/// The file in the runtime folder: the number of failed starts, then why the last one failed.
const FILE: &str = "failed-starts";
/// The longest pause. Shorter than the time that systemd gives a start (`TimeoutStartSec=`).
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// How often it is looked whether somebody mended it.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Maximum number of files below the configuration's folder that are looked at.
const MOST_FILES: usize = 1000;

/// Says why the service does not start and waits; ends at once where this is no service, or where it is the first time.
/// Returns whether everything was said that there is to say.
pub(crate) fn report_and_wait(why: &str, config: &Path) -> bool {
    let Some(file) = file() else { return false };
    let (before, last_why) = read(&file);
    let count = before.saturating_add(1);
    let pause = pause_after(count);
    // Nobody is left to tell, and nothing to count with, if these fail.
    let _ = fs::write(&file, format!("{count}\n{why}"));
    let folder = folder_of(config);
    let language = language_of_log();
    let _ = write!(io::stderr(), "{}", report(why, last_why == why, count, pause, folder, language));
    let status = daemon::not_started(summary(why)).in_language(language);
    let _ = sd_notify::notify(&[NotifyState::Status(&status)]);
    wait_for_change(folder, pause);
    true
}

/// The folder of the configuration.
pub(super) fn folder_of(config: &Path) -> &Path {
    match config.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    }
}

/// Waits until something in the folder changes, but not longer.
pub(super) fn wait_for_change(folder: &Path, at_most: Duration) {
    let newest = newest_change(folder);
    let until = Instant::now() + at_most;
    while Instant::now() < until && newest_change(folder) == newest {
        std::thread::sleep(LOOK_EVERY.min(until.saturating_duration_since(Instant::now())));
    }
}

/// The service runs: what failed before does not count any more.
pub(super) fn forget() {
    if let Some(file) = file() {
        let _ = fs::remove_file(file);
    }
}

fn file() -> Option<PathBuf> {
    runtime_folder().map(|folder| folder.join(FILE))
}

/// The one that systemd made for the service.
pub(super) fn runtime_folder() -> Option<PathBuf> {
    let folders = std::env::var_os("RUNTIME_DIRECTORY")?;
    std::env::split_paths(&folders).next()
}

fn read(file: &Path) -> (u32, String) {
    let text = fs::read_to_string(file).unwrap_or_default();
    let (count, why) = text.split_once('\n').unwrap_or_default();
    (count.parse().unwrap_or(0), why.to_owned())
}

/// None after the first failure, so that `systemctl start` answers at once; then 5, 10, 20, 40 and 60 s.
fn pause_after(count: u32) -> Duration {
    match count.checked_sub(2) {
        None => Duration::ZERO,
        Some(doublings) => Duration::from_secs(5 << doublings.min(4)).min(LONGEST_PAUSE),
    }
}

/// All of it the first time, then the one line that says why.
fn report(
    why: &str,
    is_known: bool,
    count: u32,
    pause: Duration,
    folder: &Path,
    language: Language,
) -> String {
    let first = foreign::error(daemon::does_not_start(summary(why)));
    let mut text = format!("{}\n", first.in_language(language));
    if !is_known && why.lines().count() > 1 {
        text.push_str(why.trim_end());
        text.push('\n');
    }
    if !pause.is_zero() {
        let next = daemon::next_attempt(count, pause.as_secs(), folder.display());
        text.push_str(&format!("  {}\n", next.in_language(language)));
    }
    text
}

/// The first sentence, and how many problems there are besides.
fn summary(why: &str) -> Words {
    let bare = |line: &str| {
        let marks = [Language::English, Language::Chinese].map(|of| foreign::error("").in_language(of));
        marks.iter().find_map(|mark| line.strip_prefix(mark.as_str()).map(str::to_owned))
    };
    let first = why.lines().next().unwrap_or_default();
    let first = bare(first).unwrap_or_else(|| first.to_owned());
    match why.lines().filter(|line| bare(line).is_some()).count().saturating_sub(1) {
        0 => first.into(),
        1 => daemon::and_one_more(first).into(),
        more => daemon::and_more(first, more).into(),
    }
}

/// When something in a folder or in the folders in it changed last: content, owner or mode.
fn newest_change(folder: &Path) -> Option<(i64, i64)> {
    use std::os::unix::fs::MetadataExt as _;
    let entries = |folder: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).into_iter().flatten();
        entries.filter_map(|entry| Some(entry.ok()?.path())).take(MOST_FILES).collect()
    };
    let here = entries(folder);
    let below: Vec<PathBuf> = here.iter().flat_map(|path| entries(path)).take(MOST_FILES).collect();
    std::iter::once(folder.to_owned())
        .chain(here)
        .chain(below)
        .filter_map(|path| path.metadata().ok())
        .map(|metadata| (metadata.ctime(), metadata.ctime_nsec()))
        .max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_grows_to_a_minute_and_stays_below_what_systemd_gives_a_start() {
        let seconds: Vec<u64> = (1..=8).map(|count| pause_after(count).as_secs()).collect();
        assert_eq!(seconds, [0, 5, 10, 20, 40, 60, 60, 60]);
        assert_eq!(pause_after(u32::MAX), LONGEST_PAUSE);
        let unit = include_str!("../../deploy/systemd/lookout.service");
        let start: u64 =
            unit.lines().find_map(|l| l.strip_prefix("TimeoutStartSec=")).unwrap().parse().unwrap();
        assert!(LONGEST_PAUSE.as_secs() + 30 < start, "systemd would end the wait as a start that hangs");
        assert!(unit.contains("\nRuntimeDirectory=lookout\n"), "no folder to count in");
        assert!(
            unit.contains("\nRuntimeDirectoryPreserve=restart\n"),
            "the count would begin anew each time"
        );
    }

    #[test]
    fn the_first_line_says_why_and_what_was_said_is_not_said_again() {
        let why = "error: site.toml:3:1: [site]: no `box`\n  hint: name it\nerror: site.toml:9:2: no camera";
        let folder = Path::new("/etc/lookout");
        let first = report(why, false, 1, Duration::ZERO, folder, Language::English);
        assert!(first.starts_with(
            "error: Lookout does not start: site.toml:3:1: [site]: no `box` (and 1 more problem)\n"
        ));
        assert!(first.contains("site.toml:9:2: no camera"), "{first}");
        assert_eq!(
            report(why, true, 3, Duration::from_secs(10), folder, Language::English),
            "error: Lookout does not start: site.toml:3:1: [site]: no `box` (and 1 more problem)\n  attempt 3; the next one in 10 s, or as soon as something in /etc/lookout changes\n"
        );
    }

    #[test]
    fn it_is_said_in_chinese_where_the_problems_are() {
        let why = "错误：site.toml:3:1: [site] 缺少 `box`\n  提示：请写出\n错误：site.toml:9:2: 没有摄像机";
        assert_eq!(
            report(why, true, 3, Duration::from_secs(10), Path::new("/etc/lookout"), Language::Chinese),
            "错误：Lookout 无法启动：site.toml:3:1: [site] 缺少 `box`（另有 1 个问题）\n  第 3 次尝试；10 秒后再试，/etc/lookout 中的文件有改动时立即重试\n"
        );
    }

    #[test]
    fn whatever_is_mended_in_the_folder_is_a_change() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("secrets/cam-1");
        fs::create_dir_all(secret.parent().unwrap()).unwrap();
        fs::write(&secret, "a:b").unwrap();
        let before = newest_change(folder.path());
        assert_eq!(newest_change(folder.path()), before);
        // The clock of a file system ticks every few milliseconds.
        let deadline = Instant::now() + Duration::from_secs(5);
        while newest_change(folder.path()) == before {
            assert!(Instant::now() < deadline, "a changed mode is not noticed");
            fs::set_permissions(&secret, fs::Permissions::from_mode(0o640)).unwrap();
        }
    }
}
