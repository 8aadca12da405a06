//! Why a session ended, in this module's words, told by what the library says.
//!
//! The library hands out texts and the status of an answer, not kinds, and its version is pinned: its texts are read as
//! GStreamer's are in [`error`](crate::video::error). What is not plainly the network or a plain answer of the camera is
//! [`Trouble::Misread`]: then the fault may be the library's strictness, and GStreamer is asked.

use crate::video::error::{self, Fault};

/// How a session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::video) enum Trouble {
    /// As GStreamer would have it, too.
    Fault(Fault),
    /// No connection, and nobody said why.
    NoConnection,
    /// The camera closed it.
    Ended,
    /// Something came that the library does not take.
    Misread(String),
    /// It cannot be received here at all, and why.
    Unsuited(String),
}

/// What was asked of the camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Describe,
    SetUp,
    Play,
    Watch,
}

/// Whose camera, for the words.
pub(super) struct Whose {
    /// Its address as people may read it.
    pub url: String,
    /// `host:port`.
    pub address: String,
    pub user: Option<String>,
}

impl Whose {
    /// The camera said nothing in time.
    pub fn no_answer(&self) -> Trouble {
        Trouble::Fault(Fault::NoAnswer { address: self.address.clone() })
    }

    pub fn meaning(&self, stage: Stage, error: &retina::Error) -> Trouble {
        self.of_text(stage, error.status_code(), &error.to_string())
    }

    fn of_text(&self, stage: Stage, status: Option<u16>, text: &str) -> Trouble {
        // The rest of the text is for whoever has the library's source open.
        let words = text.lines().next().unwrap_or("").trim().trim_end_matches(':');
        if let Some(status) = status.filter(|status| *status >= 300) {
            return self.of_status(stage, status, words);
        }
        let begins = |start: &str| text.starts_with(start);
        if begins("Unable to connect to RTSP server") {
            Trouble::NoConnection
        } else if text.contains("respond to keepalive") || text.contains("Unable to write keepalive") {
            // Cameras that do not answer it play on.
            Trouble::Unsuited("it does not answer requests while it plays".into())
        } else if begins("Error reading from RTSP peer")
            || begins("Error writing to RTSP peer")
            || text.contains("Incomplete RTSP message at EOF")
        {
            Trouble::Ended
        } else {
            Trouble::Misread(shortened(words))
        }
    }

    fn of_status(&self, stage: Stage, status: u16, words: &str) -> Trouble {
        let login_unknown = words.contains("understand WWW-Authenticate")
            || words.contains("Unauthorized without WWW-Authenticate");
        match (stage, status) {
            (_, 401) if login_unknown => Trouble::Unsuited("it asks for a login in another way".into()),
            // The password was right a moment ago: the camera wants its proof made anew, which the library does not do.
            (Stage::SetUp | Stage::Play | Stage::Watch, 401) => {
                Trouble::Unsuited("it asks for its login again and again".into())
            }
            // The description was given: an address that was put together wrongly is as likely as a refusal.
            (Stage::SetUp | Stage::Play, status) if ![403, 453, 503].contains(&status) => {
                Trouble::Unsuited(format!("it refuses a request with {status}"))
            }
            _ => {
                let reason = reason_of(status).to_owned();
                Trouble::Fault(error::status_fault(self.url.clone(), self.user.clone(), status, reason))
            }
        }
    }
}

/// What a status is called (RFC 2326 section 7.1.1); the library keeps the camera's own words to itself.
fn reason_of(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        415 => "Unsupported Media Type",
        453 => "Not Enough Bandwidth",
        454 => "Session Not Found",
        455 => "Method Not Valid in This State",
        461 => "Unsupported Transport",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        _ => "",
    }
}

fn shortened(words: &str) -> String {
    const MOST: usize = 160;
    words.chars().filter(|c| !c.is_control()).take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whose() -> Whose {
        Whose { url: "rtsp://cam/x".into(), address: "cam:554".into(), user: Some("admin".into()) }
    }

    fn kind(trouble: &Trouble) -> &'static str {
        match trouble {
            Trouble::Fault(fault) => fault.kind(),
            Trouble::NoConnection => "(diagnose)",
            Trouble::Ended => "(ended)",
            Trouble::Misread(_) => "(misread)",
            Trouble::Unsuited(_) => "(unsuited)",
        }
    }

    /// Texts of retina 0.4.21, taken from its source.
    #[test]
    fn what_the_library_says_gets_a_name() {
        use Stage::{Describe, Play, SetUp, Watch};
        for (stage, status, text, expected) in [
            (
                Describe,
                None,
                "Unable to connect to RTSP server: Connection refused (os error 111)",
                "(diagnose)",
            ),
            (
                Describe,
                Some(401),
                "401 response to DESCRIBE CSeq=2: Received Unauthorized after trying digest auth",
                "password_wrong",
            ),
            (
                Describe,
                Some(401),
                "401 response to DESCRIBE CSeq=1: Can't understand WWW-Authenticate header: x",
                "(unsuited)",
            ),
            (
                SetUp,
                Some(401),
                "401 response to SETUP CSeq=3: Received Unauthorized after trying digest auth",
                "(unsuited)",
            ),
            (
                Describe,
                Some(404),
                "404 response to DESCRIBE CSeq=1: Unexpected RTSP response status",
                "not_found",
            ),
            (
                Describe,
                Some(403),
                "403 response to DESCRIBE CSeq=1: Unexpected RTSP response status",
                "forbidden",
            ),
            (Describe, Some(500), "500 response to DESCRIBE CSeq=1: x", "rtsp_status"),
            (SetUp, Some(453), "453 response to SETUP CSeq=2: x", "busy"),
            (Play, Some(503), "503 response to PLAY CSeq=3: x", "busy"),
            (SetUp, Some(461), "461 response to SETUP CSeq=2: x", "(unsuited)"),
            (Describe, Some(200), "200 response to DESCRIBE CSeq=1: Unable to parse SDP: no o=", "(misread)"),
            (
                Watch,
                None,
                "Error reading from RTSP peer: Connection reset by peer (os error 104)\n\nconn: x",
                "(ended)",
            ),
            (Watch, None, "RTSP framing error: Incomplete RTSP message at EOF (x); buffered:\nx", "(ended)"),
            (Watch, None, "RTSP framing error: Invalid RTSP message: x", "(misread)"),
            (Watch, None, "wrong ssrc after 3 RTP pkts + 0 RTCP pkts; expecting x", "(misread)"),
            (
                Watch,
                None,
                "Error reading from RTSP peer: Server failed to respond to keepalive 4 within 30s",
                "(unsuited)",
            ),
        ] {
            let trouble = whose().of_text(stage, status, text);
            assert_eq!(kind(&trouble), expected, "{text}: {trouble:?}");
        }
    }

    #[test]
    fn a_refusal_is_named_as_the_standard_names_it() {
        let trouble = whose().of_text(
            Stage::SetUp,
            Some(453),
            "453 response to SETUP CSeq=2: Unexpected RTSP response status",
        );
        let Trouble::Fault(fault) = trouble else { panic!("{trouble:?}") };
        assert_eq!(
            fault.to_string(),
            "the camera has no capacity for another viewer of rtsp://cam/x (453 Not Enough Bandwidth)"
        );
    }
}
