//! Evaluates one rule on one camera, frame by frame.

use std::cmp::Reverse;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::kind::{Drawn, Evaluate};
use super::{CameraPlan, Rule, View};
use crate::analysis::alert::Shown;
use crate::analysis::detection::{Class, Detection};
use crate::analysis::flow::Movement;
use crate::analysis::geometry::Polygon;
use crate::analysis::pixel_change::Changes;
use crate::analysis::time::{Moment, Timestamp};
use crate::analysis::tracker::{Track, TrackNumber, TrackState};
use crate::text::{Sentence, place as say};
use crate::types::language::Language;

/// A condition that is gone for less than this, in watched time, was never gone: detectors blink.
pub(crate) const FLICKER: Duration = Duration::from_secs(2);

/// What a watch is shown of one frame.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scene<'a> {
    /// When the frame was taken.
    pub at: Moment,
    /// Watched time since the frame before: real time, but a gap without frames counts only a little,
    /// because nobody looked.
    pub watched: Duration,
    /// [`FLICKER`], or longer where the camera is looked at so seldom that it would be one look.
    pub flicker: Duration,
    /// Width over height of the picture, as people see it.
    pub aspect: f32,
    /// The tracks of the camera that are within the rule's heights, in order of number.
    pub tracks: &'a [Track],
    /// All tracks of the camera, in order of number.
    pub all_tracks: &'a [Track],
    /// What was found in this very frame, within the rule's heights and not left out, unsure detections included.
    pub found: &'a [Detection],
    /// What moved since a moment before, where that was asked for.
    pub flow: Option<Movement<'a>>,
    /// Where the picture changed since about a second before, once a second, where that was asked for and pictures come.
    pub changes: Option<Changes<'a>>,
}

impl<'a> Scene<'a> {
    /// The tracks seen in this very frame that are surely there.
    pub(super) fn confirmed<'b>(
        &self,
        classes: &'b [Class],
    ) -> impl Iterator<Item = &'a Track> + Clone + use<'a, 'b> {
        self.tracks.iter().filter(move |t| t.is_confirmed() && classes.contains(&t.class))
    }

    /// The track of that number, if the tracker still knows it and it is within the rule's heights.
    pub(super) fn track(&self, number: TrackNumber) -> Option<&'a Track> {
        numbered(self.tracks, number)
    }

    /// The track of that number, if the tracker still knows it, however tall it is.
    pub(super) fn any_track(&self, number: TrackNumber) -> Option<&'a Track> {
        numbered(self.all_tracks, number)
    }

    /// The tracks seen in this very frame, sure or not.
    pub(super) fn seen_now<'b>(&self, classes: &'b [Class]) -> impl Iterator<Item = &'a Track> + use<'a, 'b> {
        let now = self.at.mono;
        self.tracks.iter().filter(move |t| {
            t.state != TrackState::Lost && t.last_seen.mono == now && classes.contains(&t.class)
        })
    }
}

fn numbered(tracks: &[Track], number: TrackNumber) -> Option<&Track> {
    let index = tracks.binary_search_by_key(&number, |track| track.number).ok()?;
    tracks.get(index)
}

/// What a rule saw on one camera, up to one frame.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Observation {
    /// Id of the rule.
    pub rule: Arc<str>,
    /// Id of the camera.
    pub camera: Arc<str>,
    /// The moment of the frame.
    pub at: Moment,
    /// How sure it is, 0..1: the score of what is seen; for a crowd that of the least sure one needed.
    pub strength: f32,
    /// The whole condition is fulfilled, its duration included. For crossings: in the frame of a crossing.
    pub holds: bool,
    /// Enough is seen in this very frame to keep an alert going that is open already: where anybody counts
    /// (`present`, `crowd`) the condition without its duration, otherwise the whole of it.
    pub sustains: bool,
    /// Since when the condition, without its duration, is true; `None` while it is not.
    pub since: Option<Moment>,
    /// When it was last really seen, not bridged over.
    pub seen_at: Option<Moment>,
    /// What was measured: seconds it lasted, or how many.
    pub value: f64,
    /// How many things are part of it; for crossings how many so far.
    pub count: usize,
    /// The things that are part of it, at their latest place.
    pub shown: Vec<Shown>,
}

impl Observation {
    fn nothing(rule: Arc<str>, camera: Arc<str>) -> Self {
        let at = Moment { mono: Duration::ZERO, utc: Timestamp::UNIX_EPOCH };
        Observation {
            rule,
            camera,
            at,
            strength: 0.0,
            holds: false,
            sustains: false,
            since: None,
            seen_at: None,
            value: 0.0,
            count: 0,
            shown: Vec::new(),
        }
    }

    /// Nothing of it is true (any more).
    pub(super) fn clear(&mut self) {
        self.holds = false;
        self.sustains = false;
        self.since = None;
        self.seen_at = None;
        self.strength = 0.0;
        self.value = 0.0;
        self.count = 0;
        self.shown.clear();
    }

    /// Reports things that each have lasted for a time of their own: what `dwell` and `parked` share.
    ///
    /// `spans` are the things; the longest gives the times, and all that lasted long enough are shown. While
    /// those are not seen, what was last seen of them stays shown.
    pub(super) fn report_spans(
        &mut self,
        scene: Scene<'_>,
        classes: &[Class],
        lasting: Duration,
        spans: impl Iterator<Item = Span> + Clone,
    ) {
        let spans = spans.filter(|span| span.is_sure);
        let Some(longest) = spans.clone().max_by_key(|span| (span.lasted(), Reverse(span.number))) else {
            self.clear();
            return;
        };
        let lasting_ones = spans.clone().filter(|span| span.lasted() >= lasting);
        let last_sight = lasting_ones.map(|span| span.last).max_by_key(|last| last.mono);
        self.holds = last_sight.is_some();
        self.sustains = last_sight.is_some_and(|last| last.mono == scene.at.mono);
        self.since = Some(longest.since);
        self.seen_at = Some(last_sight.unwrap_or(longest.last));
        self.value = longest.lasted().as_secs_f64();
        let lasts = |track: &&Track| {
            spans.clone().any(|span| span.number == track.number && span.lasted() >= lasting)
        };
        let mut strength = None;
        for track in scene.confirmed(classes).filter(lasts) {
            if strength.is_none() {
                self.shown.clear();
            }
            self.show(track);
            strength = Some(track.score.max(strength.unwrap_or(0.0)));
        }
        match strength {
            Some(strength) => self.strength = strength,
            None if self.holds => {}
            None => {
                self.strength = 0.0;
                self.shown.clear();
            }
        }
        self.count = self.shown.len();
    }

    pub(super) fn show(&mut self, track: &Track) {
        self.shown.push(Shown { class: track.class, score: track.score, box_in_frame: track.box_in_frame });
    }
}

/// From when to when one track did something.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) number: TrackNumber,
    pub(super) since: Moment,
    pub(super) last: Moment,
    /// The track was confirmed meanwhile.
    pub(super) is_sure: bool,
}

impl Span {
    pub(super) fn lasted(&self) -> Duration {
        self.last.since(self.since)
    }
}

/// A rule names a zone or line that its camera does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownName {
    /// Id of the rule.
    pub rule: Arc<str>,
    /// Id of the camera.
    pub camera: Arc<str>,
    /// The zone or line that is missing.
    pub place: Arc<str>,
}

impl UnknownName {
    /// What is wrong, for people.
    pub fn sentence(&self) -> Sentence {
        say::not_on_camera(self.rule.as_ref(), self.place.as_ref(), self.camera.as_ref())
    }

    /// What to try.
    pub fn hint(&self) -> Sentence {
        say::try_drawing()
    }
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence().with_hint(Some(&self.hint()), Language::English))
    }
}

impl std::error::Error for UnknownName {}

/// The state of one rule on one camera.
#[derive(Debug, Clone)]
pub(crate) struct RuleEvaluator {
    rule: Arc<Rule>,
    /// Where it looks; `None` for a line.
    zone: Option<Polygon>,
    state: Box<dyn Evaluate>,
    observation: Observation,
}

impl RuleEvaluator {
    /// A watch that has seen nothing yet.
    ///
    /// # Errors
    /// When the camera lacks the zone or line.
    pub(crate) fn new(rule: Arc<Rule>, plan: &CameraPlan) -> Result<Self, UnknownName> {
        let state = rule.when.evaluator(Drawn { rule: &rule, plan }).ok_or_else(|| UnknownName {
            rule: rule.id.clone(),
            camera: plan.id.clone(),
            place: rule.when.place().clone(),
        })?;
        let observation = Observation::nothing(rule.id.clone(), plan.id.clone());
        let zone = rule.when.zone().and_then(|name| plan.zones.get(name)).cloned();
        Ok(RuleEvaluator { rule, zone, state, observation })
    }

    /// The rule it evaluates.
    pub(crate) fn rule(&self) -> &Arc<Rule> {
        &self.rule
    }

    /// What it saw up to its latest frame.
    pub(crate) fn observation(&self) -> &Observation {
        &self.observation
    }

    /// How often it must see its camera; `None` where any look will do.
    pub(crate) fn pace(&self, view: View<'_>) -> Option<Duration> {
        self.rule.when.pace(self.zone.as_ref(), view, self.observation.holds)
    }

    /// Takes in one frame.
    pub(crate) fn look(&mut self, scene: Scene<'_>) -> &Observation {
        self.observation.at = scene.at;
        self.state.look(scene, &mut self.observation);
        &self.observation
    }

    /// Forgets what it saw: the camera was away, or the rule was not in force.
    pub(crate) fn forget(&mut self) {
        self.observation.clear();
        self.state.forget();
    }
}

/// How long something is true, bridging gaps shorter than the flicker: what `present` and `crowd` share.
#[derive(Debug, Clone, Default)]
pub(super) struct Spell {
    since: Option<Moment>,
    seen_at: Option<Moment>,
    gone_for: Duration,
}

impl Spell {
    /// Takes in whether it is true in this frame; afterwards `since` is `None` if it is over.
    pub(super) fn look(&mut self, scene: Scene<'_>, is_true: bool) {
        if is_true {
            self.since.get_or_insert(scene.at);
            self.seen_at = Some(scene.at);
            self.gone_for = Duration::ZERO;
        } else if self.since.is_some() {
            self.gone_for += scene.watched;
            if self.gone_for > scene.flicker {
                self.forget();
            }
        }
    }

    pub(super) fn forget(&mut self) {
        *self = Spell::default();
    }

    /// From its first to its last sight; `None` if it is not on.
    pub(super) fn lasted(&self) -> Option<Duration> {
        Some(self.seen_at?.since(self.since?))
    }

    pub(super) fn report(&self, lasting: Duration, observation: &mut Observation) {
        match self.lasted() {
            None => observation.clear(),
            Some(lasted) => {
                observation.holds = lasted >= lasting;
                observation.sustains = self.gone_for.is_zero();
                observation.since = self.since;
                observation.seen_at = self.seen_at;
            }
        }
    }
}
