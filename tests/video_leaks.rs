//! What many reconnects leave behind: nothing. Alone in its process, because it counts the process's things.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::time::Duration;

use lookout::video::{RetryLimits, abandoned_teardowns, live_pipelines};
use support::rtsp_cameras::{STOP_WITHIN, camera, h264, start};
use support::rtsp_plain::{Answer, Behaviour, Media, PlainServer};
use support::rtsp_sink::FrameRecorder;

/// Entries of a folder of /proc/self: open files (`fd`) or threads (`task`).
#[cfg(target_os = "linux")]
fn count(of: &str) -> usize {
    std::fs::read_dir(format!("/proc/self/{of}")).unwrap().count()
}

#[cfg(not(target_os = "linux"))]
fn count(_of: &str) -> usize {
    0
}

#[test]
fn forty_broken_connections_leave_nothing_behind() {
    let server =
        PlainServer::start(h264(), Behaviour { media: Media::ClosesInMidFrame(3), ..Behaviour::default() });
    // Once around, so that what GStreamer keeps for good (its task pool, plugins) is there before we count.
    let mut before = None;
    for round in 0..5 {
        let sink = FrameRecorder::new();
        let mut source = camera("cam", server.url());
        source.retry = RetryLimits { first: Duration::from_millis(5), most: Duration::from_millis(20) };
        let handle = start(source, &sink);
        sink.wait_losses("cam", 5);
        server.change(|behaviour| behaviour.answers = [("DESCRIBE", Answer::Status(503, "Busy"))].into());
        sink.wait("refusals", |seen| (seen.losses("cam").last()?.kind() == "busy").then_some(()));
        let losses = sink.lock().losses("cam").len();
        sink.wait_losses("cam", losses + 3);
        server.change(|behaviour| behaviour.answers.clear());
        handle.stop(STOP_WITHIN).unwrap();
        assert_eq!(live_pipelines(), 0, "round {round}");
        before.get_or_insert((count("fd"), count("task")));
    }
    let (files, threads) = before.unwrap();
    // The server is of this process and keeps its connections until it stops: they are not counted.
    drop(server);
    assert_eq!(abandoned_teardowns(), 0);
    assert!(count("task") <= threads + 4, "{} threads after {threads}", count("task"));
    assert!(count("fd") <= files + 8, "{} files after {files}", count("fd"));
}
