//! Counts: how many of each class entered and left a zone, and how many were there at once, minute by minute.
//!
//! Only numbers leave here: no track, no path, no box. Input is the tracks of each look, of confirmed things
//! only. Somebody whose feet jitter on the zone's edge neither enters nor leaves: a thing is inside or outside
//! only when it is clearly so, by a tenth of its own size. Who is lost inside and found again as somebody new
//! has neither left nor entered.
//!
//! Missing is not zero: every minute says how many seconds of it were watched, and a minute that nobody
//! watched has no counts at all. Who was inside already when the looking began did not enter.
//!
//! Minutes are those of the wall clock (UTC). Must never read one: time is an argument.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::detection::Class;
use super::geometry::{BBox, Point, Polygon};
use super::rules::CameraPlan;
use super::time::{Moment, Timestamp};
use super::tracker::{Track, TrackNumber, TrackState};

/// How far from the edge is clearly beside it, in own sizes: twice the detector's jitter, as for lines.
const CLEAR: f32 = 0.1;
/// Who was missed for so long still counts as there (as for crowds).
const COUNTS_UNSEEN_FOR: Duration = Duration::from_secs(1);
/// Who vanished inside is waited for so long, after the tracker gave them up, before they have left.
const WAITED_FOR: Duration = Duration::from_secs(5);
/// How far from where they vanished they may appear again, in own sizes.
const FOUND_WITHIN: f32 = 1.5;
/// Who is inside during the first moments was there before. As long as a detector may blink.
const FIRST_LOOKS: Duration = Duration::from_secs(2);
/// What is counted: things that enter and leave. Faces belong to people, fire and smoke go nowhere.
pub(crate) const NOT_COUNTED: [Class; 3] = [Class::FACE, Class::FIRE, Class::SMOKE];

/// What one zone counted in one minute.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ZoneMinute {
    /// Id of the camera.
    pub camera: Arc<str>,
    /// Name of the zone.
    pub zone: Arc<str>,
    /// When the minute began, UTC.
    pub from: Timestamp,
    /// How much of it was watched, at most a minute.
    pub watched: Duration,
    /// By class; a class that was not there is left out. Empty as well where nobody watched.
    pub classes: BTreeMap<Class, ClassCount>,
}

/// How many things of one class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ClassCount {
    /// Began to be inside.
    pub entered: u32,
    /// Ceased to be inside.
    pub left: u32,
    /// Maximum number inside at once.
    pub most: u32,
}

/// Counts in all zones of one camera that want it.
#[derive(Debug, Clone)]
pub(crate) struct Counts {
    camera: Arc<str>,
    zones: Vec<ZoneCounts>,
    /// The running minute, once something happened.
    minute: Option<Timestamp>,
    watched: Duration,
    /// When the looking began or began anew.
    began: Option<Moment>,
    finished: Vec<ZoneMinute>,
}

#[derive(Debug, Clone)]
struct ZoneCounts {
    zone: Arc<str>,
    polygon: Polygon,
    things: Vec<Thing>,
    counts: BTreeMap<Class, ClassCount>,
    /// How many of each class were inside in this look and the one before.
    inside: Vec<Inside>,
}

#[derive(Debug, Clone, Copy)]
struct Inside {
    class: Class,
    now: u32,
    before: u32,
}

/// A track that was clearly inside or outside.
#[derive(Debug, Clone, Copy)]
struct Thing {
    number: TrackNumber,
    class: Class,
    is_inside: bool,
    box_in_frame: BBox,
    /// When the tracker gave it up, while it is waited for.
    vanished_at: Option<Moment>,
}

impl Counts {
    /// Counts for the zones of a camera, from nothing.
    pub(crate) fn new(camera: Arc<str>, zones: impl IntoIterator<Item = (Arc<str>, Polygon)>) -> Self {
        let zones = zones.into_iter().map(|(zone, polygon)| ZoneCounts {
            zone,
            polygon,
            things: Vec::new(),
            counts: BTreeMap::new(),
            inside: Vec::new(),
        });
        Counts {
            camera,
            zones: zones.collect(),
            minute: None,
            watched: Duration::ZERO,
            began: None,
            finished: Vec::new(),
        }
    }

    /// Counts for the zones of a camera that its plan wants counted.
    pub(crate) fn of(plan: &CameraPlan) -> Self {
        let zones =
            plan.counted.iter().filter_map(|name| Some((name.clone(), plan.zones.get(name)?.clone())));
        Counts::new(plan.id.clone(), zones)
    }

    /// Goes on where the same camera's counts before a change of configuration were; a zone that changed
    /// begins from nothing, in a minute that was watched as long as the others.
    pub(crate) fn inherit(&mut self, old: &mut Counts) {
        self.minute = old.minute;
        self.watched = old.watched;
        self.began = old.began;
        self.finished = std::mem::take(&mut old.finished);
        for zone in &mut self.zones {
            let same = |o: &&mut ZoneCounts| o.zone == zone.zone && o.polygon == zone.polygon;
            if let Some(before) = old.zones.iter_mut().find(same) {
                std::mem::swap(zone, before);
            }
        }
    }

    /// Takes in one look. `watched` is the watched time since the one before, as rules get it.
    pub(crate) fn look(&mut self, at: Moment, watched: Duration, tracks: &[Track]) {
        self.tick(at);
        if self.zones.is_empty() {
            return;
        }
        self.watched += watched;
        let began = *self.began.get_or_insert(at);
        let is_first = at.since(began) <= FIRST_LOOKS;
        for zone in &mut self.zones {
            zone.look(at, tracks, is_first);
        }
    }

    /// Time passed: closes the minute that is over. Nothing is counted for minutes before the first call.
    pub(crate) fn tick(&mut self, at: Moment) {
        let now = minute_of(at.utc);
        let Some(minute) = self.minute else {
            self.minute = Some(now);
            return;
        };
        if now == minute {
            return;
        }
        for zone in &mut self.zones {
            self.finished.push(ZoneMinute {
                camera: self.camera.clone(),
                zone: zone.zone.clone(),
                from: minute,
                watched: self.watched.min(Duration::from_secs(60)),
                classes: if self.watched.is_zero() { BTreeMap::new() } else { zone.counts.clone() },
            });
            zone.begin_minute();
        }
        self.watched = Duration::ZERO;
        self.minute = Some(now);
    }

    /// The camera was away: who is inside afterwards did not enter, and who is not did not leave.
    pub(crate) fn forget(&mut self) {
        self.began = None;
        for zone in &mut self.zones {
            zone.things.clear();
            zone.inside.clear();
        }
    }

    /// The minutes that are over, oldest first; each is given once.
    pub(crate) fn take_finished(&mut self) -> Vec<ZoneMinute> {
        std::mem::take(&mut self.finished)
    }
}

fn minute_of(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second().div_euclid(60) * 60).unwrap_or(at)
}

impl ZoneCounts {
    fn look(&mut self, at: Moment, tracks: &[Track], is_first: bool) {
        for track in tracks {
            let is_counted = track.state != TrackState::Tentative && !NOT_COUNTED.contains(&track.class);
            if is_counted && track.last_seen.mono == at.mono {
                self.place(at, track, tracks, is_first);
            }
        }
        self.let_go(at, tracks);
        self.count_inside(at, tracks);
    }

    /// Whether a thing is clearly inside (`Some(true)`), clearly outside, or on the edge.
    fn side_of(&self, b: &BBox) -> Option<bool> {
        let foot = b.standing_point();
        let clear = CLEAR * b.size();
        let beside = [(0.0, 0.0), (clear, 0.0), (-clear, 0.0), (0.0, clear), (0.0, -clear)];
        let inside = beside.iter().filter(|(dx, dy)| {
            // The picture's edge is no edge of the zone.
            let point = Point::new((foot.x + dx).clamp(0.001, 0.999), (foot.y + dy).clamp(0.001, 0.999));
            self.polygon.contains(point)
        });
        match inside.count() {
            5 => Some(true),
            0 => Some(false),
            _ => None,
        }
    }

    fn place(&mut self, at: Moment, track: &Track, tracks: &[Track], is_first: bool) {
        let b = *track.full_box();
        let side = self.side_of(&b);
        if let Some(thing) = self.things.iter_mut().find(|thing| thing.number == track.number) {
            (thing.box_in_frame, thing.class) = (b, track.class);
            let was_inside = thing.is_inside;
            thing.is_inside = side.unwrap_or(was_inside);
            match (was_inside, thing.is_inside) {
                (false, true) => self.counts.entry(track.class).or_default().entered += 1,
                (true, false) => self.counts.entry(track.class).or_default().left += 1,
                _ => {}
            }
            return;
        }
        let Some(is_inside) = side else { return };
        if is_inside && let Some(lost) = self.lost_near(at, track, tracks) {
            let thing = &mut self.things[lost];
            (thing.number, thing.box_in_frame, thing.class) = (track.number, b, track.class);
            thing.vanished_at = None;
            return;
        }
        if is_inside && !is_first {
            self.counts.entry(track.class).or_default().entered += 1;
        }
        let (number, class) = (track.number, track.class);
        self.things.push(Thing { number, class, is_inside, box_in_frame: b, vanished_at: None });
    }

    /// Somebody who was lost inside near there and is this one found again.
    fn lost_near(&self, at: Moment, track: &Track, tracks: &[Track]) -> Option<usize> {
        let b = track.full_box();
        let is_lost = |thing: &Thing| match by_number(tracks, thing.number) {
            None => true,
            Some(other) => other.last_seen.mono < at.mono && other.last_seen.mono <= track.first_seen.mono,
        };
        let apart = |thing: &Thing| thing.box_in_frame.centre().distance(b.centre());
        let candidates = self.things.iter().enumerate().filter(|(_, thing)| {
            thing.is_inside
                && thing.class == track.class
                && is_lost(thing)
                && apart(thing) <= FOUND_WITHIN * b.size()
        });
        candidates.min_by(|(_, a), (_, b)| apart(a).total_cmp(&apart(b))).map(|(index, _)| index)
    }

    /// Who stays away has left.
    fn let_go(&mut self, at: Moment, tracks: &[Track]) {
        let counts = &mut self.counts;
        self.things.retain_mut(|thing| {
            if by_number(tracks, thing.number).is_some() {
                return true;
            }
            if !thing.is_inside {
                return false;
            }
            let vanished = *thing.vanished_at.get_or_insert(at);
            let is_waited_for = at.since(vanished) <= WAITED_FOR;
            if !is_waited_for {
                counts.entry(thing.class).or_default().left += 1;
            }
            is_waited_for
        });
    }

    /// Maximum at once: the lower of two consecutive looks, so that the mistake of one does not count.
    fn count_inside(&mut self, at: Moment, tracks: &[Track]) {
        for inside in &mut self.inside {
            (inside.before, inside.now) = (inside.now, 0);
        }
        for thing in self.things.iter().filter(|thing| thing.is_inside) {
            let track = by_number(tracks, thing.number);
            if track.is_none_or(|track| at.since(track.last_seen) > COUNTS_UNSEEN_FOR) {
                continue;
            }
            match self.inside.iter_mut().find(|inside| inside.class == thing.class) {
                Some(inside) => inside.now += 1,
                None => self.inside.push(Inside { class: thing.class, now: 1, before: 0 }),
            }
        }
        for inside in &self.inside {
            let both = inside.now.min(inside.before);
            if both > 0 {
                let count = self.counts.entry(inside.class).or_default();
                count.most = count.most.max(both);
            }
        }
    }

    fn begin_minute(&mut self) {
        self.counts.clear();
    }
}

fn by_number(tracks: &[Track], number: TrackNumber) -> Option<&Track> {
    tracks.binary_search_by_key(&number, |track| track.number).ok().map(|index| &tracks[index])
}

#[cfg(test)]
mod tests {
    use super::super::test_support::{car, moment, person, rectangle};
    use super::super::tracker::Tracker;
    use super::*;
    use crate::analysis::detection::Detection;

    /// A tracker and its counts in the right half of the picture, looked at five times a second.
    struct Bench {
        tracker: Tracker,
        counts: Counts,
        now: f64,
    }

    impl Bench {
        fn new() -> Bench {
            let zones = [(Arc::from("right"), rectangle(0.5, 0.0, 1.0, 1.0))];
            Bench { tracker: Tracker::new(5.0, &[]), counts: Counts::new("cam".into(), zones), now: 0.0 }
        }

        fn look(&mut self, for_secs: f64, script: impl Fn(f64) -> Vec<Detection>) -> &mut Bench {
            for i in 0..(for_secs * 5.0).round() as usize {
                let at = moment(self.now);
                self.tracker.update(at, &script(i as f64 / 5.0));
                self.counts.look(at, Duration::from_millis(200), self.tracker.tracks());
                self.now += 0.2;
            }
            self
        }

        /// Time passes to the next minute and nobody looks.
        fn wait(&mut self, secs: f64) -> &mut Bench {
            self.now += secs;
            self.counts.tick(moment(self.now));
            self
        }

        /// Entered, left and most of one class, minute by minute; `None` where nobody watched.
        fn published(&mut self, class: Class) -> Vec<Option<[u32; 3]>> {
            let minutes = self.counts.take_finished().into_iter();
            minutes
                .map(|minute| {
                    let count = minute.classes.get(&class).copied().unwrap_or_default();
                    (!minute.watched.is_zero()).then_some([count.entered, count.left, count.most])
                })
                .collect()
        }
    }

    #[test]
    fn who_walks_in_and_out_is_counted_once_each_way() {
        let mut bench = Bench::new();
        bench.look(60.0, |t| match t {
            5.0..15.0 => vec![person(0.1 + 0.08 * (t - 5.0), 0.9), car(0.2, 0.8)],
            25.0..35.0 => vec![person(0.9 - 0.08 * (t - 25.0), 0.9), car(0.2, 0.8)],
            _ => vec![car(0.2, 0.8)],
        });
        bench.wait(1.0);
        // In from the left; vanishes inside after second 15, is given up, and appears again at second 25.
        assert_eq!(bench.published(Class::PERSON), [Some([2, 2, 1])]);
    }

    #[test]
    fn feet_that_jitter_on_the_edge_are_not_counted() {
        let mut bench = Bench::new();
        bench.look(59.0, |t| vec![person(0.5 + 0.012 * (9.0 * t).sin(), 0.9)]).wait(2.0);
        assert_eq!(bench.published(Class::PERSON), [Some([0, 0, 0])]);
        // One who comes in over the edge after all, jittering, is counted once.
        let mut bench = Bench::new();
        bench.look(59.0, |t| vec![person(0.4 + 0.004 * t + 0.012 * (9.0 * t).sin(), 0.9)]).wait(2.0);
        assert_eq!(bench.published(Class::PERSON), [Some([1, 0, 1])]);
    }

    #[test]
    fn who_was_there_before_did_not_enter() {
        let mut bench = Bench::new();
        bench.look(58.0, |_| vec![person(0.7, 0.9), car(0.8, 0.5)]).wait(3.0);
        assert_eq!(bench.published(Class::PERSON), [Some([0, 0, 1])]);
    }

    #[test]
    fn who_is_lost_inside_and_found_again_neither_left_nor_entered() {
        let mut bench = Bench::new();
        bench.look(58.0, |t| {
            if (20.0..27.0).contains(&t) { vec![] } else { vec![person(0.7 + 0.004 * t.min(20.0), 0.9)] }
        });
        bench.wait(3.0);
        assert_eq!(bench.published(Class::PERSON), [Some([0, 0, 1])]);
    }

    #[test]
    fn a_minute_that_nobody_watched_has_no_counts() {
        let mut bench = Bench::new();
        bench.look(30.0, |_| vec![person(0.7, 0.9)]).wait(31.0).wait(60.0);
        let minutes = bench.counts.finished.clone();
        assert_eq!(minutes.len(), 2);
        assert_eq!(minutes[0].watched, Duration::from_secs(30));
        assert_eq!(minutes[1].watched, Duration::ZERO);
        assert_eq!(minutes[1].from.as_second() - minutes[0].from.as_second(), 60);
        assert_eq!(bench.published(Class::PERSON), [Some([0, 0, 1]), None]);
    }

    #[test]
    fn most_at_once_is_the_most_in_two_looks() {
        let mut bench = Bench::new();
        bench.look(58.0, |t| {
            let many = if (20.0..25.0).contains(&t) { 3 } else { 1 };
            (0..many).map(|i| person(0.6 + 0.12 * f64::from(i), 0.9)).collect()
        });
        bench.wait(3.0);
        assert_eq!(bench.published(Class::PERSON), [Some([2, 2, 3])]);
    }

    #[test]
    fn a_look_at_an_odd_time_of_day_begins_at_its_minute() {
        let mut bench = Bench::new();
        bench.now = 90.0;
        bench.look(40.0, |_| vec![]);
        let minutes = bench.counts.take_finished();
        assert_eq!(minutes[0].from, moment(60.0).utc);
        assert_eq!(minutes[0].watched, Duration::from_secs(30));
    }
}
