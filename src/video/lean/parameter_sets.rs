//! The parameter sets of a stream: without them no picture of it can be decoded.
//!
//! They come in the stream or with its description (SDP); those in the stream are right where the two differ. Pure;
//! holds a bounded number of them.

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use super::bits::{Bits, unescaped};
use super::nal::{self, Kind, SetKind};
use super::sps::{self, Form};
use crate::video::decoder::Codec;

/// More than any camera uses; the oldest makes room.
const MOST: usize = 64;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Set {
    kind: SetKind,
    number: u32,
    described: bool,
    bytes: Vec<u8>,
}

/// The sets that are known.
#[derive(Debug, Default)]
pub(super) struct Sets {
    known: Vec<Set>,
    form: Option<Form>,
    /// How often the form was another one than before.
    changes: u64,
}

impl Sets {
    /// Takes one from the stream.
    pub(super) fn keep(&mut self, codec: Codec, kind: SetKind, bytes: &[u8]) {
        self.put(codec, kind, bytes, false);
    }

    /// Takes one from the description.
    pub(crate) fn keep_described(&mut self, codec: Codec, bytes: &[u8]) {
        if let Some(Kind::Set(kind)) = nal::kind(codec, bytes)
            && bytes.len() > 2
        {
            self.put(codec, kind, bytes, true);
        }
    }

    fn put(&mut self, codec: Codec, kind: SetKind, bytes: &[u8], described: bool) {
        if self.known.iter().any(|set| set.kind == kind && !set.described && set.bytes == bytes) {
            return;
        }
        let form = if kind == SetKind::Sequence { sps::of(codec, bytes) } else { None };
        let number = match &form {
            Some((number, _)) => *number,
            None if kind == SetKind::Picture => picture_set_number(codec, bytes),
            None => 0,
        };
        // One in the stream says that the stream does without those of the description.
        self.known.retain(|set| set.kind != kind || (set.number != number && (described || !set.described)));
        if self.known.len() == MOST {
            self.known.remove(0);
        }
        self.known.push(Set { kind, number, described, bytes: bytes.to_vec() });
        self.known.sort_by_key(|set| (set.kind, set.number));
        if kind == SetKind::Sequence {
            let form = form.map(|(_, form)| form);
            self.changes += u64::from(form != self.form);
            self.form = form;
        }
    }

    /// Whether all kinds that the codec needs are there.
    pub(crate) fn are_complete(&self, codec: Codec) -> bool {
        let has = |kind| self.known.iter().any(|set| set.kind == kind);
        has(SetKind::Sequence) && has(SetKind::Picture) && (codec != Codec::H265 || has(SetKind::Video))
    }

    /// All of them as they stand before a picture.
    pub(super) fn written(&self, into: &mut Vec<u8>) {
        for set in &self.known {
            into.extend_from_slice(&[0, 0, 0, 1]);
            into.extend_from_slice(&set.bytes);
        }
    }

    /// Of the newest sequence parameter set, where it reads.
    pub(super) fn form(&self) -> Option<&Form> {
        self.form.as_ref()
    }

    /// Grows when the form changes.
    pub(super) fn changes(&self) -> u64 {
        self.changes
    }
}

/// The first number of a picture parameter set is its own.
fn picture_set_number(codec: Codec, bytes: &[u8]) -> u32 {
    let header = if codec == Codec::H265 { 2 } else { 1 };
    let head = unescaped(bytes.get(header..).unwrap_or_default(), 8);
    Bits::new(&head).unsigned().unwrap_or(0)
}

/// The sets in the format parameters of a description (RFC 6184 section 8.1, RFC 7798 section 7.1):
/// `96 packetization-mode=1;sprop-parameter-sets=Z0I..,aM4..`. What does not read is left out.
pub(in crate::video) fn described(codec: Codec, parameters: &str) -> Vec<Vec<u8>> {
    // Some cameras leave the padding away.
    let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let base64 = GeneralPurpose::new(&base64::alphabet::STANDARD, lenient);
    let names: &[&str] = match codec {
        Codec::H264 => &["sprop-parameter-sets"],
        Codec::H265 => &["sprop-vps", "sprop-sps", "sprop-pps"],
        Codec::Mjpeg | Codec::InFiles(_) => &[],
    };
    let list = parameters.split_once(' ').map_or("", |(_, list)| list);
    let fields = list.split(';').filter_map(|field| field.trim().split_once('='));
    fields
        .filter(|(name, _)| names.iter().any(|known| name.trim().eq_ignore_ascii_case(known)))
        .flat_map(|(_, values)| values.split(','))
        .filter_map(|text| base64.decode(text.trim()).ok())
        .filter(|bytes| !bytes.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPS: &[u8] = &[0x67, 0x42, 0xc0, 0x1e, 0xd9, 0x00, 0xa0, 0x47, 0xfe, 0x88];
    const PPS: &[u8] = &[0x68, 0xce, 0x38, 0x80];
    const OTHER_PPS: &[u8] = &[0x68, 0xce, 0x3c, 0x80];

    fn written(sets: &Sets) -> Vec<u8> {
        let mut bytes = Vec::new();
        sets.written(&mut bytes);
        bytes
    }

    fn with_codes(sets: &[&[u8]]) -> Vec<u8> {
        sets.iter().flat_map(|set| [&[0, 0, 0, 1], *set].concat()).collect()
    }

    #[test]
    fn sets_are_written_in_the_order_a_decoder_needs() {
        let mut sets = Sets::default();
        sets.keep(Codec::H264, SetKind::Picture, PPS);
        assert!(!sets.are_complete(Codec::H264));
        sets.keep(Codec::H264, SetKind::Sequence, SPS);
        assert!(sets.are_complete(Codec::H264) && !sets.are_complete(Codec::H265));
        assert_eq!(written(&sets), with_codes(&[SPS, PPS]));
    }

    #[test]
    fn those_in_the_stream_take_the_place_of_those_in_the_description() {
        let mut sets = Sets::default();
        sets.keep_described(Codec::H264, SPS);
        sets.keep_described(Codec::H264, PPS);
        sets.keep_described(Codec::H264, &[0x65, 1, 2, 3]);
        assert_eq!(written(&sets), with_codes(&[SPS, PPS]));
        sets.keep(Codec::H264, SetKind::Picture, OTHER_PPS);
        assert_eq!(written(&sets), with_codes(&[SPS, OTHER_PPS]));
    }

    #[test]
    fn there_are_never_more_than_a_bounded_number() {
        let mut sets = Sets::default();
        for number in 0..=255u8 {
            sets.keep(Codec::H264, SetKind::Picture, &[0x68, 0, 0x80 | number, 0x80, number]);
            sets.keep(Codec::H264, SetKind::Picture, &[0x68, 1, number, 0x80]);
        }
        assert!(sets.known.len() <= MOST, "{}", sets.known.len());
    }

    #[test]
    fn sets_of_a_description_are_read_and_rubbish_is_left_out() {
        let check = |codec, text: &str, count: usize| {
            let found = described(codec, text);
            assert_eq!(found.len(), count, "{text}: {found:02x?}");
        };
        check(Codec::H264, "96 packetization-mode=1;sprop-parameter-sets=Z0IAHpWoKA9k,aM48gA==", 2);
        check(Codec::H264, "96 sprop-parameter-sets=Z0IAHpWoKA9k,aM48gA", 2);
        check(Codec::H264, "96 sprop-parameter-sets=!!!,,;", 0);
        check(Codec::H264, "96", 0);
        check(Codec::H265, "96 sprop-vps=QAEMAf//; sprop-sps=QgEBAWAA; sprop-pps=RAHgdrAm", 3);
        check(Codec::H265, "96 sprop-parameter-sets=Z0IAHpWoKA9k", 0);
    }
}
