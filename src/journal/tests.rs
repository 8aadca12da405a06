//! What was recorded comes back as it was, and makes the same alerts; what is damaged, missing or too much is said and
//! harms nothing else.

mod cost;
mod equality;
mod files;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::writer::Writer;
use super::*;
use crate::analysis::detection::{Class, Detection};
use crate::analysis::geometry::BBox;
use crate::analysis::time::{Moment, Timestamp};
use crate::contract::alert::ModelRef;

/// Monday, 16 November 2026, 10:20 UTC.
const ORIGIN_MS: i64 = 1_794_824_400_000;

fn moment(secs: f64) -> Moment {
    Moment { mono: Duration::from_secs_f64(secs), utc: utc(secs) }
}

/// What a clock shows so many seconds after the origin, or before it.
fn utc(secs: f64) -> Timestamp {
    Timestamp::from_millisecond(ORIGIN_MS + (secs * 1000.0).round() as i64).expect("a day in 2026")
}

fn always() -> std::ops::Range<Timestamp> {
    Timestamp::MIN..Timestamp::MAX
}

fn configuration(text: &str) -> Arc<Configuration> {
    Arc::new(Configuration {
        path: PathBuf::from("/etc/lookout/lookout.toml"),
        text: text.to_owned(),
        settings: Some("{\"rules\":{}}".to_owned()),
        sha256: "ab".repeat(32),
        model: ModelRef { name: "street-small".to_owned(), sha256: "cd".repeat(32) },
        classes: vec![Class::PERSON, Class::named("drone")],
        recommended: BTreeMap::from([(Class::PERSON, 0.35), (Class::CAR, 0.1)]),
    })
}

fn session(id: u64, at: Moment, text: &str) -> Entry {
    Entry::Session(Box::new(Session {
        at,
        id,
        goes_on: false,
        software: "0.1.0".to_owned(),
        box_id: "box-1".into(),
        configuration: configuration(text),
        restored: vec![b"{\"alert\":\"1\"}".to_vec()],
        mutes: Vec::new(),
    }))
}

fn settings(folder: &Path) -> Settings {
    Settings {
        folder: folder.to_owned(),
        keep: Duration::from_secs(7 * 86_400),
        max_bytes: 64 << 20,
        leave_free_bytes: 0,
    }
}

fn writer(settings: Settings) -> Writer {
    Writer::new(settings, Arc::default())
}

fn entries(folder: &Path) -> Vec<Entry> {
    read(folder, always()).expect("the folder is there").collect()
}

fn person(x: f32, score: f32) -> Detection {
    let box_in_frame = BBox::new(x - 0.05, 0.4, x + 0.05, 0.7);
    Detection { class: Class::PERSON, score, box_in_frame }.rounded()
}

fn look(camera: &str, at: Moment, detections: Vec<Detection>) -> Entry {
    let (camera, looked, verdicts) = (camera.into(), Looked::Once, Box::default());
    Entry::Input(Input::Look(Look { camera, at, looked, detections, verdicts }))
}

fn tick(secs: f64) -> Entry {
    Entry::Input(Input::Tick { at: moment(secs) })
}

/// The files of a folder, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    file::list(folder).expect("the folder is there").into_iter().map(|file| file.path).collect()
}
