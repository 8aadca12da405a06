//! `lookout keys`: the keys of those who command boxes, and the one by which a box signs. Makes a pair, lists those that a
//! configuration names, signs a command for scripts, prints the public half of the box's own. Must never print a private
//! key, and never use one that others can read.

use std::fs::{self, OpenOptions};
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::Value;

use super::{Failure, named_path, print_line};
use crate::analysis::time::Timestamp;
use crate::config::secret::mode_if_open_to_others;
use crate::config::{Config, Surroundings};
use crate::contract::signature::{PrivateKey, PublicKey, Role, looks_signed};
use crate::contract::{Language, portable_json};
use crate::control::{self, reference};
use crate::daemon::box_key;
use crate::text::{Sentence, argument};

/// Most bytes of a key file or of a command.
const MOST_BYTES: u64 = 256 * 1024;

/// Make, list and use the keys of those who command boxes; print the key by which this box signs.
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
        #[arg(long, value_parser = role, help = reference::roles_in_short())]
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
    /// Print the public half of the key by which this box signs, for the command centre to register
    ///
    /// The box makes its key at its first start and keeps it beside its queue, in the file box-key.jwk; the private half
    /// never leaves it. How messages are verified with it: config/CONTRACT.md, "Verify that it is the box".
    #[command(verbatim_doc_comment)]
    Box {
        /// The configuration
        #[arg(long, short, default_value = "/etc/lookout/lookout.toml")]
        config: PathBuf,
        /// The key alone, a JWK on one line
        #[arg(long)]
        json: bool,
    },
    /// Sign a command and print it as it is to be published
    ///
    /// Reads one JSON object, for example
    /// {"request_id":"r1","area":"530127","box":"box-7f3a","command":"selftest","by":"desk 2","iat":"2026-03-01T08:00:00Z","exp":"2026-03-01T08:05:00Z"}
    ///
    /// What is printed goes to the topic lookout/v1/AREA/BOX/down/cmd/COMMAND, with QoS 1 and without the retain flag; a
    /// configuration to .../down/config and a mark to .../down/mark, which are retained. Where the box would refuse the
    /// command for its form or its times, that is said on standard error; it is signed all the same.
    ///
    /// Exit code 0: it was signed. 1: a file could not be read. 2: the key is none, or the command is no JSON object that
    /// everybody reads alike: a name that stands twice in it, or a number beyond 2^53 - 1.
    #[command(verbatim_doc_comment)]
    Sign {
        /// The private key, the file NAME.jwk that `lookout keys make` wrote
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// The file with the command; without it or with `-`, standard input
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
        Action::Box { config, json } => print_box_key(&config, json),
        Action::Sign { key, command } => sign(&key, command.as_deref()),
    }
}

fn make(name: &str, role: Role, out: &Path) -> Result<(), Failure> {
    let key = PrivateKey::generate(name).map_err(Failure::invalid)?;
    prepare_folder(out)?;
    let path = out.join(format!("{name}.jwk"));
    write_key(&path, &key.to_jwk()).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Failure::failed(format!(
            "{} is there already\n  hint: a lost key is replaced by one with another name; nothing is overwritten",
            path.display()
        )),
        _ => Failure::failed(format!(
            "{} cannot be written: {}\n  hint: --out names a folder that this user may write, and that is no folder of a box",
            path.display(),
            named_path::unwritten(&error)
        )),
    })?;
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

/// The folder for a key, made where it is not there.
fn prepare_folder(out: &Path) -> Result<(), Failure> {
    if !out.exists() && out.extension().is_some_and(|extension| extension == "jwk") {
        let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty());
        return Err(Failure::invalid(format!(
            "--out must name a folder, and {} looks like the name of a file\n  hint: the key becomes the file NAME.jwk in that folder: --out {}",
            out.display(),
            folder.unwrap_or(Path::new(".")).display()
        )));
    }
    named_path::make_folder("--out", out)
}

/// Writes a whole key into a new file that its owner alone can read, or none.
fn write_key(path: &Path, jwk: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let written = file.write_all(jwk.as_bytes()).and_then(|()| file.sync_all());
    if written.is_err() {
        // Half a key is of no use, and would be in the way of the next try.
        let _ = fs::remove_file(path);
    }
    written
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

fn print_box_key(path: &Path, json: bool) -> Result<(), Failure> {
    let config = Config::load_in(path, &Surroundings::elsewhere(path)).map_err(Failure::invalid)?;
    let (folder, language) = (&config.outbox.dir, config.site.language);
    let key = box_key::read(folder, &config.full_name()).map_err(|error| {
        let (sentence, hint) = (error.sentence(language), error.hint(language));
        let message = match language {
            Language::English => format!("{sentence}\n  hint: {hint}"),
            Language::Chinese => format!("{sentence}\n  提示：{hint}"),
        };
        Failure::failed(message).in_language(language)
    })?;
    let Some(key) = key else {
        let file = folder.join(box_key::FILE);
        let message = match language {
            Language::English => format!(
                "this box has no key yet: {} is not there\n  hint: it is made at the first start: systemctl start lookout",
                file.display()
            ),
            Language::Chinese => format!(
                "这个盒子还没有密钥：没有 {}\n  提示：首次启动时生成：systemctl start lookout",
                file.display()
            ),
        };
        return Err(Failure::failed(message).in_language(language));
    };
    let jwk = serde_json::to_string(&key.public()).map_err(Failure::failed)?;
    if json {
        return print_line(jwk);
    }
    print_line(format!("box         {}", config.full_name()))?;
    print_line(format!("key id      {}", key.id()))?;
    print_line(format!("public key  {jwk}"))
}

fn sign(key: &Path, command: Option<&Path>) -> Result<(), Failure> {
    let key = read_private(key, Language::English)?;
    let (text, name) = match command.filter(|path| *path != Path::new("-")) {
        Some(path) => {
            let name = format!("the command {}", path.display());
            let text = fs::File::open(path).and_then(read_text).map_err(|error| {
                Failure::failed(named_path::unread(&name, path, &error, Language::English))
            })?;
            (text, name)
        }
        None => {
            if io::stdin().is_terminal() {
                say!("type or paste the command, a JSON object; Ctrl-D on a line of its own ends it");
            }
            let name = "the command on standard input".to_owned();
            let text = read_text(io::stdin())
                .map_err(|error| Failure::failed(format!("{name} cannot be read: {error}")))?;
            (text, name)
        }
    };
    let command = command_in(&text).map_err(|why| Failure::invalid(format!("{name} {why}")))?;
    if let Some(objection) = control::objection(&command, Timestamp::now()) {
        say!(
            "warning: the box will refuse this command: {objection}\n  hint: `lookout keys sign --help` shows one that is complete"
        );
    }
    print_line(key.sign(&command))
}

/// Everything, where it is a text and not too long.
fn read_text(from: impl io::Read) -> io::Result<String> {
    let mut bytes = Vec::new();
    from.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(io::Error::other(format!("it is longer than {} KiB", MOST_BYTES / 1024)));
    }
    // Windows' editor puts a byte order mark in front.
    let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
    String::from_utf8(text.to_vec()).map_err(|_| io::Error::other("it is no text in UTF-8"))
}

/// The command as it is signed, or what is wrong with it and what to try.
fn command_in(text: &str) -> Result<Vec<u8>, String> {
    let example = r#"one looks like {"request_id":"r1","area":"530127","box":"box-7f3a","command":"selftest",...}; `lookout keys sign --help` shows a whole one"#;
    if text.trim().is_empty() {
        return Err(format!("is empty\n  hint: {example}"));
    }
    if looks_signed(text.as_bytes()) {
        return Err("is signed already\n  hint: publish it as it is, or sign the JSON that it was made from"
            .to_owned());
    }
    let value: Value = serde_json::from_str(text).map_err(|error| {
        let quotes = if text.contains('\'') {
            "; JSON has double quotes, so in a shell put single ones around the whole"
        } else {
            ""
        };
        format!("is no JSON: {error}\n  hint: {example}{quotes}")
    })?;
    portable_json::check(text.as_bytes()).map_err(|why| {
        format!(
            "cannot be signed: {why}\n  hint: it would be another command for some readers; each name stands once in its object, and what is larger than 2^53 - 1 is written as a text, in quotes"
        )
    })?;
    let what = match &value {
        Value::Object(_) => return Ok(value.to_string().into_bytes()),
        Value::Array(_) => "a list: each command is signed by itself",
        Value::String(_) => "a text",
        Value::Number(_) => "a number",
        Value::Bool(_) | Value::Null => "a single word",
    };
    Err(format!("must be a JSON object, and it is {what}\n  hint: {example}"))
}

/// Reads a private key that only its owner can read; what is wrong is told in that language.
///
/// # Errors
/// It is not there, others can read it, or it is no key.
pub(super) fn read_private(path: &Path, language: Language) -> Result<PrivateKey, Failure> {
    let name = argument::key(path.display());
    let told = |what: Sentence, hint: Sentence| what.with_hint(Some(&hint), language);
    let cannot = |error: io::Error| {
        let (why, usual) = named_path::reason(path, &error);
        let hint = match error.kind() {
            io::ErrorKind::NotFound => argument::try_make_key(),
            io::ErrorKind::IsADirectory => keys_in(path, language),
            _ => usual,
        };
        Failure::failed(told(argument::unread(name.clone(), why), hint)).in_language(language)
    };
    let file = fs::File::open(path).map_err(cannot)?;
    let metadata = file.metadata().map_err(cannot)?;
    if metadata.is_dir() {
        return Err(cannot(io::ErrorKind::IsADirectory.into()));
    }
    let text = read_text(&file).map_err(cannot)?;
    let key = PrivateKey::from_jwk(&text).map_err(|error| {
        let make = argument::try_make_key();
        let hint = match text.trim_start() {
            "" => argument::key_is_empty(),
            text if text.starts_with("-----BEGIN") => argument::key_is_pem(make),
            text if text.contains("[[command_key]]") || PublicKey::parse(text.trim_end()).is_some() => {
                argument::key_is_public(make)
            }
            _ => make,
        };
        let what = argument::no_key(name.clone(), error.to_string());
        Failure::invalid(told(what, hint)).in_language(language)
    })?;
    // Only of a key it is worth saying: of any other file, that it is none.
    if let Some(mode) = mode_if_open_to_others(&metadata) {
        let what = argument::key_is_open(name.clone(), format!("{mode:03o}"));
        let hint = argument::try_close_key(path.display());
        return Err(Failure::invalid(told(what, hint)).in_language(language));
    }
    Ok(key)
}

/// What to try where a folder was named in place of the key in it.
fn keys_in(folder: &Path, language: Language) -> Sentence {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    let mut keys: Vec<String> = entries
        .filter(|path| path.extension().is_some_and(|extension| extension == "jwk"))
        .map(|path| path.display().to_string())
        .take(5)
        .collect();
    keys.sort();
    if keys.is_empty() {
        return argument::try_key_in_folder();
    }
    argument::keys_in_folder(match language {
        Language::English => keys.join(", "),
        Language::Chinese => keys.join("、"),
    })
}
