//! A day that is repeated from the journal makes the same revisions as the day itself, byte for byte: with rules that ask
//! pictures, sensors, cameras that fail, people who answer, another configuration and a restart.

use super::*;
use crate::analysis::alert::{Act, Revision};
use crate::analysis::alert_lifecycle::handling::{GivenVerdict, HandlingStep};
use crate::analysis::camera_health::NoVideoCause;
use crate::analysis::camera_health::image_stats::ImageStats;
use crate::analysis::empty_view::{COLUMNS, Coarse, ROWS};
use crate::analysis::flow::{self, Flow};
use crate::analysis::furniture::{Day, Furniture, PlaceMemory, SAMPLES};
use crate::analysis::geometry::Polygon;
use crate::analysis::grid::GridCode;
use crate::analysis::heights::HeightLimits;
use crate::analysis::rules::{CameraPlan, Condition, Fire, Present, Rule, Scuffle};
use crate::analysis::schedule::Schedule;
use crate::analysis::sensor::{Quantity, RawReading, SensorPlan, Threshold};
use crate::analysis::signals::{Feed, LevelPlan, Selector, SignalPlan};
use crate::analysis::{Analysis, Event, Plan};
use crate::types::level::Level;
use crate::types::phase::PhaseReason;
use crate::types::verdict::Verdict;

const CAMERAS: [&str; 2] = ["cam-1", "cam-2"];
const GRID: &str = "53012700300102";

fn rule(id: &str, when: Condition) -> Rule {
    Rule {
        id: id.into(),
        cameras: CAMERAS.map(Arc::from).to_vec(),
        signal: id.into(),
        level: Level::Yellow,
        schedule: Schedule::always(),
        hold: Duration::from_secs(5),
        cooldown: Duration::from_secs(5),
        heights: HeightLimits::default(),
        when,
    }
}

fn signal(kind: &str, from: Selector) -> SignalPlan {
    let level = LevelPlan { level: Level::Orange, belief: 0.6, after: Duration::ZERO, origins: 1 };
    SignalPlan {
        kind: kind.into(),
        from: vec![Feed { from, weight: 4.0, only_supports: false }],
        prior: 0.05,
        half_life: Duration::from_secs(60),
        origin_cap: 6.0,
        levels: vec![level],
        clear: 0.3,
        hold: Duration::from_secs(5),
        cooldown: Duration::ZERO,
        join_neighbours: false,
        each_camera: true,
    }
}

/// The plan of a configuration: `text` is for how many seconds somebody must be there.
fn plan(text: &str) -> Plan {
    let for_at_least = Duration::from_secs(text.parse().expect("seconds"));
    let camera = |id: &&str| {
        let mut camera = CameraPlan::new(*id, 5.0);
        camera.grid = GRID.into();
        camera.learn_furniture = true;
        camera.zones.insert("lane".into(), Polygon::whole_picture());
        camera
    };
    let (zone, secs): (Arc<str>, _) = ("lane".into(), Duration::from_secs);
    let present = Present { zone: zone.clone(), classes: vec![Class::PERSON], for_at_least };
    let fire = Fire { zone: zone.clone(), classes: vec![Class::FIRE], for_at_least: secs(3) };
    let scuffle = Scuffle {
        zone,
        classes: vec![Class::PERSON],
        people: 2,
        unrest: 0.25,
        for_at_least: Duration::from_millis(500),
    };
    let rules = vec![
        rule("present", Condition::Present(present)),
        rule("fire", Condition::Fire(fire)),
        rule("scuffle", Condition::Scuffle(scuffle)),
    ];
    let sensor = SensorPlan {
        id: "drain".into(),
        quantity: Quantity::named("water_level"),
        unit: "m".into(),
        scale: 1.0,
        offset: 0.0,
        range: None,
        max_rate_per_sec: None,
        stale_after: secs(30),
        debounce: Duration::ZERO,
        grid: GridCode::parse(GRID).expect("a code"),
    };
    let water = Selector::Sensor { sensor: "drain".into(), threshold: Threshold::above(0.3) };
    let faults = Selector::Cameras { cameras: Vec::new(), conditions: vec!["no_video", "dark", "frozen"] };
    let mut plan = Plan::of(CAMERAS.iter().map(camera).collect(), rules);
    plan.sensors = vec![Arc::new(sensor)];
    plan.signals = vec![signal("flooding", water), signal("camera_fault", faults)];
    plan
}

/// The box as it runs: an analysis, a journal, and every revision.
struct Live {
    analysis: Analysis,
    writer: Writer,
    published: Vec<Revision>,
    /// How far the clock is ahead of what it was at first.
    ahead: f64,
    /// When this run began.
    began: f64,
    pictures: Vec<Vec<u8>>,
}

impl Live {
    fn start(folder: &Path, text: &str) -> Live {
        let mut writer = writer(settings(folder));
        writer.take(session(1, moment(0.0), text));
        let mut analysis = Analysis::new("box-1", plan(text)).expect("a plan");
        analysis.recall_furniture("cam-2", Furniture::of(vec![bench()]));
        Live { analysis, writer, published: Vec::new(), ahead: 0.0, began: 0.0, pictures: Vec::new() }
    }

    fn at(&self, secs: f64) -> Moment {
        Moment { mono: Duration::from_secs_f64(secs - self.began), utc: utc(secs + self.ahead) }
    }

    fn record(&mut self, entry: Entry) {
        self.writer.take(entry);
    }

    fn publish(&mut self, revisions: Vec<Revision>) {
        for revision in revisions {
            self.record(Entry::Published(Published::of(&revision)));
            self.published.push(revision);
        }
    }

    fn input(&mut self, input: Input) {
        self.record(Entry::Input(input.clone()));
        let revisions = input.apply(&mut self.analysis);
        self.publish(revisions);
    }

    /// As the analysis thread takes in a frame.
    fn look(&mut self, camera: &str, at: Moment, detections: &[Detection], picture: &Picture) {
        let name: Arc<str> = camera.into();
        if let Some(stats) = &picture.stats {
            self.pictures.push(stats.luma.to_vec());
            let event = Event::ImageStats { camera: name.clone(), at, stats: stats.clone() };
            let revisions = self.analysis.apply(&event);
            let reading = Box::new(self.analysis.health_reading(camera).expect("the camera"));
            self.record(Entry::Input(Input::Health { camera: name.clone(), at, reading }));
            self.publish(revisions);
        }
        if let Some(coarse) = &picture.coarse {
            self.pictures.push(coarse.luma.clone());
            self.analysis.apply(&Event::Picture { camera: name.clone(), at, coarse: coarse.clone() });
        }
        if let Some(flow) = &picture.flow {
            self.analysis.apply(&Event::Flow { camera: name.clone(), at, flow: flow.clone() });
        }
        let detections = detections.to_vec();
        let event = Event::Detections { camera: name.clone(), at, detections: detections.clone() };
        let revisions = self.analysis.apply(&event);
        let verdicts = Box::new(self.analysis.verdicts(camera).expect("the camera").clone());
        let look = Look { camera: name, at, looked: Looked::Once, detections, verdicts };
        self.record(Entry::Input(Input::Look(look)));
        self.publish(revisions);
    }
}

/// What comes with a frame.
#[derive(Default)]
struct Picture {
    stats: Option<Box<ImageStats>>,
    coarse: Option<Box<Coarse>>,
    flow: Option<Box<Flow>>,
}

fn detection(class: Class, x: f32, y: f32, width: f32, height: f32, score: f32) -> Detection {
    Detection { class, score, box_in_frame: BBox::new(x, y, x + width, y + height) }.rounded()
}

/// A street of blocks; `burning` puts other ones where the flame is.
fn street(burning: Option<u32>) -> Box<Coarse> {
    let mut picture = Box::new(Coarse::even(0));
    for (cell, luma) in picture.luma.iter_mut().enumerate() {
        let (x, y) = (cell % COLUMNS, cell / COLUMNS);
        let is_flame = (80..112).contains(&x) && (36..63).contains(&y);
        let number = burning.filter(|_| is_flame).unwrap_or(0);
        let block = (x / 4 + y / 4 * 64) as u32 + number * 8192;
        let mixed = block.wrapping_mul(2_654_435_761);
        *luma = 40 + ((mixed ^ (mixed >> 15)).wrapping_mul(2_246_822_519) >> 8) as u8 % 180;
    }
    picture
}

fn flame(t: f64) -> Detection {
    let breath = 0.02 * (7.0 * t).sin() as f32;
    detection(
        Class::FIRE,
        0.5 - breath,
        0.4 - breath,
        0.2 + 2.0 * breath,
        0.3 + breath,
        0.6 + 0.15 * (5.0 * t).cos() as f32,
    )
}

/// What stands before `cam-2` and never moves.
const BENCH: BBox = BBox { x0: 0.25, y0: 0.3, x1: 0.35, y1: 0.6 };

/// It was proven before, in the light of [`street`].
fn bench() -> PlaceMemory {
    let picture = street(None);
    let area = BENCH.grown(BENCH.width() / 2.0, BENCH.height() / 2.0);
    let light = std::array::from_fn(|sample: usize| {
        let side = (SAMPLES as f32).sqrt();
        let along = |index: usize| (index as f32 + 0.5) / side;
        let x = area.x0 + along(sample % side as usize) * area.width();
        let y = area.y0 + along(sample / side as usize) * area.height();
        picture.luma[(y * ROWS as f32) as usize * COLUMNS + (x * COLUMNS as f32) as usize]
    });
    PlaceMemory {
        box_in_frame: BENCH,
        is_furniture: true,
        good_days: 3,
        bad_days: 0,
        day: Day::default(),
        lights: vec![light],
    }
}

fn stats(level: u8, second: u32) -> Box<ImageStats> {
    let mut stats = Box::new(ImageStats::even(level));
    if level > 40 {
        for (cell, luma) in stats.luma.iter_mut().enumerate() {
            *luma = 60 + (cell * 37 % 120) as u8;
        }
        for (patch, (detail, mark)) in stats.detail.iter_mut().zip(&mut stats.mark).enumerate() {
            (*detail, *mark) =
                (200 + (patch as u16 * 31 + second as u16 * 7) % 90, patch as u32 * 7 + second);
        }
        stats.colour = 5.0;
    }
    stats
}

/// Rows that go against each other.
fn fight() -> Box<Flow> {
    let mut moved = Box::new(Flow::still());
    for (index, cell) in moved.cells.iter_mut().enumerate() {
        *cell = [if (index / flow::COLUMNS).is_multiple_of(2) { 60 } else { -60 }, 0];
    }
    moved
}

fn act(by: &str) -> Act {
    Act { by: by.to_owned(), key: None, at: moment(0.0).utc, note: None }
}

/// What is before the cameras at a second.
fn scene(camera: &str, t: f64) -> Vec<Detection> {
    let mut found = Vec::new();
    if camera == "cam-2" {
        found.push(Detection { class: Class::PERSON, score: 0.75, box_in_frame: BENCH }.rounded());
        return found;
    }
    if (5.0..25.0).contains(&t) || t > 150.0 {
        found.push(detection(Class::PERSON, 0.1 + 0.002 * t as f32 % 0.1, 0.2, 0.1, 0.3, 0.8));
        // Only good enough to go on with.
        found.push(detection(Class::CAR, 0.7, 0.7, 0.2, 0.1, 0.12));
    }
    if (30.0..60.0).contains(&t) {
        found.push(flame(t));
    }
    if (65.0..75.0).contains(&t) {
        found.extend([0.4, 0.52].map(|x| detection(Class::PERSON, x, 0.3, 0.1, 0.4, 0.9)));
    }
    found
}

/// Two hundred and forty seconds with everything that can happen; returns what was live, and what a restart took up.
fn a_day(folder: &Path) -> (Live, Vec<Revision>) {
    let mut live = Live::start(folder, "3");
    let mut restored = Vec::new();
    for step in 0..1200_u32 {
        let t = 0.2 * f64::from(step);
        let (at, second) = (live.at(t), step / 5);
        let is_whole = step.is_multiple_of(5);
        for camera in CAMERAS {
            let is_silent = camera == "cam-2" && (100.0..125.0).contains(&t);
            if is_silent {
                continue;
            }
            let is_dark = camera == "cam-1" && (80.0..98.0).contains(&t);
            let picture = Picture {
                stats: step.is_multiple_of(3).then(|| stats(if is_dark { 2 } else { 120 }, step)),
                coarse: is_whole.then(|| street((30.0..60.0).contains(&t).then_some(second))),
                flow: (65.0..75.0).contains(&t).then(fight),
            };
            live.look(camera, at, &scene(camera, t), &picture);
        }
        if is_whole {
            live.input(Input::Tick { at });
            let level = if (85.0..130.0).contains(&t) { 0.9 } else { 0.1 };
            live.input(Input::Reading { sensor: "drain".into(), at, reading: RawReading::Value(level) });
        }
        let open = live.analysis.open().next().map(|open| open.alert.clone());
        match (step, open) {
            (60, Some(alert)) => live.input(Input::Acknowledge { alert, acknowledgement: act("desk 1"), at }),
            (70, Some(alert)) => {
                let given = GivenVerdict { act: act("desk 2"), verdict: Verdict::FalseAlarm, cause: None };
                live.input(Input::Handle { alert, step: HandlingStep::Judge(given), at });
            }
            (75, Some(alert)) => live.input(Input::MuteChanged { alert, at }),
            (500, _) => {
                live.input(Input::Silent { camera: "cam-2".into(), at, cause: Some(NoVideoCause::Busy) });
            }
            (625, _) => live.input(Input::Back { camera: "cam-2".into(), at }),
            // A clock that is set back in mid-hour.
            (700, _) => live.ahead = -3000.0,
            (780, _) => {
                let revisions = live.analysis.reconfigure(plan("6"), at).expect("a plan");
                live.record(Entry::Reload { at, configuration: configuration("6") });
                live.publish(revisions);
            }
            (800, _) => live.input(Input::Test { by: "desk 1".to_owned(), grid: GRID.into(), at }),
            (900, _) => restored = restart(&mut live, t),
            _ => {}
        }
        if step.is_multiple_of(150) {
            live.writer.flush();
        }
    }
    let at = live.at(240.0);
    live.record(Entry::Stop { at });
    (live, restored)
}

/// The box is switched off and on; open alerts are taken up.
fn restart(live: &mut Live, t: f64) -> Vec<Revision> {
    let at = live.at(t);
    live.record(Entry::Stop { at });
    let mut open: Vec<Revision> = live.analysis.open().cloned().collect();
    assert!(!open.is_empty(), "something is open");
    live.began = t;
    let at = live.at(t + 0.05);
    open.iter_mut().for_each(|revision| revision.at = at);
    live.analysis = Analysis::new("box-1", plan("6")).expect("a plan");
    let Entry::Session(mut begun) = session(2, at, "6") else { unreachable!() };
    begun.restored = (0..open.len()).map(|index| index.to_string().into_bytes()).collect();
    live.record(Entry::Session(begun));
    let revisions = live.analysis.restore(open.clone(), at);
    live.publish(revisions);
    open
}

/// The same again from the journal.
fn repeat(entries: impl Iterator<Item = Entry>, restored: &[Revision]) -> (Vec<Revision>, Vec<Published>) {
    let (mut analysis, mut again, mut published) = (None, Vec::new(), Vec::new());
    for entry in entries {
        match entry {
            Entry::Session(session) => {
                let mut new =
                    Analysis::new(session.box_id.clone(), plan(&session.configuration.text)).expect("a plan");
                let index = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).parse::<usize>().ok();
                let open = session.restored.iter().filter_map(index).map(|index| restored[index].clone());
                again.extend(new.restore(open.collect(), session.at));
                analysis = Some(new);
            }
            Entry::Reload { at, configuration } => {
                let analysis: &mut Analysis = analysis.as_mut().expect("a session");
                again.extend(analysis.reconfigure(plan(&configuration.text), at).expect("a plan"));
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
    (again, published)
}

#[test]
fn a_day_from_the_journal_makes_the_same_alerts_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let (live, restored) = a_day(folder.path());
    for kind in ["present", "fire", "scuffle", "flooding", "camera_fault"] {
        assert!(live.published.iter().any(|r| &*r.kind == kind), "{kind} was never reported");
    }
    for reason in
        [PhaseReason::Acknowledged, PhaseReason::Handled, PhaseReason::MuteChanged, PhaseReason::Cleared]
    {
        assert!(live.published.iter().any(|r| r.reason == reason), "{reason:?}");
    }
    let of_bench =
        |r: &&Revision| r.origin.cameras.iter().any(|camera| &**camera == "cam-2") && &*r.kind == "present";
    let before_restart = live.published.iter().take_while(|r| r.at.utc < moment(100.0).utc);
    assert_eq!(before_restart.filter(of_bench).count(), 0, "the bench is left out");
    let read = entries(folder.path());
    let (again, published) = repeat(read.into_iter(), &restored);
    for (live, again) in live.published.iter().zip(&again) {
        assert_eq!(format!("{again:?}"), format!("{live:?}"));
    }
    assert_eq!(again.len(), live.published.len());
    let digests = |all: Vec<Published>| all.into_iter().map(|one| one.digest).collect::<Vec<_>>();
    assert_eq!(digests(published), digests(again.iter().map(Published::of).collect()));
}

#[test]
fn no_file_of_the_journal_holds_a_picture() {
    let folder = tempfile::tempdir().unwrap();
    let (live, _) = a_day(folder.path());
    let mut parts = std::collections::HashSet::new();
    for picture in &live.pictures {
        // Parts of rows, but for those that are even: they look like anything.
        let differs = |part: &&[u8]| part.iter().any(|luma| *luma != part[0]);
        parts.extend(picture.chunks(8).filter(differs).map(<[u8]>::to_vec));
    }
    assert!(parts.len() > 100);
    for path in files(folder.path()) {
        let (file, _, blocks) = file::parts(&path).expect("a file");
        for block in blocks {
            let file::Part::Block(place) = block else { panic!("{block:?}") };
            let body = file::body(&file, &place).expect("it is read").expect("it is whole");
            assert!(!body.windows(8).any(|bytes| parts.contains(bytes)), "{}", path.display());
        }
    }
}

#[test]
fn another_configuration_is_judged_by_the_same_day() {
    let folder = tempfile::tempdir().unwrap();
    let (_, restored) = a_day(folder.path());
    let with = |text: &str| {
        let entries = entries(folder.path()).into_iter().map(|entry| match entry {
            Entry::Session(mut session) => {
                session.configuration = configuration(text);
                Entry::Session(session)
            }
            Entry::Reload { at, .. } => Entry::Reload { at, configuration: configuration(text) },
            other => other,
        });
        let (again, _) = repeat(entries, &restored);
        again.into_iter().filter(|r| &*r.kind == "present" && r.rev == 1).count()
    };
    assert!(with("1") >= with("6"));
    assert_eq!(with("100"), 0);
}
