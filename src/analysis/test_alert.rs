//! A test alert: nothing happened, and it is delivered as every other alert to test the delivery.
//!
//! One at a time. It ends when it is acknowledged, or after [`LASTS`]. Must never be taken for a real one: its kind and
//! [`Basis::Test`] mark it, it is published in the mode `test`, never escalates, and counts nowhere.

use std::sync::Arc;
use std::time::Duration;

use super::REMINDER;
use super::alert::{AckOutcome, Acknowledgement, AlertId, Basis, Origin, Revision, Why};
use super::alert_lifecycle::AlertIds;
use super::alert_lifecycle::handling::{self, Handling, HandlingStep, NotHandled};
use super::time::Moment;
use crate::text::alert as say;
use crate::types::level::Level;
use crate::types::phase::{Phase, PhaseReason};

/// The kind of test alerts. No rule and no signal may have it.
pub(crate) const KIND: &str = "test_alert";
/// After this long without an answer it is over: nobody waits for one any longer.
pub(crate) const LASTS: Duration = Duration::from_secs(600);

/// The one that is open, if one is.
#[derive(Debug, Clone, Default)]
pub(super) struct TestAlert {
    open: Option<Open>,
}

#[derive(Debug, Clone)]
struct Open {
    /// The latest revision, as it was published.
    published: Revision,
    published_at: Duration,
    ends_at: Duration,
}

impl TestAlert {
    /// The open one's latest revision.
    pub(super) fn open(&self) -> Option<&Revision> {
        self.open.as_ref().map(|open| &open.published)
    }

    /// Begins one for the person who asked for it, at the place with that code.
    ///
    /// # Errors
    /// One is open: which.
    pub(super) fn begin(
        &mut self,
        ids: &mut AlertIds,
        by: &str,
        grid: &Arc<str>,
        at: Moment,
    ) -> Result<Revision, AlertId> {
        if let Some(open) = &self.open {
            return Err(open.published.alert.clone());
        }
        let published = Revision {
            alert: ids.next_id(KIND, grid, at.utc),
            rev: 1,
            phase: Phase::New,
            reason: PhaseReason::Raised,
            kind: KIND.into(),
            level: Level::Blue,
            level_max: Level::Blue,
            confidence: 1.0,
            started_at: at.utc,
            last_seen_at: at.utc,
            ended_at: None,
            at,
            grid: grid.clone(),
            origin: Origin::default(),
            shown: Vec::new(),
            why: Why {
                basis: Basis::Test,
                condition: say::nothing_happened(by).into(),
                threshold: 0.0,
                contributions: Vec::new(),
                silent: Vec::new(),
            },
            end_reason: None,
            acknowledged: None,
            handling: Handling::default(),
            escalated: None,
        };
        self.open =
            Some(Open { published: published.clone(), published_at: at.mono, ends_at: at.mono + LASTS });
        Ok(published)
    }

    /// Time passed: it ends, or is published again.
    pub(super) fn tick(&mut self, ids: &mut AlertIds, at: Moment, published: &mut Vec<Revision>) {
        let Some(open) = &mut self.open else { return };
        if open.published.acknowledged.is_some() || at.mono >= open.ends_at {
            let last = open.revise(Phase::End, PhaseReason::Cleared, at);
            ids.note_end(&last);
            published.push(last);
            self.open = None;
        } else if at.mono.saturating_sub(open.published_at) >= REMINDER {
            published.push(open.revise(Phase::Update, PhaseReason::StillThere, at));
        }
    }

    /// Notes who took it on; `None`: it is not this alert.
    pub(super) fn acknowledge(
        &mut self,
        alert: &AlertId,
        acknowledgement: &Acknowledgement,
        at: Moment,
    ) -> Option<AckOutcome> {
        let open = self.open.as_mut().filter(|open| open.published.alert == *alert)?;
        if let Some(before) = &open.published.acknowledged {
            return Some(AckOutcome::Before(before.clone()));
        }
        open.published.acknowledged = Some(acknowledgement.clone());
        Some(AckOutcome::Now(Box::new(open.revise(Phase::Update, PhaseReason::Acknowledged, at))))
    }

    /// Notes what somebody did about it; `None`: it is not this alert.
    pub(super) fn handle(
        &mut self,
        alert: &AlertId,
        step: &HandlingStep,
        at: Moment,
    ) -> Option<Result<Revision, NotHandled>> {
        let open = self.open.as_mut().filter(|open| open.published.alert == *alert)?;
        let taken = handling::take(&mut open.published, step);
        Some(taken.map(|()| open.revise(Phase::Update, PhaseReason::Handled, at)))
    }

    /// As [`super::Analysis::mute_changed`]; `None`: it is not this alert.
    pub(super) fn mute_changed(&mut self, alert: &AlertId, at: Moment) -> Option<Revision> {
        let open = self.open.as_mut().filter(|open| open.published.alert == *alert)?;
        Some(open.revise(Phase::Update, PhaseReason::MuteChanged, at))
    }

    /// Takes up one from before a restart; gives it back if one is open already.
    pub(super) fn restore(&mut self, published: Revision, at: Moment) -> Option<Revision> {
        if self.open.is_some() {
            return Some(published);
        }
        // It does not begin anew: the person who waited for it has stopped by then. A clock that went back gives it its
        // whole time.
        let passed = Duration::try_from(at.utc.duration_since(published.started_at)).unwrap_or_default();
        let ends_at = at.mono + LASTS.saturating_sub(passed);
        self.open = Some(Open { published, published_at: at.mono, ends_at });
        None
    }
}

impl Open {
    fn revise(&mut self, phase: Phase, reason: PhaseReason, at: Moment) -> Revision {
        let published = &mut self.published;
        published.rev += 1;
        published.phase = phase;
        published.reason = reason;
        published.at = at;
        published.last_seen_at = published.last_seen_at.max(at.utc);
        if phase.is_last() {
            published.ended_at = Some(published.last_seen_at);
            published.end_reason = Some(reason);
        }
        self.published_at = at.mono;
        published.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::alert::Act;
    use crate::analysis::quality::Quality;
    use crate::analysis::time::Timestamp;
    use crate::analysis::{Analysis, Event, Plan};

    fn at(secs: u64) -> Moment {
        let began = Timestamp::from_second(1_800_000_000).unwrap();
        Moment { mono: Duration::from_secs(secs), utc: began + Duration::from_secs(secs) }
    }

    fn analysis() -> Analysis {
        Analysis::new("box-1", Plan::default()).unwrap()
    }

    fn begin(analysis: &mut Analysis, secs: u64) -> Result<Revision, AlertId> {
        analysis.begin_test("page:li", &Arc::from("530127"), at(secs))
    }

    fn ack(secs: u64) -> Acknowledgement {
        Act { by: "desk 2".to_owned(), key: None, at: at(secs).utc, note: None }
    }

    #[test]
    fn a_test_is_reported_taken_on_and_over() {
        let mut analysis = analysis();
        let first = begin(&mut analysis, 0).unwrap();
        assert_eq!((first.phase, first.level, &*first.kind), (Phase::New, Level::Blue, KIND));
        assert_eq!(first.why.basis, Basis::Test);
        assert!(analysis.open().map(|open| &open.alert).eq([&first.alert]));
        assert_eq!(begin(&mut analysis, 1).unwrap_err(), first.alert, "one at a time");
        assert_eq!(analysis.apply(&Event::Tick { at: at(2) }), []);
        let Ok(AckOutcome::Now(taken)) = analysis.acknowledge(&first.alert, &ack(3), at(3)) else {
            panic!("nobody had it")
        };
        assert_eq!((taken.rev, taken.reason), (2, PhaseReason::Acknowledged));
        let published = analysis.apply(&Event::Tick { at: at(4) });
        let [last] = &published[..] else { panic!("{published:?}") };
        assert_eq!((last.phase, last.rev, last.end_reason), (Phase::End, 3, Some(PhaseReason::Cleared)));
        assert_eq!(last.acknowledged.as_ref().unwrap().by, "desk 2");
        assert_eq!(analysis.open().count(), 0);
        let second = begin(&mut analysis, 5).unwrap();
        assert_ne!(second.alert, first.alert);
    }

    #[test]
    fn a_test_that_nobody_takes_on_goes_on_for_ten_minutes() {
        let mut analysis = analysis();
        begin(&mut analysis, 0).unwrap();
        let published: Vec<Revision> =
            (1..=700).flat_map(|secs| analysis.apply(&Event::Tick { at: at(secs) })).collect();
        let reminders =
            published.iter().filter(|published| published.reason == PhaseReason::StillThere).count();
        let last = published.last().unwrap();
        assert_eq!((reminders, last.phase), (9, Phase::End));
        assert_eq!(last.ended_at, Some(at(600).utc));
        assert!(published.iter().all(|published| published.escalated.is_none()));
    }

    #[test]
    fn a_test_is_taken_up_after_a_restart_and_ends() {
        let first = begin(&mut analysis(), 0).unwrap();
        let mut analysis = analysis();
        assert_eq!(analysis.restore(vec![first.clone()], at(0)), []);
        assert_eq!(analysis.open().next(), Some(&first));
        assert!(analysis.acknowledge(&first.alert, &ack(1), at(1)).is_ok());
        assert_eq!(analysis.apply(&Event::Tick { at: at(2) })[0].phase, Phase::End);
    }

    #[test]
    fn a_restart_gives_a_test_no_more_time() {
        let first = begin(&mut analysis(), 0).unwrap();
        let mut analysis = analysis();
        assert_eq!(analysis.restore(vec![first], at(550)), []);
        assert!(
            analysis
                .apply(&Event::Tick { at: at(599) })
                .iter()
                .all(|published| published.phase != Phase::End)
        );
        assert_eq!(analysis.apply(&Event::Tick { at: at(600) })[0].phase, Phase::End);
    }

    #[test]
    fn a_test_does_not_count_in_the_quality_of_alerts() {
        let (mut analysis, mut quality) = (analysis(), Quality::default());
        quality.see(&begin(&mut analysis, 0).unwrap());
        assert_eq!(quality, Quality::default());
    }
}
