//! The thread that carries commands from the wire to those who carry them out, and answers to the outbox.
//!
//! Before anything takes effect it is in the audit log and, where it is signed, among the requests that are never
//! carried out again, both on disk. Must never decide whether a command is allowed: `mqtt` checked form, signature and
//! role; the analysis and the main thread check sense.

mod rate_limit;
mod refusal_stats;
mod replay_guard;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::Sender as Notes;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use parking_lot::RwLock;
use tokio::sync::mpsc::{Receiver, UnboundedReceiver, UnboundedSender, unbounded_channel};
use tracing::{debug, error, info, warn};

use crate::analysis::alert::{Acknowledgement, AlertId};
use crate::analysis::alert_lifecycle::AlertError;
use crate::audit::{Audit, Entry};
use crate::clock::Clock;
use crate::contract::Sender;
use crate::contract::alert::{Acknowledged, SeqData};
use crate::contract::command::{
    Outcome, Refusal, ReplyData, SealedOriginal, SelftestResult, SnapshotPicture, Unanswered,
};
use crate::contract::words::Time;
use crate::mqtt::{Ask, Command, Order, Refusal as Refused};
use crate::outbox::{Kind, Outbox, Record, Seq};

use super::Control;
use super::analysis_thread::{AnalysisQueue, Note};
use crate::lifeline;
use rate_limit::{LeftOut, Pace, Paced};
pub use refusal_stats::Tally;
use replay_guard::{Seen, Turn};

/// How often what was only counted is written down.
const SUM_UP_EVERY: Duration = Duration::from_secs(10);

/// What a command needs to take effect.
pub struct Parts {
    /// Knows the alerts.
    pub analyst: AnalysisQueue,
    /// The main thread, which knows the rest.
    pub control: Notes<Control>,
    /// Where answers go.
    pub outbox: Outbox,
    /// Who answers.
    pub sender: Sender,
    /// What is written down.
    pub audit: Arc<Audit>,
    /// What was refused already.
    pub refusal_stats: Arc<Tally>,
    /// The time.
    pub clock: Clock,
    /// For the times that people read.
    pub zone: SiteZone,
}

/// The site's time zone; another configuration may change it.
pub type SiteZone = Arc<RwLock<TimeZone>>;

/// Hears what became of a command.
pub type Answering = Box<dyn FnOnce(Answer) + Send>;

/// What became of a command.
#[derive(Debug)]
pub struct Answer {
    outcome: Outcome,
    code: Option<Refusal>,
    message: Option<String>,
    acknowledged: Option<Acknowledged>,
    health: Option<SelftestResult>,
    picture: Option<SnapshotPicture>,
    original: Option<SealedOriginal>,
    unanswered: Option<Unanswered>,
}

impl Answer {
    /// Done, with a word about it where there is one to say.
    pub fn done(message: Option<String>) -> Self {
        Answer {
            outcome: Outcome::Done,
            code: None,
            message,
            acknowledged: None,
            health: None,
            picture: None,
            original: None,
            unanswered: None,
        }
    }

    /// It was so before.
    pub fn already(message: impl Into<String>) -> Self {
        Answer { outcome: Outcome::Already, message: Some(message.into()), ..Answer::done(None) }
    }

    /// Somebody else was faster; the time is in the site's zone.
    fn taken_by(before: Acknowledgement, zone: &TimeZone) -> Self {
        let since = before.at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S");
        let message = format!("{} took this alert on at {since}", before.by);
        Answer { acknowledged: Some(before.into()), ..Answer::already(message) }
    }

    /// Not done, and sending it again will not help.
    pub fn refused(code: Refusal, message: impl Into<String>) -> Self {
        let (code, message) = (Some(code), Some(message.into()));
        Answer { outcome: Outcome::Refused, code, message, ..Answer::done(None) }
    }

    /// Not done for trouble in the box.
    pub fn failed(message: impl Into<String>) -> Self {
        Answer { outcome: Outcome::Failed, ..Answer::refused(Refusal::Storage, message) }
    }

    /// The picture that was asked for.
    pub fn picture(made: Result<SnapshotPicture, String>) -> Self {
        match made {
            Ok(picture) => Answer { picture: Some(picture), ..Answer::done(None) },
            Err(why) => Answer::refused(Refusal::Unavailable, why),
        }
    }

    /// The sealed original that was asked for, on its way.
    pub fn original(sealed: SealedOriginal) -> Self {
        Answer { original: Some(sealed), ..Answer::done(None) }
    }

    /// How the box does.
    pub fn health(health: SelftestResult) -> Self {
        Answer { health: Some(health), ..Answer::done(None) }
    }
}

/// What the thread hears from inside the daemon.
enum Word {
    Finished(Box<Finished>),
    Stop,
}

/// The running thread.
pub struct Commands {
    words: UnboundedSender<Word>,
    thread: JoinHandle<()>,
}

impl Commands {
    /// Ends it when what is finished by now was answered and what was counted is written down.
    pub fn stop(self, deadline: Duration) {
        let until = Instant::now() + deadline;
        // Fails only if the thread is gone, and then there is nothing to stop.
        let _ = self.words.send(Word::Stop);
        while !self.thread.is_finished() {
            if Instant::now() >= until {
                error!("the command thread did not end in time and is left behind");
                return;
            }
            thread::park_timeout(Duration::from_millis(5));
        }
        if self.thread.join().is_err() {
            error!("the command thread ended with a panic");
        }
    }
}

/// A command whose answer is known.
struct Finished {
    order: Box<Order>,
    answer: Answer,
}

/// Starts the thread. `folder` keeps what was carried out.
///
/// # Errors
/// The folder cannot be used, or no thread can be started.
pub fn start(commands: Receiver<Command>, folder: &Path, parts: Parts) -> io::Result<Commands> {
    let seen = Seen::open(folder)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    // As many wait here as were handed out, and those are bounded by the queues that they wait in.
    let (words, heard) = unbounded_channel();
    let finished_to = words.clone();
    let desk = Desk { parts, seen, pace: Pace::default(), finished_to };
    let thread = thread::Builder::new().name("commands".to_owned()).spawn(move || {
        let _essential = lifeline::essential("commands");
        runtime.block_on(desk.work(commands, heard));
    })?;
    Ok(Commands { words, thread })
}

struct Desk {
    parts: Parts,
    seen: Seen,
    pace: Pace,
    finished_to: UnboundedSender<Word>,
}

impl Desk {
    async fn work(mut self, mut commands: Receiver<Command>, mut heard: UnboundedReceiver<Word>) {
        let mut sum_up = tokio::time::interval(SUM_UP_EVERY);
        loop {
            tokio::select! {
                // Answers first: a desk that floods the box must not keep others from hearing.
                biased;
                Some(word) = heard.recv() => match word {
                    Word::Finished(one) => self.finish(*one),
                    Word::Stop => break,
                },
                command = commands.recv() => match command {
                    Some(Command::Order(order)) => self.take(order),
                    Some(Command::Mark { stream, n }) => {
                        debug!(stream, n, "the command centre has stored everything so far");
                    }
                    None => break,
                },
                _ = sum_up.tick() => {
                    self.parts.refusal_stats.write_down(&self.parts.audit);
                    self.tell_left_out();
                }
            }
        }
        self.tell_left_out();
        self.parts.refusal_stats.write_down(&self.parts.audit);
    }

    /// Takes note of a command, then has it carried out.
    fn take(&mut self, order: Box<Order>) {
        let key = order.signer.as_ref().map(|signer| signer.key.clone());
        let why = "too many commands of one key; try again later, those that follow are counted and not answered one by one";
        match self.pace.take(key.as_deref().unwrap_or(""), &order.request_id, self.parts.clock.now()) {
            Paced::Go => {}
            Paced::TooMany => return self.refuse(&order, Answer::refused(Refusal::Busy, why)),
            Paced::StillTooMany => {
                // Not a line each: who holds a key must not be able to wash the log away.
                let (kind, at, why) = (Refusal::Busy, order.at, why.to_owned());
                let (request_id, verb) = (Some(order.request_id), order.command);
                return self.parts.refusal_stats.refused(&Refused {
                    kind,
                    request_id,
                    key,
                    verb,
                    why,
                    at,
                    unanswered: None,
                });
            }
        }
        match self.note(&order) {
            Ok(Turn::Fresh) => self.carry_out(order),
            Ok(Turn::Already) => {
                let answer = Answer::already("this request was answered before; nothing was done again");
                self.log("finished", &order, Some(&answer));
                self.reply(&order, answer);
            }
            Ok(Turn::CounterTooLow(highest)) => {
                let why = format!(
                    "the box's clock is not set, and `counter` is not above {highest}, the highest of this key so far"
                );
                self.refuse(&order, Answer::refused(Refusal::Expired, why));
            }
            Ok(Turn::TooMany) => {
                let why = "too many commands are remembered; try again when some have expired";
                self.refuse(&order, Answer::refused(Refusal::Busy, why));
            }
            Err(error) => {
                error!(%error, command = order.command, "a command could not be written down, so it is not carried out");
                let why = format!("the box could not write it down: {error}");
                self.reply(&order, Answer::failed(why));
            }
        }
    }

    /// One answer to each key of which too many came, for those that got none.
    fn tell_left_out(&mut self) {
        for (key, LeftOut { count, from, until, request_ids }) in self.pace.take_left_out() {
            let of =
                if key.is_empty() { "without a signature".to_owned() } else { format!("of the key `{key}`") };
            let why = format!(
                "{count} more commands {of} came too fast from {from} until {until}; they were not carried out and not answered: send them again, more slowly"
            );
            let (from, until) = (Time(from), Time(until));
            let unanswered = Some(Unanswered { count, from, until, request_ids });
            let answer = Answer { unanswered, ..Answer::refused(Refusal::Busy, why) };
            self.say(String::new(), "several".to_owned(), answer);
        }
    }

    /// On disk before it takes effect.
    fn note(&mut self, order: &Order) -> io::Result<Turn> {
        // A configuration has its version, which never goes back.
        if let Some(signer) = order.signer.as_ref().filter(|_| !matches!(order.ask, Ask::Config(_))) {
            match self.seen.begin(&signer.key, order)? {
                Turn::Fresh => {}
                other => return Ok(other),
            }
        }
        let written = self.parts.audit.record(order.at, entry("accepted", order, None));
        if let (Err(_), Some(signer)) = (&written, &order.signer) {
            // It will not take effect, so it may come again.
            self.seen.finish(&signer.key, &order.request_id, false)?;
        }
        written.map(|()| Turn::Fresh)
    }

    fn carry_out(&mut self, order: Box<Order>) {
        info!(
            command = order.command,
            by = order.by,
            key = order.signer.as_ref().map(|s| &*s.key),
            "a command"
        );
        let to = self.finished_to.clone();
        let (ask, kept) = (order.ask.clone(), order.clone());
        // The thread is gone only when the daemon is stopping; the centre hears nothing and sends it again.
        let answering: Answering =
            Box::new(move |answer| drop(to.send(Word::Finished(Box::new(Finished { order: kept, answer })))));
        let taken = match ask {
            Ask::Ack { alert_id, note } => {
                let alert = AlertId(Arc::from(alert_id.as_str()));
                let acknowledgement = Acknowledgement { by: order.by.clone(), at: order.at, note };
                let zone = self.parts.zone.clone();
                let reply = Box::new(move |taken| answering(acknowledged(taken, &zone.read())));
                self.parts.analyst.send(Note::Acknowledge { alert, acknowledgement, reply }).is_ok()
            }
            _ => self.parts.control.send(Control::Order(order, answering)).is_ok(),
        };
        if !taken {
            warn!("a command came too late");
        }
    }

    fn finish(&mut self, Finished { order, answer }: Finished) {
        self.log("finished", &order, Some(&answer));
        if let Some(signer) = &order.signer {
            let settled = answer.outcome != Outcome::Failed;
            if let Err(error) = self.seen.finish(&signer.key, &order.request_id, settled) {
                warn!(%error, "that a command was carried out could not be written down");
            }
        }
        // A kept configuration comes again at every connection; that it is known is no news.
        if !(order.retained && answer.outcome == Outcome::Already) {
            self.reply(&order, answer);
        }
    }

    fn refuse(&self, order: &Order, answer: Answer) {
        self.log("refused", order, Some(&answer));
        self.reply(order, answer);
    }

    fn log(&self, event: &str, order: &Order, answer: Option<&Answer>) {
        let at = self.parts.clock.now().utc;
        if let Err(error) = self.parts.audit.record(at, entry(event, order, answer)) {
            error!(%error, command = order.command, "the audit log cannot be written");
        }
    }

    fn reply(&self, order: &Order, answer: Answer) {
        self.say(order.request_id.clone(), order.command.clone(), answer);
    }

    fn say(&self, request_id: String, command: String, answer: Answer) {
        let at = self.parts.clock.now().utc;
        let record = Record {
            kind: Kind::Reply,
            alert_id: None,
            rev: 0,
            level: None,
            phase_end: false,
            topic_suffix: "up/reply".to_owned(),
            at,
        };
        let sender = self.parts.sender.clone();
        let body = move |seq: &Seq| {
            let Answer { outcome, code, message, acknowledged, health, picture, original, unanswered } =
                answer;
            let id = format!("reply.{}.{}", seq.stream, seq.n);
            let seq = SeqData { stream: seq.stream.to_string(), n: seq.n };
            let reply = ReplyData {
                seq,
                request_id,
                command,
                outcome,
                code,
                message,
                acknowledged,
                health,
                picture,
                original,
                unanswered,
            };
            sender.event(id, None, at, reply).unwrap_or_else(|error| {
                error!(%error, "an answer could not be written");
                Vec::new()
            })
        };
        if let Err(error) = self.parts.outbox.append(record, body) {
            error!(%error, "an answer could not be stored");
        }
    }
}

fn acknowledged(taken: Result<Option<Acknowledgement>, AlertError>, zone: &TimeZone) -> Answer {
    match taken {
        Ok(None) => Answer::done(None),
        Ok(Some(before)) => Answer::taken_by(before, zone),
        Err(error) => {
            let code = match error {
                AlertError::Unknown(_) => Refusal::UnknownAlert,
                AlertError::Ended(_) => Refusal::AlertEnded,
            };
            Answer::refused(code, error.to_string())
        }
    }
}

/// What the audit log says of a command. What it asks for stands there once, when it is accepted.
fn entry(event: &str, order: &Order, answer: Option<&Answer>) -> Entry {
    Entry {
        command: Some(order.command.clone()),
        request_id: Some(order.request_id.clone()),
        key: order.signer.as_ref().map(|signer| signer.key.to_string()),
        by: Some(order.by.clone()),
        reason: order.reason.clone(),
        outcome: answer.map(|answer| {
            match answer.outcome {
                Outcome::Done => "done",
                Outcome::Already => "already",
                Outcome::Refused => "refused",
                Outcome::Failed => "failed",
            }
            .to_owned()
        }),
        detail: answer.and_then(|answer| answer.message.clone()),
        data: if answer.is_none() { asked(&order.ask) } else { None },
        ..Entry::of(event)
    }
}

fn asked(ask: &Ask) -> Option<serde_json::Value> {
    match ask {
        Ask::Ack { alert_id, note } => Some(serde_json::json!({ "alert_id": alert_id, "note": note })),
        Ask::Set(data) => serde_json::to_value(data).ok(),
        Ask::Mute(data) => serde_json::to_value(data).ok(),
        Ask::Confirm(data) => serde_json::to_value(data).ok(),
        Ask::Snapshot(data) => serde_json::to_value(data).ok(),
        Ask::Original(data) => serde_json::to_value(data).ok(),
        // The whole text is kept beside this log while it runs.
        Ask::Config(data) => {
            Some(serde_json::json!({ "version": data.version, "expect_config": data.expect_config,
                "revert_after_secs": data.revert_after_secs }))
        }
        Ask::Selftest => None,
    }
}
