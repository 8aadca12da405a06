//! Motion of a tracked box: a Kalman filter with constant velocity on centre and size.
//!
//! Every noise is given in parts of the box's own size and per second, not per frame: a camera is looked at
//! 1 to 15 times a second and frames may be missing. Input is measured boxes with the time between them.
//!
//! As in SORT (Bewley et al. 2016) and ByteTrack (Zhang et al. 2022) the four numbers of a box do not
//! influence one another, so the 8x8 filter falls apart into four filters of two states, which is what is
//! computed here: about 60 multiplications for a whole step.
//!
//! One edge alone that moves is no movement of the thing: somebody walks past in front of it, or it comes out from
//! behind a pillar. Velocity is corrected only by what both edges of an axis say ([`common_shift`]).

use super::geometry::BBox;

/// Standard deviation of a detector's box edge, in parts of the box's size: ByteTrack's 1/20.
const MEASURED: f32 = 0.05;
/// Standard deviation of the velocity of something first seen, in own sizes per second. A walker of 1.7 m
/// has a size of about 1 m (root of the box's area) and does 1.4 m/s.
const FIRST_VELOCITY: f32 = 1.4;
/// How much velocity changes, in own sizes per second and root second: somebody who starts or turns reaches
/// walking speed within a second or two.
const AGILITY: f32 = 0.7;
/// Process noise of width and height: things grow slowly as they come closer.
const FIRST_GROWTH: f32 = 0.3;
/// See [`FIRST_GROWTH`].
const GROWTH_AGILITY: f32 = 0.2;
/// Velocity is believed for so long after the last measurement, in seconds; after that only doubt grows.
/// Longer blind flight leaves the picture more often than it meets the thing again (a guess).
const BLIND_FLIGHT_SECS: f32 = 2.0;
/// No box is taken to be smaller than this, in parts of the picture, so that noise never becomes 0.
const SMALLEST: f32 = 0.004;

/// One number and its velocity, with what we do not know about them.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Axis {
    value: f32,
    velocity: f32,
    /// Variance of the value, covariance of both, variance of the velocity.
    p: [f32; 3],
}

impl Axis {
    fn first(value: f32, value_sd: f32, velocity_sd: f32) -> Self {
        Axis { value, velocity: 0.0, p: [value_sd * value_sd, 0.0, velocity_sd * velocity_sd] }
    }

    /// `dt` seconds later; `agility` is the root of the white-noise acceleration's density.
    fn after(mut self, dt: f32, agility: f32) -> Self {
        let q = agility * agility;
        let [pxx, pxv, pvv] = self.p;
        self.value += self.velocity * dt.min(BLIND_FLIGHT_SECS);
        self.p = [
            pxx + dt * (2.0 * pxv + dt * pvv) + q * dt * dt * dt / 3.0,
            pxv + dt * pvv + q * dt * dt / 2.0,
            pvv + q * dt,
        ];
        self
    }

    /// With a measurement of the value taken in.
    fn corrected(self, measured: f32, measured_sd: f32) -> Self {
        self.corrected_by(measured - self.value, measured - self.value, measured_sd)
    }

    /// With a measurement taken in that is off by `surprise` from the value, of which `moved` is movement.
    fn corrected_by(mut self, surprise: f32, moved: f32, measured_sd: f32) -> Self {
        let [pxx, pxv, pvv] = self.p;
        let innovation_variance = pxx + measured_sd * measured_sd;
        let (gain_value, gain_velocity) = (pxx / innovation_variance, pxv / innovation_variance);
        self.value += gain_value * surprise;
        self.velocity += gain_velocity * moved;
        self.p = [(1.0 - gain_value) * pxx, (1.0 - gain_value) * pxv, pvv - gain_velocity * pxv];
        self
    }
}

/// Belief about one box: where, how large, how fast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Motion {
    x: Axis,
    y: Axis,
    width: Axis,
    height: Axis,
    /// Own size at the last measurement, the unit of all noise.
    size: f32,
    /// The last measurement.
    measured: BBox,
}

/// A predicted box with its uncertainty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Expected {
    /// The expected box, in parts of the frame; may reach beyond it.
    pub box_in_frame: BBox,
    /// One standard deviation of its centre, in parts of the frame, at most one own size.
    pub doubt_x: f32,
    /// See `doubt_x`.
    pub doubt_y: f32,
}

impl Expected {
    /// The prediction with a limit on its uncertainty, in parts of the frame.
    pub(crate) fn with_doubt_up_to(self, limit: f32) -> Self {
        Expected { doubt_x: self.doubt_x.min(limit), doubt_y: self.doubt_y.min(limit), ..self }
    }
}

impl Motion {
    /// Belief after the first sight of a sound box.
    pub(crate) fn first_seen(measured: &BBox) -> Self {
        let size = measured.size().max(SMALLEST);
        let (place, speed, growth) = (MEASURED * size, FIRST_VELOCITY * size, FIRST_GROWTH * size);
        let centre = measured.centre();
        Motion {
            x: Axis::first(centre.x, place, speed),
            y: Axis::first(centre.y, place, speed),
            width: Axis::first(measured.width(), place, growth),
            height: Axis::first(measured.height(), place, growth),
            size,
            measured: *measured,
        }
    }

    /// Where it is expected `dt` seconds after the last measurement. The belief itself does not change, so
    /// looking twice, or after a gap, asks the same question with another `dt`.
    pub(crate) fn expected_after(&self, dt: f32) -> Expected {
        let later = self.later(dt);
        let (w, h) = (later.width.value.max(SMALLEST), later.height.value.max(SMALLEST));
        let doubt = |axis: &Axis| axis.p[0].max(0.0).sqrt().min(self.size);
        Expected {
            box_in_frame: BBox::from_centre(later.x.value, later.y.value, w, h),
            doubt_x: doubt(&later.x),
            doubt_y: doubt(&later.y),
        }
    }

    /// Takes in a sound box measured `dt` seconds after the one before.
    pub(crate) fn measured_after(&mut self, dt: f32, measured: &BBox) {
        let later = self.later(dt);
        // Held against the last measurement, not against the filtered box, whose edges lag.
        let (right, down) = (self.x.velocity * dt, self.y.velocity * dt);
        let BBox { x0, y0, x1, y1 } = self.measured;
        let expected = BBox { x0: x0 + right, y0: y0 + down, x1: x1 + right, y1: y1 + down };
        let (dx, dy) = common_shift(&expected, measured);
        self.take_in(&later, measured, dx, dy);
    }

    /// Takes in the box of what is left to see of a thing that something else hides: it says where to look for it,
    /// nothing of how the thing moves.
    pub(crate) fn hidden_after(&mut self, dt: f32, measured: &BBox) {
        let later = self.later(dt);
        self.take_in(&later, measured, 0.0, 0.0);
    }

    fn take_in(&mut self, later: &Motion, measured: &BBox, dx: f32, dy: f32) {
        let size = measured.size().max(SMALLEST);
        let (sd, centre) = (MEASURED * size, measured.centre());
        *self = Motion {
            x: later.x.corrected_by(centre.x - later.x.value, dx, sd),
            y: later.y.corrected_by(centre.y - later.y.value, dy, sd),
            width: later.width.corrected(measured.width(), sd),
            height: later.height.corrected(measured.height(), sd),
            size,
            measured: *measured,
        };
    }

    /// Speed of the centre in own sizes per second.
    pub(crate) fn speed(&self) -> f32 {
        let (vx, vy) = (self.x.velocity, self.y.velocity);
        (vx * vx + vy * vy).sqrt() / self.size
    }

    fn later(&self, dt: f32) -> Motion {
        let (agility, growth) = (AGILITY * self.size, GROWTH_AGILITY * self.size);
        Motion {
            x: self.x.after(dt, agility),
            y: self.y.after(dt, agility),
            width: self.width.after(dt, growth),
            height: self.height.after(dt, growth),
            size: self.size,
            measured: self.measured,
        }
    }
}

/// How far a box moved, to the right and down: as far as both edges of an axis moved the same way. An edge at the
/// picture's border stands for where the thing is cut, so there the other one counts alone.
pub(crate) fn common_shift(from: &BBox, to: &BBox) -> (f32, f32) {
    let along = |low: f32, high: f32, low_at: f32, high_at: f32| {
        const AT_BORDER: f32 = 0.005;
        match (low_at < AT_BORDER, high_at > 1.0 - AT_BORDER) {
            (true, true) => 0.0,
            (true, false) => high,
            (false, true) => low,
            (false, false) if low * high <= 0.0 => 0.0,
            (false, false) => low.abs().min(high.abs()).copysign(low),
        }
    };
    (
        along(to.x0 - from.x0, to.x1 - from.x1, to.x0, to.x1),
        along(to.y0 - from.y0, to.y1 - from.y1, to.y0, to.y1),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_that_moves_alone_is_no_movement() {
        // Somebody walks past from the left for a second, then is gone.
        let standing = BBox::from_centre(0.5, 0.5, 0.1, 0.3);
        let mut motion = Motion::first_seen(&standing);
        for step in 1..=40 {
            let hidden = if (20..25).contains(&step) { 0.015 * (step - 19) as f32 } else { 0.0 };
            motion.measured_after(0.2, &BBox { x0: standing.x0 + hidden, ..standing });
            assert!(motion.speed() < 0.2, "step {step}: {}", motion.speed());
        }
        assert!(motion.expected_after(2.0).box_in_frame.iou(&standing) > 0.9);
    }

    #[test]
    fn what_is_cut_by_the_border_moves_as_its_free_edge_does() {
        let car_at = |secs: f32| BBox { x0: 0.0, y0: 0.4, x1: 0.05 + 0.1 * secs, y1: 0.6 };
        let mut motion = Motion::first_seen(&car_at(0.0));
        for step in 1..=10 {
            motion.measured_after(0.2, &car_at(step as f32 * 0.2));
        }
        assert!(motion.speed() > 0.15, "{}", motion.speed());
    }

    fn walker_at(secs: f32) -> BBox {
        BBox::from_centre(0.2 + 0.1 * secs, 0.5, 0.06, 0.17)
    }

    #[test]
    fn a_steady_walker_is_expected_where_they_will_be() {
        for hz in [1.0_f32, 5.0, 15.0] {
            let mut motion = Motion::first_seen(&walker_at(0.0));
            let dt = 1.0 / hz;
            for step in 1..=4 * hz as usize {
                motion.measured_after(dt, &walker_at(step as f32 * dt));
            }
            let expected = motion.expected_after(dt).box_in_frame;
            assert!(expected.iou(&walker_at(4.0 + dt)) > 0.9, "{hz} Hz: {expected:?}");
        }
    }

    #[test]
    fn doubt_grows_with_time_and_shrinks_with_looks() {
        let mut motion = Motion::first_seen(&walker_at(0.0));
        let fresh = motion.expected_after(0.2).doubt_x;
        assert!(motion.expected_after(0.4).doubt_x > fresh);
        for step in 1..10 {
            motion.measured_after(0.2, &walker_at(step as f32 * 0.2));
        }
        assert!(motion.expected_after(0.2).doubt_x < fresh);
    }

    #[test]
    fn two_measurements_at_the_same_time_are_taken_in_without_harm() {
        let mut motion = Motion::first_seen(&walker_at(0.0));
        motion.measured_after(0.0, &walker_at(0.1));
        motion.measured_after(0.0, &walker_at(0.05));
        let expected = motion.expected_after(0.0);
        assert!(expected.box_in_frame.is_sound() && expected.doubt_x.is_finite());
        assert!(motion.speed() < 0.01, "no time passed, so nothing is known about speed");
    }

    #[test]
    fn blind_flight_ends() {
        let mut motion = Motion::first_seen(&walker_at(0.0));
        for step in 1..10 {
            motion.measured_after(0.2, &walker_at(step as f32 * 0.2));
        }
        let after_two = motion.expected_after(2.0).box_in_frame.centre();
        let after_minute = motion.expected_after(60.0).box_in_frame.centre();
        assert!(after_two.distance(after_minute) < 1e-3);
    }
}
