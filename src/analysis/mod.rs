//! What the pictures mean: tracks, rules, alerts. The reason Lookout exists.
//!
//! PURE: no I/O, no clock, no threads, no async, no randomness. Everything that happens comes in as an
//! argument with its time; everything that follows goes out as a return value. Imports nothing of ours
//! but itself.

pub mod detection;
pub mod geometry;
pub mod grid;
pub mod time;
