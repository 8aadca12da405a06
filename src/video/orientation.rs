//! Pictures that lie on their side or upside down, set upright before anybody sees them.
//!
//! A camera in corridor mode is mounted on its side; a recording may say in its display matrix how it must be turned.
//! Everything behind this module (zones, masks, detectors, evidence) knows upright pictures only, so the planes are
//! copied, once, where the picture leaves the decoder. The price is paid by turned cameras alone, and only for the
//! pictures that are looked at: 2.5 ms for a quarter turn of a 1080p picture, 0.4 ms for a half turn (2-core Sapphire
//! Rapids, busy with other things). The buffers are used again, so nothing is allocated while pictures of one size come in.

use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::frame::{Layout, Picture, PictureError, PictureFormat, Planes};
use crate::text::{Sentence, probe, recording};

/// How a picture must be turned to stand upright: first mirrored, then turned clockwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Orientation {
    quarters: u8,
    mirrored: bool,
}

impl Orientation {
    /// It stands upright.
    pub(crate) const UPRIGHT: Orientation = Orientation { quarters: 0, mirrored: false };

    /// To be turned clockwise by 0, 90, 180 or 270 degrees.
    pub fn clockwise(degrees: u16) -> Option<Self> {
        let quarters = u8::try_from(degrees / 90).ok()?;
        (degrees.is_multiple_of(90) && quarters < 4).then_some(Orientation { quarters, mirrored: false })
    }

    /// Of GStreamer's tag `image-orientation`.
    pub(super) fn of_tag(tag: &str) -> Option<Self> {
        let (mirrored, degrees) = match tag.strip_prefix("flip-rotate-") {
            Some(degrees) => (true, degrees),
            None => (false, tag.strip_prefix("rotate-")?),
        };
        let turned = Self::clockwise(degrees.parse().ok()?)?;
        Some(Orientation { mirrored, ..turned })
    }

    /// Whether nothing is to be done.
    pub(crate) fn is_upright(self) -> bool {
        self == Self::UPRIGHT
    }

    /// Whether width and height change places.
    pub(super) fn swaps_sides(self) -> bool {
        self.quarters % 2 == 1
    }

    /// Clockwise degrees.
    pub fn degrees(self) -> u16 {
        u16::from(self.quarters) * 90
    }

    /// The same, for people.
    pub fn sentence(self) -> Sentence {
        match (self.mirrored, self.quarters) {
            (false, _) => probe::turned(self.degrees()),
            (true, 0) => probe::mirrored(),
            (true, _) => probe::mirrored_and_turned(self.degrees()),
        }
    }

    /// Where the sample at a place of the upright plane lies in a plane of this size.
    fn source_of(self, (x, y): (usize, usize), (width, height): (usize, usize)) -> (usize, usize) {
        let (last_x, last_y) = (width - 1, height - 1);
        let (from_x, from_y) = match self.quarters {
            0 => (x, y),
            1 => (y, last_y - x),
            2 => (last_x - x, last_y - y),
            _ => (last_x - y, x),
        };
        if self.mirrored { (last_x - from_x, from_y) } else { (from_x, from_y) }
    }
}

/// What a file's display matrix does to its pictures, without what moves them (ISO/IEC 14496-12, section 8.3.2): the point
/// (x, y) is shown at (ax + cy, bx + dy).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct DisplayMatrix {
    pub a: f64,
    pub b: f64,
    pub c: f64,
    pub d: f64,
}

impl DisplayMatrix {
    /// Sides that lean less, and sides that differ less in length, are taken for straight and equal: six degrees, a tenth.
    const SLACK: f64 = 0.1;

    /// This one first, then another.
    pub(super) fn then(self, other: DisplayMatrix) -> DisplayMatrix {
        DisplayMatrix {
            a: other.a * self.a + other.c * self.b,
            b: other.b * self.a + other.d * self.b,
            c: other.a * self.c + other.c * self.d,
            d: other.b * self.c + other.d * self.d,
        }
    }

    /// How pictures are turned by it, and what is said of what is not followed; `file` is named there, as a shell wants it.
    pub(super) fn meaning(self, file: &str) -> (Orientation, Option<Sentence>) {
        let DisplayMatrix { a, b, c, d } = self;
        let area = a * d - b * c;
        let (wide, high) = (a.hypot(b), c.hypot(d));
        // It shows nothing, which nobody means.
        if area.abs() < 1e-6 * (wide * high).max(1e-6) {
            return (Orientation::UPRIGHT, None);
        }
        let mirrored = area < 0.0;
        let (a, b) = if mirrored { (-a, -b) } else { (a, b) };
        let is_small = |part: f64, whole: f64| part.abs() <= Self::SLACK * whole;
        let quarters = if is_small(b, wide) && is_small(c, high) {
            if a > 0.0 { 0 } else { 2 }
        } else if is_small(a, wide) && is_small(d, high) {
            if b > 0.0 { 1 } else { 3 }
        } else {
            let remark = if is_small(a * c + b * d, wide * high) {
                let degrees = b.atan2(a).to_degrees().rem_euclid(360.0);
                recording::turns_by(format!("{degrees:.0}"), file)
            } else {
                recording::skews(file)
            };
            return (Orientation::UPRIGHT, Some(remark));
        };
        let stretch = wide / high;
        let is_square = (1.0 - Self::SLACK..=1.0 + Self::SLACK).contains(&stretch);
        let remark = (!is_square).then(|| recording::stretches(format!("{stretch:.2}")));
        (Orientation { quarters, mirrored }, remark)
    }
}

impl fmt::Display for Orientation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sentence().fmt(f)
    }
}

/// Buffers that pictures were turned into and that nobody reads any more.
#[derive(Debug, Default)]
pub(super) struct Turner {
    free: Arc<Mutex<Vec<Vec<u8>>>>,
}

/// More than one camera's pictures that are read at once: the newest, the one before, evidence.
const MOST_FREE: usize = 4;

/// Planes of a turned picture, one after the other; given back to the turner when they are dropped.
struct TurnedPlanes {
    bytes: Vec<u8>,
    /// Where each plane ends.
    ends: [usize; 3],
    free: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Planes for TurnedPlanes {
    fn plane(&self, index: usize) -> &[u8] {
        let Some(end) = self.ends.get(index).copied() else { return &[] };
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        self.bytes.get(start..end).unwrap_or(&[])
    }
}

impl Drop for TurnedPlanes {
    fn drop(&mut self) {
        let mut free = self.free.lock();
        if free.len() < MOST_FREE {
            free.push(std::mem::take(&mut self.bytes));
        }
    }
}

/// A plane that is read: bytes, samples of so many bytes, and which of its rows and columns are taken.
#[derive(Clone, Copy)]
struct Source<'a> {
    bytes: &'a [u8],
    stride: usize,
    /// Samples that are taken.
    size: (usize, usize),
    /// Every so many-th row is taken.
    row_step: usize,
}

impl Turner {
    /// The picture, upright.
    ///
    /// # Errors
    /// None that a whole picture leads to.
    pub(super) fn turned(
        &self,
        picture: &Picture,
        orientation: Orientation,
    ) -> Result<Picture, PictureError> {
        let from = picture.format();
        let swaps = orientation.swaps_sides();
        // Chroma that is halved in one direction only has no layout on its side: every second row of it is left out.
        let halves_rows = swaps && from.layout == Layout::I422;
        let layout = if halves_rows { Layout::I420 } else { from.layout };
        let (width, height) = if swaps { (from.height, from.width) } else { (from.width, from.height) };
        let pixel_aspect = if swaps { from.pixel_aspect.on_its_side() } else { from.pixel_aspect };
        let mut to = PictureFormat { width, height, layout, strides: [0; 3], pixel_aspect, ..*from };

        let mut bytes = self.free.lock().pop().unwrap_or_default();
        bytes.clear();
        let mut ends = [0; 3];
        for (plane, end) in ends.iter_mut().enumerate().take(layout.planes()) {
            let (shift_x, shift_y) =
                if plane == 0 { (0, 0) } else { from.layout.chroma_shift().unwrap_or((0, 0)) };
            let halved = |length: usize, shift: u32| (length + (1 << shift) - 1) >> shift;
            let row_step = if plane > 0 && halves_rows { 2 } else { 1 };
            let size = (halved(from.width, shift_x), halved(from.height, shift_y).div_ceil(row_step));
            let source = Source { bytes: picture.plane(plane), stride: from.strides[plane], size, row_step };
            let columns = if swaps { size.1 } else { size.0 };
            let is_pairs = plane > 0 && layout == Layout::Nv12;
            to.strides[plane] = if is_pairs { columns * 2 } else { columns };
            if is_pairs {
                turn_plane::<2>(source, orientation, &mut bytes);
            } else {
                turn_plane::<1>(source, orientation, &mut bytes);
            }
            *end = bytes.len();
        }
        Picture::new(to, Box::new(TurnedPlanes { bytes, ends, free: self.free.clone() }))
    }
}

/// Appends a plane of samples of `N` bytes, upright.
fn turn_plane<const N: usize>(from: Source<'_>, orientation: Orientation, out: &mut Vec<u8>) {
    /// Samples of a square that is turned at once: so many rows of both planes stay in the nearest cache.
    const TILE: usize = 32;
    let (columns, rows) = if orientation.swaps_sides() { (from.size.1, from.size.0) } else { from.size };
    if columns == 0 || rows == 0 {
        return;
    }
    let begin = out.len();
    out.resize(begin + columns * rows * N, 0);
    let out = &mut out[begin..];
    let place = |x, y| {
        let (from_x, from_y) = orientation.source_of((x, y), from.size);
        from_y * from.row_step * from.stride + from_x * N
    };
    // From one sample to the next in a row of the upright plane it is always the same step.
    let start = place(0, 0) as isize;
    let across = if columns > 1 { place(1, 0) as isize - start } else { 0 };
    let down = if rows > 1 { place(0, 1) as isize - start } else { 0 };
    if !orientation.swaps_sides() {
        let width = columns * N;
        for (y, row) in out.chunks_exact_mut(width).enumerate() {
            let at = (start + y as isize * down) as usize;
            if across < 0 {
                let source = &from.bytes[at + N - width..at + N];
                for (sample, source) in row.chunks_exact_mut(N).zip(source.chunks_exact(N).rev()) {
                    sample.copy_from_slice(source);
                }
            } else {
                row.copy_from_slice(&from.bytes[at..][..width]);
            }
        }
        return;
    }
    for tile_y in (0..rows).step_by(TILE) {
        for tile_x in (0..columns).step_by(TILE) {
            for y in tile_y..rows.min(tile_y + TILE) {
                let until = columns.min(tile_x + TILE);
                let row = &mut out[(y * columns + tile_x) * N..(y * columns + until) * N];
                let mut at = start + y as isize * down + tile_x as isize * across;
                for sample in row.chunks_exact_mut(N) {
                    // Within the plane, because the picture was made with every pixel in it.
                    let source = &from.bytes[at as usize..][..N];
                    sample.copy_from_slice(source);
                    at += across;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::frame::{Matrix, PixelAspect, Range};

    fn picture(width: usize, height: usize, layout: Layout, padding: usize) -> Picture {
        let (sx, sy) = layout.chroma_shift().unwrap_or((0, 0));
        let chroma = ((width + (1 << sx) - 1) >> sx, (height + (1 << sy) - 1) >> sy);
        let chroma_bytes = if layout == Layout::Nv12 { chroma.0 * 2 } else { chroma.0 };
        let sizes = [(width, height), (chroma_bytes, chroma.1), (chroma_bytes, chroma.1)];
        let planes: Vec<Vec<u8>> = (0..layout.planes())
            .map(|plane| {
                let (bytes, rows) = sizes[plane];
                let row = |y: usize| {
                    (0..bytes + padding)
                        .map(move |x| if x < bytes { (x * 7 + y * 31 + plane * 101) as u8 } else { 0xA5 })
                };
                (0..rows).flat_map(row).collect()
            })
            .collect();
        let format = PictureFormat {
            width,
            height,
            layout,
            strides: [width + padding, chroma_bytes + padding, chroma_bytes + padding],
            range: Range::Full,
            matrix: Matrix::Bt601,
            pixel_aspect: PixelAspect::new(12, 11),
        };
        Picture::new(format, Box::new(planes)).unwrap()
    }

    fn luma(picture: &Picture, x: usize, y: usize) -> u8 {
        picture.plane(0)[y * picture.format().strides[0] + x]
    }

    /// The colour that belongs to a pixel.
    fn chroma(picture: &Picture, x: usize, y: usize) -> Option<[u8; 2]> {
        let format = picture.format();
        let (sx, sy) = format.layout.chroma_shift()?;
        let (x, y) = (x >> sx, y >> sy);
        Some(match format.layout {
            Layout::Nv12 => {
                let at = y * format.strides[1] + 2 * x;
                [picture.plane(1)[at], picture.plane(1)[at + 1]]
            }
            _ => [1, 2].map(|plane| picture.plane(plane)[y * format.strides[plane] + x]),
        })
    }

    #[test]
    fn degrees_and_tags_are_read() {
        assert_eq!(Orientation::clockwise(90).map(Orientation::degrees), Some(90));
        for degrees in [45, 360, 450, u16::MAX] {
            assert_eq!(Orientation::clockwise(degrees), None, "{degrees}");
        }
        assert_eq!(Orientation::of_tag("rotate-0"), Some(Orientation::UPRIGHT));
        assert_eq!(Orientation::of_tag("rotate-270"), Orientation::clockwise(270));
        let flipped = Orientation::of_tag("flip-rotate-90").unwrap();
        assert_eq!(flipped.to_string(), "mirrored and turned clockwise by 90 degrees");
        for other in ["", "rotate-", "rotate-45", "flip-rotate-1", "90"] {
            assert_eq!(Orientation::of_tag(other), None, "{other}");
        }
    }

    #[test]
    fn a_display_matrix_turns_and_mirrors_and_scaling_is_neither() {
        let of = |a: f64, b: f64, c: f64, d: f64| DisplayMatrix { a, b, c, d }.meaning("'x.mp4'");
        let turned = |degrees| Orientation::clockwise(degrees).unwrap();
        let mirrored = |degrees| Orientation { mirrored: true, ..turned(degrees) };
        for (matrix, expected) in [
            ([1.0, 0.0, 0.0, 1.0], turned(0)),
            ([0.0, 1.0, -1.0, 0.0], turned(90)),
            ([-1.0, 0.0, 0.0, -1.0], turned(180)),
            ([0.0, -1.0, 1.0, 0.0], turned(270)),
            ([-1.0, 0.0, 0.0, 1.0], mirrored(0)),
            ([0.0, -1.0, -1.0, 0.0], mirrored(90)),
            ([1.0, 0.0, 0.0, -1.0], mirrored(180)),
            ([0.0, 1.0, 1.0, 0.0], mirrored(270)),
            // Larger, smaller, written with a rounding error, a degree off, and nothing at all.
            ([2.0, 0.0, 0.0, 2.0], turned(0)),
            ([0.5, 0.0, 0.0, 0.5], turned(0)),
            ([0.99998, 0.0, 0.0, 1.0], turned(0)),
            ([0.0, 3.0, -3.0, 0.0], turned(90)),
            ([0.0175, 0.9998, -0.9998, 0.0175], turned(90)),
            ([0.0, 0.0, 0.0, 0.0], turned(0)),
        ] {
            let [a, b, c, d] = matrix;
            assert_eq!(of(a, b, c, d), (expected, None), "{matrix:?}");
        }
        let (orientation, said) = of(2.0, 0.0, 0.0, 1.0);
        assert!(orientation.is_upright() && said.unwrap().to_string().contains("2.00 times in width"));
        let (orientation, said) = of(0.5, 0.5, -0.5, 0.5);
        assert!(
            orientation.is_upright()
                && said.unwrap().to_string().contains("turns its pictures by 45 degrees")
        );
        let (orientation, said) = of(1.0, 0.5, 0.0, 1.0);
        assert!(orientation.is_upright() && said.unwrap().to_string().contains("skews"));
        let quarter = DisplayMatrix { a: 0.0, b: 1.0, c: -1.0, d: 0.0 };
        let mirror = DisplayMatrix { a: -1.0, b: 0.0, c: 0.0, d: 1.0 };
        assert_eq!(quarter.then(quarter).meaning("").0, turned(180));
        assert_eq!(mirror.then(quarter).meaning("").0, mirrored(90));
    }

    #[test]
    fn clockwise_is_clockwise() {
        // What was in the upper left corner is in the upper right one afterwards.
        let picture = picture(5, 3, Layout::Gray, 2);
        let turned = Turner::default().turned(&picture, Orientation::clockwise(90).unwrap()).unwrap();
        assert_eq!((turned.format().width, turned.format().height), (3, 5));
        assert_eq!(luma(&turned, 2, 0), luma(&picture, 0, 0));
        assert_eq!(luma(&turned, 2, 4), luma(&picture, 4, 0));
        assert_eq!(turned.format().pixel_aspect, PixelAspect::new(11, 12));
        let mirrored =
            Turner::default().turned(&picture, Orientation::of_tag("flip-rotate-0").unwrap()).unwrap();
        assert_eq!(luma(&mirrored, 4, 1), luma(&picture, 0, 1));
        assert_eq!(mirrored.format().pixel_aspect, PixelAspect::new(12, 11));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

        #[test]
        fn four_quarter_turns_give_the_same_picture(
            (width, height) in (1usize..80, 1usize..80),
            layout in prop_oneof![
                Just(Layout::I420), Just(Layout::Nv12), Just(Layout::I444), Just(Layout::Gray)
            ],
            padding in 0usize..9,
            mirrored in any::<bool>(),
        ) {
            let original = picture(width, height, layout, padding);
            let turner = Turner::default();
            let quarter = Orientation { quarters: 1, mirrored };
            let mut turned = turner.turned(&original, quarter).unwrap();
            for _ in 0..3 {
                turned = turner.turned(&turned, quarter).unwrap();
            }
            prop_assert_eq!((turned.format().width, turned.format().height), (width, height));
            for y in 0..height {
                for x in 0..width {
                    prop_assert_eq!(luma(&turned, x, y), luma(&original, x, y));
                    prop_assert_eq!(chroma(&turned, x, y), chroma(&original, x, y));
                }
            }
        }

        #[test]
        fn two_quarter_turns_are_a_half_turn((width, height) in (1usize..80, 1usize..80)) {
            let (turner, original) = (Turner::default(), picture(width, height, Layout::I420, 3));
            let quarter = Orientation::clockwise(90).unwrap();
            let twice = turner.turned(&turner.turned(&original, quarter).unwrap(), quarter).unwrap();
            let half = turner.turned(&original, Orientation::clockwise(180).unwrap()).unwrap();
            for plane in 0..3 {
                prop_assert_eq!(twice.plane(plane), half.plane(plane));
            }
        }
    }

    #[test]
    fn colour_stays_with_its_pixels_also_where_it_is_halved_in_one_direction() {
        let original = picture(6, 4, Layout::I422, 1);
        let turned = Turner::default().turned(&original, Orientation::clockwise(270).unwrap()).unwrap();
        assert_eq!((turned.format().layout, turned.format().width), (Layout::I420, 4));
        // Turned three quarters clockwise the upper right corner is the upper left one.
        assert_eq!(luma(&turned, 0, 0), luma(&original, 5, 0));
        assert_eq!(chroma(&turned, 0, 0), chroma(&original, 5, 0));
        assert_eq!(chroma(&turned, 3, 5), chroma(&original, 0, 2));
    }

    #[test]
    fn buffers_are_used_again() {
        let (turner, original) = (Turner::default(), picture(64, 48, Layout::I420, 0));
        let quarter = Orientation::clockwise(90).unwrap();
        let first = turner.turned(&original, quarter).unwrap();
        let place = first.plane(0).as_ptr();
        drop(first);
        let second = turner.turned(&original, quarter).unwrap();
        assert_eq!(second.plane(0).as_ptr(), place);
        let many: Vec<Picture> = (0..9).map(|_| turner.turned(&original, quarter).unwrap()).collect();
        drop(many);
        assert!(turner.free.lock().len() <= MOST_FREE);
    }
}
