//! The words of alerts for people that `contract::explain` does not have: causes, outcomes, and why something was not done.

use crate::contract::command::Refusal;
use crate::text::{Sentence, Words, page as say};

/// The causes are an open list: a word that is not known here is shown as it is.
pub(super) fn cause(word: &str) -> Words {
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

/// The outcomes are an open list, too.
pub(super) fn outcome(word: &str) -> Words {
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

/// Why it was not done.
pub(super) fn refusal(code: Refusal) -> Sentence {
    match code {
        Refusal::UnknownAlert => say::refused_unknown_alert(),
        Refusal::AlertEnded => say::refused_alert_ended(),
        Refusal::Conflict => say::refused_conflict(),
        Refusal::Busy => say::too_many_at_once(),
        Refusal::NotAllowed => say::role_does_not_allow(),
        Refusal::Storage => say::refused_storage(),
        Refusal::Malformed | Refusal::Invalid => say::refused_invalid(),
        Refusal::Retained
        | Refusal::Expired
        | Refusal::Unsigned
        | Refusal::UnknownKey
        | Refusal::BadSignature
        | Refusal::Misdirected
        | Refusal::UnknownCommand
        | Refusal::Unavailable
        | Refusal::Gone => say::did_not_work(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::kinds;
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
}
