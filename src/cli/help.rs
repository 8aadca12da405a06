//! The commands and their help in the language of this run, and what is said of arguments that are not understood.
//!
//! The commands describe themselves in English (their doc comments are clap's texts); for Chinese every text is put in its
//! place from [`crate::text::help`].

use std::error::Error as _;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, CommandFactory as _};

use super::{Arguments, EXIT_INVALID, Failure, language};
use crate::contract::Language;
use crate::text::{Joint, Sentence, Words, command_line as sentence, foreign, help as text};

/// The option that every command has.
fn language_option() -> Arg {
    Arg::new("language")
        .long("language")
        .global(true)
        .value_name("TAG")
        .value_parser(language::parse)
        .help(text::LANGUAGE)
}

/// All commands.
pub(super) fn command(language: Language) -> Command {
    let command = Arguments::command().arg(language_option());
    match language {
        Language::English => command,
        Language::Chinese => in_chinese(command),
    }
}

fn in_chinese(mut command: Command) -> Command {
    // The options that every command has, and `help`, are there from now on.
    command.build();
    translated(command, "")
}

/// The command with the texts of [`crate::text::help`]; `path` is what leads to it, without the program's name.
fn translated(command: Command, path: &str) -> Command {
    if command.get_name() == "help" {
        return command.about(text::HELP_COMMAND);
    }
    let Some(about) = text::of(path, "") else { return command };
    let options = command.get_arguments().filter(|argument| !argument.is_positional());
    let parts = [
        (command.has_subcommands(), sentence::commands(), "{subcommands}"),
        (any_is_shown(command.get_positionals()), sentence::arguments(), "{positionals}"),
        (any_is_shown(options), sentence::options(), "{options}"),
    ];
    let usage = sentence::usage("{usage}").in_language(Language::Chinese);
    let mut template = format!("{{before-help}}{{about-with-newline}}\n{usage}");
    for (_, heading, part) in parts.into_iter().filter(|(is_there, ..)| *is_there) {
        let heading = heading.in_language(Language::Chinese);
        template.push_str(&format!("\n\n{heading}\n{part}"));
    }
    template.push_str("{after-help}");
    let command = command
        .about(about)
        .help_template(template)
        .mut_args(|argument| in_words(argument, path))
        .mut_subcommands(|inner| {
            let path = [path, inner.get_name()].join(" ");
            translated(inner, path.trim_start())
        });
    let command = match command.get_long_about() {
        Some(_) => command.long_about(text::of(path, text::MORE).unwrap_or(about)),
        None => command,
    };
    match text::of(path, text::AFTER) {
        Some(after) => command.after_help(after),
        None => command,
    }
}

fn any_is_shown<'a>(mut arguments: impl Iterator<Item = &'a Arg>) -> bool {
    arguments.any(|argument| !argument.is_hide_set())
}

/// The argument with its Chinese text, in which stand what it is by default and what it may be, too.
fn in_words(argument: Arg, path: &str) -> Arg {
    let id = argument.get_id().as_str().to_owned();
    let Some(help) = text::of(path, &id).or_else(|| text::of(text::EVERY, &id)) else { return argument };
    let listed = |values: Vec<String>| Words::List(values.into_iter().map(Words::from).collect(), Joint::Row);
    let mut more: Vec<Words> = Vec::new();
    let takes_value = argument.get_action().takes_values();
    let usual = argument.get_default_values().iter().map(|value| value.to_string_lossy().into_owned());
    let usual: Vec<String> = usual.collect();
    if takes_value && !usual.is_empty() && !argument.is_hide_default_value_set() {
        more.push(sentence::usually(listed(usual)).into());
    }
    let may_be = argument.get_possible_values().into_iter().filter(|value| !value.is_hide_set());
    let may_be: Vec<String> = may_be.map(|value| value.get_name().to_owned()).collect();
    if takes_value && !may_be.is_empty() {
        more.push(sentence::one_of(listed(may_be)).into());
    }
    let help = match more.is_empty() {
        true => help.to_owned(),
        false => {
            let explained = sentence::explained(help, Words::List(more, Joint::Then));
            explained.in_language(Language::Chinese)
        }
    };
    let argument = match argument.get_long_help() {
        Some(_) => argument.long_help(help.clone()),
        None => argument,
    };
    argument.help(help).hide_default_value(true).hide_possible_values(true)
}

// ---- arguments that are not understood

/// Prints help where that was asked for, else what is wrong with the arguments; the program ends.
pub(super) fn exit_with(error: &clap::Error, language: Language) -> ! {
    let is_asked_for = matches!(
        error.kind(),
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
            | ErrorKind::Io
            | ErrorKind::Format
    );
    // `--json=1`: the library says that a value was found and no more were expected.
    let is_said_better = error.kind() == ErrorKind::TooManyValues;
    if is_asked_for || (language == Language::English && !is_said_better) {
        error.exit();
    }
    say!("{}", in_our_words(error, language));
    std::process::exit(i32::from(EXIT_INVALID))
}

fn in_our_words(error: &clap::Error, language: Language) -> String {
    let failure = Failure::refused(what_is_wrong(error)).hint(what_to_try(error)).in_language(language);
    let mut report = failure.report();
    if let Some(ContextValue::StyledStr(usage)) = error.get(ContextKind::Usage) {
        let usage = usage.to_string();
        let usage = sentence::usage(usage.trim().trim_start_matches("Usage:").trim_start());
        report.push_str(&format!("\n\n{}", usage.in_language(language)));
    }
    report
}

/// What stands there, each name in backticks.
fn context(error: &clap::Error, kind: ContextKind) -> Option<String> {
    let quoted = |text: &String| format!("`{text}`");
    match error.get(kind)? {
        ContextValue::String(text) if !text.is_empty() => Some(quoted(text)),
        ContextValue::Strings(texts) if !texts.is_empty() => {
            Some(texts.iter().map(quoted).collect::<Vec<_>>().join("、"))
        }
        _ => None,
    }
}

fn what_is_wrong(error: &clap::Error) -> Sentence {
    let of = |kind| context(error, kind).unwrap_or_default();
    let (option, value) = (of(ContextKind::InvalidArg), of(ContextKind::InvalidValue));
    match error.kind() {
        ErrorKind::UnknownArgument => sentence::not_known(option),
        ErrorKind::InvalidSubcommand => sentence::no_such_command(of(ContextKind::InvalidSubcommand)),
        ErrorKind::MissingSubcommand => sentence::command_missing(of(ContextKind::ValidSubcommand)),
        ErrorKind::MissingRequiredArgument => sentence::missing(option),
        ErrorKind::ArgumentConflict => match context(error, ContextKind::PriorArg) {
            Some(prior) if prior != option => sentence::not_together(option, prior),
            _ => sentence::not_twice(option),
        },
        ErrorKind::InvalidValue if value.is_empty() => sentence::value_missing(option),
        ErrorKind::InvalidValue => sentence::value_unfit(option, value),
        ErrorKind::ValueValidation => match error.source() {
            Some(why) => sentence::value_unfit_because(option, value, words_of(&why.to_string())),
            None => sentence::value_unfit(option, value),
        },
        ErrorKind::TooManyValues => sentence::takes_no_value(option),
        ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => sentence::values_miscounted(option),
        ErrorKind::NoEquals => sentence::no_equals(option),
        _ => sentence::not_understood(error.to_string().trim().to_owned()),
    }
}

/// What a parser of ours says is Chinese already.
fn words_of(why: &str) -> Words {
    match why.is_ascii() {
        true => foreign::words(why).into(),
        // With what to try in the same line.
        false => why.replace("\n  ", "；").into(),
    }
}

fn what_to_try(error: &clap::Error) -> Sentence {
    let suggested =
        [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue];
    if let Some(meant) = suggested.into_iter().find_map(|kind| context(error, kind)) {
        return sentence::try_meant(meant);
    }
    if let Some(option) =
        context(error, ContextKind::InvalidArg).filter(|_| error.kind() == ErrorKind::TooManyValues)
    {
        return sentence::try_alone(option);
    }
    match context(error, ContextKind::ValidValue) {
        Some(values) => sentence::try_values(values),
        None => sentence::try_help(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Calls back for every command and every argument of it that people see.
    fn walk(command: &Command, path: &str, seen: &mut impl FnMut(&str, &Command)) {
        seen(path, command);
        for inner in command.get_subcommands() {
            // `help` holds a copy of every command.
            if inner.get_name() != "help" {
                walk(inner, [path, inner.get_name()].join(" ").trim_start(), seen);
            }
        }
    }

    fn is_chinese(text: &str) -> bool {
        text.chars().any(|c| matches!(c, '\u{4e00}'..='\u{9fff}'))
    }

    #[test]
    fn every_command_and_argument_is_described_in_chinese() {
        let (mut missing, mut known) = (Vec::new(), 0);
        walk(&command(Language::Chinese), "", &mut |path, command| {
            let long = command.get_long_about().map(ToString::to_string);
            let after = command.get_after_help().map(ToString::to_string);
            let about = command.get_about().map(ToString::to_string);
            let texts = [Some(about.unwrap_or_default()), long, after];
            if !texts.into_iter().flatten().all(|text| is_chinese(&text)) {
                missing.push(format!("lookout {path}"));
            }
            for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
                known += 1;
                let texts = [argument.get_help(), argument.get_long_help()];
                let texts: Vec<String> = texts.into_iter().flatten().map(ToString::to_string).collect();
                if texts.is_empty() || !texts.iter().all(|text| is_chinese(text)) {
                    missing.push(format!("lookout {path}: {}", argument.get_id()));
                }
            }
        });
        assert!(known > 100, "only {known} arguments: the walk is broken");
        assert!(missing.is_empty(), "without Chinese in src/text/help.rs:\n{}", missing.join("\n"));
    }

    #[test]
    fn every_chinese_text_is_of_a_command_or_argument_that_is_there() {
        let mut there = Vec::new();
        walk(&command(Language::Chinese), "", &mut |path, command| {
            there.push((path.to_owned(), String::new()));
            if command.get_after_help().is_some() {
                there.push((path.to_owned(), text::AFTER.to_owned()));
            }
            there.extend(
                command.get_arguments().map(|argument| (path.to_owned(), argument.get_id().to_string())),
            );
        });
        for (path, argument, _) in text::ALL_OF_HELP {
            let is_there = there.iter().any(|(known, id)| {
                (known == path || *path == text::EVERY) && (id == argument || *argument == text::MORE)
            });
            assert!(is_there, "nothing has the text of `{path}`, `{argument}`");
        }
    }

    #[test]
    fn help_is_chinese_but_for_names() {
        let help = command(Language::Chinese)
            .try_get_matches_from(["lookout", "probe", "--help"])
            .expect_err("help is printed")
            .to_string();
        for part in [
            "\n用法：lookout probe [OPTIONS] <TARGET>\n",
            "\n参数：\n",
            "\n选项：\n",
            "显示帮助",
            "默认：tcp；可选：tcp、udp",
        ] {
            assert!(help.contains(part), "{part} is missing in:\n{help}");
        }
        for english in ["Usage", "Options", "Print", "default", "possible values"] {
            assert!(!help.contains(english), "{english} in:\n{help}");
        }
        let all = command(Language::Chinese)
            .try_get_matches_from(["lookout", "help"])
            .expect_err("help")
            .to_string();
        assert!(all.contains("\n命令：\n") && !all.contains("Print"), "{all}");
        let english =
            command(Language::English).try_get_matches_from(["lookout", "probe", "-h"]).expect_err("help");
        assert!(english.to_string().contains("Usage: lookout probe [OPTIONS] <TARGET>"), "{english}");
    }

    #[test]
    fn the_usual_language_is_that_of_the_command() {
        let help = |line: &str, language| {
            let arguments = ["lookout"].into_iter().chain(line.split(' ')).chain(["-h"]);
            command(language).try_get_matches_from(arguments).expect_err("help is printed").to_string()
        };
        for (line, usual) in [
            ("run", "默认：站点的语言"),
            ("keys box", "默认：站点的语言"),
            ("tail", "默认：终端或站点为中文时用中文"),
            ("probe", "默认：终端的语言"),
        ] {
            let chinese = help(line, Language::Chinese);
            assert!(chinese.contains("zh-CN（可写 zh）或 en"), "{line}: {chinese}");
            assert!(chinese.contains(usual), "{line}: {chinese}");
            let english = help(line, Language::English).split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(english.contains("of `run` and `keys box` the site's; of `tail` Chinese"), "{english}");
            assert!(english.contains("zh-CN (or zh) or en"), "{english}");
        }
        let all = command(Language::Chinese).render_help().to_string();
        let all = all.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(all.contains("`run` 和 `keys box` 为站点的语言；`tail` 在终端或站点为中文时用中文"), "{all}");
    }

    #[test]
    fn a_switch_with_a_value_is_answered_in_both_languages() {
        for (language, wanted) in [
            (Language::English, "error: `--json` takes no value\n  hint: write `--json` alone\n"),
            (Language::Chinese, "错误：`--json` 不带值\n  提示：请只写 `--json`\n"),
        ] {
            let arguments = ["lookout", "check", "--json=1", "site.toml"];
            let error = command(language).try_get_matches_from(arguments).expect_err("refused");
            assert_eq!(error.kind(), ErrorKind::TooManyValues);
            let report = in_our_words(&error, language);
            assert!(report.starts_with(wanted), "{report}");
        }
    }

    #[test]
    fn what_is_not_understood_is_said_in_chinese_with_what_to_try() {
        for (line, what, hint) in [
            ("probe rtsp://a/b --uzer x", "不认识 `--uzer`", "`--user`"),
            ("prob", "没有命令 `prob`", "`probe`"),
            ("probe", "缺少 `<TARGET>`", "`--help`"),
            ("probe rtsp://a/b --user", "缺少 `--user <USER>` 的值", "`--help`"),
            ("probe rtsp://a/b --transport tpc", "`--transport <TRANSPORT>` 不能是 `tpc`", "`tcp`"),
            ("probe rtsp://a/b --transport http", "`--transport <TRANSPORT>` 不能是 `http`", "`tcp`、`udp`"),
            ("probe rtsp://a/b --rotate 45", "`--rotate <DEGREES>` 不能是 `45`", "`90`、`180`、`270`"),
            ("probe rtsp://a/b --seconds many", "`--seconds <SECONDS>` 不能是 `many`", "`--help`"),
            ("probe rtsp://a/b --secret a --secret-file b", "`--secret", "`--help`"),
            ("--language zh-CN", "缺少命令", "`--help`"),
            ("keys", "", ""),
        ] {
            let arguments = std::iter::once("lookout").chain(line.split(' '));
            let error = command(Language::Chinese).try_get_matches_from(arguments).expect_err(line);
            if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
                assert!(error.to_string().contains("\n命令：\n"), "{error}");
                continue;
            }
            let report = in_our_words(&error, Language::Chinese);
            assert!(report.starts_with(&format!("错误：{what}")), "{line}: {report}");
            let (_, tried) = report.split_once("\n  提示：").expect("a hint");
            assert!(tried.contains(hint), "{line}: {report}");
            assert!(!report.contains("Usage") && !report.contains("error"), "{line}: {report}");
        }
    }
}
