//! Normalises what people type for days and hours into the one form that a schedule is read from: full-width characters
//! as plain ones, Chinese days as `mon`, `wed`, `workdays`. Takes what can mean one thing only; everything else stays as it
//! is, so that the reader can name it. Pure.

use super::DAY_NAMES;
use crate::analysis::typography;

/// What stands before the number of a weekday.
const WEEK_WORDS: [&str; 4] = ["星期", "礼拜", "周", "週"];
/// Several days in one word. Rest days are the weekly ones; public holidays are another word (节假日).
const GROUPS: [(&str, &str); 10] = [
    ("工作日", "workdays"),
    ("平日", "workdays"),
    ("双休日", "weekend"),
    ("休息日", "weekend"),
    ("周末", "weekend"),
    ("週末", "weekend"),
    ("每天", DAILY),
    ("每日", DAILY),
    ("天天", DAILY),
    ("每一天", DAILY),
];
const DAILY: &str = "daily";
/// "Each", before a day or a group.
const EACH: [&str; 4] = ["每个", "每逢", "逢", "每"];

/// Several days in one English word, or two.
pub(super) const GROUP_WORDS: [(&str, [bool; 7]); 6] = [
    ("workdays", super::WORKDAYS),
    ("weekdays", super::WORKDAYS),
    ("weekend", super::WEEKEND),
    ("weekends", super::WEEKEND),
    ("daily", super::DAILY),
    ("every day", super::DAILY),
];
/// In force at all times.
pub(super) const ALWAYS_WORDS: [&str; 9] =
    ["always", "始终", "全天", "全天候", "全时段", "24小时", "7x24", "7x24小时", "7×24小时"];
/// The whole day, after the names of days.
pub(super) const WHOLE_DAY_WORDS: [&str; 3] = ["全天", "24小时", "all day"];
/// What says on which side of noon an hour lies. Hours are counted to 24 here, so it would be said twice.
pub(super) const PARTS_OF_THE_DAY: [&str; 11] =
    ["凌晨", "清晨", "早上", "早晨", "上午", "中午", "下午", "傍晚", "晚上", "夜间", "夜里"];
/// How people write 20:00 who count to twelve.
pub(super) const EIGHT_IN_THE_EVENING: &str = "晚上8点";
/// What the weekly days of rest are called, while public holidays are not known.
pub(super) const WEEKEND_WORD: &str = "周末";
/// "The next day", before the end of a window that runs across midnight.
pub(super) const NEXT_DAY: [&str; 4] = ["次日", "翌日", "第二天", "隔天"];
/// After the hour: nothing more.
pub(super) const ON_THE_HOUR: [&str; 2] = ["整", "钟"];
/// After the hour: thirty minutes.
pub(super) const HALF_PAST: &str = "半";

/// The text as it would be typed on a plain keyboard in English, as far as that is certain.
pub(super) fn plainly(text: &str) -> String {
    let text = without_typography(text);
    in_english(text.trim().trim_end_matches('.'))
}

/// Lower case, and the marks of Chinese and printed text as their plain ones.
fn without_typography(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.to_lowercase().chars().filter(|c| !typography::is_invisible(*c)) {
        let c = match typography::plain(c).unwrap_or(c) {
            '~' | '至' | '到' => '-',
            '和' | '及' | '与' => ',',
            other => other.to_ascii_lowercase(),
        };
        // A Chinese dash is two characters long.
        if c != '-' || !plain.ends_with('-') {
            plain.push(c);
        }
    }
    plain
}

fn in_english(text: &str) -> String {
    let mut english = String::with_capacity(text.len());
    let mut rest = text;
    // After a weekday its companions come without the word for week: 周一三五, 周一至五, 周六、日.
    let mut goes_on = false;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = strip_any(rest, &EACH).filter(|after| group(after).or(day(after)).is_some()) {
            rest = after;
        } else if let Some((word, after)) = group(rest) {
            (goes_on, rest) = (false, after);
            push_item(&mut english, word);
        } else if let Some((word, after)) = day(rest) {
            (goes_on, rest) = (true, after);
            push_item(&mut english, word);
        } else if let Some((word, after)) = companion(rest, english.ends_with(' ')).filter(|_| goes_on) {
            rest = after;
            push_item(&mut english, word);
        } else {
            goes_on &= matches!(c, '-' | ',' | ' ');
            english.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    english
}

/// Adds a day or group; one that follows another without a mark between them is a list (周六周日).
fn push_item(english: &mut String, item: &str) {
    let before = english.trim_end();
    let follows_another = before.ends_with(|c: char| c.is_ascii_alphabetic());
    match follows_another {
        // 周一至周五每天: each of those days.
        true if item == DAILY => return,
        // 每天周一 could mean either: left for the reader to refuse.
        true if before.ends_with(DAILY) => english.push(' '),
        true => english.push(','),
        false => {}
    }
    english.push_str(item);
}

fn strip_any<'t>(text: &'t str, prefixes: &[&str]) -> Option<&'t str> {
    prefixes.iter().find_map(|prefix| text.strip_prefix(prefix))
}

fn group(text: &str) -> Option<(&'static str, &str)> {
    GROUPS.iter().find_map(|(word, english)| Some((*english, text.strip_prefix(word)?)))
}

/// A weekday with the word for week: 周一, 星期天, 周1.
fn day(text: &str) -> Option<(&'static str, &str)> {
    WEEK_WORDS.iter().find_map(|word| companion(text.strip_prefix(word)?, false))
}

/// The number of a weekday. A digit is one only where it cannot be an hour.
fn companion(text: &str, after_space: bool) -> Option<(&'static str, &str)> {
    let mut chars = text.chars();
    let number = chars.next()?;
    let after = chars.as_str();
    let day = match number {
        '一' => 0,
        '二' => 1,
        '三' => 2,
        '四' => 3,
        '五' => 4,
        '六' => 5,
        '日' | '天' => 6,
        '1'..='7' if !after_space && !after.starts_with(goes_on_as_a_time) => number as usize - '1' as usize,
        _ => return None,
    };
    Some((DAY_NAMES[day], after))
}

fn goes_on_as_a_time(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, ':' | '点' | '點' | '时' | '時')
}
