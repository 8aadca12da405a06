//! What each part last reported.
