//! What an argument names and what cannot be used: a file to read or a folder to write into; why, and what to try.
//!
//! Must never read a file: it may be a pipe, whose content comes once.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::Failure;
use crate::contract::Language;

/// Whether the file can be opened, before anything else is tried. `what` names it, for people: `` `--ca`: the file ca.pem ``.
///
/// # Errors
/// As [`unread`].
pub(super) fn check(what: &str, path: &Path, language: Language) -> Result<(), String> {
    match File::open(path).and_then(|file| file.metadata()) {
        Ok(metadata) if metadata.is_dir() => {
            Err(unread(what, path, &io::ErrorKind::IsADirectory.into(), language))
        }
        Ok(_) => Ok(()),
        Err(error) => Err(unread(what, path, &error, language)),
    }
}

/// That it cannot be read, why, and what to try.
pub(super) fn unread(what: &str, path: &Path, error: &io::Error, language: Language) -> String {
    let (why, hint) = reason(path, error, language);
    sentence(what, &why, &hint, language)
}

/// The same with another reason or another hint.
pub(super) fn sentence(what: &str, why: &str, hint: &str, language: Language) -> String {
    match language {
        Language::English => format!("{what} cannot be read: {why}\n  hint: {hint}"),
        Language::Chinese => format!("{what} 无法读取：{why}\n  提示：{hint}"),
    }
}

/// Why, and what to try.
pub(super) fn reason(path: &Path, error: &io::Error, language: Language) -> (String, String) {
    let both = |english: [&str; 2], chinese: [&str; 2]| {
        let chosen = match language {
            Language::English => english,
            Language::Chinese => chinese,
        };
        (chosen[0].to_owned(), chosen[1].to_owned())
    };
    match error.kind() {
        io::ErrorKind::NotFound => both(
            ["there is no such file", "check the name and the folder"],
            ["没有这个文件", "请检查文件名和所在的文件夹"],
        ),
        io::ErrorKind::PermissionDenied => both(
            ["this user may not read it", &format!("`ls -l {}` shows whose it is", path.display())],
            ["当前用户无权读取", &format!("用 `ls -l {}` 可以查看它属于谁", path.display())],
        ),
        io::ErrorKind::IsADirectory => {
            both(["it is a folder", "name the file in it"], ["这是一个文件夹", "请写出其中的文件"])
        }
        _ => both(
            [&error.to_string(), "is it the right file?"],
            [&format!("系统报告错误（原文：{error}）"), "请确认是否选对了文件"],
        ),
    }
}

/// Makes the folder that `option` names, where it is not there.
///
/// # Errors
/// It is a file, or it cannot be made: why, and what to try.
pub(super) fn make_folder(option: &str, folder: &Path) -> Result<(), Failure> {
    no_file(option, folder)?;
    fs::create_dir_all(folder).map_err(|error| {
        Failure::failed(format!(
            "{option}: the folder {} cannot be made: {}\n  hint: name a folder that this user may write",
            folder.display(),
            unwritten(&error)
        ))
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
    Err(Failure::invalid(format!(
        "{option} must name a folder, and {} is a file\n  hint: name another one; where it is not there it is made",
        folder.display()
    )))
}

/// Why something cannot be written.
pub(super) fn unwritten(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "this user may not write there".to_owned(),
        io::ErrorKind::NotADirectory => "a part of its path is a file".to_owned(),
        _ => error.to_string(),
    }
}
