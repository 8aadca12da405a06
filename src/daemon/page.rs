//! The page as a stage of the daemon: what it is given at the start, and what it shows from report to report. Must never
//! wait for it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use tokio::sync::watch;

use super::known_models::known_models;
use super::report::{self, Part, PartData, Readings, Report};
use super::running::Running;
use super::stages::{CommandStage, Context, STOP_WITHIN, Storage};
use super::{Control, box_key};
use crate::analysis::detection::Class;
use crate::config::{Broker, Config, ModelRequest};
use crate::contract::box_status::ConfigSource;
use crate::contract::health::{CameraData, SensorData};
use crate::control::LocalDesk;
use crate::control::overrides::{self, StoredOverrides, TrialEnd};
use crate::text::{Sentence, Words};
use crate::view::Viewer;
use crate::web::in_force::{InForce, OnTrial};
use crate::web::status::{BoxStatus, BrokerStatus, CameraStatus, RuleStatus, SensorStatus, Trouble};
use crate::web::{self, Desk, Page};

/// The page, while it is switched on.
pub(crate) struct PageStage {
    page: Page,
    in_force: watch::Sender<InForce>,
}

impl PageStage {
    /// Serves it as the configuration says. Failure to serve is reported, and is no error of the daemon.
    pub(super) fn start(
        context: Context<'_>,
        storage: &Storage,
        commands: &CommandStage,
        desk: LocalDesk,
        viewer: Viewer,
        restarts: Sender<Control>,
        manifest: Option<PathBuf>,
    ) -> Self {
        let Context { config, clock, .. } = context;
        let (in_force, read) = watch::channel(InForce {
            config: Arc::new(config.clone()),
            source: ConfigSource::File,
            file: overrides::digest(config.text()),
            trial: None,
            ended: None,
        });
        let parts = web::Parts {
            config_file: config.path().to_owned(),
            key_owner: box_key::owner_file(&config.outbox.dir),
            models: Arc::new(move |wanted: ModelRequest<'_>| {
                // One that looks for faces may fail: then the box says so and works.
                known_models(wanted, manifest.as_deref(), |finds| !finds.contains(&Class::FACE))
            }),
            in_force: read,
            folder: web::folder_in(&config.outbox.dir),
            box_name: config.full_name(),
            language: config.site.language,
            outbox: storage.outbox.clone(),
            control_folder: storage.control_dir.clone(),
            audit: commands.audit.clone(),
            desk: Desk(desk),
            viewer,
            clock,
            // Fails only while the daemon stops.
            restart: Arc::new(move || drop(restarts.send(Control::Restart))),
        };
        PageStage { page: Page::start(&config.web, parts), in_force }
    }

    /// From here on as that configuration says.
    pub(crate) fn set(&mut self, config: &Config) {
        self.page.set(&config.web, STOP_WITHIN);
    }

    /// What runs from here on, what of it stands, when it falls and the digest of what comes `before` it then, if it is on trial,
    /// and how the last trial ended by itself.
    pub(crate) fn update(
        &self,
        config: &Config,
        overrides: &StoredOverrides,
        trial_ends: Option<Duration>,
        before: Option<String>,
        ended: Option<&TrialEnd>,
    ) {
        let (source, _) = overrides.now.source();
        let from_page = overrides.now.of_page().is_some();
        let of = overrides.trial.as_ref().zip(trial_ends);
        let trial = of.map(|(trial, ends)| OnTrial { ends, from_page, by: trial.by.clone(), before });
        let (config, file) = (Arc::new(config.clone()), overrides.file.clone());
        let ended = ended.cloned();
        self.in_force.send_replace(InForce { config, source, file, trial, ended });
    }

    /// Why it cannot be opened.
    pub(crate) fn trouble(&self) -> Option<(Sentence, Option<Sentence>)> {
        self.page.trouble().map(|trouble| (trouble.what, trouble.hint))
    }

    /// Ends it.
    pub(crate) fn stop(self, within: Duration) {
        self.page.stop(within);
    }
}

impl Running {
    /// What was reported, for the page.
    pub(crate) fn show_on_page(&self, report: &Report, readings: &Readings) {
        let page = &self.stages.page.page;
        if page.is_served() {
            page.show(self.box_status(report, readings));
        }
    }

    fn box_status(&self, report: &Report, readings: &Readings) -> BoxStatus {
        let config = &self.config;
        let reasons = self.health.reasons(readings, &config.site.time_zone);
        let troubles = reasons.into_iter().map(|reason| Trouble {
            part: reason.part,
            // The page says of which part it is.
            what: reason.code.map_or(reason.what, Words::from),
            hint: reason.hint,
        });
        let (mut cameras, mut sensors) = (Vec::new(), Vec::new());
        for Part { data, .. } in &report.parts {
            match data {
                PartData::Camera(data) => cameras.push(camera(data, config, readings)),
                PartData::Sensor(data) => sensors.push(sensor(data, config, readings)),
            }
        }
        let pictures = config.evidence.enabled.then(|| (config.evidence.dir.clone(), config.evidence.keep));
        BoxStatus {
            at: readings.at.utc,
            name: config.full_name(),
            site: config.site.name.clone(),
            language: config.site.language,
            time_zone: config.site.time_zone.clone(),
            mode: config.site.mode,
            pictures,
            uptime: Duration::from_secs(report.of_the_box.uptime_s),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            config_sha256: config.sha256.clone(),
            troubles: troubles.collect(),
            cameras,
            sensors,
            signals: report.of_the_box.signals.clone(),
            broker: BrokerStatus {
                is_connected: readings.broker.connected,
                address: readings.broker.broker.clone(),
                is_own: matches!(config.mqtt.broker, Broker::Embedded { .. }),
            },
            spool: report.of_the_box.spool.clone(),
            machine: report.of_the_box.machine.clone(),
            detector: report.of_the_box.detector.clone(),
            clock: *self.clock_data.lock(),
        }
    }
}

fn camera(data: &CameraData, config: &Config, readings: &Readings) -> CameraStatus {
    let id = &data.health.id;
    let stats = readings.cameras.iter().find(|(camera, _)| **camera == **id).map(|(_, stats)| stats);
    let error = stats.and_then(|stats| stats.last_error.as_ref());
    let mode = stats.filter(|stats| stats.frames > 0).and_then(|stats| stats.gate).map(|(mode, _)| mode);
    CameraStatus {
        data: data.clone(),
        name: config.camera(id).and_then(|camera| camera.responsible.name.clone()),
        error: error.map(|error| error.fault.sentence()),
        hint: error.and_then(|error| error.fault.hint()),
        advice: mode.and_then(report::advice),
        rules: RuleStatus::at(id, config),
    }
}

fn sensor(data: &SensorData, config: &Config, readings: &Readings) -> SensorStatus {
    let id = data.health.id.as_str();
    let stats = readings.sensors.iter().find(|stats| *stats.plan.id == *id);
    let configured = config.sensors.list.iter().find(|sensor| *sensor.plan.id == *id);
    SensorStatus {
        data: data.clone(),
        name: configured.and_then(|sensor| sensor.responsible.name.clone()),
        reason: stats.filter(|stats| !report::is_waiting(stats)).and_then(report::sensor_reason),
    }
}
