//! `lookout run`: the daemon, until it is to stop.

use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::config::document::DEFAULT_LANGUAGE;
use crate::daemon;
use crate::text::{argument, language_of_log, log_speaks};
use crate::types::language::Language;

use super::{Failure, named_path};

/// Arguments of `lookout run`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The configuration
    #[arg(long, short, default_value = "/etc/lookout/lookout.toml")]
    config: PathBuf,
    /// The model manifest, or its folder [default: the configuration's, else LOOKOUT_MODELS, models/, beside the program,
    /// /usr/share/lookout/models]
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// Allow core files and debuggers. They hold the passwords of cameras and brokers: only to look for a fault, and never on a
    /// box in the field
    #[arg(long)]
    allow_core: bool,
    /// Lines of the log for people, or JSON objects for programs: `code` says which sentence it is and `args`, JSON in a text,
    /// what stands in it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) log_format: LogFormat,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    #[value(help = None)]
    Text,
    /// One JSON object a line.
    #[value(help = None)]
    Json,
}

/// Runs it.
///
/// # Errors
/// A configuration with problems where the command centre sent none before, models that cannot be used, or a part of the
/// daemon that cannot start. What somebody has to mend in a file is [`EXIT_INVALID`](super::EXIT_INVALID), as `check` has it.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let path = args.config.clone();
    // It is read again at each change.
    named_path::no_pipe(argument::the_configuration(path.display()), &path)?;
    start(args).map_err(|failure| {
        let report = daemon::failed_start::report_and_wait(&failure.report(), &path);
        if report { Failure { message: String::new(), ..failure } } else { failure }
    })
}

fn start(args: Args) -> Result<(), Failure> {
    if let Some(language) = super::language::asked().or_else(|| site_language(&args.config)) {
        log_speaks(language);
    }
    let short_runs = daemon::crash_loop::report_and_wait(&args.config);
    let (config, broken_file) = match Config::load(&args.config) {
        Ok(config) => (config, None),
        Err(problems) => match daemon::stored_configuration(&args.config) {
            Some(stored) => (stored, Some(problems)),
            None => {
                let language = language_of_log();
                return Err(Failure::invalid(problems.in_language(language)).in_language(language));
            }
        },
    };
    let options = daemon::Options {
        manifest: args.manifest,
        broken_file,
        short_runs,
        may_be_dumped: args.allow_core,
        language: super::language::asked(),
    };
    daemon::run(config, options).map_err(|error| {
        let failure = if error.is_to_mend { Failure::invalid(&error) } else { Failure::failed(&error) };
        failure.in_language(language_of_log())
    })
}

/// The language that the file names, as far as it can be read: what is wrong with the file is said in it, too.
fn site_language(path: &Path) -> Option<Language> {
    let text = crate::config::text_of(path).ok()?;
    let (root, _) = toml::de::DeTable::parse_recoverable(&text);
    let site = root.get_ref().get("site")?.get_ref().as_table()?;
    let Some(named) = site.get("language") else { return Some(DEFAULT_LANGUAGE) };
    let named = named.get_ref().as_str()?;
    Language::ALL.into_iter().find(|language| language.tag() == named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_speaks_the_sites_language_also_where_the_file_is_broken() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lookout.toml");
        for (text, expected) in [
            ("[site]\nlanguage = \"zh-CN\"\n", Some(Language::Chinese)),
            ("[site]\nlanguage = \"en\"\n[mqtt\nurl = 1\n", Some(Language::English)),
            ("[site]\nlanguage = \"fr\"\n", None),
            ("[site]\nbox = \"box-1\"\n", Some(Language::Chinese)),
            ("box = \"box-1\"\n", None),
        ] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(site_language(&path), expected, "{text}");
        }
        assert_eq!(site_language(&folder.path().join("none.toml")), None);
    }
}
