//! Camera health on real pictures: clips as they are, clips to which something happens that is no fault, and
//! clips with faults put into the pixels. `README.md` beside this file says what was measured and on which
//! clips the constants were tuned.
//!
//! Two glances a second, the clip in a loop, time as an argument.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod faults;

use std::path::{Path, PathBuf};
use std::time::Duration;

use lookout::analysis::camera_health::CameraHealth;
use lookout::analysis::camera_health::image_stats::ImageStats;
use lookout::analysis::time::{Moment, Timestamp};
use lookout::frame;
use lookout::types::camera_condition::CameraCondition;
use lookout::video::{self, FileOptions};

use CameraCondition::{Blurred, Covered, Dark, Frozen, Moved, OverExposed, Sprayed};
use faults::{Fault, Harmless, Image};

/// Clips of fixed cameras under ../shared/videos.
const CLIPS: [&str; 13] = [
    "people-one-by-one.mp4",
    "street-cars.mp4",
    "motorway-tunnel.mp4",
    "walkway-small-people.mp4",
    "highway-mpeg4.avi",
    "motorway-rain.mp4",
    "car-park-overhead.mp4",
    "plaza-crowd.mp4",
    "office-wide.mp4",
    "motorway-sun-glare.mp4",
    "bottles-no-people.mp4",
    "fall-indoors.mp4",
    "worker-in-zone-1080p.mp4",
];

/// Those on which faults are tried: small pictures, so that it takes minutes and not an hour.
const FAULTY: [&str; 4] =
    ["street-cars.mp4", "walkway-small-people.mp4", "highway-mpeg4.avi", "office-wide.mp4"];

/// Seconds of the clip as it is before something happens to it, and how long that lasts.
const BEFORE: u64 = 60;
const LASTS: u64 = 15;
/// A fault must be reported within this, and be over so long after it.
const WITHIN: f64 = 10.0;

/// Which faults are tried, and what may be told about each.
const FAULTS: [(Fault, &[CameraCondition]); 17] = [
    (Fault::Black, &[Dark]),
    (Fault::BlackWithNoise, &[Dark]),
    (Fault::WhiteOut, &[OverExposed]),
    (Fault::Frozen, &[Frozen]),
    (Fault::FrozenWithClock, &[Frozen]),
    (Fault::Cloth, &[Covered]),
    // A part that is hidden by something on the lens is `sprayed`, whatever it is.
    (Fault::Covered(0.5), &[Sprayed]),
    (Fault::Covered(0.8), &[Sprayed, Covered]),
    (Fault::Shifted(0.2), &[Moved]),
    (Fault::Shifted(0.5), &[Moved]),
    (Fault::Turned(10.0), &[Moved]),
    (Fault::Elsewhere, &[Moved]),
    (Fault::Blurred(3.0), &[Blurred]),
    (Fault::Blurred(6.0), &[Blurred]),
    (Fault::Sprayed(0.4), &[Sprayed]),
    (Fault::Sprayed(0.6), &[Sprayed]),
    (Fault::Sprayed(0.8), &[Sprayed, Covered]),
];

/// What is known not to be reported in time: (clip, fault). Each of these is a promise not yet kept.
const KNOWN_MISSES: [(&str, Fault); 1] = [("office-wide.mp4", Fault::Sprayed(0.4))];

fn videos() -> PathBuf {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared");
    std::env::var_os("LOOKOUT_SHARED").map_or_else(|| beside.into(), PathBuf::from).join("videos")
}

/// Two pictures a second of a clip.
fn images(path: &Path) -> Vec<Image> {
    let mut file =
        video::read_file(path, FileOptions { every: Duration::from_millis(500), ..FileOptions::default() })
            .unwrap();
    let mut images = Vec::new();
    while let Some((_, picture)) = file.next_frame().unwrap() {
        images.push(Image::of(&picture));
    }
    assert!(images.len() > 10, "{} is too short", path.display());
    images
}

fn stats(image: Image) -> ImageStats {
    let mut seen = ImageStats::even(0);
    frame::image_stats::measure(&image.picture(), &mut seen);
    seen
}

/// A camera that is shown glances, and when it told what.
struct Watched {
    health: CameraHealth,
    number: u64,
    /// Condition, begin and end in seconds.
    reported: Vec<(CameraCondition, f64, Option<f64>)>,
}

impl Watched {
    fn new() -> Self {
        Watched { health: CameraHealth::new(), number: 0, reported: Vec::new() }
    }

    fn look(&mut self, stats: &ImageStats) {
        let at = Moment::after_origin(Timestamp::UNIX_EPOCH, Duration::from_millis(500 * self.number));
        self.health.look(at, stats);
        let secs = at.mono.as_secs_f64();
        for state in self.health.conditions() {
            let open = self.reported.iter_mut().find(|(c, _, end)| *c == state.condition && end.is_none());
            match (state.on, open) {
                (true, None) => self.reported.push((state.condition, secs, None)),
                (false, Some(open)) => open.2 = Some(secs),
                _ => {}
            }
        }
        self.number += 1;
    }
}

fn nothing_in(path: &Path, secs: u64) {
    let clean: Vec<ImageStats> = images(path).into_iter().map(stats).collect();
    let mut watched = Watched::new();
    for number in 0..secs * 2 {
        watched.look(&clean[number as usize % clean.len()]);
    }
    assert_eq!(watched.reported, [], "{}", path.display());
}

#[test]
fn the_rendered_scene_raises_nothing() {
    nothing_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenes/lane-day.mp4"), 600);
}

#[test]
#[ignore = "needs ../shared: clips"]
fn real_clips_raise_nothing_in_ten_minutes() {
    for clip in CLIPS {
        nothing_in(&videos().join(clip), 600);
    }
}

/// Takes some minutes: every pixel of every picture is made anew.
#[test]
#[ignore = "needs ../shared: clips"]
fn every_fault_is_reported_within_ten_seconds_and_its_end_too() {
    let elsewhere = images(&videos().join("motorway-tunnel.mp4")).swap_remove(5);
    let mut wrong = Vec::new();
    for clip in FAULTY {
        let live = images(&videos().join(clip));
        let clean: Vec<ImageStats> = live.iter().cloned().map(stats).collect();
        for (fault, expected) in FAULTS {
            let mut watched = Watched::new();
            let kept = &live[BEFORE as usize * 2 % live.len()];
            while watched.number < 2 * (BEFORE + LASTS + 20) {
                let which = watched.number as usize % live.len();
                let is_faulty = (2 * BEFORE..2 * (BEFORE + LASTS)).contains(&watched.number);
                let seen = is_faulty
                    .then(|| stats(faults::apply(fault, &live[which], kept, &elsewhere, watched.number)));
                watched.look(seen.as_ref().unwrap_or(&clean[which]));
            }
            let (began, ended) = (BEFORE as f64, (BEFORE + LASTS) as f64);
            let fits = |(condition, begin, end): &(CameraCondition, f64, Option<f64>)| {
                expected.contains(condition)
                    && (began..=began + WITHIN).contains(begin)
                    && end.is_some_and(|end| (ended..=ended + WITHIN).contains(&end))
            };
            let line: Vec<String> = watched
                .reported
                .iter()
                .map(|(condition, begin, end)| {
                    let end = end.map_or("never".to_owned(), |end| format!("{:+.1} s", end - ended));
                    format!("{} {:+.1} s, over {end}", condition.name(), begin - began)
                })
                .collect();
            eprintln!("{clip:26} {:18} {}", format!("{fault:?}"), line.join("; "));
            let is_right = watched.reported.len() == 1 && watched.reported.iter().all(fits);
            if is_right == KNOWN_MISSES.contains(&(clip, fault)) {
                wrong.push(format!("{clip} {fault:?}: {}", line.join("; ")));
            }
        }
    }
    assert!(wrong.is_empty(), "not as expected (a known miss that is none any more counts too): {wrong:#?}");
}

/// Takes some minutes.
#[test]
#[ignore = "needs ../shared: clips"]
fn daylight_weather_traffic_and_lamps_raise_nothing() {
    let mut wrong = Vec::new();
    for clip in ["street-cars.mp4", "highway-mpeg4.avi"] {
        let live = images(&videos().join(clip));
        let clean: Vec<ImageStats> = live.iter().cloned().map(stats).collect();
        for what in faults::HARMLESS {
            let mut watched = Watched::new();
            let until = 2 * BEFORE + (2.0 * what.lasts()) as u64;
            while watched.number < until + 60 {
                let which = watched.number as usize % live.len();
                let secs = watched.number as f32 * 0.5 - BEFORE as f32;
                // Dawn begins dark; dusk and fog stay.
                let happens = match what {
                    Harmless::Dawn => watched.number < until,
                    Harmless::Dusk | Harmless::Fog => secs >= 0.0,
                    Harmless::NightWithLamp => true,
                    _ => secs >= 0.0 && watched.number < until,
                };
                let seen = happens.then(|| stats(faults::happen(what, &live[which], watched.number, secs)));
                watched.look(seen.as_ref().unwrap_or(&clean[which]));
            }
            if !watched.reported.is_empty() {
                wrong.push(format!("{clip} {what:?}: {:?}", watched.reported));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
