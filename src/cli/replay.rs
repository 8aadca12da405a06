//! `lookout replay`: the alerts that a configuration makes of a recording, as fast as the machine can.
//!
//! The same models, tracker, rules and messages as in the daemon; time comes from the recording. Two runs
//! of the same thing print the same bytes.

use std::collections::VecDeque;
use std::fs;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;

use self::schedules::Schedules;
use crate::alerts::alert_enricher::AlertEnricher;
use crate::alerts::faces::FaceFinder;
use crate::analysis::alert::Revision;
use crate::analysis::detection::{Class, Detection};
use crate::analysis::sensor::RawReading;
use crate::analysis::time::{Moment, Timestamp};
use crate::analysis::{Analysis, Event};
use crate::config::{Camera, Config, Surroundings};
use crate::contract::alert::{ClockData, ClockSync};
use crate::contract::alert_event::Seq;
use crate::daemon::loaded_models::LoadedModels;
use crate::daemon::picture_shape;
use crate::evidence;
use crate::frame::Picture;
use crate::frame::flow::{Estimator, Thumbnail};
use crate::input_file;
use crate::pipeline::camera_slot::{CameraSlot, Look};
use crate::text::{Sentence, detect, model, probe, replay as say};
use crate::types::phase::Phase;
use crate::video::{self, FileOptions, VideoError};

use super::{Failure, language, models, named_path, stream_line};

mod schedules;

/// When a recording begins unless `--start` says otherwise: a Wednesday, 08:00 in China.
const START: &str = "2026-01-07T00:00:00Z";

/// Frames that are farther apart than they are looked at, by more than this, lie on both sides of a pause.
const GAP: Duration = Duration::from_secs(10);

/// Name of the stream in which a replay numbers its alerts.
const STREAM: &str = "replay";

/// Arguments of `lookout replay`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The recording: mp4, mkv, avi, ts, mpg, flv, dav and others; what it is is told by its content
    video: PathBuf,
    /// The configuration whose rules are applied
    #[arg(long, short)]
    config: PathBuf,
    /// The camera that the recording stands for; may be left out if there is only one
    #[arg(long)]
    camera: Option<String>,
    /// When the recording began, for schedules and for the times in alerts: 2026-01-07T22:00 on the site's clock, or
    /// with an offset of its own (2026-01-07T22:00:00+08:00)
    #[arg(long, value_name = "TIME", default_value = START)]
    start: StartTime,
    /// Save the evidence pictures here
    #[arg(long, value_name = "DIR")]
    evidence: Option<PathBuf>,
    /// What the sensors said meanwhile: JSON lines such as {"secs": 3.2, "sensor": "drain-2", "value": 0.41}, by seconds
    /// since the recording began; the replay goes on until the last of them
    #[arg(long, value_name = "FILE")]
    readings: Option<PathBuf>,
    /// The model to use [default: the configuration's]
    #[arg(long)]
    model: Option<String>,
    /// The model manifest, or its folder [default: the configuration's, else LOOKOUT_MODELS, models/, beside the program,
    /// /usr/share/lookout/models]
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
}

/// Runs it.
///
/// # Errors
/// A configuration with problems, a model or video that cannot be read, output that cannot be written.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let config =
        Config::load_in(&args.config, &Surroundings::elsewhere(&args.config)).map_err(Failure::from)?;
    let camera = chosen_camera(&config, args.camera.as_deref())?;
    // Before the work: models take their time to load.
    named_path::need(say::the_recording(args.video.display()), &args.video)?;
    let readings = match &args.readings {
        Some(file) => readings(file, &config)?,
        None => VecDeque::new(),
    };
    let mut loaded_models = LoadedModels::load(&config, args.manifest.as_deref(), args.model.as_deref())
        .map_err(models::not_loaded)?;
    if args.evidence.is_some() {
        loaded_models.look_for_faces(&config, args.manifest.as_deref()).map_err(models::not_loaded)?;
    }
    config.check_classes(&loaded_models.classes()).map_err(Failure::from)?;
    if let Some(folder) = &args.evidence {
        named_path::make_folder("--evidence", folder)?;
    }
    let start = args.start.in_zone(&config.site.time_zone).map_err(Failure::refused)?;
    let mut replay = Replay::new(&config, camera, &loaded_models, args.evidence, start, readings)?;
    replay.play(&args.video, &config, camera, &loaded_models)
}

/// A time as people type it.
#[derive(Debug, Clone, Copy)]
enum StartTime {
    /// With an offset, or `Z`.
    Exact(Timestamp),
    /// What the clock on the wall of the site shows.
    OnTheWall(DateTime),
}

impl FromStr for StartTime {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // In this order: a civil time would be read of an exact one, too.
        if let Ok(exact) = text.parse() {
            return Ok(StartTime::Exact(exact));
        }
        let expected = |_| say::start_expected().in_language(language::of_this_run());
        text.parse().map(StartTime::OnTheWall).map_err(expected)
    }
}

impl StartTime {
    fn in_zone(self, zone: &TimeZone) -> Result<Timestamp, Sentence> {
        match self {
            StartTime::Exact(at) => Ok(at),
            StartTime::OnTheWall(time) => zone
                .to_ambiguous_timestamp(time)
                .compatible()
                .map_err(|error| say::no_such_time(time.to_string(), error.to_string())),
        }
    }
}

/// One line of `--readings`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadingLine {
    secs: f64,
    sensor: String,
    value: f64,
}

/// What sensors said, in order of time.
fn readings(file: &Path, config: &Config) -> Result<VecDeque<(Duration, Arc<str>, f64)>, Failure> {
    let text = input_file::read_text(file)
        .map_err(|error| named_path::unreadable(say::the_readings(file.display()), file, &error))?;
    let mut readings = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = |what: Sentence| {
            Failure::refused(say::reading(file.display(), number + 1, what)).hint(say::try_reading())
        };
        let reading: ReadingLine =
            serde_json::from_str(line).map_err(|error| wrong(say::no_reading(error.to_string())))?;
        let secs = Duration::try_from_secs_f64(reading.secs).map_err(|_| wrong(say::no_time()))?;
        let known = config.sensors.list.iter().find(|sensor| *sensor.plan.id == *reading.sensor);
        let sensor = known.ok_or_else(|| wrong(say::unknown_sensor(&reading.sensor)))?.plan.id.clone();
        readings.push((secs, sensor, reading.value));
    }
    readings.sort_by_key(|(secs, ..)| *secs);
    Ok(readings.into())
}

fn chosen_camera<'c>(config: &'c Config, wanted: Option<&str>) -> Result<&'c Camera, Failure> {
    let ids = || model::listed(config.cameras.iter().map(|camera| format!("`{}`", camera.id)));
    if config.cameras.is_empty() {
        return Err(Failure::refused(say::no_camera()).hint(say::try_adding_camera()));
    }
    match wanted {
        Some(id) => config
            .camera(id)
            .ok_or_else(|| Failure::refused(say::unknown_camera(id)).hint(say::try_cameras(ids()))),
        None if config.cameras.len() == 1 => Ok(&config.cameras[0]),
        None => Err(Failure::refused(say::several_cameras()).hint(say::try_naming_camera(ids()))),
    }
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

struct Replay {
    analysis: Analysis,
    alert_enricher: AlertEnricher,
    folder: Option<PathBuf>,
    classes: Vec<Class>,
    /// Looks for faces in pictures, where there is a model for it.
    faces: Option<FaceFinder>,
    masks: Vec<crate::analysis::geometry::Polygon>,
    slot: CameraSlot,
    stream: Arc<str>,
    printed: u64,
    new_alerts: u64,
    start: Timestamp,
    schedules: Schedules,
    next_tick: Duration,
    /// What sensors will say.
    readings: VecDeque<(Duration, Arc<str>, f64)>,
}

impl Replay {
    fn new(
        config: &Config,
        camera: &Camera,
        loaded_models: &LoadedModels,
        folder: Option<PathBuf>,
        start: Timestamp,
        readings: VecDeque<(Duration, Arc<str>, f64)>,
    ) -> Result<Self, Failure> {
        let clock = ClockData { sync: ClockSync::Replay, err_ms: None };
        let clock = std::sync::Arc::new(parking_lot::Mutex::new(clock));
        let alert_enricher = AlertEnricher::new(config, loaded_models.model_ref(), clock, Default::default())
            .map_err(|error| Failure::refused(error.sentence()))?;
        let plan = config.plan(vec![loaded_models.plan(camera)]);
        let analysis = Analysis::new(config.site.box_id.clone(), plan)
            .map_err(|error| Failure::refused(error.sentence()).hint(error.hint()))?;
        let (mut classes, masks) = (loaded_models.classes(), camera.masks.clone());
        let faces = loaded_models.faces().model().map(FaceFinder::new).transpose().map_err(models::failed)?;
        classes.extend(faces.as_ref().map(|_| Class::FACE));
        Ok(Replay {
            analysis,
            alert_enricher,
            folder,
            classes,
            faces,
            masks,
            // As the daemon looks.
            slot: CameraSlot::new(loaded_models.detect_options(config, camera)),
            stream: STREAM.into(),
            printed: 0,
            new_alerts: 0,
            start,
            schedules: Schedules::of(config, camera),
            next_tick: Duration::from_secs(1),
            readings,
        })
    }

    fn play(
        &mut self,
        video: &Path,
        config: &Config,
        camera: &Camera,
        loaded_models: &LoadedModels,
    ) -> Result<(), Failure> {
        let mut detector = loaded_models.detector().map_err(models::not_loaded)?;
        let mut estimator = Estimator::default();
        let may_want_flow = loaded_models.detect_options(config, camera).wants_flow;
        let every = Duration::from_secs_f32(1.0 / camera.analysis_hz);
        let shape = picture_shape(camera);
        let mut moments = Moments::new(every, may_want_flow);
        let options = FileOptions { every: moments.every, shape };
        let mut frames = video::read_file(video, options).map_err(unreadable)?;
        let progress = progress();
        let mut looked = 0u64;
        let mut latest: Option<Duration> = None;
        let mut gaps = Gaps::default();
        while let Some((pts, picture)) = frames.next_frame().map_err(unreadable)? {
            match latest.replace(pts) {
                None => say_about(&picture, camera),
                Some(before) if pts.saturating_sub(before) > every + GAP => {
                    gaps.add(before, pts);
                    self.pause(camera, before)?;
                }
                Some(_) => {}
            }
            self.pass_time(pts)?;
            let at = Moment::after_origin(self.start, pts);
            if moments.keeps(pts, at, &picture) {
                continue;
            }
            self.schedules.pass(at.utc);
            let moment_before = moments.latest.take();
            let look = self.slot.look(&mut *detector, &mut estimator, (&picture, at), moment_before, 0);
            let Look { detections, wants_moment_before, flow, image_stats, coarse, .. } =
                look.map_err(Failure::tried)?;
            moments.is_wanted = wants_moment_before;
            looked += 1;
            if let Some(flow) = flow {
                self.analysis.apply(&Event::Flow { camera: camera.id.clone(), at, flow });
            }
            if let Some(coarse) = coarse {
                self.analysis.apply(&Event::Picture { camera: camera.id.clone(), at, coarse });
            }
            if let Some(stats) = image_stats {
                let revisions =
                    self.analysis.apply(&Event::ImageStats { camera: camera.id.clone(), at, stats });
                self.publish(revisions, Some((&picture, &detections)))?;
            }
            let event = Event::Detections { camera: camera.id.clone(), at, detections: detections.clone() };
            let revisions = self.analysis.apply(&event);
            self.publish(revisions, Some((&picture, &detections)))?;
            if let Some(length) = frames.duration().filter(|_| progress.length() == Some(0)) {
                progress.set_length(length.as_millis() as u64);
            }
            progress.set_position(pts.as_millis() as u64);
            progress.set_message(alerts(self.new_alerts).in_language(language::of_this_run()));
        }
        if let Some(last) = self.readings.back().map(|(secs, ..)| *secs) {
            // The end of the recording is no fault of the camera either.
            self.pause(camera, latest.unwrap_or_default())?;
            self.pass_time(last)?;
        }
        progress.finish_and_clear();
        let open = self.analysis.open().count();
        report(&say::looked(video.display(), looked, alerts(self.new_alerts), open), None);
        let left_out = self.analysis.left_out(&camera.id);
        if !left_out.is_empty() {
            report(&say::left_out(left_out.words()), None);
        }
        for remark in frames.remarks().into_iter().chain(gaps.note()) {
            report(&probe::note(remark), None);
        }
        if let Some((note, hint)) = self.schedules.note() {
            report(&probe::note(note), Some(&hint));
        }
        Ok(())
    }

    /// Nobody looks from then on until the next frame: what was seen before says nothing about what is there then, and
    /// nothing is wrong with the camera.
    fn pause(&mut self, camera: &Camera, since: Duration) -> Result<(), Failure> {
        let event =
            Event::CameraPaused { camera: camera.id.clone(), at: Moment::after_origin(self.start, since) };
        let revisions = self.analysis.apply(&event);
        self.publish(revisions, None)
    }

    /// Everything that happens up to a time without a frame: what sensors say, and time itself.
    fn pass_time(&mut self, until: Duration) -> Result<(), Failure> {
        loop {
            let next = self.readings.front().map_or(Duration::MAX, |(secs, ..)| *secs);
            let event = if next <= self.next_tick && next <= until {
                let Some((secs, sensor, value)) = self.readings.pop_front() else { return Ok(()) };
                let at = Moment::after_origin(self.start, secs);
                Event::Reading { sensor, at, reading: RawReading::Value(value) }
            } else if self.next_tick <= until {
                let at = Moment::after_origin(self.start, self.next_tick);
                self.next_tick += Duration::from_secs(1);
                Event::Tick { at }
            } else {
                return Ok(());
            };
            let revisions = self.analysis.apply(&event);
            self.publish(revisions, None)?;
        }
    }

    fn publish(
        &mut self,
        revisions: Vec<Revision>,
        saw: Option<(&Picture, &[Detection])>,
    ) -> Result<(), Failure> {
        for revision in revisions {
            if revision.phase == Phase::New {
                self.new_alerts += 1;
                if let Some((picture, seen)) = saw {
                    self.save_evidence(&revision, picture, seen)?;
                }
            }
            self.printed += 1;
            let seq = Seq { stream: self.stream.clone(), n: self.printed };
            let message = self.alert_enricher.alert(&revision, &[], seq).map_err(Failure::failed)?;
            stream_line(String::from_utf8_lossy(&message))?;
        }
        Ok(())
    }

    fn save_evidence(
        &mut self,
        revision: &Revision,
        picture: &Picture,
        seen: &[Detection],
    ) -> Result<(), Failure> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let path = folder.join(format!("{}-1.jpg", revision.alert.0));
        let view = self.slot.empty_view();
        let mut seen = seen.to_vec();
        if let Some(finder) = &mut self.faces {
            let faces =
                finder.find(picture, &seen, || true).map_err(|error| Failure::tried(error.sentence()))?;
            seen.extend(faces);
        }
        let scene = evidence::Scene {
            picture,
            classes: &self.classes,
            seen: &seen,
            shown: &revision.shown,
            masks: &self.masks,
            view: Some(&view),
        };
        match evidence::make(&scene) {
            Ok(made) => fs::write(&path, made.jpeg).map_err(|error| named_path::unwritable(&path, &error)),
            Err(error) => {
                report(&detect::of(&*revision.alert.0, error.sentence()), None);
                Ok(())
            }
        }
    }
}

/// The recording cannot be read, or not to its end.
fn unreadable(error: VideoError) -> Failure {
    Failure::tried(error.sentence()).hint_if(error.fault.hint())
}

fn alerts(count: u64) -> Sentence {
    if count == 1 { say::one_alert() } else { say::alerts(count) }
}

/// Says it beside the alerts, with what to try.
fn report(what: &Sentence, hint: Option<&Sentence>) {
    say!("{}", what.with_hint(hint, language::of_this_run()));
}

/// Says what whoever reads the alerts should know about the recording.
fn say_about(picture: &Picture, camera: &Camera) {
    let format = picture.format();
    if camera.rotate != 0 {
        report(&probe::note(say::turned(&*camera.id, camera.rotate)), None);
    }
    let (width, height) = format.shown_size();
    if !format.pixel_aspect.is_square() {
        let (sent, shown) = (probe::size(format.width, format.height), probe::size(width, height));
        report(&probe::note(say::pixels_not_square(format.pixel_aspect.to_string(), sent, shown)), None);
    } else if camera.display_aspect.is_none()
        && video::is_probably_squeezed(format.width as u32, format.height as u32)
    {
        let squeezed = say::probably_squeezed(probe::size(width, height));
        report(&probe::note(squeezed), Some(&say::try_proportions(&*camera.id)));
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

/// A bar on standard error while somebody watches; otherwise nothing.
fn progress() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let behind = say::left("{eta}", "{msg}").in_language(language::of_this_run());
    let style = ProgressStyle::with_template(&format!("{{bar:40}} {{percent}}% {behind}"));
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
