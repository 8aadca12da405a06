//! `lookout compare`: what another configuration would have made of a recording.
//!
//! The recording is played under both configurations, each with its own models, thresholds and rate: a frame is looked at as
//! each of them would look at it, so nothing is shared but the models where both name the same ones. The difference and the
//! report are [`crate::comparison`]'s, which `lookout retune` uses, too.

use std::path::{Path, PathBuf};

use jiff::SignedDuration;

use super::replay::playback::{Playback, Played, Step};
use super::replay::progress::Progress;
use super::replay::readings::{self, Readings};
use super::replay::{self, Note};
use super::retune::meant;
use super::when::When;
use super::{Failure, language, models, named_path, print_line};
use crate::analysis::alert::Revision;
use crate::analysis::time::Timestamp;
use crate::comparison::{self, Comparison};
use crate::config::{Camera, Config, Surroundings};
use crate::daemon::loaded_models::LoadedModels;
use crate::text::{Sentence, compare as say, model, replay as of_replay};
use crate::types::phase::Phase;

/// Arguments of `lookout compare`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The configuration as it is
    old: PathBuf,
    /// The configuration as it would be
    new: PathBuf,
    /// The recording: mp4, mkv, avi, ts, mpg, flv, dav and others; what it is is told by its content
    video: PathBuf,
    /// The camera of both configurations that the recording stands for; may be left out if they have one in common
    #[arg(long)]
    camera: Option<String>,
    /// When the recording began, for schedules: "2026-01-07 22:00" on the clock of the old configuration's site, or with an
    /// offset of its own (2026-01-07T22:00:00+08:00) [default: as the file says, else 2026-01-07T00:00:00Z]
    #[arg(long, value_name = "TIME")]
    start: Option<When>,
    /// What the sensors said meanwhile, as for `lookout replay`
    #[arg(long, value_name = "FILE")]
    readings: Option<PathBuf>,
    /// Print the comparison as one JSON object
    #[arg(long)]
    json: bool,
    /// Write the comparison with its plots into an HTML file that needs nothing else
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// The model manifest, or its folder [default: the configuration's, else LOOKOUT_MODELS, models/, beside the program,
    /// /usr/share/lookout/models]
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
}

/// Runs it.
///
/// # Errors
/// A configuration with problems, a model or video that cannot be read, output that cannot be written.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let [old, new] = [&args.old, &args.new].map(|file| Config::load_in(file, &Surroundings::elsewhere(file)));
    let (old, new) = (old.map_err(Failure::from)?, new.map_err(Failure::from)?);
    let (old_camera, new_camera) = cameras(&args, &old, &new)?;
    // Before the work: models take their time to load.
    named_path::need(of_replay::the_recording(args.video.display()), &args.video)?;
    let readings_of = |config: &Config| match &args.readings {
        Some(file) => readings::read(file, config),
        None => Ok(Readings::new()),
    };
    let (old_readings, new_readings) = (readings_of(&old)?, readings_of(&new)?);
    let start = args.start.map(|start| start.in_zone(&old.site.time_zone, "--start"));
    let start = start.transpose().map_err(Failure::refused)?;
    if let Some(file) = &args.html {
        named_path::may_write(file)?;
    }
    let old_models = loaded(&old, args.manifest.as_deref())?;
    let new_models = match look_alike(&old, &new) {
        true => old_models.clone(),
        false => loaded(&new, args.manifest.as_deref())?,
    };
    new.check_classes(&new_models.classes()).map_err(Failure::from)?;
    let video = &*args.video;
    let played = Played { video, config: &old, camera: old_camera, models: &old_models, start };
    let before = play(played, old_readings, say::playing_old(args.old.display()))?;
    let played = Played { config: &new, camera: new_camera, models: &new_models, ..played };
    let after = play(played, new_readings, say::playing_new(args.new.display()))?;

    let to = before.to.max(after.to);
    let mut differences = comparison::differences(&before.revisions, &after.revisions, to);
    let plan = |config: &Config, camera, models: &LoadedModels| config.plan(vec![models.plan(camera)]);
    let plans = (plan(&old, old_camera, &old_models), plan(&new, new_camera, &new_models));
    comparison::give_reasons(&mut differences, &plans.0, &plans.1);
    let comparison = Comparison {
        before: args.old.display().to_string().into(),
        after: args.new.display().to_string().into(),
        from: before.from,
        to,
        off: jiff::SignedDuration::ZERO,
        zone: old.site.time_zone.clone(),
        cameras: vec![old_camera.id.clone()],
        notes: notes(&args, &before, &after),
        differences,
        verdicts: Default::default(),
        pictures: Default::default(),
    };
    print(&args, &comparison)
}

fn loaded(config: &Config, manifest: Option<&Path>) -> Result<LoadedModels, Failure> {
    let loaded = LoadedModels::load(config, manifest, None).map_err(models::not_loaded)?;
    config.check_classes(&loaded.classes()).map_err(Failure::from)?;
    Ok(loaded)
}

/// Whether both look with the same model.
fn look_alike(old: &Config, new: &Config) -> bool {
    let (old, new) = (&old.detector, &new.detector);
    old.model == new.model
        && old.providers == new.providers
        && old.precision == new.precision
        && old.manifest == new.manifest
}

/// The camera in both configurations.
fn cameras<'c>(args: &Args, old: &'c Config, new: &'c Config) -> Result<(&'c Camera, &'c Camera), Failure> {
    let id = match &args.camera {
        Some(id) => id.clone(),
        None => {
            let in_both = old.cameras.iter().filter(|camera| new.camera(&camera.id).is_some());
            let in_both: Vec<&str> = in_both.map(|camera| &*camera.id).collect();
            match in_both.as_slice() {
                [] => return Err(Failure::refused(say::no_camera_in_both()).hint(say::try_same_camera())),
                [id] => (*id).to_owned(),
                ids => {
                    let ids = model::listed(ids.iter().map(|id| format!("`{id}`")));
                    let hint = of_replay::try_naming_camera(ids);
                    return Err(Failure::refused(say::several_in_both()).hint(hint));
                }
            }
        }
    };
    let of = |config: &'c Config, file: &Path| {
        let missing = || Failure::refused(say::camera_is_not_in(&id, file.display()));
        let ids = || model::listed(config.cameras.iter().map(|camera| format!("`{}`", camera.id)));
        let names = config.cameras.iter().map(|camera| &*camera.id);
        config.camera(&id).ok_or_else(|| missing().hint(meant(&id, names, of_replay::try_cameras(ids()))))
    };
    match (of(old, &args.old), of(new, &args.new)) {
        (Ok(old), Ok(new)) => Ok((old, new)),
        (old, new) => Err(Failure::all([old.err(), new.err()].into_iter().flatten().collect())),
    }
}

/// What one configuration made of the recording.
struct Outcome {
    revisions: Vec<Revision>,
    from: Timestamp,
    to: Timestamp,
    start: Note,
    notes: Vec<Note>,
}

fn play(played: Played<'_>, readings: Readings, what: Sentence) -> Result<Outcome, Failure> {
    let last_reading = readings.back().map(|(secs, ..)| *secs).unwrap_or_default();
    let mut playback = Playback::open(played, readings)?;
    let mut progress = Progress::begin();
    let (mut revisions, mut alerts) = (Vec::new(), 0);
    while let Some(Step { before, looked }) = playback.step()? {
        let at = looked.as_ref().map(|looked| looked.pts);
        let followed: Vec<Revision> =
            before.into_iter().chain(looked.into_iter().flat_map(|looked| looked.revisions)).collect();
        alerts += followed.iter().filter(|revision| revision.phase == Phase::New).count() as u64;
        revisions.extend(followed);
        if let Some(at) = at {
            let done = say::so_far(what.clone(), replay::alerts(alerts));
            progress.show(at, || playback.duration(), done);
        }
    }
    progress.end();
    let from = playback.start().at();
    let length = SignedDuration::try_from(playback.end_of_pictures().max(last_reading)).unwrap_or_default();
    let to = from.checked_add(length).unwrap_or(from);
    let start = playback.start().note(played.config);
    Ok(Outcome { revisions, from, to, start, notes: playback.notes() })
}

/// What whoever reads the comparison should know first: what holds for both once, the rest with the name of its file.
fn notes(args: &Args, before: &Outcome, after: &Outcome) -> Vec<comparison::Note> {
    let of_report = |(what, hint): &Note| comparison::Note {
        what: what.clone(),
        details: hint.iter().cloned().collect(),
    };
    let said = |(what, _): &Note| what.to_string();
    let is_in = |note: &Note, others: &[Note]| others.iter().any(|other| said(other) == said(note));
    let of_one = |file: &Path, (what, hint): &Note| {
        of_report(&(say::with_configuration(file.display(), what.clone()), hint.clone()))
    };
    let mut notes = vec![of_report(&before.start)];
    for note in &before.notes {
        notes.push(match is_in(note, &after.notes) {
            true => of_report(note),
            false => of_one(&args.old, note),
        });
    }
    let only_after = after.notes.iter().filter(|note| !is_in(note, &before.notes));
    notes.extend(only_after.map(|note| of_one(&args.new, note)));
    notes
}

fn print(args: &Args, comparison: &Comparison) -> Result<(), Failure> {
    let language = language::of_this_run();
    if let Some(file) = &args.html {
        named_path::write(file, comparison.html(language))?;
        say!("{}", say::written(file.display()).in_language(language));
    }
    if args.json {
        print_line(comparison.json(language))
    } else {
        print_line(comparison.text(language).trim_end())
    }
}
