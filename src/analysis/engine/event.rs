//! What goes into the analysis: each event with its time.

use std::sync::Arc;

use crate::analysis::camera_health::NoVideoCause;
use crate::analysis::camera_health::image_stats::ImageStats;
use crate::analysis::derived::{HealthReading, LookVerdicts};
use crate::analysis::detection::Detection;
use crate::analysis::empty_view::Coarse;
use crate::analysis::flow::Flow;
use crate::analysis::sensor::RawReading;
use crate::analysis::time::Moment;

/// An input of the analysis. Acknowledgements and evidence return a result, so they are methods.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// One frame of a camera was looked at. An empty list is as important as a full one.
    Detections {
        /// The camera.
        camera: Arc<str>,
        /// When the frame was taken.
        at: Moment,
        /// What is in it, unsure detections included, in any order.
        detections: Vec<Detection>,
    },
    /// What a frame of a camera looks like as a whole; wanted about twice a second.
    ImageStats {
        /// The camera.
        camera: Arc<str>,
        /// When the frame was taken.
        at: Moment,
        /// What it looks like.
        stats: Box<ImageStats>,
    },
    /// What moved where in the frame that is reported next, since a moment before; wanted while people are close together.
    Flow {
        /// The camera.
        camera: Arc<str>,
        /// When the frame was taken.
        at: Moment,
        /// What moved.
        flow: Box<Flow>,
    },
    /// What a frame of a camera shows, coarsely; wanted about once a second, before what was found in that frame.
    Picture {
        /// The camera.
        camera: Arc<str>,
        /// When the frame was taken.
        at: Moment,
        /// What it shows.
        coarse: Box<Coarse>,
    },
    /// As `Detections`, with what the picture said about them in place of the picture: of a day that is repeated.
    Judged {
        /// The camera.
        camera: Arc<str>,
        /// When the frame was taken.
        at: Moment,
        /// What is in it, unsure detections included, in the order in which they were found.
        detections: Vec<Detection>,
        /// What the picture said.
        verdicts: Box<LookVerdicts>,
    },
    /// As `ImageStats`, with what they said about the camera's health in their place: of a day that is repeated.
    HealthRead {
        /// The camera.
        camera: Arc<str>,
        /// When the frame was taken.
        at: Moment,
        /// What it said.
        reading: Box<HealthReading>,
    },
    /// The camera stopped giving frames.
    CameraSilent {
        /// The camera.
        camera: Arc<str>,
        /// When that was noticed.
        at: Moment,
        /// Why, where that is known.
        cause: Option<NoVideoCause>,
    },
    /// The camera gives frames again.
    CameraBack {
        /// The camera.
        camera: Arc<str>,
        /// When its first frame came.
        at: Moment,
    },
    /// Nobody looks at the camera until its next frame, as in the pause of a recording: nothing is known of it
    /// meanwhile, and nothing is wrong with it.
    CameraPaused {
        /// The camera.
        camera: Arc<str>,
        /// When its latest frame was taken.
        at: Moment,
    },
    /// A sensor said something.
    Reading {
        /// The sensor.
        sensor: Arc<str>,
        /// When it was received.
        at: Moment,
        /// What it said.
        reading: RawReading,
    },
    /// Time passed; wanted about once a second.
    Tick {
        /// Now.
        at: Moment,
    },
}
