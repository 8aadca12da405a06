//! A connection to a camera: one request at a time, its answer, and what the camera sends between them.
//!
//! Every wait has no end of its own: who asks sets the deadline. Reading may be broken off at any time and goes on where it
//! was. Must never show what a camera sends without shortening it.

use std::fmt::Write as _;

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::login::{Login, Refused};
use super::message::{self, Answer, Head, Message, Unreadable};
use super::trouble::{Stage, Trouble, Whose};
use crate::text::stream;
use crate::video::error::Fault;
use crate::video::source::Credentials;

/// What one look takes from the connection at most.
const READ_BYTES: usize = 64 << 10;

/// What the camera sent.
pub(super) enum Incoming {
    /// A packet: what begins at `begin` of these bytes, on a channel.
    Packet {
        channel: u8,
        bytes: BytesMut,
        begin: usize,
    },
    Answer(Answer),
}

pub(super) struct Connection {
    stream: TcpStream,
    read: BytesMut,
    login: Login,
    last_number: u32,
    /// Requests whose answers nobody waits for.
    unanswered: u32,
}

impl Connection {
    /// Connects; the host has been looked up.
    pub(super) async fn open(
        host: &str,
        port: u16,
        credentials: Option<Credentials>,
    ) -> std::io::Result<Self> {
        let stream = TcpStream::connect((host, port)).await?;
        stream.set_nodelay(true)?;
        let read = BytesMut::with_capacity(2 * READ_BYTES);
        Ok(Connection { stream, read, login: Login::new(credentials), last_number: 0, unanswered: 0 })
    }

    /// Asks and waits for the answer, which is a good one. Packets that come meanwhile go to `packet`.
    pub(super) async fn ask(
        &mut self,
        whose: &Whose,
        (stage, method, url): (Stage, &str, &str),
        headers: &[(&str, &str)],
        packet: &mut (dyn FnMut(u8, &[u8]) + Send),
    ) -> Result<Answer, Trouble> {
        let mut tries = 0;
        loop {
            tries += 1;
            self.send(method, url, headers).await?;
            let answer = self.answer(packet).await?;
            match answer.status {
                401 => match self.login.refused(&answer.head, tries) {
                    Refused::AskAgain => {}
                    Refused::NoPassword | Refused::WrongPassword => return Err(whose.refused_login()),
                    Refused::AgainAndAgain => {
                        return Err(Trouble::Unsuited(stream::login_again_and_again()));
                    }
                    Refused::UnknownWay => {
                        return Err(Trouble::Unsuited(stream::login_in_another_way()));
                    }
                },
                status if status < 300 => {
                    self.login.was_accepted();
                    return Ok(answer);
                }
                _ => return Err(whose.refused(stage, &answer)),
            }
        }
    }

    /// Asks without waiting; the answer comes among the rest.
    pub(super) async fn send(
        &mut self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
    ) -> Result<(), Trouble> {
        self.last_number = self.last_number.wrapping_add(1);
        self.unanswered = self.unanswered.saturating_add(1);
        let mut text = format!("{method} {url} RTSP/1.0\r\nCSeq: {}\r\n", self.last_number);
        let proof = self.login.proof(method, url);
        let proof = proof.as_deref().map(|proof| ("Authorization", proof));
        for (name, value) in proof.iter().chain([("User-Agent", "lookout")].iter()).chain(headers) {
            // Writing to a text cannot fail.
            let _ = write!(text, "{name}: {value}\r\n");
        }
        text.push_str("\r\n");
        self.stream.write_all(text.as_bytes()).await.map_err(|_| Trouble::Ended)
    }

    /// Makes a new proof out of a refused request that nobody waited for; whether to ask once more.
    pub(crate) fn renew_login(&mut self, answer: &Answer) -> bool {
        answer.status == 401 && self.login.refused(&answer.head, 1) == Refused::AskAgain
    }

    async fn answer(&mut self, packet: &mut (dyn FnMut(u8, &[u8]) + Send)) -> Result<Answer, Trouble> {
        loop {
            match self.next().await? {
                Incoming::Packet { channel, bytes, begin } => packet(channel, &bytes[begin..]),
                Incoming::Answer(answer) => match answer.head.number() {
                    // One is asked at a time: an answer without a number answers it.
                    None => return Ok(answer),
                    Some(number) if number == self.last_number => {
                        self.unanswered = 0;
                        return Ok(answer);
                    }
                    Some(number) if number < self.last_number && self.unanswered > 1 => self.unanswered -= 1,
                    Some(_) => {
                        return Err(Trouble::Misread(stream::another_answered()));
                    }
                },
            }
        }
    }

    /// What comes next.
    pub(super) async fn next(&mut self) -> Result<Incoming, Trouble> {
        loop {
            if let Some(incoming) = self.received().await? {
                return Ok(incoming);
            }
            self.read_more().await?;
        }
    }

    /// What was read already and is whole.
    pub(super) async fn received(&mut self) -> Result<Option<Incoming>, Trouble> {
        loop {
            let Some((message, length)) = message::next(&self.read).map_err(meaning)? else {
                return Ok(None);
            };
            match message {
                Message::Packet { channel, begin } => {
                    let bytes = self.read.split_to(length);
                    return Ok(Some(Incoming::Packet { channel, bytes, begin }));
                }
                Message::Answer(answer) => {
                    self.read.advance(length);
                    return Ok(Some(Incoming::Answer(answer)));
                }
                Message::Request { method, head } => {
                    self.read.advance(length);
                    self.reply(&method, &head).await?;
                }
            }
        }
    }

    /// Waits for more bytes.
    pub(crate) async fn read_more(&mut self) -> Result<(), Trouble> {
        self.read.reserve(READ_BYTES);
        match self.stream.read_buf(&mut self.read).await {
            Ok(0) | Err(_) => Err(Trouble::Ended),
            Ok(_) => Ok(()),
        }
    }

    /// Some cameras ask, too: whether we are there, or to go elsewhere (section 10.10).
    async fn reply(&mut self, method: &str, head: &Head) -> Result<(), Trouble> {
        let status = match method {
            "OPTIONS" | "GET_PARAMETER" | "SET_PARAMETER" | "REDIRECT" | "ANNOUNCE" => "200 OK",
            _ => "501 Not Implemented",
        };
        let number = head.get("CSeq").unwrap_or("0");
        let text = format!("RTSP/1.0 {status}\r\nCSeq: {number}\r\n\r\n");
        self.stream.write_all(text.as_bytes()).await.map_err(|_| Trouble::Ended)?;
        match (method, head.get("Location")) {
            ("REDIRECT", Some(to)) => Err(Trouble::Redirected(to.to_owned())),
            _ => Ok(()),
        }
    }
}

fn meaning(unreadable: Unreadable) -> Trouble {
    match unreadable {
        Unreadable::NotRtsp => Trouble::NotRtsp,
        Unreadable::OutOfStep => Trouble::Misread(stream::out_of_step()),
        Unreadable::TooLong => Trouble::Misread(stream::endless_message()),
    }
}

/// Says what went wrong while the camera was asked.
impl Whose {
    fn refused_login(&self) -> Trouble {
        self.fault(401, String::new())
    }

    fn refused(&self, stage: Stage, answer: &Answer) -> Trouble {
        match (stage, answer.status, answer.head.get("Location")) {
            (_, 300..400, Some(to)) => Trouble::Redirected(to.to_owned()),
            // The description was given: an address that was put together wrongly is as likely as a refusal.
            (Stage::SetUp | Stage::Play, status, _) if ![403, 453, 503].contains(&status) => {
                Trouble::Unsuited(stream::request_refused(status))
            }
            (_, status, _) => {
                self.fault(status, answer.reason.chars().filter(|c| !c.is_control()).take(60).collect())
            }
        }
    }

    fn fault(&self, status: u16, reason: String) -> Trouble {
        Trouble::Fault(crate::video::error::status_fault(self.url.clone(), self.user.clone(), status, reason))
    }

    /// The camera said nothing in time.
    pub(super) fn no_answer(&self) -> Trouble {
        Trouble::Fault(Fault::NoAnswer { address: self.address.clone() })
    }
}
