//! Makes the redacted picture from what was found in a frame and from what the face model finds in it besides. Where that
//! model is not there or fails, the picture is redacted by what the structure model found, and the failure is reported. Alerts
//! wait while this looks, so the time for it is bounded, and the same picture is looked at once. Must never let a picture out
//! in which what was found is not made unrecognisable.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use crate::analysis::alert::Shown;
use crate::analysis::detection::{Class, Detection};
use crate::analysis::empty_view::EmptyView;
use crate::analysis::geometry::Polygon;
use crate::detector::Model;
use crate::evidence::{self, Evidence, EvidenceError, Scene};
use crate::frame::Picture;
use crate::text::{Sentence, config, evidence as say, language_of_log, log_warn};

use super::alert_writer::AlertWriterCounts;
use super::faces::FaceFinder;
use super::writer_message::Snapshot;

/// Looking may be ahead of what is allowed by so much before parts are left out. A picture with eight parts takes most
/// of it where one look takes 0.09 s of a core (models/README.md).
const SAVED: Duration = Duration::from_secs(1);
/// And by so much more before pictures are made without it: alerts wait behind them.
const OWED: Duration = Duration::from_secs(4);
/// What is allowed in the long run: one part in so many of the time that passes.
const ONE_IN: u32 = 4;

/// One per alert writer.
pub(crate) struct Redactor {
    finder: Option<FaceFinder>,
    /// The picture that was looked at last: several alerts may show it.
    last: Option<(Weak<Picture>, Vec<Detection>)>,
    allowance: Allowance,
    started: Instant,
    counts: Arc<AlertWriterCounts>,
}

impl Redactor {
    /// Looks for faces as soon as settings name a model.
    pub(crate) fn new(counts: Arc<AlertWriterCounts>) -> Self {
        Redactor {
            finder: None,
            last: None,
            allowance: Allowance::default(),
            started: Instant::now(),
            counts,
        }
    }

    /// The redacted picture: `finds` is what the structure model can find, `face_model` looks besides, `framed` is what
    /// the picture is about, `masks` what must never be seen, `view` what the camera sees when nobody is there.
    ///
    /// # Errors
    /// As of [`evidence::make`].
    pub(crate) fn make(
        &mut self,
        finds: &[Class],
        face_model: Option<&Arc<Model>>,
        snapshot: &Snapshot,
        framed: &[Shown],
        masks: &[Polygon],
        view: Option<&EmptyView>,
    ) -> Result<Evidence, EvidenceError> {
        let (mut classes, mut seen) = (finds.to_vec(), snapshot.detections.clone());
        match self.faces(face_model, snapshot) {
            Ok(None) => {}
            Ok(Some(faces)) => {
                classes.push(Class::FACE);
                seen.extend(faces);
                *self.counts.no_faces.lock() = None;
            }
            Err(why) => {
                let mut reported = self.counts.no_faces.lock();
                if reported.is_none() {
                    log_warn!(say::faces_weaker(); why = %why.in_language(language_of_log()));
                }
                *reported = Some(config::of(say::faces_weaker(), why));
            }
        }
        evidence::make(&Scene {
            picture: &snapshot.picture,
            classes: &classes,
            seen: &seen,
            shown: framed,
            masks,
            view,
        })
    }

    /// What the face model finds; `None` where none is set.
    fn faces(
        &mut self,
        face_model: Option<&Arc<Model>>,
        snapshot: &Snapshot,
    ) -> Result<Option<Vec<Detection>>, Sentence> {
        let Some(model) = face_model else {
            (self.finder, self.last) = (None, None);
            *self.counts.no_faces.lock() = None;
            return Ok(None);
        };
        let finder = match self.finder.take().filter(|finder| finder.is_with(model)) {
            Some(finder) => finder,
            None => {
                self.last = None;
                FaceFinder::new(model).map_err(|error| error.sentence())?
            }
        };
        let finder = self.finder.insert(finder);
        // Nobody else can have the address as long as this holds on to it.
        let of_last = self.last.as_ref().filter(|(last, _)| last.as_ptr() == Arc::as_ptr(&snapshot.picture));
        if let Some((_, faces)) = of_last {
            return Ok(Some(faces.clone()));
        }
        let Some(room) = self.allowance.room(self.started.elapsed()) else {
            return Err(say::no_time_for_faces());
        };
        let begin = Instant::now();
        let found = finder.find(&snapshot.picture, &snapshot.detections, || begin.elapsed() < room);
        self.allowance.spend(begin.elapsed());
        let faces = found.map_err(|error| error.sentence())?;
        self.last = Some((Arc::downgrade(&snapshot.picture), faces.clone()));
        Ok(Some(faces))
    }
}

/// Time that looking for faces may take, which grows with the time that passes.
#[derive(Debug, Default)]
struct Allowance {
    /// Spent ahead of what was allowed.
    ahead: Duration,
    /// When that was reckoned.
    at: Duration,
}

impl Allowance {
    /// The time for the parts of a picture; `None` where there is not even any for the whole.
    fn room(&mut self, now: Duration) -> Option<Duration> {
        self.ahead = self.ahead.saturating_sub(now.saturating_sub(self.at) / ONE_IN);
        self.at = now;
        (self.ahead < SAVED + OWED).then(|| SAVED.saturating_sub(self.ahead))
    }

    fn spend(&mut self, time: Duration) {
        self.ahead += time;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_a_flood_of_pictures_parts_are_left_out_first_and_then_the_look_and_calm_brings_both_back() {
        let mut allowance = Allowance::default();
        let second = Duration::from_secs(1);
        let mut now = Duration::ZERO;
        assert_eq!(allowance.room(now), Some(SAVED));
        allowance.spend(second * 2);
        assert_eq!(allowance.room(now), Some(Duration::ZERO), "the whole is still looked at");
        allowance.spend(second * 3);
        assert_eq!(allowance.room(now), None);
        now += second * 4;
        assert_eq!(allowance.room(now), Some(Duration::ZERO), "a second of the four is allowed");
        now += second * 60;
        assert_eq!(allowance.room(now), Some(SAVED));
    }
}
