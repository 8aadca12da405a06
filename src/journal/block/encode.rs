//! Writes the columns of a block. Must change nothing of what it is given.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::{Before, Clocks, Columns, EXACT, FIRST_BEFORE, Kind, NEAR, NEW, steps, thousandths};
use crate::analysis::camera_health::NoVideoCause;
use crate::analysis::derived::{AreaDisorder, HealthReading, LookVerdicts};
use crate::analysis::detection::{Class, Detection};
use crate::analysis::geometry::BBox;
use crate::analysis::sensor::RawReading;
use crate::analysis::time::{Moment, Timestamp};
use crate::journal::columns::Column;
use crate::journal::entry::{Entry, Input, Look, Looked, Unwatched};
use crate::journal::rare::Rare;

/// A block that grows.
#[derive(Debug, Default)]
pub(in crate::journal) struct BlockWriter {
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
pub(in crate::journal) struct Finished {
    /// The columns, one after the other.
    pub bytes: Vec<u8>,
    /// How many records.
    pub records: u32,
    /// The earliest and the latest time in it.
    pub utc: (Timestamp, Timestamp),
}

impl BlockWriter {
    /// Bytes so far, about.
    pub(in crate::journal) fn size(&mut self) -> usize {
        let mut size = 0;
        self.columns.each(|column| size += column.0.len());
        size
    }

    /// Records so far.
    pub(in crate::journal) fn records(&self) -> u32 {
        self.records
    }

    /// Takes in a record. One of a damaged file, which only a reader makes, is left out.
    pub(in crate::journal) fn add(&mut self, entry: &Entry) {
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
            | Entry::Mutes { .. }
            | Entry::Published(_)
            | Entry::Shadow(_)
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
    pub(in crate::journal) fn finish(&mut self) -> Option<Finished> {
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

fn write_box(column: &mut Column, b: &BBox) {
    for edge in [b.x0, b.y0, b.x1, b.y1] {
        column.float(edge);
    }
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
