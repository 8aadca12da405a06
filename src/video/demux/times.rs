//! The times of a recording's pictures: where it has none, where they go back, and where nothing was recorded for long.

use std::time::Duration;

use gstreamer as gst;

use super::Gaps;

/// Pictures of a film without times follow one another so; most recorders give 25 a second.
const ASSUMED_STEP: Duration = Duration::from_millis(40);

/// A pause in a recording is at least so long: no camera's pictures are farther apart.
const GAP: gst::ClockTime = gst::ClockTime::from_seconds(10);
/// Times that go back by more than pictures that are sent out of order do.
const BACK: gst::ClockTime = gst::ClockTime::from_seconds(1);

/// Number of pictures without a time after which the file counts as one without times.
const SURELY_UNTIMED: u32 = 5;

/// The times of a recording's pictures, as they are handed on.
#[derive(Debug, Default)]
pub(super) struct Times {
    /// Pictures without a time, before the first that has one.
    untimed: Option<u32>,
    has_times: bool,
    /// The times in the file.
    last: Option<gst::ClockTime>,
    step: gst::ClockTime,
    /// What is taken away from the file's, nanoseconds.
    shift: i64,
}

impl Times {
    /// Gives a picture a time if none before it had one; whether that was so of several: the first ones of a file that has
    /// times may be without.
    pub(super) fn assume(&mut self, buffer: &mut gst::Buffer) -> bool {
        let is_first_untimed = self.untimed.is_none() && buffer.pts() == Some(gst::ClockTime::ZERO);
        let is_timed = buffer.pts().or(buffer.dts()).is_some();
        // A parser that knows no rate says of the first picture that it is at zero, and nothing of the others.
        if is_timed && !is_first_untimed {
            self.has_times = true;
        }
        if self.has_times {
            return false;
        }
        let number = self.untimed.map_or(0, |number| number + 1);
        self.untimed = Some(number);
        let at = gst::ClockTime::try_from(ASSUMED_STEP * number).ok();
        let writable = buffer.make_mut();
        writable.set_pts(at);
        writable.set_dts(at);
        number >= SURELY_UNTIMED
    }

    /// Moves a picture up to the one before it where time went back, because decoders leave out what comes too late, and
    /// where a gap is to be closed.
    pub(super) fn go_on(&mut self, buffer: &mut gst::Buffer, gaps: Gaps) {
        let Some(at) = buffer.dts().or(buffer.pts()) else { return };
        if let Some(last) = self.last {
            if (at > last + GAP && gaps == Gaps::Closed) || at + BACK < last {
                self.shift += at.nseconds() as i64 - (last + self.step).nseconds() as i64;
            } else if at > last {
                self.step = at - last;
            }
        }
        self.last = Some(at);
        if self.shift == 0 {
            return;
        }
        let moved = |time: gst::ClockTime| {
            gst::ClockTime::from_nseconds((time.nseconds() as i64 - self.shift).max(0) as u64)
        };
        let (pts, dts) = (buffer.pts().map(moved), buffer.dts().map(moved));
        let writable = buffer.make_mut();
        writable.set_pts(pts);
        writable.set_dts(dts);
    }
}
