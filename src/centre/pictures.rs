//! Pictures by their digest: `ab/abcd....jpg` below one folder, which all workers of a centre share.
//!
//! A picture is on disk, with its folder, before the row that names it is committed. The same picture twice is one file. Must
//! never write where a name from a message says: names are digests that were computed here.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::types::hex::hex;

/// The folder of pictures.
#[derive(Debug, Clone)]
pub(super) struct PictureFolder(PathBuf);

/// So that two workers of one process never write the same unfinished file.
static UNFINISHED: AtomicU64 = AtomicU64::new(0);

impl PictureFolder {
    pub(super) fn new(folder: impl Into<PathBuf>) -> Self {
        PictureFolder(folder.into())
    }

    /// Where the picture of that digest is.
    pub(super) fn path(&self, sha256: &[u8; 32], is_original: bool) -> PathBuf {
        let digits = hex(sha256);
        let ending = if is_original { "age" } else { "jpg" };
        self.0.join(&digits[..2]).join(format!("{digits}.{ending}"))
    }

    /// Stores a picture, on the disk itself.
    ///
    /// # Errors
    /// The disk is full, or does not want to.
    pub(super) fn store(&self, sha256: &[u8; 32], is_original: bool, bytes: &[u8]) -> io::Result<()> {
        let path = self.path(sha256, is_original);
        if fs::metadata(&path).is_ok_and(|there| there.len() == bytes.len() as u64) {
            return Ok(());
        }
        let folder = path.parent().unwrap_or(&self.0);
        fs::create_dir_all(folder)?;
        let own = format!(".{}.{}", std::process::id(), UNFINISHED.fetch_add(1, Ordering::Relaxed));
        let unfinished = folder.join(own);
        let mut file = File::create(&unfinished)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&unfinished, &path)?;
        sync_folder(folder)?;
        sync_folder(&self.0)
    }

    /// Removes a picture that nothing names.
    pub(super) fn remove(&self, sha256: &[u8; 32]) {
        for is_original in [false, true] {
            // It may be gone, or never have been there.
            let _ = fs::remove_file(self.path(sha256, is_original));
        }
    }
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_one_file_however_often_it_comes() {
        let folder = tempfile::tempdir().unwrap();
        let pictures = PictureFolder::new(folder.path());
        for _ in 0..2 {
            pictures.store(&[7; 32], false, b"jpeg").unwrap();
        }
        let path = pictures.path(&[7; 32], false);
        assert_eq!(fs::read(&path).unwrap(), b"jpeg");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing unfinished is left");
        pictures.remove(&[7; 32]);
        assert!(!path.exists());
    }

    /// A power cut may leave an empty file under the right name.
    #[test]
    fn a_file_of_another_size_is_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let pictures = PictureFolder::new(folder.path());
        pictures.store(&[7; 32], true, b"sealed").unwrap();
        fs::write(pictures.path(&[7; 32], true), b"").unwrap();
        pictures.store(&[7; 32], true, b"sealed").unwrap();
        assert_eq!(fs::read(pictures.path(&[7; 32], true)).unwrap(), b"sealed");
    }
}
