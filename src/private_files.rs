//! Files of the service that are nobody else's business: whole or not there, and of the service whoever writes them.
//!
//! Root writes here, for the page and for a shadow, into a folder of the service. So everything is opened within the folder, no link is followed, and what
//! is handed over is handed over by its open file. Must never touch a file outside the folder.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, fchown};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{AtFlags, CWD, FlockOperation, Mode, OFlags, flock, mkdirat, openat, renameat, unlinkat};
use rustix::io::Errno;

/// A folder itself, and not what a link leads to.
const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
/// A file itself; nothing waits for the other end of a pipe.
const FILE: OFlags = OFlags::NOFOLLOW.union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);
/// For its owner alone.
const PRIVATE: Mode = Mode::RUSR.union(Mode::WUSR);
/// How often somebody looks whether a lock is free.
const LOOK_EVERY: Duration = Duration::from_millis(20);

fn parts(path: &Path) -> io::Result<(&Path, &OsStr)> {
    let parts = path.parent().zip(path.file_name());
    let (around, name) = parts.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    Ok((if around.as_os_str().is_empty() { Path::new(".") } else { around }, name))
}

fn open_folder(folder: &Path) -> io::Result<File> {
    Ok(File::from(openat(CWD, folder, FOLDER | OFlags::NOFOLLOW, Mode::empty())?))
}

/// Makes the page's folder where it is not there, for its owner alone: the one of the folder around it, which the service
/// makes. Made by root, that one would keep the service out. A link in its place is an error.
#[cfg_attr(not(feature = "web"), allow(dead_code, reason = "only the page needs it"))]
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    match open_folder(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        opened => return opened.map(|_| ()),
    }
    let (around, name) = parts(folder)?;
    let around = File::from(openat(CWD, around, FOLDER, Mode::empty())?);
    let is_made = match mkdirat(&around, name, Mode::RWXU) {
        Ok(()) => true,
        Err(Errno::EXIST) => false,
        Err(error) => return Err(error.into()),
    };
    let made = File::from(openat(&around, name, FOLDER | OFlags::NOFOLLOW, Mode::empty())?);
    if is_made { give_to_owner(&made, &around) } else { Ok(()) }
}

/// Root may write for the service: what it made belongs to whoever the folder belongs to.
fn give_to_owner(made: &File, folder: &File) -> io::Result<()> {
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let (owner, now) = (folder.metadata()?, made.metadata()?);
    if (now.uid(), now.gid()) == (owner.uid(), owner.gid()) {
        return Ok(());
    }
    fchown(made, Some(owner.uid()), Some(owner.gid()))
}

/// A file, of at most so many bytes.
pub(crate) fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let (folder, name) = parts(path)?;
    let file = File::from(openat(open_folder(folder)?, name, FILE, Mode::empty())?);
    only_a_file(&file)?;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn only_a_file(file: &File) -> io::Result<()> {
    if file.metadata()?.is_file() { Ok(()) } else { Err(io::Error::from(io::ErrorKind::InvalidInput)) }
}

/// Waits for the lock on that file of the folder, until it is another one's for too long. It is held until it is dropped.
#[cfg_attr(not(feature = "web"), allow(dead_code, reason = "only the page needs it"))]
pub(crate) fn lock(folder: &Path, name: &str, within: Duration) -> io::Result<File> {
    let folder = open_folder(folder)?;
    let lock = File::from(openat(&folder, name, OFlags::RDWR | OFlags::CREATE | FILE, PRIVATE)?);
    only_a_file(&lock)?;
    // One that stands elsewhere, too, is not one of ours.
    if lock.metadata()?.nlink() != 1 {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    }
    give_to_owner(&lock, &folder)?;
    let until = Instant::now() + within;
    loop {
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(lock),
            Err(Errno::WOULDBLOCK | Errno::INTR) if Instant::now() < until => {
                thread::park_timeout(LOOK_EVERY)
            }
            Err(Errno::WOULDBLOCK | Errno::INTR) => return Err(io::Error::from(io::ErrorKind::TimedOut)),
            Err(error) => return Err(error.into()),
        }
    }
}

/// A whole file that its owner alone can read, or the one before.
pub(crate) fn write_private(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let folder = open_folder(folder)?;
    let new = format!("{name}.new");
    match unlinkat(&folder, &*new, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => {}
        Err(error) => return Err(error.into()),
    }
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | FILE;
    let mut writing = File::from(openat(&folder, &*new, flags, PRIVATE)?);
    let written = writing
        .write_all(bytes)
        .and_then(|()| give_to_owner(&writing, &folder))
        .and_then(|()| writing.sync_all())
        .and_then(|()| Ok(renameat(&folder, &*new, &folder, name)?))
        .and_then(|()| folder.sync_all());
    if written.is_err() {
        // What is left of it is of no use.
        let _ = unlinkat(&folder, &*new, AtFlags::empty());
    }
    written
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_link_leads_nowhere() {
        let around = tempfile::tempdir().unwrap();
        let (elsewhere, page) = (around.path().join("elsewhere"), around.path().join("page"));
        fs::create_dir(&elsewhere).unwrap();
        symlink(&elsewhere, &page).unwrap();
        assert!(make_folder(&page).is_err());
        assert!(write_private(&page, "a", b"x").is_err());
        assert!(lock(&page, "lock", Duration::ZERO).is_err());
        assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
        fs::remove_file(&page).unwrap();
        make_folder(&page).unwrap();
        let victim = elsewhere.join("victim");
        for name in ["lock", "a.new", "a"] {
            symlink(&victim, page.join(name)).unwrap();
        }
        assert!(lock(&page, "lock", Duration::ZERO).is_err());
        assert!(read(&page.join("a"), 10).is_err());
        write_private(&page, "a", b"x").unwrap();
        assert!(!victim.exists());
        assert_eq!(read(&page.join("a"), 10).unwrap(), b"x");
    }

    #[test]
    fn a_lock_that_another_one_holds_is_waited_for_and_not_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let held = lock(folder.path(), "lock", Duration::ZERO).unwrap();
        let error = lock(folder.path(), "lock", Duration::from_millis(30)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        drop(held);
        assert!(lock(folder.path(), "lock", Duration::ZERO).is_ok());
    }
}
