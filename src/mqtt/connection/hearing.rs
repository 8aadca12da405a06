//! What comes in on one connection: commands, marks, the wanted configuration, and what `up/state` says of us.

use std::time::Instant;

use tracing::{debug, info, warn};

use super::super::{Command, Refusal, RefusalKind, State, commands};
use super::{Connection, SESSIONS_REMEMBERED};
use crate::outbox::{Kind, Record};

impl Connection {
    pub(super) async fn message(&mut self, topic: &str, payload: Vec<u8>, retain: bool) {
        let Some(suffix) = topic.strip_prefix(&self.base).and_then(|rest| rest.strip_prefix('/')) else {
            return;
        };
        let now = self.shared.clock.now().utc;
        match suffix {
            "up/state" => self.hear_state(&payload, retain),
            "down/mark" => match commands::mark(&payload, now) {
                Ok(Some((stream, n))) => self.mark(stream, n).await,
                Ok(None) => {}
                Err(refusal) => self.refuse(refusal).await,
            },
            "down/config" if payload.is_empty() => {}
            "down/config" => {
                self.pass_on("config", None, Command::Config { body: payload, retained: retain }).await
            }
            _ => {
                let Some(verb) = suffix.strip_prefix("down/cmd/") else { return };
                if retain && payload.is_empty() {
                    return;
                }
                match commands::command(verb, &payload, retain, now) {
                    Ok(command) => {
                        let request_id = match &command {
                            Command::Ack(ack) => Some(ack.request_id.clone()),
                            Command::Unknown { request_id, .. } => Some(request_id.clone()),
                            _ => None,
                        };
                        self.pass_on(verb, request_id, command).await;
                    }
                    Err(refusal) => self.refuse(refusal).await,
                }
            }
        }
    }

    /// A will of an earlier connection may come after our `online` (rumqttd even sends the new one's when a
    /// connection is taken over); whoever comes then would think that we are gone. So it is said again.
    fn hear_state(&mut self, payload: &[u8], retain: bool) {
        let Some((state, session)) = commands::state(payload) else { return };
        {
            let mut suspects = self.shared.suspects.lock();
            if !suspects.sessions.contains(&session) && suspects.strangers.len() < SESSIONS_REMEMBERED {
                suspects.strangers.insert(session.clone());
            }
        }
        if state == State::Online.name() {
            return;
        }
        // The retained one is what was said before this connection; `online` follows anyway.
        if !retain && self.stop_until.is_none() {
            info!(%state, %session, "a late will said that this box is gone; saying again that it is not");
            self.state_to_say = Some(State::Online);
        }
    }

    async fn mark(&mut self, stream: String, n: u64) {
        let now = self.shared.clock.now().utc;
        match self.shared.outbox.marked_async(stream.clone(), n, now).await {
            Ok(outcome) => debug!(%stream, n, ?outcome, "mark"),
            Err(error) => warn!(%error, "a mark could not be stored"),
        }
        // For the record only: a daemon that is busy misses nothing it needs.
        let _ = self.shared.commands.try_send(Command::Mark { stream, n });
    }

    async fn pass_on(&mut self, verb: &str, request_id: Option<String>, command: Command) {
        if self.shared.commands.try_send(command).is_ok() {
            self.shared.status.send_modify(|status| status.commands += 1);
            return;
        }
        let why = "too many commands at once; try again".to_owned();
        let at = self.shared.clock.now().utc;
        self.refuse(Refusal { kind: RefusalKind::Busy, request_id, verb: verb.to_owned(), why, at }).await;
    }

    /// Counts it and answers, through the outbox like everything that must arrive.
    async fn refuse(&mut self, refusal: Refusal) {
        warn!(command = %refusal.verb, why = %refusal.why, "a command was refused");
        self.shared.status.send_modify(|status| status.commands_refused += 1);
        if !self.refusals.take(Instant::now()) {
            return;
        }
        let record = Record {
            kind: Kind::Reply,
            alert_id: None,
            rev: 0,
            level: None,
            phase_end: false,
            topic_suffix: "up/reply".to_owned(),
            at: refusal.at,
        };
        let body = self.shared.bodies.reply.clone();
        if let Err(error) = self.shared.outbox.append_async(record, move |seq| body(&refusal, seq)).await {
            warn!(%error, "a refused command could not be answered");
        }
        self.look = true;
    }
}
