//! A program that was built without the page has this in its place: nothing is served, and nothing is kept for it, not even
//! what a program with the page left behind: its consumer in the outbox and its alerts. Names and the certificate stay.

use std::fs;
use std::time::Duration;

use super::report::{Readings, Report};
use super::running::Running;
use super::stages::{CommandStage, Context, Storage};
use crate::config::Config;
use crate::control::LocalDesk;
use crate::text::{Sentence, log_warn, page as say};

/// What `web` calls its consumer, its folder in the outbox's, and its alerts.
const CONSUMER: &str = "page";
const FOLDER: &str = "page";
const FILES: [&str; 4] = ["alerts.db", "alerts.db-wal", "alerts.db-shm", "alerts.db.damaged"];

/// No page.
pub struct PageStage;

impl PageStage {
    /// Nothing is served.
    pub fn start(context: Context<'_>, storage: &Storage, _: &CommandStage, _: LocalDesk) -> Self {
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
    pub fn set(&mut self, _: &Config) {}

    /// Nothing can be wrong.
    pub fn trouble(&self) -> Option<(Sentence, Option<Sentence>)> {
        None
    }

    /// Nothing ends.
    pub fn stop(self, _: Duration) {}
}

impl Running {
    /// Nobody looks.
    pub fn show_on_page(&self, _: &Report, _: &Readings) {}
}
