//! `lookout backup` and `lookout restore`: what makes a box this one, into a sealed file and back.
//!
//! Must never take a passphrase from the command line, nor replace a file, or write outside of the
//! configuration's folder, where nobody agreed to it.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::{Failure, language, named_path, print_line, secret};
use crate::analysis::time::Timestamp;
use crate::config::backup::{Backup, BackupError, Fate, is_passphrase, read_sealed};
use crate::config::{Config, Surroundings};
use crate::contract::words::Time;
use crate::text::help::{BACKUP_EXAMPLES, RESTORE_EXAMPLES};
use crate::text::{Sentence, backup as text, secret_file};

/// Where the service looks for its configuration.
const DEFAULT_FILE: &str = "/etc/lookout/lookout.toml";
/// Longest passphrase, in bytes, of a pipe.
const MOST_PASSPHRASE_BYTES: u64 = 4096;

/// Arguments of `lookout backup`.
#[derive(Debug, clap::Args)]
#[command(after_help = BACKUP_EXAMPLES)]
pub(crate) struct Args {
    /// The file to write; one that is there stays as it is
    file: PathBuf,
    /// The configuration of the box
    #[arg(long, short, default_value = DEFAULT_FILE)]
    config: PathBuf,
}

/// Arguments of `lookout restore`.
#[derive(Debug, clap::Args)]
#[command(after_help = RESTORE_EXAMPLES)]
pub(crate) struct RestoreArgs {
    /// The backup
    file: PathBuf,
    /// Where its configuration goes
    #[arg(long, short, default_value = DEFAULT_FILE)]
    config: PathBuf,
    /// Check the backup and print what it would do, and write nothing
    #[arg(long, conflicts_with = "replace")]
    check: bool,
    /// Replace what is here and differs, and write where only the configuration in the backup says
    #[arg(long)]
    replace: bool,
}

/// Runs `lookout backup`.
///
/// # Errors
/// Something of the box cannot be read, or the file cannot be written.
pub(crate) fn run(Args { file, config }: Args) -> Result<(), Failure> {
    let config = Config::load_in(&config, &Surroundings::elsewhere(&config)).map_err(Failure::from)?;
    if file.exists() {
        return Err(is_there(&file));
    }
    let backup = Backup::of(&config, Timestamp::now()).map_err(|error| failure(&error))?;
    let passphrase = new_passphrase()?;
    let sealed = backup.sealed(&passphrase).map_err(|error| failure(&error))?;
    write_new(&file, &sealed)?;
    let made = text::made(file.display(), backup.names().count(), &backup.box_name);
    say!("{}", made.in_language(language::of_this_run()));
    Ok(())
}

/// Runs `lookout restore`.
///
/// # Errors
/// The backup cannot be used, would replace what nobody agreed to, or cannot be written.
pub(crate) fn restore(args: RestoreArgs) -> Result<(), Failure> {
    let language = language::of_this_run();
    let print_sentence = |sentence: Sentence| say!("{}", sentence.in_language(language));
    let print = |sentence: Sentence| print_line(sentence.in_language(language));
    let sealed = read_sealed(&args.file).map_err(|error| match error {
        BackupError::Unread(path, error) => named_path::unreadable(text::file(path.display()), &path, &error),
        error => failure(&error),
    })?;
    let passphrase = if io::stdin().is_terminal() { typed(text::ask())? } else { piped()? };
    let backup = Backup::opened(&sealed, &passphrase).map_err(|error| failure(&error))?;
    print_sentence(text::found(&backup.box_name, Time(backup.made_at).to_string(), &backup.version));
    let plan = backup.plan(&args.config).map_err(|error| failure(&error))?.map_err(Failure::from)?;
    let count = |of: Fate| plan.files().filter(|(_, fate)| *fate == of).count();
    let (replaced, elsewhere) = (count(Fate::Replaced), count(Fate::Elsewhere));
    let is_to_be_written = !args.check && (replaced + elsewhere == 0 || args.replace);
    if !is_to_be_written {
        for (path, fate) in plan.files() {
            print(match fate {
                Fate::New => text::is_new(path.display()),
                Fate::Same => text::is_same(path.display()),
                Fate::Replaced => text::is_replaced(path.display()),
                Fate::Elsewhere => text::is_elsewhere(path.display()),
            })?;
        }
        if args.check {
            print_sentence(text::only_checked());
            return Ok(());
        }
        let why = match elsewhere {
            0 => text::would_replace(replaced),
            _ => text::would_go_elsewhere(replaced, elsewhere),
        };
        return Err(Failure::tried(why).hint(text::try_replace()));
    }
    plan.carry_out().map_err(|error| failure(&error))?;
    let mut written = plan.files().filter(|(_, fate)| *fate != Fate::Same).peekable();
    let is_anything_written = written.peek().is_some();
    for (path, _) in written {
        print(text::was_written(path.display()))?;
    }
    print_sentence(if is_anything_written { text::restored() } else { text::nothing_to_do() });
    Ok(())
}

fn failure(error: &BackupError) -> Failure {
    match error {
        BackupError::Weak | BackupError::NoBackup => Failure::refused(error.sentence()).hint_if(error.hint()),
        BackupError::Unread(..)
        | BackupError::TooLong(_)
        | BackupError::Unsealed(_)
        | BackupError::NotOpened
        | BackupError::TooMuchWork
        | BackupError::NotWhole
        | BackupError::Newer(_)
        | BackupError::NoPlace(_)
        | BackupError::NotWritten(_) => Failure::tried(error.sentence()).hint_if(error.hint()),
    }
}

fn is_there(file: &Path) -> Failure {
    Failure::refused(text::is_there(file.display())).hint(text::try_other_name())
}

/// Twice from a terminal, else one line from standard input.
fn new_passphrase() -> Result<String, Failure> {
    if !io::stdin().is_terminal() {
        let passphrase = piped()?;
        return if is_passphrase(&passphrase) { Ok(passphrase) } else { Err(failure(&BackupError::Weak)) };
    }
    let passphrase = typed(text::ask_new())?;
    if !is_passphrase(&passphrase) {
        return Err(failure(&BackupError::Weak));
    }
    if typed(text::ask_again())? != passphrase {
        return Err(Failure::refused(text::not_the_same()).hint(text::try_again()));
    }
    Ok(passphrase)
}

fn typed(prompt: Sentence) -> Result<String, Failure> {
    secret::line(prompt, false)
}

fn piped() -> Result<String, Failure> {
    let mut line = String::new();
    io::stdin()
        .lock()
        .take(MOST_PASSPHRASE_BYTES)
        .read_to_string(&mut line)
        .map_err(|error| Failure::refused(secret_file::input_unread(error.to_string())))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Readable for its author alone, whole or not there.
fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut file = match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(is_there(path)),
        Err(error) => return Err(named_path::unwritable(path, &error)),
    };
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|error| {
        let _ = std::fs::remove_file(path);
        named_path::unwritable(path, &error)
    })?;
    // The file's name, too, is on a stick before it is pulled out; not every file system offers that.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}
