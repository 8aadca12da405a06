//! Reads what stands in H.264 and H.265 units bit by bit (ITU-T H.264 section 7.2, H.265 section 7.2).
//!
//! Pure. Must never panic over any bytes: past the end there is `None`.

/// The unit without its emulation prevention bytes, up to `limit` bytes of it.
pub(super) fn unescaped(unit: &[u8], limit: usize) -> Vec<u8> {
    let mut plain = Vec::with_capacity(unit.len().min(limit));
    let mut zeros = 0;
    for &byte in unit {
        if plain.len() == limit {
            break;
        }
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        plain.push(byte);
    }
    plain
}

/// A place in unescaped bytes.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Bits { bytes, at: 0 }
    }

    pub(super) fn bit(&mut self) -> Option<bool> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(bit == 1)
    }

    /// Up to 32 bits, u(n).
    pub(super) fn bits(&mut self, count: u32) -> Option<u32> {
        let mut value = 0u32;
        for _ in 0..count {
            value = value << 1 | u32::from(self.bit()?);
        }
        Some(value)
    }

    pub(super) fn skip(&mut self, count: usize) -> Option<()> {
        self.at = self.at.checked_add(count)?;
        (self.at <= self.bytes.len() * 8).then_some(())
    }

    /// ue(v).
    pub(super) fn unsigned(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.bit()? {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        let rest = self.bits(zeros)?;
        Some(((1u64 << zeros) - 1 + u64::from(rest)) as u32)
    }

    /// se(v).
    pub(super) fn signed(&mut self) -> Option<i64> {
        let code = i64::from(self.unsigned()?);
        Some(if code % 2 == 1 { code / 2 + 1 } else { -(code / 2) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_the_standard_writes_them() {
        // 1 010 011 00100 00101 with a 1 to end with.
        let bytes = [0b1010_0110, 0b0100_0010, 0b1100_0000];
        let mut bits = Bits::new(&bytes);
        let read: Vec<Option<u32>> = (0..5).map(|_| bits.unsigned()).collect();
        assert_eq!(read, [0, 1, 2, 3, 4].map(Some));
        let mut bits = Bits::new(&bytes);
        let read: Vec<Option<i64>> = (0..5).map(|_| bits.signed()).collect();
        assert_eq!(read, [0, 1, -1, 2, -2].map(Some));
        assert_eq!(Bits::new(&[0; 8]).unsigned(), None, "no number has so many zeros");
        assert_eq!(Bits::new(&[]).bit(), None);
    }

    #[test]
    fn emulation_prevention_is_taken_out() {
        assert_eq!(unescaped(&[1, 0, 0, 3, 1, 0, 0, 3, 0, 0, 3], 99), [1, 0, 0, 1, 0, 0, 0, 0]);
        assert_eq!(unescaped(&[1, 2, 3, 4], 2), [1, 2]);
    }
}
