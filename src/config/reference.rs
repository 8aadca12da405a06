//! The configuration reference in Markdown, made from the document types' own words and their Chinese.

use std::fmt::Write as _;

use serde_json::Value;

use super::restart::{FIXED, Fixed};
use super::schema;
use crate::analysis::rules::{self, AlertKind};
use crate::contract::kinds;
use crate::sensors;
use crate::text::reference as words;
use crate::text::{Sentence, Words, reference_fields};
use crate::types::language::Language;

/// The whole reference, as it is checked in as `config/REFERENCE.md` and `config/REFERENCE.zh-CN.md`.
pub(crate) fn markdown(language: Language) -> String {
    let mut reference = Reference { root: schema::document_schema(), language, out: String::new() };
    reference.introduction();
    for section in sections(reference.root) {
        reference.section(&section);
    }
    reference.kinds_of_alert();
    reference.out
}

/// What it says of sections and keys, in English and in Chinese.
fn fields() -> impl Iterator<Item = (&'static str, &'static str)> {
    let of_files = rules::FIELDS.iter().chain(sensors::FIELDS).copied();
    reference_fields::FIELDS.iter().chain(of_files.flatten()).copied()
}

/// The Chinese of that description or example; `None` where there is none.
fn chinese(english: &str) -> Option<&'static str> {
    fields().find(|(known, _)| *known == english).map(|(_, chinese)| chinese)
}

/// A table of the file.
struct Section<'s> {
    /// How it is written in the file.
    heading: Words,
    description: &'s str,
    definition: &'s Value,
}

/// All of them in the order of the document, each with the tables within it behind it.
fn sections(root: &Value) -> Vec<Section<'_>> {
    let mut sections = Vec::new();
    for (name, field) in fields_of(root) {
        let many = field.get("items");
        let definition = resolved(root, many.unwrap_or(field));
        let header = if many.is_some() { format!("[[{name}]]") } else { format!("[{name}]") };
        let heading: Words = format!("`{header}`").into();
        sections.push(Section { heading, description: description(field), definition });
        for (part, field) in fields_of(definition).filter(|(_, field)| is_its_own(field)) {
            // Tables within a table: zones, lines and masks of a camera, conditions of a rule.
            let of_many = field.get("items").map(|items| resolved(root, items));
            let inner = of_many.unwrap_or_else(|| resolved(root, field));
            if fields_of(inner).next().is_none() {
                continue;
            }
            let heading: Words = if of_many.is_some() {
                format!("`[[{name}.{part}]]`").into()
            } else if name == "defaults" {
                format!("`[{name}.{part}]`").into()
            } else {
                words::part_of(part, &header).into()
            };
            sections.push(Section { heading, description: description(field), definition: inner });
        }
    }
    sections
}

/// The text as far as it is written.
struct Reference<'s> {
    root: &'s Value,
    language: Language,
    out: String,
}

impl Reference<'_> {
    fn introduction(&mut self) {
        self.heading("#", words::title());
        for paragraph in
            [words::other_pages(), words::made(), words::one_file(), words::passwords(), words::examples()]
        {
            self.paragraph(paragraph);
        }
        self.heading("##", words::changes_heading());
        for paragraph in [words::changes(), words::renewed(), words::takes_a_restart()] {
            self.paragraph(paragraph);
        }
        let row = |Fixed { key, why, .. }: &Fixed| format!("| `{key}` | {} |", self.said(why()));
        let rows: Vec<String> = FIXED.iter().map(row).collect();
        self.table(words::restart_columns(), "|---|---|", &rows);
    }

    fn section(&mut self, Section { heading, description, definition }: &Section<'_>) {
        self.heading("##", heading.clone());
        self.block(self.translated(description));
        let required: Vec<&str> =
            definition["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let fields = fields_of(definition).filter(|(_, field)| is_its_own(field));
        let rows: Vec<String> =
            fields.map(|(name, field)| self.row(name, field, required.contains(&name))).collect();
        if !rows.is_empty() {
            self.table(words::columns(), "|---|---|---|---|", &rows);
        }
    }

    fn row(&self, name: &str, field: &Value, is_required: bool) -> String {
        let default = match field.get("default").or_else(|| resolved(self.root, field).get("default")) {
            Some(Value::Array(items)) if items.is_empty() => self.said(words::none()),
            Some(default) => format!("`{}`", toml_of(default)),
            None if is_required => format!("**{}**", self.said(words::required())),
            None => String::new(),
        };
        let what = cell(self.description_with_example(field));
        format!("| `{name}` | {} | {default} | {what} |", self.kind(field))
    }

    fn kinds_of_alert(&mut self) {
        self.heading("##", words::kinds_heading());
        self.paragraph(words::kinds());
        let row = |kind: &AlertKind| {
            let title = |language| (kind.title)().in_language(language);
            let [english, chinese] = [Language::English, Language::Chinese].map(title);
            format!("| `{}` | {} | {english} | {chinese} |", kind.name, kind.level.name())
        };
        let rows: Vec<String> = kinds::all().map(row).collect();
        self.table(words::kinds_columns(), "|---|---|---|---|", &rows);
    }

    fn said(&self, sentence: Sentence) -> String {
        sentence.in_language(self.language)
    }

    /// A description or an example of the schema.
    fn translated<'t>(&self, english: &'t str) -> &'t str {
        translated(english, self.language)
    }

    fn heading(&mut self, level: &str, heading: impl Into<Words>) {
        let heading = heading.into().in_language(self.language);
        self.block(&format!("{level} {heading}"));
    }

    fn paragraph(&mut self, sentence: Sentence) {
        self.block(&self.said(sentence));
    }

    fn table(&mut self, columns: Sentence, below: &str, rows: &[String]) {
        self.block(&format!("{}\n{below}\n{}", self.said(columns), rows.join("\n")));
    }

    /// An empty line stands between two blocks.
    fn block(&mut self, text: &str) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        // Writing to a String cannot fail.
        let _ = writeln!(self.out, "{text}");
    }

    fn description_with_example(&self, field: &Value) -> String {
        let text = self.translated(description(field));
        match field.get("examples").and_then(|examples| examples.get(0)) {
            Some(Value::String(example)) => {
                let example = Value::from(self.translated(example));
                self.said(words::with_example(text, toml_of(&example)))
            }
            Some(example) => self.said(words::with_example(text, toml_of(example))),
            None => text.to_owned(),
        }
    }

    /// What a value looks like, in a few words.
    fn kind(&self, field: &Value) -> String {
        let schema = resolved(self.root, field);
        if let Some(words) =
            schema.get("oneOf").and_then(Value::as_array).filter(|_| schema.get("properties").is_none())
        {
            return self.alternatives(words.iter().filter_map(|word| word.get("const")));
        }
        if let Some(words) = schema.get("enum").and_then(Value::as_array) {
            return self.alternatives(words.iter());
        }
        match schema.get("type").and_then(Value::as_str) {
            Some("string") => self.said(words::text()),
            Some("boolean") => self.alternatives([Value::from(true), Value::from(false)].iter()),
            Some("integer") => self.said(limited(words::whole_number(), schema)),
            Some("number") => self.said(limited(words::number(), schema)),
            Some("array") => self.list_kind(schema),
            _ => self.said(words::table()),
        }
    }

    fn list_kind(&self, schema: &Value) -> String {
        let items = schema.get("items").map(|items| resolved(self.root, items)).unwrap_or(&Value::Null);
        if items.get("properties").is_some() {
            return self.said(words::tables());
        }
        if schema.get("minItems") == Some(&Value::from(2)) && items["type"] != "array" {
            return "`[a, b]`".to_owned();
        }
        if items["type"] == "array" && items["items"]["type"] == "number" {
            return self.said(words::points());
        }
        self.said(words::list_of(self.kind(items)))
    }

    fn alternatives<'v>(&self, values: impl Iterator<Item = &'v Value>) -> String {
        let values = values.map(|value| format!("`{}`", toml_of(value)));
        values.reduce(|one, other| self.said(words::either(one, other))).unwrap_or_default()
    }
}

/// A description or an example of the schema, in that language.
pub(super) fn translated(english: &str, language: Language) -> &str {
    match language {
        Language::English => english,
        Language::Chinese => chinese(english).unwrap_or(english),
    }
}

/// A number that lies between these limits of its schema.
pub(super) fn limited(number: Sentence, schema: &Value) -> Sentence {
    let limit = |name: &str| schema.get(name).and_then(Value::as_f64).map(|limit| limit.to_string());
    match (limit("minimum"), limit("maximum")) {
        (Some(least), Some(most)) => words::between(number, least, most),
        (Some(least), None) => words::not_below(number, least),
        (None, Some(most)) => words::not_above(number, most),
        (None, None) => number,
    }
}

pub(super) fn fields_of(schema: &Value) -> impl Iterator<Item = (&str, &Value)> {
    schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, f)| (name.as_str(), f))
}

/// Whether a field is described here and not with the table that it is taken from.
fn is_its_own(field: &Value) -> bool {
    field.get("$ref").and_then(Value::as_str).is_none_or(|path| !path.contains("/properties/"))
}

pub(super) fn resolved<'s>(root: &'s Value, schema: &'s Value) -> &'s Value {
    let path = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix('#'));
    match path.and_then(|path| root.pointer(path)) {
        // A field of a layer refers to the camera's, and that to its type.
        Some(named) => resolved(root, named),
        None => schema,
    }
}

pub(super) fn description(schema: &Value) -> &str {
    schema.get("description").and_then(Value::as_str).unwrap_or("")
}

/// A value as it is typed in the file.
pub(super) fn toml_of(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|(name, v)| format!("{name} = {}", toml_of(v))).collect();
            format!("{{ {} }}", fields.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(toml_of).collect::<Vec<_>>().join(", ")),
        Value::Number(n) if n.as_f64().is_some_and(|f| f.fract() == 0.0) => {
            format!("{}", n.as_f64().unwrap_or(0.0))
        }
        other => other.to_string(),
    }
}

/// One line, and no bar that would end the cell.
fn cell(text: String) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::text::tests::fault_in_chinese;

    /// Every description that the reference shows, and every example that is a text.
    fn shown() -> (BTreeSet<&'static str>, BTreeSet<&'static str>) {
        let (mut descriptions, mut examples) = (BTreeSet::new(), BTreeSet::new());
        for Section { description: of_section, definition, .. } in sections(schema::document_schema()) {
            descriptions.insert(of_section);
            for (_, field) in fields_of(definition).filter(|(_, field)| is_its_own(field)) {
                descriptions.insert(description(field));
                examples.extend(field["examples"][0].as_str());
            }
        }
        (descriptions, examples)
    }

    #[test]
    fn every_description_is_there_in_chinese_and_no_other() {
        let (descriptions, examples) = shown();
        assert!(descriptions.len() > 200, "only {} descriptions were found", descriptions.len());
        let missing: Vec<_> = descriptions.iter().filter(|english| chinese(english).is_none()).collect();
        assert!(missing.is_empty(), "nothing says in Chinese: {missing:#?}");
        let is_shown = |english: &str| descriptions.contains(english) || examples.contains(english);
        let left: Vec<_> = fields().filter(|(english, _)| !is_shown(english)).collect();
        assert!(left.is_empty(), "nothing says this any more: {left:#?}");
        let different: BTreeSet<_> = fields().map(|(english, _)| english).collect();
        assert_eq!(different.len(), fields().count(), "a description is there twice");
    }

    #[test]
    fn the_reference_is_set_as_chinese() {
        let faults: Vec<String> = fields()
            .filter_map(|(english, chinese)| Some(format!("{english}: {}", fault_in_chinese(chinese)?)))
            .collect();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    /// What stands between backticks, and numbers beside it.
    fn code_and_numbers(text: &str) -> (BTreeSet<String>, BTreeSet<String>) {
        let (mut code, mut numbers) = (BTreeSet::new(), BTreeSet::new());
        for (at, part) in text.split('`').enumerate() {
            if at % 2 == 1 {
                code.insert(part.replace(".zh-CN.md", ".md"));
                continue;
            }
            let words = part.split(|c: char| !c.is_ascii_digit() && c != '.');
            let figures = words.map(|word| word.trim_matches('.')).filter(|word| !word.is_empty());
            numbers.extend(figures.map(str::to_owned));
        }
        (code, numbers)
    }

    #[test]
    fn a_description_names_the_same_keys_values_and_numbers_in_both_languages() {
        for (english, chinese) in fields().filter(|(english, _)| shown().0.contains(english)) {
            let ((code, numbers), (code_there, numbers_there)) =
                (code_and_numbers(english), code_and_numbers(chinese));
            assert_eq!(code, code_there, "{english}\n{chinese}");
            let lost: Vec<_> = numbers.difference(&numbers_there).collect();
            assert!(lost.is_empty(), "{lost:?}: {english}\n{chinese}");
        }
    }
}
