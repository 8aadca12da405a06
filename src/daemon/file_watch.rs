//! Notices when the configuration file changed.
//!
//! Looks once a second at what the name points to: editors that write a new file and rename it, links that are moved, and
//! those that write twice are all seen, and a file is told of only when it has been quiet for a moment. Nothing that the
//! system may not offer (inotify on a network file system, say) is needed. Must never read the file: whoever is told
//! does.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

use super::{Control, lifeline};

/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_millis(1000);
/// Looks without a change after which the file counts as written.
const QUIET_LOOKS: u32 = 1;
/// A file that is away may be about to be replaced.
const AWAY_LOOKS: u32 = 5;

/// Which file it is, and as of when; `None` if it is not there.
type Stamp = Option<(u64, u64, u64, i64, i64, i64, i64)>;

fn stamp(path: &PathBuf) -> Stamp {
    let m = fs::metadata(path).ok()?;
    Some((m.dev(), m.ino(), m.size(), m.mtime(), m.mtime_nsec(), m.ctime(), m.ctime_nsec()))
}

/// Starts the thread. It ends with the process, or when nobody listens any more.
///
/// # Errors
/// No thread can be started.
pub fn start(path: PathBuf, notes: Sender<Control>) -> std::io::Result<()> {
    // Before the thread runs: a change from here on is noticed.
    let mut told = stamp(&path);
    thread::Builder::new().name("config-file".to_owned()).spawn(move || {
        let _essential = lifeline::essential("config-file");
        let (mut last, mut quiet) = (told, 0);
        loop {
            thread::sleep(LOOK_EVERY);
            let now = stamp(&path);
            quiet = if now == last { quiet + 1 } else { 0 };
            last = now;
            let enough = if now.is_some() { QUIET_LOOKS } else { AWAY_LOOKS };
            if now == told || quiet < enough {
                continue;
            }
            told = now;
            if notes.send(Control::FileChanged).is_err() {
                return;
            }
        }
    })?;
    Ok(())
}
