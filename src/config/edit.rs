//! Changes of the configuration file as a person at the page means them: of its text, so that comments, order and layout of
//! everything else stay as somebody typed them.
//!
//! Input: a text that was read as a configuration, and what is to be different. What comes out is a text like any other, to be
//! judged like the file. Layers count: a shape that a camera has from its type or from `[defaults.camera]` is not written
//! once more, and one that cannot be taken away in the camera is said. Must never judge values: it only puts them where
//! they belong.

use toml_edit::{Array, ArrayOfTables, Decor, DocumentMut, InlineTable, Item, Table, TableLike, Value};

use crate::text::{Sentence, config, config_edit as say};

mod section;
mod shapes;

/// One change.
#[derive(Debug, Clone)]
pub(crate) enum Edit {
    /// One more camera.
    AddCamera(NewCamera),
    /// A value of a camera; `None`: what its layers, or the program, say.
    SetCamera {
        /// Which.
        id: String,
        /// From the camera down: `["thresholds", "person"]`.
        key: Vec<String>,
        /// What.
        value: Option<Value>,
    },
    /// Zones, lines, masks and horizon of a camera, all of them. A zone or line that is called otherwise is so in the rules
    /// that watch this camera alone, too.
    SetShapes {
        /// Which.
        camera: String,
        /// The wanted shapes, whatever layer they come from.
        shapes: Shapes,
    },
    /// One more rule.
    AddRule(NewRule),
    /// A value of a rule; `None`: the usual one.
    SetRule {
        /// Which.
        id: String,
        /// From the rule down: `["parked", "for_secs"]`.
        key: Vec<String>,
        /// What.
        value: Option<Value>,
    },
    /// A rule goes, also out of the sources of signals.
    RemoveRule(String),
    /// A camera goes, and with it the rules that watch no other. Signals lose both as sources, and stay.
    RemoveCamera(String),
    /// A value of a section such as `[site]`; `None`: nothing is said there. A section comes with its first value and goes
    /// with its last one.
    SetIn {
        section: &'static str,
        /// Which.
        key: String,
        /// What.
        value: Option<Value>,
    },
}

/// A camera that comes in addition.
#[derive(Debug, Clone, Default)]
pub(crate) struct NewCamera {
    /// Its name in the file.
    pub(crate) id: String,
    /// Its stream, without user and password.
    pub(crate) url: String,
    /// Its large stream.
    pub(crate) url_main: Option<String>,
    /// The user, where the secret file holds only the password.
    pub(crate) user: Option<String>,
    /// The name of its secret file.
    pub(crate) secret: Option<String>,
    /// What people call it.
    pub(crate) name: Option<String>,
    /// Who owns it: `sky`, `village` or `household`.
    pub(crate) eye: String,
    /// Its place.
    pub(crate) grid: String,
    /// Its address in words.
    pub(crate) address: Option<String>,
}

/// A rule that comes in addition.
#[derive(Debug, Clone, Default)]
pub(crate) struct NewRule {
    /// The name of its condition: `parked`.
    pub(crate) kind: String,
    /// Its name in the file.
    pub(crate) id: String,
    /// The cameras it watches.
    pub(crate) cameras: Vec<String>,
    /// Everything else, from the rule down: `["level"]`, `["parked", "zone"]`.
    pub(crate) values: Vec<(Vec<String>, Value)>,
}

/// What is drawn on a camera's picture. Points are in parts of the picture, `[x, y]`.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Shapes {
    /// Named areas, by their corners.
    pub(crate) zones: Vec<(String, Vec<[f32; 2]>)>,
    /// The zones whose comings and goings are counted.
    pub(crate) counted_zones: Vec<String>,
    /// Named lines, by their ends.
    pub(crate) lines: Vec<(String, [[f32; 2]; 2])>,
    /// Areas that are not looked at.
    pub(crate) masks: Vec<Mask>,
    pub(crate) horizon: Option<Horizon>,
    /// Zones that are called otherwise now: what each was called, and what it is called.
    pub(crate) renamed_zones: Vec<(String, String)>,
    /// The same of lines.
    pub(crate) renamed_lines: Vec<(String, String)>,
}

/// An area that is not looked at.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Mask {
    /// Its corners.
    pub(crate) polygon: Vec<[f32; 2]>,
    /// What is left out there; nothing named: everything.
    pub(crate) classes: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Horizon {
    /// Its points, from left to right.
    pub(crate) points: Vec<[f32; 2]>,
    /// How high the camera hangs.
    pub(crate) camera_height_m: f32,
}

/// A path for [`Edit::SetCamera`] and [`Edit::SetRule`].
pub(crate) fn path(steps: &[&str]) -> Vec<String> {
    steps.iter().map(|step| (*step).to_owned()).collect()
}

/// A number as somebody would type it.
pub(crate) fn number_value(value: f64) -> Value {
    // Beyond 2^53 not every whole number is one; no value of a configuration is that large.
    if value.fract() == 0.0 && value.abs() < 1e15 { Value::from(value as i64) } else { Value::from(value) }
}

/// The text with these changes, one after the other.
///
/// # Errors
/// What a change names is not there, or cannot be changed in this way, in a sentence.
pub(crate) fn apply(text: &str, edits: &[Edit]) -> Result<String, Sentence> {
    if edits.is_empty() {
        return Ok(text.to_owned());
    }
    let (mark, body) = match text.strip_prefix(BYTE_ORDER_MARK) {
        Some(body) => (BYTE_ORDER_MARK, body),
        None => ("", text),
    };
    // The line ends of Windows are put back at the end.
    let is_windows = body.contains("\r\n");
    let body = body.replace("\r\n", "\n");
    let mut document: DocumentMut =
        body.parse().map_err(|error: toml_edit::TomlError| config::unreadable(error.message()))?;
    for edit in edits {
        one(&mut document, edit)?;
    }
    let edited = document.to_string();
    let edited = if is_windows { edited.replace('\n', "\r\n") } else { edited };
    Ok(format!("{mark}{edited}"))
}

/// Windows' editor puts it in front.
const BYTE_ORDER_MARK: &str = "\u{feff}";

fn one(document: &mut DocumentMut, edit: &Edit) -> Result<(), Sentence> {
    match edit {
        Edit::AddCamera(new) => add_camera(document.as_table_mut(), new),
        Edit::SetCamera { id, key, value } => {
            let camera = entry_mut(document.as_table_mut(), "camera", id);
            set_at(camera.ok_or_else(|| say::no_camera(id))?, key, value.as_ref())
        }
        Edit::SetShapes { camera, shapes } => shapes::set(document.as_table_mut(), camera, shapes),
        Edit::AddRule(new) => add_rule(document.as_table_mut(), new),
        Edit::SetRule { id, key, value } => {
            let rule = entry_mut(document.as_table_mut(), "rule", id);
            set_at(rule.ok_or_else(|| say::no_rule(id))?, key, value.as_ref())
        }
        Edit::RemoveRule(id) => remove_rule(document, id),
        Edit::RemoveCamera(id) => {
            let its_own = shapes::rules_of_alone(document.as_table(), id);
            let its_type = shapes::type_of_alone(document.as_table(), id);
            if !remove(document, "camera", id) {
                return Err(say::no_camera(id));
            }
            for rule in its_own {
                remove_rule(document, &rule)?;
            }
            for rule in entries_mut(document.as_table_mut(), "rule") {
                take_out_of_list(rule, "cameras", id);
                if let Some(its_type) = &its_type {
                    take_out_of_list(rule, "cameras", &format!("{its_type}/*"));
                }
            }
            no_source_of_signals(document.as_table_mut(), |source| {
                take_out_of_list(source, "cameras", id) == Some(0)
            });
            Ok(())
        }
        Edit::SetIn { section, key, value } => section::set(document, section, key, value.as_ref()),
    }
}

fn add_camera(root: &mut Table, new: &NewCamera) -> Result<(), Sentence> {
    if entry_mut(root, "camera", &new.id).is_some() {
        return Err(say::camera_is_there(&new.id));
    }
    let NewCamera { id, url, url_main, user, secret, name, eye, grid, address } = new;
    let fields = [
        ("id", Some(id)),
        ("eye", Some(eye)),
        ("url", Some(url)),
        ("url_main", url_main.as_ref()),
        ("user", user.as_ref()),
        ("secret", secret.as_ref()),
        ("grid", Some(grid)),
        ("name", name.as_ref()),
        ("address", address.as_ref()),
    ];
    let mut camera = Table::new();
    for (field, value) in fields.into_iter().filter_map(|(field, value)| Some((field, value?))) {
        camera.insert(field, Item::Value(value.into()));
    }
    push(root, "camera", camera);
    Ok(())
}

fn add_rule(root: &mut Table, new: &NewRule) -> Result<(), Sentence> {
    if entry_mut(root, "rule", &new.id).is_some() {
        return Err(say::rule_is_there(&new.id));
    }
    let mut rule = Table::new();
    rule.insert("id", Item::Value((&new.id).into()));
    rule.insert("cameras", Item::Value(Value::Array(new.cameras.iter().collect())));
    let is_condition = |key: &[String]| key.first() == Some(&new.kind);
    for (key, value) in new.values.iter().filter(|(key, _)| !is_condition(key)) {
        set_at(&mut rule, key, Some(value))?;
    }
    // It is what the rule is about, so it stands there also where it says nothing.
    rule.insert(&new.kind, Item::Value(Value::InlineTable(InlineTable::new())));
    for (key, value) in new.values.iter().filter(|(key, _)| is_condition(key)) {
        set_at(&mut rule, key, Some(value))?;
    }
    push(root, "rule", rule);
    Ok(())
}

/// A rule goes, and no signal names it as a source any more.
fn remove_rule(document: &mut DocumentMut, id: &str) -> Result<(), Sentence> {
    if !remove(document, "rule", id) {
        return Err(say::no_rule(id));
    }
    no_source_of_signals(document.as_table_mut(), |source| {
        source.get("rule").and_then(Item::as_str) == Some(id)
    });
    Ok(())
}

/// Takes a name out of a list of them; how many are left, where it was in there.
fn take_out_of_list(table: &mut dyn TableLike, list: &str, name: &str) -> Option<usize> {
    let names = table.get_mut(list).and_then(Item::as_array_mut)?;
    let (before, first) = (names.len(), names.get(0).map(|first| first.decor().clone()));
    names.retain(|one| one.as_str() != Some(name));
    if names.len() == before {
        return None;
    }
    if let (Some(first), Some(decor)) = (names.get_mut(0), first) {
        // It may have stood behind a comma before.
        *first.decor_mut() = decor;
    }
    Some(names.len())
}

/// Takes sources out of all signals. A signal that has none left stays: what else stands there is somebody's work, and rules of
/// its kind feed it.
fn no_source_of_signals(root: &mut Table, mut is_gone: impl FnMut(&mut dyn TableLike) -> bool) {
    for signal in entries_mut(root, "signal") {
        let sources = entries_mut(signal, "from");
        let gone: Vec<bool> = sources.into_iter().map(&mut is_gone).collect();
        for (index, _) in gone.iter().enumerate().rev().filter(|(_, is_gone)| **is_gone) {
            remove_at(signal, "from", index);
        }
    }
}

// ---- lists of tables, each under a heading of its own or all in one value

fn id_of(entry: &dyn TableLike) -> Option<&str> {
    entry.get("id")?.as_str()
}

fn entries<'t>(parent: &'t dyn TableLike, list: &str) -> Vec<&'t dyn TableLike> {
    match parent.get(list) {
        Some(Item::ArrayOfTables(entries)) => entries.iter().map(|entry| entry as &dyn TableLike).collect(),
        Some(Item::Value(Value::Array(entries))) => {
            entries.iter().filter_map(|one| Some(one.as_inline_table()? as &dyn TableLike)).collect()
        }
        Some(Item::None | Item::Value(_) | Item::Table(_)) | None => Vec::new(),
    }
}

fn entries_mut<'t>(parent: &'t mut dyn TableLike, list: &str) -> Vec<&'t mut dyn TableLike> {
    match parent.get_mut(list) {
        Some(Item::ArrayOfTables(entries)) => {
            entries.iter_mut().map(|entry| entry as &mut dyn TableLike).collect()
        }
        Some(Item::Value(Value::Array(entries))) => entries
            .iter_mut()
            .filter_map(|one| Some(one.as_inline_table_mut()? as &mut dyn TableLike))
            .collect(),
        Some(Item::None | Item::Value(_) | Item::Table(_)) | None => Vec::new(),
    }
}

fn entry_mut<'t>(parent: &'t mut dyn TableLike, list: &str, id: &str) -> Option<&'t mut dyn TableLike> {
    entries_mut(parent, list).into_iter().find(|entry| id_of(&**entry) == Some(id))
}

/// Behind the last one there is.
fn push(parent: &mut dyn TableLike, list: &str, entry: Table) {
    match parent.get_mut(list) {
        Some(Item::ArrayOfTables(entries)) => entries.push(entry),
        Some(Item::Value(Value::Array(entries))) => entries.push(entry.into_inline_table()),
        Some(Item::None | Item::Value(_) | Item::Table(_)) | None => {
            let mut entries = ArrayOfTables::new();
            entries.push(entry);
            parent.insert(list, Item::ArrayOfTables(entries));
        }
    }
}

/// The entry of that number; of one with a heading, what stood above it.
fn remove_at(parent: &mut dyn TableLike, list: &str, index: usize) -> Option<Table> {
    let (removed, is_empty) = match parent.get_mut(list)? {
        Item::ArrayOfTables(entries) if index < entries.len() => {
            let removed = entries.remove(index);
            (Some(removed), entries.is_empty())
        }
        Item::Value(Value::Array(entries)) if index < entries.len() => {
            let removed = entries.remove(index);
            if let Some(first) = entries.get_mut(0).filter(|_| index == 0) {
                *first.decor_mut() = removed.decor().clone();
            }
            (None, entries.is_empty())
        }
        Item::ArrayOfTables(_) | Item::None | Item::Value(_) | Item::Table(_) => return None,
    };
    if is_empty {
        parent.remove(list);
    }
    removed
}

/// Takes a section of the file out. What stands above it and is parted from it by an empty line is about others, too, and
/// stays.
fn remove(document: &mut DocumentMut, list: &str, id: &str) -> bool {
    let root = document.as_table_mut();
    let Some(index) = entries(root, list).iter().position(|entry| id_of(*entry) == Some(id)) else {
        return false;
    };
    let Some(removed) = remove_at(root, list, index) else { return true };
    let prefix = removed.decor().prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default();
    let Some((about_others, _)) = prefix.rsplit_once("\n\n").filter(|(kept, _)| kept.contains('#')) else {
        return true;
    };
    let kept = format!("{about_others}\n");
    let next = removed.position().and_then(|position| next_position(root, position));
    match next.and_then(|position| table_at(root, position)) {
        Some(next) => prepend(next.decor_mut(), &kept),
        None => {
            let trailing = document.trailing().as_str().unwrap_or_default().to_owned();
            document.set_trailing(format!("{kept}{trailing}"));
        }
    }
    true
}

fn prepend(decor: &mut Decor, text: &str) {
    let before = decor.prefix().and_then(|prefix| prefix.as_str()).unwrap_or("\n").to_owned();
    decor.set_prefix(format!("{text}{before}"));
}

/// The place of the section that follows.
fn next_position(table: &Table, after: isize) -> Option<isize> {
    let mut next = None;
    for (_, item) in table.iter() {
        let inner: Vec<&Table> = match item {
            Item::Table(inner) => vec![inner],
            Item::ArrayOfTables(entries) => entries.iter().collect(),
            Item::None | Item::Value(_) => Vec::new(),
        };
        for table in inner {
            let own = table.position().filter(|position| *position > after && !table.is_implicit());
            next = [next, own, next_position(table, after)].into_iter().flatten().min();
        }
    }
    next
}

fn table_at(table: &mut Table, position: isize) -> Option<&mut Table> {
    for (_, item) in table.iter_mut() {
        let inner: Vec<&mut Table> = match item {
            Item::Table(inner) => vec![inner],
            Item::ArrayOfTables(entries) => entries.iter_mut().collect(),
            Item::None | Item::Value(_) => Vec::new(),
        };
        for table in inner {
            if table.position() == Some(position) && !table.is_implicit() {
                return Some(table);
            }
            if let Some(found) = table_at(table, position) {
                return Some(found);
            }
        }
    }
    None
}

// ---- values

/// Sets or removes what a path leads to.
fn set_at(table: &mut dyn TableLike, key: &[String], value: Option<&Value>) -> Result<(), Sentence> {
    let Some((name, rest)) = key.split_first() else { return Ok(()) };
    if rest.is_empty() {
        match value {
            Some(value) => put(table, name, value.clone()),
            None => take_out(table, name),
        }
        return Ok(());
    }
    if !table.contains_key(name) {
        if value.is_none() {
            return Ok(());
        }
        table.insert(name, Item::Value(Value::InlineTable(InlineTable::new())));
    }
    let Some(item) = table.get_mut(name) else { return Ok(()) };
    let inner = item.as_table_like_mut().ok_or_else(|| say::value_has_nothing_below(name))?;
    let before = inner.len();
    set_at(inner, rest, value)?;
    let (is_empty, is_other) = (inner.is_empty(), inner.len() != before);
    if let Item::Value(Value::InlineTable(inline)) = item
        && is_other
    {
        close(inline);
    }
    if is_empty && value.is_none() {
        take_out(table, name);
    }
    Ok(())
}

/// The remark behind the old value stays.
fn put(table: &mut dyn TableLike, name: &str, mut value: Value) {
    match table.get_mut(name) {
        Some(Item::Value(old)) => {
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        Some(other @ (Item::None | Item::Table(_) | Item::ArrayOfTables(_))) => *other = Item::Value(value),
        None => drop(table.insert(name, Item::Value(value))),
    }
}

/// What stood in lines of its own above the value stays above the next one.
fn take_out(table: &mut dyn TableLike, name: &str) {
    let above = table.key(name).and_then(|key| key.leaf_decor().prefix()).and_then(|prefix| prefix.as_str());
    let above = above.filter(|above| above.contains('#')).map(str::to_owned);
    let next = table.iter().skip_while(|(key, _)| *key != name).nth(1).map(|(key, _)| key.to_owned());
    table.remove(name);
    let (Some(above), Some(next)) = (above, next) else { return };
    if table.get(&next).is_some_and(Item::is_value)
        && let Some(mut key) = table.key_mut(&next)
    {
        let decor = key.leaf_decor_mut();
        let before = decor.prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default().to_owned();
        decor.set_prefix(format!("{above}{before}"));
    }
}

/// One space before the bracket and none before commas, also where values came and went.
fn close(inline: &mut InlineTable) {
    let last = inline.len().saturating_sub(1);
    for (at, (_, value)) in inline.iter_mut().enumerate() {
        let decor = value.decor_mut();
        let is_plain =
            decor.suffix().and_then(|suffix| suffix.as_str()).is_none_or(|suffix| suffix.trim().is_empty());
        if is_plain {
            decor.set_suffix(if at == last { " " } else { "" });
        }
    }
}

/// A point as it is written: as fine as a picture has pixels, and no finer.
fn number(value: f32) -> f64 {
    // Not `-0.0`.
    (f64::from(value) * 10_000.0).round() / 10_000.0 + 0.0
}

fn points(points: &[[f32; 2]]) -> Value {
    let points = points.iter().map(|[x, y]| Value::Array([number(*x), number(*y)].into_iter().collect()));
    Value::Array(points.collect::<Array>())
}

#[cfg(test)]
mod tests;
