//! The luma plane of a picture as a small grid of means: what motion is looked for in.
//!
//! One pass over the plane, each sample read once. Allocates nothing, and must never read a sample outside the picture:
//! what lies between a row's end and the stride belongs to nobody.

#![allow(clippy::needless_range_loop)] // iterators are not inlined into every unit of the release build; numbers are

use super::Picture;

/// Samples that are added up side by side: two cache lines, and as many 16-bit sums as registers hold.
const STRIP: usize = 128;
/// Rows whose samples a 16-bit sum has room for.
const MOST_ROWS: usize = 65_535 / 255;

/// Writes the mean luma of each cell of a grid of `columns` by `rows` over the whole picture into `out`, row by row, as
/// the decoder's values: nothing is stretched. Cells share the picture evenly, to whole samples; where there are more
/// cells than samples, some samples count for two. Means are rounded to the nearest.
///
/// Fills as much of `out` as it has whole rows for, at most `rows`.
pub fn reduce(picture: &Picture, columns: usize, rows: usize, out: &mut [u8]) {
    if columns == 0 {
        return;
    }
    let format = picture.format();
    let grid = Grid {
        plane: picture.plane(0),
        stride: format.strides[0],
        width: format.width,
        height: format.height,
        columns,
        rows,
    };
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        return unsafe { reduce_avx2(&grid, out) };
    }
    reduce_here(&grid, out);
}

/// What is reduced to what.
struct Grid<'a> {
    plane: &'a [u8],
    stride: usize,
    width: usize,
    height: usize,
    columns: usize,
    rows: usize,
}

/// The same loops, compiled for wider vectors.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn reduce_avx2(grid: &Grid, out: &mut [u8]) {
    reduce_here(grid, out);
}

/// Where the cells of `count` in `length` samples begin and end, one after the other: cell `n` is
/// `n * length / count .. (n + 1) * length / count`, at least one sample. Without a division for each.
struct Cells {
    length: usize,
    count: usize,
    /// Where the next one begins, and in `count`ths of a sample what that was rounded down by.
    next: (usize, usize),
}

impl Cells {
    #[inline(always)]
    fn new(length: usize, count: usize) -> Self {
        Cells { length, count, next: (0, 0) }
    }

    #[inline(always)]
    fn advance(&mut self, whole: usize, part: usize) -> (usize, usize) {
        let from = self.next.0.min(self.length - 1);
        self.next = (self.next.0 + whole, self.next.1 + part);
        if self.next.1 >= self.count {
            self.next = (self.next.0 + 1, self.next.1 - self.count);
        }
        (from, self.next.0.max(from + 1))
    }
}

/// Divides sums of samples by their number, rounding to the nearest.
struct Mean {
    samples: u32,
    /// 2 to the 40th over `samples`, rounded up: exact for every sum of so few samples, which 40 bits bound.
    factor: u64,
}

impl Mean {
    /// 255 times this squared is below 2 to the 40th.
    const MOST_EXACT: u32 = 1 << 16;

    #[inline(always)]
    fn of(samples: usize) -> Self {
        Mean { samples: samples as u32, factor: (1u64 << 40).div_ceil(samples as u64) }
    }

    #[inline(always)]
    fn of_sum(&self, sum: u64) -> u8 {
        let sum = sum + u64::from(self.samples / 2);
        if self.samples < Self::MOST_EXACT {
            ((sum * self.factor) >> 40) as u8
        } else {
            (sum / u64::from(self.samples)) as u8
        }
    }
}

#[inline(always)]
fn reduce_here(grid: &Grid, out: &mut [u8]) {
    if grid.rows == 0 {
        return;
    }
    let mut across = Cells::new(grid.height, grid.rows);
    let (row_whole, row_part) = (grid.height / grid.rows, grid.height % grid.rows);
    let (whole, part) = (grid.width / grid.columns, grid.width % grid.columns);
    for out in out.chunks_exact_mut(grid.columns).take(grid.rows) {
        let (top, bottom) = across.advance(row_whole, row_part);
        let mut strip = Strip { from: 0, sums: [0; STRIP] };
        strip.fill(grid, top, bottom);
        // Cells of a row have one of two widths.
        let narrow = whole.max(1);
        let means = [Mean::of(narrow * (bottom - top)), Mean::of((narrow + 1) * (bottom - top))];
        let mut along = Cells::new(grid.width, grid.columns);
        for out in out {
            let (left, right) = along.advance(whole, part);
            let mut sum = 0;
            let mut at = left;
            while at < right {
                if at >= strip.from + STRIP {
                    strip.from = at;
                    strip.fill(grid, top, bottom);
                }
                let end = right.min(strip.from + STRIP);
                for column in &strip.sums[at - strip.from..end - strip.from] {
                    sum += u64::from(*column);
                }
                at = end;
            }
            *out = means[right - left - narrow].of_sum(sum);
        }
    }
}

/// Sums of columns of samples, side by side.
struct Strip {
    from: usize,
    sums: [u32; STRIP],
}

impl Strip {
    #[inline(always)]
    fn fill(&mut self, grid: &Grid, top: usize, bottom: usize) {
        let wide = STRIP.min(grid.width - self.from);
        self.sums = [0; STRIP];
        let mut y = top;
        while y < bottom {
            let until = bottom.min(y + MOST_ROWS);
            let mut sums = [0u16; STRIP];
            while y < until {
                let row = &grid.plane[y * grid.stride + self.from..][..wide];
                match row.first_chunk::<STRIP>() {
                    Some(row) => {
                        for i in 0..STRIP {
                            sums[i] += u16::from(row[i]);
                        }
                    }
                    None => {
                        for i in 0..wide {
                            sums[i] += u16::from(row[i]);
                        }
                    }
                }
                y += 1;
            }
            for i in 0..STRIP {
                self.sums[i] += u32::from(sums[i]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::frame::test_support::gray;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

        #[test]
        fn every_cell_is_the_mean_of_its_samples(
            (width, height) in prop_oneof![(1usize..700, 1usize..40), (1usize..12, 250usize..700)],
            (columns, rows) in (1usize..200, 1usize..100),
            padding in 0usize..40,
            seed in any::<u32>(),
            bright in any::<bool>(),
        ) {
            let sample = |x: usize, y: usize| {
                let n = seed ^ (x as u32 * 131 + y as u32 * 3571);
                if bright { 255 } else { ((n ^ (n >> 15)).wrapping_mul(0x2c1b_3c6d) >> 13) as u8 }
            };
            let picture = gray(width, height, width + padding, sample);
            let mut got = vec![1; columns * rows];
            reduce(&picture, columns, rows, &mut got);
            for (place, got) in got.iter().enumerate() {
                let part = |number: usize, count: usize, length: usize| {
                    let from = (number * length / count).min(length - 1);
                    from..((number + 1) * length / count).max(from + 1)
                };
                let (mut sum, mut count) = (0.0, 0.0);
                for y in part(place / columns, rows, height) {
                    for x in part(place % columns, columns, width) {
                        sum += f64::from(sample(x, y));
                        count += 1.0;
                    }
                }
                let off = (f64::from(*got) - sum / count).abs();
                prop_assert!(off <= 0.5, "cell {place} is {got}, its mean {}", sum / count);
            }
        }
    }

    #[test]
    fn a_grid_of_the_picture_s_size_is_the_picture() {
        let picture = gray(160, 90, 192, |x, y| (x * 3 + y * 7) as u8);
        let mut grid = vec![0; 160 * 90];
        reduce(&picture, 160, 90, &mut grid);
        assert!(grid.iter().enumerate().all(|(i, v)| *v == (i % 160 * 3 + i / 160 * 7) as u8));
    }

    #[test]
    fn what_does_not_fill_a_row_is_left_alone() {
        let picture = gray(8, 8, 8, |_, _| 9);
        let mut out = [1; 7];
        reduce(&picture, 4, 4, &mut out);
        assert_eq!(out, [9, 9, 9, 9, 1, 1, 1]);
        reduce(&picture, 0, 4, &mut out);
        reduce(&picture, 4, 0, &mut out);
        assert_eq!(out, [9, 9, 9, 9, 1, 1, 1]);
    }
}
