//! Checks that the service has access to what its configuration names: folders that it must write, files that its unit
//! hides.
//!
//! Runs with the rights of the user that is judged for. Must never make or change anything.

use std::fs;
use std::path::Path;

use rustix::fs::{Access, AtFlags, CWD, accessat};

use crate::config::account::{Account, Unit, act_with_nothing_opened, home_around};
use crate::config::document::DEFAULT_STATE_DIR;
use crate::config::secret::open_command;
use crate::config::{NamedPath, PathUse};
use crate::text::{Joint, Sentence, Words, check as text};

/// As in the mode of a file or folder.
const READ: u32 = 4;
const WRITE: u32 = 2;
const ENTER: u32 = 1;

/// What the service would meet there: why it fails, and what to try.
pub(super) fn problem(named: &NamedPath, unit: Option<&Unit>) -> Option<(Words, Words)> {
    match named.used {
        PathUse::Written | PathUse::WrittenByDefault => not_writable(&named.path, unit),
        PathUse::Read => {
            let setting = unit?.hides(&named.path)?;
            Some((text::hidden(named.path.display(), setting).into(), text::try_etc().into()))
        }
        // Their folder was asked about.
        PathUse::Secret => None,
    }
}

/// What more is closed to the user behind the first folder that is, which was reported already, and what opens it. Asked with all
/// rights: the user itself sees nothing of it.
pub(super) fn behind(named: &NamedPath, user: &Account) -> Option<(Words, Words)> {
    let path = std::path::absolute(&named.path).ok()?;
    let path = path.as_path();
    // What lies in a home is to be moved out of it.
    if home_around(path).is_some() {
        return None;
    }
    let may = |path: &Path, bits: u32| may(user, path, bits);
    let around: Vec<&Path> = path.ancestors().skip(1).collect();
    let mut closed = around.into_iter().rev().filter(|folder| folder.is_dir() && !may(folder, ENTER));
    let first = closed.next()?;
    let mut more: Vec<(&Path, String)> = closed.map(|folder| (folder, open_command(user, folder))).collect();
    match named.used {
        PathUse::Read | PathUse::Secret => {
            let wanted = if path.is_dir() { ENTER } else { READ };
            if path.exists() && !may(path, wanted) {
                more.push((path, open_command(user, path)));
            }
        }
        PathUse::Written | PathUse::WrittenByDefault => {
            let there = path.ancestors().find(|folder| fs::symlink_metadata(folder).is_ok())?;
            let group = user.group().unwrap_or_else(|| user.name.clone());
            let (name, shown) = (&user.name, path.display());
            if !may(there, WRITE | ENTER) {
                more.push((path, format!("install -d -o {name} -g {group} -m 700 {shown}")));
            } else if holds_foreign_files(path, user) {
                more.push((path, format!("chown -R {name}:{group} {shown}")));
            }
        }
    }
    let (names, commands): (Vec<Words>, Vec<String>) =
        more.into_iter().map(|(path, command)| (path.display().into(), command)).unzip();
    if names.is_empty() {
        return None;
    }
    let what = text::behind(first.display(), &user.name, Words::List(names, Joint::Row));
    Some((what.into(), commands.join(" && ").into()))
}

/// By owner and mode, or because the system lets the user in all the same (lists of access rights). What lies behind a
/// closed folder cannot be asked about as the user.
fn may(user: &Account, path: &Path, bits: u32) -> bool {
    let access = Access::from_bits_truncate(bits);
    let asked = || act_with_nothing_opened(|| accessat(CWD, path, access, AtFlags::EACCESS).is_ok());
    path.metadata().is_ok_and(|of| user.may(&of, bits)) || asked().unwrap_or(false)
}

fn holds_foreign_files(dir: &Path, user: &Account) -> bool {
    let mut entries = fs::read_dir(dir).into_iter().flatten().flatten();
    // Of a link, the link itself: it is nobody's to write.
    entries.any(|entry| entry.metadata().is_ok_and(|of| !of.is_symlink()) && !may(user, &entry.path(), WRITE))
}

/// What to try where a folder around `dir` is closed.
fn around_it(closed: &Path, dir: &Path) -> Sentence {
    if home_around(dir).is_none() {
        return text::closed_folder(closed.display());
    }
    let better = Path::new(DEFAULT_STATE_DIR).join(dir.file_name().unwrap_or_default());
    text::peoples_folder(better.display())
}

/// Why the service cannot keep files in `dir`, and what to try.
fn not_writable(dir: &Path, unit: Option<&Unit>) -> Option<(Words, Words)> {
    if let Some(unit) = unit
        && !unit.may_write(dir)
    {
        return Some((
            text::unwritable(dir.display()).into(),
            text::try_read_write_paths(dir.display()).into(),
        ));
    }
    let may = |folder: &Path, access: Access| accessat(CWD, folder, access, AtFlags::EACCESS).is_ok();
    let me = Account::of_this_thread();
    let who: Words = me.as_ref().map_or_else(|| text::the_runner().into(), |me| (&me.name).into());
    let unwritable = |path: &Path| Words::from(text::unwritable_by(path.display(), who.clone()));
    // From the root down: whatever is behind a folder that it cannot enter is out of its sight.
    let whole = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    let around = whole.ancestors().skip(1).collect::<Vec<_>>();
    let is_closed = |folder: &&&Path| folder.is_dir() && !may(folder, Access::EXEC_OK);
    if let Some(closed) = around.iter().rev().find(is_closed) {
        return Some((unwritable(dir), around_it(closed, &whole).into()));
    }
    // Made when it is needed: the nearest folder that is there must let it.
    let there = dir.ancestors().find(|folder| fs::symlink_metadata(folder).is_ok())?;
    let is_made_by_systemd = unit.is_some_and(|unit| unit.makes(dir) && !unit.makes(there));
    let group = || me.as_ref().and_then(Account::group).unwrap_or_else(|| who.to_string());
    if is_made_by_systemd || may(there, Access::WRITE_OK | Access::EXEC_OK) {
        // A run as root leaves files that the service cannot go on with.
        let foreign = fs::read_dir(dir).ok()?.flatten().map(|entry| entry.path());
        let foreign = foreign.filter(|path| !path.is_symlink()).find(|path| !may(path, Access::WRITE_OK))?;
        return Some((unwritable(&foreign), format!("chown -R {who}:{} {}", group(), dir.display()).into()));
    }
    if !there.is_dir() {
        let what = text::file_in_the_way(dir.display(), there.display());
        return Some((what.into(), text::try_another_folder().into()));
    }
    Some((unwritable(dir), format!("install -d -o {who} -g {} -m 700 {}", group(), dir.display()).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the system says counts beside owner and mode: here it is asked about the user who runs this.
    #[test]
    fn what_the_system_lets_in_is_not_closed() {
        use std::os::unix::fs::PermissionsExt as _;
        let nobody = Account::named("nobody").expect("every Debian has the user `nobody`");
        let dir = tempfile::tempdir().expect("a folder");
        let mode =
            |mode: u32| fs::set_permissions(dir.path(), fs::Permissions::from_mode(mode)).expect("a mode");
        mode(0o700);
        // This thread owns the folder, `nobody` does not.
        assert!(may(&nobody, dir.path(), ENTER));
        mode(0o600);
        assert!(!may(&nobody, dir.path(), ENTER));
        assert!(!may(&nobody, &dir.path().join("none"), READ));
    }

    #[test]
    fn nobody_is_advised_to_open_a_home() {
        let hint = |closed: &str, dir: &str| around_it(Path::new(closed), Path::new(dir)).to_string();
        let home = hint("/root", "/root/lookout/outbox");
        assert!(home.contains("dir = \"/var/lib/lookout/outbox\"") && !home.contains("chmod"), "{home}");
        assert!(hint("/data/own", "/data/own/outbox").contains("chmod o+x /data/own,"));
    }
}
