//! A simulated afternoon: two cameras, visits of known scores, a restart with somebody in the picture, a reload, a camera that
//! falls silent, a verdict. What the live analysis was given and made is the journal.

use std::fs;

use super::test_box::{self, TestBox, config, configuration, start};
use super::*;
use crate::analysis::detection::{Class, Detection};
use crate::analysis::geometry::BBox;
use crate::analysis::time::Moment;
use crate::comparison::Note;
use crate::journal::{HoleWhy, Published};
use crate::types::language::Language;
use crate::types::phase::Phase;

pub(crate) const HOURS: u32 = 3;
const RESTART: u32 = 7_200;
const RELOAD: u32 = 8_000;

/// Camera, when, how long, how sure. The third of each camera is there while the box restarts.
const VISITS: [(&str, u32, u32, f32); 8] = [
    ("cam-1", 700, 40, 0.8),
    ("cam-1", 1_900, 40, 0.4),
    ("cam-1", 3_600, 40, 0.8),
    ("cam-1", 7_180, 90, 0.8),
    ("cam-2", 900, 40, 0.8),
    ("cam-2", 2_700, 40, 0.4),
    ("cam-2", 4_500, 60, 0.4),
    ("cam-2", 9_000, 40, 0.8),
];

pub(crate) fn text(threshold: &str, evidence: &Path) -> String {
    format!(
        "[site]\nbox = \"box-1\"\narea = \"530127\"\nmode = \"test\"\n[evidence]\ndir = {:?}\n{}\
         [[rule]]\nid = \"person-in-lane\"\ncameras = [\"cam-1\", \"cam-2\"]\nsignal = \"person_present\"\n\
         present = {{ zone = \"lane\", classes = [\"person\"], for_secs = 3 }}\n",
        evidence.display().to_string(),
        test_box::cameras(threshold),
    )
}

pub(crate) fn after(secs: u32) -> Timestamp {
    start() + std::time::Duration::from_secs(secs.into())
}

/// What is in the picture of a camera.
fn seen(camera: &str, at: f64) -> Vec<Detection> {
    let is_there = |(of, from, long, _): &&(&str, u32, u32, f32)| {
        *of == camera && (f64::from(*from)..f64::from(from + long)).contains(&at)
    };
    let there = VISITS.iter().find(is_there);
    let box_in_frame = BBox::new(0.45, 0.5, 0.55, 0.8);
    there
        .map(|(.., score)| Detection { class: Class::PERSON, score: *score, box_in_frame }.rounded())
        .into_iter()
        .collect()
}

/// The journal of the afternoon.
pub(crate) fn afternoon(evidence: &Path) -> Vec<Entry> {
    let text = text("", evidence);
    let of = |text: &str| configuration(text, Some(0.35));
    let mut live = TestBox::new(of(&text));
    for half in 0..HOURS * 7_200 {
        let secs = f64::from(half) / 2.0;
        if half == RESTART * 2 {
            live.restart(secs);
        }
        if half == RELOAD * 2 {
            live.reload(of(&text.replace("for_secs = 3", "for_secs = 4")), secs);
        }
        let (camera, at): (Arc<str>, _) = ("cam-1".into(), live.moment(secs));
        if half == 10_000 {
            live.input(Input::Silent { camera: camera.clone(), at, cause: None });
        }
        if half == 10_200 {
            live.input(Input::Back { camera: camera.clone(), at });
        }
        if !(10_000..10_200).contains(&half) {
            live.look(&camera, secs, seen(&camera, secs));
        }
        live.look("cam-2", secs, seen("cam-2", secs));
        if half % 2 == 0 {
            live.tick(secs);
        }
        // Of the visit to the first camera that was seen badly.
        if half == 1_930 * 2 {
            live.judge(Verdict::FalseAlarm, secs);
        }
    }
    live.entries
}

fn request(text: &str, cameras: &[&str]) -> Request {
    Request {
        journal: "/nowhere".into(),
        new: config(text),
        from: start(),
        to: after(HOURS * 3_600),
        cameras: cameras.iter().map(ToString::to_string).collect(),
        pictures: true,
    }
}

fn judged(request: &Request, entries: Vec<Entry>) -> Comparison {
    let Some(Entry::Session(first)) = entries.first().cloned() else { panic!("it begins with a run") };
    of_entries(request, &first, entries.into_iter(), &mut |_| true).unwrap_or_else(|why| panic!("{why:?}"))
}

fn codes(notes: &[Note]) -> Vec<&'static str> {
    notes.iter().map(|note| note.what.code()).collect()
}

/// The visits whose alerts are not the same, by camera and seconds.
fn changed_visits(comparison: &Comparison) -> Vec<(String, i64)> {
    let one = |difference: &Difference| {
        let life = difference.known();
        (life.place(), life.started_at.duration_since(start()).as_secs())
    };
    changed(&comparison.differences).map(one).collect()
}

pub(crate) const HIGHER: &str = "thresholds = { person = 0.6 }";

#[test]
fn the_old_configuration_gives_again_what_was_published_and_a_higher_threshold_loses_what_was_seen_badly() {
    let folder = tempfile::tempdir().unwrap();
    let entries = afternoon(folder.path());
    let published = entries.iter().filter(|entry| matches!(entry, Entry::Published(_))).count();
    let comparison = judged(&request(&text(HIGHER, folder.path()), &[]), entries);
    assert_eq!(
        comparison.notes[0].what.code(),
        "retune.reproduced",
        "{}",
        comparison.text(Language::English)
    );
    assert_eq!(comparison.notes[0].what.value("revisions").unwrap().to_string(), published.to_string());
    // One for each visit, and that a camera fell silent.
    let alerts = (VISITS.len() + 1).to_string();
    assert_eq!(comparison.notes[0].what.value("alerts").unwrap().to_string(), alerts);
    // A configuration that ran before is not the one that ran first: what the reload changed is a difference, too.
    let gone: Vec<_> = comparison.differences.iter().filter(|one| one.after().is_none()).collect();
    let gone: Vec<(String, i64)> = gone
        .iter()
        .map(|one| (one.known().place(), one.known().started_at.duration_since(start()).as_secs()))
        .collect();
    let expected = [("cam-1", 1_900), ("cam-2", 2_700), ("cam-2", 4_500)];
    assert_eq!(gone, expected.map(|(camera, secs)| (camera.to_owned(), secs)));
    let price = comparison.price();
    assert_eq!((price.before, price.after, price.disappeared, price.appeared), (9, 6, 3, 0));
    assert_eq!((price.false_alarms.all, price.false_alarms.gone), (1, 1));
    let text = comparison.text(Language::English);
    assert!(text.contains("the threshold for person is 0.6 instead of 0.35"), "{text}");
}

#[test]
fn it_is_the_same_from_the_journal_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let entries = afternoon(folder.path());
    let mut request = request(&text(HIGHER, folder.path()), &[]);
    let in_memory = judged(&request, entries.clone());
    request.journal = folder.path().join("journal");
    journal::write_all(&request.journal, entries);
    let mut seen = Vec::new();
    let on_disk = retune(&request, &mut |at| seen.push(at)).unwrap_or_else(|why| panic!("{why:?}"));
    assert_eq!(on_disk.text(Language::English), in_memory.text(Language::English));
    assert_eq!(on_disk.notes[0].what.code(), "retune.reproduced");
    assert!(seen.len() > 10 && seen.is_sorted(), "{} steps", seen.len());

    request.from = after(100 * 3_600);
    request.to = after(101 * 3_600);
    let why = retune(&request, &mut |_| {}).unwrap_err();
    let ends = after(HOURS * 3_600 - 1);
    let of_it = |begins, end: Timestamp| begins == start() && end.duration_since(ends).as_secs() == 0;
    assert!(matches!(why, Unjudged::TooShort { begins, ends, .. } if of_it(begins, ends)), "{why:?}");
}

#[test]
fn everything_that_is_wrong_is_said_in_one_pass() {
    let folder = tempfile::tempdir().unwrap();
    let mut request = request(&text("", folder.path()), &["cam-9", "cam-1", "cam-l"]);
    request.journal = folder.path().join("journal");
    journal::write_all(&request.journal, afternoon(folder.path()));
    (request.from, request.to) = (after(100 * 3_600), after(101 * 3_600));
    let Unjudged::Several(all) = retune(&request, &mut |_| {}).unwrap_err() else { panic!("several") };
    let [Unjudged::UnknownCamera { camera, .. }, Unjudged::UnknownCamera { camera: other, .. }, time] =
        &all[..]
    else {
        panic!("{all:?}")
    };
    assert_eq!((&**camera, &**other), ("cam-9", "cam-l"));
    assert!(matches!(time, Unjudged::TooShort { .. }));

    use super::why_not::{Question, Unanswered, answer};
    let question = Question {
        journal: request.journal.clone(),
        config: None,
        camera: "cam-9".to_owned(),
        rule: Some("yard".to_owned()),
        at: request.from,
        within: Duration::from_secs(60),
    };
    let Unanswered::All(all) = answer(&question).unwrap_err() else { panic!("several") };
    assert!(
        matches!(
            &all[..],
            [
                Unanswered::Unjudged(Unjudged::UnknownCamera { .. }),
                Unanswered::UnknownRule { .. },
                Unanswered::Unjudged(Unjudged::TooShort { .. }),
            ]
        ),
        "{all:?}"
    );
}

#[test]
fn an_alert_that_comes_just_behind_the_end_comes_later_and_is_not_gone() {
    let folder = tempfile::tempdir().unwrap();
    // The visit that begins at 3,600 s raises an alert after 3 s, and with the new configuration after 20 s.
    let slower = text("", folder.path()).replace("for_secs = 3", "for_secs = 20");
    let mut request = request(&slower, &["cam-1"]);
    (request.from, request.to) = (after(3_000), after(3_610));
    let comparison = judged(&request, afternoon(folder.path()));
    let [late] = &comparison.differences[..] else { panic!("{:?}", comparison.differences) };
    assert_eq!(late.changes().begins_by.as_secs(), 17, "{late:?}");
    let price = comparison.price();
    assert_eq!((price.before, price.after, price.disappeared), (1, 1, 0));
    assert_eq!(comparison.to, request.to);
}

#[test]
fn the_old_configuration_gives_again_as_many_alerts_as_are_compared_and_more_are_said() {
    let folder = tempfile::tempdir().unwrap();
    let mut request = request(&text("", folder.path()), &[]);
    // In the middle of the first visit to the first camera: its alert has begun, and ends within the time.
    (request.from, request.to) = (after(720), after(2_000));
    let comparison = judged(&request, afternoon(folder.path()));
    let first = &comparison.notes[0];
    assert_eq!(first.what.code(), "retune.reproduced", "{}", comparison.text(Language::English));
    assert_eq!(first.what.value("alerts").unwrap().to_string(), comparison.price().before.to_string());
    let [more] = &first.details[..] else { panic!("{:?}", first.details) };
    assert_eq!((more.code(), more.value("others").unwrap().to_string()), ("retune.also_of", "1".to_owned()));
}

#[test]
fn a_journal_that_cannot_be_read_says_which_file_and_why() {
    let folder = tempfile::tempdir().unwrap();
    let mut request = request(&text("", folder.path()), &[]);
    request.journal = folder.path().join("journal");
    let why = retune(&request, &mut |_| {}).unwrap_err();
    assert!(matches!(&why, Unjudged::NoJournal { broken } if broken.is_empty()), "{why:?}");
    fs::create_dir(&request.journal).unwrap();
    fs::write(request.journal.join("0000000001-20261116T06Z.journal"), b"").unwrap();
    fs::write(request.journal.join("0000000002-20261116T07Z.journal"), [7; 4_000]).unwrap();
    let why = retune(&request, &mut |_| {}).unwrap_err();
    let Unjudged::NoJournal { broken } = why else { panic!("{why:?}") };
    let broken: Vec<String> = broken.iter().map(|why| why.sentence().to_string()).collect();
    assert_eq!(broken.len(), 2, "{broken:?}");
    assert!(broken[0].contains("0000000001-20261116T06Z.journal is empty"), "{broken:?}");
    assert!(broken[1].contains("0000000002-20261116T07Z.journal is damaged at its beginning"), "{broken:?}");
}

#[test]
fn a_file_that_is_cut_says_so_and_after_which_time() {
    let folder = tempfile::tempdir().unwrap();
    let mut request = request(&text("", folder.path()), &[]);
    request.journal = folder.path().join("journal");
    journal::write_all(&request.journal, afternoon(folder.path()));
    let mut files: Vec<PathBuf> =
        fs::read_dir(&request.journal).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let last = files.last().unwrap();
    let whole = fs::read(last).unwrap();
    fs::write(last, &whole[..whole.len() * 2 / 3]).unwrap();
    let comparison = retune(&request, &mut |_| {}).unwrap_or_else(|why| panic!("{why:?}"));
    let gaps = comparison.notes.iter().find(|note| note.what.code() == "retune.gaps");
    let [cut] = &gaps.expect("it is said").details[..] else { panic!("{gaps:?}") };
    assert_eq!(cut.code(), "retune.gap_after");
    assert!(cut.to_string().contains("ends within a block at byte"), "{cut}");
}

#[test]
fn whoever_looks_on_learns_what_it_takes_and_may_stop_it() {
    let folder = tempfile::tempdir().unwrap();
    let entries = afternoon(folder.path());
    let request = request(&text(HIGHER, folder.path()), &[]);
    let Some(Entry::Session(first)) = entries.first().cloned() else { panic!("it begins with a run") };
    let mut seen: Vec<SoFar> = Vec::new();
    let stopped = of_entries(&request, &first, entries.clone().into_iter(), &mut |so_far| {
        seen.push(so_far);
        seen.len() < 3
    });
    assert!(matches!(stopped, Err(Unjudged::Stopped)), "{stopped:?}");
    assert_eq!(seen.len(), 3, "it is not asked again");
    assert!(seen[0].at < seen[2].at && seen[0].cpu <= seen[2].cpu);
    let mut made = 0;
    let whole = of_entries(&request, &first, entries.into_iter(), &mut |so_far| {
        made = so_far.revisions;
        true
    });
    assert!(whole.is_ok() && made > 0, "{made}");
}

#[test]
fn the_configuration_that_ran_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut entries = afternoon(folder.path());
    let reload = entries.iter().position(|entry| matches!(entry, Entry::Reload { .. })).unwrap();
    entries.truncate(reload);
    let comparison = judged(&request(&text("", folder.path()), &[]), entries);
    assert_eq!(comparison.notes[0].what.code(), "retune.reproduced");
    assert_eq!(changed_visits(&comparison), []);
    assert_eq!(codes(&comparison.notes), ["retune.reproduced", "retune.ends_earlier", "retune.cannot_say"]);
}

#[test]
fn one_camera_alone_is_judged_as_with_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let entries = afternoon(folder.path());
    let all = judged(&request(&text(HIGHER, folder.path()), &[]), entries.clone());
    let one = judged(&request(&text(HIGHER, folder.path()), &["cam-2"]), entries.clone());
    assert_eq!(one.notes[0].what.code(), "retune.reproduced", "{}", one.text(Language::English));
    let of_it: Vec<_> = changed_visits(&all).into_iter().filter(|(camera, _)| camera == "cam-2").collect();
    assert_eq!(changed_visits(&one), of_it);
    assert_eq!(one.cameras, [Arc::from("cam-2")]);

    let request = request(&text("", folder.path()), &["cam-9"]);
    let Some(Entry::Session(first)) = entries.first().cloned() else { panic!("it begins with a run") };
    let why = of_entries(&request, &first, entries.into_iter(), &mut |_| true).unwrap_err();
    assert!(
        matches!(&why, Unjudged::UnknownCamera { camera, known } if camera == "cam-9" && known.len() == 2)
    );
}

#[test]
fn a_run_whose_beginning_is_not_in_the_journal_is_judged_after_some_minutes() {
    let folder = tempfile::tempdir().unwrap();
    let mut entries = afternoon(folder.path());
    let hour = after(3_000);
    let at = entries.iter().position(|entry| entry.at().is_some_and(|at| at.utc >= hour)).unwrap();
    let mut rest = entries.split_off(at);
    let moment = rest[0].at().unwrap();
    let Entry::Session(mut session) = entries[0].clone() else { panic!("it begins with a run") };
    (session.at, session.goes_on) = (moment, true);
    rest.insert(0, Entry::Session(session));
    let comparison = judged(&request(&text(HIGHER, folder.path()), &[]), rest);
    assert_eq!(comparison.from, after(3_600));
    assert_eq!(
        codes(&comparison.notes),
        ["retune.reproduced", "retune.begins_later", "retune.cannot_say"],
        "ids count the alerts of a run, and still they are found: {}",
        comparison.text(Language::English)
    );
    let gone: Vec<_> = comparison.differences.iter().filter(|one| one.after().is_none()).collect();
    assert_eq!(gone.len(), 1);
}

#[test]
fn what_is_missing_is_the_reason_for_what_is_not_given_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut entries = afternoon(folder.path());
    let lost = after(3_595)..after(3_615);
    let is_lost = |entry: &Entry| {
        matches!(entry, Entry::Input(_)) && entry.at().is_some_and(|at| lost.contains(&at.utc))
    };
    let at = entries.iter().position(is_lost).unwrap();
    let moment = entries[at].at();
    entries.retain(|entry| !is_lost(entry));
    entries.insert(at, Entry::Hole(Hole { at: moment, why: HoleWhy::Overflow { records: 100 } }));
    let comparison = judged(&request(&text("", folder.path()), &[]), entries);
    let [first, gaps, ..] = &comparison.notes[..] else { panic!("{:?}", comparison.notes) };
    assert_eq!((first.what.code(), gaps.what.code()), ("retune.not_reproduced", "retune.gaps"));
    let why: Vec<String> = first.details.iter().map(ToString::to_string).collect();
    assert!(why.iter().all(|why| why.contains("records are missing before them")), "{why:?}");
}

#[test]
fn what_the_journal_cannot_say_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let text = text("thresholds = { person = 0.2 }\nanalysis_fps = 9", folder.path())
        + "[[camera]]\nid = \"cam-3\"\neye = \"village\"\nurl = \"rtsp://10.0.0.31/3\"\ngrid = \"53012700300102\"\n";
    let mut entries = afternoon(folder.path());
    entries.truncate(20_000);
    let comparison = judged(&request(&text, &[]), entries);
    let limits = comparison.notes.iter().find(|note| note.what.code() == "retune.cannot_say").unwrap();
    let codes: Vec<&str> = limits.details.iter().map(crate::text::Sentence::code).collect();
    for code in ["retune.never_looked_at", "retune.looked_at_more_seldom", "retune.lower_threshold"] {
        assert!(codes.contains(&code), "{code} in {codes:?}");
    }
    assert!(codes.iter().any(|code| code.starts_with("journal.")), "{codes:?}");
}

#[test]
fn why_there_was_no_alert_is_answered_from_the_journal() {
    use super::why_not::{Question, Unanswered, answer};
    use crate::analysis::why_not::Stage;
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal");
    journal::write_all(&journal, afternoon(folder.path()));
    let ask = |camera: &str, secs: u32, config: Option<&str>, rule: Option<&str>| {
        answer(&Question {
            journal: journal.clone(),
            config: config.map(self::config),
            camera: camera.to_owned(),
            rule: rule.map(str::to_owned),
            at: after(secs),
            within: Duration::from_secs(60),
        })
    };
    let stage = |camera, secs, config: Option<&str>| ask(camera, secs, config, None).unwrap().stage;
    assert_eq!(stage("cam-1", 720, None), Stage::Raised);
    let raised = ask("cam-1", 720, None, None).unwrap().raised.unwrap();
    assert_eq!((raised.started_at.duration_since(start()).as_secs(), raised.is_published), (700, true));
    let first = journal::read(&journal, start()..after(720)).unwrap().find_map(|entry| match entry {
        Entry::Published(one) if one.camera.as_deref() == Some("cam-1") => Some(one.alert),
        _ => None,
    });
    assert_eq!(Some(raised.alert), first);
    // The journal begins at nought and ends with the afternoon: no wider is what was looked at.
    let edges = |secs: u32| ask("cam-2", secs, None, None).map(|answer| (answer.from, answer.to)).unwrap();
    assert_eq!(edges(10).0, start());
    assert_eq!(edges(HOURS * 3_600 - 10).1.duration_since(start()).as_secs(), i64::from(HOURS) * 3_600 - 1);
    let higher = text(HIGHER, folder.path());
    let Stage::BelowThreshold { best, threshold, .. } = stage("cam-1", 1_920, Some(&higher)) else {
        panic!("below the threshold")
    };
    assert_eq!(((best * 100.0).round(), threshold), (40.0, 0.6));
    assert!(matches!(stage("cam-1", 2_400, None), Stage::NotFound { .. }));
    assert_eq!(stage("cam-1", 5_050, None), Stage::Silent { since: after(5_000) });
    let nobody = text("", folder.path()).replace("polygon = [[0.1, 0.5]", "polygon = [[0.6, 0.5]");
    let moved = nobody.replace(", [0.1, 1.0]]", ", [0.6, 1.0]]");
    assert!(matches!(stage("cam-1", 720, Some(&moved)), Stage::Outside { .. }));
    let longer = text("", folder.path()).replace("for_secs = 3", "for_secs = 50");
    let Stage::TooShort { lasted, needed } = stage("cam-1", 720, Some(&longer)) else { panic!("too short") };
    assert_eq!((lasted.as_secs(), needed.as_secs()), (39, 50));

    let unknown = ask("cam-1", 720, None, Some("yard")).unwrap_err();
    assert!(matches!(unknown, Unanswered::UnknownRule { rule, .. } if rule == "yard"));
    let unknown = ask("cam-9", 720, None, None).unwrap_err();
    assert!(matches!(unknown, Unanswered::Unjudged(Unjudged::UnknownCamera { .. })), "{unknown:?}");
    let later = ask("cam-1", 100_000, None, None).unwrap_err();
    assert!(matches!(later, Unanswered::Unjudged(Unjudged::TooShort { .. })), "{later:?}");
}

#[test]
fn who_muted_an_alert_and_that_a_rule_was_switched_off_is_answered_too() {
    use super::why_not::{Question, answer};
    use crate::analysis::why_not::Stage;
    use crate::contract::mute::Mute;
    use crate::contract::words::Time;
    let folder = tempfile::tempdir().unwrap();
    let stage = |name: &str, secs: u32, entries: Vec<Entry>| {
        let journal = folder.path().join(name);
        journal::write_all(&journal, entries);
        let (camera, rule) = ("cam-1".to_owned(), Some("person-in-lane".to_owned()));
        let (at, within) = (after(secs), Duration::from_secs(60));
        answer(&Question { journal, config: None, camera, rule, at, within }).unwrap().stage
    };
    let mute = |until: u32| Mute {
        kind: Some("person_present".to_owned()),
        rule: None,
        camera: None,
        until: Time(after(until)),
        by: "desk 2".to_owned(),
        reason: "road works".to_owned(),
    };
    let muted = |until: u32| {
        let mut entries = afternoon(folder.path());
        let at = entries[0].at().unwrap();
        entries.insert(1, Entry::Mutes { at, mutes: vec![mute(until)] });
        entries
    };
    let Stage::Muted(by) = stage("muted", 720, muted(1_000)) else { panic!("muted") };
    assert_eq!((by.by.as_str(), by.reason.as_str(), by.until), ("desk 2", "road works", after(1_000)));
    assert_eq!(stage("over", 720, muted(600)), Stage::Raised);

    let mut entries = afternoon(folder.path());
    let Entry::Session(first) = &entries[0] else { panic!("it begins with a run") };
    let settings = Some("{\"rules\":{\"person-in-lane\":false}}".to_owned());
    let configuration = Arc::new(Configuration { settings, ..(*first.configuration).clone() });
    let reload = |secs: u64| {
        let at = Moment { mono: Duration::from_secs(secs), utc: start() + Duration::from_secs(secs) };
        Entry::Reload { at, configuration: configuration.clone() }
    };
    let at = entries.iter().position(|entry| entry.at().is_some_and(|at| at.utc >= after(500))).unwrap();
    entries.insert(at, reload(500));
    assert_eq!(stage("off", 720, entries), Stage::SwitchedOff { since: after(500) });
}

#[test]
fn the_configuration_that_ran_changes_nothing_where_the_box_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut entries = afternoon(folder.path());
    let reload = entries.iter().position(|entry| matches!(entry, Entry::Reload { .. })).unwrap();
    entries.truncate(reload);
    // What is lost by the kill is that somebody came, and that an alert was raised of it.
    let raised = entries.iter().filter_map(|entry| match entry {
        Entry::Published(one) if one.phase == Phase::New => Some(one.at.utc),
        _ => None,
    });
    let stop = after(RESTART);
    let last = raised.filter(|at| *at < stop).max().unwrap();
    let lost = last - Duration::from_secs(20)..stop;
    entries.retain(|entry| match entry {
        Entry::Stop { .. } => false,
        Entry::Input(_) | Entry::Published(_) => entry.at().is_none_or(|at| !lost.contains(&at.utc)),
        _ => true,
    });
    let comparison = judged(&request(&text("", folder.path()), &[]), entries);
    assert_eq!(changed_visits(&comparison), [], "{}", comparison.text(Language::English));
    assert!(codes(&comparison.notes).contains(&"retune.killed"));
}

#[test]
fn what_people_say_of_an_alert_from_before_what_is_read_makes_nothing_doubtful() {
    let folder = tempfile::tempdir().unwrap();
    let mut entries = afternoon(folder.path());
    let at_second = |entries: &[Entry], secs: u32| {
        let is_later = |entry: &Entry| entry.at().is_some_and(|at| at.utc >= after(secs));
        entries.iter().position(is_later).unwrap()
    };
    let mut rest = entries.split_off(at_second(&entries, 3_000));
    let moment = rest[0].at().unwrap();
    let Entry::Session(mut session) = entries[0].clone() else { panic!("it begins with a run") };
    (session.at, session.goes_on) = (moment, true);
    rest.insert(0, Entry::Session(session));
    let older = entries.iter().rev().find_map(|entry| match entry {
        Entry::Published(one) => Some(one.clone()),
        _ => None,
    });
    let older = older.unwrap();
    let judged_at = at_second(&rest, 3_700);
    let at = rest[judged_at].at().unwrap();
    rest.insert(judged_at, Entry::Published(Published { at, rev: older.rev + 1, ..older }));
    let comparison = judged(&request(&text("", folder.path()), &[]), rest);
    let first = &comparison.notes[0];
    assert_eq!(first.what.code(), "retune.reproduced", "{}", comparison.text(Language::English));
    let codes: Vec<_> = first.details.iter().map(|detail| detail.code()).collect();
    assert!(codes.contains(&"retune.not_compared_as_before"), "{codes:?}");
}

#[test]
fn a_run_that_was_killed_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let mut entries = afternoon(folder.path());
    entries.retain(|entry| !matches!(entry, Entry::Stop { .. }));
    let comparison = judged(&request(&text("", folder.path()), &[]), entries);
    assert!(codes(&comparison.notes).contains(&"retune.killed"), "{:?}", codes(&comparison.notes));
}

#[test]
fn while_the_box_is_off_no_time_goes_by() {
    let folder = tempfile::tempdir().unwrap();
    let text = text("", folder.path());
    let mut live = TestBox::new(configuration(&text, None));
    // By hand: on for 4 h, off for 20 h, on for 30 h, killed, its next run 2 h later, which is stopped after 10 h.
    let hour = 3_600.0;
    live.tick(4.0 * hour);
    live.stop(4.0 * hour);
    live.session(2, 24.0 * hour);
    live.tick(54.0 * hour);
    live.session(3, 56.0 * hour);
    live.stop(66.0 * hour);
    live.session(4, 66.1 * hour);
    let hours = |from: u32, to: u32| {
        let entries = live.entries.clone().into_iter();
        let mut seen = read(entries, after(to * 3_600), &[], &mut |_| {});
        assert!(seen.last.take().is_some());
        seen.off_within(after(from * 3_600), after(to * 3_600)).as_hours()
    };
    assert_eq!(hours(0, 66), 22);
    assert_eq!((hours(0, 10), hours(10, 20), hours(30, 50), hours(0, 55)), (6, 10, 0, 20));
    assert_eq!(
        hours(20, 56),
        6,
        "the next run begins behind the end, and says when the one before had ended"
    );

    let mut request = request(&text, &[]);
    request.to = after(54 * 3_600);
    let comparison = judged(&request, live.entries);
    assert_eq!(comparison.price().judged, SignedDuration::from_hours(34));
    assert!(codes(&comparison.notes).contains(&"retune.was_off"), "{:?}", codes(&comparison.notes));
}

#[test]
fn too_short_a_journal_and_one_of_another_time_are_said() {
    let folder = tempfile::tempdir().unwrap();
    let mut entries = afternoon(folder.path());
    entries.truncate(100);
    let mut request = request(&text("", folder.path()), &[]);
    request.from = after(3_600);
    let Some(Entry::Session(first)) = entries.first().cloned() else { panic!("it begins with a run") };
    let why = of_entries(&request, &first, entries.into_iter(), &mut |_| true).unwrap_err();
    assert!(matches!(why, Unjudged::TooShort { begins, .. } if begins == start()), "{why:?}");
}

#[test]
fn a_picture_that_is_still_kept_is_in_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let entries = afternoon(folder.path());
    let gone = entries.iter().find_map(|entry| match entry {
        Entry::Published(one) if one.phase == Phase::New && one.started_at >= after(1_900) => {
            Some(one.alert.clone())
        }
        _ => None,
    });
    let gone = gone.unwrap();
    let path = folder.path().join(format!("{}-1.jpg", gone.0));
    image::RgbImage::new(1_280, 720).save_with_format(&path, image::ImageFormat::Jpeg).unwrap();
    fs::write(folder.path().join("other.txt"), "x").unwrap();
    let comparison = judged(&request(&text(HIGHER, folder.path()), &[]), entries);
    let pictures: Vec<_> = comparison.pictures.iter().map(|(alert, picture)| (alert, picture.size)).collect();
    assert_eq!(pictures, [(&gone, (320, 180))]);
    let html = comparison.html(Language::Chinese);
    assert_eq!(html.matches("src=\"data:image/jpeg;base64,").count(), 1);
    assert!(comparison.text(Language::English).contains(&*path.to_string_lossy()));
}
