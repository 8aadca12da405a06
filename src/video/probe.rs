//! `lookout probe` looks at a stream here.
