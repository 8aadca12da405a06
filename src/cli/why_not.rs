//! `lookout why-not`: why a rule raised no alert at a time: which stage said no first, and by how much.

use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use serde_json::json;

use super::retune::{OF_THE_BOX, failed_in, journal_of, meant};
use super::when::{Lasting, When};
use super::{Failure, language, print_line};
use crate::analysis::filters::Filter;
use crate::analysis::time::Timestamp;
use crate::analysis::why_not::{MutedBy, Stage};
use crate::comparison::lasting;
use crate::config::{Config, Surroundings};
use crate::contract::words::Time;
use crate::retune::why_not::{Answer, Question, Raised, Unanswered, answer};
use crate::retune::{Unjudged, zone_of};
use crate::text::{Joint, Sentence, Words, model, probe, why_not as say};

/// Say why a rule raised no alert at a time: the first stage that said no, and by how much.
///
/// The stages, from the picture to the alert: switched off, not in force, no video, blind, not decoded, nothing moved, not found, found below
/// the threshold, left out by a mask or a filter, outside the zone, too small or large, too short, in cool-down, not believed, muted.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The camera
    #[arg(long, value_name = "ID")]
    camera: String,
    /// The rule; may be left out if the camera has only one
    #[arg(long, value_name = "ID")]
    rule: Option<String>,
    /// When it should have raised one: 2026-01-07T22:00 on the site's clock, or with an offset of its own (2026-01-07T22:00:00+08:00)
    #[arg(long, value_name = "TIME")]
    at: When,
    /// How far around that time to look
    #[arg(long, value_name = "LENGTH", default_value = "60s")]
    within: Lasting,
    /// Ask about this configuration instead of the one that ran
    #[arg(long, short, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The data folder of the box [default: that of the configuration in /etc/lookout/lookout.toml]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Print the answer as one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs it.
///
/// # Errors
/// No journal of that time, no such camera or rule, a configuration with problems.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let load = |path: &Path| Config::load_in(path, &Surroundings::elsewhere(path)).map_err(Failure::from);
    let asked = args.config.as_deref().map(load).transpose()?;
    // Where the data are, and in which zone times are: what the box's configuration says, where it is here; else the journal.
    let of_the_box = load(Path::new(OF_THE_BOX)).ok();
    let config = asked.as_ref().or(of_the_box.as_ref());
    let journal = journal_of(args.data.as_deref(), config);
    let zone = config.map(|config| config.site.time_zone.clone());
    let zone = zone.or_else(|| zone_of(&journal)).unwrap_or_else(TimeZone::system);
    let at = args.at.in_zone(&zone, "--at").map_err(Failure::refused)?;
    let Lasting(within) = args.within;
    let question = Question { journal, config: asked, camera: args.camera, rule: args.rule, at, within };
    let answer = answer(&question).map_err(|why| unanswered(why, &question, &zone))?;
    match args.json {
        true => print_line(json(&answer, &question)),
        false => print_line(text(&answer, &question, &zone)),
    }
}

/// Why nothing can be said, and what to try.
fn unanswered(why: Unanswered, question: &Question, zone: &TimeZone) -> Failure {
    let Question { camera, at, within, .. } = question;
    let listed = |names: &[std::sync::Arc<str>]| model::listed(names.iter().map(|id| format!("`{id}`")));
    match why {
        Unanswered::Unjudged(Unjudged::UnknownCamera { camera, known }) => {
            let hint = meant(&camera, known.iter().map(|id| &**id), say::try_known_cameras(listed(&known)));
            Failure::refused(say::unknown_camera(camera)).hint(hint)
        }
        Unanswered::Unjudged(why) => {
            let around = |sign: i64| {
                let secs = i64::try_from(within.as_secs()).unwrap_or(i64::MAX).saturating_mul(sign);
                at.checked_add(jiff::SignedDuration::from_secs(secs)).unwrap_or(*at)
            };
            failed_in(why, &question.journal, (around(-1), around(1)), zone)
        }
        Unanswered::UnknownRule { rule, known } => {
            let hint = meant(&rule, known.iter().map(|id| &**id), say::try_rules(listed(&known)));
            Failure::refused(say::unknown_rule(rule)).hint(hint)
        }
        Unanswered::Elsewhere { rule, cameras } => {
            let what = say::rule_elsewhere(rule.as_ref(), camera);
            Failure::refused(what).hint(say::try_cameras(listed(&cameras)))
        }
        Unanswered::Several { rules } => {
            Failure::refused(say::several_rules(camera)).hint(say::try_rule(listed(&rules)))
        }
        Unanswered::None => Failure::refused(say::no_rule(camera)),
        Unanswered::All(all) => {
            Failure::all(all.into_iter().map(|why| unanswered(why, question, zone)).collect())
        }
    }
}

fn clock(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn text(answer: &Answer, question: &Question, zone: &TimeZone) -> String {
    let language = language::of_this_run();
    let Answer { rule, from, to, looks, notes, .. } = answer;
    let about =
        say::about(&question.camera, rule.id.as_ref(), rule.when.sentence(), clock(question.at, zone));
    let looked = say::looked(*looks, clock(*from, zone), clock(*to, zone));
    let mut lines = vec![about.in_language(language), looked.in_language(language)];
    lines.extend(notes.iter().map(|note| probe::note(note.clone()).in_language(language)));
    let (what, details) = sentences(answer, zone);
    let hint = hint(answer, question, zone);
    lines.push(what.with_hint(hint.as_ref(), language));
    lines.extend(details.iter().map(|detail| format!("  {}", detail.in_language(language))));
    lines.join("\n")
}

fn json(answer: &Answer, question: &Question) -> serde_json::Value {
    let language = language::of_this_run();
    let Answer { rule, stage, raised, from, to, looks, notes } = answer;
    let (what, details) = sentences(answer, &TimeZone::UTC);
    let raised = raised.as_ref().filter(|_| *stage == Stage::Raised);
    let said = |sentences: &[Sentence]| -> Vec<_> {
        sentences.iter().map(|sentence| sentence.rendered(language)).collect()
    };
    json!({
        "camera": question.camera,
        "rule": &*rule.id,
        "at": Time(question.at),
        "from": Time(*from),
        "to": Time(*to),
        "looks": looks,
        "stage": stage_name(stage),
        "why": what.rendered(language),
        "details": said(&details),
        "hint": hint(answer, question, &TimeZone::UTC).map(|hint| hint.rendered(language)),
        "notes": said(notes),
        "alert": raised.map(|raised| json!({
            "alert_id": raised.is_published.then_some(&*raised.alert.0),
            "kind": &*raised.kind,
            "started_at": Time(raised.started_at),
        })),
    })
}

/// The word of a stage for programs.
fn stage_name(stage: &Stage) -> &'static str {
    match stage {
        Stage::Raised => "raised",
        Stage::Muted(_) => "muted",
        Stage::SwitchedOff { .. } => "switched_off",
        Stage::OutOfSchedule { .. } => "out_of_schedule",
        Stage::Silent { .. } => "silent",
        Stage::Blind { .. } => "blind",
        Stage::NotRecorded => "not_recorded",
        Stage::NotDecoded { .. } => "not_decoded",
        Stage::NothingMoved { .. } => "nothing_moved",
        Stage::NotFound { .. } => "not_found",
        Stage::BelowThreshold { .. } => "below_threshold",
        Stage::SeenOnce { .. } => "seen_once",
        Stage::LeftOut { filter: Filter::Mask, .. } => "masked",
        Stage::LeftOut { .. } => "left_out",
        Stage::Outside { .. } => "outside",
        Stage::TooSmall { .. } => "too_small",
        Stage::TooLarge { .. } => "too_large",
        Stage::TooShort { .. } => "too_short",
        Stage::TooLittle { .. } => "too_little",
        Stage::InCooldown { .. } => "in_cooldown",
        Stage::BelowLevel { .. } => "below_level",
        Stage::Unknown => "unknown",
    }
}

/// The stage in words, and what belongs to it.
fn sentences(answer: &Answer, zone: &TimeZone) -> (Sentence, Vec<Sentence>) {
    let Answer { rule, stage, raised, .. } = answer;
    let place: &str = rule.when.place();
    let alone = |what: Sentence| (what, Vec::new());
    let percent = |part: f32| rounded(f64::from(part) * 100.0, 0);
    let score = |value: f32| rounded(f64::from(value), 2);
    let long = |duration: std::time::Duration| {
        lasting(jiff::SignedDuration::try_from(duration).unwrap_or(jiff::SignedDuration::MAX))
    };
    match stage {
        Stage::Raised => alone(match raised {
            Some(Raised { alert, started_at, is_published: true, .. }) => {
                say::raised(&*alert.0, clock(*started_at, zone), rule.id.as_ref())
            }
            Some(Raised { started_at, .. }) => say::would_be_raised(clock(*started_at, zone)),
            None => say::raised_unknown(),
        }),
        Stage::Muted(MutedBy { by, reason, until }) => {
            alone(say::muted(by.as_str(), clock(*until, zone), reason.as_str()))
        }
        Stage::SwitchedOff { since } => alone(say::switched_off(clock(*since, zone))),
        Stage::OutOfSchedule { next: None } => alone(say::out_of_schedule()),
        Stage::OutOfSchedule { next: Some(next) } => alone(say::out_of_schedule_until(clock(*next, zone))),
        Stage::Silent { since } => alone(say::silent(clock(*since, zone))),
        Stage::Blind { conditions } => {
            let words = conditions.iter().map(|condition| condition.words().into()).collect();
            alone(say::blind(Words::List(words, Joint::And)))
        }
        Stage::NotRecorded => alone(say::not_recorded()),
        Stage::NotDecoded { for_secs, not_decoded, overloaded } => {
            let mut details = Vec::new();
            details.extend((*not_decoded > 0).then(|| say::not_needed(*not_decoded)));
            details.extend((*overloaded > 0).then(|| say::given_up(*overloaded)));
            (say::not_decoded(rounded(*for_secs, 0)), details)
        }
        Stage::NothingMoved { looks } => alone(say::nothing_moved(*looks)),
        Stage::NotFound { looks, others } => {
            let words: Vec<Words> = others.iter().map(|class| class.words()).collect();
            let instead = (!words.is_empty()).then(|| say::found_instead(Words::List(words, Joint::AndMore)));
            let wanted = rule.when.classes().iter().map(|class| class.words()).collect();
            (say::not_found(Words::List(wanted, Joint::Or), *looks), instead.into_iter().collect())
        }
        Stage::BelowThreshold { class, best, threshold } => {
            let by = score(threshold - best);
            alone(say::below_threshold(class.words(), score(*best), score(*threshold), by))
        }
        Stage::SeenOnce { class } => alone(say::seen_once(class.words())),
        Stage::LeftOut { class, filter } => alone(match filter {
            Filter::Implausible => say::implausible(class.words()),
            Filter::Mask => say::masked(class.words()),
            Filter::Height => say::wrong_height(class.words()),
            Filter::Horizon => say::off_horizon(class.words()),
            Filter::Furniture => say::furniture(class.words()),
        }),
        Stage::Outside { class, by } => alone(say::outside(class.words(), place, percent(*by))),
        Stage::TooSmall { class, height, least } => {
            alone(say::too_small(class.words(), percent(*height), percent(*least)))
        }
        Stage::TooLarge { class, height, most } => {
            alone(say::too_large(class.words(), percent(*height), percent(*most)))
        }
        Stage::TooShort { lasted, needed } => {
            alone(say::too_short(long(*lasted), long(*needed), long(needed.saturating_sub(*lasted))))
        }
        Stage::TooLittle { .. } if rule.when.zone().is_none() => {
            alone(say::not_crossed(rule.when.sentence()))
        }
        Stage::TooLittle { value, needed } => {
            let (value, needed) = (rounded(*value, 2), rounded(*needed, 2));
            alone(say::too_little(value, rule.when.threshold_name(), needed))
        }
        Stage::InCooldown { left } => alone(say::cool_down(long(*left))),
        Stage::BelowLevel { belief, needed } => {
            alone(say::below_level(rounded(*belief, 2), rounded(*needed, 2)))
        }
        Stage::Unknown => alone(say::unknown()),
    }
}

/// What to try.
fn hint(answer: &Answer, question: &Question, zone: &TimeZone) -> Option<Sentence> {
    let Answer { rule, stage, raised, .. } = answer;
    Some(match stage {
        Stage::Raised => match (raised, &question.config) {
            (Some(Raised { alert, is_published: true, .. }), _) => say::try_page(&*alert.0),
            (Some(_), Some(config)) => say::try_retune(command(answer, question, config, zone)),
            (Some(_) | None, _) => say::try_wider(),
        },
        Stage::Muted(_) => say::try_unmute(),
        Stage::SwitchedOff { .. } => say::try_switch_on(),
        Stage::OutOfSchedule { .. } => say::try_schedule(),
        Stage::Silent { .. } | Stage::Blind { .. } => say::try_camera(),
        Stage::NotRecorded => say::try_other_time(),
        Stage::NotDecoded { .. } => say::try_rate(),
        Stage::NothingMoved { .. } => say::try_still(),
        Stage::NotFound { .. } => {
            let wanted = rule.when.classes().iter().map(|class| class.words()).collect();
            say::try_class(Words::List(wanted, Joint::Or))
        }
        Stage::SeenOnce { .. } => say::try_closer(),
        Stage::BelowThreshold { best, .. } => {
            // Rounded down, but for what 32 bits cannot hold: the score itself must be enough.
            say::try_threshold(((f64::from(*best) * 100.0 + 1e-4).floor() / 100.0).to_string())
        }
        Stage::LeftOut { .. } => say::try_filter(),
        Stage::Outside { .. } => say::try_zone(),
        Stage::TooSmall { .. } | Stage::TooLarge { .. } => say::try_sizes(),
        Stage::TooShort { .. } => say::try_less("for_secs"),
        Stage::TooLittle { .. } if rule.when.zone().is_none() => say::try_line(rule.when.place().as_ref()),
        Stage::TooLittle { .. } => say::try_less(rule.when.threshold_name()),
        Stage::InCooldown { .. } => say::try_cooldown(),
        Stage::BelowLevel { .. } => say::try_levels(),
        Stage::Unknown => return None,
    })
}

/// The command that lists the alerts of the configuration that is asked about.
fn command(answer: &Answer, question: &Question, config: &Config, zone: &TimeZone) -> String {
    let typed = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
    let (config, journal) = (config.path().display().to_string(), question.journal.display().to_string());
    let (from, to) = (typed(answer.from), typed(answer.to));
    let (program, retune, camera) = ("lookout", "retune", &*question.camera);
    [
        program, retune, "--config", &config, "--data", &journal, "--camera", camera, "--from", &from,
        "--to", &to,
    ]
    .join(" ")
}

/// With so many digits behind the point at most.
fn rounded(value: f64, digits: i32) -> String {
    let ten = 10_f64.powi(digits);
    ((value * ten).round() / ten).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::alert::AlertId;
    use crate::analysis::detection::Class;
    use crate::types::language::Language;

    fn config() -> Config {
        let path = Path::new("site.toml");
        let text = r#"
[site]
box = "box-1"
area = "530127"
[[camera]]
id = "cam-1"
eye = "village"
url = "rtsp://10.0.0.31/1"
grid = "53012700300102"
[[camera.zone]]
id = "lane"
polygon = [[0.1, 0.5], [0.9, 0.5], [0.9, 1.0]]
[[camera.line]]
id = "gate"
points = [[0.1, 0.5], [0.9, 0.5]]
[[rule]]
id = "stays"
cameras = ["cam-1"]
present = { zone = "lane", classes = ["person"], for_secs = 3 }
[[rule]]
id = "many"
cameras = ["cam-1"]
crowd = { zone = "lane", at_least = 4, for_secs = 3 }
[[rule]]
id = "enters"
cameras = ["cam-1"]
line = { line = "gate", classes = ["person"], direction = "left_to_right" }
"#;
        Config::from_text(path, text, &Surroundings::elsewhere(path)).unwrap_or_else(|p| panic!("{p}"))
    }

    fn question(config: Option<Config>) -> Question {
        Question {
            journal: "/nowhere".into(),
            config,
            camera: "cam-1".to_owned(),
            rule: None,
            at: "2026-11-28T10:20:00Z".parse().unwrap(),
            within: std::time::Duration::from_secs(60),
        }
    }

    fn answer_of(rule: &str, stage: Stage) -> Answer {
        let plan = config().plan_with(&Default::default());
        let rule = plan.rules.iter().find(|one| *one.id == *rule).unwrap().clone();
        let [from, to] = ["2026-11-28T10:19:00Z", "2026-11-28T10:21:00Z"].map(|at| at.parse().unwrap());
        Answer { rule, stage, raised: None, from, to, looks: 7, notes: Vec::new() }
    }

    fn told(answer: &Answer, question: &Question) -> (String, String) {
        let hint = hint(answer, question, &TimeZone::UTC).unwrap().to_string();
        (sentences(answer, &TimeZone::UTC).0.in_language(Language::English), hint)
    }

    #[test]
    fn a_stage_is_told_with_its_numbers_in_both_languages() {
        let told = |stage: &Stage, language| {
            sentences(&answer_of("stays", stage.clone()), &TimeZone::UTC).0.in_language(language)
        };
        let below = Stage::BelowThreshold { class: Class::PERSON, best: 0.42, threshold: 0.5 };
        assert_eq!(
            told(&below, Language::English),
            "person was found with 0.42 at the most, and the threshold is 0.5: 0.08 too little"
        );
        assert!(told(&below, Language::Chinese).contains("差 0.08"), "{}", told(&below, Language::Chinese));
        let outside = Stage::Outside { class: Class::CAR, by: 0.104 };
        assert!(
            told(&outside, Language::English)
                .ends_with("outside `lane`, 10 % of the picture away from it at the nearest")
        );
        let (_, hint) = self::told(&answer_of("stays", below), &question(None));
        assert!(hint.contains("`thresholds` of 0.42"), "{hint}");
    }

    #[test]
    fn a_hint_names_what_the_rule_measures() {
        let of = |rule: &str, stage: Stage| told(&answer_of(rule, stage), &question(None));
        let (what, hint) = of("many", Stage::TooLittle { value: 3.0, needed: 4.0 });
        assert!(what.contains("`at_least` of 4") && hint.contains("`at_least`"), "{what}: {hint}");
        assert!(!hint.contains("for_secs"), "{hint}");
        let (what, hint) = of("enters", Stage::TooLittle { value: 0.0, needed: 1.0 });
        assert!(what.contains("person crosses gate from left to right"), "{what}");
        assert!(hint.contains("`direction`") && !hint.contains("for_secs"), "{hint}");
        let second = std::time::Duration::from_secs(1);
        let (_, hint) = of("many", Stage::TooShort { lasted: second, needed: second * 3 });
        assert!(hint.contains("`for_secs`"), "{hint}");
        let (what, hint) = of("many", Stage::NotFound { looks: 7, others: vec![Class::CAR] });
        assert!(what.contains("no person was found") && hint.contains("person"), "{what}: {hint}");
    }

    #[test]
    fn an_alert_that_there_was_is_named_with_what_shows_it() {
        let mut answer = answer_of("stays", Stage::Raised);
        answer.raised = Some(Raised {
            alert: AlertId("01KX".into()),
            kind: "person_present".into(),
            started_at: "2026-11-28T10:19:30Z".parse().unwrap(),
            is_published: true,
        });
        let (what, hint) = told(&answer, &question(None));
        assert!(
            what.contains("01KX") && what.contains("2026-11-28 10:19:30") && what.contains("`stays`"),
            "{what}"
        );
        assert!(hint.contains("/alerts/01KX"), "{hint}");
        answer.raised.as_mut().unwrap().is_published = false;
        let (what, hint) = told(&answer, &question(Some(config())));
        assert!(what.contains("10:19:30") && !what.contains("01KX"), "{what}");
        assert!(
            hint.contains("lookout retune --config site.toml") && hint.contains("--camera cam-1"),
            "{hint}"
        );
    }
}
