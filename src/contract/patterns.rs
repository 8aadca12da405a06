//! The forms of texts in the schemas, as regular expressions that JSON Schema and code generators understand alike.

/// A ULID: 26 characters of Crockford's base 32, of which the first has three bits only.
pub(crate) const ULID: &str = "^[0-7][0-9A-HJKMNP-TV-Z]{25}$";
/// A SHA-256 in hexadecimal.
pub(crate) const DIGEST: &str = "^[0-9a-f]{64}$";
/// The same, or nothing where there is nothing that could have one.
pub(crate) const DIGEST_OR_NOTHING: &str = "^([0-9a-f]{64})?$";
/// A code as [`GridCode`](crate::analysis::grid::GridCode) takes it: county 6 digits, sub-district 3, community 3, grid 2 to 8.
pub(crate) const GRID: &str = "^[0-9]{6}([0-9]{3}([0-9]{3}([0-9]{2,8})?)?)?$";
