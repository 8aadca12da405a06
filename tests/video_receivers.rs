//! The two receivers beside each other: the lean one shows what GStreamer shows, costs no threads, and gives way where
//! it does not understand a camera. One test at a time, because the last one counts the process's threads.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::{Duration, Instant};

use lookout::analysis::time::Moment;
use lookout::frame::Frame;
use lookout::video::{
    CameraEvent, FrameSink, Policy, ReceivedBy, Receiver, Source, Transport, live_pipelines, supervise,
};
use parking_lot::{Condvar, Mutex};
use support::rtsp_cameras::{STOP_WITHIN, by, camera, h264, h265, start, with_password};
use support::rtsp_packets::ElementaryStream;
use support::rtsp_plain::{Behaviour, Login, PlainServer, description};
use support::rtsp_sink::{PATIENCE, Recorder};

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Remembers what the pictures looked like.
#[derive(Default)]
struct Looks {
    seen: Mutex<Vec<u64>>,
    changed: Condvar,
}

impl FrameSink for Looks {
    fn wants(&self, _camera: &str, _at: Moment) -> bool {
        true
    }

    fn frame(&self, frame: Frame) {
        let mut look = DefaultHasher::new();
        let format = frame.picture.format();
        for row in frame.picture.plane(0).chunks(format.strides[0]).take(format.height) {
            row[..format.width].hash(&mut look);
        }
        self.seen.lock().push(look.finish());
        self.changed.notify_all();
    }

    fn event(&self, _camera: &Arc<str>, _event: CameraEvent) {}
}

/// The looks of the first pictures of a film.
fn looks(film: &ElementaryStream, receiver: Receiver, count: usize) -> Vec<u64> {
    let server = PlainServer::start(film.clone(), Behaviour::default());
    let sink = Arc::new(Looks::default());
    let mut source = camera("cam", server.url());
    source.receiver = receiver;
    let handle = supervise(source, lookout::clock::Clock::start(), sink.clone()).unwrap();
    let deadline = Instant::now() + PATIENCE;
    let mut seen = sink.seen.lock();
    while seen.len() < count {
        assert!(!sink.changed.wait_until(&mut seen, deadline).timed_out(), "{} pictures in time", seen.len());
    }
    let looks = seen[..count].to_vec();
    drop(seen);
    let expected = match receiver {
        Receiver::Auto => ReceivedBy::Lean,
        Receiver::Gstreamer => ReceivedBy::Gstreamer,
    };
    assert_eq!(handle.stats().received_by, Some(expected));
    assert_eq!(live_pipelines(), i64::from(expected == ReceivedBy::Gstreamer));
    handle.stop(STOP_WITHIN).unwrap();
    looks
}

#[test]
fn both_receivers_show_the_same_pictures() {
    let _alone = ONE_AT_A_TIME.lock();
    for film in [h264(), h265()] {
        let lean = looks(&film, Receiver::Auto, 40);
        let gstreamer = looks(&film, Receiver::Gstreamer, 40);
        let different = lean.iter().collect::<std::collections::BTreeSet<_>>().len();
        assert!(different > 30, "{different} different pictures: the film is not what the test is about");
        assert_eq!(lean, gstreamer);
    }
}

/// Threads of this process by name, without those of the servers: a server's have the name of the test.
fn threads() -> BTreeMap<String, usize> {
    let own = std::fs::read_to_string("/proc/thread-self/comm").unwrap();
    let mut names = BTreeMap::new();
    for task in std::fs::read_dir("/proc/self/task").unwrap().flatten() {
        // It may end meanwhile.
        let Ok(name) = std::fs::read_to_string(task.path().join("comm")) else { continue };
        if name != own {
            *names.entry(name.trim().to_owned()).or_default() += 1;
        }
    }
    names
}

/// Cameras of which only key frames are looked at.
fn patrol(
    server: &PlainServer,
    sink: &Arc<Recorder>,
    from: usize,
    to: usize,
) -> Vec<lookout::video::CameraHandle> {
    let watch = |n| {
        let mut source = camera(&format!("cam-{n}"), server.url());
        source.policy = Policy::Keyframes;
        start(source, sink)
    };
    let handles: Vec<_> = (from..to).map(watch).collect();
    for n in from..to {
        sink.wait_frames(&format!("cam-{n}"), 2);
    }
    handles
}

#[test]
fn sixteen_cameras_on_patrol_need_no_more_threads_than_one() {
    let _alone = ONE_AT_A_TIME.lock();
    let server = PlainServer::start(h264(), Behaviour::default());
    let sink = Recorder::new();
    let mut handles = patrol(&server, &sink, 0, 1);
    let receiving = |threads: &BTreeMap<String, usize>| -> BTreeMap<String, usize> {
        // The one that watches each camera sleeps; a name is looked up by a thread that ends soon.
        let counted = |name: &String| !name.ends_with("-watch") && !name.starts_with("receive-lookup");
        threads.iter().filter(|(name, _)| counted(name)).map(|(name, count)| (name.clone(), *count)).collect()
    };
    let one = receiving(&threads());
    handles.extend(patrol(&server, &sink, 1, 16));
    let sixteen = receiving(&threads());
    assert_eq!(sixteen.get("receive"), Some(&1), "{sixteen:?}");
    assert_eq!(sixteen, one);
    assert!(handles.iter().all(|handle| handle.stats().received_by == Some(ReceivedBy::Lean)));
    assert_eq!(live_pipelines(), 0);
    for handle in handles {
        handle.stop(STOP_WITHIN).unwrap();
    }
    // The last camera takes the thread with it.
    let deadline = Instant::now() + PATIENCE;
    while threads().contains_key("receive") {
        assert!(Instant::now() < deadline, "{:?}", threads());
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// What does not suit the lean receiver is received by GStreamer, without a loss, and it can be seen.
#[test]
fn what_the_lean_receiver_cannot_do_is_done_by_gstreamer_and_said() {
    let _alone = ONE_AT_A_TIME.lock();
    let usual = description(&h264());
    let no_owner =
        Behaviour { sdp: Some(usual.replace("o=- 1 1 IN IP4 127.0.0.1\r\n", "")), ..Behaviour::default() };
    let digest = Login::Digest { user: "admin".into(), password: "right".into(), sha256: false };
    let worn_nonces = Behaviour { login: digest, nonce_uses: Some(1), ..Behaviour::default() };
    let by_udp: fn(Source) -> Source = |source| by(source, Transport::Udp);
    let known: fn(Source) -> Source = |source| with_password(source, "admin", "right");
    let as_it_is: fn(Source) -> Source = |source| source;
    for (behaviour, settings, expected) in [
        (Behaviour::default(), as_it_is, ReceivedBy::Lean),
        (no_owner, as_it_is, ReceivedBy::Gstreamer),
        (worn_nonces, known, ReceivedBy::Gstreamer),
        (Behaviour::default(), by_udp, ReceivedBy::Gstreamer),
    ] {
        let server = PlainServer::start(h264(), behaviour);
        let sink = Recorder::new();
        let handle = start(settings(camera("cam", server.url())), &sink);
        sink.wait_frames("cam", 5);
        assert_eq!(handle.stats().received_by, Some(expected));
        assert!(sink.lock().losses("cam").is_empty(), "{:?}", sink.lock().losses("cam"));
        handle.stop(STOP_WITHIN).unwrap();
    }
}

#[test]
fn a_pipeline_of_gstreamer_is_used_where_it_is_asked_for() {
    let _alone = ONE_AT_A_TIME.lock();
    let server = PlainServer::start(h264(), Behaviour::default());
    let sink = Recorder::new();
    let mut source = camera("cam", server.url());
    source.receiver = Receiver::Gstreamer;
    let handle = start(source, &sink);
    sink.wait_frames("cam", 5);
    assert_eq!((handle.stats().received_by, live_pipelines()), (Some(ReceivedBy::Gstreamer), 1));
    handle.stop(STOP_WITHIN).unwrap();
}
