//! The birth certificate: what the box is, watches and runs. Large ones are several messages.

use crate::analysis::time::Timestamp;
use crate::config::Config;
use crate::contract::box_status::{MetaCamera, MetaData, MetaModel, MetaRule, MetaSensor, Software};
use crate::contract::messages::{BoxTopic, META, META_PART};
use crate::contract::words::Crs;
use crate::contract::{EventError, gcj02, meta_part};
use crate::control::commands;

/// The birth message and its further parts, each with its topic below the box's.
///
/// # Errors
/// Only if it cannot be made small enough.
pub fn meta(
    config: &Config,
    models: Vec<MetaModel>,
    at: Timestamp,
) -> Result<Vec<(BoxTopic, Vec<u8>)>, EventError> {
    let of_cameras = config.cameras.iter().map(|camera| camera.grid.to_string());
    let of_sensors = config.sensors.list.iter().map(|sensor| sensor.plan.grid.to_string());
    let mut grids: Vec<String> = of_cameras.chain(of_sensors).collect();
    grids.sort();
    grids.dedup();
    let also_gcj02 =
        |lonlat: Option<[f64; 2]>| lonlat.filter(|_| config.site.also_gcj02).map(gcj02::from_wgs84);
    let cameras = config.cameras.iter().map(|camera| MetaCamera {
        id: camera.id.to_string(),
        eye: camera.eye,
        grid: camera.grid.to_string(),
        address: camera.address.clone(),
        lonlat: camera.lonlat,
        crs: camera.lonlat.map(|_| Crs::Wgs84),
        lonlat_gcj02: also_gcj02(camera.lonlat),
        responsible: camera.responsible.clone(),
    });
    let sensors = config.sensors.list.iter().map(|sensor| MetaSensor {
        id: sensor.plan.id.to_string(),
        quantity: sensor.plan.quantity.to_string(),
        unit: sensor.plan.unit.to_string(),
        grid: sensor.plan.grid.to_string(),
        address: sensor.address.clone(),
        lonlat: sensor.lonlat,
        crs: sensor.lonlat.map(|_| Crs::Wgs84),
        lonlat_gcj02: also_gcj02(sensor.lonlat),
        responsible: sensor.responsible.clone(),
    });
    let rules = config.rules.iter().map(|rule| MetaRule {
        id: rule.id.to_string(),
        kind: rule.signal.to_string(),
        level: rule.level,
        cameras: rule.cameras.iter().map(|camera| camera.to_string()).collect(),
    });
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
        cameras: cameras.collect(),
        cameras_omitted: 0,
        sensors: sensors.collect(),
        sensors_omitted: 0,
        rules: rules.collect(),
        rules_omitted: 0,
        models,
        config_sha256: config.sha256.clone(),
        commands: commands::names().into_iter().map(str::to_owned).collect(),
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fmt::Write as _;
    use std::path::Path;

    use super::*;
    use crate::config::Surroundings;
    use crate::contract::meta_part::MetaPartData;
    use crate::contract::{Event, MAX_EVENT_BYTES};

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

    /// All of it as whoever joins the messages has it: first message, parts, largest message.
    fn told(config: &Config) -> (Event<MetaData>, Vec<Event<MetaPartData>>, usize) {
        let at: Timestamp = "2026-01-01T08:00:00Z".parse().unwrap();
        let messages = meta(config, Vec::new(), at).unwrap();
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
            let (first, parts, largest) = told(&config);
            assert!(largest <= MAX_EVENT_BYTES, "{largest} bytes");
            assert!(!parts.is_empty(), "it is meant to be too large for one");
            let (mut grids, mut ids) = (first.data.grids.clone(), BTreeSet::new());
            let mut rules: BTreeSet<(String, String)> = BTreeSet::new();
            let mut seen = [0; 2];
            let mut take = |cameras: &[MetaCamera], of: &[MetaRule]| {
                seen[0] += cameras.len();
                ids.extend(cameras.iter().map(|camera| camera.id.clone()));
                for rule in of {
                    seen[1] += rule.cameras.len();
                    rules.extend(rule.cameras.iter().map(|camera| (rule.id.clone(), camera.clone())));
                }
            };
            take(&first.data.cameras, &first.data.rules);
            for part in &parts {
                let MetaPartData { of, parts: count, grids: more, cameras, rules, .. } = &part.data;
                assert_eq!((of, *count as usize), (&first.id, parts.len()));
                grids.extend(more.clone());
                take(cameras, rules);
            }
            assert_eq!((ids.len(), seen[0]), (cameras, cameras), "each camera once");
            // One rule of each camera, and one of all.
            assert_eq!((rules.len(), seen[1]), (2 * cameras, 2 * cameras));
            assert_eq!((grids.len(), grids.iter().collect::<BTreeSet<_>>().len()), (cameras, cameras));
            assert_eq!(first.data.parts as usize, parts.len());
            assert_eq!(first.data.cameras.len() + first.data.cameras_omitted as usize, cameras);
            // One of the rules has several entries where it watches 2000 cameras.
            assert_eq!(first.data.rules.len() + first.data.rules_omitted as usize, cameras + 1);
        }
    }

    #[test]
    fn what_fits_is_one_message_as_ever() {
        let (first, parts, _) = told(&config(20));
        assert!(parts.is_empty() && first.data.parts == 0 && first.data.cameras_omitted == 0);
        let text = serde_json::to_string(&first).unwrap();
        assert!(!text.contains("parts") && !text.contains("omitted"), "{text}");
    }
}
