//! Messages to the alert writer, with their reply channels. Must never hold more than is passed on.

use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::analysis::alert::Revision;
use crate::analysis::counts::ZoneMinute;
use crate::analysis::detection::Detection;
use crate::analysis::time::Timestamp;
use crate::contract::command::{SealedOriginal, SnapshotPicture};
use crate::evidence::{NoOriginal, NoPicture};
use crate::frame::Picture;
use crate::outbox::Outbox;
use crate::text::Sentence;

use super::alert_writer::WriterSettings;
use super::close_up::CloseUp;
use super::evidence_retention::EvidenceRetention;

/// Where revisions go.
pub(crate) type AlertWriterQueue = SyncSender<WriterMessage>;

/// What the alert writer is sent.
pub(crate) enum WriterMessage {
    /// A revision of an alert, with the frame it was made from where evidence is wanted.
    Revision {
        revision: Box<Revision>,
        /// The frame.
        snapshot: Option<Snapshot>,
    },
    /// The alerts that are open now.
    Open(Vec<Revision>),
    /// The counts of minutes that are over.
    Counts {
        /// Zone by zone, those of one camera and minute together.
        minutes: Vec<ZoneMinute>,
        /// Now.
        at: Timestamp,
    },
    /// A picture that somebody requested.
    Snapshot {
        /// Who waits for it.
        request: SnapshotRequest,
        /// The frame.
        snapshot: Snapshot,
        /// When it was taken.
        at: Timestamp,
    },
    /// A picture of a large stream, for an alert that began a moment ago.
    CloseUp(CloseUp),
    /// A sealed original that somebody requested.
    Original(OriginalRequest),
    /// A redacted picture that somebody requested again.
    Again(PictureRequest),
    /// The camera side changed: titles, places, masks.
    Settings(Box<WriterSettings>),
    /// Pictures are kept elsewhere, otherwise, or not any more.
    Retention(Box<EvidenceRetention>),
    /// The watchdog's question.
    Ping(Ping),
    /// The last message.
    Stop,
}

/// A frame and what was found in it, for the evidence of a revision.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    /// The pixels.
    pub picture: Arc<Picture>,
    /// Everything found in it.
    pub detections: Vec<Detection>,
}

/// A request for a snapshot of a camera.
pub(crate) struct SnapshotRequest {
    /// Which camera.
    pub camera: Arc<str>,
    /// Receives where the picture is, or why there is none.
    pub reply: Box<dyn FnOnce(Result<SnapshotPicture, Sentence>) + Send>,
}

/// A request for a sealed original.
pub(crate) struct OriginalRequest {
    pub alert_id: String,
    /// Which of its pictures: the `id` in the alert's `evidence`.
    pub n: u32,
    /// Receives the result once the original is in the queue.
    pub reply: Box<dyn FnOnce(Result<SealedOriginal, NoOriginal>) + Send>,
}

/// A request for a stored redacted picture.
pub(crate) struct PictureRequest {
    pub alert_id: String,
    /// Which of its pictures: the `id` in the alert's `evidence`.
    pub n: u32,
    /// Receives the result once the picture is in the queue.
    pub reply: Box<dyn FnOnce(Result<SnapshotPicture, NoPicture>) + Send>,
}

/// A question that goes the way of a revision; its last carrier answers. No answer: something on the way hangs.
pub(crate) struct Ping {
    outbox: Outbox,
    reply: SyncSender<()>,
}

impl Ping {
    /// A question to this outbox, and where its answer comes.
    pub(crate) fn new(outbox: Outbox) -> (Ping, Receiver<()>) {
        let (reply, answer) = sync_channel(1);
        (Ping { outbox, reply }, answer)
    }

    /// Asks the outbox, and answers where that did.
    pub(crate) fn answer(self) {
        if self.outbox.is_alive() {
            // Fails only if nobody waits any more.
            let _ = self.reply.try_send(());
        }
    }
}

impl fmt::Debug for Ping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ping")
    }
}
