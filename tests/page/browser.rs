//! The page in a real browser, as people meet it: on a phone and at a desk, in both languages, with and without its script.
//!
//! `LOOKOUT_SCREENSHOTS` names a folder for pictures of every page.

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use super::alerts::with_camera;
use super::by_finger::{Finger, enrols};
use super::here::{PASSWORD, SOON, Site};
use super::support::consumer::alert_where;
use super::support::site::{BEFORE_SOMEBODY_COMES, lane_camera, lane_url};
use super::webdriver::Browser;

pub const PHONE: (u32, u32) = (390, 844);
pub const DESK: (u32, u32) = (1280, 900);
/// The keys of WebDriver.
pub const TAB: &str = "\u{e004}";
pub const ENTER: &str = "\u{e007}";

/// What looks for faults that keep people out; `None`, and said so, where this machine has no browser or lacks it.
pub fn axe() -> Option<String> {
    if let Err(error) = Command::new("chromedriver").arg("--version").output() {
        eprintln!("skipped: no chromedriver ({error}); deploy/setup.sh --test installs it");
        return None;
    }
    let cache = std::env::var_os("LOOKOUT_CACHE").map(PathBuf::from).or_else(|| {
        let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        cache
            .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))
            .map(|cache| cache.join("lookout"))
    });
    let file = cache?.join("page/node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(&file)
        .inspect_err(|error| {
            eprintln!("skipped: {}: {error}; deploy/setup.sh --test installs it", file.display());
        })
        .ok()
}

/// A page must hold nothing that keeps somebody out, nor be wider than the screen.
pub fn inspect(browser: &Browser, axe: &str, what: &str) {
    let wide = browser.script("return [document.documentElement.scrollWidth, window.innerWidth]", &[]);
    let (content, screen) = (wide[0].as_f64().unwrap(), wide[1].as_f64().unwrap());
    assert!(content <= screen, "{what}: {content} wide on a screen of {screen}");
    browser.script(&format!("{axe}; return true"), &[]);
    let found = browser.later(
        "const done = arguments[arguments.length - 1]; axe.run(document, { resultTypes: ['violations'] }).then(done);",
    );
    let faults: Vec<String> = found["violations"]
        .as_array()
        .unwrap_or_else(|| panic!("{what}: {found}"))
        .iter()
        .filter(|fault| ["serious", "critical", "moderate"].contains(&fault["impact"].as_str().unwrap_or("")))
        .map(|fault| format!("{}: {} {}", fault["id"], fault["help"], fault["nodes"][0]["html"]))
        .collect();
    assert!(faults.is_empty(), "{what}: {faults:#?}");
}

pub fn picture(browser: &Browser, name: &str) {
    if let Some(folder) = std::env::var_os("LOOKOUT_SCREENSHOTS").map(PathBuf::from) {
        std::fs::create_dir_all(&folder).unwrap();
        browser.screenshot(&folder.join(format!("{name}.png")));
    }
}

pub fn enrol(browser: &Browser, site: &Site, name: &str, role: &str) {
    enrols(&Finger::on(browser), site, name, role);
}

pub fn all_from(browser: &Browser, site: &Site) {
    let own = format!("https://{}/", site.address);
    let requests = browser.requests();
    assert!(requests.iter().any(|url| url.starts_with(&own)), "nothing was recorded: {requests:?}");
    let elsewhere: Vec<&String> = requests
        .iter()
        .filter(|url| {
            !url.starts_with(&own)
                && !url.starts_with("data:")
                && !url.starts_with("chrome")
                && *url != "about:blank"
        })
        .collect();
    assert!(elsewhere.is_empty(), "{elsewhere:?}");
}

#[test]
#[ignore = "needs chromium, chromium-driver and axe-core, which deploy/setup.sh --test installs"]
fn an_alert_appears_by_itself_and_is_taken_on_with_a_phone() {
    let Some(axe) = axe() else { return };
    let site = Site::start();
    let browser = Browser::start(PHONE.0, PHONE.1, false);
    enrol(&browser, &site, "li", "operator");
    browser.open(&format!("https://{}/alerts", site.address));
    browser.wait_for_text("No alert yet");
    browser.script("window.untouched = true", &[]);
    let alert = site.flooded();
    browser.wait_for_text("Flooding");
    assert_eq!(browser.script("return window.untouched", &[]), true, "without loading the page again");
    browser.click(&format!("#alert-{alert} a"));
    browser.find("#do-ack");
    inspect(&browser, &axe, "one alert");
    browser.type_into("#note-ack", "on my way");
    browser.click("#do-ack button");
    browser.wait_for_text("Done.");
    let published =
        site.published("the acknowledged revision", &alert, |data| data["acknowledged"]["by"] == "page:li");
    assert_eq!(published["data"]["acknowledged"]["note"], "on my way");
    browser.wait_for_text("taken on by li at the page");

    // What somebody writes is not lost when the alert changes meanwhile.
    browser.click("#do-close summary");
    browser.type_into("#note-close", "half a sen");
    let mut wang = site.enrolled("wang", "operator");
    let fields = [("token", &*wang.get("/").token()), ("verdict", "confirmed"), ("cause", "confirmed.rain")];
    wang.post(&format!("/alerts/{alert}/verdict"), &fields);
    site.published("another revision", &alert, |data| data["handling"]["verdict"]["by"] == "page:wang");
    browser.type_into("#note-close", "tence");
    let note = browser.script("return document.querySelector('#note-close').value", &[]);
    assert_eq!(note, "half a sentence");
    all_from(&browser, &site);
    let complaints: Vec<String> =
        browser.complaints().into_iter().filter(|line| !line.contains("certificate")).collect();
    assert!(complaints.is_empty(), "{complaints:?}");
}

/// Every page in both languages on both screens.
#[test]
#[ignore = "needs chromium, chromium-driver and axe-core, which deploy/setup.sh --test installs"]
fn every_page_fits_and_keeps_nobody_out_in_both_languages() {
    let Some(axe) = axe() else { return };
    let camera = lane_camera(0, BEFORE_SOMEBODY_COMES);
    let broken = "\n[[camera]]\nid = \"cam-02\"\nname = \"Lane 5, north\"\neye = \"sky\"\n\
                  url = \"rtsp://127.0.0.1:9/none\"\ngrid = \"53012700300102\"\naddress = \"lane 5\"\n";
    let site = Site::start_with(&(with_camera(&lane_url(&camera)) + broken));
    site.post_level(2.5);
    let alert = site.centre.wait_for("an alert with a picture", SOON, |m| {
        alert_where(m, |a| {
            a["data"]["kind"] == "presence"
                && a["data"]["evidence"][0]["bytes"].as_u64().is_some_and(|n| n > 0)
        })
    });
    let id = alert["data"]["alert_id"].as_str().unwrap().to_owned();
    for (size, (width, height)) in [("phone", PHONE), ("desk", DESK)] {
        let browser = Browser::start(width, height, false);
        for (tag, language) in [("en", "English"), ("zh-CN", "中文")] {
            let shot = |page: &str| picture(&browser, &format!("{page}-{tag}-{size}"));
            browser.open(&format!("https://{}/login", site.address));
            browser.click(&format!("nav.languages a[lang='{tag}']"));
            browser.find(&format!("html[lang='{tag}']"));
            inspect(&browser, &axe, &format!("login, {language}, {size}"));
            shot("login");
            browser.open(&format!("https://{}/enrol", site.address));
            inspect(&browser, &axe, &format!("enrol, {language}, {size}"));
            shot("enrol");
            enrol(&browser, &site, &format!("li-{size}-{tag}"), "operator");
            for (page, path) in [
                ("status", "/".to_owned()),
                ("camera", "/cameras/cam-01".to_owned()),
                ("shapes", "/cameras/cam-01/shapes".to_owned()),
                ("timeline", "/cameras/cam-01/timeline".to_owned()),
                ("past", "/past".to_owned()),
                ("alerts", "/alerts".to_owned()),
                ("alerts-filtered", "/alerts?level=red".to_owned()),
                ("test-alert", "/test".to_owned()),
                ("backup", "/backup".to_owned()),
                ("alert", format!("/alerts/{id}")),
                ("nothing", "/nothing-here".to_owned()),
            ] {
                browser.open(&format!("https://{}{path}", site.address));
                browser.find("main h1");
                if page == "alert" {
                    browser.script(
                        "document.querySelectorAll('img').forEach((one) => one.scrollIntoView())",
                        &[],
                    );
                    let is_there = "const one = document.querySelector('.pictures img'); return !!one && one.complete && one.naturalWidth > 0";
                    let until = std::time::Instant::now() + SOON;
                    while browser.script(is_there, &[]) != true {
                        assert!(std::time::Instant::now() < until, "no picture: {}", browser.text());
                        std::thread::park_timeout(std::time::Duration::from_millis(50));
                    }
                }
                for is_dark in [false, true] {
                    browser.set_dark(is_dark);
                    inspect(&browser, &axe, &format!("{page}, {language}, {size}, dark: {is_dark}"));
                }
                if size == "desk" && tag == "en" {
                    picture(&browser, &format!("{page}-dark"));
                }
                browser.set_dark(false);
                shot(page);
            }
            browser.open(&format!("https://{}/", site.address));
            browser.click("footer .who button");
            browser.find("#password");
        }
        all_from(&browser, &site);
    }
}

#[test]
#[ignore = "needs chromium, chromium-driver and axe-core, which deploy/setup.sh --test installs"]
fn the_keyboard_is_enough() {
    if axe().is_none() {
        return;
    }
    let site = Site::start();
    site.enrolled("li", "operator");
    let alert = site.flooded();
    let browser = Browser::start(DESK.0, DESK.1, false);
    browser.open(&format!("https://{}/login", site.address));
    browser.find("#name");
    let focus = |browser: &Browser| {
        browser.script(
            "const one = document.activeElement; return [one.id, one.textContent.trim(), one.getAttribute('href'), getComputedStyle(one).outlineStyle]",
            &[],
        )
    };
    let tab_to = |browser: &Browser, what: &str, fits: &dyn Fn(&Value) -> bool| {
        for _ in 0..40 {
            browser.press(TAB);
            let here = focus(browser);
            if fits(&here) {
                assert_ne!(here[3], json!("none"), "{what}: the focus is not seen");
                return;
            }
        }
        panic!("{what} is not reached");
    };
    tab_to(&browser, "the name", &|here| here[0] == "name");
    browser.press("li");
    tab_to(&browser, "the password", &|here| here[0] == "password");
    browser.press(PASSWORD);
    browser.press(ENTER);
    browser.find("#status");
    tab_to(&browser, "the tab of alerts", &|here| here[2] == "/alerts");
    browser.press(ENTER);
    browser.find(&format!("#alert-{alert}"));
    tab_to(&browser, "the alert", &|here| here[2] == format!("/alerts/{alert}"));
    browser.press(ENTER);
    browser.find("#do-ack");
    tab_to(&browser, "the note", &|here| here[0] == "note-ack");
    browser.press("seen");
    tab_to(&browser, "the button", &|here| here[1] == "Take it on");
    browser.press(ENTER);
    browser.wait_for_text("Done.");
    site.published("the acknowledged revision", &alert, |data| data["acknowledged"]["note"] == "seen");
}
