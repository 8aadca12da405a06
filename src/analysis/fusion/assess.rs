//! The assessment of an incident: all its sources combined at one moment.

use std::cmp::Ordering;
use std::sync::Arc;
use std::time::Duration;

use super::{Signal, Source, Voice};
use crate::analysis::alert::{Contribution, Origin, Shown};
use crate::analysis::camera_health::NoVideoCause;
use crate::analysis::signals::{OriginId, log_odds, probability};
use crate::analysis::time::Moment;

/// An origin is part of an incident while what it said is worth this much, in log-odds: it moves a belief of
/// one half by five points.
const PART_OF_IT: f64 = 0.2;

/// The combined state of all sources of a signal at one place.
#[derive(Debug, Clone, Default)]
pub(super) struct Assessment {
    /// 0..1.
    pub(super) belief: f64,
    /// Cameras and sensors that are part of it.
    pub(super) origins: usize,
    /// The highest belief that the sources with a current reading could reach together.
    pub(super) could_reach: f64,
    /// A source reports "yes" at this moment.
    pub(super) is_reported_now: bool,
    /// Sources that count.
    pub(super) parts: Vec<Part>,
    /// Sources that should speak and do not, and since when.
    pub(super) silent: Vec<Missing>,
}

/// A source that should speak and does not.
#[derive(Debug, Clone)]
pub(super) struct Missing {
    pub(super) source: String,
    pub(super) origin: OriginId,
    pub(super) since: Duration,
}

/// One source that counts.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) source: String,
    pub(super) origin: OriginId,
    /// Log-odds after the origin's cap.
    pub(super) counts: f64,
    pub(super) weight: f64,
    pub(super) value: f64,
    pub(super) since: Moment,
    pub(super) last: Moment,
    pub(super) zone: Option<Arc<str>>,
    pub(super) shown: Vec<Shown>,
    pub(super) cause: Option<NoVideoCause>,
}

impl Signal {
    /// Sums in the order of cells and sources, so that the order in which they spoke does not matter.
    pub(super) fn assess(&self, members: &[usize], at: Duration) -> Assessment {
        let cap = self.plan.origin_cap;
        let mut assessment = Assessment::default();
        let sources: Vec<&Source> = members.iter().flat_map(|cell| &self.cells[*cell].sources).collect();
        let main = || sources.iter().filter(|source| !source.only_supports);
        let is_begun = main().map(|source| source.charge.value(at)).sum::<f64>() >= PART_OF_IT;
        let could_begin = main().any(|source| source.voice == Voice::Speaks);
        let mut total = 0.0;
        let mut reach = 0.0;
        let mut counted: Vec<&OriginId> = Vec::new();
        for source in &sources {
            if counted.contains(&&source.origin) {
                continue;
            }
            counted.push(&source.origin);
            let of_origin = || sources.iter().filter(|other| other.origin == source.origin);
            let counted = || of_origin().filter(|s| is_begun || !s.only_supports);
            let sum: f64 = counted().map(|s| s.charge.value(at)).sum();
            let speaking_now = of_origin().filter(|s| s.voice == Voice::Speaks);
            let weights: f64 =
                speaking_now.filter(|s| could_begin || !s.only_supports).map(|s| s.charge.weight()).sum();
            reach += weights.min(cap);
            let counts = sum.min(cap);
            total += counts;
            if counts < PART_OF_IT {
                continue;
            }
            assessment.origins += 1;
            for part in counted() {
                assessment.parts.extend(part.part(counts / sum, at));
            }
        }
        for source in &sources {
            assessment.is_reported_now |= source.charge.is_positive() && (is_begun || !source.only_supports);
            if let Voice::Silent(since) = source.voice {
                let (source, origin) = (source.id.to_string(), source.origin.clone());
                assessment.silent.push(Missing { source, origin, since });
            }
        }
        let prior = log_odds(self.plan.prior);
        assessment.belief = probability(prior + total);
        assessment.could_reach = probability(prior + reach);
        assessment
    }
}

impl Source {
    fn part(&self, share: f64, at: Duration) -> Option<Part> {
        let counts = self.charge.value(at) * share;
        let (since, last) = (self.first_yes?, self.last_yes?);
        (counts > 0.0).then(|| Part {
            source: self.id.to_string(),
            origin: self.origin.clone(),
            counts,
            weight: self.charge.weight(),
            value: self.value,
            since,
            last,
            zone: self.zone.clone(),
            shown: self.shown.clone(),
            cause: self.cause,
        })
    }
}

impl Part {
    /// The greatest first.
    fn order(&self, other: &Part) -> Ordering {
        other.counts.total_cmp(&self.counts).then_with(|| self.source.cmp(&other.source))
    }
}

impl Assessment {
    /// What contributes most.
    pub(super) fn main(&self) -> Option<&Part> {
        self.parts.iter().min_by(|a, b| a.order(b))
    }

    /// The contributions, the greatest first.
    pub(super) fn contributions(&self, at: Moment) -> Vec<Contribution> {
        let total: f64 = self.parts.iter().map(|part| part.counts).sum();
        let mut parts: Vec<&Part> = self.parts.iter().collect();
        parts.sort_by(|a, b| a.order(b));
        parts
            .into_iter()
            .map(|part| Contribution {
                source: part.source.clone(),
                value: part.value,
                contribution: if total > 0.0 { part.counts / total } else { 0.0 },
                weight: part.weight,
                age_secs: at.since(part.last).as_secs_f64(),
                cause: part.cause,
            })
            .collect()
    }

    /// Where it comes from; first the camera that shows most of it.
    pub(super) fn origin(&self) -> Origin {
        let mut origin = Origin::default();
        let first = self.best_shown().map(|part| &part.origin);
        let parts = self.parts.iter();
        let first_ones = parts.clone().filter(|part| Some(&part.origin) == first);
        for part in first_ones.chain(parts.filter(|part| Some(&part.origin) != first)) {
            let (list, name) = match &part.origin {
                OriginId::Camera(camera) => (&mut origin.cameras, camera),
                OriginId::Sensor(sensor) => (&mut origin.sensors, sensor),
            };
            if !list.contains(name) {
                list.push(name.clone());
            }
            if let Some(zone) = part.zone.as_ref().filter(|zone| !origin.zones.contains(zone)) {
                origin.zones.push(zone.clone());
            }
        }
        origin
    }

    /// What the first camera of [`Self::origin`] sees.
    pub(super) fn shown(&self) -> &[Shown] {
        self.best_shown().map_or(&[], |part| &part.shown)
    }

    fn best_shown(&self) -> Option<&Part> {
        self.parts
            .iter()
            .filter(|part| !part.shown.is_empty())
            .max_by(|a, b| a.counts.total_cmp(&b.counts).then_with(|| b.source.cmp(&a.source)))
    }
}
