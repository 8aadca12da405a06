//! `kill -9`, at random moments and at named points.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::bench::{Row, rounds};
use super::cable::Cable;
use super::here::{Field, PATIENCE, Site, ids_of, start_ready, stored};
use super::journal::Verdict;
use super::judge::Judge;
use super::spool;
use super::support::daemon::Daemon;
use super::support::mosquitto::Mosquitto;

/// Ready again after a start, as the table promises.
const READY: Duration = Duration::from_secs(5);

#[test]
fn a_daemon_that_is_killed_at_random_moments_loses_nothing_it_accepted() {
    let mut row = Row::begin("daemon `kill -9` at random moments");
    let broker = Mosquitto::start();
    let site = Site::new(100);
    let mut judge = Judge::start(broker.port(), site.folder.path());
    let _field = Field::start(&site, 60);
    let mut accepted = BTreeSet::new();
    let kills = rounds(4);
    for round in 1..=kills {
        let (daemon, took) = start_ready(&site, &broker.url());
        row.within("start until ready", took, READY);
        // Anywhere in its life: while it takes up what was open, stores, publishes, hears receipts.
        let until = Instant::now() + Duration::from_millis(rand::random_range(0..1500));
        while Instant::now() < until {
            std::thread::park_timeout(until.saturating_duration_since(Instant::now()));
        }
        let log = daemon.kill_for_log();
        let said = stored(&log);
        row.add("accepted", said.len() as u64);
        accepted.extend(ids_of(&said));
        let spool = spool::read(&site.outbox()).expect("the queue can be read after a kill");
        row.check(spool.integrity == "ok", || format!("round {round}: {}", spool.integrity));
        let last = said.iter().map(|one| one.n).max().unwrap_or(0);
        row.check(spool.next_n > last, || format!("round {round}: {last} was accepted, {spool:?}"));
        accepted.extend(spool.waiting);
        if round % 10 == 0 {
            judge.kill_and_restart();
        }
        row.progress(round, kills);
    }
    row.set("kills", kills);
    finish(row, &site, &broker, &judge, accepted);
}

/// Before and after each of the queue's three sorts of transaction: a record is stored, its PUBACK is noted, a mark is
/// noted.
const POINTS: [&str; 6] = [
    "record-before-commit",
    "record-after-commit",
    "receipt-before-commit",
    "receipt-after-commit",
    "mark-before-commit",
    "mark-after-commit",
];

#[test]
#[cfg_attr(not(debug_assertions), ignore = "a release build has no such points")]
fn a_daemon_that_dies_at_named_points_loses_nothing_it_accepted() {
    let mut row = Row::begin("daemon `kill -9` at named points");
    let broker = Mosquitto::start();
    let site = Site::new(100);
    let judge = Judge::start(broker.port(), site.folder.path());
    let cable = Cable::to(broker.port());
    let _field = Field::start(&site, 60);
    let mut accepted = BTreeSet::new();
    let kills = rounds(7);
    for round in 0..kills {
        let log = match POINTS.get(round as usize % (POINTS.len() + 1)) {
            Some(point) => {
                let mut command = site.command(&cable.url());
                command.env("LOOKOUT_CRASH_AT", format!("{point}:{}", rand::random_range(1..25)));
                let daemon = Daemon::spawn(command);
                daemon.wait_gone(PATIENCE);
                row.add(point, 1);
                daemon.kill_for_log()
            }
            // Published, and at the judge; the PUBACK never comes, or was not stored yet.
            None => {
                let at_first = judge.lines().len();
                let (daemon, _) = start_ready(&site, &cable.url());
                judge.wait_for("records of this life", PATIENCE, |lines| lines.len() > at_first + 10);
                cable.set(|weather| weather.hole_down = true);
                judge.wait_for("a record without PUBACK", PATIENCE, |lines| {
                    // A copy of files that are being written may be torn: the next one will not be.
                    spool::read(&site.outbox()).is_ok_and(|spool| {
                        lines[at_first..].iter().any(|line| spool.unacknowledged.contains(&line.id))
                    })
                });
                let log = daemon.kill_for_log();
                cable.set(|weather| weather.hole_down = false);
                row.add("published-before-puback", 1);
                log
            }
        };
        let said = stored(&log);
        row.add("accepted", said.len() as u64);
        accepted.extend(ids_of(&said));
        let spool = spool::read(&site.outbox()).expect("the queue can be read after a kill");
        row.check(spool.integrity == "ok", || format!("round {round}: {}", spool.integrity));
        accepted.extend(spool.waiting);
        row.progress(round + 1, kills);
    }
    row.set("kills", kills);
    finish(row, &site, &broker, &judge, accepted);
}

/// One more life, in which everything must arrive; then the verdict.
pub fn finish(mut row: Row, site: &Site, broker: &Mosquitto, judge: &Judge, accepted: BTreeSet<String>) {
    let (daemon, _) = start_ready(site, &broker.url());
    // What waits after an outage comes at fifty a second.
    let patience = PATIENCE + Duration::from_millis(30 * accepted.len() as u64);
    let missing = judge.wait_for_all(&accepted, patience);
    let (code, log) = daemon.stop_for_log(PATIENCE);
    row.check(code == 0, || format!("the last daemon ended with {code}: {log}"));
    let waiting = spool::read(&site.outbox()).expect("the queue can be read after a stop").places;
    let verdict = Verdict::while_waiting(&judge.lines(), &waiting);
    row.set("lost", missing.len() as u64);
    row.check(missing.is_empty(), || format!("lost: {missing:?}"));
    row.set("came again", verdict.repeats);
    row.set("twice after de-duplication or out of order", verdict.problems.len() as u64);
    row.check(verdict.problems.is_empty(), || format!("{:?}", verdict.problems));
    row.check(verdict.streams.len() == 1, || format!("streams: {:?}", verdict.streams));
    row.check(!accepted.is_empty(), || "nothing was accepted, so nothing was tried".to_owned());
    row.pass();
}
