//! A camera is added at the page, from one that nobody knows to one that is watched and stands in the file: by hand without a
//! script, and in a real browser as an installer with a phone does it, in both languages.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use super::browser::{PHONE, all_from, axe, enrol, inspect, picture};
use super::by_finger::{CAMERA_PASSWORD, CHINESE, Camera, ENGLISH, Finger, Read, USER, adds_a_camera, reads};
use super::client::{Answer, Client};
use super::here::{SOON, Site};
use super::live::NO_FACE_MODEL;
use super::support::mosquitto::free_port;
use super::support::onvif_camera::Trouble;
use super::support::site::{BEFORE_SOMEBODY_COMES, lane_camera};
use super::webdriver::Browser;

/// The camera's password as it stands in HTML.
const ESCAPED_PASSWORD: &str = "p&lt;ss&amp;w0rd";
/// The grid of the site's sensor.
const GRID: &str = "53012700300102";

/// Somebody without a script who adds a camera.
struct Installer {
    client: Client,
    token: String,
    /// All that was shown.
    seen: String,
}

impl Installer {
    fn of(site: &Site) -> Self {
        let mut client = site.enrolled("li", "installer");
        let token = client.get("/").token();
        Installer { client, token, seen: String::new() }
    }

    /// Presses a button; where it leads.
    fn press(&mut self, action: &str, fields: &[(&str, &str)]) -> Answer {
        let fields = [&[("token", self.token.as_str())], fields].concat();
        self.client.post(action, &fields)
    }

    /// Does a step, and waits for the page that comes after it.
    fn step(&mut self, action: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.press(&format!("/add-camera/{action}"), fields);
        assert_eq!(answer.status, 303, "{action}: {}", answer.text());
        self.settled(answer.header("location").unwrap())
    }

    /// Opens a page again and again until nothing goes on any more.
    fn settled(&mut self, path: &str) -> String {
        let (until, mut path) = (Instant::now() + SOON, path.to_owned());
        loop {
            let answer = self.client.get(&path);
            let text = answer.text();
            self.seen.push_str(&text);
            match answer.status {
                303 => path = answer.header("location").unwrap().to_owned(),
                200 if !text.contains("id=\"wizard-wait\"") => return text,
                200 => {
                    assert!(text.contains("http-equiv=\"refresh\""), "it goes on without a script: {text}");
                }
                status => panic!("{path}: {status} {text}"),
            }
            assert!(Instant::now() < until, "{path}: {text}");
            std::thread::park_timeout(Duration::from_millis(100));
        }
    }

    /// Says what the camera is called and where it hangs; what is proposed.
    fn name_and_place(&mut self, name: &str, id: &str) -> String {
        let text = self.step("name", &[("name", name), ("id", id)]);
        assert!(
            text.contains("Where does it hang?") && text.contains(&format!("value=\"{GRID}\"")),
            "{text}"
        );
        self.step("place", &[("eye", "village"), ("grid", GRID), ("address", "lane 5, north end")])
    }
}

#[track_caller]
fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is missing in {text}");
    }
}

/// The digest of what is on trial, as the page's forms have it.
fn on_trial(page: &str) -> &str {
    let at = page.find("name=\"config\" value=\"").unwrap_or_else(|| panic!("nothing is on trial: {page}"));
    page[at + 21..].split('"').next().unwrap()
}

/// What must be so once it is kept.
fn is_added(site: &Site, camera: &Camera, id: &str, name: &str) {
    let file = fs::read_to_string(&site.config).unwrap();
    let (watch, large) = (camera.stream("sub"), camera.stream("main"));
    has(
        &file,
        &[
            "[[camera]]",
            &format!("id = \"{id}\""),
            &format!("url = \"{watch}\""),
            &format!("url_main = \"{large}\""),
            &format!("secret = \"{id}\""),
            &format!("name = \"{name}\""),
            &format!("grid = \"{GRID}\""),
        ],
    );
    assert!(!file.contains(CAMERA_PASSWORD), "{file}");
    let secret = site.folder.path().join("secrets").join(id);
    assert_eq!(fs::read_to_string(&secret).unwrap(), format!("{USER}:{CAMERA_PASSWORD}\n"));
    assert_eq!(fs::metadata(&secret).unwrap().permissions().mode() & 0o007, 0);
    assert_eq!(camera.onvif.keyframe_interval("sub"), 50);
    assert_eq!(camera.onvif.keyframe_interval("main"), 50, "nobody asked to change it");
    let detail = |event: &str| site.logged(event)[0]["detail"].as_str().unwrap().to_owned();
    assert!(detail("page_camera_keyframes").contains("SubStream: 50"));
    assert_eq!(detail("page_camera_secret"), id);
    let audit = fs::read_to_string(site.folder.path().join("outbox/control/audit.jsonl")).unwrap();
    assert!(!audit.contains(CAMERA_PASSWORD) && !audit.contains("w0rd"), "{audit}");
}

#[test]
fn a_camera_is_found_and_added_without_a_script_and_its_password_is_shown_nowhere() {
    let camera = Camera::start();
    let mut site = Site::start_with(NO_FACE_MODEL);
    let mut li = Installer::of(&site);
    has(&li.settled("/"), &["No camera yet", "href=\"/add-camera\""]);
    has(&li.settled("/add-camera"), &["Where is the camera?", "Look for cameras", "Type its address"]);

    let found = li.step("search", &[]);
    has(&found, &["Sim Gate &amp; Lane", &camera.onvif.service(), "Look again"]);
    has(&li.step("choose", &[("service", "http://127.0.0.1:9/elsewhere")]), &["Where is the camera?"]);
    let login = li.step("choose", &[("service", &camera.onvif.service())]);
    has(
        &login,
        &["How does one log in", &format!("Sim Gate &amp; Lane (127.0.0.1:{})", camera.onvif.port())],
    );

    has(&li.step("login", &[("user", ""), ("password", "x")]), &["Type the user, too."]);
    has(&li.step("login", &[("without", "1")]), &["asks for a user and a password", "How does one log in"]);
    let wrong = li.step("login", &[("user", USER), ("password", "wr0ng-0ne")]);
    has(&wrong, &["refuses the password of user <code>admin</code>", "What to do: ", "value=\"admin\""]);
    assert_eq!(camera.onvif.wrong_passwords(), 1, "many cameras lock a user out");

    let streams = li.step("login", &[("user", USER), ("password", CAMERA_PASSWORD)]);
    let small = "SubStream · 640 x 360 · H.264 · 25 pictures/s · a keyframe every 10.0 s";
    has(&streams, &["Watched all the time", small, "MainStream · 1920 x 1080", "only every 10.0 s"]);
    let set = li.step("keyframes", &[]);
    has(&set, &["a keyframe every 50 pictures from now on, that is every 2.0 s", "a keyframe every 2.0 s"]);
    assert!(!set.contains("only every"), "{set}");

    let looked = li.step("streams", &[("watch", "sub"), ("large", "main")]);
    has(&looked, &["Is this the camera?", "/add-camera/picture.jpg", "640 x 360", "MainStream"]);
    let jpeg = li.client.get("/add-camera/picture.jpg");
    assert_eq!((jpeg.status, jpeg.header("content-type")), (200, Some("image/jpeg")));
    assert!(image::load_from_memory(&jpeg.body).unwrap().width() >= 640);

    has(&li.settled("/add-camera/name"), &["What is it called here?", "value=\"cam-1\""]);
    let long = "a".repeat(101);
    for (name, id, why) in [
        ("", "cam-1", "Type a name."),
        (&*long, "cam-1", "at most 100 characters"),
        ("East gate", "East gate", "lower-case letters"),
    ] {
        has(&li.step("name", &[("name", name), ("id", id)]), &[why, "What is it called here?"]);
    }
    has(
        &li.step("name", &[("name", "East gate"), ("id", "cam-1")]),
        &["Where does it hang?", "beginning with 530127"],
    );
    has(&li.step("place", &[("eye", ""), ("grid", "")]), &["Choose whose view it is, and type the grid."]);
    has(&li.step("place", &[("eye", ""), ("grid", GRID)]), &["Choose whose view it is."]);
    has(&li.step("place", &[("eye", "village"), ("grid", "")]), &["Type the grid."]);
    let elsewhere =
        li.step("place", &[("eye", "village"), ("grid", "11010100100101"), ("address", "lane 5")]);
    has(&elsewhere, &["role=\"alert\"", "11010100100101", "value=\"lane 5\""]);
    assert!(
        !site.folder.path().join("secrets/cam-1").exists(),
        "nothing is written for what cannot be added"
    );

    let changes = li.name_and_place("East gate", "cam-1");
    has(&changes, &["Adds the camera East gate (cam-1)", "<ins>+ [[camera]]", "Try for ten minutes"]);
    assert!(!fs::read_to_string(&site.config).unwrap().contains("[[camera]]"), "it is only shown");
    has(&li.settled("/add-camera/done/cam-1"), &["This camera is not tried yet"]);
    has(&li.settled("/add-camera/name"), &["Where is the camera?"]);

    let tried = li.press("/changes/try", &[]);
    assert_eq!(tried.header("location"), Some("/add-camera/done/cam-1"), "{}", tried.text());
    let done =
        site.shown(&mut li.client, "/add-camera/done/cam-1", |text| text.contains("East gate is watched"));
    has(&done, &["It is on trial", "/cameras/cam-1/shapes", "/cameras/cam-1#walk"]);
    // Also before the box has reported anything of it.
    assert_eq!(li.client.get("/cameras/cam-1").status, 200);
    let kept = li.press("/changes/keep", &[("config", on_trial(&done))]);
    assert_eq!(kept.status, 303, "{}", kept.text());
    site.shown(&mut li.client, "/add-camera/done/cam-1", |text| {
        text.contains("It stands in the configuration")
    });
    is_added(&site, &camera, "cam-1", "East gate");
    let status = site.shown(&mut li.client, "/", |text| {
        text.contains("East gate") && text.contains("Cameras with pictures: 1 of 1")
    });
    li.seen.push_str(&status);
    has(&li.step("search", &[]), &["already here as East gate"]);
    for secret in [CAMERA_PASSWORD, ESCAPED_PASSWORD, "wr0ng-0ne"] {
        assert!(!li.seen.contains(secret), "{secret} was shown");
    }
    let log = site.stop();
    assert!(!log.contains(CAMERA_PASSWORD) && !log.contains("wr0ng-0ne"), "{log}");
}

#[test]
fn a_camera_without_onvif_is_added_by_the_address_of_its_stream() {
    let camera = lane_camera(0, BEFORE_SOMEBODY_COMES);
    let site = Site::start_with(NO_FACE_MODEL);
    let mut li = Installer::of(&site);
    for (typed, why) in [
        ("", "Type the address of the camera."),
        ("no address", "is no address of a camera"),
        ("rtsp://admin:hunter2@10.0.0.31/a", "Leave user and password out"),
    ] {
        let text = li.step("address", &[("address", typed)]);
        has(&text, &[why, "Where is the camera?"]);
        assert!(!text.contains("hunter2"), "{text}");
    }
    // Nobody listens there.
    li.step("address", &[("address", &format!("127.0.0.1:{}", free_port()))]);
    let refused = li.step("login", &[("without", "1")]);
    has(
        &refused,
        &["The camera cannot be asked", "refuses the connection", "What to do: ", "/add-camera/maker"],
    );
    has(
        &li.settled("/add-camera/maker"),
        &["Who made it?", "Hikvision", "/Streaming/Channels/102", "Other makers"],
    );
    // And nobody speaks RTSP at its usual port, most likely; whatever is wrong, it is said.
    let none = li.step("maker", &[("number", "0")]);
    has(&none, &["No picture came", "role=\"alert\"", "Try again"]);

    let wrong = format!("rtsp://127.0.0.1:{}/none", camera.port());
    li.step("address", &[("address", &wrong)]);
    let none = li.step("login", &[("without", "1")]);
    has(&none, &["No picture came", "knows no stream", "Try the usual address of its maker"]);

    let right = format!("rtsp://127.0.0.1:{}/lane", camera.port());
    li.step("address", &[("address", &right)]);
    let looked = li.step("login", &[("without", "1")]);
    has(&looked, &["Is this the camera?", "Keyframes"]);
    let changes = li.name_and_place("Lane 5", "add");
    has(&changes, &["Adds the camera Lane 5 (add)", &format!("<ins>+ url = &quot;{right}&quot;")]);
    assert!(!changes.contains("secret = &quot;add"), "it needs no password: {changes}");
    // Whoever gives it up is told how it stands.
    let discarded = li.press("/changes/discard", &[]);
    assert_eq!(discarded.header("location"), Some("/add-camera/done/add"));
    has(&li.settled("/add-camera/done/add"), &["This camera was not added", "href=\"/add-camera\""]);
}

#[test]
fn a_camera_that_refuses_another_keyframe_interval_is_added_all_the_same() {
    let camera = Camera::with(Trouble::RefusesChanges);
    let site = Site::start_with(NO_FACE_MODEL);
    let mut li = Installer::of(&site);
    li.step("address", &[("address", &format!("127.0.0.1:{}", camera.onvif.port()))]);
    li.step("login", &[("user", USER), ("password", CAMERA_PASSWORD)]);
    let refused = li.step("keyframes", &[]);
    has(&refused, &["The keyframe interval was not set", "used by an analytics module", "Show the picture"]);
    assert_eq!(camera.onvif.keyframe_interval("sub"), 250);
    // Somebody looks elsewhere while it goes on.
    let answer = li.press("/add-camera/streams", &[]);
    assert_eq!(answer.header("location"), Some("/add-camera/picture"));
    has(
        &li.client.get("/add-camera/picture").text(),
        &["Looking at the picture", "Stop waiting", "<progress"],
    );
    has(&li.step("stop", &[]), &["Which stream is watched?"]);
}

#[test]
fn however_fast_a_camera_refuses_somebody_is_asked_for_the_login_again() {
    let camera = Camera::start();
    let site = Site::start_with(NO_FACE_MODEL);
    let mut li = Installer::of(&site);
    li.step("address", &[("address", &camera.onvif.service())]);
    // The answer may come while the page that waits for it is being made.
    for _ in 0..40 {
        let answer = li.press("/add-camera/login", &[("user", USER), ("password", "wrong")]);
        assert_eq!(answer.header("location"), Some("/add-camera/streams"), "{}", answer.text());
        let page = li.client.get("/add-camera/streams");
        if page.status == 200 {
            has(&page.text(), &["id=\"wizard-wait\""]);
            has(&li.settled("/add-camera/streams"), &["id=\"camera-password\"", "refuses the password"]);
        } else {
            assert_eq!((page.status, page.header("location")), (303, Some("/add-camera/login")));
        }
    }
}

#[test]
fn only_installers_add_cameras() {
    let site = Site::start_with(NO_FACE_MODEL);
    for role in ["viewer", "operator"] {
        let mut one = site.enrolled(role, role);
        let page = one.get("/");
        assert!(!page.text().contains("/add-camera"), "{role}");
        let token = page.token();
        for path in ["/add-camera", "/add-camera/login", "/add-camera/picture.jpg", "/add-camera/done/cam-1"]
        {
            assert_eq!(one.get(path).status, 403, "{role}: {path}");
        }
        for action in ["search", "address", "login", "place"] {
            let path = format!("/add-camera/{action}");
            assert_eq!(one.post(&path, &[("token", &token)]).status, 403, "{role}: {action}");
        }
    }
    let mut li = site.enrolled("li", "installer");
    assert_eq!(li.post("/add-camera/search", &[("token", "another")]).status, 403);
    let token = li.get("/").token();
    assert_eq!(li.post("/add-camera/nothing", &[("token", &token)]).status, 404);
    assert_eq!(li.get("/add-camera/nothing").status, 404);
    assert_eq!(li.get("/add-camera/picture.jpg").status, 404);
    for step in ["login", "maker", "streams", "picture", "name", "place"] {
        let answer = li.get(&format!("/add-camera/{step}"));
        assert_eq!((answer.status, answer.header("location")), (303, Some("/add-camera/find")), "{step}");
    }
    let answer = site.client().get("/add-camera");
    assert_eq!((answer.status, answer.header("location")), (303, Some("/login?to=%2Fadd-camera")));
}

#[test]
fn a_fresh_box_asks_where_it_stands_before_the_first_camera_and_signs_from_then_on() {
    let mut site = Site::fresh();
    let mut li = Installer::of(&site);
    li.client.get("/language/en?to=%2F");
    let key = site.folder.path().join("outbox/box-key.jwk");
    assert!(!key.exists(), "nobody knows yet whose key it would be");
    let status = site.shown(&mut li.client, "/", |text| text.contains("messages are not signed"));
    has(&status, &["Nobody has said yet where this box stands", "href=\"/site\"", "placeholder 000000"]);
    let first = li.client.get("/add-camera");
    assert_eq!((first.status, first.header("location")), (303, Some("/site")));
    has(&li.settled("/site"), &["Where does this box stand?", "name=\"area\" value=\"\""]);
    let wrong = li.press("/site", &[("area", "000000"), ("box", "gate-1"), ("name", "")]);
    assert_eq!(wrong.status, 400);
    has(&wrong.text(), &["role=\"alert\"", "value=\"gate-1\""]);

    let fields = [("area", "５３０１２７"), ("box", "gate-1"), ("name", "Yangqiao")];
    assert_eq!(li.press("/site", &fields).header("location"), Some("/changes"));
    let changes = li.settled("/changes");
    has(&changes, &["This takes a restart", "Write it and start anew", "<ins>+ name = &quot;Yangqiao&quot;"]);
    assert!(!changes.contains("Try for ten minutes"), "{changes}");
    li.press("/changes/try", &[]);
    let file = || fs::read_to_string(&site.config).unwrap();
    assert!(file().contains("area = \"000000\""), "it cannot be tried");
    let mut viewer = site.enrolled("viewer-1", "viewer");
    let token = viewer.get("/").token();
    assert_eq!(viewer.post("/changes/restart", &[("token", &token)]).status, 403);

    let other = "0".repeat(64);
    let answer = li.press("/changes/restart", &[("shown", &other)]);
    assert_eq!(answer.header("location"), Some("/changes"), "it is not what the page showed");
    assert!(file().contains("area = \"000000\""), "{}", file());
    has(&li.settled("/changes"), &["Meanwhile more was changed", "name=\"shown\""]);

    let written = li.press("/changes/restart", &[]);
    assert_eq!(
        (written.status, written.header("location")),
        (303, Some("/restarting")),
        "{}",
        written.text()
    );
    assert!(file().contains("area = \"530127\"") && file().contains("box = \"gate-1\""), "{}", file());
    site.daemon.as_ref().unwrap().wait_for_log("made the key by which this box signs", SOON);
    let until = Instant::now() + SOON;
    while std::net::TcpStream::connect(site.address).is_err() {
        assert!(Instant::now() < until, "the page is not served again");
        std::thread::park_timeout(Duration::from_millis(50));
    }
    let lost = li.client.get("/restarting");
    assert_eq!((lost.status, lost.header("location")), (303, Some("/login?to=%2Frestarting")));
    let login = li.client.get("/login?to=%2Frestarting");
    has(&login.text(), &["You were logged out: the box restarted.", "name=\"to\" value=\"/restarting\""]);
    let token = login.token();
    let fields = [
        ("token", token.as_str()),
        ("name", "li"),
        ("password", super::here::PASSWORD),
        ("to", "/restarting"),
    ];
    assert_eq!(li.client.post("/login", &fields).header("location"), Some("/restarting"));
    has(&li.settled("/restarting"), &["Where is the camera?"]);
    assert!(key.exists());
    let owner = fs::read_to_string(key.with_file_name("box-key.box")).unwrap();
    assert_eq!(owner.trim(), "530127.gate-1");
    let status = site.shown(&mut li.client, "/", |text| text.contains("530127.gate-1"));
    assert!(
        !status.contains("messages are not signed") && !status.contains("href=\"/site\">Say"),
        "{status}"
    );
    assert_eq!(site.logged("page_config_written")[0]["by"], "page:li");
    site.stop();
}

// ---- in a real browser

/// From a camera that nobody knows to one that is watched and stands in the file.
fn adds(read: &Read) {
    let Some(axe) = axe() else { return };
    let camera = Camera::start();
    let site = Site::start_with(NO_FACE_MODEL);
    let browser = Browser::start(PHONE.0, PHONE.1, false);
    enrol(&browser, &site, "li", "installer");
    reads(&Finger::on(&browser), read.tag);
    let finger = Finger::on(&browser);
    let look = |page: &str| {
        finger.pauses(|| {
            for is_dark in [true, false] {
                browser.set_dark(is_dark);
                inspect(&browser, &axe, &format!("{page}, {}, dark: {is_dark}", read.tag));
            }
            picture(&browser, &format!("add-{page}-{}-phone", read.tag));
        });
    };
    adds_a_camera(&finger, read, &camera, None, &look);
    finger.press("nav a[href='/']");
    browser.wait_for_text(read.running);
    let took = finger.took();
    is_added(&site, &camera, "cam-1", read.name);
    eprintln!("{}: {} actions, {:.1} s", read.tag, finger.actions(), took.as_secs_f64());
    assert!(took < Duration::from_secs(600), "{took:?}");
    all_from(&browser, &site);
}

#[test]
#[ignore = "needs chromium, chromium-driver and axe-core, which deploy/setup.sh --test installs"]
fn an_installer_with_a_phone_adds_a_camera() {
    adds(&ENGLISH);
}

#[test]
#[ignore = "needs chromium, chromium-driver and axe-core, which deploy/setup.sh --test installs"]
fn an_installer_who_reads_chinese_adds_a_camera() {
    adds(&CHINESE);
}
