//! Checks a camera's filters against its rules: whether anything is left that a rule could find.
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
use crate::config::suggest;
use crate::text::config::of;
use crate::text::{Joint, Sentence, Words, config, config_check, config_rule as text};

/// From here on hardly any detection is sure enough (a guess).
const BLINDING_THRESHOLD: f64 = 0.99;

/// A rule on one of its cameras, as checked and as typed.
#[derive(Clone, Copy)]
struct Pair<'a> {
    rule: &'a Rule,
    rule_typed: &'a RuleDocument,
    /// The place of its condition.
    condition: &'a Range<usize>,
    camera: &'a Camera,
    camera_typed: &'a CameraDocument,
}

impl Pair<'_> {
    fn rule_by_name(&self) -> Sentence {
        config::rule(&*self.rule.id)
    }

    fn camera_by_name(&self) -> Sentence {
        config::camera(&*self.camera.id)
    }
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
            let what = text::night_at_all_hours(config::camera(&*camera.id), name, self.line_of(&at.span));
            self.report
                .warning(&schedule.span, what)
                .hint(config_check::for_example("schedule = \"daily 19:00-06:00\""))
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
                let (threshold, line) = (at.value.to_string(), self.line_of(pair.condition));
                let (what, field) = if is_night {
                    (
                        text::hardly_any_reaches_at_night(threshold, name, pair.rule_by_name(), line),
                        "night.thresholds",
                    )
                } else {
                    (text::hardly_any_reaches(threshold, name, pair.rule_by_name(), line), "thresholds")
                };
                self.report
                    .warning(&at.span, of(pair.camera_by_name(), what))
                    .hint(config_check::for_example(format!("{field} = {{ {name} = 0.5 }}")))
                    .consequence();
            }
        }
    }

    /// Whether masks of everything leave nothing of the picture; reported if a rule watches it.
    fn covered_picture(&mut self, whole_picture: &[Point], pairs: &[Pair<'_>]) -> bool {
        let Some(pair) = pairs.first().filter(|pair| is_covered(pair.camera, None, whole_picture)) else {
            return false;
        };
        let of_everything = pair.camera_typed.mask.iter().find(|mask| mask.value.classes.is_none());
        if let Some(drawn) = of_everything.and_then(|mask| mask.value.polygon.as_ref()) {
            let line = self.line_of(pair.condition);
            self.report
                .warning(&drawn.span, text::masks_cover_all(pair.camera_by_name(), pair.rule_by_name(), line))
                .hint(text::mask_a_corner())
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
        let lines = drawn.map(|polygon| self.line_of(&polygon.span).into()).collect();
        let (place, of_camera) = (place_of(rule, is_zone), pair.camera_by_name());
        let what =
            text::lies_in_masks(place, of_camera, Words::List(lines, Joint::Row), suggest::row(&covered));
        self.report
            .warning(condition, of(pair.rule_by_name(), what))
            .hint(text::draw_elsewhere())
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
            let is_too_high = rule.heights.min >= limits.max;
            let (mine, name, theirs, of_camera, example) = if is_too_high {
                (&rule_typed.min_height, "min_height", &of_class.max, "max", half as fn(f64) -> f64)
            } else if rule.heights.max <= limits.min {
                (&rule_typed.max_height, "max_height", &of_class.min, "min", twice as fn(f64) -> f64)
            } else {
                continue;
            };
            let (Some(mine), Some(theirs)) = (mine, theirs) else { continue };
            let (value, limit) = (mine.value.to_string(), theirs.value.to_string());
            let (field, line) = (format!("heights.{class}.{of_camera}"), self.line_of(&theirs.span));
            let (class, by_name) = (class.name(), pair.camera_by_name());
            let what = if is_too_high {
                text::not_below(name, value, field, limit, by_name, line, class)
            } else {
                text::not_above(name, value, field, limit, by_name, line, class)
            };
            self.report
                .warning(&mine.span, of(pair.rule_by_name(), what))
                .hint(text::change_one(name, example(theirs.value).to_string()))
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
            let (tallest, wanted) = (format!("{tallest:.3}"), field.value.to_string());
            let of_camera = pair.camera_by_name();
            let what = text::never_as_tall(of_camera, line, class.name(), tallest, name, wanted);
            let example = match name {
                "heights" => format!("heights = {{ {class} = {{ min = {example} }} }}"),
                _ => format!("{name} = {example}"),
            };
            self.report
                .warning(&field.span, of(pair.rule_by_name(), what))
                .hint(config_check::for_example(example))
                .consequence();
        }
        if in_the_sky.is_empty() {
            return;
        }
        let (place, of_camera) = (place_of(rule, is_zone), pair.camera_by_name());
        let what = text::lies_in_the_sky(place, of_camera, line, suggest::row(&in_the_sky));
        self.report
            .warning(condition, of(pair.rule_by_name(), what))
            .hint(text::draw_where_feet_are())
            .consequence();
    }
}

/// What a rule looks at.
fn place_of(rule: &Rule, is_zone: bool) -> Sentence {
    match is_zone {
        true => text::the_zone(&**rule.when.place()),
        false => text::the_picture(),
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
