//! [`TimeLine`]: what the journal says of one camera from one time to another, in steps as they are drawn.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::hour::{Hour, Mark, Sight, hour_of};
use super::hours::part_of;
use crate::analysis::alert::AlertId;
use crate::analysis::detection::Class;
use crate::analysis::time::Timestamp;
use crate::journal::Hole;

/// The journal is written so late: what of the last minutes is not recorded yet is no gap.
const LATE: Duration = Duration::from_secs(180);

#[derive(Debug)]
pub(super) struct TimeLine {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    /// Minutes of a step.
    pub(super) step: usize,
    /// The most at once in each step.
    pub(super) found: BTreeMap<Class, Vec<u8>>,
    /// How well it saw at worst in each step; nothing of what is still to come.
    pub(super) sight: Vec<Option<Sight>>,
    /// The same minute by minute, as far as it is known.
    by_minute: Vec<Option<Sight>>,
    /// In the order in which they began.
    pub(super) alerts: Vec<(AlertId, Mark)>,
    pub(super) holes: Vec<Hole>,
    /// Minutes by how well it saw.
    pub(super) minutes: BTreeMap<Sight, usize>,
}

impl TimeLine {
    /// Of these hours of the journal, by their numbers.
    pub(super) fn of(
        hours: &BTreeMap<i64, Arc<Hour>>,
        camera: &str,
        (from, to): (Timestamp, Timestamp),
        step: usize,
        now: Timestamp,
    ) -> Self {
        let minutes = ((to.as_second() - from.as_second()) / 60).max(0) as usize;
        let steps = minutes.div_ceil(step);
        let (mut found, mut sight) = (BTreeMap::new(), vec![None; steps]);
        let mut by_minute = vec![None; known(hours, from, minutes, now)];
        for (number, of_minute) in by_minute.iter_mut().enumerate() {
            let Some((hour, minute)) = at_minute(hours, from, number) else { continue };
            *of_minute = Some(hour.sight(camera, minute));
            let place = &mut sight[number / step];
            *place = (*place).max(*of_minute);
            let Some(camera) = hour.cameras.get(camera) else { continue };
            for (class, counts) in &camera.found {
                let all = found.entry(*class).or_insert_with(|| vec![0; steps]);
                all[number / step] = counts[minute].max(all[number / step]);
            }
        }
        found.retain(|_, counts| counts.iter().any(|count| *count > 0));
        let alerts = alerts(hours, camera, from, to);
        let holes = hours.values().flat_map(|hour| &hour.holes);
        let is_here = |hole: &&Hole| hole.at.is_none_or(|at| (from..to).contains(&at.utc));
        let holes = holes.filter(is_here).cloned().collect();
        let minutes = counted(&by_minute);
        TimeLine { from, to, step, found, sight, by_minute, alerts, holes, minutes }
    }

    /// Minutes by how well it saw within these steps.
    pub(super) fn minutes_within(&self, steps: Range<usize>) -> BTreeMap<Sight, usize> {
        let end = (steps.end * self.step).min(self.by_minute.len());
        counted(&self.by_minute[(steps.start * self.step).min(end)..end])
    }

    /// Up to when something is known, where that is not all of it.
    pub(super) fn known_until(&self) -> Option<Timestamp> {
        let minutes = Duration::from_secs(60 * self.by_minute.len() as u64);
        self.from.checked_add(minutes).ok().filter(|until| *until < self.to)
    }

    /// When a step begins.
    pub(super) fn start(&self, step: usize) -> Timestamp {
        let seconds = (step * self.step * 60) as u64;
        self.from.checked_add(Duration::from_secs(seconds)).unwrap_or(self.to)
    }

    /// How far a time is on the way from its beginning to its end, in per cent.
    pub(super) fn percent(&self, at: Timestamp) -> f64 {
        part_of(self.from, self.to, at) * 100.0
    }

    /// Whether nothing of all this time is recorded.
    pub(super) fn is_unrecorded(&self) -> bool {
        self.minutes.keys().all(|sight| *sight == Sight::Unrecorded)
    }
}

fn counted(minutes: &[Option<Sight>]) -> BTreeMap<Sight, usize> {
    let mut counted = BTreeMap::new();
    minutes.iter().flatten().for_each(|sight| *counted.entry(*sight).or_default() += 1);
    counted
}

/// That minute, counted from the beginning.
fn at_minute(hours: &BTreeMap<i64, Arc<Hour>>, from: Timestamp, number: usize) -> Option<(&Hour, usize)> {
    let at = Timestamp::from_second(from.as_second() + 60 * number as i64).ok()?;
    let (hour, minute) = hour_of(at);
    hours.get(&hour).map(|hour| (&**hour, minute))
}

/// How many minutes from the beginning are known: up to now, or to what is written of the last minutes.
fn known(hours: &BTreeMap<i64, Arc<Hour>>, from: Timestamp, minutes: usize, now: Timestamp) -> usize {
    let past = (now.as_second() - from.as_second()).div_euclid(60).max(0) as usize;
    let mut known = minutes.min(past);
    let late = past.saturating_sub(LATE.as_secs() as usize / 60);
    let is_recorded =
        |number: usize| at_minute(hours, from, number).is_some_and(|(hour, at)| hour.is_recorded(at));
    while known > late && !is_recorded(known - 1) {
        known -= 1;
    }
    known
}

fn alerts(
    hours: &BTreeMap<i64, Arc<Hour>>,
    camera: &str,
    from: Timestamp,
    to: Timestamp,
) -> Vec<(AlertId, Mark)> {
    let mut alerts: BTreeMap<AlertId, Mark> = BTreeMap::new();
    for (id, mark) in hours.values().filter_map(|hour| hour.cameras.get(camera)).flat_map(|of| &of.alerts) {
        alerts.entry(id.clone()).and_modify(|known| known.join(mark)).or_insert_with(|| mark.clone());
    }
    let mut alerts: Vec<_> =
        alerts.into_iter().filter(|(_, mark)| mark.to >= from && mark.from < to).collect();
    alerts.sort_by_key(|(_, mark)| mark.from);
    alerts
}
