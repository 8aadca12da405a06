//! `lookout tail`: Follows alerts like a small command centre.
