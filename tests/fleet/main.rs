//! The command centre's receiver against what it runs with: NATS JetStream, PostgreSQL, mosquitto, as Debian packages them. Boxes are
//! played by the tests, message by message; `deploy/fleet/run.sh` has real ones. What is stored is looked at with `psql`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/mosquitto.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod mosquitto;

mod believed;
mod centre;
mod held;
mod one_broker;
mod played;
mod servers;
