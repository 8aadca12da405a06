//! The joiner beside GStreamer's depayloader and parser, on the same packets.

use std::path::PathBuf;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use super::depacketize::{Depacketizer, JoinedPicture, RtpPayload};
use super::nal::{self, Kind};
use super::parameter_sets;
use crate::video::decoder::Codec;
use crate::video::rtp::PacketGate;

/// What a pipeline gives: RTP packets, and GStreamer's units from the same packets with their flags.
struct Both {
    /// The format parameters as they stand in a description.
    parameters: String,
    packets: Vec<Vec<u8>>,
    units: Vec<(bool, Vec<u8>)>,
}

/// `source` ends in units of the codec in Annex B form.
fn both(codec: Codec, source: &str) -> Both {
    crate::video::init().unwrap();
    let n = if codec == Codec::H265 { "5" } else { "4" };
    // A queue before each end, so that neither waits for the other.
    let launch = format!(
        "{source} ! rtph26{n}pay mtu=700 aggregate-mode=zero-latency ! tee name=t \
         t. ! queue max-size-buffers=0 max-size-bytes=0 max-size-time=0 ! appsink name=packets sync=false \
         t. ! queue max-size-buffers=0 max-size-bytes=0 max-size-time=0 ! rtph26{n}depay \
         ! video/x-h26{n},stream-format=byte-stream,alignment=au ! h26{n}parse config-interval=-1 \
         ! video/x-h26{n},stream-format=byte-stream,alignment=au ! appsink name=units sync=false"
    );
    let pipeline = gst::parse::launch(&launch).unwrap().downcast::<gst::Pipeline>().unwrap();
    let sink = |name| pipeline.by_name(name).unwrap().downcast::<gst_app::AppSink>().unwrap();
    let (packets, units) = (sink("packets"), sink("units"));
    pipeline.set_state(gst::State::Playing).unwrap();
    let pull = |sink: &gst_app::AppSink| {
        let mut buffers = Vec::new();
        while let Ok(sample) = sink.pull_sample() {
            let buffer = sample.buffer_owned().unwrap();
            let keyframe = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
            let bytes = buffer.map_readable().unwrap().to_vec();
            buffers.push((keyframe, bytes));
        }
        buffers
    };
    let found = pull(&packets).into_iter().map(|(_, bytes)| bytes).collect();
    let caps = packets.static_pad("sink").and_then(|pad| pad.current_caps());
    let sets = ["sprop-parameter-sets", "sprop-vps", "sprop-sps", "sprop-pps"].map(|name| {
        let value = caps.as_ref().and_then(|caps| caps.structure(0)?.get::<String>(name).ok());
        value.map(|value| format!("{name}={value}")).unwrap_or_default()
    });
    let both = Both { parameters: format!("96 {}", sets.join(";")), packets: found, units: pull(&units) };
    pipeline.set_state(gst::State::Null).unwrap();
    both
}

fn joined(codec: Codec, both: &Both) -> Vec<JoinedPicture> {
    let (mut gate, mut joiner, mut all) = (
        PacketGate::new(codec),
        Depacketizer::new(codec, &parameter_sets::described(codec, &both.parameters)),
        Vec::new(),
    );
    for packet in &both.packets {
        let timestamp = u32::from_be_bytes(packet[4..8].try_into().unwrap());
        let piece = RtpPayload {
            payload: gate.sound_part(&packet[12..]).unwrap(),
            timestamp: i64::from(timestamp),
            marker: packet[1] & 0x80 != 0,
            lost: false,
        };
        joiner.take(piece, &mut |_, joined| all.push(joined));
    }
    all
}

/// The units of a picture without parameter sets, marks between pictures and ends of sequences, which the two place
/// differently.
fn content(codec: Codec, bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut units = Vec::new();
    let mut rest = bytes;
    while let Some(at) = rest.windows(3).position(|three| three == [0, 0, 1]) {
        let unit = &rest[at + 3..];
        let end = unit.windows(3).position(|three| three == [0, 0, 1]).unwrap_or(unit.len());
        let whole = unit[..end].strip_suffix(&[0]).filter(|_| end < unit.len()).unwrap_or(&unit[..end]);
        units.push(whole.to_vec());
        rest = &unit[end..];
    }
    let ends_sequence = |unit: &[u8]| codec == Codec::H264 && matches!(unit[0] & 0x1f, 10 | 11);
    units.retain(|unit| {
        !matches!(nal::kind(codec, unit), Some(Kind::Set(_) | Kind::Delimiter)) && !ends_sequence(unit)
    });
    units
}

fn check(codec: Codec, source: &str, least: usize) {
    let both = both(codec, source);
    let ours = joined(codec, &both);
    assert!(both.units.len() >= least, "{} units: the film is not what the test is about", both.units.len());
    assert_eq!(ours.len(), both.units.len());
    for (n, (ours, (keyframe, theirs))) in ours.iter().zip(&both.units).enumerate() {
        let (ours_has, theirs_has) = (content(codec, &ours.bytes), content(codec, theirs));
        let kinds = |units: &[Vec<u8>]| units.iter().map(|unit| (unit[0], unit.len())).collect::<Vec<_>>();
        // Whole pictures would fill the screen.
        assert!(
            ours_has == theirs_has,
            "picture {n}: {:02x?} instead of {:02x?}",
            kinds(&ours_has),
            kinds(&theirs_has)
        );
        assert_eq!(ours.keyframe, *keyframe, "picture {n}");
    }
    assert!(ours.iter().filter(|joined| joined.keyframe).count() >= 2);
}

fn noise(encode: &str) -> String {
    format!(
        "videotestsrc pattern=snow num-buffers=60 ! video/x-raw,format=I420,width=176,height=144,framerate=25/1 ! {encode}"
    )
}

#[test]
fn h264_comes_out_as_gstreamer_puts_it_together() {
    for options in
        ["tune=zerolatency", "bframes=2 b-adapt=false", "option-string=slices=4", "option-string=open-gop=1"]
    {
        check(Codec::H264, &noise(&format!("x264enc key-int-max=20 bitrate=600 {options}")), 55);
    }
}

#[test]
fn h265_comes_out_as_gstreamer_puts_it_together() {
    let encode = "x265enc speed-preset=ultrafast key-int-max=20 bitrate=600 log-level=none option-string=pools=none:frame-threads=1";
    check(Codec::H265, &noise(encode), 55);
}

#[test]
#[ignore = "needs the real clips (LOOKOUT_SHARED)"]
fn real_clips_come_out_as_gstreamer_puts_them_together() {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared");
    let folder =
        std::env::var_os("LOOKOUT_SHARED").map_or_else(|| beside.into(), PathBuf::from).join("videos");
    let mut seen = 0;
    for clip in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
        if clip.extension().is_none_or(|e| e != "mp4") || seen == 3 {
            continue;
        }
        let source =
            format!("filesrc location=\"{}\" ! qtdemux ! h264parse ! identity eos-after=400", clip.display());
        check(Codec::H264, &source, 100);
        seen += 1;
    }
    assert!(seen > 0, "no clip in {}", folder.display());
}

/// Sets as x264 and x265 write them, and what GStreamer's parsers read in them.
#[test]
fn forms_are_read_as_gstreamer_reads_them() {
    for (codec, width, height, encode) in [
        (Codec::H264, 1920, 1080, "x264enc tune=zerolatency ! video/x-h264,profile=high"),
        (Codec::H264, 354, 242, "x264enc tune=zerolatency ! video/x-h264,profile=baseline"),
        (Codec::H264, 320, 240, "x264enc interlaced=true ! video/x-h264,profile=main"),
        (
            Codec::H265,
            354,
            242,
            "x265enc speed-preset=ultrafast log-level=none option-string=pools=none:frame-threads=1",
        ),
        (
            Codec::H265,
            1280,
            720,
            "x265enc speed-preset=ultrafast log-level=none option-string=pools=none:frame-threads=1:temporal-layers=1",
        ),
    ] {
        let source = format!(
            "videotestsrc num-buffers=4 ! video/x-raw,format=I420,width={width},height={height},framerate=12/1 ! {encode}"
        );
        let both = both(codec, &source);
        let (mut gate, mut joiner) = (PacketGate::new(codec), Depacketizer::new(codec, &[]));
        for packet in &both.packets {
            let payload = gate.sound_part(&packet[12..]).unwrap();
            joiner.take(RtpPayload { payload, timestamp: 0, marker: true, lost: false }, &mut |_, _| {});
        }
        let form = joiner.form().1.cloned().unwrap();
        assert_eq!((form.width, form.height, form.bit_depth, form.chroma), (width, height, 8, 1), "{encode}");
        assert!(
            form.profile.is_some_and(|profile| codec == Codec::H265
                || encode.contains(profile)
                || profile == "constrained-baseline"),
            "{form:?}"
        );
        if codec == Codec::H264 && !encode.contains("interlaced") {
            assert_eq!(form.fps, Some(12.0), "{encode}");
        }
    }
}
