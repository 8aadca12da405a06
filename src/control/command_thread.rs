//! The thread that carries commands from the inbox to those who carry them out, and answers to the outbox.
//!
//! Before anything takes effect it is in the audit log and, where it is signed, among the requests that are never
//! carried out again, both on disk. Must never decide whether a command is allowed: the inbox checked form, signature and
//! role; the handlers check sense.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use parking_lot::RwLock;
use tokio::sync::mpsc::{Receiver, UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::answer::{Answer, AnsweredCommand, Answering};
use super::commands::{MainWork, Replay, Work};
use super::envelope::{CommandEnvelope, ReceivedCommand};
use super::rate_limit::{LeftOut, RateDecision, RateLimit};
use super::refusal_stats::RefusalStats;
use super::replay_guard::{ReplayGuard, ReplayVerdict};
use super::running_box::{Alerts, RunningBox};
use crate::audit::{Audit, Entry};
use crate::clock::Clock;
use crate::contract::Sender;
use crate::contract::alert::SeqData;
use crate::contract::command::{Outcome, Refusal, Unanswered};
use crate::contract::messages::REPLY;
use crate::contract::words::{LocalTime, Time};
use crate::mqtt::{Refusal as Refused, RespondTo};
use crate::outbox::{Kind, Outbox, Record, Seq};
use crate::text::{command as say, language_of_log, log_error, log_info, log_warn, mqtt};
use crate::threads::{NotEnded, join_until};
use crate::types::language::Language;

/// How often what was only counted is written down.
const SUM_UP_EVERY: Duration = Duration::from_secs(10);

/// What a command needs to take effect.
pub(crate) struct Parts {
    /// Knows the alerts.
    pub alerts: Box<dyn Alerts>,
    /// Passes what is not about an alert to the main thread; `false` where it is gone.
    pub to_main: Box<dyn Fn(MainCommand) -> bool + Send>,
    /// The destination of answers.
    pub outbox: Outbox,
    /// Who answers.
    pub sender: Sender,
    /// What is written down.
    pub audit: Arc<Audit>,
    /// What was refused already.
    pub refusal_stats: Arc<RefusalStats>,
    /// The time.
    pub clock: Clock,
    /// How people read answers.
    pub readers: SiteReaders,
}

/// How the people of a site read.
#[derive(Debug, Clone)]
pub(crate) struct Readers {
    pub time_zone: TimeZone,
    /// And sentences.
    pub language: Language,
}

/// The same of the site that runs; another configuration may change it.
pub(crate) type SiteReaders = Arc<RwLock<Readers>>;

/// A command for the main thread, whose answer is waited for.
pub(crate) struct MainCommand {
    envelope: CommandEnvelope,
    work: MainWork,
    answering: Answering,
}

impl MainCommand {
    /// Carries it out.
    pub(crate) fn carry_out(self, at: &mut dyn RunningBox) {
        (self.work)(&self.envelope, at, self.answering);
    }
}

/// Messages of the daemon to the command thread.
enum Notice {
    Finished(Box<Finished>),
    Stop,
}

/// The running thread.
pub(crate) struct CommandThread {
    notices: UnboundedSender<Notice>,
    thread: JoinHandle<()>,
}

impl CommandThread {
    /// Starts it. `folder` keeps what was carried out; what `on_thread` gives is kept for as long as the thread runs.
    ///
    /// # Errors
    /// The folder cannot be used, or no thread can be started.
    pub(crate) fn start<G>(
        commands: Receiver<ReceivedCommand>,
        folder: &Path,
        parts: Parts,
        on_thread: impl FnOnce() -> G + Send + 'static,
    ) -> io::Result<Self> {
        let seen = ReplayGuard::open(folder)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        // As many wait here as were handed out, and those are bounded by the queues that they wait in.
        let (notices, noticed) = unbounded_channel();
        let finished_to = notices.clone();
        let dispatcher = Dispatcher {
            parts,
            seen,
            pace: RateLimit::default(),
            page_pace: RateLimit::default(),
            finished_to,
        };
        let thread = thread::Builder::new().name("commands".to_owned()).spawn(move || {
            let _kept = on_thread();
            runtime.block_on(dispatcher.work(commands, noticed));
        })?;
        Ok(CommandThread { notices, thread })
    }

    /// Ends it when what is finished by now was answered and what was counted is written down.
    pub(crate) fn stop(self, deadline: Duration) {
        let until = Instant::now() + deadline;
        // Fails only if the thread is gone, and then there is nothing to stop.
        let _ = self.notices.send(Notice::Stop);
        match join_until(self.thread, until) {
            Ok(()) => {}
            Err(NotEnded::Late) => log_error!(say::thread_left()),
            Err(NotEnded::Panicked) => log_error!(say::thread_panicked()),
        }
    }
}

/// A command whose answer is known.
struct Finished {
    envelope: CommandEnvelope,
    answer: Answer,
}

struct Dispatcher {
    parts: Parts,
    seen: ReplayGuard,
    pace: RateLimit,
    /// Commands of people at the page.
    page_pace: RateLimit,
    finished_to: UnboundedSender<Notice>,
}

impl Dispatcher {
    async fn work(mut self, mut commands: Receiver<ReceivedCommand>, mut noticed: UnboundedReceiver<Notice>) {
        let mut sum_up = tokio::time::interval(SUM_UP_EVERY);
        loop {
            tokio::select! {
                // Answers first: a desk that floods the box must not keep others from hearing.
                biased;
                Some(notice) = noticed.recv() => match notice {
                    Notice::Finished(one) => self.finish(*one),
                    Notice::Stop => break,
                },
                command = commands.recv() => match command {
                    Some(command) => self.take(command),
                    None => break,
                },
                _ = sum_up.tick() => {
                    self.parts.refusal_stats.write_down(&self.parts.audit, self.language());
                    self.report_left_out();
                }
            }
        }
        self.report_left_out();
        self.parts.refusal_stats.write_down(&self.parts.audit, self.language());
    }

    /// Takes note of a command, then has it carried out.
    fn take(&mut self, command: ReceivedCommand) {
        let envelope = &command.envelope;
        let key = envelope.signer.as_ref().map(|signer| signer.key.clone());
        let why = say::too_many_of_key();
        // A flood at the broker keeps nobody at the page from working, nor the other way round.
        let (pace, whose) = match &envelope.local {
            Some(_) => (&mut self.page_pace, &*envelope.by),
            None => (&mut self.pace, key.as_deref().unwrap_or("")),
        };
        match pace.take(whose, &envelope.request_id, self.parts.clock.now()) {
            RateDecision::Go => {}
            RateDecision::TooMany => return self.refuse(envelope, Answer::refused(Refusal::Busy, why)),
            RateDecision::StillTooMany => {
                if let Some(local) = &envelope.local {
                    local.give(Answer::refused(Refusal::Busy, why.clone()));
                }
                // Not a line each: who holds a key must not be able to wash the log away.
                return self.parts.refusal_stats.refused(&Refused {
                    kind: Refusal::Busy,
                    request_id: Some(envelope.request_id.clone()),
                    key,
                    verb: envelope.command().to_owned(),
                    why: Box::new(why.into()),
                    at: envelope.at,
                    unanswered: None,
                });
            }
        }
        match self.note(&command) {
            Ok(ReplayVerdict::Fresh) => self.carry_out(command),
            Ok(ReplayVerdict::Already) => {
                let answer = Answer::already(say::answered_before());
                self.log("finished", envelope, &answer);
                self.reply(envelope, answer);
            }
            Ok(ReplayVerdict::CounterTooLow(highest)) => {
                let why = say::counter_too_low(highest);
                self.refuse(envelope, Answer::refused(Refusal::Expired, why));
            }
            Ok(ReplayVerdict::TooMany) => {
                self.refuse(envelope, Answer::refused(Refusal::Busy, say::too_many_remembered()));
            }
            Err(error) => {
                log_error!(say::not_recorded(); %error, command = envelope.command());
                self.reply(envelope, Answer::failed(say::command_not_written_down(error.to_string())));
            }
        }
    }

    /// One answer to each key of which too many came, for those that got none.
    fn report_left_out(&mut self) {
        // A person at the page was answered.
        self.page_pace.take_left_out();
        for (key, LeftOut { count, from, until, request_ids }) in self.pace.take_left_out() {
            let whose = if key.is_empty() { say::of_unsigned() } else { mqtt::of_key(key) };
            let zone = self.parts.readers.read().time_zone.clone();
            let at_site = |at| LocalTime::new(at, &zone).to_string();
            let why = say::left_out(count, whose, at_site(from), at_site(until));
            let unanswered = Unanswered { count, from: Time(from), until: Time(until), request_ids };
            let to = AnsweredCommand {
                request_id: String::new(),
                command: "several".to_owned(),
                ignored: Vec::new(),
            };
            self.say(to, Answer::for_unanswered(unanswered, why), None);
        }
    }

    /// On disk before it takes effect.
    fn note(&mut self, command: &ReceivedCommand) -> io::Result<ReplayVerdict> {
        let envelope = &command.envelope;
        if let Some(signer) = &envelope.signer {
            let turn = match envelope.spec.replay {
                Replay::Once | Replay::OnceAnswered => self.seen.begin(&signer.key, envelope)?,
                Replay::Harmless => self.seen.count(&signer.key, envelope)?,
                Replay::ByVersion => ReplayVerdict::Fresh,
            };
            if turn != ReplayVerdict::Fresh {
                return Ok(turn);
            }
        }
        let accepted = entry("accepted", envelope, None, command.logged.clone());
        let written = self.parts.audit.record(envelope.at, accepted);
        if let (Err(_), Some(signer)) = (&written, &envelope.signer) {
            // It will not take effect, so it may come again.
            self.seen.finish(&signer.key, &envelope.request_id, false)?;
        }
        written.map(|()| ReplayVerdict::Fresh)
    }

    fn carry_out(&mut self, command: ReceivedCommand) {
        let ReceivedCommand { envelope, work, .. } = command;
        log_info!(
            say::carried_out();
            command = envelope.command(), by = envelope.by, key = envelope.signer.as_ref().map(|s| &*s.key)
        );
        let (to, kept) = (self.finished_to.clone(), envelope.clone());
        // The thread is gone only when the daemon is stopping; the centre gets no answer and sends it again.
        let answering: Answering = Box::new(move |answer| {
            drop(to.send(Notice::Finished(Box::new(Finished { envelope: kept, answer }))));
        });
        let taken = match work {
            Work::Alerts(work) => work(&envelope, &*self.parts.alerts, answering),
            Work::Main(work) => (self.parts.to_main)(MainCommand { envelope, work, answering }),
        };
        if !taken {
            log_warn!(say::too_late());
        }
    }

    fn finish(&mut self, Finished { envelope, answer }: Finished) {
        self.log("finished", &envelope, &answer);
        let settled = answer.outcome != Outcome::Failed;
        let is_question = envelope.spec.replay == Replay::OnceAnswered;
        if !is_question {
            self.settle(&envelope, settled);
        }
        // A kept configuration comes again at every connection; that it is known is no news.
        let is_known = envelope.retained && answer.outcome == Outcome::Already;
        let is_stored = is_known || self.reply(&envelope, answer);
        if is_question {
            self.settle(&envelope, settled && is_stored);
        }
    }

    /// From here on a repeat is answered `already`, or, if it is not `settled`, carried out.
    fn settle(&mut self, envelope: &CommandEnvelope, settled: bool) {
        let Some(signer) = &envelope.signer else { return };
        if let Err(error) = self.seen.finish(&signer.key, &envelope.request_id, settled) {
            log_warn!(say::done_not_recorded(); %error);
        }
    }

    fn refuse(&self, envelope: &CommandEnvelope, answer: Answer) {
        self.log("refused", envelope, &answer);
        self.reply(envelope, answer);
    }

    fn log(&self, event: &str, envelope: &CommandEnvelope, answer: &Answer) {
        let at = self.parts.clock.now().utc;
        let entry = entry(event, envelope, Some((answer, self.language())), None);
        if let Err(error) = self.parts.audit.record(at, entry) {
            log_error!(say::audit_unwritable(); %error, command = envelope.command());
        }
    }

    /// The site's.
    fn language(&self) -> Language {
        self.parts.readers.read().language
    }

    /// Whether it is stored.
    fn reply(&self, envelope: &CommandEnvelope, answer: Answer) -> bool {
        if let Some(local) = &envelope.local {
            local.give(answer);
            return true;
        }
        let respond_to = envelope.respond_to.clone();
        let to = AnsweredCommand {
            request_id: envelope.request_id.clone(),
            command: envelope.command().to_owned(),
            ignored: envelope.ignored.clone(),
        };
        self.say(to, answer, respond_to)
    }

    /// Whether all of it is stored; the rest is not tried where a part is not.
    fn say(&self, to: AnsweredCommand, mut answer: Answer, respond_to: Option<RespondTo>) -> bool {
        if let Some(respond_to) = &respond_to {
            answer.message = respond_to.amended(answer.message);
        }
        let mut messages = answer.into_messages().into_iter();
        messages.all(|message| self.say_one(to.clone(), message, respond_to.clone()))
    }

    fn say_one(&self, to: AnsweredCommand, answer: Answer, respond_to: Option<RespondTo>) -> bool {
        let at = self.parts.clock.now().utc;
        let record = Record {
            kind: Kind::Reply,
            alert_id: None,
            rev: answer.part_index(),
            level: None,
            phase_end: false,
            topic_suffix: REPLY.topic.to_owned(),
            at,
            state: None,
        };
        let (sender, language) = (self.parts.sender.clone(), self.language());
        let asked = respond_to.clone();
        let body = move |seq: &Seq| {
            if let Some(respond_to) = &asked {
                respond_to.remember(seq);
            }
            let id = format!("reply.{}.{}", seq.stream, seq.n);
            let seq = SeqData { stream: seq.stream.to_string(), n: seq.n };
            let reply = answer.into_reply(to, seq, language);
            sender.event(id, None, at, reply)
        };
        let stored = self.parts.outbox.append(record, body);
        if let Err(error) = &stored {
            respond_to.iter().for_each(RespondTo::forget);
            log_error!(say::answer_not_stored(); error = %error.in_language(language_of_log()));
        }
        stored.is_ok()
    }
}

/// What the audit log says of a command. What it asks for stands there once, when it is accepted.
fn entry(
    event: &str,
    envelope: &CommandEnvelope,
    answer: Option<(&Answer, Language)>,
    data: Option<serde_json::Value>,
) -> Entry {
    let entry = Entry {
        command: Some(envelope.command().to_owned()),
        request_id: Some(envelope.request_id.clone()),
        key: envelope.signer.as_ref().map(|signer| signer.key.to_string()),
        by: Some(envelope.by.clone()),
        reason: envelope.reason.clone(),
        outcome: answer.map(|(answer, _)| {
            match answer.outcome {
                Outcome::Done => "done",
                Outcome::Already => "already",
                Outcome::Refused => "refused",
                Outcome::Failed => "failed",
            }
            .to_owned()
        }),
        data,
        ..Entry::of(event)
    };
    match answer.and_then(|(answer, language)| Some((answer.words()?, language))) {
        Some((words, language)) => entry.with_detail(words, language),
        None => entry,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{LocalDesk, Signer};
    use super::*;
    use crate::analysis::alert::{Acknowledgement, AlertId};
    use crate::analysis::alert_lifecycle::handling::HandlingStep;
    use crate::analysis::time::Moment;
    use crate::contract::signature::Role;
    use crate::control::commands;
    use crate::control::running_box::{AcknowledgeReply, HandledReply, TestReply};
    use crate::outbox::Options;

    struct NoAlerts;

    impl Alerts for NoAlerts {
        fn acknowledge(&self, _: AlertId, _: Acknowledgement, _: AcknowledgeReply) -> bool {
            false
        }

        fn handle(&self, _: AlertId, _: HandlingStep, _: HandledReply) -> bool {
            false
        }

        fn test(&self, _: &str, _: TestReply) -> bool {
            false
        }

        fn time_zone(&self) -> TimeZone {
            TimeZone::UTC
        }
    }

    fn dispatcher(folder: &Path) -> Dispatcher {
        let clock = Clock::start();
        let now = clock.now().utc;
        let mut options = Options::default();
        // Whatever else fills this machine's disk.
        options.limits.free_bytes = 0;
        let parts = Parts {
            alerts: Box::new(NoAlerts),
            to_main: Box::new(|_| false),
            outbox: Outbox::open(&folder.join("outbox"), now, "box-1", options).unwrap().0,
            sender: Sender { area: "530127".to_owned(), box_id: "box-1".to_owned() },
            audit: Arc::new(Audit::open(&folder.join("audit"), now).unwrap()),
            refusal_stats: Arc::default(),
            clock,
            readers: Arc::new(RwLock::new(Readers { time_zone: TimeZone::UTC, language: Language::English })),
        };
        let seen = ReplayGuard::open(&folder.join("control")).unwrap();
        let (pace, page_pace) = (RateLimit::default(), RateLimit::default());
        Dispatcher { parts, seen, pace, page_pace, finished_to: unbounded_channel().0 }
    }

    fn envelope(command: &str) -> CommandEnvelope {
        CommandEnvelope {
            spec: commands::spec(command).unwrap(),
            request_id: "r".to_owned(),
            by: "desk 2".to_owned(),
            reason: Some("road works".to_owned()),
            signer: Some(Signer { key: "k".into(), role: Role::Admin }),
            expires: None,
            counter: None,
            clock_is_set: true,
            at: Clock::start().now().utc,
            retained: false,
            respond_to: None,
            local: None,
            ignored: Vec::new(),
        }
    }

    /// What becomes of a repeat, after an answer that was stored or is too large to be.
    fn repeated(command: &str, is_stored: bool) -> ReplayVerdict {
        let folder = tempfile::tempdir().unwrap();
        let mut dispatcher = dispatcher(folder.path());
        let envelope = envelope(command);
        assert_eq!(dispatcher.seen.begin("k", &envelope).unwrap(), ReplayVerdict::Fresh);
        let message = if is_stored { "short".to_owned() } else { "x".repeat(300 * 1024) };
        let answer = Answer::done_with(message);
        dispatcher.finish(Finished { envelope: envelope.clone(), answer });
        assert_eq!(dispatcher.parts.outbox.depth().rows > 0, is_stored, "{command}");
        // As after a restart.
        ReplayGuard::open(&folder.path().join("control")).unwrap().begin("k", &envelope).unwrap()
    }

    #[test]
    fn a_question_whose_answer_is_not_stored_may_come_again_and_what_took_effect_may_not() {
        for command in ["get", "resend", "selftest"] {
            assert_eq!(repeated(command, false), ReplayVerdict::Fresh, "{command}");
            assert_eq!(repeated(command, true), ReplayVerdict::Already, "{command}");
        }
        for command in ["set", "patch", "mute"] {
            assert_eq!(repeated(command, false), ReplayVerdict::Already, "{command}");
        }
    }

    #[test]
    fn a_recorded_part_is_not_taken_again_while_the_clock_is_not_set() {
        let folder = tempfile::tempdir().unwrap();
        let mut dispatcher = dispatcher(folder.path());
        let mut note = |counter: u64| {
            let envelope =
                CommandEnvelope { counter: Some(counter), clock_is_set: false, ..envelope("part") };
            let work = Work::Main(Box::new(|_, _, _| {}));
            dispatcher.note(&ReceivedCommand { envelope, work, logged: None }).unwrap()
        };
        assert_eq!(note(7), ReplayVerdict::Fresh);
        assert_eq!(note(7), ReplayVerdict::CounterTooLow(7));
        assert_eq!(note(8), ReplayVerdict::Fresh);
    }

    #[test]
    fn who_asks_too_often_at_the_page_is_answered_there_and_the_centre_receives_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut dispatcher = dispatcher(folder.path());
        let (commands, mut waiting) = tokio::sync::mpsc::channel(4);
        let desk = LocalDesk::new(commands);
        // As if all of it had been asked a moment from now, so that nothing comes to be allowed again.
        let now = dispatcher.parts.clock.now();
        let soon = Moment::after_origin(now.utc, now.mono + Duration::from_secs(3600));
        while dispatcher.page_pace.take("page:li", "r", soon) == RateDecision::Go {}
        let ack = serde_json::json!({ "alert_id": "A" });
        let mut answer = desk.ask("li", Role::Operator, "ack", &ack, now.utc).unwrap();
        dispatcher.take(waiting.try_recv().unwrap());
        let answer = answer.try_recv().unwrap();
        assert_eq!((answer.outcome, answer.code), (Outcome::Refused, Some(Refusal::Busy)));
        dispatcher.report_left_out();
        assert_eq!(dispatcher.parts.outbox.depth().rows, 0);
        assert_eq!(dispatcher.pace.take("desk-1", "r", now), RateDecision::Go);
    }
}
