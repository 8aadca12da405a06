//! One connection, from the first packet to whatever ends it.
//!
//! [`run`] waits (for the wire, the outbox, the clock); [`Connection`] decides. Order of what is sent:
//! subscriptions, then `online`, then the latest values, then records as the outbox lends them. Must never
//! let one bad record, message or subscription keep the others from going on.

mod inbound;
mod item;
mod responding;
mod sending;
mod signing;

use std::collections::{HashMap, VecDeque};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tracing::debug;
use ulid::Ulid;

use super::endpoint::Endpoint;
use super::flight::{Flight, WINDOW};
use super::publisher::{Delivery, Shared, Unsigned, WHOLE_TOPIC};
use super::trouble::Context;
use super::wire::{self, Client, Event, Opening, Refused};
use super::{Settings, Timing, Trouble, TroubleKind};
use crate::contract::messages::{SIGNATURE, STATE};
use crate::outbox::{OutboxError, RecordId, Sending};
use crate::text::{Sentence, Words, foreign, language_of_log, log_info, log_warn, mqtt as say};
use crate::types::backoff::doubled;
use crate::types::box_state::BoxState;
use crate::types::mqtt::Version;
use crate::types::rate::Bucket;
use item::{Item, key_of, packet_bytes, strike, suspected};
use responding::Response;
use sending::state_body;

/// A connection that was lost so often with the same publish alone in flight was lost because of it.
const STRIKES: u32 = 3;
/// A message that is too large ends the connection right after its subscription, if it was retained; later
/// it was sent just now, will not come again, and no subscription needs to be left out.
const RETAINED_COMES_WITHIN: Duration = Duration::from_secs(5);

/// What is in flight gets so long to arrive before a connection is left for another one.
const LEAVE_WITHIN: Duration = Duration::from_secs(5);

/// How a connection ended.
pub(super) enum Ended {
    /// As requested; `confirmed` if the broker acknowledged `stopped`.
    Stopped { confirmed: bool },
    /// By itself; `acknowledged` if the broker had acknowledged anything.
    Lost { trouble: Trouble, acknowledged: bool },
}

/// Connects to the broker of that number, in that version, and stays until something ends it.
pub(super) async fn run(
    shared: Arc<Shared>,
    broker: usize,
    version: Version,
    stop: watch::Receiver<Option<Instant>>,
) -> Ended {
    let renewed = shared.renewed.subscribe();
    let settings = shared.settings();
    let endpoint = match Endpoint::read_nth(&settings, broker) {
        Ok(endpoint) => endpoint,
        Err(trouble) => return Ended::Lost { trouble, acknowledged: false },
    };
    let broker = endpoint.address.to_string();
    let session = new_session(&shared);
    shared.status.send_modify(|status| {
        status.broker.clone_from(&broker);
        status.session.clone_from(&session);
    });
    let client_id = settings.client_id();
    let will = state_body(&shared, BoxState::Offline, &session);
    let (client, mut wire) = wire::open(Opening {
        endpoint: &endpoint,
        version,
        client_id: &client_id,
        connect: settings.timing.connect,
        keep_alive: settings.timing.keep_alive,
        will: will.map(|body| (format!("{}/{}", settings.base(), STATE.topic), Delivery::of(&STATE), body)),
        incoming_bytes: wire::INCOMING_BYTES,
    });
    let mut context = Context {
        broker: &broker,
        host: &endpoint.address.host,
        tls: endpoint.address.tls,
        user: endpoint.login.as_ref().map(|(user, _)| user.as_str()),
        client_id: &client_id,
        version,
        connected: false,
    };
    let mut wakes = Wakes {
        stop,
        renewed,
        appended: shared.outbox.appended(),
        latest: shared.latest_changed.subscribe(),
    };
    let mut connection = Connection::new(shared.clone(), settings.clone(), version, session, &broker);

    let trouble = loop {
        let event = connection.wait(pin!(wire.poll(&mut context)), &client, &mut wakes).await;
        let applied = match event {
            Ok(event) => connection.apply(event).await,
            Err(trouble) => Err(trouble),
        };
        if let Err(trouble) = applied {
            break trouble;
        }
        if connection.gone {
            return Ended::Stopped { confirmed: connection.stopped_confirmed };
        }
    };
    for event in wire.left_over() {
        // The trouble is known already.
        let _ = connection.apply(event).await;
    }
    connection.end(&trouble).await;
    let trouble = connection.narrowed_down(trouble, &broker);
    if connection.stop_until.is_some() {
        return Ended::Stopped { confirmed: connection.stopped_confirmed };
    }
    Ended::Lost { trouble, acknowledged: connection.acknowledged }
}

fn new_session(shared: &Shared) -> String {
    let now = u64::try_from(shared.clock.now().utc.as_millisecond()).unwrap_or(0);
    Ulid::from_parts(now, rand::random()).to_string()
}

/// What a connection waits for besides its broker and the clock.
struct Wakes {
    /// Until when it must be gone.
    stop: watch::Receiver<Option<Instant>>,
    /// The settings changed.
    renewed: watch::Receiver<u64>,
    /// A record was stored.
    appended: watch::Receiver<u64>,
    /// A latest value changed.
    latest: watch::Receiver<u64>,
}

struct Connection {
    shared: Arc<Shared>,
    /// The settings at its beginning.
    settings: Arc<Settings>,
    /// What is spoken with this broker.
    version: Version,
    base: String,
    /// `host:port`.
    broker: String,
    session: String,
    begun: Instant,
    /// When `poll()` last came back.
    progress: Instant,
    keep_alive: Duration,
    connected_at: Option<Instant>,
    max_packet: Option<u32>,
    /// Whether a PUBACK came.
    acknowledged: bool,
    flight: Flight<Item>,
    /// Still to be asked for, the first is next.
    subscriptions: VecDeque<String>,
    /// Asked for, and when.
    subscribing: Option<(String, Instant)>,
    last_subscribed: Option<(String, Instant)>,
    /// Subscriptions that are missing, and why.
    deaf_to: Vec<Sentence>,
    /// Whether this connection was announced.
    announced: bool,
    /// What `up/state` must say, if it has not been said.
    state_to_say: Option<BoxState>,
    /// It could not be built, and is not tried again before.
    state_not_before: Option<Instant>,
    latest_sent: HashMap<String, u64>,
    /// Its signature was handed over, so it goes next.
    signed: Option<Sending>,
    /// Whether the outbox may have something.
    look: bool,
    /// When the outbox may have something again.
    look_at: Option<Instant>,
    backlog: Bucket,
    /// Answers that are on `up/reply` and go to their response topics next.
    responses: VecDeque<Response>,
    stop_until: Option<Instant>,
    stopped_confirmed: bool,
    leaving: bool,
    gone: bool,
}

impl Connection {
    /// Hands over what there is room for until the broker says something, and does what is due meanwhile. `poll` is kept over all
    /// the waiting: one that is dropped may take a packet with it.
    ///
    /// # Errors
    /// What ends the connection.
    async fn wait(
        &mut self,
        mut poll: Pin<&mut impl Future<Output = Result<Event, Trouble>>>,
        client: &Client,
        wakes: &mut Wakes,
    ) -> Result<Event, Trouble> {
        loop {
            self.feed(client).await?;
            let wake = self.next_wake();
            tokio::select! {
                event = &mut poll => return event,
                () = tokio::time::sleep_until(wake.into()) => {
                    if let Some(trouble) = self.overdue(Instant::now(), &self.broker) {
                        return Err(trouble);
                    }
                    self.forget_namesake(Instant::now());
                    self.report_unanswered(false, Instant::now()).await;
                    self.look_again();
                }
                Ok(()) = wakes.appended.changed() => self.look_again(),
                Ok(()) = wakes.latest.changed() => {}
                Ok(()) = wakes.renewed.changed() => self.stop(Instant::now() + LEAVE_WITHIN),
                Ok(()) = wakes.stop.changed() => {
                    let until = *wakes.stop.borrow_and_update();
                    self.report_unanswered(true, Instant::now()).await;
                    self.stop(until.unwrap_or_else(Instant::now));
                }
            }
        }
    }

    fn new(
        shared: Arc<Shared>,
        settings: Arc<Settings>,
        version: Version,
        session: String,
        broker: &str,
    ) -> Self {
        let now = Instant::now();
        let base = settings.base();
        let mut suspects = shared.suspects.lock();
        suspects.namesake.begin(&session, broker);
        let left_out = &mut suspects.not_taken(broker).left_out;
        left_out.retain(|_, until| *until > now);
        let subscriptions = std::iter::once(STATE.topic.to_owned())
            .chain(shared.bodies.downlink.topics())
            .filter(|suffix| !left_out.contains_key(suffix))
            .collect();
        drop(suspects);
        let rate = f64::from(settings.backlog_per_sec.max(1));
        Connection {
            version,
            base,
            broker: broker.to_owned(),
            session,
            begun: now,
            progress: now,
            keep_alive: settings.timing.keep_alive,
            connected_at: None,
            max_packet: None,
            acknowledged: false,
            flight: Flight::new(1),
            subscriptions,
            subscribing: None,
            last_subscribed: None,
            deaf_to: Vec::new(),
            announced: false,
            state_to_say: Some(BoxState::Online),
            state_not_before: None,
            latest_sent: HashMap::new(),
            signed: None,
            look: true,
            look_at: None,
            backlog: Bucket::new(rate, rate, now),
            responses: VecDeque::new(),
            stop_until: None,
            stopped_confirmed: false,
            leaving: false,
            gone: false,
            shared,
            settings,
        }
    }

    fn timing(&self) -> &Timing {
        &self.settings.timing
    }

    fn topic(&self, suffix: &str) -> String {
        match suffix.strip_prefix(WHOLE_TOPIC) {
            Some(whole) => whole.to_owned(),
            None => format!("{}/{suffix}", self.base),
        }
    }

    // ---- what happened ----

    async fn apply(&mut self, event: Event) -> Result<(), Trouble> {
        self.progress = Instant::now();
        match event {
            Event::Connected { receive_max, max_packet, keep_alive } => {
                self.connected(receive_max, max_packet, keep_alive).await?;
            }
            Event::Subscribed { refusal } => self.subscribed(refusal),
            Event::Sent(pkid) => {
                if let Some(item) = self.flight.sent(pkid) {
                    self.done(item).await;
                }
            }
            Event::Acked { pkid, refusal } => {
                self.acknowledged = true;
                match (self.flight.acked(pkid), refusal) {
                    (Some(item), None) => self.done(item).await,
                    (Some(item), Some(refused)) => self.refused(item, refused).await,
                    (None, _) => debug!(pkid, "a PUBACK for nothing in flight"),
                }
            }
            Event::Message { topic, payload, retain, request } => {
                self.message(&topic, payload, retain, request).await;
            }
            Event::Disconnected => self.gone = self.leaving,
            Event::Collision => {
                return Err(Trouble::new(TroubleKind::Protocol, say::two_of_one_number()));
            }
            Event::Other => {}
        }
        Ok(())
    }

    async fn connected(
        &mut self,
        receive_max: u16,
        max_packet: Option<u32>,
        keep_alive: Duration,
    ) -> Result<(), Trouble> {
        if receive_max == 0 {
            return Err(Trouble::new(TroubleKind::Protocol, say::takes_nothing()));
        }
        self.flight = Flight::new(receive_max);
        self.shared.suspects.lock().namesake.accepted(&self.session);
        if self.shared.suspects.lock().probation > 0 {
            self.flight.set_window(1);
        }
        self.max_packet = max_packet;
        self.keep_alive = keep_alive;
        let takes_more = |before: u32| max_packet.is_none_or(|most| most > before);
        self.shared.suspects.lock().not_taken(&self.broker).too_small.take_if(|before| takes_more(*before));
        self.report_unsigned();
        self.connected_at = Some(Instant::now());
        self.shared.outbox.connected_async().await.map_err(|error| self.outbox_failed(&error))?;
        // This broker may take what another one refused, and what it refused itself waits for its time.
        let holds = self.shared.suspects.lock().holds(&self.broker, Instant::now());
        for (id, until) in holds {
            let outbox = &self.shared.outbox;
            outbox.hold_async(id, until).await.map_err(|error| self.outbox_failed(&error))?;
        }
        debug!(receive_max, ?max_packet, "the broker accepted the connection");
        Ok(())
    }

    fn subscribed(&mut self, refusal: Option<String>) {
        let Some((suffix, _)) = self.subscribing.take() else { return };
        if let Some(reason) = refusal {
            log_warn!(say::subscription_missing(); topic = %self.topic(&suffix), %reason);
            self.deaf_to.push(say::not_taken(&suffix, foreign::words(reason)));
        }
        self.last_subscribed = Some((suffix, Instant::now()));
    }

    /// Everything is asked for: from here on the connection counts.
    fn announce(&mut self) {
        self.announced = true;
        log_info!(say::connected(); broker = %self.shared.status.borrow().broker, session = %self.session);
        let mut suspects = self.shared.suspects.lock();
        let left_out = &suspects.not_taken(&self.broker).left_out;
        self.deaf_to.extend(left_out.keys().map(say::kept_too_large));
        drop(suspects);
        let at = self.shared.clock.now().utc;
        self.shared.status.send_modify(|status| {
            status.connected = true;
            status.connected_since = Some(at);
            status.connections += 1;
            status.deaf_to = std::mem::take(&mut self.deaf_to);
        });
    }

    /// It arrived.
    async fn done(&mut self, item: Item) {
        self.forgive(&item);
        match item {
            Item::State(BoxState::Stopped) => self.stopped_confirmed = true,
            Item::State(state) => {
                if state == BoxState::Online {
                    self.shared.suspects.lock().namesake.spoke();
                }
                self.shared.status.send_modify(|status| {
                    status.trouble = None;
                });
            }
            Item::Latest { topic, version } => {
                self.latest_sent.insert(topic, version);
            }
            Item::Record { id, kind, .. } => {
                self.taken_alone(kind);
                if let Err(error) = self.shared.outbox.acked_async(vec![id]).await {
                    // It is sent again one day, and the consumer knows it by its id.
                    log_warn!(say::record_kept(); error = %error.in_language(language_of_log()));
                }
                // The next picture may go.
                self.look = true;
            }
            // A signature counts for nothing without its record, which follows.
            Item::Signature | Item::Response { .. } => {}
        }
    }

    fn forgive(&mut self, item: &Item) {
        let mut suspects = self.shared.suspects.lock();
        suspects.strikes.remove(&key_of(item));
        suspects.took(&key_of(item));
        suspects.probation = suspects.probation.saturating_sub(1);
        if suspects.probation == 0 {
            self.flight.set_window(WINDOW);
        }
        drop(suspects);
        if matches!(item, Item::Signature) {
            self.sign_again();
        }
        self.shared.report_last_refusal();
    }

    /// The broker answered that it does not take it: this one waits, the others go on.
    async fn refused(&mut self, item: Item, refused: Refused) {
        if let Item::Response { topic } = &item {
            log_warn!(say::response_not_taken(); topic, why = refused.reason);
            return self.forgive(&item);
        }
        let first = if refused.passing { Duration::from_secs(2) } else { self.timing().hold_first };
        let times = strike(&mut self.shared.suspects.lock(), &self.broker, &item);
        let hold = doubled(first.min(self.timing().hold_first), times - 1, self.timing().hold_most);
        self.put_aside(&item, foreign::words(refused.reason).into(), hold).await;
        self.look = true;
    }

    async fn put_aside(&mut self, item: &Item, why: Words, hold: Duration) {
        let until = Instant::now() + hold;
        let topic = match item {
            Item::State(_) => STATE.topic,
            Item::Signature => SIGNATURE.topic,
            Item::Latest { topic, .. } | Item::Record { topic, .. } | Item::Response { topic } => topic,
        };
        log_warn!(say::put_aside(); topic, why = why.in_language(language_of_log()), hold_secs = hold.as_secs());
        {
            let mut suspects = self.shared.suspects.lock();
            suspects.put_aside(key_of(item), say::not_taken(topic, why.clone()));
            match item {
                Item::State(_) | Item::Response { .. } => {}
                Item::Signature => {
                    let unsigned = &mut suspects.not_taken(&self.broker).unsigned;
                    let is_proven = unsigned.as_ref().is_some_and(|before| before.is_proven);
                    *unsigned = Some(Unsigned { until, why, is_proven });
                }
                Item::Latest { topic, version } => {
                    let held_latest = &mut suspects.not_taken(&self.broker).held_latest;
                    held_latest.insert(topic.clone(), (*version, until));
                }
                Item::Record { id, .. } => {
                    let is_current = Arc::ptr_eq(&self.settings, &self.shared.settings());
                    suspects.hold(*id, until, &self.broker, is_current);
                }
            }
        }
        if let Item::Record { id, .. } = item {
            // Closed means that nobody wants it sent any more.
            let _ = self.shared.outbox.hold_async(*id, until).await;
        }
        self.report_unsigned();
        self.shared.report_last_refusal();
    }

    // ---- time ----

    fn look_again(&mut self) {
        self.look = true;
    }

    /// When to look at the clock next.
    fn next_wake(&self) -> Instant {
        let mut wake = self.liveness_deadline();
        if let Some(stall) = self.stall_deadline() {
            wake = wake.min(stall);
        }
        for at in [self.look_at.filter(|_| self.flight.has_room()), self.stop_until].into_iter().flatten() {
            wake = wake.min(at);
        }
        let mut suspects = self.shared.suspects.lock();
        let held = suspects.not_taken(&self.broker).held_latest.values().map(|(_, until)| *until).min();
        let forgotten = suspects.namesake.forgotten_at(self.timing().namesake_forgotten);
        drop(suspects);
        let unanswered = self.shared.refusals.lock().next_at(self.timing().refusals_within);
        for at in forgotten.into_iter().chain(unanswered) {
            wake = wake.min(at);
        }
        let state = self.state_not_before.filter(|_| self.state_to_say.is_some());
        for until in held.into_iter().chain(state).filter(|until| *until > Instant::now()) {
            wake = wake.min(until);
        }
        wake
    }

    /// `poll()` must come back by then: while connecting because somebody must answer, later because the
    /// library pings, unless it hangs in a flush.
    fn liveness_deadline(&self) -> Instant {
        match (self.connected_at, &self.subscribing) {
            (None, _) => self.begun + self.timing().connect + Duration::from_secs(1),
            (_, Some((_, since))) => *since + self.timing().connect,
            (Some(_), None) => self.progress + self.keep_alive * 2 + self.transfer(),
        }
    }

    /// How long what is in flight may take on a slow link.
    fn transfer(&self) -> Duration {
        Duration::from_secs(self.flight.bytes() / self.timing().slowest_link.max(1))
    }

    fn stall_deadline(&self) -> Option<Instant> {
        self.flight.oldest().map(|since| since + self.timing().stall + self.transfer())
    }

    /// What has waited too long, if anything.
    fn overdue(&self, now: Instant, broker: &str) -> Option<Trouble> {
        if self.stop_until.is_some_and(|until| now >= until) {
            return Some(Trouble::new(TroubleKind::Stalled, say::no_time_for_goodbye()));
        }
        let stalled = |what: Sentence| Some(Trouble::new(TroubleKind::Stalled, what));
        if self.connected_at.is_none() && now >= self.liveness_deadline() {
            return Some(Trouble::new(TroubleKind::Unreachable, say::no_answer(broker)));
        }
        if self.stall_deadline().is_some_and(|deadline| now >= deadline) {
            return stalled(say::unacknowledged(broker));
        }
        if now >= self.liveness_deadline() {
            return stalled(say::lifeless(broker));
        }
        None
    }

    fn stop(&mut self, until: Instant) {
        self.stop_until = Some(until);
        self.state_to_say = Some(BoxState::Stopped);
        if self.connected_at.is_none() || !self.subscriptions.is_empty() || self.subscribing.is_some() {
            // `online` was never said; there is nothing to take back.
            self.stop_until = Some(Instant::now());
        }
    }

    // ---- the end ----

    /// Gives back what was in flight, and remembers what may have been the reason.
    async fn end(&mut self, trouble: &Trouble) {
        let now = Instant::now();
        if trouble.kind == TroubleKind::TooLarge
            && let Some((suffix, since)) = self.last_subscribed.take().or(self.subscribing.take())
            && now.duration_since(since) < RETAINED_COMES_WITHIN
        {
            let error = trouble.in_language(language_of_log());
            let hint = say::try_clearing().in_language(language_of_log());
            log_warn!(say::topic_left_out(); topic = %self.topic(&suffix), %error, %hint);
            let until = now + self.timing().leave_out;
            self.shared.suspects.lock().not_taken(&self.broker).left_out.insert(suffix, until);
        }
        let items = self.flight.take_all();
        for item in &items {
            if let Item::Response { topic } = item {
                let until = now + self.timing().leave_out;
                self.shared.suspects.lock().not_taken(&self.broker).leave_unanswered(topic, until);
            }
        }
        let records: Vec<RecordId> = items
            .iter()
            .filter_map(|item| match item {
                Item::Record { id, .. } => Some(*id),
                Item::State(_) | Item::Latest { .. } | Item::Signature | Item::Response { .. } => None,
            })
            .chain(self.signed.take().map(|sending| sending.id))
            .collect();
        // Closed means that nobody wants them sent any more.
        let _ = self.shared.outbox.release_async(records).await;
        let of_them =
            matches!(trouble.kind, TroubleKind::Closed | TroubleKind::Stalled | TroubleKind::Protocol);
        if of_them && self.stop_until.is_none() && !items.is_empty() {
            self.blame(&items, trouble).await;
        }
    }

    /// One of what was in flight may have been the reason: a strike each, and what has too many is put aside.
    async fn blame(&mut self, items: &[Item], trouble: &Trouble) {
        let mut condemned = None;
        let suspected = suspected(items);
        // The record of a signature follows at once, so the oldest in flight is to blame for its end, alone or not.
        let is_clear = items.len() == 1 || matches!(suspected.first(), Some(Item::Signature));
        {
            let mut suspects = self.shared.suspects.lock();
            suspects.probation = items.len();
            for (nth, item) in suspected.iter().enumerate() {
                let strikes = strike(&mut suspects, &self.broker, item);
                if nth == 0 && is_clear && strikes >= STRIKES {
                    condemned = Some(strikes);
                }
            }
        }
        if let (Some(strikes), Some(item)) = (condemned, suspected.first()) {
            let timing = self.timing();
            let hold = match item {
                Item::Signature => self.unsigned_for(strikes - STRIKES),
                Item::State(_) | Item::Latest { .. } | Item::Record { .. } | Item::Response { .. } => {
                    doubled(timing.hold_first, strikes - STRIKES, timing.hold_most)
                }
            };
            let why = say::ended_with_it(strikes, trouble.sentence().clone());
            self.put_aside(item, why.into(), hold).await;
        }
    }

    /// A broker that hands our name to somebody else closes the connection; mosquitto's word for it gets
    /// lost in the library (a DISCONNECT with a reason and no properties). Their `up/state` shows it.
    fn narrowed_down(&self, trouble: Trouble, broker: &str) -> Trouble {
        let client_id = self.settings.client_id();
        let mut suspects = self.shared.suspects.lock();
        let is_theirs = trouble.kind == TroubleKind::Closed && suspects.namesake.is_there_since(self.begun);
        let trouble = if is_theirs { Trouble::taken_over(broker, &client_id) } else { trouble };
        if trouble.kind == TroubleKind::TakenOver {
            suspects.namesake.taken_over(Instant::now());
            drop(suspects);
            let namesake = trouble.clone();
            self.shared.status.send_modify(|status| status.namesake = Some(namesake));
        }
        trouble
    }

    fn outbox_failed(&self, error: &OutboxError) -> Trouble {
        Trouble::new(TroubleKind::Settings, error.sentence())
    }
}
