//! Display orientation of an mp4: the matrix of each video track, and that of the whole film
//! (ISO/IEC 14496-12, sections 8.2.2 and 8.3.2).
//!
//! Must never read more than headers of boxes and the few boxes that say it.

use std::io::{self, Read, Seek, SeekFrom};

use crate::video::orientation::DisplayMatrix;

/// No recording has more boxes next to each other in its index; fragments are not looked at.
const MOST_BOXES: usize = 4096;
/// A handler's name, which ends its box, does not matter.
const LONGEST_BOX: u64 = 256;

/// The range of a box's contents.
#[derive(Debug, Clone, Copy)]
struct Inside {
    from: u64,
    to: u64,
}

/// The display matrix of each video, in the file's order.
pub(super) fn matrices<F: Read + Seek>(file: &mut F) -> io::Result<Vec<DisplayMatrix>> {
    let all = Inside { from: 0, to: file.seek(SeekFrom::End(0))? };
    let Some(film) = first(file, all, b"moov")? else { return Ok(Vec::new()) };
    let of_film = match first(file, film, b"mvhd")? {
        Some(header) => matrix(&content(file, header)?, 36, 48),
        None => None,
    };
    let mut found = Vec::new();
    for track in boxes(file, film, b"trak")? {
        let handler = match first(file, track, b"mdia")? {
            Some(media) => first(file, media, b"hdlr")?,
            None => None,
        };
        let is_video = match handler {
            Some(handler) => content(file, handler)?.get(8..12) == Some(b"vide"),
            None => false,
        };
        if !is_video {
            continue;
        }
        let of_track = match first(file, track, b"tkhd")? {
            Some(header) => matrix(&content(file, header)?, 40, 52),
            None => None,
        };
        let of_track = of_track.unwrap_or(DisplayMatrix { a: 1.0, b: 0.0, c: 0.0, d: 1.0 });
        found.push(of_film.map_or(of_track, |of_film| of_track.then(of_film)));
    }
    Ok(found)
}

/// The matrix at one of two places, by the version of its box.
fn matrix(content: &[u8], short: usize, long: usize) -> Option<DisplayMatrix> {
    let from = match content.first()? {
        0 => short,
        1 => long,
        _ => return None,
    };
    let part = |number: usize| -> Option<f64> {
        let at = from + number * 4;
        Some(f64::from(i32::from_be_bytes(content.get(at..at + 4)?.try_into().ok()?)) / 65_536.0)
    };
    let matrix = DisplayMatrix { a: part(0)?, b: part(1)?, c: part(3)?, d: part(4)? };
    // Left empty by some writers.
    let is_empty = matrix == DisplayMatrix { a: 0.0, b: 0.0, c: 0.0, d: 0.0 };
    (!is_empty).then_some(matrix)
}

fn content<F: Read + Seek>(file: &mut F, inside: Inside) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(inside.from))?;
    let mut bytes = Vec::new();
    file.by_ref().take((inside.to - inside.from).min(LONGEST_BOX)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn first<F: Read + Seek>(file: &mut F, inside: Inside, name: &[u8; 4]) -> io::Result<Option<Inside>> {
    Ok(boxes(file, inside, name)?.into_iter().next())
}

/// The boxes of this name that are there as a whole.
fn boxes<F: Read + Seek>(file: &mut F, inside: Inside, name: &[u8; 4]) -> io::Result<Vec<Inside>> {
    let (mut at, mut found) = (inside.from, Vec::new());
    for _ in 0..MOST_BOXES {
        let mut header = Vec::with_capacity(16);
        file.seek(SeekFrom::Start(at))?;
        file.by_ref().take(inside.to.saturating_sub(at).min(16)).read_to_end(&mut header)?;
        let [a, b, c, d, kind @ ..] = header.as_slice() else { break };
        let (length, before) = match (u32::from_be_bytes([*a, *b, *c, *d]), kind.get(4..12)) {
            (0, _) => (inside.to - at, 8),
            (1, Some(long)) => (long.iter().fold(0, |length, byte| length << 8 | u64::from(*byte)), 16),
            (length, _) => (u64::from(length), 8),
        };
        let Some(to) = at.checked_add(length).filter(|to| length >= before && *to <= inside.to) else {
            break;
        };
        if kind.starts_with(name) {
            found.push(Inside { from: at + before, to });
        }
        at = to;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn boxed(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
        [&(content.len() as u32 + 8).to_be_bytes()[..], name, content].concat()
    }

    /// A header with its matrix at this place.
    fn header(name: &[u8; 4], version: u8, at: usize, parts: [i32; 4]) -> Vec<u8> {
        let mut content = vec![0; at + 48];
        content[0] = version;
        for (place, part) in [0, 1, 3, 4].into_iter().zip(parts) {
            content[at + place * 4..][..4].copy_from_slice(&(part << 16).to_be_bytes());
        }
        boxed(name, &content)
    }

    fn track(handler: &[u8; 4], version: u8, parts: [i32; 4]) -> Vec<u8> {
        let kind = boxed(b"hdlr", &[&[0; 8], handler.as_slice(), &[0; 300]].concat());
        let at = if version == 0 { 40 } else { 52 };
        boxed(b"trak", &[header(b"tkhd", version, at, parts), boxed(b"mdia", &kind)].concat())
    }

    const UPRIGHT: [i32; 4] = [1, 0, 0, 1];
    const QUARTER: [i32; 4] = [0, 1, -1, 0];

    fn degrees(index: &[u8]) -> Vec<u16> {
        let film = [boxed(b"ftyp", b"isom"), boxed(b"mdat", &[7; 50]), boxed(b"moov", index)].concat();
        for end in 0..film.len() {
            matrices(&mut Cursor::new(&film[..end])).unwrap();
        }
        let found = matrices(&mut Cursor::new(film)).unwrap();
        found.into_iter().map(|matrix| matrix.meaning("").0.degrees()).collect()
    }

    #[test]
    fn each_video_has_the_matrix_of_its_track_and_that_of_the_film() {
        let tracks =
            [track(b"soun", 0, UPRIGHT), track(b"vide", 0, UPRIGHT), track(b"vide", 1, QUARTER)].concat();
        assert_eq!(degrees(&tracks), [0, 90]);
        let film = header(b"mvhd", 0, 36, UPRIGHT);
        assert_eq!(degrees(&[&film[..], &tracks].concat()), [0, 90]);
        let film = header(b"mvhd", 1, 48, QUARTER);
        assert_eq!(degrees(&[&film[..], &tracks].concat()), [90, 180]);
        let empty = header(b"mvhd", 0, 36, [0; 4]);
        assert_eq!(degrees(&[&empty[..], &tracks].concat()), [0, 90]);
        assert_eq!(degrees(&[]), [0u16; 0]);
    }
}
