//! The text of a configuration file, with the places in it as people count them.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The text of a configuration file and where it came from.
#[derive(Clone)]
pub(crate) struct Source {
    path: Arc<Path>,
    text: Arc<str>,
    /// The first byte of each line.
    line_starts: Arc<[usize]>,
    /// As it was typed, where slips in the text were put right: the same lines, and those are shown.
    typed: Option<Arc<Source>>,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the text: it may be long, and a broken one may hold anything.
        f.debug_struct("Source").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Source {
    /// A text that was read from `path`.
    pub(crate) fn new(path: impl Into<PathBuf>, text: impl Into<Arc<str>>) -> Self {
        let text: Arc<str> = text.into();
        let after_breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        let line_starts = std::iter::once(0).chain(after_breaks).collect();
        Source { path: path.into().into(), text, line_starts, typed: None }
    }

    /// This text as another one that has the same lines, in which slips are put right.
    pub(super) fn mended(&self, text: String) -> Self {
        let mended = Source { path: Arc::clone(&self.path), ..Source::new("", text) };
        Source { typed: Some(Arc::new(self.clone())), ..mended }
    }

    /// Where it came from.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Line and column (in characters), both from 1, of a byte. Bytes past the end count as the end.
    pub(crate) fn position(&self, byte: usize) -> (u32, u32) {
        let byte = byte.min(self.text.len());
        let line = self.line_index(byte);
        let before = &self.text.as_bytes()[self.line_starts[line]..byte];
        let column = String::from_utf8_lossy(before).chars().count() + 1;
        let column = match &self.typed {
            Some(_) => column.min(self.typed_line(line).chars().count() + 1),
            None => column,
        };
        (u32::try_from(line + 1).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
    }

    /// The lines without their ends, each with its first byte.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.line_starts.iter().enumerate().map(|(line, &start)| (start, self.typed_line(line)))
    }

    /// The lines above the one that holds a byte, the nearest first.
    pub(super) fn lines_above(&self, byte: usize) -> impl Iterator<Item = &str> {
        (0..self.line_index(byte.min(self.text.len()))).rev().map(|line| self.typed_line(line))
    }

    /// The first byte of the line that holds a byte.
    pub(super) fn line_start(&self, byte: usize) -> usize {
        self.line_starts[self.line_index(byte.min(self.text.len()))]
    }

    /// The line that holds a byte, without its end, as it was typed.
    pub(super) fn line_at(&self, byte: usize) -> &str {
        self.typed_line(self.line_index(byte.min(self.text.len())))
    }

    /// A line by its number from 0, without its end, as it was typed.
    fn typed_line(&self, line: usize) -> &str {
        let Source { text, line_starts, .. } = self.typed.as_deref().unwrap_or(self);
        let start = line_starts.get(line).copied().unwrap_or(text.len());
        let end = line_starts.get(line + 1).copied().unwrap_or(text.len());
        text[start..end].trim_end_matches(['\n', '\r'])
    }

    /// From 0; there is always a first line.
    fn line_index(&self, byte: usize) -> usize {
        self.line_starts.partition_point(|&start| start <= byte).saturating_sub(1)
    }
}
