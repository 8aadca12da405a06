//! The file with the key by which this box signs, beside the queue: made at the first start, read at every later one.
//!
//! Must never replace a key that is there, whatever is wrong with it: the command centre knows the box by it, so who puts
//! another in its place decides that and registers it. A box without a usable key warns as ever, unsigned, and says so.
//!
//! Beside the key stands whose it is: boxes made from one disk image would sign as one another.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use tracing::{info, warn};

use crate::config::secret::mode_if_open_to_others;
use crate::contract::Language;
use crate::contract::box_key::BoxKey;
use crate::contract::signature::KeyError;

/// Its name, in the folder of the queue.
pub const FILE: &str = "box-key.jwk";
/// The file beside it with the name of its box: `530127.box-1`.
const OWNER_FILE: &str = "box-key.box";
/// Most bytes of it; a key has about 250.
const MOST_BYTES: u64 = 4096;

/// Why there is no key to sign with. Never shows what is in the file.
#[derive(Debug)]
pub struct BoxKeyError {
    file: PathBuf,
    why: Why,
}

#[derive(Debug)]
enum Why {
    /// Something else has its name.
    NoFile,
    /// It belongs to this user, who is neither root nor the service.
    NotOurs(u32),
    /// Others can read it.
    Open(u32),
    Unreadable(io::Error),
    /// What is in it is no key.
    Damaged(KeyError),
    /// It was made for a box of another name.
    OtherBox {
        other: String,
        this: String,
    },
    /// None was there, and none could be made.
    Unmade(KeyError),
    Unwritten(io::Error),
}

impl BoxKeyError {
    /// What is wrong, in that language, without what to try.
    pub fn sentence(&self, language: Language) -> String {
        let file = self.file.display();
        match language {
            Language::English => {
                let key = format!("the box's key {file}");
                match &self.why {
                    Why::NoFile => format!("{key} is no file"),
                    Why::NotOurs(uid) => format!("{key} belongs to another user (uid {uid})"),
                    Why::Open(mode) => format!("{key} can be read by other users (mode {mode:03o})"),
                    Why::Unreadable(error) => format!("{key} cannot be read: {error}"),
                    Why::Damaged(error) => format!("{key} is damaged: {error}"),
                    Why::OtherBox { other, this } => {
                        format!("{key} was made for the box `{other}`, and this is `{this}`")
                    }
                    Why::Unmade(error) => format!("{key} could not be made: {error}"),
                    Why::Unwritten(error) => format!("{key} could not be written: {error}"),
                }
            }
            Language::Chinese => {
                let key = format!("本机密钥 {file} ");
                match &self.why {
                    Why::NoFile => format!("{key}不是文件"),
                    Why::NotOurs(uid) => format!("{key}属于其他用户（uid {uid}）"),
                    Why::Open(mode) => format!("{key}可被其他用户读取（权限 {mode:03o}）"),
                    Why::Unreadable(error) => format!("{key}无法读取（原文：{error}）"),
                    Why::Damaged(error) => format!("{key}已损坏（原文：{error}）"),
                    Why::OtherBox { other, this } => {
                        format!("{key}是为盒子 `{other}` 生成的，而本机是 `{this}`")
                    }
                    Why::Unmade(error) => format!("{key}无法生成（原文：{error}）"),
                    Why::Unwritten(error) => format!("{key}无法写入（原文：{error}）"),
                }
            }
        }
    }

    /// What to try.
    pub fn hint(&self, language: Language) -> String {
        let file = self.file.display();
        let both = |english: String, chinese: String| match language {
            Language::English => english,
            Language::Chinese => chinese,
        };
        match &self.why {
            Why::NoFile | Why::Damaged(_) => both(
                format!(
                    "put it back from a copy, or move it away: the next start makes another, which the command centre has to register in its place: mv {file} {file}.old"
                ),
                format!(
                    "从备份恢复，或者把它移走：下次启动会另做一把，指挥中心须改登记新的：mv {file} {file}.old"
                ),
            ),
            Why::NotOurs(_) | Why::Open(_) => both(
                format!(
                    "others may have read or replaced it: move it away (mv {file} {file}.old), start anew and register the new one; if you are sure that they have not, give it to the owner of its folder with mode 600"
                ),
                format!(
                    "可能已被他人读取或替换：把它移走（mv {file} {file}.old），重新启动并登记新的一把；如能确认没有，把它改回文件夹属主所有、权限 600"
                ),
            ),
            Why::OtherBox { .. } => {
                let owner = self.file.with_file_name(OWNER_FILE);
                let owner = owner.display();
                both(
                    format!(
                        "a box whose disk was copied from another one needs a key of its own: mv {file} {file}.old, start anew and register the new one; if this box only got another name, rm {owner} and start anew"
                    ),
                    format!(
                        "磁盘复制自另一个盒子的，须另用一把：mv {file} {file}.old，重新启动并登记新的一把；如果只是改了名字，rm {owner} 后重新启动"
                    ),
                )
            }
            Why::Unreadable(_) => both(
                format!("`ls -l {file}` shows who may read it"),
                format!("用 `ls -l {file}` 查看谁可以读取"),
            ),
            Why::Unmade(_) | Why::Unwritten(_) => both(
                "the folder of [outbox] must be writable and have room; the next start tries again"
                    .to_owned(),
                "[outbox] 的文件夹须可写且有空间；下次启动会再试".to_owned(),
            ),
        }
    }
}

impl fmt::Display for BoxKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence(Language::English))
    }
}

impl std::error::Error for BoxKeyError {}

/// The key in that folder of the box with this name (`530127.box-1`); `None` where there is none yet.
///
/// # Errors
/// Something is there that is not to be signed with.
pub fn read(folder: &Path, this: &str) -> Result<Option<BoxKey>, BoxKeyError> {
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
    let text = text.map_err(|_| wrong(Why::Damaged(KeyError::Form("it is no text"))))?;
    let key = BoxKey::from_jwk(text).map_err(|error| wrong(Why::Damaged(error)))?;
    match owner(folder) {
        Some(other) if other != this => Err(wrong(Why::OtherBox { other, this: this.to_owned() })),
        Some(_) | None => Ok(Some(key)),
    }
}

/// Whose key it is; `None` where nothing says so.
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
/// Something is there that is not to be signed with, or none can be made.
pub fn read_or_make(folder: &Path, this: &str) -> Result<BoxKey, BoxKeyError> {
    if let Some(key) = read(folder, this)? {
        if owner(folder).is_none()
            && let Err(error) = write(folder, OWNER_FILE, this)
        {
            warn!(%error, "whose the box's key is could not be written down beside it");
        }
        info!(key = key.id(), "messages are signed");
        return Ok(key);
    }
    let file = folder.join(FILE);
    let key =
        BoxKey::generate().map_err(|error| BoxKeyError { file: file.clone(), why: Why::Unmade(error) })?;
    // Whose it is first: without a key it says nothing.
    write(folder, OWNER_FILE, this)
        .and_then(|()| write(folder, FILE, &key.to_jwk()))
        .map_err(|error| BoxKeyError { file: file.clone(), why: Why::Unwritten(error) })?;
    info!(
        key = key.id(),
        file = %file.display(),
        "made the key by which this box signs; `lookout keys box` prints its public half for the command centre"
    );
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
        let told = error.to_string();
        assert!(told.contains("`530127.box-1`") && told.contains("`530127.box-2`"), "{told}");
        assert!(error.sentence(Language::Chinese).contains("`530127.box-1`"));
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

    #[test]
    fn what_is_no_key_is_told_and_stays_as_it_is() {
        let whole = BoxKey::generate().unwrap().to_jwk();
        let half = &whole[..whole.len() / 2];
        let other = whole.replace("\"kid\": \"", "\"kid\": \"x");
        for damaged in ["", "\0\0\0\0", half, &other, "{}"] {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join(FILE);
            fs::write(&file, damaged).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
            let error = read_or_make(folder.path(), BOX).unwrap_err();
            let told = error.sentence(Language::English);
            assert!(told.contains(FILE) && told.contains("is damaged"), "{told}");
            assert!(error.sentence(Language::Chinese).contains("已损坏"));
            assert!(error.hint(Language::English).contains("the command centre has to register"));
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
        let told = format!("{error} {error:?} {}", error.hint(Language::English));
        assert!(!told.contains(private["d"].as_str().unwrap()), "{told}");
    }

    #[test]
    fn a_key_that_others_can_read_and_what_is_no_file_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE);
        let whole = BoxKey::generate().unwrap().to_jwk();
        fs::write(&file, &whole).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        let told = read_or_make(folder.path(), BOX).unwrap_err().to_string();
        assert!(told.contains("can be read by other users (mode 644)"), "{told}");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(read_or_make(folder.path(), BOX).is_ok());
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        let told = read_or_make(folder.path(), BOX).unwrap_err().to_string();
        assert!(told.contains("is no file"), "{told}");
    }

    #[test]
    fn where_no_key_can_be_written_that_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let gone = folder.path().join("gone");
        let error = read_or_make(&gone, BOX).unwrap_err();
        assert!(error.to_string().contains("could not be written"), "{error}");
        assert!(error.hint(Language::Chinese).contains("[outbox]"));
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
