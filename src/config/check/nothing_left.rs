//! What a camera leaves out and what a rule looks for, together: whether anything is left that the rule could tell.
//!
//! Input: cameras and rules that are good each by itself, and the document, for the places. All of it is a warning and no
//! error: who is cut off or half hidden may come through all the same. Names both places.

use std::ops::Range;

use super::Checker;
use crate::analysis::detection::Class;
use crate::analysis::geometry::{Point, Polygon};
use crate::analysis::rules::Rule;
use crate::config::document::{At, CameraDocument, Document, MaskDocument, RuleDocument};
use crate::config::settings::Camera;

/// From here on hardly any detection is sure enough (a guess).
const BLINDING_THRESHOLD: f64 = 0.99;

/// A rule on one of its cameras, as checked and as typed.
#[derive(Clone, Copy)]
struct Pair<'a> {
    rule: &'a Rule,
    rule_typed: &'a RuleDocument,
    /// Where its condition is typed.
    condition: &'a Range<usize>,
    camera: &'a Camera,
    camera_typed: &'a CameraDocument,
}

impl Checker<'_, '_> {
    /// Looks at every rule on every camera that it watches.
    pub(super) fn nothing_left(&mut self, document: &Document, cameras: &[Camera], rules: &[Rule]) {
        let whole_picture = Polygon::whole_picture().standing_places();
        for camera in cameras {
            let Some(camera_typed) = typed_camera(document, &camera.id) else { continue };
            self.night_without_day(camera, camera_typed);
            let of_camera = rules.iter().filter(|rule| rule.cameras.contains(&camera.id));
            let pairs: Vec<Pair<'_>> = of_camera
                .filter_map(|rule| {
                    let rule_typed = typed_rule(document, &rule.id)?;
                    let condition = rule_typed.given().first()?.span;
                    Some(Pair { rule, rule_typed, condition, camera, camera_typed })
                })
                .collect();
            self.blinding_thresholds(camera_typed, &pairs);
            let sees_nothing = self.covered_picture(&whole_picture, &pairs);
            for pair in pairs {
                let zone = pair.rule.when.zone().and_then(|zone| camera.zones.get(zone));
                let places = zone.map_or_else(|| whole_picture.clone(), Polygon::standing_places);
                let by_feet = pair.rule.when.is_by_feet();
                if !sees_nothing && by_feet {
                    self.covered_places(pair, &places, zone.is_some());
                }
                self.heights_apart(pair);
                if by_feet {
                    self.below_the_horizon(pair, &places, zone.is_some());
                }
            }
        }
    }

    fn line_of(&self, span: &Range<usize>) -> u32 {
        self.report.position(span).0
    }

    /// Thresholds of a night that lasts all day take the place of others.
    fn night_without_day(&mut self, camera: &Camera, typed: &CameraDocument) {
        let Some(night) = camera.night.as_ref().filter(|night| night.schedule.is_always()) else { return };
        let by_day = typed.thresholds.iter().flat_map(|table| &table.value);
        let replaced = by_day
            .filter(|(name, _)| night.thresholds.keys().any(|class| class.name() == name.as_str()))
            .min_by_key(|(_, at)| at.span.start);
        let schedule = typed.night.as_ref().and_then(|night| night.value.schedule.as_ref());
        if let (Some((name, at)), Some(schedule)) = (replaced, schedule) {
            let what = format!(
                "`night` of camera `{}` is in force at all hours, so the threshold of `{name}` in line {} never is",
                camera.id,
                self.line_of(&at.span)
            );
            self.report
                .warning(&schedule.span, what)
                .hint("for example schedule = \"daily 19:00-06:00\"")
                .consequence();
        }
    }

    /// Thresholds that hardly anything reaches, of classes that a rule asks about.
    fn blinding_thresholds(&mut self, typed: &CameraDocument, pairs: &[Pair<'_>]) {
        let by_day = typed.thresholds.as_ref();
        let by_night = typed.night.as_ref().and_then(|night| night.value.thresholds.as_ref());
        let is_blinding = |at: &At<f64>| (BLINDING_THRESHOLD..=1.0).contains(&at.value);
        for (table, is_night) in [(by_day, false), (by_night, true)] {
            for (name, at) in table.into_iter().flat_map(|table| &table.value) {
                let lower_by_night =
                    by_night.and_then(|table| table.value.get(name)).filter(|at| !is_blinding(at));
                if !is_blinding(at) || lower_by_night.is_some() {
                    continue;
                }
                let asks = |pair: &&Pair<'_>| {
                    let night = pair.camera.night.as_ref();
                    // A rule with hours of its own may have none of the night's.
                    let meets = pair.rule.schedule.is_always()
                        || night.is_some_and(|night| night.schedule.is_always());
                    (!is_night || meets)
                        && pair.rule.when.classes().iter().any(|class| class.name() == name.as_str())
                };
                let Some(pair) = pairs.iter().find(asks) else { continue };
                let (when, field) =
                    if is_night { (" at night", "night.thresholds") } else { ("", "thresholds") };
                let what = format!(
                    "camera `{}`: hardly any detection reaches the threshold {} of `{name}`, so rule `{}` in line {} sees none{when}",
                    pair.camera.id,
                    at.value,
                    pair.rule.id,
                    self.line_of(pair.condition)
                );
                self.report
                    .warning(&at.span, what)
                    .hint(format!("for example {field} = {{ {name} = 0.5 }}"))
                    .consequence();
            }
        }
    }

    /// Whether masks of everything leave nothing of the picture; told where a rule watches it.
    fn covered_picture(&mut self, whole_picture: &[Point], pairs: &[Pair<'_>]) -> bool {
        let Some(pair) = pairs.first().filter(|pair| is_covered(pair.camera, None, whole_picture)) else {
            return false;
        };
        let of_everything = pair.camera_typed.mask.iter().find(|mask| mask.value.classes.is_none());
        if let Some(drawn) = of_everything.and_then(|mask| mask.value.polygon.as_ref()) {
            let what = format!(
                "masks cover the whole picture of camera `{}`: rule `{}` in line {} sees nothing",
                pair.camera.id,
                pair.rule.id,
                self.line_of(pair.condition)
            );
            self.report
                .warning(&drawn.span, what)
                .hint("for example polygon = [[0.8, 0.0], [1.0, 0.0], [1.0, 0.3]]: what stands in it is left out, not what stands beside it")
                .consequence();
        }
        true
    }

    /// Masks that leave nothing of a rule's zone, or of the whole picture, for classes that it asks about.
    fn covered_places(&mut self, pair: Pair<'_>, places: &[Point], is_zone: bool) {
        let Pair { rule, condition, camera, camera_typed, .. } = pair;
        let classes = rule.when.classes().iter();
        let covered = classes.filter(|class| is_covered(camera, Some(**class), places));
        let covered: Vec<&str> = covered.map(|class| class.name()).collect();
        if covered.is_empty() {
            return;
        }
        let names_one = |mask: &&At<MaskDocument>| {
            let classes = mask.value.classes.as_ref();
            classes.is_none_or(|names| names.value.iter().any(|name| covered.contains(&name.value.as_str())))
        };
        let drawn = camera_typed.mask.iter().filter(names_one).filter_map(|mask| mask.value.polygon.as_ref());
        let lines: Vec<String> = drawn.map(|polygon| self.line_of(&polygon.span).to_string()).collect();
        let place = match is_zone {
            true => format!("the zone `{}`", rule.when.place()),
            false => "the picture".to_owned(),
        };
        let what = format!(
            "rule `{}`: all of {place} of camera `{}` lies in masks (line {}): no `{}` is looked for there",
            rule.id,
            camera.id,
            lines.join(", "),
            covered.join("`, `")
        );
        self.report
            .warning(condition, what)
            .hint("draw the zone or the mask elsewhere, or say what the mask leaves out, for example classes = [\"face\"]")
            .consequence();
    }

    /// Heights of a rule and of its camera between which there is nothing.
    fn heights_apart(&mut self, pair: Pair<'_>) {
        let Pair { rule, rule_typed, camera, camera_typed, .. } = pair;
        let Some(typed) = &camera_typed.heights else { return };
        for class in rule.when.classes() {
            let (Some(limits), Some(of_class)) = (camera.heights.get(class), typed.value.get(class.name()))
            else {
                continue;
            };
            let of_class = &of_class.value;
            let (mine, name, theirs, of_camera, not, example) = if rule.heights.min >= limits.max {
                (&rule_typed.min_height, "min_height", &of_class.max, "max", "below", half as fn(f64) -> f64)
            } else if rule.heights.max <= limits.min {
                (&rule_typed.max_height, "max_height", &of_class.min, "min", "above", twice as fn(f64) -> f64)
            } else {
                continue;
            };
            let (Some(mine), Some(theirs)) = (mine, theirs) else { continue };
            let what = format!(
                "rule `{}`: `{name}` ({}) is not {not} `heights.{class}.{of_camera}` ({}) of camera `{}` in line {}: no `{class}` that is seen whole is left",
                rule.id,
                mine.value,
                theirs.value,
                camera.id,
                self.line_of(&theirs.span)
            );
            self.report
                .warning(&mine.span, what)
                .hint(format!("change one of the two, for example {name} = {}", example(theirs.value)))
                .consequence();
        }
    }

    /// Places that lie in the sky, or where by the horizon nothing is as tall as it must be.
    fn below_the_horizon(&mut self, pair: Pair<'_>, places: &[Point], is_zone: bool) {
        let Pair { rule, rule_typed, condition, camera, camera_typed } = pair;
        let drawn = camera_typed.horizon.as_ref().and_then(|horizon| horizon.value.points.as_ref());
        let (Some(horizon), Some(drawn)) = (&camera.horizon, drawn) else { return };
        let line = self.line_of(&drawn.span);
        let mut in_the_sky = Vec::new();
        for class in rule.when.classes() {
            let Some(tallest) = horizon.tallest_at(*class, places) else { continue };
            if tallest <= 0.0 {
                in_the_sky.push(class.name());
                continue;
            }
            let of_class = camera_typed.heights.as_ref().and_then(|table| table.value.get(class.name()));
            let by_camera = of_class.and_then(|of_class| of_class.value.min.as_ref());
            let least = [("min_height", rule_typed.min_height.as_ref()), ("heights", by_camera)];
            let least = least.into_iter().filter_map(|(name, field)| Some((name, field?)));
            let Some((name, field)) = least.max_by(|(_, a), (_, b)| a.value.total_cmp(&b.value)) else {
                continue;
            };
            if field.value as f32 <= tallest {
                continue;
            }
            // Half of it.
            let example = ((f64::from(tallest) * 500.0).floor() / 1000.0).max(0.001);
            let what = format!(
                "rule `{}`: by the `horizon` of camera `{}` in line {line} a `{class}` there is at most {tallest:.3} of the picture tall, and `{name}` asks for {}",
                rule.id, camera.id, field.value
            );
            let hint = match name {
                "heights" => format!("for example heights = {{ {class} = {{ min = {example} }} }}"),
                _ => format!("for example {name} = {example}"),
            };
            self.report.warning(&field.span, what).hint(hint).consequence();
        }
        if in_the_sky.is_empty() {
            return;
        }
        let place = match is_zone {
            true => format!("the zone `{}`", rule.when.place()),
            false => "the picture".to_owned(),
        };
        let what = format!(
            "rule `{}`: all of {place} lies above the `horizon` of camera `{}` in line {line}: no `{}` that is seen whole stands there",
            rule.id,
            camera.id,
            in_the_sky.join("`, `")
        );
        self.report
            .warning(condition, what)
            .hint("draw the zone where feet are, or the horizon higher up, for example points = [[0.0, 0.3], [1.0, 0.3]]")
            .consequence();
    }
}

fn half(height: f64) -> f64 {
    height / 2.0
}

fn twice(height: f64) -> f64 {
    (height * 2.0).min(1.0)
}

/// Whether masks leave nothing of these places: those of everything, and those of the class.
fn is_covered(camera: &Camera, class: Option<Class>, places: &[Point]) -> bool {
    let of_class = camera.class_masks.iter();
    let of_class = of_class.filter(|mask| class.is_some_and(|class| mask.classes.contains(&class)));
    let masks: Vec<&Polygon> = camera.masks.iter().chain(of_class.map(|mask| &mask.polygon)).collect();
    let is_masked = |place: &Point| masks.iter().any(|mask| mask.contains(place.pulled_inside()));
    !places.is_empty() && places.iter().all(is_masked)
}

fn typed_camera<'d>(document: &'d Document, id: &str) -> Option<&'d CameraDocument> {
    let mut sections = document.camera.iter().map(|section| &section.value);
    sections.find(|camera| camera.id.as_ref().is_some_and(|at| at.value == id))
}

fn typed_rule<'d>(document: &'d Document, id: &str) -> Option<&'d RuleDocument> {
    let mut sections = document.rule.iter().map(|section| &section.value);
    sections.find(|rule| rule.id.as_ref().is_some_and(|at| at.value == id))
}
