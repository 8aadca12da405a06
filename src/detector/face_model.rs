//! The face model that is taken where the configuration names none: described in the program, its file found where
//! installers put it. It looks at evidence only, so a box without it works, and says that its redaction is weaker.

use std::fmt;
use std::path::{Path, PathBuf};

use super::manifest::{Manifest, ManifestError, ModelEntry};
use crate::text::{Sentence, model as say};

/// What configuration calls it.
pub const NAME: &str = "centerface";
/// Names its file, before all other places.
pub const ENVIRONMENT: &str = "LOOKOUT_FACE_MODEL";

/// Its description, in the form of a manifest.
const DESCRIPTION: &str = include_str!("../../models/centerface.toml");

/// Why there is none.
#[derive(Debug)]
pub enum NoFaceModel {
    /// The file is in none of the usual places.
    NotInstalled {
        /// The path.
        searched: Vec<PathBuf>,
    },
    /// The description that is part of the program is wrong, which its tests rule out.
    Description(ManifestError),
}

impl NoFaceModel {
    /// What is wrong, for people.
    pub fn sentence(&self) -> Sentence {
        match self {
            NoFaceModel::NotInstalled { searched } => say::face_model_not_installed(NAME, list(searched)),
            NoFaceModel::Description(error) => error.sentence(),
        }
    }
}

impl fmt::Display for NoFaceModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sentence().fmt(f)
    }
}

impl std::error::Error for NoFaceModel {}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// The model with its file: what `LOOKOUT_FACE_MODEL` names, else the first that is there of: beside `manifest`, `models/`
/// beside the executable, `~/.cache/lookout/models`, `/usr/share/lookout/models`, `/var/lib/lookout/models`. Whether the
/// file is what it should be is [`Model::load`](super::Model::load)'s question.
///
/// # Errors
/// [`NoFaceModel`].
pub fn find(manifest: Option<&Path>) -> Result<ModelEntry, NoFaceModel> {
    let named = std::env::var_os(ENVIRONMENT).filter(|value| !value.is_empty()).map(PathBuf::from);
    match named {
        Some(file) => find_in(&[file]),
        None => find_in(&usual_places(manifest)),
    }
}

/// What is known of it, whether it is there or not; its file is then one that is not.
///
/// # Errors
/// None, as the tests show.
pub fn described() -> Result<ModelEntry, ManifestError> {
    let manifest = Manifest::parse(DESCRIPTION, Path::new("centerface.toml"))?;
    manifest.model(NAME).cloned()
}

fn find_in(places: &[PathBuf]) -> Result<ModelEntry, NoFaceModel> {
    let entry = described().map_err(NoFaceModel::Description)?;
    match places.iter().find(|file| file.exists()) {
        Some(file) => Ok(ModelEntry { file: file.clone(), ..entry }),
        None => Err(NoFaceModel::NotInstalled { searched: places.to_vec() }),
    }
}

fn usual_places(manifest: Option<&Path>) -> Vec<PathBuf> {
    let beside_manifest = manifest.and_then(Path::parent).map(Path::to_owned);
    let beside_executable = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.join("models")));
    let cache = std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache/lookout/models"));
    let installed = ["/usr/share/lookout/models", "/var/lib/lookout/models"].map(PathBuf::from);
    let folders = [beside_manifest, beside_executable, cache].into_iter().flatten().chain(installed);
    let mut places: Vec<PathBuf> = Vec::new();
    for file in folders.map(|folder| folder.join(format!("{NAME}.onnx"))) {
        if !places.contains(&file) {
            places.push(file);
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::detection::Class;

    #[test]
    fn the_description_in_the_program_is_one() {
        let entry = described().expect("a good description");
        assert_eq!(entry.reported().collect::<Vec<_>>(), [Class::FACE]);
    }

    #[test]
    fn the_first_place_that_has_the_file_counts_and_without_one_all_are_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let places = ["a", "b", "c"].map(|name| folder.path().join(name));
        let error = find_in(&places).expect_err("there is none").to_string();
        assert!(places.iter().all(|place| error.contains(&place.display().to_string())), "{error}");
        for place in &places[1..] {
            std::fs::write(place, "").expect("written");
        }
        assert_eq!(find_in(&places).expect("there is one").file, places[1]);
    }

    #[test]
    fn it_is_looked_for_beside_the_manifest_first() {
        let places = usual_places(Some(Path::new("/opt/models/manifest.toml")));
        assert_eq!(places[0], Path::new("/opt/models/centerface.onnx"));
        assert!(places.contains(&PathBuf::from("/usr/share/lookout/models/centerface.onnx")));
    }
}
