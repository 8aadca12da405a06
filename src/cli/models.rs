//! `lookout models`: what the manifest describes, and whether it is so.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use super::{Failure, print_line};
use crate::detector::manifest::{Manifest, ModelEntry};
use crate::detector::{Model, Provider, Runtime};

/// Runs whose shortest is told: enough to get past the first one's cold caches.
const TIMED_RUNS: usize = 10;

/// List or verify models
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Print the models that the manifest describes
    List {
        /// As JSON lines
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        source: Source,
    },
    /// Load each model, compare it with its description and run it on a made-up picture
    Verify {
        /// Only these models
        #[arg(value_name = "NAME")]
        names: Vec<String>,
        /// As JSON lines
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        source: Source,
    },
}

/// Where models come from and what runs them; shared with `lookout detect`.
#[derive(Debug, clap::Args)]
pub struct Source {
    /// The model manifest, or its folder [default: LOOKOUT_MODELS, models/, beside the program, /usr/share/lookout/models]
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// The folder of the models' files, where they do not lie beside the manifest
    #[arg(long, value_name = "DIR")]
    model_files: Option<PathBuf>,
    /// What runs the models, the first that can: cpu, openvino, cuda, tensorrt, xnnpack, acl
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_value = "cpu")]
    providers: Vec<Provider>,
}

impl Source {
    /// The manifest, with the models' files where they were said to be.
    pub fn manifest(&self) -> Result<Manifest, Failure> {
        let manifest = Manifest::find(self.manifest.as_deref()).map_err(Failure::invalid)?;
        Ok(match &self.model_files {
            Some(folder) => manifest.with_files_in(folder),
            None => manifest,
        })
    }

    /// What is to run the models.
    pub fn providers(&self) -> &[Provider] {
        &self.providers
    }
}

/// One model of `list --json`.
#[derive(Serialize)]
struct Listed<'a> {
    name: &'a str,
    head: &'static str,
    input: [usize; 2],
    classes: Vec<&'static str>,
    licence: &'a str,
    origin: &'a str,
    file: String,
    present: bool,
}

/// One model of `verify --json`.
#[derive(Serialize)]
struct Verified<'a> {
    name: &'a str,
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// Where there is no manifest, or a model is not what the manifest says; all models are looked at first.
pub fn run(args: Args) -> Result<(), Failure> {
    match args.action {
        Action::List { json, source } => list(&source.manifest()?, json),
        Action::Verify { names, json, source } => {
            let manifest = source.manifest()?;
            let chosen: Vec<&ModelEntry> = if names.is_empty() {
                manifest.models().iter().collect()
            } else {
                names
                    .iter()
                    .map(|name| manifest.model(name))
                    .collect::<Result<_, _>>()
                    .map_err(Failure::invalid)?
            };
            verify(&manifest, &chosen, source.providers(), json)
        }
    }
}

fn list(manifest: &Manifest, json: bool) -> Result<(), Failure> {
    let mut rows = vec![["NAME", "HEAD", "INPUT", "LICENCE", "FILE", "FINDS"].map(String::from)];
    for model in manifest.models() {
        let listed = Listed {
            name: &model.name,
            head: model.head.name(),
            input: [model.input.width, model.input.height],
            classes: model.reported().map(|class| class.name()).collect(),
            licence: &model.licence,
            origin: &model.origin,
            file: model.file.display().to_string(),
            present: model.file.is_file(),
        };
        if json {
            print_line(serde_json::to_string(&listed).map_err(Failure::failed)?)?;
        } else {
            let [width, height] = listed.input;
            rows.push([
                listed.name.to_owned(),
                listed.head.to_owned(),
                format!("{width}x{height}"),
                listed.licence.to_owned(),
                if listed.present { "there".to_owned() } else { "missing".to_owned() },
                listed.classes.join(" "),
            ]);
        }
    }
    if json { Ok(()) } else { print_table(manifest, &rows) }
}

fn verify(
    manifest: &Manifest,
    models: &[&ModelEntry],
    providers: &[Provider],
    json: bool,
) -> Result<(), Failure> {
    // Without it every model would fail with the same sentence.
    Runtime::get().map_err(Failure::failed)?;
    let mut rows = vec![["NAME", "RUN BY", "ONE RUN", ""].map(String::from)];
    let mut failures = Vec::new();
    for model in models {
        let outcome = Model::load(model, providers).and_then(|loaded| {
            let mut shortest = Duration::MAX;
            let mut run_once = loaded.trial_runs()?;
            for _ in 0..TIMED_RUNS {
                shortest = shortest.min(run_once()?);
            }
            Ok((loaded.provider(), shortest.as_secs_f64() * 1000.0))
        });
        let verified = match outcome {
            Ok((provider, ms)) => Verified {
                name: &model.name,
                ok: true,
                provider: Some(provider.name()),
                run_ms: Some((ms * 100.0).round() / 100.0),
                error: None,
            },
            Err(error) => {
                failures.push(error.to_string());
                Verified {
                    name: &model.name,
                    ok: false,
                    provider: None,
                    run_ms: None,
                    error: Some(error.to_string()),
                }
            }
        };
        if json {
            print_line(serde_json::to_string(&verified).map_err(Failure::failed)?)?;
        } else {
            rows.push([
                verified.name.to_owned(),
                verified.provider.unwrap_or("-").to_owned(),
                verified.run_ms.map_or("-".to_owned(), |ms| format!("{ms:.1} ms")),
                if verified.ok { "as described".to_owned() } else { "refused".to_owned() },
            ]);
        }
    }
    if !json {
        print_table(manifest, &rows)?;
    }
    if failures.is_empty() { Ok(()) } else { Err(Failure::failed(failures.join("\nerror: "))) }
}

/// Columns as wide as their longest cell; the first row is the head.
fn print_table<const COLUMNS: usize>(manifest: &Manifest, rows: &[[String; COLUMNS]]) -> Result<(), Failure> {
    if rows.len() == 1 {
        return print_line(format!("{} describes no model", manifest.file().display()));
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; COLUMNS] = std::array::from_fn(width);
    for row in rows {
        let cells: Vec<String> =
            row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        print_line(cells.join("  ").trim_end())?;
    }
    Ok(())
}
