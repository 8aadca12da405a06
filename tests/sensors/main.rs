//! Sensors against what stands at the other end: a real MQTT broker (Debian's mosquitto), a real Modbus server
//! (pymodbus, over TCP and over a serial line made of two ptys), devices that misbehave on purpose, and plain HTTP clients.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod here;
mod installed;
mod log;
mod modbus_field;
mod modbus_late;
mod modbus_real;
mod mqtt;
mod shadow;
mod webhook;
mod without_cameras;
