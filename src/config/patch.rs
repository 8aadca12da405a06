//! A configuration as it is changed and shown from afar: single values and entries by their ids, and the text without
//! comments and without what could be a secret.
//!
//! Input: the text of a configuration that runs. What comes out is a text like any other, to be judged like the file.
//! Must never judge values itself: it only puts them where they belong.

use serde_json::Value;
use toml::Table;

use super::Config;
use super::reference::resolved;
use super::schema::document_schema;
use crate::contract::stream_address;
use crate::text::{Sentence, config as say};

/// Maximum number of changes of one patch.
pub(crate) const MOST_CHANGES: usize = 1000;

/// One change. A path leads from the top of the file down, its steps with a dot between them: a name, and behind the name
/// of a list of entries (`camera`, `rule`, `zone`, ...) the entry's `id`, or the `code` of a grid.
#[derive(Debug, Clone, PartialEq)]
pub enum PatchStep {
    /// What stands there becomes this; an entry that is not there is added.
    Set {
        /// The path: `camera.cam-03.analysis_fps`.
        path: String,
        /// What.
        value: Value,
    },
    /// What stands there goes.
    Remove {
        /// The path: `camera.cam-09`.
        path: String,
    },
}

/// A configuration as it may leave the box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigText {
    /// TOML.
    pub text: String,
    /// How many addresses are not whole.
    pub hidden: u32,
}

/// The text with these changes, one after the other. Comments and layout do not survive it.
///
/// # Errors
/// A path that leads nowhere, or a value that TOML does not know, in a sentence.
pub fn patched(text: &str, changes: &[PatchStep]) -> Result<String, Sentence> {
    if changes.len() > MOST_CHANGES {
        return Err(say::too_many_changes(changes.len(), MOST_CHANGES));
    }
    let mut root: Table = parsed(text)?;
    for change in changes {
        let (path, value) = match change {
            PatchStep::Set { path, value } => (path, Some(to_toml(path, value)?)),
            PatchStep::Remove { path } => (path, None),
        };
        let steps: Vec<&str> = path.split('.').collect();
        if steps.iter().any(|step| step.trim().is_empty()) {
            return Err(say::no_path(path));
        }
        let put = PathWalk { path }.table(&mut root, Some(document_schema()), &steps, value);
        put.map_err(|nowhere| nowhere.sentence(&root, path, &steps))?;
    }
    written(&root)
}

impl Config {
    /// What stands in the file without its comments: those nobody checked for secrets. Of an address, a parameter and a part
    /// of the path that may hold a secret are left out. With no address hidden it says the same as the file, digest and all.
    ///
    /// # Errors
    /// It cannot be written, in a sentence; never of a configuration that was read.
    pub(crate) fn public_text(&self) -> Result<ConfigText, Sentence> {
        let mut root = toml::Value::Table(parsed(self.text())?);
        let mut hidden = 0;
        hide(&mut root, &mut hidden);
        let toml::Value::Table(root) = root else { return Err(say::no_table()) };
        Ok(ConfigText { text: written(&root)?, hidden })
    }
}

fn parsed(text: &str) -> Result<Table, Sentence> {
    text.parse().map_err(|error: toml::de::Error| say::unreadable(error.message()))
}

fn written(root: &Table) -> Result<String, Sentence> {
    toml::to_string(root).map_err(|error| say::unwritable(error.to_string()))
}

fn hide(value: &mut toml::Value, hidden: &mut u32) {
    match value {
        toml::Value::String(text) if text.contains("://") => {
            let shown = stream_address::shown(text);
            if shown != *text {
                *hidden += 1;
                *text = shown;
            }
        }
        toml::Value::Array(items) => items.iter_mut().for_each(|item| hide(item, hidden)),
        toml::Value::Table(fields) => fields.iter_mut().for_each(|(_, field)| hide(field, hidden)),
        toml::Value::String(_)
        | toml::Value::Integer(_)
        | toml::Value::Float(_)
        | toml::Value::Boolean(_)
        | toml::Value::Datetime(_) => {}
    }
}

fn to_toml(path: &str, value: &Value) -> Result<toml::Value, Sentence> {
    Ok(match value {
        Value::Null => return Err(say::null_is_no_value(path)),
        Value::Bool(value) => toml::Value::Boolean(*value),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => toml::Value::Integer(whole),
            (None, Some(number)) => toml::Value::Float(number),
            (None, None) => return Err(say::too_large(path, number.to_string())),
        },
        Value::String(text) => toml::Value::String(text.clone()),
        Value::Array(items) => {
            toml::Value::Array(items.iter().map(|item| to_toml(path, item)).collect::<Result<_, _>>()?)
        }
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, field)| Ok((name.clone(), to_toml(path, field)?)));
            toml::Value::Table(fields.collect::<Result<_, Sentence>>()?)
        }
    })
}

/// Why a path leads nowhere.
enum Nowhere {
    /// The list has no entry of that id; `below` counts the further steps of the path.
    NoEntry { list: String, below: usize },
    /// The path leads to no value.
    NoValue,
    /// Another reason.
    Wrong(Sentence),
}

impl Nowhere {
    /// In a sentence: with the layer, where what is not in the camera itself comes from one.
    fn sentence(self, root: &Table, path: &str, steps: &[&str]) -> Sentence {
        match self {
            Nowhere::NoEntry { list, below } => {
                let steps = &steps[..steps.len() - below];
                let id = steps.last().copied().unwrap_or_default();
                match layer_with(root, steps) {
                    Some(layer) => say::entry_of_layer(path, list, id, layer, steps.join(".")),
                    None => say::no_entry(path, list, id),
                }
            }
            Nowhere::NoValue => match layer_with(root, steps) {
                Some(layer) => say::value_of_layer(path, layer),
                None => say::nothing_there(path),
            },
            Nowhere::Wrong(why) => why,
        }
    }
}

/// The path of the nearest layer of a camera that has what these steps lead to.
fn layer_with(root: &Table, steps: &[&str]) -> Option<String> {
    let ["camera", id, within @ ..] = steps else { return None };
    if within.is_empty() {
        return None;
    }
    let camera = below(root.get("camera")?, &[*id])?;
    let like = camera.get("like").and_then(toml::Value::as_str);
    let of_type = like.and_then(|like| {
        let camera_type = below(root.get("camera_type")?, &[like])?;
        below(camera_type, within).map(|_| format!("camera_type.{like}"))
    });
    of_type.or_else(|| {
        let of_all = root.get("defaults")?.get("camera")?;
        below(of_all, within).map(|_| "defaults.camera".to_owned())
    })
}

/// What stands there: below names in tables, and ids in lists.
fn below<'v>(value: &'v toml::Value, steps: &[&str]) -> Option<&'v toml::Value> {
    let Some((step, rest)) = steps.split_first() else { return Some(value) };
    let next = match value.as_array() {
        Some(entries) => {
            entries.iter().find(|entry| entry.get("id").and_then(toml::Value::as_str) == Some(*step))
        }
        None => value.get(*step),
    };
    below(next?, rest)
}

/// The way down a path.
#[derive(Clone, Copy)]
struct PathWalk<'p> {
    path: &'p str,
}

impl PathWalk<'_> {
    /// `value`: what is to stand there; `None`: it is to go.
    fn table(
        self,
        table: &mut Table,
        schema: Option<&Value>,
        steps: &[&str],
        value: Option<toml::Value>,
    ) -> Result<(), Nowhere> {
        let Some((name, rest)) = steps.split_first() else { return Ok(()) };
        let field = schema.and_then(|schema| field_of(schema, name));
        match (field.and_then(entries_of), rest) {
            (Some(entry), [id, rest @ ..]) => self.entry(table, name, entry, id, rest, value),
            (_, []) => match value {
                Some(value) => {
                    table.insert((*name).to_owned(), value);
                    Ok(())
                }
                None => table.remove(*name).map(drop).ok_or(Nowhere::NoValue),
            },
            (None, rest) => {
                if value.is_none() && !table.contains_key(*name) {
                    return Err(Nowhere::NoValue);
                }
                let inner = table.entry(*name).or_insert_with(|| toml::Value::Table(Table::new()));
                let is_value = || Nowhere::Wrong(say::value_has_nothing_below(self.path, *name));
                let inner = inner.as_table_mut().ok_or_else(is_value)?;
                self.table(inner, field, rest, value)
            }
        }
    }

    /// In a list whose entries have names.
    fn entry(
        self,
        table: &mut Table,
        list: &str,
        schema: &Value,
        id: &str,
        rest: &[&str],
        value: Option<toml::Value>,
    ) -> Result<(), Nowhere> {
        let path = self.path;
        let Some(key) = key_of(schema) else {
            return Err(Nowhere::Wrong(say::entries_without_ids(path, list)));
        };
        let known = table.entry(list).or_insert_with(|| toml::Value::Array(Vec::new()));
        let no_list = || Nowhere::Wrong(say::no_list(path, list));
        let entries = known.as_array_mut().ok_or_else(no_list)?;
        let is_it = |entry: &toml::Value| entry.get(key).and_then(toml::Value::as_str) == Some(id);
        let at = entries.iter().position(is_it);
        match (at, rest, value) {
            (at, [], Some(toml::Value::Table(mut entry))) => {
                match entry.get(key) {
                    Some(other) if other.as_str() != Some(id) => {
                        return Err(Nowhere::Wrong(say::another_key(path, key)));
                    }
                    Some(_) => {}
                    None => drop(entry.insert(key.to_owned(), toml::Value::String(id.to_owned()))),
                }
                match at {
                    Some(at) => entries[at] = toml::Value::Table(entry),
                    None => entries.push(toml::Value::Table(entry)),
                }
                Ok(())
            }
            (_, [], Some(_)) => Err(Nowhere::Wrong(say::entry_must_be_object(path, list))),
            (Some(at), [], None) => {
                entries.remove(at);
                if entries.is_empty() {
                    table.remove(list);
                }
                Ok(())
            }
            (Some(at), rest, value) => {
                let no_entry = || Nowhere::Wrong(say::not_an_entry(path));
                let entry = entries[at].as_table_mut().ok_or_else(no_entry)?;
                self.table(entry, Some(schema), rest, value)
            }
            (None, _, _) => Err(Nowhere::NoEntry { list: list.to_owned(), below: rest.len() }),
        }
    }
}

/// What the schema says of a field, as far as it knows it; with the schema of what the user may name.
fn field_of<'s>(schema: &'s Value, name: &str) -> Option<&'s Value> {
    let fields = schema.get("properties").and_then(|fields| fields.get(name));
    let field = fields.or_else(|| schema.get("additionalProperties").filter(|free| free.is_object()))?;
    Some(resolved(document_schema(), field))
}

/// The schema of the entries, where a field is a list of tables.
fn entries_of(field: &Value) -> Option<&Value> {
    let entry = resolved(document_schema(), field.get("items")?);
    entry.get("properties").is_some().then_some(entry)
}

/// The key that identifies an entry.
fn key_of(entry: &Value) -> Option<&'static str> {
    let fields = entry.get("properties")?;
    ["id", "code"].into_iter().find(|key| fields.get(key).is_some())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::*;
    use crate::config::Surroundings;

    const EXAMPLE: &str = include_str!("../../config/example.toml");
    const MINIMAL: &str = include_str!("../../config/minimal.toml");

    fn read(text: &str) -> Config {
        let path = Path::new("site.toml");
        Config::from_text(path, text, &Surroundings::elsewhere(path))
            .unwrap_or_else(|p| panic!("{p}\n{text}"))
    }

    fn set(path: &str, value: Value) -> PatchStep {
        PatchStep::Set { path: path.to_owned(), value }
    }

    fn remove(path: &str) -> PatchStep {
        PatchStep::Remove { path: path.to_owned() }
    }

    #[test]
    fn what_leaves_the_box_says_the_same_and_has_no_comments() {
        for text in [EXAMPLE, MINIMAL] {
            let config = read(text);
            let shown = config.public_text().unwrap();
            assert_eq!(shown.hidden, 0);
            assert_eq!(read(&shown.text).sha256, config.sha256, "{}", shown.text);
            assert!(!shown.text.contains('#'), "{}", shown.text);
        }
    }

    #[test]
    fn a_secret_in_a_comment_or_in_an_address_does_not_leave_the_box() {
        let text = MINIMAL.replace("10.0.0.31/stream2", "10.0.0.31/live?token=hunter2&channel=1");
        let text = format!("# the password is hunter2\n{text}");
        let config = read(&text);
        let shown = config.public_text().unwrap();
        assert!(config.text().contains("token=hunter2"), "{text}");
        assert!(!shown.text.contains("hunter2"), "{}", shown.text);
        assert!(shown.text.contains("channel=1") && shown.hidden == 1, "{}", shown.text);
        // What stands for a login is none, and such a site sends its text back.
        let text = MINIMAL.replace("rtsp://10.0.0.31/stream2", "rtsp://{user}:{password}@10.0.0.31/stream2");
        let mut root = toml::Value::Table(text.parse().unwrap());
        let mut hidden = 0;
        hide(&mut root, &mut hidden);
        assert!(hidden == 0 && root.to_string().contains("{user}:{password}@"), "{root}");
    }

    #[test]
    fn values_and_entries_are_set_and_removed_by_their_ids() {
        let changes = [
            set("camera.cam-03.analysis_fps", json!(3)),
            set("camera.cam-03.thresholds.person", json!(0.55)),
            set("camera.cam-03.zone.gate.polygon", json!([[0.0, 0.0], [0.5, 0.0], [0.5, 0.5]])),
            set("camera.cam-03.zone.new", json!({ "polygon": [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]] })),
            set("evidence.keep_days", json!(5)),
            set("grid.53012700300102.name", json!("another name")),
            remove("grid.53012700300102.contact"),
        ];
        let before = read(EXAMPLE);
        let text = patched(EXAMPLE, &changes).unwrap();
        let after = read(&text);
        let (was, is) = (before.camera("cam-03").unwrap(), after.camera("cam-03").unwrap());
        assert_eq!(is.analysis_hz, 3.0);
        assert_eq!(is.zones.len(), was.zones.len() + 1);
        assert_eq!(after.cameras.len(), before.cameras.len());
        assert_eq!(after.evidence.keep.as_secs(), 5 * 86_400);
        let grid = &after.grids["53012700300102"];
        assert_eq!((grid.name.as_deref(), grid.contact.as_deref()), (Some("another name"), None));
    }

    #[test]
    fn a_whole_entry_is_replaced_added_and_removed() {
        let camera = json!({ "url": "rtsp://10.0.0.77/s", "eye": "village", "grid": "53012700300102" });
        let added = patched(MINIMAL, &[set("camera.cam-77", camera.clone())]).unwrap();
        assert!(added.contains("id = \"cam-77\"") && added.contains("id = \"cam-1\""), "{added}");
        let replaced = patched(&added, &[set("camera.cam-1", camera)]).unwrap();
        assert_eq!(replaced.matches("rtsp://10.0.0.77/s").count(), 2, "{replaced}");
        let removed = patched(&added, &[remove("camera.cam-77")]).unwrap();
        assert_eq!(read(&removed).sha256, read(MINIMAL).sha256);
    }

    #[test]
    fn what_comes_from_a_layer_is_changed_there_or_set_whole() {
        let layers = MINIMAL.replace("id = \"cam-1\"\n", "id = \"cam-1\"\nlike = \"lane\"\n")
            + "\n[defaults.camera]\nweight = 2\n[defaults.camera.thresholds]\ncar = 0.5\n\
               [[defaults.camera.line]]\nid = \"door\"\npoints = [[0.0, 0.5], [1.0, 0.5]]\n\
               [[camera_type]]\nid = \"lane\"\nrotate = 90\n\
               [[camera_type.zone]]\nid = \"gate\"\npolygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]\n\
               [[camera_type.mask]]\npolygon = [[0.0, 0.0], [0.1, 0.0], [0.1, 0.1]]\n";
        let polygon = json!([[0.0, 0.0], [0.5, 0.0], [0.5, 0.5]]);
        let refused = |change: PatchStep| patched(&layers, &[change]).unwrap_err().to_string();
        assert_eq!(
            refused(set("camera.cam-1.zone.gate.polygon", polygon.clone())),
            "`camera.cam-1.zone.gate.polygon`: the zone `gate` comes from `camera_type.lane`: change it there, or set the \
             whole entry `camera.cam-1.zone.gate`"
        );
        assert!(refused(remove("camera.cam-1.line.door")).contains("comes from `defaults.camera`"));
        assert_eq!(
            refused(remove("camera.cam-1.rotate")),
            "nothing stands at `camera.cam-1.rotate` itself: it comes from `camera_type.lane`: change it there, or set \
             another value here"
        );
        assert!(refused(remove("camera.cam-1.thresholds.car")).contains("comes from `defaults.camera`"));
        assert!(refused(remove("camera.cam-1.mask")).contains("comes from `camera_type.lane`"));
        // What no layer has is not there at all.
        assert_eq!(
            refused(remove("camera.cam-1.thresholds.bus")),
            "nothing stands at `camera.cam-1.thresholds.bus`"
        );
        assert_eq!(
            refused(set("camera.cam-1.zone.yard.polygon", polygon.clone())),
            "`camera.cam-1.zone.yard.polygon`: there is no zone `yard`"
        );
        // Both ways out lead somewhere.
        let zone = |change: PatchStep| {
            let after = read(&patched(&layers, &[change]).unwrap());
            after.camera("cam-1").unwrap().zones["gate"].clone()
        };
        let there = zone(set("camera_type.lane.zone.gate.polygon", polygon.clone()));
        let here = zone(set("camera.cam-1.zone.gate", json!({ "polygon": polygon })));
        assert_eq!(there, here);
        assert_ne!(there, read(&layers).camera("cam-1").unwrap().zones["gate"]);
    }

    #[test]
    fn a_path_that_leads_nowhere_is_said() {
        let refused = |change: PatchStep| patched(MINIMAL, &[change]).unwrap_err().to_string();
        assert_eq!(
            refused(set("camera.cam-9.analysis_fps", json!(3))),
            "`camera.cam-9.analysis_fps`: there is no camera `cam-9`"
        );
        assert_eq!(refused(remove("camera.cam-9")), "`camera.cam-9`: there is no camera `cam-9`");
        assert_eq!(refused(remove("evidence.keep_days")), "nothing stands at `evidence.keep_days`");
        assert!(refused(set("site.box.name", json!(1))).contains("`box` is a value"));
        assert!(refused(set("camera..x", json!(1))).contains("is no path"));
        assert!(refused(set("camera.cam-1", json!(1))).contains("must be an object"));
        assert!(
            refused(set("camera.cam-1", json!({ "id": "cam-2" }))).contains("another one than in the path")
        );
        assert!(refused(set("evidence.keep_days", Value::Null)).contains("`remove`"));
        let many = vec![remove("evidence"); MOST_CHANGES + 1];
        assert!(patched(MINIMAL, &many).unwrap_err().to_string().contains("1001 changes"));
    }
}
