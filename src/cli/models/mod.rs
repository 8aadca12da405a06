//! `lookout models`: what the manifest describes, whether it is so, and how a model of your own gets into it.
//!
//! ```text
//!  list      what is described                 add     a file you have: open, describe, try, look, write
//!  verify    whether it is so                  fetch   a public one: download, compare the digest, then as `add`
//!  trial     what is untrusted runs in a process of its own
//! ```

use std::path::PathBuf;

use super::{Failure, language, print_line};
use crate::daemon::loaded_models::LoadModelsError;
use crate::detector::ModelError;
use crate::detector::manifest::{Manifest, ManifestError, ModelEntry};
use crate::text::help::MODEL_EXAMPLES;
use crate::text::{Joint, Sentence, Words, models as say};
use crate::types::provider::Provider;

mod add;
mod catalogue;
mod download;
mod fetch;
mod list;
mod trial;
mod verify;

/// List, verify, add or fetch models
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
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
    /// Measure an ONNX file of your own and describe it in the manifest
    #[command(after_help = MODEL_EXAMPLES)]
    Add(Box<add::Args>),
    /// Download a public model whose SHA-256 is known, and add it; without a name, list those there are
    Fetch(fetch::Args),
}

/// Where models come from and what runs them; shared with `lookout detect`.
#[derive(Debug, clap::Args)]
pub(crate) struct Source {
    /// The model manifest, or its folder [default: LOOKOUT_MODELS, models/, beside the program, /usr/share/lookout/models]
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// The folder of the models' files, where they do not lie beside the manifest
    #[arg(long, value_name = "DIR")]
    model_files: Option<PathBuf>,
    /// What runs the models, the first that can: cpu, openvino, openvino_bf16, cuda, tensorrt, xnnpack, acl
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_value = "cpu", value_parser = provider)]
    providers: Vec<Provider>,
}

impl Source {
    /// The manifest, with the models' files where they were said to be.
    pub(crate) fn manifest(&self) -> Result<Manifest, Failure> {
        let manifest = Manifest::find(self.manifest.as_deref()).map_err(refused)?;
        Ok(match &self.model_files {
            Some(folder) => manifest.with_files_in(folder),
            None => manifest,
        })
    }

    /// What is to run the models.
    pub(crate) fn providers(&self) -> &[Provider] {
        &self.providers
    }
}

/// Runs the command.
///
/// # Errors
/// Where there is no manifest, or a model is not what the manifest says; all models are looked at first.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    match args.action {
        Action::List { json, source } => list::list(&source.manifest()?, json),
        Action::Verify { names, json, source } => {
            let manifest = source.manifest()?;
            let chosen: Vec<&ModelEntry> = if names.is_empty() {
                manifest.models().iter().collect()
            } else {
                names.iter().map(|name| manifest.model(name)).collect::<Result<_, _>>().map_err(refused)?
            };
            verify::verify(&manifest, &chosen, source.providers(), json)
        }
        Action::Add(args) => add::run(*args),
        Action::Fetch(args) => fetch::run(args),
    }
}

/// Reads one of `--providers`.
fn provider(name: &str) -> Result<Provider, String> {
    Provider::named(name).ok_or_else(|| {
        let names = Provider::ALL.map(|provider| Words::from(format!("`{provider}`"))).to_vec();
        say::providers(Words::List(names, Joint::And)).in_language(language::of_this_run())
    })
}

/// A model does not work.
pub(super) fn failed(error: ModelError) -> Failure {
    Failure::tried(error.sentence()).hint_if(error.hint())
}

/// A manifest has no such model, or does not say what is needed; all that is wrong with it is reported.
pub(super) fn refused(error: ManifestError) -> Failure {
    Failure::invalid(error.in_language(language::of_this_run()))
}

/// The models of a configuration cannot be had.
pub(super) fn not_loaded(error: LoadModelsError) -> Failure {
    let message = error.in_language(language::of_this_run());
    match error {
        LoadModelsError::Manifest(_) => Failure::invalid(message),
        LoadModelsError::Model(_) => Failure::failed(message),
    }
}

/// There is no model in it.
pub(super) fn none_in(manifest: &Manifest) -> Sentence {
    say::none_described(manifest.file().display())
}

/// Columns as wide as their longest cell; the first row is the head.
fn print_table<const COLUMNS: usize>(manifest: &Manifest, rows: &[[String; COLUMNS]]) -> Result<(), Failure> {
    if rows.len() == 1 {
        return print_line(none_in(manifest).in_language(language::of_this_run()));
    }
    let width = |column: usize| rows.iter().map(|row| language::columns(&row[column])).max().unwrap_or(0);
    let widths: [usize; COLUMNS] = std::array::from_fn(width);
    for row in rows {
        let cells: Vec<String> =
            row.iter().zip(widths).map(|(cell, width)| language::padded(cell, width)).collect();
        print_line(cells.join("  ").trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Args as _;

    use super::*;

    #[test]
    fn all_that_may_run_models_is_named_in_the_help_and_where_another_is_refused() {
        assert_eq!(provider("openvino"), Ok(Provider::OpenVino));
        let refused = provider("gpu").unwrap_err();
        let help = Source::augment_args(clap::Command::new("models")).render_help().to_string();
        for provider in Provider::ALL {
            assert!(refused.contains(&format!("`{provider}`")), "{provider}: {refused}");
            assert!(help.contains(provider.name()), "{provider}: {help}");
            let chinese = crate::text::help::of(crate::text::help::EVERY, "providers").unwrap();
            assert!(chinese.contains(provider.name()), "{provider}: {chinese}");
        }
    }
}
