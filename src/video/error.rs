//! Faults between a camera and a frame, in words for somebody who stands on a ladder.
//!
//! A [`Fault`] says what failed, why, and what to try; what GStreamer says is read in `gstreamer_words`.

mod gstreamer_words;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::backoff::Persistence;
use super::certificate::CertificateTrouble;
use super::decoder::Codec;
use super::redirects::RedirectTrouble;
use crate::analysis::camera_health::NoVideoCause;
use crate::text::{Joint, Sentence, Words, camera as say, foreign, recording, stream};
use crate::types::language::Language;
use crate::types::trust::Fingerprint;

pub(super) use gstreamer_words::{Meaning, meaning, status_fault, words_of};

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
        self.sentence().to_string()
    }

    /// What went wrong, and with which camera.
    pub fn sentence(&self) -> Sentence {
        let fault = self.fault.sentence();
        match &self.camera {
            Some(camera) => say::of(camera.as_ref(), fault),
            None => fault,
        }
    }

    /// All that people read of it, in that language: what went wrong, and what to try.
    pub fn in_language(&self, language: Language) -> String {
        self.sentence().with_hint(self.fault.hint().as_ref(), language)
    }
}

impl fmt::Display for VideoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_language(Language::English))
    }
}

impl std::error::Error for VideoError {}

/// The name for machines of what one can be asked to change, or convert.
pub(super) const UNSUPPORTED_CODEC: &str = "unsupported_codec";

/// What went wrong, without whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// GStreamer itself does not start.
    NoGstreamer {
        /// Its words.
        detail: String,
    },
    /// The host's name leads to no address.
    UnknownHost {
        /// Name in the camera's address.
        host: String,
    },
    /// The port refuses the connection.
    Refused {
        /// Host and port.
        address: String,
    },
    /// No way to the host, or it does not answer at all.
    Unreachable {
        /// Host and port.
        address: String,
        /// Why, often in the system's words.
        detail: Sentence,
    },
    /// The connection stands, but the camera does not answer.
    NoAnswer {
        /// Host and port.
        address: String,
    },
    /// The camera's certificate is not believed.
    Certificate {
        /// Host and port.
        address: String,
        /// What is wrong with it.
        why: CertificateTrouble,
        /// Its own.
        fingerprint: Fingerprint,
    },
    /// The file of authorities cannot be used.
    Authorities {
        /// The file.
        path: PathBuf,
        /// GLib's words.
        detail: String,
    },
    /// No encrypted connection, although somebody listens.
    TlsRefused {
        /// Host and port.
        address: String,
        /// What was seen.
        detail: Sentence,
    },
    /// An encrypted connection is wanted where none was asked for.
    EncryptedPort {
        /// Host and port.
        address: String,
    },
    /// The camera sends us on to where we do not go.
    Redirect {
        /// The address that was asked.
        url: String,
        /// The address it named.
        to: String,
        /// Why it is not followed.
        why: RedirectTrouble,
    },
    /// The camera sent us to another host, which asks for a login.
    LoginElsewhere {
        /// The other host's address.
        to: String,
    },
    /// What went wrong at an address to which the camera sent us.
    SentOn {
        /// The configured address.
        from: String,
        /// What went wrong there.
        fault: Box<Fault>,
    },
    /// The answer is no RTSP.
    NotRtsp {
        /// Host and port.
        address: String,
    },
    /// 401, and we have no password.
    PasswordNeeded {
        /// The camera's address.
        url: String,
    },
    /// 401 although we gave a password.
    PasswordWrong {
        /// The camera's address.
        url: String,
        /// Who we said we are.
        user: String,
    },
    /// 401, and the camera takes passwords only in a form that GStreamer does not know.
    UnknownLogin {
        /// The camera's address.
        url: String,
    },
    /// 403.
    Forbidden {
        /// The camera's address.
        url: String,
    },
    /// 404.
    NotFound {
        /// The camera's address.
        url: String,
    },
    /// 453 or 503.
    Busy {
        /// The camera's address.
        url: String,
        /// RTSP status code.
        status: u16,
        /// The camera's words.
        reason: String,
    },
    /// Another error status.
    Status {
        /// The camera's address.
        url: String,
        /// RTSP status code.
        status: u16,
        /// The camera's words.
        reason: String,
    },
    /// It sends video in a form we do not read.
    UnsupportedCodec {
        /// Name of what it sends.
        codec: Words,
    },
    /// It sends something, but no video.
    NoVideo {
        /// What it sends instead, if anything.
        found: Option<String>,
    },
    /// UDP was asked for, and no packet arrived.
    NoUdp,
    /// Frames stopped.
    Stalled {
        /// The limit that passed.
        after: Duration,
    },
    /// Connected, but not one picture came.
    NoPicture {
        /// The limit that passed.
        after: Duration,
        /// Compressed pictures did arrive.
        packets: bool,
    },
    /// The camera ended the stream or the connection.
    Closed,
    /// There is no such file.
    MissingFile {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be opened.
    UnreadableFile {
        /// The file.
        path: PathBuf,
        /// Why, often in the system's words.
        detail: Sentence,
    },
    /// The file's content is no video.
    NotVideo {
        /// The file.
        path: PathBuf,
        /// Why, often in GStreamer's words.
        detail: Sentence,
    },
    /// The file is no recording that can be read, and we know what it is.
    Recording {
        /// The name for machines.
        kind: &'static str,
        /// The file.
        path: PathBuf,
        /// What it is.
        what: Sentence,
        /// What to do.
        hint: Sentence,
    },
    /// A part of GStreamer is not installed.
    MissingPlugin {
        /// Element or decoder.
        element: String,
        /// Debian's package that has it.
        package: &'static str,
    },
    /// A decoder gave up.
    Decoder {
        /// Its factory's name.
        decoder: String,
        /// Why, mostly in GStreamer's words.
        detail: Sentence,
    },
    /// Something of ours panicked while it handled this camera.
    Panicked {
        /// What the panic said.
        detail: String,
    },
    /// A start that did not come back.
    Hung,
    /// Everything else.
    Broken {
        /// Why, mostly in GStreamer's words.
        detail: Sentence,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sentence().fmt(f)
    }
}

impl std::error::Error for Fault {}

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

    /// The cause of missing video for the alert.
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

    /// What went wrong, for people.
    pub fn sentence(&self) -> Sentence {
        let seconds = |limit: &Duration| limit.as_secs_f32().to_string();
        match self {
            Fault::NoGstreamer { detail } => say::no_gstreamer(detail),
            Fault::UnknownHost { host } => say::unknown_host(host),
            Fault::Refused { address } => say::refused(address),
            Fault::Unreachable { address, detail } => say::unreachable(address, detail.clone()),
            Fault::NoAnswer { address } => say::no_answer(address),
            Fault::Certificate { address, why, .. } => say::certificate(address, why.words()),
            Fault::Authorities { path, detail } => say::authorities(path.display(), detail),
            Fault::TlsRefused { address, detail } => say::tls_refused(address, detail.clone()),
            Fault::EncryptedPort { address } => say::encrypted_port(address),
            Fault::Redirect { url, to, why } => say::redirect(url, why.words(), to),
            Fault::LoginElsewhere { to } => say::login_elsewhere(to),
            Fault::SentOn { from, fault } => say::sent_on(fault.sentence(), from),
            Fault::NotRtsp { address } => say::not_rtsp(address),
            Fault::PasswordNeeded { url } => say::password_needed(url),
            Fault::PasswordWrong { url, user } => say::password_wrong(url, user),
            Fault::UnknownLogin { url } => say::unknown_login(url),
            Fault::Forbidden { url } => say::forbidden(url),
            Fault::NotFound { url } => say::not_found(url),
            Fault::Busy { url, status, reason } => say::busy(url, *status, reason),
            Fault::Status { url, status, reason } => say::rtsp_status(url, *status, reason),
            Fault::UnsupportedCodec { codec } => say::unsupported_codec(codec.clone()),
            Fault::NoVideo { found: Some(found) } => say::no_video(found),
            Fault::NoVideo { found: None } => say::no_video_described(),
            Fault::NoUdp => say::no_udp(),
            Fault::Stalled { after } => say::stalled(seconds(after)),
            Fault::NoPicture { after, packets: false } => say::no_picture(seconds(after)),
            Fault::NoPicture { after, packets: true } => say::no_picture_although_data(seconds(after)),
            Fault::Closed => say::closed(),
            Fault::MissingFile { path } => recording::missing(path.display()),
            Fault::UnreadableFile { path, detail } => recording::unreadable(path.display(), detail.clone()),
            Fault::NotVideo { path, detail } => recording::not_video(path.display(), detail.clone()),
            Fault::Recording { path, what, .. } => recording::is(path.display(), what.clone()),
            Fault::MissingPlugin { element, .. } => say::missing_plugin(element),
            Fault::Decoder { decoder, detail } => say::decoder(decoder, detail.clone()),
            Fault::Panicked { detail } => say::panicked(detail),
            Fault::Hung => say::hung(),
            Fault::Broken { detail } => say::broken(detail.clone()),
        }
    }

    /// What to try.
    pub fn hint(&self) -> Option<Sentence> {
        let hint = match self {
            Fault::NoGstreamer { .. } => say::try_install_gstreamer(),
            Fault::UnknownHost { .. } => say::try_spelling(),
            Fault::Refused { .. } => say::try_port(),
            Fault::Unreachable { .. } => say::try_cable(),
            Fault::NoAnswer { .. } => say::try_restart(),
            Fault::Certificate { why, fingerprint, .. } => why.hint(fingerprint),
            Fault::Authorities { .. } => say::try_pem(),
            Fault::TlsRefused { .. } => say::try_tls_port(),
            Fault::Redirect { why: RedirectTrouble::NotEncrypted | RedirectTrouble::Password, .. } => {
                say::try_that_address()
            }
            Fault::Redirect { .. } => say::try_network_settings(),
            Fault::SentOn { fault, .. } => return fault.hint(),
            Fault::LoginElsewhere { .. } => say::try_login_there(),
            Fault::EncryptedPort { .. } => say::try_encrypted(),
            Fault::NotRtsp { .. } => say::try_rtsp_port(),
            Fault::PasswordNeeded { .. } => say::try_secret(),
            Fault::PasswordWrong { .. } => say::try_password(),
            Fault::UnknownLogin { .. } => say::try_digest_md5(),
            Fault::Forbidden { .. } => say::try_right_to_watch(),
            Fault::NotFound { .. } => say::try_path(),
            Fault::Busy { .. } => say::try_fewer_viewers(),
            Fault::UnsupportedCodec { .. } => say::try_h264(),
            Fault::NoVideo { .. } => say::try_path_of_video(),
            Fault::NoUdp => say::try_tcp(),
            Fault::NoPicture { packets: true, .. } => say::try_keyframe_interval(),
            Fault::Stalled { .. } | Fault::NoPicture { .. } => say::try_restart_if_it_stays(),
            Fault::UnreadableFile { .. } => recording::try_permissions(),
            Fault::NotVideo { path, .. } => recording::try_other_player(path.display()),
            Fault::Recording { hint, .. } => hint.clone(),
            Fault::MissingPlugin { package, .. } => say::try_package(*package),
            Fault::Panicked { .. } => say::try_report(),
            Fault::Decoder { .. } => say::try_software_decoder(),
            Fault::Closed => say::try_udp(),
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
                what: recording::holds_codec(codec),
                hint: super::container::how_to_convert(path),
            },
            other => other,
        }
    }

    /// In the words of GStreamer or of the system.
    pub(super) fn broken(words: impl fmt::Display) -> Self {
        Fault::Broken { detail: foreign::words(words.to_string()) }
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

/// The codec of an `UnsupportedCodec`, from an encoding name.
pub(super) fn unsupported(names: &[String]) -> Fault {
    Fault::UnsupportedCodec { codec: Words::List(names.iter().map(Words::from).collect(), Joint::And) }
}

/// More than eight bits per sample: our codecs, but pixels that nothing here reads.
pub(super) fn unsupported_depth(codec: Codec, pixels: Sentence) -> Fault {
    Fault::UnsupportedCodec { codec: stream::codec_with(codec.to_string(), pixels).into() }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn the_words_of_others_are_marked_in_chinese_and_our_own_are_not() {
        let chinese = |fault: Fault| fault.sentence().in_language(Language::Chinese);
        let own = Fault::Broken { detail: stream::pipeline_without_bus() };
        assert_eq!(own.to_string(), "the stream broke: a pipeline without a bus");
        assert_eq!(chinese(own), "视频流中断（管道没有消息总线）");
        assert_eq!(chinese(Fault::broken("no clock")), "视频流中断（原文：no clock）");
        let deep = unsupported_depth(Codec::H265, stream::bits_per_sample(10_u32));
        assert_eq!(
            deep.to_string(),
            "sends video as H.265 with 10 bits per sample, which Lookout does not read"
        );
        assert_eq!(chinese(deep), "视频编码为 H.265（每个样本 10 位），Lookout 不支持");
    }
}
