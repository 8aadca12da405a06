//! A small command centre that receives alerts, acknowledges and marks, for `lookout tail` and the demo.
//! A real one needs nothing of this, only the contract.
//!
//! Input: messages of any box below the prefix. Must never assume that a message follows the contract:
//! it comes over the network.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::path::PathBuf;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::endpoint::Endpoint;
use super::flight::{Flight, Publish};
use super::publisher::Delivery;
use super::trouble::Context;
use super::wire::{self, Client, Event, Opening, Properties, Wire};
use super::{Settings, Timing, Trouble};
use crate::analysis::time::Timestamp;
use crate::contract::Topics;
use crate::contract::messages::{self, JSON, MARK, SIGNED};
use crate::contract::signature::PrivateKey;
use crate::text::mqtt as say;
use crate::types::mqtt::Version;

/// The subscriptions of a centre, below a box's topic.
mod event;

use event::open_list;
pub(crate) use event::{About, Alert, CentreEvent, OpenAlert, OpenList};

const ALERT: &str = messages::ALERT.topic;
const REPLY: &str = messages::REPLY.topic;
const COUNT: &str = messages::COUNT.topic;
const STATE: &str = messages::STATE.topic;
const META: &str = messages::META.topic;
const ACTIVE: &str = messages::ACTIVE.topic;

/// Largest message taken: a picture.
const INCOMING_BYTES: usize = 512 * 1024;
/// Number of ids remembered to recognise repeats.
const REMEMBERED: usize = 100_000;
/// An acknowledgement is good for so long.
const COMMAND_GOOD_FOR: Duration = Duration::from_secs(300);

/// Which broker and which boxes.
#[derive(Debug, Clone)]
pub(crate) struct Follow {
    /// As [`Settings::url`].
    pub url: String,
    /// Protocol version.
    pub version: Version,
    /// First part of every topic.
    pub prefix: String,
    /// One area, or all.
    pub area: Option<String>,
    /// One box, or all.
    pub box_name: Option<String>,
    /// As [`Settings::ca_file`].
    pub ca_file: Option<PathBuf>,
    /// As [`Settings::user`].
    pub user: Option<String>,
    /// As [`Settings::password_file`].
    pub password_file: Option<PathBuf>,
    /// Whether to send marks: the boxes then keep everything until a mark covers it.
    pub mark: bool,
    /// Signs commands and marks; without one they go out as plain JSON.
    pub key: Option<Arc<PrivateKey>>,
}

impl Default for Follow {
    /// All boxes of the broker on this machine.
    fn default() -> Self {
        Follow {
            url: format!("mqtt://127.0.0.1:{}", super::embedded::DEFAULT_PORT),
            version: Version::V311,
            prefix: "lookout/v1".to_owned(),
            area: None,
            box_name: None,
            ca_file: None,
            user: None,
            password_file: None,
            mark: false,
            key: None,
        }
    }
}

/// Something to send.
#[derive(Debug)]
enum Order {
    Command { topic: String, request_id: String, body: Vec<u8> },
    Mark { topic: String, body: Vec<u8> },
}

/// A running command centre. Ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Centre {
    prefix: String,
    events: mpsc::Receiver<CentreEvent>,
    orders: mpsc::Sender<Order>,
    key: Option<Arc<PrivateKey>>,
    task: JoinHandle<()>,
}

impl Drop for Centre {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Centre {
    /// Starts following. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// The URL cannot work, or a file that is named cannot be used. An unreachable broker is heard of later, as
    /// [`CentreEvent::Lost`].
    pub(crate) fn start(follow: &Follow) -> Result<Self, Trouble> {
        // Topics are made and read with the same one.
        let prefix = follow.prefix.trim_matches('/').to_owned();
        let settings = Settings {
            url: Some(follow.url.clone()),
            version: follow.version,
            prefix: prefix.clone(),
            ca_file: follow.ca_file.clone(),
            user: follow.user.clone(),
            password_file: follow.password_file.clone(),
            ..Settings::new(
                follow.area.clone().unwrap_or_else(|| "any".to_owned()),
                follow.box_name.clone().unwrap_or_else(|| "any".to_owned()),
            )
        };
        if let Some(problem) = settings.problems().into_iter().next() {
            return Err(problem);
        }
        let endpoint = Endpoint::read(&settings)?;
        let plus = |part: &Option<String>| part.clone().unwrap_or_else(|| "+".to_owned());
        let topics = Topics::new(&prefix, &plus(&follow.area), &plus(&follow.box_name));
        // What the broker keeps comes first: how to read the rest, who is there, what is open. Then all that carry
        // numbers, so that marks have no holes.
        let filters = [META, STATE, ACTIVE, ALERT, REPLY, COUNT].map(|what| topics.of(what)).to_vec();
        // A slow reader makes the centre wait, and the broker in turn: nothing is dropped here.
        let (events_tx, events) = mpsc::channel(256);
        let (orders, orders_rx) = mpsc::channel(256);
        let work = Work {
            settings,
            endpoint: Some(endpoint),
            filters,
            client_id: format!("lookout-tail-{:08x}", rand::random::<u32>()),
            events: events_tx,
            orders: orders_rx,
            waiting: VecDeque::new(),
            known: HashSet::new(),
            known_in_order: VecDeque::new(),
            marks: follow.mark.then(BTreeMap::new),
            key: follow.key.clone(),
        };
        let task = tokio::spawn(work.follow());
        Ok(Centre { prefix, events, orders, key: follow.key.clone(), task })
    }

    /// The next event. Cancel safe.
    pub(crate) async fn next(&mut self) -> Option<CentreEvent> {
        self.events.recv().await
    }

    /// Acknowledges an alert of a box; returns the command's `request_id`, which its reply carries.
    pub(crate) async fn acknowledge(&self, area: &str, box_name: &str, alert_id: &str, by: &str) -> String {
        let request_id = format!("tail-{:016x}", rand::random::<u64>());
        let now = Timestamp::now();
        let until = now.checked_add(COMMAND_GOOD_FOR).unwrap_or(Timestamp::MAX);
        let body = json!({
            "request_id": request_id,
            "area": area,
            "box": box_name,
            "command": "ack",
            "alert_id": alert_id,
            "by": by,
            "iat": now.to_string(),
            "exp": until.to_string(),
        });
        let topic = Topics::new(&self.prefix, area, box_name).command("ack");
        let order = Order::Command {
            topic,
            request_id: request_id.clone(),
            body: sealed(self.key.as_deref(), &body),
        };
        // Fails only when the task ended, and then nobody waits for the reply either.
        let _ = self.orders.send(order).await;
        request_id
    }
}

/// Which numbers of a stream were stored.
#[derive(Debug, Default)]
struct Stored {
    mark: Option<u64>,
    above: BTreeSet<u64>,
}

impl Stored {
    /// Stores `n`; the new mark if it rose. Numbers before the first one received are taken as stored.
    fn store(&mut self, n: u64) -> Option<u64> {
        let before = self.mark;
        let mut mark = *self.mark.get_or_insert(n.saturating_sub(1));
        if n > mark {
            self.above.insert(n);
        }
        while self.above.remove(&(mark + 1)) {
            mark += 1;
        }
        self.mark = Some(mark);
        (before != Some(mark)).then_some(mark)
    }
}

/// The side of the background task.
struct Work {
    settings: Settings,
    /// What was read when it started, for the first connection; each later one reads anew.
    endpoint: Option<Endpoint>,
    filters: Vec<String>,
    client_id: String,
    events: mpsc::Sender<CentreEvent>,
    orders: mpsc::Receiver<Order>,
    /// Taken from `orders`, not acknowledged by the broker yet.
    waiting: VecDeque<Order>,
    known: HashSet<String>,
    known_in_order: VecDeque<String>,
    /// By area, box and stream.
    marks: Option<BTreeMap<(String, String, String), Stored>>,
    key: Option<Arc<PrivateKey>>,
}

impl Work {
    async fn follow(mut self) {
        let mut attempt = 0_u32;
        loop {
            let begun = Instant::now();
            let trouble = self.connect_once().await;
            if self.events.send(CentreEvent::Lost(trouble)).await.is_err() {
                return;
            }
            attempt = if begun.elapsed() > Duration::from_secs(10) { 0 } else { (attempt + 1).min(6) };
            let most = Duration::from_millis(250).saturating_mul(1 << attempt);
            tokio::time::sleep(most.mul_f64(rand::random::<f64>())).await;
        }
    }

    async fn connect_once(&mut self) -> Trouble {
        let endpoint = match self.endpoint.take().map_or_else(|| Endpoint::read(&self.settings), Ok) {
            Ok(endpoint) => endpoint,
            Err(trouble) => return trouble,
        };
        let (client, mut wire) = wire::open(Opening {
            endpoint: &endpoint,
            version: self.settings.version,
            client_id: &self.client_id,
            connect: Duration::from_secs(5),
            keep_alive: Timing::default().keep_alive,
            will: None,
            incoming_bytes: INCOMING_BYTES,
        });
        let broker = endpoint.address.to_string();
        let user = endpoint.login.as_ref().map(|(user, _)| user.as_str());
        let mut context = Context {
            broker: &broker,
            host: &endpoint.address.host,
            tls: endpoint.address.tls,
            user,
            client_id: &self.client_id.clone(),
            version: self.settings.version,
            connected: false,
        };
        let (lost, flight) = self.talk(&client, &mut wire, &mut context).await;
        // Not acknowledged: again on the next connection, before anything newer.
        for order in flight.into_iter().rev() {
            self.waiting.push_front(order);
        }
        lost
    }

    async fn talk(
        &mut self,
        client: &Client,
        wire: &mut Wire,
        context: &mut Context<'_>,
    ) -> (Trouble, Vec<Order>) {
        let broker = context.broker;
        let mut flight: Flight<Order> = Flight::new(1);
        let mut filters = self.filters.clone().into_iter();
        let mut asked = String::new();
        let mut ready = false;
        loop {
            let event = match self.wait(pin!(wire.poll(context)), client, &mut flight, ready).await {
                Ok(event) => event,
                Err(trouble) => return (trouble, flight.take_all()),
            };
            match event {
                Event::Connected { receive_max, .. } => {
                    flight = Flight::new(receive_max);
                    asked = ask_next(client, &mut flight, &mut filters).unwrap_or_default();
                }
                // Without these it shows less; without the others it does not do what it is for.
                Event::Subscribed { refusal: Some(reason) }
                    if asked.ends_with(META) || asked.ends_with(ACTIVE) =>
                {
                    let next = ask_next(client, &mut flight, &mut filters).unwrap_or_default();
                    self.emit(CentreEvent::SubscriptionRefused(std::mem::replace(&mut asked, next), reason))
                        .await;
                }
                Event::Subscribed { refusal: Some(reason) } => {
                    let what = say::subscription_refused(broker, reason);
                    let trouble = Trouble::new(super::TroubleKind::NotAllowed, what)
                        .try_this(say::try_rights_to_read());
                    return (trouble, flight.take_all());
                }
                Event::Subscribed { refusal: None } => match ask_next(client, &mut flight, &mut filters) {
                    Some(next) => asked = next,
                    None => {
                        ready = true;
                        self.emit(CentreEvent::Connected).await;
                    }
                },
                Event::Sent(pkid) => {
                    flight.sent(pkid);
                }
                Event::Acked { pkid, .. } => {
                    if let Some(Order::Command { request_id, .. }) = flight.acked(pkid) {
                        self.emit(CentreEvent::Sent(request_id)).await;
                    }
                }
                Event::Message { topic, payload, retain, .. } => self.receive(&topic, &payload, retain).await,
                Event::Disconnected | Event::Collision | Event::Other => {}
            }
        }
    }

    /// Hands orders over, once it is `ready` for them, until the broker says something.
    async fn wait(
        &mut self,
        mut poll: Pin<&mut impl Future<Output = Result<Event, Trouble>>>,
        client: &Client,
        flight: &mut Flight<Order>,
        ready: bool,
    ) -> Result<Event, Trouble> {
        loop {
            if ready && flight.has_room() {
                let order = self.waiting.pop_front().or_else(|| self.orders.try_recv().ok());
                if let Some(order) = order {
                    hand_over(client, flight, order);
                    continue;
                }
            }
            tokio::select! {
                event = &mut poll => return event,
                Some(order) = self.orders.recv(), if ready => self.waiting.push_back(order),
            }
        }
    }

    async fn emit(&self, event: CentreEvent) {
        // Nobody listens any more: the task is about to be aborted.
        let _ = self.events.send(event).await;
    }

    async fn receive(&mut self, topic: &str, payload: &[u8], retain: bool) {
        let Some(rest) = topic.strip_prefix(&self.settings.prefix).and_then(|rest| rest.strip_prefix('/'))
        else {
            return;
        };
        let mut parts = rest.splitn(3, '/');
        let (Some(area), Some(box_name), Some(what)) = (parts.next(), parts.next(), parts.next()) else {
            return;
        };
        if payload.is_empty() {
            // Somebody cleared what the broker kept.
            return;
        }
        let Ok(body) = serde_json::from_slice::<Value>(payload) else {
            self.emit(CentreEvent::Unreadable(format!("{topic}: not JSON"))).await;
            return;
        };
        let event = match what {
            ALERT => {
                self.store(area, box_name, &body);
                self.alert(area, box_name, body)
            }
            REPLY => {
                self.store(area, box_name, &body);
                CentreEvent::Reply(body)
            }
            COUNT => return self.store(area, box_name, &body),
            STATE => {
                let data = body.get("data").unwrap_or(&body);
                let state = data["state"].as_str().unwrap_or("unknown").to_owned();
                CentreEvent::State(area.to_owned(), box_name.to_owned(), state)
            }
            META => {
                let data = body.get("data").unwrap_or(&body);
                let text = |key: &str| data[key].as_str().unwrap_or_default().to_owned();
                let (area, box_name) = (area.to_owned(), box_name.to_owned());
                CentreEvent::About(About {
                    area,
                    box_name,
                    time_zone: text("time_zone"),
                    language: text("language"),
                })
            }
            // Later ones say nothing that the revisions do not say.
            ACTIVE if retain => CentreEvent::Open(open_list(area, box_name, body)),
            _ => return,
        };
        self.emit(event).await;
    }

    /// Notes a message's number as stored, and those that it says are missing, and marks.
    fn store(&mut self, area: &str, box_name: &str, body: &Value) {
        let data = body.get("data").unwrap_or(body);
        let ranges = data["missing"].as_array().map(Vec::as_slice).unwrap_or_default();
        let missing = ranges
            .iter()
            .filter_map(|range| range["from"].as_u64().zip(range["to"].as_u64()))
            // A range as large as this is no gap of ours.
            .filter(|(from, to)| to.saturating_sub(*from) < REMEMBERED as u64)
            .flat_map(|(from, to)| from..=to);
        if let Some(stream) = data["missing_stream"].as_str() {
            let missing: Vec<u64> = missing.collect();
            self.store_numbers(area, box_name, stream, &missing);
        }
        if let Some((stream, n)) = data["seq"]["stream"].as_str().zip(data["seq"]["n"].as_u64()) {
            self.store_numbers(area, box_name, stream, &[n]);
        }
    }

    fn store_numbers(&mut self, area: &str, box_name: &str, stream: &str, numbers: &[u64]) {
        let Some(marks) = &mut self.marks else { return };
        let key = (area.to_owned(), box_name.to_owned(), stream.to_owned());
        let stored = marks.entry(key).or_default();
        if let Some(mark) = numbers.iter().filter_map(|n| stored.store(*n)).last() {
            let topic = Topics::new(&self.settings.prefix, area, box_name).of(MARK.topic);
            let body = json!({ "area": area, "box": box_name, "command": "mark", "iat": Timestamp::now().to_string(),
                "stream": stream, "n": mark });
            let body = sealed(self.key.as_deref(), &body);
            // A newer mark says more than the one still waiting.
            self.waiting
                .retain(|order| !matches!(order, Order::Mark { topic: other, .. } if *other == topic));
            self.waiting.push_back(Order::Mark { topic, body });
        }
    }

    fn alert(&mut self, area: &str, box_name: &str, body: Value) -> CentreEvent {
        let data = body.get("data").unwrap_or(&body);
        let Some(alert_id) = data["alert_id"].as_str() else {
            let is_gap =
                data.get("ranges").is_some() || body["type"].as_str().is_some_and(|t| t.contains("gap"));
            if is_gap {
                return CentreEvent::Gap(body);
            }
            let is_time_fix = body["type"].as_str().is_some_and(|t| t.contains("time_fix"));
            return if is_time_fix {
                CentreEvent::TimeFix(body)
            } else {
                CentreEvent::Unreadable(body.to_string())
            };
        };
        let rev = data["rev"].as_u64().unwrap_or(0);
        let id = body["id"].as_str().map_or_else(|| format!("{alert_id}.{rev}"), str::to_owned);
        let text = |key: &str| data[key].as_str().unwrap_or_default().to_owned();
        let acknowledged_by = ["ack", "acknowledged", "acknowledgement"]
            .iter()
            .find_map(|key| data.get(key)?.get("by")?.as_str())
            .map(str::to_owned);
        let seq = data["seq"]["stream"].as_str().zip(data["seq"]["n"].as_u64());
        let alert = Alert {
            area: area.to_owned(),
            box_name: box_name.to_owned(),
            alert_id: alert_id.to_owned(),
            rev,
            phase: text("phase"),
            level: text("level"),
            kind: text("kind"),
            title: text("title"),
            acknowledged_by,
            seq: seq.map(|(stream, n)| (stream.to_owned(), n)),
            id: id.clone(),
            raw: body,
        };
        if self.is_repeat(&id) { CentreEvent::Repeat(id) } else { CentreEvent::Alert(Box::new(alert)) }
    }

    fn is_repeat(&mut self, id: &str) -> bool {
        if !self.known.insert(id.to_owned()) {
            return true;
        }
        self.known_in_order.push_back(id.to_owned());
        if self.known_in_order.len() > REMEMBERED
            && let Some(oldest) = self.known_in_order.pop_front()
        {
            self.known.remove(&oldest);
        }
        false
    }
}

/// The bytes to send: signed if there is a key.
fn sealed(key: Option<&PrivateKey>, body: &Value) -> Vec<u8> {
    let body = body.to_string().into_bytes();
    key.map_or_else(|| body.clone(), |key| key.sign(&body).into_bytes())
}

/// Asks for the next subscription; which one, or `None` if there is none left.
fn ask_next(
    client: &Client,
    flight: &mut Flight<Order>,
    filters: &mut std::vec::IntoIter<String>,
) -> Option<String> {
    let filter = filters.next()?;
    client.subscribe(&filter);
    flight.number_taken();
    Some(filter)
}

fn hand_over(client: &Client, flight: &mut Flight<Order>, order: Order) {
    let (topic, body, delivery) = match &order {
        // Sent as marks are, but never kept.
        Order::Command { topic, body, .. } => {
            (topic, body, Delivery { retain: false, ..Delivery::of(&MARK) })
        }
        Order::Mark { topic, body } => (topic, body, Delivery::of(&MARK)),
    };
    let is_signed = !body.starts_with(b"{");
    let content_type = if is_signed { SIGNED } else { JSON };
    client.publish(topic, Delivery { content_type, ..delivery }, body.clone(), Properties::default());
    let bytes = body.len() as u64;
    flight.hand_over(Publish { item: order, bytes, since: Instant::now(), acknowledged: true });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(numbers: &[u64]) -> Vec<Option<u64>> {
        let mut stored = Stored::default();
        numbers.iter().map(|n| stored.store(*n)).collect()
    }

    #[test]
    fn a_mark_rises_only_over_what_is_there_without_a_hole() {
        assert_eq!(marks(&[1, 2, 3]), [Some(1), Some(2), Some(3)]);
        assert_eq!(marks(&[1, 3, 2]), [Some(1), None, Some(3)]);
        assert_eq!(marks(&[7, 8, 8]), [Some(7), Some(8), None], "what was before the first is not ours");
        assert_eq!(marks(&[7, 3, 8]), [Some(7), None, Some(8)], "older ones come late");
    }
}
