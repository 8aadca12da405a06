//! The loaded models, for the daemon and for a replay alike: found in the manifest, checked, loaded, and
//! what follows from them for the cameras. The structure model looks at frames, the face model at evidence only. Must never choose another model than the configured one, but for its 8-bit
//! version where the configuration allows it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use crate::alerts::faces::Faces;
use crate::analysis::detection::Class;
use crate::analysis::rules::CameraPlan;
use crate::config::{Camera, Config, Precision};
use crate::contract::alert::ModelRef;
use crate::contract::box_status::MetaModel;
use crate::detector::choose::{self, OnThisBox, Question};
use crate::detector::manifest::{Manifest, ManifestError, ModelEntry};
use crate::detector::{Detector, Inference, Model, ModelError, Thresholds};
use crate::pipeline::frame_gate::DetectOptions;
use crate::text::{Sentence, Words, box_log, config, language_of_log, log_info, log_warn};
use crate::types::hex::hex;
use crate::types::language::Language;
use crate::types::provider::Provider;

/// Detections below a camera's threshold but above this part of it continue tracks and are redacted; they
/// never begin a track. ByteTrack (Zhang et al., 2022) takes 0.1 beside 0.6; a guess between.
const UNSURE: f32 = 0.35;

/// A street with people and vehicles: what `providers = ["auto"]` compares providers on.
const TRIAL_PICTURE: &[u8] = include_bytes!("../../models/test-picture.jpg");

/// The loaded models of a configuration. None where there is no camera: a box with sensors
/// only needs neither models nor the runtime that runs them.
#[derive(Clone, Default)]
pub(crate) struct LoadedModels {
    models: Vec<Arc<Model>>,
    entries: Vec<ModelEntry>,
    faces: Faces,
}

/// Why the box cannot see.
#[derive(Debug)]
pub(crate) enum LoadModelsError {
    /// The manifest is missing or does not describe the wanted models.
    Manifest(ManifestError),
    /// A model does not work.
    Model(ModelError),
}

impl LoadModelsError {
    /// What is wrong and what to try.
    pub(crate) fn words(&self) -> Words {
        self.sentence().into()
    }

    /// All problems as one sentence.
    pub(crate) fn sentence(&self) -> Sentence {
        let (what, hint) = match self {
            LoadModelsError::Manifest(error) => (error.sentence(), error.hint()),
            LoadModelsError::Model(error) => (error.sentence(), error.hint()),
        };
        match hint {
            Some(hint) => config::and_also(what, hint),
            None => what,
        }
    }

    /// Which model, which file, what is wrong and what to try.
    pub(crate) fn in_language(&self, language: Language) -> String {
        match self {
            LoadModelsError::Manifest(error) => error.in_language(language),
            LoadModelsError::Model(error) => error.in_language(language),
        }
    }
}

/// In English.
impl fmt::Display for LoadModelsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_language(Language::English))
    }
}

impl std::error::Error for LoadModelsError {}

impl LoadedModels {
    /// Loads the structure model that the configuration names; `manifest` and `model` given on the command line come
    /// first.
    ///
    /// # Errors
    /// A sentence that says which model, which file, what is wrong and what to try.
    pub(crate) fn load(
        config: &Config,
        manifest: Option<&Path>,
        model: Option<&str>,
    ) -> Result<Self, LoadModelsError> {
        if config.cameras.is_empty() {
            return Ok(LoadedModels::default());
        }
        Self::load_structure(config, manifest, model)
    }

    /// Loads both models also where there is no camera, for a single picture.
    ///
    /// # Errors
    /// As [`load`](Self::load) and [`look_for_faces`](Self::look_for_faces).
    pub(crate) fn load_to_look_once(
        config: &Config,
        manifest: Option<&Path>,
    ) -> Result<Self, LoadModelsError> {
        let mut loaded = Self::load_structure(config, manifest, None)?;
        loaded.load_faces(config, manifest)?;
        Ok(loaded)
    }

    fn load_structure(
        config: &Config,
        manifest: Option<&Path>,
        model: Option<&str>,
    ) -> Result<Self, LoadModelsError> {
        let manifest = Manifest::find(manifest.or(config.detector.manifest.as_deref()))
            .map_err(LoadModelsError::Manifest)?;
        let name = model.unwrap_or(&config.detector.model);
        let mut entry = manifest.model(name).map_err(LoadModelsError::Manifest)?;
        let mut providers = config.detector.providers.clone();
        if providers.is_empty() {
            let (chosen, provider) = measured(config, &manifest, entry);
            (entry, providers) = (chosen, vec![provider]);
        }
        let model = Model::load(entry, &providers).map_err(LoadModelsError::Model)?;
        Ok(LoadedModels {
            models: vec![Arc::new(model)],
            entries: vec![entry.clone()],
            faces: Faces::default(),
        })
    }

    /// Loads the model that looks for faces in evidence as well. One that is not there or does not work is reported as
    /// [`Faces::trouble`], and nothing else is different.
    ///
    /// # Errors
    /// The configuration names a model that nobody described.
    pub(crate) fn look_for_faces(
        &mut self,
        config: &Config,
        manifest: Option<&Path>,
    ) -> Result<(), LoadModelsError> {
        if config.cameras.is_empty() || !config.evidence.enabled {
            return Ok(());
        }
        self.load_faces(config, manifest)
    }

    fn load_faces(&mut self, config: &Config, manifest: Option<&Path>) -> Result<(), LoadModelsError> {
        let manifest = Manifest::find(manifest.or(config.detector.manifest.as_deref()))
            .map_err(LoadModelsError::Manifest)?;
        let mut providers = config.detector.providers.clone();
        if providers.is_empty() {
            // What a measurement chose for the structure model; it is not worth another one.
            providers.extend(self.models.first().map(|model| model.provider()));
        }
        self.faces = Faces::load(&config.detector.face_model, &manifest, &providers)
            .map_err(LoadModelsError::Manifest)?;
        Ok(())
    }

    /// Who looks for faces in evidence.
    pub(crate) fn faces(&self) -> &Faces {
        &self.faces
    }

    /// A detector for one thread.
    ///
    /// # Errors
    /// Buffers for the models cannot be had.
    pub(crate) fn detector(&self) -> Result<Box<dyn Detector>, LoadModelsError> {
        detector(&self.models).map_err(LoadModelsError::Model)
    }

    /// The models, for those who make detectors later.
    pub(crate) fn models(&self) -> Models {
        self.models.clone()
    }

    /// Everything that can be found in a frame.
    pub(crate) fn classes(&self) -> Vec<Class> {
        let mut classes: Vec<Class> = self.entries.iter().flat_map(ModelEntry::reported).collect();
        classes.sort();
        classes.dedup();
        classes
    }

    /// The structure model, as alerts name it.
    pub(crate) fn model_ref(&self) -> ModelRef {
        match self.entries.first() {
            Some(entry) => ModelRef { name: entry.name.clone(), sha256: hex(&entry.sha256) },
            None => ModelRef::none(),
        }
    }

    /// All models, as the birth message names them.
    pub(crate) fn meta(&self) -> Vec<MetaModel> {
        let model = |entry: &ModelEntry| MetaModel {
            name: entry.name.clone(),
            sha256: hex(&entry.sha256),
            classes: entry.reported().map(|class| class.name().to_owned()).collect(),
        };
        let faces = self.faces.model().map(|model| model.entry());
        self.entries.iter().chain(faces).map(model).collect()
    }

    /// What runs the models, for the health report.
    pub(crate) fn provider(&self) -> String {
        self.models.first().map_or_else(|| "none".to_owned(), |model| model.provider().to_string())
    }

    /// A camera's plan with the model's thresholds where the camera has none of its own.
    pub(crate) fn plan(&self, camera: &Camera) -> CameraPlan {
        camera.plan_with(&self.recommended())
    }

    /// What the detector is asked for on a camera: also what is only good enough to continue a track.
    pub(crate) fn thresholds(&self, camera: &Camera) -> Thresholds {
        self.certain(camera).scaled(UNSURE)
    }

    /// What is good enough to begin a track on a camera, by day or by night: which of both it is, the analysis knows.
    pub(crate) fn certain(&self, camera: &Camera) -> Thresholds {
        let by_night = camera.night.iter().flat_map(|night| &night.thresholds);
        least(camera.thresholds.clone(), by_night, &self.recommended()).into_iter().collect()
    }

    /// The same where no camera says otherwise.
    pub(crate) fn unsure(&self) -> Thresholds {
        Thresholds::default().scaled(UNSURE)
    }

    /// How a camera's frames are looked at.
    pub(crate) fn detect_options(&self, config: &Config, camera: &Camera) -> DetectOptions {
        let mut rules = config.rules.iter().filter(|rule| rule.cameras.contains(&camera.id));
        DetectOptions {
            wants_flow: rules.any(|rule| rule.when.wants_flow()),
            thresholds: self.thresholds(camera),
            near_thresholds: self.certain(camera),
            skip_still: camera.skip_still,
            look_closer: camera.look_closer,
        }
    }

    /// The thresholds that the models recommend.
    pub(crate) fn recommended(&self) -> BTreeMap<Class, f32> {
        self.entries.iter().flat_map(|entry| entry.thresholds.iter().copied()).collect()
    }
}

/// The lower of a threshold by day and one by night; of a class that neither names, none.
fn least<'t>(
    by_day: BTreeMap<Class, f32>,
    by_night: impl Iterator<Item = (&'t Class, &'t f32)>,
    recommended: &BTreeMap<Class, f32>,
) -> BTreeMap<Class, f32> {
    let mut least = by_day;
    for (class, by_night) in by_night {
        let by_day = least.get(class).or(recommended.get(class));
        let lower = by_day.map_or(*by_night, |by_day| by_day.min(*by_night));
        least.insert(*class, lower);
    }
    least
}

/// Loaded models.
pub(crate) type Models = Vec<Arc<Model>>;

/// A detector of these models for one thread.
///
/// # Errors
/// Buffers for them cannot be had.
pub(crate) fn detector(models: &[Arc<Model>]) -> Result<Box<dyn Detector>, ModelError> {
    Ok(Box::new(Inference::new(models)?))
}

/// The model to take and what runs it, by a measurement now or at an earlier start.
fn measured<'m>(
    config: &Config,
    manifest: &'m Manifest,
    entry: &'m ModelEntry,
) -> (&'m ModelEntry, Provider) {
    let less_precise = config.detector.precision == Precision::Auto;
    let int8 = entry.int8.as_deref().filter(|_| less_precise).and_then(|name| {
        let found = manifest.model(name);
        if let Err(error) = &found {
            let error = error.in_language(language_of_log());
            log_warn!(box_log::int8_left_out(); model = entry.name, %error);
        }
        found.ok()
    });
    let picture = match image::load_from_memory(TRIAL_PICTURE) {
        Ok(picture) => picture.into_rgb8(),
        Err(error) => {
            log_warn!(box_log::no_trial_picture(); %error);
            return (entry, Provider::Cpu);
        }
    };
    let memory = super::control_dir(config).join(format!("provider-{}.json", &hex(&entry.sha256)[..12]));
    let question = Question { entry, int8, less_precise };
    let choice = choose::choose(question, Some(&memory), &mut OnThisBox { picture: &picture });
    let chosen = int8.filter(|int8| int8.name == choice.model).unwrap_or(entry);
    let provider = choice.provider().unwrap_or(Provider::Cpu);
    let (model, times) = (&chosen.name, choice.times());
    log_info!(box_log::provider_chosen(); model, %provider, remembered = choice.remembered, times);
    (chosen, provider)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_detector_is_asked_for_what_the_night_or_the_day_needs() {
        let of = |pairs: &[(Class, f32)]| pairs.iter().copied().collect::<BTreeMap<Class, f32>>();
        let recommended = of(&[(Class::PERSON, 0.35), (Class::CAR, 0.35), (Class::BUS, 0.35)]);
        let by_day = of(&[(Class::PERSON, 0.6), (Class::TRUCK, 0.4)]);
        let by_night = of(&[(Class::PERSON, 0.5), (Class::TRUCK, 0.7), (Class::CAR, 0.2), (Class::BUS, 0.8)]);
        let wanted = of(&[(Class::PERSON, 0.5), (Class::TRUCK, 0.4), (Class::CAR, 0.2), (Class::BUS, 0.35)]);
        assert_eq!(least(by_day.clone(), by_night.iter(), &recommended), wanted);
        assert_eq!(least(by_day.clone(), BTreeMap::new().iter(), &recommended), by_day);
    }
}
