//! What can go wrong between a camera and a frame, in words for somebody who stands on a ladder.
//!
//! Input is what GStreamer posts on a bus; output is a [`Fault`] that says what failed, why, and what to
//! try. Must never let a text of GStreamer's through without [`redact`](super::redact).

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use gstreamer as gst;

use super::backoff::Persistence;
use super::certificate::{CertificateTrouble, Fingerprint};
use super::decoder::Codec;
use super::redirects::RedirectTrouble;
use super::source::{Location, redact};
use crate::analysis::camera_health::NoVideoCause;
use crate::types::secret::Secret;
use crate::types::transport::Transport;

/// A [`Fault`] and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VideoError {
    /// The camera's id; `None` where a file is read without one.
    pub camera: Option<Arc<str>>,
    /// What went wrong.
    pub fault: Fault,
}

impl VideoError {
    pub(super) fn of(camera: &Arc<str>, fault: Fault) -> Self {
        VideoError { camera: Some(camera.clone()), fault }
    }

    /// A short stable name for machines, such as `password_wrong`.
    pub fn kind(&self) -> &'static str {
        self.fault.kind()
    }

    /// Within this time another attempt would most likely end alike, or do harm; zero where it may be well in a moment.
    pub fn lasts(&self) -> Duration {
        self.fault.persistence().lasts()
    }

    /// The first line of what people read: without the hint, for logs.
    pub fn summary(&self) -> String {
        match &self.camera {
            Some(camera) => format!("camera `{camera}`: {}", self.fault),
            None => self.fault.to_string(),
        }
    }
}

impl std::fmt::Display for VideoError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.summary())?;
        match self.fault.hint() {
            Some(hint) => write!(f, "\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for VideoError {}

/// The name for machines of what one can be asked to change, or convert.
pub(super) const UNSUPPORTED_CODEC: &str = "unsupported_codec";

/// What went wrong, without whose it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// GStreamer itself does not start.
    #[error("GStreamer does not start: {detail}")]
    NoGstreamer {
        /// Its words.
        detail: String,
    },
    /// The host's name leads to no address.
    #[error("the host `{host}` is unknown")]
    UnknownHost {
        /// Name in the camera's address.
        host: String,
    },
    /// Nobody listens on the port.
    #[error("{address} refuses the connection")]
    Refused {
        /// Host and port.
        address: String,
    },
    /// No way to the host, or it does not answer at all.
    #[error("{address} cannot be reached: {detail}")]
    Unreachable {
        /// Host and port.
        address: String,
        /// The system's words.
        detail: String,
    },
    /// The connection stands, but the camera does not answer.
    #[error("{address} accepts the connection but does not answer")]
    NoAnswer {
        /// Host and port.
        address: String,
    },
    /// The camera's certificate is not believed.
    #[error("the certificate of {address} is not believed: {}", why.words())]
    Certificate {
        /// Host and port.
        address: String,
        /// What is wrong with it.
        why: CertificateTrouble,
        /// Its own.
        fingerprint: Fingerprint,
    },
    /// The file of authorities cannot be used.
    #[error("the authorities in `{}` cannot be read: {detail}", path.display())]
    Authorities {
        /// The file.
        path: PathBuf,
        /// GLib's words.
        detail: String,
    },
    /// No encrypted connection, although somebody listens.
    #[error("no encrypted connection to {address}: {detail}")]
    TlsRefused {
        /// Host and port.
        address: String,
        /// What was seen.
        detail: &'static str,
    },
    /// An encrypted connection is wanted where none was asked for.
    #[error("{address} takes encrypted connections only")]
    EncryptedPort {
        /// Host and port.
        address: String,
    },
    /// The camera sends us on to where we do not go.
    #[error("{url} sends us {}: {to}", why.words())]
    Redirect {
        /// The address that was asked.
        url: String,
        /// The address it named.
        to: String,
        /// Why it is not followed.
        why: RedirectTrouble,
    },
    /// The camera sent us to another host, which asks for a login.
    #[error(
        "the camera sends us on to {to}, which asks for a login; the password goes to no other host than the configured one"
    )]
    LoginElsewhere {
        /// The other host's address.
        to: String,
    },
    /// What went wrong at an address to which the camera sent us.
    #[error("{fault} (the camera at {from} sends us there)")]
    SentOn {
        /// The configured address.
        from: String,
        /// What went wrong there.
        fault: Box<Fault>,
    },
    /// Whoever answers does not speak RTSP.
    #[error("what answers at {address} does not speak RTSP")]
    NotRtsp {
        /// Host and port.
        address: String,
    },
    /// 401, and we have no password.
    #[error("{url} asks for a user name and password, and none is given")]
    PasswordNeeded {
        /// The camera's address.
        url: String,
    },
    /// 401 although we gave a password.
    #[error("{url} refuses the password of user `{user}`")]
    PasswordWrong {
        /// The camera's address.
        url: String,
        /// Who we said we are.
        user: String,
    },
    /// 401, and the camera takes passwords only in a form that GStreamer does not know.
    #[error("{url} takes a password only in a form that Lookout does not know (such as Digest with SHA-256)")]
    UnknownLogin {
        /// The camera's address.
        url: String,
    },
    /// 403.
    #[error("{url} forbids this stream to this user")]
    Forbidden {
        /// The camera's address.
        url: String,
    },
    /// 404.
    #[error("the camera answers, but knows no stream {url}")]
    NotFound {
        /// The camera's address.
        url: String,
    },
    /// 453 or 503.
    #[error("the camera has no capacity for another viewer of {url} ({status} {reason})")]
    Busy {
        /// The camera's address.
        url: String,
        /// RTSP status code.
        status: u16,
        /// The camera's words.
        reason: String,
    },
    /// Another refusal.
    #[error("the camera refuses {url} ({status} {reason})")]
    Status {
        /// The camera's address.
        url: String,
        /// RTSP status code.
        status: u16,
        /// The camera's words.
        reason: String,
    },
    /// It sends video in a form we do not read.
    #[error("sends video as {codec}, which Lookout does not read")]
    UnsupportedCodec {
        /// Name of what it sends.
        codec: String,
    },
    /// It sends something, but no video.
    #[error("sends no video, only {found}")]
    NoVideo {
        /// What it sends instead.
        found: String,
    },
    /// UDP was asked for, and no packet arrived.
    #[error("no video packets arrive by UDP")]
    NoUdp,
    /// Frames stopped.
    #[error("no picture for {} s", after.as_secs_f32())]
    Stalled {
        /// The limit that passed.
        after: Duration,
    },
    /// Connected, but not one picture came.
    #[error("connected, but no first picture within {} s{}", after.as_secs_f32(), if *packets { " although data arrives" } else { "" })]
    NoPicture {
        /// The limit that passed.
        after: Duration,
        /// Compressed pictures did arrive.
        packets: bool,
    },
    /// The camera ended the stream or the connection.
    #[error("the camera closed the stream")]
    Closed,
    /// There is no such file.
    #[error("there is no file `{}`", path.display())]
    MissingFile {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be opened.
    #[error("cannot read `{}`: {detail}", path.display())]
    UnreadableFile {
        /// The file.
        path: PathBuf,
        /// The system's words.
        detail: String,
    },
    /// The file's content is no video.
    #[error("`{}` is no video that can be read ({detail})", path.display())]
    NotVideo {
        /// The file.
        path: PathBuf,
        /// GStreamer's words.
        detail: String,
    },
    /// The file is no recording that can be read, and we know what it is.
    #[error("`{}` {what}", path.display())]
    Recording {
        /// The name for machines.
        kind: &'static str,
        /// The file.
        path: PathBuf,
        /// What it is.
        what: String,
        /// What to do.
        hint: String,
    },
    /// A part of GStreamer is not installed.
    #[error("the GStreamer element `{element}` is missing")]
    MissingPlugin {
        /// Element or decoder.
        element: String,
        /// Debian's package that has it.
        package: &'static str,
    },
    /// A decoder gave up.
    #[error("the decoder {decoder} failed: {detail}")]
    Decoder {
        /// Its factory's name.
        decoder: String,
        /// GStreamer's words.
        detail: String,
    },
    /// Something of ours panicked while it handled this camera.
    #[error("an error in Lookout itself: {detail}")]
    Panicked {
        /// What the panic said.
        detail: String,
    },
    /// A start that did not come back.
    #[error("opening the stream hangs")]
    Hung,
    /// Everything else, in GStreamer's words.
    #[error("the stream broke: {detail}")]
    Broken {
        /// GStreamer's words.
        detail: String,
    },
}

impl Fault {
    /// A short stable name for machines.
    pub fn kind(&self) -> &'static str {
        match self {
            Fault::NoGstreamer { .. } => "no_gstreamer",
            Fault::UnknownHost { .. } => "unknown_host",
            Fault::Refused { .. } => "refused",
            Fault::Unreachable { .. } => "unreachable",
            Fault::NoAnswer { .. } => "no_answer",
            Fault::Certificate { why, .. } => why.kind(),
            Fault::Authorities { .. } => "authorities_unreadable",
            Fault::TlsRefused { .. } => "tls_refused",
            Fault::EncryptedPort { .. } => "encrypted_port",
            Fault::Redirect { .. } => "redirect",
            Fault::LoginElsewhere { .. } => "login_elsewhere",
            Fault::SentOn { fault, .. } => fault.kind(),
            Fault::NotRtsp { .. } => "not_rtsp",
            Fault::PasswordNeeded { .. } => "password_needed",
            Fault::PasswordWrong { .. } => "password_wrong",
            Fault::UnknownLogin { .. } => "unknown_login",
            Fault::Forbidden { .. } => "forbidden",
            Fault::NotFound { .. } => "not_found",
            Fault::Busy { .. } => "busy",
            Fault::Status { .. } => "rtsp_status",
            Fault::UnsupportedCodec { .. } => UNSUPPORTED_CODEC,
            Fault::NoVideo { .. } => "no_video",
            Fault::NoUdp => "no_udp",
            Fault::Stalled { .. } => "stalled",
            Fault::NoPicture { .. } => "no_picture",
            Fault::Closed => "closed",
            Fault::MissingFile { .. } => "missing_file",
            Fault::UnreadableFile { .. } => "unreadable_file",
            Fault::NotVideo { .. } => "not_video",
            Fault::Recording { kind, .. } => kind,
            Fault::MissingPlugin { .. } => "missing_plugin",
            Fault::Decoder { .. } => "decoder",
            Fault::Panicked { .. } => "panicked",
            Fault::Hung => "hung",
            Fault::Broken { .. } => "broken",
        }
    }

    /// What it means for whoever is told that the camera gives no video.
    pub fn cause(&self) -> NoVideoCause {
        match self {
            Fault::PasswordWrong { .. } => NoVideoCause::WrongPassword,
            Fault::PasswordNeeded { .. } => NoVideoCause::PasswordNeeded,
            Fault::LoginElsewhere { .. } => NoVideoCause::LoginElsewhere,
            Fault::SentOn { fault, .. } => fault.cause(),
            Fault::Certificate { .. } | Fault::Authorities { .. } | Fault::TlsRefused { .. } => {
                NoVideoCause::Certificate
            }
            Fault::UnknownLogin { .. } => NoVideoCause::UnknownLogin,
            Fault::Forbidden { .. } => NoVideoCause::Forbidden,
            Fault::NotFound { .. } => NoVideoCause::NoSuchStream,
            Fault::UnknownHost { .. } => NoVideoCause::UnknownHost,
            Fault::Refused { .. } => NoVideoCause::ConnectionRefused,
            Fault::Unreachable { .. } => NoVideoCause::Unreachable,
            Fault::NoAnswer { .. } => NoVideoCause::NoAnswer,
            Fault::NotRtsp { .. } | Fault::EncryptedPort { .. } => NoVideoCause::NotRtsp,
            Fault::Busy { .. } => NoVideoCause::Busy,
            Fault::Redirect { .. } => NoVideoCause::SentAstray,
            Fault::Status { .. } => NoVideoCause::RequestRefused,
            Fault::UnsupportedCodec { .. } => NoVideoCause::UnsupportedVideo,
            Fault::NoVideo { .. } => NoVideoCause::NoVideoTrack,
            Fault::NoUdp | Fault::Stalled { .. } | Fault::NoPicture { .. } => NoVideoCause::NoPicture,
            Fault::Closed | Fault::Broken { .. } => NoVideoCause::Closed,
            Fault::MissingFile { .. }
            | Fault::UnreadableFile { .. }
            | Fault::NotVideo { .. }
            | Fault::Recording { .. } => NoVideoCause::BadFile,
            Fault::NoGstreamer { .. }
            | Fault::MissingPlugin { .. }
            | Fault::Decoder { .. }
            | Fault::Panicked { .. }
            | Fault::Hung => NoVideoCause::BoxFault,
        }
    }

    /// What to try.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Fault::NoGstreamer { .. } => "install libgstreamer1.0-0 and gstreamer1.0-plugins-base".into(),
            Fault::UnknownHost { .. } => "check the spelling, or use the camera's IP address".into(),
            Fault::Refused { .. } => {
                "the device is there, but RTSP is off or on another port; cameras use 554, some 8554".into()
            }
            Fault::Unreachable { .. } => "check power and network cable, the address, and the network mask".into(),
            Fault::NoAnswer { .. } => {
                "restart the camera; it may be hung, or the port is not its RTSP port; one that needs long to wake up gets more time with `answer_within_secs`, in `lookout probe` with --answer-within".into()
            }
            Fault::Certificate { why, fingerprint, .. } => why.hint(fingerprint),
            Fault::Authorities { .. } => "it must be a PEM file that Lookout may read".into(),
            Fault::TlsRefused { .. } => {
                "check the port: cameras use 322 for rtsps, some 443 or 7441; rtsp:// is the address without encryption".into()
            }
            Fault::Redirect { why: RedirectTrouble::NotEncrypted | RedirectTrouble::Password, .. } => {
                "if that is the right place, write that address into `url` yourself".into()
            }
            Fault::Redirect { .. } => "check the address and the camera's network settings".into(),
            Fault::SentOn { fault, .. } => return fault.hint(),
            Fault::LoginElsewhere { .. } => "write that address into `url`: then the password goes there".into(),
            Fault::EncryptedPort { .. } => "begin the address with rtsps://, or name the port without encryption; cameras use 554".into(),
            Fault::NotRtsp { .. } => "that is probably the port of its web page; cameras use 554 for RTSP".into(),
            Fault::PasswordNeeded { .. } => "give the user and a secret file with the password".into(),
            Fault::PasswordWrong { .. } => {
                "check user and password; many cameras lock a user out for half an hour after a few wrong ones".into()
            }
            Fault::UnknownLogin { .. } => {
                "allow Digest with MD5, or Basic, in the camera's security settings".into()
            }
            Fault::Forbidden { .. } => "give this user the right to watch in the camera's settings".into(),
            Fault::NotFound { .. } => "check the path: it differs from maker to maker, see the camera's manual".into(),
            Fault::Busy { .. } => "close other viewers, or raise the number of connections in the camera".into(),
            Fault::UnsupportedCodec { .. } => "set the camera to H.264 or H.265, 8 bits".into(),
            Fault::NoVideo { .. } => "check the path; this one may be the camera's sound".into(),
            Fault::NoUdp => "a firewall may hold them back; use transport tcp".into(),
            Fault::NoPicture { packets: true, .. } => {
                "the camera may send keyframes too rarely: set the keyframe (I-frame) interval to 1-2 s".into()
            }
            Fault::Stalled { .. } | Fault::NoPicture { .. } => {
                "the camera holds the connection but sends nothing; if it stays, restart it".into()
            }
            Fault::UnreadableFile { .. } => "check the file's permissions".into(),
            Fault::NotVideo { path, .. } => format!(
                "it may be damaged or encrypted: play it with another player, or copy what is sound of it: ffmpeg -i '{}' -c copy copied.mkv",
                path.display()
            ),
            Fault::Recording { hint, .. } => hint.clone(),
            Fault::MissingPlugin { package, .. } => format!("install the package {package}"),
            Fault::Panicked { .. } => "this is a bug; the camera is tried again. Please report it with the log".into(),
            Fault::Decoder { .. } => "if it stays, set `decoder = \"software\"` for this camera".into(),
            Fault::Closed => {
                "if it does so every minute, it wants requests as a sign of life: set `transport = \"udp\"` for this camera".into()
            }
            Fault::Status { .. } | Fault::MissingFile { .. } | Fault::Hung | Fault::Broken { .. } => {
                return None;
            }
        };
        Some(hint)
    }

    /// How it goes away, and so how soon the camera is tried again.
    pub(super) fn persistence(&self) -> Persistence {
        match self {
            Fault::SentOn { fault, .. } => fault.persistence(),
            Fault::PasswordNeeded { .. }
            | Fault::PasswordWrong { .. }
            | Fault::UnknownLogin { .. }
            | Fault::Forbidden { .. }
            | Fault::LoginElsewhere { .. } => Persistence::Login,
            Fault::UnknownHost { .. } => Persistence::Name,
            Fault::NotRtsp { .. }
            | Fault::EncryptedPort { .. }
            | Fault::Certificate { .. }
            | Fault::Authorities { .. }
            | Fault::TlsRefused { .. }
            | Fault::Redirect { .. }
            | Fault::NotFound { .. }
            | Fault::Status { .. }
            | Fault::UnsupportedCodec { .. }
            | Fault::NoVideo { .. }
            | Fault::NoUdp
            | Fault::MissingFile { .. }
            | Fault::UnreadableFile { .. }
            | Fault::NotVideo { .. }
            | Fault::Recording { .. }
            | Fault::NoGstreamer { .. }
            | Fault::MissingPlugin { .. } => Persistence::Lasting,
            Fault::Refused { .. }
            | Fault::Unreachable { .. }
            | Fault::NoAnswer { .. }
            | Fault::Busy { .. }
            | Fault::Stalled { .. }
            | Fault::NoPicture { .. }
            | Fault::Closed
            | Fault::Decoder { .. }
            | Fault::Panicked { .. }
            | Fault::Hung
            | Fault::Broken { .. } => Persistence::Passing,
        }
    }

    /// The same about a recording, which nobody can set to another codec.
    pub(super) fn of_file(self, path: &Path) -> Self {
        match self {
            Fault::UnsupportedCodec { codec } => Fault::Recording {
                kind: UNSUPPORTED_CODEC,
                path: path.to_owned(),
                what: format!("holds video as {codec}, which Lookout does not read"),
                hint: super::container::how_to_convert(path),
            },
            other => other,
        }
    }

    pub(super) fn missing_plugin(element: &str) -> Self {
        Fault::MissingPlugin { element: element.to_owned(), package: package_of(element) }
    }
}

/// Debian's package with an element. Elements not named here come with the plugins Lookout asks for.
fn package_of(element: &str) -> &'static str {
    match element {
        name if name.starts_with("avdec_") => "gstreamer1.0-libav",
        "x264enc" | "asfdemux" => "gstreamer1.0-plugins-ugly",
        name if name.ends_with("parse") || name.starts_with("openh264") || name == "x265enc" => {
            "gstreamer1.0-plugins-bad"
        }
        "appsink" | "appsrc" | "parsebin" | "videoconvert" | "videotestsrc" => "gstreamer1.0-plugins-base",
        _ => "gstreamer1.0-plugins-good",
    }
}

/// What an error on the bus means, as far as GStreamer says it.
#[derive(Debug)]
pub(super) enum Meaning {
    /// Known.
    Fault(Fault),
    /// No connection, and GStreamer does not say why: somebody has to look (`diagnose`).
    NoConnection,
}

/// Reads an error message of a pipeline that plays `location`.
pub(super) fn meaning(
    location: &Location,
    secrets: &[Secret],
    error: &gst::glib::Error,
    debug: Option<&str>,
) -> Meaning {
    let words = words_of(error, debug, secrets);
    if error.matches(gst::CoreError::MissingPlugin) {
        return Meaning::Fault(Fault::MissingPlugin { element: words, package: "gstreamer1.0-plugins-bad" });
    }
    match location {
        Location::Rtsp { .. } => rtsp_meaning(location, error, debug.unwrap_or(""), words),
        Location::File { path, .. } => Meaning::Fault(file_fault(path, error, words)),
    }
}

fn rtsp_meaning(location: &Location, error: &gst::glib::Error, debug: &str, words: String) -> Meaning {
    let Location::Rtsp { url, credentials, transport } = location else {
        return Meaning::Fault(Fault::Broken { detail: words });
    };
    let address = format!("{}:{}", url.host(), url.port());
    if let Some((status, reason)) = status_in(&words) {
        return Meaning::Fault(status_fault(
            url.to_string(),
            credentials.as_ref().map(|c| c.user.clone()),
            status,
            reason,
        ));
    }
    if error.matches(gst::ResourceError::NotAuthorized) {
        return Meaning::Fault(status_fault(
            url.to_string(),
            credentials.as_ref().map(|c| c.user.clone()),
            401,
            String::new(),
        ));
    }
    let said = |text: &str| debug.contains(text);
    let fault = if said("Failed to connect") {
        return Meaning::NoConnection;
    } else if said("Could not receive message") && said("Timeout") {
        Fault::NoAnswer { address }
    } else if said("Could not receive message") && said("Parse error") {
        Fault::NotRtsp { address }
    } else if said("end-of-file")
        || said("The server closed the connection")
        // A reset is one of the errors that GStreamer has no words for.
        || (said("Could not receive message") && said("System error"))
    {
        Fault::Closed
    } else if *transport == Transport::Udp && said("UDP packets") {
        Fault::NoUdp
    } else if said("SDP contains no streams") || words.contains("can not provide an SDP") {
        Fault::NoVideo { found: "an empty description".into() }
    } else {
        Fault::Broken { detail: words }
    };
    Meaning::Fault(fault)
}

/// The status in `rtspsrc`'s words, which have two forms: `Not Found (404)` and `Error (453): Not Enough Bandwidth`.
fn status_in(words: &str) -> Option<(u16, String)> {
    let number = |text: &str| text.parse::<u16>().ok().filter(|status| (300..600).contains(status));
    if let Some((_, after)) = words.split_once("Error (")
        && let Some((status, reason)) = after.split_once("): ")
        && let Some(status) = number(status)
    {
        return Some((status, reason.trim().to_owned()));
    }
    let (before, after) = words.trim_end().strip_suffix(')')?.rsplit_once('(')?;
    let reason = before.trim().rsplit(": ").next().unwrap_or("").to_owned();
    Some((number(after)?, reason))
}

pub(super) fn status_fault(url: String, user: Option<String>, status: u16, reason: String) -> Fault {
    match (status, user) {
        (401, None) => Fault::PasswordNeeded { url },
        (401, Some(user)) => Fault::PasswordWrong { url, user },
        (403, _) => Fault::Forbidden { url },
        (404, _) => Fault::NotFound { url },
        (453 | 503, _) => Fault::Busy { url, status, reason },
        _ => Fault::Status { url, status, reason },
    }
}

fn file_fault(path: &std::path::Path, error: &gst::glib::Error, words: String) -> Fault {
    let path = path.to_owned();
    if error.matches(gst::ResourceError::NotFound) {
        Fault::MissingFile { path }
    } else if error.matches(gst::ResourceError::OpenRead) || error.matches(gst::ResourceError::Read) {
        Fault::UnreadableFile { path, detail: words }
    } else if error.is::<gst::StreamError>() {
        Fault::NotVideo { path, detail: words }
    } else {
        Fault::Broken { detail: words }
    }
}

/// GStreamer's message, and the last line of its debug text, which says more than the message.
pub(super) fn words_of(error: &gst::glib::Error, debug: Option<&str>, secrets: &[Secret]) -> String {
    let message = error.message().trim_end_matches('.').to_owned();
    let last_line = debug.and_then(|text| text.lines().last()).map(str::trim).unwrap_or("");
    // A debug text of one line names only the place in GStreamer's source.
    let text = if last_line.is_empty() || last_line.contains(".c(") {
        message
    } else {
        format!("{message}: {last_line}")
    };
    redact(&text, secrets)
}

/// The codec of an `UnsupportedCodec`, from an encoding name.
pub(super) fn unsupported(names: &[String]) -> Fault {
    Fault::UnsupportedCodec { codec: names.join(" and ") }
}

/// More than eight bits per sample: our codecs, but pixels that nothing here reads.
pub(super) fn unsupported_depth(codec: Codec, pixels: &str) -> Fault {
    Fault::UnsupportedCodec { codec: format!("{codec} with {pixels}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::video::{Credentials, RtspUrl};

    fn camera(password: Option<&str>, transport: Transport) -> Location {
        Location::Rtsp {
            url: RtspUrl::parse("rtsp://10.0.0.31/stream2").unwrap(),
            transport,
            credentials: password
                .map(|password| Credentials { user: "admin".into(), password: Secret::new(password) }),
        }
    }

    fn kind(location: &Location, error: gst::glib::Error, debug: &str) -> &'static str {
        let secrets = [Secret::new("geheim")];
        match meaning(location, &secrets, &error, Some(debug)) {
            Meaning::NoConnection => "(diagnose)",
            Meaning::Fault(fault) => fault.kind(),
        }
    }

    /// The debug texts are those of GStreamer 1.22.0, recorded against a server that answers so.
    #[test]
    fn what_rtspsrc_says_gets_a_name() {
        use gst::ResourceError as R;
        let known = camera(Some("geheim"), Transport::Tcp);
        let unknown = camera(None, Transport::Tcp);
        let error = |code, text: &str| gst::glib::Error::new(code, text);
        let at = "../gst/rtsp/gstrtspsrc.c(6899): gst_rtspsrc_send (): /GstPipeline:p/GstRTSPSrc:s:\n";
        for (location, code, text, debug, expected) in [
            (&known, R::NotAuthorized, "Unauthorized", "Unauthorized (401)", "password_wrong"),
            (&unknown, R::NotAuthorized, "Unauthorized", "Unauthorized (401)", "password_needed"),
            (&known, R::NotFound, "Not found", "Not Found (404)", "not_found"),
            (&known, R::OpenRead, "Unhandled error", "Forbidden (403)", "forbidden"),
            (&known, R::OpenRead, "Unhandled error", "Not Enough Bandwidth (453)", "busy"),
            (&known, R::OpenRead, "Unhandled error", "Service Unavailable (503)", "busy"),
            (&known, R::OpenRead, "Unhandled error", "Session Not Found (454)", "rtsp_status"),
            (&known, R::Write, "Could not write to resource.", "Error (453): Not Enough Bandwidth", "busy"),
            (
                &known,
                R::Read,
                "Could not read from resource.",
                "Could not receive message. (Timeout while waiting for server response)",
                "no_answer",
            ),
            (
                &known,
                R::Read,
                "Could not read from resource.",
                "Could not receive message. (Parse error)",
                "not_rtsp",
            ),
            (
                &known,
                R::Read,
                "Could not read from resource.",
                "Could not receive message. (Received end-of-file)",
                "closed",
            ),
            (
                &known,
                R::OpenReadWrite,
                "Could not open resource for reading and writing.",
                "Failed to connect. (Generic error)",
                "(diagnose)",
            ),
        ] {
            assert_eq!(kind(location, error(code, text), &format!("{at}{debug}")), expected, "{debug}");
        }
    }

    #[test]
    fn every_fault_reads_as_a_sentence_with_a_name() {
        let camera: Arc<str> = "cam-03".into();
        let url = "rtsp://10.0.0.31/stream2".to_owned();
        let error = VideoError::of(&camera, Fault::PasswordWrong { url, user: "admin".into() });
        assert_eq!(
            error.to_string(),
            "camera `cam-03`: rtsp://10.0.0.31/stream2 refuses the password of user `admin`\n  hint: check user and \
             password; many cameras lock a user out for half an hour after a few wrong ones"
        );
        assert_eq!(error.kind(), "password_wrong");
        let silent = VideoError::of(&camera, Fault::Stalled { after: Duration::from_secs(10) });
        assert!(silent.to_string().starts_with("camera `cam-03`: no picture for 10 s\n  hint: "));
    }

    #[test]
    fn a_password_in_gstreamers_words_is_not_repeated() {
        let error = gst::glib::Error::new(gst::ResourceError::Failed, "rtsp://admin:geheim@cam/ is bad");
        let words = words_of(&error, Some("x\nthe password geheim is bad"), &[Secret::new("geheim")]);
        assert_eq!(words, "rtsp://***@cam/ is bad: the password *** is bad");
    }
}
