//! The past at the page: the time line of a camera, and what a change would have made of the last days, from the journal that
//! the daemon has written of the clip.

use std::time::{Duration, Instant};

use super::alerts::with_camera;
use super::browser::{DESK, PHONE, all_from, axe, enrol, inspect, picture};
use super::client::Client;
use super::here::{SOON, Site};
use super::rules::{filled, send, set};
use super::support::consumer::alert_where;
use super::support::site::{BEFORE_SOMEBODY_COMES, lane_camera, lane_url};
use super::webdriver::Browser;

const RULE: &str = "/rules/somebody-there";
const TIMELINE: &str = "/cameras/cam-01/timeline";
/// The journal is written half a minute late, and what was read of it is kept for a while.
const WRITTEN: Duration = Duration::from_secs(180);

/// Opens a page again and again until it shows what it should, however late the journal is.
fn shown(client: &mut Client, path: &str, fits: impl Fn(&str) -> bool) -> String {
    let until = Instant::now() + WRITTEN;
    loop {
        let answer = client.get(path);
        let text = answer.text();
        if answer.status == 200 && fits(&text) {
            return text;
        }
        assert!(Instant::now() < until, "{path}: {}\n{text}", answer.status);
        std::thread::park_timeout(Duration::from_millis(250));
    }
}

/// The alert of the clip, once it is there.
fn presence(site: &Site) -> String {
    let alert = site
        .centre
        .wait_for("an alert", SOON, |m| alert_where(m, |alert| alert["data"]["kind"] == "presence"));
    alert["data"]["alert_id"].as_str().unwrap().to_owned()
}

/// Where the form of that id goes with its button for the past, with other values in some fields; the page that says how far it
/// is.
fn tried(client: &mut Client, path: &str, form: &str, values: &[(&str, &str)]) -> String {
    let mut fields = filled(&client.get(path).text(), form);
    for (name, value) in values {
        set(&mut fields, name, value);
    }
    let answer = send(client, &format!("{path}/past"), &fields);
    assert_eq!(answer.status, 303, "{}", answer.text());
    let to = answer.header("location").unwrap().to_owned();
    assert!(to.starts_with("/past/"), "{to}");
    to
}

#[test]
fn the_time_line_shows_who_came_and_the_alert_and_a_trial_says_what_a_change_would_have_done() {
    let camera = lane_camera(0, BEFORE_SOMEBODY_COMES);
    let site = Site::start_with(&with_camera(&lane_url(&camera)));
    let mut li = site.enrolled("li", "installer");
    let alert = presence(&site);
    let link = format!("href=\"/alerts/{alert}\"");
    let page = shown(&mut li, &format!("{TIMELINE}?hour=last"), |text| {
        // A minute is shown when it is over.
        text.contains(&link) && text.contains("person: at most")
    });
    assert!(page.contains("Somebody is there"), "{page}");
    assert!(li.get(&format!("/alerts/{alert}")).status == 200, "its link leads somewhere");
    for path in ["/", RULE, "/cameras/cam-01"] {
        assert!(li.get(path).text().contains(TIMELINE), "{path} leads to it");
    }

    // Nobody stays for ten minutes in half a minute of film.
    let report = tried(&mut li, RULE, "rule-form", &[("present.for_secs", "600")]);
    let page = shown(&mut li, &report, |text| text.contains("class=\"report\""));
    assert!(page.contains("does not come any more"), "{page}");
    assert!(page.contains(&format!("src=\"/alerts/{alert}/pictures/1\"")), "{page}");
    assert!(!page.contains("data:image"), "{page}");
    let style = li.get("/assets/report.css");
    assert!(style.status == 200 && style.text().contains(".report .key.before"), "{}", style.text());
    assert!(li.get("/past").text().contains(&report), "it is in the list");
    assert!(li.get("/changes").text().contains("No change is waiting"), "nothing was proposed");
    // The same change is proposed from there, and what is proposed is tried, too.
    let token = li.get(&report).token();
    let answer = li.post(&format!("{report}/propose"), &[("token", &token)]);
    assert_eq!(answer.header("location"), Some("/changes"), "{}", answer.text());
    let fields = filled(&li.get("/changes").text(), "past-form");
    let answer = send(&mut li, "/changes/past", &fields);
    let second = answer.header("location").unwrap().to_owned();
    assert!(second.starts_with("/past/") && second != report, "{second}");
    shown(&mut li, &second, |text| text.contains("does not come any more"));
    let token = li.get("/past").token();
    assert_eq!(li.post(&format!("{report}/remove"), &[("token", &token)]).status, 303);
    assert_eq!(li.get(&report).status, 404);
}

#[test]
fn who_may_only_look_reads_reports_and_an_operator_tries_changes_without_making_any() {
    let camera = lane_camera(0, BEFORE_SOMEBODY_COMES);
    let site = Site::start_with(&with_camera(&lane_url(&camera)));
    presence(&site);
    let (mut wang, mut zhao) = (site.enrolled("wang", "operator"), site.enrolled("zhao", "viewer"));
    shown(&mut wang, &format!("{TIMELINE}?hour=last"), |text| text.contains("/alerts/"));
    let page = wang.get(RULE).text();
    assert!(page.contains("id=\"past-form\"") && !page.contains("See what would change"), "{page}");
    let report = tried(&mut wang, RULE, "past-form", &[("present.for_secs", "600")]);
    let page = shown(&mut wang, &report, |text| text.contains("class=\"report\""));
    assert!(!page.contains("Propose this change"), "that is the installer's: {page}");
    let text = std::fs::read_to_string(&site.config).unwrap();
    assert!(text.contains("for_secs = 1 }") && site.logged("accepted").is_empty(), "nothing was changed");

    let page = zhao.get(&report).text();
    assert!(page.contains("class=\"report\"") && !page.contains("Delete the report"), "{page}");
    assert_eq!(zhao.get(TIMELINE).status, 200);
    assert!(!zhao.get(RULE).text().contains("past-form"));
    let token = zhao.get("/past").token();
    for action in ["cancel", "remove", "propose"] {
        assert_eq!(zhao.post(&format!("{report}/{action}"), &[("token", &token)]).status, 403, "{action}");
    }
    for path in [format!("{RULE}/past"), "/cameras/cam-01/thresholds/past".to_owned()] {
        let fields = [("token", token.as_str()), ("present.for_secs", "5")];
        assert_eq!(zhao.post(&path, &fields).status, 403, "{path}");
        assert_eq!(wang.post(&path, &fields[1..]).status, 403, "{path}: the token is missing");
    }
    for path in [format!("{RULE}/values"), format!("{report}/value")] {
        assert_eq!(zhao.post(&path, &[("token", &token)]).status, 403, "{path}");
        assert_eq!(wang.post(&path, &[("value", "0.5")]).status, 403, "{path}: the token is missing");
    }
    let token = wang.get("/past").token();
    assert_eq!(wang.post(&format!("{report}/propose"), &[("token", &token)]).status, 403);
    assert_eq!(wang.post("/changes/past", &[("token", &token)]).status, 403);
}

#[test]
fn what_cannot_be_shown_or_tried_says_why() {
    let camera = with_camera("url = \"rtsp://127.0.0.1:9/none\"");
    let site = Site::start_with(&camera);
    let mut wang = site.enrolled("wang", "operator");
    for (path, status, words) in [
        ("/cameras/cam-77/timeline", 404, "There is no such camera"),
        ("/cameras/cam-01/timeline?day=yesterday", 400, "is no time that a time line can show"),
        ("/cameras/cam-01/timeline?hour=%3Cb%3E", 400, "&lt;b&gt;"),
        ("/cameras/cam-01/timeline?day=2999-01-01", 400, "has not come yet"),
        ("/past/1", 404, "This report is not kept any more"),
        ("/past/..%2f..%2fetc", 404, "This report is not kept any more"),
    ] {
        let answer = wang.get(path);
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.text().contains(words), "{path}: {}", answer.text());
    }
    shown(&mut wang, TIMELINE, |text| text.contains("gave no pictures") || text.contains("not looked at"));
    let page = shown(&mut wang, &format!("{TIMELINE}?day=2020-01-01"), |text| text.contains("begins at"));
    assert!(page.contains("Show its first day"), "{page}");
    // A value that is none is answered beside its field, as where it is proposed.
    let mut fields = filled(&wang.get(RULE).text(), "past-form");
    set(&mut fields, "present.for_secs", "long");
    let answer = send(&mut wang, &format!("{RULE}/past"), &fields);
    assert_eq!(answer.status, 422);
    assert!(answer.text().contains("field-present-for_secs-fault"), "{}", answer.text());
    // A parameter that the rule has not, and a camera that it does not watch.
    let token = wang.get(RULE).token();
    for (camera, parameter) in [("cam-77", "for_secs"), ("cam-01", "")] {
        let fields = [("token", &*token), ("curve-camera", camera), ("curve-parameter", parameter)];
        let answer = wang.post(&format!("{RULE}/values"), &fields);
        assert_eq!(answer.status, 400, "{camera} {parameter}");
        assert!(answer.text().contains("There is nothing of that name to turn"), "{}", answer.text());
    }
    // The same values as before are no change.
    let fields = filled(&wang.get(RULE).text(), "past-form");
    assert_eq!(send(&mut wang, &format!("{RULE}/past"), &fields).header("location"), Some(RULE));
    assert!(wang.get(RULE).text().contains("Nothing would change"));
}

#[test]
fn each_value_of_a_parameter_says_how_many_alerts_it_would_have_made_and_becomes_a_trial() {
    let camera = lane_camera(0, BEFORE_SOMEBODY_COMES);
    let site = Site::start_with(&with_camera(&lane_url(&camera)));
    let alert = presence(&site);
    let mut wang = site.enrolled("wang", "operator");
    shown(&mut wang, &format!("{TIMELINE}?hour=last"), |text| text.contains(&alert));
    let mut fields = filled(&wang.get(RULE).text(), "values-form");
    set(&mut fields, "curve-parameter", "for_secs");
    let answer = send(&mut wang, &format!("{RULE}/values"), &fields);
    assert_eq!(answer.status, 303, "{}", answer.text());
    let values = answer.header("location").unwrap().to_owned();
    let page = shown(&mut wang, &values, |text| text.contains("id=\"value-form\""));
    assert!(page.contains("1 s (runs now): alerts ") && page.contains("<option value=\"3\""), "{page}");
    let mut fields = filled(&page, "value-form");
    set(&mut fields, "value", "7");
    assert_eq!(send(&mut wang, &format!("{values}/value"), &fields).status, 400, "it was none of them");
    // The one that runs.
    set(&mut fields, "value", "1");
    let answer = send(&mut wang, &format!("{values}/value"), &fields);
    assert_eq!(answer.header("location"), Some(&*values), "{}", answer.text());
    assert!(wang.get(&values).text().contains("Nothing would change"));
    set(&mut fields, "value", "3");
    let answer = send(&mut wang, &format!("{values}/value"), &fields);
    let report = answer.header("location").unwrap().to_owned();
    shown(&mut wang, &report, |text| text.contains("class=\"report\""));
    assert!(wang.get(&report).text().contains("how long it must last is 3 s"));
}

#[test]
fn a_change_judges_beside_what_runs_from_its_report_until_somebody_ends_it() {
    let camera = lane_camera(0, BEFORE_SOMEBODY_COMES);
    let site = Site::start_with(&with_camera(&lane_url(&camera)));
    let alert = presence(&site);
    let (mut wang, mut zhao) = (site.enrolled("wang", "operator"), site.enrolled("zhao", "viewer"));
    shown(&mut wang, &format!("{TIMELINE}?hour=last"), |text| text.contains(&alert));
    assert!(wang.get("/past").text().contains("No other configuration judges"));
    let report = tried(&mut wang, RULE, "past-form", &[("present.for_secs", "600")]);
    shown(&mut wang, &report, |text| text.contains("id=\"begin-shadow\""));
    let token = zhao.get("/past").token();
    for path in [format!("{report}/shadow"), "/past/shadow/stop".to_owned()] {
        assert_eq!(zhao.post(&path, &[("token", &token)]).status, 403, "{path}");
        assert_eq!(wang.post(&path, &[]).status, 403, "{path}: the token is missing");
    }
    let token = wang.get(&report).token();
    let answer = wang.post(&format!("{report}/shadow"), &[("token", &token)]);
    assert_eq!((answer.status, answer.header("location")), (303, Some("/past")), "{}", answer.text());
    let page = shown(&mut wang, "/past", |text| text.contains("id=\"stop-shadow\""));
    assert!(page.contains("alerts it would have raised"), "{page}");
    assert!(!zhao.get("/past").text().contains("stop-shadow"), "who may only look ends nothing");
    assert_eq!(wang.post("/past/shadow/stop", &[("token", &token)]).status, 303);
    let page = shown(&mut wang, "/past", |text| !text.contains("id=\"stop-shadow\""));
    assert!(page.contains("somebody ended it"), "{page}");
    let text = std::fs::read_to_string(&site.config).unwrap();
    assert!(text.contains("for_secs = 1 }"), "nothing was changed");
}

#[test]
fn the_calendar_says_in_which_hours_a_rule_could_report() {
    let camera = lane_camera(0, BEFORE_SOMEBODY_COMES);
    let site = Site::start_with(&with_camera(&lane_url(&camera)));
    let mut zhao = site.enrolled("zhao", "viewer");
    // For the first minute it says that it is too early.
    let page = shown(&mut zhao, "/past/coverage", |text| text.contains("could report in"));
    assert!(page.contains("somebody-there at cam-01") && page.contains("svg class=\"cells\""), "{page}");
    assert!(page.contains(&format!("href=\"{TIMELINE}?day=")), "each day leads to its time line: {page}");
    assert_eq!(zhao.get("/past/coverage?camera=cam-77").status, 404);
    assert_eq!(zhao.get("/past/coverage?days=9999").status, 200);
}

#[test]
fn a_box_that_keeps_no_journal_says_how_to_keep_one() {
    let camera = with_camera("url = \"rtsp://127.0.0.1:9/none\"");
    let site = Site::start_with(&format!("{camera}\n[journal]\ndays = 0\n"));
    let mut wang = site.enrolled("wang", "operator");
    let page = wang.get(TIMELINE).text();
    assert!(page.contains("keeps no detection journal") && page.contains("<code>days = 7</code>"), "{page}");
    let mut fields = filled(&wang.get(RULE).text(), "past-form");
    set(&mut fields, "present.for_secs", "600");
    let answer = send(&mut wang, &format!("{RULE}/past"), &fields);
    assert_eq!(answer.status, 409);
    assert!(answer.text().contains("keeps no detection journal"), "{}", answer.text());
}

// ---- in a browser

#[test]
#[ignore = "needs chromium, chromium-driver and axe-core, which deploy/setup.sh --test installs"]
fn a_change_is_tried_on_the_past_with_a_phone_and_both_languages_fit() {
    let Some(axe) = axe() else { return };
    let camera = lane_camera(0, BEFORE_SOMEBODY_COMES);
    let site = Site::start_with(&with_camera(&lane_url(&camera)));
    let alert = presence(&site);
    let mut zhao = site.enrolled("zhao", "viewer");
    shown(&mut zhao, &format!("{TIMELINE}?hour=last"), |text| text.contains(&alert));
    let browser = Browser::start(PHONE.0, PHONE.1, false);
    enrol(&browser, &site, "li", "installer");
    browser.open(&format!("https://{}/past", site.address));
    browser.wait_for_text("Nothing was tried on the past yet");
    inspect(&browser, &axe, "nothing tried yet, phone");
    browser.open(&format!("https://{}{RULE}", site.address));
    browser.script("document.querySelector('#field-present-for_secs').value = ''", &[]);
    browser.type_into("#field-present-for_secs", "600");
    browser.click("#past-days option[value='1']");
    browser.click("#try-on-past");
    // Whether it was judged before its page was there or after, the report comes by itself.
    browser.find(".report");
    browser.wait_for_text("does not come any more");
    assert_eq!(
        browser.script("return window.untouched ?? null", &[]),
        serde_json::Value::Null,
        "another page"
    );
    let report = browser.script("return location.pathname", &[]).as_str().unwrap().to_owned();
    // The slider.
    browser.open(&format!("https://{}{RULE}", site.address));
    browser.click("#curve-parameter option[value='for_secs']");
    browser.click("#values-form button");
    browser.find("#slide");
    let slider = browser.script("return location.pathname", &[]).as_str().unwrap().to_owned();
    browser.wait_for_text("(runs now): alerts");
    browser.script(
        "const slide = document.querySelector('#slide'); slide.value = slide.max; slide.dispatchEvent(new Event('input'))",
        &[],
    );
    let same = "const [list, says] = [document.querySelector('#value'), document.querySelector('#value-makes')];
        return list.selectedIndex === list.options.length - 1 && says.textContent === list.selectedOptions[0].dataset.words
            && document.querySelectorAll('svg.curve .chosen').length === 1";
    assert_eq!(browser.script(same, &[]), true, "{}", browser.text());
    for (tag, size, (width, height)) in
        [("en", "phone", PHONE), ("zh-CN", "phone", PHONE), ("zh-CN", "desk", DESK), ("en", "desk", DESK)]
    {
        let other = (size == "desk").then(|| {
            let browser = Browser::start(width, height, false);
            enrol(&browser, &site, &format!("desk-{}", tag.to_lowercase()), "operator");
            browser
        });
        let browser = other.as_ref().unwrap_or(&browser);
        for (name, path) in [
            ("past", "/past".to_owned()),
            ("past-report", report.clone()),
            ("past-slider", slider.clone()),
            ("coverage", "/past/coverage".to_owned()),
            ("timeline", TIMELINE.to_owned()),
            ("timeline-hour", format!("{TIMELINE}?hour=last")),
            ("timeline-before", format!("{TIMELINE}?day=2020-01-01")),
        ] {
            browser.open(&format!("https://{}/language/{tag}?to=/", site.address));
            browser.find(&format!("html[lang='{tag}']"));
            browser.open(&format!("https://{}{path}", site.address));
            browser.find(&format!("html[lang='{tag}'] main h1"));
            browser
                .script("document.querySelectorAll('details').forEach((one) => { one.open = true; })", &[]);
            for is_dark in [false, true] {
                browser.set_dark(is_dark);
                inspect(browser, &axe, &format!("{name}, {tag}, {size}, dark: {is_dark}"));
            }
            browser.set_dark(false);
            picture(browser, &format!("{name}-{tag}-{size}"));
        }
        all_from(browser, &site);
    }
    // The mark of an alert leads to it.
    browser.open(&format!("https://{}{TIMELINE}?hour=last", site.address));
    browser.click(&format!("#published ~ ul a[href='/alerts/{alert}']"));
    browser.wait_for_text(&alert);
    let complaints: Vec<String> =
        browser.complaints().into_iter().filter(|line| !line.contains("certificate")).collect();
    assert!(complaints.is_empty(), "{complaints:?}");
}
