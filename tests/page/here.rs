//! A box and its page: one with a water gauge that is posted, and one as a package leaves it.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::client::Client;
use super::support::consumer::{Consumer, alert_where};
use super::support::daemon::{Daemon, write_config};
use super::support::mosquitto::{Mosquitto, free_port};

/// Starting a daemon, on a machine that builds something else at the same time.
pub const SOON: Duration = Duration::from_secs(60);
const TOKEN: &str = "0123456789abcdef-token";
/// Of everybody who is enrolled here.
pub const PASSWORD: &str = "correct horse battery";

pub struct Site {
    pub folder: TempDir,
    /// Its state directory: the folder, but for an installed package.
    state: PathBuf,
    package: Option<Package>,
    pub config: PathBuf,
    /// The box itself runs it where there is none.
    _broker: Option<Mosquitto>,
    pub centre: Consumer,
    /// Where readings are posted.
    pub webhook: Option<u16>,
    pub address: SocketAddr,
    pub daemon: Option<Daemon>,
}

impl Site {
    pub fn start() -> Self {
        Self::start_with("")
    }

    /// `more` stands at the end of the file.
    pub fn start_with(more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (broker, webhook) = (Mosquitto::start(), free_port());
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let at = folder.path().display();
        let text = format!(
            r#"
[site]
box = "box-1"
area = "530127"
name = "Yangqiao community"
language = "en"
time_zone = "Asia/Shanghai"
mode = "actual"
secrets_dir = "{at}/secrets"

[mqtt]
url = "mqtt://127.0.0.1:{broker}"

[outbox]
dir = "{at}/outbox"
min_free_mib = 0

[evidence]
dir = "{at}/evidence"

[web]
listen = "{address}"

[sensors.webhook]
listen = "127.0.0.1:{webhook}"
secret = "webhook"

[[sensor]]
id = "drain-2"
name = "Underpass, drain 2"
quantity = "water_level"
unit = "m"
grid = "53012700300102"
address = "underpass, north side"
range = [-0.5, 8.0]
stale_after_secs = 600
webhook = {{ path = "/drain-2", pointer = "/m" }}

[fusion]
catalogue = ["flooding"]
{more}"#,
            broker = broker.port()
        );
        let secrets = folder.path().join("secrets");
        fs::create_dir(&secrets).unwrap();
        fs::write(secrets.join("webhook"), TOKEN).unwrap();
        fs::set_permissions(secrets.join("webhook"), fs::Permissions::from_mode(0o600)).unwrap();
        let config = write_config(folder.path(), &text);
        let centre = Consumer::connect(broker.port(), "centre");
        let (broker, webhook) = (Some(broker), Some(webhook));
        let (state, package) = (folder.path().to_owned(), None);
        let mut site =
            Site { folder, state, package, config, _broker: broker, centre, webhook, address, daemon: None };
        site.run();
        site
    }

    /// As the first installation of a package leaves it. Other than there are the folders, the two ports, which other tests may
    /// use at the same time, and that no model for faces is looked for, as not every machine that tests has it. Where
    /// `LOOKOUT_PACKAGE_ROOT` names a system with the package, it is installed there anew and runs as it is
    /// (`deploy/debian/test.sh`).
    pub fn fresh() -> Self {
        if let Some(root) = std::env::var_os("LOOKOUT_PACKAGE_ROOT") {
            return Self::installed(Package { root: root.into() });
        }
        let folder = tempfile::tempdir().unwrap();
        let (broker, address) = (free_port(), SocketAddr::from(([127, 0, 0, 1], free_port())));
        let config = first_configuration(folder.path());
        let other = format!(
            "\n[mqtt]\nembedded_port = {broker}\n\n[web]\nlisten = \"{address}\"\n\n[detector]\nface_model = \"none\"\n"
        );
        let text = fs::read_to_string(&config).unwrap() + &other;
        fs::write(&config, text).unwrap();
        fs::create_dir(folder.path().join("secrets")).unwrap();
        let daemon = running(&config, folder.path());
        let centre = Consumer::connect(broker, "centre");
        let (state, daemon) = (folder.path().to_owned(), Some(daemon));
        Site { folder, state, package: None, config, _broker: None, centre, webhook: None, address, daemon }
    }

    /// As the package itself leaves it, with the ports, the folders and the model for faces that it has.
    fn installed(package: Package) -> Self {
        let folder = tempfile::tempdir().unwrap();
        package.install_anew();
        let daemon = Daemon::spawn(package.service());
        daemon.wait_for_log("the page is served", SOON);
        let centre = Consumer::connect(1883, "centre");
        let (state, config) =
            (package.root.join("var/lib/lookout"), package.root.join("etc/lookout/lookout.toml"));
        let (address, daemon) = (SocketAddr::from(([127, 0, 0, 1], 8443)), Some(daemon));
        let package = Some(package);
        Site { folder, state, package, config, _broker: None, centre, webhook: None, address, daemon }
    }

    /// Starts the daemon and waits until its page is served.
    pub fn run(&mut self) {
        let daemon = running(&self.config, &self.state);
        if self.webhook.is_some() {
            daemon.wait_for_log("readings can be posted", SOON);
        }
        self.daemon = Some(daemon);
    }

    pub fn stop(&mut self) -> String {
        let (code, log) = self.daemon.take().unwrap().stop_for_log(SOON);
        assert_eq!(code, 0, "{log}");
        log
    }

    pub fn page_folder(&self) -> PathBuf {
        self.state.join("outbox/page")
    }

    /// A browser of a stranger.
    pub fn client(&self) -> Client {
        Client::new(self.address, &self.page_folder().join("certificate.pem"))
    }

    /// `lookout page ...` on this box.
    pub fn page_command(&self, args: &[&str]) -> Output {
        let mut command = match &self.package {
            Some(package) => package.inside(&["lookout", "page"]),
            None => Command::new(env!("CARGO_BIN_EXE_lookout")),
        };
        if self.package.is_none() {
            command.arg("page").arg("--config").arg(&self.config).env("STATE_DIRECTORY", &self.state);
        }
        command.args(args).args(["--language", "en"]).output().unwrap()
    }

    /// A code for somebody.
    pub fn code(&self, args: &[&str]) -> String {
        let output = self.page_command(&[&["enrol"], args].concat());
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Somebody with that role who is logged in.
    pub fn enrolled(&self, name: &str, role: &str) -> Client {
        let code = self.code(&["--role", role]);
        let mut client = self.client();
        let token = client.get("/enrol").token();
        let fields = [("token", token.as_str()), ("code", &code), ("name", name), ("password", PASSWORD)];
        let answer = client.post("/enrol", &fields);
        assert_eq!((answer.status, answer.header("location")), (303, Some("/")), "{}", answer.text());
        client
    }

    /// Posts a level in metres.
    pub fn post_level(&self, metres: f64) {
        self.post("/drain-2", metres);
    }

    /// Posts what another sensor measures.
    pub fn post(&self, path: &str, metres: f64) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.webhook.unwrap())).unwrap();
        let body = format!("{{\"m\":{metres}}}");
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: box\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    }

    /// The water rises; the alert that follows.
    pub fn flooded(&self) -> String {
        self.post_level(2.5);
        let alert = self.centre.wait_for("an alert", SOON, |m| {
            alert_where(m, |a| a["data"]["kind"] == "flooding" && a["data"]["phase"] == "new")
        });
        alert["data"]["alert_id"].as_str().unwrap().to_owned()
    }

    /// The first revision of an alert at the broker that fits.
    pub fn published(&self, what: &str, alert: &str, fits: impl Fn(&Value) -> bool) -> Value {
        self.centre
            .wait_for(what, SOON, |m| alert_where(m, |a| a["data"]["alert_id"] == alert && fits(&a["data"])))
    }

    /// Lines of the audit log, with that event.
    pub fn logged(&self, event: &str) -> Vec<Value> {
        lines(&self.state.join("outbox/control/audit.jsonl"))
            .into_iter()
            .filter(|line| line["event"] == event)
            .collect()
    }

    /// Opens the page again and again until it shows what it should.
    pub fn shown(&self, client: &mut Client, path: &str, fits: impl Fn(&str) -> bool) -> String {
        let until = std::time::Instant::now() + SOON;
        loop {
            let answer = client.get(path);
            let text = answer.text();
            if answer.status == 200 && fits(&text) {
                return text;
            }
            assert!(std::time::Instant::now() < until, "{path}: {}\n{text}", answer.status);
            std::thread::park_timeout(Duration::from_millis(50));
        }
    }
}

/// A system in a folder, with the package beside it as `lookout.deb`.
struct Package {
    root: PathBuf,
}

impl Package {
    /// A command of root's there, with root's environment.
    fn inside(&self, words: &[&str]) -> Command {
        let mut command = Command::new("chroot");
        command.arg(&self.root).args([
            "/usr/bin/env",
            "-i",
            "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME=/root",
        ]);
        command.arg("DEBIAN_FRONTEND=noninteractive").args(words);
        command
    }

    /// Nothing is left of an earlier installation.
    fn install_anew(&self) {
        for words in [&["purge", "-y", "-q", "lookout"][..], &["install", "-y", "-q", "/lookout.deb"][..]] {
            let output = self.inside(&[&["apt-get"], words].concat()).output().unwrap();
            assert!(output.status.success(), "{words:?}: {output:?}");
        }
    }

    /// The service as its unit starts it: its user, its folders, its command. Its log is English whatever the site is.
    fn service(&self) -> Command {
        let unit = fs::read_to_string(self.root.join("lib/systemd/system/lookout.service")).unwrap();
        let value = |key: &str| unit.lines().find_map(|line| line.strip_prefix(key)).unwrap().to_owned();
        let (user, group) = (value("User="), value("Group="));
        let state = format!("STATE_DIRECTORY=/var/lib/{}", value("StateDirectory="));
        let run = value("ExecStart=");
        let mut command = Command::new("chroot");
        command.arg(format!("--userspec={user}:{group}")).arg(&self.root).args(["/usr/bin/env", "-i"]);
        command.args(["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LOOKOUT_LOG=info", &state]);
        command.args(run.split_whitespace()).args(["--language", "en"]);
        command
    }
}

/// The daemon, once its page is served. Its log is English whatever the site is.
fn running(config: &Path, state: &Path) -> Daemon {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lookout"));
    command.args(["run", "--language", "en", "--config"]).arg(config).env("STATE_DIRECTORY", state);
    let daemon = Daemon::spawn(command);
    daemon.wait_for_log("the page is served", SOON);
    daemon
}

/// The configuration of a first installation: what the package's own script writes, by the lines of it that do so, into this
/// folder.
fn first_configuration(folder: &Path) -> PathBuf {
    let debian = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/debian");
    let script = fs::read_to_string(debian.join("postinst")).unwrap();
    let lines: Vec<&str> = script
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("id=$(") || line.starts_with("sed "))
        .collect();
    assert_eq!(lines.len(), 2, "{script}");
    let lines = lines.join("\n");
    assert!(lines.contains("/usr/share/lookout/fresh.toml") && lines.contains("/etc/lookout/lookout.toml"));
    let lines = lines.replace("/usr/share/lookout", debian.to_str().unwrap());
    let lines = lines.replace("/etc/lookout", folder.to_str().unwrap());
    let written = Command::new("sh").args(["-ec", &lines]).status().unwrap();
    assert!(written.success(), "{lines}");
    folder.join("lookout.toml")
}

fn lines(file: &Path) -> Vec<Value> {
    fs::read_to_string(file).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
