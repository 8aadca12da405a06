//! The decode-and-infer loop, stage by stage, each with the least that could do its work beside it.
//!
//! `cargo bench --bench hot_path` prints criterion's figures and at the end a table of ratios: how much our
//! stage costs in floors of its own kind, both measured in this run, so the ratio travels between machines
//! while milliseconds do not. `benches/README.md` says how to read it. What is missing (a model, a clip) is
//! named and left out.

use std::cell::RefCell;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::Criterion;
use lookout::analysis::camera_health::image_stats::ImageStats;
use lookout::analysis::detection::{Class, Detection};
use lookout::analysis::geometry::{BBox, Line, Point, Polygon};
use lookout::analysis::grid::GridCode;
use lookout::analysis::heights::HeightLimits;
use lookout::analysis::rules::{CameraPlan, Condition, Crowd, Dwell, LineCrossed, Parked, Present, Rule};
use lookout::analysis::schedule::Schedule;
use lookout::analysis::sensor::{Quantity, RawReading, SensorPlan};
use lookout::analysis::time::{Moment, Timestamp};
use lookout::analysis::tracker::Tracker;
use lookout::analysis::{Analysis, Event, Plan};
use lookout::detector::convert::{Colour, Converter, Fit, ModelInput};
use lookout::detector::heads::{Candidate, Head, SelectedClass, suppress_doubles};
use lookout::detector::manifest::Manifest;
use lookout::detector::{Detector, Inference, Model, Runtime, Thresholds};
use lookout::frame::{Layout, Matrix, Picture, PictureFormat, PixelAspect, Range, image_stats, luma};
use lookout::journal::{self, Entry, Input, Look, Looked, Recorder};
use lookout::types::direction::Direction;
use lookout::types::level::Level;
use lookout::types::provider::Provider;
use lookout::video::{self, FileOptions};
use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;
use ort::value::TensorRef;

#[path = "../tests/support/clip_frames.rs"]
mod clip_frames;

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    let ledger = Ledger::default();
    convert(&mut criterion, &ledger);
    infer_and_detect(&mut criterion, &ledger);
    decode(&mut criterion, &ledger);
    track_and_rules(&mut criterion, &ledger);
    fuse(&mut criterion, &ledger);
    whole_loop(&mut criterion, &ledger);
    shadow(&mut criterion, &ledger);
    criterion.final_summary();
    ledger.print();
}

// ---- ratios

/// The shortest time of one pass of each measured stage: what other work on the machine disturbed least.
#[derive(Default)]
struct Ledger {
    shortest: RefCell<Vec<(String, Duration)>>,
    ratios: RefCell<Vec<(String, String, String)>>,
}

impl Ledger {
    /// Measures `work` under `name`.
    fn bench(&self, criterion: &mut Criterion, name: &str, mut work: impl FnMut()) {
        self.bench_timed(criterion, name, || {
            let begin = Instant::now();
            work();
            begin.elapsed()
        });
    }

    /// As [`bench`](Ledger::bench), for work that tells how long its pass took.
    fn bench_timed(&self, criterion: &mut Criterion, name: &str, mut pass: impl FnMut() -> Duration) {
        let mut shortest = Duration::MAX;
        criterion.bench_function(name, |b| {
            b.iter_custom(|passes| {
                let each = (0..passes).map(|_| {
                    let time = pass();
                    shortest = shortest.min(time);
                    time
                });
                each.sum()
            });
        });
        if shortest < Duration::MAX {
            self.shortest.borrow_mut().push((name.to_owned(), shortest));
        }
    }

    /// A line for the table at the end: what stands `over` its floor, and what that says.
    fn ratio(&self, stage: &str, floor: &str, meaning: &str) {
        self.ratios.borrow_mut().push((stage.to_owned(), floor.to_owned(), meaning.to_owned()));
    }

    fn print(&self) {
        let shortest = self.shortest.borrow();
        let time = |name: &str| shortest.iter().find(|(known, _)| known == name).map(|(_, time)| *time);
        eprintln!("\n{:>9} {:>9} {:>7}   stage / floor", "stage ms", "floor ms", "ratio");
        for (stage, floor, meaning) in self.ratios.borrow().iter() {
            // A filter on the command line may have left one of them out.
            let (Some(a), Some(b)) = (time(stage), time(floor)) else { continue };
            let (a, b) = (a.as_secs_f64() * 1e3, b.as_secs_f64() * 1e3);
            eprintln!("{a:>9.3} {b:>9.3} {:>7.2}   {stage} / {floor}: {meaning}", a / b);
        }
    }
}

// ---- convert: planes to tensor, against reading the planes once and writing the tensor once

fn convert(criterion: &mut Criterion, ledger: &Ledger) {
    let input = ModelInput {
        width: 416,
        height: 256,
        colour: Colour::Rgb,
        mean: [0.0; 3],
        std: [1.0; 3],
        fit: Fit::LetterboxTopLeft,
        pad: 114.0,
    };
    for (size, width, height) in [("1080p", 1920, 1080), ("720p", 1280, 720), ("360p", 640, 360)] {
        let floor = format!("convert/{size}/read-planes-write-tensor");
        let picture = made_up_picture(width, height, Layout::I420);
        let mut tensor = vec![0.0f32; input.len()];
        ledger.bench(criterion, &floor, || {
            (0..3).for_each(|plane| read_once(black_box(&picture).plane(plane)));
            tensor.fill(black_box(114.0));
            black_box(&mut tensor);
        });
        for (name, layout) in [("i420", Layout::I420), ("nv12", Layout::Nv12)] {
            let picture = made_up_picture(width, height, layout);
            let plain = format!("convert/{size}/{name}-plain-loops");
            let mut converter = Converter::plain(input.clone());
            ledger.bench(criterion, &plain, || {
                black_box(converter.convert(black_box(&picture), None, &mut tensor))
                    .expect("a whole picture");
            });
            let stage = format!("convert/{size}/{name}-to-416x256");
            let mut converter = Converter::new(input.clone());
            ledger.bench(criterion, &stage, || {
                black_box(converter.convert(black_box(&picture), None, &mut tensor))
                    .expect("a whole picture");
            });
            ledger.ratio(&plain, &floor, "the same without this processor's own instructions");
            ledger.ratio(&stage, &floor, "cut, resize, colour, normalise, in passes over memory");
        }
        let floor = format!("luma/{size}/read-the-plane");
        ledger.bench(criterion, &floor, || read_once(black_box(&picture).plane(0)));
        let stage = format!("luma/{size}/160x90-means");
        let mut grid = vec![0; 160 * 90];
        ledger.bench(criterion, &stage, || {
            luma::reduce(black_box(&picture), 160, 90, &mut grid);
            black_box(&mut grid);
        });
        ledger.ratio(&stage, &floor, "the grid that motion is looked for in, in readings of the plane");
        let stage = format!("luma/{size}/image-stats");
        let mut seen = ImageStats::even(0);
        ledger.bench(criterion, &stage, || {
            image_stats::measure(black_box(&picture), &mut seen);
            black_box(&mut seen);
        });
        ledger.ratio(&stage, &floor, "what the camera's health is told by, in readings of the plane");
    }
}

/// Every byte through the caches once, as fast as the C library copies, and written nowhere but in the nearest one.
fn read_once(bytes: &[u8]) {
    let mut near = [0u8; 4096];
    for part in bytes.chunks(near.len()) {
        near[..part.len()].copy_from_slice(part);
        black_box(&mut near);
    }
}

/// Moving stripes and noise: nothing that compresses in a cache or a branch predictor.
fn made_up_picture(width: usize, height: usize, layout: Layout) -> Picture {
    let chroma = (width / 2, height / 2);
    let sizes = match layout {
        Layout::Nv12 => vec![(width, height), (chroma.0 * 2, chroma.1)],
        _ => vec![(width, height), chroma, chroma],
    };
    let plane = |(width, height): (usize, usize)| -> Vec<u8> {
        (0..width * height).map(|i| ((i * 7 + i / width * 13) ^ (i >> 3)) as u8).collect()
    };
    let strides = [sizes[0].0, sizes[1].0, sizes[1].0];
    let format = PictureFormat {
        width,
        height,
        layout,
        strides,
        range: Range::Limited,
        matrix: Matrix::Bt709,
        pixel_aspect: PixelAspect::SQUARE,
    };
    let planes: Vec<Vec<u8>> = sizes.into_iter().map(plane).collect();
    Picture::new(format, Box::new(planes)).expect("whole planes")
}

// ---- infer: our run and the whole of `detect`, against a bare session

fn infer_and_detect(criterion: &mut Criterion, ledger: &Ledger) {
    if let Err(error) = Runtime::get() {
        eprintln!("infer, detect: left out: {error}");
        return;
    }
    let mut none = true;
    for (manifest, names) in manifests() {
        for name in &names {
            match manifest
                .model(name)
                .map_err(|e| e.to_string())
                .and_then(|entry| Model::load(entry, &[Provider::Cpu]).map_err(|e| e.to_string()))
            {
                Ok(model) => {
                    none = false;
                    one_model(criterion, ledger, Arc::new(model));
                }
                Err(error) => eprintln!("infer/{name}, detect/{name}: left out: {error}"),
            }
        }
    }
    if none {
        eprintln!("infer, detect: left out: no model is there, neither our own nor the public ones");
    }
}

/// Our own models and, where the shared folder is, a public one.
fn manifests() -> Vec<(Manifest, Vec<String>)> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = Vec::new();
    match Manifest::read(&repository.join("models/manifest.toml")) {
        Ok(own) => {
            let names = own.models().iter().map(|model| model.name.clone()).collect();
            all.push((own, names));
        }
        Err(error) => eprintln!("our own models: left out: {error}"),
    }
    match clip_frames::shared() {
        Some(shared) => {
            let file = repository.join("tests/data/detector/public-models.toml");
            let public = Manifest::read(&file).expect("the tests' manifest");
            all.push((
                public.with_files_in(&shared.join("models")),
                vec!["yolox_nano_416".to_owned(), "yunet_n_640".to_owned()],
            ));
        }
        None => eprintln!("public models: left out: no shared folder (LOOKOUT_SHARED)"),
    }
    all
}

fn one_model(criterion: &mut Criterion, ledger: &Ledger, model: Arc<Model>) {
    let name = model.entry().name.clone();
    let input = model.entry().input.clone();
    let picture = street().unwrap_or_else(|| made_up_picture(1280, 720, Layout::I420));

    // The same values for everybody: scenes with other numbers take other times.
    let mut tensor = vec![0.0; input.len()];
    Converter::new(input.clone()).convert(&picture, None, &mut tensor).expect("a whole picture");
    let mut bare = bare_session(&model.entry().file);
    let shape = [1, 3, input.height, input.width];
    let floor = format!("infer/{name}/bare-session-run");
    ledger.bench(criterion, &floor, || {
        let fed = TensorRef::from_array_view((shape, tensor.as_slice())).expect("a tensor");
        black_box(bare.run(ort::inputs![fed])).expect("runs");
    });

    let stage = format!("infer/{name}/ours-on-its-trial-picture");
    let mut trial = model.trial_runs().expect("tensors");
    ledger.bench_timed(criterion, &stage, || trial().expect("runs"));
    ledger.ratio(&stage, &floor, "the run alone, in bare runs");

    let stage = format!("detect/{name}/convert-infer-decode");
    let mut inference = Inference::new(std::slice::from_ref(&model)).expect("tensors");
    let mut found = Vec::new();
    ledger.bench(criterion, &stage, || {
        inference.detect(black_box(&picture), None, &Thresholds::default(), &mut found).expect("runs");
        black_box(&found);
    });
    ledger.ratio(&stage, &floor, "a picture to its boxes, in bare runs");
}

/// A frame of a real street, 640x352; made-up stripes where the clips are not there.
fn street() -> Option<Picture> {
    let clip: PathBuf = clip_frames::shared()?.join("videos/street-cars.mp4");
    clip.is_file().then(|| clip_frames::frame(&clip, 60))
}

/// What somebody would write who only knows ONNX Runtime: one thread, all optimisations, the file.
fn bare_session(file: &Path) -> Session {
    let environment = Runtime::get().expect("loaded before").environment();
    let build = || -> ort::Result<Session> {
        Session::builder(environment)?
            .with_optimization_level(GraphOptimizationLevel::All)?
            .with_intra_threads(1)?
            .commit_from_file(file)
    };
    build().expect("the model loaded before")
}

// ---- decode: raw outputs to boxes, against reading the outputs once

fn decode(criterion: &mut Criterion, ledger: &Ledger) {
    let input = ModelInput {
        width: 416,
        height: 256,
        colour: Colour::Rgb,
        mean: [0.0; 3],
        std: [1.0; 3],
        fit: Fit::LetterboxTopLeft,
        pad: 114.0,
    };
    let classes = lookout::analysis::detection::Class::STREET;
    let wanted: Vec<SelectedClass> =
        (0..).zip(classes).map(|(column, class)| SelectedClass { column, class, at_least: 0.4 }).collect();
    for head in ["yolov8", "yolox"].map(|name| Head::usual(name).expect("a head")) {
        let shapes = head.outputs(&input, wanted.len());
        let outputs: Vec<Vec<f32>> =
            shapes.iter().map(|o| quiet_scene(&head, o.shape.iter().product())).collect();
        let outputs: Vec<&[f32]> = outputs.iter().map(Vec::as_slice).collect();
        let floor = format!("decode/{}/read-the-outputs-once", head.name());
        ledger.bench(criterion, &floor, || {
            black_box(black_box(&outputs).iter().flat_map(|o| o.iter()).fold(0.0_f32, |a, b| a.max(*b)));
        });
        let stage = format!("decode/{}/boxes", head.name());
        let mut found: Vec<Candidate> = Vec::new();
        ledger.bench(criterion, &stage, || {
            found.clear();
            head.decode(black_box(&outputs), &input, &wanted, &mut found);
            suppress_doubles(&mut found, 0.6);
            black_box(&found);
        });
        ledger.ratio(&stage, &floor, "boxes out of raw outputs, in passes over them");
    }
}

/// Scores of a usual scene: a hundred cells see something, the others next to nothing.
fn quiet_scene(head: &Head, values: usize) -> Vec<f32> {
    let noise = |i: usize| (i.wrapping_mul(2_654_435_761) >> 7 & 1023) as f32 / 1023.0;
    if head.name() == "yolov8" {
        let cells = values / 12;
        let score = |i: usize| if i.is_multiple_of(22) { 0.3 + 0.6 * noise(i) } else { 0.02 * noise(i) };
        return (0..values).map(|i| if i < 4 * cells { 20.0 + 300.0 * noise(i) } else { score(i) }).collect();
    }
    (0..values)
        .map(|i| match (i % 13, i / 13 % 22) {
            (0..=3, _) => noise(i),
            (_, 0) => 0.5 + 0.5 * noise(i),
            _ => 0.02 * noise(i),
        })
        .collect()
}

// ---- track and rules: detections to alerts, against a walk over the detections' overlaps

/// Thirty people who walk about, looked at five times a second; frame `n` of it.
fn walkers(n: u64) -> Vec<Detection> {
    (0..30)
        .map(|i| {
            let phase = i as f32 * 0.7 + n as f32 * 0.02;
            let (x, y) = (0.5 + 0.4 * phase.sin(), 0.3 + 0.02 * i as f32);
            Detection { class: Class::PERSON, score: 0.8, box_in_frame: BBox::from_centre(x, y, 0.04, 0.12) }
        })
        .collect()
}

fn at(n: u64) -> Moment {
    Moment::after_origin(Timestamp::UNIX_EPOCH, Duration::from_millis(200 * n))
}

/// One rule of each kind on one camera.
fn site() -> (CameraPlan, Vec<Rule>) {
    let mut plan = CameraPlan::new("cam", 5.0);
    plan.zones.insert("zone".into(), Polygon::whole_picture());
    plan.lines.insert("line".into(), Line { from: Point::new(0.5, 0.0), to: Point::new(0.5, 1.0) });
    let (zone, classes): (Arc<str>, _) = ("zone".into(), vec![Class::PERSON]);
    let for_at_least = Duration::from_secs(10);
    let conditions = [
        Condition::Present(Present { zone: zone.clone(), classes: classes.clone(), for_at_least }),
        Condition::Dwell(Dwell { zone: zone.clone(), classes: classes.clone(), for_at_least }),
        Condition::LineCrossed(LineCrossed {
            line: "line".into(),
            classes: classes.clone(),
            direction: Direction::Both,
        }),
        Condition::Crowd(Crowd {
            zone: zone.clone(),
            classes: classes.clone(),
            at_least: 10,
            density: None,
            for_at_least,
        }),
        Condition::Parked(Parked { zone, classes, for_at_least }),
    ];
    let rule = |(n, when): (usize, Condition)| Rule {
        id: format!("rule-{n}").into(),
        cameras: vec!["cam".into()],
        signal: "test".into(),
        level: Level::Blue,
        schedule: Schedule::always(),
        hold: Duration::from_secs(5),
        cooldown: Duration::ZERO,
        heights: HeightLimits::default(),
        when,
    };
    (plan, conditions.into_iter().enumerate().map(rule).collect())
}

fn track_and_rules(criterion: &mut Criterion, ledger: &Ledger) {
    let floor = "track/overlap-of-every-pair";
    let (before, now) = (walkers(0), walkers(1));
    ledger.bench(criterion, floor, || {
        let pairs = before.iter().flat_map(|a| now.iter().map(|b| a.box_in_frame.iou(&b.box_in_frame)));
        black_box(pairs.fold(0.0_f32, f32::max));
    });

    let mut tracker = Tracker::new(5.0, &[]);
    let mut n = 0;
    ledger.bench_timed(criterion, "track/30-people", || {
        n += 1;
        let seen = walkers(n);
        let begin = Instant::now();
        black_box(tracker.update(at(n), &seen));
        begin.elapsed()
    });
    ledger.ratio("track/30-people", floor, "a frame's tracking, in passes over all overlaps");

    let (plan, rules) = site();
    let mut analysis = Analysis::new("box", Plan::of(vec![plan], rules)).expect("zones and lines are there");
    let mut n = 0;
    ledger.bench_timed(criterion, "rules/tracking-and-five-rules", || {
        n += 1;
        let event = Event::Detections { camera: "cam".into(), at: at(n), detections: walkers(n) };
        let begin = Instant::now();
        black_box(analysis.apply(&event));
        begin.elapsed()
    });
    ledger.ratio(
        "rules/tracking-and-five-rules",
        "track/30-people",
        "tracking with five rules, in trackings",
    );
}

// ---- a shadow: the looks of the loop judged a second time, against the whole loop without one

fn shadow(criterion: &mut Criterion, ledger: &Ledger) {
    let analysis = || {
        let (plan, rules) = site();
        Analysis::new("box", Plan::of(vec![plan], rules)).expect("zones and lines are there")
    };
    let (mut live, mut beside, mut n) = (analysis(), analysis(), 0);
    // All that a shadow adds to what the thread of the analysis and its own do, of as many looks as the loop has; thirty people
    // are in each of them.
    ledger.bench_timed(criterion, "shadow/looks-judged-beside", || {
        let (listener, mut given) = journal::listener();
        let mut recorder = Recorder::off();
        recorder.set_listener(Some(listener));
        let mut took = Duration::ZERO;
        for _ in 0..LOOKED_AT {
            n += 1;
            let (camera, detections): (Arc<str>, _) = ("cam".into(), walkers(n));
            let event =
                Event::Detections { camera: camera.clone(), at: at(n), detections: detections.clone() };
            black_box(live.apply(&event));
            let begin = Instant::now();
            let verdicts = Box::new(live.verdicts("cam").cloned().unwrap_or_default());
            let look = Look { camera, at: at(n), looked: Looked::Once, detections, verdicts };
            recorder.record(Entry::Input(Input::Look(look)));
            if let Some(Entry::Input(input)) = given.next() {
                black_box(input.clone().apply(&mut beside));
            }
            took += begin.elapsed();
        }
        took
    });
    ledger.bench_timed(criterion, "shadow/looks-judged-once", || {
        let mut took = Duration::ZERO;
        for _ in 0..LOOKED_AT {
            n += 1;
            let event = Event::Detections { camera: "cam".into(), at: at(n), detections: walkers(n) };
            let begin = Instant::now();
            black_box(live.apply(&event));
            took += begin.elapsed();
        }
        took
    });
    ledger.ratio(
        "shadow/looks-judged-beside",
        "shadow/looks-judged-once",
        "what a shadow adds to the analysis, in analyses",
    );
    ledger.ratio(
        "shadow/looks-judged-beside",
        "loop/frames-to-alerts",
        "what a shadow adds to looking, in looks: at most 0.03",
    );
}

// ---- fusion: readings of sensors to belief, against parsing the JSON they come in

/// As many observations as a box must take in each second.
const READINGS: usize = 10_000;

fn fuse(criterion: &mut Criterion, ledger: &Ledger) {
    let ids: Vec<Arc<str>> = (0..200).map(|i| Arc::from(format!("gauge-{i}"))).collect();
    let message = r#"{"value": 0.41}"#;
    let floor = "fusion/parse-10000-readings";
    ledger.bench(criterion, floor, || {
        for _ in 0..READINGS {
            black_box(serde_json::from_str::<serde_json::Value>(black_box(message)).expect("JSON"));
        }
    });

    let sensor = |(i, id): (usize, &Arc<str>)| {
        let quantity = Quantity::KNOWN[i % Quantity::KNOWN.len()].clone();
        Arc::new(SensorPlan {
            id: id.clone(),
            unit: "m".into(),
            quantity,
            scale: 1.0,
            offset: 0.0,
            range: None,
            max_rate_per_sec: None,
            stale_after: Duration::from_secs(60),
            debounce: Duration::ZERO,
            grid: GridCode::parse(&format!("530127003001{:02}", i / 10)).expect("14 digits"),
        })
    };
    let plan = Plan {
        sensors: ids.iter().enumerate().map(sensor).collect(),
        signals: lookout::config::catalogue::signals(),
        ..Plan::default()
    };
    let mut analysis = Analysis::new("box", plan).expect("there are no rules");
    let mut second = 0u64;
    ledger.bench_timed(criterion, "fusion/10000-readings", || {
        second += 1;
        let events: Vec<Event> = (0..READINGS)
            .map(|n| {
                let mono = Duration::from_secs(second) + Duration::from_micros(100 * n as u64);
                Event::Reading {
                    sensor: ids[n % ids.len()].clone(),
                    at: Moment::after_origin(Timestamp::UNIX_EPOCH, mono),
                    reading: RawReading::Value((n % 7) as f64 * 0.1),
                }
            })
            .collect();
        let begin = Instant::now();
        for event in &events {
            black_box(analysis.apply(event));
        }
        begin.elapsed()
    });
    ledger.ratio(
        "fusion/10000-readings",
        floor,
        "a second of 10,000 readings of 200 sensors through the whole catalogue, in parsings of their JSON",
    );
}

// ---- the whole loop on a real clip, against the same frames through libav and a bare session

/// How much of the clip is played; the same for everybody.
const LOOKED_AT: usize = 50;

fn whole_loop(criterion: &mut Criterion, ledger: &Ledger) {
    let Some(shared) = clip_frames::shared() else {
        eprintln!("loop: left out: no shared folder (LOOKOUT_SHARED)");
        return;
    };
    let clip = shared.join("videos/street-cars.mp4");
    let public =
        Manifest::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/detector/public-models.toml"));
    let model =
        public.map(|m| m.with_files_in(&shared.join("models"))).map_err(|e| e.to_string()).and_then(|m| {
            let entry = m.model("yolox_nano_416").map_err(|e| e.to_string())?;
            Model::load(entry, &[Provider::Cpu]).map_err(|e| e.to_string())
        });
    let model = match model {
        Ok(model) => Arc::new(model),
        Err(error) => return eprintln!("loop: left out: {error}"),
    };
    let input = model.entry().input.clone();
    let shape = [1, 3, input.height, input.width];
    let every = FileOptions { every: Duration::from_millis(200), ..FileOptions::default() };

    // The least anybody must do: decode the frames, run the network once for each of those looked at.
    let mut bare = bare_session(&model.entry().file);
    let tensor = vec![114.0_f32; input.len()];
    let floor = "loop/decode-and-bare-session";
    ledger.bench(criterion, floor, || {
        let mut frames = video::read_file(&clip, every).expect("the clip");
        for _ in 0..LOOKED_AT {
            black_box(frames.next_frame().expect("decodes"));
            let fed = TensorRef::from_array_view((shape, tensor.as_slice())).expect("a tensor");
            black_box(bare.run(ort::inputs![fed])).expect("runs");
        }
    });

    let mut inference = Inference::new(std::slice::from_ref(&model)).expect("tensors");
    let stage = "loop/frames-to-alerts";
    ledger.bench(criterion, stage, || {
        let (plan, rules) = site();
        let mut analysis =
            Analysis::new("box", Plan::of(vec![plan], rules)).expect("zones and lines are there");
        let mut frames = video::read_file(&clip, every).expect("the clip");
        let mut detections = Vec::new();
        for _ in 0..LOOKED_AT {
            let Some((pts, picture)) = frames.next_frame().expect("decodes") else { break };
            inference.detect(&picture, None, &Thresholds::default(), &mut detections).expect("runs");
            let at = Moment::after_origin(Timestamp::UNIX_EPOCH, pts);
            let event = Event::Detections { camera: "cam".into(), at, detections: detections.clone() };
            black_box(analysis.apply(&event));
        }
    });
    ledger.ratio(
        stage,
        floor,
        "ten seconds of a real clip to alerts, in decoding it and running the network",
    );
}
