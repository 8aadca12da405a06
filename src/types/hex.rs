//! Bytes as hexadecimal digits, and digests as people compare them.

use sha2::{Digest as _, Sha256};

/// Two small digits for each byte.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-256, hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The 32 bytes that 64 hexadecimal digits stand for, small or large.
pub(crate) fn digest_from_hex(digits: &str) -> Option<[u8; 32]> {
    let digits: Vec<u8> =
        digits.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();
    if digits.len() == 64 { bytes.try_into().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_comes_back_from_its_digits_and_from_nothing_else() {
        // NIST's example of an empty message.
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(sha256_hex(b""), empty);
        let digest = digest_from_hex(empty).expect("64 digits");
        assert_eq!(hex(&digest), empty);
        assert_eq!(digest_from_hex(&empty.to_uppercase()), Some(digest));
        let (long, strange, accented) =
            (format!("{empty}0"), empty.replace('e', "g"), empty.replace('e', "\u{e9}"));
        for bad in [String::new(), empty[1..].to_owned(), long, strange, accented] {
            assert_eq!(digest_from_hex(&bad), None, "{bad}");
        }
    }
}
