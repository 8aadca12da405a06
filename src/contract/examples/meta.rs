//! The example of the birth message: what a box with one camera, one sensor, one rule and one signal says of itself.

use super::super::box_key::BoxKey;
use super::super::box_status::{MetaCamera, MetaData, MetaModel, MetaSensor};
use super::super::gcj02;
use super::super::meta_part::MetaPartData;
use super::super::meta_rules::{
    MetaFeed, MetaLevel, MetaRule, MetaSignal, MetaThreshold, MetaZone, ZoneShape,
};
use super::super::words::{Crs, Eye, Language, Mode};
use super::{BOX_KEY, ExampleError, SHA256, condition, east_gate, software};
use crate::types::level::Level;
use crate::types::responsible::Responsible;

pub(super) fn meta_data() -> Result<MetaData, ExampleError> {
    Ok(MetaData {
        box_id: "box-7f3a".to_owned(),
        area: "530127".to_owned(),
        site: Some("Yangqiao community".to_owned()),
        software: software(),
        mode: Mode::Actual,
        language: Language::Chinese,
        time_zone: "Asia/Shanghai".to_owned(),
        grids: vec!["53012700300102".to_owned()],
        grids_omitted: 0,
        parts: 0,
        cameras: vec![meta_camera()],
        cameras_omitted: 0,
        sensors: vec![meta_sensor()],
        sensors_omitted: 0,
        zones: vec![MetaZone {
            camera: "cam-03".to_owned(),
            id: "fire-lane".to_owned(),
            shape: ZoneShape::Area,
            points: vec![[0.1, 0.5], [0.9, 0.5], [0.9, 1.0], [0.1, 1.0]],
            counted: false,
        }],
        zones_omitted: 0,
        rules: vec![meta_rule()],
        rules_omitted: 0,
        signals: vec![meta_signal()],
        signals_omitted: 0,
        models: vec![MetaModel {
            name: "street-small".to_owned(),
            sha256: SHA256.to_owned(),
            classes: ["person", "face", "car", "bus", "truck"].map(str::to_owned).to_vec(),
        }],
        config_sha256: SHA256.to_owned(),
        commands: ["ack", "confirm", "mute", "original", "selftest", "set", "snapshot"]
            .map(str::to_owned)
            .to_vec(),
        signing_key: Some(BoxKey::from_jwk(BOX_KEY)?.public()),
    })
}

fn meta_camera() -> MetaCamera {
    MetaCamera {
        id: "cam-03".to_owned(),
        eye: Eye::Village,
        grid: "53012700300102".to_owned(),
        address: Some("Yangqiao, lane 3, east gate".to_owned()),
        lonlat: Some([102.912, 25.046]),
        analysis_fps: Some(5.0),
        thresholds: vec![MetaThreshold { class: "person".to_owned(), score: 0.45 }],
        night: None,
        crs: Some(Crs::Wgs84),
        lonlat_gcj02: Some(gcj02::from_wgs84([102.912, 25.046])),
        responsible: east_gate(),
    }
}

fn meta_sensor() -> MetaSensor {
    MetaSensor {
        id: "drain-2".to_owned(),
        quantity: "water_level".to_owned(),
        unit: "m".to_owned(),
        grid: "53012700300102".to_owned(),
        address: Some("Yangqiao, underpass, drain 2".to_owned()),
        lonlat: Some([102.9125, 25.0462]),
        crs: Some(Crs::Wgs84),
        lonlat_gcj02: Some(gcj02::from_wgs84([102.9125, 25.0462])),
        responsible: Responsible { name: Some("2号雨水口".to_owned()), ..Responsible::default() },
    }
}

fn meta_rule() -> MetaRule {
    MetaRule {
        id: "fire-lane-blocked".to_owned(),
        kind: "fire_lane_blocked".to_owned(),
        level: Level::Orange,
        title: None,
        when: "parked".to_owned(),
        condition: condition().in_language(Language::Chinese),
        zone: Some("fire-lane".to_owned()),
        line: None,
        classes: ["car", "truck", "bus"].map(str::to_owned).to_vec(),
        threshold: 120.0,
        for_secs: 120.0,
        min_height: None,
        max_height: None,
        schedule: "always".to_owned(),
        hold_secs: 10.0,
        cooldown_secs: 60.0,
        cameras: vec!["cam-03".to_owned()],
    }
}

fn meta_signal() -> MetaSignal {
    MetaSignal {
        kind: "flooding".to_owned(),
        levels: vec![MetaLevel { level: Level::Orange, belief: 0.7, after_secs: 0.0, origins: 1 }],
        clear: 0.55,
        prior: 0.2,
        half_life_secs: 300.0,
        origin_cap: 3.0,
        hold_secs: 60.0,
        cooldown_secs: 300.0,
        join_neighbours: false,
        each_camera: false,
        from: vec![MetaFeed {
            quantity: Some("water_level".to_owned()),
            above: Some(0.3),
            sure_at: Some(0.5),
            weight: 2.6,
            ..MetaFeed::default()
        }],
    }
}

pub(super) fn meta_part_data() -> Result<MetaPartData, ExampleError> {
    let MetaData { grids, cameras, sensors, zones, rules, signals, .. } = meta_data()?;
    let of = "meta.1".to_owned();
    Ok(MetaPartData { of, part: 1, parts: 1, grids, cameras, sensors, zones, rules, signals })
}
