//! The reference of the commands: `config/COMMANDS.md`, its Chinese twin, and the help of `lookout keys`. Made from
//! the list of commands.

use std::fmt::Write as _;

use serde_json::Value;

use super::MARK_ROLE;
use super::commands::{COMMANDS, CommandSpec, Replay};
use crate::analysis::time::Timestamp;
use crate::contract::Language;
use crate::contract::messages::{MARK, Message};
use crate::contract::signature::Role;
use crate::text::{Joint, Sentence, Words, command as say, message};

/// The published files, by their names below `config/`.
pub(crate) fn files() -> impl Iterator<Item = (&'static str, String)> {
    [("COMMANDS.md", Language::English), ("COMMANDS.zh-CN.md", Language::Chinese)]
        .into_iter()
        .map(|(name, language)| (name, markdown(language)))
}

/// The fields of a command: those that it must have, and those that it may have.
pub(crate) fn fields_of(command: &CommandSpec) -> Sentence {
    let required = command.required();
    let optional = command.fields().iter().copied().filter(|name| !required.contains(name));
    let listed = |names: Vec<&'static str>| {
        let names = names.into_iter().map(|name| format!("`{name}`").into()).collect();
        Words::List(names, Joint::And)
    };
    let optional: Vec<&str> = optional.collect();
    match (required.is_empty(), optional.is_empty()) {
        (true, true) => say::takes_nothing(command.name()),
        (true, false) => say::takes(command.name(), listed(optional)),
        (false, true) => say::takes(command.name(), listed(required)),
        (false, false) => {
            let fields = say::takes_besides(listed(required), listed(optional));
            say::takes(command.name(), fields)
        }
    }
}

/// The example of a message to a box, for the box and the person that `like` names, good from `now` on.
pub(crate) fn example(message: &Message, like: &Value, now: Timestamp) -> Option<String> {
    let mut example = message.example().ok().flatten()?;
    let fields = example.as_object_mut()?;
    for key in ["area", "box", "by"] {
        if let (Some(there), Some(Value::String(named))) = (fields.get_mut(key), like.get(key)) {
            *there = Value::String(named.clone());
        }
    }
    for (key, after) in [("iat", 0), ("exp", EXAMPLE_GOOD_FOR_SECS)] {
        if let Some(there) = fields.get_mut(key) {
            let at = Timestamp::from_second(now.as_second() + after).ok()?;
            *there = Value::String(at.to_string());
        }
    }
    Some(example.to_string())
}

/// Time for which an example may be sent.
const EXAMPLE_GOOD_FOR_SECS: i64 = 300;

/// `desk (ack, mark, ...), operator (also set, ...) or admin (also config)`.
pub(crate) fn roles_in_short() -> String {
    let [desk, operator, admin] = Role::ALL.map(|role| (role.name(), names(role).join(", ")));
    format!("{} ({}), {} (also {}) or {} (also {})", desk.0, desk.1, operator.0, operator.1, admin.0, admin.1)
}

/// What a role may say that the one before it may not.
fn names(role: Role) -> Vec<&'static str> {
    let mark = (MARK_ROLE == role).then(|| MARK.last_part());
    COMMANDS.iter().filter(|command| command.role == role).map(|c| c.name()).chain(mark).collect()
}

fn markdown(language: Language) -> String {
    let file = match language {
        Language::English => "CONTRACT.md",
        Language::Chinese => "CONTRACT.zh-CN.md",
    };
    let link = format!("{file}#{}", message::contract_anchor().in_language(language));
    let mut text = message::commands_head(file, link).in_language(language) + "\n";
    for command in COMMANDS {
        let reason =
            if command.needs_reason { message::required().in_language(language) } else { String::new() };
        let again = match command.replay {
            Replay::Once | Replay::OnceAnswered => message::once(),
            Replay::Harmless => message::looked_at_again(),
            Replay::ByVersion => message::by_version(),
        };
        let [again, summary] =
            [again, (command.message.summary)()].map(|sentence| sentence.in_language(language));
        // Writing to a text does not fail.
        let _ = writeln!(
            text,
            "| `{}` | `{}` | `{}` | {reason} | {again} | {summary} |",
            command.name(),
            command.message.topic,
            command.role.name()
        );
    }
    // No command: it asks for nothing and gets no answer.
    let [again, summary] =
        [message::older_marks(), (MARK.summary)()].map(|sentence| sentence.in_language(language));
    let _ = writeln!(
        text,
        "| `{}` | `{}` | `{}` |  | {again} | {summary} |",
        MARK.last_part(),
        MARK.topic,
        MARK_ROLE.name()
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_roles_are_reported_with_every_command() {
        let roles = roles_in_short();
        let [desk, operator, admin] = roles.split("(").skip(1).collect::<Vec<_>>()[..] else {
            panic!("{roles}")
        };
        let of = |role: Role| match role {
            Role::Desk => desk,
            Role::Operator => operator,
            Role::Admin => admin,
        };
        for command in COMMANDS {
            let listed = of(command.role).trim_start_matches("also ").split([',', ')']).map(str::trim);
            assert!(listed.into_iter().any(|name| name == command.name()), "{}: {roles}", command.name());
        }
        assert!(desk.contains("mark"), "{roles}");
    }

    #[test]
    fn who_may_say_what_and_what_a_second_copy_does() {
        let (_, english) = files().next().expect("the English file");
        // Without the topic and the sentence.
        let rows = english.lines().filter(|line| line.starts_with("| `")).map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            (cells[1], cells[3], cells[4], cells[5])
        });
        assert_eq!(
            rows.collect::<Vec<_>>(),
            [
                ("`ack`", "`desk`", "", "carried out once"),
                ("`assign`", "`desk`", "", "carried out once"),
                ("`verdict`", "`desk`", "", "carried out once"),
                ("`close`", "`desk`", "", "carried out once"),
                ("`set`", "`operator`", "", "carried out once"),
                ("`mute`", "`operator`", "required", "carried out once"),
                ("`confirm`", "`operator`", "", "carried out once"),
                ("`selftest`", "`desk`", "", "carried out once"),
                ("`snapshot`", "`desk`", "required", "carried out once"),
                ("`original`", "`operator`", "required", "carried out once"),
                ("`resend`", "`desk`", "", "carried out once"),
                ("`get`", "`admin`", "required", "carried out once"),
                ("`part`", "`admin`", "", "looked at again"),
                ("`patch`", "`admin`", "", "carried out once"),
                ("`config`", "`admin`", "", "older versions are ignored"),
                ("`mark`", "`desk`", "", "older marks are ignored"),
            ]
        );
    }

    #[test]
    fn every_command_stands_in_both_files() {
        for (name, text) in files() {
            for command in COMMANDS {
                assert!(
                    text.contains(&format!("| `{}` | `{}` |", command.name(), command.message.topic)),
                    "{name}"
                );
            }
        }
    }
}
