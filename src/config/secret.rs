//! Passwords: read from files that nobody but their owner and the service can read, and never shown.
//!
//! Input: the secrets folder (`[site] secrets_dir`), or the folder of systemd's credentials where the service has
//! one. Must never put the content of a file into an error, a log or a `Debug`.

use std::fmt;
use std::fs;
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::account::{self, Account, home_around};
use super::document::DEFAULT_SECRETS_DIR;
use crate::input_file;
use crate::text::{Sentence, Words, config_secret as text};
use crate::types::not_a_file::NotAFile;
use crate::types::secret::Secret;

/// Maximum bytes of a file of certificates that are looked at: the system's list has a quarter of it.
const MAX_PEM_BYTES: u64 = 1024 * 1024;
/// Maximum bytes of a secret file: a key pasted by mistake is not sent to a camera.
pub(crate) const MAX_SECRET_BYTES: u64 = 1024;

/// Who logs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// User name.
    pub user: String,
    /// Password.
    pub password: Secret,
    /// The file they were read from, for reading them again at every connection.
    pub file: PathBuf,
    /// Whether the configuration names the user; otherwise the name is part of the secret.
    pub user_is_named: bool,
}

impl Credentials {
    /// Whether both name the same secret, whatever it holds: only that is part of a configuration.
    pub(crate) fn is_same_secret(&self, other: &Credentials) -> bool {
        let named = |known: &Credentials| known.user_is_named.then(|| known.user.clone());
        self.file == other.file && named(self) == named(other)
    }
}

/// As [`Credentials::is_same_secret`], where there may be none.
pub(crate) fn same_secret(one: Option<&Credentials>, other: Option<&Credentials>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.is_same_secret(other),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// The digests of certificates and keys that other libraries read, to detect changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Contents(u64);

impl Contents {
    /// The digest over all of them. An unreadable file counts as empty.
    pub fn of<'p>(files: impl IntoIterator<Item = &'p Path>) -> Self {
        let mut digest = Sha256::new();
        for path in files {
            // The check of the field that names the file reports why it cannot be read.
            let bytes = pem_bytes(path).unwrap_or_default();
            digest.update((bytes.len() as u64).to_be_bytes());
            digest.update(&bytes);
        }
        let mut first = [0; 8];
        first.copy_from_slice(&digest.finalize()[..8]);
        Contents(u64::from_be_bytes(first))
    }
}

/// What a file of certificates or keys holds.
pub(super) fn pem_bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input_file::open_plain(path)?.take(MAX_PEM_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Why there are no credentials. Names files, never their content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SecretError {
    /// No such file.
    Missing(PathBuf),
    /// Other users could read it.
    TooOpen(PathBuf, u32),
    /// It could not be read.
    Unreadable(PathBuf, String),
    /// It is not a file, empty, too long, of several lines, or no text.
    Malformed(PathBuf, Sentence),
}

/// In English.
impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sentence().fmt(f)
    }
}

impl std::error::Error for SecretError {}

impl SecretError {
    /// What is wrong.
    pub(crate) fn sentence(&self) -> Sentence {
        match self {
            SecretError::Missing(path) => text::missing(path.display()),
            SecretError::TooOpen(path, mode) => text::too_open(path.display(), format!("{mode:03o}")),
            SecretError::Unreadable(path, detail) => text::unreadable(path.display(), detail),
            SecretError::Malformed(path, why) => text::malformed(path.display(), why.clone()),
        }
    }

    /// What to try.
    pub(crate) fn hint(&self) -> Words {
        match self {
            SecretError::Missing(path) | SecretError::Malformed(path, _) => {
                text::one_line(set_command(path)).into()
            }
            SecretError::TooOpen(path, _) => close_command(path).into(),
            SecretError::Unreadable(path, _) => unreadable_hint(path, DEFAULT_SECRETS_DIR).into(),
        }
    }

    /// What to try where the file is to hold a token of so many characters.
    pub(super) fn hint_of_token(&self, least: usize) -> Words {
        match self {
            SecretError::Missing(path) | SecretError::Malformed(path, _) => {
                text::one_token(least, set_command(path)).into()
            }
            SecretError::TooOpen(..) | SecretError::Unreadable(..) => self.hint(),
        }
    }
}

/// The command that writes the secret file `path` as it has to be.
pub(super) fn set_command(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    match path.parent().filter(|dir| *dir != Path::new(DEFAULT_SECRETS_DIR)) {
        // In the folder where the command is run.
        Some(dir) if dir.as_os_str().is_empty() => format!("lookout secret set {name} --dir ."),
        Some(dir) => format!("lookout secret set {name} --dir {}", dir.display()),
        None => format!("lookout secret set {name}"),
    }
}

/// The command that closes `path` to everybody but the service.
pub(super) fn close_command(path: &Path) -> String {
    // Its owner needs nobody's help.
    let owned_by = |reader: &Account| path.metadata().is_ok_and(|metadata| reader.owns(&metadata));
    match reader().filter(|reader| !owned_by(reader)) {
        Some(reader) => open_command(&reader, path),
        None => format!("chmod 600 {}", path.display()),
    }
}

/// The account that must be able to read: the one whose rights this thread has, or, where root runs the check, the service's.
fn reader() -> Option<Account> {
    let this = Account::of_this_thread().filter(|this| !this.is_root());
    this.or_else(Account::of_service).filter(|reader| !reader.is_root())
}

/// The command that lets `reader` read a file, or enter a folder, and nobody else but root.
pub(crate) fn open_command(reader: &Account, path: &Path) -> String {
    let (name, shown, is_dir) = (&reader.name, path.display(), path.is_dir());
    match reader.own_group() {
        Some(_) => format!("chown root:{name} {shown} && chmod {} {shown}", if is_dir { 750 } else { 640 }),
        // Its group is others' as well.
        None => format!("chown {name} {shown} && chmod {} {shown}", if is_dir { 700 } else { 600 }),
    }
}

/// Why a file that should be there cannot be read, by the user whose rights this thread has. `better` is the folder where
/// such files belong.
pub(super) fn unreadable_hint(path: &Path, better: &str) -> Sentence {
    let who = match Account::of_this_thread() {
        Some(Account { name, .. }) => text::the_user(name),
        None => text::the_runner(),
    };
    let open = |path: &Path| -> Words {
        match reader() {
            Some(reader) => open_command(&reader, path).into(),
            None => text::shows_who_may(path.display()).into(),
        }
    };
    // Also the current folder may be the one that is closed.
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    if home_around(&whole).is_some() {
        let elsewhere = text::in_a_home(who, better);
        return match reader() {
            Some(reader) => text::then(elsewhere, copy_command(&reader, &whole, better)),
            None => elsewhere,
        };
    }
    // A file that cannot even be asked for its mode lies in a folder that is closed.
    let is_closed = path.metadata().is_err_and(|error| error.kind() == ErrorKind::PermissionDenied);
    if let Some(dir) = whole.ancestors().skip(1).find(|dir| dir.metadata().is_ok()).filter(|_| is_closed) {
        return text::folder_closed(dir.display(), who, open(dir));
    }
    text::may_not_read(who, open(path))
}

/// The command that copies a file into a folder, so that `reader` can read it and nobody else but root.
fn copy_command(reader: &Account, path: &Path, folder: &str) -> String {
    let (name, shown) = (&reader.name, path.display());
    let there = Path::new(folder).join(path.file_name().unwrap_or_default());
    let mode = match reader.own_group() {
        Some(_) => format!("-o root -g {name} -m 640"),
        None => format!("-o {name} -m 600"),
    };
    format!("install -D {mode} {shown} {}", there.display())
}

/// The folder of secret files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SecretStore {
    /// The folder.
    pub dir: PathBuf,
    /// Whether systemd keeps other users out of it, so that the mode of a file in it says nothing.
    pub guarded: bool,
}

impl SecretStore {
    /// Reads the file `name`: `user:password`, or only the password when `user` is given.
    ///
    /// # Errors
    ///
    /// [`SecretError`]; the file is refused when others could read it.
    pub(crate) fn read(&self, name: &str, user: Option<&str>) -> Result<Credentials, SecretError> {
        let path = self.dir.join(name);
        let text = self.text_of(&path)?;
        // Windows' editor puts a byte order mark in front.
        let line = text.trim_start_matches('\u{feff}').trim_end_matches(['\r', '\n']);
        if line.contains(['\r', '\n']) {
            return Err(SecretError::Malformed(path, text::several_lines()));
        }
        let user_is_named = user.is_some();
        let (user, password) = match user {
            // A password may hold a colon; only the user's own name in front is taken off.
            Some(user) => {
                let own = line.strip_prefix(user).and_then(|rest| rest.strip_prefix(':'));
                (user, own.unwrap_or(line))
            }
            None => match line.split_once(':') {
                Some(both) => both,
                None => return Err(SecretError::Malformed(path, text::no_pair())),
            },
        };
        // Recorders are sold with an empty password; an empty file is a slip.
        if user.is_empty() || line.is_empty() {
            return Err(SecretError::Malformed(path, text::nothing_in_it()));
        }
        let (user, password) = (user.to_owned(), Secret::new(password));
        Ok(Credentials { user, password, file: path, user_is_named })
    }

    fn text_of(&self, path: &Path) -> Result<String, SecretError> {
        let unreadable = |error: io::Error| match error.kind() {
            ErrorKind::NotFound => SecretError::Missing(path.to_owned()),
            ErrorKind::IsADirectory => SecretError::Malformed(path.to_owned(), text::no_file()),
            _ if NotAFile::of(&error).is_some() => SecretError::Malformed(path.to_owned(), text::no_file()),
            kind => SecretError::Unreadable(path.to_owned(), kind.to_string()),
        };
        let file = input_file::open_plain(path).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        if let Some(mode) = mode_if_open_beyond_the_service(&metadata).filter(|_| !self.guarded) {
            return Err(SecretError::TooOpen(path.to_owned(), mode));
        }
        let mut bytes = Vec::new();
        file.take(MAX_SECRET_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() as u64 > MAX_SECRET_BYTES {
            return Err(SecretError::Malformed(path.to_owned(), text::too_long(MAX_SECRET_BYTES)));
        }
        String::from_utf8(bytes).map_err(|_| SecretError::Malformed(path.to_owned(), text::no_text()))
    }
}

/// The mode of a file that its group or anybody may read: what everybody can read is no secret.
pub(crate) fn mode_if_open_to_others(metadata: &fs::Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = metadata.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then_some(mode)
}

/// The same, but the service's own group may read: so files may belong to root, and the service cannot change them.
pub(super) fn mode_if_open_beyond_the_service(metadata: &fs::Metadata) -> Option<u32> {
    let mode = mode_if_open_to_others(metadata)?;
    let only_its_group_reads = mode & 0o077 == 0o040;
    (!only_its_group_reads || account::group_of_service() != Some(metadata.gid())).then_some(mode)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_command_names_a_folder_or_none() {
        for (path, command) in [
            ("cam-01", "lookout secret set cam-01 --dir ."),
            ("site/cam-01", "lookout secret set cam-01 --dir site"),
            ("/cam-01", "lookout secret set cam-01 --dir /"),
        ] {
            assert_eq!(set_command(Path::new(path)), command);
        }
        assert_eq!(set_command(&Path::new(DEFAULT_SECRETS_DIR).join("cam-01")), "lookout secret set cam-01");
    }

    fn store_with(name: &str, content: &str, mode: u32) -> (tempfile::TempDir, SecretStore) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let store = SecretStore { dir: dir.path().to_owned(), guarded: false };
        (dir, store)
    }

    #[test]
    fn a_file_holds_user_and_password_or_only_the_password() {
        let (_dir, store) = store_with("cam", "admin:a:b c\n", 0o600);
        let both = store.read("cam", None).unwrap();
        assert_eq!((both.user.as_str(), both.password.reveal()), ("admin", "a:b c"));
        let (_dir, store) = store_with("cam", "\u{feff}admin:a:b c\r\n", 0o600);
        assert_eq!(store.read("cam", None).unwrap().user, "admin");
        let (_dir, store) = store_with("cam", "a:b c\r\n", 0o400);
        let only = store.read("cam", Some("root")).unwrap();
        assert_eq!((only.user.as_str(), only.password.reveal()), ("root", "a:b c"));
    }

    #[test]
    fn a_password_may_be_empty_where_the_file_says_so() {
        let (_dir, store) = store_with("cam", "admin:\n", 0o600);
        for user in [None, Some("admin")] {
            let known = store.read("cam", user).unwrap();
            assert_eq!((known.user.as_str(), known.password.reveal()), ("admin", ""));
        }
    }

    #[test]
    fn a_file_that_others_can_read_is_refused_with_the_command_that_helps() {
        let (_dir, store) = store_with("cam", "admin:x", 0o644);
        let error = store.read("cam", None).unwrap_err();
        assert!(matches!(error, SecretError::TooOpen(_, 0o644)), "{error}");
        // Where there is a service's user, its group may read.
        let hint = error.hint().to_string();
        assert!(hint.starts_with("chmod 600 ") || hint.starts_with("chown root:"), "{hint}");
        // Systemd keeps others out of its folder, whatever the mode of the file.
        let guarded = SecretStore { guarded: true, ..store };
        assert!(guarded.read("cam", None).is_ok());
    }

    #[test]
    fn what_a_secret_holds_is_no_part_of_which_secret_it_is() {
        let (_dir, store) = store_with("cam", "admin:old", 0o600);
        let (before, named) = (store.read("cam", None).unwrap(), store.read("cam", Some("admin")).unwrap());
        fs::write(store.dir.join("cam"), "root:new").unwrap();
        let after = store.read("cam", None).unwrap();
        assert!(before.is_same_secret(&after) && before != after);
        assert!(!named.is_same_secret(&after), "another configuration");
        assert!(!named.is_same_secret(&store.read("cam", Some("root")).unwrap()));
        assert!(same_secret(None, None) && !same_secret(Some(&before), None));
    }

    #[test]
    fn contents_tell_a_change_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ca.pem");
        let gone = Contents::of([&*path]);
        fs::write(&path, "one").unwrap();
        let one = Contents::of([&*path]);
        assert_ne!(gone, one);
        assert_eq!(one, Contents::of([&*path]));
        fs::write(&path, "two").unwrap();
        assert_ne!(one, Contents::of([&*path]));
    }

    #[test]
    fn nobody_is_advised_to_open_a_home() {
        let hint = unreadable_hint(Path::new("/root/site/ca.pem"), "/etc/lookout").to_string();
        assert!(hint.contains("put it below /etc/lookout") && !hint.contains("chmod"), "{hint}");
        let reader = Account::named("nobody").expect("every Debian has the user `nobody`");
        let command = copy_command(&reader, Path::new("/root/site/cam-1"), DEFAULT_SECRETS_DIR);
        assert_eq!(command, "install -D -o nobody -m 600 /root/site/cam-1 /etc/lookout/secrets/cam-1");
    }

    #[test]
    fn no_error_shows_what_the_file_holds() {
        for content in ["hunter2", "hunter2\nhunter2", "", ":hunter2", &"hunter2".repeat(500)] {
            let (_dir, store) = store_with("cam", content, 0o600);
            let error = store.read("cam", None).unwrap_err();
            let shown = format!("{error} {error:?} {}", error.hint());
            assert!(!shown.contains("hunter2"), "{shown}");
        }
        assert!(!format!("{:?}", Secret::new("hunter2")).contains("hunter2"));
    }
}
