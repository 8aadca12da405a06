//! What somebody does at the page with a finger, counted and timed, and how they add a camera like that.

use std::cell::Cell;
use std::time::{Duration, Instant};

use lookout::types::secret::Secret;
use lookout::video::{Auth, Mount, Play, RtspServer};

use super::here::{PASSWORD, SOON, Site};
use super::support::onvif_camera::{OnvifCamera, Setup, Stream, Trouble};
use super::support::site::{BEFORE_SOMEBODY_COMES, lane_clip};
use super::webdriver::Browser;

/// Of the camera.
pub const USER: &str = "admin";
pub const CAMERA_PASSWORD: &str = "p<ss&w0rd";

/// Every press, tap and typed text is an action.
pub struct Finger<'a> {
    pub browser: &'a Browser,
    actions: Cell<u32>,
    began: Instant,
    paused: Cell<Duration>,
}

impl<'a> Finger<'a> {
    pub fn on(browser: &'a Browser) -> Self {
        Finger { browser, actions: Cell::new(0), began: Instant::now(), paused: Cell::default() }
    }

    fn acts(&self) {
        self.actions.set(self.actions.get() + 1);
    }

    pub fn press(&self, selector: &str) {
        self.browser.click(selector);
        self.acts();
    }

    pub fn types(&self, selector: &str, text: &str) {
        self.browser.type_into(selector, text);
        self.acts();
    }

    /// In place of what stands there.
    pub fn types_anew(&self, selector: &str, text: &str) {
        // All of it is chosen first, by Control and A: what the page does not learn of it would put back.
        self.acts();
        self.types(selector, &format!("\u{E009}a\u{E000}{text}"));
    }

    /// A place in the window, in pixels.
    pub fn taps(&self, place: (i64, i64)) {
        self.browser.stroke("touch", &[place]);
        self.acts();
    }

    /// Does something meanwhile that nobody would wait for, such as judging a page.
    pub fn pauses(&self, work: impl FnOnce()) {
        let from = Instant::now();
        work();
        self.paused.set(self.paused.get() + from.elapsed());
    }

    pub fn actions(&self) -> u32 {
        self.actions.get()
    }

    pub fn took(&self) -> Duration {
        self.began.elapsed().saturating_sub(self.paused.get())
    }
}

/// Enters for the first time, with the code that was handed over.
pub fn enrols(finger: &Finger<'_>, site: &Site, name: &str, role: &str) {
    let code = site.code(&["--role", role]);
    finger.browser.open(&format!("https://{}/enrol", site.address));
    finger.types("#code", &code.to_lowercase());
    finger.types("#name", name);
    finger.types("#password", PASSWORD);
    finger.press("main form button");
    finger.browser.find("#status");
}

/// Chooses a language.
pub fn reads(finger: &Finger<'_>, tag: &str) {
    finger.press(&format!("nav.languages a[lang='{tag}']"));
    finger.browser.find(&format!("html[lang='{tag}']"));
}

/// A camera with two streams that both ask for a login; its small one sends a keyframe every ten seconds, as it says.
pub struct Camera {
    rtsp: RtspServer,
    pub onvif: OnvifCamera,
}

impl Camera {
    pub fn start() -> Self {
        Self::with(Trouble::None)
    }

    pub fn with(trouble: Trouble) -> Self {
        let play = Play::File { path: lane_clip(), repeat: true, from: BEFORE_SOMEBODY_COMES };
        Self::playing(&play, trouble)
    }

    pub fn playing(play: &Play, trouble: Trouble) -> Self {
        let mount = |path: &str| Mount {
            path: path.to_owned(),
            play: play.clone(),
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

    pub fn stream(&self, path: &str) -> String {
        format!("rtsp://127.0.0.1:{}/{path}", self.rtsp.port())
    }
}

/// What somebody reads on the way.
pub struct Read {
    pub tag: &'static str,
    empty: &'static str,
    searching: &'static str,
    refused: &'static str,
    far_apart: &'static str,
    set: &'static str,
    pub name: &'static str,
    watched: &'static str,
    pub kept: &'static str,
    pub running: &'static str,
}

pub const ENGLISH: Read = Read {
    tag: "en",
    empty: "No camera yet",
    searching: "Looking for cameras on the local networks",
    refused: "refuses the password of user admin",
    far_apart: "A keyframe comes only every 10.0 s",
    set: "a keyframe every 50 pictures from now on, that is every 2.0 s",
    name: "East gate",
    watched: "East gate is watched",
    kept: "Kept: it stands in",
    running: "Cameras with pictures: 1 of 1",
};

pub const CHINESE: Read = Read {
    tag: "zh-CN",
    empty: "还没有摄像机",
    searching: "正在本地网络中搜索摄像机",
    refused: "拒绝了用户 admin 的密码",
    far_apart: "每 10.0 秒才有一个关键帧",
    set: "现在每 50 帧一个关键帧，即每 2.0 秒一个",
    name: "东门",
    watched: "东门 已开始分析",
    kept: "已保存到",
    running: "1 台摄像机中有 1 台有画面",
};

/// From a page without a camera to one that says that this one is kept. `grid` is typed where the page proposes none; `look` is
/// given each page that comes by.
pub fn adds_a_camera(
    finger: &Finger<'_>,
    read: &Read,
    camera: &Camera,
    grid: Option<&str>,
    look: &dyn Fn(&str),
) {
    let browser = finger.browser;
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
    let until = Instant::now() + 2 * SOON;
    let is_there = "const one = document.querySelector('#first-picture'); return !!one && one.complete && one.naturalWidth > 0";
    while browser.script(is_there, &[]) != true {
        assert!(Instant::now() < until, "no picture: {}", browser.text());
        // The simulated camera encodes on a machine that may be busy: whoever gets no picture tries again, as the page says.
        let again = "form[action='/add-camera/look'] button:not(#show-picture)";
        if browser.has(again) {
            finger.press(again);
        }
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
    if let Some(grid) = grid {
        finger.types("#grid", grid);
    }
    finger.types("#place-address", "lane 5, north end");
    finger.press("#to-changes");
    browser.find("form[action='/changes/try'] button");
    look("changes");
    finger.press("form[action='/changes/try'] button");
    browser.find("#added");
    browser.wait_for_text(read.watched);
    look("added");
    finger.press("#trial-keep");
    browser.wait_for_text(read.kept);
    browser.find("#added");
}
