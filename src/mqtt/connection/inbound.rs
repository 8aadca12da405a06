//! Inbound messages of one connection: commands and marks of the centre, and other clients' `up/state` under our name.

use std::time::Instant;

use serde_json::Value;
use tracing::debug;

use super::super::response::RequestProperties;
use super::super::{Delivered, Mark, Refusal, RefusalKind, RespondTo, Taken, Trouble};
use super::Connection;
use crate::analysis::time::Timestamp;
use crate::contract::messages::{MARK, REPLY, STATE};
use crate::outbox::{Kind, Marked, Record, Seq};
use crate::text::{language_of_log, log_info, log_warn, mqtt as say};
use crate::types::box_state::BoxState;

impl Connection {
    pub(super) async fn message(
        &mut self,
        topic: &str,
        payload: Vec<u8>,
        retain: bool,
        request: RequestProperties,
    ) {
        let Some(suffix) = topic.strip_prefix(&self.base).and_then(|rest| rest.strip_prefix('/')) else {
            return;
        };
        if suffix == STATE.topic {
            return self.receive_state(&payload, retain);
        }
        let at = self.shared.clock.now().utc;
        let respond_to = self.shared.responses.for_request(request, &self.settings.prefix, &self.base);
        if let Some(why) = respond_to.as_ref().and_then(RespondTo::ignored) {
            log_warn!(say::response_topic_unused(); topic, why = why.in_language(language_of_log()));
        }
        let time_zone = self.shared.time_zone();
        let delivered = Delivered {
            topic: suffix,
            payload: &payload,
            retained: retain,
            at,
            time_zone: &time_zone,
            respond_to: respond_to.as_ref(),
        };
        match self.shared.bodies.downlink.take(&delivered) {
            Ok(Taken::Nothing) => {}
            Ok(Taken::Command) => self.shared.status.send_modify(|status| status.commands += 1),
            Ok(Taken::Mark(mark)) => self.mark(mark, at).await,
            Err(refusal) => self.refuse(refusal, respond_to).await,
        }
    }

    /// A will of an earlier connection may come after our `online` (some brokers even send the new one's when a
    /// connection is taken over); a subscriber that comes then would think that we are gone. So it is sent again.
    fn receive_state(&mut self, payload: &[u8], retain: bool) {
        let Some((state, session)) = state_in(payload) else { return };
        let is_anothers = self.shared.suspects.lock().namesake.observe(&state, &session, Instant::now());
        if is_anothers {
            self.report_of_namesake(&session);
        }
        if state == BoxState::Online.name() {
            return;
        }
        // The retained one is what was said before this connection; `online` follows anyway.
        if !retain && self.stop_until.is_none() {
            log_info!(say::late_will(); %state, %session);
            self.state_to_say = Some(BoxState::Online);
        }
    }

    fn report_of_namesake(&self, session: &str) {
        let trouble = Trouble::taken_over(&self.shared.status.borrow().broker, &self.settings.client_id());
        let is_new = self.shared.status.send_if_modified(|status| {
            let namesake = Some(trouble.clone());
            std::mem::replace(&mut status.namesake, namesake.clone()) != namesake
        });
        if is_new {
            let hint = trouble.hint().map(|hint| hint.in_language(language_of_log()));
            log_warn!(trouble.sentence().clone(); theirs = session, ours = %self.session, hint);
        }
    }

    /// No sign of it any more: what was wrong is mended.
    pub(super) fn forget_namesake(&self, now: Instant) {
        let after = self.timing().namesake_forgotten;
        if self.shared.suspects.lock().namesake.forget(after, now) {
            log_info!(say::namesake_gone());
            self.shared.status.send_modify(|status| status.namesake = None);
        }
    }

    async fn mark(&mut self, mark: Mark, at: Timestamp) {
        let Mark { stream, n, request_id, key } = mark;
        let now = self.shared.clock.now().utc;
        match self.shared.outbox.marked_async(stream.clone(), n, now).await {
            // Nothing is marked by it, and the numbers begin anew: the sender must know.
            Ok(Marked::Ahead) => {
                let refusal = Refusal {
                    kind: RefusalKind::Invalid,
                    request_id,
                    key,
                    verb: MARK.last_part().to_owned(),
                    why: Box::new(say::mark_ahead(n, stream).into()),
                    at,
                    unanswered: None,
                };
                self.refuse(refusal, None).await;
            }
            Ok(outcome) => {
                debug!(%stream, n, ?outcome, "mark");
                (self.shared.bodies.observer)(Ok((&stream, n)));
            }
            Err(error) => log_warn!(say::mark_not_stored(); error = %error.in_language(language_of_log())),
        }
    }

    /// Counts it and answers, unless its sender got enough answers for now.
    async fn refuse(&mut self, refusal: Refusal, respond_to: Option<RespondTo>) {
        (self.shared.bodies.observer)(Err(&refusal));
        let now = Instant::now();
        self.report_unanswered(false, now).await;
        let within = self.timing().refusals_within;
        if !self.shared.refusals.lock().take(&refusal, within, now) {
            debug!(command = %refusal.verb, why = %refusal.why, "a command was refused");
            return;
        }
        // Its sender may not make the box publish where the broker forbids it, which ends connections.
        let is_anybodys = refusal.key.is_none();
        let respond_to = respond_to.map(|to| if is_anybodys { to.only_below(&self.base) } else { to });
        self.answer(refusal, respond_to).await;
    }

    /// One answer to each sender of whom some got none; `at_once`: though the time of counting is not over.
    pub(super) async fn report_unanswered(&mut self, at_once: bool, now: Instant) {
        let within = self.timing().refusals_within;
        let time_zone = self.shared.time_zone();
        let due = self.shared.refusals.lock().due(at_once, within, &time_zone, now);
        for refusal in due {
            self.answer(refusal, None).await;
        }
    }

    /// Through the outbox like everything that must arrive.
    async fn answer(&mut self, mut refusal: Refusal, respond_to: Option<RespondTo>) {
        log_warn!(say::command_refused((*refusal.why).clone()); command = %refusal.verb);
        let record = Record {
            kind: Kind::Reply,
            alert_id: None,
            rev: 0,
            level: None,
            phase_end: false,
            topic_suffix: REPLY.topic.to_owned(),
            at: refusal.at,
            state: None,
        };
        let body = self.shared.bodies.reply.clone();
        if let Some(respond_to) = &respond_to
            && let Some(why) = respond_to.amended(Some((*refusal.why).clone()))
        {
            *refusal.why = why;
        }
        let asked = respond_to.clone();
        let body = move |seq: &Seq| {
            if let Some(respond_to) = &asked {
                respond_to.remember(seq);
            }
            body(&refusal, seq)
        };
        if let Err(error) = self.shared.outbox.append_async(record, body).await {
            respond_to.iter().for_each(RespondTo::forget);
            log_warn!(say::refusal_unanswered(); error = %error.in_language(language_of_log()));
        }
        self.look = true;
    }
}

/// State and session in a body of `up/state`, in an envelope or bare.
fn state_in(payload: &[u8]) -> Option<(String, String)> {
    let body: Value = serde_json::from_slice(payload).ok()?;
    let data = body.get("data").filter(|data| data.is_object()).unwrap_or(&body);
    Some((data.get("state")?.as_str()?.to_owned(), data.get("session")?.as_str()?.to_owned()))
}
