//! The ledger on disk: cuts, changes, restarts, bounds.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::ledger::{Ledger, lines, read_checkpoint};
use super::*;
use crate::analysis::time::Moment;
use crate::hash_chain::Fault;

const BEGIN: &str = "2026-11-30T10:00:00Z";

fn begin_ms() -> i64 {
    BEGIN.parse::<Timestamp>().unwrap().as_millisecond()
}

/// The hour that begins so many hours later.
fn hour(number: i64) -> Record {
    let from = begin_ms() + number * HOUR_MS;
    let time = |ms: i64| Time(time_of(ms));
    let watched = 3_600_000 - number.unsigned_abs() % 1_000 * 1_000;
    let mut ms = Times::of(CoverageState::Watched, watched);
    ms.add(CoverageState::Dark, 3_600_000 - watched);
    let of = BTreeMap::from([("cam-03".to_owned(), vec!["yard".to_owned(), "gate".to_owned()])]);
    let rules = vec![Stretch { from: None, until: None, shift_ms: 0, ms, of }];
    Record { from: time(from), until: time(from + HOUR_MS), set_to: None, not_kept_until: None, rules }
}

fn now() -> Timestamp {
    BEGIN.parse().unwrap()
}

fn open(folder: &Path) -> Ledger {
    Ledger::open(folder, now()).unwrap().0
}

/// A ledger of so many hours in one folder.
fn ledger_of(hours: i64) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = open(folder.path());
    for number in 0..hours {
        assert_eq!(ledger.append(&hour(number), now(), 401).unwrap(), number.unsigned_abs() + 1);
    }
    folder
}

fn records(path: &Path) -> Vec<Record> {
    lines(path).records.into_iter().map(|(_, record)| record).collect()
}

fn all(folder: &Path) -> Vec<Record> {
    files(folder).iter().flat_map(|path| records(path)).collect()
}

#[test]
fn the_chain_goes_on_over_days_and_restarts() {
    let folder = ledger_of(30);
    open(folder.path()).append(&hour(30), now(), 401).unwrap();
    let names: Vec<String> = files(folder.path())
        .iter()
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(names, ["0000000001-20261130.jsonl", "0000000002-20261201.jsonl"]);
    let verified = verify(folder.path()).unwrap().unwrap();
    assert_eq!((verified.lines, verified.first), (31, 1));
    assert_eq!(all(folder.path()), (0..31).map(hour).collect::<Vec<_>>());
}

#[test]
fn cut_anywhere_it_is_a_prefix_and_goes_on() {
    let folder = ledger_of(4);
    let path = files(folder.path()).pop().unwrap();
    let whole = fs::read(&path).unwrap();
    for cut in 0..whole.len() {
        fs::write(&path, &whole[..cut]).unwrap();
        let count = whole[..cut].iter().filter(|byte| **byte == b'\n').count();
        assert_eq!(records(&path), (0..count as i64).map(hour).collect::<Vec<_>>(), "cut at {cut}");
        let is_torn = cut > 0 && whole[cut - 1] != b'\n';
        assert_eq!(verify(folder.path()).unwrap().is_err(), is_torn, "cut at {cut}");
        if cut % 7 != 0 {
            continue;
        }
        let (mut ledger, _) = Ledger::open(folder.path(), now()).unwrap();
        ledger.append(&hour(9), now(), 401).unwrap();
        let verified = verify(folder.path()).unwrap().unwrap();
        assert_eq!(verified.lines, count as u64 + 1, "cut at {cut}");
    }
}

#[test]
fn a_changed_byte_is_found_in_its_line_or_by_the_next() {
    let folder = ledger_of(4);
    let path = files(folder.path()).pop().unwrap();
    let whole = fs::read(&path).unwrap();
    let last = whole[..whole.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap();
    for at in 0..last {
        let mut changed = whole.clone();
        changed[at] = if changed[at] == b'0' { b'1' } else { b'0' };
        fs::write(&path, &changed).unwrap();
        let line = whole[..at].iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
        let Fault { line: found, .. } = verify(folder.path()).unwrap().unwrap_err();
        assert!((line..=line + 1).contains(&found), "byte {at} of line {line}: found in {found}");
    }
    let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    fs::write(&path, [lines[0], lines[2], lines[3]].concat()).unwrap();
    let fault = verify(folder.path()).unwrap().unwrap_err();
    assert!(fault.sentence().to_string().ends_with("it has number 3, after number 1: lines are missing"));
}

#[test]
fn a_ledger_that_was_cut_at_its_end_is_found_by_verify_and_goes_on_so_that_it_stays_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = Run::start(folder.path(), begin_ms());
    run.minutes(200);
    run.stop();
    assert!(verify(folder.path()).unwrap().is_ok() && notes_its_end(folder.path()));
    let path = files(folder.path()).pop().unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    assert_eq!(lines.len(), 3);
    fs::write(&path, lines[..1].concat()).unwrap();
    let what = |folder: &Path| verify(folder).unwrap().unwrap_err().what.to_string();
    assert_eq!(what(folder.path()), "lines number 2 to 3 were written and are gone");
    // The hour that went on stood after line 3, and goes on.
    let mut run = Run::start(folder.path(), begin_ms() + 200 * 60_000);
    run.minutes(60);
    run.stop();
    assert_eq!(what(folder.path()), "it has number 4, after number 1: lines are missing");
    fs::remove_file(&path).unwrap();
    assert_eq!(what(folder.path()), "lines number 1 to 4 were written and are gone");
    fs::remove_file(folder.path().join("now.json")).unwrap();
    assert!(!notes_its_end(folder.path()));
}

#[test]
fn a_line_that_cannot_be_read_is_counted_and_the_others_are_read() {
    let folder = ledger_of(3);
    let path = files(folder.path()).pop().unwrap();
    let whole = fs::read_to_string(&path).unwrap();
    fs::write(&path, whole.replacen("\"from\"", "\"form\"", 1)).unwrap();
    let calendar = calendar_of(folder.path());
    assert_eq!((calendar.damaged_lines, calendar.rows[0].days[0].hours.len()), (1, 2));
}

#[test]
fn so_many_days_are_kept_whatever_the_clock_says() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = open(folder.path());
    // Every day one of another year, as a box without a battery has them.
    for day in [0, 400, -900, 5, 30_000, 1, 2] {
        ledger.append(&hour(day * 24), now(), 4).unwrap();
        ledger.append(&hour(day * 24 + 1), now(), 4).unwrap();
    }
    assert_eq!(files(folder.path()).len(), 4);
    let kept: Vec<Record> =
        [5, 30_000, 1, 2].iter().flat_map(|day| [hour(day * 24), hour(day * 24 + 1)]).collect();
    assert_eq!(all(folder.path()), kept);
    let verified = verify(folder.path()).unwrap().unwrap();
    assert_eq!((verified.first, verified.lines), (7, 8));
}

#[test]
fn of_many_days_those_that_are_asked_for_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = open(folder.path());
    for day in [0, 1, 2, 7, 8] {
        ledger.append(&hour(day * 24), now(), 401).unwrap();
    }
    let named = |from: i64, until: i64| {
        let at = |day: i64| time_of(begin_ms() + day * 24 * HOUR_MS);
        let files = super::ledger::files_of(folder.path(), at(from), at(until));
        let days = files.iter().map(|path| path.display().to_string());
        days.map(|name| name[name.len() - 8..name.len() - 6].to_owned()).collect::<Vec<_>>()
    };
    // The one before, too: a line of the day before may reach into the first day that is asked for.
    assert_eq!(named(1, 2), ["30", "01", "02"]);
    assert_eq!(named(4, 5), ["02"], "nothing ran from the third day to the eighth");
    assert_eq!(named(7, 30), ["02", "07", "08"]);
    assert_eq!(named(20, 30), ["08"]);
}

/// A daemon with one rule at one camera, whose clocks go together.
struct Run {
    keeper: Keeper,
    accumulator: Accumulator,
    mono: Duration,
    utc_ms: i64,
}

fn watches() -> Vec<Watch> {
    vec![Watch { camera: "cam-03".into(), rule: "yard".into() }]
}

impl Run {
    fn start(folder: &Path, utc_ms: i64) -> Run {
        let at = Moment { mono: Duration::ZERO, utc: time_of(utc_ms) };
        let (keeper, accumulator) = Keeper::open(folder, 400, (at, &kept()), watches(), false).unwrap();
        let mut run = Run { keeper, accumulator, mono: Duration::ZERO, utc_ms };
        run.write(Vec::new(), Ending::GoesOn);
        run
    }

    /// So many minutes, with what is written once a minute.
    fn minutes(&mut self, minutes: i64) {
        for _ in 0..minutes {
            for _ in 0..60 {
                self.mono += Duration::from_secs(1);
                self.utc_ms += 1_000;
                let at = Moment { mono: self.mono, utc: time_of(self.utc_ms) };
                let finished = self.accumulator.look(at, |_| CoverageState::Watched);
                if !finished.is_empty() {
                    self.write(finished, Ending::GoesOn);
                }
            }
            self.write(Vec::new(), Ending::GoesOn);
        }
    }

    fn write(&mut self, finished: Vec<Record>, ending: Ending) {
        self.keeper.write(finished, self.checkpoint(ending), time_of(self.utc_ms));
    }

    fn checkpoint(&self, ending: Ending) -> Checkpoint {
        Checkpoint::new(self.accumulator.hour(), ending, &kept())
    }

    fn stop(mut self) {
        self.write(Vec::new(), Ending::Stopped);
    }
}

/// Of a machine that is switched off between two runs.
fn kept() -> ClockState {
    ClockState { is_kept: true, boot: None, on_for_ms: 0 }
}

fn calendar_of(folder: &Path) -> Calendar {
    let (from, until) = (time_of(begin_ms() - 24 * HOUR_MS), time_of(begin_ms() + 24 * HOUR_MS));
    let asked = Asked { cameras: &[], rules: &[], from, until, zone: &jiff::tz::TimeZone::UTC };
    calendar(folder, &asked).unwrap()
}

fn secs(folder: &Path) -> Vec<(CoverageState, u64)> {
    let calendar = calendar_of(folder);
    calendar.rows[0].ms.lasting().map(|(state, ms)| (state, ms / 1_000)).collect()
}

#[test]
fn a_stop_and_a_start_are_in_the_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = Run::start(folder.path(), begin_ms());
    run.minutes(90);
    run.stop();
    let mut run = Run::start(folder.path(), begin_ms() + 120 * 60_000);
    run.minutes(10);
    run.stop();
    let expected = [(CoverageState::Watched, 100 * 60), (CoverageState::NotRunning, 30 * 60)];
    assert_eq!(secs(folder.path()), expected);
    assert_eq!(all(folder.path()).len(), 2, "the third hour goes on");
    assert!(verify(folder.path()).unwrap().is_ok());
    assert!(read_checkpoint(folder.path()).unwrap().stopped);
}

#[test]
fn a_kill_takes_a_minute_at_most() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = Run::start(folder.path(), begin_ms());
    run.minutes(30);
    drop(run);
    Run::start(folder.path(), begin_ms() + 40 * 60_000).stop();
    let expected = [
        (CoverageState::Watched, 30 * 60),
        (CoverageState::NotRunning, 9 * 60),
        (CoverageState::Unknown, 60),
    ];
    assert_eq!(secs(folder.path()), expected);
}

#[test]
fn an_hour_whose_line_was_written_just_before_a_kill_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = Run::start(folder.path(), begin_ms());
    run.minutes(59);
    let before = run.checkpoint(Ending::GoesOn);
    run.minutes(1);
    run.stop();
    assert_eq!(all(folder.path()).len(), 1);
    // The hour that goes on is still the one of before.
    fs::write(folder.path().join("now.json"), serde_json::to_vec(&before).unwrap()).unwrap();
    Run::start(folder.path(), begin_ms() + 61 * 60_000).stop();
    assert_eq!(secs(folder.path()), [(CoverageState::Watched, 3_600), (CoverageState::Unknown, 60)]);
}

#[test]
fn where_the_hour_that_goes_on_is_gone_or_damaged_its_time_is_unknown() {
    for damage in [None, Some(&b"{\"after\":1,"[..]), Some(&[0; 64][..])] {
        let folder = tempfile::tempdir().unwrap();
        let mut run = Run::start(folder.path(), begin_ms());
        run.minutes(80);
        run.stop();
        let path = folder.path().join("now.json");
        match damage {
            None => fs::remove_file(&path).unwrap(),
            Some(bytes) => fs::write(&path, bytes).unwrap(),
        }
        Run::start(folder.path(), begin_ms() + 90 * 60_000).stop();
        assert_eq!(secs(folder.path()), [(CoverageState::Watched, 3_600), (CoverageState::Unknown, 1_800)]);
    }
}

#[test]
fn what_was_not_published_is_known_after_a_kill_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = Run::start(folder.path(), begin_ms());
    run.minutes(190);
    let waiting = |run: &Run| run.keeper.unpublished().map(|(n, _)| *n);
    assert_eq!(waiting(&run), Some(1));
    run.keeper.set_published();
    run.write(Vec::new(), Ending::GoesOn);
    drop(run);
    let mut run = Run::start(folder.path(), begin_ms() + 195 * 60_000);
    for n in [2, 3] {
        assert_eq!(waiting(&run), Some(n));
        run.keeper.set_published();
    }
    assert_eq!(waiting(&run), None);
    run.stop();
    let path = folder.path().join("now.json");
    let now = fs::read_to_string(&path).unwrap();
    assert!(now.contains("\"published\":3,"), "{now}");
    // An older version does not say it, and what it left over is not known.
    fs::write(&path, now.replace("\"published\":3,", "")).unwrap();
    assert_eq!(waiting(&Run::start(folder.path(), begin_ms() + 200 * 60_000)), None);
    fs::remove_file(&path).unwrap();
    assert_eq!(waiting(&Run::start(folder.path(), begin_ms() + 201 * 60_000)), Some(3));
}

/// What a day of 64 cameras with 6 rules each takes: quiet, and with one camera in ten that comes and goes.
#[test]
fn a_day_of_a_rule_takes_less_than_half_a_kibibyte_and_an_hour_that_goes_on_less_than_eight() {
    let names = ["yard", "fire-lane-blocked", "crowd-at-gate", "smoke", "e-bike-indoors", "wrong-way"];
    let watch = |camera, rule: &str| Watch { camera: format!("cam-{camera:02}").into(), rule: rule.into() };
    let watches: Vec<Watch> = (0..64).flat_map(|camera| names.map(|rule| watch(camera, rule))).collect();
    let rules = watches.len() as u64;
    for (every, most) in [(u64::MAX, 450), (10, 512)] {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = open(folder.path());
        let at = |secs: u64| Moment::after_origin(now(), Duration::from_secs(secs));
        let mut accumulator = Accumulator::new(at(0), watches.clone());
        for tick in 1..=8_640_u64 {
            let state = |place: usize| {
                let camera = place as u64 / 6;
                match camera % every == 1 && (tick + camera * 13) % 360 < 30 + camera {
                    true => CoverageState::NoVideo,
                    false => CoverageState::Watched,
                }
            };
            for record in accumulator.look(at(tick * 10), state) {
                ledger.append(&record, now(), 401).unwrap();
            }
        }
        let bytes: u64 = files(folder.path()).iter().map(|path| path.metadata().unwrap().len()).sum();
        let going_on =
            serde_json::to_vec(&Checkpoint::new(accumulator.hour(), Ending::GoesOn, &kept())).unwrap().len();
        assert!(bytes / rules <= most, "{} bytes a rule and day", bytes / rules);
        assert!(going_on < 8 << 10, "{going_on} bytes each minute");
    }
}
