//! Names and types: whether everything in the file may stand where it stands.
//!
//! Walks the file's values beside the schema that is made from the document types, so the editor's schema and
//! this check can never disagree. Reports every unknown name, wrong type, value out of range and missing field, and
//! takes what is broken out of the tree: the rest is then read and checked as if nothing had happened.

mod wording;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::OnceLock;

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::document::Document;
use super::reference::toml_of;
use super::report::Report;
use super::{headers, layers, schema, suggest, synonyms};
use crate::analysis::rules;
use crate::text::{Sentence, Words, config, structure as say};

use wording::{free_names, header_of, hint_for_type, kind_found, names_a_password, of_one_camera, owner_of};
pub(super) use wording::{is_quotable, kind_of, range_of, required, words_of};

/// How to say what is to be written.
type SayWrite = fn(Words) -> Sentence;

/// Names that people know from elsewhere, and what stands for them here: (where, name, what to write).
const ELSEWHERE: [(&str, &str, SayWrite, &str); 4] = [
    ("SensorDocument", "modbus_rtu_over_tcp", say::write, "modbus_tcp = { framing = \"rtu\", ... }"),
    ("SensorDocument", "modbus_rtu_tcp", say::write, "modbus_tcp = { framing = \"rtu\", ... }"),
    ("SensorDocument", "rtu_over_tcp", say::write, "modbus_tcp = { framing = \"rtu\", ... }"),
    (
        "ModbusRtuDocument",
        "address",
        say::write_for_serial_server,
        "modbus_tcp = { address = \"HOST:PORT\", framing = \"rtu\", ... }",
    ),
];

/// What was taken out of the file because it was broken: names by the place of their table.
///
/// The document itself has no place: the first table of a file may begin at the first byte, too, and what is known of a
/// camera there says nothing of the whole.
#[derive(Debug, Default)]
pub(super) struct TakenOut {
    /// Sections, taken out of the document itself.
    of_document: Vec<String>,
    by_table: BTreeMap<usize, Vec<String>>,
    /// Tables whose losses are those of another one, too: a camera's are its layers'.
    inherited: BTreeMap<usize, BTreeSet<usize>>,
    /// Cameras with a layer that is not there, and the tables in them: they may lack anything.
    without_their_layer: BTreeSet<usize>,
}

impl TakenOut {
    /// Whether a section that was probably meant as `name` was taken out of the document.
    pub(super) fn lacks_section(&self, name: &str) -> bool {
        self.of_document.iter().any(|taken| suggest::nearest(taken, [name]).is_some())
    }

    /// Whether something was taken out of the table that stands there.
    pub(super) fn from(&self, table: &Range<usize>) -> bool {
        self.names(table.start).next().is_some() || self.without_their_layer.contains(&table.start)
    }

    /// Whether something that was probably meant as `name` was taken out of the table that begins there.
    pub(super) fn resembles(&self, table_start: usize, name: &str) -> bool {
        self.names(table_start).any(|taken| suggest::nearest(taken, [name]).is_some())
            || self.without_their_layer.contains(&table_start)
    }

    /// What was taken out of the table that begins there and of the layers beneath it.
    pub(super) fn names(&self, table_start: usize) -> impl Iterator<Item = &str> {
        let beneath = self.inherited.get(&table_start).into_iter().flatten();
        let tables =
            std::iter::once(&table_start).chain(beneath).filter_map(|start| self.by_table.get(start));
        let names: Vec<&Vec<String>> = tables.collect();
        names.into_iter().flatten().map(String::as_str)
    }

    /// What was taken out of `layer` is missing in the table that begins at `above` for the same reason.
    pub(super) fn lies_above(&mut self, above: usize, layer: usize) {
        if above != layer && self.by_table.contains_key(&layer) {
            self.inherited.entry(above).or_default().insert(layer);
        }
    }

    /// The camera that begins there names a type that is not there, or what begins there stands in such a camera.
    pub(super) fn layer_is_unknown(&mut self, table: usize) {
        self.without_their_layer.insert(table);
    }

    /// Whether the camera that begins there names a type that is not there.
    pub(super) fn lacks_its_layer(&self, camera: usize) -> bool {
        self.without_their_layer.contains(&camera)
    }

    fn note(&mut self, table: &Range<usize>, place: &Place<'_>, name: &str) {
        let names = match place.is_document() {
            true => &mut self.of_document,
            false => self.by_table.entry(table.start).or_default(),
        };
        names.push(name.to_owned());
    }
}

/// Reports what may not stand where it stands and takes it out; lays the layers beneath the cameras, so that what comes
/// afterwards sees whole ones. Also the places of what stands in a layer.
pub(super) fn check(root: &mut Spanned<DeTable<'_>>, report: &mut Report<'_>) -> (TakenOut, layers::Places) {
    let schema = schema::document_schema();
    let misplaced = headers::below_types(report.text());
    headers_below_types(&misplaced, root.get_ref(), report);
    let mut walk = Walk { schema, report, taken_out: TakenOut::default(), step: Step::Layers };
    let span = root.span();
    // First what stands in layers: whatever is broken there is reported once, and not once for each camera.
    walk.layers(root.get_mut(), &span);
    let layers::Taken { places, too_large } = layers::expand(root.get_mut(), &mut walk.taken_out);
    if let Some(span) = too_large {
        walk.report
            .error(&span, say::too_much_in_layers())
            .hint(say::fewer_in_layers(layers::MOST_TAKEN, layers::TABLE_COST));
    }
    walk.step = Step::AfterLayers;
    walk.table(root.get_mut(), &span, schema, &Place::DOCUMENT);
    (walk.taken_out, places)
}

/// As [`check`], for a file that holds nothing but signals.
pub(super) fn check_catalogue(root: &mut Spanned<DeTable<'_>>, report: &mut Report<'_>) -> TakenOut {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    let schema = SCHEMA.get_or_init(|| {
        let mut schema = schema::document_schema().clone();
        schema["required"] = Value::Array(Vec::new());
        schema
    });
    let mut walk = Walk { schema, report, taken_out: TakenOut::default(), step: Step::All };
    let span = root.span();
    walk.table(root.get_mut(), &span, schema, &Place::DOCUMENT);
    walk.taken_out
}

/// Says of headers of a camera that stand below a camera type that they are not the type's. With a camera above them they
/// are that one's, which is allowed and seldom meant; without one they were reported and put right already ([`super::mend`]).
fn headers_below_types(misplaced: &[headers::BelowType<'_>], root: &DeTable<'_>, report: &mut Report<'_>) {
    for header in misplaced {
        let of_type = header.of_type();
        let cameras = root.get("camera").and_then(|cameras| cameras.get_ref().as_array());
        let above = cameras
            .and_then(|cameras| cameras.iter().rev().find(|camera| camera.span().start < header.span.start));
        let id = above.and_then(|camera| camera.get_ref().as_table()?.get("id")?.get_ref().as_str());
        // A missing id is reported already.
        let Some(id) = id.filter(|id| is_quotable(id)) else { continue };
        report
            .warning(&header.span, say::joins_the_camera(header.typed, config::camera(id)))
            .hint(say::header_of_type_or_move(of_type));
    }
}

/// The current place in the file.
struct Place<'s> {
    /// How people call the table: `camera `cam-03``; nothing for the file itself.
    owner: Option<Words>,
    /// Name of its document type.
    definition: &'s str,
}

impl Place<'_> {
    const DOCUMENT: Place<'static> = Place { owner: None, definition: "Document" };

    /// Whether it is the file itself.
    fn is_document(&self) -> bool {
        self.definition == "Document"
    }

    /// A complaint about what stands in the table, with the table before it.
    fn of(&self, what: Sentence) -> Sentence {
        match &self.owner {
            Some(owner) => config::of(owner.clone(), what),
            None => what,
        }
    }
}

/// What the walk looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Only the sections that hold layers. What is missing there may stand in the camera.
    Layers,
    /// All but these.
    AfterLayers,
    /// Everything.
    All,
}

struct Walk<'s, 'r, 'f> {
    schema: &'s Value,
    report: &'r mut Report<'f>,
    taken_out: TakenOut,
    step: Step,
}

impl<'s> Walk<'s, '_, '_> {
    /// The sections that hold layers.
    fn layers(&mut self, root: &mut DeTable<'_>, span: &Range<usize>) {
        let place = Place::DOCUMENT;
        for name in layers::SECTIONS {
            let Some(value) = root.get_mut(name) else { continue };
            if !self.value(name, value, &self.schema["properties"][name], &place) {
                root.remove(name);
                self.taken_out.note(span, &place, name);
            }
        }
    }

    /// A table of named fields. Whatever is wrong in it is taken out of it; the table itself stays.
    fn table(&mut self, table: &mut DeTable<'_>, span: &Range<usize>, schema: &'s Value, place: &Place<'s>) {
        let fields = schema.get("properties").and_then(Value::as_object);
        let names: Vec<&str> = fields.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        let mut broken: Vec<String> = Vec::new();
        for (key, value) in table.iter_mut() {
            let name = key.get_ref().as_ref();
            if self.step == Step::AfterLayers && place.is_document() && layers::SECTIONS.contains(&name) {
                continue;
            }
            let field = fields.and_then(|fields| fields.get(name)).or_else(|| free_names(schema));
            let good = match field {
                Some(field) => self.value(name, value, field, place),
                None => {
                    self.unknown(name, &key.span(), value.get_ref().is_table(), &names, place);
                    false
                }
            };
            if !good {
                broken.push(name.to_owned());
            }
        }
        for name in required(schema) {
            let slipped = || broken.iter().any(|typed| suggest::nearest(typed, [name]).is_some());
            let may_follow = self.step == Step::Layers && place.definition != "CameraTypeDocument";
            let lost_in_a_layer = || match place.is_document() {
                true => self.taken_out.lacks_section(name),
                false => self.taken_out.resembles(span.start, name),
            };
            if !table.contains_key(name) && !may_follow && !slipped() && !lost_in_a_layer() {
                self.missing(name, span, &schema["properties"][name], place);
            }
        }
        for name in broken {
            table.remove(name.as_str());
            self.taken_out.note(span, place, &name);
        }
    }

    /// One value. `false` if it is broken and must be taken out of its table.
    fn value(
        &mut self,
        name: &str,
        value: &mut Spanned<DeValue<'_>>,
        schema: &'s Value,
        place: &Place<'s>,
    ) -> bool {
        let (schema, definition) = self.resolved(schema);
        let span = value.span();
        if let Some(words) = words_of(schema) {
            return self.word(name, value.get_ref(), &span, &words, place);
        }
        let wanted = schema.get("type").and_then(Value::as_str).unwrap_or("");
        match (wanted, value.get_mut()) {
            ("object", DeValue::Table(table)) => {
                let owner = Some(owner_of(name, table, None, place));
                let place = Place { owner, definition: definition.unwrap_or(place.definition) };
                self.table(table, &span, schema, &place);
                true
            }
            ("array", DeValue::Array(array)) => {
                let Some(item_schema) = schema.get("items") else { return true };
                self.array(name, array, item_schema, place)
                    && self.length_is_right(name, array.len(), &span, schema, place)
            }
            ("string", DeValue::String(text)) => self.text_fits(name, text, &span, schema, place),
            ("boolean", DeValue::Boolean(_)) => true,
            ("integer", DeValue::Integer(n)) => {
                let number = i64::from_str_radix(n.as_str(), n.radix()).ok().map(|n| n as f64);
                self.number_fits(name, number, &span, schema, place)
            }
            ("number", DeValue::Integer(n)) => {
                let number = i64::from_str_radix(n.as_str(), n.radix()).ok().map(|n| n as f64);
                self.number_fits(name, number, &span, schema, place)
            }
            ("number", DeValue::Float(n)) => {
                let number = n.as_str().parse().ok().filter(|n: &f64| n.is_finite());
                self.number_fits(name, number, &span, schema, place)
            }
            (wanted, other) => {
                let what = place.of(say::wrong_kind(name, kind_of(wanted), kind_found(other)));
                let header = header_of(name, place);
                self.report.error(&span, what).maybe_hint(hint_for_type(&header, wanted, other));
                false
            }
        }
    }

    /// A list: tables in it are walked one by one; anything else makes the whole list good or broken.
    fn array(
        &mut self,
        name: &str,
        array: &mut toml::de::DeArray<'_>,
        schema: &'s Value,
        place: &Place<'s>,
    ) -> bool {
        let (item_schema, definition) = self.resolved(schema);
        let of_tables = item_schema.get("properties").is_some();
        let mut good = true;
        for (index, item) in array.iter_mut().enumerate() {
            let span = item.span();
            match item.get_mut() {
                DeValue::Table(table) if of_tables => {
                    let owner = Some(owner_of(name, table, Some(index), place));
                    let place = Place { owner, definition: definition.unwrap_or(place.definition) };
                    self.table(table, &span, item_schema, &place);
                }
                _ if of_tables => {
                    let what = place.of(say::each_is_a_table(name));
                    self.report.error(&span, what).hint(say::begin_with_header(name));
                    good = false;
                }
                _ => good &= self.value(name, item, item_schema, place),
            }
        }
        good
    }

    fn word(
        &mut self,
        name: &str,
        value: &DeValue<'_>,
        span: &Range<usize>,
        words: &[&Value],
        place: &Place<'_>,
    ) -> bool {
        let typed = match value {
            DeValue::String(text) => Value::from(text.as_ref()),
            DeValue::Integer(n) => Value::from(n.as_str().parse::<i64>().unwrap_or(i64::MIN)),
            _ => Value::Null,
        };
        if words.contains(&&typed) {
            return true;
        }
        let texts: Vec<&str> = words.iter().filter_map(|word| word.as_str()).collect();
        let wanted = suggest::one_of(&texts);
        match typed.as_str().filter(|typed| is_quotable(typed)) {
            Some(typed) => {
                let meant = synonyms::value(name, typed).filter(|meant| texts.contains(meant));
                let hint = suggest::nearest(typed, texts).or(meant).map(config::did_you_mean);
                self.report.error(span, place.of(say::none_of(name, wanted, typed))).maybe_hint(hint);
            }
            None => {
                self.report.error(span, place.of(say::none_of_in_quotes(name, wanted)));
            }
        }
        false
    }

    fn number_fits(
        &mut self,
        name: &str,
        number: Option<f64>,
        span: &Range<usize>,
        schema: &Value,
        place: &Place<'_>,
    ) -> bool {
        let least = schema.get("minimum").and_then(Value::as_f64);
        let most = schema.get("maximum").and_then(Value::as_f64);
        if number.is_some_and(|n| least.is_none_or(|least| n >= least) && most.is_none_or(|most| n <= most)) {
            return true;
        }
        let range = range_of(schema);
        let kind = if schema["type"] == "integer" { say::whole_number() } else { say::number() };
        let what = match number {
            Some(found) => say::out_of_range(name, kind, range, found.to_string()),
            None => say::no_number_in_range(name, kind, range),
        };
        self.report.error(span, place.of(what));
        false
    }

    fn text_fits(
        &mut self,
        name: &str,
        text: &str,
        span: &Range<usize>,
        schema: &Value,
        place: &Place<'_>,
    ) -> bool {
        if text.trim().is_empty() {
            self.report.error(span, place.of(say::empty(name))).hint(say::leave_out_or_fill(name));
            return false;
        }
        let length = text.chars().count() as u64;
        if let Some(most) = schema.get("maxLength").and_then(Value::as_u64).filter(|&most| length > most) {
            self.report.error(span, place.of(say::too_long(name, length, most)));
            return false;
        }
        if text.chars().any(char::is_control) {
            self.report.error(span, place.of(say::control_character(name)));
            return false;
        }
        true
    }

    /// Lists of pairs (points, degrees) have a fixed length; polygons are counted later, with better words.
    fn length_is_right(
        &mut self,
        name: &str,
        length: usize,
        span: &Range<usize>,
        schema: &Value,
        place: &Place<'_>,
    ) -> bool {
        let least = schema.get("minItems").and_then(Value::as_u64);
        let most = schema.get("maxItems").and_then(Value::as_u64);
        let (Some(least), Some(most)) = (least, most) else { return true };
        if least != most || length as u64 == least {
            return true;
        }
        self.report.error(span, place.of(say::not_so_many(name, least, length)));
        false
    }

    fn unknown(
        &mut self,
        name: &str,
        span: &Range<usize>,
        is_table: bool,
        names: &[&str],
        place: &Place<'_>,
    ) {
        if names_a_password(name) {
            self.report.error(span, place.of(say::password())).hint(say::name_secret());
            return;
        }
        if let Some((what, hint)) = of_one_camera(name, place.definition) {
            self.report.error(span, place.of(what)).hint(hint).consequence();
            return;
        }
        let elsewhere = ELSEWHERE.iter().find(|(of, known, ..)| *of == place.definition && *known == name);
        let what = if is_quotable(name) {
            self.report.hide_behind(span);
            say::unknown_name(name)
        } else {
            self.report.hide(span);
            say::unknown()
        };
        let is_condition = is_table && place.definition == "RuleDocument";
        let hint = elsewhere
            .map(|(_, _, write, instead)| write(Words::from(*instead)))
            .or_else(|| self.of_every_camera(name, place.definition))
            .unwrap_or_else(|| self.hint_for_unknown(name, names, is_condition));
        self.report.error(span, place.of(what)).hint(hint).consequence();
    }

    fn hint_for_unknown(&self, name: &str, names: &[&str], is_condition: bool) -> Sentence {
        if let Some(near) = suggest::nearest(name, names.iter().copied()) {
            return config::did_you_mean(near);
        }
        if is_condition {
            let all = rules::KINDS.iter().map(|kind| kind.name);
            return synonyms::condition(name)
                .map(config::did_you_mean)
                .unwrap_or_else(|| say::conditions(suggest::all(&suggest::likeliest_first(name, all))));
        }
        if let Some(elsewhere) = self.belongs_elsewhere(name) {
            return elsewhere;
        }
        let likely = suggest::likeliest_first(name, names.iter().copied());
        match likely.len() > suggest::MOST_LISTED {
            true => say::known_here_and_in_reference(suggest::listed(&likely)),
            false => say::known_here(suggest::listed(&likely)),
        }
    }

    /// A field of a camera that was typed right below `[defaults]`.
    fn of_every_camera(&self, name: &str, definition: &str) -> Option<Sentence> {
        let fields = &self.schema["$defs"]["CameraDefaultsDocument"]["properties"];
        (definition == "DefaultsDocument" && fields.get(name).is_some())
            .then(|| say::belongs_into(name, "[defaults.camera]"))
    }

    /// The section that knows this name, for a field that was typed in the wrong one.
    fn belongs_elsewhere(&self, name: &str) -> Option<Sentence> {
        let sections = self.schema.get("properties")?.as_object()?;
        for (section, schema) in sections {
            let one_of_many = schema.get("items");
            let (resolved, _) = self.resolved(one_of_many.unwrap_or(schema));
            if resolved.get("properties").is_some_and(|fields| fields.get(name).is_some()) {
                let header =
                    if one_of_many.is_some() { format!("[[{section}]]") } else { format!("[{section}]") };
                return Some(say::belongs_into(name, header));
            }
        }
        None
    }

    fn missing(&mut self, name: &str, span: &Range<usize>, schema: &Value, place: &Place<'_>) {
        // A table's span may cover many lines: its first byte is the place to look at.
        let at = span.start..span.start;
        let example = schema.get("examples").and_then(|examples| examples.get(0));
        let what = if place.owner.is_none() { say::section_missing(name) } else { say::missing(name) };
        let what = place.of(what);
        let hint = example.map(|example| say::for_example(format!("{name} = {}", toml_of(example))));
        self.report.error(&at, what).maybe_hint(hint).consequence();
    }

    /// Follows references: a layer's field refers to a camera's, and that may refer to a document type. Also the name of
    /// the type, if there was one.
    fn resolved(&self, schema: &'s Value) -> (&'s Value, Option<&'s str>) {
        let (mut schema, mut definition) = (schema, None);
        while let Some(path) = schema.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix('#')) {
            let Some(target) = self.schema.pointer(path) else { break };
            definition = path.strip_prefix("/$defs/").filter(|name| !name.contains('/'));
            schema = target;
        }
        (schema, definition)
    }
}

/// Reads the rest of the tree, from which everything broken was taken.
pub(super) fn read(root: Spanned<DeTable<'_>>, report: &mut Report<'_>) -> Document {
    use serde::Deserialize as _;
    match Document::deserialize(toml::de::Deserializer::from(root)) {
        Ok(document) => document,
        Err(error) => {
            // The walk let something pass that the types refuse: their own words, without the value.
            let span = error.span().unwrap_or(0..0);
            report.error(&span, say::unreadable());
            Document::default()
        }
    }
}
