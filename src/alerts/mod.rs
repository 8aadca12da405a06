//! The path of a revision from the analysis to the outbox.
//!
//! ```text
//!  analysis thread ─ revision, frame ─► alert writer ─► outbox ─► publisher
//!                                        │  ▲   │ redactor (faces): the picture
//!                          an alert began│  │   │ alert enricher: the message
//!                                        ▼  │   │ alert state: what a restart reads
//!                                      close-up │ evidence retention: pictures kept on the box
//! ```
//!
//! The alert writer is one thread with one queue: what it stored is safe, and after a restart `restore` reads it back.
//! A sender of a `WriterMessage` needs nothing else of this module.
//! Must never decide whether there is an alert, wait for the network, or let a picture out that was not redacted.

pub(crate) mod alert_enricher;
pub(crate) mod alert_state;
pub(crate) mod alert_writer;
pub(crate) mod close_up;
pub(crate) mod evidence_retention;
pub mod faces;
pub(crate) mod redactor;
pub(crate) mod restore;
pub(crate) mod writer_message;

use std::sync::Arc;

use parking_lot::Mutex;

use crate::contract::alert::ClockData;

/// How far to trust the clock, for every message that carries it. The watch of the clock writes it.
pub type SharedClockData = Arc<Mutex<ClockData>>;
