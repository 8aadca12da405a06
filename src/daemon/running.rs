//! What runs, and how it becomes something else: the main thread's state between its notes.
//!
//! A configuration comes from the file on the box, or from the command centre (`running::orders`). Everything that can
//! fail is done before anything changes, and it is on disk before it takes effect. Must never leave the box with half
//! of two configurations.

mod orders;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tracing::{error, info, warn};

use crate::audit::{Audit, Entry};
use crate::clock::Clock;
use crate::config::{Config, Problems, Surroundings};
use crate::contract::box_status::{ConfigOutcome, ConfigSource};
use crate::contract::{EventError, Topics};
use crate::mqtt::{Delivery, Gate, Publisher, Qos};
use crate::outbox::Outbox;
use crate::scheduler::Scheduler;

use super::analyst::{AnalystQueue, Known, Note};
use super::cameras::Cameras;
use super::clock_watch::{ClockWatch, SharedClockData};
use super::keeper::Keeper;
use super::lookers::LookerCounts;
use super::part_reports::{self, PartReports};
use super::recorder::{RecorderCounts, RecorderQueue, Told};
use super::report::{self, ConfigReport, Health, Readings};
use super::sensors::RunningSensors;
use super::sight::Sight;
use super::site::{self, Site};
use super::standing::{self, Standing, Trial, Wishes};
use super::teller::Mutes;
use super::watchdog::{Progress, Watchdog};
use super::{limits, settings};

/// How often `up/health` is published when nothing special happens.
const REPORT_EVERY: Duration = Duration::from_secs(10);

/// Everything the main thread looks after.
pub struct Running {
    /// The file on the box, as it was when it was last good.
    pub file: Config,
    /// What runs, before `set` changed values of it.
    pub base: Config,
    /// What runs.
    pub config: Config,
    pub standing: Standing,
    /// When what is on trial falls, on the monotonic clock.
    pub trial_ends: Option<Duration>,
    /// Whether the last configuration that was offered was refused.
    pub refused: bool,
    /// What is wrong with the file on the box, while it is not what it was taken up from.
    pub file_trouble: Option<String>,
    /// When originals were asked for in the last hour, on the monotonic clock.
    pub originals_at: Vec<Duration>,
    pub folder: PathBuf,
    pub sight: Sight,
    pub site: Site,
    pub clock: Clock,
    pub publisher: Arc<Publisher>,
    pub outbox: Outbox,
    pub audit: Arc<Audit>,
    pub recorder: RecorderQueue,
    pub analyst: AnalystQueue,
    pub gate: Arc<Gate>,
    pub mutes: Mutes,
    pub cameras: Cameras,
    pub sensors: RunningSensors,
    pub gauges: Gauges,
    pub health: Health,
    pub parts: PartReports,
    pub clock_data: SharedClockData,
    pub clock_watch: ClockWatch,
    pub watchdog: Watchdog,
    /// When the next report is due at the latest.
    pub report_at: Duration,
}

/// What the parts count.
pub struct Gauges {
    pub scheduler: Arc<Scheduler>,
    pub known: Arc<Known>,
    pub looked: Arc<LookerCounts>,
    pub stored: Arc<RecorderCounts>,
    pub workers: usize,
    /// Why the queue is not where it should be.
    pub spool_trouble: Option<String>,
}

/// Where a configuration came from that is offered.
struct Offer {
    source: ConfigSource,
    version: Option<u64>,
}

impl Offer {
    const FILE: Offer = Offer { source: ConfigSource::File, version: None };
}

impl Running {
    /// Birth and configuration, after the start and after every change.
    pub fn announce(&mut self, outcome: ConfigOutcome) {
        self.refused = false;
        let at = self.clock.now().utc;
        self.publish("up/meta", report::meta(&self.config, self.sight.meta(), at));
        self.publish("up/config", report::config(&self.config_report(outcome), None, at));
    }

    fn config_report(&self, outcome: ConfigOutcome) -> ConfigReport<'_> {
        let wanted = self.standing.now.wanted.as_ref();
        ConfigReport {
            running: &self.config,
            outcome,
            source: if wanted.is_some() { ConfigSource::Remote } else { ConfigSource::File },
            version: wanted.map(|wanted| wanted.version),
            adjusted: !self.standing.now.settings.is_empty(),
            reverts_at: self.standing.trial.as_ref().map(|trial| trial.until),
        }
    }

    /// The file cannot be read as a configuration; what the command centre sent before runs all the same.
    pub fn tell_broken_file(&mut self, problems: &Problems) {
        self.refuse(&Offer::FILE, problems);
    }

    /// Tells why what was offered does not run. What runs goes on.
    fn refuse(&mut self, offer: &Offer, problems: &Problems) {
        if offer.source == ConfigSource::File {
            let count = problems.list.len();
            self.file_trouble = Some(format!(
                "the configuration file is not what runs: {count} problems, named on up/config; the first: {}",
                problems.iter().next().map_or("it cannot be read", |problem| &problem.what)
            ));
        }
        error!(
            source = ?offer.source, version = offer.version,
            "the configuration was not taken up, the last good one goes on:\n{problems}"
        );
        self.refused = true;
        let at = self.clock.now().utc;
        let report = self.config_report(ConfigOutcome::Rejected);
        let offered = Some((problems, offer.source, offer.version));
        self.publish("up/config", report::config(&report, offered, at));
        self.log_config("rejected", problems.sha256().unwrap_or("unknown"), offer);
    }

    /// Looks at every part and at the clock. Reports now and then, and at once when a part becomes degraded or well.
    pub fn look(&mut self) {
        let at = self.clock.now();
        self.clock_watch.look(at, &self.health.sender);
        let readings = self.readings();
        self.watchdog.look(at.mono, progress(&readings, &self.publisher));
        if at.mono >= self.report_at || self.health.is_news(&readings) {
            self.report_at = at.mono + REPORT_EVERY;
            self.report(&readings);
        }
    }

    fn report(&mut self, readings: &Readings) {
        let report = self.health.report(readings, &self.config);
        let delivery = Delivery {
            qos: Qos::AtMostOnce,
            retain: true,
            expires: Some(part_reports::SUMMARY_EXPIRES),
            waits: false,
        };
        match report.summary {
            Ok(message) => self.publisher.set_latest_as("up/health", delivery, message),
            Err(error) => error!(%error, "the health report could not be written"),
        }
        let delivery = Delivery::of_a_part(part_reports::EXPIRES);
        let cameras = self.config.cameras.iter().map(|camera| Topics::camera_suffix(&camera.id));
        let sensors = self.config.sensors.list.iter().map(|sensor| Topics::sensor_suffix(&sensor.plan.id));
        for gone in self.parts.gone(&cameras.chain(sensors).collect()) {
            self.publisher.set_latest_as(&gone, delivery, Vec::new());
        }
        for part in report.parts {
            if !self.parts.is_due(&part.topic, &part.state, readings.at.mono) {
                continue;
            }
            match part.message(&self.health.sender, readings.at.utc) {
                Ok(message) => self.publisher.set_latest_as(&part.topic, delivery, message),
                Err(error) => error!(%error, topic = part.topic, "a message could not be written"),
            }
        }
    }

    fn readings(&self) -> Readings {
        Readings {
            at: self.clock.now(),
            cameras: self.cameras.stats(),
            frames: self.gauges.scheduler.counts(),
            sensors: self.sensors.stats(),
            known: self.gauges.known.clone(),
            lookers: self.gauges.looked.clone(),
            recorder: self.gauges.stored.clone(),
            depth: self.outbox.depth(),
            broker: self.publisher.status(),
            provider: self.sight.provider(),
            workers: self.gauges.workers,
            spool_trouble: self.gauges.spool_trouble.clone(),
            file_trouble: self.file_trouble.clone(),
        }
    }

    fn publish(&self, topic: &str, message: Result<Vec<u8>, EventError>) {
        match message {
            Ok(message) => self.publisher.set_latest(topic, Qos::AtLeastOnce, true, message),
            Err(error) => error!(%error, topic, "a message could not be written"),
        }
    }

    fn log_config(&self, outcome: &str, sha256: &str, offer: &Offer) {
        let source = match offer.source {
            ConfigSource::File => "file".to_owned(),
            ConfigSource::Remote => format!("remote, version {}", offer.version.unwrap_or_default()),
        };
        let entry = Entry {
            outcome: Some(outcome.to_owned()),
            detail: Some(format!("{sha256} ({source})")),
            ..Entry::of("config")
        };
        if let Err(error) = self.audit.record(self.clock.now().utc, entry) {
            error!(%error, "the audit log cannot be written");
        }
    }

    /// Reads the file. `asked`: somebody asked for it, so that it is taken up again even if it did not change:
    /// what it names, secrets for example, may have.
    pub fn reload(&mut self, asked: bool) {
        let path = self.file.path().to_owned();
        let file = match Config::load(&path) {
            Ok(file) => file,
            Err(problems) => return self.refuse(&Offer::FILE, &problems),
        };
        let digest = standing::digest(file.text());
        let same = digest == self.standing.file;
        if same && !asked {
            if self.refused {
                info!(file = %path.display(), "the file is again as it was when it was taken up");
                (self.file, self.file_trouble) = (file, None);
                self.announce(ConfigOutcome::Applied);
            }
            return;
        }
        info!(file = %path.display(), "reading the configuration again");
        let mut next = self.standing.clone();
        if !same {
            if next.now != Wishes::default() {
                let version = next.now.wanted.as_ref().map(|wanted| wanted.version);
                warn!(
                    version,
                    "the file on the box was edited: it counts again, and not what the command centre sent"
                );
            }
            (next.file, next.now, next.trial) = (digest, Wishes::default(), None);
        }
        let offer = Offer::FILE;
        let base = match based_on(&file, &next.now) {
            Ok(base) => base,
            Err(problems) => return self.refuse(&offer, &problems),
        };
        let restart = limits::takes_a_restart(&self.base, &file);
        if !restart.is_empty() {
            return self.refuse(&offer, &Problems::of_the_whole(&path, Some(&file.sha256), restart));
        }
        match self.take_up(base, next, &offer, ConfigOutcome::Applied) {
            Ok(()) => {
                (self.file, self.file_trouble) = (file, None);
                // Whoever edits the file stands beside it: a camera that waits for minutes is tried now.
                self.cameras.retry_now();
            }
            Err(problems) => self.refuse(&offer, &problems),
        }
    }

    /// Makes `base`, with the values of `next`, what runs. Everything that can fail comes before anything changes.
    fn take_up(
        &mut self,
        base: Config,
        next: Standing,
        offer: &Offer,
        outcome: ConfigOutcome,
    ) -> Result<(), Problems> {
        let config = settings::apply(base.clone(), &next.now.settings);
        config.check_classes(&self.sight.classes())?;
        let whole = |error: String| Problems::of_the_whole(base.path(), Some(&config.sha256), vec![error]);
        let mut site = Site::new(&config, &self.sight, self.clock_data.clone(), self.mutes.clone())
            .map_err(|error| whole(error.to_string()))?;
        let keeper = (config.evidence != self.config.evidence).then(|| Keeper::open(&config));
        let keeper = match keeper {
            Some((_, troubles)) if !troubles.is_empty() => return Err(whole(troubles.join("; "))),
            other => other.map(|(keeper, _)| keeper),
        };
        next.save(&self.folder).map_err(|error| {
            whole(format!("it could not be written to {}: {error}", self.folder.display()))
        })?;

        site.share_manners_of(&self.site);
        // Places and titles before rules, rules before frames: no alert is told with settings it does not have.
        let _ = self.recorder.send(Told::Settings(Box::new(site.recorder_settings())));
        if let Some(keeper) = keeper {
            let _ = self.recorder.send(Told::Keep(Box::new(keeper)));
        }
        let _ = self.analyst.send(Note::Reconfigure(Box::new(site.plan())));
        for (camera, error) in self.cameras.become_those(site.wanted_cameras()) {
            error!(%camera, %error, "the camera could not be started");
        }
        self.sensors.become_those(&config.sensors);
        self.gate.set_keys(&config.command_keys);
        if config.command_keys != self.config.command_keys {
            site::warn_of_open_door(&config);
        }
        info!(
            cameras = config.cameras.len(),
            sensors = config.sensors.list.len(),
            rules = config.rules.len(),
            sha256 = config.sha256,
            source = ?offer.source,
            version = offer.version,
            "took up the configuration"
        );
        let now = self.clock.now();
        self.trial_ends = next.trial.as_ref().map(|trial| now.mono + left_of(trial, now.utc));
        (self.base, self.config, self.site, self.standing) = (base, config, site, next);
        self.log_config("applied", &self.config.sha256.clone(), offer);
        self.announce(outcome);
        Ok(())
    }

    /// What is on trial falls if nobody confirmed it in time.
    pub fn look_at_trial(&mut self) {
        if self.trial_ends.is_none_or(|ends| self.clock.now().mono < ends) {
            return;
        }
        self.trial_ends = None;
        let Some(trial) = self.standing.trial.clone() else { return };
        warn!("nobody confirmed what the command centre sent: what ran before comes back");
        let mut next = self.standing.clone();
        (next.now, next.trial) = (*trial.before, None);
        let version = next.now.wanted.as_ref().map(|wanted| wanted.version);
        let source = if version.is_some() { ConfigSource::Remote } else { ConfigSource::File };
        let offer = Offer { source, version };
        let taken = based_on(&self.file, &next.now)
            .and_then(|base| self.take_up(base, next, &offer, ConfigOutcome::Reverted));
        if let Err(problems) = taken {
            self.refuse(&offer, &problems);
        }
    }
}

/// What the watchdog looks at.
fn progress(seen: &Readings, publisher: &Publisher) -> Progress {
    let count = |figure: &std::sync::atomic::AtomicU64| figure.load(Ordering::Relaxed);
    let looked = count(&seen.lookers.looked) + count(&seen.lookers.still) + count(&seen.lookers.failed);
    Progress {
        mqtt: publisher.beats(),
        looked,
        overtaken: seen.frames.iter().map(|(_, counts)| counts.replaced).sum(),
        cameras: seen.cameras.iter().map(|(_, stats)| stats.frames + stats.reconnects + stats.beats).sum(),
        wanted_cameras: seen.cameras.len(),
    }
}

/// The configuration that the centre wants, or the file's.
fn based_on(file: &Config, wishes: &Wishes) -> Result<Config, Problems> {
    match &wishes.wanted {
        Some(wanted) => Config::from_text(file.path(), &wanted.toml, &Surroundings::of(file.path())),
        None => Ok(file.clone()),
    }
}

/// How long a trial goes on; no longer than it was meant to be, whatever the clock says.
fn left_of(trial: &Trial, now: crate::analysis::time::Timestamp) -> Duration {
    let left = trial.until.0.as_second().saturating_sub(now.as_second()).max(0);
    Duration::from_secs(u64::try_from(left).unwrap_or(0)).min(Duration::from_secs(u64::from(trial.secs)))
}

/// What runs at the start, besides the file.
pub struct Beginning {
    /// Before `set`.
    pub base: Config,
    /// What runs.
    pub config: Config,
    pub standing: Standing,
    pub trial_left: Option<Duration>,
}

/// What the command centre asked for before the restart goes on, if the file is still the same. `is_broken`: there is no
/// file that could be read, and `file` is what the command centre sent.
pub fn begin(file: &Config, is_broken: bool, folder: &Path, clock: Clock) -> Beginning {
    let (mut standing, damage) = Standing::load(folder);
    if let Some(damage) = damage {
        error!(%damage, "what the command centre asked for cannot be read; the file counts");
    }
    let now = clock.now().utc;
    standing.forget_mutes(now);
    let digest = standing::digest(file.text());
    if standing.file != digest && !is_broken {
        if standing.now != Wishes::default() {
            warn!("the file on the box was edited: it counts again, and not what the command centre sent");
        }
        (standing.file, standing.now, standing.trial) = (digest, Wishes::default(), None);
    }
    if let Some(trial) = standing.trial.take_if(|trial| left_of(trial, now).is_zero()) {
        if is_broken && trial.before.wanted.is_none() {
            warn!(
                "nobody confirmed what the command centre sent, but what ran before was the file, which is broken"
            );
        } else {
            warn!("nobody confirmed what the command centre sent: what ran before comes back");
            standing.now = *trial.before;
        }
    }
    let fits = |base: &Config| limits::takes_a_restart(file, base).is_empty();
    let base = match based_on(file, &standing.now) {
        Ok(base) if fits(&base) => base,
        bad => {
            let problems = bad.err().map_or_else(String::new, |problems| format!(":\n{problems}"));
            error!(
                "the configuration that the command centre sent does not work any more; the file counts{problems}"
            );
            (standing.now, standing.trial) = (Wishes::default(), None);
            file.clone()
        }
    };
    if let Err(error) = standing.save(folder) {
        error!(folder = %folder.display(), %error, "what the command centre asked for cannot be written");
    }
    let config = settings::apply(base.clone(), &standing.now.settings);
    let trial_left = standing.trial.as_ref().map(|trial| left_of(trial, now));
    Beginning { base, config, standing, trial_left }
}
