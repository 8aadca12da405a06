//! The whole way of an installer with a phone: from a box as the package leaves it to an alert that somebody has taken on, with
//! a camera that nobody knew, its zone, its rule and a walk before it; in both languages, by nothing but the page.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lookout::analysis::geometry::{Point, Polygon};
use lookout::video::Play;
use parking_lot::Mutex;
use serde_json::Value;

use super::browser::{PHONE, all_from, axe, inspect, picture};
use super::by_finger::{CHINESE, Camera, ENGLISH, Finger, Read, adds_a_camera, enrols, reads};
use super::here::{PASSWORD, SOON, Site};
use super::shapes::{frame, no_complaints, pixel, polygon_of, wait_until, zone_in_the_file, zones};
use super::support::clips::run;
use super::support::consumer::alert_where;
use super::support::onvif_camera::Trouble;
use super::support::site::lane_clip;
use super::webdriver::Browser;

/// The county that the installer names, and a division of it.
const AREA: &str = "530127";
const GRID: &str = "53012700000000";
/// The paved part before the lane, as somebody sees it in the picture.
const PAVEMENT: [[f64; 2]; 4] = [[0.2, 0.8], [0.75, 0.93], [0.75, 0.995], [0.2, 0.995]];
/// Until this picture of the clip nobody comes near the pavement; from then on somebody comes, and five stay
/// (`tests/scenes/lane-day.json`).
const SOMEBODY_COMES: usize = 120;
const PICTURES: usize = 300;
/// Pictures for which somebody who stands is there: five seconds.
const STANDS: usize = 50;
/// Cells of a walk test from left to right, and from top to bottom.
const CELLS: [f64; 2] = [32.0, 18.0];

// ---- what the camera sees

/// A street that is quiet until people come. The camera plays pictures out of a folder that is exchanged for another one.
struct Street {
    folder: tempfile::TempDir,
}

impl Street {
    fn quiet() -> Self {
        let street = Street { folder: tempfile::tempdir().unwrap() };
        let at = |name: &str| street.folder.path().join(name);
        for folder in ["all", "quiet", "busy"] {
            std::fs::create_dir(at(folder)).unwrap();
        }
        run(&format!(
            "filesrc location=\"{}\" ! decodebin ! videoconvert ! jpegenc quality=95 ! multifilesink location=\"{}/%03d.jpg\"",
            lane_clip().display(),
            at("all").display()
        ));
        let many = PICTURES - SOMEBODY_COMES;
        for number in 0..Self::round() {
            let link = |folder: &str, of: usize| {
                let picture = at("all").join(format!("{of:03}.jpg"));
                assert!(picture.exists(), "{}", picture.display());
                symlink(picture, at(folder).join(format!("{number:03}.jpg"))).unwrap();
            };
            link("quiet", number % SOMEBODY_COMES);
            link("busy", SOMEBODY_COMES + number % many);
        }
        street.shows("quiet");
        street
    }

    /// Pictures after which both begin again.
    fn round() -> usize {
        // Twice the one, thrice the other.
        let round = 2 * (PICTURES - SOMEBODY_COMES);
        assert!(round.is_multiple_of(SOMEBODY_COMES));
        round
    }

    fn shows(&self, folder: &str) {
        let (now, next) = (self.folder.path().join("now"), self.folder.path().join("next"));
        symlink(folder, &next).unwrap();
        std::fs::rename(next, now).unwrap();
    }

    fn play(&self) -> Play {
        let pictures: PathBuf = self.folder.path().join("now");
        Play::Launch(format!(
            "( multifilesrc location=\"{}/%03d.jpg\" start-index=0 stop-index={} loop=true caps=\"image/jpeg,framerate=10/1\" \
             ! jpegdec ! videoconvert ! video/x-raw,format=I420 ! clocksync \
             ! x264enc tune=zerolatency speed-preset=superfast key-int-max=20 pass=quant quantizer=18 \
             ! h264parse ! rtph264pay name=pay0 config-interval=-1 )",
            pictures.display(),
            Self::round() - 1
        ))
    }
}

/// Where people stand on the pavement once they have come, by the truth of the clip.
fn standing_on(zone: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenes/lane-day.json");
    let truth: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let zone = Polygon::new(zone.iter().map(|[x, y]| Point::new(*x as f32, *y as f32)).collect()).unwrap();
    let frames = &truth["frames"].as_array().unwrap()[SOMEBODY_COMES..];
    let feet = |frame: &Value| -> Vec<(String, [f64; 2])> {
        let boxes = frame["boxes"].as_array().unwrap().iter().filter(|one| one["class"] == "person");
        boxes
            .map(|one| {
                let at = |edge: usize| one["box"][edge].as_f64().unwrap();
                (one["id"].as_str().unwrap().to_owned(), [f64::midpoint(at(0), at(2)), at(3)])
            })
            .collect()
    };
    let last = feet(frames.last().unwrap());
    let stays = |who: &str, place: [f64; 2]| {
        let there =
            frames.iter().filter(|frame| feet(frame).iter().any(|(id, at)| id == who && is_near(*at, place)));
        there.count() >= STANDS
    };
    let on = last.into_iter().filter(|(_, at)| zone.contains(Point::new(at[0] as f32, at[1] as f32)));
    on.filter(|(who, at)| stays(who, *at)).map(|(_, at)| at).collect()
}

/// Within one cell of a walk test.
fn is_near([x, y]: [f64; 2], [other_x, other_y]: [f64; 2]) -> bool {
    (x - other_x).abs() * CELLS[0] <= 1.0 && (y - other_y).abs() * CELLS[1] <= 1.0
}

// ---- what the page shows

/// The middles of the coloured cells, of a drawing so many units wide and high.
fn coloured(browser: &Browser, drawing: &str, size: [f64; 2]) -> Vec<[f64; 2]> {
    let script = format!(
        "return [...document.querySelectorAll('{drawing} rect.found')]
             .map((one) => ['x', 'width', 'y', 'height'].map((name) => Number(one.getAttribute(name))))"
    );
    let cells: Vec<[f64; 4]> = serde_json::from_value(browser.script(&script, &[])).unwrap();
    cells.into_iter().map(|[x, w, y, h]| [(x + w / 2.0) / size[0], (y + h / 2.0) / size[1]]).collect()
}

fn are_all_found(places: &[[f64; 2]], cells: &[[f64; 2]]) -> bool {
    places.iter().all(|place| cells.iter().any(|cell| is_near(*cell, *place)))
}

/// Where the box stands comes first; the box starts anew by itself, and whoever waits logs in again.
fn says_where_it_stands(finger: &Finger<'_>, look: &dyn Fn(&str)) {
    let browser = finger.browser;
    finger.press("#say-where");
    browser.find("#site-form");
    look("site");
    finger.types("#area", AREA);
    finger.press("#site-form button");
    browser.find("#write-and-restart");
    look("restart");
    finger.press("#write-and-restart");
    let is_login = "return document.querySelector('form[action=\"/login\"] #password') !== null";
    wait_until("the login", browser, &|| browser.script(is_login, &[]) == true);
    // That the box did not answer for a moment is no fault of the page.
    browser.complaints();
    look("logged-out");
    finger.types("#name", "li");
    finger.types("#password", PASSWORD);
    finger.press("form[action='/login'] button");
    browser.find("form[action='/add-camera/address']");
    finger.press("nav a[href='/']");
}

/// Each walk has a camera that encodes, a daemon that looks and a browser: two at a time would measure the machine.
static WALKING: Mutex<()> = Mutex::new(());

/// One whole way.
fn walks_the_whole_way(read: &Read) {
    let Some(axe) = axe() else { return };
    let _alone = WALKING.lock();
    let street = Street::quiet();
    let camera = Camera::playing(&street.play(), Trouble::None);
    let mut site = Site::fresh();
    let browser = Browser::start(PHONE.0, PHONE.1, false);
    let first = Finger::on(&browser);
    enrols(&first, &site, "li", "installer");
    reads(&first, read.tag);
    eprintln!("first login, {}: {} actions, {:.1} s", read.tag, first.actions(), first.took().as_secs_f64());

    let finger = Finger::on(&browser);
    let look = |page: &str| {
        finger.pauses(|| {
            inspect(&browser, &axe, &format!("{page}, {}", read.tag));
            picture(&browser, &format!("whole-{page}-{}-phone", read.tag));
        });
    };
    says_where_it_stands(&finger, &look);
    adds_a_camera(&finger, read, &camera, Some(GRID), &|_| ());
    look("added");

    // Its zones.
    finger.press("#draw-zones");
    browser.find("#shape-list");
    wait_until("the picture", &browser, &|| {
        let is_there = browser.script("return document.getElementById('picture').naturalWidth > 0", &[]);
        if is_there != true
            && browser.script("return document.getElementById('picture').complete", &[]) == true
        {
            finger.press("#new-picture");
        }
        is_there == true
    });
    finger.press("[data-add='zone']");
    let at = frame(&browser);
    for corner in PAVEMENT {
        finger.taps(pixel(at, corner));
    }
    finger.press("#finish");
    finger.types_anew(".shape .body .name", "pavement");
    let drawn = polygon_of(&zones(&browser), "pavement");
    look("drawn");
    finger.press("#shapes-form button[type='submit']");
    finger.press("form[action='/changes/try'] button");
    browser.find("#shapes");
    finger.press("#trial-keep");
    browser.wait_for_text(read.kept);
    assert_eq!(zone_in_the_file(&site, "pavement"), drawn);
    look("zoned");

    // A rule for it: this camera and its only zone are what the form begins with.
    finger.press("#add-its-rule");
    finger.press("a[href='/rules/new?kind=present&camera=cam-1']");
    browser.find("#rule-form");
    let value = |field: &str| browser.script(&format!("return document.querySelector('{field}').value"), &[]);
    assert_eq!(value("[name=\"present.zone\"]"), "pavement");
    finger.types("[name='present.for_secs']", "3");
    look("rule");
    finger.press("#rule-form button[type='submit']");
    finger.press("form[action='/changes/try'] button");
    browser.find("#add-rule");
    finger.press("#trial-keep");
    browser.wait_for_text(read.kept);
    look("ruled");

    // A walk, and what the box makes of it while somebody looks on.
    finger.press("#walk-before-it");
    browser.find("#live-picture");
    finger.press("#walk form button");
    browser.find("#walk form[action$='/walk/end']");
    browser.script("window.untouched = true", &[]);
    let present = |m: &[_]| alert_where(m, |alert| alert["data"]["kind"] == "present");
    assert!(present(&site.centre.messages()).is_none(), "nobody was on the pavement");
    street.shows("busy");
    let standing = standing_on(&drawn);
    assert!(standing.len() >= 3, "{standing:?}");
    wait_until("those who stand there", &browser, &|| {
        are_all_found(&standing, &coloured(&browser, "#live-drawing", [1000.0, 1000.0]))
    });
    // The tab of alerts says that one waits for somebody.
    browser.find("#navigation .count");
    assert_eq!(browser.script("return window.untouched", &[]), true, "without loading the page again");
    look("walking");
    finger.press("#walk form[action$='/walk/end'] button");
    browser.find(".walked .coverage rect.found");
    let kept = coloured(&browser, ".walked .coverage", CELLS);
    assert!(are_all_found(&standing, &kept), "{standing:?}, {kept:?}");
    look("walked");

    // Its alert.
    let alert = site.centre.wait_for("the alert", SOON, present);
    let data = &alert["data"];
    assert_eq!((&data["mode"], &data["place"]["grid"]), (&Value::from("test"), &Value::from(GRID)), "{data}");
    assert_eq!(data["origin"]["cameras"][0]["id"], "cam-1", "{data}");
    let id = data["alert_id"].as_str().unwrap().to_owned();
    finger.press("#its-alerts");
    browser.find(&format!("#alert-{id}"));
    look("alerts");
    finger.press(&format!("#alert-{id} a"));
    browser.find("#do-ack");
    let has_picture = "const one = document.querySelector('#alert .pictures img'); return !!one && one.complete && one.naturalWidth > 0";
    wait_until("its picture", &browser, &|| browser.script(has_picture, &[]) == true);
    look("alert");
    finger.press("#do-ack button");
    // By name, as the reader's language says where.
    browser.wait_for_text(if read.tag == "en" { "li at the page" } else { "li（页面）" });
    let published =
        site.published("that it is taken on", &id, |data| data["handling"]["accepted"]["by"] == "page:li");
    assert_eq!(published["data"]["acknowledged"]["by"], "page:li");
    let (took, actions) = (finger.took(), finger.actions());
    look("taken-on");
    eprintln!("whole walk, {}: {actions} actions, {:.1} s", read.tag, took.as_secs_f64());
    assert!(took < Duration::from_secs(600), "{took:?}");
    all_from(&browser, &site);
    no_complaints(&browser);
    site.stop();
}

#[test]
#[ignore = "needs chromium, chromium-driver and axe-core, which deploy/setup.sh --test installs"]
fn an_installer_comes_from_a_fresh_package_to_an_alert_that_is_taken_on() {
    walks_the_whole_way(&ENGLISH);
}

#[test]
#[ignore = "needs chromium, chromium-driver and axe-core, which deploy/setup.sh --test installs"]
fn an_installer_who_reads_chinese_does_so_as_well() {
    walks_the_whole_way(&CHINESE);
}
