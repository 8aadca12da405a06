//! The command centre's receiver: workers that store what boxes say into PostgreSQL, and mark what is stored.
//!
//! ```text
//!  boxes ─ MQTT ─► NATS JetStream (three nodes) ─ durable consumer ─► worker ─┐ commit ─► acknowledge ─► mark ─► box
//!        └───────► one broker (MQTT 5) ─ kept session ─────────────► worker ─┤
//!                                                                            └► PostgreSQL, pictures by digest on disk
//! ```
//!
//! For each batch, in this order, and the order is all there is to it: judge ([`inbound`]), write pictures to disk ([`pictures`]), commit
//! ([`store`]), acknowledge to the broker, send marks to the boxes ([`desk`]). A worker may be killed between any two of these; what makes
//! that harmless stands in [`store`]. What is missing is asked for again ([`tasks`]).
//!
//! A feature of its own (`centre`), which no box is built with. It knows of a box what the contract says, and uses nothing of the
//! daemon. A centre that has its own software reads it as an example; nothing in a box depends on it. Must never acknowledge or mark
//! anything before it is stored, and never believe a box without its key.

mod batch;
mod box_keys;
mod check;
mod database;
mod desk;
mod inbound;
mod jetstream;
mod mqtt_inlet;
mod pictures;
mod rows;
pub(crate) mod settings;
mod station;
mod store;
mod tasks;
mod tls;
mod wire_names;

use std::sync::Arc;

use tokio::sync::watch;

pub(crate) use check::check;
use settings::{Inlet, Settings};
use station::Station;

use crate::text::{Sentence, centre as say, log_info};

/// A box: its name is its own within its area only.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct BoxName {
    /// Six digits of the county.
    area: String,
    name: String,
}

/// Runs until `stop` is set: what was taken by then is stored and acknowledged.
///
/// # Errors
/// A file that the settings name cannot be used. A database or broker that is away is no error: it is waited for.
pub(crate) async fn run(settings: Settings, stop: watch::Receiver<bool>) -> Result<(), Sentence> {
    let station = Arc::new(Station::open(&settings)?);
    log_info!(say::started(station.keys.keys().len(), settings.workers));
    if !station.desk.signs() {
        crate::text::log_warn!(say::no_desk_key());
    }
    let result = match settings.inlet {
        Inlet::Nats(nats) => jetstream::run(station, &nats, settings.workers, stop).await,
        Inlet::Mqtt(mqtt) => mqtt_inlet::run(station, &mqtt, stop).await,
    };
    log_info!(say::stopped());
    result
}
