//! The `lookout` program: parse, call, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    lookout::cli::main()
}
