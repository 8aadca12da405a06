//! Zones and the rest drawn on a camera's picture: what is drawn ends as that very polygon in the file, whether by a finger,
//! by the keyboard or as numbers, and is judged as `lookout check` judges it.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::alerts::with_camera;
use super::browser::{DESK, ENTER, PHONE, TAB, axe, enrol, inspect, picture};
use super::client::Answer;
use super::here::{SOON, Site};
use super::live::NO_FACE_MODEL;
use super::support::site::{BEFORE_SOMEBODY_COMES, lane_camera, lane_url};
use super::webdriver::Browser;

const PATH: &str = "/cameras/cam-01/shapes";
/// The zone `square` of the camera, as it is drawn at first.
const SQUARE: [[f64; 2]; 5] = [[0.006, 0.944], [0.141, 1.0], [0.775, 1.0], [0.789, 0.927], [0.209, 0.754]];
/// The keys of WebDriver.
const LEFT: &str = "\u{e012}";
const UP: &str = "\u{e013}";
const RIGHT: &str = "\u{e014}";
const DOWN: &str = "\u{e015}";
const DELETE: &str = "\u{e017}";

/// A box whose camera gives no picture.
fn site() -> Site {
    Site::start_with(&with_camera("url = \"rtsp://127.0.0.1:9/none\""))
}

/// What the page's script sends: these zones, and nothing else.
fn drawn(zones: &[(&str, &[[f64; 2]])]) -> String {
    let zones: Vec<Value> =
        zones.iter().map(|(name, points)| json!({ "name": name, "points": points })).collect();
    json!({ "zones": zones, "lines": [], "masks": [], "horizon": null }).to_string()
}

fn problems(answer: &Answer) -> Vec<Value> {
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    let found: Value = serde_json::from_slice(&answer.body).unwrap();
    found["problems"].as_array().unwrap().clone()
}

#[test]
fn what_is_drawn_is_judged_as_by_lookout_check() {
    let site = site();
    let mut li = site.enrolled("li", "installer");
    let page = li.get(PATH);
    assert_eq!(page.status, 200);
    assert!(page.text().contains("square") && page.text().contains("somebody-there"), "{}", page.text());
    let token = page.token();
    let mut check =
        |shapes: &str| problems(&li.post(&format!("{PATH}/check"), &[("token", &token), ("shapes", shapes)]));
    let errors = |problems: &[Value]| problems.iter().filter(|one| one["isError"] == true).count();
    assert_eq!(errors(&check(&drawn(&[("square", &SQUARE[..])]))), 0);

    let bow_tie = [[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]];
    let speck = [[0.5, 0.5], [0.505, 0.5], [0.505, 0.505]];
    let text = std::fs::read_to_string(&site.config).unwrap();
    for (polygon, words) in [(&bow_tie[..], "crosses itself"), (&speck[..], "no area")] {
        let found = check(&drawn(&[("square", polygon)]));
        let [one] = &found[..] else { panic!("{found:?}") };
        assert_eq!(
            (&one["isError"], &one["kind"], &one["name"]),
            (&json!(true), &json!("zone"), &json!("square"))
        );
        let said = one["text"].as_str().unwrap();
        assert!(said.contains(words), "{said}");
        let file = site.folder.path().join("drawn.toml");
        let square = json!(SQUARE).to_string();
        let before = format!("polygon = {}", square.replace(',', ", "));
        assert!(text.contains(&before), "{before}");
        std::fs::write(&file, text.replace(&before, &format!("polygon = {}", json!(polygon)))).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_lookout"))
            .arg("check")
            .arg(&file)
            .args(["--language", "en"])
            .output()
            .unwrap();
        let printed =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(printed.contains(said), "{said}\n{printed}");
    }

    // A zone that is called otherwise takes its rule along; one that is drawn elsewhere leaves the rule without any.
    assert_eq!(errors(&check(&drawn(&[("yard", &SQUARE[..])]))), 0);
    let found = check(&drawn(&[("yard", &[[0.1, 0.1], [0.3, 0.1], [0.3, 0.3]][..])]));
    let of_the_rule = |one: &Value| one["text"].as_str().is_some_and(|text| text.contains("somebody-there"));
    assert!(found.iter().any(|one| one["isError"] == true && of_the_rule(one)), "{found:?}");
    // What is no drawing at all.
    for nonsense in [
        "{",
        "[]",
        "{\"zones\":[{\"name\":\"a\",\"points\":[[1e99,0],[0,1],[1,1]]}],\"lines\":[],\"masks\":[],\"horizon\":null}",
    ] {
        assert_eq!(errors(&check(nonsense)), 1, "{nonsense}");
    }
    let unchanged = std::fs::read_to_string(&site.config).unwrap();
    assert_eq!(unchanged, text, "a check changes nothing");
}

#[test]
fn only_installers_draw_and_only_on_cameras_there_are() {
    let site = site();
    let mut wang = site.enrolled("wang", "operator");
    let page = wang.get(PATH);
    assert_eq!(page.status, 200);
    assert!(page.text().contains("square") && !page.text().contains("id=\"shapes-form\""));
    let (token, shapes) = (page.token(), drawn(&[]));
    let fields = [("token", token.as_str()), ("shapes", shapes.as_str())];
    assert_eq!(wang.post(PATH, &fields).status, 403);
    assert_eq!(wang.post(&format!("{PATH}/check"), &fields).status, 403);
    for path in ["/cameras/cam-02/shapes", "/cameras/CAM-01/shapes", "/cameras/..%2fcam-01/shapes"] {
        assert_eq!(wang.get(path).status, 404, "{path}");
    }
    assert_eq!(site.client().get(PATH).status, 303, "not without a login");
    let mut li = site.enrolled("li", "installer");
    let no_token = li.post(PATH, &[("shapes", shapes.as_str())]);
    assert_eq!(no_token.status, 403);
}

/// As a browser without script sends it.
#[test]
fn numbers_in_a_form_become_zones_as_well() {
    let site = site();
    let mut li = site.enrolled("li", "installer");
    let page = li.get(PATH).text();
    assert!(page.contains("name=\"zone-0-points\"") && page.contains("0.209 0.754"), "{page}");
    let token = li.get(PATH).token();
    let square: Vec<String> = SQUARE.iter().map(|[x, y]| format!("{x} {y}")).collect();
    let square = square.join("\r\n");
    let mut fields = vec![
        ("token", token.as_str()),
        ("zone-0-name", "square"),
        ("zone-0-points", square.as_str()),
        ("zone-1-name", "yard"),
        ("zone-1-points", "0.25 0.2\r\n[0.4, 0.2]\r\n0.4, 0.45"),
        ("zone-1-count", "on"),
        ("zone-2-name", ""),
        ("zone-2-points", ""),
        ("mask-0-points", "0.8 0\n1 0\n1 0.3"),
        ("mask-0-classes", "person, car"),
        ("horizon-0-points", "0 0.3\n1 0.25"),
        ("horizon-0-metres", "3.5"),
    ];
    let proposed = li.post(PATH, &fields);
    assert_eq!(
        (proposed.status, proposed.header("location")),
        (303, Some("/changes")),
        "{}",
        proposed.text()
    );
    let difference = li.get("/changes").text();
    for line in [
        "polygon = [[0.25, 0.2], [0.4, 0.2], [0.4, 0.45]]",
        "count = true",
        "polygon = [[0.8, 0.0], [1.0, 0.0], [1.0, 0.3]]",
        "camera_height_m = 3.5",
    ] {
        assert!(difference.contains(line), "{line}: {difference}");
    }
    assert!(!difference.contains("- polygon"), "the zone that stayed as it was: {difference}");
    // What is proposed is what somebody goes on drawing on.
    assert!(li.get(PATH).text().contains("0.25 0.2"));

    fields[4].1 = "0.25 0.2\r\nhalf way";
    let refused = li.post(PATH, &fields);
    assert_eq!(refused.status, 400);
    assert!(refused.text().contains("half way"), "{}", refused.text());
}

// ---- in a browser

/// Where the picture is in the window: left, top, width, height.
pub fn frame(browser: &Browser) -> [f64; 4] {
    // A page that is still on its way has none yet.
    browser.find("#stage");
    let frame = browser.script(
        "document.getElementById('stage').scrollIntoView({ block: 'center' });
         const { left, top, width, height } = document.getElementById('drawing').getBoundingClientRect();
         return [left, top, width, height]",
        &[],
    );
    serde_json::from_value(frame).unwrap()
}

pub fn pixel([left, top, width, height]: [f64; 4], [x, y]: [f64; 2]) -> (i64, i64) {
    ((left + x * width).round() as i64, (top + y * height).round() as i64)
}

/// The place of a pixel as it is kept: in thousandths of the picture.
fn place([left, top, width, height]: [f64; 4], (x, y): (i64, i64)) -> [f64; 2] {
    [(x as f64 - left) / width, (y as f64 - top) / height].map(|part| (part * 1000.0).round() / 1000.0)
}

/// The zones that the form would send, by name.
pub fn zones(browser: &Browser) -> Vec<(String, Vec<[f64; 2]>)> {
    let field = browser.script("return document.getElementById('shapes-field').value", &[]);
    let drawn: Value = serde_json::from_str(field.as_str().unwrap()).unwrap();
    let zones = drawn["zones"].as_array().unwrap().iter();
    zones
        .map(|zone| {
            let points = serde_json::from_value(zone["points"].clone()).unwrap();
            (zone["name"].as_str().unwrap().to_owned(), points)
        })
        .collect()
}

pub fn polygon_of(zones: &[(String, Vec<[f64; 2]>)], name: &str) -> Vec<[f64; 2]> {
    let zone = zones.iter().find(|(known, _)| known == name);
    zone.unwrap_or_else(|| panic!("no {name} among {zones:?}")).1.clone()
}

pub fn wait_until(what: &str, browser: &Browser, is_so: &dyn Fn() -> bool) {
    let until = Instant::now() + SOON;
    while !is_so() {
        assert!(Instant::now() < until, "{what}: {}", browser.text());
        std::thread::park_timeout(Duration::from_millis(50));
    }
}

/// From the drawing to the file: what would change is shown, tried, kept.
fn keep(browser: &Browser) {
    browser.click("#shapes-form button[type='submit']");
    browser.click("form[action='/changes/try'] button");
    browser.find("#shapes");
    browser.click("form[action='/changes/keep'] button");
}

/// The zone of the camera in the file, once it is there.
pub fn zone_in_the_file(site: &Site, name: &str) -> Vec<[f64; 2]> {
    let until = Instant::now() + SOON;
    loop {
        let text = std::fs::read_to_string(&site.config).unwrap();
        let file: Value = serde_json::to_value(toml::from_str::<toml::Table>(&text).unwrap()).unwrap();
        let zones = file["camera"][0]["zone"].as_array();
        if let Some(zone) = zones.into_iter().flatten().find(|zone| zone["id"] == name) {
            return serde_json::from_value(zone["polygon"].clone()).unwrap();
        }
        assert!(Instant::now() < until, "no {name} in {text}");
        std::thread::park_timeout(Duration::from_millis(50));
    }
}

pub fn no_complaints(browser: &Browser) {
    let complaints = browser.complaints().into_iter();
    // A picture that is not there yet is no fault of the page.
    let complaints: Vec<String> =
        complaints.filter(|line| !line.contains("certificate") && !line.contains("picture.jpg")).collect();
    assert!(complaints.is_empty(), "{complaints:?}");
}

#[test]
#[ignore = "needs chromium, chromium-driver and axe-core, which deploy/setup.sh --test installs"]
fn a_zone_drawn_with_a_finger_is_that_zone_in_the_file() {
    let Some(axe) = axe() else { return };
    let camera = lane_camera(0, BEFORE_SOMEBODY_COMES);
    let site = Site::start_with(&format!("{NO_FACE_MODEL}{}", with_camera(&lane_url(&camera))));
    let browser = Browser::start(PHONE.0, PHONE.1, false);
    enrol(&browser, &site, "li", "installer");
    browser.open(&format!("https://{}{PATH}", site.address));
    browser.find("#shape-list .shape");
    let has_picture = "return document.getElementById('picture').naturalWidth > 0";
    wait_until("the picture", &browser, &|| {
        let is_there = browser.script(has_picture, &[]) == true;
        if !is_there && browser.script("return document.getElementById('picture').complete", &[]) == true {
            browser.click("#new-picture");
        }
        is_there
    });
    browser.click("#show-found");
    browser.find("#drawing .found .edge");
    wait_until("somebody", &browser, &|| browser.text().contains("of the picture's height"));
    inspect(&browser, &axe, "shapes, phone");
    picture(&browser, "shapes-phone");
    browser.click("#show-found");

    browser.click("[data-add='zone']");
    let at = frame(&browser);
    let corners = [[0.2, 0.3], [0.5, 0.3], [0.5, 0.6], [0.2, 0.6]].map(|corner| pixel(at, corner));
    for corner in corners {
        browser.stroke("touch", &[corner]);
    }
    inspect(&browser, &axe, "while somebody draws");
    // The first one again ends it.
    browser.stroke("touch", &[corners[0]]);
    let mut wanted: Vec<[f64; 2]> = corners.iter().map(|corner| place(at, *corner)).collect();
    assert_eq!(polygon_of(&zones(&browser), "zone-1"), wanted);

    // Into the corner of the picture, which it snaps to.
    let at = frame(&browser);
    let from = pixel(at, wanted[2]);
    let to = pixel(at, [1.0, 1.0]);
    browser.stroke("touch", &[from, ((from.0 + to.0) / 2, (from.1 + to.1) / 2), (to.0 - 4, to.1 - 4)]);
    let before = wanted.clone();
    wanted[2] = [1.0, 1.0];
    assert_eq!(polygon_of(&zones(&browser), "zone-1"), wanted);
    browser.click("#undo");
    assert_eq!(polygon_of(&zones(&browser), "zone-1"), before);
    browser.click("#redo");
    assert_eq!(polygon_of(&zones(&browser), "zone-1"), wanted);

    let take_name =
        "const name = [...document.querySelectorAll('.shape .name')].find((one) => one.value === 'zone-1');
                     name.focus();
                     name.select()";
    browser.script(take_name, &[]);
    browser.press("fire-lane");
    assert_eq!(polygon_of(&zones(&browser), "fire-lane"), wanted);
    assert_eq!(polygon_of(&zones(&browser), "square"), SQUARE);
    inspect(&browser, &axe, "a drawn zone, phone");
    picture(&browser, "shapes-drawn-phone");
    keep(&browser);
    assert_eq!(zone_in_the_file(&site, "fire-lane"), wanted);
    assert_eq!(zone_in_the_file(&site, "square"), SQUARE);
    no_complaints(&browser);
}

#[test]
#[ignore = "needs chromium, chromium-driver and axe-core, which deploy/setup.sh --test installs"]
fn a_zone_drawn_with_the_keyboard_is_that_zone_in_the_file() {
    let Some(axe) = axe() else { return };
    let site = site();
    let browser = Browser::start(DESK.0, DESK.1, false);
    enrol(&browser, &site, "li", "installer");
    browser.open(&format!("https://{}{PATH}", site.address));
    browser.find("#shape-list .shape");
    let focus = |what: &str| browser.script(&format!("return document.activeElement.{what}"), &[]);
    let mut left = 40;
    while focus("dataset.add") != "zone" {
        browser.press(TAB);
        left -= 1;
        assert!(left > 0, "the button is not reached");
    }
    browser.press(ENTER);
    // The crosshair begins in the middle of the picture.
    for (arrow, steps) in [(LEFT, 10), (UP, 10)] {
        browser.press(&arrow.repeat(steps));
    }
    browser.press(ENTER);
    for arrow in [RIGHT, DOWN, LEFT] {
        browser.press(&arrow.repeat(20));
        browser.press(ENTER);
    }
    browser.press(TAB);
    assert_eq!(focus("id"), "finish");
    browser.press(ENTER);
    assert_eq!(polygon_of(&zones(&browser), "zone-1"), [[0.4, 0.4], [0.6, 0.4], [0.6, 0.6], [0.4, 0.6]]);
    // Its name is what comes next.
    browser.press("yard");

    let take = |corner: usize| {
        let handle =
            format!("document.querySelector('[data-handle=\"corner-{corner}\"][tabindex=\"0\"]').focus()");
        browser.script(&handle, &[]);
    };
    take(0);
    browser.press(&RIGHT.repeat(3));
    browser.press(DOWN);
    take(3);
    browser.press(DELETE);
    let wanted = [[0.43, 0.41], [0.6, 0.4], [0.6, 0.6]];
    assert_eq!(polygon_of(&zones(&browser), "yard"), wanted);
    browser.press(DELETE);
    assert_eq!(polygon_of(&zones(&browser), "yard"), wanted, "three are the least");
    inspect(&browser, &axe, "a drawn zone, desk");
    picture(&browser, "shapes-drawn-desk");
    keep(&browser);
    assert_eq!(zone_in_the_file(&site, "yard"), wanted);
    no_complaints(&browser);
}

#[test]
#[ignore = "needs chromium, chromium-driver and axe-core, which deploy/setup.sh --test installs"]
fn a_zone_that_crosses_itself_is_reported_while_it_is_drawn() {
    if axe().is_none() {
        return;
    }
    let site = site();
    let browser = Browser::start(DESK.0, DESK.1, false);
    enrol(&browser, &site, "li", "installer");
    browser.open(&format!("https://{}{PATH}", site.address));
    browser.find("#shape-list .shape");
    browser.wait_for_text("There is no picture now");
    browser.click("[data-add='zone']");
    let at = frame(&browser);
    for corner in [[0.2, 0.2], [0.6, 0.2], [0.6, 0.6], [0.2, 0.6]] {
        browser.stroke("mouse", &[pixel(at, corner)]);
    }
    browser.click("#finish");
    let drawn = polygon_of(&zones(&browser), "zone-1");
    let at = frame(&browser);
    let (from, to) = (pixel(at, drawn[1]), pixel(at, [0.3, 0.8]));
    browser.stroke("mouse", &[from, ((from.0 + to.0) / 2, (from.1 + to.1) / 2), to]);
    browser.wait_for_text("crosses itself");
    browser.find("#shape-list .shape.wrong");
    browser.click("#undo");
    wait_until("it is well again", &browser, &|| !browser.text().contains("crosses itself"));
    assert_eq!(polygon_of(&zones(&browser), "zone-1"), drawn);
    // A mouse makes a corner of the middle of an edge, and moves it.
    let at = frame(&browser);
    let middle = [(drawn[0][0] + drawn[1][0]) / 2.0, drawn[0][1]];
    let (from, to) = (pixel(at, middle), pixel(at, [0.4, 0.1]));
    browser.stroke("mouse", &[from, (from.0, from.1 - 10), to]);
    let with_five = polygon_of(&zones(&browser), "zone-1");
    assert_eq!(with_five.len(), 5);
    let away = |axis: usize, wanted: f64| (with_five[1][axis] - wanted).abs();
    assert!(away(0, 0.4) < 0.005 && away(1, 0.1) < 0.005, "{with_five:?}");
    no_complaints(&browser);
}

#[test]
#[ignore = "needs chromium, chromium-driver and axe-core, which deploy/setup.sh --test installs"]
fn two_fingers_make_the_page_larger_and_move_no_corner() {
    if axe().is_none() {
        return;
    }
    let site = site();
    let browser = Browser::start(PHONE.0, PHONE.1, false);
    enrol(&browser, &site, "li", "installer");
    browser.open(&format!("https://{}{PATH}", site.address));
    browser.click("#shape-list .pick");
    browser.find("[data-handle='corner-4']");
    let at = frame(&browser);
    let (x, y) = pixel(at, SQUARE[4]);
    let (x, y) = (x as f64, y as f64);
    // The first finger holds a corner and has moved it already.
    browser.fingers("touchStart", &[(x, y)]);
    browser.fingers("touchMove", &[(x + 8.0, y - 8.0)]);
    let other = (x + 60.0, y - 60.0);
    browser.fingers("touchStart", &[(x + 8.0, y - 8.0), other]);
    for step in 1..=10 {
        let by = f64::from(step) * 6.0;
        browser.fingers("touchMove", &[(x + 8.0 - by, y - 8.0 + by), (other.0 + by, other.1 - by)]);
    }
    browser.fingers("touchEnd", &[]);
    let scale = browser.script("return window.visualViewport.scale", &[]);
    assert!(scale.as_f64().is_some_and(|scale| scale > 1.1), "{scale}");
    assert_eq!(polygon_of(&zones(&browser), "square"), SQUARE);
}
