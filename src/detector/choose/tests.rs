//! Choosing with a trial that recites, and a file that is remembered.

use super::*;
use crate::analysis::detection::Class;
use crate::analysis::geometry::BBox;
use crate::detector::manifest::Manifest;

/// Milliseconds and scores of what is found, by model and provider; what is not named is not there.
struct Recited {
    ways: Vec<(&'static str, Provider, u64, Vec<f32>)>,
    asked: usize,
}

impl Trial for Recited {
    fn run(&mut self, entry: &ModelEntry, provider: Provider) -> Result<Outcome, String> {
        self.asked += 1;
        let way = self.ways.iter().find(|(model, by, ..)| *model == entry.name && *by == provider);
        let (.., ms, scores) = way.ok_or("not there")?;
        let found = |(i, score): (usize, &f32)| Candidate {
            class: Class::PERSON,
            score: *score,
            box_in_model: BBox::new(30.0 * i as f32, 0.0, 30.0 * i as f32 + 20.0, 40.0),
            is_second: false,
        };
        Ok(Outcome {
            shortest: Duration::from_millis(*ms),
            found: scores.iter().enumerate().map(found).collect(),
        })
    }
}

fn models() -> Manifest {
    let one = |name: &str, digest: char| {
        format!(
            "[[model]]\nname = \"{name}\"\nfile = \"{name}.onnx\"\nsha256 = \"{}\"\nlicence = \"Apache-2.0\"\n\
             origin = \"a test\"\nhead = \"yolov8\"\nclasses = [\"person\"]\n\
             input = {{ width = 64, height = 32, colour = \"rgb\", fit = \"stretch\" }}\n",
            digest.to_string().repeat(64)
        )
    };
    Manifest::parse(&(one("m", 'a') + &one("m-int8", 'b')), Path::new("manifest.toml")).expect("a manifest")
}

fn chosen(less_precise: bool, ways: Vec<(&'static str, Provider, u64, Vec<f32>)>) -> Choice {
    let models = models();
    let int8 = less_precise.then(|| models.model("m-int8").expect("is there"));
    let question = Question { entry: models.model("m").expect("is there"), int8, less_precise };
    choose(question, None, &mut Recited { ways, asked: 0 })
}

#[test]
fn the_fastest_that_finds_the_same_is_taken() {
    let ways = || {
        vec![
            ("m", Provider::Cpu, 10, vec![0.9, 0.5]),
            ("m", Provider::OpenVino, 4, vec![0.89, 0.52]),
            ("m", Provider::Xnnpack, 2, vec![0.9]),
            ("m", Provider::OpenVinoBf16, 3, vec![0.9, 0.5]),
            ("m", Provider::TensorRt, 1, vec![0.9, 0.5]),
            ("m-int8", Provider::Cpu, 1, vec![0.8]),
        ]
    };
    let full = chosen(false, ways());
    assert_eq!((&*full.model, &*full.provider), ("m", "openvino"));
    insta::assert_snapshot!(full.times(), @"m on cpu 10.0 ms, m on openvino 4.0 ms, m on cuda (not there), m on xnnpack 2.0 ms (finds other things than cpu: misses 1, adds 0), m on acl (not there)");
    let less = chosen(true, ways());
    assert_eq!((&*less.model, &*less.provider), ("m-int8", "cpu"));
}

#[test]
fn a_provider_that_sees_more_moves_boxes_or_is_surer_is_not_the_same() {
    let same = |scores: Vec<f32>| {
        let ways = vec![("m", Provider::Cpu, 10, vec![0.9, 0.5]), ("m", Provider::OpenVino, 4, scores)];
        chosen(false, ways).provider == "openvino"
    };
    assert!(same(vec![0.9, 0.5]));
    assert!(same(vec![0.9, 0.5, 0.22]), "what is unsure may come and go");
    assert!(!same(vec![0.9, 0.5, 0.6]));
    assert!(!same(vec![0.9, 0.3]));
    assert!(!same(vec![]));
}

#[test]
fn where_nothing_works_the_answer_is_cpu_which_will_say_why() {
    let choice = chosen(true, vec![("m", Provider::OpenVino, 4, vec![0.9])]);
    assert_eq!((&*choice.model, &*choice.provider), ("m", "cpu"));
}

#[test]
fn what_was_measured_is_remembered_until_something_changes() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("control/detector-choice.json");
    let models = models();
    let (entry, int8) = (models.model("m").expect("there"), models.model("m-int8").expect("there"));
    let ways = vec![("m", Provider::Cpu, 10, vec![0.9]), ("m", Provider::Acl, 5, vec![0.9])];
    let mut trial = Recited { ways, asked: 0 };
    let question = Question { entry, int8: None, less_precise: false };
    let first = choose(question, Some(&file), &mut trial);
    let asked = trial.asked;
    assert!(!first.remembered && asked > 0);
    let second = choose(question, Some(&file), &mut trial);
    assert_eq!(trial.asked, asked, "nothing is measured again");
    assert_eq!((second.remembered, &*second.provider, second.tried), (true, "acl", first.tried));

    choose(Question { entry: int8, ..question }, Some(&file), &mut trial);
    assert!(trial.asked > asked, "another model is measured");
    let asked = trial.asked;
    std::fs::write(&file, "torn").expect("written");
    assert!(!choose(question, Some(&file), &mut trial).remembered);
    assert!(trial.asked > asked, "a torn file is no reason to stop");
    assert_ne!(key(&question, "cpu a"), key(&question, "cpu b"));
}
