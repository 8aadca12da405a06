//! What every part of Lookout shares, each written down once. Most of it are words: how urgent an alert is, where in its
//! life it is, what is wrong with a camera, how pictures travel. The rest is small: secrets, digests, rate limits, waits.
//!
//! A word here is what the analysis computes with, what the configuration file says and what the published JSON says, so
//! a doc comment on it is a sentence that an installer and a command-centre developer read. Once published, a word is
//! never renamed. Must never do anything: no I/O, no clock, no thread.

pub(crate) mod at;
pub(crate) mod backoff;
pub mod box_state;
pub mod camera_condition;
pub mod coverage_state;
pub mod decoding;
pub mod direction;
pub mod gap;
pub mod hex;
pub(crate) mod language;
pub mod level;
pub mod modbus;
pub mod mqtt;
pub(crate) mod not_a_file;
pub mod phase;
pub mod provider;
pub(crate) mod rate;
pub mod responsible;
pub mod secret;
pub mod transport;
pub mod trust;
pub mod verdict;
