//! Checks a camera's filters: thresholds by day and night, masks, heights, the horizon.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::Checker;
use super::camera::mask_of;
use crate::analysis::detection::Class;
use crate::analysis::filters::ClassMask;
use crate::analysis::geometry::{Point, Polygon};
use crate::analysis::ground::{HIGHEST_CAMERA_M, Horizon, LEAST_STEP};
use crate::analysis::heights::HeightLimits;
use crate::analysis::rules::{Night, Rule};
use crate::config::document::{
    At, CameraDocument, Document, HeightsDocument, HorizonDocument, MaskDocument, Names, NightDocument,
    PointDocument,
};
use crate::config::settings::Camera;
use crate::text::config::{field_of, of};
use crate::text::{Words, config, config_camera as text, config_check};

/// Maximum number of points of a horizon: more than anybody draws.
const MAX_POINTS: usize = 16;
/// A horizon may lie so far outside the picture, in pictures; what is farther away is pixels.
const FAR_OUTSIDE: f64 = 5.0;

impl Checker<'_, '_> {
    /// A table without a class in it: allowed, but probably not meant.
    pub(super) fn names_no_class<T>(
        &mut self,
        table: &Option<At<BTreeMap<String, T>>>,
        name: &str,
        example: &str,
        owner: &Words,
    ) {
        let empty =
            table.as_ref().filter(|table| table.value.is_empty() && !self.taken_out.from(&table.span));
        if let Some(table) = empty {
            self.report
                .warning(&table.span, of(owner, text::names_no_class(name)))
                .hint(config_check::or_leave_out(format!("{name} = {example}")));
        }
    }

    pub(super) fn thresholds(
        &mut self,
        table: &Option<At<BTreeMap<String, At<f64>>>>,
        owner: &Words,
    ) -> BTreeMap<Class, f32> {
        let mut thresholds = BTreeMap::new();
        for (name, at) in table.iter().flat_map(|table| &table.value) {
            let At { value, span } = at;
            let class = self.class_of(name, at, owner);
            if !(0.0..=1.0).contains(value) {
                self.report
                    .error(span, of(owner, text::no_threshold(name, value.to_string())))
                    .hint(text::usual_threshold(name));
            } else if let Some(class) = class {
                thresholds.insert(class, *value as f32);
            }
        }
        thresholds
    }

    /// The class that a table's key names; problems of it are shown at its value.
    fn class_of<T>(&mut self, name: &str, value: &At<T>, owner: &Words) -> Option<Class> {
        let named = At { value: name.to_owned(), span: value.span.clone() };
        self.classes(std::slice::from_ref(&named), owner).pop()
    }

    pub(super) fn night(&mut self, night: &NightDocument, zone: &TimeZone, owner: &Words) -> Option<Night> {
        let owner: Words = field_of("night", owner).into();
        let schedule = night.schedule.as_ref().and_then(|field| self.schedule(field, zone, &owner));
        let thresholds = self.thresholds(&night.thresholds, &owner);
        if let Some(table) = night.thresholds.as_ref().filter(|table| table.value.is_empty()) {
            self.report
                .error(&table.span, of(&owner, text::night_names_no_class()))
                .hint(text::name_who_is_surer());
        }
        Some(Night { schedule: schedule?, thresholds })
    }

    pub(super) fn heights(
        &mut self,
        camera: &CameraDocument,
        owner: &Words,
    ) -> BTreeMap<Class, HeightLimits> {
        let mut heights = BTreeMap::new();
        for (name, at) in camera.heights.iter().flat_map(|table| &table.value) {
            let class = self.class_of(name, at, owner);
            let HeightsDocument { min, max } = &at.value;
            if min.is_none() && max.is_none() && !self.taken_out.from(&at.span) {
                let example = format!("heights = {{ {name} = {{ min = 0.05, max = 0.7 }} }}");
                self.report
                    .error(&at.span, of(owner, text::heights_say_nothing(name)))
                    .hint(config_check::for_example(example));
            }
            let names = [format!("heights.{name}.min"), format!("heights.{name}.max")];
            let names = [names[0].as_str(), names[1].as_str()];
            if let Some((class, limits)) = class.zip(self.height_limits(min, max, names, owner)) {
                heights.insert(class, limits);
            }
        }
        heights
    }

    /// `None` only if something was reported.
    pub(super) fn height_limits(
        &mut self,
        min: &Option<At<f64>>,
        max: &Option<At<f64>>,
        [min_name, max_name]: [&str; 2],
        owner: &Words,
    ) -> Option<HeightLimits> {
        let mut is_good = true;
        for (field, name) in [(min, min_name), (max, max_name)] {
            let Some(At { value, span }) = field else { continue };
            if *value > 0.0 && *value <= 1.0 {
                continue;
            }
            is_good = false;
            let hint = if *value > 1.0 { text::heights_are_no_pixels(name) } else { text::a_tenth(name) };
            self.report.error(span, of(owner, text::no_height(name, value.to_string()))).hint(hint);
        }
        if let (Some(min), Some(max), true) = (min, max, is_good)
            && min.value >= max.value
        {
            is_good = false;
            let (least, most) = (min.value, max.value);
            let what = text::heights_crossed(min_name, least.to_string(), max_name, most.to_string());
            self.report.error(&min.span, of(owner, what)).hint(text::exchange_heights(min_name, max_name));
        }
        let value = |field: &Option<At<f64>>| field.as_ref().map(|at| at.value as f32);
        let usual = HeightLimits::default();
        is_good.then(|| HeightLimits {
            min: value(min).unwrap_or(usual.min),
            max: value(max).unwrap_or(usual.max),
        })
    }

    pub(super) fn horizon(&mut self, horizon: &HorizonDocument, owner: &Words) -> Option<Horizon> {
        let owner: Words = field_of("horizon", owner).into();
        let points = horizon.points.as_ref().and_then(|points| self.horizon_points(points, &owner));
        let height = horizon.camera_height_m.as_ref().and_then(|field| self.camera_height(field, &owner));
        let drawn = Horizon::new(points?, height?)?;
        if let Some(points) =
            horizon.points.as_ref().filter(|_| drawn.y_at(0.0) >= 1.0 && drawn.y_at(1.0) >= 1.0)
        {
            self.report
                .error(&points.span, of(&owner, text::below_the_picture()))
                .hint(text::y_grows_downwards());
            return None;
        }
        Some(drawn)
    }

    fn horizon_points(&mut self, points: &At<Vec<PointDocument>>, owner: &Words) -> Option<Vec<Point>> {
        let At { value, span } = points;
        if value.len() < 2 || value.len() > MAX_POINTS {
            let what = of(owner, text::wrong_points(MAX_POINTS, value.len()));
            self.report.error(span, what).hint(text::a_horizon());
            return None;
        }
        let mut is_good = true;
        for At { value: [x, y], span } in value {
            for (name, number) in [("x", *x), ("y", *y)] {
                if !(-FAR_OUTSIDE..=1.0 + FAR_OUTSIDE).contains(&number) {
                    is_good = false;
                    let (least, most) = ((-FAR_OUTSIDE).to_string(), (1.0 + FAR_OUTSIDE).to_string());
                    let what = text::outside_the_picture(name, least, most, number.to_string());
                    self.report.error(span, of(owner, what)).hint(text::horizon_in_no_pixels());
                }
            }
        }
        if !is_good {
            return None;
        }
        let mut drawn: Vec<(Point, &At<[f64; 2]>)> =
            value.iter().map(|at| (Point::new(at.value[0] as f32, at.value[1] as f32), at)).collect();
        drawn.sort_by(|(a, _), (b, _)| a.x.total_cmp(&b.x));
        for pair in drawn.windows(2) {
            let [(a, first), (b, second)] = pair else { continue };
            if b.x - a.x >= LEAST_STEP {
                continue;
            }
            is_good = false;
            // The one that was typed later.
            let at = if first.span.start > second.span.start { first } else { second };
            let what = if a == b { text::same_point() } else { text::one_above_the_other() };
            self.report.error(&at.span, of(owner, text::from_left_to_right(what))).hint(text::a_horizon());
        }
        is_good.then(|| drawn.into_iter().map(|(point, _)| point).collect())
    }

    fn camera_height(&mut self, field: &At<f64>, owner: &Words) -> Option<f32> {
        let At { value, span } = field;
        if *value > 0.0 && *value <= HIGHEST_CAMERA_M {
            return Some(*value as f32);
        }
        let hint =
            if *value > HIGHEST_CAMERA_M { text::height_in_metres() } else { text::height_over_the_ground() };
        let what = text::no_camera_height(HIGHEST_CAMERA_M.to_string(), value.to_string());
        self.report.error(span, of(owner, what)).hint(hint);
        None
    }

    /// Those in which nothing is looked for, and those that leave out some classes.
    pub(super) fn masks(&mut self, camera: &CameraDocument, owner: &Words) -> (Vec<Polygon>, Vec<ClassMask>) {
        let (mut masks, mut class_masks) = (Vec::with_capacity(camera.mask.len()), Vec::new());
        for (index, At { value: mask, span }) in camera.mask.iter().enumerate() {
            let name = mask_of(owner, index);
            let MaskDocument { polygon, classes } = mask;
            let polygon = polygon.as_ref().and_then(|corners| self.polygon(corners, &name));
            let classes = classes.as_ref().map(|names| self.masked_classes(names, &name));
            // A broken list of classes must not make a mask of all of them.
            if self.taken_out.resembles(span.start, "classes") {
                continue;
            }
            match (polygon, classes) {
                (Some(polygon), None) => masks.push(polygon),
                (Some(polygon), Some(classes)) => class_masks.push(ClassMask { polygon, classes }),
                (None, _) => {}
            }
        }
        (masks, class_masks)
    }

    fn masked_classes(&mut self, names: &Names, owner: &Words) -> Vec<Class> {
        if names.value.is_empty() {
            self.report
                .error(&names.span, of(owner, config_check::classes_empty()))
                .hint(text::name_what_is_left_out());
        }
        self.classes(&names.value, owner)
    }

    /// Classes that a camera leaves out somewhere and that none of its rules asks about: allowed, but probably not meant.
    pub(super) fn classes_without_use(&mut self, document: &Document, cameras: &[Camera], rules: &[Rule]) {
        // A rule that is broken may be the one that asks.
        if rules.len() < document.rule.len() {
            return;
        }
        for At { value: camera, .. } in &document.camera {
            let id = camera.id.as_ref().map_or("", |id| id.value.as_str());
            // Counts are of all classes.
            let is_counted = cameras.iter().any(|camera| *camera.id == *id && !camera.counted.is_empty());
            let mut asked =
                rules.iter().filter(|rule| rule.cameras.iter().any(|watched| **watched == *id)).peekable();
            if is_counted || asked.peek().is_none() {
                continue;
            }
            let asked: Vec<Class> = asked.flat_map(|rule| rule.when.classes()).copied().collect();
            for (index, At { value: mask, .. }) in camera.mask.iter().enumerate() {
                let owner = mask_of(&config::camera(id).into(), index);
                for At { value, span } in mask.classes.iter().flat_map(|names| &names.value) {
                    if asked.iter().all(|class| class.name() != value) {
                        let example = asked.first().map_or("person", |class| class.name());
                        self.report
                            .warning(span, of(&owner, text::nobody_asks_about(value)))
                            .hint(text::leave_out_or_ask(example))
                            .consequence();
                    }
                }
            }
        }
    }
}
