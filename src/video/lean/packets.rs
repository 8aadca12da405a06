//! Packets of one stream in their order (RFC 3550): who sent them, when, and whether some are missing before them.
//!
//! Pure. Must never panic over any bytes.

use crate::video::rtp;

/// So many packets in a row from another source and none of ours: the camera's encoder began anew. Fewer come from
/// somebody else's session that the camera mixes in.
const FOLLOW_AFTER: u32 = 8;
/// A packet that is this late was repeated, or overtaken on its way through the camera.
const LATE: u16 = 64;
/// Cameras of one maker send something of their own under this payload type (Geovision).
const NO_VIDEO: u8 = 50;

/// A packet that goes on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Packet<'a> {
    pub payload: &'a [u8],
    /// RTP timestamp, counted on over the wrap.
    pub timestamp: i64,
    /// The last packet of a picture has it.
    pub marker: bool,
    /// Packets before this one are missing.
    pub lost: bool,
}

/// What is known of a stream.
#[derive(Debug, Default)]
pub(super) struct Packets {
    source: Option<u32>,
    /// A source that is not ours, and how many packets of it came in a row.
    stranger: Option<(u32, u32)>,
    next: Option<u16>,
    timestamp: Option<i64>,
    /// What came before the next packet belongs to another encoder.
    began_anew: bool,
}

impl Packets {
    /// The next one of the channel; `None` if it is not ours or none at all.
    pub(super) fn take<'a>(&mut self, bytes: &'a [u8]) -> Option<Packet<'a>> {
        let payload = rtp::payload(bytes).filter(|_| bytes.len() >= 12 && bytes[0] >> 6 == 2)?;
        let word = |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let (kind, number) = (bytes[1] & 0x7f, u16::from_be_bytes([bytes[2], bytes[3]]));
        let (stamp, source) = (word(4), word(8));
        if kind == NO_VIDEO || !self.is_ours(source) {
            return None;
        }
        let ahead = number.wrapping_sub(self.next.unwrap_or(number));
        if ahead > u16::MAX - LATE {
            return None;
        }
        self.next = Some(number.wrapping_add(1));
        let timestamp = match self.timestamp {
            Some(before) => before + i64::from(stamp.wrapping_sub(before as u32).cast_signed()),
            None => i64::from(stamp),
        };
        self.timestamp = Some(timestamp);
        let lost = std::mem::take(&mut self.began_anew) || ahead > 0;
        Some(Packet { payload: &bytes[payload], timestamp, marker: bytes[1] & 0x80 != 0, lost })
    }

    fn is_ours(&mut self, source: u32) -> bool {
        if *self.source.get_or_insert(source) == source {
            self.stranger = None;
            return true;
        }
        let before = self.stranger.filter(|(known, _)| *known == source).map_or(0, |(_, count)| count);
        self.stranger = Some((source, before + 1));
        if before + 1 < FOLLOW_AFTER {
            return false;
        }
        self.source = Some(source);
        self.next = None;
        self.began_anew = true;
        self.stranger = None;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(source: u32, number: u16, stamp: u32) -> Vec<u8> {
        let mut bytes = vec![0x80, 0x60];
        bytes.extend(number.to_be_bytes());
        bytes.extend(stamp.to_be_bytes());
        bytes.extend(source.to_be_bytes());
        bytes.push(7);
        bytes
    }

    fn takes(packets: &mut Packets, source: u32, number: u16, stamp: u32) -> Option<(i64, bool)> {
        packets.take(&packet(source, number, stamp)).map(|packet| (packet.timestamp, packet.lost))
    }

    #[test]
    fn numbers_and_stamps_go_on_over_their_wrap_and_gaps_are_seen() {
        let mut packets = Packets::default();
        assert_eq!(takes(&mut packets, 1, 65_534, u32::MAX - 1), Some((i64::from(u32::MAX) - 1, false)));
        assert_eq!(takes(&mut packets, 1, 65_535, 3), Some((i64::from(u32::MAX) + 4, false)));
        assert_eq!(takes(&mut packets, 1, 0, 3), Some((i64::from(u32::MAX) + 4, false)));
        assert_eq!(takes(&mut packets, 1, 2, 3), Some((i64::from(u32::MAX) + 4, true)));
        assert_eq!(takes(&mut packets, 1, 2, 3), None, "repeated");
        assert_eq!(takes(&mut packets, 1, 40_000, 0), Some((i64::from(u32::MAX) + 1, true)));
    }

    #[test]
    fn strangers_are_left_aside_and_a_new_encoder_is_followed() {
        let mut packets = Packets::default();
        for number in 0..40 {
            assert!(takes(&mut packets, 1, number, 0).is_some());
            assert!(takes(&mut packets, 2, number, 0).is_none());
        }
        let followed: Vec<bool> =
            (100..110).map(|number| takes(&mut packets, 2, number, 0).is_some()).collect();
        // One of them came just before.
        assert_eq!(followed, [false, false, false, false, false, false, true, true, true, true]);
    }

    #[test]
    fn the_first_packet_of_a_new_encoder_says_that_something_is_missing() {
        let mut packets = Packets::default();
        assert_eq!(takes(&mut packets, 1, 5, 0), Some((0, false)));
        let first = (0..8).find_map(|number| takes(&mut packets, 2, 200 + number, 0));
        assert_eq!(first, Some((0, true)));
        assert_eq!(takes(&mut packets, 2, 208, 0), Some((0, false)));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_are_too_strange(all in proptest::collection::vec(proptest::collection::vec(proptest::num::u8::ANY, 0..40), 0..20)) {
            let mut packets = Packets::default();
            for bytes in &all {
                let _ = packets.take(bytes);
            }
        }
    }
}
