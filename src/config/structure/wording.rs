//! What the walk says of a name, a type or a value, and what it reads in the schema for that. Must never repeat a text of the
//! file that could be a secret: only a short word is quotable.

use serde_json::Value;
use toml::de::{DeTable, DeValue};

use super::super::document::OF_ONE_CAMERA;
use super::super::pattern::Pattern;
use super::Place;
use crate::text::{Sentence, Words, config, structure as say};

/// The schema of values whose names the user chooses (`thresholds`).
pub(super) fn free_names(schema: &Value) -> Option<&Value> {
    schema.get("additionalProperties").filter(|free| free.is_object())
}

/// In which range a number must be.
pub(in crate::config) fn range_of(schema: &Value) -> Sentence {
    let limit = |key: &str| schema.get(key).and_then(Value::as_f64).map(|limit| limit.to_string());
    match (limit("minimum"), limit("maximum")) {
        (Some(least), Some(most)) => say::from_to(least, most),
        (Some(least), None) => say::at_least(least),
        (None, Some(most)) => say::at_most(most),
        (None, None) => say::finite(),
    }
}

pub(in crate::config) fn required(schema: &Value) -> impl Iterator<Item = &str> {
    schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// The words to choose from, where a value is one of a list.
pub(in crate::config) fn words_of(schema: &Value) -> Option<Vec<&Value>> {
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return Some(words.iter().collect());
    }
    let choices = schema.get("oneOf")?.as_array()?;
    choices.iter().map(|choice| choice.get("const")).collect()
}

/// How people call a table: a section by its header, one of many by its id, or by its number where that is broken.
pub(super) fn owner_of(name: &str, table: &DeTable<'_>, index: Option<usize>, place: &Place<'_>) -> Words {
    let Some(index) = index else {
        return match &place.owner {
            Some(owner) if place.definition != "DefaultsDocument" => config::field_of(name, owner.clone()),
            _ => config::section(header_of(name, place)),
        }
        .into();
    };
    let id = table.get("id").and_then(|id| id.get_ref().as_str()).filter(|id| is_quotable(id));
    let part = match (name, id) {
        ("camera", Some(id)) => config::camera(id),
        ("camera_type", Some(id)) => config::camera_type(id),
        ("rule", Some(id)) => config::rule(id),
        ("sensor", Some(id)) => config::sensor(id),
        ("zone", Some(id)) => config::zone(id),
        ("line", Some(id)) => config::line(id),
        (_, Some(id)) => config::thing(name, id),
        ("camera_type", None) => config::nth_camera_type(index + 1),
        (_, None) => config::nth(name, index + 1),
    };
    match &place.owner {
        Some(owner) => config::part_of(part, owner.clone()).into(),
        None => part.into(),
    }
}

/// The header of a section, without its brackets.
pub(super) fn header_of(name: &str, place: &Place<'_>) -> String {
    match place.definition {
        "DefaultsDocument" => format!("defaults.{name}"),
        _ => name.to_owned(),
    }
}

/// Why a layer may not hold what one camera has and no other, and what to do instead.
pub(super) fn of_one_camera(name: &str, definition: &str) -> Option<(Sentence, Sentence)> {
    let is_type = definition == "CameraTypeDocument";
    if !(is_type || definition == "CameraDefaultsDocument") || !OF_ONE_CAMERA.contains(&name) {
        return None;
    }
    Some(match name {
        "like" if is_type => (say::type_like_type(), say::common_to_types()),
        _ => (say::of_one_camera(name), say::write_in_each_camera()),
    })
}

/// Whether a text may be repeated in a message: a short word. Anything else could be a secret or a novel.
pub(in crate::config) fn is_quotable(text: &str) -> bool {
    let is_wordlike = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    !text.is_empty() && text.chars().count() <= 64 && text.chars().all(is_wordlike)
}

pub(super) fn names_a_password(name: &str) -> bool {
    let name = name.to_lowercase();
    ["pass", "pwd", "token", "密码"].iter().any(|sign| name.contains(sign))
}

/// How people call a type of the schema.
pub(in crate::config) fn kind_of(schema_type: &str) -> Sentence {
    match schema_type {
        "object" => say::table(),
        "array" => say::list_in_brackets(),
        "string" => say::text_in_quotes(),
        "boolean" => say::true_or_false(),
        "integer" => say::whole_number(),
        _ => say::number(),
    }
}

pub(super) fn kind_found(value: &DeValue<'_>) -> Sentence {
    match value {
        DeValue::String(_) => say::text(),
        DeValue::Integer(_) => say::whole_number(),
        DeValue::Float(_) => say::number_with_fraction(),
        DeValue::Boolean(_) => say::true_or_false(),
        DeValue::Datetime(_) => say::date(),
        DeValue::Array(_) => say::list(),
        DeValue::Table(_) => say::table(),
    }
}

pub(super) fn hint_for_type(name: &str, wanted: &str, found: &DeValue<'_>) -> Option<Sentence> {
    // Also `lane/*`: where the brackets were forgotten it is shown with them.
    let may_be_shown = |text: &str| {
        let word = text.trim_end_matches('*').trim_end_matches('/');
        is_quotable(text) || (Pattern::read(text).is_some() && (word.is_empty() || is_quotable(word)))
    };
    match (wanted, found) {
        ("string", DeValue::Integer(n)) if !matches!(name, "secret" | "user") => {
            Some(say::write(format!("{name} = \"{n}\"")))
        }
        ("number" | "integer", DeValue::String(text)) if text.parse::<f64>().is_ok() => {
            Some(say::write_without_quotes(format!("{name} = {text}")))
        }
        ("array", DeValue::Table(_)) => Some(say::write_two_brackets(name)),
        ("array", DeValue::String(text)) if may_be_shown(text) => {
            Some(say::write(format!("{name} = [\"{text}\"]")))
        }
        ("object", DeValue::Array(_)) => Some(say::write_one_bracket(name)),
        _ => None,
    }
}
