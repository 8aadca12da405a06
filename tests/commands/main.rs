//! Commands against the real daemon and a real broker: who is believed, what takes effect, what is written down, and
//! how a configuration changes.
#![cfg(feature = "demo")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod configuration;
mod coverage;
mod file;
mod here;
mod hostile;
mod keys;
mod languages;
mod models;
mod named_paths;
mod orders;
mod originals;
mod pipes;
mod recordings;
mod resend;
mod transfers;
