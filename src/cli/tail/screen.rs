//! Where lines go, and how they read: in the language and time zone of the site that they come from.

use std::io::{self, Write};

use jiff::tz::TimeZone;
use serde_json::Value;

use super::desk::{Reading, Step};
use crate::analysis::time::Timestamp;
use crate::contract::words::Language;
use crate::mqtt::centre::{Alert, OpenAlert};

/// Where lines go: data to `out`, talk to `talk`.
#[derive(Debug)]
pub struct Screen<O, T> {
    /// Standard output.
    pub out: O,
    /// Standard error.
    pub talk: T,
    /// Messages as they came.
    pub json: bool,
    /// Whether colours may be used.
    pub paint: bool,
}

impl<O: Write, T: Write> Screen<O, T> {
    pub(super) fn show(&mut self, step: &Step) -> io::Result<()> {
        match step {
            Step::Talk(text) => {
                self.say(text);
                return Ok(());
            }
            Step::Open { message, .. } if self.json => match message {
                Some(message) => writeln!(self.out, "{message}"),
                None => Ok(()),
            },
            Step::Revision { alert, .. } if self.json => writeln!(self.out, "{}", alert.raw),
            Step::Data(_, body) if self.json => writeln!(self.out, "{body}"),
            Step::Open { alert, box_name, reading, .. } => {
                writeln!(self.out, "{}", open_line(alert, box_name, reading, self.paint))
            }
            Step::Revision { alert, newly_acknowledged, reading } => {
                writeln!(self.out, "{}", line(alert, *newly_acknowledged, reading, self.paint))
            }
            Step::Data(what, body) => writeln!(self.out, "{what}: {}", clean(&body.to_string(), false)),
        }?;
        self.out.flush()
    }

    /// Nobody is left to tell if that cannot be written.
    pub(super) fn say(&mut self, text: &str) {
        let _ = writeln!(self.talk, "{}", clean(text, true)).and_then(|()| self.talk.flush());
    }
}

/// One that was open at the start, in one line. Its time is when it began.
fn open_line(alert: &OpenAlert, box_name: &str, reading: &Reading, paint: bool) -> String {
    let began = alert.started_at.map_or_else(no_time, |at| moment(at, &reading.zone));
    let since = match reading.language {
        Language::English => format!("open since {began}"),
        Language::Chinese => format!("{began} 起未结束"),
    };
    let taken = match (reading.language, alert.is_acknowledged, &alert.acknowledged_by) {
        (Language::English, false, _) => "not acknowledged".to_owned(),
        (Language::English, true, None) => "acknowledged".to_owned(),
        (Language::English, true, Some(by)) => format!("acknowledged by {by}"),
        (Language::Chinese, false, _) => "未确认".to_owned(),
        (Language::Chinese, true, None) => "已确认".to_owned(),
        (Language::Chinese, true, Some(by)) => format!("已由 {by} 确认"),
    };
    let mut parts = vec![named(&alert.title, &alert.kind, reading.language), alert.grid.clone()];
    parts.extend([alert.source.clone(), since, mode(&alert.mode, reading.language), taken]);
    parts.push(format!("[{box_name} {}]", alert.alert_id));
    let at = alert.started_at;
    put_together(at, &alert.level, parts, reading, paint)
}

/// One revision in one line.
fn line(alert: &Alert, newly_acknowledged: bool, reading: &Reading, paint: bool) -> String {
    let data = alert.raw.get("data").unwrap_or(&alert.raw);
    let time = alert.raw["time"].as_str().or(data["last_seen_at"].as_str());
    let language = reading.language;
    let revision = match (language, alert.phase.as_str()) {
        (Language::English, phase) => format!("{phase} rev {}", alert.rev),
        (Language::Chinese, "new") => format!("新预警 第 {} 版", alert.rev),
        (Language::Chinese, "update") => format!("更新 第 {} 版", alert.rev),
        (Language::Chinese, "end") => format!("结束 第 {} 版", alert.rev),
        (Language::Chinese, "retract") => format!("撤回 第 {} 版", alert.rev),
        (Language::Chinese, phase) => format!("{phase} 第 {} 版", alert.rev),
    };
    let is_handled = data["phase_reason"] == "handled";
    let revision = match language {
        Language::English if is_handled => format!("{revision} (handled)"),
        Language::Chinese if is_handled => format!("{revision}（处置更新）"),
        Language::English | Language::Chinese => revision,
    };
    let mut parts = vec![named(&alert.title, &alert.kind, language), place(data), revision];
    if let Some(confidence) = data["confidence"].as_f64() {
        parts.push(format!("{:.0} %", confidence * 100.0));
    }
    parts.extend(why(data, language));
    parts.push(mode(data["mode"].as_str().unwrap_or_default(), language));
    if let Some(by) = &alert.acknowledged_by {
        parts.push(match (language, newly_acknowledged) {
            (Language::English, true) => format!("ACKNOWLEDGED by {by}"),
            (Language::English, false) => format!("acknowledged by {by}"),
            (Language::Chinese, true) => format!("【已由 {by} 确认】"),
            (Language::Chinese, false) => format!("已由 {by} 确认"),
        });
    }
    parts.push(format!("[{} {}]", alert.box_name, alert.alert_id));
    let at = time.and_then(|time| time.parse::<Timestamp>().ok());
    put_together(at, &alert.level, parts, reading, paint)
}

fn put_together(
    at: Option<Timestamp>,
    level: &str,
    parts: Vec<String>,
    reading: &Reading,
    paint: bool,
) -> String {
    let word = match (reading.language, level) {
        (Language::Chinese, "red") => "红色".to_owned(),
        (Language::Chinese, "orange") => "橙色".to_owned(),
        (Language::Chinese, "yellow") => "黄色".to_owned(),
        (Language::Chinese, "blue") => "蓝色".to_owned(),
        (Language::Chinese | Language::English, other) => format!("{other:<6}"),
    };
    let word = clean(&word, false);
    let word = match (paint, level) {
        (true, "red") => format!("\x1b[1;31m{word}\x1b[0m"),
        (true, "orange") => format!("\x1b[38;5;208m{word}\x1b[0m"),
        (true, "yellow") => format!("\x1b[33m{word}\x1b[0m"),
        (true, "blue") => format!("\x1b[34m{word}\x1b[0m"),
        _ => word,
    };
    let parts: Vec<String> =
        parts.into_iter().filter(|part| !part.trim().is_empty()).map(|part| clean(&part, false)).collect();
    let time = at.map_or_else(no_time, |at| moment(at, &reading.zone));
    format!("{time}  {word}  {}", parts.join(" · "))
}

fn named(title: &str, kind: &str, language: Language) -> String {
    match (title, kind, language) {
        ("", "", Language::English) => "an alert".to_owned(),
        ("", "", Language::Chinese) => "预警".to_owned(),
        ("", kind, _) => kind.to_owned(),
        (title, "", _) => title.to_owned(),
        (title, kind, _) => format!("{title} ({kind})"),
    }
}

/// What is not meant seriously must not be read as if it were.
fn mode(mode: &str, language: Language) -> String {
    match (mode, language) {
        ("actual", _) => String::new(),
        ("exercise", Language::Chinese) => "演练".to_owned(),
        ("test", Language::Chinese) => "测试".to_owned(),
        (other, _) => other.to_uppercase(),
    }
}

fn place(data: &Value) -> String {
    let place = &data["place"];
    let address = place["address"].as_str().unwrap_or_default();
    match (address, place["grid"].as_str().unwrap_or_default()) {
        ("", grid) => grid.to_owned(),
        (address, _) => address.to_owned(),
    }
}

/// The explanation in a few words: the condition, or else the rule and its threshold.
fn why(data: &Value, language: Language) -> Option<String> {
    let why = data.get("why")?;
    let text = |key: &str| why[key].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let condition = text("condition").or_else(|| {
        let rule = text("rule").or_else(|| text("fusion"))?;
        Some(match (why["threshold"].as_f64(), language) {
            (Some(threshold), Language::English) => format!("{rule}, threshold {threshold}"),
            (Some(threshold), Language::Chinese) => format!("{rule}，阈值 {threshold}"),
            (None, _) => rule,
        })
    })?;
    let signals = why.get("signals").and_then(Value::as_array);
    let value = signals.and_then(|signals| signals.first()?.get("value")?.as_f64());
    Some(match (value, language) {
        (Some(value), Language::English) => format!("{condition} (measured {value:.1})"),
        (Some(value), Language::Chinese) => format!("{condition}（实测 {value:.1}）"),
        (None, _) => condition,
    })
}

/// Time of day at the site, with the date where that is not today's there.
pub(super) fn moment(at: Timestamp, zone: &TimeZone) -> String {
    let (there, now) = (at.to_zoned(zone.clone()), Timestamp::now().to_zoned(zone.clone()));
    let format = if there.date() == now.date() { "%H:%M:%S" } else { "%m-%d %H:%M:%S" };
    there.strftime(format).to_string()
}

/// What does not parse is shown as a dash.
fn no_time() -> String {
    "--:--:--".to_owned()
}

/// Without control characters: what comes over the network must not steer a terminal.
fn clean(text: &str, lines: bool) -> String {
    text.chars().map(|c| if c.is_control() && !(lines && c == '\n') { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;

    pub(in super::super) fn alert(rev: u64, acknowledged_by: Option<&str>, data: Value) -> Alert {
        Alert {
            area: "530127".into(),
            box_name: "box-1".into(),
            id: format!("A.{rev}"),
            alert_id: "A".into(),
            rev,
            phase: "new".into(),
            level: "orange".into(),
            kind: "fire_lane_blocked".into(),
            title: "Fire lane blocked".into(),
            acknowledged_by: acknowledged_by.map(str::to_owned),
            seq: None,
            raw: json!({ "data": data }),
        }
    }

    fn reading(language: Language) -> Reading {
        Reading { zone: TimeZone::get("Asia/Shanghai").unwrap(), language }
    }

    #[test]
    fn a_revision_is_one_line_with_what_somebody_needs_to_go_there() {
        let data = json!({
            "place": { "grid": "530127", "address": "lane 3, east gate" },
            "confidence": 0.874, "mode": "exercise",
            "why": { "rule": "r", "condition": "a car stays for 120 s", "threshold": 120.0,
                     "signals": [{ "source": "rule:r", "value": 121.25 }] },
        });
        assert_eq!(
            line(&alert(1, None, data), false, &reading(Language::English), false),
            "--:--:--  orange  Fire lane blocked (fire_lane_blocked) · lane 3, east gate · new rev 1 · 87 % · \
             a car stays for 120 s (measured 121.2) · EXERCISE · [box-1 A]"
        );
    }

    #[test]
    fn times_are_those_of_the_site_and_words_in_its_language() {
        let data = json!({ "last_seen_at": "2026-01-01T20:30:00Z", "mode": "test", "place": { "address": "三巷东门" } });
        let mut revision = alert(2, Some("值班一"), data);
        (revision.title, revision.phase) = ("消防通道被占用".into(), "update".into());
        assert_eq!(
            line(&revision, true, &reading(Language::Chinese), false),
            "01-02 04:30:00  橙色  消防通道被占用 (fire_lane_blocked) · 三巷东门 · 更新 第 2 版 · 测试 · 【已由 值班一 确认】 · [box-1 A]"
        );
        let open = OpenAlert {
            alert_id: "A".into(),
            level: "red".into(),
            kind: "fire".into(),
            title: "Fire".into(),
            mode: "actual".into(),
            source: "cam-03".into(),
            grid: "530127003001".into(),
            started_at: "2026-01-01T20:30:00Z".parse().ok(),
            is_acknowledged: false,
            acknowledged_by: None,
        };
        assert_eq!(
            open_line(&open, "box-1", &reading(Language::English), false),
            "01-02 04:30:00  red     Fire (fire) · 530127003001 · cam-03 · open since 01-02 04:30:00 · not acknowledged · [box-1 A]"
        );
        let taken = OpenAlert { is_acknowledged: true, acknowledged_by: Some("desk-2".into()), ..open };
        let zh = open_line(&taken, "box-1", &reading(Language::Chinese), false);
        assert!(zh.contains("红色") && zh.contains("01-02 04:30:00 起未结束 · 已由 desk-2 确认"), "{zh}");
    }

    #[test]
    fn what_came_over_the_network_cannot_steer_the_terminal() {
        let data = json!({ "place": { "address": "lane\u{1b}[2J\nfake" } });
        let line = line(&alert(1, Some("x\u{7}"), data), true, &reading(Language::English), true);
        assert!(!line.contains("\u{1b}[2J") && !line.contains('\n') && !line.contains('\u{7}'), "{line:?}");
        let open = OpenAlert { title: "\u{1b}[2J".into(), level: "red\u{7}".into(), ..OpenAlert::default() };
        let line = open_line(&open, "box\n", &reading(Language::English), true);
        assert!(!line.contains("\u{1b}[2J") && !line.contains('\n') && !line.contains('\u{7}'), "{line:?}");
    }
}
