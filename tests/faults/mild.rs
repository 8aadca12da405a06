//! A bit of everything for long: nothing may pile up.

use std::fs;
use std::time::{Duration, Instant};

use super::bench::{Row, is_long, lasting};
use super::cable::Cable;
use super::here::{Field, PATIENCE, Site, ids_of, start_ready, stored};
use super::judge::Judge;
use super::kills::finish;
use super::storage::resident_bytes;
use super::support::mosquitto::Mosquitto;

struct Sample {
    secs: f64,
    bytes: f64,
    threads: u64,
    files: u64,
}

#[test]
fn an_hour_of_mild_everything_leaves_nothing_behind() {
    let mut row = Row::begin("mild everything");
    let mut broker = Mosquitto::start();
    let site = Site::new(60);
    let mut judge = Judge::start(broker.port(), site.folder.path());
    let cable = Cable::to(broker.port());
    cable.set(|weather| weather.latency = Duration::from_millis(20));
    let (daemon, _) = start_ready(&site, &cable.url());
    let pid = daemon.pid().as_raw_nonzero().get() as u32;
    let field = Field::start(&site, 20);
    judge.wait_for("alerts", PATIENCE, |lines| lines.len() > 10);
    let during = lasting(Duration::from_secs(15));
    let began = Instant::now();
    let mut samples: Vec<Sample> = Vec::new();
    let mut next_trouble = Duration::from_secs(3);
    for trouble in 0_u32.. {
        while began.elapsed() < next_trouble.min(during) {
            samples.push(sample(pid, began.elapsed()));
            std::thread::park_timeout(Duration::from_millis(500));
        }
        if began.elapsed() >= during {
            break;
        }
        match trouble % 5 {
            0 => cable.reset(),
            1 => {
                broker.kill();
                broker.restart();
            }
            2 => cable.set(|weather| (weather.hole_up, weather.hole_down) = (true, true)),
            3 => judge.kill_and_restart(),
            _ => cable.set(|weather| weather.slice = Some(100)),
        }
        row.add("troubles", 1);
        next_trouble = began.elapsed() + Duration::from_secs(3);
        if trouble % 5 == 2 || trouble % 5 == 4 {
            std::thread::park_timeout(Duration::from_secs(2));
            cable.set(|weather| {
                *weather = super::cable::Weather { latency: Duration::from_millis(20), ..Default::default() }
            });
        }
    }
    row.set("seconds of it", during.as_secs());
    judge_samples(&mut row, &samples);
    let said = stored(&daemon.kill_for_log());
    row.set("accepted", said.len() as u64);
    drop(field);
    finish(row, &site, &broker, &judge, ids_of(&said));
}

fn sample(pid: u32, at: Duration) -> Sample {
    let entries =
        |what: &str| fs::read_dir(format!("/proc/{pid}/{what}")).map_or(0, |dir| dir.count() as u64);
    Sample {
        secs: at.as_secs_f64(),
        bytes: resident_bytes(pid) as f64,
        threads: entries("task"),
        files: entries("fd"),
    }
}

/// The first third is for warming up. Of the rest: a straight line through memory must rise by no more than what the
/// samples scatter about it, and a MiB; usually as many threads and files in its second half
/// as in its first.
fn judge_samples(row: &mut Row, samples: &[Sample]) {
    let rest = &samples[samples.len() / 3..];
    let n = rest.len() as f64;
    let mean = |of: &dyn Fn(&Sample) -> f64| rest.iter().map(of).sum::<f64>() / n;
    let (mean_t, mean_b) = (mean(&|s| s.secs), mean(&|s| s.bytes));
    let slope = rest.iter().map(|s| (s.secs - mean_t) * (s.bytes - mean_b)).sum::<f64>()
        / rest.iter().map(|s| (s.secs - mean_t).powi(2)).sum::<f64>().max(1e-9);
    let scatter = mean(&|s| (s.bytes - mean_b - slope * (s.secs - mean_t)).powi(2)).sqrt();
    let rise = slope * (rest[rest.len() - 1].secs - rest[0].secs);
    row.set("samples", samples.len() as u64);
    row.set("memory at the end, MiB", (rest[rest.len() - 1].bytes / 1_048_576.0).round());
    row.set("memory rise along the line, KiB", (rise / 1024.0).round());
    row.set("memory scatter about it, KiB", (scatter / 1024.0).round());
    let (first, second) = rest.split_at(rest.len() / 2);
    for (what, of) in
        [("threads", (|s: &Sample| s.threads) as fn(&Sample) -> u64), ("open files", |s| s.files)]
    {
        let usual = |part: &[Sample]| {
            let mut counts: Vec<u64> = part.iter().map(of).collect();
            counts.sort_unstable();
            counts[counts.len() / 2]
        };
        row.set(&format!("{what}, median of the first half"), usual(first));
        row.set(&format!("{what}, median of the second half"), usual(second));
        // A connection that is made while another is given up is no leak.
        row.check(!is_long() || usual(second) <= usual(first) + 1, || format!("{what} became more"));
    }
    row.check(!is_long() || rise <= 2.0 * scatter + 1_048_576.0, || {
        format!("memory rises by {rise:.0} bytes along the line; it scatters by {scatter:.0}")
    });
}
