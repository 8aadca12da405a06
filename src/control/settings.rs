//! Values from the command centre in place of the configuration's: how often a camera is looked at, how sure the detector
//! must be, which rules are in force. Pure. Must never let a value through that makes a box blind.

use super::commands::set::SetData;
use super::overrides::Settings;
use crate::analysis::detection::Class;
use crate::config::Config;
use crate::text::{Sentence, command as say};
use crate::types::hex::sha256_hex;

/// Pictures per second that a camera can be set to: enough to see, not so many that others starve.
const FPS: (f64, f64) = (0.5, 15.0);
/// Thresholds that a class can be set to: below it everything is something, above it nothing is.
const THRESHOLD: (f64, f64) = (0.2, 0.9);

/// `settings` with what `set` asks for, and a sentence for each value that was out of range.
///
/// # Errors
/// What it names that is not there, or would switch off.
pub(crate) fn changed(
    config: &Config,
    classes: &[Class],
    settings: &Settings,
    set: &SetData,
) -> Result<(Settings, Vec<Sentence>), Sentence> {
    let mut settings = if set.clear { Settings::default() } else { settings.clone() };
    let mut said = Vec::new();
    for (id, wanted) in &set.cameras {
        if config.camera(id).is_none() {
            return Err(say::no_camera(id));
        }
        let camera = settings.cameras.entry(id.clone()).or_default();
        if let Some(fps) = wanted.analysis_fps {
            camera.analysis_fps = Some(clamped(fps, FPS, say::fps_of(id), &mut said)?);
        }
        for (name, score) in &wanted.thresholds {
            if !classes.iter().any(|class| class.name() == name) {
                return Err(say::no_class(name));
            }
            let score = clamped(*score, THRESHOLD, say::threshold_of(id, name), &mut said)?;
            camera.thresholds.insert(name.clone(), score);
        }
    }
    for (id, in_force) in &set.rules {
        if !config.rules.iter().any(|rule| *rule.id == **id) {
            return Err(say::no_rule(id));
        }
        settings.rules.insert(id.clone(), *in_force);
    }
    let off = |id: &str| settings.rules.get(id) == Some(&false);
    if !config.rules.is_empty() && config.rules.iter().all(|rule| off(&rule.id)) {
        return Err(say::one_rule_stays());
    }
    Ok((settings, said))
}

fn clamped(
    value: f64,
    (least, most): (f64, f64),
    what: Sentence,
    said: &mut Vec<Sentence>,
) -> Result<f64, Sentence> {
    if !value.is_finite() {
        return Err(say::no_number(what));
    }
    let taken = value.clamp(least, most);
    if taken != value {
        let [taken, value, least, most] = [taken, value, least, most].map(|number| number.to_string());
        said.push(say::set_to(what, taken, value, least, most));
    }
    Ok(taken)
}

/// The configuration with those values. Its digest differs from the file's.
pub(crate) fn apply(mut config: Config, settings: &Settings) -> Config {
    if settings.is_empty() {
        return config;
    }
    for camera in &mut config.cameras {
        let Some(setting) = settings.cameras.get(&*camera.id) else { continue };
        if let Some(fps) = setting.analysis_fps {
            camera.analysis_hz = fps as f32;
        }
        for (class, score) in &setting.thresholds {
            let class = Class::named(class);
            camera.thresholds.insert(class, *score as f32);
            // A value is set to count now, also at night.
            if let Some(night) = &mut camera.night {
                night.thresholds.remove(&class);
            }
        }
    }
    config.rules.retain(|rule| settings.rules.get(&*rule.id) != Some(&false));
    let said = serde_json::to_string(settings).unwrap_or_default();
    config.sha256 = sha256_hex(format!("{}\n{said}", config.sha256).as_bytes());
    config.set_values = Some(said);
    config
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Surroundings;
    use crate::control::commands::set::CameraSetting;

    #[test]
    fn a_threshold_that_is_set_counts_by_night_as_well() {
        let path = Path::new("site.toml");
        let text = include_str!("../../config/minimal.toml").replace(
            "\n[[camera.zone]]",
            "\nnight = { schedule = \"19:00-06:00\", thresholds = { person = 0.7, car = 0.6 } }\n[[camera.zone]]",
        );
        let config =
            Config::from_text(path, &text, &Surroundings::elsewhere(path)).unwrap_or_else(|p| panic!("{p}"));
        let setting = CameraSetting { analysis_fps: None, thresholds: [("person".to_owned(), 0.4)].into() };
        let settings = Settings { cameras: [("cam-1".to_owned(), setting)].into(), ..Settings::default() };
        let camera = apply(config, &settings).cameras.remove(0);
        assert_eq!(camera.thresholds[&Class::PERSON], 0.4);
        let by_night = &camera.night.as_ref().expect("it stays").thresholds;
        assert_eq!(by_night.keys().collect::<Vec<_>>(), [&Class::CAR], "what was not set stays as it was");
    }
}
