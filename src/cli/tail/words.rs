//! Messages beside the alerts, in the reader's language: refusals, the reason of the end. Pure.

use url::Url;

use super::{Args, Outcome};
use crate::contract::command::Refusal;
use crate::contract::words::Language;
use crate::text::{Sentence, foreign, is_han, tail as say};

/// Host and port of the broker, without user and password.
pub(super) fn broker(url: &str) -> String {
    let Ok(parsed) = Url::parse(url) else { return "broker".to_owned() };
    let port = parsed.port().unwrap_or(if parsed.scheme() == "mqtts" { 8883 } else { 1883 });
    format!("{}:{port}", parsed.host_str().unwrap_or_default())
}

/// Why a box did not take an acknowledgement: its own words, and by its code where they are in another language.
pub(super) fn refusal(code: Option<&str>, message: Option<&str>, language: Language) -> String {
    let code = code.and_then(|code| serde_json::from_value::<Refusal>(code.into()).ok());
    let of_code = code.map(by_code);
    match (message, of_code) {
        (Some(message), _) if language_of(message) == language => message.to_owned(),
        (_, Some(sentence)) => sentence.in_language(language),
        (Some(message), None) => foreign::words(message).in_language(language),
        (None, None) => say::no_reason().in_language(language),
    }
}

/// By its words: what stands in backticks is a name or a value, in whatever script.
fn language_of(message: &str) -> Language {
    match message.split('`').step_by(2).any(|prose| prose.contains(is_han)) {
        true => Language::Chinese,
        false => Language::English,
    }
}

fn by_code(code: Refusal) -> Sentence {
    match code {
        Refusal::Malformed => say::malformed(),
        Refusal::Retained => say::retained(),
        Refusal::Expired => say::expired(),
        Refusal::Unsigned => say::unsigned(),
        Refusal::UnknownKey => say::unknown_key(),
        Refusal::BadSignature => say::bad_signature(),
        Refusal::NotAllowed => say::not_allowed(),
        Refusal::Misdirected => say::misdirected(),
        Refusal::Conflict => say::conflict(),
        Refusal::Invalid => say::invalid(),
        Refusal::Busy => say::busy(),
        Refusal::UnknownCommand => say::unknown_command(),
        Refusal::UnknownAlert => say::unknown_alert(),
        Refusal::AlertEnded => say::alert_ended(),
        Refusal::Unavailable => say::unavailable(),
        Refusal::Gone => say::gone(),
        Refusal::NotGiven => say::not_given(),
        Refusal::Storage => say::storage(),
    }
}

/// Why what was asked for was not seen, if it was not, and what to try.
pub(super) fn verdict(args: &Args, outcome: &Outcome) -> Option<(Sentence, Option<Sentence>)> {
    let Outcome { alerts, acknowledged, taken_before, asked, out_of_reach, .. } = *outcome;
    let acknowledges = args.ack || args.ack_as.is_some();
    if let Some(broker) = outcome.out_of_touch_with.as_deref().filter(|_| alerts == 0) {
        return Some((say::never_connected(broker), Some(say::try_lines_before())));
    }
    if alerts == 0 {
        return Some((say::nothing_seen(), Some(say::try_looking_at_topics())));
    }
    if acknowledged > 0 || !(acknowledges || args.until_acknowledged) {
        return None;
    }
    if out_of_reach > 0 {
        return Some((say::boxes_away(out_of_reach), Some(say::try_without_seconds())));
    }
    if asked > taken_before {
        return Some((say::none_came_back(asked - taken_before), None));
    }
    // Otherwise nothing was left to do.
    args.until_acknowledged.then(|| (say::all_taken_by_others(), None))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// What is left of a text without what is marked as somebody else's words.
    fn own_words(text: &str) -> String {
        let mut own = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once("（原文：") {
            own.push_str(before);
            rest = behind.split_once('）').expect("it is closed").1;
        }
        own + rest
    }

    /// Two English words in a row are a sentence that nobody translated.
    pub(in super::super) fn is_chinese(text: &str) -> bool {
        let own = own_words(text);
        let is_english = |word: &str| word.len() > 1 && word.bytes().all(|b| b.is_ascii_lowercase());
        let words: Vec<&str> = own.split(' ').collect();
        let has_chinese = own.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        has_chinese && !words.windows(2).any(|pair| pair.iter().all(|word| is_english(word)))
    }

    #[test]
    fn a_broker_is_named_without_its_login() {
        assert!(!is_chinese("not understood: x") && !is_chinese("已连接 waiting for alerts"));
        assert_eq!(broker("mqtts://user:secret@centre.example"), "centre.example:8883");
        assert_eq!(broker("mqtt://10.0.0.1:1884"), "10.0.0.1:1884");
    }

    #[test]
    fn why_a_box_refused_is_said_in_the_readers_language() {
        for (code, message) in [
            (Some("busy"), Some("too many")),
            (Some("busy"), Some("命令过多")),
            (Some("new_code"), None),
            (None, None),
        ] {
            let said = refusal(code, message, Language::Chinese);
            assert!(is_chinese(&said), "{said}");
        }
        assert_eq!(refusal(None, Some("the box is full"), Language::Chinese), "原文：the box is full");
        assert_eq!(refusal(Some("busy"), Some("too many"), Language::English), "too many");
        let busy = by_code(Refusal::Busy).in_language(Language::English);
        assert_eq!(refusal(Some("busy"), Some("命令过多"), Language::English), busy);
        assert!(busy.is_ascii(), "{busy}");
        assert_eq!(refusal(None, Some("命令过多"), Language::English), "命令过多", "better than nothing");
        assert_eq!(refusal(None, None, Language::English), "no reason given");
        // A name in the other script makes it no other language.
        let (english, chinese) =
            ("there is no camera `南门` - try \u{201c}gate\u{201d}", "没有 `gate` 这台摄像机");
        assert_eq!(refusal(Some("invalid"), Some(english), Language::English), english);
        assert_eq!(refusal(Some("invalid"), Some(chinese), Language::Chinese), chinese);
        let invalid = |language| by_code(Refusal::Invalid).in_language(language);
        assert_eq!(refusal(Some("invalid"), Some(chinese), Language::English), invalid(Language::English));
        assert_eq!(refusal(Some("invalid"), Some(english), Language::Chinese), invalid(Language::Chinese));
    }
}
