//! The metrics: where they are read, and by whom.

use std::net::SocketAddr;

use super::{Checker, LEAST_TOKEN_CHARS, text_of};
use crate::config::document::{self, At, Document, MetricsDocument};
use crate::config::secret::set_command;
use crate::config::settings::MetricsListener;
use crate::text::metrics as say;

/// Below it a port needs rights that the service does not have.
const FIRST_PORT_FOR_ALL: u16 = 1024;

impl Checker<'_, '_> {
    /// `None` where there is no such section, or it cannot be used.
    pub(super) fn metrics(&mut self, document: &Document) -> Option<MetricsListener> {
        let At { value: metrics, span } = document.metrics.as_ref()?;
        let at = metrics.listen.as_ref().map_or(span.start..span.start, |field| field.span.clone());
        let listen = self.metrics_address(metrics, document);
        let token = metrics.secret.as_ref().and_then(|secret| {
            let known = self.token(secret, span, &"[metrics]".into())?;
            Some((known, secret.span.clone()))
        });
        if let Some((known, span)) = &token
            && known.password.reveal().chars().count() < LEAST_TOKEN_CHARS
        {
            let hint = say::make_a_token(set_command(&known.file));
            self.report.error(span, say::token_too_short(LEAST_TOKEN_CHARS.to_string())).hint(hint);
        }
        let listen = listen?;
        if metrics.secret.is_none()
            && !listen.ip().is_loopback()
            && !self.taken_out.resembles(span.start, "secret")
        {
            let command = set_command(&self.secrets.dir.join("metrics"));
            let hint = say::try_token(command, document::DEFAULT_METRICS_LISTEN);
            self.report.error(&at, say::open_to_others(listen.to_string())).hint(hint);
            return None;
        }
        Some(MetricsListener { listen, token: token.map(|(known, _)| known) })
    }

    fn metrics_address(&mut self, metrics: &MetricsDocument, document: &Document) -> Option<SocketAddr> {
        let typed = text_of(&metrics.listen).unwrap_or_else(|| document::DEFAULT_METRICS_LISTEN.to_owned());
        let section = document.metrics.as_ref().map_or(0, |section| section.span.start);
        let at = metrics.listen.as_ref().map_or(section..section, |field| field.span.clone());
        let Ok(listen) = typed.trim().parse::<SocketAddr>() else {
            let hint = say::try_listen(document::DEFAULT_METRICS_LISTEN);
            self.report.error(&at, say::listen_is_no_address()).hint(hint);
            return None;
        };
        if (1..FIRST_PORT_FOR_ALL).contains(&listen.port()) {
            let hint = say::try_higher_port(document::DEFAULT_METRICS_LISTEN);
            self.report.warning(&at, say::port_needs_rights(listen.port().to_string())).hint(hint);
        }
        let port_of = |typed: String| typed.trim().parse::<SocketAddr>().ok().map(|address| address.port());
        let web = document.web.as_ref().and_then(|section| text_of(&section.value.listen)).and_then(port_of);
        let webhook = document.sensors.as_ref().and_then(|section| section.value.webhook.as_ref());
        let webhook = webhook.map(|section| {
            text_of(&section.value.listen).unwrap_or_else(|| document::DEFAULT_WEBHOOK_LISTEN.to_owned())
        });
        let others = [("[web]", web), ("[sensors.webhook]", webhook.and_then(port_of))];
        let taken = others.into_iter().find(|(_, port)| *port == Some(listen.port()) && listen.port() != 0);
        if let Some((section, _)) = taken {
            let what = say::port_is_taken_by(listen.port().to_string(), section);
            self.report.error(&at, what).hint(say::try_other_port());
            return None;
        }
        Some(listen)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    use super::*;
    use crate::config::{Config, Problems, Surroundings};
    use crate::types::language::Language;

    fn text(more: &str) -> String {
        format!(
            "[site]\nbox = \"box-1\"\narea = \"530127\"\n{more}\n[[camera]]\nid = \"cam-1\"\neye = \"village\"\n\
             url = \"rtsp://10.0.0.31/stream2\"\ngrid = \"53012700300102\"\n"
        )
    }

    fn read(more: &str) -> Result<Config, Problems> {
        let path = Path::new("site.toml");
        Config::from_text(path, &text(more), &Surroundings::elsewhere(path))
    }

    /// What is wrong first, and what to try.
    fn first(more: &str) -> (String, String) {
        let problems = read(more).unwrap_err();
        let first = problems.iter().next().unwrap();
        (first.what.to_string(), first.hint.as_ref().map(ToString::to_string).unwrap_or_default())
    }

    #[test]
    fn without_a_section_nothing_listens() {
        assert_eq!(read("").unwrap().metrics, None);
        let usual = read("[metrics]").unwrap().metrics.unwrap();
        assert_eq!(
            (usual.listen.to_string().as_str(), usual.token),
            (document::DEFAULT_METRICS_LISTEN, None)
        );
    }

    #[test]
    fn other_machines_are_asked_for_a_token() {
        for open in ["0.0.0.0:9464", "10.0.0.5:9464", "[::]:9464"] {
            let (what, hint) = first(&format!("[metrics]\nlisten = \"{open}\""));
            assert!(what.contains("nothing asks them for a token"), "{what}");
            assert!(hint.contains("lookout secret set metrics"), "{hint}");
            read(&format!("[metrics]\nlisten = \"{open}\"\nsecret = \"metrics\"")).unwrap();
        }
        for closed in ["127.0.0.1:0", "127.8.0.1:9464", "[::1]:9464"] {
            read(&format!("[metrics]\nlisten = \"{closed}\"")).unwrap();
        }
        let problems = read("[metrics]\nlisten = \"0.0.0.0:9464\"").unwrap_err();
        let chinese = problems.iter().next().unwrap().what.in_language(Language::Chinese);
        assert!(chinese.contains("却不要求令牌"), "{chinese}");
    }

    #[test]
    fn an_address_that_cannot_be_is_refused_with_one_that_can() {
        for bad in ["9464", "localhost:9464", "http://127.0.0.1:9464", "127.0.0.1"] {
            let (what, hint) = first(&format!("[metrics]\nlisten = \"{bad}\""));
            assert!(what.contains("`listen`") && hint.contains("127.0.0.1:9464"), "{what} {hint}");
        }
        let (what, _) = first("[web]\nlisten = \"0.0.0.0:9464\"\n[metrics]");
        assert!(what.contains("port 9464 of [web]"), "{what}");
        let (what, _) = first(
            "[metrics]\nlisten = \"127.0.0.1:8090\"\n[sensors.webhook]\nsecret = \"webhook\"\n[[sensor]]\nid = \"a\"\n\
             quantity = \"door\"\ngrid = \"53012700300102\"\nstale_after_secs = 60\nwebhook = { path = \"/a\" }",
        );
        assert!(what.contains("port 8090 of [sensors.webhook]"), "{what}");
        let low = read("[metrics]\nlisten = \"127.0.0.1:80\"").unwrap();
        assert!(low.warnings.iter().any(|warning| warning.what.to_string().contains("for root")));
    }

    #[test]
    fn a_token_that_is_not_there_is_asked_for_with_its_length_and_the_command_that_makes_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("site.toml");
        let line = format!(
            "secrets_dir = \"{}\"\n[metrics]\nlisten = \"0.0.0.0:9464\"\nsecret = \"metrics\"",
            folder.path().display()
        );
        let problems = Config::from_text(&path, &text(&line), &Surroundings::of(&path)).unwrap_err();
        let hint = problems.iter().next().unwrap().hint.as_ref().unwrap().to_string();
        assert!(hint.contains("a token of at least 16 characters"), "{hint}");
        assert!(hint.contains("openssl rand -hex 24 | lookout secret set metrics"), "{hint}");
        assert!(!hint.contains("user:password"), "{hint}");
    }

    #[test]
    fn a_token_that_somebody_could_guess_is_refused_and_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        let token = folder.path().join("metrics");
        let path = folder.path().join("site.toml");
        let text = text("[metrics]\nlisten = \"0.0.0.0:9464\"\nsecret = \"metrics\"")
            .replace("[metrics]", &format!("secrets_dir = \"{}\"\n[metrics]", folder.path().display()));
        let read = |line: &str| {
            std::fs::write(&token, line).unwrap();
            std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o600)).unwrap();
            Config::from_text(&path, &text, &Surroundings::of(&path))
        };
        let short = read("secret-canary\n").unwrap_err().to_string();
        assert!(short.contains("fewer than 16 characters") && !short.contains("canary"), "{short}");
        let known = read("0123456789abcdef: with a colon\n").unwrap().metrics.unwrap().token.unwrap();
        assert_eq!(known.password.reveal(), "0123456789abcdef: with a colon");
    }
}
