//! A process of its own that watches cameras and does nothing else, so that its threads, descriptors and memory can
//! be counted. It is this test program once more, with the cameras in its environment.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use lookout::analysis::time::Moment;
use lookout::clock::Clock;
use lookout::frame::Frame;
use lookout::types::decoding::Decoder;
use lookout::types::transport::Transport;
use lookout::video::{
    CameraEvent, FrameSink, Location, RtspUrl, Source, abandoned_teardowns, live_pipelines, supervise,
};
use parking_lot::{Condvar, Mutex};
use serde_json::{Value, json};

/// Cameras as `id=url` with commas between.
const CAMERAS: &str = "LOOKOUT_TEST_CAMERAS";
/// How often the process tells its counts.
const REPORTS_EVERY: Duration = Duration::from_millis(100);

struct Nowhere;

impl FrameSink for Nowhere {
    fn wants(&self, _camera: &str, _at: Moment) -> bool {
        true
    }

    fn frame(&self, frame: Frame) {
        // Looked at and let go, as a worker would.
        assert!(frame.picture.format().width > 0);
    }

    fn event(&self, _camera: &Arc<str>, _event: CameraEvent) {}
}

#[test]
#[ignore = "is the other process of the tests here, and does nothing by itself"]
fn watches_the_cameras_it_is_given() {
    let Ok(cameras) = std::env::var(CAMERAS) else { return };
    let clock = Clock::start();
    let handles: Vec<_> = cameras
        .split(',')
        .map(|camera| {
            let (id, url) = camera.split_once('=').unwrap();
            let url = RtspUrl::parse(url).unwrap();
            // Everything else as a box has it by default.
            let mut source =
                Source::new(id, Location::Rtsp { url, transport: Transport::Tcp, credentials: None });
            source.decoder = Decoder::Software.into();
            supervise(source, clock, Arc::new(Nowhere)).unwrap()
        })
        .collect();
    let over = std::thread::spawn(|| std::io::stdin().read_to_end(&mut Vec::new()));
    while !over.is_finished() {
        std::thread::sleep(REPORTS_EVERY);
        let stats: Vec<_> =
            handles.iter().map(|handle| (handle.camera().to_string(), handle.stats())).collect();
        let frames: serde_json::Map<_, _> =
            stats.iter().map(|(id, stats)| (id.clone(), json!([stats.frames, stats.reconnects]))).collect();
        report(&Value::from(frames));
    }
    let stopping: Vec<JoinHandle<()>> = handles
        .into_iter()
        .map(|handle| std::thread::spawn(move || handle.stop(Duration::from_secs(10)).unwrap()))
        .collect();
    for stopped in stopping {
        stopped.join().expect("each camera stops in time");
    }
    report(&json!({ "abandoned": abandoned_teardowns(), "live": live_pipelines() }));
}

/// A line for the test that started this process.
#[allow(clippy::print_stdout, reason = "the other process reads it")]
fn report(counts: &Value) {
    println!("{counts}");
}

/// What the process said last: frames and losses by camera.
#[derive(Clone, Debug, Default)]
pub struct Reported {
    counts: Value,
    number: u64,
}

impl Reported {
    pub fn frames(&self, camera: &str) -> u64 {
        self.counts[camera][0].as_u64().unwrap_or(0)
    }

    pub fn losses(&self, camera: &str) -> u64 {
        self.counts[camera][1].as_u64().unwrap_or(0)
    }
}

/// What a process holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holdings {
    pub threads: usize,
    pub descriptors: usize,
    pub rss_kib: usize,
}

pub struct Watching {
    child: Child,
    stdin: Option<ChildStdin>,
    last: Arc<(Mutex<Reported>, Condvar)>,
    reader: Option<JoinHandle<Value>>,
}

impl Watching {
    pub fn start(cameras: &[(String, RtspUrl)]) -> Self {
        let list: Vec<String> = cameras.iter().map(|(id, url)| format!("{id}={url}")).collect();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "watching::watches_the_cameras_it_is_given",
                "--include-ignored",
                "--nocapture",
            ])
            .env(CAMERAS, list.join(","))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        let last: Arc<(Mutex<Reported>, Condvar)> = Arc::default();
        let received = last.clone();
        let reader = std::thread::spawn(move || {
            let mut end = Value::Null;
            for line in lines.lines().map_while(Result::ok).filter(|line| line.starts_with('{')) {
                let counts: Value = serde_json::from_str(&line).unwrap();
                if counts.get("abandoned").is_some() {
                    end = counts;
                    continue;
                }
                let mut reported = received.0.lock();
                *reported = Reported { counts, number: reported.number + 1 };
                received.1.notify_all();
            }
            end
        });
        let stdin = child.stdin.take();
        Watching { child, stdin, last, reader: Some(reader) }
    }

    /// The next counts that it tells.
    pub fn reported(&self) -> Reported {
        let (reported, came) = &*self.last;
        let mut reported = reported.lock();
        let before = reported.number;
        let deadline = Instant::now() + Duration::from_secs(60);
        while reported.number == before {
            assert!(
                !came.wait_until(&mut reported, deadline).timed_out(),
                "the watching process says nothing"
            );
        }
        reported.clone()
    }

    pub fn holds(&self) -> Holdings {
        let proc = PathBuf::from(format!("/proc/{}", self.child.id()));
        let entries = |of: &str| std::fs::read_dir(proc.join(of)).unwrap().count();
        let status = std::fs::read_to_string(proc.join("status")).unwrap();
        let rss = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        Holdings {
            threads: entries("task"),
            descriptors: entries("fd"),
            rss_kib: rss.trim().trim_end_matches(" kB").trim().parse().unwrap(),
        }
    }

    /// Ends it and gives what it left behind: (abandoned teardowns, live pipelines).
    pub fn stop(mut self) -> (u64, i64) {
        drop(self.stdin.take());
        let end = self.reader.take().unwrap().join().unwrap();
        assert!(self.child.wait().unwrap().success(), "the watching process ended badly");
        (end["abandoned"].as_u64().unwrap(), end["live"].as_i64().unwrap())
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        // Already gone after `stop`.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
