//! The door for people who logged in at the box's own page. What they ask for goes the way of signed commands: it is read
//! as one, written into the audit log, carried out and answered; only the answer comes back here, and not to the broker.
//!
//! Must never take what the role does not allow, and never let anybody but the page say that it is the page.

use serde_json::Value;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{self, Receiver, Sender};
use ulid::Ulid;

use super::answer::Answer;
use super::commands::{self, Parsed};
use super::envelope::{CommandEnvelope, ReceivedCommand};
use super::fields::Faults;
use crate::analysis::time::Timestamp;
use crate::contract::command::Refusal;
use crate::contract::signature::Role;
use crate::text::page as say;

/// What the names of people at the page begin with in `by`: `page:li`. The page proves who they are, so nobody else may
/// use such a name.
pub const PAGE_PREFIX: &str = "page:";

/// Takes commands of people at the page.
#[derive(Debug, Clone)]
pub struct LocalDesk {
    commands: Sender<ReceivedCommand>,
}

/// Where the answer to one of them goes.
#[derive(Debug, Clone)]
pub struct LocalAnswer(Sender<Answer>);

impl LocalAnswer {
    pub(super) fn give(&self, answer: Answer) {
        // Nobody waits any more if this fails; what was done stays done.
        let _ = self.0.try_send(answer);
    }
}

impl LocalDesk {
    pub(super) fn new(commands: Sender<ReceivedCommand>) -> Self {
        LocalDesk { commands }
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
    ) -> Result<Receiver<Answer>, Answer> {
        let Some(spec) = commands::spec(command) else {
            return Err(Answer::refused(Refusal::UnknownCommand, say::unknown_command()));
        };
        if role < spec.role {
            return Err(Answer::refused(Refusal::NotAllowed, say::role_does_not_allow()));
        }
        let first = |faults: Faults| faults.into_iter().next().unwrap_or_else(say::refused_invalid);
        let read = spec.read(data).map_err(first);
        let Parsed { logged, work } = read.map_err(|why| Answer::refused(Refusal::Malformed, why))?;
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
            local: Some(LocalAnswer(to)),
            ignored: Vec::new(),
        };
        match self.commands.try_send(ReceivedCommand { envelope, logged, work }) {
            Ok(()) => Ok(answer),
            Err(TrySendError::Full(_) | TrySendError::Closed(_)) => {
                Err(Answer::refused(Refusal::Busy, say::too_many_at_once()))
            }
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
}
