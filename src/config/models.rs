//! Checks that the models and classes that a configuration names exist.
//!
//! Input: what the file names, and a list of models that the caller asks the detector for. Finds out in one pass what
//! would come up only one after the other while the service starts: no list, an unknown model, an unknown class.

use std::path::Path;

use super::report::Report;
use super::{ClassUse, FACE_MODEL, ModelUse, Named, class_words, suggest};
use crate::analysis::detection::Class;
use crate::text::{Sentence, Words, config, config_check};

/// What a file asks of the list of models.
#[derive(Debug, Clone, Copy)]
pub struct ModelRequest<'n> {
    /// The list that it names, if it names one.
    pub manifest: Option<&'n Path>,
    /// The models that it names.
    pub models: &'n [&'n str],
}

/// A model of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownModel {
    /// Its name.
    pub name: String,
    /// What it finds.
    pub classes: Vec<Class>,
    /// Why it cannot be loaded, where it is wanted and that is known: the sentence, and what to try.
    pub trouble: Option<(Words, Words)>,
}

/// Gives the models there are; `None` where they are not to be asked for; what is wrong with their list, and what to
/// try, where there is none.
pub(crate) type ModelList<'l> =
    dyn Fn(ModelRequest<'_>) -> Result<Option<Vec<KnownModel>>, (Words, Words)> + 'l;

/// The same on whichever thread asks.
pub type SharedModelList =
    dyn Fn(ModelRequest<'_>) -> Result<Option<Vec<KnownModel>>, (Words, Words)> + Send + Sync;

/// The class is not found by any of the models that the file names.
pub(super) const NOT_CHOSEN: fn(String) -> Sentence = config::class_not_chosen;
/// The class is not found by the known models, and one model is unknown.
const OF_NO_MODEL: fn(String) -> Sentence = config::class_of_no_model;

/// Reports every name that is in no list.
pub(super) fn check(named: &Named, list: &ModelList<'_>, report: &mut Report<'_>) {
    let names: Vec<&str> = named.models.iter().map(|model| model.name.as_str()).collect();
    let known = match list(ModelRequest { manifest: named.manifest.as_deref(), models: &names }) {
        Ok(Some(known)) => known,
        Ok(None) => return,
        Err((what, hint)) => {
            report.error(&(0..0), config::of(config::section("detector"), what)).hint(hint);
            return;
        }
    };
    let mut chosen = Vec::with_capacity(named.models.len());
    let mut all_are_known = true;
    for ModelUse { name, span, field } in &named.models {
        let setting = |field: &str| config_check::setting(config::section("detector"), field);
        let owner = field.map_or_else(config::usual_model, setting);
        let Some(model) = known.iter().find(|model| model.name == *name) else {
            let what = match field {
                Some(_) => config::unknown_model(owner, name),
                None => config::usual_model_missing(name),
            };
            let names = known.iter().map(|model| model.name.as_str());
            let hint = suggest::hint(name, names, config::there_are);
            let hint = hint.unwrap_or_else(|| config::try_models_list().into());
            report.error(span, what).hint(hint).consequence();
            all_are_known = false;
            continue;
        };
        if let Some((why, hint)) = &model.trouble {
            report.error(span, config::of(owner.clone(), why.clone())).hint(hint.clone());
        }
        if *field != Some(FACE_MODEL) {
            chosen.push(model);
        } else if !model.classes.contains(&Class::FACE) {
            report.error(span, config::finds_no_faces(owner, name)).hint(config::usual_face_model_or_none());
        }
    }
    let (judges, missing) =
        if all_are_known { (chosen, NOT_CHOSEN) } else { (known.iter().collect(), OF_NO_MODEL) };
    let found: Vec<Class> = judges.into_iter().flat_map(|model| model.classes.iter().copied()).collect();
    check_classes(&named.classes, &found, missing, report);
}

/// Reports every class that is not among those `found`; `missing` says so.
pub(super) fn check_classes(
    named: &[ClassUse],
    found: &[Class],
    missing: fn(String) -> Sentence,
    report: &mut Report<'_>,
) {
    let mut names: Vec<&str> = Vec::new();
    for class in found {
        if !names.contains(&class.name()) {
            names.push(class.name());
        }
    }
    for ClassUse { class, span, by } in named.iter().filter(|named| !found.contains(&named.class)) {
        report
            .error(span, config::of(by.clone(), missing(class.to_string())))
            .maybe_hint(
                class_words::hint(class.name(), found)
                    .or_else(|| suggest::hint(class.name(), names.iter().copied(), config::they_find)),
            )
            .consequence();
    }
}
