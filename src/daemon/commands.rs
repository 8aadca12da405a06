//! The thread that carries commands from the wire to the analyst and answers from there to the outbox.
//! Must never decide whether a command is allowed: `mqtt` checked its form, the analysis its sense.

use std::sync::Arc;
use std::thread;

use tokio::sync::mpsc::Receiver;
use tracing::{error, info, warn};

use crate::analysis::alert::{Acknowledgement, AlertId};
use crate::analysis::book::AlertError;
use crate::clock::Clock;
use crate::contract::Sender;
use crate::contract::alert::SeqData;
use crate::contract::command::{Outcome, Refusal, ReplyData};
use crate::mqtt::{Ack, Command};
use crate::outbox::{Kind, Outbox, Record, Seq};

use super::analyst::{AnalystQueue, Note, Taken};

/// Starts the thread; it ends when the publisher, which sends commands, has ended.
pub fn start(
    mut commands: Receiver<Command>,
    analyst: AnalystQueue,
    outbox: Outbox,
    sender: Sender,
    clock: Clock,
) -> std::io::Result<()> {
    let replies = Replies { outbox, sender, clock };
    thread::Builder::new().name("commands".to_owned()).spawn(move || {
        while let Some(command) = commands.blocking_recv() {
            match command {
                Command::Ack(ack) => acknowledge(ack, &analyst, &replies),
                Command::Mark { stream, n } => {
                    info!(stream, n, "the command centre has stored everything so far")
                }
                Command::Config { .. } => {
                    warn!(
                        "a configuration over MQTT is not taken by this version; the file on the box counts"
                    );
                }
                Command::Unknown { verb, request_id, .. } => replies.send(Answer {
                    request_id,
                    outcome: Outcome::Refused,
                    code: Some(Refusal::UnknownCommand),
                    message: Some(format!(
                        "this box knows no command `{verb}`; up/meta lists those it knows"
                    )),
                    command: verb,
                }),
            }
        }
    })?;
    Ok(())
}

fn acknowledge(ack: Ack, analyst: &AnalystQueue, replies: &Replies) {
    let Ack { request_id, alert_id, by, at, note } = ack;
    info!(alert = alert_id, by, "acknowledged");
    let replies = replies.clone();
    let note = Note::Acknowledge {
        alert: AlertId(Arc::from(alert_id.as_str())),
        acknowledgement: Acknowledgement { by, at, note },
        reply: Box::new(move |taken| replies.send(answer(request_id, taken))),
    };
    if analyst.send(note).is_err() {
        // The daemon is stopping; the centre hears nothing and sends it again.
        warn!(alert = alert_id, "an acknowledgement came too late");
    }
}

/// A reply that has no number yet.
struct Answer {
    request_id: String,
    command: String,
    outcome: Outcome,
    code: Option<Refusal>,
    message: Option<String>,
}

fn answer(request_id: String, taken: Result<Taken, AlertError>) -> Answer {
    let command = "ack".to_owned();
    match taken {
        Ok(taken) => {
            let outcome = if taken == Taken::Now { Outcome::Done } else { Outcome::Already };
            Answer { request_id, command, outcome, code: None, message: None }
        }
        Err(error) => {
            let code = match error {
                AlertError::Unknown(_) => Refusal::UnknownAlert,
                AlertError::Ended(_) => Refusal::AlertEnded,
            };
            let message = Some(error.to_string());
            Answer { request_id, command, outcome: Outcome::Refused, code: Some(code), message }
        }
    }
}

#[derive(Clone)]
struct Replies {
    outbox: Outbox,
    sender: Sender,
    clock: Clock,
}

impl Replies {
    fn send(&self, answer: Answer) {
        let at = self.clock.now().utc;
        let record = Record {
            kind: Kind::Reply,
            alert_id: None,
            rev: 0,
            level: None,
            phase_end: false,
            topic_suffix: "up/reply".to_owned(),
            at,
        };
        let sender = self.sender.clone();
        let body = move |seq: &Seq| {
            let Answer { request_id, command, outcome, code, message } = answer;
            let id = format!("reply.{}.{}", seq.stream, seq.n);
            let seq = SeqData { stream: seq.stream.to_string(), n: seq.n };
            let reply = ReplyData { seq, request_id, command, outcome, code, message };
            sender.event(id, None, at, reply).unwrap_or_else(|error| {
                error!(%error, "an answer could not be written");
                Vec::new()
            })
        };
        if let Err(error) = self.outbox.append(record, body) {
            error!(%error, "an answer could not be stored");
        }
    }
}
