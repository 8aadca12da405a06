//! Whether the service reaches what its configuration names: folders that it must write, files that its unit hides.
//!
//! Runs with the rights of the user that is judged for. Must never make or change anything.

use std::fs;
use std::path::Path;

use rustix::fs::{Access, AtFlags, CWD, accessat};

use crate::config::account::{Account, Unit};
use crate::config::{NamedPath, PathUse};

/// What the service would meet there: why it fails, and what to try.
pub(super) fn problem(named: &NamedPath, unit: Option<&Unit>) -> Option<(String, String)> {
    match named.used {
        PathUse::Written | PathUse::WrittenByDefault => not_writable(&named.path, unit),
        PathUse::Read => {
            let setting = unit?.hides(&named.path)?;
            let what =
                format!("the service does not see {}: its unit has {setting}=yes", named.path.display());
            Some((what, "put it below /etc/lookout".to_owned()))
        }
    }
}

/// Why the service cannot keep files in `dir`, and what to try.
fn not_writable(dir: &Path, unit: Option<&Unit>) -> Option<(String, String)> {
    let shown = dir.display();
    if let Some(unit) = unit
        && !unit.may_write(dir)
    {
        let hint = format!(
            "the unit lets it write below /var/lib/lookout only: `systemctl edit lookout` with the lines `[Service]` and `ReadWritePaths={shown}`"
        );
        return Some((format!("{shown} cannot be written by the service"), hint));
    }
    let may = |folder: &Path, access: Access| accessat(CWD, folder, access, AtFlags::EACCESS).is_ok();
    let me = Account::of_this_thread();
    let who = me.as_ref().map_or("the user that runs Lookout", |me| &me.name);
    let what = format!("{shown} cannot be written by `{who}`");
    // From the root down: whatever is behind a folder that it cannot enter is out of its sight.
    let around = dir.ancestors().skip(1).collect::<Vec<_>>();
    let is_closed = |folder: &&&Path| folder.is_dir() && !may(folder, Access::EXEC_OK);
    if let Some(closed) = around.iter().rev().find(is_closed) {
        let hint = format!(
            "the folder {0} around it is closed to that user: chmod o+x {0}, or name a folder elsewhere",
            closed.display()
        );
        return Some((what, hint));
    }
    // Made when it is needed: the nearest folder that is there must let it.
    let there = dir.ancestors().find(|folder| fs::symlink_metadata(folder).is_ok())?;
    let is_made_by_systemd = unit.is_some_and(|unit| unit.makes(dir) && !unit.makes(there));
    let group = || me.as_ref().and_then(Account::group).unwrap_or_else(|| who.to_owned());
    if is_made_by_systemd || may(there, Access::WRITE_OK | Access::EXEC_OK) {
        // Whoever ran Lookout as root once left files that the service cannot go on with.
        let foreign = fs::read_dir(dir).ok()?.flatten().map(|entry| entry.path());
        let foreign = foreign.filter(|path| !path.is_symlink()).find(|path| !may(path, Access::WRITE_OK))?;
        let what = format!("{} cannot be written by `{who}`", foreign.display());
        return Some((what, format!("chown -R {who}:{} {shown}", group())));
    }
    if !there.is_dir() {
        let what = format!("{shown} cannot be a folder: {} is a file", there.display());
        return Some((what, "name another folder, or move that file away".to_owned()));
    }
    Some((what, format!("install -d -o {who} -g {} -m 700 {shown}", group())))
}
