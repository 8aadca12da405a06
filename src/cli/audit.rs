//! `lookout audit`: who asked this box for what, and whether the log of it is whole.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::Value;

use super::{Failure, language, named_path, print_line};
use crate::audit;
use crate::config::{Config, Surroundings};
use crate::contract::Language;
use crate::daemon;
use crate::text::{argument, audit as text, foreign};

/// Show or verify the audit log of a box.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Follow the chain from line to line; exit code 1 and the first line that does not fit if it is broken
    Verify(Which),
    /// Print it, a line for each thing that happened
    Show {
        #[command(flatten)]
        which: Which,
        /// Print the lines as they stand in the log
        #[arg(long)]
        json: bool,
        /// Only the last so many lines
        #[arg(long, value_name = "N")]
        last: Option<usize>,
    },
}

#[derive(Debug, clap::Args)]
struct Which {
    /// Files of a log, oldest first; those of the configuration's box by default
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The configuration of the box whose log it is
    #[arg(long, short, default_value = "/etc/lookout/lookout.toml")]
    config: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// There is no such log, or it is broken.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    match args.action {
        Action::Verify(which) => verify(&which.files()?),
        Action::Show { which, json, last } => show(&which.files()?, json, last),
    }
}

impl Which {
    fn files(&self) -> Result<Vec<PathBuf>, Failure> {
        if !self.files.is_empty() {
            return Ok(self.files.clone());
        }
        let config =
            Config::load_in(&self.config, &Surroundings::elsewhere(&self.config)).map_err(Failure::from)?;
        let folder = daemon::control_dir(&config);
        let files = audit::files(&folder);
        if files.is_empty() {
            return Err(Failure::tried(text::none_in(folder.display())).hint(text::try_naming()));
        }
        Ok(files)
    }
}

fn verify(files: &[PathBuf]) -> Result<(), Failure> {
    for file in files {
        named_path::check(text::log(file.display()), file)
            .map_err(|(what, hint)| Failure::tried(what).hint(hint))?;
    }
    match audit::verify(files) {
        Ok(Ok(good)) => {
            let whole = text::whole(good.lines, good.first, good.head);
            print_line(whole.in_language(language::of_this_run()))
        }
        Ok(Err(fault)) => Err(Failure::tried(fault.sentence()).hint(text::try_comparing())),
        Err(error) => {
            let names = files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(", ");
            Err(Failure::tried(argument::unread(names, foreign::words(error.to_string()))))
        }
    }
}

fn show(files: &[PathBuf], json: bool, last: Option<usize>) -> Result<(), Failure> {
    let mut lines = Vec::new();
    for file in files {
        lines.extend(read(file)?.lines().map(str::to_owned));
    }
    let language = language::of_this_run();
    let skip = last.map_or(0, |last| lines.len().saturating_sub(last));
    for line in &lines[skip..] {
        if json { print_line(line)? } else { print_line(in_words(line, language))? }
    }
    Ok(())
}

fn read(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|error| {
        let (what, hint) = named_path::unreadable(text::log(file.display()), file, &error);
        Failure::tried(what).hint(hint)
    })
}

/// `2026-01-01T08:00:00Z  accepted  ack  r1  by desk-2 (key desk-1): why; what became of it`
fn in_words(line: &str, language: Language) -> String {
    let Ok(line) = serde_json::from_str::<Value>(line) else {
        return text::not_a_line().in_language(language);
    };
    let field = |key: &str| line[key].as_str().map(tame);
    let mut words: Vec<String> =
        ["at", "event", "command", "request_id"].into_iter().filter_map(field).collect();
    if let Some(count) = line["count"].as_u64() {
        words.push(text::times(count).in_language(language));
    }
    words.extend(field("by").map(|by| text::by(by).in_language(language)));
    words.extend(field("key").map(|key| text::with_key(key).in_language(language)));
    words.extend(field("reason").map(|reason| text::because(reason).in_language(language)));
    words.extend(field("outcome"));
    words.extend(field("detail"));
    if !line["data"].is_null() {
        words.push(tame(&line["data"].to_string()));
    }
    words.join("  ")
}

/// What others wrote cannot steer the terminal.
fn tame(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reads_well_and_cannot_steer_the_terminal() {
        let line = r#"{"n":1,"at":"2026-01-01T08:00:00Z","before":"0","event":"accepted","command":"ack","request_id":"r1","key":"desk-1","by":"x\u001b[2J","reason":"a call"}"#;
        let words = in_words(line, Language::English);
        assert_eq!(words, "2026-01-01T08:00:00Z  accepted  ack  r1  by x [2J  key desk-1  because: a call");
    }
}
