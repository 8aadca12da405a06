//! The command line: one file per subcommand, each with its arguments and a `run`.
//!
//! Data goes to standard output, talk to standard error. Must never hold logic that another command or
//! the daemon would need too.

use std::fmt;
use std::process::ExitCode;

pub mod check;
pub mod detect;
pub mod models;
pub mod probe;
pub mod schema;
pub mod tail;

/// Exit code of a command that did what it was asked.
pub const EXIT_OK: u8 = 0;
/// Exit code of a command that tried and failed.
pub const EXIT_FAILED: u8 = 1;
/// Exit code where the arguments or the configuration are wrong; nothing was tried.
pub const EXIT_INVALID: u8 = 2;

/// Why a command failed, as the user reads it: what failed, which thing, why, what to try.
#[derive(Debug)]
pub struct Failure {
    /// One or more lines; a line `  hint: ...` says what to try.
    pub message: String,
    /// Exit code, [`EXIT_FAILED`] or [`EXIT_INVALID`].
    pub code: u8,
}

impl Failure {
    /// A command that tried and failed.
    pub fn failed(message: impl fmt::Display) -> Self {
        Failure { message: message.to_string(), code: EXIT_FAILED }
    }

    /// A command that was asked something it cannot do.
    pub fn invalid(message: impl fmt::Display) -> Self {
        Failure { message: message.to_string(), code: EXIT_INVALID }
    }
}

/// Runs the program; called by `main` only.
pub fn main() -> ExitCode {
    ExitCode::from(EXIT_OK)
}
