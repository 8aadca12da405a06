//! The form of pictures from a sequence parameter set, as far as decoders need it beforehand.
//!
//! Input is the set as it stands in the stream; a set that reads otherwise than the standards say has no form, and its
//! stream is decoded without. Pure; must never panic over any bytes.

use super::bits::{Bits, unescaped};
use super::nal::{self, Kind, SetKind};
use crate::video::decoder::Codec;

/// What a sequence parameter set says.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::video) struct Form {
    /// As GStreamer's parsers name it.
    pub profile: Option<&'static str>,
    pub width: u32,
    pub height: u32,
    /// Bits of a brightness value.
    pub bit_depth: u32,
    /// `chroma_format_idc`: 0 to 3.
    pub chroma: u32,
    /// Pictures per second, where it says so.
    pub fps: Option<f64>,
}

/// More than any set that matters here: scaling lists and all.
const SET_BYTES: usize = 2048;
/// Profiles whose sets begin with the chroma format (H.264 section 7.3.2.1.1).
const HIGH_PROFILES: [u32; 13] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];
/// No camera's picture is larger; a set that says so was misread.
const LARGEST_SIDE: u32 = 16_384;

/// The form that a sequence parameter set describes, and its number among the sets.
pub(super) fn of(codec: Codec, set: &[u8]) -> Option<(u32, Form)> {
    let plain = unescaped(set, SET_BYTES);
    let (number, form) = match codec {
        Codec::H265 => h265(&plain)?,
        Codec::H264 | Codec::Mjpeg | Codec::InFiles(_) => h264(&plain)?,
    };
    let sound = |side: u32| (8..=LARGEST_SIDE).contains(&side);
    (sound(form.width) && sound(form.height) && form.chroma <= 3 && form.bit_depth <= 16)
        .then_some((number, form))
}

/// Width and height by the first sequence parameter set of a stream with start codes.
pub(in crate::video) fn picture_size(codec: Codec, stream: &[u8]) -> Option<(u32, u32)> {
    let mut rest = stream;
    while let Some(at) = rest.windows(3).position(|code| code == [0, 0, 1]) {
        rest = &rest[at + 3..];
        if nal::kind(codec, rest.get(..2)?) == Some(Kind::Set(SetKind::Sequence)) {
            let until = rest.windows(3).position(|code| code == [0, 0, 1]).unwrap_or(rest.len());
            if let Some((_, form)) = of(codec, &rest[..until]) {
                return Some((form.width, form.height));
            }
        }
    }
    None
}

fn h264(plain: &[u8]) -> Option<(u32, Form)> {
    let mut bits = Bits::new(plain.get(1..)?);
    let profile = bits.bits(8)?;
    let constraints = bits.bits(8)?;
    bits.skip(8)?; // level
    let number = bits.unsigned()?;
    let (mut chroma, mut bit_depth, mut separate) = (1, 8, false);
    if HIGH_PROFILES.contains(&profile) {
        chroma = bits.unsigned()?;
        separate = chroma == 3 && bits.bit()?;
        bit_depth = bits.unsigned()?.checked_add(8)?;
        bits.unsigned()?; // depth of chroma
        bits.bit()?; // bypass of the transform
        if bits.bit()? {
            skip_scaling_lists(&mut bits, chroma)?;
        }
    }
    bits.unsigned()?; // size of the frame's number
    skip_order(&mut bits)?;
    bits.unsigned()?; // reference pictures
    bits.bit()?;
    let wide = bits.unsigned()?.checked_add(1)?.checked_mul(16)?;
    let map_units = bits.unsigned()?.checked_add(1)?;
    let frames_only = bits.bit()?;
    if !frames_only {
        bits.bit()?;
    }
    let fields = if frames_only { 1 } else { 2 };
    let high = map_units.checked_mul(16)?.checked_mul(fields)?;
    bits.bit()?;
    let (mut across, mut down) = (0, 0);
    if bits.bit()? {
        let sides = [bits.unsigned()?, bits.unsigned()?, bits.unsigned()?, bits.unsigned()?];
        let (unit_x, unit_y) = crop_units(chroma);
        across = sides[0].checked_add(sides[1])?.checked_mul(unit_x)?;
        down = sides[2].checked_add(sides[3])?.checked_mul(unit_y.checked_mul(fields)?)?;
    }
    // What follows is of no use but for the rate; a set that ends here is as good.
    let fps = if bits.bit() == Some(true) { rate(&mut bits) } else { None };
    let form = Form {
        profile: profile_h264(profile, constraints),
        width: wide.checked_sub(across)?,
        height: high.checked_sub(down)?,
        bit_depth,
        chroma: if separate { 0 } else { chroma },
        fps,
    };
    Some((number, form))
}

fn skip_scaling_lists(bits: &mut Bits<'_>, chroma: u32) -> Option<()> {
    for list in 0..if chroma == 3 { 12 } else { 8 } {
        if bits.bit()? {
            skip_scaling_list(bits, if list < 6 { 16 } else { 64 })?;
        }
    }
    Some(())
}

/// How the order of pictures is written.
fn skip_order(bits: &mut Bits<'_>) -> Option<()> {
    match bits.unsigned()? {
        0 => {
            bits.unsigned()?;
        }
        1 => {
            bits.bit()?;
            bits.signed()?;
            bits.signed()?;
            let count = bits.unsigned()?;
            for _ in 0..count.min(255) {
                bits.signed()?;
            }
        }
        _ => {}
    }
    Some(())
}

fn skip_scaling_list(bits: &mut Bits<'_>, size: u32) -> Option<()> {
    let (mut last, mut next) = (8i64, 8i64);
    for _ in 0..size {
        if next != 0 {
            next = (last + bits.signed()? + 256).rem_euclid(256);
        }
        last = if next == 0 { last } else { next };
    }
    Some(())
}

/// The part of the usability information up to the rate (H.264 annex E).
fn rate(bits: &mut Bits<'_>) -> Option<f64> {
    /// The shape of a pixel is written out.
    const EXTENDED: u32 = 255;
    if bits.bit()? && bits.bits(8)? == EXTENDED {
        bits.skip(32)?;
    }
    if bits.bit()? {
        bits.bit()?; // overscan
    }
    if bits.bit()? {
        bits.skip(4)?; // format and range of the signal
        if bits.bit()? {
            bits.skip(24)?;
        }
    }
    if bits.bit()? {
        bits.unsigned()?; // places of chroma
        bits.unsigned()?;
    }
    if !bits.bit()? {
        return None;
    }
    let (tick, scale) = (bits.bits(32)?, bits.bits(32)?);
    // A tick is a field, of which a picture has two.
    let fps = f64::from(scale) / (2.0 * f64::from(tick));
    (tick > 0 && fps > 0.0 && fps <= 240.0).then_some(fps)
}

fn profile_h264(profile: u32, constraints: u32) -> Option<&'static str> {
    Some(match profile {
        66 if constraints & 0x40 != 0 => "constrained-baseline",
        66 => "baseline",
        77 => "main",
        88 => "extended",
        100 => "high",
        110 => "high-10",
        122 => "high-4:2:2",
        244 => "high-4:4:4",
        _ => return None,
    })
}

/// Pixels per unit of cropping (H.264 table 6-1, H.265 table 6-1).
fn crop_units(chroma: u32) -> (u32, u32) {
    match chroma {
        1 => (2, 2),
        2 => (2, 1),
        _ => (1, 1),
    }
}

/// H.265 section 7.3.2.2.
fn h265(plain: &[u8]) -> Option<(u32, Form)> {
    let mut bits = Bits::new(plain.get(2..)?);
    bits.skip(4)?; // number of the video parameter set
    let sub_layers = bits.bits(3)?;
    bits.bit()?;
    bits.skip(3)?; // space and tier of the profile
    let profile = bits.bits(5)?;
    bits.skip(32 + 48 + 8)?; // compatibility, constraints, level
    let mut present = Vec::new();
    for _ in 0..sub_layers {
        present.push((bits.bit()?, bits.bit()?));
    }
    if sub_layers > 0 {
        bits.skip(2 * (8 - sub_layers as usize))?;
    }
    for (has_profile, has_level) in present {
        bits.skip(if has_profile { 88 } else { 0 } + if has_level { 8 } else { 0 })?;
    }
    let number = bits.unsigned()?;
    let chroma = bits.unsigned()?;
    let separate = chroma == 3 && bits.bit()?;
    let (wide, high) = (bits.unsigned()?, bits.unsigned()?);
    let (mut across, mut down) = (0, 0);
    if bits.bit()? {
        let sides = [bits.unsigned()?, bits.unsigned()?, bits.unsigned()?, bits.unsigned()?];
        let (unit_x, unit_y) = crop_units(chroma);
        across = sides[0].checked_add(sides[1])?.checked_mul(unit_x)?;
        down = sides[2].checked_add(sides[3])?.checked_mul(unit_y)?;
    }
    let bit_depth = bits.unsigned()?.checked_add(8)?;
    let form = Form {
        profile: match profile {
            1 => Some("main"),
            2 => Some("main-10"),
            3 => Some("main-still-picture"),
            _ => None,
        },
        width: wide.checked_sub(across)?,
        height: high.checked_sub(down)?,
        bit_depth,
        chroma: if separate { 0 } else { chroma },
        fps: None,
    };
    Some((number, form))
}
