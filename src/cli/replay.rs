//! `lookout replay`: the alerts that a configuration makes of a recording, as fast as the machine can; and, drawn, what it
//! made of every picture.
//!
//! The same models, tracker, rules and messages as in the daemon; time comes from the recording. Two runs
//! of the same thing print the same bytes.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use self::drawing::Drawing;
use self::playback::{Looked, Playback, Played, Step};
use self::progress::Progress;
use self::readings::Readings;
pub(super) use self::schedules::Note;
use crate::alerts::alert_enricher::AlertEnricher;
use crate::alerts::faces::FaceFinder;
use crate::analysis::alert::Revision;
use crate::analysis::detection::Class;
use crate::analysis::geometry::Polygon;
use crate::config::{Camera, Config, Surroundings};
use crate::contract::alert::{ClockData, ClockSync};
use crate::contract::alert_event::Seq;
use crate::daemon::loaded_models::LoadedModels;
use crate::evidence;
use crate::frame::Picture;
use crate::text::{Sentence, detect, drawing as words, model, probe, replay as say};
use crate::types::phase::Phase;
use crate::video;

use super::retune::meant;
use super::when::When;
use super::{Failure, language, models, named_path, print_line, stop, stream_line};

mod drawing;
pub(super) mod playback;
pub(super) mod progress;
pub(super) mod readings;
mod schedules;
pub(super) mod start;
mod visits;

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
    /// When the recording began, for schedules and for the times in alerts: "2026-01-07 22:00" on the site's clock, or with
    /// an offset of its own (2026-01-07T22:00:00+08:00) [default: as the file says, else 2026-01-07T00:00:00Z]
    #[arg(long, value_name = "TIME")]
    start: Option<When>,
    /// Save the evidence pictures here
    #[arg(long, value_name = "DIR")]
    evidence: Option<PathBuf>,
    /// Draw a video: boxes with class and score, trails, zones, lines and masks, the state of every rule; redacted as evidence
    /// is
    #[arg(long, value_name = "FILE.mp4")]
    draw: Option<PathBuf>,
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
        Some(file) => readings::read(file, &config)?,
        None => Readings::new(),
    };
    let start = args.start.map(|start| start.in_zone(&config.site.time_zone, "--start"));
    let start = start.transpose().map_err(Failure::refused)?;
    if let Some(path) = &args.draw {
        drawing::check(path, &args.video, &config)?;
    }
    let mut loaded = LoadedModels::load(&config, args.manifest.as_deref(), args.model.as_deref())
        .map_err(models::not_loaded)?;
    if args.evidence.is_some() || args.draw.is_some() {
        loaded.look_for_faces(&config, args.manifest.as_deref()).map_err(models::not_loaded)?;
    }
    config.check_classes(&loaded.classes()).map_err(Failure::from)?;
    if let Some(folder) = &args.evidence {
        named_path::make_folder("--evidence", folder)?;
    }
    let evidence = args.evidence.map(|folder| SavedEvidence::new(folder, camera, &loaded)).transpose()?;
    let drawing = args.draw.map(|path| Drawing::new(path, &config, camera, &loaded)).transpose()?;
    let played = Played { video: &args.video, config: &config, camera, models: &loaded, start };
    let playback = Playback::open(played, readings)?;
    Printing::new(&config, &loaded, evidence)?.play(playback, &played, drawing)
}

/// The camera that a recording stands for.
///
/// # Errors
/// There is no such camera, or it is not said which one.
pub(super) fn chosen_camera<'c>(config: &'c Config, wanted: Option<&str>) -> Result<&'c Camera, Failure> {
    let ids = || model::listed(config.cameras.iter().map(|camera| format!("`{}`", camera.id)));
    if config.cameras.is_empty() {
        return Err(Failure::refused(say::no_camera()).hint(say::try_adding_camera()));
    }
    match wanted {
        Some(id) => config.camera(id).ok_or_else(|| {
            let names = config.cameras.iter().map(|camera| &*camera.id);
            Failure::refused(say::unknown_camera(id)).hint(meant(id, names, say::try_cameras(ids())))
        }),
        None if config.cameras.len() == 1 => Ok(&config.cameras[0]),
        None => Err(Failure::refused(say::several_cameras()).hint(say::try_naming_camera(ids()))),
    }
}

/// Prints the alerts, saves and draws what belongs to them.
struct Printing {
    alert_enricher: AlertEnricher,
    evidence: Option<SavedEvidence>,
    stream: Arc<str>,
    is_drawn: bool,
    progress: Progress,
    printed: u64,
    new_alerts: u64,
}

impl Printing {
    fn new(config: &Config, models: &LoadedModels, evidence: Option<SavedEvidence>) -> Result<Self, Failure> {
        let clock = ClockData { sync: ClockSync::Replay, err_ms: None };
        let clock = Arc::new(parking_lot::Mutex::new(clock));
        let alert_enricher = AlertEnricher::new(config, models.model_ref(), clock, Default::default())
            .map_err(|error| Failure::refused(error.sentence()))?;
        Ok(Printing {
            alert_enricher,
            evidence,
            stream: STREAM.into(),
            is_drawn: false,
            progress: Progress::none(),
            printed: 0,
            new_alerts: 0,
        })
    }

    fn play(
        &mut self,
        mut playback: Playback<'_>,
        played: &Played<'_>,
        mut drawing: Option<Drawing<'_>>,
    ) -> Result<(), Failure> {
        let Played { video, config, camera, .. } = *played;
        if let Some(first) = playback.first() {
            say_about(first, camera);
        }
        note(&playback.start().note(config));
        self.is_drawn = drawing.is_some();
        // Whoever has seen enough of the drawn video ends it so, and has it up to there; nothing half is left.
        let is_stopped = drawing.as_ref().map(|_| stop::when_asked(words::no_signals, words::no_signals));
        let is_stopped = is_stopped.transpose()?.unwrap_or_default();
        self.progress = Progress::begin();
        while !is_stopped.load(Ordering::Relaxed)
            && let Some(Step { before, looked }) = playback.step()?
        {
            self.publish(&before, None)?;
            let Some(looked) = looked else { continue };
            self.publish(&looked.revisions, Some((&playback, &looked)))?;
            if let Some(drawing) = &mut drawing {
                drawing.add(&playback, &looked)?;
            }
            self.progress.show(looked.pts, || playback.duration(), alerts(self.new_alerts));
        }
        let drawn = match drawing {
            Some(drawing) => drawing.finish(playback.end_of_pictures())?,
            None => Vec::new(),
        };
        self.progress.end();
        let open = playback.analysis().open().count();
        report(&say::looked(video.display(), playback.looked(), alerts(self.new_alerts), open), None);
        let left_out = playback.analysis().left_out(&camera.id);
        if !left_out.is_empty() {
            report(&say::left_out(left_out.words()), None);
        }
        playback.notes().iter().chain(&drawn).for_each(note);
        Ok(())
    }

    fn publish(
        &mut self,
        revisions: &[Revision],
        saw: Option<(&Playback<'_>, &Looked)>,
    ) -> Result<(), Failure> {
        for revision in revisions {
            if revision.phase == Phase::New {
                self.new_alerts += 1;
                if let (Some((playback, looked)), Some(evidence)) = (saw, &mut self.evidence) {
                    evidence.save(revision, playback, looked)?;
                }
            }
            self.printed += 1;
            let seq = Seq { stream: self.stream.clone(), n: self.printed };
            let message = self.alert_enricher.alert(revision, &[], seq).map_err(Failure::failed)?;
            let line = String::from_utf8_lossy(&message);
            // Whoever reads no more alerts may still want the video.
            let is_drawn = self.is_drawn;
            self.progress.beside(|| if is_drawn { print_line(line) } else { stream_line(line) })?;
        }
        Ok(())
    }
}

/// Where evidence pictures are saved, and what they are made with.
struct SavedEvidence {
    folder: PathBuf,
    classes: Vec<Class>,
    /// Looks for faces in pictures, where there is a model for it.
    faces: Option<FaceFinder>,
    masks: Vec<Polygon>,
}

impl SavedEvidence {
    fn new(folder: PathBuf, camera: &Camera, loaded: &LoadedModels) -> Result<Self, Failure> {
        let (mut classes, masks) = (loaded.classes(), camera.masks.clone());
        let faces = loaded.faces().model().map(FaceFinder::new).transpose().map_err(models::failed)?;
        classes.extend(faces.as_ref().map(|_| Class::FACE));
        Ok(SavedEvidence { folder, classes, faces, masks })
    }

    fn save(&mut self, revision: &Revision, playback: &Playback<'_>, looked: &Looked) -> Result<(), Failure> {
        let path = self.folder.join(format!("{}-1.jpg", revision.alert.0));
        let view = playback.empty_view();
        let picture = &*looked.picture;
        let mut seen = looked.detections.clone();
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

pub(super) fn alerts(count: u64) -> Sentence {
    if count == 1 { say::one_alert() } else { say::alerts(count) }
}

/// Says it beside the alerts, with what to try.
fn report(what: &Sentence, hint: Option<&Sentence>) {
    say!("{}", what.with_hint(hint, language::of_this_run()));
}

/// The same, as a note.
pub(super) fn note((what, hint): &Note) {
    report(&probe::note(what.clone()), hint.as_ref());
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
