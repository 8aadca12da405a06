//! `lookout run`: the daemon, until it is told to stop.

use std::path::PathBuf;

use crate::config::Config;
use crate::daemon;

use super::Failure;

/// Arguments of `lookout run`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The configuration
    #[arg(long, short, default_value = "/etc/lookout/lookout.toml")]
    config: PathBuf,
    /// The list of models
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
}

/// Runs it.
///
/// # Errors
/// A configuration with problems, or a part of the daemon that cannot start.
pub fn run(args: Args) -> Result<(), Failure> {
    let config = Config::load(&args.config).map_err(Failure::invalid)?;
    daemon::run(config, daemon::Options { manifest: args.manifest }).map_err(Failure::failed)
}
