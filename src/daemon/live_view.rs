//! The live view of a camera, from the state of the analysis and the configuration. Plain translation: nothing
//! is decided here, and nothing of it happens while nobody looks.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::analysis::Analysis;
use crate::analysis::geometry::Point;
use crate::analysis::rules::Rule;
use crate::analysis::time::Moment;
use crate::analysis::tracker::Track;
use crate::config::Config;
use crate::view::{
    Finders, MakeFinders, Maker, RedactionSettings, Seen, SeenBox, SeenLine, SeenSignal, SeenSource,
    SeenZone, Views,
};

use super::DaemonError;
use super::loaded_models::LoadedModels;
use super::stages::{Context, FramePath};

/// What shows cameras to viewers.
pub(super) struct ViewStage {
    pub views: Views,
    /// `None` if the program has no page.
    maker: Option<Maker>,
}

impl ViewStage {
    /// Starts the thread that makes pictures.
    ///
    /// # Errors
    /// No thread can be started.
    pub(super) fn start(
        context: Context<'_>,
        frames: &FramePath,
        manifest: Option<PathBuf>,
    ) -> Result<Self, DaemonError> {
        let (views, slots) = (frames.views.clone(), frames.slots.clone());
        views.set(settings(context.config, &context.loaded.models, manifest));
        let empty_views = Box::new(move |camera: &str| slots.empty_view(camera));
        let maker = cfg!(feature = "web").then(|| Maker::start(&views, empty_views)).transpose();
        Ok(ViewStage { views, maker: maker.map_err(DaemonError::new)? })
    }

    /// Ends all views.
    pub(super) fn stop(self, within: Duration) {
        match self.maker {
            Some(maker) => maker.stop(within),
            None => self.views.finish(),
        }
    }
}

/// How a configuration and its models redact for viewers.
pub(super) fn settings(
    config: &Config,
    loaded_models: &LoadedModels,
    manifest: Option<PathBuf>,
) -> RedactionSettings {
    RedactionSettings {
        is_on: config.evidence.enabled,
        classes: loaded_models.classes(),
        faces: loaded_models.faces().strictly(),
        masks: config.cameras.iter().map(|camera| (camera.id.clone(), camera.masks.clone())).collect(),
        finders: finders(config.clone(), loaded_models.clone(), manifest),
    }
}

/// A box without cameras has loaded nothing: then models are loaded for this one picture.
fn finders(config: Config, loaded_models: LoadedModels, manifest: Option<PathBuf>) -> MakeFinders {
    Arc::new(move || {
        let loaded = if loaded_models.classes().is_empty() {
            LoadedModels::load_to_look_once(&config, manifest.as_deref())
        } else {
            Ok(loaded_models.clone())
        };
        let loaded = loaded.map_err(|error| error.sentence())?;
        Ok(Finders {
            detector: loaded.detector().map_err(|error| error.sentence())?,
            thresholds: loaded.unsure(),
            classes: loaded.classes(),
            faces: loaded.faces().strictly(),
        })
    })
}

/// What the box made of a camera's latest frame, taken at `at`.
pub(crate) fn seen(analysis: &Analysis, camera: &str, at: Moment) -> Seen {
    let holding: Vec<&Rule> = analysis.holding(camera).collect();
    let rule_at = |place: &str| {
        holding.iter().find(|rule| **rule.when.place() == *place).map(|rule| rule.id.to_string())
    };
    let tracks = analysis.tracks(camera).iter().filter(|track| track.last_seen == at);
    let (mut zones, mut lines) = (Vec::new(), Vec::new());
    if let Some(plan) = analysis.camera_plan(camera) {
        zones.extend(plan.zones.iter().map(|(name, polygon)| {
            let rule = rule_at(name);
            let corners = polygon.corners().iter().map(point).collect();
            SeenZone { name: name.to_string(), corners, is_lit: rule.is_some(), rule }
        }));
        lines.extend(plan.lines.iter().map(|(name, line)| {
            let rule = rule_at(name);
            let ends = [point(&line.from), point(&line.to)];
            SeenLine { name: name.to_string(), ends, is_lit: rule.is_some(), rule }
        }));
    }
    let signals = analysis.signals_of(camera, at).into_iter().map(|(state, contributions)| SeenSignal {
        name: state.kind.to_string(),
        grid: state.grid.to_string(),
        belief: state.belief,
        sources: contributions
            .into_iter()
            .map(|one| SeenSource { id: one.source, share: one.contribution })
            .collect(),
    });
    Seen { boxes: tracks.map(seen_box).collect(), zones, lines, signals: signals.collect() }
}

fn point(point: &Point) -> [f32; 2] {
    [point.x, point.y]
}

fn seen_box(track: &Track) -> SeenBox {
    let b = track.box_in_frame.clipped();
    SeenBox {
        class: track.class.name(),
        score: track.score,
        box_in_frame: [b.x0, b.y0, b.x1, b.y1],
        height: track.full_box().clipped().height(),
        track: Some(track.number.0),
        trail: Vec::new(),
    }
}
