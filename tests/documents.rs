//! What strangers read: short enough, whole in both languages, and without dead links.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

/// A first page that takes longer to read than the first alert takes to come is none.
const README_BYTES: usize = 10 * 1024;
/// Read by installers, operators and the command centre, so written in both languages.
const TWINS: [&str; 13] = [
    "README",
    "config/GUIDE",
    "config/CONTRACT",
    "config/INTEGRATION",
    "config/COMMANDS",
    "config/PAGE",
    "config/REFERENCE",
    "deploy/FIELD",
    "deploy/fleet/README",
    "deploy/METRICS",
    "models/ADDING",
    "benches/CAPACITY",
    "benches/PEERS",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The lines outside of code blocks.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut is_code = false;
    text.lines().filter(move |line| {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
            return false;
        }
        !is_code
    })
}

fn headings(text: &str) -> Vec<&str> {
    prose(text).filter(|line| line.starts_with('#')).collect()
}

/// What a translation has as often as its original: headings by level, rows of tables, items, code blocks.
fn skeleton(text: &str) -> Vec<String> {
    let levels = headings(text).into_iter().map(|h| h.chars().take_while(|c| *c == '#').collect());
    let count =
        |what: &str, is: fn(&str) -> bool| format!("{what} {}", prose(text).filter(|l| is(l)).count());
    let blocks = text.lines().filter(|line| line.trim_start().starts_with("```")).count() / 2;
    let is_numbered = |line: &str| line.split_once(". ").is_some_and(|(n, _)| n.parse::<u32>().is_ok());
    levels
        .chain([
            count("rows", |line| line.starts_with('|')),
            count("items", |line| line.starts_with("- ")),
            count("steps", is_numbered),
            format!("code blocks {blocks}"),
        ])
        .collect()
}

#[test]
fn the_first_page_is_short() {
    for file in ["README.md", "README.zh-CN.md"] {
        let bytes = text(&root().join(file)).len();
        assert!(
            bytes <= README_BYTES,
            "{file} has {bytes} bytes: what does not belong on a first page moves"
        );
    }
}

#[test]
fn what_people_read_is_there_in_both_languages() {
    for name in TWINS {
        let [english, chinese] = [".md", ".zh-CN.md"].map(|end| text(&root().join(format!("{name}{end}"))));
        assert_eq!(skeleton(&chinese), skeleton(&english), "{name}");
        // A key of the configuration is the same in every language.
        let is_key = |heading: &str| heading.starts_with("## `[") && heading.ends_with("]`");
        let is_chinese =
            |text: &str| is_key(text) || text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        for heading in headings(&chinese).into_iter().skip(1) {
            assert!(is_chinese(heading), "{name}.zh-CN.md: {heading}");
        }
    }
}

/// Every document of the repository.
fn documents() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().to_owned()];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let is_ours = name == ".github" || !name.starts_with('.') && name != "target" && name != "stage";
            if path.is_dir() && is_ours {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "md") {
                found.push(path);
            }
        }
    }
    found
}

/// How a heading is named in links: small letters, figures and hyphens for blanks.
fn anchor(heading: &str) -> String {
    let kept = |c: char| match c {
        ' ' | '-' => Some('-'),
        c if c.is_alphanumeric() || c == '_' => Some(c.to_ascii_lowercase()),
        _ => None,
    };
    heading.trim_start_matches('#').trim().chars().filter_map(kept).collect()
}

#[test]
fn no_link_leads_nowhere() {
    let documents = documents();
    assert!(documents.len() > 20, "{documents:?}");
    let mut dead = Vec::new();
    for document in documents {
        let content = text(&document);
        let links =
            prose(&content).flat_map(|line| line.split("](").skip(1)).filter_map(|l| l.split_once(')'));
        for (link, _) in links.filter(|(link, _)| !link.contains("://")) {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target =
                if file.is_empty() { document.clone() } else { document.parent().unwrap().join(file) };
            let is_there = target.exists()
                && (heading.is_empty() || headings(&text(&target)).iter().any(|h| anchor(h) == heading));
            if !is_there {
                dead.push(format!("{}: {link}", document.strip_prefix(root()).unwrap().display()));
            }
        }
    }
    assert!(dead.is_empty(), "{dead:#?}");
}
