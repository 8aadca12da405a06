//! The models that a configuration may name, as the next start of the daemon would find them. `check` and the page judge by the
//! same list. Reads the list and, where that is wanted, the files of the models; must never load one to work with it.

use std::path::Path;

use crate::analysis::detection::Class;
use crate::config::{KnownModel, ModelRequest};
use crate::detector::manifest::{Manifest, ModelEntry};
use crate::detector::{Model, face_model};
use crate::text::{Sentence, Words, check as say};

/// What each model of the list finds, and what is wrong with the files of those that are wanted. `named` is the list that the
/// command line names, which goes before the configuration's; `is_tried` says by what a model finds whether its file is looked at.
///
/// `None`: the configuration names a list that is not there, which is a problem of its own.
///
/// # Errors
/// There is no list or it cannot be read: the sentence, and what to try.
pub(crate) fn known_models(
    wanted: ModelRequest<'_>,
    named: Option<&Path>,
    is_tried: impl Fn(&[Class]) -> bool,
) -> Result<Option<Vec<KnownModel>>, (Words, Words)> {
    if named.is_none() && wanted.manifest.is_some_and(|configured| !configured.is_file()) {
        return Ok(None);
    }
    let list = Manifest::find(named.or(wanted.manifest))
        .map_err(|error| with_hint(error.sentence(), error.hint()))?;
    let mut entries = list.models().to_vec();
    // The usual face model goes without an entry in the list.
    if wanted.models.contains(&face_model::NAME)
        && list.model(face_model::NAME).is_err()
        && let Ok(usual) = face_model::find(Some(list.file())).or_else(|_| face_model::described())
    {
        entries.push(usual);
    }
    let known = |entry: &ModelEntry| {
        let classes: Vec<Class> = entry.reported().collect();
        let is_wanted = wanted.models.contains(&entry.name.as_str());
        let trouble = if is_wanted && is_tried(&classes) { Model::check_file(entry).err() } else { None };
        KnownModel {
            name: entry.name.clone(),
            classes,
            trouble: trouble.map(|error| with_hint(error.sentence(), error.hint())),
        }
    };
    Ok(Some(entries.iter().map(known).collect()))
}

/// A sentence and what to try, or else where to find out.
fn with_hint(what: Sentence, hint: Option<Sentence>) -> (Words, Words) {
    (what.into(), hint.unwrap_or_else(say::try_models).into())
}
