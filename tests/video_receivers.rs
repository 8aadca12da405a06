//! The two receivers beside each other: the lean one shows what GStreamer shows, costs no threads, and gives way where
//! it does not understand a camera. One test at a time, because the last one counts the process's threads.
#![cfg(feature = "demo")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::{Duration, Instant};

use lookout::analysis::time::Moment;
use lookout::frame::Frame;
use lookout::types::decoding::DecodePolicy;
use lookout::types::transport::Transport;
use lookout::video::{
    Auth, CameraEvent, FrameSink, Mount, Play, ReceivedBy, Receiver, RtspServer, RtspUrl, Source,
    live_pipelines, supervise,
};
use parking_lot::{Condvar, Mutex};
use support::clips::{self, Clip};
use support::logs;
use support::rtsp_cameras::{STOP_WITHIN, by, camera, h264, h265, start, with_password};
use support::rtsp_packets::{Coding, ElementaryStream};
use support::rtsp_plain::{Answer, Behaviour, Login, PlainServer, Rework, description};
use support::rtsp_sink::{FrameRecorder, PATIENCE};

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

#[test]
fn more_than_eight_bits_are_refused_by_both_in_the_same_words() {
    let _alone = ONE_AT_A_TIME.lock();
    let clip = Clip { width: 320, height: 240, ..clips::H264 };
    let deep = |n: u32, options: &str| {
        let encode = format!(
            "videoconvert ! video/x-raw,format=I420_10LE ! x26{n}enc tune=zerolatency key-int-max=10 {options} ! h26{n}parse config-interval=-1"
        );
        clips::access_units(&encode, &format!("video/x-h26{n}"), clip)
    };
    for (coding, units) in [
        (Coding::H264, deep(4, "")),
        (
            Coding::H265,
            deep(5, "speed-preset=ultrafast log-level=none option-string=pools=none:frame-threads=1"),
        ),
    ] {
        let film = ElementaryStream::from_annex_b(coding, clip.fps, &units);
        let said = [Receiver::Auto, Receiver::Gstreamer].map(|receiver| {
            let server = PlainServer::start(film.clone(), Behaviour::default());
            let sink = FrameRecorder::new();
            let mut source = camera("cam", server.url());
            source.receiver = receiver;
            let handle = start(source, &sink);
            let lost = sink.wait_lost("cam");
            handle.stop(STOP_WITHIN).unwrap();
            assert_eq!(lost.kind(), "unsupported_codec", "{receiver:?}: {lost}");
            lost.to_string()
        });
        assert_eq!(said[0], said[1]);
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
    sink: &Arc<FrameRecorder>,
    from: usize,
    to: usize,
) -> Vec<lookout::video::CameraHandle> {
    let watch = |n| {
        let mut source = camera(&format!("cam-{n}"), server.url());
        source.policy = DecodePolicy::Keyframes;
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
    let sink = FrameRecorder::new();
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
    let logged = logs::capture();
    // A packet of somebody else now and then.
    let stray: Rework = Arc::new(|n, mut packets| {
        if n % 20 == 19 {
            let mut other = packets[0].clone();
            other[8..12].copy_from_slice(&[9, 9, 9, 9]);
            packets.push(other);
        }
        packets
    });
    let two_sources = Behaviour { rework: Some(stray), ..Behaviour::default() };
    let described = description(&h264());
    let no_size = Behaviour { sdp: Some(described.replace("H264/90000", "H264")), ..Behaviour::default() };
    let digest = Login::Digest { user: "admin".into(), password: "right".into(), sha256: false };
    let worn_nonces = Behaviour { login: digest, nonce_uses: Some(1), ..Behaviour::default() };
    let refuses_once = Behaviour {
        answers: [("SETUP", Answer::Once(461, "Unsupported Transport"))].into(),
        ..Behaviour::default()
    };
    let by_udp: fn(Source) -> Source = |source| by(source, Transport::Udp);
    let known: fn(Source) -> Source = |source| with_password(source, "admin", "right");
    let as_it_is: fn(Source) -> Source = |source| source;
    for (case, behaviour, settings, expected) in [
        ("usual", Behaviour::default(), as_it_is, ReceivedBy::Lean),
        ("no clock in the description", no_size, as_it_is, ReceivedBy::Lean),
        ("two sources", two_sources, as_it_is, ReceivedBy::Lean),
        ("worn nonces", worn_nonces, known, ReceivedBy::Lean),
        ("a refusal after the description", refuses_once, as_it_is, ReceivedBy::Gstreamer),
        ("udp", Behaviour::default(), by_udp, ReceivedBy::Gstreamer),
    ] {
        let server = PlainServer::start(h264(), behaviour);
        let sink = FrameRecorder::new();
        let handle = start(settings(camera("cam", server.url())), &sink);
        // Beyond the second packet that the library does not take.
        sink.wait_frames("cam", 60);
        assert_eq!(handle.stats().received_by, Some(expected), "{case}");
        assert!(sink.lock().losses("cam").is_empty(), "{case}: {:?}", sink.lock().losses("cam"));
        handle.stop(STOP_WITHIN).unwrap();
    }
    // Each that was tried, once.
    let text = logged();
    assert_eq!(text.matches("received by GStreamer from here on").count(), 1, "{text}");
}

#[test]
fn a_pipeline_of_gstreamer_is_used_where_it_is_asked_for() {
    let _alone = ONE_AT_A_TIME.lock();
    let server = PlainServer::start(h264(), Behaviour::default());
    let sink = FrameRecorder::new();
    let mut source = camera("cam", server.url());
    source.receiver = Receiver::Gstreamer;
    let handle = start(source, &sink);
    sink.wait_frames("cam", 5);
    assert_eq!((handle.stats().received_by, live_pipelines()), (Some(ReceivedBy::Gstreamer), 1));
    handle.stop(STOP_WITHIN).unwrap();
}

/// How late pictures are, from the camera's first byte of one to the arrival that its frame tells, on this machine.
fn lateness(receiver: Receiver, pictures: usize) -> Vec<Duration> {
    let clock = lookout::clock::Clock::start();
    let sent = Arc::new(Mutex::new(Vec::new()));
    let notes = sent.clone();
    let note: Rework = Arc::new(move |_, packets| {
        notes.lock().push(clock.now().mono);
        packets
    });
    let server = PlainServer::start(h264(), Behaviour { rework: Some(note), ..Behaviour::default() });
    let sink = FrameRecorder::new();
    let mut source = camera("cam", server.url());
    source.receiver = receiver;
    let handle = supervise(source, clock, sink.clone()).unwrap();
    sink.wait_frames("cam", pictures);
    handle.stop(STOP_WITHIN).unwrap();
    let arrived = sink.lock().frames["cam"].clone();
    // Every picture becomes a frame, in order.
    let sent = sent.lock();
    let late = arrived.iter().zip(sent.iter()).map(|(at, sent)| at.mono.saturating_sub(*sent));
    let mut late: Vec<Duration> = late.take(pictures).collect();
    late.sort_unstable();
    late
}

/// The lean receiver gathers packets for ten milliseconds; it must not keep them for longer.
#[test]
fn pictures_are_not_kept_waiting() {
    let _alone = ONE_AT_A_TIME.lock();
    let middle = |late: &[Duration]| late[late.len() / 2];
    let (lean, gstreamer) = (lateness(Receiver::Auto, 250), lateness(Receiver::Gstreamer, 250));
    eprintln!(
        "lean {:?}, p95 {:?}; gstreamer {:?}, p95 {:?}",
        middle(&lean),
        lean[237],
        middle(&gstreamer),
        gstreamer[237]
    );
    // A picture takes 40 ms; a machine that is busy with other things is late with both.
    assert!(middle(&lean) < middle(&gstreamer) + Duration::from_millis(40), "{:?}", middle(&lean));
}

/// A camera that says nothing of reordering, as many do: a decoder that takes the standard at its word would keep as
/// many pictures as could be reordered, a second of them here.
#[test]
#[ignore = "needs ../shared: clips"]
fn a_decoder_holds_no_pictures_back_that_nobody_reorders() {
    let _alone = ONE_AT_A_TIME.lock();
    let path = support::clips::shared().join("videos/people-one-by-one.mp4");
    let play = Play::File { path, repeat: true, from: 0.0 };
    let server = RtspServer::start(0, vec![Mount { path: "/cam".into(), play, auth: Auth::None }]).unwrap();
    let url = RtspUrl::parse(&format!("rtsp://127.0.0.1:{}/cam", server.port())).unwrap();
    for receiver in [Receiver::Auto, Receiver::Gstreamer] {
        let sink = Arc::new(Looks::default());
        let mut source = camera("cam", url.clone());
        source.receiver = receiver;
        let handle = supervise(source, lookout::clock::Clock::start(), sink.clone()).unwrap();
        let deadline = Instant::now() + PATIENCE;
        let mut seen = sink.seen.lock();
        while seen.len() < 30 {
            assert!(!sink.changed.wait_until(&mut seen, deadline).timed_out(), "{} in time", seen.len());
        }
        let held_back = handle.stats().units - seen.len() as u64;
        drop(seen);
        assert!(held_back <= 3, "{receiver:?}: {held_back} pictures held back");
        handle.stop(STOP_WITHIN).unwrap();
    }
}

/// Tells how old the pictures were when they were handed over, by the moments that they carry.
struct Ages(lookout::clock::Clock, Mutex<Vec<Duration>>, Condvar);

impl FrameSink for Ages {
    fn wants(&self, _camera: &str, _at: Moment) -> bool {
        true
    }

    fn frame(&self, frame: Frame) {
        self.1.lock().push(self.0.now().mono.saturating_sub(frame.at.mono));
        self.2.notify_all();
    }

    fn event(&self, _camera: &Arc<str>, _event: CameraEvent) {}
}

/// With B frames a picture comes out of the decoder when two more have arrived. It carries the moment
/// at which it arrived itself: the evidence of an alert, and a look back, depend on it.
#[test]
fn a_picture_that_the_decoder_held_back_carries_its_own_moment() {
    let _alone = ONE_AT_A_TIME.lock();
    let line = "( videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width=320,height=240,framerate=25/1 \
                ! x264enc bframes=2 b-adapt=false rc-lookahead=0 speed-preset=ultrafast key-int-max=25 \
                ! video/x-h264,profile=main ! rtph264pay name=pay0 )";
    let play = Play::Launch(line.to_owned());
    let server = RtspServer::start(0, vec![Mount { path: "/live".into(), play, auth: Auth::None }]).unwrap();
    for receiver in [Receiver::Auto, Receiver::Gstreamer] {
        let clock = lookout::clock::Clock::start();
        let sink = Arc::new(Ages(clock, Mutex::default(), Condvar::new()));
        let mut source = camera("cam", server.url("/live").unwrap());
        source.receiver = receiver;
        let handle = supervise(source, clock, sink.clone()).unwrap();
        let deadline = Instant::now() + PATIENCE;
        let mut ages = sink.1.lock();
        while ages.len() < 60 {
            assert!(!sink.2.wait_until(&mut ages, deadline).timed_out(), "{} pictures in time", ages.len());
        }
        let mut sorted = ages.clone();
        drop(ages);
        sorted.sort_unstable();
        // The decoder holds two back, 40 ms apart. A machine that is busy makes them older, never younger.
        assert!(sorted[30] > Duration::from_millis(60), "{receiver:?}: {:?} old", sorted[30]);
        handle.stop(STOP_WITHIN).unwrap();
    }
}
