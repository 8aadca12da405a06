//! What leaves the box as a picture: faces, people and everything else made unrecognisable, and sealed originals.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/clip_frames.rs"]
mod clip_frames;
#[path = "../support/mod.rs"]
mod support;

mod faces;
mod originals;
mod redaction;
