//! What others make of the published documents and of messages: types that public generators make for Python and
//! TypeScript, a Node.js program made by a public template, and a command centre that has nothing of ours, only a public MQTT
//! client and the CloudEvents SDK; and the integrator's worked example, which does all that a command centre has to do.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod centre;
mod field;
mod generated;
mod receiver;
mod tools;
