use std::path::Path;

use super::*;
use crate::contract::MAX_EVENT_BYTES;
use crate::contract::words::Time;
use crate::coverage::{Asked, BreakReason, Calendar, calendar};
use crate::daemon::coverage::tests::{plan, rule};
use crate::daemon::coverage::{ClockTrust, CoverageStage, Watched};
use crate::outbox::{Consumer, ConsumerPolicy, Limits, Options};

const W: CoverageState = CoverageState::Watched;

fn ms_of(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_millisecond()
}

fn settings(folder: &Path, days: u16, cameras: &[&str]) -> Settings {
    Settings {
        folder: Some(folder.join("coverage")),
        days,
        mode: Mode::Actual,
        sender: Sender { area: "530127".to_owned(), box_id: "box-7f3a".to_owned() },
        watches: cameras.iter().map(|id| Watch { camera: (*id).into(), rule: "yard".into() }).collect(),
        grids: cameras.iter().map(|id| ((*id).into(), "53012700100199".into())).collect(),
    }
}

/// A box with its clocks, its folder and its queue.
struct Bench {
    folder: tempfile::TempDir,
    outbox: Outbox,
    export: Consumer,
    cameras: Vec<&'static str>,
    mono: Duration,
    utc_ms: i64,
}

impl Bench {
    fn new(at: &str, cameras: &[&'static str]) -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let options = Options { limits: Limits { free_bytes: 0, ..Limits::default() }, ..Options::default() };
        let now = at.parse().unwrap();
        let (outbox, _) =
            Outbox::open(&folder.path().join("queue"), now, "530127.box-7f3a", options).unwrap();
        let policy = ConsumerPolicy { rows: 10_000, bytes: 64 << 20, pictures: false };
        let export = outbox.register("test", policy).unwrap();
        Bench { folder, outbox, export, cameras: cameras.to_vec(), mono: Duration::ZERO, utc_ms: ms_of(at) }
    }

    fn settings(&self, days: u16) -> Arc<Settings> {
        Arc::new(settings(self.folder.path(), days, &self.cameras))
    }

    fn at(&self) -> Moment {
        Moment { mono: self.mono, utc: Timestamp::from_millisecond(self.utc_ms).unwrap() }
    }

    /// Of a machine that is switched off between two runs.
    fn clock(&self) -> ClockState {
        ClockState { is_kept: true, boot: None, on_for_ms: 0 }
    }

    /// A run that begins now.
    fn start(&self, days: u16) -> Work {
        let mut work =
            Work::new(self.settings(days), self.outbox.clone(), (self.at(), self.clock()), Arc::default());
        work.begin();
        work.read(self.reading(&work.settings.clone()));
        work
    }

    fn reading(&self, settings: &Arc<Settings>) -> Reading {
        let states = vec![W; settings.watches.len()];
        Reading { at: self.at(), clock: self.clock(), settings: settings.clone(), states }
    }

    fn pass(&mut self, secs: u32) {
        self.mono += Duration::from_secs(secs.into());
        self.utc_ms += i64::from(secs) * 1_000;
    }

    /// Everything is watched, with a reading every ten seconds.
    fn watch_until(&mut self, work: &mut Work, until: &str) {
        let settings = work.settings.clone();
        while self.utc_ms < ms_of(until) {
            self.pass(10);
            work.read(self.reading(&settings));
        }
    }

    fn stop(&self, mut work: Work) {
        work.finish(Ending::Stopped, None);
    }

    /// Ids of all messages so far, in their order.
    fn ids(&self) -> Vec<String> {
        let records = self.export.read(1_000).unwrap().records;
        let id = |body: &[u8]| serde_json::from_slice::<serde_json::Value>(body).unwrap()["id"].clone();
        records.iter().map(|record| id(&record.body).as_str().unwrap().to_owned()).collect()
    }

    fn calendar(&self) -> Calendar {
        let (from, until) =
            ("2026-11-29T00:00:00Z".parse().unwrap(), "2026-12-02T00:00:00Z".parse().unwrap());
        let asked = Asked { cameras: &[], rules: &[], from, until, zone: &jiff::tz::TimeZone::UTC };
        calendar(&self.folder.path().join("coverage"), &asked).unwrap()
    }

    /// Minutes by state, of the first row.
    fn minutes(&self) -> Vec<(CoverageState, u64)> {
        self.calendar().rows[0].ms.lasting().map(|(state, ms)| (state, ms / 60_000)).collect()
    }
}

#[test]
fn an_hour_that_comes_twice_has_another_id_each_time() {
    for days in [400, 0] {
        let mut bench = Bench::new("2026-11-30T14:00:00Z", &["cam-03"]);
        let mut work = bench.start(days);
        bench.watch_until(&mut work, "2026-11-30T15:10:00Z");
        // Set back by more than an hour.
        bench.utc_ms = ms_of("2026-11-30T13:50:00Z");
        bench.watch_until(&mut work, "2026-11-30T15:00:10Z");
        let ids = bench.ids();
        let hour = format!(
            "coverage.cam-03.{}.{}.",
            ms_of("2026-11-30T14:00:00Z") / 1_000,
            ms_of("2026-11-30T15:00:00Z") / 1_000
        );
        let twice: Vec<_> = ids.iter().filter(|id| id.starts_with(&hour)).collect();
        assert_eq!(twice.len(), 2, "{ids:?}");
        assert_ne!(twice[0], twice[1]);
    }
}

const MANY: [&str; 10] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];

#[test]
fn what_a_kill_left_over_is_published_at_the_next_start() {
    let mut bench = Bench::new("2026-11-30T14:00:00Z", &MANY);
    let mut work = bench.start(400);
    bench.watch_until(&mut work, "2026-11-30T15:00:00Z");
    assert_eq!(bench.ids().len(), SENT_EACH_SECOND, "the others wait for their second");
    drop(work);
    bench.pass(60);
    let mut work = bench.start(400);
    bench.watch_until(&mut work, "2026-11-30T15:05:00Z");
    let all = || {
        let mut ids = bench.ids();
        ids.sort();
        ids.dedup();
        ids
    };
    assert_eq!(all().len(), MANY.len(), "{:?}", bench.ids());
    assert!(all().iter().all(|id| id.ends_with(".1")), "the number of the line");
    let published = bench.ids().len();
    drop(work);
    drop(bench.start(400));
    assert_eq!(bench.ids().len(), published, "what was published is not published again");
}

#[test]
fn an_orderly_stop_publishes_what_waits() {
    let mut bench = Bench::new("2026-11-30T14:00:00Z", &MANY);
    for days in [400, 0] {
        let mut work = bench.start(days);
        let before = bench.ids().len();
        let until = bench.utc_ms + 3_600_000;
        bench.watch_until(&mut work, &Timestamp::from_millisecond(until).unwrap().to_string());
        bench.stop(work);
        assert_eq!(bench.ids().len() - before, MANY.len(), "{days}");
    }
}

#[test]
fn a_time_in_which_the_ledger_was_switched_off_is_not_said_to_be_one_without_the_daemon() {
    let mut bench = Bench::new("2026-11-30T10:00:00Z", &["cam-03"]);
    let mut work = bench.start(400);
    bench.watch_until(&mut work, "2026-11-30T10:30:00Z");
    bench.stop(work);
    bench.pass(600);
    // Switched off while nothing ran, and restarted once more without.
    for until in ["2026-11-30T11:40:00Z", "2026-11-30T12:40:00Z"] {
        let mut work = bench.start(0);
        bench.watch_until(&mut work, until);
        bench.stop(work);
        bench.pass(600);
    }
    let mut work = bench.start(400);
    bench.watch_until(&mut work, "2026-11-30T13:00:00Z");
    bench.stop(work);
    assert_eq!(bench.minutes(), [(W, 40), (CoverageState::NotRunning, 10)]);
    let [gap] = &bench.calendar().breaks[..] else { panic!("{:?}", bench.calendar().breaks) };
    assert_eq!((gap.why, gap.until.0), (BreakReason::NotKept, "2026-11-30T12:50:00Z".parse().unwrap()));
}

#[test]
fn a_ledger_that_is_switched_off_and_on_by_a_reload_leaves_that_time_out() {
    let mut bench = Bench::new("2026-11-30T10:00:00Z", &["cam-03"]);
    let mut work = bench.start(400);
    bench.watch_until(&mut work, "2026-11-30T10:30:00Z");
    for (days, until) in [(0, "2026-11-30T12:10:00Z"), (30, "2026-11-30T12:50:00Z")] {
        let settings = bench.settings(days);
        bench.pass(10);
        work.read(bench.reading(&settings));
        bench.watch_until(&mut work, until);
    }
    bench.stop(work);
    let calendar = bench.calendar();
    assert_eq!(calendar.rows[0].ms, Times::of(W, (30 + 40) * 60_000));
    let spans: Vec<_> = calendar.breaks.iter().map(|one| (one.why, one.from.0, one.until.0)).collect();
    let time = |text: &str| text.parse::<Timestamp>().unwrap();
    let expected = (BreakReason::NotKept, time("2026-11-30T10:30:00Z"), time("2026-11-30T12:10:00Z"));
    assert_eq!(spans, [expected]);
    assert!(coverage::verify(&bench.folder.path().join("coverage")).unwrap().is_ok());
}

#[test]
fn a_disk_that_hangs_keeps_nobody_waiting_and_what_does_not_fit_is_unknown() {
    let mut bench = Bench::new("2026-11-30T10:00:00Z", &["a"]);
    let mut work = bench.start(400);
    let (queue, messages) = sync_channel(QUEUE);
    let thread = thread::spawn(|| {});
    let mut stage = CoverageStage {
        thread: Some(LedgerThread { queue, thread }),
        watched: Watched::new(&plan(&["a"], vec![rule("yard", &["a"], 3)])),
        settings: work.settings.clone(),
        is_behind: false,
        is_elsewhere: false,
        lasted: Arc::default(),
        clock: ClockTrust::new(bench.at(), None, None),
    };
    let more = 900;
    for _ in 0..QUEUE + more {
        bench.pass(1);
        // Would wait for ever if it waited.
        stage.pass_on(bench.at());
    }
    assert!(stage.is_behind);
    while let Ok(Message::Reading(reading)) = messages.try_recv() {
        work.read(reading);
    }
    bench.pass(1);
    work.read(bench.reading(&stage.settings));
    bench.stop(work);
    let ms = bench.calendar().rows[0].ms;
    // A rule that is out of its schedule, then nothing, then what the last reading stands for.
    assert_eq!(ms.ms(CoverageState::NotInForce) / 1_000, QUEUE as u64);
    assert_eq!((ms.ms(CoverageState::Unknown) + ms.ms(W)) / 1_000, more as u64 + 1);
    assert!(ms.ms(CoverageState::Unknown) / 1_000 >= more as u64 - 10, "{ms:?}");
}

#[test]
fn a_thread_that_hangs_is_left_behind_at_the_end() {
    let (queue, _messages) = sync_channel(0);
    let (release, held) = std::sync::mpsc::channel::<()>();
    let thread = thread::spawn(move || {
        let _ = held.recv();
    });
    let began = Instant::now();
    LedgerThread { queue, thread }.stop(Duration::from_millis(50));
    assert!(began.elapsed() < Duration::from_secs(30));
    drop(release);
}

/// An hour of so many rules at each of these cameras, each with every state there is.
fn hour(cameras: &[&str], rules: usize) -> Record {
    let mut ms = Times::default();
    CoverageState::ALL.into_iter().for_each(|state| ms.add(state, 300_001));
    let names: Vec<String> = (0..rules).map(|rule| format!("fire-lane-blocked-{rule:03}")).collect();
    let of = cameras.iter().map(|camera| ((*camera).to_owned(), names.clone())).collect();
    let time = |secs: i64| Time(Timestamp::from_second(1_795_230_000 + secs).unwrap());
    let stretch = Stretch { from: Some(time(1)), until: None, shift_ms: -1, ms, of };
    Record { from: time(0), until: time(3_600), set_to: None, not_kept_until: None, rules: vec![stretch] }
}

#[test]
fn an_hour_is_a_message_for_each_camera_and_each_fits() {
    let settings = settings(Path::new("/nowhere"), 0, &["a", "b"]);
    for (rules, omitted) in [(6, false), (500, true)] {
        let messages = messages(&hour(&["a", "b", "no-longer-here"], rules), &settings);
        let cameras: Vec<_> = messages.iter().map(|data| data.camera.as_str()).collect();
        assert_eq!(cameras, ["a", "b"]);
        let body = settings
            .sender
            .event("coverage.a.0.1", None, Timestamp::UNIX_EPOCH, messages[0].clone())
            .unwrap();
        assert!(body.len() <= MAX_EVENT_BYTES, "{}", body.len());
        let value: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let (there, left_out) = (value["data"]["rules"].as_array().unwrap().len(), &value["data"]["omitted"]);
        assert_eq!(there + left_out.as_u64().unwrap_or(0) as usize, rules);
        assert_eq!(!left_out.is_null(), omitted);
    }
}

#[test]
fn seconds_of_a_message_add_up_to_the_hour() {
    let record = hour(&["a"], 1);
    let rule = published("yard", &record.rules[0]);
    let sum: f64 = rule.watched_secs + rule.not.iter().map(|one| one.secs).sum::<f64>();
    assert!((sum - 13.0 * 300.001).abs() < 0.001, "{sum}");
    assert_eq!(rule.not.len(), CoverageState::ALL.len() - 1);
    assert_eq!(rule.clock_set_secs, Some(-0.001));
}
