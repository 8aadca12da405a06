//! Opening of files that somebody named: in an argument or in the configuration.
//!
//! A path may lead to something that is no file, and whoever opens it in the plain way waits for ever (a pipe into which
//! nobody writes), reads for ever (`/dev/zero`) or does something by opening alone (a serial line, a watchdog). So it is
//! looked at first. What another program prints on purpose is read like a file: through `/dev/stdin`, as `<(...)` in a
//! shell, or out of a named pipe into which somebody writes. Must never wait without bound for somebody who does not come.
//! Programs that are there and take their time are waited for, as any reader of a pipe does.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

use crate::types::not_a_file::NotAFile;

/// For the first byte out of a named pipe. A guess: long enough for a program that is started in the same line.
const WRITER_WITHIN: Duration = Duration::from_secs(5);

/// A file, or a pipe or terminal on purpose.
///
/// # Errors
/// As of any file; [`NotAFile`], also where nobody writes into a pipe for five seconds.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    open_within(path, WRITER_WITHIN)
}

/// A file whose content is needed more than once, or that no pipe ever is: a secret, a certificate, a model.
///
/// # Errors
/// As of any file; [`NotAFile`].
pub(crate) fn open_plain(path: &Path) -> io::Result<File> {
    refuse(&fs::metadata(path)?)?;
    let file = open_at_once(path)?;
    plain(&file.metadata()?)?;
    Ok(file)
}

/// Whether it is a file.
///
/// # Errors
/// What it is.
pub(crate) fn plain(metadata: &Metadata) -> io::Result<()> {
    refuse(metadata)?;
    match metadata.file_type() {
        kind if kind.is_file() => Ok(()),
        kind if kind.is_fifo() => Err(NotAFile::Pipe.into()),
        _ => Err(NotAFile::Device.into()),
    }
}

/// The bytes of what [`open`] opens.
///
/// # Errors
/// As [`open`].
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The text of what [`open`] opens.
///
/// # Errors
/// As [`open`]; [`io::ErrorKind::InvalidData`]: it is not UTF-8.
pub(crate) fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    open(path)?.read_to_string(&mut text)?;
    Ok(text)
}

/// Whether something of this kind is never read.
///
/// # Errors
/// A folder, a socket or a device. What stands at the program's own input is one that somebody chose.
pub(crate) fn refuse(metadata: &Metadata) -> io::Result<()> {
    let kind = metadata.file_type();
    if kind.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if kind.is_socket() {
        return Err(NotAFile::Socket.into());
    }
    if kind.is_block_device() || kind.is_char_device() && !is_own_input(metadata) && !is_null(metadata) {
        return Err(NotAFile::Device.into());
    }
    Ok(())
}

/// As the kernel numbers it on every machine: nothing is in it.
fn is_null(metadata: &Metadata) -> bool {
    metadata.rdev() == rustix::fs::makedev(1, 3)
}

/// A terminal, mostly.
fn is_own_input(metadata: &Metadata) -> bool {
    rustix::fs::fstat(io::stdin()).is_ok_and(|own| own.st_rdev == metadata.rdev() && own.st_rdev != 0)
}

fn open_within(path: &Path, within: Duration) -> io::Result<File> {
    refuse(&fs::metadata(path)?)?;
    let file = open_at_once(path)?;
    let metadata = file.metadata()?;
    // It may be another one by now.
    refuse(&metadata)?;
    if metadata.file_type().is_fifo() && !is_unnamed_pipe(&metadata)? && !has_something(&file, within)? {
        return Err(NotAFile::SilentPipe(within.as_secs()).into());
    }
    if !metadata.is_file() {
        fcntl_setfl(&file, fcntl_getfl(&file)? - OFlags::NONBLOCK)?;
    }
    Ok(file)
}

/// Waits for nobody, and takes no terminal over.
fn open_at_once(path: &Path) -> io::Result<File> {
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

/// One between two programs, which a shell makes: all of them are of one file system. Its writer was there before its reader.
fn is_unnamed_pipe(metadata: &Metadata) -> io::Result<bool> {
    let (reader, _writer) = io::pipe()?;
    let of_own = File::from(OwnedFd::from(reader)).metadata()?.dev();
    Ok(of_own == metadata.dev())
}

/// Whether somebody writes, or has written, into a named pipe.
fn has_something(file: &File, within: Duration) -> io::Result<bool> {
    let within = Timespec { tv_sec: within.as_secs().cast_signed(), tv_nsec: within.subsec_nanos().into() };
    let mut waiting = [PollFd::new(file, PollFlags::IN)];
    // Nobody was there yet: whoever comes and goes again without a word says so by that.
    Ok(poll(&mut waiting, Some(&within))? > 0)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::unix::net::UnixListener;
    use std::path::PathBuf;
    use std::thread;

    use super::*;

    fn pipe_in(folder: &tempfile::TempDir) -> PathBuf {
        let path = folder.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::from_raw_mode(0o600)).unwrap();
        path
    }

    fn why(opened: io::Result<File>) -> Option<NotAFile> {
        NotAFile::of(&opened.unwrap_err())
    }

    #[test]
    fn a_pipe_into_which_nobody_writes_is_refused_after_a_while() {
        let folder = tempfile::tempdir().unwrap();
        let path = pipe_in(&folder);
        assert_eq!(why(open_within(&path, Duration::from_secs(1))), Some(NotAFile::SilentPipe(1)));
        assert_eq!(why(open_plain(&path)), Some(NotAFile::Pipe), "that waits for nobody");
    }

    #[test]
    fn what_somebody_writes_into_a_pipe_is_read_to_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = pipe_in(&folder);
        let writing = path.clone();
        // More than a pipe holds, so that it is read while it is written.
        let text = "a line\n".repeat(40_000);
        let written = text.clone();
        let writer = thread::spawn(move || {
            OpenOptions::new().write(true).open(writing).unwrap().write_all(written.as_bytes()).unwrap();
        });
        assert_eq!(read_text(&path).unwrap(), text);
        writer.join().unwrap();
    }

    #[test]
    fn what_another_program_prints_is_read_like_a_file() {
        let (reader, mut writer) = io::pipe().unwrap();
        writer.write_all(b"[site]\n").unwrap();
        drop(writer);
        let path = format!("/dev/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&reader));
        assert_eq!(read_text(Path::new(&path)).unwrap(), "[site]\n");
    }

    #[test]
    fn a_folder_a_socket_and_a_device_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("socket");
        let _listener = UnixListener::bind(&socket).unwrap();
        for open in [open, open_plain] {
            assert_eq!(why(open(&socket)), Some(NotAFile::Socket));
            assert_eq!(why(open(Path::new("/dev/zero"))), Some(NotAFile::Device));
            assert_eq!(open(folder.path()).unwrap_err().kind(), io::ErrorKind::IsADirectory);
            assert_eq!(open(&folder.path().join("none")).unwrap_err().kind(), io::ErrorKind::NotFound);
        }
        assert_eq!(read(Path::new("/dev/null")).unwrap(), b"");
    }

    #[test]
    fn a_file_is_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "text").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert_eq!((read(&file).unwrap(), read_text(&link).unwrap()), (b"text".to_vec(), "text".to_owned()));
        assert!(open_plain(&link).unwrap().metadata().unwrap().is_file());
    }
}
