//! In which language a command speaks: as `--language` says, else as the terminal does.

use std::ffi::OsString;
use std::sync::OnceLock;

use crate::contract::Language;
use crate::text::argument;

/// Reads the value of `--language`.
///
/// # Errors
/// What it may be.
pub(super) fn parse(text: &str) -> Result<Language, String> {
    named(text).ok_or_else(|| argument::language_expected().in_language(of_this_run()))
}

fn named(tag: &str) -> Option<Language> {
    match tag {
        "zh-CN" | "zh" => Some(Language::Chinese),
        "en" => Some(Language::English),
        _ => None,
    }
}

/// What `--language` asked for.
static ASKED: OnceLock<Option<Language>> = OnceLock::new();

/// Looks for `--language` before the arguments are read: what is said about them is in that language, too.
pub(super) fn look_for_it_in(arguments: impl Iterator<Item = OsString>) {
    // Looked for once, by `main`.
    let _ = ASKED.set(asked_in(arguments));
}

fn asked_in(arguments: impl Iterator<Item = OsString>) -> Option<Language> {
    let texts = arguments.map(|argument| argument.to_string_lossy().into_owned());
    let mut options = texts.take_while(|text| text != "--");
    while let Some(option) = options.next() {
        let value = match option.strip_prefix("--language") {
            Some("") => options.next(),
            Some(rest) => rest.strip_prefix('=').map(str::to_owned),
            None => None,
        };
        if let Some(language) = value.and_then(|value| named(&value)) {
            return Some(language);
        }
    }
    None
}

/// The one that `--language` asked for.
pub(super) fn asked() -> Option<Language> {
    ASKED.get().copied().flatten()
}

/// The one that was asked for, else the terminal's.
pub(super) fn of_this_run() -> Language {
    asked().unwrap_or_else(of_the_terminal)
}

/// Chinese where the terminal speaks it (POSIX: the first of these that is set and not empty).
pub(super) fn of_the_terminal() -> Language {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    match set("LC_ALL").or_else(|| set("LC_MESSAGES")).or_else(|| set("LANG")) {
        Some(value) if value.starts_with("zh") => Language::Chinese,
        _ => Language::English,
    }
}

/// Columns that a text takes on a terminal: two for a Chinese character or mark, one for anything else.
pub(super) fn columns(text: &str) -> usize {
    text.chars()
        .map(|c| if matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{ff00}'..='\u{ff60}') { 2 } else { 1 })
        .sum()
}

/// The text with spaces before it, so that it ends in one column with others.
#[cfg(any(feature = "demo", test))]
pub(super) fn padded_left(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(columns(text))))
}

/// The text with spaces behind it, so that what follows stands in one column.
pub(super) fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_one_another_in_both_languages() {
        assert_eq!(padded("codec", 8), "codec   ");
        assert_eq!(padded("编码", 8), "编码    ");
        assert_eq!(padded("首帧（I）", 4), "首帧（I）");
        assert_eq!(padded_left("解码", 8), "    解码");
    }

    #[test]
    fn a_language_is_known_by_its_tag() {
        assert_eq!(parse("zh-CN"), Ok(Language::Chinese));
        assert_eq!(parse("zh"), Ok(Language::Chinese));
        assert_eq!(parse("en"), Ok(Language::English));
        assert!(parse("de").is_err());
    }

    #[test]
    fn it_is_found_before_the_arguments_are_read() {
        let asked = |line: &str| asked_in(line.split(' ').map(OsString::from));
        assert_eq!(asked("lookout probe --language zh-CN"), Some(Language::Chinese));
        assert_eq!(asked("lookout --language=en probe --user a"), Some(Language::English));
        for nothing in
            ["lookout probe", "lookout --language", "lookout --languages zh", "lookout -- --language zh"]
        {
            assert_eq!(asked(nothing), None, "{nothing}");
        }
    }
}
