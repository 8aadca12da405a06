//! Frames from cameras and files; the only place that names GStreamer.
//!
//! What goes in: a [`Source`] (an RTSP address with its credentials, or a file) from the checked
//! configuration. What comes out: [`Frame`](crate::frame::Frame)s and [`CameraEvent`]s, handed to a
//! [`FrameSink`]; for replay, frames pulled one by one from [`read_file`]. The other way round, drawn pictures become a file (`write`).
//!
//! ```text
//!  supervise ── one thread per camera: build, watch, tear down, wait, again
//!      │
//!  pipeline     rtspsrc ►(packets)► depay ► parse ► decode session                        new for every attempt
//!      │        `rtsp`     │                          │ units: `gate` keeps, chooses
//!      │        `demux`  `rtp`: sound?                ▼
//!      └─ lean  one thread for all cameras: packets ► depacketize ► decode session                 where the camera allows it
//!  decode_threads, one per core, for all cameras:  `decode` ► FrameSink: wants? ► frame
//! ```
//!
//! Receiving is done by one thread for all cameras where that is possible (`lean`), else by GStreamer, where the
//! streaming thread of a source parses. Either hands every compressed picture to the camera's
//! [gate](GateMode), which decides by the [policy](crate::types::decoding::DecodePolicy) and by what is needed now ([`Demand`]) which ones are
//! decoded. Decoding is done by threads that all cameras share. There is no queue of frames anywhere; compressed
//! pictures wait in the gate, as many as it may hold.
//!
//! # Rules
//!
//! - Must never block the daemon: what may hang in a driver or in a broken connection (building,
//!   `set_state(NULL)`) runs on a thread that may be abandoned; [`abandoned_teardowns`] counts those.
//! - Must never show a password: not in an error, a log line or `Debug`. [`Secret`](crate::types::secret::Secret) and
//!   [`RtspUrl`] hold them by type, and every text that comes from GStreamer passes `redact` first.
//! - Must never let a panic cross into C: every closure given to GStreamer is caught, and the camera is
//!   reconnected.
//! - Must never hand on a packet of a camera that was not looked at: one without content has ended the whole process.
//! - Must never convert pixels of a camera; frames keep the decoder's planes and strides. Only pictures that must be
//!   [turned](Orientation) are copied.

mod address;
mod backoff;
mod camera_state;
mod certificate;
mod container;
mod deadline;
mod decode;
mod decode_requests;
mod decode_session;
mod decode_threads;
mod decoder;
mod decoding;
mod demux;
mod diagnose;
mod error;
mod file;
mod first_frame;
pub mod gop_gate;
mod lean;
mod loss_log;
mod meter;
mod orientation;
mod picture;
mod pipeline;
mod probe;
mod receivers;
mod redirects;
mod rtp;
mod rtsp;
#[cfg(feature = "demo")]
mod serve;
mod source;
mod stream_info;
mod supervise;
mod tls;
mod unpack;
mod write;

use std::sync::OnceLock;

pub use crate::types::trust::{Fingerprint, Trust};
pub use address::RtspUrl;
pub(crate) use address::UrlError;
pub use backoff::{Backoff, RetryLimits};
pub use camera_state::{CameraEvent, CameraState, CameraStats, NotStopped};
pub use certificate::CertificateTrouble;
pub use deadline::abandoned_teardowns;
#[cfg(feature = "demo")]
pub(crate) use decode_threads::decoding_time;
pub use decoder::{Codec, DecoderChoice, FileCodec};
pub use error::{Fault, VideoError};
pub(crate) use file::next_due;
pub use file::{FileFrames, FileOptions, read_file};
pub(crate) use first_frame::first_frame;
pub use gop_gate::{Demand, GateCounts, GateMode, Unsuited};
pub(crate) use loss_log::LossLog;
pub use meter::{KeyframeIntervals, StreamMeasure};
pub use orientation::Orientation;
pub(crate) use picture::{PictureShape, is_probably_squeezed};
pub use pipeline::live_pipelines;

pub(crate) use probe::ProbeReport;
pub use probe::probe;
pub use redirects::RedirectTrouble;
#[cfg(feature = "demo")]
pub use serve::{Auth, Mount, Play, RtspServer, ServeError};
pub(crate) use source::redact;
pub use source::{Credentials, Location, Pace, ReceivedBy, Receiver, Source};
pub use stream_info::StreamInfo;
pub use supervise::{CameraHandle, FrameSink, supervise};
pub(crate) use write::{VideoWriter, WriteError, may_write};

/// Loads GStreamer; cheap after the first call.
///
/// Everything here calls it, so nobody has to; the daemon does at its start, to fail early.
pub fn init() -> Result<(), VideoError> {
    static RESULT: OnceLock<Result<(), String>> = OnceLock::new();
    match RESULT.get_or_init(|| gstreamer::init().map_err(|error| error.to_string())) {
        Ok(()) => Ok(()),
        Err(detail) => Err(VideoError { camera: None, fault: Fault::NoGstreamer { detail: detail.clone() } }),
    }
}
