//! The publisher against real brokers (Debian's mosquitto, the embedded one) and against a broker that
//! misbehaves on purpose.

#[path = "../support/mod.rs"]
mod support;

mod commands;
mod crash;
mod delivery;
mod embedded;
mod fake;
mod faults;
mod here;
mod secrets;
mod tail;
