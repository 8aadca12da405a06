use super::super::difference::differences;
use super::super::test_alerts::{at, life};
use super::*;
use crate::text::comparison as say;
use crate::types::language::Language;

/// One gone, one later, one the same, one new; the first was a false alarm and has a picture.
fn example() -> Comparison {
    let before = [
        life("A", "yard", "cam-1", 1_000, 1_100),
        life("B", "yard", "cam-2", 2_000, 2_100),
        life("C", "yard", "cam-1", 3_000, 3_100),
    ]
    .concat();
    let after = [
        life("X", "yard", "cam-2", 2_002, 2_100),
        life("Y", "yard", "cam-1", 3_000, 3_100),
        life("Z", "gate", "cam-2", 5_000, 5_010),
    ]
    .concat();
    let mut differences = differences(&before, &after, at(7_200));
    differences[0].reasons.push(say::threshold_changed("<person>", "0.45", "0.3"));
    let alert = AlertId("A".into());
    let picture = Picture {
        path: "/var/lib/lookout/evidence/A-1.jpg".into(),
        thumbnail: vec![0xff, 0xd8, 0xff],
        size: (320, 180),
        shown_at: None,
    };
    Comparison {
        before: "site.toml".into(),
        after: "new.toml".into(),
        from: at(0),
        to: at(7_200),
        off: jiff::SignedDuration::ZERO,
        zone: TimeZone::UTC,
        cameras: vec!["cam-1".into(), "cam-2".into()],
        notes: vec![Note { what: say::title(), details: vec![say::same()] }],
        differences,
        verdicts: [(alert.clone(), Verdict::FalseAlarm)].into(),
        pictures: [(alert, picture)].into(),
    }
}

#[test]
fn the_text_says_what_it_comes_to_and_then_alert_by_alert() {
    let expected = "\
Old: site.toml. New: new.toml. From 2026-11-16 00:00:00 to 2026-11-16 02:00:00, cameras: 2.
What the change does
  the same

Alerts: 3 before, 3 after.
False alarms: 1 of 1 gone.
Alerts that only the new configuration raises: 1. Nobody has judged those.
no longer come: 1; new: 1; later: 1; the same: 1

2026-11-16 00:16:40  cam-1  yard  Yellow: does not come any more, was a false alarm
    what is different: the threshold for <person> is 0.45 instead of 0.3
    picture: /var/lib/lookout/evidence/A-1.jpg
2026-11-16 00:33:20  cam-2  yard  Yellow: comes 2 s later
2026-11-16 01:23:20  cam-2  gate  Yellow: comes only with the new configuration
";
    assert_eq!(example().text(Language::English), expected);
    let chinese = example().text(Language::Chinese);
    assert!(chinese.contains("2026-11-16 00:33:20  cam-2  yard  黄色：晚 2 秒"), "{chinese}");
}

#[test]
fn the_json_has_codes_and_numbers() {
    let json = example().json(Language::English);
    assert_eq!(json["same"], 1);
    assert_eq!(json["price"]["alerts_before"], 3);
    assert_eq!(json["price"]["false_alarms"]["gone"], 1);
    let differences = json["differences"].as_array().unwrap();
    let outcomes: Vec<&str> = differences.iter().map(|one| one["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["disappeared", "both", "appeared"]);
    assert_eq!(differences[0]["verdict"], "false_alarm");
    assert_eq!(differences[0]["reasons"][0]["code"], "comparison.threshold_changed");
    assert_eq!(differences[0]["picture"], "/var/lib/lookout/evidence/A-1.jpg");
    assert_eq!(differences[1]["begins_by_s"], 2.0);
    assert_eq!(differences[1]["after"]["raised_at"], "2026-11-16T00:33:22.000Z");
    assert_eq!(differences[2]["after"]["alert_id"], "Z");
}

/// The elements of a page in their order; panics where one is not closed, or closed before what is in it.
fn elements(html: &str) -> Vec<String> {
    const EMPTY: [&str; 3] = ["meta", "input", "img"];
    let (mut open, mut seen, mut rest) = (Vec::new(), Vec::new(), html);
    while let Some(begin) = rest.find('<') {
        let end = rest[begin..].find('>').expect("a tag ends") + begin;
        let tag = &rest[begin + 1..end];
        rest = &rest[end + 1..];
        let name = tag.trim_start_matches('/').split([' ', '\n']).next().unwrap().to_owned();
        if tag.starts_with('!') || EMPTY.contains(&&*name) {
            continue;
        }
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "it is closed in its order");
            continue;
        }
        if name == "style" {
            rest = &rest[rest.find("</style>").expect("it ends")..];
        }
        seen.push(name.clone());
        open.push(name);
    }
    assert!(open.is_empty(), "{open:?} are not closed");
    seen
}

#[test]
fn the_report_is_whole_and_loads_nothing() {
    for language in Language::ALL {
        let html = example().html(language);
        let elements = elements(&html);
        let plots = elements.iter().filter(|name| *name == "svg").count();
        assert_eq!(plots, 6, "three plots, each for a page and for a phone");
        for plot in html.split("<svg ").skip(1) {
            let plot = plot.split("</svg>").next().unwrap();
            assert!(!plot.contains("<span"), "a browser ends a drawing there: {plot}");
        }
        for outside in ["http:", "https:", "//", "<script", "<link", "url(", "@import", "href", "<iframe"] {
            assert!(!html.contains(outside), "{outside} in {html}");
        }
        let sources: Vec<&str> = html.split(" src=\"").skip(1).collect();
        assert_eq!(sources.len(), 1);
        assert!(sources[0].starts_with("data:image/jpeg;base64,/9j/"), "{}", sources[0]);
        assert!(html.contains("&lt;person&gt;") && !html.contains("<person>"), "what is typed is text");
    }
}

#[test]
fn the_report_has_both_languages_and_shows_the_readers_first() {
    let html = example().html(Language::Chinese);
    assert!(html.contains("<html lang=\"zh-CN\">"), "{html}");
    assert!(html.contains("id=\"zh-CN\" checked"), "{html}");
    assert!(!html.contains("id=\"en\" checked"), "{html}");
    for text in ["False alarms: 1 of 1 gone.", "误报：1 条中减少 1 条。", "comes 2 s later", "晚 2 秒"]
    {
        assert!(html.contains(text), "{text} in {html}");
    }
    let english = example().html(Language::English);
    assert!(english.contains("id=\"en\" checked"), "{english}");
}

#[test]
fn the_colours_are_those_of_the_page() {
    let page = include_str!("../../web/assets/page.css");
    let report = include_str!("report.css");
    let palette = |css: &str| {
        let from = css.find(":root").unwrap();
        let to = css.find("*, *::before").unwrap();
        css[from..to].to_owned()
    };
    assert_eq!(palette(page), palette(report));
}

#[test]
fn a_short_recording_has_no_bars_and_one_without_pictures_says_nothing_of_them() {
    let mut short = example();
    assert!(short.html(Language::English).contains("redacted evidence that the box still keeps"));
    (short.from, short.to) = (at(5_000), at(5_030));
    short.verdicts.clear();
    short.pictures.clear();
    let html = short.html(Language::English);
    assert_eq!(elements(&html).iter().filter(|name| *name == "svg").count(), 2, "the time lines only");
    assert!(html.contains("Nothing in this file is loaded from elsewhere."), "{html}");
    assert!(!html.contains("redacted evidence"), "{html}");
    assert!(html.contains(">01:23:20</text>"), "moments are told to the second: {html}");
}

#[test]
fn without_an_alert_it_says_so() {
    let mut nothing = example();
    nothing.differences.clear();
    let text = nothing.text(Language::English);
    assert!(text.ends_with("Alerts: 0 before, 0 after.\n"), "{text}");
    let html = nothing.html(Language::English);
    elements(&html);
    assert!(html.contains("Neither configuration raises an alert."), "{html}");
}

#[test]
fn a_page_shows_the_same_parts_and_the_pictures_that_were_published() {
    let mut shown = example();
    for (alert, picture) in &mut shown.pictures {
        picture.shown_at = Some(format!("/alerts/{}/pictures/1", alert.0));
    }
    let part = shown.embedded().into_string();
    assert_eq!(elements(&part).first().map(String::as_str), Some("div"));
    assert!(part.contains("src=\"/alerts/A/pictures/1\"") && !part.contains("data:"), "{part}");
    assert!(!part.contains("<style") && !part.contains("<html") && !part.contains(" style="), "{part}");
    let whole = example().html(Language::English);
    for text in ["False alarms: 1 of 1 gone.", "comes 2 s later", "id=\"time-lines"] {
        assert!(part.contains(text) && whole.contains(text), "{text}");
    }
}
