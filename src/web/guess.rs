//! The turn of somebody whose password or code is checked: who guessed wrong too often waits, few wait at a time, and one
//! password is hashed at a time, which takes tens of megabytes and milliseconds. The login, enrolling and the confirmation of
//! a backup go through it, so that guessing costs the same everywhere. Must never check anything itself.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use tokio::sync::SemaphorePermit;

use super::lockout::Whose;
use super::{Connection, Site};
use crate::text::{Sentence, page as say};

/// Those that a wrong guess is held against: a name and the address that it comes from.
pub(super) fn whose(name: &str, connection: Option<&Arc<Connection>>) -> Vec<Whose> {
    std::iter::once(Whose::Name(name.to_owned())).chain(of_address(connection)).collect()
}

/// The same without a name: a code has none yet.
pub(super) fn of_address(connection: Option<&Arc<Connection>>) -> Option<Whose> {
    connection.map(|connection| Whose::from(connection.address))
}

/// Whole seconds that somebody has to wait, rounded up.
pub(super) fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// Why nothing is checked now, and the status that says so to programs.
pub(super) type NotNow = (Sentence, StatusCode);

/// The right to check one password or code, until it is dropped.
pub(super) struct Turn<'s> {
    _to_hash: SemaphorePermit<'s>,
    _waiting: Waiting<'s>,
}

/// A place among those that wait.
struct Waiting<'s>(&'s Site);

impl<'s> Turn<'s> {
    /// Waits for it.
    ///
    /// # Errors
    /// This name or address guessed wrong too often, or too many wait already.
    pub(super) async fn take(site: &'s Site, whose: &[Whose]) -> Result<Turn<'s>, NotNow> {
        may_guess(site, whose)?;
        let too_many = || (say::too_many_at_once(), StatusCode::SERVICE_UNAVAILABLE);
        if !site.lockout.lock().enter() {
            return Err(too_many());
        }
        let waiting = Waiting(site);
        let to_hash = site.turn_to_hash().await.ok_or_else(too_many)?;
        // Others may have guessed in the meantime.
        may_guess(site, whose)?;
        Ok(Turn { _to_hash: to_hash, _waiting: waiting })
    }
}

fn may_guess(site: &Site, whose: &[Whose]) -> Result<(), NotNow> {
    let wait = site.lockout.lock().wait(whose, site.now().mono);
    wait.map_or(Ok(()), |wait| Err((say::wait(seconds(wait)), StatusCode::TOO_MANY_REQUESTS)))
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.lockout.lock().leave();
    }
}
