//! What runs when the daemon starts: the file, or what the command centre wants, with what was set and tried before the
//! restart. Must never let a trial outlast its time because the box was off.

use std::path::Path;
use std::time::Duration;

use super::super::report;
use super::{based_on, left_of};
use crate::clock::Clock;
use crate::config::restart::takes_a_restart;
use crate::config::{Config, Problems};
use crate::contract::box_status::ConfigOutcome;
use crate::contract::words::Time;
use crate::control::overrides::{self, LastOffer, Overrides, StoredOverrides, TrialEnd, WhyEnded};
use crate::control::settings;
use crate::text::{box_log, language_of_log, log_error, log_warn};

/// What runs at the start, besides the file.
pub(in crate::daemon) struct Beginning {
    /// Before `set`.
    pub base: Config,
    /// What runs.
    pub config: Config,
    pub overrides: StoredOverrides,
    pub trial_left: Option<Duration>,
    /// How a trial at the page ended while the box was off.
    pub trial_end: Option<TrialEnd>,
}

/// What the command centre asked for before the restart goes on, if the file is still the same. `is_broken`: there is no
/// file that could be read, and `file` is what the command centre sent.
pub(in crate::daemon) fn begin(file: &Config, is_broken: bool, folder: &Path, clock: Clock) -> Beginning {
    let (mut overrides, damage) = StoredOverrides::load(folder);
    if let Some(damage) = damage {
        let damage = damage.in_language(language_of_log());
        log_error!(box_log::overrides_unreadable(); %damage);
    }
    let now = clock.now().utc;
    overrides.forget_mutes(now);
    let digest = overrides::digest(file.text());
    let mut trial_end = None;
    if overrides.file != digest && !is_broken {
        trial_end = overrides.trial_end(now, WhyEnded::FileEdited);
        if overrides.now != Overrides::default() {
            log_warn!(box_log::file_counts_again());
        }
        (overrides.file, overrides.now, overrides.trial) = (digest, Overrides::default(), None);
        overrides.last_offer = None;
    }
    if let Some(trial) = overrides.trial.take_if(|trial| left_of(trial, now).is_zero()) {
        if is_broken && trial.before.wanted.is_none() {
            log_warn!(box_log::nobody_confirmed_but_broken());
        } else {
            log_warn!(box_log::nobody_confirmed());
            if overrides.now.of_page().is_some() {
                let (by, at) = (trial.by.clone(), trial.until.0);
                trial_end = Some(TrialEnd { by, at, why: WhyEnded::NobodyKeptIt });
            }
            let sha256 = based_on(file, &overrides.now).ok();
            let sha256 = sha256.map(|base| settings::apply(base, &overrides.now.settings).sha256);
            let fell = LastOffer::fell(&overrides.now, &trial.before, sha256, trial.until.0);
            (overrides.now, overrides.last_offer) = (*trial.before, Some(fell));
        }
    }
    let fits = |base: Config| {
        let (restart, sha256) = (takes_a_restart(file, &base), base.sha256.clone());
        if restart.is_empty() {
            Ok(base)
        } else {
            Err(Problems::of_the_whole(file.path(), Some(&sha256), restart))
        }
    };
    let base = based_on(file, &overrides.now).and_then(fits).unwrap_or_else(|problems| {
        log_error!(box_log::centre_config_stale(problems.in_language(language_of_log())));
        overrides.last_offer = Some(LastOffer {
            outcome: ConfigOutcome::Rejected,
            source: overrides.now.source().0,
            version: overrides.now.source().1,
            sha256: problems.sha256().map(str::to_owned),
            at: Time(now),
            problems: report::problems(&problems, file.site.language),
        });
        (overrides.now, overrides.trial) = (Overrides::default(), None);
        file.clone()
    });
    if let Err(error) = overrides.save(folder) {
        log_error!(box_log::overrides_unwritable(); folder = %folder.display(), %error);
    }
    let config = settings::apply(base.clone(), &overrides.now.settings);
    let trial_left = overrides.trial.as_ref().map(|trial| left_of(trial, now));
    Beginning { base, config, overrides, trial_left, trial_end }
}
