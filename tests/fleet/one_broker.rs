//! A community with one broker: MQTT 5 with signatures beside the messages, and a session that waits for the centre.

use std::time::Duration;

use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::PublishProperties;
use rumqttc::v5::{Client, MqttOptions};

use crate::centre::{Centre, Desk};
use crate::mosquitto::{Mosquitto, Options};
use crate::played::PlayedBox;
use crate::servers::{Postgres, wait};

/// Publishes with the signature beside it, as a box does with MQTT 5.
fn publish(client: &Client, one: &PlayedBox, n: u64) {
    let body = one.alert(n, &format!("A{n}"), 1);
    let properties = PublishProperties {
        user_properties: vec![("jws".to_owned(), one.key.sign(&body))],
        ..PublishProperties::default()
    };
    let topic = format!("lookout/v1/530127/{}/up/alert", one.name);
    client.publish_with_properties(topic, QoS::AtLeastOnce, false, body, properties).unwrap();
}

#[test]
#[ignore = "needs postgresql: apt-get install postgresql"]
fn what_comes_while_the_centre_is_away_waits_in_its_session_and_is_stored_once() {
    let broker = Mosquitto::start_with(Options { persistence: true, ..Options::default() });
    let postgres = Postgres::start();
    let one = PlayedBox::new("box-1", broker.port());
    let desk = Desk::new(&[&one]);
    let configuration = desk.configuration(&format!("[mqtt]\nurl = \"{}\"\n", broker.url()), &postgres);
    let mut options = MqttOptions::new("publisher", "127.0.0.1", broker.port());
    options.set_keep_alive(Duration::from_secs(20));
    let (client, mut connection) = Client::new(options, 100);
    std::thread::spawn(move || connection.iter().for_each(drop));

    let centre = Centre::start(&configuration);
    let received =
        |from: u64| postgres.query("SELECT coalesce(max(n), 0) FROM message").parse().unwrap_or(0) >= from;
    // Again until it has subscribed: the same message is the same row.
    wait(
        || "the first alert".to_owned(),
        || {
            publish(&client, &one, 1);
            received(1)
        },
    );
    centre.kill();
    for n in 2..=50 {
        publish(&client, &one, n);
    }
    let _again = Centre::start(&configuration);
    postgres.wait_for("SELECT count(*), count(DISTINCT event_id) FROM message", "50|50");
    one.wait_mark(&desk.public(), 50);
    // The mark is kept for a box that is away.
    let later = PlayedBox::new("box-1", broker.port());
    later.wait_mark(&desk.public(), 50);
}
