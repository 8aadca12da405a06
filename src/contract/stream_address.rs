//! Addresses of streams: where a password may stand in one, and the places that a secret file fills in.
//!
//! Read by all that check an address and by all that show one. Pure. Must never give back what could be a password: where
//! an address can be read in two ways, the reading that hides more counts.

use std::borrow::Cow;
use std::ops::Range;

use crate::types::hex::digest_from_hex;

/// Stands in an address for the user name of the secret file.
pub(crate) const USER_PLACE: &str = "{user}";
/// Stands in an address for the password of the secret file.
pub(crate) const PASSWORD_PLACE: &str = "{password}";

/// Whether a parameter of this name holds a password: `password`, `passwd`, `loginpas`, `pwd`, `psw`, ...
pub(crate) fn names_a_password(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["pass", "pwd", "psw"].iter().any(|part| name.contains(part)) || name.ends_with("pas") || name == "pw"
}

/// Whether a parameter of this name may hold something that opens the camera: `token`, `apikey`, `session_id`, `vcode`, ...
fn names_a_secret(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let parts =
        ["auth", "cookie", "credential", "jwt", "secret", "session", "sign", "ticket", "token", "verif"];
    names_a_password(name)
        || parts.iter().any(|part| lower.contains(part))
        || ["key", "vcode", "accesscode"].iter().any(|end| lower.ends_with(end))
        || ["code", "otp", "p", "pin", "sid", "sig"].contains(&&*lower)
}

/// Fewest letters and digits of a part of a path that may be a secret by itself.
const LEAST_RANDOM: usize = 12;

/// Whether a part of a path looks as if nobody had chosen it: `7KcPkJZ9XBTTVHYa`, not `h264Preview_01_main`. Letters and digits
/// take turns more often than in words with numbers; a word may begin with a capital.
fn looks_random(part: &str) -> bool {
    let is_plain = |word: &str| {
        let digits = word.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let signs: Vec<u8> = part.bytes().filter(u8::is_ascii_alphanumeric).collect();
    if signs.len() < LEAST_RANDOM || part.split(['-', '_']).all(is_plain) && !has_inner_capitals(part) {
        return false;
    }
    let sort = |byte: u8| (byte.is_ascii_digit(), byte.is_ascii_uppercase());
    let turns = signs.windows(2).filter(|pair| {
        let is_begin_of_word = pair[0].is_ascii_uppercase() && pair[1].is_ascii_lowercase();
        sort(pair[0]) != sort(pair[1]) && !is_begin_of_word
    });
    signs.iter().any(u8::is_ascii_digit) && turns.count() * 4 >= signs.len()
}

/// Whether there are capitals behind small letters, as in `aBcDeF`.
fn has_inner_capitals(part: &str) -> bool {
    part.as_bytes().windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
}

/// The parts of a path and of what is behind it that may be secrets by themselves.
fn random_parts(text: &str) -> impl Iterator<Item = Range<usize>> {
    let is_inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let mut from = 0;
    text.split_inclusive(move |c: char| !is_inside(c)).filter_map(move |piece| {
        let part = piece.trim_end_matches(|c: char| !is_inside(c));
        let begin = from;
        from += piece.len();
        looks_random(part).then_some(begin..begin + part.len())
    })
}

/// The `name=value` parts of an address, in query and path, with the place of each value. A value goes on until the next
/// `name=`: it may hold any sign itself.
pub(crate) fn parameters(address: &str) -> impl Iterator<Item = (&str, Range<usize>)> {
    address.match_indices('=').map(move |(at, _)| {
        let from = at + 1;
        (name_before(&address[..at]), from..end_of_value(address, from))
    })
}

/// The last separator before the next name, or the end.
fn end_of_value(address: &str, from: usize) -> usize {
    let mut searched = from;
    while let Some(next) = address[searched..].find('=').map(|next| searched + next) {
        let separator = address[from..next].rfind(is_separator).map(|at| from + at);
        if let Some(separator) = separator.filter(|at| at + 1 < next) {
            return separator;
        }
        searched = next + 1;
    }
    address.len()
}

fn is_separator(c: char) -> bool {
    matches!(c, '&' | '/' | '?' | ';' | '_' | ',')
}

fn name_before(text: &str) -> &str {
    let begin = text.rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).map_or(0, |at| {
        // The one before it may be a sign of several bytes.
        at + text[at..].chars().next().map_or(1, char::len_utf8)
    });
    &text[begin..]
}

/// The same where `_` is part of the name: `session_id`.
fn whole_name_before(text: &str) -> &str {
    let rest = text.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    &text[rest.len()..]
}

/// The address without what stands in it as a password: values of parameters that are named like a secret, what stands behind
/// a colon in the path, parts of the path that nobody would choose as a name, and everything that could be user information
/// but the places of a login. A user's name alone is no secret.
pub(crate) fn shown(address: &str) -> String {
    let mut clean = String::with_capacity(address.len());
    let mut at = 0;
    for span in hidden(address) {
        clean.push_str(&address[at..span.start]);
        clean.push_str("***");
        at = span.end;
    }
    clean.push_str(&address[at..]);
    clean
}

/// What [`shown`] hides, in order and without overlaps.
pub(crate) fn hidden(address: &str) -> Vec<Range<usize>> {
    let begin = address.find("://").map_or(0, |at| at + 3);
    let rest = &address[begin..];
    let path = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let mut spans: Vec<Range<usize>> = Vec::new();
    if let Some(at) = rest.rfind('@') {
        // An address of digits is no user; any other name in front of a colon could be one.
        let host_is_plain = at > path && !rest[..path].contains('@') && is_plain_host(&rest[..path]);
        let from = if host_is_plain { (path + 1).min(at) } else { 0 };
        if at > from && !is_login_place(&rest[from..at]) {
            spans.push(begin + from..begin + at);
        }
    }
    let mut segment = path;
    for part in rest[path..].split_inclusive(['/', '?', '&']) {
        let value = part.trim_end_matches(['/', '?', '&']);
        let colon = value.find(':').filter(|colon| colon + 1 < value.len());
        if let Some(colon) = colon.filter(|colon| !is_place(&value[colon + 1..])) {
            spans.push(begin + segment + colon + 1..begin + segment + value.len());
        }
        segment += part.len();
    }
    spans.extend(random_parts(&rest[path..]).map(|part| begin + path + part.start..begin + path + part.end));
    let named = parameters(address).filter(|(name, value)| {
        let is_named = names_a_secret(name) || names_a_secret(whole_name_before(&address[..value.start - 1]));
        is_named && !value.is_empty()
    });
    spans.extend(named.map(|(_, value)| value).filter(|value| !is_place(&address[value.clone()])));
    spans.sort_unstable_by_key(|span| (span.start, span.end));
    spans.dedup_by(|later, earlier| {
        let overlaps = later.start < earlier.end;
        if overlaps {
            earlier.end = earlier.end.max(later.end);
        }
        overlaps
    });
    spans
}

/// Whether what stands before the path is a host and nothing else: without a colon, or a numeric address.
pub(crate) fn is_plain_host(authority: &str) -> bool {
    !authority.contains(':') || is_numeric_host(authority)
}

/// Whether it is an address of digits, with a port or without.
pub(crate) fn is_numeric_host(authority: &str) -> bool {
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, port)) => (host, port.strip_prefix(':').unwrap_or(port)),
        None => authority.split_once(':').unwrap_or((authority, "")),
    };
    host.parse::<std::net::IpAddr>().is_ok() && (port.is_empty() || port.parse::<u16>().is_ok())
}

/// Whether a value is nothing but a place that is filled in.
fn is_place(value: &str) -> bool {
    value == USER_PLACE || value == PASSWORD_PLACE
}

/// Whether what stands before an `@` is nothing but places that are filled in.
fn is_login_place(login: &str) -> bool {
    login.split(':').all(is_place)
}

/// Replaces what could be a password inside the addresses of a text.
pub(crate) fn redacted(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        clean.push_str(before);
        let (address, others) = after.split_at(end_of_address(after));
        // The last `@`, also behind a slash: a path loses a few letters, a password never shows.
        let host = match address.rfind('@') {
            Some(at) => {
                clean.push_str("***@");
                &address[at + 1..]
            }
            None => address,
        };
        clean.push_str(&shown(host));
        rest = others;
    }
    clean.push_str(rest);
    clean
}

/// The end of an address in a text: a blank or a quotation mark, unless the password seems to go on behind it.
fn end_of_address(text: &str) -> usize {
    let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>');
    let end = text.find(is_end).unwrap_or(text.len());
    let authority = text[..end].split(['/', '?', '#']).next().unwrap_or("");
    let unfinished = !text[..end].contains('@')
        && !is_plain_host(authority)
        && authority.split_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_err());
    let line = text.find(['\n', '\r']).unwrap_or(text.len());
    let goes_on = text[end..line.max(end)].split("://").next().and_then(|more| Some(end + more.rfind('@')?));
    match goes_on.filter(|_| unfinished) {
        Some(at) => at + text[at..].find(is_end).unwrap_or(text.len() - at),
        None => end,
    }
}

/// A name in braces that is none of the two places, without its braces: `pass` of `{pass}`.
pub(crate) fn unknown_place(address: &str) -> Option<&str> {
    let mut rest = address;
    while let Some((_, after)) = rest.split_once('{') {
        let (name, behind) = after.split_once('}')?;
        if !["user", "password"].contains(&name) {
            return Some(name);
        }
        rest = behind;
    }
    None
}

/// The address without places of the login in front of its host, which is where a login is given to the camera anyway.
pub(crate) fn without_login_places(address: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = address.split_once("://") else { return address.into() };
    let login = [format!("{USER_PLACE}:{PASSWORD_PLACE}@"), format!("{USER_PLACE}@")];
    match login.iter().find_map(|login| rest.strip_prefix(login.as_str())) {
        Some(rest) => format!("{scheme}://{rest}").into(),
        None => address.into(),
    }
}

/// What is wrong with the host of an address that no reader of addresses has words for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AddressTrouble {
    /// An IPv6 address without its brackets.
    Brackets,
    /// An IPv6 address that names a link of one machine.
    Zone,
}

/// Finds [`AddressTrouble`].
pub(crate) fn trouble(address: &str) -> Option<AddressTrouble> {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if host.starts_with('[') {
        return host.split(']').next().is_some_and(|host| host.contains('%')).then_some(AddressTrouble::Zone);
    }
    let bare = host.split('%').next().unwrap_or("");
    let is_address = |text: &str| text.parse::<std::net::Ipv6Addr>().is_ok();
    // What looks like a port may be its last part.
    let is_ipv6 = is_address(bare) || bare.rsplit_once(':').is_some_and(|(host, _)| is_address(host));
    is_ipv6.then_some(AddressTrouble::Brackets)
}

/// A SHA-256 fingerprint: 64 hexadecimal digits, pairs of them with a colon between or not.
pub(crate) fn fingerprint(text: &str) -> Option<[u8; 32]> {
    digest_from_hex(&text.trim().replace(':', ""))
}

/// Whether the address has a place that a secret file fills in.
pub(crate) fn has_places(address: &str) -> bool {
    address.contains(USER_PLACE) || address.contains(PASSWORD_PLACE)
}

/// The address with user and password in their places, percent-encoded where they would not mean themselves.
pub(crate) fn filled(address: &str, user: &str, password: &str) -> String {
    // In one pass, so that a user whose name is a place stays what it is.
    let mut full = String::with_capacity(address.len());
    let mut rest = address;
    while let Some(at) = rest.find('{') {
        let (before, after) = rest.split_at(at);
        full.push_str(before);
        let (value, place) = if after.starts_with(USER_PLACE) {
            (encoded(user), USER_PLACE.len())
        } else if after.starts_with(PASSWORD_PLACE) {
            (encoded(password), PASSWORD_PLACE.len())
        } else {
            ("{".to_owned(), 1)
        };
        full.push_str(&value);
        rest = &after[place..];
    }
    full.push_str(rest);
    full
}

/// Percent-encoded as far as needed in any part of an address (RFC 3986 section 2.3, and signs that separate nothing).
pub(crate) fn encoded(text: &str) -> String {
    use std::fmt::Write as _;
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'*' => {
                encoded.push(char::from(byte));
            }
            other => {
                // Writing to a text cannot fail.
                let _ = write!(encoded, "%{other:02X}");
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_a_password_is_not_shown() {
        for (address, expected) in [
            ("rtsp://10.0.0.31/stream2", "rtsp://10.0.0.31/stream2"),
            (
                "rtsp://cam.example:8554/a?channel=1&subtype=0",
                "rtsp://cam.example:8554/a?channel=1&subtype=0",
            ),
            ("rtsp://admin:2024/cam@host", "rtsp://***@host"),
            ("rtsp://admin:2024?x@host/s", "rtsp://***@host/s"),
            ("rtsp://admin:20#24@host/s", "rtsp://***@host/s"),
            ("rtsp://admin:p@ss/w@cam/s", "rtsp://***@cam/s"),
            ("rtsp://admin:pw@10.0.0.1/live@main", "rtsp://***@main"),
            ("rtsp://10.0.0.31:554/live@main", "rtsp://10.0.0.31:554/***@main"),
            ("rtsp://[fe80::1]:554/live@main", "rtsp://[fe80::1]:554/***@main"),
            ("rtsp://cam/live@main", "rtsp://cam/***@main"),
            ("rtsp://cam:8554/live@main", "rtsp://***@main"),
            (
                "rtsp://h/user=admin_password=tlJ_pb/o6_channel=1",
                "rtsp://h/user=admin_password=***_channel=1",
            ),
            ("rtsp://h/user=admin&password=&channel=1", "rtsp://h/user=admin&password=&channel=1"),
            ("rtsp://h/s?loginuse=admin&loginpas=a&b", "rtsp://h/s?loginuse=admin&loginpas=***"),
            ("rtsp://h/s?PSW=x&AuthBasic=YTpi==", "rtsp://h/s?PSW=***&AuthBasic=***"),
            ("rtsp://h/s?u=admin&p=1234&step=2", "rtsp://h/s?u=admin&p=***&step=2"),
            ("rtsp://h/0/admin:12345/main", "rtsp://h/0/admin:***/main"),
            ("rtsp://h/u={user}&password={password}&c=1", "rtsp://h/u={user}&password={password}&c=1"),
            ("rtsp://{user}:{password}@h/s", "rtsp://{user}:{password}@h/s"),
            ("rtsp://{user}@h:554/s", "rtsp://{user}@h:554/s"),
            ("rtsp://{user}:hunter2@h/s", "rtsp://***@h/s"),
            ("rtsp://h/0/{user}:{password}/main", "rtsp://h/0/{user}:{password}/main"),
            ("rtsp://h/s?user=admin&channel=1", "rtsp://h/s?user=admin&channel=1"),
            ("rtsps://nvr:7441/Ab3dEf9hKlM2nPq?enableSrtp", "rtsps://nvr:7441/***?enableSrtp"),
            ("rtsps://10.0.0.9:7441/7KcPkJZ9XBTTVHYa", "rtsps://10.0.0.9:7441/***"),
            ("rtsp://h/live/9f86d081884c7d659a2feaa0c55ad015/s", "rtsp://h/live/***/s"),
            ("rtsp://h/550e8400-e29b-41d4-a716-446655440000", "rtsp://h/***"),
        ] {
            assert_eq!(shown(address), expected, "{address}");
        }
    }

    #[test]
    fn parameters_with_the_names_of_secrets_are_not_shown() {
        for name in [
            "key",
            "apikey",
            "api_key",
            "accesskey",
            "access-key",
            "streamkey",
            "session",
            "session_id",
            "sid",
            "ticket",
            "vcode",
            "verifyCode",
            "access_token",
            "sig",
            "Signature",
            "jwt",
            "pin",
        ] {
            let address = format!("rtsp://10.0.0.31/s?channel=1&{name}=hunter2&subtype=0");
            let expected = format!("rtsp://10.0.0.31/s?channel=1&{name}=***&subtype=0");
            assert_eq!(shown(&address), expected);
        }
    }

    /// Otherwise a site with such cameras could not send its text back.
    #[test]
    fn paths_of_common_cameras_are_shown() {
        for path in [
            "Streaming/Channels/101?transportmode=unicast",
            "cam/realmonitor?channel=1&subtype=1",
            "h264Preview_01_main",
            "unicast/c1/s0/live",
            "axis-media/media.amp?videocodec=h264&resolution=640x480",
            "MediaInput/h264/stream_1",
            "ch01_sub.h264?ptype=tcp",
            "cam-01-sub-02-hd",
            "videoStreamId=1/profile2/media.smp",
            "live/channel01_stream02",
            "onvif-http/snapshot_Profile_1",
        ] {
            let address = format!("rtsp://10.0.0.31:554/{path}");
            assert_eq!(shown(&address), address);
        }
    }

    #[test]
    fn addresses_in_texts_are_redacted() {
        for (text, clean) in [
            ("open rtsp://a:b@cam/x failed", "open rtsp://***@cam/x failed"),
            ("rtsp://a:hunt/er@cam/x", "rtsp://***@cam/x"),
            ("rtsp://admin:2024/cam@host", "rtsp://***@host"),
            ("rtsp://admin:my pass@host/x is bad", "rtsp://***@host/x is bad"),
            ("rtsp://admin:my\"pass@host/x", "rtsp://***@host/x"),
            ("rtsp://cam:554/live of a@b.example", "rtsp://cam:554/live of a@b.example"),
            ("\"rtsp://u:p@h/1\" and \"rtsp://u:p@h/2\"", "\"rtsp://***@h/1\" and \"rtsp://***@h/2\""),
            ("GET rtsp://h/s?pwd=abc failed", "GET rtsp://h/s?pwd=*** failed"),
            ("rtsp://a:12/x@cam/x", "rtsp://***@cam/x"),
            ("rtsp://cam:554/live", "rtsp://cam:554/live"),
        ] {
            assert_eq!(redacted(text), clean);
        }
    }

    #[test]
    fn places_are_filled_wherever_they_stand() {
        let address = "rtsp://h/user={user}&password={password}&channel=1?{password}";
        assert_eq!(
            filled(address, "ad min", "p@s/s&%{user}"),
            "rtsp://h/user=ad%20min&password=p%40s%2Fs%26%25%7Buser%7D&channel=1?p%40s%2Fs%26%25%7Buser%7D"
        );
        assert_eq!(filled("rtsp://h/{user}{x}", "{password}", "y"), "rtsp://h/%7Bpassword%7D{x}");
        assert_eq!(filled("rtsp://h/u={user}&password={password}", "a", ""), "rtsp://h/u=a&password=");
        assert_eq!(unknown_place("rtsp://h/{user}/{pass}"), Some("pass"));
        assert_eq!(unknown_place("rtsp://h/{user}/{password}/{"), None);
    }

    #[test]
    fn ipv6_addresses_stand_in_brackets_and_have_no_zone() {
        use AddressTrouble::{Brackets, Zone};
        for (address, expected) in [
            ("rtsp://fe80::31/stream", Some(Brackets)),
            ("rtsp://fe80::31:8554/stream", Some(Brackets)),
            ("rtsp://2001:db8:0:0:0:0:0:1:554/", Some(Brackets)),
            ("rtsp://fe80::31%eth0/stream", Some(Brackets)),
            ("rtsp://[fe80::31%eth0]:554/stream", Some(Zone)),
            ("rtsp://[fe80::31%25eth0]/stream", Some(Zone)),
            ("rtsp://[fe80::31]:554/stream", None),
            ("rtsp://cam:554/stream", None),
            ("rtsp://cam:x/stream", None),
            ("", None),
        ] {
            assert_eq!(trouble(address), expected, "{address}");
        }
        assert_eq!(without_login_places("rtsp://{user}:{password}@h/s"), "rtsp://h/s");
        assert_eq!(without_login_places("rtsp://{user}:x@h/s"), "rtsp://{user}:x@h/s");
    }

    #[test]
    fn a_fingerprint_is_read_with_colons_and_without() {
        let plain = "0aff".repeat(16);
        let pairs: Vec<&str> =
            plain.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap()).collect();
        assert_eq!(fingerprint(&pairs.join(":").to_uppercase()), fingerprint(&plain));
        assert_eq!(fingerprint(&plain).unwrap()[..2], [0x0a, 0xff]);
        for wrong in ["", "0aff", &plain[1..], &format!("{}xy", &plain[2..]), &"é".repeat(32)] {
            assert_eq!(fingerprint(wrong), None, "{wrong}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_unreadable(text in ".{0,60}") {
            let _ = (trouble(&text), without_login_places(&text), fingerprint(&text));
            let _ = (shown(&text), redacted(&text), filled(&text, &text, &text), unknown_place(&text));
        }

        #[test]
        fn a_password_never_survives_redaction(password in "[ -~&&[^ \"'<>]]{1,20}", host in "[a-z]{1,8}") {
            let url = format!("rtsp://user-name:{password}@{host}/stream");
            let shown = redacted(&format!("could not open {url}: gone"));
            proptest::prop_assert_eq!(shown, format!("could not open rtsp://***@{host}/stream: gone"));
        }
    }
}
