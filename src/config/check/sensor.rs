//! Sensors: what they measure, where their numbers come from, and the brokers and listener they share.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::{Checker, LEAST_TOKEN_CHARS, known_id, quoted, text_of, value_of};
use crate::analysis::sensor::{BINARY, Quantity, SensorPlan};
use crate::config::document::{
    self, At, Document, SensorBrokerDocument, SensorDocument, WebhookListenerDocument,
};
use crate::config::secret::set_command;
use crate::config::settings::{Sensor, SensorBroker, Sensors, WebhookListener};
use crate::config::suggest;
use crate::sensors::{Agreed, Around, ON_THIS_MACHINE, Source, SourceCheck};
use crate::text::config::of;
use crate::text::{Sentence, Words, config, config_address, config_check, config_sensor as text};
use crate::types::at::secs_or;
use crate::types::responsible::Responsible;

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
    fn error(&mut self, at: &Range<usize>, what: Sentence, hint: Sentence) {
        self.checker.report.error(at, what).hint(hint);
    }

    fn warning(&mut self, at: &Range<usize>, what: Sentence, hint: Sentence) {
        self.checker.report.warning(at, what).hint(hint);
    }

    fn slipped(&self, table: &Range<usize>, name: &str) -> bool {
        self.checker.taken_out.resembles(table.start, name)
    }

    fn broker(
        &mut self,
        named: &Option<At<String>>,
        table: &Range<usize>,
        owner: &Words,
    ) -> Option<Arc<str>> {
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
                    .warning(&id.span, text::broker_serves_none(config_check::broker(&id.value)))
                    .hint(text::name_it_in_a_sensor());
            }
        }
        if let Some(listener) = listener.filter(|_| !used.posts) {
            self.report
                .warning(
                    &(listener.span.start..listener.span.start),
                    of(webhook_section(), text::nobody_posts()),
                )
                .hint(text::nothing_listens());
        }
        Sensors { list, brokers, webhook }
    }

    fn sensor_broker(
        &mut self,
        section: &At<SensorBrokerDocument>,
        taken: &mut BTreeMap<String, Range<usize>>,
    ) -> Option<SensorBroker> {
        let At { value: broker, span } = section;
        let owner: Words =
            known_id(&broker.id).map_or_else(config_check::a_broker, config_check::broker).into();
        let id = self.id(&broker.id, config_check::a_broker(), taken);
        let credentials = self.credentials(&broker.user, &broker.secret, span, &owner);
        let field = broker.url.as_ref()?;
        let url = self.address(field, "url", &owner, &["mqtt", "mqtts"])?;
        let encrypted = url.scheme() == "mqtts";
        let ca_file = broker.ca_file.as_ref().map(|field| self.certificates(field, "ca_file", &owner).0);
        if let Some(ca_file) = broker.ca_file.as_ref().filter(|_| !encrypted) {
            self.report
                .error(&ca_file.span, of(&owner, config_address::not_encrypted("ca_file")))
                .hint(config_address::begin_with("mqtts"));
        }
        let host = url.host_str().filter(|host| !host.is_empty());
        if host.is_none() || !matches!(url.path(), "" | "/") || url.query().is_some() {
            self.report
                .error(&field.span, of(&owner, config_address::no_host_and_port("url")))
                .hint(config_address::example_without_topic("mqtt://10.0.0.9:1883"));
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
                let example = format!("\"{}\"", document::DEFAULT_WEBHOOK_LISTEN);
                self.report
                    .error(&at, of(webhook_section(), config_address::no_address_and_port("listen")))
                    .hint(config_check::for_example(example));
                None
            }
        };
        if listen.is_some_and(|listen| !listen.ip().is_loopback()) {
            self.report
                .warning(&at, of(webhook_section(), text::token_in_the_clear()))
                .hint(text::put_a_proxy_in_front());
        }
        let token = webhook.secret.as_ref().and_then(|secret| {
            self.token(secret, span, &webhook_section().into()).map(|known| (known, secret.span.clone()))
        });
        if let Some((known, span)) = &token
            && known.password.reveal().chars().count() < LEAST_TOKEN_CHARS
        {
            self.report
                .error(span, of(webhook_section(), text::token_too_short(LEAST_TOKEN_CHARS)))
                .hint(text::make_a_token(set_command(&known.file)));
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
        let id = self.id(&sensor.id, config_check::a_sensor(), ids);
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
                .error(&field.span, of(&owner, text::debounce_too_long()))
                .hint(text::forgotten_as_silence());
        }
        if let Some(scale) = sensor.scale.as_ref().filter(|scale| scale.value == 0.0) {
            self.report.error(&scale.span, of(&owner, text::scale_is_zero())).hint(text::how_it_scales());
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

    fn quantity(&mut self, field: &At<String>, owner: &Words) -> Option<Quantity> {
        let At { value, span } = field;
        let well_formed = value.len() <= 64
            && value.bytes().next().is_some_and(|b| b.is_ascii_lowercase())
            && value.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        let known = Quantity::KNOWN;
        let names: Vec<&str> = known.iter().map(Quantity::name).collect();
        let near = || suggest::nearest(value, names.iter().copied());
        if !well_formed {
            let hint =
                near().map_or_else(|| text::known_quantities(suggest::row(&names)), config::did_you_mean);
            self.report.error(span, of(owner, text::no_quantity(quoted(value)))).hint(hint);
            return None;
        }
        let quantity = Quantity::named(value);
        if matches!(quantity, Quantity::Free(_))
            && let Some(near) = near()
        {
            self.report.warning(span, of(owner, text::own_quantity(value))).hint(config::did_you_mean(near));
        }
        Some(quantity)
    }

    fn unit(
        &mut self,
        sensor: &SensorDocument,
        quantity: &Quantity,
        span: &Range<usize>,
        owner: &Words,
    ) -> Option<Arc<str>> {
        let units: Vec<&str> = quantity.units().collect();
        let Some(field) = &sensor.unit else {
            let usual = quantity.usual_unit();
            if usual.is_none() && !self.taken_out.resembles(span.start, "unit") {
                let hint = match units.is_empty() {
                    true => text::unit_of_your_own(),
                    false => text::one_of(suggest::one_of(&units)),
                };
                self.report
                    .error(&(span.start..span.start), of(owner, text::needs_a_unit(quantity.to_string())))
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
            let what = text::wrong_unit(quantity.to_string(), suggest::one_of(&units));
            self.report.error(&field.span, of(owner, what)).hint(text::convert_or_rename());
        }
        known.map(Arc::from)
    }

    /// The range that was given, or the usual one.
    fn plausible(
        &mut self,
        sensor: &SensorDocument,
        quantity: Option<&Quantity>,
        unit: Option<&str>,
        owner: &Words,
    ) -> Option<[f64; 2]> {
        let Some(field) = &sensor.range else { return quantity?.usual_range(unit?) };
        let [least, most] = field.value;
        if least < most {
            return Some(field.value);
        }
        self.report
            .error(&field.span, of(owner, text::range_upside_down()))
            .hint(format!("range = [{most}, {least}]"));
        None
    }

    fn stale_after(
        &mut self,
        sensor: &SensorDocument,
        source: Option<&Source>,
        span: &Range<usize>,
        owner: &Words,
    ) -> Option<Duration> {
        let polled = source.and_then(Source::polled);
        let Some(field) = &sensor.stale_after_secs else {
            if let Some(polled) = polled {
                let least = Duration::from_secs_f64(document::LEAST_STALE_SECS);
                return Some((polled.every * 3 + polled.answer_within).max(least));
            }
            if source.is_some() && !self.taken_out.resembles(span.start, "stale_after_secs") {
                self.report
                    .error(&(span.start..span.start), of(owner, text::no_stale_after()))
                    .hint(text::how_long_is_stale())
                    .consequence();
            }
            return None;
        };
        let stale_after = secs_or(&sensor.stale_after_secs, 0.0);
        if let Some(polled) = polled.filter(|polled| stale_after <= polled.every) {
            let three_polls = (polled.every.as_secs_f64() * 3.0).to_string();
            self.report
                .error(&field.span, of(owner, text::stale_before_a_poll()))
                .hint(text::three_polls(three_polls));
        }
        Some(stale_after)
    }

    fn sensor_source(
        &mut self,
        sensor: &SensorDocument,
        span: &Range<usize>,
        owner: &Words,
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
                        .error(&(span.start..span.start), of(owner, text::no_source()))
                        .hint(text::one_of(suggest::one_of(SensorDocument::SOURCES)))
                        .consequence();
                }
                return None;
            }
            [(first, _), (second, at), ..] => {
                let what = config_check::has_both(*first, *second);
                self.report.error(&at.span, of(owner, what)).hint(text::one_source());
                return None;
            }
            [(_, source)] => source,
        };
        let Shared { brokers, has_webhook, posts, agreed } = shared;
        let mut around = Surrounding { checker: self, brokers, has_webhook: *has_webhook, posts };
        let table = &source.span;
        let owner = owner.clone();
        source.value.check(&mut SourceCheck { owner, table, is_binary, around: &mut around, agreed })
    }

    /// Name of the broker of a sensor.
    fn broker_named(
        &mut self,
        field: &Option<At<String>>,
        table: &Range<usize>,
        owner: &Words,
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
                        .error(&(table.start..table.start), of(owner, text::several_brokers()))
                        .hint(text::say_which(suggest::one_of(&names)));
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
        let known = suggest::hint(&name, brokers.keys().map(String::as_str), config::there_are);
        self.report
            .error(&span, of(owner, text::unknown_broker(quoted(&name))))
            .hint(known.unwrap_or_else(|| text::add_a_broker().into()));
        None
    }
}

/// How people call a sensor.
fn owner(sensor: &SensorDocument) -> Words {
    known_id(&sensor.id).map_or_else(config_check::a_sensor, config::sensor).into()
}

fn webhook_section() -> Sentence {
    config::section("sensors.webhook")
}

#[cfg(test)]
mod tests;
