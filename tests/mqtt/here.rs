//! A box for tests: an outbox in a directory of its own, a publisher with short times, and what to wait for.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use lookout::analysis::time::Timestamp;
use lookout::clock::Clock;
use lookout::contract::Sender;
use lookout::contract::box_key::{BoxKey, SignatureData};
use lookout::control::{Inbox, ReceivedCommand};
use lookout::mqtt::{Bodies, Publisher, Refusal, Settings, Signing, Status, Timing};
use lookout::outbox::{AlertState, Evidence, Kind, Options, Outbox, Record, Seq};
use lookout::types::level::Level;
use lookout::types::mqtt::Version;
use tempfile::TempDir;
use tokio::sync::mpsc;

use crate::support::listener::Received;

/// What the box's topics begin with.
pub const BASE: &str = "lookout/v1/530127/box-1";

/// Everything must have happened by then, on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub struct Here {
    pub outbox: Outbox,
    pub publisher: Publisher,
    pub commands: mpsc::Receiver<ReceivedCommand>,
    /// Commands that were refused.
    refused: Arc<AtomicU64>,
    _dir: TempDir,
}

/// Short times, so that faults are over soon.
pub fn settings(url: &str, version: Version) -> Settings {
    Settings {
        url: Some(url.to_owned()),
        version,
        timing: Timing {
            connect: Duration::from_secs(5),
            keep_alive: Duration::from_secs(5),
            stall: Duration::from_secs(10),
            slowest_link: 1 << 20,
            backoff_first: Duration::from_millis(50),
            backoff_most: Duration::from_millis(200),
            // No sooner than the listeners of these tests are back: they keep no session.
            backoff_urgent: Duration::from_secs(60),
            settled: Duration::from_secs(30),
            taken_over_first: Duration::from_secs(1),
            taken_over_most: Duration::from_secs(4),
            taken_over_urgent: Duration::from_secs(2),
            namesake_forgotten: Duration::from_secs(300),
            refusals_within: Duration::from_secs(60),
            hold_first: Duration::from_millis(300),
            hold_most: Duration::from_secs(300),
            leave_out: Duration::from_secs(300),
            mark_grace: Duration::from_millis(300),
        },
        backlog_per_sec: 2000,
        ..Settings::new("530127", "box-1")
    }
}

impl Here {
    pub fn start(settings: Settings) -> Self {
        Self::start_after(settings, |_| {})
    }

    /// Fills the outbox before the publisher starts.
    pub fn start_after(settings: Settings, fill: impl FnOnce(&Outbox)) -> Self {
        Self::start_with(settings, fill, None)
    }

    /// With a key by which it signs.
    pub fn start_signing(settings: Settings, key: Arc<BoxKey>, fill: impl FnOnce(&Outbox)) -> Self {
        let sender = Sender { area: "530127".to_owned(), box_id: "box-1".to_owned() };
        let body =
            move |signature: SignatureData, at| sender.event(signature.event_id(), None, at, signature);
        Self::start_with(settings, fill, Some(Signing { key, body: Arc::new(body) }))
    }

    fn start_with(settings: Settings, fill: impl FnOnce(&Outbox), signing: Option<Signing>) -> Self {
        let dir = directory();
        let outbox = open(dir.path());
        fill(&outbox);
        let (bodies, commands) = bodies();
        let refused = Arc::new(AtomicU64::new(0));
        let count = refused.clone();
        let received = move |received: Result<(&str, u64), &Refusal>| {
            count.fetch_add(u64::from(received.is_err()), Ordering::SeqCst);
        };
        let bodies = Bodies { observer: Arc::new(received), signing, ..bodies };
        let publisher = Publisher::start(settings, bodies, outbox.clone(), Clock::start()).unwrap();
        Here { outbox, publisher, commands, refused, _dir: dir }
    }

    /// Waits until exactly so many commands were refused.
    pub fn wait_refused(&self, commands: u64) {
        let refused = || self.refused.load(Ordering::SeqCst);
        wait(|| format!("{commands} refusals, not {}", refused()), || refused() == commands);
    }

    /// Waits until the connection's status is as wanted.
    pub fn wait_status(&self, what: &str, wanted: impl Fn(&Status) -> bool) -> Status {
        let mut changes = self.publisher.status_changes();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let seen = tokio::time::timeout(PATIENCE, changes.wait_for(|status| wanted(status))).await;
            match seen {
                Ok(status) => status.unwrap().clone(),
                Err(_) => panic!("waited in vain for {what}: {:#?}", self.publisher.status()),
            }
        })
    }

    pub fn wait_connected(&self) {
        self.wait_status("a connection", |status| status.connected);
    }

    pub fn wait_empty(&self) {
        wait(|| format!("an empty outbox: {:?}", self.outbox.depth()), || self.outbox.depth().rows == 0);
    }

    pub fn alert(&self, number: u32, level: Level) -> Seq {
        append(&self.outbox, number, level)
    }

    pub fn next_command(&mut self) -> ReceivedCommand {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            match tokio::time::timeout(PATIENCE, self.commands.recv()).await {
                Ok(command) => command.expect("a publisher"),
                Err(_) => panic!("waited in vain for a command: {:#?}", self.publisher.status()),
            }
        })
    }
}

/// A box that takes commands, without keys; they come out of the receiver.
pub fn bodies() -> (Bodies, mpsc::Receiver<ReceivedCommand>) {
    let (inbox, commands) = Inbox::new("530127", "box-1", Arc::default());
    (Bodies { downlink: Arc::new(inbox), ..Bodies::default() }, commands)
}

impl Drop for Here {
    /// What a failed test wants to know.
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{:#?}\n{:#?}", self.publisher.status(), self.outbox.depth());
        }
    }
}

/// In memory where there is such a place: a disk that is busy with other things is not what is tested.
pub fn directory() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

pub fn open(dir: &Path) -> Outbox {
    let mut options = Options::default();
    // Whatever else fills this machine's disk.
    options.limits.free_bytes = 0;
    // A listener without a session may come back later than the box does.
    options.again_after = Duration::from_secs(2);
    // What is stored before a test connects is old.
    options.live_before = Duration::ZERO;
    Outbox::open(dir, Timestamp::now(), "box-1", options).unwrap().0
}

/// Stores a CloudEvent with the id `alert-{number}.1`.
pub fn append(outbox: &Outbox, number: u32, level: Level) -> Seq {
    append_padded(outbox, number, level, 0)
}

/// The same with so many bytes more.
pub fn append_padded(outbox: &Outbox, number: u32, level: Level, padding: usize) -> Seq {
    let record = Record {
        kind: Kind::Alert,
        alert_id: Some(format!("alert-{number}")),
        rev: 1,
        level: Some(level),
        phase_end: false,
        topic_suffix: "up/alert".to_owned(),
        at: Timestamp::now(),
        state: Some(state_of(&format!("alert-{number}"), 1)),
    };
    outbox
        .append(record, move |seq| {
            let event = serde_json::json!({
                "specversion": "1.0",
                "id": format!("alert-{number}.1"),
                "time": Timestamp::now().to_string(),
                "data": { "alert_id": format!("alert-{number}"), "rev": 1, "phase": "new",
                          "level": level.name(), "title": "a test", "padding": "x".repeat(padding),
                          "seq": { "stream": &*seq.stream, "n": seq.n } },
            });
            Ok(event.to_string().into_bytes())
        })
        .unwrap()
}

/// What the box keeps of an open alert for itself.
pub fn state_of(alert_id: &str, rev: u32) -> Vec<u8> {
    format!("{alert_id} as of {rev}").into_bytes()
}

/// `{alert_id}.{rev}` of the alerts that the box would take up again, each with the state that was stored.
pub fn open_alert_ids(outbox: &Outbox) -> BTreeSet<String> {
    let open = outbox.open_alerts().unwrap();
    open.into_iter()
        .map(|alert| {
            assert_eq!(alert.state, AlertState::Own(state_of(&alert.alert_id, alert.rev)), "{alert:?}");
            format!("{}.{}", alert.alert_id, alert.rev)
        })
        .collect()
}

/// Stores a picture for alert `number`.
pub fn append_picture(outbox: &Outbox, number: u32, level: Level, bytes: usize) {
    outbox
        .append_evidence(Evidence {
            alert_id: format!("alert-{number}"),
            level,
            topic_suffix: format!("up/evidence/alert-{number}/1"),
            at: Timestamp::now(),
            jpeg: vec![0xd8; bytes],
        })
        .unwrap();
}

/// Looks until it is so. For what has no event to wait for.
pub fn wait(what: impl Fn() -> String, mut so: impl FnMut() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !so() {
        assert!(Instant::now() < until, "waited in vain for {}", what());
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

/// Ids of the alerts among what was heard, each once.
pub fn alert_ids(received: &[Received]) -> BTreeSet<String> {
    received.iter().filter(|one| one.topic.ends_with("/up/alert")).filter_map(Received::id).collect()
}

/// Ids of these alerts.
pub fn ids(numbers: impl IntoIterator<Item = u32>) -> BTreeSet<String> {
    numbers.into_iter().map(|number| format!("alert-{number}.1")).collect()
}
