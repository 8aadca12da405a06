//! Filters the RTP packets before a depayloader.
//!
//! GStreamer's depayloaders trust the sizes in a packet: an H.264 fragment without content ended the whole process
//! with a segmentation fault (`rtph264depay` of GStreamer 1.22.0), and with it every other camera. So every packet
//! is looked at before: headers only, never the pictures. What is unsound is left out, and the packets after it are
//! numbered as if it had never been there, because a hole in the numbers would cost the picture round it.
//!
//! Pure: bytes in, verdict out. Must never panic over any bytes.

use std::ops::Range;

use super::decoder::Codec;

/// RFC 3550: the fixed part of the header.
const HEADER: usize = 12;

/// What becomes of a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It goes on as it is.
    Pass,
    /// It goes on with another sequence number, and without some of its bytes.
    Change { number: u16, without: Range<usize> },
    /// It is left out.
    Drop,
}

/// Looks at the packets of one stream in their order.
#[derive(Debug)]
pub(super) struct PacketGate {
    codec: Codec,
    dropped: u64,
}

impl PacketGate {
    /// Before the first packet.
    pub(super) fn new(codec: Codec) -> Self {
        PacketGate { codec, dropped: 0 }
    }

    /// Packets left out so far.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The next packet, as a whole.
    pub(super) fn judge(&mut self, packet: &[u8]) -> Verdict {
        let Some(payload) = payload(packet) else { return self.drop_it() };
        let Some(sound) = self.sound_part(&packet[payload.clone()]) else { return Verdict::Drop };
        let without = payload.start..payload.end - sound.len();
        match self.dropped as u16 {
            0 if without.is_empty() => Verdict::Pass,
            left_out => Verdict::Change { number: number(packet).wrapping_sub(left_out), without },
        }
    }

    /// What goes on of a payload whose packet was taken apart already; `None` (counted) if nothing may.
    pub(crate) fn sound_part<'a>(&mut self, payload: &'a [u8]) -> Option<&'a [u8]> {
        let rest = &payload[start_code(self.codec, payload)..];
        if !is_sound(self.codec, rest) {
            self.dropped += 1;
            return None;
        }
        Some(rest)
    }

    fn drop_it(&mut self) -> Verdict {
        self.dropped += 1;
        Verdict::Drop
    }
}

/// Applies [`Verdict::Change`].
pub(super) fn changed(packet: &[u8], number: u16, without: Range<usize>) -> Vec<u8> {
    let mut bytes = packet.to_vec();
    bytes.drain(without);
    bytes[2..4].copy_from_slice(&number.to_be_bytes());
    bytes
}

/// Length of a start code at the head of a unit: it belongs into files and not here, but some cameras send it.
fn start_code(codec: Codec, payload: &[u8]) -> usize {
    let has_units = match codec {
        Codec::H264 | Codec::H265 => true,
        Codec::Mjpeg | Codec::InFiles(_) => false,
    };
    match payload {
        [0, 0, 0, 1, ..] if has_units => 4,
        [0, 0, 1, ..] if has_units => 3,
        _ => 0,
    }
}

/// The sequence number of a packet that has a whole header.
fn number(packet: &[u8]) -> u16 {
    u16::from_be_bytes([packet[2], packet[3]])
}

/// Where what stands behind the header and before the padding is; `None` if the header does not fit into the packet.
pub(super) fn payload(packet: &[u8]) -> Option<Range<usize>> {
    let (&flags, &last) = (packet.first()?, packet.last()?);
    let (padded, extended, sources) = (flags & 0x20 != 0, flags & 0x10 != 0, usize::from(flags & 0x0f));
    let mut begin = HEADER + 4 * sources;
    if extended {
        let words = packet.get(begin + 2..begin + 4)?;
        begin += 4 + 4 * usize::from(u16::from_be_bytes([words[0], words[1]]));
    }
    let padding = if padded { usize::from(last) } else { 0 };
    let end = packet.len().checked_sub(padding)?;
    (begin <= end).then_some(begin..end)
}

fn is_sound(codec: Codec, payload: &[u8]) -> bool {
    match codec {
        Codec::H264 => is_sound_h264(payload),
        Codec::H265 => is_sound_h265(payload),
        // RFC 2435: eight bytes before the picture's own.
        Codec::Mjpeg => payload.len() > 8,
        Codec::InFiles(_) => !payload.is_empty(),
    }
}

/// RFC 6184, section 5.2.
fn is_sound_h264(payload: &[u8]) -> bool {
    let Some(first) = payload.first() else { return false };
    match first & 0x1f {
        24 => holds_units(&payload[1..], 0, 1),
        25 => payload.len() > 3 && holds_units(&payload[3..], 0, 1),
        26 => payload.len() > 3 && holds_units(&payload[3..], 3, 1),
        27 => payload.len() > 3 && holds_units(&payload[3..], 4, 1),
        28 => payload.len() > 2,
        29 => payload.len() > 4,
        30 | 31 => false,
        _ => payload.len() > 1,
    }
}

/// RFC 7798, section 4.4. Without the order numbers (DONL) that nobody negotiates here.
fn is_sound_h265(payload: &[u8]) -> bool {
    let Some(first) = payload.first() else { return false };
    match (first >> 1) & 0x3f {
        48 => payload.len() > 2 && holds_units(&payload[2..], 0, 2),
        49 => payload.len() > 3,
        50..=63 => false,
        _ => payload.len() > 2,
    }
}

/// Whether these are units one after the other: two bytes of size, `extra` bytes that the size does not count, and a
/// unit that is larger than its header.
fn holds_units(mut bytes: &[u8], extra: usize, header: usize) -> bool {
    let mut units = 0;
    while let [high, low, rest @ ..] = bytes {
        let size = usize::from(u16::from_be_bytes([*high, *low]));
        let Some(after) = rest.get(extra + size..).filter(|_| size > header) else { return false };
        bytes = after;
        units += 1;
    }
    units > 0 && bytes.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packet(number: u16, payload: &[u8]) -> Vec<u8> {
        let mut packet = vec![0x80, 96, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4];
        packet[2..4].copy_from_slice(&number.to_be_bytes());
        packet.extend(payload);
        packet
    }

    #[track_caller]
    fn check(codec: Codec, payload: &[u8], sound: bool) {
        let verdict = PacketGate::new(codec).judge(&packet(7, payload));
        assert_eq!(verdict, if sound { Verdict::Pass } else { Verdict::Drop }, "{codec} {payload:02x?}");
    }

    #[test]
    fn whole_units_fragments_and_aggregates_pass() {
        check(Codec::H264, &[0x65, 1], true);
        check(Codec::H264, &[0x7c, 0x85, 1], true);
        check(Codec::H264, &[0x78, 0, 2, 0x67, 1, 0, 3, 0x68, 1, 2], true);
        check(Codec::H265, &[0x26, 1, 9], true);
        check(Codec::H265, &[0x62, 1, 0x93, 9], true);
        check(Codec::H265, &[0x60, 1, 0, 3, 0x42, 1, 9], true);
        check(Codec::Mjpeg, &[0; 9], true);
    }

    #[test]
    fn what_has_no_content_or_wrong_sizes_does_not() {
        for payload in [
            &[][..],
            &[0x65],
            &[0x7c],
            &[0x7c, 0x85],
            &[0x78],
            &[0x78, 0],
            &[0x78, 0, 0],
            &[0x78, 0, 9, 0x67],
            &[0x78, 0, 2, 0x67, 1, 0],
            &[0x1f, 1, 2],
        ] {
            check(Codec::H264, payload, false);
        }
        for payload in
            [&[][..], &[0x26, 1], &[0x62, 1, 0x93], &[0x60, 1], &[0x60, 1, 0, 2, 0x42, 1], &[0x64, 1, 1, 1]]
        {
            check(Codec::H265, payload, false);
        }
        check(Codec::Mjpeg, &[0; 8], false);
    }

    #[test]
    fn padding_extensions_and_other_sources_do_not_count_as_content() {
        let mut padded = packet(7, &[0x65, 1, 0, 0, 3]);
        padded[0] |= 0x20;
        assert_eq!(PacketGate::new(Codec::H264).judge(&padded), Verdict::Pass);
        *padded.last_mut().unwrap() = 5;
        assert_eq!(PacketGate::new(Codec::H264).judge(&padded), Verdict::Drop, "nothing but padding");
        *padded.last_mut().unwrap() = 200;
        assert_eq!(PacketGate::new(Codec::H264).judge(&padded), Verdict::Drop, "more padding than packet");
        let mut extended = packet(7, &[0xbe, 0xde, 0, 1, 9, 9, 9, 9, 0x65, 1]);
        extended[0] |= 0x10;
        assert_eq!(PacketGate::new(Codec::H264).judge(&extended), Verdict::Pass);
        extended[15] = 9;
        assert_eq!(PacketGate::new(Codec::H264).judge(&extended), Verdict::Drop);
    }

    #[test]
    fn the_packets_after_one_that_is_left_out_follow_one_another() {
        let mut gate = PacketGate::new(Codec::H264);
        let verdicts: Vec<Verdict> = [(65_534, true), (65_535, false), (0, true), (1, false), (2, true)]
            .map(|(number, sound)| gate.judge(&packet(number, if sound { &[0x65, 1] } else { &[] })))
            .into();
        use Verdict::{Change, Drop, Pass};
        let renumbered = |number| Change { number, without: 12..12 };
        assert_eq!(verdicts, [Pass, Drop, renumbered(65_535), Drop, renumbered(0)]);
        assert_eq!(gate.dropped(), 2);
    }

    #[test]
    fn a_start_code_at_the_head_is_taken_away() {
        let coded = packet(7, &[0, 0, 0, 1, 0x65, 1]);
        let verdict = PacketGate::new(Codec::H264).judge(&coded);
        assert_eq!(verdict, Verdict::Change { number: 7, without: 12..16 });
        assert_eq!(changed(&coded, 8, 12..16), packet(8, &[0x65, 1]));
        check(Codec::H264, &[0, 0, 1], false);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(
            first in prop::collection::vec(prop_oneof![Just(0u8), Just(1), any::<u8>()], 0..64),
            second in prop::collection::vec(any::<u8>(), 0..64),
        ) {
            for codec in [Codec::H264, Codec::H265, Codec::Mjpeg] {
                let mut gate = PacketGate::new(codec);
                for bytes in [&first, &second] {
                    if let Verdict::Change { number, without } = gate.judge(bytes) {
                        prop_assert!(changed(bytes, number, without).len() > HEADER);
                    }
                }
            }
        }
    }
}
