//! Files pulled frame by frame, as `replay` reads them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::path::Path;
use std::time::{Duration, Instant};

use lookout::frame::{Layout, Matrix, Picture, Range};
use lookout::video::{CameraEvent, CameraState, FileOptions, Location, Pace, Source, VideoError, read_file};
use sha2::{Digest, Sha256};
use support::clips::{self, Clip};
use support::rtsp_cameras::{STOP_WITHIN, start};
use support::rtsp_sink::FrameRecorder;

/// Times and a digest of the visible pixels of every frame.
fn frames_of(path: &Path, every: Duration) -> Result<Vec<(Duration, [u8; 32])>, VideoError> {
    let mut file = read_file(path, FileOptions { every, ..FileOptions::default() })?;
    let mut frames = Vec::new();
    while let Some((at, picture)) = file.next_frame()? {
        frames.push((at, digest(&picture)));
    }
    Ok(frames)
}

fn digest(picture: &Picture) -> [u8; 32] {
    let format = picture.format();
    let mut hash = Sha256::new();
    for plane in 0..format.layout.planes() {
        let (shift_x, shift_y) = if plane == 0 { (0, 0) } else { format.layout.chroma_shift().unwrap() };
        let interleaved = if format.layout == Layout::Nv12 && plane == 1 { 2 } else { 1 };
        let width = ((format.width + (1 << shift_x) - 1) >> shift_x) * interleaved;
        let rows = (format.height + (1 << shift_y) - 1) >> shift_y;
        for row in 0..rows {
            let from = row * format.strides[plane];
            hash.update(&picture.plane(plane)[from..from + width]);
        }
    }
    hash.finalize().into()
}

fn kind_of(path: &Path) -> &'static str {
    frames_of(path, Duration::ZERO).unwrap_err().kind()
}

#[test]
fn every_frame_of_every_codec_comes_in_order() {
    let folder = tempfile::tempdir().unwrap();
    for (name, clip) in [
        ("a.mp4", clips::H264),
        ("b.mp4", clips::H264_B),
        ("c.mkv", clips::H265),
        ("d.avi", clips::MJPEG),
        ("e.avi", clips::MPEG4),
        ("f.mkv", Clip { mux: "matroskamux", ..clips::H264_B }),
    ] {
        let path = clips::write(folder.path(), name, clip);
        let frames = frames_of(&path, Duration::ZERO).unwrap();
        assert_eq!(frames.len(), clip.frames as usize, "{name}");
        for (n, (at, _)) in frames.iter().enumerate() {
            let expected = Duration::from_secs_f64(n as f64 / f64::from(clip.fps));
            let off = at.abs_diff(expected);
            assert!(off <= Duration::from_millis(1), "{name}: frame {n} at {at:?}, expected {expected:?}");
        }
        let different: std::collections::HashSet<_> = frames.iter().map(|(_, digest)| digest).collect();
        assert!(different.len() > 40, "{name}: the ball moves, {} different frames", different.len());
    }
}

#[test]
fn two_runs_give_identical_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = clips::write(folder.path(), "a.mp4", clips::H264_B);
    assert_eq!(frames_of(&path, Duration::ZERO).unwrap(), frames_of(&path, Duration::ZERO).unwrap());
}

#[test]
fn skipping_gives_the_same_frames_as_picking() {
    let folder = tempfile::tempdir().unwrap();
    let path = clips::write(folder.path(), "a.mp4", clips::H264);
    let all = frames_of(&path, Duration::ZERO).unwrap();
    let every = frames_of(&path, Duration::from_millis(200)).unwrap();
    let picked: Vec<_> = all.into_iter().step_by(5).collect();
    assert_eq!(every, picked);
}

#[test]
fn pictures_say_what_their_samples_mean() {
    let folder = tempfile::tempdir().unwrap();
    for (name, clip, layout, range, matrix) in [
        ("sd.mp4", clips::H264, Layout::I420, Range::Limited, Matrix::Bt601),
        ("jpeg.avi", clips::MJPEG, Layout::I420, Range::Full, Matrix::Bt601),
    ] {
        let path = clips::write(folder.path(), name, clip);
        let mut file = read_file(&path, FileOptions::default()).unwrap();
        let (_, picture) = file.next_frame().unwrap().unwrap();
        let format = picture.format();
        assert_eq!((format.width, format.height), (64, 48));
        assert_eq!((format.layout, format.range, format.matrix), (layout, range, matrix), "{name}");
    }
}

#[test]
fn frames_stay_readable_after_the_reader_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let path = clips::write(folder.path(), "a.mp4", clips::H264);
    let mut file = read_file(&path, FileOptions::default()).unwrap();
    let (_, first) = file.next_frame().unwrap().unwrap();
    let before = digest(&first);
    while file.next_frame().unwrap().is_some() {}
    drop(file);
    assert_eq!(digest(&first), before);
}

#[test]
fn what_is_no_video_is_reported_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("text.mp4"), "this is a text, not a film\n".repeat(100)).unwrap();
    std::fs::write(at("empty.mp4"), "").unwrap();
    clips::run(&format!(
        "audiotestsrc num-buffers=20 ! avenc_aac ! mp4mux ! filesink location=\"{}\"",
        at("sound.mp4").display()
    ));
    clips::run(&format!(
        "videotestsrc num-buffers=5 ! theoraenc ! matroskamux ! filesink location=\"{}\"",
        at("theora.mkv").display()
    ));
    let whole = clips::write(folder.path(), "whole.mp4", clips::H264);
    let bytes = std::fs::read(&whole).unwrap();
    std::fs::write(at("cut.mp4"), &bytes[..bytes.len() / 2]).unwrap();
    for (name, kind) in [
        ("text.mp4", "not_video"),
        ("empty.mp4", "not_video"),
        ("sound.mp4", "no_video"),
        ("theora.mkv", "unsupported_codec"),
        ("cut.mp4", "not_video"),
        ("nowhere.mp4", "missing_file"),
        (".", "unreadable_file"),
    ] {
        let error = frames_of(&at(name), Duration::ZERO).unwrap_err();
        assert_eq!(error.kind(), kind, "{name}: {error}");
    }
}

#[test]
fn ten_bit_video_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ten.mkv");
    clips::run(&format!(
        "videotestsrc num-buffers=5 ! video/x-raw,format=I420_10LE,width=320,height=240 \
         ! x265enc speed-preset=ultrafast log-level=none option-string=pools=none:frame-threads=1 ! h265parse ! matroskamux ! filesink location=\"{}\"",
        path.display()
    ));
    let error = frames_of(&path, Duration::ZERO).unwrap_err();
    assert_eq!(error.kind(), "unsupported_codec", "{error}");
}

#[test]
fn no_pipeline_is_left_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = clips::write(folder.path(), "a.mp4", clips::H264);
    // Other tests of this process open files too: what counts is that it does not grow with the runs.
    for _ in 0..30 {
        frames_of(&path, Duration::ZERO).unwrap();
    }
    assert_eq!(kind_of(&folder.path().join("nowhere.mp4")), "missing_file");
    assert!(lookout::video::live_pipelines() < 20, "{} pipelines", lookout::video::live_pipelines());
}

/// Numbers from `ffprobe -count_frames`.
#[test]
#[ignore = "needs ../shared: clips and public weights"]
fn real_clips_give_all_their_frames() {
    let videos = clips::shared().join("videos");
    for (name, frames, size, seconds) in [
        ("highway-mpeg4.avi", 748, (320, 240), 30.0),
        ("shop-hevc-1080p.mp4", 603, (1920, 1080), 20.0),
        ("street-cars.mp4", 905, (640, 352), 38.0),
        ("walkway-small-people.mp4", 795, (480, 360), 80.0),
        ("worker-in-zone-1080p.mp4", 122, (1920, 1080), 10.0),
    ] {
        let mut file = read_file(
            videos.join(name),
            FileOptions { every: Duration::from_secs(1), ..FileOptions::default() },
        )
        .unwrap();
        let mut last = None;
        while let Some((at, picture)) = file.next_frame().unwrap() {
            assert_eq!((picture.format().width, picture.format().height), size, "{name}");
            assert!(last.is_none_or(|last| last < at), "{name}: {last:?} then {at:?}");
            last = Some(at);
        }
        assert_eq!(file.decoded(), frames, "{name}");
        let last = last.unwrap().as_secs_f64();
        assert!((last - seconds).abs() < 2.0, "{name}: last frame at {last}");
    }
}

// ---- files played as a camera would

fn film(path: std::path::PathBuf, pace: Pace, repeat: bool) -> Source {
    Source::new("film", Location::File { path, pace, repeat })
}

#[test]
fn a_file_plays_once_at_its_own_pace_and_ends() {
    let folder = tempfile::tempdir().unwrap();
    let path = clips::write(folder.path(), "a.mp4", clips::H264);
    let sink = FrameRecorder::new();
    let started = Instant::now();
    let handle = start(film(path, Pace::RealTime, false), &sink);
    sink.wait("end", |seen| seen.events.iter().any(|(_, event)| *event == CameraEvent::Ended).then_some(()));
    assert!(
        started.elapsed() >= Duration::from_millis(1900),
        "two seconds of film in {:?}",
        started.elapsed()
    );
    assert_eq!(sink.lock().count("film"), 50);
    assert_eq!(handle.stats().state, CameraState::Ended);
    handle.stop(STOP_WITHIN).unwrap();
}

#[test]
fn a_repeated_file_starts_over_without_a_loss() {
    let folder = tempfile::tempdir().unwrap();
    let path = clips::write(folder.path(), "a.mp4", clips::H264);
    let sink = FrameRecorder::new();
    let handle = start(film(path, Pace::AsFastAsPossible, true), &sink);
    sink.wait_frames("film", 120);
    assert_eq!(handle.stats().reconnects, 0);
    handle.stop(STOP_WITHIN).unwrap();
    assert_eq!(sink.lock().losses("film").len(), 0);
}

#[test]
fn a_camera_whose_file_is_no_video_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.mp4");
    std::fs::write(&text, "this is a text, not a film").unwrap();
    for (path, kind) in [(text, "not_video"), (folder.path().join("nowhere.mp4"), "missing_file")] {
        let sink = FrameRecorder::new();
        let handle = start(film(path, Pace::RealTime, false), &sink);
        let lost = sink.wait_lost("film");
        assert_eq!(lost.kind(), kind);
        assert!(lost.to_string().starts_with("camera `film`: "), "{lost}");
        handle.stop(STOP_WITHIN).unwrap();
    }
}
