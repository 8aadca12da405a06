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

    /// Trouble of cameras is told unless it is switched off: whoever watches nothing must hear of it.
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
                .error(span, "[fusion]: `camera_trouble` is switched off here and wanted by `catalogue`")
                .hint("leave one of the two out");
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
                        .error(span, format!("[fusion]: `catalogue` names `{value}` twice"))
                        .hint("leave one out");
                }
                Some(signal) => chosen.push(signal),
                None => {
                    let kinds = catalogue::signals();
                    let names = kinds.iter().map(|signal| &*signal.kind).chain(["all"]);
                    self.report
                        .error(span, format!("[fusion]: the catalogue has no such signal{}", quoted(value)))
                        .maybe_hint(suggest::hint(value, names, "it has"));
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
                    self.report
                        .error(span, format!("[fusion]: `neighbours`: {error}{}", quoted(code)))
                        .hint("write the codes of the cameras' and sensors' `grid`");
                }
            }
            if a == b {
                self.report
                    .error(span, "[fusion]: a grid cell is its own neighbour")
                    .hint("each pair names two cells");
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
        let owner = format!("signal `{kind}`");
        if !super::rule::is_kind(kind) {
            self.report
                .error(span, format!("signal: `kind` is no name of a kind{}", quoted(kind)))
                .hint("lower-case letters, digits and `_`, for example `flooding`");
            return None;
        }
        if let Some(first) = taken.insert(kind.clone(), span.clone()) {
            let (line, _) = self.report.position(&first);
            self.report
                .error(span, format!("there is another signal `{kind}`"))
                .hint(format!("the first one is in line {line}: put all sources into one"));
            return None;
        }
        let from: Vec<Feed> = signal.from.iter().filter_map(|feed| self.feed(feed, there, &owner)).collect();
        let is_fed = !from.is_empty()
            || there.rules.iter().any(|rule| *rule.signal == **kind)
            || signal.from.len() > from.len()
            || there.incomplete;
        if !is_fed {
            self.report
                .warning(span, format!("{owner}: nothing feeds it"))
                .hint(format!("list sources in `from`, or give a rule `signal = \"{kind}\"`"))
                .consequence();
        }
        Some(plan_of(self, signal, kind, span, from, &owner))
    }

    fn feed(&mut self, feed: &At<FeedDocument>, there: &There<'_>, owner: &str) -> Option<Feed> {
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
                [] => "a source says not what it is".to_owned(),
                _ => format!("a source is both `{}` and `{}`", given[0], given[1]),
            };
            self.report
                .error(span, format!("{owner}: {what}"))
                .hint("exactly one of `rule`, `kind`, `sensor`, `quantity`, `conditions`");
            return None;
        };
        let is_sensor = matches!(given, "sensor" | "quantity");
        for (name, field) in [("above", &value.above), ("below", &value.below)] {
            if let Some(At { span, .. }) = field.as_ref().filter(|_| !is_sensor) {
                self.report
                    .error(span, format!("{owner}: `{name}` is for sensors, not for `{given}`"))
                    .hint("leave it out");
            }
        }
        let threshold = if is_sensor { Some(self.threshold(value, span, owner)?) } else { None };
        let from = match (given, threshold) {
            ("rule", _) => {
                let field = value.rule.as_ref()?;
                let names: Vec<&str> = there.rules.iter().map(|rule| &*rule.id).collect();
                Selector::Rule(self.named_one(field, "rule", &names, there.incomplete, owner)?)
            }
            ("kind", _) => Selector::RuleKind(value.kind.as_ref()?.value.as_str().into()),
            ("sensor", Some(threshold)) => {
                let field = value.sensor.as_ref()?;
                let sensor = self.named_one(field, "sensor", &there.sensors, there.incomplete, owner)?;
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

    fn conditions(&mut self, feed: &FeedDocument, there: &There<'_>, owner: &str) -> Option<Selector> {
        let mut conditions = Vec::new();
        for At { value, span } in &feed.conditions.as_ref()?.value {
            match CameraCondition::named(value) {
                Some(condition) => conditions.push(condition.name()),
                None => {
                    let names = CameraCondition::ALL.map(CameraCondition::name);
                    self.report
                        .error(span, format!("{owner}: a camera has no such condition{}", quoted(value)))
                        .maybe_hint(suggest::hint(value, names, "there are"));
                }
            }
        }
        let mut cameras = Vec::new();
        for field in feed.cameras.iter().flat_map(|names| &names.value) {
            cameras.extend(self.named_one(field, "camera", &there.cameras, there.incomplete, owner));
        }
        Some(Selector::Cameras { cameras, conditions })
    }

    fn threshold(&mut self, feed: &FeedDocument, span: &Range<usize>, owner: &str) -> Option<Threshold> {
        let (at, above) = match (value_of(&feed.above), value_of(&feed.below)) {
            (Some(at), None) => (at, true),
            (None, Some(at)) => (at, false),
            _ => {
                self.report
                    .error(span, format!("{owner}: a sensor needs either `above` or `below`"))
                    .hint("for example above = 0.3, in the sensor's unit");
                return None;
            }
        };
        let sure_at = value_of(&feed.sure_at);
        if let (Some(sure), Some(At { span, .. })) = (sure_at, &feed.sure_at)
            && (if above { sure <= at } else { sure >= at })
        {
            let side = if above { "above" } else { "below" };
            self.report
                .error(span, format!("{owner}: `sure_at` must lie {side} the threshold {at}"))
                .hint("there the sensor counts fully; at the threshold it counts half");
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
        what: &str,
        there: &[&str],
        incomplete: bool,
        owner: &str,
    ) -> Option<Arc<str>> {
        let At { value, span } = field;
        if there.contains(&value.as_str()) {
            return Some(value.as_str().into());
        }
        if !incomplete {
            self.report
                .error(span, format!("{owner} names an unknown {what}{}", quoted(value)))
                .maybe_hint(suggest::hint(value, there.iter().copied(), "there are"))
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
    owner: &str,
) -> SignalPlan {
    let levels = levels(checker, signal, span, owner);
    let raise = levels.first().map_or(1.0, |first| first.belief);
    let prior = value_of(&signal.prior).unwrap_or(DEFAULT_PRIOR);
    let clear = value_of(&signal.clear).unwrap_or((raise - CLEAR_BELOW).max((raise + prior) / 2.0));
    if clear >= raise || clear <= prior {
        let at = signal.clear.as_ref().or(signal.prior.as_ref()).map_or(span, |field| &field.span);
        checker
            .report
            .error(at, format!("{owner}: its levels and `clear` do not fit together"))
            .hint(format!(
                "`prior` ({prior}) < `clear` ({clear}) < first level ({raise}): what is not believed at the start must be able to end"
            ));
    }
    let only_conditions = !from.is_empty() && from.iter().all(Feed::is_of_cameras);
    let each_camera = value_of(&signal.each_camera).unwrap_or(only_conditions);
    if let Some(At { span, .. }) = signal.each_camera.as_ref().filter(|at| at.value) {
        let other = if value_of(&signal.join_neighbours).unwrap_or(false) {
            Some("`join_neighbours` makes one alert of several places")
        } else if from.iter().any(Feed::is_of_sensors) {
            Some("sensors feed it, and they belong to no camera")
        } else {
            None
        };
        if let Some(why) = other {
            checker
                .report
                .error(span, format!("{owner}: `each_camera`: {why}"))
                .hint("leave `each_camera` out, or the other");
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
    owner: &str,
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
            checker
                .report
                .error(at, format!("{owner}: `levels`: a belief lies between 0 and 1, not at {belief}"))
                .hint("for example { blue = 0.5, yellow = 0.7, orange = 0.85, red = 0.95 }");
        } else if levels.last().is_some_and(|before| before.belief >= belief) {
            checker
                .report
                .error(
                    at,
                    format!("{owner}: `levels`: {} takes no more belief than the level below", level.name()),
                )
                .hint("from blue to red they rise");
        }
        let after = Duration::try_from_secs_f64(after[i].unwrap_or(0.0)).unwrap_or_default();
        let origins = origins[i].unwrap_or(1.0).clamp(1.0, 1000.0) as usize;
        levels.push(LevelPlan { level, belief, after, origins });
    }
    if levels.is_empty() {
        checker
            .report
            .error(span, format!("{owner}: `levels` is empty, so it can never become an alert"))
            .hint("leave it out for the usual levels, or name one: levels = { orange = 0.7 }");
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
