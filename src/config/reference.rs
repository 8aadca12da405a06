//! The configuration reference in Markdown, made from the document types' own words.

use std::fmt::Write as _;

use serde_json::Value;

use super::restart::{FIXED, Fixed};
use super::schema;
use crate::contract::kinds;

/// The whole reference, as it is checked in as `config/REFERENCE.md`.
pub fn markdown() -> String {
    let root = schema::document_schema();
    let mut out = String::from(INTRODUCTION);
    out.push_str(TAKEN_UP);
    for Fixed { key, why, .. } in &FIXED {
        let _ = writeln!(out, "| `{key}` | {why} |");
    }
    for (name, field) in fields_of(root) {
        let many = field.get("items");
        let definition = resolved(root, many.unwrap_or(field));
        let header = if many.is_some() { format!("[[{name}]]") } else { format!("[{name}]") };
        section(&mut out, root, &header, description(field), definition);
        for (part, field) in fields_of(definition) {
            // Tables within a table: zones, lines and masks of a camera, conditions of a rule.
            let of_many = field.get("items").map(|items| resolved(root, items));
            let inner = of_many.unwrap_or_else(|| resolved(root, field));
            if fields_of(inner).next().is_none() {
                continue;
            }
            let header = if of_many.is_some() {
                format!("[[{name}.{part}]]")
            } else if name == "defaults" {
                format!("[{name}.{part}]")
            } else {
                format!("{part} = {{ ... }}` in `{header}")
            };
            section(&mut out, root, &header, description(field), inner);
        }
    }
    out.push_str(KINDS_OF_ALERT);
    for kind in kinds::all() {
        let _ = writeln!(out, "| `{}` | {} | {} | {} |", kind.name, kind.level.name(), kind.en, kind.zh);
    }
    out
}

const KINDS_OF_ALERT: &str = "
## Kinds of alert

A rule's `signal` is the kind of its alerts. These have a title in both languages and a usual level; any other name of
lower-case letters, digits and `_` works too, and then a `title` of the rule's own is worth its line.

| `signal` | usual level | title (`en`) | title (`zh-CN`) |
|---|---|---|---|
";

const INTRODUCTION: &str = "\
# Configuration reference

Made from the program's own types by `lookout schema --reference`; a test fails when this file differs.

One TOML file describes a box. A name that is not listed here is an error. Times are in seconds (`_secs`), sizes in
MiB (`_mib`); coordinates are parts of the picture from 0 to 1 with the origin at the top left. Relative paths start at
the folder of the configuration file. `lookout check FILE` reports every problem of a file at once.

Passwords never stand in this file: `secret = \"cam-03\"` names a file `cam-03` in the secrets folder (`[site] secrets_dir`;
systemd's `$CREDENTIALS_DIRECTORY` where the service has one) that holds `user:password` on one line and that nobody but its
owner and the service's own group can read; `lookout secret set cam-03` writes it so.

[example.toml](example.toml) shows everything in one file, [minimal.toml](minimal.toml) the least that works, and
[lookout.schema.json](lookout.schema.json) lets editors complete and check as you type.
";

const TAKEN_UP: &str = "
## Changes while the box runs

A change of the file is taken up by itself within seconds, whole or not at all; `systemctl reload lookout` asks for it at
once. Cameras that did not change go on untouched. `[mqtt]`: the box says `stopped` where it was and connects anew, and
what waits is sent there; messages that a broker keeps below an old `prefix` stay there until somebody clears them.
`[detector]`: the models are loaded beside the old ones, which look until then. `[outbox]`: the new limits count from the
next message on.

What the files hold that are named by `secret`, `ca_file`, `cert_file` and `key_file` is no part of the configuration: a
password, token or certificate that is renewed is taken up within seconds, and only the connection that uses it is made
anew.

These take a restart (`systemctl restart lookout`), and a change of them is refused until then:

| key | why |
|---|---|
";

fn section(out: &mut String, root: &Value, header: &str, description: &str, definition: &Value) {
    // Writing to a String cannot fail.
    let _ = write!(out, "\n## `{header}`\n\n{description}\n");
    if !fields_of(definition).any(|(_, field)| is_its_own(field)) {
        return;
    }
    out.push('\n');
    out.push_str("| key | value | default | what |\n|---|---|---|---|\n");
    let required: Vec<&str> =
        definition["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, field) in fields_of(definition).filter(|(_, field)| is_its_own(field)) {
        let default = match field.get("default").or_else(|| resolved(root, field).get("default")) {
            Some(Value::Array(items)) if items.is_empty() => "none".to_owned(),
            Some(default) => format!("`{}`", toml_of(default)),
            None if required.contains(&name) => "**required**".to_owned(),
            None => String::new(),
        };
        let _ = writeln!(
            out,
            "| `{name}` | {} | {default} | {} |",
            kind(root, field),
            cell(description_with_example(field))
        );
    }
}

fn fields_of(schema: &Value) -> impl Iterator<Item = (&str, &Value)> {
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

fn description(schema: &Value) -> &str {
    schema.get("description").and_then(Value::as_str).unwrap_or("")
}

fn description_with_example(field: &Value) -> String {
    let mut text = description(field).to_owned();
    if let Some(example) = field.get("examples").and_then(|examples| examples.get(0)) {
        let _ = write!(text, " Example: `{}`", toml_of(example));
    }
    text
}

/// What a value looks like, in a few words.
fn kind(root: &Value, field: &Value) -> String {
    let schema = resolved(root, field);
    if let Some(words) =
        schema.get("oneOf").and_then(Value::as_array).filter(|_| schema.get("properties").is_none())
    {
        return alternatives(words.iter().filter_map(|word| word.get("const")));
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return alternatives(words.iter());
    }
    let range = |name: &str| schema.get(name).and_then(Value::as_f64);
    let limits = match (range("minimum"), range("maximum")) {
        (Some(least), Some(most)) => format!(" {least} to {most}"),
        (Some(least), None) => format!(" from {least}"),
        (None, Some(most)) => format!(" up to {most}"),
        (None, None) => String::new(),
    };
    match schema.get("type").and_then(Value::as_str) {
        Some("string") => "text".to_owned(),
        Some("boolean") => "`true`, `false`".to_owned(),
        Some("integer") => format!("whole number{limits}"),
        Some("number") => format!("number{limits}"),
        Some("array") => list_kind(root, schema),
        _ => "table".to_owned(),
    }
}

fn list_kind(root: &Value, schema: &Value) -> String {
    let items = schema.get("items").map(|items| resolved(root, items)).unwrap_or(&Value::Null);
    if items.get("properties").is_some() {
        return "tables".to_owned();
    }
    if schema.get("minItems") == Some(&Value::from(2)) && items["type"] == "number" {
        return "`[a, b]`".to_owned();
    }
    if items["type"] == "array" {
        return "points `[[x, y], ...]`".to_owned();
    }
    format!("list of {}", kind(root, items))
}

fn alternatives<'v>(words: impl Iterator<Item = &'v Value>) -> String {
    words.map(|word| format!("`{}`", toml_of(word))).collect::<Vec<_>>().join(", ")
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
