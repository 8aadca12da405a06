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

/// Minimum rise of belief that makes a new revision.
const NOTABLE_RISE: f64 = 0.1;

/// An open alert and its published revision.
#[derive(Debug, Clone)]
pub(super) struct Incident {
    published: Revision,
    published_at: Duration,
    /// The highest belief published.
    published_belief: f64,
    waiting: Waiting,
    /// Start of the time in which belief is below `clear`.
    below_since: Option<Duration>,
    /// Start of the time in which a lower level, or none, would be enough.
    lower_since: Option<Duration>,
    last_seen_at: Timestamp,
    /// Time until which an alert from before a restart waits for its sources.
    doubt_until: Option<Duration>,
}

impl Incident {
    pub(super) fn published(&self) -> &Revision {
        &self.published
    }

    pub(super) fn into_published(self) -> Revision {
        self.published
    }

    pub(super) fn begin(
        ids: &mut AlertIds,
        plan: &SignalPlan,
        cell: &Cell,
        assessment: &Assessment,
        level: Level,
        at: Moment,
    ) -> Self {
        let place = cell.camera.as_ref().unwrap_or(&cell.grid);
        let started_at = assessment.parts.iter().map(|part| part.since.utc).min().unwrap_or(at.utc);
        let published = Revision {
            alert: ids.next_id(&format!("signal:{}", plan.kind), place, started_at),
            rev: 1,
            phase: Phase::New,
            reason: PhaseReason::Raised,
            kind: plan.kind.clone(),
            level,
            level_max: level,
            confidence: assessment.belief as f32,
            started_at,
            last_seen_at: last_seen(assessment).unwrap_or(at.utc).max(started_at),
            ended_at: None,
            at,
            grid: cell.grid.clone(),
            origin: assessment.origin(),
            shown: assessment.shown().to_vec(),
            why: why(plan, assessment, level, at),
            end_reason: None,
            acknowledged: None,
            handling: Handling::default(),
            escalated: None,
        };
        Incident {
            published_at: at.mono,
            published_belief: assessment.belief,
            waiting: Waiting::new(&published),
            below_since: None,
            lower_since: None,
            last_seen_at: published.last_seen_at,
            doubt_until: None,
            published,
        }
    }

    /// One from before a restart: its sources have not spoken yet.
    pub(super) fn restored(published: Revision, hold: Duration, at: Moment) -> Self {
        Incident {
            published_at: at.mono,
            published_belief: f64::from(published.confidence),
            waiting: Waiting::restored(&published, at),
            below_since: None,
            lower_since: None,
            last_seen_at: published.last_seen_at,
            doubt_until: Some(at.mono.saturating_add(hold.max(RESTORED_WAIT))),
            published,
        }
    }

    /// Updates the alert with the present assessment.
    pub(super) fn go_on(
        &mut self,
        ids: &mut AlertIds,
        plan: &SignalPlan,
        assessment: &Assessment,
        wanted: Option<Level>,
        at: Moment,
    ) -> Option<Revision> {
        if let Some(seen) = last_seen(assessment) {
            self.last_seen_at = self.last_seen_at.max(seen);
        }
        if let Some(until) = self.doubt_until {
            if assessment.belief >= plan.clear {
                self.doubt_until = None;
                return Some(self.revise(plan, assessment, Phase::Update, PhaseReason::StillThere, at));
            }
            let is_over = at.mono >= until;
            return is_over.then(|| self.end(ids, plan, assessment, PhaseReason::NotSeenSinceRestart, at));
        }
        if let Some(reason) = self.is_over(plan, assessment, at.mono) {
            return Some(self.end(ids, plan, assessment, reason, at));
        }
        if wanted > Some(self.published.level) {
            self.published.level = wanted.unwrap_or(self.published.level);
            self.lower_since = None;
            return Some(self.revise(plan, assessment, Phase::Update, PhaseReason::LevelRose, at));
        }
        if let Some(level) = self.lower_level(plan, assessment, wanted, at.mono) {
            self.published.level = level;
            return Some(self.revise(plan, assessment, Phase::Update, PhaseReason::LevelFell, at));
        }
        if has_more(&assessment.origin(), &self.published.origin) {
            return Some(self.revise(plan, assessment, Phase::Update, PhaseReason::Joined, at));
        }
        let published_ago = at.mono.saturating_sub(self.published_at);
        if published_ago >= GREW_AT_MOST_EVERY && assessment.belief >= self.published_belief + NOTABLE_RISE {
            return Some(self.revise(plan, assessment, Phase::Update, PhaseReason::Grew, at));
        }
        if published_ago >= GREW_AT_MOST_EVERY && self.has_another_cause(assessment) {
            return Some(self.revise(plan, assessment, Phase::Update, PhaseReason::StillThere, at));
        }
        (published_ago >= REMINDER && assessment.is_reported_now)
            .then(|| self.revise(plan, assessment, Phase::Update, PhaseReason::StillThere, at))
    }

    /// Whether the cause of missing video differs from the published one: its remedy differs, too.
    fn has_another_cause(&self, assessment: &Assessment) -> bool {
        let published = self.published.why.contributions.first().and_then(|first| first.cause);
        assessment.is_reported_now
            && assessment.main().and_then(|main| main.cause).is_some_and(|now| Some(now) != published)
    }

    /// Why it is over, if it is. What fell silent while it said "yes" may go on unseen, so that takes longer and
    /// is not reported as cleared.
    fn is_over(&mut self, plan: &SignalPlan, assessment: &Assessment, at: Duration) -> Option<PhaseReason> {
        if assessment.belief >= plan.clear {
            self.below_since = None;
            return None;
        }
        let below_for = at.saturating_sub(*self.below_since.get_or_insert(at));
        let silent = assessment.silent.iter().filter(|missing| self.is_from(&missing.origin));
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
        assessment: &Assessment,
        wanted: Option<Level>,
        at: Duration,
    ) -> Option<Level> {
        let lowest = plan.levels.first().map(|first| first.level)?;
        let wanted = wanted.unwrap_or(lowest).max(lowest);
        let is_hidden = assessment.silent.iter().any(|missing| self.is_from(&missing.origin));
        if wanted >= self.published.level || is_hidden {
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

    /// Whether a camera or sensor is part of the published revision.
    fn is_from(&self, origin: &OriginId) -> bool {
        match origin {
            OriginId::Camera(camera) => self.published.origin.cameras.contains(camera),
            OriginId::Sensor(sensor) => self.published.origin.sensors.contains(sensor),
        }
    }

    /// No end while all its origins are silent: whether it goes on is unknown.
    pub(super) fn escalate(
        &mut self,
        plan: &AcceptancePlan,
        assessment: &Assessment,
        at: Moment,
    ) -> Option<Revision> {
        let is_silent = |origin: OriginId| assessment.silent.iter().any(|missing| missing.origin == origin);
        let (cameras, sensors) = (&self.published.origin.cameras, &self.published.origin.sensors);
        let mut origins = (cameras.iter().cloned().map(OriginId::Camera))
            .chain(sensors.iter().cloned().map(OriginId::Sensor));
        let has_origin = !cameras.is_empty() || !sensors.is_empty();
        if has_origin && origins.all(is_silent) {
            return None;
        }
        let escalation = self.waiting.due(plan, &self.published, at)?;
        self.published.escalated = Some(escalation);
        Some(self.again(PhaseReason::Escalated, at))
    }

    /// Notes who took it on, unless somebody did before.
    pub(super) fn acknowledge(&mut self, acknowledgement: &Acknowledgement, at: Moment) -> AckOutcome {
        if let Some(before) = &self.published.acknowledged {
            return AckOutcome::Before(before.clone());
        }
        self.published.acknowledged = Some(acknowledgement.clone());
        AckOutcome::Now(Box::new(self.again(PhaseReason::Acknowledged, at)))
    }

    /// Notes what somebody did about it.
    pub(super) fn handle(&mut self, step: &HandlingStep, at: Moment) -> Result<Revision, NotHandled> {
        handling::take(&mut self.published, step)?;
        Ok(self.again(PhaseReason::Handled, at))
    }

    /// The revision with which it is muted, or is no longer.
    pub(super) fn mute_changed(&mut self, at: Moment) -> Revision {
        self.again(PhaseReason::MuteChanged, at)
    }

    fn end(
        &mut self,
        ids: &mut AlertIds,
        plan: &SignalPlan,
        assessment: &Assessment,
        reason: PhaseReason,
        at: Moment,
    ) -> Revision {
        self.published.ended_at = Some(at.utc.max(self.last_seen_at));
        self.published.end_reason = Some(reason);
        let last = self.revise(plan, assessment, Phase::End, reason, at);
        ids.note_end(&last);
        last
    }

    /// The next revision, with the present assessment. Every origin stays part of it.
    fn revise(
        &mut self,
        plan: &SignalPlan,
        assessment: &Assessment,
        phase: Phase,
        reason: PhaseReason,
        at: Moment,
    ) -> Revision {
        self.published_belief = self.published_belief.max(assessment.belief);
        let published = &mut self.published;
        published.phase = phase;
        published.confidence = assessment.belief as f32;
        published.level_max = published.level_max.max(published.level);
        if !assessment.shown().is_empty() {
            published.shown.clear();
            published.shown.extend_from_slice(assessment.shown());
        }
        published.origin = assessment.origin().joined_by(&published.origin);
        let level = published.level;
        let before = std::mem::replace(&mut published.why, why(plan, assessment, level, at));
        if published.why.contributions.is_empty() {
            // What made it has faded; an explanation that names nothing explains nothing.
            published.why.contributions = before.contributions;
        }
        self.again(reason, at)
    }

    /// The next revision, with the published contents.
    fn again(&mut self, reason: PhaseReason, at: Moment) -> Revision {
        let published = &mut self.published;
        published.rev += 1;
        if published.phase == Phase::New {
            published.phase = Phase::Update;
        }
        published.reason = reason;
        published.at = at;
        published.last_seen_at = self.last_seen_at;
        self.published_at = at.mono;
        published.clone()
    }
}

fn last_seen(assessment: &Assessment) -> Option<Timestamp> {
    assessment.parts.iter().map(|part| part.last.utc).max()
}

fn has_more(now: &Origin, published: &Origin) -> bool {
    now.cameras.iter().any(|camera| !published.cameras.contains(camera))
        || now.sensors.iter().any(|sensor| !published.sensors.contains(sensor))
}

fn why(plan: &SignalPlan, assessment: &Assessment, level: Level, at: Moment) -> Why {
    let step = plan.levels.iter().find(|step| step.level == level);
    let threshold = step.map_or(plan.raise(), |step| step.belief);
    Why {
        basis: Basis::Belief,
        condition: say::belief(plan.kind.as_ref(), threshold.to_string(), explain::level(level)).into(),
        threshold,
        contributions: assessment.contributions(at),
        silent: assessment.silent.iter().map(|missing| missing.source.clone()).collect(),
    }
}
