//! What is lost by looking at keyframes until more is needed: real clips, looked at five times a second, against the
//! same clips with a look at each keyframe and bursts as the rules ask for them.
//!
//! ```sh
//! cargo test --test clips gate:: -- --include-ignored --nocapture
//! ```
//!
//! What is decoded is chosen by the daemon's own gate, demands and scheduler, fed with a picture for each look: only
//! decoding is left out, and what the pictures show was found before. Streams have tests of their own (`video_gate.rs`);
//! both together are measured in `benches/density`. `LOOKOUT_TABLE_MODEL=NAME` takes another model.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lookout::analysis::detection::Class;
use lookout::analysis::geometry::{Line, Point, Polygon};
use lookout::analysis::heights::HeightLimits;
use lookout::analysis::rules::{CameraPlan, Condition, Crowd, Dwell, LineCrossed, Parked, Present, Rule};
use lookout::analysis::schedule::Schedule;
use lookout::analysis::time::{Moment, Timestamp};
use lookout::analysis::{Analysis, Event, Plan};
use lookout::config::document::DEFAULT_MODEL;
use lookout::frame::{Frame, Layout, Matrix, Picture, PictureFormat, PixelAspect, Range};
use lookout::pipeline::camera_slot::CameraSlots;
use lookout::pipeline::decode_demand::DecodeDemands;
use lookout::pipeline::frame_gate::DetectOptions;
use lookout::pipeline::scheduler::Scheduler;
use lookout::types::decoding::DecodePolicy;
use lookout::types::direction::Direction;
use lookout::types::level::Level;
use lookout::types::phase::Phase;
use lookout::video::gop_gate::{Gate, Unit, Work};

use crate::support::clips::shared;
use crate::support::seen::{ClipDetector, Look};
use crate::support::tracks;

/// Looks a second when everything is decoded.
const HZ: f32 = 5.0;

/// Seconds between two keyframes.
const GOPS_SECS: [usize; 3] = [1, 2, 4];

/// Fixed cameras, ten seconds to two minutes each.
const CLIPS: [&str; 10] = [
    "people-one-by-one.mp4",
    "street-cars.mp4",
    "walkway-small-people.mp4",
    "office-wide.mp4",
    "plaza-crowd.mp4",
    "worker-in-zone-1080p.mp4",
    "shop-hevc-1080p.mp4",
    "bottles-no-people.mp4",
    "motorway-tunnel.mp4",
    "motorway-rain.mp4",
];

/// Clips of which the detections are in the repository.
const TRACKS: [&str; 3] = ["people-one-by-one", "street-cars", "street-cars-loiterers"];

/// Whose detections they are, and which part of what is reported of everything must be reported of what the rules asked for, with
/// keyframes so far apart as in [`GOPS_SECS`]. Who tries another model adds a row with what it reaches.
const PUBLISHED_AT_LEAST: [(&str, [f64; 3]); 2] =
    [(DEFAULT_MODEL, [0.9, 0.9, 0.85]), ("yolox_nano_416", [0.9, 0.9, 0.9])];
/// The same of the detections in the repository.
const PUBLISHED_OF_TRACKS: [f64; 3] = [0.9, 0.9, 0.8];
/// What is reported beside that, in parts of what is reported of everything: who is seen seldom may be two to a tracker.
const MOST_EXTRA: f64 = 0.2;

/// A millionth later than in the clip: a look that comes just when it is due is not to be missed by a rounded rate.
fn moment(mono: Duration) -> Moment {
    Moment::after_origin(Timestamp::UNIX_EPOCH, mono + mono / 1_000_000)
}

fn conditions() -> Vec<(&'static str, Condition)> {
    let people = || vec![Class::PERSON];
    let vehicles = || vec![Class::CAR, Class::TRUCK, Class::BUS];
    let secs = Duration::from_secs;
    let mut moving = people();
    moving.extend(vehicles());
    vec![
        (
            "line",
            Condition::LineCrossed(LineCrossed {
                line: "middle".into(),
                classes: moving,
                direction: Direction::Both,
            }),
        ),
        (
            "present",
            Condition::Present(Present { zone: "right".into(), classes: people(), for_at_least: secs(1) }),
        ),
        ("dwell", Condition::Dwell(Dwell { zone: "all".into(), classes: people(), for_at_least: secs(8) })),
        ("crowd", {
            let for_at_least = secs(5);
            Condition::Crowd(Crowd {
                zone: "all".into(),
                classes: people(),
                at_least: 5,
                density: None,
                for_at_least,
            })
        }),
        (
            "parked",
            Condition::Parked(Parked { zone: "all".into(), classes: vehicles(), for_at_least: secs(8) }),
        ),
    ]
}

fn analysis(thresholds: &[(Class, f32)]) -> Analysis {
    let mut plan = CameraPlan::new("cam", HZ);
    plan.zones.insert("all".into(), Polygon::whole_picture());
    let right = [(0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0)].map(|(x, y)| Point::new(x, y));
    plan.zones.insert("right".into(), Polygon::new(right.to_vec()).expect("a polygon"));
    plan.lines.insert("middle".into(), Line { from: Point::new(0.5, 1.0), to: Point::new(0.5, 0.0) });
    plan.thresholds.extend(thresholds.iter().copied());
    let rules = conditions().into_iter().map(|(name, when)| Rule {
        id: name.into(),
        cameras: vec!["cam".into()],
        signal: name.into(),
        level: Level::Yellow,
        schedule: Schedule::always(),
        hold: Duration::from_secs(5),
        cooldown: Duration::ZERO,
        heights: HeightLimits::default(),
        when,
    });
    Analysis::new("box", Plan::of(vec![plan], rules.collect())).expect("zones and lines are drawn")
}

/// What is reported, by rule, and when.
#[derive(Default)]
struct Published(Vec<(Arc<str>, f64)>);

impl Published {
    fn look(&mut self, analysis: &mut Analysis, (at, detections): &Look) {
        let event =
            Event::Detections { camera: "cam".into(), at: moment(*at), detections: detections.clone() };
        for revision in analysis.apply(&event) {
            if revision.phase == Phase::New {
                self.0.push((revision.kind.clone(), at.as_secs_f64()));
            }
        }
    }
}

fn decoded_in_full(thresholds: &[(Class, f32)], looks: &[Look]) -> Published {
    let (mut analysis, mut published) = (analysis(thresholds), Published::default());
    for look in looks {
        published.look(&mut analysis, look);
    }
    published
}

/// A camera behind the daemon's gate, which gives a picture for each look.
struct Gated<'a> {
    camera: Arc<str>,
    looks: &'a [Look],
    gate: Gate<usize>,
    scheduler: Arc<Scheduler>,
    demands: DecodeDemands,
    analysis: Analysis,
    published: Published,
    taken: usize,
    /// Nobody looks at it.
    picture: Arc<Picture>,
}

impl<'a> Gated<'a> {
    fn new(thresholds: &[(Class, f32)], looks: &'a [Look]) -> Self {
        let (camera, scheduler): (Arc<str>, _) = ("cam".into(), Arc::new(Scheduler::new()));
        scheduler.set_camera(&camera, HZ, 1.0);
        let slots = Arc::new(CameraSlots::default());
        slots.set_cameras([(camera.clone(), DetectOptions::default())]);
        let demands = DecodeDemands::new(scheduler.clone(), slots);
        demands.set_gated(|_| true);
        Gated {
            camera,
            looks,
            gate: Gate::new(DecodePolicy::Auto),
            scheduler,
            demands,
            analysis: analysis(thresholds),
            published: Published::default(),
            taken: 0,
            picture: one_pixel(),
        }
    }

    /// All of it, with a keyframe every `gop` pictures.
    fn play(mut self, gop: usize) -> Self {
        for (number, (mono, _)) in self.looks.iter().enumerate() {
            let at = moment(*mono);
            let unit = Unit { at, keyframe: number.is_multiple_of(gop), bytes: 1, payload: number };
            self.gate.take_in(unit, self.demands.demand(&self.camera));
            self.decode(at.mono);
        }
        // A camera goes on, so what its last keyframe asked for is seen as well.
        if let Some((last, _)) = self.looks.last() {
            let now = moment(*last).mono;
            self.gate.steer(self.demands.demand(&self.camera), now);
            self.decode(now);
        }
        self
    }

    fn decode(&mut self, now: Duration) {
        while let Some(work) = self.gate.next(now) {
            if work.wanted && self.scheduler.wants(&self.camera, work.unit.at) {
                self.look(&work);
            }
        }
    }

    /// As the worker and the analysis thread do.
    fn look(&mut self, work: &Work<usize>) {
        let number = work.unit.payload;
        let frame = Frame {
            camera: self.camera.clone(),
            number: number as u64,
            at: work.unit.at,
            taken: work.taken(),
            picture: self.picture.clone(),
        };
        self.scheduler.offer(frame);
        let turn = self.scheduler.take(Instant::now()).expect("a frame waits");
        let look = &self.looks[number];
        self.taken += 1;
        if self.demands.must_look_back(&mut self.analysis, &turn.frame, &look.1) {
            return;
        }
        self.published.look(&mut self.analysis, look);
        let pace = self.analysis.pace(&self.camera).expect("the camera is known");
        self.demands.set(&self.camera, pace);
    }

    /// Which part of all looks was taken, and of all pictures decoded; a look back does some of them twice.
    fn parts(&self) -> [f64; 2] {
        let part = |count: f64| count / self.looks.len().max(1) as f64;
        [part(self.taken as f64), part(self.gate.counts().decoded as f64)]
    }
}

fn one_pixel() -> Arc<Picture> {
    let format = PictureFormat {
        width: 1,
        height: 1,
        layout: Layout::Gray,
        strides: [1, 0, 0],
        range: Range::Full,
        matrix: Matrix::Bt601,
        pixel_aspect: PixelAspect::SQUARE,
    };
    Arc::new(Picture::new(format, Box::new(vec![vec![0u8]])).expect("one pixel"))
}

/// Pairs what both told, each at most once: how many of the first are in the second.
fn found(of: &Published, among: &Published, within: f64) -> usize {
    let mut free: Vec<bool> = vec![true; among.0.len()];
    of.0.iter()
        .filter(|(rule, at)| {
            let place = (0..among.0.len()).filter(|place| free[*place]).find(|place| {
                let (other, then) = &among.0[*place];
                other == rule && (then - at).abs() <= within
            });
            place.inspect(|place| free[*place] = false).is_some()
        })
        .count()
}

/// What is reported of everything, how much of that is reported behind the gate, and what else is.
#[derive(Default, Clone, Copy)]
struct Score {
    events: usize,
    hits: usize,
    extra: usize,
}

impl Score {
    /// Of one clip; prints a row of the table.
    fn of(clip: &str, thresholds: &[(Class, f32)], looks: &[Look], gop_secs: usize) -> Score {
        let full = decoded_in_full(thresholds, looks);
        let gated = Gated::new(thresholds, looks).play(gop_secs * HZ as usize);
        let ([looked, decoded], some) = (gated.parts(), &gated.published);
        let within = 2.0 * gop_secs as f64 + 1.5;
        let score = Score {
            events: full.0.len(),
            hits: found(&full, some, within),
            extra: some.0.len() - found(some, &full, within),
        };
        let Score { events, hits, extra } = score;
        let [looked, decoded] = [looked, decoded].map(|part| part * 100.0);
        eprintln!("{clip:28} {events:>6} {hits:>6} {extra:>6} {looked:>7.0}% {decoded:>7.0}%");
        if std::env::var_os("LOOKOUT_TABLE_DETAILS").is_some() {
            eprintln!("  full  {:.1?}\n  gated {:.1?}", full.0, some.0);
        }
        score
    }

    fn and(self, other: Score) -> Score {
        let Score { events, hits, extra } = other;
        Score { events: self.events + events, hits: self.hits + hits, extra: self.extra + extra }
    }

    fn assert(self, what: &str, published_at_least: f64) {
        let Score { events, hits, extra } = self;
        eprintln!("{:28} {events:>6} {hits:>6} {extra:>6}", "together");
        let published = hits as f64 / events as f64;
        assert!(
            published >= published_at_least,
            "{what}: {hits} of {events} are told, fewer than {published_at_least}"
        );
        assert!(extra as f64 <= MOST_EXTRA * events as f64, "{what}: {extra} beside {events}");
    }
}

fn print_heading(what: &str) {
    eprintln!(
        "{what}\n{:28} {:>6} {:>6} {:>6} {:>8} {:>8}",
        "clip", "events", "told", "extra", "looked", "decoded"
    );
}

#[test]
fn what_is_reported_of_everything_in_the_repository_is_reported_of_what_the_rules_asked_for() {
    for (gop_secs, published_at_least) in GOPS_SECS.into_iter().zip(PUBLISHED_OF_TRACKS) {
        let what = format!("a keyframe every {gop_secs} s");
        print_heading(&what);
        let scores = TRACKS.map(|clip| Score::of(clip, &[], &tracks::read(clip), gop_secs));
        let together = scores.into_iter().fold(Score::default(), Score::and);
        assert!(together.events >= 15, "there is something to miss: {}", together.events);
        together.assert(&what, published_at_least);
    }
}

#[test]
#[ignore = "needs ../shared: clips and public weights"]
fn what_is_reported_of_everything_is_reported_of_what_the_rules_asked_for() {
    let asked = std::env::var("LOOKOUT_TABLE_MODEL").ok();
    let models: Vec<&str> = match &asked {
        Some(model) => vec![model.as_str()],
        None => PUBLISHED_AT_LEAST.iter().map(|(model, _)| *model).collect(),
    };
    for model in models {
        let mut clip_detector = ClipDetector::new(model);
        let thresholds: Vec<(Class, f32)> = clip_detector.thresholds().collect();
        let floors = PUBLISHED_AT_LEAST.iter().find(|(of, _)| *of == model).map(|(_, floors)| floors);
        for (place, gop_secs) in GOPS_SECS.into_iter().enumerate() {
            let what = format!("a keyframe every {gop_secs} s, {model}");
            print_heading(&what);
            let mut together = Score::default();
            for clip in CLIPS {
                let looks: Vec<Look> = clip_detector.see(&shared().join("videos").join(clip), HZ);
                together = together.and(Score::of(clip, &thresholds, &looks, gop_secs));
            }
            assert!(together.events >= 40, "there is something to miss: {}", together.events);
            together.assert(&what, floors.map_or(0.0, |floors| floors[place]));
        }
        assert!(floors.is_some(), "{model} has no row in TOLD_AT_LEAST; its figures are above");
    }
}
