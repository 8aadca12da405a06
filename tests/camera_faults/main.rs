//! Everything cameras get wrong, each fault a named test: what the box must do, how soon it is well again, and
//! that nobody else is disturbed. `README.md` beside this file lists them.
//!
//! The camera's part is played by the programmable server of `support::rtsp_plain`, which shares no code with
//! the client. What is wrong with the *picture* (frozen, dark, covered, turned) is tested in `camera_health`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod answers;
mod bitstream;
mod descriptions;
mod framing;
mod here;
mod logins;
mod loss;
mod many;
mod sessions;
mod silence;
mod stamps;
mod watching;
