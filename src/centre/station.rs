//! What workers share, and what each does with the messages that it took: everything but taking and acknowledging them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::BoxName;
use super::box_keys::KeyFolder;
use super::database;
use super::desk::Desk;
use super::inbound::{Incoming, Judged, Refused, Why, judge};
use super::pictures::PictureFolder;
use super::settings::{Database, Settings};
use super::store::{Committed, Store, StoreError};
use crate::text::{Sentence, argument, centre as say, log_info, log_warn};
use crate::types::backoff::doubled;

/// The first wait for a database that is away; doubles.
const WAIT_FIRST: Duration = Duration::from_millis(200);
/// And is never longer: people wait for alerts.
const WAIT_MOST: Duration = Duration::from_secs(3);

/// What workers share.
#[derive(Debug)]
pub(super) struct Station {
    pub prefix: String,
    pub keys: KeyFolder,
    pub pictures: PictureFolder,
    pub desk: Desk,
    pub database: Database,
}

impl Station {
    /// As the settings say.
    ///
    /// # Errors
    /// A file or folder that they name cannot be used.
    pub(super) fn open(settings: &Settings) -> Result<Self, Sentence> {
        let keys = KeyFolder::open(&settings.boxes)?;
        let desk = Desk::open(settings)
            .map_err(|error| error.sentence(settings.desk_key.as_deref().unwrap_or_else(|| "".as_ref())))?;
        std::fs::create_dir_all(&settings.evidence).map_err(|error| {
            argument::folder_not_made("evidence", settings.evidence.display(), argument::why_unread(&error))
        })?;
        Ok(Station {
            prefix: settings.prefix.clone(),
            keys,
            pictures: PictureFolder::new(&settings.evidence),
            desk,
            database: settings.database.clone(),
        })
    }
}

/// One that stores: its connection to the database, opened anew whenever it ended.
pub(super) struct Worker {
    pub station: Arc<Station>,
    pub stop: watch::Receiver<bool>,
    name: String,
    store: Option<Store>,
    failures: u32,
}

impl Worker {
    /// `name`: for people who look at the database.
    pub(super) fn new(station: Arc<Station>, name: &str, stop: watch::Receiver<bool>) -> Self {
        let name = format!("lookout-centre-{}-{name}", std::process::id());
        Worker { station, stop, name, store: None, failures: 0 }
    }

    /// Stores a batch, however long the database is away. `None`: it is to stop, and the batch is not stored.
    pub(super) async fn store(&mut self, messages: Vec<Incoming>) -> Option<Committed> {
        let keys = self.station.keys.keys();
        let station = self.station.clone();
        let judged: Vec<Judged> =
            messages.into_iter().map(|message| judge(&station.prefix, &keys, message)).collect();
        let judged = self.without_crowds(judged).await?;
        let mut all = Committed::default();
        // Batches that wait, the next one last. One that the database does not take is halved until the message is found.
        let mut parts = vec![judged];
        while let Some(part) = parts.pop() {
            while let Err(error) = write_pictures(&station.pictures, &part).await {
                log_warn!(say::picture_unwritten(argument::why_unread(&error)));
                self.wait().await?;
            }
            match self.commit(&part).await? {
                Ok(committed) => {
                    all.marks.extend(committed.marks);
                    all.records += committed.records;
                    all.refused += committed.refused;
                }
                Err(why) if part.len() > 1 => {
                    tracing::debug!(why, "a batch is halved");
                    let (first, second) = part.split_at(part.len() / 2);
                    parts.extend([second.to_vec(), first.to_vec()]);
                }
                Err(why) => {
                    log_warn!(say::not_taken(why));
                    parts.extend(part.into_iter().next().and_then(given_up).map(|refused| vec![refused]));
                }
            }
        }
        Some(all)
    }

    /// Refuses pictures of boxes of which too many wait for an alert that names them, before they fill the disk.
    async fn without_crowds(&mut self, judged: Vec<Judged>) -> Option<Vec<Judged>> {
        let of_picture =
            |one: &Judged| if let Judged::Picture(picture) = one { Some(picture.of.clone()) } else { None };
        let boxes: BTreeSet<BoxName> = judged.iter().filter_map(of_picture).collect();
        if boxes.is_empty() {
            return Some(judged);
        }
        // A database that went away meanwhile is waited for at the commit.
        let crowded = self.connection().await?.crowded(&boxes).await.unwrap_or_default();
        let refuse = |one: Judged| match one {
            Judged::Picture(picture) if crowded.contains(&picture.of) => {
                let (of, topic) = (picture.of.clone(), picture.alert_id.clone());
                Judged::Refused(Refused { of, why: Why::Unannounced, topic, body: Vec::new() })
            }
            other => other,
        };
        Some(judged.into_iter().map(refuse).collect())
    }

    /// Whether the database took it, once it was there; `None`: it is to stop.
    async fn commit(&mut self, part: &[Judged]) -> Option<Result<Committed, String>> {
        loop {
            let keys = self.station.keys.keys();
            let error = match self.connection().await?.commit(&keys, part).await {
                Ok(committed) => {
                    self.failures = 0;
                    return Some(Ok(committed));
                }
                Err(StoreError::Data(why)) => return Some(Err(why)),
                Err(StoreError::Away(why)) => why,
            };
            self.report(say::database_away(error));
            self.store = None;
            self.wait().await?;
        }
    }

    /// The connection, once there is one; `None`: it is to stop.
    pub(super) async fn connection(&mut self) -> Option<&mut Store> {
        while self.store.is_none() {
            match self.connect().await {
                Ok(store) => {
                    if std::mem::take(&mut self.failures) > 0 {
                        log_info!(say::database_back());
                    }
                    self.store = Some(store);
                }
                Err(why) => {
                    self.report(why);
                    self.wait().await?;
                }
            }
        }
        self.store.as_mut()
    }

    /// The connection is of no use any more.
    pub(super) fn disconnect(&mut self) {
        self.store = None;
    }

    /// Whether the database is there and takes us.
    ///
    /// # Errors
    /// Why not.
    pub(super) async fn reach(&self) -> Result<(), Sentence> {
        self.connect().await.map(drop)
    }

    async fn connect(&self) -> Result<Store, Sentence> {
        let mut store = database::open(&self.station.database, &self.name).await?;
        match store.migrate().await {
            Ok(()) => Ok(store),
            Err(StoreError::Away(why) | StoreError::Data(why)) => Err(say::database_away(why)),
        }
    }

    /// Says once that the database is away, and not at every try.
    fn report(&self, why: Sentence) {
        match self.failures {
            0 => log_warn!(why),
            _ => tracing::debug!(%why, "still away"),
        }
    }

    /// Waits longer each time; `None` once it is to stop.
    async fn wait(&mut self) -> Option<()> {
        let wait = doubled(WAIT_FIRST, self.failures, WAIT_MOST);
        self.failures = self.failures.saturating_add(1);
        tokio::select! {
            () = tokio::time::sleep(wait) => Some(()),
            _ = self.stop.wait_for(|stop| *stop) => None,
        }
    }
}

/// Pictures are on disk before the row that names them.
async fn write_pictures(folder: &PictureFolder, judged: &[Judged]) -> std::io::Result<()> {
    let pictures: Vec<_> = judged
        .iter()
        .filter_map(|one| if let Judged::Picture(picture) = one { Some(picture.clone()) } else { None })
        .collect();
    if pictures.is_empty() {
        return Ok(());
    }
    let folder = folder.clone();
    let write =
        move || pictures.iter().try_for_each(|one| folder.store(&one.sha256, one.is_original, &one.body));
    tokio::task::spawn_blocking(write).await.map_err(std::io::Error::other)?
}

/// A message that the database does not take, as one that is refused; a refusal that it does not take either is given up.
fn given_up(judged: Judged) -> Option<Judged> {
    let (of, topic, body) = match judged {
        Judged::Record(record) | Judged::Unproven(record) => {
            (record.of.clone(), record.suffix.clone(), record.body.clone())
        }
        Judged::Signature(signature) => (signature.of, String::new(), signature.jws.into_bytes()),
        Judged::Picture(picture) => (picture.of.clone(), picture.alert_id.clone(), Vec::new()),
        Judged::Latest(latest) => (latest.of.clone(), latest.suffix.clone(), latest.body.clone()),
        Judged::Cleared(of, suffix) => (of, suffix, Vec::new()),
        Judged::Refused(_) => return None,
    };
    Some(Judged::Refused(Refused { of, why: Why::Malformed, topic, body }))
}
