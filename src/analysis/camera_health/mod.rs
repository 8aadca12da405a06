//! Camera health: eight conditions, each on or off independently, derived from image statistics.
//!
//! Input is a [`ImageStats`] a few times a second with its time, and what the video side knows (silent, back).
//! Output is the state of every [`CameraCondition`] with the number that decided and its threshold, so that
//! an alert can explain itself. A condition that blinds a camera (`CameraCondition::is_blind`) makes what its rules
//! say worthless: their signals are unknown then, not off.
//!
//! ```text
//! stats  ─► stillness (equal pixels)                                  ─► frozen
//!        ├► darkness, glare (how many cells)                          ─► dark, over_exposed
//!        └► present (edges, detail of 1.5 s) ─ compared with the view ─► covered, sprayed, moved, blurred
//!                                     └ learnt into the view while all is well (10 min)
//! ```
//!
//! How a condition comes and goes: it must be seen for `RAISE` seconds in all (seconds in which it is not
//! seen count twice against it), and must be gone for `CLEAR`. Dark and over-exposed pictures say nothing
//! about covers and turns, so those keep the state that they had. What each means, and when it ends:
//!
//! - no video: no pictures come; until they came for three seconds;
//! - frozen: pictures come, all the same; until something changes outside the rows where clocks are drawn;
//! - dark: nothing in the picture is lit; until 2 % of it is;
//! - over-exposed: most of the picture is white; until less than 45 % of it is;
//! - covered: the detail of nearly the whole picture is gone, and its edges too; until a third of it is back;
//! - moved: the camera shows another view than the one it had; until it shows the old one again, or after a day, or with
//!   `CameraHealth::forget_reference`;
//! - blurred: the edges are where they were, but fine detail is gone; until it is back, or after a day;
//! - sprayed: a part of the picture is hidden by something on or right before the lens; until four fifths of it can be
//!   seen, or after a day.
//!
//! Must never raise for what daylight, weather and traffic do: the view follows slow changes, knows day and
//! infrared night apart, and a bus or a crowd before the lens is not reported before `RAISE_OBSTACLE`. A step of the whole
//! picture with its edges where they were is a new light (lamp, exposure, contrast, infrared), in which detail is learnt
//! anew. Nor may a view prove a fault that was learnt while somebody stood before it: what the view of the other light
//! knows as well is no fault, and a young view is soon given up.
//! Must never learn from a picture that looks wrong.
//!
//! Where the constants come from: `tests/camera_health` measured them on real clips; which ones and how well
//! they do is said there. What is a guess says so.

pub mod image_stats;
mod no_video;
mod signs;
mod stillness;
#[cfg(test)]
mod tests;
mod view;

use std::time::Duration;

pub(crate) use self::no_video::NoVideoCause;

use self::image_stats::ImageStats;
use self::signs::{BLURRED_BELOW, BLURRED_OF_SOFTEST, Readings, Seen, Sign, half_at};
use self::stillness::Stillness;
use self::view::{Present, View};
use super::derived::{ConditionReading, HealthReading};
use super::time::Moment;
use crate::types::camera_condition::CameraCondition;

/// Seconds of a condition before it is reported. With the 1.5 s over which the present is averaged and half a second between
/// two image statistics, a condition is reported about 8 s after it began, within the 10 s that are required.
pub(crate) const RAISE: f32 = 5.5;
/// Seconds without it before it ends.
pub(crate) const CLEAR: f32 = 4.0;
/// Seconds before a sharp-edged thing that hides much of the picture is reported as an obstacle: longer than a bus stands at
/// a stop.
pub(crate) const RAISE_OBSTACLE: f32 = 90.0;

/// Maximum time that one set of image statistics counts for: one that comes after a gap proves no more than this.
const LONGEST_STEP: Duration = Duration::from_millis(2500);
/// Time from the last picture of a silent camera to its report.
const NO_VIDEO_AFTER: Duration = Duration::from_secs(8);
/// Without image statistics for this long there is no video; the slowest camera is analysed every 10 s.
const NO_STATS_AFTER: Duration = Duration::from_secs(60);
/// Pictures must come again for so long.
const VIDEO_AGAIN: Duration = Duration::from_secs(3);
/// A view is relied on once it was learnt for so long (a guess: longer than a car passes).
const VIEW_KNOWN: Duration = Duration::from_secs(20);
/// A picture that fits badly for longer than this, without being wrong, begins to change the view: longer
/// than [`RAISE_OBSTACLE`], so that no bus is learnt.
const DOUBT_LASTS: Duration = Duration::from_secs(180);
/// A moved, sprayed or blurred camera that nobody put right is taken as it is after this: those who had to
/// act had a day.
const ACCEPTED_AFTER: Duration = Duration::from_secs(86_400);
/// Or after so many times as long as the view was learnt that it is held against, but not before
/// [`ACCEPTED_AT_LEAST`]: a minute's view may be that of a lorry that stood there.
const ACCEPTED_TIMES: u32 = 20;
/// See [`ACCEPTED_TIMES`].
const ACCEPTED_AT_LEAST: Duration = Duration::from_secs(1800);
/// After a step of the whole picture what is seen settles for so long: the present's mean and an automatic exposure.
const STEP_SETTLES: Duration = Duration::from_secs(4);

/// What was seen meanwhile counts, all but this many seconds, in which it must still be there.
const CONFIRMED: f32 = 1.0;

/// One condition of one camera.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ConditionState {
    /// Which.
    pub condition: CameraCondition,
    /// Whether the camera has it.
    pub on: bool,
    /// Start of the present state: when its first sign was seen, not when it was reported.
    pub since: Moment,
    /// How clear it is, 0..1; 0 where there is no sign of it.
    pub strength: f32,
    /// What was measured last; in which unit depends on the condition: seconds without (equal) pictures for
    /// `NoVideo` and `Frozen`, parts of the picture for `Dark`, `OverExposed`, `Covered` and `Sprayed`, fit
    /// with the learnt view (1 the same, 0 another) for `Moved`, usual part of detail for `Blurred`.
    pub value: f64,
    /// What it is held against: reached or passed it is a sign (for `Moved` and `Blurred`: below it).
    pub threshold: f64,
}

/// The state of one condition.
#[derive(Debug, Clone, Copy)]
struct Gauge {
    state: ConditionState,
    /// Seconds of signs that it changed, less twice the seconds without.
    changing_secs: f32,
    changing_since: Option<Moment>,
}

impl Gauge {
    /// Value and strength are in thousandths, so that what is kept of them is what was used.
    fn measure(&mut self, value: f64, threshold: f64, strength: f32) {
        self.state.value = (value * 1000.0).round() / 1000.0;
        self.state.threshold = threshold;
        let strength = if strength.is_finite() { strength.clamp(0.0, 1.0) } else { 0.0 };
        self.state.strength = (strength * 1000.0).round() / 1000.0;
    }

    fn take(&mut self, at: Moment, dt: Duration, sign: Sign) {
        let (is_change, needed) = match (self.state.on, sign) {
            (false, Sign::There { raise_after }) => (true, raise_after),
            (true, Sign::Gone) => (true, CLEAR),
            (false, Sign::Settling { .. }) => (true, f32::INFINITY),
            (false, Sign::Gone | Sign::Unsure)
            | (true, Sign::Unsure | Sign::There { .. } | Sign::Settling { .. }) => (false, f32::INFINITY),
        };
        if !is_change {
            self.changing_secs -= 2.0 * dt.as_secs_f32();
            if self.changing_secs <= 0.0 {
                self.changing_secs = 0.0;
                self.changing_since = None;
            }
            return;
        }
        // The first sign says that it is there now, not that it was there since the last look.
        match self.changing_since {
            None => self.changing_since = Some(at),
            Some(_) => self.changing_secs += dt.as_secs_f32(),
        }
        if let Sign::Settling { raise_after } = sign {
            self.changing_secs = self.changing_secs.min(raise_after - CONFIRMED);
        }
        if self.changing_secs >= needed {
            self.turn(!self.state.on, self.changing_since.unwrap_or(at));
        }
    }

    fn turn(&mut self, on: bool, since: Moment) {
        self.state.on = on;
        self.state.since = since;
        self.changing_secs = 0.0;
        self.changing_since = None;
    }
}

/// The health of one camera.
#[derive(Debug, Clone)]
pub struct CameraHealth {
    gauges: Option<[Gauge; 8]>,
    present: Present,
    /// By day (colour) and by infrared light (grey); most cameras have both.
    views: [View; 2],
    stillness: Stillness,
    latest: Option<Moment>,
    first_event: Option<Moment>,
    is_silent: bool,
    /// When pictures came again after there were none.
    again_since: Option<Moment>,
    was_grey: bool,
    /// Sharpness of its softest usual pictures.
    softest: f32,
    is_doubtful: bool,
    doubtful_since: Option<Moment>,
    /// When the whole picture last became brighter or darker at once, until what it is now is known.
    step_at: Option<Moment>,
}

impl Default for CameraHealth {
    fn default() -> Self {
        Self::new()
    }
}

impl CameraHealth {
    /// A camera of which nothing is known.
    pub fn new() -> Self {
        CameraHealth {
            gauges: None,
            present: Present::new(),
            views: [View::new(), View::new()],
            stillness: Stillness::new(),
            latest: None,
            first_event: None,
            is_silent: false,
            again_since: None,
            was_grey: false,
            softest: 1.0,
            is_doubtful: false,
            doubtful_since: None,
            step_at: None,
        }
    }

    /// The states of all conditions, in the order of [`CameraCondition::ALL`]; empty before the first event.
    pub fn conditions(&self) -> impl Iterator<Item = &ConditionState> {
        self.gauges.iter().flatten().map(|gauge| &gauge.state)
    }

    /// Whether the camera has a condition that makes it blind.
    #[cfg(test)]
    pub(crate) fn is_blind(&self) -> bool {
        self.conditions().any(|state| state.on && state.condition.is_blind())
    }

    /// The camera was turned or repaired on purpose: what it shows from now on is its view.
    pub(crate) fn forget_reference(&mut self) {
        self.views = [View::new(), View::new()];
        self.softest = 1.0;
        for gauge in self.gauges.iter_mut().flatten() {
            use CameraCondition::{Blurred, Covered, Moved, Sprayed};
            if matches!(gauge.state.condition, Covered | Moved | Blurred | Sprayed) {
                let since = self.latest.unwrap_or(gauge.state.since);
                gauge.measure(0.0, gauge.state.threshold, 0.0);
                gauge.turn(false, since);
            }
        }
    }

    /// The camera stopped giving pictures.
    pub fn silent(&mut self, at: Moment) {
        self.note_event(at);
        self.is_silent = true;
        self.again_since = None;
        self.tick(at);
    }

    /// The camera gives pictures again.
    pub fn back(&mut self, at: Moment) {
        self.note_event(at);
        self.is_silent = false;
        self.again_since.get_or_insert(at);
        self.tick(at);
    }

    /// Time passed.
    pub fn tick(&mut self, at: Moment) {
        self.note_event(at);
        let Some(last_event) = self.latest.or(self.first_event) else { return };
        let quiet = at.since(last_event);
        let limit = if self.is_silent { NO_VIDEO_AFTER } else { NO_STATS_AFTER };
        let Some(gauge) = self.gauge(CameraCondition::NoVideo) else { return };
        gauge.measure(
            quiet.as_secs_f64(),
            limit.as_secs_f64(),
            half_at(quiet.as_secs_f32(), limit.as_secs_f32()),
        );
        if quiet >= limit {
            if !gauge.state.on {
                gauge.turn(true, last_event);
            }
            self.present.forget();
            self.stillness.interrupt();
            self.again_since = None;
        }
    }

    /// Takes in what a picture looks like. Older ones than the last are not taken in.
    pub fn look(&mut self, at: Moment, stats: &ImageStats) {
        self.note_event(at);
        let gap = match self.latest {
            Some(latest) if at.mono <= latest.mono => return,
            Some(latest) => at.since(latest),
            None => Duration::ZERO,
        };
        if gap >= NO_VIDEO_AFTER {
            self.present.forget();
        }
        self.latest = Some(at);
        let dt = gap.min(LONGEST_STEP);
        self.video_came(at);

        if self.present.is_lit_anew_by(stats) {
            self.step_at = Some(at);
        }
        self.present.look(stats, dt);
        let still = self.stillness.look(at, stats);
        let readings = Readings::of(stats, still);
        let which = usize::from(self.is_grey(stats));
        let is_well = self.judge(at, dt, &readings, which);
        if is_well {
            self.learn(at, dt, which);
        }
    }

    /// What the latest picture left, for who repeats the day without its pictures.
    pub(crate) fn reading(&self, aspect: f32) -> HealthReading {
        let mut conditions = [ConditionReading::default(); CameraCondition::ALL.len()];
        for (reading, ConditionState { on, strength, value, .. }) in
            conditions.iter_mut().zip(self.conditions())
        {
            *reading = ConditionReading { on: *on, strength: *strength, value: *value };
        }
        // It follows from times, and changes with them.
        conditions[CameraCondition::NoVideo as usize] = ConditionReading::default();
        HealthReading { aspect, conditions }
    }

    /// Takes in what a picture left, in place of the picture. Older ones than the last are not taken in.
    pub(crate) fn recall(&mut self, at: Moment, reading: &HealthReading) {
        self.note_event(at);
        if self.latest.is_some_and(|latest| at.mono <= latest.mono) {
            return;
        }
        self.latest = Some(at);
        self.video_came(at);
        for (gauge, reading) in self.gauges.iter_mut().flatten().zip(&reading.conditions) {
            if gauge.state.condition == CameraCondition::NoVideo {
                continue;
            }
            gauge.measure(reading.value, gauge.state.threshold, reading.strength);
            if gauge.state.on != reading.on {
                gauge.turn(reading.on, at);
            }
        }
    }

    fn note_event(&mut self, at: Moment) {
        self.first_event.get_or_insert(at);
        self.gauges.get_or_insert_with(|| {
            CameraCondition::ALL.map(|condition| Gauge {
                state: ConditionState {
                    condition,
                    on: false,
                    since: at,
                    strength: 0.0,
                    value: 0.0,
                    threshold: 0.0,
                },
                changing_secs: 0.0,
                changing_since: None,
            })
        });
    }

    fn gauge(&mut self, condition: CameraCondition) -> Option<&mut Gauge> {
        self.gauges.as_mut().map(|gauges| &mut gauges[condition as usize])
    }

    fn is_on(&self, condition: CameraCondition) -> bool {
        self.gauges.as_ref().is_some_and(|gauges| gauges[condition as usize].state.on)
    }

    fn video_came(&mut self, at: Moment) {
        let again_since = *self.again_since.get_or_insert(at);
        self.is_silent = false;
        let Some(gauge) = self.gauge(CameraCondition::NoVideo) else { return };
        gauge.measure(0.0, NO_VIDEO_AFTER.as_secs_f64(), 0.0);
        if gauge.state.on && at.since(again_since) >= VIDEO_AGAIN {
            gauge.turn(false, again_since);
        }
    }

    /// Which of the two views a picture belongs to.
    fn is_grey(&mut self, stats: &ImageStats) -> bool {
        if stats.colour < GREY_BELOW {
            self.was_grey = true;
        } else if stats.colour > COLOUR_ABOVE {
            self.was_grey = false;
        }
        self.was_grey
    }

    /// Takes one look's signs; says whether the picture is fit to learn from.
    fn judge(&mut self, at: Moment, dt: Duration, readings: &Readings, which: usize) -> bool {
        use CameraCondition::{Blurred, Covered, Dark, Frozen, Moved, OverExposed, Sprayed};
        let mut signs = [Sign::Gone; 8];
        readings.light(&mut signs);
        let no_light = [Dark, OverExposed].iter().any(|c| signs[*c as usize] != Sign::Gone || self.is_on(*c));
        readings.stillness(&mut signs, no_light);
        let is_settling = self.take_new_light(at, which);
        let compared = self.compare(which);
        let view_is_known = compared.is_some();
        let mut seen = compared.unwrap_or_else(|| Seen::without_view(&self.present));
        if view_is_known && !no_light && !self.is_on(Blurred) {
            let sharpness = seen.comparison.sharpness.min(1.0);
            let constant = if sharpness < self.softest { SOFTER } else { SHARPER };
            self.softest += (1.0 - (-dt.as_secs_f32() / constant).exp()) * (sharpness - self.softest);
        }
        seen.blurred_below = BLURRED_BELOW.min(BLURRED_OF_SOFTEST * self.softest);
        if no_light {
            for condition in [Covered, Moved, Blurred, Sprayed] {
                signs[condition as usize] = Sign::Unsure;
            }
        } else {
            seen.signs(&mut signs, self.is_on(Covered));
        }
        if is_settling && !seen.is_covered() {
            for condition in [Covered, Moved, Blurred, Sprayed] {
                let sign = &mut signs[condition as usize];
                if let Sign::There { raise_after } = *sign {
                    *sign = Sign::Settling { raise_after };
                }
            }
        }
        let is_well = signs.iter().all(|sign| matches!(sign, Sign::Gone | Sign::Unsure))
            && !no_light
            && !is_settling
            && !CameraCondition::ALL.iter().any(|condition| self.is_on(*condition))
            && (!view_is_known || seen.may_be_learnt());
        self.is_doubtful = view_is_known && seen.is_doubtful();
        for (gauge, sign) in self.gauges.iter_mut().flatten().zip(signs) {
            if gauge.state.condition != CameraCondition::NoVideo {
                let (value, threshold, strength) = match gauge.state.condition {
                    Dark | OverExposed | Frozen => readings.measured(gauge.state.condition),
                    condition => seen.measured(condition),
                };
                gauge.measure(value, threshold, strength);
                gauge.take(at, dt, sign);
            }
        }
        self.accept(at);
        is_well
    }

    /// After a step of the whole picture: whether it still settles. Once it has, and its edges are where they were, how
    /// much detail lies where is learnt anew; a step of another kind is judged as any other picture.
    fn take_new_light(&mut self, at: Moment, which: usize) -> bool {
        let Some(step_at) = self.step_at else { return false };
        if at.since(step_at) < STEP_SETTLES {
            return true;
        }
        self.step_at = None;
        let view = &mut self.views[which];
        if view.learnt() >= VIEW_KNOWN && Seen::against(view, &self.present).is_same_scene() {
            view.take_detail_of(&self.present);
        }
        false
    }

    /// Compares with the view of this light; with the other one where this one is not known yet and the
    /// picture is another scene in it. `None`: nothing to compare with.
    fn compare(&mut self, which: usize) -> Option<Seen> {
        let known = |view: &View| view.learnt() >= VIEW_KNOWN;
        let (own, other) = (&self.views[which], &self.views[1 - which]);
        if known(own) {
            let seen = Seen::against(own, &self.present);
            // Learnt while something stood there: the view of the other light knows what lies behind it.
            if known(other) && seen.is_wrong() && Seen::against(other, &self.present).is_clear() {
                self.views[which] = View::new();
                return None;
            }
            return Some(seen);
        }
        if !known(other) {
            return None;
        }
        // The first night, or the first morning: the light changed what can be seen, so little has to fit
        // for the new view to be learnt; nothing fits when the camera was covered or turned.
        let seen = Seen::against(other, &self.present);
        (!seen.may_be_other_light()).then_some(seen)
    }

    /// A picture that differs much, but not enough to be reported, is waited out before it changes the view.
    fn learn(&mut self, at: Moment, dt: Duration, which: usize) {
        if !self.is_doubtful {
            self.doubtful_since = None;
            self.views[which].learn(&self.present, dt, false);
        } else if at.since(*self.doubtful_since.get_or_insert(at)) >= DOUBT_LASTS {
            self.views[which].learn(&self.present, dt, true);
        }
    }

    /// What was wrong for a day, or for long beside how long the view is known, is what the camera shows.
    fn accept(&mut self, at: Moment) {
        use CameraCondition::{Blurred, Moved, Sprayed};
        let learnt = self.views.iter().map(View::learnt).max().unwrap_or_default();
        let accepted_after = (learnt * ACCEPTED_TIMES).clamp(ACCEPTED_AT_LEAST, ACCEPTED_AFTER);
        let is_old = |gauge: &Gauge| {
            matches!(gauge.state.condition, Blurred | Moved | Sprayed)
                && gauge.state.on
                && at.since(gauge.state.since) >= accepted_after
        };
        if self.gauges.iter().flatten().any(is_old) {
            self.forget_reference();
        }
    }
}

/// Below this mean distance of chroma from grey a picture has no colour: a clip without colour has 0.1.
const GREY_BELOW: f32 = 0.4;
/// Above it has some: of the clips in colour all but one (0.7, a grey car park) have 2.9 and more.
const COLOUR_ABOVE: f32 = 1.2;
/// Time constants, seconds, in which the softest usual picture is learnt and forgotten.
const SOFTER: f32 = 10.0;
const SHARPER: f32 = 900.0;
