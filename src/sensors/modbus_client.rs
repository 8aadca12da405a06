//! One open connection to Modbus devices: a question, its answer, and everything that may come instead.
//!
//! Devices swallow what is asked too soon after they were connected, and slow ones answer when nobody waits any more.
//! Both are met by asking the *same* question again: whichever answer comes, it is one to this question. What may
//! still come afterwards is waited for before anything else is asked ([`super::modbus_transport`] says why).

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, timeout, timeout_at};

use super::modbus_frame::{Received, Request};
use super::modbus_transport::{Unsettled, Wire};
use crate::text::{Sentence, sensor};
use crate::types::modbus::Framing;

/// No answer is longer; what goes on and on is none.
const MOST_BYTES: usize = 1024;

/// An open connection.
pub(super) struct Connection {
    wire: Box<dyn Wire>,
    framing: Framing,
    /// When it was opened.
    pub(super) opened: Instant,
    /// Number of the last question.
    transaction: u16,
    /// Something was answered over it.
    pub(super) has_answered: bool,
    /// Bytes came behind the last answer.
    has_surplus: bool,
    /// More answers to the last question may come: nothing is asked before it was silent for so long.
    silence_first: Option<Duration>,
}

/// What was answered.
#[derive(Debug)]
pub(super) struct Answer {
    /// Registers or bits, or the number of the device's exception.
    pub(super) data: Result<Vec<u8>, u8>,
    /// How long after the opening the question was asked that this answers.
    pub(super) asked_after: Duration,
    /// How long it took.
    pub(super) took: Duration,
    /// How many questions were asked before the one that this answers.
    pub(super) swallowed: usize,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Failed {
    /// The other side closed the connection.
    Closed,
    /// Bytes came before anything was asked: the two sides disagree.
    Unasked,
    /// No byte was received.
    NoAnswer,
    /// Something came that is no answer; in words.
    Wrong(Sentence),
    /// The connection or the port does not work; in words.
    Broken(Sentence),
}

impl From<Unsettled> for Failed {
    fn from(unsettled: Unsettled) -> Self {
        match unsettled {
            Unsettled::Closed => Failed::Closed,
            Unsettled::Unasked => Failed::Unasked,
            Unsettled::Endless => Failed::Broken(sensor::bytes_without_end()),
            Unsettled::Broken(error) => Failed::of(&error),
        }
    }
}

impl Failed {
    fn of(error: &std::io::Error) -> Self {
        use std::io::ErrorKind::{
            BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, UnexpectedEof,
        };
        match error.kind() {
            BrokenPipe | ConnectionAborted | ConnectionReset | NotConnected | UnexpectedEof => Failed::Closed,
            _ => Failed::Broken(sensor::connection_failed(error.to_string())),
        }
    }
}

impl Connection {
    pub(super) fn new(wire: Box<dyn Wire>, framing: Framing) -> Self {
        Connection {
            wire,
            framing,
            opened: Instant::now(),
            transaction: 0,
            has_answered: false,
            has_surplus: false,
            silence_first: None,
        }
    }

    /// Asks; the same again after each `patience` without a byte, as long as `again_until` is not reached.
    pub(super) async fn ask(
        &mut self,
        request: &Request,
        patience: Duration,
        again_until: Option<Instant>,
    ) -> Result<Answer, Failed> {
        if let Some(silence) = self.silence_first.take() {
            self.wait_for_silence(silence).await?;
            self.has_surplus = false;
        }
        if std::mem::take(&mut self.has_surplus) && self.framing == Framing::Tcp {
            return Err(Failed::Unasked);
        }
        self.wire.settle()?;
        let mut asked: Vec<(u16, Instant)> = Vec::new();
        let mut bytes: Vec<u8> = Vec::new();
        loop {
            self.transaction = self.transaction.wrapping_add(1);
            let sent_at = Instant::now();
            asked.push((self.transaction, sent_at));
            let query = request.bytes(self.framing, self.transaction);
            self.wire.write_all(&query).await.map_err(|error| Failed::of(&error))?;
            self.wire.flush().await.map_err(|error| Failed::of(&error))?;
            if let Some(answer) = self.answer(request, &asked, &mut bytes, sent_at + patience).await? {
                // RTU does not say which of them was answered.
                if asked.len() > answer.swallowed + 1 || (self.framing == Framing::Rtu && asked.len() > 1) {
                    // A slow device takes as long for each of them as it took for the first.
                    self.silence_first = Some(asked[0].1.elapsed().mul_f32(1.5));
                }
                self.has_answered = true;
                return Ok(answer);
            }
            if !bytes.is_empty() {
                return Err(Failed::Wrong(request.explain(self.framing, &bytes)));
            }
            if again_until.is_none_or(|until| Instant::now() >= until) {
                return Err(Failed::NoAnswer);
            }
        }
    }

    async fn wait_for_silence(&mut self, silence: Duration) -> Result<(), Failed> {
        let mut unread = Vec::new();
        for _ in 0..MOST_BYTES {
            match timeout(silence, self.wire.read_buf(&mut unread)).await {
                Err(_) => return Ok(()),
                Ok(Ok(0)) => return Err(Failed::Closed),
                Ok(Ok(_)) => unread.clear(),
                Ok(Err(error)) => return Err(Failed::of(&error)),
            }
        }
        Err(Failed::Unasked)
    }

    /// Waits for an answer to any of what was asked; `None` if none came in time.
    async fn answer(
        &mut self,
        request: &Request,
        asked: &[(u16, Instant)],
        bytes: &mut Vec<u8>,
        until: Instant,
    ) -> Result<Option<Answer>, Failed> {
        let numbers: Vec<u16> = asked.iter().map(|(number, _)| *number).collect();
        loop {
            match timeout_at(until, self.wire.read_buf(bytes)).await {
                Err(_) => return Ok(None),
                Ok(Ok(0)) => return Err(Failed::Closed),
                Ok(Ok(_)) => {}
                Ok(Err(error)) => return Err(Failed::of(&error)),
            }
            match request.receive(self.framing, &numbers, bytes) {
                Received::Incomplete if bytes.len() < MOST_BYTES => {}
                Received::Incomplete => {
                    return Err(Failed::Wrong(request.explain(self.framing, bytes)));
                }
                Received::Other(why) => return Err(Failed::Wrong(why)),
                Received::Answer { transaction, data, length } => {
                    self.has_surplus = bytes.len() > length;
                    let answered = |number| numbers.iter().position(|asked| *asked == number);
                    let last = numbers.len() - 1;
                    let swallowed = transaction.and_then(answered).unwrap_or(last);
                    let asked_at = asked[swallowed].1;
                    return Ok(Some(Answer {
                        data,
                        asked_after: asked_at.duration_since(self.opened),
                        took: asked_at.elapsed(),
                        swallowed,
                    }));
                }
            }
        }
    }
}
