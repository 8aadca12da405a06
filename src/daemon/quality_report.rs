//! `up/quality`: when it is published, and the figures on disk.
//!
//! Published at the start, once a day, and after a change at most once a minute. The file `quality.json` in the control
//! folder is written as often and when the daemon stops, so a kill may lose a minute of figures, never an alert. One that
//! cannot be read is put aside, and counting begins anew. Must never hold up what it counts.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use parking_lot::Mutex;

use crate::analysis::quality::{ACCEPT_WITHIN_SECS, CLOSE_WITHIN_SECS, Quality};
use crate::analysis::time::{Moment, Timestamp};
use crate::contract::quality::QualityData;
use crate::contract::words::Time;
use crate::contract::{EventError, Sender};
use crate::text::{box_log, log_warn};

const FILE: &str = "quality.json";
/// Published at least so often.
const REPORT_EVERY: Duration = Duration::from_secs(24 * 60 * 60);
/// And at most so often.
const REPORT_AT_MOST_EVERY: Duration = Duration::from_secs(60);

/// The published and stored state.
#[derive(Debug)]
pub(super) struct QualityReport {
    file: PathBuf,
    /// Time of the last report, and the number of changes at that time.
    published: Option<(Duration, u64)>,
    saved_changes: u64,
    is_failing: bool,
}

/// The figures of earlier runs.
pub(super) fn recall(folder: &Path) -> Quality {
    let file = folder.join(FILE);
    let Ok(text) = fs::read(&file) else { return Quality::default() };
    serde_json::from_slice(&text).unwrap_or_else(|error| {
        let aside = file.with_extension("json.damaged");
        let moved = fs::rename(&file, &aside).is_ok();
        let (file, aside) = (file.display(), aside.display());
        log_warn!(box_log::answers_unreadable(aside); %file, %error, moved);
        Quality::default()
    })
}

impl QualityReport {
    /// The one whose file is in `folder`.
    pub(super) fn within(folder: &Path) -> Self {
        QualityReport { file: folder.join(FILE), published: None, saved_changes: 0, is_failing: false }
    }

    /// The message, where it is due; the file is written, too.
    pub(super) fn look(
        &mut self,
        quality: &Mutex<Quality>,
        sender: &Sender,
        at: Moment,
    ) -> Option<Result<Vec<u8>, EventError>> {
        let mut quality = quality.lock();
        if !self.is_due(quality.changes(), at.mono) {
            return None;
        }
        self.published = Some((at.mono, quality.changes()));
        quality.forget_old(at.utc);
        let now = quality.clone();
        drop(quality);
        self.save(&now);
        Some(message(&now, sender, at.utc))
    }

    /// Writes what is not written yet.
    pub(super) fn finish(&mut self, quality: &Mutex<Quality>) {
        let now = quality.lock().clone();
        self.save(&now);
    }

    fn is_due(&self, changes: u64, now: Duration) -> bool {
        let Some((at, published_changes)) = self.published else { return true };
        let least = if changes == published_changes { REPORT_EVERY } else { REPORT_AT_MOST_EVERY };
        now.saturating_sub(at) >= least
    }

    fn save(&mut self, quality: &Quality) {
        if self.saved_changes == quality.changes() {
            return;
        }
        match replace(&self.file, quality) {
            Ok(()) => (self.saved_changes, self.is_failing) = (quality.changes(), false),
            Err(error) => {
                if !std::mem::replace(&mut self.is_failing, true) {
                    let file = self.file.display();
                    log_warn!(box_log::answers_unsaved(); %file, %error);
                }
            }
        }
    }
}

/// It is on disk when this returns.
fn replace(file: &Path, quality: &Quality) -> std::io::Result<()> {
    let text = serde_json::to_vec(quality)?;
    let new = file.with_extension("new");
    let mut aside = File::create(&new)?;
    aside.write_all(&text)?;
    aside.sync_all()?;
    fs::rename(&new, file)?;
    file.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

fn message(quality: &Quality, sender: &Sender, at: Timestamp) -> Result<Vec<u8>, EventError> {
    let data = QualityData {
        from: quality.since().map(Time),
        until: Time(at),
        accept_target_s: ACCEPT_WITHIN_SECS,
        close_target_s: CLOSE_WITHIN_SECS,
        all: quality.all().into(),
        rows: quality.by_source().into_iter().map(Into::into).collect(),
        omitted: 0,
    };
    sender.event(format!("quality.{at}"), None, at, data)
}

#[cfg(test)]
mod tests;
