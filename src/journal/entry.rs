//! What the journal holds, record by record: inputs of the analysis, what it published live, and what was not watched.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::analysis::alert::{Acknowledgement, AlertId, Revision};
use crate::analysis::alert_lifecycle::handling::HandlingStep;
use crate::analysis::camera_health::NoVideoCause;
use crate::analysis::derived::{HealthReading, LookVerdicts};
use crate::analysis::detection::{Class, Detection};
use crate::analysis::sensor::RawReading;
use crate::analysis::time::{Moment, Timestamp};
use crate::analysis::{Analysis, Event};
use crate::contract::alert::ModelRef;
use crate::contract::mute::Mute;
use crate::text::Sentence;
use crate::types::level::Level;
use crate::types::phase::{Phase, PhaseReason};

/// One record, in the order in which the analysis took it in.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// A run of the daemon began, or goes on from before the earliest record that is read: a new [`Analysis`] is made.
    Session(Box<Session>),
    /// Another configuration came into force within a session.
    Reload {
        /// When.
        at: Moment,
        /// Which.
        configuration: Arc<Configuration>,
    },
    /// An input, to be given to [`Input::apply`].
    Input(Input),
    /// Other alerts are muted from now on. Alerts are made and published all the same.
    Mutes {
        /// When.
        at: Moment,
        /// All that are in force.
        mutes: Vec<Mute>,
    },
    /// A revision that was published live, after the input (or session, or reload) that it follows from.
    Published(Published),
    /// What was not watched, or not in time, since the record before it of the same camera; about once a minute.
    Unwatched(Unwatched),
    /// What a second configuration did that judges beside the one that runs. Whoever judges passes over it.
    Shadow(Shadow),
    /// Records are missing here. State before and after it are not connected.
    Hole(Hole),
    /// The session ended as it should. Without this before the next session the daemon was killed, and the last seconds
    /// before it are missing.
    Stop {
        /// When.
        at: Moment,
    },
}

impl Entry {
    /// When; `None` of a hole whose time is unknown.
    pub fn at(&self) -> Option<Moment> {
        match self {
            Entry::Session(session) => Some(session.at),
            Entry::Reload { at, .. } | Entry::Mutes { at, .. } | Entry::Stop { at } => Some(*at),
            Entry::Input(input) => Some(input.at()),
            Entry::Published(published) => Some(published.at),
            Entry::Unwatched(unwatched) => Some(unwatched.at),
            Entry::Shadow(shadow) => Some(shadow.at),
            Entry::Hole(hole) => hole.at,
        }
    }

    /// The configuration that is in force from here on, where it says so.
    pub fn configuration(&self) -> Option<&Arc<Configuration>> {
        match self {
            Entry::Session(session) => Some(&session.configuration),
            Entry::Reload { configuration, .. } => Some(configuration),
            Entry::Mutes { .. }
            | Entry::Input(_)
            | Entry::Published(_)
            | Entry::Unwatched(_)
            | Entry::Shadow(_)
            | Entry::Hole(_)
            | Entry::Stop { .. } => None,
        }
    }
}

/// A run of the daemon.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// When it began; of one that goes on, when the file begins in which it is found.
    pub at: Moment,
    /// The same in all parts of one run, and another one in every run.
    pub id: u64,
    /// Whether it began before: what was open and followed then is unknown here, so the first minutes of a replay differ.
    pub goes_on: bool,
    /// Version of the program that wrote it. Another version may decide otherwise.
    pub software: String,
    /// What alerts are numbered by: the first argument of [`Analysis::new`].
    pub box_id: Arc<str>,
    /// What runs.
    pub configuration: Arc<Configuration>,
    /// The alerts that were taken up at the start, as the box keeps them for itself, in the order in which
    /// `Analysis::restore` took them at [`Session::at`]. Empty where the session goes on.
    pub restored: Vec<Vec<u8>>,
    /// Which alerts are muted.
    pub mutes: Vec<Mute>,
}

/// A configuration, with what its plan needs of the models, which need not be there to judge.
///
/// The plan of the analysis comes from it with `Config::from_text(&path, &text, &Surroundings::elsewhere(&path))`, then
/// `control::settings::apply` where there are [`Configuration::settings`], then
/// `config.plan_with(&configuration.recommended)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Configuration {
    /// The file that it stands in; relative paths in it are meant from there.
    pub path: PathBuf,
    /// The text, as it was taken up. Holds no secret: those stand in files of their own.
    pub text: String,
    /// The values that the command centre set in place of the text's, as JSON (`control::overrides::Settings`).
    pub settings: Option<String>,
    /// SHA-256 of what it says, hexadecimal, as published.
    pub sha256: String,
    /// The model that looked at the pictures.
    pub model: ModelRef,
    /// Every class that it finds, in order.
    pub classes: Vec<Class>,
    /// The thresholds that it recommends; those of cameras come first.
    pub recommended: BTreeMap<Class, f32>,
}

/// An input of the analysis.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// A frame was looked at.
    Look(Look),
    /// What a picture said about its camera's health.
    Health {
        /// The camera.
        camera: Arc<str>,
        /// When the frame was taken.
        at: Moment,
        /// What it said.
        reading: Box<HealthReading>,
    },
    /// The camera stopped giving frames.
    Silent {
        /// The camera.
        camera: Arc<str>,
        /// When that was noticed.
        at: Moment,
        /// Why, where that is known.
        cause: Option<NoVideoCause>,
    },
    /// The camera gives frames again.
    Back {
        /// The camera.
        camera: Arc<str>,
        /// When.
        at: Moment,
    },
    /// Nobody looks at the camera until its next frame.
    Paused {
        /// The camera.
        camera: Arc<str>,
        /// When its latest frame was taken.
        at: Moment,
    },
    /// A sensor said something.
    Reading {
        /// The sensor.
        sensor: Arc<str>,
        /// When it was received.
        at: Moment,
        /// What it said. Of one that could not be read the words are kept in English only; no revision holds them.
        reading: RawReading,
    },
    /// Time passed.
    Tick {
        /// Now.
        at: Moment,
    },
    /// Somebody took an alert on.
    Acknowledge {
        /// Which alert.
        alert: AlertId,
        /// Who, when, what they wrote.
        acknowledgement: Acknowledgement,
        /// When it was taken in.
        at: Moment,
    },
    /// Somebody did something about an alert: among others, gave a verdict.
    Handle {
        /// Which alert.
        alert: AlertId,
        /// What.
        step: HandlingStep,
        /// When it was taken in.
        at: Moment,
    },
    /// An alert was muted, or is not any more.
    MuteChanged {
        /// Which alert.
        alert: AlertId,
        /// When.
        at: Moment,
    },
    /// A test alert was asked for.
    Test {
        /// By whom.
        by: String,
        /// The code of its place.
        grid: Arc<str>,
        /// When.
        at: Moment,
    },
}

impl Input {
    /// When.
    pub fn at(&self) -> Moment {
        match self {
            Input::Look(look) => look.at,
            Input::Health { at, .. }
            | Input::Silent { at, .. }
            | Input::Back { at, .. }
            | Input::Paused { at, .. }
            | Input::Reading { at, .. }
            | Input::Tick { at }
            | Input::Acknowledge { at, .. }
            | Input::Handle { at, .. }
            | Input::MuteChanged { at, .. }
            | Input::Test { at, .. } => *at,
        }
    }

    /// The camera that it is of.
    pub fn camera(&self) -> Option<&Arc<str>> {
        match self {
            Input::Look(Look { camera, .. })
            | Input::Health { camera, .. }
            | Input::Silent { camera, .. }
            | Input::Back { camera, .. }
            | Input::Paused { camera, .. } => Some(camera),
            Input::Reading { .. }
            | Input::Tick { .. }
            | Input::Acknowledge { .. }
            | Input::Handle { .. }
            | Input::MuteChanged { .. }
            | Input::Test { .. } => None,
        }
    }

    /// Gives it to an analysis, as the daemon did, and returns the revisions that follow. What is asked of an alert that
    /// this analysis does not have changes nothing.
    pub fn apply(self, analysis: &mut Analysis) -> Vec<Revision> {
        use crate::analysis::alert::AckOutcome;
        let event = match self {
            Input::Look(Look { camera, at, detections, verdicts, .. }) => {
                Event::Judged { camera, at, detections, verdicts }
            }
            Input::Health { camera, at, reading } => Event::HealthRead { camera, at, reading },
            Input::Silent { camera, at, cause } => Event::CameraSilent { camera, at, cause },
            Input::Back { camera, at } => Event::CameraBack { camera, at },
            Input::Paused { camera, at } => Event::CameraPaused { camera, at },
            Input::Reading { sensor, at, reading } => Event::Reading { sensor, at, reading },
            Input::Tick { at } => Event::Tick { at },
            Input::Acknowledge { alert, acknowledgement, at } => {
                return match analysis.acknowledge(&alert, &acknowledgement, at) {
                    Ok(AckOutcome::Now(revision)) => vec![*revision],
                    Ok(AckOutcome::Before(_)) | Err(_) => Vec::new(),
                };
            }
            Input::Handle { alert, step, at } => {
                return analysis.handle(&alert, &step, at).into_iter().collect();
            }
            Input::MuteChanged { alert, at } => {
                return analysis.mute_changed(&alert, at).into_iter().collect();
            }
            Input::Test { by, grid, at } => return analysis.begin_test(&by, &grid, at).into_iter().collect(),
        };
        analysis.apply(&event)
    }
}

/// A look at a frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    /// The camera.
    pub camera: Arc<str>,
    /// When the frame was taken.
    pub at: Moment,
    /// How it was looked at.
    pub looked: Looked,
    /// Everything found, down to what only continues a track.
    pub detections: Vec<Detection>,
    /// What the picture said about it.
    pub verdicts: Box<LookVerdicts>,
}

/// How a frame was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Looked {
    /// Nothing had moved, so what was found before was taken as still there.
    NotAtAll,
    /// Once, as a whole.
    #[default]
    Once,
    /// As a whole, and a part of it from near.
    Twice,
}

/// A revision that was published, and by what it can be found again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// When it was made.
    pub at: Moment,
    /// Which alert.
    pub alert: AlertId,
    /// Which revision of it.
    pub rev: u32,
    /// Its phase.
    pub phase: Phase,
    /// Why it came.
    pub reason: PhaseReason,
    /// Level then.
    pub level: Level,
    /// The kind of thing.
    pub kind: Arc<str>,
    /// The rule, where one decided by itself.
    pub rule: Option<Arc<str>>,
    /// The first camera.
    pub camera: Option<Arc<str>>,
    /// The grid code of the place.
    pub grid: Arc<str>,
    /// When the condition began.
    pub started_at: Timestamp,
    /// See [`digest`].
    pub digest: Digest,
}

impl Published {
    /// Of a revision.
    pub fn of(revision: &Revision) -> Self {
        Published {
            at: revision.at,
            alert: revision.alert.clone(),
            rev: revision.rev,
            phase: revision.phase,
            reason: revision.reason,
            level: revision.level,
            kind: revision.kind.clone(),
            rule: revision.why.basis.rule().cloned(),
            camera: revision.camera().cloned(),
            grid: revision.grid.clone(),
            started_at: revision.started_at,
            digest: digest(revision),
        }
    }
}

/// The first half of a SHA-256.
pub type Digest = [u8; 16];

/// Over everything that a revision says, in the words of this version of the program: two revisions with the same digest are
/// the same byte for byte. Of another version's nothing can be concluded from a difference.
pub fn digest(revision: &Revision) -> Digest {
    use sha2::Digest as _;
    let whole = sha2::Sha256::digest(format!("{revision:?}").as_bytes());
    let mut half = Digest::default();
    half.copy_from_slice(&whole[..16]);
    half
}

/// Time and frames of a camera that rules could not use, since the record before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwatched {
    /// The end of the time that it is about.
    pub at: Moment,
    /// The camera.
    pub camera: Arc<str>,
    /// The time that it is about.
    pub over: Duration,
    /// Of that, how long the camera was blind: covered, dark, frozen and so on, or without video.
    pub blind: Duration,
    /// Compressed pictures that came.
    pub units: u64,
    /// Those that nobody needed, so that they were not decoded.
    pub not_decoded: u64,
    /// Those that were needed and given up, because the decoder was behind.
    pub given_up: u64,
    /// Decoded frames that were not due.
    pub not_due: u64,
    /// Decoded frames that were due and had to give way to the next one: overload.
    pub overloaded: u64,
    /// Frames that were looked at.
    pub looked: u64,
}

/// What a shadow did: a second configuration that judges what the first one is given. It stands behind the input that it
/// follows from, not always right behind it: a shadow has a thread of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Shadow {
    /// When; of a revision when it was made.
    pub at: Moment,
    /// What.
    pub event: ShadowEvent,
}

/// What a shadow can do.
#[derive(Debug, Clone, PartialEq)]
pub enum ShadowEvent {
    /// It judges every input from here on; after a restart of the daemon that is said again.
    Began(Arc<Configuration>),
    /// A revision that would have been published if its configuration ran.
    Made(Box<Published>),
    /// So many entries came faster than it judged, and it was not given them: from here on it may make other revisions than
    /// a judge of the journal.
    Missed {
        /// How many.
        records: u64,
    },
    /// It judges no more; why, as a word (`shadow::Ending`).
    Ended {
        /// The word.
        why: String,
    },
}

/// A place in the journal where records are missing.
#[derive(Debug, Clone, PartialEq)]
pub struct Hole {
    /// When the records after it begin, where that is known.
    pub at: Option<Moment>,
    /// Why.
    pub why: HoleWhy,
}

/// Why records are missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HoleWhy {
    /// The disk was slower than the analysis: so many records were given up.
    Overflow {
        /// How many.
        records: u64,
    },
    /// A block on disk is damaged.
    Damaged {
        /// The file.
        file: PathBuf,
        /// Where in it, in bytes from its beginning.
        offset: u64,
    },
    /// The file ends within a block: the daemon was killed, or the power went, while it was written.
    Torn {
        /// The file.
        file: PathBuf,
        /// Where in it.
        offset: u64,
    },
    /// The file has another format than this program knows.
    Format {
        /// The file.
        file: PathBuf,
        /// Its format.
        found: u16,
    },
    /// The file cannot be read.
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        why: Sentence,
    },
    /// Files of the time in between are gone: dropped for room, or deleted.
    Dropped {
        /// How many.
        files: u64,
    },
    /// The disk was full, or refused to write: so many records were given up.
    NotWritten {
        /// How many.
        records: u64,
    },
}

impl HoleWhy {
    /// For people.
    pub fn sentence(&self) -> Sentence {
        use crate::text::journal as say;
        match self {
            HoleWhy::Overflow { records } => say::overflow(*records),
            HoleWhy::Damaged { file, offset: 0 } => say::no_journal_file(file.display()),
            HoleWhy::Damaged { file, offset } => say::damaged(file.display(), *offset),
            HoleWhy::Torn { file, offset: 0 } => say::empty(file.display()),
            HoleWhy::Torn { file, offset } => say::torn(file.display(), *offset),
            HoleWhy::Format { file, found } => say::other_format(file.display(), *found, super::FORMAT),
            HoleWhy::Unreadable { file, why } => say::unreadable(file.display(), why.clone()),
            HoleWhy::Dropped { files } => say::dropped(*files),
            HoleWhy::NotWritten { records } => say::not_written(*records),
        }
    }
}

/// What a replay of the journal cannot give as it was, whatever the configuration; one sentence each, for reports.
pub fn not_reproduced() -> Vec<Sentence> {
    use crate::text::journal as say;
    vec![say::pictures_as_asked(), say::furniture_as_learnt(), say::looks_as_taken(), say::without_evidence()]
}
