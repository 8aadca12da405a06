//! The metrics of the real daemon: a real Prometheus scrapes them, `promtool` checks what they and the rules say, and those who
//! ask too much, too slowly or without the token keep nobody else out.
#![cfg(feature = "demo")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod here;
mod listener;
mod log;
mod prometheus;
