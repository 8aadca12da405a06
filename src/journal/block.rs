//! One block: the records of about half a minute, as columns.
//!
//! A block stands for itself: names, and what the records of a camera are compared with, begin anew in each. Its columns
//! lie one after the other, each with its length before it, in the order of [`Columns`]:
//!
//! - `kinds`: a byte a record, see [`Kind`];
//! - `times`: the difference to the record before on the monotonic clock, nanoseconds, and that of the distance of both clocks;
//! - `names`: which name a record is of (camera or sensor), and the text of a name where it comes first;
//! - `looks`: how a frame was looked at, and which verdicts follow; `counts`: one more than how many detections, or 0 for the
//!   same as in the look of that camera before; `refs`: what each detection is compared with; `classes`, `boxes`, `scores`;
//! - `verdicts`: what pictures said, floating point numbers as they are;
//! - `health`, `readings`, `unwatched`; `rare`: all other records, as JSON.
//!
//! Detections are rounded where they are made ([`Detection::rounded`]), so that a whole number is what was used. Any other
//! one is kept as it is, in four times the room: nothing is changed here.
//!
//! Must never panic on what it reads, nor reserve memory that the block could not fill.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::columns::{Broken, Column, Rest};
use super::entry::{Entry, Input, Look, Looked, Unwatched};
use super::rare::Rare;
use crate::analysis::camera_health::NoVideoCause;
use crate::analysis::derived::{AreaDisorder, ConditionReading, HealthReading, LookVerdicts};
use crate::analysis::detection::{BOX_STEPS, Class, Detection, SCORE_STEPS};
use crate::analysis::geometry::BBox;
use crate::analysis::pixel_change::Witness;
use crate::analysis::sensor::RawReading;
use crate::analysis::time::{Moment, Timestamp};
use crate::types::camera_condition::CameraCondition;

/// Steps of a condition's value and strength.
const THOUSANDTHS: f64 = 1000.0;
/// A detection that is compared with none.
const NEW: u64 = 0;
/// One that is no whole number of steps.
const EXACT: u64 = 1;
/// The first one of the look before; the others follow.
const FIRST_BEFORE: u64 = 2;
/// A detection is compared with one before whose edges, all added, are this near, in steps: a tenth of the picture. What
/// is farther off takes as many bytes as a new one.
const NEAR: i64 = BOX_STEPS as i64 / 10;

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Kind {
    Look = 0,
    Health = 1,
    Tick = 2,
    Silent = 3,
    Back = 4,
    Paused = 5,
    Reading = 6,
    Unwatched = 7,
    Rare = 8,
}

impl Kind {
    const ALL: [Kind; 9] = [
        Kind::Look,
        Kind::Health,
        Kind::Tick,
        Kind::Silent,
        Kind::Back,
        Kind::Paused,
        Kind::Reading,
        Kind::Unwatched,
        Kind::Rare,
    ];
}

/// The columns of a block, in their order.
#[derive(Debug, Default)]
struct Columns<C> {
    kinds: C,
    times: C,
    names: C,
    looks: C,
    counts: C,
    refs: C,
    classes: C,
    boxes: C,
    scores: C,
    verdicts: C,
    health: C,
    readings: C,
    unwatched: C,
    rare: C,
}

impl<C> Columns<C> {
    fn each(&mut self, mut with: impl FnMut(&mut C)) {
        let Columns {
            kinds,
            times,
            names,
            looks,
            counts,
            refs,
            classes,
            boxes,
            scores,
            verdicts,
            health,
            readings,
            unwatched,
            rare,
        } = self;
        for column in [
            kinds, times, names, looks, counts, refs, classes, boxes, scores, verdicts, health, readings,
            unwatched, rare,
        ] {
            with(column);
        }
    }
}

/// Both clocks in nanoseconds: the monotonic one, and by how much the other is ahead of it.
#[derive(Debug, Clone, Copy, Default)]
struct Clocks {
    mono: i64,
    ahead: i64,
}

impl Clocks {
    fn of(at: Moment) -> Self {
        let mono = i64::try_from(at.mono.as_nanos()).unwrap_or(i64::MAX);
        let utc = i64::try_from(at.utc.as_nanosecond()).unwrap_or(i64::MAX);
        Clocks { mono, ahead: utc.saturating_sub(mono) }
    }

    fn moment(self) -> Option<Moment> {
        let mono = Duration::from_nanos(u64::try_from(self.mono).ok()?);
        let utc = Timestamp::from_nanosecond(i128::from(self.mono) + i128::from(self.ahead)).ok()?;
        Some(Moment { mono, utc })
    }
}

/// What the next record of a camera is compared with.
#[derive(Debug, Default)]
struct Before {
    detections: Vec<Detection>,
    health: Option<HealthReading>,
}

/// A block that grows.
#[derive(Debug, Default)]
pub(super) struct BlockWriter {
    columns: Columns<Column>,
    clocks: Clocks,
    names: HashMap<Arc<str>, usize>,
    classes: Vec<Class>,
    before: HashMap<usize, Before>,
    records: u32,
    utc: Option<(Timestamp, Timestamp)>,
}

/// A finished block.
#[derive(Debug)]
pub(super) struct Finished {
    /// The columns, one after the other.
    pub bytes: Vec<u8>,
    /// How many records.
    pub records: u32,
    /// The earliest and the latest time in it.
    pub utc: (Timestamp, Timestamp),
}

impl BlockWriter {
    /// Bytes so far, about.
    pub(super) fn size(&mut self) -> usize {
        let mut size = 0;
        self.columns.each(|column| size += column.0.len());
        size
    }

    /// Records so far.
    pub(super) fn records(&self) -> u32 {
        self.records
    }

    /// Takes in a record. One of a damaged file, which only a reader makes, is left out.
    pub(super) fn add(&mut self, entry: &Entry) {
        let Some(at) = entry.at() else { return };
        match entry {
            Entry::Input(Input::Look(look)) => {
                let camera = self.begin(Kind::Look, at, Some(&look.camera)).unwrap_or_default();
                self.look(camera, look);
            }
            Entry::Input(Input::Health { camera, reading, .. }) => {
                let camera = self.begin(Kind::Health, at, Some(camera)).unwrap_or_default();
                self.health(camera, reading);
            }
            Entry::Input(Input::Tick { .. }) => {
                self.begin(Kind::Tick, at, None);
            }
            Entry::Input(Input::Silent { camera, cause, .. }) => {
                self.begin(Kind::Silent, at, Some(camera));
                self.columns.readings.bytes(cause.map_or("", NoVideoCause::name).as_bytes());
            }
            Entry::Input(Input::Back { camera, .. }) => {
                self.begin(Kind::Back, at, Some(camera));
            }
            Entry::Input(Input::Paused { camera, .. }) => {
                self.begin(Kind::Paused, at, Some(camera));
            }
            Entry::Input(Input::Reading { sensor, reading, .. }) => {
                self.begin(Kind::Reading, at, Some(sensor));
                match reading {
                    RawReading::Value(value) => {
                        self.columns.readings.byte(0);
                        self.columns.readings.double(*value);
                    }
                    RawReading::Unreadable(why) => {
                        self.columns.readings.byte(1);
                        self.columns.readings.bytes(why.to_string().as_bytes());
                    }
                }
            }
            Entry::Unwatched(unwatched) => {
                self.begin(Kind::Unwatched, at, Some(&unwatched.camera));
                for number in unwatched_numbers(unwatched) {
                    self.columns.unwatched.number(number);
                }
            }
            Entry::Input(
                Input::Acknowledge { .. }
                | Input::Handle { .. }
                | Input::MuteChanged { .. }
                | Input::Test { .. },
            )
            | Entry::Session(_)
            | Entry::Reload { .. }
            | Entry::Published(_)
            | Entry::Hole(_)
            | Entry::Stop { .. } => self.rare(at, entry),
        }
    }

    fn rare(&mut self, at: Moment, entry: &Entry) {
        // JSON can hold all of it: names and numbers.
        let Some(json) = Rare::of(entry).and_then(|rare| serde_json::to_vec(&rare).ok()) else { return };
        self.begin(Kind::Rare, at, None);
        self.columns.rare.bytes(&json);
    }

    /// The kind, the time and the name of a record; returns which name that is.
    fn begin(&mut self, kind: Kind, at: Moment, name: Option<&Arc<str>>) -> Option<usize> {
        self.records += 1;
        let (first, last) = self.utc.unwrap_or((at.utc, at.utc));
        self.utc = Some((first.min(at.utc), last.max(at.utc)));
        self.columns.kinds.byte(kind as u8);
        let clocks = Clocks::of(at);
        self.columns.times.signed(clocks.mono.wrapping_sub(self.clocks.mono));
        self.columns.times.signed(clocks.ahead.wrapping_sub(self.clocks.ahead));
        self.clocks = clocks;
        name.map(|name| {
            if let Some(index) = self.names.get(name) {
                self.columns.names.number(*index as u64);
                return *index;
            }
            let index = self.names.len();
            self.names.insert(name.clone(), index);
            self.columns.names.number(index as u64);
            self.columns.names.bytes(name.as_bytes());
            index
        })
    }

    fn look(&mut self, camera: usize, look: &Look) {
        let Look { looked, detections, verdicts, .. } = look;
        let LookVerdicts { furniture, changes, flow } = &**verdicts;
        let flags = u8::from(!furniture.is_empty())
            | u8::from(changes.is_some()) << 1
            | u8::from(flow.is_some()) << 2;
        let looked = match looked {
            Looked::NotAtAll => 0,
            Looked::Once => 1,
            Looked::Twice => 2,
        };
        self.columns.looks.byte(looked | flags << 2);
        let before = self.before.entry(camera).or_default();
        if before.detections == *detections {
            self.columns.counts.number(0);
        } else {
            self.columns.counts.number(detections.len() as u64 + 1);
            for detection in detections {
                write_detection(&mut self.columns, &mut self.classes, &before.detections, detection);
            }
            before.detections.clone_from(detections);
        }
        let column = &mut self.columns.verdicts;
        if !furniture.is_empty() {
            column.number(furniture.len() as u64);
            furniture.iter().for_each(|index| column.number(u64::from(*index)));
        }
        if let Some(changes) = changes {
            column.number(changes.len() as u64);
            for (b, witness) in changes {
                column.byte(witness.number());
                write_box(column, b);
            }
        }
        if let Some(flow) = flow {
            column.number(flow.len() as u64);
            for AreaDisorder { area, height, disorder } in flow {
                write_box(column, area);
                column.float(*height);
                column.float(*disorder);
            }
        }
    }

    fn health(&mut self, camera: usize, reading: &HealthReading) {
        let column = &mut self.columns.health;
        let before = self.before.entry(camera).or_default().health.replace(*reading);
        if before == Some(*reading) {
            return column.byte(0);
        }
        let is_whole = reading.conditions.iter().all(|condition| thousandths(condition).is_some());
        let has_aspect = before.is_none_or(|before| before.aspect != reading.aspect);
        column.byte(1 | u8::from(has_aspect) << 1 | u8::from(!is_whole) << 2);
        if has_aspect {
            column.float(reading.aspect);
        }
        let on = reading.conditions.iter().enumerate().map(|(bit, condition)| u8::from(condition.on) << bit);
        column.byte(on.fold(0, |all, bit| all | bit));
        for (index, condition) in reading.conditions.iter().enumerate() {
            match thousandths(condition).filter(|_| is_whole) {
                Some((value, strength)) => {
                    let known = before.and_then(|before| thousandths(&before.conditions[index]));
                    let (value_before, strength_before) = known.unwrap_or_default();
                    column.signed(value.wrapping_sub(value_before));
                    column.signed(strength.wrapping_sub(strength_before));
                }
                None => {
                    column.double(condition.value);
                    column.float(condition.strength);
                }
            }
        }
    }

    /// Ends the block; `None` where there is nothing in it.
    pub(super) fn finish(&mut self) -> Option<Finished> {
        let mut done = std::mem::take(self);
        let utc = done.utc?;
        let mut bytes = Column::default();
        done.columns.each(|column| bytes.bytes(&column.0));
        Some(Finished { bytes: bytes.0, records: done.records, utc })
    }
}

fn unwatched_numbers(of: &Unwatched) -> [u64; 8] {
    let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    [
        millis(of.over),
        millis(of.blind),
        of.units,
        of.not_decoded,
        of.given_up,
        of.not_due,
        of.overloaded,
        of.looked,
    ]
}

/// The value and the strength in thousandths, where that is what they are.
fn thousandths(condition: &ConditionReading) -> Option<(i64, i64)> {
    let value = (condition.value * THOUSANDTHS).round();
    let strength = (condition.strength * THOUSANDTHS as f32).round();
    let is_exact = value.abs() < 1e15
        && (value as i64 as f64 / THOUSANDTHS).to_bits() == condition.value.to_bits()
        && (strength as i64 as f32 / THOUSANDTHS as f32).to_bits() == condition.strength.to_bits();
    is_exact.then_some((value as i64, strength as i64))
}

fn write_box(column: &mut Column, b: &BBox) {
    for edge in [b.x0, b.y0, b.x1, b.y1] {
        column.float(edge);
    }
}

/// The edges and the score in steps, where that is what they are.
fn steps(detection: &Detection) -> Option<([i64; 4], i64)> {
    let whole = |value: f32, steps: f32| {
        let count = (value * steps).round();
        // By way of the whole number: there are two noughts.
        let is_exact = (count as i64 as f32 / steps).to_bits() == value.to_bits();
        ((0.0..=steps).contains(&count) && is_exact).then_some(count as i64)
    };
    let BBox { x0, y0, x1, y1 } = detection.box_in_frame;
    let edge = |edge| whole(edge, BOX_STEPS);
    Some(([edge(x0)?, edge(y0)?, edge(x1)?, edge(y1)?], whole(detection.score, SCORE_STEPS)?))
}

fn write_detection(
    columns: &mut Columns<Column>,
    classes: &mut Vec<Class>,
    before: &[Detection],
    detection: &Detection,
) {
    let Some((edges, score)) = steps(detection) else {
        columns.refs.number(EXACT);
        write_class(columns, classes, detection.class);
        write_box(&mut columns.boxes, &detection.box_in_frame);
        return columns.scores.float(detection.score);
    };
    let nearest = before
        .iter()
        .enumerate()
        .filter(|(_, other)| other.class == detection.class)
        .filter_map(|(index, other)| Some((index, steps(other)?)))
        .map(|(index, (edges_before, score_before))| {
            let apart: i64 = edges.iter().zip(edges_before).map(|(a, b)| (a - b).abs()).sum();
            (apart, index, edges_before, score_before)
        })
        .min_by_key(|(apart, ..)| *apart)
        .filter(|(apart, ..)| *apart <= NEAR);
    match nearest {
        Some((_, index, edges_before, score_before)) => {
            columns.refs.number(FIRST_BEFORE + index as u64);
            edges.iter().zip(edges_before).for_each(|(now, before)| columns.boxes.signed(now - before));
            columns.scores.signed(score - score_before);
        }
        None => {
            columns.refs.number(NEW);
            write_class(columns, classes, detection.class);
            edges.iter().for_each(|edge| columns.boxes.signed(*edge));
            columns.scores.signed(score);
        }
    }
}

fn write_class(columns: &mut Columns<Column>, classes: &mut Vec<Class>, class: Class) {
    match classes.iter().position(|known| *known == class) {
        Some(index) => columns.classes.number(index as u64),
        None => {
            columns.classes.number(classes.len() as u64);
            columns.classes.bytes(class.name().as_bytes());
            classes.push(class);
        }
    }
}

/// What is known while a block is read.
struct Reading<'a> {
    columns: Columns<Rest<'a>>,
    clocks: Clocks,
    names: Vec<Arc<str>>,
    classes: Vec<Class>,
    before: Vec<Before>,
}

/// Reads a block; `names` keeps each name once for all blocks.
pub(super) fn read(bytes: &[u8], names: &mut Names, mut take: impl FnMut(Entry)) -> Result<(), Broken> {
    let mut columns = Columns::default();
    let (mut all, mut is_broken) = (Rest(bytes), false);
    columns.each(|column: &mut Rest<'_>| match all.bytes() {
        Ok(bytes) => *column = Rest(bytes),
        Err(Broken) => is_broken = true,
    });
    if is_broken || !all.is_empty() {
        return Err(Broken);
    }
    let mut reading = Reading {
        columns,
        clocks: Clocks::default(),
        names: Vec::new(),
        classes: Vec::new(),
        before: Vec::new(),
    };
    while !reading.columns.kinds.is_empty() {
        take(reading.next(names)?);
    }
    Ok(())
}

/// Names that were read: each is kept once.
#[derive(Debug, Default)]
pub(super) struct Names(HashMap<String, Arc<str>>);

impl Names {
    fn shared(&mut self, name: &str) -> Arc<str> {
        match self.0.get(name) {
            Some(known) => known.clone(),
            None => self.0.entry(name.to_owned()).or_insert_with(|| name.into()).clone(),
        }
    }
}

impl Default for Rest<'_> {
    fn default() -> Self {
        Rest(&[])
    }
}

impl Reading<'_> {
    fn next(&mut self, names: &mut Names) -> Result<Entry, Broken> {
        let kind = usize::from(self.columns.kinds.byte()?);
        let kind = *Kind::ALL.get(kind).ok_or(Broken)?;
        self.clocks.mono = self.clocks.mono.wrapping_add(self.columns.times.signed()?);
        self.clocks.ahead = self.clocks.ahead.wrapping_add(self.columns.times.signed()?);
        let at = self.clocks.moment().ok_or(Broken)?;
        Ok(Entry::Input(match kind {
            Kind::Tick => Input::Tick { at },
            Kind::Look => {
                let (index, camera) = self.name(names)?;
                Input::Look(self.look(index, camera, at)?)
            }
            Kind::Health => {
                let (index, camera) = self.name(names)?;
                Input::Health { camera, at, reading: Box::new(self.health(index)?) }
            }
            Kind::Silent => {
                let (_, camera) = self.name(names)?;
                let cause = text(self.columns.readings.bytes()?)?;
                Input::Silent { camera, at, cause: NoVideoCause::named(cause) }
            }
            Kind::Back => Input::Back { camera: self.name(names)?.1, at },
            Kind::Paused => Input::Paused { camera: self.name(names)?.1, at },
            Kind::Reading => {
                let (_, sensor) = self.name(names)?;
                let reading = match self.columns.readings.byte()? {
                    0 => RawReading::Value(self.columns.readings.double()?),
                    1 => RawReading::Unreadable(text(self.columns.readings.bytes()?)?.to_owned().into()),
                    _ => return Err(Broken),
                };
                Input::Reading { sensor, at, reading }
            }
            Kind::Unwatched => {
                let (_, camera) = self.name(names)?;
                return self.unwatched(camera, at);
            }
            Kind::Rare => {
                let rare: Rare = serde_json::from_slice(self.columns.rare.bytes()?).map_err(|_| Broken)?;
                return rare.whole(at).ok_or(Broken);
            }
        }))
    }

    fn name(&mut self, names: &mut Names) -> Result<(usize, Arc<str>), Broken> {
        let index = usize::try_from(self.columns.names.number()?).map_err(|_| Broken)?;
        if index == self.names.len() {
            self.names.push(names.shared(text(self.columns.names.bytes()?)?));
            self.before.push(Before::default());
        }
        Ok((index, self.names.get(index).ok_or(Broken)?.clone()))
    }

    fn look(&mut self, index: usize, camera: Arc<str>, at: Moment) -> Result<Look, Broken> {
        let how = self.columns.looks.byte()?;
        let looked = match how & 3 {
            0 => Looked::NotAtAll,
            1 => Looked::Once,
            2 => Looked::Twice,
            _ => return Err(Broken),
        };
        let before = self.before.get_mut(index).ok_or(Broken)?;
        let left = self.columns.refs.0.len();
        if let Some(count) = self.columns.counts.count(left + 1)?.checked_sub(1) {
            let mut detections = Vec::with_capacity(count);
            for _ in 0..count {
                detections.push(read_detection(&mut self.columns, &mut self.classes, &before.detections)?);
            }
            before.detections = detections;
        }
        let detections = before.detections.clone();
        let verdicts = Box::new(read_verdicts(&mut self.columns.verdicts, how >> 2)?);
        Ok(Look { camera, at, looked, detections, verdicts })
    }

    fn health(&mut self, index: usize) -> Result<HealthReading, Broken> {
        let column = &mut self.columns.health;
        let before = self.before.get_mut(index).ok_or(Broken)?;
        let flags = column.byte()?;
        if flags == 0 {
            return before.health.ok_or(Broken);
        }
        let aspect = match before.health {
            _ if flags & 2 != 0 => column.float()?,
            Some(before) => before.aspect,
            None => return Err(Broken),
        };
        let on = column.byte()?;
        let mut conditions = [ConditionReading::default(); CameraCondition::ALL.len()];
        for (index, condition) in conditions.iter_mut().enumerate() {
            condition.on = on >> index & 1 != 0;
            if flags & 4 != 0 {
                (condition.value, condition.strength) = (column.double()?, column.float()?);
                continue;
            }
            let known = before.health.and_then(|before| thousandths(&before.conditions[index]));
            let (value_before, strength_before) = known.unwrap_or_default();
            condition.value = value_before.wrapping_add(column.signed()?) as f64 / THOUSANDTHS;
            condition.strength = strength_before.wrapping_add(column.signed()?) as f32 / THOUSANDTHS as f32;
        }
        let reading = HealthReading { aspect, conditions };
        before.health = Some(reading);
        Ok(reading)
    }

    fn unwatched(&mut self, camera: Arc<str>, at: Moment) -> Result<Entry, Broken> {
        let mut number = || self.columns.unwatched.number();
        Ok(Entry::Unwatched(Unwatched {
            at,
            camera,
            over: Duration::from_millis(number()?),
            blind: Duration::from_millis(number()?),
            units: number()?,
            not_decoded: number()?,
            given_up: number()?,
            not_due: number()?,
            overloaded: number()?,
            looked: number()?,
        }))
    }
}

fn text(bytes: &[u8]) -> Result<&str, Broken> {
    std::str::from_utf8(bytes).map_err(|_| Broken)
}

fn read_box(column: &mut Rest<'_>) -> Result<BBox, Broken> {
    Ok(BBox { x0: column.float()?, y0: column.float()?, x1: column.float()?, y1: column.float()? })
}

fn read_verdicts(column: &mut Rest<'_>, flags: u8) -> Result<LookVerdicts, Broken> {
    let mut verdicts = LookVerdicts::default();
    if flags & 1 != 0 {
        for _ in 0..column.count(column.0.len())? {
            verdicts.furniture.push(u16::try_from(column.number()?).map_err(|_| Broken)?);
        }
    }
    if flags & 2 != 0 {
        let mut changes = Vec::new();
        for _ in 0..column.count(column.0.len())? {
            let witness = Witness::numbered(column.byte()?).ok_or(Broken)?;
            changes.push((read_box(column)?, witness));
        }
        verdicts.changes = Some(changes);
    }
    if flags & 4 != 0 {
        let mut flow = Vec::new();
        for _ in 0..column.count(column.0.len())? {
            let area = read_box(column)?;
            flow.push(AreaDisorder { area, height: column.float()?, disorder: column.float()? });
        }
        verdicts.flow = Some(flow);
    }
    Ok(verdicts)
}

fn read_detection(
    columns: &mut Columns<Rest<'_>>,
    classes: &mut Vec<Class>,
    before: &[Detection],
) -> Result<Detection, Broken> {
    let compared = columns.refs.number()?;
    if compared == EXACT {
        let class = read_class(columns, classes)?;
        let box_in_frame = read_box(&mut columns.boxes)?;
        return Ok(Detection { class, score: columns.scores.float()?, box_in_frame });
    }
    let (class, edges_before, score_before) = match compared.checked_sub(FIRST_BEFORE) {
        None => (read_class(columns, classes)?, [0; 4], 0),
        Some(index) => {
            let index = usize::try_from(index).map_err(|_| Broken)?;
            let other = before.get(index).ok_or(Broken)?;
            let (edges, score) = steps(other).ok_or(Broken)?;
            (other.class, edges, score)
        }
    };
    let edge = |steps: i64| steps as f32 / BOX_STEPS;
    let [x0, y0, x1, y1] = edges_before;
    let mut next = |before: i64| Ok(edge(before.wrapping_add(columns.boxes.signed()?)));
    let box_in_frame = BBox { x0: next(x0)?, y0: next(y0)?, x1: next(x1)?, y1: next(y1)? };
    let score = score_before.wrapping_add(columns.scores.signed()?) as f32 / SCORE_STEPS;
    Ok(Detection { class, score, box_in_frame })
}

fn read_class(columns: &mut Columns<Rest<'_>>, classes: &mut Vec<Class>) -> Result<Class, Broken> {
    let index = usize::try_from(columns.classes.number()?).map_err(|_| Broken)?;
    if index == classes.len() {
        classes.push(Class::named(text(columns.classes.bytes()?)?));
    }
    classes.get(index).copied().ok_or(Broken)
}
