//! Detects frozen video: a picture that stays equal as no live camera's does.
//!
//! A sensor has noise, so pictures of a live camera are never equal. What reaches us went through an
//! encoder, though, and an encoder that saves bits repeats the old pixels exactly until its next keyframe. So
//! *equal* is asked (a checksum per patch, no tolerance), and *how long* is learnt: a camera whose pictures
//! stand still by themselves for six seconds between keyframes is given more than six seconds.
//!
//! What this cannot see: a still picture that is encoded anew with small differences at each keyframe. A
//! tolerance that would find it would also find an empty room at night.

use std::time::Duration;

use super::image_stats::{ImageStats, PATCH_COLUMNS, PATCH_ROWS, PATCHES};
use crate::analysis::time::Moment;

/// Equal pictures for so long are a frozen camera. Longer than the keyframe interval of the cameras that
/// are sold (1 to 4 s set up at the factory), shorter than the 10 s in which it must be reported.
const STILL_FOR: Duration = Duration::from_secs(8);
/// The same before this camera was ever seen to move: a file of one picture, or a very calm night.
const STILL_FOR_AT_FIRST: Duration = Duration::from_secs(30);
/// A camera that stood still and went on by itself is given so many times that.
const PATIENCE: u32 = 3;
/// But never more than this.
const MOST_PATIENCE: Duration = Duration::from_secs(600);
/// Runs up to this length that end by themselves are the encoder's (keyframe intervals of "smart" codecs
/// reach 10 to 20 s); longer ones were a frozen camera and teach nothing.
const ENCODERS_RUN: Duration = Duration::from_secs(25);
/// What was learnt about an encoder is forgotten after this (a day has one night).
const REMEMBERED: Duration = Duration::from_secs(2 * 86_400);
/// Rows of patches at the top and at the bottom where cameras draw their clock and name: a sixth each.
const OVERLAY_ROWS: usize = 3;
/// Maximum number of patches in those rows that a running clock changes, in parts of all. A date and time in the usual
/// size covers 3 to 5 % of the picture.
const OVERLAY_PATCHES: usize = PATCHES / 12;

/// The memory of one camera.
#[derive(Debug, Clone)]
pub(super) struct Stillness {
    marks: Vec<u32>,
    /// Patches of the overlay rows that changed in this run.
    ticking: Vec<bool>,
    since: Option<Moment>,
    has_moved: bool,
    longest_run: Duration,
    longest_at: Option<Moment>,
}

/// What is known after a look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Still {
    /// How long nothing has changed.
    pub run: Duration,
    /// The shortest standstill that means frozen.
    pub limit: Duration,
}

impl Stillness {
    pub(super) fn new() -> Self {
        Stillness {
            marks: Vec::new(),
            ticking: vec![false; PATCHES],
            since: None,
            has_moved: false,
            longest_run: Duration::ZERO,
            longest_at: None,
        }
    }

    pub(super) fn look(&mut self, at: Moment, stats: &ImageStats) -> Still {
        let Some(since) = self.since else {
            self.start(at, stats);
            return Still { run: Duration::ZERO, limit: self.limit() };
        };
        let mut is_alive = false;
        for (patch, (before, now)) in self.marks.iter().zip(&stats.mark).enumerate() {
            if before != now {
                let row = patch / PATCH_COLUMNS;
                is_alive |= (OVERLAY_ROWS..PATCH_ROWS - OVERLAY_ROWS).contains(&row);
                self.ticking[patch] = true;
            }
        }
        is_alive |= self.ticking.iter().filter(|ticks| **ticks).count() > OVERLAY_PATCHES;
        let run = at.since(since);
        let limit = self.limit();
        if is_alive {
            self.ended_by_itself(at, run);
            self.has_moved = true;
            self.start(at, stats);
            return Still { run: Duration::ZERO, limit: self.limit() };
        }
        self.marks.copy_from_slice(&stats.mark);
        Still { run, limit }
    }

    /// Time in which nothing was seen is no stillness.
    pub(crate) fn interrupt(&mut self) {
        self.since = None;
    }

    fn start(&mut self, at: Moment, stats: &ImageStats) {
        self.marks.clear();
        self.marks.extend_from_slice(&stats.mark);
        self.ticking.fill(false);
        self.since = Some(at);
    }

    fn ended_by_itself(&mut self, at: Moment, run: Duration) {
        if self.longest_at.is_some_and(|then| at.since(then) > REMEMBERED) {
            self.longest_run = Duration::ZERO;
        }
        if run <= ENCODERS_RUN && run >= self.longest_run {
            self.longest_run = run;
            self.longest_at = Some(at);
        }
    }

    fn limit(&self) -> Duration {
        let least = if self.has_moved { STILL_FOR } else { STILL_FOR_AT_FIRST };
        (self.longest_run * PATIENCE).clamp(least, MOST_PATIENCE)
    }
}
