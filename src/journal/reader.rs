//! Reads the journal: block by block, in the order in which it was written, whatever the clock said meanwhile.
//!
//! What is damaged is left out and said; nothing that lies in a file makes it fail. The folder may be written at the same
//! time: a block that is being written is not there yet.

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::block::{self, Names};
use super::entry::{Configuration, Entry, Hole, HoleWhy};
use super::file::{self, BlockPlace, JournalFile, Part};
use crate::analysis::time::Timestamp;

/// A file, its session and parts or why they are not known, and whether anything of it is asked for.
struct Surveyed {
    file: JournalFile,
    survey: Result<(u64, Vec<Part>), HoleWhy>,
    wanted: bool,
}

/// An hour, over which a file goes at most.
const HOUR: Duration = Duration::from_secs(3600);

/// Reads what was recorded from one time to another, in the order in which it was. The first entry is a
/// [`Entry::Session`], or a hole before it, unless nothing is there; entries begin with the block in which `range` begins, so up to half a minute
/// early, and end likewise. Where the clock was set, all that lies between the first and the last block of that time is
/// read. Of several copies of a file one is read ([`Entries::copies`]).
///
/// # Errors
/// The folder cannot be listed; one that is not there has no entries. What is wrong with a file is an [`Entry::Hole`].
pub fn read(folder: &Path, range: Range<Timestamp>) -> io::Result<Entries> {
    let files = list(folder)?;
    let (from, to) = (range.start.as_millisecond(), range.end.as_millisecond());
    let is_wanted = |place: &BlockPlace| place.utc_ms.1 >= from && place.utc_ms.0 < to;
    let wanted_block = |part: &Part| matches!(part, Part::Block(place) if is_wanted(place));
    let mut surveyed = Vec::new();
    for file in files {
        let survey = file::parts(&file.path).map(|(_, session, parts)| (session, parts));
        let wanted = match &survey {
            Ok((_, parts)) if parts.iter().any(is_block) => parts.iter().any(wanted_block),
            // Of what no block can be read is judged by its name, and by when it was written.
            Ok(_) | Err(_) => is_about(&file, &range),
        };
        surveyed.push(Surveyed { file, survey, wanted });
    }
    let copies = leave_out_copies(&mut surveyed);
    let first = surveyed.iter().position(|one| one.wanted).unwrap_or(surveyed.len());
    let end = surveyed.iter().rposition(|one| one.wanted).map_or(first, |last| last + 1);
    let count = end - first;
    let survey = |(index, Surveyed { file, survey, .. }): (usize, Surveyed)| {
        let survey = survey.map(|(session, mut parts)| {
            // Of the first and the last file only what is asked for, and how the last one breaks off; the first block of a
            // file says what ran.
            if index + 1 == count {
                let last = parts.iter().rposition(wanted_block).map_or(0, |end| end + 1);
                if parts[last..].iter().any(is_block) {
                    parts.truncate(last);
                }
            }
            let begin = if index == 0 { parts.iter().position(wanted_block).unwrap_or(0) } else { 0 };
            Survey { session, head: parts.first().copied(), parts: parts.split_off(begin), begin }
        });
        Wanted { number: file.number, path: file.path, survey }
    };
    Ok(Entries::of(surveyed.drain(first..end).enumerate().map(survey).collect(), copies))
}

/// The configuration that ran last, as the latest file says of which anything can be read, whatever the clock said; `None` where
/// there is none.
///
/// # Errors
/// The folder cannot be listed; one that is not there has no entries.
pub fn last_configuration(folder: &Path) -> io::Result<Option<Arc<Configuration>>> {
    for JournalFile { number, path, .. } in list(folder)?.into_iter().rev() {
        let survey = file::parts(&path);
        let survey = survey.map(|(_, session, parts)| Survey { session, head: None, parts, begin: 0 });
        let entries = Entries::of([Wanted { number, path, survey }].into(), Vec::new());
        let latest = entries.filter_map(|entry| entry.configuration().cloned()).last();
        if latest.is_some() {
            return Ok(latest);
        }
    }
    Ok(None)
}

/// The files of a folder; none where there is no folder.
fn list(folder: &Path) -> io::Result<Vec<JournalFile>> {
    match file::list(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        files => files,
    }
}

/// From when until when something is recorded in a folder; `None` where nothing can be read.
///
/// # Errors
/// The folder cannot be listed.
pub fn span(folder: &Path) -> io::Result<Option<(Timestamp, Timestamp)>> {
    let mut span: Option<(i64, i64)> = None;
    for file in file::list(folder)? {
        let Ok((_, _, parts)) = file::parts(&file.path) else { continue };
        for part in parts {
            let Part::Block(BlockPlace { utc_ms: (first, last), .. }) = part else { continue };
            span = Some(span.map_or((first, last), |(from, to)| (from.min(first), to.max(last))));
        }
    }
    let at = |ms| Timestamp::from_millisecond(ms).unwrap_or_default();
    Ok(span.map(|(from, to)| (at(from), at(to))))
}

fn is_block(part: &Part) -> bool {
    matches!(part, Part::Block(_))
}

/// Whether a file may be about that time, by its name and by when it was written.
fn is_about(file: &JournalFile, range: &Range<Timestamp>) -> bool {
    let is_hour_of_it = |begins: Timestamp| {
        begins < range.end && begins.checked_add(HOUR).unwrap_or(Timestamp::MAX) > range.start
    };
    file::hour_of(&file.path).is_some_and(is_hour_of_it) || range.contains(&file.modified)
}

/// How good a copy is: records that can be read, and then the shorter name.
type Rank = (u64, Reverse<usize>);

/// Of files with the same number and session the one of which most can be read stays, of equal ones that with the shortest
/// name, as copies are called longer; the paths of the others.
fn leave_out_copies(surveyed: &mut Vec<Surveyed>) -> Vec<PathBuf> {
    let records = |parts: &[Part]| -> u64 {
        let of = |part: &Part| if let Part::Block(place) = part { u64::from(place.records) } else { 0 };
        parts.iter().map(of).sum()
    };
    let mut best: BTreeMap<(u64, u64), (Rank, PathBuf)> = BTreeMap::new();
    for Surveyed { file, survey, .. } in surveyed.iter() {
        let Ok((session, parts)) = survey else { continue };
        let (rank, key) = ((records(parts), Reverse(file.path.as_os_str().len())), (file.number, *session));
        if best.get(&key).is_none_or(|(most, _)| rank > *most) {
            best.insert(key, (rank, file.path.clone()));
        }
    }
    let mut copies = Vec::new();
    surveyed.retain(|Surveyed { file, survey, .. }| {
        let Ok((session, _)) = survey else { return true };
        let is_best = best.get(&(file.number, *session)).is_none_or(|(_, path)| *path == file.path);
        if !is_best {
            copies.push(file.path.clone());
        }
        is_best
    });
    copies
}

/// A file to be read.
#[derive(Debug)]
struct Wanted {
    number: u64,
    path: PathBuf,
    survey: Result<Survey, HoleWhy>,
}

/// What is in it.
#[derive(Debug)]
struct Survey {
    session: u64,
    /// Its first part, which says what ran.
    head: Option<Part>,
    /// What is to be read.
    parts: Vec<Part>,
    /// How many parts before that are not.
    begin: usize,
}

/// The file that is being read.
#[derive(Debug)]
struct Open {
    path: PathBuf,
    file: File,
    parts: VecDeque<Part>,
}

/// What [`read`] gives.
#[derive(Debug)]
pub struct Entries {
    wanted: VecDeque<Wanted>,
    open: Option<Open>,
    ready: VecDeque<Entry>,
    /// Holes before the next entry.
    holes: Vec<HoleWhy>,
    names: Names,
    /// Session and number of the latest file, where the next one may go on from it.
    connected: Option<(u64, u64)>,
    /// Nobody can judge what comes before it is known what ran.
    needs_session: bool,
    copies: Vec<PathBuf>,
}

impl Entries {
    fn of(wanted: VecDeque<Wanted>, copies: Vec<PathBuf>) -> Self {
        Entries {
            wanted,
            open: None,
            ready: VecDeque::new(),
            holes: Vec::new(),
            names: Names::default(),
            connected: None,
            needs_session: true,
            copies,
        }
    }

    /// Files of the folder that are copies of others, and are left out whatever time is asked for.
    pub fn copies(&self) -> &[PathBuf] {
        &self.copies
    }

    /// Opens the next file; `false` where there is none.
    fn advance(&mut self) -> bool {
        let Some(Wanted { number, path, survey }) = self.wanted.pop_front() else { return false };
        let unreadable = |error| file::unreadable(&path, &error);
        let opened = survey.and_then(|survey| Ok((File::open(&path).map_err(unreadable)?, survey)));
        let (file, survey) = match opened {
            Ok(opened) => opened,
            Err(why) => {
                (self.connected, self.needs_session) = (None, true);
                self.holes.push(why);
                return true;
            }
        };
        let goes_on = self.connected.is_some_and(|(session, before)| {
            if session == survey.session && before + 1 < number {
                self.holes.push(HoleWhy::Dropped { files: number - before - 1 });
            }
            session == survey.session && before + 1 == number
        });
        self.connected = Some((survey.session, number));
        self.needs_session = !goes_on;
        let mut open = Open { path, file, parts: survey.parts.into() };
        if survey.begin > 0
            && let Some(Part::Block(place)) = survey.head
        {
            self.take_session(&mut open, &place);
        }
        self.open = Some(open);
        true
    }

    /// Of a block that comes before what is asked for only what ran.
    fn take_session(&mut self, open: &mut Open, place: &BlockPlace) {
        let Ok(Some(body)) = file::body(&open.file, place) else { return };
        let mut session = None;
        // What is broken behind it does not matter here.
        let _ = block::read(&body, &mut self.names, |entry| {
            if let Entry::Session(found) = entry {
                session.get_or_insert(found);
            }
        });
        if let Some(mut session) = session {
            (session.goes_on, session.restored) = (true, Vec::new());
            self.take(Entry::Session(session));
        }
    }

    fn read_block(&mut self, open: &Open, place: &BlockPlace) {
        let damaged = HoleWhy::Damaged { file: open.path.clone(), offset: place.offset };
        match file::body(&open.file, place) {
            Ok(Some(body)) => {
                let mut entries = Vec::with_capacity(place.records.min(1 << 20) as usize);
                let read = block::read(&body, &mut self.names, |entry| entries.push(entry));
                entries.into_iter().for_each(|entry| self.take(entry));
                if read.is_err() {
                    self.holes.push(damaged);
                }
            }
            Ok(None) => self.holes.push(damaged),
            Err(error) => self.holes.push(file::unreadable(&open.path, &error)),
        }
    }

    fn take(&mut self, entry: Entry) {
        match &entry {
            // The head of a file whose session is known already.
            Entry::Session(session) if session.goes_on && !self.needs_session => return,
            Entry::Session(_) => self.needs_session = false,
            _ if self.needs_session => return,
            Entry::Reload { .. }
            | Entry::Mutes { .. }
            | Entry::Input(_)
            | Entry::Published(_)
            | Entry::Unwatched(_)
            | Entry::Shadow(_)
            | Entry::Hole(_)
            | Entry::Stop { .. } => {}
        }
        let at = entry.at();
        self.ready.extend(self.holes.drain(..).map(|why| Entry::Hole(Hole { at, why })));
        self.ready.push_back(entry);
    }
}

impl Iterator for Entries {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        loop {
            if let Some(entry) = self.ready.pop_front() {
                return Some(entry);
            }
            let Some(mut open) = self.open.take() else {
                if self.advance() {
                    continue;
                }
                // At the end nothing comes after them.
                let why = (!self.holes.is_empty()).then(|| self.holes.remove(0))?;
                return Some(Entry::Hole(Hole { at: None, why }));
            };
            let Some(part) = open.parts.pop_front() else { continue };
            match part {
                Part::Block(place) => self.read_block(&open, &place),
                Part::Damaged { offset } => {
                    self.holes.push(HoleWhy::Damaged { file: open.path.clone(), offset });
                }
                Part::Torn { offset } => self.holes.push(HoleWhy::Torn { file: open.path.clone(), offset }),
            }
            self.open = Some(open);
        }
    }
}
