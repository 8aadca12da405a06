//! What is known of a text of the configuration before it is tried or written: the difference to the file, all that is wrong with
//! it, and what it waits for.

use std::time::Duration;

use similar::{ChangeTag, TextDiff};

use super::super::Site;
use super::super::in_force::OnTrial;
use super::super::site_page;
use super::proposals::{Proposal, Tried, digest};
use crate::config::restart::takes_a_restart;
use crate::config::{Config, Problem, Severity, Surroundings, write};
use crate::contract::stream_address::redacted;
use crate::text::Sentence;

/// Lines of a difference that are shown.
const MOST_LINES: usize = 600;
/// Lines that stayed, around those that did not.
const AROUND: usize = 3;
/// Longest search for the smallest difference.
const COMPARED_WITHIN: Duration = Duration::from_secs(2);

/// What is known of a text before it is tried.
pub(super) struct Judged {
    /// The digest of the file that it was compared with.
    pub(super) file: String,
    /// The difference to the file.
    pub(super) difference: Vec<Part>,
    pub(super) errors: Vec<Problem>,
    pub(super) warnings: Vec<Problem>,
    /// What of the place and the names of the box would be another one, in words.
    pub(super) site: Vec<Sentence>,
    /// What would take a restart.
    pub(super) restart: Vec<Sentence>,
    /// What becomes of the key to sign with, where the box gets another name.
    pub(super) key: Option<Sentence>,
    /// Why the file could not be written, and what to try.
    pub(super) unwritable: Option<(Sentence, Option<Sentence>)>,
    pub(super) is_edited: bool,
    /// What somebody else tries, which this is not part of and waits for.
    pub(super) others: Option<OnTrial>,
    /// Whether anything is on trial, so that nothing is written.
    pub(super) is_on_trial: bool,
    /// The digest of what runs.
    pub(super) running: String,
    /// As it would be tried; `None`: it has errors.
    pub(super) tried: Option<Tried>,
}

impl Judged {
    pub(super) fn may_be_tried(&self) -> bool {
        self.may_be_written() && self.restart.is_empty() && self.others.is_none()
    }

    pub(super) fn may_be_written(&self) -> bool {
        self.errors.is_empty() && self.unwritable.is_none() && !self.is_edited
    }
}

/// A part of a difference.
pub(super) struct Part {
    /// Number of its first line, in the new text.
    pub(super) line: usize,
    pub(super) lines: Vec<(ChangeTag, String)>,
}

impl Site {
    /// As `check` and the next start judge it, models and classes included.
    pub(super) fn judge(&self, text: &str, proposal: Option<&Proposal>) -> Result<Judged, Sentence> {
        let path = &self.parts.config_file;
        let file = self.file_text()?;
        let running = self.config();
        let survey = Config::survey(path, text, &Surroundings::of(path), &*self.parts.models, &|_| None);
        let (errors, warnings) =
            survey.problems.into_iter().partition(|problem| problem.severity == Severity::Error);
        let (mut restart, mut key, mut tried) = (Vec::new(), None, None);
        if let Some(config) = &survey.config {
            restart = takes_a_restart(&running, config);
            key = site_page::key_stays_behind(&running, config, &self.parts.key_owner);
            tried = Some(Tried::of(config));
        }
        let sha256 = digest(&file);
        Ok(Judged {
            difference: difference(&file, text),
            errors,
            warnings,
            site: site_page::what_changes(&file, text),
            restart,
            key,
            unwritable: write::could_write(path).err().map(|error| (error.sentence(), error.hint())),
            is_edited: proposal.is_some_and(|one| {
                one.is_outdated(&sha256, self.runs_besides_others(&one.person).as_deref())
            }),
            others: proposal.and_then(|one| self.tried_by_others(&one.person)),
            is_on_trial: self.in_force().trial.is_some(),
            running: running.sha256.clone(),
            tried,
            file: sha256,
        })
    }
}

/// What is different, with a few lines around it. An address may hold a camera's password.
fn difference(before: &str, after: &str) -> Vec<Part> {
    let diff = TextDiff::configure().timeout(COMPARED_WITHIN).diff_lines(before, after);
    let mut left = MOST_LINES;
    let mut parts = Vec::new();
    for group in diff.grouped_ops(AROUND) {
        let line = group.first().map_or(0, |first| first.new_range().start) + 1;
        let changes = group.iter().flat_map(|op| diff.iter_changes(op));
        let lines: Vec<_> = changes
            .take(left)
            .map(|change| (change.tag(), redacted(change.value().trim_end_matches(['\n', '\r']))))
            .collect();
        left -= lines.len();
        if !lines.is_empty() {
            parts.push(Part { line, lines });
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_has_the_lines_around_it_and_says_where_it_is() {
        let before: String = (1..=40).map(|n| format!("line {n}\n")).collect();
        let after = before.replace("line 20\n", "line twenty\n");
        let parts = difference(&before, &after);
        assert_eq!((parts.len(), parts[0].line), (1, 17));
        let lines: Vec<(ChangeTag, &str)> =
            parts[0].lines.iter().map(|(tag, line)| (*tag, line.as_str())).collect();
        assert_eq!(lines.len(), 2 * AROUND + 2);
        assert_eq!(lines[3..5], [(ChangeTag::Delete, "line 20"), (ChangeTag::Insert, "line twenty")]);
        assert!(difference(&before, &before).is_empty());
    }

    #[test]
    fn no_password_is_shown_in_a_difference() {
        let (before, after) =
            ("url = \"rtsp://10.0.0.31/s?pwd=hunter2\"\n", "url = \"rtsp://li:hunter2@10.0.0.31/s\"\n");
        let parts = difference(before, after);
        let lines: Vec<&str> = parts[0].lines.iter().map(|(_, line)| line.as_str()).collect();
        assert!(lines.len() == 2 && lines.iter().all(|line| !line.contains("hunter2")), "{lines:?}");
        assert!(lines.iter().all(|line| line.starts_with("url = \"rtsp://")), "{lines:?}");
    }

    #[test]
    fn a_difference_that_is_long_ends_somewhere() {
        let after: String = (0..10_000).map(|n| format!("line {n}\n")).collect();
        let shown: usize = difference("", &after).iter().map(|part| part.lines.len()).sum();
        assert_eq!(shown, MOST_LINES);
    }
}
