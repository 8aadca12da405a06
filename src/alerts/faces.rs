//! Faces in the pictures that leave the box: looked for by a model of their own, in the whole picture and enlarged around
//! the people in it, only when a picture is made.
//!
//! The model is a second one: what the structure model finds is redacted with or without it, so nothing here keeps the
//! box from watching. Where it is missing, damaged or failing, that is reported. Must never hold alerts up for long: time is
//! spent from an allowance, and the same picture is looked at once.

use std::sync::Arc;

use crate::analysis::detection::{Class, Detection};
use crate::analysis::geometry::BBox;
use crate::config::FaceModel;
use crate::detector::face_model::{self, NoFaceModel};
use crate::detector::manifest::{Manifest, ManifestError, ModelEntry};
use crate::detector::{Detector, InferError, Inference, Model, ModelError, Thresholds};
use crate::frame::Picture;
use crate::text::{Sentence, config, evidence as say, language_of_log, log_warn};
use crate::types::provider::Provider;

/// Maximum number of parts around people. Measured on the `val` pictures of models/README.md, every second one with a face: 0.74 of
/// the faces are found in the whole, 0.86 with six such parts, 0.90 with four and the four that cover everything.
const MOST_PARTS: usize = 4;
/// A part is at least so much of the picture's width: what lies closer together is looked at together.
const PART_WIDTH: f32 = 0.3;
/// Head and shoulders are so much of the height of somebody who stands. Twice what is pixelated: boxes are loose.
const UPPER_PART: f32 = 0.5;
/// Somebody is upright whose box is higher than wide by this; as where heads are pixelated.
const UPRIGHT: f32 = 1.2;
/// Each of the four covers so much of the width and of the height.
const TILE: f32 = 0.6;
/// Boxes of the whole picture and of its parts that overlap more are one face.
const SAME_FACE_IOU: f32 = 0.3;

/// The face model of a configuration: there, not wanted, or not there and why.
#[derive(Debug, Clone, Default)]
pub struct Faces {
    model: Option<Arc<Model>>,
    trouble: Option<Sentence>,
}

/// The description of the face model that is wanted; `None` where none is.
///
/// # Errors
/// Why there is none: a name that no list has, or no file.
pub fn entry(wanted: &FaceModel, manifest: &Manifest) -> Result<Option<ModelEntry>, NoFaces> {
    match wanted {
        FaceModel::Off => Ok(None),
        FaceModel::Usual => face_model::find(Some(manifest.file())).map(Some).map_err(NoFaces::File),
        FaceModel::Named(name) => match manifest.model(name) {
            Ok(entry) => Ok(Some(entry.clone())),
            Err(_) if name == face_model::NAME => entry(&FaceModel::Usual, manifest),
            Err(error) => Err(NoFaces::Name(error)),
        },
    }
}

/// Why there is no face model.
#[derive(Debug)]
pub enum NoFaces {
    /// The configuration names one that nobody described.
    Name(ManifestError),
    /// Its file is not there.
    File(NoFaceModel),
}

impl NoFaces {
    /// Why, for people.
    pub fn sentence(&self) -> Sentence {
        match self {
            NoFaces::Name(error) => error.sentence(),
            NoFaces::File(error) => error.sentence(),
        }
    }
}

impl Faces {
    /// Loads it. A model that cannot be loaded is reported as trouble.
    ///
    /// # Errors
    /// The configuration names a model that is not described.
    pub fn load(
        wanted: &FaceModel,
        manifest: &Manifest,
        providers: &[Provider],
    ) -> Result<Self, ManifestError> {
        let loaded = match entry(wanted, manifest) {
            Ok(None) => return Ok(Faces::default()),
            Ok(Some(entry)) => Model::load(&entry, providers).map_err(|error| error.sentence()),
            Err(NoFaces::Name(error)) => return Err(error),
            Err(NoFaces::File(error)) => Err(error.sentence()),
        };
        Ok(match loaded {
            Ok(model) => Faces { model: Some(Arc::new(model)), trouble: None },
            Err(why) => {
                let language = language_of_log();
                let hint = say::try_face_model().in_language(language);
                log_warn!(say::faces_weaker(); why = %why.in_language(language), %hint);
                let what = config::of(say::faces_weaker(), why);
                Faces { model: None, trouble: Some(config::and_also(what, say::try_face_model())) }
            }
        })
    }

    /// The model, where there is one.
    pub fn model(&self) -> Option<&Arc<Model>> {
        self.model.as_ref()
    }

    /// The model for those who make no picture without it: `None` where none is wanted, why there is none where one is.
    pub(crate) fn strictly(&self) -> Result<Option<Arc<Model>>, Sentence> {
        match &self.trouble {
            Some(why) => Err(why.clone()),
            None => Ok(self.model.clone()),
        }
    }

    /// Why there is none although one is wanted, and what follows.
    pub fn trouble(&self) -> Option<&Sentence> {
        self.trouble.as_ref()
    }
}

/// Looks for faces with one model, on one thread.
pub struct FaceFinder {
    model: Arc<Model>,
    inference: Inference,
}

impl FaceFinder {
    /// With buffers of its own.
    ///
    /// # Errors
    /// Memory for the pictures cannot be allocated.
    pub fn new(model: &Arc<Model>) -> Result<Self, ModelError> {
        Ok(FaceFinder { model: Arc::clone(model), inference: Inference::new(std::slice::from_ref(model))? })
    }

    /// Whether it looks with this very model.
    pub(crate) fn is_with(&self, model: &Arc<Model>) -> bool {
        Arc::ptr_eq(&self.model, model)
    }

    /// The faces in a picture in which `seen` was found: in the whole of it, then in enlarged parts, one after the other
    /// for as long as `goes_on`.
    ///
    /// # Errors
    /// [`InferError`]; the next picture may well succeed.
    pub fn find(
        &mut self,
        picture: &Picture,
        seen: &[Detection],
        mut goes_on: impl FnMut() -> bool,
    ) -> Result<Vec<Detection>, InferError> {
        let (mut all, mut found) = (Vec::new(), Vec::new());
        self.inference.detect(picture, None, &Thresholds::default(), &mut all)?;
        let (width, height) = picture.format().shown_size();
        let parts = parts(seen, width, height);
        for part in parts.into_iter().take_while(|_| goes_on()) {
            self.inference.detect(picture, Some(part), &Thresholds::default(), &mut found)?;
            all.extend_from_slice(&found);
        }
        all.sort_by(|a, b| b.score.total_cmp(&a.score));
        let mut faces: Vec<Detection> = Vec::new();
        for one in all {
            let is_known = |known: &Detection| known.box_in_frame.iou(&one.box_in_frame) > SAME_FACE_IOU;
            if !faces.iter().any(is_known) {
                faces.push(one);
            }
        }
        Ok(faces)
    }
}

/// Parts of the picture that are worth a closer look, shaped as the whole is: around the heads of the people in it, the
/// surest first; then all of it, for people whom nobody found.
fn parts(seen: &[Detection], width: usize, height: usize) -> Vec<BBox> {
    let aspect = width as f32 / height.max(1) as f32;
    let mut parts: Vec<BBox> = Vec::new();
    let mut people: Vec<&Detection> = seen.iter().filter(|seen| seen.class == Class::PERSON).collect();
    people.sort_by(|a, b| b.score.total_cmp(&a.score));
    for head in people.into_iter().map(|person| upper_part(person.box_in_frame, aspect)) {
        if parts.len() == MOST_PARTS {
            break;
        }
        let is_within = |part: &BBox| {
            part.x0 <= head.x0 && part.y0 <= head.y0 && part.x1 >= head.x1 && part.y1 >= head.y1
        };
        let side = head.width().max(head.height()).max(PART_WIDTH);
        // Somebody who fills half of the picture is large enough in the whole.
        if side > 0.5 || parts.iter().any(is_within) {
            continue;
        }
        let around = |from: f32, to: f32| {
            let begin = ((from + to - side) / 2.0).clamp(0.0, 1.0 - side);
            (begin, begin + side)
        };
        let ((x0, x1), (y0, y1)) = (around(head.x0, head.x1), around(head.y0, head.y1));
        parts.push(BBox::new(x0, y0, x1, y1));
    }
    parts.extend(tiles());
    parts
}

/// Four parts that overlap in the middle.
fn tiles() -> [BBox; 4] {
    let far = 1.0 - TILE;
    [(0.0, 0.0), (far, 0.0), (0.0, far), (far, far)].map(|(x, y)| BBox::new(x, y, x + TILE, y + TILE))
}

/// Where the head of a person can be: the upper part of who stands, all of who does not.
fn upper_part(person: BBox, aspect: f32) -> BBox {
    let is_upright = person.height() > person.width() * aspect * UPRIGHT;
    let part = if is_upright { UPPER_PART } else { 1.0 };
    let margin = person.height() * 0.1;
    BBox { y0: person.y0 - margin, y1: person.y0 + person.height() * part, ..person }.clipped()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(score: f32, x0: f32, y0: f32, x1: f32, y1: f32) -> Detection {
        Detection { class: Class::PERSON, score, box_in_frame: BBox::new(x0, y0, x1, y1) }
    }

    fn around_people(seen: &[Detection]) -> Vec<BBox> {
        let mut all = parts(seen, 1920, 1080);
        assert!(all.ends_with(&tiles()), "everything is looked at in the end");
        all.truncate(all.len() - tiles().len());
        all
    }

    #[test]
    fn people_who_stand_together_are_looked_at_together_and_large_ones_not_again() {
        let two = [person(0.9, 0.20, 0.2, 0.26, 0.5), person(0.8, 0.24, 0.2, 0.30, 0.5)];
        let [part] = around_people(&two)[..] else { panic!("one part was expected") };
        for head in two.map(|person| upper_part(person.box_in_frame, 16.0 / 9.0)) {
            assert!(part.x0 <= head.x0 && part.x1 >= head.x1 && part.y0 <= head.y0 && part.y1 >= head.y1);
        }
        assert_eq!(around_people(&[person(0.9, 0.1, 0.0, 0.9, 1.0)]), []);
        let face = Detection { class: Class::FACE, ..person(0.9, 0.2, 0.2, 0.3, 0.3) };
        assert_eq!(around_people(&[face]), []);
    }

    #[test]
    fn parts_lie_in_the_picture_and_a_crowd_costs_no_more_than_so_many() {
        let crowd: Vec<Detection> = (0..60)
            .map(|n| (n as f32 % 10.0 / 10.0, (n / 10) as f32 / 6.0))
            .map(|(x, y)| person(0.5, x, y, (x + 0.03).min(1.0), (y + 0.1).min(1.0)))
            .collect();
        let parts = around_people(&crowd);
        assert_eq!(parts.len(), MOST_PARTS);
        let whole = 0.0..=1.0;
        let inside = |part: &BBox| [part.x0, part.y0, part.x1, part.y1].iter().all(|v| whole.contains(v));
        assert!(parts.iter().all(inside), "{parts:?}");
    }
}
