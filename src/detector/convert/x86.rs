//! The loops of [`kernel`](super::kernel) with SSE2, AVX2 and AVX-512. Only `kernel` may call them, where it has found that
//! the processor has these instructions. Must never read or write outside the slices it is given.

#![allow(clippy::needless_range_loop)] // iterators are not inlined into every unit of the release build; numbers are

use std::arch::x86_64::*;

use super::kernel::{Channel, Row, TensorValue, finish_columns};
use super::tables::{BLOCK, GROUP, RowTaps, Windows};

/// Values that four, eight or sixteen numbers can be stored as.
pub trait Store: Sized {
    /// Stores four.
    ///
    /// # Safety
    /// `to` must point at four writable values.
    unsafe fn store_4(values: __m128, to: *mut Self);
    /// Stores eight.
    ///
    /// # Safety
    /// The processor must have AVX2, and `to` must point at eight writable values.
    unsafe fn store_8(values: __m256, to: *mut Self);
    /// Stores sixteen.
    ///
    /// # Safety
    /// The processor must have AVX-512F, and `to` must point at sixteen writable values.
    unsafe fn store_16(values: __m512, to: *mut Self);
}

impl Store for f32 {
    #[inline(always)]
    unsafe fn store_4(values: __m128, to: *mut Self) {
        // SAFETY: the caller's promise; the store needs no alignment.
        unsafe { _mm_storeu_ps(to, values) }
    }

    #[inline(always)]
    unsafe fn store_8(values: __m256, to: *mut Self) {
        // SAFETY: the caller's promise; the store needs no alignment.
        unsafe { _mm256_storeu_ps(to, values) }
    }

    #[inline(always)]
    unsafe fn store_16(values: __m512, to: *mut Self) {
        // SAFETY: the caller's promise; the store needs no alignment.
        unsafe { _mm512_storeu_ps(to, values) }
    }
}

impl Store for u8 {
    #[inline(always)]
    unsafe fn store_4(values: __m128, to: *mut Self) {
        // SAFETY: the caller's promise, and as below; values of 0..=255 fit into signed words.
        unsafe {
            let words = _mm_packs_epi32(_mm_cvtps_epi32(values), _mm_setzero_si128());
            let bytes = _mm_cvtsi128_si32(_mm_packus_epi16(words, words));
            to.cast::<i32>().write_unaligned(bytes);
        }
    }

    #[inline(always)]
    unsafe fn store_8(values: __m256, to: *mut Self) {
        // SAFETY: the caller's promise. Conversion rounds to nearest, ties to even, as long as nobody changes the
        // rounding mode, which Rust forbids; values are in 0..=255, so no saturation happens.
        unsafe {
            let whole = _mm256_cvtps_epi32(values);
            let words = _mm_packus_epi32(_mm256_castsi256_si128(whole), _mm256_extracti128_si256(whole, 1));
            _mm_storel_epi64(to.cast(), _mm_packus_epi16(words, words));
        }
    }

    #[inline(always)]
    unsafe fn store_16(values: __m512, to: *mut Self) {
        // SAFETY: as above.
        unsafe { _mm_storeu_si128(to.cast(), _mm512_cvtusepi32_epi8(_mm512_cvtps_epi32(values))) }
    }
}

/// Whether all rows lie in the plane, and their sums in `sums`.
fn all_there(sums: &[i16], plane: &[u8], stride: usize, taps: &RowTaps) -> bool {
    let last_row = taps.start + stride * taps.weights.len().saturating_sub(1);
    sums.len() >= taps.bytes && plane.len() >= last_row + taps.bytes
}

/// See [`Path::sum_rows`](super::kernel::Path::sum_rows).
#[target_feature(enable = "avx2")]
pub(super) fn sum_rows_avx2(sums: &mut [i16], plane: &[u8], stride: usize, taps: RowTaps) {
    const WIDE: usize = 64;
    assert!(all_there(sums, plane, stride, &taps), "rows within the plane");
    let mut from = 0;
    while from < taps.bytes {
        // The last ones again where they do not fill a vector: the same samples give the same sums.
        if from + WIDE > taps.bytes && from >= WIDE {
            from = taps.bytes - WIDE;
        }
        if from + WIDE > taps.bytes {
            return short_rows(sums, plane, stride, taps);
        }
        let mut sum = [_mm256_set1_epi16(i16::MIN); WIDE / 16];
        for k in 0..taps.weights.len() {
            let weight = taps.weights[k];
            let weight = _mm256_set1_epi16(weight as i16);
            for part in 0..sum.len() {
                // SAFETY: `from + WIDE <= bytes`, and `all_there` says that each row has `bytes` in the plane.
                let samples = unsafe {
                    let at = plane.as_ptr().add(taps.start + k * stride + from + 16 * part);
                    _mm256_cvtepu8_epi16(_mm_loadu_si128(at.cast()))
                };
                sum[part] = _mm256_add_epi16(sum[part], _mm256_mullo_epi16(samples, weight));
            }
        }
        for part in 0..sum.len() {
            // SAFETY: `from + WIDE <= bytes <= sums.len()`.
            unsafe { _mm256_storeu_si256(sums.as_mut_ptr().add(from + 16 * part).cast(), sum[part]) };
        }
        from += WIDE;
    }
}

/// See [`Path::sum_rows`](super::kernel::Path::sum_rows).
#[target_feature(enable = "avx2,avx512f,avx512bw")]
pub(super) fn sum_rows_avx512(sums: &mut [i16], plane: &[u8], stride: usize, taps: RowTaps) {
    const WIDE: usize = 128;
    assert!(all_there(sums, plane, stride, &taps), "rows within the plane");
    if taps.bytes < WIDE {
        return sum_rows_avx2(sums, plane, stride, taps);
    }
    let mut from = 0;
    while from < taps.bytes {
        from = from.min(taps.bytes - WIDE);
        let mut sum = [_mm512_set1_epi16(i16::MIN); WIDE / 32];
        for k in 0..taps.weights.len() {
            let weight = taps.weights[k];
            let weight = _mm512_set1_epi16(weight as i16);
            for part in 0..sum.len() {
                // SAFETY: `from + WIDE <= bytes`, and `all_there` says that each row has `bytes` in the plane.
                let samples = unsafe {
                    let at = plane.as_ptr().add(taps.start + k * stride + from + 32 * part);
                    _mm512_cvtepu8_epi16(_mm256_loadu_si256(at.cast()))
                };
                sum[part] = _mm512_add_epi16(sum[part], _mm512_mullo_epi16(samples, weight));
            }
        }
        for part in 0..sum.len() {
            // SAFETY: `from + WIDE <= bytes <= sums.len()`.
            unsafe { _mm512_storeu_si512(sums.as_mut_ptr().add(from + 32 * part).cast(), sum[part]) };
        }
        from += WIDE;
    }
}

/// Rows that are shorter than the widest step.
#[target_feature(enable = "avx2")]
fn short_rows(sums: &mut [i16], plane: &[u8], stride: usize, taps: RowTaps) {
    for (place, sum) in sums[..taps.bytes].iter_mut().enumerate() {
        let mut value = i16::MIN;
        for (k, &weight) in taps.weights.iter().enumerate() {
            let sample = i16::from(plane[taps.start + k * stride + place]);
            value = value.wrapping_add(sample.wrapping_mul(weight as i16));
        }
        *sum = value;
    }
}

// What follows is inlined into functions that have the instructions; by itself it would be a series of calls.

/// The eight output samples of a group, weighted sums of windows of column sums.
///
/// # Safety
/// The processor must have AVX2, and every window of the group must lie in `sums`.
#[inline(always)]
unsafe fn gather_8<const BLOCKS: usize>(windows: &Windows, sums: &[i16], group: usize) -> __m256i {
    let blocks = if BLOCKS == 0 { windows.blocks() } else { BLOCKS };
    let first = &windows.first()[group * GROUP..][..GROUP];
    let weights = &windows.weights()[group * blocks * GROUP * BLOCK..][..blocks * GROUP * BLOCK];
    // SAFETY: the caller's promise; `weights` has `GROUP * BLOCK` values for each block.
    unsafe {
        let mut partly = [_mm256_setzero_si256(); 4];
        let mut block = 0;
        while block < blocks {
            let mut i = 0;
            while i < 4 {
                let low = sums.as_ptr().add(first[i] as usize + block * BLOCK);
                let high = sums.as_ptr().add(first[i + 4] as usize + block * BLOCK);
                let samples = _mm256_set_m128i(_mm_loadu_si128(high.cast()), _mm_loadu_si128(low.cast()));
                let weights = _mm256_loadu_si256(weights.as_ptr().add((block * 4 + i) * 2 * BLOCK).cast());
                partly[i] = _mm256_add_epi32(partly[i], _mm256_madd_epi16(samples, weights));
                i += 1;
            }
            block += 1;
        }
        let [a, b, c, d] = partly;
        _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d))
    }
}

/// The sixteen output samples of two groups.
///
/// # Safety
/// The processor must have AVX2 and AVX-512F, and every window of the groups must lie in `sums`.
#[inline(always)]
unsafe fn gather_16<const BLOCKS: usize>(windows: &Windows, sums: &[i16], step: usize) -> __m512 {
    // SAFETY: the caller's promise.
    unsafe {
        let low = gather_8::<BLOCKS>(windows, sums, 2 * step);
        let high = gather_8::<BLOCKS>(windows, sums, 2 * step + 1);
        _mm512_cvtepi32_ps(_mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1))
    }
}

/// Whether every window lies in the sums.
fn has_room(row: &Row) -> bool {
    row.sums.iter().zip(row.windows).all(|(sums, windows)| sums.len() + 1 >= windows.room())
}

/// Four output samples of a group, from `from` on.
///
/// # Safety
/// Every window of the group must lie in `sums`.
#[inline(always)]
unsafe fn gather_4(windows: &Windows, sums: &[i16], group: usize, from: usize) -> __m128 {
    let blocks = windows.blocks();
    let first = &windows.first()[group * GROUP + from..][..4];
    let weights = &windows.weights()[group * blocks * GROUP * BLOCK..][..blocks * GROUP * BLOCK];
    // SAFETY: the caller's promise; `weights` has `GROUP * BLOCK` values for each block.
    unsafe {
        let mut partly = [_mm_setzero_si128(); 4];
        let mut block = 0;
        while block < blocks {
            let mut i = 0;
            while i < 4 {
                let samples = _mm_loadu_si128(sums.as_ptr().add(first[i] as usize + block * BLOCK).cast());
                // `from` is 0 or 4: the first or the second of each two.
                let place = (block * 4 + i) * 2 + from / 4;
                let weights = _mm_loadu_si128(weights.as_ptr().add(place * BLOCK).cast());
                partly[i] = _mm_add_epi32(partly[i], _mm_madd_epi16(samples, weights));
                i += 1;
            }
            block += 1;
        }
        let [a, b, c, d] = partly;
        let ab = _mm_add_epi32(_mm_unpacklo_epi32(a, b), _mm_unpackhi_epi32(a, b));
        let cd = _mm_add_epi32(_mm_unpacklo_epi32(c, d), _mm_unpackhi_epi32(c, d));
        _mm_cvtepi32_ps(_mm_add_epi32(_mm_unpacklo_epi64(ab, cd), _mm_unpackhi_epi64(ab, cd)))
    }
}

/// See [`Path::finish_row`](super::kernel::Path::finish_row).
pub(super) fn finish_row_sse2<V: TensorValue>(row: Row, out: [&mut [V]; 3]) {
    assert!(has_room(&row), "windows within the sums");
    let columns = out[0].len();
    let whole = columns / 4 * 4;
    assert!(out.iter().all(|channel| channel.len() == columns), "rows of one length");
    for step in 0..whole / 4 {
        let (group, from) = (step / 2, step % 2 * 4);
        // SAFETY: SSE2 is part of x86-64; `has_room` made sure of the windows; `4 * step + 4 <= whole`, which is at
        // most the length of each channel's row.
        unsafe {
            let y = gather_4(row.windows[0], row.sums[0], group, from);
            let u = gather_4(row.windows[1], row.sums[1], group, from);
            let v = gather_4(row.windows[2], row.sums[2], group, from);
            for number in 0..3 {
                let channel = &row.channels[number];
                let mut value =
                    _mm_add_ps(_mm_mul_ps(y, _mm_set1_ps(channel.y)), _mm_mul_ps(u, _mm_set1_ps(channel.u)));
                value = _mm_add_ps(value, _mm_mul_ps(v, _mm_set1_ps(channel.v)));
                value = _mm_add_ps(value, _mm_set1_ps(channel.offset));
                value = _mm_min_ps(_mm_max_ps(value, _mm_setzero_ps()), _mm_set1_ps(255.0));
                value = _mm_add_ps(_mm_mul_ps(value, _mm_set1_ps(channel.gain)), _mm_set1_ps(channel.bias));
                V::store_4(value, out[number].as_mut_ptr().add(4 * step));
            }
        }
    }
    finish_columns(row, whole..columns, out);
}

/// See [`Path::finish_row`](super::kernel::Path::finish_row).
#[target_feature(enable = "avx2")]
pub(super) fn finish_row_avx2<V: TensorValue>(row: Row, out: [&mut [V]; 3]) {
    match row.windows.map(Windows::blocks) {
        [1, 1, 1] => finish_8::<V, 1>(row, out),
        _ => finish_8::<V, 0>(row, out),
    }
}

#[target_feature(enable = "avx2")]
fn finish_8<V: TensorValue, const BLOCKS: usize>(row: Row, out: [&mut [V]; 3]) {
    assert!(has_room(&row), "windows within the sums");
    let columns = out[0].len();
    let whole = columns / GROUP * GROUP;
    assert!(out.iter().all(|channel| channel.len() == columns), "rows of one length");
    let plain = row.channels.iter().all(Channel::is_plain);
    for group in 0..whole / GROUP {
        // SAFETY: `has_room` made sure of the windows.
        let (y, u, v) = unsafe {
            (
                _mm256_cvtepi32_ps(gather_8::<BLOCKS>(row.windows[0], row.sums[0], group)),
                _mm256_cvtepi32_ps(gather_8::<BLOCKS>(row.windows[1], row.sums[1], group)),
                _mm256_cvtepi32_ps(gather_8::<BLOCKS>(row.windows[2], row.sums[2], group)),
            )
        };
        for number in 0..3 {
            let channel = &row.channels[number];
            let mut value = _mm256_add_ps(
                _mm256_mul_ps(y, _mm256_set1_ps(channel.y)),
                _mm256_mul_ps(u, _mm256_set1_ps(channel.u)),
            );
            value = _mm256_add_ps(value, _mm256_mul_ps(v, _mm256_set1_ps(channel.v)));
            value = _mm256_add_ps(value, _mm256_set1_ps(channel.offset));
            value = _mm256_min_ps(_mm256_max_ps(value, _mm256_setzero_ps()), _mm256_set1_ps(255.0));
            if !plain {
                value = _mm256_mul_ps(value, _mm256_set1_ps(channel.gain));
                value = _mm256_add_ps(value, _mm256_set1_ps(channel.bias));
            }
            // SAFETY: `group * GROUP + 8 <= whole`, which is at most the length of each channel's row.
            unsafe { V::store_8(value, out[number].as_mut_ptr().add(group * GROUP)) };
        }
    }
    finish_columns(row, whole..columns, out);
}

/// See [`Path::finish_row`](super::kernel::Path::finish_row).
#[target_feature(enable = "avx2,avx512f,avx512bw")]
pub(super) fn finish_row_avx512<V: TensorValue>(row: Row, out: [&mut [V]; 3]) {
    match row.windows.map(Windows::blocks) {
        [1, 1, 1] => finish_16::<V, 1>(row, out),
        _ => finish_16::<V, 0>(row, out),
    }
}

#[target_feature(enable = "avx2,avx512f,avx512bw")]
fn finish_16<V: TensorValue, const BLOCKS: usize>(row: Row, out: [&mut [V]; 3]) {
    assert!(has_room(&row), "windows within the sums");
    let columns = out[0].len();
    let whole = columns / 16 * 16;
    assert!(out.iter().all(|channel| channel.len() == columns), "rows of one length");
    let plain = row.channels.iter().all(Channel::is_plain);
    for step in 0..whole / 16 {
        // SAFETY: `has_room` made sure of the windows.
        let (y, u, v) = unsafe {
            (
                gather_16::<BLOCKS>(row.windows[0], row.sums[0], step),
                gather_16::<BLOCKS>(row.windows[1], row.sums[1], step),
                gather_16::<BLOCKS>(row.windows[2], row.sums[2], step),
            )
        };
        for number in 0..3 {
            let channel = &row.channels[number];
            let mut value = _mm512_add_ps(
                _mm512_mul_ps(y, _mm512_set1_ps(channel.y)),
                _mm512_mul_ps(u, _mm512_set1_ps(channel.u)),
            );
            value = _mm512_add_ps(value, _mm512_mul_ps(v, _mm512_set1_ps(channel.v)));
            value = _mm512_add_ps(value, _mm512_set1_ps(channel.offset));
            value = _mm512_min_ps(_mm512_max_ps(value, _mm512_setzero_ps()), _mm512_set1_ps(255.0));
            if !plain {
                value = _mm512_mul_ps(value, _mm512_set1_ps(channel.gain));
                value = _mm512_add_ps(value, _mm512_set1_ps(channel.bias));
            }
            // SAFETY: `16 * step + 16 <= whole`, which is at most the length of each channel's row.
            unsafe { V::store_16(value, out[number].as_mut_ptr().add(16 * step)) };
        }
    }
    finish_columns(row, whole..columns, out);
}
