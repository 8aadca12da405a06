//! Recordings that people have: of recorders, phones and players, whole and cut off, turned and squeezed. What can be read
//! is read, whatever its name; of the rest it is said what it is and what to do.
#![cfg(feature = "demo")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use lookout::frame::{Picture, PixelAspect};
use lookout::video::{
    Auth, CameraEvent, FileOptions, Location, Mount, Orientation, Pace, Play, Receiver, RtspServer, Source,
    VideoError, probe, read_file,
};
use serde_json::Value;
use support::clips::{self, Clip};
use support::recordings::{dahua, ffmpeg, hikvision, lane, of_lane, turned, write_display_matrix};
use support::rtsp_cameras::{STOP_WITHIN, camera, start};
use support::rtsp_sink::FrameRecorder;

/// What a file gives: times, the last picture, and what is said of it.
struct Film {
    times: Vec<Duration>,
    picture: std::sync::Arc<Picture>,
    remarks: Vec<String>,
}

fn film(path: &Path) -> Result<Film, VideoError> {
    let mut file = read_file(path, FileOptions::default())?;
    let (mut times, mut last) = (Vec::new(), None);
    while let Some((at, picture)) = file.next_frame()? {
        times.push(at);
        last = Some(picture);
    }
    Ok(Film {
        times,
        picture: last.expect("a picture"),
        remarks: file.remarks().iter().map(ToString::to_string).collect(),
    })
}

fn size(picture: &Picture) -> (usize, usize) {
    (picture.format().width, picture.format().height)
}

/// Mean difference of brightness.
fn difference(a: &Picture, b: &Picture) -> f64 {
    assert_eq!(size(a), size(b));
    let (width, height) = size(a);
    let mut sum = 0u64;
    for y in 0..height {
        let row = |picture: &Picture| picture.plane(0)[y * picture.format().strides[0]..][..width].to_vec();
        sum += row(a).iter().zip(row(b)).map(|(a, b)| u64::from(a.abs_diff(b))).sum::<u64>();
    }
    sum as f64 / (width * height) as f64
}

#[test]
fn recordings_are_read_whole_whatever_they_are_called() {
    let folder = tempfile::tempdir().unwrap();
    let copy: &[&str] = &["-c:v", "copy", "-an"];
    let annex_b: &[&str] = &["-c:v", "copy", "-bsf:v", "h264_mp4toannexb"];
    let x265: &[&str] = &["-c:v", "libx265", "-x265-params", "log-level=none"];
    let forms: &[(&str, &[&[&str]])] = &[
        ("mpegts", &[copy, &["-f", "mpegts"]]),
        ("m2ts", &[copy, &["-f", "mpegts", "-mpegts_m2ts_mode", "1"]]),
        ("ts-h265", &[x265, &["-f", "mpegts"]]),
        ("flv", &[copy, &["-f", "flv"]]),
        ("flv-sorenson", &[&["-c:v", "flv1", "-f", "flv"]]),
        ("mov", &[copy, &["-f", "mov"]]),
        ("3gp", &[copy, &["-f", "3gp"]]),
        ("fragments", &[copy, &["-movflags", "frag_keyframe+empty_moov", "-f", "mp4"]]),
        ("mkv", &[copy, &["-f", "matroska"]]),
        ("webm-vp8", &[&["-c:v", "libvpx", "-deadline", "realtime", "-b:v", "1M", "-f", "webm"]]),
        ("webm-vp9", &[&["-c:v", "libvpx-vp9", "-deadline", "realtime", "-b:v", "1M", "-f", "webm"]]),
        ("avi-mpeg4", &[&["-c:v", "mpeg4", "-q:v", "4", "-f", "avi"]]),
        ("avi-mjpeg", &[&["-c:v", "mjpeg", "-q:v", "4", "-f", "avi"]]),
        ("wmv", &[&["-c:v", "wmv2", "-q:v", "4", "-f", "asf"]]),
        ("mpg-mpeg2", &[&["-c:v", "mpeg2video", "-q:v", "4", "-f", "vob"]]),
        ("mpg-h264", &[annex_b, &["-f", "vob"]]),
        ("mpg-h265", &[x265, &["-f", "vob"]]),
        ("h264", &[annex_b, &["-f", "h264"]]),
        ("h265", &[x265, &["-f", "hevc"]]),
        ("m4v", &[&["-c:v", "mpeg4", "-q:v", "4", "-f", "m4v"]]),
    ];
    let mut wrong = Vec::new();
    for (name, options) in forms {
        let options: Vec<&str> = options.concat();
        // A name that says nothing, and one that lies.
        let file = of_lane(folder.path(), &format!("{name}.avi.part"), "3", &options);
        match film(&file) {
            Err(error) => wrong.push(format!("{name}: {error}")),
            Ok(film) => {
                let (first, last) = (film.times[0], film.times[film.times.len() - 1]);
                let takes = (last - first).as_secs_f64();
                let is_whole = film.times.len().abs_diff(30) <= 1 && (takes - 2.9).abs() < 0.25;
                if !is_whole || first > Duration::from_millis(200) || size(&film.picture) != (640, 360) {
                    let size = size(&film.picture);
                    wrong.push(format!(
                        "{name}: {} frames of {size:?} from {first:?} to {last:?}",
                        film.times.len()
                    ));
                }
                if !film.remarks.is_empty() {
                    wrong.push(format!("{name}: {:?}", film.remarks));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn mpeg_1_and_2_of_old_recorders_is_read() {
    let folder = tempfile::tempdir().unwrap();
    for (name, codec) in [("old.mpg", "mpeg1video"), ("old.m2v", "mpeg2video")] {
        let file = of_lane(folder.path(), name, "3", &["-r", "25", "-c:v", codec, "-q:v", "4"]);
        let film = film(&file).unwrap_or_else(|error| panic!("{name}: {error}"));
        let last = film.times[film.times.len() - 1];
        assert!(film.times.len().abs_diff(75) <= 1, "{name}: {} frames", film.times.len());
        assert!(last.abs_diff(Duration::from_millis(2960)) < Duration::from_millis(90), "{name}: {last:?}");
        assert_eq!(size(&film.picture), (640, 360));
    }
}

#[test]
fn recordings_of_dahua_and_hikvision_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let pictures = clips::units_of_file(&lane(), 30);
    let dav = folder.path().join("ch01.dav");
    fs::write(&dav, dahua(&pictures)).unwrap();
    let film_of_dav = film(&dav).unwrap();
    assert_eq!((film_of_dav.times.len(), size(&film_of_dav.picture)), (pictures.len(), (640, 360)));
    for (number, at) in film_of_dav.times.iter().enumerate() {
        assert_eq!(*at, Duration::from_millis(100) * number as u32, "as the recorder says");
    }

    let stream =
        of_lane(folder.path(), "stream", "3", &["-c:v", "copy", "-bsf:v", "h264_mp4toannexb", "-f", "vob"]);
    let file = folder.path().join("hiv00001.mp4");
    fs::write(&file, hikvision(&fs::read(stream).unwrap())).unwrap();
    let film_of_file = film(&file).unwrap();
    assert_eq!((film_of_file.times.len(), size(&film_of_file.picture)), (30, (640, 360)));
    let span = film_of_file.times[29] - film_of_file.times[0];
    assert!(span.abs_diff(Duration::from_millis(2900)) < Duration::from_millis(50), "{span:?}");
}

#[test]
fn pictures_that_tell_no_times_are_taken_for_25_a_second_and_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let bare = of_lane(folder.path(), "bare", "3", &["-c:v", "mjpeg", "-q:v", "4", "-f", "mjpeg"]);
    let film = film(&bare).unwrap();
    assert_eq!(film.times.len(), 30);
    assert_eq!(film.times[29], Duration::from_millis(29 * 40));
    assert_eq!(film.remarks, ["it tells no times: 25 pictures a second are assumed"]);
}

#[test]
fn a_recording_that_was_cut_off_gives_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let copy: &[&str] = &["-c:v", "copy", "-an"];
    for (name, options) in [
        ("a.mkv", &["-f", "matroska"][..]),
        ("a.avi", &["-bsf:v", "h264_mp4toannexb", "-f", "avi"]),
        ("a.ts", &["-f", "mpegts"]),
        ("a.flv", &["-f", "flv"]),
        ("a.mpg", &["-bsf:v", "h264_mp4toannexb", "-f", "vob"]),
        ("index-first.mp4", &["-movflags", "faststart", "-f", "mp4"]),
        ("fragments.mp4", &["-movflags", "frag_keyframe+empty_moov", "-g", "5", "-f", "mp4"]),
    ] {
        let encode: &[&str] = if name.starts_with("fragments") { &["-c:v", "libx264", "-an"] } else { copy };
        let file = of_lane(folder.path(), name, "6", &[encode, options].concat());
        let bytes = fs::read(&file).unwrap();
        fs::write(&file, &bytes[..bytes.len() * 2 / 3]).unwrap();
        let film = film(&file).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!((15..60).contains(&film.times.len()), "{name}: {} frames", film.times.len());
        let is_said = film.remarks.iter().any(|remark| remark.starts_with("it is cut off: "));
        assert_eq!(is_said, name.ends_with(".mp4"), "{name}: {:?}", film.remarks);
    }
}

#[test]
fn what_is_no_recording_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("empty.mp4"), "").unwrap();
    fs::write(at("text.mp4"), "user = admin\npassword = geheim\n").unwrap();
    fs::write(at("archive.mp4"), b"PK\x03\x04\x14\0\0\0\x08\0geheim").unwrap();
    fs::write(at("player.exe"), [b"MZ".as_slice(), &[0x90; 500]].concat()).unwrap();
    fs::write(at("zeros.mp4"), vec![0; 100_000]).unwrap();
    let noise: Vec<u8> = (0..50_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    fs::write(at("noise.dat"), &noise).unwrap();
    fs::write(at("hikvision.mp4"), [b"IMKH".as_slice(), &noise].concat()).unwrap();
    let whole = fs::read(of_lane(folder.path(), "whole.mp4", "3", &["-c:v", "copy"])).unwrap();
    fs::write(at("cut.mp4"), &whole[..whole.len() / 2]).unwrap();
    ffmpeg(folder.path(), &["-f", "lavfi", "-i", "sine=duration=1", "sound.mp4"]);
    ffmpeg(folder.path(), &["-f", "lavfi", "-i", "sine=duration=1", "sound.wav"]);
    ffmpeg(folder.path(), &["-i", "whole.mp4", "-frames:v", "1", "picture.jpg"]);
    of_lane(folder.path(), "lossless.mkv", "1", &["-c:v", "ffv1"]);
    let key = "00112233445566778899aabbccddeeff";
    let encrypt = [
        "-c:v",
        "copy",
        "-encryption_scheme",
        "cenc-aes-ctr",
        "-encryption_key",
        key,
        "-encryption_kid",
        key,
    ];
    of_lane(folder.path(), "encrypted.mp4", "1", &encrypt);
    // What ffmpeg makes of an mp4 that is copied as it is: no player shows it.
    of_lane(folder.path(), "copied.vob", "2", &["-c:v", "copy", "-f", "vob"]);
    fs::write(at("copied.imkh"), hikvision(&fs::read(at("copied.vob")).unwrap())).unwrap();
    ffmpeg(folder.path(), &["-f", "lavfi", "-i", "sine=duration=1", "sound.ts"]);
    ffmpeg(folder.path(), &["-f", "lavfi", "-i", "sine=duration=1", "sound.mpg"]);
    let made = Command::new("mkfifo").arg(at("pipe.ts")).status().unwrap();
    assert!(made.success());

    for (name, kind, what, hint) in [
        ("empty.mp4", "not_video", "is empty", "copy it again"),
        ("text.mp4", "not_video", "is a text and no recording", "name the recording itself"),
        ("archive.mp4", "not_video", "is an archive", "unpack it"),
        ("player.exe", "not_video", "is a program", "without the player"),
        ("zeros.mp4", "not_video", "nothing but zeros", "take another recording"),
        ("noise.dat", "not_video", "in no form that Lookout knows", "export mp4 or avi"),
        ("hikvision.mp4", "not_video", "is a recording of a Hikvision recorder", "export mp4"),
        ("cut.mp4", "not_video", "was cut off before its index was written", "untrunc GOOD.mp4 '"),
        ("sound.mp4", "no_video", "holds no video, only sound", "with the pictures"),
        ("sound.wav", "not_video", "holds sound and no video", "with the pictures"),
        ("sound.ts", "no_video", "holds no video, only sound", "with the pictures"),
        ("sound.mpg", "no_video", "holds no video, only sound", "with the pictures"),
        ("copied.vob", "not_video", "holds H.264 as an mp4 does", "-bsf:v h264_mp4toannexb"),
        ("copied.imkh", "not_video", "holds H.264 as an mp4 does", "-bsf:v h264_mp4toannexb"),
        ("picture.jpg", "not_video", "is a single picture", "lookout detect '"),
        ("lossless.mkv", "unsupported_codec", "holds video as", "ffmpeg -i '"),
        ("encrypted.mp4", "not_video", "holds encrypted video", "without a password"),
        ("pipe.ts", "unreadable_file", "a device or a pipe", "check the file"),
        (".", "unreadable_file", "it is a directory", "check the file"),
        ("nowhere.mp4", "missing_file", "there is no file", ""),
    ] {
        let error = film(&at(name)).err().unwrap_or_else(|| panic!("{name} is read"));
        let text = error.to_string();
        assert_eq!(error.kind(), kind, "{name}: {text}");
        assert!(text.contains(what) && text.contains(hint), "{name}: {text}");
        assert!(text.contains(at(name).to_str().unwrap()), "{name} is named: {text}");
        assert!(!text.contains("geheim"), "{name} shows its content: {text}");
    }
}

#[test]
fn of_two_videos_the_larger_is_taken_and_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    of_lane(folder.path(), "large.mp4", "2", &["-c:v", "copy"]);
    of_lane(folder.path(), "small.mp4", "2", &["-vf", "scale=320:180", "-c:v", "libx264"]);
    let annex_b: &[&str] = &["-bsf:v", "h264_mp4toannexb"];
    for (name, options) in [
        ("two.mp4", &[][..]),
        ("two.mkv", &[]),
        ("two.mov", &[]),
        ("two.avi", &[]),
        ("two.ts", &[]),
        ("two.mpg", &[annex_b, &["-f", "vob"]].concat()),
    ] {
        for order in [["large.mp4", "small.mp4"], ["small.mp4", "large.mp4"]] {
            let inputs = ["-i", order[0], "-i", order[1], "-map", "0:v", "-map", "1:v", "-c", "copy"];
            ffmpeg(folder.path(), &[&inputs, options, &[name]].concat());
            let film = film(&folder.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!((size(&film.picture), film.times.len()), ((640, 360), 20), "{name} {order:?}");
            let said = film.remarks.join("\n");
            assert!(
                said.starts_with("it holds 2 videos, ") && said.ends_with("the larger is taken"),
                "{name}: {said}"
            );
            assert!(said.contains("640 x 360") && said.contains("320 x 180"), "{said}");
        }
    }
    let inputs =
        ["-i", "large.mp4", "-i", "large.mp4", "-map", "0:v", "-map", "1:v", "-c", "copy", "same.ts"];
    ffmpeg(folder.path(), &inputs);
    let film = film(&folder.path().join("same.ts")).unwrap();
    assert_eq!(film.remarks, ["it holds 2 videos, 640 x 360 and 640 x 360: the first is taken"]);
}

// ---- parts of recordings, and several in one

#[test]
fn recordings_that_were_copied_into_one_are_read_whole_or_it_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let mpeg2: &[&str] = &["-r", "25", "-c:v", "mpeg2video", "-q:v", "4", "-f", "vob"];
    for (name, options, at_least) in [
        ("a.mpg", mpeg2, 145),
        ("h264.mpg", &["-c:v", "copy", "-bsf:v", "h264_mp4toannexb", "-f", "vob"], 58),
        ("a.ts", &["-c:v", "copy"], 58),
        ("a.mkv", &["-c:v", "copy"], 60),
        ("a.mp4", &["-c:v", "copy"], 0),
        ("a.avi", &["-c:v", "mpeg4"], 0),
        ("a.flv", &["-c:v", "copy"], 0),
        ("a.wmv", &["-c:v", "wmv2"], 0),
    ] {
        let file = of_lane(folder.path(), name, "3", options);
        let once = fs::read(&file).unwrap();
        fs::write(&file, once.repeat(2)).unwrap();
        let film = film(&file).unwrap_or_else(|error| panic!("{name}: {error}"));
        let is_said = film.remarks.iter().any(|remark| {
            remark.starts_with(&format!("another recording was copied behind it, at byte {}", once.len()))
                && remark.contains("only the first is read")
        });
        assert_eq!(is_said, at_least == 0, "{name}: {:?}", film.remarks);
        assert!(film.times.len() >= at_least, "{name}: {} frames", film.times.len());
        let last = film.times[film.times.len() - 1];
        assert!(at_least == 0 || last > Duration::from_millis(5_500), "{name}: to {last:?}");
    }
}

#[test]
fn a_recording_whose_beginning_is_missing_is_read_from_the_next_key_frame_on() {
    let folder = tempfile::tempdir().unwrap();
    let h264: &[&str] = &["-c:v", "libx264", "-g", "10", "-bf", "0"];
    let x265: &[&str] = &["-c:v", "libx265", "-x265-params", "log-level=none:keyint=10"];
    for (name, codec, form) in [
        ("h264", h264, "h264"),
        ("h265", x265, "hevc"),
        ("m2v", &["-r", "25", "-c:v", "mpeg2video", "-q:v", "4"], "mpeg2video"),
        ("m4v", &["-c:v", "mpeg4", "-q:v", "4", "-g", "10"], "m4v"),
        ("mjpeg", &["-c:v", "mjpeg", "-q:v", "4"], "mjpeg"),
        ("mpg", h264, "vob"),
        ("ts", h264, "mpegts"),
    ] {
        let file = of_lane(folder.path(), name, "3", &[codec, &["-f", form]].concat());
        let bytes = fs::read(&file).unwrap();
        fs::write(&file, &bytes[3_001..]).unwrap();
        let film = film(&file).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(film.times.len() >= 15, "{name}: {} frames", film.times.len());
        assert_eq!(size(&film.picture), (640, 360), "{name}");
        let is_said = film.remarks.iter().any(|remark| remark.starts_with("its beginning is missing"));
        assert_eq!(is_said, name != "ts", "{name}: {:?}", film.remarks);
    }
    let pictures = clips::units_of_file(&lane(), 30);
    let dav = folder.path().join("part.dav");
    fs::write(&dav, &dahua(&pictures)[1_030..]).unwrap();
    assert!((5..30).contains(&film(&dav).unwrap().times.len()));
}

// ---- pauses

/// Three seconds, an hour in which nothing was recorded, three seconds.
fn with_a_gap(folder: &Path, name: &str) -> PathBuf {
    let gap = [
        "-vf",
        "setpts='PTS+if(gt(N,29),3600/TB,0)'",
        "-fps_mode",
        "passthrough",
        "-c:v",
        "libx264",
        "-bf",
        "0",
    ];
    of_lane(folder, name, "3606", &[&["-frames:v", "60"], &gap[..]].concat())
}

#[test]
fn a_pause_of_an_hour_stays_an_hour_where_it_is_read_and_none_where_it_is_played() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["gap.mp4", "gap.mkv", "gap.ts", "gap.mpg"] {
        let file = with_a_gap(folder.path(), name);
        let times = film(&file).unwrap().times;
        assert_eq!(times.len(), 60, "{name}");
        let pause = times[30] - times[29];
        assert!(pause.abs_diff(Duration::from_secs(3600)) < Duration::from_secs(1), "{name}: {pause:?}");

        let sink = FrameRecorder::new();
        let played = Source::new("film", Location::File { path: file, pace: Pace::RealTime, repeat: false });
        let started = Instant::now();
        let handle = start(played, &sink);
        sink.wait("end", |seen| {
            seen.events.iter().any(|(_, event)| *event == CameraEvent::Ended).then_some(())
        });
        let (count, losses) = {
            let seen = sink.lock();
            (seen.count("film"), seen.losses("film").len())
        };
        assert_eq!((count, losses), (60, 0), "{name}");
        assert!(started.elapsed() >= Duration::from_secs(5), "at its own pace: {:?}", started.elapsed());
        handle.stop(STOP_WITHIN).unwrap();
    }
}

#[test]
fn a_recording_with_a_pause_is_served_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = with_a_gap(folder.path(), "gap.mp4");
    let play = Play::File { path: file, repeat: true, from: 0.0 };
    let server = RtspServer::start(0, vec![Mount { path: "/gap".into(), play, auth: Auth::None }]).unwrap();
    let sink = FrameRecorder::new();
    let handle = start(camera("cam", server.url("/gap").unwrap()), &sink);
    sink.wait_frames("cam", 90);
    assert_eq!(sink.lock().losses("cam").len(), 0);
    handle.stop(STOP_WITHIN).unwrap();
}

#[test]
fn time_that_goes_back_within_a_recording_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let first = fs::read(of_lane(folder.path(), "a.ts", "3", &["-c:v", "copy", "-f", "mpegts"])).unwrap();
    // Two recordings copied into one, as recorders and people do.
    let both = folder.path().join("both.ts");
    fs::write(&both, [first.clone(), first].concat()).unwrap();
    let times = film(&both).unwrap().times;
    assert!(times.len() >= 58, "{} frames", times.len());
    assert!(times.windows(2).filter(|pair| pair[0] < pair[1]).count() >= 56, "{times:?}");
    assert!(times[times.len() - 1] > Duration::from_millis(5_500), "{times:?}");
}

// ---- turned and squeezed

#[test]
fn a_recording_is_shown_as_its_display_matrix_says() {
    let folder = tempfile::tempdir().unwrap();
    let upright = film(&of_lane(folder.path(), "upright.mp4", "1", &["-c:v", "copy"])).unwrap();
    for degrees in [90, 180, 270] {
        for name in ["turned.mp4", "turned.mov"] {
            let file = turned(folder.path(), name, "1", degrees);
            let film = film(&file).unwrap();
            let off = difference(&film.picture, &upright.picture);
            assert!(off < 4.0, "{name} by {degrees}: the brightness is off by {off:.1}");
            assert_eq!(
                film.remarks,
                [format!("its pictures are turned clockwise by {degrees} degrees, as the file says")]
            );
        }
    }
}

#[test]
fn a_display_matrix_that_scales_turns_nothing_and_what_is_not_followed_is_said() {
    const ONE: i32 = 1 << 16;
    let folder = tempfile::tempdir().unwrap();
    let upright = film(&of_lane(folder.path(), "upright.mp4", "1", &["-c:v", "copy"])).unwrap();
    for (name, [a, b, c, d], said) in [
        ("twice-as-large.mp4", [2 * ONE, 0, 0, 2 * ONE], None),
        ("half.mp4", [ONE / 2, 0, 0, ONE / 2], None),
        ("rounded.mp4", [ONE - 1, 0, 0, ONE], None),
        ("stretched.mp4", [2 * ONE, 0, 0, ONE], Some("stretches its pictures 2.00 times in width")),
        ("leaning.mp4", [46_341, 46_341, -46_341, 46_341], Some("turns its pictures by 45 degrees")),
        ("skewed.mp4", [ONE, ONE / 2, 0, ONE], Some("skews its pictures")),
    ] {
        let file = of_lane(folder.path(), name, "1", &["-c:v", "copy"]);
        write_display_matrix(&file, [a, b, 0, c, d, 0, 0, 0, 1 << 30].map(|part: i32| part as u32));
        let film = film(&file).unwrap();
        let off = difference(&film.picture, &upright.picture);
        assert!(off < 0.5, "{name}: the brightness is off by {off:.1}");
        let remarks = film.remarks.join("\n");
        assert_eq!(film.remarks.len(), usize::from(said.is_some()), "{name}: {remarks}");
        assert!(said.is_none_or(|said| remarks.contains(said)), "{name}: {remarks}");
    }
    // Mirrored on purpose.
    let file =
        of_lane(folder.path(), "mirrored.mp4", "1", &["-vf", "hflip", "-c:v", "libx264", "-crf", "16"]);
    let minus_one = (-ONE) as u32;
    write_display_matrix(&file, [minus_one, 0, 0, 0, ONE as u32, 0, 640 << 16, 0, 1 << 30]);
    let film = film(&file).unwrap();
    assert!(difference(&film.picture, &upright.picture) < 4.0);
    assert_eq!(film.remarks, ["its pictures are mirrored, as the file says"]);
}

#[test]
fn a_camera_that_is_mounted_on_its_side_is_turned_by_either_receiver() {
    let folder = tempfile::tempdir().unwrap();
    let upright = film(&of_lane(folder.path(), "upright.mp4", "1", &["-c:v", "copy"])).unwrap();
    let options = ["-vf", "transpose=2", "-c:v", "libx264", "-crf", "16", "-g", "10", "-bf", "0"];
    let file = of_lane(folder.path(), "corridor.mp4", "2", &options);
    let play = Play::File { path: file, repeat: true, from: 0.0 };
    let server = RtspServer::start(0, vec![Mount { path: "/cam".into(), play, auth: Auth::None }]).unwrap();
    for receiver in [Receiver::Auto, Receiver::Gstreamer] {
        let sink = FrameRecorder::new();
        let mut source = camera("cam", server.url("/cam").unwrap());
        source.receiver = receiver;
        source.shape.orientation = Orientation::clockwise(90).unwrap();
        let handle = start(source, &sink);
        let stream = sink.wait_connected("cam");
        assert_eq!((stream.width, stream.height, stream.orientation.degrees()), (360, 640, 90));
        sink.wait_frames("cam", 5);
        let picture = sink.lock().last["cam"].picture.clone();
        assert_eq!(size(&picture), (640, 360));
        let off = difference(&picture, &upright.picture);
        assert!(off < 6.0, "{receiver:?}: the brightness is off by {off:.1}");
        handle.stop(STOP_WITHIN).unwrap();
    }
}

#[test]
fn the_shape_of_pixels_comes_with_pictures_of_files_and_of_cameras() {
    let folder = tempfile::tempdir().unwrap();
    let squeeze = ["-vf", "scale=320:360,setsar=2/1", "-c:v", "libx264", "-g", "10", "-bf", "0"];
    for name in ["squeezed.mp4", "squeezed.mkv", "squeezed.ts"] {
        let film = film(&of_lane(folder.path(), name, "2", &squeeze)).unwrap();
        let format = film.picture.format();
        assert_eq!((format.width, format.pixel_aspect), (320, PixelAspect::new(2, 1)), "{name}");
        assert_eq!(format.shown_size(), (640, 360), "{name}");
    }
    let play = Play::File { path: folder.path().join("squeezed.mp4"), repeat: true, from: 0.0 };
    let server = RtspServer::start(0, vec![Mount { path: "/cam".into(), play, auth: Auth::None }]).unwrap();
    for receiver in [Receiver::Auto, Receiver::Gstreamer] {
        let sink = FrameRecorder::new();
        let mut source = camera("cam", server.url("/cam").unwrap());
        source.receiver = receiver;
        let handle = start(source, &sink);
        assert_eq!(sink.wait_connected("cam").pixel_aspect, PixelAspect::new(2, 1), "{receiver:?}");
        sink.wait_frames("cam", 3);
        let format = *sink.lock().last["cam"].picture.format();
        assert_eq!(format.shown_size(), (640, 360), "{receiver:?}");
        handle.stop(STOP_WITHIN).unwrap();
    }
    let report = probe(camera("cam", server.url("/cam").unwrap()), Duration::from_secs(15)).unwrap();
    assert_eq!(report.picture.format().shown_size(), (640, 360));
}

// ---- as an operator runs it

fn lookout(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lookout")).current_dir(folder).args(arguments).output().unwrap()
}

fn in_repository(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path).to_string_lossy().into_owned()
}

/// A replay with the demo's lane and its rules; what it tells and what it says.
fn replay(folder: &Path, video: &Path, more: &str, arguments: &[&str]) -> (Vec<Value>, String) {
    let config = folder.join("site.toml");
    let text = fs::read_to_string(in_repository("config/demo-lane.toml")).unwrap();
    let text = text.replace("analysis_fps = 5", &format!("analysis_fps = 5\n{more}"));
    fs::write(&config, text + "\n[fusion]\ncatalogue = [\"camera_trouble\"]\n").unwrap();
    let manifest = in_repository("models/manifest.toml");
    let fixed =
        ["replay", video.to_str().unwrap(), "--config", config.to_str().unwrap(), "--manifest", &manifest];
    let output = lookout(folder, &[&fixed[..], arguments].concat());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    let published = String::from_utf8_lossy(&output.stdout);
    let published =
        published.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["data"].clone());
    (published.filter(|alert| alert["phase"] == "new").collect(), said)
}

fn rules(alerts: &[Value]) -> std::collections::BTreeSet<String> {
    alerts.iter().filter_map(|alert| alert["why"]["rule"].as_str().map(str::to_owned)).collect()
}

#[test]
fn a_turned_recording_and_a_squeezed_one_tell_what_the_upright_one_tells() {
    let folder = tempfile::tempdir().unwrap();
    let (upright, said) = replay(folder.path(), &lane(), "", &[]);
    assert!(rules(&upright).len() >= 3, "{upright:?} {said}");
    // Of its time alone.
    assert_eq!(said.matches("note:").count(), 1, "{said}");

    let file = turned(folder.path(), "turned.mp4", "30", 90);
    let (alerts, said) = replay(folder.path(), &file, "", &[]);
    assert_eq!(rules(&alerts), rules(&upright), "{said}");
    assert!(
        said.contains("note: its pictures are turned clockwise by 90 degrees, as the file says"),
        "{said}"
    );

    // Without a matrix, as a recorder stores a camera that is mounted on its side: the camera's own turn.
    let options = ["-vf", "transpose=2", "-c:v", "libx264", "-crf", "16"];
    let file = of_lane(folder.path(), "corridor.mp4", "30", &options);
    let (alerts, said) = replay(folder.path(), &file, "rotate = 90", &[]);
    assert_eq!(rules(&alerts), rules(&upright), "{said}");

    let options = ["-vf", "scale=480:360:flags=area", "-aspect", "16:9", "-c:v", "libx264", "-crf", "16"];
    let file = of_lane(folder.path(), "squeezed.mp4", "30", &options);
    let (alerts, said) = replay(folder.path(), &file, "", &["--evidence", "pictures"]);
    assert!(
        said.contains("note: its pixels are not square (4:3): 480 x 360 is shown as 640 x 360"),
        "{said}"
    );
    assert!(rules(&alerts).len() >= 3, "{alerts:?}");
    let picture =
        fs::read_dir(folder.path().join("pictures")).unwrap().flatten().next().expect("evidence").path();
    assert_eq!(image::image_dimensions(picture).unwrap(), (640, 360));
}

#[test]
fn the_pause_of_a_recording_is_no_fault_of_the_camera_and_a_rule_that_never_applied_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["gap.ts", "gap.mpg"] {
        let (_, said) = replay(folder.path(), &with_a_gap(folder.path(), name), "", &[]);
        assert!(said.contains("note: the recording pauses 1 time, for 3600 s"), "{name}: {said}");
    }
    let file = with_a_gap(folder.path(), "gap.mp4");
    let night = "\n[[rule]]\nid = \"at-night\"\ncameras = [\"lane\"]\nschedule = \"daily 22:00-06:00\"\n\
                 present = { zone = \"yard\", classes = [\"person\"], for_secs = 3 }\n";
    let config = folder.path().join("site.toml");
    let (alerts, said) = replay(folder.path(), &file, "", &[]);
    let kinds: Vec<&Value> = alerts.iter().map(|alert| &alert["kind"]).collect();
    assert!(!kinds.iter().any(|kind| **kind == "camera_trouble"), "{kinds:?}");
    assert!(
        said.contains("note: the recording pauses 1 time, for 3600 s at the longest (after 3 s)"),
        "{said}"
    );
    assert!(!said.contains("never in force"), "{said}");

    let text = fs::read_to_string(&config).unwrap() + night;
    fs::write(&config, text).unwrap();
    let short = of_lane(folder.path(), "short.mp4", "1", &["-c:v", "copy"]);
    let run = |start: &[&str]| {
        let manifest = in_repository("models/manifest.toml");
        let fixed = ["replay", short.to_str().unwrap(), "--config", "site.toml", "--manifest", &manifest];
        String::from_utf8_lossy(&lookout(folder.path(), &[&fixed[..], start].concat()).stderr).into_owned()
    };
    let said = run(&[]);
    assert!(said.contains("note: the rule `at-night` was never in force"), "{said}");
    assert!(said.contains("hint: say when it really began: --start 2026-01-07T22:00"), "{said}");
    // On the clock on the wall of the site.
    let said = run(&["--start", "2026-01-07T22:00"]);
    assert!(!said.contains("never in force"), "{said}");
    let said = run(&["--start", "yesterday"]);
    assert!(said.contains("2026-01-07T22:00"), "{said}");
}

#[test]
fn a_probe_says_how_a_picture_is_shown_and_keeps_each_picture() {
    let folder = tempfile::tempdir().unwrap();
    turned(folder.path(), "turned.mp4", "2", 90);
    of_lane(
        folder.path(),
        "squeezed.mkv",
        "2",
        &["-vf", "scale=704:576", "-aspect", "16:9", "-c:v", "libx264"],
    );
    of_lane(folder.path(), "silent.mkv", "2", &["-vf", "scale=960:1080,setsar=1", "-c:v", "libx264"]);
    let probe = |arguments: &[&str]| {
        let output = lookout(folder.path(), &[&["probe"], arguments].concat());
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{text} {}", String::from_utf8_lossy(&output.stderr));
        text
    };
    let text = probe(&["turned.mp4"]);
    assert!(text.contains("360 x 640, turned clockwise by 90 degrees: shown as 640 x 360"), "{text}");
    let text = probe(&["squeezed.mkv"]);
    assert!(text.contains("704 x 576, pixels 16:11: shown as 1024 x 576"), "{text}");
    let text = probe(&["silent.mkv"]);
    assert!(text.contains("advice: a picture of 960 x 1080 is probably squeezed"), "{text}");
    let json: Value = serde_json::from_str(&probe(&["silent.mkv", "--rotate", "270", "--json"])).unwrap();
    assert_eq!((&json["rotate"], &json["shown_width"]), (&Value::from(270), &Value::from(1080)));
    let shown = |name: &str| image::image_dimensions(folder.path().join(name)).unwrap();
    assert_eq!(shown("probe-turned.mp4.jpg"), (640, 360));
    assert_eq!(shown("probe-squeezed.mkv.jpg"), (1024, 576));
    assert_eq!(shown("probe-silent.mkv.jpg"), (1080, 960));
}

#[test]
fn a_film_in_several_sizes_needs_no_shape() {
    // The plain case beside all these: what a test pattern is, it stays.
    let folder = tempfile::tempdir().unwrap();
    let path = clips::write(folder.path(), "a.mp4", Clip { width: 320, height: 240, ..clips::H264 });
    let film = film(&path).unwrap();
    assert_eq!((size(&film.picture), film.remarks), ((320, 240), Vec::<String>::new()));
}
