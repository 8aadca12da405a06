//! A box that says what a test wants, over MQTT 3.1.1 as the gateway of NATS speaks it, or over MQTT 5.

use std::sync::Arc;
use std::time::Duration;

use lookout::contract::Sender;
use lookout::contract::alert::SeqData;
use lookout::contract::box_key::{BoxKey, SignatureData};
use lookout::contract::signature::{KnownKey, verify};
use parking_lot::Mutex;
use rumqttc::{Client, Event, MqttOptions, Packet, QoS};
use serde_json::{Value, json};

use crate::servers::wait;

/// As every stream is named.
pub const STREAM: &str = "01KAHZ5N8GQ4R6S7T8V9W0X1Y2";

/// Topics and bodies, in the order in which they came.
type Received = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

pub struct PlayedBox {
    pub name: String,
    pub key: BoxKey,
    client: Client,
    received: Received,
    acknowledged: Arc<Mutex<u64>>,
    published: Mutex<u64>,
}

impl PlayedBox {
    /// Connects, and hears what is said to it.
    pub fn new(name: &str, port: u16) -> Self {
        let mut options = MqttOptions::new(format!("530127.{name}"), "127.0.0.1", port);
        options
            .set_keep_alive(Duration::from_secs(20))
            .set_max_packet_size(2 << 20, 2 << 20)
            .set_inflight(20);
        let (client, mut connection) = Client::new(options, 100);
        let (received, acknowledged): (Received, Arc<Mutex<u64>>) = (Arc::default(), Arc::default());
        let (ears, receipts, subscriber) = (received.clone(), acknowledged.clone(), client.clone());
        let down = format!("lookout/v1/530127/{name}/down/#");
        std::thread::spawn(move || {
            for event in connection.iter() {
                match event {
                    Ok(Event::Incoming(Packet::ConnAck(_))) => {
                        subscriber.try_subscribe(&down, QoS::AtLeastOnce).unwrap();
                    }
                    Ok(Event::Incoming(Packet::Publish(publish))) => {
                        ears.lock().push((publish.topic, publish.payload.to_vec()));
                    }
                    Ok(Event::Incoming(Packet::PubAck(_))) => *receipts.lock() += 1,
                    Ok(_) => {}
                    Err(_) => std::thread::sleep(Duration::from_millis(100)),
                }
            }
        });
        let (key, published) = (BoxKey::generate().unwrap(), Mutex::default());
        PlayedBox { name: name.to_owned(), key, client, received, acknowledged, published }
    }

    pub fn publish(&self, suffix: &str, body: &[u8]) {
        self.publish_on(&format!("lookout/v1/530127/{}/{suffix}", self.name), body);
    }

    pub fn publish_on(&self, topic: &str, body: &[u8]) {
        *self.published.lock() += 1;
        self.client.publish(topic, QoS::AtLeastOnce, false, body).unwrap();
    }

    /// Waits until the broker has everything.
    pub fn wait_taken(&self) {
        wait(|| "the broker's receipts".to_owned(), || *self.acknowledged.lock() >= *self.published.lock());
    }

    fn source(&self) -> String {
        format!("/lookout/530127/{}", self.name)
    }

    /// A message as a box writes it.
    pub fn event(&self, kind: &str, id: &str, n: u64, mut data: Value) -> Vec<u8> {
        data["seq"] = json!({ "stream": STREAM, "n": n });
        self.envelope(kind, id, data)
    }

    fn envelope(&self, kind: &str, id: &str, data: Value) -> Vec<u8> {
        json!({ "specversion": "1.0", "id": id, "source": self.source(), "type": kind, "time": jiff::Timestamp::now().to_string(),
            "datacontenttype": "application/json", "dataschema": "urn:lookout:schema:v1:x", "data": data })
        .to_string()
        .into_bytes()
    }

    pub fn alert(&self, n: u64, alert: &str, rev: u64) -> Vec<u8> {
        let data = json!({ "alert_id": alert, "rev": rev, "phase": "new", "level": "red", "severity": 4, "kind": "flooding",
            "mode": "test", "place": { "grid": "53012700300102" }, "started_at": "2026-11-21T03:04:05Z", "evidence": [] });
        self.event("lookout.alert.v1", &format!("{alert}.{rev}"), n, data)
    }

    /// The signature of a message as a message of its own.
    pub fn signature(&self, n: u64, body: &[u8], key: &BoxKey) -> Vec<u8> {
        let signature = SignatureData::of(body, "up/alert", SeqData { stream: STREAM.to_owned(), n }, key);
        let sender = Sender { area: "530127".to_owned(), box_id: self.name.clone() };
        sender.event(signature.event_id(), None, jiff::Timestamp::now(), signature).unwrap()
    }

    /// Says it as a box does over MQTT 3.1.1: the signature first.
    pub fn publish_signed(&self, n: u64, body: &[u8]) {
        self.publish("up/signature", &self.signature(n, body, &self.key));
        self.publish("up/alert", body);
    }

    pub fn publish_alert(&self, n: u64, alert: &str, rev: u64) {
        self.publish_signed(n, &self.alert(n, alert, rev));
    }

    pub fn publish_state(&self, state: &str, session: &str) {
        let data = json!({ "state": state, "session": session, "since": "2026-11-21T03:04:05Z" });
        self.publish("up/state", &self.envelope("lookout.state.v1", "state", data));
    }

    /// How far it has counted.
    pub fn publish_health(&self, last_seq: u64) {
        let spool = json!({ "queued": 0, "bytes": 0, "stream": STREAM, "last_seq": last_seq, "dropped": 0 });
        self.publish("up/health", &self.envelope("lookout.health.v1", "health", json!({ "spool": spool })));
    }

    /// What it received on a topic, the signatures checked.
    pub fn received(&self, suffix: &str, keys: &[KnownKey]) -> Vec<Value> {
        let topic = format!("lookout/v1/530127/{}/{suffix}", self.name);
        let received = self.received.lock();
        let signed = received.iter().filter(|(on, _)| *on == topic);
        signed.map(|(_, body)| serde_json::from_slice(&verify(body, keys).unwrap().0).unwrap()).collect()
    }

    /// The last mark that it received; 0 for none.
    pub fn mark(&self, keys: &[KnownKey]) -> u64 {
        self.received("down/mark", keys).last().map_or(0, |mark| mark["n"].as_u64().unwrap())
    }

    #[track_caller]
    pub fn wait_mark(&self, keys: &[KnownKey], n: u64) {
        wait(|| format!("the mark {n}, not {}", self.mark(keys)), || self.mark(keys) == n);
    }

    pub fn forget(&self) {
        self.received.lock().clear();
    }
}
