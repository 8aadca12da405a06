//! Measures a stream from its compressed pictures: rate, bitrate, distance of keyframes.
//!
//! Input is one call per access unit on the pad before the decoder. Constant memory, no allocation
//! after the first keyframes; must never look into the bytes.

use std::time::Duration;

/// Distances of keyframes that are remembered.
const REMEMBERED_INTERVALS: usize = 64;

/// Adds up access units.
#[derive(Debug, Default)]
pub(super) struct Meter {
    units: u64,
    bytes: u64,
    keyframes: u64,
    first: Option<Duration>,
    last: Duration,
    last_bytes: u64,
    last_keyframe: Option<Duration>,
    intervals: Vec<Duration>,
}

/// Distances from keyframe to keyframe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyframeIntervals {
    /// Shortest.
    pub min: Duration,
    /// The middle one.
    pub median: Duration,
    /// Longest.
    pub max: Duration,
}

/// What was measured on the compressed stream.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct StreamMeasure {
    /// Access units (compressed pictures) seen.
    pub units: u64,
    /// Keyframes among them.
    pub keyframes: u64,
    /// Time between the first and the last access unit, by their time stamps.
    pub span: Duration,
    /// Pictures per second, where at least two were seen.
    pub fps: Option<f64>,
    /// Thousand bits per second, where at least two were seen.
    pub kbit_per_s: Option<f64>,
    /// Distances of keyframes, where at least two were seen.
    pub keyframe_interval: Option<KeyframeIntervals>,
}

impl Meter {
    /// One access unit of `bytes` at stream time `at`.
    pub(super) fn unit(&mut self, at: Duration, bytes: usize, keyframe: bool) {
        self.units += 1;
        self.bytes += bytes as u64;
        self.last_bytes = bytes as u64;
        let first = *self.first.get_or_insert(at);
        // B-frames come out of order in presentation time; the span is from the earliest to the latest.
        self.first = Some(first.min(at));
        self.last = self.last.max(at);
        if keyframe {
            self.keyframes += 1;
            if let Some(before) = self.last_keyframe.replace(at) {
                if self.intervals.len() == REMEMBERED_INTERVALS {
                    self.intervals.remove(0);
                }
                self.intervals.push(at.saturating_sub(before));
            }
        }
    }

    pub(super) fn measure(&self) -> StreamMeasure {
        let span = self.first.map_or(Duration::ZERO, |first| self.last.saturating_sub(first));
        let seconds = span.as_secs_f64();
        let measurable = self.units >= 2 && seconds > 0.0;
        StreamMeasure {
            units: self.units,
            keyframes: self.keyframes,
            span,
            fps: measurable.then(|| (self.units - 1) as f64 / seconds),
            // The last picture's bytes belong to the time after the span.
            kbit_per_s: measurable.then(|| (self.bytes - self.last_bytes) as f64 * 8.0 / 1000.0 / seconds),
            keyframe_interval: intervals_of(&self.intervals),
        }
    }
}

fn intervals_of(intervals: &[Duration]) -> Option<KeyframeIntervals> {
    let mut sorted = intervals.to_vec();
    sorted.sort_unstable();
    let (min, max) = (*sorted.first()?, *sorted.last()?);
    Some(KeyframeIntervals { min, median: sorted[sorted.len() / 2], max })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn twenty_five_pictures_a_second_with_a_keyframe_every_two_seconds() {
        let mut meter = Meter::default();
        for n in 0..=150u64 {
            meter.unit(MS(n * 40), 1000, n % 50 == 0);
        }
        let measure = meter.measure();
        assert_eq!(measure.units, 151);
        assert_eq!(measure.keyframes, 4);
        assert!((measure.fps.unwrap() - 25.0).abs() < 1e-9);
        assert!((measure.kbit_per_s.unwrap() - 200.0).abs() < 1e-9);
        let interval = measure.keyframe_interval.unwrap();
        assert_eq!((interval.min, interval.median, interval.max), (MS(2000), MS(2000), MS(2000)));
    }

    #[test]
    fn nothing_is_claimed_from_too_little() {
        let mut meter = Meter::default();
        assert_eq!(meter.measure(), StreamMeasure::default());
        meter.unit(MS(5), 10, true);
        let measure = meter.measure();
        assert_eq!((measure.fps, measure.kbit_per_s, measure.keyframe_interval), (None, None, None));
        meter.unit(MS(5), 10, false);
        assert_eq!(meter.measure().fps, None, "two pictures at one time have no rate");
    }

    #[test]
    fn pictures_out_of_order_do_not_stretch_the_span() {
        let mut meter = Meter::default();
        for at in [80, 160, 120, 240, 200] {
            meter.unit(MS(at), 1, at == 80);
        }
        assert_eq!(meter.measure().span, MS(160));
        assert_eq!(meter.measure().fps, Some(25.0));
    }

    #[test]
    fn memory_stays_bounded_over_many_keyframes() {
        let mut meter = Meter::default();
        for n in 0..1000u64 {
            meter.unit(MS(n * 500), 1, true);
        }
        assert_eq!(meter.intervals.len(), REMEMBERED_INTERVALS);
    }
}
