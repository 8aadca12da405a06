//! Secret files of cameras that come and go: written before their camera is proposed, since whether it can be opened is looked
//! at with them, and deleted when it was not added after all; or deleted once a camera was removed, where somebody wants that.
//!
//! Which ones wait for their camera, or leave with it, stands in a file of the page's folder, so that a box that loses power
//! leaves none behind. Must never write over a secret of another camera, or delete one that somebody else wrote and nobody
//! asked to be deleted.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::super::files;
use crate::config::write::{self, NotWritten};
use crate::onvif::Login;

/// Names of secret files that are tried.
const MOST_NAMES: u32 = 100;
/// In the page's folder: those that wait or leave, as a JSON list.
const LIST: &str = "camera-secrets.json";
/// Longest list that is read.
const LIST_BYTES: u64 = 256 * 1024;
/// Most that wait; then the oldest is left to itself.
const MOST_WAITING: usize = 256;

/// Who names a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// The configuration file.
    Kept,
    /// The file, and somebody proposes or tries one without it.
    Leaves,
    /// A proposal, or what is on trial.
    Waits,
    /// Nobody.
    None,
}

/// Secrets that wait for their camera to be saved, or to be removed.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    /// `None`: the list was not read yet.
    waiting: Option<Vec<Waiting>>,
}

#[derive(Debug)]
struct Waiting {
    path: PathBuf,
    /// Its camera is to be removed, and it with that.
    leaves: bool,
    /// Nobody named it at the last look, either: between two places that name it there may be a moment.
    is_unused: bool,
}

/// An entry of the list on disk.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Stored {
    Waits(PathBuf),
    Leaves { leaves: PathBuf },
}

impl Waiting {
    fn stored(&self) -> Stored {
        let path = self.path.clone();
        if self.leaves { Stored::Leaves { leaves: path } } else { Stored::Waits(path) }
    }
}

impl From<Stored> for Waiting {
    fn from(stored: Stored) -> Self {
        let (path, leaves) = match stored {
            Stored::Waits(path) => (path, false),
            Stored::Leaves { leaves } => (leaves, true),
        };
        Waiting { path, leaves, is_unused: false }
    }
}

impl Secrets {
    /// Whether none waits.
    pub(super) fn is_empty(&mut self, page: &Path) -> bool {
        self.waiting(page).is_empty()
    }

    /// Writes user and password into a file of their own; its name. A file that holds something else stays.
    pub(super) fn write(
        &mut self,
        page: &Path,
        folder: &Path,
        id: &str,
        login: &Login,
    ) -> Result<String, NotWritten> {
        let text = format!("{}:{}", login.user, login.password.reveal());
        let more = (2..=MOST_NAMES).map(|number| format!("{id}-{number}"));
        let mut names = std::iter::once(id.to_owned()).chain(more);
        let free = names.find_map(|name| match fs::read_to_string(folder.join(&name)) {
            Ok(there) => (there.trim_end_matches(['\r', '\n']) == text).then_some((name, false)),
            Err(error) => (error.kind() == ErrorKind::NotFound).then_some((name, true)),
        });
        let (name, is_new) = free.ok_or(NotWritten::Name)?;
        let path = folder.join(&name);
        let waiting = self.waiting(page);
        match waiting.iter_mut().find(|known| known.path == path) {
            // One that was to be removed comes back.
            Some(known) => (known.is_unused, known.leaves) = (false, false),
            None if is_new => {
                self.add(page, Waiting { path, leaves: false, is_unused: false })
                    .map_err(|error| NotWritten::File(page.join(LIST), error))?;
            }
            None => {}
        }
        write::secret(folder, &name, &text)?;
        Ok(name)
    }

    /// From here on it is deleted once nobody names it, unless its camera stays after all.
    pub(super) fn leave(&mut self, page: &Path, path: PathBuf) -> io::Result<()> {
        self.waiting(page).retain(|known| known.path != path);
        self.add(page, Waiting { path, leaves: true, is_unused: false })
    }

    fn add(&mut self, page: &Path, new: Waiting) -> io::Result<()> {
        let waiting = self.waiting(page);
        waiting.push(new);
        let too_many = waiting.len().saturating_sub(MOST_WAITING);
        waiting.drain(..too_many);
        self.store(page)
    }

    /// Deletes those that nobody named at this look and the last one, and those that leave and that nobody names; their names.
    pub(super) fn delete_unused(&mut self, page: &Path, use_of: impl Fn(&Path) -> Use) -> Vec<String> {
        let mut deleted = Vec::new();
        let waiting = self.waiting(page);
        let before = waiting.len();
        waiting.retain_mut(|one| match use_of(&one.path) {
            Use::Kept => false,
            Use::Leaves => one.leaves,
            Use::Waits => {
                one.is_unused = false;
                true
            }
            Use::None if !one.is_unused && !one.leaves => {
                one.is_unused = true;
                true
            }
            Use::None => match fs::remove_file(&one.path) {
                Ok(()) => {
                    let name = one.path.file_name().unwrap_or_default();
                    deleted.push(name.to_string_lossy().into_owned());
                    false
                }
                // It is tried again.
                Err(error) => error.kind() != ErrorKind::NotFound,
            },
        });
        if waiting.len() != before {
            // What stands in it for longer is looked at once more after a restart.
            let _ = self.store(page);
        }
        deleted
    }

    fn waiting(&mut self, page: &Path) -> &mut Vec<Waiting> {
        self.waiting.get_or_insert_with(|| {
            let list = files::read(&page.join(LIST), LIST_BYTES).unwrap_or_default();
            let list: Vec<Stored> = serde_json::from_slice(&list).unwrap_or_default();
            list.into_iter().map(Waiting::from).collect()
        })
    }

    fn store(&self, page: &Path) -> io::Result<()> {
        let list: Vec<Stored> = self.waiting.iter().flatten().map(Waiting::stored).collect();
        files::write_private(page, LIST, &serde_json::to_vec(&list)?)
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::types::secret::Secret;

    /// The page's folder, and that of the secrets.
    fn folders() -> (TempDir, TempDir) {
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap())
    }

    fn login(password: &str) -> Login {
        Login { user: "admin".to_owned(), password: Secret::new(password) }
    }

    #[test]
    fn a_secret_of_another_camera_is_not_written_over() {
        let (page, folder) = folders();
        let mut secrets = Secrets::default();
        let mut write =
            |password: &str| secrets.write(page.path(), folder.path(), "cam-31", &login(password)).unwrap();
        assert_eq!(write("one"), "cam-31");
        assert_eq!(write("one"), "cam-31");
        assert_eq!(write("two"), "cam-31-2");
        assert_eq!(fs::read_to_string(folder.path().join("cam-31")).unwrap(), "admin:one\n");
        let list = fs::read_to_string(page.path().join(LIST)).unwrap();
        assert!(list.contains("cam-31-2") && !list.contains("admin"), "{list}");
    }

    #[test]
    fn what_nobody_names_any_more_is_deleted_and_what_somebody_names_is_not() {
        let (page, folder) = folders();
        let mut secrets = Secrets::default();
        for id in ["discarded", "proposed", "kept"] {
            secrets.write(page.path(), folder.path(), id, &login("one")).unwrap();
        }
        let use_of = |path: &Path| match path.file_name().unwrap().to_str().unwrap() {
            "kept" => Use::Kept,
            "proposed" => Use::Waits,
            _ => Use::None,
        };
        assert!(secrets.delete_unused(page.path(), use_of).is_empty(), "it may be about to be named");
        assert_eq!(secrets.delete_unused(page.path(), use_of), ["discarded"]);
        assert!(!folder.path().join("discarded").exists());
        // The one that was kept is its camera's, also when that is removed later.
        for _ in 0..3 {
            secrets.delete_unused(
                page.path(),
                |path| if path.ends_with("kept") { Use::None } else { Use::Waits },
            );
        }
        assert!(folder.path().join("kept").exists() && folder.path().join("proposed").exists());
    }

    #[test]
    fn what_leaves_with_its_camera_is_deleted_once_that_is_gone_and_stays_where_it_is_not() {
        let (page, folder) = folders();
        for id in ["removed", "given-up", "back"] {
            fs::write(folder.path().join(id), "admin:one\n").unwrap();
        }
        let mut secrets = Secrets::default();
        for id in ["removed", "given-up", "back"] {
            secrets.leave(page.path(), folder.path().join(id)).unwrap();
        }
        assert!(secrets.delete_unused(page.path(), |_| Use::Leaves).is_empty(), "it is proposed, or tried");
        // Another run goes on where this one ended.
        let mut secrets = Secrets::default();
        secrets.write(page.path(), folder.path(), "back", &login("one")).unwrap();
        let use_of = |path: &Path| if path.ends_with("removed") { Use::None } else { Use::Kept };
        assert_eq!(secrets.delete_unused(page.path(), use_of), ["removed"]);
        for _ in 0..3 {
            assert!(secrets.delete_unused(page.path(), |_| Use::None).is_empty());
        }
        assert!(!folder.path().join("removed").exists());
        assert!(folder.path().join("given-up").exists() && folder.path().join("back").exists());
    }

    #[test]
    fn a_restart_leaves_none_behind_and_takes_none_that_somebody_else_wrote() {
        let (page, folder) = folders();
        fs::write(folder.path().join("by-hand"), "admin:one\n").unwrap();
        let mut before = Secrets::default();
        for id in ["by-hand", "lost"] {
            assert_eq!(before.write(page.path(), folder.path(), id, &login("one")).unwrap(), id);
        }
        drop(before);
        let mut after = Secrets::default();
        assert!(!after.is_empty(page.path()));
        let deleted: Vec<String> =
            (0..2).flat_map(|_| after.delete_unused(page.path(), |_| Use::None)).collect();
        assert_eq!(deleted, ["lost"]);
        assert!(folder.path().join("by-hand").exists() && Secrets::default().is_empty(page.path()));
    }

    #[test]
    fn nothing_is_written_that_would_be_forgotten() {
        let (page, folder) = folders();
        let gone = page.path().join("gone");
        let refused = Secrets::default().write(&gone, folder.path(), "cam-1", &login("one"));
        assert!(matches!(refused, Err(NotWritten::File(..))), "{refused:?}");
        assert!(!folder.path().join("cam-1").exists());
    }
}
