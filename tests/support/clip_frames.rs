//! Single frames of a clip, decoded by GStreamer, as the planes the decoder gave: for tests and benchmarks
//! that need real pictures and not the daemon's video part.

#![allow(dead_code)] // each test uses the part that it needs

use std::path::{Path, PathBuf};
use std::sync::Once;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;
use gstreamer_video::prelude::*;
use lookout::frame::{Layout, Matrix, Picture, PictureFormat, PixelAspect, Range};

/// The folder with real clips and public weights, if it is there: `LOOKOUT_SHARED`, or `shared` beside the
/// repository.
pub fn shared() -> Option<PathBuf> {
    let folder = std::env::var_os("LOOKOUT_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    folder.is_dir().then_some(folder)
}

/// The first `count` frames of a clip.
pub fn first_frames(clip: &Path, count: usize) -> Vec<Picture> {
    let mut frames = Vec::new();
    for_each_frame(clip, |number, sample| {
        frames.push(picture(sample));
        number + 1 < count
    });
    frames
}

/// Every `step`th frame of a clip from frame `first` on, with its number.
pub fn each_frame(clip: &Path, first: usize, step: usize, mut take: impl FnMut(usize, Picture)) {
    for_each_frame(clip, |number, sample| {
        if number >= first && (number - first).is_multiple_of(step) {
            take(number, picture(sample));
        }
        true
    });
}

/// One frame of a clip, counted from 0.
pub fn frame(clip: &Path, wanted: usize) -> Picture {
    let mut found = None;
    for_each_frame(clip, |number, sample| {
        if number == wanted {
            found = Some(picture(sample));
        }
        number < wanted
    });
    found.unwrap_or_else(|| panic!("{} has no frame {wanted}", clip.display()))
}

fn for_each_frame(clip: &Path, mut take: impl FnMut(usize, &gst::Sample) -> bool) {
    static INIT: Once = Once::new();
    INIT.call_once(|| gst::init().expect("GStreamer starts"));
    let text = format!(
        "filesrc location=\"{}\" ! decodebin force-sw-decoders=true ! \
         appsink name=frames sync=false max-buffers=2 caps=video/x-raw,format=I420",
        clip.display()
    );
    let pipeline =
        gst::parse::launch(&text).expect("a pipeline").downcast::<gst::Pipeline>().expect("a pipeline");
    let sink =
        pipeline.by_name("frames").expect("named above").downcast::<gst_app::AppSink>().expect("an appsink");
    pipeline.set_state(gst::State::Playing).expect("it plays");
    let mut number = 0;
    while let Ok(sample) = sink.pull_sample() {
        if !take(number, &sample) {
            break;
        }
        number += 1;
    }
    pipeline.set_state(gst::State::Null).expect("it stops");
}

fn picture(sample: &gst::Sample) -> Picture {
    let info = gst_video::VideoInfo::from_caps(sample.caps().expect("caps")).expect("video caps");
    let buffer = sample.buffer_owned().expect("a buffer");
    let frame = gst_video::VideoFrame::from_buffer_readable(buffer, &info).expect("readable");
    let colour = info.colorimetry();
    let format = PictureFormat {
        width: info.width() as usize,
        height: info.height() as usize,
        layout: Layout::I420,
        strides: [0, 1, 2].map(|plane| frame.plane_stride()[plane] as usize),
        range: if colour.range() == gst_video::VideoColorRange::Range0_255 {
            Range::Full
        } else {
            Range::Limited
        },
        matrix: match colour.matrix() {
            gst_video::VideoColorMatrix::Bt709 => Matrix::Bt709,
            _ => Matrix::Bt601,
        },
        pixel_aspect: PixelAspect::SQUARE,
    };
    let planes: Vec<Vec<u8>> = (0..3).map(|p| frame.plane_data(p).expect("a plane").to_vec()).collect();
    Picture::new(format, Box::new(planes)).expect("whole planes")
}
