//! A model file that was checked against its description and can be run.
//!
//! The file is read once, its digest is compared before anything parses it, and the same bytes are handed to
//! ONNX Runtime, so nothing can be exchanged in between. Then names, types and shapes are compared with what
//! the manifest says, and one run on a made-up picture shows whether it works and whether its scores are
//! probabilities. What fails is refused with a sentence that names model, file, what was expected and what was
//! found.

use std::ffi::CString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ort::session::Session;
use ort::session::builder::{AutoDevicePolicy, GraphOptimizationLevel, SessionBuilder};
use parking_lot::Mutex;
use sha2::{Digest, Sha256};

use super::convert::Colour;
use super::heads::{HeadOutput, Stranger};
use super::manifest::ModelEntry;
use super::onnx_file;
use super::onnx_size;
use super::runtime::{Runtime, RuntimeError, one_line};
use super::tensors::Tensors;
use crate::text::{Sentence, argument, log_warn, model as say};
use crate::types::hex::hex;
use crate::types::language::Language;
use crate::types::provider::Provider;

mod fit;

use fit::{as_it_lies, check_description, is_of_bytes};

/// Largest model file that is read. A guess: ten times the largest detector one would put on a box.
pub(crate) const LARGEST_FILE_BYTES: u64 = 512 << 20;
/// Maximum number of values in the tensors of one worker: 64 Mi values are 256 MiB. A guess.
const MOST_VALUES: usize = 64 << 20;

/// A network that is ready to run. Shared by all workers; each makes an [`Inference`](super::Inference) of it.
pub struct Model {
    entry: ModelEntry,
    session: Session,
    provider: Provider,
    input_name: CString,
    output_names: Vec<CString>,
    outputs: Vec<HeadOutput>,
    /// Whether it is fed bytes, pictures as they are, and not floats.
    takes_bytes: bool,
    /// Held during a run where the provider wants one run at a time.
    one_at_a_time: Option<Mutex<()>>,
}

/// Why a model is refused.
#[derive(Debug)]
pub enum ModelError {
    /// No runtime for models.
    Runtime(RuntimeError),
    /// The file cannot be read.
    Unreadable {
        /// Which model.
        model: Named,
        /// Why.
        error: std::io::Error,
    },
    /// The file is no file of a sensible size.
    NoModelFile {
        /// Which model.
        model: Named,
        /// What it is instead.
        found: Sentence,
    },
    /// The file is not the one that was described.
    Digest {
        /// Which model.
        model: Named,
        /// From the manifest, in hex.
        expected: String,
        /// Digest of the file, in hex.
        found: String,
    },
    /// ONNX Runtime does not take it.
    Load {
        /// Which model.
        model: Named,
        /// Why, as far as the file shows; else the message of ONNX Runtime.
        message: Sentence,
        /// What to try.
        hint: Option<Sentence>,
    },
    /// The network is not the one that was described.
    Described {
        /// Which model.
        model: Named,
        /// What it should have and what it has.
        what: Sentence,
        /// What to try, where it is known what the file is.
        hint: Option<Sentence>,
    },
    /// The network is one that is not read.
    Stranger {
        /// Which model.
        model: Named,
        /// What it is.
        stranger: Stranger,
    },
    /// It loads but does not work.
    Trial {
        /// Which model.
        model: Named,
        /// Why.
        message: Sentence,
    },
}

impl ModelError {
    /// What is wrong, for people.
    pub fn sentence(&self) -> Sentence {
        use ModelError as E;
        match self {
            E::Runtime(error) => error.sentence(),
            E::Unreadable { model, error } => {
                say::of(model.sentence(), say::unread(argument::why_unread(error)))
            }
            E::NoModelFile { model, found } => {
                say::no_model_file(model.sentence(), found.clone(), LARGEST_FILE_BYTES >> 20)
            }
            E::Digest { model, expected, found } => {
                say::of(model.sentence(), say::other_digest(found, expected))
            }
            E::Load { model, message, .. } => say::of(model.sentence(), message.clone()),
            E::Described { model, what, .. } => say::of(model.sentence(), what.clone()),
            E::Stranger { model, stranger } => say::of(model.sentence(), stranger.sentence()),
            E::Trial { model, message } => say::of(model.sentence(), say::trial_failed(message.clone())),
        }
    }

    /// What to try.
    pub fn hint(&self) -> Option<Sentence> {
        use ModelError as E;
        match self {
            E::Runtime(error) => Some(error.hint()),
            E::Unreadable { .. } => Some(say::try_place()),
            E::Digest { .. } => Some(say::try_another_copy()),
            E::Load { hint, .. } => hint.clone(),
            E::Described { hint, .. } => Some(hint.clone().unwrap_or_else(say::compare_entry)),
            E::Stranger { stranger, .. } => Some(stranger.hint()),
            E::NoModelFile { .. } | E::Trial { .. } => None,
        }
    }

    /// Message and hint, in that language.
    pub fn in_language(&self, language: Language) -> String {
        self.sentence().with_hint(self.hint().as_ref(), language)
    }

    /// Bytes that ONNX Runtime did not load, for what it said.
    pub(super) fn load(named: &Named, bytes: &[u8], reason: &str) -> ModelError {
        let (message, hint) = onnx_file::why_not(bytes, reason);
        ModelError::Load { model: named.clone(), message, hint }
    }
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_language(Language::English))
    }
}

impl std::error::Error for ModelError {}

impl From<RuntimeError> for ModelError {
    fn from(error: RuntimeError) -> Self {
        ModelError::Runtime(error)
    }
}

/// A model by its name and file, for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub(super) name: String,
    pub(super) file: PathBuf,
}

impl Named {
    /// As sentences name it.
    pub fn sentence(&self) -> Sentence {
        say::named(&self.name, self.file.display())
    }
}

impl Model {
    /// Loads a model, to be run by the first of `providers` that can; on the CPU if none can. A provider that
    /// cannot is named in a warning, with the reason and with what runs instead.
    ///
    /// # Errors
    /// `ModelError`: whatever makes the file not the model that `entry` describes.
    pub fn load(entry: &ModelEntry, providers: &[Provider]) -> Result<Model, ModelError> {
        Self::load_by(entry, |runtime, named, bytes| open(runtime, named, bytes, providers))
    }

    /// As [`load`](Model::load), by this provider and no other.
    ///
    /// # Errors
    /// As there, and [`ModelError::Load`] where the provider cannot run it.
    pub(crate) fn load_exactly(entry: &ModelEntry, provider: Provider) -> Result<Model, ModelError> {
        Self::load_by(entry, |runtime, named, bytes| match open_with(runtime, bytes, provider) {
            Ok(session) => Ok((session, provider)),
            Err(message) => Err(ModelError::load(named, bytes, &message)),
        })
    }

    /// Whether the file is there, can be read and is the one that `entry` describes; nothing is loaded.
    ///
    /// # Errors
    /// [`ModelError::Unreadable`], [`ModelError::NoModelFile`], [`ModelError::Digest`].
    pub(crate) fn check_file(entry: &ModelEntry) -> Result<(), ModelError> {
        let named = Named { name: entry.name.clone(), file: entry.file.clone() };
        read_checked(&named, &entry.file, &entry.sha256).map(drop)
    }

    fn load_by(
        entry: &ModelEntry,
        open: impl FnOnce(&Runtime, &Named, &[u8]) -> Result<(Session, Provider), ModelError>,
    ) -> Result<Model, ModelError> {
        let named = Named { name: entry.name.clone(), file: entry.file.clone() };
        let bytes = read_checked(&named, &entry.file, &entry.sha256)?;
        refuse_weights_elsewhere(&named, &bytes)?;
        let bytes = of_described_size(entry, bytes);
        let (session, provider) = open(Runtime::get()?, &named, &bytes)?;
        drop(bytes);
        let entry = &ModelEntry { head: as_it_lies(entry, &session), ..entry.clone() };
        let outputs = entry.head.outputs(&entry.input, entry.classes.len());
        let (input_name, output_names) = check_description(&named, entry, &session, &outputs)?;
        let takes_bytes = session.inputs().first().is_some_and(|input| is_of_bytes(input.dtype()));
        let one_at_a_time = (!provider.runs_concurrently()).then(|| Mutex::new(()));
        let entry = entry.clone();
        let model =
            Model { entry, session, provider, input_name, output_names, outputs, takes_bytes, one_at_a_time };
        model.try_out()?;
        Ok(model)
    }

    /// Its description.
    pub fn entry(&self) -> &ModelEntry {
        &self.entry
    }

    /// What runs it.
    pub fn provider(&self) -> Provider {
        self.provider
    }

    /// A function that runs the model once on a made-up picture, on the calling thread, and says how long that
    /// took.
    ///
    /// # Errors
    /// `ModelError::Trial`, also of the function itself.
    pub fn trial_runs(&self) -> Result<impl FnMut() -> Result<Duration, ModelError> + '_, ModelError> {
        let mut tensors = self.trial_tensors().map_err(|message| self.trial_error(message))?;
        Ok(move || {
            let begin = Instant::now();
            tensors.run(self).map_err(|message| self.trial_error(message))?;
            Ok(begin.elapsed())
        })
    }

    /// Runs the model `runs` times after a first one on a picture, stretched to its input: the shortest run, and the
    /// outputs in the head's order.
    pub(super) fn runs_on(
        &self,
        picture: &image::RgbImage,
        runs: usize,
    ) -> Result<(Duration, Vec<Vec<f32>>), ModelError> {
        let failed = |message| self.trial_error(message);
        let mut tensors = Tensors::new(self).map_err(failed)?;
        let input = &self.entry.input;
        let (width, height) = (input.width as u32, input.height as u32);
        let small = image::imageops::resize(picture, width, height, image::imageops::FilterType::Triangle);
        let plane = input.width * input.height;
        tensors.input_mut().map_err(failed)?.fill(|i| {
            let (channel, place) = (i / plane, i % plane);
            let colour = if input.colour == Colour::Rgb { channel } else { 2 - channel };
            let sample = f32::from(small.as_raw()[place * 3 + colour]);
            (sample - input.mean[channel]) / input.std[channel]
        });
        tensors.run(self).map_err(failed)?;
        let mut shortest = Duration::MAX;
        for _ in 0..runs {
            let begin = Instant::now();
            tensors.run(self).map_err(failed)?;
            shortest = shortest.min(begin.elapsed());
        }
        let outputs = tensors.outputs().map_err(failed)?.into_iter().map(<[f32]>::to_vec).collect();
        Ok((shortest, outputs))
    }

    pub(super) fn session(&self) -> &Session {
        &self.session
    }

    pub(super) fn takes_bytes(&self) -> bool {
        self.takes_bytes
    }

    pub(super) fn input_name(&self) -> &CString {
        &self.input_name
    }

    pub(super) fn output_names(&self) -> &[CString] {
        &self.output_names
    }

    pub(super) fn outputs(&self) -> &[HeadOutput] {
        &self.outputs
    }

    pub(super) fn one_at_a_time(&self) -> Option<&Mutex<()>> {
        self.one_at_a_time.as_ref()
    }

    pub(super) fn trial_error(&self, message: Sentence) -> ModelError {
        ModelError::Trial { model: self.named(), message }
    }

    fn named(&self) -> Named {
        Named { name: self.entry.name.clone(), file: self.entry.file.clone() }
    }

    /// Tensors with a made-up picture in them: a wave over columns and rows, different in each channel.
    fn trial_tensors(&self) -> Result<Tensors, Sentence> {
        let mut tensors = Tensors::new(self)?;
        let input = &self.entry.input;
        tensors.input_mut()?.fill(|i| {
            let (channel, place) = (i / (input.width * input.height), i % (input.width * input.height));
            let (x, y) = ((place % input.width) as f32, (place / input.width) as f32);
            let wave = 127.5 + 127.5 * ((x / 23.0 + channel as f32).sin() * (y / 17.0).cos());
            (wave - input.mean[channel]) / input.std[channel]
        });
        Ok(tensors)
    }

    fn try_out(&self) -> Result<(), ModelError> {
        let failed = |message| self.trial_error(message);
        let mut tensors = self.trial_tensors().map_err(failed)?;
        tensors.run(self).map_err(failed)?;
        let outputs = tensors.outputs().map_err(failed)?;
        if let Some(score) = self.entry.head.first_impossible_score(&outputs, &self.entry.input) {
            let what = say::impossible_score(format!("{score:.1}"), self.entry.head.name());
            return Err(ModelError::Described { model: self.named(), what, hint: None });
        }
        Ok(())
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model")
            .field("name", &self.entry.name)
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}

/// Must come before ONNX Runtime sees the bytes.
pub(super) fn refuse_weights_elsewhere(named: &Named, bytes: &[u8]) -> Result<(), ModelError> {
    let Some((message, hint)) = onnx_file::weights_elsewhere(bytes) else { return Ok(()) };
    Err(ModelError::Load { model: named.clone(), message, hint })
}

/// The same network for pictures of the size that the entry wants, where it reads any.
fn of_described_size(entry: &ModelEntry, bytes: Vec<u8>) -> Vec<u8> {
    if !entry.head.kind().reads_any_size {
        return bytes;
    }
    onnx_size::fed(&bytes, entry.input.width, entry.input.height).unwrap_or(bytes)
}

/// The bytes of the file, whose digest is right.
fn read_checked(named: &Named, file: &Path, sha256: &[u8; 32]) -> Result<Vec<u8>, ModelError> {
    let (bytes, digest) = read(named, file)?;
    if digest != *sha256 {
        return Err(ModelError::Digest { model: named.clone(), expected: hex(sha256), found: hex(&digest) });
    }
    Ok(bytes)
}

/// The bytes of a file of a sensible size, and their SHA-256.
pub(super) fn read(named: &Named, file: &Path) -> Result<(Vec<u8>, [u8; 32]), ModelError> {
    let unreadable = |error| ModelError::Unreadable { model: named.clone(), error };
    let metadata = std::fs::metadata(file).map_err(unreadable)?;
    let found = match metadata.len() {
        _ if metadata.is_dir() => Some(say::is_a_folder()),
        _ if !metadata.is_file() => Some(say::is_no_plain_file()),
        0 => Some(say::is_empty()),
        bytes if bytes > LARGEST_FILE_BYTES => Some(say::has_bytes(bytes)),
        _ => None,
    };
    if let Some(found) = found {
        return Err(ModelError::NoModelFile { model: named.clone(), found });
    }
    let bytes = std::fs::read(file).map_err(unreadable)?;
    let digest = Sha256::digest(&bytes).into();
    Ok((bytes, digest))
}

/// A session with the first provider that works, and which one that is.
fn open(
    runtime: &Runtime,
    named: &Named,
    bytes: &[u8],
    providers: &[Provider],
) -> Result<(Session, Provider), ModelError> {
    let load_error = |message: String| ModelError::load(named, bytes, &message);
    let mut failed = Vec::new();
    for &provider in providers.iter().take_while(|p| **p != Provider::Cpu) {
        match open_with(runtime, bytes, provider) {
            Ok(session) => {
                report_failed(named, &failed, provider);
                return Ok((session, provider));
            }
            Err(message) => failed.push((provider, message)),
        }
    }
    // Last, and whether it was asked for or not: a box that sees slowly is better than a blind one.
    let session = open_with(runtime, bytes, Provider::Cpu).map_err(load_error)?;
    report_failed(named, &failed, Provider::Cpu);
    Ok((session, Provider::Cpu))
}

fn report_failed(named: &Named, failed: &[(Provider, String)], runs: Provider) {
    for (provider, reason) in failed {
        log_warn!(say::provider_cannot(); model = named.name, %provider, %reason, %runs);
    }
}

pub(super) fn open_with(runtime: &Runtime, bytes: &[u8], provider: Provider) -> Result<Session, String> {
    let message = |error: ort::Error| one_line(error.message());
    let mut builder = options(runtime).map_err(message)?;
    if let Some(dispatch) = provider.dispatch() {
        dispatch.register(&mut builder).map_err(message)?;
    }
    builder.commit_from_memory(bytes).map_err(message)
}

/// One thread per run, because there is a worker for each core and a thread pool would fight them; no
/// spinning, which burnt 0.28 core at ten runs a second.
fn options(runtime: &Runtime) -> ort::Result<SessionBuilder> {
    Ok(Session::builder(runtime.environment())?
        .with_optimization_level(GraphOptimizationLevel::All)?
        .with_intra_threads(1)?
        .with_inter_threads(1)?
        .with_parallel_execution(false)?
        .with_intra_op_spinning(false)?
        .with_inter_op_spinning(false)?
        // Providers are what configuration says, not what the library would choose.
        .with_auto_device(AutoDevicePolicy::PreferCPU)?)
}
