//! The inbox for messages of the centre: the publisher hands over what came on `down/...`, and authorised commands are
//! queued for the command thread. Must never block.

use std::sync::Arc;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{self, Receiver, Sender};

use super::authorisation::Gate;
use super::commands::{self, COMMANDS};
use super::envelope::{self, Addressee, Received, ReceivedCommand};
use super::local::LocalDesk;
use crate::contract::command::Refusal as RefusalKind;
use crate::contract::messages::{COMMAND_TOPICS, MARK};
use crate::mqtt::{Delivered, Downlink, Refusal, Taken};
use crate::text::command as say;

/// Commands waiting for the command thread; one more is refused with "busy".
const WAITING: usize = 32;

/// What takes in commands and marks for one box.
#[derive(Debug)]
pub struct Inbox {
    area: String,
    box_name: String,
    gate: Arc<Gate>,
    commands: Sender<ReceivedCommand>,
}

impl Inbox {
    /// The inbox of that box, for senders that `gate` lets in, and where its commands come out.
    pub fn new(
        area: impl Into<String>,
        box_name: impl Into<String>,
        gate: Arc<Gate>,
    ) -> (Self, Receiver<ReceivedCommand>) {
        let (commands, receiver) = mpsc::channel(WAITING);
        (Inbox { area: area.into(), box_name: box_name.into(), gate, commands }, receiver)
    }

    /// For people at the box's own page: what they ask for waits in the same queue.
    pub fn desk(&self) -> LocalDesk {
        LocalDesk::new(self.commands.clone())
    }
}

impl Downlink for Inbox {
    /// The mark first, so that nothing is sent again that it covers; then commands, known or not; then the rest.
    fn topics(&self) -> Vec<String> {
        let others = COMMANDS.iter().map(|command| command.message.topic);
        let others = others.filter(|topic| !topic.starts_with(COMMAND_TOPICS)).map(str::to_owned);
        [MARK.topic.to_owned(), format!("{COMMAND_TOPICS}+")].into_iter().chain(others).collect()
    }

    fn take(&self, delivered: &Delivered<'_>) -> Result<Taken, Refusal> {
        let Delivered { topic, payload, retained, at, time_zone, respond_to } = *delivered;
        let of_its_own = || COMMANDS.iter().map(|c| &c.message).chain([&MARK]).find(|m| m.topic == topic);
        let (command, is_kept) = match (of_its_own(), topic.strip_prefix(COMMAND_TOPICS)) {
            (Some(message), _) => (message.last_part(), message.retain),
            // Not by a topic that is not theirs.
            (None, Some(name)) if commands::spec(name).is_some() || name == MARK.last_part() => {
                return Ok(Taken::Nothing);
            }
            (None, Some(unknown)) => (unknown, false),
            (None, None) => return Ok(Taken::Nothing),
        };
        // An empty message clears a retained one.
        if payload.is_empty() && (retained || is_kept) {
            return Ok(Taken::Nothing);
        }
        let addressee = Addressee { area: &self.area, box_name: &self.box_name, time_zone };
        match envelope::read(&self.gate, addressee, command, payload, retained, at)? {
            Received::Mark(mark) => Ok(Taken::Mark(mark)),
            Received::Command(mut command) => {
                command.envelope.respond_to = respond_to.cloned();
                match self.commands.try_send(*command) {
                    Ok(()) => Ok(Taken::Command),
                    Err(TrySendError::Full(command) | TrySendError::Closed(command)) => {
                        let envelope = command.envelope;
                        Err(Refusal {
                            kind: RefusalKind::Busy,
                            request_id: Some(envelope.request_id.clone()),
                            key: envelope.signer.as_ref().map(|signer| signer.key.clone()),
                            verb: envelope.command().to_owned(),
                            why: Box::new(say::too_many_at_once().into()),
                            at: envelope.at,
                            unanswered: None,
                        })
                    }
                }
            }
        }
    }
}

/// What a message would be taken for, by the box `box-1` in `530127`: what comes from a wire, without one.
///
/// # Errors
/// Why it would not be taken.
#[cfg(fuzzing)]
pub fn judge(
    gate: &Gate,
    command: &str,
    message: &[u8],
    retained: bool,
    now: crate::analysis::time::Timestamp,
) -> Result<Received, Refusal> {
    let addressee = Addressee { area: "530127", box_name: "box-1", time_zone: &jiff::tz::TimeZone::UTC };
    envelope::read(gate, addressee, command, message, retained, now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mqtt::Mark;

    fn take(inbox: &Inbox, topic: &str, payload: &str, retained: bool) -> Result<Taken, Refusal> {
        let at = "2026-01-01T08:00:00Z".parse().unwrap();
        let time_zone = &jiff::tz::TimeZone::UTC;
        let payload = payload.as_bytes();
        inbox.take(&Delivered { topic, payload, retained, at, time_zone, respond_to: None })
    }

    #[test]
    fn every_message_to_the_box_is_received_and_the_mark_comes_first() {
        let (inbox, _commands) = Inbox::new("530127", "box-1", Arc::default());
        assert_eq!(inbox.topics(), ["down/mark", "down/cmd/+", "down/config"]);
    }

    #[test]
    fn a_command_is_taken_from_its_own_topic_only() {
        let (inbox, mut commands) = Inbox::new("530127", "box-1", Arc::default());
        let ack = r#"{"request_id":"r","alert_id":"A","by":"d"}"#;
        assert_eq!(take(&inbox, "down/cmd/ack", ack, false), Ok(Taken::Command));
        assert_eq!(commands.try_recv().unwrap().envelope.command(), "ack");
        for elsewhere in ["down/ack", "down/cmd/config", "down/cmd/mark", "up/state"] {
            assert_eq!(take(&inbox, elsewhere, ack, false), Ok(Taken::Nothing), "{elsewhere}");
        }
        let unknown = take(&inbox, "down/cmd/dance", ack, false).unwrap_err();
        assert_eq!((unknown.kind, unknown.verb.as_str()), (RefusalKind::UnknownCommand, "dance"));
        assert!(commands.try_recv().is_err());
    }

    #[test]
    fn an_empty_message_clears_what_the_broker_kept_and_is_no_command() {
        let (inbox, _commands) = Inbox::new("530127", "box-1", Arc::default());
        for (topic, retained) in [("down/mark", false), ("down/config", false), ("down/cmd/ack", true)] {
            assert_eq!(take(&inbox, topic, "", retained), Ok(Taken::Nothing), "{topic}");
        }
        assert_eq!(take(&inbox, "down/cmd/ack", "", false).unwrap_err().kind, RefusalKind::Malformed);
    }

    #[test]
    fn more_commands_than_may_wait_are_refused_as_busy() {
        let (inbox, _commands) = Inbox::new("530127", "box-1", Arc::default());
        let send = |n: usize| {
            let ack = format!(r#"{{"request_id":"r{n}","alert_id":"A","by":"d"}}"#);
            take(&inbox, "down/cmd/ack", &ack, false)
        };
        assert!((0..WAITING).all(|n| send(n) == Ok(Taken::Command)));
        let refusal = send(WAITING).unwrap_err();
        assert_eq!((refusal.kind, refusal.request_id.as_deref()), (RefusalKind::Busy, Some("r32")));
    }

    #[test]
    fn a_mark_is_handed_back_to_be_stored() {
        let (inbox, _commands) = Inbox::new("530127", "box-1", Arc::default());
        let taken = take(&inbox, "down/mark", r#"{"stream":"S","n":7}"#, true);
        let mark = Mark { stream: "S".to_owned(), n: 7, request_id: None, key: None };
        assert_eq!(taken, Ok(Taken::Mark(mark)));
    }
}
