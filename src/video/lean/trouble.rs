//! Reasons for the end of a session, within this module.
//!
//! What is not plainly the network or a plain answer of the camera is [`Trouble::Misread`] or [`Trouble::Unsuited`]: then
//! GStreamer is asked.

use crate::text::Sentence;
use crate::video::error::Fault;

/// How a session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::video) enum Trouble {
    /// As GStreamer would have it, too.
    Fault(Fault),
    /// No connection, and nobody said why.
    NoConnection,
    /// The camera closed it.
    Ended,
    /// It names another address for what was asked.
    Redirected(String),
    /// What answers does not speak RTSP.
    NotRtsp,
    /// Something came that cannot be read on.
    Misread(Sentence),
    /// It cannot be received here at all, and why.
    Unsuited(Sentence),
}

/// What was asked of the camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Describe,
    SetUp,
    Play,
}

/// The camera, for messages.
#[derive(Debug, Clone)]
pub(super) struct Whose {
    /// Its address as people may read it.
    pub url: String,
    /// `host:port`.
    pub address: String,
    pub user: Option<String>,
}
