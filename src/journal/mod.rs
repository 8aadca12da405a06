//! The detection journal: what the analysis was given in the last days, without a picture, so that a day can be judged
//! again, with the same configuration or another one.
//!
//! Recorded are the *inputs* of the analysis in the order in which its thread applies them ([`Input`]), where a run or a
//! configuration begins ([`Session`], [`Entry::Reload`]), what was published live ([`Published`]), which alerts were
//! muted ([`Entry::Mutes`]), and what was not watched ([`Unwatched`]). A new [`crate::analysis::Analysis`] to which they are given makes the same revisions, byte for byte;
//! [`not_reproduced`] says what it cannot.
//!
//! # Format
//!
//! ```text
//! folder  0000000041-20261130T09Z.journal   number, hour in which it begins (for people)
//!         0000000042-20261130T10Z.journal   one file an hour; a start or a configuration begins another one
//!
//! file    "lookoutJ" | format u16 | 0 u16 | session u64 | crc32 u32 | block | block | ...
//! block   mark 4 | packed u32 | unpacked u32 | records u32 | earliest, latest i64 (ms) | crc32 of body u32 | crc32 u32 | body
//! body    columns (`block`), zstd
//! ```
//!
//! All numbers are little-endian. The first record of a file is a [`Session`]: whoever begins to read there knows what ran.
//! Every record has the time on both clocks. The order of records is the order in which they were applied, and the order of
//! files is that of their numbers: a clock that is set back changes neither, only which hour stands in a name.
//!
//! # Crash rules
//!
//! - A block is written with one `write`, after half a minute or a megabyte; a file is only ever appended to, by the run that
//!   began it. What a crash can take is the last half minute of the run, and after a power cut what the system had not written
//!   yet, at most an hour; nothing that comes after needs it.
//! - A file that is cut anywhere reads as a prefix of what was written: the half block at its end is left out and said
//!   ([`HoleWhy::Torn`]).
//! - A block whose checksum is wrong is left out and said ([`HoleWhy::Damaged`]); the next one is found by its mark. Blocks need
//!   nothing of one another.
//! - A file of another format is left out and said ([`HoleWhy::Format`]), and goes with its age.
//! - What a shadow did ([`Shadow`]) is written so that a version that knows of no shadow passes over it: it reads that the mute
//!   of an alert changed which nobody has. A journal without such records is read as ever; the format's number stays.
//! - What the disk or the queue did not take is counted, and a hole stands in its place. Sessions and configurations are
//!   kept until they are taken.
//!
//! # Bounds
//!
//! `[journal] days` and `max_mib`, and what the disk has: below what the outbox leaves to others, and some more, the oldest
//! files go, down to none. Measured with 64 simulated cameras that are busy for a tenth of the time: see `tests::cost`.
//!
//! Files can be read by the service only. Must never hold a picture, however coarse, nor anything that could tell one person
//! from another; must never be in the way of an alert: it is written by a thread of its own behind a bounded queue, and it is
//! the first thing to go when the disk fills.

mod block;
mod columns;
mod entry;
mod file;
mod rare;
mod reader;
mod recorder;
#[cfg(test)]
mod tests;
mod writer;

pub use entry::{
    Configuration, Digest, Entry, Hole, HoleWhy, Input, Look, Looked, Published, Session, Shadow,
    ShadowEvent, Unwatched, digest, not_reproduced,
};
pub use reader::{Entries, last_configuration, read, span};
pub use recorder::{Listener, LiveEntries, Recorder, listener};
pub use writer::{Journal, JournalCounts, Settings, write_all};

/// The format of the files that this version writes and reads.
pub const FORMAT: u16 = 1;
