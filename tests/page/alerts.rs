//! What is shown of alerts, and that what is done at the page reaches the command centre.

use serde_json::Value;

use super::here::Site;
use super::support::site::{BEFORE_SOMEBODY_COMES, lane_camera, lane_url};

#[test]
fn an_alert_is_taken_on_judged_and_closed_at_the_page_and_the_centre_hears_of_it() {
    let site = Site::start();
    let mut li = site.enrolled("li", "operator");
    assert!(li.get("/alerts").text().contains("No alert yet"));
    let alert = site.flooded();
    let list = site.shown(&mut li, "/alerts", |text| text.contains(&alert));
    assert!(
        list.contains("Flooding") && list.contains("drain-2") && list.contains("nobody has taken it on"),
        "{list}"
    );

    let path = format!("/alerts/{alert}");
    let page = li.get(&path);
    let text = page.text();
    for part in ["Flooding", "sensor drain-2", "2.5", "What happened since", "530127 / 003 / 001 / 02"] {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
    let token = page.token();
    let answer = li.post(&format!("{path}/ack"), &[("token", &token), ("note", "on my way")]);
    assert_eq!((answer.status, answer.header("location")), (303, Some(path.as_str())));
    let by_itself = li.send("GET", &path, &[("x-lookout-refresh", "1")], None);
    assert!(!by_itself.text().contains("Done."), "nobody may have looked");
    assert!(li.get(&path).text().contains("Done."));
    assert!(!li.get(&path).text().contains("Done."), "it is said once");
    let published =
        site.published("the acknowledged revision", &alert, |data| data["acknowledged"]["by"] == "page:li");
    assert_eq!(published["data"]["acknowledged"]["note"], "on my way");
    assert_eq!(published["data"]["acknowledged"]["key_id"], Value::Null, "nothing was signed");
    site.shown(&mut li, &path, |text| text.contains("taken on by li at the page"));

    let second = li.post(&format!("{path}/ack"), &[("token", &token)]);
    assert_eq!(second.status, 303);
    assert!(li.get(&path).text().contains("Somebody did that before"));

    let fields =
        [("token", token.as_str()), ("verdict", "confirmed"), ("cause", "confirmed.rain"), ("note", "")];
    li.post(&format!("{path}/verdict"), &fields);
    let published =
        site.published("the verdict", &alert, |data| data["handling"]["verdict"]["by"] == "page:li");
    assert_eq!(published["data"]["handling"]["verdict"]["cause"], "rain");
    // A cause that was left over from the other verdict is not sent.
    let fields = [("token", token.as_str()), ("verdict", "false_alarm"), ("cause", "confirmed.rain")];
    li.post(&format!("{path}/verdict"), &fields);
    let published = site.published("the other verdict", &alert, |data| {
        data["handling"]["verdict"]["verdict"] == "false_alarm"
    });
    assert_eq!(published["data"]["handling"]["verdict"]["cause"], Value::Null);
    li.post(&format!("{path}/close"), &[("token", &token), ("outcome", "resolved")]);
    site.published("the closure", &alert, |data| data["handling"]["closed"]["outcome"] == "resolved");
    site.shown(&mut li, "/alerts", |text| text.contains("closed by li at the page"));

    let nonsense = li.post(&format!("{path}/close"), &[("token", &token), ("outcome", "no such word")]);
    assert_eq!(nonsense.status, 303);
    let all: Vec<Value> = site.logged("accepted").iter().map(|line| line["command"].clone()).collect();
    assert_eq!(all[..2], ["ack", "ack"], "{all:?}");
    assert!(site.logged("accepted").iter().all(|line| line["by"] == "page:li" && line["key"] == Value::Null));
    // Answers to the page are nobody else's.
    assert!(!site.centre.messages().iter().any(|message| message.topic.ends_with("/up/reply")));
}

#[test]
fn nobody_else_signs_as_the_page() {
    let site = Site::start();
    let alert = site.flooded();
    let now = jiff::Timestamp::now();
    let command = serde_json::json!({
        "request_id": "r-1", "by": "page:li", "iat": now.to_string(),
        "exp": (now + std::time::Duration::from_secs(60)).to_string(), "alert_id": alert,
    });
    site.centre.publish("lookout/v1/530127/box-1/down/cmd/ack", &command);
    let reply = site.centre.wait_for("the refusal", super::here::SOON, |m| {
        m.iter().filter(|m| m.topic.ends_with("/up/reply")).map(|m| m.json()).next()
    });
    assert_eq!(reply["data"]["outcome"], "refused");
    assert!(reply["data"]["message"].as_str().unwrap().contains("page:"), "{reply}");
}

#[test]
fn lists_are_filtered_and_written_into_files() {
    let site = Site::start();
    let mut li = site.enrolled("li", "viewer");
    let alert = site.flooded();
    site.shown(&mut li, "/alerts", |text| text.contains(&alert));
    let day = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::get("Asia/Shanghai").unwrap());
    let today = day.strftime("%Y-%m-%d").to_string();
    let fits = [
        "state=open".to_owned(),
        "kind=flooding".to_owned(),
        "grid=530127".to_owned(),
        "grid=53012700300102".to_owned(),
        format!("from={today}&until={today}"),
        "level=&kind=&camera=".to_owned(),
        "level=pink".to_owned(),
    ];
    for query in fits {
        assert!(li.get(&format!("/alerts?{query}")).text().contains(&alert), "{query}");
    }
    for query in ["state=over", "kind=fire", "grid=530128", "until=2020-01-01", "camera=cam-01"] {
        let text = li.get(&format!("/alerts?{query}")).text();
        assert!(!text.contains(&alert) && text.contains("No alert fits"), "{query}");
    }
    let csv = li.get("/alerts.csv?kind=flooding");
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
    assert!(csv.header("content-disposition").unwrap().contains("attachment"));
    let text = csv.text();
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines[0].starts_with("alert_id,") && lines[1].starts_with(&alert), "{text}");
    let json: Value = serde_json::from_slice(&li.get("/alerts.json").body).unwrap();
    assert_eq!(json[0]["alert_id"], alert.as_str());
    let none: Value = serde_json::from_slice(&li.get("/alerts.json?kind=fire").body).unwrap();
    assert_eq!(none, serde_json::json!([]));
    let refused = (0..20).find(|_| li.get("/alerts.json").status == 429);
    assert!(refused.is_some(), "each is a line of the audit log");
    assert!(site.logged("page_export").len() < 20);
}

#[test]
fn alerts_are_known_after_a_restart_and_forgotten_where_the_page_is_switched_off() {
    let mut site = Site::start();
    let mut li = site.enrolled("li", "viewer");
    let alert = site.flooded();
    site.shown(&mut li, "/alerts", |text| text.contains(&alert));
    site.stop();
    site.run();
    let answer = li.get("/");
    assert_eq!(answer.status, 303, "a restart logs everybody out");
    let token = li.get("/login").token();
    li.post("/login", &[("token", &token), ("name", "li"), ("password", super::here::PASSWORD)]);
    site.shown(&mut li, "/alerts", |text| text.contains(&alert));

    let text = std::fs::read_to_string(&site.config).unwrap();
    std::fs::write(&site.config, text.replace("[web]", "[web]\nenabled = false")).unwrap();
    site.daemon.as_ref().unwrap().wait_for_log("took up the configuration", super::here::SOON);
    let until = std::time::Instant::now() + super::here::SOON;
    while std::net::TcpStream::connect(site.address).is_ok() {
        assert!(std::time::Instant::now() < until, "it is still served");
        std::thread::park_timeout(std::time::Duration::from_millis(20));
    }
    assert_eq!(site.page_command(&[]).status.code(), Some(1));
    let alerts = site.page_folder().join("alerts.db");
    while alerts.exists() {
        assert!(std::time::Instant::now() < until, "its alerts are still kept");
        std::thread::park_timeout(std::time::Duration::from_millis(20));
    }
}

#[test]
fn a_port_that_is_taken_is_reported_and_tried_again() {
    let mut site = Site::start();
    site.stop();
    let other = std::net::TcpListener::bind(site.address).unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_lookout"));
    command.args(["run", "--config"]).arg(&site.config).env("STATE_DIRECTORY", site.folder.path());
    let daemon = super::support::daemon::Daemon::spawn(command);
    let health = site.centre.wait_for("the trouble", super::here::SOON, |m| {
        let healths = m.iter().filter(|m| m.topic.ends_with("/up/health")).map(|m| m.json());
        healths.into_iter().find(|health| health["data"]["degraded"][0]["part"] == "page")
    });
    assert_eq!(health["data"]["degraded"][0]["code"], "page.port_taken");
    site.daemon = Some(daemon);
    // The alert path does not wait for it.
    site.flooded();
    drop(other);
    site.daemon.as_ref().unwrap().wait_for_log("the page is served", super::here::SOON);
    site.enrolled("li", "viewer");
}

/// A camera, so that there is a picture.
#[test]
fn a_picture_is_the_published_one_or_none() {
    let camera = lane_camera(0, BEFORE_SOMEBODY_COMES);
    let site = Site::start_with(&with_camera(&lane_url(&camera)));
    let mut li = site.enrolled("li", "operator");
    let alert = site.centre.wait_for("an alert with a picture", super::here::SOON, |m| {
        super::support::consumer::alert_where(m, |a| {
            a["data"]["kind"] == "presence"
                && a["data"]["evidence"][0]["bytes"].as_u64().is_some_and(|n| n > 0)
        })
    });
    let id = alert["data"]["alert_id"].as_str().unwrap();
    let topic = format!("lookout/v1/530127/box-1/up/evidence/{id}/1");
    let published = site.centre.wait_for("the picture", super::here::SOON, |m| {
        m.iter().find(|m| m.topic == topic).map(|m| m.payload.clone())
    });
    let path = format!("/alerts/{id}/pictures/1");
    site.shown(&mut li, &format!("/alerts/{id}"), |text| text.contains(&path));
    let shown = li.get(&path);
    assert_eq!((shown.status, shown.header("content-type")), (200, Some("image/jpeg")));
    assert_eq!(shown.body, published);
    assert_eq!(site.client().get(&path).status, 303, "not without a login");
    // Whatever else lies under its name is not shown.
    let file = site.folder.path().join(format!("evidence/{id}-1.jpg"));
    std::fs::write(&file, b"another picture").unwrap();
    assert_eq!(li.get(&path).status, 404);
    for trick in [
        "../../evidence/x/1",
        "..%2f..%2fetc%2fpasswd/1",
        &format!("{id}/../1"),
        &format!("{id}/pictures/99"),
    ] {
        let status = li.get(&format!("/alerts/{trick}")).status;
        assert_eq!(status, 404, "{trick}");
    }
}

/// A camera whose rule tells when somebody is on the square of the lane clip.
pub fn with_camera(url: &str) -> String {
    format!(
        r#"
[[camera]]
id = "cam-01"
name = "East gate"
eye = "village"
{url}
grid = "53012700300102"
address = "lane 3, east gate"
analysis_fps = 5

[[camera.zone]]
id = "square"
polygon = [[0.006, 0.944], [0.141, 1.0], [0.775, 1.0], [0.789, 0.927], [0.209, 0.754]]

[[rule]]
id = "somebody-there"
cameras = ["cam-01"]
signal = "presence"
level = "orange"
hold_secs = 1.5
cooldown_secs = 0
present = {{ zone = "square", classes = ["person"], for_secs = 1 }}
"#
    )
}
