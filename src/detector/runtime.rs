//! ONNX Runtime's shared library: found, loaded once for the process, its talk sent to `tracing`.
//!
//! Nothing is linked: a box takes the library that fits its hardware (plain, OpenVINO, CUDA). A missing or
//! too old library is an error with a sentence, never a panic. Must never be bypassed: calling `ort` before
//! [`Runtime::get`] would load a library by `ort`'s own rules and panic where it finds none.

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use ort::environment::Environment;
use ort::logging::LogLevel;

use crate::text::{Sentence, foreign, model as say};
use crate::types::language::Language;

/// Names the library to load, before all other places.
pub const ENVIRONMENT: &str = "LOOKOUT_ORT_LIB";

/// ONNX Runtime, loaded. There is one for the whole process.
#[derive(Debug)]
pub struct Runtime {
    environment: Environment,
    library: PathBuf,
    version: String,
}

/// Why ONNX Runtime is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuntimeError {
    /// No library in any of the places.
    NotFound {
        /// The places searched.
        searched: Vec<String>,
        /// By which name the system's loader was asked for it at last.
        by_name: PathBuf,
    },
    /// The library cannot be used.
    Unusable {
        /// Which file.
        library: PathBuf,
        /// Why, often in the loader's words.
        message: Sentence,
    },
}

impl RuntimeError {
    /// What is wrong, for people.
    pub fn sentence(&self) -> Sentence {
        match self {
            RuntimeError::NotFound { searched, by_name } => {
                say::no_runtime(searched.join(", "), by_name.display())
            }
            RuntimeError::Unusable { library, message } => {
                say::runtime_unusable(library.display(), message.clone())
            }
        }
    }

    /// What to try.
    pub fn hint(&self) -> Sentence {
        match self {
            RuntimeError::NotFound { .. } => say::try_installing_runtime(ENVIRONMENT),
            RuntimeError::Unusable { .. } => say::try_newer_runtime(ort::MINOR_VERSION, ENVIRONMENT),
        }
    }

    /// Message and hint, in that language.
    pub fn in_language(&self, language: Language) -> String {
        self.sentence().with_hint(Some(&self.hint()), language)
    }
}

impl fmt::Display for RuntimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_language(Language::English))
    }
}

impl Error for RuntimeError {}

impl Runtime {
    /// Loads the library on first use; later calls give the same answer.
    ///
    /// Looks at `LOOKOUT_ORT_LIB`, beside the executable, in `~/.cache/lookout/onnxruntime/*/` (newest version
    /// first), in `/usr/lib/lookout`, and at last asks the system's loader for `libonnxruntime.so`.
    ///
    /// # Errors
    /// [`RuntimeError`]: nowhere found, or found and not usable. A library that is found but broken is an
    /// error, not a reason to look further: the next one might be another version without anybody noticing.
    pub fn get() -> Result<&'static Runtime, RuntimeError> {
        static RUNTIME: OnceLock<Result<Runtime, RuntimeError>> = OnceLock::new();
        RUNTIME.get_or_init(load).as_ref().map_err(Clone::clone)
    }

    /// The file it was loaded from.
    pub fn library(&self) -> &Path {
        &self.library
    }

    /// The version it says it has, `1.31`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// What sessions are made in. Public for the benchmark's floor, a bare session; all else goes through
    /// [`Model`](super::Model).
    pub fn environment(&self) -> &Environment {
        &self.environment
    }
}

fn load() -> Result<Runtime, RuntimeError> {
    let library = find()?;
    let unusable =
        |message: String| RuntimeError::Unusable { library: library.clone(), message: ort_message(&message) };
    let environment = ort::init_from(&library)
        .map_err(|error| unusable(reason(&error)))?
        .with_name("lookout")
        .with_telemetry(false)
        .with_logger(Arc::new(pass_on))
        .build()
        .map_err(|error| unusable(error.to_string()))?;
    // Otherwise every run would format messages that nobody reads.
    environment.set_log_level(LogLevel::Warning);
    let version =
        ort::util::probe(&library).map_or_else(|| "unknown".to_owned(), |minor| format!("1.{minor}"));
    tracing::debug!(library = %library.display(), version, "ONNX Runtime loaded");
    Ok(Runtime { environment, library, version })
}

/// What the system's loader says, where it was the loader.
fn reason(error: &ort::LoadDynamicError) -> String {
    match error {
        ort::LoadDynamicError::Dlopen { error, .. } => {
            error.source().map_or_else(|| error.to_string(), ToString::to_string)
        }
        other => other.to_string(),
    }
}

/// ONNX Runtime's own messages. What it calls an error comes back as an error too, and what it calls a
/// warning concerns the exporter of the model: neither may fill an operator's log.
fn pass_on(level: LogLevel, _category: &str, _id: &str, place: &str, message: &str) {
    match level {
        LogLevel::Error | LogLevel::Fatal => tracing::debug!(target: "onnxruntime", place, "{message}"),
        LogLevel::Warning | LogLevel::Info | LogLevel::Verbose => {
            tracing::trace!(target: "onnxruntime", place, "{message}");
        }
    }
}

/// The first library in the places where one may be.
fn find() -> Result<PathBuf, RuntimeError> {
    if let Some(named) = std::env::var_os(ENVIRONMENT).filter(|v| !v.is_empty()) {
        let library = PathBuf::from(named);
        if library.is_file() {
            return Ok(library);
        }
        let message = say::no_such_library(ENVIRONMENT);
        return Err(RuntimeError::Unusable { library, message });
    }
    let beside_executable = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.to_owned()));
    let cache = std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache/lookout/onnxruntime"));
    let mut folders: Vec<PathBuf> = beside_executable.into_iter().collect();
    let mut searched: Vec<String> = folders.iter().map(|f| f.display().to_string()).collect();
    if let Some(cache) = cache {
        searched.push(format!("{}/*", cache.display()));
        folders.extend(versions_newest_first(&cache));
    }
    folders.push("/usr/lib/lookout".into());
    searched.push("/usr/lib/lookout".into());
    if let Some(library) = folders.iter().find_map(|folder| library_in(folder)) {
        return Ok(library);
    }
    let by_name = PathBuf::from(system_name());
    match ort::util::probe(&by_name) {
        Some(_) => Ok(by_name),
        None => Err(RuntimeError::NotFound { searched, by_name }),
    }
}

fn system_name() -> String {
    format!("{}onnxruntime{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX)
}

/// `libonnxruntime.so` or `libonnxruntime.so.1.31.1` in a folder; not the libraries of its providers.
fn library_in(folder: &Path) -> Option<PathBuf> {
    let name = system_name();
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let file = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            file.strip_prefix(&name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                && path.is_file()
        })
        .collect();
    found.sort();
    found.into_iter().next()
}

/// The folders `1.31.1`, `1.24.2`.. of a folder.
fn versions_newest_first(folder: &Path) -> Vec<PathBuf> {
    let numbers = |path: &PathBuf| -> Vec<u64> {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        name.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
    };
    let mut folders: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_dir())
        .collect();
    folders.sort_by_key(|path| std::cmp::Reverse(numbers(path)));
    folders
}

/// Messages of C++ libraries come with line breaks.
pub(super) fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a library says, as a sentence.
pub(super) fn ort_message(message: &str) -> Sentence {
    foreign::words(one_line(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_the_cached_versions_the_newest_is_taken() {
        let cache = tempfile::tempdir().expect("a folder");
        for version in ["1.9.0", "1.31.1", "1.24.10"] {
            std::fs::create_dir(cache.path().join(version)).expect("made");
        }
        let names: Vec<String> = versions_newest_first(cache.path())
            .iter()
            .map(|p| p.file_name().expect("named").to_string_lossy().into_owned())
            .collect();
        assert_eq!(names, ["1.31.1", "1.24.10", "1.9.0"]);
    }

    #[test]
    fn the_libraries_of_providers_are_not_taken_for_the_runtime() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: String| std::fs::write(folder.path().join(name), "").expect("written");
        let name = system_name();
        write(format!("{}onnxruntime_providers_openvino.so", std::env::consts::DLL_PREFIX));
        write(format!("{name}x"));
        assert_eq!(library_in(folder.path()), None);
        write(format!("{name}.1.31.1"));
        assert_eq!(library_in(folder.path()), Some(folder.path().join(format!("{name}.1.31.1"))));
    }

    #[test]
    fn a_missing_library_is_a_sentence_with_a_hint() {
        let searched = vec!["/opt/a".to_owned()];
        let error = RuntimeError::NotFound { searched, by_name: "libonnxruntime.so".into() };
        insta::assert_snapshot!(error, @r"
        ONNX Runtime's library was not found; looked for /opt/a, the system's libonnxruntime.so
          hint: deploy/setup.sh installs it; or name one with LOOKOUT_ORT_LIB=/path/to/libonnxruntime.so
        ");
        let error =
            RuntimeError::Unusable { library: "/opt/b.so".into(), message: ort_message("not an ELF file") };
        insta::assert_snapshot!(error, @r"
        ONNX Runtime cannot be loaded from /opt/b.so: not an ELF file
          hint: version 1.24 or later is needed; deploy/setup.sh installs one; LOOKOUT_ORT_LIB names another
        ");
    }
}
