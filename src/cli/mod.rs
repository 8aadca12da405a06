//! The command line: one file per subcommand, each with its arguments and a `run`.
//!
//! Data goes to standard output, talk to standard error. Must never hold logic that another command or
//! the daemon would need too.

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::{FromArgMatches as _, Parser, Subcommand};
use serde_json::{Value, json};
use tracing_subscriber::EnvFilter;

use crate::clock::LogTime;
use crate::config::Problems;
use crate::config::source::Source;
use crate::contract::Language;
use crate::text::{self, Rendered, Sentence, Words, argument, foreign};

/// Writes one line to standard error, as `eprintln!` does, which would panic where nobody reads it any more
/// (`2>&1 | head`).
macro_rules! say {
    ($($part:tt)*) => {{
        // Nobody is left to tell if that fails.
        let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("{}\n", format_args!($($part)*)));
    }};
}

pub(crate) mod audit;
pub(crate) mod backup;
#[cfg(feature = "demo")]
pub(crate) mod capacity;
#[cfg(feature = "centre")]
pub(crate) mod centre;
pub(crate) mod check;
pub(crate) mod compare;
pub(crate) mod coverage;
#[cfg(feature = "demo")]
pub(crate) mod demo;
pub(crate) mod detect;
pub(crate) mod discover;
pub(crate) mod explain;
mod help;
pub(crate) mod keys;
mod language;
mod login;
pub(crate) mod models;
mod named_path;
#[cfg(feature = "web")]
pub(crate) mod page;
pub(crate) mod probe;
pub(crate) mod replay;
pub(crate) mod retune;
pub(crate) mod run;
pub mod schema;
pub(crate) mod secret;
pub(crate) mod sensors;
pub(crate) mod shadow;
mod stop;
pub mod tail;
#[cfg(feature = "web")]
pub(crate) mod tune;
mod when;
pub(crate) mod why_not;

/// Exit code of a command that did what it was asked.
pub(crate) const EXIT_OK: u8 = 0;
/// Exit code of a command that tried and failed.
pub(crate) const EXIT_FAILED: u8 = 1;
/// Exit code where the arguments or the configuration are wrong; nothing was tried.
pub(crate) const EXIT_INVALID: u8 = 2;

/// Why a command failed, as the user reads it: what failed, which thing, why, what to try.
#[derive(Debug)]
pub struct Failure {
    /// One or more lines; a line `  hint: ...` says what to try.
    pub message: String,
    /// Exit code, `EXIT_FAILED` or `EXIT_INVALID`.
    pub code: u8,
    /// The language of the message.
    pub language: Language,
    /// The message as sentences, and what to try, where it is made of them.
    sentences: Option<(Sentence, Option<Words>)>,
}

impl Failure {
    /// A command that tried and failed.
    pub fn failed(message: impl fmt::Display) -> Self {
        let language = language::of_this_run();
        Failure { message: message.to_string(), code: EXIT_FAILED, language, sentences: None }
    }

    /// A command that was asked something it cannot do.
    pub fn invalid(message: impl fmt::Display) -> Self {
        Failure { code: EXIT_INVALID, ..Failure::failed(message) }
    }

    /// A command that tried and failed, in the language of this run.
    pub fn tried(what: Sentence) -> Self {
        Failure::of_sentence(what, EXIT_FAILED)
    }

    /// A command that was asked something it cannot do, in the language of this run.
    pub fn refused(what: Sentence) -> Self {
        Failure::of_sentence(what, EXIT_INVALID)
    }

    fn of_sentence(what: Sentence, code: u8) -> Self {
        let language = language::of_this_run();
        Failure { message: what.in_language(language), code, language, sentences: Some((what, None)) }
    }

    /// A command that tried several things, of which these failed; there is at least one.
    fn several(failed: &[String]) -> Self {
        let next = format!("\n{}", foreign::error("").in_language(language::of_this_run()));
        Failure::failed(failed.join(&next))
    }

    /// Everything that is wrong with what was asked, at once; there is at least one. One that is refused refuses all.
    fn all(mut failures: Vec<Failure>) -> Self {
        if failures.len() == 1 {
            return failures.remove(0);
        }
        let messages: Vec<String> = failures.iter().map(|failure| failure.message.clone()).collect();
        let code = failures.iter().map(|failure| failure.code).max().unwrap_or(EXIT_FAILED);
        Failure { code, ..Failure::several(&messages) }
    }

    /// The same with what to try.
    #[must_use]
    pub fn hint(self, hint: impl Into<Words>) -> Self {
        self.hint_if(Some(hint))
    }

    /// The same with what to try, if there is something.
    #[must_use]
    pub(crate) fn hint_if(self, hint: Option<impl Into<Words>>) -> Self {
        let language = self.language;
        let sentences = self.sentences.map(|(what, before)| (what, hint.map(Into::into).or(before)));
        Failure { sentences, ..self }.in_language(language)
    }

    /// The same in that language; a message that is not made of sentences stays as it is.
    #[must_use]
    pub fn in_language(self, language: Language) -> Self {
        let message = match &self.sentences {
            Some((what, Some(hint))) => {
                let hint = foreign::hint(hint.clone());
                format!("{}\n  {}", what.in_language(language), hint.in_language(language))
            }
            Some((what, None)) => what.in_language(language),
            None => self.message,
        };
        Failure { message, language, ..self }
    }

    /// As a program reads it. Of what is said of a camera, code and arguments are those of what is said.
    fn json(&self) -> Value {
        let Failure { message, language, sentences, .. } = self;
        let (what, hint) = sentences.clone().unwrap_or_else(|| (foreign::words(message), None));
        let said = what.value("fault").and_then(Words::sentence).filter(|_| what.code() == "camera.of");
        let Rendered { code, args, .. } = said.unwrap_or(&what).rendered(*language);
        let text = what.in_language(*language);
        json!({ "code": code, "args": args, "text": text, "hint": hint.map(|hint| hint.in_language(*language)) })
    }

    /// The message as it is printed.
    fn report(&self) -> String {
        let Failure { message, language, .. } = self;
        let begins = foreign::error("").in_language(*language);
        match message.starts_with(begins.trim_end()) {
            true => message.clone(),
            false => foreign::error(message).in_language(*language),
        }
    }
}

/// Of a configuration that cannot be used.
impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        Failure::invalid(problems.in_language(language::of_this_run()))
    }
}

/// Edge early warning: cameras in, few trustworthy alerts out. Detection, never identification.
#[derive(Debug, Parser)]
#[command(name = "lookout", version, after_help = text::help::EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Play a clip as a camera, run the daemon on it and show the alerts
    #[cfg(feature = "demo")]
    Demo(demo::Args),
    /// Run the daemon
    Run(run::Args),
    /// Report every problem of a configuration
    Check(check::Args),
    /// Say what a camera sends, and what is wrong if it does not
    Probe(probe::Args),
    /// Find the cameras in the local networks by ONVIF, or list the streams of one
    Discover(discover::Args),
    /// Find out how many cameras this machine holds
    #[cfg(feature = "demo")]
    Capacity(capacity::Args),
    /// Print the boxes found in pictures as JSON lines
    Detect(detect::Args),
    /// Print the alerts of a recorded video as JSON lines, as fast as it can
    Replay(replay::Args),
    /// Say what another configuration would have made of a recorded video: which alerts appear, disappear, come earlier or later
    Compare(compare::Args),
    /// Say what another configuration would have made of the last days, from what the box recorded of them
    Retune(retune::Args),
    /// Say why a rule raised no alert at a time: the first stage that said no, and by how much
    WhyNot(why_not::Args),
    /// Say how long rules could have raised an alert, and what kept them from it: with it, "no alert" says something
    Coverage(coverage::Args),
    /// Say how many of each rule's judged alerts were right, and what other thresholds, durations and sizes would have made of them
    #[cfg(feature = "web")]
    Tune(tune::Args),
    /// Let another configuration judge beside the one that runs, and show what it would have told
    Shadow(shadow::Args),
    /// Say in words what an alert message says: what, where, why, who has it
    Explain(explain::Args),
    /// Print the readings of the sensors as they come
    Sensors(sensors::Args),
    /// Follow alerts like a small command centre
    Tail(tail::Args),
    /// Make, list and use the keys of those who command boxes
    Keys(keys::Args),
    /// Write the password of a camera or broker where the service can read it
    Secret(secret::Args),
    /// Write what makes this box this one into a sealed file: configuration, secrets, keys and who may open its page
    Backup(backup::Args),
    /// Put a backup back; it is checked first, and what it would replace is said
    Restore(backup::RestoreArgs),
    /// Show or verify the audit log: who asked this box for what
    Audit(audit::Args),
    /// Say where the page of the box is, and decide who may open it
    #[cfg(feature = "web")]
    Page(page::Args),
    /// List or verify models
    Models(models::Args),
    /// Print the published schemas
    Schema(schema::Args),
    /// Store what boxes say, and mark what is stored: the command centre's receiver
    #[cfg(feature = "centre")]
    Centre(centre::Args),
}

impl Command {
    /// Whether its table would drown in what every camera does.
    fn is_quiet(&self) -> bool {
        #[cfg(feature = "demo")]
        if let Command::Capacity(_) = self {
            return true;
        }
        false
    }

    /// How its log is written.
    fn log_format(&self) -> run::LogFormat {
        if let Command::Run(args) = self { args.log_format } else { run::LogFormat::Text }
    }
}

/// Runs the program; called by `main` only.
pub fn main() -> ExitCode {
    language::look_for_it_in(std::env::args_os());
    text::log_speaks(language::of_this_run());
    let arguments = arguments();
    start_log(arguments.command.is_quiet(), arguments.command.log_format());
    let result = match arguments.command {
        #[cfg(feature = "demo")]
        Command::Demo(args) => demo::run(args),
        Command::Run(args) => run::run(args),
        Command::Check(args) => check::run(args),
        Command::Probe(args) => probe::run(args),
        Command::Discover(args) => discover::run(args),
        #[cfg(feature = "demo")]
        Command::Capacity(args) => capacity::run(args),
        Command::Detect(args) => detect::run(args),
        Command::Replay(args) => replay::run(args),
        Command::Compare(args) => compare::run(args),
        Command::Retune(args) => retune::run(args),
        Command::WhyNot(args) => why_not::run(args),
        Command::Coverage(args) => coverage::run(args),
        #[cfg(feature = "web")]
        Command::Tune(args) => tune::run(args),
        Command::Shadow(args) => shadow::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Sensors(args) => sensors::run(args),
        Command::Tail(args) => tail::run(args),
        Command::Keys(args) => keys::run(args),
        Command::Secret(args) => secret::run(args),
        Command::Backup(args) => backup::run(args),
        Command::Restore(args) => backup::restore(args),
        Command::Audit(args) => audit::run(args),
        #[cfg(feature = "web")]
        Command::Page(args) => page::run(args),
        Command::Models(args) => models::run(args),
        Command::Schema(args) => schema::run(args),
        #[cfg(feature = "centre")]
        Command::Centre(args) => centre::run(args),
    };
    match result {
        Ok(()) => ExitCode::from(EXIT_OK),
        Err(failure) => {
            // Empty where it has been printed already. Nothing is left to print to if standard error is gone.
            if !failure.message.is_empty() {
                let _ = writeln!(io::stderr(), "{}", failure.report());
            }
            ExitCode::from(failure.code)
        }
    }
}

/// What was asked; the program ends here where that is help, or nothing that it understands.
fn arguments() -> Arguments {
    let language = language::of_this_run();
    let read = help::command(language).try_get_matches();
    match read.and_then(|matches| Arguments::from_arg_matches(&matches)) {
        Ok(arguments) => arguments,
        Err(error) => help::exit_with(&error, language),
    }
}

/// The line, from 1, at which a text is not what was expected. The line itself is not shown, as it may hold a secret.
fn line_of(text: &str, error: &toml::de::Error) -> u32 {
    Source::new("", text).position(error.span().unwrap_or_default().start).0
}

/// Writes one line of data to standard output. A reader that went away (`| head`) is no failure: the command goes on, and
/// its exit code says what it would have said.
pub(crate) fn print_line(line: impl fmt::Display) -> Result<(), Failure> {
    write_line(line).map(drop)
}

/// The same for a command whose lines are all that it is for and come for a long time: a reader that went away has seen
/// enough and ends it quietly.
pub(crate) fn stream_line(line: impl fmt::Display) -> Result<(), Failure> {
    if write_line(line)? {
        return Ok(());
    }
    std::process::exit(i32::from(EXIT_OK))
}

/// Whether somebody reads it.
fn write_line(line: impl fmt::Display) -> Result<bool, Failure> {
    match writeln!(io::stdout().lock(), "{line}") {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::tried(argument::output_unwritable(error.to_string()))),
    }
}

/// `quiet`: a command whose table would drown in what every camera does.
fn start_log(quiet: bool, format: run::LogFormat) {
    // Libraries talk too much at `info` for somebody on a ladder; what rumqttc warns of, such as a message that a broker does
    // not take, the log has in our own words.
    let usual =
        if quiet { "error" } else { "info,rumqttc=error,ort=warn,async_nats=warn,tokio_postgres=warn" };
    let filter = EnvFilter::try_from_env("LOOKOUT_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_target(false)
        .with_timer(LogTime)
        // It would panic to say that nobody reads standard error any more.
        .log_internal_errors(false);
    match format {
        run::LogFormat::Text => log.with_ansi(io::stderr().is_terminal()).init(),
        run::LogFormat::Json => {
            text::log_has_args();
            log.with_ansi(false)
                .json()
                .flatten_event(true)
                .with_current_span(false)
                .with_span_list(false)
                .init();
        }
    }
}
