//! How far a recording has been read: a bar on standard error while somebody watches, otherwise nothing. Of a file that does
//! not say how long it is the time is shown that has been read.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::super::language;
use crate::text::{Sentence, replay as say};

/// How often a bar is drawn that nothing moves, milliseconds.
const REDRAWN_MS: u64 = 200;

/// See the module.
pub(in crate::cli) struct Progress {
    bar: ProgressBar,
    has_length: bool,
}

impl Progress {
    /// Nothing has been read.
    pub(in crate::cli) fn begin() -> Self {
        let bar =
            if std::io::stderr().is_terminal() { ProgressBar::no_length() } else { ProgressBar::hidden() };
        let behind = say::read_so_far("{elapsed}", "{msg}").in_language(language::of_this_run());
        bar.set_style(style(&format!("{{spinner}} {behind}")));
        bar.enable_steady_tick(Duration::from_millis(REDRAWN_MS));
        Progress { bar, has_length: false }
    }

    /// Nothing is shown.
    pub(in crate::cli) fn none() -> Self {
        Progress { bar: ProgressBar::hidden(), has_length: false }
    }

    /// So far it has been read, of so much where that is known; `done` is what came of it.
    pub(in crate::cli) fn show(
        &mut self,
        at: Duration,
        length: impl FnOnce() -> Option<Duration>,
        done: Sentence,
    ) {
        if self.bar.is_hidden() {
            return;
        }
        let language = language::of_this_run();
        if !self.has_length
            && let Some(length) = length().filter(|length| !length.is_zero())
        {
            self.has_length = true;
            let behind = say::left("{eta}", "{msg}").in_language(language);
            self.bar.set_style(style(&format!("{{bar:40}} {{percent}}% {behind}")));
            self.bar.set_length(length.as_millis() as u64);
        }
        self.bar.set_position(at.as_millis() as u64);
        let done = if self.has_length { done } else { say::read_and(whole_seconds(at), done) };
        self.bar.set_message(done.in_language(language));
    }

    /// Prints something: the bar makes room for it.
    pub(in crate::cli) fn beside<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }

    /// Takes it away, so that what is said next stands in its place.
    pub(in crate::cli) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.end();
    }
}

fn whole_seconds(at: Duration) -> String {
    let seconds = at.as_secs();
    format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
