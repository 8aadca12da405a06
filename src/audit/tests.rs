use std::fs::OpenOptions;
use std::io::Write as _;

use super::*;
use crate::hash_chain::NOTHING_BEFORE;

fn now() -> Timestamp {
    "2026-01-01T08:00:00Z".parse().unwrap()
}

fn entry(number: u64) -> Entry {
    Entry { request_id: Some(format!("r{number}")), ..Entry::of("accepted") }
}

fn log_of(lines: u64) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let audit = Audit::open(folder.path(), now()).unwrap();
    for number in 1..=lines {
        audit.record(now(), entry(number)).unwrap();
    }
    folder
}

#[test]
fn the_chain_goes_on_over_restarts() {
    let folder = log_of(3);
    Audit::open(folder.path(), now()).unwrap().record(now(), entry(4)).unwrap();
    let verified = verify(&files(folder.path())).unwrap().unwrap();
    assert_eq!((verified.lines, verified.first), (4, 1));
}

#[test]
fn every_change_is_noticed_at_the_line_where_it_shows() {
    let folder = log_of(5);
    let path = folder.path().join("audit.jsonl");
    let good = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = good.lines().collect();
    let with = |changed: Vec<String>| {
        fs::write(&path, changed.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
        verify(&files(folder.path())).unwrap()
    };
    let all: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();

    let mut edited = all.clone();
    edited[2] = edited[2].replace("r3", "r9");
    assert_eq!(with(edited).unwrap_err().line, 4, "line 3 was changed: line 4 does not fit any more");
    let mut removed = all.clone();
    removed.remove(2);
    assert_eq!(with(removed).unwrap_err().line, 3);
    let mut swapped = all.clone();
    swapped.swap(1, 2);
    assert_eq!(with(swapped).unwrap_err().line, 2);
    let mut headless = all.clone();
    headless[0] = headless[0].replacen(NOTHING_BEFORE, &"1".repeat(64), 1);
    assert_eq!(with(headless).unwrap_err().line, 1);
    assert!(with(all).is_ok());
}

#[test]
fn a_torn_line_is_cut_off_and_reported() {
    let folder = log_of(2);
    let path = folder.path().join("audit.jsonl");
    OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"n\":3,\"at\"").unwrap();
    assert!(verify(&files(folder.path())).unwrap().is_err());
    let audit = Audit::open(folder.path(), now()).unwrap();
    audit.record(now(), entry(4)).unwrap();
    let verified = verify(&files(folder.path())).unwrap().unwrap();
    assert_eq!(verified.lines, 4);
    assert!(fs::read_to_string(&path).unwrap().contains("\"torn\""));
}

#[test]
fn a_last_line_that_does_not_fit_is_said_once_and_verify_finds_it_for_good() {
    let folder = log_of(3);
    let path = folder.path().join("audit.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("r2", "r9")).unwrap();
    let damaged = |folder: &Path| {
        drop(Audit::open(folder, now()).unwrap());
        fs::read_to_string(&path).unwrap().matches("\"damaged\"").count()
    };
    assert_eq!((damaged(folder.path()), damaged(folder.path())), (1, 1));
    assert_eq!(verify(&files(folder.path())).unwrap().unwrap_err().line, 3);
}

#[test]
fn it_never_grows_without_bound_and_the_chain_goes_on_over_files() {
    let folder = tempfile::tempdir().unwrap();
    let audit = Audit::open(folder.path(), now()).unwrap();
    let long = Entry { detail: Some("x".repeat(300_000)), ..Entry::of("accepted") };
    for _ in 0..50 {
        audit.record(now(), long.clone()).unwrap();
    }
    let there = files(folder.path());
    assert_eq!(there.len() as u32, FULL_FILES + 1);
    let bytes: u64 = there.iter().map(|path| path.metadata().unwrap().len()).sum();
    assert!(bytes < (FILE_BYTES + 400_000) * u64::from(FULL_FILES + 1), "{bytes}");
    let verified = verify(&there).unwrap().unwrap();
    assert!(verified.first > 1, "the oldest file is gone");
    drop(audit);
    // Reopened right after a file became full.
    let audit = Audit::open(folder.path(), now()).unwrap();
    audit.record(now(), entry(51)).unwrap();
    assert_eq!(verify(&files(folder.path())).unwrap().unwrap().first, verified.first);
}

#[test]
fn lines_of_older_versions_stay_in_the_chain() {
    let folder = tempfile::tempdir().unwrap();
    let old = format!(
        r#"{{"n":1,"at":"2026-01-01T08:00:00Z","before":"{NOTHING_BEFORE}","event":"torn","detail":"7 bytes"}}"#
    );
    fs::write(folder.path().join("audit.jsonl"), format!("{old}\n")).unwrap();
    let audit = Audit::open(folder.path(), now()).unwrap();
    audit.record(now(), Entry::of("torn").with_detail(say::torn(7_usize), Language::Chinese)).unwrap();
    assert_eq!(verify(&files(folder.path())).unwrap().unwrap().lines, 2);
    let text = fs::read_to_string(folder.path().join("audit.jsonl")).unwrap();
    let catalogue = crate::text::entries().into_iter().collect();
    let said = |line: &str, language| {
        serde_json::from_str::<Line>(line).unwrap().entry.detail_in(language, &catalogue)
    };
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(said(lines[0], Language::Chinese).as_deref(), Some("7 bytes"));
    for language in [Language::English, Language::Chinese] {
        assert_eq!(said(lines[1], language), Some(say::torn(7_usize).in_language(language)));
    }
}

/// A log of as many files as there may be.
fn full_log(folder: &Path) -> Audit {
    let audit = Audit::open(folder, now()).unwrap();
    for number in 0..=FULL_FILES {
        audit.record(now(), entry(u64::from(number))).unwrap();
        if number < FULL_FILES {
            audit.pen.lock().turn_over().unwrap();
        }
    }
    audit
}

#[test]
fn a_file_that_cannot_be_made_costs_no_other_one() {
    let folder = tempfile::tempdir().unwrap();
    let audit = full_log(folder.path());
    audit.pen.lock().turn_over().unwrap();
    // The disk had no room for a new one: the full ones have moved, and it is tried again and again.
    fs::remove_file(folder.path().join("audit.jsonl")).unwrap();
    for _ in 0..20 {
        audit.pen.lock().turn_over().unwrap();
        fs::remove_file(folder.path().join("audit.jsonl")).unwrap();
    }
    assert_eq!(files(folder.path()).len() as u32, FULL_FILES);
    let audit = Audit::open(folder.path(), now()).unwrap();
    audit.record(now(), entry(99)).unwrap();
    let verified = verify(&files(folder.path())).unwrap().unwrap();
    assert_eq!((verified.first, verified.lines), (2, u64::from(FULL_FILES) + 1));
}

#[test]
fn a_power_cut_while_files_move_costs_no_more_than_the_oldest() {
    for moved in 1..FULL_FILES {
        let folder = tempfile::tempdir().unwrap();
        drop(full_log(folder.path()));
        for older in (FULL_FILES - moved..FULL_FILES).rev() {
            fs::rename(file_in(folder.path(), older), file_in(folder.path(), older + 1)).unwrap();
        }
        let audit = Audit::open(folder.path(), now()).unwrap();
        audit.pen.lock().turn_over().unwrap();
        audit.record(now(), entry(99)).unwrap();
        let verified = verify(&files(folder.path())).unwrap().unwrap();
        assert_eq!((verified.first, verified.lines), (2, u64::from(FULL_FILES) + 1), "{moved} moved");
    }
}
