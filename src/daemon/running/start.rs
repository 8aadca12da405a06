//! The initial state of the main thread, once every stage has started.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::clock::Clock;
use crate::config::{Broker, Config, Problems};
use crate::control::commands::original::Requests;
use crate::control::transfers::Transfers;
use crate::text::{box_log, log_info};

use super::super::clock_watch::ClockWatch;
use super::super::file_watch::SecretFiles;
use super::super::part_reports::PartReports;
use super::super::report::Health;
use super::super::stages::{LoadedSite, Stages};
use super::super::watchdog::{self, Watchdog};
use super::super::{Options, crash_loop, failed_start, former_name};
use super::{Beginning, Running};

impl Running {
    /// Of what was loaded and started.
    pub(crate) fn new(
        file: Config,
        options: &Options,
        beginning: Beginning,
        loaded: LoadedSite,
        secret_files: SecretFiles,
        stages: Stages,
        clock: Clock,
    ) -> Self {
        let Beginning { base, config, overrides, trial_left, trial_end } = beginning;
        let LoadedSite { models, site, clock_data, mutes } = loaded;
        let (outbox, now) = (&stages.storage.outbox, clock.now());
        Running {
            trial_ends: trial_left.map(|left| now.mono + left),
            trial_end,
            health: Health::new(config.sender(), now),
            parts: PartReports::open(&stages.storage.control_dir),
            clock_watch: ClockWatch::new(now, clock_data.clone(), outbox.clone()),
            watchdog: Watchdog::new(stages.analysis.queue.clone(), outbox.clone(), now.mono),
            meta_parts: 0,
            short_runs: options.short_runs,
            file,
            base,
            config,
            last_offer: overrides.last_offer.clone(),
            overrides,
            file_trouble: None,
            secret_trouble: None,
            secret_files,
            manifest: options.manifest.clone(),
            log_language: options.language,
            original_requests: Requests::default(),
            picture_requests: Requests::default(),
            text_requests: Requests::default(),
            transfers: Transfers::default(),
            loaded_models: models,
            site,
            stages,
            clock,
            mutes,
            clock_data,
            report_at: Duration::ZERO,
        }
    }

    /// Says to everybody that the box runs, and with what. `broken_file`: what is wrong with the file on the box.
    pub(crate) fn announce_start(&mut self, broken_file: Option<&Problems>) {
        log_info!(
            box_log::watching();
            cameras = self.config.cameras.len(),
            sensors = self.config.sensors.list.len(),
            rules = self.config.rules.len(),
            workers = self.stages.inference.size
        );
        self.watch_secrets(&BTreeSet::new());
        if matches!(self.config.mqtt.broker, Broker::Embedded { .. }) {
            let publisher = &self.stages.publisher;
            former_name::withdraw(self.folder(), &self.config.topics(), self.parts.published(), publisher);
        }
        self.announce();
        if let Some(problems) = broken_file {
            self.report_broken_file(problems);
        }
        failed_start::forget();
        crash_loop::started(self.short_runs);
        watchdog::notify_ready();
    }
}
