//! A configuration on trial: it falls when nobody confirms it in time, or when somebody at the page says so; or it goes
//! into the file on the box, where somebody at the page tried it. Must never change the file while somebody else may be
//! at it.

use crate::config::write;
use crate::config::{Problems, text_of};
use crate::control::overrides::{self, LastOffer, Overrides, StoredOverrides, TrialEnd, WhyEnded};
use crate::control::{Offer, settings};
use crate::text::{Sentence, box_log, daemon, log_error, log_warn};

use super::{Running, based_on, first_of};

impl Running {
    /// What is on trial falls if nobody confirmed it in time.
    pub(crate) fn look_at_trial(&mut self) {
        if self.trial_ends.is_none_or(|ends| self.clock.now().mono < ends) {
            return;
        }
        log_warn!(box_log::nobody_confirmed());
        // Told where it failed; it is not tried again and again.
        self.trial_ends = None;
        let ended = self.overrides.trial_end(self.clock.now().utc, WhyEnded::NobodyKeptIt);
        if self.end_trial().is_ok() {
            self.report_trial_end(ended);
        }
    }

    /// Whoever tried something at the page hears that it ended, where nobody there ended it.
    pub(super) fn report_trial_end(&mut self, ended: Option<TrialEnd>) {
        if ended.is_some() {
            self.trial_end = ended;
            self.notify_page();
        }
    }

    /// What stands in the file on the box is not taken up: what somebody at the page tries ends all the same where the file was
    /// edited, as it cannot be kept any more.
    pub(super) fn end_trial_where_the_file_was_edited(&mut self) {
        let now = self.clock.now().utc;
        let Some(ended) = self.overrides.trial_end(now, WhyEnded::EditNotTakenUp) else { return };
        let path = self.file.path();
        let is_edited = match text_of(path) {
            Ok(there) => overrides::digest(&there) != self.overrides.file,
            // One that is gone for a moment is perhaps just being replaced.
            Err(_) => path.is_file(),
        };
        if is_edited && self.end_trial().is_ok() {
            self.report_trial_end(Some(ended));
        }
    }

    /// The digest of what comes back once what is on trial falls; `None` where nothing is, or that is no configuration any more.
    fn digest_before_trial(&self) -> Option<String> {
        let before = &self.overrides.trial.as_ref()?.before;
        let base = based_on(&self.file, before).ok()?;
        Some(settings::apply(base, &before.settings).sha256)
    }

    /// What was there before the trial comes back. Where it cannot, the trial goes on until its time is over.
    pub(super) fn end_trial(&mut self) -> Result<(), Problems> {
        let Some(trial) = self.overrides.trial.clone() else { return Ok(()) };
        let mut next = self.overrides.clone();
        let (sha256, at) = (Some(self.config.sha256.clone()), self.clock.now().utc);
        let fell = LastOffer::fell(&next.now, &trial.before, sha256, at);
        (next.now, next.trial) = (*trial.before, None);
        let (source, version) = next.now.source();
        let offer = Offer { source, version };
        let taken = based_on(&self.file, &next.now)
            .and_then(|base| self.put_in_place(base, next, &offer, Some(fell)));
        taken.inspect_err(|problems| self.report_refused(&offer, problems))
    }

    /// What somebody at the page tries goes into the file, which counts from here on.
    pub(super) fn keep_trial(&mut self) -> Result<(), Sentence> {
        let Some(wanted) = self.overrides.now.of_page().cloned() else {
            return Err(crate::text::command::nothing_on_trial());
        };
        let path = self.file.path().to_owned();
        text_of(&path).map_err(|problems| daemon::file_not_read(path.display(), first_of(&problems)))?;
        let written = write::configuration_in_place_of(&path, &self.overrides.file, &wanted.toml);
        let is_written = written.map_err(|error| match error.hint() {
            Some(hint) => daemon::unwritten_but(error.sentence(), hint),
            None => error.sentence(),
        })?;
        if !is_written {
            return Err(daemon::file_was_edited(path.display()));
        }
        let next = StoredOverrides {
            file: overrides::digest(&wanted.toml),
            now: Overrides { wanted: None, ..self.overrides.now.clone() },
            trial: None,
            last_offer: None,
            ..self.overrides.clone()
        };
        if let Err(error) = next.save(self.folder()) {
            // At the next start the file is another one than the one that this belongs to, so it falls by itself.
            log_error!(box_log::overrides_unwritable(); folder = %self.folder().display(), %error);
        }
        (self.file, self.overrides) = (self.base.clone(), next);
        (self.trial_ends, self.file_trouble, self.last_offer) = (None, None, None);
        self.log_config("applied", &self.config.sha256.clone(), &Offer::FILE);
        self.announce();
        Ok(())
    }

    /// What runs, for the page.
    pub(super) fn notify_page(&self) {
        let before = self.digest_before_trial();
        let ended = self.trial_end.as_ref();
        self.stages.page.update(&self.config, &self.overrides, self.trial_ends, before, ended);
    }
}
