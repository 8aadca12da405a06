//! `lookout audit`: who asked this box for what, and whether the log of it is whole.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use jiff::tz::TimeZone;

use super::{Failure, language, named_path, print_line};
use crate::audit::{self, Line};
use crate::config::{Config, Surroundings};
use crate::contract::Language;
use crate::daemon;
use crate::input_file;
use crate::sentences;
use crate::text::{Sentence, argument, audit as text, model};
use crate::types::not_a_file::NotAFile;

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
    /// Print it, a line for each thing that happened; times are those of the configuration's site, else this machine's
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
        Action::Verify(which) => verify(&which.files()?.0),
        Action::Show { which, json, last } => {
            let (files, zone) = which.files()?;
            show(&files, &zone, json, last)
        }
    }
}

impl Which {
    /// The files, and the time zone of their site: this machine's where no configuration says it.
    fn files(&self) -> Result<(Vec<PathBuf>, TimeZone), Failure> {
        let config = Config::load_in(&self.config, &Surroundings::elsewhere(&self.config));
        if !self.files.is_empty() {
            let zone = config.map_or_else(|_| TimeZone::system(), |config| config.site.time_zone);
            return Ok((self.files.clone(), zone));
        }
        let config = config.map_err(Failure::from)?;
        let folder = daemon::control_dir(&config);
        let files = audit::files(&folder);
        if files.is_empty() {
            return Err(Failure::tried(text::none_in(folder.display())).hint(text::try_naming()));
        }
        Ok((files, config.site.time_zone))
    }
}

fn verify(files: &[PathBuf]) -> Result<(), Failure> {
    for file in files {
        named_path::need(text::log(file.display()), file)?;
    }
    match audit::verify(files) {
        Ok(Ok(good)) => print_line(good.sentence().in_language(language::of_this_run())),
        Ok(Err(fault)) => Err(Failure::tried(fault.sentence()).hint(text::try_comparing())),
        Err(error) => {
            let names = model::listed(files.iter().map(|file| file.display().to_string()));
            let what = argument::unread(names, argument::why_unread(&error));
            Err(if NotAFile::of(&error).is_some() {
                Failure::refused(what).hint(argument::hint_unread(&error))
            } else {
                Failure::tried(what)
            })
        }
    }
}

fn show(files: &[PathBuf], zone: &TimeZone, json: bool, last: Option<usize>) -> Result<(), Failure> {
    let mut lines = Vec::new();
    for file in files {
        lines.extend(read(file)?.lines().map(str::to_owned));
    }
    let language = language::of_this_run();
    let skip = last.map_or(0, |last| lines.len().saturating_sub(last));
    for line in &lines[skip..] {
        if json { print_line(line)? } else { print_line(in_words(line, zone, language))? }
    }
    Ok(())
}

fn read(file: &Path) -> Result<String, Failure> {
    input_file::read_text(file)
        .map_err(|error| named_path::unreadable(text::log(file.display()), file, &error))
}

/// `2026-01-01T16:00:00+08:00  accepted  ack  r1  by desk-2  key desk-1  because: why  what became of it`
fn in_words(line: &str, zone: &TimeZone, language: Language) -> String {
    let Ok(Line { at, entry, .. }) = serde_json::from_str::<Line>(line) else {
        return text::not_a_line().in_language(language);
    };
    let mut words = vec![at.0.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()];
    let mut say = |part: String| words.push(tame(&part));
    say(in_a_word(&entry.event, language));
    let said = entry.detail_in(language, sentences::catalogue());
    entry.command.into_iter().chain(entry.request_id).for_each(&mut say);
    let sentences = [
        entry.count.map(|count| if count == 1 { text::once() } else { text::times(count) }),
        entry.by.map(text::by),
        entry.key.map(text::with_key),
        entry.reason.map(text::because),
    ];
    sentences.into_iter().flatten().for_each(|sentence| say(sentence.in_language(language)));
    entry.outcome.into_iter().for_each(|outcome| say(in_a_word(&outcome, language)));
    said.into_iter().for_each(&mut say);
    entry.data.into_iter().for_each(|data| say(data.to_string()));
    words.join("  ")
}

/// What happened, or what became of it; a word of another version stays as it is.
fn in_a_word(name: &str, language: Language) -> String {
    const WORDS: [fn() -> Sentence; 16] = [
        text::accepted,
        text::refused,
        text::refused_many,
        text::finished,
        text::marks,
        text::config,
        text::secrets,
        text::started,
        text::was_torn,
        text::damaged,
        text::done,
        text::already,
        text::failed,
        text::applied,
        text::rejected,
        text::renewed,
    ];
    let word = WORDS.iter().map(|word| word()).find(|word| word.to_string() == name);
    word.map_or_else(|| name.to_owned(), |word| word.in_language(language))
}

/// What others wrote cannot steer the terminal, nor turn the direction of writing and so hide what stands behind it.
fn tame(text: &str) -> String {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if steers(c) { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Entry;

    fn shown(line: &str, language: Language) -> String {
        in_words(line, &TimeZone::get("Asia/Shanghai").unwrap(), language)
    }

    #[test]
    fn a_line_reads_well_and_cannot_steer_the_terminal() {
        let line = r#"{"n":1,"at":"2026-01-01T08:00:00Z","before":"0","event":"accepted","command":"ack","request_id":"r1","key":"desk-1","by":"x\u001b[2J","reason":"a call"}"#;
        let words = shown(line, Language::English);
        let english = "2026-01-01T16:00:00+08:00  accepted  ack  r1  by x [2J  key desk-1  because: a call";
        assert_eq!(words, english);
        let words = shown(line, Language::Chinese);
        let chinese = "2026-01-01T16:00:00+08:00  已受理  ack  r1  由 x [2J  密钥 desk-1  原因：a call";
        assert_eq!(words, chinese);
        assert_eq!(shown("{}", Language::English), "(no line of an audit log)");
        let turned = line.replace("a call", "\\u202ellac a\\u2069");
        let words = shown(&turned, Language::English);
        assert!(words.ends_with("because:  llac a "), "{words:?}");
    }

    #[test]
    fn what_became_of_it_is_reported_in_the_language_of_who_reads() {
        let folder = tempfile::tempdir().unwrap();
        let at = "2026-01-01T08:00:00Z".parse().unwrap();
        let log = audit::Audit::open(folder.path(), at).unwrap();
        let started = Entry::of("started");
        log.record(at, started.with_detail(text::torn(7_usize), Language::Chinese)).unwrap();
        let kept = read(&audit::files(folder.path())[0]).unwrap();
        for language in Language::ALL {
            let words = shown(kept.trim_end(), language);
            assert!(words.ends_with(&text::torn(7_usize).in_language(language)), "{words}");
        }
        // As older versions wrote it, and as a newer one may.
        let old = r#"{"n":1,"at":"2026-01-01T08:00:00Z","before":"0","event":"napped","outcome":"well","detail":"截去了一行"}"#;
        let new = old.replace("\"detail\"", "\"told\":{\"code\":\"audit.not_yet\",\"args\":{}},\"detail\"");
        for line in [old, &new] {
            let words = shown(line, Language::English);
            assert_eq!(words, "2026-01-01T16:00:00+08:00  napped  well  截去了一行");
        }
    }
}
