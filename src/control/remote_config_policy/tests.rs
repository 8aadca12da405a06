use super::*;
use crate::config::Surroundings;

const FILE: &str = r#"
[site]
box = "box-1"
area = "530127"

[[camera]]
id = "cam-01"
eye = "village"
url = "rtsp://10.0.0.31/stream"
secret = "cam-01"
grid = "53012700300102"
[[camera.zone]]
id = "room"
polygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]

[[rule]]
id = "there"
cameras = ["cam-01"]
present = { zone = "room", classes = ["person"], for_secs = 1 }

[[command_key]]
id = "boss"
role = "admin"
public_key = "3GNLJrUsVTLEIzIXAJxVfQsYE3-HNNPRrWAe2FdOGUk"
"#;

/// With a secrets folder that holds `cam-01` and `other`.
fn config(folder: &Path, text: &str) -> Config {
    use std::os::unix::fs::PermissionsExt as _;
    for secret in ["cam-01", "other"] {
        let path = folder.join(secret);
        std::fs::write(&path, "viewer:x").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let surroundings = Surroundings {
        base: folder.to_owned(),
        state_dir: folder.to_owned(),
        credentials_dir: Some(folder.to_owned()),
        at_home: true,
    };
    Config::from_text(&folder.join("lookout.toml"), text, &surroundings).unwrap_or_else(|p| panic!("{p}"))
}

fn judged(change: impl Fn(&str) -> String) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = config(folder.path(), FILE);
    let wanted = config(folder.path(), &change(FILE));
    let now = "2026-01-01T08:00:00Z".parse().unwrap();
    in_words(&forbidden(&file, &file, &wanted, now))
}

fn in_words(forbidden: &[Sentence]) -> String {
    forbidden.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

#[test]
fn of_what_only_the_file_changes_it_is_said_why_what_goes_from_afar_and_where_it_is_changed() {
    let moved = judged(|text| format!("{text}\n[mqtt]\nurl = \"mqtt://203.0.113.9\"\n"));
    assert!(moved.starts_with("[mqtt] is another one than in the file on the box"), "{moved}");
    for found in ["could cut the box off", "`camera`", "`rule`", "lookout.toml on the box"] {
        assert!(moved.contains(found), "{found}: {moved}");
    }
}

#[test]
fn what_only_tunes_is_allowed() {
    assert_eq!(judged(str::to_owned), "");
    assert_eq!(judged(|text| text.replace("for_secs = 1", "for_secs = 5")), "");
    assert_eq!(
        judged(|text| text
            .replace("cameras = [\"cam-01\"]", "cameras = [\"cam-01\"]\nschedule = \"daily 06:00-22:00\"")),
        ""
    );
}

#[test]
fn nobody_far_away_switches_a_box_off() {
    let cut = |text: &str, from: &str, to: &str| {
        let (a, b) = (text.find(from).unwrap(), text.find(to).unwrap());
        format!("{}{}", &text[..a], &text[b..])
    };
    let no_rules = judged(|text| cut(text, "[[rule]]", "[[command_key]]"));
    assert!(no_rules.contains("no rule left"), "{no_rules}");
    let a_minute = judged(|text| {
        text.replace("cameras = [\"cam-01\"]", "cameras = [\"cam-01\"]\nschedule = \"daily 03:00-03:30\"")
    });
    assert!(a_minute.contains("hours a week"), "{a_minute}");
    let another = judged(|text| {
        text.replace("cam-01\"", "cam-02\"").replace("secret = \"cam-02\"", "secret = \"cam-01\"")
    });
    assert!(another.contains("none of the cameras"), "{another}");
    let blind =
        judged(|text| text.replace("eye = \"village\"", "eye = \"village\"\nthresholds = { person = 0.99 }"));
    assert!(blind.contains("as good as blind"), "{blind}");
    let masked = judged(|text| {
        let mask = "[[camera.mask]]\npolygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]\n";
        text.replace("[[camera.zone]]", &format!("{mask}[[camera.zone]]"))
    });
    assert!(masked.contains("100 % of the picture"), "{masked}");
    let of_people = judged(|text| {
        let mask = "[[camera.mask]]\npolygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]\nclasses = [\"person\"]\n";
        text.replace("[[camera.zone]]", &format!("{mask}[[camera.zone]]"))
    });
    assert!(of_people.contains("100 % of the picture"), "{of_people}");
    let narrow = judged(|text| text.replace("present = ", "min_height = 0.49\nmax_height = 0.5\npresent = "));
    assert!(narrow.contains("with 0.1 between them"), "{narrow}");
    let in_camera = |line: &str| {
        let line = format!("eye = \"village\"\n{line}");
        judged(move |text| text.replace("eye = \"village\"", &line))
    };
    let by_night = in_camera("night = { schedule = \"20:00-06:00\", thresholds = { person = 0.95 } }");
    assert!(by_night.contains("as good as blind"), "{by_night}");
    let giants = in_camera("heights = { person = { min = 0.9 } }");
    assert!(giants.contains("the heights of `person`") && giants.contains("as good as blind"), "{giants}");
    let dwarfs = judged(|text| text.replace("present = ", "max_height = 0.01\npresent = "));
    assert!(dwarfs.contains("rule `there`: its heights") && dwarfs.contains("as good as blind"), "{dwarfs}");
    let tilted = in_camera("horizon = { points = [[0, 0.9], [1, 0.9]], camera_height_m = 3 }");
    assert!(tilted.contains("its `horizon` is another one"), "{tilted}");
    let within_reason = in_camera(
        "heights = { person = { min = 0.05, max = 0.8 } }\n\
         night = { schedule = \"20:00-06:00\", thresholds = { person = 0.6 } }",
    );
    assert_eq!(within_reason, "");
    let locked = judged(|text| text.replace("role = \"admin\"", "role = \"desk\""));
    assert!(locked.contains("nobody could command it"), "{locked}");
}

#[test]
fn passwords_and_files_stay_where_the_file_has_them() {
    let stolen = judged(|text| text.replace("10.0.0.31", "203.0.113.9"));
    assert!(stolen.contains("gives its secret to no camera at this host"), "{stolen}");
    let swapped = judged(|text| text.replace("secret = \"cam-01\"", "secret = \"other\""));
    assert!(swapped.contains("gives its secret to no camera"), "{swapped}");
    let moved = judged(|text| format!("{text}\n[evidence]\ndir = \"/etc\"\n"));
    assert!(moved.contains("[evidence]"), "{moved}");
    // Without a password, a camera may be anywhere.
    assert_eq!(
        judged(|text| text.replace("secret = \"cam-01\"\n", "").replace("10.0.0.31", "10.0.0.32")),
        ""
    );
}

#[test]
fn a_mask_for_some_classes_is_no_licence_for_others() {
    let masked = |classes: &str| {
        let mask = format!(
            "[[camera.mask]]\npolygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]\n{classes}\n[[camera.zone]]"
        );
        FILE.replace("[[camera.zone]]", &mask)
    };
    let folder = tempfile::tempdir().unwrap();
    let file = config(folder.path(), &masked("classes = [\"two_wheeler\"]"));
    let now = "2026-01-01T08:00:00Z".parse().unwrap();
    let judged = |text: &str| in_words(&forbidden(&file, &file, &config(folder.path(), text), now));
    assert_eq!(judged(&masked("classes = [\"two_wheeler\"]")), "");
    for classes in ["classes = [\"person\"]", "classes = [\"two_wheeler\", \"person\"]", ""] {
        assert!(judged(&masked(classes)).contains("100 % of the picture"), "{classes}");
    }
}

#[test]
fn a_camera_that_is_added_may_have_a_horizon_that_the_file_says() {
    const LANE: &str = "horizon = { points = [[0, 0.2], [1, 0.2]], camera_height_m = 3 }";
    const YARD: &str = "horizon = { points = [[0, 0.3], [1, 0.3]], camera_height_m = 4 }";
    const OTHER: &str = "horizon = { points = [[0, 0.9], [1, 0.9]], camera_height_m = 3 }";
    // No camera of the file is of the type `yard`.
    let layers =
        format!("\n[[camera_type]]\nid = \"lane\"\n{LANE}\n[[camera_type]]\nid = \"yard\"\n{YARD}\n");
    let text = FILE.replace("eye = \"village\"", "eye = \"village\"\nlike = \"lane\"") + &layers;
    let folder = tempfile::tempdir().unwrap();
    let file = config(folder.path(), &text);
    let now = "2026-01-01T08:00:00Z".parse().unwrap();
    let judged = |text: &str| in_words(&forbidden(&file, &file, &config(folder.path(), text), now));
    let added = |lines: &str| {
        let camera = "[[camera]]\nid = \"cam-02\"\neye = \"village\"\nurl = \"rtsp://10.0.0.32/s\"\ngrid = \"53012700300102\"";
        judged(&format!("{text}\n{camera}\n{lines}\n"))
    };
    for lines in ["", "like = \"lane\"", "like = \"yard\"", LANE, YARD] {
        assert_eq!(added(lines), "", "{lines}");
    }
    for lines in [OTHER, "like = \"lane\"\nhorizon = { camera_height_m = 9 }"] {
        assert!(
            added(lines).contains("camera `cam-02`: its `horizon` is another one"),
            "{lines}: {}",
            added(lines)
        );
    }
    // Nor may the layer be another one, and the one that was measured at a camera stays with it.
    let tilted = judged(&text.replace(YARD, OTHER).replace("like = \"lane\"", "like = \"yard\""));
    assert!(tilted.contains("camera `cam-01`: its `horizon` is another one"), "{tilted}");
    let swapped = judged(&text.replace("like = \"lane\"", "like = \"yard\""));
    assert!(swapped.contains("camera `cam-01`: its `horizon` is another one"), "{swapped}");
}

#[test]
fn nobody_far_away_decides_who_reads_metrics() {
    let open = judged(|text| format!("{text}\n[metrics]\nlisten = \"127.0.0.1:9464\"\n"));
    assert!(open.starts_with("[metrics] is another one than in the file on the box"), "{open}");
    assert!(judged(str::to_owned).is_empty());
}

#[test]
fn nobody_far_away_makes_the_box_forget_what_it_recorded() {
    let journal = |lines: &str| format!("{FILE}\n[journal]\n{lines}\n");
    let folder = tempfile::tempdir().unwrap();
    let file = config(folder.path(), &journal("days = 5\nmax_mib = 64"));
    let now = "2026-01-01T08:00:00Z".parse().unwrap();
    let judged = |lines: &str| {
        let (running, wanted) = (&file, config(folder.path(), &journal(lines)));
        in_words(&forbidden(&file, running, &wanted, now))
    };
    for allowed in ["days = 5\nmax_mib = 64", "days = 30\nmax_mib = 64", "days = 6\nmax_mib = 9000"] {
        assert_eq!(judged(allowed), "", "{allowed}");
    }
    let off = judged("days = 0\nmax_mib = 64");
    assert!(off.starts_with("[journal] `days` is 0, less than the 5 of the file on the box"), "{off}");
    let shorter = judged("days = 4\nmax_mib = 63");
    assert!(
        shorter.contains("`days` is 4") && shorter.contains("`max_mib` is 63, less than the 64"),
        "{shorter}"
    );
    // What was raised from afar is taken back from afar.
    let raised = config(folder.path(), &journal("days = 30\nmax_mib = 64"));
    assert_eq!(in_words(&forbidden(&file, &raised, &file, now)), "");
}
