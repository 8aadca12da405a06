use super::*;
use crate::coverage::ledger::Ledger;
use crate::coverage::{Record, Stretch};

fn time(text: &str) -> Time {
    Time(text.parse().unwrap())
}

fn record(from: &str, until: &str, secs: &[(CoverageState, u64)]) -> Record {
    let mut ms = Times::default();
    secs.iter().for_each(|(state, secs)| ms.add(*state, secs * 1_000));
    let of = BTreeMap::from([
        ("cam-03".to_owned(), vec!["gate".to_owned(), "yard".to_owned()]),
        ("cam-04".to_owned(), vec!["yard".to_owned()]),
    ]);
    let stretch = Stretch { from: None, until: None, shift_ms: 0, ms, of };
    Record { from: time(from), until: time(until), set_to: None, not_kept_until: None, rules: vec![stretch] }
}

fn read(records: &[Record], zone: &str, cameras: &[&str], rules: &[&str]) -> Calendar {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::open(folder.path(), records[0].from.0).unwrap().0;
    for record in records {
        ledger.append(record, record.until.0, 401).unwrap();
    }
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let (from, until) = (records[0].from.0, records[records.len() - 1].until.0);
    let zone = TimeZone::get(zone).unwrap();
    let (cameras, rules) = (names(cameras), names(rules));
    calendar(folder.path(), &Asked { cameras: &cameras, rules: &rules, from, until, zone: &zone }).unwrap()
}

const W: CoverageState = CoverageState::Watched;
const V: CoverageState = CoverageState::NoVideo;

#[test]
fn hours_are_those_of_the_site_and_its_days() {
    let records = [
        record("2026-11-29T15:00:00Z", "2026-11-29T16:00:00Z", &[(W, 3_600)]),
        record("2026-11-29T16:00:00Z", "2026-11-29T17:00:00Z", &[(W, 3_000), (V, 600)]),
    ];
    let calendar = read(&records, "Asia/Shanghai", &["cam-03"], &["yard"]);
    let [row] = &calendar.rows[..] else { panic!("{calendar:?}") };
    let days: Vec<_> =
        row.days.iter().map(|day| (day.date.as_str(), day.hours[0].hour, day.ms.ms(W))).collect();
    assert_eq!(days, [("2026-11-29", 23, 3_600_000), ("2026-11-30", 0, 3_000_000)]);
    assert_eq!((row.ms.total_ms(), row.ms.ms(V)), (7_200_000, 600_000));
    // What is there is said, also where it was not asked for.
    assert_eq!(
        (calendar.cameras, calendar.rules),
        (vec!["cam-03".into(), "cam-04".into()], vec!["gate".into(), "yard".into()])
    );
    assert_eq!(read(&records, "Asia/Shanghai", &[], &[]).rows.len(), 3);
}

#[test]
fn the_night_in_which_clocks_go_back_has_one_hour_more() {
    let records: Vec<Record> = (0..25)
        .map(|hour| {
            let from = time("2026-10-24T22:00:00Z").0.as_millisecond() + hour * HOUR_MS;
            let at = |ms: i64| time_of(ms).to_string();
            record(&at(from), &at(from + HOUR_MS), &[(W, 3_600)])
        })
        .collect();
    let calendar = read(&records, "Europe/Berlin", &["cam-04"], &[]);
    let [day] = &calendar.rows[0].days[..] else { panic!("{calendar:?}") };
    assert_eq!((day.hours.len(), day.ms.total_ms()), (25, 25 * 3_600_000));
    assert_eq!(day.hours.iter().filter(|hour| hour.hour == 2).count(), 2);
}

#[test]
fn gaps_reach_over_hours_that_are_full_of_them() {
    let hours = [
        &[(W, 2_400), (V, 1_200)][..],
        &[(V, 3_600)],
        &[(W, 2_700), (V, 900)],
        &[(W, 3_000), (V, 600)],
        &[(W, 3_570), (V, 30)],
        &[(CoverageState::NotInForce, 3_600)],
        &[(W, 3_000), (CoverageState::Dark, 600)],
    ];
    let records: Vec<Record> = hours
        .iter()
        .enumerate()
        .map(|(hour, secs)| {
            record(
                &format!("2026-11-30T{hour:02}:00:00Z"),
                &format!("2026-11-30T{:02}:00:00Z", hour + 1),
                secs,
            )
        })
        .collect();
    let calendar = read(&records, "UTC", &["cam-04"], &[]);
    let gaps: Vec<_> = calendar.rows[0]
        .gaps
        .iter()
        .map(|gap| {
            (
                gap.state,
                gap.from.to_string()[11..13].to_owned(),
                gap.until.to_string()[11..13].to_owned(),
                gap.ms / 1_000,
            )
        })
        .collect();
    let gap = |state, from: &str, until: &str, secs| (state, from.to_owned(), until.to_owned(), secs);
    // The third hour is not full, so what came in the fourth is another gap, which may reach into the fifth.
    assert_eq!(
        gaps,
        [gap(V, "00", "03", 5_700), gap(V, "03", "05", 630), gap(CoverageState::Dark, "06", "07", 600)]
    );
}

#[test]
fn a_line_of_several_hours_is_in_each_of_them() {
    let off = [(CoverageState::NotRunning, 5 * 3_600)];
    let calendar =
        read(&[record("2026-11-30T05:00:00Z", "2026-11-30T10:00:00Z", &off)], "UTC", &["cam-04"], &[]);
    let hours: Vec<_> =
        calendar.rows[0].days[0].hours.iter().map(|hour| (hour.hour, hour.ms.total_ms())).collect();
    assert_eq!(hours, (5..10).map(|hour| (hour, 3_600_000)).collect::<Vec<_>>());
    assert_eq!(calendar.rows[0].gaps[0].ms, 5 * 3_600_000);
}

#[test]
fn an_hour_that_the_clock_was_set_in_says_by_how_much() {
    let mut long = record("2026-11-30T05:00:00Z", "2026-11-30T06:00:00Z", &[(W, 4_800)]);
    long.rules[0].shift_ms = -1_200_000;
    let calendar = read(&[long], "UTC", &["cam-04"], &[]);
    assert_eq!(calendar.rows[0].days[0].hours[0].clock_set_ms, -1_200_000);
}

#[test]
fn where_the_clock_was_set_to_another_hour_and_where_no_ledger_was_kept_is_said() {
    let mut set_forward = record("2026-11-30T05:00:00Z", "2026-11-30T05:20:00Z", &[(W, 1_200)]);
    set_forward.set_to = Some(time("2026-11-30T09:40:00Z"));
    let mut set_back = record("2026-11-30T09:40:00Z", "2026-11-30T09:50:00Z", &[(W, 600)]);
    set_back.set_to = Some(time("2026-11-30T07:00:00Z"));
    let mut not_kept = record("2026-11-30T07:00:00Z", "2026-11-30T07:30:00Z", &[(W, 1_800)]);
    not_kept.not_kept_until = Some(time("2026-11-30T11:00:00Z"));
    let last = record("2026-11-30T11:00:00Z", "2026-11-30T12:00:00Z", &[(W, 3_600)]);
    let calendar = read(&[set_forward, set_back, not_kept, last], "Asia/Shanghai", &["cam-04"], &[]);
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    let said: Vec<_> = calendar.breaks.iter().map(|one| one.sentence(&zone).to_string()).collect();
    assert!(said[0].starts_with("the clock went from 2026-11-30 13:20 to 2026-11-30 17:40: "), "{said:?}");
    assert!(
        said[1].starts_with("the clock was set back from 2026-11-30 17:50 to 2026-11-30 15:00: "),
        "{said:?}"
    );
    assert_eq!(said[2..], ["no ledger was kept from 2026-11-30 15:30 to 2026-11-30 19:00"]);
    // Nothing is claimed of what lies between.
    assert_eq!(calendar.rows[0].ms, Times::of(W, 7_200_000));
    assert_eq!(serde_json::to_value(&calendar).unwrap()["breaks"][0]["why"], "clock_set");
}

#[test]
fn a_break_is_said_where_it_reaches_into_the_time_that_is_asked_for() {
    let mut long_ago = record("1970-01-01T00:00:00Z", "1970-01-01T00:10:00Z", &[(W, 600)]);
    long_ago.set_to = Some(time("2026-11-30T09:00:00Z"));
    let today = record("2026-11-30T09:00:00Z", "2026-11-30T10:00:00Z", &[(W, 3_600)]);
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::open(folder.path(), long_ago.from.0).unwrap().0;
    for record in [long_ago, today] {
        ledger.append(&record, record.until.0, 401).unwrap();
    }
    let breaks = |from: &str, until: &str| {
        let (from, until) = (time(from).0, time(until).0);
        let asked = Asked { cameras: &[], rules: &[], from, until, zone: &TimeZone::UTC };
        calendar(folder.path(), &asked).unwrap().breaks.len()
    };
    assert_eq!(breaks("2026-11-30T00:00:00Z", "2026-12-01T00:00:00Z"), 1);
    assert_eq!(breaks("2026-11-30T09:00:00Z", "2026-12-01T00:00:00Z"), 1);
    assert_eq!(breaks("2026-11-30T10:00:00Z", "2026-12-01T00:00:00Z"), 0);
}

#[test]
fn a_folder_that_is_not_there_is_an_error_and_an_empty_one_is_empty() {
    let folder = tempfile::tempdir().unwrap();
    let asked = Asked {
        cameras: &[],
        rules: &[],
        from: Timestamp::UNIX_EPOCH,
        until: Timestamp::MAX,
        zone: &TimeZone::UTC,
    };
    assert!(calendar(&folder.path().join("none"), &asked).is_err());
    let empty = calendar(folder.path(), &asked).unwrap();
    assert!(empty.rows.is_empty() && empty.cameras.is_empty() && empty.recorded_from.is_none());
}
