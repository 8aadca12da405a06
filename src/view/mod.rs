//! What a camera sees now, for somebody who looks at the page: redacted pictures, what was found in them, what the rules
//! make of it.
//!
//! ```text
//!  analysis thread ─ frame, if somebody looks ─► one mailbox a camera, newest wins ─► thread `view`: redact, encode
//!                                                                                        │
//!                  page ◄─ Look (live), still, shape_picture ◄───────────────────────────┘
//! ```
//!
//! Costs the analysis one relaxed load of a flag for a frame while nobody looks, and nothing is made then. While somebody
//! does, a camera gives at most three pictures a second, and the thread that makes them rests for as long as it worked: half
//! a core at most, less urgent than everything that watches. The redaction is that of evidence (`evidence::redacted`), made
//! stricter: where the face model is wanted and does not look, there is no picture, and it is said why.
//!
//! Must never hand out a pixel that was not redacted with the configuration of now, keep a picture that nobody looks at, or
//! make the analysis wait.

mod draw;
mod hub;
mod maker;
mod redaction;
#[cfg(test)]
mod tests;
mod trails;

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::analysis::geometry::Polygon;
use crate::analysis::time::Timestamp;
use crate::frame::Picture;
use crate::text::Sentence;

pub(crate) use draw::{Canvas, Drawn, RuleRow, RuleState};
pub use hub::{Follow, Look, Viewer};
pub(crate) use hub::{Pending, Tap, Views};
pub(crate) use maker::{Maker, shown};
pub(crate) use redaction::{Finders, MakeFinders, RedactionSettings, StrictRedactor};
pub(crate) use trails::Trails;

/// Cameras that can be looked at live at the same time.
pub const MOST_LIVE: usize = 4;
/// Minimum time between two live pictures of a camera: at most three a second.
pub(crate) const LIVE_EVERY: Duration = Duration::from_millis(334);
/// Minimum time between two small pictures of a camera.
pub(crate) const STILL_EVERY: Duration = Duration::from_secs(10);

/// One moment of one camera.
#[derive(Debug, Clone)]
pub struct LiveView {
    /// Rises from view to view; never the same twice in a run, whatever the camera.
    pub number: u64,
    /// When the frame was taken.
    pub at: Timestamp,
    /// The redacted picture, or why there is none.
    pub picture: Result<ViewPicture, Sentence>,
    /// What the box made of the frame.
    pub seen: Seen,
    /// What looking at this camera has cost since somebody began to.
    pub cost: Cost,
}

/// A redacted picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewPicture {
    /// The JPEG file, once for everybody who looks.
    pub jpeg: Arc<[u8]>,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// All of it is coarse: what the camera sees when nobody is there is not known yet.
    pub is_coarse: bool,
}

/// A single picture of one camera.
#[derive(Debug, Clone)]
pub struct Still {
    /// As of [`LiveView::number`].
    pub number: u64,
    /// When the frame was taken.
    pub at: Timestamp,
    /// The redacted picture, or why there is none.
    pub picture: Result<ViewPicture, Sentence>,
}

/// The analysis of one frame. As JSON, it is what `/cameras/{id}/live` sends; points and boxes are in parts of the
/// picture, origin top left.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Seen {
    /// What is followed and was found in this frame.
    pub boxes: Vec<SeenBox>,
    /// The camera's zones.
    pub zones: Vec<SeenZone>,
    /// The camera's lines.
    pub lines: Vec<SeenLine>,
    /// The beliefs that this camera feeds.
    pub signals: Vec<SeenSignal>,
}

/// One box in the picture.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeenBox {
    /// What it is, as in the configuration.
    pub class: &'static str,
    /// How sure the detector is, 0..1.
    pub score: f32,
    /// Left, top, right, bottom.
    #[serde(rename = "box")]
    pub box_in_frame: [f32; 4],
    /// Its height as the height limits measure it, in parts of the picture's height.
    pub height: f32,
    /// Its number while it is followed.
    pub track: Option<u64>,
    /// The places of its foot, the earliest first.
    pub trail: Vec<[f32; 2]>,
}

/// One zone.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeenZone {
    /// Its name.
    pub name: String,
    /// Its corners.
    pub corners: Vec<[f32; 2]>,
    /// Whether the condition of a rule holds in it.
    pub is_lit: bool,
    /// The rule.
    pub rule: Option<String>,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeenLine {
    /// Its name.
    pub name: String,
    /// Start and end.
    pub ends: [[f32; 2]; 2],
    /// Whether the condition of a rule holds at it.
    pub is_lit: bool,
    /// The rule.
    pub rule: Option<String>,
}

/// One belief.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeenSignal {
    /// The kind of thing.
    pub name: String,
    /// Its place.
    pub grid: String,
    /// How much it is believed, 0..1.
    pub belief: f64,
    /// Who made it believed, the greatest first.
    pub sources: Vec<SeenSource>,
}

/// Who contributes to a belief.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeenSource {
    /// `rule:fire-lane-blocked@cam-03`, `sensor:drain-2`.
    pub id: String,
    /// Its part of what all of them contribute, 0..1.
    pub share: f64,
}

/// What pictures for viewers cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Cost {
    /// Pictures made.
    pub pictures: u64,
    /// Processor time spent on them, milliseconds.
    pub cpu_ms: u64,
}

/// Why nobody can look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoLook {
    /// Unknown camera.
    NoSuchCamera,
    /// [`MOST_LIVE`] others are looked at.
    TooMany,
}

/// What the box made of one frame, for somebody who needs no picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Sighting {
    /// As of [`LiveView::number`].
    pub number: u64,
    /// What was made of it.
    pub seen: Seen,
}

/// What comes next in a [`Look`] or a [`Follow`].
#[derive(Debug, Clone)]
pub enum Next<T> {
    /// A new picture.
    New(Arc<T>),
    /// No picture in time.
    NothingYet,
    /// The camera was taken away, or the box stops.
    Gone,
}

/// Redacts one picture that comes from no running camera, such as the first one of a camera that is about to be added: people
/// are looked for in it with the models of the configuration. What the camera sees when nobody is there is not known, so the
/// whole picture is coarse. Loads models where the box has none yet, and blocks meanwhile; one at a time.
///
/// # Errors
/// Why there is no picture.
pub fn redact_once(viewer: &Viewer, picture: &Picture, masks: &[Polygon]) -> Result<Vec<u8>, Sentence> {
    redaction::once(viewer, picture, masks).map(|picture| picture.jpeg.to_vec())
}
