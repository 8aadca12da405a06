//! What pictures the box keeps for itself: redacted ones for the people on site, and, where the centre's key is
//! configured, sealed originals for the day somebody has the right to see one.
//!
//! Must never fail an alert: a picture that cannot be kept is a line in the log.

use std::time::Duration;

use tracing::{info, warn};

use crate::analysis::alert::AlertId;
use crate::analysis::geometry::Polygon;
use crate::analysis::time::Timestamp;
use crate::config::Config;
use crate::evidence::{self, Kept, Recipient, Store};
use crate::frame::Picture;

/// How often what is too old is deleted.
const CLEAN_EVERY: Duration = Duration::from_secs(10 * 60);
/// Folder of the sealed originals, in the folder of the pictures.
const ORIGINALS: &str = "originals";

/// The folders, as far as they can be used.
#[derive(Debug, Default)]
pub struct Keeper {
    redacted: Option<Store>,
    sealed: Option<(Store, Recipient)>,
    cleaned: Option<Timestamp>,
}

impl Keeper {
    /// Opens the folders that the configuration asks for.
    pub fn open(config: &Config) -> Self {
        let kept = &config.evidence;
        if !kept.enabled {
            return Keeper::default();
        }
        let store = |what: Kept, name: &str, keep: Duration| {
            let folder = if name.is_empty() { kept.dir.clone() } else { kept.dir.join(name) };
            Store::open(what, &folder, keep, kept.max_bytes)
                .map_err(
                    |error| warn!(folder = %folder.display(), %error, "pictures are not kept on the box"),
                )
                .ok()
        };
        let redacted = store(Kept::Redacted, "", kept.keep);
        let sealed = kept.originals.as_ref().and_then(|originals| {
            let recipient = originals.recipient.parse::<Recipient>();
            let recipient = recipient.map_err(|error| warn!(%error, "no originals are kept")).ok()?;
            let store = store(Kept::Sealed, ORIGINALS, originals.keep)?;
            info!(days = originals.keep.as_secs() / 86_400, "originals are kept, sealed to the centre's key");
            Some((store, recipient))
        });
        Keeper { redacted, sealed, cleaned: None }
    }

    /// Keeps a picture's redacted form, and its original where that is wanted.
    pub fn keep(
        &mut self,
        alert: &AlertId,
        number: u32,
        now: Timestamp,
        redacted: &[u8],
        picture: &Picture,
        masks: &[Polygon],
    ) {
        self.keep_redacted(&alert.0, number, now, redacted);
        if let Some((store, recipient)) = &mut self.sealed {
            let kept = evidence::original(picture, masks, recipient)
                .map_err(|error| error.to_string())
                .and_then(|sealed| store.keep(&alert.0, number, now, &sealed).map_err(|e| e.to_string()));
            if let Err(error) = kept {
                warn!(alert = %alert.0, %error, "the original was not kept");
            }
        }
    }

    /// Keeps a redacted picture; `name` is its alert's, or one of its own.
    pub fn keep_redacted(&mut self, name: &str, number: u32, now: Timestamp, redacted: &[u8]) {
        if let Some(store) = &mut self.redacted
            && let Err(error) = store.keep(name, number, now, redacted)
        {
            warn!(name, %error, "the picture was not kept on the box; it is sent all the same");
        }
    }

    /// Deletes what is too old, now and then.
    pub fn tidy(&mut self, now: Timestamp) {
        let is_due = self.cleaned.is_none_or(|at| now.duration_since(at).unsigned_abs() >= CLEAN_EVERY);
        if !is_due {
            return;
        }
        self.cleaned = Some(now);
        let sealed = self.sealed.as_ref().map(|(store, _)| store);
        for store in self.redacted.iter().chain(sealed) {
            if let Err(error) = store.clean(now) {
                warn!(%error, "old pictures could not be deleted");
            }
        }
    }
}
