//! The source of a camera's pictures, with its credentials.
//!
//! Input is the checked configuration or the command line. Must never print a password: [`Secret`] has
//! no way to show itself.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::address::RtspUrl;
use super::backoff::RetryLimits;
use super::decoder::DecoderChoice;
use super::picture::PictureShape;
use crate::contract::stream_address;
use crate::types::decoding::DecodePolicy;
use crate::types::secret::Secret;
use crate::types::transport::Transport;
use crate::types::trust::Trust;

/// The default time without a frame after which a stream counts as lost: a guess that leaves room for a
/// camera that refocuses or restarts its encoder, and still reports within the time a person would wait.
pub(crate) const STALL_AFTER: Duration = Duration::from_secs(10);

/// Who asks the camera for its stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// User name.
    pub user: String,
    /// Password.
    pub password: Secret,
}

/// Who may receive a camera's packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Receiver {
    /// What costs least and understands the camera: one thread for all cameras, else GStreamer.
    #[default]
    Auto,
    /// GStreamer, whatever it costs: four threads and some 5 ms of every second.
    Gstreamer,
}

/// Who receives a camera's packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceivedBy {
    /// The thread that all such cameras share.
    Lean,
    /// A pipeline of its own.
    Gstreamer,
}

impl ReceivedBy {
    /// `lean` or `gstreamer`.
    pub fn name(self) -> &'static str {
        match self {
            ReceivedBy::Lean => "lean",
            ReceivedBy::Gstreamer => "gstreamer",
        }
    }
}

/// How fast a file plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pace {
    /// One second of film in one second, as a camera would send it.
    #[default]
    RealTime,
    /// As fast as it decodes.
    AsFastAsPossible,
}

/// The location of the pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A network camera.
    Rtsp {
        /// Its address, without user information.
        url: RtspUrl,
        /// How the packets travel.
        transport: Transport,
        /// User and password, where the camera asks for them.
        credentials: Option<Credentials>,
    },
    /// A recording.
    File {
        /// Its path.
        path: PathBuf,
        /// How fast it plays.
        pace: Pace,
        /// Start over at its end.
        repeat: bool,
    },
}

/// One camera as `supervise` and `probe` want it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its id in the configuration; names it in frames, events, logs and thread names.
    pub camera: Arc<str>,
    /// The location of the pictures.
    pub location: Location,
    /// Who may receive it, where it is a camera.
    pub receiver: Receiver,
    /// Which decoders may be used.
    pub decoder: DecoderChoice,
    /// How its pictures must be shown. What a file says of itself counts more.
    pub shape: PictureShape,
    /// How much of it is decoded.
    pub policy: DecodePolicy,
    /// Time without a frame after which the stream counts as lost.
    pub stall_after: Duration,
    /// What the camera gets for one answer; `None`: what is usual, and longer once it was needed.
    pub answer_within: Option<Duration>,
    /// Which certificates are believed, where the address is encrypted.
    pub trust: Trust,
    /// Bounds of the waits between attempts.
    pub retry: RetryLimits,
}

impl Source {
    /// A source with the defaults: any decoder, everything decoded, 10 s watchdog, 0.5 to 3 s between attempts.
    pub fn new(camera: impl Into<Arc<str>>, location: Location) -> Self {
        Source {
            camera: camera.into(),
            location,
            receiver: Receiver::Auto,
            decoder: DecoderChoice::default(),
            shape: PictureShape::default(),
            policy: DecodePolicy::Full,
            stall_after: STALL_AFTER,
            answer_within: None,
            trust: Trust::System,
            retry: RetryLimits::default(),
        }
    }

    /// Every text that must not appear in anything people read.
    pub(super) fn secrets(&self) -> Vec<Secret> {
        match &self.location {
            Location::Rtsp { url, credentials, .. } => {
                let mut secrets = url.secrets();
                if let Some(known) = credentials {
                    secrets.push(known.password.clone());
                    secrets.push(Secret::new(stream_address::encoded(known.password.reveal())));
                }
                secrets
            }
            Location::File { .. } => Vec::new(),
        }
    }
}

/// Replaces what could be a password inside addresses, and every given secret, by stars.
///
/// For texts that come from elsewhere (GStreamer's messages) on their way to people.
pub(crate) fn redact(text: &str, secrets: &[Secret]) -> String {
    let mut clean = text.to_owned();
    for secret in secrets {
        let (mut kept, mut rest) = (String::new(), clean.as_str());
        while let Some(place) = place_of(secret, rest) {
            kept.push_str(&rest[..place.start]);
            kept.push_str("***");
            rest = &rest[place.end..];
        }
        clean = kept + rest;
    }
    // Afterwards: what it cuts out could leave a part of a secret behind.
    stream_address::redacted(&clean)
}

/// Where a secret stands in a text, as it is or in the ways in which addresses write it (`%2f`, `%2F`, `+`).
pub(super) fn place_of(secret: &Secret, text: &str) -> Option<Range<usize>> {
    let (secret, text) = (secret.reveal().as_bytes(), text.as_bytes());
    if secret.is_empty() {
        return None;
    }
    let end_at = |start: usize| {
        secret.iter().try_fold(start, |at, byte| match text.get(at..)? {
            [b'%', high, low, ..] if hex_byte(*high, *low) == Some(*byte) => Some(at + 3),
            [b'+', ..] if *byte == b' ' => Some(at + 1),
            [same, ..] if same == byte => Some(at + 1),
            _ => None,
        })
    };
    (0..text.len()).find_map(|start| Some(start..end_at(start)?))
}

fn hex_byte(high: u8, low: u8) -> Option<u8> {
    let digit = |digit: u8| char::from(digit).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_of_a_source_shows_no_password() {
        let url = RtspUrl::parse("rtsp://cam/?password=inurl77").unwrap();
        let credentials = Some(Credentials { user: "admin".into(), password: Secret::new("geheim77/") });
        let source = Source::new("cam-01", Location::Rtsp { url, transport: Transport::Tcp, credentials });
        let text = format!("{source:?} {source:#?} {}", Secret::new("geheim77/"));
        assert!(!text.contains("geheim77") && !text.contains("inurl77"), "{text}");
        let shown = redact("inurl77 geheim77/ geheim77%2F", &source.secrets());
        assert_eq!(shown, "*** *** ***");
    }

    #[test]
    fn a_secret_is_found_however_an_address_writes_it() {
        let secrets = [Secret::new("p@s/s: %")];
        for text in [
            "rtsp://other:8554/p@s/s: %/x",
            "rtsp://other:8554/p%40s%2Fs%3A%20%25/x",
            "rtsp://other:8554/p%40s%2fs%3a%20%25/x",
            "rtsp://other:8554/%70%40%73%2f%73%3a%20%25/x",
            "rtsp://other:8554/p@s/s:+%25/x",
            "rtsp://other:8554/p@s%2fs:%20%25/x",
        ] {
            assert!(place_of(&secrets[0], text).is_some(), "{text}");
            assert_eq!(redact(text, &secrets), "rtsp://other:8554/***/x", "{text}");
        }
        assert_eq!(place_of(&secrets[0], "rtsp://other/p%40s%2"), None);
        assert_eq!(redact("门 ä %", &[Secret::new("%")]), "门 ä ***");
    }

    #[test]
    fn redaction_finds_user_information_and_known_secrets() {
        let secrets = [Secret::new("hunter2"), Secret::new("")];
        for (text, clean) in [
            ("rtsp://a:b@cam/hunter2 failed", "rtsp://***@cam/*** failed"),
            ("no address, password hunter2!", "no address, password ***!"),
        ] {
            assert_eq!(redact(text, &secrets), clean);
        }
    }
}
