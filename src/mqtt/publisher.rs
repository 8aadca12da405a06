//! The thread that keeps a connection to the broker, and the handle to it.
//!
//! A loop around a straight line (`connection::run`): connect, subscribe, publish until something ends it;
//! wait a random while; again. Whatever happened on the old connection is forgotten, only the outbox
//! remembers.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use parking_lot::{Mutex, RwLock};
use tokio::sync::watch;
use tracing::debug;

use super::connection::{self, Ended};
use super::failover::BrokerOrder;
use super::namesake::Namesake;
use super::refusals::Refusals;
use super::response::Responses;
use super::retry::{Retries, Wait};
use super::{Bodies, Qos, Settings, Timing, Trouble, TroubleKind};
use crate::analysis::time::Timestamp;
use crate::clock::Clock;
use crate::contract::messages::{BoxTopic, JSON, Message};
use crate::outbox::{Outbox, RecordId};
use crate::text::{Sentence, Words, language_of_log, log_error, log_info, log_warn, mqtt as say};
use crate::threads::{NotEnded, join_until};
use crate::types::mqtt::Version;

/// See [`Publisher::beats`].
const BEAT: Duration = Duration::from_secs(5);

/// So often in a row a broker takes no MQTT 5 before it is asked in 3.1.1: once may be a broker that just starts.
const V5_REFUSALS: u32 = 2;

/// No wait for several brokers is longer: of a cluster that was away as a whole the backlog is to be gone within a minute of its
/// return, and a thousand boxes that knock fifty times a second together are spread over its nodes. Measured with three nodes of NATS:
/// of 60 s, boxes took up to 56.
const SEVERAL_BROKERS_WAIT_MOST: Duration = Duration::from_secs(20);

/// How the connection is, for health, the local page and tests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// Whether the broker has accepted us and we it.
    pub connected: bool,
    /// `host:port`.
    pub broker: String,
    /// The connection's name as in `up/state`.
    pub session: String,
    /// Start of the present connection, if there is one.
    pub connected_since: Option<Timestamp>,
    /// What ended or prevented the last connection; stays until the next one is settled.
    pub trouble: Option<Trouble>,
    /// Connections that were accepted, in this run.
    pub connections: u64,
    /// Publishes in flight.
    pub in_flight: u64,
    /// The latest record that a broker refused and none has taken since: topic and reason.
    pub last_refusal: Option<Sentence>,
    /// Commands passed on.
    pub commands: u64,
    /// Subscriptions that are missing, and why.
    pub deaf_to: Vec<Sentence>,
    /// Another client uses this box's name, while there are signs of it.
    pub namesake: Option<Trouble>,
    /// Why records go to this broker without their signatures, though there is a key, and what to try.
    pub unsigned: Option<(Sentence, Sentence)>,
}

/// In front of what is a whole topic, and not the end of one of this box: no such end begins with it.
pub(super) const WHOLE_TOPIC: char = '/';

/// How the latest value of a topic is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Delivery {
    /// Quality of service.
    pub qos: Qos,
    /// Whether the broker keeps it.
    pub retain: bool,
    /// How long the broker keeps it at most (MQTT 5; a broker of 3.1.1 is not reported); always where nothing is said.
    pub expires: Option<Duration>,
    /// Whether it goes only when no record waits: there may be a thousand of its kind after a reconnect.
    pub waits: bool,
    /// Media type of what is in it (MQTT 5).
    pub content_type: &'static str,
}

impl Delivery {
    /// From the entry in the table of messages.
    pub(super) fn of(message: &Message) -> Self {
        let Message { qos, retain, expires, waits, .. } = *message;
        Delivery { qos, retain, expires, waits, content_type: message.content_type() }
    }
}

/// The latest value of a topic.
#[derive(Debug, Clone)]
pub(super) struct Latest {
    pub delivery: Delivery,
    pub bytes: Vec<u8>,
    pub version: u64,
}

/// Something to publish, across connections.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Record(RecordId),
    Latest(String),
}

/// Publishes that were in flight when connections ended.
#[derive(Debug, Default)]
pub(super) struct Suspects {
    /// How often each was refused, or in flight when a connection ended; forgotten when it is acknowledged. Signatures are counted
    /// for each broker.
    pub strikes: HashMap<Key, u32>,
    /// One at a time until so many were acknowledged: then it is clear whose fault the next end is.
    pub probation: usize,
    /// Whether somebody else uses our name.
    pub namesake: Namesake,
    /// By the broker's address: that one does not take something says nothing about another.
    not_taken: HashMap<String, NotTaken>,
    /// Records that were refused before the settings changed; the next connection sends them at once.
    refused_before: HashSet<RecordId>,
    /// What was put aside and not taken since, each with its topic and the reason, the latest last.
    put_aside: Vec<(Key, Sentence)>,
}

/// Maximum number of refusals that are remembered.
const MOST_REFUSALS: usize = 1000;

/// What does not go through with one broker.
#[derive(Debug, Default)]
pub(super) struct NotTaken {
    /// Latest values not to be sent before.
    pub held_latest: HashMap<String, (u64, Instant)>,
    /// Subscriptions left out until, because the message kept there is too large to take.
    pub left_out: HashMap<String, Instant>,
    /// Records not to be sent before: it refused them, or they ended the connections to it.
    held_records: HashMap<RecordId, Instant>,
    /// How often a signature was the oldest in flight when a connection to it ended; forgotten when it takes one.
    pub signature_strikes: u32,
    /// Set while it gets no separate signatures.
    pub unsigned: Option<Unsigned>,
    /// Response topics left out until, because a connection ended with an answer on them.
    pub unanswered: HashMap<String, Instant>,
    /// The largest packet that it takes, where messages went without their signatures to fit into it.
    pub too_small: Option<u32>,
}

impl NotTaken {
    /// A connection ended with an answer on this response topic, which gets none before.
    pub(crate) fn leave_unanswered(&mut self, topic: &str, until: Instant) {
        if self.unanswered.len() >= MOST_REFUSALS {
            self.unanswered.clear();
        }
        self.unanswered.insert(topic.to_owned(), until);
    }
}

/// Connections to a broker ended with signatures.
#[derive(Debug, Clone)]
pub(super) struct Unsigned {
    /// It gets none before.
    pub until: Instant,
    /// What happened.
    pub why: Words,
    /// Whether it took a record without one since: then it is the signatures, and not the link.
    pub is_proven: bool,
}

impl Suspects {
    /// The entry of the broker at this address.
    pub(crate) fn not_taken(&mut self, broker: &str) -> &mut NotTaken {
        self.not_taken.entry(broker.to_owned()).or_default()
    }

    /// The time until which each refused record is held back at the broker of this address; without a hold if only other
    /// brokers refused it, or this one did under earlier settings.
    pub(super) fn holds(&mut self, broker: &str, now: Instant) -> Vec<(RecordId, Instant)> {
        for not_taken in self.not_taken.values_mut() {
            not_taken.held_records.retain(|_, until| *until > now);
        }
        let mut records = std::mem::take(&mut self.refused_before);
        records.extend(self.not_taken.values().flat_map(|not_taken| not_taken.held_records.keys()));
        let own = &self.not_taken(broker).held_records;
        records.into_iter().map(|record| (record, own.get(&record).copied().unwrap_or(now))).collect()
    }

    /// A record waits at the broker of this address, under settings that may have been replaced meanwhile.
    pub(super) fn hold(
        &mut self,
        record: RecordId,
        until: Instant,
        broker: &str,
        are_settings_current: bool,
    ) {
        if !are_settings_current {
            self.refused_before.insert(record);
            return;
        }
        let held_records = &mut self.not_taken(broker).held_records;
        // Those that were dropped meanwhile stay behind.
        if held_records.len() >= MOST_REFUSALS {
            held_records.clear();
        }
        held_records.insert(record, until);
    }

    /// Other settings came: what an earlier broker did not take says nothing about the next one.
    fn begin_anew(&mut self) {
        let held = self.not_taken.values().flat_map(|not_taken| not_taken.held_records.keys());
        self.refused_before.extend(held);
        *self = Suspects {
            namesake: std::mem::take(&mut self.namesake),
            refused_before: std::mem::take(&mut self.refused_before),
            ..Suspects::default()
        };
    }

    /// A broker did not take this; `why` is its topic and the reason.
    pub(crate) fn put_aside(&mut self, key: Key, why: Sentence) {
        self.put_aside.retain(|(other, _)| *other != key);
        if self.put_aside.len() >= MOST_REFUSALS {
            self.put_aside.remove(0);
        }
        self.put_aside.push((key, why));
    }

    /// A broker took this.
    pub(super) fn took(&mut self, key: &Key) {
        self.put_aside.retain(|(other, _)| other != key);
        if let Key::Record(record) = key {
            for not_taken in self.not_taken.values_mut() {
                not_taken.held_records.remove(record);
            }
        }
    }

    /// No record waits any more: those that were put aside were taken, marked or dropped.
    pub(crate) fn no_record_waits(&mut self) {
        self.put_aside.retain(|(key, _)| !matches!(key, Key::Record(_)));
    }

    /// The latest refusal of what has not been taken since.
    pub(super) fn last_refusal(&self) -> Option<&Sentence> {
        self.put_aside.last().map(|(_, why)| why)
    }
}

/// What the connections of one publisher share.
pub(super) struct Shared {
    settings: RwLock<Arc<Settings>>,
    /// The time zone of times in answers; a change needs no new connection.
    time_zone: RwLock<TimeZone>,
    /// Counts how often the settings were replaced.
    pub renewed: watch::Sender<u64>,
    pub bodies: Bodies,
    pub outbox: Outbox,
    pub clock: Clock,
    pub latest: Mutex<BTreeMap<String, Latest>>,
    pub latest_changed: watch::Sender<u64>,
    pub status: watch::Sender<Status>,
    pub suspects: Mutex<Suspects>,
    /// Which refused commands are answered.
    pub refusals: Mutex<Refusals>,
    /// The response topics.
    pub responses: Responses,
    /// Wake-ups of the thread.
    beats: AtomicU64,
}

/// Publishes what the outbox holds and what the daemon last said, until it is stopped.
pub struct Publisher {
    shared: Arc<Shared>,
    stop: watch::Sender<Option<Instant>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Shared {
    /// How to connect now.
    pub(super) fn settings(&self) -> Arc<Settings> {
        self.settings.read().clone()
    }

    /// The present time zone of times in answers.
    pub(super) fn time_zone(&self) -> TimeZone {
        self.time_zone.read().clone()
    }

    /// Says in the status that there is no connection, and why; `None`: as requested.
    fn report_disconnected(&self, trouble: Option<Trouble>) {
        self.status.send_modify(|status| {
            status.connected = false;
            status.connected_since = None;
            status.in_flight = 0;
            status.trouble = trouble;
        });
    }

    /// Says in the status what was refused last and not taken since.
    pub(crate) fn report_last_refusal(&self) {
        let suspects = self.suspects.lock();
        self.status.send_if_modified(|status| {
            let is_reported = status.last_refusal.as_ref() == suspects.last_refusal();
            if !is_reported {
                status.last_refusal = suspects.last_refusal().cloned();
            }
            !is_reported
        });
    }
}

impl std::fmt::Debug for Publisher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Publisher").field("status", &*self.shared.status.borrow()).finish_non_exhaustive()
    }
}

impl Publisher {
    /// Starts the thread. Connects by itself and goes on trying.
    ///
    /// # Errors
    /// The settings cannot work, or no thread can be started. An unreachable broker is no error.
    pub fn start(settings: Settings, bodies: Bodies, outbox: Outbox, clock: Clock) -> Result<Self, Trouble> {
        check(&settings)?;
        let shared = Arc::new(Shared {
            time_zone: RwLock::new(settings.time_zone.clone()),
            settings: RwLock::new(Arc::new(settings)),
            renewed: watch::Sender::new(0),
            bodies,
            outbox,
            clock,
            latest: Mutex::default(),
            latest_changed: watch::Sender::new(0),
            status: watch::Sender::default(),
            suspects: Mutex::default(),
            refusals: Mutex::new(Refusals::default()),
            responses: Responses::default(),
            beats: AtomicU64::new(0),
        });
        let stop = watch::Sender::new(None);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let cannot =
            |error: std::io::Error| Trouble::new(TroubleKind::Settings, say::no_thread(error.to_string()));
        let runtime = runtime.map_err(cannot)?;
        let (for_thread, stopped) = (shared.clone(), stop.subscribe());
        let thread = std::thread::Builder::new()
            .name("mqtt".to_owned())
            .spawn(move || runtime.block_on(keep_connected(for_thread, stopped)))
            .map_err(cannot)?;
        Ok(Publisher { shared, stop, thread: Mutex::new(Some(thread)) })
    }

    /// Says what is true now on a topic, such as `up/health`. Only the newest value is sent, again after every reconnect.
    /// Never waits.
    pub fn set_latest(&self, topic: BoxTopic, bytes: Vec<u8>) {
        self.set(topic.suffix, Delivery::of(topic.message), bytes);
    }

    /// Makes the broker forget what it keeps on a topic below `prefix/area/box/`, when nothing more important waits.
    pub fn withdraw(&self, suffix: &str) {
        // An empty message says nothing of itself.
        let delivery =
            Delivery { qos: Qos::AtLeastOnce, retain: true, expires: None, waits: true, content_type: JSON };
        self.set(suffix.to_owned(), delivery, Vec::new());
    }

    /// Makes the broker forget what it keeps on a whole topic: of a name that this box had before.
    pub fn withdraw_of_former_name(&self, topic: &str) {
        self.withdraw(&format!("{WHOLE_TOPIC}{topic}"));
    }

    fn set(&self, suffix: String, delivery: Delivery, bytes: Vec<u8>) {
        {
            let mut latest = self.shared.latest.lock();
            let version = latest.get(&suffix).map_or(1, |known| known.version + 1);
            latest.insert(suffix, Latest { delivery, bytes, version });
        }
        self.shared.latest_changed.send_modify(|count| *count += 1);
    }

    /// Says goodbye where it is connected, and connects anew by other settings, or by the same ones whose files hold
    /// something else now. What waits goes there; what was in flight is sent again. Never waits.
    ///
    /// # Errors
    /// The settings cannot work; the connection stays as it is.
    pub fn reconnect(&self, settings: Settings) -> Result<(), Trouble> {
        check(&settings)?;
        self.set_time_zone(settings.time_zone.clone());
        *self.shared.settings.write() = Arc::new(settings);
        self.shared.suspects.lock().begin_anew();
        self.shared.report_last_refusal();
        self.shared.renewed.send_modify(|count| *count += 1);
        Ok(())
    }

    /// Sets the time zone of times in answers, from the next answer on; the connection stays.
    pub fn set_time_zone(&self, time_zone: TimeZone) {
        *self.shared.time_zone.write() = time_zone;
    }

    /// How the connection is now.
    pub fn status(&self) -> Status {
        self.shared.status.borrow().clone()
    }

    /// How often the thread woke up: rises every few seconds, connected or not, as long as it gets on.
    pub(crate) fn beats(&self) -> u64 {
        self.shared.beats.load(Ordering::Relaxed)
    }

    /// Changes with [`Publisher::status`].
    pub fn status_changes(&self) -> watch::Receiver<Status> {
        self.shared.status.subscribe()
    }

    /// Waits for what is in flight, publishes `stopped`, says goodbye and ends the thread, all within
    /// `deadline`. Returns whether the broker acknowledged it. A second call does nothing.
    pub fn stop(&self, deadline: Duration) -> bool {
        let until = Instant::now() + deadline;
        self.stop.send_replace(Some(until));
        let Some(thread) = self.thread.lock().take() else { return false };
        // The thread keeps to the deadline itself; this is for a thread that hangs.
        let ended = join_until(thread, until + Duration::from_secs(1));
        if ended == Err(NotEnded::Late) {
            log_error!(say::thread_left());
        }
        ended.is_ok()
            && !self.shared.status.borrow().connected
            && self.shared.status.borrow().trouble.is_none()
    }
}

impl Drop for Publisher {
    /// Ends the thread soon, without waiting for it: [`Publisher::stop`] is the orderly way.
    fn drop(&mut self) {
        self.stop.send_if_modified(|stop| stop.is_none() && stop.replace(Instant::now()).is_none());
    }
}

fn check(settings: &Settings) -> Result<(), Trouble> {
    if let Some(problem) = settings.problems().into_iter().next() {
        return Err(problem);
    }
    if settings.url.is_none() {
        return Err(Trouble::new(TroubleKind::Settings, say::no_broker()));
    }
    Ok(())
}

/// Connection after connection, until stopped.
async fn keep_connected(shared: Arc<Shared>, mut stop: watch::Receiver<Option<Instant>>) {
    // Ends with the runtime. On the same thread as the connection, so it stands still when that hangs.
    let of = shared.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(BEAT).await;
            of.beats.fetch_add(1, Ordering::Relaxed);
        }
    });
    let mut attempts = Attempts::default();
    let mut renewed = shared.renewed.subscribe();
    while stop.borrow().is_none() {
        let begun = Instant::now();
        let connections = shared.status.borrow().connections;
        // A task of its own, so that a panic in the client library ends a connection and not the publisher.
        let version = attempts.version(&shared);
        let turn = attempts.order.turn();
        let ended = tokio::spawn(connection::run(shared.clone(), turn, version, stop.clone())).await;
        let (trouble, acknowledged) = match ended {
            // Not to stop, but to connect by other settings.
            Ok(Ended::Stopped { confirmed }) if stop.borrow().is_none() => {
                log_info!(say::left_to_connect_anew(); goodbye_heard = confirmed);
                shared.report_disconnected(None);
                attempts = Attempts::default();
                renewed.mark_unchanged();
                continue;
            }
            Ok(Ended::Stopped { confirmed }) => {
                shared.status.send_modify(|status| {
                    status.connected = false;
                    status.trouble =
                        (!confirmed).then(|| Trouble::new(TroubleKind::Closed, say::goodbye_unheard()));
                });
                log_info!(say::stopped(); goodbye_heard = confirmed);
                return;
            }
            Ok(Ended::Lost { trouble, acknowledged }) => (trouble, acknowledged),
            Err(failure) => {
                log_error!(say::panicked(); %failure);
                (Trouble::new(TroubleKind::Protocol, say::client_failed()), false)
            }
        };
        let was_accepted = shared.status.borrow().connections > connections;
        if attempts.tries_older(version, &trouble, was_accepted) {
            continue;
        }
        // A broker that takes no message has not proved itself, however long it was waited for.
        let mute = trouble.kind == TroubleKind::Stalled && !acknowledged;
        let settled = was_accepted && begun.elapsed() >= shared.settings().timing.settled && !mute;
        let wait = attempts.lost(&shared, trouble, settled, was_accepted);
        tokio::select! {
            () = wait_out(&shared, wait) => {}
            _ = renewed.changed() => attempts = Attempts::default(),
            _ = stop.changed() => {}
        }
    }
}

/// What is remembered from one connection to the next; other settings begin with nothing.
#[derive(Default)]
struct Attempts {
    retries: Retries,
    order: BrokerOrder,
    /// The last reported trouble of each broker.
    reported: HashMap<String, Trouble>,
    /// Whether the broker that is tried just took no MQTT 5.
    refused_v5: bool,
    /// How often in a row MQTT 5 was not taken.
    v5_refusals: u32,
    /// Whether it was ever taken: then a connection that is closed is a fault of that moment.
    speaks_v5: bool,
}

impl Attempts {
    /// What to speak with the broker whose turn it is. A broker that speaks 3.1.1 alone (NATS) says so by the form of its refusal,
    /// which is no MQTT 5, or by nothing but closing the connection. So, where MQTT 5 was refused twice and never taken, it is
    /// asked in MQTT 5 each time, and at once again in 3.1.1.
    fn version(&self, shared: &Shared) -> Version {
        if self.refused_v5 { Version::V311 } else { shared.settings().version }
    }

    /// Whether the broker is tried again at once, in 3.1.1: it took no MQTT 5, and it may be because it knows none.
    fn tries_older(&mut self, version: Version, trouble: &Trouble, was_accepted: bool) -> bool {
        let may_be_version = match trouble.kind {
            TroubleKind::Closed | TroubleKind::Protocol | TroubleKind::Rejected => true,
            TroubleKind::Settings
            | TroubleKind::UnknownHost
            | TroubleKind::Refused
            | TroubleKind::Unreachable
            | TroubleKind::Tls
            | TroubleKind::NotAllowed
            | TroubleKind::Stalled
            | TroubleKind::TooLarge
            | TroubleKind::TakenOver => false,
        };
        if version == Version::V5 {
            self.speaks_v5 |= was_accepted;
            let refusals = self.v5_refusals.saturating_add(u32::from(may_be_version));
            self.v5_refusals = if was_accepted { 0 } else { refusals };
        }
        // The next connection after this one begins in the version of the settings again.
        self.refused_v5 = version == Version::V5
            && may_be_version
            && !was_accepted
            && !self.speaks_v5
            && self.v5_refusals >= V5_REFUSALS;
        if self.refused_v5 {
            debug!(error = %trouble, "not taken in MQTT 5: tried in 3.1.1");
        }
        self.refused_v5
    }

    /// Reports that a connection was lost, or never came about, and returns how long the next one waits.
    fn lost(&mut self, shared: &Shared, trouble: Trouble, settled: bool, was_accepted: bool) -> Wait {
        let settings = shared.settings();
        let another = self.order.next(settings.urls().count(), trouble.kind, settled);
        let timing = &settings.timing;
        let most = if settings.urls().count() > 1 { SEVERAL_BROKERS_WAIT_MOST } else { timing.backoff_most };
        let timing = Timing { backoff_most: timing.backoff_most.min(most), ..timing.clone() };
        let wait = self.retries.next(&timing, trouble.kind, settled, was_accepted, another);
        let trouble = if self.retries.is_thrown_off() { thrown_off(shared) } else { trouble };
        let broker = shared.status.borrow().broker.clone();
        if self.reported.get(&broker) != Some(&trouble) {
            log_warn!(say::no_connection(); %broker, error = %trouble.in_language(language_of_log()));
        } else {
            debug!(?wait, error = %trouble, "still no connection");
        }
        shared.report_disconnected(Some(trouble.clone()));
        self.reported.insert(broker, trouble);
        wait
    }
}

/// Nobody said so, but this is what it looks like; a box that may read its `up/state` knows better.
fn thrown_off(shared: &Shared) -> Trouble {
    let settings = shared.settings();
    let trouble = Trouble::thrown_off(&shared.status.borrow().broker, &settings.client_id());
    shared.suspects.lock().namesake.taken_over(Instant::now());
    shared.status.send_modify(|status| status.namesake = Some(trouble.clone()));
    trouble
}

/// Waits so long, but not for long once something urgent waits, too.
async fn wait_out(shared: &Shared, wait: Wait) {
    let begun = tokio::time::Instant::now();
    let mut appended = shared.outbox.appended();
    while wait.usual > wait.urgent && !shared.outbox.urgent_waits_async().await.unwrap_or(false) {
        tokio::select! {
            () = tokio::time::sleep_until(begun + wait.usual) => return,
            changed = appended.changed() => {
                if changed.is_err() {
                    break;
                }
            }
        }
    }
    tokio::time::sleep_until(begun + wait.usual.min(wait.urgent)).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broker_is_spoken_to_in_3_1_1_once_it_refused_mqtt_5_twice_and_never_where_it_took_it() {
        let closed = Trouble::new(TroubleKind::Closed, say::no_broker());
        let unreachable = Trouble::new(TroubleKind::Unreachable, say::no_broker());
        let mut attempts = Attempts::default();
        assert!(!attempts.tries_older(Version::V5, &closed, false), "it may just start");
        assert!(!attempts.tries_older(Version::V5, &unreachable, false), "that says nothing");
        assert!(attempts.tries_older(Version::V5, &closed, false));
        assert!(!attempts.tries_older(Version::V311, &closed, true), "the next attempt is in MQTT 5 again");
        assert!(attempts.tries_older(Version::V5, &closed, false), "and at once after it in 3.1.1");

        let mut took_it = Attempts::default();
        assert!(!took_it.tries_older(Version::V5, &closed, true));
        for _ in 0..5 {
            assert!(!took_it.tries_older(Version::V5, &closed, false));
        }
    }
}
