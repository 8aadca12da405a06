//! What a test may change about the programmable camera, also while it runs.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::support::rtsp_packets::ElementaryStream;

/// The source of the camera's packets.
pub const SSRC: u32 = 0x1234_5678;

/// How the server answers a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A status and its words.
    Status(u16, &'static str),
    /// A status and its words for the first request, and the usual answer from then on.
    Once(u16, &'static str),
    /// The same, and the connection is closed.
    StatusAndClose(u16, &'static str),
    /// Nothing at all; the connection stays.
    Silence,
    /// The connection is closed instead.
    Close,
    /// A status that names another address.
    Redirect(u16, String),
    /// The same, for clients that are logged in.
    RedirectKnown(u16, String),
}

/// How media flow after PLAY. Pictures are counted from there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Media {
    /// Picture after picture, from the start again at the end.
    #[default]
    Runs,
    /// Not one packet; the connection stays and is answered.
    Never,
    /// So many pictures, then nothing; the connection stays and is answered.
    StopsAfter(u64),
    /// Sessions that run fall silent for good; those that begin after this was changed are well.
    Hangs,
    /// So many pictures, then half a packet, then the connection is closed.
    ClosesInMidFrame(u64),
    /// The same, and the connection is reset.
    ResetsInMidFrame(u64),
    /// The same, and only the camera's side of the connection is closed.
    HalfClosesInMidFrame(u64),
}

/// Who may watch.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Login {
    #[default]
    Open,
    Basic {
        user: String,
        password: String,
    },
    /// MD5, or SHA-256 only.
    Digest {
        user: String,
        password: String,
        sha256: bool,
    },
    /// Three challenges in one answer: SHA-256, MD5 and Basic; MD5 and Basic open it.
    Several {
        user: String,
        password: String,
    },
}

/// What stands in the answer to DESCRIBE as the address of the stream's parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ContentBase {
    #[default]
    Absolute,
    /// Only a path.
    Relative,
    Missing,
}

/// Changes the packets of the n-th picture.
pub type Rework = Arc<dyn Fn(u64, Vec<Vec<u8>>) -> Vec<Vec<u8>> + Send + Sync>;
/// Changes the bytes of the n-th picture as they stand in the RTSP connection.
pub type Wire = Arc<dyn Fn(u64, Vec<u8>) -> Vec<u8> + Send + Sync>;
/// The RTP timestamp of the n-th picture.
pub type Stamps = Arc<dyn Fn(u64) -> u32 + Send + Sync>;

/// Everything a test may change, also while the server runs.
#[derive(Clone)]
pub struct Behaviour {
    /// Methods that are not answered as they should be.
    pub answers: HashMap<&'static str, Answer>,
    pub media: Media,
    pub login: Login,
    /// So many requests may use one nonce.
    pub nonce_uses: Option<u32>,
    /// Sent in the place of the stream's own description.
    pub sdp: Option<String>,
    /// `Server:` header.
    pub server_name: Option<String>,
    /// What OPTIONS names; methods that are not among them are answered 400 and the connection is closed.
    pub public: &'static str,
    /// Seconds in the `Session:` header; without, a client has to take 60.
    pub timeout_secs: Option<u64>,
    /// A client that gives no sign of life for so long loses its session and connection.
    pub drops_silent_clients: bool,
    /// Receiver reports in the connection are signs of life; otherwise only requests are.
    pub takes_reports: bool,
    /// The description is called what it is.
    pub content_type: bool,
    pub content_base: ContentBase,
    /// Every header line ends in spaces.
    pub trailing_spaces: bool,
    /// Methods that are answered so much later.
    pub delays: HashMap<&'static str, Duration>,
    /// Header lines of the answer to SETUP, in the place of the usual `Session` and `Transport`.
    pub set_up: Option<&'static str>,
    /// Answers carry the number of their request.
    pub numbered: bool,
    /// PLAY is answered with another session than SETUP.
    pub session_changes: bool,
    /// Packets come before the answer to PLAY.
    pub early_media: bool,
    /// First sequence number, for tests of its wrap.
    pub first_sequence: u16,
    pub ssrc: u32,
    /// Sent in the place of the server's own stream; starts with its `first_unit` when it is put in.
    pub stream: Option<Arc<ElementaryStream>>,
    /// The picture of the film that is sent first.
    pub first_unit: usize,
    pub rework: Option<Rework>,
    pub wire: Option<Wire>,
    pub stamps: Option<Stamps>,
}

impl Default for Behaviour {
    fn default() -> Self {
        Behaviour {
            answers: HashMap::new(),
            media: Media::Runs,
            login: Login::Open,
            nonce_uses: None,
            sdp: None,
            server_name: None,
            public: "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER, SET_PARAMETER",
            timeout_secs: Some(60),
            drops_silent_clients: false,
            takes_reports: true,
            content_type: true,
            content_base: ContentBase::Absolute,
            trailing_spaces: false,
            delays: HashMap::new(),
            set_up: None,
            numbered: true,
            session_changes: false,
            early_media: false,
            first_sequence: 0,
            ssrc: SSRC,
            stream: None,
            first_unit: 0,
            rework: None,
            wire: None,
            stamps: None,
        }
    }
}
