//! What several integration tests share. Only declares modules; each is used by some of the tests.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "every test binary uses its own part")]

pub mod clips;
pub mod consumer;
pub mod daemon;
pub mod fault_report;
pub mod film;
pub mod labels;
pub mod listener;
pub mod logs;
pub mod mosquitto;
pub mod onnx;
pub mod onvif_camera;
pub mod python;
pub mod recordings;
pub mod rtsp_cameras;
pub mod rtsp_packets;
pub mod rtsp_plain;
pub mod rtsp_sink;
pub mod seen;
pub mod site;
pub mod stored;
pub mod tls_front;
pub mod tracks;
