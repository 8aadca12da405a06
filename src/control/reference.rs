//! What people read about the commands: `config/COMMANDS.md`, its Chinese twin, and the help of `lookout keys`. Made from
//! the list of commands.

use std::fmt::Write as _;

use super::MARK_ROLE;
use super::commands::{COMMANDS, Replay};
use crate::contract::Language;
use crate::contract::messages::MARK;
use crate::contract::signature::Role;

/// The published files, by their names below `config/`.
pub fn files() -> impl Iterator<Item = (&'static str, String)> {
    [("COMMANDS.md", Language::English), ("COMMANDS.zh-CN.md", Language::Chinese)]
        .into_iter()
        .map(|(name, language)| (name, markdown(language)))
}

/// `desk (ack, mark, ...), operator (also set, ...) or admin (also config)`.
pub fn roles_in_short() -> String {
    let [desk, operator, admin] = Role::ALL.map(|role| (role.name(), names(role).join(", ")));
    format!("{} ({}), {} (also {}) or {} (also {})", desk.0, desk.1, operator.0, operator.1, admin.0, admin.1)
}

/// What a role may say that the one before it may not.
fn names(role: Role) -> Vec<&'static str> {
    let mark = (MARK_ROLE == role).then(|| MARK.last_part());
    COMMANDS.iter().filter(|command| command.role == role).map(|c| c.name()).chain(mark).collect()
}

fn markdown(language: Language) -> String {
    let both = |english: &'static str, chinese: &'static str| match language {
        Language::English => english,
        Language::Chinese => chinese,
    };
    let mut text = both(
        "# Commands\n\nMade by `lookout schema` from the list of commands; how they are signed, sent and answered stands in \
         [CONTRACT.md](CONTRACT.md#commanding-a-box).\n\n\
         | command | topic | role | `reason` | if sent twice | |\n|---|---|---|---|---|---|\n",
        "# 命令\n\n由 `lookout schema` 根据命令表生成；签名、发送与回复方式见\
         [CONTRACT.zh-CN.md](CONTRACT.zh-CN.md#向盒子下命令)。\n\n\
         | 命令 | 主题 | 角色 | `reason` | 重复收到 | |\n|---|---|---|---|---|---|\n",
    )
    .to_owned();
    for command in COMMANDS {
        let reason = if command.needs_reason { both("required", "必填") } else { "" };
        let again = match command.replay {
            Replay::Once | Replay::OnceAnswered => both("carried out once", "只执行一次"),
            Replay::Harmless => both("looked at again", "重新处理"),
            Replay::ByVersion => both("older versions are ignored", "按版本号判断"),
        };
        let summary = both(command.message.summary, command.summary_zh);
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
    let _ = writeln!(
        text,
        "| `{}` | `{}` | `{}` |  | {} | {} |",
        MARK.last_part(),
        MARK.topic,
        MARK_ROLE.name(),
        both("older marks are ignored", "较早的标记不起作用"),
        both(MARK.summary, "中心的持久接收凭据：编号到 `n` 为止的都已存妥")
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_roles_are_told_with_every_command() {
        let told = roles_in_short();
        let [desk, operator, admin] = told.split("(").skip(1).collect::<Vec<_>>()[..] else {
            panic!("{told}")
        };
        let of = |role: Role| match role {
            Role::Desk => desk,
            Role::Operator => operator,
            Role::Admin => admin,
        };
        for command in COMMANDS {
            let listed = of(command.role).trim_start_matches("also ").split([',', ')']).map(str::trim);
            assert!(listed.into_iter().any(|name| name == command.name()), "{}: {told}", command.name());
        }
        assert!(desk.contains("mark"), "{told}");
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
