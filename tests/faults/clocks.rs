//! A clock that is wrong, never set, or set late. The daemon runs under libfaketime, which changes the clock on the
//! wall and leaves the one that cannot be set alone.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::bench::Row;
use super::cable::Cable;
use super::here::{BASE, Field, PATIENCE, Site, ids_of, stored};
use super::judge::Judge;
use super::kills::finish;
use super::support::daemon::Daemon;
use super::support::listener::{Listener, Received};
use super::support::mosquitto::Mosquitto;

/// A clock that a test sets.
struct Wall {
    file: PathBuf,
}

impl Wall {
    fn new(folder: &Path, says: &str) -> Self {
        let wall = Wall { file: folder.join("clock") };
        wall.set(says);
        wall
    }

    /// As libfaketime reads it: `+3600` seconds off, or `@1970-01-01 00:02:00` from now on.
    fn set(&self, says: &str) {
        let part = self.file.with_extension("part");
        fs::write(&part, format!("{says}\n")).unwrap();
        fs::rename(part, &self.file).unwrap();
    }

    fn start(&self, site: &Site, broker: &str) -> Daemon {
        let mut command = site.command(broker);
        command
            .env("LD_PRELOAD", library())
            .env("FAKETIME_TIMESTAMP_FILE", &self.file)
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .env("DONT_FAKE_MONOTONIC", "1");
        let daemon = Daemon::spawn(command);
        daemon.wait_for_log("listening to sensors", PATIENCE);
        daemon
    }
}

fn library() -> PathBuf {
    let found = fs::read_dir("/usr/lib")
        .unwrap()
        .flatten()
        .map(|entry| entry.path().join("faketime/libfaketimeMT.so.1"));
    found.into_iter().find(|path| path.exists()).expect("libfaketime; deploy/test.sh installs it")
}

fn is_type(name: &'static str) -> impl Fn(&Received) -> bool {
    move |one| one.json()["type"] == name
}

fn degraded(health: &Value) -> Vec<&str> {
    let list = health["data"]["degraded"].as_array();
    list.into_iter().flatten().filter_map(|one| one["part"].as_str()).collect()
}

#[test]
fn a_clock_that_is_an_hour_off_is_reported_and_disturbs_nothing_that_lasts() {
    let mut row = Row::begin("clock set one hour forward, then back");
    let broker = Mosquitto::start();
    let site = Site::new(40);
    let judge = Judge::start(broker.port(), site.folder.path());
    let listener = Listener::start(broker.port(), &format!("{BASE}/up/#"));
    let cable = Cable::to(broker.port());
    let wall = Wall::new(site.folder.path(), "+0");
    let daemon = wall.start(&site, &cable.url());
    let _field = Field::start(&site, 20);
    judge.wait_for("alerts", PATIENCE, |lines| lines.len() > 10);
    for (nth, says, shift) in [(1, "+3600", 3_600_000_i64), (2, "+0", -3_600_000)] {
        wall.set(says);
        let received = listener.wait_for("the time fix", |received| {
            received.iter().filter(|one| is_type("lookout.time_fix.v1")(one)).count() >= nth
        });
        let fix =
            received.iter().filter(|one| is_type("lookout.time_fix.v1")(one)).nth(nth - 1).unwrap().json();
        let published = fix["data"]["shift_ms"].as_i64().unwrap();
        row.add("time fixes", 1);
        row.check((published - shift).abs() < 5000, || format!("shift {published}, not {shift}"));
        row.check(fix["data"]["told"]["from"].as_u64().is_some(), || format!("no range: {fix}"));
        let before = judge.lines().len();
        judge.wait_for("alerts with the new clock", PATIENCE, |lines| lines.len() > before + 10);
    }
    // A sensor that was heard a moment ago, a connection that lives, an alert that goes on.
    let silent = daemon.log().matches("the sensor is silent").count();
    row.set("sensors called silent", silent as u64);
    row.check(silent == 0, || "a sensor was called silent".to_owned());
    row.set("connections", cable.connections());
    row.check(cable.connections() == 1, || format!("{} connections", cable.connections()));
    let ended = listener
        .received()
        .iter()
        .map(Received::json)
        .filter(|one| one["data"]["phase_reason"] == "source_silent")
        .count();
    row.check(ended == 0, || "an alert ended because its source fell silent".to_owned());
    let said = stored(&daemon.kill_for_log());
    row.set("accepted", said.len() as u64);
    finish(row, &site, &broker, &judge, ids_of(&said));
}

#[test]
fn a_box_that_boots_in_1970_says_so_and_tells_what_its_times_meant_once_it_knows() {
    let mut row = Row::begin("1970 at boot, time server late");
    let broker = Mosquitto::start();
    let site = Site::new(40);
    let judge = Judge::start(broker.port(), site.folder.path());
    let listener = Listener::start(broker.port(), &format!("{BASE}/up/#"));
    let wall = Wall::new(site.folder.path(), "@1970-01-01 00:02:00");
    let daemon = wall.start(&site, &broker.url());
    let _field = Field::start(&site, 20);
    let alert = listener.wait_one("an alert", is_type("lookout.alert.v1")).json();
    row.check(alert["time"].as_str().is_some_and(|time| time.starts_with("1970-01-01")), || {
        format!("{alert}")
    });
    row.check(alert["data"]["clock"]["sync"] == "unsynced", || format!("{}", alert["data"]["clock"]));
    let says_clock = |one: &Received| degraded(&one.json()).contains(&"clock");
    listener.wait_one("the health report to name the clock", |one| {
        one.topic.ends_with("/up/health") && says_clock(one)
    });
    row.set("degraded names the clock", 1);
    wall.set("+0");
    let fix = listener.wait_one("the time fix", is_type("lookout.time_fix.v1")).json();
    let (from, to) =
        (fix["data"]["told"]["from"].as_u64().unwrap(), fix["data"]["told"]["to"].as_u64().unwrap());
    let n = alert["data"]["seq"]["n"].as_u64().unwrap();
    row.set("times told wrongly and covered by the fix", to - from + 1);
    row.check((from..=to).contains(&n), || format!("alert {n} is not covered: {fix}"));
    row.check(fix["data"]["clock_before"]["sync"] == "unsynced", || format!("{fix}"));
    // What the fix says makes of the alert's time the time it was.
    let published: jiff::Timestamp = alert["time"].as_str().unwrap().parse().unwrap();
    let right = published.as_millisecond() + fix["data"]["shift_ms"].as_i64().unwrap();
    let now = jiff::Timestamp::now().as_millisecond();
    row.check((now - 60_000..=now).contains(&right), || format!("corrected to {right}, and it is {now}"));
    let received = listener.received().len();
    let well = |one: &Received| one.topic.ends_with("/up/health") && !says_clock(one);
    listener
        .wait_for("the health report to be content with the clock", |all| all[received..].iter().any(well));
    let after = judge.lines().len();
    judge.wait_for("alerts afterwards", PATIENCE + Duration::ZERO, |lines| lines.len() > after + 10);
    let said = stored(&daemon.kill_for_log());
    row.set("accepted", said.len() as u64);
    finish(row, &site, &broker, &judge, ids_of(&said));
}
