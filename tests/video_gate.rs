//! The gate on real streams: keyframes only while nothing more is needed, then everything that led there.
#![cfg(feature = "demo")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use lookout::analysis::time::Moment;
use lookout::clock::Clock;
use lookout::frame::{Frame, Taken};
use lookout::pipeline::scheduler::Scheduler;
use lookout::types::decoding::DecodePolicy;
use lookout::video::{
    Auth, CameraEvent, CameraHandle, Demand, FrameSink, GateMode, Mount, Play, RtspServer, Source, Unsuited,
    supervise,
};
use parking_lot::Mutex;
use support::rtsp_cameras::{STOP_WITHIN, camera, start};
use support::rtsp_sink::FrameRecorder;

/// Twenty-five pictures a second with a keyframe every `gop` of them.
fn serve(encoder: &str) -> RtspServer {
    let line = format!(
        "( videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width=320,height=240,framerate=25/1 \
         ! {encoder} name=pay0 )"
    );
    RtspServer::start(0, vec![Mount { path: "/live".into(), play: Play::Launch(line), auth: Auth::None }])
        .unwrap()
}

fn h264(gop: u32) -> RtspServer {
    serve(&format!("x264enc tune=zerolatency speed-preset=ultrafast key-int-max={gop} ! rtph264pay"))
}

fn gated(server: &RtspServer, policy: DecodePolicy) -> Source {
    let mut source = camera("cam", server.url("/live").unwrap());
    source.policy = policy;
    source
}

fn asleep() -> Arc<FrameRecorder> {
    let sink = FrameRecorder::new();
    sink.lock().demands.insert("cam".into(), Demand::Keyframes);
    sink
}

fn mode(handle: &CameraHandle) -> GateMode {
    handle.stats().gate.unwrap().0
}

/// Waits until the camera's figures are as they should be.
fn wait_for(handle: &CameraHandle, what: &str, ready: impl Fn(&lookout::video::CameraStats) -> bool) {
    let deadline = std::time::Instant::now() + support::rtsp_sink::PATIENCE;
    while !ready(&handle.stats()) {
        assert!(std::time::Instant::now() < deadline, "{what}: {:?}", handle.stats());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn on_patrol_only_keyframes_are_decoded_and_given() {
    for encoder in [
        "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=25 ! rtph264pay",
        // With pictures that are shown later than they are decoded.
        "x264enc bframes=2 b-adapt=false rc-lookahead=0 speed-preset=ultrafast key-int-max=25 ! rtph264pay",
        "x265enc tune=zerolatency speed-preset=ultrafast key-int-max=25 ! rtph265pay",
    ] {
        let server = serve(encoder);
        let sink = asleep();
        let handle = start(gated(&server, DecodePolicy::Auto), &sink);
        sink.wait_frames("cam", 5);
        let stats = handle.stats();
        let gate = stats.gate.unwrap().1;
        assert_eq!(mode(&handle), GateMode::Patrol, "{encoder}");
        assert!(stats.units >= 80 && stats.frames <= stats.units / 20 + 1, "{encoder}: {stats:?}");
        assert_eq!(gate.decoded, stats.frames, "{encoder}: one picture for each keyframe");
        let seen = sink.lock();
        assert!(seen.taken["cam"].iter().all(|taken| *taken == Taken::OnPatrol));
        assert_eq!(seen.last["cam"].picture.format().width, 320);
        drop(seen);
        handle.stop(STOP_WITHIN).unwrap();
    }
}

#[test]
fn a_burst_gives_what_came_since_the_last_look_and_sleeps_again_afterwards() {
    let server = h264(50);
    let sink = asleep();
    let handle = start(gated(&server, DecodePolicy::Auto), &sink);
    sink.wait_frames("cam", 3);
    // Well into the group of pictures: what is asked for are the pictures since the keyframe before the last.
    let (before_last, at_last) = {
        let seen = sink.lock();
        (seen.frames["cam"][1], seen.frames["cam"][2])
    };
    let units = handle.stats().units;
    wait_for(&handle, "some more units", |stats| stats.units >= units + 20);
    sink.lock()
        .demands
        .insert("cam".into(), Demand::Often { every: Duration::ZERO, after: before_last.mono });
    sink.wait_frames("cam", 3 + 100);
    let seen = sink.lock();
    let replayed: Vec<_> = seen.frames["cam"][3..].iter().map(|at| at.mono).collect();
    let second = Duration::from_secs(1);
    let count = |from: Duration, to: Duration| replayed.iter().filter(|at| **at > from && **at <= to).count();
    let missed = count(before_last.mono, at_last.mono);
    assert!((48..=52).contains(&missed), "{missed} frames between two keyframes two seconds apart");
    assert!(replayed[0] <= before_last.mono + second / 5, "it begins where the last look was");
    assert!(replayed.is_sorted(), "in the order in which they came");
    // What came before the burst is late and meant to be; what came later is not, not even while that is decoded.
    let taken = &seen.taken["cam"][3..];
    let before = taken.iter().take_while(|taken| **taken == Taken::Replayed).count();
    assert!((missed..missed + 50).contains(&before), "{before} of {missed} and those of the last group");
    assert!(taken[before..].iter().all(|taken| *taken == Taken::InTurn));
    drop(seen);
    assert_eq!(mode(&handle), GateMode::Burst);
    sink.lock().demands.insert("cam".into(), Demand::Keyframes);
    wait_for(&handle, "patrol again", |stats| stats.gate.unwrap().0 == GateMode::Patrol);
    let frames = handle.stats().frames;
    let units = handle.stats().units;
    wait_for(&handle, "four seconds", |stats| stats.units >= units + 100);
    let decoded = handle.stats().frames - frames;
    assert!(decoded <= 4, "{decoded} of a hundred units were decoded on patrol");
    handle.stop(STOP_WITHIN).unwrap();
}

/// Mailboxes and one worker, as the daemon has them; a look takes a quarter of the time between two pictures.
struct Looks {
    clock: Clock,
    scheduler: Scheduler,
    demand: Mutex<Demand>,
    /// What was pushed out until the first picture of the burst came that was no older than a live one.
    missed: Mutex<Option<u64>>,
}

impl Looks {
    fn replaced(&self) -> u64 {
        self.scheduler.counts()[0].1.replaced
    }
}

impl FrameSink for Looks {
    fn wants(&self, camera: &str, at: Moment) -> bool {
        self.scheduler.wants(camera, at)
    }

    fn frame(&self, frame: Frame) {
        let age = self.clock.now().mono.saturating_sub(frame.at.mono);
        let is_of_burst = frame.taken != Taken::OnPatrol;
        self.scheduler.offer(frame);
        // Pictures are 40 ms apart: behind an older one another waits already.
        if is_of_burst && age < Duration::from_millis(50) {
            self.missed.lock().get_or_insert(self.replaced());
        }
    }

    fn demand(&self, _camera: &str) -> Demand {
        *self.demand.lock()
    }

    fn has_room(&self, camera: &str) -> bool {
        self.scheduler.has_room(camera)
    }

    fn event(&self, _camera: &Arc<str>, _event: CameraEvent) {}
}

#[test]
fn of_what_led_to_a_burst_every_picture_is_looked_at_up_to_the_youngest() {
    let server = h264(25);
    let clock = Clock::start();
    let looks = Arc::new(Looks {
        clock,
        scheduler: Scheduler::new(),
        demand: Mutex::new(Demand::Keyframes),
        missed: Mutex::default(),
    });
    // Every picture is wanted, so each that is pushed out is a look missed.
    looks.scheduler.set_camera(&"cam".into(), 100.0, 1.0);
    let handle = supervise(gated(&server, DecodePolicy::Auto), clock, looks.clone()).unwrap();
    let worker = std::thread::spawn({
        let looks = looks.clone();
        move || {
            while !looks.scheduler.is_closed() {
                if let Some(turn) = looks.scheduler.take(Instant::now() + Duration::from_millis(100)) {
                    std::thread::sleep(Duration::from_millis(10));
                    drop(turn);
                }
            }
        }
    });
    wait_for(&handle, "patrol", |stats| stats.frames >= 3);
    let after = clock.now().mono - Duration::from_secs(1);
    looks.scheduler.rewind("cam", after);
    let before = looks.scheduler.counts()[0].1;
    *looks.demand.lock() = Demand::Often { every: Duration::ZERO, after };
    wait_for(&handle, "the end of the look back", |_| looks.missed.lock().is_some());
    let taken = looks.scheduler.counts()[0].1.taken - before.taken;
    assert_eq!(looks.missed.lock().unwrap() - before.replaced, 0, "pushed out, of {taken} looked at");
    assert!(taken >= 20, "{taken} pictures of a second were looked at");
    looks.scheduler.close();
    worker.join().unwrap();
    handle.stop(STOP_WITHIN).unwrap();
}

#[test]
fn a_camera_with_a_keyframe_every_ten_seconds_is_recognised_and_decoded_in_full() {
    let server = h264(250);
    let sink = asleep();
    let handle = start(gated(&server, DecodePolicy::Auto), &sink);
    wait_for(&handle, "recognition", |stats| {
        stats.gate.is_some_and(|(mode, _)| matches!(mode, GateMode::Forced(Unsuited::FarApart { .. })))
    });
    let frames = handle.stats().frames;
    wait_for(&handle, "full decoding", |stats| stats.frames >= frames + 50);
    assert_eq!(handle.stats().gate.unwrap().1.given_up, 0);
    handle.stop(STOP_WITHIN).unwrap();
}

#[test]
fn a_camera_without_keyframes_gives_pictures() {
    let server = serve(
        "x264enc tune=zerolatency speed-preset=ultrafast intra-refresh=true key-int-max=25 ! rtph264pay config-interval=1",
    );
    let sink = asleep();
    let handle = start(gated(&server, DecodePolicy::Auto), &sink);
    // Whatever the parser takes for a keyframe here: pictures must come, and go on coming.
    sink.wait_frames("cam", 3);
    handle.stop(STOP_WITHIN).unwrap();
}

#[test]
fn the_policy_of_keyframes_is_kept_to() {
    let server = h264(25);
    let sink = FrameRecorder::new();
    let handle = start(gated(&server, DecodePolicy::Keyframes), &sink);
    sink.wait_frames("cam", 4);
    let stats = handle.stats();
    assert!(stats.frames <= stats.units / 20 + 1 && mode(&handle) == GateMode::Patrol, "{stats:?}");
    handle.stop(STOP_WITHIN).unwrap();
}

#[test]
fn a_camera_that_stops_sending_on_patrol_is_lost() {
    let server = h264(25);
    let sink = asleep();
    let mut source = gated(&server, DecodePolicy::Auto);
    source.stall_after = Duration::from_secs(2);
    let handle = start(source, &sink);
    sink.wait_frames("cam", 2);
    drop(server);
    sink.wait_lost("cam");
    handle.stop(STOP_WITHIN).unwrap();
}
