//! Furniture: what a camera's detector takes for a person, and what for days was neither seen to move nor to change.
//!
//! A bench, a post or a poster is a person for ever to some detectors. What has stood at one place in unchanged pixels for
//! three days of looking is remembered, and left out from then on, as long as its place looks as it did. Only persons are
//! ever remembered: a car, a bag or a stall that never moves still is one, and `parked`, `left_behind`, `gone` and `vending`
//! are there to tell it until it leaves.
//!
//! The picture decides, not the detector:
//!
//! ```text
//! a track rests for a minute ─► place ─► 24 hours of looking, twelve of them unchanged and three with it found: a good day
//!                                          └ three good days and one hour more ─► furniture
//! ```
//!
//! A place is compared with what it looked like in up to six lights, the box and what is around it by themselves. Nobody
//! who lives keeps so still; who sleeps at one place every night is gone for more than half of the day, and half an hour of
//! a changed place in which nobody is found ends it at once. The empty view cannot tell this: it learns nothing where
//! somebody is found, and learns a person who stays where nobody is found. Another light is learnt only from a place that
//! was unchanged up to that moment and that nobody came near since.
//!
//! Left out is a detection in which nothing differs at this moment from what was remembered: who sits down on the bench or
//! stands before the post changes the picture there. Where nobody can say (another light, the dark, somebody before it) it
//! is used as any other. When in doubt something is reported that is nothing.
//!
//! What is remembered is forgotten after three days of looking in which the place is not found unchanged, and at once when
//! the camera was turned. Grey levels of 16 by 16 points are kept of each place: nobody can be recognised in them.
//!
//! Pure; once its places have come it allocates nothing.

use std::time::Duration;

use super::detection::{Class, Detection};
use super::empty_view::Coarse;
use super::geometry::BBox;
use super::time::Moment;
use super::tracker::Track;
use patch::{Flags, Likeness};

pub(crate) use patch::{Patch, SAMPLES};

mod patch;

/// Places that are looked at in one camera's view. Where there are more, the least proven ones wait.
pub(crate) const MOST_PLACES: usize = 16;
/// Lights in which a place is known: sun and shade, lamps, infrared.
pub(crate) const MOST_LIGHTS: usize = 6;

/// A track that rests for so long may be furniture; most are people who wait.
const RESTS_FOR: Duration = Duration::from_secs(60);
/// A box that overlaps so much with that of a place is found there: under unchanged pixels more than a detector's jitter is
/// its jitter, too.
const SAME_PLACE: f32 = 0.6;
/// No second place where boxes overlap so much.
const OWN_PLACE: f32 = 0.3;
/// A detection in whose box more of the samples differ is not left out: a head above the bench.
const MOST_DIFFERING: f32 = 0.1;

/// Hours of looking that are a day.
const DAY_HOURS: u8 = 24;
/// In so many hours of a day the place must be unchanged: more than anybody sleeps, sits on duty or keeps a stall.
const UNCHANGED_HOURS: u8 = 12;
/// And in so many of these the detector must find it.
const FOUND_HOURS: u8 = 3;
/// Days that prove furniture, and days without proof that end it.
const DAYS: u8 = 3;
/// An hour with fewer looks does not count.
const LEAST_LOOKS: u32 = 30;

/// A place that is changed for so long while nobody is found there has been left; the first is that of a place that has not
/// stood for an hour yet.
const LEFT_AFTER_AT_FIRST: Duration = Duration::from_secs(120);
const LEFT_AFTER: Duration = Duration::from_secs(1800);
/// A look after a pause proves no more than this.
const LONGEST_STEP: Duration = Duration::from_secs(30);
/// Minimum time for which a new light must stay the same before the place is known in it.
const LIGHT_KNOWN_AFTER: Duration = Duration::from_secs(600);
/// A known light is followed by one grey level in this time: the sun moves, and nobody moves so slowly.
const FOLLOWED_EVERY: Duration = Duration::from_secs(20);

/// What is kept of a place over a restart.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PlaceMemory {
    /// Where it is.
    pub box_in_frame: BBox,
    /// Whether what is found there is left out.
    pub is_furniture: bool,
    /// Days in a row that proved it, up to those it takes.
    pub good_days: u8,
    /// Days in a row that did not, since it is furniture.
    pub bad_days: u8,
    /// The day that goes on.
    pub day: Day,
    /// What it looks like, the light that was seen last first.
    pub lights: Vec<Patch>,
}

impl PlaceMemory {
    fn is_sound(&self) -> bool {
        let is_seen = (1..=MOST_LIGHTS).contains(&self.lights.len());
        let Day { looked, unchanged, found } = self.day;
        let is_counted = looked < DAY_HOURS && unchanged <= looked && found <= unchanged;
        let is_proven = self.good_days <= DAYS && self.bad_days < DAYS;
        is_seen
            && is_counted
            && is_proven
            && self.box_in_frame.is_sound()
            && self.box_in_frame == self.box_in_frame.clipped()
    }

    /// Whether it stood for long enough to be kept.
    fn is_worth_keeping(&self) -> bool {
        self.is_furniture || self.good_days > 0 || self.day.unchanged > 0
    }
}

/// Hours of one day of looking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Day {
    /// In which it was looked at.
    pub looked: u8,
    /// In which it was unchanged for most of the time.
    pub unchanged: u8,
    /// In which it was unchanged and found.
    pub found: u8,
}

/// What stands before one camera and never moves.
#[derive(Debug, Clone, Default)]
pub(crate) struct Furniture {
    places: Vec<Place>,
    /// When the picture was taken that was shown last, until it is judged.
    pictured_at: Option<Moment>,
    judged_at: Option<Moment>,
    changes: u64,
    /// What is in the frame that is judged.
    seen: Vec<Seen>,
}

/// Something found in a frame.
#[derive(Debug, Clone, Copy)]
struct Seen {
    is_person: bool,
    box_in_frame: BBox,
    /// Nothing shows that it stands there.
    moves: bool,
}

impl Furniture {
    /// What was kept. Places that cannot be are left out.
    pub(crate) fn of(memories: Vec<PlaceMemory>) -> Self {
        let sound = memories.into_iter().filter(PlaceMemory::is_sound).take(MOST_PLACES);
        Furniture { places: sound.map(Place::of).collect(), changes: 1, ..Furniture::default() }
    }

    /// How many places are remembered at which what is found is left out.
    pub(crate) fn count(&self) -> usize {
        self.places.iter().filter(|place| place.memory.is_furniture).count()
    }

    /// What is to be kept over a restart.
    pub(crate) fn memories(&self) -> impl Iterator<Item = &PlaceMemory> {
        self.places.iter().map(|place| &place.memory).filter(|memory| memory.is_worth_keeping())
    }

    /// Grows whenever what is to be kept changes.
    pub(crate) fn changes(&self) -> u64 {
        self.changes
    }

    /// Takes in a picture, before what was found in it; wanted about once a second.
    pub(crate) fn see(&mut self, at: Moment, picture: &Coarse) {
        for place in &mut self.places {
            patch::take(picture, &place.memory.box_in_frame, &mut place.now);
        }
        self.pictured_at = Some(at);
    }

    /// Takes in what was found in a frame, and what was followed up to it. Only a frame whose picture was seen says
    /// something.
    pub(super) fn judge(&mut self, at: Moment, found: &[Detection], tracks: &[Track]) {
        // Frames that are looked back at come before the one whose picture waits.
        if self.pictured_at.is_none_or(|pictured| pictured.mono != at.mono) {
            return;
        }
        self.pictured_at = None;
        if self.judged_at.is_some_and(|judged| at.mono < judged.mono) {
            return;
        }
        let step = self.judged_at.map_or(Duration::ZERO, |judged| at.since(judged)).min(LONGEST_STEP);
        self.judged_at = Some(at);
        self.see_all(at, found, tracks);
        let (changes, seen) = (&mut self.changes, &self.seen);
        self.places.retain_mut(|place| {
            place.judge(at, step, seen);
            *changes += u64::from(place.is_news || (place.is_over && place.memory.is_worth_keeping()));
            !place.is_over
        });
        for track in tracks.iter().filter(|track| may_be_furniture(track, at)) {
            self.begin(track.box_in_frame);
        }
    }

    /// What is found, and whether it stands: as one that rests, or as what is at an unchanged place.
    fn see_all(&mut self, at: Moment, found: &[Detection], tracks: &[Track]) {
        let places = &self.places;
        self.seen.clear();
        self.seen.extend(found.iter().map(|detection| {
            let is_at = |b: &BBox| b.iou(&detection.box_in_frame) >= SAME_PLACE;
            let stands = tracks.iter().any(|track| has_rested(track, at) && is_at(&track.box_in_frame))
                || places.iter().any(|p| p.sight == Likeness::Same && is_at(&p.memory.box_in_frame));
            let is_person = detection.class == Class::PERSON;
            Seen { is_person, box_in_frame: detection.box_in_frame, moves: !stands }
        }));
    }

    /// Whether the picture of a later frame waits.
    pub(super) fn is_behind(&self, at: Moment) -> bool {
        self.pictured_at.is_some_and(|pictured| pictured.mono > at.mono)
    }

    /// Whether a detection is furniture: nothing at its place differs from what is remembered, up to `within` before.
    pub(super) fn explains(&self, at: Moment, within: Duration, detection: &Detection) -> bool {
        detection.class == Class::PERSON
            && self.judged_at.is_some_and(|judged| at.since(judged) <= within)
            && self.places.iter().any(|place| place.explains(&detection.box_in_frame))
    }

    /// The camera was turned.
    pub(super) fn forget(&mut self) {
        let is_known = self.memories().next().is_some();
        self.changes += u64::from(is_known);
        self.places.clear();
    }

    /// Looks at another place from now on, if there is room or one that can be given up.
    fn begin(&mut self, b: BBox) {
        if self.places.iter().any(|place| place.memory.box_in_frame.iou(&b) >= OWN_PLACE) {
            return;
        }
        if self.places.len() >= MOST_PLACES {
            let may_go = |place: &Place| {
                let PlaceMemory { is_furniture, good_days, .. } = place.memory;
                !is_furniture && good_days == 0 && place.sight != Likeness::Same
            };
            let those = (0..self.places.len()).filter(|index| may_go(&self.places[*index]));
            let unchanged = |index: &usize| self.places[*index].memory.day.unchanged;
            let Some(least_proven) = those.min_by_key(unchanged) else { return };
            let gone = self.places.swap_remove(least_proven);
            self.changes += u64::from(gone.memory.is_worth_keeping());
        }
        self.places.push(Place::at(b));
    }
}

/// Whether what is followed is taken for a person and has rested for a while.
fn may_be_furniture(track: &Track, at: Moment) -> bool {
    track.class == Class::PERSON
        && track.is_confirmed()
        && has_rested(track, at)
        && !track.is_partly_hidden()
        && patch::is_large_enough(&track.box_in_frame)
}

fn has_rested(track: &Track, at: Moment) -> bool {
    track.rests() && at.since(track.first_seen) >= RESTS_FOR
}

/// One place at which something stands.
#[derive(Debug, Clone)]
struct Place {
    memory: PlaceMemory,
    /// What it looks like in the latest picture.
    now: Patch,
    sight: Likeness,
    /// Which samples differ from the light in which it is the same.
    differs: Flags,
    hour: Hour,
    /// For how long it has been changed while nobody was found there.
    left_for: Duration,
    /// It was unchanged until the light became another one, and nobody came near since.
    may_learn_light: bool,
    new_light: Option<NewLight>,
    followed_at: Option<Moment>,
    /// The last look changed what is to be kept.
    is_news: bool,
    /// It is to be forgotten.
    is_over: bool,
}

/// A light that may become one in which the place is known.
#[derive(Debug, Clone)]
struct NewLight {
    patch: Patch,
    since: Moment,
    /// A person came near in the meantime.
    was_touched: bool,
}

/// Looks within one hour of the clock.
#[derive(Debug, Clone, Copy)]
struct Hour {
    /// Hours since 1970.
    number: i64,
    looked: u32,
    unchanged: u32,
    found: u32,
}

impl Hour {
    fn new(number: i64) -> Self {
        Hour { number, looked: 0, unchanged: 0, found: 0 }
    }
}

impl Place {
    fn at(box_in_frame: BBox) -> Self {
        Place::of(PlaceMemory {
            box_in_frame,
            is_furniture: false,
            good_days: 0,
            bad_days: 0,
            day: Day::default(),
            lights: Vec::new(),
        })
    }

    fn of(mut memory: PlaceMemory) -> Self {
        memory.lights.reserve(MOST_LIGHTS);
        Place {
            memory,
            now: [0; SAMPLES],
            sight: Likeness::Unclear,
            differs: [false; SAMPLES],
            hour: Hour::new(i64::MIN),
            left_for: Duration::ZERO,
            may_learn_light: false,
            new_light: None,
            followed_at: None,
            is_news: false,
            is_over: false,
        }
    }

    fn explains(&self, b: &BBox) -> bool {
        let place = &self.memory.box_in_frame;
        let area = patch::area(place);
        let lies_within = b.x0 >= area.x0 && b.y0 >= area.y0 && b.x1 <= area.x1 && b.y1 <= area.y1;
        self.memory.is_furniture
            && self.sight == Likeness::Same
            && lies_within
            && place.iou(b) >= SAME_PLACE
            && patch::marked_within(place, b, &self.differs) <= MOST_DIFFERING
    }

    /// Takes in the latest picture, `step` after the one before, and what was found in it.
    fn judge(&mut self, at: Moment, step: Duration, seen: &[Seen]) {
        self.is_news = false;
        let b = self.memory.box_in_frame;
        let is_its = |seen: &&Seen| seen.box_in_frame.iou(&b) >= SAME_PLACE;
        let is_found = seen.iter().filter(is_its).any(|seen| seen.is_person);
        // What lies in it, a face or a bag, hides nothing of it: it is what may have come.
        let lies_in_it = |seen: &&Seen| {
            let common = seen.box_in_frame.intersection(&b).map_or(0.0, |common| common.area());
            common >= 0.5 * seen.box_in_frame.area()
        };
        let others = seen.iter().filter(|seen| !is_its(seen) && !lies_in_it(seen));
        let others = others.map(|other| (other.box_in_frame, other.moves));
        let mut hidden = [false; SAMPLES];
        let is_touched = patch::mark_hidden(&b, others, &mut hidden);
        if self.memory.lights.is_empty() {
            // What it looks like is taken when nobody passes by.
            self.is_over = !is_found;
            if !is_touched {
                self.memory.lights.push(self.now);
            }
            return;
        }
        self.sight = self.compare(&hidden);
        self.count(at, is_found);
        match self.sight {
            Likeness::Same => {
                (self.left_for, self.may_learn_light, self.new_light) = (Duration::ZERO, true, None);
                self.follow(at, &hidden);
            }
            _ if is_touched => match &mut self.new_light {
                Some(light) => light.was_touched = true,
                None => self.may_learn_light = false,
            },
            Likeness::Changed => {
                (self.may_learn_light, self.new_light) = (false, None);
                if !is_found {
                    self.left_for += step;
                    self.is_over |= self.is_left();
                }
            }
            Likeness::OtherLight if is_found && self.may_learn_light => self.learn_light(at, &hidden),
            Likeness::OtherLight | Likeness::Unclear => {}
        }
    }

    /// How it looks beside all lights in which it is known. The light in which it is the same comes first afterwards.
    fn compare(&mut self, hidden: &Flags) -> Likeness {
        let mut sight = Likeness::OtherLight;
        for index in 0..self.memory.lights.len() {
            let in_this = patch::compare(&self.memory.lights[index], &self.now, hidden, &mut self.differs);
            if in_this == Likeness::Same {
                self.memory.lights[..=index].rotate_right(1);
                return in_this;
            }
            sight = sight.max(in_this);
        }
        sight
    }

    /// Shadows creep and the day grows brighter.
    fn follow(&mut self, at: Moment, hidden: &Flags) {
        if self.followed_at.is_some_and(|followed| at.since(followed) < FOLLOWED_EVERY) {
            return;
        }
        self.followed_at = Some(at);
        let Some(light) = self.memory.lights.first_mut() else { return };
        for ((level, now), _) in light.iter_mut().zip(&self.now).zip(hidden).filter(|(_, hidden)| !**hidden) {
            *level = if *now > *level { *level + 1 } else { *level - u8::from(*now < *level) };
        }
    }

    fn learn_light(&mut self, at: Moment, hidden: &Flags) {
        let begun = NewLight { patch: self.now, since: at, was_touched: false };
        let Some(light) = &self.new_light else {
            self.new_light = Some(begun);
            return;
        };
        let likeness = patch::compare(&light.patch, &self.now, hidden, &mut self.differs);
        let is_steady = likeness == Likeness::Same;
        if likeness == Likeness::Changed || (!is_steady && light.was_touched) {
            // The person who came may have stayed.
            (self.may_learn_light, self.new_light) = (false, None);
        } else if !is_steady {
            self.new_light = Some(begun);
        } else if at.since(light.since) >= LIGHT_KNOWN_AFTER {
            self.new_light = None;
            self.memory.lights.truncate(MOST_LIGHTS - 1);
            self.memory.lights.insert(0, self.now);
            self.is_news |= self.memory.is_worth_keeping();
        }
    }

    /// Whether whatever stood there is gone. What is furniture may be hidden for a day.
    fn is_left(&self) -> bool {
        let PlaceMemory { is_furniture, good_days, day, .. } = &self.memory;
        let is_young = *good_days == 0 && day.looked == 0;
        let limit = if is_young { LEFT_AFTER_AT_FIRST } else { LEFT_AFTER };
        !is_furniture && self.left_for >= limit
    }

    fn count(&mut self, at: Moment, is_found: bool) {
        let number = at.utc.as_second().div_euclid(3600);
        if number != self.hour.number {
            // A clock that is set back proves nothing.
            if number > self.hour.number {
                self.close_hour();
            }
            self.hour = Hour::new(number);
        }
        self.hour.looked += u32::from(self.sight != Likeness::Unclear);
        let is_unchanged = self.sight == Likeness::Same;
        self.hour.unchanged += u32::from(is_unchanged);
        self.hour.found += u32::from(is_unchanged && is_found);
    }

    fn close_hour(&mut self) {
        let Hour { looked, unchanged, found, .. } = self.hour;
        if looked < LEAST_LOOKS {
            return;
        }
        let was_unchanged = 2 * unchanged >= looked;
        let was_found = was_unchanged && found > 0;
        let memory = &mut self.memory;
        memory.is_furniture |= was_found && memory.good_days >= DAYS;
        memory.day.looked += 1;
        memory.day.unchanged += u8::from(was_unchanged);
        memory.day.found += u8::from(was_found);
        self.is_news = memory.is_worth_keeping();
        if memory.day.looked < DAY_HOURS {
            return;
        }
        let Day { unchanged, found, .. } = std::mem::take(&mut memory.day);
        if unchanged >= UNCHANGED_HOURS && found >= FOUND_HOURS {
            memory.good_days = (memory.good_days + 1).min(DAYS);
            memory.bad_days = 0;
        } else {
            memory.bad_days += 1;
            self.is_over |= !memory.is_furniture || memory.bad_days >= DAYS;
        }
    }
}

#[cfg(test)]
mod tests;
