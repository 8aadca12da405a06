//! What somebody sees of a camera at the page: redacted, only while they look, and where they may.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use lookout::analysis::geometry::BBox;
use lookout::config::document::DEFAULT_MODEL;
use lookout::video::{Auth, Mount, Play, RtspServer};
use rustls::{ClientConnection, StreamOwned};
use serde_json::Value;

use super::alerts::with_camera;
use super::browser::{PHONE, all_from, axe, enrol, inspect, picture};
use super::client::Client;
use super::here::{SOON, Site};
use super::support::clips::run;
use super::support::site::{BEFORE_SOMEBODY_COMES, lane_camera, lane_url};
use super::webdriver::Browser;

/// The structure model alone makes people unrecognisable here: not every machine that tests has the one for faces.
pub const NO_FACE_MODEL: &str = "\n[detector]\nface_model = \"none\"\n";

fn config(url: &str) -> String {
    format!("{NO_FACE_MODEL}{}", with_camera(url))
}

/// A page that learns of one camera.
pub struct Events {
    stream: StreamOwned<ClientConnection, TcpStream>,
    received: String,
}

impl Events {
    pub fn open(client: &Client, path: &str) -> Self {
        let mut stream = client.connect();
        let cookies: Vec<String> =
            client.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = cookies.join("; ");
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nCookie: {cookies}\r\n\r\n", client.address);
        stream.write_all(request.as_bytes()).unwrap();
        Events { stream, received: String::new() }
    }

    /// The next event of that name.
    pub fn next(&mut self, name: &str) -> Value {
        let until = Instant::now() + SOON;
        let begin = format!("event:{name}\ndata:");
        let mut piece = [0; 16 * 1024];
        loop {
            if let Some(at) = self.received.find(&begin) {
                let rest = &self.received[at + begin.len()..];
                if let Some(end) = rest.find("\n\n") {
                    let data = serde_json::from_str(&rest[..end]).unwrap_or_else(|e| panic!("{e}: {rest}"));
                    self.received = rest[end..].to_owned();
                    return data;
                }
            }
            assert!(Instant::now() < until, "no {name}: {}", self.received);
            let read =
                self.stream.read(&mut piece).unwrap_or_else(|e| panic!("{name}: {e}: {}", self.received));
            assert!(read > 0, "no {name}, it ended: {}", self.received);
            self.received.push_str(&String::from_utf8_lossy(&piece[..read]));
        }
    }

    /// Reads on until the box says no more; the connection may stay.
    fn end(&mut self) {
        let (until, mut piece) = (Instant::now() + SOON, [0; 16 * 1024]);
        while !self.received.ends_with("\r\n0\r\n\r\n") {
            assert!(Instant::now() < until, "it goes on: {}", self.received);
            let read = self.stream.read(&mut piece).unwrap_or_else(|e| panic!("{e}: {}", self.received));
            assert!(read > 0, "it broke off: {}", self.received);
            self.received.push_str(&String::from_utf8_lossy(&piece[..read]));
        }
    }

    /// The first view that fits.
    fn view(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let until = Instant::now() + SOON;
        loop {
            let view = self.next("view");
            if fits(&view) {
                return view;
            }
            assert!(Instant::now() < until, "no view with {what}: {view}");
        }
    }
}

/// Opens it again and again until it is answered like that.
fn until_status(client: &mut Client, path: &str, status: u16) -> Vec<u8> {
    let until = Instant::now() + SOON;
    loop {
        let answer = client.get(path);
        if answer.status == status {
            return answer.body;
        }
        assert!(Instant::now() < until, "{path}: {} {}", answer.status, answer.text());
        std::thread::park_timeout(Duration::from_millis(50));
    }
}

fn is_person_within(view: &Value, corners: &Value) -> bool {
    let corners: Vec<lookout::analysis::geometry::Point> = corners
        .as_array()
        .unwrap()
        .iter()
        .map(|corner| {
            let at = |axis: usize| corner[axis].as_f64().unwrap() as f32;
            lookout::analysis::geometry::Point::new(at(0), at(1))
        })
        .collect();
    let square = lookout::analysis::geometry::Polygon::new(corners).unwrap();
    view["boxes"].as_array().unwrap().iter().filter(|one| one["class"] == "person").any(|one| {
        let at = |edge: usize| one["box"][edge].as_f64().unwrap() as f32;
        square.contains(lookout::analysis::geometry::Point::new(f32::midpoint(at(0), at(2)), at(3)))
    })
}

#[test]
fn whoever_looks_sees_people_found_and_unrecognisable_and_nobody_else_sees_anything() {
    let camera = lane_camera(0, BEFORE_SOMEBODY_COMES);
    let site = Site::start_with(&config(&lane_url(&camera)));
    let mut li = site.enrolled("li", "viewer");
    // Without its script, too, once it gives pictures.
    let fits = |text: &str| text.contains("East gate") && text.contains("/cameras/cam-01/picture.jpg");
    let page = site.shown(&mut li, "/cameras/cam-01", fits);
    assert!(page.contains("href=\"/cameras/cam-01/thresholds\""), "{page}");
    assert_eq!(li.get("/cameras/cam-02").status, 404);
    assert_eq!(li.get("/cameras/cam-01/live/1.jpg").status, 404, "nobody looks");
    for path in ["", "/live", "/live/1.jpg", "/still.jpg", "/picture.jpg"] {
        let answer = site.client().get(&format!("/cameras/cam-01{path}"));
        let to = answer.header("location").unwrap().split('?').next();
        assert_eq!((answer.status, to), (303, Some("/login")), "{path}");
    }

    let mut events = Events::open(&li, "/cameras/cam-01/live");
    let view = events.view("a picture", |view| view["has_picture"] == true);
    assert_eq!(view["zones"][0]["name"], "square", "{view}");
    assert!(view["why"].as_str().unwrap().contains("coarse"), "the view is not known yet: {view}");
    // A slow machine may fetch a picture that was followed by others meanwhile.
    let until = Instant::now() + SOON;
    let picture = loop {
        let number = events.next("view")["number"].as_u64().unwrap();
        let answer = li.get(&format!("/cameras/cam-01/live/{number}.jpg"));
        if answer.status == 200 {
            assert_eq!(answer.header("content-type"), Some("image/jpeg"));
            assert_eq!(answer.header("cache-control"), Some("no-store"));
            break image::load_from_memory(&answer.body).unwrap().to_rgb8();
        }
        assert!(Instant::now() < until, "{}", answer.status);
    };
    assert!(picture.width() <= 960 && picture.height() > 100);
    assert!(is_coarse(&picture), "nothing is known of the empty view, so all of it is in blocks");
    let lit = events.view("somebody on the square", |view| {
        view["zones"][0]["is_lit"] == true && is_person_within(view, &view["zones"][0]["corners"])
    });
    assert_eq!(lit["zones"][0]["rule"], "somebody-there");
    let person = lit["boxes"].as_array().unwrap().iter().find(|one| one["class"] == "person").unwrap();
    assert!(person["height"].as_f64().unwrap() > 0.0 && person["track"].is_u64(), "{person}");
    assert!(lit["found"][0].as_str().unwrap().contains('%'), "{lit}");

    // Once it is closed nothing is kept.
    let number = lit["number"].as_u64().unwrap();
    drop(events);
    until_status(&mut li, &format!("/cameras/cam-01/live/{number}.jpg"), 404);
    let shape = image::load_from_memory(&until_status(&mut li, "/cameras/cam-01/picture.jpg", 200)).unwrap();
    assert!(is_coarse(&shape.to_rgb8()));
    let still = image::load_from_memory(&until_status(&mut li, "/cameras/cam-01/still.jpg", 200)).unwrap();
    assert_eq!(still.width(), 320);
    site.shown(&mut li, "/", |text| text.contains("/cameras/cam-01/still.jpg?"));
}

/// Whether a picture shows no more than blocks, thirty-six from top to bottom: within most of them hardly anything differs.
fn is_coarse(picture: &image::RgbImage) -> bool {
    let (width, height) = picture.dimensions();
    let block = height.div_ceil(36);
    // Encoding blurs what lies beside the edge of a block.
    let (edge, inner) = (2, block - 4);
    let mut deviations: Vec<f64> = Vec::new();
    for top in (0..=height - block).step_by(block as usize) {
        for left in (0..=width - block).step_by(block as usize) {
            let within = (0..inner * inner)
                .map(|n| f64::from(picture.get_pixel(left + edge + n % inner, top + edge + n / inner).0[1]));
            let (sum, squares) = within.fold((0.0, 0.0), |(sum, squares), v| (sum + v, squares + v * v));
            let count = f64::from(inner * inner);
            deviations.push((squares / count - (sum / count).powi(2)).max(0.0).sqrt());
        }
    }
    deviations.sort_by(f64::total_cmp);
    deviations[deviations.len() * 4 / 5] < 4.0
}

/// What `detect` finds in a picture of people from so sure on.
fn people_found(picture: &Path, at_least: f32) -> Vec<BBox> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lookout"));
    command.arg("detect").arg(picture).args(["--model", DEFAULT_MODEL]);
    let output = command.arg("--threshold").arg(at_least.to_string()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    people(&lines.collect::<Vec<Value>>(), at_least)
}

fn people(found: &[Value], at_least: f32) -> Vec<BBox> {
    let is_sure = |one: &&Value| one["score"].as_f64().unwrap() >= f64::from(at_least);
    let people = found.iter().filter(|one| one["class"] == "person").filter(is_sure);
    people
        .map(|one| {
            let [x0, y0, x1, y1] = [0, 1, 2, 3].map(|edge| one["box"][edge].as_f64().unwrap() as f32);
            BBox::new(x0, y0, x1, y1)
        })
        .collect()
}

#[test]
fn live_boxes_lie_where_detect_finds_people() {
    // Nothing moves, so that every view shows the same.
    let picture = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/test-picture.jpg");
    let folder = tempfile::tempdir().unwrap();
    let clip = folder.path().join("still.mp4");
    run(&format!(
        "filesrc location=\"{}\" ! jpegdec ! imagefreeze num-buffers=60 ! video/x-raw,framerate=10/1 ! videoconvert \
         ! video/x-raw,format=I420 ! x264enc tune=zerolatency key-int-max=20 pass=quant quantizer=16 ! h264parse \
         ! mp4mux ! filesink location=\"{}\"",
        picture.display(),
        clip.display()
    ));
    let play = Play::File { path: clip, repeat: true, from: 0.0 };
    let mount = Mount { path: "/lane".to_owned(), play, auth: Auth::None };
    let camera = RtspServer::start(0, vec![mount]).unwrap();
    let (sure, any) = (people_found(&picture, 0.6), people_found(&picture, 0.1));
    assert!(sure.len() >= 3 && any.len() > sure.len(), "{sure:?}, {any:?}");
    let lie_on = |one: &BBox, others: &[BBox]| others.iter().any(|other| one.iou(other) > 0.6);

    let site = Site::start_with(&config(&lane_url(&camera)));
    let li = site.enrolled("li", "viewer");
    let mut events = Events::open(&li, "/cameras/cam-01/live");
    let view = events.view("everybody", |view| {
        let shown = people(view["boxes"].as_array().unwrap(), 0.0);
        sure.iter().all(|one| lie_on(one, &shown))
    });
    for one in people(view["boxes"].as_array().unwrap(), 0.5) {
        assert!(lie_on(&one, &any), "nobody is there: {one:?}, {any:?}");
    }
}

#[test]
fn a_camera_that_gives_no_picture_says_why_on_its_own_page() {
    let url = format!("url = \"rtsp://127.0.0.1:{}/none\"", super::support::mosquitto::free_port());
    let site = Site::start_with(&config(&url));
    let mut li = site.enrolled("li", "viewer");
    let page = site.shown(&mut li, "/cameras/cam-01", |text| text.contains("refuses the connection"));
    assert!(page.contains("id=\"camera-condition\"") && page.contains("What to do: "), "{page}");
    assert!(!page.contains("/cameras/cam-01/picture.jpg"), "no broken picture: {page}");
    let why = Events::open(&li, "/cameras/cam-01/live").next("waiting");
    assert!(why["why"].as_str().unwrap().contains("refuses the connection"), "{why}");
}

#[test]
fn whoever_logs_out_sees_no_more() {
    let camera = lane_camera(0, BEFORE_SOMEBODY_COMES);
    let site = Site::start_with(&config(&lane_url(&camera)));
    let mut li = site.enrolled("li", "viewer");
    let mut events = Events::open(&li, "/cameras/cam-01/live");
    let number = events.next("view")["number"].as_u64().unwrap();
    let before = li.clone();
    let token = li.get("/").token();
    assert_eq!(li.post("/logout", &[("token", &token)]).status, 303);
    events.end();
    let mut replayed = before;
    assert_eq!(replayed.get(&format!("/cameras/cam-01/live/{number}.jpg")).status, 303);
}

#[test]
fn a_camera_that_is_taken_out_of_the_configuration_ends_the_look() {
    let camera = lane_camera(0, BEFORE_SOMEBODY_COMES);
    let site = Site::start_with(&config(&lane_url(&camera)));
    let mut li = site.enrolled("li", "viewer");
    site.shown(&mut li, "/cameras/cam-01", |text| text.contains("East gate"));
    let mut events = Events::open(&li, "/cameras/cam-01/live");
    events.next("view");
    let text = std::fs::read_to_string(&site.config).unwrap();
    let without = text.split("\n[[camera]]").next().unwrap();
    std::fs::write(&site.config, without).unwrap();
    let why = events.next("refused");
    assert!(why["why"].as_str().unwrap().contains("no longer in the configuration"), "{why}");
    let refused = Events::open(&li, "/cameras/cam-01/live").next("refused");
    assert!(refused["why"].as_str().unwrap().contains("no such camera"), "{refused}");
    assert_eq!(li.get("/cameras/cam-01/picture.jpg").status, 404);
}

#[test]
fn a_walk_test_is_an_operators_and_its_result_stays() {
    let camera = lane_camera(0, BEFORE_SOMEBODY_COMES);
    let mut site = Site::start_with(&config(&lane_url(&camera)));
    let mut viewer = site.enrolled("wang", "viewer");
    let mut li = site.enrolled("li", "operator");
    let path = "/cameras/cam-01";
    site.shown(&mut li, path, |text| text.contains("Nobody has walked"));
    let begin = format!("{path}/walk");
    let token = viewer.get(path).token();
    assert_eq!(viewer.post(&begin, &[("token", &token)]).status, 403);
    let token = li.get(path).token();
    assert_eq!(li.post(&begin, &[("token", "another")]).status, 403);
    let answer = li.post(&begin, &[("token", &token)]);
    assert_eq!((answer.status, answer.header("location")), (303, Some("/cameras/cam-01#walk")));
    let text = li.get(path).text();
    assert!(text.contains("has begun") && text.contains("A walk test of li goes on"), "{text}");
    li.post(&begin, &[("token", &token)]);
    assert!(li.get(path).text().contains("goes on already"));

    let mut events = Events::open(&viewer, &format!("{path}/live"));
    let walk = events.view("somebody found", |view| !view["walk"]["found"].as_array().unwrap().is_empty());
    assert!(walk["walk"]["word"].as_str().unwrap().contains("Found in"), "{walk}");
    assert_eq!((&walk["walk"]["columns"], &walk["walk"]["rows"]), (&Value::from(32), &Value::from(18)));
    li.post(&format!("{path}/walk/end"), &[("token", &token)]);
    events.view("no walk", |view| view["walk"].is_null());
    let shown = site.shown(&mut viewer, path, |text| text.contains("Walked on"));
    assert!(shown.contains("by li") && shown.contains("was found in") && shown.contains("rect"), "{shown}");
    let noted = site.logged("page_walk_test");
    assert_eq!((noted.len(), &noted[0]["by"]), (1, &Value::from("page:li")));
    li.post(&format!("{path}/walk/end"), &[("token", &token)]);
    assert!(li.get(path).text().contains("No walk test goes on"));
    drop(events);

    site.stop();
    site.run();
    let token = viewer.get("/login").token();
    let fields = [("token", token.as_str()), ("name", "wang"), ("password", super::here::PASSWORD)];
    viewer.post("/login", &fields);
    site.shown(&mut viewer, path, |text| text.contains("Walked on"));
}

#[test]
#[ignore = "needs chromium, chromium-driver and axe-core, which deploy/setup.sh --test installs"]
fn a_phone_shows_the_live_picture_with_boxes_and_a_walk_test() {
    let Some(axe) = axe() else { return };
    let camera = lane_camera(0, BEFORE_SOMEBODY_COMES);
    let site = Site::start_with(&config(&lane_url(&camera)));
    let browser = Browser::start(PHONE.0, PHONE.1, false);
    enrol(&browser, &site, "li", "operator");
    let until = |what: &str, script: &str| {
        let until = Instant::now() + SOON;
        while browser.script(script, &[]) != true {
            assert!(Instant::now() < until, "{what}: {}", browser.text());
            std::thread::park_timeout(Duration::from_millis(50));
        }
    };
    browser.wait_for_text("East gate");
    browser.click("#camera-cam-01 h3 a");
    let is_live = "const one = document.querySelector('#live-picture'); return !!one && /live\\/\\d+\\.jpg$/.test(one.src) && one.complete && one.naturalWidth > 0";
    until("a live picture", is_live);
    until("a box", "return document.querySelector('#live-drawing .edge') !== null");
    browser.wait_for_text("person, certainty");
    inspect(&browser, &axe, "one camera");
    picture(&browser, "live-phone");
    browser.click("#walk form button");
    browser.wait_for_text("A walk test of li goes on");
    until("a cell", "return document.querySelector('#live-drawing .found') !== null");
    picture(&browser, "walk-phone");
    browser.click("#walk form button");
    browser.wait_for_text("Walked on");
    inspect(&browser, &axe, "a walk test");
    all_from(&browser, &site);
    let complaints: Vec<String> =
        browser.complaints().into_iter().filter(|line| !line.contains("certificate")).collect();
    assert!(complaints.is_empty(), "{complaints:?}");
}
