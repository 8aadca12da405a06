//! State shared by all requests of the page: who is logged in, what is known of the box, and how something that waits
//! for the disk is done beside the page's one thread.

use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use jiff::tz::TimeZone;
use parking_lot::Mutex;
use tokio::sync::{Semaphore, SemaphorePermit, watch};

use super::accounts::Accounts;
use super::changes::{Banner, Proposals};
use super::history::History;
use super::layout::Shell;
use super::live::{Streams, Versions};
use super::lockout::Lockout;
use super::pace::Pace;
use super::past::backtest::Backtests;
use super::past::ledger::LedgerReader;
use super::request::{Reader, Refused, Visitor};
use super::sessions::Sessions;
use super::status::BoxStatus;
use super::test_alert::LastTest;
use super::timeline::hours::Hours;
use super::walk_test::Walks;
use super::wizard::Wizards;
use super::{PageTrouble, Parts};
use crate::analysis::time::Moment;
use crate::audit::Entry;
use crate::config::rule_fields::has_camera;
use crate::contract::words::Language;
use crate::text::{Sentence, Words, page as say};
use crate::types::rate::Bucket;

/// How long somebody waits for their turn to have a password hashed.
const TURN_WITHIN: Duration = Duration::from_secs(3);
/// What the page's script says when it fetches a page by itself; somebody may not have looked at that.
const BY_ITSELF: &str = "x-lookout-refresh";

/// What all requests share.
pub(super) struct Site {
    pub(super) accounts: Mutex<Accounts>,
    pub(super) sessions: Mutex<Sessions>,
    pub(super) lockout: Mutex<Lockout>,
    pub(super) history: Mutex<History>,
    pub(super) status: watch::Receiver<Option<Arc<BoxStatus>>>,
    /// A new number whenever the history changed.
    pub(super) changes: watch::Sender<u64>,
    /// A new number whenever more is known of the past: a time line that was read, a trial that is further.
    pub(super) past: watch::Sender<u64>,
    /// The hours of the journal that were looked at lately.
    pub(super) hours: Hours,
    /// Changes that were tried on the last days.
    pub(super) backtests: Backtests,
    /// The coverage ledger as it was looked at lately.
    pub(super) ledger: LedgerReader,
    /// One password at a time: each takes memory and processor time on purpose.
    pub(super) hashing: Semaphore,
    /// How much of the processor the page takes.
    pub(super) pace: Arc<Pace>,
    /// Pages that are notified of changes.
    pub(super) streams: Arc<Streams>,
    pub(super) walks: Walks,
    /// The test alert that people at the page watch.
    pub(super) last_test: Mutex<Option<LastTest>>,
    pub(super) exports: Mutex<Bucket>,
    /// Changes of the configuration that are not tried yet.
    pub(super) proposals: Mutex<Proposals>,
    /// Cameras that are being added.
    pub(super) wizards: Mutex<Wizards>,
    /// The state of the page, for itself and for the centre.
    pub(super) trouble: Arc<Mutex<Option<PageTrouble>>>,
    pub(super) parts: Parts,
}

impl Site {
    pub(super) fn now(&self) -> Moment {
        self.parts.clock.now()
    }

    pub(super) fn language(&self) -> Language {
        self.status.borrow().as_ref().map_or(self.parts.language, |status| status.language)
    }

    pub(super) fn time_zone(&self) -> TimeZone {
        let reported = self.status.borrow().as_ref().map(|status| status.time_zone.clone());
        reported.unwrap_or_else(|| self.config().site.time_zone.clone())
    }

    /// What is so now, for a page that is made after it was asked.
    pub(super) fn versions(&self) -> Versions {
        Versions::of(self.status.borrow().as_deref(), *self.changes.borrow(), *self.past.borrow())
    }

    /// Of which time zone the times of every page are.
    fn times(&self) -> Sentence {
        let offset = self.now().utc.to_zoned(self.time_zone()).strftime("%:z").to_string();
        say::times_are_of(&self.config().site.time_zone_name, offset)
    }

    /// The site's name, or the box's.
    pub(super) fn name(&self) -> String {
        let status = self.status.borrow();
        let site = status.as_ref().and_then(|status| status.site.clone());
        site.unwrap_or_else(|| self.parts.box_name.clone())
    }

    /// What stands around a page of somebody who is logged in.
    pub(super) async fn shell<'v>(
        self: &Arc<Self>,
        reader: Reader,
        title: Sentence,
        here: String,
        headers: &HeaderMap,
        visitor: &'v Visitor,
    ) -> Result<Shell<'v>, Refused> {
        let by_itself = headers.contains_key(BY_ITSELF);
        let counts = self.blocking(|site| site.history.lock().open_counts(), reader).await?;
        let (open, waiting) = counts.map_err(|error| Refused::broken(error, reader))?;
        let notice = if by_itself { None } else { self.sessions.lock().take_notice(visitor.key) };
        Ok(Shell {
            here,
            visitor: Some(visitor),
            name: self.name(),
            open,
            waiting,
            notice,
            banner: Some(Banner::of(self, visitor)),
            times: Some(self.times()),
            ..Shell::bare(reader.0, title)
        })
    }

    /// What waits for the disk, or computes for longer, on a thread of its own.
    pub(super) async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Site) -> T + Send + 'static,
        reader: Reader,
    ) -> Result<T, Refused> {
        let site = self.clone();
        let work = move || site.pace.counted(|| work(&site));
        tokio::task::spawn_blocking(work).await.map_err(|error| Refused::broken(error, reader))
    }

    /// Who tries a camera that is not in the text that this visitor would change; `None`: it is, as far as that can be read.
    pub(super) async fn who_alone_tries(
        self: &Arc<Self>,
        visitor: &Visitor,
        camera: &str,
        reader: Reader,
    ) -> Result<Option<Words>, Refused> {
        let in_force = self.in_force();
        let Some(others) = in_force.tried_by_others(&visitor.person.name) else { return Ok(None) };
        let (of, camera) = (visitor.clone(), camera.to_owned());
        let lacks = move |site: &Site| site.text_to_change(&of).is_ok_and(|text| !has_camera(&text, &camera));
        Ok(self.blocking(lacks, reader).await?.then(|| others.who()))
    }

    /// Writes into the audit log what somebody did; it has not happened where that fails.
    pub(super) async fn note(
        self: &Arc<Self>,
        event: &'static str,
        by: &str,
        detail: Option<String>,
        reader: Reader,
    ) -> Result<(), Refused> {
        let entry = Entry { by: Some(by.to_owned()), detail, ..Entry::of(event) };
        let at = self.now().utc;
        let written = self.blocking(move |site| site.parts.audit.record(at, entry), reader).await?;
        written.map_err(|error| Refused::broken(error, reader))
    }

    /// A permit to hash a password; `None`: too many wait.
    pub(super) async fn turn_to_hash(&self) -> Option<SemaphorePermit<'_>> {
        tokio::time::timeout(TURN_WITHIN, self.hashing.acquire()).await.ok()?.ok()
    }
}
