//! Accounts of the page: names, roles, passwords, and one-time codes with which a name gets its password.
//!
//! # Format and crash rules
//!
//! One file, `accounts.json` in the page's folder, that its owner alone can read; it is replaced whole or not at all.
//! The daemon and `lookout page` both change it, one at a time: the writer holds a lock on `accounts.lock` beside it.
//! A password stands there as Argon2id with a salt of its own, a code as its SHA-256: it has 60 random bits, lives for
//! minutes and works once. The daemon looks at the file again whenever it is another one.
//!
//! Must never hold a password or a code that could be read back, and never forget a name because a write failed.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use rand::Rng as _;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use super::files;
use crate::analysis::time::Timestamp;
use crate::contract::signature::Role as CommandRole;
use crate::contract::words::Time;
use crate::types::hex::{hex, sha256_hex};

/// The file with names and codes.
const FILE: &str = "accounts.json";
/// The lock file of changes.
const LOCK_FILE: &str = "accounts.lock";
/// Maximum bytes of it that are read: a hundred names take a tenth.
const MOST_BYTES: u64 = 1024 * 1024;
/// How long somebody who changes it waits for somebody else who does.
const LOCKED_WITHIN: Duration = Duration::from_secs(3);
/// How long a code works.
pub const CODE_GOOD_FOR: Duration = Duration::from_secs(15 * 60);
/// Letters of a code: Crockford's, without those that look like others.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Letters of a code; 60 bits.
const CODE_LETTERS: usize = 12;
/// Shortest password, in characters. NIST SP 800-63B-4 asks for 15 where a password stands alone and 8 beside something
/// else; nobody reaches the page but over the site's own network, and guesses are slowed down.
pub const LEAST_PASSWORD_CHARS: usize = 10;
/// Longest password, in bytes: what is hashed is bounded.
pub const MOST_PASSWORD_BYTES: usize = 256;
/// Longest name, in characters.
pub const MOST_NAME_CHARS: usize = 32;
/// Maximum number of names, and most codes that wait: a file that grows without end would be somebody's mistake.
const MOST_ENTRIES: usize = 200;

/// What somebody may do at the page. Grows from first to last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees everything and changes nothing.
    Viewer,
    /// May work on alerts, too.
    Operator,
    /// May change the configuration, too.
    Installer,
}

impl Role {
    /// All of them, the least first.
    pub const ALL: [Role; 3] = [Role::Viewer, Role::Operator, Role::Installer];

    /// Its name on the command line and in the file.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Operator => "operator",
            Role::Installer => "installer",
        }
    }

    /// The role of that name.
    pub fn named(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }

    /// The role that somebody with a key would have who may do as much; `None`: no command at all.
    pub const fn of_commands(self) -> Option<CommandRole> {
        match self {
            Role::Viewer => None,
            Role::Operator => Some(CommandRole::Operator),
            Role::Installer => Some(CommandRole::Admin),
        }
    }
}

/// A user of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The name.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// A new number after each enrolment: earlier sessions end.
    pub serial: String,
    /// Time of the enrolment.
    pub since: Timestamp,
}

/// Why somebody is not enrolled.
#[derive(Debug)]
pub enum NotEnrolled {
    /// No such code, or not any more.
    Code,
    /// The name is taken.
    NameTaken,
    /// It is no name.
    Name,
    /// The password is too short or too long.
    Password,
    /// Too many names.
    TooMany,
    /// The file cannot be read or written.
    File(io::Error),
}

impl From<io::Error> for NotEnrolled {
    fn from(error: io::Error) -> Self {
        NotEnrolled::File(error)
    }
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Document {
    #[serde(default)]
    people: Vec<PersonEntry>,
    #[serde(default)]
    codes: Vec<CodeEntry>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct PersonEntry {
    name: String,
    role: Role,
    serial: String,
    since: Time,
    password: Hashed,
}

impl PersonEntry {
    fn person(&self) -> Person {
        let PersonEntry { name, role, serial, since, .. } = self.clone();
        Person { name, role, serial, since: since.0 }
    }
}

/// A password as Argon2id made it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Hashed {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: String,
    hash: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct CodeEntry {
    sha256: String,
    role: Role,
    /// Whose password it sets; `None`: of a new name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    name: Option<String>,
    until: Time,
}

/// What became another one in the file since it was read before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// A code was made.
    Code {
        /// What it lets somebody do.
        role: Role,
        /// The user.
        name: Option<String>,
    },
    /// A name was taken away.
    Removed {
        /// The name.
        name: String,
    },
}

/// The file, read again whenever it is another one.
#[derive(Debug)]
pub struct Accounts {
    folder: PathBuf,
    read: Option<((u64, i64, i64), Document)>,
    news: Vec<News>,
    unreadable_since: Option<Duration>,
}

impl Accounts {
    /// In the page's folder, which need not be there.
    pub fn within(folder: &Path) -> Self {
        Accounts { folder: folder.to_owned(), read: None, news: Vec::new(), unreadable_since: None }
    }

    /// What changed since the last time, by this process or another. The first look at the file returns nothing.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn news(&mut self) -> io::Result<Vec<News>> {
        self.document()?;
        Ok(std::mem::take(&mut self.news))
    }

    /// For how long it could not be read by now, where it cannot be.
    pub fn unreadable_for(&mut self, now: Duration) -> Duration {
        now.saturating_sub(*self.unreadable_since.get_or_insert(now))
    }

    /// The file, for people.
    pub fn path(&self) -> PathBuf {
        self.folder.join(FILE)
    }

    /// Everybody who may open the page.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn people(&mut self) -> io::Result<Vec<Person>> {
        Ok(self.document()?.people.iter().map(PersonEntry::person).collect())
    }

    /// The person of that name.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn person(&mut self, name: &str) -> io::Result<Option<Person>> {
        Ok(self.document()?.people.iter().find(|person| person.name == name).map(PersonEntry::person))
    }

    /// What is needed to tell whether a password is right; also for a name that is not there, so that nobody learns by the
    /// time it takes which names are.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn check_of(&mut self, name: &str) -> io::Result<PasswordCheck> {
        let entry = self.document()?.people.iter().find(|person| person.name == name);
        Ok(PasswordCheck { known: entry.map(|entry| (entry.person(), entry.password.clone())) })
    }

    /// Makes a code with which somebody gets a password: for a new name, or for `name` whether it is there or not.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn make_code(&mut self, role: Role, name: Option<String>, now: Timestamp) -> io::Result<String> {
        let mut rng = rand::rng();
        let letters: String =
            (0..CODE_LETTERS).map(|_| char::from(LETTERS[rng.random_range(0..LETTERS.len())])).collect();
        let until = Time(now.checked_add(CODE_GOOD_FOR).unwrap_or(Timestamp::MAX));
        let entry = CodeEntry { sha256: sha256_hex(letters.as_bytes()), role, name, until };
        self.change(|document| {
            document.codes.retain(|code| is_good(code, now));
            // The oldest go first.
            let too_many = document.codes.len().saturating_sub(MOST_ENTRIES - 1);
            document.codes.drain(..too_many);
            document.codes.push(entry);
        })?;
        let parts: Vec<&str> = [&letters[..4], &letters[4..8], &letters[8..]].to_vec();
        Ok(parts.join("-"))
    }

    /// What a code is for; `None`: there is no such code, or not any more.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn code(&mut self, code: &str, now: Timestamp) -> io::Result<Option<(Role, Option<String>)>> {
        let wanted = sha256_hex(plain_code(code).as_bytes());
        let found = self.document()?.codes.iter().find(|code| code.sha256 == wanted && is_good(code, now));
        Ok(found.map(|code| (code.role, code.name.clone())))
    }

    /// Uses a code up: from now on `name` has this password, once `note` wrote that down. Takes a moment.
    ///
    /// # Errors
    /// Why not; the code is as good as before.
    pub fn enrol(
        &mut self,
        code: &str,
        name: &str,
        password: &str,
        now: Timestamp,
        note: impl FnOnce(&Person) -> io::Result<()>,
    ) -> Result<Person, NotEnrolled> {
        let name = &*folded(name);
        if !is_name(name) {
            return Err(NotEnrolled::Name);
        }
        if !is_password(password) {
            return Err(NotEnrolled::Password);
        }
        // Nothing is hashed for a code that is none.
        match self.code(code, now)? {
            Some((_, meant)) if meant.as_deref().is_none_or(|meant| meant == name) => {}
            Some(_) | None => return Err(NotEnrolled::Code),
        }
        let serial = hex(&rand::random::<[u8; 16]>());
        let password = Hashed::of(password)?;
        let wanted = sha256_hex(plain_code(code).as_bytes());
        self.change(|document| {
            let at = document.codes.iter().position(|code| code.sha256 == wanted && is_good(code, now));
            let at = at.ok_or(NotEnrolled::Code)?;
            let is_taken = document.people.iter().any(|person| person.name == name);
            match &document.codes[at].name {
                Some(meant) if meant != name => return Err(NotEnrolled::Code),
                None if is_taken => return Err(NotEnrolled::NameTaken),
                Some(_) | None => {}
            }
            if document.people.len() >= MOST_ENTRIES && !is_taken {
                return Err(NotEnrolled::TooMany);
            }
            let role = document.codes[at].role;
            let entry = PersonEntry { name: name.to_owned(), role, serial, since: Time(now), password };
            let person = entry.person();
            note(&person)?;
            document.codes.remove(at);
            document.people.retain(|person| person.name != name);
            document.people.push(entry);
            Ok(person)
        })?
    }

    /// Takes a name away; whether it was there.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn remove(&mut self, name: &str) -> io::Result<bool> {
        self.change(|document| {
            let before = document.people.len();
            document.people.retain(|person| person.name != name);
            document.codes.retain(|code| code.name.as_deref() != Some(name));
            document.people.len() < before
        })
    }

    fn document(&mut self) -> io::Result<&Document> {
        let path = self.path();
        // A file that replaced it has another number.
        let which = match fs::symlink_metadata(&path) {
            Ok(metadata) => (metadata.ino(), metadata.mtime(), metadata.mtime_nsec()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => (0, 0, 0),
            Err(error) => return Err(error),
        };
        if self.read.as_ref().is_none_or(|(known, _)| *known != which) {
            let document = if which == (0, 0, 0) { Document::default() } else { read(&path)? };
            if let Some((_, before)) = &self.read {
                self.news.extend(document.news_since(before));
            }
            self.read = Some((which, document));
        }
        self.unreadable_since = None;
        self.read
            .as_ref()
            .map(|(_, document)| document)
            .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }

    /// Changes the file, alone; what `change` returns. Nothing is written where it changed nothing.
    fn change<T>(&mut self, change: impl FnOnce(&mut Document) -> T) -> io::Result<T> {
        files::make_folder(&self.folder)?;
        let _lock = files::lock(&self.folder, LOCK_FILE, LOCKED_WITHIN)?;
        let mut document = match read(&self.path()) {
            Ok(document) => document,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Document::default(),
            // What cannot be read is not replaced: the names in it would be gone.
            Err(error) => return Err(error),
        };
        let before = serde_json::to_vec(&document)?;
        let done = change(&mut document);
        let after = serde_json::to_vec(&document)?;
        if before != after {
            files::write_private(&self.folder, FILE, &after)?;
        }
        self.read = None;
        Ok(done)
    }
}

impl Document {
    fn news_since(&self, before: &Document) -> Vec<News> {
        let is_new = |code: &&CodeEntry| before.codes.iter().all(|known| known.sha256 != code.sha256);
        let is_gone = |person: &&PersonEntry| self.people.iter().all(|known| known.name != person.name);
        let made = self.codes.iter().filter(is_new);
        let made = made.map(|code| News::Code { role: code.role, name: code.name.clone() });
        let removed = before.people.iter().filter(is_gone);
        made.chain(removed.map(|person| News::Removed { name: person.name.clone() })).collect()
    }
}

fn read(path: &Path) -> io::Result<Document> {
    let bytes = files::read(path, MOST_BYTES)?;
    serde_json::from_slice(&bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

fn is_good(code: &CodeEntry, now: Timestamp) -> bool {
    // A clock that was set back must not bring an old code to life.
    now <= code.until.0 && code.until.0.duration_since(now).unsigned_abs() <= CODE_GOOD_FOR
}

/// A code as it was made, however it was typed.
fn plain_code(typed: &str) -> String {
    let typed = folded(typed);
    let letters = typed.chars().filter(char::is_ascii_alphanumeric).take(CODE_LETTERS + 1);
    letters
        .map(|c| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect()
}

/// What was typed, with letters and digits as a keyboard without an input method writes them: `ａｎｎａ` is `anna`.
pub fn folded(typed: &str) -> String {
    let half = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        c => c,
    };
    typed.chars().map(half).collect()
}

/// Whether it may name somebody: letters of ASCII, or Chinese characters, with digits, and `-`, `_` and `.` between them.
/// Nothing else, and not both, so that no two names look the same.
pub fn is_name(name: &str) -> bool {
    let count = name.chars().count();
    let is_of_a_name = |c: char| c.is_ascii_alphanumeric() || is_han(c);
    (1..=MOST_NAME_CHARS).contains(&count)
        && name.starts_with(is_of_a_name)
        && name.chars().all(|c| is_of_a_name(c) || matches!(c, '-' | '_' | '.'))
        && !(name.contains(|c: char| c.is_ascii_alphabetic()) && name.contains(is_han))
}

/// A Chinese character; not one that is there only for compatibility and looks like another.
fn is_han(c: char) -> bool {
    matches!(c, '\u{3007}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{323af}')
}

/// Whether it may be a password.
fn is_password(password: &str) -> bool {
    password.chars().count() >= LEAST_PASSWORD_CHARS && password.len() <= MOST_PASSWORD_BYTES
}

impl Hashed {
    fn of(password: &str) -> io::Result<Self> {
        let salt = rand::random::<[u8; 16]>();
        let params = Params::DEFAULT;
        let hash = argon2id(password, &salt, &params)?;
        Ok(Hashed {
            memory_kib: params.m_cost(),
            passes: params.t_cost(),
            lanes: params.p_cost(),
            salt: BASE64.encode(salt),
            hash: BASE64.encode(hash),
        })
    }

    fn is_of(&self, password: &str) -> bool {
        let (Ok(salt), Ok(hash)) = (BASE64.decode(&self.salt), BASE64.decode(&self.hash)) else {
            return false;
        };
        let Ok(params) = Params::new(self.memory_kib, self.passes, self.lanes, Some(HASH_BYTES)) else {
            return false;
        };
        argon2id(password, &salt, &params).is_ok_and(|made| bool::from(made.ct_eq(&hash)))
    }
}

const HASH_BYTES: usize = 32;

fn argon2id(password: &str, salt: &[u8], params: &Params) -> io::Result<[u8; HASH_BYTES]> {
    let mut hash = [0; HASH_BYTES];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
        .hash_password_into(password.as_bytes(), salt, &mut hash)
        .map_err(|error| io::Error::other(error.to_string()))?;
    Ok(hash)
}

/// Checks a password.
pub struct PasswordCheck {
    known: Option<(Person, Hashed)>,
}

impl PasswordCheck {
    /// The person, if the password is theirs. Takes a moment, and as long for a name that is not there.
    pub fn person_with(self, password: &str) -> Option<Person> {
        if password.len() > MOST_PASSWORD_BYTES {
            return None;
        }
        match self.known {
            Some((person, hashed)) => hashed.is_of(password).then_some(person),
            None => {
                // As much work as for somebody who is there.
                let _ = argon2id(password, &[0; 16], &Params::DEFAULT);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_code_works_once_and_for_a_quarter_of_an_hour() {
        let folder = tempfile::tempdir().unwrap();
        let mut accounts = Accounts::within(folder.path());
        let now = at("2026-11-29T08:00:00Z");
        let code = accounts.make_code(Role::Operator, None, now).unwrap();
        let late = at("2026-11-29T08:15:01Z");
        assert!(
            accounts.code(&code, now).unwrap().is_some() && accounts.code(&code, late).unwrap().is_none()
        );
        assert!(matches!(
            accounts.enrol(&code, "li", "long enough", late, |_| Ok(())),
            Err(NotEnrolled::Code)
        ));
        assert!(matches!(accounts.enrol(&code, "li", "short", now, |_| Ok(())), Err(NotEnrolled::Password)));
        assert!(matches!(
            accounts.enrol(&code, "../li", "long enough", now, |_| Ok(())),
            Err(NotEnrolled::Name)
        ));
        let typed = code.replace('-', " ").to_lowercase();
        let person = accounts.enrol(&typed, "li", "long enough", now, |_| Ok(())).unwrap();
        assert_eq!((person.name.as_str(), person.role), ("li", Role::Operator));
        assert!(matches!(
            accounts.enrol(&code, "wang", "long enough", now, |_| Ok(())),
            Err(NotEnrolled::Code)
        ));
        let text = fs::read_to_string(folder.path().join(FILE)).unwrap();
        assert!(!text.contains("long enough") && !text.contains(&code), "{text}");
        let mode = fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
    }

    #[test]
    fn no_two_names_look_the_same_and_full_width_letters_are_letters() {
        for good in ["li", "Li-2", "viewer-1", "李", "王小明", "李2", "a.b_c", "7"] {
            assert!(is_name(good), "{good}");
        }
        let cyrillic = "\u{430}nna";
        let bad =
            ["", "-li", "../li", "li\u{200b}", "li\u{202e}", "l i", "l\u{0}", "李li", "ａｎｎａ", "\u{f900}"];
        for bad in bad.into_iter().chain([cyrillic, "анна", &*"a".repeat(33)]) {
            assert!(!is_name(bad), "{bad:?}");
        }
        assert_eq!(folded("ａｎｎａ－１"), "anna-1");

        let folder = tempfile::tempdir().unwrap();
        let mut accounts = Accounts::within(folder.path());
        let now = at("2026-11-29T08:00:00Z");
        let wide = |code: &str| -> String {
            let wide = |c: char| char::from_u32(u32::from(c) + 0xfee0).unwrap();
            code.chars().map(|c| if c == '-' { '－' } else { wide(c) }).collect()
        };
        let code = accounts.make_code(Role::Viewer, None, now).unwrap();
        let person = accounts.enrol(&wide(&code), "ａｎｎａ", "long enough", now, |_| Ok(())).unwrap();
        assert_eq!(person.name, "anna");
        let code = accounts.make_code(Role::Viewer, None, now).unwrap();
        let taken = accounts.enrol(&code, "anna", "long enough", now, |_| Ok(()));
        assert!(matches!(taken, Err(NotEnrolled::NameTaken)), "{taken:?}");
        let refused = accounts.enrol(&code, cyrillic, "long enough", now, |_| Ok(()));
        assert!(matches!(refused, Err(NotEnrolled::Name)), "{refused:?}");
    }

    #[test]
    fn a_name_that_is_taken_needs_a_code_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let mut accounts = Accounts::within(folder.path());
        let now = at("2026-11-29T08:00:00Z");
        let code = accounts.make_code(Role::Installer, None, now).unwrap();
        let first = accounts.enrol(&code, "李", "long enough", now, |_| Ok(())).unwrap();
        let code = accounts.make_code(Role::Viewer, None, now).unwrap();
        assert!(matches!(
            accounts.enrol(&code, "李", "long enough", now, |_| Ok(())),
            Err(NotEnrolled::NameTaken)
        ));
        let own = accounts.make_code(Role::Viewer, Some("李".to_owned()), now).unwrap();
        assert!(matches!(
            accounts.enrol(&own, "wang", "long enough", now, |_| Ok(())),
            Err(NotEnrolled::Code)
        ));
        // Another process, such as the command line.
        let again =
            Accounts::within(folder.path()).enrol(&own, "李", "another password", now, |_| Ok(())).unwrap();
        assert_ne!(again.serial, first.serial, "a person who logged in before has to log in again");
        assert_eq!(accounts.person("李").unwrap().unwrap(), again);
        assert!(accounts.check_of("李").unwrap().person_with("long enough").is_none());
        assert_eq!(accounts.check_of("李").unwrap().person_with("another password"), Some(again));
        assert!(accounts.check_of("nobody").unwrap().person_with("another password").is_none());
        assert!(accounts.remove("李").unwrap() && !accounts.remove("李").unwrap());
        assert_eq!(accounts.people().unwrap(), []);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "{ half").unwrap();
        let mut accounts = Accounts::within(folder.path());
        assert!(accounts.make_code(Role::Viewer, None, at("2026-11-29T08:00:00Z")).is_err());
        assert!(accounts.people().is_err());
        assert_eq!(fs::read_to_string(folder.path().join(FILE)).unwrap(), "{ half");
    }

    #[test]
    fn what_another_process_changed_is_reported_once() {
        let folder = tempfile::tempdir().unwrap();
        let now = at("2026-11-29T08:00:00Z");
        let (mut daemon, mut other) = (Accounts::within(folder.path()), Accounts::within(folder.path()));
        assert_eq!(daemon.news().unwrap(), []);
        let code = other.make_code(Role::Viewer, Some("li".to_owned()), now).unwrap();
        let made = News::Code { role: Role::Viewer, name: Some("li".to_owned()) };
        assert_eq!(daemon.news().unwrap(), [made]);
        other.enrol(&code, "li", "long enough", now, |_| Ok(())).unwrap();
        assert_eq!(daemon.news().unwrap(), [], "the process that enrols somebody reports it");
        other.remove("li").unwrap();
        assert_eq!(daemon.news().unwrap(), [News::Removed { name: "li".to_owned() }]);
        assert_eq!(daemon.news().unwrap(), []);
    }

    #[test]
    fn nobody_is_enrolled_whose_enrolment_cannot_be_written_down() {
        let folder = tempfile::tempdir().unwrap();
        let now = at("2026-11-29T08:00:00Z");
        let mut accounts = Accounts::within(folder.path());
        let code = accounts.make_code(Role::Viewer, None, now).unwrap();
        let full = |_: &Person| Err(io::Error::from(io::ErrorKind::StorageFull));
        let refused = accounts.enrol(&code, "li", "long enough", now, full);
        assert!(matches!(refused, Err(NotEnrolled::File(_))), "{refused:?}");
        assert_eq!(accounts.people().unwrap(), []);
        assert!(accounts.code(&code, now).unwrap().is_some());
    }

    #[test]
    fn the_newest_of_too_many_codes_work() {
        let folder = tempfile::tempdir().unwrap();
        let now = at("2026-11-29T08:00:00Z");
        let until = Time(now.checked_add(CODE_GOOD_FOR).unwrap());
        let many = |n: usize| CodeEntry { sha256: n.to_string(), role: Role::Viewer, name: None, until };
        let document = Document { people: Vec::new(), codes: (0..MOST_ENTRIES).map(many).collect() };
        fs::write(folder.path().join(FILE), serde_json::to_vec(&document).unwrap()).unwrap();
        let mut accounts = Accounts::within(folder.path());
        let code = accounts.make_code(Role::Viewer, None, now).unwrap();
        assert!(accounts.code(&code, now).unwrap().is_some());
        let codes = &accounts.document().unwrap().codes;
        let ends = (codes.len(), codes[0].sha256.as_str(), codes[MOST_ENTRIES - 2].sha256.as_str());
        assert_eq!(ends, (MOST_ENTRIES, "1", "199"), "the oldest is gone");
    }
}
