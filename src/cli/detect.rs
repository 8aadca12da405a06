//! `lookout detect`: Boxes of pictures as JSON lines.
