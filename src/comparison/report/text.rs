//! The comparison for a terminal: a few lines that say what it comes to, then a line for each alert that is not the same.

use super::{Comparison, Note, level_name, reasons, verdict_name};
use crate::text::{Joint, Sentence, Words, comparison as say};
use crate::types::language::Language;

/// A note and its details, a line each.
pub(crate) fn shown_note(note: &Note, language: Language) -> Vec<String> {
    let details = note.details.iter().map(|detail| format!("  {}", detail.in_language(language)));
    std::iter::once(note.what.in_language(language)).chain(details).collect()
}

impl Comparison {
    /// As text, with a line break at the end.
    pub(crate) fn text(&self, language: Language) -> String {
        let mut lines = vec![self.heading().in_language(language)];
        lines.extend(self.notes.iter().flat_map(|note| shown_note(note, language)));
        lines.push(String::new());
        lines.extend(self.price().sentences().iter().map(|sentence| sentence.in_language(language)));
        let counts: Vec<Words> = self.counts().into_iter().map(Words::from).collect();
        if !counts.is_empty() {
            lines.push(Words::List(counts, Joint::Then).in_language(language));
            lines.push(String::new());
        }
        for difference in self.changed() {
            let life = difference.known();
            let level = level_name(life.level).in_language(language);
            let what = self.outcome(difference);
            let verdict = difference.before().and_then(|life| self.verdicts.get(&life.alert));
            let what = match verdict {
                Some(verdict) => Words::List(vec![what, verdict_name(*verdict).into()], Joint::Clauses),
                None => what,
            };
            let line =
                say::line(self.clock(life.raised_at), life.place(), life.decided_by().as_ref(), level, what);
            lines.push(line.in_language(language));
            let details =
                reasons(difference).map(say::because).into_iter().chain(self.picture_line(difference));
            lines.extend(details.map(|detail| format!("    {}", detail.in_language(language))));
        }
        lines.join("\n") + "\n"
    }

    /// Which configurations, over which time.
    pub(super) fn heading(&self) -> Sentence {
        let (from, to) = (self.clock(self.from), self.clock(self.to));
        say::heading(&self.before, &self.after, from, to, self.cameras.len())
    }

    fn picture_line(&self, difference: &super::Difference) -> Option<Sentence> {
        let picture = self.pictures.get(&difference.before()?.alert)?;
        Some(say::picture(picture.path.display()))
    }
}
