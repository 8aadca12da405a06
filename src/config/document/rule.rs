//! `[[rule]]` as it is typed: the frame of a rule, and one table for each kind of condition.
//!
//! The kinds and their tables are those of [`rules`], which lists them once.

use std::ops::Range;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{At, DEFAULT_COOLDOWN_SECS, DEFAULT_HOLD_SECS, Names};
use crate::analysis::rules::typed::Typed;
use crate::analysis::rules::{self, rule_kinds};
use crate::contract::words::Eye;
use crate::types::level::Level;

/// A condition that a rule has.
pub struct Given<'d> {
    /// The name of its table.
    pub name: &'static str,
    /// Where the table stands.
    pub span: &'d Range<usize>,
    /// The table.
    pub table: &'d dyn Typed,
}

macro_rules! rule_document {
    ($($name:ident: $Rule:ident, $Document:ident;)*) => {
        /// What to tell about. Exactly one condition (`present`, `dwell`, ... `works`) says what must be seen.
        #[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        #[schemars(extend(
            "oneOf" = exactly_one(),
            "anyOf" = [{"required": ["cameras"]}, {"required": ["eye"]}],
            "not" = {"required": ["cameras", "eye"]},
        ))]
        pub struct RuleDocument {
            /// Its name, unique in the file.
            #[schemars(required, extend("pattern" = "^[a-z0-9][a-z0-9_-]{0,63}$", "examples" = ["fire-lane-blocked"]))]
            pub id: Option<At<String>>,
            /// The cameras it watches: each by its id, `lane/*` for all of the `[[camera_type]]` `lane`, `*` for all there are.
            /// Each has its own state and its own alerts. Either this or `eye`.
            #[schemars(extend("examples" = [["cam-03"]]))]
            pub cameras: Option<Names>,
            /// Instead of `cameras`: all cameras of this owner, `sky`, `village` or `household`.
            pub eye: Option<At<Eye>>,
            /// When it is in force, in the site's time zone: `"workdays 07:00-20:00"`, `"daily 22:00-06:00"`,
            /// `"sat,sun"`, several joined by `;`. Always, if left out. Any rule with the hours of the night is a
            /// rule for after hours: give it `signal = "after_hours"`.
            #[schemars(extend("default" = "always", "examples" = ["workdays 07:00-20:00"]))]
            pub schedule: Option<At<String>>,
            /// The kind of its alerts. If left out, the name of the condition (`parked`, ...).
            #[schemars(extend("pattern" = "^[a-z][a-z0-9_]{0,63}$", "examples" = ["fire_lane_blocked"]))]
            pub signal: Option<At<String>>,
            /// The level of its alerts: `blue`, `yellow`, `orange` or `red`. If left out, what is usual for its kind.
            pub level: Option<At<Level>>,
            /// Title of its alerts, in place of the usual one for its kind.
            #[schemars(length(max = 100))]
            pub title: Option<At<String>>,
            /// Seconds for which the condition must be gone before its alert ends.
            #[schemars(range(min = 0.0, max = 86_400.0), extend("default" = DEFAULT_HOLD_SECS))]
            pub hold_secs: Option<At<f64>>,
            /// Seconds after an alert's end in which the same rule on the same camera raises no new one.
            #[schemars(range(min = 0.0, max = 86_400.0), extend("default" = DEFAULT_COOLDOWN_SECS))]
            pub cooldown_secs: Option<At<f64>>,
            /// Least height of what it looks at, in parts of the picture's height, above 0 to 1: what is smaller does
            /// not count for this rule. Who is cut off above or below by a border of the picture, or stands behind
            /// something nearer, is never too small. `heights` of the camera is for all of its rules.
            #[schemars(extend("examples" = [0.1]))]
            pub min_height: Option<At<f64>>,
            /// Greatest height of what it looks at, in parts of the picture's height, above 0 to 1.
            #[schemars(extend("examples" = [0.6]))]
            pub max_height: Option<At<f64>>,
            $(
                #[schemars(description = words_of::<rules::$Document>())]
                $name: Option<At<rules::$Document>>,
            )*
        }

        impl RuleDocument {
            /// The conditions that it has, in the order in which their kinds are listed.
            pub fn given(&self) -> Vec<Given<'_>> {
                let tables = [$(given(stringify!($name), &self.$name)),*];
                tables.into_iter().flatten().collect()
            }
        }
    };
}
rule_kinds!(rule_document);

fn given<'d, T: Typed>(name: &'static str, table: &'d Option<At<T>>) -> Option<Given<'d>> {
    table.as_ref().map(|At { value, span }| Given { name, span, table: value })
}

/// For the schema: one of the tables must be there.
fn exactly_one() -> Value {
    rules::KINDS.iter().map(|kind| json!({ "required": [kind.name] })).collect()
}

/// What a table's own doc comment says of it.
fn words_of<T: JsonSchema>() -> String {
    let schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>();
    schema.get("description").and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::schema::document_schema;

    #[test]
    fn every_kind_of_rule_has_a_table_with_a_sentence_and_one_of_them_must_be_there() {
        let rule = &document_schema()["$defs"]["RuleDocument"];
        let defined = |property: &Value| {
            let name = property["$ref"].as_str().and_then(|name| name.strip_prefix("#/$defs/"));
            document_schema()["$defs"][name.unwrap_or_default()].clone()
        };
        let properties = rule["properties"].as_object().unwrap().iter();
        let tables: Vec<&str> = properties
            .filter(|(_, property)| defined(property)["type"] == "object")
            .map(|(name, _)| name.as_str())
            .collect();
        let required: Vec<Value> = tables.iter().map(|name| json!({ "required": [name] })).collect();
        assert_eq!(rule["oneOf"], Value::Array(required));
        let kinds: Vec<&str> = rules::KINDS.iter().map(|kind| kind.name).collect();
        assert_eq!(tables, kinds);
        for kind in rules::KINDS {
            let table = &rule["properties"][kind.name];
            let sentence = table["description"].as_str().unwrap_or_default();
            assert!(sentence.ends_with('.') && sentence.len() > 5, "{}: {table}", kind.name);
            let definition = defined(table);
            assert_eq!(definition["description"], sentence, "{}", kind.name);
            assert_eq!(definition["additionalProperties"], false, "{}: unknown names pass", kind.name);
        }
    }
}
