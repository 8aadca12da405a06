//! Writes the journal on a thread of its own, and keeps it within its bounds.
//!
//! The queue before it is bounded; whoever records never waits ([`Recorder::record`]). Must never keep anybody from
//! anything: what cannot be written is counted and left out, and tried again with the next block.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::block::BlockWriter;
use super::entry::{Entry, Hole, HoleWhy, Session};
use super::file::{self, JournalFile};
use super::recorder::{Message, QUEUE, Recorder};
use crate::analysis::time::{Moment, Timestamp};
use crate::clock::Clock;
use crate::text::{journal as say, language_of_log, log_info, log_warn};

/// A block is written after so long, and lost with it if the power goes.
const BLOCK_EVERY: Duration = Duration::from_secs(30);
/// Or when it is so large, unpacked.
const BLOCK_BYTES: usize = 1 << 20;
/// How many records are taken in before the size of the block is looked at.
const SIZE_EVERY: u32 = 64;
/// After a failure so much time passes before it is said again.
const SAY_EVERY: Duration = Duration::from_secs(3600);

/// Where the journal lies and how much of it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The folder; made where it is not there.
    pub folder: PathBuf,
    /// How long records are kept; zero: none are written, and those that are there go.
    pub keep: Duration,
    /// Most bytes of all files together.
    pub max_bytes: u64,
    /// So much of the disk is left to others: with less the oldest files go, and when none is left nothing is written.
    pub leave_free_bytes: u64,
}

/// Figures of the journal, for the health report.
#[derive(Debug, Default)]
pub struct JournalCounts {
    /// Whether anything is kept at all.
    pub is_on: AtomicBool,
    /// Bytes of all files.
    pub bytes: AtomicU64,
    /// Seconds since 1970 of the oldest file's last record; 0 where there is none.
    pub oldest: AtomicI64,
    /// Records that were given up since the start, because of the queue or of the disk.
    pub lost: AtomicU64,
    /// Records that were written since the start.
    pub written: AtomicU64,
}

/// The settings that the thread takes up before its next message.
type NewSettings = Arc<Mutex<Option<Settings>>>;

/// The running thread.
#[derive(Debug)]
pub struct Journal {
    thread: JoinHandle<()>,
    queue: SyncSender<Message>,
    new_settings: NewSettings,
    /// For the health report.
    pub counts: Arc<JournalCounts>,
}

impl Journal {
    /// Starts the thread. Nothing is written before a session is recorded.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn start(settings: Settings, clock: Clock) -> io::Result<Self> {
        let (queue, messages) = sync_channel(QUEUE);
        let counts = Arc::new(JournalCounts::default());
        let mut writer = Writer::new(settings, counts.clone());
        let new_settings = NewSettings::default();
        let taken_up = new_settings.clone();
        let thread = thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || writer.work(&messages, &taken_up, clock))?;
        Ok(Journal { thread, queue, new_settings, counts })
    }

    /// For one who records.
    pub fn recorder(&self) -> Recorder {
        Recorder::of(self.queue.clone(), self.counts.clone())
    }

    /// From the next record that is written on these count. Never waits: where the queue is full, because the disk is slow,
    /// the thread finds them before the next record that it takes from it.
    pub fn set(&self, settings: Settings) {
        *self.new_settings.lock() = Some(settings);
        let _ = self.queue.try_send(Message::Settings);
    }

    /// Writes what is left and ends. A disk that hangs is left behind after `within`.
    pub fn stop(self, within: Duration) {
        let deadline = Instant::now() + within;
        let mut message = Message::Stop;
        while let Err(TrySendError::Full(back)) = self.queue.try_send(message) {
            if Instant::now() >= deadline {
                return;
            }
            message = back;
            thread::sleep(Duration::from_millis(20));
        }
        while !self.thread.is_finished() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// The file that is written.
#[derive(Debug)]
struct Current {
    file: File,
    path: PathBuf,
    number: u64,
    bytes: u64,
    /// Hours since 1970.
    hour: i64,
}

/// The state of the thread.
#[derive(Debug)]
pub(super) struct Writer {
    settings: Settings,
    counts: Arc<JournalCounts>,
    block: BlockWriter,
    /// What runs, which every file says first.
    session: Option<Session>,
    /// The block that is written next begins with it: it is the first of its session.
    begins_session: bool,
    current: Option<Current>,
    /// The other files, the oldest first.
    files: Vec<JournalFile>,
    next_number: u64,
    /// The latest time that was recorded.
    now: Option<Moment>,
    /// Records that the disk did not take, since it last did.
    not_written: u64,
    said: Option<Instant>,
}

impl Writer {
    /// Finds what lies in the folder.
    pub(super) fn new(settings: Settings, counts: Arc<JournalCounts>) -> Self {
        let mut writer = Writer {
            settings,
            counts,
            block: BlockWriter::default(),
            session: None,
            begins_session: false,
            current: None,
            files: Vec::new(),
            next_number: 1,
            now: None,
            not_written: 0,
            said: None,
        };
        writer.note_whether_on();
        writer.survey();
        writer
    }

    fn note_whether_on(&self) {
        self.counts.is_on.store(!self.settings.keep.is_zero(), Ordering::Relaxed);
    }

    fn survey(&mut self) {
        self.files = file::list(&self.settings.folder).unwrap_or_default();
        self.next_number = self.files.last().map_or(1, |file| file.number.saturating_add(1));
    }

    fn work(&mut self, messages: &Receiver<Message>, new_settings: &NewSettings, clock: Clock) {
        let mut due = Instant::now() + BLOCK_EVERY;
        self.tidy(clock.now().utc);
        loop {
            let message = messages.recv_timeout(due.saturating_duration_since(Instant::now()));
            let settings = new_settings.lock().take();
            if let Some(settings) = settings {
                self.set(settings);
            }
            match message {
                Ok(Message::Entry(entry)) => self.take(*entry),
                Ok(Message::Settings) => {}
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => {
                    self.flush();
                    if let Some(current) = self.current.take() {
                        let _ = current.file.sync_data();
                    }
                    return;
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            if Instant::now() >= due {
                due = Instant::now() + BLOCK_EVERY;
                self.flush();
                self.tidy(clock.now().utc);
            }
        }
    }

    pub(super) fn set(&mut self, settings: Settings) {
        if settings.folder != self.settings.folder {
            self.flush();
            self.close();
            self.settings = settings;
            self.survey();
        } else {
            self.settings = settings;
        }
        self.note_whether_on();
    }

    /// Takes in a record.
    pub(super) fn take(&mut self, entry: Entry) {
        if let Some(at) = entry.at() {
            self.now = Some(at);
        }
        match &entry {
            Entry::Session(session) => {
                self.flush();
                self.close();
                self.block.add(&entry);
                (self.session, self.begins_session) = (Some((**session).clone()), true);
                if let Some(session) = &mut self.session {
                    // The files that follow say what runs, not what was open when it began.
                    (session.goes_on, session.restored) = (true, Vec::new());
                }
            }
            Entry::Reload { configuration, .. } => {
                self.block.add(&entry);
                self.flush();
                self.close();
                if let Some(session) = &mut self.session {
                    session.configuration = configuration.clone();
                }
            }
            Entry::Mutes { mutes, .. } => {
                self.block.add(&entry);
                if let Some(session) = &mut self.session {
                    session.mutes.clone_from(mutes);
                }
            }
            Entry::Stop { .. } => {
                self.block.add(&entry);
                self.flush();
            }
            Entry::Input(_)
            | Entry::Published(_)
            | Entry::Unwatched(_)
            | Entry::Shadow(_)
            | Entry::Hole(_) => self.block.add(&entry),
        }
        if self.block.records().is_multiple_of(SIZE_EVERY) && self.block.size() >= BLOCK_BYTES {
            self.flush();
        }
    }

    /// Writes the block. Where it cannot be written its records are counted, and said in the next one.
    pub(super) fn flush(&mut self) {
        let Some(block) = self.block.finish() else { return };
        let records = u64::from(block.records);
        let Some(now) = self.now.filter(|_| self.session.is_some()) else { return };
        if self.settings.keep.is_zero() {
            self.begins_session = false;
            return self.close();
        }
        let written = file::packed(&block).and_then(|bytes| self.write(&bytes, now));
        let written = written.or_else(|error| {
            // Others may have filled the disk at this moment: the oldest goes, and once more.
            if error.kind() != io::ErrorKind::StorageFull || !self.drop_oldest() {
                return Err(error);
            }
            file::packed(&block).and_then(|bytes| self.write(&bytes, now))
        });
        self.begins_session = false;
        match written {
            Ok(()) => {
                self.counts.written.fetch_add(records, Ordering::Relaxed);
                self.not_written = 0;
                if self.said.take().is_some() {
                    log_info!(say::kept_again(self.settings.folder.display()));
                }
            }
            Err(error) => {
                self.close();
                self.not_written += records;
                self.counts.lost.fetch_add(records, Ordering::Relaxed);
                self.say(&error);
            }
        }
        self.publish();
    }

    fn say(&mut self, error: &io::Error) {
        if self.said.is_none_or(|said| said.elapsed() >= SAY_EVERY) {
            self.said = Some(Instant::now());
            log_warn!(say::not_kept(self.settings.folder.display(), error.to_string()));
        }
    }

    fn write(&mut self, bytes: &[u8], now: Moment) -> io::Result<()> {
        let hour = now.utc.as_second().div_euclid(3600);
        if self.current.as_ref().is_some_and(|current| current.hour != hour) {
            self.close();
        }
        // Room is made for a file's head by itself; what makes room for the block may be that file.
        for _ in 0..2 {
            if self.current.is_none() {
                self.begin(now, hour)?;
            }
            self.leave_room(bytes.len() as u64)?;
            if self.current.is_some() {
                break;
            }
        }
        let full = || io::Error::from(io::ErrorKind::QuotaExceeded);
        let mut current = self.current.take().ok_or_else(full)?;
        if let Err(error) = current.file.write_all(bytes) {
            // Half a block is none. What cannot be cut off is left out by who reads.
            let _ = current.file.set_len(current.bytes);
            self.current = Some(current);
            self.close();
            return Err(error);
        }
        current.bytes += bytes.len() as u64;
        self.current = Some(current);
        Ok(())
    }

    /// Begins a file with what runs, and with what could not be written before it.
    fn begin(&mut self, now: Moment, hour: i64) -> io::Result<()> {
        let Some(session) = &self.session else { return Err(io::ErrorKind::NotConnected.into()) };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.settings.folder)?;
        let number = self.next_number;
        let path = file::path_of(&self.settings.folder, number, now.utc);
        let mut head = file::file_head(session.id).to_vec();
        let mut first = BlockWriter::default();
        // The block with which a session begins has it as its first record.
        if !self.begins_session {
            first.add(&Entry::Session(Box::new(Session { at: now, ..session.clone() })));
        }
        if self.not_written > 0 {
            let why = HoleWhy::NotWritten { records: self.not_written };
            first.add(&Entry::Hole(Hole { at: Some(now), why }));
        }
        if let Some(first) = first.finish() {
            head.extend(file::packed(&first)?);
        }
        self.leave_room(head.len() as u64)?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        if let Err(error) = file.write_all(&head) {
            // The number stands for a file that nobody finds missing.
            if fs::remove_file(&path).is_err() {
                self.next_number += 1;
            }
            return Err(error);
        }
        self.next_number += 1;
        self.current = Some(Current { file, path, number, bytes: head.len() as u64, hour });
        Ok(())
    }

    /// Ends the file that is written.
    fn close(&mut self) {
        let Some(current) = self.current.take() else { return };
        // At most an hour is at stake, and only if the power goes.
        let _ = current.file.sync_data();
        let modified = self.now.map_or(Timestamp::UNIX_EPOCH, |now| now.utc);
        let Current { path, number, bytes, .. } = current;
        self.files.push(JournalFile { number, path, bytes, modified });
    }

    fn bytes(&self) -> u64 {
        let current = self.current.as_ref().map_or(0, |current| current.bytes);
        self.files.iter().map(|file| file.bytes).sum::<u64>() + current
    }

    /// Lets go of the oldest files until so much more fits.
    fn leave_room(&mut self, more: u64) -> io::Result<()> {
        while self.bytes() + more > self.settings.max_bytes {
            if !self.drop_oldest() {
                return Err(io::Error::from(io::ErrorKind::QuotaExceeded));
            }
        }
        while let Some(free) = free_bytes(&self.settings.folder) {
            if free >= self.settings.leave_free_bytes.saturating_add(more) {
                break;
            }
            if !self.drop_oldest() {
                let mib = |bytes: u64| (bytes >> 20).to_string();
                let why = say::no_room(mib(free), mib(self.settings.leave_free_bytes));
                return Err(io::Error::other(why.in_language(language_of_log())));
            }
        }
        Ok(())
    }

    /// Lets go of what is too old.
    pub(super) fn tidy(&mut self, now: Timestamp) {
        let oldest = now.checked_sub(self.settings.keep).unwrap_or(Timestamp::MIN);
        while self.files.first().is_some_and(|file| file.modified < oldest) {
            self.drop_oldest();
        }
        // Also where nothing is written: others may have filled the disk since.
        if let Err(error) = self.leave_room(0) {
            self.say(&error);
        }
        self.publish();
    }

    /// The oldest file goes, at last the one that is written; `false` where there is none.
    fn drop_oldest(&mut self) -> bool {
        if self.files.is_empty() {
            self.close();
        }
        if self.files.is_empty() {
            return false;
        }
        let file = self.files.remove(0);
        // One that cannot be deleted is forgotten here, or it would be tried for ever; the next start finds it.
        let _ = fs::remove_file(&file.path);
        true
    }

    fn publish(&self) {
        let oldest = self.files.first().map(|file| file.modified);
        let oldest = oldest.or(self.current.as_ref().and_then(|_| self.now.map(|now| now.utc)));
        self.counts.oldest.store(oldest.map_or(0, Timestamp::as_second), Ordering::Relaxed);
        self.counts.bytes.store(self.bytes(), Ordering::Relaxed);
    }
}

/// Writes entries into a folder at once, for tests and benches of those who read.
pub fn write_all(folder: &Path, entries: impl IntoIterator<Item = Entry>) {
    let settings = Settings {
        folder: folder.to_owned(),
        keep: Duration::from_secs(7 * 86_400),
        max_bytes: 8 << 30,
        leave_free_bytes: 0,
    };
    let mut writer = Writer::new(settings, Arc::default());
    entries.into_iter().for_each(|entry| writer.take(entry));
    writer.flush();
}

/// What is free for us; of a folder that is not there yet, of the one above.
fn free_bytes(folder: &Path) -> Option<u64> {
    let there = folder.ancestors().find(|folder| folder.exists())?;
    let about = rustix::fs::statvfs(there).ok()?;
    Some(about.f_bavail.saturating_mul(about.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_settings_are_in_force_before_what_waits_in_a_full_queue_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let settings = |keep| Settings {
            folder: folder.path().join("journal"),
            keep: Duration::from_secs(keep),
            max_bytes: 64 << 20,
            leave_free_bytes: 0,
        };
        let (queue, messages) = sync_channel(1);
        let counts = Arc::new(JournalCounts::default());
        let mut writer = Writer::new(settings(86_400), counts.clone());
        let new_settings = NewSettings::default();
        queue.try_send(Message::Stop).unwrap();
        // Nobody takes anything from the queue yet: whoever waited for room would wait for ever.
        let journal = Journal {
            thread: thread::spawn(|| {}),
            queue,
            new_settings: new_settings.clone(),
            counts: counts.clone(),
        };
        journal.set(settings(0));
        writer.work(&messages, &new_settings, Clock::start());
        assert!(!counts.is_on.load(Ordering::Relaxed));
    }
}
