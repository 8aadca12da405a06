//! Models: those that come with Lookout, public ones, broken ones, and what the command line makes of them. One program,
//! because linking takes longer than most of the tests; what counts allocations has one of its own.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/clip_frames.rs"]
mod clip_frames;
#[path = "../support/mod.rs"]
mod support;

mod broken_models;
mod bundled_models;
mod commands;
mod models;
mod public_models;
