//! [`Analysis`]: the one owner of all tracks, rules and alerts, driven by events.
//!
//! Events come in with their time, revisions of alerts go out; a test drives it with a list. The daemon
//! gives it one thread and feeds it from a queue; a replay feeds it as fast as it can.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::alert::{Acknowledgement, AlertId, Phase, PhaseReason, Revision};
use super::book::{AlertError, Book, Life, SILENCE_ENDS, end_without_rule};
use super::counts::{Counts, ZoneMinute};
use super::detection::{Class, Detection};
use super::rules::{CameraPlan, FLICKER, Rule, Scene, UnknownName, Watch};
use super::time::Moment;
use super::tracker::{Track, Tracker};

/// A gap of this length between two frames of a camera is an absence: what was followed before it is
/// forgotten. The tracker looks for nothing longer than that.
const ABSENCE: Duration = Duration::from_secs(10);

/// Something that happened. Acknowledgements and evidence have an answer and so are methods of their own.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// One frame of a camera was looked at. An empty list is as important as a full one.
    Detections {
        /// The camera.
        camera: Arc<str>,
        /// When the frame was taken.
        at: Moment,
        /// What is in it, unsure detections included, in any order.
        detections: Vec<Detection>,
    },
    /// The camera stopped giving frames.
    CameraSilent {
        /// The camera.
        camera: Arc<str>,
        /// When that was noticed.
        at: Moment,
    },
    /// The camera gives frames again.
    CameraBack {
        /// The camera.
        camera: Arc<str>,
        /// When its first frame came.
        at: Moment,
    },
    /// Time passed; wanted about once a second.
    Tick {
        /// Now.
        at: Moment,
    },
}

/// Everything the box knows about what its cameras see.
#[derive(Debug, Clone)]
pub struct Analysis {
    book: Book,
    cameras: BTreeMap<Arc<str>, Camera>,
}

#[derive(Debug, Clone)]
struct Camera {
    plan: CameraPlan,
    tracker: Tracker,
    posts: Vec<Post>,
    /// Last proof of life: a frame; before the first one, when we began to wait.
    alive_at: Option<Moment>,
    /// The latest frame, while the camera is not silent.
    latest_frame: Option<Moment>,
    unmasked: Vec<Detection>,
    counts: Counts,
}

/// One rule at its camera: what it sees and the alert that follows.
#[derive(Debug, Clone)]
struct Post {
    watch: Watch,
    life: Life,
}

impl Analysis {
    /// An analysis that has seen nothing yet. Cameras that a rule names and no plan describes are left out.
    ///
    /// # Errors
    /// When a rule names a zone or line that one of its cameras does not have.
    pub fn new(
        box_id: impl Into<Arc<str>>,
        plans: Vec<CameraPlan>,
        rules: Vec<Rule>,
    ) -> Result<Self, UnknownName> {
        let cameras = stand_up(plans, rules)?;
        Ok(Analysis { book: Book::new(box_id.into()), cameras })
    }

    /// Takes in what happened and returns what must be told, in order.
    ///
    /// Frames of cameras that are not (or no longer) configured, and frames older than the camera's latest,
    /// change nothing.
    pub fn apply(&mut self, event: &Event) -> Vec<Revision> {
        let mut told = Vec::new();
        match event {
            Event::Detections { camera, at, detections } => {
                if let Some(camera) = self.cameras.get_mut(camera) {
                    camera.look(&mut self.book, *at, detections, &mut told);
                }
            }
            Event::CameraSilent { camera, at } | Event::CameraBack { camera, at } => {
                if let Some(camera) = self.cameras.get_mut(camera) {
                    camera.alive_at.get_or_insert(*at);
                    camera.was_away();
                }
            }
            Event::Tick { at } => {
                for camera in self.cameras.values_mut() {
                    camera.tick(&mut self.book, *at, &mut told);
                }
            }
        }
        told
    }

    /// Notes who took an alert on. `Ok(None)` if the same was said before: nothing new is to be told.
    ///
    /// # Errors
    /// When the alert is unknown or has ended.
    pub fn acknowledge(
        &mut self,
        alert: &AlertId,
        acknowledgement: &Acknowledgement,
        at: Moment,
    ) -> Result<Option<Revision>, AlertError> {
        match self.post_of(alert) {
            Some(post) => Ok(post.life.acknowledge(post.watch.rule(), acknowledgement, at)),
            None => Err(self.book.why_not(alert)),
        }
    }

    /// The revision that tells of new evidence of an alert.
    ///
    /// # Errors
    /// When the alert is unknown or has ended: nothing follows an end.
    pub fn evidence_added(&mut self, alert: &AlertId, at: Moment) -> Result<Revision, AlertError> {
        self.post_of(alert)
            .and_then(|post| post.life.evidence_added(post.watch.rule(), at))
            .ok_or_else(|| self.book.why_not(alert))
    }

    /// Takes up the alerts that were open when the box stopped; called once, before the first event.
    ///
    /// Each goes on when its rule sees its condition again, and otherwise ends once the camera has been
    /// watched long enough to say so. Returned are the ends of those whose rule or camera is gone.
    pub fn restore(&mut self, latest: Vec<Revision>, at: Moment) -> Vec<Revision> {
        let mut told = Vec::new();
        for revision in latest {
            if matches!(revision.phase, Phase::End | Phase::Retract) {
                continue;
            }
            let post = self.cameras.get_mut(&revision.camera).and_then(|camera| {
                camera.alive_at.get_or_insert(at);
                camera.posts.iter_mut().find(|post| post.watch.rule().id == revision.why.rule)
            });
            match post {
                Some(post) if post.life.open().is_none() => {
                    post.life.restore(post.watch.rule(), revision, at);
                }
                // Two open alerts of one rule and camera cannot be; the later one in the list is closed.
                Some(_) => {
                    let reason = PhaseReason::NotSeenSinceRestart;
                    told.push(end_without_rule(&mut self.book, revision, reason, at));
                }
                None => {
                    let reason = PhaseReason::RuleRemoved;
                    told.push(end_without_rule(&mut self.book, revision, reason, at));
                }
            }
        }
        told
    }

    /// Takes a new configuration and keeps the state of everything that did not change. Returned are the
    /// ends of alerts whose rule or camera is gone. An open alert whose rule changed goes on if the changed
    /// rule sees its condition too.
    ///
    /// # Errors
    /// As [`Analysis::new`]; nothing has changed then.
    pub fn reconfigure(
        &mut self,
        plans: Vec<CameraPlan>,
        rules: Vec<Rule>,
        at: Moment,
    ) -> Result<Vec<Revision>, UnknownName> {
        let fresh = stand_up(plans, rules)?;
        let mut before = std::mem::replace(&mut self.cameras, fresh);
        for (id, camera) in &mut self.cameras {
            if let Some(old) = before.get_mut(id) {
                camera.inherit(old);
            }
        }
        let mut told = Vec::new();
        for post in before.into_values().flat_map(|camera| camera.posts) {
            if let Some(open) = post.life.open() {
                told.push(end_without_rule(&mut self.book, open.clone(), PhaseReason::RuleRemoved, at));
            }
        }
        Ok(told)
    }

    /// The latest revision of every open alert, by camera and then by rule.
    pub fn open(&self) -> impl Iterator<Item = &Revision> {
        self.cameras.values().flat_map(|camera| &camera.posts).filter_map(|post| post.life.open())
    }

    /// The counts of minutes that are over, by camera; each is given once.
    pub fn take_counts(&mut self) -> Vec<ZoneMinute> {
        self.cameras.values_mut().flat_map(|camera| camera.counts.take_finished()).collect()
    }

    /// What is followed in a camera's view; empty for an unknown camera.
    pub fn tracks(&self, camera: &str) -> &[Track] {
        self.cameras.get(camera).map_or(&[], |camera| camera.tracker.tracks())
    }

    fn post_of(&mut self, alert: &AlertId) -> Option<&mut Post> {
        self.cameras
            .values_mut()
            .flat_map(|camera| &mut camera.posts)
            .find(|post| post.life.open().is_some_and(|open| open.alert == *alert))
    }
}

/// Cameras with their rules, all without a past.
fn stand_up(plans: Vec<CameraPlan>, rules: Vec<Rule>) -> Result<BTreeMap<Arc<str>, Camera>, UnknownName> {
    let rules: Vec<Arc<Rule>> = rules.into_iter().map(Arc::new).collect();
    let mut cameras = BTreeMap::new();
    for plan in plans {
        let mut posts = Vec::new();
        for rule in rules.iter().filter(|rule| rule.cameras.contains(&plan.id)) {
            posts.push(Post { watch: Watch::new(rule.clone(), &plan)?, life: Life::default() });
        }
        let thresholds: Vec<(Class, f32)> = plan.thresholds.iter().map(|(c, t)| (*c, *t)).collect();
        let camera = Camera {
            tracker: Tracker::new(plan.analysis_hz, &thresholds),
            posts,
            alive_at: None,
            latest_frame: None,
            unmasked: Vec::new(),
            counts: Counts::of(&plan),
            plan,
        };
        cameras.insert(camera.plan.id.clone(), camera);
    }
    Ok(cameras)
}

impl Camera {
    fn look(&mut self, book: &mut Book, at: Moment, detections: &[Detection], told: &mut Vec<Revision>) {
        self.unmasked.clear();
        let visible = detections.iter().filter(|d| !self.plan.masks_out(&d.box_in_frame));
        self.unmasked.extend(visible.copied());
        let gap = self.latest_frame.map(|latest| at.since(latest));
        if gap.is_some_and(|gap| gap > ABSENCE.max(self.tracker.patience())) {
            self.was_away();
        }
        if !self.tracker.update(at, &self.unmasked) {
            return;
        }
        let patience = self.tracker.patience();
        let scene = Scene {
            at,
            watched: gap.unwrap_or_default().min(patience.max(Duration::from_secs(1))),
            flicker: FLICKER.max(patience),
            tracks: self.tracker.tracks(),
        };
        self.counts.look(at, scene.watched, scene.tracks);
        for post in &mut self.posts {
            told.extend(post.look(book, scene));
        }
        self.alive_at = Some(at);
        self.latest_frame = Some(at);
    }

    /// What was seen before says nothing about what is seen next.
    fn was_away(&mut self) {
        self.latest_frame = None;
        self.tracker.forget();
        self.counts.forget();
        for post in &mut self.posts {
            post.watch.forget();
            post.life.doubt_after_gap(post.watch.rule());
        }
    }

    fn tick(&mut self, book: &mut Book, at: Moment, told: &mut Vec<Revision>) {
        self.counts.tick(at);
        let is_silent = at.since(*self.alive_at.get_or_insert(at)) >= SILENCE_ENDS;
        for post in &mut self.posts {
            let rule = post.watch.rule().clone();
            if is_silent {
                told.extend(post.life.end(book, &rule, PhaseReason::SourceSilent, at));
            }
            if post.life.open().is_some() && !rule.schedule.in_force(at.utc) {
                told.extend(post.life.end(book, &rule, PhaseReason::ScheduleEnded, at));
            }
        }
    }

    /// Takes over from the camera of the same id before a change of configuration; what is taken is gone
    /// from there.
    fn inherit(&mut self, old: &mut Camera) {
        std::mem::swap(&mut self.tracker, &mut old.tracker);
        let thresholds: Vec<(Class, f32)> = self.plan.thresholds.iter().map(|(c, t)| (*c, *t)).collect();
        self.tracker.configure(self.plan.analysis_hz, &thresholds);
        self.counts.inherit(&mut old.counts);
        self.alive_at = old.alive_at;
        self.latest_frame = old.latest_frame;
        for post in &mut self.posts {
            let rule = post.watch.rule().clone();
            let Some(index) = old.posts.iter().position(|post| post.watch.rule().id == rule.id) else {
                continue;
            };
            let before = old.posts.swap_remove(index);
            post.life = before.life;
            let place = rule.when.place();
            let is_same = **before.watch.rule() == *rule
                && old.plan.zones.get(place) == self.plan.zones.get(place)
                && old.plan.lines.get(place) == self.plan.lines.get(place);
            if is_same {
                post.watch = before.watch;
            } else {
                post.life.doubt_after_gap(&rule);
            }
        }
    }
}

impl Post {
    fn look(&mut self, book: &mut Book, scene: Scene<'_>) -> Option<Revision> {
        if !self.watch.rule().schedule.in_force(scene.at.utc) {
            self.watch.forget();
            let Post { watch, life } = self;
            return life.end(book, watch.rule(), PhaseReason::ScheduleEnded, scene.at);
        }
        let rule = self.watch.rule().clone();
        let observation = self.watch.look(scene);
        self.life.observe(book, &rule, observation, scene.watched)
    }
}

#[cfg(test)]
mod tests;
