//! Synthetic image statistics: a street of edges that twinkle with noise, and what becomes of it.

use std::time::Duration;

use super::image_stats::{CELLS, COLUMNS, ImageStats, PATCH_COLUMNS, PATCHES, ROWS};
use super::*;
use crate::analysis::time::Timestamp;

use CameraCondition::{Blurred, Covered, Dark, Frozen, Moved, NoVideo, OverExposed, Sprayed};

/// A scene of blocks of different brightness; `seed` chooses which.
fn scene(seed: u32) -> ImageStats {
    let mut stats = ImageStats::even(0);
    for cell in 0..CELLS {
        let (wide, high) = if seed == 1 { (5, 4) } else { (8, 7) };
        let block = ((cell % COLUMNS + 2) / wide + (cell / COLUMNS + 2) / high * 13) as u32 + seed * 977;
        stats.luma[cell] = (40 + block.wrapping_mul(2_654_435_761) % 160) as u8;
    }
    for patch in 0..PATCHES {
        stats.detail[patch] = 20 + (patch as u32 * 37 % 180) as u16;
    }
    stats.colour = 6.0;
    stats
}

struct Stage {
    health: CameraHealth,
    /// Glances so far, two a second.
    number: u64,
}

impl Stage {
    fn new() -> Self {
        Stage { health: CameraHealth::new(), number: 0 }
    }

    fn now(&self) -> Moment {
        Moment::after_origin(Timestamp::UNIX_EPOCH, Duration::from_millis(self.number * 500))
    }

    /// Shows a picture for so long, each time with other noise; the moments at which something was on.
    fn show(&mut self, secs: u64, mut picture: impl FnMut(u64) -> ImageStats) -> Vec<CameraCondition> {
        let mut published = Vec::new();
        for _ in 0..secs * 2 {
            self.number += 1;
            let mut stats = picture(self.number);
            for (patch, mark) in stats.mark.iter_mut().enumerate() {
                *mark = (self.number as u32).wrapping_mul(2_654_435_761) ^ patch as u32;
            }
            self.health.look(self.now(), &stats);
            published.extend(self.on());
        }
        published.sort();
        published.dedup();
        published
    }

    /// Shows exactly the same picture.
    fn freeze(&mut self, secs: u64, stats: &ImageStats) {
        for _ in 0..secs * 2 {
            self.number += 1;
            self.health.look(self.now(), stats);
        }
    }

    fn on(&self) -> Vec<CameraCondition> {
        self.health.conditions().filter(|state| state.on).map(|state| state.condition).collect()
    }

    fn state(&self, condition: CameraCondition) -> ConditionState {
        *self.health.conditions().find(|state| state.condition == condition).expect("heard of")
    }
}

fn lit(mut stats: ImageStats, gain: f32) -> ImageStats {
    for luma in &mut stats.luma {
        *luma = (f32::from(*luma) * gain).min(255.0) as u8;
    }
    for detail in &mut stats.detail {
        *detail = (f32::from(*detail) * gain) as u16;
    }
    stats
}

fn shifted(stats: &ImageStats, columns: usize) -> ImageStats {
    let mut out = stats.clone();
    for row in 0..ROWS {
        for column in 0..COLUMNS {
            out.luma[row * COLUMNS + column] = stats.luma[row * COLUMNS + (column + columns) % COLUMNS];
        }
    }
    for patch in 0..PATCHES {
        let (row, column) = (patch / PATCH_COLUMNS, patch % PATCH_COLUMNS);
        out.detail[patch] = stats.detail[row * PATCH_COLUMNS + (column + columns / 2) % PATCH_COLUMNS];
    }
    out
}

fn cloth() -> ImageStats {
    ImageStats { colour: 3.0, ..ImageStats::even(110) }
}

/// What is reported while each fault lasts, and that it is gone 10 s after it.
#[test]
fn each_fault_is_reported_within_ten_seconds_and_ends_by_itself() {
    let blurred = || ImageStats { detail: scene(1).detail.map(|detail| detail / 5), ..scene(1) };
    let sprayed = || {
        let mut stats = scene(1);
        for patch in 0..PATCHES {
            let column = patch % PATCH_COLUMNS;
            if !(10..26).contains(&column) {
                continue;
            }
            stats.detail[patch] = 0;
            let at = patch / PATCH_COLUMNS * 2 * COLUMNS + column * 2;
            for cell in [at, at + 1, at + COLUMNS, at + COLUMNS + 1] {
                stats.luma[cell] = 120;
            }
        }
        stats
    };
    let cases: [(CameraCondition, &dyn Fn() -> ImageStats); 7] = [
        (Dark, &|| ImageStats::even(3)),
        (OverExposed, &|| ImageStats::even(254)),
        (Covered, &cloth),
        (Moved, &|| shifted(&scene(1), 12)),
        (Moved, &|| scene(2)),
        (Blurred, &blurred),
        (Sprayed, &sprayed),
    ];
    for (condition, picture) in cases {
        let mut stage = Stage::new();
        assert_eq!(stage.show(60, |_| scene(1)), [], "before {condition:?}");
        let began = stage.now();
        assert_eq!(stage.show(10, |_| picture()), [condition]);
        let state = stage.state(condition);
        assert!(state.since.since(began) <= Duration::from_secs(4), "{condition:?} since {:?}", state.since);
        assert!(state.strength > 0.3, "{state:?}");
        assert_eq!(stage.health.is_blind(), condition != Blurred, "{condition:?}");
        stage.show(120, |_| picture());
        assert_eq!(stage.on(), [condition], "it lasts");
        stage.show(10, |_| scene(1));
        assert_eq!(stage.on(), [], "{condition:?} is over");
    }
}

#[test]
fn a_camera_without_image_stats_is_not_judged() {
    let health = CameraHealth::new();
    assert_eq!(health.conditions().count(), 0);
    assert!(!health.is_blind());
}

#[test]
fn a_camera_that_is_turned_stays_turned_until_it_is_turned_back_or_taken_as_it_is() {
    let mut stage = Stage::new();
    stage.show(60, |_| scene(1));
    stage.show(600, |_| scene(2));
    assert_eq!(stage.on(), [Moved], "ten minutes later");
    stage.health.forget_reference();
    assert_eq!(stage.on(), []);
    assert_eq!(stage.show(60, |_| scene(2)), []);
    assert_eq!(stage.show(10, |_| scene(1)), [Moved], "the new view is the one that counts");
    stage.number += 2 * 86_400;
    stage.show(30, |_| scene(1));
    assert_eq!(stage.on(), [], "after a day it is taken as it is");
}

#[test]
fn light_does_not_turn_a_camera() {
    let mut stage = Stage::new();
    stage.show(60, |_| scene(1));
    assert_eq!(stage.show(60, |_| lit(scene(1), 0.4)), [], "a lamp goes out");
    assert_eq!(stage.show(60, |_| lit(scene(1), 1.4)), [], "and on");
    let start = stage.number;
    let dusk = stage.show(600, |number| lit(scene(1), 1.4 - 1.2 * (number - start) as f32 / 1200.0));
    assert_eq!(dusk, []);
}

#[test]
fn the_first_infrared_night_is_another_view_and_no_fault() {
    let infrared = || {
        let mut stats = scene(1);
        for cell in 0..CELLS {
            // What was bright is dark now, and the border lies in the dark.
            let (x, y) = (cell % COLUMNS, cell / COLUMNS);
            let edge = x.min(COLUMNS - 1 - x).min(y).min(ROWS - 1 - y) as f32;
            let lamp = (0.3 + edge / 12.0).min(1.2);
            stats.luma[cell] = (f32::from(240 - stats.luma[cell]) * lamp) as u8;
        }
        stats.colour = 0.0;
        stats
    };
    let mut stage = Stage::new();
    for day in 0..2 {
        assert_eq!(stage.show(300, |_| scene(1)), [], "day {day}");
        assert_eq!(stage.show(300, |_| infrared()), [], "night {day}");
    }
    assert_eq!(
        stage.show(10, |_| ImageStats { colour: 0.0, ..shifted(&infrared(), 12) }),
        [Moved],
        "at night"
    );
}

/// Somebody near the camera: half of the picture with edges and detail of its own.
fn with_somebody(mut stats: ImageStats) -> ImageStats {
    let body = lit(scene(2), 0.8);
    for cell in 0..CELLS {
        if (16..48).contains(&(cell % COLUMNS)) {
            stats.luma[cell] = body.luma[cell];
        }
    }
    for patch in 0..PATCHES {
        if (8..24).contains(&(patch % PATCH_COLUMNS)) {
            stats.detail[patch] = 900;
        }
    }
    stats
}

#[test]
fn infrared_that_comes_on_while_somebody_stands_there_is_no_fault_when_they_leave() {
    let grey = |stats: ImageStats| ImageStats { colour: 0.0, ..lit(stats, 1.12) };
    for (day, stands) in [(300, 60), (300, 25), (60, 200)] {
        let mut stage = Stage::new();
        assert_eq!(stage.show(day, |_| scene(1)), []);
        assert_eq!(stage.show(20, |_| with_somebody(scene(1))), [], "somebody comes");
        assert_eq!(stage.show(stands, |_| grey(with_somebody(scene(1)))), [], "infrared for {stands} s");
        assert_eq!(stage.show(300, |_| grey(scene(1))), [], "they leave after {stands} s");
        assert_eq!(stage.show(300, |_| scene(1)), [], "the next day");
        assert_eq!(stage.show(60, |_| grey(scene(1))), [], "and night");
        let turned = shifted(&scene(1), 12);
        assert_eq!(stage.show(10, |_| grey(turned.clone())), [Moved], "a turn is reported all the same");
    }
}

#[test]
fn a_step_of_light_is_no_fault_and_a_fault_after_it_is_reported() {
    let flat = |mut stats: ImageStats, contrast: f32| {
        for luma in &mut stats.luma {
            *luma = (140.0 + contrast * (f32::from(*luma) - 120.0)) as u8;
        }
        stats.detail = stats.detail.map(|detail| (f32::from(detail) * contrast) as u16);
        stats
    };
    let washed_out = |mut stats: ImageStats| {
        // An exposure too long: what was bright has no detail left.
        for patch in 0..PATCHES {
            if stats.patch_luma(patch) > 130.0 {
                stats.detail[patch] = 0;
            }
        }
        lit(stats, 1.7)
    };
    let steps: [(&str, &dyn Fn() -> ImageStats); 6] = [
        ("lamp off", &|| lit(scene(1), 0.3)),
        ("lamp on", &|| lit(scene(1), 1.5)),
        ("exposure", &|| washed_out(scene(1))),
        ("haze", &|| flat(scene(1), 0.3)),
        ("brighter by an eighth, grey", &|| ImageStats { colour: 0.0, ..lit(scene(1), 1.12) }),
        ("washed out, grey", &|| ImageStats { colour: 0.0, ..washed_out(scene(1)) }),
    ];
    for (step, light) in steps {
        let mut stage = Stage::new();
        assert_eq!(stage.show(120, |_| scene(1)), []);
        for round in 0..2 {
            assert_eq!(stage.show(120, |_| light()), [], "{step}, round {round}");
            assert_eq!(stage.show(120, |_| scene(1)), [], "{step} and back, round {round}");
        }
        stage.show(60, |_| light());
        let turned = || shifted(&light(), 12);
        assert_eq!(stage.show(12, |_| turned()), [Moved], "turned after {step}");
    }
}

#[test]
fn a_cover_that_darkens_the_whole_picture_is_no_light() {
    let mut stage = Stage::new();
    stage.show(120, |_| scene(1));
    assert_eq!(stage.show(12, |_| ImageStats { colour: 2.0, ..ImageStats::even(35) }), [Covered]);
}

#[test]
fn a_view_that_was_learnt_for_a_minute_proves_no_fault_for_a_day() {
    let mut stage = Stage::new();
    stage.show(60, |_| with_somebody(scene(1)));
    // The lorry that stood there when the box started drives off.
    stage.show(300, |_| scene(1));
    stage.show(3600, |_| scene(1));
    assert_eq!(stage.on(), []);
}

#[test]
fn a_short_glare_and_a_short_cover_are_not_reported() {
    let mut stage = Stage::new();
    stage.show(60, |_| scene(1));
    for _ in 0..10 {
        assert_eq!(stage.show(4, |_| ImageStats::even(255)), []);
        assert_eq!(stage.show(9, |_| scene(1)), []);
        assert_eq!(stage.show(4, |_| cloth()), []);
        assert_eq!(stage.show(9, |_| scene(1)), []);
    }
}

#[test]
fn equal_pictures_are_a_frozen_camera_even_with_a_running_clock() {
    for with_clock in [false, true] {
        let mut stage = Stage::new();
        stage.show(60, |_| scene(1));
        let mut last = scene(1);
        last.mark = [7; PATCHES];
        for second in 0..10 {
            for patch in 34..40 {
                last.mark[patch] = if with_clock { second } else { 7 };
            }
            stage.freeze(1, &last);
        }
        assert_eq!(stage.on(), [Frozen], "with clock: {with_clock}");
        assert!(stage.health.is_blind());
        stage.show(6, |_| scene(1));
        assert_eq!(stage.on(), []);
    }
}

#[test]
fn somebody_who_walks_through_a_still_picture_shows_that_it_lives() {
    let mut stage = Stage::new();
    stage.show(60, |_| scene(1));
    let mut picture = scene(1);
    for step in 0..60u32 {
        picture.mark[8 * PATCH_COLUMNS + step as usize % PATCH_COLUMNS] = step + 1;
        stage.freeze(1, &picture);
        assert_eq!(stage.on(), []);
    }
}

#[test]
fn an_encoder_that_repeats_pictures_is_learnt() {
    // Equal pictures for 7 s between keyframes, then 12 s at night, always by themselves.
    let mut stage = Stage::new();
    stage.show(60, |_| scene(1));
    for (still_secs, times) in [(7, 5), (12, 20)] {
        for time in 0..times {
            let mut picture = scene(1);
            picture.mark = [1000 + time; PATCHES];
            stage.freeze(still_secs, &picture);
            assert_eq!(stage.on(), [], "still for {still_secs} s, time {time}");
        }
    }
    let limit = stage.state(Frozen).threshold;
    assert!((30.0..60.0).contains(&limit), "{limit} s");
    stage.freeze(60, &scene(1));
    assert_eq!(stage.on(), [Frozen], "a minute is too long for it too");
}

#[test]
fn a_silent_camera_has_no_video_until_pictures_come_for_some_seconds() {
    let mut stage = Stage::new();
    stage.show(60, |_| scene(1));
    let last = stage.now();
    stage.health.silent(last.plus(Duration::from_secs(2)));
    for secs in 3..8 {
        stage.health.tick(last.plus(Duration::from_secs(secs)));
        assert_eq!(stage.on(), [], "after {secs} s");
    }
    stage.health.tick(last.plus(Duration::from_secs(8)));
    assert_eq!(stage.on(), [NoVideo]);
    assert_eq!(stage.state(NoVideo).since, last, "since the last picture");
    stage.number += 60;
    stage.health.back(stage.now());
    assert_eq!(stage.on(), [NoVideo], "a word is no picture");
    assert_eq!(stage.show(5, |_| scene(2)), [NoVideo]);
    assert_eq!(stage.show(6, |_| scene(2)), [Moved], "it was turned meanwhile");
}

#[test]
fn a_camera_of_which_nobody_said_anything_for_a_minute_has_no_video() {
    let mut stage = Stage::new();
    stage.show(5, |_| scene(1));
    let last = stage.now();
    stage.health.tick(last.plus(Duration::from_secs(59)));
    assert_eq!(stage.on(), []);
    stage.health.tick(last.plus(Duration::from_secs(60)));
    assert_eq!(stage.on(), [NoVideo]);
}

#[test]
fn darkness_hides_other_faults_and_ends_none_of_them() {
    let mut stage = Stage::new();
    stage.show(60, |_| scene(1));
    stage.show(20, |_| scene(2));
    assert_eq!(stage.on(), [Moved]);
    stage.show(60, |_| ImageStats::even(3));
    assert_eq!(stage.on(), [Dark, Moved], "nobody saw it being turned back");
    stage.show(10, |_| scene(1));
    assert_eq!(stage.on(), []);
}

#[test]
fn a_lamp_in_the_night_is_no_darkness() {
    let mut stage = Stage::new();
    let night = |_| {
        let mut stats = ImageStats::even(6);
        for row in 10..14 {
            for column in 20..26 {
                stats.luma[row * COLUMNS + column] = 180;
            }
        }
        stats.detail[6 * PATCH_COLUMNS + 11] = 200;
        stats.detail[..60].fill(40);
        stats
    };
    assert_eq!(stage.show(120, night), []);
}

#[test]
fn a_camera_that_starts_covered_is_reported_and_its_cloth_not_learnt() {
    let mut stage = Stage::new();
    assert_eq!(stage.show(300, |_| cloth()), [Covered]);
    assert_eq!(stage.show(3, |_| scene(1)), [Covered]);
    stage.show(60, |_| scene(1));
    assert_eq!(stage.on(), []);
    assert_eq!(stage.show(10, |_| cloth()), [Covered]);
}

#[test]
fn time_that_goes_backwards_and_empty_pictures_do_no_harm() {
    let mut stage = Stage::new();
    stage.show(60, |_| scene(1));
    let early = Moment::after_origin(Timestamp::UNIX_EPOCH, Duration::from_secs(1));
    stage.health.look(early, &ImageStats::even(0));
    stage.health.tick(early);
    assert_eq!(stage.on(), []);
    let mut odd = ImageStats::even(0);
    odd.colour = f32::NAN;
    odd.detail = [u16::MAX; PATCHES];
    stage.show(60, |_| odd.clone());
    for state in stage.health.conditions() {
        assert!(state.value.is_finite() && (0.0..=1.0).contains(&state.strength), "{state:?}");
    }
}

#[test]
fn names_are_read_back() {
    for condition in CameraCondition::ALL {
        assert_eq!(CameraCondition::named(condition.name()), Some(condition));
    }
    assert_eq!(CameraCondition::named("tired"), None);
}
