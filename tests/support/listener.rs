//! A subscriber for tests, independent of Lookout's own: writes down everything, in order, over reconnects.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use rumqttc::{Client, Event, MqttOptions, Packet, QoS};
use serde_json::Value;

/// One message as it came.
#[derive(Debug, Clone)]
pub struct Received {
    pub topic: String,
    pub payload: Vec<u8>,
    pub retain: bool,
}

impl Received {
    /// Its body as JSON; `Null` if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.payload).unwrap_or(Value::Null)
    }

    /// The CloudEvent's id.
    pub fn id(&self) -> Option<String> {
        Some(self.json().get("id")?.as_str()?.to_owned())
    }
}

#[derive(Default)]
struct Book {
    received: Vec<Received>,
    subscriptions: u64,
}

/// Subscribes with MQTT 3.1.1 until it is dropped.
pub struct Listener {
    book: Arc<(Mutex<Book>, Condvar)>,
    client: Client,
    gone: Arc<AtomicBool>,
}

impl Listener {
    /// Returns when the broker has confirmed the subscription.
    pub fn start(port: u16, filter: &str) -> Self {
        let mut options = MqttOptions::new(format!("listener-{}", rand::random::<u32>()), "127.0.0.1", port);
        options.set_max_packet_size(2 << 20, 2 << 20);
        let (client, mut connection) = Client::new(options, 64);
        let book: Arc<(Mutex<Book>, Condvar)> = Arc::default();
        let gone = Arc::new(AtomicBool::new(false));
        let (for_thread, subscriber, filter, over) =
            (book.clone(), client.clone(), filter.to_owned(), gone.clone());
        std::thread::spawn(move || {
            for event in connection.iter() {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                let (book, changed) = &*for_thread;
                match event {
                    Ok(Event::Incoming(Packet::ConnAck(_))) => {
                        let _ = subscriber.try_subscribe(&filter, QoS::AtLeastOnce);
                    }
                    Ok(Event::Incoming(Packet::SubAck(_))) => {
                        book.lock().subscriptions += 1;
                        changed.notify_all();
                    }
                    Ok(Event::Incoming(Packet::Publish(publish))) => {
                        book.lock().received.push(Received {
                            topic: publish.topic,
                            payload: publish.payload.to_vec(),
                            retain: publish.retain,
                        });
                        changed.notify_all();
                    }
                    Ok(_) => {}
                    // The broker is away; not in a busy loop.
                    Err(_) => std::thread::park_timeout(Duration::from_millis(20)),
                }
            }
        });
        let listener = Listener { book, client, gone };
        listener.wait_subscribed(1);
        listener
    }

    /// Waits until the subscription was confirmed so often: again after each reconnect.
    pub fn wait_subscribed(&self, times: u64) {
        self.wait(&format!("{times} subscriptions"), |book| book.subscriptions >= times);
    }

    pub fn subscriptions(&self) -> u64 {
        self.book.0.lock().subscriptions
    }

    /// Everything heard so far.
    pub fn received(&self) -> Vec<Received> {
        self.book.0.lock().received.clone()
    }

    /// Waits until `enough` says so of what was heard.
    pub fn wait_for(&self, what: &str, enough: impl Fn(&[Received]) -> bool) -> Vec<Received> {
        self.wait(what, |book| enough(&book.received));
        self.received()
    }

    /// Waits for the next message, after `already` ones, for which `wanted` holds.
    pub fn wait_one(&self, what: &str, wanted: impl Fn(&Received) -> bool) -> Received {
        let received = self.wait_for(what, |received| received.iter().any(&wanted));
        received.into_iter().find(|one| wanted(one)).expect("just seen")
    }

    pub fn publish(&self, topic: &str, retain: bool, payload: impl Into<Vec<u8>>) {
        self.client.publish(topic, QoS::AtLeastOnce, retain, payload).expect("a running client");
    }

    fn wait(&self, what: &str, enough: impl Fn(&Book) -> bool) {
        let until = Instant::now() + Duration::from_secs(60);
        let (book, changed) = &*self.book;
        let mut book = book.lock();
        while !enough(&book) {
            let late = changed.wait_until(&mut book, until).timed_out();
            assert!(
                !late || enough(&book),
                "waited in vain for {what}; heard {} messages, the last of them {:?}: {:#?}",
                book.received.len(),
                book.received.last().map(|one| String::from_utf8_lossy(&one.payload)),
                book.received
                    .iter()
                    .rev()
                    .take(12)
                    .map(|one| format!(
                        "{} {}",
                        one.topic,
                        String::from_utf8_lossy(&one.payload[..one.payload.len().min(160)])
                    ))
                    .collect::<Vec<_>>()
            );
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.gone.store(true, Ordering::Relaxed);
        let _ = self.client.try_disconnect();
    }
}
