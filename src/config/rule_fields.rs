//! The fields of a `[[rule]]`, for a form; and what stands in the rules and cameras of
//! a text.
//!
//! Made of the schema, which is made of the rules' own types: a new kind of rule is here by itself. Must never judge a
//! value: that is the check's, whose problems are listed here by the field that they are about.

use std::ops::Range;
use std::path::Path;

use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::reference::{description, fields_of, limited, resolved, translated};
use super::source::Source;
use super::structure::{is_quotable, words_of};
use super::{Config, Problem, Severity, Surroundings, digest, schema};
use crate::analysis::rules::{AlertKind, KINDS};
use crate::text::{Sentence, Words, reference};
use crate::types::language::Language;

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Takes {
    /// Any text.
    Text,
    /// One of these.
    Word(Vec<&'static str>),
    /// `true` or `false`.
    YesOrNo,
    /// A whole number.
    Whole,
    Number,
    /// A list of texts.
    Names,
}

/// A value that a rule, or its condition, may have.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    /// Its name in the file.
    pub(crate) name: &'static str,
    /// What it is.
    pub(crate) takes: Takes,
    /// Whether it cannot be left out.
    pub(crate) is_required: bool,
    described: &'static Value,
    schema: &'static Value,
}

impl Field {
    /// What the reference says of it.
    pub(crate) fn about(&self, language: Language) -> &'static str {
        translated(description(self.described), language)
    }

    /// What counts where the file says nothing.
    pub(crate) fn usual(&self) -> Option<&'static Value> {
        self.described.get("default").or_else(|| self.schema.get("default"))
    }

    /// One that makes sense.
    pub(crate) fn example(&self) -> Option<&'static Value> {
        self.described.get("examples")?.get(0)
    }

    /// Of a number, between which limits it lies; that it is one, says nothing.
    pub(crate) fn range(&self) -> Option<Sentence> {
        match self.takes {
            Takes::Whole => Some(limited(reference::whole_number(), self.schema)),
            Takes::Number => {
                Some(limited(reference::number(), self.schema)).filter(|range| *range != reference::number())
            }
            Takes::Text | Takes::Word(_) | Takes::YesOrNo | Takes::Names => None,
        }
    }
}

/// A kind of rule.
#[derive(Debug, Clone)]
pub(crate) struct KindOfRule {
    /// Its name in the file, and what its alerts are called.
    pub(crate) alert: &'static AlertKind,
    /// What its condition has, in the order of the reference.
    pub(crate) fields: Vec<Field>,
    described: &'static Value,
}

impl KindOfRule {
    /// What it waits for.
    pub(crate) fn about(&self, language: Language) -> &'static str {
        translated(description(self.described), language)
    }
}

/// Every kind of rule, in the order of the reference.
pub(crate) fn kinds() -> Vec<KindOfRule> {
    let kind = |alert: &'static AlertKind| {
        let described = &of_rules()["properties"][alert.name];
        KindOfRule { alert, fields: fields(resolved(schema::document_schema(), described)), described }
    };
    KINDS.iter().map(kind).collect()
}

/// The kind of that name.
pub(crate) fn kind(name: &str) -> Option<KindOfRule> {
    kinds().into_iter().find(|kind| kind.alert.name == name)
}

/// What every rule has beside its condition.
pub(crate) fn common() -> Vec<Field> {
    let is_condition = |field: &Field| KINDS.iter().any(|kind| kind.name == field.name);
    fields(of_rules()).into_iter().filter(|field| !is_condition(field)).collect()
}

fn of_rules() -> &'static Value {
    &schema::document_schema()["$defs"]["RuleDocument"]
}

/// The values that a form can offer.
fn fields(definition: &'static Value) -> Vec<Field> {
    let root = schema::document_schema();
    let required: Vec<&str> =
        definition["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let field = |(name, described): (&'static str, &'static Value)| {
        let schema = resolved(root, described);
        Some(Field { name, takes: takes(schema)?, is_required: required.contains(&name), described, schema })
    };
    fields_of(definition).filter_map(field).collect()
}

fn takes(schema: &'static Value) -> Option<Takes> {
    if let Some(words) = words_of(schema) {
        return Some(Takes::Word(words.into_iter().filter_map(Value::as_str).collect()));
    }
    match schema.get("type").and_then(Value::as_str)? {
        "string" => Some(Takes::Text),
        "boolean" => Some(Takes::YesOrNo),
        "integer" => Some(Takes::Whole),
        "number" => Some(Takes::Number),
        "array" if schema["items"]["type"] == "string" => Some(Takes::Names),
        _ => None,
    }
}

/// Line and column, both from 1.
type Position = (u32, u32);

/// A rule or a camera as it stands in a text, well or not.
#[derive(Debug, Clone)]
pub(crate) struct TypedSection {
    /// Its name, where that is a word.
    pub(crate) id: Option<String>,
    /// Its first line, from 1.
    pub(crate) line: u32,
    values: Map<String, Value>,
    /// Where each value stands, those of the tables in it included, from its name to its end.
    places: Vec<(Vec<String>, Range<Position>)>,
    whole: Range<Position>,
}

/// What is wrong with a section.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    /// From the section down to the value; empty: the section as a whole.
    pub(crate) key: Vec<String>,
    /// What is wrong.
    pub(crate) what: Words,
    /// What to try.
    pub(crate) hint: Option<Words>,
}

/// Whether a text has a rule of that name.
pub(crate) fn has_rule(text: &str, id: &str) -> bool {
    has(text, "rule", id)
}

/// Whether a text has a camera of that name.
pub(crate) fn has_camera(text: &str, id: &str) -> bool {
    has(text, "camera", id)
}

fn has(text: &str, list: &str, id: &str) -> bool {
    sections_in(text, list).iter().any(|section| section.id.as_deref() == Some(id))
}

/// The sections of a list, `rule` or `camera`, in a text, also in one with mistakes, as far as they can be read.
pub(crate) fn sections_in(text: &str, list: &str) -> Vec<TypedSection> {
    let source = Source::new(Path::new(""), text);
    let (root, _) = DeTable::parse_recoverable(text);
    let sections = root.get_ref().get(list).and_then(|sections| sections.get_ref().as_array());
    let sections = sections.into_iter().flat_map(|sections| sections.iter());
    let read = |section: &Spanned<DeValue<'_>>| {
        Some(TypedSection::read(&section.span(), section.get_ref().as_table()?, &source))
    };
    sections.filter_map(read).collect()
}

/// What the check says of the section of that name in a text that would stand at `path`. Its warnings are not among it.
pub(crate) fn faults(path: &Path, text: &str, list: &str, id: &str) -> Vec<Fault> {
    let Err(problems) = Config::from_text(path, text, &Surroundings::of(path)) else { return Vec::new() };
    let sections = sections_in(text, list);
    match sections.iter().find(|one| one.value(&["id"]).and_then(Value::as_str) == Some(id)) {
        Some(section) => section.faults(&problems.list),
        None => Vec::new(),
    }
}

/// What the reference says of a key of a camera.
pub(crate) fn about_camera(key: &[&str], language: Language) -> &'static str {
    let root = schema::document_schema();
    let camera = &root["$defs"]["CameraDocument"];
    let described = key.iter().fold(camera, |table, name| &resolved(root, table)["properties"][*name]);
    translated(description(described), language)
}

/// Where the values of a table stand, those of the tables in it included.
fn places_in(table: &DeTable<'_>, above: &[String], places: &mut Vec<(Vec<String>, Range<usize>)>) {
    for (name, value) in table.iter() {
        let key = [above, &[name.get_ref().to_string()]].concat();
        if let Some(inner) = value.get_ref().as_table() {
            places_in(inner, &key, places);
        }
        // A table of its own begins at its header.
        let (name, value) = (name.span(), value.span());
        places.push((key, name.start.min(value.start)..value.end));
    }
}

impl TypedSection {
    fn read(span: &Range<usize>, table: &DeTable<'_>, source: &Source) -> Self {
        let mut places = Vec::new();
        places_in(table, &[], &mut places);
        let mut values = Map::new();
        for (name, value) in table.iter() {
            values.insert(name.get_ref().to_string(), digest::value(value.get_ref()));
        }
        let end = places.iter().map(|(_, place)| place.end).fold(span.end, usize::max);
        let position = |place: &Range<usize>| source.position(place.start)..source.position(place.end);
        let id = values.get("id").and_then(Value::as_str).filter(|id| is_quotable(id)).map(str::to_owned);
        TypedSection {
            id,
            line: source.position(span.start).0,
            places: places.iter().map(|(key, place)| (key.clone(), position(place))).collect(),
            whole: position(&(span.start..end)),
            values,
        }
    }

    /// The kind of a rule's first condition.
    pub(crate) fn condition(&self) -> Option<&'static str> {
        KINDS.iter().map(|kind| kind.name).find(|name| self.values.contains_key(*name))
    }

    /// The value that a path from the section down leads to, as it is typed.
    pub(crate) fn value(&self, key: &[&str]) -> Option<&Value> {
        let (first, rest) = key.split_first()?;
        rest.iter().try_fold(self.values.get(*first)?, |value, name| value.get(name))
    }

    /// Errors among these problems that are about this section.
    fn faults(&self, problems: &[Problem]) -> Vec<Fault> {
        let of_this = |problem: &&Problem| {
            let at = (problem.line, problem.column);
            self.whole.contains(&at) && problem.severity == Severity::Error
        };
        let fault = |problem: &Problem| Fault {
            key: self.key_of(problem),
            what: problem.what_alone().clone(),
            hint: problem.hint.clone(),
        };
        problems.iter().filter(of_this).map(fault).collect()
    }

    fn key_of(&self, problem: &Problem) -> Vec<String> {
        let at = (problem.line, problem.column);
        let around = self.places.iter().filter(|(_, place)| place.contains(&at));
        let mut key = around.map(|(key, _)| key).max_by_key(|key| key.len()).cloned().unwrap_or_default();
        // What is not there stands nowhere.
        let missing = problem.what.first_of("structure.missing");
        if let Some(missing) = missing.and_then(|missing| missing.value("name")) {
            key.push(missing.to_string());
        } else if problem.what.first_of("config_rule.no_cameras").is_some() {
            key = vec!["cameras".to_owned()];
        }
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: &str = "[site]\nbox = \"box-1\"\narea = \"530127\"\n[[camera]]\nid = \"cam-1\"\neye = \"village\"\n\
        url = \"rtsp://10.0.0.31/s\"\ngrid = \"53012700300102\"\nzone = [{ id = \"lane\", polygon = [[0.1, 0.5], [0.9, 0.5], [0.9, 1.0]] }]\n";

    fn faults_of(rule: &str) -> Vec<(String, String)> {
        let text = format!(
            "{SITE}[[rule]]\nid = \"other\"\ncameras = [\"cam-1\"]\nlevel = \"purple\"\nfire = {{ zone = \"lane\" }}\n{rule}"
        );
        let path = Path::new("/nowhere/site.toml");
        let faults = faults(path, &text, "rule", "r").into_iter();
        faults.map(|fault| (fault.key.join("."), fault.what.to_string())).collect()
    }

    #[test]
    fn rules_and_cameras_are_found_in_a_text_by_their_names() {
        let text = "[[rule]]\nid = \"crowd-1\"\ncameras = [\"cam-1\"]\n";
        assert!(has_rule(text, "crowd-1"));
        assert!(!has_rule(text, "crowd-2") && !has_rule("", "crowd-1"));
        assert!(!has_camera(text, "cam-1") && has_camera("[[camera]]\nid = \"cam-1\"\n", "cam-1"));
    }

    #[test]
    fn every_kind_of_rule_has_a_place_and_words_in_both_languages() {
        assert_eq!(kinds().len(), KINDS.len());
        for kind in kinds() {
            let name = kind.alert.name;
            assert!(kind.fields.iter().any(|field| matches!(field.name, "zone" | "line")), "{name}");
            for field in &kind.fields {
                let [english, chinese] = [Language::English, Language::Chinese].map(|one| field.about(one));
                assert!(english != chinese && !english.is_empty(), "{name}.{}: {english}", field.name);
            }
            let definition = resolved(schema::document_schema(), kind.described);
            assert_eq!(kind.fields.len(), fields_of(definition).count(), "{name} has what no form offers");
        }
        let names: Vec<&str> = common().iter().map(|field| field.name).collect();
        assert!(names.starts_with(&["id", "cameras", "eye", "schedule"]), "{names:?}");
        assert_eq!(names.len() + KINDS.len(), fields_of(of_rules()).count());
    }

    #[test]
    fn a_field_says_what_it_takes() {
        let crowd = kind("crowd").unwrap();
        let field = |name: &str| crowd.fields.iter().find(|field| field.name == name).unwrap();
        assert_eq!(field("at_least").takes, Takes::Whole);
        assert_eq!(field("at_least").range().unwrap().to_string(), "whole number 2 to 1000");
        assert_eq!((field("at_least").is_required, field("for_secs").is_required), (false, true));
        assert_eq!(field("classes").usual(), Some(&serde_json::json!(["person"])));
        let common = common();
        let level = common.iter().find(|field| field.name == "level").unwrap();
        assert_eq!(level.takes, Takes::Word(vec!["blue", "yellow", "orange", "red"]));
        let limits = |name: &str| common.iter().find(|field| field.name == name).unwrap().range();
        assert_eq!(limits("hold_secs").unwrap().to_string(), "number 0 to 86400");
        assert_eq!(limits("min_height"), None, "its limits stand in its description");
        assert!(kind("crowds").is_none());
    }

    #[test]
    fn what_is_wrong_is_reported_by_the_field_that_it_is_about() {
        let good =
            "[[rule]]\nid = \"r\"\ncameras = [\"cam-1\"]\nparked = { zone = \"lane\", for_secs = 60 }\n";
        assert_eq!(faults_of(good), []);
        let [(key, what)] = &faults_of(&good.replace("60", "0"))[..] else { panic!() };
        assert_eq!((key.as_str(), what.contains("from 1 to 86400")), ("parked.for_secs", true), "{what}");
        let [(key, what)] = &faults_of(&good.replace(", for_secs = 60", ""))[..] else { panic!() };
        assert_eq!((key.as_str(), what.as_str()), ("parked.for_secs", "`for_secs` is missing"));
        let header = "[[rule]]\nid = \"r\"\ncameras = [\"cam-2\"]\n[rule.parked]\nzone = \"gate\"\nfor_secs = 60\nclasses = [\"Cat\"]\n";
        let keys: Vec<String> = faults_of(header).into_iter().map(|(key, _)| key).collect();
        assert!(
            keys.contains(&"cameras".to_owned()) && keys.contains(&"parked.classes".to_owned()),
            "{keys:?}"
        );
        assert_eq!(faults_of(&good.replace("cameras = [\"cam-1\"]\n", ""))[0].0, "cameras");
        assert_eq!(faults_of(&good.replace("\"lane\"", "\"gate\""))[0].0, "parked.zone");
    }

    #[test]
    fn rules_are_read_as_they_are_typed() {
        let text = "[[rule]]\nid = \"a\"\nlevel = 7\n[rule.dwell]\nfor_secs = 90\n[[rule]]\nid = \"a b\"\n";
        let rules = sections_in(text, "rule");
        assert_eq!(
            (rules[0].id.as_deref(), rules[0].condition(), rules[0].line),
            (Some("a"), Some("dwell"), 1)
        );
        assert_eq!(rules[0].value(&["dwell", "for_secs"]), Some(&serde_json::json!(90.0)));
        assert_eq!(rules[0].value(&["level"]), Some(&serde_json::json!(7.0)));
        assert_eq!(rules[0].value(&["dwell", "zone"]), None);
        assert_eq!((rules[1].id.as_deref(), rules[1].condition(), rules[1].line), (None, None, 6));
    }
}
