//! Counts of one camera and minute, from zones that count (`up/count`).
//!
//! Only numbers: nothing here says which thing was counted, nor that two counts saw the same one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::alert::SeqData;
use super::words::{Mode, Time};
use super::{Payload, patterns};
use crate::analysis::counts::ZoneMinute;

/// How many things entered and left each zone of a camera within one minute, and how many were there at once.
/// Published on `up/count`, lower in rank than every alert but blue ones: when the queue is full, counts go first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct CountData {
    /// Its number among all messages of the box.
    pub seq: SeqData,
    /// Whether the box means what it says.
    pub mode: Mode,
    /// The camera.
    pub camera: String,
    /// Where the camera is, as a grid code.
    #[schemars(regex(pattern = patterns::GRID))]
    pub grid: String,
    /// When the minute began; whole minutes of UTC.
    pub from: Time,
    /// When it ended.
    pub until: Time,
    /// How many seconds of it the camera was watched, 0 to 60. Missing is not zero: with 0 nothing is known and every
    /// `classes` is empty; with 30 what happened in the other half was not counted.
    #[schemars(range(min = 0.0, max = 60.0))]
    pub watched_secs: f64,
    /// The zones that count, by name.
    pub zones: Vec<ZoneCount>,
}

/// One zone's counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ZoneCount {
    /// The zone.
    pub zone: String,
    /// By class; where the minute was watched, a class that is not here was not there.
    pub classes: Vec<ClassCount>,
}

/// One class's counts in one zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ClassCount {
    /// The class: `person`, `two_wheeler`, `car`, `bus`, `truck`, ...
    pub class: String,
    /// How many came into the zone, over its edge or by appearing in it.
    pub entered: u32,
    /// How many left it.
    pub left: u32,
    /// The most that were in it at once.
    pub most: u32,
}

impl Payload for CountData {
    const TYPE: &'static str = "lookout.count.v1";
    const SCHEMA: &'static str = "count";

    /// A camera has so few zones and classes that this is never asked; if it is, the last zone goes.
    fn shrink(&mut self) -> bool {
        self.zones.pop().is_some()
    }
}

impl From<&ZoneMinute> for ZoneCount {
    fn from(minute: &ZoneMinute) -> Self {
        let class =
            |(class, count): (&crate::analysis::detection::Class, &crate::analysis::counts::ClassCount)| {
                ClassCount {
                    class: class.name().to_owned(),
                    entered: count.entered,
                    left: count.left,
                    most: count.most,
                }
            };
        ZoneCount { zone: minute.zone.to_string(), classes: minute.classes.iter().map(class).collect() }
    }
}
