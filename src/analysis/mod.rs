//! What the pictures mean: tracks, rules, alerts. The reason Lookout exists.
//!
//! PURE: no I/O, no clock, no threads, no async, no randomness. Everything that happens comes in as an
//! argument with its time; everything that follows goes out as a return value. Imports nothing of ours
//! but itself.

pub mod alert;
pub mod detection;
pub mod geometry;
pub mod grid;
pub mod rules;
pub mod schedule;
pub mod time;

/// How often an alert that goes on unchanged is told again, so that a consumer sees it is alive.
pub const REMINDER: std::time::Duration = std::time::Duration::from_secs(60);
