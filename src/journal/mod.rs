//! The detection journal: what the analysis was given in the last days, without a picture, so that a day can be judged
//! again, with the same configuration or another one.
//!
//! Recorded are the *inputs* of the analysis in the order in which its thread applies them ([`Input`]), where a run or a
//! configuration begins ([`Session`], [`Entry::Reload`]), what was published live ([`Published`]), and what was not watched
//! ([`Unwatched`]). A new [`crate::analysis::Analysis`] to which they are given makes the same revisions, byte for byte.
//!
//! Must never hold a picture, however coarse, nor anything that could tell one person from another; must never be in the way
//! of an alert: it is written by a thread of its own behind a bounded queue, what does not fit is counted, and it is the
//! first thing to go when the disk fills.

mod entry;

pub use entry::{
    Configuration, Digest, Entry, Hole, HoleWhy, Input, Look, Looked, Published, Session, Unwatched, digest,
    not_reproduced,
};

use std::io;
use std::ops::Range;
use std::path::Path;

use crate::analysis::time::Timestamp;

/// The format of the files that this version writes and reads.
pub const FORMAT: u16 = 1;

/// Reads what was recorded from one time to another, in the order in which it was. The first entry is a [`Session`], unless
/// nothing is there; entries begin with the block in which `range` begins, so up to half a minute early, and end likewise.
///
/// # Errors
/// The folder cannot be listed. What is wrong with a file is an [`Entry::Hole`].
pub fn read(folder: &Path, range: Range<Timestamp>) -> io::Result<Entries> {
    let _ = (folder, range);
    Ok(Entries {})
}

/// What [`read`] gives.
#[derive(Debug)]
pub struct Entries {}

impl Iterator for Entries {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        None
    }
}
