//! A change of the configuration: proposed at the page, tried, kept or given up; and what becomes of the file.
//!
//! What is changed is a zone, by its form without a script; whatever proposes a change goes the same way.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Instant;

use serde_json::Value;

use super::client::{Answer, Client, form};
use super::here::{SOON, Site};
use super::support::mosquitto::free_port;

const ZONE: &str = "polygon = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]";
const LARGER: &str = "polygon = [[0.0, 0.1], [0.9, 0.1], [0.9, 0.9]]";

/// A site with a camera that is away.
fn site() -> Site {
    let models = concat!(env!("CARGO_MANIFEST_DIR"), "/models/manifest.toml");
    Site::start_with(&format!(
        r#"
[detector]
manifest = "{models}"

# ---- the camera at the gate
[[camera]]
id = "gate-cam"
eye = "village"
url = "rtsp://127.0.0.1:{}/none"  # its small stream
grid = "53012700300102"

[[camera.zone]]
id = "gate"
{ZONE} # read off the picture

[[rule]]
id = "crowd-at-the-gate"
cameras = ["gate-cam"]
crowd = {{ zone = "gate", at_least = 8, for_secs = 20 }}
"#,
        free_port()
    ))
}

/// Proposes a zone with these corners.
fn draw(client: &mut Client, corners: &str) -> Answer {
    let token = client.get("/").token();
    let fields = [("token", token.as_str()), ("zone-0-name", "gate"), ("zone-0-points", corners)];
    client.post("/cameras/gate-cam/shapes", &fields)
}

const LARGER_CORNERS: &str = "0, 0.1\n0.9, 0.1\n0.9, 0.9";

fn press(client: &mut Client, action: &str, more: &[(&str, &str)]) -> Answer {
    let token = client.get("/").token();
    let fields = [&[("token", token.as_str())], more].concat();
    client.post(&format!("/changes/{action}"), &fields)
}

/// The digest of what is on trial, as the page's forms have it.
fn on_trial(page: &str) -> Option<String> {
    let at = page.find("name=\"config\" value=\"")?;
    page[at + 21..].split('"').next().map(str::to_owned)
}

fn file(site: &Site) -> String {
    fs::read_to_string(&site.config).unwrap()
}

/// Commands that were carried out, with who asked.
fn done(site: &Site, command: &str) -> Vec<Value> {
    let of_command = |line: &Value| line["command"] == command && line["outcome"] == "done";
    site.logged("finished").into_iter().filter(of_command).collect()
}

/// What the centre knows of the configuration, once it fits.
fn published(site: &Site, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
    site.centre.wait_for(what, SOON, |messages| {
        let published = messages.iter().rev().find(|message| message.topic.ends_with("/up/config"))?.json();
        fits(&published["data"]).then(|| published["data"].clone())
    })
}

/// Waits until it is so.
fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let until = Instant::now() + SOON;
    while !is_so() {
        assert!(Instant::now() < until, "{what}");
        std::thread::park_timeout(std::time::Duration::from_millis(50));
    }
}

#[test]
fn what_is_tried_or_discarded_is_what_the_page_showed() {
    let site = site();
    let mut li = site.enrolled("li", "installer");
    let shown = |page: &str| {
        let at = page.find("name=\"shown\" value=\"").unwrap_or_else(|| panic!("{page}"));
        page[at + 20..].split('"').next().unwrap().to_owned()
    };
    draw(&mut li, LARGER_CORNERS);
    let before = shown(&li.get("/changes").text());
    // In another tab, something else.
    draw(&mut li, "0.1 0.5\n0.9 0.5\n0.9 1\n0.1 1");
    for action in ["try", "discard"] {
        let answer = press(&mut li, action, &[("shown", &before)]);
        assert_eq!((answer.status, answer.header("location")), (303, Some("/changes")), "{action}");
        let page = li.get("/changes").text();
        assert!(
            page.contains("Meanwhile more was changed") && page.contains("Try for ten minutes"),
            "{page}"
        );
    }
    assert!(done(&site, "config").is_empty());
    let now = shown(&li.get("/changes").text());
    assert_eq!(
        press(&mut li, "try", &[("shown", &now)]).header("location"),
        Some("/cameras/gate-cam/shapes")
    );
}

#[test]
fn a_change_is_shown_tried_over_a_restart_and_kept_in_the_file() {
    let mut site = site();
    fs::set_permissions(&site.config, fs::Permissions::from_mode(0o640)).unwrap();
    let before = file(&site);
    let mut li = site.enrolled("li", "installer");
    assert!(li.get("/changes").text().contains("No change is waiting"));

    let proposed = draw(&mut li, LARGER_CORNERS);
    assert_eq!(
        (proposed.status, proposed.header("location")),
        (303, Some("/changes")),
        "{}",
        proposed.text()
    );
    let page = li.get("/changes").text();
    assert!(page.contains(&format!("<del>- {ZONE} # read off the picture")), "{page}");
    assert!(page.contains(&format!("<ins>+ {LARGER} # read off the picture")), "{page}");
    assert_eq!(page.matches("<del>").count(), 1, "{page}");
    assert!(page.contains("Try for ten minutes") && !page.contains("What is wrong"), "{page}");
    assert!(li.get("/").text().contains("A change waits to be tried"));
    assert_eq!(file(&site), before, "it was only shown");
    // What is proposed is one's own.
    let mut wang = site.enrolled("wang", "installer");
    assert!(wang.get("/changes").text().contains("No change is waiting"));

    let tried = press(&mut li, "try", &[]);
    assert_eq!(
        (tried.status, tried.header("location")),
        (303, Some("/cameras/gate-cam/shapes")),
        "{}",
        tried.text()
    );
    assert_eq!(file(&site), before, "it is only tried");
    let page = wang.get("/").text();
    assert!(page.contains("A change is on trial") && page.contains("min left"), "{page}");
    let trial = published(&site, "a trial", |config| config["source"] == "page");
    assert!(trial["reverts_at"].is_string() && trial.get("version").is_none(), "{trial}");
    assert_eq!(Some(trial["running_sha256"].as_str().unwrap()), on_trial(&page).as_deref());

    // Also after a restart.
    site.stop();
    site.run();
    let mut chen = site.enrolled("chen", "installer");
    let page = site.shown(&mut chen, "/", |text| text.contains("A change is on trial"));
    assert!(chen.get("/changes").text().contains(&format!("<ins>+ {LARGER}")));
    let running = on_trial(&page).unwrap();
    let other = press(&mut chen, "keep", &[("config", &"0".repeat(64))]);
    assert_eq!(other.status, 303);
    let told = chen.get("/changes").text();
    assert!(
        told.contains("The box did not do that") && told.contains("something else is on trial"),
        "{told}"
    );
    assert_eq!(file(&site), before);
    assert_eq!(press(&mut chen, "keep", &[("config", &running)]).status, 303);
    assert!(chen.get("/").text().contains("Kept: it stands in"));
    assert!(!chen.get("/").text().contains("A change is on trial"));
    assert_eq!(file(&site), before.replace(ZONE, LARGER));
    let backup = site.config.with_file_name(format!("{}.bak", site.config.file_name().unwrap().display()));
    assert_eq!(fs::read_to_string(&backup).unwrap(), before);
    for path in [&site.config, &backup] {
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o640, "{}", path.display());
    }
    let kept = published(&site, "the file", |config| config["source"] == "file");
    assert_eq!((kept["running_sha256"].as_str(), kept.get("reverts_at")), (Some(running.as_str()), None));
    assert_eq!(done(&site, "config")[0]["by"], "page:li");
    assert_eq!(done(&site, "confirm")[0]["by"], "page:chen");
    // The file is the truth from here on.
    site.stop();
    site.run();
    assert!(!site.enrolled("zhao", "viewer").get("/").text().contains("A change is on trial"));
    assert_eq!(
        published(&site, "the file", |config| config["source"] == "file")["running_sha256"],
        running.as_str()
    );
}

#[test]
fn changes_add_up_and_are_given_up_before_and_during_the_trial() {
    let site = site();
    let before = file(&site);
    let mut li = site.enrolled("li", "installer");
    draw(&mut li, LARGER_CORNERS);
    assert_eq!(press(&mut li, "discard", &[]).header("location"), Some("/cameras/gate-cam/shapes"));
    assert!(li.get("/changes").text().contains("No change is waiting"));

    // What is as it was before is no change.
    draw(&mut li, LARGER_CORNERS);
    let as_before = draw(&mut li, "0.1, 0.1\n0.9, 0.1\n0.9, 0.9");
    assert_eq!(as_before.header("location"), Some("/cameras/gate-cam/shapes"));
    assert!(li.get("/changes").text().contains("No change is waiting"));

    draw(&mut li, LARGER_CORNERS);
    draw(&mut li, "0, 0.1\n0.9, 0.1\n0.9, 0.8");
    let page = li.get("/changes").text();
    assert_eq!(page.matches("horizon of camera gate-cam").count(), 1, "{page}");
    assert_eq!((page.matches("<del>").count(), page.matches("<ins>").count()), (1, 1), "{page}");
    assert!(page.contains("[0.9, 0.8]]"), "{page}");
    press(&mut li, "try", &[]);
    let first = on_trial(&li.get("/").text()).unwrap();
    // Something else in its place; what comes back is still what was before all of it.
    draw(&mut li, "0, 0.1\n0.9, 0.1\n0.9, 0.7");
    assert_eq!(press(&mut li, "try", &[]).status, 303);
    let second = on_trial(&li.get("/").text()).unwrap();
    assert_ne!(first, second);
    // What goes on from one's own trial still stands once that is over, with all that it changes.
    draw(&mut li, "0, 0.1\n0.9, 0.1\n0.9, 0.6");
    assert_eq!(press(&mut li, "back", &[("config", &second)]).status, 303);
    let page = li.get("/changes").text();
    assert!(page.contains("What was before runs again") && !page.contains("A change is on trial"), "{page}");
    assert!(!page.contains("somebody else edited") && page.contains("Try for ten minutes"), "{page}");
    assert_eq!(page.matches("horizon of camera gate-cam").count(), 1, "{page}");
    assert!(page.contains("[0.9, 0.6]]"), "{page}");
    press(&mut li, "discard", &[]);
    assert_eq!(done(&site, "config").len(), 2);
    let config = published(&site, "what was before", |config| config["source"] == "file");
    assert_eq!(config["outcome"], "reverted");
    assert_eq!(config["offered_source"], "page");
    assert_eq!(file(&site), before);
}

#[test]
fn what_somebody_else_tries_is_no_part_of_ones_own_change() {
    const OWN: &str = "polygon = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.7]]";
    let site = site();
    let before = file(&site);
    let (mut li, mut wang) = (site.enrolled("li", "installer"), site.enrolled("wang", "installer"));
    draw(&mut li, LARGER_CORNERS);
    press(&mut li, "try", &[]);
    let page = wang.get("/").text();
    assert!(page.contains("It is tried by li, until ") && page.contains("It is not yours"), "{page}");
    let page = li.get("/").text();
    assert!(page.contains("It is tried by li, until ") && !page.contains("It is not yours"), "{page}");
    let lis = on_trial(&page).unwrap();
    // Whoever only looks sees what runs; whoever changes something, what is theirs to change.
    let shapes = |client: &mut Client| client.get("/cameras/gate-cam/shapes").text();
    let page = shapes(&mut site.enrolled("chen", "operator"));
    assert!(page.contains("points=\"0,100 900,100 900,900\""), "{page}");
    let page = shapes(&mut wang);
    assert!(page.contains("points=\"100,100 900,100 900,900\""), "{page}");

    assert_eq!(draw(&mut wang, "0.1, 0.1\n0.9, 0.1\n0.9, 0.7").status, 303);
    let page = wang.get("/changes").text();
    assert!(page.contains(&format!("<del>- {ZONE}")) && page.contains(&format!("<ins>+ {OWN}")), "{page}");
    assert!(!page.contains(LARGER), "{page}");
    assert!(page.contains("What li tries now is not among these changes"), "{page}");
    assert!(!page.contains("Try for ten minutes") && !page.contains("somebody else edited"), "{page}");
    press(&mut wang, "try", &[]);
    assert_eq!(on_trial(&li.get("/").text()), Some(lis.clone()), "it goes on");

    assert_eq!(press(&mut li, "back", &[("config", &lis)]).status, 303);
    let page = wang.get("/changes").text();
    assert!(page.contains("Try for ten minutes") && !page.contains("What li tries now"), "{page}");
    press(&mut wang, "try", &[]);
    let own = on_trial(&wang.get("/").text()).unwrap();
    assert_eq!(press(&mut wang, "keep", &[("config", &own)]).status, 303);
    assert_eq!(file(&site), before.replace(ZONE, OWN));
}

#[test]
fn what_is_wrong_is_said_with_its_line_and_is_not_tried() {
    let site = site();
    let mut li = site.enrolled("li", "installer");
    // It crosses itself.
    assert_eq!(draw(&mut li, "0.1, 0.1\n0.9, 0.9\n0.9, 0.1\n0.1, 0.9").status, 303);
    let page = li.get("/changes").text();
    let line = 1 + file(&site).lines().position(|line| line.starts_with(ZONE)).unwrap();
    assert!(page.contains("What is wrong") && page.contains(&format!("Line {line}:")), "{page}");
    assert!(!page.contains("Try for ten minutes"), "{page}");
    press(&mut li, "try", &[]);
    assert_eq!(done(&site, "config").len(), 0);
    li.get("/language/zh-CN");
    let page = li.get("/changes").text();
    assert!(page.contains("存在的问题") && page.contains(&format!("第 {line} 行")), "{page}");
}

#[test]
fn a_camera_goes_with_the_rules_that_watch_no_other() {
    let site = site();
    let before = file(&site);
    let mut li = site.enrolled("li", "installer");
    let page = site.shown(&mut li, "/cameras/gate-cam", |text| text.contains("Remove this camera"));
    assert!(page.contains("/cameras/gate-cam/remove"), "{page}");
    // What goes with it is said before anything happens.
    assert!(page.contains("Rules that go with it: ") && page.contains("(crowd-at-the-gate)."), "{page}");
    let token = li.get("/").token();
    let proposed = li.post("/cameras/gate-cam/remove", &[("token", &token)]);
    assert_eq!(
        (proposed.status, proposed.header("location")),
        (303, Some("/changes")),
        "{}",
        proposed.text()
    );
    let page = li.get("/changes").text();
    assert!(page.contains("Camera gate-cam is removed") && page.contains("<del>- [[rule]]"), "{page}");
    assert!(page.contains("Rules that go with it: ") && page.contains("(crowd-at-the-gate)."), "{page}");
    assert!(!page.contains("<ins>") && !page.contains("What is wrong"), "{page}");
    assert_eq!(file(&site), before);
    let mut operator = site.enrolled("wang", "operator");
    let token = operator.get("/").token();
    assert_eq!(operator.post("/cameras/gate-cam/remove", &[("token", &token)]).status, 403);
    let token = li.get("/").token();
    let unknown = li.post("/cameras/none/remove", &[("token", &token)]);
    assert_eq!(unknown.status, 400);
}

#[test]
fn a_removed_cameras_password_goes_with_it_once_that_is_kept_where_nobody_else_names_it() {
    let site = site();
    let secret = site.folder.path().join("secrets/gate-cam");
    fs::write(&secret, "admin:one\n").unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    let alone = file(&site).replace("id = \"gate-cam\"\n", "id = \"gate-cam\"\nsecret = \"gate-cam\"\n");
    let second = format!(
        "\n[[camera]]\nid = \"other-cam\"\nsecret = \"gate-cam\"\neye = \"village\"\n\
         url = \"rtsp://127.0.0.1:{}/none\"\ngrid = \"53012700300102\"\n",
        free_port()
    );
    let mut li = site.enrolled("li", "installer");
    let offer = "Delete the file with its password, too";
    fs::write(&site.config, format!("{alone}{second}")).unwrap();
    let page =
        site.shown(&mut li, "/cameras/gate-cam", |text| text.contains("as something else names it, too"));
    assert!(!page.contains(offer), "{page}");
    fs::write(&site.config, &alone).unwrap();
    let until = Instant::now() + SOON;
    while li.get("/cameras/other-cam").status != 404 {
        assert!(Instant::now() < until, "it is still watched");
        std::thread::park_timeout(std::time::Duration::from_millis(50));
    }
    site.shown(&mut li, "/cameras/gate-cam", |text| text.contains(offer));

    let remove = |li: &mut Client, more: &[(&str, &str)]| {
        let token = li.get("/").token();
        let fields = [&[("token", token.as_str())], more].concat();
        assert_eq!(li.post("/cameras/gate-cam/remove", &fields).status, 303);
        li.get("/changes").text()
    };
    let goes = "is deleted once this is kept";
    // Not ticked.
    assert!(!remove(&mut li, &[]).contains(goes));
    press(&mut li, "discard", &[]);
    // Ticked, and given up.
    assert!(remove(&mut li, &[("password", "delete")]).contains(goes));
    press(&mut li, "discard", &[]);
    assert!(remove(&mut li, &[("password", "delete")]).contains(goes));
    press(&mut li, "try", &[]);
    let trial = on_trial(&li.get("/").text()).unwrap();
    press(&mut li, "back", &[("config", &trial)]);
    assert!(secret.is_file() && file(&site) == alone);

    remove(&mut li, &[("password", "delete")]);
    press(&mut li, "try", &[]);
    let trial = on_trial(&li.get("/").text()).unwrap();
    assert!(secret.is_file(), "it may come back");
    press(&mut li, "keep", &[("config", &trial)]);
    eventually("that is written down", || !site.logged("page_camera_secret_deleted").is_empty());
    assert_eq!(site.logged("page_camera_secret_deleted")[0]["detail"], "gate-cam");
    assert!(!secret.exists() && !file(&site).contains("gate-cam"));
    assert!(site.folder.path().join("secrets/webhook").is_file(), "somebody names it");
}

#[test]
fn a_camera_that_somebody_else_tries_to_do_without_is_not_called_a_new_one() {
    let site = site();
    let (mut li, mut wang) = (site.enrolled("li", "installer"), site.enrolled("wang", "installer"));
    let token = li.get("/").token();
    assert_eq!(li.post("/cameras/gate-cam/remove", &[("token", &token)]).status, 303);
    press(&mut li, "try", &[]);
    assert!(on_trial(&li.get("/").text()).is_some());
    let page = wang.get("/cameras/gate-cam/shapes").text();
    assert!(page.contains("li tries a configuration without this camera"), "{page}");
    assert!(!page.contains("does not know this camera yet"), "{page}");
    assert_eq!(wang.get("/cameras/gate-cam").status, 404, "it is watched by nobody now");
}

#[test]
fn a_file_that_was_edited_by_hand_is_not_written_over() {
    let site = site();
    let mut li = site.enrolled("li", "installer");
    draw(&mut li, LARGER_CORNERS);
    let by_hand = format!("{}\n# by hand\n", file(&site));
    fs::write(&site.config, &by_hand).unwrap();
    let page = li.get("/changes").text();
    assert!(page.contains("somebody else edited") && !page.contains("Try for ten minutes"), "{page}");
    press(&mut li, "try", &[]);
    assert_eq!(draw(&mut li, "0, 0.1\n0.9, 0.1\n0.9, 0.8").status, 409);
    assert_eq!((done(&site, "config").len(), file(&site)), (0, by_hand));
    press(&mut li, "discard", &[]);

    // While it is tried, the file counts again as soon as somebody edits it.
    let until = Instant::now() + SOON;
    while draw(&mut li, LARGER_CORNERS).status != 303 {
        assert!(Instant::now() < until, "the file is not taken up");
    }
    press(&mut li, "try", &[]);
    let running = on_trial(&li.get("/").text()).unwrap();
    let by_hand = format!("{}\n# once more\n", file(&site));
    fs::write(&site.config, &by_hand).unwrap();
    press(&mut li, "keep", &[("config", &running)]);
    assert_eq!(file(&site), by_hand);
    let mut looking = li.clone();
    site.shown(&mut looking, "/", |text| !text.contains("A change is on trial"));
    assert_eq!(file(&site), by_hand);
    // Nobody wonders where it went.
    let page = site.shown(&mut looking, "/", |text| text.contains("What was tried by li ended at "));
    assert!(page.contains("as somebody edited"), "{page}");
    looking.get("/language/zh-CN");
    let page = looking.get("/changes").text();
    assert!(page.contains("li 的试运行已于") && page.contains("被直接修改"), "{page}");
    let page = site.enrolled("wu", "viewer").get("/").text();
    assert!(!page.contains("What was tried by"), "a viewer changes nothing: {page}");
}

#[test]
fn an_edit_with_a_mistake_ends_a_trial_and_so_does_one_that_takes_a_restart() {
    let site = site();
    let before = file(&site);
    let mut li = site.enrolled("li", "installer");
    let edits =
        [before.replace("zone = \"gate\", ", ""), before.replace("box = \"box-1\"", "box = \"box-2\"")];
    for by_hand in edits {
        assert_ne!(by_hand, before);
        draw(&mut li, LARGER_CORNERS);
        press(&mut li, "try", &[]);
        assert!(on_trial(&li.get("/").text()).is_some());
        fs::write(&site.config, &by_hand).unwrap();
        let mut looking = li.clone();
        let page = site.shown(&mut looking, "/", |text| text.contains("What was tried by li ended at "));
        assert!(on_trial(&page).is_none() && page.contains("is not taken up"), "{page}");
        assert!(page.contains("as somebody edited"), "{page}");
        assert!(looking.get("/changes").text().contains("No change is waiting"));
        assert_eq!(file(&site), by_hand, "nobody writes over it");
        fs::write(&site.config, &before).unwrap();
    }
}

#[test]
fn of_two_who_write_a_change_that_takes_a_restart_the_second_is_refused() {
    let site = site();
    let before = file(&site);
    let (mut li, mut wang) = (site.enrolled("li", "installer"), site.enrolled("wang", "installer"));
    let rename = |client: &mut Client, name: &str| {
        let token = client.get("/").token();
        let fields =
            [("token", token.as_str()), ("area", "530127"), ("box", name), ("name", "Yangqiao community")];
        assert_eq!(client.post("/site", &fields).header("location"), Some("/changes"));
    };
    rename(&mut li, "gate-4");
    rename(&mut li, "gate-3");
    let page = li.get("/changes").text();
    assert!(page.contains("This box is gate-3 in the area 530127.") && !page.contains("gate-4"), "{page}");
    assert!(page.contains("was made for 530127.box-1") && page.contains("box-key.box"), "{page}");
    let form = li.get("/site").text();
    assert!(form.contains("box-key.box"), "it is said before anything is typed: {form}");

    // While somebody tries something, nothing is offered that would be refused.
    draw(&mut wang, LARGER_CORNERS);
    press(&mut wang, "try", &[]);
    let page = li.get("/changes").text();
    assert!(page.contains("keep it or go back first") && !page.contains("Write it and start anew"), "{page}");
    let running = on_trial(&wang.get("/").text()).unwrap();
    press(&mut wang, "back", &[("config", &running)]);
    assert!(li.get("/changes").text().contains("Write it and start anew"));

    rename(&mut wang, "gate-9");
    let pressed = |mut client: Client, token: String| {
        move || {
            let answer = client.post("/changes/restart", &[("token", &token)]);
            answer.header("location").map(str::to_owned)
        }
    };
    let tokens = [li.get("/").token(), wang.get("/").token()];
    let [lis, wangs] = tokens;
    let (of_li, of_wang) = (pressed(li.clone(), lis), pressed(wang.clone(), wangs));
    let led = std::thread::scope(|scope| {
        let both = [scope.spawn(of_li), scope.spawn(of_wang)];
        // The box may be gone before it answers the second.
        both.map(|one| one.join().ok().flatten())
    });
    assert!(led.iter().filter(|to| to.as_deref() == Some("/restarting")).count() <= 1, "{led:?}");
    let of_one = |name: &str| before.replace("box = \"box-1\"", &format!("box = \"{name}\""));
    let now = file(&site);
    assert!(now == of_one("gate-3") || now == of_one("gate-9"), "{now}");
    let backup = format!("{}.bak", site.config.display());
    assert_eq!(fs::read_to_string(backup).unwrap(), before, "what the first wrote is not written over");
    assert_eq!(site.logged("page_config_written").len(), 1);
}

#[test]
fn only_installers_change_what_runs_and_only_by_forms_of_their_own() {
    let site = site();
    let mut li = site.enrolled("li", "installer");
    draw(&mut li, LARGER_CORNERS);
    press(&mut li, "try", &[]);
    let running = on_trial(&li.get("/").text()).unwrap();
    for role in ["viewer", "operator"] {
        let mut one = site.enrolled(role, role);
        let page = one.get("/").text();
        assert!(page.contains("A change is on trial") && on_trial(&page).is_none(), "{role}: {page}");
        assert_eq!(one.get("/changes").status, 403, "{role}");
        assert_eq!(draw(&mut one, LARGER_CORNERS).status, 403, "{role}");
        for action in ["try", "discard", "keep", "back"] {
            assert_eq!(press(&mut one, action, &[("config", &running)]).status, 403, "{role}: {action}");
        }
    }
    let (origin, body) = (li.origin(), form(&[("config", &running)]));
    for action in ["try", "discard", "keep", "back"] {
        let path = format!("/changes/{action}");
        assert_eq!(li.send("POST", &path, &[("Origin", &origin)], Some(&body)).status, 403, "{action}");
        let alone = li.get(&path);
        assert!(alone.status == 405 && alone.text().contains("Only the button of a page"), "{action}");
        assert_eq!(site.client().post(&path, &[("config", &running)]).status, 303, "to the login");
    }
    assert_eq!(on_trial(&li.get("/").text()), Some(running));
    assert_eq!((done(&site, "confirm").len(), done(&site, "revert").len()), (0, 0));
    eventually("refusals are written down", || !site.logged("page_refused").is_empty());
}
