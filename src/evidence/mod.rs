//! Evidence: draw, redact, encode.
