//! A box with several brokers: the next one when one is not there, the first again when its time has come, and nothing lost.

use std::io;
use std::net::Shutdown;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lookout::mqtt::{Settings, Timing};
use lookout::types::level::Level;
use lookout::types::mqtt::Version;

use crate::fake::{FakeBroker, Guest, Packet, Taken, id_of};
use crate::here::*;
use crate::support::listener::Listener;
use crate::support::mosquitto::Mosquitto;

/// The first broker, and then these.
fn in_order(first: &Mosquitto, then: &[&Mosquitto], version: Version) -> Settings {
    let more_urls = then.iter().map(|broker| broker.url()).collect();
    Settings { more_urls, ..settings(&first.url(), version) }
}

fn address(broker: &Mosquitto) -> String {
    format!("127.0.0.1:{}", broker.port())
}

/// Waits until the box is connected to this broker.
fn wait_at(here: &Here, broker: &Mosquitto) {
    let wanted = address(broker);
    here.wait_status(&format!("a connection to {wanted}"), |status| {
        status.connected && status.broker == wanted
    });
}

#[test]
fn where_the_first_broker_is_dead_the_second_takes_the_alerts_and_the_first_has_its_turn_again() {
    for version in [Version::V5, Version::V311] {
        let (mut first, mut second) = (Mosquitto::start(), Mosquitto::start());
        first.kill();
        let at_second = Listener::start(second.port(), "lookout/#");
        let here = Here::start_after(in_order(&first, &[&second], version), |outbox| {
            append(outbox, 1, Level::Red);
        });
        let received = at_second.wait_for("the alert", |received| !alert_ids(received).is_empty());
        assert_eq!(alert_ids(&received), ids([1]), "{version:?}");
        here.wait_empty();
        wait_at(&here, &second);

        // The first one is back; the second one, which has the box, goes.
        first.restart();
        let at_first = Listener::start(first.port(), "lookout/#");
        second.kill();
        here.alert(2, Level::Yellow);
        let received = at_first.wait_for("the next alert", |received| !alert_ids(received).is_empty());
        assert_eq!(
            alert_ids(&received),
            ids([2]),
            "{version:?}: what the second one had acknowledged is done"
        );
        at_first
            .wait_one("online", |one| one.topic.ends_with("/up/state") && one.json()["state"] == "online");
        here.wait_empty();
        wait_at(&here, &first);
        assert!(here.publisher.stop(Duration::from_secs(5)), "{version:?}: the first one hears the goodbye");
    }
}

#[test]
fn what_waits_while_all_brokers_are_dead_goes_to_the_one_that_is_back_first() {
    let (mut first, mut second, mut third) = (Mosquitto::start(), Mosquitto::start(), Mosquitto::start());
    let here = Here::start(in_order(&first, &[&second, &third], Version::V5));
    wait_at(&here, &first);
    for broker in [&mut first, &mut second, &mut third] {
        broker.kill();
    }
    for number in 0..20 {
        here.alert(number, Level::Orange);
    }
    // Each of them is tried and found dead.
    for broker in [&second, &third, &first] {
        let wanted = address(broker);
        here.wait_status("to try it in vain", |status| {
            !status.connected
                && status.trouble.as_ref().is_some_and(|trouble| trouble.to_string().contains(&wanted))
        });
    }
    assert_eq!(here.outbox.depth().unsent, 20, "nothing counts as sent that nobody took");
    third.restart();
    let listener = Listener::start(third.port(), "lookout/#");
    wait_at(&here, &third);
    // Without marks a broker's word counts, and what it took before anybody listened is not heard: the queue tells that it
    // took all of them.
    here.wait_empty();
    here.alert(100, Level::Red);
    listener.wait_for("a later one", |received| alert_ids(received).contains("alert-100.1"));
    here.wait_empty();
    assert_eq!(here.outbox.depth().delivered, 21);
}

#[test]
fn a_broker_that_accepts_the_box_and_acknowledges_nothing_is_left_for_the_next_one() {
    for version in [Version::V5, Version::V311] {
        let mute = FakeBroker::start(|guest| {
            guest.accept(&[])?;
            guest.take_nothing()
        });
        let second = Mosquitto::start();
        let listener = Listener::start(second.port(), &format!("{BASE}/up/alert"));
        let settings = settings(&mute.url(), version);
        // Waiting for a PUBACK takes as long as a connection needs to prove itself.
        let patience = Duration::from_secs(1);
        let timing = Timing { stall: patience, settled: patience, ..settings.timing.clone() };
        let here = Here::start(Settings { more_urls: vec![second.url()], timing, ..settings });
        here.alert(1, Level::Red);
        let received = listener.wait_for("the alert", |received| !alert_ids(received).is_empty());
        assert_eq!(alert_ids(&received), ids([1]), "{version:?}");
        wait_at(&here, &second);
    }
}

#[test]
fn what_one_broker_keeps_and_is_too_large_leaves_nothing_out_with_the_next_one() {
    let (first, second) = (Mosquitto::start(), Mosquitto::start());
    let centre = Listener::start(first.port(), "lookout/#");
    let topic = format!("{BASE}/down/config");
    centre.publish(&topic, true, vec![b'x'; 200_000]);
    centre.wait_one("the message", |one| one.topic == topic);
    // MQTT 5 lets the client say what it takes; 3.1.1 must leave the connection.
    let here = Here::start(in_order(&first, &[&second], Version::V311));
    wait_at(&here, &second);
    assert!(here.publisher.status().deaf_to.is_empty());
}

#[test]
fn what_one_broker_refused_goes_to_the_next_one_at_once() {
    let refusals = Arc::new(AtomicUsize::new(0));
    let count = refusals.clone();
    let first = FakeBroker::start(move |guest| {
        guest.accept(&[])?;
        let (pkid, ..) = guest.next_record()?;
        // Not authorized; and then it goes.
        guest.puback(pkid, 0x87)?;
        count.fetch_add(1, Ordering::SeqCst);
        guest.stream.shutdown(Shutdown::Write)?;
        while guest.next_record().is_ok() {}
        Ok(())
    });
    let second = Mosquitto::start();
    let listener = Listener::start(second.port(), &format!("{BASE}/up/alert"));
    let settings = settings(&first.url(), Version::V5);
    // Longer than this test waits.
    let timing = Timing { hold_first: 5 * PATIENCE, hold_most: 5 * PATIENCE, ..settings.timing.clone() };
    let here = Here::start(Settings { more_urls: vec![second.url()], timing, ..settings });
    here.alert(1, Level::Red);
    let received = listener.wait_for("the alert", |received| !alert_ids(received).is_empty());
    assert_eq!(alert_ids(&received), ids([1]));
    assert_eq!(refusals.load(Ordering::SeqCst), 1, "the first one did refuse it");
    here.wait_status("no word of it any more", |status| status.last_refusal.is_none());
}

#[test]
fn what_ended_the_connections_to_other_brokers_goes_to_the_next_one_at_once() {
    fn close_at_the_record(guest: &mut Guest) -> io::Result<()> {
        guest.next_record()?;
        guest.stream.shutdown(Shutdown::Write)?;
        while guest.next_record().is_ok() {}
        Ok(())
    }
    // The record that is in flight alone when the third connection ends is put aside.
    let first = FakeBroker::start(|guest| {
        guest.accept(&[])?;
        close_at_the_record(guest)
    });
    let taken = Taken::default();
    let for_script = taken.clone();
    let second = FakeBroker::start(move |guest| {
        guest.accept(&[])?;
        if guest.nth == 0 { close_at_the_record(guest) } else { guest.behave(&for_script) }
    });
    let settings = settings(&first.url(), Version::V5);
    // Longer than this test waits.
    let timing = Timing { hold_first: 5 * PATIENCE, hold_most: 5 * PATIENCE, ..settings.timing.clone() };
    let here = Here::start(Settings { more_urls: vec![second.url()], timing, ..settings });
    here.alert(1, Level::Red);
    wait(|| "the alert".to_owned(), || taken.ids() == ids([1]));
    assert_eq!(first.connections.load(Ordering::SeqCst), 2, "the second of them was the third in all");
    here.wait_empty();
    here.wait_status("no word of it any more", |status| status.last_refusal.is_none());
}

#[test]
fn what_ends_the_connections_to_all_brokers_waits_and_the_others_flow() {
    let taken = Taken::default();
    let broker = || {
        let taken = taken.clone();
        FakeBroker::start(move |guest| {
            guest.accept(&[])?;
            loop {
                let (pkid, _, payload) = guest.next_record()?;
                if ids([1]).contains(&id_of(&payload)) {
                    guest.stream.shutdown(Shutdown::Write)?;
                    while guest.next_record().is_ok() {}
                    return Ok(());
                }
                taken.note(&payload);
                guest.puback(pkid, 0)?;
            }
        })
    };
    let (first, second) = (broker(), broker());
    let settings = settings(&first.url(), Version::V5);
    // Longer than this test waits.
    let timing = Timing { hold_first: 5 * PATIENCE, hold_most: 5 * PATIENCE, ..settings.timing.clone() };
    let settings = Settings { more_urls: vec![second.url()], timing, ..settings };
    let here = Here::start_after(settings, |outbox| {
        // It goes before the others, which wait behind it.
        for number in 1..=5 {
            append(outbox, number, if number == 1 { Level::Red } else { Level::Yellow });
        }
    });
    wait(|| format!("the others: {:?}", taken.ids()), || taken.ids() == ids(2..=5));
    wait(|| format!("{:?}", here.outbox.depth()), || here.outbox.depth().unsent == 1);
    let of_both = [&first, &second].map(|broker| broker.connections.load(Ordering::SeqCst));
    assert!(of_both.iter().all(|connections| *connections >= 2), "{of_both:?}");
    let tried = of_both.iter().sum::<usize>();
    // Three to condemn it, one more to find that the other broker does not take it, either, and one without it.
    assert!(tried <= 6, "{of_both:?}");
}

#[test]
fn what_a_broker_kept_of_this_boxs_earlier_life_is_not_taken_for_another_box() {
    let (mut first, second) = (Mosquitto::start(), Mosquitto::start());
    let listener = Listener::start(second.port(), &format!("{BASE}/up/alert"));
    // The box was at the second broker once, and was switched off there without a word.
    let earlier = r#"{"state":"online","session":"an-earlier-life"}"#;
    listener.publish(&format!("{BASE}/up/state"), true, earlier);
    let kept = Listener::start(second.port(), &format!("{BASE}/up/state"));
    // Kept already, or on its way: the broker has it either way.
    kept.wait_one("what is kept", |_| true);
    let here = Here::start(in_order(&first, &[&second], Version::V5));
    wait_at(&here, &first);
    first.kill();
    wait_at(&here, &second);
    // What is kept comes before anything can be sent.
    here.alert(1, Level::Red);
    listener.wait_for("the alert", |received| !alert_ids(received).is_empty());
    assert_eq!(here.publisher.status().namesake, None);
}

/// NATS answers MQTT 5 with a refusal in the form of 3.1.1, and closes; others say nothing at all.
#[test]
fn a_broker_that_knows_no_mqtt_5_gets_3_1_1_by_itself() {
    for refusal in [&[0x20, 2, 0, 1][..], &[]] {
        let taken = Taken::default();
        let at_broker = taken.clone();
        let broker = FakeBroker::start(move |guest| {
            let Packet::Connect { level } = guest.read()? else { panic!("a CONNECT first") };
            if level == 5 {
                guest.send(refusal)?;
                return guest.leave();
            }
            guest.send(&[0x20, 2, 0, 0])?;
            guest.behave(&at_broker)
        });
        let here = Here::start(settings(&broker.url(), Version::V5));
        here.alert(1, Level::Red);
        here.wait_empty();
        assert_eq!(taken.ids(), ids([1]));
        let status = here.wait_status("a connection", |status| status.connected);
        assert_eq!(status.trouble, None, "nobody has to mend anything");
        assert_eq!(
            broker.connections.load(Ordering::SeqCst),
            3,
            "once more in MQTT 5, then at once in 3.1.1"
        );
    }
}

/// One after the other, in either version: the box does not stay with a version that the broker never took.
#[test]
fn a_broker_that_takes_neither_version_is_asked_in_both_each_time() {
    let levels = Arc::new(parking_lot::Mutex::new(Vec::new()));
    let seen = levels.clone();
    let broker = FakeBroker::start(move |guest| {
        let Packet::Connect { level } = guest.read()? else { panic!("a CONNECT first") };
        seen.lock().push(level);
        guest.leave()
    });
    let here = Here::start(settings(&broker.url(), Version::V5));
    let asked = || levels.lock().clone();
    wait(|| format!("five connections: {:?}", asked()), || asked().len() >= 5);
    assert_eq!(asked()[..5], [5, 5, 4, 5, 4], "once may be a broker that just starts");
    here.wait_status("a trouble", |status| status.trouble.is_some());
}
