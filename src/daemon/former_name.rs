//! What the box's own broker keeps under a name that the box had before.
//!
//! A broker keeps the latest state, the birth message, the open alerts and so on of each name for good, so a box that was
//! named stands there twice, once as one that is switched off. Its own broker serves this machine alone: nobody else has
//! that name there, and what is kept under it is taken back. At a command centre's broker somebody else may have the name
//! by now, and a box may mostly write below its own name alone: that is for the broker's operator (CONTRACT.md). Must never
//! touch anything at another broker.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::contract::messages::EVENTS;
use crate::contract::topics::Topics;
use crate::mqtt::Publisher;
use crate::text::{box_log, log_info, log_warn};

/// The file with the name under which the box's own broker keeps something.
const FILE: &str = "name-at-own-broker.json";

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    /// `{prefix}/{area}/{box}`.
    base: String,
}

/// Takes back what the box's own broker keeps under another name than this one. `parts`: the topics below the name at which
/// cameras, sensors and parts of the birth message were published in earlier runs.
pub(super) fn withdraw(folder: &Path, topics: &Topics, parts: &BTreeSet<String>, publisher: &Publisher) {
    let file = folder.join(FILE);
    let Some(former) = taken_over(&file, topics.base()) else { return };
    log_info!(box_log::former_name(); %former);
    for topic in kept_under(&former, parts) {
        publisher.withdraw_of_former_name(&topic);
    }
}

/// The name of before, if it is another one; from here on it is this one.
fn taken_over(file: &Path, base: &str) -> Option<String> {
    let known = fs::read(file).ok().and_then(|text| serde_json::from_slice::<Known>(&text).ok());
    if known.as_ref().is_some_and(|known| known.base == base) {
        return None;
    }
    if let Err(error) = write(file, &Known { base: base.to_owned() }) {
        log_warn!(box_log::name_unsaved(); file = %file.display(), %error);
    }
    known.map(|known| known.base)
}

/// The topics on which something is kept.
fn kept_under(base: &str, parts: &BTreeSet<String>) -> Vec<String> {
    let of_the_box = EVENTS.iter().filter(|message| message.retain && !message.topic.contains('{'));
    let suffixes = of_the_box.map(|message| message.topic).chain(parts.iter().map(String::as_str));
    suffixes.map(|suffix| format!("{base}/{suffix}")).collect()
}

fn write(file: &Path, known: &Known) -> io::Result<()> {
    let new = file.with_extension("new");
    fs::write(&new, serde_json::to_vec(known)?)?;
    fs::rename(&new, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_taken_back_once_after_it_changed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE);
        assert_eq!(taken_over(&file, "lookout/v1/000000/box"), None, "the first start");
        assert_eq!(taken_over(&file, "lookout/v1/000000/box"), None);
        assert_eq!(taken_over(&file, "lookout/v1/530127/box-1"), Some("lookout/v1/000000/box".to_owned()));
        assert_eq!(taken_over(&file, "lookout/v1/530127/box-1"), None);
        fs::write(&file, "{").unwrap();
        assert_eq!(taken_over(&file, "lookout/v1/530127/box-2"), None, "nobody knows what it was");
    }

    #[test]
    fn everything_that_is_kept_is_taken_back_and_nothing_of_the_centre() {
        let parts = BTreeSet::from(["up/camera/cam-1".to_owned(), "up/meta_part/1".to_owned()]);
        let mut topics = kept_under("lookout/v1/530127/box-1", &parts);
        topics.sort();
        let suffixes: Vec<&str> =
            topics.iter().map(|topic| topic.strip_prefix("lookout/v1/530127/box-1/").unwrap()).collect();
        assert_eq!(
            suffixes,
            [
                "up/active",
                "up/camera/cam-1",
                "up/config",
                "up/health",
                "up/meta",
                "up/meta_part/1",
                "up/quality",
                "up/state"
            ]
        );
    }
}
