//! The high-water mark of the numbers, kept beside the database: SQLite reads its log up to the first broken frame and takes
//! what is before it for everything there ever was, so damage at the log's end would lose what was accepted last
//! without a word.
//!
//! One record of 64 bytes, written after every commit that gave a number or a row, *without* a sync: the commit was
//! synced before, so after a power cut the mark is as far as the database or behind it, never ahead. Only the mark of
//! a new stream is synced, before that stream is stored: an older stream's mark must not outlive the change and look
//! like a loss. A mark that is missing, torn or broken says nothing, and nothing is concluded from it. Must never fail
//! an append.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::text::{box_log, log_warn};

/// `LKHW`, then the format.
const MAGIC: &[u8; 8] = b"LKHW\0\0\0\x01";
/// A stream's name is a ULID.
const STREAM_BYTES: usize = 26;
const N_AT: usize = MAGIC.len() + STREAM_BYTES;
const ROW_AT: usize = N_AT + 8;
const SUM_AT: usize = ROW_AT + 8;
/// Far less than a sector: a disk writes it as a whole, or not at all.
const BYTES: usize = SUM_AT + 14;

/// What the last mark said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) stream: String,
    /// The last number given in it; 0: none yet.
    pub(super) n: u64,
    /// The last row given in the database, pictures among them.
    pub(super) row: i64,
}

impl Mark {
    /// `None` where the file is not there, or not what was written.
    pub(super) fn read(dir: &Path) -> Option<Mark> {
        let path = path_in(dir);
        let bytes = fs::read(&path).ok()?;
        let mark = Self::from_bytes(&bytes);
        if mark.is_none() {
            log_warn!(box_log::high_water_unreadable(); file = %path.display());
        }
        mark
    }

    /// The same without a word; `None` also where no number was given.
    pub(super) fn of_damaged(dir: &Path) -> Option<Mark> {
        Self::from_bytes(&fs::read(path_in(dir)).ok()?).filter(|mark| mark.n > 0)
    }

    fn from_bytes(bytes: &[u8]) -> Option<Mark> {
        let bytes: &[u8; BYTES] = bytes.try_into().ok()?;
        if &bytes[..MAGIC.len()] != MAGIC || bytes[SUM_AT..] != sum(bytes) {
            return None;
        }
        let number = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
        let stream = std::str::from_utf8(&bytes[MAGIC.len()..N_AT]).ok()?.to_owned();
        Some(Mark { stream, n: number(N_AT), row: i64::try_from(number(ROW_AT)).ok()? })
    }

    /// `None` for a stream whose name we did not make.
    fn to_bytes(stream: &str, n: u64, row: i64) -> Option<[u8; BYTES]> {
        let mut bytes = [0; BYTES];
        bytes[..MAGIC.len()].copy_from_slice(MAGIC);
        let name: &[u8; STREAM_BYTES] = stream.as_bytes().try_into().ok()?;
        bytes[MAGIC.len()..N_AT].copy_from_slice(name);
        bytes[N_AT..ROW_AT].copy_from_slice(&n.to_le_bytes());
        bytes[ROW_AT..SUM_AT].copy_from_slice(&u64::try_from(row).ok()?.to_le_bytes());
        let sum = sum(&bytes);
        bytes[SUM_AT..].copy_from_slice(&sum);
        Some(bytes)
    }
}

fn sum(bytes: &[u8; BYTES]) -> [u8; BYTES - SUM_AT] {
    let digest = Sha256::digest(&bytes[..SUM_AT]);
    std::array::from_fn(|i| digest[i])
}

fn path_in(dir: &Path) -> PathBuf {
    dir.join("outbox.high")
}

/// The file while the outbox is open.
pub(super) struct HighWater {
    path: PathBuf,
    /// `None`: it cannot be written, and was taken away, so that it says nothing wrong.
    file: Option<File>,
}

impl HighWater {
    pub(super) fn open(dir: &Path) -> Self {
        let path = path_in(dir);
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
        let file = file
            .and_then(|file| file.set_len(BYTES as u64).map(|()| file))
            .inspect_err(|error| warn_of(&path, error))
            .ok();
        HighWater { path, file }
    }

    /// One that writes nothing, to compare with.
    #[cfg(test)]
    pub(super) fn idle() -> Self {
        HighWater { path: PathBuf::new(), file: None }
    }

    /// Notes how far the numbers have gone. Not synced, see above.
    pub(super) fn note(&mut self, stream: &str, n: u64, row: i64) {
        self.put(stream, n, row, false);
    }

    /// Begins a stream, before it is stored anywhere else.
    pub(super) fn begin(&mut self, stream: &str, row: i64) {
        self.put(stream, 0, row, true);
    }

    fn put(&mut self, stream: &str, n: u64, row: i64, is_synced: bool) {
        let Some(file) = &self.file else { return };
        let Some(bytes) = Mark::to_bytes(stream, n, row) else { return self.give_up(None) };
        let done =
            file.write_all_at(&bytes, 0).and_then(|()| if is_synced { file.sync_all() } else { Ok(()) });
        if let Err(error) = done {
            self.give_up(Some(&error));
        }
    }

    /// One that stays behind is harmless as long as its stream goes on, and wrong afterwards.
    fn give_up(&mut self, why: Option<&io::Error>) {
        if let Some(error) = why {
            warn_of(&self.path, error);
        }
        self.file = None;
        let _ = fs::remove_file(&self.path);
    }
}

fn warn_of(path: &Path, error: &io::Error) {
    log_warn!(box_log::high_water_unwritable(); file = %path.display(), %error);
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = "01JAB3XW2R0000000000000000";

    #[test]
    fn a_mark_is_read_as_it_was_written_and_not_at_all_when_any_bit_of_it_changed() {
        let bytes = Mark::to_bytes(STREAM, 7, 9).unwrap();
        assert_eq!(Mark::from_bytes(&bytes), Some(Mark { stream: STREAM.to_owned(), n: 7, row: 9 }));
        for bit in 0..BYTES * 8 {
            let mut changed = bytes;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Mark::from_bytes(&changed), None, "bit {bit}");
        }
        for length in 0..BYTES {
            assert_eq!(Mark::from_bytes(&bytes[..length]), None, "{length} bytes");
        }
    }
}
