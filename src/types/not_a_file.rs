//! [`NotAFile`]: what a path leads to that nobody can read as a file. It travels inside an [`io::Error`], so that the
//! caller who reports the error says it in words.

use std::fmt;
use std::io;

/// What there is in place of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotAFile {
    /// A pipe, where its content would be needed more than once.
    Pipe,
    /// A pipe into which nobody wrote within so many seconds.
    SilentPipe(u64),
    Socket,
    /// A disk, a serial line or another device.
    Device,
}

impl NotAFile {
    /// What an error of reading says of it; `None`: it is about something else.
    pub(crate) fn of(error: &io::Error) -> Option<NotAFile> {
        error.get_ref()?.downcast_ref().copied()
    }
}

/// A word for the log; people are given a sentence.
impl fmt::Display for NotAFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NotAFile::Pipe | NotAFile::SilentPipe(_) => "pipe",
            NotAFile::Socket => "socket",
            NotAFile::Device => "device",
        })
    }
}

impl std::error::Error for NotAFile {}

impl From<NotAFile> for io::Error {
    fn from(not: NotAFile) -> Self {
        io::Error::new(io::ErrorKind::Unsupported, not)
    }
}
