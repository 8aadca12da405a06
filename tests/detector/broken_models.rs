//! Broken models in every way one can think of: not one is loaded in the place of the described one, the reason names
//! the file, and whatever reads a file that nobody vouches for may die of it without harm.
//!
//! The real program reads them. `LOOKOUT_FAULT_ROUNDS` says how many mutations there are (a hundred by default).
//! Needs ONNX Runtime, which `deploy/setup.sh` installs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use crate::support::fault_report::{report, rounds};
use crate::support::onnx::{self, Attribute, Node};
use lookout::detector::Model;
use lookout::detector::manifest::Manifest;
use lookout::types::provider::Provider;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Files that are described in one manifest, so that one process tries them after one another.
const BATCH: usize = 50;

fn bundled() -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("models/street-nano.onnx")).unwrap()
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Numbers that are the same in every run (Knuth's MMIX constants).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % limit.max(1)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Mutation {
    /// Nothing but the beginning.
    Truncated,
    Empty,
    /// One bit, somewhere: in a weight it makes another model, elsewhere a broken one.
    BitFlipped,
    /// Many bits at the beginning, where the nodes with their names and sizes stand.
    ManyBitsFlipped,
    /// A run of zeros.
    Zeroed,
    /// A length that claims more than there is.
    HugeClaim,
    /// Bytes of another place.
    Shuffled,
    /// The whole file twice: every name is there twice.
    Twice,
    /// Bytes that belong to nothing, in the middle.
    Inserted,
    /// Not a model at all.
    Noise,
}

const MUTATIONS: [Mutation; 10] = [
    Mutation::Truncated,
    Mutation::Empty,
    Mutation::BitFlipped,
    Mutation::ManyBitsFlipped,
    Mutation::Zeroed,
    Mutation::HugeClaim,
    Mutation::Shuffled,
    Mutation::Twice,
    Mutation::Inserted,
    Mutation::Noise,
];

impl Mutation {
    fn apply(self, good: &[u8], numbers: &mut Numbers) -> Vec<u8> {
        let mut bytes = good.to_vec();
        let at = numbers.below(bytes.len());
        match self {
            Mutation::Truncated => bytes.truncate(at),
            Mutation::Empty => bytes.clear(),
            Mutation::BitFlipped => bytes[at] ^= 1 << numbers.below(8),
            Mutation::ManyBitsFlipped => {
                for _ in 0..50 {
                    let at = numbers.below(20_000);
                    bytes[at] ^= 1 << numbers.below(8);
                }
            }
            Mutation::Zeroed => {
                let end = (at + 1 + numbers.below(4096)).min(bytes.len());
                bytes[at..end].fill(0);
            }
            Mutation::HugeClaim => {
                // The graph's own length stands in the first bytes; anywhere else it hits a name, a node or a weight.
                let at = if numbers.below(2) == 0 { numbers.below(64) } else { at };
                let end = (at + 9).min(bytes.len());
                bytes[at..end].fill(0xff);
            }
            Mutation::Shuffled => {
                let from = numbers.below(bytes.len() - 1000);
                let piece = bytes[from..from + 1000].to_vec();
                let to = numbers.below(bytes.len() - 1000);
                bytes[to..to + 1000].copy_from_slice(&piece);
            }
            Mutation::Twice => bytes.extend_from_slice(good),
            Mutation::Inserted => {
                let noise: Vec<u8> = (0..1 + numbers.below(64)).map(|_| numbers.below(256) as u8).collect();
                bytes.splice(at..at, noise);
            }
            Mutation::Noise => {
                bytes = (0..1 + numbers.below(20_000)).map(|_| numbers.below(256) as u8).collect();
            }
        }
        bytes
    }
}

/// An entry like the bundled model's own.
fn entry(name: &str, file: &str, sha256: &str) -> String {
    format!(
        r#"
[[model]]
name = "{name}"
file = "{file}"
sha256 = "{sha256}"
licence = "Apache-2.0"
origin = "a test"
head = "yolov8"
classes = ["person", "face", "two_wheeler", "car", "bus", "truck", "fire", "smoke"]
thresholds = {{ person = 0.25, face = 0.2, two_wheeler = 0.25, car = 0.25, bus = 0.25, truck = 0.25, fire = 0.25, smoke = 0.25 }}
input = {{ width = 416, height = 256, colour = "rgb", fit = "letterbox-top-left", pad = 114 }}
"#
    )
}

fn lookout(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lookout")).args(arguments).output().unwrap()
}

/// What `lookout models verify` says of each model of a manifest. The good one stands last, so that it is known to
/// have come that far.
fn verified(manifest: &Path) -> Vec<Value> {
    let output = lookout(&["models", "verify", "--json", "--manifest", manifest.to_str().unwrap()]);
    let lines: Vec<Value> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let died_at = lines.last().map_or("the first".to_owned(), |last| format!("after {}", last["name"]));
    assert!(
        output.status.code().is_some(),
        "the process died {died_at} of {}: {:?}",
        manifest.display(),
        output.status
    );
    lines
}

/// The outcome of many: refused with a sentence about the file, or taken; by mutation.
type Outcomes = BTreeMap<Mutation, (u64, u64)>;

/// Tries `count` mutations. `vouched`: each is described with its own digest, as if somebody had meant it.
fn try_all(count: usize, vouched: bool) -> Outcomes {
    let folder = tempfile::tempdir().unwrap();
    let good = bundled();
    let mut numbers = Numbers(7);
    let mut outcomes = Outcomes::new();
    for first in (0..count).step_by(BATCH) {
        let mut manifest = String::new();
        let mut kinds = Vec::new();
        for n in first..count.min(first + BATCH) {
            let mutation = MUTATIONS[n % MUTATIONS.len()];
            let bytes = mutation.apply(&good, &mut numbers);
            let digest = sha256(if vouched { &bytes } else { &good });
            let file = format!("broken-{n}.onnx");
            fs::write(folder.path().join(&file), bytes).unwrap();
            manifest.push_str(&entry(&format!("broken-{n}"), &file, &digest));
            kinds.push((mutation, file));
        }
        fs::write(folder.path().join("good.onnx"), &good).unwrap();
        manifest.push_str(&entry("good", "good.onnx", &sha256(&good)));
        let path = folder.path().join("manifest.toml");
        fs::write(&path, manifest).unwrap();
        let lines = verified(&path);
        assert_eq!(lines.len(), kinds.len() + 1, "the process ended early");
        assert_eq!(lines.last().unwrap()["ok"], true, "the good model is loaded after all the broken ones");
        for (line, (mutation, file)) in lines.iter().zip(&kinds) {
            let counts = outcomes.entry(*mutation).or_default();
            if line["ok"] == true {
                counts.1 += 1;
                continue;
            }
            counts.0 += 1;
            let reason = line["error"].as_str().unwrap();
            assert!(reason.contains(file.as_str()) && reason.len() < 2000, "{mutation:?}: {reason}");
        }
        for (_, file) in kinds {
            fs::remove_file(folder.path().join(file)).unwrap();
        }
    }
    outcomes
}

fn as_json(outcomes: &Outcomes) -> Value {
    let by_kind = outcomes.iter().map(|(mutation, (refused, taken))| {
        (format!("{mutation:?}"), json!({ "refused": refused, "loaded": taken }))
    });
    Value::Object(by_kind.collect())
}

/// A file that changed on the disk, on the way or by somebody's hand.
#[test]
fn a_file_that_is_not_the_described_one_is_never_loaded() {
    let count = rounds(100);
    let outcomes = try_all(count, false);
    let loaded: u64 = outcomes.values().map(|(_, loaded)| loaded).sum();
    // A mutation may change nothing (zeros where zeros were): then it is the described file.
    let untouched: u64 = outcomes.get(&Mutation::Zeroed).map_or(0, |(_, same)| *same);
    let pass = loaded == untouched;
    report(
        "broken models, digest of the good one",
        count,
        as_json(&outcomes),
        pass,
        "refused before anything parses them",
    );
    assert!(pass, "{outcomes:?}");
}

/// The same files with the digest of each in the manifest: now ONNX Runtime reads them. It may find another model in
/// them (a flipped bit in a weight), and must not die.
#[test]
fn a_broken_file_that_somebody_vouched_for_is_refused_or_is_another_model() {
    let count = rounds(100);
    let outcomes = try_all(count, true);
    let never = [Mutation::Empty, Mutation::Truncated, Mutation::Twice, Mutation::Noise];
    let wrongly: u64 = never.iter().filter_map(|kind| outcomes.get(kind)).map(|(_, loaded)| loaded).sum();
    report(
        "broken models, each with its own digest",
        count,
        as_json(&outcomes),
        wrongly == 0,
        "a changed weight is another model",
    );
    assert_eq!(wrongly, 0, "{outcomes:?}");
    let refused: u64 = outcomes.values().map(|(refused, _)| refused).sum();
    assert!(refused as usize > count / 2, "{outcomes:?}");
}

/// The file of a model that runs is broken on the disk, again and again: what runs is in memory and goes on, and the
/// next start says what is wrong.
#[test]
fn a_model_that_is_loaded_goes_on_when_its_file_breaks() {
    let folder = tempfile::tempdir().unwrap();
    let (good, file) = (bundled(), folder.path().join("street.onnx"));
    fs::write(&file, &good).unwrap();
    let manifest = folder.path().join("manifest.toml");
    let manifest = Manifest::parse(&entry("street", "street.onnx", &sha256(&good)), &manifest).unwrap();
    let model = Model::load(&manifest.models()[0], &[Provider::Cpu]).unwrap();
    let mut run = model.trial_runs().unwrap();
    let mut numbers = Numbers(11);
    for mutation in MUTATIONS {
        let broken = mutation.apply(&good, &mut numbers);
        if broken == good {
            continue;
        }
        fs::write(&file, broken).unwrap();
        run().unwrap();
        let refused = Model::load(&manifest.models()[0], &[Provider::Cpu]).unwrap_err().to_string();
        assert!(refused.contains("street.onnx"), "{mutation:?}: {refused}");
        run().unwrap();
    }
}

// ---- files that are made to do harm

fn add(folder: &Path, name: &str, bytes: &[u8], trial_secs: &str) -> (Output, PathBuf) {
    let file = folder.join(format!("{name}.onnx"));
    fs::write(&file, bytes).unwrap();
    let manifest = folder.join("manifest.toml");
    let classes = "person,face,two_wheeler,car,bus,truck,fire,smoke";
    let arguments = [
        "models",
        "add",
        file.to_str().unwrap(),
        "--head",
        "yolov8",
        "--classes",
        classes,
        "--manifest",
        manifest.to_str().unwrap(),
        "--trial-secs",
        trial_secs,
    ];
    (lookout(&arguments), manifest)
}

/// Each with what a careless reader would do with it.
fn bombs() -> Vec<(&'static str, Vec<u8>)> {
    let shape = |sizes: &[i64]| onnx::int64_tensor("sizes", &[sizes.len() as i64], sizes);
    let fill = |sizes: &[i64]| {
        onnx::model(
            &[
                Node::new("ConstantOfShape", &["sizes"], &["large"]),
                Node::new("ReduceSum", &["large"], &["sum"]).with(Attribute::int("keepdims", 0)),
                Node::new("Add", &["sum", "zeros"], &["output"]),
            ],
            &[shape(sizes), onnx::f32_tensor("zeros", &[1, 12, 2184], None)],
        )
    };
    let tensor = |dims: &[i64]| {
        onnx::model(
            &[Node::new("Identity", &["large"], &["output"])],
            &[onnx::f32_tensor("large", dims, Some(&[0; 4]))],
        )
    };
    let outside = onnx::model(
        &[Node::new("Identity", &["outside"], &["output"])],
        &[onnx::external_tensor("outside", &[1, 12, 2184], "../../../../../../../etc/passwd")],
    );
    let circle = onnx::model(
        &[Node::new("Identity", &["a"], &["output"]), Node::new("Identity", &["output"], &["a"])],
        &[],
    );
    let unknown = onnx::model(&[Node::new("ReadFileAndSendIt", &["images"], &["output"])], &[]);
    vec![
        ("more-memory-than-there-is", fill(&[1 << 40])),
        // As much as a large machine has: only the limit stands between it and the other programs.
        ("six-gibibytes", fill(&[6 << 28])),
        ("more-sizes-than-numbers", fill(&[1 << 31, 1 << 31, 1 << 31])),
        ("less-than-nothing", fill(&[-5])),
        ("a-claim-without-content", tensor(&[1 << 40])),
        ("a-negative-claim", tensor(&[1, -12, 2184])),
        ("deep-nesting", onnx::nested(5_000)),
        ("a-file-of-the-machine", outside),
        ("a-circle", circle),
        ("an-operator-that-is-none", unknown),
    ]
}

#[test]
fn a_file_that_is_made_to_do_harm_is_refused_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let bombs = bombs();
    let mut lines = Vec::new();
    for (name, bytes) in &bombs {
        let (output, manifest) = add(folder.path(), name, bytes, "120");
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        let code = output.status.code();
        assert!(code == Some(1) || code == Some(2), "{name}: {:?} {words}", output.status);
        assert!(words.contains(&format!("{name}.onnx")) && words.starts_with("error: "), "{name}: {words}");
        assert!(!manifest.exists(), "{name}: something was written");
        lines.push(format!("{name}: {}", words.lines().next().unwrap()));
    }
    eprintln!("{}", lines.join("\n"));
    report(
        "models made to do harm",
        bombs.len(),
        json!({ "refused": bombs.len() }),
        true,
        "by `lookout models add`",
    );
}

#[test]
fn a_file_that_computes_for_ever_is_given_up_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let started = Instant::now();
    let (output, manifest) = add(folder.path(), "for-ever", &onnx::endless(), "5");
    let words = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{words}");
    assert!(words.contains("for-ever.onnx: was not opened and tried within 5 s"), "{words}");
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
    assert!(!manifest.exists());
}

/// What writes these files writes good ones too: otherwise the tests above would show nothing.
#[test]
fn a_good_file_from_the_same_hand_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let (output, manifest) = add(folder.path(), "harmless", &onnx::harmless(), "120");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(manifest.exists());
}
