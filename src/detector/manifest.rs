//! The manifest of models: `models/manifest.toml` becomes a checked [`Manifest`].
//!
//! Every problem of the file is reported in one run, with line, column and a hint. Reads the manifest only:
//! whether a model's file is there and is what the manifest says is [`Model::load`](super::Model::load)'s
//! question.
//!
//! ```toml
//! [[model]]
//! name = "street-small"               # what configuration calls it
//! file = "street-small.onnx"          # beside the manifest
//! sha256 = "9f86d0818..."             # 64 hex digits; checked before anything parses the file
//! licence = "Apache-2.0"
//! origin = "trained by this project"
//! head = "yolov8"                     # one of those in `heads/`
//! strides = [8, 16, 32]               # the default, where the head has no other
//! outputs = ["output"]                # names, in the head's order; left out: the file's own order
//! classes = ["person", "car"]         # what the network's classes are called, in its order; "" is never reported
//! words = { car = "car" }             # our words for them; with it, only what it names is reported
//! thresholds = { person = 0.4 }       # recommended, by our words; others 0.5
//! nms_iou = 0.6                       # boxes of one class that overlap more are one thing
//! int8 = "my-street-int8"             # another model here: the same network with 8-bit numbers
//!
//! [model.input]                       # 1 x 3 x height x width; f32: (x - mean) / std of x in 0..255; u8: x itself
//! width = 416
//! height = 256
//! colour = "rgb"                      # or "bgr"
//! fit = "letterbox-top-left"          # letterbox-centre, stretch
//! pad = 114                           # the default
//! mean = [0, 0, 0]                    # the default, in channel order
//! std = [1, 1, 1]                     # the default, in channel order
//! ```
//!
//! Some heads have parameters of their own ([`Parameter`](super::heads)): `reg_max`, `anchors`, ...

use std::path::{Path, PathBuf};

use super::convert::ModelInput;
use super::heads::Head;
use crate::analysis::detection::Class;
use crate::input_file;
use crate::text::model as say;

mod check;
mod description;
mod identity;
mod problems;

use check::{ManifestAsTyped, Problems, check_all};
pub(crate) use description::Description;
pub use description::{COCO, Input};
pub(crate) use problems::ManifestError;
pub use problems::Problem;

/// The manifest's usual name.
pub(crate) const FILE_NAME: &str = "manifest.toml";
/// Names a manifest, or the folder that holds it.
pub const ENVIRONMENT: &str = "LOOKOUT_MODELS";

/// Threshold of a class for which the manifest recommends none. A guess.
const DEFAULT_THRESHOLD: f32 = 0.5;
/// Overlap beyond which two boxes are one thing, where the manifest does not say. A guess between YOLOX's
/// 0.45 and YOLOv8's 0.7.
const DEFAULT_NMS_IOU: f32 = 0.5;
/// Longest side of a model's input. 4096 squared is 200 MB of tensor for each worker.
const LONGEST_SIDE: i64 = 4096;

/// The models there are, in the manifest's order. Checked: every field is in its range.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    file: PathBuf,
    models: Vec<ModelEntry>,
}

/// What the manifest says of one model.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelEntry {
    /// What configuration calls it.
    pub name: String,
    /// The path of its file.
    pub file: PathBuf,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
    /// Licence of the weights.
    pub licence: String,
    /// Who made them, from what.
    pub origin: String,
    /// What it wants to be fed.
    pub input: ModelInput,
    /// How its outputs are read.
    pub head: Head,
    /// Names of the outputs in the head's order; `None`: the file's own order.
    pub outputs: Option<Vec<String>>,
    /// Our word for each of the network's classes; `None` is never reported.
    pub classes: Vec<Option<Class>>,
    /// Recommended thresholds, one for each word in `classes`.
    pub thresholds: Vec<(Class, f32)>,
    /// Boxes of one class that overlap by more than this are one thing.
    pub nms_iou: f32,
    /// Name of the same network with 8-bit numbers, which a measurement may choose.
    pub int8: Option<String>,
}

impl ModelEntry {
    /// What it can report, each once, in the order of the network's classes.
    pub fn reported(&self) -> impl Iterator<Item = Class> + '_ {
        self.thresholds.iter().map(|(class, _)| *class)
    }
}

impl Manifest {
    /// Finds and reads the manifest, see `locate`.
    ///
    /// # Errors
    /// `ManifestError::NotFound` where there is none, otherwise as [`read`](Manifest::read).
    pub fn find(named: Option<&Path>) -> Result<Self, ManifestError> {
        Manifest::read(&Manifest::locate(named)?)
    }

    /// Where the manifest is: `named` (a file or its folder), else `LOOKOUT_MODELS`, else `models/` in the
    /// current folder, `models/` beside the executable, `/usr/share/lookout/models`. One that was named need
    /// not be there.
    ///
    /// # Errors
    /// [`ManifestError::NotFound`] where none was named and none of the usual places has one.
    pub(crate) fn locate(named: Option<&Path>) -> Result<PathBuf, ManifestError> {
        let from_environment = std::env::var_os(ENVIRONMENT).filter(|v| !v.is_empty()).map(PathBuf::from);
        if let Some(path) = named.map(Path::to_owned).or(from_environment) {
            return Ok(if path.is_dir() { path.join(FILE_NAME) } else { path });
        }
        let beside_executable =
            std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.join("models")));
        let searched: Vec<PathBuf> =
            [Some("models".into()), beside_executable, Some("/usr/share/lookout/models".into())]
                .into_iter()
                .flatten()
                .map(|folder: PathBuf| folder.join(FILE_NAME))
                .collect();
        let found = searched.iter().find(|file| file.is_file()).cloned();
        found.ok_or(ManifestError::NotFound { searched })
    }

    /// Reads and checks one manifest; the models' files lie beside it.
    ///
    /// # Errors
    /// `ManifestError::Read` and `ManifestError::Problems`.
    pub fn read(file: &Path) -> Result<Self, ManifestError> {
        let text = input_file::read_text(file)
            .map_err(|error| ManifestError::Read { file: file.to_owned(), error })?;
        Manifest::parse(&text, file)
    }

    /// Checks the text of a manifest; `file` is for messages and says where the models' files are.
    ///
    /// # Errors
    /// `ManifestError::Problems`, all of them.
    pub fn parse(text: &str, file: &Path) -> Result<Self, ManifestError> {
        let mut problems = Problems { text, found: Vec::new() };
        let models = match toml::from_str::<ManifestAsTyped>(text) {
            Ok(typed) => check_all(typed, file.parent().unwrap_or(Path::new("")), &mut problems),
            Err(error) => {
                let at = error.span().unwrap_or(0..0);
                problems.add(at.start, say::no_toml(error.message().trim_end()), None);
                Vec::new()
            }
        };
        let mut found = problems.found;
        if found.is_empty() {
            return Ok(Manifest { file: file.to_owned(), models });
        }
        found.sort_by_key(|p| p.at);
        Err(ManifestError::Problems { file: file.to_owned(), problems: found })
    }

    /// The same models with their files in `folder` instead of beside the manifest.
    #[must_use]
    pub fn with_files_in(mut self, folder: &Path) -> Self {
        for model in &mut self.models {
            if let Some(name) = model.file.file_name() {
                model.file = folder.join(name);
            }
        }
        self
    }

    /// The manifest's own file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// All of them, in the manifest's order.
    pub fn models(&self) -> &[ModelEntry] {
        &self.models
    }

    /// The model of that name.
    ///
    /// # Errors
    /// `ManifestError::UnknownModel`, which lists the names there are.
    pub fn model(&self, name: &str) -> Result<&ModelEntry, ManifestError> {
        self.models.iter().find(|m| m.name == name).ok_or_else(|| ManifestError::UnknownModel {
            name: name.to_owned(),
            file: self.file.clone(),
            known: self.models.iter().map(|m| m.name.clone()).collect(),
        })
    }
}

#[cfg(test)]
mod tests;
