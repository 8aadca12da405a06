//! The words that every part of Lookout shares, each written down once: how urgent an alert is, where in its life it is,
//! what is wrong with a camera, how pictures travel.
//!
//! A type here is what the analysis computes with, what the configuration file says and what the published JSON says, so
//! a doc comment on it is a sentence that an installer and a command-centre developer read. Once published, a word is
//! never renamed. Must never do anything: no I/O, no clock, no thread.

pub mod box_state;
pub mod camera_condition;
pub mod decoding;
pub mod direction;
pub mod gap;
pub mod level;
pub mod modbus;
pub mod mqtt;
pub mod phase;
pub mod provider;
pub mod transport;
