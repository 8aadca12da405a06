//! How long `lookout retune` and `lookout why-not` take over the detection journal of a simulated box: 64 cameras that are busy
//! for a tenth of the time, three rules each. The figures are of this machine; what travels is how many seconds of the past
//! are judged in one.
//!
//! `cargo bench --bench retune`, for a whole day; `LOOKOUT_BENCH_HOURS=1` for less. A day takes 300 MiB of the folder for
//! temporary files.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the figures are what it is for")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::{Duration, Instant};

use jiff::ToSpan as _;
use lookout::analysis::derived::{ConditionReading, HealthReading};
use lookout::analysis::detection::{Class, Detection};
use lookout::analysis::geometry::BBox;
use lookout::analysis::time::{Moment, Timestamp};
use lookout::contract::alert::ModelRef;
use lookout::journal::{Configuration, Entry, Input, Look, Looked, Session, write_all};

mod street;

/// When the simulated day begins.
const BEGIN_SECS: i64 = 1_794_787_200;

fn moment(secs: f64) -> Moment {
    let utc = Timestamp::from_millisecond(BEGIN_SECS * 1000 + (secs * 1000.0).round() as i64)
        .expect("a day in 2026");
    Moment { mono: Duration::from_secs_f64(secs), utc }
}

fn tick(secs: f64) -> Entry {
    Entry::Input(Input::Tick { at: moment(secs) })
}

/// The configuration of the box; people stand for so long, and are found from that threshold on.
fn text(folder: &Path, threshold: f32, for_secs: u32) -> String {
    let mut text = format!(
        "[site]\nbox = \"box-1\"\narea = \"530127\"\nmode = \"test\"\n[outbox]\ndir = {:?}\n[evidence]\ndir = {:?}\n",
        folder.join("outbox"),
        folder.join("evidence"),
    );
    for n in 0..64 {
        writeln!(
            text,
            "[[camera]]\nid = \"cam-{n:02}\"\neye = \"village\"\nurl = \"rtsp://10.0.0.31/{n}\"\ngrid = \"53012700300102\"\n\
             thresholds = {{ person = {threshold} }}\n\
             [[camera.zone]]\nid = \"lane\"\npolygon = [[0.1, 0.5], [0.9, 0.5], [0.9, 1.0], [0.1, 1.0]]\n\
             [[camera.line]]\nid = \"gate\"\npoints = [[0.5, 0.2], [0.5, 1.0]]\n"
        )
        .expect("text takes it");
    }
    let rules = [
        format!("present = {{ zone = \"lane\", classes = [\"person\"], for_secs = {for_secs} }}"),
        "line = { line = \"gate\", classes = [\"person\"], direction = \"both\" }".to_owned(),
        "crowd = { zone = \"lane\", at_least = 5, for_secs = 10 }".to_owned(),
    ];
    for (n, rule) in rules.iter().enumerate() {
        writeln!(
            text,
            "[[rule]]\nid = \"rule-{n}\"\ncameras = [\"*\"]\nsignal = \"person_present\"\n{rule}\n"
        )
        .expect("text takes it");
    }
    text
}

fn main() {
    let hours =
        std::env::var("LOOKOUT_BENCH_HOURS").ok().and_then(|hours| hours.parse().ok()).unwrap_or(24.0_f64);
    let secs = hours * 3600.0;
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let old = text(folder.path(), 0.30, 3);
    let journal = folder.path().join("outbox/journal");
    fs::create_dir_all(&journal).expect("the folder takes it");
    let configuration = Arc::new(Configuration {
        path: folder.path().join("old.toml"),
        text: old,
        settings: None,
        sha256: "0".repeat(64),
        model: ModelRef { name: "none".to_owned(), sha256: String::new() },
        classes: vec![Class::PERSON, Class::CAR],
        recommended: BTreeMap::new(),
    });
    let session = Session {
        at: moment(0.0),
        id: 1,
        goes_on: false,
        software: env!("CARGO_PKG_VERSION").to_owned(),
        box_id: "box-1".into(),
        configuration,
        restored: Vec::new(),
        mutes: Vec::new(),
    };
    eprintln!("simulating {hours} h of 64 cameras");
    let began = Instant::now();
    let (give, entries) = sync_channel(10_000);
    let simulation = thread::spawn(move || {
        let take = |entry| give.send(entry).expect("somebody writes them");
        take(Entry::Session(Box::new(session)));
        let looks = street::simulate(secs, take);
        take(Entry::Stop { at: moment(secs) });
        looks
    });
    write_all(&journal, entries);
    let looks = simulation.join().expect("it does not panic");
    let bytes: u64 = fs::read_dir(&journal)
        .expect("it is there")
        .map(|file| file.and_then(|file| file.metadata()).map_or(0, |about| about.len()))
        .sum();
    println!(
        "{hours} h: {looks} looks, {} MiB, simulated and written in {:.1} s",
        bytes >> 20,
        began.elapsed().as_secs_f64()
    );
    let new = folder.path().join("new.toml");
    fs::write(&new, text(folder.path(), 0.45, 5)).expect("the folder takes it");
    let end = moment(secs).utc;
    let middle = end.checked_sub(((secs / 2.0) as i64).seconds()).expect("a time");
    let all = ["retune", "--from", &moment(0.0).utc.to_string(), "--to", &end.to_string()].map(str::to_owned);
    let mut eight = all.to_vec();
    (0..8).for_each(|n| eight.extend(["--camera".to_owned(), format!("cam-{n:02}")]));
    let why =
        ["why-not", "--camera", "cam-03", "--rule", "rule-0", "--at", &middle.to_string()].map(str::to_owned);
    for (what, args) in
        [("retune, all cameras", all.to_vec()), ("retune, eight cameras", eight), ("why-not", why.to_vec())]
    {
        let (took, output) = timed(&new, &args);
        println!("{what}: {:.1} s, {:.0} times as fast as it passed", took, secs / took);
        output.lines().take(8).for_each(|line| println!("    {line}"));
    }
}

/// Runs the program as an operator does.
fn timed(config: &Path, args: &[String]) -> (f64, String) {
    let began = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_lookout"))
        .args(args)
        .arg("--config")
        .arg(config)
        .stdin(Stdio::null())
        .output()
        .expect("the program can be started");
    let (said, wrong) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{args:?}: {wrong}");
    (began.elapsed().as_secs_f64(), said.into_owned())
}
