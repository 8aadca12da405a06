//! What can go wrong with the outbox, in words for somebody on a ladder. Must never hold a record's body.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use thiserror::Error;

use crate::contract::EventError;

/// What went wrong, for people.
#[derive(Debug, Error)]
pub enum OutboxError {
    /// The directory is not usable.
    #[error(
        "cannot use the outbox directory {}: {source}\n  hint: it must exist or be creatable, and be writable by the user lookout runs as", dir.display()
    )]
    Directory {
        /// Which.
        dir: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another process has it open.
    #[error("the outbox {} is in use by another process\n  hint: is lookout already running (`systemctl status lookout`)?", path.display())]
    InUse {
        /// The database.
        path: PathBuf,
    },
    /// The file or its disk is read-only.
    #[error("the outbox {} is read-only\n  hint: a worn flash card turns read-only; see `dmesg`, and `ls -l` for its owner", path.display())]
    ReadOnly {
        /// The database.
        path: PathBuf,
    },
    /// No room, not even the reserve.
    #[error("no room on the disk for the outbox {} ({doing})\n  hint: free some space; see `df -h {}`", path.display(), path.display())]
    DiskFull {
        /// What was tried.
        doing: &'static str,
        /// The database.
        path: PathBuf,
    },
    /// Written by a later version.
    #[error("the outbox {} has format {found}, this program knows {known}\n  hint: it was written by a newer lookout; use that one", path.display())]
    TooNew {
        /// The database.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// The message cannot be built: our bug. Nothing was stored.
    #[error("a message for {topic} cannot be built: {source}")]
    Message {
        /// Where it should have gone.
        topic: String,
        /// Why.
        source: EventError,
    },
    /// A message without a body: our bug. As a retained one it would delete what the broker keeps.
    #[error("a message for {topic} is empty")]
    Empty {
        /// Where it should have gone.
        topic: String,
    },
    /// A consumer that was never registered, or is not any more.
    #[error("the outbox knows no consumer `{name}`")]
    NoConsumer {
        /// Its name.
        name: String,
    },
    /// A body larger than the contract allows.
    #[error("a message for {topic} has {bytes} bytes, at most {max} are allowed")]
    TooLarge {
        /// Where it should have gone.
        topic: String,
        /// How large it is.
        bytes: usize,
        /// How large it may be.
        max: usize,
    },
    /// SQLite says no.
    #[error("the outbox {} failed ({doing}): {source}", path.display())]
    Sqlite {
        /// What was tried.
        doing: &'static str,
        /// The database.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// A file beside the database cannot be moved, made or read.
    #[error("the outbox file {} failed ({doing}): {source}", path.display())]
    File {
        /// What was tried.
        doing: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The closure that makes the body panicked: our bug. Nothing was stored.
    #[error("making a message for the outbox failed: {0}")]
    Panicked(String),
    /// The queue's own code panicked: our bug. What was begun is rolled back; the same may work in a second.
    #[error("the outbox failed by itself (a bug): {0}")]
    Internal(String),
    /// It has been closed.
    #[error("the outbox is closed")]
    Closed,
}

impl OutboxError {
    /// Whether the message is at fault: the same one will not be stored in a second either.
    pub fn is_about_the_message(&self) -> bool {
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

/// Does it; a panic in it becomes its words.
pub(super) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| panic_text(&*panic))
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without words".to_owned())
}
