//! Checks the values of a configuration, alone and together.
//!
//! Input: the document as typed, from which everything broken was taken. Each function looks at one section,
//! reports all that is wrong with it and gives the checked form, or nothing. Must never stop at the first problem
//! and must never report what is only a consequence of something reported already.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::document::{At, Document, SignalDocument};
use super::report::Report;
use super::secret::{Credentials, SecretError, SecretStore, unreadable_hint};
use super::source::Source;
use super::structure::TakenOut;
use super::{ClassUse, Config, FILES_DIR, Named, NamedPath, PathUse, Surroundings, class_words};
use crate::analysis::detection::Class;
use crate::analysis::ground::Horizon;
use crate::analysis::signals::SignalPlan;
use crate::analysis::typography;
use crate::input_file;
use crate::text::config::of;
use crate::text::{Words, config_check as text, config_secret};
use crate::types::at::{text_of, value_of};

mod address;
mod camera;
mod certificates;
mod command_key;
mod condition;
mod filters;
mod grid;
mod layers;
mod metrics;
mod nothing_left;
mod rule;
mod sections;
mod sensor;
mod shape;
mod signal;
mod time_zone;
mod twins;
mod watched;
mod web;
mod zone_names;

/// What a token is compared with must not be guessable.
const LEAST_TOKEN_CHARS: usize = 16;

/// What a document is found to be.
pub(super) struct Checked {
    /// `None` only if something was reported.
    pub config: Option<Config>,
    /// What only the list of models can tell right or wrong, also where something else is wrong.
    pub named: Named,
    /// The secret files and certificates that were named, those that are not there included.
    pub secret_files: BTreeSet<PathBuf>,
    /// The files that could be read here, and the folders that will be written.
    pub paths: Vec<NamedPath>,
}

/// What every check needs: where to report, what is around, what was taken out.
struct Checker<'c, 's> {
    report: &'c mut Report<'s>,
    taken_out: &'c TakenOut,
    surroundings: &'c Surroundings,
    secrets: SecretStore,
    secret_files: BTreeSet<PathBuf>,
    named: Named,
    paths: Vec<NamedPath>,
}

impl<'c, 's> Checker<'c, 's> {
    fn new(
        report: &'c mut Report<'s>,
        taken_out: &'c TakenOut,
        surroundings: &'c Surroundings,
        secrets: SecretStore,
    ) -> Self {
        let (secret_files, named, paths) = (BTreeSet::new(), Named::default(), Vec::new());
        Checker { report, taken_out, surroundings, secrets, secret_files, named, paths }
    }
}

/// Checks a whole document, which was read from `source` and has that digest.
pub(super) fn document(
    document: &Document,
    taken_out: &TakenOut,
    surroundings: &Surroundings,
    (source, sha256): (&Source, &str),
    report: &mut Report<'_>,
) -> Checked {
    let secrets = sections::secret_store(document.site.as_ref(), surroundings);
    let mut checker = Checker::new(report, taken_out, surroundings, secrets);
    let site = document.site.as_ref().and_then(|site| checker.site(site));
    let mqtt = checker.mqtt(document.mqtt.as_ref());
    if let (Some(site), Some(mqtt), Some(section)) = (&site, &mqtt, &document.mqtt) {
        checker.box_has_its_certificate(site, mqtt, &section.value);
    }
    let detector = checker.detector(document.detector.as_ref());
    let outbox = checker.outbox(document.outbox.as_ref());
    let evidence = checker.evidence(document.evidence.as_ref());
    let journal = checker.journal(document.journal.as_ref(), &outbox);
    let coverage = sections::coverage(document.coverage.as_ref(), &outbox);
    let web = checker.web(document.web.as_ref(), document.sensors.as_ref());
    let metrics = checker.metrics(document);
    let time_zone = site.as_ref().map(|site| site.time_zone.clone());
    checker.camera_types(document);
    let cameras = checker.cameras(document, time_zone.as_ref());
    checker.twins(document);
    let rule::Rules { rules, titles, watched } = checker.rules(document, time_zone);
    let (signals, neighbours) = checker.signals(document, &rules);
    checker.things_without_use(document, &watched);
    checker.classes_without_use(document, &cameras, &rules);
    checker.nothing_left(document, &cameras, &rules);
    let sensors = checker.sensors(document);
    let grids = checker.grids(document);
    let command_keys = checker.command_keys(document);
    let Checker { secrets, secret_files, mut named, paths, .. } = checker;
    named.manifest.clone_from(&detector.manifest);
    let config = site.zip(mqtt).map(|(site, mqtt)| Config {
        site,
        mqtt,
        detector,
        outbox,
        evidence,
        journal,
        coverage,
        web,
        metrics,
        cameras,
        rules,
        titles,
        signals,
        neighbours,
        sensors,
        grids,
        command_keys,
        set_values: None,
        warnings: Vec::new(),
        sha256: sha256.to_owned(),
        secret_files: secret_files.clone(),
        secrets_dir: secrets.dir,
        named: named.clone(),
        source: source.clone(),
    });
    Checked { config, named, secret_files, paths }
}

/// Checks the signals of the catalogue, as they stand there.
pub(super) fn catalogue(
    signals: &[At<SignalDocument>],
    taken_out: &TakenOut,
    report: &mut Report<'_>,
) -> Vec<SignalPlan> {
    let surroundings = Surroundings::elsewhere(Path::new(""));
    let secrets = sections::secret_store(None, &surroundings);
    let (secret_files, named, surroundings) = (BTreeSet::new(), Named::default(), &surroundings);
    let paths = Vec::new();
    let mut checker = Checker { report, taken_out, surroundings, secrets, secret_files, named, paths };
    signals.iter().filter_map(|section| signal::of_catalogue(&mut checker, section)).collect()
}

/// The horizons that stand in layers, also in those that no camera has. What is wrong with one is reported with its cameras.
pub(super) fn horizons_of_layers(document: &Document, source: &Source) -> Vec<Horizon> {
    let surroundings = Surroundings::elsewhere(Path::new(""));
    let secrets = sections::secret_store(None, &surroundings);
    let (taken_out, mut unreported) = (TakenOut::default(), Report::new(source));
    let mut checker = Checker::new(&mut unreported, &taken_out, &surroundings, secrets);
    let of_all = document.defaults.as_ref().and_then(|section| section.value.camera.as_ref());
    let of_all = of_all.map(|section| &section.value.0);
    let layers = document.camera_type.iter().map(|section| &section.value.0).chain(of_all);
    let drawn = layers.filter_map(|layer| layer.horizon.as_ref());
    drawn.filter_map(|horizon| checker.horizon(&horizon.value, &"".into())).collect()
}

/// Whether a text may name a camera, zone, line or rule.
fn is_id(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-')
        && text.len() <= 64
}

/// The id by which people call something, where it is well-formed.
fn known_id(field: &Option<At<String>>) -> Option<&str> {
    field.as_ref().map(|id| id.value.as_str()).filter(|id| is_id(id))
}

/// A text behind a colon, where it may be repeated in a message.
fn quoted(typed: &str) -> Words {
    if may_be_repeated(typed) { text::quoted(typed).into() } else { "".into() }
}

/// Whether a text is a word. Anything else could be a secret that went astray.
fn may_be_repeated(typed: &str) -> bool {
    let is_wordlike = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ' | '/' | '+');
    typed.chars().count() <= 64 && typed.chars().all(is_wordlike)
}

/// An id made from what was typed, to show what one looks like.
fn id_from(typed: &str) -> String {
    let id: String = typed
        .chars()
        .map(|c| typography::plain(c).unwrap_or(c))
        .filter(|c| !typography::is_invisible(*c))
        .collect::<String>()
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' { c } else { '-' })
        .take(64)
        .collect();
    let id = id.trim_matches(['-', '_']).to_owned();
    if id.is_empty() { "gate-1".to_owned() } else { id }
}

impl Checker<'_, '_> {
    /// An id that is well-formed and not taken yet. Ids that are broken are kept as taken all the same, so that what
    /// refers to them is not reported too.
    fn id(
        &mut self,
        field: &Option<At<String>>,
        what: impl Into<Words>,
        taken: &mut BTreeMap<String, Range<usize>>,
    ) -> Option<Arc<str>> {
        let At { value, span } = field.as_ref()?;
        if !is_id(value) {
            let hint = text::try_id(id_from(value));
            self.report.error(span, text::no_id(what, quoted(value))).hint(hint);
            taken.insert(value.clone(), span.clone());
            return None;
        }
        if let Some(first) = taken.get(value) {
            let (line, _) = self.report.position(first);
            self.report.error(span, text::another(what, value)).hint(text::try_another_id(line));
            return None;
        }
        taken.insert(value.clone(), span.clone());
        Some(value.as_str().into())
    }

    /// A path, taken from the folder of the configuration file where it is relative.
    fn path(&self, field: &At<String>) -> PathBuf {
        self.surroundings.base.join(field.value.trim())
    }

    /// A path to a file that must be there, on the machine where it will run.
    fn file(&mut self, field: &At<String>, name: &str, owner: &Words) -> PathBuf {
        let path = self.path(field);
        if field.value.contains("://") {
            self.report
                .error(&field.span, of(owner, text::address_for_a_file(name)))
                .hint(text::address_stands_in_url());
            return path;
        }
        if !self.surroundings.at_home {
            return path;
        }
        let opened = input_file::open_plain(&path);
        if opened.as_ref().is_err_and(|error| error.kind() == ErrorKind::PermissionDenied) {
            self.report
                .error(&field.span, of(owner, text::file_unreadable(name, path.display())))
                .hint(unreadable_hint(&path, FILES_DIR));
        } else if !path.is_file() {
            let hint = if path.is_relative() || field.value.starts_with('/') {
                text::try_name_or_elsewhere()
            } else {
                text::relative_to(self.surroundings.base.display())
            };
            self.report.error(&field.span, of(owner, text::no_file(name, path.display()))).hint(hint);
        } else {
            let (owner, span) = (text::setting(owner, name).into(), field.span.clone());
            self.paths.push(NamedPath { path: path.clone(), used: PathUse::Read, owner, span });
        }
        path
    }

    /// User and password for `owner`, from the secret file that it names.
    fn credentials(
        &mut self,
        user: &Option<At<String>>,
        secret: &Option<At<String>>,
        table: &Range<usize>,
        owner: &Words,
    ) -> Option<Credentials> {
        self.secret_of(user, secret, table, owner, SecretError::hint)
    }

    /// The token for `owner`, from the secret file that it names: the whole line, and so the password of nobody.
    fn token(&mut self, secret: &At<String>, table: &Range<usize>, owner: &Words) -> Option<Credentials> {
        // The name of a user makes the whole line the secret.
        let user = Some(At { value: "Bearer".to_owned(), span: secret.span.clone() });
        let hint = |error: &SecretError| error.hint_of_token(LEAST_TOKEN_CHARS);
        self.secret_of(&user, &Some(secret.clone()), table, owner, hint)
    }

    fn secret_of(
        &mut self,
        user: &Option<At<String>>,
        secret: &Option<At<String>>,
        table: &Range<usize>,
        owner: &Words,
        hint: impl FnOnce(&SecretError) -> Words,
    ) -> Option<Credentials> {
        if let Some(user) = user.as_ref().filter(|user| user.value.contains(':')) {
            self.report
                .error(&user.span, of(owner, config_secret::user_with_colon()))
                .hint(config_secret::no_password_here());
            return None;
        }
        let Some(secret) = secret else {
            if let Some(user) = user.as_ref().filter(|_| !self.taken_out.from(table)) {
                self.report
                    .error(&user.span, of(owner, config_secret::user_without_secret()))
                    .hint(config_secret::name_the_file());
            }
            return None;
        };
        let name = secret.value.as_str();
        let is_file_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if !name.chars().all(is_file_name) || name.starts_with('.') || name.len() > 128 {
            // What stands here instead may be the password itself.
            self.report
                .error(&secret.span, of(owner, config_secret::no_name_of_a_file()))
                .hint(config_secret::what_names_hold());
            return None;
        }
        if !self.surroundings.at_home {
            return None;
        }
        let path = self.secrets.dir.join(name);
        self.secret_files.insert(path.clone());
        if !self.secrets.guarded {
            let (owner, span) = (text::setting(owner, "secret").into(), secret.span.clone());
            self.paths.push(NamedPath { path, used: PathUse::Secret, owner, span });
        }
        match self.secrets.read(name, user.as_ref().map(|user| user.value.as_str())) {
            Ok(credentials) => {
                self.reads_secrets(owner, &secret.span);
                Some(credentials)
            }
            Err(error) => {
                self.report.error(&secret.span, of(owner, error.sentence())).hint(hint(&error));
                None
            }
        }
    }

    /// The folder of secrets counts once, at the first that is read there.
    fn reads_secrets(&mut self, owner: &Words, span: &Range<usize>) {
        let path = self.secrets.dir.clone();
        if self.secrets.guarded || self.paths.iter().any(|named| named.path == path) {
            return;
        }
        let owner = text::setting(owner, "secret").into();
        self.paths.push(NamedPath { path, used: PathUse::Read, owner, span: span.clone() });
    }

    /// Classes that a rule or camera names; kept for the check against the models.
    fn classes(&mut self, names: &[At<String>], by: &Words) -> Vec<Class> {
        let mut classes = Vec::with_capacity(names.len());
        for At { value, span } in names {
            let well_formed = !value.is_empty()
                && value.len() <= 64
                && value
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-' | b' '));
            if !well_formed {
                let hint = class_words::hint(value, &Class::STREET)
                    .unwrap_or_else(|| text::classes_as_the_model_names_them().into());
                self.report.error(span, of(by, text::no_class_name(quoted(value)))).hint(hint);
                continue;
            }
            let class = Class::named(value);
            if classes.contains(&class) {
                self.report.error(span, of(by, text::class_twice(value))).hint(text::leave_one_out());
                continue;
            }
            classes.push(class);
            self.named.classes.push(ClassUse { class, span: span.clone(), by: by.clone() });
        }
        classes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::types::language::Language;

    const MINIMAL: &str = include_str!("../../../config/minimal.toml");
    const BROKEN: [&str; 7] = [
        include_str!("../../../tests/data/config/cases/cameras.toml"),
        include_str!("../../../tests/data/config/cases/mqtt.toml"),
        include_str!("../../../tests/data/config/cases/rules.toml"),
        include_str!("../../../tests/data/config/cases/sensors.toml"),
        include_str!("../../../tests/data/config/cases/shapes.toml"),
        include_str!("../../../tests/data/config/cases/signals.toml"),
        include_str!("../../../tests/data/config/cases/structure.toml"),
    ];

    fn said(text: &str) -> String {
        let elsewhere = Surroundings { at_home: false, ..Surroundings::of(Path::new("site.toml")) };
        let checked = Config::from_text(Path::new("site.toml"), text, &elsewhere);
        checked.err().map(|problems| problems.to_string()).unwrap_or_default()
    }

    #[test]
    fn an_id_in_full_width_letters_is_answered_with_the_plain_one() {
        for (typed, meant) in [
            ("ｌａｎｅ-02", "lane-02"),
            ("Ｌａｎｅ－０２", "lane-02"),
            ("Lane 02", "lane-02"),
            ("la\u{200b}ne", "lane"),
            ("东门", "gate-1"),
        ] {
            assert_eq!(id_from(typed), meant, "{typed}");
        }
    }

    #[test]
    fn an_address_of_four_numbers_has_none_above_255() {
        for (host, is_said) in
            [("10.0.0.310", true), ("10..0.31", true), ("10.0.0.31", false), ("cam.310", false)]
        {
            let said = said(&MINIMAL.replace("10.0.0.31/", &format!("{host}/")));
            let reported = "`url` has digits and dots for a host that are no IPv4 address";
            assert_eq!(said.contains(reported), is_said, "{host}: {said}");
            assert_eq!(said.contains("hint: four numbers from 0 to 255"), is_said, "{host}: {said}");
        }
    }

    #[test]
    fn an_address_that_machines_fill_in_is_taken_with_a_warning() {
        let elsewhere = Surroundings { at_home: false, ..Surroundings::of(Path::new("site.toml")) };
        for (host, english, chinese) in [
            ("192.168.01.10", "a number with a leading zero", "以 0 开头的数"),
            ("10.1", "write all four", "请写全四个数"),
        ] {
            let text = MINIMAL.replace("10.0.0.31/", &format!("{host}/"));
            let config = Config::from_text(Path::new("site.toml"), &text, &elsewhere)
                .unwrap_or_else(|problems| panic!("{host}: {problems}"));
            let [warning] = &config.warnings[..] else { panic!("{host}: {:#?}", config.warnings) };
            let hint = warning.hint.as_ref().unwrap();
            assert!(warning.what.to_string().contains("not written as usual"), "{host}: {warning:?}");
            assert!(hint.to_string().contains(english), "{host}: {hint}");
            assert!(hint.in_language(Language::Chinese).contains(chinese), "{host}: {hint}");
        }
    }

    #[test]
    fn every_problem_is_reported_in_chinese_as_well() {
        let at_home =
            Surroundings { at_home: true, ..Surroundings::of(Path::new("/etc/lookout/broken.toml")) };
        for text in BROKEN {
            let problems = Config::from_text(Path::new("broken.toml"), text, &at_home).unwrap_err();
            for problem in problems.iter() {
                let reported = problem.what.in_language(Language::Chinese);
                assert!(reported.contains(|c| matches!(c, '\u{4e00}'..='\u{9fff}')), "{reported}");
            }
        }
    }
}
