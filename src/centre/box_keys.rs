//! The public keys of boxes: a folder with a file `AREA.BOX.jwk` for each, as `lookout keys box --json` prints it on the box.
//!
//! A box without a file is not believed, so taking the file away shuts a stolen box out: the folder is read again every
//! [`READ_EVERY`]. Must never fall back to a key that a message brings along.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde::Deserialize;

use super::BoxName;
use crate::contract::box_key::thumbprint;
use crate::contract::signature::{PublicKey, verifies_detached};
use crate::input_file;
use crate::text::{Sentence, argument, centre as say, log_warn};

/// A thousand small files take a few milliseconds.
const READ_EVERY: Duration = Duration::from_secs(15);

/// The key of one box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BoxPublicKey {
    key: PublicKey,
    kid: String,
}

impl BoxPublicKey {
    pub(super) fn new(key: PublicKey) -> Self {
        BoxPublicKey { kid: thumbprint(&key), key }
    }

    /// Whether this is the box's signature of the message.
    pub(super) fn verifies(&self, jws: &str, message: &[u8]) -> bool {
        verifies_detached(&self.key, &self.kid, jws, message)
    }
}

/// The keys of all boxes.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct BoxKeys(HashMap<BoxName, BoxPublicKey>);

impl BoxKeys {
    /// That of one box.
    pub(super) fn of(&self, name: &BoxName) -> Option<&BoxPublicKey> {
        self.0.get(name)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Reads a folder, and what is wrong with single files in it.
    ///
    /// # Errors
    /// Why the folder cannot be read.
    pub(super) fn read(folder: &Path) -> Result<(Self, Vec<Sentence>), Sentence> {
        let unread = |error: std::io::Error| {
            argument::unread(say::folder_of_keys(folder.display()), argument::why_unread(&error))
        };
        let (mut keys, mut problems) = (HashMap::new(), Vec::new());
        for entry in fs::read_dir(folder).map_err(unread)? {
            let path = entry.map_err(unread)?.path();
            if path.extension().is_none_or(|extension| extension != "jwk") {
                continue;
            }
            match key_in(&path) {
                Ok((name, key)) => drop(keys.insert(name, key)),
                Err(problem) => problems.push(problem),
            }
        }
        Ok((BoxKeys(keys), problems))
    }
}

impl FromIterator<(BoxName, BoxPublicKey)> for BoxKeys {
    fn from_iter<I: IntoIterator<Item = (BoxName, BoxPublicKey)>>(keys: I) -> Self {
        BoxKeys(keys.into_iter().collect())
    }
}

/// What is needed of a JWK.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    crv: String,
    x: String,
}

fn key_in(path: &Path) -> Result<(BoxName, BoxPublicKey), Sentence> {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let (area, name) = stem.split_once('.').ok_or_else(|| say::key_file_misnamed(path.display()))?;
    let text = input_file::read_text(path)
        .map_err(|error| argument::unread(path.display(), argument::why_unread(&error)))?;
    let jwk: Option<Jwk> = serde_json::from_str(&text).ok();
    let key =
        jwk.filter(|jwk| jwk.kty == "OKP" && jwk.crv == "Ed25519").and_then(|jwk| PublicKey::parse(&jwk.x));
    let key = key.ok_or_else(|| say::no_box_key(path.display()))?;
    Ok((BoxName { area: area.to_owned(), name: name.to_owned() }, BoxPublicKey::new(key)))
}

/// The folder, read again now and then.
#[derive(Debug)]
pub(super) struct KeyFolder {
    folder: PathBuf,
    read: Mutex<(Instant, Arc<BoxKeys>)>,
}

impl KeyFolder {
    /// Reads it for the first time.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub(super) fn open(folder: &Path) -> Result<Self, Sentence> {
        let (keys, _) = BoxKeys::read(folder)?;
        Ok(KeyFolder { folder: folder.to_owned(), read: Mutex::new((Instant::now(), Arc::new(keys))) })
    }

    /// The keys as of a moment ago. A folder that cannot be read any more leaves them as they were.
    pub(super) fn keys(&self) -> Arc<BoxKeys> {
        let mut read = self.read.lock();
        if read.0.elapsed() >= READ_EVERY {
            read.0 = Instant::now();
            match BoxKeys::read(&self.folder) {
                Ok((keys, _)) => read.1 = Arc::new(keys),
                Err(why) => log_warn!(why),
            }
        }
        read.1.clone()
    }
}
