//! `lookout tune`: how many of each rule's judged alerts were right, what other values would have made of the last days, and which
//! values keep within a budget.
//!
//! The answer goes to standard output as text or JSON, and on request into one HTML file. Changes nothing on the box: a changed
//! configuration is a text, which goes into a new file and nowhere else.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::retune::{OF_THE_BOX, failed_in, journal_of, meant, progress, seconds};
use super::when::Lasting;
use super::{Failure, language, named_path, print_line};
use crate::analysis::time::Timestamp;
use crate::config::{Config, Surroundings};
use crate::text::{Words, model, retune as retune_text, tune as say};
use crate::tune::budget::{self, Budget, Found, Per};
use crate::tune::{self, Question, Step, Untuned};

/// A new configuration is for this user and its group, as the box's own is.
const MODE: u32 = 0o640;

/// Say how many of each rule's judged alerts were right, and what other values would have made of the last days.
///
/// Alerts are judged by people, at the command centre or the page; those that nobody judged are counted apart. For each rule at
/// each camera, and each threshold, duration, number, least height and belief above the one in force: how many alerts would have been
/// told, which confirmed ones later or not at all, and which false alarms still. With --budget, values are looked for that keep
/// within it and lose the least. Needs no recording and changes nothing.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The configuration to tune [default: /etc/lookout/lookout.toml, else the one that ran last]
    #[arg(long, short, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The data folder of the box [default: that of the configuration]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// How much of the past to judge: 90m, 12h or 7d
    #[arg(long, value_name = "LENGTH", default_value = "7d")]
    since: Lasting,
    /// Only this rule; may be given several times
    #[arg(long, value_name = "ID")]
    rule: Vec<String>,
    /// Only this camera; may be given several times
    #[arg(long, value_name = "ID")]
    camera: Vec<String>,
    /// Look for values with which no more alerts are told, on the average: 6/hour or 40/day
    #[arg(long, value_name = "BUDGET")]
    budget: Option<Budget>,
    /// Write the changed configuration to this file, which must not be there yet
    #[arg(long, value_name = "FILE", requires = "budget")]
    write: Option<PathBuf>,
    /// Print the result as one JSON object
    #[arg(long)]
    json: bool,
    /// Write the curves into one HTML file, in both languages
    #[arg(long, value_name = "FILE", conflicts_with = "budget")]
    html: Option<PathBuf>,
}

/// Runs it.
///
/// # Errors
/// A configuration with problems, no journal, too short a one, an unknown rule or camera, a file that cannot be written.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    if let Some(file) = args.write.as_deref().filter(|file| file.exists()) {
        return Err(is_there(file));
    }
    let (question, budget) = (args.question(Timestamp::now())?, args.budget);
    for file in args.html.iter().chain(&args.write) {
        named_path::may_write(file)?;
    }
    match budget {
        Some(budget) => search(&args, &question, budget),
        None => curves(&args, &question),
    }
}

impl Args {
    fn question(&self, now: Timestamp) -> Result<Question, Failure> {
        let load = |file: &Path| Config::load_in(file, &Surroundings::elsewhere(file)).map_err(Failure::from);
        let of_the_box = Path::new(OF_THE_BOX);
        let file = self.config.as_deref();
        let file = file.or_else(|| (self.data.is_none() && of_the_box.is_file()).then_some(of_the_box));
        let config = file.map(load).transpose()?;
        let journal = journal_of(self.data.as_deref(), config.as_ref());
        let from = now.checked_sub(self.since.0).unwrap_or(Timestamp::MIN);
        let config = match config {
            Some(config) => config,
            None => {
                let zone = jiff::tz::TimeZone::system();
                let ran = tune::config_that_ran(&journal);
                ran.map_err(|why| failed_in(why, &journal, (from, now), &zone))?
            }
        };
        let (rules, cameras) = (self.rule.clone(), self.camera.clone());
        Ok(Question { journal, config, from, to: now, rules, cameras })
    }
}

fn curves(args: &Args, question: &Question) -> Result<(), Failure> {
    let language = language::of_this_run();
    let tuning = watched(question, |progress| tune::tune(question, progress))?;
    if let Some(file) = &args.html {
        named_path::write(file, tuning.html(language))?;
        say!("{}", retune_text::report_written(file.display()).in_language(language));
    }
    match args.json {
        true => print_line(tuning.json(language)),
        false => print_line(tuning.text(language).trim_end()),
    }
}

fn search(args: &Args, question: &Question, budget: Budget) -> Result<(), Failure> {
    let language = language::of_this_run();
    let found = watched(question, |progress| budget::search(question, budget, progress))?;
    if let Some(file) = &args.write {
        write(file, &found)?;
    }
    let written = args.write.as_ref().filter(|_| !found.turned.is_empty());
    let written = written.map(|file| file.display().to_string());
    match args.json {
        true => print_line(found.json(language)),
        false => print_line(found.text(language, written.as_deref()).trim_end()),
    }
}

/// Writes the changed configuration to a new file.
fn write(file: &Path, found: &Found) -> Result<(), Failure> {
    let language = language::of_this_run();
    if found.turned.is_empty() {
        say!("{}", say::nothing_to_write().in_language(language));
        return Ok(());
    }
    let new = fs::OpenOptions::new().write(true).create_new(true).mode(MODE).open(file);
    let written = new.and_then(|mut new| new.write_all(found.text.as_bytes()).and_then(|()| new.sync_all()));
    match written {
        Ok(()) => {
            say!("{}", say::written(file.display()).in_language(language));
            Ok(())
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Err(is_there(file)),
        Err(error) => Err(named_path::unwritable(file, &error)),
    }
}

fn is_there(file: &Path) -> Failure {
    Failure::refused(say::is_there(file.display())).hint(say::try_new_file())
}

/// Does the work with a bar.
fn watched<T>(
    question: &Question,
    work: impl FnOnce(&mut dyn FnMut(Step)) -> Result<T, Untuned>,
) -> Result<T, Failure> {
    let length = seconds(question.from, question.to);
    let bar = progress(length);
    let done = work(&mut |Step { pass, passes, at, .. }| {
        let before = length.saturating_mul(pass.saturating_sub(1) as u64);
        bar.set_length(length.saturating_mul(passes as u64));
        bar.set_position(before + seconds(question.from, at).min(length));
    });
    bar.finish_and_clear();
    done.map_err(|why| failed(why, question))
}

/// Why nothing can be said, and what to try.
fn failed(why: Untuned, question: &Question) -> Failure {
    match why {
        Untuned::Unjudged(why) => {
            failed_in(why, &question.journal, (question.from, question.to), &question.config.site.time_zone)
        }
        Untuned::UnknownRule { rule, known } => {
            let hint = meant(&rule, known.iter().map(|id| &**id), say::try_rules(listed(&known)));
            Failure::refused(say::unknown_rule(&rule)).hint(hint)
        }
        Untuned::Elsewhere { rule, cameras } => {
            Failure::refused(say::elsewhere(rule.as_ref())).hint(say::try_cameras(listed(&cameras)))
        }
        Untuned::UnknownParameter { name, known } => {
            Failure::refused(say::unknown_parameter(name)).hint(say::try_parameters(listed(&known)))
        }
        Untuned::ShorterThanBudget => Failure::tried(say::shorter_than_budget()).hint(say::try_longer()),
        Untuned::Unchangeable(why) => Failure::tried(why),
    }
}

fn listed<N: std::fmt::Display>(names: &[N]) -> Words {
    model::listed(names.iter().map(|name| format!("`{name}`")))
}

impl FromStr for Budget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || say::no_budget(text).with_hint(Some(&say::try_budget()), language::of_this_run());
        let (alerts, per) = text.split_once('/').ok_or_else(wrong)?;
        let alerts: f64 = alerts.trim().parse().map_err(|_| wrong())?;
        let per = match per.trim() {
            "h" | "hour" => Per::Hour,
            "d" | "day" => Per::Day,
            _ => return Err(wrong()),
        };
        (alerts.is_finite() && alerts > 0.0).then_some(Budget { alerts, per }).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::language::Language;

    #[test]
    fn a_budget_is_a_number_of_alerts_in_an_hour_or_a_day() {
        let of = |text: &str| text.parse::<Budget>().map(|budget| (budget.alerts, budget.per));
        assert_eq!(of("6/hour"), Ok((6.0, Per::Hour)));
        assert_eq!(of("0.5/h"), Ok((0.5, Per::Hour)));
        assert_eq!([of("40/day"), of("40/d")], [Ok((40.0, Per::Day)), Ok((40.0, Per::Day))]);
        for wrong in ["", "6", "6/week", "/hour", "0/hour", "-1/day", "many/hour", "inf/hour", "NaN/day"] {
            let why = of(wrong).unwrap_err();
            assert!(why.contains(&format!("`{wrong}`")) && why.contains("6/hour"), "{why}");
        }
    }

    fn question() -> Question {
        let path = Path::new("site.toml");
        let text = include_str!("../../config/minimal.toml");
        let config = Config::from_text(path, text, &Surroundings::elsewhere(path));
        Question {
            journal: "/nowhere".into(),
            config: config.unwrap_or_else(|problems| panic!("{problems}")),
            from: "2026-11-23T09:00:00Z".parse().unwrap(),
            to: "2026-11-30T09:00:00Z".parse().unwrap(),
            rules: Vec::new(),
            cameras: Vec::new(),
        }
    }

    #[test]
    fn an_unknown_rule_is_guessed_or_the_rules_are_named() {
        let message = |rule: &str| {
            let known = vec!["yard".into(), "fire-lane".into()];
            let why = Untuned::UnknownRule { rule: rule.to_owned(), known };
            failed(why, &question()).in_language(Language::English).message
        };
        assert!(message("yrad").contains("did you mean `yard`?"), "{}", message("yrad"));
        assert!(message("kitchen").contains("there are `yard`, `fire-lane`"), "{}", message("kitchen"));
    }

    #[test]
    fn what_cannot_be_written_is_said_before_the_work() {
        use clap::{Args as _, FromArgMatches as _};
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("site.toml");
        fs::write(&config, include_str!("../../config/minimal.toml")).unwrap();
        let refused = folder.path().join("none").join("file");
        for options in [&["--html"][..], &["--budget", "6/hour", "--write"]] {
            let paths = [config.as_os_str(), "--data".as_ref(), folder.path().as_os_str()];
            let line = ["tune", "--config"].iter().map(|word| word.as_ref()).chain(paths);
            let line = line.chain(options.iter().map(|word| word.as_ref())).chain([refused.as_os_str()]);
            let matches = Args::augment_args(clap::Command::new("tune")).try_get_matches_from(line);
            let failure = run(Args::from_arg_matches(&matches.unwrap()).unwrap()).unwrap_err();
            let message = failure.in_language(Language::English).message;
            // There is no journal either, which the work would find.
            assert!(message.contains("there is no such folder"), "{message}");
            assert!(message.contains("hint: name a file"), "{message}");
        }
    }

    #[test]
    fn a_configuration_is_never_written_over_another() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("lookout.toml");
        fs::write(&file, "mine").unwrap();
        let found = crate::tune::budget::tests::found("other");
        let message = write(&file, &found).unwrap_err().in_language(Language::English).message;
        assert!(message.contains("is there already") && message.contains("name a new file"), "{message}");
        assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
        let new = folder.path().join("new.toml");
        write(&new, &found).unwrap();
        assert_eq!(fs::read_to_string(&new).unwrap(), "other");
    }
}
