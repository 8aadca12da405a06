//! `lookout retune`: what another configuration would have made of the last days.
//!
//! The comparison goes to standard output as text or JSON, and on request into one HTML file. Changes nothing on the box.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use jiff::tz::TimeZone;

use super::when::{Lasting, When};
use super::{Failure, language, named_path, print_line};
use crate::analysis::time::Timestamp;
use crate::config::{Config, Surroundings, nearest_name};
use crate::journal::HoleWhy;
use crate::retune::{self, Request, Unjudged};
use crate::text::{Joint, Sentence, Words, config, config_rule, model, retune as say};

/// The configuration of the box, where the one that is tried does not say where its data are.
pub(super) const OF_THE_BOX: &str = "/etc/lookout/lookout.toml";
/// The folder of the journal, in the folder of the box's data.
const JOURNAL: &str = "journal";
/// Where it is where nothing says so.
const USUAL: &str = "/var/lib/lookout/outbox/journal";
/// Most files of a journal of which it is said what is wrong with them.
const MOST_FILES: usize = 8;

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
    if let Some(file) = &args.html {
        named_path::may_write(file)?;
    }
    let request = Request { journal, new, from, to, cameras: args.camera, pictures: args.html.is_some() };
    let bar = progress(seconds(from, to));
    let judged = retune::retune(&request, &mut |at| bar.set_position(seconds(from, at)));
    bar.finish_and_clear();
    let comparison = judged.map_err(|why| failed(why, &request, &zone))?;
    if let Some(file) = &args.html {
        named_path::write(file, comparison.html(language))?;
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
    // One that this user may not look at is there as far as anybody knows: that is said when it is read.
    let is_there = |folder: &PathBuf| folder.is_dir() || folder.try_exists().is_err();
    if let Some(data) = data {
        let within = data.join(JOURNAL);
        return if is_there(&within) { within } else { data.to_owned() };
    }
    let own = config.map(|config| config.journal.dir.clone());
    let of_the_box = || {
        let path = Path::new(OF_THE_BOX);
        Config::load_in(path, &Surroundings::elsewhere(path)).ok().map(|config| config.journal.dir)
    };
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
    let path = folder.display();
    match why {
        Unjudged::NoJournal { broken } if broken.is_empty() => {
            Failure::tried(say::no_journal(path)).hint(say::try_journal())
        }
        Unjudged::NoJournal { broken } => {
            Failure::tried(say::nothing_readable(path, file_by_file(&broken))).hint(say::try_readable_files())
        }
        Unjudged::Unreadable(error) => {
            let (why, _) = named_path::reason(folder, &error);
            Failure::tried(say::unreadable(path.to_string(), why)).hint(say::try_as_service(path))
        }
        Unjudged::TooShort { begins, ends, broken } => {
            let what = say::too_short(clock(from, zone), clock(to, zone));
            let hint = another_time((from, to), (begins, ends), zone);
            match broken.is_empty() {
                true => Failure::tried(what).hint(hint),
                false => Failure::tried(say::too_short_and(what, file_by_file(&broken)))
                    .hint(Words::List(vec![hint.into(), say::try_readable_files().into()], Joint::Then)),
            }
        }
        Unjudged::UnknownCamera { camera, known } => {
            let hint = say::try_cameras(model::listed(known.iter().map(|id| format!("`{id}`"))));
            let hint = meant(&camera, known.iter().map(|id| &**id), hint);
            Failure::refused(say::unknown_camera(camera)).hint(hint)
        }
        Unjudged::New(problems) => problems.into(),
        Unjudged::Old(of) => {
            let (path, problems) = *of;
            let problems = Words::from(problems.in_language(language::of_this_run()));
            Failure::tried(say::old_unreadable(path.display(), problems)).hint(say::try_after_upgrade())
        }
        Unjudged::Unknown(error) => Failure::tried(error.sentence()).hint(error.hint()),
        Unjudged::Stopped => Failure::tried(say::stopped()),
        Unjudged::Several(all) => {
            Failure::all(all.into_iter().map(|why| failed_in(why, folder, (from, to), zone)).collect())
        }
    }
}

/// What to try where the journal has too little of a time: it lies before what there is, behind it, or within it.
fn another_time(
    (from, to): (Timestamp, Timestamp),
    (begins, ends): (Timestamp, Timestamp),
    zone: &TimeZone,
) -> Sentence {
    if to <= begins {
        say::try_later(clock(begins, zone))
    } else if from >= ends {
        say::try_earlier(clock(ends, zone))
    } else {
        say::try_longer(clock(begins, zone), clock(ends, zone))
    }
}

/// What is wrong with files of the journal, a line each.
fn file_by_file(broken: &[HoleWhy]) -> String {
    let language = language::of_this_run();
    let line = |why: &HoleWhy| format!("\n  {}", why.sentence().in_language(language));
    broken.iter().take(MOST_FILES).map(line).collect()
}

/// What to try, behind the name that was probably meant.
pub(super) fn meant<'k>(typed: &str, known: impl IntoIterator<Item = &'k str>, hint: Sentence) -> Sentence {
    match nearest_name(typed, known) {
        Some(near) => config_rule::and_then(config::did_you_mean(near), hint),
        None => hint,
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
    use std::fs;

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
    fn a_report_that_cannot_be_written_is_refused_before_the_work_and_says_why_and_what_to_try() {
        let folder = tempfile::tempdir().unwrap();
        let not_there = folder.path().join("none").join("report.html");
        for (path, why) in [(folder.path(), "it is a folder"), (&not_there, "there is no such folder")] {
            let failure = named_path::may_write(path).unwrap_err().in_language(Language::English);
            let message = &failure.message;
            assert!(message.contains(why) && message.contains("hint: name a file"), "{message}");
            assert!(!message.contains("os error"), "{message}");
        }
        let file = folder.path().join("report.html");
        named_path::may_write(&file).unwrap();
        assert!(!file.exists());
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
        let too_short = |begins: &str, ends: &str, broken| Unjudged::TooShort {
            begins: begins.parse().unwrap(),
            ends: ends.parse().unwrap(),
            broken,
        };
        let unknown = |camera: &str| Unjudged::UnknownCamera {
            camera: camera.to_owned(),
            known: vec!["cam-1".into(), "yard".into()],
        };
        let (before, behind, later) =
            ("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z", "2026-12-02T00:00:00Z");
        let cut = HoleWhy::Torn { file: "/data/7.journal".into(), offset: 90 };
        for (why, expected) in [
            (
                too_short(behind, later, Vec::new()),
                "too little from 2026-11-23 09:00 to 2026-11-30 09:00 to judge anything\n  hint: it begins at 2026-12-01 00:00: ask about a later time",
            ),
            (
                too_short("2026-10-01T00:00:00Z", before, Vec::new()),
                "hint: it ends at 2026-11-01 00:00: ask about an earlier time",
            ),
            (
                too_short(before, behind, vec![cut]),
                "to judge anything:\n  /data/7.journal ends within a block at byte 90: the box was switched off or killed while it wrote\n  hint: it has records from 2026-11-01 00:00 to 2026-12-01 00:00",
            ),
            (
                unknown("cam-l"),
                "neither configuration has a camera `cam-l`\n  hint: did you mean `cam-1`? there are `cam-1`, `yard`",
            ),
            (unknown("x"), "neither configuration has a camera `x`\n  hint: there are `cam-1`, `yard`"),
            (
                Unjudged::Several(vec![unknown("x"), too_short(behind, later, Vec::new())]),
                "`yard`\nerror: the detection journal has too little",
            ),
            (
                Unjudged::Unreadable(std::io::ErrorKind::PermissionDenied.into()),
                "cannot be read: this user may not read it\n  hint: run it with sudo",
            ),
            (
                Unjudged::NoJournal {
                    broken: vec![HoleWhy::Torn { file: "/data/7.journal".into(), offset: 0 }],
                },
                "/none:\n  /data/7.journal is empty, or cut off before its first record",
            ),
        ] {
            let message = failed(why, &request(&[]), &zone).in_language(Language::English).message;
            assert!(message.contains(expected), "{message}");
        }
    }
}
