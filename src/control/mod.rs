//! Commands to a box: authorisation, execution, overrides, policy.
//!
//! ```text
//!  mqtt ─ bytes ─► inbox: authorisation ► envelope ─► command thread: rate limit ► replay guard ► audit log
//!                                                          │ about an alert         │ about the box
//!                                                          ▼                        ▼
//!                                                       analysis            the main thread (RunningBox)
//! ```
//!
//! Each command is a file in [`commands`]: its parameters, who may ask for it, an example, help in both languages and its
//! handler. What a command may look at and change of the box is `RunningBox`; the daemon is one, a test may be another.
//! Must never let anything take effect that is not on disk in the audit log.

pub(crate) mod answer;
pub(crate) mod authorisation;
pub(crate) mod command_thread;
pub mod commands;
pub mod envelope;
pub(crate) mod fields;
pub mod inbox;
pub(crate) mod local;
pub(crate) mod long_text;
pub(crate) mod overrides;
pub(crate) mod rate_limit;
pub(crate) mod reference;
pub(crate) mod refusal_stats;
pub(crate) mod remote_config_policy;
pub(crate) mod replay_guard;
pub(crate) mod running_box;
pub(crate) mod settings;
#[cfg(test)]
mod test_box;
pub(crate) mod transfers;

use crate::contract::messages::{EVENTS, MARK, Message, PICTURES};
use crate::contract::signature::Role;

pub use answer::{Answer, Answering};
pub use authorisation::{Gate, Signer};
pub use commands::{COMMANDS, CommandSpec};
pub(crate) use envelope::objections;
pub use envelope::{CommandEnvelope, Objections, ReceivedCommand};
pub use inbox::Inbox;
pub(crate) use local::LocalDesk;
pub(crate) use running_box::{Offer, RunningBox};

/// The whole table of messages: what a box sends and what it takes.
pub fn messages() -> Vec<&'static Message> {
    let commands = COMMANDS.iter().map(|command| &command.message);
    EVENTS.into_iter().chain(commands).chain([&MARK]).chain(PICTURES).collect()
}

/// The message of that name.
pub fn message(name: &str) -> Option<&'static Message> {
    messages().into_iter().find(|message| message.name == name)
}

/// The least role that may send a mark: a person who works on alerts knows which of them are stored.
const MARK_ROLE: Role = Role::Desk;

/// The least role that may say `command`, the last part of a topic; `None` for a command that does not exist.
pub(crate) fn role_for(command: &str) -> Option<Role> {
    if command == MARK.last_part() {
        return Some(MARK_ROLE);
    }
    commands::spec(command).map(|spec| spec.role)
}

/// Whether `command` is taken without a signature where the configuration names no key.
fn is_taken_without_keys(command: &str) -> bool {
    command == MARK.last_part() || commands::spec(command).is_some_and(|spec| spec.without_keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_grow() {
        let may = |role: Role, command: &str| role_for(command).is_some_and(|needed| role >= needed);
        assert!(may(Role::Desk, "ack") && !may(Role::Desk, "set") && !may(Role::Desk, "config"));
        assert!(may(Role::Operator, "mute") && !may(Role::Operator, "config"));
        assert!(may(Role::Admin, "config") && may(Role::Admin, "ack") && !may(Role::Admin, "reboot"));
        assert!(may(Role::Desk, "mark"));
    }
}
