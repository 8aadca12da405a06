//! Addresses of streams and brokers. Must never repeat one in a message: it may hold a password.

use std::net::Ipv4Addr;
use std::ops::Range;

use url::Url;

use super::Checker;
use crate::analysis::typography;
use crate::config::document::At;
use crate::config::{lookalike, suggest};
use crate::contract::stream_address::{self, AddressTrouble};
use crate::text::config::{and_also, of};
use crate::text::{Sentence, Words, camera, config_address as text, config_check};

/// What is wrong with the spelling of an address, and what to try.
fn misspelt(bare: &str, name: &str, schemes: &[&str]) -> Option<(Sentence, Words)> {
    let is_stream = schemes.contains(&"rtsp");
    if let Some(place) = stream_address::unknown_place(bare).filter(|_| is_stream) {
        return Some((text::unknown_place(name, super::quoted(place)), camera::try_known_place().into()));
    }
    if let Some(hint) = lookalike::in_value(front_of(bare), false) {
        return Some((text::looks_alike(name), hint));
    }
    let (what, hint) = match stream_address::trouble(bare)? {
        AddressTrouble::Brackets => (text::no_brackets(name), text::write_it_like(example_of_ipv6(schemes))),
        AddressTrouble::Zone => (text::zone(name), text::without_zone()),
    };
    Some((what, hint.into()))
}

impl Checker<'_, '_> {
    /// An address with one of these schemes, with neither user nor password inside.
    pub(super) fn address(
        &mut self,
        field: &At<String>,
        name: &str,
        owner: &Words,
        schemes: &[&str],
    ) -> Option<Url> {
        let At { value, span } = field;
        let is_stream = schemes.contains(&"rtsp");
        // Places in front of the host say nothing more than `secret` does.
        let bare =
            if is_stream { stream_address::without_login_places(value.trim()) } else { value.trim().into() };
        let bare = bare.as_ref();
        self.report.hide(span);
        // First of all, and on the bare text: what looks like a password must not reach any other message.
        let plain: String = bare.chars().map(|c| typography::plain(c).unwrap_or(c)).collect();
        if let Some(why) = secret_inside(bare).or_else(|| secret_inside(&plain)) {
            self.secret_in_address(span, name, owner, why, is_stream);
            return None;
        }
        if let Some((what, hint)) = misspelt(bare, name, schemes) {
            self.report.error(span, of(owner, what)).hint(hint);
            return None;
        }
        let begins_with = || text::begins_with(suggest::one_of(&with_slashes(schemes)));
        let Some((scheme, _)) = bare.split_once("://") else {
            self.report.error(span, of(owner, text::no_address(name))).hint(begins_with());
            return None;
        };
        if !schemes.contains(&scheme.to_lowercase().as_str()) {
            let known: String = scheme.chars().filter(char::is_ascii_alphanumeric).take(10).collect();
            self.report.error(span, of(owner, text::wrong_scheme(name, known))).hint(begins_with());
            return None;
        }
        match Url::parse(bare) {
            Ok(url) if !url.username().is_empty() || url.password().is_some() => {
                self.secret_in_address(span, name, owner, text::a_user(), is_stream);
                None
            }
            Ok(url) => self.is_whole_ipv4(&url, field, name, owner, schemes).then_some(url),
            Err(error) => {
                // The reader's words (`invalid port number`, ...) do not repeat the address.
                self.report
                    .error(span, of(owner, text::unreadable(name, error.to_string())))
                    .hint(config_check::for_example(example(schemes)));
                None
            }
        }
    }

    /// Whether the host is no slip of an IPv4 address; what is read as one all the same is warned of.
    fn is_whole_ipv4(
        &mut self,
        url: &Url,
        field: &At<String>,
        name: &str,
        owner: &Words,
        schemes: &[&str],
    ) -> bool {
        let span = &field.span;
        let example = example_of_ipv4(schemes);
        let hint = match url.host_str().and_then(ipv4_slip) {
            None => return true,
            Some(Ipv4Slip::NoAddress) => {
                self.report.error(span, of(owner, text::no_ipv4(name))).hint(text::four_numbers(example));
                return false;
            }
            Some(Ipv4Slip::LeadingZeros) => text::without_leading_zeros(example),
            Some(Ipv4Slip::MissingParts) => text::with_all_four(example),
        };
        self.report.warning(span, of(owner, text::odd_ipv4(name))).hint(hint);
        true
    }

    fn secret_in_address(
        &mut self,
        span: &Range<usize>,
        name: &str,
        owner: &Words,
        why: Sentence,
        is_stream: bool,
    ) {
        let mut hint = text::put_it_into_a_secret();
        if is_stream {
            hint = and_also(hint, text::or_places_for_it());
        }
        self.report.error(span, of(owner, text::holds(name, why))).hint(hint);
    }
}

/// What is wrong with a host that is written as an IPv4 address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ipv4Slip {
    /// A name server would be asked for it: `10.0.0.310`.
    NoAddress,
    /// `192.168.01.10`: understood, by some as octal numbers.
    LeadingZeros,
    /// `10.1`: understood, as `10.0.0.1`.
    MissingParts,
}

fn ipv4_slip(host: &str) -> Option<Ipv4Slip> {
    let parts: Vec<&str> = host.split('.').collect();
    let is_of_digits = |part: &&str| part.bytes().all(|b| b.is_ascii_digit());
    if parts.len() < 2 || !parts.iter().all(is_of_digits) || host.parse::<Ipv4Addr>().is_ok() {
        return None;
    }
    let is_a_byte = |part: &&str| part.parse::<u8>().is_ok();
    let slip = if parts.len() > 4 || !parts.iter().all(is_a_byte) {
        Ipv4Slip::NoAddress
    } else if parts.iter().any(|part| part.len() > 1 && part.starts_with('0')) {
        Ipv4Slip::LeadingZeros
    } else {
        Ipv4Slip::MissingParts
    };
    Some(slip)
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

fn example_of_ipv4(schemes: &[&str]) -> &'static str {
    if schemes.contains(&"rtsp") { "rtsp://10.0.0.31/stream2" } else { "mqtts://10.0.0.9:8883" }
}

fn example_of_ipv6(schemes: &[&str]) -> &'static str {
    if schemes.contains(&"rtsp") { "rtsp://[fd00::31]:554/stream2" } else { "mqtts://[fd00::31]:8883" }
}

/// What an address holds that belongs into a secret file.
fn secret_inside(typed: &str) -> Option<Sentence> {
    let after_scheme = typed.split_once("//").map_or(typed, |(_, rest)| rest);
    let authority = after_scheme.split(['/', '?', '#']).next().unwrap_or("");
    if let Some((login, _)) = authority.rsplit_once('@') {
        return Some(if login.contains(':') { text::a_password() } else { text::a_user() });
    }
    // Also behind the first slash: a password with a slash or a question mark that nobody escaped.
    if after_scheme.contains('@') {
        return Some(text::like_a_login());
    }
    let is_password = |name: &str, value: &str| {
        stream_address::names_a_password(name) && !value.is_empty() && value != stream_address::PASSWORD_PLACE
    };
    let mut parameters = stream_address::parameters(after_scheme);
    parameters.any(|(name, value)| is_password(name, &after_scheme[value])).then(text::a_password)
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
            assert!(hint.is_some_and(|hint| hint.to_string().contains("type ")), "{text}");
        }
        for text in ["rtsp://10.0.0.31:554/一号：东门", "mqtts://centre.example:8883", "rtsp://[fd00::31]/s"]
        {
            assert_eq!(lookalike::in_value(front_of(text), false), None, "{text}");
        }
    }

    #[test]
    fn digits_and_dots_are_an_ipv4_address_or_a_slip() {
        for host in ["10.0.0.310", "10.0.0.31.1", "256.1.1.1", "10..0.31", "1000.0.0.1", "10.0.0.31."] {
            assert_eq!(ipv4_slip(host), Some(Ipv4Slip::NoAddress), "{host}");
        }
        for host in ["192.168.01.10", "010.0.0.1", "10.0.0.00", "10.01"] {
            assert_eq!(ipv4_slip(host), Some(Ipv4Slip::LeadingZeros), "{host}");
        }
        for host in ["10.1", "10.0.31"] {
            assert_eq!(ipv4_slip(host), Some(Ipv4Slip::MissingParts), "{host}");
        }
        for host in [
            "10.0.0.31",
            "0.0.0.0",
            "centre.example",
            "cam-10.0.0.310",
            "nvr",
            "10",
            "[fd00::31]",
            "10.0.0.31a",
        ] {
            assert_eq!(ipv4_slip(host), None, "{host}");
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
