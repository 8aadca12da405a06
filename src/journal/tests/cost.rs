//! What the journal costs: bytes a day and processor time, of 64 cameras that are busy for a tenth of the time.

use std::time::Instant;

use super::*;
use crate::analysis::derived::{ConditionReading, HealthReading};

/// What an inference of the small model takes on the reference box, seconds.
const LOOK_SECS: f64 = 0.0066;

#[path = "../../../benches/street/mod.rs"]
mod street;

use street::simulate;

#[test]
#[allow(clippy::print_stdout, reason = "the figures are what it is for")]
fn seven_days_of_64_cameras_fit_into_four_gibibytes() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = writer(settings(folder.path()));
    writer.take(session(1, moment(0.0), &"x = 1\n".repeat(2000)));
    let (secs, mut block_ends) = (600.0, 30.0);
    let began = Instant::now();
    let mut writing = Duration::ZERO;
    let looks = simulate(secs, |entry| {
        let at = entry.at().expect("a time").mono.as_secs_f64();
        let began = Instant::now();
        writer.take(entry);
        if at >= block_ends {
            block_ends += 30.0;
            writer.flush();
        }
        writing += began.elapsed();
    });
    writer.flush();
    let simulated = began.elapsed();
    let bytes: u64 = files(folder.path()).iter().map(|file| std::fs::metadata(file).unwrap().len()).sum();
    let a_day = bytes as f64 * 86_400.0 / secs / f64::from(1 << 20);
    let began = Instant::now();
    let count = read(folder.path(), always()).unwrap().count();
    let reading = began.elapsed();
    let share = writing.as_secs_f64() / (looks as f64 * LOOK_SECS);
    println!(
        "{a_day:.0} MiB a day, {:.1} bytes a look; writing {:.1} us a look, {:.2} % of the looks; \
         a day of {:.1} million records is read in {:.1} s (simulated in {simulated:?})",
        bytes as f64 / looks as f64,
        writing.as_secs_f64() * 1e6 / looks as f64,
        100.0 * share,
        count as f64 * 86_400.0 / secs / 1e6,
        reading.as_secs_f64() * 86_400.0 / secs,
    );
    assert!(7.0 * a_day <= 4096.0, "{a_day} MiB a day");
}
