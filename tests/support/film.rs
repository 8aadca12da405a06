//! A clip as a box sees it, and the journal that a box with a given configuration would have written of it.
//!
//! What is dear, decoding and looking, is done once per clip ([`Film::of`]), by the camera's own part of the pipeline; the
//! analysis is run anew with each configuration ([`Film::journal`]). What the detector would not have been asked for under a
//! configuration is not in its journal either.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use lookout::analysis::camera_health::image_stats::ImageStats;
use lookout::analysis::detection::{Class, Detection};
use lookout::analysis::empty_view::Coarse;
use lookout::analysis::time::{Moment, Timestamp};
use lookout::analysis::{Analysis, Event};
use lookout::clock::Clock;
use lookout::config::{Config, Surroundings};
use lookout::contract::alert::ModelRef;
use lookout::detector::manifest::{Manifest, ModelEntry};
use lookout::detector::{Inference, Model, Thresholds};
use lookout::frame::flow::Estimator;
use lookout::journal::{self, Configuration, Entry, Input, Journal, Looked, Published, Session, Unwatched};
use lookout::pipeline::camera_slot::CameraSlot;
use lookout::pipeline::frame_gate::{self, DetectOptions};
use lookout::types::provider::Provider;
use lookout::video::{self, FileOptions};
use serde_json::json;

/// As the daemon asks: what scores so much of the threshold continues a track (`daemon::loaded_models`).
const UNSURE: f32 = 0.35;
/// Looks a second where a camera says nothing else.
const HZ: f64 = 5.0;
const TICK: Duration = Duration::from_secs(1);
/// A camera is silent after so long without a picture.
const SILENT_AFTER: Duration = Duration::from_secs(8);
/// How long the journal goes on behind the clip.
const AFTER_THE_END: Duration = Duration::from_secs(20);

/// What happens besides what the pictures show.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Besides {
    /// Nothing.
    Nothing,
    /// No pictures come any more from that second on.
    StreamStops(f64),
    /// No picture is looked at from one second to another: the box is overloaded.
    Overloaded(f64, f64),
    /// No picture is looked at from one second to another: nobody needs one.
    NotNeeded(f64, f64),
    /// Somebody mutes, from that second on and for an hour, what these fields of a mute name.
    Muted(f64, &'static str, &'static str),
    /// The command centre switches that rule off at that second.
    SwitchedOff(f64, &'static str),
}

/// One look at a frame.
struct Seen {
    pts: Duration,
    looked: Looked,
    detections: Vec<Detection>,
    image_stats: Option<Box<ImageStats>>,
    coarse: Option<Box<Coarse>>,
}

/// What the camera's part of a box made of a clip.
pub struct Film {
    entry: ModelEntry,
    seen: Vec<Seen>,
}

impl Film {
    /// Looks at a clip, up to that second, with a model that comes with Lookout.
    pub fn of(clip: &Path, until: f64, model: &str) -> Film {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/manifest.toml");
        let entry = Manifest::read(&manifest).unwrap().model(model).unwrap().clone();
        let loaded = Model::load(&entry, &[Provider::Cpu]).unwrap();
        let mut inference = Inference::new(&[Arc::new(loaded)]).unwrap();
        let slot = CameraSlot::new(DetectOptions {
            thresholds: Thresholds::default().scaled(UNSURE),
            near_thresholds: Thresholds::default(),
            skip_still: true,
            look_closer: true,
            wants_flow: false,
        });
        let every = Duration::from_secs_f64(1.0 / HZ);
        let mut frames = video::read_file(clip, FileOptions { every, ..FileOptions::default() }).unwrap();
        let (mut estimator, mut seen) = (Estimator::default(), Vec::new());
        while let Some((pts, picture)) = frames.next_frame().unwrap() {
            if pts.as_secs_f64() > until {
                break;
            }
            let at = Moment::after_origin(Timestamp::UNIX_EPOCH, pts);
            let look = slot.look(&mut inference, &mut estimator, (&picture, at), None, 0).unwrap();
            seen.push(Seen {
                pts,
                looked: match look.looked {
                    frame_gate::Looked::NotAtAll => Looked::NotAtAll,
                    frame_gate::Looked::Once => Looked::Once,
                    frame_gate::Looked::Twice => Looked::Twice,
                },
                detections: look.detections,
                image_stats: look.image_stats,
                coarse: look.coarse,
            });
        }
        assert!(seen.len() > 20, "{} has pictures", clip.display());
        Film { entry, seen }
    }

    /// Writes the journal of a box whose only camera saw this from `begins` on, into `folder/journal`.
    pub fn journal(&self, folder: &Path, text: &str, begins: Timestamp, besides: Besides) {
        let path = folder.join("lookout.toml");
        fs::write(&path, text).unwrap();
        let config = Config::from_text(&path, text, &Surroundings::elsewhere(&path))
            .unwrap_or_else(|problems| panic!("{problems}\n{text}"));
        let settings = journal::Settings {
            folder: folder.join("journal"),
            keep: Duration::from_secs(100 * 365 * 86_400),
            max_bytes: 64 << 20,
            leave_free_bytes: 0,
        };
        let journal = Journal::start(settings, Clock::start()).unwrap();
        let mut recorder = journal.recorder();
        let mut entries = Vec::new();
        Watching::new(self, &config, text, &path, begins, besides).run(&mut entries);
        // Fewer than the queue takes, so that nobody need wait.
        assert!(entries.len() < 4_000, "{} entries", entries.len());
        entries.into_iter().for_each(|entry| recorder.record(entry));
        let counts = journal.counts.clone();
        journal.stop(Duration::from_secs(20));
        assert_eq!(counts.lost.load(std::sync::atomic::Ordering::Relaxed), 0, "everything is in the journal");
    }

    fn thresholds(&self) -> impl Iterator<Item = (Class, f32)> + '_ {
        self.entry.thresholds.iter().copied()
    }
}

/// A box that watches a film.
struct Watching<'f> {
    film: &'f Film,
    analysis: Analysis,
    configuration: Configuration,
    camera: Arc<str>,
    /// What the detector was asked for, by class.
    asked_for: Vec<(Class, f32)>,
    begins: Timestamp,
    besides: Besides,
    next_tick: Duration,
    /// What happens besides has happened.
    is_done: bool,
}

impl<'f> Watching<'f> {
    fn new(
        film: &'f Film,
        config: &Config,
        text: &str,
        path: &Path,
        begins: Timestamp,
        besides: Besides,
    ) -> Self {
        let recommended = film.thresholds().collect();
        let plan = config.plan_with(&recommended);
        let camera = plan.cameras[0].clone();
        let by_night = camera.night.iter().flat_map(|night| &night.thresholds);
        let mut asked_for: Vec<(Class, f32)> = Vec::new();
        for (class, score) in camera.thresholds.iter().chain(by_night) {
            match asked_for.iter_mut().find(|(of, _)| of == class) {
                Some((_, least)) => *least = least.min(*score),
                None => asked_for.push((*class, *score)),
            }
        }
        let configuration = Configuration {
            path: path.to_owned(),
            text: text.to_owned(),
            settings: None,
            sha256: "ab".repeat(32),
            model: ModelRef { name: film.entry.name.clone(), sha256: "cd".repeat(32) },
            classes: film.thresholds().map(|(class, _)| class).collect(),
            recommended,
        };
        Watching {
            film,
            analysis: Analysis::new("box-1", plan).unwrap(),
            configuration,
            camera: camera.id.clone(),
            asked_for,
            begins,
            besides,
            next_tick: TICK,
            is_done: false,
        }
    }

    fn at(&self, pts: Duration) -> Moment {
        Moment::after_origin(self.begins, pts)
    }

    fn run(&mut self, out: &mut Vec<Entry>) {
        out.push(Entry::Session(Box::new(Session {
            at: self.at(Duration::ZERO),
            id: 1,
            goes_on: false,
            software: env!("CARGO_PKG_VERSION").to_owned(),
            box_id: "box-1".into(),
            configuration: Arc::new(self.configuration.clone()),
            restored: Vec::new(),
            mutes: Vec::new(),
        })));
        let film = self.film;
        let end = film.seen[film.seen.len() - 1].pts;
        for seen in &film.seen {
            self.pass_time(seen.pts, out);
            let pts = seen.pts.as_secs_f64();
            let is_missed = match self.besides {
                Besides::StreamStops(from) => pts >= from,
                Besides::Overloaded(from, to) | Besides::NotNeeded(from, to) => (from..to).contains(&pts),
                Besides::Nothing | Besides::Muted(..) | Besides::SwitchedOff(..) => false,
            };
            if !is_missed {
                self.look(seen, out);
            }
        }
        // The end of a clip is no fault of its camera.
        if !matches!(self.besides, Besides::StreamStops(_)) {
            self.input(Input::Paused { camera: self.camera.clone(), at: self.at(end) }, out);
        }
        self.pass_time(end + AFTER_THE_END, out);
        out.push(Entry::Stop { at: self.at(end + AFTER_THE_END) });
    }

    fn look(&mut self, seen: &Seen, out: &mut Vec<Entry>) {
        let (camera, at) = (self.camera.clone(), self.at(seen.pts));
        if let Some(stats) = &seen.image_stats {
            let event = Event::ImageStats { camera: camera.clone(), at, stats: stats.clone() };
            let revisions = self.analysis.apply(&event);
            let reading = Box::new(self.analysis.health_reading(&camera).unwrap());
            out.push(Entry::Input(Input::Health { camera: camera.clone(), at, reading }));
            out.extend(revisions.iter().map(Published::of).map(Entry::Published));
        }
        if let Some(coarse) = &seen.coarse {
            self.analysis.apply(&Event::Picture { camera: camera.clone(), at, coarse: coarse.clone() });
        }
        let least = |class: Class| {
            let own = self.asked_for.iter().find(|(of, _)| *of == class);
            own.map_or(0.0, |(_, score)| UNSURE * score)
        };
        let detections: Vec<Detection> =
            seen.detections.iter().filter(|d| d.score >= least(d.class)).copied().collect();
        let event = Event::Detections { camera: camera.clone(), at, detections: detections.clone() };
        let revisions = self.analysis.apply(&event);
        let verdicts = Box::new(self.analysis.verdicts(&camera).unwrap().clone());
        let look = journal::Look { camera, at, looked: seen.looked, detections, verdicts };
        out.push(Entry::Input(Input::Look(look)));
        out.extend(revisions.iter().map(Published::of).map(Entry::Published));
    }

    fn pass_time(&mut self, until: Duration, out: &mut Vec<Entry>) {
        while self.next_tick <= until {
            let now = self.next_tick;
            self.next_tick += TICK;
            self.happen(now, out);
            self.input(Input::Tick { at: self.at(now) }, out);
        }
    }

    /// What happens besides the pictures, once it is time for it.
    fn happen(&mut self, now: Duration, out: &mut Vec<Entry>) {
        let (at, secs) = (self.at(now), now.as_secs_f64());
        let is_due = !self.is_done
            && match self.besides {
                Besides::Nothing => false,
                Besides::StreamStops(from) => secs >= from + SILENT_AFTER.as_secs_f64(),
                Besides::Overloaded(_, due)
                | Besides::NotNeeded(_, due)
                | Besides::Muted(due, ..)
                | Besides::SwitchedOff(due, _) => secs >= due,
            };
        if !is_due {
            return;
        }
        self.is_done = true;
        let unwatched = |from: f64, to: f64, is_overload: bool| {
            let missed = ((to - from) * HZ) as u64;
            Entry::Unwatched(Unwatched {
                at,
                camera: self.camera.clone(),
                over: now,
                blind: Duration::ZERO,
                units: 25 * now.as_secs(),
                not_decoded: if is_overload { 0 } else { 25 * (to - from) as u64 },
                given_up: 0,
                not_due: 0,
                overloaded: if is_overload { missed } else { 0 },
                looked: 0,
            })
        };
        match self.besides {
            Besides::Nothing => {}
            Besides::StreamStops(_) => {
                self.input(Input::Silent { camera: self.camera.clone(), at, cause: None }, out);
            }
            Besides::Overloaded(from, to) => out.push(unwatched(from, to, true)),
            Besides::NotNeeded(from, to) => out.push(unwatched(from, to, false)),
            Besides::Muted(_, field, name) => {
                let until = at.utc + Duration::from_secs(3_600);
                let mute =
                    json!({ field: name, "until": until.to_string(), "by": "desk 2", "reason": "works" });
                out.push(Entry::Mutes { at, mutes: serde_json::from_value(json!([mute])).unwrap() });
            }
            Besides::SwitchedOff(_, rule) => {
                let settings = Some(json!({ "cameras": {}, "rules": { rule: false } }).to_string());
                let configuration = Arc::new(Configuration { settings, ..self.configuration.clone() });
                out.push(Entry::Reload { at, configuration });
            }
        }
    }

    fn input(&mut self, input: Input, out: &mut Vec<Entry>) {
        out.push(Entry::Input(input.clone()));
        let revisions = input.apply(&mut self.analysis);
        out.extend(revisions.iter().map(Published::of).map(Entry::Published));
    }
}
