//! The birth certificate of a box that watches more than one message holds: split into `up/meta` and further parts.
//!
//! Pure. Nothing is left out: what does not fit into the first message is in the others, and each says how many there are.

use std::collections::BTreeSet;

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
    /// More of its rules. A rule of very many cameras has several entries, each with some of them, none of them in `up/meta`.
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
    /// Some cameras of a rule that has too many.
    PieceOfRule(MetaRule),
}

impl Entry {
    fn bytes(&self) -> usize {
        let length = |json: serde_json::Result<String>| json.map_or(0, |text| text.len());
        // And a comma.
        1 + match self {
            Entry::Grid(grid) => length(serde_json::to_string(grid)),
            Entry::Camera(camera) => length(serde_json::to_string(camera)),
            Entry::Sensor(sensor) => length(serde_json::to_string(sensor)),
            Entry::Rule(rule) | Entry::PieceOfRule(rule) => length(serde_json::to_string(rule)),
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
            Entry::Rule(rule) | Entry::PieceOfRule(rule) => self.rules.push(rule),
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
    for entry in entries.chain(rules) {
        let bytes = entry.bytes();
        // What is in the first message is whole, so that what is left out can be counted.
        let is_too_early = messages.len() == 1 && matches!(entry, Entry::PieceOfRule(_));
        if bytes > left || is_too_early {
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
    let rules = rest.iter().flat_map(|part| &part.rules).map(|rule| rule.id.as_str());
    meta.rules_omitted = count(rules.collect::<BTreeSet<&str>>().len());
    (meta, rest)
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// A rule whose cameras do not fit into a message, as several entries.
fn in_pieces(rule: MetaRule) -> Vec<Entry> {
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
    match pieces.len() {
        0 | 1 => vec![Entry::Rule(rule)],
        _ => pieces.into_iter().map(Entry::PieceOfRule).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::messages::META;

    #[test]
    fn a_rule_in_pieces_is_one_rule_that_is_left_out() {
        let example = META.example().expect("it can be made").expect("an example");
        let mut meta: MetaData =
            serde_json::from_value(example["data"].clone()).expect("the data of the example");
        let cameras: Vec<String> = (0..5000).map(|number| format!("cam-{number:04}")).collect();
        let large = MetaRule { id: "of-all".to_owned(), cameras: cameras.clone(), ..meta.rules[0].clone() };
        let small = meta.rules[0].clone();
        meta.rules.push(large);
        let (first, parts) = split(meta, "meta.1");
        assert_eq!(first.rules, [small], "nothing of a rule that is not whole");
        assert_eq!(first.rules_omitted, 1);
        let pieces: Vec<&MetaRule> = parts.iter().flat_map(|part| &part.rules).collect();
        assert!(pieces.len() > 1 && pieces.iter().all(|piece| piece.id == "of-all"));
        let told: Vec<String> = pieces.iter().flat_map(|piece| piece.cameras.clone()).collect();
        assert_eq!(told, cameras, "each camera once, in their order");
    }
}
