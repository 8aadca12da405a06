//! The sections that stand once: site, broker, detector, queue, evidence.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::{Checker, quoted, text_of, value_of};
use crate::analysis::acceptance::AcceptancePlan;
use crate::config::document::{
    self, At, CoverageDocument, DetectorDocument, EvidenceDocument, JournalDocument, MqttDocument,
    OutboxDocument, Precision, ProviderDocument, SiteDocument,
};
use crate::config::secret::SecretStore;
use crate::config::settings::{
    Broker, Coverage, Detector, Evidence, FaceModel, Journal, Mqtt, Originals, Outbox, Site, Tls,
};
use crate::config::{FACE_MODEL, ModelUse, NamedPath, PathUse, Surroundings};
use crate::contract::topics::DEFAULT_PREFIX;
use crate::text::config::of;
use crate::text::{Sentence, Words, config, config_address, config_check, config_site as text};
use crate::types::at::secs_or;
use crate::types::mqtt;
use crate::types::provider::Provider;

/// Bytes in a MiB.
const MIB: u64 = 1024 * 1024;

/// A place that names a model.
fn model_use(field: &Option<At<String>>, name: &'static str) -> Option<ModelUse> {
    let At { value, span } = field.as_ref()?;
    Some(ModelUse { name: value.trim().to_owned(), span: span.clone(), field: Some(name) })
}

/// The coverage ledger.
pub(super) fn coverage(section: Option<&At<CoverageDocument>>, outbox: &Outbox) -> Coverage {
    let days = section.and_then(|section| value_of(&section.value.days));
    Coverage { dir: outbox.dir.join("coverage"), days: days.unwrap_or(document::DEFAULT_COVERAGE_DAYS) }
}

/// Where secret files are: with systemd's credentials where the service has them, else in the folder named.
pub(super) fn secret_store(site: Option<&At<SiteDocument>>, surroundings: &Surroundings) -> SecretStore {
    if let Some(dir) = &surroundings.credentials_dir {
        return SecretStore { dir: dir.clone(), guarded: true };
    }
    let named = site.and_then(|site| text_of(&site.value.secrets_dir));
    let dir = surroundings.base.join(named.as_deref().unwrap_or(document::DEFAULT_SECRETS_DIR));
    SecretStore { dir, guarded: false }
}

/// 0 turns it off.
fn acceptance(site: &SiteDocument) -> AcceptancePlan {
    let within = secs_or(&site.accept_within_secs, document::DEFAULT_ACCEPT_WITHIN_SECS);
    AcceptancePlan {
        within: (!within.is_zero()).then_some(within),
        from: value_of(&site.escalate_from).unwrap_or(document::DEFAULT_ESCALATE_FROM),
    }
}

/// A section as the owner of what stands in it.
fn section_named(name: &str) -> Words {
    config::section(name).into()
}

/// What is wrong in a section.
fn in_section(name: &str, what: Sentence) -> Sentence {
    of(config::section(name), what)
}

/// The address of a broker.
struct BrokerAddress {
    host: String,
    port: u16,
    encrypted: bool,
}

impl fmt::Display for BrokerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl Checker<'_, '_> {
    pub(super) fn site(&mut self, section: &At<SiteDocument>) -> Option<Site> {
        let site = &section.value;
        let box_id = site.box_id.as_ref().and_then(|field| self.box_id(field));
        let area = site.area.as_ref().and_then(|field| self.area(field));
        let zone = match &site.time_zone {
            Some(field) => self.time_zone(field),
            None => TimeZone::get(document::DEFAULT_TIME_ZONE).ok(),
        };
        let time_zone = zone?;
        Some(Site {
            box_id: box_id?.into(),
            area: area?.into(),
            name: text_of(&site.name),
            also_gcj02: value_of(&site.also_gcj02).unwrap_or(false),
            language: value_of(&site.language).unwrap_or(document::DEFAULT_LANGUAGE),
            time_zone_name: time_zone.iana_name().unwrap_or("UTC").to_owned(),
            time_zone,
            mode: value_of(&site.mode).unwrap_or(document::DEFAULT_MODE),
            acceptance: acceptance(site),
        })
    }

    fn box_id(&mut self, field: &At<String>) -> Option<String> {
        let At { value, span } = field;
        let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let well_formed = value.len() <= 32
            && value.bytes().all(|b| is_plain(b) || b == b'-')
            && value.bytes().next().is_some_and(is_plain)
            && value.bytes().last().is_some_and(is_plain);
        if !well_formed {
            self.report
                .error(span, in_section("site", text::no_box_name(quoted(value))))
                .hint(text::box_names());
            return None;
        }
        Some(value.clone())
    }

    fn area(&mut self, field: &At<String>) -> Option<String> {
        let At { value, span } = field;
        if value.len() != 6 || !value.bytes().all(|b| b.is_ascii_digit()) {
            self.report
                .error(span, in_section("site", text::no_area(quoted(value))))
                .hint(text::area_in_grid_codes());
            return None;
        }
        Some(value.clone())
    }

    pub(super) fn mqtt(&mut self, section: Option<&At<MqttDocument>>) -> Option<Mqtt> {
        let embedded = Broker::Embedded { port: document::DEFAULT_EMBEDDED_PORT };
        let Some(At { value: mqtt, span }) = section else {
            return Some(Mqtt {
                broker: embedded,
                prefix: DEFAULT_PREFIX.to_owned(),
                version: mqtt::Version::V5,
                expect_marks: false,
            });
        };
        let prefix = match &mqtt.prefix {
            Some(field) => self.prefix(field),
            None => Some(DEFAULT_PREFIX.to_owned()),
        };
        let broker = match (&mqtt.url, &mqtt.urls) {
            (Some(url), None) => self.remote_broker(mqtt, span, std::slice::from_ref(url)),
            (None, Some(urls)) => {
                if urls.value.is_empty() {
                    self.report
                        .error(&urls.span, in_section("mqtt", text::urls_empty()))
                        .hint(text::name_a_broker());
                    return None;
                }
                self.remote_broker(mqtt, span, &urls.value)
            }
            (Some(_), Some(urls)) => {
                self.report
                    .error(&urls.span, in_section("mqtt", text::together_with("urls", "url")))
                    .hint(text::all_into_urls());
                self.remote_broker(mqtt, span, &urls.value)
            }
            (None, None) => {
                self.only_with_url(mqtt, span);
                let port = value_of(&mqtt.embedded_port).unwrap_or(document::DEFAULT_EMBEDDED_PORT);
                Some(Broker::Embedded { port })
            }
        };
        let version = value_of(&mqtt.version).unwrap_or(mqtt::Version::V5);
        let expect_marks = value_of(&mqtt.expect_marks).unwrap_or(false);
        Some(Mqtt { broker: broker?, prefix: prefix?, version, expect_marks })
    }

    /// What makes sense only towards the command centre's broker.
    fn only_with_url(&mut self, mqtt: &MqttDocument, span: &std::ops::Range<usize>) {
        if self.taken_out.from(span) {
            return;
        }
        let named = [
            ("user", &mqtt.user),
            ("secret", &mqtt.secret),
            ("ca_file", &mqtt.ca_file),
            ("cert_file", &mqtt.cert_file),
            ("key_file", &mqtt.key_file),
        ];
        for (name, field) in named {
            if let Some(field) = field {
                self.report
                    .error(&field.span, in_section("mqtt", text::without(name, "url")))
                    .hint(text::name_the_centres_broker());
            }
        }
    }

    /// The brokers of `url` or `urls`, in their order.
    fn remote_broker(
        &mut self,
        mqtt: &MqttDocument,
        span: &std::ops::Range<usize>,
        fields: &[At<String>],
    ) -> Option<Broker> {
        let credentials = self.credentials(&mqtt.user, &mqtt.secret, span, &section_named("mqtt"));
        if let Some(port) = &mqtt.embedded_port {
            self.report
                .error(&port.span, in_section("mqtt", text::together_with("embedded_port", "url")))
                .hint(text::embedded_or_centres());
        }
        let name = if mqtt.urls.is_some() { "urls" } else { "url" };
        let found: Vec<Option<BrokerAddress>> =
            fields.iter().map(|field| self.broker_address(field, name)).collect();
        let known = || found.iter().flatten();
        let encrypted = known().next().is_none_or(|first| first.encrypted);
        self.are_several(fields, &found);
        let tls = self.tls(mqtt, encrypted || known().any(|address| address.encrypted));
        let all: Option<Vec<BrokerAddress>> = found.into_iter().collect();
        let mut all = all?.into_iter().map(|BrokerAddress { host, port, .. }| (host, port));
        let (host, port) = all.next()?;
        Some(Broker::Remote { host, port, others: all.collect(), tls: encrypted.then_some(tls), credentials })
    }

    /// Checks that no broker is named twice, and that no login goes to one broker in the clear and to another encrypted.
    fn are_several(&mut self, fields: &[At<String>], found: &[Option<BrokerAddress>]) {
        let named =
            || fields.iter().zip(found).filter_map(|(field, address)| Some((field, address.as_ref()?)));
        for (index, (field, address)) in named().enumerate() {
            let is_same = |other: &BrokerAddress| (&other.host, other.port) == (&address.host, address.port);
            if named().take(index).any(|(_, other)| is_same(other)) {
                self.report
                    .error(&field.span, in_section("mqtt", text::broker_twice(address.to_string())))
                    .hint(text::tried_again_anyway());
            }
        }
        let Some((_, first)) = named().next() else { return };
        if let Some((field, other)) = named().find(|(_, other)| other.encrypted != first.encrypted) {
            let scheme = |address: &BrokerAddress| if address.encrypted { "mqtts" } else { "mqtt" };
            let (one, two) = (first.to_string(), other.to_string());
            let what = text::mixed_schemes(scheme(first), one, scheme(other), two);
            self.report.error(&field.span, in_section("mqtt", what)).hint(text::all_encrypted());
        }
    }

    fn broker_address(&mut self, field: &At<String>, name: &str) -> Option<BrokerAddress> {
        let url = self.address(field, name, &section_named("mqtt"), &["mqtt", "mqtts"])?;
        let Some(host) = url.host_str().filter(|host| !host.is_empty()) else {
            self.report
                .error(&field.span, in_section("mqtt", config_address::no_host(name)))
                .hint(config_check::for_example("mqtts://centre.example:8883"));
            return None;
        };
        if !matches!(url.path(), "" | "/") || url.query().is_some() {
            self.report
                .error(&field.span, in_section("mqtt", config_address::goes_on(name)))
                .hint(config_address::topics_are_by_prefix());
            return None;
        }
        let encrypted = url.scheme() == "mqtts";
        let port = url.port().unwrap_or(if encrypted { 8883 } else { 1883 });
        // An IPv6 address comes in brackets, which name resolution does not want. Of a name capitals do not matter.
        let host = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        Some(BrokerAddress { host, port, encrypted })
    }

    fn tls(&mut self, mqtt: &MqttDocument, encrypted: bool) -> Tls {
        if !encrypted {
            let named =
                [("ca_file", &mqtt.ca_file), ("cert_file", &mqtt.cert_file), ("key_file", &mqtt.key_file)];
            for (name, field) in named {
                if let Some(field) = field {
                    self.report
                        .error(&field.span, in_section("mqtt", config_address::not_encrypted(name)))
                        .hint(config_address::begin_with("mqtts"));
                }
            }
            return Tls::default();
        }
        let owner = section_named("mqtt");
        let ca_file = mqtt.ca_file.as_ref().map(|field| self.certificates(field, "ca_file", &owner).0);
        let client = match (&mqtt.cert_file, &mqtt.key_file) {
            (Some(cert), Some(key)) => Some(self.certificate_and_key(cert, key, &owner)),
            (Some(alone), None) => {
                self.report
                    .error(&alone.span, of(owner, text::without("cert_file", "key_file")))
                    .hint(text::both_or_none());
                None
            }
            (None, Some(alone)) => {
                self.report
                    .error(&alone.span, of(owner, text::without("key_file", "cert_file")))
                    .hint(text::both_or_none());
                None
            }
            (None, None) => None,
        };
        self.tls_files(ca_file, client)
    }

    /// The certificate by which the broker knows this box is made out to it; where it logs in with a name, that counts.
    pub(super) fn box_has_its_certificate(&mut self, site: &Site, mqtt: &Mqtt, section: &MqttDocument) {
        let Broker::Remote { tls: Some(Tls { client: Some((path, _)), .. }), .. } = &mqtt.broker else {
            return;
        };
        let (Some(field), None) = (&section.cert_file, &section.user) else { return };
        let client_id = format!("{}.{}", site.area, site.box_id);
        self.certificate_is_named(field, path, &client_id, &section_named("mqtt"));
    }

    /// Certificates and keys; one that is renewed is taken up while the box runs.
    pub(super) fn tls_files(&mut self, ca_file: Option<PathBuf>, client: Option<(PathBuf, PathBuf)>) -> Tls {
        if !self.surroundings.at_home {
            return Tls { ca_file, client, ..Tls::default() };
        }
        let of_ours = client.iter().flat_map(|(cert, key)| [cert, key]);
        self.secret_files.extend(ca_file.iter().chain(of_ours).cloned());
        Tls::read(ca_file, client)
    }

    fn prefix(&mut self, field: &At<String>) -> Option<String> {
        let prefix = field.value.trim().trim_matches('/');
        let fault = if prefix.contains(['+', '#']) {
            Some(text::no_wildcard())
        } else if prefix.starts_with('$') {
            Some(text::no_dollar())
        } else if prefix.is_empty() || prefix.contains("//") || prefix.contains(' ') {
            Some(text::no_empty_level())
        } else {
            None
        };
        if let Some(fault) = fault {
            self.report
                .error(&field.span, in_section("mqtt", text::prefix(fault)))
                .hint(text::first_part_of_topics(DEFAULT_PREFIX));
            return None;
        }
        Some(prefix.to_owned())
    }

    pub(super) fn detector(&mut self, section: Option<&At<DetectorDocument>>) -> Detector {
        let none = DetectorDocument::default();
        let detector = section.map_or(&none, |section| &section.value);
        let providers =
            detector.providers.as_ref().map_or_else(|| vec![Provider::Cpu], |field| self.providers(field));
        let precision = value_of(&detector.precision).unwrap_or_default();
        if let Some(field) = &detector.precision
            && precision == Precision::Auto
            && !providers.is_empty()
        {
            self.report
                .error(&field.span, in_section("detector", text::nothing_to_choose()))
                .hint(text::auto_goes_with_auto());
        }
        if let (Some(model), Some(face)) = (&detector.model, &detector.face_model)
            && model.value == face.value
        {
            self.report
                .error(&face.span, in_section("detector", text::same_face_model()))
                .hint(text::no_second_model());
        }
        self.named.models.extend(model_use(&detector.model, "model"));
        let face_model = match text_of(&detector.face_model) {
            None => FaceModel::Usual,
            Some(name) if name == document::NO_FACE_MODEL => FaceModel::Off,
            Some(name) => {
                self.named.models.extend(model_use(&detector.face_model, FACE_MODEL));
                FaceModel::Named(name)
            }
        };
        if detector.model.is_none() {
            // The default is a name like any other; the section is the place to look at, or the file's beginning.
            let span = section.map_or(0..0, |section| section.span.start..section.span.start);
            self.named.models.push(ModelUse { name: document::DEFAULT_MODEL.to_owned(), span, field: None });
        }
        Detector {
            model: text_of(&detector.model).unwrap_or_else(|| document::DEFAULT_MODEL.to_owned()),
            face_model,
            manifest: detector
                .manifest
                .as_ref()
                .map(|field| self.file(field, "manifest", &section_named("detector"))),
            providers,
            precision,
            workers: value_of(&detector.workers).map(usize::from),
        }
    }

    /// The providers in their order; none where a measurement is to choose.
    fn providers(&mut self, field: &At<Vec<At<ProviderDocument>>>) -> Vec<Provider> {
        let mut providers = Vec::with_capacity(field.value.len());
        for At { value, span } in &field.value {
            let ProviderDocument::Named(value) = value else {
                if field.value.len() > 1 {
                    self.report
                        .error(span, in_section("detector", text::auto_beside_others()))
                        .hint(text::auto_or_names());
                }
                return Vec::new();
            };
            if providers.contains(value) {
                let what = in_section("detector", text::provider_twice(value.name()));
                self.report.error(span, what).hint(config_check::leave_one_out());
                continue;
            }
            providers.push(*value);
        }
        if providers.is_empty() {
            self.report
                .error(&field.span, in_section("detector", text::providers_empty()))
                .hint(text::write_providers());
            providers.push(Provider::Cpu);
        }
        providers
    }

    pub(super) fn outbox(&mut self, section: Option<&At<OutboxDocument>>) -> Outbox {
        let none = OutboxDocument::default();
        let outbox = section.map_or(&none, |section| &section.value);
        Outbox {
            dir: self.folder(&outbox.dir, "outbox", section.map(|section| &section.span), true),
            max_rows: value_of(&outbox.max_rows).unwrap_or(document::DEFAULT_MAX_ROWS),
            max_bytes: value_of(&outbox.max_mib).unwrap_or(document::DEFAULT_OUTBOX_MIB) * MIB,
            min_free_bytes: value_of(&outbox.min_free_mib).unwrap_or(document::DEFAULT_MIN_FREE_MIB) * MIB,
            resend_for: Duration::from_secs(
                u64::from(value_of(&outbox.resend_days).unwrap_or(document::DEFAULT_RESEND_DAYS))
                    * 24
                    * 60
                    * 60,
            ),
            resend_bytes: value_of(&outbox.resend_max_mib).unwrap_or(document::DEFAULT_RESEND_MIB) * MIB,
        }
    }

    pub(super) fn evidence(&mut self, section: Option<&At<EvidenceDocument>>) -> Evidence {
        let none = EvidenceDocument::default();
        let evidence = section.map_or(&none, |section| &section.value);
        let days = value_of(&evidence.keep_days).unwrap_or(document::DEFAULT_KEEP_DAYS);
        let enabled = value_of(&evidence.enabled).unwrap_or(true);
        Evidence {
            enabled,
            dir: self.folder(&evidence.dir, "evidence", section.map(|section| &section.span), enabled),
            keep: Duration::from_secs(u64::from(days) * 24 * 60 * 60),
            max_bytes: value_of(&evidence.max_mib).unwrap_or(document::DEFAULT_EVIDENCE_MIB) * MIB,
            originals: self.originals(evidence),
        }
    }

    pub(super) fn journal(&self, section: Option<&At<JournalDocument>>, outbox: &Outbox) -> Journal {
        let none = JournalDocument::default();
        let journal = section.map_or(&none, |section| &section.value);
        let days = value_of(&journal.days).unwrap_or(document::DEFAULT_JOURNAL_DAYS);
        Journal {
            dir: outbox.dir.join("journal"),
            keep: Duration::from_secs(u64::from(days) * 24 * 60 * 60),
            max_bytes: value_of(&journal.max_mib).unwrap_or(document::DEFAULT_JOURNAL_MIB) * MIB,
        }
    }

    fn originals(&mut self, evidence: &EvidenceDocument) -> Option<Originals> {
        let Some(At { value, span }) = &evidence.originals_for else {
            if let Some(days) = &evidence.originals_days {
                let what = text::without("originals_days", "originals_for");
                self.report
                    .error(&days.span, in_section("evidence", what))
                    .hint(text::name_the_centres_key());
            }
            return None;
        };
        // The text is not repeated: it may be the secret key.
        if age::x25519::Recipient::from_str(value).is_err() {
            self.report.error(span, in_section("evidence", text::no_age_key())).hint(text::make_a_pair());
            return None;
        }
        let days = value_of(&evidence.originals_days).unwrap_or(document::DEFAULT_ORIGINALS_DAYS);
        let keep = Duration::from_secs(u64::from(days) * 24 * 60 * 60);
        Some(Originals { recipient: value.clone(), keep })
    }

    /// A folder that is made when it is needed: the one that the section `name` names, or `name` in the folder for state.
    fn folder(
        &mut self,
        field: &Option<At<String>>,
        name: &str,
        section: Option<&Range<usize>>,
        is_used: bool,
    ) -> PathBuf {
        let usual = || self.surroundings.state_dir.join(name);
        let path = field.as_ref().map_or_else(usual, |field| self.path(field));
        // Where another one was meant and could not be read, the usual one says nothing.
        let was_meant = match section {
            Some(section) => self.taken_out.resembles(section.start, "dir"),
            None => self.taken_out.lacks_section(name),
        };
        if is_used && (field.is_some() || !was_meant) {
            let used = if field.is_some() { PathUse::Written } else { PathUse::WrittenByDefault };
            let span = field.as_ref().map(|field| field.span.clone());
            let span = span.or(section.map(|section| section.start..section.start)).unwrap_or(0..0);
            self.paths.push(NamedPath { path: path.clone(), used, owner: section_named(name), span });
        }
        path
    }
}
