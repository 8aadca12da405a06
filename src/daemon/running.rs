//! The running configuration and its changes: the main thread's state.
//!
//! A configuration comes from the file on the box, or from the command centre (`control::commands`). Everything that can
//! fail is done before anything changes, and it is on disk before it takes effect. Must never leave the box with half
//! of two configurations.

mod beginning;
mod commanded;
mod start;
mod trial;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::alerts::SharedClockData;
use crate::alerts::alert_enricher::Mutes;
use crate::alerts::evidence_retention::EvidenceRetention;
use crate::alerts::writer_message::WriterMessage;
use crate::analysis::time::Timestamp;
use crate::audit::Entry;
use crate::clock::Clock;
use crate::config::restart::takes_a_restart;
use crate::config::{Broker, Config, Problems, Surroundings};
use crate::contract::box_status::{ConfigOutcome, ConfigSource};
use crate::contract::health::HEALTH_EVERY;
use crate::contract::messages::{self, BoxTopic};
use crate::contract::words::Time;
use crate::contract::{EventError, Mode};
use crate::control::commands::original::Requests;
use crate::control::overrides::{self, LastOffer, Overrides, StoredOverrides, Trial, TrialEnd, WhyEnded};
use crate::control::transfers::Transfers;
use crate::control::{Offer, settings};
use crate::detector::Detector;
use crate::mqtt::Publisher;
use crate::text::{
    Joint, Sentence, Words, box_log, command, daemon, health as say, language_of_log, log_error, log_info,
    log_warn,
};
use crate::types::language::Language;

use super::analysis_thread::AnalysisMessage;
use super::clock_watch::ClockWatch;
use super::crash_loop::ShortRuns;
use super::file_watch::SecretFiles;
use super::journal;
use super::live_view;
use super::loaded_models::LoadedModels;
use super::meta::meta;
use super::part_reports::PartReports;
use super::report::{self, ConfigReport, Health, Readings};
use super::stages::{CommandStage, STOP_WITHIN, Stages, Storage};
use super::watchdog::{Progress, Watchdog};
use super::wiring::{self, RunningBroker, Site};

pub(super) use beginning::{Beginning, begin};

/// Everything the main thread looks after.
pub(super) struct Running {
    /// The file on the box, as it was when it was last good.
    pub file: Config,
    /// What runs, before `set` changed values of it.
    pub base: Config,
    /// What runs.
    pub config: Config,
    pub overrides: StoredOverrides,
    /// When what is on trial falls, on the monotonic clock.
    pub trial_ends: Option<Duration>,
    /// How the last trial at the page ended by itself, until another one begins.
    pub trial_end: Option<TrialEnd>,
    /// The configuration that was offered last, if it does not run. The file's are forgotten at a restart.
    pub last_offer: Option<LastOffer>,
    /// What is wrong with the file on the box, while it is not what it was taken up from.
    pub file_trouble: Option<Sentence>,
    /// Why a secret that changed was not taken up.
    pub secret_trouble: Option<Sentence>,
    /// The files that are watched for a change.
    pub secret_files: SecretFiles,
    /// The list of models that the command line names.
    pub manifest: Option<PathBuf>,
    /// The language of the log, where it is not the site's.
    pub log_language: Option<Language>,
    /// Originals that were asked for in the last hour.
    pub original_requests: Requests,
    /// Pictures that were asked for again in the last hour.
    pub picture_requests: Requests,
    /// Texts that were asked for in the last hour.
    pub text_requests: Requests,
    /// Texts that come in parts.
    pub transfers: Transfers,
    pub loaded_models: LoadedModels,
    pub site: Site,
    /// What was started, as far as it can change.
    pub stages: Stages,
    pub clock: Clock,
    pub mutes: Mutes,
    pub health: Health,
    pub parts: PartReports,
    /// Runs before this one that ended by themselves.
    pub short_runs: Option<ShortRuns>,
    /// Messages that go on from the birth message, which does not hold all.
    pub meta_parts: u32,
    pub clock_data: SharedClockData,
    pub clock_watch: ClockWatch,
    pub watchdog: Watchdog,
    /// When the next report is due at the latest.
    pub report_at: Duration,
}

/// Everything that a configuration needs and that can fail.
struct Prepared {
    site: Site,
    /// Where other models are wanted, and who looks with them.
    loaded_models: Option<(LoadedModels, Vec<Box<dyn Detector>>)>,
    /// The evidence retention, if it changes.
    evidence_retention: Option<EvidenceRetention>,
}

impl Running {
    /// The end: what is left to be stopped. Everything else is let go of.
    pub(crate) fn into_stages(self) -> Stages {
        self.stages
    }

    /// The folder for the requests of the command centre.
    fn folder(&self) -> &Path {
        &self.stages.storage.control_dir
    }

    /// The birth messages as of now.
    fn birth(&self, at: Timestamp) -> Result<Vec<(BoxTopic, Vec<u8>)>, EventError> {
        let key = self.stages.storage.box_key.as_ref().ok().map(|key| key.public());
        meta(&self.config, self.loaded_models.meta(), key, at)
    }

    /// Birth and configuration, after the start and after every change.
    pub(crate) fn announce(&mut self) {
        let at = self.clock.now().utc;
        match self.birth(at) {
            Ok(messages) => {
                self.meta_parts = u32::try_from(messages.len() - 1).unwrap_or(u32::MAX);
                for (topic, message) in messages {
                    self.publish(topic, Ok(message));
                }
            }
            Err(error) => log_error!(box_log::birth_not_written(); %error),
        }
        self.publish(messages::CONFIG.at(&[]), report::config(&self.config_report(), at));
        self.notify_page();
    }

    fn config_report(&self) -> ConfigReport<'_> {
        let (source, version) = self.overrides.now.source();
        ConfigReport {
            running: &self.config,
            offered: self.last_offer.as_ref(),
            source,
            version,
            adjusted: !self.overrides.now.settings.is_empty(),
            reverts_at: self.overrides.trial.as_ref().map(|trial| trial.until),
        }
    }

    /// The file cannot be read as a configuration; what the command centre sent before runs all the same.
    pub(crate) fn report_broken_file(&mut self, problems: &Problems) {
        self.report_refused(&Offer::FILE, problems);
    }

    /// Tells why what was offered does not run. What runs goes on.
    fn report_refused(&mut self, offer: &Offer, problems: &Problems) {
        if offer.source == ConfigSource::File {
            self.file_trouble = Some(file_trouble(problems));
        }
        log_error!(
            box_log::config_not_taken_up(problems.in_language(language_of_log()));
            source = offer.source_in_words().in_language(language_of_log()), refused = problems.sha256(),
            running = self.config.sha256
        );
        let at = self.clock.now().utc;
        let refused = LastOffer {
            outcome: ConfigOutcome::Rejected,
            source: offer.source,
            version: offer.version,
            sha256: problems.sha256().map(str::to_owned),
            at: Time(at),
            problems: report::problems(problems, self.config.site.language),
        };
        self.last_offer = Some(refused.clone());
        // The file tells by itself at the next start whether it is good.
        let is_the_centres = match offer.source {
            ConfigSource::Remote => true,
            // Whoever tries it at the page learns of it there.
            ConfigSource::File | ConfigSource::Page => false,
        };
        self.remember_offer(is_the_centres.then_some(refused));
        self.watch_secrets(&problems.secret_files);
        self.publish(messages::CONFIG.at(&[]), report::config(&self.config_report(), at));
        self.log_config("rejected", problems.sha256().unwrap_or("unknown"), offer);
    }

    /// Kept for the report after a restart.
    fn remember_offer(&mut self, offer: Option<LastOffer>) {
        if self.overrides.last_offer == offer {
            return;
        }
        self.overrides.last_offer = offer;
        if let Err(error) = self.overrides.save(self.folder()) {
            log_error!(box_log::config_outcome_unwritten(); folder = %self.folder().display(), %error);
        }
    }

    /// Those of the file on the box, of what runs, and of what was offered last.
    pub(crate) fn watch_secrets(&self, more: &BTreeSet<PathBuf>) {
        let all = [&self.file.secret_files, &self.config.secret_files, more];
        *self.secret_files.lock() = all.into_iter().flatten().cloned().collect();
    }

    /// Looks at every part and at the clock. Reports now and then, and at once when a part becomes degraded or well.
    pub(super) fn look(&mut self) {
        let at = self.clock.now();
        self.clock_watch.look(at, &self.health.sender, &self.config.site.time_zone);
        let Storage { outbox, sent_history, .. } = &mut self.stages.storage;
        sent_history.look(outbox, at);
        let readings = self.readings();
        self.stages.analysis.journal.look(&readings);
        self.stages.analysis.coverage.look(&readings);
        self.look_at_shadow(at);
        self.watchdog.look(at.mono, progress(&readings, &self.stages.publisher));
        self.show_metrics(&readings);
        let analysis = &mut self.stages.analysis;
        analysis.furniture.look(at.mono, &analysis.known.furniture);
        if let Some(message) = analysis.quality.look(&analysis.known.quality, &self.health.sender, at) {
            self.publish(messages::QUALITY.at(&[]), message);
        }
        if at.mono >= self.report_at || self.health.is_news(&readings) {
            self.report_at = at.mono + HEALTH_EVERY;
            self.report(&readings);
        }
    }

    fn report(&mut self, readings: &Readings) {
        let report = self.health.report(readings, &self.config);
        self.show_on_page(&report, readings);
        match report.summary {
            Ok(message) => self.stages.publisher.set_latest(messages::HEALTH.at(&[]), message),
            Err(error) => log_error!(box_log::health_not_written(); %error),
        }
        let cameras = self.config.cameras.iter().map(|camera| messages::CAMERA.suffix(&[&camera.id]));
        let sensors = &self.config.sensors.list;
        let sensors = sensors.iter().map(|sensor| messages::SENSOR.suffix(&[&sensor.plan.id]));
        let meta_parts = (1..=self.meta_parts).map(|part| messages::META_PART.suffix(&[&part.to_string()]));
        for gone in self.parts.gone(&cameras.chain(sensors).chain(meta_parts).collect()) {
            self.stages.publisher.withdraw(&gone);
        }
        for part in report.parts {
            if !self.parts.is_due(&part.topic.suffix, &part.state, readings.at.mono) {
                continue;
            }
            match part.message(&self.health.sender, readings.at.utc) {
                Ok(message) => self.stages.publisher.set_latest(part.topic, message),
                Err(error) => log_error!(box_log::message_not_written(); %error, topic = part.topic.suffix),
            }
        }
    }

    fn readings(&self) -> Readings {
        Readings {
            at: self.clock.now(),
            cameras: self.stages.cameras.stats(),
            frames: self.stages.inference.scheduler.counts(),
            sensors: self.stages.sensors.stats(),
            known: self.stages.analysis.known.clone(),
            shadow: self.stages.analysis.shadow.health(),
            inference_workers: self.stages.inference.counts.clone(),
            alert_writer: self.stages.alerts.counts.clone(),
            depth: self.stages.storage.outbox.depth(),
            broker: self.stages.publisher.status(),
            provider: self.loaded_models.provider(),
            workers: self.stages.inference.size,
            spool_trouble: self.stages.storage.trouble.clone(),
            file_trouble: self.file_trouble.clone(),
            secret_trouble: self.secret_trouble.clone(),
            page_trouble: self.stages.page.trouble(),
            metrics_trouble: self.stages.metrics.trouble(),
            short_runs: self.short_runs,
            signing_trouble: self.signing_trouble(),
            redaction_trouble: self.loaded_models.faces().trouble().cloned().map(Words::from),
        }
    }

    /// What is wrong, and what to try.
    fn signing_trouble(&self) -> Option<(Sentence, Sentence)> {
        let error = self.stages.storage.box_key.as_ref().err()?;
        Some((say::unsigned(error.sentence()), error.hint()))
    }

    pub(super) fn publish(&self, topic: BoxTopic, message: Result<Vec<u8>, EventError>) {
        match message {
            Ok(message) => self.stages.publisher.set_latest(topic, message),
            Err(error) => log_error!(box_log::message_not_written(); %error, topic = topic.suffix),
        }
    }

    fn log_config(&self, outcome: &str, sha256: &str, offer: &Offer) {
        let detail = match outcome {
            "rejected" => daemon::config_refused(sha256, offer.source_in_words(), &self.config.sha256),
            _ => daemon::config_from(sha256, offer.source_in_words()),
        };
        let entry = Entry { outcome: Some(outcome.to_owned()), ..Entry::of("config") };
        let entry = entry.with_detail(detail, self.config.site.language);
        if let Err(error) = self.stages.commands.audit.record(self.clock.now().utc, entry) {
            log_error!(command::audit_unwritable(); %error);
        }
    }

    /// Reads the file. `asked`: somebody asked for it, so that it is taken up again even if it did not change:
    /// what it names, secrets for example, may have.
    pub(super) fn reload(&mut self, asked: bool) {
        let path = self.file.path().to_owned();
        let file = match Config::load(&path) {
            Ok(file) => file,
            Err(problems) => return self.refuse_file(&problems),
        };
        let digest = overrides::digest(file.text());
        let same = digest == self.overrides.file;
        if same && !asked {
            if self.last_offer.as_ref().is_some_and(|last| last.source == ConfigSource::File) {
                log_info!(box_log::file_as_before(); file = %path.display());
                (self.file, self.file_trouble, self.last_offer) = (file, None, None);
                self.announce();
            }
            return;
        }
        log_info!(box_log::config_read_again(); file = %path.display());
        let mut next = self.overrides.clone();
        let now = self.clock.now().utc;
        let ended = self.overrides.trial_end(now, WhyEnded::FileEdited).filter(|_| !same);
        if !same {
            if next.now != Overrides::default() {
                let version = next.now.wanted.as_ref().map(|wanted| wanted.version);
                log_warn!(box_log::file_counts_again(); version);
            }
            (next.file, next.now, next.trial) = (digest, Overrides::default(), None);
        }
        let base = match based_on(&file, &next.now) {
            Ok(base) => base,
            Err(problems) => return self.refuse_file(&problems),
        };
        let restart = takes_a_restart(&self.base, &file);
        if !restart.is_empty() {
            return self.refuse_file(&Problems::of_the_whole(&path, Some(&file.sha256), restart));
        }
        match self.put_in_place(base, next, &Offer::FILE, None) {
            Ok(()) => {
                (self.file, self.file_trouble) = (file, None);
                self.watch_secrets(&BTreeSet::new());
                self.report_trial_end(ended);
                // Whoever edits the file stands beside it: a camera that waits for minutes is tried now.
                self.stages.cameras.retry_now();
            }
            // What is named there is looked at again when it changes.
            Err(problems) => self.refuse_file(&problems.naming(file.secret_files)),
        }
    }

    /// Tells why what stands in the file does not run, once what is tried at the page is over.
    fn refuse_file(&mut self, problems: &Problems) {
        self.end_trial_where_the_file_was_edited();
        self.report_refused(&Offer::FILE, problems);
    }

    /// A secret file or certificate that is named holds something else. That is no other configuration: what is named
    /// stays, and whoever uses it connects anew.
    pub(crate) fn renew_secrets(&mut self) {
        self.stages.cameras.retry_now();
        if self.file_trouble.is_some() {
            // Perhaps this was what was wrong with it.
            self.reload(false);
        }
        match self.renewed().and_then(|(file, base)| {
            let config = settings::apply(base.clone(), &self.overrides.now.settings);
            let prepared = self.prepare(&config)?;
            Ok((file, base, config, prepared))
        }) {
            Ok((file, base, config, prepared)) => {
                self.secret_trouble = None;
                let (one, other) = (&config, &self.config);
                let differs = (&one.mqtt, &one.cameras, &one.sensors, &one.metrics)
                    != (&other.mqtt, &other.cameras, &other.sensors, &other.metrics);
                if !differs {
                    return;
                }
                self.put_in_force(&config, prepared);
                (self.file, self.base, self.config) = (file, base, config);
                self.notify_page();
                log_info!(box_log::secrets_renewed());
                let entry = Entry { outcome: Some("renewed".to_owned()), ..Entry::of("secrets") };
                if let Err(error) = self.stages.commands.audit.record(self.clock.now().utc, entry) {
                    log_error!(command::audit_unwritable(); %error);
                }
            }
            Err(problems) => {
                log_error!(box_log::secret_not_taken_up(problems.in_language(language_of_log())));
                self.secret_trouble = Some(say::secret_not_taken_up(first_of(&problems)));
            }
        }
    }

    /// What stands in the file as it was taken up, and what runs before `set`, with the secrets of now.
    fn renewed(&self) -> Result<(Config, Config), Problems> {
        let path = self.file.path();
        let file = Config::from_text(path, self.file.text(), &Surroundings::of(path))?;
        let base = based_on(&file, &self.overrides.now)?;
        Ok((file, base))
    }

    /// Does everything that can fail; nothing changes by it.
    fn prepare(&self, config: &Config) -> Result<Prepared, Problems> {
        let whole = |error: Words| Problems::of_the_whole(config.path(), Some(&config.sha256), vec![error]);
        let language = self.config.site.language;
        let other_models = config.detector != self.config.detector
            || config.evidence.enabled != self.config.evidence.enabled
            || config.cameras.is_empty() != self.config.cameras.is_empty();
        let loaded_models = if other_models {
            let manifest = self.manifest.as_deref();
            let loaded_models = LoadedModels::load(config, manifest, None).and_then(|mut loaded_models| {
                loaded_models.look_for_faces(config, manifest)?;
                Ok(loaded_models)
            });
            Some(loaded_models.map_err(|error| whole(error.words()))?)
        } else {
            None
        };
        let looking = loaded_models.as_ref().unwrap_or(&self.loaded_models);
        config.check_classes(&looking.classes())?;
        let site = Site::new(config, looking, self.clock_data.clone(), self.mutes.clone())
            .map_err(|error| whole(error.in_language(language).into()))?;
        let loaded_models = match loaded_models {
            Some(loaded_models) => {
                let detectors = site
                    .detectors(&loaded_models)
                    .map_err(|error| whole(error.in_language(language).into()))?;
                Some((loaded_models, detectors))
            }
            None => None,
        };
        let evidence_retention =
            (config.evidence != self.config.evidence).then(|| EvidenceRetention::open(config));
        let evidence_retention = match evidence_retention {
            Some((_, troubles)) if !troubles.is_empty() => {
                return Err(whole(Words::List(troubles.into_iter().map(Words::from).collect(), Joint::Then)));
            }
            other => other.map(|(evidence_retention, _)| evidence_retention),
        };
        Ok(Prepared { site, loaded_models, evidence_retention })
    }

    /// Makes it what runs. Places and titles come before rules, rules before frames: no alert is reported with settings it
    /// does not have.
    fn put_in_force(&mut self, config: &Config, prepared: Prepared) {
        let Prepared { site, loaded_models, evidence_retention } = prepared;
        let models = loaded_models.as_ref().map_or(&self.loaded_models, |(models, _)| models);
        // Nobody is shown a frame with the masks of before.
        self.stages.views.views.set(live_view::settings(config, models, self.manifest.clone()));
        self.stages.inference.slots.set_cameras(site.detect_options());
        let alert_writer = &self.stages.alerts.queue;
        let _ = alert_writer.send(WriterMessage::Settings(Box::new(site.writer_settings())));
        if let Some(evidence_retention) = evidence_retention {
            let _ = alert_writer.send(WriterMessage::Retention(Box::new(evidence_retention)));
        }
        self.stages.analysis.known.quality.lock().set_drill(config.site.mode != Mode::Actual);
        let _ = self.stages.analysis.queue.send(AnalysisMessage::Reconfigure(
            Box::new(site.plan()),
            journal::configuration(config, models),
        ));
        if let Some((loaded_models, detectors)) = loaded_models {
            self.look_with(loaded_models, detectors);
        }
        for (camera, error) in self.stages.cameras.become_those(site.wanted_cameras()) {
            let error = error.in_language(language_of_log());
            log_error!(box_log::camera_not_started(); %camera, %error);
        }
        self.connect_to_broker(config);
        self.stages.sensors.become_those(&config.sensors);
        self.stages.page.set(config);
        self.stages.metrics.set(config.metrics.as_ref(), STOP_WITHIN);
        let limits = |config: &Config| (config.outbox.clone(), config.mqtt.expect_marks);
        if limits(config) != limits(&self.config) {
            self.stages.storage.set_limits(config);
        }
        if (&config.journal, config.outbox.min_free_bytes)
            != (&self.config.journal, self.config.outbox.min_free_bytes)
        {
            self.stages.analysis.journal.set(config);
        }
        self.stages.analysis.coverage.set(config, &site.plan());
        self.tell_limits_of_shadow(config);
        *self.stages.commands.readers.write() = CommandStage::readers_of(config);
        self.stages.commands.gate.set_keys(&config.command_keys);
        if config.command_keys != self.config.command_keys {
            wiring::warn_of_open_door(config);
        }
        self.site = site;
    }

    fn look_with(&mut self, loaded_models: LoadedModels, detectors: Vec<Box<dyn Detector>>) {
        self.stages.alerts.set_models(loaded_models.models());
        self.loaded_models = loaded_models;
        self.stages.inference.renew(detectors);
    }

    /// Elsewhere, otherwise, or with a password or certificate that was renewed.
    fn connect_to_broker(&mut self, config: &Config) {
        if config.mqtt == self.config.mqtt {
            return self.stages.publisher.set_time_zone(config.site.time_zone.clone());
        }
        log_info!(box_log::connecting_anew());
        let port = |config: &Config| match config.mqtt.broker {
            Broker::Embedded { port } => Some(port),
            Broker::Remote { .. } => None,
        };
        if port(config) != port(&self.config) {
            // One after the other: both have their state in the same folder.
            let broker = &mut self.stages.broker;
            std::mem::replace(broker, RunningBroker::Remote).stop(STOP_WITHIN);
            match wiring::start_broker(config, &self.stages.storage.broker_dir) {
                Ok(started) => *broker = started,
                Err(error) => log_error!(box_log::no_broker(); %error),
            }
            self.stages.sensors.set_embedded(self.stages.broker.port());
        }
        if let Err(error) =
            self.stages.publisher.reconnect(wiring::mqtt_settings(config, &self.stages.broker))
        {
            let error = error.in_language(language_of_log());
            log_error!(box_log::centre_connection_unchanged(); %error);
        }
    }

    /// Makes `base`, with the values of `next`, what runs, in place of what `fell`, if something did. Everything that can
    /// fail comes before anything changes.
    fn put_in_place(
        &mut self,
        base: Config,
        next: StoredOverrides,
        offer: &Offer,
        fell: Option<LastOffer>,
    ) -> Result<(), Problems> {
        let next = StoredOverrides { last_offer: fell, ..next };
        let config = settings::apply(base.clone(), &next.now.settings);
        let prepared = self.prepare(&config)?;
        if let Err(error) = next.save(self.folder()) {
            let why = daemon::not_written_to(self.folder().display(), error.to_string());
            return Err(Problems::of_the_whole(base.path(), Some(&config.sha256), vec![why]));
        }
        self.put_in_force(&config, prepared);
        super::log_for(&config, self.log_language);
        log_info!(
            box_log::config_taken_up();
            cameras = config.cameras.len(),
            sensors = config.sensors.list.len(),
            rules = config.rules.len(),
            sha256 = config.sha256,
            source = offer.source_in_words().in_language(language_of_log())
        );
        let now = self.clock.now();
        self.trial_ends = next.trial.as_ref().map(|trial| now.mono + left_of(trial, now.utc));
        if config.site.language != self.config.site.language {
            // What the broker keeps of cameras and sensors is in the other one.
            self.parts.report_all_again();
            self.report_at = now.mono;
        }
        (self.base, self.config, self.overrides) = (base, config, next);
        if self.overrides.trial.is_some() {
            self.trial_end = None;
        }
        (self.last_offer, self.secret_trouble) = (self.overrides.last_offer.clone(), None);
        self.watch_secrets(&BTreeSet::new());
        self.log_config("applied", &self.config.sha256.clone(), offer);
        self.announce();
        Ok(())
    }
}

/// What the watchdog looks at.
fn progress(seen: &Readings, publisher: &Publisher) -> Progress {
    let count = |figure: &std::sync::atomic::AtomicU64| figure.load(Ordering::Relaxed);
    let looked = count(&seen.inference_workers.looked)
        + count(&seen.inference_workers.still)
        + count(&seen.inference_workers.failed);
    Progress {
        mqtt: publisher.beats(),
        looked,
        overtaken: seen.frames.iter().map(|(_, counts)| counts.replaced).sum(),
        cameras: seen.cameras.iter().map(|(_, stats)| stats.frames + stats.reconnects + stats.beats).sum(),
        wanted_cameras: seen.cameras.len(),
    }
}

/// So many problems of a file are reported; how many there are is reported, too.
const MOST_PROBLEMS_TOLD: usize = 8;

/// The configuration that the centre wants, or the file's.
fn based_on(file: &Config, wishes: &Overrides) -> Result<Config, Problems> {
    match &wishes.wanted {
        Some(wanted) => Config::from_text(file.path(), &wanted.toml, &Surroundings::of(file.path())),
        None => Ok(file.clone()),
    }
}

/// How long a trial goes on; no longer than it was meant to be, whatever the clock says.
fn left_of(trial: &Trial, now: Timestamp) -> Duration {
    let left = trial.until.0.as_second().saturating_sub(now.as_second()).max(0);
    Duration::from_secs(u64::try_from(left).unwrap_or(0)).min(Duration::from_secs(u64::from(trial.secs)))
}

/// Why the file is not what runs, for people who may have nothing else to read it on.
fn file_trouble(problems: &Problems) -> Sentence {
    let whats: Vec<Words> = problems.iter().map(|problem| problem.what.clone()).collect();
    if whats.len() <= 1 {
        return say::file_is_not_what_runs_for(first_of(problems));
    }
    let count = whats.len();
    let reported = whats.into_iter().take(MOST_PROBLEMS_TOLD).collect();
    say::file_is_not_what_runs(count, Words::List(reported, Joint::Then))
}

/// The first problem, for people.
fn first_of(problems: &Problems) -> Words {
    let first = problems.iter().next().map(|problem| problem.what.clone());
    first.unwrap_or_else(|| say::cannot_be_read().into())
}
