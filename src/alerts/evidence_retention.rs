//! Evidence retention, the pictures that the box keeps for itself: redacted ones for the people on site, and, where the
//! centre's key is configured, sealed originals for the day somebody has the right to see one.
//!
//! Must never fail an alert: a picture that cannot be kept is a line in the log.

use std::time::Duration;

use crate::analysis::alert::AlertId;
use crate::analysis::geometry::Polygon;
use crate::analysis::time::Timestamp;
use crate::config::Config;
use crate::evidence::{self, Kept, NoOriginal, NoPicture, Recipient, Store};
use crate::frame::Picture;
use crate::text::{Sentence, alert as say, foreign, language_of_log, log_info, log_warn};

/// How often what is too old is deleted.
const CLEAN_EVERY: Duration = Duration::from_secs(10 * 60);
/// Folder of the sealed originals, in the folder of the pictures.
const ORIGINALS: &str = "originals";

/// The folders, as far as they can be used.
#[derive(Debug, Default)]
pub(crate) struct EvidenceRetention {
    redacted: Option<Store>,
    sealed: Option<(Store, Recipient)>,
    cleaned: Option<Timestamp>,
}

impl EvidenceRetention {
    /// Opens the folders that the configuration asks for; and says which of them cannot be used, and why.
    pub(crate) fn open(config: &Config) -> (Self, Vec<Sentence>) {
        let kept = &config.evidence;
        let mut troubles = Vec::new();
        if !kept.enabled {
            return (EvidenceRetention::default(), troubles);
        }
        let mut store = |what: Kept, name: &str, keep: Duration| {
            let folder = if name.is_empty() { kept.dir.clone() } else { kept.dir.join(name) };
            Store::open(what, &folder, keep, kept.max_bytes)
                .map_err(|error| troubles.push(say::folder(folder.display(), error.to_string())))
                .ok()
        };
        let redacted = store(Kept::Redacted, "", kept.keep);
        let sealed = kept.originals.as_ref().and_then(|originals| {
            let recipient = originals.recipient.parse::<Recipient>();
            let recipient = recipient
                .map_err(|why| {
                    let error = why.sentence().with_hint(Some(&why.hint()), language_of_log());
                    log_warn!(say::originals_not_kept(); %error);
                })
                .ok()?;
            let store = store(Kept::Sealed, ORIGINALS, originals.keep)?;
            log_info!(say::originals_kept(); days = originals.keep.as_secs() / 86_400);
            Some((store, recipient))
        });
        (EvidenceRetention { redacted, sealed, cleaned: None }, troubles)
    }

    /// A sealed original, or why there is none.
    pub(crate) fn original(&self, alert: &str, number: u32, now: Timestamp) -> Result<Vec<u8>, NoOriginal> {
        let Some((store, _)) = &self.sealed else { return Err(NoOriginal::NotKept) };
        kept_in(store, alert, number, now)
    }

    /// A redacted picture, byte for byte as it was sent, or why there is none.
    pub(crate) fn redacted(&self, alert: &str, number: u32, now: Timestamp) -> Result<Vec<u8>, NoPicture> {
        let store = self.redacted.as_ref().ok_or(NoPicture::NotKept)?;
        kept_in(store, alert, number, now).map_err(NoPicture::from)
    }

    /// Keeps a picture's redacted form, and its original where that is wanted.
    pub(crate) fn keep(
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
                log_warn!(say::original_not_kept(); alert = %alert.0, %error);
            }
        }
    }

    /// Keeps a redacted picture; `name` is its alert's, or one of its own.
    pub(crate) fn keep_redacted(&mut self, name: &str, number: u32, now: Timestamp, redacted: &[u8]) {
        if let Some(store) = &mut self.redacted
            && let Err(error) = store.keep(name, number, now, redacted)
        {
            log_warn!(say::picture_not_kept(); name, %error);
        }
    }

    /// Deletes what is too old, now and then.
    pub(crate) fn tidy(&mut self, now: Timestamp) {
        let is_due = self.cleaned.is_none_or(|at| now.duration_since(at).unsigned_abs() >= CLEAN_EVERY);
        if !is_due {
            return;
        }
        self.cleaned = Some(now);
        let sealed = self.sealed.as_ref().map(|(store, _)| store);
        for store in self.redacted.iter().chain(sealed) {
            if let Err(error) = store.clean(now) {
                log_warn!(say::old_pictures_stay(); %error);
            }
        }
    }
}

fn kept_in(store: &Store, alert: &str, number: u32, now: Timestamp) -> Result<Vec<u8>, NoOriginal> {
    let days = store.keep_for().as_secs() / 86_400;
    if store.is_over(alert, number, now) {
        return Err(NoOriginal::Over { days });
    }
    match store.read(alert, number) {
        Ok(Some(bytes)) => Ok(bytes),
        // The name of an alert says when it began, so that what was deleted can be distinguished from what never was.
        Ok(None) if began(alert).is_some_and(|at| now.duration_since(at) > keep_as_signed(store)) => {
            Err(NoOriginal::Over { days })
        }
        Ok(None) => Err(NoOriginal::Unknown),
        Err(error) => Err(NoOriginal::Unreadable(foreign::words(error.to_string()))),
    }
}

/// When an alert began, from its name.
fn began(alert: &str) -> Option<Timestamp> {
    let at = alert.parse::<ulid::Ulid>().ok()?.timestamp_ms();
    Timestamp::from_millisecond(i64::try_from(at).ok()?).ok()
}

fn keep_as_signed(store: &Store) -> jiff::SignedDuration {
    jiff::SignedDuration::try_from(store.keep_for()).unwrap_or(jiff::SignedDuration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_deleted_is_distinguished_from_what_never_was() {
        let folder = tempfile::tempdir().unwrap();
        let day = Duration::from_secs(86_400);
        let now: Timestamp = "2026-03-10T08:00:00Z".parse().unwrap();
        let mut store = Store::open(Kept::Sealed, folder.path(), 3 * day, 1 << 20).unwrap();
        let named = |days: u64| {
            let at = now.as_millisecond() as u64 - days * 86_400_000;
            ulid::Ulid::from_parts(at, 7).to_string()
        };
        let (old, young) = (named(4), named(1));
        let file = store.keep(&young, 1, now, b"sealed").unwrap();
        let recipient = age::x25519::Identity::generate().to_public().to_string().parse().unwrap();
        let evidence_retention =
            EvidenceRetention { redacted: None, sealed: Some((store, recipient)), cleaned: None };
        // Files have the machine's time, not the test's.
        let set = |at: Timestamp| {
            let file = std::fs::File::options().write(true).open(&file).unwrap();
            file.set_modified(at.into()).unwrap();
        };
        set(now);
        assert_eq!(evidence_retention.original(&young, 1, now), Ok(b"sealed".to_vec()));
        assert_eq!(evidence_retention.original(&young, 2, now), Err(NoOriginal::Unknown));
        assert_eq!(evidence_retention.original(&old, 1, now), Err(NoOriginal::Over { days: 3 }));
        assert_eq!(evidence_retention.original("../01/x", 1, now), Err(NoOriginal::Unknown));
        set(now - 4 * day);
        assert_eq!(
            evidence_retention.original(&young, 1, now),
            Err(NoOriginal::Over { days: 3 }),
            "not cleaned yet"
        );
        assert_eq!(EvidenceRetention::default().original(&young, 1, now), Err(NoOriginal::NotKept));
        assert_eq!(EvidenceRetention::default().redacted(&young, 1, now), Err(NoPicture::NotKept));
        assert_eq!(evidence_retention.redacted(&young, 1, now), Err(NoPicture::NotKept), "only originals");
    }
}
