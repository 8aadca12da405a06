//! The account as which the service runs: what it may read decides whether a configuration works, not what the user who
//! looks may read.
//!
//! Input: the system's list of users, and systemd's unit where one is installed. Must never change who this process is:
//! what is done as another user is done on a thread of its own, which ends afterwards.

use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use nix::unistd;
use rustix::process::{Gid, Uid};
use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, set_capabilities, set_keep_capabilities, set_thread_groups,
    set_thread_res_gid, set_thread_res_uid,
};

mod unit;

pub(crate) use unit::Unit;

/// The user as which the package's service runs, where no unit says otherwise.
const USUAL_USER: &str = "lookout";

/// A user of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    pub name: String,
    uid: u32,
    gid: u32,
}

impl Account {
    /// The user of that name.
    pub(crate) fn named(name: &str) -> Option<Account> {
        unistd::User::from_name(name).ok().flatten().map(Account::from)
    }

    /// The one whose rights this thread has.
    pub(crate) fn of_this_thread() -> Option<Account> {
        let uid = rustix::process::geteuid().as_raw();
        unistd::User::from_uid(uid.into()).ok().flatten().map(Account::from)
    }

    /// The one of the service on this machine: of its unit, or else of the package.
    pub(crate) fn of_service() -> Option<Account> {
        let of_unit = Unit::installed().and_then(|unit| unit.user());
        Account::named(of_unit.as_deref().unwrap_or(USUAL_USER))
    }

    /// Whether it may do everything.
    pub(crate) fn is_root(&self) -> bool {
        self.uid == 0
    }

    /// The group that is nobody's but this user's: the one of the same name. Root has none.
    pub(crate) fn own_group(&self) -> Option<u32> {
        let group = unistd::Group::from_gid(self.gid.into()).ok().flatten()?;
        (!self.is_root() && group.name == self.name).then_some(self.gid)
    }

    /// Whether a file is this user's.
    pub(crate) fn owns(&self, file: &std::fs::Metadata) -> bool {
        file.uid() == self.uid
    }

    /// Name of its first group.
    pub(crate) fn group(&self) -> Option<String> {
        unistd::Group::from_gid(self.gid.into()).ok().flatten().map(|group| group.name)
    }

    /// Whether owner and mode let it do this with a file or folder: 4 to read, 2 to write, 1 to enter.
    pub(crate) fn may(&self, of: &std::fs::Metadata, bits: u32) -> bool {
        let shift = if self.owns(of) {
            6
        } else if self.groups().is_ok_and(|groups| groups.contains(&of.gid())) {
            3
        } else {
            0
        };
        self.is_root() || (of.mode() >> shift) & bits == bits
    }

    fn groups(&self) -> io::Result<Vec<u32>> {
        let name = CString::new(self.name.as_str())?;
        let groups = unistd::getgrouplist(&name, self.gid.into())?;
        Ok(groups.into_iter().map(|gid| gid.as_raw()).collect())
    }

    /// Does `work` with the rights of this user, on a thread of its own. Only root may.
    ///
    /// # Errors
    /// The system does not let this process become that user.
    pub(crate) fn act<T: Send>(&self, work: impl FnOnce() -> T + Send) -> io::Result<T> {
        self.act_after(|| Ok(()), || Ok(()), work)
    }

    /// The same, but no file and no folder is closed to it: one look shows what the user will meet once they are
    /// open.
    ///
    /// # Errors
    /// The system does not let this process become that user, or does not let it keep these rights.
    pub(crate) fn act_with_all_open<T: Send>(&self, work: impl FnOnce() -> T + Send) -> io::Result<T> {
        self.act_after(|| Ok(set_keep_capabilities(true)?), open_all, work)
    }

    /// `before` and `after` are done before and after the thread becomes this user.
    fn act_after<T: Send>(
        &self,
        before: fn() -> io::Result<()>,
        after: fn() -> io::Result<()>,
        work: impl FnOnce() -> T + Send,
    ) -> io::Result<T> {
        let groups: Vec<Gid> = self.groups()?.into_iter().map(Gid::from_raw).collect();
        let (uid, gid) = (Uid::from_raw(self.uid), Gid::from_raw(self.gid));
        let become_it = move || -> io::Result<()> {
            before()?;
            set_thread_groups(&groups)?;
            set_thread_res_gid(gid, gid, gid)?;
            set_thread_res_uid(uid, uid, uid)?;
            after()
        };
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().name("as-user".to_owned());
            let thread = thread.spawn_scoped(scope, || become_it().map(|()| work()))?;
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// Gives an open file to root and this user's group: by its name it could be another one by now, where others may write
    /// into its folder.
    ///
    /// # Errors
    /// The system refuses it.
    pub(crate) fn share(&self, file: &File) -> io::Result<()> {
        std::os::unix::fs::fchown(file, Some(0), Some(self.gid))
    }

    /// Gives an open file or folder to this user and its group.
    ///
    /// # Errors
    /// The system refuses it.
    pub(crate) fn give(&self, file: &File) -> io::Result<()> {
        std::os::unix::fs::fchown(file, Some(self.uid), Some(self.gid))
    }
}

impl From<unistd::User> for Account {
    fn from(user: unistd::User) -> Self {
        Account { name: user.name, uid: user.uid.as_raw(), gid: user.gid.as_raw() }
    }
}

/// Of what this thread kept from root, takes up what opens files and folders, and gives up the rest.
fn open_all() -> io::Result<()> {
    let opening = CapabilitySet::DAC_OVERRIDE | CapabilitySet::DAC_READ_SEARCH;
    let kept = capabilities(None)?.permitted & opening;
    let sets = CapabilitySets { effective: kept, permitted: kept, inheritable: CapabilitySet::empty() };
    Ok(set_capabilities(None, sets)?)
}

/// Does `work` without the rights that open everything ([`Account::act_with_all_open`]), on a thread of its own.
///
/// # Errors
/// The system does not start the thread, or does not let it give them up.
pub(crate) fn act_with_nothing_opened<T: Send>(work: impl FnOnce() -> T + Send) -> io::Result<T> {
    let none = CapabilitySet::empty();
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("as-user".to_owned());
        let thread = thread.spawn_scoped(scope, move || -> io::Result<T> {
            set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })?;
            Ok(work())
        })?;
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// The folder around `path` that is somebody's own: the home of a person, or of another service.
pub(crate) fn home_around(path: &Path) -> Option<&Path> {
    path.ancestors().skip(1).find(|folder| is_a_home(folder))
}

fn is_a_home(folder: &Path) -> bool {
    let of_its_owner = || {
        let owner = folder.metadata().ok()?.uid();
        let owner = unistd::User::from_uid(owner.into()).ok().flatten()?;
        is_home_of_another(folder, owner, || vec![Account::of_this_thread(), Account::of_service()])
            .then_some(())
    };
    folder == Path::new("/root") || folder.parent() == Some(Path::new("/home")) || of_its_owner().is_some()
}

/// Whether `folder` is its owner's home, and the owner none of `ours`: what is the service's own is closed to nobody here.
fn is_home_of_another(
    folder: &Path,
    owner: unistd::User,
    ours: impl FnOnce() -> Vec<Option<Account>>,
) -> bool {
    folder.parent().is_some() && owner.dir == folder && !ours().contains(&Some(Account::from(owner)))
}

/// The group through which the service reads what belongs to root: of the user whose rights this thread has, or, for
/// root, who only looks on, of the service's user.
pub(super) fn group_of_service() -> Option<u32> {
    let this = Account::of_this_thread()?;
    if this.is_root() { Account::of_service()?.own_group() } else { this.own_group() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_as_another_user_changes_nobody_else() {
        let Some(nobody) = Account::named("nobody") else { panic!("every Debian has the user `nobody`") };
        let me = Account::of_this_thread().expect("this process is somebody's");
        let seen = nobody.act(|| Account::of_this_thread().map(|account| account.name));
        if me.is_root() {
            assert_eq!(seen.expect("root may").as_deref(), Some("nobody"));
        } else {
            assert!(seen.is_err(), "only root may become somebody else");
        }
        assert_eq!(Account::of_this_thread(), Some(me));
        assert_eq!(Account::named("no-such-user"), None);
    }

    #[test]
    fn what_was_opened_for_a_look_can_be_closed_again() {
        use std::fs::{File, Permissions, set_permissions};
        use std::os::unix::fs::PermissionsExt as _;
        let nobody = Account::named("nobody").expect("every Debian has the user `nobody`");
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("closed");
        std::fs::write(&path, "").expect("a file");
        set_permissions(&path, Permissions::from_mode(0o600)).expect("a mode");
        let can_open = || File::open(&path).is_ok();
        let seen =
            nobody.act_with_all_open(|| (can_open(), act_with_nothing_opened(can_open).expect("no rights")));
        // Only root may become somebody else, and may not everywhere.
        if let Ok((opened, closed_again)) = seen {
            assert!(opened && !closed_again);
        }
        assert!(can_open(), "this thread keeps what it had");
    }

    #[test]
    fn the_home_of_the_service_is_not_somebody_elses() {
        let nobody = || unistd::User::from_name("nobody").expect("users").expect("every Debian has `nobody`");
        let home = nobody().dir;
        let among = |ours: Vec<Option<Account>>| is_home_of_another(&home, nobody(), || ours);
        assert!(among(vec![]) && among(vec![None, Account::named("root")]));
        assert!(!among(vec![None, Account::named("nobody")]));
        assert!(!is_home_of_another(Path::new("/srv"), nobody(), Vec::new), "it is nobody's home");
    }

    #[test]
    fn owner_and_mode_say_what_a_user_may() {
        use std::fs::Permissions;
        use std::os::unix::fs::PermissionsExt as _;
        let file = tempfile::NamedTempFile::new().expect("a file");
        let with = |mode: u32| {
            file.as_file().set_permissions(Permissions::from_mode(mode)).expect("a mode");
            file.as_file().metadata().expect("it is there")
        };
        let of = with(0o640);
        let user = |uid: u32, gid: u32| Account { name: "no-such-user".to_owned(), uid, gid };
        // Ids that nobody has.
        let (owner, member, other) =
            (user(of.uid(), 4_000_000), user(4_000_001, of.gid()), user(4_000_001, 4_000_000));
        assert!(owner.may(&of, 4) && owner.may(&of, 2) && (owner.is_root() || !owner.may(&of, 1)));
        assert!(member.may(&of, 4) && !member.may(&of, 2) && !other.may(&of, 4));
        let of = with(0o077);
        assert!(owner.is_root() || !owner.may(&of, 4), "the owner's bits alone count for the owner");
        assert!(member.may(&of, 7) && other.may(&of, 7));
        assert!(user(0, 0).may(&with(0o000), 7), "root may everything");
    }

    #[test]
    fn what_lies_in_a_home_is_known_by_its_path() {
        let home = |path: &str| home_around(Path::new(path)).map(|home| home.display().to_string());
        assert_eq!(home("/root/site/ca.pem").as_deref(), Some("/root"));
        assert_eq!(home("/home/li/ca.pem").as_deref(), Some("/home/li"));
        assert_eq!(home("/etc/lookout/ca.pem"), None);
    }

    #[test]
    fn a_group_of_several_is_nobodys_own_and_neither_is_roots() {
        // Debian's `nobody` is in `nogroup`, which is not called like it.
        assert_eq!(Account::named("nobody").and_then(|nobody| nobody.own_group()), None);
        assert_eq!(Account::named("root").and_then(|root| root.own_group()), None);
    }
}
