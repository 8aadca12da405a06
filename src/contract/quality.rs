//! How well the alerts serve those who answer them (`up/quality`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::words::Time;
use super::{Payload, halve, is_zero};
use crate::analysis::quality::{Figures, Source};

/// How well alerts serve those who answer them, retained on `up/quality`: once a day, and after a change at most once a
/// minute. It counts the alerts that were told in the last 30 days, at most the last 5,000, also of runs before this one,
/// and not those that begin in a drill or a test (`mode`). A kill of the box may lose what was counted in the last minute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct QualityData {
    /// When the first alert that counts was told; absent while there is none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub from: Option<Time>,
    /// When this was counted.
    pub until: Time,
    /// Within so many seconds somebody should have taken an alert on.
    pub accept_target_s: u32,
    /// Within so many seconds it should be closed.
    pub close_target_s: u32,
    /// All alerts together.
    pub all: QualityCounts,
    /// By rule and camera, those that told most first.
    pub rows: Vec<QualityRow>,
    /// How many more there are than fit into the message; absent when all are here. `all` counts them.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub omitted: u32,
}

impl Payload for QualityData {
    const TYPE: &'static str = "lookout.quality.v1";
    const SCHEMA: &'static str = "quality";

    fn shrink(&mut self) -> bool {
        halve(&mut self.rows, &mut self.omitted)
    }
}

/// The alerts of one rule or signal and camera.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct QualityRow {
    /// The rule that decided; absent where several sources did together (`kind` names the signal).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rule: Option<String>,
    /// The kind of alert.
    pub kind: String,
    /// The camera; the first one of several.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub camera: Option<String>,
    /// The first sensor of alerts without a camera.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sensor: Option<String>,
    /// The figures.
    pub counts: QualityCounts,
}

/// Figures of some alerts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct QualityCounts {
    /// Alerts that were told.
    pub told: u32,
    /// Of them, those that somebody took on.
    pub acknowledged: u32,
    /// Those that somebody took on within `accept_target_s`.
    pub acknowledged_in_time: u32,
    /// Those that were closed.
    pub closed: u32,
    /// Those that were closed within `close_target_s`.
    pub closed_in_time: u32,
    /// Those with the verdict `confirmed`.
    pub confirmed: u32,
    /// Those with the verdict `false_alarm`.
    #[serde(rename = "false_alarm")]
    pub false_alarms: u32,
    /// Those with the verdict `duplicate`.
    pub duplicate: u32,
    /// Those with the verdict `exercise`.
    pub exercise: u32,
    /// Median of the seconds from the first revision until somebody took it on; absent where nobody did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub accept_median_s: Option<f64>,
    /// Median of the seconds from the first revision until it was closed; absent where none was.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub close_median_s: Option<f64>,
}

impl From<Figures> for QualityCounts {
    fn from(figures: Figures) -> Self {
        QualityCounts {
            told: figures.raised,
            acknowledged: figures.acknowledged,
            acknowledged_in_time: figures.acknowledged_in_time,
            closed: figures.closed,
            closed_in_time: figures.closed_in_time,
            confirmed: figures.confirmed,
            false_alarms: figures.false_alarms,
            duplicate: figures.duplicates,
            exercise: figures.exercises,
            accept_median_s: figures.accept_median_secs,
            close_median_s: figures.close_median_secs,
        }
    }
}

impl From<(Source, Figures)> for QualityRow {
    fn from((source, figures): (Source, Figures)) -> Self {
        let Source { rule, kind, camera, sensor } = source;
        QualityRow { rule, kind, camera, sensor, counts: figures.into() }
    }
}
