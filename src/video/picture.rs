//! Makes a [`Picture`] from a decoder's buffer without copying: the planes stay where the decoder put them, unless the
//! picture must be [turned](super::orientation).
//!
//! Input is a sample of an appsink. Strides come from the buffer's `VideoMeta`, never from the width.

use gstreamer as gst;
use gstreamer_video as gst_video;
use gstreamer_video::prelude::*;

use super::decoder::Codec;
use super::orientation::{Orientation, Turner};
use crate::frame::{Layout, Matrix, Picture, PictureFormat, PixelAspect, Planes, Range};
use crate::text::{Sentence, foreign, stream};

/// The raw formats a picture can be; what the appsink accepts. No element converts.
pub(super) const RAW_FORMATS: [gst_video::VideoFormat; 5] = [
    gst_video::VideoFormat::I420,
    gst_video::VideoFormat::Nv12,
    gst_video::VideoFormat::Y42b,
    gst_video::VideoFormat::Y444,
    gst_video::VideoFormat::Gray8,
];

/// First height in lines that counts as high definition where the stream does not say: EBU and SMPTE
/// define 720 as the smallest, and cameras follow.
const HD_LINES: u32 = 720;

/// How a camera's pictures must be shown, where the stream does not say so itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PictureShape {
    /// How they must be turned.
    pub orientation: Orientation,
    /// Width and height, upright, as people see them; for streams that are squeezed and do not say so.
    pub display_aspect: Option<(u32, u32)>,
}

impl PictureShape {
    /// The shape of a pixel of an upright picture of this size; `announced` is what its stream says.
    fn pixel_aspect(&self, announced: PixelAspect, (width, height): (u32, u32)) -> PixelAspect {
        match self.display_aspect {
            Some((wide, high)) => PixelAspect::new(wide.saturating_mul(height), high.saturating_mul(width)),
            None if self.orientation.swaps_sides() => announced.on_its_side(),
            None => announced,
        }
    }
}

/// Sizes in which recorders and older cameras send a picture that is meant to be wider or narrower: analogue lines
/// (D1, 960H, CIF and their halves).
const SQUEEZED_SIZES: [(u32, u32); 16] = [
    (704, 576),
    (720, 576),
    (704, 480),
    (720, 480),
    (352, 288),
    (352, 240),
    (960, 576),
    (960, 480),
    (704, 288),
    (720, 288),
    (704, 240),
    (720, 240),
    (352, 576),
    (352, 480),
    (944, 1080),
    (928, 576),
];

/// Whether a picture of this size, whose pixels are said to be square or not spoken of, is probably squeezed.
pub(crate) fn is_probably_squeezed(width: u32, height: u32) -> bool {
    // Half of 16:9, as recorders of analogue high definition send it: 960x1080, 640x720, 1280x1440.
    let is_half_width = u64::from(width) * 9 == u64::from(height) * 8 && height >= 720;
    is_half_width || SQUEEZED_SIZES.contains(&(width, height))
}

/// Caps with a known meaning, kept until they change.
#[derive(Debug, Clone)]
pub(super) struct RawFormat {
    info: gst_video::VideoInfo,
    layout: Layout,
    range: Range,
    matrix: Matrix,
    pixel_aspect: PixelAspect,
}

impl RawFormat {
    /// Of the caps of a raw stream that was decoded from `codec`; says what does not fit.
    pub(super) fn of(caps: &gst::CapsRef, codec: Codec) -> Result<Self, Sentence> {
        let owned = caps.to_owned();
        let info = gst_video::VideoInfo::from_caps(&owned)
            .map_err(|_| stream::raw_of_unknown_form(caps.to_string()))?;
        let layout = match info.format() {
            gst_video::VideoFormat::I420 => Layout::I420,
            gst_video::VideoFormat::Nv12 => Layout::Nv12,
            gst_video::VideoFormat::Y42b => Layout::I422,
            gst_video::VideoFormat::Y444 => Layout::I444,
            gst_video::VideoFormat::Gray8 => Layout::Gray,
            other => return Err(stream::pixels_as(other.to_str().as_str())),
        };
        // `VideoInfo` guesses where the caps are silent, with another limit than ours: ask the caps.
        let announced = caps
            .structure(0)
            .and_then(|structure| structure.get::<&str>("colorimetry").ok())
            .and_then(|text| text.parse::<gst_video::VideoColorimetry>().ok());
        let (range, matrix) = colours(announced, info.height(), codec);
        let part = |part: i32| u32::try_from(part).unwrap_or(0);
        let pixel_aspect = PixelAspect::new(part(info.par().numer()), part(info.par().denom()));
        Ok(RawFormat { info, layout, range, matrix, pixel_aspect })
    }

    /// The shape of a pixel as the stream announces it, before the picture is turned.
    pub(super) fn pixel_aspect(&self) -> PixelAspect {
        self.pixel_aspect
    }

    pub(super) fn width(&self) -> u32 {
        self.info.width()
    }

    pub(super) fn height(&self) -> u32 {
        self.info.height()
    }

    /// Announced frames per second; `None` where the stream does not say.
    pub(super) fn fps(&self) -> Option<f64> {
        let fps = self.info.fps();
        (fps.numer() > 0 && fps.denom() > 0).then(|| f64::from(fps.numer()) / f64::from(fps.denom()))
    }

    /// The picture in a buffer, upright.
    pub(super) fn upright(
        &self,
        buffer: gst::Buffer,
        shape: &PictureShape,
        turner: &Turner,
    ) -> Result<Picture, Sentence> {
        let picture = self.picture(buffer)?;
        let PictureShape { orientation, .. } = *shape;
        let picture = if orientation.is_upright() {
            picture
        } else {
            turner.turned(&picture, orientation).map_err(|error| foreign::words(error.to_string()))?
        };
        let (width, height) = (picture.format().width as u32, picture.format().height as u32);
        Ok(picture.with_pixel_aspect(shape.pixel_aspect(self.pixel_aspect, (width, height))))
    }

    /// Maps a buffer for reading.
    fn picture(&self, buffer: gst::Buffer) -> Result<Picture, Sentence> {
        let bytes = buffer.size();
        let frame = gst_video::VideoFrame::from_buffer_readable(buffer, &self.info)
            .map_err(|_| stream::buffer_unreadable())?;
        let mut format = PictureFormat {
            width: frame.width() as usize,
            height: frame.height() as usize,
            layout: self.layout,
            strides: [0; 3],
            range: self.range,
            matrix: self.matrix,
            pixel_aspect: self.pixel_aspect,
        };
        let mut lengths = [0; 3];
        for (plane, promised) in lengths.iter_mut().enumerate().take(self.layout.planes()) {
            let stride = usize::try_from(frame.plane_stride()[plane]).map_err(|_| stream::rows_upwards())?;
            let rows = frame.plane_height(plane as u32) as usize;
            let row_bytes =
                frame.comp_width(plane as u32) as usize * frame.comp_pstride(plane as u32) as usize;
            // What is promised to readers: up to the last pixel, not to the end of the last stride, which
            // need not exist in a cropped buffer.
            let length = stride * rows.saturating_sub(1) + row_bytes;
            if frame.plane_offset()[plane] + length > bytes {
                return Err(stream::plane_too_long(plane));
            }
            format.strides[plane] = stride;
            *promised = length;
        }
        Picture::new(format, Box::new(MappedPlanes { frame, lengths }))
            .map_err(|error| foreign::words(error.to_string()))
    }
}

/// Range and matrix: as announced; JPEG is full-range BT.601 (JFIF); else limited, and 601 below 720 lines.
fn colours(announced: Option<gst_video::VideoColorimetry>, height: u32, codec: Codec) -> (Range, Matrix) {
    use gst_video::{VideoColorMatrix as M, VideoColorRange as R};
    let range = match announced.as_ref().map(gst_video::VideoColorimetry::range) {
        Some(R::Range0_255) => Range::Full,
        Some(R::Range16_235) => Range::Limited,
        _ if codec == Codec::Mjpeg => Range::Full,
        _ => Range::Limited,
    };
    let matrix = match announced.as_ref().map(gst_video::VideoColorimetry::matrix) {
        Some(M::Bt709) => Matrix::Bt709,
        Some(M::Bt601 | M::Fcc) => Matrix::Bt601,
        // Nearer to 709 than to 601; surveillance cameras do not send them.
        Some(M::Bt2020 | M::Smpte240m) => Matrix::Bt709,
        _ if codec == Codec::Mjpeg => Matrix::Bt601,
        _ if height < HD_LINES => Matrix::Bt601,
        _ => Matrix::Bt709,
    };
    (range, matrix)
}

/// A mapped decoder buffer; unmapped and given back to the decoder's pool when the picture is dropped.
struct MappedPlanes {
    frame: gst_video::VideoFrame<gst_video::video_frame::Readable>,
    lengths: [usize; 3],
}

impl Planes for MappedPlanes {
    fn plane(&self, index: usize) -> &[u8] {
        let data =
            u32::try_from(index).ok().and_then(|plane| self.frame.plane_data(plane).ok()).unwrap_or(&[]);
        let length = self.lengths.get(index).copied().unwrap_or(0);
        data.get(..length).unwrap_or(&[])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caps(text: &str) -> gst::Caps {
        super::super::init().unwrap();
        text.parse().unwrap()
    }

    fn format(text: &str, codec: Codec) -> RawFormat {
        RawFormat::of(&caps(text), codec).unwrap()
    }

    #[test]
    fn unknown_colours_follow_size_and_codec() {
        for (height, codec, range, matrix) in [
            (576, Codec::H264, Range::Limited, Matrix::Bt601),
            (719, Codec::H265, Range::Limited, Matrix::Bt601),
            (720, Codec::H264, Range::Limited, Matrix::Bt709),
            (1080, Codec::Mjpeg, Range::Full, Matrix::Bt601),
        ] {
            let format =
                format(&format!("video/x-raw,format=I420,width=640,height={height},framerate=25/1"), codec);
            assert_eq!((format.range, format.matrix), (range, matrix), "{height} {codec}");
        }
    }

    #[test]
    fn announced_colours_win() {
        let text = "video/x-raw,format=NV12,width=640,height=360,framerate=25/1,colorimetry=";
        let hd = format(&format!("{text}bt709"), Codec::H264);
        assert_eq!((hd.range, hd.matrix), (Range::Limited, Matrix::Bt709));
        let full = format(&format!("{text}1:4:0:0"), Codec::H264);
        assert_eq!((full.range, full.matrix), (Range::Full, Matrix::Bt601));
    }

    #[test]
    fn the_shape_of_pixels_is_what_the_stream_says_until_somebody_knows_better() {
        let text = "video/x-raw,format=GRAY8,width=704,height=576,framerate=25/1";
        let shown = |text: &str, degrees, display_aspect| {
            let format = format(text, Codec::H264);
            let shape =
                PictureShape { orientation: Orientation::clockwise(degrees).unwrap(), display_aspect };
            let buffer = gst::Buffer::from_mut_slice(vec![7u8; 704 * 576]);
            let picture = format.upright(buffer, &shape, &Turner::default()).unwrap();
            (picture.format().shown_size(), picture.format().pixel_aspect.to_string())
        };
        let announced = format!("{text},pixel-aspect-ratio=12/11");
        let words = |pixels: &str| pixels.to_owned();
        assert_eq!(shown(text, 0, None), ((704, 576), words("1:1")));
        assert_eq!(shown(&announced, 0, None), ((768, 576), words("12:11")));
        assert_eq!(shown(&announced, 90, None), ((576, 768), words("11:12")));
        assert_eq!(shown(&announced, 0, Some((16, 9))), ((1024, 576), words("16:11")));
        // Of the upright picture: as it is seen.
        assert_eq!(shown(text, 270, Some((9, 16))), ((576, 1024), words("11:16")));
    }

    #[test]
    fn sizes_that_are_squeezed_are_known() {
        for (width, height) in
            [(960, 1080), (640, 720), (1280, 1440), (704, 576), (352, 288), (720, 480), (960, 576)]
        {
            assert!(is_probably_squeezed(width, height), "{width} x {height}");
        }
        for (width, height) in [
            (1920, 1080),
            (1280, 720),
            (640, 360),
            (640, 480),
            (1280, 960),
            (1280, 1024),
            (2592, 1944),
            (1080, 1920),
            (64, 72),
        ] {
            assert!(!is_probably_squeezed(width, height), "{width} x {height}");
        }
    }

    #[test]
    fn formats_without_a_layout_of_ours_are_named() {
        let ten_bit = RawFormat::of(
            &caps("video/x-raw,format=I420_10LE,width=64,height=36,framerate=25/1"),
            Codec::H265,
        );
        assert!(ten_bit.unwrap_err().to_string().contains("I420_10LE"));
    }

    #[test]
    fn real_strides_and_odd_sizes_survive() {
        let format = format("video/x-raw,format=I420,width=33,height=17,framerate=25/1", Codec::H264);
        let mut buffer = gst::Buffer::from_mut_slice(vec![7u8; 64 * 17 + 2 * 32 * 9]);
        let writable = buffer.get_mut().unwrap();
        gst_video::VideoMeta::add_full(
            writable,
            gst_video::VideoFrameFlags::empty(),
            gst_video::VideoFormat::I420,
            33,
            17,
            &[0, 64 * 17, 64 * 17 + 32 * 9],
            &[64, 32, 32],
        )
        .unwrap();
        let picture = format.picture(buffer).unwrap();
        assert_eq!(picture.format().strides, [64, 32, 32]);
        assert_eq!(picture.plane(0).len(), 64 * 16 + 33);
        assert_eq!(picture.plane(1).len(), 32 * 8 + 17);
        assert!(picture.plane(3).is_empty());
    }

    #[test]
    fn a_buffer_that_is_too_small_is_refused() {
        let format = format("video/x-raw,format=I420,width=640,height=360,framerate=25/1", Codec::H264);
        assert!(format.picture(gst::Buffer::from_mut_slice(vec![0u8; 1000])).is_err());
    }
}
