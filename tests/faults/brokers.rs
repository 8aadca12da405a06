//! Brokers that die, and forget everything when they do.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::bench::{Row, rounds};
use super::cable::Cable;
use super::here::{Field, Site, ids_of, start_ready, stored};
use super::judge::Judge;
use super::kills::finish;
use super::support::mosquitto::Mosquitto;

#[test]
fn a_broker_that_is_killed_every_few_seconds_and_keeps_nothing_costs_nothing() {
    let mut row =
        Row::begin("broker `kill -9` with a full window, without persistence, while its consumer is away");
    let mut broker = Mosquitto::start();
    // The box need not hear a mark to know that the centre sends them: over this cable the first one comes too late.
    let site = Site { mqtt_lines: "expect_marks = true".to_owned(), ..Site::new(100) };
    let mut judge = Judge::start(broker.port(), site.folder.path());
    let cable = Cable::to(broker.port());
    // So slow that the window is full most of the time.
    cable.set(|weather| weather.latency = Duration::from_millis(100));
    let (daemon, _) = start_ready(&site, &cable.url());
    let field = Field::start(&site, 40);
    judge.wait_for("a first alert", super::here::PATIENCE, |lines| !lines.is_empty());
    let kills = rounds(2);
    for round in 1..=kills {
        let until = Instant::now() + Duration::from_millis(rand::random_range(1000..4000));
        while Instant::now() < until {
            std::thread::park_timeout(until.saturating_duration_since(Instant::now()));
        }
        // The centre's consumer goes first: what the broker acknowledges now is in its memory only.
        judge.kill();
        std::thread::park_timeout(Duration::from_millis(rand::random_range(300..1000)));
        broker.kill();
        std::thread::park_timeout(Duration::from_millis(rand::random_range(0..500)));
        broker.restart();
        judge.restart();
        let (up_at, before) = (Instant::now(), judge.lines().len());
        judge.wait_for("alerts to flow again", Duration::from_secs(120), |lines| lines.len() > before);
        row.within("stall after the broker is back", up_at.elapsed(), Duration::from_secs(30));
        row.progress(round, kills);
    }
    row.set("broker kills", kills);
    row.set("connections", cable.connections());
    let said = stored(&daemon.kill_for_log());
    row.set("accepted", said.len() as u64);
    let accepted: BTreeSet<String> = ids_of(&said);
    // Nothing new, so that what waits can come.
    drop(field);
    finish(row, &site, &broker, &judge, accepted);
}
