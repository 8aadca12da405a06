//! State, events and figures of a supervised camera: what [`supervise`](super::supervise()) reports
//! outwards. Never anything that only one attempt knows.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::error::VideoError;
use super::gop_gate::{GateCounts, GateMode};
use super::meter::StreamMeasure;
use super::source::ReceivedBy;
use super::stream_info::StreamInfo;
use crate::text::{Sentence, stream as say};

/// What happened to a camera.
#[derive(Debug, Clone, PartialEq)]
pub enum CameraEvent {
    /// The first picture of a connection is decoded.
    Connected(StreamInfo),
    /// The pictures have another form from here on.
    Changed(StreamInfo),
    /// The stream is lost, or did not come up; it is tried again.
    Lost {
        /// Why.
        reason: VideoError,
        /// When the next attempt starts.
        retry_in: Duration,
    },
    /// A file that is not repeated was played to its end.
    Ended,
    /// Stopped as asked; the last event.
    Stopped,
}

/// What a camera does at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CameraState {
    /// An attempt runs, no picture yet.
    Connecting,
    /// Pictures come.
    Running,
    /// Waiting for the next attempt.
    Waiting,
    /// A file was played to its end.
    Ended,
    /// Stopped.
    Stopped,
}

/// Figures of a camera since its start.
#[derive(Debug, Clone, PartialEq)]
pub struct CameraStats {
    /// What it does.
    pub state: CameraState,
    /// Compressed pictures that came.
    pub units: u64,
    /// Frames decoded.
    pub frames: u64,
    /// Frames that the sink did not want.
    pub unwanted: u64,
    /// Frames dropped because their memory could not be read.
    pub unreadable: u64,
    /// Times a stream was lost or did not come up.
    pub reconnects: u64,
    /// Signs of life while it waits for its next attempt, which may take minutes.
    pub beats: u64,
    /// Time since the last frame; `None` before the first.
    pub last_frame_age: Option<Duration>,
    /// The stream, once its first picture came; kept while it is lost.
    pub stream: Option<StreamInfo>,
    /// Its compressed pictures in the current or last attempt: rate, bitrate, keyframes.
    pub measure: StreamMeasure,
    /// Who receives it in the current or last attempt; `None` for a file.
    pub received_by: Option<ReceivedBy>,
    /// What its gate does and did in this attempt, once its stream was found.
    pub gate: Option<(GateMode, GateCounts)>,
    /// The address of a redirect; `None` if it plays at its own address.
    pub redirected_to: Option<String>,
    /// Why it was lost last; `None` while it runs.
    pub last_error: Option<VideoError>,
}

/// A camera's thread did not end by the deadline; it was left behind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct NotStopped {
    /// Which.
    pub camera: Arc<str>,
    /// The deadline.
    pub after: Duration,
}

impl NotStopped {
    /// What went wrong, for people.
    pub fn sentence(&self) -> Sentence {
        say::not_stopped(&*self.camera, self.after.as_secs_f32().to_string())
    }
}

impl fmt::Display for NotStopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sentence().fmt(f)
    }
}
