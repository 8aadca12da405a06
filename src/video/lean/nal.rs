//! The type of a unit (NAL) of H.264 or H.265, from its first bytes.
//!
//! Pure. Must never panic over any bytes, and never look farther into a picture than its slice header.

use super::bits::{Bits, unescaped};
use crate::video::decoder::Codec;

/// What a unit is in the assembly of pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A part of a picture.
    Slice {
        /// It is the picture's first one.
        first: bool,
        /// Decoding can begin with a picture of such slices (IDR, IRAP), or it refers to no other picture.
        intra: bool,
    },
    /// A parameter set.
    Set(SetKind),
    /// The mark between pictures.
    Delimiter,
    /// Supplemental information; whether it says that pictures are whole from here on (recovery point).
    Information { recovery: bool },
    /// Anything else: goes where it stands.
    Other,
}

/// Parameter sets in the order in which a decoder needs them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SetKind {
    Video,
    Sequence,
    Picture,
}

/// More of a slice than its header's first numbers need: an H.264 macroblock address and a slice type, escaped.
const SLICE_HEAD: usize = 16;
/// More than the supplemental information of any camera that counts: a recovery point stands near the front.
const INFORMATION_HEAD: usize = 1024;

/// What the unit is. `None` for no unit at all.
pub(super) fn kind(codec: Codec, unit: &[u8]) -> Option<Kind> {
    match codec {
        Codec::H265 => kind_h265(unit),
        // No other stream is put together here.
        Codec::H264 | Codec::Mjpeg | Codec::InFiles(_) => kind_h264(unit),
    }
}

/// Whether the unit is a part of a picture, and if so whether its first one; cheaper than [`kind`].
pub(super) fn slice(codec: Codec, unit: &[u8]) -> Option<bool> {
    let first_bit = |byte: Option<&u8>| byte.is_some_and(|byte| byte & 0x80 != 0);
    let first = *unit.first()?;
    match codec {
        Codec::H265 => ((first >> 1) & 0x3f < 32).then(|| first_bit(unit.get(2))),
        Codec::H264 | Codec::Mjpeg | Codec::InFiles(_) => match first & 0x1f {
            1 | 2 | 5 => Some(first_bit(unit.get(1))),
            // Partitions of a slice whose first one is of kind 2.
            3 | 4 => Some(false),
            _ => None,
        },
    }
}

fn kind_h264(unit: &[u8]) -> Option<Kind> {
    Some(match unit.first()? & 0x1f {
        5 => Kind::Slice { first: slice(Codec::H264, unit)?, intra: true },
        1..=4 => Kind::Slice { first: slice(Codec::H264, unit)?, intra: is_intra_slice(unit) },
        6 => Kind::Information { recovery: has_recovery_point(&unit[1..]) },
        7 => Kind::Set(SetKind::Sequence),
        8 => Kind::Set(SetKind::Picture),
        9 => Kind::Delimiter,
        // Ends of sequences, filler, extensions, and the numbers that the standard keeps for later (table 7-1).
        _ => Kind::Other,
    })
}

fn kind_h265(unit: &[u8]) -> Option<Kind> {
    Some(match (unit.first()? >> 1) & 0x3f {
        // IRAP: every kind of picture that decoding can begin with (BLA, IDR, CRA).
        kind @ 0..=31 => Kind::Slice { first: slice(Codec::H265, unit)?, intra: (16..=21).contains(&kind) },
        32 => Kind::Set(SetKind::Video),
        33 => Kind::Set(SetKind::Sequence),
        34 => Kind::Set(SetKind::Picture),
        35 => Kind::Delimiter,
        39 => Kind::Information { recovery: has_recovery_point(unit.get(2..).unwrap_or_default()) },
        // The same of this standard (table 7-1), and information that goes behind a picture (40).
        _ => Kind::Other,
    })
}

/// H.264 section 7.3.3: the second number of a slice is its type; 2 and 7 are I, 4 and 9 SI.
fn is_intra_slice(unit: &[u8]) -> bool {
    let head = unescaped(unit.get(1..).unwrap_or_default(), SLICE_HEAD);
    let mut bits = Bits::new(&head);
    let kind = bits.unsigned().and_then(|_| bits.unsigned());
    matches!(kind, Some(2 | 4 | 7 | 9))
}

/// Messages one after the other, each with a type and a size in bytes of which 255 means "and more"; 6 is a recovery
/// point in both standards (H.264 annex D, H.265 annex D).
fn has_recovery_point(messages: &[u8]) -> bool {
    let plain = unescaped(messages, INFORMATION_HEAD);
    let mut rest = plain.as_slice();
    // What ends the unit is one byte.
    while rest.len() > 2 {
        let Some((kind, after)) = long_number(rest) else { return false };
        if kind == 6 {
            return true;
        }
        let Some((size, after)) = long_number(after) else { return false };
        rest = after.get(size..).unwrap_or_default();
    }
    false
}

fn long_number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let full = bytes.iter().take_while(|byte| **byte == 255).count();
    let (last, rest) = bytes.get(full..)?.split_first()?;
    Some((full * 255 + usize::from(*last), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h264_units_are_distinguished() {
        for (unit, expected) in [
            (&[0x65, 0x88][..], Kind::Slice { first: true, intra: true }),
            (&[0x65, 0x08], Kind::Slice { first: false, intra: true }),
            // first_mb 0, then slice type 5 (P), 7 (I), 0 (P), 2 (I).
            (&[0x41, 0b1001_1000], Kind::Slice { first: true, intra: false }),
            (&[0x41, 0b1000_1000], Kind::Slice { first: true, intra: true }),
            (&[0x41, 0b1100_0000], Kind::Slice { first: true, intra: false }),
            (&[0x41, 0b1011_0000], Kind::Slice { first: true, intra: true }),
            (&[0x67, 1], Kind::Set(SetKind::Sequence)),
            (&[0x68, 1], Kind::Set(SetKind::Picture)),
            (&[0x09, 0xf0], Kind::Delimiter),
            (&[0x0c, 0xff], Kind::Other),
        ] {
            assert_eq!(kind(Codec::H264, unit), Some(expected), "{unit:02x?}");
        }
        assert_eq!(kind(Codec::H264, &[]), None);
    }

    #[test]
    fn h265_units_are_distinguished() {
        for (kind_number, third, expected) in [
            (1, 0x80, Kind::Slice { first: true, intra: false }),
            (19, 0x80, Kind::Slice { first: true, intra: true }),
            (21, 0x00, Kind::Slice { first: false, intra: true }),
            (32, 0, Kind::Set(SetKind::Video)),
            (33, 0, Kind::Set(SetKind::Sequence)),
            (34, 0, Kind::Set(SetKind::Picture)),
            (35, 0, Kind::Delimiter),
            (40, 0, Kind::Other),
        ] {
            assert_eq!(kind(Codec::H265, &[kind_number << 1, 1, third]), Some(expected), "{kind_number}");
        }
    }

    #[test]
    fn a_recovery_point_is_found_behind_other_messages() {
        let check = |bytes: &[u8], recovery| {
            let unit: Vec<u8> = [&[0x06], bytes].concat();
            assert_eq!(kind(Codec::H264, &unit), Some(Kind::Information { recovery }), "{bytes:02x?}");
        };
        check(&[6, 1, 0xc4, 0x80], true);
        check(&[5, 2, 9, 9, 6, 1, 0xc4, 0x80], true);
        check(&[5, 2, 6, 6, 0x80], false);
        check(&[255, 77, 1, 3, 6, 1, 0xc4, 0x80], true);
        // Zeros in a message are escaped.
        check(&[5, 3, 0, 0, 3, 1, 6, 1, 0xc4, 0x80], true);
        check(&[5, 200, 6, 1], false);
        check(&[255, 255], false);
    }
}
