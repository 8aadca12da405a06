//! `lookout check`: every problem of a configuration, each with its place and what to try.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Failure, print_line};
use crate::analysis::detection::Class;
use crate::config::{
    Broker, Camera, CameraSource, Config, MqttVersion, Problem, Problems, SensorSource, Severity,
    Surroundings,
};
use crate::detector::manifest::{Manifest, ManifestError};
use crate::mqtt::embedded;

/// Where the service looks for its configuration.
const DEFAULT_FILE: &str = "/etc/lookout/lookout.toml";

/// Report every problem of a configuration in one pass, and what a good one makes the box do.
///
/// Exit code 0: no error (warnings are allowed). 2: at least one error.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The files to check
    #[arg(default_value = DEFAULT_FILE, value_name = "CONFIG")]
    files: Vec<PathBuf>,
    /// Print one JSON object per file instead of text
    #[arg(long)]
    json: bool,
    /// The list of models to check names of models and classes against; found by itself where there is one
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// The configuration is for another machine: look for no secrets, certificates, videos and models here
    #[arg(long)]
    elsewhere: bool,
}

/// What became of one file.
struct Outcome {
    file: PathBuf,
    config: Option<Config>,
    problems: Vec<Problem>,
    /// Why models and classes were not checked.
    unchecked: Option<String>,
}

/// Runs the command.
pub fn run(args: Args) -> Result<(), Failure> {
    let mut errors = 0;
    let mut complaints = String::new();
    for file in &args.files {
        let outcome = check(file, &args)?;
        errors += outcome.errors();
        if args.json {
            print_line(outcome.json())?;
            continue;
        }
        for problem in &outcome.problems {
            match problem.severity {
                Severity::Error => complaints.push_str(&format!("{}\n", problem.of(file))),
                Severity::Warning => {
                    // Nobody is left to tell if standard error is gone.
                    let _ = writeln!(io::stderr(), "{}", problem.of(file));
                }
            }
        }
        if outcome.errors() == 0 {
            print_line(outcome.summary())?;
        }
    }
    match errors {
        0 => Ok(()),
        _ if args.json => Err(Failure::invalid("")),
        1 => Err(Failure::invalid(format!("{complaints}1 error"))),
        n => Err(Failure::invalid(format!("{complaints}{n} errors"))),
    }
}

fn check(file: &Path, args: &Args) -> Result<Outcome, Failure> {
    let surroundings = if args.elsewhere { Surroundings::elsewhere(file) } else { Surroundings::of(file) };
    let config = match Config::load_in(file, &surroundings) {
        Ok(config) => config,
        Err(problems) => {
            let problems = problems.iter().cloned().collect();
            return Ok(Outcome { file: file.to_owned(), config: None, problems, unchecked: None });
        }
    };
    let mut problems: Option<Problems> = None;
    let unchecked = match manifest_for(&config, args) {
        Ok(manifest) => {
            problems = against_models(&config, &manifest);
            None
        }
        // A list that was named must be there; one that nobody named is a bonus.
        Err(error) if args.manifest.is_some() => return Err(Failure::invalid(error)),
        Err(error) => Some(error.to_string().lines().next().unwrap_or_default().to_owned()),
    };
    let problems = problems.iter().flat_map(Problems::iter).chain(&config.warnings).cloned().collect();
    Ok(Outcome { file: file.to_owned(), config: Some(config), problems, unchecked })
}

fn manifest_for(config: &Config, args: &Args) -> Result<Manifest, ManifestError> {
    let named = args.manifest.as_deref();
    let configured = config.detector.manifest.as_deref().filter(|_| !args.elsewhere);
    Manifest::find(named.or(configured))
}

/// Names of models, then, where those are right, names of classes.
fn against_models(config: &Config, manifest: &Manifest) -> Option<Problems> {
    let names: Vec<&str> = manifest.models().iter().map(|model| model.name.as_str()).collect();
    if let Err(problems) = config.check_models(&names) {
        return Some(problems);
    }
    let detector = &config.detector;
    let classes: Vec<Class> = std::iter::once(&detector.model)
        .chain(&detector.face_model)
        .filter_map(|name| manifest.model(name).ok())
        .flat_map(|model| model.reported())
        .collect();
    config.check_classes(&classes).err()
}

impl Outcome {
    fn errors(&self) -> usize {
        self.problems.iter().filter(|problem| problem.severity == Severity::Error).count()
    }

    fn json(&self) -> Value {
        let problems: Vec<Value> = self
            .problems
            .iter()
            .map(|problem| {
                json!({
                    "severity": match problem.severity { Severity::Error => "error", Severity::Warning => "warning" },
                    "line": problem.line,
                    "column": problem.column,
                    "what": problem.what,
                    "hint": problem.hint,
                })
            })
            .collect();
        json!({
            "file": self.file,
            "valid": self.errors() == 0,
            "sha256": self.config.as_ref().map(|config| config.sha256.as_str()),
            "cameras": self.config.as_ref().map(|config| config.cameras.len()),
            "rules": self.config.as_ref().map(|config| config.rules.len()),
            "models_checked": self.config.is_some() && self.unchecked.is_none(),
            "problems": problems,
        })
    }

    /// What a good configuration makes the box do.
    fn summary(&self) -> String {
        let Some(config) = &self.config else { return String::new() };
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = self.write_summary(&mut text, config);
        text.trim_end().to_owned()
    }

    fn write_summary(&self, out: &mut String, config: &Config) -> std::fmt::Result {
        let site = &config.site;
        writeln!(out, "{}: no error", self.file.display())?;
        let (area, zone) = (&site.area, &site.time_zone_name);
        let (mode, language) = (site.mode.name(), site.language.tag());
        writeln!(out, "  box      {} in {area}, {zone}, titles in {language}, mode {mode}", site.box_id)?;
        writeln!(out, "  alerts   {}, topics {}/up/...", broker(config), config.topics().base())?;
        writeln!(out, "  queue    {}", config.outbox.dir.display())?;
        let evidence = &config.evidence;
        let days = evidence.keep.as_secs() / (24 * 60 * 60);
        match evidence.enabled {
            true => writeln!(out, "  evidence {}, kept {days} days", evidence.dir.display())?,
            false => writeln!(out, "  evidence none")?,
        }
        let providers: Vec<&str> = config.detector.providers.iter().map(|provider| provider.name()).collect();
        let models: Vec<&str> = std::iter::once(&config.detector.model)
            .chain(&config.detector.face_model)
            .map(String::as_str)
            .collect();
        let providers = match providers.as_slice() {
            [] => "what a measurement chooses".to_owned(),
            listed => listed.join(", else "),
        };
        writeln!(out, "  models   {} on {providers}", models.join(" and "))?;
        if let Some(why) = &self.unchecked {
            writeln!(out, "           names of models and classes were not checked: {why}")?;
        }
        writeln!(out, "  cameras  {}", config.cameras.len())?;
        for camera in &config.cameras {
            writeln!(out, "    {:<20} {}", camera.id, what_it_is(camera))?;
        }
        if !config.sensors.list.is_empty() {
            writeln!(out, "  sensors  {}", config.sensors.list.len())?;
        }
        for sensor in &config.sensors.list {
            let plan = &sensor.plan;
            writeln!(out, "    {:<20} {} ({}) {}", plan.id, plan.quantity, plan.unit, from(&sensor.source))?;
        }
        writeln!(out, "  rules    {}", config.rules.len())?;
        let plan = config.plan(config.camera_plans());
        for rule in &config.rules {
            let cameras = rule.cameras.join(", ");
            match plan.raises_alone(rule) {
                true => {
                    let level = rule.level.name();
                    writeln!(out, "    {:<20} {} ({level}) on {cameras}", rule.id, rule.signal)?;
                }
                false => writeln!(out, "    {:<20} {}, a hint, on {cameras}", rule.id, rule.signal)?,
            }
        }
        if !config.signals.is_empty() {
            writeln!(out, "  signals  {}", config.signals.len())?;
        }
        let sources = plan.sources();
        for signal in &config.signals {
            let of_it = || sources.iter().filter(|source| source.kind == signal.kind);
            let grids: BTreeSet<&str> = of_it().map(|source| &*source.grid).collect();
            let (count, grids) = (of_it().count(), grids.len());
            writeln!(out, "    {:<20} from {count} sources in {grids} grid cells", signal.kind)?;
        }
        Ok(())
    }
}

fn broker(config: &Config) -> String {
    let version = match config.mqtt.version {
        MqttVersion::V5 => "MQTT 5",
        MqttVersion::V311 => "MQTT 3.1.1",
    };
    match &config.mqtt.broker {
        Broker::Embedded { port } => {
            let port = if *port == 0 { ", any free port".to_owned() } else { format!(":{port}") };
            let missing = match embedded::installed() {
                Ok(_) => "",
                Err(_) => "; its program `mosquitto` is not installed here: `sudo apt install mosquitto`",
            };
            format!("an embedded broker on 127.0.0.1{port}{missing}")
        }
        Broker::Remote { host, port, tls, credentials } => {
            let lock = if tls.is_some() { "encrypted" } else { "not encrypted" };
            let login = if credentials.is_some() { "with a login" } else { "without a login" };
            format!("{host}:{port} ({version}, {lock}, {login})")
        }
    }
}

fn from(source: &SensorSource) -> String {
    match source {
        SensorSource::MqttJson { topic, broker, .. } | SensorSource::OnvifMqtt { topic, broker, .. } => {
            format!("from {topic} at the broker {}", broker.as_deref().unwrap_or("on this machine"))
        }
        SensorSource::ModbusTcp { host, port, register } => {
            format!("asked every {:?} of unit {} at {host}:{port}", register.poll, register.unit)
        }
        SensorSource::ModbusRtu { port, register } => {
            format!("asked every {:?} of unit {} on {}", register.poll, register.unit, port.device)
        }
        SensorSource::Webhook { path, .. } => format!("posted to {path}"),
    }
}

fn what_it_is(camera: &Camera) -> String {
    let source = match &camera.source {
        CameraSource::Rtsp { url, .. } => url.clone(),
        CameraSource::File(path) => path.display().to_string(),
    };
    let counted = |n: usize, one: &str| match n {
        0 => String::new(),
        1 => format!(", 1 {one}"),
        n => format!(", {n} {one}s"),
    };
    let large = camera
        .url_main
        .as_ref()
        .map_or(String::new(), |url| format!(", one more picture of an alert from {url}"));
    format!(
        "{source}, {} looks a second{large}{}{}{}",
        camera.analysis_hz,
        counted(camera.zones.len(), "zone"),
        counted(camera.lines.len(), "line"),
        counted(camera.masks.len(), "mask"),
    )
}
