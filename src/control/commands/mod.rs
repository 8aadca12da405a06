//! The commands that a box takes, a file each. A new one is a file and its two lines here.

pub mod ack;
pub(crate) mod assign;
pub(crate) mod close;
pub(crate) mod config;
pub(crate) mod confirm;
pub(crate) mod get;
pub(crate) mod mute;
pub(crate) mod original;
pub(crate) mod part;
pub(crate) mod patch;
pub(crate) mod resend;
pub(crate) mod revert;
pub(crate) mod selftest;
pub(crate) mod set;
pub(crate) mod snapshot;
pub(crate) mod test_alert;
pub(crate) mod verdict;

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::answer::{Answer, Answering};
use super::envelope::{Command, CommandEnvelope};
use super::fields::{self, Faults};
use super::running_box::{Alerts, RunningBox};
use crate::contract::examples::{self, ExampleError};
use crate::contract::messages::{COMMAND_TOPICS, Message};
use crate::contract::signature::Role;
use crate::contract::words::Time;
use crate::text::Sentences;

/// Every command, in the order in which they are published.
pub static COMMANDS: &[CommandSpec] = &[
    CommandSpec::of::<ack::AckData>(),
    CommandSpec::of::<assign::AssignData>(),
    CommandSpec::of::<verdict::VerdictData>(),
    CommandSpec::of::<close::CloseData>(),
    CommandSpec::of::<set::SetData>(),
    CommandSpec::of::<mute::MuteData>(),
    CommandSpec::of::<confirm::ConfirmData>(),
    CommandSpec::of::<selftest::SelftestData>(),
    CommandSpec::of::<snapshot::SnapshotData>(),
    CommandSpec::of::<original::OriginalData>(),
    CommandSpec::of::<resend::ResendData>(),
    CommandSpec::of::<get::GetData>(),
    CommandSpec::of::<part::UploadPartData>(),
    CommandSpec::of::<patch::PatchData>(),
    CommandSpec::of::<config::WantedConfigData>(),
];

/// The parameters of a command, and everything else there is to know of it.
pub trait CommandData: Serialize + DeserializeOwned + Send + 'static {
    /// Its row in the table of messages: topic, schema, example, and what it is for. The last part of the topic
    /// is the command's name.
    const MESSAGE: Message;
    /// What this command alone says.
    const SENTENCES: Sentences;
    /// The least role that may ask for it.
    const ROLE: Role;
    /// Whether it is taken unsigned where the configuration names no key: only what changes nothing but alerts.
    const WITHOUT_KEYS: bool = false;
    /// Whether somebody must say why they ask.
    const NEEDS_REASON: bool;
    /// What becomes of one that comes again.
    const REPLAY: Replay;
    /// Carries it out.
    const HANDLER: Handler<Self>;

    /// Reads the parameters.
    ///
    /// # Errors
    /// Everything that is wrong with them, for the developer who sent them.
    fn read(data: &Value) -> Result<Self, Faults> {
        fields::read(data)
    }

    /// What the audit log keeps of the parameters.
    fn logged(&self) -> Option<Value> {
        serde_json::to_value(self).ok()
    }
}

/// What becomes of a command that comes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replay {
    /// It is carried out once: its request is remembered until it expires, and one that the broker kept is refused.
    Once,
    /// The same, but it only asks: it counts as carried out when its answer is stored, so that a power cut before that loses
    /// nothing.
    OnceAnswered,
    /// It changes nothing that lasts: a repeat is looked at anew, and nothing of it is remembered.
    Harmless,
    /// Its version distinguishes it from older ones, so it may be kept by the broker and need not expire.
    ByVersion,
}

/// Who carries out a command, and how.
pub enum Handler<C> {
    /// The main thread, at once.
    Now(fn(C, &CommandEnvelope, &mut dyn RunningBox) -> Answer),
    /// The main thread begins, and another one answers.
    Later(fn(C, &CommandEnvelope, &mut dyn RunningBox, Answering)),
    /// The analysis, without waiting for the main thread: nobody waits for an acknowledgement while models are loaded.
    /// Returns whether somebody is there to answer.
    Alerts(fn(C, &CommandEnvelope, &dyn Alerts, Answering) -> bool),
}

/// A row of the list of commands.
#[derive(Debug)]
pub struct CommandSpec {
    /// Its row in the table of messages.
    pub message: Message,
    sentences: Sentences,
    /// The least role that may ask for it.
    pub role: Role,
    /// Whether it is taken unsigned where the configuration names no key.
    pub without_keys: bool,
    /// Whether somebody must say why they ask.
    pub needs_reason: bool,
    /// What becomes of one that comes again.
    pub replay: Replay,
    read: fn(&Value) -> Result<Parsed, Faults>,
    fields: fn() -> &'static [&'static str],
    required: fn() -> Vec<&'static str>,
}

impl CommandSpec {
    const fn of<C: CommandData>() -> Self {
        CommandSpec {
            message: C::MESSAGE,
            sentences: C::SENTENCES,
            role: C::ROLE,
            without_keys: C::WITHOUT_KEYS,
            needs_reason: C::NEEDS_REASON,
            replay: C::REPLAY,
            read: parsed::<C>,
            fields: fields::names::<C>,
            required: fields::required::<C>,
        }
    }

    /// The last part of its topic, and what stands in `command`.
    pub fn name(&self) -> &'static str {
        self.message.last_part()
    }

    /// Reads its parameters.
    pub(super) fn read(&self, data: &Value) -> Result<Parsed, Faults> {
        (self.read)(data)
    }

    /// The names of its own fields, beside those of all.
    pub fn fields(&self) -> &'static [&'static str] {
        (self.fields)()
    }

    /// Those of them that it must have.
    pub fn required(&self) -> Vec<&'static str> {
        (self.required)()
    }
}

/// Those that are given at the page alone: the command centre waits until a trial ends, and sees no stations of a test.
static AT_THE_PAGE: &[CommandSpec] =
    &[CommandSpec::of::<revert::RevertData>(), CommandSpec::of::<test_alert::TestAlertData>()];

/// What commands say, each in its own file.
pub(crate) fn sentences() -> impl Iterator<Item = Sentences> {
    COMMANDS.iter().chain(AT_THE_PAGE).map(|command| command.sentences)
}

/// The command of that name, for somebody at the page.
pub(super) fn spec_at_page(name: &str) -> Option<&'static CommandSpec> {
    AT_THE_PAGE.iter().find(|command| command.name() == name).or_else(|| spec(name))
}

/// The command of that name.
pub fn spec(name: &str) -> Option<&'static CommandSpec> {
    COMMANDS.iter().find(|command| command.name() == name)
}

/// The names of all commands that have topics of their own below `down/cmd/`, sorted.
pub fn names() -> Vec<&'static str> {
    let is_command = |message: &Message| message.topic.starts_with(COMMAND_TOPICS);
    let mut names: Vec<&str> =
        COMMANDS.iter().filter(|c| is_command(&c.message)).map(CommandSpec::name).collect();
    names.sort_unstable();
    names
}

/// Parameters that were read, ready to be carried out.
pub(super) struct Parsed {
    pub logged: Option<Value>,
    pub work: Work,
}

/// What the main thread does about a command.
pub type MainWork = Box<dyn FnOnce(&CommandEnvelope, &mut dyn RunningBox, Answering) + Send>;
/// What is asked of the analysis; `false` once it is gone.
pub type AlertWork = Box<dyn FnOnce(&CommandEnvelope, &dyn Alerts, Answering) -> bool + Send>;

/// What is left to do.
pub enum Work {
    /// For the main thread.
    Main(MainWork),
    /// For the analysis.
    Alerts(AlertWork),
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Work::Main(_) => "Main",
            Work::Alerts(_) => "Alerts",
        })
    }
}

fn parsed<C: CommandData>(data: &Value) -> Result<Parsed, Faults> {
    let data = C::read(data)?;
    let logged = data.logged();
    let work = match C::HANDLER {
        Handler::Now(handle) => Work::Main(Box::new(move |envelope, at, answering| {
            answering(handle(data, envelope, at));
        })),
        Handler::Later(handle) => {
            Work::Main(Box::new(move |envelope, at, answering| handle(data, envelope, at, answering)))
        }
        Handler::Alerts(handle) => Work::Alerts(Box::new(move |envelope, alerts, answering| {
            handle(data, envelope, alerts, answering)
        })),
    };
    Ok(Parsed { logged, work })
}

/// A whole command as an example, of somebody with that name.
fn example<C: CommandData>(by: &str, data: C) -> Result<Vec<u8>, ExampleError> {
    let command = Command {
        request_id: "r-20261121-18".to_owned(),
        area: Some("530127".to_owned()),
        box_id: Some("box-7f3a".to_owned()),
        command: Some(C::MESSAGE.last_part().to_owned()),
        iat: Time(examples::at(180)?),
        exp: Time(examples::at(480)?),
        counter: None,
        by: by.to_owned(),
        reason: Some(examples::ROAD_WORKS.to_owned()),
        data,
    };
    Ok(serde_json::to_vec(&command)?)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_command_has_a_name_of_its_own() {
        let names: BTreeSet<&str> = COMMANDS.iter().map(CommandSpec::name).collect();
        assert_eq!(names.len(), COMMANDS.len());
        for command in COMMANDS {
            // What may stand at the broker must say itself which of two is newer.
            assert_eq!(command.message.retain, command.replay == Replay::ByVersion, "{}", command.name());
            // Without keys anybody asks, so nothing may change but the state of alerts.
            assert!(!command.without_keys || command.role == Role::Desk, "{}", command.name());
        }
    }

    #[test]
    fn every_example_is_read_as_its_own_command() {
        for command in COMMANDS {
            let example = command.message.example().unwrap().unwrap();
            assert_eq!(example["command"], command.name());
            assert!(!command.needs_reason || example["reason"].is_string(), "{}", command.name());
            let read = command.read(&example);
            assert!(read.is_ok(), "{}: {:?}", command.name(), read.err());
        }
    }
}
