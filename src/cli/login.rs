//! User and password of a camera, for commands that ask one: from a secret file, else from the person at the terminal.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use super::{Failure, secret};
use crate::config::document::DEFAULT_SECRETS_DIR;
use crate::config::secret::{SecretError, SecretStore};
use crate::contract::Language;
use crate::text::{Words, foreign, onvif, probe as text, secret_file};
use crate::types::secret::Secret;

/// Says something that does not keep the command from going on, and what to try.
pub(super) fn warn(what: impl Into<Words>, hint: impl Into<Words>, language: Language) {
    let (what, hint) = (foreign::warning(what), foreign::hint(hint));
    say!("{}\n  {}", what.in_language(language), hint.in_language(language));
}

/// User and password from the file that `--secret-file`, or `--secret` in the service's folder, names; `None` where
/// neither is given. `user` is who it is where the file has only a password.
pub(super) fn from_file(
    secret_file: Option<&Path>,
    secret: Option<&str>,
    user: Option<&str>,
    language: Language,
) -> Result<Option<(String, Secret)>, Failure> {
    let (folder, name) = match (secret_file, secret) {
        (Some(path), _) => {
            let name = path.file_name().and_then(|name| name.to_str());
            let name = name.ok_or_else(|| Failure::refused(text::secret_file_names_none()))?;
            (path.parent().unwrap_or(Path::new("")).to_owned(), name.to_owned())
        }
        (None, Some(name)) => {
            let folder =
                std::env::var_os("CREDENTIALS_DIRECTORY").unwrap_or_else(|| DEFAULT_SECRETS_DIR.into());
            (PathBuf::from(folder), name.to_owned())
        }
        (None, None) => return Ok(None),
    };
    let read = |guarded| SecretStore { dir: folder.clone(), guarded }.read(&name, user);
    let known = match read(false) {
        // The daemon refuses such a file; somebody who only looks is warned.
        Err(error @ SecretError::TooOpen(..)) => {
            warn(error.sentence(), error.hint(), language);
            read(true)
        }
        other => other,
    };
    let known = known.map_err(|error| Failure::refused(error.sentence()).hint(error.hint()))?;
    Ok(Some((known.user, known.password)))
}

/// The password of a user, typed without being shown.
pub(super) fn asked() -> Result<Secret, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::refused(onvif::user_without_terminal()).hint(text::try_secret_file()));
    }
    secret::line(secret_file::ask_password(), false).map(Secret::new)
}
