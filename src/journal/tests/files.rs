//! The format on disk: every record, and every way in which a file can be less than it was.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use proptest::prelude::*;

use super::*;
use crate::analysis::alert::{Act, AlertId};
use crate::analysis::alert_lifecycle::handling::{Assigned, Closed, GivenVerdict, HandlingStep};
use crate::analysis::camera_health::NoVideoCause;
use crate::analysis::derived::{AreaDisorder, ConditionReading, HealthReading, LookVerdicts};
use crate::analysis::pixel_change::Witness;
use crate::analysis::sensor::RawReading;
use crate::contract::mute::Mute;
use crate::types::language::Language;
use crate::types::level::Level;
use crate::types::phase::{Phase, PhaseReason};
use crate::types::verdict::Verdict;

fn act() -> Act {
    let (by, note) = ("desk 2".to_owned(), Some("on our way".to_owned()));
    Act { by, key: Some("key-1".into()), at: moment(1.25).utc, note }
}

fn mute() -> Mute {
    let (by, reason) = ("desk 2".to_owned(), "road works".to_owned());
    let until = crate::contract::words::Time(moment(3_600.0).utc);
    Mute { kind: None, rule: Some("yard".to_owned()), camera: None, until, by, reason }
}

/// Two of every kind.
fn of_every_kind() -> Vec<Entry> {
    let b = BBox::new(0.1, 0.2, 0.3, 0.401);
    let odd = Detection { class: Class::named("drone"), score: 0.123_456_7, box_in_frame: b };
    let alert = || AlertId("01JCKTESTTESTTESTTESTTEST1".into());
    let mut health = HealthReading { aspect: 16.0 / 9.0, conditions: Default::default() };
    health.conditions[2] = ConditionReading { on: true, strength: 0.751, value: 12.345 };
    let odd_health = HealthReading {
        aspect: 1.25,
        conditions: [ConditionReading { on: false, strength: 0.1234567, value: 1e300 }; 8],
    };
    let verdicts = LookVerdicts {
        furniture: vec![0, 2],
        changes: Some(vec![(b, Witness::Lively), (odd.box_in_frame, Witness::Even)]),
        flow: Some(vec![AreaDisorder { area: b, height: 0.3, disorder: 1.7 }]),
    };
    let mut all = vec![session(7, moment(0.0), "one")];
    for round in 0..2 {
        let at = |secs: f64| moment(10.0 * f64::from(round) + secs);
        let steps = [
            HandlingStep::Assign(Assigned { act: act(), to: "patrol".to_owned() }),
            HandlingStep::Arrive(Assigned { act: act(), to: "patrol".to_owned() }),
            HandlingStep::Judge(GivenVerdict {
                act: act(),
                verdict: Verdict::FalseAlarm,
                cause: Some("play".to_owned()),
            }),
            HandlingStep::Close(Closed { act: act(), outcome: "settled".to_owned() }),
        ];
        all.extend([
            look("cam-1", at(0.1), vec![person(0.5, 0.8), odd, person(0.7, 0.1)]),
            look("cam-1", at(0.3), vec![person(0.51, 0.7), odd, person(0.7, 0.1)]),
            look("cam-2", at(0.2), vec![]),
            look("cam-1", at(0.5), vec![person(0.51, 0.7), odd, person(0.7, 0.1)]),
            Entry::Input(Input::Look(Look {
                camera: "cam-2".into(),
                at: at(0.6),
                looked: Looked::Twice,
                detections: vec![person(0.2, 0.3), person(0.3, 0.3), person(0.9, 0.9)],
                verdicts: Box::new(verdicts.clone()),
            })),
            Entry::Input(Input::Health { camera: "cam-1".into(), at: at(0.6), reading: Box::new(health) }),
            Entry::Input(Input::Health { camera: "cam-1".into(), at: at(0.7), reading: Box::new(health) }),
            Entry::Input(Input::Health {
                camera: "cam-2".into(),
                at: at(0.7),
                reading: Box::new(odd_health),
            }),
            Entry::Input(Input::Silent {
                camera: "cam-1".into(),
                at: at(1.0),
                cause: Some(NoVideoCause::Busy),
            }),
            Entry::Input(Input::Silent { camera: "cam-2".into(), at: at(1.0), cause: None }),
            Entry::Input(Input::Back { camera: "cam-1".into(), at: at(2.0) }),
            Entry::Input(Input::Paused { camera: "cam-1".into(), at: at(2.0) }),
            Entry::Input(Input::Reading {
                sensor: "drain".into(),
                at: at(2.0),
                reading: RawReading::Value(-0.31),
            }),
            Entry::Input(Input::Reading {
                sensor: "drain".into(),
                at: at(2.1),
                reading: RawReading::Unreadable("no number".to_owned().into()),
            }),
            Entry::Input(Input::Tick { at: at(2.2) }),
            Entry::Input(Input::Acknowledge { alert: alert(), acknowledgement: act(), at: at(2.3) }),
            Entry::Mutes { at: at(2.4), mutes: vec![mute()] },
            Entry::Input(Input::MuteChanged { alert: alert(), at: at(2.4) }),
            Entry::Input(Input::Test { by: "站长".to_owned(), grid: "530127".into(), at: at(2.5) }),
            Entry::Published(Published {
                at: at(2.5),
                alert: alert(),
                rev: 3,
                phase: Phase::Update,
                reason: PhaseReason::Grew,
                level: Level::Orange,
                kind: "crowd".into(),
                rule: Some("yard".into()),
                camera: None,
                grid: "53012700300102".into(),
                started_at: at(1.5).utc,
                digest: [0xfe; 16],
            }),
            Entry::Unwatched(Unwatched {
                at: at(3.0),
                camera: "cam-2".into(),
                over: Duration::from_secs(60),
                blind: Duration::from_millis(1500),
                units: 1500,
                not_decoded: 1400,
                given_up: 1,
                not_due: 2,
                overloaded: 3,
                looked: 90,
            }),
            Entry::Hole(Hole { at: Some(at(3.1)), why: HoleWhy::Overflow { records: 12 } }),
        ]);
        all.extend(steps.map(|step| Entry::Input(Input::Handle { alert: alert(), step, at: at(3.2) })));
        let text = if round == 0 { "two" } else { "three" };
        all.push(Entry::Reload { at: at(4.0), configuration: configuration(text) });
    }
    all.push(Entry::Stop { at: moment(30.0) });
    all
}

fn written(folder: &Path, entries: &[Entry]) {
    let mut writer = writer(settings(folder));
    entries.iter().for_each(|entry| writer.take(entry.clone()));
    writer.flush();
}

#[test]
fn every_record_comes_back_as_it_was_in_the_order_in_which_it_came() {
    let folder = tempfile::tempdir().unwrap();
    let folder = &folder.path().join("journal");
    let all = of_every_kind();
    written(folder, &all);
    assert_eq!(entries(folder), all);
    assert_eq!(files(folder).len(), 3, "each configuration begins a file");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(folder), 0o700);
    assert!(files(folder).iter().all(|file| mode(file) == 0o600), "nobody else reads it");
}

#[test]
fn whoever_begins_to_read_anywhere_learns_first_what_ran() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = writer(settings(folder.path()));
    writer.take(session(1, moment(0.0), "one"));
    for secs in 0..600 {
        writer.take(tick(f64::from(secs) * 60.0));
        writer.flush();
    }
    let from = moment(300.0 * 60.0).utc;
    let some: Vec<Entry> = read(folder.path(), from..moment(302.0 * 60.0).utc).unwrap().collect();
    let Entry::Session(session) = &some[0] else { panic!("{:?}", some[0]) };
    assert!(session.goes_on && session.restored.is_empty() && session.configuration.text == "one");
    assert_eq!(some[1..], [tick(300.0 * 60.0), tick(301.0 * 60.0)]);
    assert_eq!(entries(folder.path()).len(), 601, "one session, though there are ten files");
    assert_eq!(files(folder.path()).len(), 11);
    assert_eq!(read(&folder.path().join("none"), always()).unwrap().count(), 0);
}

#[test]
fn a_clock_that_is_set_loses_and_misorders_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut all = vec![session(1, moment(0.0), "one")];
    let mut mono = 0.0;
    for ahead in [0.0, -5000.0, 90_000.0, -86_400.0] {
        for _ in 0..50 {
            mono += 1.0;
            let at = Moment { utc: utc(mono + ahead), ..moment(mono) };
            all.push(look("cam", at, vec![person(0.5, 0.5)]));
        }
    }
    let mut writer = writer(settings(folder.path()));
    for entry in &all {
        writer.take(entry.clone());
        writer.flush();
    }
    assert_eq!(entries(folder.path()), all);
    let middle: Vec<Entry> =
        read(folder.path(), moment(10.0).utc..moment(11.0).utc).unwrap().skip(1).collect();
    assert_eq!(middle, [all[10].clone()]);
}

#[test]
fn a_damaged_block_is_left_out_and_said_and_what_follows_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = writer(settings(folder.path()));
    writer.take(session(1, moment(0.0), "one"));
    for secs in 0..5 {
        writer.take(tick(f64::from(secs)));
        writer.flush();
    }
    let path = files(folder.path()).remove(0);
    let whole = fs::read(&path).unwrap();
    let (_, _, parts) = file::parts(&path).unwrap();
    let file::Part::Block(third) = parts[2] else { panic!("{parts:?}") };
    for (what, at) in
        [("its head", third.offset + 9), ("its body", third.offset + file::BLOCK_HEAD as u64 + 3)]
    {
        let mut bytes = whole.clone();
        bytes[at as usize] ^= 0x20;
        fs::write(&path, bytes).unwrap();
        let read = entries(folder.path());
        assert_eq!(read[1..3], [tick(0.0), tick(1.0)], "{what}");
        let why = HoleWhy::Damaged { file: path.clone(), offset: third.offset };
        assert!(why.sentence().in_language(Language::English).contains("is damaged at byte"));
        assert_eq!(read[3], Entry::Hole(Hole { at: Some(moment(3.0)), why }), "{what}");
        assert_eq!(read[4..], [tick(3.0), tick(4.0)], "{what}");
    }
}

#[test]
fn a_file_of_another_format_is_left_out_and_says_which() {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path(), &of_every_kind());
    let before = entries(folder.path());
    let path = files(folder.path()).remove(1);
    let mut bytes = fs::read(&path).unwrap();
    bytes[8] = 0;
    fs::write(&path, bytes).unwrap();
    let read = entries(folder.path());
    let hole = read.iter().find_map(|entry| match entry {
        Entry::Hole(Hole { why: why @ HoleWhy::Format { .. }, .. }) => Some(why.clone()),
        _ => None,
    });
    assert_eq!(
        hole.expect("it is said").sentence().in_language(Language::English),
        format!(
            "{} has journal format 0, this program reads format 1 only; it is left out, and goes when it is too old",
            path.display()
        )
    );
    let goes_on = read
        .iter()
        .any(|entry| matches!(entry, Entry::Session(s) if s.goes_on && s.configuration.text == "three"));
    assert!(goes_on, "what ran then is known again");
    assert!(read.len() < before.len() && read.last() == before.last());
}

#[test]
fn nothing_that_lies_in_the_folder_makes_reading_fail() {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path(), &of_every_kind());
    fs::write(folder.path().join("0000000000-x.journal"), b"").unwrap();
    fs::write(folder.path().join("0000000009-x.journal"), [7; 4000]).unwrap();
    fs::write(folder.path().join("notes.txt"), b"mine").unwrap();
    let read = entries(folder.path());
    let holes = read.iter().filter(|entry| {
        matches!(entry, Entry::Hole(Hole { why: HoleWhy::Torn { .. } | HoleWhy::Damaged { .. }, .. }))
    });
    assert_eq!(holes.count(), 2);
    assert_eq!(read.len(), of_every_kind().len() + 2);
}

#[test]
fn a_copy_of_a_file_is_read_once_and_said_and_the_longer_one_counts() {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path(), &of_every_kind());
    let whole = entries(folder.path());
    let path = files(folder.path()).remove(1);
    let bytes = fs::read(&path).unwrap();
    let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
    // One before it in the order of names, cut; one behind it, whole.
    let cut = folder.path().join(format!("{}-00.journal", name.split('-').next().unwrap()));
    fs::write(&cut, &bytes[..bytes.len() * 2 / 3]).unwrap();
    let copy = folder.path().join(format!("{name} (copy).journal"));
    fs::write(&copy, &bytes).unwrap();
    let read = read(folder.path(), always()).unwrap();
    let mut left_out = read.copies().to_vec();
    left_out.sort();
    let copies = left_out.iter().filter(|path| **path == cut).count();
    assert_eq!((left_out.len(), copies), (2, 1), "{left_out:?}");
    assert_eq!(read.collect::<Vec<_>>(), whole);
}

#[test]
fn how_the_last_file_breaks_off_is_said_also_where_only_its_head_is_left() {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path(), &of_every_kind());
    let path = files(folder.path()).pop().unwrap();
    let bytes = fs::read(&path).unwrap();
    for left in [bytes.len() - 1, file::FILE_HEAD + 5, file::FILE_HEAD, 0] {
        fs::write(&path, &bytes[..left]).unwrap();
        let why = entries(folder.path()).pop();
        let Some(Entry::Hole(Hole { at: None, why: HoleWhy::Torn { file, .. } })) = why else {
            panic!("{left}: {why:?}")
        };
        assert_eq!(file, path);
    }
}

#[test]
fn files_that_are_gone_in_between_are_said() {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path(), &of_every_kind());
    fs::remove_file(&files(folder.path())[1]).unwrap();
    let read = entries(folder.path());
    let dropped =
        read.iter().position(|e| matches!(e, Entry::Hole(Hole { why: HoleWhy::Dropped { files: 1 }, .. })));
    let next = &read[dropped.expect("it is said") + 1];
    assert!(matches!(next, Entry::Session(session) if session.goes_on), "{next:?}");
}

/// A journal of one file with several blocks, and what is in it.
fn one_file() -> (Vec<u8>, Vec<Entry>) {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = writer(settings(folder.path()));
    let mut all = of_every_kind();
    all.retain(|entry| !matches!(entry, Entry::Reload { .. }));
    for (index, entry) in all.iter().enumerate() {
        writer.take(entry.clone());
        if index % 7 == 0 {
            writer.flush();
        }
    }
    writer.flush();
    let file = files(folder.path()).remove(0);
    (fs::read(file).unwrap(), all)
}

fn is_found_hole(entry: &Entry) -> bool {
    match entry {
        Entry::Hole(hole) => !matches!(hole.why, HoleWhy::Overflow { .. } | HoleWhy::NotWritten { .. }),
        _ => false,
    }
}

proptest! {
    #[test]
    fn a_journal_cut_at_any_byte_yields_a_prefix(part in 0.0..1.0_f64) {
        static FILE: std::sync::OnceLock<(Vec<u8>, Vec<Entry>)> = std::sync::OnceLock::new();
        let (bytes, all) = FILE.get_or_init(one_file);
        let folder = tempfile::tempdir().unwrap();
        let cut = (part * bytes.len() as f64) as usize;
        fs::write(folder.path().join("0000000001-cut.journal"), &bytes[..cut]).unwrap();
        let mut read = entries(folder.path());
        let holes = read.iter().filter(|entry| is_found_hole(entry)).count();
        prop_assert!(holes <= 1);
        read.retain(|entry| !is_found_hole(entry));
        prop_assert!(read.len() <= all.len());
        prop_assert_eq!(&read[..], &all[..read.len()]);
    }

    #[test]
    fn whatever_is_changed_in_a_file_nothing_panics_and_no_record_is_made_up(at in any::<prop::sample::Index>(), to in any::<u8>()) {
        static FILE: std::sync::OnceLock<(Vec<u8>, Vec<Entry>)> = std::sync::OnceLock::new();
        let (bytes, all) = FILE.get_or_init(one_file);
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = bytes.clone();
        *at.get_mut(&mut bytes) = to;
        fs::write(folder.path().join("0000000001-changed.journal"), &bytes).unwrap();
        let mut rest = all.iter();
        for entry in entries(folder.path()).iter().filter(|entry| !is_found_hole(entry)) {
            prop_assert!(rest.any(|one| one == entry), "{entry:?}");
        }
    }

    #[test]
    fn a_block_of_anything_is_refused_or_read_but_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = block::read(&bytes, &mut block::Names::default(), |_| {});
    }

    #[test]
    fn any_detection_comes_back_bit_by_bit(
        values in prop::collection::vec((any::<f32>(), any::<f32>(), any::<f32>(), any::<f32>(), any::<f32>(), any::<bool>()), 1..12)
    ) {
        let mut block = block::BlockWriter::default();
        let detections: Vec<Detection> = values.iter().map(|&(x0, y0, x1, y1, score, is_rounded)| {
            let detection = Detection { class: Class::PERSON, score, box_in_frame: BBox { x0, y0, x1, y1 } };
            if is_rounded { detection.rounded() } else { detection }
        }).collect();
        for look_at in 0..3 {
            block.add(&look("cam", moment(f64::from(look_at)), detections.clone()));
        }
        let done = block.finish().expect("records");
        let mut count = 0;
        block::read(&done.bytes, &mut block::Names::default(), |entry| {
            let Entry::Input(Input::Look(look)) = entry else { panic!("{entry:?}") };
            assert_eq!(format!("{:?}", look.detections), format!("{detections:?}"));
            count += 1;
        }).expect("it was written");
        prop_assert_eq!(count, 3);
    }
}

#[test]
fn bytes_are_bounded_and_the_oldest_go_first() {
    let folder = tempfile::tempdir().unwrap();
    let most = 40_000;
    let mut writer = writer(Settings { max_bytes: most, ..settings(folder.path()) });
    writer.take(session(1, moment(0.0), "one"));
    let mut noise = 1_u32;
    for minute in 0..600 {
        for part in 0..20 {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let x = 0.1 + 0.8 * (noise >> 8) as f32 / (1 << 24) as f32;
            let at = moment(f64::from(minute) * 60.0 + f64::from(part));
            writer.take(look("cam", at, vec![person(x, x)]));
        }
        writer.flush();
        let all: u64 = files(folder.path()).iter().map(|file| fs::metadata(file).unwrap().len()).sum();
        assert!(all <= most, "{all} bytes after {minute} minutes");
    }
    let read = entries(folder.path());
    assert!(matches!(&read[0], Entry::Session(session) if session.goes_on));
    assert_eq!(read.last().and_then(Entry::at), Some(moment(599.0 * 60.0 + 19.0)), "the latest are there");
    assert!(read.len() > 100, "{}", read.len());
}

#[test]
fn a_disk_without_room_takes_nothing_and_what_it_did_not_take_is_said_when_it_has_room_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = writer(settings(folder.path()));
    writer.take(session(1, moment(0.0), "one"));
    writer.take(tick(1.0));
    writer.flush();
    assert_eq!(files(folder.path()).len(), 1);
    writer.set(Settings { leave_free_bytes: u64::MAX / 4, ..settings(folder.path()) });
    writer.take(tick(2.0));
    writer.take(tick(3.0));
    writer.flush();
    assert_eq!(files(folder.path()), Vec::<PathBuf>::new(), "it is the first to go");
    writer.take(tick(4.0));
    writer.flush();
    writer.set(settings(folder.path()));
    writer.take(tick(5.0));
    writer.flush();
    let read = entries(folder.path());
    assert!(matches!(&read[0], Entry::Session(session) if session.goes_on));
    assert_eq!(read[1], Entry::Hole(Hole { at: Some(moment(5.0)), why: HoleWhy::NotWritten { records: 3 } }));
    assert_eq!(read[2..], [tick(5.0)]);
}

#[test]
fn nothing_is_kept_where_no_days_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = writer(settings(folder.path()));
    writer.take(session(1, moment(0.0), "one"));
    writer.take(tick(1.0));
    writer.flush();
    writer.set(Settings { keep: Duration::ZERO, ..settings(folder.path()) });
    writer.take(tick(2.0));
    writer.flush();
    writer.tidy(moment(3.0).utc);
    assert_eq!(files(folder.path()), Vec::<PathBuf>::new());
    writer.set(settings(folder.path()));
    writer.take(tick(4.0));
    writer.flush();
    let read = entries(folder.path());
    assert!(
        matches!(&read[0], Entry::Session(session) if session.goes_on),
        "what runs is known all the same"
    );
    assert_eq!(read[1..], [tick(4.0)]);
}

#[test]
fn a_month_leaves_seven_days_in_a_file_an_hour() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = writer(settings(folder.path()));
    writer.take(session(1, moment(0.0), "one"));
    let mut last = 0.0;
    for ten_minutes in 0..30 * 24 * 6 {
        last = f64::from(ten_minutes) * 600.0;
        writer.take(tick(last));
        writer.flush();
        if ten_minutes % 36 == 0 {
            writer.tidy(moment(last).utc);
        }
    }
    writer.tidy(moment(last).utc);
    let read = entries(folder.path());
    let first = read[1].at().expect("a time").utc;
    let kept = moment(last).utc.duration_since(first).as_hours();
    assert!((167..=169).contains(&kept), "{kept} h");
    let times: Vec<Duration> = read[1..].iter().filter_map(Entry::at).map(|at| at.mono).collect();
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] == Duration::from_secs(600)), "none is missing");
    assert!(files(folder.path()).len() <= 7 * 24 + 2);
}

#[test]
fn a_session_that_ended_without_a_word_is_followed_by_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path(), &[session(1, moment(0.0), "one"), tick(1.0)]);
    written(
        folder.path(),
        &[session(2, moment(100.0), "one"), tick(101.0), Entry::Stop { at: moment(102.0) }],
    );
    let read = entries(folder.path());
    let ids: Vec<u64> = read
        .iter()
        .filter_map(|e| match e {
            Entry::Session(session) => Some(session.id),
            _ => None,
        })
        .collect();
    assert_eq!((ids, read.len()), (vec![1, 2], 5));
}
