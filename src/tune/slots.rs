//! Values that share a judge: those that cannot change the same alert.
//!
//! A judge follows every camera of its scope, so one for each value of each rule would be hundreds. Two rules that raise alerts
//! by themselves, and cameras that feed no common signal, know nothing of one another ([`Parameter::touches`]): one judge
//! carries a value of each. Values that touch a common rule at a camera, or a common signal, are kept apart, so that each is
//! judged alone; what comes out is the same as with a judge for each.

use std::collections::BTreeSet;

use super::Untuned;
use super::parameter::{Parameter, Teller, Typed};
use crate::analysis::Plan;
use crate::config::edit::{self, Edit};
use crate::config::{Config, Problems, Surroundings};
use crate::retune::Unjudged;
use crate::retune::scope::Scope;

/// A value of a parameter.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Setting {
    /// What is turned.
    pub(crate) parameter: Parameter,
    /// To what.
    pub(crate) value: f64,
}

/// Values that are judged together.
pub(super) struct Slot {
    settings: Vec<Setting>,
    touched: BTreeSet<Teller>,
}

/// The values in as few slots as come of putting each into the first in which it meets none.
pub(super) fn shared(settings: Vec<Setting>, plan: &Plan) -> Vec<Slot> {
    let mut slots: Vec<Slot> = Vec::new();
    for setting in settings {
        let touches = setting.parameter.touches(plan);
        match slots.iter_mut().find(|slot| slot.touched.is_disjoint(&touches)) {
            Some(slot) => {
                slot.settings.push(setting);
                slot.touched.extend(touches);
            }
            None => slots.push(Slot { settings: vec![setting], touched: touches }),
        }
    }
    slots
}

/// A configuration with some values changed.
pub(super) struct Variant {
    pub(super) settings: Vec<Setting>,
    pub(super) config: Config,
    touched: BTreeSet<Teller>,
}

impl Variant {
    /// The cameras that its values are about, and those that decide with them.
    pub(super) fn scope(&self, plan: &Plan) -> Result<Scope, Unjudged> {
        let cameras: BTreeSet<String> = self
            .touched
            .iter()
            .flat_map(|teller| teller.cameras(plan))
            .filter(|id| plan.cameras.iter().any(|camera| camera.id == *id))
            .map(|id| id.to_string())
            .collect();
        // Where sensors alone decide, nothing is left out.
        Scope::new(&cameras.into_iter().collect::<Vec<_>>(), [plan, plan])
    }
}

/// The configurations of these slots. A value that the configuration does not take, as beside others of the same rule, is left
/// out.
///
/// # Errors
/// The file cannot be changed at all.
pub(super) fn variants(slots: &[Slot], config: &Config, typed: &Typed<'_>) -> Result<Vec<Variant>, Untuned> {
    let mut variants = Vec::new();
    for Slot { settings, touched } in slots {
        let mut settings = settings.clone();
        let whole = match with(config, &settings, typed)? {
            Ok(whole) => Some(whole),
            Err(_) => {
                let mut taken = Vec::new();
                for setting in settings {
                    if with(config, std::slice::from_ref(&setting), typed)?.is_ok() {
                        taken.push(setting);
                    }
                }
                settings = taken;
                with(config, &settings, typed)?.ok()
            }
        };
        if let Some(config) = whole.filter(|_| !settings.is_empty()) {
            variants.push(Variant { settings, config, touched: touched.clone() });
        }
    }
    Ok(variants)
}

/// The configuration with these values, read again from the text that would be written.
///
/// # Errors
/// Outside: the text cannot be changed. Inside: the configuration does not take them.
pub(super) fn with(
    config: &Config,
    settings: &[Setting],
    typed: &Typed<'_>,
) -> Result<Result<Config, Problems>, Untuned> {
    let edits: Vec<Edit> =
        settings.iter().flat_map(|setting| setting.parameter.edits(typed, setting.value)).collect();
    let text = edit::apply(config.text(), &edits).map_err(Untuned::Unchangeable)?;
    let path = config.path();
    Ok(Config::from_text(path, &text, &Surroundings::elsewhere(path)))
}
