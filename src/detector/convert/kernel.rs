//! The two loops a conversion spends its time in: adding up source rows, and making an output row of the sums.
//!
//! Each is written down twice or more: plainly, which says what is meant and runs anywhere, and with the instructions of
//! processors that have better ones, chosen when the program runs. All give the same values bit for bit, so that a
//! recording gives the same alerts on every box; the tests hold that. Hence no fused multiply-add: it rounds once where
//! the plain loop rounds twice.
//!
//! Tried in place of the written instructions: the plain loops, and ones that keep strips and groups of eight in arrays,
//! compiled for AVX2 and AVX-512 (`#[target_feature]`, which is what `multiversion` does). In turns, on pictures of
//! 352x288 to 1920x1080, they took 3.9 to 6.7 times as long: the compiler adds neighbours up one output at a time.
//!
//! What is called for each sample says `#[inline]`: the release build is not optimised across its units, and a closure
//! that lands in another one costs five times the loop.

#![allow(clippy::needless_range_loop)] // iterators are not inlined into every unit of the release build; numbers are

use super::tables::{BLOCK, COLUMN_TOTAL, ROW_TOTAL, RowTaps, Windows};

/// Fixed point to 0..255, less 128.
const GATHERED: f32 = 1.0 / (ROW_TOTAL * COLUMN_TOTAL) as f32;

/// Which instructions do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Path {
    /// Whatever the compiler makes of plain loops.
    Plain,
    /// SSE2: every 64-bit x86 processor.
    #[cfg(target_arch = "x86_64")]
    Sse2,
    /// AVX2: x86 processors since about 2013, small ones since about 2021.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX-512 with bytes and words: x86 servers, and some desktops.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// Every 64-bit ARM processor.
    #[cfg(target_arch = "aarch64")]
    Neon,
}

impl Path {
    /// The ways that this processor can take, the quickest last.
    pub(crate) fn possible() -> Vec<Path> {
        let mut paths = vec![Path::Plain];
        #[cfg(target_arch = "x86_64")]
        {
            paths.push(Path::Sse2);
            if is_x86_feature_detected!("avx2") {
                paths.push(Path::Avx2);
            }
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("avx512bw") {
                paths.push(Path::Avx512);
            }
        }
        #[cfg(target_arch = "aarch64")]
        paths.push(Path::Neon);
        paths
    }

    /// The quickest.
    pub(super) fn best() -> Path {
        Self::possible().last().copied().unwrap_or(Path::Plain)
    }
}

/// A value of a model's input tensor: `f32`, or `u8` for networks that take pictures as they are.
pub trait TensorValue: Copy + Default + sealed::Stored {
    /// The value for a sample of 0..255 after normalisation.
    fn of(value: f32) -> Self;
}

impl TensorValue for f32 {
    #[inline]
    fn of(value: f32) -> Self {
        value
    }
}

impl TensorValue for u8 {
    /// The nearest, of two the even one. Only for values of 0..=255, that is, without normalisation.
    #[inline]
    fn of(value: f32) -> Self {
        // Added to this, numbers of this size have no room for a fraction: the same as `round_ties_even`, which is
        // a call into the C library on processors that have no instruction for it.
        const ROUND: f32 = (1 << 23) as f32;
        (value + ROUND).to_bits() as u8
    }
}

pub(super) mod sealed {
    /// What vectors can be stored as.
    #[cfg(target_arch = "x86_64")]
    pub trait Stored: super::super::x86::Store {}
    #[cfg(target_arch = "aarch64")]
    pub trait Stored: super::super::arm::Store {}
    /// What vectors can be stored as: there are none.
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    pub trait Stored {}

    impl Stored for f32 {}
    impl Stored for u8 {}
}

/// One colour channel of the tensor, from sums of luma and chroma:
/// `clamp(y * Y + u * U + v * V + offset, 0, 255) * gain + bias`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Channel {
    pub y: f32,
    pub u: f32,
    pub v: f32,
    pub offset: f32,
    pub gain: f32,
    pub bias: f32,
}

impl Channel {
    /// From coefficients for samples of 0..255, as the standards write them.
    pub(crate) fn of_samples((y, u, v, offset): (f32, f32, f32, f32), gain: f32, bias: f32) -> Self {
        // Sums are in fixed point and less 128.
        let offset = offset + 128.0 * (y + u + v);
        Channel { y: y * GATHERED, u: u * GATHERED, v: v * GATHERED, offset, gain, bias }
    }

    /// The value for gathered sums.
    #[inline]
    fn value<V: TensorValue>(&self, y: f32, u: f32, v: f32) -> V {
        let value = (y * self.y + u * self.u + v * self.v + self.offset).clamp(0.0, 255.0);
        V::of(value * self.gain + self.bias)
    }

    /// Whether what is clamped is already what the network wants.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn is_plain(&self) -> bool {
        self.gain == 1.0 && self.bias == 0.0
    }
}

/// What an output row is made of: the column sums of luma and both chromas, how each is gathered, and the colours.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    pub sums: [&'a [i16]; 3],
    pub windows: [&'a Windows; 3],
    pub channels: &'a [Channel; 3],
}

impl Path {
    /// `sums[i] = -128.0 + weighted sum of the rows at i`, in 8.8 fixed point: within -32768..=32512, whatever wrapped
    /// on the way, because the weights of all rows together are [`ROW_TOTAL`]. Fills as many as the rows have bytes.
    pub(crate) fn sum_rows(self, sums: &mut [i16], plane: &[u8], stride: usize, taps: RowTaps) {
        match self {
            Path::Plain => sum_rows(sums, plane, stride, taps),
            // The compiler makes this of the plain loop.
            #[cfg(target_arch = "x86_64")]
            Path::Sse2 => sum_rows(sums, plane, stride, taps),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `possible` found AVX2.
            Path::Avx2 => unsafe { super::x86::sum_rows_avx2(sums, plane, stride, taps) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `possible` found AVX2, AVX-512F and AVX-512BW.
            Path::Avx512 => unsafe { super::x86::sum_rows_avx512(sums, plane, stride, taps) },
            #[cfg(target_arch = "aarch64")]
            Path::Neon => sum_rows(sums, plane, stride, taps),
        }
    }

    /// Makes an output row: gathers its columns, and fills one row of each channel of the tensor, all of one length.
    pub(crate) fn finish_row<V: TensorValue>(self, row: Row, out: [&mut [V]; 3]) {
        match self {
            Path::Plain => finish_row(row, out),
            #[cfg(target_arch = "x86_64")]
            Path::Sse2 => super::x86::finish_row_sse2(row, out),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `possible` found AVX2.
            Path::Avx2 => unsafe { super::x86::finish_row_avx2(row, out) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `possible` found AVX2, AVX-512F and AVX-512BW.
            Path::Avx512 => unsafe { super::x86::finish_row_avx512(row, out) },
            #[cfg(target_arch = "aarch64")]
            Path::Neon => super::arm::finish_row(row, out),
        }
    }
}

#[inline]
fn sum_rows(sums: &mut [i16], plane: &[u8], stride: usize, taps: RowTaps) {
    let sums = &mut sums[..taps.bytes];
    let row = |k: usize| &plane[taps.start + k * stride..][..taps.bytes];
    // Two rows at a time, so that sums are stored and loaded half as often.
    for (pair, weights) in taps.weights.chunks(2).enumerate() {
        let k = 2 * pair;
        match *weights {
            [a, b] => add_two_rows(sums, row(k), a, row(k + 1), b, pair > 0),
            [a] => add_two_rows(sums, row(k), a, row(k), 0, pair > 0),
            _ => {}
        }
    }
}

#[inline]
fn add_two_rows(sums: &mut [i16], a: &[u8], weight_a: u16, b: &[u8], weight_b: u16, add: bool) {
    let pair = |a: u8, b: u8| {
        u16::from(a).wrapping_mul(weight_a).wrapping_add(u16::from(b).wrapping_mul(weight_b)) as i16
    };
    if add {
        for ((sum, &a), &b) in sums.iter_mut().zip(a).zip(b) {
            *sum = sum.wrapping_add(pair(a, b));
        }
    } else {
        for ((sum, &a), &b) in sums.iter_mut().zip(a).zip(b) {
            *sum = i16::MIN.wrapping_add(pair(a, b));
        }
    }
}

fn finish_row<V: TensorValue>(row: Row, out: [&mut [V]; 3]) {
    let columns = out[0].len();
    finish_columns(row, 0..columns, out);
}

/// The columns `which` of an output row; each path ends with those that do not fill its vectors.
#[inline]
pub(super) fn finish_columns<V: TensorValue>(row: Row, which: std::ops::Range<usize>, out: [&mut [V]; 3]) {
    let [a, b, c] = out;
    for column in which {
        let y = gather(row.windows[0], row.sums[0], column) as f32;
        let u = gather(row.windows[1], row.sums[1], column) as f32;
        let v = gather(row.windows[2], row.sums[2], column) as f32;
        let [first, second, third] = row.channels;
        a[column] = first.value(y, u, v);
        b[column] = second.value(y, u, v);
        c[column] = third.value(y, u, v);
    }
}

/// One output sample: its window of column sums, weighted.
#[inline]
fn gather(windows: &Windows, sums: &[i16], output: usize) -> i32 {
    let first = windows.first()[output] as usize;
    let mut sum = 0;
    for block in 0..windows.blocks() {
        let Some(samples) = sums[first + block * BLOCK..].first_chunk::<BLOCK>() else { break };
        let weights = windows.weights_of(output, block);
        for k in 0..BLOCK {
            sum += i32::from(samples[k]) * i32::from(weights[k]);
        }
    }
    sum
}
