//! The life cycle of an alert: raised from what a rule saw, updated, and ended.
//!
//! Each rule on each camera has at most one open alert. Nothing here reads a clock or draws lots: an id
//! comes from what happened, so that a replay gives the same bytes.
//!
//! What is *not seen* ends an alert; what *nobody looked at* does not. Only watched time counts towards
//! [`Rule::hold`]; a camera that stays silent ends its alerts as `SourceSilent`, never as `Cleared`, and
//! without a cooldown, so that the thing is reported again if it is still there.
//!
//! What people do about an alert ([`handling`]) is reported of open alerts and, for a while, of ended ones (`ended`).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};
use ulid::Ulid;

use super::REMINDER;
use super::acceptance::{AcceptancePlan, Waiting};
use super::alert::{AckOutcome, Acknowledgement, AlertId, Basis, Contribution, Origin, Revision, Shown, Why};
use super::rules::{Observation, Rule};
use super::time::{Moment, Timestamp};
use crate::text::{Sentence, alert as say};
use crate::types::language::Language;
use crate::types::phase::{Phase, PhaseReason};
use ended::EndedAlerts;
use handling::{HandlingStep, NotHandled};

pub(crate) mod ended;
pub mod handling;

/// After this long without a frame nothing can be said about a camera any more, and its alerts end. A
/// camera that restarts is back within two minutes (a guess).
pub(crate) const SILENCE_ENDS: Duration = Duration::from_secs(300);
/// An alert from before a restart has at least this much watched time, on top of its rule's duration, to be
/// seen again. A box that restarts needs a while until every camera is connected.
pub(crate) const RESTORED_WAIT: Duration = Duration::from_secs(60);
/// Minimum time between two revisions that report growth.
pub(crate) const GREW_AT_MOST_EVERY: Duration = Duration::from_secs(10);
/// Minimum rise of confidence that makes a new revision.
const NOTABLE_CONFIDENCE: f32 = 0.15;

/// Why an alert cannot be acknowledged or get evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlertError {
    /// No such alert, or it ended long ago.
    Unknown(AlertId),
    /// It has ended: nobody need take it on any more, and no picture follows.
    Ended(AlertId),
}

impl AlertError {
    /// Why, for people.
    pub fn sentence(&self) -> Sentence {
        match self {
            AlertError::Unknown(alert) => say::unknown(alert.0.as_ref()),
            AlertError::Ended(alert) => say::ended(alert.0.as_ref()),
        }
    }

    /// What to try.
    pub fn hint(&self) -> Sentence {
        match self {
            AlertError::Unknown(_) => say::try_active(ended::KEPT_DAYS, ended::KEPT),
            AlertError::Ended(_) => say::try_verdict_or_close(),
        }
    }
}

impl fmt::Display for AlertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence().with_hint(Some(&self.hint()), Language::English))
    }
}

impl std::error::Error for AlertError {}

/// What the alerts of one box share: where ids come from, and which ones are over.
#[derive(Debug, Clone)]
pub(super) struct AlertIds {
    box_id: Arc<str>,
    alerts_begun: u64,
    ended: EndedAlerts,
}

impl AlertIds {
    pub(super) fn new(box_id: Arc<str>) -> Self {
        AlertIds { box_id, alerts_begun: 0, ended: EndedAlerts::default() }
    }

    /// `Ended` if it is known to be over, otherwise `Unknown`.
    pub(super) fn why_not(&self, alert: &AlertId) -> AlertError {
        if self.ended.contains(alert) {
            AlertError::Ended(alert.clone())
        } else {
            AlertError::Unknown(alert.clone())
        }
    }

    /// The next alert's id: a ULID whose time is when the alert began (milliseconds UTC), and whose 80 bits
    /// are the first of SHA-256 over box, source (rule or signal), place (camera or grid), the nanosecond it
    /// began, and a count of the alerts of this run. The same run replayed gives the same ids; two boxes,
    /// sources, places or moments do not.
    pub(super) fn next_id(&mut self, source: &str, place: &str, started_at: Timestamp) -> AlertId {
        self.alerts_begun += 1;
        let mut digest = Sha256::new();
        for part in [&*self.box_id, source, place] {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        digest.update(started_at.as_nanosecond().to_be_bytes());
        digest.update(self.alerts_begun.to_be_bytes());
        let mut eighty_bits = [0; 16];
        eighty_bits[6..].copy_from_slice(&digest.finalize()[..10]);
        let started_ms = u64::try_from(started_at.as_millisecond()).unwrap_or(0);
        AlertId(Ulid::from_parts(started_ms, u128::from_be_bytes(eighty_bits)).to_string().into())
    }

    /// An alert's last revision, of this run or of one before.
    pub(super) fn note_end(&mut self, last: &Revision) {
        self.ended.add(last.clone());
    }

    /// As [`AlertLifecycle::handle`], of an alert that has ended.
    pub(super) fn handle_ended(
        &mut self,
        alert: &AlertId,
        step: &HandlingStep,
        at: Moment,
    ) -> Result<Revision, NotHandled> {
        let published = self.ended.handle(alert, step, at);
        published.unwrap_or_else(|| Err(NotHandled::Unknown(AlertError::Unknown(alert.clone()))))
    }
}

/// The alerts of one rule on one camera, one after the other.
#[derive(Debug, Clone, Default)]
pub(super) struct AlertLifecycle {
    open: Option<Open>,
    /// No new alert before this time of the monotonic clock.
    quiet_until: Duration,
}

#[derive(Debug, Clone)]
struct Open {
    /// The latest revision, as it was published.
    published: Revision,
    published_at: Duration,
    /// The highest count published so far.
    published_count: usize,
    published_confidence: f32,
    seen: Seen,
    /// Watched time in which the condition did not hold.
    gone_for: Duration,
    doubt: Doubt,
    waiting: Waiting,
}

/// The latest observation, published or not.
#[derive(Debug, Clone)]
struct Seen {
    at: Timestamp,
    confidence: f32,
    value: f64,
    shown: Vec<Shown>,
}

/// How much an alert is believed whose condition has not been seen since the box or the camera was away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doubt {
    None,
    /// The camera was away. While the condition builds up again, so much watched time is left to it.
    AfterGap(Duration),
    /// The box was away; the same.
    AfterRestart(Duration),
}

impl Doubt {
    fn after(self, watched: Duration) -> Self {
        match self {
            Doubt::None => Doubt::None,
            Doubt::AfterGap(left) => Doubt::AfterGap(left.saturating_sub(watched)),
            Doubt::AfterRestart(left) => Doubt::AfterRestart(left.saturating_sub(watched)),
        }
    }

    fn time_left(self) -> Duration {
        match self {
            Doubt::None => Duration::ZERO,
            Doubt::AfterGap(left) | Doubt::AfterRestart(left) => left,
        }
    }
}

impl AlertLifecycle {
    /// The open alert's latest revision.
    pub(super) fn open(&self) -> Option<&Revision> {
        self.open.as_ref().map(|open| &open.published)
    }

    /// How long it raises no alert yet, after one that ended.
    pub(super) fn quiet_for(&self, at: Moment) -> Duration {
        self.quiet_until.saturating_sub(at.mono)
    }

    /// Takes in what the rule saw in a frame; `watched` as in [`super::rules::Scene`].
    pub(super) fn observe(
        &mut self,
        ids: &mut AlertIds,
        rule: &Rule,
        grid: &Arc<str>,
        observation: &Observation,
        watched: Duration,
    ) -> Option<Revision> {
        match &mut self.open {
            None if observation.holds && observation.at.mono >= self.quiet_until => {
                Some(self.begin(ids, rule, grid, observation))
            }
            None => None,
            Some(open) if observation.sustains => open.go_on(rule, observation),
            Some(open) => match open.miss(rule, observation, watched) {
                Some(reason) => self.end(ids, rule, reason, observation.at),
                None => open.remind(rule, observation.at),
            },
        }
    }

    /// Ends the open alert, if there is one.
    pub(super) fn end(
        &mut self,
        ids: &mut AlertIds,
        rule: &Rule,
        reason: PhaseReason,
        at: Moment,
    ) -> Option<Revision> {
        let mut open = self.open.take()?;
        if reason == PhaseReason::Cleared {
            self.quiet_until = at.mono.saturating_add(rule.cooldown);
        }
        let last = open.revise(Some(rule), Phase::End, reason, at);
        ids.note_end(&last);
        Some(last)
    }

    /// The camera was away: what is open is now in doubt.
    pub(super) fn doubt_after_gap(&mut self, rule: &Rule) {
        if let Some(open) = &mut self.open
            && !matches!(open.doubt, Doubt::AfterRestart(_))
        {
            open.doubt = Doubt::AfterGap(rule.when.lasting().saturating_add(rule.hold));
        }
    }

    /// Takes up an alert that was open before a restart. `false` if one is open already.
    pub(super) fn restore(&mut self, rule: &Rule, published: Revision, at: Moment) -> bool {
        if self.open.is_some() {
            return false;
        }
        let seen = Seen {
            at: published.last_seen_at,
            confidence: published.confidence,
            value: published.why.contributions.first().map_or(0.0, |c| c.value),
            shown: published.shown.clone(),
        };
        self.open = Some(Open {
            published_at: at.mono,
            published_count: published.shown.len(),
            published_confidence: published.confidence,
            seen,
            gone_for: Duration::ZERO,
            doubt: Doubt::AfterRestart(rule.when.lasting().saturating_add(rule.hold.max(RESTORED_WAIT))),
            waiting: Waiting::restored(&published, at),
            published,
        });
        true
    }

    /// Notes who took the open alert on, unless somebody did before; `None` if none is open.
    pub(super) fn acknowledge(
        &mut self,
        rule: &Rule,
        acknowledgement: &Acknowledgement,
        at: Moment,
    ) -> Option<AckOutcome> {
        let open = self.open.as_mut()?;
        if let Some(before) = &open.published.acknowledged {
            return Some(AckOutcome::Before(before.clone()));
        }
        open.published.acknowledged = Some(acknowledgement.clone());
        let published = open.revise(Some(rule), Phase::Update, PhaseReason::Acknowledged, at);
        Some(AckOutcome::Now(Box::new(published)))
    }

    /// Notes what somebody did about the open alert; `None` if none is open.
    pub(super) fn handle(
        &mut self,
        rule: &Rule,
        step: &HandlingStep,
        at: Moment,
    ) -> Option<Result<Revision, NotHandled>> {
        let open = self.open.as_mut()?;
        let taken = handling::take(&mut open.published, step);
        Some(taken.map(|()| open.revise(Some(rule), Phase::Update, PhaseReason::Handled, at)))
    }

    /// A revision because it was muted, or is not any more.
    pub(super) fn mute_changed(&mut self, rule: &Rule, at: Moment) -> Option<Revision> {
        let open = self.open.as_mut()?;
        Some(open.revise(Some(rule), Phase::Update, PhaseReason::MuteChanged, at))
    }

    /// A revision because nobody took it on in time, where that is due. While its camera cannot see, nobody knows
    /// whether it goes on: it waits until it is seen again, or ends.
    pub(super) fn escalate(&mut self, rule: &Rule, plan: &AcceptancePlan, at: Moment) -> Option<Revision> {
        let open = self.open.as_mut()?;
        if matches!(open.doubt, Doubt::AfterGap(_)) {
            return None;
        }
        let escalation = open.waiting.due(plan, &open.published, at)?;
        open.published.escalated = Some(escalation);
        Some(open.revise(Some(rule), Phase::Update, PhaseReason::Escalated, at))
    }

    fn begin(
        &mut self,
        ids: &mut AlertIds,
        rule: &Rule,
        grid: &Arc<str>,
        observation: &Observation,
    ) -> Revision {
        let at = observation.at;
        let started_at = observation.since.unwrap_or(at).utc;
        let seen = Seen {
            at: observation.seen_at.unwrap_or(at).utc.max(started_at),
            confidence: observation.strength,
            value: observation.value,
            shown: observation.shown.clone(),
        };
        let published = Revision {
            alert: ids.next_id(&observation.rule, &observation.camera, started_at),
            rev: 1,
            phase: Phase::New,
            reason: PhaseReason::Raised,
            kind: rule.signal.clone(),
            level: rule.level,
            level_max: rule.level,
            confidence: seen.confidence,
            started_at,
            last_seen_at: seen.at,
            ended_at: None,
            at,
            grid: grid.clone(),
            origin: Origin {
                cameras: vec![observation.camera.clone()],
                zones: vec![rule.when.place().clone()],
                sensors: Vec::new(),
            },
            shown: seen.shown.clone(),
            why: why(rule, &seen, at),
            end_reason: None,
            acknowledged: None,
            handling: handling::Handling::default(),
            escalated: None,
        };
        self.open = Some(Open {
            published: published.clone(),
            published_at: at.mono,
            published_count: observation.count,
            published_confidence: observation.strength,
            seen,
            gone_for: Duration::ZERO,
            doubt: Doubt::None,
            waiting: Waiting::new(&published),
        });
        published
    }
}

impl Open {
    /// It is still seen.
    fn go_on(&mut self, rule: &Rule, observation: &Observation) -> Option<Revision> {
        let was_restored = matches!(self.doubt, Doubt::AfterRestart(_));
        self.doubt = Doubt::None;
        self.gone_for = Duration::ZERO;
        self.seen.at = observation.seen_at.unwrap_or(observation.at).utc.max(self.published.started_at);
        self.seen.confidence = observation.strength;
        // After a gap the time begins anew and would read as if it were not long enough.
        if observation.holds {
            self.seen.value = observation.value;
        }
        self.seen.shown.clear();
        self.seen.shown.extend_from_slice(&observation.shown);
        if was_restored {
            self.note_published(observation);
            return Some(self.revise(Some(rule), Phase::Update, PhaseReason::StillThere, observation.at));
        }
        let published_ago = observation.at.mono.saturating_sub(self.published_at);
        if published_ago >= GREW_AT_MOST_EVERY && self.grew(observation) {
            self.note_published(observation);
            return Some(self.revise(Some(rule), Phase::Update, PhaseReason::Grew, observation.at));
        }
        self.remind(rule, observation.at)
    }

    /// Whether the count rose by a quarter over the highest published one (at least by one), or the confidence notably.
    fn grew(&self, observation: &Observation) -> bool {
        observation.count > self.published_count + self.published_count / 4
            || observation.strength >= self.published_confidence + NOTABLE_CONFIDENCE
    }

    fn note_published(&mut self, observation: &Observation) {
        self.published_count = self.published_count.max(observation.count);
        self.published_confidence = self.published_confidence.max(observation.strength);
    }

    /// The condition is not seen in this frame; returns why the alert is over, if it is. While the rule
    /// bridges a flicker it still holds, and the time counts only once that turns out to be the end.
    fn miss(&mut self, rule: &Rule, observation: &Observation, watched: Duration) -> Option<PhaseReason> {
        self.doubt = self.doubt.after(watched);
        let builds_up_again = observation.since.is_some() && self.doubt.time_left() > Duration::ZERO;
        if !builds_up_again {
            self.gone_for += watched;
        }
        let (limit, reason) = match self.doubt {
            Doubt::AfterRestart(_) => (rule.hold.max(RESTORED_WAIT), PhaseReason::NotSeenSinceRestart),
            Doubt::None | Doubt::AfterGap(_) => (rule.hold, PhaseReason::Cleared),
        };
        (!observation.holds && self.gone_for >= limit).then_some(reason)
    }

    fn remind(&mut self, rule: &Rule, at: Moment) -> Option<Revision> {
        let is_due = at.mono.saturating_sub(self.published_at) >= REMINDER;
        // Nobody has seen it since the gap, so "still there" would be a guess.
        (is_due && self.doubt == Doubt::None)
            .then(|| self.revise(Some(rule), Phase::Update, PhaseReason::StillThere, at))
    }

    /// Makes the next revision from the published one and what was seen since.
    fn revise(&mut self, rule: Option<&Rule>, phase: Phase, reason: PhaseReason, at: Moment) -> Revision {
        let published = &mut self.published;
        published.rev += 1;
        published.phase = phase;
        published.reason = reason;
        published.at = at;
        published.confidence = self.seen.confidence;
        published.last_seen_at = self.seen.at;
        published.shown.clear();
        published.shown.extend_from_slice(&self.seen.shown);
        if phase == Phase::End {
            published.ended_at = Some(at.utc.max(published.last_seen_at));
            published.end_reason = Some(reason);
        }
        if let Some(rule) = rule {
            published.level = rule.level;
            published.level_max = published.level_max.max(rule.level);
            published.why = why(rule, &self.seen, at);
        }
        self.published_at = at.mono;
        published.clone()
    }
}

/// The end of an alert whose rule or camera is gone, from its last revision alone.
pub(super) fn end_without_rule(
    ids: &mut AlertIds,
    mut published: Revision,
    reason: PhaseReason,
    at: Moment,
) -> Revision {
    published.rev += 1;
    published.phase = Phase::End;
    published.reason = reason;
    published.at = at;
    published.ended_at = Some(at.utc.max(published.last_seen_at));
    published.end_reason = Some(reason);
    ids.note_end(&published);
    published
}

fn why(rule: &Rule, seen: &Seen, at: Moment) -> Why {
    // Wall time, as `seen.at` may come from before a restart; a clock set back gives 0.
    let age_secs = at.utc.duration_since(seen.at).as_secs_f64().max(0.0);
    Why {
        basis: Basis::Rule(rule.id.clone()),
        condition: rule.when.sentence().into(),
        threshold: rule.when.threshold(),
        contributions: vec![Contribution {
            source: format!("rule:{}", rule.id),
            value: seen.value,
            contribution: 1.0,
            weight: 1.0,
            age_secs,
            cause: None,
        }],
        silent: Vec::new(),
    }
}
