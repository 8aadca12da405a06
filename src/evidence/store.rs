//! Keeps pictures on the box for a while, for the people on site: one folder, one file a picture, bounded
//! in days and bytes. Only redacted pictures come here.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::analysis::time::Timestamp;

/// How many pictures are written between two clean-ups.
const CLEAN_EVERY: u32 = 20;

/// The folder of kept pictures.
#[derive(Debug)]
pub struct Store {
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
    pub fn open(folder: &Path, keep: Duration, max_bytes: u64) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        fs::read_dir(folder)?;
        Ok(Store { folder: folder.to_owned(), keep, max_bytes, since_cleaning: CLEAN_EVERY })
    }

    /// Writes one picture as `{alert}-{number}.jpg`, and now and then deletes what is too old or too much.
    ///
    /// # Errors
    /// The file cannot be written. A file that cannot be deleted is no error.
    pub fn keep(&mut self, alert: &str, number: u32, now: Timestamp, jpeg: &[u8]) -> io::Result<PathBuf> {
        let path = self.folder.join(format!("{alert}-{number}.jpg"));
        let part = path.with_extension("part");
        fs::write(&part, jpeg)?;
        fs::rename(&part, &path)?;
        self.since_cleaning += 1;
        if self.since_cleaning >= CLEAN_EVERY {
            self.since_cleaning = 0;
            self.clean(now)?;
        }
        Ok(path)
    }

    /// Deletes pictures older than `keep`, then the oldest until the rest fits.
    fn clean(&self, now: Timestamp) -> io::Result<()> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let data = entry.metadata()?;
            let of_ours = entry.path().extension().is_some_and(|e| e == "jpg" || e == "part");
            if data.is_file() && of_ours {
                files.push((data.modified()?, data.len(), entry.path()));
            }
        }
        files.sort();
        let mut bytes: u64 = files.iter().map(|(_, size, _)| size).sum();
        let oldest = now.checked_sub(self.keep).unwrap_or(Timestamp::MIN);
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

        let mut store = Store::open(folder.path(), 7 * day, 250).expect("opens");
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
