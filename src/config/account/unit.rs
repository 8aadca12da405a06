//! The service's systemd unit: its user, the paths hidden from it and those it may write. Read from the files
//! themselves, so that it is known where systemd does not run, too.

use std::fs;
use std::path::{Path, PathBuf};

/// The unit's name.
const NAME: &str = "lookout.service";
/// Where units are, what counts most first (systemd.unit(5)).
const FOLDERS: [&str; 5] = [
    "etc/systemd/system",
    "run/systemd/system",
    "usr/local/lib/systemd/system",
    "usr/lib/systemd/system",
    "lib/systemd/system",
];
/// What `ProtectHome=` hides (systemd.exec(5)).
const HOMES: [&str; 3] = ["/home", "/root", "/run/user"];
/// What `PrivateTmp=` replaces.
const TEMPORARY: [&str; 2] = ["/tmp", "/var/tmp"];

/// The settings of the service's unit with its drop-ins, in the order in which they count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unit {
    settings: Vec<(String, String)>,
}

impl Unit {
    /// The one of this machine.
    pub(crate) fn installed() -> Option<Unit> {
        Unit::below(Path::new("/"))
    }

    fn below(root: &Path) -> Option<Unit> {
        let folders = FOLDERS.map(|folder| root.join(folder));
        let text = folders.iter().find_map(|folder| fs::read_to_string(folder.join(NAME)).ok())?;
        // Of drop-ins with one name the most important counts; all of them in the order of their names.
        let mut drop_ins: Vec<PathBuf> = Vec::new();
        for folder in &folders {
            let Ok(entries) = fs::read_dir(folder.join(format!("{NAME}.d"))) else { continue };
            for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
                let is_new = drop_ins.iter().all(|known| known.file_name() != path.file_name());
                if is_new && path.extension().is_some_and(|extension| extension == "conf") {
                    drop_ins.push(path);
                }
            }
        }
        drop_ins.sort_by(|a, b| a.file_name().cmp(&b.file_name()));
        let more = drop_ins.iter().filter_map(|path| fs::read_to_string(path).ok());
        let texts: Vec<String> = std::iter::once(text).chain(more).collect();
        Some(Unit { settings: texts.iter().flat_map(|text| settings_of(text)).collect() })
    }

    /// The user that it names.
    pub(crate) fn user(&self) -> Option<String> {
        self.last("User").map(str::to_owned)
    }

    /// Whether systemd hands the secrets over, so that the service need not be able to read their files.
    pub(crate) fn loads_credentials(&self) -> bool {
        [
            "LoadCredential",
            "LoadCredentialEncrypted",
            "SetCredential",
            "SetCredentialEncrypted",
            "ImportCredential",
        ]
        .iter()
        .any(|key| self.last(key).is_some())
    }

    /// The setting that hides `path` from the service.
    pub(crate) fn hides(&self, path: &Path) -> Option<&'static str> {
        let is_below = |folders: &[&str]| folders.iter().any(|folder| path.starts_with(folder));
        let hides_homes = matches!(self.last("ProtectHome"), Some("yes" | "true" | "on" | "1" | "tmpfs"));
        if hides_homes && is_below(&HOMES) {
            return Some("ProtectHome");
        }
        (self.is_on("PrivateTmp") && is_below(&TEMPORARY)).then_some("PrivateTmp")
    }

    /// Whether the unit lets the service write below `path`, as far as modes allow it.
    pub(crate) fn may_write(&self, path: &Path) -> bool {
        let is_strict = self.last("ProtectSystem") == Some("strict");
        let of_its_own = [
            ("StateDirectory", "/var/lib"),
            ("CacheDirectory", "/var/cache"),
            ("LogsDirectory", "/var/log"),
            ("RuntimeDirectory", "/run"),
        ];
        let is_own = |(key, base): &(&str, &str)| {
            self.words(key).any(|name| path.starts_with(Path::new(base).join(name)))
        };
        let is_named = self
            .words("ReadWritePaths")
            .map(|named| named.trim_start_matches(['-', '+']))
            .any(|named| path.starts_with(named));
        let is_temporary =
            self.is_on("PrivateTmp") && TEMPORARY.iter().any(|folder| path.starts_with(folder));
        !is_strict || is_named || is_temporary || of_its_own.iter().any(is_own)
    }

    /// Whether systemd makes `path`, or a folder around it, before the service starts.
    pub(crate) fn makes(&self, path: &Path) -> bool {
        self.words("StateDirectory").any(|name| path.starts_with(Path::new("/var/lib").join(name)))
    }

    fn is_on(&self, key: &str) -> bool {
        matches!(self.last(key), Some("yes" | "true" | "on" | "1"))
    }

    /// The last value counts; an empty one takes all before it back.
    fn last(&self, key: &str) -> Option<&str> {
        let last = self.settings.iter().rev().find(|(name, _)| name == key);
        last.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// The words of a list that may be given in several lines.
    fn words(&self, key: &str) -> impl Iterator<Item = &str> {
        let of_key = |(name, _): &&(String, String)| name == key;
        let since = self.settings.iter().rposition(|(name, value)| name == key && value.is_empty());
        let counts = &self.settings[since.map_or(0, |at| at + 1)..];
        counts
            .iter()
            .filter(of_key)
            .flat_map(|(_, value)| value.split_whitespace())
            .collect::<Vec<_>>()
            .into_iter()
    }
}

/// Names and values of a unit file.
fn settings_of(text: &str) -> Vec<(String, String)> {
    text.lines()
        .filter(|line| !line.trim_start().starts_with(['#', ';']))
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn the_unit_and_its_drop_ins_say_who_the_service_is_and_what_it_reaches() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(Unit::below(root.path()), None);
        let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/systemd/lookout.service");
        write(root.path(), "lib/systemd/system/lookout.service", &fs::read_to_string(shipped).unwrap());
        let unit = Unit::below(root.path()).unwrap();
        assert_eq!(unit.user().as_deref(), Some("lookout"));
        assert!(!unit.loads_credentials());
        assert!(
            unit.may_write(Path::new("/var/lib/lookout/outbox")) && unit.makes(Path::new("/var/lib/lookout"))
        );
        assert!(!unit.may_write(Path::new("/data/evidence")) && !unit.makes(Path::new("/data")));
        assert_eq!(unit.hides(Path::new("/root/ca.pem")), Some("ProtectHome"));
        assert_eq!(unit.hides(Path::new("/tmp/ca.pem")), Some("PrivateTmp"));
        assert_eq!(unit.hides(Path::new("/etc/lookout/ca.pem")), None);

        write(root.path(), "etc/systemd/system/lookout.service.d/20-user.conf", "[Service]\nUser=watch\n");
        write(
            root.path(),
            "etc/systemd/system/lookout.service.d/10-disk.conf",
            "[Service]\nReadWritePaths=/data\n",
        );
        write(root.path(), "etc/systemd/system/lookout.service.d/30-note.txt", "User=nobody\n");
        let unit = Unit::below(root.path()).unwrap();
        assert_eq!(unit.user().as_deref(), Some("watch"));
        assert!(unit.may_write(Path::new("/data/evidence")));
        write(root.path(), "etc/systemd/system/lookout.service.d/40-back.conf", "ReadWritePaths=\nUser=\n");
        let unit = Unit::below(root.path()).unwrap();
        assert_eq!((unit.user(), unit.may_write(Path::new("/data/evidence"))), (None, false));
    }
}
