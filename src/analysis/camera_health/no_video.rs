//! Causes of missing video, each with a remedy of its own.

/// Why a camera gives no video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NoVideoCause {
    /// The camera refuses the password.
    WrongPassword,
    /// It asks for a password, and none is configured.
    PasswordNeeded,
    /// It sends us on to another host, which asks for a password of its own.
    LoginElsewhere,
    /// It takes passwords only in a form that is not known here.
    UnknownLogin,
    /// It forbids the stream to this user; some cameras say so to a wrong password.
    Forbidden,
    /// It answers, and has no such stream.
    NoSuchStream,
    /// Its name leads to no address.
    UnknownHost,
    /// Its address refuses the connection.
    ConnectionRefused,
    /// Its address is unreachable.
    Unreachable,
    /// It takes the connection and does not answer.
    NoAnswer,
    /// What answers is no camera.
    NotRtsp,
    /// It serves as many viewers as it can.
    Busy,
    /// It sends us on to where we do not go: in a circle, too far, without encryption.
    SentAstray,
    /// It refuses for another reason.
    RequestRefused,
    /// Its certificate is not trusted.
    Certificate,
    /// It sends video that cannot be read here.
    UnsupportedVideo,
    /// It sends something, but no video.
    NoVideoTrack,
    /// The connection stands, and no picture comes.
    NoPicture,
    /// It ended the stream.
    Closed,
    /// The file cannot be read.
    BadFile,
    /// Something in the box itself is missing or failed.
    BoxFault,
}

impl NoVideoCause {
    /// All of them.
    pub const ALL: [NoVideoCause; 21] = [
        NoVideoCause::WrongPassword,
        NoVideoCause::PasswordNeeded,
        NoVideoCause::LoginElsewhere,
        NoVideoCause::UnknownLogin,
        NoVideoCause::Forbidden,
        NoVideoCause::NoSuchStream,
        NoVideoCause::UnknownHost,
        NoVideoCause::ConnectionRefused,
        NoVideoCause::Unreachable,
        NoVideoCause::NoAnswer,
        NoVideoCause::NotRtsp,
        NoVideoCause::Busy,
        NoVideoCause::SentAstray,
        NoVideoCause::RequestRefused,
        NoVideoCause::Certificate,
        NoVideoCause::UnsupportedVideo,
        NoVideoCause::NoVideoTrack,
        NoVideoCause::NoPicture,
        NoVideoCause::Closed,
        NoVideoCause::BadFile,
        NoVideoCause::BoxFault,
    ];

    /// The name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            NoVideoCause::WrongPassword => "wrong_password",
            NoVideoCause::PasswordNeeded => "password_needed",
            NoVideoCause::LoginElsewhere => "login_elsewhere",
            NoVideoCause::UnknownLogin => "unknown_login",
            NoVideoCause::Forbidden => "forbidden",
            NoVideoCause::NoSuchStream => "no_such_stream",
            NoVideoCause::UnknownHost => "unknown_host",
            NoVideoCause::ConnectionRefused => "connection_refused",
            NoVideoCause::Unreachable => "unreachable",
            NoVideoCause::NoAnswer => "no_answer",
            NoVideoCause::NotRtsp => "not_rtsp",
            NoVideoCause::Busy => "busy",
            NoVideoCause::SentAstray => "sent_astray",
            NoVideoCause::RequestRefused => "request_refused",
            NoVideoCause::Certificate => "certificate",
            NoVideoCause::UnsupportedVideo => "unsupported_video",
            NoVideoCause::NoVideoTrack => "no_video_track",
            NoVideoCause::NoPicture => "no_picture",
            NoVideoCause::Closed => "closed",
            NoVideoCause::BadFile => "bad_file",
            NoVideoCause::BoxFault => "box_fault",
        }
    }

    /// The cause of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.name() == name)
    }
}
