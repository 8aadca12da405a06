use proptest::prelude::*;

use super::*;
use crate::analysis::time::Timestamp;

fn at(secs: f64) -> Moment {
    Moment::after_origin(Timestamp::UNIX_EPOCH, Duration::from_secs_f64(secs))
}

/// A gauge in a drain: metres, half a metre a second at most, silent after 30 s.
fn drain() -> SensorPlan {
    SensorPlan {
        id: "drain-2".into(),
        quantity: Quantity::WaterLevel,
        unit: "m".into(),
        scale: 1.0,
        offset: 0.0,
        range: Some([-0.5, 8.0]),
        max_rate_per_sec: Some(0.5),
        stale_after: Duration::from_secs(30),
        debounce: Duration::ZERO,
        grid: GridCode::parse("53012700300102").expect("a grid"),
    }
}

fn door(debounce_secs: u64) -> SensorPlan {
    SensorPlan {
        id: "door-1".into(),
        quantity: Quantity::Door,
        unit: quantity::BINARY.into(),
        range: Some([0.0, 1.0]),
        max_rate_per_sec: None,
        debounce: Duration::from_secs(debounce_secs),
        ..drain()
    }
}

fn state(plan: SensorPlan) -> SensorState {
    SensorState::new(Arc::new(plan))
}

fn value(state: &mut SensorState, secs: f64, raw: f64) -> Option<f64> {
    state.take(at(secs), &raw.into()).value()
}

fn reason(reading: &SensorReading) -> String {
    match reading {
        SensorReading::Bad { reason, .. } => reason.to_string(),
        other => format!("not bad: {other:?}"),
    }
}

#[test]
fn a_sensor_is_unknown_until_it_speaks_and_again_when_it_stops() {
    let mut drain = state(drain());
    assert_eq!(drain.tick(at(1000.0)), &SensorReading::Silent { since: None });
    assert_eq!(value(&mut drain, 1000.0, 0.2), Some(0.2));
    assert_eq!(drain.tick(at(1030.0)).value(), Some(0.2));
    assert_eq!(drain.tick(at(1030.5)), &SensorReading::Silent { since: Some(at(1030.0)) });
    assert_eq!(drain.tick(at(5000.0)), &SensorReading::Silent { since: Some(at(1030.0)) });
    let back = drain.take(at(5001.0), &0.3.into()).clone();
    assert_eq!(back, SensorReading::Good { value: 0.3, at: at(5001.0), since: at(5001.0) });
}

#[test]
fn silence_is_noticed_without_a_tick_too() {
    let mut door = state(door(5));
    value(&mut door, 0.0, 0.0);
    value(&mut door, 1.0, 1.0);
    // The word that comes after the silence is the first one: nothing is left of what was pending.
    assert_eq!(value(&mut door, 100.0, 0.0), Some(0.0));
    assert!(matches!(door.reading(), SensorReading::Good { since, .. } if *since == at(100.0)));
}

#[test]
fn a_lasting_fault_is_one_condition_and_not_bad_and_silent_in_turns() {
    let mut drain = state(drain());
    value(&mut drain, 0.0, 0.2);
    // A device that refuses is asked every 30 s at the latest; it is silent after 30 s.
    for n in 1..200 {
        let now = f64::from(n) * 31.0;
        let refused = RawReading::Unreadable(format!("refusal {n}").into());
        assert!(matches!(drain.tick(at(now)), SensorReading::Bad { .. }) || n == 1, "silent at {now} s");
        drain.take(at(now), &refused);
    }
    match drain.reading() {
        SensorReading::Bad { since, .. } => assert_eq!(*since, at(31.0)),
        other => panic!("{other:?}"),
    }
    let last = 199.0 * 31.0;
    assert!(matches!(drain.tick(at(last + 120.0)), SensorReading::Bad { .. }));
    assert_eq!(drain.tick(at(last + 120.5)), &SensorReading::Silent { since: Some(at(last + 120.0)) });
    // One that is good is silent when it always was.
    value(&mut drain, 10_000.0, 0.2);
    assert_eq!(drain.tick(at(10_030.5)), &SensorReading::Silent { since: Some(at(10_030.0)) });
}

#[test]
fn raw_numbers_are_scaled() {
    // 4 to 20 mA over 0 to 5 m, read in hundredths of a milliampere.
    let mut drain = state(SensorPlan { scale: 5.0 / 1600.0, offset: -1.25, ..drain() });
    assert_eq!(value(&mut drain, 0.0, 400.0), Some(0.0));
    assert_eq!(value(&mut drain, 100.0, 2000.0), Some(5.0));
}

#[test]
fn what_lies_outside_the_range_is_bad_and_never_a_value() {
    let mut drain = state(drain());
    assert_eq!(value(&mut drain, 0.0, 8.0), Some(8.0));
    assert_eq!(reason(drain.take(at(1.0), &8.0001.into())), "8.0001 is outside -0.5 to 8");
    assert_eq!(reason(drain.take(at(2.0), &(-999.0).into())), "-999 is outside -0.5 to 8");
    for raw in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX * 10.0] {
        assert_eq!(reason(drain.take(at(3.0), &raw.into())), "not a number");
    }
    let since = match drain.reading() {
        SensorReading::Bad { since, .. } => *since,
        other => panic!("{other:?}"),
    };
    assert_eq!(since, at(1.0), "bad since the first one");
}

#[test]
fn an_outlier_is_bad_and_the_reading_after_it_good() {
    let mut drain = state(drain());
    assert_eq!(value(&mut drain, 0.0, 0.2), Some(0.2));
    assert_eq!(reason(drain.take(at(2.0), &5.0.into())), "changed by 2.4 a second, at most 0.5 is plausible");
    assert_eq!(value(&mut drain, 4.0, 0.21), Some(0.21));
}

#[test]
fn a_level_that_really_jumped_is_believed_once_it_could_have_got_there() {
    let mut drain = state(drain());
    value(&mut drain, 0.0, 0.0);
    let good: Vec<bool> = (1..=8).map(|s| value(&mut drain, f64::from(s), 3.0).is_some()).collect();
    assert_eq!(good, [false, false, false, false, false, true, true, true]);
}

#[test]
fn readings_handed_over_at_once_are_not_infinitely_fast() {
    let mut drain = state(drain());
    value(&mut drain, 0.0, 0.2);
    assert_eq!(value(&mut drain, 0.0, 0.3), Some(0.3));
    assert_eq!(value(&mut drain, 0.0, 3.0), None);
}

#[test]
fn a_door_that_bounces_is_believed_when_it_has_settled() {
    let mut door = state(door(2));
    assert_eq!(value(&mut door, 0.0, 0.0), Some(0.0), "the first word counts at once");
    for (secs, raw) in [(10.0, 1.0), (10.1, 0.0), (10.2, 1.0), (10.3, 0.0), (10.4, 1.0)] {
        assert_eq!(value(&mut door, secs, raw), Some(0.0));
    }
    assert_eq!(door.tick(at(12.3)).value(), Some(0.0));
    assert_eq!(door.tick(at(12.4)).value(), Some(1.0), "open for two seconds, without another word");
    assert_eq!(value(&mut door, 13.0, 0.5), None);
    assert_eq!(reason(door.reading()), "0.5 is neither 0 nor 1");
}

#[test]
fn a_spike_shorter_than_half_the_debounce_changes_nothing() {
    let plan = SensorPlan { debounce: Duration::from_secs(10), max_rate_per_sec: None, ..drain() };
    let mut drain = state(plan);
    let seen: Vec<f64> = [0.2, 0.2, 0.2, 5.0, 5.0, 0.2, 0.2, 0.2]
        .iter()
        .enumerate()
        .map(|(i, raw)| value(&mut drain, i as f64 * 2.0, *raw).expect("good"))
        .collect();
    assert_eq!(seen, [0.2; 8]);
}

#[test]
fn a_message_without_a_number_is_bad() {
    let mut drain = state(drain());
    value(&mut drain, 0.0, 0.2);
    let unreadable = RawReading::Unreadable("nothing at /level".into());
    assert_eq!(reason(drain.take(at(1.0), &unreadable)), "nothing at /level");
    assert_eq!(drain.reading().value(), None, "the value before it is no longer reported");
    assert_eq!(value(&mut drain, 2.0, 0.2), Some(0.2));
}

#[test]
fn time_that_goes_backwards_harms_nothing() {
    let mut drain = state(drain());
    value(&mut drain, 100.0, 0.2);
    assert_eq!(value(&mut drain, 50.0, 0.3), Some(0.3));
    assert!(matches!(drain.reading(), SensorReading::Good { at: when, .. } if *when == at(100.0)));
}

fn any_raw() -> impl Strategy<Value = RawReading> {
    prop_oneof![
        6 => (-10.0..10.0_f64).prop_map(RawReading::Value),
        2 => prop_oneof![Just(0.0), Just(1.0)].prop_map(RawReading::Value),
        1 => any::<f64>().prop_map(RawReading::Value),
        1 => Just(RawReading::Unreadable("no number".into())),
    ]
}

proptest! {
    #[test]
    fn whatever_comes_a_good_value_is_a_plausible_one_and_no_older_than_the_limit(
        binary in any::<bool>(),
        debounce in 0_u64..10,
        rate in proptest::option::of(0.01..5.0_f64),
        words in proptest::collection::vec((0_u64..40, proptest::option::of(any_raw())), 0..60),
    ) {
        let base = if binary { door(debounce) } else { drain() };
        let debounce = Duration::from_secs(debounce);
        let mut sensor = state(SensorPlan { debounce, max_rate_per_sec: rate, ..base });
        let plan = sensor.plan().clone();
        let mut now = 0;
        let mut last_word = None;
        let mut was_bad = false;
        for (step, word) in words {
            now += step;
            let moment = at(now as f64);
            match &word {
                Some(raw) => {
                    sensor.take(moment, raw);
                    last_word = Some(now);
                    was_bad = matches!(sensor.reading(), SensorReading::Bad { .. });
                    let is_number = matches!(raw, RawReading::Value(raw) if raw.is_finite());
                    prop_assert!(is_number || sensor.reading().value().is_none(), "{:?}", raw);
                }
                None => {
                    sensor.tick(moment);
                }
            }
            if let SensorReading::Good { value, at: confirmed, since } = sensor.reading() {
                let [least, most] = plan.range.expect("a range");
                prop_assert!((least..=most).contains(value), "{}", value);
                prop_assert!(!binary || *value == 0.0 || *value == 1.0);
                prop_assert!(moment.since(*confirmed) <= plan.stale_after);
                prop_assert!(since.mono <= confirmed.mono);
            }
            let silent_after = if was_bad { BAD_STAYS.as_secs() } else { 30 };
            let silent = last_word.is_none_or(|word| now - word > silent_after);
            prop_assert_eq!(matches!(sensor.reading(), SensorReading::Silent { .. }), silent);
        }
    }
}
