//! `lookout check`: every problem of a configuration, each with its place and what to try.
//!
//! Judges as the service would: as root, files are read with the rights of the service's user, and what the unit keeps
//! from it is reported too.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use serde_json::{Value, json};

use super::language::{self, columns, padded};
use super::{Failure, print_line};
use crate::alerts::faces;
use crate::config::account::{Account, Unit};
use crate::config::{
    self, Broker, Camera, CameraSource, Config, Explained, KnownModel, ModelRequest, NamedPath, Problem,
    Severity, Surroundings,
};
use crate::contract::{Language, stream_address};
use crate::daemon::known_models::known_models;
use crate::detector::manifest::{Manifest, ManifestError};
use crate::detector::{Model, Runtime};
use crate::mqtt::embedded;
use crate::text::{
    Joint, Rendered, Sentence, Words, check as text, config as text_of_config, evidence, foreign,
};
use crate::types::mqtt;

mod explain;
mod reach;

/// Where the service looks for its configuration.
const DEFAULT_FILE: &str = "/etc/lookout/lookout.toml";

/// Report every problem of a configuration in one pass, and what a good one makes the box do.
///
/// Exit code 0: no error (warnings are allowed). 2: at least one error.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The files to check
    #[arg(default_value = DEFAULT_FILE, value_name = "CONFIG")]
    files: Vec<PathBuf>,
    /// The same, as every other command takes it
    #[arg(long, short, value_name = "CONFIG", conflicts_with = "files", hide = true)]
    config: Vec<PathBuf>,
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
    sentence: Option<Sentence>,
}

/// What became of one file.
struct Outcome {
    file: PathBuf,
    /// What stands in it, where it can be read.
    text: Option<String>,
    config: Option<Config>,
    problems: Vec<Problem>,
    /// Why models and classes were not checked.
    unchecked: Option<Words>,
    /// Whose rights counted, where they are not those of who runs the command.
    judged_as: Option<String>,
    /// The same for people.
    sentence: Option<Sentence>,
    /// Who looks for faces in pictures that leave, where there are such.
    faces: Option<Faces>,
}

/// Who looks for faces in pictures that leave the box.
struct Faces {
    /// For people.
    sentence: Words,
    /// What to try, where one is wanted who is not there.
    hint: Option<Words>,
}

/// Runs the command.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let language = language::of_this_run();
    let judge = Judge::chosen(&args)?;
    let mut errors = 0;
    for file in if args.config.is_empty() { &args.files } else { &args.config } {
        let outcome = check(file, &args, &judge)?;
        errors += outcome.errors();
        if args.json {
            print_line(outcome.json(language))?;
            continue;
        }
        for problem in &outcome.problems {
            say!("{}", problem.of(file, language));
        }
        match &args.explain {
            Some(camera) => match outcome.explained(camera) {
                Ok(None) => {}
                Ok(Some(explained)) => {
                    print_line(explain::report(&explained, camera, file, &outcome.problems, language))?;
                }
                Err((why, hint)) => {
                    errors += 1;
                    let (why, hint) = (foreign::error(why), foreign::hint(hint));
                    say!("{}\n  {}", why.in_language(language), hint.in_language(language));
                }
            },
            None if outcome.errors() > 0 => {}
            None => print_line(outcome.summary(language))?,
        }
    }
    let count = match errors {
        0 => return Ok(()),
        1 => text::one_error(),
        count => text::errors(count),
    };
    if !args.json {
        say!("{}", count.in_language(language));
    }
    // All of it has been printed.
    Err(Failure::invalid(""))
}

impl Judge {
    fn chosen(args: &Args) -> Result<Judge, Failure> {
        let nobody_else = Judge { account: None, unit: None, is_the_services: false, sentence: None };
        if args.elsewhere {
            return Ok(nobody_else);
        }
        let me = Account::of_this_thread();
        let i_am_root = me.as_ref().is_some_and(Account::is_root);
        let as_other = |account: Account, unit| Judge {
            sentence: Some(text::judged_as(&account.name)),
            account: Some(account),
            unit,
            is_the_services: true,
        };
        if let Some(name) = &args.user {
            let account = Account::named(name).ok_or_else(|| no_such_user(name))?;
            if Some(&account) == me.as_ref() {
                return Ok(Judge { is_the_services: true, ..nobody_else });
            }
            if !i_am_root {
                return Err(Failure::refused(text::only_root(name)).hint(text::try_sudo(name)));
            }
            return Ok(as_other(account, None));
        }
        let service = Account::of_service().filter(|service| !service.is_root());
        if !i_am_root {
            let other = service.filter(|service| Some(service) != me.as_ref());
            let sentence = other.map(|Account { name, .. }| text::judged_as_you(name));
            return Ok(Judge { sentence, ..nobody_else });
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
        account.act(work).map_err(|error| {
            let name = &account.name;
            Failure::tried(text::no_rights(name, error.to_string())).hint(text::try_runuser(name))
        })
    }
}

fn no_such_user(name: &str) -> Failure {
    let hint = match Account::of_service() {
        Some(service) => text::try_service_user(service.name),
        None => text::try_getent(),
    };
    Failure::refused(text::no_such_user(name)).hint(hint)
}

/// A list that was named on the command line must be there; one that the file names is the file's matter.
fn has_models(named: &Path) -> Result<(), Failure> {
    let language = language::of_this_run();
    let refused = |error: ManifestError| Failure::invalid(error.in_language(language));
    Manifest::read(&Manifest::locate(Some(named)).map_err(refused)?).map(drop).map_err(refused)
}

fn check(file: &Path, args: &Args, judge: &Judge) -> Result<Outcome, Failure> {
    let surroundings = if args.elsewhere { Surroundings::elsewhere(file) } else { Surroundings::of(file) };
    let outcome = |text, config, problems, unchecked| Outcome {
        file: file.to_owned(),
        text,
        config,
        problems,
        unchecked,
        judged_as: judge.account.as_ref().map(|account| account.name.clone()),
        sentence: judge.sentence.clone(),
        faces: None,
    };
    // Read as the user who asks: a draft may lie in their own folder.
    let text = match config::text_of(file) {
        Ok(text) => text,
        Err(problems) => return Ok(outcome(None, None, problems.list, None)),
    };
    // The one that the service runs is the service's to read.
    let mut found = Vec::new();
    // What another program prints can be read once.
    if file == Path::new(DEFAULT_FILE) || args.user.is_some() && file.is_file() {
        let read = judge.ask(|| config::text_of(file).map(drop))?;
        found.extend(read.err().into_iter().flat_map(|problems| problems.list));
    }
    if let Some(named) = &args.manifest {
        has_models(named)?;
    }
    let (survey, unchecked, faces) = judge.ask(|| {
        let unchecked = Mutex::new(None);
        let models = |wanted: ModelRequest<'_>| models_here(wanted, args, &unchecked);
        let reach = |named: &NamedPath| {
            judge.is_the_services.then(|| reach::problem(named, judge.unit.as_ref())).flatten()
        };
        let survey = Config::survey(file, &text, &surroundings, &models, &reach);
        let faces = survey.config.as_ref().and_then(|config| faces(config, args));
        (survey, unchecked.into_inner(), faces)
    })?;
    found.extend(survey.problems);
    if let Some(problem) = survey.config.as_ref().filter(|_| !args.elsewhere).and_then(no_runtime) {
        found.insert(0, problem);
    }
    if let Some(account) = judge.account.as_ref().filter(|_| found.iter().any(is_error)) {
        let behind = account.act_with_all_open(|| {
            // The usual list of models is not behind anything that the file names.
            let models = |wanted: ModelRequest<'_>| match wanted.manifest {
                Some(_) => models_here(wanted, args, &Mutex::new(None)),
                None => Ok(None),
            };
            let reach = |named: &NamedPath| reach::behind(named, account);
            Config::survey(file, &text, &surroundings, &models, &reach).problems
        });
        // Without the rights for it, what lies behind a closed folder takes another round.
        for problem in behind.unwrap_or_default() {
            if !found.iter().any(|before| is_the_same(before, &problem)) {
                found.push(problem);
            }
        }
        found.sort_by_key(|problem| (problem.severity, problem.line, problem.column));
    }
    Ok(Outcome { faces, ..outcome(Some(text), survey.config, found, unchecked) })
}

/// What a box with cameras needs beside the models: the library that runs them. Looked for as the user who asks, whose
/// environment may name it.
fn no_runtime(config: &Config) -> Option<Problem> {
    let has_cameras = !config.cameras.is_empty();
    let error = has_cameras.then(Runtime::get)?.err()?;
    let mut problem =
        Problem::of_the_whole(text_of_config::of(text_of_config::section("detector"), error.sentence()));
    problem.hint = Some(error.hint().into());
    Some(problem)
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
    let good = |sentence: Sentence| Faces { sentence: sentence.into(), hint: None };
    let weaker = |why: Words| Faces {
        sentence: text::weaker(evidence::faces_weaker(), why).into(),
        hint: Some(evidence::try_face_model().into()),
    };
    Some(match faces::entry(&config.detector.face_model, &manifest) {
        Ok(None) => good(text::no_face_model()),
        Ok(Some(entry)) if args.elsewhere => good(text::face_model(entry.name)),
        Ok(Some(entry)) => match Model::check_file(&entry) {
            Ok(()) => good(text::face_model(entry.name)),
            Err(error) => weaker(error.sentence().into()),
        },
        // Here is not there.
        Err(_) if args.elsewhere => return None,
        Err(error) => weaker(error.sentence().into()),
    })
}

/// The models there are. Where none are to be expected here, says into `unchecked` why they were not asked for.
fn models_here(
    wanted: ModelRequest<'_>,
    args: &Args,
    unchecked: &Mutex<Option<Words>>,
) -> Result<Option<Vec<KnownModel>>, (Words, Words)> {
    if !args.elsewhere {
        return known_models(wanted, args.manifest.as_deref(), |_| true);
    }
    let wanted = ModelRequest { manifest: None, ..wanted };
    known_models(wanted, args.manifest.as_deref(), |_| false).or_else(|(why, _)| {
        *unchecked.lock() = Some(why);
        Ok(None)
    })
}

impl Outcome {
    fn errors(&self) -> usize {
        self.problems.iter().filter(|problem| is_error(problem)).count()
    }

    /// The camera of that id, value by value; nothing where the text is no TOML and does not show it.
    fn explained(&self, camera: &str) -> Result<Option<Explained>, (Sentence, Words)> {
        let Some(text) = &self.text else { return Ok(None) };
        match Explained::of(&self.file, text, camera) {
            Ok(explained) => Ok(Some(explained)),
            Err(_) if self.problems.iter().any(explain::is_no_toml) => Ok(None),
            Err(none) => Err(none),
        }
    }

    fn json(&self, language: Language) -> Value {
        let problems: Vec<Value> =
            self.problems.iter().map(|problem| problem_json(problem, language)).collect();
        let say = |words: &Words| words.in_language(language);
        json!({
            "file": self.file,
            "valid": self.errors() == 0,
            "sha256": self.config.as_ref().map(|config| config.sha256.as_str()),
            "cameras": self.config.as_ref().map(|config| config.cameras.len()),
            "rules": self.config.as_ref().map(|config| config.rules.len()),
            "models_checked": self.config.is_some() && self.unchecked.is_none(),
            "judged_as": self.judged_as,
            "faces": self.faces.as_ref().map(|faces| say(&faces.sentence)),
            "faces_hint": self.faces.as_ref().and_then(|faces| faces.hint.as_ref()).map(say),
            "redaction_is_weaker": self.faces.as_ref().is_some_and(|faces| faces.hint.is_some()),
            "problems": problems,
        })
    }

    /// What a good configuration makes the box do.
    fn summary(&self, language: Language) -> String {
        let Some(config) = &self.config else { return String::new() };
        let file = self.file.display();
        let first = match &self.sentence {
            Some(judged) => text::no_error_judged(file, judged.clone()),
            None => text::no_error(file),
        };
        let mut lines = Lines { text: first.in_language(language), language };
        self.write_summary(&mut lines, config);
        lines.text
    }

    fn write_summary(&self, lines: &mut Lines, config: &Config) {
        let site = &config.site;
        let (mode, titles) = (site.mode.name(), site.language.tag());
        lines.say(
            text::label_box(),
            text::box_in(&*site.box_id, &*site.area, &site.time_zone_name, titles, mode),
        );
        let topics = format!("{}/up/...", config.topics().base());
        lines.say(text::label_alerts(), text::alerts_to(broker(config), topics));
        lines.say(text::label_queue(), config.outbox.dir.display());
        let evidence = &config.evidence;
        let days = evidence.keep.as_secs() / (24 * 60 * 60);
        let kept = match evidence.enabled {
            true if days == 1 => text::kept_one_day(evidence.dir.display()),
            true => text::kept(evidence.dir.display(), days),
            false => text::none(),
        };
        lines.say(text::label_evidence(), kept);
        if config.cameras.is_empty() {
            lines.say(text::label_models(), text::no_models());
        } else {
            let providers = config.detector.providers.iter().map(|provider| Words::from(provider.name()));
            let providers = providers.reduce(|first, next| text::else_on(first, next).into());
            let providers = providers.unwrap_or_else(|| text::measured().into());
            lines.say(text::label_model(), text::model_on(&config.detector.model, providers));
        }
        if let Some(faces) = &self.faces {
            lines.say(text::label_faces(), faces.sentence.clone());
            if let Some(hint) = &faces.hint {
                lines.go_on(&foreign::hint(hint.clone()));
            }
        }
        if let Some(why) = &self.unchecked {
            lines.go_on(&text::names_unchecked(why.clone()));
        }
        write_watched(lines, config);
        write_reported(lines, config);
    }
}

/// The cameras and sensors.
fn write_watched(lines: &mut Lines, config: &Config) {
    lines.say(text::label_cameras(), config.cameras.len());
    lines.parts(config.cameras.iter().map(|camera| (&*camera.id, what_it_is(camera))).collect());
    let sensors = &config.sensors.list;
    if !sensors.is_empty() {
        lines.say(text::label_sensors(), sensors.len());
    }
    let measures = sensors.iter().map(|sensor| {
        let plan = &sensor.plan;
        let what = text::measures(plan.quantity.to_string(), &*plan.unit, sensor.source.described());
        (&*plan.id, what.into())
    });
    lines.parts(measures.collect());
}

/// What the rules and signals make of them.
fn write_reported(lines: &mut Lines, config: &Config) {
    lines.say(text::label_rules(), config.rules.len());
    let plan = config.plan(config.camera_plans());
    let raises = config.rules.iter().map(|rule| {
        let cameras = rule.cameras.iter().map(|id| Words::from(&**id)).collect();
        let cameras = Words::List(cameras, Joint::Row);
        let what = match plan.raises_alone(rule) {
            true => text::raises(&*rule.signal, rule.level.name(), cameras),
            false => text::hints(&*rule.signal, cameras),
        };
        (&*rule.id, what.into())
    });
    lines.parts(raises.collect());
    if !config.signals.is_empty() {
        lines.say(text::label_signals(), config.signals.len());
    }
    let sources = plan.sources();
    let fed = config.signals.iter().map(|signal| {
        let of_it = || sources.iter().filter(|source| source.kind == signal.kind);
        let grids: BTreeSet<&str> = of_it().map(|source| &*source.grid).collect();
        let what = match (of_it().count(), grids.len()) {
            (1, _) => text::one_source(),
            (count, 1) => text::sources_in_one_grid(count),
            (count, grids) => text::sources(count, grids),
        };
        (&*signal.kind, what.into())
    });
    lines.parts(fed.collect());
}

/// A problem for programs, with its texts in that language.
fn problem_json(problem: &Problem, language: Language) -> Value {
    let parts = |sentence: Option<Rendered>| {
        sentence.map_or((None, None), |Rendered { code, args, .. }| (Some(code), Some(args)))
    };
    let (code, args) = parts(problem.rendered(language));
    let (hint_code, hint_args) = parts(problem.hint_rendered(language));
    json!({
        "severity": match problem.severity { Severity::Error => "error", Severity::Warning => "warning" },
        "line": problem.line,
        "column": problem.column,
        "what": problem.what.in_language(language),
        "code": code,
        "args": args,
        "hint": problem.hint.as_ref().map(|hint| hint.in_language(language)),
        "hint_code": hint_code,
        "hint_args": hint_args,
    })
}

const LABEL_COLUMNS: usize = 8;
/// Columns of an id; a longer one makes the column wider for all of its list, up to a limit that only it passes.
const LEAST_ID_COLUMNS: usize = 20;
const MOST_ID_COLUMNS: usize = 40;

/// The lines of a summary.
struct Lines {
    text: String,
    language: Language,
}

impl Lines {
    /// A line with its label.
    fn say(&mut self, label: Sentence, value: impl Into<Words>) {
        let label = padded(&label.in_language(self.language), LABEL_COLUMNS);
        let value = value.into().in_language(self.language);
        self.text.push_str(&format!("\n  {label} {value}"));
    }

    /// More of the same.
    fn go_on(&mut self, more: &Sentence) {
        let indent = " ".repeat(3 + LABEL_COLUMNS);
        self.text.push_str(&format!("\n{indent}{}", more.in_language(self.language)));
    }

    /// Those that were counted, each with its id in the first column.
    fn parts(&mut self, parts: Vec<(&str, Words)>) {
        let widths = parts.iter().map(|(id, _)| columns(id)).filter(|width| *width <= MOST_ID_COLUMNS);
        let width = widths.max().unwrap_or_default().max(LEAST_ID_COLUMNS);
        for (id, what) in parts {
            let (id, what) = (padded(id, width), what.in_language(self.language));
            self.text.push_str(&format!("\n    {id} {what}"));
        }
    }
}

fn broker(config: &Config) -> Sentence {
    let version = match config.mqtt.version {
        mqtt::Version::V5 => "MQTT 5",
        mqtt::Version::V311 => "MQTT 3.1.1",
    };
    match &config.mqtt.broker {
        Broker::Embedded { port } => {
            let here = match *port {
                0 => text::embedded_anywhere(),
                port => text::embedded_on(port),
            };
            match embedded::installed() {
                Ok(_) => here,
                Err(_) => text::without_its_program(here),
            }
        }
        Broker::Remote { host, port, others, tls, credentials } => {
            let lock = if tls.is_some() { text::encrypted() } else { text::not_encrypted() };
            let login = if credentials.is_some() { text::with_login() } else { text::without_login() };
            let first = Words::from(format!("{host}:{port}"));
            let address = others
                .iter()
                .fold(first, |all, (host, port)| text::or_else(all, format!("{host}:{port}")).into());
            text::remote(address, version, lock, login)
        }
    }
}

fn what_it_is(camera: &Camera) -> Words {
    let source = match &camera.source {
        CameraSource::Rtsp { url, .. } => stream_address::shown(url),
        CameraSource::File(path) => path.display().to_string(),
    };
    let mut parts = vec![match camera.analysis_hz.to_string() {
        rate if rate == "1" => text::one_look(source),
        rate => text::looks(source, rate),
    }];
    if camera.rotate != 0 {
        parts.push(text::turned(camera.rotate));
    }
    if let Some((wide, high)) = camera.display_aspect {
        parts.push(text::shown_as(format!("{wide}:{high}")));
    }
    if let Some(url) = &camera.url_main {
        parts.push(text::larger_from(stream_address::shown(url)));
    }
    let counted = |count: usize, one: fn() -> Sentence, several: fn(usize) -> Sentence| match count {
        0 => None,
        1 => Some(one()),
        count => Some(several(count)),
    };
    parts.extend(counted(camera.zones.len(), text::one_zone, text::zones));
    parts.extend(counted(camera.lines.len(), text::one_line, text::lines));
    let masks = camera.masks.len() + camera.class_masks.len();
    parts.extend(counted(masks, text::one_mask, text::masks));
    Words::List(parts.into_iter().map(Words::from).collect(), Joint::Clauses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_id_makes_its_column_wider_and_what_is_said_stays_in_one() {
        let long = "north-gate-camera-of-the-market";
        for (ids, at) in [(["cam-1", "cam-2"], 25), (["cam-1", long], 36)] {
            let mut lines = Lines { text: String::new(), language: Language::English };
            lines.parts(ids.map(|id| (id, "= said".into())).to_vec());
            let places: Vec<Option<usize>> = lines.text.lines().skip(1).map(|line| line.find('=')).collect();
            assert_eq!(places, [Some(at), Some(at)], "{}", lines.text);
        }
    }

    #[test]
    fn what_to_try_about_faces_is_printed_for_programs() {
        let of = |hint: Option<Sentence>| Outcome {
            file: "site.toml".into(),
            text: None,
            config: None,
            problems: Vec::new(),
            unchecked: None,
            judged_as: None,
            sentence: None,
            faces: Some(Faces { sentence: text::no_face_model().into(), hint: hint.map(Words::from) }),
        };
        for language in [Language::English, Language::Chinese] {
            let weaker = of(Some(evidence::try_face_model())).json(language);
            assert_eq!(weaker["faces_hint"], evidence::try_face_model().in_language(language));
            assert_eq!(weaker["redaction_is_weaker"], true);
            let good = of(None).json(language);
            assert_eq!((&good["faces_hint"], &good["redaction_is_weaker"]), (&Value::Null, &false.into()));
        }
    }
}
