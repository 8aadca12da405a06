//! Where sentences for people stand: in the catalogue (`src/text`, and `sentences!` in the file of a rule, a command or a source), where
//! they have a code and both languages.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/rust_source.rs"]
mod rust_source;

use std::fs;
use std::path::{Path, PathBuf};

use rust_source::{char_literal, end_of_string};

/// Files whose sentences are data: examples, tables of words that people type, schemas for programmers.
const DATA: [&str; 13] = [
    "analysis/schedule/typed.rs",
    "config/check/zone_names.rs",
    "config/class_words.rs",
    "config/quotable.rs",
    "config/synonyms.rs",
    "config/syntax.rs",
    "contract/asyncapi.rs",
    "contract/examples.rs",
    "contract/examples/meta.rs",
    "contract/health.rs",
    "contract/schema.rs",
    "detector/manifest/identity.rs",
    "types/verdict.rs",
];

/// What others say and is looked for in it, or what is typed: GStreamer, ONNX Runtime, rustls, SQLite, mosquitto, cameras.
const WORDS_OF_OTHERS: [&str; 27] = [
    "Failed to connect",
    "Could not receive message",
    "The server closed the connection",
    "SDP contains no streams",
    "can not provide an SDP",
    "till opset ",
    "max supported IR version: ",
    "protobuf parsing failed",
    " is not a registered function/op",
    "No Op registered for ",
    "Could not find an implementation for ",
    "model name",
    "invalid peer certificate: ",
    "failed to lookup address",
    "Address already in use",
    "should not be run as root",
    "payload type {other}",
    "no such table",
    "no such column",
    "unsupported file format",
    "duplicate column name",
    "already exists",
    "not authorized",
    "not authorised",
    "authority failure",
    "\u{5bc6}\u{7801}",
    "密码",
];

/// What a text of SQL, or a file for another program, begins with.
const TYPED: [&str; 8] =
    ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "CREATE ", "ALTER ", "PRAGMA ", "# Written by "];

/// What a command to type begins with.
const COMMANDS: [&str; 4] =
    ["install ", "lookout secret set ", "sudo lookout page enrol", "sudo lookout restore FILE"];

/// Macros whose texts go to the log of developers or to a failed test, or are no texts.
const NOT_FOR_PEOPLE: [&str; 17] = [
    "trace!",
    "debug!",
    "panic!",
    "unreachable!",
    "assert!",
    "assert_eq!",
    "assert_ne!",
    "debug_assert!",
    "debug_assert_eq!",
    "matches!",
    "json_schema!",
    "concat!",
    "include_str!",
    "env!",
    "asm!",
    // The catalogue itself, in the file of who says it.
    "sentences!",
    "fields!",
];

struct Literal {
    line: usize,
    text: String,
}

/// The texts in quotes of a file: without comments, attributes, the log, and its tests.
fn literals(source: &str) -> Vec<Literal> {
    let mut found = Vec::new();
    let (mut at, mut line) = (0, 1);
    while at < source.len() {
        let rest = &source[at..];
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some(end) = end_of_tests(rest) {
            end
        } else if rest.starts_with("#[") || rest.starts_with("#![") {
            // What thiserror and clap print stands in attributes, too.
            let end = end_of_brackets(rest);
            let is_printed = ["#[error(", "#[command(", "#[arg("].iter().any(|name| rest.starts_with(name));
            if is_printed { 2 } else { end }
        } else if let Some(name) = NOT_FOR_PEOPLE.iter().find(|name| rest.starts_with(**name))
            && !source[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_')
        {
            name.len() + end_of_brackets(&rest[name.len()..])
        } else if rest.starts_with(".expect(") {
            ".expect".len() + end_of_brackets(&rest[".expect".len()..])
        } else if let Some(raw) = rest.strip_prefix("r#\"") {
            let inside = raw.find("\"#").unwrap_or(raw.len());
            found.push(Literal { line, text: raw[..inside].to_owned() });
            rest.len().min(3 + inside + 2)
        } else if rest.starts_with('"') {
            let end = end_of_string(rest);
            found.push(Literal { line, text: unfolded(&rest[1..end - 1]) });
            end
        } else {
            char_literal(rest).unwrap_or_else(|| rest.chars().next().unwrap().len_utf8())
        };
        line += rest[..length].matches('\n').count();
        at += length;
    }
    found
}

/// Bytes of the module of tests that begins here, if one does. One that is in another file is only named here.
fn end_of_tests(rest: &str) -> Option<usize> {
    let named = rest.strip_prefix("#[cfg(test)]\n")?;
    let head = &named[..named.find(['{', ';'])?];
    let is_module = head.split_whitespace().any(|word| word == "mod") && named[head.len()..].starts_with('{');
    let before = rest.len() - named.len() + head.len();
    is_module.then(|| before + end_of_brackets(&rest[before..]))
}

/// Bytes up to behind the bracket that closes the first one; texts in between are passed over.
fn end_of_brackets(rest: &str) -> usize {
    let (mut at, mut depth) = (0, 0);
    while at < rest.len() {
        let here = &rest[at..];
        let c = here.chars().next().unwrap();
        at += match c {
            'r' if raw_text(here).is_some() => raw_text(here).unwrap_or(1),
            '"' => end_of_string(here),
            '\'' => char_literal(here).unwrap_or(1),
            '/' if here.starts_with("//") => here.find('\n').unwrap_or(here.len()),
            _ => c.len_utf8(),
        };
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 && matches!(c, ')' | ']' | '}') {
            return at;
        }
    }
    rest.len()
}

/// Bytes of a raw text, if one begins here.
fn raw_text(rest: &str) -> Option<usize> {
    let marks = rest[1..].bytes().take_while(|byte| *byte == b'#').count();
    let inside = rest[1 + marks..].strip_prefix('"').filter(|_| marks > 0)?;
    let end = format!("\"{}", "#".repeat(marks));
    Some(2 + marks + inside.find(&end)? + end.len())
}

/// A text that goes on in the next line, as one line.
fn unfolded(text: &str) -> String {
    let mut lines = text.split("\\\n");
    let first = lines.next().unwrap_or("").to_owned();
    lines.fold(first, |text, next| text + next.trim_start())
}

/// Whether people would read it as words: two of them beside each other, or Chinese.
fn is_sentence(text: &str) -> bool {
    let is_word = |word: &str| {
        let word = word.trim_end_matches([',', ':', ';', '.', '?', '!']);
        word.len() > 1 && word.chars().all(|c| c.is_ascii_lowercase() || c == '-')
    };
    let is_typed = TYPED.iter().any(|begin| text.trim_start().starts_with(begin));
    if WORDS_OF_OTHERS.contains(&text) || is_typed || is_command(text) {
        return false;
    }
    let text = text.replace("\\n", "\n");
    let is_english = text.lines().any(|line| {
        let words: Vec<&str> = line.split(' ').collect();
        words.windows(2).any(|two| is_word(two[0]) && is_word(two[1]))
    });
    is_english || text.chars().any(|c| matches!(c, '\u{4e00}'..='\u{9fff}'))
}

/// Whether it is a command, or options of one: each word is an option, what belongs to one, a path or to be filled in.
fn is_command(text: &str) -> bool {
    let arguments = COMMANDS.iter().find_map(|command| text.strip_prefix(command));
    let Some(arguments) = arguments.or_else(|| text.starts_with('-').then_some(text)) else { return false };
    let mut before = "";
    arguments.split_whitespace().all(|word| {
        let is_option = word.starts_with('-');
        let is_argument = is_option || before.starts_with('-') || word.contains(['{', '/']);
        before = word;
        is_argument && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./{}".contains(c))
    })
}

fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut folders, mut sources) = (vec![root.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name == "tests" || name == "tests.rs" || name.starts_with("test_") {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".rs") {
                let text = fs::read_to_string(&path).unwrap();
                sources.push((path.strip_prefix(&root).unwrap().to_owned(), text));
            }
        }
    }
    sources.sort();
    assert!(sources.len() > 100, "only {} files were found: the walk is broken", sources.len());
    sources
}

#[test]
fn every_sentence_stands_in_the_catalogue() {
    let mut offences = Vec::new();
    for (path, text) in sources() {
        if path.starts_with("text") || DATA.iter().any(|data| path.starts_with(data)) {
            continue;
        }
        for literal in literals(&text).iter().filter(|literal| is_sentence(&literal.text)) {
            let (path, line, text) = (path.display(), literal.line, &literal.text);
            offences.push(format!("src/{path}:{line}: \"{text}\" belongs into `sentences!`"));
        }
    }
    assert!(offences.is_empty(), "{}", offences.join("\n"));
}

/// An exemption of a file that is gone would let another one of its name pass.
#[test]
fn what_is_exempt_is_there() {
    for path in DATA {
        assert!(sources().iter().any(|(known, _)| known.starts_with(path)), "src/{path} is not there");
    }
}

#[test]
fn the_guard_sees_what_it_guards_against() {
    let source = r##"
//! A "comment with words in it".
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(super) mod more_tests {
    const A: &str = r#"a raw text with a { and a " in it"#;
}
#![allow(dead_code, reason = "nobody asks for it")]
#[error("the camera is gone")]
struct Gone;
fn f() {
    warn!(camera, "the stream is lost: {}", say("and this"));
    let a = format!("{host} refuses the connection");
    let b = ["up/state", "SELECT a FROM b", "two words", "lookout has no key", "install it first"];
    let h = ["lookout secret set {name} --dir {}", "install -d -o root -m 700 {}", "-o root -g {name} -m 640"];
    let c = b.first().expect("it has a first one");
    let d = r#"a raw one"#;
    let e = ('"', "请检查");
    let g = "one \
             two";
}
#[cfg(test)]
mod tests {
    const A: &str = "this is a test";
}
const LAST: &str = "behind the tests";
"##;
    let found: Vec<(usize, String)> = literals(source)
        .into_iter()
        .filter(|literal| is_sentence(&literal.text))
        .map(|literal| (literal.line, literal.text))
        .collect();
    let expected = [
        (10, "the camera is gone"),
        (13, "the stream is lost: {}"),
        (13, "and this"),
        (14, "{host} refuses the connection"),
        (15, "two words"),
        (15, "lookout has no key"),
        (15, "install it first"),
        (18, "a raw one"),
        (19, "请检查"),
        (20, "one two"),
        (27, "behind the tests"),
    ];
    let expected: Vec<(usize, String)> = expected.map(|(line, text)| (line, text.to_owned())).to_vec();
    assert_eq!(found, expected);
}
