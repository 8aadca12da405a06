//! A thousand readings a second that all say "yes".

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::bench::{Row, lasting};
use super::here::{Field, PATIENCE, Site, ids_of, start_ready, stored};
use super::judge::Judge;
use super::kills::finish;
use super::storage::resident_bytes;
use super::support::mosquitto::Mosquitto;

#[test]
fn a_storm_becomes_a_few_incidents_and_no_red_one_is_lost() {
    let mut row = Row::begin("storm of 1,000 readings/s that say yes");
    let broker = Mosquitto::start();
    let mut site = Site::new(80);
    // Four kinds in five places, four sensors each.
    site.places = 5;
    let judge = Judge::start(broker.port(), site.folder.path());
    let (daemon, _) = start_ready(&site, &broker.url());
    let pid = daemon.pid().as_raw_nonzero().get() as u32;
    let field = Field::storm(&site, 1000);
    judge.wait_for("the first alerts", PATIENCE, |lines| lines.len() >= 20);
    let before = resident_bytes(pid);
    let (began, said_before) = (Instant::now(), field.said());
    let during = lasting(Duration::from_secs(5));
    while began.elapsed() < during {
        std::thread::park_timeout(Duration::from_millis(100));
    }
    row.set(
        "readings per second",
        ((field.said() - said_before) as f64 / began.elapsed().as_secs_f64()) as u64,
    );
    row.set("readings", field.said());
    let grown = resident_bytes(pid).saturating_sub(before) >> 20;
    row.set("memory grew, MiB", grown);
    row.check(grown < 32, || format!("memory grew by {grown} MiB"));
    drop(field);
    let said = stored(&daemon.kill_for_log());
    let alerts: BTreeSet<&str> = said.iter().filter_map(|one| one.id.split('.').next()).collect();
    let red: BTreeSet<&str> =
        said.iter().filter(|one| one.level == "red").filter_map(|one| one.id.split('.').next()).collect();
    row.set("alerts", alerts.len() as u64);
    row.set("revisions", said.len() as u64);
    row.set("red alerts", red.len() as u64);
    row.check(alerts.len() == 20, || format!("{} alerts for 20 incidents", alerts.len()));
    row.check(red.len() == 5, || format!("{} red alerts for 5 red incidents", red.len()));
    finish(row, &site, &broker, &judge, ids_of(&said));
}
