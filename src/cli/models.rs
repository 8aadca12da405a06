//! `lookout models`: Lists and verifies models.
