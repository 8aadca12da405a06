//! `lookout schema`: what is published about the messages and the configuration file.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Failure, language, named_path};
use crate::config;
use crate::contract::Language;
use crate::contract::asyncapi::{View, asyncapi};
use crate::contract::examples::ExampleError;
use crate::contract::messages::{Content, Message};
use crate::control::{message, messages, reference};
use crate::metrics;
use crate::text::{Sentence, argument, model, schema as say};

/// Print the published schemas, or write them all to a folder.
///
/// Without arguments: a list of what there is.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What to print: the name of a message, `asyncapi`, `asyncapi-centre`, `configuration` (for editors), or `metrics` (tables in
    /// Markdown)
    #[arg(conflicts_with_all = ["dir", "reference"])]
    name: Option<String>,
    /// Write everything that is published to this folder
    #[arg(long, value_name = "DIR", conflicts_with = "reference")]
    dir: Option<PathBuf>,
    /// Print the configuration reference in Markdown
    #[arg(long)]
    reference: bool,
}

/// What is no schema, but published as well.
const METRICS: &str = "metrics";

/// Runs the command.
pub fn run(args: Args) -> Result<(), Failure> {
    if args.reference {
        return print(&config::reference::markdown(language::of_this_run()));
    }
    if let Some(dir) = args.dir {
        return write_all(&dir);
    }
    match args.name.as_deref() {
        None => print(&list(language::of_this_run())),
        Some(METRICS) => print(&metrics::reference::markdown(language::of_this_run())),
        Some(name) => print(&one(name)?),
    }
}

/// Every published file, by its path below `config/`.
///
/// # Errors
///
/// Only by a slip in our own examples.
pub fn published_files() -> Result<Vec<(PathBuf, String)>, ExampleError> {
    let mut files = vec![
        (PathBuf::from("REFERENCE.md"), config::reference::markdown(Language::English)),
        (PathBuf::from("REFERENCE.zh-CN.md"), config::reference::markdown(Language::Chinese)),
        (PathBuf::from("lookout.schema.json"), text(&config::schema::editor_schema())),
    ];
    for view in [View::Box, View::Centre] {
        files.push((format!("{}.json", view.name()).into(), text(&asyncapi(&messages(), view)?)));
    }
    files.extend(reference::files().map(|(name, text)| (PathBuf::from(name), text)));
    for message in messages() {
        if let Some(schema) = message.json_schema()? {
            files.push((format!("schema/{}.json", message.name).into(), text(&schema)));
        }
    }
    Ok(files)
}

fn write_all(dir: &Path) -> Result<(), Failure> {
    named_path::make_folder("--dir", dir)?;
    for (path, text) in published_files().map_err(Failure::failed)? {
        let path = dir.join(path);
        let folder = path.parent().unwrap_or(dir);
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&path, text))
            .map_err(|error| named_path::unwritable(&path, &error))?;
        print(&format!("{}\n", path.display()))?;
    }
    Ok(())
}

fn one(name: &str) -> Result<String, Failure> {
    let schema = match name {
        name if name == View::Box.name() => asyncapi(&messages(), View::Box).map(Some),
        name if name == View::Centre.name() => asyncapi(&messages(), View::Centre).map(Some),
        "configuration" => Ok(Some(config::schema::editor_schema())),
        name => message(name).map_or(Ok(None), Message::json_schema),
    };
    match schema.map_err(Failure::failed)? {
        Some(schema) => Ok(text(&schema)),
        None => {
            let names = model::listed(with_json().map(|message| message.name));
            Err(Failure::refused(say::unknown(name)).hint(say::try_names(names)))
        }
    }
}

/// The messages that have a schema.
fn with_json() -> impl Iterator<Item = &'static Message> {
    messages().into_iter().filter(|message| matches!(message.payload, Content::Json { .. }))
}

/// Names, topics and what they are for, in columns.
fn list(language: Language) -> String {
    let messages = with_json().map(|message| (message.name, message.topic, (message.summary)()));
    let others = [
        (View::Box.name(), "", say::of_box()),
        (View::Centre.name(), "", say::of_centre()),
        ("configuration", "", say::of_configuration()),
        (METRICS, "", say::of_metrics()),
    ];
    let rows: Vec<(&str, &str, Sentence)> = messages.chain(others).collect();
    let names = rows.iter().map(|(name, ..)| name.len()).max().unwrap_or_default();
    let topics = rows.iter().map(|(_, topic, _)| topic.len()).max().unwrap_or_default();
    let line = |(name, topic, what): &(&str, &str, Sentence)| {
        format!("{name:<names$}  {topic:<topics$}  {}\n", what.in_language(language))
    };
    rows.iter().map(line).collect()
}

fn text(schema: &Value) -> String {
    format!("{schema:#}\n")
}

fn print(text: &str) -> Result<(), Failure> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        // A reader that has seen enough (`| head`) is no failure.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::tried(argument::output_unwritable(error.to_string())))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_there_is_stands_in_columns() {
        for language in Language::ALL {
            let list = list(language);
            let columns: Vec<(usize, usize)> = list
                .lines()
                .map(|line| {
                    let name = line.split(' ').next().unwrap_or_default();
                    let message = with_json().find(|message| message.name == name);
                    let what = message.map_or(line.rfind("  "), |message| {
                        let what = (message.summary)().in_language(language);
                        assert!(line.ends_with(&what), "{line}");
                        Some(line.len() - what.len() - 2)
                    });
                    (message.map_or(0, |message| line.find(message.topic).unwrap()), what.unwrap())
                })
                .collect();
            assert!(columns.len() > 10, "{list}");
            let (topics, whats) = columns[0];
            for (line, (topic, what)) in list.lines().zip(columns) {
                assert!((topic == 0 || topic == topics) && what == whats, "{line}\nin\n{list}");
            }
        }
    }
}
