//! `lookout audit`: who asked this box for what, and whether the log of it is whole.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::Value;

use super::{Failure, named_path, print_line};
use crate::audit;
use crate::config::{Config, Surroundings};
use crate::contract::Language;
use crate::daemon;

/// Show or verify the audit log of a box.
#[derive(Debug, clap::Args)]
pub struct Args {
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
pub fn run(args: Args) -> Result<(), Failure> {
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
        let config = Config::load_in(&self.config, &Surroundings::elsewhere(&self.config))
            .map_err(Failure::invalid)?;
        let folder = daemon::control_dir(&config);
        let files = audit::files(&folder);
        if files.is_empty() {
            return Err(Failure::failed(format!(
                "there is no audit log in {}\n  hint: has the daemon run here? name the file, or the configuration with --config",
                folder.display()
            )));
        }
        Ok(files)
    }
}

fn verify(files: &[PathBuf]) -> Result<(), Failure> {
    let names = || files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(", ");
    for file in files {
        let name = format!("the log {}", file.display());
        named_path::check(&name, file, Language::English).map_err(Failure::failed)?;
    }
    match audit::verify(files) {
        Ok(Ok(good)) => print_line(format!(
            "whole: {} lines from number {} on; the last one's SHA-256 is {}",
            good.lines, good.first, good.head
        )),
        Ok(Err(fault)) => Err(Failure::failed(format!(
            "{fault}\n  hint: everything before that line is as it was written; compare what follows with a copy"
        ))),
        Err(error) => Err(Failure::failed(format!("{} cannot be read: {error}", names()))),
    }
}

fn show(files: &[PathBuf], json: bool, last: Option<usize>) -> Result<(), Failure> {
    let mut lines = Vec::new();
    for file in files {
        lines.extend(read(file)?.lines().map(str::to_owned));
    }
    let skip = last.map_or(0, |last| lines.len().saturating_sub(last));
    for line in &lines[skip..] {
        if json { print_line(line)? } else { print_line(in_words(line))? }
    }
    Ok(())
}

fn read(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|error| {
        let name = format!("the log {}", file.display());
        Failure::failed(named_path::unread(&name, file, &error, Language::English))
    })
}

/// `2026-01-01T08:00:00Z  accepted  ack  r1  by desk-2 (key desk-1): why; what became of it`
fn in_words(line: &str) -> String {
    let Ok(line) = serde_json::from_str::<Value>(line) else {
        return "(no line of an audit log)".to_owned();
    };
    let text = |key: &str| line[key].as_str().map(tame);
    let mut words: Vec<String> =
        ["at", "event", "command", "request_id"].into_iter().filter_map(text).collect();
    if let Some(count) = line["count"].as_u64() {
        words.push(format!("{count} times"));
    }
    words.extend(text("by").map(|by| format!("by {by}")));
    words.extend(text("key").map(|key| format!("key {key}")));
    words.extend(text("reason").map(|reason| format!("because: {reason}")));
    words.extend(text("outcome"));
    words.extend(text("detail"));
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
        let words = in_words(line);
        assert_eq!(words, "2026-01-01T08:00:00Z  accepted  ack  r1  by x [2J  key desk-1  because: a call");
    }
}
