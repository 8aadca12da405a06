//! Notices when the configuration file changed, or a secret file or certificate that it names.
//!
//! Looks once a second at what each name points to: editors that write a new file and rename it, links that are moved, and
//! those that write twice are all seen, and a file is reported only when it has been quiet for a moment. Nothing that the
//! system may not offer (inotify on a network file system, say) is needed. Must never read a file: its user does.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;

use super::Control;
use crate::lifeline;

/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_millis(1000);
/// Looks without a change after which a file counts as written.
const QUIET_LOOKS: u32 = 1;
/// A file that is away may be about to be replaced.
const AWAY_LOOKS: u32 = 5;

/// The secret files and certificates that count now.
pub(super) type SecretFiles = Arc<Mutex<BTreeSet<PathBuf>>>;

/// Which file it is, and as of when; `None` if it is not there.
type Stamp = Option<(u64, u64, u64, i64, i64, i64, i64)>;

fn stamp(path: &Path) -> Stamp {
    let m = fs::metadata(path).ok()?;
    Some((m.dev(), m.ino(), m.size(), m.mtime(), m.mtime_nsec(), m.ctime(), m.ctime_nsec()))
}

/// What is known of one file.
struct Watched {
    /// The stamp that was last reported; `None`: none yet.
    reported: Option<Stamp>,
    last: Stamp,
    quiet: u32,
}

impl Watched {
    /// Whether the change must be reported now.
    fn is_news(&mut self, now: Stamp) -> bool {
        self.quiet = if now == self.last { self.quiet + 1 } else { 0 };
        self.last = now;
        let enough = if now.is_some() { QUIET_LOOKS } else { AWAY_LOOKS };
        if self.reported == Some(now) || self.quiet < enough {
            return false;
        }
        self.reported = Some(now);
        true
    }
}

/// The secret files, as they are looked at again and again.
#[derive(Default)]
struct WatchedSecrets(BTreeMap<PathBuf, Watched>);

impl WatchedSecrets {
    /// Whether one of `wanted` is another than when it was last reported. One that is new among them is reported once: it may
    /// have changed between its reading and now.
    fn are_news(&mut self, wanted: &BTreeSet<PathBuf>, stamp: impl Fn(&Path) -> Stamp) -> bool {
        self.0.retain(|path, _| wanted.contains(path));
        let mut news = false;
        for path in wanted {
            let now = stamp(path);
            let new = || Watched { reported: None, last: None, quiet: 0 };
            news |= self.0.entry(path.clone()).or_insert_with(new).is_news(now);
        }
        news
    }
}

/// Starts the thread. It ends with the process, or when nobody listens any more.
///
/// # Errors
/// No thread can be started.
pub(super) fn start(path: PathBuf, secrets: SecretFiles, notes: Sender<Control>) -> std::io::Result<()> {
    // Before the thread runs: a change from here on is noticed.
    let first = stamp(&path);
    let mut file = Watched { reported: Some(first), last: first, quiet: 0 };
    let mut watched = WatchedSecrets::default();
    thread::Builder::new().name("config-file".to_owned()).spawn(move || {
        let _essential = lifeline::essential("config-file");
        loop {
            thread::sleep(LOOK_EVERY);
            if file.is_news(stamp(&path)) && notes.send(Control::FileChanged).is_err() {
                return;
            }
            let wanted = secrets.lock().clone();
            if watched.are_news(&wanted, stamp) && notes.send(Control::SecretsChanged).is_err() {
                return;
            }
        }
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(n: u64) -> Stamp {
        Some((0, n, 0, 0, 0, 0, 0))
    }

    #[test]
    fn a_secret_is_reported_once_it_is_quiet_and_not_again_until_it_changes() {
        let wanted = BTreeSet::from([PathBuf::from("cam-01")]);
        let mut watched = WatchedSecrets::default();
        let looks = [at(1), at(1), at(1), at(2), at(3), at(3), at(3)];
        let reported: Vec<bool> = looks.map(|now| watched.are_news(&wanted, |_| now)).into();
        assert_eq!(reported, [false, true, false, false, false, true, false]);
    }

    #[test]
    fn a_secret_that_is_away_for_a_moment_is_being_replaced() {
        let wanted = BTreeSet::from([PathBuf::from("cam-01")]);
        let mut watched = WatchedSecrets::default();
        let mut look = |now| watched.are_news(&wanted, |_| now);
        assert!(!look(at(1)) && look(at(1)));
        assert!(!look(None) && !look(None) && !look(at(1)) && !look(at(1)), "the same as before");
        assert_eq!((0..8).filter(|_| look(None)).count(), 1, "gone for good is reported once");
    }
}
