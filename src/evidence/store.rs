//! Keeps pictures on the box for a while, for the people on site: one folder, one file a picture, bounded
//! in days and bytes. Redacted pictures lie in one folder, sealed originals in another.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::analysis::time::Timestamp;
use crate::text::{Sentence, evidence as say};

/// How many pictures are written between two clean-ups.
const CLEAN_EVERY: u32 = 20;

/// What lies in a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Redacted pictures.
    Redacted,
    /// Originals, sealed.
    Sealed,
}

impl Kept {
    fn ending(self) -> &'static str {
        match self {
            Kept::Redacted => ".jpg",
            Kept::Sealed => ".jpg.age",
        }
    }
}

/// Why there is no original to hand out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoOriginal {
    /// This box keeps none.
    NotKept,
    /// It was kept as long as it may be.
    Over {
        /// So long.
        days: u64,
    },
    /// No entry of that name.
    Unknown,
    /// It is there and cannot be read.
    Unreadable(Sentence),
}

impl NoOriginal {
    /// Why, for people.
    pub fn sentence(&self) -> Sentence {
        match self {
            NoOriginal::NotKept => say::originals_not_kept(),
            NoOriginal::Over { days } => say::original_over(*days),
            NoOriginal::Unknown => say::original_unknown(),
            NoOriginal::Unreadable(why) => say::original_unread(why.clone()),
        }
    }
}

impl fmt::Display for NoOriginal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sentence().fmt(f)
    }
}

impl std::error::Error for NoOriginal {}

/// Why there is no redacted picture to send again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoPicture {
    /// This box keeps none.
    NotKept,
    /// It was kept as long as it may be.
    Over {
        /// So long.
        days: u64,
    },
    /// No entry of that name.
    Unknown,
    /// The queue is full of what was not sent yet.
    NoRoom,
    /// It is there and cannot be read, or cannot be put into the queue.
    Unreadable(Sentence),
}

impl NoPicture {
    /// Why, for people.
    pub fn sentence(&self) -> Sentence {
        match self {
            NoPicture::NotKept => say::pictures_not_kept(),
            NoPicture::Over { days } => say::picture_over(*days),
            NoPicture::Unknown => say::picture_unknown(),
            NoPicture::NoRoom => say::no_room(),
            NoPicture::Unreadable(why) => say::not_sent(why.clone()),
        }
    }
}

impl fmt::Display for NoPicture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sentence().fmt(f)
    }
}

impl std::error::Error for NoPicture {}

impl From<NoOriginal> for NoPicture {
    fn from(why: NoOriginal) -> Self {
        match why {
            NoOriginal::NotKept => NoPicture::NotKept,
            NoOriginal::Over { days } => NoPicture::Over { days },
            NoOriginal::Unknown => NoPicture::Unknown,
            NoOriginal::Unreadable(why) => NoPicture::Unreadable(why),
        }
    }
}

/// The folder of kept pictures.
#[derive(Debug)]
pub struct Store {
    kept: Kept,
    folder: PathBuf,
    keep: Duration,
    max_bytes: u64,
    since_cleaning: u32,
}

impl Store {
    /// Opens the folder, making it if needed.
    ///
    /// # Errors
    /// The folder cannot be made or read.
    pub fn open(kept: Kept, folder: &Path, keep: Duration, max_bytes: u64) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        fs::read_dir(folder)?;
        Ok(Store { kept, folder: folder.to_owned(), keep, max_bytes, since_cleaning: CLEAN_EVERY })
    }

    /// Writes one picture as `{alert}-{number}.jpg` (`.jpg.age` if sealed), and now and then deletes what is too old or too much.
    ///
    /// # Errors
    /// The file cannot be written. A file that cannot be deleted is no error.
    pub fn keep(&mut self, alert: &str, number: u32, now: Timestamp, bytes: &[u8]) -> io::Result<PathBuf> {
        let path = self.path(alert, number);
        let part = path.with_extension("part");
        fs::write(&part, bytes)?;
        fs::rename(&part, &path)?;
        self.since_cleaning += 1;
        if self.since_cleaning >= CLEAN_EVERY {
            self.since_cleaning = 0;
            self.clean(now)?;
        }
        Ok(path)
    }

    /// A picture that was kept; `None` when it was deleted, or never was.
    ///
    /// # Errors
    /// It is there and cannot be read.
    pub fn read(&self, alert: &str, number: u32) -> io::Result<Option<Vec<u8>>> {
        // Asked for from outside: an id, never a path.
        if !alert.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Ok(None);
        }
        match fs::read(self.path(alert, number)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether a picture has been kept as long as it may be and only waits for the next clean-up; `false` where it is not there.
    pub fn is_over(&self, alert: &str, number: u32, now: Timestamp) -> bool {
        let modified = fs::metadata(self.path(alert, number)).and_then(|data| data.modified()).ok();
        modified.and_then(|at| Timestamp::try_from(at).ok()).is_some_and(|at| at < self.oldest(now))
    }

    /// How long pictures are kept.
    pub(crate) fn keep_for(&self) -> Duration {
        self.keep
    }

    fn oldest(&self, now: Timestamp) -> Timestamp {
        now.checked_sub(self.keep).unwrap_or(Timestamp::MIN)
    }

    fn path(&self, alert: &str, number: u32) -> PathBuf {
        self.folder.join(format!("{alert}-{number}{}", self.kept.ending()))
    }

    /// Deletes pictures older than `keep`, then the oldest until the rest fits. To be called now and then, too: what
    /// is too old goes also where nothing new comes.
    ///
    /// # Errors
    /// The folder cannot be read. A file that cannot be deleted is no error.
    pub fn clean(&self, now: Timestamp) -> io::Result<()> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let data = entry.metadata()?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let of_ours = name.ends_with(self.kept.ending()) || name.ends_with(".part");
            if data.is_file() && of_ours {
                files.push((data.modified()?, data.len(), entry.path()));
            }
        }
        files.sort();
        let mut bytes: u64 = files.iter().map(|(_, size, _)| size).sum();
        let oldest = self.oldest(now);
        for (modified, size, path) in files {
            let too_old = Timestamp::try_from(modified).is_ok_and(|t| t < oldest);
            if !too_old && bytes <= self.max_bytes {
                break;
            }
            if fs::remove_file(&path).is_ok() {
                bytes -= size;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_that_are_too_old_or_too_many_are_deleted_and_others_stay() {
        let folder = tempfile::tempdir().expect("a folder");
        let foreign = folder.path().join("notes.txt");
        fs::write(&foreign, "mine").expect("written");
        let day = Duration::from_secs(86_400);
        let now = Timestamp::now();

        let mut store = Store::open(Kept::Redacted, folder.path(), 7 * day, 250).expect("opens");
        for number in 1..=5 {
            store.keep("A", number, now, &[0; 100]).expect("kept");
        }
        store.clean(now).expect("cleans");
        let left = |n: u32| folder.path().join(format!("A-{n}.jpg")).exists();
        assert_eq!((1..=5).filter(|n| left(*n)).count(), 2, "250 bytes hold two pictures");

        store.clean(now + 8 * day).expect("cleans");
        assert_eq!((1..=5).filter(|n| left(*n)).count(), 0, "all are older than a week by then");
        assert!(foreign.exists(), "a file of somebody else is not ours to delete");
    }
}
