//! What a camera on patrol costs with each of the two receivers: processor time, threads and memory.
//!
//! `cargo bench --bench receivers -- CLIP [CAMERAS]` serves a clip from a process of its own and watches it as so many
//! cameras of which only keyframes are decoded, first through the lean receiver and then through GStreamer's elements.
//! The ratio in the last line is the result; times depend on the machine.
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot run says so by panicking")]
#![allow(clippy::print_stdout, reason = "its figures are what it is for")]

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use lookout::analysis::time::Moment;
use lookout::clock::Clock;
use lookout::frame::Frame;
use lookout::types::decoding::DecodePolicy;
use lookout::types::transport::Transport;
use lookout::video::{CameraEvent, Demand, FrameSink, Location, Receiver, RtspUrl, Source, supervise};

/// Beyond the first groups of pictures, when nothing is learnt any more.
const SETTLES: Duration = Duration::from_secs(12);
const MEASURED: Duration = Duration::from_secs(20);

/// Looks at keyframes only.
struct Patrol;

impl FrameSink for Patrol {
    fn wants(&self, _camera: &str, _at: Moment) -> bool {
        true
    }

    fn frame(&self, _frame: Frame) {}

    fn demand(&self, _camera: &str) -> Demand {
        Demand::Keyframes
    }

    fn event(&self, _camera: &Arc<str>, _event: CameraEvent) {}
}

fn main() {
    let given: Vec<String> = std::env::args().skip(1).filter(|given| !given.starts_with('-')).collect();
    let Some(clip) = given.first() else {
        println!("receivers: name a clip: cargo bench --bench receivers -- CLIP [CAMERAS]");
        return;
    };
    let cameras: usize = given.get(1).map_or(16, |given| given.parse().expect("a number of cameras"));
    lookout::video::init().unwrap();
    let mut server = Command::new(env!("CARGO_BIN_EXE_lookout"))
        .args(["capacity", "--serve", clip])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut port = String::new();
    BufReader::new(server.stdout.as_mut().unwrap()).read_line(&mut port).unwrap();
    let url = RtspUrl::parse(&format!("rtsp://127.0.0.1:{}/clip", port.trim())).unwrap();
    // Threads and memory that GStreamer's elements leave behind would be taken off the other's.
    let [lean, gstreamer] = [Receiver::Auto, Receiver::Gstreamer].map(|by| patrol(&url, cameras, by));
    println!("the lean receiver takes {:.2} of the processor time of GStreamer's elements", lean / gstreamer);
    // It ends with its input; if it does not, its end is not what is measured.
    let _ = server.kill();
    let _ = server.wait();
}

/// Processor milliseconds per camera-second.
fn patrol(url: &RtspUrl, cameras: usize, receiver: Receiver) -> f64 {
    let (_, threads_before, memory_before) = figures();
    let sink = Arc::new(Patrol);
    let watch = |n| {
        let location = Location::Rtsp { url: url.clone(), transport: Transport::Tcp, credentials: None };
        let mut source = Source::new(format!("cam-{n}"), location);
        source.policy = DecodePolicy::Auto;
        source.receiver = receiver;
        supervise(source, Clock::start(), sink.clone()).unwrap()
    };
    let handles: Vec<_> = (0..cameras).map(watch).collect();
    let total = || {
        let stats = handles.iter().map(|handle| handle.stats());
        stats.fold((0, 0), |(units, frames), stats| (units + stats.units, frames + stats.frames))
    };
    sleep(SETTLES);
    let (busy, ((units, frames), started)) = (figures().0, (total(), Instant::now()));
    sleep(MEASURED);
    let (busy_after, threads, memory) = figures();
    let (units_after, frames_after) = total();
    let camera_seconds = started.elapsed().as_secs_f64() * cameras as f64;
    let cost = (busy_after - busy) as f64 / camera_seconds;
    println!(
        "{receiver:?}, {cameras} cameras: {cost:.2} ms per camera-second, {:.1} units and {:.2} pictures in it, {} threads more, {:.2} MiB per camera",
        (units_after - units) as f64 / camera_seconds,
        (frames_after - frames) as f64 / camera_seconds,
        threads as i64 - threads_before as i64,
        (memory as f64 - memory_before as f64) / 1024.0 / cameras as f64,
    );
    for handle in handles {
        handle.stop(Duration::from_secs(5)).unwrap();
    }
    cost
}

/// Of this process: processor time in milliseconds, threads, resident KiB.
fn figures() -> (u64, usize, u64) {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let threads = std::fs::read_dir("/proc/self/task").unwrap().count();
    (ticks * 10, threads, resident.trim().trim_end_matches(" kB").parse().unwrap())
}
