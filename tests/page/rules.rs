//! Rules at the page: what each does in words, the forms that change them, and what becomes of values that cannot be used.

use std::fs;
use std::time::Instant;

use super::alerts::with_camera;
use super::browser::{DESK, PHONE, axe, enrol, inspect, picture};
use super::client::{Answer, Client};
use super::here::{SOON, Site};
use super::webdriver::Browser;

const RULE: &str = "/rules/somebody-there";
const THRESHOLDS: &str = "/cameras/cam-01/thresholds";

/// A box whose camera gives no picture, with a zone, a line and two rules.
fn site() -> Site {
    let camera = with_camera("url = \"rtsp://127.0.0.1:9/none\"");
    let line = "[[camera.line]]\nid = \"door\"\npoints = [[0.1, 0.5], [0.9, 0.5]]\n\n[[rule]]\nid = \"somebody-there\"";
    let more = camera.replacen("[[rule]]\nid = \"somebody-there\"", line, 1);
    assert_ne!(more, camera);
    Site::start_with(&format!(
        "{more}\n[defaults.camera]\nthresholds = {{ car = 0.6 }}\n\n# ---- named as a page is\n[[rule]]\nid = \"new\"\n\
         cameras = [\"*\"]\nschedule = \"daily 22:00-06:00\"\nfire = {{ zone = \"square\" }}\n"
    ))
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let at = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    Some(tag[at..].split('"').next().unwrap().replace("&quot;", "\"").replace("&amp;", "&"))
}

/// What a browser would send of the form of that id, if nobody touched it.
pub fn filled(page: &str, form: &str) -> Vec<(String, String)> {
    let at = page.find(&format!("id=\"{form}\"")).unwrap_or_else(|| panic!("no {form} in {page}"));
    let form = page[at..].split("</form>").next().unwrap();
    let mut fields = Vec::new();
    for (at, _) in form.match_indices('<') {
        let tag = form[at..].split('>').next().unwrap();
        let Some(name) = attribute(tag, "name") else { continue };
        if tag.starts_with("<select") {
            let options = form[at..].split("</select>").next().unwrap();
            let chosen = options
                .split("<option")
                .skip(1)
                .find(|option| option.split('>').next().unwrap().contains(" selected"));
            fields.push((name, chosen.and_then(|option| attribute(option, "value")).unwrap_or_default()));
        } else if !tag.contains("type=\"checkbox\"") || tag.contains(" checked") {
            fields.push((name, attribute(tag, "value").unwrap_or_default()));
        }
    }
    fields
}

pub fn set(fields: &mut Vec<(String, String)>, name: &str, value: &str) {
    match fields.iter_mut().find(|(known, _)| known == name) {
        Some((_, known)) => value.clone_into(known),
        None => fields.push((name.to_owned(), value.to_owned())),
    }
}

pub fn send(client: &mut Client, path: &str, fields: &[(String, String)]) -> Answer {
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    client.post(path, &fields)
}

/// The form of the page at `path`, with other values in some fields.
fn change(client: &mut Client, path: &str, form: &str, values: &[(&str, &str)]) -> Answer {
    let mut fields = filled(&client.get(path).text(), form);
    for (name, value) in values {
        set(&mut fields, name, value);
    }
    send(client, path.split('?').next().unwrap(), &fields)
}

fn is_proposed(answer: &Answer) {
    assert_eq!((answer.status, answer.header("location")), (303, Some("/changes")), "{}", answer.text());
}

fn discard(client: &mut Client) {
    let token = client.get("/changes").token();
    client.post("/changes/discard", &[("token", &token)]);
}

/// What stands beside a field of a form that came back.
fn fault<'p>(page: &'p str, field: &str) -> &'p str {
    let at = page
        .find(&format!("id=\"{field}-fault\""))
        .unwrap_or_else(|| panic!("nothing beside {field} in {page}"));
    page[at..].split("</div>").next().unwrap()
}

/// Lines that would come and go, as the difference shows them.
fn difference(client: &mut Client) -> (Vec<String>, Vec<String>) {
    let page = client.get("/changes").text();
    let lines = |tag: &str| {
        let begins = format!("<{tag}>");
        let parts = page.split(&begins).skip(1);
        parts
            .map(|part| {
                part.split('<').next().unwrap()[2..].trim_end().replace("&quot;", "\"").replace("&amp;", "&")
            })
            .collect()
    };
    (lines("ins"), lines("del"))
}

#[test]
fn each_rule_says_what_it_does_where_when_and_how_urgent_it_is() {
    let site = site();
    let mut wang = site.enrolled("wang", "operator");
    let page = wang.get("/rules").text();
    for words in [
        "Person is in square for 1 s",
        "Somebody is there",
        "East gate",
        "always",
        "daily 22:00-06:00",
        "level orange",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("/rules/new\""), "only an installer adds rules: {page}");
    let page = wang.get(RULE).text();
    for link in [
        "/cameras/cam-01\"",
        "/cameras/cam-01/shapes\"",
        "/cameras/cam-01/thresholds\"",
        "/alerts?kind=presence\"",
    ] {
        assert!(page.contains(link), "{link}: {page}");
    }
    let value = |name: &str| {
        let at = page
            .find(&format!("<code class=\"quiet\">{name}</code></dt>"))
            .unwrap_or_else(|| panic!("no {name} in {page}"));
        page[at..].split("<dd>").nth(1).unwrap().split("</dd>").next().unwrap().to_owned()
    };
    assert_eq!(value("hold_secs"), "1.5");
    assert_eq!(value("classes"), "person");
    assert_eq!(value("schedule"), "always <span class=\"quiet\">usual</span>");
    assert!(!page.contains("<form id=\"rule-form\""), "{page}");
    // A page that has its own address is no rule of that name.
    assert!(wang.get("/rules").text().contains("/rules/%6eew"));
    assert!(wang.get("/rules/%6eew").text().contains("Flames burn in square"));

    wang.get("/language/zh-CN");
    let page = wang.get(RULE).text();
    for words in ["square 内有人员，持续 1 秒", "条件消失多少秒后", "区域 square", "默认"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("Seconds for which"), "{page}");
}

#[test]
fn a_form_changes_what_was_changed_in_it_and_nothing_else() {
    let site = site();
    let before = fs::read_to_string(&site.config).unwrap();
    let mut li = site.enrolled("li", "installer");
    let page = li.get(RULE).text();
    for words in ["Number 0 to 86400, in seconds", "If left empty: 60", "If left empty: always", "as usual"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let untouched = change(&mut li, RULE, "rule-form", &[]);
    assert_eq!((untouched.status, untouched.header("location")), (303, Some(RULE)), "{}", untouched.text());
    assert!(li.get(RULE).text().contains("Nothing would change"));

    let values = [
        ("level", "red"),
        ("present.for_secs", "5"),
        ("present.classes:car", "on"),
        ("cooldown_secs", ""),
        ("schedule", "\"sat,sun\""),
    ];
    is_proposed(&change(&mut li, RULE, "rule-form", &values));
    let (come, gone) = difference(&mut li);
    assert_eq!(
        come,
        [
            "level = \"red\"",
            "present = { zone = \"square\", classes = [\"person\", \"car\"], for_secs = 5 }",
            "schedule = \"sat,sun\"",
        ]
    );
    assert_eq!(
        gone,
        [
            "level = \"orange\"",
            "cooldown_secs = 0",
            "present = { zone = \"square\", classes = [\"person\"], for_secs = 1 }",
        ]
    );
    let page = li.get("/changes").text();
    assert!(page.contains("rule somebody-there: ") && page.contains("The level of its alerts"), "{page}");
    // Fields are called as people read them, also by whoever changes the language.
    assert!(!page.contains("<code>for_secs</code>") && !page.contains("`for_secs`"), "{page}");
    li.get("/language/zh-CN");
    let page = li.get("/changes").text();
    assert!(page.contains("规则 somebody-there：") && !page.contains("The level of its alerts"), "{page}");
    li.get("/language/en");
    // What is proposed is what somebody goes on changing, and what others see is what runs.
    let page = li.get(RULE).text();
    assert!(page.contains("runs with other values") && page.contains("value=\"sat,sun\""), "{page}");
    let mut wang = site.enrolled("wang", "operator");
    assert!(wang.get(RULE).text().contains("level orange"));
    assert_eq!(fs::read_to_string(&site.config).unwrap(), before, "it was only proposed");
    discard(&mut li);

    let token = li.get(RULE).token();
    is_proposed(&li.post(&format!("{RULE}/remove"), &[("token", &token)]));
    let (come, gone) = difference(&mut li);
    assert!(come.is_empty() && gone.contains(&"id = \"somebody-there\"".to_owned()), "{come:?} {gone:?}");
    assert_eq!(li.get(RULE).status, 404, "it is gone from what would be");
    assert_eq!(wang.get(RULE).status, 200, "and runs");
}

#[test]
fn a_class_that_the_models_do_not_find_is_wrong_before_anything_is_tried_or_written() {
    let site = site();
    let file = || fs::read_to_string(&site.config).unwrap();
    let before = file();
    let mut li = site.enrolled("li", "installer");
    is_proposed(&change(&mut li, RULE, "rule-form", &[("present.classes", "dog")]));
    let page = li.get("/changes").text();
    assert!(
        page.contains("What is wrong") && page.contains("do not find the class <code>dog</code>"),
        "{page}"
    );
    assert!(!page.contains("Try for ten minutes"), "{page}");

    // The restart that another name takes would be the last one.
    let token = li.get("/").token();
    let fields =
        [("token", token.as_str()), ("area", "530127"), ("box", "gate-3"), ("name", "Yangqiao community")];
    is_proposed(&li.post("/site", &fields));
    let page = li.get("/changes").text();
    assert!(page.contains("do not find the class"), "{page}");
    assert!(!page.contains("Write it and start anew"), "{page}");
    let pressed = li.post("/changes/restart", &[("token", &token)]);
    assert_eq!((pressed.status, pressed.header("location")), (303, Some("/changes")));
    assert_eq!(file(), before);
}

#[test]
fn values_that_cannot_be_used_are_answered_beside_their_field_and_stay_as_they_were_typed() {
    let site = site();
    let mut li = site.enrolled("li", "installer");
    let bad = [
        ("present.for_secs", "soon"),
        ("hold_secs", "99999"),
        ("schedule", "someday"),
        ("min_height", "40"),
        ("present.classes", "cat, unicorn horn"),
        ("cameras", "cam-77"),
        ("level", "red"),
    ];
    let answer = change(&mut li, RULE, "rule-form", &bad);
    let page = answer.text();
    assert_eq!(answer.status, 422, "{page}");
    for (field, words) in [
        ("field-present-for_secs", "<code>soon</code> is no number"),
        ("field-hold_secs", "from 0 to 86400, not 99999"),
        ("field-schedule", "no schedule"),
        ("field-min_height", "min_height"),
        ("field-cameras", "cam-77"),
    ] {
        assert!(fault(&page, field).contains(words), "{field}: {}", fault(&page, field));
    }
    for typed in ["soon", "99999", "someday", "40", "cat, unicorn horn", "cam-77"] {
        assert!(page.contains(&format!("value=\"{typed}\"")), "{typed} is lost: {page}");
    }
    assert!(page.contains("<option value=\"red\" selected>"), "{page}");
    assert!(page.contains("id=\"more\" open"), "what is wrong is not folded away: {page}");
    assert!(li.get("/changes").text().contains("No change is waiting"));

    li.get("/language/zh-CN");
    let page = change(&mut li, RULE, "rule-form", &bad).text();
    assert!(fault(&page, "field-present-for_secs").contains("不是数值"), "{page}");
    assert!(fault(&page, "field-hold_secs").contains("介于 0 与 86400 之间"), "{page}");

    // What must be there and is not.
    let page = change(&mut li, RULE, "rule-form", &[("present.for_secs", "")]).text();
    assert!(fault(&page, "field-present-for_secs").contains("缺少"), "{page}");
    let mut fields = filled(&li.get(RULE).text(), "rule-form");
    fields.retain(|(name, _)| !name.starts_with("cameras:"));
    let answer = send(&mut li, RULE, &fields);
    assert_eq!(answer.status, 422);
    fault(&answer.text(), "field-cameras");
    set(&mut fields, "eye", "village");
    is_proposed(&send(&mut li, RULE, &fields));
    let (come, gone) = difference(&mut li);
    assert_eq!(
        (come, gone),
        (vec!["eye = \"village\"".to_owned()], vec!["cameras = [\"cam-01\"]".to_owned()])
    );
}

#[test]
fn a_rule_of_every_kind_is_added_by_its_form() {
    let site = site();
    let mut li = site.enrolled("li", "installer");
    let page = li.get("/rules/new").text();
    let kinds: Vec<String> = page
        .split("/rules/new?kind=")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect();
    assert!(kinds.len() >= 16, "{kinds:?}");
    for kind in &kinds {
        let path = format!("/rules/new?kind={kind}");
        let mut empty = filled(&li.get(&path).text(), "rule-form");
        for (place, only) in [("zone", "square"), ("line", "door")] {
            let name = format!("{kind}.{place}");
            if let Some((_, value)) = empty.iter_mut().find(|(known, _)| *known == name) {
                assert_eq!(value, only, "{kind}: the only one at the only camera");
                value.clear();
            }
        }
        let mut fields = empty.clone();
        for (name, value) in [
            ("zone", "square"),
            ("line", "door"),
            ("for_secs", "60"),
            ("at_least", "3"),
            ("heading_deg", "90"),
            ("direction", "both"),
        ] {
            let name = format!("{kind}.{name}");
            if empty.iter().any(|(known, _)| *known == name) {
                set(&mut fields, &name, value);
            }
        }
        assert!(
            fields.iter().any(|(name, value)| name == "cameras:cam-01" && value == "on"),
            "the only camera: {fields:?}"
        );
        is_proposed(&send(&mut li, "/rules/new", &fields));
        let (come, gone) = difference(&mut li);
        assert!(come.iter().any(|line| line.starts_with(&format!("{kind} = {{ "))), "{kind}: {come:?}");
        assert!(gone.is_empty() && !li.get("/changes").text().contains("What is wrong"), "{kind}: {gone:?}");
        let id = kind.replace('_', "-");
        assert!(li.get(&format!("/rules/{id}")).text().contains("not running yet"), "{kind}");
        discard(&mut li);
        // Nothing typed: each that is needed says so.
        let answer = send(&mut li, "/rules/new", &empty);
        assert_eq!(answer.status, 422, "{kind}: {}", answer.text());
    }

    let answer = change(
        &mut li,
        "/rules/new?kind=fire",
        "rule-form",
        &[("id", "somebody-there"), ("fire.zone", "square")],
    );
    assert_eq!(answer.status, 422);
    assert!(fault(&answer.text(), "field-id").contains("choose another name"), "{}", answer.text());
    for (name, words) in [("Bad Name", "field-id"), ("", "needs a name")] {
        let answer =
            change(&mut li, "/rules/new?kind=fire", "rule-form", &[("id", name), ("fire.zone", "square")]);
        assert_eq!(answer.status, 422, "{name}");
        assert!(fault(&answer.text(), "field-id").contains(words), "{name}: {}", answer.text());
    }
    // A rule of an owner's cameras names no other.
    let mut fields = filled(&li.get("/rules/new?kind=fire").text(), "rule-form");
    fields.retain(|(name, _)| !name.starts_with("cameras:"));
    set(&mut fields, "eye", "village");
    set(&mut fields, "fire.zone", "square");
    is_proposed(&send(&mut li, "/rules/new", &fields));
    let (come, _) = difference(&mut li);
    assert!(come.iter().all(|line| !line.starts_with("cameras")), "{come:?}");
    // Whoever presses twice is told where the first one is: it stands in no file yet.
    let again = send(&mut li, "/rules/new", &fields);
    assert_eq!(again.status, 422);
    assert!(fault(&again.text(), "field-id").contains("not tried yet hold a rule"), "{}", again.text());
}

#[test]
fn thresholds_are_changed_in_the_camera_and_say_where_else_they_come_from() {
    let site = site();
    let mut li = site.enrolled("li", "installer");
    let page = li.get(THRESHOLDS).text();
    assert!(page.contains("0.6, as all cameras have it") && page.contains("a rule asks about it"), "{page}");
    let answer = change(
        &mut li,
        THRESHOLDS,
        "threshold-form",
        &[("thresholds.person", "2"), ("night.thresholds.person", "dark")],
    );
    let page = answer.text();
    assert_eq!(answer.status, 422, "{page}");
    assert!(page.contains("value=\"2\"") && page.contains("<code>dark</code> is no number"), "{page}");
    assert_eq!(page.matches("aria-invalid").count(), 2, "{page}");

    // Other hours without a schedule are none.
    let answer = change(&mut li, THRESHOLDS, "threshold-form", &[("night.thresholds.person", "0.5")]);
    assert_eq!((answer.status, answer.text().matches("aria-invalid").count()), (422, 1), "{}", answer.text());
    let good = [
        ("thresholds.person", "0.4"),
        ("night.thresholds.person", "0.55"),
        ("night.schedule", "daily 20:00-06:00"),
    ];
    is_proposed(&change(&mut li, THRESHOLDS, "threshold-form", &good));
    let (come, gone) = difference(&mut li);
    assert_eq!(
        come,
        [
            "thresholds = { person = 0.4 }",
            "night = { thresholds = { person = 0.55 }, schedule = \"daily 20:00-06:00\" }",
        ]
    );
    assert!(gone.is_empty() && !li.get("/changes").text().contains("What is wrong"), "{gone:?}");
    let back = [("thresholds.person", ""), ("night.thresholds.person", ""), ("night.schedule", "")];
    let answer = change(&mut li, THRESHOLDS, "threshold-form", &back);
    assert_eq!((answer.status, answer.header("location")), (303, Some(THRESHOLDS)), "{}", answer.text());
    assert!(li.get(THRESHOLDS).text().contains("Nothing would change"), "nothing is left of it");
    assert_eq!(difference(&mut li), (vec![], vec![]));
}

#[test]
fn only_installers_change_rules_and_only_by_forms_of_their_own() {
    let site = site();
    let mut li = site.enrolled("li", "installer");
    let fields = filled(&li.get(RULE).text(), "rule-form");
    for role in ["viewer", "operator"] {
        let mut one = site.enrolled(role, role);
        for path in ["/rules", RULE, THRESHOLDS] {
            let page = one.get(path);
            assert_eq!(page.status, 200, "{role}: {path}");
            assert!(!page.text().contains("See what would change"), "{role}: {path}");
        }
        assert_eq!(one.get("/rules/new").status, 403, "{role}");
        let token = one.get("/").token();
        let mut fields = fields.clone();
        set(&mut fields, "token", &token);
        for path in [RULE, "/rules/new", THRESHOLDS, "/rules/somebody-there/remove"] {
            assert_eq!(send(&mut one, path, &fields).status, 403, "{role}: {path}");
        }
    }
    let without: Vec<(String, String)> = fields.iter().filter(|(name, _)| name != "token").cloned().collect();
    for path in [RULE, "/rules/new", THRESHOLDS, "/rules/somebody-there/remove"] {
        assert_eq!(send(&mut li, path, &without).status, 403, "{path}");
        assert_eq!(site.client().get(path.trim_end_matches("/remove")).status, 303, "to the login");
    }
    for path in ["/rules/nobody", "/rules/new?kind=cat", "/rules/..%2fetc", "/cameras/cam-77/thresholds"] {
        assert_eq!(li.get(path).status, 404, "{path}");
    }
    for path in ["/rules/nobody", "/cameras/cam-77/thresholds"] {
        assert_eq!(send(&mut li, path, &fields).status, 404, "{path}");
    }
    let token = li.get(RULE).token();
    assert_eq!(li.post("/rules/nobody/remove", &[("token", &token)]).status, 400);
}

// ---- in a browser

#[test]
#[ignore = "needs chromium, chromium-driver and axe-core, which deploy/setup.sh --test installs"]
fn a_rule_is_added_with_a_phone_and_stands_in_the_file() {
    let Some(axe) = axe() else { return };
    let site = site();
    let browser = Browser::start(PHONE.0, PHONE.1, false);
    enrol(&browser, &site, "li", "installer");
    browser.find("nav a[href='/rules']");
    browser.open(&format!("https://{}/rules", site.address));
    browser.find("#add-rule");
    inspect(&browser, &axe, "rules, phone");
    picture(&browser, "rules-phone");
    browser.click("#add-rule");
    browser.find("a[href='/rules/new?kind=crowd']");
    inspect(&browser, &axe, "kinds of rules, phone");
    browser.click("a[href='/rules/new?kind=crowd']");
    browser.find("#field-crowd-zone");
    browser.click("#field-crowd-zone option[value='square']");
    browser.type_into("#field-crowd-at_least", "8");
    browser.type_into("#field-crowd-for_secs", "twenty");
    browser.click("#rule-form > button");
    browser.find("#field-crowd-for_secs-fault");
    browser.wait_for_text("twenty is no number");
    inspect(&browser, &axe, "a value that cannot be used, phone");
    picture(&browser, "rule-fault-phone");
    browser.script("document.querySelector('#field-crowd-for_secs').value = ''", &[]);
    browser.type_into("#field-crowd-for_secs", "20");
    browser.click("#rule-form > button");
    browser.click("form[action='/changes/try'] button");
    browser.find("#add-rule");
    browser.click("form[action='/changes/keep'] button");
    let wanted = "[[rule]]\nid = \"crowd\"\ncameras = [\"cam-01\"]\ncrowd = { zone = \"square\", at_least = 8, for_secs = 20 }\n";
    let until = Instant::now() + SOON;
    loop {
        let text = fs::read_to_string(&site.config).unwrap();
        if text.contains(wanted) {
            break;
        }
        assert!(Instant::now() < until, "{text}");
        std::thread::park_timeout(std::time::Duration::from_millis(50));
    }
    browser.open(&format!("https://{}/rules/crowd", site.address));
    browser.wait_for_text("At least 8 of person are in square for 20 s");
    for (tag, size, (width, height)) in
        [("en", "phone", PHONE), ("zh-CN", "phone", PHONE), ("zh-CN", "desk", DESK)]
    {
        let other = (size == "desk").then(|| {
            let browser = Browser::start(width, height, false);
            enrol(&browser, &site, "zhao", "installer");
            browser
        });
        let browser = other.as_ref().unwrap_or(&browser);
        for (name, path) in [
            ("rules", "/rules"),
            ("rule", RULE),
            ("rule-new", "/rules/new?kind=fallen"),
            ("thresholds", THRESHOLDS),
        ] {
            browser.open(&format!("https://{}/language/{tag}?to={path}", site.address));
            browser.find(&format!("html[lang='{tag}'] main h1"));
            browser
                .script("document.querySelectorAll('details').forEach((one) => { one.open = true; })", &[]);
            inspect(browser, &axe, &format!("{name}, {tag}, {size}"));
            picture(browser, &format!("{name}-{tag}-{size}"));
        }
    }
    let complaints = browser.complaints().into_iter();
    // A form that comes back with what is wrong is reported as such.
    let complaints: Vec<String> =
        complaints.filter(|line| !line.contains("certificate") && !line.contains("422")).collect();
    assert!(complaints.is_empty(), "{complaints:?}");
}
