//! The GOP gate decides which compressed pictures of a camera are decoded: the keyframes (*patrol*), or everything
//! (*burst*).
//!
//! Every access unit of a camera passes here. On patrol one keyframe a second at most goes to the decoder, and what
//! came since the keyframe before the last waits in a ring. The analysis of the frames says what is needed now
//! ([`Demand`]); when that is more than keyframes give, decoding begins at the ring's keyframe, so that what led to
//! the wish is seen as well. A camera whose keyframes are too far apart, or not there, is decoded in full.
//!
//! ```text
//!   unit ─► ring: K d d d d K d d d      patrol: K.......K........K........
//!                 ▲ replay begins here   burst:  K.......Kdddddddd►          everything, from the ring on
//! ```
//!
//! Pure: units and times in, work out; what a unit holds is not looked at. The ring is bounded in bytes. What is
//! not decoded although it was wanted is counted. Must never hand out units of one group of pictures out of order.

mod cooldown;
mod gop_stats;

use std::collections::VecDeque;
use std::time::Duration;

use self::cooldown::Rest;
use self::gop_stats::{GopStats, LONGEST_INTERVAL};
use crate::analysis::time::Moment;
use crate::frame::Taken;
use crate::types::decoding::DecodePolicy;

/// Keyframes that come faster are not all looked at on patrol. A little less than a second, so that a camera with
/// one keyframe a second is looked at with each of them whatever their jitter.
const PATROL_EVERY: Duration = Duration::from_millis(850);
/// What the ring may hold: two groups of two seconds of an 8 Mbit/s camera. A sleeping camera may take 12 MB in all.
const RING_BYTES: usize = 4 << 20;
/// Pictures that wait longer than this for the decoder are given up, up to the newest keyframe: overload.
const LATE: Duration = Duration::from_millis(1500);

/// What is needed of a camera now, by those who look at its frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// A look at every keyframe will do.
    Keyframes,
    /// Looks as often as `every`, beginning with what came after `after` on the monotonic clock, as far as it is
    /// still there.
    Often {
        /// Time between looks.
        every: Duration,
        /// What came until then was seen.
        after: Duration,
    },
}

/// Why a camera is decoded in full although it may be on patrol. Installers can change the first two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsuited {
    /// Its keyframes are, or sometimes are, farther apart than patrol can bear.
    FarApart {
        /// The longest distance that was seen.
        longest: Duration,
    },
    /// No keyframe came at all, for longer than patrol can bear.
    NoKeyframes,
    /// Between two keyframes there is more than the ring holds.
    TooLarge,
    /// Its keyframes give no picture on their own.
    NotAlone,
}

/// What a gate does at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateMode {
    /// Decodes keyframes.
    Patrol,
    /// Decodes everything, because it is needed now.
    Burst,
    /// Decodes everything, as configured.
    Full,
    /// Decodes everything, because it must.
    Forced(Unsuited),
    /// Decodes keyframes although more is needed: the machine could not keep up.
    Overloaded,
}

/// Figures of a gate since its beginning.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GateCounts {
    /// Units that went to the decoder.
    pub decoded: u64,
    /// Units that nobody needed.
    pub slept_through: u64,
    /// Units that were needed and given up, because the decoder was behind.
    pub given_up: u64,
    /// Times a burst began.
    pub bursts: u64,
}

/// One compressed picture.
#[derive(Debug, Clone)]
pub struct Unit<P> {
    /// When it arrived.
    pub at: Moment,
    /// Whether decoding can begin with it.
    pub keyframe: bool,
    /// Its size.
    pub bytes: usize,
    /// The picture itself.
    pub payload: P,
}

/// How a unit is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// By itself: nothing that came before it or comes after it belongs to it.
    Alone,
    /// It is the first one of a run.
    Begin,
    /// It continues a run.
    Continue,
}

/// One unit for the decoder.
#[derive(Debug, Clone)]
pub struct Work<P> {
    /// What is decoded.
    pub unit: Unit<P>,
    /// How it is decoded.
    pub how: How,
    /// Its picture is for somebody; otherwise it is only needed by later ones.
    pub wanted: bool,
    /// Nothing depends on it: it need not be decoded if nobody wants it now.
    pub independent: bool,
    /// It came before the burst that it is part of.
    pub replayed: bool,
}

impl<P> Work<P> {
    /// How its picture comes to the analysis.
    pub fn taken(&self) -> Taken {
        match self.how {
            How::Alone => Taken::OnPatrol,
            How::Begin | How::Continue if self.replayed => Taken::Replayed,
            How::Begin | How::Continue => Taken::InTurn,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Patrol {
        /// The keyframe that waits for the decoder.
        waiting: Option<u64>,
        /// When the last keyframe that was chosen arrived.
        latest: Option<Duration>,
    },
    Burst {
        /// The next unit for the decoder.
        next: u64,
        /// It begins a run.
        begins: bool,
        /// Pictures up to then were seen.
        after: Option<Duration>,
        /// Units before this one wait since before the burst.
        replay_to: u64,
    },
}

/// A unit in the ring.
#[derive(Debug)]
struct Kept<P> {
    unit: Unit<P>,
    /// It went to the decoder, or was given up: when it leaves the ring otherwise, nobody needed it.
    settled: bool,
}

/// The gate of one camera's stream.
#[derive(Debug)]
pub struct Gate<P> {
    policy: DecodePolicy,
    mode: Mode,
    ring: VecDeque<Kept<P>>,
    /// Number of the unit at the front of the ring; units are counted from 0.
    first: u64,
    bytes: usize,
    /// Numbers of the keyframes in the ring.
    keyframes: VecDeque<u64>,
    rhythm: GopStats,
    rest: Rest,
    /// More than keyframes is needed, and it rests.
    is_starved: bool,
    counts: GateCounts,
    /// No unit is dropped for its age: the feeder waits instead.
    patient: bool,
}

impl<P: Clone> Gate<P> {
    /// Before the first unit.
    pub fn new(policy: DecodePolicy) -> Self {
        let mode = match policy {
            DecodePolicy::Full => Mode::Burst { next: 0, begins: true, after: None, replay_to: 0 },
            DecodePolicy::Auto | DecodePolicy::Keyframes => Mode::Patrol { waiting: None, latest: None },
        };
        Gate {
            policy,
            mode,
            ring: VecDeque::new(),
            first: 0,
            bytes: 0,
            keyframes: VecDeque::new(),
            rhythm: GopStats::default(),
            rest: Rest::default(),
            is_starved: false,
            counts: GateCounts::default(),
            patient: false,
        }
    }

    /// A gate for a source that can wait, so that no unit is dropped.
    pub fn patient(mut self) -> Self {
        self.patient = true;
        self
    }

    /// Takes in the next unit of the stream; true if there is work now.
    pub fn take_in(&mut self, unit: Unit<P>, demand: Demand) -> bool {
        let (at, keyframe) = (unit.at.mono, unit.keyframe);
        let number = self.end();
        self.rhythm.note(at, keyframe);
        self.bytes += unit.bytes;
        self.ring.push_back(Kept { unit, settled: false });
        if keyframe {
            self.keyframes.push_back(number);
            if let Mode::Patrol { waiting, latest } = &mut self.mode
                && latest.is_none_or(|latest| at.saturating_sub(latest) >= PATROL_EVERY)
            {
                *waiting = Some(number);
                *latest = Some(at);
            }
        }
        self.steer(demand, at);
        self.is_starved = self.rest.lasts(at) && !self.is_in_burst() && self.is_more_than_keyframes(demand);
        if self.is_starved && !matches!(self.mode, Mode::Patrol { waiting, .. } if waiting == Some(number)) {
            self.give_up(number, number + 1);
        }
        self.forget();
        self.has_work()
    }

    /// Changes between patrol and burst as it is needed.
    pub fn steer(&mut self, demand: Demand, now: Duration) {
        let burst = match self.policy {
            DecodePolicy::Full => return,
            DecodePolicy::Keyframes => None,
            DecodePolicy::Auto => self.needs_burst(demand, now),
        };
        match (self.mode, burst) {
            (Mode::Patrol { waiting, .. }, Some(after)) => {
                let is_short_of_time = self.rest.was_lately(now);
                let newest = self.keyframes.back().copied().filter(|_| is_short_of_time);
                let next = newest.unwrap_or_else(|| self.replay_from(after, waiting));
                self.counts.bursts += 1;
                let replay_to = self.end().saturating_sub(1).max(next);
                self.mode = Mode::Burst { next, begins: true, after, replay_to };
            }
            // The burst has seen everything up to here; the next keyframe is the next look.
            (Mode::Burst { .. }, None) => {
                self.mode = Mode::Patrol { waiting: None, latest: Some(now) };
            }
            (Mode::Patrol { .. }, None) | (Mode::Burst { .. }, Some(_)) => {}
        }
    }

    /// Whether more than keyframes is needed; if so, up to when pictures were seen.
    fn needs_burst(&self, demand: Demand, now: Duration) -> Option<Option<Duration>> {
        let seen_to = match (self.mode, demand) {
            (Mode::Burst { after, .. }, _) => after,
            (_, Demand::Often { after, .. }) => Some(after),
            (Mode::Patrol { latest, waiting: None }, _) => latest,
            (Mode::Patrol { .. }, _) => None,
        };
        if self.rhythm.unsuited(now).is_some() {
            return Some(seen_to);
        }
        (self.is_more_than_keyframes(demand) && !self.rest.lasts(now)).then_some(seen_to)
    }

    fn is_more_than_keyframes(&self, demand: Demand) -> bool {
        let Demand::Often { every, .. } = demand else { return false };
        // Keyframes that come as often as that are as good. A fifth is jitter.
        let usual = self.rhythm.usual_interval();
        usual.is_none_or(|usual| usual.max(PATROL_EVERY) > every.mul_f32(1.2))
    }

    /// The keyframe with which a replay begins that must show what came after `after`.
    fn replay_from(&self, after: Option<Duration>, waiting: Option<u64>) -> u64 {
        let reaches = |number: &&u64| after.is_some_and(|after| self.at(**number) <= after);
        let latest_seen = self.keyframes.iter().rev().find(reaches).or(self.keyframes.front());
        match latest_seen.copied() {
            Some(number) => number,
            None => waiting.unwrap_or(self.first),
        }
    }

    /// The next unit for the decoder.
    pub fn next(&mut self, now: Duration) -> Option<Work<P>> {
        let end = self.end();
        let (number, how, after, replay_to) = match self.mode {
            Mode::Patrol { waiting, latest } => {
                let number = waiting?;
                self.mode = Mode::Patrol { waiting: None, latest };
                (number, How::Alone, None, 0)
            }
            Mode::Burst { next, replay_to, .. } if self.must_rest(next, replay_to, now) => {
                return self.go_to_rest(next, now);
            }
            Mode::Burst { next, begins, after, replay_to } => {
                let (next, begins) = self.without_what_is_late(next, begins, replay_to, now);
                let next = if begins { self.where_decoding_can_begin(next, now) } else { next };
                if next >= end {
                    self.mode = Mode::Burst { next, begins, after, replay_to };
                    return None;
                }
                self.mode = Mode::Burst { next: next + 1, begins: false, after, replay_to };
                (next, if begins { How::Begin } else { How::Continue }, after, replay_to)
            }
        };
        let kept = self.ring.get_mut(usize::try_from(number.checked_sub(self.first)?).ok()?)?;
        kept.settled = true;
        let unit = kept.unit.clone();
        self.counts.decoded += 1;
        let wanted = after.is_none_or(|after| unit.at.mono > after);
        let independent = unit.keyframe && self.rhythm.is_intra_only();
        let work = Work { unit, how, wanted, independent, replayed: number < replay_to };
        self.forget();
        Some(work)
    }

    /// A unit that [`next`](Self::next) gave was not decoded after all, because nobody wanted it.
    pub(crate) fn was_left_out(&mut self) {
        self.counts.decoded = self.counts.decoded.saturating_sub(1);
        self.counts.slept_through += 1;
    }

    /// Whether a keyframe by itself gave a picture.
    pub(crate) fn keyframe_gave(&mut self, picture: bool) {
        self.rhythm.failures = if picture { 0 } else { self.rhythm.failures + 1 };
    }

    /// Whether there is anything for the decoder.
    pub(crate) fn has_work(&self) -> bool {
        match self.mode {
            Mode::Patrol { waiting, .. } => waiting.is_some(),
            Mode::Burst { next, .. } => next < self.end(),
        }
    }

    /// When the next unit for the decoder arrived.
    pub(crate) fn oldest_waiting(&self) -> Option<Duration> {
        match self.mode {
            Mode::Patrol { waiting, .. } => waiting.map(|number| self.at(number)),
            Mode::Burst { next, .. } => (next < self.end()).then(|| self.at(next)),
        }
    }

    /// Units that wait for the decoder.
    pub fn waiting(&self) -> usize {
        match self.mode {
            Mode::Patrol { waiting, .. } => usize::from(waiting.is_some()),
            Mode::Burst { next, .. } => {
                usize::try_from(self.end().saturating_sub(next.max(self.first))).unwrap_or(usize::MAX)
            }
        }
    }

    /// What it does.
    pub fn mode(&self, now: Duration) -> GateMode {
        match (self.policy, self.mode) {
            (DecodePolicy::Full, _) => GateMode::Full,
            (_, Mode::Patrol { .. }) if self.is_starved => GateMode::Overloaded,
            (_, Mode::Patrol { .. }) => GateMode::Patrol,
            (_, Mode::Burst { .. }) => match self.rhythm.unsuited(now) {
                Some(why) => GateMode::Forced(why),
                None => GateMode::Burst,
            },
        }
    }

    /// Whether a decoder that remembers is needed.
    pub(crate) fn is_in_burst(&self) -> bool {
        matches!(self.mode, Mode::Burst { .. })
    }

    /// Its figures so far.
    pub fn counts(&self) -> GateCounts {
        self.counts
    }

    /// One more than the number of the newest unit.
    fn end(&self) -> u64 {
        self.first + self.ring.len() as u64
    }

    fn at(&self, number: u64) -> Duration {
        let place = usize::try_from(number.saturating_sub(self.first)).unwrap_or(usize::MAX);
        self.ring.get(place).map_or(Duration::MAX, |kept| kept.unit.at.mono)
    }

    /// Whether the unit waits for too long; those of a replay are old, and those of a file wait as long as it takes.
    fn is_late(&self, next: u64, replay_to: u64, now: Duration) -> bool {
        let waited = now.saturating_sub(self.at(next));
        !self.patient && next < self.end() && next >= replay_to && waited > LATE
    }

    /// Whether a burst that is behind is given up. A camera that keyframes do not suit cannot rest.
    fn must_rest(&self, next: u64, replay_to: u64, now: Duration) -> bool {
        self.policy == DecodePolicy::Auto
            && self.is_late(next, replay_to, now)
            && self.rhythm.unsuited(now).is_none()
    }

    /// Gives up the burst; the newest keyframe, if it was not decoded, is the next look.
    fn go_to_rest(&mut self, next: u64, now: Duration) -> Option<Work<P>> {
        self.rest.begin(now);
        self.is_starved = true;
        let waiting = self.keyframes.back().copied().filter(|keyframe| *keyframe >= next);
        let latest = Some(waiting.map_or(now, |keyframe| self.at(keyframe)));
        self.give_up(next, self.end());
        self.counts.given_up -= u64::from(waiting.is_some());
        self.mode = Mode::Patrol { waiting, latest };
        self.next(now)
    }

    /// Where a burst goes on when units before it are gone, or wait for too long.
    fn without_what_is_late(
        &mut self,
        next: u64,
        begins: bool,
        replay_to: u64,
        now: Duration,
    ) -> (u64, bool) {
        let end = self.end();
        let gone = next < self.first;
        let late = self.is_late(next, replay_to, now);
        let newest_keyframe = self.keyframes.back().copied().filter(|keyframe| *keyframe > next);
        match newest_keyframe {
            Some(keyframe) if gone || late => {
                self.give_up(next, keyframe);
                (keyframe, true)
            }
            // Without its beginning there is nothing to decode until the next keyframe, unless there never is one.
            None if gone && self.rhythm.latest.is_some() => {
                self.give_up(next, end);
                (end, true)
            }
            None if gone => (self.first, true),
            _ => (next, begins),
        }
    }

    /// Units `from..to` were needed and are not decoded.
    fn give_up(&mut self, from: u64, to: u64) {
        self.counts.given_up += to - from;
        let place = |number: u64| usize::try_from(number.saturating_sub(self.first)).unwrap_or(usize::MAX);
        let length = self.ring.len();
        for kept in self.ring.range_mut(place(from).min(length)..place(to).min(length)) {
            kept.settled = true;
        }
    }

    /// The first unit from `next` on that needs none before it; none where the stream has such units at times.
    fn where_decoding_can_begin(&mut self, next: u64, now: Duration) -> u64 {
        let Some(latest) = self.rhythm.latest else { return next };
        match self.keyframes.iter().find(|number| **number >= next) {
            Some(number) => *number,
            // A stream with one keyframe at its beginning shows whole pictures in time (intra refresh).
            None if now.saturating_sub(latest) > 2 * LONGEST_INTERVAL => next,
            None => self.end(),
        }
    }

    /// Lets go of what no replay will need, and of what there is no room for.
    fn forget(&mut self) {
        let unread = match self.mode {
            Mode::Patrol { waiting, .. } => waiting.unwrap_or(u64::MAX),
            Mode::Burst { next, .. } => next,
        };
        // The keyframe before the last: what changed between the two is found out with the last.
        let before_last = self.keyframes.len().checked_sub(2).map(|place| self.keyframes[place]);
        let newest = self.ring.back().map_or(Duration::ZERO, |kept| kept.unit.at.mono);
        let is_forced = self.is_in_burst() && self.rhythm.unsuited(newest).is_some();
        let remembered = match self.policy {
            DecodePolicy::Auto if is_forced => u64::MAX,
            DecodePolicy::Auto => before_last.or(self.keyframes.front().copied()).unwrap_or(self.first),
            DecodePolicy::Full | DecodePolicy::Keyframes => u64::MAX,
        };
        self.forget_before(unread.min(remembered).min(self.end()));
        if self.bytes > RING_BYTES && self.policy == DecodePolicy::Auto && !self.is_in_burst() {
            let latest = self.keyframes.back().copied().unwrap_or(self.end());
            self.forget_before(latest);
            if self.bytes > RING_BYTES {
                self.rhythm.too_large = true;
            }
        }
        // Far behind: what waits is worth less than the room.
        while self.bytes > 2 * RING_BYTES {
            let next_keyframe = self.keyframes.iter().find(|number| **number > self.first).copied();
            self.forget_before(next_keyframe.unwrap_or(self.end()));
        }
    }

    fn forget_before(&mut self, number: u64) {
        while self.first < number {
            let Some(kept) = self.ring.pop_front() else { break };
            self.bytes -= kept.unit.bytes;
            self.counts.slept_through += u64::from(!kept.settled);
            self.first += 1;
        }
        while self.keyframes.front().is_some_and(|keyframe| *keyframe < self.first) {
            self.keyframes.pop_front();
        }
    }
}

#[cfg(test)]
mod tests;
