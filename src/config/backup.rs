//! A backup of what makes a box this one: its configuration, the secrets and certificates that belong to it, the key by which
//! it signs, and who may open its page. In one file, sealed with a passphrase.
//!
//! The seal is age's (<https://age-encryption.org/v1>): the passphrase by scrypt, the content by ChaCha20-Poly1305. So it
//! can be opened without Lookout, too: `age -d FILE` gives JSON, [`Stored`]. Alerts, pictures, the queue and models are not
//! in it: two lives of a queue must never share a stream.
//!
//! A backup may come from a stranger, so only names that are known here lead to a file, or those that
//! the configuration in it names. Must never write anything of a backup that is not whole and sound, nor show a secret.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Component, Path, PathBuf};

use age::secrecy::SecretString;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};

use super::document::{DEFAULT_SECRETS_DIR, DEFAULT_STATE_DIR};
use super::settings::{Broker, Tls};
use super::write::{self, NotWritten};
use super::{Config, Problems, Surroundings};
use crate::analysis::time::Timestamp;
use crate::contract::words::Time;
use crate::input_file;
use crate::text::{Sentence, argument, backup as say};
use crate::types::trust::Trust;

/// The format of what is sealed.
const FORMAT: u32 = 1;
/// Shortest passphrase, in characters: an attacker who has the file can try them at leisure.
pub(crate) const LEAST_PASSPHRASE_CHARS: usize = 12;
/// A passphrase costs 2^16 rounds of scrypt, which is 64 MiB and a few tenths of a second on a small box.
const WORK: u8 = 16;
/// The most that is spent to open one: age's own command makes 2^18, a quarter of a GiB.
const MOST_WORK: u8 = 18;
/// Longest file within a backup, and longest backup.
const MOST_FILE_BYTES: u64 = 4 << 20;
const MOST_BYTES: u64 = 64 << 20;
/// How every sealed file begins.
const AGE: &[u8] = b"age-encryption.org/v1";

/// Files of the box's own, in the folder of its queue.
const STATE: [&str; 5] =
    ["box-key.jwk", "box-key.box", "page/accounts.json", "page/certificate.pem", "page/certificate.key"];

const CONFIGURATION: &str = "configuration";
const SECRETS: &str = "secrets/";
const STATE_FILES: &str = "state/";
const NAMED: &str = "named/";

/// What is sealed.
#[derive(Serialize, Deserialize)]
struct Stored {
    format: u32,
    /// The box's name with its area.
    #[serde(rename = "box")]
    box_name: String,
    made_at: Time,
    /// Version of the program that made it.
    version: String,
    files: Vec<StoredFile>,
}

#[derive(Serialize, Deserialize)]
struct StoredFile {
    name: String,
    /// Base64.
    data: String,
}

/// What makes a box this one.
pub(crate) struct Backup {
    /// The box's name with its area.
    pub box_name: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// Version of the program that made it.
    pub version: String,
    /// Name within the backup and content; the configuration first.
    files: Vec<(String, Vec<u8>)>,
}

/// Never what is in it.
impl fmt::Debug for Backup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.names().collect();
        f.debug_struct("Backup").field("box_name", &self.box_name).field("files", &names).finish()
    }
}

/// Why there is no backup, or none that can be used. Never shows what is in one.
#[derive(Debug)]
pub(crate) enum BackupError {
    /// A file cannot be read.
    Unread(PathBuf, io::Error),
    /// A file is longer than any that belongs into a backup.
    TooLong(PathBuf),
    /// The passphrase can be guessed.
    Weak,
    /// It could not be sealed.
    Unsealed(String),
    /// It is no sealed file.
    NoBackup,
    /// The passphrase is another one, or the file is damaged.
    NotOpened,
    /// Opening it would take more memory than is spent on that.
    TooMuchWork,
    /// What is sealed is not what a backup holds.
    NotWhole,
    /// It is of a later version of Lookout.
    Newer(u32),
    /// This file in it has no place on a box.
    NoPlace(String),
    /// Something could not be written.
    NotWritten(NotWritten),
}

impl BackupError {
    /// What is wrong.
    pub(crate) fn sentence(&self) -> Sentence {
        match self {
            BackupError::Unread(path, error) => say::unread(path.display(), argument::why_unread(error)),
            BackupError::TooLong(path) => say::too_long(path.display()),
            BackupError::Weak => say::weak(LEAST_PASSPHRASE_CHARS),
            BackupError::Unsealed(why) => say::unsealed(why),
            BackupError::NoBackup => say::no_backup(),
            BackupError::NotOpened => say::not_opened(),
            BackupError::TooMuchWork => say::too_much_work(),
            BackupError::NotWhole => say::not_whole(),
            BackupError::Newer(format) => say::newer(*format),
            BackupError::NoPlace(name) => say::no_place(name),
            BackupError::NotWritten(error) => error.sentence(),
        }
    }

    /// What to try.
    pub(crate) fn hint(&self) -> Option<Sentence> {
        match self {
            BackupError::Unread(_, error) if error.kind() == io::ErrorKind::PermissionDenied => {
                Some(say::try_sudo())
            }
            BackupError::Weak => Some(say::try_words()),
            BackupError::NoBackup => Some(say::try_right_file()),
            BackupError::NotOpened => Some(say::try_passphrase()),
            BackupError::Newer(_) => Some(say::try_newer_program()),
            BackupError::NotWritten(error) => error.hint(),
            BackupError::Unread(..)
            | BackupError::TooLong(_)
            | BackupError::Unsealed(_)
            | BackupError::TooMuchWork
            | BackupError::NotWhole
            | BackupError::NoPlace(_) => None,
        }
    }
}

impl fmt::Display for BackupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sentence().fmt(f)
    }
}

impl std::error::Error for BackupError {}

impl Backup {
    /// Reads everything of the box whose configuration this is, as it is on the disk now. What is not there yet, such as a key
    /// before the first start, is left out.
    ///
    /// # Errors
    /// A file cannot be read, or is too long.
    pub(crate) fn of(config: &Config, at: Timestamp) -> Result<Self, BackupError> {
        let mut files = Vec::new();
        let of_config = config.path();
        let bytes = read(of_config, OFlags::empty())?;
        // It was read a moment ago.
        let bytes = bytes.ok_or_else(|| {
            BackupError::Unread(of_config.to_owned(), io::Error::from(io::ErrorKind::NotFound))
        })?;
        files.push((CONFIGURATION.to_owned(), bytes));
        for name in names_in(&config.secrets_dir)? {
            // Nobody but the service puts anything there, and a link may lead anywhere.
            if let Some(bytes) = read(&config.secrets_dir.join(&name), OFlags::NOFOLLOW)? {
                files.push((format!("{SECRETS}{name}"), bytes));
            }
        }
        for name in STATE {
            if let Some(bytes) = read(&config.outbox.dir.join(name), OFlags::NOFOLLOW)? {
                files.push((format!("{STATE_FILES}{name}"), bytes));
            }
        }
        for path in named_by(config) {
            if let Some(bytes) = read(&path, OFlags::empty())? {
                files.push((format!("{NAMED}{}", name_of(config, &path)), bytes));
            }
        }
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Ok(Backup { box_name: config.full_name(), made_at: at, version, files })
    }

    /// The names of what is in it.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|(name, _)| name.as_str())
    }

    /// As it is kept. Takes memory and time on purpose.
    ///
    /// # Errors
    /// The passphrase is too short; it could not be sealed.
    pub(crate) fn sealed(&self, passphrase: &str) -> Result<Vec<u8>, BackupError> {
        if !is_passphrase(passphrase) {
            return Err(BackupError::Weak);
        }
        let files = self.files.iter();
        let stored = Stored {
            format: FORMAT,
            box_name: self.box_name.clone(),
            made_at: Time(self.made_at),
            version: self.version.clone(),
            files: files
                .map(|(name, bytes)| StoredFile { name: name.clone(), data: BASE64.encode(bytes) })
                .collect(),
        };
        let plain = serde_json::to_vec(&stored).map_err(|error| BackupError::Unsealed(error.to_string()))?;
        let mut recipient = age::scrypt::Recipient::new(SecretString::from(passphrase.to_owned()));
        recipient.set_work_factor(WORK);
        age::encrypt(&recipient, &plain).map_err(|error| BackupError::Unsealed(error.to_string()))
    }

    /// What was sealed. Takes memory and time on purpose.
    ///
    /// # Errors
    /// It is no backup, the passphrase is another one, or it is not whole.
    pub(crate) fn opened(bytes: &[u8], passphrase: &str) -> Result<Self, BackupError> {
        if !bytes.starts_with(AGE) {
            return Err(BackupError::NoBackup);
        }
        let mut identity = age::scrypt::Identity::new(SecretString::from(passphrase.to_owned()));
        identity.set_max_work_factor(MOST_WORK);
        let plain = age::decrypt(&identity, bytes).map_err(|error| match error {
            age::DecryptError::ExcessiveWork { .. } => BackupError::TooMuchWork,
            _ => BackupError::NotOpened,
        })?;
        // Its error could show what stands there.
        let stored: Stored = serde_json::from_slice(&plain).map_err(|_| BackupError::NotWhole)?;
        if stored.format > FORMAT {
            return Err(BackupError::Newer(stored.format));
        }
        let mut files: Vec<(String, Vec<u8>)> = Vec::new();
        for StoredFile { name, data } in stored.files {
            let bytes = BASE64.decode(data).map_err(|_| BackupError::NotWhole)?;
            if files.iter().any(|(known, _)| *known == name) {
                return Err(BackupError::NotWhole);
            }
            files.push((name, bytes));
        }
        let Stored { box_name, made_at: Time(made_at), version, .. } = stored;
        Ok(Backup { box_name, made_at, version, files })
    }

    /// What restoring it would do on this machine, with its configuration at `config`; nothing is written.
    ///
    /// # Errors
    /// It is not whole, something in it has no place here, or what is here cannot be read; within: its configuration has
    /// problems.
    pub(crate) fn plan(&self, config: &Path) -> Result<Result<Plan, Problems>, BackupError> {
        let text = self.files.iter().find(|(name, _)| name == CONFIGURATION);
        let text = text.and_then(|(_, bytes)| std::str::from_utf8(bytes).ok());
        let text = text.ok_or(BackupError::NotWhole)?;
        // Whether its secrets are there is known only when they are.
        let checked = match Config::from_text(config, text, &Surroundings::elsewhere(config)) {
            Ok(checked) => checked,
            Err(problems) => return Ok(Err(problems)),
        };
        let mut steps = Vec::new();
        for (name, bytes) in &self.files {
            let step = step(name, bytes, &checked)?;
            let now = read(&step.path, OFlags::empty())?;
            let fate = match now {
                None if step.is_elsewhere(config) => Fate::Elsewhere,
                None => Fate::New,
                Some(now) if now == step.bytes => Fate::Same,
                Some(_) => Fate::Replaced,
            };
            steps.push((step, fate));
        }
        // The configuration last: a box that runs takes it up at once, and needs the rest for it.
        steps.sort_by_key(|(step, _)| matches!(step.kind, StepKind::Configuration { .. }));
        Ok(Ok(Plan { steps }))
    }
}

/// What becomes of one file when a backup is restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The file does not exist yet.
    New,
    /// What is there is the same.
    Same,
    /// Something else is there.
    Replaced,
    /// There is none yet, and its place is named by the backup alone.
    Elsewhere,
}

/// What restoring a backup does.
pub(crate) struct Plan {
    steps: Vec<(Step, Fate)>,
}

impl Plan {
    /// Each file, and what becomes of it.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&Path, Fate)> {
        self.steps.iter().map(|(step, fate)| (step.path.as_path(), *fate))
    }

    /// Writes everything that is not the same already.
    ///
    /// # Errors
    /// Something could not be written; what was written before it stays.
    pub(crate) fn carry_out(&self) -> Result<(), BackupError> {
        for (Step { path, bytes, kind }, _) in self.steps.iter().filter(|(_, fate)| *fate != Fate::Same) {
            let written = match kind {
                StepKind::Configuration { text } if path.exists() => write::configuration(path, text),
                StepKind::Configuration { .. } | StepKind::Shared => write::for_service(path, bytes),
                StepKind::State => write::of_service(path, bytes),
            };
            written.map_err(BackupError::NotWritten)?;
        }
        Ok(())
    }
}

/// One file and where it goes.
struct Step {
    path: PathBuf,
    bytes: Vec<u8>,
    kind: StepKind,
}

impl Step {
    /// Whether it goes where only the configuration in the backup says, and nobody's hand put that there: the author of the
    /// backup would write anywhere, as root.
    fn is_elsewhere(&self, config: &Path) -> bool {
        let usual = match self.kind {
            StepKind::Configuration { .. } => return false,
            StepKind::Shared => Path::new(DEFAULT_SECRETS_DIR).parent(),
            StepKind::State => Some(Path::new(DEFAULT_STATE_DIR)),
        };
        let own = own_folder(config).filter(|folder| !is_the_systems(folder));
        let climbs = self.path.components().any(|step| step == Component::ParentDir);
        let path = std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone());
        climbs || !own.as_deref().into_iter().chain(usual).any(|folder| path.starts_with(folder))
    }
}

enum StepKind {
    Configuration {
        text: String,
    },
    /// Root's, and the service reads it.
    Shared,
    /// The service's own.
    State,
}

/// The destination of a file of a backup on the box of that configuration.
fn step(name: &str, bytes: &[u8], config: &Config) -> Result<Step, BackupError> {
    let no_place = || BackupError::NoPlace(name.to_owned());
    let (path, kind) = if name == CONFIGURATION {
        let text = config.text().to_owned();
        (config.path().to_owned(), StepKind::Configuration { text })
    } else if let Some(secret) = name.strip_prefix(SECRETS) {
        write::is_name(secret).then_some(()).ok_or_else(no_place)?;
        (config.secrets_dir.join(secret), StepKind::Shared)
    } else if let Some(state) = name.strip_prefix(STATE_FILES) {
        let known = STATE.into_iter().find(|known| *known == state).ok_or_else(no_place)?;
        (config.outbox.dir.join(known), StepKind::State)
    } else if let Some(named) = name.strip_prefix(NAMED) {
        let all = named_by(config);
        let path = all.into_iter().find(|path| name_of(config, path) == named).ok_or_else(no_place)?;
        (path, StepKind::Shared)
    } else {
        return Err(no_place());
    };
    Ok(Step { path, bytes: bytes.to_vec(), kind })
}

/// Whether nobody guesses it soon.
pub(crate) fn is_passphrase(text: &str) -> bool {
    text.chars().count() >= LEAST_PASSPHRASE_CHARS
}

/// Reads a backup from a file.
///
/// # Errors
/// It cannot be read, or is longer than any.
pub(crate) fn read_sealed(path: &Path) -> Result<Vec<u8>, BackupError> {
    let unread = |error| BackupError::Unread(path.to_owned(), error);
    let mut bytes = Vec::new();
    let file = input_file::open(path).map_err(unread)?;
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(unread)?;
    if bytes.len() as u64 > MOST_BYTES { Err(BackupError::TooLong(path.to_owned())) } else { Ok(bytes) }
}

/// The certificates and keys that a configuration names by their path.
fn named_by(config: &Config) -> BTreeSet<PathBuf> {
    let mut named = BTreeSet::new();
    let mut add = |tls: &Tls| {
        named.extend(tls.ca_file.clone());
        named.extend(tls.client.iter().flat_map(|(certificate, key)| [certificate.clone(), key.clone()]));
    };
    match &config.mqtt.broker {
        Broker::Embedded { .. } => {}
        Broker::Remote { tls, .. } => tls.iter().for_each(&mut add),
    }
    config.sensors.brokers.iter().filter_map(|broker| broker.tls.as_ref()).for_each(&mut add);
    for camera in &config.cameras {
        match &camera.trust {
            Trust::Authority(path) => named.extend([path.clone()]),
            Trust::System | Trust::Pinned(_) => {}
        }
    }
    // One of the secrets is there as such.
    named.retain(|path| path.parent() != Some(config.secrets_dir.as_path()));
    named
}

/// A path as it would be written into the configuration: from its own folder on, where it is in that.
fn name_of(config: &Config, path: &Path) -> String {
    let folder = own_folder(config.path());
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let within = folder.and_then(|folder| path.strip_prefix(folder).map(Path::to_owned).ok());
    within.unwrap_or(path).to_string_lossy().into_owned()
}

/// The folder in which a configuration lies, from the root on.
fn own_folder(config: &Path) -> Option<PathBuf> {
    let folder = config.parent().filter(|folder| !folder.as_os_str().is_empty());
    std::path::absolute(folder.unwrap_or(Path::new("."))).ok()
}

/// Whether a folder holds the settings of the whole system, so that a configuration that lies right in it has none of its own.
fn is_the_systems(folder: &Path) -> bool {
    let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    ["/", "/etc"].map(Path::new).contains(&folder.as_path())
}

/// The names of secrets in their folder, sorted; none where there is no folder.
fn names_in(folder: &Path) -> Result<Vec<String>, BackupError> {
    let unread = |error| BackupError::Unread(folder.to_owned(), error);
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(unread)?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(unread)?;
        let name = entry.file_name().into_string().unwrap_or_default();
        if write::is_name(&name) && entry.file_type().map_err(unread)?.is_file() {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// A file; `None` where there is none.
fn read(path: &Path, flags: OFlags) -> Result<Option<Vec<u8>>, BackupError> {
    let unread = |error| BackupError::Unread(path.to_owned(), error);
    // Nothing waits for the other end of a pipe.
    let flags = (flags | OFlags::NONBLOCK).bits().cast_signed();
    let file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(unread)?,
    };
    let metadata = file.metadata().map_err(unread)?;
    input_file::plain(&metadata).map_err(unread)?;
    let mut bytes = Vec::new();
    file.take(MOST_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(unread)?;
    if bytes.len() as u64 > MOST_FILE_BYTES {
        Err(BackupError::TooLong(path.to_owned()))
    } else {
        Ok(Some(bytes))
    }
}

#[cfg(test)]
mod tests;
