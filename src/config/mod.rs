//! The configuration of a box: one TOML file, as typed, then checked.
//!
//! ```text
//! text ─► source::Source ─► structure (names, types, ranges; layers) ─► document (as typed, with places)
//!                                                                             │ check (sense)
//!                                                                          Config ─► camera_plans(), rules
//! ```
//!
//! Every problem of a file is reported in one pass, with file, line, column and a hint. What comes out holds
//! what its types promise; nothing after this module checks again. Must never show a secret: passwords stand
//! in files of their own (`secret`), one inside a URL is refused unseen, and lines that could hold one are not quoted.
//!
//! Input: a file that people edit, and the environment that systemd gives (`CREDENTIALS_DIRECTORY`,
//! `STATE_DIRECTORY`), both through [`Surroundings`].

use std::collections::{BTreeMap, BTreeSet};
use std::io::{ErrorKind, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::analysis::Plan;
use crate::analysis::detection::Class;
use crate::analysis::ground::Horizon;
use crate::analysis::rules::{CameraPlan, Rule};
use crate::analysis::signals::SignalPlan;
use crate::contract::Sender;
use crate::contract::signature::KnownKey;
use crate::contract::topics::Topics;
use crate::input_file;
use crate::text::{Words, argument, config as say};
use crate::types::not_a_file::NotAFile;
use crate::types::responsible::Responsible;

pub(crate) mod account;
pub(crate) mod backup;
pub mod catalogue;
mod check;
mod class_words;
mod digest;
pub mod document;
#[cfg(feature = "web")]
pub(crate) mod edit;
mod explain;
mod headers;
mod json_value;
mod layers;
mod lookalike;
mod mend;
mod models;
pub mod patch;
mod pattern;
pub(crate) mod problem;
mod quotable;
pub(crate) mod reference;
mod report;
pub mod restart;
#[cfg(feature = "web")]
pub(crate) mod rule_fields;
pub mod schema;
pub(crate) mod secret;
mod settings;
pub(crate) mod source;
mod structure;
mod suggest;
mod synonyms;
mod syntax;
pub(crate) mod write;

pub(crate) use document::Precision;
pub use explain::Origin;
pub(crate) use explain::{Explained, ExplainedValue, WatchingRule};
pub(crate) use json_value::misfits;
pub(crate) use models::ModelList;
pub use models::{KnownModel, ModelRequest, SharedModelList};
pub use patch::ConfigText;
pub(crate) use patch::PatchStep;
pub use problem::{Problem, Problems, Severity};
pub use secret::Credentials;
pub use settings::{
    Broker, Camera, CameraSource, Coverage, Detector, Evidence, FaceModel, Journal, MetricsListener, Mqtt,
    Outbox, Sensor, Sensors, Site, Tls, Web, WebListen,
};
pub(crate) use settings::{PLACEHOLDER_AREA, SensorBroker, WebhookListener};
pub(crate) use suggest::nearest as nearest_name;

use report::Report;
use source::Source;

/// The folder of the configuration and of what it names.
const FILES_DIR: &str = "/etc/lookout";
/// Maximum bytes of a configuration file. A thousand cameras with ten zones each need a quarter of it.
const MAX_FILE_BYTES: u64 = 8 * 1024 * 1024;

/// A configuration in which everything fits together.
///
/// ```
/// use std::path::Path;
///
/// use lookout::config::{Config, Surroundings};
///
/// let text = r#"[site]
/// box = "box-1"
/// area = "530127"
///
/// [[camera]]
/// id = "cam-1"
/// eye = "village"
/// url = "rtsp://10.0.0.31/stream2"
/// grid = "53012700300102"
/// "#;
/// let path = Path::new("site.toml");
/// let config = Config::from_text(path, text, &Surroundings::elsewhere(path)).unwrap();
/// assert_eq!(&*config.cameras[0].id, "cam-1");
///
/// // Otherwise it says what is wrong, where, and what to try.
/// let text = text.replace("village", "vilage");
/// let problems = Config::from_text(path, &text, &Surroundings::elsewhere(path)).unwrap_err();
/// assert_eq!(problems.iter().next().unwrap().line, 7);
/// ```
#[derive(Debug, Clone)]
pub struct Config {
    /// The box.
    pub site: Site,
    /// The destination of alerts.
    pub mqtt: Mqtt,
    /// What looks at the pictures.
    pub detector: Detector,
    /// The queue on disk.
    pub outbox: Outbox,
    /// The redacted pictures.
    pub evidence: Evidence,
    /// The detection journal.
    pub journal: Journal,
    /// The coverage ledger.
    pub coverage: Coverage,
    /// The page on the box.
    pub web: Web,
    /// The listener for metrics, where there is one.
    pub metrics: Option<MetricsListener>,
    /// The cameras, in the order of the file; none on a box that has only sensors.
    pub cameras: Vec<Camera>,
    /// The rules, in the order of the file. Cameras, zones and lines they name exist.
    pub rules: Vec<Rule>,
    /// Titles that rules give their alerts, by rule id.
    pub titles: BTreeMap<Arc<str>, String>,
    /// The signals: the file's own, then those of the catalogue that it asks for.
    pub signals: Vec<SignalPlan>,
    /// Pairs of grid codes that touch.
    pub neighbours: BTreeSet<(Arc<str>, Arc<str>)>,
    /// The sensors and what they share.
    pub sensors: Sensors,
    /// What grids are called and who answers for them, by code.
    pub grids: BTreeMap<Arc<str>, Responsible>,
    /// Who may command this box; empty if it asks for no signature.
    pub command_keys: Vec<KnownKey>,
    /// The values that the command centre set in place of the file's, as JSON, where it did.
    pub set_values: Option<String>,
    /// What is allowed but probably not meant.
    pub warnings: Vec<Problem>,
    /// SHA-256 over what the file says (not its comments and layout), hexadecimal.
    pub sha256: String,
    /// The secret files and certificates that it names: what they hold is no part of it, and may change while it runs.
    pub secret_files: BTreeSet<PathBuf>,
    /// The folder of secret files.
    pub secrets_dir: PathBuf,
    source: Source,
    named: Named,
}

/// Names in the file that only the list of models can check.
#[derive(Debug, Clone, Default)]
struct Named {
    /// The list of models that the file names.
    manifest: Option<PathBuf>,
    models: Vec<ModelUse>,
    classes: Vec<ClassUse>,
}

/// What a text is found to be.
#[derive(Debug)]
pub struct Survey {
    /// The configuration, unless there is an error. Its warnings are among the problems.
    pub config: Option<Config>,
    /// Errors in the order of the file, then warnings.
    pub problems: Vec<Problem>,
    sha256: String,
    secret_files: BTreeSet<PathBuf>,
}

/// The key of the model that looks at pictures that leave, not at every frame: rules cannot use its classes.
const FACE_MODEL: &str = "face_model";

/// One place where the file names a model.
#[derive(Debug, Clone)]
struct ModelUse {
    name: String,
    span: Range<usize>,
    /// `model` or `face_model`; `None` where the file names none and the usual one is meant.
    field: Option<&'static str>,
}

/// One place where the file names a class.
#[derive(Debug, Clone)]
struct ClassUse {
    class: Class,
    span: Range<usize>,
    /// Who names it: `` rule `crossing` ``.
    by: Words,
}

/// A file or folder that a configuration names, found also where something else in it is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedPath {
    /// Where it is.
    pub path: PathBuf,
    /// What it is for.
    pub used: PathUse,
    /// Which setting means it, for people: `` [mqtt]: `ca_file` ``.
    pub owner: Words,
    span: Range<usize>,
}

/// What a file or folder is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathUse {
    /// It is read, and could be read here.
    Read,
    /// The same, a file in the folder of secrets.
    Secret,
    /// Files are kept in it.
    Written,
    /// The same, where the file names none.
    WrittenByDefault,
}

/// What is wrong with a file or folder for the account that runs the configuration, and what to try.
pub type Reach<'l> = dyn Fn(&NamedPath) -> Option<(Words, Words)> + 'l;

/// The surroundings in which a configuration is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surroundings {
    /// Folder against which relative paths in the file are taken; the file's own for [`Surroundings::of`].
    pub base: PathBuf,
    /// Folder for state where the file names none.
    pub state_dir: PathBuf,
    /// Systemd's credentials, where the service has them.
    pub credentials_dir: Option<PathBuf>,
    /// Whether this is the machine on which it will run: then secrets are read and named files must be there.
    pub at_home: bool,
}

impl Surroundings {
    /// Those of this process, for a file at `path` that will run on this machine.
    pub fn of(path: &Path) -> Self {
        // Systemd may give several folders; the first is the service's own.
        let state = std::env::var_os("STATE_DIRECTORY")
            .and_then(|dirs| std::env::split_paths(&dirs).next().filter(|dir| !dir.as_os_str().is_empty()));
        Surroundings {
            base: path.parent().map(Path::to_owned).unwrap_or_default(),
            state_dir: state.unwrap_or_else(|| PathBuf::from(document::DEFAULT_STATE_DIR)),
            credentials_dir: std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from),
            at_home: true,
        }
    }

    /// The same for a file that will run elsewhere, or for a replay: secrets and other files are not looked at.
    pub fn elsewhere(path: &Path) -> Self {
        Surroundings { at_home: false, ..Surroundings::of(path) }
    }
}

impl Config {
    /// Reads and checks the file at `path` for this machine.
    ///
    /// # Errors
    ///
    /// Every problem of the file; a file that cannot be read is one problem.
    pub fn load(path: &Path) -> Result<Config, Problems> {
        Config::load_in(path, &Surroundings::of(path))
    }

    /// Reads and checks the file at `path` as if it stood in `surroundings`.
    ///
    /// # Errors
    ///
    /// Every problem of the file; a file that cannot be read is one problem.
    pub(crate) fn load_in(path: &Path, surroundings: &Surroundings) -> Result<Config, Problems> {
        Config::from_text(path, &text_of(path)?, surroundings)
    }

    /// Checks a text that stands, or would stand, at `path`.
    ///
    /// # Errors
    ///
    /// Every problem of the text.
    pub fn from_text(path: &Path, text: &str, surroundings: &Surroundings) -> Result<Config, Problems> {
        let unasked = |_: ModelRequest<'_>| Ok(None);
        let Survey { config, problems, sha256, secret_files } =
            Config::survey(path, text, surroundings, &unasked, &|_| None);
        match config {
            Some(config) => Ok(Config { warnings: problems, ..config }),
            None => {
                Err(Problems { path: path.to_owned(), list: problems, sha256: Some(sha256), secret_files })
            }
        }
    }

    /// As [`from_text`](Config::from_text), and in the same pass whether the models and classes that the text names
    /// are there, and what `reach` finds wrong with the files and folders. The latter does not keep a configuration from
    /// being one.
    pub fn survey(
        path: &Path,
        text: &str,
        surroundings: &Surroundings,
        models: &ModelList<'_>,
        reach: &Reach<'_>,
    ) -> Survey {
        let mut source = Source::new(path, text);
        let (root, unreadable) = toml::de::DeTable::parse_recoverable(text);
        // What can be read of a broken text may be what the good one before it said.
        let sha256 = if unreadable.is_empty() { digest::of(root.get_ref()) } else { digest::of_text(text) };
        if let Some(format) = lookalike::other_format(text).filter(|_| !unreadable.is_empty()) {
            let mut report = Report::new(&source);
            report.error(&(0..0), format).hint(say::how_toml_looks());
            return Survey { config: None, problems: report.finish(), sha256, secret_files: BTreeSet::new() };
        }
        let slips = match mend::mended(&source, unreadable.is_empty()) {
            Some((mended, slips)) => {
                source = mended;
                slips
            }
            None => Vec::new(),
        };
        let mut report = Report::new(&source);
        let (mut root, unreadable) = match slips.is_empty() {
            true => (root, unreadable),
            false => toml::de::DeTable::parse_recoverable(source.text()),
        };
        syntax::report_slips(&slips, &unreadable, &mut report);
        let (taken_out, places) = structure::check(&mut root, &mut report);
        report.has_layers(places);
        let document = structure::read(root, &mut report);
        let check::Checked { config, named, secret_files, paths } =
            check::document(&document, &taken_out, surroundings, (&source, &sha256), &mut report);
        // Nothing looks at pictures where there is no camera; one with a mistake is one all the same.
        if config.is_none() || !document.camera.is_empty() {
            models::check(&named, models, &mut report);
        }
        let failed = report.has_errors();
        for named in &paths {
            let Some((what, hint)) = reach(named) else { continue };
            let note = report.error(&named.span, say::of(named.owner.clone(), what)).hint(hint);
            if named.used == PathUse::WrittenByDefault {
                note.consequence();
            }
        }
        let problems = report.finish();
        let config = config.filter(|_| !failed);
        Survey { config, problems, sha256, secret_files }
    }

    /// Second step, once the chosen models are known: every class that the file names must be one that they find.
    ///
    /// # Errors
    ///
    /// One problem for each name that no chosen model finds.
    pub fn check_classes(&self, found_by_models: &[Class]) -> Result<(), Problems> {
        let mut report = Report::new(&self.source);
        models::check_classes(&self.named.classes, found_by_models, models::NOT_CHOSEN, &mut report);
        if report.has_errors() {
            let (mut root, _) = toml::de::DeTable::parse_recoverable(self.text());
            let (_, places) = structure::check(&mut root, &mut Report::new(&self.source));
            report.has_layers(places);
        }
        self.second_step(report)
    }

    fn second_step(&self, report: Report<'_>) -> Result<(), Problems> {
        if !report.has_errors() {
            return Ok(());
        }
        let path = self.source.path().to_owned();
        let (sha256, secret_files) = (Some(self.sha256.clone()), self.secret_files.clone());
        Err(Problems { path, list: report.finish(), sha256, secret_files })
    }

    /// What the analysis needs to know about each camera, in the order of the file.
    pub fn camera_plans(&self) -> Vec<CameraPlan> {
        self.cameras.iter().map(Camera::plan).collect()
    }

    /// The camera of that id.
    pub fn camera(&self, id: &str) -> Option<&Camera> {
        self.cameras.iter().find(|camera| &*camera.id == id)
    }

    /// Every horizon that the file says: those of its cameras, and those of its layers, also of a type that no camera is of.
    pub(crate) fn horizons(&self) -> Vec<Horizon> {
        let (mut root, _) = toml::de::DeTable::parse_recoverable(self.text());
        // The text is a good one, so nothing comes into the report.
        let mut report = Report::new(&self.source);
        structure::check(&mut root, &mut report);
        let document = structure::read(root, &mut report);
        let mut all = check::horizons_of_layers(&document, &self.source);
        all.extend(self.cameras.iter().filter_map(|camera| camera.horizon.clone()));
        all
    }

    /// The network endpoints of this box.
    pub fn topics(&self) -> Topics {
        Topics::new(&self.mqtt.prefix, &self.site.area, &self.site.box_id)
    }

    /// Who this box is in messages.
    pub fn sender(&self) -> Sender {
        Sender { area: self.site.area.to_string(), box_id: self.site.box_id.to_string() }
    }

    /// The box's name, with its area: `530127.box-1`. By itself it is one within its area only.
    pub(crate) fn full_name(&self) -> String {
        format!("{}.{}", self.site.area, self.site.box_id)
    }

    /// What the analysis is to look after; `cameras` are the plans of all cameras, or of those that are watched.
    pub fn plan(&self, cameras: Vec<CameraPlan>) -> Plan {
        let watched = |rule: &&Rule| cameras.iter().any(|camera| rule.cameras.contains(&camera.id));
        let rules = self.rules.iter().filter(watched).cloned().collect();
        Plan {
            cameras,
            rules,
            sensors: self.sensors.list.iter().map(|sensor| sensor.plan.clone()).collect(),
            signals: self.signals.clone(),
            neighbours: self.neighbours.clone(),
            acceptance: self.site.acceptance,
        }
    }

    /// The plan of all cameras, with the thresholds that the models recommend where a camera has none of its own.
    pub fn plan_with(&self, recommended: &BTreeMap<Class, f32>) -> Plan {
        self.plan(self.cameras.iter().map(|camera| camera.plan_with(recommended)).collect())
    }

    /// The file it was read from.
    pub fn path(&self) -> &Path {
        self.source.path()
    }

    /// What stands in it.
    pub fn text(&self) -> &str {
        self.source.text()
    }
}

/// Folders in which the queue of the file at `path` may be, most likely first, also where the file is broken: the one it
/// names, as far as it can be read, and the one for a file that names none.
pub(crate) fn outbox_dirs(path: &Path, surroundings: &Surroundings) -> Vec<PathBuf> {
    let text = text_of(path).unwrap_or_default();
    let (root, _) = toml::de::DeTable::parse_recoverable(&text);
    let section = root.get_ref().get("outbox").and_then(|section| section.get_ref().as_table());
    let named = section.and_then(|section| section.get("dir")).and_then(|dir| dir.get_ref().as_str());
    let named = named.map(|dir| surroundings.base.join(dir));
    named.into_iter().chain([surroundings.state_dir.join("outbox")]).collect()
}

impl Camera {
    /// As [`plan`](Camera::plan), with the thresholds that the models recommend where the camera has none of its own.
    pub(crate) fn plan_with(&self, recommended: &BTreeMap<Class, f32>) -> CameraPlan {
        let mut plan = self.plan();
        for (class, threshold) in recommended {
            plan.thresholds.entry(*class).or_insert(*threshold);
        }
        plan
    }

    /// What the analysis needs to know.
    pub fn plan(&self) -> CameraPlan {
        CameraPlan {
            id: Arc::clone(&self.id),
            grid: self.grid.as_str().into(),
            zones: self.zones.clone(),
            counted: self.counted.clone(),
            lines: self.lines.clone(),
            masks: self.masks.clone(),
            class_masks: self.class_masks.clone(),
            heights: self.heights.clone(),
            horizon: self.horizon.clone(),
            thresholds: self.thresholds.clone(),
            night: self.night.clone(),
            analysis_hz: self.analysis_hz,
            ignore_conditions: self.ignore_conditions.clone(),
            largest_box: self.largest_box,
            learn_furniture: self.learn_furniture,
        }
    }
}

/// Whether a text switches the page off, also one that has mistakes elsewhere.
#[cfg(feature = "web")]
pub(crate) fn switches_page_off(text: &str) -> bool {
    let (root, _) = toml::de::DeTable::parse_recoverable(text);
    let web = root.get_ref().get("web").and_then(|web| web.get_ref().as_table());
    web.and_then(|web| web.get("enabled")).and_then(|on| on.get_ref().as_bool()) == Some(false)
}

/// The text of a configuration file.
///
/// # Errors
///
/// One problem, where it cannot be read or is no text.
pub(crate) fn text_of(path: &Path) -> Result<String, Problems> {
    let one = |what: Words, hint: Words| Problems {
        path: path.to_owned(),
        list: vec![Problem {
            severity: Severity::Error,
            line: 1,
            column: 1,
            is_of_whole: true,
            what,
            hint: Some(hint),
            excerpt: None,
        }],
        sha256: None,
        secret_files: BTreeSet::new(),
    };
    let unreadable = |error: std::io::Error| {
        let (why, hint): (_, Words) = match error.kind() {
            ErrorKind::NotFound => {
                let copy = say::example_to_start_from();
                (argument::no_such_file(), say::and_also(argument::try_name(), copy).into())
            }
            ErrorKind::PermissionDenied => {
                (argument::may_not_read(), secret::unreadable_hint(path, FILES_DIR).into())
            }
            ErrorKind::IsADirectory => (argument::is_folder(), argument::try_file_in_it().into()),
            _ if NotAFile::of(&error).is_some() => {
                (argument::why_unread(&error), argument::hint_unread(&error).into())
            }
            _ => (argument::system_says(error.to_string()), say::is_it_one().into()),
        };
        one(say::file_unreadable(why).into(), hint)
    };
    let file = input_file::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(one(say::file_too_large(MAX_FILE_BYTES).into(), say::is_it_one().into()));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let good = String::from_utf8_lossy(&error.as_bytes()[..at]).into_owned();
        let (line, column) = Source::new(path, good).position(at);
        let mut problems = one(say::no_utf8().into(), say::save_as_utf8().into());
        for problem in &mut problems.list {
            (problem.line, problem.column, problem.is_of_whole) = (line, column, false);
        }
        problems
    })
}
