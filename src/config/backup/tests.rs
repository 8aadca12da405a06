use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;

const PASSPHRASE: &str = "four words that differ";

/// A box with everything that belongs into a backup.
struct Here(tempfile::TempDir);

impl Here {
    fn empty() -> Self {
        Here(tempfile::tempdir().unwrap())
    }

    fn whole() -> Self {
        let here = Here::empty();
        here.put("lookout.toml", &here.text());
        here.put("secrets/cam-1", "admin:hunter2\n");
        here.put("secrets/webhook", "a token\nof two lines\n");
        here.put("ca.pem", "-----BEGIN CERTIFICATE-----");
        for name in STATE {
            here.put(&format!("outbox/{name}"), name);
        }
        here.put("outbox/outbox.db", "the queue");
        here.put("outbox/page/alerts.db", "alerts");
        here
    }

    fn text(&self) -> String {
        let at = self.0.path().display();
        format!(
            "# by hand\n[site]\nbox = \"box-1\"\narea = \"530127\"\nsecrets_dir = \"{at}/secrets\"\n\
             [mqtt]\nurl = \"mqtts://10.0.0.5\"\nca_file = \"ca.pem\"\n[outbox]\ndir = \"{at}/outbox\"\n"
        )
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn put(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn backup(&self) -> Backup {
        let path = self.path("lookout.toml");
        let config = Config::load_in(&path, &Surroundings::elsewhere(&path)).unwrap();
        Backup::of(&config, "2026-11-30T08:00:00Z".parse().unwrap()).unwrap()
    }

    fn plan(&self, backup: &Backup) -> Plan {
        backup.plan(&self.path("lookout.toml")).unwrap().unwrap()
    }
}

fn fates(plan: &Plan) -> BTreeSet<&'static str> {
    let fate = |fate| match fate {
        Fate::New => "new",
        Fate::Same => "same",
        Fate::Replaced => "replaced",
        Fate::Elsewhere => "elsewhere",
    };
    plan.files().map(|(_, of)| fate(of)).collect()
}

/// The same backup for a box whose files lie elsewhere.
fn moved(backup: Backup, from: &Here, to: &Here) -> Backup {
    let mut backup = backup;
    for (name, bytes) in &mut backup.files {
        if name == CONFIGURATION {
            let text = String::from_utf8(bytes.clone()).unwrap();
            let (from, to) = (from.0.path().display().to_string(), to.0.path().display().to_string());
            *bytes = text.replace(&from, &to).into_bytes();
        }
    }
    backup
}

#[test]
fn what_makes_a_box_this_one_comes_back_byte_for_byte_on_another() {
    let (here, there) = (Here::whole(), Here::empty());
    let sealed = here.backup().sealed(PASSPHRASE).unwrap();
    for secret in ["hunter2", "box-key", "530127"] {
        assert!(!sealed.windows(secret.len()).any(|bytes| bytes == secret.as_bytes()), "{secret}");
    }
    let opened = Backup::opened(&sealed, PASSPHRASE).unwrap();
    assert_eq!((opened.box_name.as_str(), opened.names().count()), ("530127.box-1", 9));
    assert!(!opened.names().any(|name| name.contains(".db")), "{opened:?}");
    let opened = moved(opened, &here, &there);
    let plan = there.plan(&opened);
    assert_eq!(fates(&plan), BTreeSet::from(["new"]));
    let last = plan.files().last().unwrap().0.to_owned();
    assert_eq!(last, there.path("lookout.toml"), "the daemon that takes it up has its secrets by then");
    plan.carry_out().unwrap();
    for name in
        ["secrets/cam-1", "secrets/webhook", "ca.pem", "outbox/box-key.jwk", "outbox/page/accounts.json"]
    {
        assert_eq!(there.read(name), here.read(name), "{name}");
    }
    assert!(there.read("lookout.toml").starts_with("# by hand"));
    for name in ["secrets/cam-1", "outbox/box-key.jwk", "outbox/page/certificate.key"] {
        let mode = fs::metadata(there.path(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o007, 0, "{name}: {mode:o}");
    }
    assert_eq!(fates(&there.plan(&opened)), BTreeSet::from(["same"]));
}

#[test]
fn what_differs_is_said_and_a_configuration_that_is_replaced_stays_beside_it() {
    let here = Here::whole();
    let backup = here.backup();
    here.put("lookout.toml", &format!("{}# later\n", here.text()));
    let plan = here.plan(&backup);
    assert_eq!(fates(&plan), BTreeSet::from(["same", "replaced"]));
    let replaced: Vec<_> = plan.files().filter(|(_, fate)| *fate == Fate::Replaced).collect();
    assert_eq!(replaced, [(here.path("lookout.toml").as_path(), Fate::Replaced)]);
    assert!(here.read("lookout.toml").ends_with("# later\n"), "a plan writes nothing");
    plan.carry_out().unwrap();
    assert_eq!(here.read("lookout.toml"), here.text());
    assert!(here.read("lookout.toml.bak").ends_with("# later\n"));
}

#[test]
fn another_passphrase_and_a_changed_byte_open_nothing() {
    let sealed = Here::whole().backup().sealed(PASSPHRASE).unwrap();
    let error = Backup::opened(&sealed, "four words that differ.").unwrap_err();
    assert!(matches!(error, BackupError::NotOpened), "{error:?}");
    for at in [sealed.len() - 1, sealed.len() / 2] {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        let error = Backup::opened(&changed, PASSPHRASE).unwrap_err();
        assert!(matches!(error, BackupError::NotOpened), "{at}: {error:?}");
    }
    let error = Backup::opened(&sealed[..sealed.len() / 2], PASSPHRASE).unwrap_err();
    assert!(matches!(error, BackupError::NotOpened), "{error:?}");
    assert!(matches!(Backup::opened(b"PK\x03\x04", PASSPHRASE).unwrap_err(), BackupError::NoBackup));
}

#[test]
fn a_passphrase_that_is_too_short_seals_nothing() {
    let backup = Here::whole().backup();
    assert!(matches!(backup.sealed("elevenchars").unwrap_err(), BackupError::Weak));
}

#[test]
fn a_file_without_a_place_of_its_own_is_written_nowhere() {
    let here = Here::whole();
    let names = [
        "secrets/../../etc/passwd",
        "secrets/.hidden",
        "state/outbox.db",
        "state/../lookout.toml",
        "named//etc/shadow",
        "named/other.pem",
        "elsewhere",
    ];
    for name in names {
        let mut backup = here.backup();
        backup.files.push((name.to_owned(), b"x".to_vec()));
        let error = backup.plan(&here.path("lookout.toml")).err().unwrap();
        assert!(matches!(&error, BackupError::NoPlace(reported) if reported == name), "{name}: {error:?}");
    }
}

#[test]
fn a_certificate_has_the_same_name_in_a_backup_wherever_the_command_is_run() {
    let text = Here::empty().text();
    let at = |path: &Path| Config::from_text(path, &text, &Surroundings::elsewhere(path)).unwrap();
    // In the folder itself, and with its whole path.
    let here = std::path::absolute("lookout.toml").unwrap();
    for config in [at(Path::new("lookout.toml")), at(&here)] {
        let named = named_by(&config);
        let names: Vec<String> = named.iter().map(|path| name_of(&config, path)).collect();
        assert_eq!(names, ["ca.pem"], "{}", config.path().display());
    }
}

#[test]
fn what_a_backup_alone_places_outside_of_the_configurations_folder_is_distinguished() {
    let (here, elsewhere) = (Here::whole(), tempfile::tempdir().unwrap());
    let (at, outside) = (here.0.path().display(), elsewhere.path().display());
    // A backup that somebody made up, for a machine on which root restores it.
    for (own, forged, name, placed) in [
        (
            "ca_file = \"ca.pem\"",
            format!("ca_file = \"{outside}/job\""),
            "named/ca.pem",
            format!("{outside}/job"),
        ),
        ("ca_file = \"ca.pem\"", "ca_file = \"../job\"".to_owned(), "named/ca.pem", "/../job".to_owned()),
        (
            "/secrets\"",
            "/secrets/../../job\"".to_owned(),
            "secrets/cam-1",
            "/secrets/../../job/cam-1".to_owned(),
        ),
        (
            "[outbox]\ndir = \"",
            format!("[outbox]\ndir = \"{outside}"),
            "state/box-key.jwk",
            format!("{outside}{at}/outbox/box-key.jwk"),
        ),
    ] {
        let mut backup = here.backup();
        let text = String::from_utf8(backup.files[0].1.clone()).unwrap().replacen(own, &forged, 1);
        let file = backup.files.iter().find(|(known, _)| known == name).unwrap().1.clone();
        backup.files = vec![(CONFIGURATION.to_owned(), text.into_bytes()), (name.to_owned(), file)];
        if name.starts_with(NAMED) {
            let named = forged.split('"').nth(1).unwrap();
            backup.files[1].0 = format!("{NAMED}{named}");
        }
        let plan = here.plan(&backup);
        let (path, fate) = plan.files().find(|(_, fate)| *fate != Fate::Replaced).unwrap();
        assert_eq!(fate, Fate::Elsewhere, "{forged}");
        assert!(path.display().to_string().ends_with(&placed), "{forged}: {}", path.display());
    }
}

#[test]
fn a_configuration_right_in_a_folder_of_the_systems_has_none_of_its_own() {
    let here = Here::whole();
    symlink("/etc", here.path("etc")).unwrap();
    let mut backup = here.backup();
    let text = String::from_utf8(backup.files[0].1.clone()).unwrap();
    let text = text.replacen("\"ca.pem\"", "\"no-such-folder/job\"", 1);
    backup.files = vec![
        (CONFIGURATION.to_owned(), text.into_bytes()),
        (format!("{NAMED}no-such-folder/job"), b"x".to_vec()),
    ];
    for (config, expected) in [
        (PathBuf::from("/no-such-box.toml"), Fate::Elsewhere),
        (PathBuf::from("/etc/no-such-box.toml"), Fate::Elsewhere),
        (here.path("etc/no-such-box.toml"), Fate::Elsewhere),
        (here.path("no-such-box.toml"), Fate::New),
    ] {
        let plan = backup.plan(&config).unwrap().unwrap();
        let placed = config.with_file_name("no-such-folder/job");
        let fate = plan.files().find(|(path, _)| *path == placed).map(|(_, fate)| fate);
        assert_eq!(fate, Some(expected), "{}", config.display());
    }
}

#[test]
fn the_state_of_a_box_lies_beside_its_configuration_or_where_the_package_keeps_it() {
    let path = |path: &str| Step { path: path.into(), bytes: Vec::new(), kind: StepKind::State };
    let is_elsewhere = |of: &str| path(of).is_elsewhere(Path::new("/srv/site/lookout.toml"));
    for good in ["/srv/site/outbox/box-key.jwk", "/var/lib/lookout/outbox/box-key.jwk"] {
        assert!(!is_elsewhere(good), "{good}");
    }
    for bad in [
        "/etc/systemd/system/lookout.service.d/box-key.jwk",
        "/var/lib/lookout/../box-key.jwk",
        "/etc/lookout/secrets/box-key.jwk",
    ] {
        assert!(is_elsewhere(bad), "{bad}");
    }
}

#[test]
fn a_configuration_with_problems_is_not_restored() {
    let here = Here::whole();
    let mut backup = here.backup();
    backup.files[0].1.extend(b"[nonsense]\n");
    assert!(backup.plan(&here.path("lookout.toml")).unwrap().is_err());
}

#[test]
fn a_link_among_the_keys_is_no_part_of_a_backup() {
    let here = Here::whole();
    let key = here.path("outbox/box-key.jwk");
    fs::remove_file(&key).unwrap();
    symlink(here.path("secrets/cam-1"), &key).unwrap();
    let path = here.path("lookout.toml");
    let config = Config::load_in(&path, &Surroundings::elsewhere(&path)).unwrap();
    let error = Backup::of(&config, Timestamp::UNIX_EPOCH).unwrap_err();
    assert!(matches!(&error, BackupError::Unread(at, _) if *at == key), "{error:?}");
}

#[test]
fn what_is_missing_is_left_out() {
    let here = Here::empty();
    here.put("lookout.toml", &here.text());
    assert_eq!(here.backup().names().collect::<Vec<_>>(), [CONFIGURATION]);
}
