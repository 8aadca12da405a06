//! Small generated video files, so that most tests need no footage. Input is nothing; output lies in a
//! folder of the test.

use std::path::{Path, PathBuf};

use gstreamer as gst;
use gstreamer::prelude::*;

/// What a clip is made of.
#[derive(Clone, Copy, Debug)]
pub struct Clip {
    /// Encoder and what follows it, up to the muxer.
    pub encode: &'static str,
    /// `mp4mux`, `matroskamux` or `avimux`.
    pub mux: &'static str,
    pub width: u32,
    pub height: u32,
    pub fps: u32,
    pub frames: u32,
}

/// 64x48 H.264 in mp4, 25 frames a second with a keyframe every 10 frames.
pub const H264: Clip = Clip {
    encode: "x264enc tune=zerolatency key-int-max=10 ! h264parse",
    mux: "mp4mux",
    width: 64,
    height: 48,
    fps: 25,
    frames: 50,
};
/// With B-frames, so pictures come out of the decoder in another order than they went in.
pub const H264_B: Clip =
    Clip { encode: "x264enc bframes=3 b-adapt=false key-int-max=25 ! h264parse", ..H264 };
pub const H265: Clip = Clip {
    encode: "x265enc tune=zerolatency speed-preset=ultrafast key-int-max=10 log-level=none option-string=pools=none:frame-threads=1 ! h265parse",
    mux: "matroskamux",
    width: 320,
    height: 240,
    ..H264
};
pub const MJPEG: Clip = Clip { encode: "jpegenc", mux: "avimux", ..H264 };
pub const MPEG4: Clip = Clip { encode: "avenc_mpeg4 ! mpeg4videoparse", mux: "avimux", ..H264 };

/// Writes the clip into `folder`; its first letter of content is a moving ball on black.
pub fn write(folder: &Path, name: &str, clip: Clip) -> PathBuf {
    let Clip { encode, mux, width, height, fps, frames } = clip;
    let path = folder.join(name);
    run(&format!(
        "videotestsrc pattern=ball num-buffers={frames} \
         ! video/x-raw,format=I420,width={width},height={height},framerate={fps}/1 \
         ! {encode} ! {mux} ! filesink location=\"{}\"",
        path.display()
    ));
    path
}

/// Runs a pipeline to its end; panics with GStreamer's words when it fails.
pub fn run(launch: &str) {
    lookout::video::init().unwrap();
    let pipeline = gst::parse::launch(launch).unwrap_or_else(|error| panic!("{launch}: {error}"));
    pipeline.set_state(gst::State::Playing).unwrap();
    let bus = pipeline.bus().unwrap();
    let message = bus.timed_pop_filtered(
        gst::ClockTime::from_seconds(60),
        &[gst::MessageType::Eos, gst::MessageType::Error],
    );
    let outcome = match message.as_ref().map(|message| message.view()) {
        Some(gst::MessageView::Eos(_)) => Ok(()),
        Some(gst::MessageView::Error(error)) => Err(format!("{}: {:?}", error.error(), error.debug())),
        _ => Err("not finished after a minute".to_owned()),
    };
    pipeline.set_state(gst::State::Null).unwrap();
    if let Err(reason) = outcome {
        panic!("{launch}: {reason}");
    }
}

/// The compressed pictures of a generated film in Annex B form, for servers that send them themselves.
/// `encode` ends in a parser for `caps` (`video/x-h264`, `video/x-h265`). The film is noise, so that pictures are
/// larger than a packet.
pub fn access_units(encode: &str, caps: &str, clip: Clip) -> Vec<Vec<u8>> {
    lookout::video::init().unwrap();
    let Clip { width, height, fps, frames, .. } = clip;
    let launch = format!(
        "videotestsrc pattern=snow num-buffers={frames} \
         ! video/x-raw,format=I420,width={width},height={height},framerate={fps}/1 \
         ! {encode} ! {caps},stream-format=byte-stream,alignment=au ! appsink name=sink sync=false"
    );
    let units = pulled(&launch);
    assert_eq!(units.len(), frames as usize, "{launch}");
    units
}

/// The first `frames` pictures of a real clip, encoded anew without B-frames, in Annex B form.
pub fn units_of_file(path: &Path, frames: u32) -> Vec<Vec<u8>> {
    lookout::video::init().unwrap();
    let path = path.display();
    pulled(&format!(
        "filesrc location=\"{path}\" ! decodebin ! videoconvert ! video/x-raw,format=I420 \
         ! identity eos-after={frames} ! x264enc tune=zerolatency speed-preset=superfast key-int-max=20 bitrate=1500 \
         ! h264parse config-interval=-1 ! video/x-h264,stream-format=byte-stream,alignment=au ! appsink name=sink sync=false"
    ))
}

/// Every buffer that reaches the application sink `sink` of a pipeline.
fn pulled(launch: &str) -> Vec<Vec<u8>> {
    let pipeline = gst::parse::launch(launch).unwrap().downcast::<gst::Pipeline>().unwrap();
    let sink = pipeline.by_name("sink").unwrap().downcast::<gstreamer_app::AppSink>().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let mut units = Vec::new();
    while let Ok(sample) = sink.pull_sample() {
        units.push(sample.buffer().unwrap().map_readable().unwrap().to_vec());
    }
    pipeline.set_state(gst::State::Null).unwrap();
    units
}

/// The folder with real clips, from LOOKOUT_SHARED or beside the repository.
pub fn shared() -> PathBuf {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared");
    std::env::var_os("LOOKOUT_SHARED").map_or_else(|| beside.into(), PathBuf::from)
}
