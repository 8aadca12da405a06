//! Reads the columns of a block. Must never panic on what it reads, nor reserve memory that the block could not fill.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::{
    BOX_STEPS, Before, Clocks, Columns, EXACT, FIRST_BEFORE, Kind, SCORE_STEPS, THOUSANDTHS, steps,
    thousandths,
};
use crate::analysis::camera_health::NoVideoCause;
use crate::analysis::derived::{AreaDisorder, ConditionReading, HealthReading, LookVerdicts};
use crate::analysis::detection::{Class, Detection};
use crate::analysis::geometry::BBox;
use crate::analysis::pixel_change::Witness;
use crate::analysis::sensor::RawReading;
use crate::analysis::time::Moment;
use crate::journal::columns::{Broken, Rest};
use crate::journal::entry::{Entry, Input, Look, Looked, Unwatched};
use crate::journal::rare::Rare;
use crate::types::camera_condition::CameraCondition;

/// What is known while a block is read.
struct Reading<'a> {
    columns: Columns<Rest<'a>>,
    clocks: Clocks,
    names: Vec<Arc<str>>,
    classes: Vec<Class>,
    before: Vec<Before>,
}

/// Reads a block; `names` keeps each name once for all blocks.
pub(in crate::journal) fn read(
    bytes: &[u8],
    names: &mut Names,
    mut take: impl FnMut(Entry),
) -> Result<(), Broken> {
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
pub(in crate::journal) struct Names(HashMap<String, Arc<str>>);

impl Names {
    fn shared(&mut self, name: &str) -> Arc<str> {
        match self.0.get(name) {
            Some(known) => known.clone(),
            None => self.0.entry(name.to_owned()).or_insert_with(|| name.into()).clone(),
        }
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
