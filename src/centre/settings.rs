//! The configuration of the centre: one TOML file, read whole; every problem is told in one pass, with its place and what to try.
//!
//! ```toml
//! boxes = "/etc/lookout-centre/boxes"             # public keys, AREA.BOX.jwk
//! evidence = "/var/lib/lookout-centre/evidence"
//!
//! [nats]                                          # or [mqtt]
//! urls = ["tls://node-1.example:4222", "tls://node-2.example:4222", "tls://node-3.example:4222"]
//! ca_file = "ca.pem"
//! cert_file = "centre.pem"
//! key_file = "centre.key"
//!
//! [database]
//! url = "postgresql://lookout@db.example/lookout"
//!
//! [desk]
//! key_file = "desk-1.jwk"
//! ```
//!
//! Paths are relative to the file. Must never show a password: an address that has one is refused without repeating it.

use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use url::Url;

use crate::config::nearest_name;
use crate::config::problem::{Problem, Severity};
use crate::config::source::Source;
use crate::contract::topics::DEFAULT_PREFIX;
use crate::text::{Joint, Sentence, Words, argument, centre as say, config, structure};
use crate::types::language::Language;

/// Most workers of one process: more of them wait for the same disk.
const MOST_WORKERS: i64 = 64;

/// The files of an encrypted connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct TlsFiles {
    /// Who may have signed the other side's certificate; the machine's authorities where it says nothing.
    pub ca_file: Option<PathBuf>,
    /// Our certificate and its key.
    pub own: Option<(PathBuf, PathBuf)>,
}

/// NATS with JetStream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Nats {
    /// `tls://host:4222`, one is enough to find the others.
    pub urls: Vec<String>,
    pub tls: TlsFiles,
    /// On how many nodes each message is kept.
    pub replicas: usize,
    /// Most disk of each of the two streams on each of them; NATS sets it aside. Then the oldest go, which boxes have still.
    pub stream_max_mib: i64,
}

/// An MQTT 5 broker that keeps sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mqtt {
    /// `mqtts://host:8883`.
    pub url: String,
    pub tls: TlsFiles,
    /// By which the broker knows the session: of its own for each process.
    pub client_id: String,
}

/// Where boxes are heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Inlet {
    Nats(Nats),
    Mqtt(Mqtt),
}

/// PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Database {
    /// As libpq reads it, without a password.
    pub url: String,
    pub password_file: Option<PathBuf>,
    /// Nothing where the connection is not encrypted.
    pub tls: Option<TlsFiles>,
}

/// What the centre is configured to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Of the log.
    pub language: Language,
    /// First part of every topic.
    pub(super) prefix: String,
    /// How many store at once.
    pub(super) workers: usize,
    /// The folder of the boxes' public keys.
    pub(super) boxes: PathBuf,
    /// The folder of pictures.
    pub(super) evidence: PathBuf,
    pub(super) inlet: Inlet,
    pub(super) database: Database,
    /// The private key that signs marks and questions; without it boxes that have keys take neither.
    pub(super) desk_key: Option<PathBuf>,
    /// Who asks, in the audit logs of boxes.
    pub(super) by: String,
}

/// Reads a text; `base`: the folder of the file.
///
/// # Errors
/// Everything that is wrong with it.
pub(crate) fn read(source: &Source, base: &Path) -> Result<Settings, Vec<Problem>> {
    let (root, unreadable) = DeTable::parse_recoverable(source.text());
    let mut report = Report { source, base, problems: Vec::new() };
    for error in unreadable {
        report.add(error.span().unwrap_or_default(), config::no_toml(error.message()), None);
    }
    if !report.problems.is_empty() {
        return Err(report.problems);
    }
    let settings = root_of(root.get_ref(), &mut report);
    match settings {
        Some(settings) if report.problems.is_empty() => Ok(settings),
        Some(_) | None => Err(report.finish()),
    }
}

fn root_of(root: &DeTable<'_>, report: &mut Report<'_>) -> Option<Settings> {
    let mut top = Section::new(root, None);
    let language = language_of(&mut top, report);
    let prefix = top.text("prefix", report).unwrap_or_else(|| DEFAULT_PREFIX.to_owned());
    if prefix.split('/').any(|level| level.is_empty() || level.contains(['+', '#', '.', '*', '>', ' '])) {
        report.add(
            top.span("prefix"),
            say::prefix_unusable(&prefix),
            Some(structure::for_example(DEFAULT_PREFIX)),
        );
    }
    let workers = top.whole("workers", 1, MOST_WORKERS, report).unwrap_or(2);
    let boxes = top.needed_path("boxes", say::example_of_boxes(), report);
    let evidence = top.needed_path("evidence", say::example_of_evidence(), report);
    let nats = top.section("nats", report).map(|section| (top.span("nats"), nats(section, report)));
    let mqtt = top.section("mqtt", report).map(|section| (top.span("mqtt"), mqtt(section, report)));
    let inlet = match (nats, mqtt) {
        (Some((_, nats)), None) => nats.map(Inlet::Nats),
        (None, Some((_, mqtt))) => mqtt.map(Inlet::Mqtt),
        (Some(_), Some((span, _))) => {
            report.add(span, say::two_inlets(), Some(say::one_inlet()));
            None
        }
        (None, None) => {
            report.add_whole(say::no_inlet(), say::one_inlet());
            None
        }
    };
    let database = match top.section("database", report) {
        Some(section) => database(section, report),
        None => {
            report.add_whole(
                structure::section_missing("database"),
                structure::for_example(say::EXAMPLE_DATABASE),
            );
            None
        }
    };
    let desk = top.section("desk", report).map(|section| desk(section, report));
    let (desk_key, by) = desk.unwrap_or_default();
    top.finish(report);
    Some(Settings {
        language: language?,
        prefix,
        workers: usize::try_from(workers).unwrap_or(1),
        boxes: boxes?,
        evidence: evidence?,
        inlet: inlet?,
        database: database?,
        desk_key,
        by: by.unwrap_or_else(|| "centre".to_owned()),
    })
}

fn language_of(top: &mut Section<'_>, report: &mut Report<'_>) -> Option<Language> {
    let Some(tag) = top.text("language", report) else { return Some(Language::Chinese) };
    let found = Language::ALL.into_iter().find(|language| language.tag() == tag);
    if found.is_none() {
        let tags = Language::ALL.map(|language| format!("`{}`", language.tag()).into());
        let tags = Words::List(tags.to_vec(), Joint::Or);
        report.add(top.span("language"), structure::none_of("language", tags, tag), None);
    }
    found
}

fn nats(mut section: Section<'_>, report: &mut Report<'_>) -> Option<Nats> {
    let urls = section.texts("urls", report);
    for (span, url) in urls.iter().flatten() {
        check_url(url, &["tls", "nats"], span, structure::for_example(say::EXAMPLE_NATS), report);
    }
    if urls.as_ref().is_none_or(Vec::is_empty) {
        report.add(
            section.at.clone(),
            structure::missing("urls"),
            Some(structure::for_example(say::EXAMPLE_NATS)),
        );
    }
    let tls = tls_files(&mut section, report);
    let replicas = section.whole("replicas", 1, 5, report).unwrap_or(3);
    let stream_max_mib = section.whole("stream_max_mib", 16, 1_048_576, report).unwrap_or(4096);
    section.finish(report);
    let urls = urls?.into_iter().map(|(_, url)| url).collect();
    Some(Nats { urls, tls, replicas: usize::try_from(replicas).unwrap_or(3), stream_max_mib })
}

fn mqtt(mut section: Section<'_>, report: &mut Report<'_>) -> Option<Mqtt> {
    let url = section.needed_text("url", say::EXAMPLE_MQTT, report);
    if let Some(url) = &url {
        check_url(
            url,
            &["mqtts", "mqtt"],
            &section.span("url"),
            structure::for_example(say::EXAMPLE_MQTT),
            report,
        );
    }
    let tls = tls_files(&mut section, report);
    let client_id = section.text("client_id", report).unwrap_or_else(|| "centre".to_owned());
    section.finish(report);
    Some(Mqtt { url: url?, tls, client_id })
}

fn database(mut section: Section<'_>, report: &mut Report<'_>) -> Option<Database> {
    let url = section.needed_text("url", say::EXAMPLE_DATABASE, report);
    if let Some(url) = &url {
        match url.parse::<tokio_postgres::Config>() {
            Ok(config) if config.get_password().is_some() => {
                report.add_secret(section.span("url"), say::password_in_url(), say::try_password_file());
            }
            Ok(_) => {}
            Err(error) => {
                let detail =
                    std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
                let hint = structure::for_example(say::EXAMPLE_DATABASE);
                report.add_secret(section.span("url"), say::no_database_url(detail), hint);
            }
        }
    }
    let password_file = section.path("password_file", report);
    let tls = tls_files(&mut section, report);
    section.finish(report);
    let tls = (tls != TlsFiles::default()).then_some(tls);
    Some(Database { url: url?, password_file, tls })
}

fn desk(mut section: Section<'_>, report: &mut Report<'_>) -> (Option<PathBuf>, Option<String>) {
    let key = section.path("key_file", report);
    if key.is_none() {
        report.add(section.at.clone(), structure::missing("key_file"), Some(say::try_desk_key()));
    }
    let by = section.text("by", report);
    section.finish(report);
    (key, by)
}

fn tls_files(section: &mut Section<'_>, report: &mut Report<'_>) -> TlsFiles {
    let ca_file = section.path("ca_file", report);
    let own = match (section.path("cert_file", report), section.path("key_file", report)) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => {
            report.add(section.at.clone(), say::half_certificate(), Some(say::try_both_or_none()));
            None
        }
    };
    TlsFiles { ca_file, own }
}

/// The text itself is not repeated: it may hold a password.
fn check_url(url: &str, schemes: &[&str], span: &Range<usize>, hint: Sentence, report: &mut Report<'_>) {
    let Ok(parsed) = Url::parse(url) else {
        return report.add_secret(span.clone(), say::no_url(), hint);
    };
    if !parsed.username().is_empty() || parsed.password().is_some() {
        report.add_secret(span.clone(), say::password_in_url(), say::try_certificates());
    } else if !schemes.contains(&parsed.scheme()) || parsed.host_str().is_none_or(str::is_empty) {
        report.add(span.clone(), say::no_url(), Some(hint));
    }
}

/// What is found wrong.
struct Report<'s> {
    source: &'s Source,
    base: &'s Path,
    problems: Vec<Problem>,
}

impl Report<'_> {
    fn add(&mut self, span: Range<usize>, what: impl Into<Words>, hint: Option<Sentence>) {
        self.push(span, what.into(), hint, true);
    }

    /// In the order of the file. A line that may hold a secret is shown by none of them.
    fn finish(mut self) -> Vec<Problem> {
        let is_secret = |problem: &&Problem| problem.excerpt.is_none() && !problem.is_of_whole;
        let secret: Vec<u32> = self.problems.iter().filter(is_secret).map(|problem| problem.line).collect();
        for problem in self.problems.iter_mut().filter(|problem| secret.contains(&problem.line)) {
            problem.excerpt = None;
        }
        self.problems.sort_by_key(|problem| (problem.line, problem.column));
        self.problems
    }

    /// Of a line that may hold a secret.
    fn add_secret(&mut self, span: Range<usize>, what: Sentence, hint: Sentence) {
        self.push(span, what.into(), Some(hint), false);
    }

    /// Of the file as a whole.
    fn add_whole(&mut self, what: Sentence, hint: Sentence) {
        self.problems.push(Problem { hint: Some(hint.into()), ..Problem::of_the_whole(what) });
    }

    fn push(&mut self, span: Range<usize>, what: Words, hint: Option<Sentence>, is_shown: bool) {
        let (line, column) = self.source.position(span.start);
        let text = self.source.text().lines().nth(line as usize - 1).unwrap_or_default();
        let rest = text.chars().count() + 1 - (column as usize).min(text.chars().count() + 1);
        let width = self.source.text().get(span).map_or(1, |meant| meant.chars().count()).min(rest);
        let excerpt = is_shown.then(|| (text.to_owned(), width));
        let (severity, hint) = (Severity::Error, hint.map(Words::from));
        self.problems.push(Problem { severity, line, column, is_of_whole: false, what, hint, excerpt });
    }
}

/// A table, and which of its names were asked for.
struct Section<'t> {
    table: &'t DeTable<'t>,
    at: Range<usize>,
    known: Vec<&'static str>,
}

impl<'t> Section<'t> {
    fn new(table: &'t DeTable<'t>, at: Option<Range<usize>>) -> Self {
        Section { table, at: at.unwrap_or(0..0), known: Vec::new() }
    }

    fn value(&mut self, name: &'static str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.known.push(name);
        self.table.get(name)
    }

    fn span(&self, name: &str) -> Range<usize> {
        self.table.get(name).map_or(self.at.clone(), Spanned::span)
    }

    fn section(&mut self, name: &'static str, report: &mut Report<'_>) -> Option<Section<'t>> {
        let value = self.value(name)?;
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.wrong_kind(name, structure::table(), report);
        }
        Some(Section::new(table?, Some(value.span())))
    }

    fn text(&mut self, name: &'static str, report: &mut Report<'_>) -> Option<String> {
        let text = self.value(name)?.get_ref().as_str();
        match text {
            None => self.wrong_kind(name, structure::text_in_quotes(), report),
            Some("") => {
                report.add(self.span(name), structure::empty(name), Some(structure::leave_out_or_fill(name)))
            }
            Some(text) => return Some(text.to_owned()),
        }
        None
    }

    fn needed_text(&mut self, name: &'static str, example: &str, report: &mut Report<'_>) -> Option<String> {
        if self.table.get(name).is_none() {
            report.add(self.at.clone(), structure::missing(name), Some(structure::for_example(example)));
        }
        self.text(name, report)
    }

    fn texts(&mut self, name: &'static str, report: &mut Report<'_>) -> Option<Vec<(Range<usize>, String)>> {
        let array = self.value(name)?.get_ref().as_array();
        let texts = array.and_then(|array| {
            array.iter().map(|one| Some((one.span(), one.get_ref().as_str()?.to_owned()))).collect()
        });
        if texts.is_none() {
            self.wrong_kind(name, structure::list_in_brackets(), report);
        }
        texts
    }

    fn path(&mut self, name: &'static str, report: &mut Report<'_>) -> Option<PathBuf> {
        self.text(name, report).map(|path| report.base.join(path))
    }

    fn needed_path(
        &mut self,
        name: &'static str,
        example: Sentence,
        report: &mut Report<'_>,
    ) -> Option<PathBuf> {
        if self.table.get(name).is_none() {
            report.add_whole(structure::missing(name), example);
        }
        self.path(name, report)
    }

    fn whole(&mut self, name: &'static str, least: i64, most: i64, report: &mut Report<'_>) -> Option<i64> {
        let value = self.value(name)?;
        let number = value.get_ref().as_integer().and_then(|number| number.as_str().parse::<i64>().ok());
        match number {
            Some(number) if (least..=most).contains(&number) => return Some(number),
            Some(number) => {
                let range = structure::from_to(least, most);
                let what = structure::out_of_range(name, structure::whole_number(), range, number);
                report.add(value.span(), what, None);
            }
            None => self.wrong_kind(name, structure::whole_number(), report),
        }
        None
    }

    fn wrong_kind(&self, name: &str, wanted: Sentence, report: &mut Report<'_>) {
        let Some(value) = self.table.get(name) else { return };
        let found = match value.get_ref() {
            DeValue::String(_) => structure::text(),
            DeValue::Integer(_) => structure::whole_number(),
            DeValue::Float(_) => structure::number_with_fraction(),
            DeValue::Boolean(_) => structure::true_or_false(),
            DeValue::Datetime(_) => structure::date(),
            DeValue::Array(_) => structure::list(),
            DeValue::Table(_) => structure::table(),
        };
        report.add(value.span(), structure::wrong_kind(name, wanted, found), None);
    }

    /// Names that nobody asked for.
    fn finish(self, report: &mut Report<'_>) {
        for (name, _) in self.table {
            let typed: &str = name.get_ref();
            if self.known.contains(&typed) {
                continue;
            }
            let hint = match nearest_name(typed, self.known.iter().copied()) {
                Some(nearest) => config::did_you_mean(nearest),
                None => {
                    let names = self.known.iter().map(|name| format!("`{name}`").into()).collect();
                    structure::known_here(Words::List(names, Joint::And))
                }
            };
            report.add(name.span(), structure::unknown_name(typed), Some(hint));
        }
    }
}

/// Files that the settings name and that cannot be read, before anything is tried with them.
pub(super) fn unreadable_files(settings: &Settings) -> Vec<(Sentence, Sentence)> {
    let Settings { inlet, database, desk_key, .. } = settings;
    let of_inlet = match inlet {
        Inlet::Nats(nats) => &nats.tls,
        Inlet::Mqtt(mqtt) => &mqtt.tls,
    };
    let mut files: Vec<&PathBuf> = Vec::new();
    for tls in [Some(of_inlet), database.tls.as_ref()].into_iter().flatten() {
        files.extend(
            tls.ca_file.iter().chain(tls.own.iter().flat_map(|(certificate, key)| [certificate, key])),
        );
    }
    files.extend(database.password_file.iter().chain(desk_key));
    let unread = |path: &PathBuf| {
        let error = crate::input_file::open_plain(path).err()?;
        Some((argument::unread(path.display(), argument::why_unread(&error)), argument::hint_unread(&error)))
    };
    files.into_iter().filter_map(unread).collect()
}

#[cfg(test)]
mod tests;
