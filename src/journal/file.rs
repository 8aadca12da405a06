//! Files and the heads of blocks, as bytes. See [`super`] for the format and the crash rules.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::block::Finished;
use super::{FORMAT, HoleWhy};
use crate::analysis::time::Timestamp;
use crate::text::argument;

/// The first bytes of a file.
const FILE_MARK: [u8; 8] = *b"lookoutJ";
/// Mark, format, two bytes of nothing, session, checksum.
pub(super) const FILE_HEAD: usize = 8 + 2 + 2 + 8 + 4;
/// The first bytes of a block: what is looked for behind a damaged one.
const BLOCK_MARK: [u8; 4] = [0xb1, 0x0c, b'J', 0x0a];
/// Mark, length packed and not, records, earliest and latest time in milliseconds, checksum of the body, checksum of this.
pub(super) const BLOCK_HEAD: usize = 4 + 4 + 4 + 4 + 8 + 8 + 4 + 4;
/// No block is longer, packed or not: what says so is damaged.
const MAX_BLOCK: u32 = 64 << 20;
/// How hard blocks are packed. Measured on simulated streets, see `tests`: 3 is within a twentieth of 9, at a fifth of the time.
const LEVEL: i32 = 3;
/// What files are called, after their number and hour.
const ENDING: &str = "journal";

/// One file of the folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct JournalFile {
    /// Files are in the order of their numbers; the hour in their names is for people.
    pub number: u64,
    pub path: PathBuf,
    pub bytes: u64,
    /// When it was written last, by the clock of the file system.
    pub modified: Timestamp,
}

/// The files of a folder in order; others in it are left alone.
pub(super) fn list(folder: &Path) -> io::Result<Vec<JournalFile>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(number) = number_of(&path) else { continue };
        // It may be deleted at this moment. What cannot be looked at for another reason is said by whoever reads it.
        let about = match fs::metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            about => about.ok(),
        };
        let modified = about.as_ref().and_then(|about| Timestamp::try_from(about.modified().ok()?).ok());
        let modified = modified.or_else(|| hour_of(&path)).unwrap_or(Timestamp::UNIX_EPOCH);
        let bytes = about.map_or(0, |about| about.len());
        files.push(JournalFile { number, path, bytes, modified });
    }
    files.sort();
    Ok(files)
}

fn number_of(path: &Path) -> Option<u64> {
    if path.extension()? != ENDING {
        return None;
    }
    path.file_stem()?.to_str()?.split('-').next()?.parse().ok()
}

/// The hour in the name of a file, where there is one.
pub(super) fn hour_of(path: &Path) -> Option<Timestamp> {
    let hour = path.file_stem()?.to_str()?.split('-').nth(1)?;
    let begins = DateTime::strptime("%Y%m%dT%HZ", hour).ok()?;
    begins.to_zoned(TimeZone::UTC).ok().map(|begins| begins.timestamp())
}

/// The path of a file that begins at a time.
pub(super) fn path_of(folder: &Path, number: u64, begins: Timestamp) -> PathBuf {
    folder.join(format!("{number:010}-{}.{ENDING}", begins.strftime("%Y%m%dT%HZ")))
}

/// The head of a file.
pub(super) fn file_head(session: u64) -> [u8; FILE_HEAD] {
    let mut head = [0; FILE_HEAD];
    head[..8].copy_from_slice(&FILE_MARK);
    head[8..10].copy_from_slice(&FORMAT.to_le_bytes());
    head[12..20].copy_from_slice(&session.to_le_bytes());
    let sum = crc32fast::hash(&head[..20]);
    head[20..].copy_from_slice(&sum.to_le_bytes());
    head
}

/// A block as it is written: its head and its packed body.
pub(super) fn packed(block: &Finished) -> io::Result<Vec<u8>> {
    let body = zstd::bulk::compress(&block.bytes, LEVEL)?;
    let mut whole = Vec::with_capacity(BLOCK_HEAD + body.len());
    let too_long = |_| io::Error::from(io::ErrorKind::FileTooLarge);
    whole.extend_from_slice(&BLOCK_MARK);
    whole.extend_from_slice(&u32::try_from(body.len()).map_err(too_long)?.to_le_bytes());
    whole.extend_from_slice(&u32::try_from(block.bytes.len()).map_err(too_long)?.to_le_bytes());
    whole.extend_from_slice(&block.records.to_le_bytes());
    whole.extend_from_slice(&block.utc.0.as_millisecond().to_le_bytes());
    whole.extend_from_slice(&block.utc.1.as_millisecond().to_le_bytes());
    whole.extend_from_slice(&crc32fast::hash(&body).to_le_bytes());
    whole.extend_from_slice(&crc32fast::hash(&whole).to_le_bytes());
    whole.extend_from_slice(&body);
    Ok(whole)
}

/// Where a block lies, and what it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BlockPlace {
    /// Of its head.
    pub offset: u64,
    packed: u32,
    raw: u32,
    pub records: u32,
    /// Earliest and latest time in it, milliseconds since 1970.
    pub utc_ms: (i64, i64),
    sum: u32,
}

impl BlockPlace {
    fn of(head: &[u8; BLOCK_HEAD], offset: u64) -> Option<BlockPlace> {
        let u32_at = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let i64_at = |at: usize| {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&head[at..at + 8]);
            i64::from_le_bytes(bytes)
        };
        let is_head = head[..4] == BLOCK_MARK && crc32fast::hash(&head[..36]) == u32_at(36);
        let place = BlockPlace {
            offset,
            packed: u32_at(4),
            raw: u32_at(8),
            records: u32_at(12),
            utc_ms: (i64_at(16), i64_at(24)),
            sum: u32_at(32),
        };
        (is_head && place.packed <= MAX_BLOCK && place.raw <= MAX_BLOCK).then_some(place)
    }

    fn end(&self) -> u64 {
        self.offset + BLOCK_HEAD as u64 + u64::from(self.packed)
    }
}

/// What lies at a place of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Block(BlockPlace),
    /// Something else, from there to the next block.
    Damaged {
        offset: u64,
    },
    /// Something else, or half of a block, from there to the end.
    Torn {
        offset: u64,
    },
}

/// That a file cannot be read.
pub(super) fn unreadable(path: &Path, error: &io::Error) -> HoleWhy {
    HoleWhy::Unreadable { file: path.to_owned(), why: argument::why_unread(error) }
}

/// What is in a file, or why nothing of it can be read. Bodies are not looked at.
pub(super) fn parts(path: &Path) -> Result<(File, u64, Vec<Part>), HoleWhy> {
    let unreadable = |error| unreadable(path, &error);
    let file = File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    let torn = || HoleWhy::Torn { file: path.to_owned(), offset: 0 };
    let mut head = [0; FILE_HEAD];
    if length < FILE_HEAD as u64 {
        return Err(torn());
    }
    file.read_exact_at(&mut head, 0).map_err(unreadable)?;
    let found = u16::from_le_bytes([head[8], head[9]]);
    if head[..8] == FILE_MARK && found != FORMAT {
        return Err(HoleWhy::Format { file: path.to_owned(), found });
    }
    let mut session = [0; 8];
    session.copy_from_slice(&head[12..20]);
    let session = u64::from_le_bytes(session);
    if head != file_head(session) {
        return Err(HoleWhy::Damaged { file: path.to_owned(), offset: 0 });
    }
    let mut parts = Vec::new();
    let mut at = FILE_HEAD as u64;
    if length == at {
        // A head is written together with the first block.
        parts.push(Part::Torn { offset: at });
    }
    while at < length {
        let next = block_at(&file, at, length).map_err(unreadable)?;
        match next {
            Some(place) => {
                parts.push(Part::Block(place));
                at = place.end();
            }
            None => match next_block(&file, at + 1, length).map_err(unreadable)? {
                Some(place) => {
                    parts.push(Part::Damaged { offset: at });
                    at = place.offset;
                }
                None => {
                    parts.push(Part::Torn { offset: at });
                    at = length;
                }
            },
        }
    }
    Ok((file, session, parts))
}

/// The whole block whose head lies there.
fn block_at(file: &File, at: u64, length: u64) -> io::Result<Option<BlockPlace>> {
    if length - at < BLOCK_HEAD as u64 {
        return Ok(None);
    }
    let mut head = [0; BLOCK_HEAD];
    file.read_exact_at(&mut head, at)?;
    Ok(BlockPlace::of(&head, at).filter(|place| place.end() <= length))
}

/// The first whole block from there on; `None`: there is none any more.
fn next_block(file: &File, from: u64, length: u64) -> io::Result<Option<BlockPlace>> {
    const WINDOW: usize = 64 << 10;
    let mut window = vec![0; WINDOW];
    let mut at = from;
    while at < length {
        let wanted = WINDOW.min(usize::try_from(length - at).unwrap_or(WINDOW));
        let read = &mut window[..wanted];
        file.read_exact_at(read, at)?;
        for found in
            read.windows(4).enumerate().filter(|(_, four)| *four == BLOCK_MARK).map(|(found, _)| found)
        {
            if let Some(place) = block_at(file, at + found as u64, length)? {
                return Ok(Some(place));
            }
        }
        // A mark may lie across two windows.
        at += (wanted.saturating_sub(3)).max(1) as u64;
    }
    Ok(None)
}

/// The body of a block; `None` where it is damaged.
pub(super) fn body(file: &File, place: &BlockPlace) -> io::Result<Option<Vec<u8>>> {
    let mut packed = vec![0; place.packed as usize];
    file.read_exact_at(&mut packed, place.offset + BLOCK_HEAD as u64)?;
    if crc32fast::hash(&packed) != place.sum {
        return Ok(None);
    }
    Ok(zstd::bulk::decompress(&packed, place.raw as usize).ok().filter(|raw| raw.len() == place.raw as usize))
}
