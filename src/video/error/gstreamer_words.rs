//! What GStreamer says of a stream that broke: the errors that it posts on a bus, as faults with a name.
//!
//! Must never let a text of GStreamer's through without [`redact`].

use std::path::Path;

use gstreamer as gst;

use super::Fault;
use crate::text::foreign;
use crate::types::secret::Secret;
use crate::types::transport::Transport;
use crate::video::source::{Location, redact};

/// What an error on the bus means, as far as GStreamer says it.
#[derive(Debug)]
pub(in crate::video) enum Meaning {
    /// Known.
    Fault(Fault),
    /// No connection, and GStreamer does not say why: somebody has to look (`diagnose`).
    NoConnection,
}

/// Reads an error message of a pipeline that plays `location`.
pub(in crate::video) fn meaning(
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
        return Meaning::Fault(Fault::broken(words));
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
        Fault::NoVideo { found: None }
    } else {
        Fault::broken(words)
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

pub(in crate::video) fn status_fault(
    url: String,
    user: Option<String>,
    status: u16,
    reason: String,
) -> Fault {
    match (status, user) {
        (401, None) => Fault::PasswordNeeded { url },
        (401, Some(user)) => Fault::PasswordWrong { url, user },
        (403, _) => Fault::Forbidden { url },
        (404, _) => Fault::NotFound { url },
        (453 | 503, _) => Fault::Busy { url, status, reason },
        _ => Fault::Status { url, status, reason },
    }
}

fn file_fault(path: &Path, error: &gst::glib::Error, words: String) -> Fault {
    let path = path.to_owned();
    if error.matches(gst::ResourceError::NotFound) {
        Fault::MissingFile { path }
    } else if error.matches(gst::ResourceError::OpenRead) || error.matches(gst::ResourceError::Read) {
        Fault::UnreadableFile { path, detail: foreign::words(words) }
    } else if error.is::<gst::StreamError>() {
        Fault::NotVideo { path, detail: foreign::words(words) }
    } else {
        Fault::broken(words)
    }
}

/// GStreamer's message, and the last line of its debug text, which says more than the message.
pub(in crate::video) fn words_of(
    error: &gst::glib::Error,
    debug: Option<&str>,
    secrets: &[Secret],
) -> String {
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
    fn a_password_in_gstreamers_words_is_not_repeated() {
        let error = gst::glib::Error::new(gst::ResourceError::Failed, "rtsp://admin:geheim@cam/ is bad");
        let words = words_of(&error, Some("x\nthe password geheim is bad"), &[Secret::new("geheim")]);
        assert_eq!(words, "rtsp://***@cam/ is bad: the password *** is bad");
    }
}
