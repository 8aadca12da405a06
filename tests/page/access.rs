//! Who gets in, and who does not.

use std::fs;
use std::io::Write as _;
use std::net::{Shutdown, SocketAddr};
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use super::client::{Client, form};
use super::here::{PASSWORD, SOON, Site};
use super::support::mosquitto::free_port;

const SESSION: &str = "__Host-lookout";

/// A form as somebody else sends it: what is wrong with it, its headers and its body.
type Attempt<'a> = (&'a str, Vec<(&'a str, &'a str)>, Vec<u8>);

fn log_in(client: &mut Client, name: &str, password: &str) -> super::client::Answer {
    let token = client.get("/login").token();
    client.post("/login", &[("token", &token), ("name", name), ("password", password)])
}

#[test]
fn somebody_enrols_with_a_code_and_logs_in_out_and_in_again() {
    let site = Site::start();
    let mut client = site.client();
    let first = client.get("/");
    assert_eq!((first.status, first.header("location")), (303, Some("/login")));
    assert!(client.get("/login").text().contains("lookout page enrol"), "nobody is enrolled yet");

    let mut li = site.enrolled("李", "viewer");
    let page = li.get("/");
    assert_eq!(page.status, 200);
    assert!(page.text().contains("李") && page.text().contains("viewer"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert!(
        !page.text().contains("<style")
            && !page.text().contains("style=\"")
            && !page.text().contains("onclick")
    );

    let replayed = li.clone();
    let token = page.token();
    assert_eq!(li.post("/logout", &[("token", &token)]).status, 303);
    for mut one in [li.clone(), replayed] {
        let answer = one.get("/");
        assert_eq!((answer.status, answer.header("location")), (303, Some("/login")), "a cookie from before");
    }
    let answer = log_in(&mut li, "李", PASSWORD);
    assert_eq!((answer.status, answer.header("location")), (303, Some("/")));
    assert_eq!(li.get("/alerts").status, 200);

    let events = ["page_enrolled", "page_logout", "page_login"].map(|event| site.logged(event).len());
    assert_eq!(events, [1, 1, 1]);
    assert_eq!(site.logged("page_login")[0]["by"], "page:李");

    // What is on disk is for the service alone, and tells no password.
    for file in ["accounts.json", "certificate.key"] {
        let path = site.page_folder().join(file);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{file}");
        assert!(!fs::read_to_string(path).unwrap().contains(PASSWORD));
    }
    let shown = String::from_utf8(site.page_command(&[]).stdout).unwrap();
    assert!(shown.contains(&format!("https://{}", site.address)) && shown.contains("李 (viewer)"), "{shown}");
    assert!(shown.contains("SHA-256 "), "{shown}");

    assert!(site.page_command(&["remove", "李"]).status.success());
    assert_eq!(li.get("/").status, 303, "a name that was taken away is logged out");
    assert_eq!(eventually_logged(&site, "page_removed", 1)[0]["detail"], "李");
    let made = site.logged("page_code_made");
    assert_eq!((made.len(), made[0]["detail"].as_str()), (1, Some("viewer")));
    assert!(made[0]["n"].as_u64() < site.logged("page_enrolled")[0]["n"].as_u64());
}

#[test]
fn the_page_is_opened_for_others_and_closed_again_without_an_editor() {
    let mut site = Site::start();
    let said = |output: std::process::Output| {
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).unwrap() + &String::from_utf8(output.stdout).unwrap()
    };
    let before = fs::read_to_string(&site.config).unwrap();
    let wide = SocketAddr::from(([0, 0, 0, 0], free_port()));
    let told = said(site.page_command(&["open", "--listen", &wide.to_string()]));
    assert!(told.contains(&format!(":{}", wide.port())) && !told.contains("restart"), "{told}");
    assert!(!told.contains("0.0.0.0"), "an address that a phone can open: {told}");
    let open = fs::read_to_string(&site.config).unwrap();
    assert_eq!(open, before.replace(&site.address.to_string(), &wide.to_string()));
    assert!(said(site.page_command(&["open", "--listen", &wide.to_string()])).contains("already"));

    // Nobody starts the daemon anew.
    let (until, own) = (Instant::now() + SOON, site.folder.path().join("outbox/page/address"));
    while fs::read_to_string(&own).ok() != Some(wide.to_string()) {
        assert!(Instant::now() < until, "it is not served at {wide}");
        std::thread::park_timeout(Duration::from_millis(50));
    }
    site.address = SocketAddr::from(([127, 0, 0, 1], wide.port()));
    assert_eq!(site.client().get("/login").status, 200);

    said(site.page_command(&["close"]));
    let closed = fs::read_to_string(&site.config).unwrap();
    // Nothing else stood in that section.
    assert!(!closed.contains(&wide.to_string()) && !closed.contains("[web]"), "{closed}");
    let anywhere = wide.to_string();
    said(site.page_command(&["open", "--listen", &anywhere]));
    assert!(fs::read_to_string(&site.config).unwrap().contains(&anywhere));
    said(site.page_command(&["close"]));
    assert_eq!(fs::read_to_string(&site.config).unwrap(), closed, "byte for byte");
    let taken = format!("0.0.0.0:{}", site.webhook.unwrap());
    for listen in ["8443", "0.0.0.0", "0.0.0.0:0", &taken] {
        let refused = site.page_command(&["open", "--listen", listen]);
        assert_eq!(refused.status.code(), Some(2), "{listen}: {refused:?}");
        assert_eq!(fs::read_to_string(&site.config).unwrap(), closed, "{listen}");
    }
    site.stop();
    fs::write(&site.config, "[site]\nbox = \"box-1\"\narea = \"530127\"\n[web]\nenabled = false\n").unwrap();
    let off = site.page_command(&["open"]);
    assert!(String::from_utf8(off.stderr).unwrap().contains("is switched off"));
}

#[test]
fn a_code_is_good_once_and_for_its_name_alone() {
    let site = Site::start();
    let code = site.code(&["--role", "installer", "--name", "li"]);
    let mut client = site.client();
    let mut enrol = |name: &str, code: &str| {
        let token = client.get("/enrol").token();
        let fields = [("token", token.as_str()), ("code", code), ("name", name), ("password", PASSWORD)];
        client.post("/enrol", &fields).status
    };
    assert_eq!(enrol("wang", &code), 400, "it is for somebody else");
    assert_eq!(enrol("li", &code), 303);
    assert_eq!(enrol("li", &code), 400, "it was used");
    let refused = site.page_command(&["enrol", "--name", "../li"]);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    assert_eq!(site.logged("page_enrol_failed").len(), 2);
}

#[test]
fn a_wrong_password_costs_time_and_says_nothing_about_who_is_there() {
    let site = Site::start();
    site.enrolled("li", "operator");
    let mut client = site.client();
    let wrong = log_in(&mut client, "li", "not the password");
    let nobody = log_in(&mut client, "Tr0ub4dor", "not the password");
    assert_eq!((wrong.status, nobody.status), (401, 401));
    let fault =
        |text: &str| text.split("role=\"alert\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert_eq!(fault(&wrong.text()), fault(&nobody.text()));
    let third = log_in(&mut client, "li", "not the password");
    assert!(fault(&third.text()).contains("Wait"), "{}", fault(&third.text()));
    let right = log_in(&mut client, "li", PASSWORD);
    assert_eq!(right.status, 429, "not even the right one, for a while");
    assert!(!client.cookies.contains_key(SESSION));
    assert_eq!(site.logged("page_login_failed").len(), 3);
    let text = fs::read_to_string(site.folder.path().join("outbox/control/audit.jsonl")).unwrap();
    assert!(!text.contains("not the password"), "a password that was nearly right is one, too");
    assert!(
        text.contains("page:li") && !text.contains("Tr0ub4dor"),
        "some type their password as their name"
    );
}

/// Whoever hangs up before the answer comes has tried all the same.
#[test]
fn a_guess_counts_also_when_nobody_waits_for_its_answer() {
    let site = Site::start();
    site.enrolled("li", "operator");
    let mut client = site.client();
    let token = client.get("/login").token();
    let body = form(&[("token", &token), ("name", "li"), ("password", "not the password")]);
    let cookies: Vec<String> = client.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let head = format!(
        "POST /login HTTP/1.1\r\nHost: {}\r\nOrigin: {}\r\nCookie: {}\r\nContent-Length: {}\r\n\r\n",
        site.address,
        client.origin(),
        cookies.join("; "),
        body.len()
    );
    // A browser that is gone before its guess is looked at has not guessed; so each one stays a little longer.
    let mut unanswered = 0;
    for stays in (0..).map(|number| Duration::from_millis(3 * number)) {
        if site.logged("page_login_failed").len() >= 3 {
            break;
        }
        let mut stream = client.connect();
        stream.write_all(&[head.as_bytes(), &body].concat()).unwrap();
        stream.flush().unwrap();
        std::thread::sleep(stays);
        let before = site.logged("page_login_failed").len();
        stream.sock.shutdown(Shutdown::Both).unwrap();
        std::thread::sleep(Duration::from_millis(200));
        // What is written after the browser is gone is answered after it, too.
        unanswered += usize::from(site.logged("page_login_failed").len() > before);
        assert!(stays < Duration::from_secs(2), "no guess is looked at");
    }
    assert!(unanswered > 0, "each guess was answered before its browser hung up");
    eventually_logged(&site, "page_login_failed", 3);
    assert_eq!(log_in(&mut client, "li", PASSWORD).status, 429);
}

/// The lines of the audit log with that event, once there are so many.
fn eventually_logged(site: &Site, event: &str, count: usize) -> Vec<serde_json::Value> {
    let until = std::time::Instant::now() + super::here::SOON;
    loop {
        let lines = site.logged(event);
        if lines.len() >= count {
            return lines;
        }
        assert!(std::time::Instant::now() < until, "{event}: {lines:?}");
        std::thread::park_timeout(Duration::from_millis(50));
    }
}

#[test]
fn a_form_from_elsewhere_changes_nothing() {
    let site = Site::start();
    let mut li = site.enrolled("li", "operator");
    let alert = site.flooded();
    site.shown(&mut li, "/alerts", |text| text.contains(&alert));
    let path = format!("/alerts/{alert}/ack");
    let (token, origin) = (li.get("/").token(), li.origin());
    let with_token = form(&[("token", &token)]);
    let attempts: [Attempt<'_>; 6] = [
        ("no token", vec![("Origin", &origin)], form(&[])),
        ("another token", vec![("Origin", &origin)], form(&[("token", "x")])),
        ("no origin", vec![], with_token.clone()),
        ("another origin", vec![("Origin", "https://evil.example")], with_token.clone()),
        ("a hidden origin", vec![("Origin", "null")], with_token.clone()),
        ("another site", vec![("Origin", &origin), ("Sec-Fetch-Site", "cross-site")], with_token.clone()),
    ];
    for (what, headers, body) in attempts {
        assert_eq!(li.send("POST", &path, &headers, Some(&body)).status, 403, "{what}");
    }
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"] {
        assert_eq!(li.send(method, &path, &[("Origin", &origin)], Some(&with_token)).status, 405, "{method}");
    }
    // The token of one session is nothing in another, and a login needs one, too.
    let mut wang = site.enrolled("wang", "operator");
    assert_eq!(wang.post(&path, &[("token", &token)]).status, 403);
    let mut stranger = site.client();
    assert_eq!(stranger.post("/login", &[("name", "li"), ("password", PASSWORD)]).status, 403);
    assert_eq!(stranger.post(&path, &[("token", &token)]).status, 303, "to the login");
    assert_eq!(site.logged("accepted").len(), 0);
}

#[test]
fn each_role_may_do_what_it_should() {
    let site = Site::start();
    let alert = site.flooded();
    let mut viewer = site.enrolled("viewer-1", "viewer");
    site.shown(&mut viewer, "/alerts", |text| text.contains(&alert));
    let page = viewer.get(&format!("/alerts/{alert}"));
    assert!(!page.text().contains("/ack\"") && page.text().contains("As a viewer"), "{}", page.text());
    let token = page.token();
    for (action, more) in
        [("ack", ("note", "")), ("verdict", ("verdict", "confirmed")), ("close", ("outcome", "resolved"))]
    {
        let answer = viewer.post(&format!("/alerts/{alert}/{action}"), &[("token", &token), more]);
        assert_eq!(answer.status, 403, "{action}");
    }
    let refused = site.logged("page_refused");
    assert_eq!((refused.len(), refused[0]["by"].as_str()), (3, Some("page:viewer-1")));
    assert_eq!(site.logged("accepted").len(), 0);
    for role in ["operator", "installer"] {
        let mut one = site.enrolled(role, role);
        let page = one.get(&format!("/alerts/{alert}"));
        assert!(page.text().contains("/verdict\""), "{role}");
        let token = page.token();
        let answer = one.post(&format!("/alerts/{alert}/ack"), &[("token", &token)]);
        assert_eq!(answer.status, 303, "{role}");
    }
}

#[test]
fn whoever_logs_in_comes_to_where_they_were_going_and_nowhere_else() {
    let mut site = Site::start();
    let mut li = site.enrolled("li", "operator");
    let before = li.get("/alerts").token();
    site.stop();
    site.run();
    let page = li.get("/alerts?level=red");
    let to = "/login?to=%2Falerts%3Flevel%3Dred";
    assert_eq!((page.status, page.header("location")), (303, Some(to)));
    let login = li.get(to);
    assert!(login.text().contains("You were logged out: the box restarted."), "{}", login.text());
    assert!(login.text().contains("name=\"to\" value=\"/alerts?level=red\""), "{}", login.text());

    // A form that was open meanwhile: its page comes back, and it is said that nothing was taken.
    let (origin, referer) = (li.origin(), format!("{}/test?x=1", li.origin()));
    let headers = [("Origin", origin.as_str()), ("Referer", referer.as_str())];
    let lost = li.send("POST", "/test", &headers, Some(&form(&[("token", &before)])));
    assert_eq!((lost.status, lost.header("location")), (303, Some("/login?to=%2Ftest%3Fx%3D1&lost=1")));
    let login = li.get("/login?to=%2Ftest%3Fx%3D1&lost=1");
    assert!(login.text().contains("What you sent meanwhile was not taken"), "{}", login.text());
    let enter = |client: &mut Client, to: &str| {
        let token = client.get("/login").token();
        let fields = [("token", token.as_str()), ("name", "li"), ("password", PASSWORD), ("to", to)];
        client.post("/login", &fields).header("location").unwrap().to_owned()
    };
    assert_eq!(enter(&mut li, "/test?x=1"), "/test?x=1");
    for elsewhere in ["https://evil.example/", "//evil.example", "/\\evil.example", "/logout", ""] {
        assert_eq!(enter(&mut site.client(), elsewhere), "/", "{elsewhere}");
    }
}

#[test]
fn a_browser_is_answered_in_its_own_language_before_anybody_chose_one() {
    let site = Site::start();
    let mut stranger = site.client();
    for (wanted, tag) in [("zh-CN,zh;q=0.9,en;q=0.5", "zh-CN"), ("en-GB", "en"), ("fr", "en")] {
        let page = stranger.send("GET", "/login", &[("Accept-Language", wanted)], None).text();
        assert!(page.contains(&format!("<html lang=\"{tag}\">")), "{wanted}: {page}");
    }
    stranger.get("/language/en?to=%2Flogin");
    let page = stranger.send("GET", "/login", &[("Accept-Language", "zh-CN")], None).text();
    assert!(page.contains("<html lang=\"en\">"), "what was chosen counts: {page}");
}

#[test]
fn the_language_is_the_sites_until_somebody_chooses() {
    let site = Site::start();
    let mut li = site.enrolled("li", "viewer");
    assert!(li.get("/").text().contains("<html lang=\"en\">"));
    let chosen = li.get("/language/zh-CN?to=%2Falerts%3Flevel%3Dred");
    assert_eq!((chosen.status, chosen.header("location")), (303, Some("/alerts?level=red")));
    let page = li.get("/").text();
    assert!(page.contains("<html lang=\"zh-CN\">") && page.contains("传感器"), "{page}");
    let elsewhere = li.get("/language/en?to=https%3A%2F%2Fevil.example");
    assert_eq!(elsewhere.header("location"), Some("/"));
    assert_eq!(li.get("/language/de").status, 404);
}
