//! `lookout probe`: Says what a camera sends.
