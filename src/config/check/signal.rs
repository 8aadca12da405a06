//! Signals: sources that exist, thresholds that make sense, levels that rise.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::{Checker, quoted, value_of};
use crate::analysis::grid::GridCode;
use crate::analysis::rules::Rule;
use crate::analysis::sensor::Threshold;
use crate::analysis::signals::{
    DEFAULT_LEVELS, DEFAULT_ORIGIN_CAP, DEFAULT_PRIOR, Feed, LevelPlan, Selector, SignalPlan,
};
use crate::config::catalogue;
use crate::config::document::{
    self, At, Document, FeedDocument, FusionDocument, LevelsDocument, Names, SignalDocument,
};
use crate::config::suggest;
use crate::contract::kinds;
use crate::text::config::of;
use crate::text::{Sentence, Words, config, config_check, config_rule, config_signal as text};
use crate::types::at::secs_or;
use crate::types::camera_condition::CameraCondition;
use crate::types::level::Level;

/// The levels, the least urgent first.
const LEVELS: [Level; 4] = [Level::Blue, Level::Yellow, Level::Orange, Level::Red];
/// How far below its first level belief in a signal must fall to be over, where the file does not say.
const CLEAR_BELOW: f64 = 0.15;

/// So far beyond a threshold a sensor counts fully where nothing is said of it.
const AT_ONCE: f64 = 1e-9;

/// Signals, and the grid cells that touch.
pub(super) type SignalsAndNeighbours = (Vec<SignalPlan>, BTreeSet<(Arc<str>, Arc<str>)>);

/// What there is to be named.
struct There<'d> {
    rules: &'d [Rule],
    sensors: Vec<&'d str>,
    cameras: Vec<&'d str>,
    /// Whether a rule, sensor or camera was taken out, so that a name that is not there may have been.
    incomplete: bool,
}

fn fusion_section() -> Sentence {
    config::section("fusion")
}

fn ids<'d>(fields: impl Iterator<Item = &'d Option<At<String>>>) -> Vec<&'d str> {
    fields.flatten().map(|id| id.value.as_str()).collect()
}

impl Checker<'_, '_> {
    pub(super) fn signals(&mut self, document: &Document, rules: &[Rule]) -> SignalsAndNeighbours {
        let there = There {
            rules,
            sensors: ids(document.sensor.iter().map(|sensor| &sensor.value.id)),
            cameras: ids(document.camera.iter().map(|camera| &camera.value.id)),
            incomplete: ["rule", "sensor", "camera"].iter().any(|name| self.taken_out.lacks_section(name))
                || rules.len() < document.rule.len(),
        };
        let mut taken: BTreeMap<String, Range<usize>> = BTreeMap::new();
        let mut signals: Vec<SignalPlan> = Vec::new();
        for section in &document.signal {
            signals.extend(self.signal_section(section, &there, &mut taken));
        }
        let fusion = document.fusion.as_ref().map(|section| &section.value);
        let own: Vec<Arc<str>> = signals.iter().map(|signal| signal.kind.clone()).collect();
        let wanted = fusion.and_then(|fusion| fusion.catalogue.as_ref());
        let mut chosen = wanted.map(|wanted| self.taken_from_catalogue(wanted)).unwrap_or_default();
        self.camera_trouble(fusion, &mut chosen);
        signals.extend(chosen.into_iter().filter(|signal| !own.contains(&signal.kind)));
        let neighbours = fusion.map(|fusion| self.neighbours(fusion)).unwrap_or_default();
        (signals, neighbours)
    }

    /// Camera faults are reported unless that is switched off: a blind camera must not go unnoticed.
    fn camera_trouble(&mut self, fusion: Option<&FusionDocument>, chosen: &mut Vec<SignalPlan>) {
        let is_it = |signal: &SignalPlan| &*signal.kind == catalogue::CAMERA_TROUBLE;
        let switch = fusion.and_then(|fusion| fusion.camera_trouble.as_ref());
        let Some(At { span, .. }) = switch.filter(|switch| !switch.value) else {
            if !chosen.iter().any(is_it) {
                chosen.extend(catalogue::signals().into_iter().filter(is_it));
            }
            return;
        };
        let names = fusion.and_then(|fusion| fusion.catalogue.as_ref()).map(|names| &names.value);
        if names.is_some_and(|names| names.iter().any(|name| name.value == catalogue::CAMERA_TROUBLE)) {
            self.report
                .error(span, of(fusion_section(), text::trouble_off_and_wanted()))
                .hint(text::leave_one_of_two_out());
        }
        chosen.retain(|signal| !is_it(signal));
    }

    fn taken_from_catalogue(&mut self, wanted: &Names) -> Vec<SignalPlan> {
        let mut chosen: Vec<SignalPlan> = Vec::new();
        for At { value, span } in &wanted.value {
            if value == "all" {
                return catalogue::signals();
            }
            match catalogue::signals().into_iter().find(|signal| &*signal.kind == value) {
                Some(signal) if chosen.contains(&signal) => {
                    self.report
                        .error(span, of(fusion_section(), text::catalogue_twice(value)))
                        .hint(config_check::leave_one_out());
                }
                Some(signal) => chosen.push(signal),
                None => {
                    let kinds = catalogue::signals();
                    let names = kinds.iter().map(|signal| &*signal.kind).chain(["all"]);
                    self.report
                        .error(span, of(fusion_section(), text::not_in_catalogue(quoted(value))))
                        .maybe_hint(suggest::hint(value, names, config::it_has));
                }
            }
        }
        chosen
    }

    fn neighbours(&mut self, fusion: &FusionDocument) -> BTreeSet<(Arc<str>, Arc<str>)> {
        let mut pairs = BTreeSet::new();
        for At { value: [a, b], span } in fusion.neighbours.iter().flat_map(|pairs| &pairs.value) {
            for code in [a, b] {
                if let Err(error) = GridCode::parse(code) {
                    let what = text::no_neighbour(error.sentence(), quoted(code));
                    self.report.error(span, of(fusion_section(), what)).hint(text::write_codes());
                }
            }
            if a == b {
                self.report.error(span, of(fusion_section(), text::own_neighbour())).hint(text::two_cells());
            }
            pairs.insert((Arc::from(a.as_str()), Arc::from(b.as_str())));
        }
        pairs
    }

    fn signal_section(
        &mut self,
        section: &At<SignalDocument>,
        there: &There<'_>,
        taken: &mut BTreeMap<String, Range<usize>>,
    ) -> Option<SignalPlan> {
        let At { value: signal, .. } = section;
        let At { value: kind, span } = signal.kind.as_ref()?;
        let owner: Words = config::signal(kind).into();
        if !super::rule::is_kind(kind) {
            self.report
                .error(span, of(config_check::a_signal(), text::no_kind(quoted(kind))))
                .hint(config_rule::kind_names("flooding"));
            return None;
        }
        if kind == kinds::TEST_ALERT {
            self.report
                .error(span, of(config_check::a_signal(), config_rule::kind_of_tests(kind)))
                .hint(config_rule::kind_names("flooding"));
            return None;
        }
        if let Some(first) = taken.insert(kind.clone(), span.clone()) {
            let (line, _) = self.report.position(&first);
            self.report.error(span, text::another(kind)).hint(text::put_into_one(line));
            return None;
        }
        let from: Vec<Feed> = signal.from.iter().filter_map(|feed| self.feed(feed, there, &owner)).collect();
        let is_fed = !from.is_empty()
            || there.rules.iter().any(|rule| *rule.signal == **kind)
            || signal.from.len() > from.len()
            || there.incomplete;
        if !is_fed {
            self.report
                .warning(span, of(&owner, text::fed_by_nothing()))
                .hint(text::list_sources(kind))
                .consequence();
        }
        Some(plan_of(self, signal, kind, span, from, &owner))
    }

    fn feed(&mut self, feed: &At<FeedDocument>, there: &There<'_>, owner: &Words) -> Option<Feed> {
        let At { value, span } = feed;
        let given: Vec<&str> = [
            ("rule", value.rule.is_some()),
            ("kind", value.kind.is_some()),
            ("sensor", value.sensor.is_some()),
            ("quantity", value.quantity.is_some()),
            ("conditions", value.conditions.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, is_given)| is_given.then_some(name))
        .collect();
        let [given] = given[..] else {
            let what = match given[..] {
                [] => text::says_not_what(),
                _ => text::is_both(given[0], given[1]),
            };
            self.report.error(span, of(owner, what)).hint(text::exactly_one());
            return None;
        };
        let is_sensor = matches!(given, "sensor" | "quantity");
        for (name, field) in [("above", &value.above), ("below", &value.below)] {
            if let Some(At { span, .. }) = field.as_ref().filter(|_| !is_sensor) {
                self.report
                    .error(span, of(owner, text::for_sensors_only(name, given)))
                    .hint(config::leave_out());
            }
        }
        let threshold = if is_sensor { Some(self.threshold(value, span, owner)?) } else { None };
        let from = match (given, threshold) {
            ("rule", _) => {
                let field = value.rule.as_ref()?;
                let names: Vec<&str> = there.rules.iter().map(|rule| &*rule.id).collect();
                Selector::Rule(self.named_one(
                    field,
                    config_check::a_rule(),
                    &names,
                    there.incomplete,
                    owner,
                )?)
            }
            ("kind", _) => Selector::RuleKind(value.kind.as_ref()?.value.as_str().into()),
            ("sensor", Some(threshold)) => {
                let field = value.sensor.as_ref()?;
                let what = config_check::a_sensor();
                let sensor = self.named_one(field, what, &there.sensors, there.incomplete, owner)?;
                Selector::Sensor { sensor, threshold }
            }
            ("quantity", Some(threshold)) => {
                Selector::Quantity { quantity: value.quantity.as_ref()?.value.as_str().into(), threshold }
            }
            _ => self.conditions(value, there, owner)?,
        };
        let only_supports = value_of(&value.only_supports).unwrap_or(false);
        Some(Feed { from, weight: value_of(&value.weight)?, only_supports })
    }

    fn conditions(&mut self, feed: &FeedDocument, there: &There<'_>, owner: &Words) -> Option<Selector> {
        let mut conditions = Vec::new();
        for At { value, span } in &feed.conditions.as_ref()?.value {
            match CameraCondition::named(value) {
                Some(condition) => conditions.push(condition.name()),
                None => {
                    let names = CameraCondition::ALL.map(CameraCondition::name);
                    self.report
                        .error(span, of(owner, text::no_condition(quoted(value))))
                        .maybe_hint(suggest::hint(value, names, config::there_are));
                }
            }
        }
        let mut cameras = Vec::new();
        for field in feed.cameras.iter().flat_map(|names| &names.value) {
            let what = config_check::a_camera();
            cameras.extend(self.named_one(field, what, &there.cameras, there.incomplete, owner));
        }
        Some(Selector::Cameras { cameras, conditions })
    }

    fn threshold(&mut self, feed: &FeedDocument, span: &Range<usize>, owner: &Words) -> Option<Threshold> {
        let (at, above) = match (value_of(&feed.above), value_of(&feed.below)) {
            (Some(at), None) => (at, true),
            (None, Some(at)) => (at, false),
            _ => {
                self.report.error(span, of(owner, text::above_or_below())).hint(text::example_above());
                return None;
            }
        };
        let sure_at = value_of(&feed.sure_at);
        if let (Some(sure), Some(At { span, .. })) = (sure_at, &feed.sure_at)
            && (if above { sure <= at } else { sure >= at })
        {
            let at = at.to_string();
            let what = if above { text::sure_not_above(at) } else { text::sure_not_below(at) };
            self.report.error(span, of(owner, what)).hint(text::counts_fully());
        }
        Some(Threshold {
            above: above.then_some(at),
            below: (!above).then_some(at),
            hysteresis: value_of(&feed.hysteresis).unwrap_or(0.0),
            lasting: secs_or(&feed.for_secs, 0.0),
            full_after: Some(sure_at.map_or(AT_ONCE, |sure| (sure - at).abs().max(AT_ONCE))),
        })
    }

    fn named_one(
        &mut self,
        field: &At<String>,
        what: Sentence,
        there: &[&str],
        incomplete: bool,
        owner: &Words,
    ) -> Option<Arc<str>> {
        let At { value, span } = field;
        if there.contains(&value.as_str()) {
            return Some(value.as_str().into());
        }
        if !incomplete {
            self.report
                .error(span, config_check::names_unknown(owner, what, quoted(value)))
                .maybe_hint(suggest::hint(value, there.iter().copied(), config::there_are))
                .consequence();
        }
        None
    }
}

fn plan_of(
    checker: &mut Checker<'_, '_>,
    signal: &SignalDocument,
    kind: &str,
    span: &Range<usize>,
    from: Vec<Feed>,
    owner: &Words,
) -> SignalPlan {
    let levels = levels(checker, signal, span, owner);
    let raise = levels.first().map_or(1.0, |first| first.belief);
    let prior = value_of(&signal.prior).unwrap_or(DEFAULT_PRIOR);
    let clear = value_of(&signal.clear).unwrap_or((raise - CLEAR_BELOW).max((raise + prior) / 2.0));
    if clear >= raise || clear <= prior {
        let at = signal.clear.as_ref().or(signal.prior.as_ref()).map_or(span, |field| &field.span);
        let hint = text::prior_below_clear(prior.to_string(), clear.to_string(), raise.to_string());
        checker.report.error(at, of(owner, text::levels_and_clear())).hint(hint);
    }
    let only_conditions = !from.is_empty() && from.iter().all(Feed::is_of_cameras);
    let each_camera = value_of(&signal.each_camera).unwrap_or(only_conditions);
    if let Some(At { span, .. }) = signal.each_camera.as_ref().filter(|at| at.value) {
        let other = if value_of(&signal.join_neighbours).unwrap_or(false) {
            Some(text::joins_places())
        } else if from.iter().any(Feed::is_of_sensors) {
            Some(text::sensors_of_no_camera())
        } else {
            None
        };
        if let Some(why) = other {
            checker.report.error(span, of(owner, text::each_camera(why))).hint(text::leave_each_camera_out());
        }
    }
    SignalPlan {
        kind: kind.into(),
        each_camera,
        from,
        prior,
        half_life: secs_or(&signal.half_life_secs, document::DEFAULT_HALF_LIFE_SECS),
        origin_cap: value_of(&signal.origin_cap).unwrap_or(DEFAULT_ORIGIN_CAP),
        levels,
        clear,
        hold: secs_or(&signal.hold_secs, document::DEFAULT_SIGNAL_HOLD_SECS),
        cooldown: secs_or(&signal.cooldown_secs, document::DEFAULT_SIGNAL_COOLDOWN_SECS),
        join_neighbours: value_of(&signal.join_neighbours).unwrap_or(false),
    }
}

fn levels(
    checker: &mut Checker<'_, '_>,
    signal: &SignalDocument,
    span: &Range<usize>,
    owner: &Words,
) -> Vec<LevelPlan> {
    let given = |of: &Option<At<LevelsDocument>>| of.as_ref().map(|levels| levels.value.all().map(value_of));
    let beliefs = given(&signal.levels).unwrap_or(DEFAULT_LEVELS.map(Some));
    let after = given(&signal.after_secs).unwrap_or_default();
    let origins = given(&signal.origins).unwrap_or_default();
    let mut levels: Vec<LevelPlan> = Vec::new();
    for (i, level) in LEVELS.into_iter().enumerate() {
        let Some(belief) = beliefs[i] else { continue };
        let at = signal.levels.as_ref().map_or(span, |field| &field.span);
        if !(belief > 0.0 && belief < 1.0) {
            let example = "{ blue = 0.5, yellow = 0.7, orange = 0.85, red = 0.95 }";
            checker
                .report
                .error(at, of(owner, text::no_belief(belief.to_string())))
                .hint(config_check::for_example(example));
        } else if levels.last().is_some_and(|before| before.belief >= belief) {
            checker
                .report
                .error(at, of(owner, text::levels_do_not_rise(level.name())))
                .hint(text::they_rise());
        }
        let after = Duration::try_from_secs_f64(after[i].unwrap_or(0.0)).unwrap_or_default();
        let origins = origins[i].unwrap_or(1.0).clamp(1.0, 1000.0) as usize;
        levels.push(LevelPlan { level, belief, after, origins });
    }
    if levels.is_empty() {
        checker.report.error(span, of(owner, text::levels_empty())).hint(text::usual_levels());
    }
    levels
}

/// The plan of an entry of the catalogue, which names no rule, sensor or camera by id.
pub(super) fn of_catalogue(
    checker: &mut Checker<'_, '_>,
    section: &At<SignalDocument>,
) -> Option<SignalPlan> {
    let there = There { rules: &[], sensors: Vec::new(), cameras: Vec::new(), incomplete: true };
    checker.signal_section(section, &there, &mut BTreeMap::new())
}
