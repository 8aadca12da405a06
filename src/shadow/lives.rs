//! [`Lives`]: the alerts that were told and those that a shadow would have raised, from first revision to last, and how the
//! ones differ from the others.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::analysis::alert::{AlertId, Origin};
use crate::analysis::test_alert;
use crate::analysis::time::Timestamp;
use crate::comparison::{AlertLife, Difference, Pairing, of_lives};
use crate::contract::shadow::ShadowCounts;
use crate::contract::words::Time;
use crate::journal::Published;
use crate::text::Words;
use crate::types::level::Level;
use crate::types::phase::Phase;

/// Alerts that are known of either side; where there are more, the oldest are compared for good ([`settle`]).
const MOST_LIVES: usize = 2_000;
/// Differences that are shown, the latest.
const MOST_SHOWN: usize = 200;

/// One alert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Life {
    alert: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rule: Option<String>,
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    camera: Option<String>,
    grid: String,
    started_at: Time,
    raised_at: Time,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended_at: Option<Time>,
    level: Level,
    /// Whether its first revision was made before the shadow began.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    began_before: bool,
}

impl Life {
    fn of(first: &Published) -> Self {
        let text = |name: &Arc<str>| name.to_string();
        Life {
            alert: text(&first.alert.0),
            rule: first.rule.as_ref().map(text),
            kind: text(&first.kind),
            camera: first.camera.as_ref().map(text),
            grid: text(&first.grid),
            started_at: Time(first.started_at),
            raised_at: Time(first.at.utc),
            ended_at: None,
            level: first.level,
            began_before: first.phase != Phase::New,
        }
    }

    /// For the comparison, which knows more of an alert where whole revisions are compared.
    fn alert_life(&self, until: Timestamp) -> Arc<AlertLife> {
        let shared = |name: &String| Arc::from(name.as_str());
        Arc::new(AlertLife {
            alert: AlertId(shared(&self.alert)),
            rule: self.rule.as_ref().map(shared),
            kind: shared(&self.kind),
            grid: shared(&self.grid),
            origin: Origin {
                cameras: self.camera.iter().map(shared).collect(),
                zones: Vec::new(),
                sensors: Vec::new(),
            },
            started_at: self.started_at.0,
            raised_at: self.raised_at.0,
            ended_at: self.ended_at.map_or(until, |at| at.0).max(self.started_at.0),
            is_open: self.ended_at.is_none(),
            level: self.level,
            condition: Words::Plain(String::new()),
        })
    }
}

/// The alerts of one side, in the order in which they were told first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Lives {
    known: Vec<Life>,
    /// Those that are not known any more.
    forgotten: u64,
    /// When the latest of these began. What somebody does about one of them later is no other alert.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    forgotten_until: Option<Time>,
}

impl Lives {
    /// Takes in a revision. Tests of the delivery are no alerts here.
    pub(super) fn take(&mut self, published: &Published) {
        if &*published.kind == test_alert::KIND {
            return;
        }
        let known = self.known.iter().rposition(|life| life.alert == *published.alert.0);
        let is_first = published.phase == Phase::New;
        let may_be_forgotten = self.forgotten_until.is_some_and(|until| published.started_at <= until.0);
        if known.is_none() && !is_first && may_be_forgotten {
            return;
        }
        let at = known.unwrap_or_else(|| {
            self.known.push(Life::of(published));
            self.known.len() - 1
        });
        let life = &mut self.known[at];
        life.level = life.level.max(published.level);
        if matches!(published.phase, Phase::End | Phase::Retract) && life.ended_at.is_none() {
            life.ended_at = Some(Time(published.at.utc));
        }
        // Where nothing can be settled, as all of them are open.
        if self.known.len() > 4 * MOST_LIVES {
            let oldest = self.known[0].alert.clone();
            self.forget(&BTreeSet::from([Arc::from(oldest)]));
        }
    }

    fn forget(&mut self, gone: &BTreeSet<Arc<str>>) {
        for life in self.known.extract_if(.., |life| gone.contains(&*life.alert)) {
            self.forgotten += u64::from(!life.began_before);
            self.forgotten_until = self.forgotten_until.max(Some(life.started_at));
        }
    }

    fn count(&self) -> u64 {
        self.known.iter().filter(|life| !life.began_before).count() as u64 + self.forgotten
    }

    fn began_before(&self, alert: &AlertId) -> bool {
        self.known.iter().rev().any(|life| life.alert == *alert.0 && life.began_before)
    }
}

/// In what a shadow differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WhatDiffers {
    /// It alone would have raised it.
    OnlyShadow,
    /// It was told, and the shadow would not have raised it.
    OnlyPublished,
    /// The shadow would have raised it earlier.
    Earlier,
    /// Or later.
    Later,
    /// Or with another level.
    Level,
    /// Both raised it, as a part of another alert on one side.
    PartOfAnother,
}

/// A difference, as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ShownDifference {
    pub(crate) what: WhatDiffers,
    /// When it was told, or would have been.
    pub(crate) at: Time,
    /// The rule that decided; none where several sources did together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rule: Option<String>,
    pub(crate) kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) camera: Option<String>,
    pub(crate) grid: String,
    /// The level that was told, where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) level_published: Option<Level>,
    /// That of the shadow, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) level_shadow: Option<Level>,
    /// By how many seconds the shadow is later; negative: earlier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) later_by_s: Option<f64>,
    /// The alert that was told, where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) alert_id: Option<String>,
}

/// What a difference counts as.
enum Counted {
    /// It began before the shadow did: whether a shadow that judged then would have raised it is not known.
    Not,
    Same,
    Differs(WhatDiffers),
}

impl Counted {
    fn of(difference: &Difference, live: &Lives) -> Self {
        let what = match &difference.pairing {
            Pairing::Disappeared(before) | Pairing::Joined { before, .. }
                if live.began_before(&before.alert) =>
            {
                return Counted::Not;
            }
            Pairing::Appeared(_) => WhatDiffers::OnlyShadow,
            Pairing::Disappeared(_) => WhatDiffers::OnlyPublished,
            Pairing::Joined { .. } | Pairing::Parted { .. } => WhatDiffers::PartOfAnother,
            Pairing::Both { before, .. } => {
                let changes = difference.changes();
                let is_old = live.began_before(&before.alert);
                match changes.begins_by.as_millis() {
                    // Times that a file kept end at the millisecond.
                    2.. if !is_old => WhatDiffers::Later,
                    ..=-2 if !is_old => WhatDiffers::Earlier,
                    _ if changes.level.is_some() => WhatDiffers::Level,
                    _ if is_old => return Counted::Not,
                    _ => return Counted::Same,
                }
            }
        };
        Counted::Differs(what)
    }

    fn add_to(&self, counts: &mut ShadowCounts) {
        match self {
            Counted::Not => {}
            Counted::Same => counts.same += 1,
            Counted::Differs(WhatDiffers::OnlyShadow) => counts.only_shadow += 1,
            Counted::Differs(WhatDiffers::OnlyPublished) => counts.only_published += 1,
            Counted::Differs(
                WhatDiffers::Earlier | WhatDiffers::Later | WhatDiffers::Level | WhatDiffers::PartOfAnother,
            ) => counts.changed += 1,
        }
    }
}

fn of_both(live: &Lives, shadow: &Lives, now: Timestamp) -> Vec<Difference> {
    let lives = |lives: &Lives| lives.known.iter().map(|life| life.alert_life(now)).collect::<Vec<_>>();
    of_lives(&lives(live), &lives(shadow))
}

/// Where either side has more alerts than are kept, what both made of the oldest is added to `settled`, and they go from both
/// sides at once: an alert whose twin was forgotten would count as raised by one side alone.
pub(super) fn settle(live: &mut Lives, shadow: &mut Lives, settled: &mut ShadowCounts, now: Timestamp) {
    let longer = if live.known.len() < shadow.known.len() { &*shadow } else { &*live };
    if longer.known.len() <= MOST_LIVES {
        return;
    }
    let until = longer.known[longer.known.len() - MOST_LIVES / 2].raised_at.0;
    let is_old = |life: &Arc<AlertLife>| !life.is_open && life.raised_at < until;
    let mut gone = [BTreeSet::new(), BTreeSet::new()];
    for difference in of_both(live, shadow, now) {
        let sides = [difference.before(), difference.after()];
        if sides.into_iter().flatten().all(is_old) {
            Counted::of(&difference, live).add_to(settled);
            for (side, gone) in sides.into_iter().zip(&mut gone) {
                gone.extend(side.map(|life| life.alert.0.clone()));
            }
        }
    }
    live.forget(&gone[0]);
    shadow.forget(&gone[1]);
}

/// Counts both sides and compares them as of `now`; the differences in order of time, the latest ones where there are many.
pub(super) fn compared(
    live: &Lives,
    shadow: &Lives,
    settled: ShadowCounts,
    now: Timestamp,
) -> (ShadowCounts, Vec<ShownDifference>) {
    let mut counts = ShadowCounts { alerts: shadow.count(), alerts_published: live.count(), ..settled };
    let mut differences = Vec::new();
    for difference in of_both(live, shadow, now) {
        let counted = Counted::of(&difference, live);
        counted.add_to(&mut counts);
        let Counted::Differs(what) = counted else { continue };
        let known = difference.known();
        let by = difference.changes().begins_by;
        differences.push(ShownDifference {
            what,
            at: Time(known.raised_at),
            rule: known.rule.as_deref().map(str::to_owned),
            kind: known.kind.to_string(),
            camera: known.camera().map(ToString::to_string),
            grid: known.grid.to_string(),
            level_published: difference.before().map(|life| life.level),
            level_shadow: difference.after().map(|life| life.level),
            later_by_s: matches!(what, WhatDiffers::Earlier | WhatDiffers::Later)
                .then(|| by.as_millis() as f64 / 1_000.0),
            alert_id: difference.before().map(|life| life.alert.0.to_string()),
        });
    }
    let first = differences.len().saturating_sub(MOST_SHOWN);
    (counts, differences.split_off(first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::time::Moment;
    use crate::types::phase::PhaseReason;

    fn at(secs: u64) -> Moment {
        Moment::after_origin(Timestamp::UNIX_EPOCH, std::time::Duration::from_secs(secs))
    }

    fn revision(side: &mut Lives, n: u64, begins: u64, phase: Phase, after: u64) {
        side.take(&Published {
            at: at(begins + after),
            alert: AlertId(format!("{n}").into()),
            rev: 1 + u32::from(phase != Phase::New),
            phase,
            reason: PhaseReason::Raised,
            level: Level::Yellow,
            kind: "presence".into(),
            rule: Some("yard".into()),
            camera: Some("cam-1".into()),
            grid: "53012700300102".into(),
            started_at: at(begins).utc,
            digest: [0; 16],
        });
    }

    /// An alert of a minute, and its end.
    fn alert(side: &mut Lives, n: u64, begins: u64) {
        revision(side, n, begins, Phase::New, 0);
        revision(side, n, begins, Phase::End, 20);
    }

    #[test]
    fn figures_stay_right_when_there_are_more_alerts_than_are_kept() {
        let (mut live, mut shadow, mut settled) =
            (Lives::default(), Lives::default(), ShadowCounts::default());
        // One a minute; the shadow raises every tenth not at all, and every fourth that is none of these 3 s later.
        let all = 3 * MOST_LIVES as u64;
        for n in 0..all {
            alert(&mut live, n, 60 * n);
            if n % 10 != 0 {
                alert(&mut shadow, n, 60 * n + if n % 4 == 0 { 3 } else { 0 });
            }
            if n % 100 == 0 {
                settle(&mut live, &mut shadow, &mut settled, at(60 * n + 30).utc);
            }
        }
        let (counts, shown) = compared(&live, &shadow, settled, at(60 * all).utc);
        let (missing, later) = (all / 10, all / 4 - all / 20);
        assert_eq!((counts.alerts_published, counts.alerts), (all, all - missing));
        assert_eq!((counts.only_published, counts.changed, counts.only_shadow), (missing, later, 0));
        assert_eq!(counts.same, all - missing - later);
        assert!(live.known.len() <= MOST_LIVES + 100 && shown.len() == MOST_SHOWN, "{}", live.known.len());
    }

    #[test]
    fn what_somebody_does_about_an_alert_that_is_only_counted_any_more_counts_it_no_second_time() {
        let (mut live, mut shadow, mut settled) =
            (Lives::default(), Lives::default(), ShadowCounts::default());
        // The shadow raises twice as many, half a minute after those of the other.
        for n in 0..=MOST_LIVES as u64 {
            alert(&mut live, n, 60 * n);
            alert(&mut shadow, 2 * n, 60 * n);
            alert(&mut shadow, 2 * n + 1, 60 * n + 30);
        }
        let now = at(60 * (MOST_LIVES as u64 + 1)).utc;
        let (before, _) = compared(&live, &shadow, settled, now);
        settle(&mut live, &mut shadow, &mut settled, now);
        let known = (live.known.len(), shadow.known.len());
        assert!(known.0 < MOST_LIVES && known.1 < 2 * MOST_LIVES, "{known:?}");
        // A verdict, on one that both raised and on one of the shadow alone.
        revision(&mut live, 0, 0, Phase::Update, 86_400);
        revision(&mut shadow, 0, 0, Phase::Update, 86_400);
        revision(&mut shadow, 1, 30, Phase::Update, 86_400);
        assert_eq!(compared(&live, &shadow, settled, now).0, before);
        assert_eq!((live.known.len(), shadow.known.len()), known, "and nothing stays open for good");
        let one = |begins| {
            let mut other = live.clone();
            revision(&mut other, 99_999, begins, Phase::Update, 10);
            other.known.len() - live.known.len()
        };
        assert_eq!(one(60 * MOST_LIVES as u64), 1, "one whose first revision it was not given is known");
    }
}
