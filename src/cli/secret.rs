//! `lookout secret set`: a password goes into a file that the service can read and nobody else.
//!
//! Must never show a secret, take it from the command line or leave a half-written file.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use super::{Failure, language, named_path};
use crate::config::account::Account;
use crate::config::document::DEFAULT_SECRETS_DIR;
use crate::config::secret::MAX_SECRET_BYTES;
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
    let is_of_a_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if name.is_empty() || name.starts_with('.') || !name.chars().all(is_of_a_name) {
        return Err(Failure::refused(say::no_name()).hint(say::try_name()));
    }
    named_path::no_file("--dir", dir)?;
    let secret = if io::stdin().is_terminal() { asked()? } else { piped()? };
    let path = dir.join(name);
    let cannot = |path: &Path, error: io::Error| {
        let hint = (error.kind() == io::ErrorKind::PermissionDenied).then(say::try_sudo);
        named_path::unwritable(path, &error).hint_if(hint)
    };
    // Only root can give a file to the service's group; everybody else keeps it for themselves.
    let root = Account::of_this_thread().is_some_and(|me| me.is_root());
    let service = Account::of_service().filter(|service| root && service.own_group().is_some());
    prepare_folder(dir, service.as_ref()).map_err(|error| cannot(dir, error))?;
    replace(&path, &secret, service.as_ref()).map_err(|error| cannot(&path, error))?;
    let readers = match service {
        Some(Account { name, .. }) => say::service_reads(name),
        None => say::you_alone(),
    };
    say!("{}", say::wrote(path.display(), readers).in_language(language::of_this_run()));
    Ok(())
}

/// A folder that is there keeps its mode, but for what would shut the service out.
fn prepare_folder(dir: &Path, service: Option<&Account>) -> io::Result<()> {
    let is_new = !dir.exists();
    fs::create_dir_all(dir)?;
    let Some(service) = service else {
        return if is_new { fs::set_permissions(dir, Permissions::from_mode(0o700)) } else { Ok(()) };
    };
    let reached = service.act(|| fs::metadata(dir.join(".")).is_ok()).unwrap_or(false);
    if is_new || !reached {
        service.share(dir)?;
        fs::set_permissions(dir, Permissions::from_mode(0o750))?;
    }
    Ok(())
}

/// Whoever reads meanwhile has the old file or the new one.
fn replace(path: &Path, secret: &str, service: Option<&Account>) -> io::Result<()> {
    let new = path.with_file_name(format!(".{}.new", path.file_name().unwrap_or_default().to_string_lossy()));
    let _ = fs::remove_file(&new);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    let written = writeln!(file, "{secret}").and_then(|()| {
        if let Some(service) = service {
            service.share(&new)?;
            file.set_permissions(Permissions::from_mode(0o640))?;
        }
        file.sync_all()?;
        fs::rename(&new, path)
    });
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}

/// One line from a pipe.
fn piped() -> Result<String, Failure> {
    let mut text = String::new();
    io::stdin()
        .lock()
        .take(MAX_SECRET_BYTES + 1)
        .read_to_string(&mut text)
        .map_err(|error| Failure::refused(say::input_unread(error.to_string())))?;
    sound(text)
}

/// From a terminal: the password is not shown.
fn asked() -> Result<String, Failure> {
    let user = line(say::ask_user(), true)?;
    let password = line(say::ask_password(), false)?;
    let user = user.trim();
    if user.contains(':') {
        return Err(Failure::refused(say::colon_in_user()));
    }
    sound(if user.is_empty() { password } else { format!("{user}:{password}") })
}

fn sound(text: String) -> Result<String, Failure> {
    let line = text.trim_end_matches(['\r', '\n']);
    let why = if line.is_empty() {
        say::empty()
    } else if line.contains(['\r', '\n']) {
        say::several_lines()
    } else if line.len() as u64 >= MAX_SECRET_BYTES {
        say::too_long(MAX_SECRET_BYTES)
    } else {
        return Ok(line.to_owned());
    };
    Err(Failure::refused(why).hint(say::try_one_line()))
}

fn line(prompt: Sentence, shown: bool) -> Result<String, Failure> {
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
