//! Commands of people who logged in at the box's own page. They are processed as signed commands: parsed, written into the
//! audit log, carried out and answered; only the answer goes to the page, and not to the broker.
//!
//! Must never accept what the role does not allow, and accepts commands of the page alone.

use std::sync::Arc;

use serde_json::Value;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use ulid::Ulid;

use super::answer::Answer;
use super::commands::{self, Parsed};
use super::envelope::{CommandEnvelope, ReceivedCommand};
use super::fields::Faults;
use crate::analysis::time::Timestamp;
pub(crate) use crate::contract::alert_words::PAGE_PREFIX;
use crate::contract::command::Refusal;
use crate::contract::signature::Role;
use crate::text::page as say;

/// Commands of the page that are under way at once: a part of what may wait, so that the centre's always find room.
const AT_ONCE: usize = 8;

/// Takes commands of people at the page.
#[derive(Debug, Clone)]
pub struct LocalDesk {
    commands: Sender<ReceivedCommand>,
    room: Arc<Semaphore>,
}

/// The destination of the answer to one command.
#[derive(Debug, Clone)]
pub struct LocalAnswer {
    to: Sender<Answer>,
    /// What the person who asks may do.
    pub(super) role: Role,
    /// Given back when nobody works on the command any more.
    _room: Arc<OwnedSemaphorePermit>,
}

impl LocalAnswer {
    pub(super) fn give(&self, answer: Answer) {
        // Nobody waits any more if this fails; what was done stays done.
        let _ = self.to.try_send(answer);
    }
}

impl LocalDesk {
    pub(super) fn new(commands: Sender<ReceivedCommand>) -> Self {
        LocalDesk { commands, room: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Asks for a command on behalf of `person`, who logged in; the answer comes out of the receiver, or never where the
    /// daemon is stopping.
    ///
    /// # Errors
    /// Why it is not taken.
    pub fn ask(
        &self,
        person: &str,
        role: Role,
        command: &str,
        data: &Value,
        at: Timestamp,
    ) -> Result<Receiver<Answer>, Box<Answer>> {
        let Some(spec) = commands::spec_at_page(command) else {
            return Err(Box::new(Answer::refused(Refusal::UnknownCommand, say::unknown_command())));
        };
        if role < spec.role {
            return Err(Box::new(Answer::refused(Refusal::NotAllowed, say::role_does_not_allow())));
        }
        let first = |faults: Faults| faults.into_iter().next().unwrap_or_else(say::refused_invalid);
        let read = spec.read(data).map_err(first);
        let Parsed { logged, work } =
            read.map_err(|why| Box::new(Answer::refused(Refusal::Malformed, why)))?;
        let busy = || Box::new(Answer::refused(Refusal::Busy, say::too_many_at_once()));
        let room = Arc::new(self.room.clone().try_acquire_owned().map_err(|_| busy())?);
        let (to, answer) = mpsc::channel(1);
        let envelope = CommandEnvelope {
            spec,
            request_id: format!("page-{}", Ulid::new()),
            by: format!("{PAGE_PREFIX}{person}"),
            reason: None,
            signer: None,
            expires: None,
            counter: None,
            clock_is_set: true,
            at,
            retained: false,
            respond_to: None,
            local: Some(LocalAnswer { to, role, _room: room }),
            ignored: Vec::new(),
        };
        match self.commands.try_send(ReceivedCommand { envelope, logged, work }) {
            Ok(()) => Ok(answer),
            Err(TrySendError::Full(_) | TrySendError::Closed(_)) => Err(busy()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_role_that_is_too_low_reaches_nobody() {
        let (commands, mut taken) = mpsc::channel(4);
        let desk = LocalDesk::new(commands);
        let at = Timestamp::UNIX_EPOCH;
        let ack = json!({ "alert_id": "A" });
        assert!(desk.ask("li", Role::Desk, "ack", &ack, at).is_ok());
        let one = taken.try_recv().unwrap();
        assert_eq!((one.envelope.by.as_str(), one.envelope.command()), ("page:li", "ack"));
        assert!(one.envelope.signer.is_none(), "nothing was signed");
        let refused = desk.ask("li", Role::Desk, "set", &json!({}), at).unwrap_err();
        assert_eq!(refused.code, Some(Refusal::NotAllowed));
        let refused = desk.ask("li", Role::Admin, "reboot", &json!({}), at).unwrap_err();
        assert_eq!(refused.code, Some(Refusal::UnknownCommand));
        assert!(taken.try_recv().is_err());
    }

    #[test]
    fn the_page_leaves_room_for_the_centre() {
        let (commands, mut taken) = mpsc::channel(AT_ONCE * 2);
        let desk = LocalDesk::new(commands);
        let ack = json!({ "alert_id": "A" });
        let ask = || desk.ask("li", Role::Desk, "ack", &ack, Timestamp::UNIX_EPOCH);
        let answers: Vec<_> = (0..AT_ONCE).map(|_| ask().unwrap()).collect();
        assert_eq!(ask().unwrap_err().code, Some(Refusal::Busy));
        let first = taken.try_recv().unwrap();
        assert_eq!(ask().unwrap_err().code, Some(Refusal::Busy), "somebody works on it");
        drop(first);
        assert!(ask().is_ok());
        drop(answers);
    }
}
