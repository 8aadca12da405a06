//! Overrides: lasting requests of the command centre: another configuration, a few values, muted alerts, and what is on
//! trial. Kept in `standing.json`, on disk before it takes effect, so that it survives a restart.
//!
//! The file on the box comes first: what stands here belongs to the file as it was, and falls when the file changes.
//! Must never hold a secret, and must never be the only thing between a box and its configuration: one that cannot
//! be read is put aside, and the file counts.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::commands::set::CameraSetting;
use crate::analysis::time::Timestamp;
use crate::contract::box_status::{ConfigOutcome, ConfigProblem, ConfigSource};
use crate::contract::mute::Mute;
use crate::contract::words::Time;
use crate::text::{Sentence, command as say};
use crate::types::hex::sha256_hex;

/// Everything that stands.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StoredOverrides {
    /// SHA-256 of the bytes of the file to which all of this belongs.
    pub file: String,
    /// The highest version that was ever taken up: no older one comes after it, whatever happened since.
    pub version: u64,
    /// What runs besides the file.
    #[serde(flatten)]
    pub now: Overrides,
    /// What comes back if nobody confirms what is there now.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub trial: Option<Trial>,
    /// What the command centre sent last and does not run; `None` while what was offered last runs.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_offer: Option<LastOffer>,
    /// Alerts that are marked as muted.
    #[serde(default)]
    pub mutes: Vec<Mute>,
}

/// What became of the last configuration that was offered, where it does not run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LastOffer {
    /// Refused, or on trial and not confirmed.
    pub outcome: ConfigOutcome,
    /// Its source.
    pub source: ConfigSource,
    /// Its version, where it is one of the centre's configurations.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub version: Option<u64>,
    /// Its digest, as far as it could be read.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sha256: Option<String>,
    /// When it was refused, or fell.
    pub at: Time,
    /// Why it was refused.
    #[serde(default)]
    pub problems: Vec<ConfigProblem>,
}

impl LastOffer {
    /// What nobody confirmed in time: `now` falls and `before` comes back.
    pub fn fell(now: &Overrides, before: &Overrides, sha256: Option<String>, at: Timestamp) -> Self {
        // Where only values were set, the configuration and its version stay; the centre set them.
        let (source, version) = match now.wanted != before.wanted && now.wanted.is_some() {
            true => now.source(),
            false => (ConfigSource::Remote, None),
        };
        LastOffer {
            outcome: ConfigOutcome::Reverted,
            source,
            version,
            sha256,
            at: Time(at),
            problems: Vec::new(),
        }
    }
}

/// What runs besides the file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Overrides {
    /// The configuration in place of the file's.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub wanted: Option<OfferedConfig>,
    /// Values in place of the configuration's.
    #[serde(default)]
    pub settings: Settings,
}

impl Overrides {
    /// The source of what runs, with its version if it has one.
    pub fn source(&self) -> (ConfigSource, Option<u64>) {
        match &self.wanted {
            None => (ConfigSource::File, None),
            Some(wanted) if wanted.from_page => (ConfigSource::Page, None),
            Some(wanted) => (ConfigSource::Remote, Some(wanted.version)),
        }
    }

    /// What somebody at the page tries.
    pub fn of_page(&self) -> Option<&OfferedConfig> {
        self.wanted.as_ref().filter(|wanted| wanted.from_page)
    }

    /// What the command centre sent: what is tried at the page bears the highest version, too, and comes back.
    pub fn of_centre(&self) -> Option<&OfferedConfig> {
        self.wanted.as_ref().filter(|wanted| !wanted.from_page)
    }
}

/// A configuration from the centre, or one that somebody at the page tries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OfferedConfig {
    /// Its version; one of the page has none of its own and takes none from the centre.
    pub version: u64,
    /// The whole of it.
    pub toml: String,
    /// Whether it comes from the page: then it goes into the file once it is confirmed.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub from_page: bool,
}

/// Values from the centre.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// By camera.
    #[serde(default)]
    pub cameras: BTreeMap<String, CameraSetting>,
    /// Whether a rule is in force.
    #[serde(default)]
    pub rules: BTreeMap<String, bool>,
}

impl Settings {
    /// Whether they say nothing.
    pub fn is_empty(&self) -> bool {
        self.cameras.is_empty() && self.rules.is_empty()
    }
}

/// A trial, which ends without a confirmation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// The time at which the previous configuration comes back.
    pub until: Time,
    /// How long that was from its beginning: after a restart with a clock that is wrong it is no longer than this.
    pub secs: u32,
    /// What was there before.
    pub before: Box<Overrides>,
    /// Who at the page tries it, so that nobody takes it for their own; kept over a restart.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub by: Option<String>,
}

/// How a trial of somebody at the page ended that nobody kept and nobody gave up, for the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TrialEnd {
    /// Whose it was, where that is known.
    pub(crate) by: Option<String>,
    /// When.
    pub(crate) at: Timestamp,
    pub(crate) why: WhyEnded,
}

/// Why a trial ended by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhyEnded {
    /// The file on the box was edited, and counts.
    FileEdited,
    /// The file on the box was edited and is not taken up, for a mistake or until a restart.
    EditNotTakenUp,
    /// Nobody kept it in time.
    NobodyKeptIt,
}

impl StoredOverrides {
    /// How what somebody at the page tries ends here; `None`: nobody there tries anything.
    pub(crate) fn trial_end(&self, at: Timestamp, why: WhyEnded) -> Option<TrialEnd> {
        let trial = self.trial.as_ref().filter(|_| self.now.of_page().is_some())?;
        Some(TrialEnd { by: trial.by.clone(), at, why })
    }
}

impl StoredOverrides {
    /// Reads what stands in `folder`. What cannot be read is put aside and said in the second part.
    pub fn load(folder: &Path) -> (StoredOverrides, Option<Sentence>) {
        let path = path_in(folder);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return (StoredOverrides::default(), None);
            }
            Err(error) => {
                let why = say::overrides_unread(path.display(), error.to_string());
                return (StoredOverrides::default(), Some(why));
            }
        };
        match serde_json::from_slice(&text) {
            Ok(overrides) => (overrides, None),
            Err(error) => {
                let aside = path.with_extension("damaged");
                let why = match fs::rename(&path, &aside) {
                    Ok(()) => say::overrides_moved(path.display(), error.to_string(), aside.display()),
                    Err(_) => say::overrides_unread(path.display(), error.to_string()),
                };
                (StoredOverrides::default(), Some(why))
            }
        }
    }

    /// Writes it; it is on disk when this returns.
    ///
    /// # Errors
    /// It could not be written; what was there before is still there.
    pub fn save(&self, folder: &Path) -> io::Result<()> {
        let path = path_in(folder);
        let aside = path.with_extension("new");
        let mut file = File::create(&aside)?;
        file.write_all(&serde_json::to_vec_pretty(self)?)?;
        file.sync_all()?;
        fs::rename(&aside, &path)?;
        File::open(folder)?.sync_all()
    }

    /// Takes out the mutes that are over.
    pub(crate) fn forget_mutes(&mut self, now: Timestamp) {
        self.mutes.retain(|mute| mute.until.0 > now);
    }
}

fn path_in(folder: &Path) -> PathBuf {
    folder.join("standing.json")
}

/// SHA-256 of a file's text, hexadecimal.
pub(crate) fn digest(text: &str) -> String {
    sha256_hex(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_tried_at_the_page_ends_there() {
        let wanted = |from_page| OfferedConfig { version: 7, toml: "[site]\n".to_owned(), from_page };
        let before = Box::new(Overrides::default());
        let trial =
            Trial { until: Time(Timestamp::UNIX_EPOCH), secs: 600, before, by: Some("li".to_owned()) };
        let overrides = |from_page| StoredOverrides {
            now: Overrides { wanted: Some(wanted(from_page)), ..Overrides::default() },
            trial: Some(trial.clone()),
            ..StoredOverrides::default()
        };
        let at = Timestamp::UNIX_EPOCH;
        let end = overrides(true).trial_end(at, WhyEnded::FileEdited);
        assert_eq!(end, Some(TrialEnd { by: Some("li".to_owned()), at, why: WhyEnded::FileEdited }));
        assert_eq!(overrides(false).trial_end(at, WhyEnded::NobodyKeptIt), None, "of the centre");
        assert_eq!(StoredOverrides::default().trial_end(at, WhyEnded::FileEdited), None);
        // One of an earlier version names nobody.
        let folder = tempfile::tempdir().unwrap();
        let unnamed = StoredOverrides { trial: Some(Trial { by: None, ..trial.clone() }), ..overrides(true) };
        unnamed.save(folder.path()).unwrap();
        assert!(!fs::read_to_string(path_in(folder.path())).unwrap().contains("\"by\""));
        assert_eq!(StoredOverrides::load(folder.path()).0, unnamed);
    }

    #[test]
    fn what_stands_survives_a_restart_and_damage_is_put_aside() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(StoredOverrides::load(folder.path()), (StoredOverrides::default(), None));
        let wanted = OfferedConfig { version: 7, toml: "[site]\n".to_owned(), from_page: false };
        let overrides = StoredOverrides {
            file: "f".to_owned(),
            version: 7,
            now: Overrides { wanted: Some(wanted), ..Overrides::default() },
            ..StoredOverrides::default()
        };
        overrides.save(folder.path()).unwrap();
        assert_eq!(StoredOverrides::load(folder.path()).0, overrides);
        fs::write(path_in(folder.path()), "{").unwrap();
        let (nothing, said) = StoredOverrides::load(folder.path());
        assert_eq!(nothing, StoredOverrides::default());
        assert!(said.unwrap().to_string().contains("standing.damaged"));
    }
}
