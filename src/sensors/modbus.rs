//! Modbus devices: registers asked for one after the other, over TCP or a serial line.
//!
//! One task for each line. After *any* error, time-out or refusal the connection is closed, nothing is asked for as
//! long as that answer might still take, and the next question goes over a new one; `line` says why. A
//! device that keeps failing is asked less often, so that one dead device does not starve a bus.
//!
//! Source: "MODBUS Application Protocol Specification" V1.1b3. Register numbers are the protocol's, from 0:
//! what a manual calls 40018 is holding register 17.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_modbus::client::{Client as _, Context as Modbus};
use tokio_modbus::slave::SlaveContext as _;
use tokio_modbus::{Request, Response, Slave};
use tracing::{debug, warn};

use super::board::Desk;
use super::line::Line;
use super::{Retry, Timing};
use crate::analysis::sensor::RawReading;

/// A device that fails is asked no less often than this, unless it is asked more rarely anyway.
const SELDOM: Duration = Duration::from_secs(30);

/// One register of one device, and how often it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The device on the line: 1 to 247, 0 or 255 for a TCP device without a number.
    pub unit: u8,
    /// Which of its tables.
    pub table: Table,
    /// Number of the first register, from 0.
    pub register: u16,
    /// What the registers hold.
    pub kind: Kind,
    /// In which order.
    pub order: Order,
    /// How often it is asked.
    pub poll: Duration,
    /// How long an answer may take.
    pub timeout: Duration,
}

/// Table of a Modbus device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// Holding registers, function 3.
    Holding,
    /// Input registers, function 4.
    Input,
    /// Coils, function 1.
    Coil,
    /// Discrete inputs, function 2.
    Discrete,
}

/// What registers hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One register, unsigned.
    U16,
    /// One register, signed.
    I16,
    /// Two registers, unsigned.
    U32,
    /// Two registers, signed.
    I32,
    /// Two registers, IEEE 754.
    F32,
    /// One register or one bit: 0 is 0, anything else is 1.
    Bool,
}

/// Order of the four bytes of a number `ABCD` in two registers (of two bytes `AB` in one).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// `ABCD`: the standard's.
    Big,
    /// `CDAB`: the low register first. Usual.
    WordSwapped,
    /// `BADC`.
    ByteSwapped,
    /// `DCBA`.
    Little,
}

impl Question {
    fn registers(&self) -> u16 {
        match self.kind {
            Kind::U16 | Kind::I16 | Kind::Bool => 1,
            Kind::U32 | Kind::I32 | Kind::F32 => 2,
        }
    }

    fn request(&self) -> Request<'static> {
        match self.table {
            Table::Holding => Request::ReadHoldingRegisters(self.register, self.registers()),
            Table::Input => Request::ReadInputRegisters(self.register, self.registers()),
            Table::Coil => Request::ReadCoils(self.register, 1),
            Table::Discrete => Request::ReadDiscreteInputs(self.register, 1),
        }
    }

    /// The number in an answer; `None` if it is not the answer to this question.
    fn number(&self, answer: &Response) -> Option<f64> {
        match (self.table, answer) {
            (Table::Holding, Response::ReadHoldingRegisters(words))
            | (Table::Input, Response::ReadInputRegisters(words)) => (words.len()
                == usize::from(self.registers()))
            .then(|| decode(self.kind, self.order, words))?,
            // Bits come in whole bytes; the first is the one that was asked for.
            (Table::Coil, Response::ReadCoils(bits))
            | (Table::Discrete, Response::ReadDiscreteInputs(bits)) => {
                let bit = bits.first().filter(|_| bits.len() <= 8)?;
                Some(f64::from(u8::from(*bit)))
            }
            _ => None,
        }
    }
}

/// The number in one or two registers.
fn decode(kind: Kind, order: Order, words: &[u16]) -> Option<f64> {
    let swap_bytes = matches!(order, Order::ByteSwapped | Order::Little);
    let word = |i: usize| words.get(i).map(|word| if swap_bytes { word.swap_bytes() } else { *word });
    let (high, low) = match order {
        Order::Big | Order::ByteSwapped => (0, 1),
        Order::WordSwapped | Order::Little => (1, 0),
    };
    let double = || Some(u32::from(word(high)?) << 16 | u32::from(word(low)?));
    Some(match kind {
        Kind::U16 => f64::from(word(0)?),
        Kind::I16 => f64::from(word(0)?.cast_signed()),
        Kind::Bool => f64::from(u8::from(word(0)? != 0)),
        Kind::U32 => f64::from(double()?),
        Kind::I32 => f64::from(double()?.cast_signed()),
        Kind::F32 => f64::from(f32::from_bits(double()?)),
    })
}

/// A question and when it is asked next.
struct Turn {
    sensor: Arc<str>,
    question: Question,
    due: Instant,
    failures: u32,
}

impl Turn {
    /// Sets when it is asked next. What could not be asked in time is not made up for.
    fn over(&mut self, failed: bool) {
        self.failures = if failed { self.failures.saturating_add(1) } else { 0 };
        let poll = self.question.poll;
        let factor = 2_u32.checked_pow(self.failures.saturating_sub(1)).unwrap_or(u32::MAX);
        let wait = poll.saturating_mul(factor).min(SELDOM.max(poll));
        self.due = (self.due + wait).max(Instant::now());
    }
}

/// Asks, for ever.
pub(super) async fn ask(line: Line, questions: Vec<(Arc<str>, Question)>, desk: Desk, timing: Timing) {
    let now = Instant::now();
    let turn = |(sensor, question)| Turn { sensor, question, due: now, failures: 0 };
    let mut turns: Vec<Turn> = questions.into_iter().map(turn).collect();
    let mut retry = Retry::new(timing);
    let mut connection: Option<Modbus> = None;
    loop {
        let Some(next) = turns.iter_mut().min_by_key(|turn| turn.due) else { return };
        sleep_until(next.due).await;
        let modbus = match &mut connection {
            Some(open) => open,
            None => match open(&line, timing).await {
                Ok(opened) => connection.insert(opened),
                Err(error) => {
                    let trouble = format!("no connection to {line}: {error}");
                    warn!(%line, %error, "no connection to the Modbus line");
                    turns.iter().for_each(|turn| desk.trouble(&turn.sensor, &trouble));
                    sleep(retry.next_wait()).await;
                    continue;
                }
            },
        };
        sleep(line.pause()).await;
        let failure = match exchange(modbus, &next.question).await {
            Ok(number) => {
                retry.reset();
                desk.take(&next.sensor, RawReading::Value(number)).await;
                None
            }
            Err(Failed::Refused(why)) => {
                // It is there and cannot say: that is worth more than silence.
                let why = format!("the device refuses: {why}");
                desk.take(&next.sensor, RawReading::Unreadable(why.clone())).await;
                Some(why)
            }
            Err(Failed::Broken(why)) => {
                desk.trouble(&next.sensor, &format!("{line}, unit {}: {why}", next.question.unit));
                Some(why)
            }
        };
        next.over(failure.is_some());
        if let Some(why) = failure {
            debug!(%line, sensor = %next.sensor, why, "a Modbus question failed; the connection is made anew");
            // Dropped, not shut down: what the other side still says is not for us.
            connection = None;
            sleep(next.question.timeout).await;
        }
    }
}

async fn open(line: &Line, timing: Timing) -> std::io::Result<Modbus> {
    match timeout(timing.connect, line.open()).await {
        Ok(opened) => opened,
        Err(_) => Err(std::io::ErrorKind::TimedOut.into()),
    }
}

enum Failed {
    /// The device answered that it cannot.
    Refused(String),
    /// No answer, or none to this question.
    Broken(String),
}

/// One question and its answer.
async fn exchange(modbus: &mut Modbus, question: &Question) -> Result<f64, Failed> {
    modbus.set_slave(Slave(question.unit));
    let answer = match timeout(question.timeout, modbus.call(question.request())).await {
        Ok(Ok(Ok(answer))) => answer,
        Ok(Ok(Err(exception))) => return Err(Failed::Refused(exception.to_string())),
        Ok(Err(error)) => return Err(Failed::Broken(error.to_string())),
        Err(_) => {
            return Err(Failed::Broken(format!("no answer within {:?}", question.timeout)));
        }
    };
    question.number(&answer).ok_or(Failed::Broken("an answer that does not fit the question".to_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ORDERS: [Order; 4] = [Order::Big, Order::WordSwapped, Order::ByteSwapped, Order::Little];

    /// The four bytes of a number as each order lays them into two registers.
    fn laid(order: Order, [a, b, c, d]: [u8; 4]) -> [u16; 2] {
        let (first, second) = match order {
            Order::Big => ([a, b], [c, d]),
            Order::WordSwapped => ([c, d], [a, b]),
            Order::ByteSwapped => ([b, a], [d, c]),
            Order::Little => ([d, c], [b, a]),
        };
        [u16::from_be_bytes(first), u16::from_be_bytes(second)]
    }

    #[test]
    fn one_register_is_read_with_and_without_sign() {
        assert_eq!(decode(Kind::U16, Order::Big, &[0xfffe]), Some(65534.0));
        assert_eq!(decode(Kind::I16, Order::Big, &[0xfffe]), Some(-2.0));
        assert_eq!(
            decode(Kind::I16, Order::WordSwapped, &[0xfffe]),
            Some(-2.0),
            "one word has no word order"
        );
        assert_eq!(decode(Kind::U16, Order::Little, &[0x1234]), Some(f64::from(0x3412)));
        assert_eq!(decode(Kind::Bool, Order::Big, &[256]), Some(1.0));
        assert_eq!(decode(Kind::F32, Order::Big, &[1]), None, "half a number is none");
    }

    proptest! {
        #[test]
        fn two_registers_are_read_in_every_order(bits in any::<u32>(), order in proptest::sample::select(&ORDERS)) {
            let words = laid(order, bits.to_be_bytes());
            prop_assert_eq!(decode(Kind::U32, order, &words), Some(f64::from(bits)));
            prop_assert_eq!(decode(Kind::I32, order, &words), Some(f64::from(bits.cast_signed())));
            let float = decode(Kind::F32, order, &words).expect("a number");
            let wanted = f64::from(f32::from_bits(bits));
            prop_assert!(float == wanted || (float.is_nan() && wanted.is_nan()));
        }
    }

    #[test]
    fn an_answer_of_another_shape_is_no_answer() {
        let question = Question {
            unit: 1,
            table: Table::Holding,
            register: 0,
            kind: Kind::F32,
            order: Order::Big,
            poll: Duration::from_secs(1),
            timeout: Duration::from_secs(1),
        };
        assert_eq!(question.number(&Response::ReadHoldingRegisters(vec![0x3f80, 0])), Some(1.0));
        assert_eq!(question.number(&Response::ReadHoldingRegisters(vec![0x3f80])), None);
        assert_eq!(question.number(&Response::ReadHoldingRegisters(vec![0x3f80, 0, 0])), None);
        assert_eq!(question.number(&Response::ReadInputRegisters(vec![0x3f80, 0])), None);
        let coil = Question { table: Table::Coil, kind: Kind::Bool, ..question };
        assert_eq!(coil.number(&Response::ReadCoils(vec![true])), Some(1.0));
        assert_eq!(coil.number(&Response::ReadCoils(vec![])), None);
        assert_eq!(coil.number(&Response::ReadCoils(vec![false; 16])), None);
    }
}
