//! What a detector saw in real clips, committed with Lookout (`tests/data/tracks`): no clip and no model is needed.

use std::path::Path;
use std::time::Duration;

use lookout::analysis::detection::{Class, Detection};
use lookout::analysis::geometry::BBox;

/// What was found in each frame of a clip, and when.
pub fn read(name: &str) -> Vec<(Duration, Vec<Detection>)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/tracks/{name}.json"));
    let text = std::fs::read_to_string(path).expect("the fixture is in the repository");
    let file: serde_json::Value = serde_json::from_str(&text).expect("the fixture is JSON");
    let number = |value: &serde_json::Value| value.as_f64().expect("a number") as f32;
    let list = |value: &serde_json::Value| value.as_array().expect("a list").clone();
    let classes: Vec<Class> =
        list(&file["classes"]).iter().map(|c| Class::named(c.as_str().expect("a name"))).collect();
    let detection = |d: &serde_json::Value| {
        let [x0, y0, x1, y1] = [2, 3, 4, 5].map(|edge| number(&d[edge]) / 1000.0);
        Detection {
            class: classes[number(&d[0]) as usize],
            score: number(&d[1]) / 100.0,
            box_in_frame: BBox::new(x0, y0, x1, y1),
        }
    };
    let frame = |frame: &serde_json::Value| {
        let frame = list(frame);
        (Duration::from_millis(number(&frame[0]) as u64), frame[1..].iter().map(detection).collect())
    };
    list(&file["frames"]).iter().map(frame).collect()
}
