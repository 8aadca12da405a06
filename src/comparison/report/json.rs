//! The comparison for programs. Times are UTC, lengths in seconds; every sentence has its code and arguments beside it.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::super::alert_life::AlertLife;
use super::super::difference::{Difference, Pairing};
use super::super::price::{Fate, Price};
use super::{Comparison, outcome_name};
use crate::contract::words::Time;
use crate::text::Sentence;
use crate::types::language::Language;

impl Comparison {
    /// As JSON, with its sentences in that language.
    pub(crate) fn json(&self, language: Language) -> Value {
        let said = |sentences: &[Sentence]| -> Vec<Value> {
            sentences.iter().map(|sentence| json!(sentence.rendered(language))).collect()
        };
        let notes: Vec<Value> = self
            .notes
            .iter()
            .map(|note| {
                let mut value = json!(note.what.rendered(language));
                value["details"] = said(&note.details).into();
                value
            })
            .collect();
        let price = self.price();
        let mut in_numbers = price_json(&price);
        in_numbers["words"] = said(&price.sentences()).into();
        let differences: Vec<Value> =
            self.changed().map(|difference| self.difference_json(difference, language)).collect();
        json!({
            "before": self.before.in_language(language),
            "after": self.after.in_language(language),
            "from": Time(self.from),
            "to": Time(self.to),
            "cameras": names(&self.cameras),
            "notes": notes,
            "price": in_numbers,
            "same": self.same().count(),
            "differences": differences,
        })
    }

    fn difference_json(&self, difference: &Difference, language: Language) -> Value {
        let changes = difference.changes();
        let mut value = json!({
            "outcome": outcome_name(&difference.pairing),
            "before": difference.before().map(|life| life_json(life)),
            "after": difference.after().map(|life| life_json(life)),
        });
        match &difference.pairing {
            Pairing::Joined { into: other, .. } | Pairing::Parted { from: other, .. } => {
                value["part_of"] = json!(&*other.alert.0);
            }
            Pairing::Both { .. } => {
                value["begins_by_s"] = secs(changes.begins_by);
                value["ends_by_s"] = secs(changes.ends_by);
            }
            Pairing::Appeared(_) | Pairing::Disappeared(_) => {}
        }
        let reasons = difference.reasons.iter().map(|reason| json!(reason.rendered(language)));
        value["reasons"] = reasons.collect::<Vec<_>>().into();
        let before = difference.before().map(|life| &life.alert);
        value["verdict"] = json!(before.and_then(|alert| self.verdicts.get(alert)));
        value["picture"] =
            json!(before.and_then(|alert| self.pictures.get(alert)).map(|picture| &picture.path));
        value
    }
}

fn life_json(life: &AlertLife) -> Value {
    json!({
        "alert_id": &*life.alert.0,
        "rule": life.rule.as_deref(),
        "kind": &*life.kind,
        "grid": &*life.grid,
        "cameras": names(&life.origin.cameras),
        "zones": names(&life.origin.zones),
        "sensors": names(&life.origin.sensors),
        "level_max": life.level,
        "started_at": Time(life.started_at),
        "raised_at": Time(life.raised_at),
        "ended_at": (!life.is_open).then_some(Time(life.ended_at)),
    })
}

fn names(names: &[Arc<str>]) -> Vec<&str> {
    names.iter().map(|name| &**name).collect()
}

fn price_json(price: &Price) -> Value {
    json!({
        "days": price.judged.as_secs_f64() / 86_400.0,
        "alerts_before": price.before,
        "alerts_after": price.after,
        "disappeared": price.disappeared,
        "appeared": price.appeared,
        "confirmed": fate_json(&price.confirmed),
        "false_alarms": fate_json(&price.false_alarms),
    })
}

fn fate_json(fate: &Fate) -> Value {
    let Fate { all, gone, later, latest_by } = *fate;
    json!({ "all": all, "gone": gone, "later": later, "latest_by_s": secs(latest_by) })
}

fn secs(duration: SignedDuration) -> Value {
    json!(duration.as_millis() as f64 / 1_000.0)
}
