//! Recognises the container of a recording by its bytes; names lie.
//!
//! Input is a path. The answer says who reads it, or what it is instead and what to do about it, in words for somebody
//! who got it from a recorder. Must never read more than the first bytes and the headers of boxes, and never show a byte
//! of the content: it may be a file with passwords.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;

use super::decoder::{Codec, FileCodec};
use super::error::Fault;
use super::orientation::DisplayMatrix;
use crate::text::{Sentence, foreign, recording};

mod display;
mod joined;

/// Read to find out what a file is: a recorder may begin with some kilobytes of its own.
const HEAD_BYTES: u64 = 64 << 10;
/// One JPEG picture of a camera is smaller; behind it another one begins where they are a film.
const PICTURE_BYTES: u64 = 8 << 20;
/// What is not known by its beginning is looked through so far: the next key frame of a large picture may be ten seconds
/// away.
const SEARCH_BYTES: u64 = 24 << 20;
/// Hikvision's recorders begin a file with a header of this length.
const HIKVISION_HEADER: usize = 40;

/// Who reads a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Container {
    /// A demuxer of GStreamer.
    Demuxed(Demuxer),
    /// Nobody need: it is nothing but compressed pictures.
    Bare(Codec),
    /// We do: an MPEG program stream that begins at this byte. GStreamer's demuxer takes every one for MPEG-1 or 2 that
    /// does not say what it holds.
    ProgramStream {
        /// Behind what a recorder wrote before it.
        from: u64,
    },
    /// We do: an MPEG transport stream.
    TransportStream {
        /// Its first packet's first byte.
        from: u64,
        /// From one packet to the next.
        step: usize,
    },
    /// We do: the form of Dahua's recorders, which GStreamer does not know.
    Dhav,
}

impl Container {
    /// The same, so many bytes farther.
    fn behind(self, bytes: usize) -> Self {
        let bytes = bytes as u64;
        match self {
            Container::ProgramStream { from } => Container::ProgramStream { from: from + bytes },
            Container::TransportStream { from, step } => {
                Container::TransportStream { from: from + bytes, step }
            }
            // Found by themselves.
            Container::Demuxed(_) | Container::Bare(_) | Container::Dhav => self,
        }
    }
}

/// A demuxer of GStreamer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Demuxer {
    Mp4,
    Matroska,
    Avi,
    Asf,
    Flv,
}

impl Demuxer {
    /// The element's name.
    pub(crate) fn element(self) -> &'static str {
        match self {
            Demuxer::Mp4 => "qtdemux",
            Demuxer::Matroska => "matroskademux",
            Demuxer::Avi => "avidemux",
            Demuxer::Asf => "asfdemux",
            Demuxer::Flv => "flvdemux",
        }
    }

    /// Whether it shows all its streams before the first data of any of them.
    pub(crate) fn knows_its_streams(self) -> bool {
        match self {
            Demuxer::Mp4 | Demuxer::Matroska | Demuxer::Avi | Demuxer::Asf => true,
            Demuxer::Flv => false,
        }
    }
}

/// What a file is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Recording {
    pub container: Container,
    /// What is to be said of it, a sentence each.
    pub remarks: Vec<Sentence>,
    /// Of each video of an mp4, in the file's order: how its pictures are to be shown.
    pub matrices: Vec<DisplayMatrix>,
}

/// Finds out what a file is.
pub(super) fn recognise(path: &Path) -> Result<Recording, Fault> {
    let unreadable = |detail: Sentence| Fault::UnreadableFile { path: path.to_owned(), detail };
    let of_system = |error: io::Error| match error.kind() {
        ErrorKind::NotFound => Fault::MissingFile { path: path.to_owned() },
        _ => unreadable(foreign::words(error.to_string())),
    };
    // Before it is opened: a pipe would wait for somebody who writes.
    let metadata = std::fs::metadata(path).map_err(of_system)?;
    if metadata.is_dir() {
        return Err(unreadable(recording::is_directory()));
    }
    if !metadata.is_file() {
        return Err(unreadable(recording::is_device()));
    }
    let mut file = File::open(path).map_err(of_system)?;
    let mut head = Vec::new();
    file.by_ref().take(HEAD_BYTES).read_to_end(&mut head).map_err(of_system)?;
    let refused = |(what, hint): (Sentence, Sentence)| Fault::Recording {
        kind: "not_video",
        path: path.to_owned(),
        what,
        hint,
    };
    let mut begins_at = 0;
    let container = match by_first_bytes(&head) {
        Ok(container) => container,
        Err(Other::Jpeg) if is_film(&mut file).map_err(of_system)? => Container::Bare(Codec::Mjpeg),
        Err(other @ (Other::Unknown | Other::Known(Kind::Hikvision))) => {
            let mut more = head;
            file.by_ref().take(SEARCH_BYTES - HEAD_BYTES).read_to_end(&mut more).map_err(of_system)?;
            let (container, at) = within(&more).ok_or_else(|| refused(other.words(path)))?;
            begins_at = at;
            container
        }
        Err(other) => return Err(refused(other.words(path))),
    };
    let mut remarks = Vec::new();
    if begins_at > 0 {
        remarks.push(recording::begins_late(begins_at));
    }
    let mut matrices = Vec::new();
    if container == Container::Demuxed(Demuxer::Mp4) {
        match index_of(&mut file).map_err(of_system)? {
            Mp4Index::There => {}
            Mp4Index::CutOff { have, want } => {
                remarks.push(recording::cut_off(have, want));
            }
            Mp4Index::Missing => {
                return Err(refused((recording::without_index(), recording::try_repair(quoted(path)))));
            }
        }
        matrices = display::matrices(&mut file).map_err(of_system)?;
    }
    if let Container::Demuxed(demuxer) = container
        && let Some(at) = joined::second(&mut file, demuxer).map_err(of_system)?
    {
        remarks.push(recording::another_behind(at));
    }
    Ok(Recording { container, remarks, matrices })
}

/// How a file is converted into something that is read.
pub(super) fn how_to_convert(path: &Path) -> Sentence {
    recording::try_convert(quoted(path))
}

/// As a shell wants it.
pub(super) fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

/// What a file is that is no recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Other {
    Empty,
    Zeros,
    Text,
    PlayList,
    Jpeg,
    /// By its first bytes.
    Known(Kind),
    Unknown,
}

/// What is known by its first bytes, and no recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Archive,
    Program,
    Picture,
    Sound,
    Ogg,
    Encrypted,
    Document,
    Hikvision,
}

/// First bytes, where they stand, and what they mean.
const SIGNATURES: [(usize, &[u8], Kind); 25] = [
    (0, b"PK\x03\x04", Kind::Archive),
    (0, b"Rar!", Kind::Archive),
    (0, b"7z\xbc\xaf\x27\x1c", Kind::Archive),
    (0, b"\x1f\x8b", Kind::Archive),
    (0, b"BZh", Kind::Archive),
    (0, b"\xfd7zXZ", Kind::Archive),
    (257, b"ustar", Kind::Archive),
    (0, b"MZ", Kind::Program),
    (0, b"\x7fELF", Kind::Program),
    (0, b"\x89PNG", Kind::Picture),
    (0, b"GIF8", Kind::Picture),
    (8, b"WEBP", Kind::Picture),
    (4, b"ftypheic", Kind::Picture),
    (4, b"ftypmif1", Kind::Picture),
    (4, b"ftypavif", Kind::Picture),
    (8, b"WAVE", Kind::Sound),
    (0, b"ID3", Kind::Sound),
    (0, b"fLaC", Kind::Sound),
    (0, b"#!AMR", Kind::Sound),
    (0, b"\xff\xfb", Kind::Sound),
    (0, b"\xff\xf1", Kind::Sound),
    (0, b"OggS", Kind::Ogg),
    (0, b"Salted__", Kind::Encrypted),
    (0, b"%PDF", Kind::Document),
    (0, b"SQLite format 3", Kind::Document),
];

impl Other {
    /// What the file at `path` is, and what to do.
    fn words(self, path: &Path) -> (Sentence, Sentence) {
        use recording as say;
        let file = quoted(path);
        match self {
            Other::Empty => (say::empty(), say::try_copy_again()),
            Other::Zeros => (say::zeros(), say::try_copy_or_another()),
            Other::Text => (say::text(), say::try_name_recording()),
            Other::PlayList => (say::play_list(), say::try_play_list(file)),
            Other::Jpeg | Other::Known(Kind::Picture) => (say::picture(), say::try_detect(file)),
            Other::Known(Kind::Archive) => (say::archive(), say::try_unpack()),
            Other::Known(Kind::Program) => (say::program(), say::try_export_without_player()),
            Other::Known(Kind::Sound) => (say::sound(), say::try_with_pictures()),
            Other::Known(Kind::Ogg) => (say::ogg(), say::try_convert(file)),
            Other::Known(Kind::Encrypted) => (say::encrypted(), say::try_export()),
            Other::Known(Kind::Document) => (say::document(), say::try_export()),
            Other::Known(Kind::Hikvision) => (say::hikvision(), say::try_export_hikvision()),
            Other::Unknown => (say::unknown(), say::try_export_or_copy(file)),
        }
    }
}

fn by_first_bytes(head: &[u8]) -> Result<Container, Other> {
    let boxes =
        [b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp", b"moof", b"sidx", b"uuid"];
    if head.is_empty() {
        return Err(Other::Empty);
    }
    let is_there = |at: usize, bytes: &[u8]| head.get(at..).is_some_and(|rest| rest.starts_with(bytes));
    if let Some((.., kind)) = SIGNATURES.iter().find(|(at, bytes, _)| is_there(*at, bytes)) {
        return Err(Other::Known(*kind));
    }
    if is_there(0, &[0x1a, 0x45, 0xdf, 0xa3]) {
        return Ok(Container::Demuxed(Demuxer::Matroska));
    }
    if is_there(0, b"RIFF") && is_there(8, b"AVI ") {
        return Ok(Container::Demuxed(Demuxer::Avi));
    }
    if is_there(0, b"FLV\x01") {
        return Ok(Container::Demuxed(Demuxer::Flv));
    }
    if is_there(0, &[0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11]) {
        return Ok(Container::Demuxed(Demuxer::Asf));
    }
    if is_there(0, b"DHAV") || is_there(0, b"DAHUA") {
        return Ok(Container::Dhav);
    }
    let is_hikvision = [b"IMKH", b"4HKH", b"HKMI"].iter().any(|name| is_there(0, *name));
    if is_hikvision {
        let rest = head.get(HIKVISION_HEADER..).unwrap_or_default();
        let inner = stream(rest).map(|container| container.behind(HIKVISION_HEADER));
        return inner.ok_or(Other::Known(Kind::Hikvision));
    }
    if boxes.iter().any(|name| is_there(4, *name)) {
        return Ok(Container::Demuxed(Demuxer::Mp4));
    }
    if is_there(0, &[0xff, 0xd8, 0xff]) {
        return Err(Other::Jpeg);
    }
    if let Some(container) = stream(head) {
        return Ok(container);
    }
    Err(if head.iter().all(|byte| *byte == 0) {
        Other::Zeros
    } else if is_text(head) {
        let is_list = head.starts_with(b"#EXTM3U") || head.windows(6).any(|word| word == b"#EXTIN");
        if is_list { Other::PlayList } else { Other::Text }
    } else {
        Other::Unknown
    })
}

/// A stream without a header of its own.
fn stream(head: &[u8]) -> Option<Container> {
    if let Some((from, step)) = transport_packets(head, LONGEST_PACKET, ENOUGH_PACKETS) {
        return Some(Container::TransportStream { from: from as u64, step });
    }
    let zeros = head.iter().take_while(|byte| **byte == 0).count();
    // A pack header, behind zeros at most.
    let pack = zeros.checked_sub(2).filter(|_| head.get(zeros..zeros + 2) == Some(&[0x01, 0xba]));
    if let Some(from) = pack {
        return Some(Container::ProgramStream { from: from as u64 });
    }
    let begins_with_a_start_code = zeros >= 2 && head.get(zeros) == Some(&1);
    // The rest of a program stream whose first pack was lost begins so, too.
    if begins_with_a_start_code && !(0..head.len()).any(|at| follows_a_pack_header(&head[at..])) {
        bare_codec(head).map(Container::Bare)
    } else {
        None
    }
}

/// Packets of 188 bytes, of 192 with a time before each (m2ts), or of 204 with a checksum behind.
const PACKET_LENGTHS: [usize; 3] = [188, 192, LONGEST_PACKET];
const LONGEST_PACKET: usize = 204;
/// By chance there are as many in a row once in a million million files.
const ENOUGH_PACKETS: usize = 5;

/// Where the first packet of a transport stream begins among the first bytes, and the distance of packets.
fn transport_packets(bytes: &[u8], among: usize, enough: usize) -> Option<(usize, usize)> {
    const SYNC: u8 = 0x47;
    PACKET_LENGTHS.into_iter().find_map(|length| {
        let are_there =
            |first: &usize| (0..enough).all(|packet| bytes.get(first + packet * length) == Some(&SYNC));
        (0..among.min(bytes.len())).find(are_there).map(|first| (first, length))
    })
}

/// Something that can be read within a file whose beginning is not known, and where: the beginning was lost, or a recorder
/// wrote something of its own before it.
fn within(bytes: &[u8]) -> Option<(Container, usize)> {
    /// By chance there are as many in a row in no file, wherever they are looked for.
    const SURELY: usize = 12;
    if let Some((from, step)) = transport_packets(bytes, HEAD_BYTES as usize, SURELY) {
        return Some((Container::TransportStream { from: from as u64, step }, from));
    }
    let starts_pack = |at: usize| follows_a_pack_header(&bytes[at..]);
    if let Some(from) = (0..bytes.len()).find(|at| starts_pack(*at)) {
        return Some((Container::ProgramStream { from: from as u64 }, from));
    }
    if let Some(from) = (0..bytes.len()).find(|at| is_dahua_frame(&bytes[*at..])) {
        return Some((Container::Dhav, from));
    }
    let film = bytes.windows(5).position(|bytes| bytes == [0xff, 0xd9, 0xff, 0xd8, 0xff]);
    if let Some((codec, from)) = key_frame(bytes) {
        return Some((Container::Bare(codec), from));
    }
    film.map(|at| (Container::Bare(Codec::Mjpeg), at + 2))
}

/// Whether a pack header stands here, with another header of the system or a packet behind it (ISO/IEC 13818-1, table
/// 2-38; ISO/IEC 11172-1).
fn follows_a_pack_header(bytes: &[u8]) -> bool {
    let [0, 0, 1, 0xba, form, ..] = bytes else { return false };
    let length = match form {
        0x44..=0x7f => 14 + usize::from(bytes.get(13).copied().unwrap_or(0) & 0x07),
        0x20..=0x2f => 12,
        _ => return false,
    };
    matches!(bytes.get(length..), Some([0, 0, 1, 0xba..=0xef, ..]))
}

/// Whether a frame of Dahua's recorders stands here, from its first name to its last.
fn is_dahua_frame(bytes: &[u8]) -> bool {
    let Some([b'D', b'H', b'A', b'V', header @ ..]) = bytes.get(..16) else { return false };
    let length = u32::from_le_bytes([header[8], header[9], header[10], header[11]]) as usize;
    length.checked_sub(8).and_then(|end| bytes.get(end..end.checked_add(4)?)) == Some(b"dhav")
}

/// The codec of compressed pictures that follow one another behind start codes.
pub(super) fn bare_codec(bytes: &[u8]) -> Option<Codec> {
    units(bytes).find_map(|at| codec_of_unit(&bytes[at..]))
}

/// The first key frame among compressed pictures, by two headers that belong together, and its place: among other bytes
/// one may be an accident.
fn key_frame(bytes: &[u8]) -> Option<(Codec, usize)> {
    /// A parameter set or a sequence header is not longer.
    const LONGEST_SET: usize = 1024;
    units(bytes).find_map(|at| {
        let codec = codec_of_unit(&bytes[at..])?;
        let behind = &bytes[at..bytes.len().min(at + LONGEST_SET)];
        let next = behind.get(units(behind).next()?..)?;
        let belongs = match (codec, next) {
            // A picture's set, another sequence's, or extensions of it.
            (Codec::H264, [head, ..]) => matches!(head & 0x9f, 7 | 8 | 13 | 15),
            (Codec::H265, [head, 1, ..]) => matches!(head, 0x42 | 0x44),
            (Codec::InFiles(FileCodec::Mpeg12), [kind, ..]) => matches!(kind, 0x00 | 0xb2 | 0xb5 | 0xb8),
            (Codec::InFiles(FileCodec::Mpeg4), [kind, ..]) => {
                matches!(kind, 0x00..=0x2f | 0xb2 | 0xb5 | 0xb6)
            }
            (Codec::H264 | Codec::H265 | Codec::Mjpeg | Codec::InFiles(_), _) => false,
        };
        belongs.then_some((codec, at - 3))
    })
}

/// Where the bytes behind each start code begin.
fn units(bytes: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let mut from = 0;
    std::iter::from_fn(move || {
        let at = bytes.get(from..)?.windows(3).position(|code| code == [0, 0, 1])?;
        from += at + 3;
        Some(from)
    })
}

/// Levels that exist (H.264, table A-1; 9 is written for 1b by some).
const H264_LEVELS: [u8; 20] = [9, 10, 11, 12, 13, 20, 21, 22, 30, 31, 32, 40, 41, 42, 50, 51, 52, 60, 61, 62];

/// The codec that a header behind a start code belongs to, if it is one that a stream begins with.
fn codec_of_unit(unit: &[u8]) -> Option<Codec> {
    match unit {
        // Video and sequence parameter sets (H.265, table 7-1), of the base layer.
        [0x40 | 0x42, 0x01, ..] => Some(Codec::H265),
        // A sequence parameter set (H.264, table 7-1), of a profile and a level that exist: rows of an MPEG-2 picture have
        // the same first byte.
        [header, 66 | 77 | 88 | 100 | 110 | 122 | 244, constraints, level, ..]
            if header & 0x9f == 0x07 && constraints & 0x03 == 0 && H264_LEVELS.contains(level) =>
        {
            Some(Codec::H264)
        }
        // A sequence header (ISO/IEC 13818-2, table 6-1).
        [0xb3, ..] => Some(Codec::InFiles(FileCodec::Mpeg12)),
        // A visual object sequence, or a video object and its first layer (ISO/IEC 14496-2, table 6-3).
        [0xb0, ..] | [0x00..=0x1f, 0, 0, 1, 0x20..=0x2f, ..] => Some(Codec::InFiles(FileCodec::Mpeg4)),
        _ => None,
    }
}

/// Whether a second picture begins where the first JPEG ends.
fn is_film(file: &mut File) -> io::Result<bool> {
    file.seek(SeekFrom::Start(0))?;
    let mut start = Vec::new();
    file.by_ref().take(PICTURE_BYTES).read_to_end(&mut start)?;
    Ok(start.windows(4).any(|bytes| bytes == [0xff, 0xd9, 0xff, 0xd8]))
}

fn is_text(head: &[u8]) -> bool {
    let start = &head[..head.len().min(1024)];
    let text = match std::str::from_utf8(start) {
        Ok(text) => text,
        // A character that is cut at the end.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&start[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.is_empty() && text.chars().all(|c| !c.is_control() || c.is_whitespace())
}

/// Whether an mp4 recording can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mp4Index {
    There,
    /// It ends before what its boxes say.
    CutOff {
        have: u64,
        want: u64,
    },
    Missing,
}

/// Looks at the outermost boxes (ISO/IEC 14496-12, section 4.2).
fn index_of(file: &mut File) -> io::Result<Mp4Index> {
    /// A recording of a day in fragments of a second has two for each.
    const MOST_BOXES: usize = 1 << 20;
    let have = file.metadata()?.len();
    let (mut at, mut has_index, mut want) = (0u64, false, None);
    for _ in 0..MOST_BOXES {
        let mut header = [0; 16];
        file.seek(SeekFrom::Start(at))?;
        let got = read_as_much(file, &mut header)?;
        if got < 8 {
            break;
        }
        let [a, b, c, d, name @ ..] = header;
        let name = &name[..4];
        let length = match u64::from(u32::from_be_bytes([a, b, c, d])) {
            0 => have - at,
            1 if got == 16 => u64::from_be_bytes([
                header[8], header[9], header[10], header[11], header[12], header[13], header[14], header[15],
            ]),
            length => length,
        };
        let Some(end) = at.checked_add(length).filter(|_| length >= 8) else { break };
        if name == b"moov" && end <= have {
            has_index = true;
        }
        if end > have {
            want = Some(end);
            break;
        }
        at = end;
    }
    Ok(match (has_index, want) {
        (false, _) => Mp4Index::Missing,
        (true, Some(want)) => Mp4Index::CutOff { have, want },
        (true, None) => Mp4Index::There,
    })
}

fn read_as_much(file: &mut File, into: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < into.len() {
        match file.read(&mut into[length..])? {
            0 => break,
            more => length += more,
        }
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packets(length: usize, before: usize, count: usize) -> Vec<u8> {
        let mut bytes = vec![0x11; before];
        for _ in 0..count {
            bytes.push(0x47);
            bytes.extend(vec![0x99; length - 1]);
        }
        bytes
    }

    #[test]
    fn recordings_are_known_by_their_first_bytes() {
        use Container::{Bare, Demuxed, Dhav, ProgramStream, TransportStream};
        let hikvision = |inner: &[u8]| [b"IMKH\x01\x01\x00\x00".as_slice(), &[0x33; 32], inner].concat();
        let mpeg12 = Codec::InFiles(FileCodec::Mpeg12);
        for (bytes, expected) in [
            (b"\0\0\0\x20ftypisom....".to_vec(), Demuxed(Demuxer::Mp4)),
            (b"\0\0\0\x20ftyp3gp4....".to_vec(), Demuxed(Demuxer::Mp4)),
            (b"\0\0\0\x08wide\0\0\0\0mdat".to_vec(), Demuxed(Demuxer::Mp4)),
            (b"\x1a\x45\xdf\xa3....".to_vec(), Demuxed(Demuxer::Matroska)),
            (b"RIFF....AVI LIST".to_vec(), Demuxed(Demuxer::Avi)),
            (b"FLV\x01\x05".to_vec(), Demuxed(Demuxer::Flv)),
            (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6".to_vec(), Demuxed(Demuxer::Asf)),
            (packets(188, 0, 6), TransportStream { from: 0, step: 188 }),
            (packets(188, 77, 6), TransportStream { from: 77, step: 188 }),
            (packets(192, 4, 6), TransportStream { from: 4, step: 192 }),
            (packets(204, 0, 6), TransportStream { from: 0, step: 204 }),
            (b"\0\0\x01\xba\x44".to_vec(), ProgramStream { from: 0 }),
            (b"\0\0\0\0\0\0\x01\xba\x44".to_vec(), ProgramStream { from: 4 }),
            (hikvision(b"\0\0\x01\xba\x44"), ProgramStream { from: 40 }),
            (hikvision(&packets(188, 0, 6)), TransportStream { from: 40, step: 188 }),
            (hikvision(b"\0\0\0\x01\x67\x64\0\x1f"), Bare(Codec::H264)),
            (b"DHAV\xfd\0\0\0".to_vec(), Dhav),
            (b"DAHUA\0\0\0".to_vec(), Dhav),
            (b"\0\0\0\x01\x67\x64\0\x1f".to_vec(), Bare(Codec::H264)),
            (b"\0\0\x01\x09\x10\0\0\x01\x27\x42\xe0\x1e".to_vec(), Bare(Codec::H264)),
            (b"\0\0\0\x01\x40\x01\x0c".to_vec(), Bare(Codec::H265)),
            (b"\0\0\0\x01\x46\x01\x50\0\0\0\x01\x40\x01\x0c".to_vec(), Bare(Codec::H265)),
            // A cheap recorder's own frame header before the first parameter set.
            (b"\0\0\x01\xfc\x02\x19\x50\x2d\0\0\0\x01\x67\x4d\0\x1f".to_vec(), Bare(Codec::H264)),
            (b"\0\0\x01\xb3\x28\x01\x68".to_vec(), Bare(mpeg12)),
            (b"\0\0\x01\xb0\x01\0\0\x01\xb5".to_vec(), Bare(Codec::InFiles(FileCodec::Mpeg4))),
        ] {
            assert_eq!(by_first_bytes(&bytes), Ok(expected), "{:02x?}", &bytes[..bytes.len().min(16)]);
        }
    }

    #[test]
    fn what_is_no_recording_is_known_too() {
        let unknown: Vec<u8> = (0..4096u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        for (bytes, expected) in [
            (b"".to_vec(), Other::Empty),
            (vec![0; 5000], Other::Zeros),
            (b"this is a text\n".to_vec(), Other::Text),
            ("海康威视录像机\n".repeat(200).into_bytes(), Other::Text),
            (b"#EXTM3U\n#EXTINF:9\nhttp://x/1.ts\n".to_vec(), Other::PlayList),
            (b"\xff\xd8\xff\xe0..".to_vec(), Other::Jpeg),
            (b"PK\x03\x04....".to_vec(), Other::Known(Kind::Archive)),
            (b"MZ\x90\0".to_vec(), Other::Known(Kind::Program)),
            (b"RIFF....WAVEfmt ".to_vec(), Other::Known(Kind::Sound)),
            (b"\0\0\0\x18ftypheic".to_vec(), Other::Known(Kind::Picture)),
            (b"OggS\0".to_vec(), Other::Known(Kind::Ogg)),
            (b"Salted__xxxx".to_vec(), Other::Known(Kind::Encrypted)),
            ([b"IMKH".as_slice(), &unknown].concat(), Other::Known(Kind::Hikvision)),
            (b"IMKH".to_vec(), Other::Known(Kind::Hikvision)),
            (unknown, Other::Unknown),
            (b"\0\0\x01".to_vec(), Other::Unknown),
            (packets(188, 0, 3), Other::Unknown),
        ] {
            assert_eq!(by_first_bytes(&bytes), Err(expected), "{:02x?}", &bytes[..bytes.len().min(16)]);
        }
    }

    #[test]
    fn what_begins_in_the_middle_is_found_by_what_follows() {
        let noise: Vec<u8> =
            (0..40_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8 | 0x80).collect();
        let behind = |bytes: &[u8]| [&noise, bytes].concat();
        let at = noise.len();
        let dahua =
            [b"DHAV".as_slice(), &[0xfd, 0, 0, 0, 1, 0, 0, 0, 32, 0, 0, 0], &[5; 8], b"dhav    "].concat();
        let mpeg12 = Codec::InFiles(FileCodec::Mpeg12);
        let pack = b"\0\0\x01\xba\x44\0\x04\0\x04\x01\0\x01\x03\xf8\0\0\x01\xe0";
        for (bytes, expected) in [
            (behind(b"\0\0\x01\x67\x64\0\x1f\xac\0\0\x01\x68\xee"), Some((Container::Bare(Codec::H264), at))),
            (behind(b"\0\0\x01\x40\x01\x0c\0\0\x01\x42\x01\x01"), Some((Container::Bare(Codec::H265), at))),
            (behind(b"\0\0\x01\xb3\x28\x01\x68\0\0\x01\xb5\x14"), Some((Container::Bare(mpeg12), at))),
            (behind(b"\xff\xd9\xff\xd8\xff\xe0"), Some((Container::Bare(Codec::Mjpeg), at + 2))),
            (behind(pack), Some((Container::ProgramStream { from: at as u64 }, at))),
            (behind(&dahua), Some((Container::Dhav, at))),
            (
                behind(&packets(188, 0, 20)),
                Some((Container::TransportStream { from: at as u64, step: 188 }, at)),
            ),
            // One header alone may be an accident, and rows of a picture are no parameter set.
            (behind(b"\0\0\x01\x67\x64\0\x1f\xac\0\0\x01\x41\xee"), None),
            (behind(b"\0\0\x01\x07\x42\xff\x1f\0\0\x01\x08\x42"), None),
            (behind(b"\0\0\x01\xba\x44\0\x04\0\x04\x01\0\x01\x03\xf8\x12\x34"), None),
            (noise.clone(), None),
        ] {
            assert_eq!(within(&bytes), expected, "{:02x?}", &bytes[at.min(bytes.len())..]);
        }
    }

    #[test]
    fn no_bytes_make_it_panic() {
        use proptest::prelude::*;
        proptest!(|(bytes in proptest::collection::vec(
            prop_oneof![4 => Just(0u8), 2 => Just(1u8), 1 => any::<u8>()], 0..400))| {
            let _ = by_first_bytes(&bytes);
            let _ = by_first_bytes(&[b"IMKH".as_slice(), &bytes].concat());
            let _ = bare_codec(&bytes);
            let _ = within(&bytes);
        });
    }

    #[test]
    fn the_index_of_an_mp4_is_looked_for_without_reading_it() {
        let mut bytes = Vec::new();
        let mut add = |name: &[u8; 4], length: u32| {
            bytes.extend_from_slice(&(length + 8).to_be_bytes());
            bytes.extend_from_slice(name);
            bytes.resize(bytes.len() + length as usize, 0);
        };
        add(b"ftyp", 16);
        add(b"mdat", 1000);
        add(b"moov", 200);
        let index = |bytes: &[u8]| {
            let mut file = tempfile::tempfile().unwrap();
            std::io::Write::write_all(&mut file, bytes).unwrap();
            index_of(&mut file).unwrap()
        };
        assert_eq!(index(&bytes), Mp4Index::There);
        assert_eq!(index(&bytes[..bytes.len() - 1]), Mp4Index::Missing, "half an index is none");
        assert_eq!(index(&bytes[..600]), Mp4Index::Missing);
        assert_eq!(index(&bytes[..20]), Mp4Index::Missing);
        // Its index first, as for the web, and cut off behind it.
        let (front, back) = bytes.split_at(24 + 1008);
        let fast_start = [&front[..24], back, &front[24..]].concat();
        assert_eq!(index(&fast_start), Mp4Index::There);
        let want = fast_start.len() as u64;
        assert_eq!(index(&fast_start[..500]), Mp4Index::CutOff { have: 500, want });
        // A length of zero reaches to the end, one of 1 is written out behind the name.
        let to_the_end = [&front[..24], back, b"\0\0\0\0mdat....".as_slice()].concat();
        assert_eq!(index(&to_the_end), Mp4Index::There);
        let long = [back, b"\0\0\0\x01mdat\0\0\0\0\0\0\0\x20....".as_slice()].concat();
        assert_eq!(index(&long), Mp4Index::CutOff { have: 208 + 20, want: 208 + 32 });
        assert_eq!(index(b"\0\0\0\x03moov"), Mp4Index::Missing, "shorter than itself");
    }

    #[test]
    fn a_command_in_a_hint_can_be_pasted() {
        let hint = how_to_convert(Path::new("/a b/it's.wmv"));
        assert!(hint.to_string().contains(r"ffmpeg -i '/a b/it'\''s.wmv' "), "{hint}");
    }
}
