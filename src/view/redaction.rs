//! Makes a picture unrecognisable for viewers: as evidence is, but where one of the models that are wanted does not look,
//! there is no picture. Evidence is made all the same then, less well, because an alert must be shown; nobody must be shown
//! what a street looks like.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use crate::alerts::faces::FaceFinder;
use crate::analysis::detection::{Class, Detection};
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
    /// Of a recording, what was found in the latest picture that was searched.
    remembered: Option<Remembered>,
}

/// In pictures of a recording that follow one another the parts are searched this often, and faces of the latest such search count
/// until then besides those that are found in the whole of each. The face model takes ten times as long for a picture with its
/// parts as everything else together.
const SEARCH_EVERY: Duration = Duration::from_millis(600);
/// A face that is remembered is widened on every side by so many of its own sizes for a second that went by: a head moves by some
/// six of its widths when somebody walks across the picture. People who were found are covered where they are now in any case,
/// and so is whatever differs from the empty view.
const DRIFT_PER_SEC: f32 = 6.0;

/// A vehicle whose box overlaps its former one so much has not moved: in one that moves a face moves too fast to be remembered.
const STANDS_STILL: f32 = 0.9;

/// Where pictures are left clearer, and somebody may sit.
fn is_vehicle(class: Class) -> bool {
    [Class::CAR, Class::BUS, Class::TRUCK].contains(&class)
}

/// What a search found.
#[derive(Debug)]
struct Remembered {
    at: Duration,
    faces: Vec<Detection>,
    /// What else was in the picture: something new is a reason to search at once.
    seen: Vec<Detection>,
    /// Only the whole of the picture was searched, not its parts.
    is_whole_only: bool,
}

impl Remembered {
    /// Whether it still says where faces are, if a search of the whole were enough or not.
    fn holds(&self, scene: &Scene<'_>, at: Duration, is_whole_enough: bool) -> bool {
        let is_known = |one: &Detection| {
            let of_its_class = self.seen.iter().filter(|before| before.class == one.class);
            let mut before = of_its_class.map(|before| &before.box_in_frame);
            match is_vehicle(one.class) {
                true => before.any(|b| b.iou(&one.box_in_frame) > STANDS_STILL),
                false => before.any(|b| b.intersection(&one.box_in_frame).is_some()),
            }
        };
        let is_recent = at >= self.at && at - self.at < SEARCH_EVERY;
        is_recent && (is_whole_enough || !self.is_whole_only) && scene.seen.iter().all(is_known)
    }

    /// Where faces can be by now. One within the box of somebody who is found where it was has its place: they are covered
    /// themselves.
    fn faces(&self, seen: &[Detection], at: Duration) -> impl Iterator<Item = Detection> {
        let drift = DRIFT_PER_SEC * at.saturating_sub(self.at).as_secs_f32();
        self.faces.iter().map(move |face| {
            let b = face.box_in_frame;
            let is_of =
                |one: &Detection| one.class == Class::PERSON && one.box_in_frame.hull(&b) == one.box_in_frame;
            let by = if seen.iter().any(is_of) { 0.0 } else { drift } * b.width().max(b.height());
            Detection { box_in_frame: b.grown(by, by), ..*face }
        })
    }
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

    /// The same of the next picture of a recording, taken so long after its beginning: faces of a search shortly before count, where they
    /// can be by now.
    ///
    /// # Errors
    /// As [`StrictRedactor::redact`].
    pub(crate) fn redact_next(
        &mut self,
        faces: &Result<Option<Arc<Model>>, Sentence>,
        scene: &Scene<'_>,
        at: Duration,
    ) -> Result<Redacted, Sentence> {
        let made = catch_unwind(AssertUnwindSafe(|| self.try_to_redact_next(faces, scene, at)));
        made.unwrap_or_else(|_| {
            (self.finder, self.remembered) = (None, None);
            log_error!(say::log_panicked());
            Err(say::not_made())
        })
    }

    fn try_to_redact_next(
        &mut self,
        model: &Result<Option<Arc<Model>>, Sentence>,
        scene: &Scene<'_>,
        at: Duration,
    ) -> Result<Redacted, Sentence> {
        let mut remembered = self.remembered.take();
        let search = |with_parts| self.find(model, scene, || with_parts);
        let faces = faces_of_next(&mut remembered, scene, at, search)?;
        self.remembered = remembered;
        redacted(scene, faces, matches!(model, Ok(Some(_))))
    }

    fn try_to_redact(
        &mut self,
        model: &Result<Option<Arc<Model>>, Sentence>,
        scene: &Scene<'_>,
    ) -> Result<Redacted, Sentence> {
        // In all parts of the picture, however long it takes: the next picture waits.
        let faces = self.find(model, scene, || true)?;
        redacted(scene, faces, matches!(model, Ok(Some(_))))
    }

    /// The faces in the picture, if they are looked for: in the whole, and in its parts while `goes_on`.
    fn find(
        &mut self,
        model: &Result<Option<Arc<Model>>, Sentence>,
        scene: &Scene<'_>,
        goes_on: impl FnMut() -> bool,
    ) -> Result<Vec<Detection>, Sentence> {
        let model = match model {
            Ok(Some(model)) => model,
            Ok(None) => {
                self.finder = None;
                return Ok(Vec::new());
            }
            Err(why) => return Err(say::faces_not_looked_for(why.clone())),
        };
        let finder = match self.finder.take().filter(|finder| finder.is_with(model)) {
            Some(finder) => finder,
            None => FaceFinder::new(model).map_err(|error| say::faces_not_looked_for(error.sentence()))?,
        };
        let faces = self.finder.insert(finder).find(scene.picture, scene.seen, goes_on);
        faces.map_err(|error| say::faces_not_looked_for(error.sentence()))
    }
}

/// The faces in the next picture of a recording: those that a search of the whole finds, with its parts or with what is
/// remembered of the latest search of them. `search` looks in the whole, and in the parts where it is told so.
fn faces_of_next(
    remembered: &mut Option<Remembered>,
    scene: &Scene<'_>,
    at: Duration,
    search: impl FnOnce(bool) -> Result<Vec<Detection>, Sentence>,
) -> Result<Vec<Detection>, Sentence> {
    // Where everything is coarse, a face that is too small to be found in the whole is smaller than what is left to see; but
    // vehicles are left clearer.
    let has_vehicle = scene.seen.iter().any(|one| is_vehicle(one.class));
    let is_whole_enough = !has_vehicle && evidence::covers_everything(scene);
    let before = remembered.take().filter(|before| before.holds(scene, at, is_whole_enough));
    let mut faces = search(before.is_none() && !is_whole_enough)?;
    let known = match before {
        Some(before) => {
            faces.extend(before.faces(scene.seen, at));
            before
        }
        None => {
            let (seen, is_whole_only) = (scene.seen.to_vec(), is_whole_enough);
            Remembered { at, faces: faces.clone(), seen, is_whole_only }
        }
    };
    *remembered = Some(known);
    Ok(faces)
}

/// The picture, with these faces besides what was seen in it; `are_sought`: somebody looks for faces.
fn redacted(scene: &Scene<'_>, faces: Vec<Detection>, are_sought: bool) -> Result<Redacted, Sentence> {
    let (mut classes, mut seen) = (scene.classes.to_vec(), scene.seen.to_vec());
    classes.extend(are_sought.then_some(Class::FACE));
    seen.extend(faces);
    let scene = Scene { classes: &classes, seen: &seen, ..*scene };
    evidence::redacted(&scene).map_err(|error| sentence(&error))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::geometry::BBox;
    use crate::evidence::test_support::view_of;
    use crate::frame::test_support::gray;

    fn detection(class: Class, x: f32) -> Detection {
        Detection { class, score: 0.9, box_in_frame: BBox::new(x, 0.4, x + 0.05, 0.5) }
    }

    #[test]
    fn a_face_is_remembered_for_a_moment_wider_and_wider_and_not_where_something_new_is_seen() {
        let picture = gray(64, 64, 64, |_, _| 128);
        let (person, newcomer) = (detection(Class::PERSON, 0.2), detection(Class::PERSON, 0.7));
        let car = detection(Class::CAR, 0.5);
        let remembered = |is_whole_only| Remembered {
            at: Duration::from_secs(10),
            faces: vec![detection(Class::FACE, 0.2)],
            seen: vec![person, car],
            is_whole_only,
        };
        let holds = |seen: &[Detection], after_ms: u64, is_whole_enough, is_whole_only| {
            let scene = Scene { picture: &picture, classes: &[], seen, shown: &[], masks: &[], view: None };
            let at = Duration::from_secs(10) + Duration::from_millis(after_ms);
            remembered(is_whole_only).holds(&scene, at, is_whole_enough)
        };
        assert!(holds(&[person], 400, false, false));
        assert!(holds(&[person], 400, true, true));
        assert!(!holds(&[person], 600, false, false), "it is too long ago");
        assert!(!holds(&[person, newcomer], 200, false, false), "somebody new");
        assert!(!holds(&[person], 200, false, true), "parts were not searched");
        assert!(holds(&[person, car], 200, false, false));
        let beside_the_car = detection(Class::PERSON, 0.52);
        assert!(!holds(&[person, beside_the_car], 200, false, false), "a person is not the car");
        assert!(!holds(&[person, detection(Class::CAR, 0.51)], 200, false, false), "the car has moved");
        let after = |ms: u64, seen: &[Detection]| {
            let at = Duration::from_secs(10) + Duration::from_millis(ms);
            let remembered = remembered(false);
            let faces: Vec<Detection> = remembered.faces(seen, at).collect();
            faces[0].box_in_frame
        };
        let found = detection(Class::FACE, 0.2).box_in_frame;
        assert_eq!(after(0, &[]), found);
        assert_eq!(after(400, &[person]), found, "who is found there is covered anyway");
        let passer_by = detection(Class::PERSON, 0.23);
        assert!(after(400, &[passer_by]).width() > 0.4, "somebody else is in front of a part of it");
        let (soon, later) = (after(200, &[newcomer]), after(500, &[newcomer]));
        assert!((soon.width() - 0.29).abs() < 1e-3, "{soon:?}");
        assert!(later.x0 < soon.x0 && later.y1 > soon.y1, "{later:?}");
    }

    #[test]
    fn the_whole_of_every_picture_is_searched_and_its_parts_now_and_then() {
        let picture = gray(64, 64, 64, |_, _| 128);
        let empty = view_of(&picture);
        let person = detection(Class::PERSON, 0.2);
        let scene = Scene {
            picture: &picture,
            classes: &[Class::PERSON],
            seen: &[person],
            shown: &[],
            masks: &[],
            view: Some(&empty),
        };
        assert!(!evidence::covers_everything(&scene), "or the parts are not searched");
        let (in_a_part, in_the_whole) = (detection(Class::FACE, 0.2), detection(Class::FACE, 0.8));
        let mut remembered = None;
        let mut next = |at_ms: u64, found: &[Detection]| {
            let mut with_parts = None;
            let faces = faces_of_next(&mut remembered, &scene, Duration::from_millis(at_ms), |parts| {
                with_parts = Some(parts);
                Ok(found.to_vec())
            });
            (with_parts, faces.unwrap())
        };
        assert_eq!(next(0, &[in_a_part]), (Some(true), vec![in_a_part]));
        assert_eq!(next(200, &[in_the_whole]), (Some(false), vec![in_the_whole, in_a_part]));
        assert_eq!(next(400, &[]), (Some(false), vec![in_a_part]), "it is remembered for what it was");
        assert_eq!(next(600, &[]), (Some(true), Vec::new()));
    }
}
