//! A command centre's consumer, independent of Lookout's own code: collects what a broker sends.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rumqttc::{Client, Event, MqttOptions, Packet, QoS};
use serde_json::Value;

/// One message as it came.
#[derive(Debug, Clone)]
pub struct Message {
    pub topic: String,
    pub payload: Vec<u8>,
}

impl Message {
    /// The payload as JSON; `Null` if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.payload).unwrap_or(Value::Null)
    }
}

#[derive(Default)]
struct Inbox {
    messages: Mutex<Vec<Message>>,
    came: Condvar,
    /// Nobody reads it any more.
    is_left: AtomicBool,
}

/// Subscribes to everything and keeps it. Reconnects with the same session when the broker restarts.
pub struct Consumer {
    client: Client,
    inbox: Arc<Inbox>,
}

impl Drop for Consumer {
    fn drop(&mut self) {
        self.inbox.is_left.store(true, Ordering::Relaxed);
        // Wakes a thread that waits for the broker; one whose broker is gone looks by itself.
        let _ = self.client.try_disconnect();
    }
}

impl Consumer {
    /// Connects to a broker on the loopback address and waits until the subscription stands.
    pub fn connect(port: u16, name: &str) -> Self {
        let mut options = MqttOptions::new(name, "127.0.0.1", port);
        options.set_keep_alive(Duration::from_secs(5)).set_max_packet_size(1 << 20, 1 << 20);
        // The broker keeps what comes while this consumer is away, where it keeps anything.
        options.set_clean_session(false);
        let (client, mut connection) = Client::new(options, 16);
        let inbox = Arc::new(Inbox::default());
        let (subscribed, wait) = std::sync::mpsc::channel();
        let (inside, again) = (inbox.clone(), client.clone());
        thread::Builder::new()
            .name("consumer".to_owned())
            .spawn(move || {
                for event in connection.iter() {
                    // Otherwise it would take the session from the next one of its name at the same port, again and again.
                    if inside.is_left.load(Ordering::Relaxed) {
                        return;
                    }
                    match event {
                        Ok(Event::Incoming(Packet::ConnAck(_))) => {
                            if again.try_subscribe("lookout/#", QoS::AtLeastOnce).is_err() {
                                return;
                            }
                        }
                        Ok(Event::Incoming(Packet::SubAck(_))) => {
                            let _ = subscribed.send(());
                        }
                        Ok(Event::Incoming(Packet::Publish(publish))) => {
                            let message =
                                Message { topic: publish.topic.clone(), payload: publish.payload.to_vec() };
                            inside.messages.lock().expect("inbox").push(message);
                            inside.came.notify_all();
                        }
                        Ok(_) => {}
                        // The broker is away. Soon again: whoever is not there when a box publishes misses it.
                        Err(_) => thread::park_timeout(Duration::from_millis(10)),
                    }
                }
            })
            .expect("a thread");
        wait.recv_timeout(Duration::from_secs(20)).expect("the broker accepts the subscription");
        Consumer { client, inbox }
    }

    /// Publishes one message, QoS 1, not retained.
    pub fn publish(&self, topic: &str, payload: &Value) {
        self.client
            .publish(topic, QoS::AtLeastOnce, false, payload.to_string())
            .expect("the client takes a message");
    }

    /// Waits until `found` finds what it looks for among all messages so far.
    pub fn wait_for<T>(&self, what: &str, within: Duration, found: impl Fn(&[Message]) -> Option<T>) -> T {
        let deadline = Instant::now() + within;
        let mut messages = self.inbox.messages.lock().expect("inbox");
        loop {
            if let Some(result) = found(&messages) {
                return result;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{what} did not come within {within:?}; came: {:#?}", topics(&messages));
            messages = self.inbox.came.wait_timeout(messages, left).expect("inbox").0;
        }
    }

    /// Every message so far.
    pub fn messages(&self) -> Vec<Message> {
        self.inbox.messages.lock().expect("inbox").clone()
    }
}

/// Every alert message, as JSON, in the order they came.
pub fn alerts(messages: &[Message]) -> Vec<Value> {
    messages.iter().filter(|m| m.topic.ends_with("/up/alert")).map(Message::json).collect()
}

/// The first alert message that fits.
pub fn alert_where(messages: &[Message], fits: impl Fn(&Value) -> bool) -> Option<Value> {
    alerts(messages).into_iter().find(|alert| fits(alert))
}

fn topics(messages: &[Message]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for message in messages {
        *counts.entry(message.topic.clone()).or_default() += 1;
    }
    counts
}
