use proptest::prelude::*;

use super::*;
use crate::analysis::schedule::Schedule;
use crate::analysis::time::Timestamp;
use crate::coverage::Ending;
use crate::types::coverage_state::CoverageState::{self as S};

/// 2026-11-30 00:00 in Shanghai, a Monday.
const MIDNIGHT: &str = "2026-11-29T16:00:00Z";

fn ms_of(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_millisecond()
}

fn moment(mono_ms: i64, utc_ms: i64) -> Moment {
    Moment { mono: Duration::from_millis(mono_ms.unsigned_abs()), utc: time_of(utc_ms) }
}

fn watch(camera: &str, rule: &str) -> Watch {
    Watch { camera: camera.into(), rule: rule.into() }
}

/// A box of one camera and one rule whose clocks go together, looked at once a second.
struct Bench {
    accumulator: Accumulator,
    mono_ms: i64,
    /// The clock on the wall is so far ahead of the other one.
    ahead_ms: i64,
    /// Of a time server, on a machine that is switched off between two runs.
    clock: ClockState,
    records: Vec<Record>,
}

impl Bench {
    fn begin(at: &str) -> Bench {
        let accumulator = Accumulator::new(moment(0, ms_of(at)), vec![watch("cam", "yard")]);
        let clock = ClockState { is_kept: true, boot: None, on_for_ms: 0 };
        Bench { accumulator, mono_ms: 0, ahead_ms: ms_of(at), clock, records: Vec::new() }
    }

    fn now(&self) -> Moment {
        moment(self.mono_ms, self.mono_ms + self.ahead_ms)
    }

    /// So many seconds, one after the other.
    fn watch_for(&mut self, secs: i64, mut state: impl FnMut(Timestamp) -> S) -> &mut Bench {
        for _ in 0..secs {
            self.mono_ms += 1_000;
            let at = self.now();
            let state = state(at.utc);
            self.records.extend(self.accumulator.look(at, |_| state));
        }
        self
    }

    fn until(&mut self, at: &str, state: impl FnMut(Timestamp) -> S) -> &mut Bench {
        self.watch_for((ms_of(at) - self.ahead_ms - self.mono_ms) / 1_000, state)
    }

    /// The daemon ends and is started again after so many seconds.
    fn off_for(&mut self, secs: i64, stopped: bool, is_lost: bool) -> &mut Bench {
        self.off(secs, 0, stopped, is_lost)
    }

    /// And the clock on the wall is set meanwhile.
    fn off(&mut self, secs: i64, set_by_ms: i64, stopped: bool, is_lost: bool) -> &mut Bench {
        let ending = if stopped { Ending::Stopped } else { Ending::GoesOn };
        let left = Checkpoint::new(self.accumulator.hour(), ending, &self.clock);
        // As it comes back from the disk.
        let left = serde_json::from_str(&serde_json::to_string(&left).unwrap()).unwrap();
        self.ahead_ms += self.mono_ms + secs * 1_000 + set_by_ms;
        self.mono_ms = 0;
        self.clock.on_for_ms += secs * 1_000;
        let watches = vec![watch("cam", "yard")];
        let (accumulator, finished) = Accumulator::resume(&left, is_lost, self.now(), &self.clock, watches);
        self.accumulator = accumulator;
        self.records.extend(finished);
        self
    }

    /// Seconds by state, of all hours.
    fn lasted(&self) -> Vec<(S, u64)> {
        let mut all = Times::default();
        for record in self.records.iter().chain([&self.accumulator.hour()]) {
            record.rules.iter().for_each(|stretch| all.add_all(&stretch.ms));
        }
        all.lasting().map(|(state, ms)| (state, ms / 1_000)).collect()
    }

    /// Where the clock was set to.
    fn set_to(&self) -> Vec<String> {
        self.records
            .iter()
            .filter_map(|record| record.set_to)
            .map(|at| at.to_string()[..16].to_owned())
            .collect()
    }
}

/// From, until (without seconds), and seconds by state of every stretch.
type Row = (String, String, Vec<(S, u64)>);

fn table(records: &[Record]) -> Vec<Row> {
    let clock = |time: Time| time.to_string()[11..16].to_owned();
    let stretches = records.iter().flat_map(|record| {
        record.rules.iter().map(move |stretch| {
            let from = clock(stretch.from.unwrap_or(record.from));
            let until = clock(stretch.until.unwrap_or(record.until));
            (from, until, stretch.ms.lasting().map(|(state, ms)| (state, ms / 1_000)).collect())
        })
    });
    stretches.collect()
}

fn row(from: &str, until: &str, states: &[(S, u64)]) -> (String, String, Vec<(S, u64)>) {
    (from.to_owned(), until.to_owned(), states.to_vec())
}

/// What the states of a stretch must add up to.
fn span_ms(record: &Record, stretch: &Stretch) -> i64 {
    let until = stretch.until.unwrap_or(record.until).0.as_millisecond();
    until - stretch.from.unwrap_or(record.from).0.as_millisecond() - stretch.shift_ms
}

#[test]
fn a_day_is_divided_as_a_table_made_by_hand_says() {
    let schedule = Schedule::parse("07:00-20:00", jiff::tz::TimeZone::get("Asia/Shanghai").unwrap()).unwrap();
    let state = |at: Timestamp| {
        let is_in = |from: &str, until: &str| (ms_of(from) + 1..=ms_of(until)).contains(&at.as_millisecond());
        if !schedule.in_force(at) {
            S::NotInForce
        } else if is_in("2026-11-30T01:10:00Z", "2026-11-30T02:40:00Z") {
            S::NoVideo
        } else if is_in("2026-11-30T04:00:00Z", "2026-11-30T04:05:00Z") {
            S::Overloaded
        } else if is_in("2026-11-30T09:30:00Z", "2026-11-30T16:00:00Z") {
            S::Dark
        } else {
            S::Watched
        }
    };
    let mut bench = Bench::begin(MIDNIGHT);
    bench
        .until("2026-11-30T06:20:30Z", state)
        .off_for(600, false, false)
        .until("2026-11-30T16:00:00Z", state);
    let mut expected: Vec<_> = Vec::new();
    let hour = |utc: i64, states: &[(S, u64)]| {
        let clock = |hour: i64| format!("{:02}:00", hour.rem_euclid(24));
        row(&clock(utc), &clock(utc + 1), states)
    };
    // Until 07:00 at the site; a second that begins in force and ends out of it belongs to its end.
    (-8..-2).for_each(|utc| expected.push(hour(utc, &[(S::NotInForce, 3_600)])));
    expected.push(hour(-2, &[(S::Watched, 1), (S::NotInForce, 3_599)]));
    expected.extend([hour(-1, &[(S::Watched, 3_600)]), hour(0, &[(S::Watched, 3_600)])]);
    expected.push(hour(1, &[(S::Watched, 600), (S::NoVideo, 3_000)]));
    expected.push(hour(2, &[(S::Watched, 1_200), (S::NoVideo, 2_400)]));
    expected.push(hour(3, &[(S::Watched, 3_600)]));
    expected.push(hour(4, &[(S::Watched, 3_300), (S::Overloaded, 300)]));
    expected.push(hour(5, &[(S::Watched, 3_600)]));
    expected.push(hour(6, &[(S::Watched, 1_230 + 1_770), (S::NotRunning, 540), (S::Unknown, 60)]));
    expected.extend([hour(7, &[(S::Watched, 3_600)]), hour(8, &[(S::Watched, 3_600)])]);
    expected.push(hour(9, &[(S::Watched, 1_800), (S::Dark, 1_800)]));
    expected.push(hour(10, &[(S::Dark, 3_600)]));
    expected.push(hour(11, &[(S::NotInForce, 1), (S::Dark, 3_599)]));
    (12..16).for_each(|utc| expected.push(hour(utc, &[(S::NotInForce, 3_600)])));
    expected.iter_mut().for_each(|(_, _, states)| states.sort());
    assert_eq!(table(&bench.records), expected);
}

#[test]
fn an_hour_in_which_the_clock_is_set_back_is_longer_and_says_so() {
    let mut bench = Bench::begin("2026-11-30T10:00:00Z");
    bench.watch_for(2_400, |_| S::Watched);
    bench.ahead_ms -= 1_200_000;
    bench.until("2026-11-30T11:00:00Z", |_| S::Dark);
    let expected = [row("10:00", "11:00", &[(S::Watched, 2_400), (S::Dark, 2_400)])];
    assert_eq!(table(&bench.records), expected);
    let record = &bench.records[0];
    assert_eq!((record.rules[0].shift_ms, span_ms(record, &record.rules[0])), (-1_200_000, 4_800_000));
}

#[test]
fn an_hour_ends_where_the_clock_is_set_to_another_one() {
    let mut bench = Bench::begin("2026-11-30T10:00:00Z");
    bench.watch_for(1_200, |_| S::Watched);
    bench.ahead_ms += 3 * 3_600_000;
    bench.until("2026-11-30T14:00:00Z", |_| S::Watched);
    let [first, second] = &bench.records[..] else { panic!("{:?}", bench.records) };
    assert_eq!(first.set_to, Some(Time(time_of(ms_of("2026-11-30T13:20:01Z")))));
    assert_eq!((first.until, second.set_to), (Time(time_of(ms_of("2026-11-30T10:20:01Z"))), None));
    assert_eq!(first.rules[0].ms.total_ms() + second.rules[0].ms.total_ms(), 3_600_000);
}

#[test]
fn a_time_server_that_corrects_a_little_makes_no_other_hour() {
    let mut bench = Bench::begin("2026-11-30T10:00:00Z");
    for second in 0..3_600 {
        bench.ahead_ms += [1, -1, 300, -299][second % 4];
        bench.watch_for(1, |_| S::Watched);
    }
    bench.until("2026-11-30T11:00:01Z", |_| S::Watched);
    let record = &bench.records[0];
    assert_eq!(bench.records.len(), 1);
    assert_eq!((record.rules[0].ms, record.rules[0].shift_ms), (Times::of(S::Watched, 3_600_000), 0));
}

#[test]
fn a_kill_costs_a_minute_at_most_and_the_rest_did_not_run() {
    for (off, unknown, not_running) in [(20, 20, 0), (60, 60, 0), (600, 60, 540)] {
        let mut bench = Bench::begin("2026-11-30T10:00:00Z");
        bench.watch_for(1_000, |_| S::Watched).off_for(off, false, false);
        bench.until("2026-11-30T11:00:00Z", |_| S::Watched);
        let ms = bench.records[0].rules[0].ms;
        let secs = [S::Unknown, S::NotRunning].map(|state| ms.ms(state) / 1_000);
        assert_eq!((secs, ms.total_ms()), ([unknown, not_running], 3_600_000));
    }
}

#[test]
fn after_an_orderly_end_nothing_is_unknown_and_where_all_is_lost_everything_is() {
    for (stopped, is_lost, state) in [(true, false, S::NotRunning), (true, true, S::Unknown)] {
        let mut bench = Bench::begin("2026-11-30T10:00:00Z");
        bench.watch_for(600, |_| S::Watched).off_for(1_800, stopped, is_lost);
        bench.until("2026-11-30T11:00:00Z", |_| S::Watched);
        let expected = [row("10:00", "11:00", &[(S::Watched, 1_800), (state, 1_800)])];
        assert_eq!(table(&bench.records), expected);
    }
}

#[test]
fn a_year_in_a_drawer_is_three_lines() {
    let mut bench = Bench::begin("2026-11-30T10:00:00Z");
    bench.watch_for(600, |_| S::Watched).off_for(365 * 86_400, true, false);
    bench.until("2027-11-30T11:00:00Z", |_| S::Watched);
    let expected = [
        row("10:00", "11:00", &[(S::Watched, 600), (S::NotRunning, 3_000)]),
        row("11:00", "10:00", &[(S::NotRunning, 365 * 86_400 - 3_600)]),
        row("10:00", "11:00", &[(S::Watched, 3_000), (S::NotRunning, 600)]),
    ];
    assert_eq!(table(&bench.records), expected);
}

#[test]
fn a_clock_that_is_behind_after_a_restart_begins_anew() {
    let mut bench = Bench::begin("2026-11-30T10:00:00Z");
    bench.watch_for(600, |_| S::Watched).off_for(-86_400 * 300, false, false);
    let record = &bench.records[0];
    assert_eq!(record.set_to.map(|time| time.to_string()).as_deref(), Some("2026-02-03T10:10:00.000Z"));
    assert_eq!(span_ms(record, &record.rules[0]), 600_000);
    bench.watch_for(3_600, |_| S::Watched);
    assert_eq!(table(&bench.records[1..]), [row("10:10", "11:00", &[(S::Watched, 3_000)])]);
}

#[test]
fn nobody_knows_what_was_while_nobody_looked() {
    let mut bench = Bench::begin("2026-11-30T10:00:00Z");
    bench.watch_for(60, |_| S::Watched);
    bench.mono_ms += 99_000;
    bench.watch_for(1, |_| S::Watched);
    let ms = bench.accumulator.hour().rules[0].ms;
    assert_eq!([S::Watched, S::Unknown].map(|state| ms.ms(state)), [70_000, 90_000]);
}

#[test]
fn nothing_is_watched_while_the_daemon_starts() {
    let mut bench = Bench::begin("2026-11-30T10:00:00Z");
    bench.mono_ms += 40_000;
    assert!(bench.accumulator.begin_watching(bench.now()).is_empty());
    bench.watch_for(20, |_| S::Watched);
    let ms = bench.accumulator.hour().rules[0].ms;
    assert_eq!([S::Watched, S::NotRunning].map(|state| ms.ms(state)), [20_000, 40_000]);
}

#[test]
fn a_clock_that_is_set_while_the_daemon_starts_claims_nothing_of_what_it_skips() {
    for begin in ["1970-01-01T00:10:00Z", "2026-06-01T00:10:00Z", "2027-06-01T00:10:00Z"] {
        let mut bench = Bench::begin(begin);
        bench.mono_ms += 40_000;
        bench.ahead_ms = ms_of("2026-11-30T10:00:00Z");
        let finished = bench.accumulator.begin_watching(bench.now());
        bench.records.extend(finished);
        bench.watch_for(20, |_| S::Watched);
        assert_eq!(bench.lasted(), [(S::Watched, 20), (S::NotRunning, 40)], "{begin}");
        assert_eq!(bench.set_to(), ["2026-11-30T10:00"], "{begin}");
    }
}

#[test]
fn a_long_time_without_the_daemon_is_claimed_only_of_clocks_that_were_kept_then_and_now() {
    let day = 86_400;
    for (was_kept, is_kept, secs, is_claimed) in [
        (true, true, 90 * day, true),
        (false, true, 90 * day, false),
        (true, false, 90 * day, false),
        (false, false, 20_000 * day, false),
        (false, false, day, true),
    ] {
        let mut bench = Bench::begin("2026-11-30T10:00:00Z");
        bench.clock.is_kept = was_kept;
        bench.watch_for(600, |_| S::Watched);
        let left = Checkpoint::new(bench.accumulator.hour(), Ending::Stopped, &bench.clock);
        let clock = ClockState { is_kept, ..bench.clock.clone() };
        let at = moment(0, ms_of("2026-11-30T10:10:00Z") + secs * 1_000);
        let (accumulator, finished) =
            Accumulator::resume(&left, false, at, &clock, vec![watch("cam", "yard")]);
        (bench.accumulator, bench.records) = (accumulator, finished);
        let mut expected = vec![(S::Watched, 600)];
        expected.extend(is_claimed.then_some((S::NotRunning, secs.unsigned_abs())));
        assert_eq!(bench.lasted(), expected, "{was_kept} {is_kept} {secs}");
        assert_eq!(bench.set_to().is_empty(), is_claimed, "{was_kept} {is_kept} {secs}");
    }
}

#[test]
fn how_long_it_did_not_run_is_what_the_machine_counted_where_that_was_on() {
    // Three months forward, as a box without a clock battery has it; twenty minutes, within the hour; a year back.
    for (set_by_ms, is_within) in
        [(90 * 24 * HOUR_MS, false), (1_200_000, true), (-365 * 24 * HOUR_MS, false)]
    {
        let mut bench = Bench::begin("2026-11-30T10:00:00Z");
        bench.clock = ClockState { is_kept: false, boot: Some("b6a1".to_owned()), on_for_ms: 77 };
        bench.watch_for(600, |_| S::Watched).off(300, set_by_ms, true, false);
        bench.watch_for(60, |_| S::Watched);
        assert_eq!(bench.lasted(), [(S::Watched, 660), (S::NotRunning, 300)], "{set_by_ms}");
        assert_eq!(bench.set_to().is_empty(), is_within, "{set_by_ms}");
    }
}

#[test]
fn a_time_in_which_no_ledger_was_kept_is_left_out() {
    let mut bench = Bench::begin("2026-11-30T10:00:00Z");
    bench.watch_for(600, |_| S::Watched);
    let part = bench.accumulator.end_part();
    assert_eq!(table(part.as_slice()), [row("10:00", "10:10", &[(S::Watched, 600)])]);
    let left = Checkpoint::new(bench.accumulator.hour(), Ending::NotKept, &bench.clock);
    let at = moment(0, ms_of("2026-12-24T18:20:00Z"));
    let (accumulator, finished) =
        Accumulator::resume(&left, false, at, &bench.clock, vec![watch("cam", "yard")]);
    let [record] = &finished[..] else { panic!("{finished:?}") };
    assert_eq!((record.from, record.until), (record.until, Time(time_of(ms_of("2026-11-30T10:10:00Z")))));
    assert_eq!(record.not_kept_until, Some(Time(at.utc)));
    assert_eq!(record.rules.iter().map(|stretch| stretch.ms.total_ms()).sum::<u64>(), 0);
    assert_eq!(accumulator.hour().rules[0].ms.total_ms(), 0);
}

#[test]
fn rules_come_and_go_within_an_hour() {
    let mut bench = Bench::begin("2026-11-30T10:00:00Z");
    let (yard, gate) = (watch("cam", "yard"), watch("cam", "gate"));
    bench.watch_for(600, |_| S::Watched);
    bench.accumulator.set_watches(vec![gate.clone(), yard.clone()]);
    bench.watch_for(600, |_| S::Watched);
    bench.accumulator.set_watches(vec![gate.clone()]);
    bench.watch_for(600, |_| S::Watched);
    bench.accumulator.set_watches(vec![yard, gate]);
    bench.until("2026-11-30T11:00:00Z", |_| S::Watched);
    let of = |from: &str, until: &str, secs| row(from, until, &[(S::Watched, secs)]);
    // The yard until it went, the gate since it came, the yard since it came back.
    let mut told = table(&bench.records);
    told.sort();
    assert_eq!(told, [of("10:00", "10:20", 1_200), of("10:10", "11:00", 3_000), of("10:30", "11:00", 1_800)]);
    let names: Vec<_> = bench.records[0].rules.iter().map(|stretch| &stretch.of["cam"][0]).collect();
    assert_eq!(names.iter().filter(|name| **name == "yard").count(), 2);
}

#[test]
fn what_did_alike_stands_together() {
    let watches = vec![watch("a", "x"), watch("a", "y"), watch("b", "x")];
    let mut accumulator = Accumulator::new(moment(0, ms_of(MIDNIGHT)), watches);
    let mut records = Vec::new();
    for second in 1..=3_600 {
        let at = moment(second * 1_000, ms_of(MIDNIGHT) + second * 1_000);
        records.extend(accumulator.look(at, |place| if place == 2 { S::Dark } else { S::Watched }));
    }
    let of: Vec<_> = records[0].rules.iter().map(|stretch| (stretch.ms, stretch.of.clone())).collect();
    let names = |camera: &str, rules: &[&str]| {
        BTreeMap::from([(camera.to_owned(), rules.iter().map(|rule| (*rule).to_owned()).collect::<Vec<_>>())])
    };
    let hour = |state| Times::of(state, 3_600_000);
    assert_eq!(of, [(hour(S::Dark), names("b", &["x"])), (hour(S::Watched), names("a", &["x", "y"]))]);
}

/// What may happen to a box.
#[derive(Debug, Clone)]
enum Step {
    Look { after_ms: i64, state: usize },
    SetClock { by_ms: i64 },
    Watches { gate: bool },
    Restart { after_secs: i64, set_by_ms: i64, stopped: bool, is_lost: bool },
}

fn step() -> impl Strategy<Value = Step> {
    let look = |after| (after, 0..S::ALL.len()).prop_map(|(after_ms, state)| Step::Look { after_ms, state });
    prop_oneof![
        8 => look(900..1_100_i64),
        2 => look(0..4_000_000_i64),
        1 => (1_000..9_000_000_i64, any::<bool>())
            .prop_map(|(by_ms, back)| Step::SetClock { by_ms: if back { -by_ms } else { by_ms } }),
        1 => any::<bool>().prop_map(|gate| Step::Watches { gate }),
        // By less than a second a clock drifts, which is not said.
        1 => (0..20_000_i64, prop_oneof![Just(0), 1_000..9_000_000_i64], any::<[bool; 3]>())
            .prop_map(|(after_secs, by_ms, [back, stopped, is_lost])| {
                let set_by_ms = if back { -by_ms } else { by_ms };
                Step::Restart { after_secs, set_by_ms, stopped, is_lost }
            }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// Whatever happens: the states of every stretch add up to it, and no time is lost or invented.
    #[test]
    fn time_is_neither_lost_nor_invented(steps in prop::collection::vec(step(), 1..80)) {
        let mut bench = Bench::begin("2026-11-30T10:17:05Z");
        bench.clock.boot = Some("b6a1".to_owned());
        let mut passed = 0;
        for step in steps {
            match step {
                Step::Look { after_ms, state } => {
                    bench.mono_ms += after_ms;
                    passed += after_ms;
                    let at = bench.now();
                    let finished = bench.accumulator.look(at, |_| S::ALL[state]);
                    bench.records.extend(finished);
                }
                Step::SetClock { by_ms } => {
                    bench.ahead_ms += by_ms;
                    let at = bench.now();
                    let finished = bench.accumulator.look(at, |_| S::Watched);
                    bench.records.extend(finished);
                }
                Step::Watches { gate } => {
                    let gate = gate.then(|| watch("cam", "gate"));
                    bench.accumulator.set_watches(gate.into_iter().chain([watch("cam", "yard")]).collect());
                }
                Step::Restart { after_secs, set_by_ms, stopped, is_lost } => {
                    passed += after_secs * 1_000;
                    bench.off(after_secs, set_by_ms, stopped, is_lost);
                }
            }
        }
        let current = bench.accumulator.hour();
        let mut yard = 0;
        for record in bench.records.iter().chain([&current]) {
            let whole_hours = record.until.0.as_millisecond() - hour_of(record.from.0.as_millisecond());
            prop_assert!(whole_hours >= 0);
            for stretch in &record.rules {
                prop_assert_eq!(stretch.ms.total_ms() as i64, span_ms(record, stretch), "{:?}", record);
                let times = stretch.of["cam"].iter().filter(|rule| *rule == "yard").count();
                yard += stretch.ms.total_ms() as i64 * times as i64;
            }
        }
        prop_assert_eq!(yard, passed);
    }

    /// While the clock is left alone, each hour of a rule that was there all the time is an hour to the millisecond.
    #[test]
    fn every_whole_hour_is_an_hour(states in prop::collection::vec((0..S::ALL.len(), 1..2_000_i64), 1..200)) {
        let mut bench = Bench::begin("2026-11-30T10:00:00Z");
        for (state, secs) in states {
            bench.mono_ms += secs * 1_000;
            let at = bench.now();
            let finished = bench.accumulator.look(at, |_| S::ALL[state]);
            bench.records.extend(finished);
        }
        for record in &bench.records {
            let hours = (record.until.0.as_millisecond() - record.from.0.as_millisecond()) / HOUR_MS;
            prop_assert_eq!(record.rules[0].ms.total_ms() as i64, hours * HOUR_MS);
        }
    }
}
