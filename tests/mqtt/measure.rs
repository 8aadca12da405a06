//! How fast it is, for the notes: `cargo test --release --test mqtt measure -- --ignored --nocapture`.

use std::time::{Duration, Instant};

use lookout::types::level::Level;
use lookout::types::mqtt::Version;

use crate::here::*;
use crate::support::mosquitto::Mosquitto;

const RECORDS: u32 = 1000;

#[test]
#[ignore = "a measurement"]
#[expect(clippy::print_stderr, reason = "somebody reads it")]
fn storing_and_delivering_a_thousand_alerts() {
    // On the disk that the temporary directory is on, unlike the other tests.
    let dir = tempfile::tempdir().unwrap();
    let outbox = open(dir.path());
    let mut times: Vec<Duration> = (0..RECORDS)
        .map(|number| {
            let begun = Instant::now();
            append_padded(&outbox, number, Level::Yellow, 400);
            begun.elapsed()
        })
        .collect();
    times.sort();
    eprintln!("store: p50 {:?}, p99 {:?}", times[times.len() / 2], times[times.len() * 99 / 100]);

    let mosquitto = Mosquitto::start();
    for version in [Version::V5, Version::V311] {
        let here = Here::start_after(settings(&mosquitto.url(), version), |outbox| {
            for number in 0..RECORDS {
                append_padded(outbox, number, Level::Yellow, 400);
            }
        });
        let begun = Instant::now();
        here.wait_empty();
        eprintln!("{version:?}: {RECORDS} delivered in {:?}", begun.elapsed());
        here.publisher.stop(Duration::from_secs(5));
    }
}
