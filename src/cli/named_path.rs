//! What an argument names and what cannot be used: a file to read or a folder to write into; why, and what to try.
//!
//! Must never read a file: it may be a pipe, whose content comes once.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::Failure;
use super::language::{invalid, of_the_terminal};
use crate::contract::Language;
use crate::text::{Sentence, Words, argument};

/// Whether the file can be opened, before anything else is tried. `what` names it, for people: `` `--ca`: the file ca.pem ``.
///
/// # Errors
/// As [`unread`].
pub(super) fn check(what: impl Into<Words>, path: &Path, language: Language) -> Result<(), String> {
    match File::open(path).and_then(|file| file.metadata()) {
        Ok(metadata) if metadata.is_dir() => {
            Err(unread(what, path, &io::ErrorKind::IsADirectory.into(), language))
        }
        Ok(_) => Ok(()),
        Err(error) => Err(unread(what, path, &error, language)),
    }
}

/// That it cannot be read, why, and what to try.
pub(super) fn unread(what: impl Into<Words>, path: &Path, error: &io::Error, language: Language) -> String {
    let (why, hint) = reason(path, error);
    argument::unread(what, why).with_hint(Some(&hint), language)
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
        let language = of_the_terminal();
        let what = argument::folder_not_made(option, folder.display(), unwritten(&error));
        Failure::failed(what.with_hint(Some(&argument::try_own_folder()), language)).in_language(language)
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
    let language = of_the_terminal();
    let what = argument::not_a_folder(option, folder.display());
    Err(invalid(what.with_hint(Some(&argument::try_other_folder()), language), language))
}

/// Why something cannot be written.
pub(super) fn unwritten(error: &io::Error) -> Sentence {
    match error.kind() {
        io::ErrorKind::PermissionDenied => argument::may_not_write(),
        io::ErrorKind::NotADirectory => argument::part_is_file(),
        _ => argument::system_says(error.to_string()),
    }
}
