//! A program that was built without the page has this in its place: nothing is served, and nothing is kept for it, not even
//! what a program with the page left behind: its consumer in the outbox and its alerts. Names and the certificate stay.

use std::fs;
use std::path::PathBuf;
use std::sync::mpsc::Sender;
use std::time::Duration;

use super::Control;
use super::report::{Readings, Report};
use super::running::Running;
use super::stages::{CommandStage, Context, Storage};
use crate::config::Config;
use crate::control::LocalDesk;
use crate::control::overrides::{StoredOverrides, TrialEnd};
use crate::text::{Sentence, log_warn, page as say};
use crate::view::Viewer;

/// What `web` calls its consumer, its folder in the outbox's, and its alerts.
const CONSUMER: &str = "page";
const FOLDER: &str = "page";
const FILES: [&str; 4] = ["alerts.db", "alerts.db-wal", "alerts.db-shm", "alerts.db.damaged"];

/// No page.
pub(crate) struct PageStage;

impl PageStage {
    /// Nothing is served.
    pub(super) fn start(
        context: Context<'_>,
        storage: &Storage,
        _: &CommandStage,
        _: LocalDesk,
        _: Viewer,
        _: Sender<Control>,
        _: Option<PathBuf>,
    ) -> Self {
        if let Err(error) = storage.outbox.unregister(CONSUMER) {
            log_warn!(say::log_still_kept(); %error);
        }
        let folder = context.config.outbox.dir.join(FOLDER);
        for file in FILES {
            // Mostly there is none.
            let _ = fs::remove_file(folder.join(file));
        }
        PageStage
    }

    /// Nothing changes.
    pub(crate) fn set(&mut self, _: &Config) {}

    /// Nobody asks.
    pub(crate) fn update(
        &self,
        _: &Config,
        _: &StoredOverrides,
        _: Option<Duration>,
        _: Option<String>,
        _: Option<&TrialEnd>,
    ) {
    }

    /// Nothing can be wrong.
    pub(crate) fn trouble(&self) -> Option<(Sentence, Option<Sentence>)> {
        None
    }

    /// Nothing ends.
    pub(crate) fn stop(self, _: Duration) {}
}

impl Running {
    /// Nobody looks.
    pub(crate) fn show_on_page(&self, _: &Report, _: &Readings) {}
}
