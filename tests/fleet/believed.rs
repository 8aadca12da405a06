//! Who is believed: a box that lies changes nothing, and what it said is counted and kept apart.

use lookout::contract::box_key::BoxKey;

use crate::centre::{Centre, Desk, wait_ready};
use crate::played::PlayedBox;
use crate::servers::{Nats, Postgres};

#[test]
#[ignore = "needs nats-server and postgresql: apt-get install nats-server postgresql"]
fn a_forged_alert_is_not_stored_and_the_true_one_with_its_number_is() {
    let (nats, postgres) = (Nats::start(), Postgres::start());
    let one = PlayedBox::new("box-1", nats.mqtt);
    let desk = Desk::new(&[&one]);
    let _centre = Centre::start(&desk.nats(&nats, &postgres));
    wait_ready(&nats, &postgres);
    let (forged, stranger) = (one.alert(1, "FORGED", 1), BoxKey::generate().unwrap());
    // Signed by somebody else; and not at all.
    one.publish("up/signature", &one.signature(1, &forged, &stranger));
    one.publish("up/alert", &forged);
    one.publish("up/alert", &one.alert(2, "UNSIGNED", 1));
    postgres.wait_for("SELECT count(*) FROM waiting", "2");
    one.publish_alert(1, "TRUE", 1);
    one.wait_mark(&desk.public(), 1);
    assert_eq!(postgres.query("SELECT string_agg(alert_id, ',') FROM alert"), "TRUE");
}

#[test]
#[ignore = "needs nats-server and postgresql: apt-get install nats-server postgresql"]
fn a_box_that_speaks_for_another_or_that_nobody_knows_is_refused_and_counted() {
    let (nats, postgres) = (Nats::start(), Postgres::start());
    let (one, two) = (PlayedBox::new("box-1", nats.mqtt), PlayedBox::new("box-2", nats.mqtt));
    let stolen = PlayedBox::new("box-3", nats.mqtt);
    let desk = Desk::new(&[&one, &two]);
    let _centre = Centre::start(&desk.nats(&nats, &postgres));
    wait_ready(&nats, &postgres);
    // On its own topic in the other's name, and on the other's topic in its own name: the access list of the broker would stop that.
    let of_two = two.alert(1, "A", 1);
    one.publish("up/signature", &one.signature(1, &of_two, &one.key));
    one.publish("up/alert", &of_two);
    one.publish_on("lookout/v1/530127/box-2/up/alert", &one.alert(1, "B", 1));
    stolen.publish_alert(1, "C", 1);
    postgres.wait_for(
        "SELECT name, why, sum(times) FROM refusal WHERE name <> 'box-probe' GROUP BY 1, 2 ORDER BY 1, 2",
        "box-1|misdirected|1\nbox-2|misdirected|1\nbox-3|unknown_box|2",
    );
    two.publish_alert(1, "D", 1);
    two.wait_mark(&desk.public(), 1);
    assert_eq!(postgres.query("SELECT string_agg(alert_id, ',') FROM alert"), "D");
}

/// Two workers may have the two halves, in either order.
#[test]
#[ignore = "needs nats-server and postgresql: apt-get install nats-server postgresql"]
fn a_signature_that_comes_after_its_message_or_long_before_it_is_as_good() {
    let (nats, postgres) = (Nats::start(), Postgres::start());
    let one = PlayedBox::new("box-1", nats.mqtt);
    let desk = Desk::new(&[&one]);
    let _centre = Centre::start(&desk.nats(&nats, &postgres));
    wait_ready(&nats, &postgres);
    let (early, late) = (one.alert(1, "A", 1), one.alert(2, "B", 1));
    one.publish("up/alert", &early);
    postgres.wait_for("SELECT count(*) FROM waiting", "1");
    one.publish("up/signature", &one.signature(1, &early, &one.key));
    one.wait_mark(&desk.public(), 1);
    one.publish("up/signature", &one.signature(2, &late, &one.key));
    postgres.wait_for("SELECT count(*) FROM signature", "1");
    one.publish("up/alert", &late);
    one.wait_mark(&desk.public(), 2);
    postgres.wait_for("SELECT (SELECT count(*) FROM waiting), (SELECT count(*) FROM signature)", "0|0");
}

/// A number is given once: whoever has two messages for it was copied, or lies.
#[test]
#[ignore = "needs nats-server and postgresql: apt-get install nats-server postgresql"]
fn a_second_message_with_a_number_is_refused_and_a_byte_that_no_text_has_harms_nobody() {
    let (nats, postgres) = (Nats::start(), Postgres::start());
    let one = PlayedBox::new("box-1", nats.mqtt);
    let desk = Desk::new(&[&one]);
    let _centre = Centre::start(&desk.nats(&nats, &postgres));
    wait_ready(&nats, &postgres);
    one.publish_alert(1, "A", 1);
    one.wait_mark(&desk.public(), 1);
    one.publish_alert(1, "B", 1);
    // PostgreSQL has no zero byte in a text, nor in JSON.
    let zero = String::from_utf8(one.alert(2, "C", 1)).unwrap().replace("flooding", "flood\\u0000ing");
    one.publish_signed(2, zero.as_bytes());
    one.publish_alert(3, "D", 1);
    postgres.wait_for(
        "SELECT why, sum(times) FROM refusal WHERE name = 'box-1' GROUP BY 1 ORDER BY 1",
        "malformed|1\nnumber_taken|1",
    );
    postgres.wait_for("SELECT string_agg(alert_id, ',' ORDER BY alert_id) FROM alert", "A,D");
}

/// Ten thousand a second would fill the disk; what waits for a signature has room for two thousand of a box.
#[test]
#[ignore = "needs nats-server and postgresql: apt-get install nats-server postgresql"]
fn a_box_that_floods_the_centre_is_bounded_and_the_others_are_heard() {
    let (nats, postgres) = (Nats::start(), Postgres::start());
    let (one, two) = (PlayedBox::new("box-1", nats.mqtt), PlayedBox::new("box-2", nats.mqtt));
    let desk = Desk::new(&[&one, &two]);
    let _centre = Centre::start(&desk.nats(&nats, &postgres));
    wait_ready(&nats, &postgres);
    for n in 1..=3000 {
        one.publish("up/alert", &one.alert(n, &format!("FORGED{n}"), 1));
        if n == 1500 {
            two.publish_alert(1, "A", 1);
        }
    }
    two.wait_mark(&desk.public(), 1);
    postgres.wait_for("SELECT count(*) FROM waiting", "2000");
    postgres.wait_for("SELECT why, sum(times) FROM refusal WHERE name = 'box-1' GROUP BY 1", "unsigned|1000");
    assert_eq!(postgres.query("SELECT string_agg(alert_id, ',') FROM alert"), "A");
    // Of what is counted only the first is kept as it came.
    assert!(
        postgres.query("SELECT count(*) FROM refused WHERE name = 'box-1'").parse::<u64>().unwrap() <= 400
    );
}
