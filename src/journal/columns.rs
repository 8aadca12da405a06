//! Numbers as bytes in columns: what lies side by side is alike, which is what compression lives from.
//!
//! Whole numbers are LEB128: seven bits a byte, the lowest first, the eighth says that more follow; signed ones are folded
//! (0, -1, 1, -2, ...) before. What is read may be anything: a column that ends too early is [`Broken`], never a panic.

/// What is read is not what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken;

/// One column that grows.
#[derive(Debug, Default)]
pub(super) struct Column(pub Vec<u8>);

impl Column {
    pub(super) fn byte(&mut self, value: u8) {
        self.0.push(value);
    }

    pub(super) fn number(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    pub(super) fn signed(&mut self, value: i64) {
        self.number(((value << 1) ^ (value >> 63)) as u64);
    }

    pub(super) fn float(&mut self, value: f32) {
        self.0.extend_from_slice(&value.to_bits().to_le_bytes());
    }

    pub(super) fn double(&mut self, value: f64) {
        self.0.extend_from_slice(&value.to_bits().to_le_bytes());
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }
}

/// What is left of a column that is read.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rest<'a>(pub &'a [u8]);

impl<'a> Rest<'a> {
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Broken> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Broken)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, Broken> {
        let (first, rest) = self.0.split_first().ok_or(Broken)?;
        self.0 = rest;
        Ok(*first)
    }

    pub(super) fn number(&mut self) -> Result<u64, Broken> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Broken)
    }

    pub(super) fn signed(&mut self) -> Result<i64, Broken> {
        let folded = self.number()?;
        Ok((folded >> 1) as i64 ^ -((folded & 1) as i64))
    }

    /// A number of things of which each takes at least a byte of what is left of `of`.
    pub(super) fn count(&mut self, of: usize) -> Result<usize, Broken> {
        let count = usize::try_from(self.number()?).map_err(|_| Broken)?;
        if count > of { Err(Broken) } else { Ok(count) }
    }

    pub(super) fn float(&mut self) -> Result<f32, Broken> {
        let bytes: [u8; 4] = self.take(4)?.try_into().map_err(|_| Broken)?;
        Ok(f32::from_bits(u32::from_le_bytes(bytes)))
    }

    pub(super) fn double(&mut self) -> Result<f64, Broken> {
        let bytes: [u8; 8] = self.take(8)?.try_into().map_err(|_| Broken)?;
        Ok(f64::from_bits(u64::from_le_bytes(bytes)))
    }

    pub(super) fn bytes(&mut self) -> Result<&'a [u8], Broken> {
        let count = usize::try_from(self.number()?).map_err(|_| Broken)?;
        self.take(count)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
