//! Compressed pictures out of forms that recorders write: MPEG program streams (Hikvision, DVDs, `.mpg`), MPEG transport
//! streams and Dahua's DHAV. Whatever else is in them is left out.
//!
//! Input are bytes; output are pieces of the elementary streams in order, with the time of the picture that begins in each
//! where the file has it. Which of several videos is read is [`choice`]'s question. Damaged parts are skipped to the next
//! header. Must never panic over any bytes.

pub(super) mod choice;
mod transport_stream;

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read};
use std::time::Duration;

pub(super) use transport_stream::TransportStream;

/// A part of an elementary stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// Which of the file's videos it belongs to.
    pub stream: u16,
    /// When the picture that begins in it is shown, from the first one on.
    pub at: Option<Duration>,
    pub bytes: Vec<u8>,
}

/// What was seen of a file that is no video which can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Contents {
    /// Something in it is encrypted, as it says itself.
    pub encrypted: bool,
    pub sound: bool,
}

/// Takes the videos out of a file.
pub(super) enum Unpacker<R: Read> {
    ProgramStream(ProgramStream<R>),
    TransportStream(TransportStream<R>),
    Dhav(Dhav<R>),
}

impl<R: Read> Unpacker<R> {
    /// The next piece; `None` at the end.
    pub(crate) fn next_piece(&mut self) -> io::Result<Option<Piece>> {
        match self {
            Unpacker::ProgramStream(stream) => stream.next_piece(),
            Unpacker::TransportStream(stream) => stream.next_piece(),
            Unpacker::Dhav(stream) => stream.next_piece(),
        }
    }

    /// What else was seen in it so far.
    pub(super) fn contents(&self) -> Contents {
        match self {
            Unpacker::ProgramStream(stream) => stream.contents,
            Unpacker::TransportStream(stream) => stream.contents(),
            Unpacker::Dhav(stream) => stream.contents,
        }
    }
}

/// Reads exactly so many bytes; `None` where the file ends before.
fn read_array<const N: usize>(from: &mut impl Read) -> io::Result<Option<[u8; N]>> {
    let mut bytes = [0; N];
    match from.read_exact(&mut bytes) {
        Ok(()) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads so many bytes, or as many as there are.
fn read_up_to(from: &mut impl Read, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Four bytes that are the first of these, however far away; `None` at the end.
fn find<R: Read>(from: &mut R, is_it: impl Fn([u8; 4]) -> bool) -> io::Result<Option<[u8; 4]>> {
    let Some(mut window) = read_array::<4>(from)? else { return Ok(None) };
    while !is_it(window) {
        let Some([next]) = read_array::<1>(from)? else { return Ok(None) };
        window = [window[1], window[2], window[3], next];
    }
    Ok(Some(window))
}

// ---- MPEG program streams (ISO/IEC 13818-1, section 2.5; ISO/IEC 11172-1 for the older form)

/// A program stream.
pub(super) struct ProgramStream<R: Read> {
    from: BufReader<R>,
    /// One for each video.
    clocks: BTreeMap<u8, Clock>,
    contents: Contents,
}

impl<R: Read> ProgramStream<R> {
    pub(super) fn new(from: R) -> Self {
        ProgramStream {
            from: BufReader::with_capacity(64 << 10, from),
            clocks: BTreeMap::new(),
            contents: Contents::default(),
        }
    }

    fn next_piece(&mut self) -> io::Result<Option<Piece>> {
        loop {
            // From 0xb9 on they are of the system; below, of pictures whose packet was damaged.
            let Some([.., id]) = find(&mut self.from, |code| code[..3] == [0, 0, 1] && code[3] >= 0xb9)?
            else {
                return Ok(None);
            };
            match id {
                // The end of a stream, behind which another may begin.
                0xb9 => {}
                0xba => {
                    // Its length depends on its form; what follows is found by its start code.
                }
                0xe0..=0xef => {
                    let Some(length) = read_array::<2>(&mut self.from)?.map(u16::from_be_bytes) else {
                        return Ok(None);
                    };
                    let packet = read_up_to(&mut self.from, u64::from(length))?;
                    let Some(header) = packet_header(&packet) else { continue };
                    self.contents.encrypted |= header.encrypted;
                    let bytes = packet[header.length..].to_vec();
                    if !bytes.is_empty() {
                        let clock = self.clocks.entry(id).or_default();
                        let at = header.stamp.map(|stamp| clock.time_of(stamp));
                        return Ok(Some(Piece { stream: u16::from(id), at, bytes }));
                    }
                }
                _ => {
                    self.contents.sound |= matches!(id, 0xbd | 0xc0..=0xdf);
                    let Some(length) = read_array::<2>(&mut self.from)?.map(u16::from_be_bytes) else {
                        return Ok(None);
                    };
                    io::copy(&mut self.from.by_ref().take(u64::from(length)), &mut io::sink())?;
                }
            }
        }
    }
}

/// The header of a packet of an elementary stream, behind its length.
struct PacketHeader {
    stamp: Option<u64>,
    /// Where the payload begins.
    length: usize,
    /// As it says itself.
    encrypted: bool,
}

/// Reads it; `None` where it is none, or not all of it is there.
fn packet_header(packet: &[u8]) -> Option<PacketHeader> {
    let clear = |stamp, length| Some(PacketHeader { stamp, length, encrypted: false });
    match packet {
        // MPEG-2.
        [first, flags, length, ..] if first & 0xc0 == 0x80 => {
            let stamp = (flags & 0x80 != 0).then(|| stamp_in(packet.get(3..)?)).flatten();
            let length = 3 + usize::from(*length);
            let encrypted = first & 0x30 != 0;
            (length <= packet.len()).then_some(PacketHeader { stamp, length, encrypted })
        }
        // MPEG-1: stuffing, the size of a buffer, then times or none.
        _ => {
            let mut at = packet.iter().take_while(|byte| **byte == 0xff).count();
            if packet.get(at)? & 0xc0 == 0x40 {
                at += 2;
            }
            match packet.get(at)? >> 4 {
                0x2 => clear(Some(stamp_in(packet.get(at..)?)?), (at + 5).min(packet.len())),
                0x3 => clear(Some(stamp_in(packet.get(at..)?)?), (at + 10).min(packet.len())),
                0x0 => clear(None, (at + 1).min(packet.len())),
                _ => None,
            }
        }
    }
}

/// 33 bits in five bytes.
fn stamp_in(bytes: &[u8]) -> Option<u64> {
    let [a, b, c, d, e, ..] = bytes else { return None };
    let high = u64::from(a >> 1 & 0x07) << 30;
    let middle = (u64::from(*b) << 8 | u64::from(*c)) >> 1 << 15;
    let low = (u64::from(*d) << 8 | u64::from(*e)) >> 1;
    Some(high | middle | low)
}

/// Time stamps of 90 kHz that begin anywhere, come back to zero after a day, and begin anew where two recordings were
/// copied into one.
#[derive(Default)]
struct Clock {
    /// The last stamp, and its distance from the first one.
    last: Option<(u64, i64)>,
    /// The greatest distance so far.
    latest: i64,
}

impl Clock {
    const ROUND: u64 = 1 << 33;
    /// Stamps that go back by more than pictures that are sent out of order do.
    const BACK: u64 = 90_000;
    /// From the last picture of one recording to the first of the next: 25 pictures a second.
    const STEP: i64 = 3_600;

    fn time_of(&mut self, stamp: u64) -> Duration {
        let place = match self.last {
            None => 0,
            Some((last, place)) => {
                let ahead = stamp.wrapping_sub(last) & (Self::ROUND - 1);
                let back = Self::ROUND - ahead;
                if ahead < Self::ROUND / 2 {
                    place.saturating_add(ahead as i64)
                } else if back <= Self::BACK {
                    place - back as i64
                } else {
                    self.latest.saturating_add(Self::STEP)
                }
            }
        };
        self.last = Some((stamp, place));
        self.latest = self.latest.max(place);
        // Pictures that are shown before the first one that was sent are at most some frames early.
        Duration::from_nanos(u64::try_from(place).unwrap_or(0).saturating_mul(100_000) / 9)
    }
}

// ---- Dahua's recorders

/// A file of a Dahua recorder. Frames of every kind follow one another:
///
/// ```text
/// "DHAV" | kind, 3 bytes | number u32 | length u32 | date u32 | ms u16 | extra u8 | sum u8 | extra bytes | data | "dhav" length u32
/// ```
///
/// All numbers are little-endian, `length` counts from the first byte to the last. As other free programs read it; there is
/// no public description.
pub(super) struct Dhav<R: Read> {
    from: BufReader<R>,
    first: Option<i64>,
    last_ms: Option<(i64, u16)>,
    /// What is added to the dates because they went back.
    ahead: i64,
    contents: Contents,
}

const DHAV_HEADER: u64 = 24;
const DHAV_END: u64 = 8;
/// A frame that is longer was misread.
const LONGEST_FRAME: u64 = 64 << 20;

impl<R: Read> Dhav<R> {
    pub(super) fn new(from: R) -> Self {
        Dhav {
            from: BufReader::with_capacity(64 << 10, from),
            first: None,
            last_ms: None,
            ahead: 0,
            contents: Contents::default(),
        }
    }

    fn next_piece(&mut self) -> io::Result<Option<Piece>> {
        loop {
            if find(&mut self.from, |name| name == *b"DHAV")?.is_none() {
                return Ok(None);
            }
            let Some(header) = read_array::<20>(&mut self.from)? else { return Ok(None) };
            let word =
                |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
            let (kind, length, date) = (header[0], u64::from(word(8)), word(12));
            let (ms, extra) = (u16::from_le_bytes([header[16], header[17]]), u64::from(header[18]));
            if !(DHAV_HEADER + DHAV_END + extra..=LONGEST_FRAME).contains(&length) {
                continue;
            }
            let rest = length - DHAV_HEADER - DHAV_END;
            // Whole pictures and those that build on others; 0xf0 is sound, 0xf1 what the recorder notes.
            let is_video = matches!(kind, 0xfb..=0xfd);
            if !is_video {
                self.contents.sound |= kind == 0xf0;
                io::copy(&mut self.from.by_ref().take(rest), &mut io::sink())?;
                continue;
            }
            let mut bytes = read_up_to(&mut self.from, rest)?;
            bytes.drain(..bytes.len().min(extra as usize));
            if !bytes.is_empty() {
                return Ok(Some(Piece { stream: 0, at: Some(self.time_of(date, ms)), bytes }));
            }
        }
    }

    /// The date counts seconds, the milliseconds run through from 0 to 65535 by themselves.
    fn time_of(&mut self, date: u32, ms: u16) -> Duration {
        /// The date is right to a second or two; where they differ by more, the recording paused or another begins.
        const APART_MS: i64 = 5_000;
        /// From the last picture of one recording to the first of the next.
        const STEP_MS: i64 = 40;
        let by_date = seconds_of(date) as i64 * 1000 + self.ahead;
        let now = match self.last_ms {
            None => by_date,
            Some((last, last_ms)) => {
                let step = last + i64::from(ms.wrapping_sub(last_ms));
                if by_date > step + APART_MS {
                    by_date
                } else if by_date < step - APART_MS {
                    self.ahead += last + STEP_MS - by_date;
                    last + STEP_MS
                } else {
                    step
                }
            }
        };
        self.last_ms = Some((now, ms));
        let first = *self.first.get_or_insert(now);
        Duration::from_millis(u64::try_from(now - first).unwrap_or(0))
    }
}

/// Seconds since 2000, as if every month had 31 days and every year 12 of them: enough for distances within a day, and
/// never backwards.
fn seconds_of(date: u32) -> u64 {
    let part = |from: u32, bits: u32| u64::from(date >> from & ((1 << bits) - 1));
    let days = (part(26, 6) * 12 + part(22, 4)) * 31 + part(17, 5);
    ((days * 24 + part(12, 5)) * 60 + part(6, 6)) * 60 + part(0, 6)
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn pieces(mut unpacker: Unpacker<&[u8]>) -> Vec<(u16, Option<u64>, Vec<u8>)> {
        let mut all = Vec::new();
        while let Some(piece) = unpacker.next_piece().unwrap() {
            all.push((piece.stream, piece.at.map(|at| at.as_millis() as u64), piece.bytes));
        }
        all
    }

    /// Of the first video.
    fn of_program_stream(bytes: &[u8]) -> Vec<(Option<u64>, Vec<u8>)> {
        let all = pieces(Unpacker::ProgramStream(ProgramStream::new(bytes)));
        let mut of_first = all.into_iter().filter(|(stream, ..)| *stream == 0xe0);
        of_first.by_ref().map(|(_, at, bytes)| (at, bytes)).collect()
    }

    fn stamp(prefix: u8, stamp: u64) -> [u8; 5] {
        [
            prefix << 4 | (stamp >> 29) as u8 & 0x0e | 1,
            (stamp >> 22) as u8,
            (stamp >> 14) as u8 | 1,
            (stamp >> 7) as u8,
            (stamp << 1) as u8 | 1,
        ]
    }

    /// A packet of MPEG-2, with a time or without.
    pub(super) fn packet(id: u8, at: Option<u64>, payload: &[u8]) -> Vec<u8> {
        let (flags, times) = match at {
            Some(at) => (0x80, stamp(2, at).to_vec()),
            None => (0, Vec::new()),
        };
        let length = (3 + times.len() + payload.len()) as u16;
        [&[0, 0, 1, id], &length.to_be_bytes()[..], &[0x80, flags, times.len() as u8], &times, payload]
            .concat()
    }

    const PACK: &[u8] = &[0, 0, 1, 0xba, 0x44, 0, 4, 0, 4, 1, 0, 1, 3, 0xf8];

    #[test]
    fn videos_of_a_program_stream_come_with_their_times_and_nothing_else() {
        let bytes = [
            PACK,
            &[0, 0, 1, 0xbb, 0, 3, 1, 2, 3],
            // A map, and sound with a start code in it.
            &[0, 0, 1, 0xbc, 0, 4, 0, 0, 1, 0xe0],
            &packet(0xc0, Some(900), &[0, 0, 1, 0xe0, 0xff]),
            &packet(0xe0, Some(9_000), &[0, 0, 0, 1, 0x67, 1]),
            &packet(0xe0, None, &[2, 3]),
            &packet(0xe1, Some(9_000), &[9, 9]),
            PACK,
            &packet(0xbd, None, &[7; 20]),
            &packet(0xe0, Some(12_600), &[4]),
            &[0, 0, 1, 0xb9],
        ]
        .concat();
        let expected = [(Some(0), vec![0, 0, 0, 1, 0x67, 1]), (None, vec![2, 3]), (Some(40), vec![4])];
        assert_eq!(of_program_stream(&bytes), expected);
        let all = pieces(Unpacker::ProgramStream(ProgramStream::new(&bytes)));
        assert_eq!(all[2], (0xe1, Some(0), vec![9, 9]), "another one, with a clock of its own");
    }

    #[test]
    fn where_two_recordings_were_copied_into_one_time_goes_on() {
        let stamps = [900_000, 910_800, 903_600, 907_200, 900_000, 910_800, 903_600];
        let bytes: Vec<u8> = stamps.iter().flat_map(|at| packet(0xe0, Some(*at), &[1])).collect();
        let times: Vec<_> = of_program_stream(&bytes).into_iter().filter_map(|(at, _)| at).collect();
        assert_eq!(times, [0, 120, 40, 80, 0, 120, 40], "pictures that are sent out of order");
        let stamps = [900_000, 903_600, 1_080_000, 900_000, 903_600, 1_080_000];
        let bytes: Vec<u8> = stamps.iter().flat_map(|at| packet(0xe0, Some(*at), &[1])).collect();
        let times: Vec<_> = of_program_stream(&bytes).into_iter().filter_map(|(at, _)| at).collect();
        assert_eq!(times, [0, 40, 2_000, 2_040, 2_080, 4_040]);
        let film = |hour| {
            [(0, 0), (1, 1_000), (2, 2_000)]
                .map(|(second, ms)| frame(0xfd, date(hour, 0, second), ms, &[], &[1]))
                .concat()
        };
        let times: Vec<_> =
            of_dhav(&[film(9), film(8)].concat()).into_iter().filter_map(|(at, _)| at).collect();
        assert_eq!(times, [0, 1_000, 2_000, 2_040, 3_040, 4_040], "the later one first");
    }

    #[test]
    fn a_program_stream_of_mpeg_1_is_read_too() {
        let body = [&[0xff, 0xff, 0x40, 0x20][..], &stamp(3, 90_000), &stamp(1, 80_000), &[5, 6]].concat();
        let first = [&[0, 0, 1, 0xe0], &(body.len() as u16).to_be_bytes()[..], &body].concat();
        let second = [0, 0, 1, 0xe0, 0, 3, 0x0f, 7, 8];
        let bytes = [&[0, 0, 1, 0xba, 0x21, 0, 1, 0, 1, 0x80, 1, 1], &first[..], &second].concat();
        assert_eq!(of_program_stream(&bytes), [(Some(0), vec![5, 6]), (None, vec![7, 8])]);
    }

    #[test]
    fn time_goes_on_where_the_counter_begins_anew() {
        let end = (1 << 33) - 3_600;
        let bytes =
            [packet(0xe0, Some(end), &[1]), packet(0xe0, Some(0), &[2]), packet(0xe0, Some(3_600), &[3])]
                .concat();
        let times: Vec<_> = of_program_stream(&bytes).into_iter().map(|(at, _)| at).collect();
        assert_eq!(times, [Some(0), Some(40), Some(80)]);
    }

    #[test]
    fn a_damaged_part_is_skipped_and_a_cut_end_is_the_end() {
        let sound = packet(0xe0, Some(0), &[1, 2, 3]);
        let bytes = [&sound[..], &[0xde, 0xad, 0, 0, 0xbe], &packet(0xe0, Some(3_600), &[4, 5, 6])].concat();
        assert_eq!(of_program_stream(&bytes).len(), 2);
        for end in 0..bytes.len() {
            assert!(of_program_stream(&bytes[..end]).len() <= 2);
        }
    }

    fn date(hour: u32, minute: u32, second: u32) -> u32 {
        26 << 26 | 1 << 22 | 7 << 17 | hour << 12 | minute << 6 | second
    }

    fn frame(kind: u8, date: u32, ms: u16, extra: &[u8], data: &[u8]) -> Vec<u8> {
        let length = (24 + extra.len() + data.len() + 8) as u32;
        [
            b"DHAV",
            &[kind, 0, 0, 0][..],
            &[0; 4],
            &length.to_le_bytes(),
            &date.to_le_bytes(),
            &ms.to_le_bytes(),
            &[extra.len() as u8, 0],
            extra,
            data,
            b"dhav",
            &length.to_le_bytes(),
        ]
        .concat()
    }

    fn of_dhav(bytes: &[u8]) -> Vec<(Option<u64>, Vec<u8>)> {
        let all = pieces(Unpacker::Dhav(Dhav::new(bytes)));
        all.into_iter().map(|(_, at, bytes)| (at, bytes)).collect()
    }

    #[test]
    fn the_video_of_a_dahua_recording_comes_without_its_wrapping() {
        let bytes = [
            frame(0xf1, date(8, 0, 0), 0, &[], &[1; 30]),
            frame(0xfd, date(8, 0, 0), 65_500, &[0x80, 0, 80, 45], &[0, 0, 0, 1, 0x67]),
            frame(0xf0, date(8, 0, 0), 65_510, &[], &[8; 160]),
            // What runs through by itself comes back to zero.
            frame(0xfc, date(8, 0, 0), 4, &[], &[2]),
            frame(0xfc, date(8, 0, 0), 44, &[], &[3]),
        ]
        .concat();
        let expected = [(Some(0), vec![0, 0, 0, 1, 0x67]), (Some(40), vec![2]), (Some(80), vec![3])];
        assert_eq!(of_dhav(&bytes), expected);
        assert_eq!(of_dhav(&[b"DAHUA\0\0\0".as_slice(), &[0; 100], &bytes].concat()), expected);
    }

    #[test]
    fn a_pause_of_a_dahua_recording_is_a_pause() {
        let bytes = [
            frame(0xfd, date(8, 59, 59), 1_000, &[], &[1]),
            frame(0xfd, date(9, 59, 59), 1_100, &[], &[2]),
            frame(0xfc, date(9, 59, 59), 1_140, &[], &[3]),
        ]
        .concat();
        let times: Vec<_> = of_dhav(&bytes).into_iter().map(|(at, _)| at).collect();
        assert_eq!(times, [Some(0), Some(3_600_000), Some(3_600_040)]);
    }

    #[test]
    fn a_length_that_cannot_be_is_skipped_and_any_end_is_the_end() {
        let mut lies = frame(0xfd, date(8, 0, 0), 0, &[], &[1; 40]);
        lies[12..16].copy_from_slice(&u32::MAX.to_le_bytes());
        let good = frame(0xfd, date(8, 0, 0), 0, &[], &[2]);
        let bytes = [lies, good].concat();
        assert_eq!(of_dhav(&bytes), [(Some(0), vec![2])]);
        for end in 0..bytes.len() {
            assert!(of_dhav(&bytes[..end]).len() <= 1);
        }
    }
}
