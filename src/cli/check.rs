//! `lookout check`: every problem of a configuration, each with its place and what to try.
//!
//! Judges as the service would: as root, files are read with the rights of the service's user, and what the unit keeps
//! from it is told too.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use serde_json::{Value, json};

use super::{Failure, print_line};
use crate::alerts::faces;
use crate::config::account::{Account, Unit};
use crate::config::{
    self, Broker, Camera, CameraSource, Config, KnownModel, NamedPath, Problem, Severity, Surroundings,
    Wanted,
};
use crate::contract::stream_address;
use crate::detector::manifest::Manifest;
use crate::detector::{Model, face_model};
use crate::mqtt::embedded;
use crate::types::mqtt;

mod explain;
mod reach;

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
    /// Judge what can be read as this user would; only root can [default: for root the service's user]
    #[arg(long = "as", value_name = "USER", conflicts_with = "elsewhere")]
    user: Option<String>,
    /// Print every value of this camera and the rules that watch it, each with where it comes from
    #[arg(long, value_name = "CAMERA", conflicts_with = "json")]
    explain: Option<String>,
}

/// As whom files are read.
struct Judge {
    /// Somebody else than who runs the command.
    account: Option<Account>,
    /// The unit of the service, where its limits count.
    unit: Option<Unit>,
    /// Whether it is known as whom the service runs, so that what it cannot write is an error.
    is_the_services: bool,
    /// Who that is, for people; nothing where it goes without saying.
    told: Option<String>,
}

/// What became of one file.
struct Outcome {
    file: PathBuf,
    config: Option<Config>,
    problems: Vec<Problem>,
    /// Why models and classes were not checked.
    unchecked: Option<String>,
    /// Whose rights counted, where they are not those of who runs the command.
    judged_as: Option<String>,
    /// The same for people.
    told: Option<String>,
    /// Who looks for faces in pictures that leave, where there are such.
    faces: Option<Faces>,
}

/// Who looks for faces in pictures that leave the box.
struct Faces {
    /// For people.
    told: String,
    /// Whether one is wanted who is not there.
    is_weaker: bool,
}

/// Runs the command.
pub fn run(args: Args) -> Result<(), Failure> {
    let judge = Judge::chosen(&args)?;
    let mut errors = 0;
    let mut complaints = String::new();
    for file in &args.files {
        let outcome = check(file, &args, &judge)?;
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
        match (&outcome.config, &args.explain) {
            _ if outcome.errors() > 0 => {}
            (Some(config), Some(camera)) => match explain::told(config, camera) {
                Ok(text) => print_line(text)?,
                Err(why) => {
                    errors += 1;
                    complaints.push_str(&format!("error: {why}\n"));
                }
            },
            _ => print_line(outcome.summary())?,
        }
    }
    match errors {
        0 => Ok(()),
        _ if args.json => Err(Failure::invalid("")),
        1 => Err(Failure::invalid(format!("{complaints}1 error"))),
        n => Err(Failure::invalid(format!("{complaints}{n} errors"))),
    }
}

impl Judge {
    fn chosen(args: &Args) -> Result<Judge, Failure> {
        let nobody_else = Judge { account: None, unit: None, is_the_services: false, told: None };
        if args.elsewhere {
            return Ok(nobody_else);
        }
        let me = Account::of_this_thread();
        let i_am_root = me.as_ref().is_some_and(Account::is_root);
        let as_other = |account: Account, unit| Judge {
            told: Some(format!("judged as the user {}", account.name)),
            account: Some(account),
            unit,
            is_the_services: true,
        };
        if let Some(name) = &args.user {
            let account = Account::named(name);
            let account = account.ok_or_else(|| Failure::invalid(no_such_user(name)))?;
            if Some(&account) == me.as_ref() {
                return Ok(Judge { is_the_services: true, ..nobody_else });
            }
            if !i_am_root {
                let why = format!(
                    "`--as {name}`: only root can look with another user's rights\n  hint: sudo lookout check --as {name}, or leave --as out to check with your own rights"
                );
                return Err(Failure::invalid(why));
            }
            return Ok(as_other(account, None));
        }
        let service = Account::of_service().filter(|service| !service.is_root());
        if !i_am_root {
            let other = service.filter(|service| Some(service) != me.as_ref());
            let told = other.map(|Account { name, .. }| {
                format!("judged as you; `sudo lookout check` judges as the service's user {name}")
            });
            return Ok(Judge { told, ..nobody_else });
        }
        let unit = Unit::installed();
        // Systemd reads the secrets as root and hands them over.
        let reads_for_itself = !unit.as_ref().is_some_and(Unit::loads_credentials);
        Ok(match service.filter(|_| reads_for_itself) {
            Some(service) => as_other(service, unit),
            None => Judge { unit, is_the_services: true, ..nobody_else },
        })
    }

    /// What `work` finds as the user that is judged for.
    fn ask<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T, Failure> {
        let Some(account) = &self.account else { return Ok(work()) };
        account
            .act(work)
            .map_err(|error| Failure::failed(format!(
                "the rights of the user `{0}` cannot be taken on, so nothing was checked: {error}\n  hint: in a container without the capabilities SETUID and SETGID, run the check as that user itself: runuser -u {0} -- lookout check",
                account.name
            )))
    }
}

fn no_such_user(name: &str) -> String {
    let hint = match Account::of_service() {
        Some(service) => format!("the service runs as `{0}`: lookout check --as {0}", service.name),
        None => {
            "`getent passwd` lists the users of this machine; the package makes the user `lookout`".to_owned()
        }
    };
    format!("`--as {name}`: this machine has no user of that name, so nothing was checked\n  hint: {hint}")
}

fn check(file: &Path, args: &Args, judge: &Judge) -> Result<Outcome, Failure> {
    let surroundings = if args.elsewhere { Surroundings::elsewhere(file) } else { Surroundings::of(file) };
    let outcome = |config, problems, unchecked| Outcome {
        file: file.to_owned(),
        config,
        problems,
        unchecked,
        judged_as: judge.account.as_ref().map(|account| account.name.clone()),
        told: judge.told.clone(),
        faces: None,
    };
    // Read as whoever asks: a draft may lie in their own folder.
    let text = match config::text_of(file) {
        Ok(text) => text,
        Err(problems) => return Ok(outcome(None, problems.list, None)),
    };
    // The one that the service runs is the service's to read.
    let mut found = Vec::new();
    if file == Path::new(DEFAULT_FILE) || args.user.is_some() {
        let read = judge.ask(|| config::text_of(file).map(drop))?;
        found.extend(read.err().into_iter().flat_map(|problems| problems.list));
    }
    if let Some(named) = &args.manifest {
        // A list that was named here must be there; one that the file names is the file's matter.
        Manifest::read(&Manifest::locate(Some(named)).map_err(Failure::invalid)?)
            .map_err(Failure::invalid)?;
    }
    let (survey, unchecked, faces) = judge.ask(|| {
        let unchecked = Mutex::new(None);
        let models = |wanted: Wanted<'_>| known_models(wanted, args, &unchecked);
        let reach = |named: &NamedPath| {
            judge.is_the_services.then(|| reach::problem(named, judge.unit.as_ref())).flatten()
        };
        let survey = Config::survey(file, &text, &surroundings, &models, &reach);
        let faces = survey.config.as_ref().and_then(|config| faces(config, args));
        (survey, unchecked.into_inner(), faces)
    })?;
    found.extend(survey.problems);
    if let Some(account) = judge.account.as_ref().filter(|_| found.iter().any(is_error)) {
        let behind = account.act_with_all_open(|| {
            // The usual list of models is not behind anything that the file names.
            let models = |wanted: Wanted<'_>| match wanted.manifest {
                Some(_) => known_models(wanted, args, &Mutex::new(None)),
                None => Ok(None),
            };
            let reach = |named: &NamedPath| reach::behind(named, account);
            Config::survey(file, &text, &surroundings, &models, &reach).problems
        });
        // Without the rights for it, what lies behind a closed folder takes another round.
        for problem in behind.unwrap_or_default() {
            if !found.iter().any(|told| is_the_same(told, &problem)) {
                found.push(problem);
            }
        }
        found.sort_by_key(|problem| (problem.severity, problem.line, problem.column));
    }
    Ok(Outcome { faces, ..outcome(survey.config, found, unchecked) })
}

fn is_error(problem: &Problem) -> bool {
    problem.severity == Severity::Error
}

/// Whether two problems say the same of the same place, whatever they advise.
fn is_the_same(one: &Problem, other: &Problem) -> bool {
    let said = |problem: &Problem| (problem.severity, problem.line, problem.column);
    said(one) == said(other) && one.what == other.what
}

/// Who looks for faces; nobody has to where no picture leaves.
fn faces(config: &Config, args: &Args) -> Option<Faces> {
    if config.cameras.is_empty() || !config.evidence.enabled {
        return None;
    }
    let manifest = Manifest::find(args.manifest.as_deref().or(config.detector.manifest.as_deref())).ok()?;
    let good = |told: String| Faces { told, is_weaker: false };
    let weaker = |why: String| Faces {
        told: format!("{}: {}\n           hint: {}", faces::WEAKER, first_line(&why).0, faces::HINT),
        is_weaker: true,
    };
    Some(match faces::entry(&config.detector.face_model, &manifest) {
        Ok(None) => good("no model of their own (face_model = \"none\")".to_owned()),
        Ok(Some(entry)) if args.elsewhere => good(format!("{}, in pictures that leave the box", entry.name)),
        Ok(Some(entry)) => match Model::check_file(&entry) {
            Ok(()) => good(format!("{}, in pictures that leave the box", entry.name)),
            Err(error) => weaker(error.to_string()),
        },
        // Here is not there.
        Err(_) if args.elsewhere => return None,
        Err(error) => weaker(error.to_string()),
    })
}

/// The models there are. Where none are to be expected here, says into `unchecked` why they were not asked for.
fn known_models(
    wanted: Wanted<'_>,
    args: &Args,
    unchecked: &Mutex<Option<String>>,
) -> Result<Option<Vec<KnownModel>>, (String, String)> {
    let configured = wanted.manifest.filter(|_| !args.elsewhere);
    if configured.is_some_and(|manifest| args.manifest.is_none() && !manifest.is_file()) {
        // The file names a list that is not there, which was said already.
        return Ok(None);
    }
    let manifest = match Manifest::find(args.manifest.as_deref().or(configured)) {
        Ok(manifest) => manifest,
        Err(error) if args.elsewhere => {
            *unchecked.lock() = Some(first_line(&error.to_string()).0);
            return Ok(None);
        }
        Err(error) => return Err(first_line(&error.to_string())),
    };
    // The usual face model goes without an entry in the list.
    let mut entries = manifest.models().to_vec();
    if wanted.models.contains(&face_model::NAME)
        && manifest.model(face_model::NAME).is_err()
        && let Ok(usual) = face_model::find(Some(manifest.file())).or_else(|_| face_model::described())
    {
        entries.push(usual);
    }
    let known = entries.iter().map(|entry| {
        let is_wanted = !args.elsewhere && wanted.models.contains(&entry.name.as_str());
        let trouble = if is_wanted { Model::check_file(entry).err() } else { None };
        KnownModel {
            name: entry.name.clone(),
            classes: entry.reported().collect(),
            trouble: trouble.map(|error| first_line(&error.to_string())),
        }
    });
    Ok(Some(known.collect()))
}

/// The sentence of an error and its hint.
fn first_line(message: &str) -> (String, String) {
    let mut lines = message.lines();
    let first = lines.next().unwrap_or_default().to_owned();
    let hint = lines.find_map(|line| line.trim().strip_prefix("hint: "));
    (first, hint.unwrap_or("`lookout models list` and `lookout models verify` say more").to_owned())
}

impl Outcome {
    fn errors(&self) -> usize {
        self.problems.iter().filter(|problem| is_error(problem)).count()
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
            "judged_as": self.judged_as,
            "faces": self.faces.as_ref().map(|faces| faces.told.as_str()),
            "redaction_is_weaker": self.faces.as_ref().is_some_and(|faces| faces.is_weaker),
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
        let judged = self.told.as_ref().map_or(String::new(), |told| format!(", {told}"));
        writeln!(out, "{}: no error{judged}", self.file.display())?;
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
        let providers = match providers.as_slice() {
            [] => "what a measurement chooses".to_owned(),
            listed => listed.join(", else "),
        };
        if config.cameras.is_empty() {
            writeln!(out, "  models   none, as there is no camera")?;
        } else {
            writeln!(out, "  model    {} on {providers}", config.detector.model)?;
        }
        if let Some(faces) = &self.faces {
            writeln!(out, "  faces    {}", faces.told)?;
        }
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
            writeln!(out, "    {:<20} {} ({}) {}", plan.id, plan.quantity, plan.unit, sensor.source.told())?;
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
        mqtt::Version::V5 => "MQTT 5",
        mqtt::Version::V311 => "MQTT 3.1.1",
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
        Broker::Remote { host, port, others, tls, credentials } => {
            let lock = if tls.is_some() { "encrypted" } else { "not encrypted" };
            let login = if credentials.is_some() { "with a login" } else { "without a login" };
            let others: String =
                others.iter().map(|(host, port)| format!(", or else {host}:{port}")).collect();
            format!("{host}:{port}{others} ({version}, {lock}, {login})")
        }
    }
}

fn what_it_is(camera: &Camera) -> String {
    let source = match &camera.source {
        CameraSource::Rtsp { url, .. } => stream_address::shown(url),
        CameraSource::File(path) => path.display().to_string(),
    };
    let counted = |n: usize, one: &str| match n {
        0 => String::new(),
        1 => format!(", 1 {one}"),
        n => format!(", {n} {one}s"),
    };
    let turned = match camera.rotate {
        0 => String::new(),
        degrees => format!(", turned clockwise by {degrees} degrees"),
    };
    let aspect =
        camera.display_aspect.map_or(String::new(), |(wide, high)| format!(", shown as {wide}:{high}"));
    let large = camera.url_main.as_ref().map_or(String::new(), |url| {
        format!(", one more picture of an alert from {}", stream_address::shown(url))
    });
    format!(
        "{source}, {} looks a second{turned}{aspect}{large}{}{}{}",
        camera.analysis_hz,
        counted(camera.zones.len(), "zone"),
        counted(camera.lines.len(), "line"),
        counted(camera.masks.len() + camera.class_masks.len(), "mask"),
    )
}
