//! Modbus devices: registers asked for one after the other, over TCP or a serial line.
//!
//! One task for each line. What devices do besides answering is met where it can be met without a word:
//!
//! - one that swallows what it is asked in the first seconds is asked again over the same connection, and next time
//!   later ([`ConnectPause`]);
//! - one that closes the connection after each answer, or when nothing was asked for a while, gets a new one within
//!   the same poll;
//! - one that answers later than it may is waited for longer.
//!
//! What takes a hand is said with what to set: another unit number, RTU frames over TCP, a manual's register number.
//! A device that keeps failing is asked less often, so that one dead device does not starve a bus.
//!
//! Source: "MODBUS Application Protocol Specification" V1.1b3. Register numbers are the protocol's, from 0:
//! what a manual calls 40018 is holding register 17.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tracing::debug;

use super::latest_values::ReadingSink;
use super::modbus_client::{Answer, Connection, Failed};
use super::modbus_frame::Request;
use super::modbus_transport::{GREETING, Line};
use super::source::{Polled, Running, SensorTransport};
use super::state_log::{LogLine, StateLog};
use super::{Retry, Timing};
use crate::analysis::sensor::RawReading;
use crate::text::{Sentence, box_log, log_info, log_warn, sensor as text, sentences, time::within};
use crate::types::modbus::{Framing, Kind, Order, Table};

sentences! {
    source {
        asked_at(every, unit, address):
            "asked every {every} of unit {unit} at {address}",
            "每 {every} 查询一次 {address} 的从站 {unit}";
        asked_on(every, unit, device):
            "asked every {every} of unit {unit} on {device}",
            "每 {every} 查询一次串口 {device} 上的从站 {unit}";
    }
}

/// A device that fails is asked no less often than this, unless it is asked more rarely anyway.
const SELDOM: Duration = Duration::from_secs(30);

/// A register that is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Poll {
    /// The line of the device. Sensors with the same line share it.
    pub line: Line,
    /// What is asked.
    pub query: RegisterQuery,
}

impl SensorTransport for Poll {
    fn described(&self) -> Sentence {
        let RegisterQuery { poll, unit, .. } = &self.query;
        let (every, line) = (format!("{poll:?}"), self.line.to_string());
        match &self.line {
            Line::Tcp { .. } => source::asked_at(every, *unit, line),
            Line::Rtu(_) => source::asked_on(every, *unit, line),
        }
    }

    fn polled(&self) -> Option<Polled> {
        Some(Polled { every: self.query.poll, answer_within: self.query.timeout })
    }

    fn device(&self) -> Option<&Path> {
        match &self.line {
            Line::Tcp { .. } => None,
            Line::Rtu(serial) => Some(Path::new(&serial.device)),
        }
    }

    fn start(wanted: Vec<(Arc<str>, Self)>, running: &Running, tasks: &mut JoinSet<()>) {
        let mut by_line: BTreeMap<Line, Vec<(Arc<str>, RegisterQuery)>> = BTreeMap::new();
        for (sensor, Poll { line, query }) in wanted {
            by_line.entry(line).or_default().push((sensor, query));
        }
        for (line, queries) in by_line {
            tasks.spawn(ask(line, queries, running.sink.clone(), running.timing));
        }
    }
}

/// One register of one device, and how often it is polled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterQuery {
    /// The device on the line: 1 to 247, 0 or 255 for a TCP device without a number.
    pub unit: u8,
    /// The register table.
    pub table: Table,
    /// Number of the first register, from 0.
    pub register: u16,
    /// What the registers hold.
    pub kind: Kind,
    /// The order of the registers.
    pub order: Order,
    /// The polling period.
    pub poll: Duration,
    /// How long an answer may take.
    pub timeout: Duration,
    /// How long a device is left in peace after it was connected; learned if not given. The longest on a line counts.
    pub connect_pause: Option<Duration>,
    /// An answer with another device's number is taken all the same.
    pub any_unit: bool,
    /// What to try if the device has no such register.
    pub if_missing: Option<Sentence>,
}

impl RegisterQuery {
    fn registers(&self) -> u16 {
        match self.kind {
            Kind::U16 | Kind::I16 | Kind::Bool => 1,
            Kind::U32 | Kind::I32 | Kind::F32 => 2,
        }
    }

    fn request(&self) -> Request {
        let (function, count) = match self.table {
            Table::Holding => (3, self.registers()),
            Table::Input => (4, self.registers()),
            Table::Coil => (1, 1),
            Table::Discrete => (2, 1),
        };
        Request { unit: self.unit, function, first: self.register, count, any_unit: self.any_unit }
    }

    /// The number in an answer's data; `None` if it is shorter than what was asked.
    fn number(&self, data: &[u8]) -> Option<f64> {
        match self.table {
            Table::Holding | Table::Input => {
                let words: Vec<u16> =
                    data.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
                decode(self.kind, self.order, &words)
            }
            // Bits come in whole bytes; the lowest is the one that was asked for.
            Table::Coil | Table::Discrete => data.first().map(|bits| f64::from(bits & 1)),
        }
    }

    /// A refusal in words, with what to try.
    fn refusal(&self, exception: u8) -> Sentence {
        text::refused(match exception {
            1 => text::illegal_function(match self.table {
                Table::Holding => text::holding_registers(),
                Table::Input => text::input_registers(),
                Table::Coil => text::coils(),
                Table::Discrete => text::discrete_inputs(),
            }),
            2 => match &self.if_missing {
                Some(hint) => text::illegal_address_try(hint.clone()),
                None => text::illegal_address(),
            },
            3 => text::illegal_value(),
            4 => text::device_failure(),
            5 => text::needs_longer(),
            6 => text::device_busy(),
            8 => text::parity_error(),
            10 => text::gateway_path(),
            11 => text::gateway_target(self.unit),
            other => text::exception(other),
        })
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

/// A query and the time of its next poll.
struct ScheduledQuery {
    sensor: Arc<str>,
    query: RegisterQuery,
    due: Instant,
    failures: u32,
}

impl ScheduledQuery {
    /// Schedules the next poll. Missed polls are not made up for.
    fn over(&mut self, failed: bool) {
        self.failures = if failed { self.failures.saturating_add(1) } else { 0 };
        let poll = self.query.poll;
        let factor = 2_u32.checked_pow(self.failures.saturating_sub(1)).unwrap_or(u32::MAX);
        let wait = poll.saturating_mul(factor).min(SELDOM.max(poll));
        self.due = (self.due + wait).max(Instant::now());
    }
}

/// Asks, for ever.
async fn ask(line: Line, queries: Vec<(Arc<str>, RegisterQuery)>, sink: ReadingSink, timing: Timing) {
    let now = Instant::now();
    let pause = queries.iter().filter_map(|(_, query)| query.connect_pause).max();
    let mut session = Session::new(line, timing, pause, &sink);
    let turn = |(sensor, query)| ScheduledQuery { sensor, query, due: now, failures: 0 };
    let mut turns: Vec<ScheduledQuery> = queries.into_iter().map(turn).collect();
    loop {
        let Some(next) = turns.iter_mut().min_by_key(|turn| turn.due) else { return };
        sleep_until(next.due).await;
        let answer = match session.poll(&next.query, next.failures > 0, &sink).await {
            Err(Lost::NotOpened(why)) => {
                let trouble = text::no_connection(session.line.to_string(), why);
                turns.iter().for_each(|turn| sink.trouble(&turn.sensor, trouble.clone()));
                sleep(session.retry.next_wait()).await;
                continue;
            }
            Err(Lost::Unanswered(why)) => Err(why),
            Ok(data) => Ok(data),
        };
        let query = &next.query;
        match answer {
            Ok(Ok(data)) => {
                let number = query.number(&data).map(RawReading::Value);
                let short = || RawReading::Unreadable(text::answer_too_short().into());
                sink.take(&next.sensor, number.unwrap_or_else(short)).await;
                next.over(false);
            }
            Ok(Err(exception)) => {
                // It is there and cannot say: that is worth more than silence.
                sink.take(&next.sensor, RawReading::Unreadable(query.refusal(exception).into())).await;
                // Behind a gateway each question for a dead device costs the others a time-out.
                next.over(matches!(exception, 10 | 11));
            }
            Err(why) => {
                let line = &session.line;
                debug!(%line, sensor = %next.sensor, %why, "a Modbus question failed");
                sink.trouble(&next.sensor, text::of_unit(line.to_string(), query.unit, why));
                next.over(true);
                sleep(next.query.timeout).await;
            }
        }
    }
}

/// Why a poll has no answer.
enum Lost {
    /// No connection.
    NotOpened(String),
    /// No answer, or none to this query.
    Unanswered(Sentence),
}

/// A line and what was learned of the devices on it.
struct Session {
    line: Line,
    timing: Timing,
    retry: Retry,
    log: StateLog<Option<String>>,
    connection: Option<Connection>,
    pause: ConnectPause,
    /// The longest that an answer took which came after its time.
    slowest: Duration,
    /// Something was ever answered.
    has_answered: bool,
    /// Failures in a row over one serial port.
    failures: u32,
    /// What is wrong with the framing, and when that was tried last.
    framing_hint: Option<Sentence>,
    framing_tried: Option<Instant>,
}

/// A serial port over which so many questions in a row failed is opened anew. Not after each: boards that begin anew when
/// their port is opened would never get to answer.
const FAILURES_OF_A_PORT: u32 = 5;
/// A line on which nothing was ever answered is asked in the other framing so often.
const TRY_FRAMING_EVERY: Duration = Duration::from_secs(3600);
/// Longest that an answer is waited for because earlier ones were late.
const MOST_PATIENCE: Duration = Duration::from_secs(10);

impl Session {
    fn new(line: Line, timing: Timing, pause: Option<Duration>, sink: &ReadingSink) -> Self {
        Session {
            line,
            timing,
            retry: Retry::new(timing),
            log: StateLog::new(None, sink.now()),
            connection: None,
            pause: ConnectPause::new(pause),
            slowest: Duration::ZERO,
            has_answered: false,
            failures: 0,
            framing_hint: None,
            framing_tried: None,
        }
    }

    /// One question and its answer, or the device's exception. A connection that turns out to be of no use any more is
    /// made anew once.
    async fn poll(
        &mut self,
        query: &RegisterQuery,
        is_failing: bool,
        sink: &ReadingSink,
    ) -> Result<Result<Vec<u8>, u8>, Lost> {
        let was_in_use = self.connection.as_ref().is_some_and(|connection| connection.has_answered);
        let is_network = matches!(self.line, Line::Tcp { .. });
        let mut answer = self.once(query, is_failing, sink).await?;
        let is_stale = match &answer {
            Err(Failed::Closed | Failed::Unasked | Failed::Broken(_)) => true,
            // What forgets idle connections (a firewall, a modem) says nothing either.
            Err(Failed::NoAnswer) => is_network && !is_failing,
            Err(Failed::Wrong(_)) | Ok(_) => false,
        };
        if was_in_use && is_stale {
            self.connection = None;
            debug!(line = %self.line, "the connection was of no use any more; asking again over a new one");
            answer = self.once(query, is_failing, sink).await?;
        }
        let why = match answer {
            Ok(answer) => return Ok(answer.data),
            Err(Failed::Closed) => text::closed(),
            Err(Failed::Unasked) => text::unasked(),
            Err(Failed::Wrong(why) | Failed::Broken(why)) => why,
            Err(Failed::NoAnswer) => {
                self.try_framing(query).await;
                let hint = self.framing_hint.clone();
                hint.unwrap_or_else(|| text::no_answer(within(query.timeout)))
            }
        };
        Err(Lost::Unanswered(why))
    }

    /// Asks over the connection that there is, or a new one.
    async fn once(
        &mut self,
        query: &RegisterQuery,
        is_failing: bool,
        sink: &ReadingSink,
    ) -> Result<Result<Answer, Failed>, Lost> {
        let request = query.request();
        let mut connection = match self.connection.take() {
            Some(open) => open,
            None => self.open(sink).await?,
        };
        sleep(self.line.pause()).await;
        let is_new = !connection.has_answered;
        let again_until = match is_new && (!is_failing || !self.has_answered) {
            true => {
                Some(connection.opened + self.timing.first_answer.max(self.pause.length() + query.timeout))
            }
            false => None,
        };
        let patience = query.timeout.max(self.slowest.mul_f32(1.5).min(MOST_PATIENCE));
        let answer = connection.ask(&request, patience, again_until).await;
        let keep = match &answer {
            Ok(answer) => {
                self.answered(answer, is_new, query.timeout);
                true
            }
            Err(failed) => self.failed(failed, is_new),
        };
        self.connection = keep.then_some(connection);
        Ok(answer)
    }

    async fn open(&mut self, sink: &ReadingSink) -> Result<Connection, Lost> {
        let opened = match timeout(self.timing.connect, self.line.open()).await {
            Ok(opened) => opened,
            Err(_) => Err(std::io::ErrorKind::TimedOut.into()),
        };
        let line = &self.line;
        match opened {
            Ok(wire) => {
                if let LogLine::Changed { .. } = self.log.note(None, false, sink.now()) {
                    log_info!(box_log::modbus_line_back(); %line);
                }
                let connection = Connection::new(wire, line.framing());
                // What comes now is noticed before the first question is written.
                sleep(self.pause.length().max(GREETING)).await;
                Ok(connection)
            }
            Err(error) => {
                let why = error.to_string();
                match self.log.note(Some(why.clone()), true, sink.now()) {
                    LogLine::Nothing => {}
                    LogLine::Changed { changes_left_out } => {
                        log_warn!(box_log::no_modbus_line(); %line, %error, changes_left_out);
                    }
                    LogLine::Still { times, changes_left_out } => {
                        log_warn!(box_log::still_no_modbus_line(); %line, %error, times, changes_left_out);
                    }
                }
                Err(Lost::NotOpened(why))
            }
        }
    }

    fn answered(&mut self, answer: &Answer, is_new: bool, timeout: Duration) {
        let line = &self.line;
        self.retry.reset();
        (self.has_answered, self.failures, self.framing_hint) = (true, 0, None);
        let is_late = answer.took > timeout;
        if is_late && answer.took > self.slowest {
            if self.slowest.is_zero() {
                let took_secs = answer.took.as_secs_f32();
                log_warn!(box_log::modbus_answers_late(); %line, took_secs = %format_args!("{took_secs:.1}"));
            }
            self.slowest = answer.took;
        }
        if is_new && let Some(learned) = self.pause.answered(answer, is_late) {
            let secs = learned.as_secs_f32();
            log_info!(box_log::modbus_pause_learned(); %line, secs = %format_args!("{secs:.1}"));
        }
    }

    /// Whether the connection may be used further.
    fn failed(&mut self, failed: &Failed, is_new: bool) -> bool {
        if is_new && matches!(failed, Failed::Closed) {
            self.pause.closed_at_once();
        }
        self.failures = self.failures.saturating_add(1);
        // Closed, not shut down: what the other side still says is not for us.
        let may_stay = match self.line {
            Line::Tcp { .. } => false,
            Line::Rtu(_) => {
                matches!(failed, Failed::NoAnswer | Failed::Wrong(_)) && self.failures < FAILURES_OF_A_PORT
            }
        };
        if !may_stay {
            self.failures = 0;
        }
        may_stay
    }

    /// Asks once in the other framing where nothing was ever answered: what to set is then known.
    async fn try_framing(&mut self, query: &RegisterQuery) {
        let is_due = self.framing_tried.is_none_or(|tried| tried.elapsed() >= TRY_FRAMING_EVERY);
        let Line::Tcp { host, port, framing } = &self.line else { return };
        if self.has_answered || !is_due {
            return;
        }
        self.framing_tried = Some(Instant::now());
        let other = Line::Tcp { host: host.clone(), port: *port, framing: framing.other() };
        let Ok(Ok(wire)) = timeout(self.timing.connect, other.open()).await else { return };
        sleep(self.pause.length().max(GREETING)).await;
        let mut connection = Connection::new(wire, other.framing());
        let answer = connection.ask(&query.request(), query.timeout, None).await;
        self.framing_hint = answer.is_ok().then(|| match framing {
            Framing::Tcp => text::use_rtu(),
            Framing::Rtu => text::use_tcp(),
        });
    }
}

/// How long a device is left in peace after it was connected. Configured, or learned: some swallow what they are asked in
/// the first seconds, some close the connection on who asks too soon.
struct ConnectPause {
    configured: Option<Duration>,
    learned: Duration,
    /// When after connecting it began to answer the last time that something was swallowed.
    seen: Option<Duration>,
    /// Connections in a row that were closed on the first question.
    closed: usize,
}

/// What is tried with a device that closes the connection on the first question. The longest is what people set for the
/// slowest inverters.
const PAUSES: [Duration; 5] =
    [Duration::ZERO, Duration::ZERO, Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(5)];

impl ConnectPause {
    fn new(configured: Option<Duration>) -> Self {
        ConnectPause { configured, learned: Duration::ZERO, seen: None, closed: 0 }
    }

    fn length(&self) -> Duration {
        let tried = PAUSES.get(self.closed).copied().unwrap_or(Duration::ZERO);
        self.configured.unwrap_or(self.learned.max(tried))
    }

    /// The first answer over a new connection. What was learned, if it is something new.
    fn answered(&mut self, answer: &Answer, is_late: bool) -> Option<Duration> {
        let before = self.learned;
        self.learned = self.length();
        self.closed = 0;
        if answer.swallowed > 0 && !is_late {
            // Once may be a device that was just starting; the second time it is its way.
            if let Some(seen) = self.seen.replace(answer.asked_after) {
                // A little more: the device's clock began a moment later.
                self.learned = self.learned.max(seen.min(answer.asked_after).mul_f32(1.1));
            }
        }
        (self.configured.is_none() && self.learned > before).then_some(self.learned)
    }

    fn closed_at_once(&mut self) {
        self.closed = (self.closed + 1) % PAUSES.len();
    }
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

    const QUESTION: RegisterQuery = RegisterQuery {
        unit: 1,
        table: Table::Holding,
        register: 0,
        kind: Kind::F32,
        order: Order::Big,
        poll: Duration::from_secs(1),
        timeout: Duration::from_secs(1),
        connect_pause: None,
        any_unit: false,
        if_missing: None,
    };

    #[test]
    fn an_answer_is_read_as_its_kind_and_never_past_its_end() {
        assert_eq!(QUESTION.number(&[0x3f, 0x80, 0, 0]), Some(1.0));
        assert_eq!(QUESTION.number(&[0x3f, 0x80]), None);
        let coil = RegisterQuery { table: Table::Coil, kind: Kind::Bool, ..QUESTION };
        assert_eq!((coil.number(&[1]), coil.number(&[0xfe]), coil.number(&[])), (Some(1.0), Some(0.0), None));
    }

    #[test]
    fn a_refusal_says_what_to_try() {
        let asked = |table, hint: Option<&str>| RegisterQuery {
            table,
            if_missing: hint.map(crate::text::foreign::words),
            ..QUESTION
        };
        for (query, exception, said) in [
            (asked(Table::Holding, None), 2, "the device refuses: Illegal data address"),
            (asked(Table::Holding, Some("try 0")), 2, "the device refuses: Illegal data address; try 0"),
            (
                asked(Table::Holding, None),
                1,
                "the device refuses: Illegal function: it has no holding registers; does it have them as table = \"input\"?",
            ),
            (
                asked(Table::Holding, None),
                11,
                "the device refuses: Gateway target device failed to respond: check unit 1 and its wiring",
            ),
            (asked(Table::Holding, None), 99, "the device refuses: exception 99"),
        ] {
            assert_eq!(query.refusal(exception).to_string(), said);
        }
    }

    #[test]
    fn a_pause_is_learned_when_it_happened_twice() {
        let answer = |secs, swallowed| Answer {
            data: Ok(Vec::new()),
            asked_after: Duration::from_secs(secs),
            took: Duration::ZERO,
            swallowed,
        };
        let mut pause = ConnectPause::new(None);
        assert_eq!(pause.answered(&answer(8, 7), false), None, "it may just have been starting");
        assert_eq!(pause.length(), Duration::ZERO);
        let learned = pause.answered(&answer(2, 2), false).expect("it was learned");
        assert!((2.1..2.3).contains(&learned.as_secs_f32()), "{learned:?}");
        assert_eq!(pause.answered(&answer(2, 0), false), None);
        assert_eq!(pause.length(), learned);
        let mut slow = ConnectPause::new(None);
        for _ in 0..3 {
            assert_eq!(slow.answered(&answer(2, 1), true), None, "a late answer was not swallowed");
        }
        let mut set = ConnectPause::new(Some(Duration::from_secs(1)));
        for _ in 0..3 {
            assert_eq!(set.answered(&answer(4, 3), false), None);
        }
        assert_eq!(set.length(), Duration::from_secs(1), "what is set counts");
        let mut touchy = ConnectPause::new(None);
        for secs in [0, 1, 2] {
            touchy.closed_at_once();
            assert_eq!(touchy.length(), Duration::from_secs(secs));
        }
        assert_eq!(touchy.answered(&answer(2, 0), false), Some(Duration::from_secs(2)));
    }
}
