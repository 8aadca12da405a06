//! `lookout run`: the daemon, until it is told to stop.

use std::path::PathBuf;

use crate::config::Config;
use crate::daemon;
use crate::text::language_of_log;

use super::Failure;

/// Arguments of `lookout run`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The configuration
    #[arg(long, short, default_value = "/etc/lookout/lookout.toml")]
    config: PathBuf,
    /// The list of models
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// Allow core files and debuggers. They hold the passwords of cameras and brokers: only to look for a fault, and never on a
    /// box in the field
    #[arg(long)]
    allow_core: bool,
}

/// Runs it.
///
/// # Errors
/// A configuration with problems where the command centre sent none before, or a part of the daemon that cannot start.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let path = args.config.clone();
    start(args).map_err(|failure| {
        let told = daemon::failed_start::tell_and_wait(&failure.told(), &path);
        if told { Failure { message: String::new(), ..failure } } else { failure }
    })
}

fn start(args: Args) -> Result<(), Failure> {
    let short_runs = daemon::crash_loop::tell_and_wait(&args.config);
    let (config, broken_file) = match Config::load(&args.config) {
        Ok(config) => (config, None),
        Err(problems) => match daemon::stored_configuration(&args.config) {
            Some(stored) => (stored, Some(problems)),
            None => return Err(problems.into()),
        },
    };
    let options = daemon::Options {
        manifest: args.manifest,
        broken_file,
        short_runs,
        may_be_dumped: args.allow_core,
        language: super::language::asked(),
    };
    daemon::run(config, options).map_err(|error| Failure::failed(error).in_language(language_of_log()))
}
