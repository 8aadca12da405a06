//! Addresses of streams and brokers. Must never repeat one in a message: it may hold a password.

use std::ops::Range;

use url::Url;

use super::Checker;
use crate::config::document::At;
use crate::config::{lookalike, suggest};
use crate::contract::stream_address::{self, AddressTrouble};

impl Checker<'_, '_> {
    /// An address with one of these schemes, with neither user nor password inside.
    pub(super) fn address(
        &mut self,
        field: &At<String>,
        name: &str,
        owner: &str,
        schemes: &[&str],
    ) -> Option<Url> {
        let At { value, span } = field;
        let is_stream = schemes.contains(&"rtsp");
        // Places in front of the host say nothing more than `secret` does.
        let bare =
            if is_stream { stream_address::without_login_places(value.trim()) } else { value.trim().into() };
        let text = bare.as_ref();
        // First of all, and on the bare text: what looks like a password must not reach any other message.
        if let Some(why) = secret_inside(text) {
            self.secret_in_address(span, name, owner, why, is_stream);
            return None;
        }
        if let Some(place) = stream_address::unknown_place(text).filter(|_| is_stream) {
            let what = format!("{owner}: `{name}` has a place that nothing fills in{}", super::quoted(place));
            self.report.error(span, what).hint(
                "`{user}` and `{password}` are filled in from the secret file; a brace of the address itself is written %7B",
            );
            return None;
        }
        if let Some(hint) = lookalike::in_value(front_of(text), false) {
            let what = format!("{owner}: `{name}` has characters that only look like those of an address");
            self.report.error(span, what).hint(hint);
            return None;
        }
        if let Some(trouble) = stream_address::trouble(text) {
            let (what, hint) = match trouble {
                AddressTrouble::Brackets => (
                    "has an IPv6 address without brackets",
                    format!("write it like {}", example_of_ipv6(schemes)),
                ),
                AddressTrouble::Zone => (
                    "has an IPv6 address with a zone (`%`), which only one machine understands",
                    "use the IPv4 address, the name, or an IPv6 address that begins with fd or 2".to_owned(),
                ),
            };
            self.report.error(span, format!("{owner}: `{name}` {what}")).hint(hint);
            return None;
        }
        let Some((scheme, _)) = text.split_once("://") else {
            self.report
                .error(span, format!("{owner}: `{name}` is no address"))
                .hint(format!("it begins with {}", suggest::one_of(&with_slashes(schemes))));
            return None;
        };
        if !schemes.contains(&scheme.to_lowercase().as_str()) {
            let known: String = scheme.chars().filter(char::is_ascii_alphanumeric).take(10).collect();
            self.report
                .error(span, format!("{owner}: `{name}` cannot begin with `{known}://`"))
                .hint(format!("it begins with {}", suggest::one_of(&with_slashes(schemes))));
            return None;
        }
        match Url::parse(text) {
            Ok(url) if url.username().is_empty() && url.password().is_none() => Some(url),
            Ok(_) => {
                self.secret_in_address(span, name, owner, "a user", is_stream);
                None
            }
            Err(error) => {
                // The reader's words (`invalid port number`, ...) do not repeat the address.
                self.report
                    .error(span, format!("{owner}: `{name}` is no address: {error}"))
                    .hint(format!("for example {}", example(schemes)));
                None
            }
        }
    }

    fn secret_in_address(
        &mut self,
        span: &Range<usize>,
        name: &str,
        owner: &str,
        why: &str,
        is_stream: bool,
    ) {
        let mut hint =
            "write `user:password` to a file in the secrets folder with `lookout secret set NAME` and name it: secret = \"NAME\""
                .to_owned();
        if is_stream {
            hint.push_str("; where the device wants both inside the address, write {user} and {password} in their places");
        }
        self.report.error(span, format!("{owner}: `{name}` holds {why}")).hint(hint);
    }
}

/// An address up to its path, which may hold any sign; all of what has no scheme.
fn front_of(text: &str) -> &str {
    let Some(host) = text.find("://").map(|at| at + 3) else { return text };
    text[host..].find('/').map_or(text, |path| &text[..host + path])
}

fn with_slashes<'s>(schemes: &[&'s str]) -> Vec<&'s str> {
    // Kept as they are known: `rtsp`, `rtsps`.
    schemes
        .iter()
        .map(|scheme| match *scheme {
            "rtsp" => "rtsp://",
            "rtsps" => "rtsps://",
            "file" => "file:///",
            "mqtt" => "mqtt://",
            "mqtts" => "mqtts://",
            other => other,
        })
        .collect()
}

fn example(schemes: &[&str]) -> &'static str {
    if schemes.contains(&"rtsp") { "rtsp://10.0.0.31/stream2" } else { "mqtts://centre.example:8883" }
}

fn example_of_ipv6(schemes: &[&str]) -> &'static str {
    if schemes.contains(&"rtsp") { "rtsp://[fd00::31]:554/stream2" } else { "mqtts://[fd00::31]:8883" }
}

/// What an address holds that belongs into a secret file.
fn secret_inside(text: &str) -> Option<&'static str> {
    let after_scheme = text.split_once("//").map_or(text, |(_, rest)| rest);
    let authority = after_scheme.split(['/', '?', '#']).next().unwrap_or("");
    if let Some((login, _)) = authority.rsplit_once('@') {
        return Some(if login.contains(':') { "a password" } else { "a user" });
    }
    // Also behind the first slash: a password with a slash or a question mark that nobody escaped.
    if after_scheme.contains('@') {
        return Some("what looks like a user or a password (`@`)");
    }
    let is_password = |name: &str, value: &str| {
        stream_address::names_a_password(name) && !value.is_empty() && value != stream_address::PASSWORD_PLACE
    };
    let mut parameters = stream_address::parameters(after_scheme);
    parameters.any(|(name, value)| is_password(name, &after_scheme[value])).then_some("a password")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_another_keyboard_are_seen_before_the_path_only() {
        for text in [
            "rtsp://10.0.0.31：554/s",
            "rtsp://１０.0.0.31/s",
            "rtsp://10。0。0。31/s",
            "rtsp://10.0.0.31／s",
        ]
        .into_iter()
        .chain([
            "“rtsp://10.0.0.31/s”",
            "rtsp：//10.0.0.31/s",
            "rtsp:／／10.0.0.31/s",
            "ｒｔｓｐ://10.0.0.31/s",
        ]) {
            let hint = lookalike::in_value(front_of(text), false);
            assert!(hint.is_some_and(|hint| hint.contains("only looks like")), "{text}");
        }
        for text in ["rtsp://10.0.0.31:554/一号：东门", "mqtts://centre.example:8883", "rtsp://[fd00::31]/s"]
        {
            assert_eq!(lookalike::in_value(front_of(text), false), None, "{text}");
        }
    }

    #[test]
    fn a_login_is_seen_in_whatever_form_it_is_typed() {
        for text in [
            "rtsp://admin:pw@10.0.0.1/s",
            "rtsp://admin@10.0.0.1/s",
            "admin:pw@10.0.0.1",
            "rtsp://admin:p/w@10.0.0.1/s",
            "rtsp://10.0.0.1/user=admin&Password=pw&channel=1",
            "rtsp://10.0.0.1/s?pwd=x",
            "rtsp://:@10.0.0.1",
            "rtsp://10.0.0.1/s?loginuse=admin&loginpas=pw",
            "rtsp://10.0.0.1/user=admin&password={password}x&channel=1",
        ] {
            assert!(secret_inside(text).is_some(), "{text}");
        }
        for text in [
            "rtsp://10.0.0.31/stream2",
            "rtsp://[fe80::1]:554/a?channel=1",
            "rtsp://10.0.0.1/user={user}&password={password}&channel=1",
            "rtsp://10.0.0.1/user=admin&password=&channel=1",
            "mqtts://centre.example:8883",
            "",
        ] {
            assert!(secret_inside(text).is_none(), "{text}");
        }
    }
}
