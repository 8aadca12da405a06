//! Detects another recording copied behind the first, as people do with `cat` and `copy /b`: most demuxers stop there
//! without a word.
//!
//! Hops from header to header of the outermost parts; must never read what is in them.

use std::io::{self, Read, Seek, SeekFrom};

use super::Demuxer;

/// A recording of a day has less parts.
const MOST_PARTS: usize = 1 << 23;
/// Header of an ASF file (Advanced Systems Format, section 3.1).
const ASF_HEADER: [u8; 16] =
    [0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11, 0xa6, 0xd9, 0x00, 0xaa, 0x00, 0x62, 0xce, 0x6c];

/// Where a second recording begins that `demuxer` would not read.
pub(super) fn second<F: Read + Seek>(file: &mut F, demuxer: Demuxer) -> io::Result<Option<u64>> {
    let part = match demuxer {
        Demuxer::Mp4 => mp4_box,
        Demuxer::Avi => riff_chunk,
        Demuxer::Asf => asf_object,
        Demuxer::Flv => flv_tag,
        // It reads on.
        Demuxer::Matroska => return Ok(None),
    };
    let mut at = 0;
    for number in 0..MOST_PARTS {
        file.seek(SeekFrom::Start(at))?;
        let mut header = Vec::with_capacity(HEADER);
        file.by_ref().take(HEADER as u64).read_to_end(&mut header)?;
        let Some(Part { length, begins }) = part(&header) else { return Ok(None) };
        if demuxer == Demuxer::Mp4 && header.get(4..8) == Some(b"moof") {
            // In fragments: it reads on.
            return Ok(None);
        }
        if begins && number > 0 {
            return Ok(Some(at));
        }
        let Some(next) = at.checked_add(length).filter(|_| length > 0) else { return Ok(None) };
        at = next;
    }
    Ok(None)
}

/// The longest header that is looked at.
const HEADER: usize = 24;

struct Part {
    length: u64,
    /// A recording begins with it.
    begins: bool,
}

fn be32(bytes: &[u8]) -> Option<u64> {
    Some(u64::from(u32::from_be_bytes(bytes.get(..4)?.try_into().ok()?)))
}

/// A box (ISO/IEC 14496-12, section 4.2); every recording begins with its type.
fn mp4_box(header: &[u8]) -> Option<Part> {
    let name = header.get(4..8)?;
    let length = match be32(header)? {
        1 => u64::from_be_bytes(header.get(8..16)?.try_into().ok()?),
        // To the end.
        0 => return None,
        length => length,
    };
    let begins = name == b"ftyp";
    (length >= 8).then_some(Part { length, begins })
}

/// A chunk, of an even length. Long recordings go on in further ones, of another kind (AVIX).
fn riff_chunk(header: &[u8]) -> Option<Part> {
    let length = u64::from(u32::from_le_bytes(header.get(4..8)?.try_into().ok()?));
    let begins = header.starts_with(b"RIFF") && header.get(8..12)? == b"AVI ";
    Some(Part { length: 8 + length.next_multiple_of(2), begins })
}

fn asf_object(header: &[u8]) -> Option<Part> {
    let length = u64::from_le_bytes(header.get(16..24)?.try_into().ok()?);
    (length >= 24).then_some(Part { length, begins: header.starts_with(&ASF_HEADER) })
}

/// The header of a file and the length of nothing before the first tag; or a tag and its length behind it (Adobe Flash
/// Video File Format, annex E).
fn flv_tag(header: &[u8]) -> Option<Part> {
    if header.starts_with(b"FLV\x01") {
        return Some(Part { length: be32(header.get(5..)?)? + 4, begins: true });
    }
    let [8 | 9 | 18, a, b, c, ..] = *header else { return None };
    Some(Part { length: 11 + be32(&[0, a, b, c])? + 4, begins: false })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn film(demuxer: Demuxer) -> Vec<u8> {
        match demuxer {
            Demuxer::Mp4 => {
                [b"\0\0\0\x10ftypisom....\0\0\0\x0amdat..".as_slice(), &[0, 0, 0, 8], b"moov"].concat()
            }
            Demuxer::Avi => b"RIFF\x07\0\0\0AVI ...\0RIFF\x04\0\0\0AVIX".to_vec(),
            Demuxer::Asf => {
                [&ASF_HEADER[..], &26u64.to_le_bytes(), b"..", &[7; 16], &24u64.to_le_bytes()].concat()
            }
            Demuxer::Flv => [
                b"FLV\x01\x05\0\0\0\x09\0\0\0\0".as_slice(),
                &[9, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 0, 0, 0, 14],
            ]
            .concat(),
            Demuxer::Matroska => b"\x1a\x45\xdf\xa3\x80".to_vec(),
        }
    }

    #[test]
    fn what_is_written_in_fragments_is_read_on() {
        let one = [&film(Demuxer::Mp4)[..], b"\0\0\0\x08moof"].concat();
        assert_eq!(second(&mut Cursor::new(one.repeat(2)), Demuxer::Mp4).unwrap(), None);
    }

    #[test]
    fn a_second_recording_behind_the_first_is_found() {
        for demuxer in [Demuxer::Mp4, Demuxer::Avi, Demuxer::Asf, Demuxer::Flv, Demuxer::Matroska] {
            let one = film(demuxer);
            let second = |bytes: &[u8]| second(&mut Cursor::new(bytes), demuxer).unwrap();
            assert_eq!(second(&one), None, "{demuxer:?}");
            let expected = (demuxer != Demuxer::Matroska).then_some(one.len() as u64);
            assert_eq!(second(&one.repeat(2)), expected, "{demuxer:?}");
            let end = [&one[..], b"rubbish behind its end, as some recorders write it"].concat();
            assert_eq!(second(&end), None, "{demuxer:?}");
            for cut in 0..one.len() {
                assert_eq!(second(&one[..cut]), None, "{demuxer:?}");
            }
        }
    }
}
