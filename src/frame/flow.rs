//! Dense optical flow between two small pictures: Lucas and Kanade's (1981) on a pyramid of two levels, each warped
//! twice.
//!
//! The pictures are 160 by 90 means of luma whatever the camera's shape, so one estimate costs a millisecond or two,
//! less than a look. Allocates the thumbnails and the flow that it hands out, and nothing else per look. Must never keep a picture: a thumbnail
//! lives until the look that it was made for.

use std::time::Duration;

use super::{Picture, luma};
use crate::analysis::flow::{COLUMNS, Flow, ROWS, STEPS_PER_CELL};
use crate::analysis::time::Moment;

/// Pixels of a thumbnail that make one cell's side.
const PER_CELL: usize = 2;
const WIDTH: usize = COLUMNS * PER_CELL;
const HEIGHT: usize = ROWS * PER_CELL;
/// Sums are over so many pixels to each side.
const REACH: usize = 2;
/// Added to the squares of the slopes: where there is nothing to hold on to, nothing moves.
const EVEN: f32 = 4.0;
/// One step of the search goes no farther, pixels.
const FARTHEST_STEP: f32 = 2.0;
const STEPS: usize = 2;

/// A small grey picture of a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thumbnail {
    /// When it was taken.
    pub at: Moment,
    luma: Box<[u8]>,
}

impl Thumbnail {
    /// Of a picture.
    pub fn of(picture: &Picture, at: Moment) -> Self {
        let mut small = vec![0; WIDTH * HEIGHT].into_boxed_slice();
        luma::reduce(picture, WIDTH, HEIGHT, &mut small);
        Thumbnail { at, luma: small }
    }
}

/// Finds flow; holds its working memory.
#[derive(Debug)]
pub struct Estimator {
    before: Vec<f32>,
    now: Vec<f32>,
    coarse_before: Vec<f32>,
    coarse_now: Vec<f32>,
    found: Vec<[f32; 2]>,
    coarse_found: Vec<[f32; 2]>,
    work: Work,
}

/// Buffers of one level, as large as the finest needs them.
#[derive(Debug)]
struct Work {
    slope_x: Vec<f32>,
    slope_y: Vec<f32>,
    xx: Vec<f32>,
    xy: Vec<f32>,
    yy: Vec<f32>,
    tx: Vec<f32>,
    ty: Vec<f32>,
    sums: Vec<f32>,
}

impl Default for Estimator {
    fn default() -> Self {
        let fine = || vec![0.0; WIDTH * HEIGHT];
        let coarse = || vec![0.0; COLUMNS * ROWS];
        Estimator {
            before: fine(),
            now: fine(),
            coarse_before: coarse(),
            coarse_now: coarse(),
            found: vec![[0.0; 2]; WIDTH * HEIGHT],
            coarse_found: vec![[0.0; 2]; COLUMNS * ROWS],
            work: Work {
                slope_x: fine(),
                slope_y: fine(),
                xx: fine(),
                xy: fine(),
                yy: fine(),
                tx: fine(),
                ty: fine(),
                sums: fine(),
            },
        }
    }
}

impl Estimator {
    /// What moved between two thumbnails, the older one first.
    pub fn estimate(&mut self, before: &Thumbnail, now: &Thumbnail) -> Box<Flow> {
        widen(&before.luma, &mut self.before);
        widen(&now.luma, &mut self.now);
        halve(&self.before, &mut self.coarse_before);
        halve(&self.now, &mut self.coarse_now);
        self.coarse_found.fill([0.0; 2]);
        let coarse =
            Level { before: &self.coarse_before, now: &self.coarse_now, width: COLUMNS, height: ROWS };
        self.work.search(&coarse, &mut self.coarse_found);
        for (index, found) in self.found.iter_mut().enumerate() {
            let (x, y) = ((index % WIDTH) as f32, (index / WIDTH) as f32);
            let at = |axis: usize| {
                let values = |index: usize| self.coarse_found[index][axis];
                2.0 * between(values, COLUMNS, ROWS, (x - 0.5) / 2.0, (y - 0.5) / 2.0)
            };
            *found = [at(0), at(1)];
        }
        let fine = Level { before: &self.before, now: &self.now, width: WIDTH, height: HEIGHT };
        self.work.search(&fine, &mut self.found);
        let mut flow = Box::new(Flow::still());
        flow.over = now.at.since(before.at).max(Duration::from_millis(1));
        for (index, cell) in flow.cells.iter_mut().enumerate() {
            let first = index / COLUMNS * PER_CELL * WIDTH + index % COLUMNS * PER_CELL;
            *cell = [0, 1].map(|axis| {
                let corners = [first, first + 1, first + WIDTH, first + WIDTH + 1];
                let mean = corners.iter().map(|corner| self.found[*corner][axis]).sum::<f32>() / 4.0;
                (mean * STEPS_PER_CELL / PER_CELL as f32).round().clamp(-127.0, 127.0) as i8
            });
        }
        flow
    }
}

/// Two pictures of one size.
struct Level<'a> {
    before: &'a [f32],
    now: &'a [f32],
    width: usize,
    height: usize,
}

impl Work {
    /// Improves what was `found` so far of a level's displacements, in its pixels.
    fn search(&mut self, level: &Level<'_>, found: &mut [[f32; 2]]) {
        let Level { before, now, width, height } = *level;
        let count = width * height;
        slopes(before, width, height, &mut self.slope_x[..count], &mut self.slope_y[..count]);
        for index in 0..count {
            let (x, y) = (self.slope_x[index], self.slope_y[index]);
            (self.xx[index], self.xy[index], self.yy[index]) = (x * x, x * y, y * y);
        }
        for products in [&mut self.xx, &mut self.xy, &mut self.yy] {
            mean_around(&mut products[..count], width, height, &mut self.sums);
        }
        for _ in 0..STEPS {
            for (index, [right, down]) in found.iter().enumerate().take(count) {
                let (x, y) = ((index % width) as f32 + right, (index / width) as f32 + down);
                let change = between(|index| now[index], width, height, x, y) - before[index];
                self.tx[index] = self.slope_x[index] * change;
                self.ty[index] = self.slope_y[index] * change;
            }
            for products in [&mut self.tx, &mut self.ty] {
                mean_around(&mut products[..count], width, height, &mut self.sums);
            }
            for (index, found) in found.iter_mut().enumerate().take(count) {
                let (xx, xy, yy) = (self.xx[index] + EVEN, self.xy[index], self.yy[index] + EVEN);
                let (tx, ty) = (self.tx[index], self.ty[index]);
                let scale = 1.0 / (xx * yy - xy * xy);
                let step = [(xy * ty - yy * tx) * scale, (xy * tx - xx * ty) * scale];
                for (found, step) in found.iter_mut().zip(step) {
                    *found += step.clamp(-FARTHEST_STEP, FARTHEST_STEP);
                }
            }
        }
    }
}

fn widen(bytes: &[u8], out: &mut [f32]) {
    for (out, byte) in out.iter_mut().zip(bytes) {
        *out = f32::from(*byte);
    }
}

/// Means of four pixels.
fn halve(fine: &[f32], out: &mut [f32]) {
    for (index, out) in out.iter_mut().enumerate() {
        let first = index / COLUMNS * 2 * WIDTH + index % COLUMNS * 2;
        *out = (fine[first] + fine[first + 1] + fine[first + WIDTH] + fine[first + WIDTH + 1]) / 4.0;
    }
}

/// Sobel's slopes per pixel; the border counts as repeated.
fn slopes(values: &[f32], width: usize, height: usize, slope_x: &mut [f32], slope_y: &mut [f32]) {
    for y in 0..height {
        let row = |y: usize| &values[y * width..][..width];
        let (above, here, below) = (row(y.saturating_sub(1)), row(y), row((y + 1).min(height - 1)));
        for x in 0..width {
            let (left, right) = (x.saturating_sub(1), (x + 1).min(width - 1));
            let down = |x: usize| above[x] + 2.0 * here[x] + below[x];
            let along = |row: &[f32]| row[left] + 2.0 * row[x] + row[right];
            slope_x[y * width + x] = (down(right) - down(left)) / 8.0;
            slope_y[y * width + x] = (along(below) - along(above)) / 8.0;
        }
    }
}

/// Replaces each value by the mean of those within [`REACH`]; the border counts as repeated.
fn mean_around(values: &mut [f32], width: usize, height: usize, sums: &mut [f32]) {
    const SHARE: f32 = 1.0 / ((2 * REACH + 1) * (2 * REACH + 1)) as f32;
    for y in 0..height {
        let (row, sums) = (&values[y * width..][..width], &mut sums[y * width..][..width]);
        for (x, sum) in sums.iter_mut().enumerate() {
            *sum = (0..=2 * REACH).map(|step| row[(x + step).saturating_sub(REACH).min(width - 1)]).sum();
        }
    }
    for y in 0..height {
        let out = &mut values[y * width..][..width];
        out.fill(0.0);
        for step in 0..=2 * REACH {
            let row = (y + step).saturating_sub(REACH).min(height - 1);
            for (out, sum) in out.iter_mut().zip(&sums[row * width..][..width]) {
                *out += sum;
            }
        }
        out.iter_mut().for_each(|out| *out *= SHARE);
    }
}

/// The value between four pixels; outside, that of the border.
#[inline(always)]
fn between(values: impl Fn(usize) -> f32, width: usize, height: usize, x: f32, y: f32) -> f32 {
    let (x, y) = (x.clamp(0.0, (width - 1) as f32), y.clamp(0.0, (height - 1) as f32));
    let (column, row) = ((x as usize).min(width - 2), (y as usize).min(height - 2));
    let (right, down) = (x - column as f32, y - row as f32);
    let first = row * width + column;
    let above = values(first) + right * (values(first + 1) - values(first));
    let below = values(first + width) + right * (values(first + width + 1) - values(first + width));
    above + down * (below - above)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::time::Timestamp;

    fn at(ms: u64) -> Moment {
        Moment::after_origin(Timestamp::UNIX_EPOCH, Duration::from_millis(ms))
    }

    /// A smooth pattern without a period within reach, whose pixels were shifted.
    fn pattern(ms: u64, shift: impl Fn(f32, f32) -> [f32; 2]) -> Thumbnail {
        let value = |x: f32, y: f32| {
            120.0 + 40.0 * (x * 0.31).sin() * (y * 0.23).cos() + 30.0 * (x * 0.13 + y * 0.17).sin()
        };
        let pixels = (0..WIDTH * HEIGHT).map(|index| {
            let (x, y) = ((index % WIDTH) as f32, (index / WIDTH) as f32);
            let [right, down] = shift(x, y);
            value(x - right, y - down) as u8
        });
        Thumbnail { at: at(ms), luma: pixels.collect() }
    }

    /// How many pixels the cells away from the border are off, on average.
    fn error(flow: &Flow, wanted: impl Fn(f32, f32) -> [f32; 2]) -> f32 {
        let inner = (4..ROWS - 4).flat_map(|row| (4..COLUMNS - 4).map(move |column| (row, column)));
        inner
            .map(|(row, column)| {
                let found =
                    flow.cells[row * COLUMNS + column].map(|step| f32::from(step) / STEPS_PER_CELL * 2.0);
                let wanted = wanted(2.0 * column as f32 + 0.5, 2.0 * row as f32 + 0.5);
                (found[0] - wanted[0]).hypot(found[1] - wanted[1])
            })
            .sum::<f32>()
            / ((ROWS - 8) * (COLUMNS - 8)) as f32
    }

    #[test]
    fn a_shift_is_found_to_a_part_of_a_pixel() {
        let mut estimator = Estimator::default();
        for shift in [[0.0, 0.0], [1.0, 0.0], [0.0, -1.5], [2.5, 1.5], [-3.0, 2.0]] {
            let flow = estimator.estimate(&pattern(0, |_, _| [0.0; 2]), &pattern(100, |_, _| shift));
            assert_eq!(flow.over, Duration::from_millis(100));
            let error = error(&flow, |_, _| shift);
            assert!(error < 0.4, "{shift:?}: {error} pixels off");
        }
    }

    #[test]
    fn two_halves_that_part_are_distinguished() {
        let apart = |x: f32, _: f32| [if x < WIDTH as f32 / 2.0 { -1.5 } else { 1.5 }, 0.0];
        let flow = Estimator::default().estimate(&pattern(0, |_, _| [0.0; 2]), &pattern(100, apart));
        let of = |column: usize| f32::from(flow.cells[20 * COLUMNS + column][0]) / STEPS_PER_CELL * 2.0;
        assert!((of(15) + 1.5).abs() < 0.3 && (of(65) - 1.5).abs() < 0.3, "{} {}", of(15), of(65));
    }

    #[test]
    fn an_even_picture_does_not_move() {
        let even = |ms, luma| Thumbnail { at: at(ms), luma: vec![luma; WIDTH * HEIGHT].into() };
        let flow = Estimator::default().estimate(&even(0, 90), &even(100, 140));
        assert!(flow.cells.iter().all(|cell| *cell == [0, 0]));
    }

    #[test]
    fn what_was_estimated_before_does_not_matter() {
        let (still, moved) = (pattern(0, |_, _| [0.0; 2]), pattern(100, |_, _| [2.0, 1.0]));
        let mut estimator = Estimator::default();
        let first = estimator.estimate(&still, &moved);
        estimator.estimate(&moved, &pattern(200, |_, _| [-2.0, 3.0]));
        assert_eq!(estimator.estimate(&still, &moved), first);
    }
}
