//! What systemd learns of the daemon, and what the unit file allows. A socket plays systemd's part.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Command, Stdio};
#[cfg(debug_assertions)]
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use std::time::{Duration, Instant};

use support::daemon::{Daemon, write_config};
use support::listener::Listener;
use support::mosquitto::{Mosquitto, free_port};

/// Loading a model, on a machine that builds something else at the same time.
const SOON: Duration = Duration::from_secs(60);
/// The unit's exposure as `systemd-analyze` states it, of 10; what remains is that it speaks to a network.
const MOST_EXPOSED: f64 = 2.0;

fn in_repository(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Waits for a message with this line.
fn received(socket: &UnixDatagram, line: &str) {
    let deadline = Instant::now() + SOON;
    let mut all = Vec::new();
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        assert!(!left.is_zero(), "no {line:?} within {SOON:?}, only {all:?}");
        socket.set_read_timeout(Some(left)).unwrap();
        let mut bytes = [0u8; 512];
        let Ok(length) = socket.recv(&mut bytes) else { continue };
        let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
        if text.lines().any(|said| said == line) {
            return;
        }
        all.push(text);
    }
}

/// A camera that is not there: a box whose cameras are all away lives, too.
fn site(folder: &Path, port: u16) -> std::path::PathBuf {
    let text = format!(
        "[site]\nbox = \"box-1\"\narea = \"530127\"\nlanguage = \"en\"\n[mqtt]\nembedded_port = {port}\n[outbox]\ndir = \"{0}/outbox\"\n\
         [evidence]\ndir = \"{0}/evidence\"\n[[camera]]\nid = \"cam\"\neye = \"village\"\n\
         url = \"rtsp://127.0.0.1:{1}/none\"\ngrid = \"53012700300102\"\n",
        folder.display(),
        free_port(),
    );
    write_config(folder, &text)
}

#[test]
fn systemd_is_notified_that_the_daemon_is_ready_lives_and_stops() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    let config = site(folder.path(), free_port());
    let daemon = Daemon::start_with(
        &config,
        &in_repository("models/manifest.toml"),
        &[("NOTIFY_SOCKET", path.as_os_str()), ("WATCHDOG_USEC", "60000000".as_ref())],
    );
    received(&socket, "READY=1");
    received(&socket, "WATCHDOG=1");
    received(&socket, "WATCHDOG=1");
    assert_eq!(daemon.stop(SOON), 0);
    received(&socket, "STOPPING=1");
}

/// One part hangs for good; the main thread, the cameras and the connection get on, and must not speak for it.
#[test]
#[cfg(debug_assertions)]
fn systemd_hears_nothing_any_more_when_one_part_hangs_though_the_others_get_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    let port = free_port();
    let config = site(folder.path(), port);
    let daemon = Daemon::start_with(
        &config,
        &in_repository("models/manifest.toml"),
        &[("NOTIFY_SOCKET", path.as_os_str()), ("LOOKOUT_HANG_AT", "alert-writer-question:3".as_ref())],
    );
    received(&socket, "READY=1");
    received(&socket, "WATCHDOG=1");
    // Read away all the time, as systemd does: who writes to a full socket waits.
    let fed = Arc::new(AtomicUsize::new(0));
    let counting = fed.clone();
    std::thread::spawn(move || {
        let mut bytes = [0u8; 512];
        socket.set_read_timeout(None).unwrap();
        while let Ok(length) = socket.recv(&mut bytes) {
            let said = String::from_utf8_lossy(&bytes[..length]).lines().any(|line| line == "WATCHDOG=1");
            counting.fetch_add(usize::from(said), Ordering::SeqCst);
        }
    });
    let centre = Listener::start(port, "lookout/v1/530127/box-1/up/health");
    daemon.wait_for_log("not alive: systemd is not told that we are", 2 * SOON);
    assert!(daemon.log().contains("no answer on the way of an alert"), "{}", daemon.log());
    // The others get on: reports come as ever, and between two of them are ten looks at the parts.
    let reports = |more: usize| {
        let before = centre.received().len();
        centre.wait_for("more reports", |received| received.len() >= before + more);
    };
    reports(1);
    let so_far = fed.load(Ordering::SeqCst);
    assert!(so_far > 20, "it was fed while the question was young: {so_far}");
    reports(2);
    assert_eq!(fed.load(Ordering::SeqCst), so_far, "fed all the same");
    daemon.kill();
}

/// At a stop, systemd would end the daemon's broker before the daemon has said its last word through it.
#[test]
fn only_the_daemon_is_asked_to_stop() {
    let unit = std::fs::read_to_string(in_repository("deploy/systemd/lookout.service")).unwrap();
    assert!(unit.lines().any(|line| line == "KillMode=mixed"), "{unit}");
}

/// While the package is upgraded the service runs, and may have put anything among the secrets. Only root can give a file away.
#[test]
fn an_upgrade_opens_what_root_made_among_the_secrets_and_follows_no_link() {
    let around = tempfile::tempdir().unwrap();
    if fs::metadata(around.path()).unwrap().uid() != 0 {
        eprintln!("not checked: not as root");
        return;
    }
    let postinst = fs::read_to_string(in_repository("deploy/debian/postinst")).unwrap();
    let begin = postinst.find("open_secrets() (").unwrap();
    let function = &postinst[begin..begin + postinst[begin..].find("\n)\n").unwrap() + 3];
    let etc = around.path().join("etc");
    let script = function
        .replace("/etc/lookout", etc.to_str().unwrap())
        .replace("root:lookout", "root:nogroup")
        .replace("-group lookout", "-group nogroup");
    assert!(!script.contains("lookout"), "{script}");
    let open = || {
        let run = Command::new("sh").args(["-e", "-c", &format!("{script}open_secrets")]).status().unwrap();
        assert!(run.success());
    };
    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o7777;
    let put = |path: &Path| {
        fs::write(path, "x").unwrap();
        fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
    };
    let (secrets, outside) = (etc.join("secrets"), around.path().join("outside"));
    fs::create_dir(&etc).unwrap();
    open();
    assert_eq!(mode(&secrets), 0o770);
    for folder in [&secrets, &outside] {
        fs::create_dir_all(folder).unwrap();
        fs::set_permissions(folder, Permissions::from_mode(0o700)).unwrap();
    }
    let (own, shadow, crontab) = (secrets.join("cam-1"), outside.join("shadow"), outside.join("crontab"));
    [&own, &shadow, &crontab].into_iter().for_each(|path| put(path));
    std::os::unix::fs::symlink(&shadow, secrets.join("cam-2")).unwrap();
    fs::hard_link(&crontab, secrets.join("cam-3")).unwrap();
    open();
    assert_eq!((mode(&secrets), mode(&own)), (0o770, 0o640));
    assert_eq!((mode(&shadow), mode(&crontab), mode(&outside)), (0o600, 0o600, 0o700));
    // In the place of the folder itself.
    fs::rename(&secrets, etc.join("moved")).unwrap();
    std::os::unix::fs::symlink(&outside, &secrets).unwrap();
    put(&outside.join("key"));
    open();
    assert_eq!((mode(&outside), mode(&outside.join("key"))), (0o700, 0o600));
}

/// What systemd kills earlier has not said its last word, and a hang is not reported as one.
#[test]
fn the_unit_gives_the_daemon_the_time_to_stop_that_it_gives_itself() {
    let unit = fs::read_to_string(in_repository("deploy/systemd/lookout.service")).unwrap();
    let secs = unit.lines().find_map(|line| line.strip_prefix("TimeoutStopSec=")).unwrap();
    let allowed = Duration::from_secs(secs.parse().unwrap());
    assert!(allowed > lookout::lifeline::STOP_WITHIN, "{allowed:?}");
}

#[test]
fn the_unit_file_is_hardened() {
    let unit = in_repository("deploy/systemd/lookout.service");
    let asked = Command::new("systemd-analyze")
        .args(["security", "--offline=true", "--no-pager"])
        .arg(&unit)
        .output();
    let Ok(output) = asked else {
        eprintln!("not checked: no systemd-analyze here");
        return;
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find(|line| line.contains("Overall exposure level")).expect("a score");
    let score: f64 = line.split(':').nth(1).unwrap().split_whitespace().next().unwrap().parse().unwrap();
    assert!(score <= MOST_EXPOSED, "{line}");
}

/// A shell sets the limit for the daemon that takes its place. `-S`: only the limit that a process may raise.
fn with_descriptors(config: &Path, limit: &str) -> Daemon {
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg(format!("ulimit {limit} && exec \"$@\""))
        .arg("sh")
        .arg(env!("CARGO_BIN_EXE_lookout"))
        .args(["run", "--config"])
        .arg(config)
        .arg("--manifest")
        .arg(in_repository("models/manifest.toml"));
    Daemon::spawn(command)
}

/// Libraries below us hang or end the process when none is left; whoever started it must be told instead.
#[test]
fn a_limit_of_too_few_descriptors_ends_the_start_with_a_sentence_and_never_in_a_hang() {
    for limit in [24, 32, 48, 64, 80] {
        let folder = tempfile::tempdir().unwrap();
        let config = site(folder.path(), free_port());
        let (code, log) = with_descriptors(&config, &format!("-n {limit}")).ended_for_log(SOON);
        assert_eq!(code, Some(1), "{limit}: {log}");
        let sentence = format!("this process may have {limit} files and connections open");
        assert!(log.contains(&sentence) && log.contains("LimitNOFILE="), "{limit}: {log}");
    }
}

/// As few as are accepted are enough, also with a camera that is tried again and again; and a low limit that may be raised
/// is raised.
#[test]
fn a_limit_that_is_accepted_is_enough_and_one_that_may_be_raised_is() {
    for limit in ["-n 82", "-n 100", "-S -n 24"] {
        let folder = tempfile::tempdir().unwrap();
        let broker = Mosquitto::start();
        let config = site(folder.path(), broker.port());
        let text = std::fs::read_to_string(&config).unwrap();
        let embedded = format!("embedded_port = {}", broker.port());
        std::fs::write(&config, text.replace(&embedded, &format!("url = \"{}\"", broker.url()))).unwrap();
        let daemon = with_descriptors(&config, limit);
        daemon.wait_for_log("watching", SOON);
        let centre = Listener::start(broker.port(), "lookout/v1/530127/box-1/up/health");
        centre.wait_for("reports", |received| received.len() >= 3);
        let (code, log) = daemon.stop_for_log(SOON);
        assert_eq!(code, 0, "{limit}: {log}");
        assert!(!log.contains("Too many open files"), "{limit}: {log}");
    }
}

/// A thread without which no alert is stored panics: the process must not stay as a shell that does nothing.
#[test]
#[cfg(debug_assertions)]
fn a_thread_that_panics_ends_the_process_with_its_name_and_an_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let config = site(folder.path(), free_port());
    let daemon = Daemon::start_with(
        &config,
        &in_repository("models/manifest.toml"),
        &[("LOOKOUT_PANIC_AT", "alert-writer-question:3".as_ref())],
    );
    let (code, log) = daemon.ended_for_log(SOON);
    assert_eq!(code, Some(1), "{log}");
    assert!(log.contains("the thread `alert-writer` ended with a panic"), "{log}");
}

// ---- the service's user

/// A site with one camera that logs in; everybody may enter its folder.
fn site_with_a_secret(state: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let text = fs::read_to_string(in_repository("config/minimal.toml")).unwrap();
    let text = text.replace("# secret = \"cam-1\"", "secret = \"cam-1\"").replace(
        "[site]",
        &format!(
            "[outbox]\ndir = \"{state}\"\n[evidence]\nenabled = false\n[site]\nlanguage = \"en\"\nsecrets_dir = \"secrets\""
        ),
    );
    assert!(text.contains("\nsecret = \"cam-1\""), "minimal.toml names no secret to try");
    fs::write(folder.path().join("site.toml"), text).unwrap();
    folder
}

fn lookout(folder: &Path, arguments: &[&str], input: &str) -> (i32, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_lookout"))
        .args(arguments)
        .current_dir(folder)
        .env("LOOKOUT_MODELS", in_repository("models"))
        .env_remove("CREDENTIALS_DIRECTORY")
        .env_remove("STATE_DIRECTORY")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (output.status.code().unwrap(), text)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// `daemon` plays the service's user: every Debian has it, with a group of its own.
#[test]
#[ignore = "becomes another user: needs root"]
fn check_judges_what_the_services_user_can_read_and_write() {
    let folder = site_with_a_secret("state/outbox");
    let path = |name: &str| folder.path().join(name);
    let check = |user: &str| lookout(folder.path(), &["check", "--as", user, "site.toml"], "");
    let group = |name: &str| nix::unistd::Group::from_name(name).unwrap().unwrap().gid.as_raw();
    let owned = |name: &str, gid: u32, mode: u32| {
        std::os::unix::fs::chown(path(name), Some(0), Some(gid)).unwrap();
        fs::set_permissions(path(name), Permissions::from_mode(mode)).unwrap();
    };
    let daemon = group("daemon");
    fs::create_dir(path("secrets")).unwrap();
    fs::create_dir(path("state")).unwrap();
    fs::set_permissions(path("state"), Permissions::from_mode(0o777)).unwrap();
    fs::write(path("secrets/cam-1"), "viewer:hunter2\n").unwrap();

    // As the README said once: root's, and for root alone.
    owned("secrets", 0, 0o755);
    owned("secrets/cam-1", 0, 0o600);
    assert_eq!(check("root").0, 0, "{}", check("root").1);
    let (code, said) = check("daemon");
    assert_eq!(code, 2, "{said}");
    assert!(
        said.contains("secrets/cam-1 cannot be read") && said.contains("the user `daemon` may not read it"),
        "{said}"
    );
    assert!(said.contains("may not read it: chown root:daemon "), "the hint helps another user: {said}");
    // The group of `nobody` is others' as well.
    let (_, said) = check("nobody");
    assert!(said.contains("may not read it: chown nobody secrets/cam-1"), "{said}");
    // A folder that it cannot enter.
    owned("secrets", 0, 0o700);
    let (code, said) = check("daemon");
    assert!(code == 2 && said.contains("secrets is closed to the user `daemon`"), "{said}");
    // What lies behind it is reported in the same round: the mode of the file and what is in it.
    fs::write(path("secrets/cam-1"), "viewer:hunter2\nviewer:hunter3\n").unwrap();
    let (_, said) = check("daemon");
    assert!(
        said.contains("secrets more is closed to `daemon`: ") && said.contains("secrets/cam-1"),
        "{said}"
    );
    assert!(said.contains("chmod 640 ") && said.contains("has more than one line"), "{said}");
    assert!(!said.contains("hunter"), "{said}");
    fs::write(path("secrets/cam-1"), "viewer:hunter2\n").unwrap();
    // The service's own group may read; any other is everybody.
    owned("secrets", daemon, 0o750);
    owned("secrets/cam-1", daemon, 0o640);
    let (code, said) = check("daemon");
    assert!(code == 0 && said.contains("no error, judged as the user daemon"), "{said}");
    owned("secrets", 0, 0o755);
    for (gid, mode) in [(group("bin"), 0o644), (daemon, 0o660), (daemon, 0o644)] {
        owned("secrets/cam-1", gid, mode);
        let (code, said) = check("daemon");
        assert!(code == 2 && said.contains("can be read by other users"), "{gid} {mode:o}: {said}");
    }
    owned("secrets/cam-1", daemon, 0o640);
    // Its configuration.
    owned("site.toml", 0, 0o600);
    let (code, said) = check("daemon");
    assert!(
        code == 2 && said.contains("the file cannot be read") && said.contains("may not read it"),
        "{said}"
    );
    owned("site.toml", daemon, 0o640);
    // Its state.
    fs::set_permissions(path("state"), Permissions::from_mode(0o755)).unwrap();
    let (code, said) = check("daemon");
    assert!(
        code == 2 && said.contains("[outbox]: ") && said.contains("cannot be written by `daemon`"),
        "{said}"
    );
    assert!(said.contains("site.toml:"), "without a place: {said}");
    assert!(!said.contains("hunter2"), "{said}");
    // What was left there when somebody ran Lookout as root.
    fs::create_dir(path("state/outbox")).unwrap();
    fs::set_permissions(path("state/outbox"), Permissions::from_mode(0o777)).unwrap();
    fs::write(path("state/outbox/outbox.db"), "").unwrap();
    let (code, said) = check("daemon");
    assert!(code == 2 && said.contains("outbox.db cannot be written by `daemon`"), "{said}");
    assert!(said.contains("chown -R daemon:daemon "), "{said}");
    fs::remove_dir_all(path("state/outbox")).unwrap();
    // All of it at once, and the slip in the file with it.
    let text = fs::read_to_string(path("site.toml")).unwrap();
    fs::write(path("site.toml"), text.replace("area = \"530127\"", "area = \"5301\"")).unwrap();
    owned("secrets", 0, 0o700);
    owned("site.toml", 0, 0o600);
    let (code, said) = check("daemon");
    assert!(code == 2 && said.ends_with("4 errors\n"), "{said}");
    for wanted in ["the file cannot be read", "six digits", "secrets is closed to", "cannot be written by"] {
        assert!(said.contains(wanted), "`{wanted}` comes later: {said}");
    }
    // A folder that it cannot even enter.
    owned("secrets", daemon, 0o750);
    owned("site.toml", daemon, 0o640);
    fs::set_permissions(path("state"), Permissions::from_mode(0o700)).unwrap();
    fs::write(path("site.toml"), &text).unwrap();
    let (code, said) = check("daemon");
    assert!(code == 2 && said.contains("state around it is closed to that user: chmod o+x"), "{said}");
    assert!(said.contains("install -d -o daemon -g daemon -m 700 "), "it comes in a second round: {said}");
    // Nobody opens a home for a service.
    fs::write(path("site.toml"), text.replace("state/outbox", "/root/no-such-folder/outbox")).unwrap();
    let (code, said) = check("daemon");
    assert!(code == 2 && said.contains("dir = \"/var/lib/lookout/outbox\""), "{said}");
    assert!(!said.contains("o+x"), "{said}");
    let (code, said) = check("no-such-user");
    assert!(
        code == 2 && said.contains("`--as no-such-user`: this machine has no user of that name"),
        "{said}"
    );
    assert!(said.contains("\n  hint: "), "{said}");
}

/// Also as root, who may write everywhere: below a file there is no folder.
#[test]
fn what_the_service_does_not_reach_is_told_together_with_what_is_wrong_in_the_file() {
    let folder = site_with_a_secret("state/outbox");
    let path = |name: &str| folder.path().join(name);
    fs::write(path("state"), "").unwrap();
    let text = fs::read_to_string(path("site.toml")).unwrap();
    let uid = rustix::process::getuid().as_raw();
    let me = nix::unistd::User::from_uid(uid.into()).unwrap().expect("this user has a name").name;
    let check = |text: &str| {
        fs::write(path("site.toml"), text).unwrap();
        let (code, said) = lookout(folder.path(), &["check", "--as", &me, "site.toml"], "");
        assert_eq!(code, 2, "{said}");
        said
    };
    for (wrong, why) in [
        (text.replace("area = \"530127\"", "area = \"5301\""), "`area` must be a county's six digits"),
        (text.replace("box = ", "bocks = "), "unknown"),
        (format!("{text}\n[[camera]\n"), "this is no TOML"),
    ] {
        assert_ne!(wrong, text);
        let said = check(&wrong);
        for wanted in [why, "secrets/cam-1 is not there", "[outbox]: ", "state is a file"] {
            assert!(said.contains(wanted), "`{wanted}` comes in a second round: {said}");
        }
    }
    // Where the folder that was meant cannot be read, the usual one is not judged in its place.
    let said = check(&text.replace("dir = \"state/outbox\"", "dir = 5"));
    assert!(!said.contains("/var/lib/lookout"), "{said}");
    let (code, said) = lookout(folder.path(), &["check", "--as", "no-such-user", "site.toml"], "");
    assert!(
        code == 2 && said.contains("has no user of that name, so nothing was checked\n  hint: "),
        "{said}"
    );
}

#[test]
fn a_secret_is_written_so_that_nobody_else_reads_it_and_the_configuration_takes_it() {
    let folder = site_with_a_secret("outbox");
    let path = |name: &str| folder.path().join(name);
    let set =
        |name: &str, input: &str| lookout(folder.path(), &["secret", "set", name, "--dir", "secrets"], input);
    let (code, said) = lookout(folder.path(), &["check", "site.toml", "--as", "root"], "");
    let i_am_root = rustix::process::getuid().is_root();
    assert_eq!(code, 2, "{said}");
    assert!(
        !i_am_root || said.contains("lookout secret set cam-1 --dir "),
        "the hint is the command: {said}"
    );
    for (first, input) in [(true, "viewer:old\n"), (false, "viewer:hunter2\r\n")] {
        let (code, said) = set("cam-1", input);
        assert_eq!(code, 0, "{said}");
        assert!(said.contains("secrets/cam-1") && !said.contains("hunter2"), "{said}");
        assert!(!first || matches!(mode(&path("secrets")), 0o700 | 0o750), "{:o}", mode(&path("secrets")));
    }
    assert_eq!(fs::read_to_string(path("secrets/cam-1")).unwrap(), "viewer:hunter2\n");
    assert!(matches!(mode(&path("secrets/cam-1")), 0o600 | 0o640), "{:o}", mode(&path("secrets/cam-1")));
    assert_eq!(fs::read_dir(path("secrets")).unwrap().count(), 1, "something was left behind");
    for (name, input, why) in [
        ("cam-1", "", "is empty"),
        ("cam-1", "a:b\nc:d\n", "more than one line"),
        ("cam-1", &"x".repeat(2000), "longer than 1024"),
        ("../cam-1", "a:b\n", "no name of a secret"),
        ("viewer:hunter2", "a:b\n", "no name of a secret"),
    ] {
        let (code, said) = set(name, input);
        assert!(code == 2 && said.contains(why) && !said.contains("hunter2"), "{name}: {said}");
    }
    assert_eq!(
        fs::read_to_string(path("secrets/cam-1")).unwrap(),
        "viewer:hunter2\n",
        "a refused one changed it"
    );
}

#[test]
fn a_service_that_cannot_start_says_why_first_and_lets_time_pass() {
    let folder = site_with_a_secret("outbox");
    let runtime = folder.path().join("run");
    fs::create_dir(&runtime).unwrap();
    let start = || {
        Command::new(env!("CARGO_BIN_EXE_lookout"))
            .args(["run", "--config", "site.toml"])
            .current_dir(folder.path())
            .env("RUNTIME_DIRECTORY", &runtime)
            .env("LOOKOUT_MODELS", in_repository("models"))
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let why = "error: Lookout does not start: site.toml:";
    // The first time it answers at once.
    let output = start().wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.starts_with(why) && said.lines().next().unwrap().contains("secrets/cam-1 is not there"),
        "{said}"
    );
    // The second time it waits, and says so; not for the whole time where somebody mends something.
    let mut waiting = start();
    let mut lines = BufReader::new(waiting.stderr.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().starts_with(why));
    let next = lines.next().unwrap().unwrap();
    assert!(next.contains("attempt 2; the next one in 5 s, or as soon as something"), "{next}");
    assert!(waiting.try_wait().unwrap().is_none(), "it did not wait");
    assert_eq!(waiting.wait().unwrap().code(), Some(2));
    assert_eq!(lines.count(), 0, "more than two lines for what is known already");
    let mut waiting = start();
    let mut lines = BufReader::new(waiting.stderr.take().unwrap()).lines();
    assert!(lines.by_ref().take(2).last().unwrap().unwrap().contains("attempt 3; the next one in 10 s"));
    let began = Instant::now();
    while waiting.try_wait().unwrap().is_none() {
        assert!(began.elapsed() < Duration::from_secs(8), "it waits though the secret was written");
        let _ = lookout(folder.path(), &["secret", "set", "cam-2", "--dir", "secrets"], "viewer:x\n");
    }
}

/// What `up/health` says of the runs before this one.
fn degraded_service(centre: &Listener) -> String {
    let of_service = |one: &serde_json::Value| {
        let degraded = one["data"]["degraded"].as_array()?;
        let reason = &degraded.iter().find(|degraded| degraded["part"] == "service")?["reason"];
        reason.as_str().map(str::to_owned)
    };
    let message = centre.wait_one("that it died before", |one| of_service(&one.json()).is_some());
    of_service(&message.json()).unwrap()
}

/// Systemd keeps the runtime folder over restarts; here it stays all the time.
#[test]
fn a_service_that_starts_well_and_dies_again_and_again_is_slowed_down_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tempfile::tempdir().unwrap();
    let port = free_port();
    let config = site(folder.path(), port);
    let start = || {
        let environment = [("RUNTIME_DIRECTORY", runtime.path().as_os_str())];
        Daemon::start_with(&config, &in_repository("models/manifest.toml"), &environment)
    };
    let counted = || fs::read_to_string(runtime.path().join("short-runs")).is_ok();
    let first_line = |daemon: &Daemon| daemon.log().lines().next().unwrap_or_default().to_owned();
    // It counts when it says that it is ready, which is after it watches.
    let wait_counted = || {
        let deadline = Instant::now() + SOON;
        while !counted() {
            assert!(Instant::now() < deadline, "a good start is not written down");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    // The first start waits for nothing, nor does the one after a stop that was asked for.
    for _ in 0..2 {
        let daemon = start();
        daemon.wait_for_log("watching", SOON);
        wait_counted();
        assert!(!daemon.log().contains("ended by itself"), "{}", daemon.log());
        assert_eq!(daemon.stop(SOON), 0);
        assert!(!counted(), "a stop that was asked for counts as a crash");
    }
    let daemon = start();
    daemon.wait_for_log("watching", SOON);
    wait_counted();
    daemon.kill();
    // Once is no loop: it is said, and nothing waits.
    let daemon = start();
    daemon.wait_for_log("watching", SOON);
    let said = first_line(&daemon);
    assert!(said.contains("Lookout ended by itself within ") && said.contains("at once"), "{said}");
    let centre = Listener::start(port, "lookout/v1/530127/box-1/up/health");
    assert!(degraded_service(&centre).starts_with("Lookout ended by itself within "));
    let so_far = fs::read_to_string(runtime.path().join("short-runs")).unwrap();
    let deadline = Instant::now() + SOON;
    while so_far.starts_with("0 ") && fs::read_to_string(runtime.path().join("short-runs")).unwrap() == so_far
    {
        assert!(Instant::now() < deadline, "the second good start is not written down");
        std::thread::sleep(Duration::from_millis(20));
    }
    daemon.kill();
    // The next one waits, but not while somebody mends something.
    let daemon = start();
    daemon.wait_for_log("ended by itself 2 times in a row", SOON);
    let said = first_line(&daemon);
    assert!(said.contains("it starts again in 10 s, or as soon as something in "), "{said}");
    assert!(!daemon.log().contains("watching"), "it did not wait: {}", daemon.log());
    assert!(!counted(), "whoever restarts the service meanwhile would wait again");
    let began = Instant::now();
    // The clock of a file system ticks every few milliseconds, and the first look may come after the first change.
    while !daemon.log().contains("watching") && began.elapsed() < SOON {
        fs::write(folder.path().join("mended"), format!("{:?}", began.elapsed())).unwrap();
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(daemon.log().contains("watching"), "{}", daemon.log());
    assert_eq!(daemon.stop(SOON), 0);
    assert!(!counted());
}
