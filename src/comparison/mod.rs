//! What two configurations make of the same past, side by side: which alerts are in both, which in one only, and what that
//! costs. `lookout retune` compares over the journal of a box, `lookout compare` over a recording.
//!
//! ```text
//! revisions of the one ─┐
//!                       ├─► differences ─► reasons (of two plans) ─► price ─► report: text, JSON, HTML
//! revisions of the other┘
//! ```
//!
//! Pure: revisions, plans, verdicts and pictures come in, texts go out. Must never judge anything itself, and must never
//! show a picture that was not redacted: the pictures it is given are those that the box keeps as evidence.

mod alert_life;
mod difference;
mod lasting;
mod price;
mod reasons;
mod report;
#[cfg(test)]
mod test_alerts;

pub(crate) use alert_life::AlertLife;
#[cfg(feature = "web")]
pub(crate) use alert_life::Lives;
pub(crate) use difference::{Difference, Pairing, differences, of_lives};
pub(crate) use lasting::lasting;
pub(crate) use reasons::give_reasons;
#[cfg(feature = "web")]
pub(crate) use report::style_within;
pub(crate) use report::{Comparison, Note, Picture, level_name};
#[cfg(feature = "web")]
pub(crate) use report::{both, both_in_one, notes_html, page, shown_note};
