//! A value of JSON beside the schema that is published of it: what does not fit, in the words in which the configuration itself
//! is judged ([`super::structure`]). For what comes over the network, such as the fields of commands.
//!
//! Must never repeat a text that could be a secret or a novel.

use serde_json::{Map, Value};

use super::structure::{is_quotable, kind_of, range_of, required, words_of};
use super::suggest;
use crate::text::{Joint, Sentence, Words, config, structure as say};

/// Most complaints of one value.
const MOST_REPORTED: usize = 10;
/// Maximum number of characters of a name.
const MOST_NAME_CHARS: usize = 64;
/// Most levels that are looked into.
const MOST_DEPTH: usize = 16;

/// What is wrong with the value that stands under `name`; `root` holds the definitions that `schema` refers to. Empty where
/// nothing is found.
pub(crate) fn misfits(root: &Value, schema: &Value, name: &str, value: &Value) -> Vec<Sentence> {
    let mut walk = Walk { root, found: Vec::new() };
    walk.value(name, value, schema, 0);
    walk.found.truncate(MOST_REPORTED);
    walk.found
}

struct Walk<'s> {
    root: &'s Value,
    found: Vec<Sentence>,
}

impl<'s> Walk<'s> {
    fn value(&mut self, path: &str, value: &Value, schema: &'s Value, depth: usize) {
        if depth > MOST_DEPTH || self.found.len() >= MOST_REPORTED {
            return;
        }
        let schema = self.resolved(schema);
        if let Some(words) = words_of(schema) {
            return self.word(path, value, &words);
        }
        if let Some(choices) = schema.get("anyOf").and_then(Value::as_array) {
            let choices: Vec<&Value> = choices.iter().map(|choice| self.resolved(choice)).collect();
            match choices.iter().find(|choice| type_of(choice).is_none_or(|wanted| is_of(wanted, value))) {
                Some(&choice) => self.value(path, value, choice, depth + 1),
                None => {
                    let kinds = choices.iter().filter_map(|choice| type_of(choice));
                    let kinds = kinds.map(|kind| kind_of(kind).into()).collect();
                    self.found.push(say::wrong_kind(path, Words::List(kinds, Joint::Or), kind_found(value)));
                }
            }
            return;
        }
        let Some(wanted) = type_of(schema) else { return };
        match value {
            _ if !is_of(wanted, value) => self.wrong_kind(path, wanted, value),
            Value::Object(fields) => self.fields(path, fields, schema, depth),
            Value::Array(items) => {
                let Some(of_each) = schema.get("items") else { return };
                for (index, item) in items.iter().enumerate() {
                    self.value(&format!("{path}[{index}]"), item, of_each, depth + 1);
                }
            }
            Value::Number(number) => {
                let number = number.as_f64().unwrap_or(f64::NAN);
                let limit = |key: &str| schema.get(key).and_then(Value::as_f64);
                let fits = limit("minimum").is_none_or(|least| number >= least)
                    && limit("maximum").is_none_or(|most| number <= most);
                if !fits {
                    self.found.push(say::out_of_range(
                        path,
                        kind_of(wanted),
                        range_of(schema),
                        number.to_string(),
                    ));
                }
            }
            Value::String(text) => {
                let length = text.chars().count();
                let most = schema.get("maxLength").and_then(Value::as_u64);
                if let Some(most) = most.filter(|most| length as u64 > *most) {
                    self.found.push(say::too_long(path, length, most));
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn wrong_kind(&mut self, path: &str, wanted: &str, value: &Value) {
        let what = say::wrong_kind(path, kind_of(wanted), kind_found(value));
        let number = value.as_str().filter(|text| {
            matches!(wanted, "integer" | "number")
                && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '.'))
                && text.parse::<f64>().is_ok()
        });
        self.found.push(match number {
            Some(number) => config::and_also(what, say::write_without_quotes(number)),
            None => what,
        });
    }

    fn word(&mut self, path: &str, value: &Value, words: &[&Value]) {
        if words.contains(&value) {
            return;
        }
        let texts: Vec<&str> = words.iter().filter_map(|word| word.as_str()).collect();
        let wanted = suggest::one_of(&texts);
        self.found.push(match value.as_str().filter(|typed| is_quotable(typed)) {
            Some(typed) => {
                let what = say::none_of(path, wanted, typed);
                match suggest::nearest(typed, texts) {
                    Some(meant) => config::and_also(what, config::did_you_mean(meant)),
                    None => what,
                }
            }
            None => say::none_of_in_quotes(path, wanted),
        });
    }

    fn fields(&mut self, path: &str, fields: &Map<String, Value>, schema: &'s Value, depth: usize) {
        let known = schema.get("properties").and_then(Value::as_object);
        let others = schema.get("additionalProperties");
        let names: Vec<&str> = known.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        let mut strangers = Vec::new();
        for (name, value) in fields {
            let shown: String = name.chars().filter(|c| !c.is_control()).take(MOST_NAME_CHARS).collect();
            let here = format!("{path}.{shown}");
            let field =
                known.and_then(|known| known.get(name)).or(others.filter(|others| others.is_object()));
            match field {
                Some(field) => self.value(&here, value, field, depth + 1),
                None if others == Some(&Value::Bool(false)) => {
                    strangers.push(name.as_str());
                    self.found.push(unknown(&here, name, &names));
                }
                None => {}
            }
        }
        for name in required(schema) {
            let slipped = || strangers.iter().any(|typed| suggest::nearest(typed, [name]).is_some());
            if !fields.contains_key(name) && !slipped() {
                self.found.push(say::missing(format!("{path}.{name}")));
            }
        }
    }

    fn resolved(&self, schema: &'s Value) -> &'s Value {
        let mut schema = schema;
        // A definition may refer to another one, and none to itself.
        for _ in 0..MOST_DEPTH {
            let path = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix('#'));
            let Some(target) = path.and_then(|path| self.root.pointer(path)) else { break };
            schema = target;
        }
        schema
    }
}

fn unknown(path: &str, name: &str, known: &[&str]) -> Sentence {
    let what = say::unknown_name(path);
    match suggest::nearest(name, known.iter().copied()) {
        Some(meant) => config::and_also(what, config::did_you_mean(meant)),
        None => {
            let likeliest = suggest::likeliest_first(name, known.iter().copied());
            config::and_also(what, say::known_here(suggest::listed(&likeliest)))
        }
    }
}

fn type_of(schema: &Value) -> Option<&str> {
    schema.get("type").and_then(Value::as_str)
}

fn is_of(wanted: &str, value: &Value) -> bool {
    match wanted {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        _ => true,
    }
}

fn kind_found(value: &Value) -> Sentence {
    match value {
        Value::Null => say::nothing(),
        Value::Bool(_) => say::true_or_false(),
        Value::Number(number) if number.is_f64() => say::number_with_fraction(),
        Value::Number(_) => say::whole_number(),
        Value::String(_) => say::text(),
        Value::Array(_) => say::list(),
        Value::Object(_) => say::table(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::types::language::Language;

    fn reported(value: &Value, language: Language) -> Vec<String> {
        let root = json!({
            "$defs": { "Setting": {
                "type": "object", "additionalProperties": false, "required": ["path"],
                "properties": {
                    "path": { "type": "string", "maxLength": 8 },
                    "analysis_fps": { "type": "number" },
                    "secs": { "type": "integer", "minimum": 0, "maximum": 60 },
                    "role": { "type": "string", "enum": ["desk", "admin"] },
                    "at": { "anyOf": [{ "type": "string" }, { "type": "integer" }] },
                    "free": { "description": "anything" },
                    "by_id": { "type": "object", "additionalProperties": { "type": "boolean" } },
                },
            } },
        });
        let schema = json!({ "type": "array", "items": { "$ref": "#/$defs/Setting" } });
        let found = misfits(&root, &schema, "set", value);
        found.iter().map(|sentence| sentence.in_language(language)).collect()
    }

    #[test]
    fn what_does_not_fit_is_reported_as_of_a_configuration() {
        for (value, english, chinese) in [
            (
                json!([{ "path": "a", "analysis_fps": "3" }]),
                "`set[0].analysis_fps` must be a number, not a text; write 3, without quotes",
                "`set[0].analysis_fps` 应为数字，而不是文本；请写 3，不加引号",
            ),
            (
                json!([{ "path": "a", "secs": -1 }]),
                "`set[0].secs` must be a whole number from 0 to 60, not -1",
                "`set[0].secs` 应为介于 0 与 60 之间的整数，而不是 -1",
            ),
            (
                json!([{ "path": "a", "secs": 1.5 }]),
                "`set[0].secs` must be a whole number, not a number with a fraction",
                "`set[0].secs` 应为整数，而不是小数",
            ),
            (
                json!([{ "pth": "a" }]),
                "unknown name: `set[0].pth`; did you mean `path`?",
                "没有 `set[0].pth` 这个名称；是否想写 `path`？",
            ),
            (json!([{}]), "`set[0].path` is missing", "缺少 `set[0].path`"),
            (
                json!([{ "path": "a", "role": "dsk" }]),
                "`set[0].role` must be `desk` or `admin`, not `dsk`; did you mean `desk`?",
                "`set[0].role` 只能是 `desk` 或 `admin`，不能是 `dsk`；是否想写 `desk`？",
            ),
            (
                json!([{ "path": "a", "at": [] }]),
                "`set[0].at` must be a text in quotes or a whole number, not a list",
                "`set[0].at` 应为带引号的文本或整数，而不是列表",
            ),
            (
                json!([{ "path": "a", "by_id": { "r": null } }]),
                "`set[0].by_id.r` must be true or false, not nothing (null)",
                "`set[0].by_id.r` 应为布尔值（true 或 false），而不是空值（null）",
            ),
            (
                json!([{ "path": "far too long" }]),
                "`set[0].path` has 12 characters, it may have 8",
                "`set[0].path` 有 12 个字符，最多 8 个",
            ),
        ] {
            assert_eq!(reported(&value, Language::English), [english], "{value}");
            assert_eq!(reported(&value, Language::Chinese), [chinese], "{value}");
        }
        let good = json!([{ "path": "a", "at": 3, "free": [{}], "by_id": { "r": true }, "analysis_fps": 3 }]);
        assert_eq!(reported(&good, Language::English), [""; 0]);
        let stranger = &reported(&json!([{ "path": "a", "colour": 1 }]), Language::English)[0];
        assert!(stranger.starts_with("unknown name: `set[0].colour`; known here: "), "{stranger}");
    }

    #[test]
    fn no_text_is_repeated_and_no_more_is_reported_than_somebody_reads() {
        let many: Vec<Value> = (0..50).map(|_| json!({ "path": 1, "role": "hunter2 and more" })).collect();
        let reported = reported(&Value::Array(many), Language::English);
        assert!(reported.len() <= MOST_REPORTED, "{}", reported.len());
        assert!(reported.iter().all(|one| !one.contains("hunter2")), "{reported:?}");
        let long = "x".repeat(20_000);
        let reported: String =
            super::tests::reported(&json!([{ "path": "a", long: 1 }]), Language::English).concat();
        assert!(reported.len() < 500, "{} bytes", reported.len());
    }
}
