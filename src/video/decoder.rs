//! Chooses the decoder of a codec.
//!
//! Hardware first where it is present and opens, else libav in software with one thread. Input is the
//! encoding name of an SDP or the caps of a demuxer; the answer is an element in the READY state.

use std::fmt;
use std::sync::Arc;

use gstreamer as gst;
use gstreamer::prelude::*;

use super::error::Fault;
use crate::types::decoding::Decoder;

/// A video codec Lookout reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// H.264, also called AVC.
    H264,
    /// H.265, also called HEVC.
    H265,
    /// Motion JPEG.
    Mjpeg,
    /// What recordings hold and no network camera sends.
    InFiles(FileCodec),
}

/// A video codec that Lookout reads in recordings only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileCodec {
    /// MPEG-1 and MPEG-2.
    Mpeg12,
    /// MPEG-4 part 2, also called DivX and Xvid.
    Mpeg4,
    /// Microsoft's first forms of MPEG-4.
    MsMpeg4,
    /// H.263.
    H263,
    /// Flash video (Sorenson).
    Flash,
    /// VP8.
    Vp8,
    /// VP9.
    Vp9,
    /// Windows Media Video 7.
    Wmv7,
    /// Windows Media Video 8.
    Wmv8,
    /// Windows Media Video 9.
    Wmv9,
    /// VC-1.
    Vc1,
}

impl FileCodec {
    fn from_caps(structure: &gst::StructureRef) -> Option<Self> {
        let number = |field: &str| structure.get::<i32>(field).unwrap_or(0);
        Some(match (structure.name().as_str(), structure.get::<&str>("format").unwrap_or("")) {
            ("video/mpeg", _) if structure.get::<bool>("systemstream") != Ok(true) => {
                match number("mpegversion") {
                    1 | 2 => FileCodec::Mpeg12,
                    4 => FileCodec::Mpeg4,
                    _ => return None,
                }
            }
            // A name that AVI files use for it.
            ("video/x-divx", _) if number("divxversion") >= 4 => FileCodec::Mpeg4,
            ("video/x-divx", _) if number("divxversion") == 3 => FileCodec::MsMpeg4,
            ("video/x-msmpeg", _) if number("msmpegversion") == 43 => FileCodec::MsMpeg4,
            ("video/x-h263", _) => FileCodec::H263,
            ("video/x-flash-video", _) if number("flvversion") == 1 => FileCodec::Flash,
            ("video/x-vp8", _) => FileCodec::Vp8,
            ("video/x-vp9", _) => FileCodec::Vp9,
            ("video/x-wmv", "WVC1" | "WMVA") => FileCodec::Vc1,
            ("video/x-wmv", _) => match number("wmvversion") {
                1 => FileCodec::Wmv7,
                2 => FileCodec::Wmv8,
                3 => FileCodec::Wmv9,
                _ => return None,
            },
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            FileCodec::Mpeg12 => "MPEG-1/2",
            FileCodec::Mpeg4 => "MPEG-4 part 2",
            FileCodec::MsMpeg4 => "MS MPEG-4",
            FileCodec::H263 => "H.263",
            FileCodec::Flash => "Flash video",
            FileCodec::Vp8 => "VP8",
            FileCodec::Vp9 => "VP9",
            FileCodec::Wmv7 => "WMV 7",
            FileCodec::Wmv8 => "WMV 8",
            FileCodec::Wmv9 => "WMV 9",
            FileCodec::Vc1 => "VC-1",
        }
    }

    fn software(self) -> &'static [&'static str] {
        match self {
            FileCodec::Mpeg12 => &["avdec_mpeg2video"],
            FileCodec::Mpeg4 => &["avdec_mpeg4"],
            FileCodec::MsMpeg4 => &["avdec_msmpeg4"],
            FileCodec::H263 => &["avdec_h263"],
            FileCodec::Flash => &["avdec_flv"],
            FileCodec::Vp8 => &["avdec_vp8", "vp8dec"],
            FileCodec::Vp9 => &["avdec_vp9", "vp9dec"],
            FileCodec::Wmv7 => &["avdec_wmv1"],
            FileCodec::Wmv8 => &["avdec_wmv2"],
            FileCodec::Wmv9 => &["avdec_wmv3"],
            FileCodec::Vc1 => &["avdec_vc1"],
        }
    }
}

impl Codec {
    /// Of an RTP encoding name (`H264`, `JPEG`, ...).
    pub(super) fn from_rtp(encoding: &str) -> Option<Self> {
        match encoding.to_ascii_uppercase().as_str() {
            "H264" => Some(Codec::H264),
            "H265" => Some(Codec::H265),
            "JPEG" => Some(Codec::Mjpeg),
            _ => None,
        }
    }

    /// Of the caps of a parsed elementary stream.
    pub(super) fn from_caps(structure: &gst::StructureRef) -> Option<Self> {
        match structure.name().as_str() {
            "video/x-h264" => Some(Codec::H264),
            "video/x-h265" => Some(Codec::H265),
            "image/jpeg" => Some(Codec::Mjpeg),
            _ => FileCodec::from_caps(structure).map(Codec::InFiles),
        }
    }

    /// As people write it.
    pub fn name(self) -> &'static str {
        match self {
            Codec::H264 => "H.264",
            Codec::H265 => "H.265",
            Codec::Mjpeg => "MJPEG",
            Codec::InFiles(codec) => codec.name(),
        }
    }

    /// RTP depayloader and, where needed, parser.
    pub(super) fn rtp_elements(self) -> &'static [&'static str] {
        match self {
            Codec::H264 => &["rtph264depay", "h264parse"],
            Codec::H265 => &["rtph265depay", "h265parse"],
            Codec::Mjpeg => &["rtpjpegdepay"],
            // No RTP encoding name leads to one.
            Codec::InFiles(_) => &[],
        }
    }

    /// The form in which units follow a start code each, a picture at a time; `None` where there are no units.
    pub(super) fn with_start_codes(self) -> Option<gst::Caps> {
        let name = match self {
            Codec::H264 => "video/x-h264",
            Codec::H265 => "video/x-h265",
            Codec::Mjpeg | Codec::InFiles(_) => return None,
        };
        let caps = gst::Caps::builder(name).field("stream-format", "byte-stream").field("alignment", "au");
        Some(caps.build())
    }

    /// Hardware decoders by preference: the stateless VA and V4L2 ones before the older ones, vendors last.
    fn hardware(self) -> &'static [&'static str] {
        match self {
            Codec::H264 => &[
                "vah264dec",
                "v4l2slh264dec",
                "nvh264dec",
                "v4l2h264dec",
                "vaapih264dec",
                "mpph264dec",
                "mppvideodec",
            ],
            Codec::H265 => &[
                "vah265dec",
                "v4l2slh265dec",
                "nvh265dec",
                "v4l2h265dec",
                "vaapih265dec",
                "mpph265dec",
                "mppvideodec",
            ],
            Codec::Mjpeg => &["vajpegdec", "nvjpegdec", "v4l2jpegdec", "vaapijpegdec", "mppjpegdec"],
            Codec::InFiles(_) => &[],
        }
    }

    /// Software decoders by preference; FACTS: `openh264dec` and `libde265dec` take two to three times as long.
    fn software(self) -> &'static [&'static str] {
        match self {
            Codec::H264 => &["avdec_h264", "openh264dec"],
            Codec::H265 => &["avdec_h265", "libde265dec"],
            Codec::Mjpeg => &["avdec_mjpeg", "jpegdec"],
            Codec::InFiles(codec) => codec.software(),
        }
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which decoders may be used.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DecoderChoice {
    /// `Auto`: hardware where it is present and works, else software. `Software`: the same pictures on every machine.
    pub allowed: Decoder,
    /// These element factories before all others, in this order. For vendors' decoders we do not know.
    pub preferred: Arc<[String]>,
}

impl From<Decoder> for DecoderChoice {
    fn from(allowed: Decoder) -> Self {
        DecoderChoice { allowed, preferred: Arc::default() }
    }
}

/// A decoder that was chosen.
pub(super) struct Chosen {
    pub element: gst::Element,
    /// Name of its factory, as logs and reports call it.
    pub factory: String,
    /// Not one of our software decoders: a failure before the first frame makes us try the next.
    pub replaceable: bool,
}

/// The first decoder for `codec` that exists, is not in `refused` and reaches READY (which opens a device).
pub(super) fn choose(codec: Codec, choice: &DecoderChoice, refused: &[String]) -> Result<Chosen, Fault> {
    let hardware = match choice.allowed {
        Decoder::Auto => codec.hardware(),
        Decoder::Software => &[],
    };
    let replaceable =
        choice.preferred.iter().map(String::as_str).chain(hardware.iter().copied()).map(|name| (name, true));
    let software = codec.software().iter().map(|name| (*name, false));
    for (factory, replaceable) in replaceable.chain(software) {
        if refused.iter().any(|name| name == factory) {
            continue;
        }
        if let Some(element) = opened(factory) {
            return Ok(Chosen { element, factory: factory.to_owned(), replaceable });
        }
    }
    Err(Fault::missing_plugin(codec.software()[0]))
}

fn opened(factory: &str) -> Option<gst::Element> {
    let element = gst::ElementFactory::find(factory)?.create().name("decoder").build().ok()?;
    if element.has_property_with_type("max-threads", i32::static_type()) {
        // Libav would otherwise start workers for every core, for each camera; frame threads also add delay.
        element.set_property("max-threads", 1i32);
    }
    if element.has_property_with_type("qos", bool::static_type()) {
        element.set_property("qos", false);
    }
    if element.has_property("std-compliance") {
        // Outside of a live pipeline it would be strict, and hold pictures back for as many as the stream's level
        // allows to be reordered, which is more than a second with a camera that says nothing of reordering.
        element.set_property_from_str("std-compliance", "normal");
    }
    match element.set_state(gst::State::Ready) {
        Ok(_) => Some(element),
        Err(_) => {
            tracing::debug!(decoder = factory, "present, but does not open");
            // It opened nothing, so there is nothing to close; an error here has nobody to tell.
            let _ = element.set_state(gst::State::Null);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn software_decoders_run_with_one_thread() {
        super::super::init().unwrap();
        for codec in [Codec::H264, Codec::H265, Codec::Mjpeg, Codec::InFiles(FileCodec::Mpeg4)] {
            let chosen = choose(codec, &Decoder::Software.into(), &[]).unwrap();
            assert!(!chosen.replaceable);
            assert!(chosen.factory.starts_with("avdec_"), "{}", chosen.factory);
            // A decoder without the property has no threads to limit.
            if chosen.element.has_property("max-threads") {
                assert_eq!(chosen.element.property::<i32>("max-threads"), 1);
            }
            chosen.element.set_state(gst::State::Null).unwrap();
        }
    }

    #[test]
    fn a_preferred_decoder_is_taken_until_it_was_refused() {
        super::super::init().unwrap();
        let preferred = ["no-such-element".to_owned(), "identity".to_owned()].into();
        let choice = DecoderChoice { allowed: Decoder::Auto, preferred };
        let chosen = choose(Codec::H264, &choice, &[]).unwrap();
        assert_eq!((chosen.factory.as_str(), chosen.replaceable), ("identity", true));
        chosen.element.set_state(gst::State::Null).unwrap();
        let next = choose(Codec::H264, &choice, &["identity".to_owned()]).unwrap();
        assert_ne!(next.factory, "identity");
        next.element.set_state(gst::State::Null).unwrap();
    }

    #[test]
    fn without_any_decoder_the_package_to_install_is_named() {
        super::super::init().unwrap();
        let all: Vec<String> = ["avdec_mpeg4"].map(str::to_owned).into();
        let fault = choose(Codec::InFiles(FileCodec::Mpeg4), &Decoder::Auto.into(), &all).err().unwrap();
        assert_eq!(fault.kind(), "missing_plugin");
        assert!(fault.hint().unwrap().to_string().contains("gstreamer1.0-libav"));
    }
}
