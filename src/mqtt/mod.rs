//! The wire to the command centre.
