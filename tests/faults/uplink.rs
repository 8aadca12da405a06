//! The link to the centre: black holes, narrow and broken lines, and a day without any.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use lookout::types::level::Level;

use super::bench::{Row, is_long, lasting, rounds};
use super::cable::{Cable, Weather};
use super::here::{Field, PATIENCE, Site, ids_of, start_ready, stored};
use super::journal::Line;
use super::judge::{Judge, now_ms};
use super::kills::finish;
use super::queue;
use super::support::mosquitto::Mosquitto;

/// What becomes of the weather.
type Change<'a> = &'a dyn Fn(&mut Weather);

fn wait(for_so_long: Duration) {
    let until = Instant::now() + for_so_long;
    while Instant::now() < until {
        std::thread::park_timeout(until.saturating_duration_since(Instant::now()));
    }
}

#[test]
fn whatever_the_link_does_the_box_detects_at_the_same_rate_and_everything_arrives() {
    let mut row = Row::begin("uplink: black hole, half open, resets, latency, bandwidth, slices");
    let broker = Mosquitto::start();
    let site = Site::new(100);
    let judge = Judge::start(broker.port(), site.folder.path());
    let cable = Cable::to(broker.port());
    let (daemon, _) = start_ready(&site, &cable.url());
    let field = Field::start(&site, 40);
    judge.wait_for("alerts", PATIENCE, |lines| lines.len() > 30);
    // An alert is reported and ends within two seconds, so shorter times say little.
    let each = lasting(Duration::from_secs(5));
    let rate = |during: Duration| {
        let before = stored(&daemon.log()).len();
        wait(during);
        (stored(&daemon.log()).len() - before) as f64 / during.as_secs_f64()
    };
    let usual = rate(each);
    row.set("alerts stored per second, usual", (usual * 10.0).round() / 10.0);
    // In five seconds the number of alerts itself goes up and down by a third; what waits for the wire stores none.
    let least = if is_long() { 0.7 } else { 0.5 };
    let weathers: [(&str, Change<'_>); 4] = [
        ("black hole", &|w| (w.hole_up, w.hole_down) = (true, true)),
        ("2 s latency", &|w| w.latency = Duration::from_secs(2)),
        ("4 KiB/s", &|w| w.bytes_per_sec = Some(4096)),
        ("slices of 7 bytes", &|w| w.slice = Some(7)),
    ];
    for (name, change) in weathers {
        cable.set(|weather| change(weather));
        let now = rate(each);
        row.set(&format!("alerts stored per second, {name}"), (now * 10.0).round() / 10.0);
        row.check(now > least * usual, || format!("{name}: {now} alerts per second, usually {usual}"));
        cable.set(|weather| *weather = Weather::default());
    }
    for _ in 0..5 {
        cable.reset();
        wait(Duration::from_millis(300));
    }
    // The other end is gone, and the box is not told: it must find out by itself.
    cable.half_open();
    let (began, before) = (Instant::now(), judge.lines().len());
    judge.wait_for("alerts after a half-open connection", Duration::from_secs(120), |lines| {
        lines.len() > before
    });
    row.longest("half open until alerts flow again, ms", began.elapsed());
    let said = stored(&daemon.kill_for_log());
    row.set("accepted", said.len() as u64);
    // Nothing new, so that what waits can come.
    drop(field);
    finish(row, &site, &broker, &judge, ids_of(&said));
}

/// Old alerts per second, as the publisher's default has it.
const BACKLOG_PER_SEC: f64 = 50.0;

#[test]
fn after_a_long_outage_red_comes_first_and_live_alerts_do_not_wait_for_the_backlog() {
    let mut row = Row::begin("outage with many waiting alerts");
    let broker = Mosquitto::start();
    let site = Site::new(40);
    let waiting = rounds(300);
    let (outbox, _) = queue::open(&site.outbox(), None).unwrap();
    let mut accepted: Vec<String> = (0..waiting)
        .map(|n| queue::append(&outbox, u64::from(n), 1, Level::Yellow, true, 300).unwrap().1)
        .collect();
    let red = queue::append(&outbox, u64::from(waiting), 1, Level::Red, true, 300).unwrap().1;
    accepted.push(red.clone());
    assert!(outbox.close(Duration::from_secs(30)));

    let judge = Judge::start(broker.port(), site.folder.path());
    let cable = Cable::to(broker.port());
    cable.set(|weather| (weather.hole_up, weather.hole_down) = (true, true));
    let (daemon, took) = start_ready(&site, &cable.url());
    row.longest("start with all that waiting, ms", took);
    // As long as the connection attempts need to have become rare.
    wait(lasting(Duration::from_secs(2)));
    cable.set(|weather| *weather = Weather::default());
    let healed = now_ms();
    let lines = judge.wait_for("the red one", PATIENCE, |lines| lines.iter().any(|line| line.id == red));
    let red_at = lines.iter().find(|line| line.id == red).unwrap().t_ms;
    row.within(
        "healing until red is there",
        Duration::from_millis(red_at.saturating_sub(healed)),
        Duration::from_secs(5),
    );
    let first = lines.iter().position(|line| line.id == red).unwrap();
    row.check(first == 0, || format!("{first} others came before the red one"));

    let field = Field::start(&site, 20);
    let patience = PATIENCE + Duration::from_secs_f64(2.0 * f64::from(waiting) / BACKLOG_PER_SEC);
    let is_old = |line: &&Line| line.alert.as_deref().is_some_and(|alert| alert.starts_with("alert-"));
    let lines = judge
        .wait_for("the backlog", patience, |lines| lines.iter().filter(is_old).count() > waiting as usize);
    drop(field);
    let old: Vec<u64> = lines.iter().filter(is_old).map(|line| line.t_ms).collect();
    let took = (old.last().unwrap() - old.first().unwrap()) as f64 / 1000.0;
    // What may come at once at the beginning is one second's worth.
    let rate = (f64::from(waiting) - BACKLOG_PER_SEC).max(0.0) / took.max(0.001);
    row.set("waiting", waiting);
    row.set("backlog per second", (rate * 10.0).round() / 10.0);
    row.check(rate <= 1.2 * BACKLOG_PER_SEC, || format!("{rate} old alerts per second"));
    let log = daemon.kill_for_log();
    let at: BTreeMap<String, u64> = times_of(&log);
    let mut late: Vec<u64> =
        lines.iter().filter_map(|line| Some(line.t_ms.saturating_sub(*at.get(&line.id)?))).collect();
    late.sort_unstable();
    row.check(!late.is_empty(), || "no live alert came meanwhile".to_owned());
    row.set("live alerts meanwhile", late.len() as u64);
    row.set("live alert stored until journal, median ms", late.get(late.len() / 2).copied().unwrap_or(0));
    let worst = Duration::from_millis(late.last().copied().unwrap_or(0));
    row.within("live alert stored until journal", worst, Duration::from_secs(2));
    accepted.extend(ids_of(&stored(&log)));
    finish(row, &site, &broker, &judge, accepted.into_iter().collect());
}

/// When the daemon's log says each was stored, in milliseconds.
fn times_of(log: &str) -> BTreeMap<String, u64> {
    log.lines()
        .filter(|line| line.contains("alert stored"))
        .filter_map(|line| {
            let at: jiff::Timestamp = line.split_whitespace().next()?.parse().ok()?;
            Some((stored(line).into_iter().next()?.id, at.as_millisecond() as u64))
        })
        .collect()
}
