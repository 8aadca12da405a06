//! When the state of each camera and each sensor is published: after a change, and every ten minutes.
//!
//! A broker keeps the retained message of a camera for good, also when the camera is taken out of the configuration
//! while the box is off. So the topics that were reported are on disk, and what is not there any more is taken back.
//! Must never hold what is said: only whether it is due.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::contract::health::PART_EVERY;
use crate::text::{box_log, log_warn};

/// The file with the topics.
const FILE: &str = "told-parts.json";

/// The published state of each part.
#[derive(Debug)]
pub(super) struct PartReports {
    file: PathBuf,
    reported: BTreeMap<String, Reported>,
    /// Topics on disk; those of an earlier run among them.
    kept: BTreeSet<String>,
    is_failing: bool,
}

#[derive(Debug)]
struct Reported {
    state: String,
    at: Duration,
}

impl PartReports {
    /// Nothing is published in this run; the topics of earlier runs are in `folder`.
    pub(super) fn open(folder: &Path) -> Self {
        let file = folder.join(FILE);
        // A file that cannot be read is as none: what it named expires, or is reported again.
        let kept = fs::read(&file).ok().and_then(|text| serde_json::from_slice(&text).ok());
        PartReports { file, reported: BTreeMap::new(), kept: kept.unwrap_or_default(), is_failing: false }
    }

    /// Whether a part with this state is to be published now; it counts as published then.
    pub(super) fn is_due(&mut self, topic: &str, state: &str, now: Duration) -> bool {
        let reported = self.reported.get(topic);
        let is_old = reported
            .is_some_and(|reported| reported.state == state && now.saturating_sub(reported.at) < PART_EVERY);
        if !is_old {
            self.reported.insert(topic.to_owned(), Reported { state: state.to_owned(), at: now });
        }
        !is_old
    }

    /// The topics at which parts were published, also in earlier runs.
    pub(super) fn published(&self) -> &BTreeSet<String> {
        &self.kept
    }

    /// Makes each part due, after a change of language.
    pub(crate) fn report_all_again(&mut self) {
        self.reported.clear();
    }

    /// The published topics that belong to no part any more; they count as taken back.
    pub(super) fn gone(&mut self, topics: &BTreeSet<String>) -> Vec<String> {
        if *topics == self.kept {
            return Vec::new();
        }
        let gone: Vec<String> = self.kept.difference(topics).cloned().collect();
        self.reported.retain(|topic, _| topics.contains(topic));
        self.kept.clone_from(topics);
        if let Err(error) = self.save()
            && !std::mem::replace(&mut self.is_failing, true)
        {
            let file = self.file.display();
            log_warn!(box_log::told_cameras_unsaved(); %file, %error);
        }
        gone
    }

    fn save(&self) -> std::io::Result<()> {
        let text = serde_json::to_vec(&self.kept)?;
        let new = self.file.with_extension("new");
        fs::write(&new, text)?;
        fs::rename(&new, &self.file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOPIC: &str = "up/camera/cam-03";

    fn topics(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_part_is_reported_when_it_changes_and_every_ten_minutes() {
        let folder = tempfile::tempdir().unwrap();
        let mut reports = PartReports::open(folder.path());
        let states = |secs: u64| if (600..700).contains(&secs) { "lost" } else { "running" };
        let reported: Vec<u64> = (0..2000)
            .step_by(10)
            .filter(|secs| reports.is_due(TOPIC, states(*secs), Duration::from_secs(*secs)))
            .collect();
        assert_eq!(reported, [0, 600, 700, 1300, 1900]);
    }

    #[test]
    fn after_a_change_of_language_every_part_is_reported_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut reports = PartReports::open(folder.path());
        reports.gone(&topics(&[TOPIC]));
        assert!(reports.is_due(TOPIC, "running", Duration::ZERO));
        assert!(!reports.is_due(TOPIC, "running", Duration::from_secs(10)));
        reports.report_all_again();
        assert!(reports.is_due(TOPIC, "running", Duration::from_secs(11)));
        assert!(reports.gone(&topics(&[TOPIC])).is_empty(), "nothing is taken back for that");
    }

    #[test]
    fn a_part_that_is_taken_out_is_taken_back_once_also_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let mut reports = PartReports::open(folder.path());
        assert!(reports.gone(&topics(&[TOPIC, "up/camera/cam-04", "up/sensor/drain"])).is_empty());
        assert_eq!(reports.gone(&topics(&[TOPIC, "up/sensor/drain"])), ["up/camera/cam-04"]);
        assert!(reports.gone(&topics(&[TOPIC, "up/sensor/drain"])).is_empty());
        let mut after_a_restart = PartReports::open(folder.path());
        assert_eq!(after_a_restart.gone(&topics(&[TOPIC])), ["up/sensor/drain"]);
    }

    #[test]
    fn a_part_that_comes_back_is_reported_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut reports = PartReports::open(folder.path());
        reports.gone(&topics(&[TOPIC]));
        assert!(reports.is_due(TOPIC, "running", Duration::ZERO));
        reports.gone(&topics(&[]));
        reports.gone(&topics(&[TOPIC]));
        assert!(reports.is_due(TOPIC, "running", Duration::from_secs(1)));
    }

    #[test]
    fn a_file_that_is_no_list_counts_as_none() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "{").unwrap();
        assert!(PartReports::open(folder.path()).gone(&topics(&[TOPIC])).is_empty());
    }
}
