//! The queue's files, changed in places: opened, salvaged, worked off and written to. The input is a list of changes to
//! the files of a queue that was killed: four bytes say where, one byte what, so that mutations stay small.
#![no_main]

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use lookout::types::level::Level;
use lookout::analysis::time::Timestamp;
use lookout::outbox::{ConsumerPolicy, Kind, Limits, Options, Outbox, Policy, Record, Seq};

/// A second consumer, which wants everything.
const HISTORY: ConsumerPolicy = ConsumerPolicy { rows: 1000, bytes: 1 << 20, pictures: true };

/// The files as `kill -9` left them.
struct Killed {
    folder: PathBuf,
    files: [(&'static str, Vec<u8>); 3],
}

static KILLED: LazyLock<Killed> = LazyLock::new(|| {
    let folder = tempfile::tempdir_in("/dev/shm").expect("memory").keep();
    let outbox = open(&folder);
    let history = outbox.register("history", HISTORY).expect("registered");
    for n in 0..12 {
        store(&outbox, n, [Level::Blue, Level::Red][n as usize % 2]);
    }
    let read = history.read(5).expect("read").records;
    history.advance(read[4].id).expect("advanced");
    drop(history);
    assert!(outbox.close(Duration::from_secs(10)));
    let outbox = open(&folder);
    for n in 12..20 {
        store(&outbox, n, Level::Orange);
    }
    let files = ["outbox.db", "outbox.db-wal", "outbox.high"].map(|name| (name, fs::read(folder.join(name)).expect(name)));
    drop(outbox.close(Duration::from_secs(10)));
    Killed { folder, files }
});

fn open(folder: &std::path::Path) -> Outbox {
    let options = Options { limits: Limits { free_bytes: 0, ..Limits::default() }, ..Options::default() };
    Outbox::open(folder, Timestamp::now(), "530127/box-1", options).expect("damage is no error").0
}

fn store(outbox: &Outbox, n: u64, level: Level) {
    let record = Record {
        kind: Kind::Alert,
        alert_id: Some(format!("alert-{n}")),
        rev: 1,
        level: Some(level),
        phase_end: false,
        topic_suffix: "up/alert".to_owned(),
        at: Timestamp::now(),
        state: Some(n.to_string().into_bytes()),
    };
    let body = |seq: &Seq| Ok(format!("{{\"n\":{},\"text\":\"{}\"}}", seq.n, "x".repeat(200)).into_bytes());
    outbox.append(record, body).expect("stored");
}

fuzz_target!(|changes: &[u8]| {
    let killed = &*KILLED;
    for entry in fs::read_dir(&killed.folder).expect("readable").flatten() {
        if entry.file_name() != "outbox.reserve" {
            fs::remove_file(entry.path()).expect("removable");
        }
    }
    let mut files = killed.files.clone();
    for change in changes.chunks_exact(5) {
        let at = u32::from_le_bytes([change[0], change[1], change[2], 0]) as usize;
        let (_, bytes) = &mut files[usize::from(change[3]) % 3];
        if change[3] & 0x80 != 0 {
            bytes.truncate(at);
        } else if !bytes.is_empty() {
            let at = at % bytes.len();
            bytes[at] ^= change[4];
        }
    }
    for (name, bytes) in &files {
        fs::write(killed.folder.join(name), bytes).expect("writable");
    }
    let outbox = open(&killed.folder);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let policy = Policy { backlog: true, evidence: true, again: true };
        outbox.connected_async().await.expect("connected");
        for round in 0.. {
            assert!(round < 200, "it never becomes empty");
            let lent = outbox.next_async(8, policy, Instant::now()).await.expect("lent");
            if lent.is_empty() {
                break;
            }
            outbox.acked_async(lent.iter().map(|one| one.id).collect()).await.expect("acknowledged");
        }
    });
    outbox.open_alerts().expect("read");
    let history = outbox.register("history", HISTORY).expect("registered");
    let read = history.read(1000).expect("read").records;
    if let Some(last) = read.last() {
        history.advance(last.id).expect("advanced");
    }
    drop(history);
    store(&outbox, 99, Level::Red);
    assert!(outbox.close(Duration::from_secs(10)));
});
