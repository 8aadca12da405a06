//! Detections of one frame. A detection has a class, a score and a place, and deliberately
//! nothing that could tell one person from another.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, OnceLock};

use super::geometry::BBox;
use crate::text::{Words, page_live as say};

/// The kind of thing a box holds: `person`, `car`, ...
///
/// Copyable and cheap to compare. Names are kept for the life of the program, so [`Class::named`] is for
/// models and configuration being loaded, never for per-frame work.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Class(&'static str);

impl Class {
    /// A human being, standing, sitting or lying.
    pub const PERSON: Class = Class("person");
    /// A human face, found to be counted and to be blurred.
    pub const FACE: Class = Class("face");
    /// Bicycle, e-bike, motorcycle, scooter.
    pub const TWO_WHEELER: Class = Class("two_wheeler");
    /// Passenger car.
    pub const CAR: Class = Class("car");
    /// Bus or coach.
    pub const BUS: Class = Class("bus");
    /// Truck, lorry or van.
    pub const TRUCK: Class = Class("truck");
    /// Open flame.
    pub const FIRE: Class = Class("fire");
    /// Smoke.
    pub const SMOKE: Class = Class("smoke");

    /// The classes of the street vocabulary, which rules know by name.
    pub const STREET: [Class; 8] = [
        Class::PERSON,
        Class::FACE,
        Class::TWO_WHEELER,
        Class::CAR,
        Class::BUS,
        Class::TRUCK,
        Class::FIRE,
        Class::SMOKE,
    ];

    /// What people call it.
    pub(crate) fn words(self) -> Words {
        class_words(self.0)
    }

    /// The class of that name; names outside the street vocabulary are kept as they are.
    pub fn named(name: &str) -> Class {
        if let Some(class) = Class::STREET.into_iter().find(|c| c.0 == name) {
            return class;
        }
        static OTHERS: OnceLock<Mutex<BTreeSet<&'static str>>> = OnceLock::new();
        let mut others = OTHERS.get_or_init(Default::default).lock().unwrap_or_else(|e| e.into_inner());
        if let Some(known) = others.get(name) {
            return Class(known);
        }
        let kept: &'static str = Box::leak(name.to_owned().into_boxed_str());
        others.insert(kept);
        Class(kept)
    }

    /// The name, as in configuration and alerts.
    pub fn name(self) -> &'static str {
        self.0
    }
}

/// What people call the class of that name; a model's own is called as it calls it.
pub(crate) fn class_words(name: &str) -> Words {
    let known = match name {
        "person" => say::person(),
        "face" => say::face(),
        "two_wheeler" => say::two_wheeler(),
        "car" => say::car(),
        "bus" => say::bus(),
        "truck" => say::truck(),
        "fire" => say::fire(),
        "smoke" => say::smoke(),
        other => return Words::from(other.replace('_', " ")),
    };
    known.into()
}

impl fmt::Debug for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// A box with a class and a score in one frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detection {
    /// What it is.
    pub class: Class,
    /// How sure the model is, 0..1.
    pub score: f32,
    /// Its box, in parts of the frame, clipped to it.
    pub box_in_frame: BBox,
}

/// Steps of an edge across the picture: an eighth of a pixel of the usual 1920.
pub const BOX_STEPS: f32 = 16_384.0;
/// Steps of a score.
pub const SCORE_STEPS: f32 = 1024.0;

impl Detection {
    /// The same in whole steps, far below what a detector can tell: what is kept of it is then what was used.
    pub fn rounded(self) -> Detection {
        // There is one nought only: two numbers that are equal are the same.
        let to = |value: f32, steps: f32| (value * steps).round() / steps + 0.0;
        let BBox { x0, y0, x1, y1 } = self.box_in_frame;
        let [x0, y0, x1, y1] = [x0, y0, x1, y1].map(|edge| to(edge, BOX_STEPS));
        Detection { score: to(self.score, SCORE_STEPS), box_in_frame: BBox { x0, y0, x1, y1 }, ..self }
    }
}
