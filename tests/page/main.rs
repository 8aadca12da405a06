//! The page on the box, against the real daemon and a real broker: who gets in, what they see and may do, what leaves, and
//! what those do not achieve who mean harm; then in a real browser.
#![cfg(all(feature = "web", feature = "demo"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod access;
mod alerts;
mod backup;
mod browser;
mod by_finger;
mod changes;
mod client;
#[cfg(not(debug_assertions))]
mod cost;
mod here;
mod limits;
mod live;
mod past;
mod rules;
mod shapes;
mod test_alert;
mod webdriver;
mod whole;
mod wizard;
