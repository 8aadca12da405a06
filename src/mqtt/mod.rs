//! The wire to the command centre: MQTT 5 or 3.1.1, over TCP or TLS.
//!
//! Input: records lent by [`crate::outbox`], the latest state of the box from the daemon, commands and marks
//! from the broker. Output: publications, and what came in, for a [`Downlink`]. How each message is sent stands in the
//! table of messages (`contract::messages`). Must never keep anything of its
//! own: what is not in the outbox does not exist, and nothing counts as sent before its PUBACK came with a
//! good reason code.
//!
//! # What the client library would get wrong, and what is done about it
//!
//! `rumqttc` 0.25 is used as nothing but a wire. Read in its source and measured:
//!
//! | trap | what is done |
//! |---|---|
//! | publishes that were accepted are lost at a reconnect | clean start, a new client and event loop for every connection, everything unacknowledged lent again by the outbox |
//! | no way to ask whether a publish was acknowledged | one publish is handed over at a time and bound to the next `Outgoing::Publish(pkid)`; its PUBACK is awaited by that number |
//! | packet numbers wrap at the broker's receive maximum and collide with one still in flight, which wedges the loop | no publish whose number could be taken (`flight`) |
//! | an error reason in a v5 PUBACK is only logged | read, and that one record put aside |
//! | an incoming packet over the limit ends the connection, so one big retained message makes an endless loop | narrow subscriptions; the one whose message is too big is left out for a while (`publisher`) |
//! | `flush()` waits for good | the progress of `poll()` is watched from outside |
//! | a second PUBACK for the same packet ends the connection, and events read before it are lost | events left in its queue are applied before the connection is given up |
//! | a DISCONNECT with a reason but without properties (mosquitto's) is swallowed | that somebody took our name over shows in sessions of `up/state` that are not ours (`namesake`) |
//! | cancelling `poll()` may lose a packet | it is never cancelled while the connection is wanted |

pub(crate) mod centre;
mod connection;
pub mod embedded;
mod endpoint;
mod failover;
mod flight;
mod namesake;
mod publisher;
mod refusals;
mod response;
mod retry;
mod trouble;
mod wire;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::analysis::time::Timestamp;
use crate::contract::box_key::{BoxKey, SignatureData};
pub(crate) use crate::contract::command::Refusal as RefusalKind;
pub use crate::contract::messages::Qos;
use crate::outbox::{BuiltMessage, Seq};
use crate::text::{Sentence, Words, mqtt as say};
use crate::types::box_state::BoxState;
use crate::types::mqtt::Version;

#[cfg(feature = "centre")]
pub(crate) use endpoint::client_config;
pub use publisher::{Publisher, Status};
pub(crate) use response::RespondTo;
pub use trouble::{Trouble, TroubleKind};

/// Connection settings. Plain values: the configuration fills them, [`Settings::problems`] checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `mqtt://host[:1883]` or `mqtts://host[:8883]`, without user or password. `None`: the daemon starts
    /// the embedded broker and puts its address here.
    pub url: Option<String>,
    /// Further brokers, tried in this order after `url`: the same centre, the same login, authorities and certificate.
    pub more_urls: Vec<String>,
    /// Protocol version.
    pub version: Version,
    /// First part of every topic: `lookout/v1`.
    pub prefix: String,
    /// County code, second part of the topics.
    pub area: String,
    /// Name of the box: last part of the topics before `up` and `down`, and of the client id.
    pub box_name: String,
    /// Certificates that may sign the broker's, PEM. `None`: the system's.
    pub ca_file: Option<PathBuf>,
    /// This box's certificate chain, PEM, where the broker asks for one.
    pub client_cert: Option<PathBuf>,
    /// The key that goes with it, PEM.
    pub client_key: Option<PathBuf>,
    /// User name.
    pub user: Option<String>,
    /// File with the password; one line end at its end is ignored. Read at every connection, so that a
    /// changed password needs no restart.
    pub password_file: Option<PathBuf>,
    /// Port of the embedded broker on 127.0.0.1, 0 for any free one.
    pub embedded_port: u16,
    /// Maximum number of old records per second after a reconnect, so that a thousand boxes do not drown the centre.
    pub backlog_per_sec: u32,
    /// The site's time zone, for times in answers.
    pub time_zone: TimeZone,
    /// Times; the defaults are for the field, tests shorten them.
    pub timing: Timing,
}

impl Settings {
    /// The settings of a box that has only a name.
    pub fn new(area: impl Into<String>, box_name: impl Into<String>) -> Self {
        Settings {
            url: None,
            more_urls: Vec::new(),
            version: Version::default(),
            prefix: "lookout/v1".to_owned(),
            area: area.into(),
            box_name: box_name.into(),
            ca_file: None,
            client_cert: None,
            client_key: None,
            user: None,
            password_file: None,
            embedded_port: embedded::DEFAULT_PORT,
            backlog_per_sec: 50,
            time_zone: TimeZone::UTC,
            timing: Timing::default(),
        }
    }

    /// What all topics of this box begin with: `lookout/v1/530127/box-7f3a`.
    pub fn base(&self) -> String {
        format!("{}/{}/{}", self.prefix, self.area, self.box_name)
    }

    /// The client id, and the name that the box's certificate should have: `530127.box-7f3a`. A box's name is its own
    /// within its area only.
    pub(crate) fn client_id(&self) -> String {
        format!("{}.{}", self.area, self.box_name)
    }

    /// The brokers in the order in which they are tried.
    pub fn urls(&self) -> impl Iterator<Item = &str> {
        self.url.iter().chain(&self.more_urls).map(String::as_str)
    }

    /// Everything that is wrong with them. Does not look at files or the network.
    pub fn problems(&self) -> Vec<Trouble> {
        let mut problems: Vec<Trouble> =
            self.urls().filter_map(|url| endpoint::Address::parse(url).err()).collect();
        let mut wrong = |what: Sentence, hint: Option<Sentence>| {
            let trouble = Trouble::new(TroubleKind::Settings, what);
            problems.push(match hint {
                Some(hint) => trouble.try_this(hint),
                None => trouble,
            });
        };
        let names = [
            (say::area(), &self.area, false),
            (say::box_name(), &self.box_name, false),
            (say::prefix(), &self.prefix, true),
        ];
        for (name, value, may_have_slash) in names {
            let bad =
                |c: char| matches!(c, '+' | '#' | '\0') || c.is_whitespace() || (c == '/' && !may_have_slash);
            if value.is_empty() {
                wrong(say::name_empty(name), None);
            } else if let Some(c) = value.chars().find(|c| bad(*c)) {
                wrong(say::name_with(name, value, format!("{c:?}")), Some(say::try_plain_name()));
            }
        }
        if self.client_cert.is_some() != self.client_key.is_some() {
            wrong(say::half_certificate(), None);
        }
        if self.password_file.is_some() && self.user.is_none() {
            wrong(say::password_without_user(), Some(say::try_user()));
        }
        problems
    }
}

/// How long things may take. The constants are guesses for mobile links unless they say otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timing {
    /// From the first packet to the broker's answer, and for each subscription.
    pub connect: Duration,
    /// Between two signs of life. The broker publishes the will after one and a half of it. At least 5 s:
    /// rumqttc's rule.
    pub keep_alive: Duration,
    /// A publish without PUBACK for so long ends the connection; more for large ones, see `slowest_link`.
    pub stall: Duration,
    /// Bytes per second that a link must carry to count as alive.
    pub slowest_link: u64,
    /// Full-jitter backoff: the first wait is between zero and this.
    pub backoff_first: Duration,
    /// And no wait is longer than this.
    pub backoff_most: Duration,
    /// While a red or orange alert waits, no wait is longer than this: a link that healed is found within seconds.
    /// A thousand boxes that wait for the same broker then knock 500 times a second together, which a broker bears.
    pub backoff_urgent: Duration,
    /// A connection that lived so long has proved itself, unless the broker took nothing: the backoff starts again.
    pub settled: Duration,
    /// Another client that uses our name is let alone for half of this or more, the first time; doubles. Each time that
    /// one of the two connects, the other's connection ends.
    pub taken_over_first: Duration,
    /// And at most for so long.
    pub taken_over_most: Duration,
    /// While a red or orange alert waits, at most for so long.
    pub taken_over_urgent: Duration,
    /// Without a further sign of it, another client is gone after so long.
    pub namesake_forgotten: Duration,
    /// Time for which a sender's refused commands are counted before one answer reports them together.
    pub refusals_within: Duration,
    /// How long a refused record is put aside the first time; doubles.
    pub hold_first: Duration,
    /// And at most so long.
    pub hold_most: Duration,
    /// How long a subscription is left out after its message was too large.
    pub leave_out: Duration,
    /// After connecting, how long to wait for the centre's mark before unmarked records are sent again.
    pub mark_grace: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Timing {
            connect: Duration::from_secs(15),
            keep_alive: Duration::from_secs(20),
            stall: Duration::from_secs(30),
            // A bad GPRS link.
            slowest_link: 4 * 1024,
            backoff_first: Duration::from_secs(1),
            backoff_most: Duration::from_secs(60),
            backoff_urgent: Duration::from_secs(4),
            settled: Duration::from_secs(30),
            taken_over_first: Duration::from_secs(60),
            taken_over_most: Duration::from_secs(600),
            taken_over_urgent: Duration::from_secs(30),
            // Both wait ten minutes at most.
            namesake_forgotten: Duration::from_secs(1800),
            refusals_within: Duration::from_secs(60),
            hold_first: Duration::from_secs(30),
            hold_most: Duration::from_secs(600),
            leave_out: Duration::from_secs(600),
            mark_grace: Duration::from_secs(10),
        }
    }
}

/// A message from the centre, as it came.
#[derive(Debug, Clone, Copy)]
pub struct Delivered<'a> {
    /// Its topic below `prefix/area/box/`: `down/cmd/ack`.
    pub topic: &'a str,
    /// The bytes.
    pub payload: &'a [u8],
    /// Whether the broker had kept it.
    pub retained: bool,
    /// When it came.
    pub at: Timestamp,
    /// The time zone of times in an answer.
    pub time_zone: &'a TimeZone,
    /// What it asks for about its answer (MQTT 5).
    pub respond_to: Option<&'a RespondTo>,
}

/// What a message from the centre was taken for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// A command, which was passed on.
    Command,
    /// The centre's durable receipt, to be stored in the outbox.
    Mark(Mark),
    /// No answer is needed.
    Nothing,
}

/// The centre's durable receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The stream.
    pub stream: String,
    /// Everything up to here is stored at the centre.
    pub n: u64,
    /// As in the message, if it has one: a refusal is answered with it.
    pub request_id: Option<String>,
    /// The key whose signature was verified, if any.
    pub key: Option<Arc<str>>,
}

/// Takes what comes from the command centre. Must not wait.
pub trait Downlink: Send + Sync {
    /// The topics to subscribe to, below `prefix/area/box/`, in that order; narrow, because a message that is too large
    /// ends the connection.
    fn topics(&self) -> Vec<String>;

    /// Takes one message.
    ///
    /// # Errors
    /// Why it is refused; the publisher answers.
    fn take(&self, delivered: &Delivered<'_>) -> Result<Taken, Refusal>;
}

/// Receives nothing: for tests of what is sent.
struct NoDownlink;

impl Downlink for NoDownlink {
    fn topics(&self) -> Vec<String> {
        Vec::new()
    }

    fn take(&self, _: &Delivered<'_>) -> Result<Taken, Refusal> {
        Ok(Taken::Nothing)
    }
}

/// Makes the body of `up/state`. `session` is new for every connection, so that a will that comes late,
/// after the next connection's `online`, can be known by it.
pub type StateBody = Arc<dyn Fn(BoxState, &str, Timestamp) -> BuiltMessage + Send + Sync>;

/// Makes the body of an `up/reply` the publisher gives by itself, to a command that is no command.
pub type ReplyBody = Arc<dyn Fn(&Refusal, &Seq) -> BuiltMessage + Send + Sync>;

/// Makes the body of an `up/signature`.
pub type SignatureBody = Arc<dyn Fn(SignatureData, Timestamp) -> BuiltMessage + Send + Sync>;

/// By what the box signs what it says.
#[derive(Clone)]
pub struct Signing {
    /// Its key.
    pub key: Arc<BoxKey>,
    /// The message beside, over MQTT 3.1.1.
    pub body: SignatureBody,
}

/// Why a command was not passed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Its sort, for programs.
    pub kind: RefusalKind,
    /// As in the command, if it could be read.
    pub request_id: Option<String>,
    /// The key whose signature was verified, if any.
    pub key: Option<Arc<str>>,
    /// Last part of its topic.
    pub verb: String,
    /// What is wrong, for the developer who sent it.
    pub why: Box<Words>,
    /// When it was refused.
    pub at: Timestamp,
    /// It stands for others, which were refused and not answered one by one.
    pub unanswered: Option<Box<Unanswered>>,
}

/// Refused commands of one sender that were not answered one by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unanswered {
    /// How many.
    pub count: u64,
    /// When the first of them was refused.
    pub from: Timestamp,
    /// And the last.
    pub until: Timestamp,
    /// The ids of the first of them, as far as they could be read.
    pub request_ids: Vec<String>,
}

/// Called for every command that was refused here and for every mark that was taken (`Ok`: stream and number). Must not
/// block.
pub type InboundObserver = Arc<dyn Fn(Result<(&str, u64), &Refusal>) + Send + Sync>;

/// The messages of the publisher itself, and the receivers of inbound ones.
#[derive(Clone)]
pub struct Bodies {
    /// `up/state`.
    pub state: StateBody,
    /// `up/reply`.
    pub reply: ReplyBody,
    /// For the audit log.
    pub observer: InboundObserver,
    /// Takes commands and marks.
    pub downlink: Arc<dyn Downlink>,
    /// The signer, if the box has a key.
    pub signing: Option<Signing>,
}

impl fmt::Debug for Bodies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bodies")
    }
}

impl Default for Bodies {
    /// Plain JSON objects with the contract's fields that matter, without an envelope: for tests.
    fn default() -> Self {
        Bodies {
            state: Arc::new(|state, session, at| {
                let state =
                    serde_json::json!({ "state": state.name(), "session": session, "at": at.to_string() });
                Ok(state.to_string().into_bytes())
            }),
            reply: Arc::new(|refusal, seq| {
                let reply = serde_json::json!({
                    "request_id": refusal.request_id,
                    "command": refusal.verb,
                    "outcome": "refused",
                    "message": refusal.why.to_string(),
                    "unanswered": refusal.unanswered.as_ref().map(|unanswered| unanswered.count),
                    "at": refusal.at.to_string(),
                    "seq": { "stream": &*seq.stream, "n": seq.n },
                });
                Ok(reply.to_string().into_bytes())
            }),
            observer: Arc::new(|_| {}),
            downlink: Arc::new(NoDownlink),
            signing: None,
        }
    }
}
