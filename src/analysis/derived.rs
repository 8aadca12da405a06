//! What the analysis takes from pictures, without the pictures: enough to repeat a day, and nothing anybody could look at.
//!
//! Three things look at pixels within the analysis: the health of a camera ([`super::camera_health`]), what never moves
//! (`furniture`), and whether the picture changes or moves where a rule asks
//! (`pixel_change`, [`super::flow`]). Each of them comes to a few numbers a look, which are what is kept. A replay
//! gives them back with [`super::Event::HealthRead`] and [`super::Event::Judged`], and the same revisions follow, byte for
//! byte, as long as the same is asked.
//!
//! What is asked depends on the configuration. Where another one asks about a box that was not asked about, the answer for
//! the box that overlaps it most is taken; where there is none, nothing can be said. [`LookVerdicts`] says which is which.
//!
//! Must never hold a picture, however coarse.

use super::geometry::BBox;
use super::pixel_change::Witness;
use crate::types::camera_condition::CameraCondition;

/// Another box is taken for the one that is asked about from this overlap on (a guess: more than a detector's jitter).
const SAME_BOX: f32 = 0.5;

/// One condition of a camera as a picture left it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ConditionReading {
    /// Whether the camera has it.
    pub on: bool,
    /// How clear it is, 0..1, in thousandths.
    pub strength: f32,
    /// What was measured, in thousandths, see [`super::camera_health::ConditionState::value`].
    pub value: f64,
}

/// What the picture said about the health of its camera.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HealthReading {
    /// Width over height of the picture.
    pub aspect: f32,
    /// The conditions in the order of [`CameraCondition::ALL`]; that of `NoVideo` follows from times alone and is not used.
    pub conditions: [ConditionReading; CameraCondition::ALL.len()],
}

/// What a picture said about what was found in it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LookVerdicts {
    /// Positions in the list of detections of what never moves, rising.
    pub furniture: Vec<u16>,
    /// Where the picture was compared with the one before: what it said of the boxes that were asked about, in the order in
    /// which they were. `None`: it was not compared.
    pub changes: Option<Vec<(BBox, Witness)>>,
    /// Where it is known what moved in the picture: how disorderly it did within the areas that were asked about, in the
    /// order in which they were. `None`: it is not known.
    pub flow: Option<Vec<AreaDisorder>>,
}

impl LookVerdicts {
    /// Whether the picture said nothing.
    pub fn is_empty(&self) -> bool {
        self.furniture.is_empty() && self.changes.is_none() && self.flow.is_none()
    }
}

/// How far the movement within an area goes in several directions at once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AreaDisorder {
    /// Where, in parts of the frame.
    pub area: BBox,
    /// The height of those who are there, in parts of the frame.
    pub height: f32,
    /// In bodies a second.
    pub disorder: f32,
}

/// The answer for a box: that for the same one, or for the one that overlaps it most.
pub(super) fn answer_for<'a, T>(asked: &BBox, known: &'a [T], of: impl Fn(&T) -> &BBox) -> Option<&'a T> {
    if let Some(same) = known.iter().find(|one| of(one) == asked) {
        return Some(same);
    }
    let overlap = |one: &T| of(one).iou(asked);
    let nearest = known.iter().max_by(|a, b| overlap(a).total_cmp(&overlap(b)))?;
    (overlap(nearest) >= SAME_BOX).then_some(nearest)
}
