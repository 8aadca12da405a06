//! `--draw`: the recording as a video in which one sees what the rules made of it.
//!
//! Input are the looks of a [`Playback`], in order; output an mp4 file with a picture for every look. Pictures go through the
//! same redaction as those of the page; one that cannot be redacted is grey. Must never write a pixel that was not redacted.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::super::{Failure, language};
use super::playback::{Looked, Playback};
use super::schedules::Note;
use crate::analysis::detection::Class;
use crate::analysis::empty_view::KNOWN_AFTER;
use crate::config::{Camera, Config};
use crate::daemon;
use crate::daemon::loaded_models::LoadedModels;
use crate::detector::Model;
use crate::evidence::{Covered, EvidenceError, Scene};
use crate::text::{Sentence, command_line, drawing as say, evidence as of_evidence, page_live};
use crate::video::{self, VideoWriter, WriteError};
use crate::view::{Canvas, Drawn, RuleRow, RuleState, StrictRedactor, Trails};

/// Whether a video can be drawn there, asked before the work.
///
/// # Errors
/// Why not, and what to try.
pub(super) fn check(path: &Path, recording: &Path, config: &Config) -> Result<(), Failure> {
    if !config.evidence.enabled {
        return Err(Failure::refused(of_evidence::switched_off()));
    }
    let absolute = |path: &Path| fs::canonicalize(path).ok();
    if absolute(path).is_some_and(|path| Some(path) == absolute(recording)) {
        let what = say::is_the_recording(path.display());
        return Err(Failure::refused(what).hint(command_line::try_other_place()));
    }
    video::may_write(path).map_err(|error| Failure::refused(error.sentence()).hint_if(error.hint()))
}

/// Draws one recording.
pub(super) struct Drawing<'r> {
    config: &'r Config,
    camera: &'r Camera,
    path: PathBuf,
    classes: Vec<Class>,
    faces: Result<Option<Arc<Model>>, Sentence>,
    redactor: StrictRedactor,
    trails: Trails,
    canvas: Option<(Canvas, VideoWriter)>,
    pictures: u64,
    coarse: u64,
    grey: u64,
    why_grey: Option<Sentence>,
}

impl<'r> Drawing<'r> {
    /// Nothing is drawn yet.
    ///
    /// # Errors
    /// No picture could be redacted with these models.
    pub(super) fn new(
        path: PathBuf,
        config: &'r Config,
        camera: &'r Camera,
        models: &LoadedModels,
    ) -> Result<Self, Failure> {
        let (classes, faces) = (models.classes(), models.faces().strictly());
        let finds_people = classes.iter().any(|class| [Class::PERSON, Class::FACE].contains(class));
        if !finds_people && !matches!(faces, Ok(Some(_))) {
            let error = EvidenceError::CannotRedact;
            return Err(Failure::refused(error.sentence()).hint_if(error.hint()));
        }
        if let Err(why) = &faces {
            return Err(Failure::refused(page_live::faces_not_looked_for(why.clone())));
        }
        Ok(Drawing {
            config,
            camera,
            path,
            classes,
            faces,
            redactor: StrictRedactor::default(),
            trails: Trails::default(),
            canvas: None,
            pictures: 0,
            coarse: 0,
            grey: 0,
            why_grey: None,
        })
    }

    /// Adds one look.
    ///
    /// # Errors
    /// The video cannot be written.
    pub(super) fn add(&mut self, playback: &Playback<'_>, looked: &Looked) -> Result<(), Failure> {
        let Looked { pts, at, picture, detections, .. } = looked;
        let mut seen = daemon::seen(playback.analysis(), &self.camera.id, *at);
        self.trails.follow(&mut seen, *pts);
        let view = playback.empty_view();
        let shown: Vec<_> = seen.boxes.iter().map(crate::view::shown).collect();
        let scene = Scene {
            picture,
            classes: &self.classes,
            seen: detections,
            shown: &shown,
            masks: &self.camera.masks,
            view: Some(&view),
        };
        let redacted = self.redactor.redact_next(&self.faces, &scene, *pts);
        self.pictures += 1;
        let redacted = match redacted {
            Ok(redacted) => {
                self.coarse += u64::from(redacted.covered() == Covered::Everything);
                Some(redacted)
            }
            Err(why) => {
                self.grey += 1;
                self.why_grey.get_or_insert(why);
                None
            }
        };
        let rules = self.rules(playback, looked);
        let zone = self.config.site.time_zone.clone();
        let time = at.utc.to_zoned(zone).strftime("%Y-%m-%d %H:%M:%S").to_string();
        let left = [&*time, &*self.camera.id].join("  ");
        let right = format!("+{:.1}", pts.as_secs_f64());
        let (canvas, writer) = match &mut self.canvas {
            Some(canvas) => canvas,
            none => {
                let language = language::asked().unwrap_or(self.config.site.language);
                let canvas = Canvas::new(picture.format().shown_size(), &rules, language);
                let writer = VideoWriter::create(&self.path, canvas.size(), self.camera.analysis_hz);
                none.insert((canvas, writer.map_err(failed)?))
            }
        };
        let drawn = Drawn {
            picture: redacted,
            seen: &seen,
            masks: &self.camera.masks,
            rules: &rules,
            heading: (&left, &right),
        };
        writer.add(canvas.draw(drawn), *pts).map_err(failed)
    }

    /// Ends the video at that time, and says what came of it; nothing where there was no picture.
    ///
    /// # Errors
    /// As [`Drawing::add`].
    pub(super) fn finish(self, end: Duration) -> Result<Vec<Note>, Failure> {
        let Some((canvas, writer)) = self.canvas else { return Ok(Vec::new()) };
        let (width, height) = canvas.size();
        let done = say::drawn(self.path.display(), writer.encoder().to_string(), width, height);
        writer.finish(end).map_err(failed)?;
        let mut notes = vec![(done, None)];
        if let Some(why) = self.why_grey {
            notes.push((say::grey(self.grey, self.pictures, why), None));
        }
        if self.coarse > 0 {
            let minutes = KNOWN_AFTER.as_secs() / 60;
            notes.push((say::coarse(self.coarse, self.pictures, minutes), None));
        }
        Ok(notes)
    }

    /// The rules of the camera, then the signals that they feed.
    fn rules(&self, playback: &Playback<'_>, looked: &Looked) -> Vec<RuleRow> {
        let analysis = playback.analysis();
        let watching = || self.config.rules.iter().filter(|rule| rule.cameras.contains(&self.camera.id));
        let of_rules = watching().map(|rule| {
            let alert = analysis.open().find(|open| open.why.basis.rule() == Some(&rule.id));
            let holds = || analysis.holding(&self.camera.id).any(|holding| holding.id == rule.id);
            let state = match alert {
                Some(alert) => RuleState::Alert(alert.level),
                None if !rule.schedule.in_force(looked.at.utc) => RuleState::Off,
                None if holds() => RuleState::Holds,
                None => RuleState::Watches,
            };
            RuleRow { name: rule.id.to_string(), state }
        });
        let fed =
            self.config.signals.iter().filter(|signal| watching().any(|rule| rule.signal == signal.kind));
        let of_signals = fed.map(|signal| {
            let is_of_it = |open: &&crate::analysis::alert::Revision| {
                open.kind == signal.kind && open.why.basis.rule().is_none()
            };
            let alert = analysis.open().find(is_of_it);
            let state = alert.map_or(RuleState::Watches, |alert| RuleState::Alert(alert.level));
            RuleRow { name: signal.kind.to_string(), state }
        });
        of_rules.chain(of_signals).collect()
    }
}

fn failed(error: WriteError) -> Failure {
    Failure::tried(error.sentence()).hint_if(error.hint())
}
