//! Files with mistakes, by theme, and what is said of them in both languages: `tests/data/config/cases/NAME.toml` with
//! `NAME.snap` (English) and `NAME.zh.snap` (Chinese) beside it.
//!
//! `LOOKOUT_ACCEPT=1 cargo test --test config cases` writes what is said now; then `git diff` is to be read.

use std::fs;
use std::path::{Path, PathBuf};

use lookout::config::{Config, Problem};
use lookout::contract::Language;

use super::{repository, surroundings};

/// Set: what is said becomes what is wanted.
const ACCEPT: &str = "LOOKOUT_ACCEPT";

fn folder() -> PathBuf {
    repository().join("tests/data/config/cases")
}

/// The files, in the order of their names.
fn files() -> Vec<PathBuf> {
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|e| e == "toml")).collect();
    files.sort();
    assert!(files.len() >= 12, "{files:?}");
    files
}

/// The texts of all of them.
pub fn texts() -> Vec<String> {
    files().iter().map(|file| fs::read_to_string(file).unwrap()).collect()
}

/// What is wrong with a file, as if it stood in `/etc/lookout` of this machine.
fn problems_of(file: &Path) -> Vec<Problem> {
    let text = fs::read_to_string(file).unwrap();
    match Config::from_text(
        Path::new(file.file_name().unwrap()),
        &text,
        &surroundings(true, Path::new("/etc/lookout")),
    ) {
        Ok(config) => config.warnings,
        Err(problems) => problems.list,
    }
}

#[test]
fn what_is_said_of_each_case_is_what_was_accepted() {
    let mut differences = Vec::new();
    for file in files() {
        let problems = problems_of(&file);
        assert!(!problems.is_empty(), "nothing is said of {}", file.display());
        for (language, ending) in [(Language::English, "snap"), (Language::Chinese, "zh.snap")] {
            let name = Path::new(file.file_name().unwrap());
            let said: String =
                problems.iter().map(|problem| format!("{}\n", problem.of(name, language))).collect();
            assert!(!said.contains("hunter2"), "{}: a password is shown:\n{said}", file.display());
            let accepted = file.with_extension(ending);
            let wanted = fs::read_to_string(&accepted).unwrap_or_default();
            if wanted == said {
                continue;
            }
            if std::env::var_os(ACCEPT).is_some() {
                fs::write(&accepted, &said).unwrap();
                continue;
            }
            let (wanted, said): (Vec<&str>, Vec<&str>) = (wanted.lines().collect(), said.lines().collect());
            let line = wanted.iter().zip(&said).take_while(|(wanted, said)| wanted == said).count();
            differences.push(format!(
                "{}, line {}\n  accepted: {}\n  said:     {}",
                accepted.display(),
                line + 1,
                wanted.get(line).unwrap_or(&"(nothing)"),
                said.get(line).unwrap_or(&"(nothing)"),
            ));
        }
    }
    assert!(
        differences.is_empty(),
        "{}\n\nif this is what should be said: {ACCEPT}=1 cargo test --test config cases",
        differences.join("\n")
    );
}

#[test]
fn every_problem_is_a_sentence_with_a_code_and_has_a_chinese_text() {
    let is_han = |c: char| matches!(c, '\u{4e00}'..='\u{9fff}');
    for file in files() {
        for problem in problems_of(&file) {
            let english = problem.what.to_string();
            let rendered =
                problem.rendered(Language::Chinese).unwrap_or_else(|| panic!("no code: {english}"));
            assert!(
                rendered.code.contains('.') && rendered.code != "config.of",
                "{}: {english}",
                rendered.code
            );
            assert!(rendered.text.contains(is_han), "{english} -> {}", rendered.text);
            let hint =
                problem.hint.as_ref().map(|hint| (hint.to_string(), hint.in_language(Language::Chinese)));
            if let Some((english, chinese)) = hint.filter(|(english, chinese)| english == chinese) {
                let is_code =
                    !chinese.contains(' ') || chinese.contains('=') || chinese.starts_with("lookout ");
                assert!(is_code, "no Chinese: {english}");
            }
        }
    }
}
