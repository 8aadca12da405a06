//! The files of a shadow, in the folder of what the command centre asked for; each is replaced whole or not at all.
//!
//! ```text
//! shadow.json          what is asked for, while it judges; the daemon's main thread writes it
//! shadow-state.json    what the judge needs to go on after a restart; the shadow's thread writes it
//! shadow-summary.json  what it found so far, also after its end; the daemon's main thread writes it
//! shadow-request.json  `lookout shadow` asks the daemon; whoever may write into the folder may ask
//! shadow-answer.json   and is answered
//! ```
//!
//! Whatever cannot be read is as if it were not there. Must never hold a secret.

use std::io;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::lives::Lives;
use super::summary::{Both, Summary};
use crate::analysis::time::Timestamp;
use crate::contract::shadow::{ShadowCounts, ShadowRevision};
use crate::contract::words::Time;
use crate::private_files;
use crate::retune::Kept;

const STORED: &str = "shadow.json";
const STATE: &str = "shadow-state.json";
const SUMMARY: &str = "shadow-summary.json";
const REQUEST: &str = "shadow-request.json";
const ANSWER: &str = "shadow-answer.json";
/// More is not read of any of them: a configuration of a thousand cameras takes a tenth.
const MOST_BYTES: u64 = 16 << 20;

/// A shadow that was asked for and judges.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stored {
    /// The file, or what the command centre calls it.
    pub(crate) name: String,
    /// What relative paths in it are meant from.
    pub(crate) path: PathBuf,
    /// The whole configuration.
    pub(crate) toml: String,
    pub(crate) sha256: String,
    /// Who asked for it.
    pub(crate) by: String,
    pub(crate) since: Time,
    pub(crate) until: Time,
}

/// What the judge of a shadow needs to go on after a restart, and what it found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct State {
    /// Of which shadow: [`Stored::sha256`] and [`Stored::since`].
    pub(super) of: String,
    pub(super) judge: Kept,
    pub(super) live: Lives,
    pub(super) shadow: Lives,
    /// What was compared for good.
    #[serde(default)]
    pub(super) settled: ShadowCounts,
    pub(super) revisions: u64,
    pub(super) missed: u64,
    pub(super) latest: Vec<ShadowRevision>,
}

/// What `lookout shadow` asks of the daemon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Request {
    /// Its answer has the same.
    pub(crate) id: String,
    /// Who asks.
    pub(crate) by: String,
    /// The configuration that is to judge; none: what judges is to end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) begin: Option<Begin>,
    /// When.
    pub(crate) at: Time,
}

/// Whoever asks waits for half a minute; a clock that was set meanwhile may be off by more.
const LATE_AFTER_SECS: i64 = 300;

impl Request {
    /// Asked now.
    pub(crate) fn new(by: String, begin: Option<Begin>) -> Self {
        Request { id: ulid::Ulid::new().to_string(), by, begin, at: Time(Timestamp::now()) }
    }

    /// Whether nobody waits for it any more, as the box did not run when it was asked.
    pub(crate) fn is_late(&self, now: Timestamp) -> bool {
        (now.as_second() - self.at.0.as_second()).abs() > LATE_AFTER_SECS
    }
}

/// A configuration that is to judge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Begin {
    pub(crate) path: PathBuf,
    pub(crate) toml: String,
    pub(crate) lasts_secs: u64,
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Answer {
    /// Of which request.
    pub(crate) id: String,
    /// Why it was not done; none: it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) refused: Option<Both>,
}

fn read<T: DeserializeOwned>(folder: &Path, name: &str) -> Option<T> {
    let bytes = private_files::read(&folder.join(name), MOST_BYTES).ok()?;
    serde_json::from_slice(&bytes).ok()
}

fn write(folder: &Path, name: &str, what: &impl Serialize) -> io::Result<()> {
    private_files::write_private(folder, name, &serde_json::to_vec(what)?)
}

fn remove(folder: &Path, name: &str) {
    // One that is there again is none that does harm: a request is answered once more, a state is of no shadow.
    let _ = std::fs::remove_file(folder.join(name));
}

/// The shadow that judged before the restart.
pub(crate) fn load(folder: &Path) -> Option<Stored> {
    read(folder, STORED)
}

/// It judges also after a restart.
///
/// # Errors
/// It cannot be written.
pub(crate) fn remember(folder: &Path, stored: &Stored) -> io::Result<()> {
    write(folder, STORED, stored)
}

/// It judges no more.
pub(crate) fn forget(folder: &Path) {
    remove(folder, STORED);
    remove(folder, STATE);
}

impl Stored {
    fn of(&self) -> String {
        format!("{} {}", self.sha256, self.since)
    }

    /// What its judge needs to go on; nothing where it begins.
    pub(super) fn state(&self, folder: &Path) -> Option<State> {
        read(folder, STATE).filter(|state: &State| state.of == self.of())
    }

    pub(super) fn keep_state(&self, folder: &Path, state: State) -> io::Result<()> {
        write(folder, STATE, &State { of: self.of(), ..state })
    }
}

/// What the shadow found that judges, or that judged last; nothing where there was none.
pub(crate) fn summary_in(folder: &Path) -> Option<Summary> {
    read(folder, SUMMARY)
}

/// Writes it.
///
/// # Errors
/// It cannot be written.
pub(crate) fn write_summary(folder: &Path, summary: &Summary) -> io::Result<()> {
    write(folder, SUMMARY, summary)
}

/// Asks the daemon.
///
/// # Errors
/// The folder is not there or cannot be written.
pub(crate) fn send_request(folder: &Path, request: &Request) -> io::Result<()> {
    write(folder, REQUEST, request)
}

/// What is asked of the daemon, once.
pub(crate) fn take_request(folder: &Path) -> Option<Request> {
    let bytes = private_files::read(&folder.join(REQUEST), MOST_BYTES).ok()?;
    remove(folder, REQUEST);
    serde_json::from_slice(&bytes).ok()
}

/// Nobody answered.
pub(crate) fn forget_request(folder: &Path) {
    remove(folder, REQUEST);
}

impl Answer {
    /// Gives it.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn give(&self, folder: &Path) -> io::Result<()> {
        write(folder, ANSWER, self)
    }
}

/// The answer to that request, once it is there.
pub(crate) fn answer(folder: &Path, id: &str) -> Option<Answer> {
    read(folder, ANSWER).filter(|answer: &Answer| answer.id == id)
}
