//! Writes what belongs to the configuration: the file itself, and secrets beside it. Whoever reads meanwhile has the old file
//! or the new one, never a half.
//!
//! Must never show a secret, open a file to anybody who could not read it before, or leave anything behind where it fails.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;

use super::account::Account;
use super::secret::MAX_SECRET_BYTES;
use crate::text::{Sentence, argument, command_line, config_write as say, secret_file};

/// Why something was not written.
#[derive(Debug)]
pub(crate) enum NotWritten {
    /// That is no name of a secret.
    Name,
    /// It is no secret: what is wrong with it.
    Secret(Sentence),
    /// The file or folder, and why.
    File(PathBuf, io::Error),
}

impl NotWritten {
    /// What is wrong.
    pub(crate) fn sentence(&self) -> Sentence {
        match self {
            NotWritten::Name => secret_file::no_name(),
            NotWritten::Secret(why) => why.clone(),
            NotWritten::File(path, error) => {
                command_line::unwritten(path.display(), argument::why_unwritten(error))
            }
        }
    }

    /// What to try, where the service writes: how it comes to be allowed to.
    pub(crate) fn hint(&self) -> Option<Sentence> {
        match self {
            NotWritten::Name => Some(secret_file::try_name()),
            NotWritten::Secret(_) => Some(secret_file::try_one_line()),
            NotWritten::File(path, error) => {
                let folder = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
                match error.kind() {
                    io::ErrorKind::PermissionDenied => Some(match Account::of_this_thread() {
                        Some(me) => say::try_open_folder(me.name, folder.display()),
                        None => say::try_own_folder(folder.display()),
                    }),
                    io::ErrorKind::ReadOnlyFilesystem => Some(say::try_writable(folder.display())),
                    io::ErrorKind::StorageFull => Some(say::try_room()),
                    _ => None,
                }
            }
        }
    }
}

/// Writes a secret, `user:password` or a token, so that the service can read it and nobody else but root. The folder is made
/// where it is not there. Gives the file and who reads it beside this user.
///
/// # Errors
/// [`NotWritten`]; what was there before is still there.
pub(crate) fn secret(
    folder: &Path,
    name: &str,
    text: &str,
) -> Result<(PathBuf, Option<Account>), NotWritten> {
    is_name(name).then_some(()).ok_or(NotWritten::Name)?;
    let text = sound(text).map_err(NotWritten::Secret)?;
    let path = folder.join(name);
    let cannot = |path: &Path| {
        let path = path.to_owned();
        move |error| NotWritten::File(path, error)
    };
    // Only root can give a file to the service's group; everybody else keeps it for themselves.
    let root = Account::of_this_thread().is_some_and(|me| me.is_root());
    let service = Account::of_service().filter(|service| root && service.own_group().is_some());
    prepare_folder(folder, service.as_ref()).map_err(cannot(folder))?;
    let share = |file: &File| match &service {
        Some(service) => {
            service.share(file)?;
            file.set_permissions(Permissions::from_mode(0o640))
        }
        None => Ok(()),
    };
    replace(&path, format!("{text}\n").as_bytes(), share).map_err(cannot(&path))?;
    Ok((path, service))
}

/// Whether a secret may be called so.
pub(crate) fn is_name(name: &str) -> bool {
    let is_of_a_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    !name.is_empty() && !name.starts_with('.') && name.chars().all(is_of_a_name)
}

/// The one line of a secret, without its end.
///
/// # Errors
/// Why it is none.
pub(crate) fn sound(text: &str) -> Result<String, Sentence> {
    let line = text.trim_end_matches(['\r', '\n']);
    if line.is_empty() {
        Err(secret_file::empty())
    } else if line.contains(['\r', '\n']) {
        Err(secret_file::several_lines())
    } else if line.len() as u64 >= MAX_SECRET_BYTES {
        Err(secret_file::too_long(MAX_SECRET_BYTES))
    } else {
        Ok(line.to_owned())
    }
}

/// A folder that is there keeps its mode, but for what would shut the service out.
fn prepare_folder(dir: &Path, service: Option<&Account>) -> io::Result<()> {
    let is_new = !dir.exists();
    fs::create_dir_all(dir)?;
    let Some(service) = service else {
        return if is_new { fs::set_permissions(dir, Permissions::from_mode(0o700)) } else { Ok(()) };
    };
    let reached = service.act(|| fs::metadata(dir.join(".")).is_ok()).unwrap_or(false);
    if is_new || !reached {
        // The service may write around it, so what a link in its place leads to is not opened to the service.
        let itself = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match open(dir, itself, Mode::empty()) {
            Ok(folder) => {
                let folder = File::from(folder);
                service.share(&folder)?;
                folder.set_permissions(Permissions::from_mode(0o750))?;
            }
            Err(Errno::LOOP | Errno::NOTDIR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Writes the configuration file anew, and what it said before into a file beside it that ends in `.bak`. Owner and mode
/// stay; where this user may not give the owner, whoever could not read it before still cannot. Of a link, what it leads to
/// is written.
///
/// # Errors
/// [`NotWritten`]; the file says what it said before.
pub(crate) fn configuration(path: &Path, text: &str) -> Result<(), NotWritten> {
    let cannot = |error| NotWritten::File(path.to_owned(), error);
    let there = fs::canonicalize(path).map_err(cannot)?;
    let before = fs::read(&there).map_err(cannot)?;
    let metadata = fs::metadata(&there).map_err(cannot)?;
    let like_before = |file: &File| keep_owner(file, &metadata);
    let backup = beside(&there, "", ".bak");
    replace(&backup, &before, like_before).map_err(|error| NotWritten::File(backup.clone(), error))?;
    replace(&there, text.as_bytes(), like_before).map_err(cannot)
}

/// Whether the configuration file could be written anew, as far as that can be known before.
///
/// # Errors
/// [`NotWritten`], as writing would give it.
#[cfg(any(feature = "web", test))]
pub(crate) fn could_write(path: &Path) -> Result<(), NotWritten> {
    let cannot = |error| NotWritten::File(path.to_owned(), error);
    let there = fs::canonicalize(path).map_err(cannot)?;
    let trial = beside(&there, ".", ".try");
    let _ = fs::remove_file(&trial);
    create(&trial).and_then(|_| fs::remove_file(&trial)).map_err(cannot)
}

/// Writes a file that the configuration names, or the configuration where there is none yet, so that the service can read it
/// and nobody else but root. A folder that is there stays as it is.
///
/// # Errors
/// [`NotWritten`]; what was there before is still there.
pub(crate) fn for_service(path: &Path, bytes: &[u8]) -> Result<(), NotWritten> {
    let service = Account::of_service().filter(|service| is_root() && service.own_group().is_some());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.exists() {
        let made = prepare_folder(folder, service.as_ref());
        made.map_err(|error| NotWritten::File(folder.to_owned(), error))?;
    }
    let share = |file: &File| match &service {
        Some(service) => {
            service.share(file)?;
            file.set_permissions(Permissions::from_mode(0o640))
        }
        None => Ok(()),
    };
    replace(path, bytes, share).map_err(|error| NotWritten::File(path.to_owned(), error))
}

/// Writes a file that is the service's own and that nobody else reads, with the service's rights: in its folders it may have
/// put a link anywhere.
///
/// # Errors
/// [`NotWritten`]; what was there before is still there.
pub(crate) fn of_service(path: &Path, bytes: &[u8]) -> Result<(), NotWritten> {
    let write = || {
        let folder = path.parent().unwrap_or(Path::new("."));
        if !folder.exists() {
            fs::create_dir_all(folder)?;
            fs::set_permissions(folder, Permissions::from_mode(0o700))?;
        }
        replace(path, bytes, |_| Ok(()))
    };
    // Where the service has no folder yet, whoever makes it has it.
    let around = path.ancestors().skip(1).find_map(|folder| fs::metadata(folder).ok());
    let is_its = |service: &Account| is_root() && around.as_ref().is_some_and(|around| service.owns(around));
    let written = match Account::of_service().filter(is_its) {
        Some(service) => service.act(write).and_then(|written| written),
        None => write(),
    };
    written.map_err(|error| NotWritten::File(path.to_owned(), error))
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn keep_owner(file: &File, before: &fs::Metadata) -> io::Result<()> {
    let mode = before.mode() & 0o777;
    // Only root gives a file away.
    let is_owners = fchown(file, Some(before.uid()), Some(before.gid())).is_ok();
    let is_groups = is_owners || fchown(file, None, Some(before.gid())).is_ok();
    file.set_permissions(Permissions::from_mode(if is_groups { mode } else { mode & 0o707 }))
}

/// A name beside the file's.
fn beside(path: &Path, before: &str, after: &str) -> PathBuf {
    let mut name = OsString::from(before);
    name.push(path.file_name().unwrap_or_default());
    name.push(after);
    path.with_file_name(name)
}

fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Whoever reads meanwhile has the old file or the new one.
fn replace(path: &Path, bytes: &[u8], hand_over: impl Fn(&File) -> io::Result<()>) -> io::Result<()> {
    let new = beside(path, ".", ".new");
    let _ = fs::remove_file(&new);
    let mut file = create(&new)?;
    let written = file.write_all(bytes).and_then(|()| {
        hand_over(&file)?;
        file.sync_all()?;
        fs::rename(&new, path)
    });
    if written.is_err() {
        let _ = fs::remove_file(&new);
        return written;
    }
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => File::open(folder)?.sync_all(),
        None => File::open(".")?.sync_all(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_configuration_keeps_its_mode_and_what_it_said_before_stands_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("lookout.toml");
        fs::write(&file, "one").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        assert!(could_write(&file).is_ok());
        configuration(&file, "two").unwrap();
        configuration(&file, "three").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "three");
        assert_eq!(fs::read_to_string(folder.path().join("lookout.toml.bak")).unwrap(), "two");
        assert_eq!((mode(&file), mode(&folder.path().join("lookout.toml.bak"))), (0o640, 0o640));
        assert_eq!(names(folder.path()), ["lookout.toml", "lookout.toml.bak"]);
    }

    #[test]
    fn of_a_link_what_it_leads_to_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("site.toml"), folder.path().join("lookout.toml"));
        fs::write(&file, "one").unwrap();
        std::os::unix::fs::symlink("site.toml", &link).unwrap();
        configuration(&link, "two").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "two");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[test]
    fn what_cannot_be_written_is_said_before_with_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let gone = folder.path().join("gone.toml");
        let error = could_write(&gone).unwrap_err();
        assert!(error.sentence().to_string().contains("gone.toml cannot be written"), "{error:?}");
        let denied = NotWritten::File(gone, io::Error::from(io::ErrorKind::PermissionDenied));
        let hint = denied.hint().unwrap().to_string();
        assert!(hint.contains(&folder.path().display().to_string()), "{hint}");
    }

    #[test]
    fn a_secret_is_its_readers_alone_and_is_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = folder.path().join("secrets");
        let (path, _) = secret(&secrets, "cam-1", "admin:hunter2").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "admin:hunter2\n");
        assert_eq!(mode(&path) & 0o007, 0);
        for (name, text) in
            [("../cam", "a:b"), ("", "a:b"), (".cam", "a:b"), ("cam", ""), ("cam", "a:b\nc:d")]
        {
            let error = secret(&secrets, name, text).unwrap_err();
            assert!(!error.sentence().to_string().contains("a:b"), "{error:?}");
        }
        assert_eq!(names(&secrets), ["cam-1"]);
    }
}
