//! Changes of a file.
