//! The fault bench: what must hold when processes die, power goes, links break, disks fill and clocks jump.
//!
//! `README.md` beside this file has the table, with numbers from a real run. The short versions run with the other
//! tests; `deploy/soak.sh` runs the long ones (`bench` reads how long from the environment) and prints the table.
//! What arrived is judged by a process of its own that keeps a journal on disk (`judge`), and shares no code with
//! what it judges.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

// What the rows are made of.
mod bench;
mod cable;
mod disk;
mod here;
mod journal;
mod judge;
mod queue;
mod spool;

// The rows.
mod brokers;
mod clocks;
mod configurations;
mod corruption;
mod kills;
mod mild;
mod power;
mod storage;
mod storm;
mod uplink;
