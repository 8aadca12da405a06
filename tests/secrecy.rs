//! Passwords stay where they belong: canaries in every secret file, then a search of everything that somebody else
//! could read. Searched by hand, so that no code of ours decides what counts as found.
#![cfg(feature = "demo")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use lookout::types::secret::Secret;
use lookout::video::{Auth, Mount, Play, RtspServer};
use rustix::process::Signal;
use support::daemon::{Daemon, write_config};
use support::mosquitto::{Mosquitto, Options, free_port};
use tempfile::TempDir;

/// One for each place; all of them words that no program says by chance.
const CAMERA: &str = "canary-camera-7Qx2mv9Lr4";
const WRONG: &str = "canary-wrong-3Zp8kd6Tw1";
const BROKER: &str = "canary-broker-5Hn1ys0Gc8";
const TOKEN: &str = "canary-token-9Rb4ue7Jf2";
const POSTED: &str = "canary-posted-1Wm6oa3Xt5";
const SOON: Duration = Duration::from_secs(90);
const PATTERN: &str = "( videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=10/1 \
                       ! x264enc tune=zerolatency key-int-max=10 ! rtph264pay name=pay0 pt=96 )";

/// Forms in which a password travels: as it is, as HTTP's and RTSP's Basic has it, as bytes in hexadecimal, and as
/// `Debug` prints bytes.
fn forms() -> String {
    let base64 = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    let mut forms = Vec::new();
    for (user, secret) in [("viewer", CAMERA), ("viewer", WRONG), ("box", BROKER), ("", TOKEN), ("", POSTED)]
    {
        forms.push(secret.to_owned());
        forms.push(base64(&format!("{user}:{secret}")));
        forms.push(base64(secret).trim_end_matches('=').to_owned());
        forms.push(secret.bytes().map(|b| format!("{b:02x}")).collect());
        forms.push(secret.bytes().map(|b| b.to_string()).collect::<Vec<_>>().join(", "));
    }
    forms.join("\n")
}

/// The first of them in a file, if there is one; `grep` looks, which is quick also in a core.
fn found_in_file(file: &Path) -> Option<String> {
    let output =
        Command::new("grep").args(["-a", "-o", "-m", "1", "-F", "-e", &forms()]).arg(file).output().unwrap();
    match output.status.code() {
        Some(0) => Some(String::from_utf8_lossy(&output.stdout).into_owned()),
        Some(1) => None,
        _ => panic!("{output:?}"),
    }
}

fn found_in(bytes: &[u8]) -> Option<String> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    found_in_file(file.path())
}

/// A box with a camera that wants a password, one that refuses it, a broker that wants one, and a webhook.
struct Site {
    folder: TempDir,
    config: PathBuf,
    webhook: u16,
    broker: Mosquitto,
    _servers: [RtspServer; 2],
}

impl Site {
    fn new() -> Site {
        let folder = tempfile::tempdir().unwrap();
        let broker = Mosquitto::start_with(Options { login: Some(("box", BROKER)), ..Options::default() });
        let mount = |path: &str, auth: Auth| Mount {
            path: path.to_owned(),
            play: Play::Launch(PATTERN.to_owned()),
            auth,
        };
        let (user, password) = ("viewer".to_owned(), Secret::new(CAMERA));
        let basic = Auth::Basic { user: user.clone(), password: password.clone() };
        let digest = Auth::Digest { user, password };
        let servers = [("/basic", basic), ("/digest", digest)]
            .map(|(path, auth)| RtspServer::start(0, vec![mount(path, auth)]).unwrap());
        let secrets = folder.path().join("secrets");
        fs::create_dir(&secrets).unwrap();
        for (name, text) in [
            ("basic", format!("viewer:{CAMERA}")),
            ("digest", format!("viewer:{CAMERA}")),
            ("refused", format!("viewer:{WRONG}")),
            ("centre", format!("box:{BROKER}")),
            ("webhook", TOKEN.to_owned()),
        ] {
            let file = secrets.join(name);
            fs::write(&file, text).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        }
        let webhook = free_port();
        let mut text = format!(
            "[site]\nbox = \"box-1\"\narea = \"530127\"\nsecrets_dir = \"{0}/secrets\"\n[mqtt]\nurl = \"{1}\"\nsecret = \"centre\"\n\
             [outbox]\ndir = \"{0}/outbox\"\n[evidence]\ndir = \"{0}/evidence\"\n\
             [sensors.webhook]\nlisten = \"127.0.0.1:{webhook}\"\nsecret = \"webhook\"\n\
             [[sensor]]\nid = \"dust\"\nquantity = \"pm10\"\ngrid = \"53012700300102\"\nstale_after_secs = 120\n\
             webhook = {{ path = \"/readings/dust\", pointer = \"/pm10\" }}\n",
            folder.path().display(),
            broker.url(),
        );
        for (id, path) in [("basic", "basic"), ("digest", "digest"), ("refused", "digest")] {
            let server = &servers[usize::from(path == "digest")];
            text.push_str(&format!(
                "[[camera]]\nid = \"{id}\"\neye = \"village\"\nurl = \"rtsp://127.0.0.1:{}/{path}\"\nsecret = \"{id}\"\n\
                 grid = \"53012700300102\"\n",
                server.port()
            ));
        }
        let config = write_config(folder.path(), &text);
        Site { folder, config, webhook, broker, _servers: servers }
    }

    /// The daemon, as talkative as it can be, free to write cores as large as it likes, in the site's folder.
    fn start(&self, more: &[&str]) -> Daemon {
        let mut command = Command::new("sh");
        command.current_dir(self.folder.path());
        command.args(["-c", "ulimit -c unlimited; LOOKOUT_LOG=trace exec \"$@\"", "sh"]);
        command.args(without_privilege());
        command.args([env!("CARGO_BIN_EXE_lookout"), "run", "--config"]).arg(&self.config);
        command.arg("--manifest").arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("models/manifest.toml"));
        command.args(more);
        Daemon::spawn(command)
    }

    /// Everything on the broker, into a file.
    fn listen(&self) -> (Child, PathBuf) {
        let file = self.folder.path().join("heard");
        let child = Command::new("mosquitto_sub")
            .args(["-h", "127.0.0.1", "-u", "box", "-P", BROKER, "-t", "#", "-v", "-p"])
            .arg(self.broker.port().to_string())
            .stdout(fs::File::create(&file).unwrap())
            .spawn()
            .expect("mosquitto_sub; deploy/test.sh installs it");
        (child, file)
    }

    /// Posts a reading; returns the status line.
    fn post(&self, token: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.webhook)).unwrap();
        let body = "{\"pm10\": 40}";
        write!(
            stream,
            "POST /readings/dust HTTP/1.1\r\nHost: box\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.lines().next().unwrap_or_default().to_owned()
    }

    fn core_files(&self) -> Vec<PathBuf> {
        let files = fs::read_dir(self.folder.path()).unwrap().flatten().map(|entry| entry.path());
        files.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("core")).collect()
    }
}

/// The administrator may read everything, so where the test is one, both sides go without that right.
fn without_privilege() -> Vec<&'static str> {
    if rustix::process::getuid().is_root() {
        vec!["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
    } else {
        Vec::new()
    }
}

/// Whether another process of the same user can open this file.
fn opens(path: &str) -> bool {
    let mut words = without_privilege();
    words.extend(["sh", "-c", "exec < \"$0\"", path]);
    Command::new(words[0]).args(&words[1..]).stderr(Stdio::null()).status().unwrap().success()
}

fn wait_until(what: &str, so: impl Fn() -> bool) {
    let until = Instant::now() + SOON;
    while !so() {
        assert!(Instant::now() < until, "waited in vain for {what}");
        std::thread::park_timeout(Duration::from_millis(50));
    }
}

/// The daemon and what it has started, and what those have.
fn family(of: i32) -> Vec<i32> {
    let mut family = vec![of];
    let parents: Vec<(i32, i32)> = fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            Some((pid, stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()?))
        })
        .collect();
    let mut at = 0;
    while at < family.len() {
        let parent = family[at];
        family.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid));
        at += 1;
    }
    family
}

fn everything_is_at_work(site: &Site, received: &Path, daemon: &Daemon) {
    wait_until("the webhook", || TcpStream::connect(("127.0.0.1", site.webhook)).is_ok());
    assert!(site.post(TOKEN).contains("204"));
    assert!(site.post(POSTED).contains("401"));
    let said =
        |words: &str| fs::read(received).is_ok_and(|text| String::from_utf8_lossy(&text).contains(words));
    wait_until("both cameras, and the one that is refused", || {
        let text = fs::read_to_string(received).unwrap_or_default();
        text.lines()
            .rev()
            .any(|line| line.matches("\"state\":\"running\"").count() == 2 && line.contains("camera:refused"))
    });
    assert!(said("up/meta") && said("up/config"));
    assert!(!daemon.log().is_empty());
}

#[test]
fn no_password_is_in_logs_messages_command_lines_environments_or_a_core() {
    let site = Site::new();
    let (mut listener, received) = site.listen();
    let daemon = site.start(&[]);
    everything_is_at_work(&site, &received, &daemon);
    let pid = daemon.pid().as_raw_nonzero().get();
    for pid in family(pid) {
        for name in ["cmdline", "environ"] {
            // As the administrator, where the test is one: the daemon's environment is closed to others.
            let bytes = fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default();
            assert!(name != "cmdline" || !bytes.is_empty());
            assert_eq!(found_in(&bytes), None, "{name} of {pid}");
        }
    }
    for name in ["mem", "environ", "maps"] {
        assert!(!opens(&format!("/proc/{pid}/{name}")), "{name} opens to the same user");
    }
    let (status, log) = abort(daemon);
    assert_eq!(status.signal(), Some(Signal::ABORT.as_raw()));
    assert!(!status.core_dumped(), "a core was written");
    assert_eq!(site.core_files(), Vec::<PathBuf>::new());
    assert!(log.contains("TRACE"), "it said everything");
    assert_eq!(found_in(log.as_bytes()), None, "the log");
    listener.kill().unwrap();
    listener.wait().unwrap();
    assert_eq!(found_in(&fs::read(&received).unwrap()), None, "what was published");
    // Nor on the disk, but for the secrets themselves.
    for folder in ["outbox", "outbox/control", "evidence"] {
        for entry in fs::read_dir(site.folder.path().join(folder)).into_iter().flatten().flatten() {
            if entry.path().is_file() {
                assert_eq!(found_in(&fs::read(entry.path()).unwrap()), None, "{}", entry.path().display());
            }
        }
    }
}

#[test]
fn with_allow_core_a_core_is_written_and_has_the_passwords_so_the_search_would_find_them() {
    let site = Site::new();
    let (mut listener, received) = site.listen();
    let daemon = site.start(&["--allow-core"]);
    everything_is_at_work(&site, &received, &daemon);
    let pid = daemon.pid().as_raw_nonzero().get();
    for name in ["mem", "environ", "maps"] {
        assert!(opens(&format!("/proc/{pid}/{name}")), "{name}: the same look at a daemon that allows it");
    }
    let (status, _) = abort(daemon);
    listener.kill().unwrap();
    listener.wait().unwrap();
    let pattern = fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap_or_default();
    if pattern.trim() != "core" || !status.core_dumped() {
        // Somebody else collects cores here, or none may be written.
        eprintln!("the core was not looked at: core_pattern is {:?}", pattern.trim());
        return;
    }
    let cores = site.core_files();
    assert!(found_in_file(&cores[0]).is_some(), "{} without a password", cores[0].display());
}

/// Ends it as a bug would.
fn abort(daemon: Daemon) -> (ExitStatus, String) {
    daemon.signal_for_log(Signal::ABORT, SOON)
}
