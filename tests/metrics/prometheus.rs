//! Debian's Prometheus as reader, and its `promtool` as judge.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::here::{SOON, exchange, free_address, put_secret, scrape};
use super::support::daemon::{Daemon, write_config};
use super::support::mosquitto::Mosquitto;
use super::support::site::{BEFORE_SOMEBODY_COMES, bundled_models, lane_camera, lane_url, presence};

fn rules() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/metrics")
}

fn promtool(arguments: &[&str], input: Option<&str>) -> Output {
    let mut child = Command::new("promtool")
        .args(arguments)
        .current_dir(rules())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool of the package prometheus: deploy/setup.sh --test installs it");
    child.stdin.take().unwrap().write_all(input.unwrap_or_default().as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn assert_passes(arguments: &[&str], input: Option<&str>) -> String {
    let output = promtool(arguments, input);
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "promtool {arguments:?}: {said}");
    said
}

#[test]
fn the_rules_are_rules_and_fire_when_they_should() {
    let said = assert_passes(&["check", "rules", "alerts.yml", "recording.yml"], None);
    assert!(!said.to_lowercase().contains("warning"), "{said}");
    assert_passes(&["test", "rules", "tests.yml"], None);
    assert_passes(&["check", "config", "--syntax-only", "prometheus.yml"], None);
}

/// Every metric that a rule or the page's examples name is one that a box has.
#[test]
fn no_rule_names_a_metric_that_no_box_has() {
    let lookout = Command::new(env!("CARGO_BIN_EXE_lookout")).args(["schema", "metrics"]).output().unwrap();
    let known = String::from_utf8(lookout.stdout).unwrap();
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let mut unknown = Vec::new();
    for file in ["alerts.yml", "recording.yml"] {
        let text = std::fs::read_to_string(rules().join(file)).unwrap();
        let expressions = text.lines().filter(|line| !line.trim_start().starts_with('#'));
        for word in expressions.flat_map(|line| line.split(|c: char| !is_part(c))) {
            let is_metric = word.starts_with("lookout_") || word.starts_with("process_");
            if is_metric && !known.contains(&format!("| `{word}` |")) {
                unknown.push(format!("{file}: {word}"));
            }
        }
    }
    assert!(unknown.is_empty(), "{unknown:?}");
}

/// Stopped when dropped.
struct Prometheus {
    child: Child,
    address: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Prometheus {
    /// Scrapes that box every second, with that token, and looks at the rules that come with Lookout.
    fn start(target: SocketAddr, token: &Path) -> Self {
        let (folder, address) = (tempfile::tempdir().unwrap(), free_address());
        let config = format!(
            "global:\n  scrape_interval: 1s\n  evaluation_interval: 1s\nrule_files:\n  - {0}/alerts.yml\n  - {0}/recording.yml\n\
             scrape_configs:\n  - job_name: lookout\n    authorization:\n      credentials_file: {1}\n    static_configs:\n      \
             - targets: [\"{target}\"]\n",
            rules().display(),
            token.display(),
        );
        let file = folder.path().join("prometheus.yml");
        std::fs::write(&file, config).unwrap();
        let child = Command::new("prometheus")
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("prometheus: deploy/setup.sh --test installs it");
        Prometheus { child, address, _folder: folder }
    }

    /// The data of an answer of its API, once it is there.
    fn api(&self, path: &str) -> Option<Value> {
        if std::net::TcpStream::connect(self.address).is_err() {
            return None;
        }
        // Of 1.0: the body comes in one piece.
        let answer = exchange(self.address, format!("GET {path} HTTP/1.0\r\nHost: here\r\n\r\n").as_bytes())?;
        Some(serde_json::from_str::<Value>(&answer.body).ok()?["data"].clone())
    }

    /// The value of the only series that answers a query.
    fn value(&self, query: &str) -> Option<f64> {
        let data = self.api(&format!("/api/v1/query?query={query}"))?;
        data["result"][0]["value"][1].as_str()?.parse().ok()
    }

    fn wait(&self, query: &str, is_it: impl Fn(f64) -> bool) -> f64 {
        let deadline = Instant::now() + SOON;
        loop {
            let value = self.value(query);
            if let Some(value) = value.filter(|value| is_it(*value)) {
                return value;
            }
            assert!(Instant::now() < deadline, "{query}: {value:?}; {:?}", self.api("/api/v1/targets"));
            std::thread::sleep(Duration::from_millis(500));
        }
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // Fails where it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_prometheus_sees_the_frames_of_a_camera_rise_and_its_alerts_begin() {
    let folder = tempfile::tempdir().unwrap();
    let (mosquitto, camera) = (Mosquitto::start(), lane_camera(0, BEFORE_SOMEBODY_COMES));
    let (address, token) = (free_address(), folder.path().join("metrics"));
    put_secret(&token, super::here::TOKEN);
    let broker = format!("url = \"mqtt://127.0.0.1:{}\"", mosquitto.port());
    let text = presence(folder.path(), &lane_url(&camera), &broker);
    let secrets = format!("[site]\nsecrets_dir = \"{}\"", folder.path().display());
    let text = text.replacen("[site]", &secrets, 1);
    let text = format!("{text}\n[metrics]\nlisten = \"{address}\"\nsecret = \"metrics\"\n");
    let daemon = Daemon::start(&write_config(folder.path(), &text), &bundled_models());
    daemon.wait_for_log("metrics can be read", SOON);
    let prometheus = Prometheus::start(address, &token);

    let frames = "lookout_camera_frames_total%7Bcamera%3D%22cam-01%22%7D";
    let before = prometheus.wait(frames, |frames| frames > 0.0);
    prometheus.wait(frames, |frames| frames > before);
    prometheus.wait("lookout_camera_looks_total", |looks| looks > 0.0);
    prometheus.wait("lookout_camera_state%7Bstate%3D%22running%22%7D", |is| is == 1.0);
    prometheus.wait("lookout_broker_connected", |is| is == 1.0);
    prometheus.wait("sum(lookout_alerts_total%7Bkind%3D%22presence%22%7D)", |alerts| alerts >= 1.0);
    prometheus.wait("process_resident_memory_bytes", |bytes| bytes > 1e6);

    let known = prometheus.api("/api/v1/rules").unwrap();
    let groups = known["groups"].as_array().unwrap();
    let all: Vec<&Value> = groups.iter().flat_map(|group| group["rules"].as_array().unwrap()).collect();
    assert!(all.len() > 10, "{known}");
    let ill: Vec<&&Value> = all.iter().filter(|rule| rule["health"] == "err").collect();
    assert!(ill.is_empty(), "{ill:?}");

    let with = format!("Authorization: Bearer {}\r\n", super::here::TOKEN);
    let text = scrape(address, &with).body;
    let said = assert_passes(&["check", "metrics"], Some(&text));
    assert_eq!(said.trim(), "", "promtool has nothing to say");
    for secret in ["rtsp", "127.0.0.1", "canary", "the test bench"] {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
    assert_eq!(daemon.stop(SOON), 0);
}
