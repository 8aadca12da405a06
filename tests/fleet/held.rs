//! Nothing is lost and nothing is there twice, whatever dies.

use lookout::contract::signature::KnownKey;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::centre::{Centre, Desk, wait_ready};
use crate::played::{PlayedBox, STREAM};
use crate::servers::{Nats, Postgres, wait};

/// One box, one node, one database, and what the centre needs.
struct Here {
    nats: Nats,
    postgres: Postgres,
    one: PlayedBox,
    desk: Desk,
    keys: [KnownKey; 1],
}

impl Here {
    fn new() -> Self {
        let (nats, postgres) = (Nats::start(), Postgres::start());
        let one = PlayedBox::new("box-1", nats.mqtt);
        let desk = Desk::new(&[&one]);
        let keys = desk.public();
        Here { nats, postgres, one, desk, keys }
    }

    fn centre(&self) -> Centre {
        let centre = Centre::start(&self.desk.nats(&self.nats, &self.postgres));
        wait_ready(&self.nats, &self.postgres);
        centre
    }

    /// As many messages as these, each once.
    #[track_caller]
    fn wait_stored(&self, count: u64) {
        self.postgres
            .wait_for("SELECT count(*), count(DISTINCT event_id) FROM message", &format!("{count}|{count}"));
    }
}

#[test]
#[ignore = "needs nats-server and postgresql: apt-get install nats-server postgresql"]
fn a_worker_that_dies_before_or_after_its_commit_leaves_everything_there_once() {
    for point in ["centre-before-commit:3", "centre-after-commit:3"] {
        let here = Here::new();
        here.centre().kill();
        let dying = Centre::start_with(&here.desk.nats(&here.nats, &here.postgres), Some(point));
        for n in 1..=60 {
            here.one.publish_alert(n, &format!("A{n}"), 1);
            if n % 20 == 0 {
                here.one.wait_taken();
            }
        }
        // Batches come as long as something comes.
        let more = std::sync::atomic::AtomicBool::new(true);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while more.load(std::sync::atomic::Ordering::Relaxed) {
                    here.one.publish_health(60);
                    std::thread::sleep(std::time::Duration::from_millis(50));
                }
            });
            dying.wait_killed();
            more.store(false, std::sync::atomic::Ordering::Relaxed);
        });
        let _again = Centre::start(&here.desk.nats(&here.nats, &here.postgres));
        here.wait_stored(60);
        here.one.wait_mark(&here.keys, 60);
        here.postgres.wait_for("SELECT count(*) FROM alert", "60");
    }
}

#[test]
#[ignore = "needs nats-server and postgresql: apt-get install nats-server postgresql"]
fn two_processes_share_the_work_and_one_that_is_killed_is_not_missed() {
    let here = Here::new();
    let first = here.centre();
    let _second = Centre::start(&here.desk.nats(&here.nats, &here.postgres));
    for n in 1..=100 {
        here.one.publish_alert(n, &format!("A{n}"), 1);
        if n == 50 {
            here.one.wait_taken();
        }
    }
    first.kill();
    here.wait_stored(100);
    here.one.wait_mark(&here.keys, 100);
}

#[test]
#[ignore = "needs nats-server and postgresql: apt-get install nats-server postgresql"]
fn what_comes_again_changes_nothing_and_is_marked_again() {
    let here = Here::new();
    let _centre = here.centre();
    // Revisions overtake one another, and one comes twice: a box sends again the bytes that it has kept.
    let second = here.one.alert(2, "A", 2);
    here.one.publish_signed(2, &second);
    here.one.publish_alert(1, "A", 1);
    here.one.publish_signed(2, &second);
    here.wait_stored(2);
    here.one.wait_mark(&here.keys, 2);
    here.postgres.wait_for("SELECT rev, severity FROM alert", "2|4");
    here.one.forget();
    // The box lost the mark with its connection, and says it again.
    here.one.publish_signed(2, &second);
    here.one.wait_mark(&here.keys, 2);
    here.one.forget();
    here.one.publish_state("online", "01KAJ6ZZ0M1N2P3Q4R5S6T7V8W");
    here.one.wait_mark(&here.keys, 2);
    here.wait_stored(2);
}

#[test]
#[ignore = "needs nats-server and postgresql: apt-get install nats-server postgresql"]
fn a_hole_stops_the_mark_and_is_asked_for_and_what_is_behind_the_last_number_too() {
    let here = Here::new();
    let _centre = here.centre();
    for n in [1, 2, 4, 5] {
        here.one.publish_alert(n, &format!("A{n}"), 1);
    }
    here.one.wait_mark(&here.keys, 2);
    let requests = || here.one.received("down/cmd/resend", &here.keys);
    wait(|| "a question".to_owned(), || !requests().is_empty());
    let question = &requests()[0];
    assert_eq!(
        (&question["from"], &question["to"], &question["stream"]),
        (&json!(3), &json!(3), &json!(STREAM))
    );
    assert_eq!((&question["box"], &question["command"]), (&json!("box-1"), &json!("resend")));
    here.one.publish_alert(3, "A3", 1);
    here.one.wait_mark(&here.keys, 5);

    here.one.forget();
    here.one.publish_health(7);
    wait(|| "a question for what is behind".to_owned(), || !requests().is_empty());
    assert_eq!((&requests()[0]["from"], &requests()[0]["to"]), (&json!(6), &json!(7)));
}

#[test]
#[ignore = "needs nats-server and postgresql: apt-get install nats-server postgresql"]
fn numbers_that_a_box_declares_as_gone_are_marked_past_and_written_down() {
    let here = Here::new();
    let _centre = here.centre();
    here.one.publish_alert(1, "A1", 1);
    let gap = json!({ "missing_stream": STREAM, "missing": [{ "from": 2, "to": 9 }], "pictures": 0, "reason": "disk_full",
        "began_at": "2026-11-21T03:04:05Z", "until_at": "2026-11-21T03:04:05Z" });
    here.one.publish_signed(10, &here.one.event("lookout.gap.v1", "gap.10", 10, gap));
    here.one.wait_mark(&here.keys, 10);
    here.postgres.wait_for("SELECT first, last, why FROM missing", "2|9|disk_full");
}

#[test]
#[ignore = "needs nats-server and postgresql: apt-get install nats-server postgresql"]
fn a_database_that_loses_its_power_in_the_middle_loses_nothing() {
    let here = Here::new();
    let _centre = here.centre();
    for n in 1..=40 {
        here.one.publish_alert(n, &format!("A{n}"), 1);
    }
    here.postgres.stop_at_once();
    for n in 41..=80 {
        here.one.publish_alert(n, &format!("A{n}"), 1);
    }
    here.one.wait_taken();
    assert!(here.one.mark(&here.keys) <= 40, "nothing is marked that is not stored");
    here.postgres.start_again();
    here.wait_stored(80);
    here.one.wait_mark(&here.keys, 80);
}

#[test]
#[ignore = "needs nats-server and postgresql: apt-get install nats-server postgresql"]
fn a_picture_is_on_disk_by_its_digest_and_shown_once_its_alert_names_it() {
    let here = Here::new();
    let _centre = here.centre();
    let (picture, other) = (vec![7; 200_000], vec![8; 1000]);
    let digest = |bytes: &[u8]| lookout::types::hex::hex(&Sha256::digest(bytes));
    // The picture overtakes its alert; another one is named by nothing.
    here.one.publish("up/evidence/A/1", &picture);
    here.one.publish("up/evidence/A/2", &other);
    here.postgres.wait_for("SELECT count(*) FROM picture WHERE is_stored AND NOT is_announced", "2");
    let mut alert: serde_json::Value = serde_json::from_slice(&here.one.alert(1, "A", 1)).unwrap();
    alert["data"]["evidence"] = json!([{ "id": 1, "type": "image/jpeg", "bytes": picture.len(), "sha256": digest(&picture), "state": "queued" }]);
    here.one.publish_signed(1, alert.to_string().as_bytes());
    here.postgres.wait_for("SELECT n, bytes FROM picture WHERE is_stored AND is_announced", "1|200000");
    let digits = digest(&picture);
    let stored = here.desk.evidence().join(&digits[..2]).join(format!("{digits}.jpg"));
    assert_eq!(std::fs::read(stored).unwrap(), picture);
}
