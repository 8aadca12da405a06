//! Chooses the video of a file that is read, and names the contents if none can be.
//!
//! These files tell neither sizes nor codecs where that could be believed, so the beginning of each video is looked at.
//! Must never hold more of a file than [`SEARCH_BYTES`].

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Read};

use super::{Contents, Piece, Unpacker};
use crate::video::container::bare_codec;
use crate::video::decoder::{Codec, FileCodec};
use crate::video::lean::picture_size;

/// Minimum number of bytes examined: another video may begin a second or two behind the first.
const LOOK_BYTES: usize = 4 << 20;
/// A recording that begins in the middle shows what it is with the next key frame; ten seconds of a large picture.
const SEARCH_BYTES: usize = 24 << 20;
/// So many units in a row, each as long as is said before it, are no accident.
const SURELY_UNITS: usize = 4;
/// A unit of a picture that is longer was misread.
const LONGEST_UNIT: usize = 16 << 20;

/// A video that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::video) struct Video {
    pub stream: u16,
    pub codec: Codec,
    /// Width and height, where its beginning says so.
    pub size: Option<(u32, u32)>,
}

/// What the beginning of a file shows.
#[derive(Debug)]
pub(in crate::video) struct Beginning {
    /// In the order of their numbers.
    pub videos: Vec<Video>,
    /// Everything that was looked at.
    pub pieces: VecDeque<Piece>,
    /// None of its videos can be read.
    pub unreadable: Unreadable,
}

/// Why no video of a file can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::video) enum Unreadable {
    Encrypted,
    /// H.264 or H.265 with lengths before its units, as an mp4 holds it, and without what stood in the mp4's index alone.
    AsInMp4(Codec),
    NoVideo {
        sound: bool,
    },
    Unknown,
}

/// Looks at the beginning of each video.
pub(in crate::video) fn look<R: Read>(unpacker: &mut Unpacker<R>) -> io::Result<Beginning> {
    let mut pieces = VecDeque::new();
    let mut streams: BTreeMap<u16, Vec<u8>> = BTreeMap::new();
    let (mut total, mut enough) = (0, LOOK_BYTES);
    loop {
        let piece = if total < SEARCH_BYTES { unpacker.next_piece()? } else { None };
        let is_over = piece.is_none();
        if let Some(piece) = piece {
            total += piece.bytes.len();
            streams.entry(piece.stream).or_default().extend_from_slice(&piece.bytes);
            pieces.push_back(piece);
        }
        if !is_over && total < enough {
            continue;
        }
        let videos: Vec<Video> = streams.iter().filter_map(|(stream, bytes)| video(*stream, bytes)).collect();
        if is_over || videos.len() == streams.len() {
            let unreadable = unreadable(&streams, unpacker.contents());
            return Ok(Beginning { videos, pieces, unreadable });
        }
        enough = total + LOOK_BYTES;
    }
}

fn video(stream: u16, bytes: &[u8]) -> Option<Video> {
    let codec = bare_codec(bytes)?;
    let size = match codec {
        Codec::H264 | Codec::H265 => picture_size(codec, bytes),
        Codec::InFiles(FileCodec::Mpeg12) => mpeg_size(bytes),
        Codec::Mjpeg | Codec::InFiles(_) => None,
    };
    Some(Video { stream, codec, size })
}

/// Of a sequence header (ISO/IEC 13818-2, section 6.2.2.1).
fn mpeg_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let at = bytes.windows(4).position(|code| code == [0, 0, 1, 0xb3])?;
    let [a, b, c, ..] = *bytes.get(at + 4..)? else { return None };
    let (a, b, c) = (u32::from(a), u32::from(b), u32::from(c));
    Some((a << 4 | b >> 4, (b & 0x0f) << 8 | c))
}

fn unreadable(streams: &BTreeMap<u16, Vec<u8>>, contents: Contents) -> Unreadable {
    if contents.encrypted {
        Unreadable::Encrypted
    } else if let Some(codec) = streams.values().find_map(|bytes| codec_behind_lengths(bytes)) {
        Unreadable::AsInMp4(codec)
    } else if streams.is_empty() {
        Unreadable::NoVideo { sound: contents.sound }
    } else {
        Unreadable::Unknown
    }
}

/// The codec of units that have their length before them and no start code (ISO/IEC 14496-15).
fn codec_behind_lengths(bytes: &[u8]) -> Option<Codec> {
    let (mut rest, mut units, mut all_h265) = (bytes, 0, true);
    while units < SURELY_UNITS {
        let [a, b, c, d, head, next, ..] = *rest else { return None };
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        // Kinds that are in use: H.264 table 7-1, H.265 table 7-1 of the base layer.
        let (is_h264, is_h265) =
            (matches!(head & 0x9f, 1..=12), head & 0x81 == 0 && head >> 1 <= 40 && next == 1);
        if !(2..=LONGEST_UNIT).contains(&length) || !(is_h264 || is_h265) {
            return None;
        }
        all_h265 &= is_h265;
        units += 1;
        match rest.get(4 + length..) {
            Some(behind) if !behind.is_empty() => rest = behind,
            _ => break,
        }
    }
    // A single one may be an accident.
    (units > 1).then_some(if all_h265 { Codec::H265 } else { Codec::H264 })
}

#[cfg(test)]
mod tests {
    use super::super::tests::packet;
    use super::super::{ProgramStream, TransportStream};
    use super::*;

    const MPEG2: Codec = Codec::InFiles(FileCodec::Mpeg12);

    fn sequence(width: u16, height: u16) -> Vec<u8> {
        vec![0, 0, 1, 0xb3, (width >> 4) as u8, (width << 4 | height >> 8) as u8, height as u8, 0x13]
    }

    fn beginning(bytes: &[u8]) -> Beginning {
        look(&mut Unpacker::ProgramStream(ProgramStream::new(bytes))).unwrap()
    }

    #[test]
    fn every_video_is_known_with_its_size_also_one_that_begins_later() {
        let pictures = packet(0xe0, None, &[7; 60_000]).repeat(20);
        let small = packet(0xe0, Some(0), &sequence(352, 288));
        let large = packet(0xe1, Some(0), &sequence(1920, 1080));
        let found = beginning(&[small, pictures, large].concat());
        let expected = [(0xe0, (352, 288)), (0xe1, (1920, 1080))].map(|(stream, size)| Video {
            stream,
            codec: MPEG2,
            size: Some(size),
        });
        assert_eq!(found.videos, expected);
        assert_eq!(found.pieces.len(), 22, "nothing of it is lost");
    }

    #[test]
    fn a_video_that_begins_in_the_middle_is_known_by_its_next_key_frame() {
        let pictures = |count| packet(0xe0, None, &[7; 60_000]).repeat(count);
        let key_frame = packet(0xe0, Some(0), &sequence(352, 288));
        let bytes = [pictures(100), key_frame, pictures(100)].concat();
        let found = beginning(&bytes);
        assert_eq!(found.videos, [Video { stream: 0xe0, codec: MPEG2, size: Some((352, 288)) }]);
        assert!(found.pieces.len() < 150, "and no more is looked at than is needed");
    }

    #[test]
    fn why_nothing_can_be_read_is_distinguished() {
        let units = |head: &[u8]| {
            let one = [&(head.len() as u32 + 20).to_be_bytes(), head, &[0x55; 20]].concat();
            packet(0xe0, Some(0), &one.repeat(6))
        };
        let mut scrambled = packet(0xe0, Some(0), &[7; 100]);
        scrambled[6] |= 0x10;
        for (bytes, expected) in [
            (units(&[0x65, 0x88]), Unreadable::AsInMp4(Codec::H264)),
            (units(&[0x41, 0x01]), Unreadable::AsInMp4(Codec::H264)),
            (units(&[0x26, 0x01]), Unreadable::AsInMp4(Codec::H265)),
            (packet(0xe0, Some(0), &[0x77; 5000]), Unreadable::Unknown),
            (packet(0xe0, Some(0), &[0, 0, 0, 2, 0x65, 0x88]), Unreadable::Unknown),
            (scrambled, Unreadable::Encrypted),
            (packet(0xc0, Some(0), &[7; 100]), Unreadable::NoVideo { sound: true }),
            (Vec::new(), Unreadable::NoVideo { sound: false }),
        ] {
            let found = beginning(&bytes);
            assert!(found.videos.is_empty());
            assert_eq!(found.unreadable, expected, "{:02x?}", &bytes[..bytes.len().min(32)]);
        }
        let locked = [0x47, 0x41, 0, 0xd0].iter().copied().chain([0x99; 184]).collect::<Vec<u8>>().repeat(9);
        let mut stream = Unpacker::TransportStream(TransportStream::new(&locked[..], 188));
        assert_eq!(look(&mut stream).unwrap().unreadable, Unreadable::Encrypted);
    }
}
