//! The birth certificate of a box that watches more than one message holds: split into `up/meta` and further parts.
//!
//! Pure. Nothing is left out: what does not fit into the first message is in the others, and each says how many there are.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::box_status::{MetaCamera, MetaData, MetaSensor};
use super::meta_rules::{MetaFeed, MetaRule, MetaSignal, MetaZone};
use super::{MAX_EVENT_BYTES, Payload, patterns};

/// Bytes of an event that are kept for its envelope.
const ENVELOPE_BYTES: usize = 2 * 1024;
/// Most bytes of one rule's cameras, or of one signal's sources, in a message; the rest of them stand in another entry of
/// the same rule or signal.
const PIECE_BYTES: usize = 8 * 1024;

/// What did not fit into `up/meta`, retained on `up/meta_part/{part}`. Read it together with the `up/meta` whose
/// `id` it names; parts above its `parts`, and those of another `up/meta`, are old: ignore them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct MetaPartData {
    /// The `id` of the message on `up/meta` that this goes on from.
    pub of: String,
    /// Which part, from 1; the last part of the topic.
    pub part: u32,
    /// How many there are besides `up/meta`.
    pub parts: u32,
    /// More of the grids that the box watches.
    #[serde(default)]
    #[schemars(inner(regex(pattern = patterns::GRID)))]
    pub grids: Vec<String>,
    /// More of its cameras.
    #[serde(default)]
    pub cameras: Vec<MetaCamera>,
    /// More of its sensors.
    #[serde(default)]
    pub sensors: Vec<MetaSensor>,
    /// More of the zones and lines of its cameras.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub zones: Vec<MetaZone>,
    /// More of its rules. A rule of very many cameras has several entries, each with some of them, none of them in `up/meta`.
    #[serde(default)]
    pub rules: Vec<MetaRule>,
    /// More of its signals. A signal of very many sources has several entries, each with some of them, none of them in
    /// `up/meta`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub signals: Vec<MetaSignal>,
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
    Zone(MetaZone),
    Rule(MetaRule),
    /// Some cameras of a rule that has too many.
    PieceOfRule(MetaRule),
    Signal(MetaSignal),
    /// Some sources of a signal that has too many.
    PieceOfSignal(MetaSignal),
}

impl Entry {
    fn bytes(&self) -> usize {
        // And a comma.
        1 + match self {
            Entry::Grid(grid) => json_bytes(grid),
            Entry::Camera(camera) => json_bytes(camera),
            Entry::Sensor(sensor) => json_bytes(sensor),
            Entry::Zone(zone) => json_bytes(zone),
            Entry::Rule(rule) | Entry::PieceOfRule(rule) => json_bytes(rule),
            Entry::Signal(signal) | Entry::PieceOfSignal(signal) => json_bytes(signal),
        }
    }

    fn is_piece(&self) -> bool {
        matches!(self, Entry::PieceOfRule(_) | Entry::PieceOfSignal(_))
    }
}

fn json_bytes(value: &impl Serialize) -> usize {
    serde_json::to_string(value).map_or(0, |text| text.len())
}

/// The lists of one message.
#[derive(Default)]
struct Lists {
    grids: Vec<String>,
    cameras: Vec<MetaCamera>,
    sensors: Vec<MetaSensor>,
    zones: Vec<MetaZone>,
    rules: Vec<MetaRule>,
    signals: Vec<MetaSignal>,
}

impl Lists {
    fn take(&mut self, entry: Entry) {
        match entry {
            Entry::Grid(grid) => self.grids.push(grid),
            Entry::Camera(camera) => self.cameras.push(camera),
            Entry::Sensor(sensor) => self.sensors.push(sensor),
            Entry::Zone(zone) => self.zones.push(zone),
            Entry::Rule(rule) | Entry::PieceOfRule(rule) => self.rules.push(rule),
            Entry::Signal(signal) | Entry::PieceOfSignal(signal) => self.signals.push(signal),
        }
    }
}

/// `meta`, whose event will be called `id`, as messages that each fit into [`MAX_EVENT_BYTES`]. The counts of what is left
/// out of the first are set.
pub(crate) fn split(mut meta: MetaData, id: &str) -> (MetaData, Vec<MetaPartData>) {
    let room = MAX_EVENT_BYTES - ENVELOPE_BYTES;
    if json_bytes(&meta) <= room {
        return (meta, Vec::new());
    }
    let entries = std::mem::take(&mut meta.grids).into_iter().map(Entry::Grid);
    let entries = entries.chain(std::mem::take(&mut meta.cameras).into_iter().map(Entry::Camera));
    let entries = entries.chain(std::mem::take(&mut meta.sensors).into_iter().map(Entry::Sensor));
    let entries = entries.chain(std::mem::take(&mut meta.zones).into_iter().map(Entry::Zone));
    let entries = entries.chain(std::mem::take(&mut meta.rules).into_iter().flat_map(rule_in_pieces));
    let entries = entries.chain(std::mem::take(&mut meta.signals).into_iter().flat_map(signal_in_pieces));
    let mut messages = vec![Lists::default()];
    let mut left = room.saturating_sub(json_bytes(&meta));
    for entry in entries {
        let bytes = entry.bytes();
        // What is in the first message is whole, so that what is left out can be counted.
        let is_too_early = messages.len() == 1 && entry.is_piece();
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
        .map(|(part, Lists { grids, cameras, sensors, zones, rules, signals })| MetaPartData {
            of: id.to_owned(),
            part,
            parts,
            grids,
            cameras,
            sensors,
            zones,
            rules,
            signals,
        })
        .collect();
    meta.parts = parts;
    (meta.grids, meta.cameras, meta.sensors) = (first.grids, first.cameras, first.sensors);
    (meta.zones, meta.rules, meta.signals) = (first.zones, first.rules, first.signals);
    meta.grids_omitted = count(rest.iter().map(|part| part.grids.len()).sum());
    meta.cameras_omitted = count(rest.iter().map(|part| part.cameras.len()).sum());
    meta.sensors_omitted = count(rest.iter().map(|part| part.sensors.len()).sum());
    meta.zones_omitted = count(rest.iter().map(|part| part.zones.len()).sum());
    let rules = rest.iter().flat_map(|part| &part.rules).map(|rule| rule.id.as_str());
    meta.rules_omitted = count(rules.collect::<BTreeSet<&str>>().len());
    let signals = rest.iter().flat_map(|part| &part.signals).map(|signal| signal.kind.as_str());
    meta.signals_omitted = count(signals.collect::<BTreeSet<&str>>().len());
    (meta, rest)
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// A rule whose cameras do not fit into a message, as several entries.
fn rule_in_pieces(rule: MetaRule) -> Vec<Entry> {
    let pieces = in_pieces(&rule.cameras);
    if pieces.len() < 2 {
        return vec![Entry::Rule(rule)];
    }
    let piece = |cameras| Entry::PieceOfRule(MetaRule { cameras, ..rule.clone() });
    pieces.into_iter().map(piece).collect()
}

/// A signal whose sources do not fit into a message, as several entries. A source that names very many cameras is several,
/// each with some of them: that says the same.
fn signal_in_pieces(signal: MetaSignal) -> Vec<Entry> {
    let mut sources: Vec<MetaFeed> = Vec::new();
    for source in &signal.from {
        let pieces = in_pieces(&source.cameras);
        if pieces.len() < 2 {
            sources.push(source.clone());
        } else {
            sources.extend(pieces.into_iter().map(|cameras| MetaFeed { cameras, ..source.clone() }));
        }
    }
    let pieces = in_pieces(&sources);
    if pieces.len() < 2 {
        return vec![Entry::Signal(signal)];
    }
    let piece = |from| Entry::PieceOfSignal(MetaSignal { from, ..signal.clone() });
    pieces.into_iter().map(piece).collect()
}

/// A list cut into pieces of about [`PIECE_BYTES`] at most.
fn in_pieces<T: Serialize + Clone>(list: &[T]) -> Vec<Vec<T>> {
    let mut pieces: Vec<Vec<T>> = Vec::new();
    let mut left = 0;
    for entry in list {
        let bytes = json_bytes(entry) + 1;
        match pieces.last_mut().filter(|_| bytes <= left) {
            Some(piece) => piece.push(entry.clone()),
            None => {
                pieces.push(vec![entry.clone()]);
                left = PIECE_BYTES;
            }
        }
        left = left.saturating_sub(bytes);
    }
    pieces
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
        let named: Vec<String> = pieces.iter().flat_map(|piece| piece.cameras.clone()).collect();
        assert_eq!(named, cameras, "each camera once, in their order");
    }

    #[test]
    fn a_signal_of_very_many_sources_is_reported_as_a_whole() {
        let example = META.example().expect("it can be made").expect("an example");
        let mut meta: MetaData =
            serde_json::from_value(example["data"].clone()).expect("the data of the example");
        let cameras: Vec<String> = (0..3000).map(|number| format!("cam-{number:04}")).collect();
        let of_cameras = MetaFeed {
            conditions: vec!["no_video".to_owned()],
            cameras: cameras.clone(),
            weight: 2.6,
            ..MetaFeed::default()
        };
        let of_sensors = (0..500).map(|number| MetaFeed {
            sensor: Some(format!("drain-{number}")),
            above: Some(0.3),
            weight: 2.0,
            ..MetaFeed::default()
        });
        let small = meta.signals[0].clone();
        let from: Vec<MetaFeed> = std::iter::once(of_cameras).chain(of_sensors.clone()).collect();
        meta.signals.push(MetaSignal { kind: "of_all".to_owned(), from, ..small.clone() });
        let (first, parts) = split(meta, "meta.1");
        assert_eq!(first.signals, [small], "nothing of a signal that is not whole");
        assert_eq!(first.signals_omitted, 1);
        assert!(parts.iter().all(|part| json_bytes(part) <= MAX_EVENT_BYTES - ENVELOPE_BYTES / 2));
        let sources: Vec<&MetaFeed> =
            parts.iter().flat_map(|part| &part.signals).flat_map(|signal| &signal.from).collect();
        let named: Vec<String> = sources.iter().flat_map(|source| source.cameras.clone()).collect();
        assert_eq!(named, cameras, "each camera once, in their order");
        let sensors: Vec<&MetaFeed> = sources.into_iter().filter(|source| source.sensor.is_some()).collect();
        assert_eq!(sensors, of_sensors.collect::<Vec<_>>().iter().collect::<Vec<_>>());
    }
}
