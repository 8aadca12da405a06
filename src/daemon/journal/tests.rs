//! The thread that owns the analysis and the journal together: what it published is what a replay of its journal makes.

use std::path::Path;
use std::sync::mpsc::sync_channel;

use super::super::analysis_thread::{
    self, AnalysisMessage, AnalysisStart, AnalysisThread, Known, ShadowFeed,
};
use super::*;
use crate::alerts::writer_message::WriterMessage;
use crate::analysis::alert::{Act, AlertId};
use crate::analysis::camera_health::image_stats::ImageStats;
use crate::analysis::detection::{Class, Detection};
use crate::analysis::geometry::BBox;
use crate::analysis::sensor::RawReading;
use crate::analysis::time::Timestamp;
use crate::analysis::{Analysis, Plan};
use crate::config::Surroundings;
use crate::contract::words::Time;
use crate::control::overrides;
use crate::control::settings;
use crate::frame::test_support::gray;
use crate::frame::{Frame, Taken};
use crate::journal::{Published, Shadow, ShadowEvent};
use crate::pipeline::camera_slot::{CameraSlots, Look};
use crate::pipeline::decode_demand::DecodeDemands;
use crate::pipeline::frame_gate::Looked;
use crate::pipeline::scheduler::Scheduler;
use crate::sensors::SensorUpdate;
use crate::types::phase::Phase;
use crate::view::Views;

const RULES: &str = r#"
[[camera]]
id = "cam-1"
eye = "village"
url = "rtsp://10.0.0.31/stream2"
grid = "53012700300102"
thresholds = { person = 0.5 }

[[camera.zone]]
id = "lane"
polygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]

[[rule]]
id = "person-in-lane"
cameras = ["cam-1"]
signal = "person_present"
hold_secs = 5
present = { zone = "lane", classes = ["person"], for_secs = SECS }

[[sensor]]
id = "drain"
quantity = "water_level"
unit = "m"
grid = "53012700300102"
modbus_tcp = { address = "10.0.0.8:502", unit = 2, register = 17, kind = "f32" }

[[signal]]
kind = "flooding"
from = [{ sensor = "drain", above = 0.3, weight = 3.0 }]
"#;

fn config(folder: &Path, secs: &str) -> Config {
    let text = format!(
        "[site]\nbox = \"box-1\"\narea = \"530127\"\nlanguage = \"en\"\n[outbox]\ndir = \"{}\"\nmin_free_mib = 0\n{}",
        folder.display(),
        RULES.replace("SECS", secs)
    );
    let path = Path::new("/etc/lookout/lookout.toml");
    let config =
        Config::from_text(path, &text, &Surroundings::elsewhere(path)).unwrap_or_else(|p| panic!("{p}"));
    let setting = r#"{"cameras":{"cam-1":{"thresholds":{"person":0.4}}}}"#;
    settings::apply(config, &serde_json::from_str::<overrides::Settings>(setting).expect("settings"))
}

/// As who judges a journal makes a plan, without a model.
fn plan_of(configuration: &Configuration) -> Plan {
    let path = &configuration.path;
    let config = Config::from_text(path, &configuration.text, &Surroundings::elsewhere(path));
    let config = config.unwrap_or_else(|problems| panic!("{problems}"));
    let set = configuration.settings.as_deref().map(|set| serde_json::from_str(set).expect("settings"));
    let config = match set {
        Some(set) => settings::apply(config, &set),
        None => config,
    };
    assert_eq!(config.sha256, configuration.sha256);
    config.plan_with(&configuration.recommended)
}

fn looked(secs: f64, is_there: bool) -> AnalysisMessage {
    let origin = Timestamp::from_millisecond(1_794_824_400_000).expect("a day in 2026");
    let at = Moment::after_origin(origin, Duration::from_secs_f64(secs));
    let frame = Frame {
        camera: "cam-1".into(),
        number: 0,
        at,
        taken: Taken::InTurn,
        picture: Arc::new(gray(64, 36, 64, |x, y| (x * 3 + y) as u8)),
    };
    let box_in_frame = BBox::new(0.4, 0.4, 0.5, 0.8);
    let found = Detection { class: Class::PERSON, score: 0.45, box_in_frame }.rounded();
    let look = Look {
        detections: if is_there { vec![found] } else { Vec::new() },
        looked: Looked::Once,
        wants_moment_before: false,
        flow: None,
        image_stats: Some(Box::new(ImageStats::even(120))),
        coarse: None,
    };
    AnalysisMessage::Looked(frame, look)
}

#[test]
fn what_the_daemon_published_is_what_its_journal_makes_again() {
    let folder = tempfile::tempdir().unwrap();
    let (clock, models) = (Clock::start(), LoadedModels::default());
    let (before, after) = (config(folder.path(), "3"), config(folder.path(), "1"));
    let stage = JournalStage::start(&before, false, clock);
    let session = session(&before, &models, &[], Vec::new(), clock.now());
    let analysis = Analysis::new("box-1", plan_of(&session.configuration)).expect("a plan");
    let (writer, messages) = sync_channel(10_000);
    let (scheduler, slots) = (Arc::new(Scheduler::new()), Arc::new(CameraSlots::default()));
    let demands = Arc::new(DecodeDemands::new(scheduler, slots));
    let (queue, notes) = analysis_thread::queue();
    let known = Arc::new(Known::default());
    let tap = Views::new(clock).tap();
    let recorder = stage.recorder();
    let started = AnalysisStart { analysis, revisions: Vec::new(), session, recorder, shadow: None };
    let thread = AnalysisThread::start(started, notes, clock, writer, known, demands, tap);
    let thread = thread.expect("a thread");
    let send = |message| queue.send(message).expect("it runs");
    (0..60).for_each(|look| send(looked(0.2 * f64::from(look), look < 40)));
    send(AnalysisMessage::Silent("cam-1".into(), None));
    send(AnalysisMessage::Back("cam-1".into()));
    for value in [0.1, 0.5, 0.6] {
        let (sensor, at, reading) = ("drain".into(), clock.now(), RawReading::Value(value));
        send(AnalysisMessage::Reading(SensorUpdate { sensor, at, reading }));
    }
    send(AnalysisMessage::Test { by: "desk".to_owned(), grid: "530127".into(), reply: Box::new(|_| {}) });
    let configuration = configuration(&after, &models);
    let plan = plan_of(&configuration);
    send(AnalysisMessage::Reconfigure(Box::new(plan), configuration));
    (100..140).for_each(|look| send(looked(0.2 * f64::from(look), true)));
    let (answer, answered) = sync_channel(1);
    let test_again =
        Box::new(move |begun: Result<AlertId, AlertId>| answer.send(begun).expect("somebody waits"));
    send(AnalysisMessage::Test { by: "desk".to_owned(), grid: "530127".into(), reply: test_again });
    let alert = answered.recv().expect("an answer").expect_err("one is open");
    let acknowledgement = Act { by: "desk".to_owned(), key: None, at: clock.now().utc, note: None };
    send(AnalysisMessage::Acknowledge { alert, acknowledgement, reply: Box::new(|_| {}) });
    send(AnalysisMessage::Stop);
    thread.join();
    stage.stop();

    let live: Vec<Revision> = messages
        .try_iter()
        .filter_map(|message| {
            let WriterMessage::Revision { revision, .. } = message else { return None };
            Some(*revision)
        })
        .collect();
    assert!(live.len() >= 5, "{live:#?}");
    let (mut analysis, mut again, mut published) = (None, Vec::new(), Vec::new());
    for entry in journal::read(&before.journal.dir, Timestamp::MIN..Timestamp::MAX).expect("it is there") {
        match entry {
            Entry::Session(session) => {
                analysis = Analysis::new(session.box_id.clone(), plan_of(&session.configuration)).ok();
            }
            Entry::Reload { at, configuration } => {
                let analysis: &mut Analysis = analysis.as_mut().expect("a session");
                again.extend(analysis.reconfigure(plan_of(&configuration), at).expect("a plan"));
            }
            Entry::Input(input) => again.extend(input.apply(analysis.as_mut().expect("a session"))),
            Entry::Published(one) => published.push(one),
            Entry::Mutes { .. }
            | Entry::Unwatched(_)
            | Entry::Shadow(_)
            | Entry::Hole(_)
            | Entry::Stop { .. } => {}
        }
    }
    assert_eq!(format!("{again:#?}"), format!("{live:#?}"));
    assert_eq!(published, live.iter().map(Published::of).collect::<Vec<_>>());
}

#[test]
fn where_the_outbox_lies_elsewhere_nothing_is_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), "3");
    let stage = JournalStage::start(&config, true, Clock::start());
    assert!(!stage.recorder().is_on());
    stage.stop();
    assert!(!config.journal.dir.exists());
}

#[test]
fn a_shadow_that_begins_in_the_middle_is_given_what_the_journal_gets_from_there_on() {
    let folder = tempfile::tempdir().unwrap();
    let (clock, models) = (Clock::start(), LoadedModels::default());
    let before = config(folder.path(), "3");
    let stage = JournalStage::start(&before, false, clock);
    let session = session(&before, &models, &[], Vec::new(), clock.now());
    let analysis = Analysis::new("box-1", plan_of(&session.configuration)).expect("a plan");
    let (writer, _messages) = sync_channel(10_000);
    let (scheduler, slots) = (Arc::new(Scheduler::new()), Arc::new(CameraSlots::default()));
    let (queue, notes) = analysis_thread::queue();
    let recorder = stage.recorder();
    let started = AnalysisStart { analysis, revisions: Vec::new(), session, recorder, shadow: None };
    let demands = Arc::new(DecodeDemands::new(scheduler, slots));
    let tap = Views::new(clock).tap();
    let thread = AnalysisThread::start(started, notes, clock, writer, Arc::default(), demands, tap);
    let thread = thread.expect("a thread");
    let send = |message| queue.send(message).expect("it runs");
    (0..30).for_each(|look| send(looked(0.2 * f64::from(look), true)));
    // Of a rule that is silent here.
    let mute = Mute {
        kind: None,
        rule: Some("yard".to_owned()),
        camera: None,
        until: Time(Timestamp::MAX),
        by: "desk 2".to_owned(),
        reason: "road works".to_owned(),
    };
    send(AnalysisMessage::Mutes { before: Vec::new(), after: vec![mute.clone()] });
    let (listener, given) = journal::listener();
    let after = configuration(&config(folder.path(), "1"), &models);
    let feed = ShadowFeed { listener, configuration: after.clone() };
    send(AnalysisMessage::Shadow(Some(Box::new(feed))));
    (30..60).for_each(|look| send(looked(0.2 * f64::from(look), look < 40)));
    send(AnalysisMessage::Reconfigure(Box::new(plan_of(&after)), after.clone()));
    (60..70).for_each(|look| send(looked(0.2 * f64::from(look), true)));
    send(AnalysisMessage::Stop);
    thread.join();
    stage.stop();

    let given: Vec<Entry> = given.collect();
    let journal = journal::read(&before.journal.dir, Timestamp::MIN..Timestamp::MAX).expect("it is there");
    let journal: Vec<Entry> = journal.collect();
    let began = |entry: &Entry| {
        let Entry::Shadow(Shadow { event: ShadowEvent::Began(began), .. }) = entry else { return false };
        *began == after
    };
    let from = journal.iter().position(began).expect("where it began is in the journal") + 1;
    let Some(Entry::Session(head)) = given.first() else { panic!("it is told what runs") };
    assert!(head.goes_on && head.configuration.sha256 == before.sha256);
    assert_eq!(head.mutes, [mute], "what was muted since the run began");
    // What was open is told of between them, as no first revision: it was raised before anything judged beside.
    let Entry::Published(open) = &given[1] else { panic!("{:?}", given[1]) };
    assert_eq!((open.rev, open.phase), (1, Phase::Update));
    assert_eq!(given[given.len() - (journal.len() - from)..], journal[from..]);
    assert!(given.iter().any(|entry| matches!(entry, Entry::Reload { .. })));
}
