//! An alert in words, for people: what, where, why, who has it.
//!
//! Reads only what the message says, so that anybody who has the message can have it explained. Must never add a
//! judgement of its own.

use std::fmt::Write as _;

use jiff::tz::TimeZone;

use super::alert::{AlertData, ClockSync, SignalData};
use super::camera_condition::why_no_video;
use super::handling::{AssignedData, HandlingData};
use super::words::{Language, LocalTime, Time};
use crate::analysis::camera_health::NoVideoCause;
use crate::types::level::Level;
use crate::types::phase::{Phase, PhaseReason};
use crate::types::verdict::Verdict;

/// A text in both languages.
type Both = [&'static str; 2];

/// The explanation, several lines.
pub fn explain(alert: &AlertData, language: Language) -> String {
    let say = |both: Both| match language {
        Language::English => both[0],
        Language::Chinese => both[1],
    };
    let zone = alert.local.as_ref().and_then(|local| TimeZone::get(&local.time_zone).ok());
    let at = |time: Time| match &zone {
        Some(zone) => LocalTime::new(time.0, zone).to_string(),
        None => time.to_string(),
    };
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "{} [{}] {} {}",
        alert.title,
        alert.kind,
        say(level(alert.level)),
        say(["(suggested)", "（建议级别）"])
    );
    let _ = writeln!(out, "  {}: {}", say(["now", "状态"]), phase(alert, &say));
    let _ = writeln!(out, "  {}: {}", say(["when", "时间"]), times(alert));
    let _ = writeln!(out, "  {}: {}", say(["where", "地点"]), place(alert));
    for who in to_call(alert, &say) {
        let _ = writeln!(out, "  {}: {who}", say(["to call", "联系"]));
    }
    let _ = writeln!(out, "  {}: {}", say(["seen by", "来源"]), origin(alert, &say));
    let _ = writeln!(
        out,
        "  {}: {} ({} {:.2})",
        say(["why", "依据"]),
        condition(alert, &say),
        say(["confidence", "置信度"]),
        alert.confidence
    );
    for signal in &alert.why.signals {
        let _ = writeln!(out, "    {}", contribution(signal, language, &say));
    }
    if !alert.why.silent.is_empty() {
        let _ = writeln!(
            out,
            "  {}: {}",
            say(["could not be heard, so it may be more or less", "未能获取的来源，实际情况可能更重或更轻"]),
            alert.why.silent.join(", ")
        );
    }
    if let Some(by) = &alert.acknowledged {
        let note = by.note.as_deref().map(|note| format!(": {note}")).unwrap_or_default();
        let _ = writeln!(out, "  {}: {}, {}{note}", say(["taken on by", "已受理"]), by.by, at(by.at));
    } else {
        let _ = writeln!(out, "  {}", say(["nobody has taken it on yet", "尚未受理"]));
    }
    if let Some(handling) = &alert.handling {
        for line in handled(handling, &say, &at) {
            let _ = writeln!(out, "  {line}");
        }
    }
    if let Some(escalated) = &alert.escalated {
        let _ = writeln!(
            out,
            "  {}: {} ({} {}), {}",
            say(["passed on to", "已上报至"]),
            escalated.to,
            say(["step", "第几级："]),
            escalated.step,
            at(escalated.at)
        );
    }
    let _ = writeln!(
        out,
        "  {}: {} {}, {} {}, {}",
        say(["made with", "运行环境"]),
        alert.model.name,
        short(&alert.model.sha256),
        say(["configuration", "配置"]),
        short(&alert.config.sha256),
        clock(alert, &say)
    );
    out
}

/// What people did about it, besides taking it on; a line each.
fn handled(
    handling: &HandlingData,
    say: &impl Fn(Both) -> &'static str,
    at: &impl Fn(Time) -> String,
) -> Vec<String> {
    let note = |note: &Option<String>| note.as_deref().map(|note| format!(": {note}")).unwrap_or_default();
    let HandlingData { accepted: _, assigned, on_site, verdict, closed } = handling;
    let given = |what: Both, to: &AssignedData| {
        format!("{}: {} ({}, {}){}", say(what), to.to, to.by, at(to.at), note(&to.note))
    };
    let assigned = assigned.as_ref().map(|to| given(["given to", "已派给"], to));
    let on_site = on_site.as_ref().map(|who| given(["there is", "已到场"], who));
    let verdict = verdict.as_ref().map(|one| {
        let word = say(match one.verdict {
            Verdict::Confirmed => ["confirmed", "属实"],
            Verdict::FalseAlarm => ["a false alarm", "误报"],
            Verdict::Duplicate => ["told twice", "重复"],
            Verdict::Exercise => ["an exercise", "演练"],
        });
        let cause = one.cause.as_deref().map(|cause| format!(", {cause}")).unwrap_or_default();
        let verdict = say(["verdict", "核实结果"]);
        format!("{verdict}: {word}{cause} ({}, {}){}", one.by, at(one.at), note(&one.note))
    });
    let closed = closed.as_ref().map(|one| {
        format!(
            "{}: {} ({}, {}){}",
            say(["closed", "已办结"]),
            one.outcome,
            one.by,
            at(one.at),
            note(&one.note)
        )
    });
    [assigned, on_site, verdict, closed].into_iter().flatten().collect()
}

fn level(level: Level) -> Both {
    match level {
        Level::Blue => ["blue", "蓝色"],
        Level::Yellow => ["yellow", "黄色"],
        Level::Orange => ["orange", "橙色"],
        Level::Red => ["red", "红色"],
    }
}

fn phase(alert: &AlertData, say: &impl Fn(Both) -> &'static str) -> String {
    let phase = say(match alert.phase {
        Phase::New => ["new", "新预警"],
        Phase::Update => ["goes on", "持续中"],
        Phase::End => ["over", "已结束"],
        Phase::Retract => ["was a mistake", "已撤回"],
    });
    let because = say(reason(alert.phase_reason));
    let ended = alert.end_reason.filter(|_| alert.phase_reason == PhaseReason::Handled);
    let ended = ended.map(|why| format!("; {}: {}", say(["why it ended", "结束原因"]), say(reason(why))));
    format!("{phase}, {because}{} ({}.{})", ended.unwrap_or_default(), alert.alert_id, alert.rev)
}

fn reason(reason: PhaseReason) -> Both {
    match reason {
        PhaseReason::Raised => ["its condition held", "条件成立"],
        PhaseReason::StillThere => ["still there", "仍在持续"],
        PhaseReason::Grew => ["it grew", "有所加重"],
        PhaseReason::Acknowledged => ["somebody took it on", "已有人受理"],
        PhaseReason::EvidenceAdded => ["a picture was added", "补充了图像"],
        PhaseReason::Cleared => ["no longer seen", "不再出现"],
        PhaseReason::ScheduleEnded => ["its hours ended", "布防时段结束"],
        PhaseReason::SourceSilent => {
            ["its sources fell silent; it may go on unseen", "来源失联，情况可能仍在持续"]
        }
        PhaseReason::NotSeenSinceRestart => ["not seen since the box restarted", "设备重启后未再出现"],
        PhaseReason::RuleRemoved => ["no longer configured", "配置已移除"],
        PhaseReason::LevelRose => ["it became more urgent", "级别上升"],
        PhaseReason::LevelFell => ["it became less urgent", "级别下降"],
        PhaseReason::Joined => ["another source sees it too", "又有来源发现"],
        PhaseReason::Escalated => ["nobody took it on in time", "超时未受理"],
        PhaseReason::Handled => ["people did something about it", "处置情况有更新"],
    }
}

/// As a clock at the site shows them, where the message has that.
fn times(alert: &AlertData) -> String {
    match &alert.local {
        Some(local) => {
            let until = local.ended_at.as_ref().unwrap_or(&local.last_seen_at);
            format!("{} – {until}", local.started_at)
        }
        None => format!("{} – {}", alert.started_at, alert.ended_at.unwrap_or(alert.last_seen_at)),
    }
}

/// Who answers for the grid, the cameras and the sensors, as far as the message says.
fn to_call(alert: &AlertData, say: &impl Fn(Both) -> &'static str) -> Vec<String> {
    let grid = (say(["grid", "网格"]), alert.place.grid.as_str(), &alert.place.grid_responsible);
    let cameras = alert.origin.cameras.iter();
    let cameras = cameras.map(|camera| (say(["camera", "摄像机"]), camera.id.as_str(), &camera.responsible));
    let sensors = alert.origin.sensor_details.iter();
    let sensors = sensors.map(|sensor| (say(["sensor", "传感器"]), sensor.id.as_str(), &sensor.responsible));
    std::iter::once(grid)
        .chain(cameras)
        .chain(sensors)
        .filter_map(|(what, id, who)| {
            let known: Vec<&str> =
                [&who.officer, &who.contact].into_iter().flatten().map(String::as_str).collect();
            let name = who.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
            (!known.is_empty()).then(|| format!("{what} {id}{name}: {}", known.join(", ")))
        })
        .collect()
}

fn place(alert: &AlertData) -> String {
    let place = &alert.place;
    let words = [place.site.as_deref(), place.address.as_deref()];
    let words: Vec<&str> = words.into_iter().flatten().collect();
    let code = place.path.join(" / ");
    if words.is_empty() { code } else { format!("{}, {code}", words.join(", ")) }
}

fn origin(alert: &AlertData, say: &impl Fn(Both) -> &'static str) -> String {
    let mut parts = Vec::new();
    for camera in &alert.origin.cameras {
        parts.push(format!("{} {}", say(["camera", "摄像机"]), camera.id));
    }
    for sensor in &alert.origin.sensors {
        parts.push(format!("{} {sensor}", say(["sensor", "传感器"])));
    }
    if !alert.origin.zones.is_empty() {
        parts.push(format!("{} {}", say(["zone", "区域"]), alert.origin.zones.join(", ")));
    }
    parts.join("; ")
}

fn condition(alert: &AlertData, say: &impl Fn(Both) -> &'static str) -> String {
    match (&alert.why.rule, &alert.why.fusion) {
        (Some(rule), _) => format!("{} {rule}: {}", say(["rule", "规则"]), alert.why.condition),
        (None, _) => format!(
            "{} {}",
            say(["belief of several sources, from", "多来源综合判断，阈值"]),
            alert.why.threshold
        ),
    }
}

/// `58 %  sensor drain-2: 0.42 (weight 3, 2 s ago)`.
fn contribution(signal: &SignalData, language: Language, say: &impl Fn(Both) -> &'static str) -> String {
    let (kind, name) = signal.source.split_once(':').unwrap_or(("", &signal.source));
    let kind = say(match kind {
        "rule" => ["rule", "规则"],
        "sensor" => ["sensor", "传感器"],
        "camera" => ["camera", "摄像机"],
        _ => ["source", "来源"],
    });
    let cause = signal.cause.as_deref().map(|cause| {
        let words = NoVideoCause::named(cause).map(|cause| why_no_video(cause).in_language(language));
        format!(", {}", words.unwrap_or_else(|| cause.to_owned()))
    });
    format!(
        "{:>3.0} %  {kind} {name}{}: {} ({} {}, {} {})",
        signal.contribution * 100.0,
        cause.unwrap_or_default(),
        (signal.value * 100.0).round() / 100.0,
        say(["weight", "权重"]),
        signal.weight,
        (signal.age_s * 10.0).round() / 10.0,
        say(["s ago", "秒前"]),
    )
}

fn clock(alert: &AlertData, say: &impl Fn(Both) -> &'static str) -> &'static str {
    say(match alert.clock.sync {
        ClockSync::Synced => ["clock in step", "时钟已同步"],
        ClockSync::Unsynced => ["clock not in step: times may be wrong", "时钟未同步，时间可能有误"],
        ClockSync::Unknown => ["clock unchecked", "时钟状态未知"],
        ClockSync::Replay => ["times of a recording", "录像时间"],
    })
}

fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

#[cfg(test)]
mod tests {
    use super::super::handling::ClosedData;
    use super::super::{Event, messages};
    use super::*;
    use crate::types::responsible::Responsible;

    fn example() -> AlertData {
        let event = messages::ALERT.example().unwrap().unwrap();
        serde_json::from_value::<Event<AlertData>>(event).unwrap().data
    }

    #[test]
    fn an_explanation_names_place_source_condition_and_what_nobody_did() {
        let text = explain(&example(), Language::English);
        for part in
            ["fire_lane_blocked", "orange", "camera cam-03", "530127 / 003 / 001 / 02", "124.2", "nobody"]
        {
            assert!(text.contains(part), "{part} is missing in:\n{text}");
        }
    }

    #[test]
    fn whom_to_call_is_told_and_the_times_are_those_of_the_site() {
        let mut alert = example();
        let text = explain(&alert, Language::English);
        for part in [
            "when: 2026-11-21T11:04:05.000+08:00 – 2026-11-21T11:06:09.000+08:00",
            "to call: grid 53012700300102 (羊桥社区第二网格): Grid officer on duty, 0871-5550102",
            "to call: camera cam-03 (东门枪机): Property office, lane 3, 0871-5550100",
        ] {
            assert!(text.contains(part), "{part} is missing in:\n{text}");
        }
        // An earlier box says neither.
        alert.local = None;
        alert.place.grid_responsible = Responsible::default();
        alert.origin.cameras[0].responsible = Responsible::default();
        let text = explain(&alert, Language::English);
        assert!(text.contains("when: 2026-11-21T03:04:05.000Z – 2026-11-21T03:06:09.000Z"), "{text}");
        assert!(!text.contains("to call"), "{text}");
    }

    #[test]
    fn what_was_done_is_told_by_the_sites_clock_and_so_is_why_it_had_ended() {
        let mut alert = example();
        let at = "2026-11-21T03:30:00Z".parse().map(Time).unwrap();
        let by = || "desk 2".to_owned();
        alert.phase = Phase::End;
        alert.phase_reason = PhaseReason::Handled;
        alert.end_reason = Some(PhaseReason::SourceSilent);
        let closed = ClosedData { outcome: "resolved".to_owned(), by: by(), key_id: None, at, note: None };
        let on_site = AssignedData { to: "patrol 4".to_owned(), by: by(), key_id: None, at, note: None };
        alert.handling =
            Some(HandlingData { on_site: Some(on_site), closed: Some(closed), ..HandlingData::default() });
        let text = explain(&alert, Language::English);
        for part in [
            "over, people did something about it; why it ended: its sources fell silent",
            "there is: patrol 4 (desk 2, 2026-11-21T11:30:00.000+08:00)",
            "closed: resolved (desk 2, 2026-11-21T11:30:00.000+08:00)",
        ] {
            assert!(text.contains(part), "{part} is missing in:\n{text}");
        }
        assert!(!text.contains("T03:30"), "{text}");
        alert.phase_reason = PhaseReason::SourceSilent;
        assert!(!explain(&alert, Language::English).contains("why it ended"), "told once");
    }

    #[test]
    fn in_chinese_only_names_and_numbers_are_not_chinese() {
        let text = explain(&example(), Language::Chinese);
        for word in ["camera", "weight", "why", "where", "level", "rule fire", "ago", "clock"] {
            assert!(!text.contains(&format!(" {word} ")), "{word} in:\n{text}");
        }
        assert!(text.contains("橙色") && text.contains("权重") && text.contains("尚未受理"), "{text}");
    }

    #[test]
    fn several_sources_are_told_with_their_shares_and_who_was_silent() {
        let mut alert = example();
        alert.why.rule = None;
        alert.why.fusion = Some("flooding".to_owned());
        alert.why.threshold = 0.85;
        alert.why.signals = vec![SignalData {
            source: "sensor:drain-2".to_owned(),
            value: 0.4213,
            weight: 3.0,
            contribution: 0.58,
            age_s: 2.04,
            cause: None,
        }];
        alert.why.silent = vec!["rule:water@cam-07".to_owned()];
        let text = explain(&alert, Language::English);
        assert!(text.contains(" 58 %  sensor drain-2: 0.42 (weight 3, 2 s ago)"), "{text}");
        assert!(text.contains("rule:water@cam-07"), "{text}");
    }
}
