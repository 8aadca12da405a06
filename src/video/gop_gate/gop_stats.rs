//! Statistics of the distances of a camera's keyframes, and whether patrol suits it.

use std::collections::VecDeque;
use std::time::Duration;

use super::Unsuited;

/// A camera is on patrol only if its keyframes are no farther apart: what stays for two looks must be seen within
/// the ten seconds after which a track is forgotten. Four seconds and a tenth for jitter.
pub(super) const LONGEST_INTERVAL: Duration = Duration::from_millis(4400);
/// Number of keyframe distances that are remembered: cameras that change them ("smart codec") are judged by the longest.
const REMEMBERED_INTERVALS: usize = 8;
/// Number of consecutive keyframes without a picture of their own after which a camera is decoded in full.
const FAILURES: u32 = 3;
/// With so many keyframes in a row every picture is one: motion JPEG, or a camera set to it.
const INTRA_RUN: u32 = 8;

/// What is known of the distances of keyframes.
#[derive(Debug, Default)]
pub(super) struct GopStats {
    began: Option<Duration>,
    /// When the last one came.
    pub latest: Option<Duration>,
    intervals: VecDeque<Duration>,
    /// Keyframes in a row without another unit between them.
    run: u32,
    /// Keyframes in a row that gave no picture on their own.
    pub failures: u32,
    /// More lies between them than is kept.
    pub too_large: bool,
}

impl GopStats {
    pub(super) fn note(&mut self, at: Duration, keyframe: bool) {
        self.began.get_or_insert(at);
        if !keyframe {
            self.run = 0;
            return;
        }
        self.run = self.run.saturating_add(1);
        if let Some(before) = self.latest.replace(at) {
            if self.intervals.len() == REMEMBERED_INTERVALS {
                self.intervals.pop_front();
            }
            self.intervals.push_back(at.saturating_sub(before));
        }
    }

    pub(crate) fn unsuited(&self, now: Duration) -> Option<Unsuited> {
        let began = self.began?;
        if self.failures >= FAILURES {
            return Some(Unsuited::NotAlone);
        }
        if self.too_large {
            return Some(Unsuited::TooLarge);
        }
        let Some(latest) = self.latest else {
            return (now.saturating_sub(began) > LONGEST_INTERVAL).then_some(Unsuited::NoKeyframes);
        };
        let longest = self.intervals.iter().copied().max().unwrap_or_default();
        let longest = longest.max(now.saturating_sub(latest));
        (longest > LONGEST_INTERVAL).then_some(Unsuited::FarApart { longest })
    }

    /// The middle one of the remembered distances.
    pub(crate) fn usual_interval(&self) -> Option<Duration> {
        let mut sorted: [Duration; REMEMBERED_INTERVALS] = [Duration::ZERO; REMEMBERED_INTERVALS];
        let known = self.intervals.len();
        for (place, interval) in sorted.iter_mut().zip(&self.intervals) {
            *place = *interval;
        }
        sorted[..known].sort_unstable();
        sorted[..known].get(known / 2).copied()
    }

    pub(crate) fn is_intra_only(&self) -> bool {
        self.run >= INTRA_RUN
    }
}
