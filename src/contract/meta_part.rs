//! The birth certificate of a box that watches more than one message holds: split into `up/meta` and further parts.
//!
//! Pure. Nothing is left out: what does not fit into the first message is in the others, and each says how many there are.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::box_status::{MetaCamera, MetaData, MetaRule, MetaSensor};
use super::{MAX_EVENT_BYTES, Payload};

/// Bytes of an event that are kept for its envelope.
const ENVELOPE_BYTES: usize = 2 * 1024;
/// Most bytes of one rule's cameras in a message; the rest of them stand in another entry of the same rule.
const RULE_BYTES: usize = 8 * 1024;

/// What did not fit into `up/meta`, retained on `up/meta_part/{part}`. Read it together with the `up/meta` whose
/// `id` it names; parts above its `parts`, and those of another `up/meta`, are old: ignore them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MetaPartData {
    /// The `id` of the message on `up/meta` that this goes on from.
    pub of: String,
    /// Which part, from 1; the last part of the topic.
    pub part: u32,
    /// How many there are besides `up/meta`.
    pub parts: u32,
    /// More of the grids that the box watches.
    #[serde(default)]
    pub grids: Vec<String>,
    /// More of its cameras.
    #[serde(default)]
    pub cameras: Vec<MetaCamera>,
    /// More of its sensors.
    #[serde(default)]
    pub sensors: Vec<MetaSensor>,
    /// More of its rules. A rule of very many cameras has several entries, each with some of them.
    #[serde(default)]
    pub rules: Vec<MetaRule>,
}

impl Payload for MetaPartData {
    const TYPE: &'static str = "lookout.meta_part.v1";
    const SCHEMA: &'static str = "meta_part";
}

/// One entry of one of the lists.
enum Entry {
    Grid(String),
    Camera(MetaCamera),
    Sensor(MetaSensor),
    Rule(MetaRule),
}

impl Entry {
    fn bytes(&self) -> usize {
        let length = |json: serde_json::Result<String>| json.map_or(0, |text| text.len());
        // And a comma.
        1 + match self {
            Entry::Grid(grid) => length(serde_json::to_string(grid)),
            Entry::Camera(camera) => length(serde_json::to_string(camera)),
            Entry::Sensor(sensor) => length(serde_json::to_string(sensor)),
            Entry::Rule(rule) => length(serde_json::to_string(rule)),
        }
    }
}

/// The lists of one message.
#[derive(Default)]
struct Lists {
    grids: Vec<String>,
    cameras: Vec<MetaCamera>,
    sensors: Vec<MetaSensor>,
    rules: Vec<MetaRule>,
}

impl Lists {
    fn take(&mut self, entry: Entry) {
        match entry {
            Entry::Grid(grid) => self.grids.push(grid),
            Entry::Camera(camera) => self.cameras.push(camera),
            Entry::Sensor(sensor) => self.sensors.push(sensor),
            Entry::Rule(rule) => self.rules.push(rule),
        }
    }
}

/// `meta`, whose event will be called `id`, as messages that each fit into [`MAX_EVENT_BYTES`]. The counts of what is left
/// out of the first are set.
pub fn split(mut meta: MetaData, id: &str) -> (MetaData, Vec<MetaPartData>) {
    let room = MAX_EVENT_BYTES - ENVELOPE_BYTES;
    let bytes = |meta: &MetaData| serde_json::to_vec(meta).map_or(0, |json| json.len());
    if bytes(&meta) <= room {
        return (meta, Vec::new());
    }
    let entries = std::mem::take(&mut meta.grids).into_iter().map(Entry::Grid);
    let entries = entries.chain(std::mem::take(&mut meta.cameras).into_iter().map(Entry::Camera));
    let entries = entries.chain(std::mem::take(&mut meta.sensors).into_iter().map(Entry::Sensor));
    let rules = std::mem::take(&mut meta.rules).into_iter().flat_map(in_pieces);
    let mut messages = vec![Lists::default()];
    let mut left = room.saturating_sub(bytes(&meta));
    for entry in entries.chain(rules.map(Entry::Rule)) {
        let bytes = entry.bytes();
        if bytes > left {
            messages.push(Lists::default());
            left = room;
        }
        left = left.saturating_sub(bytes);
        if let Some(message) = messages.last_mut() {
            message.take(entry);
        }
    }
    let parts = count(messages.len() - 1);
    let mut messages = messages.into_iter();
    let first = messages.next().unwrap_or_default();
    let rest: Vec<MetaPartData> = (1..)
        .zip(messages)
        .map(|(part, Lists { grids, cameras, sensors, rules })| MetaPartData {
            of: id.to_owned(),
            part,
            parts,
            grids,
            cameras,
            sensors,
            rules,
        })
        .collect();
    meta.parts = parts;
    (meta.grids, meta.cameras, meta.sensors, meta.rules) =
        (first.grids, first.cameras, first.sensors, first.rules);
    meta.grids_omitted = count(rest.iter().map(|part| part.grids.len()).sum());
    meta.cameras_omitted = count(rest.iter().map(|part| part.cameras.len()).sum());
    meta.sensors_omitted = count(rest.iter().map(|part| part.sensors.len()).sum());
    meta.rules_omitted = count(rest.iter().map(|part| part.rules.len()).sum());
    (meta, rest)
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// A rule whose cameras do not fit into a message, as several.
fn in_pieces(rule: MetaRule) -> Vec<MetaRule> {
    let mut pieces: Vec<MetaRule> = Vec::new();
    let mut left = 0;
    for camera in &rule.cameras {
        let bytes = camera.len() + 3;
        match pieces.last_mut().filter(|_| bytes <= left) {
            Some(piece) => piece.cameras.push(camera.clone()),
            None => {
                pieces.push(MetaRule { cameras: vec![camera.clone()], ..rule.clone() });
                left = RULE_BYTES;
            }
        }
        left = left.saturating_sub(bytes);
    }
    if pieces.is_empty() { vec![rule] } else { pieces }
}
