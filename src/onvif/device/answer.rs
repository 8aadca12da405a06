//! What a camera's answer holds: its message, how it wants a login, what it says of itself and of its clock.

use http_auth::PasswordClient;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tokio::task::spawn_blocking;

use super::{Information, Proof};
use crate::onvif::http::Answer;
use crate::onvif::named;
use crate::onvif::soap::{self, Message};
use crate::onvif::xml::{self, Element, Unreadable};

/// Bytes of an answer that take no time to read.
const SHORT_ANSWER: usize = 64 * 1024;
/// Clocks of cameras without a battery begin in 1970 or 2000; beyond this it is no clock.
const MOST_AHEAD: SignedDuration = SignedDuration::from_hours(24 * 366 * 100);

/// What an answer holds. A long one is read on a thread of its own: the caller may have one thread for everything.
pub(super) async fn message_of(answer: &Answer) -> Result<Message, Unreadable> {
    let body = answer.body.clone();
    if body.len() <= SHORT_ANSWER {
        return soap::message(&body);
    }
    // It ends without an answer only by a panic, or when the program ends.
    spawn_blocking(move || soap::message(&body)).await.unwrap_or(Err(Unreadable::Broken))
}

pub(super) fn digest_offered(answer: &Answer) -> Option<PasswordClient> {
    // The library takes the first Digest that it knows, and Basic only where there is none.
    let all = answer.challenges.iter().fold(PasswordClient::builder(), |known, next| known.challenges(next));
    all.build().ok().filter(|client| matches!(client, PasswordClient::Digest(_)))
}

/// Whether only the nonce was too old.
pub(super) fn is_stale(before: Option<&Proof>, now: &PasswordClient, is_right: bool) -> bool {
    let (Some(Proof::Digest(PasswordClient::Digest(before))), PasswordClient::Digest(now)) = (before, now)
    else {
        return false;
    };
    now.stale() || (is_right && now.nonce() != before.nonce())
}

/// The action of a message, which SOAP 1.2 names in a header: its namespace and the name of the first element.
pub(super) fn action_of(body: &str) -> String {
    let name: &str = body.trim_start_matches('<').split(['>', '/', ' ']).next().unwrap_or_default();
    let (prefix, name) = name.split_once(':').unwrap_or_default();
    let space = xml::PREFIXES.iter().find(|(_, known)| *known == prefix).map_or("", |(space, _)| space);
    format!("{space}/{name}")
}

/// What web servers send instead.
pub(super) fn looks_like_a_page(body: &[u8]) -> bool {
    let start =
        String::from_utf8_lossy(body.get(..body.len().min(512)).unwrap_or_default()).to_ascii_lowercase();
    start.contains("<html") || start.contains("<!doctype html")
}

pub(super) fn information_of(answer: &Element) -> Information {
    let of = |name| answer.onvif(&[name]).and_then(|element| named(element.text()));
    Information {
        maker: of("Manufacturer"),
        model: of("Model"),
        firmware: of("FirmwareVersion"),
        serial: of("SerialNumber"),
    }
}

/// How far a camera's clock is ahead of ours, from what it says of its time in UTC.
pub(super) fn clock_ahead(answer: &Element) -> Option<SignedDuration> {
    let utc = answer.onvif(&["SystemDateAndTime", "UTCDateTime"])?;
    let date = |name| utc.read::<i16>(&["Date", name]);
    let time = |name| utc.read::<i8>(&["Time", name]);
    let part = |value: i16| i8::try_from(value).ok();
    let said = DateTime::new(
        date("Year")?,
        part(date("Month")?)?,
        part(date("Day")?)?,
        time("Hour")?,
        time("Minute")?,
        // A leap second is none to us.
        time("Second")?.min(59),
        0,
    );
    let said = said.ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp();
    let ahead = said.duration_since(Timestamp::now());
    Some(ahead).filter(|ahead| ahead.abs() < MOST_AHEAD)
}
