//! The words of alerts as people read them: why one came, how it was settled, what measured it. Used wherever an alert is
//! told: `explain`, and the box's page.
//!
//! These lists are open: a word that is not known here is shown as it is.

use std::sync::OnceLock;

use crate::analysis::rules;
use crate::text::{self, Catalogue, Sentence, Words, explain, page as say};
use crate::types::camera_condition::CameraCondition;

/// What the names of people at the box's page begin with in `by`: `page:li`. The page proves who they are, so nobody else may
/// use such a name.
pub(crate) const PAGE_PREFIX: &str = "page:";

/// Every sentence that says why an alert came: those of rules, and the others.
pub(crate) fn catalogue() -> &'static Catalogue {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    CATALOGUE.get_or_init(|| {
        let of_rules = rules::SENTENCES.iter().flat_map(|areas| areas.concat());
        text::entries().into_iter().chain(of_rules).collect()
    })
}

/// Somebody who did something, as people call them.
pub(crate) fn person(by: &str) -> Words {
    match by.strip_prefix(PAGE_PREFIX) {
        Some(name) => say::at_page(name).into(),
        None => by.into(),
    }
}

/// Why an alert came.
pub(crate) fn cause(word: &str) -> Words {
    let known = match word {
        "allowed" => say::cause_allowed(),
        "animal" => say::cause_animal(),
        "glare" => say::cause_glare(),
        "reflection_or_shadow" => say::cause_reflection_or_shadow(),
        "weather" => say::cause_weather(),
        "other_object" => say::cause_other_object(),
        "wrong_setting" => say::cause_wrong_setting(),
        "other" => say::cause_other(),
        "cooking" => say::cause_cooking(),
        "steam" => say::cause_steam(),
        "dust" => say::cause_dust(),
        "lamp" => say::cause_lamp(),
        "loading" => say::cause_loading(),
        "stopped_briefly" => say::cause_stopped_briefly(),
        "resident" => say::cause_resident(),
        "staff" => say::cause_staff(),
        "play" => say::cause_play(),
        "sensor_fault" => say::cause_sensor_fault(),
        "cleaning" => say::cause_cleaning(),
        "maintenance" => say::cause_maintenance(),
        "power_cut" => say::cause_power_cut(),
        "open_burning" => say::cause_open_burning(),
        "electrical" => say::cause_electrical(),
        "gas" => say::cause_gas(),
        "vehicle" => say::cause_vehicle(),
        "waste" => say::cause_waste(),
        "parked" => say::cause_parked(),
        "broken_down" => say::cause_broken_down(),
        "delivery" => say::cause_delivery(),
        "trespass" => say::cause_trespass(),
        "quarrel" => say::cause_quarrel(),
        "injury" => say::cause_injury(),
        "gathering" => say::cause_gathering(),
        "rain" => say::cause_rain(),
        "blocked_drain" => say::cause_blocked_drain(),
        "burst_pipe" => say::cause_burst_pipe(),
        "network" => say::cause_network(),
        "wrong_password" => say::cause_wrong_password(),
        "covered" => say::cause_covered(),
        "moved" => say::cause_moved(),
        "broken" => say::cause_broken(),
        other => return Words::from(other.replace('_', " ")),
    };
    known.into()
}

/// How an alert was settled.
pub(crate) fn outcome(word: &str) -> Words {
    let known = match word {
        "resolved" => say::outcome_resolved(),
        "handed_over" => say::outcome_handed_over(),
        "nothing_found" => say::outcome_nothing_found(),
        "nothing_to_do" => say::outcome_nothing_to_do(),
        "withdrawn" => say::outcome_withdrawn(),
        "other" => say::cause_other(),
        other => return Words::from(other.replace('_', " ")),
    };
    known.into()
}

/// What measured something: `rule:smoke-yard@cam-03`, `sensor:drain-2`, `camera:cam-03:covered`.
pub(crate) fn source(source: &str) -> Sentence {
    let (kind, name) = source.split_once(':').unwrap_or(("", source));
    match kind {
        "rule" => explain::rule(name),
        "sensor" => explain::sensor(name),
        "camera" => {
            let of_condition = name.rsplit_once(':').and_then(|(camera, condition)| {
                let condition = CameraCondition::named(condition)?;
                Some(explain::behind(explain::camera(camera), condition.words()))
            });
            of_condition.unwrap_or_else(|| explain::camera(name))
        }
        _ => explain::source(name),
    }
}

#[cfg(test)]
mod tests {
    use super::super::kinds;
    use super::*;
    use crate::types::language::Language;
    use crate::types::verdict::{OUTCOMES, Verdict};

    #[test]
    fn every_cause_and_outcome_that_a_box_takes_has_words() {
        let of_kinds = kinds::all().flat_map(|kind| {
            [Verdict::Confirmed, Verdict::FalseAlarm]
                .into_iter()
                .flat_map(|verdict| verdict.causes(kind.name))
        });
        for word in of_kinds {
            assert!(cause(word).sentence().is_some(), "{word}");
        }
        for word in OUTCOMES {
            assert!(outcome(word).sentence().is_some(), "{word}");
        }
    }

    #[test]
    fn whoever_is_at_the_page_is_called_by_their_name() {
        assert_eq!(person("page:li").in_language(Language::English), "li at the page");
        assert_eq!(person("page:李").in_language(Language::Chinese), "李（页面）");
        assert_eq!(person("desk 2").in_language(Language::Chinese), "desk 2");
    }

    #[test]
    fn what_measured_it_is_reported_in_both_languages_and_a_stranger_as_it_is() {
        for condition in CameraCondition::ALL {
            let name = format!("camera:cam-03:{}", condition.name());
            let told = |language| source(&name).in_language(language);
            assert!(told(Language::English).starts_with("camera cam-03 ("), "{condition:?}");
            let chinese = told(Language::Chinese);
            let inner =
                chinese.strip_prefix("摄像机 cam-03（").and_then(|rest| rest.strip_suffix('）')).unwrap();
            assert!(inner.chars().all(|c| !c.is_ascii()), "{chinese}");
        }
        let chinese = |text| source(text).in_language(Language::Chinese);
        assert_eq!(chinese("camera:cam-03:wilted"), "摄像机 cam-03:wilted");
        assert_eq!(chinese("rule:smoke-yard@cam-03"), "规则 smoke-yard@cam-03");
        assert_eq!(chinese("drone:7"), "来源 7");
    }
}
