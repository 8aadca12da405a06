//! People far away, on real clips: what a closer look at what moved finds, and that it finds nothing else.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use lookout::analysis::detection::{Class, Detection};
use lookout::analysis::time::{Moment, Timestamp};
use lookout::config::document::DEFAULT_MODEL;
use lookout::detector::manifest::Manifest;
use lookout::detector::{Inference, Model};
use lookout::pipeline::frame_gate::{DetectOptions, FrameGate, Looked};
use lookout::types::provider::Provider;
use lookout::video::{self, FileOptions};

use crate::support::clips::shared;

/// What a camera's looks at a clip found.
struct Seen {
    looks: usize,
    closer: usize,
    found: Vec<Vec<Detection>>,
}

impl Seen {
    fn people(&self) -> usize {
        self.found.iter().flatten().filter(|d| d.class == Class::PERSON).count()
    }

    fn counts(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for detection in self.found.iter().flatten() {
            *counts.entry(detection.class.name()).or_default() += 1;
        }
        counts
    }
}

/// Looks at a clip five times a second, with the usual model.
fn watch(clip: &Path, look_closer: bool) -> Seen {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/manifest.toml");
    let manifest = Manifest::find(Some(&manifest)).unwrap();
    let model = Model::load(manifest.model(DEFAULT_MODEL).unwrap(), &[Provider::Cpu]).unwrap();
    let mut detector = Inference::new(&[Arc::new(model)]).unwrap();
    let mut frames =
        video::read_file(clip, FileOptions { every: Duration::from_millis(200), ..FileOptions::default() })
            .unwrap();
    let detect_options = DetectOptions { look_closer, ..DetectOptions::default() };
    let mut frame_gate = FrameGate::default();
    let mut seen = Seen { looks: 0, closer: 0, found: Vec::new() };
    while let Some((pts, picture)) = frames.next_frame().unwrap() {
        let at = Moment::after_origin(Timestamp::UNIX_EPOCH, pts);
        let mut found = Vec::new();
        let looked = frame_gate.look(&mut detector, &picture, at, &detect_options, &mut found).unwrap();
        seen.looks += 1;
        seen.closer += usize::from(looked == Looked::Twice);
        seen.found.push(found);
    }
    seen
}

/// A wide view of 1920x1080 that is grey and noisy but for a walkway: nobody is taller than 70 pixels, which the network
/// sees as 15.
fn wide_view(folder: &Path) -> PathBuf {
    let view = folder.join("wide.mp4");
    let done = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-t", "20", "-i"])
        .arg(shared().join("videos/walkway-small-people.mp4"))
        .args([
            "-filter_complex",
            "color=0x606468:s=1920x1080:r=10[bg];[bg][0:v]overlay=900:400:shortest=1,noise=alls=4:allf=t",
        ])
        .args(["-c:v", "libx264", "-preset", "veryfast", "-crf", "20"])
        .arg(&view)
        .status()
        .unwrap();
    assert!(done.success());
    view
}

#[test]
#[ignore = "needs ../shared: clips"]
fn people_far_away_are_found_from_near() {
    let folder = tempfile::tempdir().unwrap();
    let view = wide_view(folder.path());
    let (whole, closer) = (watch(&view, false), watch(&view, true));
    assert_eq!((whole.looks, whole.closer), (closer.looks, 0));
    // By the pictures three to eight people are in view all the time.
    assert!(2 * whole.people() < 5 * whole.looks, "{} in {} looks", whole.people(), whole.looks);
    assert!(
        2 * closer.people() >= 3 * whole.people(),
        "{} from near, {} without",
        closer.people(),
        whole.people()
    );
    assert!(closer.people() >= 3 * closer.looks, "{} in {} looks", closer.people(), closer.looks);
    // Whoever was found stands on the walkway, and nobody sees fire or smoke in it.
    for person in closer.found.iter().flatten().filter(|d| d.class == Class::PERSON) {
        let centre = person.box_in_frame.centre();
        assert!((0.46..0.73).contains(&centre.x) && (0.36..0.71).contains(&centre.y), "{person:?}");
    }
    assert!(
        !closer.counts().contains_key("fire") && !closer.counts().contains_key("smoke"),
        "{:?}",
        closer.counts()
    );
}

#[test]
#[ignore = "needs ../shared: clips"]
fn where_nobody_is_far_away_a_closer_look_adds_next_to_nothing() {
    for clip in ["bottles-no-people.mp4", "street-cars.mp4", "motorway-rain.mp4", "worker-in-zone-1080p.mp4"]
    {
        let clip = shared().join("videos").join(clip);
        let (whole, closer) = (watch(&clip, false), watch(&clip, true));
        let (as_a_whole, with_closer) = (whole.counts(), closer.counts());
        assert!(as_a_whole.keys().eq(with_closer.keys()), "{}", clip.display());
        for (class, count) in &as_a_whole {
            // In most looks nothing differs; a car that drives off may be found once more.
            let added = with_closer[class].abs_diff(*count);
            assert!(added <= 1 + count / 50, "{}: {as_a_whole:?} and {with_closer:?}", clip.display());
        }
        assert!(closer.closer * 6 <= closer.looks, "{} of {} looks", closer.closer, closer.looks);
    }
}
