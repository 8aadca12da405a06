//! MPEG transport streams (ISO/IEC 13818-1, section 2.4): the packets of every video in them.
//!
//! GStreamer's demuxer takes an hour without pictures for an error of the clock and closes it, and shows one video before
//! it knows the size of any. Which stream is a video is read from its packets (section 2.4.3.7), not from the tables: those
//! may be missing in a part of a recording, and some recorders write wrong ones. Must never hold more than a packet or
//! [`PIECE_BYTES`] of each stream.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, BufRead, BufReader, Read};
use std::time::Duration;

use super::{Clock, Contents, Piece, packet_header, read_array, read_up_to};

const PACKET: usize = 188;
const SYNC: u8 = 0x47;
/// A picture that is longer is handed on in pieces of this length.
const PIECE_BYTES: usize = 64 << 10;
/// The longest header of a packet of an elementary stream (section 2.4.3.6).
const LONGEST_HEADER: usize = 9 + 255;

/// A transport stream.
pub(in crate::video) struct TransportStream<R: Read> {
    from: BufReader<R>,
    /// From the beginning of one packet to that of the next: some have a time or a checksum between them.
    step: usize,
    videos: BTreeMap<u16, Video>,
    ready: VecDeque<Piece>,
    contents: Contents,
}

/// One video, by its number of packets (PID).
#[derive(Default)]
struct Video {
    clock: Clock,
    at: Option<Duration>,
    bytes: Vec<u8>,
    /// Its packet's header is not complete yet.
    in_header: bool,
}

impl<R: Read> TransportStream<R> {
    /// `from` begins with a packet's first byte.
    pub(crate) fn new(from: R, step: usize) -> Self {
        TransportStream {
            from: BufReader::with_capacity(64 << 10, from),
            step: step.max(PACKET),
            videos: BTreeMap::new(),
            ready: VecDeque::new(),
            contents: Contents::default(),
        }
    }

    pub(crate) fn contents(&self) -> Contents {
        self.contents
    }

    pub(crate) fn next_piece(&mut self) -> io::Result<Option<Piece>> {
        loop {
            if let Some(piece) = self.ready.pop_front() {
                return Ok(Some(piece));
            }
            let Some(packet) = self.next_packet()? else {
                for (number, video) in std::mem::take(&mut self.videos) {
                    self.ready.extend(video.finished(number));
                }
                return Ok(self.ready.pop_front());
            };
            self.take(&packet);
        }
    }

    /// The next packet; damaged parts are skipped.
    fn next_packet(&mut self) -> io::Result<Option<[u8; PACKET]>> {
        loop {
            let window = self.from.fill_buf()?;
            if window.is_empty() {
                return Ok(None);
            }
            // Where the next packet cannot be seen, this byte's word counts.
            let begins =
                |at: usize| window[at] == SYNC && window.get(at + self.step).is_none_or(|byte| *byte == SYNC);
            let Some(at) = (0..window.len()).find(|at| begins(*at)) else {
                let skipped = window.len();
                self.from.consume(skipped);
                continue;
            };
            self.from.consume(at);
            let Some(packet) = read_array::<PACKET>(&mut self.from)? else { return Ok(None) };
            read_up_to(&mut self.from, (self.step - PACKET) as u64)?;
            return Ok(Some(packet));
        }
    }

    fn take(&mut self, packet: &[u8; PACKET]) {
        let number = u16::from(packet[1] & 0x1f) << 8 | u16::from(packet[2]);
        let (is_damaged, begins) = (packet[1] & 0x80 != 0, packet[1] & 0x40 != 0);
        let (is_scrambled, has_adaptation, has_payload) =
            (packet[3] & 0xc0 != 0, packet[3] & 0x20 != 0, packet[3] & 0x10 != 0);
        let from = if has_adaptation { 5 + usize::from(packet[4]) } else { 4 };
        let Some(payload) = packet.get(from..).filter(|_| has_payload && !is_damaged) else { return };
        if is_scrambled {
            self.contents.encrypted = true;
            return;
        }
        if begins {
            let id = match payload {
                [0, 0, 1, id, ..] => Some(*id),
                _ => None,
            };
            match id {
                Some(0xe0..=0xef) => {
                    let video = self.videos.entry(number).or_default();
                    self.ready.extend(video.taken(number));
                    video.in_header = true;
                }
                Some(id) => {
                    self.contents.sound |= matches!(id, 0xbd | 0xc0..=0xdf);
                    return;
                }
                None => return,
            }
        }
        let Some(video) = self.videos.get_mut(&number) else { return };
        video.bytes.extend_from_slice(payload);
        if video.in_header {
            video.read_header(&mut self.contents);
        } else if video.bytes.len() >= PIECE_BYTES {
            self.ready.extend(video.taken(number));
        }
    }
}

impl Video {
    fn read_header(&mut self, contents: &mut Contents) {
        let header = self.bytes.get(6..).and_then(packet_header);
        match header {
            Some(header) => {
                contents.encrypted |= header.encrypted;
                self.at = header.stamp.map(|stamp| self.clock.time_of(stamp));
                self.bytes.drain(..6 + header.length);
                self.in_header = false;
            }
            None if self.bytes.len() > LONGEST_HEADER => {
                self.bytes.clear();
                self.in_header = false;
            }
            None => {}
        }
    }

    /// What came of it since the last time.
    fn taken(&mut self, number: u16) -> Option<Piece> {
        let bytes = std::mem::take(&mut self.bytes);
        if bytes.is_empty() || self.in_header {
            return None;
        }
        Some(Piece { stream: number, at: self.at.take(), bytes })
    }

    fn finished(mut self, number: u16) -> Option<Piece> {
        self.taken(number)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Unpacker;
    use super::super::tests::{packet, pieces};
    use super::*;

    /// Packets that carry these bytes, filled up in front as the standard does.
    fn carried(number: u16, bytes: &[u8]) -> Vec<u8> {
        let mut all = Vec::new();
        let mut left = bytes;
        while !left.is_empty() {
            let begins = if left.len() == bytes.len() { 0x40 } else { 0 };
            let (now, rest) = left.split_at(left.len().min(PACKET - 4));
            let filling = PACKET - 4 - now.len();
            let control = if filling > 0 { 0x30 } else { 0x10 };
            all.extend([SYNC, begins | (number >> 8) as u8, number as u8, control]);
            if filling > 0 {
                all.push(filling as u8 - 1);
            }
            if filling > 1 {
                all.push(0);
                all.resize(all.len() + filling - 2, 0xff);
            }
            all.extend_from_slice(now);
            left = rest;
        }
        all
    }

    fn of(bytes: &[u8], step: usize) -> Vec<(u16, Option<u64>, Vec<u8>)> {
        pieces(Unpacker::TransportStream(TransportStream::new(bytes, step)))
    }

    #[test]
    fn every_video_of_a_transport_stream_comes_with_its_times() {
        let long: Vec<u8> = (0..1000u32).map(|n| n as u8).collect();
        let bytes = [
            carried(0, &[0, 0, 0xb0, 0x0d]),
            carried(256, &packet(0xe0, Some(900_000), &long)),
            carried(257, &packet(0xc0, Some(900_000), &[1, 2, 3])),
            carried(258, &packet(0xe1, Some(7), &[9])),
            carried(256, &packet(0xe0, Some(903_600), &[4, 5])),
        ]
        .concat();
        let expected = [(256, Some(0), long), (256, Some(40), vec![4, 5]), (258, Some(0), vec![9])];
        assert_eq!(of(&bytes, PACKET), expected);
        // With a time before each packet, and a checksum behind.
        for step in [192, 204] {
            let stretched: Vec<u8> = bytes
                .chunks(PACKET)
                .flat_map(|packet| [packet, &vec![0x47; step - PACKET]].concat())
                .collect();
            assert_eq!(of(&stretched, step), expected, "{step}");
        }
    }

    #[test]
    fn an_hour_without_pictures_is_an_hour_and_times_that_begin_anew_go_on() {
        let times = |stamps: &[u64]| -> Vec<u64> {
            let bytes: Vec<u8> =
                stamps.iter().flat_map(|at| carried(256, &packet(0xe0, Some(*at), &[1]))).collect();
            of(&bytes, PACKET).into_iter().filter_map(|(_, at, _)| at).collect()
        };
        assert_eq!(times(&[3_600, 7_200, 324_007_200]), [0, 40, 3_600_040]);
        assert_eq!(times(&[900_000, 903_600, 1_080_000, 900_000, 903_600]), [0, 40, 2_000, 2_040, 2_080]);
    }

    #[test]
    fn damage_is_skipped_and_any_end_is_the_end() {
        let good = carried(256, &packet(0xe0, Some(0), &[7; 300]));
        let bytes = [&good[..100], &good, &[0x47, 0x47, 0, 1], &good].concat();
        assert_eq!(of(&bytes, PACKET).iter().filter(|(.., bytes)| *bytes == [7; 300]).count(), 2);
        for end in 0..bytes.len() {
            of(&bytes[..end], PACKET);
        }
    }

    #[test]
    fn no_bytes_make_it_panic() {
        use proptest::prelude::*;
        proptest!(|(seed in proptest::collection::vec(
            prop_oneof![3 => Just(0u8), 2 => Just(1u8), 2 => Just(0xe0u8), 4 => any::<u8>()], 0..800))| {
            let packets: Vec<u8> =
                seed.chunks(PACKET - 1).flat_map(|rest| [&[SYNC], rest].concat()).collect();
            of(&packets, PACKET);
            of(&seed, PACKET);
        });
    }
}
