//! A test alert goes the whole way, its stations are shown as it passes them, and it is taken for no real one.

use serde_json::{Value, json};

use super::browser::{PHONE, all_from, axe, enrol, inspect, picture};
use super::client::Client;
use super::here::{SOON, Site};
use super::support::consumer::alert_where;
use super::webdriver::Browser;

const BASE: &str = "lookout/v1/530127/box-1";

fn send(client: &mut Client) -> u16 {
    let token = client.get("/").token();
    client.post("/test", &[("token", &token)]).status
}

/// The test alert as the centre learns of it.
fn published(site: &Site) -> Value {
    site.centre.wait_for("the test alert", SOON, |m| {
        alert_where(m, |a| a["data"]["kind"] == "test_alert" && a["data"]["phase"] == "new")
    })
}

#[test]
fn a_test_alert_passes_every_station_and_counts_as_no_alert() {
    let site = Site::start();
    let mut li = site.enrolled("li", "operator");
    assert!(li.get("/test").text().contains("No test alert since the box started"));
    assert_eq!(send(&mut li), 303);

    let alert = published(&site);
    let data = &alert["data"];
    assert_eq!(
        (&data["mode"], &data["level"]),
        (&json!("test"), &json!("blue")),
        "the site itself is `actual`"
    );
    assert_eq!(data["title"], "Test alert");
    assert_eq!(data["why"]["rule"], Value::Null);
    assert!(data["why"]["condition"].as_str().unwrap().contains("page:li"), "{data}");
    let id = data["alert_id"].as_str().unwrap();
    let page = site.shown(&mut li, "/test", |text| text.contains("(PUBACK): <strong>done"));
    for part in ["Stored on the disk", "has never sent a mark", "by li at the page", "One at a time"] {
        assert!(page.contains(part), "{part} is missing in {page}");
    }
    assert!(page.contains("Taken on by somebody: <strong>waiting"), "{page}");

    let seq = &data["seq"];
    site.centre.publish(&format!("{BASE}/down/mark"), &json!({ "stream": seq["stream"], "n": seq["n"] }));
    site.shown(&mut li, "/test", |text| text.contains("(mark): <strong>done"));

    let now = jiff::Timestamp::now();
    let ack = json!({
        "request_id": "r-1", "by": "desk 2", "iat": now.to_string(),
        "exp": (now + std::time::Duration::from_secs(60)).to_string(), "alert_id": id,
    });
    site.centre.publish(&format!("{BASE}/down/cmd/ack"), &ack);
    let page = site.shown(&mut li, "/test", |text| text.contains("The whole way is open"));
    assert!(page.contains("by desk 2"), "{page}");
    let last = site.published("the end", id, |data| data["phase"] == "end");
    assert_eq!(
        (&last["data"]["mode"], &last["data"]["acknowledged"]["by"]),
        (&json!("test"), &json!("desk 2"))
    );

    // It is shown, and counts for nothing: beside it one real alert, which counts.
    site.shown(&mut li, &format!("/alerts/{id}"), |text| text.contains("This is a test: nothing happened."));
    let flood = site.flooded();
    let list = site
        .shown(&mut li, "/alerts", |text| text.contains(&flood) && text.contains("in the last 24 hours: 1"));
    assert!(list.contains(&format!("alert-{id}")), "{list}");
    assert!(list.contains("Alerts in the last 30 days: 1"), "{list}");

    let commands: Vec<Value> = site.logged("accepted");
    assert!(commands.iter().any(|line| line["command"] == "test" && line["by"] == "page:li"), "{commands:?}");
}

#[test]
fn a_test_alert_is_one_at_a_time_and_of_those_who_may_send_it() {
    let site = Site::start();
    let mut li = site.enrolled("li", "operator");
    let mut wang = site.enrolled("wang", "viewer");
    assert_eq!(send(&mut wang), 403);
    assert!(wang.get("/test").text().contains("Only operators and installers"));
    assert_eq!(send(&mut li), 303);
    let id = published(&site)["data"]["alert_id"].as_str().unwrap().to_owned();
    assert_eq!(send(&mut li), 303);
    assert!(li.get("/test").text().contains("One at a time"));
    let of_tests = |m: &[super::support::consumer::Message]| {
        let all = super::support::consumer::alerts(m).into_iter();
        all.filter(|a| a["data"]["kind"] == "test_alert" && a["data"]["phase"] == "new").count()
    };
    assert_eq!(of_tests(&site.centre.messages()), 1);
    // What nobody took on is still there after a restart, and still a test.
    let mut site = site;
    site.stop();
    site.run();
    let token = li.get("/login").token();
    li.post("/login", &[("token", &token), ("name", "li"), ("password", super::here::PASSWORD)]);
    let token = li.get("/").token();
    li.post(&format!("/alerts/{id}/ack"), &[("token", &token)]);
    let published = site.published("who has it", &id, |data| data["acknowledged"]["by"] == "page:li");
    assert_eq!(
        (&published["data"]["mode"], &published["data"]["kind"]),
        (&json!("test"), &json!("test_alert"))
    );
    site.published("the end", &id, |data| data["phase"] == "end");
}

#[test]
fn without_a_broker_the_page_says_where_a_test_waits() {
    let port = super::support::mosquitto::free_port();
    let site = Site::start();
    let mut li = site.enrolled("li", "operator");
    // The configuration names another broker, which is not there.
    let text = std::fs::read_to_string(&site.config).unwrap();
    let at = text.find("mqtt://127.0.0.1:").unwrap();
    let end = at + text[at..].find('"').unwrap();
    std::fs::write(&site.config, format!("{}mqtt://127.0.0.1:{port}{}", &text[..at], &text[end..])).unwrap();
    site.daemon.as_ref().unwrap().wait_for_log("took up the configuration", SOON);
    site.shown(&mut li, "/", |text| text.contains(&format!("127.0.0.1:{port}")));
    let away = format!("no connection to the broker at 127.0.0.1:{port}");
    assert_eq!(send(&mut li), 303);
    let page = site.shown(&mut li, "/test", |text| text.contains(&away));
    assert!(page.contains("Stored on the disk of the box: <strong>done"), "{page}");
    assert!(page.contains("Handed to the connection to the broker: <strong>waiting"), "{page}");
    assert!(!page.contains("The whole way is open"), "{page}");
}

#[test]
#[ignore = "needs chromium, chromium-driver and axe-core, which deploy/setup.sh --test installs"]
fn the_stations_fill_by_themselves_on_a_phone() {
    let Some(axe) = axe() else { return };
    let site = Site::start();
    let browser = Browser::start(PHONE.0, PHONE.1, false);
    enrol(&browser, &site, "li", "operator");
    browser.open(&format!("https://{}/test", site.address));
    browser.wait_for_text("No test alert since the box started");
    inspect(&browser, &axe, "no test alert yet");
    browser.click("#send");
    browser.find("ol.stations");
    let id = published(&site)["data"]["alert_id"].as_str().unwrap().to_owned();
    browser.script("window.untouched = true", &[]);
    browser.wait_for_text("Received by the broker (PUBACK): done");
    browser.wait_for_text("Taken on by somebody: waiting");
    inspect(&browser, &axe, "a test alert under way");
    picture(&browser, "test-alert-under-way");
    let now = jiff::Timestamp::now();
    let ack = json!({
        "request_id": "r-1", "by": "desk 2", "iat": now.to_string(),
        "exp": (now + std::time::Duration::from_secs(60)).to_string(), "alert_id": id,
    });
    site.centre.publish(&format!("{BASE}/down/cmd/ack"), &ack);
    browser.wait_for_text("Taken on by somebody: done");
    browser.wait_for_text("Send a test alert");
    assert_eq!(browser.script("return window.untouched", &[]), true, "without loading the page again");
    all_from(&browser, &site);
}
