//! Lookout: cameras and sensors in, few trustworthy early-warning alerts out.
//!
//! # The map of the house
//!
//! ```text
//!  camera ─ RTSP ─► video: gate ► decode ─► mailbox (1 frame, newest wins) ─► scheduler
//!                          ▲ how much is decoded: what the rules need now        │
//!                            pipeline: moved? ► detector: convert ► infer ► decode boxes
//!                                                                │ detections
//!                       analysis: tracker ► rules ─observations─┬► alerts     pure, one owner, no clock
//!  sensor ─ MQTT, Modbus, HTTP ─► sensors ─ readings ───────────┴► signals ► fusion ► alerts
//!                                                                │ revisions
//!                       alerts: evidence, message ─► outbox (SQLite, on disk before anything else)
//!                                                                │
//!                       mqtt ─► command centre ─► acknowledgement ─► control ─► analysis
//!
//!  what goes into analysis, without pictures ─┬─► journal (some days) ─► retune: the same days under another configuration
//!                                             │                         tune: what each value would have made of the judged alerts
//!                                             └─► shadow: another configuration, live, beside the one that runs
//!  what could have been reported, each second ─► coverage (a ledger of hours) ─► `up/count`, `lookout coverage`, the page
//! ```
//!
//! Arrows point one way: `main > cli > {daemon, sentences, centre} > {web, metrics} > {tune, shadow} > retune > {pipeline, control, view > alerts} > {video, detector, sensors, onvif, outbox, journal, mqtt, {audit, coverage} > hash_chain, evidence, config, lifeline} > {comparison > contract, frame, clock, input_file, private_files, threads} > analysis > text > types`.
//! `types` holds the words that all of them share, `text` the sentences that people read; a rule, a command and a way
//! by which numbers come from sensors (MQTT, Modbus, HTTP) hold their own, and `sentences` finds all of them.
//! Edges do not import one another, but for two: `mqtt` may use `outbox`, and `config` uses `sensors`, as what may stand in the
//! configuration of a source is said by the source. `tests/architecture.rs` holds these arrows.
//!
//! # Invariants
//!
//! - Time is an argument. `analysis` never asks what time it is, so a day replays in seconds and twice
//!   the same way, byte for byte.
//! - A frame may be dropped (counted, per camera, with the reason). From observation onwards nothing is
//!   dropped silently.
//! - What is not decoded is chosen, not lost: a gate gives rules every look they say they need, also those that led up
//!   to it, as far as its ring reaches.
//! - Missing is not normal: a camera or sensor that is silent, or a camera that cannot see, makes what
//!   depends on it unknown, never "off".
//! - Every thread and task has a name, an owner that awaits it, a bounded queue with a stated overflow
//!   rule, and a stop path with a deadline.
//! - Input from cameras, sensors, brokers, models or files never panics. A panic is our bug; one camera's never
//!   stops another's work.
//! - Detection, never identification. There is deliberately no embedding, no matching, no list of people,
//!   no plate text, no age, sex or ethnicity, in code, models or schema; `tests/architecture.rs` reads
//!   the published schema for it.
//!
//! # Glossary
//!
//! frame: one decoded picture of one camera with its arrival time · detection: a box with a class and a
//! score in one frame · track: detections of one thing over time in one camera · observation: what a rule
//! saw or a sensor said, with a strength 0..1 · signal: the belief that one kind of thing happens at one
//! place: on, off or unknown · alert: something worth reporting, with an id, revisions and a life ·
//! evidence: a redacted picture that goes with an alert · grid: the place, as a code.

#![warn(unreachable_pub)]

pub mod analysis;
pub mod clock;
pub mod contract;
pub mod frame;
pub(crate) mod hash_chain;
pub(crate) mod input_file;
pub mod lifeline;
pub(crate) mod metrics;
pub mod text;
pub(crate) mod threads;
pub mod types;

pub mod alerts;
pub mod audit;
#[cfg(feature = "centre")]
pub(crate) mod centre;
pub mod cli;
pub(crate) mod comparison;
pub mod config;
pub mod control;
pub mod coverage;
pub(crate) mod daemon;
pub mod detector;
pub mod evidence;
pub mod journal;
pub mod mqtt;
pub mod onvif;
pub mod outbox;
pub mod pipeline;
pub(crate) mod private_files;
pub(crate) mod retune;
pub mod sensors;
pub(crate) mod sentences;
pub(crate) mod shadow;
#[cfg(feature = "web")]
pub(crate) mod tune;
pub mod video;
pub mod view;
#[cfg(feature = "web")]
pub mod web;
