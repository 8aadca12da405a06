//! The birth certificate: what the box is, watches and runs. Large ones are several messages.

use std::collections::BTreeMap;

use crate::analysis::detection::Class;
use crate::analysis::geometry::Point;
use crate::analysis::rules::Rule;
use crate::analysis::sensor::Threshold;
use crate::analysis::signals::{Feed, LevelPlan, Selector, SignalPlan};
use crate::analysis::time::Timestamp;
use crate::config::{Camera, Config, Sensor};
use crate::contract::alert_event::rounded;
use crate::contract::box_key::PublicJwk;
use crate::contract::box_status::{MetaCamera, MetaData, MetaModel, MetaSensor, Software};
use crate::contract::messages::{BoxTopic, META, META_PART};
use crate::contract::meta_rules::{
    MetaFeed, MetaLevel, MetaNight, MetaRule, MetaSignal, MetaThreshold, MetaZone, ZoneShape,
};
use crate::contract::words::Crs;
use crate::contract::{EventError, gcj02, meta_part};
use crate::control::commands;

/// The birth message and its further parts, each with its topic below the box's.
///
/// # Errors
/// It cannot be made small enough.
pub(super) fn meta(
    config: &Config,
    models: Vec<MetaModel>,
    signing_key: Option<PublicJwk>,
    at: Timestamp,
) -> Result<Vec<(BoxTopic, Vec<u8>)>, EventError> {
    let of_cameras = config.cameras.iter().map(|camera| camera.grid.to_string());
    let of_sensors = config.sensors.list.iter().map(|sensor| sensor.plan.grid.to_string());
    let mut grids: Vec<String> = of_cameras.chain(of_sensors).collect();
    grids.sort();
    grids.dedup();
    let data = MetaData {
        box_id: config.site.box_id.to_string(),
        area: config.site.area.to_string(),
        site: config.site.name.clone(),
        software: Software::this(),
        mode: config.site.mode,
        language: config.site.language,
        time_zone: config.site.time_zone_name.clone(),
        grids,
        grids_omitted: 0,
        parts: 0,
        cameras: config.cameras.iter().map(|one| camera(one, config)).collect(),
        cameras_omitted: 0,
        sensors: config.sensors.list.iter().map(|one| sensor(one, config)).collect(),
        sensors_omitted: 0,
        zones: config.cameras.iter().flat_map(zones).collect(),
        zones_omitted: 0,
        rules: config.rules.iter().map(|one| rule(one, config)).collect(),
        rules_omitted: 0,
        signals: config.signals.iter().map(signal).collect(),
        signals_omitted: 0,
        models,
        config_sha256: config.sha256.clone(),
        commands: commands::names().into_iter().map(str::to_owned).collect(),
        signing_key,
    };
    let id = format!("meta.{at}");
    let (first, parts) = meta_part::split(data, &id);
    let sender = config.sender();
    let mut messages = vec![(META.at(&[]), sender.event(id.clone(), None, at, first)?)];
    for part in parts {
        let number = part.part.to_string();
        let (topic, id) = (META_PART.at(&[&number]), format!("{id}.{number}"));
        messages.push((topic, sender.event(id, None, at, part)?));
    }
    Ok(messages)
}

/// A sentence that lists very many classes is cut.
const MOST_CHARACTERS: usize = 500;
/// A sensor that counts fully so close to its threshold does so at once.
const AT_ONCE: f64 = 1e-6;

fn camera(camera: &Camera, config: &Config) -> MetaCamera {
    MetaCamera {
        id: camera.id.to_string(),
        eye: camera.eye,
        grid: camera.grid.to_string(),
        address: camera.address.clone(),
        lonlat: camera.lonlat,
        analysis_fps: Some(rounded(camera.analysis_hz.into())),
        thresholds: thresholds(&camera.thresholds),
        night: camera.night.as_ref().map(|night| MetaNight {
            schedule: night.schedule.to_string(),
            thresholds: thresholds(&night.thresholds),
        }),
        crs: camera.lonlat.map(|_| Crs::Wgs84),
        lonlat_gcj02: as_gcj02(camera.lonlat, config),
        responsible: camera.responsible.clone(),
    }
}

fn sensor(sensor: &Sensor, config: &Config) -> MetaSensor {
    MetaSensor {
        id: sensor.plan.id.to_string(),
        quantity: sensor.plan.quantity.to_string(),
        unit: sensor.plan.unit.to_string(),
        grid: sensor.plan.grid.to_string(),
        address: sensor.address.clone(),
        lonlat: sensor.lonlat,
        crs: sensor.lonlat.map(|_| Crs::Wgs84),
        lonlat_gcj02: as_gcj02(sensor.lonlat, config),
        responsible: sensor.responsible.clone(),
    }
}

/// The same place in the coordinates of Chinese maps, where the site wants those, too.
fn as_gcj02(lonlat: Option<[f64; 2]>, config: &Config) -> Option<[f64; 2]> {
    lonlat.filter(|_| config.site.also_gcj02).map(gcj02::from_wgs84)
}

fn thresholds(of: &BTreeMap<Class, f32>) -> Vec<MetaThreshold> {
    of.iter()
        .map(|(class, score)| MetaThreshold {
            class: class.name().to_owned(),
            score: rounded(f64::from(*score)),
        })
        .collect()
}

/// The zones, then the lines of a camera.
fn zones(camera: &Camera) -> Vec<MetaZone> {
    let drawn = |id: &str, shape, points: &[Point], counted| {
        let points = points.iter().map(|point| [point.x, point.y].map(|part| rounded(f64::from(part))));
        let points = points.collect();
        MetaZone { camera: camera.id.to_string(), id: id.to_owned(), shape, points, counted }
    };
    let areas = camera
        .zones
        .iter()
        .map(|(id, polygon)| drawn(id, ZoneShape::Area, polygon.corners(), camera.counted.contains(id)));
    let lines =
        camera.lines.iter().map(|(id, line)| drawn(id, ZoneShape::Line, &[line.from, line.to], false));
    areas.chain(lines).collect()
}

fn rule(rule: &Rule, config: &Config) -> MetaRule {
    let place = rule.when.place().to_string();
    let (zone, line) = match rule.when.zone() {
        Some(_) => (Some(place), None),
        None => (None, Some(place)),
    };
    let mut condition = rule.when.sentence().in_language(config.site.language);
    if let Some((cut, _)) = condition.char_indices().nth(MOST_CHARACTERS) {
        condition.truncate(cut);
        condition.push('…');
    }
    MetaRule {
        id: rule.id.to_string(),
        kind: rule.signal.to_string(),
        level: rule.level,
        title: config.titles.get(&rule.id).cloned(),
        when: rule.when.name().to_owned(),
        condition,
        zone,
        line,
        classes: rule.when.classes().iter().map(|class| class.name().to_owned()).collect(),
        threshold: rounded(rule.when.threshold()),
        for_secs: rounded(rule.when.lasting().as_secs_f64()),
        min_height: Some(rule.heights.min).filter(|min| *min > 0.0).map(|min| rounded(min.into())),
        max_height: Some(rule.heights.max).filter(|max| *max < 1.0).map(|max| rounded(max.into())),
        schedule: rule.schedule.to_string(),
        hold_secs: rounded(rule.hold.as_secs_f64()),
        cooldown_secs: rounded(rule.cooldown.as_secs_f64()),
        cameras: rule.cameras.iter().map(|camera| camera.to_string()).collect(),
    }
}

fn signal(plan: &SignalPlan) -> MetaSignal {
    let level = |plan: &LevelPlan| MetaLevel {
        level: plan.level,
        belief: rounded(plan.belief),
        after_secs: rounded(plan.after.as_secs_f64()),
        origins: u32::try_from(plan.origins).unwrap_or(u32::MAX),
    };
    MetaSignal {
        kind: plan.kind.to_string(),
        levels: plan.levels.iter().map(level).collect(),
        clear: rounded(plan.clear),
        prior: rounded(plan.prior),
        half_life_secs: rounded(plan.half_life.as_secs_f64()),
        origin_cap: rounded(plan.origin_cap),
        hold_secs: rounded(plan.hold.as_secs_f64()),
        cooldown_secs: rounded(plan.cooldown.as_secs_f64()),
        join_neighbours: plan.join_neighbours,
        each_camera: plan.each_camera,
        from: plan.from.iter().map(source).collect(),
    }
}

fn source(feed: &Feed) -> MetaFeed {
    let entry =
        MetaFeed { weight: rounded(feed.weight), only_supports: feed.only_supports, ..MetaFeed::default() };
    match &feed.from {
        Selector::Rule(rule) => MetaFeed { rule: Some(rule.to_string()), ..entry },
        Selector::RuleKind(kind) => MetaFeed { kind: Some(kind.to_string()), ..entry },
        Selector::Sensor { sensor, threshold } => {
            MetaFeed { sensor: Some(sensor.to_string()), ..beyond(threshold, entry) }
        }
        Selector::Quantity { quantity, threshold } => {
            MetaFeed { quantity: Some(quantity.to_string()), ..beyond(threshold, entry) }
        }
        Selector::Cameras { cameras, conditions } => MetaFeed {
            conditions: conditions.iter().map(|condition| (*condition).to_owned()).collect(),
            cameras: cameras.iter().map(|camera| camera.to_string()).collect(),
            ..entry
        },
    }
}

/// `entry` with the threshold that a sensor must pass.
fn beyond(threshold: &Threshold, entry: MetaFeed) -> MetaFeed {
    let further = threshold.full_after.filter(|further| *further > AT_ONCE);
    let sure_at = further.and_then(|further| match (threshold.above, threshold.below) {
        (Some(above), _) => Some(above + further),
        (None, Some(below)) => Some(below - further),
        (None, None) => None,
    });
    MetaFeed {
        above: threshold.above,
        below: threshold.below,
        sure_at: sure_at.map(rounded),
        hysteresis: Some(threshold.hysteresis).filter(|back| *back > 0.0),
        for_secs: Some(threshold.lasting.as_secs_f64()).filter(|secs| *secs > 0.0).map(rounded),
        ..entry
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fmt::Write as _;
    use std::path::Path;

    use super::*;
    use crate::config::Surroundings;
    use crate::contract::box_key::BoxKey;
    use crate::contract::meta_part::MetaPartData;
    use crate::contract::{Event, MAX_EVENT_BYTES};
    use crate::types::level::Level;

    /// A box with cameras that have three zones and a long address each, and a rule of their own; one rule watches all.
    fn config(cameras: usize) -> Config {
        let mut text = "[site]\nbox = \"box-1\"\narea = \"530127\"\n".to_owned();
        let mut all = Vec::new();
        for number in 0..cameras {
            let id = format!("cam-{number:04}");
            write!(
                text,
                "[[camera]]\nid = \"{id}\"\neye = \"village\"\nurl = \"rtsp://10.0.0.1/{number}\"\n\
                 grid = \"5301270030{number:04}\"\naddress = \"羊桥社区第三网格幸福路{number}号院东门外消防通道北侧\"\n\
                 lonlat = [102.912345, 25.046789]\n"
            )
            .unwrap();
            for zone in ["a", "b", "c"] {
                write!(
                    text,
                    "[[camera.zone]]\nid = \"zone-{zone}\"\npolygon = [[0.1, 0.5], [0.9, 0.5], [0.9, 1.0]]\n"
                )
                .unwrap();
            }
            all.push(format!("\"{id}\""));
        }
        let rule = |id: &str, cameras: &str| {
            format!(
                "[[rule]]\nid = \"{id}\"\ncameras = [{cameras}]\nsignal = \"presence\"\n\
                 present = {{ zone = \"zone-a\", classes = [\"person\"], for_secs = 5 }}\n"
            )
        };
        for (number, id) in all.iter().enumerate() {
            text.push_str(&rule(&format!("rule-{number:04}"), id));
        }
        text.push_str(&rule("rule-of-all", &all.join(", ")));
        let path = Path::new("site.toml");
        Config::from_text(path, &text, &Surroundings::elsewhere(path))
            .unwrap_or_else(|problems| panic!("{problems}"))
    }

    /// All of it as a consumer has it who joins the messages: first message, parts, largest message.
    fn built(config: &Config) -> (Event<MetaData>, Vec<Event<MetaPartData>>, usize) {
        let at: Timestamp = "2026-01-01T08:00:00Z".parse().unwrap();
        let messages = meta(config, Vec::new(), Some(BoxKey::generate().unwrap().public()), at).unwrap();
        let largest = messages.iter().map(|(_, bytes)| bytes.len()).max().unwrap();
        assert_eq!(messages[0].0.suffix, "up/meta");
        let first: Event<MetaData> = serde_json::from_slice(&messages[0].1).unwrap();
        let parts = messages[1..].iter().enumerate().map(|(at, (topic, bytes))| {
            assert_eq!(topic.suffix, format!("up/meta_part/{}", at + 1));
            serde_json::from_slice(bytes).unwrap()
        });
        (first, parts.collect(), largest)
    }

    #[test]
    fn of_two_hundred_cameras_none_is_left_out_and_every_message_fits() {
        for cameras in [200, 2000] {
            let config = config(cameras);
            let (first, parts, largest) = built(&config);
            assert!(largest <= MAX_EVENT_BYTES, "{largest} bytes");
            assert!(!parts.is_empty(), "it is meant to be too large for one");
            let (mut grids, mut ids) = (first.data.grids.clone(), BTreeSet::new());
            let mut rules: BTreeSet<(String, String)> = BTreeSet::new();
            let mut seen = [0; 2];
            let mut zones: Vec<(String, String)> = Vec::new();
            let mut signals: BTreeSet<String> = BTreeSet::new();
            let mut take =
                |cameras: &[MetaCamera], of: &[MetaRule], drawn: &[MetaZone], believed: &[MetaSignal]| {
                    zones.extend(drawn.iter().map(|zone| (zone.camera.clone(), zone.id.clone())));
                    signals.extend(believed.iter().map(|signal| signal.kind.clone()));
                    seen[0] += cameras.len();
                    ids.extend(cameras.iter().map(|camera| camera.id.clone()));
                    for rule in of {
                        seen[1] += rule.cameras.len();
                        rules.extend(rule.cameras.iter().map(|camera| (rule.id.clone(), camera.clone())));
                    }
                };
            take(&first.data.cameras, &first.data.rules, &first.data.zones, &first.data.signals);
            for part in &parts {
                let MetaPartData { of, parts: count, grids: more, cameras, zones, rules, signals, .. } =
                    &part.data;
                assert_eq!((of, *count as usize), (&first.id, parts.len()));
                grids.extend(more.clone());
                take(cameras, rules, zones, signals);
            }
            assert_eq!((ids.len(), seen[0]), (cameras, cameras), "each camera once");
            // One rule of each camera, and one of all.
            assert_eq!((rules.len(), seen[1]), (2 * cameras, 2 * cameras));
            assert_eq!((grids.len(), grids.iter().collect::<BTreeSet<_>>().len()), (cameras, cameras));
            let different: BTreeSet<_> = zones.iter().collect();
            assert_eq!((zones.len(), different.len()), (3 * cameras, 3 * cameras), "each zone once");
            assert_eq!(first.data.zones.len() + first.data.zones_omitted as usize, 3 * cameras);
            assert_eq!(signals, BTreeSet::from(["camera_trouble".to_owned()]));
            assert_eq!(first.data.parts as usize, parts.len());
            assert_eq!(first.data.cameras.len() + first.data.cameras_omitted as usize, cameras);
            // One of the rules has several entries where it watches 2000 cameras.
            assert_eq!(first.data.rules.len() + first.data.rules_omitted as usize, cameras + 1);
        }
    }

    /// Layers and patterns stay in the file: the centre gets each camera with its values, and each that a rule watches.
    #[test]
    fn what_cameras_have_from_layers_is_reported_as_their_own() {
        let text = r#"
            [site]
            box = "box-1"
            area = "530127"
            [defaults.camera]
            grid = "53012700300102"
            analysis_fps = 4
            zone = [{ id = "all", polygon = [[0, 0], [1, 0], [1, 1], [0, 1]] }]
            [[camera_type]]
            id = "lane"
            eye = "village"
            thresholds = { person = 0.45 }
            [[camera]]
            id = "cam-1"
            like = "lane"
            url = "rtsp://10.0.0.1/1"
            [[camera]]
            id = "street"
            eye = "sky"
            url = "rtsp://10.0.0.1/2"
            [[camera]]
            id = "cam-2"
            like = "lane"
            url = "rtsp://10.0.0.1/3"
            analysis_fps = 2
            [[rule]]
            id = "in-the-lane"
            cameras = ["lane/*"]
            present = { zone = "all", classes = ["person"], for_secs = 5 }
            [[rule]]
            id = "on-the-street"
            eye = "sky"
            present = { zone = "all", classes = ["person"], for_secs = 5 }
        "#;
        let path = Path::new("site.toml");
        let config = Config::from_text(path, text, &Surroundings::elsewhere(path))
            .unwrap_or_else(|problems| panic!("{problems}"));
        let (Event { data, .. }, ..) = built(&config);
        let cameras: Vec<(&str, &str, Option<f64>, usize)> = data
            .cameras
            .iter()
            .map(|camera| (&*camera.id, camera.eye.name(), camera.analysis_fps, camera.thresholds.len()))
            .collect();
        assert_eq!(
            cameras,
            [
                ("cam-1", "village", Some(4.0), 1),
                ("street", "sky", Some(4.0), 0),
                ("cam-2", "village", Some(2.0), 1)
            ]
        );
        assert_eq!(data.grids, ["53012700300102"]);
        assert_eq!(data.zones.len(), 3);
        assert_eq!(data.rules[0].cameras, ["cam-1", "cam-2"]);
        assert_eq!(data.rules[1].cameras, ["street"]);
        assert_eq!(data.config_sha256, config.sha256);
    }

    /// What a command centre needs to show what a box watches for, without its configuration.
    #[test]
    fn zones_rules_signals_and_their_numbers_are_reported() {
        let text = r#"
            [site]
            box = "box-1"
            area = "530127"
            [[camera]]
            id = "cam-1"
            eye = "village"
            url = "rtsp://10.0.0.1/1"
            grid = "53012700300101"
            analysis_fps = 4
            thresholds = { person = 0.45 }
            [[camera.zone]]
            id = "gate"
            polygon = [[0.1, 0.5], [0.9, 0.5], [0.9, 1.0]]
            count = true
            [[camera.line]]
            id = "kerb"
            points = [[0.2, 0.6], [0.8, 0.65]]
            [[sensor]]
            id = "drain-2"
            quantity = "water_level"
            unit = "m"
            grid = "53012700300102"
            stale_after_secs = 60
            modbus_tcp = { address = "10.0.0.8:502", register = 0, kind = "u16", poll_secs = 5 }
            [[rule]]
            id = "waits"
            cameras = ["cam-1"]
            schedule = "workdays 07:00-20:00"
            title = "Somebody waits"
            min_height = 0.1
            present = { zone = "gate", classes = ["person", "car"], for_secs = 5 }
            [[rule]]
            id = "crosses"
            cameras = ["cam-1"]
            line = { line = "kerb", classes = ["person"], direction = "both" }
            [[signal]]
            kind = "flooding"
            from = [
              { sensor = "drain-2", above = 0.3, sure_at = 0.5, hysteresis = 0.05, for_secs = 60, weight = 2.6 },
              { kind = "waits_here", weight = 1.0, only_supports = true },
            ]
            levels = { yellow = 0.7, red = 0.95 }
            after_secs = { red = 30 }
            origins = { red = 2 }
        "#;
        let path = Path::new("site.toml");
        let config = Config::from_text(path, text, &Surroundings::elsewhere(path))
            .unwrap_or_else(|problems| panic!("{problems}"));
        let (Event { data, .. }, parts, _) = built(&config);
        assert!(parts.is_empty());
        assert_eq!(data.grids, ["53012700300101", "53012700300102"], "a sensor's grid is one of the box's");
        assert_eq!(data.sensors[0].grid, "53012700300102");
        let camera = &data.cameras[0];
        assert_eq!(camera.analysis_fps, Some(4.0));
        assert_eq!(camera.thresholds, [MetaThreshold { class: "person".to_owned(), score: 0.45 }]);
        let [gate, kerb] = &data.zones[..] else { panic!("{:?}", data.zones) };
        assert_eq!((&*gate.id, gate.shape, gate.counted), ("gate", ZoneShape::Area, true));
        assert_eq!(gate.points, [[0.1, 0.5], [0.9, 0.5], [0.9, 1.0]]);
        assert_eq!((&*kerb.id, kerb.shape, kerb.counted), ("kerb", ZoneShape::Line, false));
        assert_eq!(kerb.points, [[0.2, 0.6], [0.8, 0.65]]);
        let [waits, crosses] = &data.rules[..] else { panic!("{:?}", data.rules) };
        assert_eq!((&*waits.when, waits.threshold, waits.for_secs), ("present", 5.0, 5.0));
        assert_eq!(waits.title.as_deref(), Some("Somebody waits"));
        assert_eq!((waits.zone.as_deref(), waits.line.as_deref()), (Some("gate"), None));
        assert_eq!((&*waits.schedule, waits.min_height), ("workdays 07:00-20:00", Some(0.1)));
        assert_eq!(waits.classes, ["person", "car"]);
        assert_eq!(waits.condition, "gate 内有人员或小汽车，持续 5 秒");
        assert_eq!((crosses.zone.as_deref(), crosses.line.as_deref()), (None, Some("kerb")));
        assert_eq!((&*crosses.schedule, crosses.for_secs), ("always", 0.0));
        let flooding = &data.signals[0];
        assert_eq!((&*flooding.kind, flooding.from.len()), ("flooding", 2));
        let drain = MetaFeed {
            sensor: Some("drain-2".to_owned()),
            above: Some(0.3),
            sure_at: Some(0.5),
            hysteresis: Some(0.05),
            for_secs: Some(60.0),
            weight: 2.6,
            ..MetaFeed::default()
        };
        assert_eq!(flooding.from[0], drain);
        assert!(flooding.from[1].only_supports);
        let red = MetaLevel { level: Level::Red, belief: 0.95, after_secs: 30.0, origins: 2 };
        assert_eq!(flooding.levels.last(), Some(&red));
        assert_eq!(data.signals[1].kind, "camera_trouble", "in force without being asked for");
        assert!(data.signals[1].each_camera);
    }

    #[test]
    fn what_fits_is_one_message_as_ever() {
        let (first, parts, _) = built(&config(20));
        assert!(parts.is_empty() && first.data.parts == 0 && first.data.cameras_omitted == 0);
        let text = serde_json::to_string(&first).unwrap();
        assert!(!text.contains("parts") && !text.contains("omitted"), "{text}");
    }
}
