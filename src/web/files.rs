//! Files of the page that are nobody else's business: whole or not there, and of the service whoever writes them.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

/// Makes the page's folder where it is not there, for its owner alone: the one of the folder around it, which the service
/// makes. Made by root, that one would keep the service out.
pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let Some((around, name)) = folder.parent().zip(folder.file_name()) else {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    };
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        Ok(()) | Err(_) => {}
    }
    give_to_owner_of_folder(around, &name.to_string_lossy())
}

/// Root may write for the service: what it made belongs to whoever the folder belongs to.
pub(super) fn give_to_owner_of_folder(folder: &Path, name: &str) -> io::Result<()> {
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let (of_folder, path) = (fs::metadata(folder)?, folder.join(name));
    let of_file = fs::metadata(&path)?;
    if (of_file.uid(), of_file.gid()) != (of_folder.uid(), of_folder.gid()) {
        std::os::unix::fs::lchown(&path, Some(of_folder.uid()), Some(of_folder.gid()))?;
    }
    Ok(())
}

/// A whole file that its owner alone can read, or the one before.
pub(super) fn write_private(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let new_name = format!("{name}.new");
    let new = folder.join(&new_name);
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut writing = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    let written = writing
        .write_all(bytes)
        .and_then(|()| give_to_owner_of_folder(folder, &new_name))
        .and_then(|()| writing.sync_all())
        .and_then(|()| fs::rename(&new, folder.join(name)))
        .and_then(|()| File::open(folder)?.sync_all());
    if written.is_err() {
        // What is left of it is of no use.
        let _ = fs::remove_file(&new);
    }
    written
}
