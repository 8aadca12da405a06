//! Writes what belongs to the configuration: the file itself, and secrets beside it. A reader has the old file
//! or the new one, never a half.
//!
//! Must never show a secret, open a file to anybody who could not read it before, or leave anything behind where it fails.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use rustix::fs::{AtFlags, Mode, OFlags, mkdirat, open, openat, renameat, unlinkat};
use rustix::io::Errno;

use super::account::Account;
use super::secret::MAX_SECRET_BYTES;
use crate::text::{Sentence, argument, command_line, config_write as say, secret_file};
use crate::types::hex::sha256_hex;

/// Why something was not written.
#[derive(Debug)]
pub(crate) enum NotWritten {
    /// Invalid name of a secret.
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
            NotWritten::File(path, error) => match link_of(error) {
                Some(link) => say::led_away(link.display()),
                None => command_line::unwritten(path.display(), argument::why_unwritten(error)),
            },
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
                        Some(me) => {
                            let group = me.group().unwrap_or_else(|| me.name.clone());
                            say::try_open_folder(me.name, group, folder.display())
                        }
                        None => say::try_own_folder(folder.display()),
                    }),
                    io::ErrorKind::ReadOnlyFilesystem => Some(say::try_writable(folder.display())),
                    io::ErrorKind::StorageFull => Some(say::try_room()),
                    _ if link_of(error).is_some() => Some(say::try_without_link()),
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
    let service = service_beside_root().filter(|service| service.own_group().is_some());
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
    let Some(service) = service else {
        let is_new = !dir.exists();
        fs::create_dir_all(dir)?;
        return if is_new { fs::set_permissions(dir, Permissions::from_mode(0o700)) } else { Ok(()) };
    };
    let whole = std::path::absolute(dir)?;
    if let Some(missing) = outermost_missing(&whole) {
        return open_for(&make_folders(&whole, missing, service)?, service);
    }
    if !fs::metadata(&whole)?.is_dir() {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    if service.act(|| fs::metadata(whole.join(".")).is_ok()).unwrap_or(false) {
        return Ok(());
    }
    // The service may write around it, so what a link in its place or on the way there leads to is not opened to it.
    let Some(name) = whole.file_name() else { return Ok(()) };
    let Way::Held(around) = hold(folder_of(&whole), service)? else { return Ok(()) };
    match openat(&around, name, FOLDER | OFlags::NOFOLLOW, Mode::empty()) {
        Ok(folder) => open_for(&File::from(folder), service),
        Err(Errno::LOOP | Errno::NOTDIR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Makes the folders from `missing` to `whole`, each in the one that is held, and gives the last.
fn make_folders(whole: &Path, missing: &Path, service: &Account) -> io::Result<File> {
    let mut at = folder_of(missing).to_owned();
    let mut held = folder_around(missing, Some(service))?;
    for step in whole.strip_prefix(folder_of(missing)).unwrap_or(Path::new("")) {
        at.push(step);
        match mkdirat(&held, step, Mode::from_raw_mode(0o777)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
        held = match openat(&held, step, FOLDER | OFlags::NOFOLLOW, Mode::empty()) {
            Ok(made) => File::from(made),
            Err(Errno::LOOP | Errno::NOTDIR) => return Err(led_away(at)),
            Err(error) => return Err(error.into()),
        };
    }
    Ok(held)
}

/// Lets the service read what is in a folder of root's.
fn open_for(folder: &File, service: &Account) -> io::Result<()> {
    service.share(folder)?;
    folder.set_permissions(Permissions::from_mode(0o750))
}

/// Writes the configuration file anew, and what it said before into a file beside it that ends in `.bak`. Owner and mode
/// stay; where this user may not give the owner, a user who could not read it before still cannot. Of a link, what it leads
/// to is written.
///
/// # Errors
/// [`NotWritten`]; the file says what it said before.
pub(crate) fn configuration(path: &Path, text: &str) -> Result<(), NotWritten> {
    configuration_where(path, |_| true, text).map(drop)
}

/// The same where the file still says what has this digest, its SHA-256 in hexadecimal; `false`: somebody was faster, and what
/// they wrote stays.
///
/// # Errors
/// [`NotWritten`]; the file says what it said before.
pub(crate) fn configuration_in_place_of(
    path: &Path,
    sha256_before: &str,
    text: &str,
) -> Result<bool, NotWritten> {
    configuration_where(path, |before| sha256_hex(before) == sha256_before, text)
}

fn configuration_where(
    path: &Path,
    may_go: impl FnOnce(&[u8]) -> bool,
    text: &str,
) -> Result<bool, NotWritten> {
    let _one_at_a_time = CONFIGURATION.lock();
    let cannot = |error| NotWritten::File(path.to_owned(), error);
    let there = fs::canonicalize(path).map_err(cannot)?;
    let name = there.file_name().ok_or_else(|| cannot(io::ErrorKind::InvalidInput.into()))?;
    let folder = folder_led_to(path, &there, service_beside_root().as_ref()).map_err(cannot)?;
    let (before, metadata) = read_in(&folder, name).map_err(cannot)?;
    if !may_go(&before) {
        return Ok(false);
    }
    let like_before = |file: &File| keep_owner(file, &metadata);
    let backup = beside(&there, "", ".bak");
    let of_backup = backup.file_name().unwrap_or_default();
    replace_in(&folder, of_backup, &before, like_before)
        .map_err(|error| NotWritten::File(backup.clone(), error))?;
    replace_in(&folder, name, text.as_bytes(), like_before).map_err(cannot)?;
    Ok(true)
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
    let _turn = TURN.lock();
    let folder = folder_led_to(path, &there, service_beside_root().as_ref()).map_err(cannot)?;
    let name = trial.file_name().unwrap_or_default();
    let _ = unlinkat(&folder, name, AtFlags::empty());
    create(&folder, name).and_then(|_| Ok(unlinkat(&folder, name, AtFlags::empty())?)).map_err(cannot)
}

/// Writes a file that the configuration names, or the configuration where there is none yet, so that the service can read it
/// and nobody else but root. A folder that is there stays as it is.
///
/// # Errors
/// [`NotWritten`]; what was there before is still there.
pub(crate) fn for_service(path: &Path, bytes: &[u8]) -> Result<(), NotWritten> {
    let service = service_beside_root().filter(|service| service.own_group().is_some());
    let folder = folder_of(path);
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
/// put a link anywhere. Where it has no folder yet, it is given one.
///
/// # Errors
/// [`NotWritten`]; what was there before is still there.
pub(crate) fn of_service(path: &Path, bytes: &[u8]) -> Result<(), NotWritten> {
    write_of_service(path, bytes, service_beside_root().as_ref())
        .map_err(|error| NotWritten::File(path.to_owned(), error))
}

/// `service`: where this thread is root's and the service another's.
fn write_of_service(path: &Path, bytes: &[u8], service: Option<&Account>) -> io::Result<()> {
    let write = || {
        let folder = folder_of(path);
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        replace(path, bytes, |_| Ok(()))
    };
    let Some(service) = service else { return write() };
    let as_service = || service.act(write).and_then(|written| written);
    let folder = std::path::absolute(folder_of(path))?;
    let missing = outermost_missing(&folder);
    if is_in_its_folders(path, &folder, missing, service)? {
        return as_service();
    }
    let Some(missing) = missing else { return write() };
    // Root alone writes where this one is made.
    let around = folder_around(missing, Some(service))?;
    let name = missing.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    mkdirat(&around, name, Mode::RWXU)?;
    let written = openat(&around, name, FOLDER | OFlags::NOFOLLOW, Mode::empty())
        .map_err(io::Error::from)
        .and_then(|made| service.give(&File::from(made)))
        .and_then(|()| as_service());
    if written.is_err() {
        // What was made within is the service's, and goes with its rights.
        let _ = service.act(|| {
            for made in folder.ancestors().take_while(|made| *made != missing) {
                let _ = fs::remove_dir(made);
            }
        });
        let _ = unlinkat(&around, name, AtFlags::REMOVEDIR);
    }
    written
}

/// The outermost folder that does not exist yet.
fn outermost_missing(folder: &Path) -> Option<&Path> {
    folder.ancestors().take_while(|one| fs::symlink_metadata(one).is_err()).last()
}

/// Whether a file's folder is the service's, or lies where the service may put a link. `missing`: of folders that are not there
/// yet, the one around the others.
fn is_in_its_folders(
    path: &Path,
    folder: &Path,
    missing: Option<&Path>,
    service: &Account,
) -> io::Result<bool> {
    let there = missing.map_or(folder, folder_of);
    Ok(service.owns(&fs::metadata(there)?) || open_to(service, missing.unwrap_or(path))?.is_some())
}

fn keep_owner(file: &File, before: &fs::Metadata) -> io::Result<()> {
    let mode = before.mode() & 0o777;
    // Only root gives a file away.
    let is_owners = fchown(file, Some(before.uid()), Some(before.gid())).is_ok();
    let is_groups = is_owners || fchown(file, None, Some(before.gid())).is_ok();
    file.set_permissions(Permissions::from_mode(if is_groups { mode } else { mode & 0o707 }))
}

/// The service's user, where this thread is root's: what that writes in folders that are open to the service is led nowhere else
/// by it.
fn service_beside_root() -> Option<Account> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    Account::of_service().filter(|service| !service.is_root())
}

/// A name beside the file's.
fn beside(path: &Path, before: &str, after: &str) -> PathBuf {
    let mut name = OsString::from(before);
    name.push(path.file_name().unwrap_or_default());
    name.push(after);
    path.with_file_name(name)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// Who compares what the configuration says and then writes it is alone from the one to the other.
static CONFIGURATION: Mutex<()> = Mutex::new(());
/// Two at once would write into the same file beside the one that is meant.
static TURN: Mutex<()> = Mutex::new(());

/// This link of the service's leads root out of the folders that are open to the service.
#[derive(Debug)]
struct LedAway(PathBuf);

impl fmt::Display for LedAway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What the system says of a link that it was reported not to follow; people read `say::led_away`.
        f.write_str("ELOOP")
    }
}

impl std::error::Error for LedAway {}

fn led_away(link: PathBuf) -> io::Error {
    io::Error::other(LedAway(link))
}

/// The link that root did not follow, where that is what is wrong.
fn link_of(error: &io::Error) -> Option<&Path> {
    error.get_ref()?.downcast_ref::<LedAway>().map(|LedAway(link)| link.as_path())
}

/// The outermost folder around `path` in which the service may put something else in the place of what leads there.
fn open_to(service: &Account, path: &Path) -> io::Result<Option<PathBuf>> {
    let mut outermost = None;
    for inner in std::path::absolute(path)?.ancestors() {
        let Some(around) = inner.parent() else { break };
        let folder = fs::metadata(around)?;
        let is_its = || fs::symlink_metadata(inner).map_or(true, |itself| service.owns(&itself));
        // Whose folder it is opens it at any time. In a folder like `/tmp` nobody else touches what is another's.
        let is_written = || service.may(&folder, 2) && (folder.mode() & 0o1000 == 0 || is_its());
        if service.owns(&folder) || is_written() {
            outermost = Some(around.to_owned());
        }
    }
    Ok(outermost)
}

/// Whether a folder is there for the service: its own, or of the group that is its alone, as root makes them for it. The latter
/// (0750) it only reads; root follows a link there, too, since a folder of secrets may well lie behind one.
fn is_shared(folder: &File, service: &Account) -> io::Result<bool> {
    let metadata = folder.metadata()?;
    Ok(service.owns(&metadata) || service.own_group() == Some(metadata.gid()))
}

fn is_same(one: &File, other: &File) -> io::Result<bool> {
    let (one, other) = (one.metadata()?, other.metadata()?);
    Ok((one.dev(), one.ino()) == (other.dev(), other.ino()))
}

/// The folder of the file `there` to which a configuration's path leads, held. Root writes there only if the service could not
/// have made it lead there, or if the folder is the service's anyway. A link may be none any more, so what counts is where
/// the path led.
fn folder_led_to(path: &Path, there: &Path, service: Option<&Account>) -> io::Result<File> {
    let led_to = folder_around(there, service)?;
    let Some(service) = service else { return Ok(led_to) };
    if open_to(service, path)?.is_none() {
        return Ok(led_to);
    }
    let named = folder_around(path, Some(service))?;
    if is_same(&led_to, &named)? || is_shared(&led_to, service)? {
        Ok(led_to)
    } else {
        Err(led_away(path.to_owned()))
    }
}

fn open_folder(folder: &Path) -> io::Result<File> {
    Ok(File::from(open(folder, FOLDER, Mode::empty())?))
}

/// What was found on the way to a folder.
enum Way {
    /// The folder itself, and no link that the service may have made.
    Held(File),
    /// Such a link, or something that is no folder.
    Link(PathBuf),
}

fn hold(folder: &Path, service: &Account) -> io::Result<Way> {
    let Some(open_one) = open_to(service, folder)? else { return open_folder(folder).map(Way::Held) };
    let mut held = open_folder(&open_one)?;
    let whole = std::path::absolute(folder)?;
    let mut at = open_one.clone();
    for step in whole.strip_prefix(&open_one).unwrap_or(Path::new("")) {
        at.push(step);
        match openat(&held, step, FOLDER | OFlags::NOFOLLOW, Mode::empty()) {
            Ok(next) => held = File::from(next),
            Err(Errno::LOOP | Errno::NOTDIR) => return Ok(Way::Link(at)),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Way::Held(held))
}

/// The folder of a file, held: what has its name meanwhile does not count. `service`: where this thread is root's; then no
/// link that the service may have made is followed, unless to a folder that is the service's anyway.
fn folder_around(path: &Path, service: Option<&Account>) -> io::Result<File> {
    let folder = folder_of(path);
    let Some(service) = service else { return open_folder(folder) };
    match hold(folder, service)? {
        Way::Held(held) => Ok(held),
        Way::Link(link) => {
            let led_to = open_folder(folder)?;
            if is_shared(&led_to, service)? { Ok(led_to) } else { Err(led_away(link)) }
        }
    }
}

/// What a file says, and whose it is: both of the one that was opened, and of no link.
fn read_in(folder: &File, name: &OsStr) -> io::Result<(Vec<u8>, fs::Metadata)> {
    // Nothing waits for the other end of a pipe.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let mut file = File::from(openat(folder, name, flags, Mode::empty())?);
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !metadata.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok((bytes, metadata))
}

fn create(folder: &File, name: &OsStr) -> io::Result<File> {
    let new = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(File::from(openat(folder, name, new, Mode::RUSR | Mode::WUSR)?))
}

/// A concurrent reader gets the old file or the new one.
fn replace(path: &Path, bytes: &[u8], hand_over: impl Fn(&File) -> io::Result<()>) -> io::Result<()> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let folder = folder_around(path, service_beside_root().as_ref())?;
    replace_in(&folder, name, bytes, hand_over)
}

fn replace_in(
    folder: &File,
    name: &OsStr,
    bytes: &[u8],
    hand_over: impl Fn(&File) -> io::Result<()>,
) -> io::Result<()> {
    let new = beside(Path::new(name), ".", ".new");
    let _turn = TURN.lock();
    let _ = unlinkat(folder, &new, AtFlags::empty());
    let mut file = create(folder, new.as_os_str())?;
    let written = file.write_all(bytes).and_then(|()| {
        hand_over(&file)?;
        file.sync_all()?;
        Ok(renameat(folder, &new, folder, name)?)
    });
    if written.is_err() {
        let _ = unlinkat(folder, &new, AtFlags::empty());
        return written;
    }
    folder.sync_all()
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
    fn of_two_who_write_the_configuration_at_once_the_second_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("lookout.toml");
        fs::write(&file, "one").unwrap();
        let before = sha256_hex(b"one");
        let texts = ["li", "wang", "chen", "zhao"];
        let written: Vec<&str> = std::thread::scope(|scope| {
            let (file, before) = (&file, &before);
            let writers = texts.map(|text| {
                scope.spawn(move || configuration_in_place_of(file, before, text).unwrap().then_some(text))
            });
            writers.into_iter().filter_map(|writer| writer.join().unwrap()).collect()
        });
        assert_eq!(written.len(), 1, "{written:?}");
        assert_eq!(fs::read_to_string(&file).unwrap(), written[0]);
        assert_eq!(fs::read_to_string(folder.path().join("lookout.toml.bak")).unwrap(), "one");
        let now = sha256_hex(written[0].as_bytes());
        assert!(configuration_in_place_of(&file, &now, "three").unwrap());
        assert_eq!(fs::read_to_string(&file).unwrap(), "three");
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

    /// An account that plays the service: the one that runs the tests, or `nobody` where that is root.
    fn service() -> Account {
        let me = Account::of_this_thread().unwrap();
        if me.is_root() { Account::named("nobody").unwrap() } else { me }
    }

    #[test]
    fn root_is_led_by_no_link_out_of_a_folder_that_is_open_to_the_service() {
        let (around, service) = (tempfile::tempdir().unwrap(), service());
        let open_one = around.path().join("open");
        for folder in ["open", "open/inside", "closed", "its"] {
            fs::create_dir(around.path().join(folder)).unwrap();
        }
        for folder in ["open", "its"] {
            service.give(&File::open(around.path().join(folder)).unwrap()).unwrap();
        }
        std::os::unix::fs::symlink("/usr", open_one.join("away")).unwrap();
        std::os::unix::fs::symlink("../its", open_one.join("to-its")).unwrap();
        let held = |path: &str| folder_around(&around.path().join(path), Some(&service));
        for good in ["open/file", "open/inside/file", "open/to-its/file", "closed/file"] {
            assert!(held(good).is_ok(), "{good}: {:?}", held(good));
        }
        let away = around.path().join("open/away/file");
        let error = NotWritten::File(away, held("open/away/file").unwrap_err());
        let reported = error.sentence().to_string();
        assert!(reported.contains("a link") && reported.contains("open/away"), "{reported}");
        assert!(!reported.contains("away/file"), "the link is named, not the file: {reported}");
        assert!(error.hint().is_some() && held("open/none/file").is_err());
        let made = around.path().join("open/away/none");
        let error = prepare_folder(&made, Some(&service)).unwrap_err();
        assert_eq!(link_of(&error), Some(open_one.join("away").as_path()));

        // Whose folder it is may open it at any time, and close it again.
        let shut = around.path().join("its");
        std::os::unix::fs::symlink("/usr", shut.join("away")).unwrap();
        fs::set_permissions(&shut, Permissions::from_mode(0o555)).unwrap();
        let error = held("its/away/file").unwrap_err();
        assert_eq!(link_of(&error), Some(shut.join("away").as_path()), "{error:?}");
        fs::set_permissions(&shut, Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn root_writes_no_configuration_to_which_the_service_may_have_led_it() {
        let (around, service) = (tempfile::tempdir().unwrap(), service());
        let open_one = around.path().join("open");
        fs::create_dir(&open_one).unwrap();
        service.give(&File::open(&open_one).unwrap()).unwrap();
        let led_to = |path: &Path, there: &Path| folder_led_to(path, there, Some(&service)).map(drop);

        let (link, real) = (open_one.join("lookout.toml"), open_one.join("site.toml"));
        let follow = |to: &Path| {
            let _ = fs::remove_file(&link);
            std::os::unix::fs::symlink(to, &link).unwrap();
            led_to(&link, &fs::canonicalize(&link).unwrap())
        };
        fs::write(&real, "").unwrap();
        assert!(follow(&real).is_ok());
        let outside = Path::new("/etc/passwd");
        assert_eq!(link_of(&follow(outside).unwrap_err()), Some(link.as_path()));

        // The link was there when the path was followed, and is a file since.
        fs::remove_file(&link).unwrap();
        fs::write(&link, "").unwrap();
        assert_eq!(link_of(&led_to(&link, outside).unwrap_err()), Some(link.as_path()));
        assert!(led_to(&link, &fs::canonicalize(&link).unwrap()).is_ok());

        // A folder on the way is the link.
        let middle = open_one.join("conf");
        std::os::unix::fs::symlink("/etc", &middle).unwrap();
        let error = led_to(&middle.join("passwd"), outside).unwrap_err();
        assert_eq!(link_of(&error), Some(middle.as_path()));

        // The administrator may have put the folder elsewhere.
        let by_hand = around.path().join("by-hand");
        std::os::unix::fs::symlink("open", &by_hand).unwrap();
        let path = by_hand.join("site.toml");
        assert!(led_to(&path, &fs::canonicalize(&path).unwrap()).is_ok());
    }

    #[test]
    fn what_stood_in_the_file_is_read_of_no_link_and_waits_for_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "one").unwrap();
        fs::create_dir(at("folder")).unwrap();
        std::os::unix::fs::symlink("file", at("link")).unwrap();
        let (pipe, mode) = (rustix::fs::FileType::Fifo, Mode::RUSR | Mode::WUSR);
        rustix::fs::mknodat(rustix::fs::CWD, at("pipe"), pipe, mode, 0).unwrap();
        let held = File::open(folder.path()).unwrap();
        let read = |name: &str| read_in(&held, OsStr::new(name));
        let (bytes, metadata) = read("file").unwrap();
        assert_eq!((bytes.as_slice(), metadata.len()), (b"one".as_slice(), 3));
        assert_eq!(read("link").unwrap_err().raw_os_error(), Some(Errno::LOOP.raw_os_error()));
        assert_eq!(read("folder").unwrap_err().kind(), io::ErrorKind::IsADirectory);
        assert_eq!(read("pipe").unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }

    #[test]
    fn root_opens_no_folder_behind_a_link_to_the_service() {
        let (around, service) = (tempfile::tempdir().unwrap(), service());
        let at = |name: &str| around.path().join(name);
        for folder in ["open", "closed", "closed/secrets"] {
            fs::create_dir(at(folder)).unwrap();
            fs::set_permissions(at(folder), Permissions::from_mode(0o700)).unwrap();
        }
        service.give(&File::open(at("open")).unwrap()).unwrap();
        std::os::unix::fs::symlink("../closed", at("open/conf")).unwrap();
        let seen = || {
            let metadata = fs::metadata(at("closed/secrets")).unwrap();
            (metadata.uid(), metadata.gid(), metadata.mode())
        };
        let before = seen();
        prepare_folder(&at("open/conf/secrets"), Some(&service)).unwrap();
        assert_eq!(seen(), before, "it is not the service's to read");

        if !Account::of_this_thread().unwrap().is_root() {
            eprintln!("not checked: only root gives a folder to another user's group");
            return;
        }
        prepare_folder(&at("open/new/secrets"), Some(&service)).unwrap();
        let made = fs::metadata(at("open/new/secrets")).unwrap();
        assert_eq!(made.mode() & 0o777, 0o750);
        assert!(service.may(&made, 5) && !service.owns(&made), "{made:?}");
    }

    #[test]
    fn a_folder_that_is_made_for_the_service_is_the_services() {
        let (around, service) = (tempfile::tempdir().unwrap(), service());
        fs::set_permissions(around.path(), Permissions::from_mode(0o755)).unwrap();
        let path = around.path().join("outbox/page/accounts.json");
        let beside_root = Account::of_this_thread().unwrap().is_root().then_some(&service);
        if beside_root.is_some_and(|service| service.act(|| ()).is_err()) {
            eprintln!("not checked: root may not act as another user here");
            return;
        }
        for bytes in [b"one", b"two"] {
            write_of_service(&path, bytes, beside_root).unwrap();
            assert_eq!(fs::read(&path).unwrap(), bytes);
        }
        for made in ["outbox", "outbox/page", "outbox/page/accounts.json"] {
            let metadata = fs::metadata(around.path().join(made)).unwrap();
            assert!(service.owns(&metadata) && metadata.mode() & 0o077 == 0, "{made}: {metadata:?}");
        }
        // No file has such a long name.
        let unwritable = around.path().join("other/page").join("x".repeat(300));
        assert!(write_of_service(&unwritable, b"one", beside_root).is_err());
        if beside_root.is_some() {
            assert_eq!(names(around.path()), ["outbox"], "nothing is left of what was made for it");
        }
    }

    #[test]
    fn several_at_once_leave_one_of_them_whole() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("lookout.toml");
        fs::write(&file, "first").unwrap();
        let long = |n: usize| format!("{n}").repeat(100_000);
        std::thread::scope(|scope| {
            for n in 0..4 {
                let file = &file;
                scope.spawn(move || {
                    for _ in 0..5 {
                        configuration(file, &long(n)).unwrap();
                        could_write(file).unwrap();
                    }
                });
            }
        });
        let last = fs::read_to_string(&file).unwrap();
        assert!((0..4).any(|n| last == long(n)), "{} bytes", last.len());
        assert_eq!(names(folder.path()), ["lookout.toml", "lookout.toml.bak"]);
    }
}
