//! Numbers too small to matter cost a processor a hundred times what others do; while a network runs they
//! are taken as zero.
//!
//! ONNX Runtime's own option (`session.set_denormal_as_zero`) changes the thread that makes the first session,
//! for good, and no thread that exists already (measured with 1.31.1), which is neither what workers need nor
//! what the rest of the program may see. So the flag is set around each run, on the thread that runs.

/// Runs `f` with subnormal numbers taken as zero on this thread, and puts things back afterwards, also when
/// `f` panics.
pub(super) fn flushed<R>(f: impl FnOnce() -> R) -> R {
    let _back = SetBack { before: control() };
    set_control(_back.before | FLUSH);
    f()
}

struct SetBack {
    before: Word,
}

impl Drop for SetBack {
    fn drop(&mut self) {
        set_control(self.before);
    }
}

#[cfg(target_arch = "x86_64")]
mod word {
    use std::arch::asm;

    pub(super) type Word = u32;
    /// MXCSR: flush to zero (bit 15), denormals are zero (bit 6).
    pub(crate) const FLUSH: Word = 1 << 15 | 1 << 6;

    pub(super) fn control() -> Word {
        let mut word: Word = 0;
        // SAFETY: stores MXCSR, which every x86-64 has, into `word`.
        unsafe { asm!("stmxcsr [{}]", in(reg) &raw mut word, options(nostack, preserves_flags)) };
        word
    }

    pub(crate) fn set_control(word: Word) {
        // SAFETY: `word` is what `control` gave, at most with the two flush bits set, so no reserved bit is.
        // Arithmetic of ours between setting and putting back could only differ in subnormal numbers; there
        // is none but the network's.
        unsafe { asm!("ldmxcsr [{}]", in(reg) &raw const word, options(nostack, preserves_flags, readonly)) };
    }
}

#[cfg(target_arch = "aarch64")]
mod word {
    use std::arch::asm;

    pub type Word = u64;
    /// FPCR.FZ.
    pub(crate) const FLUSH: Word = 1 << 24;

    pub fn control() -> Word {
        let word: Word;
        // SAFETY: reads FPCR, which every aarch64 has.
        unsafe { asm!("mrs {}, fpcr", out(reg) word, options(nomem, nostack, preserves_flags)) };
        word
    }

    pub(crate) fn set_control(word: Word) {
        // SAFETY: `word` is what `control` gave, at most with FZ set. Arithmetic of ours between setting and
        // putting back could only differ in subnormal numbers; there is none but the network's.
        unsafe { asm!("msr fpcr, {}", in(reg) word, options(nomem, nostack, preserves_flags)) };
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod word {
    //! Elsewhere subnormal numbers stay what they are, and cost what they cost.

    pub type Word = u32;
    pub(crate) const FLUSH: Word = 0;

    pub fn control() -> Word {
        0
    }

    pub(crate) fn set_control(_: Word) {}
}

use word::{FLUSH, Word, control, set_control};

#[cfg(all(test, any(target_arch = "x86_64", target_arch = "aarch64")))]
mod tests {
    use std::hint::black_box;

    use super::*;

    /// A subnormal product, kept from being computed at build time.
    fn tiny() -> f32 {
        black_box(black_box(1e-20_f32) * black_box(1e-20_f32))
    }

    #[test]
    fn tiny_numbers_are_zero_inside_and_themselves_outside() {
        assert!(tiny() > 0.0);
        assert_eq!(flushed(tiny), 0.0);
        assert!(tiny() > 0.0);
    }

    #[test]
    fn a_panic_inside_leaves_the_thread_as_it_was() {
        let result = std::panic::catch_unwind(|| flushed(|| panic!("on purpose")));
        assert!(result.is_err());
        assert!(tiny() > 0.0);
    }
}
