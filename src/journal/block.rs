//! One block: the records of about half a minute, as columns.
//!
//! A block stands for itself: names, and what the records of a camera are compared with, begin anew in each. Its columns
//! lie one after the other, each with its length before it, in the order of [`Columns`]:
//!
//! - `kinds`: a byte a record, see [`Kind`];
//! - `times`: the difference to the record before on the monotonic clock, nanoseconds, and that of the distance of both clocks;
//! - `names`: which name a record is of (camera or sensor), and the text of a name where it comes first;
//! - `looks`: how a frame was looked at, and which verdicts follow; `counts`: one more than how many detections, or 0 for the
//!   same as in the look of that camera before; `refs`: what each detection is compared with; `classes`, `boxes`, `scores`;
//! - `verdicts`: what pictures said, floating point numbers as they are;
//! - `health`, `readings`, `unwatched`; `rare`: all other records, as JSON.
//!
//! Detections are rounded where they are made ([`Detection::rounded`]), so that a whole number is what was used. Any other
//! one is kept as it is, in four times the room: nothing is changed here.
//!
//! Must never panic on what it reads, nor reserve memory that the block could not fill.

use std::time::Duration;

use crate::analysis::derived::{ConditionReading, HealthReading};
use crate::analysis::detection::{BOX_STEPS, Detection, SCORE_STEPS};
use crate::analysis::geometry::BBox;
use crate::analysis::time::{Moment, Timestamp};

mod decode;
mod encode;

pub(super) use decode::{Names, read};
pub(super) use encode::{BlockWriter, Finished};

/// Steps of a condition's value and strength.
const THOUSANDTHS: f64 = 1000.0;
/// A detection that is compared with none.
const NEW: u64 = 0;
/// One that is no whole number of steps.
const EXACT: u64 = 1;
/// The first one of the look before; the others follow.
const FIRST_BEFORE: u64 = 2;
/// A detection is compared with one before whose edges, all added, are this near, in steps: a tenth of the picture. What
/// is farther off takes as many bytes as a new one.
const NEAR: i64 = BOX_STEPS as i64 / 10;

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Kind {
    Look = 0,
    Health = 1,
    Tick = 2,
    Silent = 3,
    Back = 4,
    Paused = 5,
    Reading = 6,
    Unwatched = 7,
    Rare = 8,
}

impl Kind {
    const ALL: [Kind; 9] = [
        Kind::Look,
        Kind::Health,
        Kind::Tick,
        Kind::Silent,
        Kind::Back,
        Kind::Paused,
        Kind::Reading,
        Kind::Unwatched,
        Kind::Rare,
    ];
}

/// The columns of a block, in their order.
#[derive(Debug, Default)]
struct Columns<C> {
    kinds: C,
    times: C,
    names: C,
    looks: C,
    counts: C,
    refs: C,
    classes: C,
    boxes: C,
    scores: C,
    verdicts: C,
    health: C,
    readings: C,
    unwatched: C,
    rare: C,
}

impl<C> Columns<C> {
    fn each(&mut self, mut with: impl FnMut(&mut C)) {
        let Columns {
            kinds,
            times,
            names,
            looks,
            counts,
            refs,
            classes,
            boxes,
            scores,
            verdicts,
            health,
            readings,
            unwatched,
            rare,
        } = self;
        for column in [
            kinds, times, names, looks, counts, refs, classes, boxes, scores, verdicts, health, readings,
            unwatched, rare,
        ] {
            with(column);
        }
    }
}

/// Both clocks in nanoseconds: the monotonic one, and by how much the other is ahead of it.
#[derive(Debug, Clone, Copy, Default)]
struct Clocks {
    mono: i64,
    ahead: i64,
}

impl Clocks {
    fn of(at: Moment) -> Self {
        let mono = i64::try_from(at.mono.as_nanos()).unwrap_or(i64::MAX);
        let utc = i64::try_from(at.utc.as_nanosecond()).unwrap_or(i64::MAX);
        Clocks { mono, ahead: utc.saturating_sub(mono) }
    }

    fn moment(self) -> Option<Moment> {
        let mono = Duration::from_nanos(u64::try_from(self.mono).ok()?);
        let utc = Timestamp::from_nanosecond(i128::from(self.mono) + i128::from(self.ahead)).ok()?;
        Some(Moment { mono, utc })
    }
}

/// What the next record of a camera is compared with.
#[derive(Debug, Default)]
struct Before {
    detections: Vec<Detection>,
    health: Option<HealthReading>,
}

/// The value and the strength in thousandths, where that is what they are.
fn thousandths(condition: &ConditionReading) -> Option<(i64, i64)> {
    let value = (condition.value * THOUSANDTHS).round();
    let strength = (condition.strength * THOUSANDTHS as f32).round();
    let is_exact = value.abs() < 1e15
        && (value as i64 as f64 / THOUSANDTHS).to_bits() == condition.value.to_bits()
        && (strength as i64 as f32 / THOUSANDTHS as f32).to_bits() == condition.strength.to_bits();
    is_exact.then_some((value as i64, strength as i64))
}

/// The edges and the score in steps, where that is what they are.
fn steps(detection: &Detection) -> Option<([i64; 4], i64)> {
    let whole = |value: f32, steps: f32| {
        let count = (value * steps).round();
        // By way of the whole number: there are two noughts.
        let is_exact = (count as i64 as f32 / steps).to_bits() == value.to_bits();
        ((0.0..=steps).contains(&count) && is_exact).then_some(count as i64)
    };
    let BBox { x0, y0, x1, y1 } = detection.box_in_frame;
    let edge = |edge| whole(edge, BOX_STEPS);
    Some(([edge(x0)?, edge(y0)?, edge(x1)?, edge(y1)?], whole(detection.score, SCORE_STEPS)?))
}
