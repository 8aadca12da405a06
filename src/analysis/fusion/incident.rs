//! One incident: the life of an alert that comes from belief.

use std::time::Duration;

use super::Cell;
use super::assess::Assessment;
use crate::analysis::REMINDER;
use crate::analysis::acceptance::{AcceptancePlan, Waiting};
use crate::analysis::alert::{AckOutcome, Acknowledgement, Basis, Origin, Revision, Why};
use crate::analysis::alert_lifecycle::handling::{self, Handling, HandlingStep, NotHandled};
use crate::analysis::alert_lifecycle::{AlertIds, GREW_AT_MOST_EVERY, RESTORED_WAIT, SILENCE_ENDS};
use crate::analysis::signals::{OriginId, SignalPlan};
use crate::analysis::time::{Moment, Timestamp};
use crate::text::{explain, rule as say};
use crate::types::level::Level;
use crate::types::phase::{Phase, PhaseReason};

/// Belief must rise by this much to be told.
const NOTABLE_RISE: f64 = 0.1;

/// An open alert and what was told of it.
#[derive(Debug, Clone)]
pub(super) struct Incident {
    told: Revision,
    told_at: Duration,
    /// The highest belief told.
    told_belief: f64,
    waiting: Waiting,
    /// Since when belief has been below `clear`.
    below_since: Option<Duration>,
    /// Since when a lower level, or none, would have been enough.
    lower_since: Option<Duration>,
    last_seen_at: Timestamp,
    /// Until then, an alert from before a restart waits for its sources to speak again.
    doubt_until: Option<Duration>,
}

impl Incident {
    pub(super) fn told(&self) -> &Revision {
        &self.told
    }

    pub(super) fn into_told(self) -> Revision {
        self.told
    }

    pub(super) fn begin(
        ids: &mut AlertIds,
        plan: &SignalPlan,
        cell: &Cell,
        heard: &Assessment,
        level: Level,
        at: Moment,
    ) -> Self {
        let place = cell.camera.as_ref().unwrap_or(&cell.grid);
        let started_at = heard.parts.iter().map(|part| part.since.utc).min().unwrap_or(at.utc);
        let told = Revision {
            alert: ids.next_id(&format!("signal:{}", plan.kind), place, started_at),
            rev: 1,
            phase: Phase::New,
            reason: PhaseReason::Raised,
            kind: plan.kind.clone(),
            level,
            level_max: level,
            confidence: heard.belief as f32,
            started_at,
            last_seen_at: last_seen(heard).unwrap_or(at.utc).max(started_at),
            ended_at: None,
            at,
            grid: cell.grid.clone(),
            origin: heard.origin(),
            shown: heard.shown().to_vec(),
            why: why(plan, heard, level, at),
            end_reason: None,
            acknowledged: None,
            handling: Handling::default(),
            escalated: None,
        };
        Incident {
            told_at: at.mono,
            told_belief: heard.belief,
            waiting: Waiting::new(&told),
            below_since: None,
            lower_since: None,
            last_seen_at: told.last_seen_at,
            doubt_until: None,
            told,
        }
    }

    /// One from before a restart: its sources have not spoken yet.
    pub(super) fn restored(told: Revision, hold: Duration, at: Moment) -> Self {
        Incident {
            told_at: at.mono,
            told_belief: f64::from(told.confidence),
            waiting: Waiting::restored(&told, at),
            below_since: None,
            lower_since: None,
            last_seen_at: told.last_seen_at,
            doubt_until: Some(at.mono.saturating_add(hold.max(RESTORED_WAIT))),
            told,
        }
    }

    /// Takes in what is heard now.
    pub(super) fn go_on(
        &mut self,
        ids: &mut AlertIds,
        plan: &SignalPlan,
        heard: &Assessment,
        wanted: Option<Level>,
        at: Moment,
    ) -> Option<Revision> {
        if let Some(seen) = last_seen(heard) {
            self.last_seen_at = self.last_seen_at.max(seen);
        }
        if let Some(until) = self.doubt_until {
            if heard.belief >= plan.clear {
                self.doubt_until = None;
                return Some(self.revise(plan, heard, Phase::Update, PhaseReason::StillThere, at));
            }
            let is_over = at.mono >= until;
            return is_over.then(|| self.end(ids, plan, heard, PhaseReason::NotSeenSinceRestart, at));
        }
        if let Some(reason) = self.is_over(plan, heard, at.mono) {
            return Some(self.end(ids, plan, heard, reason, at));
        }
        if wanted > Some(self.told.level) {
            self.told.level = wanted.unwrap_or(self.told.level);
            self.lower_since = None;
            return Some(self.revise(plan, heard, Phase::Update, PhaseReason::LevelRose, at));
        }
        if let Some(level) = self.lower_level(plan, heard, wanted, at.mono) {
            self.told.level = level;
            return Some(self.revise(plan, heard, Phase::Update, PhaseReason::LevelFell, at));
        }
        if has_more(&heard.origin(), &self.told.origin) {
            return Some(self.revise(plan, heard, Phase::Update, PhaseReason::Joined, at));
        }
        let told_ago = at.mono.saturating_sub(self.told_at);
        if told_ago >= GREW_AT_MOST_EVERY && heard.belief >= self.told_belief + NOTABLE_RISE {
            return Some(self.revise(plan, heard, Phase::Update, PhaseReason::Grew, at));
        }
        if told_ago >= GREW_AT_MOST_EVERY && self.has_another_cause(heard) {
            return Some(self.revise(plan, heard, Phase::Update, PhaseReason::StillThere, at));
        }
        (told_ago >= REMINDER && heard.is_said_now)
            .then(|| self.revise(plan, heard, Phase::Update, PhaseReason::StillThere, at))
    }

    /// Whether why there is no video has become another reason than was told: what to do about it is another thing, too.
    fn has_another_cause(&self, heard: &Assessment) -> bool {
        let told = self.told.why.contributions.first().and_then(|first| first.cause);
        heard.is_said_now && heard.main().and_then(|main| main.cause).is_some_and(|now| Some(now) != told)
    }

    /// Why it is over, if it is. What fell silent while it said "yes" may go on unseen, so that takes longer and
    /// is not told as cleared.
    fn is_over(&mut self, plan: &SignalPlan, heard: &Assessment, at: Duration) -> Option<PhaseReason> {
        if heard.belief >= plan.clear {
            self.below_since = None;
            return None;
        }
        let below_for = at.saturating_sub(*self.below_since.get_or_insert(at));
        let silent = heard.silent.iter().filter(|missing| self.is_from(&missing.origin));
        let silent_for = silent.map(|missing| at.saturating_sub(missing.since)).max();
        match silent_for {
            Some(silent_for) => {
                (silent_for >= SILENCE_ENDS && below_for >= plan.hold).then_some(PhaseReason::SourceSilent)
            }
            None => (below_for >= plan.hold).then_some(PhaseReason::Cleared),
        }
    }

    /// The level to fall to, once it has been enough for the hold time and nobody who said otherwise is silent.
    fn lower_level(
        &mut self,
        plan: &SignalPlan,
        heard: &Assessment,
        wanted: Option<Level>,
        at: Duration,
    ) -> Option<Level> {
        let lowest = plan.levels.first().map(|first| first.level)?;
        let wanted = wanted.unwrap_or(lowest).max(lowest);
        let is_hidden = heard.silent.iter().any(|missing| self.is_from(&missing.origin));
        if wanted >= self.told.level || is_hidden {
            self.lower_since = None;
            return None;
        }
        let since = *self.lower_since.get_or_insert(at);
        if at.saturating_sub(since) < plan.hold {
            return None;
        }
        self.lower_since = None;
        Some(wanted)
    }

    /// Whether a camera or sensor is part of what was told.
    fn is_from(&self, origin: &OriginId) -> bool {
        match origin {
            OriginId::Camera(camera) => self.told.origin.cameras.contains(camera),
            OriginId::Sensor(sensor) => self.told.origin.sensors.contains(sensor),
        }
    }

    /// Nothing while all that it came from is silent: nobody knows whether it goes on.
    pub(super) fn escalate(
        &mut self,
        plan: &AcceptancePlan,
        heard: &Assessment,
        at: Moment,
    ) -> Option<Revision> {
        let is_silent = |origin: OriginId| heard.silent.iter().any(|missing| missing.origin == origin);
        let (cameras, sensors) = (&self.told.origin.cameras, &self.told.origin.sensors);
        let mut origins = (cameras.iter().cloned().map(OriginId::Camera))
            .chain(sensors.iter().cloned().map(OriginId::Sensor));
        let has_origin = !cameras.is_empty() || !sensors.is_empty();
        if has_origin && origins.all(is_silent) {
            return None;
        }
        let escalation = self.waiting.due(plan, &self.told, at)?;
        self.told.escalated = Some(escalation);
        Some(self.again(PhaseReason::Escalated, at))
    }

    /// Notes who took it on, unless somebody did before.
    pub(super) fn acknowledge(&mut self, acknowledgement: &Acknowledgement, at: Moment) -> AckOutcome {
        if let Some(before) = &self.told.acknowledged {
            return AckOutcome::Before(before.clone());
        }
        self.told.acknowledged = Some(acknowledgement.clone());
        AckOutcome::Now(Box::new(self.again(PhaseReason::Acknowledged, at)))
    }

    /// Notes what somebody did about it.
    pub(super) fn handle(&mut self, step: &HandlingStep, at: Moment) -> Result<Revision, NotHandled> {
        handling::take(&mut self.told, step)?;
        Ok(self.again(PhaseReason::Handled, at))
    }

    /// Tells that it was muted, or is not any more.
    pub(super) fn mute_changed(&mut self, at: Moment) -> Revision {
        self.again(PhaseReason::MuteChanged, at)
    }

    fn end(
        &mut self,
        ids: &mut AlertIds,
        plan: &SignalPlan,
        heard: &Assessment,
        reason: PhaseReason,
        at: Moment,
    ) -> Revision {
        self.told.ended_at = Some(at.utc.max(self.last_seen_at));
        self.told.end_reason = Some(reason);
        let last = self.revise(plan, heard, Phase::End, reason, at);
        ids.note_end(&last);
        last
    }

    /// The next revision, with what is heard now. Whatever ever was part of it stays part of it.
    fn revise(
        &mut self,
        plan: &SignalPlan,
        heard: &Assessment,
        phase: Phase,
        reason: PhaseReason,
        at: Moment,
    ) -> Revision {
        self.told_belief = self.told_belief.max(heard.belief);
        let told = &mut self.told;
        told.phase = phase;
        told.confidence = heard.belief as f32;
        told.level_max = told.level_max.max(told.level);
        if !heard.shown().is_empty() {
            told.shown.clear();
            told.shown.extend_from_slice(heard.shown());
        }
        told.origin = heard.origin().joined_by(&told.origin);
        let level = told.level;
        let before = std::mem::replace(&mut told.why, why(plan, heard, level, at));
        if told.why.contributions.is_empty() {
            // What made it has faded; an explanation that names nothing explains nothing.
            told.why.contributions = before.contributions;
        }
        self.again(reason, at)
    }

    /// The next revision, with what was told before.
    fn again(&mut self, reason: PhaseReason, at: Moment) -> Revision {
        let told = &mut self.told;
        told.rev += 1;
        if told.phase == Phase::New {
            told.phase = Phase::Update;
        }
        told.reason = reason;
        told.at = at;
        told.last_seen_at = self.last_seen_at;
        self.told_at = at.mono;
        told.clone()
    }
}

fn last_seen(heard: &Assessment) -> Option<Timestamp> {
    heard.parts.iter().map(|part| part.last.utc).max()
}

fn has_more(now: &Origin, told: &Origin) -> bool {
    now.cameras.iter().any(|camera| !told.cameras.contains(camera))
        || now.sensors.iter().any(|sensor| !told.sensors.contains(sensor))
}

fn why(plan: &SignalPlan, heard: &Assessment, level: Level, at: Moment) -> Why {
    let step = plan.levels.iter().find(|step| step.level == level);
    let threshold = step.map_or(plan.raise(), |step| step.belief);
    Why {
        basis: Basis::Belief,
        condition: say::belief(plan.kind.as_ref(), threshold.to_string(), explain::level(level)).into(),
        threshold,
        contributions: heard.contributions(at),
        silent: heard.silent.iter().map(|missing| missing.source.clone()).collect(),
    }
}
