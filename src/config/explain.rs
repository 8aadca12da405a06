//! Where each value of a camera comes from: its own section, its type, the defaults of the file, or the program; and which
//! rules watch it. Reads the text of a good configuration once more. Must never show a password inside an address.

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::document::RuleDocument;
use super::layers::{Layer, Places};
use super::pattern::Pattern;
use super::problem::{Report, Source};
use super::reference::toml_of;
use super::{Config, digest, schema, structure, suggest};
use crate::analysis::rules::Rule;
use crate::contract::stream_address;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The camera's own section.
    Own {
        /// Line of the file, from 1.
        line: u32,
    },
    /// Its `[[camera_type]]`.
    Type {
        /// The type's id.
        id: String,
        /// Line of the file, from 1.
        line: u32,
    },
    /// `[defaults.camera]`.
    Defaults {
        /// Line of the file, from 1.
        line: u32,
    },
    /// The file says nothing of it.
    BuiltIn,
}

/// A value of a camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedValue {
    /// Its name with those of the tables around it: `thresholds.person`, `zone.gate.polygon`.
    pub name: String,
    /// As it is typed in the file.
    pub value: String,
    /// Where it comes from.
    pub from: Origin,
}

/// A rule that watches a camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchingRule {
    /// Its id.
    pub id: String,
    /// What in it names the camera: `` `lane/*` ``.
    pub by: String,
    /// Line of the file where that stands, from 1.
    pub line: u32,
}

/// A camera, value by value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// What it has, in the order of the reference.
    pub values: Vec<ExplainedValue>,
    /// Names of what it has not, because nobody says it and nothing is usual.
    pub unset: Vec<String>,
    /// The rules that watch it, in the order of the file.
    pub rules: Vec<WatchingRule>,
}

impl Config {
    /// The camera of that id, value by value.
    ///
    /// # Errors
    ///
    /// A sentence, with what may have been meant, where there is no such camera.
    pub fn explain(&self, id: &str) -> Result<Explained, String> {
        let nobody = || {
            let ids = self.cameras.iter().map(|camera| &*camera.id);
            let hint = suggest::hint(id, ids, "there are");
            let hint = hint.unwrap_or_else(|| "the file has no camera".to_owned());
            format!("{}: there is no camera of that id: `{id}`\n  hint: {hint}", self.path().display())
        };
        let (mut root, _) = DeTable::parse_recoverable(self.text());
        // The text is a good one, so nothing comes into the report.
        let mut report = Report::new(&self.source);
        let (_, places) = structure::check(&mut root, &mut report);
        let camera = camera_of(root.get_ref(), id).ok_or_else(nobody)?;
        let like = camera.get("like").and_then(|like| like.get_ref().as_str()).map(str::to_owned);
        let mut teller =
            Teller { source: &self.source, places: &places, values: Vec::new(), unset: Vec::new() };
        teller.camera(camera);
        let Teller { values, unset, .. } = teller;
        let document = structure::read(root, &mut report);
        let is_watching = |typed: &RuleDocument| {
            let watches = |rule: &Rule| {
                typed.id.as_ref().is_some_and(|typed| typed.value == *rule.id)
                    && rule.cameras.iter().any(|camera| **camera == *id)
            };
            self.rules.iter().any(watches)
        };
        let typed = document.rule.iter().map(|section| &section.value).filter(|typed| is_watching(typed));
        let rules = typed.filter_map(|typed| self.watching(typed, id, like.as_deref())).collect();
        Ok(Explained { values, unset, rules })
    }

    /// What in a rule names the camera.
    fn watching(&self, rule: &RuleDocument, camera: &str, like: Option<&str>) -> Option<WatchingRule> {
        let id = rule.id.as_ref()?.value.clone();
        let line = |start: usize| self.source.position(start).0;
        if let Some(eye) = &rule.eye {
            let by = format!("`eye = \"{}\"`", eye.value.name());
            return Some(WatchingRule { id, by, line: line(eye.span.start) });
        }
        let names_it = |typed: &str| Pattern::read(typed).is_some_and(|pattern| pattern.names(camera, like));
        let name = rule.cameras.as_ref()?.value.iter().find(|name| names_it(&name.value))?;
        Some(WatchingRule { id, by: format!("`{}`", name.value), line: line(name.span.start) })
    }
}

fn camera_of<'r, 'i>(root: &'r DeTable<'i>, id: &str) -> Option<&'r DeTable<'i>> {
    let DeValue::Array(cameras) = root.get("camera")?.get_ref() else { return None };
    let mut tables = cameras.iter().filter_map(|camera| camera.get_ref().as_table());
    tables.find(|table| id_of(table) == Some(id))
}

fn id_of<'t>(table: &'t DeTable<'_>) -> Option<&'t str> {
    table.get("id")?.get_ref().as_str()
}

struct Teller<'s> {
    source: &'s Source,
    places: &'s Places,
    values: Vec<ExplainedValue>,
    unset: Vec<String>,
}

impl Teller<'_> {
    fn camera(&mut self, camera: &DeTable<'_>) {
        let fields = schema::document_schema()["$defs"]["CameraDocument"]["properties"].as_object();
        for (name, field) in fields.into_iter().flatten() {
            let usual =
                field.get("default").filter(|usual| usual.as_array().is_none_or(|list| !list.is_empty()));
            match (camera.get(name.as_str()), usual) {
                (Some(value), _) => self.value(name, value),
                (None, Some(usual)) => self.values.push(ExplainedValue {
                    name: name.clone(),
                    value: toml_of(usual),
                    from: Origin::BuiltIn,
                }),
                (None, None) => self.unset.push(name.clone()),
            }
        }
    }

    /// Tables are told value by value, entries of a list of tables by their id or number.
    fn value(&mut self, name: &str, value: &Spanned<DeValue<'_>>) {
        match value.get_ref() {
            DeValue::Table(table) if !table.is_empty() => {
                for (part, value) in table {
                    self.value(&format!("{name}.{}", part.get_ref()), value);
                }
            }
            DeValue::Array(items) if items.iter().any(|item| item.get_ref().is_table()) => {
                for (index, item) in items.iter().enumerate() {
                    let Some(table) = item.get_ref().as_table() else { continue };
                    let id = id_of(table).map_or_else(|| (index + 1).to_string(), str::to_owned);
                    for (part, value) in table.iter().filter(|(part, _)| part.get_ref().as_ref() != "id") {
                        self.value(&format!("{name}.{id}.{}", part.get_ref()), value);
                    }
                }
            }
            typed => {
                let shown = match typed {
                    DeValue::String(address) if matches!(name, "url" | "url_main") => {
                        Value::from(stream_address::shown(address))
                    }
                    other => digest::value(other),
                };
                let from = self.origin(value.span().start);
                self.values.push(ExplainedValue { name: name.to_owned(), value: toml_of(&shown), from });
            }
        }
    }

    fn origin(&self, start: usize) -> Origin {
        let (line, _) = self.source.position(start);
        match self.places.get(&start) {
            None => Origin::Own { line },
            Some(Layer::Type(id)) => Origin::Type { id: id.clone(), line },
            Some(Layer::Defaults) => Origin::Defaults { line },
        }
    }
}
