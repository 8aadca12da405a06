//! What the page costs, and what those who hammer it can do to alerts. Both measure for about a minute, as ratios or
//! differences within one run, on a machine that does nothing else. They are there in optimised builds alone:
//!
//! `cargo test --release --locked --test page cost -- --ignored --nocapture --test-threads 1`

use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::alerts::with_camera;
use super::client::Client;
use super::here::{SOON, Site};
use super::live::{Events, NO_FACE_MODEL};
use super::support::daemon::Daemon;
use super::support::site::{BEFORE_SOMEBODY_COMES, lane_camera, lane_url};

/// For so long an idle box is watched.
const IDLE_FOR: Duration = Duration::from_secs(60);
/// Linux counts the time of processes in hundredths of a second.
const TICKS_PER_SEC: f64 = 100.0;
/// What the page may cost a box at which nobody looks, cores and KiB.
const MOST_CORES: f64 = 0.01;
const MOST_KIB: f64 = 10.0 * 1024.0;

/// What the page may take of a core for long, however many ask, is a quarter; the rest is what nobody waits for (streams, and
/// whoever waited for a second).
const MOST_CORES_OF_PAGE: f64 = 0.4;

/// Browsers that ask again as soon as they are answered, and people they belong to.
const CLIENTS: usize = 50;
const PEOPLE: usize = 10;
/// Of those, so many look at a camera besides.
const VIEWERS: usize = 4;
/// Alerts in a row with and without them, and how often they take turns.
const IN_A_ROW: usize = 20;
const TURNS: usize = 6;
/// No more alerts than one in so long: what is measured is how long each takes.
const EVERY: Duration = Duration::from_millis(60);
/// With the clients, the slowest of a hundred alerts takes no longer than so many times what it takes without,
const MOST_TIMES: f64 = 2.0;
/// and this, for what the clients themselves take of this machine.
const AND: Duration = Duration::from_millis(20);

/// Processor seconds so far, and private memory in KiB.
fn spent(daemon: &Daemon) -> (f64, f64) {
    let folder = format!("/proc/{}", daemon.pid().as_raw_nonzero());
    let stat = fs::read_to_string(format!("{folder}/stat")).unwrap();
    // Behind the name, which may hold anything: the fields from the third on.
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks = |at: usize| fields[at].parse::<f64>().unwrap();
    let status = fs::read_to_string(format!("{folder}/status")).unwrap();
    let memory = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    let kib = memory.trim().trim_end_matches("kB").trim().parse().unwrap();
    ((ticks(11) + ticks(12)) / TICKS_PER_SEC, kib)
}

#[test]
#[ignore = "measures for a minute, on a machine that does nothing else"]
fn a_page_that_nobody_opens_costs_next_to_nothing() {
    let (with, mut without) = (Site::start(), Site::start());
    without.stop();
    let text = fs::read_to_string(&without.config).unwrap();
    fs::write(&without.config, text.replace("[web]", "[web]\nenabled = false")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_lookout"));
    command.args(["run", "--config"]).arg(&without.config).env("STATE_DIRECTORY", without.folder.path());
    without.daemon = Some(Daemon::spawn(command));
    let daemons = [&with, &without].map(|site| site.daemon.as_ref().unwrap());
    daemons[1].wait_for_log("readings can be posted", SOON);
    // Both have begun, and each has told of a flood.
    with.flooded();
    without.flooded();

    let before = daemons.map(spent);
    thread::sleep(IDLE_FOR);
    let after = daemons.map(spent);
    let [with, without] = [0, 1].map(|at| (after[at].0 - before[at].0) / IDLE_FOR.as_secs_f64());
    let memory = after[0].1 - after[1].1;
    eprintln!("idle: {with:.4} cores with the page, {without:.4} without; {memory:.0} KiB more with it");
    assert!(with - without < MOST_CORES, "{with} cores with the page, {without} without");
    assert!(memory < MOST_KIB, "{memory} KiB");
}

/// A water gauge of its own place.
fn gauge(number: usize) -> String {
    format!(
        r#"
[[sensor]]
id = "gauge-{number}"
quantity = "water_level"
unit = "m"
grid = "530127003{:03}{:02}"
range = [-0.5, 8.0]
stale_after_secs = 600
webhook = {{ path = "/gauge-{number}", pointer = "/m" }}
"#,
        10 + number / 90,
        1 + number % 90
    )
}

/// From the posted reading to the alert at the command centre.
fn alerted(site: &Site, number: usize) -> Duration {
    let known = site.centre.messages().len();
    let name = format!("\"gauge-{number}\"");
    let posted = Instant::now();
    site.post(&format!("/gauge-{number}"), 2.5);
    site.centre.wait_for("an alert", SOON, |messages| {
        let mut new = messages[known..].iter().filter(|message| message.topic.ends_with("/up/alert"));
        new.find(|message| String::from_utf8_lossy(&message.payload).contains(&name)).map(|_| ())
    });
    posted.elapsed()
}

/// Processor seconds so far of the threads that serve the page, with those of its disk; not those that make its pictures.
fn spent_by_page(site: &Site) -> f64 {
    let pid = site.daemon.as_ref().unwrap().pid().as_raw_nonzero();
    let threads = fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten();
    let stats = threads.filter_map(|thread| fs::read_to_string(thread.path().join("stat")).ok());
    let ticks = stats.filter_map(|stat| {
        let (head, fields) = stat.rsplit_once(')')?;
        let name = head.split_once('(')?.1;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
        matches!(name, "page" | "page-disk").then_some(ticks(11)? + ticks(12)?)
    });
    ticks.sum::<f64>() / TICKS_PER_SEC
}

/// What the clients are told.
#[derive(Default)]
struct Traffic {
    go: AtomicBool,
    end: AtomicBool,
    answered: AtomicU64,
}

impl Traffic {
    /// Goes on whenever it is told to, until the end.
    fn whenever(&self, mut work: impl FnMut()) {
        // At another machine, browsers take nothing of the box.
        rustix::process::setpriority_process(Some(rustix::thread::gettid()), 19).unwrap();
        while !self.end.load(Ordering::SeqCst) {
            if self.go.load(Ordering::SeqCst) {
                work();
            } else {
                thread::park_timeout(Duration::from_millis(5));
            }
        }
    }

    fn hammer(&self, mut client: Client) {
        const PATHS: [&str; 5] =
            ["/", "/alerts", "/alerts?state=open", "/cameras/cam-01/still.jpg", "/assets/page.css"];
        let mut next = PATHS.iter().cycle();
        self.whenever(|| {
            let Some(path) = next.next() else { return };
            let is_answered = client.get(path).status == 200;
            self.answered.fetch_add(u64::from(is_answered), Ordering::SeqCst);
        });
    }

    fn look(&self, mut client: Client) {
        self.whenever(|| {
            let mut events = Events::open(&client, "/cameras/cam-01/live");
            while self.go.load(Ordering::SeqCst) && !self.end.load(Ordering::SeqCst) {
                let number = events.next("view")["number"].as_u64().unwrap();
                client.get(&format!("/cameras/cam-01/live/{number}.jpg"));
            }
        });
    }
}

/// Whatever happens, they end: otherwise they would be waited for for ever.
struct End<'a>(&'a Traffic);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.end.store(true, Ordering::SeqCst);
    }
}

fn at(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    times[(times.len() * percent / 100).min(times.len() - 1)]
}

#[test]
#[ignore = "measures for a minute, on a machine that does nothing else"]
fn fifty_who_hammer_the_page_delay_no_alert() {
    let camera = lane_camera(0, BEFORE_SOMEBODY_COMES);
    let watched = with_camera(&lane_url(&camera));
    // A rule's alerts would be reported in between.
    let watched = watched.split("\n[[rule]]").next().unwrap();
    let gauges: String = (0..2 * TURNS * IN_A_ROW).map(gauge).collect();
    let site = Site::start_with(&format!("{NO_FACE_MODEL}{watched}{gauges}"));
    let people: Vec<Client> =
        (0..PEOPLE).map(|number| site.enrolled(&format!("li-{number}"), "viewer")).collect();

    let traffic = Traffic::default();
    let (mut quiet, mut hammered) = (Vec::new(), Vec::new());
    let (mut spent, mut lasted) = (0.0, 0.0);
    thread::scope(|scope| {
        let _end = End(&traffic);
        for number in 0..CLIENTS {
            let (client, traffic) = (people[number % PEOPLE].clone(), &traffic);
            scope.spawn(move || if number < VIEWERS { traffic.look(client) } else { traffic.hammer(client) });
        }
        for turn in 0..2 * TURNS {
            let is_hammered = turn % 2 == 1;
            traffic.go.store(is_hammered, Ordering::SeqCst);
            // Until what was asked for in the last turn is answered, or what is asked for in this one.
            let (answered, began) = (traffic.answered.load(Ordering::SeqCst), Instant::now());
            while began.elapsed() < Duration::from_secs(1)
                || is_hammered && traffic.answered.load(Ordering::SeqCst) < answered + CLIENTS as u64
            {
                assert!(began.elapsed() < SOON, "the page answers nobody");
                thread::park_timeout(Duration::from_millis(20));
            }
            // The burst with which they began is used up by now.
            let (spent_before, row) = (spent_by_page(&site), Instant::now());
            for number in 0..IN_A_ROW {
                let took = alerted(&site, turn * IN_A_ROW + number);
                if is_hammered {
                    hammered.push(took)
                } else {
                    quiet.push(took)
                }
                thread::sleep(EVERY.saturating_sub(took));
            }
            if is_hammered {
                spent += spent_by_page(&site) - spent_before;
                lasted += row.elapsed().as_secs_f64();
            }
        }
    });
    let cores = spent / lasted;
    let (most_quiet, most_hammered) = (at(&mut quiet, 99), at(&mut hammered, 99));
    let times = most_hammered.as_secs_f64() / most_quiet.as_secs_f64();
    eprintln!(
        "an alert takes {:?}, one in a hundred {most_quiet:?}; with {CLIENTS} clients {:?} and {most_hammered:?}: {times:.2} times; \
         they were answered {} times, by {cores:.2} cores",
        at(&mut quiet, 50),
        at(&mut hammered, 50),
        traffic.answered.load(Ordering::SeqCst)
    );
    assert!(cores < MOST_CORES_OF_PAGE, "the page took {cores} cores");
    assert!(
        most_hammered < most_quiet.mul_f64(MOST_TIMES) + AND,
        "{most_hammered:?} with clients, {most_quiet:?} without"
    );
}
