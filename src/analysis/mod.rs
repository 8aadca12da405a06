//! The analysis: tracks, rules, alerts. The reason Lookout exists.
//!
//! ```text
//! detections ─► filters, furniture ─► tracker ─► rules (a watch per rule and camera) ─observations─┬─► book ───► revisions
//!               motion, assignment                                       sensors ──┐    │            alert, acceptance
//!                                                                                  └────┴─► signals ─► fusion ─► revisions
//! ```
//!
//! [`Analysis`] owns all of it and is driven by [`Event`]s.
//!
//! PURE: no I/O, no clock, no threads, no async, no randomness. Everything that happens comes in as an
//! argument with its time; everything that follows goes out as a return value. Imports nothing of ours
//! but itself.

pub(crate) mod acceptance;
pub mod alert;
pub mod alert_lifecycle;
pub(crate) mod assignment;
pub mod camera_health;
mod camera_health_state;
pub(crate) mod counts;
pub mod derived;
pub mod detection;
pub mod empty_view;
mod engine;
pub mod filters;
pub mod flow;
mod full_box;
pub(crate) mod furniture;
pub(crate) mod fusion;
pub mod geometry;
pub mod grid;
pub mod ground;
pub mod heights;
pub(crate) mod kalman;
pub(crate) mod motion_detector;
pub(crate) mod pem;
pub(crate) mod pixel_change;
pub(crate) mod plan;
pub(crate) mod plausible;
pub(crate) mod quality;
pub(crate) mod roi;
pub mod rules;
pub mod schedule;
pub mod sensor;
mod sensor_evaluator;
pub(crate) mod signals;
pub(crate) mod test_alert;
#[cfg(test)]
mod test_support;
pub mod time;
pub mod tracker;
pub(crate) mod typography;
pub(crate) mod why_not;

pub use engine::{Analysis, Event, RequiredRate};
pub use plan::Plan;

/// How often an alert that goes on unchanged is reported again, so that a consumer sees it is alive.
pub(crate) const REMINDER: std::time::Duration = std::time::Duration::from_secs(60);
