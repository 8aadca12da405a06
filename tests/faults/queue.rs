//! The queue and the publisher as a library, where a row must hold the disk in its hand: alerts with rising
//! revisions, bodies as the contract has them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use lookout::analysis::time::Timestamp;
use lookout::clock::Clock;
use lookout::control::Inbox;
use lookout::mqtt::{Bodies, Publisher, Settings, Timing};
use lookout::outbox::{
    AlertState, BuiltMessage, Gap, Kind, Limits, Options, Outbox, OutboxError, Record, Seq,
};
use lookout::types::level::Level;
use serde_json::json;

/// The levels of what is stored, in turn.
pub const LEVELS: [Level; 4] = [Level::Blue, Level::Yellow, Level::Orange, Level::Red];

/// Nothing is dropped unless a test says so.
pub fn options(vfs: Option<&str>) -> Options {
    Options {
        limits: Limits { free_bytes: 0, ..Limits::default() },
        gap_body: Arc::new(gap_body),
        vfs: vfs.map(str::to_owned),
        ..Options::default()
    }
}

fn gap_body(gap: &Gap, seq: &Seq) -> BuiltMessage {
    let missing: Vec<_> = gap.ranges.iter().map(|(from, to)| json!({ "from": from, "to": to })).collect();
    let event = json!({
        "id": format!("gap.{}.{}", seq.stream, seq.n), "type": "lookout.gap.v1",
        "data": { "seq": { "stream": &*seq.stream, "n": seq.n }, "missing_stream": &*gap.stream,
                  "missing": missing, "reason": gap.reason },
    });
    Ok(event.to_string().into_bytes())
}

/// One revision of alert `alert`; returns its place and its id.
pub fn append(
    outbox: &Outbox,
    alert: u64,
    rev: u32,
    level: Level,
    ends: bool,
    padding: usize,
) -> Result<(Seq, String), OutboxError> {
    let name = format!("alert-{alert}");
    let id = format!("{name}.{rev}");
    let record = Record {
        kind: Kind::Alert,
        alert_id: Some(name.clone()),
        rev,
        level: Some(level),
        phase_end: ends,
        topic_suffix: "up/alert".to_owned(),
        at: Timestamp::now(),
        state: Some(state_of(&name, rev)),
    };
    let for_body = id.clone();
    let seq = outbox.append(record, move |seq| {
        let phase = if ends {
            "end"
        } else if rev == 1 {
            "new"
        } else {
            "update"
        };
        let event = json!({
            "specversion": "1.0", "id": for_body, "type": "lookout.alert.v1",
            "data": { "alert_id": name, "rev": rev, "phase": phase, "level": level.name(),
                      "padding": "x".repeat(padding), "seq": { "stream": &*seq.stream, "n": seq.n } },
        });
        Ok(event.to_string().into_bytes())
    })?;
    Ok((seq, id))
}

fn state_of(name: &str, rev: u32) -> Vec<u8> {
    format!("{name} as of {rev}").into_bytes()
}

/// Revisions that were stored, or that may have been, by alert.
#[derive(Debug, Default)]
pub struct Revisions {
    /// The last that was confirmed.
    confirmed: BTreeMap<String, u32>,
    /// One that was refused: it may be there all the same.
    unsure: BTreeMap<String, u32>,
}

impl Revisions {
    /// Notes what became of a revision.
    pub fn note(&mut self, alert: u64, rev: u32, is_confirmed: bool) {
        let list = if is_confirmed { &mut self.confirmed } else { &mut self.unsure };
        list.insert(format!("alert-{alert}"), rev);
    }

    /// What is wrong with the alerts that the box would take up again. `last` is the revision with which an alert ends.
    pub fn wrong_in(&self, outbox: &Outbox, last: u32) -> Vec<String> {
        let open = match outbox.open_alerts() {
            Ok(open) => open,
            Err(error) => return vec![error.to_string()],
        };
        let mut wrong = Vec::new();
        let mut found = BTreeMap::new();
        for alert in open {
            if alert.state != AlertState::Own(state_of(&alert.alert_id, alert.rev)) {
                wrong.push(format!("another state: {alert:?}"));
            }
            found.insert(alert.alert_id, alert.rev);
        }
        let names: BTreeSet<&String> =
            self.confirmed.keys().chain(self.unsure.keys()).chain(found.keys()).collect();
        for name in names {
            let seen = found.get(name).copied();
            let open = |rev: Option<u32>| rev.filter(|rev| *rev < last);
            let (confirmed, unsure) = (self.confirmed.get(name).copied(), self.unsure.get(name).copied());
            if seen != open(confirmed) && (unsure.is_none() || seen != open(unsure)) {
                wrong.push(format!(
                    "{name}: open as of {seen:?}, confirmed {confirmed:?}, refused {unsure:?}"
                ));
            }
        }
        wrong
    }
}

/// A publisher with short times.
pub fn publish(outbox: &Outbox, url: &str) -> Publisher {
    let settings = Settings {
        url: Some(url.to_owned()),
        timing: Timing {
            connect: Duration::from_secs(5),
            keep_alive: Duration::from_secs(5),
            backoff_first: Duration::from_millis(20),
            backoff_most: Duration::from_millis(100),
            mark_grace: Duration::from_millis(300),
            ..Timing::default()
        },
        backlog_per_sec: 5000,
        ..Settings::new("530127", "box-1")
    };
    let (inbox, _) = Inbox::new("530127", "box-1", Arc::default());
    let bodies = Bodies { downlink: Arc::new(inbox), ..Bodies::default() };
    Publisher::start(settings, bodies, outbox.clone(), Clock::start()).unwrap()
}

/// Opens it, whatever is wrong with the file.
pub fn open(folder: &Path, vfs: Option<&str>) -> Result<(Outbox, lookout::outbox::Opened), OutboxError> {
    Outbox::open(folder, Timestamp::now(), "530127/box-1", options(vfs))
}
