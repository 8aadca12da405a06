//! Divides time among the states of each rule at each camera, hour by hour. Pure: time is an argument, once a second.
//!
//! Must never lose or invent time: what passed by the clock on the wall is given to a state, and where that clock was set it is
//! what passed by the one that cannot be.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{Checkpoint, ClockState, HOUR_MS, Record, Stretch, Times, hour_of, time_of};
use crate::analysis::time::Moment;
use crate::contract::words::Time;
use crate::types::coverage_state::CoverageState;

/// A clock that goes on by so much more or less than the other one was set; less is what a time server corrects by running it
/// faster or slower, and goes to the state of that second.
const SET_MS: i64 = 1_000;
/// A reading says how things are, and were for so long at most: of what lies further back nobody knows.
const STANDS_FOR: Duration = Duration::from_secs(10);
/// A box is believed to have been off for so long at most where nothing kept its clock then and now.
const BELIEVED_MS: i64 = 24 * HOUR_MS;
/// How often the hour that goes on is written.
pub(crate) const CHECKPOINT_EVERY: Duration = Duration::from_secs(60);

/// One rule at one camera.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Watch {
    pub(crate) camera: Arc<str>,
    pub(crate) rule: Arc<str>,
}

/// What became of one of them in this hour.
#[derive(Debug, Clone, PartialEq)]
struct Share {
    watch: Watch,
    /// On the clock on the wall, milliseconds.
    from_ms: i64,
    /// By how much that clock was set since.
    shift_ms: i64,
    times: Times,
}

impl Share {
    fn new(watch: Watch, from_ms: i64) -> Self {
        Share { watch, from_ms, shift_ms: 0, times: Times::default() }
    }
}

/// Where time goes on after an hour that ends before it is over, milliseconds on the clock on the wall.
#[derive(Debug, Clone, Copy)]
enum Jump {
    /// The clock was set to this time.
    SetTo(i64),
    /// No ledger was kept until this time.
    NotKeptUntil(i64),
}

/// See the module.
#[derive(Debug, Clone)]
pub(crate) struct Accumulator {
    /// Up to where time is divided, on the clock that cannot be set.
    mono: Duration,
    /// The same on the clock on the wall, milliseconds.
    now_ms: i64,
    /// When this hour, or the part of it that is counted, began.
    begin_ms: i64,
    /// Those that go on, in the order in which they were given.
    going: Vec<Share>,
    /// Those that went in this hour, with when.
    gone: Vec<(Share, i64)>,
    /// Their states at the latest reading; kept so that none is made each second.
    states: Vec<CoverageState>,
    /// How long each state lasted since the start, of all together.
    all: Times,
}

impl Accumulator {
    /// One that begins now.
    pub(crate) fn new(at: Moment, watches: Vec<Watch>) -> Self {
        let now_ms = at.utc.as_millisecond();
        let mut accumulator = Accumulator {
            mono: at.mono,
            now_ms,
            begin_ms: hour_of(now_ms),
            going: Vec::new(),
            gone: Vec::new(),
            states: Vec::new(),
            all: Times::default(),
        };
        accumulator.set_watches(watches);
        accumulator
    }

    /// One that goes on after an earlier run, whose time since is entered: the rules that there were and are. Also gives the
    /// hours that are over by that. `is_lost`: what that run wrote last is gone, so all of that time is unknown.
    pub(crate) fn resume(
        before: &Checkpoint,
        is_lost: bool,
        at: Moment,
        clock: &ClockState,
        watches: Vec<Watch>,
    ) -> (Self, Vec<Record>) {
        let mut finished = Vec::new();
        let mut accumulator = Accumulator::of(before, at.mono);
        let at_ms = at.utc.as_millisecond();
        if before.not_kept {
            finished.extend(accumulator.finish(Some(Jump::NotKeptUntil(at_ms))));
            return (Accumulator::new(at, watches), finished);
        }
        let mut both: Vec<Watch> = accumulator.going.iter().map(|share| share.watch.clone()).collect();
        both.retain(|watch| watches.contains(watch));
        accumulator.set_watches(both);
        let away_ms = away_ms(before, at_ms, clock);
        let said_ms = accumulator.now_ms + away_ms.unwrap_or(0);
        let is_set = away_ms.is_none() || is_set(accumulator.now_ms, said_ms, at_ms);
        let until_ms = if is_set { said_ms } else { at_ms };
        let piece = i64::try_from(CHECKPOINT_EVERY.as_millis()).unwrap_or(i64::MAX);
        let unknown_to = match (is_lost, before.stopped) {
            (true, _) => until_ms,
            (false, false) => until_ms.min(accumulator.now_ms + piece),
            (false, true) => accumulator.now_ms,
        };
        accumulator.states.fill(CoverageState::Unknown);
        accumulator.spend(unknown_to, &mut finished);
        accumulator.states.fill(CoverageState::NotRunning);
        accumulator.spend(until_ms, &mut finished);
        if is_set {
            accumulator.set_clock(at_ms, &mut finished);
        }
        accumulator.set_watches(watches);
        accumulator.all = Times::default();
        (accumulator, finished)
    }

    fn of(before: &Checkpoint, mono: Duration) -> Self {
        let Record { from, until, rules, .. } = &before.hour;
        let (begin_ms, now_ms) = (from.0.as_millisecond(), until.0.as_millisecond());
        let (mut going, mut gone) = (Vec::new(), Vec::new());
        for stretch in rules {
            let from_ms = stretch.from.map_or(begin_ms, |from| from.0.as_millisecond());
            for (camera, rules) in &stretch.of {
                for rule in rules {
                    let watch = Watch { camera: camera.as_str().into(), rule: rule.as_str().into() };
                    let share = Share { watch, from_ms, shift_ms: stretch.shift_ms, times: stretch.ms };
                    match stretch.until {
                        Some(until) => gone.push((share, until.0.as_millisecond())),
                        None => going.push(share),
                    }
                }
            }
        }
        let states = vec![CoverageState::Unknown; going.len()];
        Accumulator { mono, now_ms, begin_ms, going, gone, states, all: Times::default() }
    }

    /// Divides the time since the last call: each rule at each camera, by its place in the list that was given, was in the
    /// state that `state_of` says. Gives the hours that are over.
    pub(crate) fn look(
        &mut self,
        at: Moment,
        mut state_of: impl FnMut(usize) -> CoverageState,
    ) -> Vec<Record> {
        let (passed, until_ms, is_set) = self.pass(at);
        let mut finished = Vec::new();
        if passed > STANDS_FOR {
            self.states.fill(CoverageState::Unknown);
            let stands_for = i64::try_from(STANDS_FOR.as_millis()).unwrap_or(0);
            self.spend(until_ms - stands_for, &mut finished);
        }
        for (place, state) in self.states.iter_mut().enumerate() {
            *state = state_of(place);
        }
        self.spend(until_ms, &mut finished);
        if is_set {
            self.set_clock(at.utc.as_millisecond(), &mut finished);
        }
        finished
    }

    /// Watching begins now: nothing was while the daemon started. Gives the hours that are over.
    pub(crate) fn begin_watching(&mut self, at: Moment) -> Vec<Record> {
        let (_, until_ms, is_set) = self.pass(at);
        let mut finished = Vec::new();
        self.states.fill(CoverageState::NotRunning);
        self.spend(until_ms, &mut finished);
        if is_set {
            self.set_clock(at.utc.as_millisecond(), &mut finished);
        }
        finished
    }

    /// Time went on to this moment: how much of it passed, up to where the clock on the wall has it divided, and whether that
    /// clock was set meanwhile.
    fn pass(&mut self, at: Moment) -> (Duration, i64, bool) {
        let passed = at.mono.saturating_sub(self.mono);
        self.mono = at.mono;
        let passed_ms = i64::try_from(passed.as_millis()).unwrap_or(i64::MAX);
        let said_ms = self.now_ms.saturating_add(passed_ms);
        let says_ms = at.utc.as_millisecond();
        let is_set = is_set(self.now_ms, said_ms, says_ms);
        (passed, if is_set { said_ms } else { says_ms }, is_set)
    }

    /// From now on these are watched. Those that go are kept as they were until now.
    pub(crate) fn set_watches(&mut self, watches: Vec<Watch>) {
        let mut before: BTreeMap<Watch, Share> =
            std::mem::take(&mut self.going).into_iter().map(|share| (share.watch.clone(), share)).collect();
        let now_ms = self.now_ms;
        self.going = watches
            .into_iter()
            .map(|watch| before.remove(&watch).unwrap_or_else(|| Share::new(watch, now_ms)))
            .collect();
        let with_time = before.into_values().filter(|share| share.times.total_ms() > 0);
        self.gone.extend(with_time.map(|share| (share, now_ms)));
        self.states = vec![CoverageState::Unknown; self.going.len()];
    }

    /// The hour up to now.
    pub(crate) fn hour(&self) -> Record {
        let going = self.going.iter().map(|share| (share, None));
        self.record(going, self.now_ms, None)
    }

    /// The hour up to now; what follows is another record.
    pub(crate) fn end_part(&mut self) -> Option<Record> {
        let part = self.finish(None);
        self.begin(self.now_ms);
        part
    }

    /// How long each state lasted since the start of the daemon, all rules at all cameras together.
    pub(crate) fn all(&self) -> Times {
        self.all
    }

    /// So long they lasted before this one.
    pub(crate) fn add_to_all(&mut self, before: Times) {
        self.all.add_all(&before);
    }

    /// Gives what passes until then to the states, and finishes the hours that it passes.
    fn spend(&mut self, until_ms: i64, finished: &mut Vec<Record>) {
        while self.now_ms < until_ms {
            // Whole hours of one state are one record.
            let is_fresh = self.now_ms == hour_of(self.now_ms) && self.begin_ms == self.now_ms;
            let hours = if is_fresh { ((until_ms - self.now_ms) / HOUR_MS).max(1) } else { 1 };
            let end_ms = hour_of(self.now_ms) + hours * HOUR_MS;
            let to_ms = until_ms.min(end_ms);
            let ms = (to_ms - self.now_ms).unsigned_abs();
            for (share, state) in self.going.iter_mut().zip(&self.states) {
                share.times.add(*state, ms);
                self.all.add(*state, ms);
            }
            self.now_ms = to_ms;
            if to_ms == end_ms {
                finished.extend(self.finish(None));
                self.begin(end_ms);
            }
        }
    }

    /// The clock on the wall was set.
    fn set_clock(&mut self, says_ms: i64, finished: &mut Vec<Record>) {
        if hour_of(says_ms) == hour_of(self.now_ms) {
            let shift_ms = says_ms - self.now_ms;
            self.going.iter_mut().for_each(|share| share.shift_ms += shift_ms);
            self.now_ms = says_ms;
        } else {
            finished.extend(self.finish(Some(Jump::SetTo(says_ms))));
            self.now_ms = says_ms;
            self.begin(says_ms);
        }
    }

    /// Another hour, or the rest of one.
    fn begin(&mut self, from_ms: i64) {
        self.begin_ms = from_ms;
        self.gone.clear();
        for share in &mut self.going {
            (share.from_ms, share.shift_ms, share.times) = (from_ms, 0, Times::default());
        }
    }

    /// The hour that is over; none where nothing was to be watched. One after which time goes on elsewhere says so in any case.
    fn finish(&self, jump: Option<Jump>) -> Option<Record> {
        let lasted = |share: &&Share| jump.is_some() || share.times.total_ms() > 0;
        let going = self.going.iter().filter(lasted).map(|share| (share, None));
        let record = self.record(going, self.now_ms, jump);
        (jump.is_some() || !record.rules.is_empty()).then_some(record)
    }

    fn record<'a>(
        &'a self,
        going: impl Iterator<Item = (&'a Share, Option<i64>)>,
        until_ms: i64,
        jump: Option<Jump>,
    ) -> Record {
        let gone = self.gone.iter().map(|(share, until_ms)| (share, Some(*until_ms)));
        let mut alike: BTreeMap<_, BTreeMap<String, Vec<String>>> = BTreeMap::new();
        for (Share { watch, from_ms, shift_ms, times }, until_ms) in going.chain(gone) {
            let key = (until_ms, *from_ms, *shift_ms, *times);
            let of = alike.entry(key).or_default().entry(watch.camera.to_string()).or_default();
            of.push(watch.rule.to_string());
        }
        let time = |ms: i64| Time(time_of(ms));
        let rules = alike.into_iter().map(|((until_ms, from_ms, shift_ms, ms), of)| Stretch {
            from: (from_ms != self.begin_ms).then(|| time(from_ms)),
            until: until_ms.map(time),
            shift_ms,
            ms,
            of,
        });
        let (set_to, not_kept_until) = match jump {
            Some(Jump::SetTo(ms)) => (Some(time(ms)), None),
            Some(Jump::NotKeptUntil(ms)) => (None, Some(time(ms))),
            None => (None, None),
        };
        Record {
            from: time(self.begin_ms),
            until: time(until_ms),
            set_to,
            not_kept_until,
            rules: rules.collect(),
        }
    }
}

/// Whether the clock on the wall, which would have said one thing and says another, was set.
fn is_set(before_ms: i64, said_ms: i64, says_ms: i64) -> bool {
    says_ms < before_ms || (says_ms - said_ms).abs() >= SET_MS
}

/// How long nothing ran; `None` where nobody knows.
fn away_ms(before: &Checkpoint, at_ms: i64, clock: &ClockState) -> Option<i64> {
    if let Some(away_ms) = before.clock.as_ref().and_then(|then| clock.since_ms(then)) {
        return Some(away_ms);
    }
    let away_ms = at_ms - before.hour.until.0.as_millisecond();
    let was_kept = before.clock.as_ref().is_some_and(|then| then.is_kept);
    let is_believed = was_kept && clock.is_kept || away_ms <= BELIEVED_MS;
    (away_ms >= 0 && is_believed).then_some(away_ms)
}

#[cfg(test)]
mod tests;
