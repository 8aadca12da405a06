//! Makes a picture unrecognisable for viewers: as evidence is, but where one of the models that are wanted does not look,
//! there is no picture. Evidence is made all the same then, less well, because an alert must be shown; nobody must be shown
//! what a street looks like.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::alerts::faces::FaceFinder;
use crate::analysis::detection::Class;
use crate::analysis::geometry::Polygon;
use crate::detector::{Detector, Model, Thresholds};
use crate::evidence::{self, Covered, EvidenceError, Redacted, Scene};
use crate::frame::Picture;
use crate::text::{Sentence, config, evidence as of_evidence, log_error, page_live as say};

use super::{ViewPicture, Viewer};

/// Widest picture that is made for somebody to draw on, pixels: that of evidence.
pub(super) const SHAPE_WIDTH: u32 = 1280;

/// What a configuration says about pictures for viewers.
#[derive(Clone)]
pub(crate) struct RedactionSettings {
    /// Whether the site wants pictures at all.
    pub is_on: bool,
    /// What the structure model can find.
    pub classes: Vec<Class>,
    /// What looks for faces besides, if anything is wanted; why it does not, where it should.
    pub faces: Result<Option<Arc<Model>>, Sentence>,
    /// What must never be seen, per camera; also says which cameras there are.
    pub masks: BTreeMap<Arc<str>, Vec<Polygon>>,
    /// Gives what looks at a picture of no camera.
    pub finders: MakeFinders,
}

impl fmt::Debug for RedactionSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cameras = self.masks.keys().collect::<Vec<_>>();
        f.debug_struct("RedactionSettings")
            .field("is_on", &self.is_on)
            .field("cameras", &cameras)
            .finish_non_exhaustive()
    }
}

/// What looks for people in a single picture.
pub(crate) struct Finders {
    /// The structure model.
    pub detector: Box<dyn Detector>,
    /// Down to what it is believed.
    pub thresholds: Thresholds,
    /// What it can find.
    pub classes: Vec<Class>,
    /// As of [`RedactionSettings::faces`].
    pub faces: Result<Option<Arc<Model>>, Sentence>,
}

/// Gives them; may load models.
pub(crate) type MakeFinders = Arc<dyn Fn() -> Result<Finders, Sentence> + Send + Sync>;

/// One per thread that redacts.
#[derive(Default)]
pub(crate) struct StrictRedactor {
    finder: Option<FaceFinder>,
}

impl StrictRedactor {
    /// The redacted picture; faces are looked for besides.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) fn redact(
        &mut self,
        faces: &Result<Option<Arc<Model>>, Sentence>,
        scene: &Scene<'_>,
    ) -> Result<Redacted, Sentence> {
        let made = catch_unwind(AssertUnwindSafe(|| self.try_to_redact(faces, scene)));
        made.unwrap_or_else(|_| {
            self.finder = None;
            log_error!(say::log_panicked());
            Err(say::not_made())
        })
    }

    fn try_to_redact(
        &mut self,
        faces: &Result<Option<Arc<Model>>, Sentence>,
        scene: &Scene<'_>,
    ) -> Result<Redacted, Sentence> {
        let (mut classes, mut seen) = (scene.classes.to_vec(), scene.seen.to_vec());
        match faces {
            Ok(None) => self.finder = None,
            Ok(Some(model)) => {
                let finder = match self.finder.take().filter(|finder| finder.is_with(model)) {
                    Some(finder) => finder,
                    None => {
                        FaceFinder::new(model).map_err(|error| say::faces_not_looked_for(error.sentence()))?
                    }
                };
                // In all parts of the picture, however long it takes: the next picture waits.
                let faces = self.finder.insert(finder).find(scene.picture, scene.seen, || true);
                seen.extend(faces.map_err(|error| say::faces_not_looked_for(error.sentence()))?);
                classes.push(Class::FACE);
            }
            Err(why) => return Err(say::faces_not_looked_for(why.clone())),
        }
        let scene = Scene { classes: &classes, seen: &seen, ..*scene };
        evidence::redacted(&scene).map_err(|error| sentence(&error))
    }
}

/// So wide at most.
///
/// # Errors
/// Why there is none.
pub(super) fn encoded(redacted: &Redacted, most_width: u32) -> Result<ViewPicture, Sentence> {
    let jpeg = redacted.jpeg(most_width).map_err(|error| sentence(&error))?;
    let is_coarse = redacted.covered() == Covered::Everything;
    Ok(ViewPicture { jpeg: jpeg.bytes.into(), width: jpeg.width, height: jpeg.height, is_coarse })
}

/// See [`super::redact_once`].
pub(super) fn once(viewer: &Viewer, picture: &Picture, masks: &[Polygon]) -> Result<ViewPicture, Sentence> {
    let hub = viewer.hub();
    let _one_at_a_time = hub.once.lock();
    let settings = hub.settings().ok_or_else(say::not_made)?;
    if !settings.is_on {
        return Err(of_evidence::switched_off());
    }
    let Finders { mut detector, thresholds, classes, faces } = (settings.finders)()?;
    let mut found = Vec::new();
    let looked = catch_unwind(AssertUnwindSafe(|| detector.detect(picture, None, &thresholds, &mut found)));
    looked.map_err(|_| say::not_made())?.map_err(|error| say::people_not_looked_for(error.sentence()))?;
    let scene = Scene { picture, classes: &classes, seen: &found, shown: &[], masks, view: None };
    let redacted = StrictRedactor::default().redact(&faces, &scene)?;
    encoded(&redacted, SHAPE_WIDTH)
}

fn sentence(error: &EvidenceError) -> Sentence {
    match error.hint() {
        Some(hint) => config::and_also(error.sentence(), hint),
        None => error.sentence(),
    }
}
