//! Compressed pictures that are put together oddly, or change on the way.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use lookout::video::{CameraEvent, Codec};

use super::here::{Watched, reads_well};
use crate::support::clips::{self, Clip};
use crate::support::rtsp_cameras::{h264, h265};
use crate::support::rtsp_packets::{Coding, ElementaryStream};
use crate::support::rtsp_plain::{Behaviour, Rework, description};

/// A film of noise from x264.
fn x264(width: u32, height: u32, frames: u32, options: &str) -> ElementaryStream {
    let clip = Clip { width, height, frames, ..clips::H264 };
    let encode = format!("x264enc tune=zerolatency bitrate=800 {options} ! h264parse config-interval=-1");
    let units = clips::access_units(&encode, "video/x-h264", clip);
    ElementaryStream::from_annex_b(Coding::H264, clip.fps, &units)
}

/// The film of another camera, smaller and with the other shape.
fn small() -> Arc<ElementaryStream> {
    static FILM: OnceLock<Arc<ElementaryStream>> = OnceLock::new();
    FILM.get_or_init(|| Arc::new(x264(176, 144, 50, "key-int-max=10"))).clone()
}

fn sizes(watched: &Watched) -> Vec<(u32, u32)> {
    let seen = watched.sink.lock();
    let forms = seen.events.iter().filter_map(|(_, event)| match event {
        CameraEvent::Connected(info) | CameraEvent::Changed(info) => Some((info.width, info.height)),
        _ => None,
    });
    forms.collect()
}

#[test]
fn a_resolution_that_changes_on_a_key_frame_is_taken_up() {
    let watched = Watched::start(Behaviour::default());
    watched.sink.wait_frames("cam", 20);
    watched.server.change(|behaviour| behaviour.stream = Some(small()));
    watched.sink.wait("the new form", |seen| {
        let last = seen.last.get("cam")?;
        (last.picture.format().width == 176).then_some(())
    });
    watched.holds();
    assert_eq!(sizes(&watched), [(320, 240), (176, 144)]);
    watched.stop();
}

/// The new pictures begin in the middle of a group: nothing can be made of them before the next key frame.
#[test]
fn a_resolution_that_changes_between_key_frames_is_taken_up() {
    let watched = Watched::start(Behaviour::default());
    watched.sink.wait_frames("cam", 20);
    watched.server.change(|behaviour| {
        behaviour.first_unit = 5;
        behaviour.stream = Some(small());
    });
    watched.sink.wait("the new form", |seen| {
        let last = seen.last.get("cam")?;
        (last.picture.format().width == 176).then_some(())
    });
    watched.holds();
    watched.stop();
}

/// The camera's user changes its codec, and it changes it in the stream that runs. What was H.264 is no H.265: the
/// stream is opened again and read as what it is.
#[test]
fn a_codec_that_changes_in_mid_stream_is_a_new_stream() {
    let watched = Watched::with(h264(), Behaviour::default(), |mut source| {
        source.stall_after = Duration::from_secs(2);
        source
    });
    watched.sink.wait_frames("cam", 20);
    let film = Arc::new(h265());
    watched.server.change(|behaviour| {
        behaviour.sdp = Some(description(&film));
        behaviour.stream = Some(film.clone());
    });
    watched
        .sink
        .wait("the new codec", |seen| (seen.connections("cam").last()?.codec == Codec::H265).then_some(()));
    watched.wait_more(50);
    watched.stop();
}

#[test]
fn a_camera_that_joins_in_the_middle_of_a_long_group_shows_its_first_picture_with_the_next_key_frame() {
    let film = x264(320, 240, 300, "key-int-max=300 option-string=scenecut=0");
    let started = Instant::now();
    // Twelve seconds from key frame to key frame, nine to the next one: less than the camera's own watchdog.
    let watched = Watched::film(film, Behaviour { first_unit: 75, ..Behaviour::default() });
    watched.sink.wait_frames("cam", 10);
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    watched.holds();
    watched.stop();
}

/// Intra refresh: a column of each picture is coded anew, and there is never a key frame again.
#[test]
fn a_stream_without_any_key_frame_is_watched() {
    let film = x264(320, 240, 250, "intra-refresh=true key-int-max=25 option-string=scenecut=0");
    let key_frames =
        |from: usize| film.units[from..].iter().flatten().filter(|nal| nal[0] & 0x1f == 5).count();
    assert!(key_frames(0) >= 1 && key_frames(1) == 0, "the film is not what the test is about");
    let watched = Watched::film(film, Behaviour { first_unit: 30, ..Behaviour::default() });
    watched.sink.wait_frames("cam", 10);
    watched.holds();
    watched.stop();
}

/// "Smart" codecs send a key frame every second while something moves, and every twenty when nothing does.
#[test]
fn a_keyframe_interval_that_changes_does_not_matter() {
    let mut film = x264(320, 240, 100, "key-int-max=5 option-string=scenecut=0");
    film.units.extend(x264(320, 240, 200, "key-int-max=200 option-string=scenecut=0").units);
    let watched = Watched::film(film, Behaviour::default());
    watched.holds_with(0.9, 400);
    let every = watched.handle.stats().measure.keyframe_interval.unwrap();
    assert!(every.max > every.min * 5, "{every:?}");
    watched.stop();
}

/// Parameter sets and picture as one unit with start codes between them, as some cameras send their key frames.
#[test]
fn start_codes_inside_the_packets_are_read() {
    for code in [&[0u8, 0, 0, 1][..], &[0, 0, 1][..]] {
        let mut film = h264();
        for unit in &mut film.units {
            *unit = vec![unit.join(code)];
        }
        let watched = Watched::film(film, Behaviour::default());
        watched.holds();
        watched.stop();
    }
}

/// A start code where the unit's first byte should be.
#[test]
fn start_codes_at_the_head_of_packets_are_taken_away() {
    let mut film = h264();
    for nal in film.units.iter_mut().flatten().filter(|nal| nal.len() < 1000) {
        nal.splice(0..0, [0, 0, 0, 1]);
    }
    let watched = Watched::film(film, Behaviour::default());
    watched.holds();
    watched.stop();
}

/// What has ended the whole process before packets were looked at (`src/video/rtp.rs`).
#[test]
fn packets_and_fragments_without_content_are_left_aside() {
    let h264_of_nothing: [&[u8]; 3] = [&[], &[0x7c, 0x05], &[0x7c]];
    let h265_of_nothing: [&[u8]; 3] = [&[0x26], &[0x62, 1, 0x13], &[0x62, 1]];
    for (film, nothing) in [(h264(), h264_of_nothing), (h265(), h265_of_nothing)] {
        let watched =
            Watched::film(film, Behaviour { rework: Some(before_each(nothing)), ..Behaviour::default() });
        watched.holds();
        watched.stop();
    }
}

/// Puts packets with these contents before each packet.
fn before_each(nothing: [&'static [u8]; 3]) -> Rework {
    Arc::new(move |_, packets| {
        let mut all = Vec::new();
        for mut packet in packets {
            let head = packet[..12].to_vec();
            let number = u16::from_be_bytes([packet[2], packet[3]]).wrapping_mul(4);
            for (n, content) in nothing.into_iter().enumerate() {
                let mut empty = head.clone();
                empty[1] &= 0x7f;
                empty[2..4].copy_from_slice(&number.wrapping_add(n as u16).to_be_bytes());
                empty.extend(content);
                all.push(empty);
            }
            packet[2..4].copy_from_slice(&number.wrapping_add(3).to_be_bytes());
            all.push(packet);
        }
        all
    })
}

/// H.265 with an SEI of unknown kind and odd length before every picture, scaling lists, and sub-layers in time.
#[test]
fn h265_with_odd_sei_scaling_lists_and_sub_layers_is_read() {
    let clip = Clip { width: 320, height: 240, ..clips::H264 };
    let encode = "x265enc speed-preset=ultrafast key-int-max=10 bitrate=800 log-level=none \
                  option-string=pools=none:frame-threads=1:scenecut=0:scaling-list=default:temporal-layers=1:bframes=3:b-adapt=0:hrd=1:vbv-maxrate=900:vbv-bufsize=900:aud=1 \
                  ! h265parse config-interval=-1";
    let mut film = ElementaryStream::from_annex_b(
        Coding::H265,
        clip.fps,
        &clips::access_units(encode, "video/x-h265", clip),
    );
    for (n, unit) in film.units.iter_mut().enumerate() {
        // Prefix SEI, payload type 255+77, with content that is no message of any standard.
        let size = n % 90;
        let mut sei = vec![39 << 1, 1, 255, 77, size as u8];
        sei.extend((0..size).map(|byte| (byte as u8) | 3));
        sei.push(0x80);
        unit.insert(0, sei);
    }
    let watched = Watched::film(film, Behaviour::default());
    watched.holds_with(0.85, 100);
    watched.stop();
}

/// The packets are right, and what is in them is noise.
#[test]
fn rubbish_in_the_packets_is_a_loss_in_words_and_the_picture_comes_back() {
    let rubbish: Rework = Arc::new(|n, mut packets| {
        let mut state = n | 1;
        for packet in &mut packets {
            for byte in &mut packet[13..] {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                *byte = (state >> 33) as u8;
            }
        }
        packets
    });
    let watched = Watched::with(h264(), Behaviour::default(), |mut source| {
        source.stall_after = Duration::from_secs(2);
        source
    });
    watched.sink.wait_frames("cam", 20);
    watched.server.change(|behaviour| behaviour.rework = Some(rubbish));
    let lost = watched.lost();
    assert!(["broken", "decoder", "stalled"].contains(&lost.kind()), "{lost}");
    reads_well(&lost);
    let well = Instant::now();
    watched.server.change(|behaviour| behaviour.rework = None);
    let frames = watched.frames();
    watched.sink.wait_frames("cam", frames + 20);
    assert!(well.elapsed() < Duration::from_secs(10), "{:?}", well.elapsed());
    watched.stop();
}
