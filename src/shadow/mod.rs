//! A shadow: a second configuration judges what cameras and sensors give, live, beside the one that runs.
//!
//! ```text
//! analysis thread ─ inputs, what is published ─┬─► journal
//!                                              └─► a bounded queue ─► shadow thread: judge (retune) ─┬─► journal: what it would have published
//!                                                                                                    └─► what it found: counts, differences
//! ```
//!
//! It judges with the same [`Judge`](crate::retune::Judge) as `lookout retune`, given the same entries, so what it makes of a day is
//! what `retune` makes of the journal of that day. What is asked for ([`Stored`]) and what it needs to go on ([`Kept`](crate::retune::Kept)) outlast a
//! restart in the folder of what the command centre asked for; what it found ([`Summary`]) lies there for whoever shows it.
//!
//! Must never publish an alert, keep the analysis waiting, or take it down with it: a queue that is full costs the shadow
//! entries, which is counted and said, and a panic ends the shadow alone.

mod files;
mod lives;
mod summary;
#[cfg(test)]
mod tests;
mod thread;

pub(crate) use files::{
    Answer, Begin, Request, Stored, answer, forget_request, send_request, summary_in, take_request,
};
pub(crate) use files::{forget, load, remember, write_summary};
pub(crate) use lives::{ShownDifference, WhatDiffers};
pub(crate) use summary::{Both, Summary, ending_words};
pub(crate) use thread::{Found, ShadowThread, Start};

use std::time::Duration;

use crate::contract::shadow::LASTS_AT_MOST_SECS;

/// How long a shadow judges unless something else is asked for: a week has every day of it.
pub(crate) const USUALLY_LASTS: Duration = Duration::from_secs(7 * 86_400);
/// The longest.
pub(crate) const LASTS_AT_MOST: Duration = Duration::from_secs(LASTS_AT_MOST_SECS as u64);
