//! What a scrape holds is what the catalogue and the pages say.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Duration;

use super::super::exposition::Format;
use super::super::reference::Of;
use super::super::snapshot::{CameraFigures, ProcessFigures, SensorFigures, Snapshot};
use super::*;
use crate::contract::shadow::ShadowCounts;

/// A box of so many cameras and sensors that has a sample of everything.
fn everything(cameras: usize, sensors: usize) -> (Snapshot, ProcessFigures) {
    let camera = |number| CameraFigures {
        id: format!("cam-{number}").into(),
        state: CameraState::Running,
        conditions: vec![CameraCondition::Dark],
        frames: 25,
        decoded: 5,
        looks: 4,
        dropped: [20, 0, 1, 0, 0],
        reconnects: 1,
        last_frame_age: Some(Duration::from_millis(1500)),
    };
    let sensor = |number| SensorFigures {
        id: format!("drain-{number}").into(),
        state: SensorState::Silent,
        age: Some(Duration::from_secs(90)),
        readings: 12,
        unreadable: 1,
        errors: 2,
    };
    let mut snapshot = Snapshot {
        area: "530127".into(),
        box_id: "box-1".into(),
        clock_synchronised: Some(true),
        clock_error: Some(Duration::from_millis(12)),
        shadow: Some(ShadowCounts { alerts: 3, ..ShadowCounts::default() }),
        cameras: (0..cameras).map(camera).collect(),
        sensors: (0..sensors).map(sensor).collect(),
        ..Snapshot::default()
    };
    snapshot.outbox.disk_free = Some(1 << 40);
    snapshot.alerts.begun.insert(("presence".into(), Level::Orange), 3);
    let process = ProcessFigures {
        started: Some(1.0),
        cpu_secs: Some(2.5),
        resident_bytes: Some(3),
        files: Some(4),
        most_files: Some(5),
        temperatures: BTreeMap::from([("x86_pkg_temp".to_owned(), 51.5)]),
    };
    (snapshot, process)
}

/// The samples of a scrape: name and labels.
fn samples(text: &str) -> Vec<(&str, Vec<&str>)> {
    let of_line = |line| {
        let (series, _): (&str, &str) = str::rsplit_once(line, ' ').unwrap();
        let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
        let labels = labels.trim_end_matches('}').split(',').filter(|label| !label.is_empty());
        (name, labels.map(|label| label.split_once('=').unwrap().0).collect())
    };
    text.lines().filter(|line| !line.starts_with('#')).map(of_line).collect()
}

#[test]
fn every_metric_is_written_and_nothing_else_with_the_labels_it_names() {
    let (snapshot, process) = everything(2, 2);
    for format in [Format::OpenMetrics, Format::Text] {
        let text = snapshot.written(&process, format);
        let known: BTreeMap<String, &&Family> =
            ALL.iter().map(|family| (family.sample_name(), family)).collect();
        assert_eq!(known.len(), ALL.len(), "each name once");
        let mut written = BTreeSet::new();
        for (name, labels) in samples(&text) {
            let family = known.get(name).unwrap_or_else(|| panic!("{name} is not in the catalogue"));
            let expected: Vec<&str> = family.labels.iter().map(Label::name).collect();
            assert_eq!(labels, expected, "{name}");
            written.insert(name);
        }
        let missing: Vec<&String> = known.keys().filter(|name| !written.contains(name.as_str())).collect();
        assert!(missing.is_empty(), "{missing:?}");
        let mut series = BTreeSet::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            assert!(series.insert(line.rsplit_once(' ').unwrap().0), "twice: {line}");
        }
        let described: Vec<&str> = text.lines().filter(|line| line.starts_with("# TYPE")).collect();
        assert_eq!(described.len(), ALL.len(), "each is described once: {described:#?}");
    }
}

#[test]
fn a_camera_and_a_sensor_cost_as_many_series_as_the_pages_say() {
    let count = |cameras, sensors| {
        let (snapshot, process) = everything(cameras, sensors);
        samples(&snapshot.written(&process, Format::OpenMetrics)).len()
    };
    assert_eq!(count(8, 2) - count(7, 2), Of::Camera.series());
    assert_eq!(count(3, 9) - count(3, 8), Of::Sensor.series());
    // One kind of alert and one temperature are among them, besides those that every box has.
    assert_eq!(count(0, 0), Of::Box.series() + 2);
}

#[test]
fn names_keep_to_the_conventions() {
    for family in ALL {
        let name = family.name;
        let is_plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        assert!(is_plain && !name.ends_with("_total") && !name.ends_with("_info"), "{name}");
        assert!(name.starts_with("lookout_") || name.starts_with("process_"), "{name}");
        let help = family.help_in_english();
        assert!(help.ends_with('.') && !help.contains('"'), "{name}: {help}");
        for label in family.labels {
            assert!(!["le", "quantile", "job", "instance"].contains(&label.name()), "{name}");
        }
    }
}

#[test]
fn of_its_states_a_camera_has_exactly_one() {
    let (snapshot, process) = everything(1, 1);
    let text = snapshot.written(&process, Format::Text);
    let ones = |name: &str| {
        let of_name = |line: &&str| line.starts_with(name) && line.ends_with(" 1");
        text.lines().filter(of_name).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(ones("lookout_camera_state{"), ["lookout_camera_state{camera=\"cam-0\",state=\"running\"} 1"]);
    assert_eq!(
        ones("lookout_sensor_state{"),
        ["lookout_sensor_state{sensor=\"drain-0\",state=\"silent\"} 1"]
    );
    assert_eq!(
        ones("lookout_camera_condition{"),
        ["lookout_camera_condition{camera=\"cam-0\",condition=\"dark\"} 1"]
    );
}

/// With `LOOKOUT_WRITE_PAGES` in the environment the tables are written anew.
#[test]
fn the_pages_list_what_a_scrape_holds() {
    for (language, file) in
        [(Language::English, "deploy/METRICS.md"), (Language::Chinese, "deploy/METRICS.zh-CN.md")]
    {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let before = fs::read_to_string(&path).unwrap();
        let mut page = before.clone();
        for (name, of) in [("box", Of::Box), ("camera", Of::Camera), ("sensor", Of::Sensor)] {
            let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
            let from = page.find(&begin).unwrap_or_else(|| panic!("{file} has no {begin}")) + begin.len();
            let to = page.find(&end).unwrap_or_else(|| panic!("{file} has no {end}"));
            page.replace_range(from..to, &of.table(language));
        }
        if std::env::var_os("LOOKOUT_WRITE_PAGES").is_some() {
            fs::write(&path, &page).unwrap();
        } else {
            assert_eq!(before, page, "{file}: write it anew with LOOKOUT_WRITE_PAGES=1");
        }
    }
}
