//! Which camera frame is looked at next.
