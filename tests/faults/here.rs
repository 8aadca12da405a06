//! A real box for the bench: the daemon, sensors in the field that make it tell alerts on demand, and what it said
//! it had accepted.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rumqttc::{Client, MqttOptions, QoS};

use super::support::daemon::{Daemon, write_config};
use super::support::mosquitto::Mosquitto;
pub use super::support::stored::{ids_of, stored};

/// What the box's topics begin with.
pub const BASE: &str = "lookout/v1/530127/box-1";

/// Everything must have happened by then, on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Levels of the sensors' alerts, by the sensor's number modulo four: its kind of alert has no other level.
pub const LEVELS: [&str; 4] = ["blue", "yellow", "orange", "red"];

/// A site whose only eyes are sensors at a broker of their own, which no test harms.
pub struct Site {
    pub folder: tempfile::TempDir,
    pub field: Mosquitto,
    pub sensors: usize,
    /// In how many places they stand.
    pub places: usize,
    /// Lines for `[mqtt]`.
    pub mqtt_lines: String,
    /// Lines for `[outbox]`.
    pub outbox_lines: String,
    /// Where the outbox is, if not in the folder.
    pub outbox: Option<PathBuf>,
}

impl Site {
    pub fn new(sensors: usize) -> Self {
        Site {
            folder: tempfile::tempdir().unwrap(),
            field: Mosquitto::start(),
            sensors,
            places: sensors,
            mqtt_lines: String::new(),
            outbox_lines: "min_free_mib = 0".to_owned(),
            outbox: None,
        }
    }

    pub fn outbox(&self) -> PathBuf {
        self.outbox.clone().unwrap_or_else(|| self.folder.path().join("outbox"))
    }

    /// Writes the configuration for a box that publishes there.
    pub fn config(&self, broker: &str) -> PathBuf {
        let mut text = format!(
            r#"
[site]
box = "box-1"
area = "530127"
language = "en"
mode = "test"
accept_within_secs = 0

[mqtt]
url = "{broker}"
{}

[detector]
model = "street-nano-int8"
workers = 1

[outbox]
dir = "{}"
{}

[evidence]
enabled = false

# A box has at least one camera. This one is never there, and nobody wants to hear of it.
[fusion]
camera_trouble = false

[[camera]]
id = "cam-01"
eye = "village"
url = "rtsp://127.0.0.1:9/none"
grid = "53012700100199"

[[sensors.broker]]
id = "field"
url = "mqtt://127.0.0.1:{}"
"#,
            self.mqtt_lines,
            self.outbox().display(),
            self.outbox_lines,
            self.field.port(),
        );
        for (number, level) in LEVELS.iter().enumerate() {
            let from: Vec<String> = (0..self.sensors)
                .filter(|sensor| sensor % 4 == number)
                .map(|sensor| format!("{{ sensor = \"s-{sensor}\", above = 1.0, weight = 6.0 }}"))
                .collect();
            if from.is_empty() {
                continue;
            }
            // Believed at once, over within two seconds, and then told anew.
            text += &format!(
                r#"
[[signal]]
kind = "bench_{level}"
from = [{}]
half_life_secs = 1
origin_cap = 20
levels = {{ {level} = 0.9 }}
clear = 0.85
hold_secs = 0
cooldown_secs = 0
"#,
                from.join(", ")
            );
        }
        for sensor in 0..self.sensors {
            text += &format!(
                r#"
[[sensor]]
id = "s-{sensor}"
quantity = "water_level"
grid = "530127001001{:03}"
stale_after_secs = 7200
mqtt_json = {{ topic = "field/s-{sensor}", pointer = "/v", broker = "field" }}
"#,
                100 + place_of(sensor, self.places, self.sensors)
            );
        }
        write_config(self.folder.path(), &text)
    }

    /// The daemon with that configuration.
    pub fn start(&self, broker: &str) -> Daemon {
        Daemon::spawn(self.command(broker))
    }

    /// The same, to be changed before it is started.
    pub fn command(&self, broker: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lookout"));
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/manifest.toml");
        command.args(["run", "--config"]).arg(self.config(broker)).arg("--manifest").arg(manifest);
        command
    }
}

/// With as many places as sensors each has its own; with fewer, each place has sensors of every level.
fn place_of(sensor: usize, places: usize, sensors: usize) -> usize {
    if places == sensors { sensor } else { (sensor / LEVELS.len()) % places }
}

/// Starts it and waits until it can store what its sensors say; returns how long that took.
pub fn start_ready(site: &Site, broker: &str) -> (Daemon, Duration) {
    let began = Instant::now();
    let daemon = site.start(broker);
    daemon.wait_for_log("listening to sensors", PATIENCE);
    (daemon, began.elapsed())
}

/// The people and things in the field: sensors that rise and fall, so many changes a second.
pub struct Field {
    stop: Arc<AtomicBool>,
    said: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Field {
    pub fn start(site: &Site, per_second: u32) -> Self {
        Self::run(site, per_second, false)
    }

    /// All of them say "yes" all the time.
    pub fn storm(site: &Site, per_second: u32) -> Self {
        Self::run(site, per_second, true)
    }

    fn run(site: &Site, per_second: u32, always: bool) -> Self {
        let mut options = MqttOptions::new("field", "127.0.0.1", site.field.port());
        options.set_keep_alive(Duration::from_secs(60)).set_clean_session(true);
        let (client, mut connection) = Client::new(options, 1000);
        std::thread::spawn(move || connection.iter().for_each(drop));
        let (stop, said) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (over, count, sensors) = (stop.clone(), said.clone(), site.sensors);
        let thread = std::thread::spawn(move || {
            let began = Instant::now();
            let mut is_high = vec![false; sensors];
            for nth in 0_u64.. {
                let due = began + Duration::from_secs_f64(nth as f64 / f64::from(per_second));
                while Instant::now() < due {
                    if over.load(Ordering::Relaxed) {
                        return;
                    }
                    std::thread::park_timeout(
                        due.saturating_duration_since(Instant::now()).min(Duration::from_millis(50)),
                    );
                }
                let sensor = nth as usize % sensors;
                is_high[sensor] = !is_high[sensor];
                let value = if always || is_high[sensor] { 2.0 } else { 0.0 };
                let body = format!("{{\"v\":{value}}}");
                if over.load(Ordering::Relaxed)
                    || client.publish(format!("field/s-{sensor}"), QoS::AtMostOnce, false, body).is_err()
                {
                    return;
                }
                count.fetch_add(1, Ordering::Relaxed);
            }
        });
        Field { stop, said, thread: Some(thread) }
    }

    /// Readings so far.
    pub fn said(&self) -> u64 {
        self.said.load(Ordering::Relaxed)
    }
}

impl Drop for Field {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A copy of a folder's files, so that looking changes nothing.
pub fn copy_files(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        if entry.path().is_file() {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}
