//! The file with the key by which this box signs, beside the queue: made at the first start, read at every later one.
//!
//! Must never replace a key that is there, whatever is wrong with it: the command centre knows the box by it, so who puts
//! another in its place decides that and registers it. A box without a usable key warns as ever, unsigned, and says so.
//!
//! Beside the key stands whose it is: boxes made from one disk image would sign as one another. While the configuration names
//! the placeholder for the area, the box has no name of its own yet and no key is made. One that was made for such a name is
//! known to nobody, and all boxes of a disk image have it: it is put aside, and the box makes its own.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::config::PLACEHOLDER_AREA;
use crate::config::secret::mode_if_open_to_others;
use crate::contract::box_key::BoxKey;
use crate::contract::signature::KeyError;
use crate::text::{Sentence, argument, key as say, log_info, log_warn};

/// Its name, in the folder of the queue.
pub(crate) const FILE: &str = "box-key.jwk";
/// The file beside it with the name of its box: `530127.box-1`.
const OWNER_FILE: &str = "box-key.box";
/// Maximum bytes of it; a key has about 250.
const MOST_BYTES: u64 = 4096;

/// Why there is no key to sign with. Never shows what is in the file.
#[derive(Debug)]
pub(crate) struct BoxKeyError {
    file: PathBuf,
    why: Why,
}

#[derive(Debug)]
enum Why {
    /// Something else has its name.
    NoFile,
    /// It belongs to this user, who is neither root nor the service.
    NotOurs(u32),
    /// Other users can read it.
    Open(u32),
    Unreadable(io::Error),
    /// What is in it is no key.
    Damaged(KeyError),
    /// It was made for a box of another name.
    OtherBox {
        other: String,
        this: String,
    },
    /// None is made for a box whose area is still the placeholder.
    NoArea,
    /// No key existed, and none could be made.
    Unmade(KeyError),
    Unwritten(io::Error),
}

impl BoxKeyError {
    /// What is wrong.
    pub(crate) fn sentence(&self) -> Sentence {
        let key = say::box_key(self.file.display());
        match &self.why {
            Why::NoFile => say::no_file(key),
            Why::NotOurs(uid) => say::of_other_user(key, *uid),
            Why::Open(mode) => say::open_to_others(key, format!("{mode:03o}")),
            Why::Unreadable(error) => say::unreadable(key, argument::why_unread(error)),
            Why::Damaged(error) => say::damaged(key, error.sentence()),
            Why::OtherBox { other, this } => say::of_other_box(key, other, this),
            Why::NoArea => say::not_made_without_area(PLACEHOLDER_AREA),
            Why::Unmade(error) => say::not_made(key, error.sentence()),
            Why::Unwritten(error) => say::not_written(key, argument::why_unwritten(error)),
        }
    }

    /// Whether the box only waits for its name.
    pub(crate) fn is_early(&self) -> bool {
        matches!(self.why, Why::NoArea)
    }

    /// What to try.
    pub(crate) fn hint(&self) -> Sentence {
        let file = self.file.display();
        match &self.why {
            Why::NoFile | Why::Damaged(_) => say::try_copy(file),
            Why::NotOurs(_) | Why::Open(_) => say::try_replacing(file),
            Why::OtherBox { .. } => say::try_own_key(file, self.file.with_file_name(OWNER_FILE).display()),
            Why::Unreadable(_) => say::try_owner(file),
            Why::NoArea => say::try_setting_area(),
            Why::Unmade(_) | Why::Unwritten(_) => say::try_next_start(),
        }
    }
}

/// In English.
impl fmt::Display for BoxKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sentence().fmt(f)
    }
}

impl std::error::Error for BoxKeyError {}

/// The key in that folder of the box with this name (`530127.box-1`); `None` where there is none yet.
///
/// # Errors
/// Something is there that is not to be signed with.
pub(crate) fn read(folder: &Path, this: &str) -> Result<Option<BoxKey>, BoxKeyError> {
    let file = folder.join(FILE);
    let wrong = |why| BoxKeyError { file: file.clone(), why };
    // Before it is opened: a pipe would be waited for.
    let metadata = match fs::metadata(&file) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(wrong(Why::Unreadable(error))),
    };
    if !metadata.is_file() {
        return Err(wrong(Why::NoFile));
    }
    let folders = fs::metadata(folder).map_err(|error| wrong(Why::Unreadable(error)))?;
    if is_foreign(metadata.uid(), rustix::process::geteuid().as_raw(), folders.uid()) {
        return Err(wrong(Why::NotOurs(metadata.uid())));
    }
    if let Some(mode) = mode_if_open_to_others(&metadata) {
        return Err(wrong(Why::Open(mode)));
    }
    let mut bytes = Vec::new();
    let opened = File::open(&file);
    opened
        .and_then(|opened| opened.take(MOST_BYTES).read_to_end(&mut bytes))
        .map_err(|error| wrong(Why::Unreadable(error)))?;
    let text = std::str::from_utf8(&bytes);
    let text = text.map_err(|_| wrong(Why::Damaged(KeyError::Form(say::no_text()))))?;
    let key = BoxKey::from_jwk(text).map_err(|error| wrong(Why::Damaged(error)))?;
    match owner(folder) {
        Some(other) if other != this => Err(wrong(Why::OtherBox { other, this: this.to_owned() })),
        Some(_) | None => Ok(Some(key)),
    }
}

/// The file with the name of the box whose key is in that folder.
#[cfg(feature = "web")]
pub(super) fn owner_file(folder: &Path) -> PathBuf {
    folder.join(OWNER_FILE)
}

/// Whether a box of that name stands in no county yet.
fn has_no_area(name: &str) -> bool {
    name.split('.').next() == Some(PLACEHOLDER_AREA)
}

/// A key that was made before the box had a name goes out of the way; nothing is deleted.
fn put_aside(folder: &Path, this: &str) -> io::Result<()> {
    let is_early = |owner: String| has_no_area(&owner) && owner != this;
    if !owner(folder).is_some_and(is_early) || !folder.join(FILE).is_file() {
        return Ok(());
    }
    let aside = folder.join(format!("{FILE}.{PLACEHOLDER_AREA}"));
    fs::rename(folder.join(FILE), &aside)?;
    log_info!(say::put_aside(PLACEHOLDER_AREA); file = %aside.display());
    Ok(())
}

/// The box that the key belongs to; `None` if unknown.
fn owner(folder: &Path) -> Option<String> {
    let file = folder.join(OWNER_FILE);
    let is_file = fs::metadata(&file).is_ok_and(|metadata| metadata.is_file());
    let mut bytes = Vec::new();
    let opened = is_file.then(|| File::open(&file))?.ok()?;
    opened.take(MOST_BYTES).read_to_end(&mut bytes).ok()?;
    let name: String = String::from_utf8_lossy(&bytes).trim().chars().filter(|c| !c.is_control()).collect();
    (!name.is_empty()).then_some(name)
}

/// Whether a file of `owner` is neither this user's, nor root's, nor of the user whose folder it is in: the service's, for
/// root who only looks on. Each of those could put another in its place anyway.
fn is_foreign(owner: u32, this: u32, folders: u32) -> bool {
    owner != this && owner != 0 && owner != folders
}

/// The key in that folder of the box with this name, made where there is none.
///
/// # Errors
/// Something is there that is not to be signed with, or none can be made, or none is to be made yet.
pub(crate) fn read_or_make(folder: &Path, this: &str) -> Result<BoxKey, BoxKeyError> {
    let cannot = |why| BoxKeyError { file: folder.join(FILE), why };
    if !has_no_area(this) {
        put_aside(folder, this).map_err(|error| cannot(Why::Unwritten(error)))?;
    }
    if let Some(key) = read(folder, this)? {
        if owner(folder).is_none()
            && let Err(error) = write(folder, OWNER_FILE, this)
        {
            log_warn!(say::owner_not_written(); %error);
        }
        log_info!(say::signs(); key = key.id());
        return Ok(key);
    }
    if has_no_area(this) {
        return Err(cannot(Why::NoArea));
    }
    let file = folder.join(FILE);
    let key =
        BoxKey::generate().map_err(|error| BoxKeyError { file: file.clone(), why: Why::Unmade(error) })?;
    // Whose it is first: without a key it says nothing.
    write(folder, OWNER_FILE, this)
        .and_then(|()| write(folder, FILE, &key.to_jwk()))
        .map_err(|error| BoxKeyError { file: file.clone(), why: Why::Unwritten(error) })?;
    log_info!(say::made_for_box(); key = key.id(), file = %file.display());
    Ok(key)
}

/// A whole file that its owner alone can read, or none. The folder is this process's alone: the queue is locked.
fn write(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    let (file, new) = (folder.join(name), folder.join(format!("{name}.new")));
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut writing = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    let written = writing
        .write_all(text.as_bytes())
        .and_then(|()| writing.sync_all())
        .and_then(|()| fs::rename(&new, file))
        .and_then(|()| File::open(folder)?.sync_all());
    if written.is_err() {
        // What is left of it is of no use.
        let _ = fs::remove_file(&new);
    }
    written
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::types::language::Language;

    const BOX: &str = "530127.box-1";

    fn mode(file: &Path) -> u32 {
        fs::metadata(file).unwrap().permissions().mode() & 0o777
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn a_key_is_made_once_for_its_owner_alone_and_is_the_same_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read(folder.path(), BOX).unwrap().is_none());
        // What a start that was cut off left behind.
        fs::write(folder.path().join(format!("{FILE}.new")), "{").unwrap();
        let made = read_or_make(folder.path(), BOX).unwrap();
        assert_eq!(mode(&folder.path().join(FILE)), 0o600);
        assert_eq!(names(folder.path()), [OWNER_FILE, FILE]);
        let again = read_or_make(folder.path(), BOX).unwrap();
        assert_eq!(again.public(), made.public());
        assert_eq!(read(folder.path(), BOX).unwrap().unwrap().public(), made.public());
    }

    /// Two boxes from one disk image.
    #[test]
    fn the_key_of_a_box_of_another_name_is_not_signed_with_and_both_ways_out_work() {
        let folder = tempfile::tempdir().unwrap();
        let key = read_or_make(folder.path(), BOX).unwrap();
        let error = read_or_make(folder.path(), "530127.box-2").unwrap_err();
        let message = error.to_string();
        assert!(message.contains("`530127.box-1`") && message.contains("`530127.box-2`"), "{message}");
        assert!(error.sentence().in_language(Language::Chinese).contains("`530127.box-1`"));
        assert!(read(folder.path(), "530127.box-2").is_err());
        assert_eq!(read(folder.path(), BOX).unwrap().unwrap().id(), key.id(), "nothing was changed");
        // It is the same box under another name.
        fs::remove_file(folder.path().join(OWNER_FILE)).unwrap();
        assert_eq!(read_or_make(folder.path(), "530127.box-2").unwrap().id(), key.id());
        assert!(read(folder.path(), BOX).is_err(), "from now on it is that one's");
        // It is another box.
        fs::rename(folder.path().join(FILE), folder.path().join("old")).unwrap();
        assert_ne!(read_or_make(folder.path(), BOX).unwrap().id(), key.id());
        assert!(read(folder.path(), "530127.box-2").is_err());
    }

    /// The package starts the service before anybody has said where the box stands.
    #[test]
    fn no_key_is_made_before_the_box_has_its_area_and_one_of_before_is_put_aside() {
        let folder = tempfile::tempdir().unwrap();
        let error = read_or_make(folder.path(), "000000.box-1").unwrap_err();
        assert!(error.is_early() && error.to_string().contains("000000"), "{error}");
        assert!(error.hint().to_string().contains("area"), "{}", error.hint());
        assert!(error.sentence().in_language(Language::Chinese).contains("000000"));
        assert_eq!(names(folder.path()), Vec::<String>::new());
        // What an earlier version made for the placeholder, in every copy of the disk.
        let early = BoxKey::generate().unwrap();
        write(folder.path(), OWNER_FILE, "000000.box-1").unwrap();
        write(folder.path(), FILE, &early.to_jwk()).unwrap();
        assert_eq!(read_or_make(folder.path(), "000000.box-1").unwrap().id(), early.id(), "it is its own");
        let made = read_or_make(folder.path(), BOX).unwrap();
        assert_ne!(made.id(), early.id());
        assert_eq!(names(folder.path()), [OWNER_FILE, FILE, &format!("{FILE}.000000")]);
        assert_eq!(read_or_make(folder.path(), BOX).unwrap().id(), made.id());
        assert!(read_or_make(folder.path(), "530127.box-2").is_err(), "only those of the placeholder");
    }

    #[test]
    fn what_is_no_key_is_reported_and_stays_as_it_is() {
        let whole = BoxKey::generate().unwrap().to_jwk();
        let half = &whole[..whole.len() / 2];
        let other = whole.replace("\"kid\": \"", "\"kid\": \"x");
        for damaged in ["", "\0\0\0\0", half, &other, "{}"] {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join(FILE);
            fs::write(&file, damaged).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
            let error = read_or_make(folder.path(), BOX).unwrap_err();
            let message = error.sentence().to_string();
            assert!(message.contains(FILE) && message.contains("is damaged"), "{message}");
            assert!(error.sentence().in_language(Language::Chinese).contains("已损坏"));
            assert!(error.hint().to_string().contains("the command centre has to register"));
            assert_eq!(fs::read_to_string(&file).unwrap(), damaged);
            assert_eq!(names(folder.path()), [FILE]);
        }
    }

    #[test]
    fn no_error_shows_what_is_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE);
        let whole = BoxKey::generate().unwrap().to_jwk();
        let private: serde_json::Value = serde_json::from_str(&whole).unwrap();
        fs::write(&file, whole.replace("OKP", "EC")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        let error = read(folder.path(), BOX).unwrap_err();
        let message = format!("{error} {error:?} {}", error.hint());
        assert!(!message.contains(private["d"].as_str().unwrap()), "{message}");
    }

    #[test]
    fn a_key_that_others_can_read_and_what_is_no_file_are_reported() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE);
        let whole = BoxKey::generate().unwrap().to_jwk();
        fs::write(&file, &whole).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        let message = read_or_make(folder.path(), BOX).unwrap_err().to_string();
        assert!(message.contains("can be read by other users (mode 644)"), "{message}");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(read_or_make(folder.path(), BOX).is_ok());
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        let message = read_or_make(folder.path(), BOX).unwrap_err().to_string();
        assert!(message.contains("is no file"), "{message}");
    }

    #[test]
    fn where_no_key_can_be_written_that_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        let gone = folder.path().join("gone");
        let error = read_or_make(&gone, BOX).unwrap_err();
        assert!(error.to_string().contains("could not be written"), "{error}");
        assert!(error.hint().in_language(Language::Chinese).contains("[outbox]"));
    }

    #[test]
    fn a_key_of_a_stranger_is_foreign_and_one_of_the_service_is_not() {
        let (root, service, stranger) = (0, 998, 1000);
        assert!(!is_foreign(service, service, service), "the service itself");
        assert!(!is_foreign(service, root, service), "root looks on");
        assert!(!is_foreign(root, service, service), "what root put there");
        assert!(!is_foreign(service, service, stranger), "a folder that was lent");
        assert!(is_foreign(stranger, service, service));
        assert!(is_foreign(stranger, root, service));
        assert!(is_foreign(stranger, root, root));
    }
}
