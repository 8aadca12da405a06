//! A text that does not fit into one message, cut into parts that do. Pure.

use crate::contract::command::{TextKind, TextPart};
use crate::types::hex::sha256_hex;

/// Maximum bytes of a part as JSON has them: the rest of a message of 32 KiB is for what stands around it.
const PART_BYTES: usize = 24 * 1024;

/// A text on its way out.
#[derive(Debug)]
pub(crate) struct LongText {
    pub what: TextKind,
    /// The whole of it.
    pub text: String,
    /// The place from which to request more, if there is more.
    pub next: Option<u64>,
    /// How many addresses in it are not whole.
    pub hidden: Option<u32>,
}

impl LongText {
    /// Its parts in their order; one at least, also of an empty text.
    pub(crate) fn into_parts(self) -> Vec<TextPart> {
        let LongText { what, text, next, hidden } = self;
        let (bytes, sha256) = (text.len() as u64, sha256_hex(text.as_bytes()));
        let pieces = pieces(&text);
        let total = u32::try_from(pieces.len()).unwrap_or(u32::MAX);
        let part = |(index, piece): (u32, &str)| TextPart {
            what,
            index,
            total,
            bytes,
            sha256: sha256.clone(),
            next,
            hidden,
            text: piece.to_owned(),
        };
        (1..).zip(pieces).map(part).collect()
    }
}

fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut from, mut bytes) = (0, 0);
    for (at, c) in text.char_indices() {
        let needed = json_bytes(c);
        if bytes + needed > PART_BYTES {
            pieces.push(&text[from..at]);
            (from, bytes) = (at, 0);
        }
        bytes += needed;
    }
    pieces.push(&text[from..]);
    pieces
}

/// How many bytes a character takes inside a JSON text, at most.
fn json_bytes(c: char) -> usize {
    match c {
        '"' | '\\' | '\n' | '\r' | '\t' => 2,
        c if c.is_control() => 6,
        c => c.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<TextPart> {
        LongText { what: TextKind::Config, text: text.to_owned(), next: None, hidden: None }.into_parts()
    }

    #[test]
    fn the_parts_are_the_whole_and_each_fits_into_a_message() {
        let worst = "\u{1}".repeat(20_000);
        for text in ["", "a", &"好\"\n".repeat(30_000), &worst, &"x".repeat(PART_BYTES)] {
            let parts = parts(text);
            let joined: String = parts.iter().map(|part| part.text.as_str()).collect();
            assert!(joined == text, "{} bytes", text.len());
            for (index, part) in (1..).zip(&parts) {
                assert_eq!((part.index, part.total as usize), (index, parts.len()));
                assert_eq!((part.bytes, &part.sha256), (text.len() as u64, &sha256_hex(text.as_bytes())));
                let json = serde_json::to_vec(part).unwrap();
                assert!(json.len() < PART_BYTES + 1024, "{} bytes", json.len());
            }
        }
        assert_eq!(parts(&"x".repeat(PART_BYTES)).len(), 1);
        assert_eq!(parts(&"x".repeat(PART_BYTES + 1)).len(), 2);
    }
}
