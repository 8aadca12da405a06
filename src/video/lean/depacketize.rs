//! Puts pictures together from the payloads of RTP packets (RFC 6184 for H.264, RFC 7798 for H.265).
//!
//! Input are payloads in their order, already looked at by [`PacketGate`](crate::video::rtp::PacketGate); output is an
//! access unit at a time in Annex B form, every key frame with its parameter sets. A picture from which a packet is
//! missing is left out, and none else. Nothing comes out before the parameter sets are known, because no decoder could
//! begin with it.
//!
//! What a key frame is follows GStreamer's parsers (IDR, IRAP, recovery points, pictures of I slices), with one
//! difference: a picture with an I slice *among others* is none here, because it cannot be decoded alone.
//!
//! Pure. Must never panic over any bytes, nor grow beyond [`UNIT_BYTES`].

use super::nal::{self, Kind, SetKind};
use super::parameter_sets::Sets;
use crate::video::decoder::Codec;
use crate::video::lean::sps::Form;

/// A picture larger than this is none: 4K at the best quality stays below a quarter of it.
const UNIT_BYTES: usize = 8 << 20;
const START_CODE: [u8; 4] = [0, 0, 0, 1];

/// The payload of an RTP packet with its header fields.
#[derive(Debug, Clone, Copy)]
pub(in crate::video) struct RtpPayload<'a> {
    pub payload: &'a [u8],
    /// RTP timestamp.
    pub timestamp: i64,
    /// The last packet of a picture has it.
    pub marker: bool,
    /// Packets before this one are missing.
    pub lost: bool,
}

/// A compressed picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::video) struct JoinedPicture {
    /// Units, each behind a start code.
    pub bytes: Vec<u8>,
    /// RTP timestamp.
    pub timestamp: i64,
    /// Decoding can begin with it; its parameter sets are in front.
    pub keyframe: bool,
}

/// Joins the RTP payloads of one stream into pictures.
#[derive(Debug)]
pub(in crate::video) struct Depacketizer {
    codec: Codec,
    sets: Sets,
    /// The picture that is being put together.
    bytes: Vec<u8>,
    /// The starts of its units, behind their start codes.
    units: Vec<usize>,
    timestamp: Option<i64>,
    /// A part of a picture is in it, and not only what goes before one.
    has_slice: bool,
    /// Something of it is missing.
    damaged: bool,
    /// A unit in fragments is not at its end.
    in_fragments: bool,
    /// Packets were lost: what comes next may be the middle of a picture.
    doubtful: bool,
    markers: Markers,
    /// The last picture was ended by its marker and may go on nevertheless.
    just_ended: bool,
    damages: u64,
}

/// What the marker bit is worth in this stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Markers {
    NotSeen,
    Right,
    /// A picture went on after it.
    Wrong,
}

impl Depacketizer {
    /// With the parameter sets of the description.
    pub(super) fn new(codec: Codec, described: &[Vec<u8>]) -> Self {
        let mut sets = Sets::default();
        for set in described {
            sets.keep_described(codec, set);
        }
        Depacketizer {
            codec,
            sets,
            bytes: Vec::new(),
            units: Vec::new(),
            timestamp: None,
            has_slice: false,
            damaged: false,
            in_fragments: false,
            doubtful: false,
            markers: Markers::NotSeen,
            just_ended: false,
            damages: 0,
        }
    }

    /// The form of the pictures, as far as it is known, and a number that grows when it changes.
    pub(super) fn form(&self) -> (u64, Option<&Form>) {
        (self.sets.changes(), self.sets.form())
    }

    /// Pictures that were left out because something of them was missing.
    #[cfg(test)]
    pub(crate) fn damages(&self) -> u64 {
        self.damages
    }

    /// Takes the next piece; pictures that are whole with it go to `out`.
    pub(super) fn take(&mut self, piece: RtpPayload<'_>, out: &mut impl FnMut(&Self, JoinedPicture)) {
        if piece.lost {
            self.damaged |= !self.bytes.is_empty();
            self.in_fragments = false;
            self.doubtful = true;
        }
        if self.timestamp != Some(piece.timestamp) {
            self.end(out);
            self.timestamp = Some(piece.timestamp);
            self.just_ended = false;
        }
        match self.codec {
            Codec::H265 => self.take_h265(piece.payload, out),
            Codec::H264 | Codec::Mjpeg | Codec::InFiles(_) => self.take_h264(piece.payload, out),
        }
        if piece.marker && self.markers != Markers::Wrong {
            self.markers = Markers::Right;
            if self.holds_slice() {
                self.end(out);
                self.just_ended = true;
            }
        }
    }

    fn take_h264(&mut self, payload: &[u8], out: &mut impl FnMut(&Self, JoinedPicture)) {
        let Some(first) = payload.first() else { return };
        match first & 0x1f {
            24 => self.aggregate(payload.get(1..), 0, out),
            25 => self.aggregate(payload.get(3..), 0, out),
            26 => self.aggregate(payload.get(3..), 3, out),
            27 => self.aggregate(payload.get(3..), 4, out),
            kind @ (28 | 29) => {
                let content = payload.get(if kind == 28 { 2 } else { 4 }..).unwrap_or_default();
                let Some(header) = payload.get(1) else { return };
                self.fragment(&[first & 0xe0 | header & 0x1f], *header, content, out);
            }
            _ => self.whole(payload, out),
        }
    }

    fn take_h265(&mut self, payload: &[u8], out: &mut impl FnMut(&Self, JoinedPicture)) {
        let [first, second, rest @ ..] = payload else { return };
        match (first >> 1) & 0x3f {
            48 => self.aggregate(Some(rest), 0, out),
            49 => {
                let [header, content @ ..] = rest else { return };
                self.fragment(&[first & 0x81 | (header & 0x3f) << 1, *second], *header, content, out);
            }
            _ => self.whole(payload, out),
        }
    }

    /// Units behind a size of two bytes and `extra` bytes that the size does not count.
    fn aggregate(&mut self, bytes: Option<&[u8]>, extra: usize, out: &mut impl FnMut(&Self, JoinedPicture)) {
        let mut bytes = bytes.unwrap_or_default();
        while let [high, low, rest @ ..] = bytes {
            let size = usize::from(u16::from_be_bytes([*high, *low]));
            let Some(unit) = rest.get(extra..).and_then(|rest| rest.get(..size)) else { return };
            self.whole(unit, out);
            bytes = &rest[extra + size..];
        }
    }

    fn whole(&mut self, unit: &[u8], out: &mut impl FnMut(&Self, JoinedPicture)) {
        self.in_fragments = false;
        if !unit.is_empty() {
            self.begin(unit, &[], out);
        }
    }

    /// A part of a unit whose own header is `unit`.
    fn fragment(
        &mut self,
        unit: &[u8],
        header: u8,
        content: &[u8],
        out: &mut impl FnMut(&Self, JoinedPicture),
    ) {
        let (starts, ends) = (header & 0x80 != 0, header & 0x40 != 0);
        if starts {
            self.begin(unit, content, out);
            self.in_fragments = true;
        } else if self.in_fragments {
            self.append(content);
        } else {
            // Its beginning is missing.
            self.damaged = true;
            self.doubtful = false;
        }
        self.in_fragments &= !ends;
    }

    /// A unit begins with these bytes.
    fn begin(&mut self, head: &[u8], more: &[u8], out: &mut impl FnMut(&Self, JoinedPicture)) {
        // Enough of it to see what it is.
        let mut look = [0; 4];
        let known =
            head.iter().chain(more).take(look.len()).zip(&mut look).map(|(from, to)| *to = *from).count();
        let slice = nal::slice(self.codec, &look[..known]);
        if let Some(first) = slice {
            if std::mem::take(&mut self.doubtful) && !first && !self.has_slice {
                self.damaged = true;
            }
            if !first && !self.has_slice && self.just_ended && !self.damaged {
                // The picture that was handed on was not whole, and this is the rest of it.
                self.markers = Markers::Wrong;
                self.damaged = true;
            }
            if first && self.has_slice && self.markers != Markers::Right {
                let timestamp = self.timestamp;
                self.end(out);
                self.timestamp = timestamp;
            }
            self.has_slice = true;
        }
        if self.bytes.len() + head.len() + more.len() > UNIT_BYTES {
            self.damaged = true;
            return;
        }
        self.bytes.extend_from_slice(&START_CODE);
        self.units.push(self.bytes.len());
        self.bytes.extend_from_slice(head);
        self.bytes.extend_from_slice(more);
    }

    fn append(&mut self, content: &[u8]) {
        if self.bytes.len() + content.len() > UNIT_BYTES {
            self.damaged = true;
            return;
        }
        self.bytes.extend_from_slice(content);
    }

    /// Whether what there is holds a part of a picture; also behind start codes inside of units.
    fn holds_slice(&self) -> bool {
        self.has_slice || self.unit_kinds().iter().any(|(kind, _)| matches!(kind, Kind::Slice { .. }))
    }

    /// What the units are and where they stand. Some cameras put several with start codes between them where one
    /// should be: in what is no picture, such codes are looked for.
    fn unit_kinds(&self) -> Vec<(Kind, std::ops::Range<usize>)> {
        let mut found = Vec::with_capacity(self.units.len());
        for (place, &begin) in self.units.iter().enumerate() {
            let end = self.units.get(place + 1).map_or(self.bytes.len(), |next| next - START_CODE.len());
            let mut begin = begin;
            while begin < end {
                let unit = &self.bytes[begin..end];
                let is_slice = nal::slice(self.codec, unit).is_some();
                let inner = if is_slice { None } else { start_code(unit) };
                let (unit_end, next) = inner.map_or((end, end), |(at, after)| (begin + at, begin + after));
                if let Some(kind) = nal::kind(self.codec, &self.bytes[begin..unit_end]) {
                    found.push((kind, begin..unit_end));
                }
                begin = next;
            }
        }
        found
    }

    /// The picture is over: hands it on if it is whole.
    fn end(&mut self, out: &mut impl FnMut(&Self, JoinedPicture)) {
        let kinds = if self.bytes.is_empty() || self.damaged { Vec::new() } else { self.unit_kinds() };
        let mut seen = Seen::default();
        for (kind, place) in &kinds {
            seen.note(*kind);
            if let Kind::Set(kind) = kind {
                let set = self.bytes[place.clone()].to_vec();
                self.sets.keep(self.codec, *kind, &set);
            }
        }
        // The next one is about as large, unless this is a key frame. A key frame stays for long, so it is cut to its size.
        let room = if seen.keyframe() { 0 } else { self.bytes.len() };
        let mut bytes = std::mem::replace(&mut self.bytes, Vec::with_capacity(room));
        if bytes.capacity() > bytes.len() * 3 / 2 {
            bytes.shrink_to_fit();
        }
        self.damages += u64::from(self.damaged);
        self.units.clear();
        let timestamp = self.timestamp.take();
        let damaged = std::mem::take(&mut self.damaged);
        (self.has_slice, self.in_fragments) = (false, false);
        let Some(timestamp) = timestamp.filter(|_| seen.slices > 0 && !damaged) else { return };
        if !self.sets.are_complete(self.codec) {
            return;
        }
        let keyframe = seen.keyframe();
        let bytes =
            if keyframe && !seen.has_all_sets(self.codec) { self.with_sets(&bytes, &kinds) } else { bytes };
        // Restored, because a packet of the same picture may follow its marker.
        self.timestamp = Some(timestamp);
        out(self, JoinedPicture { bytes, timestamp, keyframe });
    }

    /// A key frame with its parameter sets in front, behind the mark between pictures if there is one.
    fn with_sets(&self, bytes: &[u8], kinds: &[(Kind, std::ops::Range<usize>)]) -> Vec<u8> {
        let delimiter = kinds.first().filter(|(kind, _)| *kind == Kind::Delimiter);
        let head = delimiter.map_or(0, |(_, place)| place.end);
        let mut whole = bytes[..head].to_vec();
        self.sets.written(&mut whole);
        whole.extend_from_slice(&bytes[head..]);
        whole
    }
}

/// What a picture is made of.
#[derive(Debug, Default)]
struct Seen {
    slices: u32,
    intra: u32,
    recovery: bool,
    sets: [bool; 3],
}

impl Seen {
    fn note(&mut self, kind: Kind) {
        match kind {
            Kind::Slice { intra, .. } => {
                self.slices += 1;
                self.intra += u32::from(intra);
            }
            Kind::Set(kind) => self.sets[kind as usize] = true,
            Kind::Information { recovery } => self.recovery |= recovery,
            Kind::Delimiter | Kind::Other => {}
        }
    }

    fn keyframe(&self) -> bool {
        self.slices > 0 && (self.recovery || self.intra == self.slices)
    }

    fn has_all_sets(&self, codec: Codec) -> bool {
        let has = |kind: SetKind| self.sets[kind as usize];
        has(SetKind::Sequence) && has(SetKind::Picture) && (codec != Codec::H265 || has(SetKind::Video))
    }
}

/// The first start code in a unit: where it begins, zeros before it included, and where it ends.
fn start_code(unit: &[u8]) -> Option<(usize, usize)> {
    let at = unit.windows(3).position(|three| three == [0, 0, 1])?;
    let zeros = unit[..at].iter().rev().take_while(|byte| **byte == 0).count();
    Some((at - zeros, at + 3))
}

#[cfg(test)]
mod tests;
