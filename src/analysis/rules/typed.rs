//! The parameters of rules as they are typed in the configuration: with their places in the file, and each of them
//! missing where it was left out or broken.
//!
//! Every kind of rule describes its table beside its evaluation. Such a description is where the editor's schema, the
//! reference and the check of names, types and ranges come from, so a doc comment there is a sentence that an installer
//! reads. [`Typed`] makes the checked parameters of it and complains through [`Check`], which knows the file and the
//! cameras.

use std::ops::Range;
use std::sync::Arc;

use super::Condition;
use crate::analysis::detection::Class;
use crate::text::Sentence;
use crate::types::at::{At, Names};

/// Only people fall, scuffle and rush.
pub(super) const DEFAULT_PEOPLE: [&str; 1] = ["person"];

/// The table of one condition. Names, types and ranges were checked against its schema, and what is wrong was left out.
pub trait Typed {
    /// The condition; `None` only if something is missing or was complained of.
    fn checked(&self, check: &mut dyn Check) -> Option<Condition>;
}

/// What the check of a condition needs of the rest of the file. Each method complains where something is wrong.
pub trait Check {
    /// A zone that every camera has at which the rule is in force.
    fn zone(&mut self, typed: &Option<At<String>>) -> Option<Arc<str>>;

    /// A line that every camera has at which the rule is in force.
    fn line(&mut self, typed: &Option<At<String>>) -> Option<Arc<str>>;

    /// Classes that must be named.
    fn classes(&mut self, typed: &Option<Names>) -> Option<Vec<Class>>;

    /// The classes named, or the usual ones; those are checked against the model as well, where the place is named.
    fn classes_or(
        &mut self,
        typed: &Option<Names>,
        usual: &[&str],
        place: &Option<At<String>>,
    ) -> Option<Vec<Class>>;

    /// Complains of what stands there. The message begins with the rule.
    fn error(&mut self, span: &Range<usize>, what: Sentence, hint: Sentence);

    /// Complains of what is missing in the table at that place, perhaps only because it was broken.
    fn missing(&mut self, span: &Range<usize>, what: Sentence, hint: Sentence);
}
