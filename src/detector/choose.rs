//! `providers = ["auto"]`: what is there runs the model on a picture, and the fastest that finds what `cpu` finds is taken.
//!
//! Input: a model's description, perhaps its 8-bit version, and a file to remember the result in. What was measured is
//! kept until the model, the library or the processor change, so that later starts measure nothing. Must never leave a
//! box blind: what cannot be tried is reported and left out, and where nothing is left the answer is `cpu`. Must never
//! take less precision than it was allowed to.
//!
//! The file is a hint and not a record: unreadable, it is measured again; not writable, it is said.

use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::heads::{Candidate, SelectedClass, suppress_doubles};
use super::manifest::ModelEntry;
use super::model::{Model, ModelError};
use super::runtime::Runtime;
use crate::text::{log_warn, model as say};
use crate::types::hex::hex;
use crate::types::provider::Provider;

/// Runs after the first, whose shortest counts.
const TIMED_RUNS: usize = 8;
/// Boxes with at least this score must be found by both. As manifests recommend at the lowest.
const SURE: f32 = 0.2;
/// By so much may scores differ: measured 0.000 for OpenVINO in the model's precision, 0.001 in bf16, and 0.005 between
/// two ways to compute the same 8-bit model.
const SCORE_TOLERANCE: f32 = 0.05;
/// Minimum overlap of boxes. A guess: two pixels of a person of forty.
const SAME_BOX_IOU: f32 = 0.8;

/// What runs the model, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// Name of the model: the one that was asked for, or its 8-bit version.
    pub model: String,
    /// Name of the provider.
    pub provider: String,
    /// Everything that was tried.
    pub tried: Vec<Tried>,
    /// Whether it was measured before, not now.
    #[serde(skip)]
    pub remembered: bool,
}

/// One way to run it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    /// Name of the model.
    pub model: String,
    /// Name of the provider.
    pub provider: String,
    /// The shortest run; none where it did not get so far.
    pub run_ms: Option<f64>,
    /// Why it is out of the question.
    pub refused: Option<String>,
}

impl Choice {
    /// The provider, if this version knows it.
    pub fn provider(&self) -> Option<Provider> {
        Provider::named(&self.provider)
    }

    /// All times in one line: `street-nano: cpu 6.7 ms, openvino not there`.
    pub fn times(&self) -> String {
        let one = |tried: &Tried| {
            let time = tried.run_ms.map(|ms| format!(" {ms:.1} ms"));
            let refused = tried.refused.as_ref().map(|why| format!(" ({why})"));
            let details = time.unwrap_or_default() + &refused.unwrap_or_default();
            format!("{} on {}{details}", tried.model, tried.provider)
        };
        self.tried.iter().map(one).collect::<Vec<_>>().join(", ")
    }
}

/// What one way to run a model came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The shortest run.
    pub shortest: Duration,
    /// What was found on the trial picture, most certain first.
    pub found: Vec<Candidate>,
}

/// Runs a model by a provider on a picture; the real one is [`OnThisBox`], tests have one that recites.
pub trait Trial {
    /// Loads it, runs it several times, says what came of it; or why not.
    fn run(&mut self, entry: &ModelEntry, provider: Provider) -> Result<Outcome, String>;
}

/// What is being chosen from.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The model that was asked for.
    pub entry: &'a ModelEntry,
    /// The 8-bit model, if it may be used.
    pub int8: Option<&'a ModelEntry>,
    /// Whether providers may compute with less precision than the model has.
    pub less_precise: bool,
}

/// Chooses, or remembers what was chosen before for the same model, library and processor. `trial` is not asked then.
pub fn choose(question: Question, memory: Option<&Path>, trial: &mut dyn Trial) -> Choice {
    let key = key(&question, &this_box());
    if let Some(choice) = memory.and_then(|file| remembered(file, &key)) {
        return choice;
    }
    let choice = measure(question, trial);
    if let Some(file) = memory
        && let Err(error) = remember(file, &key, &choice)
    {
        log_warn!(say::choice_not_kept(); file = %file.display(), %error);
    }
    choice
}

fn measure(question: Question, trial: &mut dyn Trial) -> Choice {
    let mut tried = Vec::new();
    let mut fastest: Option<(Duration, &str, Provider)> = None;
    for entry in std::iter::once(question.entry).chain(question.int8) {
        // Its own result on `cpu` is what the others must find; an 8-bit version is another model and finds its own.
        let mut on_cpu: Option<Vec<Candidate>> = None;
        for provider in Provider::ALL {
            let named = |run_ms, refused| Tried {
                model: entry.name.clone(),
                provider: provider.name().to_owned(),
                run_ms,
                refused,
            };
            match provider {
                Provider::TensorRt => continue, // prepares for minutes
                Provider::OpenVinoBf16 if !question.less_precise => continue,
                Provider::Cpu
                | Provider::OpenVino
                | Provider::OpenVinoBf16
                | Provider::Cuda
                | Provider::Xnnpack
                | Provider::Acl => {}
            }
            let outcome = match trial.run(entry, provider) {
                Ok(outcome) => outcome,
                Err(why) => {
                    tried.push(named(None, Some(why)));
                    continue;
                }
            };
            let refused = match &on_cpu {
                Some(on_cpu) => difference(on_cpu, &outcome.found),
                None if provider == Provider::Cpu => None,
                None => Some(say::nothing_to_compare().to_string()),
            };
            if provider == Provider::Cpu {
                on_cpu = Some(outcome.found);
            }
            if refused.is_none() && fastest.is_none_or(|(shortest, ..)| outcome.shortest < shortest) {
                fastest = Some((outcome.shortest, &entry.name, provider));
            }
            tried.push(named(Some(outcome.shortest.as_secs_f64() * 1e3), refused));
        }
    }
    let (_, model, provider) = fastest.unwrap_or((Duration::ZERO, &question.entry.name, Provider::Cpu));
    Choice { model: model.to_owned(), provider: provider.name().to_owned(), tried, remembered: false }
}

/// What `other` found differently from `cpu`; `None` if it is the same within the tolerances.
fn difference(on_cpu: &[Candidate], other: &[Candidate]) -> Option<String> {
    let missing = |in_one: &[Candidate], of_the_other: &[Candidate]| {
        let sure = of_the_other.iter().filter(|c| c.score >= SURE + SCORE_TOLERANCE);
        let same = |a: &Candidate, b: &Candidate| {
            a.class == b.class
                && (a.score - b.score).abs() <= SCORE_TOLERANCE
                && a.box_in_model.iou(&b.box_in_model) >= SAME_BOX_IOU
        };
        sure.filter(|c| !in_one.iter().any(|d| same(c, d))).count()
    };
    match (missing(other, on_cpu), missing(on_cpu, other)) {
        (0, 0) => None,
        (missed, added) => Some(say::finds_otherwise(missed, added).to_string()),
    }
}

// ---- the real trial

/// Tries on this machine, on a picture of a street.
#[derive(Debug)]
pub struct OnThisBox<'a> {
    /// Red, green and blue, whatever its size.
    pub picture: &'a image::RgbImage,
}

impl Trial for OnThisBox<'_> {
    fn run(&mut self, entry: &ModelEntry, provider: Provider) -> Result<Outcome, String> {
        let model = Model::load_exactly(entry, provider).map_err(short)?;
        let (shortest, outputs) = model.runs_on(self.picture, TIMED_RUNS).map_err(short)?;
        let outputs: Vec<&[f32]> = outputs.iter().map(Vec::as_slice).collect();
        let words = entry.classes.iter().enumerate().filter_map(|(column, class)| Some((column, (*class)?)));
        let wanted: Vec<SelectedClass> =
            words.map(|(column, class)| SelectedClass { column, class, at_least: SURE }).collect();
        let mut found = Vec::new();
        model.entry().head.decode(&outputs, &entry.input, &wanted, &mut found);
        suppress_doubles(&mut found, entry.nms_iou);
        Ok(Outcome { shortest, found })
    }
}

/// Enough of what a library says to know what it is about; which model it is about is said beside it.
fn short(error: ModelError) -> String {
    const MOST: usize = 80;
    let line = match error {
        ModelError::Load { message, .. } | ModelError::Trial { message, .. } => message.to_string(),
        other => other.to_string(),
    };
    match line.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}

// ---- what is remembered

#[derive(Serialize, Deserialize)]
struct Remembered {
    /// Digest over models, library and processor.
    key: String,
    choice: Choice,
}

fn remembered(file: &Path, key: &str) -> Option<Choice> {
    let text = std::fs::read_to_string(file).ok()?;
    let known: Remembered = serde_json::from_str(&text).ok()?;
    (known.key == key).then_some(Choice { remembered: true, ..known.choice })
}

/// Writes beside it and renames, so that a power cut leaves the old one or the new one.
fn remember(file: &Path, key: &str, choice: &Choice) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let text = serde_json::to_string_pretty(&Remembered { key: key.to_owned(), choice: choice.clone() })?;
    let beside = file.with_extension("new");
    std::fs::write(&beside, text + "\n")?;
    std::fs::rename(&beside, file)
}

/// The library and the processor, as far as speed depends on them.
fn this_box() -> String {
    let runtime = Runtime::get();
    let library = runtime.map_or_else(
        |_| "none".to_owned(),
        |runtime| {
            // Two libraries of one version may have different providers.
            let bytes = std::fs::metadata(runtime.library()).map_or(0, |file| file.len());
            format!("{} {} {bytes}", runtime.version(), runtime.library().display())
        },
    );
    let processor = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let wanted = ["model name", "flags", "Features", "CPU part"];
    let lines = wanted.iter().filter_map(|key| processor.lines().find(|line| line.starts_with(key)));
    format!("{library}\n{}", lines.collect::<Vec<_>>().join("\n"))
}

/// One line that changes with everything that a measurement depends on.
fn key(question: &Question, this_box: &str) -> String {
    let mut digest = Sha256::new();
    digest.update(env!("CARGO_PKG_VERSION"));
    digest.update(question.entry.sha256);
    digest.update(question.int8.map_or([0; 32], |int8| int8.sha256));
    digest.update([u8::from(question.less_precise)]);
    digest.update(this_box);
    hex(&digest.finalize())
}

#[cfg(test)]
mod tests;
