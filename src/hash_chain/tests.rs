use super::*;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Note {
    text: String,
}

impl Chained for Note {
    fn no_line(error: String) -> Sentence {
        say::no_line(error)
    }
}

fn note(number: u64) -> Note {
    Note { text: format!("note {number}") }
}

fn now() -> Timestamp {
    "2026-01-01T08:00:00Z".parse().unwrap()
}

/// A log of four lines, and what its owner keeps of its end.
fn log() -> (tempfile::TempDir, PathBuf, Head) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    let mut pen = Pen::open::<Note>(&path, None, None).unwrap().pen;
    (1..=4).for_each(|number| pen.write(now(), note(number)).unwrap());
    let head = pen.head().unwrap();
    (folder, path, head)
}

fn check(path: &Path, head: Option<&Head>) -> Result<Verified, Fault> {
    verify::<Note>(&[path.to_owned()], head).unwrap()
}

fn lines_of(path: &Path) -> Vec<String> {
    fs::read_to_string(path).unwrap().lines().map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_last_line_that_is_torn_is_cut_off_and_the_one_before_is_gone_on_from() {
    let cases: [&[u8]; 4] = [b"{\"n\":5,\"at\"", b"{\"n\":5}\n", b"\0\0\0\0\n", b"\0\0\0\0"];
    for torn in cases {
        let (_folder, path, head) = log();
        let whole = fs::read(&path).unwrap();
        fs::write(&path, [&whole, torn].concat()).unwrap();
        let opened = Pen::open::<Note>(&path, None, Some(&head)).unwrap();
        assert_eq!((opened.torn, opened.fault), (torn.len(), None), "{torn:?}");
        assert_eq!(fs::read(&path).unwrap(), whole);
        let mut pen = opened.pen;
        pen.write(now(), note(5)).unwrap();
        assert_eq!(check(&path, pen.head().as_ref()).map(|verified| verified.lines), Ok(5), "{torn:?}");
    }
}

#[test]
fn a_whole_line_that_does_not_fit_is_damage_and_stays() {
    let (_folder, path, _) = log();
    let mut lines = lines_of(&path);
    lines[2] = lines[2].replace("note 3", "note 9");
    let changed = lines.concat();
    let mut without = lines_of(&path);
    without.remove(2);
    for text in [changed, without.concat()] {
        fs::write(&path, &text).unwrap();
        let opened = Pen::open::<Note>(&path, None, None).unwrap();
        assert!(opened.torn == 0 && opened.fault.is_some(), "{:?}", opened.fault);
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        let mut pen = opened.pen;
        pen.write(now(), note(5)).unwrap();
        assert!(check(&path, None).is_err(), "it stays broken, whatever follows");
    }
}

#[test]
fn the_first_two_lines_of_a_new_file_are_held_against_the_older_one() {
    let (_folder, older, head) = log();
    let path = older.with_extension("next");
    let opened = Pen::open::<Note>(&path, Some(&older), Some(&head)).unwrap();
    assert_eq!((opened.pen.n(), opened.fault), (4, None));
    let mut pen = opened.pen;
    pen.write(now(), note(5)).unwrap();
    assert_eq!(Pen::open::<Note>(&path, Some(&older), None).unwrap().fault, None);
    let lines = lines_of(&older);
    fs::write(&older, lines[..3].concat()).unwrap();
    assert!(Pen::open::<Note>(&path, Some(&older), None).unwrap().fault.is_some());
}

#[test]
fn a_cut_end_is_found_at_the_start_and_for_good() {
    let (_folder, path, head) = log();
    let lines = lines_of(&path);
    fs::write(&path, lines[..2].concat()).unwrap();
    assert!(check(&path, None).is_ok(), "by itself it is whole");
    let fault = check(&path, Some(&head)).unwrap_err();
    assert_eq!(fault.line, 2);
    assert!(fault.sentence().to_string().ends_with("lines number 3 to 4 were written and are gone"));
    let opened = Pen::open::<Note>(&path, None, Some(&head)).unwrap();
    assert_eq!(opened.fault, Some(say::end_missing(3_u64, 4_u64)));
    let mut pen = opened.pen;
    pen.write(now(), note(5)).unwrap();
    let fault = check(&path, pen.head().as_ref()).unwrap_err();
    assert!(fault.sentence().to_string().ends_with("it has number 5, after number 2: lines are missing"));
}

#[test]
fn a_last_line_that_was_changed_is_found_at_the_start_and_for_good() {
    let (_folder, path, head) = log();
    let mut lines = lines_of(&path);
    lines[3] = lines[3].replace("note 4", "note 9");
    fs::write(&path, lines.concat()).unwrap();
    assert!(check(&path, None).is_ok(), "by itself it is whole");
    assert_eq!(check(&path, Some(&head)).unwrap_err().what, say::last_changed(4_u64));
    let opened = Pen::open::<Note>(&path, None, Some(&head)).unwrap();
    assert_eq!(opened.fault, Some(say::last_changed(4_u64)));
    let mut pen = opened.pen;
    pen.write(now(), note(5)).unwrap();
    assert!(check(&path, pen.head().as_ref()).is_err());
}

#[test]
fn a_log_that_is_ahead_of_what_is_kept_of_its_end_is_whole() {
    let (_folder, path, head) = log();
    let mut pen = Pen::open::<Note>(&path, None, Some(&head)).unwrap().pen;
    pen.write(now(), note(5)).unwrap();
    assert!(check(&path, Some(&head)).is_ok());
    assert_eq!(Pen::open::<Note>(&path, None, Some(&head)).unwrap().fault, None);
}
