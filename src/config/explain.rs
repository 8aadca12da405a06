//! The origin of each value of a camera: its own section, its type, the defaults of the file, or the program; and which
//! rules watch it. Reads the text once more, also that of a configuration with mistakes: as far as the camera itself can be
//! read. Must never show a password inside an address.

use std::path::Path;

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::document::RuleDocument;
use super::layers::{Layer, Places};
use super::pattern::Pattern;
use super::reference::toml_of;
use super::report::Report;
use super::source::Source;
use super::{Config, digest, mend, schema, structure, suggest};
use crate::contract::stream_address;
use crate::text::{Sentence, Words, config};

/// The origin of a value.
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
    /// The value as typed in the file.
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
    /// Names of what the file says and cannot be read; empty for a good configuration.
    pub unreadable: Vec<String>,
    /// Its type, where it has one.
    pub like: Option<String>,
    /// The rules that watch it, in the order of the file.
    pub rules: Vec<WatchingRule>,
}

impl Config {
    /// The camera of that id, value by value.
    ///
    /// # Errors
    ///
    /// As `Explained::of`.
    pub fn explain(&self, id: &str) -> Result<Explained, (Sentence, Words)> {
        Explained::of(self.path(), self.text(), id)
    }
}

impl Explained {
    /// The camera of that id in a text that stands at `path`, value by value. Whatever is wrong with the text is not said.
    ///
    /// # Errors
    ///
    /// The camera is unknown; with a suggestion.
    pub fn of(path: &Path, text: &str, id: &str) -> Result<Explained, (Sentence, Words)> {
        let typed = Source::new(path, text);
        let is_toml = DeTable::parse(text).is_ok();
        let source = mend::mended(&typed, is_toml).map_or(typed, |(mended, _)| mended);
        let mut report = Report::new(&source);
        let (mut root, _) = DeTable::parse_recoverable(source.text());
        let (taken_out, places) = structure::check(&mut root, &mut report);
        let Some(camera) = cameras(root.get_ref()).find(|camera| id_of(camera.get_ref()) == Some(id)) else {
            let ids = cameras(root.get_ref()).filter_map(|camera| id_of(camera.into_inner()));
            let ids: Vec<&str> = ids.filter(|id| structure::is_quotable(id)).collect();
            let hint = suggest::hint(id, ids, config::there_are);
            let hint = hint.unwrap_or_else(|| config::no_camera().into());
            return Err((config::no_such_camera(path.display(), id), hint));
        };
        let (start, camera) = (camera.span().start, camera.into_inner());
        let text_of = |name: &str| Some(camera.get(name)?.get_ref().as_str()?.to_owned());
        let (like, eye) = (text_of("like"), text_of("eye"));
        let is_lost = |name: &&str| !camera.contains_key(*name) && structure::is_quotable(name);
        let mut unreadable: Vec<String> = taken_out.names(start).filter(is_lost).map(str::to_owned).collect();
        unreadable.sort();
        unreadable.dedup();
        let mut explainer =
            Explainer { source: &source, places: &places, values: Vec::new(), unset: Vec::new() };
        explainer.camera(camera, &unreadable);
        let Explainer { values, unset, .. } = explainer;
        let document = structure::read(root, &mut report);
        let rules = document.rule.iter().map(|section| &section.value);
        let rules = rules.filter_map(|rule| watching(rule, id, like.as_deref(), eye.as_deref(), &source));
        Ok(Explained { values, unset, unreadable, rules: rules.collect(), like })
    }
}

/// What in a rule names the camera of that id, type and owner.
fn watching(
    rule: &RuleDocument,
    camera: &str,
    like: Option<&str>,
    eye: Option<&str>,
    source: &Source,
) -> Option<WatchingRule> {
    let id = rule.id.as_ref()?.value.clone();
    let line = |start: usize| source.position(start).0;
    if let Some(all_of) = &rule.eye {
        let name = all_of.value.name();
        let by = format!("`eye = \"{name}\"`");
        return (eye == Some(name)).then(|| WatchingRule { id, by, line: line(all_of.span.start) });
    }
    let names_it = |typed: &str| Pattern::read(typed).is_some_and(|pattern| pattern.names(camera, like));
    let name = rule.cameras.as_ref()?.value.iter().find(|name| names_it(&name.value))?;
    Some(WatchingRule { id, by: format!("`{}`", name.value), line: line(name.span.start) })
}

/// The cameras that can be read, each with its place.
fn cameras<'r, 'i>(root: &'r DeTable<'i>) -> impl Iterator<Item = Spanned<&'r DeTable<'i>>> {
    let cameras = root.get("camera").and_then(|cameras| cameras.get_ref().as_array());
    let cameras = cameras.into_iter().flat_map(|cameras| cameras.iter());
    cameras.filter_map(|camera| Some(Spanned::new(camera.span(), camera.get_ref().as_table()?)))
}

fn id_of<'t>(table: &'t DeTable<'_>) -> Option<&'t str> {
    table.get("id")?.get_ref().as_str()
}

struct Explainer<'s> {
    source: &'s Source,
    places: &'s Places,
    values: Vec<ExplainedValue>,
    unset: Vec<String>,
}

impl Explainer<'_> {
    /// `unreadable`: what is said of it elsewhere.
    fn camera(&mut self, camera: &DeTable<'_>, unreadable: &[String]) {
        let fields = schema::document_schema()["$defs"]["CameraDocument"]["properties"].as_object();
        for (name, field) in fields.into_iter().flatten() {
            let usual =
                field.get("default").filter(|usual| usual.as_array().is_none_or(|list| !list.is_empty()));
            match (camera.get(name.as_str()), usual) {
                (Some(value), _) => self.value(name, value),
                (None, _) if unreadable.contains(name) => {}
                (None, Some(usual)) => self.values.push(ExplainedValue {
                    name: name.clone(),
                    value: toml_of(usual),
                    from: Origin::BuiltIn,
                }),
                (None, None) => self.unset.push(name.clone()),
            }
        }
    }

    /// Tables are listed value by value, entries of a list of tables by their id or number.
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

#[cfg(test)]
mod tests {
    use super::*;

    const BROKEN: &str = r#"
[site]
box = "Box 7"
[defaults.camera]
eye = "vilage"
weight = 2
[[camera_type]]
id = "lane"
analysis_fps = 3
[[camera]]
id = "cam-1"
like = "lane"
url = "rtsp://10.0.0.31/s"
rotate = "left"
[[camera]]
id = "cam-2"
url =
[[rule]]
id = "crowd"
cameras = ["lane/*"]
level = "purple"
[[rule]]
id = "of-all"
eye = "village"
"#;

    #[test]
    fn a_camera_is_explained_as_far_as_it_can_be_read() {
        let explained = Explained::of(Path::new("site.toml"), BROKEN, "cam-1").unwrap();
        let Explained { values, unset, unreadable, like, rules } = explained;
        assert_eq!(unreadable, ["eye", "rotate"]);
        assert_eq!(like.as_deref(), Some("lane"));
        let value = |name: &str| {
            let value = values.iter().find(|value| value.name == name)?;
            Some((value.value.as_str(), value.from.clone()))
        };
        assert_eq!(value("url"), Some(("\"rtsp://10.0.0.31/s\"", Origin::Own { line: 13 })));
        assert_eq!(value("analysis_fps"), Some(("3", Origin::Type { id: "lane".to_owned(), line: 9 })));
        assert_eq!(value("weight"), Some(("2", Origin::Defaults { line: 6 })));
        assert!(value("rotate").is_none() && value("eye").is_none(), "what cannot be read is not built in");
        assert!(!unset.contains(&"eye".to_owned()));
        assert_eq!(rules.iter().map(|rule| rule.id.as_str()).collect::<Vec<_>>(), ["crowd"]);
    }

    #[test]
    fn a_camera_that_is_not_there_is_reported_with_those_there_are() {
        let (what, hint) = Explained::of(Path::new("site.toml"), BROKEN, "cam-3").unwrap_err();
        assert_eq!(what.to_string(), "site.toml: there is no camera of that id: `cam-3`");
        assert_eq!(hint.to_string(), "did you mean `cam-1`?");
        let (_, hint) = Explained::of(Path::new("site.toml"), "{}", "cam-3").unwrap_err();
        assert_eq!(hint.to_string(), "the file has no camera");
    }
}
