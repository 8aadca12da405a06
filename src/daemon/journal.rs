//! The detection journal in the daemon: its settings, what it is told of a configuration, and once a minute what was not
//! watched. Must never wait for a disk.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::loaded_models::LoadedModels;
use super::report::Readings;
use crate::alerts::alert_state;
use crate::analysis::alert::Revision;
use crate::analysis::time::Moment;
use crate::clock::Clock;
use crate::config::Config;
use crate::contract::mute::Mute;
use crate::journal::{self, Configuration, Entry, Journal, Recorder, Session, Unwatched};
use crate::text::{journal as say, log_warn};

/// How often it is recorded what was not watched.
const EVERY: Duration = Duration::from_secs(60);
/// So much more than the outbox the journal leaves to others, so that it goes first.
const BEFORE_OTHERS: u64 = 256 << 20;
/// What the last block gets to be written. It comes out of what the analysis gets to stop.
pub(super) const STOP_WITHIN: Duration = Duration::from_millis(1500);

/// See the module.
pub(super) struct JournalStage {
    journal: Option<Journal>,
    recorder: Recorder,
    /// The outbox is not where it should be: a journal beside it would fill the memory.
    is_elsewhere: bool,
    due: Option<Duration>,
    latest: Option<Duration>,
    watched: BTreeMap<Arc<str>, Watched>,
}

/// What was counted of a camera when it was last recorded.
#[derive(Debug, Default)]
struct Watched {
    at: Duration,
    blind: Duration,
    units: u64,
    not_decoded: u64,
    given_up: u64,
    not_due: u64,
    overloaded: u64,
    looked: u64,
}

impl JournalStage {
    /// Starts it. Where no thread can be started nothing is recorded, and that is said.
    pub(super) fn start(config: &Config, is_elsewhere: bool, clock: Clock) -> Self {
        let started = Journal::start(settings(config, is_elsewhere), clock);
        let journal = started
            .inspect_err(|error| {
                log_warn!(say::not_kept(config.journal.dir.display(), error.to_string()));
            })
            .ok();
        let recorder = journal.as_ref().map_or_else(Recorder::off, Journal::recorder);
        JournalStage { journal, recorder, is_elsewhere, due: None, latest: None, watched: BTreeMap::new() }
    }

    /// For one who records.
    pub(super) fn recorder(&self) -> Recorder {
        self.recorder.clone()
    }

    /// From now on these settings count.
    pub(super) fn set(&self, config: &Config) {
        if let Some(journal) = &self.journal {
            journal.set(settings(config, self.is_elsewhere));
        }
    }

    /// Once a second: counts, and now and then records what was not watched.
    pub(super) fn look(&mut self, readings: &Readings) {
        let at = readings.at;
        if !self.recorder.is_on() {
            self.watched.clear();
            return;
        }
        let since =
            self.latest.replace(at.mono).map_or(Duration::ZERO, |latest| at.mono.saturating_sub(latest));
        for (camera, conditions) in &*readings.known.conditions.lock() {
            if conditions.iter().any(|condition| condition.is_blind())
                && let Some(watched) = self.watched.get_mut(camera)
            {
                watched.blind += since;
            }
        }
        if self.due.is_some_and(|due| at.mono < due) {
            return;
        }
        self.due = Some(at.mono + EVERY);
        self.record(readings, at);
    }

    fn record(&mut self, readings: &Readings, at: Moment) {
        let mut before = std::mem::take(&mut self.watched);
        for (camera, stats) in &readings.cameras {
            let gate = stats.gate.map(|(_, counts)| counts).unwrap_or_default();
            let frames = readings.frames.iter().find(|(of, _)| of == camera).map(|(_, counts)| *counts);
            let frames = frames.unwrap_or_default();
            let now = Watched {
                at: at.mono,
                blind: Duration::ZERO,
                units: stats.units,
                not_decoded: gate.slept_through,
                given_up: gate.given_up,
                not_due: frames.not_due,
                overloaded: frames.replaced,
                looked: frames.taken,
            };
            if let Some(before) = before.remove(camera) {
                // Counters of an attempt begin anew with each.
                let more = |now: u64, before: u64| if now >= before { now - before } else { now };
                self.recorder.record(Entry::Unwatched(Unwatched {
                    at,
                    camera: camera.clone(),
                    over: at.mono.saturating_sub(before.at),
                    blind: before.blind,
                    units: more(now.units, before.units),
                    not_decoded: more(now.not_decoded, before.not_decoded),
                    given_up: more(now.given_up, before.given_up),
                    not_due: more(now.not_due, before.not_due),
                    overloaded: more(now.overloaded, before.overloaded),
                    looked: more(now.looked, before.looked),
                }));
            }
            self.watched.insert(camera.clone(), now);
        }
    }

    /// Writes what is left; whoever records has ended.
    pub(super) fn stop(self) {
        if let Some(journal) = self.journal {
            journal.stop(STOP_WITHIN);
        }
    }
}

fn settings(config: &Config, is_elsewhere: bool) -> journal::Settings {
    journal::Settings {
        folder: config.journal.dir.clone(),
        keep: if is_elsewhere { Duration::ZERO } else { config.journal.keep },
        max_bytes: config.journal.max_bytes,
        leave_free_bytes: config.outbox.min_free_bytes.saturating_add(BEFORE_OTHERS),
    }
}

/// A configuration as the journal keeps it.
pub(super) fn configuration(config: &Config, models: &LoadedModels) -> Arc<Configuration> {
    Arc::new(Configuration {
        path: config.path().to_owned(),
        text: config.text().to_owned(),
        settings: config.set_values.clone(),
        sha256: config.sha256.clone(),
        model: models.model_ref(),
        classes: models.classes(),
        recommended: models.recommended(),
    })
}

/// The session that begins; `open` are the alerts that are taken up at that moment, and `mutes` what is muted.
pub(super) fn session(
    config: &Config,
    models: &LoadedModels,
    open: &[Revision],
    mutes: Vec<Mute>,
    at: Moment,
) -> Session {
    let language = config.site.language;
    Session {
        at,
        id: rand::random(),
        goes_on: false,
        software: env!("CARGO_PKG_VERSION").to_owned(),
        box_id: config.site.box_id.to_string().into(),
        configuration: configuration(config, models),
        // An alert that JSON cannot hold is none that was read from it.
        restored: open.iter().filter_map(|one| alert_state::to_bytes(one, &[], language).ok()).collect(),
        mutes,
    }
}

#[cfg(test)]
mod tests;
