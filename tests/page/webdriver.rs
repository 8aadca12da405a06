//! A real browser: Debian's Chromium, driven by its own driver over the W3C's WebDriver protocol. Only the few commands
//! that the tests need, over plain HTTP to this machine.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use serde_json::{Value, json};

use super::support::mosquitto::free_port;

/// How long a page gets to show something, on a machine that builds something else at the same time.
const SOON: Duration = Duration::from_secs(60);

/// A running browser. Ends when dropped.
pub struct Browser {
    driver: Child,
    port: u16,
    session: String,
    _folder: tempfile::TempDir,
}

/// An element of the page.
#[derive(Debug, Clone)]
pub struct Element(String);

impl Browser {
    /// With a window of that size in CSS pixels, and the colours of a dark or light system.
    pub fn start(width: u32, height: u32, is_dark: bool) -> Self {
        let port = free_port();
        let folder = tempfile::tempdir().unwrap();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .env("TMPDIR", folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver; deploy/test.sh installs it");
        let mut browser = Browser { driver, port, session: String::new(), _folder: folder };
        let until = Instant::now() + SOON;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "chromedriver does not listen");
            std::thread::park_timeout(Duration::from_millis(20));
        }
        let mut args = vec![
            "--headless=new".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--no-first-run".to_owned(),
            "--hide-scrollbars".to_owned(),
            format!("--user-data-dir={}", browser._folder.path().join("profile").display()),
        ];
        if is_dark {
            args.push("--force-dark-mode".to_owned());
        }
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            // The box signs its certificate itself; that is compared elsewhere.
            "acceptInsecureCerts": true,
            "goog:loggingPrefs": { "performance": "ALL", "browser": "ALL" },
            "goog:chromeOptions": {
                "args": args,
                "mobileEmulation": { "deviceMetrics": { "width": width, "height": height, "pixelRatio": 2.0, "touch": width < 600 } },
            },
        } } });
        let made = browser.raw("POST", "/session", &wanted);
        browser.session = made["value"]["sessionId"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
        browser
    }

    fn raw(&self, method: &str, path: &str, body: &Value) -> Value {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(SOON)).unwrap();
        let body = if method == "POST" { body.to_string() } else { String::new() };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            self.port,
            body.len()
        );
        stream.write_all((head + &body).as_bytes()).unwrap();
        let mut reader = BufReader::new(stream);
        let (mut line, mut length) = (String::new(), 0);
        while reader.read_line(&mut line).unwrap() > 2 {
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            line.clear();
        }
        let mut answer = vec![0; length];
        reader.read_exact(&mut answer).unwrap();
        serde_json::from_slice(&answer).unwrap()
    }

    fn ask(&self, method: &str, path: &str, body: Value) -> Value {
        let answer = self.raw(method, &format!("/session/{}{path}", self.session), &body);
        let value = answer["value"].clone();
        assert!(value["error"].is_null(), "{path}: {} {}", value["error"], value["message"]);
        value
    }

    pub fn open(&self, url: &str) {
        self.ask("POST", "/url", json!({ "url": url }));
    }

    pub fn script(&self, script: &str, args: &[Value]) -> Value {
        self.ask("POST", "/execute/sync", json!({ "script": script, "args": args }))
    }

    /// A script that calls its last argument when it is done.
    pub fn later(&self, script: &str) -> Value {
        self.ask("POST", "/execute/async", json!({ "script": script, "args": [] }))
    }

    fn find_all(&self, selector: &str) -> Vec<Element> {
        let found = self.ask("POST", "/elements", json!({ "using": "css selector", "value": selector }));
        let found = found.as_array().unwrap().iter();
        found
            .map(|one| {
                Element(one.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned())
            })
            .collect()
    }

    pub fn has(&self, selector: &str) -> bool {
        !self.find_all(selector).is_empty()
    }

    /// Waits until the page has it.
    pub fn find(&self, selector: &str) -> Element {
        let until = Instant::now() + SOON;
        loop {
            if let Some(found) = self.find_all(selector).into_iter().next() {
                return found;
            }
            assert!(Instant::now() < until, "no {selector} on {}", self.text());
            std::thread::park_timeout(Duration::from_millis(50));
        }
    }

    pub fn click(&self, selector: &str) {
        self.with_element(selector, "click", &json!({}));
    }

    /// What the page has made anew in between, by itself, is looked for once more.
    fn with_element(&self, selector: &str, what: &str, body: &Value) {
        let until = Instant::now() + SOON;
        loop {
            let Element(id) = self.find(selector);
            let answer = self.raw("POST", &format!("/session/{}/element/{id}/{what}", self.session), body);
            let error = &answer["value"]["error"];
            if error.is_null() {
                return;
            }
            let is_gone = error == "stale element reference" && Instant::now() < until;
            assert!(is_gone, "{selector}: {error} {}", answer["value"]["message"]);
        }
    }

    pub fn type_into(&self, selector: &str, text: &str) {
        self.with_element(selector, "value", &json!({ "text": text }));
    }

    /// Presses keys, wherever the focus is.
    pub fn press(&self, keys: &str) {
        let actions: Vec<Value> = keys
            .chars()
            .flat_map(|key| {
                [json!({ "type": "keyDown", "value": key }), json!({ "type": "keyUp", "value": key })]
            })
            .collect();
        self.ask(
            "POST",
            "/actions",
            json!({ "actions": [{ "type": "key", "id": "keys", "actions": actions }] }),
        );
    }

    /// A pointer (`mouse`, `touch`, `pen`) that is pressed at the first place, in pixels of the window, and lifted at the last:
    /// a tap where there is one.
    pub fn stroke(&self, pointer: &str, places: &[(i64, i64)]) {
        let (first, others) = places.split_first().unwrap();
        let to = |(x, y): &(i64, i64), after: u32| json!({ "type": "pointerMove", "duration": after, "x": x, "y": y });
        let mut actions = vec![to(first, 0), json!({ "type": "pointerDown", "button": 0 })];
        actions.extend(others.iter().map(|place| to(place, 60)));
        actions.push(json!({ "type": "pointerUp", "button": 0 }));
        let device = json!({
            "type": "pointer", "id": pointer, "parameters": { "pointerType": pointer }, "actions": actions,
        });
        self.ask("POST", "/actions", json!({ "actions": [device] }));
    }

    /// Where fingers are: `touchStart` with those that are down, `touchMove`, `touchEnd` with those that are left.
    pub fn fingers(&self, event: &str, places: &[(f64, f64)]) {
        let points = places.iter().enumerate().map(|(id, (x, y))| json!({ "id": id, "x": x, "y": y }));
        let params = json!({ "type": event, "touchPoints": points.collect::<Vec<_>>() });
        self.ask("POST", "/goog/cdp/execute", json!({ "cmd": "Input.dispatchTouchEvent", "params": params }));
    }

    /// What people read on it.
    pub fn text(&self) -> String {
        self.script("return document.body.innerText", &[]).as_str().unwrap_or("").to_owned()
    }

    /// Waits until people can read it.
    pub fn wait_for_text(&self, text: &str) {
        let until = Instant::now() + SOON;
        while !self.text().contains(text) {
            assert!(Instant::now() < until, "no `{text}` in {}", self.text());
            std::thread::park_timeout(Duration::from_millis(50));
        }
    }

    /// Writes the whole page as a picture.
    pub fn screenshot(&self, file: &Path) {
        let height = self.script("return document.documentElement.scrollHeight", &[]);
        let width = self.script("return window.innerWidth", &[]);
        let clip = json!({ "x": 0, "y": 0, "width": width, "height": height, "scale": 1 });
        let params = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let shot = self.ask(
            "POST",
            "/goog/cdp/execute",
            json!({ "cmd": "Page.captureScreenshot", "params": params }),
        );
        let bytes = base64::engine::general_purpose::STANDARD.decode(shot["data"].as_str().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
    }

    /// The system's colours and what it says about them.
    pub fn set_dark(&self, is_dark: bool) {
        let scheme = if is_dark { "dark" } else { "light" };
        let params = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.ask(
            "POST",
            "/goog/cdp/execute",
            json!({ "cmd": "Emulation.setEmulatedMedia", "params": params }),
        );
    }

    /// Every address that the pages asked for.
    pub fn requests(&self) -> Vec<String> {
        let log = self.ask("POST", "/se/log", json!({ "type": "performance" }));
        let entries = log.as_array().unwrap().iter().filter_map(|entry| {
            let message: Value = serde_json::from_str(entry["message"].as_str()?).ok()?;
            let message = &message["message"];
            (message["method"] == "Network.requestWillBeSent")
                .then(|| message["params"]["request"]["url"].as_str().unwrap_or("").to_owned())
        });
        entries.collect()
    }

    /// What the browser complained of.
    pub fn complaints(&self) -> Vec<String> {
        let log = self.ask("POST", "/se/log", json!({ "type": "browser" }));
        log.as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["message"].as_str().unwrap_or("").to_owned())
            .collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() && !std::thread::panicking() {
            let _ = self.raw("DELETE", &format!("/session/{}", self.session), &Value::Null);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
