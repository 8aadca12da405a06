//! What is lost by looking at keyframes until more is needed: real clips, looked at five times a second, against the
//! same clips with a look at each keyframe and bursts as the rules ask for them.
//!
//! ```sh
//! cargo test --test gate_on_real_clips -- --include-ignored --nocapture
//! ```
//!
//! Only the analysis is gated here (what it would not have been shown is left out), with the detections of one model;
//! the stream side has tests of its own (`video_gate.rs`), both together are measured in `benches/density`.

mod support;

use std::sync::Arc;
use std::time::Duration;

use lookout::analysis::detection::{Class, Detection};
use lookout::analysis::geometry::{Line, Point, Polygon};
use lookout::analysis::heights::HeightLimits;
use lookout::analysis::rules::{CameraPlan, Condition, Crowd, Dwell, LineCrossed, Parked, Present, Rule};
use lookout::analysis::schedule::Schedule;
use lookout::analysis::time::{Moment, Timestamp};
use lookout::analysis::{Analysis, Event, Plan};
use lookout::types::direction::Direction;
use lookout::types::level::Level;
use lookout::types::phase::Phase;

use support::clips::shared;
use support::seen::Looker;

/// Looks a second when everything is decoded.
const HZ: f32 = 5.0;

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

type Look = (Duration, Vec<Detection>);

fn moment(mono: Duration) -> Moment {
    Moment::after_origin(Timestamp::UNIX_EPOCH, mono)
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

fn analysis(looker: &Looker) -> Analysis {
    let mut plan = CameraPlan::new("cam", HZ);
    plan.zones.insert("all".into(), Polygon::whole_picture());
    let right = [(0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0)].map(|(x, y)| Point::new(x, y));
    plan.zones.insert("right".into(), Polygon::new(right.to_vec()).expect("a polygon"));
    plan.lines.insert("middle".into(), Line { from: Point::new(0.5, 1.0), to: Point::new(0.5, 0.0) });
    plan.thresholds.extend(looker.thresholds());
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

/// What is told, by rule, and when.
#[derive(Default)]
struct Told(Vec<(Arc<str>, f64)>);

impl Told {
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

fn decoded_in_full(looker: &Looker, looks: &[Look]) -> Told {
    let (mut analysis, mut told) = (analysis(looker), Told::default());
    for look in looks {
        told.look(&mut analysis, look);
    }
    told
}

/// The same with a keyframe every `gop` looks; also the part of the looks that were taken, and of the time that was
/// decoded in full.
fn gated(looker: &Looker, looks: &[Look], gop: usize) -> (Told, f64, f64) {
    let (mut analysis, mut told) = (analysis(looker), Told::default());
    let (mut taken, mut decoded) = (0usize, 0usize);
    let (mut every, mut last) = (None::<Duration>, Duration::ZERO);
    let interval = looks.get(gop).map_or(Duration::ZERO, |look| look.0 - looks[0].0);
    for (number, look) in looks.iter().enumerate() {
        match every {
            Some(every) => {
                decoded += 1;
                if look.0.saturating_sub(last) + Duration::from_millis(10) < every {
                    continue;
                }
            }
            None if number % gop != 0 => continue,
            None => {
                decoded += 1;
                if analysis.missed_something("cam", moment(look.0), &look.1) {
                    for missed in &looks[number.saturating_sub(gop) + 1..number] {
                        told.look(&mut analysis, missed);
                        (taken, decoded) = (taken + 1, decoded + 1);
                    }
                }
            }
        }
        told.look(&mut analysis, look);
        (taken, last) = (taken + 1, look.0);
        let pace = analysis.pace("cam").expect("the camera is known");
        every = pace.every.filter(|every| *every < interval);
    }
    let part = |count: usize| count as f64 / looks.len().max(1) as f64;
    (told, part(taken), part(decoded))
}

/// Pairs what both told, each at most once: how many of the first are in the second.
fn found(of: &Told, among: &Told, within: f64) -> usize {
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

#[test]
#[ignore = "needs ../shared: clips and public weights"]
fn what_is_told_of_everything_is_told_of_what_the_rules_asked_for() {
    let model = std::env::var("LOOKOUT_TABLE_MODEL").unwrap_or_else(|_| "yolox_nano_416".to_owned());
    let mut looker = Looker::new(&model);
    for gop_secs in [1usize, 2, 4] {
        eprintln!("a keyframe every {gop_secs} s, {model}");
        eprintln!(
            "{:28} {:>6} {:>6} {:>6} {:>8} {:>8}",
            "clip", "events", "told", "extra", "looked", "decoded"
        );
        let (mut events, mut hits, mut extra) = (0, 0, 0);
        for clip in CLIPS {
            let looks: Vec<Look> = looker.see(&shared().join("videos").join(clip), HZ);
            let gop = gop_secs * HZ as usize;
            let full = decoded_in_full(&looker, &looks);
            let (some, looked, decoded) = gated(&looker, &looks, gop);
            let within = 2.0 * gop_secs as f64 + 1.5;
            let hit = found(&full, &some, within);
            let more = some.0.len() - found(&some, &full, within);
            eprintln!(
                "{clip:28} {:>6} {hit:>6} {more:>6} {:>7.0}% {:>7.0}%",
                full.0.len(),
                looked * 100.0,
                decoded * 100.0
            );
            if std::env::var_os("LOOKOUT_TABLE_DETAILS").is_some() {
                eprintln!("  full  {:.1?}\n  gated {:.1?}", full.0, some.0);
            }
            (events, hits, extra) = (events + full.0.len(), hits + hit, extra + more);
        }
        eprintln!("{:28} {events:>6} {hits:>6} {extra:>6}", "together");
        assert!(events >= 40, "there is something to miss");
    }
}
