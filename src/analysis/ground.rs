//! The height of a thing in metres, from the place where it stands: a drawn horizon and the height of the camera.
//!
//! The horizon is where level ground meets the sky. It runs through a picture at the camera's own height over the
//! ground, wherever something stands. So what stands with its foot at `foot_y` reaches from there up to the camera's
//! height within `foot_y - horizon_y` of the picture, and by the rule of three
//!
//! ```text
//! height_m = camera_height_m * box_height / (foot_y - horizon_y)
//! ```
//!
//! What comes out too small or too large for its class, or stands in the sky, is no such thing: a "person" of 20 cm on a
//! wall, a "car" of 12 m made of a hedge. The bounds are generous, because the rule of three is not exact:
//!
//! - It holds for a camera that looks straight ahead. One that is tilted down by 20 degrees makes people a seventh too
//!   small, one that is tilted by 30 degrees a third; steeper ones should have no horizon.
//! - The ground must be level as far as things stand on it. On slopes and stairs, before ramps and bridges, and in the picture
//!   of a fisheye lens, there is no such horizon: leave it out.
//! - A box reaches to the far end of a thing seen from above, so vehicles come out too tall, though never taller than
//!   the camera stands high.
//! - Who lies is not tall: for "too small" the longer side of a box counts.
//! - People at windows, on roofs and on bridges stand above the ground, some of them above the horizon, and are left out.
//!
//! Pure arithmetic, as [`super::geometry`]. Evidence is redacted from all boxes, those left out here included.

use super::detection::{Class, Detection};
use super::geometry::Point;
use super::plausible::ASPECT;

/// A drawn line is so far off, in parts of the picture's height, and so are the edges of boxes (a guess: three pixels of
/// the 360 that a model sees). A thing is left out only if it does not fit however the line is moved by so much.
const DOUBT: f32 = 0.01;
/// No camera stands higher over the ground that it watches; more is centimetres.
pub(crate) const HIGHEST_CAMERA_M: f64 = 100.0;
/// Points of a horizon that are nearer to one another than this, from left to right, give it no direction.
pub(crate) const LEAST_STEP: f32 = 0.01;

/// Where level ground meets the sky, and how high over the ground the camera stands. Holds by construction.
#[derive(Debug, Clone, PartialEq)]
pub struct Horizon {
    /// At least two, from left to right.
    points: Vec<Point>,
    camera_height_m: f32,
}

impl Horizon {
    /// `None` for fewer than two points, points that are no numbers or lie above one another, and a height that no camera
    /// has. Points may come in any order and may lie outside the picture.
    pub fn new(mut points: Vec<Point>, camera_height_m: f32) -> Option<Self> {
        points.sort_by(|a, b| a.x.total_cmp(&b.x));
        let is_finite = points.iter().all(|p| p.x.is_finite() && p.y.is_finite());
        let rises = points.windows(2).all(|pair| pair[1].x - pair[0].x >= LEAST_STEP);
        let is_height = camera_height_m > 0.0 && f64::from(camera_height_m) <= HIGHEST_CAMERA_M;
        (points.len() >= 2 && is_finite && rises && is_height).then_some(Horizon { points, camera_height_m })
    }

    /// Where the horizon is, straight above or below a place: on the line through the two points beside it.
    pub fn y_at(&self, x: f32) -> f32 {
        let last = self.points.len() - 2;
        let left = self.points[1..=last].iter().take_while(|point| point.x < x).count();
        let (from, to) = (self.points[left], self.points[left + 1]);
        from.y + (to.y - from.y) * (x - from.x) / (to.x - from.x)
    }

    /// Whether a detection can be what it says where it stands. Of what is not `whole` ([`super::heights::is_whole`]) only
    /// that it is not too large is asked: more of it may be there than is seen.
    pub fn fits(&self, detection: &Detection, whole: bool) -> bool {
        let Some((least_m, most_m)) = bounds_m(detection.class) else { return true };
        let b = &detection.box_in_frame;
        let below = b.y1 - self.y_at(b.foot().x);
        if below <= -DOUBT {
            return !whole;
        }
        let at_least_m = self.metres(b.height(), below + DOUBT);
        // The foot that is not seen is nearer than the box ends. With it what reaches over the horizon comes out less tall,
        // though taller than the camera stands high in any case.
        let at_least_m = if whole { at_least_m } else { at_least_m.min(self.camera_height_m) };
        if at_least_m > most_m {
            return false;
        }
        let longest = b.height().max(b.width() * ASPECT);
        !whole || below <= DOUBT || self.metres(longest, below - DOUBT) >= least_m
    }

    /// How tall, in parts of the picture, things of a class that stand at one of these places are at most where they are seen
    /// whole, generously; 0 or less where all of the places are above the horizon. `None` for a class of any height.
    pub(crate) fn tallest_at(&self, class: Class, places: &[Point]) -> Option<f32> {
        let (_, most_m) = bounds_m(class)?;
        let below = places.iter().map(|place| place.y - self.y_at(place.x)).max_by(f32::total_cmp)?;
        Some(most_m * (below + DOUBT) / self.camera_height_m)
    }

    fn metres(&self, length: f32, below: f32) -> f32 {
        self.camera_height_m * length / below
    }
}

/// From how tall to how tall things of a class are, in metres, generously; `None` where that says nothing. The upper ones
/// leave room for what a box holds besides (an umbrella, a load, the far end of a vehicle), the lower ones for children,
/// and for tilted cameras. A detector takes a van for a bus and a tractor for a car, so all motor vehicles begin alike.
fn bounds_m(class: Class) -> Option<(f32, f32)> {
    match class {
        Class::PERSON => Some((0.5, 2.6)),
        Class::TWO_WHEELER => Some((0.4, 3.0)),
        Class::CAR => Some((0.6, 5.0)),
        Class::BUS | Class::TRUCK => Some((0.6, 8.0)),
        // Faces do not stand on the ground; flames and smoke have any size, and so has what a model of the site's own finds.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::analysis::geometry::BBox;

    /// A camera 3 m over the ground, with the horizon at 0.3 of the picture.
    fn level() -> Horizon {
        Horizon::new(vec![Point::new(0.0, 0.3), Point::new(1.0, 0.3)], 3.0).expect("a horizon")
    }

    fn of(class: Class, x0: f32, y0: f32, x1: f32, y1: f32) -> Detection {
        Detection { class, score: 0.8, box_in_frame: BBox::new(x0, y0, x1, y1) }
    }

    #[test]
    fn a_horizon_has_two_points_beside_one_another_and_a_camera_above_the_ground() {
        let points =
            |points: &[(f32, f32)]| -> Vec<Point> { points.iter().map(|&(x, y)| Point::new(x, y)).collect() };
        let two = || points(&[(0.0, 0.3), (1.0, 0.3)]);
        for (wrong, height) in [
            (points(&[(0.5, 0.3)]), 3.0),
            (points(&[]), 3.0),
            (points(&[(0.5, 0.3), (0.5, 0.3)]), 3.0),
            (points(&[(0.5, 0.3), (0.5, 0.9)]), 3.0),
            (points(&[(0.0, 0.3), (0.5, 0.3), (0.501, 0.4)]), 3.0),
            (points(&[(0.0, f32::NAN), (1.0, 0.3)]), 3.0),
            (two(), 0.0),
            (two(), -3.0),
            (two(), 100.5),
            (two(), f32::NAN),
        ] {
            assert_eq!(Horizon::new(wrong.clone(), height), None, "{wrong:?} {height}");
        }
        assert!(Horizon::new(points(&[(1.4, -0.2), (-0.4, 0.1)]), 100.0).is_some(), "outside, in any order");
    }

    #[test]
    fn the_line_goes_on_beyond_its_points_and_bends_at_them() {
        let tilted =
            Horizon::new(vec![Point::new(0.25, 0.2), Point::new(0.75, 0.4)], 3.0).expect("a horizon");
        for (x, y) in [(0.25, 0.2), (0.5, 0.3), (0.75, 0.4), (0.0, 0.1), (1.0, 0.5)] {
            assert!((tilted.y_at(x) - y).abs() < 1e-6, "{x}: {}", tilted.y_at(x));
        }
        let bent = [(0.0, 0.2), (0.5, 0.2), (1.0, 0.4)].map(|(x, y)| Point::new(x, y));
        let bent = Horizon::new(bent.to_vec(), 3.0).expect("a horizon");
        for (x, y) in [(0.0, 0.2), (0.25, 0.2), (0.5, 0.2), (0.75, 0.3), (1.25, 0.5)] {
            assert!((bent.y_at(x) - y).abs() < 1e-6, "{x}: {}", bent.y_at(x));
        }
    }

    #[test]
    fn the_height_follows_by_the_rule_of_three() {
        // Its foot is 0.4 below the horizon and the box 0.24 tall: 3 m * 0.24 / 0.4.
        let near = of(Class::PERSON, 0.45, 0.46, 0.55, 0.70);
        assert_height(&level(), &near.box_in_frame, 1.8);
        // The same person four times as far away: 0.1 below, 0.06 tall.
        let far = of(Class::PERSON, 0.45, 0.34, 0.475, 0.40);
        assert_height(&level(), &far.box_in_frame, 1.8);
        // What reaches up to the horizon is as tall as the camera stands high, and what reaches beyond it is taller.
        let as_tall = BBox::new(0.4, 0.3, 0.6, 0.9);
        assert_height(&level(), &as_tall, 3.0);
        let lorry = BBox::new(0.4, 0.1, 0.6, 0.9);
        assert_height(&level(), &lorry, 4.0);
        // On a horizon that falls to the right the same box is farther above it on the left.
        let falling = Horizon::new(vec![Point::new(0.0, 0.1), Point::new(1.0, 0.5)], 3.0).expect("a horizon");
        // 3 * 0.24 / 0.5 at x = 0.25, 3 * 0.24 / 0.3 at x = 0.75.
        assert_height(&falling, &BBox::new(0.20, 0.46, 0.30, 0.70), 1.44);
        assert_height(&falling, &BBox::new(0.70, 0.46, 0.80, 0.70), 2.4);
    }

    /// What has its foot there is so tall.
    fn assert_height(horizon: &Horizon, b: &BBox, height_m: f32) {
        let metres = horizon.metres(b.height(), b.y1 - horizon.y_at(b.foot().x));
        assert!((metres - height_m).abs() < 1e-5, "{metres} m, not {height_m}");
    }

    #[test]
    fn the_tallest_that_fits_is_as_tall_as_is_said() {
        let place = Point::new(0.45, 0.70);
        let tallest = level().tallest_at(Class::PERSON, &[Point::new(0.1, 0.4), place]).expect("a height");
        let standing = |height: f32| of(Class::PERSON, 0.4, place.y - height, 0.5, place.y);
        assert!(
            level().fits(&standing(tallest - 0.001), true) && !level().fits(&standing(tallest + 0.001), true)
        );
        let in_the_sky = level().tallest_at(Class::CAR, &[Point::new(0.5, 0.2), Point::new(0.5, 0.1)]);
        assert!(in_the_sky.is_some_and(|tallest| tallest < 0.0), "{in_the_sky:?}");
        assert_eq!(level().tallest_at(Class::SMOKE, &[place]), None);
        assert_eq!(level().tallest_at(Class::PERSON, &[]), None);
    }

    #[test]
    fn what_is_too_small_or_too_large_for_where_it_stands_does_not_fit() {
        for (what, detection, fits) in [
            ("somebody near", of(Class::PERSON, 0.4, 0.46, 0.5, 0.70), true),
            ("the same box of somebody far away, 7.2 m", of(Class::PERSON, 0.4, 0.16, 0.5, 0.40), false),
            ("somebody far away", of(Class::PERSON, 0.4, 0.34, 0.42, 0.40), true),
            ("the same box near, 0.36 m", of(Class::PERSON, 0.4, 0.74, 0.42, 0.80), false),
            ("a child of 0.8 m", of(Class::PERSON, 0.4, 0.645, 0.45, 0.77), true),
            ("somebody who lies, 0.4 m high and 1.8 m long", of(Class::PERSON, 0.4, 0.73, 0.57, 0.80), true),
            ("a car of 1.5 m", of(Class::CAR, 0.4, 0.55, 0.7, 0.80), true),
            ("a toy car", of(Class::CAR, 0.4, 0.76, 0.45, 0.80), false),
            ("a car as tall as a house, 9 m", of(Class::CAR, 0.4, 0.0, 0.9, 0.45), false),
            ("a lorry of 4 m", of(Class::TRUCK, 0.4, 0.1, 0.7, 0.90), true),
            ("a person in the sky", of(Class::PERSON, 0.4, 0.10, 0.42, 0.20), false),
            (
                "somebody on the horizon, who may stand below it",
                of(Class::PERSON, 0.4, 0.292, 0.41, 0.295),
                true,
            ),
            ("smoke in the sky", of(Class::SMOKE, 0.4, 0.0, 0.6, 0.2), true),
            ("a small flame near", of(Class::FIRE, 0.4, 0.78, 0.41, 0.80), true),
            ("a face", of(Class::FACE, 0.4, 0.48, 0.42, 0.51), true),
            ("what a model of the site's own finds", of(Class::named("dog"), 0.4, 0.78, 0.42, 0.80), true),
        ] {
            assert_eq!(level().fits(&detection, true), fits, "{what}");
        }
    }

    #[test]
    fn a_line_drawn_a_little_wrong_takes_nobody_away() {
        // Somebody of 1.8 m at 0.02 below the horizon, drawn 0.01 too high and too low.
        let far = of(Class::PERSON, 0.5, 0.308, 0.505, 0.32);
        for y in [0.29, 0.3, 0.31] {
            let drawn = Horizon::new(vec![Point::new(0.0, y), Point::new(1.0, y)], 3.0).expect("a horizon");
            assert!(drawn.fits(&far, true), "drawn at {y}");
        }
    }

    #[test]
    fn what_is_cut_or_hidden_is_never_too_small_and_too_large_only_where_that_is_sure() {
        let head = of(Class::PERSON, 0.4, 0.74, 0.42, 0.80);
        assert!(!level().fits(&head, true) && level().fits(&head, false));
        let behind_a_wall = of(Class::PERSON, 0.4, 0.20, 0.45, 0.28);
        assert!(level().fits(&behind_a_wall, false), "the foot is farther down than is seen");
        // A lorry of 4 m behind a wall comes out at 3 * 0.15 / 0.06 = 7.5 m, but all that is sure is more than 3 m.
        let over_a_wall = of(Class::CAR, 0.4, 0.21, 0.6, 0.36);
        assert!(!level().fits(&over_a_wall, true) && level().fits(&over_a_wall, false));
        // More than 3 m is too much for a person.
        let giant = of(Class::PERSON, 0.2, 0.0, 0.9, 1.0);
        assert!(!level().fits(&giant, false));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_number_makes_it_panic(v in proptest::collection::vec(any::<f32>(), 9), whole: bool) {
            let points = vec![Point::new(v[0], v[1]), Point::new(v[2], v[3])];
            let horizon = Horizon::new(points, v[4]).unwrap_or_else(level);
            let detection = of(Class::PERSON, v[5], v[6], v[7], v[8]);
            let _ = (horizon.fits(&detection, whole), horizon.tallest_at(Class::PERSON, &horizon.points));
        }

        #[test]
        fn what_fits_whole_fits_in_part(x in 0.0_f32..1.0, y in 0.0_f32..1.0, w in 0.0_f32..0.5, h in 0.0_f32..1.0) {
            let detection = of(Class::PERSON, x, y - h, x + w, y);
            prop_assert!(!level().fits(&detection, true) || level().fits(&detection, false));
        }
    }
}
