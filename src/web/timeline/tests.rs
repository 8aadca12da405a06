//! A simulated day of one camera: people by day, a blind hour, no pictures, overload, an alert, a box that was off.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::hour::{Hour, Reading};
use super::*;
use crate::analysis::alert::AlertId;
use crate::analysis::detection::{Class, Detection};
use crate::analysis::geometry::BBox;
use crate::analysis::time::Moment;
use crate::config::{Config, Surroundings};
use crate::contract::alert::ModelRef;
use crate::contract::words::Language;
use crate::journal::{
    Configuration, Digest, Entry, Hole, HoleWhy, Input, Look, Looked, Published, Session, Unwatched,
};
use crate::types::level::Level;
use crate::types::phase::{Phase, PhaseReason};

const TEXT: &str = "[site]\nbox = \"box-1\"\narea = \"530127\"\nmode = \"test\"\ntime_zone = \"Asia/Shanghai\"\n\
    [[camera]]\nid = \"cam-1\"\nname = \"East gate\"\neye = \"village\"\nurl = \"rtsp://10.0.0.31/1\"\ngrid = \"53012700300102\"\n\
    thresholds = { person = 0.5 }\nnight = { schedule = \"daily 22:00-06:00\", thresholds = { person = 0.7 } }\n";
/// Minutes since the day began at the site.
const BLIND: std::ops::Range<u32> = 300..360;
const SILENT: std::ops::Range<u32> = 480..500;
const OVERLOADED: std::ops::Range<u32> = 600..640;
const OFF: std::ops::Range<u32> = 700..760;

fn config() -> Config {
    let path = Path::new("/etc/lookout/lookout.toml");
    Config::from_text(path, TEXT, &Surroundings::elsewhere(path))
        .unwrap_or_else(|problems| panic!("{problems}"))
}

/// Midnight at the site.
fn start() -> Timestamp {
    "2026-11-29T16:00:00Z".parse().unwrap()
}

fn at(minute: u32, second: u32) -> Moment {
    let since = Duration::from_secs(u64::from(minute * 60 + second));
    Moment { mono: since, utc: start() + since }
}

fn session(at: Moment) -> Entry {
    let configuration = Configuration {
        path: "/etc/lookout/lookout.toml".into(),
        text: TEXT.to_owned(),
        settings: None,
        sha256: "ab".repeat(32),
        model: ModelRef::none(),
        classes: vec![Class::PERSON, Class::CAR],
        recommended: BTreeMap::new(),
    };
    Entry::Session(Box::new(Session {
        at,
        id: 1,
        goes_on: false,
        software: "0.1.0".to_owned(),
        box_id: "box-1".into(),
        configuration: Arc::new(configuration),
        restored: Vec::new(),
        mutes: Vec::new(),
    }))
}

fn look(at: Moment, scores: &[(Class, f32)]) -> Entry {
    let box_in_frame = BBox::new(0.4, 0.4, 0.5, 0.7);
    let detection = |(class, score): &(Class, f32)| Detection { class: *class, score: *score, box_in_frame };
    let detections = scores.iter().map(detection).collect();
    let (camera, verdicts) = ("cam-1".into(), Box::default());
    Entry::Input(Input::Look(Look { camera, at, looked: Looked::Once, detections, verdicts }))
}

fn unwatched(minute: u32, blind: u64, units: u64, looked: u64, overloaded: u64) -> Entry {
    Entry::Unwatched(Unwatched {
        at: at(minute + 1, 5),
        camera: "cam-1".into(),
        over: Duration::from_secs(60),
        blind: Duration::from_secs(blind),
        units,
        not_decoded: 0,
        given_up: 0,
        not_due: 0,
        overloaded,
        looked,
    })
}

fn published(at: Moment, rev: u32, phase: Phase, level: Level) -> Entry {
    Entry::Published(Published {
        at,
        alert: AlertId("01K8QZJ7W40000000000000000".into()),
        rev,
        phase,
        reason: PhaseReason::Raised,
        level,
        kind: "crowd".into(),
        rule: Some("crowd".into()),
        camera: Some("cam-1".into()),
        grid: "53012700300102".into(),
        started_at: at.utc,
        digest: Digest::default(),
    })
}

/// The whole day.
fn day() -> Vec<Entry> {
    let mut entries = vec![session(at(0, 0))];
    for minute in (0..1_440).filter(|minute| !OFF.contains(minute)) {
        let people = if (420..1_200).contains(&minute) { minute % 7 } else { 0 };
        let mut found = vec![(Class::PERSON, 0.8); people as usize];
        found.push((Class::PERSON, 0.4));
        if minute % 90 < 12 {
            found.push((Class::CAR, 0.6));
        }
        let is_seen = !BLIND.contains(&minute) && !SILENT.contains(&minute);
        if is_seen {
            entries.push(look(at(minute, 10), &found));
        }
        if minute == 650 {
            entries.push(published(at(650, 12), 1, Phase::New, Level::Yellow));
        }
        if minute == 662 {
            entries.push(published(at(662, 12), 2, Phase::End, Level::Orange));
        }
        entries.push(Entry::Input(Input::Tick { at: at(minute, 59) }));
        entries.push(match minute {
            minute if BLIND.contains(&minute) => unwatched(minute, 60, 1_500, 30, 0),
            minute if SILENT.contains(&minute) => unwatched(minute, 60, 0, 0, 0),
            minute if OVERLOADED.contains(&minute) => unwatched(minute, 0, 1_500, 100, 200),
            _ => unwatched(minute, 0, 1_500, 300, 1),
        });
        if minute == 760 {
            let why = HoleWhy::Overflow { records: 12 };
            entries.push(Entry::Hole(Hole { at: Some(at(760, 0)), why }));
        }
    }
    entries
}

fn hours(entries: &[Entry]) -> BTreeMap<i64, Arc<Hour>> {
    let mut reading = Reading::default();
    entries.iter().for_each(|entry| reading.take(entry));
    reading.hours.into_iter().map(|(number, hour)| (number, Arc::new(hour))).collect()
}

/// The end of the day at the site.
fn end() -> Timestamp {
    start() + Duration::from_secs(86_400)
}

fn line(step: usize) -> TimeLine {
    TimeLine::of(&hours(&day()), "cam-1", (start(), end()), step, end())
}

#[test]
fn each_minute_says_how_well_the_camera_saw() {
    let line = line(1);
    let sight = |minute: u32| line.sight[minute as usize];
    assert_eq!(sight(10), Some(Sight::Clear));
    assert_eq!((sight(BLIND.start), sight(BLIND.end - 1)), (Some(Sight::Blind), Some(Sight::Blind)));
    assert_eq!((sight(BLIND.start - 1), sight(BLIND.end)), (Some(Sight::Clear), Some(Sight::Clear)));
    assert_eq!(sight(SILENT.start), Some(Sight::Silent));
    assert_eq!(sight(OVERLOADED.start), Some(Sight::Overloaded));
    assert_eq!((sight(OFF.start + 1), sight(OFF.end)), (Some(Sight::Unrecorded), Some(Sight::Clear)));
    assert_eq!(line.minutes[&Sight::Blind], 60);
    assert_eq!(line.minutes.values().sum::<usize>(), 1_440);
    assert_eq!(line.holes.len(), 1);
}

#[test]
fn of_ten_minutes_the_worst_counts_and_the_most_at_once() {
    let line = line(10);
    assert_eq!(line.sight.len(), 144);
    assert_eq!(line.sight[63], Some(Sight::Overloaded));
    let people = &line.found[&Class::PERSON];
    assert_eq!((people[0], people[45]), (0, 6), "what is below the threshold is not found");
    assert_eq!(line.found[&Class::CAR][0], 1);
}

#[test]
fn thresholds_of_the_night_count_at_night() {
    let faint = [(Class::PERSON, 0.6)];
    let entries = [session(at(0, 0)), look(at(60, 0), &faint), look(at(720, 0), &faint)];
    let line = TimeLine::of(&hours(&entries), "cam-1", (start(), end()), 10, end());
    let people = &line.found[&Class::PERSON];
    assert_eq!((people[6], people[72]), (0, 1));
}

#[test]
fn an_alert_reaches_from_its_first_to_its_last_revision_with_its_highest_level() {
    let line = line(10);
    let [(id, mark)] = &line.alerts[..] else { panic!("{:?}", line.alerts) };
    assert_eq!(&*id.0, "01K8QZJ7W40000000000000000");
    assert_eq!((mark.from, mark.to), (at(650, 12).utc, at(662, 12).utc));
    assert_eq!(mark.level, Level::Orange);
    let earlier = (start(), at(600, 0).utc);
    assert!(TimeLine::of(&hours(&day()), "cam-1", earlier, 10, end()).alerts.is_empty());
}

#[test]
fn the_last_minutes_are_no_gap_before_they_are_written() {
    let now = at(540, 30).utc;
    let entries: Vec<Entry> =
        day().into_iter().filter(|entry| entry.at().is_some_and(|when| when.utc < at(538, 0).utc)).collect();
    let line = TimeLine::of(&hours(&entries), "cam-1", (start(), end()), 1, now);
    assert_eq!(line.sight[537], Some(Sight::Clear));
    assert_eq!((line.sight[538], line.sight[600]), (None, None));
    let later = TimeLine::of(&hours(&entries), "cam-1", (start(), end()), 1, at(550, 0).utc);
    assert_eq!(later.sight[539], Some(Sight::Unrecorded), "by then it would be");
}

fn drawn(line: &TimeLine, span: Span, language: Language) -> String {
    let config = config();
    let camera = config.camera("cam-1").unwrap();
    let shell = Shell::bare(language, say::of_camera("East gate"));
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    let body = html! {
        p.back { a href="/cameras/cam-1" { (shell.say(say::back("East gate"))) } }
        h1 { (shell.say(shell.title.clone())) }
        p.hint { (shell.say(say::about())) }
        (choice(&shell, camera, span, (line.from, line.to), &zone, end()))
        div #time-line { (View { shell: &shell, camera, line, span, zone: &zone }.body()) }
    };
    shell.page_to_look_at(&format!("timeline-{}-{}", line.step, line.alerts.len()), body)
}

#[test]
fn everything_drawn_is_said_in_words_and_leads_on() {
    let line = line(10);
    let span = Span::Day("2026-11-30".parse().unwrap());
    let page = drawn(&line, span, Language::English);
    for part in [
        "href=\"/alerts/01K8QZJ7W40000000000000000\" aria-label=\"10:50: Crowd gathering, Orange\"",
        "person: at most 6 at once",
        "could not see 60 min",
        "gave no pictures 20 min",
        "nothing recorded 59 min",
        "href=\"/cameras/cam-1/timeline?hour=2026-11-30T01:00Z\"",
        "href=\"/cameras/cam-1/timeline?day=2026-11-29\"",
        "Records are missing in this time (1).",
        "05:00: could not see 60 min",
        ">2026-11-30</h2>",
    ] {
        assert!(page.contains(part), "{part} is missing in {page}");
    }
    assert!(!page.contains(" style="), "nothing inline");
    let chinese = drawn(&line, span, Language::Chinese);
    for part in ["人员：同时最多 6", "看不清 60 分钟", "10:50：人员聚集"] {
        assert!(chinese.contains(part), "{part} is missing in {chinese}");
    }
}

#[test]
fn a_blind_minute_is_said_as_one_minute_and_not_as_the_step_that_it_is_drawn_in() {
    let mut entries = vec![session(at(0, 0))];
    for minute in 0..120 {
        let (blind, units, lost) = match minute {
            31 => (60, 1_500, 0),
            33 | 34 => (0, 1_500, 200),
            _ => (0, 1_500, 0),
        };
        entries.push(look(at(minute, 10), &[]));
        entries.push(unwatched(minute, blind, units, 300, lost));
    }
    let end = at(120, 0).utc;
    let line = TimeLine::of(&hours(&entries), "cam-1", (start(), end), 10, end);
    assert_eq!(line.sight[3], Some(Sight::Blind), "it is drawn by its worst");
    let page = drawn(&line, Span::Day("2026-11-30".parse().unwrap()), Language::English);
    assert!(page.contains("00:30 to 00:40: box too busy 2 min, could not see 1 min"), "{page}");
    assert!(page.contains("<li>00:00: box too busy 2 min, could not see 1 min</li>"), "{page}");
    assert!(!page.contains("10 min<"), "{page}");
}

#[test]
fn hours_in_which_nothing_but_the_same_was_so_are_told_of_together() {
    let entries = [session(at(0, 0)), look(at(0, 10), &[]), look(at(600, 10), &[(Class::PERSON, 0.8)])];
    let now = at(610, 0).utc;
    let mut read = hours(&entries);
    // Of which nothing was recorded is known, too.
    for hour in hours_of(start(), end()) {
        read.entry(hour).or_default();
    }
    let line = TimeLine::of(&read, "cam-1", (start(), end()), 10, now);
    let page = drawn(&line, Span::Day("2026-11-30".parse().unwrap()), Language::English);
    assert!(page.contains("<li>00:00: nothing recorded 59 min</li>"), "{page}");
    assert!(page.contains("<li>01:00 to 10:00: nothing recorded</li>"), "{page}");
    assert!(page.contains("<li>10:00: person 1, nothing recorded 6 min</li>"), "{page}");
    assert!(page.contains("Known up to 10:07."), "what is to come has no mark either: {page}");
}

#[test]
fn a_time_of_which_nothing_is_written_yet_is_not_called_well() {
    let range = (at(60, 0).utc, at(70, 0).utc);
    let line = TimeLine::of(&BTreeMap::new(), "cam-1", range, 1, at(61, 0).utc);
    let page = drawn(&line, Span::LastHour, Language::English);
    assert!(page.contains("Nothing is known of this time yet"), "{page}");
    for part in ["It could see all the time", "Nothing was found", "No alert came of it"] {
        assert!(!page.contains(part), "{part}: {page}");
    }
}

#[test]
fn an_hour_is_drawn_minute_by_minute() {
    let range = (at(600, 0).utc, at(660, 0).utc);
    let line = TimeLine::of(&hours(&day()), "cam-1", range, 1, end());
    assert_eq!(line.sight.len(), 60);
    let page = drawn(&line, Span::Hour(range.0), Language::English);
    assert!(page.contains("10:00: person 6, box too busy 10 min"), "{page}");
    assert!(page.contains(">2026-11-30 10:00 to 11:00</h2>"), "{page}");
    assert!(!page.contains("id=\"one-hour\""), "there is nothing smaller");
}

#[test]
fn a_quiet_time_says_so() {
    let entries = [session(at(0, 0)), look(at(0, 10), &[])];
    let line = TimeLine::of(&hours(&entries), "cam-1", (start(), at(1, 0).utc), 1, at(1, 0).utc);
    let page = drawn(&line, Span::LastHour, Language::English);
    for part in ["Nothing was found in this time.", "It could see all the time.", "No alert came of it."] {
        assert!(page.contains(part), "{part} is missing in {page}");
    }
    assert!(line.holes.is_empty() && !line.is_unrecorded());
}

// ---- reading

/// Reads until an answer is there.
fn read(hours: &super::hours::Hours, folder: &Path, now: Timestamp) -> Answer {
    let until = std::time::Instant::now() + Duration::from_secs(60);
    loop {
        match hours.ask(folder, hours_of(start(), end()), now) {
            Answer::Reading(_) if std::time::Instant::now() < until => {
                std::thread::park_timeout(Duration::from_millis(5));
            }
            answer => return answer,
        }
    }
}

#[test]
fn what_was_read_is_kept_and_what_is_new_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second): (Vec<Entry>, Vec<Entry>) =
        day().into_iter().partition(|entry| entry.at().is_some_and(|when| when.utc < at(600, 0).utc));
    crate::journal::write_all(folder.path(), first);
    let kept = super::hours::Hours::new(tokio::sync::watch::Sender::new(0));
    let line = |now: Timestamp| {
        let Answer::Hours(hours) = read(&kept, folder.path(), now) else { panic!("it can be read") };
        assert_eq!(hours.len(), 24);
        TimeLine::of(&hours, "cam-1", (start(), end()), 1, now)
    };
    let now = at(600, 0).utc;
    let before = line(now);
    assert_eq!((before.sight[599], before.sight[300]), (Some(Sight::Clear), Some(Sight::Blind)));
    // Another run, as what reads needs to know what ran.
    crate::journal::write_all(folder.path(), std::iter::once(session(at(600, 0))).chain(second));
    assert_eq!(line(now + Duration::from_secs(5)).sight[650], None, "that soon it is not read again");
    assert_eq!(line(end()).sight[650], Some(Sight::Clear));
    kept.stop(Duration::from_secs(10));
}

#[test]
fn a_folder_that_is_not_there_or_another_one_has_nothing() {
    let folder = tempfile::tempdir().unwrap();
    crate::journal::write_all(folder.path(), day());
    let kept = super::hours::Hours::new(tokio::sync::watch::Sender::new(0));
    let unrecorded = |folder: &Path| {
        let Answer::Hours(hours) = read(&kept, folder, end()) else { panic!("nothing is no error") };
        TimeLine::of(&hours, "cam-1", (start(), end()), 10, end()).is_unrecorded()
    };
    assert!(!unrecorded(folder.path()));
    assert!(unrecorded(&folder.path().join("none")));
    assert_eq!(begins(&folder.path().join("none")), None);
    assert_eq!(begins(folder.path()), Some(start()));
    kept.stop(Duration::from_secs(10));
}
