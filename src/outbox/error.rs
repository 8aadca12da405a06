//! Errors of the outbox, in words for somebody on a ladder. Must never hold a record's body.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use super::format::why;
use crate::contract::EventError;
use crate::text::{Sentence, outbox as say};
use crate::types::language::Language;

/// What was tried, for people: a sentence of the catalogue that is made where it is wanted.
pub(super) type Doing = fn() -> Sentence;

/// What went wrong, for people.
#[derive(Debug)]
pub enum OutboxError {
    /// The directory is not usable.
    Directory {
        /// Which.
        dir: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another process uses the outbox.
    InUse {
        /// The database.
        path: PathBuf,
    },
    /// The file or its disk is read-only.
    ReadOnly {
        /// The database.
        path: PathBuf,
    },
    /// No room, not even the reserve.
    DiskFull {
        /// What was tried.
        doing: Doing,
        /// The database.
        path: PathBuf,
    },
    /// Written by a later version.
    TooNew {
        /// The database.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// The message cannot be built: our bug. Nothing was stored.
    Message {
        /// The destination.
        topic: String,
        /// Why.
        source: EventError,
    },
    /// A message without a body: our bug. As a retained one it would delete what the broker keeps.
    Empty {
        /// The destination.
        topic: String,
    },
    /// A consumer that was never registered, or is not any more.
    NoConsumer {
        /// Its name.
        name: String,
    },
    /// A body larger than the contract allows.
    TooLarge {
        /// The destination.
        topic: String,
        /// How large it is.
        bytes: usize,
        /// How large it may be.
        max: usize,
    },
    /// SQLite says no.
    Sqlite {
        /// What was tried.
        doing: Doing,
        /// The database.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// A file beside the database cannot be moved, made or read.
    File {
        /// What was tried.
        doing: Doing,
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The closure that makes the body panicked: our bug. Nothing was stored.
    Panicked(String),
    /// The queue's own code panicked: our bug. What was begun is rolled back; the same may work in a second.
    Internal(String),
    /// It has been closed.
    Closed,
}

impl OutboxError {
    /// Whether the message is at fault: the same one will not be stored in a second either.
    pub(crate) fn is_about_the_message(&self) -> bool {
        use OutboxError as E;
        match self {
            E::Message { .. } | E::Empty { .. } | E::TooLarge { .. } | E::Panicked(_) => true,
            E::Directory { .. }
            | E::InUse { .. }
            | E::ReadOnly { .. }
            | E::DiskFull { .. }
            | E::TooNew { .. }
            | E::NoConsumer { .. }
            | E::Sqlite { .. }
            | E::File { .. }
            | E::Internal(_)
            | E::Closed => false,
        }
    }
}

impl OutboxError {
    /// What went wrong, for people.
    pub fn sentence(&self) -> Sentence {
        use OutboxError as E;
        match self {
            E::Directory { dir, source } => say::directory(dir.display(), source.to_string()),
            E::InUse { path } => say::in_use(path.display()),
            E::ReadOnly { path } => say::read_only(path.display()),
            E::DiskFull { doing, path } => say::disk_full(path.display(), doing()),
            E::TooNew { path, found, known } => say::too_new(path.display(), *found, *known),
            E::Message { topic, source } => say::message(topic, source.to_string()),
            E::Empty { topic } => say::empty(topic),
            E::NoConsumer { name } => say::no_consumer(name),
            E::TooLarge { topic, bytes, max } => say::too_large(topic, *bytes, *max),
            E::Sqlite { doing, path, source } => say::sqlite(path.display(), doing(), why(source)),
            E::File { doing, path, source } => say::file(path.display(), doing(), source.to_string()),
            E::Panicked(detail) => say::panicked(detail),
            E::Internal(detail) => say::internal(detail),
            E::Closed => say::closed(),
        }
    }

    /// What to try.
    pub fn hint(&self) -> Option<Sentence> {
        use OutboxError as E;
        Some(match self {
            E::Directory { .. } => say::try_directory(),
            E::InUse { .. } => say::try_one_process(),
            E::ReadOnly { .. } => say::try_dmesg(),
            E::DiskFull { path, .. } => say::try_free_space(path.display()),
            E::TooNew { .. } => say::try_newer(),
            E::Message { .. }
            | E::Empty { .. }
            | E::NoConsumer { .. }
            | E::TooLarge { .. }
            | E::Sqlite { .. }
            | E::File { .. }
            | E::Panicked(_)
            | E::Internal(_)
            | E::Closed => return None,
        })
    }

    /// Message and hint, in that language.
    pub fn in_language(&self, language: Language) -> String {
        self.sentence().with_hint(self.hint().as_ref(), language)
    }
}

impl fmt::Display for OutboxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_language(Language::English))
    }
}

impl std::error::Error for OutboxError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            OutboxError::Directory { source, .. } | OutboxError::File { source, .. } => Some(source),
            OutboxError::Message { source, .. } => Some(source),
            OutboxError::Sqlite { source, .. } => Some(source),
            OutboxError::InUse { .. }
            | OutboxError::ReadOnly { .. }
            | OutboxError::DiskFull { .. }
            | OutboxError::TooNew { .. }
            | OutboxError::Empty { .. }
            | OutboxError::NoConsumer { .. }
            | OutboxError::TooLarge { .. }
            | OutboxError::Panicked(_)
            | OutboxError::Internal(_)
            | OutboxError::Closed => None,
        }
    }
}

/// Does it; a panic in it becomes its words.
pub(super) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| panic_text(&*panic))
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| say::silent_panic().to_string())
}
