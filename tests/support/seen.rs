//! What a detector sees in real clips, looked once and kept: rules are tried on the same detections again
//! and again without paying for the pictures each time.
//!
//! Kept outside the repository, in `LOOKOUT_SEEN` or the user's cache folder, by the digest of the weights, the
//! clip and the rate: nothing here can show what another model saw.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lookout::analysis::detection::{Class, Detection};
use lookout::analysis::empty_view::Coarse;
use lookout::analysis::flow::Flow;
use lookout::analysis::geometry::BBox;
use lookout::analysis::rules::is_worth_a_flow;
use lookout::analysis::time::{Moment, Timestamp};
use lookout::detector::manifest::{Manifest, ModelEntry};
use lookout::detector::{Detector, Inference, Model, Thresholds};
use lookout::frame::coarse::coarse;
use lookout::frame::flow::{Estimator, Thumbnail};
use lookout::types::provider::Provider;
use lookout::video::{self, FileOptions};

/// As the daemon asks: what scores so much of the threshold continues a track (`daemon::loaded_models`).
const UNSURE: f32 = 0.35;

/// One look: when, and what was there.
pub type Look = (Duration, Vec<Detection>);

/// A model to look with, loaded when the first clip is not known yet.
pub struct ClipDetector {
    entry: ModelEntry,
    inference: Option<Inference>,
}

impl ClipDetector {
    /// One of our manifest, or one of the public weights.
    pub fn new(model: &str) -> ClipDetector {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let ours = Manifest::read(&root.join("models/manifest.toml")).expect("our manifest is good");
        let public = Manifest::read(&root.join("tests/data/detector/public-models.toml"))
            .expect("a good manifest")
            .with_files_in(&super::clips::shared().join("models"));
        let entry = ours.model(model).or_else(|_| public.model(model)).expect("described").clone();
        ClipDetector { entry, inference: None }
    }

    /// The model's thresholds, as a camera's plan has them.
    pub fn thresholds(&self) -> impl Iterator<Item = (Class, f32)> + '_ {
        self.entry.thresholds.iter().copied()
    }

    /// What is seen in a clip at so many looks a second.
    pub fn see(&mut self, clip: &Path, hz: f32) -> Vec<Look> {
        let kept = self.place_of(clip, hz);
        if let Ok(text) = fs::read_to_string(&kept) {
            return read(&text);
        }
        let looks = self.look(clip, hz);
        fs::create_dir_all(kept.parent().expect("a folder")).expect("the cache folder is made");
        // Tests beside this one may look at the same clip.
        let by = (std::process::id(), std::thread::current().id());
        let part = kept.with_extension(format!("{}-{:?}.part", by.0, by.1));
        fs::write(&part, written(&looks)).expect("the cache is written");
        fs::rename(&part, &kept).expect("the cache is written");
        looks
    }

    fn place_of(&self, clip: &Path, hz: f32) -> PathBuf {
        let cache = std::env::var_os("LOOKOUT_SEEN").map(PathBuf::from).unwrap_or_else(|| {
            let home = std::env::var_os("HOME").expect("a home folder, or LOOKOUT_SEEN");
            PathBuf::from(home).join(".cache/lookout/seen")
        });
        let mut digest = String::new();
        for byte in &self.entry.sha256[..4] {
            let _ = write!(digest, "{byte:02x}");
        }
        let clip = clip.file_stem().expect("a file").to_string_lossy();
        cache.join(format!("{}-{digest}", self.entry.name)).join(format!("{clip}@{hz}.json"))
    }

    fn look(&mut self, clip: &Path, hz: f32) -> Vec<Look> {
        let inference = self.inference.get_or_insert_with(|| {
            let model = Model::load(&self.entry, &[Provider::Cpu]).expect("the model loads");
            Inference::new(&[Arc::new(model)]).expect("buffers")
        });
        let thresholds = Thresholds::default().scaled(UNSURE);
        let every = Duration::from_secs_f32(1.0 / hz);
        let mut frames =
            video::read_file(clip, FileOptions { every, ..FileOptions::default() }).expect("the clip opens");
        let mut looks = Vec::new();
        while let Some((at, picture)) = frames.next_frame().expect("the clip decodes") {
            let mut found = Vec::new();
            inference.detect(&picture, None, &thresholds, &mut found).expect("the model runs");
            looks.push((at, found));
        }
        looks
    }
}

/// What moves where up to those of so many looks a second that show people close together, since about a tenth of a
/// second before, by the look's time in microseconds.
pub fn flows(clip: &Path, looks: &[Look], hz: f32) -> BTreeMap<u128, Box<Flow>> {
    // The looks must be among these frames.
    let every = Duration::from_secs_f32(1.0 / hz) / (10.0 / hz).round() as u32;
    let mut frames =
        video::read_file(clip, FileOptions { every, ..FileOptions::default() }).expect("the clip opens");
    let worth: Vec<u128> =
        looks.iter().filter(|(_, found)| is_worth_a_flow(found)).map(|(at, _)| at.as_micros()).collect();
    let (mut estimator, mut before) = (Estimator::default(), None::<Thumbnail>);
    let mut flows = BTreeMap::new();
    while let Some((pts, picture)) = frames.next_frame().expect("the clip decodes") {
        let now = Thumbnail::of(&picture, Moment::after_origin(Timestamp::UNIX_EPOCH, pts));
        let recent = before.filter(|before| now.at.since(before.at) <= Duration::from_millis(160));
        if let Some(before) = recent.filter(|_| worth.contains(&pts.as_micros())) {
            flows.insert(pts.as_micros(), estimator.estimate(&before, &now));
        }
        before = Some(now);
    }
    flows
}

/// What the pictures of some looks show coarsely, about once a second, by the look's time in microseconds.
pub fn coarse_pictures(clip: &Path, looks: &[Look], hz: f32) -> BTreeMap<u128, Box<Coarse>> {
    let every = Duration::from_secs_f32(1.0 / hz);
    let mut frames =
        video::read_file(clip, FileOptions { every, ..FileOptions::default() }).expect("the clip opens");
    let mut due = Duration::ZERO;
    let mut times = looks.iter().map(|(at, _)| *at).filter(|at| {
        let is_due = *at + Duration::from_millis(1) >= due;
        if is_due {
            due = *at + Duration::from_secs(1);
        }
        is_due
    });
    let mut next = times.next();
    let mut pictures = BTreeMap::new();
    while let (Some(wanted), Some((at, picture))) = (next, frames.next_frame().expect("the clip decodes")) {
        // What was kept of the looks is kept to the microsecond.
        if at.as_micros() == wanted.as_micros() {
            let mut seen = Box::new(Coarse::even(0));
            coarse(&picture, &mut seen);
            pictures.insert(at.as_micros(), seen);
            next = times.next();
        }
    }
    pictures
}

fn written(looks: &[Look]) -> String {
    let look = |(at, found): &Look| {
        let found: Vec<serde_json::Value> = found
            .iter()
            .map(|d| {
                let b = d.box_in_frame;
                serde_json::json!([d.class.name(), d.score, b.x0, b.y0, b.x1, b.y1])
            })
            .collect();
        serde_json::json!([at.as_micros() as u64, found])
    };
    serde_json::Value::from(looks.iter().map(look).collect::<Vec<_>>()).to_string()
}

fn read(text: &str) -> Vec<Look> {
    type Kept = Vec<(u64, Vec<(String, f32, f32, f32, f32, f32)>)>;
    let kept: Kept = serde_json::from_str(text).expect("the cache can be read; delete it if it cannot");
    let detection = |(class, score, x0, y0, x1, y1): (String, f32, f32, f32, f32, f32)| Detection {
        class: Class::named(&class),
        score,
        box_in_frame: BBox { x0, y0, x1, y1 },
    };
    kept.into_iter()
        .map(|(at, found)| (Duration::from_micros(at), found.into_iter().map(detection).collect()))
        .collect()
}
