//! What the queue takes, what it lends to who sends, and what it says of itself: plain data.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::retention::{Limits, plain_gap_body};
use crate::analysis::time::Timestamp;
use crate::contract::EventError;
use crate::types::gap::GapReason;
use crate::types::level::Level;

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
    /// What it is. [`Kind::Evidence`] goes through [`Outbox::append_evidence`](super::Outbox::append_evidence).
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
    /// When what it reports happened.
    pub at: Timestamp,
    /// What the alert's owner needs to take it up again after a restart, in a form of the owner's: kept until the alert
    /// is over, and then among `Outbox::ended_alerts`. `None`: the alert is in neither, also where an earlier revision had a
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
    pub(super) generation: u32,
    pub(super) row: i64,
}

/// In which turn a record is sent. The order is the order of the variants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SendOrder {
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
    pub turn: SendOrder,
    /// Topic below `prefix/area/box/`.
    pub topic_suffix: String,
    /// What to send.
    pub body: Vec<u8>,
}

/// What the publisher may be given now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Whether the rate limit has room for old records ([`SendOrder::Backlog`], [`SendOrder::Asked`], [`SendOrder::Again`]).
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
    /// Missing numbers, both ends included, rising. Empty where they cannot be known ([`GapReason::Damaged`]).
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
            gap_body: Arc::new(plain_gap_body),
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
    /// The message that reported it last. From a queue of format 2 or earlier, which kept no state; until its next
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
    /// When the oldest of them was stored, as of the last `is_alive`.
    pub oldest: Option<Timestamp>,
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
    /// Free bytes on the disk; `None` where it cannot be known.
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
