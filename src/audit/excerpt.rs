//! Lines of the log as they stand there, for somebody far away. Must never give out half a line.

use std::{fs, io};

use super::{Audit, Line, files};
use crate::analysis::time::Timestamp;

/// Some lines, whole and in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// Each with its end.
    pub text: String,
    /// Where there are more than fit: the number of the last one here.
    pub next: Option<u64>,
}

impl Audit {
    /// The lines above the number `after` that tell of `since` or later, as many as fit into `most_bytes`, one at least.
    /// Nothing is written meanwhile.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn excerpt(&self, since: Option<Timestamp>, after: u64, most_bytes: usize) -> io::Result<Excerpt> {
        let pen = self.pen.lock();
        let mut excerpt = Excerpt::default();
        let mut last = 0;
        for file in files(&pen.folder) {
            let bytes = fs::read(file)?;
            for line in String::from_utf8_lossy(&bytes).lines() {
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
}

#[cfg(test)]
mod tests {
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
        let numbers = |excerpt: &Excerpt| {
            let lines = excerpt.text.lines().map(|line| serde_json::from_str::<Line>(line).unwrap().n);
            lines.collect::<Vec<_>>()
        };
        let all = audit.excerpt(None, 0, usize::MAX).unwrap();
        assert_eq!((numbers(&all), all.next), ((1..=9).collect(), None));
        assert_eq!(all.text, fs::read_to_string(files(folder.path()).pop().unwrap()).unwrap());
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
}
