//! Lines of the log as they stand there, for somebody far away. Must never give out half a line.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _};

use super::{Audit, Line, files, number_of};
use crate::analysis::time::Timestamp;

/// Some lines, whole and in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// Each with its end.
    pub text: String,
    /// The number of the last line here, if more lines follow.
    pub next: Option<u64>,
}

/// A file as it was at some time: it may get another name meanwhile, and more lines.
#[derive(Debug)]
struct Opened {
    file: File,
    bytes: u64,
}

impl Audit {
    /// The lines above the number `after` and from `since` on, as many as fit into `most_bytes`, at least one.
    /// Reading ends where the log ended when it began, so no writer waits for it.
    ///
    /// # Errors
    /// A file cannot be read.
    pub(crate) fn excerpt(
        &self,
        since: Option<Timestamp>,
        after: u64,
        most_bytes: usize,
    ) -> io::Result<Excerpt> {
        excerpt(self.opened()?, since, after, most_bytes)
    }

    /// The files, oldest first, and how long they are. A command is written down before it takes effect, so nothing is read
    /// as long as nothing can be written.
    fn opened(&self) -> io::Result<Vec<Opened>> {
        let pen = self.pen.lock();
        let opened = files(&pen.folder).into_iter().map(|path| {
            let file = File::open(path)?;
            let bytes = file.metadata()?.len();
            Ok(Opened { file, bytes })
        });
        opened.collect()
    }
}

fn excerpt(
    opened: Vec<Opened>,
    since: Option<Timestamp>,
    after: u64,
    most_bytes: usize,
) -> io::Result<Excerpt> {
    let mut excerpt = Excerpt::default();
    let mut last = 0;
    let mut files = opened.into_iter().peekable();
    while let Some(Opened { file, bytes }) = files.next() {
        // Numbers have no holes, so the next file says where this one ends.
        let next = files.peek_mut().and_then(first_number);
        if next.is_some_and(|next| next.saturating_sub(1) <= after) {
            continue;
        }
        let mut text = Vec::new();
        file.take(bytes).read_to_end(&mut text)?;
        for line in String::from_utf8_lossy(&text).lines() {
            let Ok(Line { n, at, .. }) = serde_json::from_str::<Line>(line) else { continue };
            if n <= after || since.is_some_and(|since| at.0 < since) {
                continue;
            }
            if !excerpt.text.is_empty() && excerpt.text.len() + line.len() >= most_bytes {
                excerpt.next = Some(last);
                return Ok(excerpt);
            }
            excerpt.text.push_str(line);
            excerpt.text.push('\n');
            last = n;
        }
    }
    Ok(excerpt)
}

/// The number of its first line; `None` where it has none that can be read.
fn first_number(opened: &mut Opened) -> Option<u64> {
    let mut line = Vec::new();
    let read = BufReader::new((&opened.file).take(opened.bytes)).read_until(b'\n', &mut line);
    opened.file.rewind().ok()?;
    read.ok()?;
    number_of(&line)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::audit::Entry;

    #[test]
    fn lines_are_read_from_a_time_and_a_number_on_and_no_more_than_fit() {
        let folder = tempfile::tempdir().unwrap();
        let at = |minute: u32| format!("2026-01-01T08:{minute:02}:00Z").parse::<Timestamp>().unwrap();
        let audit = Audit::open(folder.path(), at(0)).unwrap();
        for minute in 1..=9 {
            audit.record(at(minute), Entry::of("accepted")).unwrap();
        }
        let all = audit.excerpt(None, 0, usize::MAX).unwrap();
        assert_eq!((numbers(&all), all.next), ((1..=9).collect(), None));
        assert_eq!(all.text, std::fs::read_to_string(files(folder.path()).pop().unwrap()).unwrap());
        let since = audit.excerpt(Some(at(7)), 0, usize::MAX).unwrap();
        assert_eq!((numbers(&since), since.next), (vec![7, 8, 9], None));
        let line = all.text.len() / 9;
        let mut read = Vec::new();
        let mut after = 0;
        loop {
            let some = audit.excerpt(None, after, 2 * line + line / 2).unwrap();
            read.extend(numbers(&some));
            let Some(next) = some.next else { break };
            assert_eq!(read.last(), Some(&next));
            after = next;
        }
        assert_eq!(read, (1..=9).collect::<Vec<_>>(), "each once");
        assert_eq!(numbers(&audit.excerpt(None, 3, 1).unwrap()), [4], "one at least");
    }

    /// A log of three files with four lines each; the last one is being written to.
    fn three_files(folder: &Path) -> Audit {
        let at = "2026-01-01T08:00:00Z".parse::<Timestamp>().unwrap();
        let audit = Audit::open(folder, at).unwrap();
        for file in 0..3 {
            if file > 0 {
                audit.pen.lock().turn_over().unwrap();
            }
            (0..4).for_each(|_| audit.record(at, Entry::of("accepted")).unwrap());
        }
        audit
    }

    fn numbers(excerpt: &Excerpt) -> Vec<u64> {
        excerpt.text.lines().map(|line| serde_json::from_str::<Line>(line).unwrap().n).collect()
    }

    #[test]
    fn what_is_written_and_renamed_while_it_is_read_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let audit = three_files(folder.path());
        let opened = audit.opened().unwrap();
        // Somebody acknowledges while the log is read, and its file is full.
        let at = "2026-01-01T09:00:00Z".parse::<Timestamp>().unwrap();
        audit.record(at, Entry::of("accepted")).unwrap();
        audit.pen.lock().turn_over().unwrap();
        audit.record(at, Entry::of("accepted")).unwrap();
        assert_eq!(numbers(&excerpt(opened, None, 0, usize::MAX).unwrap()), (1..=12).collect::<Vec<_>>());
        assert_eq!(numbers(&audit.excerpt(None, 0, usize::MAX).unwrap()), (1..=14).collect::<Vec<_>>());
    }

    #[test]
    fn a_file_with_older_lines_only_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let audit = three_files(folder.path());
        let oldest = files(folder.path()).remove(0);
        std::fs::remove_file(&oldest).unwrap();
        // It can be opened, but not read.
        std::fs::create_dir(&oldest).unwrap();
        assert_eq!(numbers(&audit.excerpt(None, 4, usize::MAX).unwrap()), (5..=12).collect::<Vec<_>>());
        assert!(audit.excerpt(None, 3, usize::MAX).is_err(), "its last line is asked for");
    }
}
