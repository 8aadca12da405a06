//! When schedules are in force, and what people may type for one.

use proptest::prelude::*;

use super::*;

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).expect("a zone of the database")
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

fn check(schedule: &str, time_zone: &str, inside: &[&str], outside: &[&str]) {
    let schedule = Schedule::parse(schedule, zone(time_zone)).expect("a schedule");
    for moment in inside {
        assert!(schedule.in_force(at(moment)), "{schedule} should be in force at {moment}");
    }
    for moment in outside {
        assert!(!schedule.in_force(at(moment)), "{schedule} should not be in force at {moment}");
    }
}

#[test]
fn all_hours_of_all_days_are_always() {
    for (text, is_always) in [
        ("always", true),
        ("daily", true),
        ("daily 00:00-24:00", true),
        ("daily 06:00-18:00; daily 18:00-06:00", true),
        ("daily 19:00-06:00", false),
        ("workdays", false),
        ("mon-sat; sun 00:00-23:59", false),
    ] {
        let schedule = Schedule::parse(text, TimeZone::UTC).expect("a schedule");
        assert_eq!(schedule.is_always(), is_always, "{text}");
    }
}

#[test]
fn working_hours_end_with_the_minute_that_is_written() {
    // 2026-11-20 is a Friday.
    check(
        "workdays 07:00-20:00",
        "Asia/Shanghai",
        &["2026-11-20T07:00:00+08:00", "2026-11-20T19:59:59+08:00"],
        &["2026-11-20T06:59:59+08:00", "2026-11-20T20:00:00+08:00", "2026-11-21T12:00:00+08:00"],
    );
}

#[test]
fn a_night_belongs_to_the_evening_on_which_it_begins() {
    // 2026-11-16 is a Monday.
    check(
        "mon,tue 22:00-06:00",
        "Asia/Shanghai",
        &[
            "2026-11-16T22:00:00+08:00",
            "2026-11-17T05:59:00+08:00",
            "2026-11-17T23:00:00+08:00",
            "2026-11-18T05:59:00+08:00",
        ],
        &["2026-11-16T05:00:00+08:00", "2026-11-17T06:00:00+08:00", "2026-11-18T22:30:00+08:00"],
    );
}

#[test]
fn sunday_night_runs_into_monday() {
    check(
        "sun 22:00-06:00",
        "UTC",
        &["2026-11-22T23:00:00Z", "2026-11-23T05:00:00Z"],
        &["2026-11-22T05:00:00Z", "2026-11-23T06:00:00Z"],
    );
}

#[test]
fn days_without_hours_are_whole_days() {
    check(
        "sat-sun",
        "America/New_York",
        &["2026-11-21T00:00:00-05:00", "2026-11-22T23:59:59-05:00"],
        &["2026-11-20T23:59:59-05:00", "2026-11-23T00:00:00-05:00"],
    );
}

#[test]
fn several_parts_are_joined_by_semicolons_and_windows_by_commas() {
    check(
        "workdays 07:00-12:00, 14:00-18:00; sat 09:00-12:00",
        "UTC",
        &["2026-11-20T11:00:00Z", "2026-11-20T14:00:00Z", "2026-11-21T09:30:00Z"],
        &["2026-11-20T13:00:00Z", "2026-11-21T14:30:00Z", "2026-11-22T09:30:00Z"],
    );
}

#[test]
fn the_same_wall_clock_counts_in_summer_and_in_winter() {
    check(
        "daily 08:00-18:00",
        "Europe/Berlin",
        &["2026-07-01T06:00:00Z", "2026-12-01T07:00:00Z"],
        &["2026-07-01T05:59:00Z", "2026-12-01T06:59:00Z"],
    );
}

#[test]
fn an_hour_that_does_not_exist_is_never_in_force() {
    // Berlin, 29 March 2026: 01:59:59 CET (+01) is followed by 03:00:00 CEST (+02).
    check(
        "daily 02:00-03:00",
        "Europe/Berlin",
        &["2026-03-28T01:30:00Z"],
        &["2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"],
    );
    // New York, 8 March 2026: a night across the gap has one hour less and no hole.
    check(
        "sat 22:00-06:00",
        "America/New_York",
        &["2026-03-08T06:59:59Z", "2026-03-08T07:00:00Z", "2026-03-08T09:59:00Z"],
        &["2026-03-08T10:00:00Z"],
    );
}

#[test]
fn an_hour_that_comes_twice_is_in_force_twice() {
    // Berlin, 25 October 2026: 02:59:59 CEST is followed by 02:00:00 CET.
    check(
        "daily 02:00-03:00",
        "Europe/Berlin",
        &["2026-10-25T00:00:00Z", "2026-10-25T00:59:59Z", "2026-10-25T01:00:00Z", "2026-10-25T01:59:59Z"],
        &["2026-10-24T23:59:59Z", "2026-10-25T02:00:00Z"],
    );
    // New York, 1 November 2026: a window that ends inside the hour ends, comes back, and ends again.
    check(
        "daily 00:00-01:30",
        "America/New_York",
        &["2026-11-01T05:29:00Z", "2026-11-01T06:00:00Z", "2026-11-01T06:29:00Z"],
        &["2026-11-01T05:30:00Z", "2026-11-01T05:59:00Z", "2026-11-01T06:30:00Z"],
    );
}

#[test]
fn chinese_words_and_marks_mean_the_same() {
    for (chinese, english) in [
        ("工作日 07：00－20：00", "workdays 07:00-20:00"),
        ("周末", "weekend"),
        ("每天 08:00至18:00", "daily 08:00-18:00"),
        ("周一至周五 9:00-17:00；星期六", "workdays 09:00-17:00; sat"),
        ("周一、周二 22:00-06:00", "mon,tue 22:00-06:00"),
        ("全天", "always"),
        ("星期天", "sun"),
        ("礼拜天 ８：００～２０：００", "sun 08:00-20:00"),
        ("周六周日", "weekend"),
        ("周六 周日", "weekend"),
        ("周六日", "weekend"),
        ("周六、日 ９：００－１７：３０", "weekend 09:00-17:30"),
        ("休息日", "weekend"),
        ("双休日", "weekend"),
        ("周一到周五", "workdays"),
        ("周一至五08:00——20:00", "workdays 08:00-20:00"),
        ("星期一～星期五", "workdays"),
        ("周一三五 7:00-8:00", "mon,wed,fri 07:00-08:00"),
        ("周1至周5，22:00至次日06:00", "workdays 22:00-06:00"),
        ("周1-5", "workdays"),
        ("每周一、三", "mon,wed"),
        ("每个工作日　07：00－09：00、17：00－19：00", "workdays 07:00-09:00; workdays 17:00-19:00"),
        ("周一至周五每天 8点至18点30分", "workdays 08:00-18:30"),
        ("每天 22点半到6点", "daily 22:30-06:00"),
        ("工作日 8:00-18:00，周六 9:00-12:00", "workdays 08:00-18:00; sat 09:00-12:00"),
        ("工作日和周六", "mon,tue,wed,thu,fri,sat"),
        ("周末全天；工作日 18∶00–24∶00。", "weekend; workdays 18:00-24:00"),
        ("２４小时", "always"),
    ] {
        let schedule = Schedule::parse(chinese, TimeZone::UTC).expect("a schedule");
        assert_eq!(schedule.to_string(), english, "{chinese}");
    }
}

#[test]
fn what_is_no_schedule_is_refused_with_a_reason() {
    for (text, reason) in [
        ("", "it is empty"),
        ("mon 07:00-20:00;", "a part between `;` is empty"),
        ("moon 07:00-20:00", "`moon` is no day; days are mon, tue, wed, thu, fri, sat, sun"),
        ("mon- 07:00-20:00", "a day is missing beside `,` or `-`"),
        ("mon 07:00", "`07:00` is no window such as 07:00-20:00"),
        ("mon 7-20", "`7` is no time such as 07:00"),
        ("mon 07:00-25:00", "`25:00` is no time of a day"),
        ("mon 07:60-08:00", "`07:60` is no time of a day"),
        ("mon 24:00-06:00", "a window cannot begin at 24:00; write 00:00"),
        ("07:00-08:00 mon", "`08:00 mon` is no time such as 07:00"),
        (
            "节假日",
            "`节假日`: public holidays are not known here; `周末` or `weekend` is Saturday and Sunday",
        ),
        (
            "工作日、法定节假日 8:00-9:00",
            "`法定节假日`: public holidays are not known here; `周末` or `weekend` is Saturday and Sunday",
        ),
        ("8:00至晚上8点", "`晚上8点`: hours are counted to 24 here, so 晚上8点 is 20:00"),
        ("晚上 8:00-9:00", "`晚上`: hours are counted to 24 here, so 晚上8点 is 20:00"),
        ("每天周一", "`daily mon` is no day; days are mon, tue, wed, thu, fri, sat, sun"),
        ("周八", "`周八` is no day; days are mon, tue, wed, thu, fri, sat, sun"),
        ("8:00至次日9:00", "`8:00-次日9:00` is longer than a day"),
    ] {
        let error = Schedule::parse(text, TimeZone::UTC).expect_err("no schedule");
        assert_eq!(error.why.to_string(), reason, "{text}");
    }
}

#[test]
fn every_zone_the_tests_name_is_there_without_a_system_database() {
    // Boxes ship without /usr/share/zoneinfo, so the database must be inside.
    assert!(jiff::tz::TimeZoneDatabase::bundled().get("Asia/Shanghai").is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_back_reads_as_the_same_schedule(
        days in proptest::collection::vec(any::<[bool; 7]>(), 1..4),
        from in 0_u16..1440,
        to in 0_u16..=1440,
    ) {
        let windows: Vec<Window> = days
            .into_iter()
            .filter(|days| days.contains(&true))
            .map(|days| Window { days, from_minute: from, to_minute: to })
            .collect();
        prop_assume!(!windows.is_empty());
        let schedule = Schedule { windows, time_zone: TimeZone::UTC };
        let read = Schedule::parse(&schedule.to_string(), TimeZone::UTC).expect("a schedule");
        prop_assert_eq!(read, schedule);
    }

    #[test]
    fn no_text_makes_reading_panic(text in "[a-z0-9:;,\\- 周至一五日每天点次０：、—全]{0,24}") {
        let _ = Schedule::parse(&text, TimeZone::UTC);
    }

    #[test]
    fn a_window_and_its_complement_share_out_the_day(
        seconds in 0_i64..4_000_000_000, from in 0_u16..1440, to in 0_u16..1440,
    ) {
        prop_assume!(from != to);
        let moment = Timestamp::from_second(seconds).expect("a second before 2100");
        let window = |from_minute, to_minute| Schedule {
            windows: vec![Window { days: DAILY, from_minute, to_minute }],
            time_zone: zone("Europe/Berlin"),
        };
        prop_assert_ne!(window(from, to).in_force(moment), window(to, from).in_force(moment));
    }
}
