//! `lookout shadow`: lets a second configuration judge beside the one that runs, shows what it found, ends it.
//!
//! It asks the running box by a file in the folder of what was asked for, so whoever may write there may ask. Must never
//! change what runs.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use serde_json::json;

use super::when::Lasting;
use super::{Failure, language, named_path, print_line};
use crate::analysis::time::Timestamp;
use crate::comparison::level_name;
use crate::config::{Config, Surroundings};
use crate::daemon::control_dir;
use crate::shadow::{
    self, Begin, LASTS_AT_MOST, Request, ShownDifference, Summary, USUALLY_LASTS, WhatDiffers,
};
use crate::text::{Joint, Words, argument, shadow as say};

/// The box looks once a second; a box that loads models takes longer to come to it.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// How often it is looked for the answer.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// The shortest that a shadow may judge.
const LASTS_AT_LEAST: Duration = Duration::from_secs(10);

/// Let another configuration judge beside the one that runs, and show what it would have told.
///
/// With a file it begins; without one it is shown what it found so far. Nothing that it would have told goes to the command
/// centre as an alert, to the page's list of alerts or anywhere else where somebody would act on it. It ends by itself after its
/// time, and when its configuration is put in force.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The configuration that is to judge
    #[arg(value_name = "FILE", conflicts_with = "stop")]
    file: Option<PathBuf>,
    /// End it
    #[arg(long)]
    stop: bool,
    /// How long it judges: 12h or 7d
    #[arg(long = "for", value_name = "LENGTH", requires = "file")]
    lasts: Option<Lasting>,
    /// The configuration of the box
    #[arg(long, short, default_value = "/etc/lookout/lookout.toml")]
    config: PathBuf,
    /// Print what it found as one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs it.
///
/// # Errors
/// A configuration with problems, a folder that cannot be used, a box that does not answer or says no.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let live =
        Config::load_in(&args.config, &Surroundings::elsewhere(&args.config)).map_err(Failure::from)?;
    let folder = control_dir(&live);
    let zone = &live.site.time_zone;
    if args.stop {
        request(&folder, None)?;
        say!("{}", say::judges_no_more().in_language(language::of_this_run()));
        return Ok(());
    }
    let Some(file) = &args.file else { return show(&folder, zone, args.json) };
    let lasts = args.lasts.map_or(USUALLY_LASTS, |Lasting(lasts)| lasts);
    if lasts > LASTS_AT_MOST {
        return Err(Failure::refused(say::lasts_too_long(LASTS_AT_MOST.as_secs() / 86_400)));
    }
    if lasts < LASTS_AT_LEAST {
        return Err(Failure::refused(say::lasts_too_short(LASTS_AT_LEAST.as_secs())));
    }
    // Every problem is said here, before the box is asked.
    let new = Config::load_in(file, &Surroundings::elsewhere(file)).map_err(Failure::from)?;
    let path = std::path::absolute(file).map_err(|error| named_path::unwritable(file, &error))?;
    let before = shadow::summary_in(&folder).filter(Summary::is_running);
    request(&folder, Some(Begin { path, toml: new.text().to_owned(), lasts_secs: lasts.as_secs() }))?;
    let until = Timestamp::now().checked_add(lasts).unwrap_or(Timestamp::MAX);
    say!("{}", say::judges_until(clock(until, zone)).in_language(language::of_this_run()));
    if let Some(before) = before {
        let said = say::in_place_of(&*before.name, clock(before.since.0, zone));
        say!("{}", said.in_language(language::of_this_run()));
    }
    // What it cannot say is known at once.
    if let Some(summary) = shadow::summary_in(&folder).filter(Summary::is_running) {
        for line in limits(&summary) {
            say!("{line}");
        }
    }
    Ok(())
}

/// Asks the box and waits for its answer.
fn request(folder: &Path, begin: Option<Begin>) -> Result<(), Failure> {
    let by =
        std::env::var("SUDO_USER").or_else(|_| std::env::var("USER")).unwrap_or_else(|_| "root".to_owned());
    let request = Request::new(by, begin);
    shadow::send_request(folder, &request).map_err(|error| {
        let why = say::not_asked(folder.display(), argument::why_unwritten(&error));
        Failure::tried(why).hint(say::try_as_service())
    })?;
    let deadline = Instant::now() + ANSWER_WITHIN;
    loop {
        if let Some(answer) = shadow::answer(folder, &request.id) {
            let language = language::of_this_run();
            return match answer.refused {
                None => Ok(()),
                Some(why) => Err(Failure::failed(why.in_language(language))),
            };
        }
        if Instant::now() >= deadline {
            shadow::forget_request(folder);
            return Err(Failure::tried(say::not_answered()).hint(say::try_running()));
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

fn show(folder: &Path, zone: &TimeZone, as_json: bool) -> Result<(), Failure> {
    if let Err(error) = std::fs::read_dir(folder)
        && error.kind() == std::io::ErrorKind::PermissionDenied
    {
        let why = say::not_read(folder.display(), error.to_string());
        return Err(Failure::tried(why).hint(say::try_as_service()));
    }
    let summary = shadow::summary_in(folder);
    if as_json {
        return print_line(json!(summary));
    }
    match summary {
        Some(summary) => print_line(text(&summary, zone)),
        None => Err(Failure::tried(say::none_judged()).hint(say::try_one())),
    }
}

/// A moment as a clock at the site shows it.
fn clock(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn text(summary: &Summary, zone: &TimeZone) -> String {
    let language = language::of_this_run();
    let (name, since) = (&*summary.name, clock(summary.since.0, zone));
    let counts = summary.counts;
    let first = match &summary.ended {
        None => say::line_running(name, since, clock(summary.until.0, zone), &*summary.by),
        Some(ended) => say::line_ended(name, since, clock(ended.at.0, zone), shadow::ending_words(ended.why)),
    };
    let mut lines = vec![
        first,
        say::line_at(clock(summary.at.0, zone)),
        say::line_alerts(counts.alerts, counts.alerts_published, counts.revisions),
        say::line_counts(counts.same, counts.changed, counts.only_shadow, counts.only_published),
    ];
    if counts.missed > 0 {
        lines.push(say::line_missed(counts.missed));
    }
    lines.push(match summary.differences.len() {
        0 => say::line_no_difference(),
        shown => say::line_differences(shown),
    });
    let mut lines: Vec<String> = lines.iter().map(|line| line.in_language(language)).collect();
    let line = |one: &ShownDifference| difference(one, zone).in_language(language);
    lines.extend(summary.differences.iter().map(|one| format!("  {}", line(one))));
    if !summary.differences.is_empty() {
        lines.push(
            say::try_journal(name, clock(summary.since.0, zone).replace(' ', "T")).in_language(language),
        );
    }
    lines.extend(limits(summary));
    lines.join("\n")
}

fn limits(summary: &Summary) -> Vec<String> {
    let language = language::of_this_run();
    if summary.limits.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![say::line_limits().in_language(language)];
    lines.extend(summary.limits.iter().map(|limit| format!("  {}", limit.in_language(language))));
    lines
}

fn difference(one: &ShownDifference, zone: &TimeZone) -> Words {
    let by = || format!("{:.1}", one.later_by_s.unwrap_or_default().abs());
    let what = match (one.what, one.level_published, one.level_shadow) {
        (WhatDiffers::OnlyShadow, ..) => say::only_shadow(),
        (WhatDiffers::OnlyPublished, ..) => say::only_published(),
        (WhatDiffers::Earlier, ..) => say::earlier(by()),
        (WhatDiffers::Later, ..) => say::later(by()),
        (WhatDiffers::Level, Some(published), Some(shadow)) => {
            say::other_level(level_name(published), level_name(shadow))
        }
        (WhatDiffers::Level | WhatDiffers::PartOfAnother, ..) => say::part_of_another(),
    };
    let place = one.camera.as_ref().unwrap_or(&one.grid).clone();
    let decided = one.rule.as_ref().unwrap_or(&one.kind).clone();
    let parts: Vec<Words> = vec![clock(one.at.0, zone).into(), place.into(), decided.into(), what.into()];
    Words::List(parts, Joint::Clauses)
}
