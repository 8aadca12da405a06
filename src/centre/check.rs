//! `lookout centre check`: what would keep the centre from working, all of it at once, before it is started.

use std::time::Duration;

use super::box_keys::BoxKeys;
use super::desk::Desk;
use super::settings::{Inlet, Settings, unreadable_files};
use super::station::{Station, Worker};
use super::{jetstream, tls};
use crate::text::{Sentence, argument, centre as say};

/// What a server gets to answer.
const WITHIN: Duration = Duration::from_secs(10);

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    /// Each, and what to try where there is something.
    pub(crate) problems: Vec<(Sentence, Option<Sentence>)>,
    /// What works, but hardly as it was meant.
    pub(crate) warnings: Vec<(Sentence, Option<Sentence>)>,
    /// Boxes that have a key.
    pub(crate) boxes: usize,
}

/// Looks at everything that the settings name; with `reach`, also whether NATS and the database answer.
pub(crate) async fn check(settings: &Settings, reach: bool) -> Checked {
    let mut found = Checked::default();
    found.problems.extend(unreadable_files(settings).into_iter().map(|(what, hint)| (what, Some(hint))));
    match BoxKeys::read(&settings.boxes) {
        Ok((keys, problems)) => {
            found.boxes = keys.len();
            found.problems.extend(problems.into_iter().map(|what| (what, Some(say::try_box_key()))));
            if keys.len() == 0 {
                found.warnings.push((say::no_boxes(settings.boxes.display()), Some(say::try_box_key())));
            }
        }
        Err(what) => found.problems.push((what, Some(say::try_folder()))),
    }
    if found.problems.is_empty() {
        certificates(settings, &mut found);
    }
    if !settings.evidence.is_dir()
        && let Err(error) = std::fs::create_dir_all(&settings.evidence)
    {
        let why = argument::why_unread(&error);
        found.problems.push((argument::folder_not_made("evidence", settings.evidence.display(), why), None));
    }
    if settings.desk_key.is_none() {
        found.warnings.push((say::no_desk_key(), Some(say::try_desk_key())));
    }
    if reach && found.problems.is_empty() {
        servers(settings, &mut found).await;
    }
    found
}

fn certificates(settings: &Settings, found: &mut Checked) {
    if let (Err(error), Some(path)) = (Desk::open(settings), &settings.desk_key) {
        found.problems.push((error.sentence(path), Some(say::try_desk_key())));
    }
    let of_inlet = match &settings.inlet {
        Inlet::Nats(nats) => &nats.tls,
        Inlet::Mqtt(mqtt) => &mqtt.tls,
    };
    for files in [Some(of_inlet), settings.database.tls.as_ref()].into_iter().flatten() {
        found.problems.extend(tls::client_config(files).err().map(|what| (what, None)));
    }
}

async fn servers(settings: &Settings, found: &mut Checked) {
    if let Inlet::Nats(nats) = &settings.inlet {
        found.problems.extend(jetstream::reach(nats, WITHIN).await.err().map(|what| (what, None)));
    }
    match Station::open(settings) {
        Ok(station) => {
            let worker = Worker::new(station.into(), "check", tokio::sync::watch::channel(false).1);
            found.problems.extend(worker.reach().await.err().map(|what| (what, Some(say::try_database()))));
        }
        Err(what) => found.problems.push((what, None)),
    }
}
