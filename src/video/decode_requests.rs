//! Matches a decoder's pictures to their units.
//!
//! Pictures come out in the order in which they are shown, which with B frames is not the one in which they arrived,
//! and some never come. A picture is given what was noted for as many units as belong to it and to what is shown
//! before it, so that moments of arrival never run backwards; they are wrong by the reordering at most, a few frames.
//! Cameras also send times that repeat or run backwards: what belongs to no unit by its time is given what comes next,
//! or what was given last.
//!
//! Pure. Must never hold more than a decoder may hold back, and never leave a picture without anything once a unit went in.

use std::collections::VecDeque;
use std::time::Duration;

/// A decoder that holds more back than this has lost some: twice the most that H.264 and H.265 may reorder.
const HELD_BACK: usize = 32;

/// What was noted for units whose pictures have not come out yet.
#[derive(Debug)]
pub(super) struct DecodeRequests<E> {
    /// In the order of arrival.
    waiting: VecDeque<E>,
    /// When the pictures of the same units are shown.
    shown_at: VecDeque<Option<Duration>>,
    /// What was given last.
    latest: Option<E>,
}

impl<E> Default for DecodeRequests<E> {
    fn default() -> Self {
        DecodeRequests { waiting: VecDeque::new(), shown_at: VecDeque::new(), latest: None }
    }
}

impl<E: Clone> DecodeRequests<E> {
    /// A unit goes in, whose picture is shown at this time of the stream.
    pub(super) fn add(&mut self, shown_at: Option<Duration>, decode_request: E) {
        if self.waiting.len() == HELD_BACK {
            self.waiting.pop_front();
            self.shown_at.pop_front();
        }
        self.waiting.push_back(decode_request);
        self.shown_at.push_back(shown_at);
    }

    /// What belongs to the picture that comes out and is shown at this time.
    pub(super) fn done(&mut self, shown_at: Option<Duration>) -> Option<E> {
        let before = self.shown_at.len();
        if let Some(now) = shown_at
            && self.shown_at.contains(&shown_at)
        {
            self.shown_at.retain(|other| other.is_some_and(|other| other > now));
        } else {
            self.shown_at.pop_front();
        }
        let over = before - self.shown_at.len();
        if let Some(done) = self.waiting.drain(..over).next_back() {
            self.latest = Some(done);
        }
        self.latest.clone()
    }

    /// Nothing that was noted comes out any more.
    pub(super) fn forget(&mut self) {
        self.waiting.clear();
        self.shown_at.clear();
        self.latest = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Option<Duration> = |ms| Some(Duration::from_millis(ms));

    #[test]
    fn a_decoder_that_holds_pictures_back_mixes_up_none() {
        let mut decode_requests = DecodeRequests::default();
        for n in 0..12 {
            decode_requests.add(MS(n * 40), n);
        }
        assert_eq!(decode_requests.done(MS(0)), Some(0));
        decode_requests.add(MS(12 * 40), 12);
        assert_eq!(decode_requests.done(MS(40)), Some(1));
    }

    #[test]
    fn moments_never_run_backwards_where_pictures_are_reordered() {
        // I0 P3 B1 B2 P6 B4 B5, and the order in which they are shown.
        let mut decode_requests = DecodeRequests::default();
        let mut out = Vec::new();
        for (arrived, (shown, done)) in
            [(0, None), (3, Some(0)), (1, Some(1)), (2, Some(2)), (6, Some(3)), (4, Some(4)), (5, Some(5))]
                .into_iter()
                .enumerate()
        {
            decode_requests.add(MS(shown * 40), arrived);
            out.extend(done.and_then(|done: u64| decode_requests.done(MS(done * 40))));
        }
        assert_eq!(out, [0, 1, 2, 3, 4, 5]);
        assert_eq!(decode_requests.done(MS(240)), Some(6));
    }

    #[test]
    fn what_gave_no_picture_is_passed_over() {
        let mut decode_requests = DecodeRequests::default();
        for n in 0..5 {
            decode_requests.add(MS(n * 40), n);
        }
        assert_eq!(decode_requests.done(MS(0)), Some(0));
        assert_eq!(decode_requests.done(MS(120)), Some(3), "the second and third were damaged");
        assert_eq!(decode_requests.done(MS(160)), Some(4));
    }

    #[test]
    fn without_times_pictures_come_in_the_order_of_units() {
        let mut decode_requests = DecodeRequests::default();
        decode_requests.add(None, 0);
        decode_requests.add(None, 1);
        assert_eq!((decode_requests.done(None), decode_requests.done(None)), (Some(0), Some(1)));
    }

    #[test]
    fn a_camera_whose_times_are_wrong_loses_no_picture() {
        // Every unit has the same time, or the time of its arrival although pictures are reordered, or time jumps back.
        for (times, shown) in [
            (vec![7, 7, 7, 7, 7, 7], vec![7, 7, 7, 7, 7, 7]),
            (vec![0, 1, 2, 3, 4, 5], vec![0, 2, 3, 1, 5, 4]),
            (vec![900, 901, 902, 3, 4, 5], vec![900, 901, 902, 3, 4, 5]),
        ] {
            let mut decode_requests = DecodeRequests::default();
            let mut given = Vec::new();
            for (n, time) in times.iter().enumerate() {
                decode_requests.add(MS(*time), n);
                // One picture is held back.
                if n > 0 {
                    given.push(decode_requests.done(MS(shown[n - 1])).expect("something"));
                }
            }
            given.push(decode_requests.done(MS(shown[5])).expect("something"));
            assert_eq!(given.len(), 6);
            assert!(given.is_sorted() && given[5] == 5, "{times:?}: {given:?}");
        }
    }

    #[test]
    fn a_decoder_that_swallows_everything_fills_no_memory() {
        let mut decode_requests = DecodeRequests::default();
        for n in 0..10_000 {
            decode_requests.add(MS(n * 40), n);
        }
        assert_eq!(decode_requests.done(MS(9_968 * 40)), Some(9_968), "the oldest of those that are kept");
        decode_requests.forget();
        assert_eq!(decode_requests.done(MS(1)), None);
    }
}
