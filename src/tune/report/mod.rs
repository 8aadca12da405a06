//! Precision, curves and what a search found, as people and programs read them: text for a terminal, JSON, and one HTML file
//! that needs nothing else.
//!
//! All say the same. Must never show a share of fewer verdicts than are wanted.

use jiff::tz::TimeZone;

use super::budget::{Budget, Found, Load, Per, Turned};
use super::curve::{FEWEST_VERDICTS, Point, Precision};
use super::suggestion::{price, seconds};
use super::{Parameter, Subject, Suggestion, Tuned, Tuning};
use crate::analysis::time::Timestamp;
use crate::text::{Joint, Sentence, Words, tune as say};

mod html;
mod json;
mod text;

/// A moment as a clock at the site shows it.
fn clock(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
}

impl Subject {
    /// What it is, for people.
    pub(crate) fn title(&self) -> Sentence {
        match (&self.rule, &self.signal) {
            (Some((rule, camera)), _) => say::rule_on(rule.as_ref(), camera.as_ref()),
            (None, kind) => say::signal(kind.as_deref().unwrap_or_default()),
        }
    }
}

impl Precision {
    /// How many of which.
    fn counts(&self) -> Words {
        let Precision { confirmed, false_alarms, other, unjudged } = *self;
        let counts = say::counts(self.alerts(), confirmed, false_alarms, unjudged);
        if other == 0 {
            return counts.into();
        }
        Words::List(vec![counts.into(), say::counts_other(other).into()], Joint::Clauses)
    }

    /// The share, and how sure that is; or that too few were judged.
    fn sentence(&self) -> Sentence {
        let percent = |part: f64| format!("{:.0}", part * 100.0);
        match self.share().zip(self.interval()) {
            Some((share, (low, high))) => {
                say::precision(percent(share), percent(low), percent(high), self.verdicts())
            }
            None => say::too_few(self.verdicts(), FEWEST_VERDICTS),
        }
    }
}

impl Tuning {
    fn heading(&self) -> Sentence {
        say::heading(self.config.display(), clock(self.from, &self.zone), clock(self.to, &self.zone))
    }

    /// The rules that told nothing.
    fn silence(&self) -> Option<Sentence> {
        let names: Vec<Words> = self.silent.iter().map(|rule| format!("`{rule}`").into()).collect();
        (!names.is_empty()).then(|| say::silent(Words::List(names, Joint::AndMore)))
    }
}

impl Tuned {
    /// What might be better; that nothing is, where enough was judged to say so.
    fn advice(&self) -> Option<Sentence> {
        let is_worth_a_word = self.precision.share().is_some() && self.precision.false_alarms > 0;
        match &self.suggestion {
            Some(suggestion) => Some(say::try_it(suggestion.sentence())),
            None => is_worth_a_word.then(say::no_suggestion),
        }
    }
}

/// A point's numbers as a table shows them: alerts by the day where a day was judged, else in all.
fn cells(point: &Point) -> [Words; 6] {
    let of = |fate: &super::Fate| Words::from(say::of_all(fate.told, fate.all));
    let later = match point.confirmed.later {
        0 => Words::from(0_u64),
        count => say::later_by(count, seconds(point.confirmed.latest_by_s)).into(),
    };
    let confirmed = match point.elsewhere.missed {
        0 => of(&point.confirmed),
        missed => say::and_elsewhere(of(&point.confirmed), missed).into(),
    };
    let alerts = point.per_day.map_or_else(|| point.told.to_string(), |per_day| format!("{per_day:.1}"));
    [alerts.into(), confirmed, of(&point.false_alarms), of(&point.unjudged), later, point.new.into()]
}

/// What the columns of [`cells`] are called.
fn heads(is_by_day: bool) -> [Sentence; 6] {
    let alerts = if is_by_day { say::head_per_day() } else { say::head_alerts() };
    [
        alerts,
        say::head_confirmed(),
        say::head_false(),
        say::head_unjudged(),
        say::head_later(),
        say::head_new(),
    ]
}

impl Budget {
    fn of(self, alerts: f64) -> Sentence {
        let alerts = format!("{}", (alerts * 100.0).round() / 100.0);
        match self.per {
            Per::Hour => say::budget_hour(alerts),
            Per::Day => say::budget_day(alerts),
        }
    }
}

impl Found {
    fn heading(&self) -> Sentence {
        say::heading(self.config.display(), clock(self.from, &self.zone), clock(self.to, &self.zone))
    }

    fn load(&self, load: &Load, say: fn(Words, Words, Words) -> Sentence) -> Sentence {
        let busiest = match self.budget.per {
            Per::Hour => say::busiest_hour(load.busiest),
            Per::Day => say::busiest_day(load.busiest),
        };
        say(self.budget.of(load.rate).into(), load.told.into(), busiest.into())
    }

    /// What came of it, a sentence a line.
    fn outcome(&self) -> Vec<Sentence> {
        let mut lines =
            vec![say::budget(self.budget.of(self.budget.alerts)), self.load(&self.before, say::load_now)];
        if self.turned.is_empty() {
            lines.extend(self.is_kept().then(say::within_already));
        } else {
            lines.push(self.load(&self.after, say::load_then));
            let price = price(&self.prices.0, &self.prices.1);
            let is_something = matches!(&price, Words::List(parts, _) if !parts.is_empty());
            lines.extend(is_something.then(|| say::price(price)));
        }
        if !self.is_kept() {
            let loudest = self.loudest.iter().map(|(what, count)| say::tells(what.as_ref(), *count).into());
            lines.push(say::not_reached(Words::List(loudest.collect(), Joint::Clauses)));
            lines.push(say::try_elsewhere());
        }
        lines
    }
}

impl Turned {
    /// Where it is, what it was and what it would be.
    fn sentence(&self) -> Sentence {
        let at = match &self.parameter {
            Parameter::Threshold { camera, .. } => say::camera(camera.as_ref()),
            Parameter::ForSecs { rule } | Parameter::AtLeast { rule } | Parameter::MinHeight { rule } => {
                say::rule(rule.as_ref())
            }
            Parameter::Level { kind } => say::signal(kind.as_ref()),
        };
        let (is, was) = (self.parameter.shown(self.is), self.parameter.shown(self.was));
        say::turned(at, self.parameter.sentence(), is, was)
    }
}
