//! `lookout centre`: the command centre's receiver, until it is told to stop.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::{Failure, language, named_path, print_line};
use crate::centre;
use crate::centre::settings::{self, Settings};
use crate::config::source::Source;
use crate::contract::Language;
use crate::input_file;
use crate::text::{Sentence, argument, centre as text, foreign, log_speaks};

/// Arguments of `lookout centre`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The configuration
    #[arg(long, short, default_value = "/etc/lookout-centre/centre.toml", global = true)]
    config: PathBuf,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Report every problem of the configuration and of what it names
    Check {
        /// Also try the database and NATS
        #[arg(long)]
        reach: bool,
    },
}

/// Runs the command.
///
/// # Errors
/// The configuration has problems, or what it names cannot be used.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let settings = read(&args.config)?;
    log_speaks(language::asked().unwrap_or(settings.language));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_name("centre").build();
    let runtime = runtime.map_err(|error| Failure::tried(argument::system_says(error.to_string())))?;
    match args.action {
        Some(Action::Check { reach }) => {
            let found = runtime.block_on(centre::check(&settings, reach));
            let language = language::of_this_run();
            for (what, hint) in &found.warnings {
                say!("{}", in_words(foreign::warning(what.clone()), hint.clone(), language));
            }
            for (what, hint) in &found.problems {
                say!("{}", in_words(foreign::error(what.clone()), hint.clone(), language));
            }
            if found.problems.is_empty() {
                print_line(text::checked(args.config.display(), found.boxes).in_language(language))
            } else {
                Err(Failure::invalid(""))
            }
        }
        None => {
            let ended = runtime.block_on(until_told_to_stop(settings));
            ended.map_err(Failure::refused)
        }
    }
}

async fn until_told_to_stop(settings: Settings) -> Result<(), Sentence> {
    let (stop, stopped) = watch::channel(false);
    let no_signals = |error: std::io::Error| argument::system_says(error.to_string());
    let mut terminate = signal(SignalKind::terminate()).map_err(no_signals)?;
    tokio::spawn(async move {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        stop.send_replace(true);
        // Whoever looks at it does so until the end.
        std::future::pending::<()>().await;
    });
    centre::run(settings, stopped).await
}

fn read(path: &Path) -> Result<Settings, Failure> {
    let unread = |error: &std::io::Error| {
        named_path::unreadable(argument::the_configuration(path.display()), path, error)
    };
    let written = input_file::read_text(path).map_err(|error| unread(&error))?;
    let base = path.parent().unwrap_or(Path::new(""));
    settings::read(&Source::new(path, written), base).map_err(|problems| {
        let language = language::of_this_run();
        let told: Vec<String> =
            problems.iter().map(|problem| problem.of(path, language).to_string()).collect();
        Failure::invalid(told.join("\n"))
    })
}

fn in_words(what: Sentence, hint: Option<Sentence>, language: Language) -> String {
    let hint = hint.map(|hint| format!("\n  {}", foreign::hint(hint).in_language(language)));
    what.in_language(language) + &hint.unwrap_or_default()
}
