//! What is changed, and above all what is not.

use std::path::Path;

use toml_edit::Value;

use super::*;
use crate::analysis::geometry::Point;
use crate::config::{Config, Surroundings, WebListen};

mod removed;

const EXAMPLE: &str = include_str!("../../../config/example.toml");
const MINIMAL: &str = include_str!("../../../config/minimal.toml");

fn read(text: &str) -> Config {
    let path = Path::new("site.toml");
    Config::from_text(path, text, &Surroundings::elsewhere(path)).unwrap_or_else(|p| panic!("{p}\n{text}"))
}

fn edited(text: &str, edit: Edit) -> String {
    apply(text, &[edit]).unwrap_or_else(|why| panic!("{why}"))
}

fn refused(text: &str, edit: Edit) -> String {
    apply(text, &[edit]).unwrap_err().to_string()
}

fn set_camera(id: &str, key: &[&str], value: Option<Value>) -> Edit {
    Edit::SetCamera { id: id.to_owned(), key: path(key), value }
}

fn set_rule(id: &str, key: &[&str], value: Option<Value>) -> Edit {
    Edit::SetRule { id: id.to_owned(), key: path(key), value }
}

/// The lines that are new, and those that are gone.
fn changed<'t>(before: &'t str, after: &'t str) -> (Vec<&'t str>, Vec<&'t str>) {
    let diff = similar_lines(before, after);
    let of =
        |wanted: bool| diff.iter().filter(|(is_new, _)| *is_new == wanted).map(|(_, line)| *line).collect();
    (of(true), of(false))
}

/// Lines that are in one text alone, as often as they are in it once more: order does not count here.
fn similar_lines<'t>(before: &'t str, after: &'t str) -> Vec<(bool, &'t str)> {
    let mut old: Vec<&str> = before.lines().collect();
    let mut found = Vec::new();
    for line in after.lines() {
        match old.iter().position(|known| *known == line) {
            Some(at) => drop(old.remove(at)),
            None => found.push((true, line)),
        }
    }
    found.extend(old.into_iter().map(|line| (false, line)));
    found
}

fn of_point(point: &Point) -> [f32; 2] {
    [point.x, point.y]
}

/// What is drawn on a camera without a horizon, as the page has it from the configuration that runs.
fn shapes_of(config: &Config, id: &str) -> Shapes {
    let camera = config.camera(id).unwrap();
    assert!(camera.horizon.is_none(), "the caller knows it");
    let corners =
        |polygon: &crate::analysis::geometry::Polygon| polygon.corners().iter().map(of_point).collect();
    let of_everything =
        camera.masks.iter().map(|polygon| Mask { polygon: corners(polygon), classes: Vec::new() });
    let of_classes = camera.class_masks.iter().map(|mask| Mask {
        polygon: corners(&mask.polygon),
        classes: mask.classes.iter().map(|class| class.name().to_owned()).collect(),
    });
    Shapes {
        zones: camera.zones.iter().map(|(id, polygon)| (id.to_string(), corners(polygon))).collect(),
        counted_zones: camera.counted.iter().map(ToString::to_string).collect(),
        lines: camera
            .lines
            .iter()
            .map(|(id, line)| (id.to_string(), [of_point(&line.from), of_point(&line.to)]))
            .collect(),
        masks: of_everything.chain(of_classes).collect(),
        ..Shapes::default()
    }
}

fn set_shapes(camera: &str, shapes: Shapes) -> Edit {
    Edit::SetShapes { camera: camera.to_owned(), shapes }
}

fn square(from: f32, to: f32) -> Vec<[f32; 2]> {
    vec![[from, from], [to, from], [to, to], [from, to]]
}

#[test]
fn a_text_in_which_nothing_is_edited_stays_as_it_is_byte_for_byte() {
    for text in [EXAMPLE, MINIMAL] {
        assert_eq!(apply(text, &[]).unwrap(), text);
        let config = read(text);
        for camera in &config.cameras {
            // What is set is what is there.
            assert_eq!(
                edited(text, set_shapes(&camera.id, shapes_of(&config, &camera.id))),
                text,
                "{}",
                camera.id
            );
        }
        let windows = text.replace('\n', "\r\n");
        let marked = format!("\u{feff}{windows}");
        let there = edited(&marked, set_camera(&config.cameras[0].id, &["weight"], Some(2.0.into())));
        let back = edited(&there, set_camera(&config.cameras[0].id, &["weight"], None));
        assert_eq!(back, marked);
    }
}

#[test]
fn a_zone_is_counted_or_not_in_its_own_lines() {
    const LAYERED: &str = "[[camera_type]]\nid = \"lane\"\n[[camera_type.zone]]\nid = \"yard\"\n\
                           polygon = [[0, 0], [1, 0], [1, 1]]\ncount = true\n\n[[camera]]\nid = \"cam-1\"\n\
                           like = \"lane\"\n\n[[camera.zone]]\nid = \"gate\" # by the post\n\
                           polygon = [[0, 0], [0.5, 0], [0.5, 0.5]]\n";
    let zones = vec![
        ("gate".to_owned(), vec![[0.0, 0.0], [0.5, 0.0], [0.5, 0.5]]),
        ("yard".to_owned(), vec![[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]),
    ];
    let counting = |names: &[&str]| {
        let counted_zones = names.iter().map(|name| (*name).to_owned()).collect();
        set_shapes("cam-1", Shapes { zones: zones.clone(), counted_zones, ..Shapes::default() })
    };
    assert_eq!(edited(LAYERED, counting(&["yard"])), LAYERED);
    let both = edited(LAYERED, counting(&["gate", "yard"]));
    assert_eq!(changed(LAYERED, &both), (vec!["count = true"], vec![]));
    assert_eq!(edited(&both, counting(&["yard"])), LAYERED);
    // Of a type's zone the camera has its own then.
    let none = edited(LAYERED, counting(&[]));
    let (new, gone) = changed(LAYERED, &none);
    assert!(gone.is_empty() && new.contains(&"id = \"yard\"") && !new.contains(&"count = true"), "{none}");
}

#[test]
fn a_value_is_changed_in_its_line_and_keeps_the_remark_behind_it() {
    let text = edited(EXAMPLE, set_rule("fire-lane-blocked", &["level"], Some("red".into())));
    let (new, gone) = changed(EXAMPLE, &text);
    assert_eq!(gone.len(), 1);
    assert_eq!(new, ["level = \"red\"                    # blue, yellow, orange, red; a suggestion"]);
    let text = edited(EXAMPLE, set_rule("fire-lane-blocked", &["parked", "for_secs"], Some(90.into())));
    let (new, _) = changed(EXAMPLE, &text);
    assert_eq!(
        new,
        ["parked = { zone = \"fire-lane\", classes = [\"car\", \"truck\", \"bus\"], for_secs = 90 }"]
    );
}

#[test]
fn a_value_that_was_not_there_comes_and_goes_again() {
    let there = edited(EXAMPLE, set_camera("cam-03", &["thresholds", "person"], Some(0.45.into())));
    assert_eq!(changed(EXAMPLE, &there), (vec!["thresholds = { person = 0.45 }"], vec![]));
    assert_eq!(edited(&there, set_camera("cam-03", &["thresholds", "person"], None)), EXAMPLE);
    let both = edited(&there, set_camera("cam-03", &["thresholds", "car"], Some(0.5.into())));
    assert!(both.contains("\nthresholds = { person = 0.45, car = 0.5 }\n"), "{both}");
    let one = edited(&both, set_camera("cam-03", &["thresholds", "person"], None));
    assert!(
        one.contains("car = 0.5 }\n") && read(&one).camera("cam-03").unwrap().thresholds.len() == 1,
        "{one}"
    );
    // Nothing is there to be removed.
    assert_eq!(edited(EXAMPLE, set_camera("cam-03", &["night", "schedule"], None)), EXAMPLE);
}

#[test]
fn what_stood_above_a_value_that_goes_stays() {
    let text = edited(EXAMPLE, set_camera("cam-03", &["decoder"], None));
    let (new, gone) = changed(EXAMPLE, &text);
    assert_eq!((new, gone), (vec![], vec!["decoder = \"auto\"                # or software"]));
    assert!(text.contains("# where level ground meets the sky"), "{text}");
    let horizon = text.find("# horizon = {").unwrap();
    assert!(horizon < text.find("stall_after_secs = 10").unwrap(), "{text}");
}

#[test]
fn a_section_comes_with_its_first_value_and_goes_with_its_last_one() {
    let set = |value: Option<&str>| Edit::SetIn {
        section: "web",
        key: "listen".to_owned(),
        value: value.map(Into::into),
    };
    let site = "[site]\nbox = \"box-1\"\n";
    let camera = "\n[[camera]]\nid = \"cam-1\"\n\n[[rule]]\nid = \"r\"\n\n[[camera]]\nid = \"cam-2\"\n";
    for text in [
        site.to_owned(),
        format!("{site}{camera}"),
        format!("# a box\n\n{site}{camera}# about the last camera\n\n# the end\n"),
        format!("{site}# the end\n"),
        format!("{site}\n\n"),
        format!("{site}{camera}").replace('\n', "\r\n"),
        format!("[web]\nkeep_days = 30\n\n{site}"),
        format!("web.keep_days = 30\n{site}"),
        format!("web = {{ keep_days = 30 }}\n{site}"),
    ] {
        let open = edited(&text, set(Some("0.0.0.0:8443")));
        assert!(open.contains("0.0.0.0:8443") && open.starts_with(&text[..10]), "{open}");
        assert_eq!(edited(&open, set(None)), text, "{open}");
        assert_eq!(edited(&text, set(None)), text, "nothing was there");
    }
    let typed = "[web]\nlisten = \"0.0.0.0:8443\"\n";
    for (text, closed) in [
        (format!("{typed}\n{site}"), format!("\n{site}")),
        (format!("{site}\n# the cameras\n\n{typed}{camera}"), format!("{site}\n# the cameras\n{camera}")),
        // What somebody remarked on it stays with it.
        (format!("{site}\n# the page\n{typed}{camera}"), format!("{site}\n# the page\n[web]\n{camera}")),
        (format!("{site}\n{typed}# enabled = false\n"), format!("{site}\n[web]\n# enabled = false\n")),
        (
            format!("{site}\n{}", typed.replace("[web]", "[web] # for phones")),
            format!("{site}\n[web] # for phones\n"),
        ),
        (format!("web = {{ listen = \"0.0.0.0:8443\" }}\n{site}"), site.to_owned()),
        (format!("web.listen = \"0.0.0.0:8443\"\n{site}"), site.to_owned()),
    ] {
        assert_eq!(edited(&text, set(None)), closed, "{text}");
    }
}

#[test]
fn a_camera_comes_behind_the_last_one_and_a_rule_behind_the_last_rule() {
    let new = NewCamera {
        id: "cam-04".to_owned(),
        url: "rtsp://10.0.0.45/stream2".to_owned(),
        url_main: Some("rtsp://10.0.0.45/stream1".to_owned()),
        secret: Some("cam-04".to_owned()),
        name: Some("东门 \"2\"".to_owned()),
        eye: "village".to_owned(),
        grid: "53012700300102".to_owned(),
        ..NewCamera::default()
    };
    let text = edited(EXAMPLE, Edit::AddCamera(new.clone()));
    let (_, gone) = changed(EXAMPLE, &text);
    assert_eq!(gone, Vec::<&str>::new());
    let place = |what: &str| text.find(what).unwrap_or_else(|| panic!("no {what}\n{text}"));
    assert!(place("id = \"yard-1\"") < place("id = \"cam-04\""));
    assert!(
        place("id = \"cam-04\"")
            < place("# ---------------------------------------------------------------- rules")
    );
    let config = read(&text);
    let camera = config.camera("cam-04").unwrap();
    assert_eq!((config.cameras.len(), camera.responsible.name.as_deref()), (3, Some("东门 \"2\"")));
    assert!(refused(&text, Edit::AddCamera(new)).contains("a camera `cam-04` already"));

    let rule = NewRule {
        kind: "crowd".to_owned(),
        id: "crowd-2".to_owned(),
        cameras: vec!["cam-03".to_owned()],
        values: vec![
            (path(&["crowd", "zone"]), "gate".into()),
            (path(&["level"]), "yellow".into()),
            (path(&["crowd", "at_least"]), 5.into()),
            (path(&["crowd", "for_secs"]), 10.into()),
        ],
    };
    let text = edited(EXAMPLE, Edit::AddRule(rule.clone()));
    let (new, gone) = changed(EXAMPLE, &text);
    assert_eq!(gone, Vec::<&str>::new());
    assert!(new.contains(&"crowd = { zone = \"gate\", at_least = 5, for_secs = 10 }"), "{new:?}");
    assert!(text.find("id = \"crowd-2\"").unwrap() < text.find("---- sensors").unwrap(), "{text}");
    assert_eq!(read(&text).rules.len(), read(EXAMPLE).rules.len() + 1);
    assert!(refused(&text, Edit::AddRule(rule)).contains("a rule `crowd-2` already"));
}

#[test]
fn the_first_camera_of_a_fresh_box_is_added() {
    let fresh = include_str!("../../../deploy/debian/fresh.toml");
    let new = NewCamera {
        id: "cam-1".to_owned(),
        url: "rtsp://10.0.0.45/stream2".to_owned(),
        eye: "village".to_owned(),
        grid: "00000000000001".to_owned(),
        ..NewCamera::default()
    };
    let text = edited(fresh, Edit::AddCamera(new));
    assert!(text.starts_with(fresh), "{text}");
    assert_eq!(read(&text).cameras.len(), 1);
}

#[test]
fn a_fresh_box_is_reported_where_it_stands() {
    let fresh = include_str!("../../../deploy/debian/fresh.toml");
    let set_in = |section, key: &str, value: Option<&str>| Edit::SetIn {
        section,
        key: key.to_owned(),
        value: value.map(Value::from),
    };
    let set = |key: &str, value: Option<&str>| set_in("site", key, value);
    let edits = [set("area", Some("530127")), set("box", Some("gate-1")), set("name", Some("Yangqiao"))];
    let text = apply(fresh, &edits).unwrap();
    let site = read(&text).site;
    assert_eq!((&*site.area, &*site.box_id, site.name.as_deref()), ("530127", "gate-1", Some("Yangqiao")));
    assert!(!site.has_no_area_yet() && read(fresh).site.has_no_area_yet());
    let remarks = |text: &str| text.lines().filter(|line| line.contains('#')).count();
    assert_eq!(remarks(&text), remarks(fresh), "{text}");
    let without = edited(&text, set("name", None));
    assert_eq!(read(&without).site.name, None);
    assert!(edited("", set("area", Some("530127"))).contains("[site]\narea = \"530127\""));
    let open = edited(fresh, set_in("web", "listen", Some("0.0.0.0:8443")));
    assert_eq!(read(&open).web.listen, WebListen::At("0.0.0.0:8443".parse().unwrap()), "{open}");
    assert_eq!(remarks(&open), remarks(fresh), "{open}");
}

#[test]
fn what_is_drawn_is_changed_where_it_stands() {
    let config = read(EXAMPLE);
    let mut shapes = shapes_of(&config, "cam-03");
    let zone = |shapes: &Shapes, name: &str| shapes.zones.iter().position(|(id, _)| id == name).unwrap();
    let gate = zone(&shapes, "gate");
    shapes.zones[gate].1 = square(0.25, 0.5);
    let lane = zone(&shapes, "fire-lane");
    shapes.zones[lane].0 = "lane".to_owned();
    let all = zone(&shapes, "all");
    shapes.zones.remove(all);
    shapes.zones.push(("yard".to_owned(), square(0.1, 0.333_333)));
    shapes.masks[0].polygon = square(0.0, 0.1);
    shapes.masks.push(Mask { polygon: square(0.5, 0.6), classes: vec!["person".to_owned()] });
    shapes.horizon = Some(Horizon { points: vec![[0.0, -0.25], [1.0, 0.19]], camera_height_m: 3.5 });
    let text = edited(EXAMPLE, set_shapes("cam-03", shapes.clone()));
    let lines: Vec<&str> = text.lines().collect();
    let after = |line: &str| {
        let at = lines.iter().position(|known| *known == line).unwrap_or_else(|| panic!("no {line}\n{text}"));
        lines[at + 1]
    };
    assert_eq!(after("id = \"gate\""), "polygon = [[0.25, 0.25], [0.5, 0.25], [0.5, 0.5], [0.25, 0.5]]");
    assert!(text.contains("count = true                    # every minute"), "{text}");
    assert_eq!(
        after("id = \"lane\""),
        "polygon = [[0.10, 0.55], [0.62, 0.50], [0.70, 0.98], [0.05, 0.98]]",
        "renamed"
    );
    assert_eq!(
        after("id = \"yard\""),
        "polygon = [[0.1, 0.1], [0.3333, 0.1], [0.3333, 0.3333], [0.1, 0.3333]]"
    );
    assert_eq!(
        after("[[camera.mask]]                 # never looked at, black in evidence"),
        "polygon = [[0.0, 0.0], [0.1, 0.0], [0.1, 0.1], [0.0, 0.1]]"
    );
    assert!(
        lines.contains(&"horizon = { points = [[0.0, -0.25], [1.0, 0.19]], camera_height_m = 3.5 }"),
        "{text}"
    );
    let first_camera = &text[text.find("\n[[camera]]").unwrap()..text.find("id = \"yard-1\"").unwrap()];
    assert!(
        !first_camera.contains("id = \"all\"") && first_camera.contains("id = \"yard\""),
        "{first_camera}"
    );
    // All of it once more changes nothing.
    assert_eq!(edited(&text, set_shapes("cam-03", shapes.clone())), text);
    shapes.horizon = None;
    let without = edited(&text, set_shapes("cam-03", shapes));
    let (_, gone) = changed(&text, &without);
    assert_eq!(gone.len(), 1);
}

#[test]
fn what_is_called_otherwise_is_so_in_the_rules_that_watch_this_camera_alone() {
    let other = "\n[[camera]]\nid = \"cam-2\"\neye = \"village\"\nurl = \"rtsp://10.0.0.32/s\"\ngrid = \"53012700300102\"\n\
        zone = [{ id = \"gate\", polygon = [[0.1, 0.5], [0.9, 0.5], [0.9, 1.0]] }]\n";
    let text = format!(
        "[site]\nbox = \"box-1\"\narea = \"530127\"\n\n[[camera]]\nid = \"cam-1\"\neye = \"village\"\n\
         url = \"rtsp://10.0.0.31/s\"\ngrid = \"53012700300102\"\n\
         zone = [{{ id = \"gate\", polygon = [[0.1, 0.5], [0.9, 0.5], [0.9, 1.0]] }}]\n\
         line = [{{ id = \"gate\", points = [[0.1, 0.5], [0.9, 0.5]] }}]\n{other}\n\
         [[rule]]\nid = \"crowd\"\ncameras = [\"cam-1\"]\ncrowd = {{ zone = \"gate\", at_least = 3, for_secs = 5 }} # here\n\
         [[rule]]\nid = \"crossed\"\ncameras = [\"cam-1\"]\n[rule.line]\nline = \"gate\"\nclasses = [\"person\"]\ndirection = \"both\"\n\
         [[rule]]\nid = \"both\"\ncameras = [\"cam-1\", \"cam-2\"]\ncrowd = {{ zone = \"gate\", at_least = 3, for_secs = 5 }}\n"
    );
    let shapes = shapes_of(&read(&text), "cam-1");
    let mut named = shapes.clone();
    named.zones[0].0 = "door".to_owned();
    let stayed = edited(&text, set_shapes("cam-1", named.clone()));
    let (new, gone) = changed(&text, &stayed);
    assert_eq!((new.len(), gone.len()), (2, 2), "{stayed}");
    assert!(new.contains(&"crowd = { zone = \"door\", at_least = 3, for_secs = 5 } # here"), "{stayed}");
    // That a zone was moved as well is known where somebody says what it was.
    named.zones[0].1 = square(0.2, 0.4);
    let other_one = edited(&text, set_shapes("cam-1", named.clone()));
    assert!(!other_one.contains("crowd = { zone = \"door\""), "{other_one}");
    named.renamed_zones.push(("gate".to_owned(), "door".to_owned()));
    named.lines[0].0 = "step".to_owned();
    named.renamed_lines.push(("gate".to_owned(), "step".to_owned()));
    let moved = edited(&text, set_shapes("cam-1", named));
    assert!(moved.contains("zone = \"door\", at_least = 3, for_secs = 5 } # here"), "{moved}");
    assert!(moved.contains("[rule.line]\nline = \"step\"\n"), "{moved}");
    // The rule that watches another camera, too, has the name of both; `check` says where it is missing now.
    assert_eq!(moved.matches("zone = \"gate\"").count(), 1, "{moved}");
}

/// A camera with three zones, each with remarks, and a rule on each.
const THREE: &str = r#"[site]
box = "box-1"
area = "530127"

[[camera]]
id = "cam-1"
eye = "village"
url = "rtsp://10.0.0.31/s"
grid = "53012700300102"

# by the post
[[camera.zone]]
id = "a" # first
polygon = [[0.1, 0.1], [0.3, 0.1], [0.3, 0.3]]
count = true # every minute

# behind the house
[[camera.zone]]
id = "b" # second
polygon = [[0.5, 0.1], [0.7, 0.1], [0.7, 0.3]]

[[camera.zone]]
id = "c" # third
polygon = [[0.5, 0.5], [0.7, 0.5], [0.7, 0.7]]

[[rule]]
id = "on-a"
cameras = ["cam-1"]
crowd = { zone = "a", at_least = 3, for_secs = 5 }

[[rule]]
id = "on-b"
cameras = ["cam-1"]
crowd = { zone = "b", at_least = 4, for_secs = 5 }

[[rule]]
id = "on-c"
cameras = ["cam-1"]
crowd = { zone = "c", at_least = 5, for_secs = 5 }
"#;

/// What the page says of a camera whose zones are called otherwise; those without a new name are deleted.
fn called_otherwise(text: &str, names: &[(&str, Option<&str>)]) -> Shapes {
    let mut shapes = shapes_of(&read(text), "cam-1");
    let before = std::mem::take(&mut shapes.zones);
    let counted = std::mem::take(&mut shapes.counted_zones);
    for (was, polygon) in before {
        let now = names.iter().find(|(named, _)| *named == was).map_or(Some(was.as_str()), |(_, now)| *now);
        let Some(now) = now.map(str::to_owned) else { continue };
        if counted.contains(&was) {
            shapes.counted_zones.push(now.clone());
        }
        if was != now {
            shapes.renamed_zones.push((was, now.clone()));
        }
        shapes.zones.push((now, polygon));
    }
    shapes
}

#[test]
fn two_zones_that_change_their_names_keep_their_place_their_remarks_and_their_rules() {
    let shapes = called_otherwise(THREE, &[("a", Some("b")), ("b", Some("a"))]);
    let text = edited(THREE, set_shapes("cam-1", shapes));
    let wanted = THREE
        .replace("id = \"a\" #", "id = \"B\" #")
        .replace("id = \"b\" #", "id = \"a\" #")
        .replace("id = \"B\" #", "id = \"b\" #")
        .replace("zone = \"a\", at_least = 3", "zone = \"b\", at_least = 3")
        .replace("zone = \"b\", at_least = 4", "zone = \"a\", at_least = 4");
    assert_eq!(text, wanted);
}

#[test]
fn a_name_that_goes_from_zone_to_zone_takes_nothing_with_it() {
    let names = [("a", Some("b")), ("b", Some("c")), ("c", Some("d"))];
    let text = edited(THREE, set_shapes("cam-1", called_otherwise(THREE, &names)));
    let mut wanted = THREE.to_owned();
    for (was, now) in [("c", "d"), ("b", "c"), ("a", "b")] {
        wanted = wanted.replace(&format!("id = \"{was}\" #"), &format!("id = \"{now}\" #"));
        wanted = wanted.replace(&format!("zone = \"{was}\","), &format!("zone = \"{now}\","));
    }
    assert_eq!(text, wanted);
}

#[test]
fn a_zone_that_takes_the_name_of_a_deleted_one_keeps_its_own_remarks_and_its_rules() {
    let mut shapes = called_otherwise(THREE, &[("a", None), ("b", Some("a"))]);
    // It was moved as well, so only its description identifies it.
    shapes.zones[0].1 = square(0.6, 0.8);
    let text = edited(THREE, set_shapes("cam-1", shapes));
    let zones = "# behind the house\n[[camera.zone]]\nid = \"a\" # second\n\
                 polygon = [[0.6, 0.6], [0.8, 0.6], [0.8, 0.8], [0.6, 0.8]]\n\n\
                 [[camera.zone]]\nid = \"c\" # third\n";
    assert!(text.contains(zones), "{text}");
    assert!(!text.contains("# by the post") && !text.contains("count = true"), "{text}");
    assert!(text.contains("zone = \"a\", at_least = 4"), "the rule went with its zone\n{text}");
    assert!(!text.contains("zone = \"b\""), "{text}");
    assert_eq!(read(&text).camera("cam-1").unwrap().zones.len(), 2);
}

#[test]
fn a_zone_of_a_layer_that_changes_names_with_an_own_one_is_taken_over_with_all_it_says() {
    let text = THREE.replace("id = \"cam-1\"\n", "id = \"cam-1\"\nlike = \"lane\"\n")
        + "\n[[camera_type]]\nid = \"lane\"\n[[camera_type.zone]]\nid = \"yard\" # of all\n\
           polygon = [[0.0, 0.0], [0.2, 0.0], [0.2, 0.2]]\ncount = true\n";
    let shapes = called_otherwise(&text, &[("yard", Some("b")), ("b", Some("yard"))]);
    let after = edited(&text, set_shapes("cam-1", shapes.clone()));
    let (own, layer) = after.split_at(after.find("[[camera_type]]").unwrap());
    assert!(own.contains("# behind the house\n[[camera.zone]]\nid = \"yard\" # second\n"), "{after}");
    assert!(own.contains("polygon = [[0.0, 0.0], [0.2, 0.0], [0.2, 0.2]]\ncount = true\n"), "{after}");
    assert!(own.contains("zone = \"yard\", at_least = 4"), "{after}");
    assert!(layer.contains("id = \"yard\" # of all\n"), "the layer stays\n{after}");
    let drawn = |shapes: &Shapes| {
        let mut all = shapes.zones.clone();
        all.sort_by(|one, other| one.0.cmp(&other.0));
        all
    };
    assert_eq!(drawn(&shapes_of(&read(&after), "cam-1")), drawn(&shapes));
}

#[test]
fn a_rule_follows_a_new_name_however_it_names_this_camera_alone() {
    let text = |cameras: &str, more: &str| {
        let text = THREE.replace("id = \"cam-1\"\n", "id = \"cam-1\"\nlike = \"lane\"\n");
        let named = text.replacen("cameras = [\"cam-1\"]", cameras, 1);
        format!("{named}\n[[camera_type]]\nid = \"lane\"\n{more}")
    };
    let renamed = Shapes {
        zones: vec![
            ("gate".to_owned(), square(0.1, 0.3)),
            ("b".to_owned(), square(0.5, 0.7)),
            ("c".to_owned(), square(0.2, 0.7)),
        ],
        renamed_zones: vec![("a".to_owned(), "gate".to_owned())],
        ..Shapes::default()
    };
    let follows = |cameras: &str, more: &str| {
        edited(&text(cameras, more), set_shapes("cam-1", renamed.clone()))
            .contains("zone = \"gate\", at_least = 3")
    };
    // The eye of another camera may come from its layers.
    let other = |of_type: &str, like: &str| {
        format!(
            "{of_type}[[camera]]\nid = \"cam-2\"\n{like}url = \"rtsp://10.0.0.32/s\"\ngrid = \"53012700300102\"\n"
        )
    };
    let village = "[[camera_type]]\nid = \"door\"\neye = \"village\"\n";
    for (cameras, more) in [
        ("cameras = [\"*\"]", String::new()),
        ("cameras = [\"lane/*\"]", other("", "eye = \"village\"\n")),
        ("cameras = [\"cam-1\", \"lane/*\"]", other("", "eye = \"village\"\n")),
        ("eye = \"village\"", other("", "eye = \"sky\"\n")),
        ("eye = \"village\"", other(village, "eye = \"sky\"\nlike = \"door\"\n")),
    ] {
        assert!(follows(cameras, &more), "{cameras}\n{more}");
    }
    for (cameras, more) in [
        ("cameras = []", String::new()),
        ("cameras = [\"*\"]", other("", "eye = \"sky\"\n")),
        ("cameras = [\"lane/*\"]", other("", "eye = \"sky\"\nlike = \"lane\"\n")),
        ("cameras = [\"cam-1\", \"cam-2\"]", other("", "eye = \"sky\"\n")),
        ("eye = \"village\"", other("", "eye = \"village\"\n")),
        ("eye = \"village\"", other(village, "like = \"door\"\n")),
        ("eye = \"household\"", other("", "eye = \"sky\"\n")),
    ] {
        assert!(!follows(cameras, &more), "{cameras}\n{more}");
    }
}

#[test]
fn of_two_that_are_called_the_same_none_is_lost_unsaid() {
    let mut shapes = shapes_of(&read(MINIMAL), "cam-1");
    for _ in 0..2 {
        shapes.zones.push(("yard".to_owned(), square(0.1, 0.9)));
    }
    assert!(refused(MINIMAL, set_shapes("cam-1", shapes)).contains("called `yard`"));
}

#[test]
fn a_camera_without_shapes_gets_its_first_ones_below_it() {
    let two = format!(
        "{MINIMAL}\n[[camera]]\nid = \"cam-2\"\neye = \"village\"\nurl = \"rtsp://10.0.0.32/s\"\n\
         grid = \"53012700300102\"\n\n[[rule]]\nid = \"all\"\ncameras = [\"cam-2\"]\ncrowd = {{ zone = \"here\", at_least = 3, for_secs = 5 }}\n"
    );
    let shapes = Shapes {
        zones: vec![("here".to_owned(), square(0.1, 0.9))],
        lines: vec![("door".to_owned(), [[0.0, 0.5], [1.0, 0.5]])],
        masks: vec![Mask { polygon: square(0.0, 0.1), classes: Vec::new() }],
        ..Shapes::default()
    };
    let text = edited(&two, set_shapes("cam-2", shapes.clone()));
    let config = read(&text);
    assert_eq!(shapes_of(&config, "cam-2"), shapes);
    assert_eq!(shapes_of(&config, "cam-1"), shapes_of(&read(MINIMAL), "cam-1"));
    assert!(text.find("id = \"here\"").unwrap() < text.find("id = \"all\"").unwrap(), "{text}");
    let (_, gone) = changed(&two, &text);
    assert_eq!(gone, Vec::<&str>::new());
    assert_eq!(edited(&text, set_shapes("cam-2", Shapes::default())), two);
}

#[test]
fn shapes_of_layers_are_left_there_and_taken_over_whole_where_they_differ() {
    let layers = MINIMAL.replace("id = \"cam-1\"\n", "id = \"cam-1\"\nlike = \"lane\"\n")
        + "\n[[defaults.camera.line]]\nid = \"door\"\npoints = [[0.0, 0.5], [1.0, 0.5]]\n\
           [[camera_type]]\nid = \"lane\"\n\
           [[camera_type.zone]]\nid = \"gate\"\npolygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]\ncount = true\n\
           [[camera_type.mask]]\npolygon = [[0.0, 0.0], [0.1, 0.0], [0.1, 0.1]]\n";
    let config = read(&layers);
    let shapes = shapes_of(&config, "cam-1");
    assert_eq!((shapes.zones.len(), shapes.lines.len(), shapes.masks.len()), (2, 1, 1));
    assert_eq!(edited(&layers, set_shapes("cam-1", shapes.clone())), layers);

    let mut moved = shapes.clone();
    let gate = moved.zones.iter().position(|(id, _)| id == "gate").unwrap();
    moved.zones[gate].1 = square(0.2, 0.4);
    moved.masks.push(Mask { polygon: square(0.5, 0.6), classes: Vec::new() });
    let text = edited(&layers, set_shapes("cam-1", moved.clone()));
    let after = read(&text);
    let camera = after.camera("cam-1").unwrap();
    assert_eq!(camera.counted.len(), 1, "it is still counted");
    assert_eq!((camera.zones["gate"].corners().len(), camera.masks.len()), (4, 2));
    assert!(
        text.contains("polygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]\ncount = true\n"),
        "the layer stays\n{text}"
    );
    assert_eq!(edited(&text, set_shapes("cam-1", moved)), text);

    let without = |change: &dyn Fn(&mut Shapes)| {
        let mut shapes = shapes.clone();
        change(&mut shapes);
        refused(&layers, set_shapes("cam-1", shapes))
    };
    let message = without(&|shapes| shapes.zones.retain(|(id, _)| id != "gate"));
    assert!(message.contains("`gate` comes from `camera_type.lane`"), "{message}");
    assert!(without(&|shapes| shapes.lines.clear()).contains("`door` comes from `defaults.camera`"));
    assert!(without(&|shapes| shapes.masks.clear()).contains("a mask comes from `camera_type.lane`"));
    // A value of a layer is set in the camera, and what the layer says comes back.
    let faster = layers
        .replace("[[camera_type]]\nid = \"lane\"\n", "[[camera_type]]\nid = \"lane\"\nanalysis_fps = 3\n");
    let set = edited(&faster, set_camera("cam-1", &["analysis_fps"], Some(2.into())));
    assert_eq!(read(&set).cameras[0].analysis_hz, 2.0);
    assert_eq!(edited(&set, set_camera("cam-1", &["analysis_fps"], None)), faster);
}

#[test]
fn a_file_of_single_values_in_place_of_sections_is_edited_as_well() {
    let text = "site = { box = \"box-1\", area = \"530127\" }\n\
        camera = [\n  { id = \"cam-1\", eye = \"village\", url = \"rtsp://10.0.0.31/s\", grid = \"53012700300102\", \
        zone = [{ id = \"lane\", polygon = [[0.1, 0.5], [0.9, 0.5], [0.9, 1.0]] }] }, # the lane\n]\n\
        rule = [{ id = \"r\", cameras = [\"cam-1\"], crowd = { zone = \"lane\", at_least = 3, for_secs = 5 } }]\n";
    read(text);
    let mut shapes = shapes_of(&read(text), "cam-1");
    shapes.zones.push(("gate".to_owned(), square(0.0, 0.5)));
    shapes.masks.push(Mask { polygon: square(0.0, 0.1), classes: Vec::new() });
    let drawn = edited(text, set_shapes("cam-1", shapes.clone()));
    assert_eq!(shapes_of(&read(&drawn), "cam-1").masks, shapes.masks);
    let slower = edited(&drawn, set_camera("cam-1", &["analysis_fps"], Some(2.into())));
    assert_eq!(read(&slower).cameras[0].analysis_hz, 2.0);
    let gone = edited(text, Edit::RemoveCamera("cam-1".to_owned()));
    assert!(!gone.contains("cam-1") && !gone.contains("crowd"), "{gone}");
}

#[test]
fn what_is_not_there_is_said() {
    assert_eq!(refused(MINIMAL, set_camera("cam-9", &["weight"], None)), "the file has no camera `cam-9`");
    assert_eq!(refused(MINIMAL, set_rule("r", &["level"], None)), "the file has no rule `r`");
    assert_eq!(refused(MINIMAL, Edit::RemoveRule("r".to_owned())), "the file has no rule `r`");
    assert!(refused(MINIMAL, Edit::RemoveCamera("c".to_owned())).contains("no camera `c`"));
    assert!(refused(MINIMAL, set_shapes("c", Shapes::default())).contains("no camera `c`"));
    assert!(
        refused(MINIMAL, set_camera("cam-1", &["url", "host"], Some("x".into())))
            .contains("`url` is a single value")
    );
    assert!(!refused("[site\n", set_camera("cam-1", &["weight"], None)).is_empty());
}
