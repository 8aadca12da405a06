//! Where a literal ends in Rust source, for the tests that read the source.

/// Bytes of a text in quotes, both quotes included.
pub fn end_of_string(rest: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// Bytes of a character in quotes; a lifetime is none.
pub fn char_literal(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('\'')?;
    let first = inner.chars().next()?;
    let length = if first == '\\' { inner[1..].find('\'')? + 1 } else { first.len_utf8() };
    inner[length..].starts_with('\'').then_some(length + 2)
}
