//! Whether the service reaches what its configuration names: folders that it must write, files that its unit hides.
//!
//! Runs with the rights of the user that is judged for. Must never make or change anything.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, AtFlags, CWD, accessat};

use crate::config::account::{Account, Unit};
use crate::config::{Broker, CameraSource, Config, Problem};

/// Everything that the service would meet.
pub(super) fn problems(config: &Config, unit: Option<&Unit>) -> Vec<Problem> {
    let mut found = Vec::new();
    let outbox = ("outbox", "dir", config.outbox.dir.as_path());
    let evidence = config.evidence.enabled.then_some(("evidence", "dir", config.evidence.dir.as_path()));
    for (section, name, dir) in std::iter::once(outbox).chain(evidence) {
        let Some((why, hint)) = not_writable(dir, unit) else { continue };
        found.push(config.problem_at(section, name, format!("[{section}]: {} {why}", dir.display()), hint));
    }
    let Some(unit) = unit else { return found };
    for (section, name, path) in read(config) {
        let Some(setting) = unit.hides(&path) else { continue };
        let what = format!("the service does not see {}: its unit has {setting}=yes", path.display());
        let hint = "put it below /etc/lookout".to_owned();
        found.push(config.problem_at(section, name, what, hint));
    }
    found
}

/// Why the service cannot keep files in `dir`, and what to try.
fn not_writable(dir: &Path, unit: Option<&Unit>) -> Option<(String, String)> {
    if let Some(unit) = unit
        && !unit.may_write(dir)
    {
        let hint = format!(
            "the unit lets it write below /var/lib/lookout only: `systemctl edit lookout` with the lines `[Service]` and `ReadWritePaths={}`",
            dir.display()
        );
        return Some(("cannot be written by the service".to_owned(), hint));
    }
    // Made when it is needed: the nearest folder that is there must let it.
    let there = dir.ancestors().find(|folder| fs::symlink_metadata(folder).is_ok())?;
    let is_made_by_systemd = unit.is_some_and(|unit| unit.makes(dir) && !unit.makes(there));
    if is_made_by_systemd
        || accessat(CWD, there, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS).is_ok()
    {
        return None;
    }
    let who = Account::of_this_thread().map_or("the user that runs Lookout".to_owned(), |me| me.name);
    let hint = format!("install -d -o {who} -g {who} -m 700 {}", dir.display());
    Some((format!("cannot be written by `{who}`"), hint))
}

/// The files that the configuration names, with the section and key that name them.
fn read(config: &Config) -> Vec<(&'static str, &'static str, PathBuf)> {
    let mut files = Vec::new();
    if let Broker::Remote { tls: Some(tls), credentials, .. } = &config.mqtt.broker {
        files.extend(tls.ca_file.clone().map(|path| ("mqtt", "ca_file", path)));
        for (cert, key) in tls.client.iter().cloned() {
            files.extend([("mqtt", "cert_file", cert), ("mqtt", "key_file", key)]);
        }
        files.extend(credentials.as_ref().map(|known| ("mqtt", "secret", known.file.clone())));
    }
    files.extend(config.detector.manifest.clone().map(|path| ("detector", "manifest", path)));
    for camera in &config.cameras {
        files.extend(camera.credentials.as_ref().map(|known| ("site", "secrets_dir", known.file.clone())));
        match &camera.source {
            CameraSource::File(path) => files.push(("camera", "file", path.clone())),
            CameraSource::Rtsp { .. } => {}
        }
    }
    files
}
