//! In which language a command speaks that has no site: as `--language` says, else as the terminal does.

use std::fmt;

use super::Failure;
use crate::contract::Language;
use crate::text::argument;

/// Reads the value of `--language`.
///
/// # Errors
/// What it may be.
pub(super) fn parse(text: &str) -> Result<Language, String> {
    match text {
        "zh-CN" | "zh" => Ok(Language::Chinese),
        "en" => Ok(Language::English),
        _ => Err(argument::language_expected().in_language(of_the_terminal())),
    }
}

/// The one that was asked for, else the terminal's.
pub(super) fn spoken(asked: Option<Language>) -> Language {
    asked.unwrap_or_else(of_the_terminal)
}

/// Chinese where the terminal speaks it (POSIX: the first of these that is set and not empty).
pub(super) fn of_the_terminal() -> Language {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    match set("LC_ALL").or_else(|| set("LC_MESSAGES")).or_else(|| set("LANG")) {
        Some(value) if value.starts_with("zh") => Language::Chinese,
        _ => Language::English,
    }
}

/// A command that was asked something it cannot do, in that language.
pub(super) fn invalid(message: impl fmt::Display, language: Language) -> Failure {
    Failure::invalid(message).in_language(language)
}

/// Columns that a text takes on a terminal: two for a Chinese character or mark, one for anything else.
fn columns(text: &str) -> usize {
    text.chars()
        .map(|c| if matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{ff00}'..='\u{ff60}') { 2 } else { 1 })
        .sum()
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
    }

    #[test]
    fn a_language_is_known_by_its_tag() {
        assert_eq!(parse("zh-CN"), Ok(Language::Chinese));
        assert_eq!(parse("en"), Ok(Language::English));
        assert!(parse("de").is_err());
    }
}
