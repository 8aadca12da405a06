//! What others make of the published documents and of messages: types that public generators make for Python and
//! TypeScript, a Node.js program made by a public template, and a command centre that has nothing of ours, only a public MQTT
//! client and the CloudEvents SDK.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod generated;
mod receiver;
mod tools;
