//! The durable queue between what Lookout found and the command centre that must hear of it.
//!
//! Everything that is told to the centre is stored here before anything else happens to it, and leaves
//! only when it arrived. Input: revisions, counts and replies from the daemon; progress (sent, PUBACKed,
//! marked, refused) from `mqtt`. Must never send anything itself, never read a clock, and never drop a
//! red or orange alert or the end of any alert.
//!
//! # Format
//!
//! One SQLite database, `outbox.db`, in a directory of its own (write-ahead log, `synchronous=FULL`, locked
//! by the one process that has it open):
//!
//! | table | a row is |
//! |---|---|
//! | `queue` | one row: the box, the stream's name, the next number, whether the last stop was orderly |
//! | `record` | one message: stream and number, what it is, topic, body and their sum; only a gap that waits may grow |
//! | `progress` | how far a record got (`acked`): beside it, so that what arrives writes no body a second time |
//! | `arrival` | when everything up to a record had arrived: the history of sent records goes by it |
//! | `mark` | how far the centre has durably stored a stream |
//! | `consumer` | a further consumer: its name, its cursor, its bounds, how many records it missed |
//! | `open_alert` | an alert that is still open: its latest revision and the state to take it up again with |
//! | `ended_alert` | an alert that ended not long ago: the same state, for what people say about it afterwards |
//! | `ended_stream` | the last number of a stream that is over: no mark beyond it counts; there once a stream has ended |
//!
//! A *stream* is one life of this database, named by a ULID. Its numbers `1, 2, 3, ...` have no holes: a
//! number is given inside the transaction that stores the record, so a record that is not stored has used
//! none. Pictures have no number. `outbox.reserve` keeps a few megabytes for the day the disk is full, and
//! `outbox.high` the last number given, see crash rule 7. The format's number is SQLite's `user_version`: an older
//! file is brought up to date in one transaction, a newer one is refused and not touched.
//!
//! # Consumers
//!
//! A consumer gets every record, at its own pace, from a durable place of its own.
//!
//! - **`mqtt`**, the command centre, acknowledges *each record by itself* (`progress.acked`) and marks streams. A cursor
//!   would not do: red and orange alerts overtake the others, refused records are put aside, pictures go last, so what
//!   is done with has holes. Overflow: [`Limits`], with gap records; red, orange and the end of an alert stay.
//! - **Every other one** ([`Outbox::register`]) has a *cursor*: it reads records in the order in which they were stored,
//!   sent or not, and moves the cursor past what it has. Overflow: when more is kept for it than its
//!   [`ConsumerPolicy`] allows, the oldest of it is given up, and [`Batch::missed`] counts it; what still waits for the
//!   centre costs nothing and stays. Where the disk is short, what is kept for such consumers alone goes before anything
//!   else. A consumer that is not wanted any more must be forgotten by its owner ([`Outbox::unregister`]): the queue
//!   cannot tell one that is gone from one that comes back.
//!
//! The centre may ask for records again that are still here ([`Outbox::resend`]); what was sent is kept for that by a
//! consumer of the queue's own ([`Outbox::keep_sent`]), bounded like every other one, and in the time since it arrived;
//! it gives up counts first, then answers, and keeps no answers in parts.
//! What arrived behind a record that waits is as young as that one: the cursor passes over nothing that waits.
//!
//! A record leaves when `mqtt` is done with it *and* every other consumer is past it or has given it up. What `mqtt` is
//! done with counts towards no limit of the queue and is not looked at when something is sent, so a slow consumer neither
//! fills the disk, nor drops a record of the centre's, nor holds one up.
//!
//! # Crash rules
//!
//! 1. When [`Outbox::append`] returned, the record is on the disk: it survives `kill -9` and, as far as the
//!    disk tells the truth, a power cut. When it returned an error, nothing was stored and no number used. The message
//!    is built before the transaction; one that cannot be built, or is empty, is an error. A panic while it is built is
//!    the message's fault ([`OutboxError::Panicked`]), one anywhere else in the queue is not ([`OutboxError::Internal`]).
//! 2. `mqtt` is done with a record when its PUBACK came *and*, once the centre has ever sent a mark, when a mark of its
//!    stream covers it. A PUBACK alone says only that the broker has it, maybe in memory. Records without
//!    their mark are sent again on the next connection; the consumer knows them by their id.
//! 3. What is in flight is known in memory only. After a crash everything not acknowledged is sent again:
//!    at least once, never lost. The same holds for what a cursor was not moved past.
//! 4. A damaged file is moved aside (`outbox.db.damaged-...`), never overwritten. What can still be read in
//!    it is carried over, cursors included, a *new* stream begins, and a `gap` record says so. The same happens, without
//!    the damage, when the directory was copied from another box or restored from a backup: two lives never
//!    share a stream.
//! 5. A record whose body is not what was stored (SQLite notices broken pages, not a changed letter) is never lent:
//!    it is given up, and a `gap` record names its number.
//!    A record and how far it got are stored and deleted in one transaction: a file that has one without the other is
//!    damaged.
//! 6. What must be dropped for lack of room is dropped in the order of [`Limits`], inside the transaction
//!    that stores what replaced it, together with a `gap` record that names the numbers and the reason. Only there it
//!    is known which numbers those are, so this message alone is built inside; where that fails, nothing is dropped.
//! 7. SQLite takes a damaged log up to the first broken frame and says nothing. `outbox.high` is written after every
//!    commit, never before; what it knows and the database does not is named in a `gap` record at the next opening,
//!    and those numbers are not given again. Without that file, or with a broken one, nothing is concluded. As long as
//!    the gap record cannot be built, what it has to say is kept in a table `untold`, which is there only then.
//! 8. An alert's state is stored in the transaction that stores its revision: after a restart the box takes up exactly
//!    the alerts of which it told. It is the box's own; nothing is read out of what was published.

mod consumers;
mod crash;
mod damage;
mod ended;
mod error;
mod format;
mod gone;
mod high_water;
mod journey;
mod recent;
mod resend;
mod retention;
mod send_order;
mod store;

#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::{oneshot, watch};

use crate::analysis::time::Timestamp;
use crate::contract::EventError;
use crate::text::{box_log, language_of_log, log_error};
use crate::types::gap::GapReason;
use crate::types::level::Level;
pub use consumers::{Batch, Consumer, ConsumerPolicy, StoredRecord};
pub(crate) use crash::point as crash_point;
pub use error::OutboxError;
use error::caught;
pub use journey::Journey;
use journey::Journeys;
pub use resend::AbsentNumbers;
pub(crate) use resend::{Absence, Resent};
pub use retention::Limits;
use store::Store;

/// Largest body of a message that is not a picture; larger ones are stored and sent, with a warning.
/// The contract's promise to consumers (DESIGN section 4).
pub(crate) const MESSAGE_BYTES: usize = 32 * 1024;

/// Largest picture, from the same promise. Larger ones are refused, and so is any larger body.
pub const EVIDENCE_BYTES: usize = 256 * 1024;

/// What a numbered record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A revision of an alert.
    Alert,
    /// Counts of one minute.
    Count,
    /// The answer to a command.
    Reply,
    /// The numbers of what had to be dropped. Written by the outbox itself.
    Gap,
    /// A redacted picture: without a number, sent last.
    Evidence,
    /// That the clock of the box was set. Never dropped.
    TimeFix,
}

/// What the queue needs to know of a message to order it, and to choose what to drop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What it is. [`Kind::Evidence`] goes through [`Outbox::append_evidence`].
    pub kind: Kind,
    /// The alert it belongs to.
    pub alert_id: Option<String>,
    /// The alert's revision, or the number of a part of an answer, from 1; 0 without either.
    pub rev: u32,
    /// The alert's level.
    pub level: Option<Level>,
    /// Whether the alert is over with this (`end` or `retract`).
    pub phase_end: bool,
    /// Topic below `prefix/area/box/`: `up/alert`.
    pub topic_suffix: String,
    /// When what it tells happened.
    pub at: Timestamp,
    /// What the alert's owner needs to take it up again after a restart, in a form of the owner's: kept until the alert
    /// is over, and then among [`Outbox::ended_alerts`]. `None`: the alert is in neither, also where an earlier revision had a
    /// state: what went on from that one would give a `rev` a second time.
    pub state: Option<Vec<u8>>,
}

/// A message as it will be published, or why it cannot be built.
pub type BuiltMessage = Result<Vec<u8>, EventError>;

/// The place of a record: its number in its stream.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Seq {
    /// Name of the stream: a ULID, new for every life of the database.
    pub stream: Arc<str>,
    /// From 1, without holes.
    pub n: u64,
}

/// A picture for an alert.
#[derive(Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The alert.
    pub alert_id: String,
    /// The alert's level: pictures of red alerts go first and are dropped last.
    pub level: Level,
    /// Topic below `prefix/area/box/`: `up/evidence/{alert}/{n}`.
    pub topic_suffix: String,
    /// When it was taken.
    pub at: Timestamp,
    /// JPEG, at most [`EVIDENCE_BYTES`].
    pub jpeg: Vec<u8>,
}

impl fmt::Debug for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evidence")
            .field("alert_id", &self.alert_id)
            .field("level", &self.level)
            .field("topic_suffix", &self.topic_suffix)
            .field("bytes", &self.jpeg.len())
            .finish()
    }
}

/// Handle of a stored record, for the time this process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordId {
    /// Which database of this run: another one after a damaged one was replaced.
    generation: u32,
    row: i64,
}

/// In which turn a record is sent. The order is the order of the variants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Turn {
    /// Red and orange alerts, however old.
    Urgent,
    /// Stored in this run since the present connection began, or shortly before ([`Options::live_before`]).
    Live,
    /// Stored earlier; rate-limited by the caller.
    Backlog,
    /// Asked for again by the centre; rate-limited by the caller.
    Asked,
    /// Pictures.
    Evidence,
    /// PUBACKed on an earlier connection, but its mark never came; rate-limited by the caller.
    Again,
}

/// A record on loan to the publisher, until it is acknowledged, held or released.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sending {
    /// To report back with.
    pub id: RecordId,
    /// What it is.
    pub kind: Kind,
    /// Its place; `None` for pictures.
    pub seq: Option<Seq>,
    /// The alert it belongs to.
    pub alert_id: Option<String>,
    /// Its turn.
    pub turn: Turn,
    /// Topic below `prefix/area/box/`.
    pub topic_suffix: String,
    /// What to send.
    pub body: Vec<u8>,
}

/// What the publisher may be given now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Whether the rate limit has room for old records ([`Turn::Backlog`], [`Turn::Asked`], [`Turn::Again`]).
    pub backlog: bool,
    /// Whether a picture may be given; the publisher sends one at a time, so that a slow link is free
    /// for the next red alert soon.
    pub evidence: bool,
    /// Whether records whose mark never came may be given.
    pub again: bool,
}

/// What a mark did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marked {
    /// It covers numbers of a stream of ours; so many records left.
    Released(usize),
    /// It is not higher than one that came before.
    Old,
    /// It has no effect: it names a stream this database has no records of, an earlier life, or is still above every number
    /// of the stream that it ended.
    OtherStream,
    /// It covers numbers never given: this database is older than what the centre has, as after a restored
    /// backup. A new stream was begun.
    Ahead,
}

/// What is missing, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The stream whose numbers are missing.
    pub stream: Arc<str>,
    /// Why.
    pub reason: GapReason,
    /// Missing numbers, both ends included, rising. Empty where they cannot be told ([`GapReason::Damaged`]).
    pub ranges: Vec<(u64, u64)>,
    /// Pictures dropped before they were sent.
    pub pictures: u64,
    /// When the dropping began.
    pub from: Timestamp,
    /// When it was last added to.
    pub to: Timestamp,
}

/// Makes the body of a gap record: the contract's business, not the queue's.
pub type GapBody = Arc<dyn Fn(&Gap, &Seq) -> BuiltMessage + Send + Sync>;

/// How to open an outbox.
#[derive(Clone)]
pub struct Options {
    /// How much may be kept.
    pub limits: Limits,
    /// Makes the body of gap records.
    pub gap_body: GapBody,
    /// Topic of gap records: where the consumer watches the numbers.
    pub gap_topic: String,
    /// SQLite's name for the file system to use; `None` for the usual one. Tests have disks of their own that
    /// forget or fail.
    pub vfs: Option<String>,
    /// The centre is known to send marks: nothing leaves before its mark, from the first record on. Otherwise that is
    /// learnt from the first mark, and until then a PUBACK is believed.
    pub expect_marks: bool,
    /// A record that was acknowledged and not marked is sent again after so long, on the same connection, too: the
    /// broker may have had nobody to give it to.
    pub again_after: Duration,
    /// What was stored within so long before a connection is not backlog on it: a link that blinks must not put what is
    /// new behind what waited for a day.
    pub live_before: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            limits: Limits::default(),
            gap_body: Arc::new(retention::plain_gap_body),
            gap_topic: "up/alert".to_owned(),
            vfs: None,
            expect_marks: false,
            again_after: Duration::from_secs(300),
            live_before: Duration::from_secs(30),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// An alert that was open when the box stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenAlert {
    /// Its id.
    pub alert_id: String,
    /// Its latest revision's number.
    pub rev: u32,
    /// Its latest level.
    pub level: Option<Level>,
    /// What to take it up again with.
    pub state: AlertState,
}

/// What is known of an open alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlertState {
    /// As given in [`Record::state`].
    Own(Vec<u8>),
    /// The message that told of it last. From a queue of format 2 or earlier, which kept no state; until its next
    /// revision.
    Published(Vec<u8>),
}

/// What is in the outbox, and what became of the rest since it was opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Depth {
    /// Records stored.
    pub rows: u64,
    /// Bytes of their bodies.
    pub bytes: u64,
    /// Of them, records that wait for their PUBACK.
    pub unsent: u64,
    /// Of them, records that wait for the centre's mark only.
    pub unmarked: u64,
    /// Of them, records put aside for a while after the broker refused them or died of them.
    pub held: u64,
    /// Records that left because they arrived.
    pub delivered: u64,
    /// Numbered records dropped for lack of room.
    pub dropped: u64,
    /// Pictures dropped unsent for lack of room.
    pub dropped_pictures: u64,
    /// Further records, with which `mqtt` is done and another consumer is not.
    pub kept: u64,
    /// The last number given.
    pub last_n: u64,
    /// The stream.
    pub stream: String,
    /// Whether the centre has ever sent a mark, so that records wait for theirs.
    pub marks: bool,
    /// Whether what must not be dropped passes the limits by itself.
    pub over_limit: bool,
    /// Free bytes on the disk; `None` where it cannot be told.
    pub free_bytes: Option<u64>,
    /// Free bytes that are to be left on the disk.
    pub least_free_bytes: u64,
}

/// What was noticed at opening; each is also logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// A new database.
    New,
    /// The one left last time.
    Continued,
    /// The file was damaged and is now here; so many records and open alerts were carried over.
    Damaged {
        /// Where the damaged file is now.
        aside: PathBuf,
        /// Records carried over.
        records: u64,
    },
    /// It belonged to this other box (renamed, or a copied disk): a new stream was begun, what was unsent stays.
    OtherBox(String),
}

/// Work for the database's thread. What it returns answers the caller, and is called only when everybody
/// can see in [`Outbox::depth`] what the work changed.
type Job = Box<dyn FnOnce(&mut Store) -> Answer + Send>;
type Answer = Box<dyn FnOnce() + Send>;

/// The queue. Cheap to clone; all clones speak to the one thread that owns the database.
///
/// Plain methods block the caller until the disk has answered: call them from threads. The `_async` ones
/// are for the publisher. Every caller waits for its answer, so there are never more jobs waiting than
/// callers: the channel needs no other bound.
#[derive(Clone)]
pub struct Outbox {
    jobs: mpsc::Sender<Job>,
    depth: Arc<Mutex<Depth>>,
    appended: watch::Receiver<u64>,
    journeys: Arc<Mutex<Journeys>>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox").field("depth", &*self.depth.lock()).finish_non_exhaustive()
    }
}

impl Outbox {
    /// Opens the outbox in `dir`, or makes it. `box_identity` is the box's name, `now` the time of new rows.
    ///
    /// # Errors
    /// The directory or the disk cannot be used. A damaged file is no error: see the crash rules.
    pub fn open(
        dir: &Path,
        now: Timestamp,
        box_identity: &str,
        options: Options,
    ) -> Result<(Self, Opened), OutboxError> {
        let (mut store, opened) = Store::open(dir, now, box_identity, options)?;
        let depth = Arc::new(Mutex::new(store.depth()));
        let (jobs, queue) = mpsc::channel::<Job>();
        let (appended_tx, appended) = watch::channel(0_u64);
        let (shared, journeys) = (depth.clone(), store.journeys.clone());
        let path = dir.to_path_buf();
        let thread = std::thread::Builder::new()
            .name("outbox".to_owned())
            .spawn(move || {
                // Ends when the last handle is gone.
                while let Ok(job) = queue.recv() {
                    let stored_before = store.last_row();
                    let answer = job(&mut store);
                    *shared.lock() = store.depth();
                    if store.last_row() != stored_before {
                        appended_tx.send_modify(|count| *count += 1);
                    }
                    answer();
                }
                if let Err(error) = store.close() {
                    let error = error.in_language(language_of_log());
                    log_error!(box_log::outbox_not_closed(); %error);
                }
            })
            .map_err(|source| OutboxError::Directory { dir: path, source })?;
        let thread = Arc::new(Mutex::new(Some(thread)));
        Ok((Outbox { jobs, depth, appended, journeys, thread }, opened))
    }

    /// Stores a record and gives it its number; `body` gets the number and makes what is sent.
    ///
    /// An alert's record also brings the state of the open alert up to date, or closes it.
    ///
    /// # Errors
    /// Nothing was stored, no number used: the disk is full or broken, or `body` failed, panicked, or made nothing or
    /// too much.
    pub fn append(
        &self,
        record: Record,
        body: impl FnOnce(&Seq) -> BuiltMessage + Send + 'static,
    ) -> Result<Seq, OutboxError> {
        self.call(move |store| store.append(record, body))
    }

    /// Stores a picture. It has no number and goes last.
    ///
    /// # Errors
    /// As [`Outbox::append`].
    pub fn append_evidence(&self, evidence: Evidence) -> Result<(), OutboxError> {
        self.call(move |store| store.append_evidence(evidence))
    }

    /// Stores a picture that was sent before, unless there is only room for it in place of others: `false`, and nothing is
    /// stored.
    ///
    /// # Errors
    /// As [`Outbox::append`].
    pub(crate) fn append_evidence_where_room(&self, evidence: Evidence) -> Result<bool, OutboxError> {
        self.call(move |store| store.append_evidence_where_room(evidence))
    }

    /// [`Outbox::append`] for the publisher's own replies.
    ///
    /// # Errors
    /// As [`Outbox::append`].
    pub(crate) async fn append_async(
        &self,
        record: Record,
        body: impl FnOnce(&Seq) -> BuiltMessage + Send + 'static,
    ) -> Result<Seq, OutboxError> {
        self.call_async(move |store| store.append(record, body)).await
    }

    /// Whatever is stored now is backlog but for what came last, whatever comes is live; what was in flight is to be sent
    /// again.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn connected_async(&self) -> Result<(), OutboxError> {
        self.call_async(|store| store.connected()).await
    }

    /// Lends up to `limit` records, in the order of [`Turn`]. `now` ends holds that are over.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn next_async(
        &self,
        limit: usize,
        policy: Policy,
        now: Instant,
    ) -> Result<Vec<Sending>, OutboxError> {
        self.call_async(move |store| store.next(limit, policy, now)).await
    }

    /// The broker's PUBACK came for these.
    ///
    /// # Errors
    /// The database cannot be written; they will be sent again.
    pub async fn acked_async(&self, ids: Vec<RecordId>) -> Result<(), OutboxError> {
        self.call_async(move |store| store.acked(&ids)).await
    }

    /// Puts a record aside: it is not lent again before `until`.
    ///
    /// # Errors
    /// The outbox is closed.
    pub(crate) async fn hold_async(&self, id: RecordId, until: Instant) -> Result<(), OutboxError> {
        self.call_async(move |store| {
            store.hold(id, until);
            Ok(())
        })
        .await
    }

    /// Takes back a record that was lent but not sent.
    ///
    /// # Errors
    /// The outbox is closed.
    pub(crate) async fn release_async(&self, ids: Vec<RecordId>) -> Result<(), OutboxError> {
        self.call_async(move |store| {
            store.release(&ids);
            Ok(())
        })
        .await
    }

    /// The centre has durably stored everything up to `n` of `stream`.
    ///
    /// # Errors
    /// The database cannot be written.
    pub(crate) async fn marked_async(
        &self,
        stream: String,
        n: u64,
        now: Timestamp,
    ) -> Result<Marked, OutboxError> {
        self.call_async(move |store| store.marked(&stream, n, now)).await
    }

    /// Whether a red or orange alert waits to be sent.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(crate) async fn urgent_waits_async(&self) -> Result<bool, OutboxError> {
        self.call_async(Store::urgent_waits).await
    }

    /// When the next hold ends, if there is one.
    ///
    /// # Errors
    /// The outbox is closed.
    pub(crate) async fn next_hold_end_async(&self) -> Result<Option<Instant>, OutboxError> {
        self.call_async(|store| Ok(store.next_hold_end())).await
    }

    /// Alerts that were open when the box stopped, oldest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn open_alerts(&self) -> Result<Vec<OpenAlert>, OutboxError> {
        self.call(|store| store.open_alerts())
    }

    /// The states of alerts that ended not long ago, earliest end first; [`crate::analysis::alert_lifecycle::ended`] has
    /// the bounds.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(crate) fn ended_alerts(&self) -> Result<Vec<Vec<u8>>, OutboxError> {
        self.call(|store| store.ended_alerts())
    }

    /// Other limits from here on, and whether the centre is known to send marks, as in [`Options`].
    ///
    /// # Errors
    /// The database cannot be read.
    pub(crate) fn set_limits(&self, limits: Limits, expect_marks: bool) -> Result<(), OutboxError> {
        self.call(move |store| store.set_limits(limits, expect_marks))
    }

    /// What is in it; does not wait for the disk.
    pub fn depth(&self) -> Depth {
        self.depth.lock().clone()
    }

    /// Asks the database's thread and waits until it has worked off what came before. Looks at the disk meanwhile,
    /// which others may fill while nothing is stored.
    pub(crate) fn is_alive(&self) -> bool {
        self.call(|store| {
            store.look_at_disk();
            Ok(())
        })
        .is_ok()
    }

    /// Changes whenever something was stored.
    pub(crate) fn appended(&self) -> watch::Receiver<u64> {
        self.appended.clone()
    }

    /// Writes everything into the main file and ends the thread, when this is the last handle; waits at
    /// most `deadline`. Returns whether it ended in time. Not closing loses nothing.
    pub fn close(self, deadline: Duration) -> bool {
        let Outbox { jobs, thread, .. } = self;
        drop(jobs);
        let Some(handle) = thread.lock().take() else { return true };
        let until = Instant::now() + deadline;
        while !handle.is_finished() {
            if Instant::now() >= until {
                return false;
            }
            std::thread::park_timeout(Duration::from_millis(5));
        }
        handle.join().is_ok()
    }

    fn call<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Store) -> Result<T, OutboxError> + Send + 'static,
    ) -> Result<T, OutboxError> {
        let (answer, wait) = mpsc::sync_channel(1);
        let job: Job = Box::new(move |store| {
            let done = guarded(store, job);
            // Nobody waits any more if this fails; what was done stays done.
            Box::new(move || drop(answer.send(done)))
        });
        self.jobs.send(job).map_err(|_| OutboxError::Closed)?;
        wait.recv().map_err(|_| OutboxError::Closed)?
    }

    async fn call_async<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Store) -> Result<T, OutboxError> + Send + 'static,
    ) -> Result<T, OutboxError> {
        let (answer, wait) = oneshot::channel();
        let job: Job = Box::new(move |store| {
            let done = guarded(store, job);
            // As above.
            Box::new(move || drop(answer.send(done)))
        });
        self.jobs.send(job).map_err(|_| OutboxError::Closed)?;
        wait.await.map_err(|_| OutboxError::Closed)?
    }
}

/// Runs a job so that a panic in it is an error for its caller and not the end of the queue: a
/// transaction that is dropped is rolled back.
fn guarded<T>(
    store: &mut Store,
    job: impl FnOnce(&mut Store) -> Result<T, OutboxError>,
) -> Result<T, OutboxError> {
    caught(|| job(store)).unwrap_or_else(|panic| Err(OutboxError::Internal(panic)))
}
