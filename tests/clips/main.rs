//! Lookout on real clips, on what a detector saw in them, and on the clip that comes with it. What needs the clips is
//! reported as ignored where they are not there.
//!
//! ```sh
//! cargo test --test clips rules:: -- --include-ignored --nocapture
//! ```
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;
#[macro_use]
mod places;

mod analysis;
mod demo;
mod far_away;
mod fire_look_alikes;
mod gate;
mod model_floors;
mod quiet_hour;
mod replay;
mod rules;
mod why_not;
