//! The durable queue between the analysis and the command centre.
//!
//! Every message to the centre is stored here before anything else happens to it, and leaves
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
//!   else. A consumer that is not wanted any more must be forgotten by its owner (`Outbox::unregister`): the queue
//!   cannot tell one that is gone from one that comes back.
//!
//! The centre may ask for records again that are still here ([`Outbox::resend`]); what was sent is kept for that by a
//! consumer of the queue's own (`Outbox::keep_sent`), bounded like every other one, and in the time since it arrived;
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
//!    the alerts that it stored. The state is the box's own; nothing is read out of what was published.

mod consumers;
mod crash;
mod damage;
mod ended;
mod error;
mod format;
mod gone;
mod high_water;
mod journey;
mod oldest;
mod opening;
mod recent;
mod record;
mod resend;
mod retention;
mod send_order;
mod store;

#[cfg(test)]
mod tests;

use std::fmt;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::{oneshot, watch};

use crate::analysis::time::Timestamp;
use crate::text::{box_log, language_of_log, log_error};
use crate::threads::join_until;
use crate::types::level::Level;
pub use consumers::{Batch, Consumer, ConsumerPolicy, StoredRecord};
pub(crate) use crash::point as crash_point;
pub use error::OutboxError;
use error::caught;
pub use journey::Journey;
use journey::Journeys;
pub(crate) use record::MESSAGE_BYTES;
pub use record::{
    AlertState, BuiltMessage, Depth, EVIDENCE_BYTES, Evidence, Gap, GapBody, Kind, Marked, OpenAlert, Opened,
    Options, Policy, Record, RecordId, SendOrder, Sending, Seq,
};
pub use resend::AbsentNumbers;
pub(crate) use resend::{Absence, Resent};
pub use retention::Limits;
use store::Store;

/// Work for the database's thread. What it returns answers the caller, and is called only when everybody
/// can see in [`Outbox::depth`] what the work changed.
type Job = Box<dyn FnOnce(&mut Store) -> Answer + Send>;
type Answer = Box<dyn FnOnce() + Send>;

/// The queue. Cheap to clone; all clones speak to the one thread that owns the database.
///
/// Plain methods block the caller until the disk has answered: call them from threads. The `_async` ones
/// are for the publisher. Every caller waits for its answer, so there are never more jobs waiting than
/// callers: the channel needs no other bound.
///
/// A further consumer of every record reads at a place of its own, which outlasts a restart:
///
/// ```
/// use lookout::outbox::{ConsumerPolicy, Kind, Limits, Options, Outbox, Record};
///
/// let folder = tempfile::tempdir().unwrap();
/// let now = "2026-11-21T12:00:00Z".parse().unwrap();
/// let options = Options { limits: Limits { free_bytes: 0, ..Limits::default() }, ..Options::default() };
/// let (outbox, _) = Outbox::open(folder.path(), now, "530127.box-1", options).unwrap();
/// let policy = ConsumerPolicy { rows: 1_000, bytes: 1 << 20, pictures: false };
/// let export = outbox.register("export", policy).unwrap();
///
/// let record = Record {
///     kind: Kind::Count,
///     alert_id: None,
///     rev: 0,
///     level: None,
///     phase_end: false,
///     topic_suffix: "up/count".to_owned(),
///     at: now,
///     state: None,
/// };
/// outbox.append(record, |seq| Ok(format!("number {}", seq.n).into_bytes())).unwrap();
///
/// let batch = export.read(10).unwrap();
/// assert_eq!(batch.records[0].body, b"number 1");
/// export.advance(batch.records[0].id).unwrap();
/// assert!(export.read(10).unwrap().records.is_empty());
/// ```
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

    /// Lends up to `limit` records, in the order of [`SendOrder`]. `now` ends holds that are over.
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
    /// which others may fill while nothing is stored, and for the oldest record that waits.
    pub(crate) fn is_alive(&self) -> bool {
        self.call(|store| {
            store.look_at_disk();
            store.look_at_oldest();
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
        join_until(handle, Instant::now() + deadline).is_ok()
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
