//! The place of a camera or sensor as the sub-district writes it.

use std::fmt;

use crate::text::{Sentence, place as say};

/// A grid code: county 6 digits, then sub-district 3, community 3, grid 2 or more. Holds by construction.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GridCode(String);

/// Why a text is no grid code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GridError {
    /// Something other than digits.
    NotDigits,
    /// Length that fits no level.
    Length(usize),
}

impl GridError {
    /// What is wrong, for people.
    pub fn sentence(&self) -> Sentence {
        match self {
            GridError::NotDigits => say::digits_only(),
            GridError::Length(digits) => say::wrong_length(*digits),
        }
    }
}

impl fmt::Display for GridError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sentence().fmt(f)
    }
}

impl std::error::Error for GridError {}

impl GridCode {
    /// Reads a code such as `53012700300102`.
    pub fn parse(text: &str) -> Result<Self, GridError> {
        if !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(GridError::NotDigits);
        }
        match text.len() {
            6 | 9 | 12 | 14..=20 => Ok(GridCode(text.to_owned())),
            n => Err(GridError::Length(n)),
        }
    }

    /// The code as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// From the county down: `530127 / 003 / 001 / 02`, for people.
    pub fn path(&self) -> Vec<&str> {
        let mut parts = Vec::with_capacity(4);
        for (from, to) in [(0, 6), (6, 9), (9, 12), (12, self.0.len())] {
            if self.0.len() > from {
                parts.push(&self.0[from..to.min(self.0.len())]);
            }
        }
        parts
    }
}

impl fmt::Display for GridCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_reads_from_the_county_down() {
        let grid = GridCode::parse("53012700300102").expect("14 digits");
        assert_eq!(grid.path(), ["530127", "003", "001", "02"]);
        assert_eq!(GridCode::parse("530127").expect("6 digits").path(), ["530127"]);
        assert_eq!(grid.to_string(), "53012700300102");
    }

    #[test]
    fn what_fits_no_level_is_refused() {
        assert_eq!(GridCode::parse("5301270"), Err(GridError::Length(7)));
        assert_eq!(GridCode::parse("53012700300102x"), Err(GridError::NotDigits));
        assert_eq!(GridCode::parse(""), Err(GridError::Length(0)));
        assert_eq!(GridCode::parse("５３０１２７"), Err(GridError::NotDigits));
    }
}
