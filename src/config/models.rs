//! Whether the models and classes that a configuration names are there.
//!
//! Input: what the file names, and a list of models that the caller asks the detector for. Finds out in one pass what
//! would come up only one after the other while the service starts: no list, an unknown model, an unknown class.

use std::path::Path;

use super::problem::Report;
use super::{ClassUse, FACE_MODEL, ModelUse, Named, suggest};
use crate::analysis::detection::Class;

/// What a file asks of the list of models.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'n> {
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
    pub trouble: Option<(String, String)>,
}

/// Gives the models there are; `None` where they are not to be asked for; what is wrong with their list, and what to
/// try, where there is none.
pub type ModelList<'l> = dyn Fn(Wanted<'_>) -> Result<Option<Vec<KnownModel>>, (String, String)> + 'l;

/// Who does not find a class, where the models that the file names are known.
pub(super) const CHOSEN: &str = "the chosen models do not find";
/// The same where one of them is unknown.
const ANY: &str = "no model finds";

/// Reports every name that is in no list.
pub(super) fn check(named: &Named, list: &ModelList<'_>, report: &mut Report<'_>) {
    let names: Vec<&str> = named.models.iter().map(|model| model.name.as_str()).collect();
    let known = match list(Wanted { manifest: named.manifest.as_deref(), models: &names }) {
        Ok(Some(known)) => known,
        Ok(None) => return,
        Err((what, hint)) => {
            report.error(&(0..0), format!("[detector]: {what}")).hint(hint);
            return;
        }
    };
    let mut chosen = Vec::with_capacity(named.models.len());
    let mut all_are_known = true;
    for ModelUse { name, span, field } in &named.models {
        let owner = field.map_or("the usual model".to_owned(), |field| format!("[detector]: `{field}`"));
        let Some(model) = known.iter().find(|model| model.name == *name) else {
            let what = match field {
                Some(_) => format!("{owner} names an unknown model: `{name}`"),
                None => format!("{owner} `{name}` is not in the list of models"),
            };
            let hint = suggest::hint(name, known.iter().map(|model| model.name.as_str()), "there are");
            let hint = hint.unwrap_or_else(|| "`lookout models list` prints those there are".to_owned());
            report.error(span, what).hint(hint).consequence();
            all_are_known = false;
            continue;
        };
        if let Some((why, hint)) = &model.trouble {
            report.error(span, format!("{owner}: {why}")).hint(hint.clone());
        }
        if *field != Some(FACE_MODEL) {
            chosen.push(model);
        } else if !model.classes.contains(&Class::FACE) {
            report
                .error(span, format!("{owner} names a model that finds no faces: `{name}`"))
                .hint("leave `face_model` out for the usual one, or write \"none\"");
        }
    }
    let (judges, who) = if all_are_known { (chosen, CHOSEN) } else { (known.iter().collect(), ANY) };
    let found: Vec<Class> = judges.into_iter().flat_map(|model| model.classes.iter().copied()).collect();
    check_classes(&named.classes, &found, who, report);
}

/// Reports every class that is not among those `found`.
pub(super) fn check_classes(named: &[ClassUse], found: &[Class], who: &str, report: &mut Report<'_>) {
    let mut names: Vec<&str> = Vec::new();
    for class in found {
        if !names.contains(&class.name()) {
            names.push(class.name());
        }
    }
    for ClassUse { class, span, by } in named.iter().filter(|named| !found.contains(&named.class)) {
        report
            .error(span, format!("{by}: {who} the class `{class}`"))
            .maybe_hint(suggest::hint(class.name(), names.iter().copied(), "they find"))
            .consequence();
    }
}
