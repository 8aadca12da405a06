//! A simulated day: two cameras, a sensor, a restart with somebody in the picture, a reload, a camera that falls silent, a
//! verdict. What the live analysis recorded goes to the journal on disk and, as it comes, to a shadow.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use parking_lot::Mutex;

use super::files::{self, Answer, Begin, Request, Stored};
use super::lives::{ShownDifference, WhatDiffers};
use super::summary::{Both, Summary};
use super::thread::{Found, JudgingShadow, ShadowThread, Start};
use crate::alerts::alert_state;
use crate::analysis::alert::{Act, Revision};
use crate::analysis::alert_lifecycle::handling::{GivenVerdict, HandlingStep};
use crate::analysis::detection::{Class, Detection};
use crate::analysis::geometry::BBox;
use crate::analysis::sensor::RawReading;
use crate::analysis::time::{Moment, Timestamp};
use crate::analysis::{Analysis, Event};
use crate::comparison::Pairing;
use crate::config::{Config, Surroundings};
use crate::contract::alert::ModelRef;
use crate::contract::shadow::{SHADOW_PREFIX, ShadowEnd, ShadowEnding};
use crate::contract::words::Time;
use crate::journal::{
    self, Configuration, Entry, Hole, HoleWhy, Input, Look, Looked, Published, Recorder, Session, Shadow,
    ShadowEvent,
};
use crate::retune::{Judge, Request as Retune, Scope, retune};
use crate::types::language::Language;
use crate::types::phase::Phase;
use crate::types::verdict::Verdict;

const HOURS: u32 = 24;
const RESTART: u32 = 40_000;
const RELOAD: u32 = 60_000;
const SILENT: std::ops::Range<u32> = 20_000..20_400;

fn text(threshold: &str, above: &str, folder: &Path) -> String {
    let camera = |id: &str| {
        format!(
            "[[camera]]\nid = \"{id}\"\neye = \"village\"\nurl = \"rtsp://10.0.0.31/{id}\"\ngrid = \"53012700300102\"\n{threshold}\n\
             [[camera.zone]]\nid = \"lane\"\npolygon = [[0.1, 0.5], [0.9, 0.5], [0.9, 1.0], [0.1, 1.0]]\n"
        )
    };
    format!(
        "[site]\nbox = \"box-1\"\narea = \"530127\"\nmode = \"test\"\n[evidence]\ndir = {:?}\n{}{}\
         [[rule]]\nid = \"person-in-lane\"\ncameras = [\"cam-1\", \"cam-2\"]\nsignal = \"person_present\"\n\
         present = {{ zone = \"lane\", classes = [\"person\"], for_secs = 3 }}\n\
         [[sensor]]\nid = \"drain\"\nquantity = \"water_level\"\nunit = \"m\"\ngrid = \"53012700300102\"\n\
         modbus_tcp = {{ address = \"10.0.0.8:502\", unit = 2, register = 17, kind = \"f32\" }}\n\
         [[signal]]\nkind = \"flooding\"\nfrom = [{{ sensor = \"drain\", above = {above}, weight = 3.0 }}]\n",
        folder.display().to_string(),
        camera("cam-1"),
        camera("cam-2"),
    )
}

fn config(text: &str) -> Config {
    let path = Path::new("/etc/lookout/lookout.toml");
    Config::from_text(path, text, &Surroundings::elsewhere(path))
        .unwrap_or_else(|problems| panic!("{problems}"))
}

fn configuration(text: &str) -> Arc<Configuration> {
    Arc::new(Configuration {
        path: "/etc/lookout/lookout.toml".into(),
        sha256: config(text).sha256,
        text: text.to_owned(),
        settings: None,
        model: ModelRef::none(),
        classes: vec![Class::PERSON],
        recommended: BTreeMap::from([(Class::PERSON, 0.35)]),
    })
}

fn start() -> Timestamp {
    "2026-11-16T06:00:00Z".parse().unwrap()
}

/// A visit every twenty minutes, on one camera or the other, now seen well and now badly; one of them while the box restarts.
fn seen(camera: &str, secs: f64) -> Vec<Detection> {
    let (visit, within) = ((secs / 1_200.0) as u32, secs % 1_200.0);
    let is_here = (visit % 2 == 0) == (camera == "cam-1");
    let is_there = (100.0..150.0).contains(&within)
        || (f64::from(RESTART) - 20.0..f64::from(RESTART) + 60.0).contains(&secs);
    let score = if visit % 3 == 0 { 0.4 } else { 0.8 };
    let box_in_frame = BBox::new(0.45, 0.5, 0.55, 0.8);
    let detection = Detection { class: Class::PERSON, score, box_in_frame }.rounded();
    if is_here && is_there { vec![detection] } else { Vec::new() }
}

fn water(secs: u32) -> f64 {
    match secs % 14_400 {
        5_000..=5_600 => 0.45,
        9_000..=9_900 => 0.7,
        _ => 0.1,
    }
}

/// The live box: an analysis that is driven, and what it records.
struct Live {
    analysis: Analysis,
    configuration: Arc<Configuration>,
    entries: Vec<Entry>,
    /// When the latest run began, in seconds.
    began: u32,
}

impl Live {
    fn new(configuration: Arc<Configuration>) -> Self {
        let analysis = analysis_of(&configuration);
        let mut live = Live { analysis, configuration, entries: Vec::new(), began: 0 };
        live.session(1, live.moment(0.0), Vec::new());
        live
    }

    /// The monotonic clock begins anew with each run.
    fn moment(&self, secs: f64) -> Moment {
        let mono = Duration::from_secs_f64(secs - f64::from(self.began));
        Moment { mono, utc: start() + Duration::from_secs_f64(secs) }
    }

    fn session(&mut self, id: u64, at: Moment, restored: Vec<Vec<u8>>) {
        self.entries.push(Entry::Session(Box::new(Session {
            at,
            id,
            goes_on: false,
            software: env!("CARGO_PKG_VERSION").to_owned(),
            box_id: "box-1".into(),
            configuration: self.configuration.clone(),
            restored,
            mutes: Vec::new(),
        })));
    }

    fn published(&mut self, revisions: Vec<Revision>) {
        self.entries.extend(revisions.iter().map(Published::of).map(Entry::Published));
    }

    fn input(&mut self, input: Input) {
        self.entries.push(Entry::Input(input.clone()));
        let revisions = input.apply(&mut self.analysis);
        self.published(revisions);
    }

    fn look(&mut self, camera: &str, secs: f64) {
        let (camera, at): (Arc<str>, Moment) = (camera.into(), self.moment(secs));
        let detections = seen(&camera, secs);
        let event = Event::Detections { camera: camera.clone(), at, detections: detections.clone() };
        let revisions = self.analysis.apply(&event);
        let verdicts = Box::new(self.analysis.verdicts(&camera).cloned().unwrap_or_default());
        let look = Look { camera, at, looked: Looked::Once, detections, verdicts };
        self.entries.push(Entry::Input(Input::Look(look)));
        self.published(revisions);
    }

    fn restart(&mut self, secs: u32) {
        self.entries.push(Entry::Stop { at: self.moment(f64::from(secs)) });
        let state = |open| alert_state::to_bytes(open, &[], Language::English).unwrap();
        let stored: Vec<Vec<u8>> = self.analysis.open().map(state).collect();
        assert!(!stored.is_empty(), "somebody is there");
        self.began = secs;
        let at = self.moment(f64::from(secs));
        self.analysis = analysis_of(&self.configuration);
        let revisions = stored.iter().map(|bytes| alert_state::from_bytes(bytes, at).unwrap().0).collect();
        let published = self.analysis.restore(revisions, at);
        self.session(2, at, stored);
        self.published(published);
    }

    fn reload(&mut self, configuration: Arc<Configuration>, secs: f64) {
        let at = self.moment(secs);
        let plan = config(&configuration.text).plan_with(&configuration.recommended);
        let revisions = self.analysis.reconfigure(plan, at).unwrap();
        self.configuration = configuration.clone();
        self.entries.push(Entry::Reload { at, configuration });
        self.published(revisions);
    }

    /// Somebody says that the alert which was raised last was a false alarm, and takes on what is open.
    fn people(&mut self, secs: f64) {
        let at = self.moment(secs);
        let act = Act { by: "desk-2".to_owned(), key: None, at: at.utc, note: None };
        let open = self.analysis.open().next().map(|open| open.alert.clone());
        if let Some(open) = open {
            self.input(Input::Acknowledge { alert: open, acknowledgement: act.clone(), at });
        }
        let new = self.entries.iter().rev().find_map(|entry| match entry {
            Entry::Published(published) if published.phase == Phase::New => Some(published.alert.clone()),
            _ => None,
        });
        let given = GivenVerdict { act, verdict: Verdict::FalseAlarm, cause: None };
        self.input(Input::Handle { alert: new.unwrap(), step: HandlingStep::Judge(given), at });
    }
}

fn analysis_of(configuration: &Configuration) -> Analysis {
    let plan = config(&configuration.text).plan_with(&configuration.recommended);
    Analysis::new("box-1", plan).unwrap()
}

/// What a day recorded, in steps of two seconds.
fn a_day(folder: &Path) -> Vec<Entry> {
    let text = text("", "0.3", folder);
    let mut live = Live::new(configuration(&text));
    for step in 0..HOURS * 1_800 {
        let secs = step * 2;
        if secs == RESTART {
            live.restart(secs);
        }
        let now = f64::from(secs);
        if secs == RELOAD {
            live.reload(configuration(&text.replace("for_secs = 3", "for_secs = 5")), now);
        }
        let at = live.moment(now);
        if secs == SILENT.start {
            live.input(Input::Silent { camera: "cam-1".into(), at, cause: None });
        }
        if secs == SILENT.end {
            live.input(Input::Back { camera: "cam-1".into(), at });
        }
        // Every half second while something may be there.
        for half in 0..4 {
            let now = now + f64::from(half) / 2.0;
            if !SILENT.contains(&secs) {
                live.look("cam-1", now);
            }
            live.look("cam-2", now);
        }
        let at = live.moment(now + 1.8);
        live.input(Input::Reading { sensor: "drain".into(), at, reading: RawReading::Value(water(secs)) });
        live.input(Input::Tick { at });
        if secs % 10_000 == 5_400 {
            live.people(now + 1.9);
        }
    }
    live.entries
}

/// Half as many would do it: another threshold, and water counts later.
fn another(folder: &Path) -> String {
    text("thresholds = { person = 0.6 }", "0.6", folder)
}

fn stored(text: &str) -> Stored {
    let config = config(text);
    Stored {
        name: "new.toml".to_owned(),
        path: config.path().to_owned(),
        toml: text.to_owned(),
        sha256: config.sha256,
        by: "li".to_owned(),
        since: Time(start()),
        until: Time(start() + Duration::from_secs(7 * 86_400)),
    }
}

/// A recorder whose records come out at the other end.
fn recorder() -> (Recorder, journal::LiveEntries) {
    let (listener, entries) = journal::listener();
    let mut recorder = Recorder::off();
    recorder.set_listener(Some(listener));
    (recorder, entries)
}

/// A shadow that is given these entries, from run to run; what it made, and what it found.
fn shadowed(text: &str, folder: &Path, entries: &[Entry]) -> (Vec<Revision>, Found) {
    let (stored, config, found) = (stored(text), config(text), Arc::new(Mutex::new(Found::default())));
    let begin = || {
        let folder = folder.to_owned();
        JudgingShadow::new(stored.clone(), &config, folder, Recorder::off(), found.clone())
    };
    let (mut shadow, mut made) = (begin(), Vec::new());
    for entry in entries {
        made.extend(shadow.take(entry).unwrap_or_else(|why| panic!("{why:?}")));
        if let Entry::Stop { .. } = entry {
            // The daemon stops, and another one starts.
            shadow.finish();
            shadow = begin();
        }
    }
    shadow.finish();
    let found = found.lock().clone();
    (made, found)
}

#[test]
fn what_a_shadow_makes_of_a_day_is_what_retune_makes_of_its_journal_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let entries = a_day(folder.path());
    let text = another(folder.path());
    let (made, found) = shadowed(&text, folder.path(), &entries);

    let journal = folder.path().join("journal");
    journal::write_all(&journal, entries);
    let config = config(&text);
    let mut judge = Judge::of(&Scope::All, &config);
    let read = journal::read(&journal, Timestamp::MIN..Timestamp::MAX).unwrap();
    for entry in read {
        judge.take(&entry).unwrap_or_else(|why| panic!("{why:?}"));
    }
    let judged = judge.revisions();
    for (made, judged) in made.iter().zip(&judged) {
        assert_eq!(format!("{made:?}"), format!("{judged:?}"));
    }
    assert_eq!(made.len(), judged.len());
    for kind in ["person_present", "flooding"] {
        assert!(
            made.iter().filter(|one| &*one.kind == kind && one.phase == Phase::New).count() > 3,
            "{kind}"
        );
    }
    assert!(made.iter().any(|one| one.acknowledged.is_some()), "what people did to live alerts counts");

    // And what is shown is what `lookout retune` says.
    let request = Retune {
        journal,
        new: self::config(&text),
        from: start(),
        to: start() + Duration::from_secs(u64::from(HOURS) * 3_600),
        cameras: Vec::new(),
        pictures: false,
    };
    let comparison = retune(&request, &mut |_| {}).unwrap_or_else(|why| panic!("{why:?}"));
    let count = |is_it: fn(&Pairing) -> bool| {
        comparison.differences.iter().filter(|one| is_it(&one.pairing)).count() as u64
    };
    let counts = found.counts;
    assert_eq!(counts.revisions, made.len() as u64);
    assert_eq!(counts.only_published, count(|pairing| matches!(pairing, Pairing::Disappeared(_))));
    assert_eq!(counts.only_shadow, count(|pairing| matches!(pairing, Pairing::Appeared(_))));
    assert_eq!(counts.same + counts.changed + counts.only_published, counts.alerts_published);
    assert!(counts.only_published > 5 && counts.same > 5, "{counts:?}");
    let gone = |one: &&ShownDifference| one.what == WhatDiffers::OnlyPublished;
    assert_eq!(found.differences.iter().filter(gone).count() as u64, counts.only_published);
    assert_eq!(found.revisions.back().map(|one| one.n), Some(counts.revisions));
    assert!(found.revisions.iter().all(|one| one.shadow_id.starts_with(SHADOW_PREFIX)));
}

#[test]
fn the_configuration_that_runs_makes_as_a_shadow_what_was_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut entries = a_day(folder.path());
    let reload = entries.iter().position(|entry| matches!(entry, Entry::Reload { .. })).unwrap();
    entries.truncate(reload);
    // Another one by its digest only.
    let text = text("", "0.3", folder.path()).replace("mode = \"test\"", "mode = \"exercise\"");
    let (made, found) = shadowed(&text, folder.path(), &entries);
    let published = entries.iter().filter(|entry| matches!(entry, Entry::Published(_))).count();
    assert_eq!(made.len(), published);
    assert_eq!(found.differences, []);
    assert_eq!(found.counts.same, found.counts.alerts_published);
}

#[test]
fn one_that_begins_in_the_middle_counts_nothing_that_was_told_before() {
    let folder = tempfile::tempdir().unwrap();
    let entries = a_day(folder.path());
    let is_new = |entry: &Entry| matches!(entry, Entry::Published(one) if one.phase == Phase::New);
    let middle = entries.iter().position(is_new).unwrap();
    let Some(Entry::Session(session)) = entries.first() else { panic!("it begins with a run") };
    let at = entries[middle].at().unwrap();
    let head = Entry::Session(Box::new(Session { at, goes_on: true, ..(**session).clone() }));
    // What was open is told of first, as a revision that is not the first one.
    let Entry::Published(open) = &entries[middle] else { panic!("somebody is there") };
    let open = Entry::Published(Published { phase: Phase::Update, rev: 2, ..open.clone() });
    let rest = entries[middle + 1..].iter().take(200).cloned();
    let given: Vec<Entry> = [head, open].into_iter().chain(rest).collect();
    let (_, found) = shadowed(&another(folder.path()), folder.path(), &given);
    assert_eq!((found.counts.alerts_published, found.counts.only_published), (0, 0), "{found:?}");
}

#[test]
fn what_it_was_not_given_is_counted_and_stands_in_the_journal_beside_what_it_made() {
    let folder = tempfile::tempdir().unwrap();
    let entries: Vec<Entry> = a_day(folder.path()).into_iter().take(20_000).collect();
    let text = text("", "0.3", folder.path()).replace("for_secs = 3", "for_secs = 4");
    let (recorder, records) = recorder();
    let (stored, config, found) = (stored(&text), config(&text), Arc::new(Mutex::new(Found::default())));
    let mut shadow = JudgingShadow::new(stored, &config, folder.path().to_owned(), recorder, found.clone());
    let mut made = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        made.extend(shadow.take(entry).unwrap_or_else(|why| panic!("{why:?}")));
        if index == 10_000 {
            let why = HoleWhy::Overflow { records: 12 };
            shadow.take(&Entry::Hole(Hole { at: entry.at(), why })).unwrap_or_else(|why| panic!("{why:?}"));
        }
    }
    shadow.finish();
    // Its recorder goes with it, so nothing more comes.
    drop(shadow);
    assert_eq!(found.lock().counts.missed, 12);
    let records: Vec<Entry> = records.collect();
    let of_shadow = |entry: &Entry| match entry {
        Entry::Shadow(Shadow { event, .. }) => event.clone(),
        other => panic!("{other:?}"),
    };
    let events: Vec<ShadowEvent> = records.iter().map(of_shadow).collect();
    let revisions = events.iter().filter_map(|event| match event {
        ShadowEvent::Made(published) => Some(published.digest),
        _ => None,
    });
    assert_eq!(revisions.collect::<Vec<_>>(), made.iter().map(journal::digest).collect::<Vec<_>>());
    assert!(events.contains(&ShadowEvent::Missed { records: 12 }));

    // Read again from disk, and passed over by who judges.
    let journal = folder.path().join("journal");
    let mut both = entries.clone();
    both.extend(records.iter().cloned());
    journal::write_all(&journal, both);
    let read: Vec<Entry> = journal::read(&journal, Timestamp::MIN..Timestamp::MAX).unwrap().collect();
    assert_eq!(read[entries.len()..], records[..]);
}

#[test]
fn one_that_nobody_waits_for_any_more_writes_nothing_though_it_is_in_the_midst_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let entries: Vec<Entry> = a_day(folder.path()).into_iter().take(20_000).collect();
    let text = text("", "0.3", folder.path()).replace("for_secs = 3", "for_secs = 4");
    let (recorder, records) = recorder();
    let (stored, config, found) = (stored(&text), config(&text), Arc::new(Mutex::new(Found::default())));
    let into = folder.path().to_owned();
    let mut shadow = JudgingShadow::new(stored.clone(), &config, into, recorder, found);
    shadow.is_over.store(true, Ordering::Release);
    let mut made = 0;
    for entry in &entries {
        made += shadow.take(entry).unwrap_or_else(|why| panic!("{why:?}")).len();
    }
    let hole = Entry::Hole(Hole { at: None, why: HoleWhy::Overflow { records: 12 } });
    shadow.take(&hole).unwrap_or_else(|why| panic!("{why:?}"));
    shadow.finish();
    drop(shadow);
    assert!(made > 0, "there was something to write");
    assert_eq!(records.collect::<Vec<_>>(), []);
    assert_eq!(stored.state(folder.path()), None, "the state is of the one that judges now");
}

#[test]
fn the_thread_judges_what_it_is_given_and_ends_when_nothing_more_comes() {
    let folder = tempfile::tempdir().unwrap();
    let entries: Vec<Entry> = a_day(folder.path()).into_iter().take(3_000).collect();
    let text = another(folder.path());
    let (mut recorder, records) = recorder();
    let (listener, given) = journal::listener();
    let start = Start {
        stored: stored(&text),
        config: config(&text),
        folder: folder.path().to_owned(),
        recorder: Recorder::off(),
    };
    let thread = ShadowThread::start(start, given).unwrap();
    recorder.set_listener(Some(listener));
    drop(records);
    for entry in entries {
        recorder.record(entry);
    }
    recorder.set_listener(None);
    let found = thread.stop(Duration::from_secs(60));
    assert!(found.at.is_some() && found.counts.missed == 0, "{found:?}");
}

#[test]
fn what_is_asked_for_and_what_was_found_outlast_a_restart_each_in_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let stored = stored(&another(folder));
    assert_eq!(files::load(folder), None);
    files::remember(folder, &stored).unwrap();
    assert_eq!(files::load(folder), Some(stored.clone()));
    assert_eq!(stored.state(folder), None);
    stored.keep_state(folder, files::State::default()).unwrap();
    assert!(stored.state(folder).is_some());
    let later = Stored { since: Time(start() + Duration::from_secs(1)), ..stored.clone() };
    assert_eq!(later.state(folder), None, "the state is of another one");
    files::forget(folder);
    assert_eq!((files::load(folder), stored.state(folder)), (None, None));

    assert_eq!(files::summary_in(folder), None);
    let ended = Some(ShadowEnd { at: Time(start()), why: ShadowEnding::Stopped });
    let limits = [crate::text::retune::other_model("a", "b")];
    let summary = Summary { ended, ..Summary::of(&stored, &limits, &Found::default()) };
    files::write_summary(folder, &summary).unwrap();
    assert_eq!(files::summary_in(folder), Some(summary.clone()));
    assert!(!summary.is_running() && summary.limits[0].in_language(Language::Chinese).contains("模型"));

    let begin = Begin { path: PathBuf::from("/new.toml"), toml: "x".to_owned(), lasts_secs: 60 };
    let at = Time(start());
    let request = Request { id: "1".to_owned(), by: "li".to_owned(), begin: Some(begin), at };
    let after = |secs: u64| start() + Duration::from_secs(secs);
    assert!(!request.is_late(after(30)) && request.is_late(after(2 * 86_400)));
    assert!(Request::new("li".to_owned(), None).is_late(start()), "also where the clock was set back");
    files::send_request(folder, &request).unwrap();
    assert_eq!(files::take_request(folder), Some(request));
    assert_eq!(files::take_request(folder), None, "it is taken once");
    let refused = Some(Both::of(&"no".into()));
    let answer = Answer { id: "1".to_owned(), refused };
    answer.give(folder).unwrap();
    assert_eq!(files::answer(folder, "2"), None);
    assert_eq!(files::answer(folder, "1"), Some(answer));
}
