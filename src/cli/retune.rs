//! `lookout retune`: what another configuration would have made of the last days.
//!
//! The comparison goes to standard output as text or JSON, and on request into one HTML file. Changes nothing on the box.

use std::fs;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use jiff::tz::TimeZone;

use super::when::{Lasting, When};
use super::{Failure, language, named_path, print_line};
use crate::analysis::time::Timestamp;
use crate::config::{Config, Surroundings};
use crate::retune::{self, Request, Unjudged};
use crate::text::{Words, model, retune as say};

/// The configuration of the box, where the one that is tried does not say where its data are.
pub(super) const OF_THE_BOX: &str = "/etc/lookout/lookout.toml";
/// The folder of the journal, in the folder of the box's data.
const JOURNAL: &str = "journal";
/// Where it is where nothing says so.
const USUAL: &str = "/var/lib/lookout/outbox/journal";

/// Say what another configuration would have made of the last days, from what the box recorded of them.
///
/// First whether the old configuration gives again what was published; then every alert that is new, gone, earlier, later or of
/// another level; and what that costs: alerts a day, and how many of those that people confirmed or called false are lost or
/// gone. Needs no recording and changes nothing.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The configuration to try
    #[arg(long, short, value_name = "NEW")]
    config: PathBuf,
    /// The data folder of the box [default: that of the configuration to try, else that of /etc/lookout/lookout.toml]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// How much of the past to judge: 90m, 12h or 7d
    #[arg(long, value_name = "LENGTH", default_value = "7d", conflicts_with = "from")]
    since: Lasting,
    /// From when: 2026-01-07, 2026-01-07T22:00 on the site's clock, or with an offset of its own (2026-01-07T22:00:00+08:00)
    #[arg(long, value_name = "TIME")]
    from: Option<When>,
    /// Until when, written likewise [default: now]
    #[arg(long, value_name = "TIME")]
    to: Option<When>,
    /// Only this camera; may be given several times
    #[arg(long, value_name = "ID")]
    camera: Vec<String>,
    /// Print the result as one JSON object
    #[arg(long)]
    json: bool,
    /// Write the report into one HTML file, with plots and pictures in it, in both languages
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// Runs it.
///
/// # Errors
/// A configuration with problems, no journal, too short a one, an unknown camera, a file that cannot be written.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let language = language::of_this_run();
    let new = Config::load_in(&args.config, &Surroundings::elsewhere(&args.config)).map_err(Failure::from)?;
    let zone = new.site.time_zone.clone();
    let journal = journal_of(args.data.as_deref(), Some(&new));
    let (from, to) = args.period(&zone, Timestamp::now())?;
    let request = Request { journal, new, from, to, cameras: args.camera, pictures: args.html.is_some() };
    let bar = progress(seconds(from, to));
    let judged = retune::retune(&request, &mut |at| bar.set_position(seconds(from, at)));
    bar.finish_and_clear();
    let comparison = judged.map_err(|why| failed(why, &request, &zone))?;
    if let Some(file) = &args.html {
        fs::write(file, comparison.html(language)).map_err(|error| named_path::unwritable(file, &error))?;
        say!("{}", say::report_written(file.display()).in_language(language));
    }
    match args.json {
        true => print_line(comparison.json(language)),
        false => print_line(comparison.text(language).trim_end()),
    }
}

impl Args {
    /// From when until when.
    fn period(&self, zone: &TimeZone, now: Timestamp) -> Result<(Timestamp, Timestamp), Failure> {
        let at = |when: When, option| when.in_zone(zone, option).map_err(Failure::refused);
        let to = self.to.map_or(Ok(now), |to| at(to, "--to"))?;
        let from = match self.from {
            Some(from) => at(from, "--from")?,
            None => to.checked_sub(self.since.0).unwrap_or(Timestamp::MIN),
        };
        if from >= to {
            let (from, to) = (clock(from, zone), clock(to, zone));
            return Err(Failure::refused(say::ends_before_it_begins(from, to)).hint(say::try_turning()));
        }
        Ok((from, to))
    }
}

/// Where the journal is: in the folder that is named, else where a configuration says: this one, then the box's.
pub(super) fn journal_of(data: Option<&Path>, config: Option<&Config>) -> PathBuf {
    if let Some(data) = data {
        let within = data.join(JOURNAL);
        return if within.is_dir() { within } else { data.to_owned() };
    }
    let own = config.map(|config| config.journal.dir.clone());
    let of_the_box = || {
        let path = Path::new(OF_THE_BOX);
        Config::load_in(path, &Surroundings::elsewhere(path)).ok().map(|config| config.journal.dir)
    };
    let is_there = |folder: &PathBuf| folder.is_dir();
    let found = own.clone().filter(is_there).or_else(|| of_the_box().filter(is_there));
    found.or(own).unwrap_or_else(|| PathBuf::from(USUAL))
}

/// Why nothing was judged, and what to try.
fn failed(why: Unjudged, request: &Request, zone: &TimeZone) -> Failure {
    failed_in(why, &request.journal, (request.from, request.to), zone)
}

/// The same of the journal in that folder, which was to be judged from one time to another.
pub(super) fn failed_in(
    why: Unjudged,
    folder: &Path,
    (from, to): (Timestamp, Timestamp),
    zone: &TimeZone,
) -> Failure {
    let folder = folder.display();
    match why {
        Unjudged::NoJournal => Failure::tried(say::no_journal(folder)).hint(say::try_journal()),
        Unjudged::Unreadable(error) => {
            Failure::tried(say::unreadable(folder, error.to_string())).hint(say::try_as_service())
        }
        Unjudged::TooShort { begins } => {
            let what = say::too_short(clock(from, zone), clock(to, zone));
            Failure::tried(what).hint(say::try_later(clock(begins, zone)))
        }
        Unjudged::UnknownCamera { camera, known } => {
            let known = model::listed(known.iter().map(|id| format!("`{id}`")));
            Failure::refused(say::unknown_camera(camera)).hint(say::try_cameras(known))
        }
        Unjudged::New(problems) => problems.into(),
        Unjudged::Old(of) => {
            let (path, problems) = *of;
            let problems = Words::from(problems.in_language(language::of_this_run()));
            Failure::tried(say::old_unreadable(path.display(), problems)).hint(say::try_after_upgrade())
        }
        Unjudged::Unknown(error) => Failure::tried(error.sentence()).hint(error.hint()),
        Unjudged::Stopped => Failure::tried(say::stopped()),
    }
}

/// A moment as a clock at the site shows it.
fn clock(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// Seconds from one time to another, for the bar.
pub(super) fn seconds(from: Timestamp, at: Timestamp) -> u64 {
    at.duration_since(from).as_secs().max(0).unsigned_abs()
}

/// A bar of that length on standard error while somebody watches; otherwise nothing.
pub(super) fn progress(length: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let left = say::left("{eta}").in_language(language::of_this_run());
    let style = ProgressStyle::with_template(&format!("{{bar:40}} {{percent}}% {left}"));
    let bar = ProgressBar::new(length);
    bar.enable_steady_tick(Duration::from_millis(250));
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Problems;
    use crate::contract::Language;

    fn args(line: &[&str]) -> Args {
        use clap::{Args as _, FromArgMatches as _};
        let command = Args::augment_args(clap::Command::new("retune"));
        let matches = command.try_get_matches_from([&["retune", "--config", "new.toml"], line].concat());
        Args::from_arg_matches(&matches.unwrap()).unwrap()
    }

    #[test]
    fn the_last_seven_days_are_judged_unless_a_time_is_given() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let now: Timestamp = "2026-11-30T09:00:00Z".parse().unwrap();
        let period = |line: &[&str]| {
            let (from, to) = args(line).period(&zone, now).unwrap();
            format!("{from} {to}")
        };
        assert_eq!(period(&[]), "2026-11-23T09:00:00Z 2026-11-30T09:00:00Z");
        assert_eq!(period(&["--since", "12h"]), "2026-11-29T21:00:00Z 2026-11-30T09:00:00Z");
        let named = ["--from", "2026-11-28", "--to", "2026-11-29"];
        assert_eq!(period(&named), "2026-11-27T16:00:00Z 2026-11-28T16:00:00Z");
        let turned = args(&["--from", "2026-11-29", "--to", "2026-11-28"]).period(&zone, now).unwrap_err();
        let turned = turned.in_language(Language::English).message;
        assert!(turned.contains("ends before it begins"), "{turned}");
    }

    fn config() -> Config {
        let path = Path::new("site.toml");
        let text = include_str!("../../config/minimal.toml");
        let config: Result<Config, Problems> = Config::from_text(path, text, &Surroundings::elsewhere(path));
        config.unwrap_or_else(|problems| panic!("{problems}"))
    }

    #[test]
    fn a_folder_that_is_named_may_be_that_of_the_data_or_of_the_journal() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path();
        assert_eq!(journal_of(Some(data), Some(&config())), data);
        fs::create_dir(data.join(JOURNAL)).unwrap();
        assert_eq!(journal_of(Some(data), Some(&config())), data.join(JOURNAL));
    }

    #[test]
    fn what_cannot_be_judged_says_what_where_why_and_what_to_try() {
        let folder = tempfile::tempdir().unwrap();
        let request = |cameras: &[&str]| Request {
            journal: folder.path().join("none"),
            new: config(),
            from: "2026-11-23T09:00:00Z".parse().unwrap(),
            to: "2026-11-30T09:00:00Z".parse().unwrap(),
            cameras: cameras.iter().map(ToString::to_string).collect(),
            pictures: false,
        };
        let zone = TimeZone::UTC;
        let why = retune::retune(&request(&[]), &mut |_| {}).unwrap_err();
        let message = failed(why, &request(&[]), &zone).message;
        assert!(
            message.contains("there is no detection journal in") && message.contains("hint: "),
            "{message}"
        );
        for (why, expected) in [
            (
                Unjudged::TooShort { begins: "2026-12-01T00:00:00Z".parse().unwrap() },
                "too little from 2026-11-23 09:00 to 2026-11-30 09:00 to judge anything\n  hint: it begins at 2026-12-01 00:00",
            ),
            (
                Unjudged::UnknownCamera { camera: "cam-9".to_owned(), known: vec!["cam-1".into()] },
                "neither configuration has a camera `cam-9`\n  hint: there are `cam-1`",
            ),
        ] {
            let message = failed(why, &request(&[]), &zone).in_language(Language::English).message;
            assert!(message.contains(expected), "{message}");
        }
    }
}
