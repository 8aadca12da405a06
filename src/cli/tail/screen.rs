//! Output of lines, formatted in the language and time zone of the site that they come from.

use std::io::{self, Write};

use jiff::tz::TimeZone;
use serde::Deserialize as _;
use serde_json::Value;

use super::super::language::padded;
use super::desk::{Reading, Step};
use crate::analysis::time::Timestamp;
use crate::contract::alert_words;
use crate::contract::explain::judged;
use crate::contract::words::Language;
use crate::mqtt::centre::{Alert, OpenAlert};
use crate::text::{Joint, Words, explain, tail as say};
use crate::types::level::Level;
use crate::types::verdict::Verdict;

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
            Step::Data(_, body, _) if self.json => writeln!(self.out, "{body}"),
            Step::Open { alert, box_name, reading, .. } => {
                writeln!(self.out, "{}", open_line(alert, box_name, reading, self.paint))
            }
            Step::Revision { alert, newly_acknowledged, reading } => {
                writeln!(self.out, "{}", line(alert, *newly_acknowledged, reading, self.paint))
            }
            Step::Data(what, body, language) => {
                let data = say::data(what.clone(), clean(&body.to_string(), false));
                writeln!(self.out, "{}", data.in_language(*language))
            }
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
    let taken = match (alert.is_acknowledged, &alert.acknowledged_by) {
        (false, _) => say::not_acknowledged(),
        (true, None) => say::acknowledged(),
        (true, Some(by)) => say::acknowledged_by(by),
    };
    let parts = vec![
        named(&alert.title, &alert.kind),
        (&alert.grid).into(),
        (&alert.source).into(),
        say::open_since(began).into(),
        mode(&alert.mode),
        taken.into(),
        format!("[{box_name} {}]", alert.alert_id).into(),
    ];
    put_together(alert.started_at, &alert.level, parts, reading, paint)
}

/// One revision in one line.
fn line(alert: &Alert, newly_acknowledged: bool, reading: &Reading, paint: bool) -> String {
    let data = alert.raw.get("data").unwrap_or(&alert.raw);
    let time = alert.raw["time"].as_str().or(data["last_seen_at"].as_str());
    let phase: Words = match alert.phase.as_str() {
        "new" => say::phase_new().into(),
        "update" => say::phase_update().into(),
        "end" => say::phase_end().into(),
        "retract" => say::phase_retract().into(),
        other => other.into(),
    };
    let revision = say::revision(phase, alert.rev);
    let is_handled = data["phase_reason"] == "handled";
    let revision = if is_handled { say::handled(revision) } else { revision };
    let mut parts: Vec<Words> = vec![named(&alert.title, &alert.kind), place(data).into(), revision.into()];
    parts.extend(is_handled.then(|| found_and_settled(&data["handling"])));
    if let Some(confidence) = data["confidence"].as_f64() {
        parts.push(format!("{:.0} %", confidence * 100.0).into());
    }
    parts.extend(why(data));
    parts.push(mode(data["mode"].as_str().unwrap_or_default()));
    if let Some(by) = &alert.acknowledged_by {
        parts.push(match newly_acknowledged {
            true => say::now_acknowledged_by(by).into(),
            false => say::acknowledged_by(by).into(),
        });
    }
    parts.push(format!("[{} {}]", alert.box_name, alert.alert_id).into());
    let at = time.and_then(|time| time.parse::<Timestamp>().ok());
    put_together(at, &alert.level, parts, reading, paint)
}

fn put_together(
    at: Option<Timestamp>,
    level: &str,
    parts: Vec<Words>,
    reading: &Reading,
    paint: bool,
) -> String {
    let known = [Level::Blue, Level::Yellow, Level::Orange, Level::Red].into_iter();
    let known = known.map(|one| (one.name(), explain::level(one))).find(|(name, _)| *name == level);
    let word = known.map_or_else(|| Words::from(level), |(_, word)| word.into());
    let columns = match reading.language {
        Language::English => 6,
        Language::Chinese => 4,
    };
    let word = padded(&clean(&word.in_language(reading.language), false), columns);
    let word = match (paint, level) {
        (true, "red") => format!("\x1b[1;31m{word}\x1b[0m"),
        (true, "orange") => format!("\x1b[38;5;208m{word}\x1b[0m"),
        (true, "yellow") => format!("\x1b[33m{word}\x1b[0m"),
        (true, "blue") => format!("\x1b[34m{word}\x1b[0m"),
        _ => word,
    };
    let parts = parts.into_iter().map(|part| clean(&part.in_language(reading.language), false));
    let parts: Vec<String> = parts.filter(|part| !part.trim().is_empty()).collect();
    let time = at.map_or_else(no_time, |at| moment(at, &reading.zone));
    format!("{time}  {word}  {}", parts.join(" · "))
}

fn named(title: &str, kind: &str) -> Words {
    match (title, kind) {
        ("", "") => say::an_alert().into(),
        ("", kind) => kind.into(),
        (title, "") => title.into(),
        (title, kind) => format!("{title} ({kind})").into(),
    }
}

/// What people found it to be and how they settled it, as far as they did.
fn found_and_settled(handling: &Value) -> Words {
    let verdict = Verdict::deserialize(&handling["verdict"]["verdict"]).ok();
    let cause = handling["verdict"]["cause"].as_str();
    let outcome = handling["closed"]["outcome"].as_str();
    let parts = verdict.map(|verdict| judged(verdict).into()).into_iter();
    let parts = parts.chain(cause.map(alert_words::cause)).chain(outcome.map(alert_words::outcome));
    Words::List(parts.collect(), Joint::Clauses)
}

/// What is not meant seriously must not be read as if it were.
fn mode(mode: &str) -> Words {
    match mode {
        "actual" => "".into(),
        "exercise" => say::exercise().into(),
        "test" => say::test().into(),
        other => other.to_uppercase().into(),
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
fn why(data: &Value) -> Option<Words> {
    let why = data.get("why")?;
    let text = |key: &str| why[key].as_str().filter(|text| !text.is_empty());
    let condition: Words = match text("condition") {
        Some(condition) => condition.into(),
        None => {
            let rule = text("rule").or_else(|| text("fusion"))?;
            match why["threshold"].as_f64() {
                Some(threshold) => say::threshold(rule, threshold.to_string()).into(),
                None => rule.into(),
            }
        }
    };
    let signals = why.get("signals").and_then(Value::as_array);
    let value = signals.and_then(|signals| signals.first()?.get("value")?.as_f64());
    Some(match value {
        Some(value) => say::measured(condition, format!("{value:.1}")).into(),
        None => condition,
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
    fn what_people_found_is_reported_in_words() {
        let data = json!({
            "phase_reason": "handled",
            "handling": { "verdict": { "verdict": "false_alarm", "cause": "sensor_fault" },
                          "closed": { "outcome": "nothing_to_do" } },
        });
        let report = |language| line(&alert(3, None, data.clone()), false, &reading(language), false);
        assert_eq!(
            report(Language::English),
            "--:--:--  orange  Fire lane blocked (fire_lane_blocked) · new rev 3 (handled) · a false alarm, fault of the sensor, \
             nothing had to be done · [box-1 A]"
        );
        let chinese = report(Language::Chinese);
        assert!(chinese.contains(" · 误报，传感器故障，无需处理 · "), "{chinese}");
    }

    #[test]
    fn times_are_those_of_the_site_and_words_in_its_language() {
        let data = json!({ "last_seen_at": "2026-01-01T20:30:00Z", "mode": "test", "place": { "address": "三巷东门" } });
        let mut revision = alert(2, Some("值班一"), data);
        (revision.title, revision.phase) = ("消防通道被占用".into(), "update".into());
        assert_eq!(
            line(&revision, true, &reading(Language::Chinese), false),
            "01-02 04:30:00  橙色  消防通道被占用 (fire_lane_blocked) · 三巷东门 · 更新·修订 2 · 测试 · 【已由 值班一 签收】 · [box-1 A]"
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
        assert!(zh.contains("红色") && zh.contains("01-02 04:30:00 起未结束 · 已由 desk-2 签收"), "{zh}");
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
