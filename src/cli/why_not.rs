//! `lookout why-not`: why a rule raised no alert at a time: which stage said no first, and by how much.

use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use serde_json::json;

use super::retune::{failed_in, journal_of};
use super::when::{Lasting, When};
use super::{Failure, language, print_line};
use crate::analysis::filters::Filter;
use crate::analysis::time::Timestamp;
use crate::analysis::why_not::{MutedBy, Stage};
use crate::comparison::lasting;
use crate::config::{Config, Surroundings};
use crate::contract::words::Time;
use crate::retune::why_not::{Answer, Question, Unanswered, answer};
use crate::retune::zone_of;
use crate::text::{Joint, Sentence, Words, model, why_not as say};

/// Where the box's configuration is, unless another one is named.
const OF_THE_BOX: &str = "/etc/lookout/lookout.toml";

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
        Unanswered::Unjudged(why) => {
            let around = |sign: i64| {
                let secs = i64::try_from(within.as_secs()).unwrap_or(i64::MAX).saturating_mul(sign);
                at.checked_add(jiff::SignedDuration::from_secs(secs)).unwrap_or(*at)
            };
            failed_in(why, &question.journal, (around(-1), around(1)), zone)
        }
        Unanswered::UnknownRule { rule, known } => {
            Failure::refused(say::unknown_rule(rule)).hint(say::try_rules(listed(&known)))
        }
        Unanswered::Elsewhere { rule, cameras } => {
            let what = say::rule_elsewhere(rule.as_ref(), camera);
            Failure::refused(what).hint(say::try_cameras(listed(&cameras)))
        }
        Unanswered::Several { rules } => {
            Failure::refused(say::several_rules(camera)).hint(say::try_rule(listed(&rules)))
        }
        Unanswered::None => Failure::refused(say::no_rule(camera)),
    }
}

fn clock(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn text(answer: &Answer, question: &Question, zone: &TimeZone) -> String {
    let language = language::of_this_run();
    let Answer { rule, stage, from, to, looks } = answer;
    let about =
        say::about(&question.camera, rule.id.as_ref(), rule.when.sentence(), clock(question.at, zone));
    let looked = say::looked(*looks, clock(*from, zone), clock(*to, zone));
    let mut lines = vec![about.in_language(language), looked.in_language(language)];
    let (what, details) = sentences(stage, rule.when.place(), zone);
    let hint = hint(stage);
    lines.push(what.with_hint(hint.as_ref(), language));
    lines.extend(details.iter().map(|detail| format!("  {}", detail.in_language(language))));
    lines.join("\n")
}

fn json(answer: &Answer, question: &Question) -> serde_json::Value {
    let language = language::of_this_run();
    let Answer { rule, stage, from, to, looks } = answer;
    let (what, details) = sentences(stage, rule.when.place(), &TimeZone::UTC);
    json!({
        "camera": question.camera,
        "rule": &*rule.id,
        "at": Time(question.at),
        "from": Time(*from),
        "to": Time(*to),
        "looks": looks,
        "stage": stage_name(stage),
        "why": what.rendered(language),
        "details": details.iter().map(|detail| detail.rendered(language)).collect::<Vec<_>>(),
        "hint": hint(stage).map(|hint| hint.rendered(language)),
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
fn sentences(stage: &Stage, place: &str, zone: &TimeZone) -> (Sentence, Vec<Sentence>) {
    let alone = |what: Sentence| (what, Vec::new());
    let percent = |part: f32| rounded(f64::from(part) * 100.0, 0);
    let score = |value: f32| rounded(f64::from(value), 2);
    let long = |duration: std::time::Duration| {
        lasting(jiff::SignedDuration::try_from(duration).unwrap_or(jiff::SignedDuration::MAX))
    };
    match stage {
        Stage::Raised => alone(say::raised()),
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
            (say::not_found(*looks), instead.into_iter().collect())
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
        Stage::TooLittle { value, needed } => alone(say::too_little(rounded(*value, 2), rounded(*needed, 2))),
        Stage::InCooldown { left } => alone(say::cool_down(long(*left))),
        Stage::BelowLevel { belief, needed } => {
            alone(say::below_level(rounded(*belief, 2), rounded(*needed, 2)))
        }
        Stage::Unknown => alone(say::unknown()),
    }
}

/// What to try.
fn hint(stage: &Stage) -> Option<Sentence> {
    Some(match stage {
        Stage::Raised => say::try_tail(),
        Stage::Muted(_) => say::try_unmute(),
        Stage::SwitchedOff { .. } => say::try_switch_on(),
        Stage::OutOfSchedule { .. } => say::try_schedule(),
        Stage::Silent { .. } | Stage::Blind { .. } => say::try_camera(),
        Stage::NotRecorded => say::try_other_time(),
        Stage::NotDecoded { .. } => say::try_rate(),
        Stage::NothingMoved { .. } => say::try_still(),
        Stage::NotFound { .. } | Stage::SeenOnce { .. } => say::try_closer(),
        Stage::BelowThreshold { best, .. } => {
            // Rounded down, but for what 32 bits cannot hold: the score itself must be enough.
            say::try_threshold(((f64::from(*best) * 100.0 + 1e-4).floor() / 100.0).to_string())
        }
        Stage::LeftOut { .. } => say::try_filter(),
        Stage::Outside { .. } => say::try_zone(),
        Stage::TooSmall { .. } | Stage::TooLarge { .. } => say::try_sizes(),
        Stage::TooShort { .. } | Stage::TooLittle { .. } => say::try_shorter(),
        Stage::InCooldown { .. } => say::try_cooldown(),
        Stage::BelowLevel { .. } => say::try_levels(),
        Stage::Unknown => return None,
    })
}

/// With so many digits behind the point at most.
fn rounded(value: f64, digits: i32) -> String {
    let ten = 10_f64.powi(digits);
    ((value * ten).round() / ten).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::detection::Class;
    use crate::types::language::Language;

    #[test]
    fn a_stage_is_told_with_its_numbers_in_both_languages() {
        let told = |stage: &Stage, language| sentences(stage, "lane", &TimeZone::UTC).0.in_language(language);
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
        let hint = hint(&below).unwrap().to_string();
        assert!(hint.contains("`thresholds` of 0.42"), "{hint}");
    }
}
