//! Sensors: what they measure, where their numbers come from, and the brokers and listener they share.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::{Checker, is_id, quoted, text_of, value_of};
use crate::analysis::sensor::{BINARY, Quantity, SensorPlan};
use crate::config::document::{
    self, At, Document, SensorBrokerDocument, SensorDocument, WebhookListenerDocument,
};
use crate::config::secret::set_command;
use crate::config::settings::{Sensor, SensorBroker, Sensors, WebhookListener};
use crate::config::suggest;
use crate::sensors::{Agreed, Around, ON_THIS_MACHINE, Source, SourceCheck};
use crate::types::at::secs_or;
use crate::types::responsible::Responsible;

/// What a token is compared with must not be guessable.
const LEAST_TOKEN_CHARS: usize = 16;

/// What sensors refer to and share.
struct Shared {
    /// Brokers by name, broken ones included, and whether a sensor uses them.
    brokers: BTreeMap<String, bool>,
    /// Whether there is a section `[sensors.webhook]`, a broken one included.
    has_webhook: bool,
    posts: bool,
    agreed: Agreed,
}

/// What a source's check sees of the file.
struct Surrounding<'a, 'c, 's> {
    checker: &'a mut Checker<'c, 's>,
    brokers: &'a mut BTreeMap<String, bool>,
    has_webhook: bool,
    posts: &'a mut bool,
}

impl Around for Surrounding<'_, '_, '_> {
    fn error(&mut self, at: &Range<usize>, what: String, hint: String) {
        self.checker.report.error(at, what).hint(hint);
    }

    fn warning(&mut self, at: &Range<usize>, what: String, hint: String) {
        self.checker.report.warning(at, what).hint(hint);
    }

    fn slipped(&self, table: &Range<usize>, name: &str) -> bool {
        self.checker.taken_out.resembles(table.start, name)
    }

    fn broker(&mut self, named: &Option<At<String>>, table: &Range<usize>, owner: &str) -> Option<Arc<str>> {
        self.checker.broker_named(named, table, owner, self.brokers)
    }

    fn has_listener(&mut self) -> bool {
        *self.posts = true;
        self.has_webhook
    }
}

impl Checker<'_, '_> {
    pub(super) fn sensors(&mut self, document: &Document) -> Sensors {
        let area = document.site.as_ref().and_then(|site| text_of(&site.value.area));
        let shared = document.sensors.as_ref().map(|section| &section.value);
        let mut taken = BTreeMap::new();
        let mut brokers = Vec::new();
        for section in shared.into_iter().flat_map(|shared| &shared.broker) {
            brokers.extend(self.sensor_broker(section, &mut taken));
        }
        let listener = shared.and_then(|shared| shared.webhook.as_ref());
        let webhook = listener.and_then(|section| self.webhook_listener(section));
        let was_webhook_broken = document
            .sensors
            .as_ref()
            .is_some_and(|section| self.taken_out.resembles(section.span.start, "webhook"));
        let mut used = Shared {
            brokers: taken.keys().map(|name| (name.clone(), false)).collect(),
            has_webhook: listener.is_some() || was_webhook_broken || self.taken_out.lacks_section("sensors"),
            posts: false,
            agreed: Agreed::default(),
        };
        let mut ids = BTreeMap::new();
        let mut list = Vec::with_capacity(document.sensor.len());
        for section in &document.sensor {
            list.extend(self.sensor(section, area.as_deref(), &mut ids, &mut used));
        }
        for section in shared.into_iter().flat_map(|shared| &shared.broker) {
            let Some(id) = &section.value.id else { continue };
            if used.brokers.get(&id.value) == Some(&false) {
                self.report
                    .warning(&id.span, format!("the broker `{}` serves no sensor", id.value))
                    .hint("name it in a sensor: mqtt_json = { broker = \"...\", ... }, or leave it out");
            }
        }
        if let Some(listener) = listener.filter(|_| !used.posts) {
            self.report
                .warning(
                    &(listener.span.start..listener.span.start),
                    "[sensors.webhook]: no sensor has `webhook`",
                )
                .hint("nothing listens until a sensor has webhook = { path = \"/...\" }");
        }
        Sensors { list, brokers, webhook }
    }

    fn sensor_broker(
        &mut self,
        section: &At<SensorBrokerDocument>,
        taken: &mut BTreeMap<String, Range<usize>>,
    ) -> Option<SensorBroker> {
        let At { value: broker, span } = section;
        let owner = match &broker.id {
            Some(id) if is_id(&id.value) => format!("broker `{}`", id.value),
            _ => "broker".to_owned(),
        };
        let id = self.id(&broker.id, "broker", taken);
        let credentials = self.credentials(&broker.user, &broker.secret, span, &owner);
        let field = broker.url.as_ref()?;
        let url = self.address(field, "url", &owner, &["mqtt", "mqtts"])?;
        let encrypted = url.scheme() == "mqtts";
        let ca_file = broker.ca_file.as_ref().map(|field| self.certificates(field, "ca_file", &owner).0);
        if let Some(ca_file) = broker.ca_file.as_ref().filter(|_| !encrypted) {
            self.report
                .error(&ca_file.span, format!("{owner}: `ca_file` with an address that is not encrypted"))
                .hint("begin `url` with `mqtts://`");
        }
        let host = url.host_str().filter(|host| !host.is_empty());
        if host.is_none() || !matches!(url.path(), "" | "/") || url.query().is_some() {
            self.report
                .error(&field.span, format!("{owner}: `url` must be a host and a port"))
                .hint("for example mqtt://10.0.0.9:1883; topics belong to the sensors");
            return None;
        }
        Some(SensorBroker {
            id: id?,
            host: host?.trim_start_matches('[').trim_end_matches(']').to_owned(),
            port: url.port().unwrap_or(if encrypted { 8883 } else { 1883 }),
            tls: encrypted.then(|| self.tls_files(ca_file, None)),
            credentials,
        })
    }

    fn webhook_listener(&mut self, section: &At<WebhookListenerDocument>) -> Option<WebhookListener> {
        let At { value: webhook, span } = section;
        let typed = text_of(&webhook.listen).unwrap_or_else(|| document::DEFAULT_WEBHOOK_LISTEN.to_owned());
        let at = webhook.listen.as_ref().map_or(span.start..span.start, |field| field.span.clone());
        let listen = match typed.parse::<SocketAddr>() {
            Ok(listen) => Some(listen),
            Err(_) => {
                self.report
                    .error(&at, "[sensors.webhook]: `listen` must be an address and a port")
                    .hint(format!("for example \"{}\"", document::DEFAULT_WEBHOOK_LISTEN));
                None
            }
        };
        if listen.is_some_and(|listen| !listen.ip().is_loopback()) {
            self.report
                .warning(&at, "[sensors.webhook]: the token travels unencrypted to other machines' eyes")
                .hint("listen on 127.0.0.1 and put a proxy with TLS in front");
        }
        // The name of a user makes the whole line the secret.
        let user = Some(At { value: "Bearer".to_owned(), span: at });
        let token = webhook.secret.as_ref().and_then(|secret| {
            self.credentials(&user, &Some(secret.clone()), span, "[sensors.webhook]")
                .map(|known| (known, secret.span.clone()))
        });
        if let Some((known, span)) = &token
            && known.password.reveal().chars().count() < LEAST_TOKEN_CHARS
        {
            self.report
                .error(
                    span,
                    format!("[sensors.webhook]: the token has fewer than {LEAST_TOKEN_CHARS} characters"),
                )
                .hint(format!("make one: openssl rand -hex 24 | {}", set_command(&known.file)));
        }
        webhook.secret.as_ref()?;
        Some(WebhookListener {
            listen: listen?,
            token: token.map(|(known, _)| known),
            posts_per_sec: value_of(&webhook.posts_per_sec).unwrap_or(document::DEFAULT_POSTS_PER_SECOND),
        })
    }

    fn sensor(
        &mut self,
        section: &At<SensorDocument>,
        area: Option<&str>,
        ids: &mut BTreeMap<String, Range<usize>>,
        shared: &mut Shared,
    ) -> Option<Sensor> {
        let At { value: sensor, span } = section;
        let owner = owner(sensor);
        // All of them are looked at before the first one that is missing ends it.
        let id = self.id(&sensor.id, "sensor", ids);
        let quantity = sensor.quantity.as_ref().and_then(|field| self.quantity(field, &owner));
        let unit = quantity.as_ref().and_then(|quantity| self.unit(sensor, quantity, span, &owner));
        let grid = sensor.grid.as_ref().and_then(|field| self.grid(field, area, &owner));
        let lonlat = sensor.lonlat.as_ref().and_then(|field| self.lonlat(field, &owner));
        let is_binary = unit.as_deref() == Some(BINARY);
        let source = self.sensor_source(sensor, span, &owner, is_binary, shared);
        let stale_after = self.stale_after(sensor, source.as_ref(), span, &owner);
        let debounce = secs_or(&sensor.debounce_secs, 0.0);
        if let (Some(field), Some(stale_after)) = (&sensor.debounce_secs, stale_after)
            && debounce >= stale_after
        {
            self.report
                .error(&field.span, format!("{owner}: `debounce_secs` must be less than `stale_after_secs`"))
                .hint("a change that is awaited for so long would be forgotten as silence");
        }
        if let Some(scale) = sensor.scale.as_ref().filter(|scale| scale.value == 0.0) {
            self.report
                .error(&scale.span, format!("{owner}: `scale` must not be 0"))
                .hint("value = number * scale + offset; leave it out for 1");
        }
        let range = self.plausible(sensor, quantity.as_ref(), unit.as_deref(), &owner);
        let plan = SensorPlan {
            id: id?,
            quantity: quantity?,
            unit: unit?,
            scale: value_of(&sensor.scale).unwrap_or(1.0),
            offset: value_of(&sensor.offset).unwrap_or(0.0),
            range,
            max_rate_per_sec: value_of(&sensor.max_rate_per_sec),
            stale_after: stale_after?,
            debounce,
            grid: grid?,
        };
        let responsible = Responsible {
            name: text_of(&sensor.name),
            contact: text_of(&sensor.contact),
            officer: text_of(&sensor.officer),
        };
        let address = text_of(&sensor.address);
        Some(Sensor { plan: Arc::new(plan), address, lonlat, responsible, source: source? })
    }

    fn quantity(&mut self, field: &At<String>, owner: &str) -> Option<Quantity> {
        let At { value, span } = field;
        let well_formed = value.len() <= 64
            && value.bytes().next().is_some_and(|b| b.is_ascii_lowercase())
            && value.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        let names: Vec<String> = Quantity::KNOWN.iter().map(|known| known.name().to_owned()).collect();
        let near = || suggest::nearest(value, names.iter().map(String::as_str));
        if !well_formed {
            let hint = near().map_or_else(
                || format!("{}, or lower-case letters, digits and `_`", names.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            self.report
                .error(span, format!("{owner}: this is no name of a quantity{}", quoted(value)))
                .hint(hint);
            return None;
        }
        let quantity = Quantity::named(value);
        if matches!(quantity, Quantity::Free(_))
            && let Some(near) = near()
        {
            self.report
                .warning(
                    span,
                    format!("{owner}: the quantity `{value}` is not known and taken for a name of your own"),
                )
                .hint(format!("did you mean `{near}`?"));
        }
        Some(quantity)
    }

    fn unit(
        &mut self,
        sensor: &SensorDocument,
        quantity: &Quantity,
        span: &Range<usize>,
        owner: &str,
    ) -> Option<Arc<str>> {
        let units: Vec<&str> = quantity.units().collect();
        let Some(field) = &sensor.unit else {
            let usual = quantity.usual_unit();
            if usual.is_none() && !self.taken_out.resembles(span.start, "unit") {
                let hint = match units.is_empty() {
                    true => "for example unit = \"V\"; \"0/1\" for a sensor that knows two states".to_owned(),
                    false => format!("one of {}", suggest::one_of(&units)),
                };
                self.report
                    .error(
                        &(span.start..span.start),
                        format!("{owner}: the quantity `{quantity}` needs a `unit`"),
                    )
                    .hint(hint)
                    .consequence();
            }
            return usual.map(Arc::from);
        };
        if units.is_empty() {
            return Some(field.value.trim().into());
        }
        let known = quantity.unit_typed(&field.value);
        if known.is_none() {
            self.report
                .error(
                    &field.span,
                    format!("{owner}: `unit` of `{quantity}` must be {}", suggest::one_of(&units)),
                )
                .hint("convert with `scale` and `offset`, or give the quantity a name of your own");
        }
        known.map(Arc::from)
    }

    /// The range that was given, or the usual one.
    fn plausible(
        &mut self,
        sensor: &SensorDocument,
        quantity: Option<&Quantity>,
        unit: Option<&str>,
        owner: &str,
    ) -> Option<[f64; 2]> {
        let Some(field) = &sensor.range else { return quantity?.usual_range(unit?) };
        let [least, most] = field.value;
        if least < most {
            return Some(field.value);
        }
        self.report
            .error(&field.span, format!("{owner}: `range` must go from the smaller to the greater value"))
            .hint(format!("range = [{most}, {least}]"));
        None
    }

    fn stale_after(
        &mut self,
        sensor: &SensorDocument,
        source: Option<&Source>,
        span: &Range<usize>,
        owner: &str,
    ) -> Option<Duration> {
        let polled = source.and_then(Source::polled);
        let Some(field) = &sensor.stale_after_secs else {
            if let Some(polled) = polled {
                let least = Duration::from_secs_f64(document::LEAST_STALE_SECS);
                return Some((polled.every * 3 + polled.answer_within).max(least));
            }
            if source.is_some() && !self.taken_out.resembles(span.start, "stale_after_secs") {
                self.report
                    .error(&(span.start..span.start), format!("{owner}: `stale_after_secs` is missing"))
                    .hint(
                        "longer than the pause between two messages when nothing happens: 60 for a sensor that speaks \
                         every 20 s, 7200 for a battery sensor that speaks every hour",
                    )
                    .consequence();
            }
            return None;
        };
        let stale_after = secs_or(&sensor.stale_after_secs, 0.0);
        if let Some(polled) = polled.filter(|polled| stale_after <= polled.every) {
            self.report
                .error(&field.span, format!("{owner}: `stale_after_secs` must be more than `poll_secs`"))
                .hint(format!("three polls are usual: {}", polled.every.as_secs_f64() * 3.0));
        }
        Some(stale_after)
    }

    fn sensor_source(
        &mut self,
        sensor: &SensorDocument,
        span: &Range<usize>,
        owner: &str,
        is_binary: bool,
        shared: &mut Shared,
    ) -> Option<Source> {
        let mut there = sensor.sources();
        there.sort_by_key(|(_, source)| source.span.start);
        let source = match there.as_slice() {
            [] => {
                let slipped = |name: &&str| self.taken_out.resembles(span.start, name);
                if !SensorDocument::SOURCES.iter().any(slipped) {
                    self.report
                        .error(&(span.start..span.start), format!("{owner}: has no source"))
                        .hint(format!("one of {}", suggest::one_of(SensorDocument::SOURCES)))
                        .consequence();
                }
                return None;
            }
            [(first, _), (second, at), ..] => {
                self.report
                    .error(&at.span, format!("{owner}: has both `{first}` and `{second}`"))
                    .hint("a sensor has one source: leave one of them out");
                return None;
            }
            [(_, source)] => source,
        };
        let Shared { brokers, has_webhook, posts, agreed } = shared;
        let mut around = Surrounding { checker: self, brokers, has_webhook: *has_webhook, posts };
        let table = &source.span;
        source.value.check(&mut SourceCheck { owner, table, is_binary, around: &mut around, agreed })
    }

    /// Name of the broker of a sensor.
    fn broker_named(
        &mut self,
        field: &Option<At<String>>,
        table: &Range<usize>,
        owner: &str,
        brokers: &mut BTreeMap<String, bool>,
    ) -> Option<Arc<str>> {
        let name = match field {
            Some(field) => field.value.trim(),
            None => match brokers.len() {
                0 => return Some(ON_THIS_MACHINE.into()),
                1 => brokers.keys().next()?.as_str(),
                _ => {
                    let names: Vec<&str> = brokers.keys().map(String::as_str).collect();
                    self.report
                        .error(&(table.start..table.start), format!("{owner}: there are several brokers"))
                        .hint(format!("say which one: broker = {}", suggest::one_of(&names)));
                    return None;
                }
            },
        };
        let name = name.to_owned();
        if let Some(used) = brokers.get_mut(&name) {
            *used = true;
            return Some(name.into());
        }
        let span = field.as_ref().map_or(table.start..table.start, |field| field.span.clone());
        let known = suggest::hint(&name, brokers.keys().map(String::as_str), "there are");
        self.report.error(&span, format!("{owner}: names an unknown broker{}", quoted(&name))).hint(
            known.unwrap_or_else(|| {
                "add [[sensors.broker]] with id and url, or leave `broker` out for the one on this machine"
                    .to_owned()
            }),
        );
        None
    }
}

/// How people call a sensor.
fn owner(sensor: &SensorDocument) -> String {
    match &sensor.id {
        Some(id) if is_id(&id.value) => format!("sensor `{}`", id.value),
        _ => "sensor".to_owned(),
    }
}

#[cfg(test)]
mod tests;
