//! The loops of [`kernel`](super::kernel) with NEON, which every 64-bit ARM processor has. Must never read or write outside
//! the slices it is given.

#![allow(clippy::needless_range_loop)] // iterators are not inlined into every unit of the release build; numbers are

use std::arch::aarch64::*;

use super::kernel::{Row, TensorValue, finish_columns};
use super::tables::{BLOCK, GROUP, Windows};

/// Values that four numbers can be stored as.
pub trait Store: Sized {
    /// Stores four.
    ///
    /// # Safety
    /// `to` must point at four writable values.
    unsafe fn store_4(values: float32x4_t, to: *mut Self);
}

impl Store for f32 {
    #[inline(always)]
    unsafe fn store_4(values: float32x4_t, to: *mut Self) {
        // SAFETY: the caller's promise; the store needs no alignment.
        unsafe { vst1q_f32(to, values) }
    }
}

impl Store for u8 {
    #[inline(always)]
    unsafe fn store_4(values: float32x4_t, to: *mut Self) {
        // SAFETY: the caller's promise. Conversion rounds to nearest, ties to even; values are in 0..=255.
        unsafe {
            let words = vmovn_u32(vcvtnq_u32_f32(values));
            let bytes = vmovn_u16(vcombine_u16(words, words));
            to.cast::<u32>().write_unaligned(vget_lane_u32(vreinterpret_u32_u8(bytes), 0));
        }
    }
}

/// Four output samples of a group, from `from` on.
///
/// # Safety
/// Every window of the group must lie in `sums`.
#[inline(always)]
unsafe fn gather_4(windows: &Windows, sums: &[i16], group: usize, from: usize) -> float32x4_t {
    let blocks = windows.blocks();
    let first = &windows.first()[group * GROUP + from..][..4];
    let weights = &windows.weights()[group * blocks * GROUP * BLOCK..][..blocks * GROUP * BLOCK];
    // SAFETY: the caller's promise; `weights` has `GROUP * BLOCK` values for each block.
    unsafe {
        let mut partly = [vdupq_n_s32(0); 4];
        let mut block = 0;
        while block < blocks {
            let mut i = 0;
            while i < 4 {
                let samples = vld1q_s16(sums.as_ptr().add(first[i] as usize + block * BLOCK));
                // `from` is 0 or 4: the first or the second of each two.
                let place = (block * 4 + i) * 2 + from / 4;
                let weights = vld1q_s16(weights.as_ptr().add(place * BLOCK));
                let low = vmlal_s16(partly[i], vget_low_s16(samples), vget_low_s16(weights));
                partly[i] = vmlal_high_s16(low, samples, weights);
                i += 1;
            }
            block += 1;
        }
        let [a, b, c, d] = partly;
        vcvtq_f32_s32(vpaddq_s32(vpaddq_s32(a, b), vpaddq_s32(c, d)))
    }
}

/// Whether every window lies in the sums.
fn has_room(row: &Row) -> bool {
    row.sums.iter().zip(row.windows).all(|(sums, windows)| sums.len() + 1 >= windows.room())
}

/// See [`Path::finish_row`](super::kernel::Path::finish_row).
pub(super) fn finish_row<V: TensorValue>(row: Row, out: [&mut [V]; 3]) {
    assert!(has_room(&row), "windows within the sums");
    let columns = out[0].len();
    let whole = columns / 4 * 4;
    assert!(out.iter().all(|channel| channel.len() == columns), "rows of one length");
    for step in 0..whole / 4 {
        let (group, from) = (step / 2, step % 2 * 4);
        // SAFETY: NEON is part of this target; `has_room` made sure of the windows; `4 * step + 4 <= whole`, which is
        // at most the length of each channel's row.
        unsafe {
            let y = gather_4(row.windows[0], row.sums[0], group, from);
            let u = gather_4(row.windows[1], row.sums[1], group, from);
            let v = gather_4(row.windows[2], row.sums[2], group, from);
            for number in 0..3 {
                let channel = &row.channels[number];
                // Multiplied and added in two steps, each rounded, as everywhere.
                let mut value = vaddq_f32(vmulq_n_f32(y, channel.y), vmulq_n_f32(u, channel.u));
                value = vaddq_f32(value, vmulq_n_f32(v, channel.v));
                value = vaddq_f32(value, vdupq_n_f32(channel.offset));
                value = vminq_f32(vmaxq_f32(value, vdupq_n_f32(0.0)), vdupq_n_f32(255.0));
                value = vaddq_f32(vmulq_n_f32(value, channel.gain), vdupq_n_f32(channel.bias));
                V::store_4(value, out[number].as_mut_ptr().add(4 * step));
            }
        }
    }
    finish_columns(row, whole..columns, out);
}
