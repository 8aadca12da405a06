//! The conditions of rules as they are typed: one table each, the parameters with their units and defaults.
//!
//! Part of the description of the file ([`super::document`]): a doc comment here is a sentence that an
//! installer reads. Must never decide whether values make sense together: that is [`super::check`].

use schemars::JsonSchema;
use serde::Deserialize;

use super::document::{At, Names};
use crate::types::direction::Direction;

/// Something of these classes is in the zone for some time; not necessarily the same thing.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PresentDocument {
    /// The zone; every camera of the rule must have one of this name.
    #[schemars(required)]
    pub zone: Option<At<String>>,
    /// The classes that count, as the model names them.
    #[schemars(required, extend("examples" = [["person"]]))]
    pub classes: Option<Names>,
    /// For how many seconds.
    #[schemars(required, range(min = 0.0, max = 86_400.0))]
    pub for_secs: Option<At<f64>>,
}

/// The same thing stays in the zone.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DwellDocument {
    /// The zone; every camera of the rule must have one of this name.
    #[schemars(required)]
    pub zone: Option<At<String>>,
    /// The classes that count, as the model names them.
    #[schemars(required, extend("examples" = [["person"]]))]
    pub classes: Option<Names>,
    /// For how many seconds.
    #[schemars(required, range(min = 1.0, max = 86_400.0))]
    pub for_secs: Option<At<f64>>,
}

/// Something crosses a line.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LineCrossedDocument {
    /// The line; every camera of the rule must have one of this name.
    #[schemars(required)]
    pub line: Option<At<String>>,
    /// The classes that count, as the model names them.
    #[schemars(required, extend("examples" = [["person", "two_wheeler"]]))]
    pub classes: Option<Names>,
    /// Which way: `left_to_right`, `right_to_left` or `both`, seen along the drawn line.
    #[schemars(required)]
    pub direction: Option<At<Direction>>,
}

/// Many at once are in the zone.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("anyOf" = [{"required": ["at_least"]}, {"required": ["density"]}]))]
pub struct CrowdDocument {
    /// The zone; every camera of the rule must have one of this name.
    #[schemars(required)]
    pub zone: Option<At<String>>,
    /// How many at once. Either this, or `density`, or both: then both must be met.
    #[schemars(range(min = 2, max = 1000))]
    pub at_least: Option<At<u32>>,
    /// How dense: which part of the zone the people in it cover, 0 to 1, as the camera sees it. A loose queue is
    /// about 0.1, a full stair 0.5. `lookout replay` with a recording shows what a place has on its usual days.
    #[schemars(range(min = 0.01, max = 1.0), extend("examples" = [0.4]))]
    pub density: Option<At<f64>>,
    /// For how many seconds.
    #[schemars(required, range(min = 0.0, max = 86_400.0))]
    pub for_secs: Option<At<f64>>,
    /// The classes that count, as the model names them.
    #[schemars(extend("default" = DEFAULT_CROWD_CLASSES))]
    pub classes: Option<Names>,
}

/// The same vehicle stands still in the zone.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParkedDocument {
    /// The zone; every camera of the rule must have one of this name.
    #[schemars(required)]
    pub zone: Option<At<String>>,
    /// For how many seconds.
    #[schemars(required, range(min = 1.0, max = 86_400.0))]
    pub for_secs: Option<At<f64>>,
    /// The classes that count, as the model names them.
    #[schemars(extend("default" = DEFAULT_PARKED_CLASSES))]
    pub classes: Option<Names>,
}

/// Something moves against the permitted direction.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WrongWayDocument {
    /// The zone; every camera of the rule must have one of this name.
    #[schemars(required)]
    pub zone: Option<At<String>>,
    /// The permitted direction as it looks in the picture, in degrees: 0 to the right, 90 up, 180 to the left,
    /// 270 down (towards the camera).
    #[schemars(required, range(min = 0.0, max = 360.0))]
    pub heading_deg: Option<At<f64>>,
    /// The classes that count, as the model names them.
    #[schemars(required, extend("examples" = [["two_wheeler", "car"]]))]
    pub classes: Option<Names>,
    /// For how many seconds it moves so. Who stands never counts, however they turn.
    #[schemars(required, range(min = 0.0, max = 86_400.0))]
    pub for_secs: Option<At<f64>>,
    /// How far a movement may be from exactly opposite and still count, in degrees. 90: all that does not move
    /// the permitted way.
    #[schemars(range(min = 1.0, max = 90.0), extend("default" = DEFAULT_TOLERANCE_DEG))]
    pub tolerance_deg: Option<At<f64>>,
}

/// A thing appears, stays, and whoever brought it goes away.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LeftBehindDocument {
    /// The zone; every camera of the rule must have one of this name.
    #[schemars(required)]
    pub zone: Option<At<String>>,
    /// For how many seconds it lies there alone.
    #[schemars(required, range(min = 1.0, max = 86_400.0))]
    pub for_secs: Option<At<f64>>,
    /// The classes that count, as the model names them. Models that know bags have `backpack`, `handbag`,
    /// `suitcase`; the one that comes with Lookout does not.
    #[schemars(extend("default" = DEFAULT_LEFT_CLASSES))]
    pub classes: Option<Names>,
    /// Whether somebody who stays beside it keeps it from counting. With `false` it counts from when it came.
    #[schemars(extend("default" = DEFAULT_OWNER_AWAY))]
    pub owner_away: Option<At<bool>>,
}

/// A thing that stood there steadily is missing.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GoneDocument {
    /// The zone; every camera of the rule must have one of this name.
    #[schemars(required)]
    pub zone: Option<At<String>>,
    /// The classes that count, as the model names them.
    #[schemars(required, extend("examples" = [["car"]]))]
    pub classes: Option<Names>,
    /// For how many seconds it is missing while nothing stands in front of its place. It must have stood there for as
    /// long before (10 seconds to 2 minutes).
    #[schemars(required, range(min = 1.0, max = 86_400.0))]
    pub for_secs: Option<At<f64>>,
}

/// Somebody goes down within a moment and stays down.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FallenDocument {
    /// The zone; every camera of the rule must have one of this name.
    #[schemars(required)]
    pub zone: Option<At<String>>,
    /// For how many seconds they are down. Who ties a shoe or picks something up is up again after two or three.
    #[schemars(range(min = 0.0, max = 86_400.0), extend("default" = DEFAULT_FALLEN_SECS))]
    pub for_secs: Option<At<f64>>,
    /// How low, in parts of their upright height. Higher finds more falls and more people who squat. The camera must
    /// see people from the side or at a slant, and be looked at at least twice a second.
    #[schemars(range(min = 0.2, max = 0.8), extend("default" = DEFAULT_LOW))]
    pub low: Option<At<f64>>,
    /// The classes that count, as the model names them.
    #[schemars(extend("default" = DEFAULT_PEOPLE))]
    pub classes: Option<Names>,
}

/// Several people close together move fast and irregularly.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScuffleDocument {
    /// The zone; every camera of the rule must have one of this name.
    #[schemars(required)]
    pub zone: Option<At<String>>,
    /// For how many seconds.
    #[schemars(range(min = 0.0, max = 86_400.0), extend("default" = DEFAULT_SCUFFLE_SECS))]
    pub for_secs: Option<At<f64>>,
    /// How many, touching or nearly.
    #[schemars(range(min = 2, max = 20), extend("default" = DEFAULT_SCUFFLE_PEOPLE))]
    pub people: Option<At<u32>>,
    /// How irregularly they must move, in body heights per second: the part of their movement that goes to and fro
    /// and not along. It is taken from their boxes and, of people taller than a quarter of the picture, from what moves
    /// within them. Lower finds more scuffles and more of what only looks like one; a detector whose boxes tremble
    /// needs more. Needs at least five looks a second.
    #[schemars(range(min = 0.05, max = 10.0), extend("default" = DEFAULT_UNREST))]
    pub unrest: Option<At<f64>>,
    /// The classes that count, as the model names them.
    #[schemars(extend("default" = DEFAULT_PEOPLE))]
    pub classes: Option<Names>,
}

/// Many run at once, together or apart.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RushDocument {
    /// The zone; every camera of the rule must have one of this name.
    #[schemars(required)]
    pub zone: Option<At<String>>,
    /// How many at once.
    #[schemars(required, range(min = 1, max = 1000))]
    pub at_least: Option<At<u32>>,
    /// For how many seconds.
    #[schemars(range(min = 0.0, max = 86_400.0), extend("default" = DEFAULT_RUSH_SECS))]
    pub for_secs: Option<At<f64>>,
    /// What counts as running, in body heights per second: a walk is about 0.8. Needs at least three looks a second.
    #[schemars(range(min = 0.5, max = 10.0), extend("default" = DEFAULT_RUN_SPEED))]
    pub speed: Option<At<f64>>,
    /// The classes that count, as the model names them.
    #[schemars(extend("default" = DEFAULT_PEOPLE))]
    pub classes: Option<Names>,
}

/// Open flame.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FireDocument {
    /// The zone; every camera of the rule must have one of this name.
    #[schemars(required)]
    pub zone: Option<At<String>>,
    /// Over how many seconds it is confirmed. What was there from the start and never flickers, such as a lamp, is not
    /// told; what appears and never changes needs three times as long.
    #[schemars(range(min = 0.0, max = 86_400.0), extend("default" = DEFAULT_FIRE_SECS))]
    pub for_secs: Option<At<f64>>,
}

/// Smoke.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SmokeDocument {
    /// The zone; every camera of the rule must have one of this name.
    #[schemars(required)]
    pub zone: Option<At<String>>,
    /// Over how many seconds it is confirmed. What was there from the start and never changes is not told; what appears
    /// and never changes needs three times as long.
    #[schemars(range(min = 0.0, max = 86_400.0), extend("default" = DEFAULT_SMOKE_SECS))]
    pub for_secs: Option<At<f64>>,
}

/// A two-wheeler is inside an entrance.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IndoorsDocument {
    /// The zone, the floor behind the door; every camera of the rule must have one of this name.
    #[schemars(required)]
    pub zone: Option<At<String>>,
    /// For how many seconds.
    #[schemars(required, range(min = 0.0, max = 86_400.0))]
    pub for_secs: Option<At<f64>>,
    /// The classes that count, as the model names them.
    #[schemars(extend("default" = DEFAULT_INDOORS_CLASSES))]
    pub classes: Option<Names>,
}

/// A stall: something stands for long, with people round it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VendingDocument {
    /// The zone; every camera of the rule must have one of this name.
    #[schemars(required)]
    pub zone: Option<At<String>>,
    /// For how many seconds it stands.
    #[schemars(required, range(min = 10.0, max = 86_400.0))]
    pub for_secs: Option<At<f64>>,
    /// What a stall is made of, as the model names it. With `person` among them somebody must be beside it at least half
    /// of the recent time; without, this is `parked`.
    #[schemars(extend("default" = DEFAULT_VENDING_CLASSES))]
    pub classes: Option<Names>,
}

/// Several trucks or people are busy where nobody may dig or build.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorksDocument {
    /// The zone; every camera of the rule must have one of this name.
    #[schemars(required)]
    pub zone: Option<At<String>>,
    /// For how many seconds, on and off.
    #[schemars(required, range(min = 10.0, max = 86_400.0))]
    pub for_secs: Option<At<f64>>,
    /// The classes that count, as the model names them.
    #[schemars(extend("default" = DEFAULT_WORKS_CLASSES))]
    pub classes: Option<Names>,
    /// How many at once stay at the place while at least one of them moves there.
    #[schemars(range(min = 1, max = 100), extend("default" = DEFAULT_WORKS_AT_LEAST))]
    pub at_least: Option<At<u32>>,
}

/// Crowds are people.
pub const DEFAULT_CROWD_CLASSES: [&str; 1] = ["person"];
/// What blocks a lane.
pub const DEFAULT_PARKED_CLASSES: [&str; 3] = ["car", "truck", "bus"];
/// A third of all directions is the wrong one; who crosses the way is not meant.
pub const DEFAULT_TOLERANCE_DEG: f64 = 60.0;
/// What the model that comes with Lookout knows of things that are left in lanes and stairs.
pub const DEFAULT_LEFT_CLASSES: [&str; 1] = ["two_wheeler"];
/// Beside its owner nothing is left behind.
pub const DEFAULT_OWNER_AWAY: bool = true;
/// Only people fall, scuffle and rush.
pub const DEFAULT_PEOPLE: [&str; 1] = ["person"];
/// Twice as long as somebody bends to pick something up (about two seconds on a real clip).
pub const DEFAULT_FALLEN_SECS: f64 = 5.0;
/// Bending goes to 0.5 of the upright height (measured on a real clip), lying to 0.2 to 0.5.
pub const DEFAULT_LOW: f64 = 0.55;
/// A blow and its return; counted from when the unrest has lasted for half a second. See
/// `tests/truth/README.md` for what it finds.
pub const DEFAULT_SCUFFLE_SECS: f64 = 0.5;
/// It takes two.
pub const DEFAULT_SCUFFLE_PEOPLE: u32 = 2;
/// Measured on real clips, see `tests/truth/README.md`.
pub const DEFAULT_UNREST: f64 = 0.25;
/// One look's mistake is not a rush.
pub const DEFAULT_RUSH_SECS: f64 = 1.0;
/// Between a walk of 0.8 and a run of 2 body heights per second.
pub const DEFAULT_RUN_SPEED: f64 = 1.5;
/// A flame must be told at once; most mistakes are shorter. A guess.
pub const DEFAULT_FIRE_SECS: f64 = 3.0;
/// Smoke spreads more slowly than flames, and clouds and steam look like it. A guess.
pub const DEFAULT_SMOKE_SECS: f64 = 5.0;
/// E-bikes in stairways are what burns houses down.
pub const DEFAULT_INDOORS_CLASSES: [&str; 1] = ["two_wheeler"];
/// Carts, tricycles and vans, with somebody who sells.
pub const DEFAULT_VENDING_CLASSES: [&str; 4] = ["person", "two_wheeler", "truck", "car"];
/// Trucks and diggers, and who works with them.
pub const DEFAULT_WORKS_CLASSES: [&str; 2] = ["truck", "person"];
/// One digs, one shovels.
pub const DEFAULT_WORKS_AT_LEAST: u32 = 2;
