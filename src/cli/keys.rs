//! `lookout keys`: the keys of those who command boxes, and the one by which a box signs. Makes a pair, lists those that a
//! configuration names, signs a command for scripts, prints the public half of the box's own. Must never print a private
//! key, and never use one that others can read.

use std::fs::{self, OpenOptions};
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::{Failure, language, named_path, print_line};
use crate::analysis::time::Timestamp;
use crate::config::secret::mode_if_open_to_others;
use crate::config::{Config, PLACEHOLDER_AREA, Surroundings, nearest_name};
use crate::contract::messages::MARK;
use crate::contract::signature::{PrivateKey, PublicKey, Role, is_key_id, looks_signed};
use crate::contract::{Language, portable_json};
use crate::control::commands::{self, COMMANDS};
use crate::control::{self, fields, reference};
use crate::daemon::box_key;
use crate::input_file;
use crate::text::{Joint, Sentence, Words, argument, foreign, key as text};

/// Most bytes of a key file or of a command.
const MOST_BYTES: u64 = 256 * 1024;

/// Make, list and use the keys of those who command boxes; print the key by which this box signs.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
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
    /// command for its form or its times, that is said on standard error, all of it, with an example of that command; it is
    /// signed all the same. {"command":"patch"} alone shows a whole patch.
    ///
    /// Exit code 0: it was signed. 2: a file cannot be read, the key is none, there is no such command or it has no such field,
    /// or it is no JSON object that everybody reads alike: a name that stands twice in it, or a number beyond 2^53 - 1.
    #[command(verbatim_doc_comment, after_long_help = fields_of_commands())]
    Sign {
        /// The private key, the file NAME.jwk that `lookout keys make` wrote
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// Sign also a command or fields that this version does not know: for boxes that are newer
        #[arg(long)]
        allow_unknown: bool,
        /// The file with the command; without it or with `-`, standard input
        #[arg(value_name = "JSON")]
        command: Option<PathBuf>,
    },
}

fn role(name: &str) -> Result<Role, String> {
    Role::named(name).ok_or_else(|| text::role_expected().in_language(language::of_this_run()))
}

/// For the help of `sign`.
fn fields_of_commands() -> String {
    let language = language::of_this_run();
    let line = |command| format!("  {}", reference::fields_of(command).in_language(language));
    let each = COMMANDS.iter().map(line).collect::<Vec<_>>().join("\n");
    let of_all = fields::OF_ALL.map(|name| format!("`{name}`").into()).to_vec();
    text::fields_of_commands(Words::List(of_all, Joint::And), each).in_language(language)
}

/// What failed and what to try.
fn failed(what: Sentence, hint: Option<&Sentence>) -> Failure {
    Failure::tried(what).hint_if(hint.cloned())
}

/// The same of what cannot be done.
fn invalid(what: Sentence, hint: Option<&Sentence>) -> Failure {
    Failure::refused(what).hint_if(hint.cloned())
}

/// Runs the command.
///
/// # Errors
/// A file cannot be read or written, or holds something else.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    match args.action {
        Action::Make { name, role, out } => make(&name, role, &out),
        Action::List { config } => list(&config),
        Action::Box { config, json } => print_box_key(&config, json),
        Action::Sign { key, allow_unknown, command } => sign(&key, command.as_deref(), allow_unknown),
    }
}

fn make(name: &str, role: Role, out: &Path) -> Result<(), Failure> {
    let key = PrivateKey::generate(name).map_err(|error| invalid(error.sentence(), None))?;
    prepare_folder(out)?;
    let path = out.join(format!("{name}.jwk"));
    write_key(&path, &key.to_jwk()).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            failed(text::there_already(path.display()), Some(&text::try_other_name()))
        }
        _ => {
            let what = text::file_not_written(path.display(), argument::why_unwritten(&error));
            failed(what, Some(&text::try_own_folder()))
        }
    })?;
    // Nobody is left to tell if standard error is gone.
    let made = text::made(path.display(), name).in_language(language::of_this_run());
    let _ = writeln!(io::stderr(), "{made}");
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
        let folder = folder.unwrap_or(Path::new("."));
        let hint = text::try_folder(folder.display());
        return Err(invalid(text::out_looks_like_file(out.display()), Some(&hint)));
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
    let config = Config::load_in(path, &Surroundings::elsewhere(path)).map_err(Failure::from)?;
    let width = config.command_keys.iter().map(|key| key.id.len()).max().unwrap_or_default().max(20);
    for key in &config.command_keys {
        print_line(format!("{:<width$} {:<9} {}", key.id, key.role.name(), key.public.text()))?;
    }
    if config.command_keys.is_empty() {
        let outcome = text::none_configured();
        let outcome = outcome.with_hint(Some(&argument::try_make_key()), language::of_this_run());
        let _ = writeln!(io::stderr(), "{outcome}");
    }
    Ok(())
}

fn print_box_key(path: &Path, json: bool) -> Result<(), Failure> {
    let config = Config::load_in(path, &Surroundings::elsewhere(path)).map_err(Failure::from)?;
    let language = language::asked().unwrap_or(config.site.language);
    let folder = &config.outbox.dir;
    let key = box_key::read(folder, &config.full_name())
        .map_err(|error| failed(error.sentence(), Some(&error.hint())).in_language(language))?;
    let Some(key) = key else {
        let what = text::none_yet(folder.join(box_key::FILE).display());
        // Before that no start makes one.
        let has_area = *config.site.area != *PLACEHOLDER_AREA;
        let hint = if has_area { text::try_starting() } else { text::try_setting_area() };
        return Err(failed(what, Some(&hint)).in_language(language));
    };
    let jwk = serde_json::to_string(&key.public()).map_err(Failure::failed)?;
    if json {
        return print_line(jwk);
    }
    print_line(text::shown(config.full_name(), key.id(), jwk).in_language(language))
}

fn sign(key: &Path, command: Option<&Path>, allow_unknown: bool) -> Result<(), Failure> {
    let language = language::of_this_run();
    let key = read_private(key, language)?;
    let (text, name) = match command.filter(|path| *path != Path::new("-")) {
        Some(path) => {
            let name = text::the_command(path.display());
            let text =
                input_file::open(path).map_err(Unread::from).and_then(read_text).map_err(|unread| {
                    let (why, hint) = unread.reason(path);
                    invalid(argument::unread(name.clone(), why), Some(&hint))
                })?;
            (text, name)
        }
        None => {
            if io::stdin().is_terminal() {
                say!("{}", text::type_it().in_language(language));
            }
            let name = text::command_on_input();
            let text = read_text(io::stdin()).map_err(|unread| {
                let (why, _) = unread.reason(Path::new("-"));
                invalid(argument::unread(name.clone(), why), Some(&about(&Value::Null, Timestamp::now())))
            })?;
            (text, name)
        }
    };
    let value = command_in(&text, &name)?;
    let command = value.to_string().into_bytes();
    let now = Timestamp::now();
    let outcome = control::objections(&command, now, &TimeZone::system());
    let hint = || about(&value, now);
    if let Some(typed) = outcome.no_command {
        if !allow_unknown {
            let hint = text::try_allowing(commands_like(&typed));
            return Err(invalid(text::command_unknown(name, typed), Some(&hint)));
        }
        say!("{}", foreign::warning(text::no_such_command(typed)).in_language(language));
    }
    if !outcome.refused.is_empty() {
        let why = foreign::warning(text::box_refuses(one_after_the_other(outcome.refused)));
        say!("{}", why.with_hint(Some(&hint()), language));
    }
    if !outcome.unknown.is_empty() {
        let which = one_after_the_other(outcome.unknown);
        if !allow_unknown {
            let what = text::command_unknown_fields(name, which);
            return Err(invalid(what, Some(&text::try_allowing(hint()))));
        }
        let what = if outcome.is_strict { text::box_refuses(which) } else { text::box_ignores(which) };
        say!("{}", foreign::warning(what).in_language(language));
    }
    print_line(key.sign(&command))
}

/// The commands there are, and which of them is nearest to what was typed.
fn commands_like(typed: &str) -> Sentence {
    let names: Vec<&str> = COMMANDS.iter().map(|spec| spec.name()).chain([MARK.last_part()]).collect();
    let quoted = names.iter().map(|name| format!("`{name}`").into()).collect();
    let listed = Words::List(quoted, Joint::And);
    match nearest_name(typed, names) {
        Some(nearest) => text::try_meant_command(nearest, listed),
        None => text::try_commands(listed),
    }
}

fn one_after_the_other(sentences: Vec<Sentence>) -> Words {
    Words::List(sentences.into_iter().map(Words::from).collect(), Joint::Then)
}

/// The fields and an example of the command that this is or wants to be.
fn about(command: &Value, now: Timestamp) -> Sentence {
    let name = command.get("command").and_then(Value::as_str).unwrap_or_default();
    let example = |message| reference::example(message, command, now).unwrap_or_default();
    match (commands::spec(name), commands::spec("selftest")) {
        (Some(spec), _) => text::try_fields(reference::fields_of(spec), example(&spec.message)),
        (None, _) if name == MARK.last_part() => text::try_example(example(&MARK)),
        (None, Some(selftest)) => text::try_example(example(&selftest.message)),
        (None, None) => text::try_example(""),
    }
}

/// Why a text could not be read.
enum Unread {
    System(io::Error),
    Content(Sentence),
}

impl From<io::Error> for Unread {
    fn from(error: io::Error) -> Self {
        Unread::System(error)
    }
}

impl Unread {
    /// Why, and what to try.
    fn reason(&self, path: &Path) -> (Sentence, Sentence) {
        match self {
            Unread::System(error) => named_path::reason(path, error),
            Unread::Content(why) => (why.clone(), argument::try_right_file()),
        }
    }
}

/// Everything, where it is a text and not too long.
fn read_text(from: impl io::Read) -> Result<String, Unread> {
    let mut bytes = Vec::new();
    from.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(Unread::Content(text::text_too_long(MOST_BYTES / 1024)));
    }
    // Windows' editor puts a byte order mark in front.
    let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
    String::from_utf8(text.to_vec()).map_err(|_| Unread::Content(text::text_not_utf8()))
}

/// The command, or what is wrong with its text and what to try.
fn command_in(text: &str, name: &Sentence) -> Result<Value, Failure> {
    let example = || about(&Value::Null, Timestamp::now());
    if text.trim().is_empty() {
        return Err(invalid(text::command_empty(name.clone()), Some(&example())));
    }
    if looks_signed(text.as_bytes()) {
        return Err(invalid(text::command_signed(name.clone()), Some(&text::try_publishing())));
    }
    let value: Value = serde_json::from_str(text).map_err(|error| {
        let hint = if text.contains('\'') { text::try_double_quotes(example()) } else { example() };
        invalid(text::command_no_json(name.clone(), error.to_string()), Some(&hint))
    })?;
    portable_json::check(text.as_bytes())
        .map_err(|why| invalid(text::command_ambiguous(name.clone(), why), Some(&text::try_unambiguous())))?;
    let what = match &value {
        Value::Object(_) => return Ok(value),
        Value::Array(_) => text::a_list(),
        Value::String(_) => text::a_text(),
        Value::Number(_) => text::a_number(),
        Value::Bool(_) | Value::Null => text::a_word(),
    };
    Err(invalid(text::command_no_object(name.clone(), what), Some(&example())))
}

/// Reads a private key that only its owner can read; what is wrong is reported in that language.
///
/// # Errors
/// It is not there, others can read it, or it is no key.
pub(super) fn read_private(path: &Path, language: Language) -> Result<PrivateKey, Failure> {
    let name = argument::key(path.display());
    let cannot = |unread: Unread| {
        let (why, usual) = unread.reason(path);
        let hint = match &unread {
            Unread::System(error) if error.kind() == io::ErrorKind::NotFound => argument::try_make_key(),
            Unread::System(error) if error.kind() == io::ErrorKind::IsADirectory => keys_in(path),
            Unread::System(_) | Unread::Content(_) => usual,
        };
        invalid(argument::unread(name.clone(), why), Some(&hint)).in_language(language)
    };
    let file = input_file::open(path).map_err(|error| cannot(error.into()))?;
    let metadata = file.metadata().map_err(|error| cannot(error.into()))?;
    let text = read_text(&file).map_err(cannot)?;
    let key = PrivateKey::from_jwk(&text).map_err(|error| {
        let hint = what_it_is(&text);
        let what = argument::no_key(name.clone(), error.sentence());
        invalid(what, Some(&hint)).in_language(language)
    })?;
    // Only of a key it is worth saying: of any other file, that it is none.
    if let Some(mode) = mode_if_open_to_others(&metadata) {
        let what = argument::key_is_open(name.clone(), format!("{mode:03o}"));
        let hint = argument::try_close_key(path.display());
        return Err(invalid(what, Some(&hint)).in_language(language));
    }
    Ok(key)
}

/// What a file without a private key is, and which one is needed.
fn what_it_is(text: &str) -> Sentence {
    let make = argument::try_make_key();
    let text = text.trim();
    if text.is_empty() {
        return argument::key_is_empty();
    }
    if text.starts_with("-----BEGIN") {
        return argument::key_is_pem(make);
    }
    if looks_signed(text.as_bytes()) && !text.contains(char::is_whitespace) {
        return text::is_signed_command(make);
    }
    if let Ok(Value::Object(fields)) = serde_json::from_str(text) {
        let has = |name: &str| fields.contains_key(name);
        let is_boxs_own = fields.get("kid").and_then(Value::as_str).is_some_and(|id| !is_key_id(id));
        return match (has("kty"), has("d")) {
            (true, true) if is_boxs_own => text::is_boxs_own(make),
            (true, false) => text::is_public_jwk(make),
            (false, _) if has("command") || has("request_id") => text::is_command(make),
            (true, true) | (false, _) => make,
        };
    }
    if text.lines().any(|line| line.trim_start().starts_with("[site]")) {
        return text::is_configuration(make);
    }
    if text.contains("[[command_key]]") || PublicKey::parse(text).is_some() {
        return argument::key_is_public(make);
    }
    make
}

/// What to try where a folder was named in place of the key in it.
fn keys_in(folder: &Path) -> Sentence {
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
    argument::keys_in_folder(Words::List(keys.into_iter().map(Words::from).collect(), Joint::And))
}
