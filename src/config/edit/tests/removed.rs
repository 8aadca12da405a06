//! What goes with a camera or a rule, and what does not.

use super::*;

#[test]
fn what_is_removed_takes_no_others_remarks_with_it() {
    let text = edited(EXAMPLE, Edit::RemoveRule("fire-lane-blocked".to_owned()));
    let (new, gone) = changed(EXAMPLE, &text);
    assert_eq!(new, Vec::<&str>::new());
    assert!(gone.iter().all(|line| !line.contains("----")), "{gone:?}");
    assert!(text.contains("rules: one condition each"), "{text}");
    assert_eq!(read(&text).rules.len(), read(EXAMPLE).rules.len() - 1);

    let text = edited(EXAMPLE, Edit::RemoveCamera("yard-1".to_owned()));
    assert!(
        text.contains("# classes = [\"person\"]          # a poster"),
        "the remark of another camera\n{text}"
    );
    assert!(!text.contains("10.0.0.44") && !text.contains("somebody-in-the-yard"), "{text}");
    assert!(text.contains("\ncameras = [\"cam-03\"]\nfire = "), "{text}");
    // The signal that a removed rule fed goes on with its other source.
    assert!(!text.contains("lingering-in-the-yard"), "{text}");
    assert!(text.contains("from = [\n  { rule = \"gathering-at-the-gate\", weight = 1.2 },\n]"), "{text}");
    read(&text);
    let only = edited(MINIMAL, Edit::RemoveCamera("cam-1".to_owned()));
    assert!(!only.contains("[[camera") && !only.contains("[[rule"), "{only}");
}

#[test]
fn what_named_a_removed_camera_or_rule_goes_or_goes_on_so_that_check_finds_no_mistake() {
    let camera = |id: &str, more: &str| {
        format!(
            "[[camera]]\nid = \"{id}\"\nurl = \"rtsp://10.0.0.3/{id}\"\ngrid = \"53012700300102\"\n{more}\n\
             zone = [{{ id = \"gate\", polygon = [[0.1, 0.5], [0.9, 0.5], [0.9, 1.0]] }}]\n"
        )
    };
    let rule = |id: &str, cameras: &str| {
        format!(
            "[[rule]]\nid = \"{id}\"\n{cameras}\ncrowd = {{ zone = \"gate\", at_least = 3, for_secs = 5 }}\n"
        )
    };
    let text = [
        "[site]\nbox = \"box-1\"\narea = \"530127\"\n[[camera_type]]\nid = \"lane\"\neye = \"village\"\n"
            .to_owned(),
        camera("cam-1", "like = \"lane\""),
        camera("cam-2", "eye = \"household\""),
        rule("alone", "cameras = [\"cam-1\"]"),
        rule("of-its-owner", "eye = \"village\""),
        rule("of-its-type", "cameras = [\"lane/*\"]"),
        rule("of-both", "cameras = [\"lane/*\", \"cam-2\"]"),
        rule("everywhere", "cameras = [\"*\"]"),
        "[[signal]]\nkind = \"own_signal\"\nlevels = { yellow = 0.7 }\n\
         from = [{ rule = \"alone\", weight = 2.0 }, { rule = \"of-both\", weight = 1.0 }]\n"
            .to_owned(),
        "[[signal]]\nkind = \"left_alone\"\nlevels = { yellow = 0.7 }\n\
         [[signal.from]]\nrule = \"of-its-owner\"\nweight = 2.0\n\
         [[signal.from]]\nconditions = [\"dark\"]\ncameras = [\"cam-1\"]\nweight = 2.0\n"
            .to_owned(),
        "[[signal]]\nkind = \"blind\"\nlevels = { yellow = 0.7 }\n\
         from = [{ conditions = [\"dark\"], cameras = [\"cam-1\", \"cam-2\"], weight = 2.0 }]\n"
            .to_owned(),
    ]
    .concat();
    let ids = |config: &Config| config.rules.iter().map(|rule| rule.id.to_string()).collect::<Vec<_>>();
    let sources = |config: &Config| {
        let own = ["own_signal", "left_alone", "blind"];
        own.map(|kind| config.signals.iter().find(|one| &*one.kind == kind).unwrap().from.len())
    };
    let before = read(&text);
    assert_eq!((before.rules.len(), sources(&before)), (5, [2, 2, 1]));

    let gone = edited(&text, Edit::RemoveCamera("cam-1".to_owned()));
    let after = read(&gone);
    assert_eq!(ids(&after), ["of-both", "everywhere"]);
    assert_eq!(sources(&after), [1, 0, 1]);
    assert!(!gone.contains("cam-1") && !gone.contains("lane/*"), "{gone}");

    let gone = edited(&text, Edit::RemoveRule("of-its-owner".to_owned()));
    let after = read(&gone);
    assert_eq!((after.rules.len(), sources(&after)), (4, [2, 1, 1]));
    assert_eq!(changed(&text, &gone).0, Vec::<&str>::new(), "{gone}");

    // One after the other, until nothing is left that says something of them.
    let ids_of_all = ["alone", "of-its-owner", "of-its-type", "of-both", "everywhere"];
    let edits = ids_of_all.map(|id| Edit::RemoveRule(id.to_owned()));
    assert_eq!(sources(&read(&apply(&text, &edits).unwrap())), [0, 1, 1]);
}
