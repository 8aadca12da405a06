//! The interface of a kind of source: a table in the configuration that is checked and becomes a
//! [`Source`], and one that runs.
//!
//! Must never read the configuration itself: what is around the table is asked of [`Around`].

use std::any::{Any, TypeId};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::latest_values::ReadingSink;
use super::{Broker, Source, Timing, Webhook};
use crate::text::{Sentence, Words, config};
use crate::types::at::At;

/// The table in `[[sensor]]` that says where the sensor's numbers come from. Names, types and ranges were checked against
/// its schema.
pub(crate) trait SourceDocument {
    /// The source, and what is wrong with it; `None` only if something is.
    fn check(&self, check: &mut SourceCheck<'_>) -> Option<Source>;
}

/// What is around a source's table in the file.
pub(crate) trait Around {
    /// Reports what is wrong there, and what to try.
    fn error(&mut self, at: &Range<usize>, what: Sentence, hint: Sentence);
    /// Reports what is allowed there but probably not meant, and what to write instead.
    fn warning(&mut self, at: &Range<usize>, what: Sentence, hint: Sentence);
    /// Whether what was probably meant as `name` was taken out of the table because it was broken.
    fn slipped(&self, table: &Range<usize>, name: &str) -> bool;
    /// The broker of that name, or the only one there is. Reports a problem and gives nothing where there is none.
    fn broker(&mut self, named: &Option<At<String>>, table: &Range<usize>, owner: &Words)
    -> Option<Arc<str>>;
    /// Whether there is a listener for what is posted. Asking counts as a use of it: it is not reported as unused.
    fn has_listener(&mut self) -> bool;
}

/// The check of one source.
pub(crate) struct SourceCheck<'c> {
    /// How people call the sensor: `` sensor `gauge` ``.
    pub owner: Words,
    /// The place of the source's table.
    pub table: &'c Range<usize>,
    /// Whether the sensor knows two states only.
    pub is_binary: bool,
    /// What is around it.
    pub around: &'c mut dyn Around,
    /// What the sources of one file agree on.
    pub agreed: &'c mut Agreed,
}

impl SourceCheck<'_> {
    /// Reports what is wrong with the sensor.
    pub(super) fn error(&mut self, at: &Range<usize>, what: Sentence, hint: Sentence) {
        self.around.error(at, config::of(self.owner.clone(), what), hint);
    }

    /// Reports what is probably not meant.
    pub(super) fn warning(&mut self, at: &Range<usize>, what: Sentence, hint: Sentence) {
        self.around.warning(at, config::of(self.owner.clone(), what), hint);
    }

    /// Reports what is wrong with the table as a whole, at its beginning.
    pub(super) fn error_of_table(&mut self, what: Sentence, hint: Sentence) {
        let begins = self.table.start..self.table.start;
        self.error(&begins, what, hint);
    }

    pub(super) fn slipped(&self, name: &str) -> bool {
        self.around.slipped(self.table, name)
    }

    pub(super) fn broker(&mut self, named: &Option<At<String>>) -> Option<Arc<str>> {
        self.around.broker(named, self.table, &self.owner)
    }
}

/// What the sources of one file agree on, and who said it first: each kind of source keeps a type of its own.
#[derive(Default)]
pub(crate) struct Agreed(BTreeMap<TypeId, Box<dyn Any>>);

impl Agreed {
    /// The one of that type; as it is by default where nobody asked before.
    pub(super) fn of<T: Any + Default>(&mut self) -> Option<&mut T> {
        self.0.entry(TypeId::of::<T>()).or_insert_with(|| Box::new(T::default())).downcast_mut()
    }
}

/// How often a sensor is asked, and how long an answer may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Polled {
    /// Between two questions.
    pub every: Duration,
    /// How long an answer may take.
    pub answer_within: Duration,
}

/// What one sensor wants of a way by which numbers come.
pub(super) trait SensorTransport {
    /// Where its numbers come from, for people: `asked every 5s of unit 1 at 10.0.0.8:502`.
    fn described(&self) -> Sentence;

    /// How often it is asked, where it is.
    fn polled(&self) -> Option<Polled> {
        None
    }

    /// The device of this machine that it uses.
    fn device(&self) -> Option<&Path> {
        None
    }

    /// Starts the tasks that serve all sensors that come this way.
    fn start(wanted: Vec<(Arc<str>, Self)>, running: &Running, tasks: &mut JoinSet<()>)
    where
        Self: Sized;
}

/// What running sources share.
pub(super) struct Running {
    pub brokers: Vec<Broker>,
    pub webhook: Option<Webhook>,
    pub timing: Timing,
    pub sink: ReadingSink,
}
