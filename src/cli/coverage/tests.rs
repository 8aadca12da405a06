use super::*;
use crate::contract::words::Time;
use crate::coverage::{Gap, Times};
use crate::types::language::Language;

fn times(secs: &[(CoverageState, u64)]) -> Times {
    let text: Vec<String> =
        secs.iter().map(|(state, secs)| format!("\"{}\":{}", state.name(), secs * 1_000)).collect();
    serde_json::from_str(&format!("{{{}}}", text.join(","))).unwrap()
}

fn hour(number: i8, secs: &[(CoverageState, u64)]) -> Hour {
    let from = Time(Timestamp::from_second(1_795_219_200 + i64::from(number) * 3_600).unwrap());
    Hour { hour: number, from, ms: times(secs), clock_set_ms: 0 }
}

const WATCHED: CoverageState = CoverageState::Watched;

/// The week of the issue: 163 h 12 min of 168 h.
fn week() -> Row {
    let ms = times(&[
        (WATCHED, 163 * 3_600 + 12 * 60),
        (CoverageState::NoVideo, 3 * 3_600 + 10 * 60),
        (CoverageState::Dark, 3_600 + 38 * 60),
    ]);
    let at = |text: &str| Time(text.parse().unwrap());
    let gap = Gap {
        state: CoverageState::NoVideo,
        from: at("2026-11-27T17:00:00Z"),
        until: at("2026-11-27T21:00:00Z"),
        ms: 11_400_000,
    };
    Row { camera: "cam-03".to_owned(), rule: "yard".to_owned(), ms, days: Vec::new(), gaps: vec![gap] }
}

#[test]
fn a_week_is_said_in_both_languages() {
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    let told = |language| sums(&week(), &zone).iter().map(|s| s.in_language(language)).collect::<Vec<_>>();
    assert_eq!(
        told(Language::English),
        [
            "camera `cam-03`, rule `yard`: could have reported in 163 h 12 min of 168 h 0 min (97.1 %)",
            "not: 3 h 10 min no video, 1 h 38 min dark",
            "longest: 2026-11-28 01:00 to 2026-11-28 05:00: 3 h 10 min no video",
        ]
    );
    let chinese = told(Language::Chinese);
    assert!(chinese[0].contains("（97.1%）") && chinese[1].contains("无视频 3"), "{chinese:?}");
}

#[test]
fn a_percentage_is_neither_all_nor_nothing_where_something_is_missing_or_there() {
    let cases =
        [(1, 1, "100"), (0, 5, "0"), (99_999, 100_000, "99.9"), (1, 100_000, "0.1"), (971, 1_000, "97.1")];
    for (part, whole, expected) in cases {
        assert_eq!(percent(part, whole, 1), expected, "{part} of {whole}");
    }
}

#[test]
fn a_day_is_a_row_of_marks() {
    let hours = vec![
        hour(0, &[(WATCHED, 3_600)]),
        hour(1, &[(WATCHED, 3_590), (CoverageState::Unknown, 10)]),
        hour(2, &[(WATCHED, 2_000), (CoverageState::NoVideo, 1_600)]),
        hour(3, &[(WATCHED, 100), (CoverageState::NoVideo, 3_500)]),
        hour(4, &[(CoverageState::Dark, 3_600)]),
        hour(5, &[(CoverageState::NotInForce, 3_600)]),
        hour(6, &[(CoverageState::NotInForce, 3_000), (WATCHED, 600)]),
        hour(7, &[(CoverageState::NotRunning, 3_600)]),
        hour(8, &[(CoverageState::Overloaded, 3_600)]),
        hour(9, &[(CoverageState::Unknown, 3_600)]),
        hour(11, &[(CoverageState::NotInForce, 3_000), (CoverageState::NoVideo, 600)]),
    ];
    let mut all = Vec::new();
    for hour in &hours {
        all.extend(hour.ms.lasting().map(|(state, ms)| (state, ms / 1_000)));
    }
    let sum = |state: CoverageState| all.iter().filter(|(of, _)| *of == state).map(|(_, secs)| secs).sum();
    let ms = times(&CoverageState::ALL.map(|state| (state, sum(state))));
    let line = day(&Day { date: "2026-11-30".to_owned(), ms, hours });
    assert_eq!(line, format!("  2026-11-30  {:24}   33 %", "##+vb.#xo? v"));
}

#[test]
fn an_hour_that_the_clock_was_set_in_is_said() {
    let mut one = hour(5, &[(WATCHED, 4_800)]);
    let day = Day { date: "2026-11-30".to_owned(), ms: one.ms, hours: Vec::new() };
    assert!(clock_set(&day, &one).is_none());
    one.clock_set_ms = -1_200_000;
    let said = clock_set(&day, &one).unwrap().to_string();
    assert_eq!(said, "2026-11-30 05:00: the clock was set by 20 min 0 s back");
}
