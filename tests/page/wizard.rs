//! A camera is added at the page, from one that nobody knows to one that is watched and stands in the file: by hand without a
//! script, and in a real browser as an installer with a phone does it, in both languages.

use std::cell::Cell;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use lookout::types::secret::Secret;
use lookout::video::{Auth, Mount, Play, RtspServer};

use super::browser::{PHONE, all_from, axe, enrol, inspect, picture};
use super::client::{Answer, Client};
use super::here::{SOON, Site};
use super::support::mosquitto::free_port;
use super::support::onvif_camera::{OnvifCamera, Setup, Stream, Trouble};
use super::support::site::{BEFORE_SOMEBODY_COMES, lane_camera, lane_clip};
use super::webdriver::Browser;

/// The structure model alone makes people unrecognisable here: not every machine that tests has the one for faces.
const NO_FACE_MODEL: &str = "\n[detector]\nface_model = \"none\"\n";
/// Of the camera.
const USER: &str = "admin";
const CAMERA_PASSWORD: &str = "p<ss&w0rd";
/// The same as it stands in HTML.
const ESCAPED_PASSWORD: &str = "p&lt;ss&amp;w0rd";
/// The grid of the site's sensor.
const GRID: &str = "53012700300102";

/// A camera with two streams that both ask for a login; its small one sends a keyframe every ten seconds, as it says.
struct Camera {
    rtsp: RtspServer,
    onvif: OnvifCamera,
}

impl Camera {
    fn start() -> Self {
        Self::with(Trouble::None)
    }

    fn with(trouble: Trouble) -> Self {
        let mount = |path: &str| Mount {
            path: path.to_owned(),
            play: Play::File { path: lane_clip(), repeat: true, from: BEFORE_SOMEBODY_COMES },
            auth: Auth::Digest { user: USER.to_owned(), password: Secret::new(CAMERA_PASSWORD) },
        };
        let rtsp = RtspServer::start(0, vec![mount("/sub"), mount("/main")]).unwrap();
        let stream = |token, name, size, keyframe_interval| Stream {
            url: format!("rtsp://HOST:{}/{token}", rtsp.port()),
            ..Stream::new(token, name, size, keyframe_interval)
        };
        let streams =
            vec![stream("main", "MainStream", (1920, 1080), 50), stream("sub", "SubStream", (640, 360), 250)];
        let login = (USER, CAMERA_PASSWORD);
        let onvif = OnvifCamera::start(Setup { login, streams, trouble, ..Setup::default() });
        Camera { rtsp, onvif }
    }

    fn stream(&self, path: &str) -> String {
        format!("rtsp://127.0.0.1:{}/{path}", self.rtsp.port())
    }
}

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
    has(&login, &["How does one log in", "Sim Gate &amp; Lane (127.0.0.1)"]);

    has(&li.step("login", &[("user", ""), ("password", "x")]), &["Type the user, too."]);
    has(&li.step("login", &[("without", "1")]), &["asks for a user and a password", "How does one log in"]);
    let wrong = li.step("login", &[("user", USER), ("password", "wr0ng-0ne")]);
    has(&wrong, &["refuses the password of user `admin`", "What to do: ", "value=\"admin\""]);
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
    for (name, id, why) in [("", "cam-1", "Type a name."), ("East gate", "East gate", "lower-case letters")] {
        has(&li.step("name", &[("name", name), ("id", id)]), &[why, "What is it called here?"]);
    }
    has(
        &li.step("name", &[("name", "East gate"), ("id", "cam-1")]),
        &["Where does it hang?", "beginning with 530127"],
    );
    has(&li.step("place", &[("eye", "village"), ("grid", "")]), &["Choose whose view it is"]);
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
    let kept = li.press("/changes/keep", &[("config", on_trial(&done))]);
    assert_eq!(kept.status, 303, "{}", kept.text());
    site.shown(&mut li.client, "/add-camera/done/cam-1", |text| {
        text.contains("It stands in the configuration")
    });
    is_added(&site, &camera, "cam-1", "East gate");
    let status = site.shown(&mut li.client, "/", |text| {
        text.contains("East gate") && text.contains("1 of 1 cameras give pictures")
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
    assert_eq!((answer.status, answer.header("location")), (303, Some("/login")));
}

// ---- in a real browser

/// What is done with a finger is counted.
struct Finger<'a> {
    browser: &'a Browser,
    actions: Cell<u32>,
}

impl Finger<'_> {
    fn press(&self, selector: &str) {
        self.browser.click(selector);
        self.actions.set(self.actions.get() + 1);
    }

    fn types(&self, selector: &str, text: &str) {
        self.browser.type_into(selector, text);
        self.actions.set(self.actions.get() + 1);
    }
}

/// What somebody reads on the way.
struct Read {
    tag: &'static str,
    empty: &'static str,
    searching: &'static str,
    refused: &'static str,
    far_apart: &'static str,
    set: &'static str,
    name: &'static str,
    watched: &'static str,
    kept: &'static str,
    running: &'static str,
}

const ENGLISH: Read = Read {
    tag: "en",
    empty: "No camera yet",
    searching: "Looking for cameras on the local networks",
    refused: "refuses the password of user `admin`",
    far_apart: "A keyframe comes only every 10.0 s",
    set: "a keyframe every 50 pictures from now on, that is every 2.0 s",
    name: "East gate",
    watched: "East gate is watched",
    kept: "Kept: it stands in",
    running: "1 of 1 cameras give pictures",
};

const CHINESE: Read = Read {
    tag: "zh-CN",
    empty: "还没有摄像机",
    searching: "正在本地网络中搜索摄像机",
    refused: "拒绝了用户 `admin` 的密码",
    far_apart: "每 10.0 秒才有一个关键帧",
    set: "现在每 50 帧一个关键帧，即每 2.0 秒一个",
    name: "东门",
    watched: "东门 已开始分析",
    kept: "已保存到",
    running: "1 台摄像机中有 1 台有画面",
};

/// From a camera that nobody knows to one that is watched and stands in the file.
fn adds_a_camera(read: &Read) {
    let Some(axe) = axe() else { return };
    let camera = Camera::start();
    let site = Site::start_with(NO_FACE_MODEL);
    let browser = Browser::start(PHONE.0, PHONE.1, false);
    enrol(&browser, &site, "li", "installer");
    browser.click(&format!("nav.languages a[lang='{}']", read.tag));
    browser.find(&format!("html[lang='{}']", read.tag));
    let judged = |page: &str| {
        for is_dark in [true, false] {
            browser.set_dark(is_dark);
            inspect(&browser, &axe, &format!("{page}, {}, dark: {is_dark}", read.tag));
        }
        picture(&browser, &format!("add-{page}-{}-phone", read.tag));
    };
    let finger = Finger { browser: &browser, actions: Cell::new(0) };
    let began = Instant::now();
    // What judging the pages takes is nobody's waiting.
    let judging = Cell::new(Duration::ZERO);
    let look = |page: &str| {
        let from = Instant::now();
        judged(page);
        judging.set(judging.get() + from.elapsed());
    };

    browser.wait_for_text(read.empty);
    look("empty");
    finger.press("#status a[href='/add-camera']");
    browser.find("form[action='/add-camera/address']");
    look("find");
    finger.press("form[action='/add-camera/search'] button");
    browser.wait_for_text(read.searching);
    browser.find("#wizard-wait progress");
    let found = format!("input[value='{}'] + button", camera.onvif.service());
    browser.find(&found);
    look("found");
    finger.press(&found);
    browser.find("#camera-password");
    look("login");
    finger.types("#user", USER);
    finger.types("#camera-password", "wrong");
    finger.press("#log-in");
    browser.wait_for_text(read.refused);
    look("wrong-password");
    finger.types("#camera-password", CAMERA_PASSWORD);
    finger.press("#log-in");
    browser.wait_for_text(read.far_apart);
    look("streams");
    finger.press("#keyframes button");
    browser.find("#keyframes-set");
    browser.wait_for_text(read.set);
    look("keyframes-set");
    finger.press("#show-picture");
    let until = Instant::now() + SOON;
    let is_there = "const one = document.querySelector('#first-picture'); return !!one && one.complete && one.naturalWidth > 0";
    while browser.script(is_there, &[]) != true {
        assert!(Instant::now() < until, "no picture: {}", browser.text());
        std::thread::park_timeout(Duration::from_millis(50));
    }
    look("picture");
    finger.press("#it-is");
    browser.find("#camera-name");
    look("name");
    finger.types("#camera-name", read.name);
    finger.press("#go-on");
    browser.find("#place-address");
    look("place");
    finger.press("#eye-village");
    finger.types("#place-address", "lane 5, north end");
    finger.press("#to-changes");
    browser.find("form[action='/changes/try'] button");
    look("changes");
    finger.press("form[action='/changes/try'] button");
    browser.find("#added");
    browser.wait_for_text(read.watched);
    look("added");
    finger.press("form[action='/changes/keep'] button");
    browser.wait_for_text(read.kept);
    finger.press("nav a[href='/']");
    browser.wait_for_text(read.running);
    let took = began.elapsed().saturating_sub(judging.get());
    is_added(&site, &camera, "cam-1", read.name);
    eprintln!("{}: {} actions, {:.1} s", read.tag, finger.actions.get(), took.as_secs_f64());
    assert!(took < Duration::from_secs(600), "{took:?}");
    all_from(&browser, &site);
}

#[test]
#[ignore = "needs chromium, chromium-driver and axe-core, which deploy/setup.sh --test installs"]
fn an_installer_with_a_phone_adds_a_camera() {
    adds_a_camera(&ENGLISH);
}

#[test]
#[ignore = "needs chromium, chromium-driver and axe-core, which deploy/setup.sh --test installs"]
fn an_installer_who_reads_chinese_adds_a_camera() {
    adds_a_camera(&CHINESE);
}
