//! The page on the box: where it listens, and how much it remembers.

use std::net::SocketAddr;
use std::time::Duration;

use super::{Checker, text_of, value_of};
use crate::config::document::{self, At, SensorsDocument, WebDocument};
use crate::config::settings::{Web, WebListen};
use crate::text::page as say;

/// Bytes in a MiB.
const MIB: u64 = 1024 * 1024;
/// Below it a port needs rights that the service does not have.
const FIRST_PORT_FOR_ALL: u16 = 1024;

impl Checker<'_, '_> {
    pub(super) fn web(
        &mut self,
        section: Option<&At<WebDocument>>,
        sensors: Option<&At<SensorsDocument>>,
    ) -> Web {
        let none = WebDocument::default();
        let web = section.map_or(&none, |section| &section.value);
        if let Some(At { span, .. }) = web.enabled.as_ref().filter(|field| field.value && !Web::IS_BUILT_IN) {
            let hint = say::try_build_with_page();
            self.report.error(span, say::not_built_in()).hint(hint);
        }
        let enabled = value_of(&web.enabled).unwrap_or(true) && Web::IS_BUILT_IN;
        let days = u64::from(value_of(&web.history_days).unwrap_or(document::DEFAULT_HISTORY_DAYS));
        let mib = value_of(&web.history_max_mib).unwrap_or(document::DEFAULT_HISTORY_MIB);
        let listen = web.listen.as_ref().and_then(|field| self.page_address(field, sensors));
        Web {
            enabled,
            listen: listen.map_or(WebListen::Usual, WebListen::At),
            keep: Duration::from_secs(days * 24 * 60 * 60),
            keep_bytes: mib * MIB,
        }
    }

    fn page_address(
        &mut self,
        field: &At<String>,
        sensors: Option<&At<SensorsDocument>>,
    ) -> Option<SocketAddr> {
        let Ok(listen) = field.value.trim().parse::<SocketAddr>() else {
            let hint = say::try_listen(document::DEFAULT_WEB_LISTEN);
            self.report.error(&field.span, say::listen_is_no_address()).hint(hint);
            return None;
        };
        if (1..FIRST_PORT_FOR_ALL).contains(&listen.port()) {
            let hint = say::try_higher_port(document::DEFAULT_WEB_LISTEN);
            self.report.warning(&field.span, say::port_needs_rights(listen.port())).hint(hint);
        }
        let webhook = sensors.and_then(|section| section.value.webhook.as_ref());
        let posts_to = webhook.map(|section| {
            text_of(&section.value.listen).unwrap_or_else(|| document::DEFAULT_WEBHOOK_LISTEN.to_owned())
        });
        let posts_to = posts_to.and_then(|typed| typed.parse::<SocketAddr>().ok());
        if posts_to.is_some_and(|other| other.port() == listen.port() && listen.port() != 0) {
            let hint = say::try_other_port();
            self.report.error(&field.span, say::port_is_the_webhooks(listen.port())).hint(hint);
            return None;
        }
        Some(listen)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{Config, Problems, Surroundings};

    fn read(web: &str) -> Result<Config, Problems> {
        let text = format!(
            "[site]\nbox = \"box-1\"\narea = \"530127\"\n{web}\n[[sensor]]\nid = \"door\"\nquantity = \"door\"\n\
             grid = \"53012700300101\"\nstale_after_secs = 60\n\
             modbus_tcp = {{ address = \"10.0.0.8:502\", register = 1, kind = \"u16\", poll_secs = 5 }}\n"
        );
        let path = Path::new("site.toml");
        Config::from_text(path, &text, &Surroundings::elsewhere(path))
    }

    #[test]
    fn without_a_section_the_page_serves_this_machine_alone() {
        let web = read("").unwrap_or_else(|problems| panic!("{problems}")).web;
        assert_eq!((web.enabled, web.listen), (Web::IS_BUILT_IN, WebListen::Usual));
        assert_eq!(web.keep, Duration::from_secs(90 * 24 * 60 * 60));
        let web = read("[web]\nenabled = false\nlisten = \"0.0.0.0:9443\"").unwrap().web;
        assert!(!web.enabled);
        assert_eq!(web.listen, WebListen::At("0.0.0.0:9443".parse().unwrap()));
    }

    #[test]
    fn a_fresh_box_has_nothing_to_watch_and_serves_its_page() {
        let path = Path::new("lookout.toml");
        let fresh = include_str!("../../../deploy/debian/fresh.toml");
        let read = |text: &str| Config::from_text(path, text, &Surroundings::elsewhere(path));
        match read(fresh) {
            Ok(config) => {
                assert!(config.web.enabled && config.web.listen == WebListen::Usual);
                let [warning] = config.warnings.as_slice() else { panic!("{:?}", config.warnings) };
                let hint = warning.hint.as_ref().unwrap().to_string();
                assert!(hint.contains("`sudo lookout page`"), "{hint}");
            }
            Err(problems) if Web::IS_BUILT_IN => panic!("{problems}"),
            Err(_) => {}
        }
        let without_page = read(&format!("{fresh}\n[web]\nenabled = false\n")).unwrap_err();
        assert!(without_page.to_string().contains("neither a camera nor a sensor"), "{without_page}");
    }

    #[test]
    fn an_address_that_cannot_be_is_refused_with_one_that_can() {
        for bad in ["8443", "localhost:8443", "https://0.0.0.0:8443", "0.0.0.0"] {
            let problems = read(&format!("[web]\nlisten = \"{bad}\"")).unwrap_err();
            let first = problems.iter().next().unwrap();
            let what = first.what.to_string();
            assert!(what.contains("`listen`"), "{what}");
            let hint = first.hint.as_ref().unwrap().to_string();
            assert!(hint.contains("127.0.0.1:8443"), "{hint}");
        }
    }
}
