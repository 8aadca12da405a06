//! One camera in the engine: detections become tracks, tracks go to its rules, and both are kept while the camera is away.

use std::cell::RefCell;
use std::time::Duration;

use super::rule_instance::RuleInstance;
use super::{ABSENCE, RequiredRate, SharedState};
use crate::analysis::alert::Revision;
use crate::analysis::alert_lifecycle::SILENCE_ENDS;
use crate::analysis::camera_health::NoVideoCause;
use crate::analysis::camera_health::image_stats::ImageStats;
use crate::analysis::camera_health_state::CameraHealthState;
use crate::analysis::counts::{self, Counts};
use crate::analysis::derived::{AreaDisorder, HealthReading, LookVerdicts};
use crate::analysis::detection::{Class, Detection};
use crate::analysis::empty_view::Coarse;
use crate::analysis::filters::LeftOut;
use crate::analysis::flow::{Flow, Movement};
use crate::analysis::furniture::Furniture;
use crate::analysis::fusion::Fusion;
use crate::analysis::geometry::BBox;
use crate::analysis::heights::is_whole;
use crate::analysis::pixel_change::{Changes, PixelChange, Witness};
use crate::analysis::rules::{CameraPlan, FLICKER, Scene, View, is_worth_a_flow};
use crate::analysis::time::Moment;
use crate::analysis::tracker::Tracker;
use crate::types::phase::PhaseReason;

/// What needed more looks a moment ago may need them again in a moment: detectors blink, walkers stop.
const PACE_KEPT: Duration = Duration::from_secs(2);
/// Counting people in and out is following them.
const COUNTING_PACE: Duration = Duration::from_millis(500);
/// With looks as close as this nothing lies between them.
const NOTHING_BETWEEN: Duration = Duration::from_millis(600);

/// One camera: its tracks, its rules, its health.
#[derive(Debug, Clone)]
pub(super) struct Camera {
    pub(super) plan: CameraPlan,
    pub(super) tracker: Tracker,
    pub(super) instances: Vec<RuleInstance>,
    /// Whether it can see.
    pub(super) health: CameraHealthState,
    /// Rules that no longer raise alerts by themselves, until those have been ended.
    pub(super) retired: Vec<RuleInstance>,
    /// Last proof of life: a frame; before the first one, when we began to wait.
    pub(super) alive_at: Option<Moment>,
    /// It is not watched until its next frame.
    pub(super) is_paused: bool,
    /// The latest frame, while the camera is not silent.
    pub(super) latest_frame: Option<Moment>,
    pub(super) unmasked: Vec<Detection>,
    /// What moved last, and in which frame.
    pub(super) flow: Option<(Moment, Box<Flow>)>,
    /// What was said of the areas of the latest flow that were asked about.
    pub(super) flow_said: RefCell<Vec<AreaDisorder>>,
    /// What the picture of the latest look said.
    pub(super) verdicts: LookVerdicts,
    /// The list of changes of a look before, emptied.
    pub(super) changes_before: Vec<(BBox, Witness)>,
    /// The changes of the picture, if a rule requires them.
    pub(super) pixel_change: Option<PixelChange>,
    /// Sure detections that were left out, since the plan came.
    pub(super) left_out: LeftOut,
    /// What never moves, where that is learnt.
    pub(super) furniture: Option<Furniture>,
    /// Whether the thresholds of the night are in force.
    pub(super) is_night: bool,
    pub(super) counts: Counts,
    /// What was needed last, and until when it is kept up.
    pub(super) kept_pace: Option<(Duration, Duration)>,
    /// A sensor near it asks for a closer look, until then.
    pub(super) woken_until: Option<Duration>,
    /// Width over height of its pictures, from its latest image statistics.
    pub(super) aspect: f32,
}

impl Camera {
    pub(super) fn look(
        &mut self,
        shared: &mut SharedState,
        at: Moment,
        detections: &[Detection],
        recalled: Option<&LookVerdicts>,
        published: &mut Vec<Revision>,
    ) {
        self.is_paused = false;
        self.forget_verdicts();
        if self.health.is_blind() {
            return;
        }
        self.take_thresholds(at);
        self.filter(detections);
        let gap = self.latest_frame.map(|latest| at.since(latest));
        if gap.is_some_and(|gap| gap > ABSENCE.max(self.tracker.patience())) {
            self.was_away(&mut shared.fusion, at);
        }
        match recalled {
            None => self.leave_out_furniture(at, detections),
            Some(verdicts) => self.leave_out(verdicts, detections),
        }
        if !self.tracker.update(at, &self.unmasked) {
            return;
        }
        let patience = self.tracker.patience();
        let needs_changes = self.needs_changes();
        let scene = Scene {
            at,
            watched: gap.unwrap_or_default().min(patience.max(Duration::from_secs(1))),
            flicker: FLICKER.max(patience),
            aspect: self.aspect,
            tracks: self.tracker.tracks(),
            all_tracks: self.tracker.tracks(),
            found: &self.unmasked,
            flow: match recalled {
                None => flow_at(at, self.flow.as_ref()).map(|flow| Movement::Seen(flow, &self.flow_said)),
                Some(verdicts) => verdicts.flow.as_deref().map(Movement::Recalled),
            },
            changes: match (recalled, &mut self.pixel_change) {
                (_, None) => None,
                (None, Some(change)) => change.judge(at, self.tracker.tracks(), needs_changes),
                (Some(verdicts), Some(_)) => {
                    verdicts.changes.as_deref().filter(|_| needs_changes).map(Changes::Recalled)
                }
            },
        };
        self.counts.look(at, scene.watched, scene.tracks);
        for instance in &mut self.instances {
            instance.look(shared, scene, published);
        }
        if recalled.is_none() {
            let list = &mut self.changes_before;
            let said =
                scene.changes.map(|changes| verdicts_of(&changes, &self.unmasked, std::mem::take(list)));
            self.verdicts.changes = said;
            self.verdicts.flow = scene.flow.is_some().then(|| self.flow_said.take());
        }
        self.alive_at = Some(at);
        self.latest_frame = Some(at);
    }

    /// What is masked, of a wrong size or otherwise left out is counted and not followed.
    fn filter(&mut self, detections: &[Detection]) {
        self.unmasked.clear();
        for detection in detections {
            match self.plan.left_out_by(detection, detections) {
                None => self.unmasked.push(*detection),
                Some(filter) if self.tracker.is_sure(detection) => self.left_out.count(filter),
                Some(_) => {}
            }
        }
    }

    /// Whether a rule judges one of the tracks by the changes of the picture.
    fn needs_changes(&self) -> bool {
        self.instances.iter().any(|instance| {
            let when = &instance.evaluator.rule().when;
            when.wants_changes()
                && self.tracker.tracks().iter().any(|track| when.classes().contains(&track.class))
        })
    }

    /// What the picture before said; its lists are used again.
    fn forget_verdicts(&mut self) {
        let LookVerdicts { furniture, changes, flow } = &mut self.verdicts;
        furniture.clear();
        if let Some(mut said) = changes.take() {
            said.clear();
            self.changes_before = said;
        }
        if let Some(mut said) = flow.take() {
            said.clear();
            self.flow_said.replace(said);
        }
    }

    /// The thresholds of the day or of the night.
    pub(super) fn take_thresholds(&mut self, at: Moment) {
        let is_night = self.plan.night.as_ref().is_some_and(|night| night.schedule.in_force(at.utc));
        if is_night != self.is_night {
            self.is_night = is_night;
            self.tracker.configure(self.plan.analysis_hz, &self.plan.thresholds_at(is_night));
        }
    }

    pub(super) fn pace(&mut self) -> RequiredRate {
        let Some(at) = self.latest_frame else { return RequiredRate { every: None, seen_to: None } };
        let usual = Duration::from_secs_f32(1.0 / self.plan.analysis_hz.max(0.01));
        let view = View { at, tracks: self.tracker.tracks(), usual };
        let in_force =
            self.instances.iter().filter(|instance| instance.evaluator.rule().schedule.in_force(at.utc));
        let of_rules = in_force.clone().filter_map(|instance| {
            instance.evaluator.pace(View { tracks: instance.within.tracks(view.tracks), ..view })
        });
        let sees_blows = |instance: &RuleInstance| instance.evaluator.rule().when.wants_flow();
        let of_flow = (in_force.clone().any(sees_blows) && is_worth_a_flow(&self.unmasked)).then_some(usual);
        let of_ends = in_force.filter(|instance| instance.waits_for_its_end()).map(|_| usual).min();
        let of_counts = (!self.plan.counted.is_empty() && view.has_restless(&counts::NOT_COUNTED))
            .then(|| COUNTING_PACE.max(usual));
        let of_sensors = self.woken_until.filter(|until| at.mono <= *until).map(|_| usual);
        let now = of_rules.chain(of_ends).chain(of_counts).chain(of_sensors).chain(of_flow).min();
        if let Some(every) = now {
            self.kept_pace = Some((every, at.mono + PACE_KEPT));
        }
        let kept = self.kept_pace.filter(|(_, until)| at.mono <= *until).map(|(every, _)| every);
        RequiredRate { every: now.or(kept), seen_to: Some(at.mono) }
    }

    pub(super) fn missed_something(&self, at: Moment, detections: &[Detection]) -> bool {
        let gap = self.latest_frame.map(|latest| at.since(latest));
        if self.health.is_blind() || gap.is_none_or(|gap| gap < NOTHING_BETWEEN || gap > ABSENCE) {
            return false;
        }
        let tracks = self.tracker.tracks();
        let fast = |instance: &&RuleInstance| {
            let rule = instance.evaluator.rule();
            rule.when.is_fast() && rule.schedule.in_force(at.utc)
        };
        self.instances.iter().filter(fast).any(|instance| {
            let rule = instance.evaluator.rule();
            let is_sure = |d: &Detection| {
                let (b, frame) = (&d.box_in_frame, || detections.iter().map(|other| &other.box_in_frame));
                self.tracker.is_sure(d)
                    && !self.tracker.is_fragment(d)
                    && self.plan.left_out_by(d, detections).is_none()
                    && !self.was_furniture(at, d)
                    && rule.heights.admit(b, is_whole(b, frame()))
            };
            rule.when.missed_something(tracks, detections, is_sure)
        })
    }

    /// What the statistics of a picture say of the camera.
    pub(super) fn take_stats(
        &mut self,
        shared: &mut SharedState,
        at: Moment,
        stats: &ImageStats,
        published: &mut Vec<Revision>,
    ) {
        self.is_paused = false;
        self.aspect = stats.aspect;
        self.health.look(at, stats);
        self.update_health(shared, at, published);
    }

    /// The same, as it was judged when the picture was there.
    pub(super) fn recall_health(
        &mut self,
        shared: &mut SharedState,
        at: Moment,
        reading: &HealthReading,
        published: &mut Vec<Revision>,
    ) {
        self.is_paused = false;
        self.aspect = reading.aspect;
        self.health.recall(at, reading);
        self.update_health(shared, at, published);
    }

    pub(super) fn fall_silent(
        &mut self,
        shared: &mut SharedState,
        at: Moment,
        cause: Option<NoVideoCause>,
        published: &mut Vec<Revision>,
    ) {
        self.alive_at.get_or_insert(at);
        self.was_away(&mut shared.fusion, at);
        self.health.fall_silent(at, cause);
        self.update_health(shared, at, published);
    }

    pub(super) fn come_back(&mut self, shared: &mut SharedState, at: Moment, published: &mut Vec<Revision>) {
        self.alive_at.get_or_insert(at);
        self.was_away(&mut shared.fusion, at);
        self.health.come_back(at);
        self.update_health(shared, at, published);
    }

    /// It is not watched until its next frame.
    pub(super) fn pause(&mut self, shared: &mut SharedState, at: Moment) {
        self.was_away(&mut shared.fusion, at);
        self.is_paused = true;
    }

    /// Says what is wrong with the camera itself. While it is blind its rules see nothing, which is not the same as
    /// seeing that nothing is there.
    pub(super) fn update_health(
        &mut self,
        shared: &mut SharedState,
        at: Moment,
        published: &mut Vec<Revision>,
    ) {
        if self.health.became_blind() {
            self.was_away(&mut shared.fusion, at);
        }
        self.forget_furniture_if_turned();
        self.health.report(&mut shared.ids, &mut shared.fusion, at, published);
    }

    /// What was seen before says nothing about what is seen next.
    pub(super) fn was_away(&mut self, fusion: &mut Fusion, at: Moment) {
        self.latest_frame = None;
        self.tracker.forget();
        self.counts.forget();
        self.pixel_change.iter_mut().for_each(PixelChange::forget);
        for instance in &mut self.instances {
            instance.evaluator.forget();
            instance.is_positive = false;
            instance.lifecycle.doubt_after_gap(instance.evaluator.rule());
            fusion.fall_silent(&instance.source, at);
        }
    }

    pub(super) fn tick(&mut self, shared: &mut SharedState, at: Moment, published: &mut Vec<Revision>) {
        self.counts.tick(at);
        let silent_for = at.since(*self.alive_at.get_or_insert(at));
        if !self.is_paused {
            self.health.tick(at);
            self.update_health(shared, at, published);
        }
        for instance in &mut self.instances {
            let rule = instance.evaluator.rule().clone();
            let is_in_force = rule.schedule.in_force(at.utc);
            if !is_in_force {
                shared.fusion.stand_down(&instance.source);
            } else if silent_for >= ABSENCE.max(self.tracker.patience()) {
                shared.fusion.fall_silent(&instance.source, at);
            }
            if silent_for >= SILENCE_ENDS {
                published.extend(instance.lifecycle.end(
                    &mut shared.ids,
                    &rule,
                    PhaseReason::SourceSilent,
                    at,
                ));
            }
            if instance.lifecycle.open().is_some() && !is_in_force {
                published.extend(instance.lifecycle.end(
                    &mut shared.ids,
                    &rule,
                    PhaseReason::ScheduleEnded,
                    at,
                ));
            }
            published.extend(instance.lifecycle.escalate(&rule, &shared.acceptance, at));
        }
    }

    /// Takes over from the camera of the same id before a change of configuration; what is taken is gone
    /// from there.
    pub(super) fn inherit(&mut self, old: &mut Camera) {
        std::mem::swap(&mut self.tracker, &mut old.tracker);
        self.tracker.configure(self.plan.analysis_hz, &self.plan.thresholds_at(self.is_night));
        self.counts.inherit(&mut old.counts);
        self.inherit_furniture(old);
        if let (Some(change), Some(before)) = (&mut self.pixel_change, old.pixel_change.take()) {
            *change = before;
        }
        self.alive_at = old.alive_at;
        self.latest_frame = old.latest_frame;
        self.health.inherit(&old.health);
        self.aspect = old.aspect;
        for instance in &mut self.instances {
            let rule = instance.evaluator.rule().clone();
            let Some(index) =
                old.instances.iter().position(|instance| instance.evaluator.rule().id == rule.id)
            else {
                continue;
            };
            let mut before = old.instances.swap_remove(index);
            if instance.is_alone {
                std::mem::swap(&mut instance.lifecycle, &mut before.lifecycle);
            }
            let place = rule.when.place();
            let is_same = **before.evaluator.rule() == *rule
                && old.plan.zones.get(place) == self.plan.zones.get(place)
                && old.plan.lines.get(place) == self.plan.lines.get(place);
            if is_same {
                std::mem::swap(&mut instance.evaluator, &mut before.evaluator);
            } else {
                instance.lifecycle.doubt_after_gap(&rule);
            }
            // It raised alerts by itself and feeds a signal now.
            if before.lifecycle.open().is_some() {
                self.retired.push(before);
            }
        }
    }

    /// What the frame shows whose detections come next.
    pub(super) fn see(&mut self, at: Moment, picture: &Coarse) {
        if let Some(furniture) = &mut self.furniture {
            furniture.see(at, picture);
        }
        if let Some(change) = &mut self.pixel_change {
            change.see(at, picture);
        }
    }

    /// What moved in the frame whose detections come next.
    pub(super) fn see_flow(&mut self, at: Moment, flow: &Flow) {
        match &mut self.flow {
            Some((moment, latest)) => {
                *moment = at;
                latest.as_mut().clone_from(flow);
            }
            None => self.flow = Some((at, Box::new(flow.clone()))),
        }
    }
}

/// The latest flow, if it is of this look.
fn flow_at(at: Moment, latest: Option<&(Moment, Box<Flow>)>) -> Option<&Flow> {
    latest.filter(|(moment, _)| *moment == at).map(|(_, flow)| &**flow)
}

/// What the changes of the picture said of the boxes that were judged, in a list that is emptied before.
fn verdicts_of(
    changes: &Changes<'_>,
    found: &[Detection],
    mut list: Vec<(BBox, Witness)>,
) -> Vec<(BBox, Witness)> {
    // Also of what no rule is sure of yet: with other thresholds it would be.
    let may_burn = |d: &&Detection| [Class::FIRE, Class::SMOKE].contains(&d.class);
    for detection in found.iter().filter(may_burn) {
        changes.under(&detection.box_in_frame);
    }
    changes.said_into(&mut list);
    list
}
