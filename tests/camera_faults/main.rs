//! Everything cameras get wrong, each fault a named test: what the box must do, how soon it is well again, and
//! that nobody else is disturbed. `README.md` beside this file lists them.
//!
//! The camera's part is played by the programmable server of `support::rtsp_plain`, which shares no code with
//! the client. What is wrong with the *picture* (frozen, dark, covered, turned) is tested in `camera_health`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod answers;
mod bitstream;
mod descriptions;
mod encrypted;
mod framing;
mod here;
mod hostile;
mod logins;
mod loss;
mod many;
mod redirects;
mod sessions;
mod silence;
mod slow;
mod stamps;
mod watching;

/// A fault that is tested and not told of helps nobody who looks for it, and the other way round.
#[test]
fn the_table_names_every_test_and_no_other() {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/camera_faults");
    let table = std::fs::read_to_string(here.join("README.md")).unwrap();
    let mut tests = std::collections::BTreeSet::new();
    for file in std::fs::read_dir(&here).unwrap().map(|entry| entry.unwrap().path()) {
        let module = file.file_stem().unwrap().to_string_lossy().into_owned();
        if file.extension().is_none_or(|e| e != "rs") || ["main", "watching"].contains(&module.as_str()) {
            continue;
        }
        let code = std::fs::read_to_string(&file).unwrap();
        let names =
            code.split("#[test]\n").skip(1).filter_map(|after| after.strip_prefix("fn ")?.split('(').next());
        tests.extend(names.map(|name| format!("{module}::{name}")));
    }
    let named: std::collections::BTreeSet<String> = table
        .split('`')
        .filter(|word| word.contains("::") && !word.contains(' '))
        .map(str::to_owned)
        .collect();
    assert!(tests.len() > 50, "{}", tests.len());
    assert_eq!(named, tests);
}
