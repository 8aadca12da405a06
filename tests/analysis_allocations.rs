//! The analysis allocates nothing while nothing is reported: its buffers grow to the busiest frame and stay.
//!
//! A file of its own, as it replaces the allocator.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::Duration;

use lookout::analysis::detection::{Class, Detection};
use lookout::analysis::empty_view::{Coarse, EmptyView};
use lookout::analysis::filters::ClassMask;
use lookout::analysis::geometry::{BBox, Line, Point, Polygon};
use lookout::analysis::ground::Horizon;
use lookout::analysis::heights::HeightLimits;
use lookout::analysis::rules::{
    CameraPlan, Condition, Crowd, Dwell, Fallen, Fire, Gone, Indoors, LeftBehind, LineCrossed, Parked,
    Present, Rule, Rush, Scuffle, Vending, Works, WrongWay,
};
use lookout::analysis::schedule::Schedule;
use lookout::analysis::time::{Moment, Timestamp};
use lookout::analysis::{Analysis, Event, Plan};
use lookout::frame::coarse::coarse;
use lookout::frame::{Layout as FrameLayout, Matrix, Picture, PictureFormat, PixelAspect, Range};
use lookout::types::direction::Direction;
use lookout::types::level::Level;

/// The system's allocator, counting what this thread asks of it.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller keeps the promises of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller keeps the promises of `realloc`.
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the promises of `dealloc`.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const CLASSES: [Class; 3] = [Class::PERSON, Class::CAR, Class::TRUCK];

/// Thirty things, half of them moving, two blinking, as a detector of frame `look` says; four low and wide ones of which it
/// is unsure, one of them in another place at each look; and somebody who stands for six seconds and lies for four, again and again.
fn see(look: usize, detections: &mut Vec<Detection>) {
    detections.clear();
    let t = look as f32 / 5.0;
    for i in 0..30_usize {
        if i < 2 && (look + i).is_multiple_of(7) {
            continue;
        }
        let sway = if i.is_multiple_of(2) { 0.03 * (t * 0.5 + i as f32).sin() } else { 0.0 };
        let x = 0.1 + 0.09 * (i % 10) as f32 + sway;
        let y = 0.3 + 0.3 * (i / 10) as f32;
        let box_in_frame = BBox::new(x - 0.02, y - 0.12, x + 0.02, y);
        detections.push(Detection { class: CLASSES[i % 2], score: 0.8, box_in_frame });
    }
    for i in 0..4_usize {
        let x = if i == 0 { 0.05 + 0.1 * (look % 9) as f32 } else { 0.2 * i as f32 };
        let box_in_frame = BBox::new(x, 0.62, x + 0.08, 0.68);
        detections.push(Detection { class: Class::PERSON, score: 0.15, box_in_frame });
    }
    let (half, height) = if look % 50 < 30 { (0.02, 0.12) } else { (0.05, 0.06) };
    let box_in_frame = BBox::new(0.45 - half, 0.45 - height, 0.45 + half, 0.45);
    detections.push(Detection { class: Class::PERSON, score: 0.8, box_in_frame });
}

fn rules() -> Vec<Rule> {
    let classes = CLASSES.to_vec();
    let for_at_least = Duration::from_secs(5);
    let conditions = [
        Condition::Present(Present { zone: "zone".into(), classes: classes.clone(), for_at_least }),
        Condition::Dwell(Dwell { zone: "zone".into(), classes: classes.clone(), for_at_least }),
        Condition::Crowd(Crowd {
            zone: "zone".into(),
            classes: classes.clone(),
            at_least: 5,
            density: None,
            for_at_least,
        }),
        Condition::Parked(Parked { zone: "zone".into(), classes: classes.clone(), for_at_least }),
        Condition::LineCrossed(LineCrossed {
            line: "line".into(),
            classes: classes.clone(),
            direction: Direction::Both,
        }),
        Condition::Crowd(Crowd {
            zone: "zone".into(),
            classes: classes.clone(),
            at_least: 2,
            density: Some(0.2),
            for_at_least,
        }),
        Condition::WrongWay(WrongWay {
            zone: "zone".into(),
            classes: classes.clone(),
            heading_deg: 0.0,
            tolerance_deg: 60.0,
            for_at_least,
        }),
        Condition::LeftBehind(LeftBehind {
            zone: "zone".into(),
            classes: vec![Class::CAR],
            owner_away: true,
            for_at_least,
        }),
        Condition::Gone(Gone { zone: "zone".into(), classes: classes.clone(), for_at_least }),
        Condition::Fallen(Fallen { zone: "zone".into(), classes: classes.clone(), low: 0.55, for_at_least }),
        Condition::Scuffle(Scuffle {
            zone: "zone".into(),
            classes: classes.clone(),
            people: 2,
            unrest: 0.1,
            for_at_least,
        }),
        Condition::Rush(Rush {
            zone: "zone".into(),
            classes: classes.clone(),
            at_least: 2,
            speed: 0.2,
            for_at_least,
        }),
        Condition::Fire(Fire { zone: "zone".into(), classes: vec![Class::CAR], for_at_least }),
        Condition::Indoors(Indoors { zone: "zone".into(), classes: classes.clone(), for_at_least }),
        Condition::Vending(Vending { zone: "zone".into(), classes: classes.clone(), for_at_least }),
        Condition::Works(Works { zone: "zone".into(), classes, at_least: 2, for_at_least }),
    ];
    let rule = |(i, when): (usize, Condition)| Rule {
        id: format!("rule-{i}").into(),
        cameras: vec!["cam".into()],
        signal: "signal".into(),
        level: Level::Blue,
        schedule: Schedule::parse(
            "daily 00:00-23:59",
            jiff::tz::TimeZone::get("Asia/Shanghai").expect("a zone"),
        )
        .expect("a schedule"),
        hold: Duration::from_secs(30),
        cooldown: Duration::ZERO,
        // Every other rule has limits, within which everything is.
        heights: if i.is_multiple_of(2) {
            HeightLimits::default()
        } else {
            HeightLimits { min: 0.05, max: 0.5 }
        },
        when,
    };
    conditions.into_iter().enumerate().map(rule).collect()
}

#[test]
fn a_frame_that_raises_nothing_new_allocates_nothing() {
    let mut plan = CameraPlan::new("cam", 5.0);
    let corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 0.7), (0.0, 0.7)];
    let zone = Polygon::new(corners.map(|(x, y)| Point::new(x, y)).to_vec()).expect("a polygon");
    plan.masks
        .push(Polygon::new(corners.map(|(x, y)| Point::new(x * 0.1, y * 0.1)).to_vec()).expect("a polygon"));
    let corner = corners.map(|(x, y)| Point::new(x * 0.1, y * 0.1)).to_vec();
    let polygon = Polygon::new(corner).expect("a polygon");
    plan.class_masks.push(ClassMask { polygon, classes: vec![Class::PERSON] });
    plan.heights.insert(Class::PERSON, HeightLimits { min: 0.05, max: 0.5 });
    // Things are 0.9 to 1.5 m tall.
    plan.horizon = Horizon::new(vec![Point::new(0.0, -0.5), Point::new(1.0, -0.5)], 10.0);
    assert!(plan.horizon.is_some());
    plan.zones.insert("zone".into(), zone);
    plan.lines.insert("line".into(), Line { from: Point::new(0.5, 1.0), to: Point::new(0.5, 0.0) });
    let mut analysis =
        Analysis::new("box", Plan::of(vec![plan], rules())).expect("zones and lines are drawn");

    let mut frame =
        Event::Detections { camera: "cam".into(), at: moment(0), detections: Vec::with_capacity(64) };
    let mut quiet_frames = 0;
    let mut noisy = Vec::new();
    for look in 0..1000 {
        let (published, allocations) = take(&mut analysis, &mut frame, look);
        // Buffers have a minute to grow; what is reported afterwards may allocate.
        if look >= 300 && published == 0 {
            quiet_frames += 1;
            if allocations > 0 {
                noisy.push((look, allocations));
            }
        }
    }
    assert_eq!(noisy, [], "frames that allocated, with how often");
    assert!(quiet_frames > 600, "most frames tell nothing: {quiet_frames}");
    assert!(analysis.open().count() >= 4, "the rules had something to do");
    assert_eq!(analysis.tracks("cam").len(), 31);
}

/// One frame and the time at it: how much is reported, and how often memory was asked for.
fn take(analysis: &mut Analysis, frame: &mut Event, look: usize) -> (usize, usize) {
    let Event::Detections { at, detections, .. } = frame else { unreachable!("made as a frame") };
    *at = moment(look);
    see(look, detections);
    let tick = Event::Tick { at: *at };
    let before = ALLOCATIONS.get();
    let published = analysis.apply(frame).len() + analysis.apply(&tick).len();
    (published, ALLOCATIONS.get() - before)
}

/// Once a second and camera, for as long as the box runs.
#[test]
fn learning_the_empty_view_allocates_nothing() {
    let mut view = EmptyView::new();
    let mut seen = Coarse::even(90);
    let format = PictureFormat {
        width: 640,
        height: 360,
        layout: FrameLayout::I420,
        strides: [640, 320, 320],
        range: Range::Limited,
        matrix: Matrix::Bt601,
        pixel_aspect: PixelAspect::SQUARE,
    };
    let planes = vec![vec![90; 640 * 360], vec![120; 320 * 180], vec![130; 320 * 180]];
    let picture = Picture::new(format, Box::new(planes)).expect("whole planes");
    let found = [BBox::new(0.2, 0.2, 0.4, 0.8)];
    for look in 0..20_u8 {
        let before = ALLOCATIONS.get();
        coarse(&picture, &mut seen);
        seen.luma[5000..6000].fill(90 + 20 * (look % 4));
        view.learn(&seen, Duration::from_secs(1), found.iter().copied());
        assert_eq!(ALLOCATIONS.get(), before, "look {look}");
    }
}

/// Once a second and camera, also while something burns before a wall, or what is taken for it does not change.
#[test]
fn asking_the_picture_whether_something_burns_allocates_nothing() {
    let mut plan = CameraPlan::new("cam", 5.0);
    plan.zones.insert("zone".into(), Polygon::whole_picture());
    let fire = rules().into_iter().find(|rule| matches!(rule.when, Condition::Fire(_)));
    let mut rule = fire.expect("a fire rule");
    rule.heights = HeightLimits::default();
    let for_at_least = Duration::from_secs(3);
    rule.when = Condition::Fire(Fire { zone: "zone".into(), classes: vec![Class::FIRE], for_at_least });
    let mut analysis = Analysis::new("box", Plan::of(vec![plan], vec![rule])).expect("the zone is drawn");
    let (mut noisy, mut raised) = (Vec::new(), 0);
    for look in 0..1000 {
        let at = moment(look);
        let mut coarse = Box::new(Coarse::even(80));
        // It burns in the second half.
        if look >= 500 {
            let level = 80 + (look / 5 % 3 * 60) as u8;
            coarse.luma.chunks_exact_mut(160).skip(30).take(30).for_each(|row| row[64..96].fill(level));
        }
        let picture = Event::Picture { camera: "cam".into(), at, coarse };
        let grown = 0.03 * (look % 7) as f32 / 7.0;
        let box_in_frame = BBox::new(0.4 - grown, 0.3 - grown, 0.6, 0.7);
        let score = 0.5 + 0.3 * (look % 3) as f32 / 3.0;
        let detections = vec![Detection { class: Class::FIRE, score, box_in_frame }];
        let frame = Event::Detections { camera: "cam".into(), at, detections };
        let before = ALLOCATIONS.get();
        if look.is_multiple_of(5) {
            analysis.apply(&picture);
        }
        let published = analysis.apply(&frame).len();
        raised += published;
        if look >= 100 && published == 0 && ALLOCATIONS.get() > before {
            noisy.push(look);
        }
        assert!(look >= 500 || raised == 0, "a still picture is no fire");
    }
    assert!(noisy.is_empty(), "looks that allocated: {noisy:?}");
    assert!(raised > 0, "the flames are told");
}

/// Once a second and camera, also while somebody walks past what never moves and the light changes.
#[test]
fn judging_what_never_moves_allocates_nothing() {
    let plan = Plan::of(vec![CameraPlan::new("cam", 5.0)], Vec::new());
    let mut analysis = Analysis::new("box", plan).expect("a plan without rules");
    let mut stones = Coarse::even(0);
    stones.luma.iter_mut().enumerate().for_each(|(cell, luma)| *luma = 80 + (cell % 7 * 12) as u8);
    let (lit, mut dim) = (stones.clone(), stones);
    dim.luma.iter_mut().step_by(2).for_each(|luma| *luma /= 3);
    let someone = |x: f32| {
        let box_in_frame = BBox::new(x, 0.4, x + 0.1, 0.7);
        Detection { class: Class::PERSON, score: 0.8, box_in_frame }
    };
    let mut noisy = Vec::new();
    for look in 0..7000 {
        let at = moment(look);
        // Ten minutes of another light make it one that is known.
        let coarse = Box::new(if look < 3500 { lit.clone() } else { dim.clone() });
        let picture = Event::Picture { camera: "cam".into(), at, coarse };
        let walks = someone((look % 50) as f32 / 50.0);
        let detections = vec![someone(0.2), someone(0.5), someone(0.7), walks];
        let frame = Event::Detections { camera: "cam".into(), at, detections };
        let before = ALLOCATIONS.get();
        if look.is_multiple_of(5) {
            analysis.apply(&picture);
        }
        analysis.apply(&frame);
        // Places come after a minute.
        if look >= 1000 && ALLOCATIONS.get() > before {
            noisy.push((look, ALLOCATIONS.get() - before));
        }
    }
    assert_eq!(noisy, [], "frames that allocated, with how often");
}

/// Rules that are only hints say "nothing" at every look, to every signal they feed.
#[test]
fn hints_that_see_nothing_allocate_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("site.toml");
    std::fs::write(&path, HINTS).expect("a folder of the test's own");
    let config = lookout::config::Config::load(&path).expect("a good configuration");
    let plan = config.plan(config.camera_plans());
    assert!(plan.signals.len() >= 10, "the whole catalogue");
    let mut analysis = Analysis::new("box", plan).expect("a good plan");
    let mut frame =
        Event::Detections { camera: "cam".into(), at: moment(0), detections: Vec::with_capacity(64) };
    let mut noisy = Vec::new();
    for look in 0..1000 {
        let (published, allocations) = take(&mut analysis, &mut frame, look);
        assert_eq!(published, 0, "nothing of it happens");
        if look >= 300 && allocations > 0 {
            noisy.push((look, allocations));
        }
    }
    assert_eq!(noisy, [], "looks that allocated, with how often");
}

const HINTS: &str = r#"
[site]
box = "box"
area = "530127"
time_zone = "Asia/Shanghai"

[fusion]
catalogue = ["all"]

[[camera]]
id = "cam"
eye = "village"
url = "rtsp://127.0.0.1:1/none"
grid = "53012700300102"

[[camera.zone]]
id = "all"
polygon = [[0, 0], [1, 0], [1, 1], [0, 1]]

[[rule]]
id = "a"
cameras = ["cam"]
signal = "fire"
fire = { zone = "all" }

[[rule]]
id = "b"
cameras = ["cam"]
signal = "smoke"
smoke = { zone = "all" }

[[rule]]
id = "c"
cameras = ["cam"]
signal = "crowd"
crowd = { zone = "all", at_least = 40, for_secs = 5 }

[[rule]]
id = "d"
cameras = ["cam"]
signal = "works"
works = { zone = "all", classes = ["bus"], for_secs = 10 }

[[rule]]
id = "e"
cameras = ["cam"]
signal = "fallen"
fallen = { zone = "all" }
"#;

fn moment(look: usize) -> Moment {
    Moment::after_origin(Timestamp::UNIX_EPOCH, Duration::from_millis(look as u64 * 200))
}
