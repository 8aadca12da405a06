//! Errors of paths in arguments: a file to read or a folder to write into; why, and what to try.
//!
//! Must never read a file: it may be a pipe, whose content comes once.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::path::Path;

use super::Failure;
use crate::input_file;
use crate::text::{Sentence, Words, argument, command_line};
use crate::types::not_a_file::NotAFile;

/// Whether the file can be opened, before anything else is tried. `what` names it, for people: `` `--ca`: the file ca.pem ``.
///
/// # Errors
/// As [`unreadable`].
pub(super) fn check(what: impl Into<Words>, path: &Path) -> Result<(), (Sentence, Sentence)> {
    let error = match fs::metadata(path) {
        Ok(metadata) => match openable(path, &metadata) {
            Ok(()) => return Ok(()),
            Err(error) => error,
        },
        Err(error) => error,
    };
    let (why, hint) = reason(path, &error);
    Err((argument::unread(what, why), hint))
}

fn openable(path: &Path, metadata: &Metadata) -> io::Result<()> {
    input_file::refuse(metadata)?;
    // Opening a pipe waits for who writes into it.
    if metadata.is_file() { File::open(path).map(drop) } else { Ok(()) }
}

/// Whether what is there is a file: a command that reads it more than once cannot take a pipe. One that is not there is
/// another matter.
///
/// # Errors
/// As [`unreadable`].
pub(super) fn no_pipe(what: impl Into<Words>, path: &Path) -> Result<(), Failure> {
    match fs::metadata(path).and_then(|metadata| input_file::plain(&metadata)) {
        Err(error) if NotAFile::of(&error).is_some() => Err(unreadable(what, path, &error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// The same for a command that can do nothing without the file.
///
/// # Errors
/// As [`unreadable`].
pub(super) fn need(what: impl Into<Words>, path: &Path) -> Result<(), Failure> {
    check(what, path).map_err(|(what, hint)| Failure::refused(what).hint(hint))
}

/// That a file which an argument names cannot be read and why, and what to try: the argument is wrong.
pub(super) fn unreadable(what: impl Into<Words>, path: &Path, error: &io::Error) -> Failure {
    let (why, hint) = reason(path, error);
    Failure::refused(argument::unread(what, why)).hint(hint)
}

/// Why, and what to try.
pub(super) fn reason(path: &Path, error: &io::Error) -> (Sentence, Sentence) {
    let hint = match error.kind() {
        io::ErrorKind::NotFound => argument::try_name(),
        io::ErrorKind::PermissionDenied => argument::try_owner(path.display()),
        io::ErrorKind::IsADirectory => argument::try_file_in_it(),
        _ => argument::hint_unread(error),
    };
    (argument::why_unread(error), hint)
}

/// That a file cannot be written, and why.
pub(super) fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::tried(command_line::unwritten(path.display(), argument::why_unwritten(error)))
}

/// Whether a file that is written in the end can be written, before the work.
///
/// # Errors
/// Why not, and what to try.
pub(super) fn may_write(path: &Path) -> Result<(), Failure> {
    let is_there = path.exists();
    let opened = OpenOptions::new().append(true).create(true).open(path);
    opened.map_err(|error| unwritable(path, &error).hint(command_line::try_other_place()))?;
    if !is_there {
        // Until there is something to write.
        let _ = fs::remove_file(path);
    }
    Ok(())
}

/// Writes it.
///
/// # Errors
/// As [`may_write`].
pub(super) fn write(path: &Path, text: impl AsRef<[u8]>) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| unwritable(path, &error).hint(command_line::try_other_place()))
}

/// That a folder of our own cannot be made, and why.
pub(super) fn folder_not_made(path: &Path, error: &io::Error) -> Failure {
    Failure::tried(command_line::folder_not_made(path.display(), argument::why_unwritten(error)))
}

/// Makes the folder that `option` names, where it is not there.
///
/// # Errors
/// It is a file, or it cannot be made: why, and what to try.
pub(super) fn make_folder(option: &str, folder: &Path) -> Result<(), Failure> {
    no_file(option, folder)?;
    fs::create_dir_all(folder).map_err(|error| {
        let what = argument::folder_not_made(option, folder.display(), argument::why_unwritten(&error));
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
