//! `lookout keys`: the keys of those who command boxes. Makes a pair, lists those that a configuration names, signs a
//! command for scripts. Must never print a private key, and never read one that others can read.

use std::fs::{self, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::Value;

use super::{Failure, print_line};
use crate::config::secret::mode_if_open_to_others;
use crate::config::{Config, Surroundings};
use crate::contract::signature::{PrivateKey, Role};

/// Most bytes of a key file or of a command.
const MOST_BYTES: u64 = 256 * 1024;

/// Make, list and use the keys of those who command boxes.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make a pair of keys: the private half goes into a file, the public half is printed for the configuration
    Make {
        /// Its name: who holds it
        name: String,
        /// desk (ack, mark, snapshot, selftest), operator (also set, mute, confirm, original) or admin (also config)
        #[arg(long, value_parser = role)]
        role: Role,
        /// Folder for the private half, NAME.jwk; keep it off the box
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// List the keys that a configuration names
    List {
        /// The configuration
        #[arg(long, short, default_value = "/etc/lookout/lookout.toml")]
        config: PathBuf,
    },
    /// Sign a command and print it as it is to be published
    ///
    /// Reads a JSON object, for example {"request_id":"r1","area":"530127","box":"box-7f3a","command":"selftest",
    /// "by":"desk 2","iat":"...","exp":"..."}.
    Sign {
        /// The private key, as `make` wrote it
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// The command; standard input by default
        #[arg(value_name = "JSON")]
        command: Option<PathBuf>,
    },
}

fn role(name: &str) -> Result<Role, String> {
    Role::named(name).ok_or_else(|| "there are desk, operator and admin".to_owned())
}

/// Runs the command.
///
/// # Errors
/// A file cannot be read or written, or holds something else.
pub fn run(args: Args) -> Result<(), Failure> {
    match args.action {
        Action::Make { name, role, out } => make(&name, role, &out),
        Action::List { config } => list(&config),
        Action::Sign { key, command } => sign(&key, command.as_deref()),
    }
}

fn make(name: &str, role: Role, out: &Path) -> Result<(), Failure> {
    let key = PrivateKey::generate(name).map_err(Failure::invalid)?;
    let path = out.join(format!("{name}.jwk"));
    let cannot = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => Failure::failed(format!(
            "{} is there already\n  hint: a lost key is replaced by one with another name; nothing is overwritten",
            path.display()
        )),
        _ => Failure::failed(format!("{} cannot be written: {error}", path.display())),
    };
    fs::create_dir_all(out).map_err(cannot)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(cannot)?;
    file.write_all(key.to_jwk().as_bytes()).and_then(|()| file.sync_all()).map_err(cannot)?;
    // Nobody is left to tell if standard error is gone.
    let _ = writeln!(
        io::stderr(),
        "the private key is in {}; who holds it is `{name}`\nthese lines go to the end of the box's configuration:",
        path.display()
    );
    print_line(format!(
        "[[command_key]]\nid = \"{name}\"\nrole = \"{}\"\npublic_key = \"{}\"",
        role.name(),
        key.public().text()
    ))
}

fn list(path: &Path) -> Result<(), Failure> {
    let config = Config::load_in(path, &Surroundings::elsewhere(path)).map_err(Failure::invalid)?;
    for key in &config.command_keys {
        print_line(format!("{:<20} {:<9} {}", key.id, key.role.name(), key.public.text()))?;
    }
    if config.command_keys.is_empty() {
        let _ = writeln!(
            io::stderr(),
            "no keys: acknowledgements and marks are taken unsigned, and nothing else\n  hint: lookout keys make NAME --role desk --out DIR"
        );
    }
    Ok(())
}

fn sign(key: &Path, command: Option<&Path>) -> Result<(), Failure> {
    let key = read_private(key)?;
    let text = match command {
        Some(path) => fs::read_to_string(path)
            .map_err(|error| Failure::failed(format!("{} cannot be read: {error}", path.display())))?,
        None => {
            let mut text = String::new();
            io::stdin()
                .take(MOST_BYTES)
                .read_to_string(&mut text)
                .map_err(|error| Failure::failed(format!("standard input cannot be read: {error}")))?;
            text
        }
    };
    let value: Value = serde_json::from_str(&text)
        .map_err(|error| Failure::invalid(format!("the command is no JSON: {error}")))?;
    if !value.is_object() {
        return Err(Failure::invalid("the command must be a JSON object"));
    }
    print_line(key.sign(value.to_string().as_bytes()))
}

/// Reads a private key that only its owner can read.
///
/// # Errors
/// It is not there, others can read it, or it is no key.
pub(super) fn read_private(path: &Path) -> Result<PrivateKey, Failure> {
    let cannot =
        |error: io::Error| Failure::failed(format!("the key {} cannot be read: {error}", path.display()));
    let file = fs::File::open(path).map_err(cannot)?;
    let metadata = file.metadata().map_err(cannot)?;
    if let Some(mode) = mode_if_open_to_others(&metadata) {
        return Err(Failure::invalid(format!(
            "the key {0} can be read by other users (mode {mode:03o})\n  hint: chmod 600 {0}; if others may have read it, make another and take this one out of the boxes",
            path.display()
        )));
    }
    let mut text = String::new();
    file.take(MOST_BYTES).read_to_string(&mut text).map_err(cannot)?;
    PrivateKey::from_jwk(&text).map_err(|error| Failure::invalid(format!("{}: {error}", path.display())))
}
