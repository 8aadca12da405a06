//! For programs. Times are UTC, lengths in seconds; every sentence has its code and arguments beside it.

use serde_json::{Value, json};

use super::{Found, Load, Precision, Suggestion, Tuned, Tuning};
use crate::comparison::Note;
use crate::contract::words::Time;
use crate::types::language::Language;

impl Tuning {
    /// As JSON, with its sentences in that language.
    pub(crate) fn json(&self, language: Language) -> Value {
        let rules = self.rules.iter().map(|(rule, precision)| {
            let mut value = precision_json(precision);
            value["rule"] = json!(&**rule);
            value
        });
        json!({
            "config": self.config,
            "from": Time(self.from),
            "to": Time(self.to),
            "notes": notes(&self.notes, language),
            "rules": rules.collect::<Vec<_>>(),
            "curves": self.tuned.iter().map(|tuned| tuned.json(language)).collect::<Vec<_>>(),
            "silent": self.silent.iter().map(|rule| &**rule).collect::<Vec<_>>(),
        })
    }
}

impl Tuned {
    fn json(&self, language: Language) -> Value {
        let suggestion = self.suggestion.as_ref().map(|suggestion| suggestion_json(suggestion, language));
        json!({
            "rule": self.subject.rule.as_ref().map(|(rule, _)| &**rule),
            "camera": self.subject.rule.as_ref().map(|(_, camera)| &**camera),
            "signal": self.subject.signal.as_deref(),
            "precision": precision_json(&self.precision),
            "parameters": self.curves,
            "suggestion": suggestion,
        })
    }
}

fn suggestion_json(suggestion: &Suggestion, language: Language) -> Value {
    json!({
        "parameter": suggestion.parameter.name(),
        "value": suggestion.then.value,
        "in_force": suggestion.now.value,
        "words": suggestion.sentence().rendered(language),
    })
}

fn precision_json(precision: &Precision) -> Value {
    let mut value = json!(precision);
    value["share"] = json!(precision.share());
    value["interval_95"] = json!(precision.interval().map(|(low, high)| [low, high]));
    value
}

fn notes(notes: &[Note], language: Language) -> Vec<Value> {
    let note = |note: &Note| {
        let mut value = json!(note.what.rendered(language));
        value["details"] = note.details.iter().map(|one| json!(one.rendered(language))).collect();
        value
    };
    notes.iter().map(note).collect()
}

impl Found {
    /// As JSON, with its sentences in that language.
    pub(crate) fn json(&self, language: Language) -> Value {
        let load =
            |Load { told, rate, busiest }: Load| json!({ "told": told, "rate": rate, "busiest": busiest });
        let turned = self.turned.iter().map(|one| {
            json!({
                "parameter": one.parameter.name(),
                "was": one.was,
                "is": one.is,
                "words": one.sentence().rendered(language),
            })
        });
        let loudest = self.loudest.iter().map(|(what, told)| json!({ "what": &**what, "told": told }));
        json!({
            "config": self.config,
            "from": Time(self.from),
            "to": Time(self.to),
            "budget": { "alerts": self.budget.alerts, "per": self.budget.per.name() },
            "is_kept": self.is_kept(),
            "before": load(self.before),
            "after": load(self.after),
            "verdicts_before": self.prices.0,
            "verdicts_after": self.prices.1,
            "changes": turned.collect::<Vec<_>>(),
            "loudest": loudest.collect::<Vec<_>>(),
            "notes": notes(&self.notes, language),
            "words": self.outcome().iter().map(|one| one.rendered(language)).collect::<Vec<_>>(),
            "patch": self.patch,
        })
    }
}
