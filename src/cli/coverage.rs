//! `lookout coverage`: how long rules could have raised an alert, so that "no alert" says something.
//!
//! Sums and a calendar go to standard output as text or JSON. Changes nothing on the box.

use std::io;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

use super::when::Lasting;
use super::{Failure, language, print_line};
use crate::analysis::time::Timestamp;
use crate::comparison::lasting;
use crate::config::{Config, Surroundings, nearest_name};
use crate::coverage::{self, Asked, Calendar, CoverageState, Day, Hour, Row};
use crate::text::{Joint, Sentence, Words, argument, audit, coverage as say, model};

/// The folder of the ledger, in the folder of the box's data.
const COVERAGE: &str = "coverage";
/// Where it is where nothing says so.
const USUAL: &str = "/var/lib/lookout/outbox/coverage";

/// From so many parts of what was to be watched on, an hour is a whole one: a reading or two is no gap.
const WHOLE: f64 = 0.995;

/// Say how long rules could have raised an alert, and what kept them from it: with it, "no alert" says something.
///
/// For each rule at each camera: the sum, the reasons, the longest gaps, and a calendar with a mark for each hour. The hour that
/// goes on is there up to a minute ago.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only this camera; may be given several times
    #[arg(long, value_name = "ID")]
    camera: Vec<String>,
    /// Only this rule; may be given several times
    #[arg(long, value_name = "ID")]
    rule: Vec<String>,
    /// How much of the past: 12h or 7d
    #[arg(long, value_name = "LENGTH", default_value = "7d")]
    since: Lasting,
    /// Print the result as one JSON object, with every hour
    #[arg(long)]
    json: bool,
    /// Follow the chain from line to line instead; exit code 1 and the first line that does not fit if it is broken
    #[arg(long, conflicts_with_all = ["camera", "rule", "json"])]
    verify: bool,
    /// The configuration of the box
    #[arg(long, short, value_name = "FILE", default_value = "/etc/lookout/lookout.toml")]
    config: PathBuf,
    /// The data folder of the box [default: that of the configuration]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// Runs it.
///
/// # Errors
/// There is no ledger, it is broken, or it holds nothing of what is asked.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let config = Config::load_in(&args.config, &Surroundings::elsewhere(&args.config));
    let folder = match (&args.data, &config) {
        (Some(data), _) => within(data),
        (None, Ok(config)) => config.coverage.dir.clone(),
        // Without a configuration where the box has it; one that is there and wrong is said.
        (None, Err(_)) if !args.config.exists() && Path::new(USUAL).is_dir() => PathBuf::from(USUAL),
        (None, Err(problems)) => return Err(problems.clone().into()),
    };
    if args.verify {
        return verify(&folder);
    }
    let zone = config.map_or_else(|_| TimeZone::system(), |config| config.site.time_zone);
    let until = Timestamp::now();
    let from = until.checked_sub(args.since.0).unwrap_or(Timestamp::MIN);
    let asked = Asked { cameras: &args.camera, rules: &args.rule, from, until, zone: &zone };
    let calendar = coverage::calendar(&folder, &asked).map_err(|error| unreadable(&folder, &error))?;
    if calendar.damaged_lines > 0 {
        say!("{}", say::damaged(calendar.damaged_lines).in_language(language::of_this_run()));
    }
    is_there(&calendar, &args, &folder)?;
    match args.json {
        true => {
            let text = serde_json::to_string(&calendar);
            print_line(
                text.map_err(|error| Failure::tried(say::unreadable(folder.display(), error.to_string())))?,
            )
        }
        false => print_line(text(&calendar, &zone).trim_end()),
    }
}

/// The ledger in the folder that is named, which may be that of the data or of the ledger.
fn within(data: &Path) -> PathBuf {
    let within = data.join(COVERAGE);
    if within.is_dir() { within } else { data.to_owned() }
}

fn verify(folder: &Path) -> Result<(), Failure> {
    std::fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
    match coverage::verify(folder) {
        Ok(Ok(_)) if coverage::files(folder).is_empty() => Err(none_in(folder)),
        Ok(Ok(good)) => {
            if !coverage::notes_its_end(folder) {
                say!("{}", say::end_unknown().in_language(language::of_this_run()));
            }
            print_line(good.sentence().in_language(language::of_this_run()))
        }
        Ok(Err(fault)) => Err(Failure::tried(fault.sentence()).hint(audit::try_comparing())),
        Err(error) => {
            let names = coverage::files(folder).into_iter().map(|file| file.display().to_string());
            Err(Failure::tried(argument::unread(model::listed(names), argument::why_unread(&error))))
        }
    }
}

fn none_in(folder: &Path) -> Failure {
    Failure::tried(say::none_in(folder.display())).hint(say::try_folder())
}

fn unreadable(folder: &Path, error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => none_in(folder),
        io::ErrorKind::PermissionDenied => {
            let what = say::unreadable(folder.display(), argument::why_unread(error));
            Failure::tried(what).hint(say::try_as_service())
        }
        _ => Failure::tried(say::unreadable(folder.display(), argument::why_unread(error))),
    }
}

/// Whether there is something to say, and every name is one.
fn is_there(calendar: &Calendar, args: &Args, folder: &Path) -> Result<(), Failure> {
    if calendar.cameras.is_empty() {
        if coverage::files(folder).is_empty() {
            return Err(none_in(folder));
        }
        return Err(Failure::tried(say::nothing_recorded()).hint(say::try_other_time()));
    }
    let unknown = |names: &[String], known: &[String], what: fn(String) -> Sentence| {
        let wrong = names.iter().find(|name| !known.contains(name))?;
        let all = model::listed(known.iter().map(|id| format!("`{id}`")));
        let hint = match nearest_name(wrong, known.iter().map(String::as_str)) {
            Some(nearest) => say::try_name(nearest, all),
            None => say::try_names(all),
        };
        Some(Failure::refused(what(wrong.clone())).hint(hint))
    };
    if let Some(failure) = unknown(&args.camera, &calendar.cameras, say::unknown_camera)
        .or_else(|| unknown(&args.rule, &calendar.rules, say::unknown_rule))
    {
        return Err(failure);
    }
    if calendar.rows.is_empty() {
        let listed = |names: &[String]| model::listed(names.iter().cloned());
        return Err(Failure::refused(say::not_both(listed(&args.camera), listed(&args.rule))));
    }
    Ok(())
}

/// A length of time, for people.
fn length(ms: u64) -> Sentence {
    lasting(jiff::SignedDuration::from_millis(i64::try_from(ms).unwrap_or(i64::MAX)))
}

fn clock(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// The whole answer.
fn text(calendar: &Calendar, zone: &TimeZone) -> String {
    let language = language::of_this_run();
    let mut lines = Vec::new();
    if let Some(from) = calendar.recorded_from.filter(|from| *from > calendar.from) {
        lines.push(say::recorded_from(clock(from.0, zone)).in_language(language));
        lines.push(String::new());
    }
    if !calendar.breaks.is_empty() {
        lines.extend(calendar.breaks.iter().map(|one| one.sentence(zone).in_language(language)));
        lines.push(String::new());
    }
    for row in &calendar.rows {
        lines.extend(sums(row, zone).iter().enumerate().map(|(line, sentence)| {
            let indent = if line == 0 { "" } else { "  " };
            format!("{indent}{}", sentence.in_language(language))
        }));
        lines.push(format!("  {:10}  0     6     12    18", ""));
        lines.extend(row.days.iter().map(day));
        for (day, hour) in row.days.iter().flat_map(|day| day.hours.iter().map(move |hour| (day, hour))) {
            lines
                .extend(clock_set(day, hour).map(|sentence| format!("  {}", sentence.in_language(language))));
        }
        lines.push(String::new());
    }
    lines.push(legend().in_language(language));
    lines.join("\n")
}

fn clock_set(day: &Day, hour: &Hour) -> Option<Sentence> {
    let by = length(hour.clock_set_ms.unsigned_abs());
    let by = match hour.clock_set_ms.signum() {
        0 => return None,
        1 => say::forward(by),
        _ => say::back(by),
    };
    Some(say::clock_was_set(day.date.as_str(), format!("{:02}", hour.hour), by))
}

/// What one rule did at one camera, in sentences.
fn sums(row: &Row, zone: &TimeZone) -> Vec<Sentence> {
    let Row { camera, rule, ms, gaps, .. } = row;
    let (camera, rule) = (camera.as_str(), rule.as_str());
    let (watched, wanted) = (ms.ms(CoverageState::Watched), ms.wanted_ms());
    if wanted == 0 {
        return vec![say::never_in_force(camera, rule)];
    }
    let percent = percent(watched, wanted, 1);
    let mut sentences = vec![say::covered(camera, rule, length(watched), length(wanted), percent)];
    let mut reasons: Vec<_> = ms.lasting().filter(|(state, _)| state.is_gap()).collect();
    reasons.sort_by_key(|(_, ms)| std::cmp::Reverse(*ms));
    if !reasons.is_empty() {
        let reasons = reasons.into_iter().map(|(state, ms)| say::for_long(length(ms), state.words()).into());
        sentences.push(say::not_for(Words::List(reasons.collect(), Joint::Row)));
    }
    let out = ms.ms(CoverageState::NotInForce);
    if out > 0 {
        sentences.push(say::out_of_schedule(length(out)));
    }
    if !gaps.is_empty() {
        let gaps = gaps.iter().map(|gap| {
            let (from, until) = (clock(gap.from.0, zone), clock(gap.until.0, zone));
            say::gap(from, until, length(gap.ms), gap.state.words()).into()
        });
        sentences.push(say::longest(Words::List(gaps.collect(), Joint::Then)));
    }
    sentences
}

/// With so many digits; never 100 for less, nor 0 for more.
fn percent(part: u64, whole: u64, digits: i32) -> String {
    let ten = 10_f64.powi(digits);
    let parts = part as f64 * 100.0 * ten / whole.max(1) as f64;
    let parts = if part < whole { parts.round().min(100.0 * ten - 1.0) } else { parts.round() };
    (if part > 0 { parts.max(1.0) } else { parts } / ten).to_string()
}

/// `2026-11-30  ####+vvv................   97 %`
fn day(day: &Day) -> String {
    let mut marks = [' '; 24];
    for hour in &day.hours {
        // The hour that comes twice has the mark of the second.
        if let Some(mark) = usize::try_from(hour.hour).ok().and_then(|at| marks.get_mut(at)) {
            *mark = mark_of(hour);
        }
    }
    let marks: String = marks.iter().collect();
    let wanted = day.ms.wanted_ms();
    let percent = match wanted {
        0 => "-".to_owned(),
        _ => percent(day.ms.ms(CoverageState::Watched), wanted, 0),
    };
    format!("  {}  {marks}  {percent:>3} %", day.date)
}

/// Of what kept it from watching for the longest time, where that was most of the time.
fn mark_of(hour: &Hour) -> char {
    let (watched, wanted) = (hour.ms.ms(CoverageState::Watched) as f64, hour.ms.wanted_ms() as f64);
    if wanted > 0.0 && watched >= wanted * WHOLE {
        return '#';
    }
    if wanted > 0.0 && watched >= wanted / 2.0 {
        return '+';
    }
    let gaps = hour.ms.lasting().filter(|(state, _)| state.is_gap());
    let of_gap = gaps.max_by_key(|(_, ms)| *ms).map(|(state, _)| mark(state));
    of_gap.unwrap_or(if hour.ms.total_ms() > 0 { mark(CoverageState::NotInForce) } else { ' ' })
}

fn mark(state: CoverageState) -> char {
    match state {
        CoverageState::Watched => '#',
        CoverageState::NotInForce => '.',
        CoverageState::NoVideo => 'v',
        CoverageState::Frozen
        | CoverageState::Dark
        | CoverageState::OverExposed
        | CoverageState::Covered
        | CoverageState::Moved
        | CoverageState::Sprayed => 'b',
        CoverageState::Failing => 'f',
        CoverageState::Overloaded => 'o',
        CoverageState::NotRunning => 'x',
        CoverageState::Unknown => '?',
    }
}

fn legend() -> Sentence {
    let mark = |mark: char, meaning: Sentence| Words::from(say::mark(mark.to_string(), meaning));
    let of = |state: CoverageState| mark(self::mark(state), state.words());
    let mut marks = vec![
        mark('#', say::whole_hour()),
        mark('+', say::most_of_it()),
        of(CoverageState::NotInForce),
        of(CoverageState::NoVideo),
        mark(self::mark(CoverageState::Dark), say::blind()),
    ];
    let others = [
        CoverageState::Failing,
        CoverageState::Overloaded,
        CoverageState::NotRunning,
        CoverageState::Unknown,
    ];
    marks.extend(others.map(of));
    marks.push(say::nothing().into());
    say::legend(Words::List(marks, Joint::Row))
}

#[cfg(test)]
mod tests;
