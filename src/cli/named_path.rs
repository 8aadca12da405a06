//! What an argument names and what cannot be used: a file to read or a folder to write into; why, and what to try.
//!
//! Must never read a file: it may be a pipe, whose content comes once.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::Failure;
use crate::text::{Sentence, Words, argument};

/// Whether the file can be opened, before anything else is tried. `what` names it, for people: `` `--ca`: the file ca.pem ``.
///
/// # Errors
/// As [`unreadable`].
pub(super) fn check(what: impl Into<Words>, path: &Path) -> Result<(), (Sentence, Sentence)> {
    let error = match File::open(path).and_then(|file| file.metadata()) {
        Ok(metadata) if metadata.is_dir() => io::ErrorKind::IsADirectory.into(),
        Ok(_) => return Ok(()),
        Err(error) => error,
    };
    Err(unreadable(what, path, &error))
}

/// That it cannot be read and why, and what to try.
pub(super) fn unreadable(what: impl Into<Words>, path: &Path, error: &io::Error) -> (Sentence, Sentence) {
    let (why, hint) = reason(path, error);
    (argument::unread(what, why), hint)
}

/// Why, and what to try.
pub(super) fn reason(path: &Path, error: &io::Error) -> (Sentence, Sentence) {
    match error.kind() {
        io::ErrorKind::NotFound => (argument::no_such_file(), argument::try_name()),
        io::ErrorKind::PermissionDenied => (argument::may_not_read(), argument::try_owner(path.display())),
        io::ErrorKind::IsADirectory => (argument::is_folder(), argument::try_file_in_it()),
        _ => (argument::system_says(error.to_string()), argument::try_right_file()),
    }
}

/// Makes the folder that `option` names, where it is not there.
///
/// # Errors
/// It is a file, or it cannot be made: why, and what to try.
pub(super) fn make_folder(option: &str, folder: &Path) -> Result<(), Failure> {
    no_file(option, folder)?;
    fs::create_dir_all(folder).map_err(|error| {
        let what = argument::folder_not_made(option, folder.display(), unwritten(&error));
        Failure::tried(what).hint(argument::try_own_folder())
    })
}

/// Whether what `option` names can be a folder.
///
/// # Errors
/// It is a file; what to try.
pub(super) fn no_file(option: &str, folder: &Path) -> Result<(), Failure> {
    if folder.is_dir() || !folder.exists() {
        return Ok(());
    }
    let what = argument::not_a_folder(option, folder.display());
    Err(Failure::refused(what).hint(argument::try_other_folder()))
}

/// Why something cannot be written.
pub(super) fn unwritten(error: &io::Error) -> Sentence {
    match error.kind() {
        io::ErrorKind::PermissionDenied => argument::may_not_write(),
        io::ErrorKind::NotADirectory => argument::part_is_file(),
        _ => argument::system_says(error.to_string()),
    }
}
