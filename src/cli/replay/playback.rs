//! One recording under one configuration: the same models, tracker, rules and looks as in the daemon, time from the
//! recording. [`Playback::step`] goes on to the next look and returns the revisions that follow; whoever calls prints them,
//! collects them or draws what was seen.
//!
//! Two runs of the same thing give the same revisions. Must never print.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::super::{Failure, models};
use super::readings::Readings;
use super::schedules::{Note, Schedules};
use super::start::Start;
use super::visits::JoinedVisits;
use crate::analysis::alert::Revision;
use crate::analysis::detection::Detection;
use crate::analysis::empty_view::EmptyView;
use crate::analysis::sensor::RawReading;
use crate::analysis::time::{Moment, Timestamp};
use crate::analysis::{Analysis, Event};
use crate::config::{Camera, Config};
use crate::daemon::loaded_models::LoadedModels;
use crate::daemon::picture_shape;
use crate::detector::Detector;
use crate::frame::Picture;
use crate::frame::flow::{Estimator, Thumbnail};
use crate::pipeline::camera_slot::{CameraSlot, Look};
use crate::text::{Sentence, replay as say};
use crate::video::{self, FileFrames, FileOptions, VideoError};

/// Frames that are farther apart than they are looked at, by more than this, lie on both sides of a pause.
const GAP: Duration = Duration::from_secs(10);
const TICK: Duration = Duration::from_secs(1);

/// What is played.
#[derive(Clone, Copy)]
pub(in crate::cli) struct Played<'r> {
    /// The recording.
    pub(in crate::cli) video: &'r Path,
    /// Whose rules are applied.
    pub(in crate::cli) config: &'r Config,
    /// The camera that the recording stands for.
    pub(in crate::cli) camera: &'r Camera,
    /// What looks at it.
    pub(in crate::cli) models: &'r LoadedModels,
    /// When it began, if somebody says so.
    pub(in crate::cli) start: Option<Timestamp>,
}

/// See the module.
pub(in crate::cli) struct Playback<'r> {
    config: &'r Config,
    camera: &'r Camera,
    analysis: Analysis,
    /// As the daemon looks.
    slot: CameraSlot,
    detector: Box<dyn Detector>,
    estimator: Estimator,
    moments: Moments,
    frames: FileFrames,
    /// The first frame, which was read to learn when the recording began.
    first: Option<(Duration, Arc<Picture>)>,
    start: Start,
    /// What sensors will say.
    readings: Readings,
    next_tick: Duration,
    latest: Option<Duration>,
    has_ended: bool,
    looked: u64,
    gaps: Gaps,
    schedules: Schedules,
    visits: JoinedVisits,
}

/// What happened up to a look, and in it.
pub(in crate::cli) struct Step {
    /// What followed while no frame came.
    pub(in crate::cli) before: Vec<Revision>,
    /// The look; `None` where the recording is over.
    pub(in crate::cli) looked: Option<Looked>,
}

/// One look at a frame.
pub(in crate::cli) struct Looked {
    /// Time since the beginning of the recording.
    pub(in crate::cli) pts: Duration,
    /// The same as a moment.
    pub(in crate::cli) at: Moment,
    /// The frame.
    pub(in crate::cli) picture: Arc<Picture>,
    /// All that was found in it.
    pub(in crate::cli) detections: Vec<Detection>,
    /// What followed.
    pub(in crate::cli) revisions: Vec<Revision>,
}

impl<'r> Playback<'r> {
    /// Opens the recording and reads its first frame.
    ///
    /// # Errors
    /// A model does not work, a rule cannot be applied, or the recording has no frame that can be read.
    pub(in crate::cli) fn open(played: Played<'r>, readings: Readings) -> Result<Self, Failure> {
        let Played { video, config, camera, models: loaded, start } = played;
        let options = loaded.detect_options(config, camera);
        let plan = config.plan(vec![loaded.plan(camera)]);
        let analysis = Analysis::new(config.site.box_id.clone(), plan)
            .map_err(|error| Failure::refused(error.sentence()).hint(error.hint()))?;
        let detector = loaded.detector().map_err(models::not_loaded)?;
        let moments = Moments::new(Duration::from_secs_f32(1.0 / camera.analysis_hz), options.wants_flow);
        let shape = picture_shape(camera);
        let mut frames =
            video::read_file(video, FileOptions { every: moments.every, shape }).map_err(unreadable)?;
        let first = frames.next_frame().map_err(unreadable)?;
        let start = Start::of(start, frames.began_at());
        Ok(Playback {
            config,
            camera,
            analysis,
            slot: CameraSlot::new(options),
            detector,
            estimator: Estimator::default(),
            moments,
            frames,
            first,
            start,
            readings,
            next_tick: TICK,
            latest: None,
            has_ended: false,
            looked: 0,
            gaps: Gaps::default(),
            schedules: Schedules::of(config, camera),
            visits: JoinedVisits::default(),
        })
    }

    /// When the recording began, and who says so.
    pub(in crate::cli) fn start(&self) -> Start {
        self.start
    }

    /// The first frame, until it is looked at.
    pub(in crate::cli) fn first(&self) -> Option<&Picture> {
        self.first.as_ref().map(|(_, picture)| &**picture)
    }

    /// The state of everything.
    pub(in crate::cli) fn analysis(&self) -> &Analysis {
        &self.analysis
    }

    /// What the camera sees when nobody is there, as far as that is known.
    pub(in crate::cli) fn empty_view(&self) -> EmptyView {
        self.slot.empty_view()
    }

    /// How long the recording is, where it says so.
    pub(in crate::cli) fn duration(&self) -> Option<Duration> {
        self.frames.duration()
    }

    /// Number of looks.
    pub(in crate::cli) fn looked(&self) -> u64 {
        self.looked
    }

    /// Goes on to the next look; `None` after the end.
    ///
    /// # Errors
    /// The recording cannot be read on, or a model failed.
    pub(in crate::cli) fn step(&mut self) -> Result<Option<Step>, Failure> {
        if self.has_ended {
            return Ok(None);
        }
        let mut before = Vec::new();
        loop {
            let next = match self.first.take() {
                Some(first) => Some(first),
                None => self.frames.next_frame().map_err(unreadable)?,
            };
            let Some((pts, picture)) = next else {
                self.end(&mut before);
                return Ok(Some(Step { before, looked: None }));
            };
            if let Some(latest) = self.latest.replace(pts)
                && pts.saturating_sub(latest) > self.moments.look_every + GAP
            {
                self.gaps.add(latest, pts);
                self.pause(latest, &mut before);
            }
            self.pass_time(pts, &mut before);
            let at = Moment::after_origin(self.start.at(), pts);
            if self.moments.keeps(pts, at, &picture) {
                continue;
            }
            let (detections, revisions) = self.look(at, &picture)?;
            self.visits.look(&self.analysis, &self.camera.id, pts);
            return Ok(Some(Step {
                before,
                looked: Some(Looked { pts, at, picture, detections, revisions }),
            }));
        }
    }

    fn look(&mut self, at: Moment, picture: &Picture) -> Result<(Vec<Detection>, Vec<Revision>), Failure> {
        self.schedules.pass(at.utc);
        let moment_before = self.moments.latest.take();
        let look = self.slot.look(&mut *self.detector, &mut self.estimator, (picture, at), moment_before, 0);
        let Look { detections, wants_moment_before, flow, image_stats, coarse, .. } =
            look.map_err(Failure::tried)?;
        self.moments.is_wanted = wants_moment_before;
        self.looked += 1;
        let camera = || self.camera.id.clone();
        if let Some(flow) = flow {
            self.analysis.apply(&Event::Flow { camera: camera(), at, flow });
        }
        if let Some(coarse) = coarse {
            self.analysis.apply(&Event::Picture { camera: camera(), at, coarse });
        }
        let mut revisions = Vec::new();
        if let Some(stats) = image_stats {
            revisions = self.analysis.apply(&Event::ImageStats { camera: camera(), at, stats });
        }
        let event = Event::Detections { camera: camera(), at, detections: detections.clone() };
        revisions.extend(self.analysis.apply(&event));
        Ok((detections, revisions))
    }

    /// After the last frame time goes on until the last reading.
    fn end(&mut self, revisions: &mut Vec<Revision>) {
        self.has_ended = true;
        if let Some(last) = self.readings.back().map(|(secs, ..)| *secs) {
            // The end of the recording is no fault of the camera either.
            self.pause(self.latest.unwrap_or_default(), revisions);
            self.pass_time(last, revisions);
        }
    }

    /// Nobody looks from then on until the next frame: what was seen before says nothing about what is there then, and
    /// nothing is wrong with the camera.
    fn pause(&mut self, since: Duration, revisions: &mut Vec<Revision>) {
        let at = Moment::after_origin(self.start.at(), since);
        let event = Event::CameraPaused { camera: self.camera.id.clone(), at };
        revisions.extend(self.analysis.apply(&event));
    }

    /// Everything that happens up to a time without a frame: what sensors say, and time itself.
    fn pass_time(&mut self, until: Duration, revisions: &mut Vec<Revision>) {
        loop {
            let next = self.readings.front().map_or(Duration::MAX, |(secs, ..)| *secs);
            let event = if next <= self.next_tick && next <= until {
                let Some((secs, sensor, value)) = self.readings.pop_front() else { return };
                let at = Moment::after_origin(self.start.at(), secs);
                Event::Reading { sensor, at, reading: RawReading::Value(value) }
            } else if self.next_tick <= until {
                let at = Moment::after_origin(self.start.at(), self.next_tick);
                self.next_tick += TICK;
                Event::Tick { at }
            } else {
                return;
            };
            revisions.extend(self.analysis.apply(&event));
        }
    }

    /// What whoever reads the alerts should know, once everything was played.
    pub(in crate::cli) fn notes(&self) -> Vec<Note> {
        let mut notes: Vec<Note> = Vec::new();
        notes.extend(self.frames.remarks().into_iter().chain(self.gaps.note()).map(|note| (note, None)));
        notes.extend(self.schedules.notes());
        let hold_of = |id: &str| self.config.rules.iter().find(|rule| *rule.id == *id).map(|rule| rule.hold);
        let joined = self.visits.notes(hold_of).into_iter();
        notes.extend(joined.map(|note| (note, Some(say::try_hold()))));
        notes
    }

    /// The end of the recording, as far as it was read.
    pub(in crate::cli) fn end_of_pictures(&self) -> Duration {
        let latest = self.latest.unwrap_or_default();
        let shown = latest + self.moments.look_every;
        // The last picture is shown until the recording ends, where that is known and near.
        self.duration().filter(|length| *length > latest && *length <= shown + TICK).unwrap_or(shown)
    }
}

/// The recording cannot be read, or not to its end.
fn unreadable(error: VideoError) -> Failure {
    Failure::tried(error.sentence()).hint_if(error.fault.hint())
}

/// The moments before the looks, of a recording that is looked at more seldom than they need.
struct Moments {
    /// How often frames are read.
    every: Duration,
    /// How often they are looked at.
    look_every: Duration,
    next_look: Duration,
    is_wanted: bool,
    latest: Option<Thumbnail>,
}

impl Moments {
    fn new(look_every: Duration, may_be_wanted: bool) -> Self {
        let parts = if may_be_wanted { (look_every.as_secs_f32() / 0.1).round().max(1.0) as u32 } else { 1 };
        Moments {
            every: look_every / parts,
            look_every,
            next_look: Duration::ZERO,
            is_wanted: false,
            latest: None,
        }
    }

    /// Whether a frame is no look; it is kept then, if it is wanted.
    fn keeps(&mut self, pts: Duration, at: Moment, picture: &Picture) -> bool {
        if pts >= self.next_look {
            self.next_look = video::next_due(pts, self.look_every);
            return false;
        }
        if self.is_wanted {
            self.latest = Some(Thumbnail::of(picture, at));
        }
        true
    }
}

/// Pauses of a recording.
#[derive(Default)]
struct Gaps {
    count: usize,
    longest: Option<(Duration, Duration)>,
}

impl Gaps {
    fn add(&mut self, from: Duration, to: Duration) {
        self.count += 1;
        if self.longest.is_none_or(|(start, end)| to - from > end - start) {
            self.longest = Some((from, to));
        }
    }

    fn note(&self) -> Option<Sentence> {
        let (from, to) = self.longest?;
        let seconds = |at: Duration| at.as_secs_f64().round().to_string();
        let (longest, after) = (seconds(to - from), seconds(from));
        Some(match self.count {
            1 => say::paused_once(longest, after),
            count => say::paused(count, longest, after),
        })
    }
}
