//! Thresholds: whether a reading is beyond one, and how far; the debounced comparison that signals are made from.
//!
//! Must never answer for a reading that is bad or missing: unknown is not normal.

use std::time::Duration;

use super::SensorReading;
use crate::analysis::time::Moment;

/// What is not normal. At least one of `above` and `below` should be set; without either nothing ever is.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    /// Values greater than this are beyond.
    pub above: Option<f64>,
    /// Values smaller than this are beyond.
    pub below: Option<f64>,
    /// How far back over the threshold a value must come to be normal again, in the sensor's unit. Zero or
    /// more; a negative one counts as zero.
    pub hysteresis: f64,
    /// How long a value must stay beyond before it counts (`for_secs`).
    pub lasting: Duration,
    /// How far beyond the threshold the strength is 1, in the sensor's unit. Without one: as far as the
    /// threshold is from zero (1 for a threshold of zero), so twice the threshold is full strength.
    pub full_after: Option<f64>,
}

impl Threshold {
    /// Greater than `value`, at once.
    pub fn above(value: f64) -> Self {
        Threshold {
            above: Some(value),
            below: None,
            hysteresis: 0.0,
            lasting: Duration::ZERO,
            full_after: None,
        }
    }

    /// Smaller than `value`, at once.
    pub fn below(value: f64) -> Self {
        Threshold { above: None, below: Some(value), ..Threshold::above(value) }
    }

    /// How far the value is beyond on that side; negative on the normal side.
    fn beyond(&self, side: Side, value: f64) -> Option<f64> {
        match side {
            Side::Above => self.above.map(|threshold| value - threshold),
            Side::Below => self.below.map(|threshold| threshold - value),
        }
    }

    /// 0.5 at the threshold, 1.0 at `full_after` beyond it.
    fn strength(&self, side: Side, value: f64) -> f32 {
        let distance = self.beyond(side, value).unwrap_or(0.0);
        let threshold = match side {
            Side::Above => self.above,
            Side::Below => self.below,
        };
        let usual = threshold.map_or(1.0, f64::abs);
        let full = self.full_after.filter(|full| *full > 0.0).unwrap_or(usual);
        let full = if full > 0.0 && full.is_finite() { full } else { 1.0 };
        (0.5 + 0.5 * (distance / full).clamp(0.0, 1.0)) as f32
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Above,
    Below,
}

/// A threshold and what it remembers of one sensor.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Comparison {
    threshold: Threshold,
    /// The side on which values are beyond the threshold.
    crossed: Option<Side>,
    /// The side and start of a crossing that is still too short to count.
    pending: Option<(Side, Moment)>,
}

impl Comparison {
    /// Nothing was compared yet.
    pub(crate) fn new(threshold: Threshold) -> Self {
        Comparison { threshold, crossed: None, pending: None }
    }

    /// Compares what is known at `at`. `None`: unknown, because the reading is bad or there is none.
    /// `Some(0.0)`: looked, and it is normal. Otherwise the strength, from 0.5 at the threshold to 1.
    ///
    /// A bad reading in between neither starts nor counts towards `lasting`, and does not end what was
    /// crossed; silence does.
    pub(crate) fn look(&mut self, at: Moment, reading: &SensorReading) -> Option<f32> {
        let value = match reading {
            SensorReading::Good { value, .. } if value.is_finite() => *value,
            SensorReading::Good { .. } | SensorReading::Bad { .. } => {
                self.pending = None;
                return None;
            }
            SensorReading::Silent { .. } => {
                self.pending = None;
                self.crossed = None;
                return None;
            }
        };
        let back = self.threshold.hysteresis.max(0.0);
        if let Some(side) = self.crossed {
            if self.threshold.beyond(side, value).is_some_and(|beyond| beyond > -back) {
                return Some(self.threshold.strength(side, value));
            }
            self.crossed = None;
        }
        let side = [Side::Above, Side::Below]
            .into_iter()
            .find(|side| self.threshold.beyond(*side, value).is_some_and(|beyond| beyond > 0.0));
        let Some(side) = side else {
            self.pending = None;
            return Some(0.0);
        };
        let since = match self.pending {
            Some((pending, since)) if pending == side => since,
            _ => at,
        };
        self.pending = Some((side, since));
        if at.since(since) < self.threshold.lasting {
            return Some(0.0);
        }
        self.pending = None;
        self.crossed = Some(side);
        Some(self.threshold.strength(side, value))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::analysis::sensor::BadReason;
    use crate::analysis::time::Timestamp;

    fn at(secs: f64) -> Moment {
        Moment::after_origin(Timestamp::UNIX_EPOCH, Duration::from_secs_f64(secs))
    }

    fn good(value: f64) -> SensorReading {
        SensorReading::Good { value, at: at(0.0), since: at(0.0) }
    }

    fn bad() -> SensorReading {
        SensorReading::Bad { value: Some(9.0), reason: BadReason::NotANumber, at: at(0.0), since: at(0.0) }
    }

    const SILENT: SensorReading = SensorReading::Silent { since: None };

    #[test]
    fn strength_is_a_half_at_the_threshold_and_one_at_full_distance() {
        let mut water = Comparison::new(Threshold::above(0.30));
        assert_eq!(water.look(at(0.0), &good(0.30)), Some(0.0), "the threshold itself is normal");
        let just = water.look(at(1.0), &good(0.30001)).expect("known");
        assert!((0.5..0.51).contains(&just), "{just}");
        assert_eq!(water.look(at(2.0), &good(0.45)), Some(0.75));
        assert_eq!(water.look(at(3.0), &good(0.60)), Some(1.0));
        assert_eq!(water.look(at(4.0), &good(5.0)), Some(1.0));
        let mut set = Comparison::new(Threshold { full_after: Some(1.0), ..Threshold::above(0.30) });
        assert_eq!(set.look(at(0.0), &good(0.80)), Some(0.75));
        let mut door = Comparison::new(Threshold::above(0.5));
        assert_eq!(door.look(at(0.0), &good(1.0)), Some(1.0), "an open door is as open as it can be");
    }

    #[test]
    fn noise_around_the_threshold_does_not_flicker() {
        let threshold = Threshold { hysteresis: 0.05, ..Threshold::above(0.30) };
        let mut water = Comparison::new(threshold);
        let noisy = [0.29, 0.31, 0.29, 0.28, 0.31, 0.26, 0.30];
        let seen: Vec<bool> = noisy
            .iter()
            .enumerate()
            .map(|(i, value)| water.look(at(i as f64), &good(*value)).expect("known") > 0.0)
            .collect();
        assert_eq!(seen, [false, true, true, true, true, true, true]);
        assert_eq!(water.look(at(9.0), &good(0.24)), Some(0.0), "back by the hysteresis");
    }

    #[test]
    fn a_short_peak_does_not_count() {
        let mut water =
            Comparison::new(Threshold { lasting: Duration::from_secs(10), ..Threshold::above(0.3) });
        assert_eq!(water.look(at(0.0), &good(0.5)), Some(0.0));
        assert_eq!(water.look(at(9.0), &good(0.5)), Some(0.0));
        assert_eq!(water.look(at(9.5), &good(0.2)), Some(0.0));
        assert_eq!(water.look(at(11.0), &good(0.5)), Some(0.0), "it began anew");
        assert!(water.look(at(21.0), &good(0.5)) > Some(0.5));
    }

    #[test]
    fn bad_and_silent_times_do_not_count_as_time_beyond() {
        let lasting = Threshold { lasting: Duration::from_secs(10), ..Threshold::above(0.3) };
        let mut water = Comparison::new(lasting);
        assert_eq!(water.look(at(0.0), &good(0.5)), Some(0.0));
        assert_eq!(water.look(at(5.0), &bad()), None);
        assert_eq!(water.look(at(12.0), &good(0.5)), Some(0.0), "what happened in between is unknown");
        assert!(water.look(at(22.0), &good(0.5)) > Some(0.0));
        assert_eq!(water.look(at(23.0), &bad()), None);
        assert!(water.look(at(24.0), &good(0.5)) > Some(0.0), "a bad reading does not end what was crossed");
        assert_eq!(water.look(at(25.0), &SILENT), None);
        assert_eq!(water.look(at(26.0), &good(0.5)), Some(0.0), "after silence it must be seen anew");
    }

    #[test]
    fn below_works_like_above() {
        let mut tank = Comparison::new(Threshold { hysteresis: 1.0, ..Threshold::below(10.0) });
        assert_eq!(tank.look(at(0.0), &good(10.0)), Some(0.0));
        assert_eq!(tank.look(at(1.0), &good(5.0)), Some(0.75));
        assert_eq!(tank.look(at(2.0), &good(10.5)), Some(0.5));
        assert_eq!(tank.look(at(3.0), &good(11.0)), Some(0.0));
    }

    fn any_number() -> impl Strategy<Value = f64> {
        prop_oneof![4 => -100.0..100.0_f64, 1 => any::<f64>()]
    }

    proptest! {
        #[test]
        fn what_is_known_is_zero_or_from_a_half_to_one_and_what_is_unknown_is_none(
            above in proptest::option::of(any_number()),
            below in proptest::option::of(any_number()),
            hysteresis in any_number(),
            lasting in 0_u64..20,
            full_after in proptest::option::of(any_number()),
            looks in proptest::collection::vec((0_u64..1000, 0_u8..4, any_number()), 0..40),
        ) {
            let lasting = Duration::from_secs(lasting);
            let mut comparison = Comparison::new(Threshold { above, below, hysteresis, lasting, full_after });
            for (secs, kind, value) in looks {
                let reading = match kind {
                    0 => bad(),
                    1 => SILENT,
                    _ => good(value),
                };
                let strength = comparison.look(at(secs as f64), &reading);
                let is_known = kind > 1 && value.is_finite();
                prop_assert_eq!(strength.is_some(), is_known);
                if let Some(strength) = strength {
                    prop_assert!(strength == 0.0 || (0.5..=1.0).contains(&strength), "{}", strength);
                }
            }
        }
    }
}
