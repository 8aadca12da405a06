//! The catalogue: signals that are ready to use, as they stand in `config/signals.toml`.
//!
//! They name kinds of rules, quantities of sensors and conditions of cameras, never a rule, sensor or camera by its
//! id, so that they fit every site. Must never hold what only one site needs.

use std::path::Path;
use std::sync::OnceLock;

use super::document::{At, Document, SignalDocument};
use super::problem::Problem;
use super::report::Report;
use super::source::Source;
use super::{check, structure};
use crate::analysis::signals::SignalPlan;
use crate::contract;

/// The file, as it is installed beside the other examples.
pub(crate) const TEXT: &str = include_str!("../../config/signals.toml");

/// The signal that is taken unless it is switched off.
pub(crate) const CAMERA_TROUBLE: &str = contract::kinds::CAMERA_TROUBLE;

/// Every signal of the catalogue, in its order.
pub fn signals() -> Vec<SignalPlan> {
    static SIGNALS: OnceLock<Vec<SignalPlan>> = OnceLock::new();
    SIGNALS.get_or_init(|| read().0).clone()
}

fn read() -> (Vec<SignalPlan>, Vec<At<SignalDocument>>, Vec<Problem>) {
    let source = Source::new(Path::new("config/signals.toml"), TEXT);
    let mut report = Report::new(&source);
    let (mut root, _) = toml::de::DeTable::parse_recoverable(TEXT);
    let taken_out = structure::check_catalogue(&mut root, &mut report);
    let document: Document = structure::read(root, &mut report);
    let plans = check::catalogue(&document.signal, &taken_out, &mut report);
    (plans, document.signal, report.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_has_no_problem_and_a_sentence_for_each_signal() {
        let (plans, documents, problems) = read();
        assert!(problems.is_empty(), "{problems:#?}");
        assert_eq!(plans.len(), documents.len());
        for plan in &plans {
            let is_its = |section: &&At<SignalDocument>| {
                section.value.kind.as_ref().is_some_and(|kind| kind.value == *plan.kind)
            };
            let section = documents.iter().find(is_its).expect("its section");
            let why = section.value.why.as_ref().map_or("", |why| &why.value);
            assert!(why.len() > 30, "{}: {why:?}", plan.kind);
            assert!(crate::contract::kinds::known(&plan.kind).is_some(), "{} has no title", plan.kind);
            assert!(!plan.from.is_empty(), "{}", plan.kind);
        }
    }
}
