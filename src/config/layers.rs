//! Layers: the values that a camera takes from its type and from the defaults of the file.
//!
//! ```text
//! [[camera]]  over  its [[camera_type]]  over  [defaults.camera]  over  what the program takes
//! ```
//!
//! Works on the tree as it was typed, from which everything broken was taken ([`super::structure`]), so that a value
//! keeps the place of the layer where it stands and whatever reads a camera afterwards sees a whole one. A value counts by
//! its name, within tables too (`thresholds.person`); zones and lines count by their id, masks of all layers count
//! together, and any other list counts as a whole. Must never report anything: that is [`super::structure`]'s and
//! [`super::check`]'s.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::structure::{TakenOut, is_quotable};
use crate::text::{Sentence, config};

/// The sections that hold layers.
pub(super) const SECTIONS: [&str; 2] = ["defaults", "camera_type"];
/// Lists whose entries count by their id.
const BY_ID: [&str; 2] = ["zone", "line"];
/// Lists whose entries count all together: what one layer covers, no other uncovers.
const ALL_TOGETHER: [&str; 1] = ["mask"];

/// How much cameras take from layers at most, all cameras together: five hundred names and values each for a thousand
/// cameras. A small file must not become a large one; this much takes about a hundred bytes for each of them.
pub(super) const MOST_TAKEN: usize = 500_000;
/// What a table costs beside what stands in it, in names and values: with the first of them there is room for eleven.
pub(super) const TABLE_COST: usize = 11;

/// A layer beneath a camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Layer {
    /// `[defaults.camera]`.
    Defaults,
    /// The `[[camera_type]]` of this id.
    Type(String),
}

impl Layer {
    /// The name of the layer in the file.
    pub(super) fn sentence(&self) -> Sentence {
        match self {
            Layer::Defaults => config::the_defaults(),
            Layer::Type(id) if is_quotable(id) => config::the_camera_type(id),
            Layer::Type(_) => config::a_camera_type(),
        }
    }
}

/// The layer of each value in a layer, by its first byte.
pub(super) type Places = BTreeMap<usize, Layer>;

/// What the cameras took.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// What stands in layers, and in which.
    pub(super) places: Places,
    /// The layer that held too much for so many cameras.
    pub(super) too_large: Option<Range<usize>>,
}

/// A layer, taken out of the tree to be laid beneath cameras.
struct Beneath<'i> {
    span: Range<usize>,
    table: DeTable<'i>,
    /// How many names and values it has, with what its tables cost.
    size: usize,
}

/// Gives every camera what its layers say and it does not.
pub(super) fn expand(root: &mut DeTable<'_>, taken_out: &mut TakenOut) -> Taken {
    let mut taken = Taken::default();
    let defaults = defaults(root, &mut taken.places);
    let types = types(root, &mut taken.places);
    let defaults_are_lost = taken_out.lacks_section("defaults")
        || root.get("defaults").is_some_and(|section| taken_out.resembles(section.span().start, "camera"));
    let cameras = root.get_mut("camera").map(Spanned::get_mut);
    let Some(DeValue::Array(cameras)) = cameras else { return taken };
    let mut size = 0;
    for camera in cameras.iter_mut() {
        let start = camera.span().start;
        let DeValue::Table(camera) = camera.get_mut() else { continue };
        let like = camera.get("like");
        let of_type = like.and_then(|like| types.get(like.get_ref().as_str()?));
        // Whatever the camera lacks, the type that is meant may have.
        if defaults_are_lost || (like.is_some() && of_type.is_none()) {
            lacks_a_layer(camera, start, taken_out);
        }
        for beneath in of_type.into_iter().chain(&defaults) {
            size += beneath.size;
            if size > MOST_TAKEN {
                taken.too_large.get_or_insert_with(|| beneath.span.clone());
                lacks_a_layer(camera, start, taken_out);
                break;
            }
            lay(camera, start, beneath, taken_out);
        }
    }
    taken
}

/// What stands in the camera may lack something for the same reason: a `night`, a zone.
fn lacks_a_layer(table: &DeTable<'_>, start: usize, taken_out: &mut TakenOut) {
    taken_out.layer_is_unknown(start);
    for value in table.values() {
        let entries = value.get_ref().as_array().into_iter().flat_map(|entries| entries.iter());
        for inner in std::iter::once(value).chain(entries) {
            if let Some(table) = inner.get_ref().as_table() {
                lacks_a_layer(table, inner.span().start, taken_out);
            }
        }
    }
}

fn defaults<'i>(root: &DeTable<'i>, places: &mut Places) -> Option<Beneath<'i>> {
    let of_all = root.get("defaults")?.get_ref().as_table()?.get("camera")?;
    let table = of_all.get_ref().as_table()?.clone();
    let size = note_places(&table, &Layer::Defaults, places);
    Some(Beneath { span: of_all.span(), table, size })
}

/// The types that have an id. Of two with one id the first counts, and the other is reported.
fn types<'i>(root: &DeTable<'i>, places: &mut Places) -> BTreeMap<String, Beneath<'i>> {
    let mut types = BTreeMap::new();
    let sections = root.get("camera_type").and_then(|sections| sections.get_ref().as_array());
    for section in sections.into_iter().flat_map(|sections| sections.iter()) {
        let Some(table) = section.get_ref().as_table() else { continue };
        let Some(id) = table.get("id").and_then(|id| id.get_ref().as_str()) else { continue };
        let mut table = table.clone();
        table.remove("id");
        let size = note_places(&table, &Layer::Type(id.to_owned()), places);
        types.entry(id.to_owned()).or_insert(Beneath { span: section.span(), table, size });
    }
    types
}

/// Lays a layer beneath a camera: what the camera says already stays.
fn lay<'i>(camera: &mut DeTable<'i>, start: usize, beneath: &Beneath<'i>, taken_out: &mut TakenOut) {
    taken_out.lies_above(start, beneath.span.start);
    for (name, value) in &beneath.table {
        let name_typed = name.get_ref().as_ref();
        if name_typed == "ca_file" && !trusts_an_authority(camera) {
            continue;
        }
        let Some(own) = camera.get_mut(name_typed) else {
            camera.insert(name.clone(), value.clone());
            continue;
        };
        let own_start = own.span().start;
        match (own.get_mut(), value.get_ref()) {
            (DeValue::Table(own), DeValue::Table(table)) => {
                merge(own, own_start, table, value.span().start, taken_out);
            }
            (DeValue::Array(own), DeValue::Array(more)) if BY_ID.contains(&name_typed) => {
                let known: Vec<String> = own.iter().filter_map(id_of).map(str::to_owned).collect();
                let is_new = |entry: &&Spanned<DeValue<'_>>| {
                    id_of(entry).is_none_or(|id| !known.iter().any(|known| known == id))
                };
                for entry in more.iter().filter(is_new) {
                    own.push(entry.clone());
                }
            }
            (DeValue::Array(own), DeValue::Array(more)) if ALL_TOGETHER.contains(&name_typed) => {
                for entry in more.iter() {
                    own.push(entry.clone());
                }
            }
            _ => {}
        }
    }
}

/// Whether an authority has to say who the camera is: not where its certificate is pinned, and not where nothing is
/// encrypted. An address that says neither is left for the checks to judge.
fn trusts_an_authority(camera: &DeTable<'_>) -> bool {
    let url = camera.get("url").and_then(|url| url.get_ref().as_str());
    let scheme = url.and_then(|url| url.trim_start().split_once("://")).map(|(scheme, _)| scheme);
    let is_plain = match scheme {
        Some(scheme) => !scheme.eq_ignore_ascii_case("rtsps"),
        None => url.is_none() && camera.contains_key("file"),
    };
    !is_plain && !camera.contains_key("certificate_sha256")
}

/// Merges tables in a camera, value by value.
fn merge<'i>(
    own: &mut DeTable<'i>,
    own_start: usize,
    beneath: &DeTable<'i>,
    beneath_start: usize,
    taken_out: &mut TakenOut,
) {
    taken_out.lies_above(own_start, beneath_start);
    for (name, value) in beneath {
        let Some(there) = own.get_mut(name.get_ref().as_ref()) else {
            own.insert(name.clone(), value.clone());
            continue;
        };
        let start = there.span().start;
        if let (DeValue::Table(there), DeValue::Table(table)) = (there.get_mut(), value.get_ref()) {
            merge(there, start, table, value.span().start, taken_out);
        }
    }
}

fn id_of<'v>(entry: &'v Spanned<DeValue<'_>>) -> Option<&'v str> {
    entry.get_ref().as_table()?.get("id")?.get_ref().as_str()
}

/// How many names and values there are, with what tables cost.
fn note_places(table: &DeTable<'_>, layer: &Layer, places: &mut Places) -> usize {
    let mut size = 0;
    for (name, value) in table {
        // What is said of a name stands there.
        places.insert(name.span().start, layer.clone());
        size += 1 + note_place(value, layer, places);
    }
    size
}

fn note_place(value: &Spanned<DeValue<'_>>, layer: &Layer, places: &mut Places) -> usize {
    places.insert(value.span().start, layer.clone());
    match value.get_ref() {
        DeValue::Table(table) => 1 + TABLE_COST + note_places(table, layer, places),
        DeValue::Array(items) => 1 + items.iter().map(|item| note_place(item, layer, places)).sum::<usize>(),
        DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_) => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first camera of a text with its layers, as values.
    fn first_camera(text: &str) -> (serde_json::Value, Places) {
        let mut root = DeTable::parse(text).unwrap();
        let Taken { places, too_large } = expand(root.get_mut(), &mut TakenOut::default());
        assert_eq!(too_large, None);
        let cameras = crate::config::digest::value(root.get_ref().get("camera").unwrap().get_ref());
        (cameras[0].clone(), places)
    }

    #[test]
    fn the_nearest_layer_counts_value_by_value() {
        let (camera, places) = first_camera(
            r#"
            [defaults.camera]
            eye = "sky"
            analysis_fps = 3
            transport = "udp"
            thresholds = { person = 0.1, car = 0.1, bus = 0.1 }
            ignore_conditions = ["dark", "moved"]
            [[camera_type]]
            id = "lane"
            eye = "village"
            analysis_fps = 4
            thresholds = { person = 0.2, car = 0.2 }
            [[camera]]
            id = "cam-01"
            like = "lane"
            analysis_fps = 5
            ignore_conditions = ["dark"]
            thresholds = { person = 0.3 }
            "#,
        );
        assert_eq!(
            camera,
            serde_json::json!({
                "id": "cam-01", "like": "lane", "analysis_fps": 5.0, "eye": "village", "transport": "udp",
                "ignore_conditions": ["dark"], "thresholds": { "person": 0.3, "car": 0.2, "bus": 0.1 },
            })
        );
        assert!(places.values().any(|layer| *layer == Layer::Type("lane".to_owned())));
        assert!(places.values().any(|layer| *layer == Layer::Defaults));
    }

    #[test]
    fn zones_and_lines_count_by_their_id_and_masks_all_together() {
        let (camera, _) = first_camera(
            r#"
            [[camera]]
            id = "cam-01"
            like = "lane"
            zone = [{ id = "gate", count = true }]
            mask = [{ classes = ["car"] }]
            [[camera_type]]
            id = "lane"
            zone = [{ id = "gate" }, { id = "all" }]
            line = [{ id = "door" }]
            mask = [{ classes = ["person"] }]
            "#,
        );
        assert_eq!(camera["zone"], serde_json::json!([{ "id": "gate", "count": true }, { "id": "all" }]));
        assert_eq!(camera["line"], serde_json::json!([{ "id": "door" }]));
        assert_eq!(camera["mask"], serde_json::json!([{ "classes": ["car"] }, { "classes": ["person"] }]));
    }

    #[test]
    fn the_authority_of_a_layer_is_for_cameras_that_have_a_use_for_it() {
        let text = "[defaults.camera]\nca_file = \"ca.pem\"\n[[camera]]\nid = \"cam-01\"\n";
        let takes = |lines: &str| first_camera(&format!("{text}{lines}\n")).0.get("ca_file").is_some();
        for lines in
            ["", "url = \"rtsps://10.0.0.31/s\"", "url = \"RTSPS://10.0.0.31/s\"", "url = \"10.0.0.31\""]
        {
            assert!(takes(lines), "{lines}");
        }
        for lines in [
            "certificate_sha256 = \"00\"",
            "url = \"rtsps://10.0.0.31/s\"\ncertificate_sha256 = \"00\"",
            "url = \"rtsp://10.0.0.31/s\"",
            "url = \"file:///srv/a.mp4\"",
            "file = \"a.mp4\"",
        ] {
            assert!(!takes(lines), "{lines}");
        }
    }

    #[test]
    fn a_small_file_does_not_become_a_large_one() {
        let zones: String = (0..1_000)
            .map(|n| format!("[[defaults.camera.zone]]\nid = \"z{n}\"\npolygon = [[0, 0], [1, 0], [1, 1]]\n"))
            .collect();
        let cameras: String = (0..1_000).map(|n| format!("[[camera]]\nid = \"c{n}\"\n")).collect();
        let text = zones + &cameras;
        let mut root = DeTable::parse(&text).unwrap();
        let taken = expand(root.get_mut(), &mut TakenOut::default());
        let span = taken.too_large.expect("a million zones");
        assert!(span.start < 100, "the place of the layer: {span:?}");
    }

    #[test]
    fn a_table_costs_more_than_what_stands_in_it() {
        let too_large = |zones: usize, cameras: usize| {
            let zones: String =
                (0..zones).map(|n| format!("[[defaults.camera.zone]]\nid = \"z{n}\"\n")).collect();
            let cameras: String = (0..cameras).map(|n| format!("[[camera]]\nid = \"c{n}\"\n")).collect();
            let text = zones + &cameras;
            let mut root = DeTable::parse(&text).unwrap();
            expand(root.get_mut(), &mut TakenOut::default()).too_large.is_some()
        };
        let of_a_zone = 1 + TABLE_COST + 2;
        let most = MOST_TAKEN / (100 * of_a_zone);
        assert!(!too_large(100, most - 1));
        assert!(too_large(100, most + 1));
    }

    #[test]
    fn a_file_without_layers_stays_as_it_was_typed() {
        let text = include_str!("../../config/example.toml");
        let mut root = DeTable::parse(text).unwrap();
        let before = crate::config::digest::of(root.get_ref());
        assert!(expand(root.get_mut(), &mut TakenOut::default()).places.is_empty());
        assert_eq!(crate::config::digest::of(root.get_ref()), before);
    }
}
