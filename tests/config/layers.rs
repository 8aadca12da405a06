//! Layers: what cameras take from their type and from the defaults, and rules that name cameras by what they have in
//! common.

use std::fs;

use lookout::analysis::{Analysis, Plan};
use lookout::config::Config;
use lookout::config::patch::patched;
use lookout::config::restart::takes_a_restart;
use lookout::types::trust::Trust;

use super::{Chance, check, lookout, mutated, path_of, rendered, repository, shipped, surroundings};

fn data(name: &str) -> String {
    fs::read_to_string(repository().join("tests/data/config").join(name)).unwrap()
}

fn layered() -> String {
    data("layers.toml")
}

/// What is said about `layers.toml` after a change.
fn said_after(from: &str, to: &str) -> String {
    let text = layered();
    assert_eq!(text.matches(from).count(), 1, "layers.toml has `{from}` not once");
    match check(&text.replace(from, to)) {
        Ok(config) => {
            let rendered: Vec<String> = config.warnings.iter().map(|p| rendered(config.path(), p)).collect();
            rendered.join("\n")
        }
        Err(problems) => problems.to_string(),
    }
}

#[test]
fn a_layered_file_says_what_the_written_out_one_says() {
    let (layered, written_out) = (check(&layered()).unwrap(), check(&data("written_out.toml")).unwrap());
    assert!(layered.warnings.is_empty() && written_out.warnings.is_empty(), "{:#?}", layered.warnings);
    assert_eq!(layered.cameras.len(), 4);
    for (layered, written_out) in layered.cameras.iter().zip(&written_out.cameras) {
        assert_eq!(layered, written_out, "{}", written_out.id);
    }
    assert_eq!(layered.rules, written_out.rules);
    assert_eq!(layered.camera_plans(), written_out.camera_plans());
    assert_ne!(layered.sha256, written_out.sha256, "the digest is that of the file");
}

/// The example of the guide, in both languages, with a box around it and the other eleven cameras.
#[test]
fn the_guides_lane_is_a_configuration_of_twelve_cameras() {
    for (guide, heading) in [("GUIDE.md", "## Many cameras alike"), ("GUIDE.zh-CN.md", "## 多路同类摄像机")]
    {
        let text = shipped(guide);
        let section = text.split_once(heading).unwrap().1;
        let lane = section.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
        let mut text = format!("[site]\nbox = \"box-1\"\narea = \"530127\"\n{lane}");
        for number in 2..=12 {
            text.push_str(&format!(
                "[[camera]]\nid = \"lane-{number:02}\"\nlike = \"lane\"\nurl = \"rtsp://10.0.0.{number}/\"\n"
            ));
        }
        let config = check(&text).unwrap_or_else(|problems| panic!("{guide}: {problems}"));
        assert!(config.warnings.is_empty(), "{guide}: {:#?}", config.warnings);
        assert_eq!((config.cameras.len(), config.rules[0].cameras.len()), (12, 12), "{guide}");
    }
}

#[test]
fn the_camera_counts_before_its_type_and_the_type_before_the_defaults() {
    let with = |camera: &str, of_type: &str, defaults: &str| {
        let text = layered()
            .replace("analysis_fps = 4\n", defaults)
            .replace("address = \"Yangqiao, lane 3\"\n", of_type)
            .replace("id = \"cam-01\"\n", &format!("id = \"cam-01\"\n{camera}"));
        check(&text).unwrap_or_else(|problems| panic!("{problems}")).cameras[0].analysis_hz
    };
    let (one, two, three) = ("analysis_fps = 1\n", "analysis_fps = 2\n", "analysis_fps = 3\n");
    assert_eq!(with(one, two, three), 1.0);
    assert_eq!(with("", two, three), 2.0);
    assert_eq!(with("", "", three), 3.0);
    assert_eq!(with("", "", ""), 5.0, "what is usual");
}

#[test]
fn a_camera_takes_back_what_a_layer_says() {
    let cameras = |of_all: &str, of_one: &str| {
        let text = layered()
            .replace("transport = \"udp\"\n", &format!("transport = \"udp\"\n{of_all}\n"))
            .replace("id = \"cam-02\"\n", &format!("id = \"cam-02\"\n{of_one}\n"));
        check(&text).unwrap_or_else(|problems| panic!("{problems}")).cameras
    };
    let turned = cameras("rotate = 180", "rotate = 0");
    assert_eq!(turned.iter().map(|camera| camera.rotate).collect::<Vec<_>>(), [180, 0, 180, 180]);
    // An address that is not encrypted has no use for an authority.
    let trusts = cameras("ca_file = \"/etc/lookout/ca.pem\"", "");
    assert!(trusts.iter().all(|camera| camera.trust == Trust::System));
}

#[test]
fn a_type_that_changes_is_a_change_of_its_cameras_alone() {
    let (from, to) = ("thresholds = { person = 0.5 }", "thresholds = { person = 0.55 }");
    let (before, after) = (check(&layered()).unwrap(), check(&layered().replace(from, to)).unwrap());
    let changed: Vec<&str> = before
        .cameras
        .iter()
        .filter(|camera| after.camera(&camera.id) != Some(*camera))
        .map(|camera| &*camera.id)
        .collect();
    assert_eq!(changed, ["cam-01", "cam-02", "cam-03"]);
    assert_eq!(before.rules, after.rules);
    assert_ne!(before.sha256, after.sha256);
    assert!(takes_a_restart(&before, &after).is_empty());
}

/// Slips in `layers.toml`, one at a time: what stands there, what stands there instead, and what is said of it.
const SLIPS: &[(&str, &str, &str)] = &[
    (
        "id = \"cam-01\"\nlike = \"lane\"",
        "id = \"cam-01\"\nlike = \"lnae\"",
        r#"error: site.toml:30:8: camera `cam-01`: `like` names an unknown camera type: `lnae`
  30 | like = "lnae"
     |        ^^^^^^
  hint: did you mean `lane`?"#,
    ),
    (
        "id = \"cam-01\"\nlike = \"lane\"",
        "id = \"cam-01\"\nlike = 5",
        r#"error: site.toml:30:8: camera `cam-01`: `like` must be a text in quotes, not a whole number
  30 | like = 5
     |        ^
  hint: write like = "5""#,
    ),
    (
        "[[camera_type]]\nid = \"lane\"\neye = \"village\"",
        "[[camera_type]]\nid = \"yard\"\n\n[[camera_type]]\nid = \"lane\"\neye = \"village\"",
        r#"warning: site.toml:19:6: no camera is of the type `yard`
  19 | id = "yard"
     |      ^^^^^^
  hint: write like = "yard" in those that are, or leave the type out"#,
    ),
    (
        "[[camera]]\nid = \"cam-01\"",
        "[[camera_type]]\nid = \"lane\" # again\n\n[[camera]]\nid = \"cam-01\"",
        r#"error: site.toml:29:6: there is another camera type `lane`
  29 | id = "lane"
     |      ^^^^^^
  hint: the first one is in line 19: give this one another id"#,
    ),
    (
        "[[camera_type]]\nid = \"lane\"\neye = \"village\"",
        "[[camera_type]]\nid = \"lane\"\neye = \"village\"\nlike = \"wide\"",
        r#"error: site.toml:21:1: camera type `lane`: a camera type cannot be like another one
  21 | like = "wide"
     | ^^^^
  hint: what several types have in common stands in `[defaults.camera]`"#,
    ),
    (
        "transport = \"udp\"\n",
        "transport = \"udp\"\nurl = \"rtsp://10.0.0.9/live\"\n",
        r#"error: site.toml:12:1: [defaults.camera]: `url` belongs to one camera, not to many
  hint: write it in each `[[camera]]`; here stands what cameras have in common, such as `eye`, `grid` or `analysis_fps`"#,
    ),
    (
        "transport = \"udp\"\n",
        "transport = \"udp\"\nlike = \"lane\" # all\n",
        r#"error: site.toml:12:1: [defaults.camera]: `like` belongs to one camera, not to many
  12 | like = "lane"
     | ^^^^
  hint: write it in each `[[camera]]`; here stands what cameras have in common, such as `eye`, `grid` or `analysis_fps`"#,
    ),
    (
        "address = \"Yangqiao, lane 3\"",
        "name = \"East gate\"",
        r#"error: site.toml:21:1: camera type `lane`: `name` belongs to one camera, not to many
  21 | name = "East gate"
     | ^^^^
  hint: write it in each `[[camera]]`; here stands what cameras have in common, such as `eye`, `grid` or `analysis_fps`"#,
    ),
    (
        "analysis_fps = 4\n",
        "analysis_fps = 40\n",
        r#"error: site.toml:10:16: [defaults.camera]: `analysis_fps` must be a number from 0.1 to 30, not 40
  10 | analysis_fps = 40
     |                ^^"#,
    ),
    (
        "transport = \"udp\"\n",
        "transport = \"udp\"\nrotate = 45\n",
        r#"error: site.toml:12:10: cameras `cam-01`, `cam-02`, `cam-03` and `street`: `rotate` is 0, 90, 180 or 270, not 45
  12 | rotate = 45
     |          ^^
  hint: clockwise degrees: what is at the left edge is at the upper one after 90; it stands in `[defaults.camera]`"#,
    ),
    (
        "thresholds = { person = 0.5 }",
        "thresholds = { person = 5 }",
        r#"error: site.toml:22:25: cameras `cam-01`, `cam-02` and `cam-03`: the threshold of `person` must be from 0 to 1, not 5
  22 | thresholds = { person = 5 }
     |                         ^
  hint: 0.5 is a usual one, lower finds more and errs more often: thresholds = { person = 0.5 }; it stands in the camera type `lane`"#,
    ),
    (
        "grid = \"53012700300102\"\n",
        "",
        r#"error: site.toml:27:1: camera `cam-01`: `grid` is missing
  27 | [[camera]]
     | ^
  hint: for example: grid = "53012700300102"
error: site.toml:36:1: camera `cam-02`: `grid` is missing
  36 | [[camera]]
     | ^
  hint: for example: grid = "53012700300102"
error: site.toml:51:1: camera `cam-03`: `grid` is missing
  51 | [[camera]]
     | ^
  hint: for example: grid = "53012700300102""#,
    ),
    (
        "address = \"Yangqiao, lane 3\"",
        "adress = \"Yangqiao, lane 3\"",
        r#"error: site.toml:21:1: camera type `lane`: unknown name: `adress`
  21 | adress
     | ^^^^^^
  hint: did you mean `address`?"#,
    ),
    (
        "[defaults.camera]",
        "[defaults]\nanalysis_fps = 5\n\n[defaults.camera]",
        r#"error: site.toml:8:1: [defaults]: unknown name: `analysis_fps`
  8 | analysis_fps
    | ^^^^^^^^^^^^
  hint: `analysis_fps` belongs into `[defaults.camera]`"#,
    ),
    (
        "cameras = [\"lane/*\"]",
        "cameras = [\"lnae/*\"]",
        r#"error: site.toml:72:12: rule `waits-at-the-gate` names an unknown camera type: `lnae`
  72 | cameras = ["lnae/*"]
     |            ^^^^^^^^
  hint: did you mean `lane/*`?"#,
    ),
    (
        "cameras = [\"lane/*\"]",
        "cameras = [\"yards/*\"]",
        r#"error: site.toml:72:12: rule `waits-at-the-gate` names an unknown camera type: `yards`
  72 | cameras = ["yards/*"]
     |            ^^^^^^^^^
  hint: there are `lane/*`"#,
    ),
    (
        "cameras = [\"lane/*\"]",
        "cameras = [\"cam-*\"]",
        r#"error: site.toml:72:12: rule `waits-at-the-gate`: this is no camera and no pattern: `cam-*`
  72 | cameras = ["cam-*"]
     |            ^^^^^^^
  hint: a camera's id, `TYPE/*` for all cameras of a type (`like = "TYPE"`), or `*` for all there are"#,
    ),
    (
        "cameras = [\"lane/*\"]",
        "cameras = [\"lane-*\"]",
        r#"error: site.toml:72:12: rule `waits-at-the-gate`: this is no camera and no pattern: `lane-*`
  72 | cameras = ["lane-*"]
     |            ^^^^^^^^
  hint: write ["lane/*"] for all cameras of the type `lane`, or the ids of cameras"#,
    ),
    (
        "cameras = [\"lane/*\"]",
        "cameras = \"lane/*\"",
        r#"error: site.toml:72:11: rule `waits-at-the-gate`: `cameras` must be a list in brackets, not a text
  72 | cameras = "lane/*"
     |           ^^^^^^^^
  hint: write cameras = ["lane/*"]"#,
    ),
    (
        "id = \"cam-01\"\nlike = \"lane\"",
        "id = \"cam-01\"\nlike = \"lain\"",
        r#"error: site.toml:30:8: camera `cam-01`: `like` names an unknown camera type: `lain`
  30 | like = "lain"
     |        ^^^^^^
  hint: did you mean `lane`?"#,
    ),
    (
        "cameras = [\"lane/*\"]",
        "cameras = [\"lane/cam-01\"]",
        r#"error: site.toml:72:12: rule `waits-at-the-gate`: this is no camera and no pattern: `lane/cam-01`
  72 | cameras = ["lane/cam-01"]
     |            ^^^^^^^^^^^^^
  hint: a camera's id, `TYPE/*` for all cameras of a type (`like = "TYPE"`), or `*` for all there are"#,
    ),
    (
        "cameras = [\"lane/*\"]",
        "cameras = [\"lane\"]",
        r#"error: site.toml:72:12: rule `waits-at-the-gate` names an unknown camera: `lane`
  72 | cameras = ["lane"]
     |            ^^^^^^
  hint: `lane` is a camera type: write "lane/*" for all of its cameras"#,
    ),
    (
        "cameras = [\"lane/*\"]",
        "cameras = [\"lane/*\", \"lane/*\"]",
        r#"error: site.toml:72:22: rule `waits-at-the-gate`: names `lane/*` twice
  72 | cameras = ["lane/*", "lane/*"]
     |                      ^^^^^^^^
  hint: leave one out"#,
    ),
    (
        "cameras = [\"lane/*\"]",
        "cameras = [\"lane/*\", \"cam-02\"]",
        r#"warning: site.toml:72:22: rule `waits-at-the-gate`: `cam-02` adds no camera to those named before it
  72 | cameras = ["lane/*", "cam-02"]
     |                      ^^^^^^^^
  hint: leave it out"#,
    ),
    (
        "[[rule]]\nid = \"waits-at-the-gate\"\ncameras = [\"lane/*\"]",
        "[[camera_type]]\nid = \"yard\"\n\n[[rule]]\nid = \"waits-at-the-gate\"\ncameras = [\"lane/*\", \"yard/*\"]",
        r#"error: site.toml:75:22: rule `waits-at-the-gate`: `yard/*` names no camera: none is of this type
  75 | cameras = ["lane/*", "yard/*"]
     |                      ^^^^^^^^
  hint: write like = "yard" in those that are, or leave the pattern out
warning: site.toml:71:6: no camera is of the type `yard`
  71 | id = "yard"
     |      ^^^^^^
  hint: write like = "yard" in those that are, or leave the type out"#,
    ),
    (
        "[[rule]]\nid = \"waits-at-the-gate\"\ncameras = [\"lane/*\"]",
        "[[rule]]\nid = \"waits-at-the-gate\"\ncameras = [\"*\"]",
        r#"warning: site.toml:73:18: rule `waits-at-the-gate` is not in force at camera `street`, which has no such zone: `gate`
  73 | dwell = { zone = "gate", classes = ["person"], for_secs = 20 }
     |                  ^^^^^^
  hint: draw it there, at the page or in a section `[[camera.zone]]`, or leave them out of the rule"#,
    ),
    (
        "[[rule]]\nid = \"waits-at-the-gate\"\ncameras = [\"lane/*\"]",
        "[[rule]]\nid = \"waits-at-the-gate\"\ncameras = [\"lane/*\", \"street\"]",
        r#"error: site.toml:73:18: rule `waits-at-the-gate` names a zone that camera `street` does not have: `gate`
  73 | dwell = { zone = "gate", classes = ["person"], for_secs = 20 }
     |                  ^^^^^^
  hint: camera `street` has the zone `all`"#,
    ),
    (
        "dwell = { zone = \"gate\"",
        "dwell = { zone = \"gete\"",
        r#"error: site.toml:73:18: rule `waits-at-the-gate` names a zone that the cameras `cam-01`, `cam-02` and `cam-03` do not have: `gete`
  73 | dwell = { zone = "gete", classes = ["person"], for_secs = 20 }
     |                  ^^^^^^
  hint: did you mean `gate`? draw it in a section `[[camera.zone]]` below each of them, or name only cameras that have it"#,
    ),
    (
        "eye = \"sky\"\npresent",
        "eye = \"household\"\npresent",
        r#"error: site.toml:77:7: rule `on-the-street`: no camera has `eye = "household"`
  77 | eye = "household"
     |       ^^^^^^^^^^^
  hint: the cameras here are `sky` and `village`"#,
    ),
    (
        "eye = \"sky\"\npresent",
        "cameras = [\"street\"]\neye = \"sky\"\npresent",
        r#"error: site.toml:78:7: rule `on-the-street`: has both `cameras` and `eye`
  78 | eye = "sky"
     |       ^^^^^
  hint: leave one of them out: `cameras` names some, `eye` takes all of an owner"#,
    ),
    (
        "eye = \"sky\"\npresent",
        "present",
        r#"error: site.toml:75:1: rule `on-the-street`: does not say which cameras it watches
  75 | [[rule]]
     | ^
  hint: for example cameras = ["cam-03"], cameras = ["lane/*"] for all of a type, or eye = "village" for all of an owner"#,
    ),
    (
        "[defaults.camera]",
        "[[defaults.camera]]",
        r#"error: site.toml:7:1: [defaults]: `camera` must be a table, not a list
  7 | [[defaults.camera]]
    | ^^^^^^^^^^^^^^^^^^^
  hint: write [defaults.camera] with one bracket: there is only one"#,
    ),
    (
        "[[camera_type]]\nid = \"lane\"\neye = \"village\"",
        "[camera_type]\nid = \"lane\"\neye = \"village\"",
        r#"error: site.toml:18:1: `camera_type` must be a list in brackets, not a table
  18 | [camera_type]
     | ^^^^^^^^^^^^^
  hint: write [[camera_type]] with two brackets: there may be several"#,
    ),
    (
        "[[camera_type]]\nid = \"lane\"\n",
        "[[camera_type]]\n",
        r#"error: site.toml:18:1: camera type 1: `id` is missing
  18 | [[camera_type]]
     | ^
  hint: for example: id = "lane""#,
    ),
];

#[test]
fn what_is_wrong_with_a_layer_is_said_once_with_its_place_and_what_to_try() {
    for (from, to, wanted) in SLIPS {
        assert_eq!(said_after(from, to), *wanted, "{from} -> {to}");
    }
}

/// A camera that comes later is watched once its zone is drawn, and keeps nobody from adding it before.
#[test]
fn a_rule_of_all_cameras_is_in_force_at_those_that_have_its_zone() {
    let rule = "[[rule]]\nid = \"waits-at-the-gate\"\ncameras = ";
    let config =
        check(&layered().replace(&format!("{rule}[\"lane/*\"]"), &format!("{rule}[\"*\"]"))).unwrap();
    let rule = config.rules.iter().find(|rule| &*rule.id == "waits-at-the-gate").unwrap();
    let cameras: Vec<&str> = rule.cameras.iter().map(|id| &**id).collect();
    assert_eq!(cameras, ["cam-01", "cam-02", "cam-03"]);
    let plan = Plan::of(config.camera_plans(), config.rules.clone());
    assert!(Analysis::new("box-1", plan).is_ok(), "the daemon takes it as well");
}

/// What is said about a text, without places and hints.
fn whats(text: &str) -> Vec<String> {
    let problems = match check(text) {
        Ok(config) => config.warnings,
        Err(problems) => problems.list,
    };
    let mut whats: Vec<String> = problems.into_iter().map(|problem| problem.what.to_string()).collect();
    whats.sort();
    whats
}

#[test]
fn the_same_is_said_of_a_file_that_was_written_anew_and_begins_with_a_camera() {
    for (from, to, wanted) in SLIPS {
        let text = layered().replace(from, to);
        let anew = patched(&text, &[]).unwrap();
        assert!(anew.starts_with("[[camera]]\n"), "{from} -> {to}: {anew}");
        let said = whats(&anew);
        assert_eq!(said, whats(&text), "{from} -> {to}");
        let are_wanted = said.iter().all(|what| wanted.contains(what.as_str()));
        assert!(!said.is_empty() && are_wanted, "{from} -> {to}: {said:#?}");
    }
}

#[test]
fn a_camera_in_the_first_line_of_a_file_is_judged_like_any_other() {
    let camera = "[[camera]]\nid = \"cam-00\"\nurl = \"rtsp://10.0.0.30/stream2\"\n";
    let with = |lines: &str, rest: &str| whats(&format!("{camera}{lines}\n{rest}"));
    let unknown = "camera `cam-00`: `like` names an unknown camera type: `lnae`";
    assert_eq!(with("", &layered()), Vec::<String>::new());
    assert_eq!(with("like = \"lnae\"\n", &layered()), [unknown]);
    // What else is wrong with the file is not taken for its consequence.
    let without_site = layered().replace("[site]\nbox = \"box-1\"\narea = \"530127\"\n", "");
    assert_eq!(with("like = \"lnae\"\n", &without_site), [unknown, "the section `[site]` is missing"]);
    let other = layered().replace("id = \"cam-02\"\nlike = \"lane\"", "id = \"cam-02\"\nlike = \"lnea\"");
    let of_other = "camera `cam-02`: `like` names an unknown camera type: `lnea`";
    assert_eq!(with("like = \"lnae\"\n", &other), [unknown, of_other]);
    // Nor is what is wrong with the file taken for a reason why the camera lacks something.
    let minimal = shipped("minimal.toml");
    let unknown_section = format!("{minimal}\n[urls]\nx = 1\n[eyes]\nx = 1\n");
    let bare = whats(&format!("[[camera]]\nid = \"cam-00\"\n{unknown_section}"));
    for missing in ["`eye` is missing", "`grid` is missing", "has neither `url` nor `file`"] {
        assert!(bare.contains(&format!("camera `cam-00`: {missing}")), "{missing}: {bare:#?}");
    }
}

#[test]
fn a_class_that_no_model_finds_is_reported_once_for_all_cameras_that_have_it_from_a_layer() {
    use lookout::analysis::detection::Class;

    let text = layered().replace("person = 0.3, car = 0.4", "person = 0.3, persn = 0.4");
    let problems =
        check(&text).unwrap().check_classes(&[Class::PERSON, Class::CAR, Class::TRUCK, Class::BUS]);
    let rendered: Vec<String> =
        problems.unwrap_err().iter().map(|problem| problem.what.to_string()).collect();
    assert_eq!(
        rendered,
        [
            "cameras `cam-01`, `cam-02`, `cam-03` and `street`: the chosen models do not find the class `persn`"
        ]
    );
}

#[test]
fn layers_that_hold_too_much_are_reported_with_the_limit() {
    let zones: String = (0..1_000)
        .map(|n| format!("[[defaults.camera.zone]]\nid = \"z{n}\"\npolygon = [[0, 0], [1, 0], [1, 1]]\n"))
        .collect();
    let cameras: String = (0..100)
        .map(|n| format!("[[camera]]\nid = \"c{n}\"\neye = \"sky\"\ngrid = \"53012700300102\"\nurl = \"rtsp://10.0.0.1/{n}\"\n"))
        .collect();
    let problems =
        check(&format!("[site]\nbox = \"box-1\"\narea = \"530127\"\n{zones}{cameras}")).unwrap_err();
    let is_it = |what: &str| what == "the layers hold too much for so many cameras";
    let rendered = problems.iter().find(|problem| is_it(&problem.what.to_string()));
    let hint = rendered.unwrap_or_else(|| panic!("{problems}")).hint.as_ref().unwrap().to_string();
    assert!(hint.contains("at most 500000 names and values"), "{hint}");
}

#[test]
fn a_login_that_all_cameras_have_in_common_is_missed_once_for_all_of_them() {
    let text = layered().replace("transport = \"udp\"\n", "transport = \"udp\"\nsecret = \"cameras\"\n");
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("site.toml");
    let text = text.replace("[site]", "[site]\nsecrets_dir = \"secrets\"");
    let at_home = surroundings(true, dir.path());
    let problems = Config::from_text(&path, &text, &at_home).unwrap_err();
    let rendered: Vec<String> = problems.iter().map(|problem| problem.what.to_string()).collect();
    assert_eq!(rendered.len(), 1, "{rendered:#?}");
    assert!(rendered[0].starts_with("cameras `cam-01`, `cam-02`, `cam-03` and `street`: "), "{rendered:#?}");
    assert_eq!(problems.iter().next().unwrap().line, 13);
}

#[test]
fn a_thousand_slips_in_layers_never_panic_and_always_have_a_place() {
    let texts = [layered(), patched(&layered(), &[]).unwrap()];
    let mut refused = 0;
    for seed in 1..=1_000_u64 {
        let mut chance = Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let text = mutated(&texts[usize::from(seed % 2 == 0)], &mut chance);
        let lines = text.split('\n').count() as u32;
        match check(&text) {
            Ok(config) => {
                let typed: toml::Table = text.parse().unwrap();
                let typed = typed.get("camera").and_then(toml::Value::as_array).map_or(0, Vec::len);
                assert_eq!(config.cameras.len(), typed, "seed {seed}: no camera is lost in silence");
                for camera in &config.cameras {
                    let explained = config.explain(&camera.id).unwrap();
                    assert!(explained.values.iter().any(|value| value.name == "eye"), "seed {seed}");
                }
            }
            Err(problems) => {
                refused += 1;
                for problem in problems.iter() {
                    let is_there =
                        (1..=lines).contains(&problem.line) && !problem.what.to_string().is_empty();
                    assert!(is_there, "seed {seed}: {problem:?}");
                }
            }
        }
    }
    assert!(refused > 300, "only {refused} of the mutated files were refused: the mutations are too tame");
}

#[test]
fn editors_ask_for_what_no_layer_can_say() {
    let schema = lookout::config::schema::editor_schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let complaints = |text: &str| -> Vec<String> {
        let value: toml::Value = toml::from_str(text).unwrap();
        let value = serde_json::to_value(value).unwrap();
        validator.iter_errors(&value).map(|e| format!("{} {e}", e.instance_path())).collect()
    };
    assert_eq!(complaints(&layered()), Vec::<String>::new());
    assert_eq!(complaints(&data("written_out.toml")), Vec::<String>::new());
    // Without layers a camera must say it all itself.
    let without_eye = shipped("minimal.toml").replace("eye = \"village\"", "");
    assert_eq!(complaints(&without_eye).len(), 1, "{:#?}", complaints(&without_eye));
    for (from, to) in [
        ("transport = \"udp\"", "transport = \"udp\"\nurl = \"rtsp://10.0.0.9/live\""),
        ("transport = \"udp\"", "transport = \"carrier pigeon\""),
        ("id = \"lane\"", "name = \"lane\""),
    ] {
        assert!(!complaints(&layered().replacen(from, to, 1)).is_empty(), "{from} -> {to}");
    }
}

#[test]
fn check_explains_where_each_value_of_a_camera_comes_from() {
    let path = path_of("tests/data/config/layers.toml");
    let (code, out, err) = lookout(&["check", "--elsewhere", "--explain", "cam-02", &path]);
    assert_eq!((code, err.as_str()), (0, ""));
    let wanted = format!(
        r#"camera `cam-02` of {path}
  id = "cam-02"                         line 38, its own
  like = "lane"                         line 39, its own
  eye = "village"                       line 20, type `lane`
  url = "rtsp://10.0.0.32/stream2"      line 40, its own
  transport = "udp"                     line 11, defaults
  grid = "53012700300102"               line 9, defaults
  address = "Yangqiao, lane 3"          line 21, type `lane`
  analysis_fps = 8                      line 41, its own
  weight = 1                            built in
  thresholds.car = 0.2                  line 42, its own
  thresholds.person = 0.5               line 22, type `lane`
  night.schedule = "daily 20:00-05:00"  line 43, its own
  night.thresholds.person = 0.6         line 23, type `lane`
  decoder = "auto"                      built in
  policy = "auto"                       built in
  skip_still = true                     built in
  look_closer = true                    built in
  learn_furniture = true                built in
  stall_after_secs = 10                 built in
  largest_box = 0.6                     built in
  zone.gate.polygon = [[0.2, 0.5], [0.8, 0.5], [0.8, 1]]  line 47, its own
  zone.all.polygon = [[0, 0], [1, 0], [1, 1], [0, 1]]  line 16, defaults
  mask.1.polygon = [[0, 0], [0.2, 0], [0.2, 0.1]]  line 50, its own
  mask.2.polygon = [[0.8, 0], [1, 0], [1, 0.1]]  line 26, type `lane`
  not set: url_main, file, user, secret, ca_file, certificate_sha256, answer_within_secs, lonlat, name, contact, officer, heights, horizon, rotate, display_aspect, ignore_conditions, line
rules that watch it
  waits-at-the-gate  line 72, `lane/*`
  parked             line 82, `*`
"#
    );
    assert_eq!(out, wanted);
    let (code, out, err) = lookout(&["check", "--elsewhere", "--explain", "cam-2", &path]);
    assert_eq!((code, out.as_str()), (2, ""));
    let wanted = format!(
        "error: {path}: there is no camera of that id: `cam-2`\n  hint: did you mean `cam-02`?\n1 error\n"
    );
    assert_eq!(err, wanted);
    // One file after the other, each with what is wrong with it.
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken.toml");
    fs::write(&broken, shipped("minimal.toml").replace("eye = \"village\"", "eye = \"vilage\"")).unwrap();
    let (minimal, broken) = (path_of("config/minimal.toml"), broken.display().to_string());
    let (code, out, err) =
        lookout(&["check", "--elsewhere", "--explain", "cam-02", &broken, &minimal, &path, &broken]);
    assert_eq!(code, 2);
    assert!(out.starts_with(&format!("camera `cam-02` of {path}\n")), "{out}");
    let begins: Vec<&str> = err.lines().filter(|line| line.starts_with("error: ")).collect();
    let none = |file: &str| format!("error: {file}: there is no camera of that id: `cam-02`");
    assert_eq!(begins.len(), 5, "{err}");
    assert!(begins[0].starts_with(&format!("error: {broken}:1")) && begins[..2] == begins[3..], "{err}");
    assert_eq!(begins[1..3], [none(&broken), none(&minimal)]);
    assert!(err.ends_with("\n5 errors\n"), "{err}");
}

/// What else is wrong with the file keeps nobody from seeing what a camera has.
#[test]
fn check_explains_a_camera_of_a_file_with_mistakes_as_far_as_it_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("site.toml");
    let broken = layered()
        .replace("area = \"530127\"", "area = \"5301\"")
        .replace("id = \"cam-02\"\nlike = \"lane\"", "id = \"cam-02\"\nlike = \"lane\"\nrotate = \"left\"");
    fs::write(&path, &broken).unwrap();
    let path = path.display().to_string();
    let explain =
        |more: &[&str]| lookout(&[&["check", "--elsewhere", "--explain", "cam-02", &path], more].concat());
    let (code, out, err) = explain(&[]);
    assert_eq!(code, 2);
    assert!(err.contains("`area` must be") && err.ends_with("\n2 errors\n"), "{err}");
    assert!(
        out.contains("  address = \"Yangqiao, lane 3\"") && out.contains("line 21, type `lane`\n"),
        "{out}"
    );
    assert!(out.contains("\n  left out, because it is wrong: rotate\n"), "{out}");
    assert!(out.contains("see the error in line 40\n"), "{out}");
    assert!(out.contains("  waits-at-the-gate  line "), "{out}");
    let (code, out, err) = explain(&["--language", "zh-CN"]);
    assert!(
        code == 2 && err.contains("错误：") && err.ends_with("共 2 个错误\n") && !err.contains("error"),
        "{err}"
    );
    assert!(out.contains("\n  有误，未列出：rotate\n") && out.contains("第 21 行，类型 `lane`\n"), "{out}");
}

#[test]
fn a_zone_of_a_camera_below_a_type_is_reported_to_be_the_cameras() {
    let zone = "[[camera.zone]]\nid = \"yard\"\npolygon = [[0.1, 0.5], [0.9, 0.5], [0.9, 1.0]]\n";
    let type_with_zone = format!("[[camera_type]]\nid = \"yard\"\n{zone}\n");
    // No camera stands above it: it is nobody's.
    let said = said_after(
        "[[camera_type]]\nid = \"lane\"\n",
        &format!("{type_with_zone}[[camera_type]]\nid = \"lane\"\n"),
    );
    assert!(
        said.starts_with(
            "error: site.toml:20:1: `[[camera.zone]]` stands below a camera type and belongs to no camera\n"
        ),
        "{said}"
    );
    assert!(said.contains("hint: in a camera type it is `[[camera_type.zone]]`\n"), "{said}");
    // It makes no camera behind it a second one of that name.
    assert_eq!(said.matches("error:").count(), 1, "{said}");
    // One does: it is that one's, which is seldom meant.
    let (rule, camera) = ("[[rule]]\nid = \"waits-at-the-gate\"\n", "`street`");
    let said = said_after(rule, &format!("{type_with_zone}{rule}"));
    let warning =
        format!("`[[camera.zone]]` stands below a camera type and still belongs to camera {camera}\n");
    assert!(
        said.contains(&warning) && said.contains("it is `[[camera_type.zone]]`; what belongs to the camera"),
        "{said}"
    );
    assert!(!said.contains("error:"), "{said}");
}

#[test]
fn an_explanation_says_which_rules_name_a_camera_by_its_eye() {
    let path = path_of("tests/data/config/layers.toml");
    let (_, out, _) = lookout(&["check", "--elsewhere", "--explain", "street", &path]);
    assert!(out.contains("  on-the-street  line 77, `eye = \"sky\"`\n"), "{out}");
    assert!(out.contains("like") && !out.contains("like ="), "it has no type: {out}");
}
