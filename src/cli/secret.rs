//! `lookout secret set`: a password goes into a file that the service can read and nobody else.
//!
//! Must never show a secret or take it from the command line.

use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::path::PathBuf;

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use super::{Failure, language, named_path};
use crate::config::account::Account;
use crate::config::document::DEFAULT_SECRETS_DIR;
use crate::config::secret::MAX_SECRET_BYTES;
use crate::config::write::{self, NotWritten};
use crate::text::help::SECRET_EXAMPLES;
use crate::text::{Sentence, secret_file as say};

/// Arguments of `lookout secret`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Write a secret: asks for it on a terminal, else reads one line, `user:password` or a token, from standard input
    #[command(after_help = SECRET_EXAMPLES)]
    Set(Set),
}

#[derive(Debug, clap::Args)]
struct Set {
    /// The name that stands behind `secret` in the configuration
    name: String,
    /// The folder of secrets, made where it is not there
    #[arg(long, default_value = DEFAULT_SECRETS_DIR)]
    dir: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// The secret is none, or it cannot be written.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    match args.command {
        Command::Set(set) => write_secret(&set),
    }
}

fn write_secret(Set { name, dir }: &Set) -> Result<(), Failure> {
    if !write::is_name(name) {
        return Err(failure(&NotWritten::Name));
    }
    named_path::no_file("--dir", dir)?;
    let secret = if io::stdin().is_terminal() { asked()? } else { piped()? };
    let (path, service) = write::secret(dir, name, &secret).map_err(|error| failure(&error))?;
    let readers = match service {
        Some(Account { name, .. }) => say::service_reads(name),
        None => say::you_alone(),
    };
    say!("{}", say::wrote(path.display(), readers).in_language(language::of_this_run()));
    Ok(())
}

fn failure(error: &NotWritten) -> Failure {
    match error {
        NotWritten::Name | NotWritten::Secret(_) => Failure::refused(error.sentence()).hint_if(error.hint()),
        NotWritten::File(_, why) => {
            let hint = match why.kind() {
                io::ErrorKind::PermissionDenied => Some(say::try_sudo()),
                io::ErrorKind::Other => error.hint(),
                _ => None,
            };
            Failure::tried(error.sentence()).hint_if(hint)
        }
    }
}

/// One line from a pipe.
fn piped() -> Result<String, Failure> {
    let mut text = String::new();
    io::stdin()
        .lock()
        .take(MAX_SECRET_BYTES + 1)
        .read_to_string(&mut text)
        .map_err(|error| Failure::refused(say::input_unread(error.to_string())))?;
    sound(&text)
}

/// From a terminal: the password is not shown.
fn asked() -> Result<String, Failure> {
    let user = line(say::ask_user(), true)?;
    let password = line(say::ask_password(), false)?;
    let user = user.trim();
    if user.contains(':') {
        return Err(Failure::refused(say::colon_in_user()));
    }
    sound(&if user.is_empty() { password } else { format!("{user}:{password}") })
}

fn sound(text: &str) -> Result<String, Failure> {
    write::sound(text).map_err(|why| failure(&NotWritten::Secret(why)))
}

/// One line from the terminal.
pub(super) fn line(prompt: Sentence, shown: bool) -> Result<String, Failure> {
    let failed = |error: io::Error| Failure::tried(say::terminal_unread(error.to_string()));
    let _ = write!(io::stderr(), "{} ", prompt.in_language(language::of_this_run()))
        .and_then(|()| io::stderr().flush());
    let stdin = io::stdin();
    let before = tcgetattr(&stdin).map_err(|error| failed(error.into()))?;
    let mut silent = before.clone();
    silent.local_modes.set(LocalModes::ECHO, shown);
    tcsetattr(&stdin, OptionalActions::Flush, &silent).map_err(|error| failed(error.into()))?;
    let mut text = String::new();
    let read = stdin.lock().read_line(&mut text);
    let restored = tcsetattr(&stdin, OptionalActions::Flush, &before);
    if !shown {
        let _ = writeln!(io::stderr());
    }
    read.map_err(failed)?;
    restored.map_err(|error| failed(error.into()))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
