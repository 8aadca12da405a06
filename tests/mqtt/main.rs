//! The publisher against real brokers (Debian's mosquitto, the embedded one) and against a broker that
//! misbehaves on purpose.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod commands;
mod crash;
mod daemon;
mod delivery;
mod embedded;
mod failover;
mod fake;
mod faults;
mod here;
mod measure;
mod mutual;
mod renew;
mod secrets;
mod signing;
mod tail;
