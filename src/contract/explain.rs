//! An alert in words, for people: what, where, why, who has it.
//!
//! Reads only what the message says, so that anybody who has the message can have it explained. Must never add a
//! judgement of its own.

use jiff::tz::TimeZone;

use super::alert::{AlertData, ClockSync, SignalData, WhyData};
use super::alert_words;
use super::camera_condition::why_no_video;
use super::handling::{AssignedData, HandlingData};
use super::kinds;
use super::words::{Language, LocalTime, Time};
use crate::analysis::camera_health::NoVideoCause;
use crate::text::{Joint, Sentence, Words, explain as say};
use crate::types::phase::{Phase, PhaseReason};
use crate::types::verdict::Verdict;

/// The explanation, several lines.
pub fn explain(alert: &AlertData, language: Language) -> String {
    let zone = alert.local.as_ref().and_then(|local| TimeZone::get(&local.time_zone).ok());
    let at = |time: Time| match &zone {
        Some(zone) => LocalTime::new(time.0, zone).to_string(),
        None => time.to_string(),
    };
    let mut out = say::heading(&alert.title, &alert.kind, say::level(alert.level)).in_language(language);
    let mut line = |indent: &str, sentence: Sentence| {
        out.push('\n');
        out.push_str(indent);
        out.push_str(&sentence.in_language(language));
    };
    for sentence in where_and_when(alert) {
        line("  ", sentence);
    }
    for signal in &alert.why.signals {
        line("    ", contribution(signal));
    }
    if !alert.why.silent.is_empty() {
        let silent = alert.why.silent.iter().map(|source| alert_words::source(source).into()).collect();
        line("  ", say::unheard(Words::List(silent, Joint::Row)));
    }
    line(
        "  ",
        match &alert.acknowledged {
            Some(by) => noting(say::taken_on(alert_words::person(&by.by), at(by.at)), by.note.as_ref()),
            None => say::not_taken_on(),
        },
    );
    for sentence in alert.handling.iter().flat_map(|handling| handled(handling, &at)) {
        line("  ", sentence);
    }
    if let Some(escalated) = &alert.escalated {
        line("  ", say::passed_on(&escalated.to, escalated.step, at(escalated.at)));
    }
    let model = format!("{} {}", alert.model.name, short(&alert.model.sha256));
    line("  ", say::made_with(model, short(&alert.config.sha256), clock(alert.clock.sync)));
    out.push('\n');
    out
}

/// What the message says before it says what made it.
fn where_and_when(alert: &AlertData) -> Vec<Sentence> {
    let mut sentences = vec![say::now(phase(alert)), say::when(times(alert)), say::place(place(alert))];
    sentences.extend(to_call(alert).into_iter().map(say::to_call));
    // Nothing saw what did not happen.
    sentences.extend((!is_test(alert)).then(|| say::seen_by(origin(alert))));
    sentences.push(say::why(condition(alert), format!("{:.2}", alert.confidence)));
    sentences
}

fn clauses(parts: impl IntoIterator<Item = Words>) -> Words {
    Words::List(parts.into_iter().collect(), Joint::Clauses)
}

fn noting(what: Sentence, note: Option<&String>) -> Sentence {
    match note {
        Some(note) => say::noting(what, note),
        None => what,
    }
}

/// What people did about it, besides taking it on.
fn handled(handling: &HandlingData, at: &impl Fn(Time) -> String) -> Vec<Sentence> {
    let HandlingData { accepted: _, assigned, on_site, verdict, closed } = handling;
    let given = |to: &AssignedData, what: fn(String, Words, String) -> Sentence| {
        noting(what(to.to.clone(), alert_words::person(&to.by), at(to.at)), to.note.as_ref())
    };
    let assigned = assigned.as_ref().map(|to| given(to, say::given_to));
    let on_site = on_site.as_ref().map(|who| given(who, say::on_site));
    let verdict = verdict.as_ref().map(|one| {
        let word = judged(one.verdict);
        let cause = one.cause.as_deref().map(alert_words::cause);
        let word = clauses(std::iter::once(word.into()).chain(cause));
        noting(say::verdict(word, alert_words::person(&one.by), at(one.at)), one.note.as_ref())
    });
    let closed = closed.as_ref().map(|one| {
        let outcome = alert_words::outcome(&one.outcome);
        noting(say::closed(outcome, alert_words::person(&one.by), at(one.at)), one.note.as_ref())
    });
    [assigned, on_site, verdict, closed].into_iter().flatten().collect()
}

fn phase(alert: &AlertData) -> Sentence {
    let mut parts = vec![clauses([in_its_life(alert.phase).into(), reason(alert.phase_reason).into()])];
    if let Some(why) = alert.end_reason.filter(|_| alert.phase_reason == PhaseReason::Handled) {
        parts.push(say::ended_because(reason(why)).into());
    }
    say::behind(Words::List(parts, Joint::Then), format!("{}.{}", alert.alert_id, alert.rev))
}

/// What an alert was found to be.
pub fn judged(verdict: Verdict) -> Sentence {
    match verdict {
        Verdict::Confirmed => say::confirmed(),
        Verdict::FalseAlarm => say::false_alarm(),
        Verdict::Duplicate => say::duplicate(),
        Verdict::Exercise => say::exercise(),
    }
}

/// The phase of an alert.
pub fn in_its_life(phase: Phase) -> Sentence {
    match phase {
        Phase::New => say::is_new(),
        Phase::Update => say::goes_on(),
        Phase::End => say::is_over(),
        Phase::Retract => say::was_a_mistake(),
    }
}

/// Why a revision was made.
pub fn reason(reason: PhaseReason) -> Sentence {
    match reason {
        PhaseReason::Raised => say::raised(),
        PhaseReason::StillThere => say::still_there(),
        PhaseReason::Grew => say::grew(),
        PhaseReason::Acknowledged => say::acknowledged(),
        PhaseReason::EvidenceAdded => say::evidence_added(),
        PhaseReason::Cleared => say::cleared(),
        PhaseReason::ScheduleEnded => say::schedule_ended(),
        PhaseReason::SourceSilent => say::source_silent(),
        PhaseReason::NotSeenSinceRestart => say::not_seen_since_restart(),
        PhaseReason::RuleRemoved => say::rule_removed(),
        PhaseReason::LevelRose => say::level_rose(),
        PhaseReason::LevelFell => say::level_fell(),
        PhaseReason::Joined => say::joined(),
        PhaseReason::Escalated => say::escalated(),
        PhaseReason::Handled => say::handled(),
        PhaseReason::MuteChanged => say::mute_changed(),
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
fn to_call(alert: &AlertData) -> Vec<Sentence> {
    let grid = (say::grid(&alert.place.grid), &alert.place.grid_responsible);
    let cameras = alert.origin.cameras.iter();
    let cameras = cameras.map(|camera| (say::camera(&camera.id), &camera.responsible));
    let sensors = alert.origin.sensor_details.iter();
    let sensors = sensors.map(|sensor| (say::sensor(&sensor.id), &sensor.responsible));
    std::iter::once(grid)
        .chain(cameras)
        .chain(sensors)
        .filter(|(_, who)| who.officer.is_some() || who.contact.is_some())
        .map(|(what, who)| {
            let what = match &who.name {
                Some(name) => say::behind(what, name),
                None => what,
            };
            let known = [&who.officer, &who.contact].into_iter().flatten().map(Words::from);
            say::noting(what, clauses(known))
        })
        .collect()
}

fn place(alert: &AlertData) -> Words {
    let place = &alert.place;
    let words = [place.site.clone(), place.address.clone(), Some(place.path.join(" / "))];
    clauses(words.into_iter().flatten().map(Words::from))
}

fn origin(alert: &AlertData) -> Words {
    let origin = &alert.origin;
    let mut parts: Vec<Words> = origin.cameras.iter().map(|camera| say::camera(&camera.id).into()).collect();
    parts.extend(origin.sensors.iter().map(|sensor| say::sensor(sensor).into()));
    if !origin.zones.is_empty() {
        let names = origin.zones.iter().map(Words::from).collect();
        parts.push(say::zones(Words::List(names, Joint::Row)).into());
    }
    Words::List(parts, Joint::Then)
}

/// Whether nothing happened at all.
fn is_test(alert: &AlertData) -> bool {
    alert.kind == kinds::TEST_ALERT && alert.why.rule.is_none()
}

/// The condition, in any language; in the site's, where the message does not say which sentence it is, or not all of it.
fn in_words(why: &WhyData) -> Words {
    let code = why.condition_code.as_deref();
    let sentence =
        code.and_then(|code| Sentence::of_args(code, &why.condition_args, alert_words::catalogue()));
    sentence.map_or_else(|| Words::from(&why.condition), Words::Sentence)
}

fn condition(alert: &AlertData) -> Sentence {
    match &alert.why.rule {
        Some(rule) => say::noting(say::rule(rule), in_words(&alert.why)),
        None if is_test(alert) => say::only_a_test(in_words(&alert.why)),
        None => say::belief(alert.why.threshold.to_string()),
    }
}

/// `58 %  sensor drain-2: 0.42 (weight 3, 2 s ago)`.
fn contribution(signal: &SignalData) -> Sentence {
    let cause = signal.cause.as_ref().map(|cause| match NoVideoCause::named(cause) {
        Some(known) => why_no_video(known).into(),
        None => Words::from(cause),
    });
    say::contribution(
        format!("{:>3.0}", signal.contribution * 100.0),
        clauses(std::iter::once(alert_words::source(&signal.source).into()).chain(cause)),
        ((signal.value * 100.0).round() / 100.0).to_string(),
        signal.weight.to_string(),
        ((signal.age_s * 10.0).round() / 10.0).to_string(),
    )
}

fn clock(sync: ClockSync) -> Sentence {
    match sync {
        ClockSync::Synced => say::clock_synced(),
        ClockSync::Unsynced => say::clock_unsynced(),
        ClockSync::Unknown => say::clock_unknown(),
        ClockSync::Replay => say::clock_of_recording(),
    }
}

fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

#[cfg(test)]
mod tests {
    use super::super::handling::{ClosedData, VerdictGiven};
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
    fn why_it_came_is_said_in_the_readers_language_and_not_the_sites() {
        let mut alert = example();
        assert!(!alert.why.condition.is_ascii(), "the site is Chinese: {}", alert.why.condition);
        let (english, chinese) =
            ("car, truck or bus stays still in fire-lane for 120 s", alert.why.condition.clone());
        let text = explain(&alert, Language::English);
        assert!(text.contains(english) && !text.contains(&chinese), "{text}");
        assert!(explain(&alert, Language::Chinese).contains(&chinese));
        // Of a message that was too long, or of an earlier box.
        alert.why.condition_args.clear();
        assert!(explain(&alert, Language::English).contains(&chinese));
        alert.why.condition_code = None;
        assert!(explain(&alert, Language::English).contains(&chinese));
        // Nothing happened.
        alert.kind = kinds::TEST_ALERT.to_owned();
        alert.why.rule = None;
        let said = crate::text::alert::nothing_happened("page:li");
        alert.why.condition = said.in_language(Language::Chinese);
        alert.why.condition_code = Some(said.code().to_owned());
        alert.why.condition_args = said.args_with_parts(Language::Chinese);
        let text = explain(&alert, Language::English);
        assert!(text.contains("wants to see whether alerts arrive") && !text.contains("检验"), "{text}");
    }

    #[test]
    fn whom_to_call_is_reported_and_the_times_are_those_of_the_site() {
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
    fn what_was_done_is_reported_by_the_sites_clock_and_so_is_why_it_had_ended() {
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
        assert!(!explain(&alert, Language::English).contains("why it ended"), "said once");
    }

    #[test]
    fn in_chinese_only_names_and_numbers_are_not_chinese() {
        let text = explain(&example(), Language::Chinese);
        for word in ["camera", "weight", "why", "where", "level", "rule fire", "ago", "clock"] {
            assert!(!text.contains(&format!(" {word} ")), "{word} in:\n{text}");
        }
        assert!(text.contains("橙色（建议等级）") && text.contains("（权重 "), "{text}");
        assert!(text.contains("\n  尚未受理\n") && text.contains("\n  依据：规则 "), "{text}");
    }

    #[test]
    fn several_sources_are_reported_with_their_shares_and_who_was_silent() {
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
        assert!(text.contains("may be more or less: rule water@cam-07\n"), "{text}");
    }

    /// The words of the contract's lists are for programs.
    #[test]
    fn no_word_of_a_list_is_reported_raw() {
        let mut alert = example();
        let at = "2026-11-21T03:30:00Z".parse().map(Time).unwrap();
        let by = || "desk 2".to_owned();
        let verdict = |cause: &str| VerdictGiven {
            verdict: Verdict::FalseAlarm,
            cause: Some(cause.to_owned()),
            by: by(),
            key_id: None,
            at,
            note: None,
        };
        let closed =
            ClosedData { outcome: "nothing_found".to_owned(), by: by(), key_id: None, at, note: None };
        alert.handling = Some(HandlingData {
            verdict: Some(verdict("sensor_fault")),
            closed: Some(closed),
            ..HandlingData::default()
        });
        alert.why.silent = vec!["camera:cam-00:blurred".to_owned(), "camera:cam-00:covered".to_owned()];
        let english = explain(&alert, Language::English);
        for part in [
            "verdict: a false alarm, fault of the sensor (desk 2, ",
            "closed: nothing was found (desk 2, ",
            "camera cam-00 (blurred), camera cam-00 (covered)\n",
        ] {
            assert!(english.contains(part), "{part} is missing in:\n{english}");
        }
        let chinese = explain(&alert, Language::Chinese);
        for part in [
            "核实结果：误报，传感器故障（desk 2，",
            "已办结：到场未发现（desk 2，",
            "摄像机 cam-00（画面模糊）、摄像机 cam-00（被遮挡）\n",
        ] {
            assert!(chinese.contains(part), "{part} is missing in:\n{chinese}");
        }
    }
}
