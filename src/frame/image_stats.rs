//! Computes the [`ImageStats`] of a decoded picture: one pass over every few rows of the luma plane.
//!
//! Allocates nothing, copies nothing but the few kilobytes it makes, and takes any size from one pixel up.
//! At most 180 rows are read (each with its lower neighbour), so a large picture costs a third to a sixth
//! of reading its luma once.

use super::{Layout, Picture, Range};
use crate::analysis::camera_health::image_stats::{COLUMNS, ImageStats, PATCH_COLUMNS, PATCH_ROWS, ROWS};

/// Rows that are read for each coarse row, so that a cell's mean stands on more than a line or two.
const READ_ROWS_EACH: usize = 5;
/// The width at which detail is measured: neighbours are so far apart as in a picture of this width. Finer
/// detail than that is not what a detector at 416 pixels sees, and most 1080p cameras have none.
const DETAIL_WIDTH: usize = 640;
/// Every so many-th chroma row is read: colour is asked for one number only.
const CHROMA_ROW_STEP: usize = 8;

/// Pixels of a row that are added up at once: what is kept of them fits into the nearest cache.
const TILE: usize = 1024;

/// Measures a picture and writes the result into `stats`.
pub fn measure(picture: &Picture, stats: &mut ImageStats) {
    let format = picture.format();
    let (width, height) = (format.width, format.height);
    let plane = picture.plane(0);
    let row_at = |y: usize| &plane[y * format.strides[0]..][..width];
    let reach = (width / DETAIL_WIDTH).max(1);
    // A picture of fewer rows or columns than the grid repeats some of them.
    let columns: [(usize, usize); COLUMNS] = std::array::from_fn(|column| {
        let from = (column * width / COLUMNS).min(width - 1);
        (from, ((column + 1) * width / COLUMNS).max(from + 1))
    });
    let mut sums = [[0u32; COLUMNS]; ROWS];
    let mut detail = [[0u64; PATCH_COLUMNS]; PATCH_ROWS];
    let mut tile = Tile { luma: [0; TILE], edges: [0; TILE], mark: [0; TILE] };
    stats.mark.fill(0);
    for (row, sums) in sums.iter_mut().enumerate() {
        for start in (0..width).step_by(TILE) {
            let end = (start + TILE).min(width);
            tile.clear(end - start);
            for read in row * READ_ROWS_EACH..(row + 1) * READ_ROWS_EACH {
                let y = ((read * height + height / 2) / (ROWS * READ_ROWS_EACH)).min(height - 1);
                let pixels = row_at(y);
                let right = &pixels[(start + reach).min(width)..(end + reach).min(width)];
                tile.add(&pixels[start..end], &row_at((y + reach).min(height - 1))[start..end], right);
            }
            for (column, (from, to)) in columns.iter().enumerate() {
                let (from, to) = ((*from).max(start), (*to).min(end));
                if from >= to {
                    continue;
                }
                let (luma, edges, mark) = tile.added(from - start, to - start);
                sums[column] += luma;
                let (patch_row, patch_column) = (row / 2, column / 2);
                detail[patch_row][patch_column] += u64::from(edges);
                let kept = &mut stats.mark[patch_row * PATCH_COLUMNS + patch_column];
                *kept = kept.rotate_left(5) ^ mark.wrapping_mul(0x9E37_79B1);
            }
        }
    }
    let pixels = |column: usize| (columns[column].1 - columns[column].0) * READ_ROWS_EACH;
    for (cell, luma) in stats.luma.iter_mut().enumerate() {
        let (row, column) = (cell / COLUMNS, cell % COLUMNS);
        let mean = sums[row][column] as f32 / pixels(column) as f32;
        *luma = full_range(mean, format.range) as u8;
    }
    for (patch, value) in stats.detail.iter_mut().enumerate() {
        let (row, column) = (patch / PATCH_COLUMNS, patch % PATCH_COLUMNS);
        let pixels = 2 * (pixels(2 * column) + pixels(2 * column + 1)) as u64;
        *value = (detail[row][column] * 16 / pixels).min(u64::from(u16::MAX)) as u16;
    }
    stats.colour = colour(picture);
    let (width, height) = format.shown_size();
    stats.aspect = width as f32 / height as f32;
}

/// The rows of a coarse row, or a part of their width, added up pixel by pixel; 16 bits hold them.
struct Tile {
    luma: [u16; TILE],
    edges: [u16; TILE],
    mark: [u16; TILE],
}

impl Tile {
    fn clear(&mut self, width: usize) {
        self.luma[..width].fill(0);
        self.edges[..width].fill(0);
        self.mark[..width].fill(0);
    }

    /// Adds a row, with the one below it and the pixels to the right of its own (fewer at the picture's edge).
    fn add(&mut self, row: &[u8], below: &[u8], right: &[u8]) {
        for ((pixel, luma), mark) in row.iter().zip(&mut self.luma).zip(&mut self.mark) {
            *luma += u16::from(*pixel);
            *mark = mark.wrapping_mul(0x9E37).wrapping_add(u16::from(*pixel));
        }
        for ((pixel, below), edges) in row.iter().zip(below).zip(&mut self.edges) {
            *edges += u16::from(pixel.abs_diff(*below));
        }
        for ((pixel, right), edges) in row.iter().zip(right).zip(&mut self.edges) {
            *edges += u16::from(pixel.abs_diff(*right));
        }
    }

    /// Sum of the pixels, sum of the differences to the right and below, and a checksum, of some columns.
    fn added(&self, from: usize, to: usize) -> (u32, u32, u32) {
        let sum = |values: &[u16]| values.iter().map(|value| u32::from(*value)).sum();
        let mark = (1u32..).step_by(2).zip(&self.mark[from..to]).fold(0u32, |mark, (weight, value)| {
            mark.wrapping_add(weight.wrapping_mul(u32::from(*value)).wrapping_mul(weight))
        });
        (sum(&self.luma[from..to]), sum(&self.edges[from..to]), mark)
    }
}

fn full_range(luma: f32, range: Range) -> f32 {
    match range {
        Range::Full => luma,
        Range::Limited => ((luma - 16.0) * (255.0 / 219.0)).clamp(0.0, 255.0),
    }
}

/// Mean distance of the chroma samples from grey.
fn colour(picture: &Picture) -> f32 {
    let format = picture.format();
    let Some((sx, sy)) = format.layout.chroma_shift() else { return 0.0 };
    let both = if format.layout == Layout::Nv12 { 2 } else { 1 };
    let width = ((format.width + (1 << sx) - 1) >> sx) * both;
    let height = (format.height + (1 << sy) - 1) >> sy;
    let (mut sum, mut samples) = (0u64, 0u64);
    for plane in 1..format.layout.planes() {
        let bytes = picture.plane(plane);
        for y in (0..height).step_by(CHROMA_ROW_STEP) {
            let row = &bytes[y * format.strides[plane]..][..width];
            sum += row.iter().map(|p| u64::from(p.abs_diff(128))).sum::<u64>();
            samples += row.len() as u64;
        }
    }
    sum as f32 / samples.max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::PixelAspect;
    use crate::frame::test_support::gray;

    fn stats_of(picture: &Picture) -> ImageStats {
        let mut seen = ImageStats::even(0);
        measure(picture, &mut seen);
        seen
    }

    #[test]
    fn a_picture_has_the_shape_that_people_see() {
        let picture = || gray(352, 288, 352, |_, _| 100);
        assert_eq!(stats_of(&picture()).aspect, 352.0 / 288.0);
        // Analogue cameras: 4:3, though their pixels are no squares.
        let shown = stats_of(&picture().with_pixel_aspect(PixelAspect::new(12, 11))).aspect;
        assert!((shown - 4.0 / 3.0).abs() < 0.01, "{shown}");
        let upright = stats_of(&gray(360, 640, 360, |_, _| 100)).aspect;
        assert_eq!(upright, 360.0 / 640.0);
    }

    #[test]
    fn any_size_can_be_looked_at() {
        for (width, height) in [(1, 1), (3, 2), (63, 35), (65, 37), (641, 359), (1920, 1080)] {
            let seen = stats_of(&gray(width, height, width + 5, |_, _| 100));
            assert!(seen.luma.iter().all(|l| *l == 100), "{width}x{height}: the padding was read");
            assert!(seen.detail.iter().all(|d| *d == 0), "{width}x{height}");
        }
    }

    /// The same by its definition, pixel by pixel.
    fn by_definition(width: usize, height: usize, pixel: impl Fn(usize, usize) -> u8) -> (Vec<u8>, Vec<u16>) {
        let reach = (width / 640).max(1);
        let rows: Vec<usize> = (0..180).map(|read| (read * height + height / 2) / 180).collect();
        let columns = |cell: usize| {
            let from = cell * width / COLUMNS;
            from..((cell + 1) * width / COLUMNS).max(from + 1)
        };
        let edges = |x: usize, y: usize| {
            let (here, below) = (pixel(x, y), pixel(x, (y + reach).min(height - 1)));
            let right = if x + reach < width { pixel(x + reach, y) } else { here };
            u64::from(here.abs_diff(below)) + u64::from(here.abs_diff(right))
        };
        let luma = (0..ROWS * COLUMNS).map(|cell| {
            let (row, column) = (cell / COLUMNS, cell % COLUMNS);
            let sum: f64 = rows[row * 5..][..5]
                .iter()
                .map(|y| columns(column).map(|x| f64::from(pixel(x, *y))).sum::<f64>())
                .sum();
            (sum / (5 * columns(column).len()) as f64) as u8
        });
        let detail = (0..PATCH_ROWS * PATCH_COLUMNS).map(|patch| {
            let (row, column) = (patch / PATCH_COLUMNS, patch % PATCH_COLUMNS);
            let (mut sum, mut count) = (0, 0);
            for y in &rows[row * 10..][..10] {
                for x in columns(2 * column).chain(columns(2 * column + 1)) {
                    sum += edges(x, *y);
                    count += 1;
                }
            }
            (sum * 16 / count) as u16
        });
        (luma.collect(), detail.collect())
    }

    #[test]
    fn wide_and_odd_pictures_are_added_up_like_narrow_ones() {
        let pixel = |x: usize, y: usize| ((x * 31 + y * 17) ^ (x >> 3)) as u8;
        for (width, height) in [(65, 37), (640, 360), (1023, 61), (1921, 1081), (4096, 200)] {
            let seen = stats_of(&gray(width, height, width + 3, pixel));
            let (luma, detail) = by_definition(width, height, pixel);
            assert_eq!(seen.luma[..], luma[..], "{width}x{height}");
            assert_eq!(seen.detail[..], detail[..], "{width}x{height}");
        }
    }

    #[test]
    fn every_cell_holds_its_own_part_of_the_picture() {
        let seen = stats_of(&gray(640, 360, 640, |x, y| if x < 320 { 10 } else { (y / 2) as u8 }));
        assert_eq!(seen.luma[5 * COLUMNS + 3], 10);
        // Row 30 of 36 covers the lines 300 to 309, whose value is half their number.
        assert!((150..=154).contains(&seen.luma[30 * COLUMNS + 50]), "{}", seen.luma[30 * COLUMNS + 50]);
    }

    #[test]
    fn detail_is_the_same_for_the_same_scene_at_another_size() {
        let stripes = |scale: usize| {
            stats_of(&gray(640 * scale, 360 * scale, 640 * scale, move |x, _| {
                if (x / (4 * scale)).is_multiple_of(2) { 80 } else { 120 }
            }))
        };
        let (small, large) = (stripes(1), stripes(3));
        // A step of 40 at every fourth pixel: 10 grey levels on average, less in the last column, where one
        // of the steps has no right side.
        for (s, l) in small.detail.iter().zip(&large.detail) {
            assert!((120..=180).contains(s) && s.abs_diff(*l) < 20, "{s} {l}");
        }
    }

    #[test]
    fn one_pixel_that_changed_shows_in_its_patch_only() {
        let scene = |x: usize, y: usize| ((x * 7 + y * 13) % 200) as u8;
        let before = stats_of(&gray(640, 360, 640, scene));
        // Line 101 is one that is read at this height.
        let after = stats_of(&gray(640, 360, 640, |x, y| scene(x, y) ^ u8::from(x == 300 && y == 101)));
        let changed: Vec<usize> =
            (0..before.mark.len()).filter(|patch| before.mark[*patch] != after.mark[*patch]).collect();
        assert_eq!(changed, [101 / 20 * PATCH_COLUMNS + 300 / 20]);
    }

    #[test]
    fn limited_range_is_spread_to_black_and_white() {
        assert_eq!(full_range(16.0, Range::Limited), 0.0);
        assert_eq!(full_range(235.0, Range::Limited), 255.0);
        assert_eq!(full_range(3.0, Range::Limited), 0.0);
    }
}
