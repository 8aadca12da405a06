//! `lookout models verify`: whether each model is what the manifest says, and how long a run takes.

use std::time::Duration;

use serde::Serialize;

use super::print_table;
use crate::cli::{Failure, language, print_line};
use crate::detector::manifest::{Manifest, ModelEntry};
use crate::detector::{Model, ModelError, Runtime};
use crate::text::{Sentence, models as say};
use crate::types::provider::Provider;

/// Runs whose shortest is reported: enough to get past the first one's cold caches.
const TIMED_RUNS: usize = 10;

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

/// Loads and runs each of `models`; all are looked at before the first failure is reported.
pub(super) fn verify(
    manifest: &Manifest,
    models: &[&ModelEntry],
    providers: &[Provider],
    json: bool,
) -> Result<(), Failure> {
    // Without it every model would fail with the same sentence.
    Runtime::get().map_err(|error| Failure::tried(error.sentence()).hint(error.hint()))?;
    let localized = |sentence: Sentence| sentence.in_language(language::of_this_run());
    let [name, run_by, one_run] =
        [say::column_name(), say::column_run_by(), say::column_one_run()].map(localized);
    let mut rows = vec![[name, run_by, one_run, String::new()]];
    let mut failures = Vec::new();
    for model in models {
        let outcome = Model::load(model, providers)
            .and_then(|loaded| Ok((loaded.provider(), shortest_run(&loaded)?.as_secs_f64() * 1000.0)));
        let verified = match outcome {
            Ok((provider, ms)) => Verified {
                name: &model.name,
                ok: true,
                provider: Some(provider.name()),
                run_ms: Some((ms * 100.0).round() / 100.0),
                error: None,
            },
            Err(error) => {
                let error = error.in_language(language::of_this_run());
                failures.push(error.clone());
                Verified { name: &model.name, ok: false, provider: None, run_ms: None, error: Some(error) }
            }
        };
        if json {
            print_line(serde_json::to_string(&verified).map_err(Failure::failed)?)?;
        } else {
            rows.push([
                verified.name.to_owned(),
                verified.provider.unwrap_or("-").to_owned(),
                verified.run_ms.map_or("-".to_owned(), |ms| localized(say::milliseconds(format!("{ms:.1}")))),
                localized(if verified.ok { say::as_described() } else { say::refused() }),
            ]);
        }
    }
    if !json {
        print_table(manifest, &rows)?;
    }
    if failures.is_empty() { Ok(()) } else { Err(Failure::several(&failures)) }
}

/// The shortest of several runs on a made-up picture.
pub(super) fn shortest_run(model: &Model) -> Result<Duration, ModelError> {
    let mut shortest = Duration::MAX;
    let mut run_once = model.trial_runs()?;
    for _ in 0..TIMED_RUNS {
        shortest = shortest.min(run_once()?);
    }
    Ok(shortest)
}
