//! The power goes: what was not synced is lost, in any part and any order.

use std::collections::BTreeSet;
use std::time::Duration;

use lookout::outbox::Opened;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::bench::{Row, rounds};
use super::disk::Disk;
use super::journal::Verdict;
use super::judge::Judge;
use super::support::mosquitto::Mosquitto;
use super::{queue, spool};

#[test]
fn what_was_accepted_before_the_power_went_is_there_when_it_is_back() {
    let mut row = Row::begin("power loss");
    let broker = Mosquitto::start();
    let folder = tempfile::tempdir().unwrap();
    let judge = Judge::start(broker.port(), folder.path());
    let queue = folder.path().join("outbox");
    let disk = Disk::new("forgets");
    let cuts = rounds(40);
    let mut accepted = BTreeSet::new();
    let mut revisions = queue::Revisions::default();
    let mut next_alert = 0;
    let mut last_n = 0;
    for round in 1..=cuts {
        let mut dice = StdRng::seed_from_u64(u64::from(round));
        disk.cut_in(dice.random_range(1..600));
        // The power may go while it is opened.
        if let Ok((outbox, opened)) = queue::open(&queue, Some(disk.name())) {
            row.check(!matches!(opened, Opened::Damaged { .. }), || format!("round {round}: {opened:?}"));
            let publisher = queue::publish(&outbox, &broker.url());
            while !disk.is_off() {
                next_alert += 1;
                for rev in 1..=dice.random_range(1..4) {
                    let level = queue::LEVELS[dice.random_range(0..4)];
                    let padding = dice.random_range(0..6000);
                    let ends = rev == 3;
                    let stored = queue::append(&outbox, next_alert, rev, level, ends, padding);
                    revisions.note(next_alert, rev, stored.is_ok());
                    let Ok((seq, id)) = stored else { break };
                    last_n = seq.n;
                    accepted.insert(id);
                }
                if dice.random_bool(0.1) {
                    // Lets the publisher and the judge go on.
                    std::thread::park_timeout(Duration::from_millis(dice.random_range(0..30)));
                }
            }
            publisher.stop(Duration::from_secs(2));
            drop(publisher);
            row.check(outbox.close(Duration::from_secs(10)), || format!("round {round}: not closed"));
        }
        row.add("bytes of writes lost", disk.lose_power(u64::from(round)));
        match spool::read(&queue) {
            Ok(spool) => {
                row.check(spool.integrity == "ok", || format!("round {round}: {}", spool.integrity));
                row.check(spool.next_n > last_n, || {
                    format!("round {round}: {last_n} was accepted, {spool:?}")
                });
            }
            // Before the first record there may be no table.
            Err(error) => row.check(accepted.is_empty(), || format!("round {round}: {error}")),
        }
        row.progress(round, cuts);
    }
    row.set("power cuts", cuts);
    row.set("accepted", accepted.len() as u64);
    row.check(!accepted.is_empty(), || "nothing was accepted, so nothing was tried".to_owned());
    let (outbox, _) = queue::open(&queue, Some(disk.name())).unwrap();
    let wrong = revisions.wrong_in(&outbox, 3);
    row.set("open alerts not as they were stored", wrong.len() as u64);
    row.check(wrong.is_empty(), || format!("{wrong:?}"));
    let publisher = queue::publish(&outbox, &broker.url());
    let missing = judge.wait_for_all(&accepted, Duration::from_secs(60));
    publisher.stop(Duration::from_secs(5));
    outbox.close(Duration::from_secs(10));
    // The last ones were never confirmed: they may be there, and not sent yet.
    let waiting = spool::read(&queue).expect("it can be read").places;
    let verdict = Verdict::while_waiting(&judge.lines(), &waiting);
    row.set("lost", missing.len() as u64);
    row.check(missing.is_empty(), || format!("lost: {missing:?}"));
    row.set("came again", verdict.repeats);
    row.set("twice after de-duplication", verdict.problems.len() as u64);
    row.check(verdict.problems.is_empty(), || format!("{:?}", verdict.problems));
    row.set("losses told that were none", verdict.declared + verdict.damaged.len() as u64);
    row.check(verdict.declared == 0 && verdict.damaged.is_empty(), || format!("{:?}", verdict.damaged));
    row.check(verdict.streams.len() == 1, || format!("streams: {:?}", verdict.streams));
    row.pass();
}
