//! The rules of the house that no compiler holds: which way arrows point, who may name which library, how files are
//! named and opened, and that nothing published could tell one person from another.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/rust_source.rs"]
mod rust_source;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use lookout::control::messages;
use serde_json::Value;

use rust_source::{char_literal, end_of_string};

/// What each top-level module may import of ours (and itself). `lib.rs` draws the same picture.
const ARROWS: &[(&str, &[&str])] = &[
    ("types", &[]),
    ("threads", &[]),
    ("text", &["types"]),
    ("analysis", &["types", "text"]),
    ("clock", &["types", "analysis"]),
    ("input_file", &["types"]),
    // Files of the service that root may write for it.
    ("private_files", &[]),
    ("frame", &["types", "text", "analysis"]),
    ("contract", &["types", "text", "analysis"]),
    // What two configurations make of the same past.
    ("comparison", &["types", "text", "analysis", "contract"]),
    ("video", &["types", "text", "analysis", "frame", "clock", "contract"]),
    ("detector", &["types", "text", "analysis", "frame", "clock", "contract", "input_file"]),
    ("evidence", &["types", "text", "analysis", "frame", "clock", "contract"]),
    // The lines of both logs below hold together in the same way.
    ("hash_chain", &["types", "text", "analysis", "contract", "input_file"]),
    ("audit", &["types", "text", "analysis", "contract", "hash_chain"]),
    ("coverage", &["types", "text", "analysis", "contract", "hash_chain"]),
    ("outbox", &["types", "text", "analysis", "clock", "contract", "threads"]),
    ("journal", &["types", "text", "analysis", "clock", "contract"]),
    ("mqtt", &["types", "text", "analysis", "clock", "contract", "input_file", "outbox", "threads"]),
    ("onvif", &["types", "text", "contract"]),
    ("lifeline", &["text"]),
    ("pipeline", &["types", "text", "analysis", "frame", "clock", "lifeline", "detector", "video"]),
    ("sensors", &["types", "text", "analysis", "clock", "input_file"]),
    // The configuration of a sensor's source is the source's own.
    ("config", &["types", "text", "analysis", "contract", "input_file", "sensors"]),
    (
        "control",
        &[
            "types", "text", "analysis", "clock", "contract", "config", "evidence", "outbox", "mqtt",
            "audit", "lifeline", "threads",
        ],
    ),
    // Where every sentence is found, also those that stand in the file of who says them.
    ("sentences", &["text", "analysis", "sensors", "control"]),
    (
        "alerts",
        &[
            "types", "text", "analysis", "clock", "frame", "contract", "config", "video", "detector",
            "evidence", "outbox", "lifeline",
        ],
    ),
    // What the page shows of a camera goes through the redaction of evidence.
    ("view", &["types", "text", "analysis", "clock", "frame", "detector", "evidence", "alerts", "threads"]),
    // The command centre's receiver: of a box it knows what the contract says. How files of certificates are read it has from
    // `mqtt`, and from `outbox` the points at which tests kill it.
    ("centre", &["types", "text", "contract", "input_file", "config", "outbox", "mqtt"]),
    // Configurations judge the journal; what the command centre set in place of the file's values counts.
    (
        "retune",
        &[
            "types",
            "text",
            "analysis",
            "clock",
            "contract",
            "comparison",
            "evidence",
            "journal",
            "config",
            "control",
            "alerts",
        ],
    ),
    // What people said of alerts, and what each value would have made of them; the page may show it.
    ("tune", &["types", "text", "analysis", "contract", "comparison", "journal", "config", "retune"]),
    // The same live: a second configuration judges what the first one is given.
    (
        "shadow",
        &[
            "types",
            "text",
            "analysis",
            "contract",
            "comparison",
            "journal",
            "config",
            "retune",
            "private_files",
            "threads",
            // Tests alone: open alerts as they are kept.
            "alerts",
        ],
    ),
    // The page: whoever logged in there may do what a command may, through the same door.
    (
        "web",
        &[
            "types",
            "text",
            "analysis",
            "clock",
            "contract",
            "config",
            "video",
            "evidence",
            "onvif",
            "outbox",
            "audit",
            "coverage",
            "control",
            "view",
            "private_files",
            // What was: the journal, and what another configuration would have made of it.
            "journal",
            "retune",
            "comparison",
            "tune",
            "shadow",
            "threads",
        ],
    ),
    ("metrics", &["types", "text", "contract", "config", "threads"]),
    (
        "daemon",
        &[
            "types", "text", "analysis", "clock", "frame", "contract", "config", "video", "detector",
            "evidence", "outbox", "journal", "mqtt", "audit", "coverage", "pipeline", "lifeline", "sensors",
            "control", "alerts", "view", "web", "metrics", "retune", "shadow", "threads",
        ],
    ),
    (
        "cli",
        &[
            "types",
            "text",
            "analysis",
            "clock",
            "frame",
            "input_file",
            "contract",
            "config",
            "video",
            "detector",
            "evidence",
            "outbox",
            "journal",
            "mqtt",
            "audit",
            "coverage",
            "pipeline",
            "lifeline",
            "sensors",
            "control",
            "alerts",
            "comparison",
            "retune",
            "tune",
            "shadow",
            "view",
            "onvif",
            "web",
            "metrics",
            "centre",
            "daemon",
            "sentences",
        ],
    ),
    ("main", &["cli"]),
];

/// Libraries that one module alone may name.
const HOMES: [(&str, &str); 27] = [
    ("gstreamer", "video"),
    ("gstreamer_app", "video"),
    ("gstreamer_video", "video"),
    ("gstreamer_sdp", "video"),
    ("gstreamer_rtsp_server", "video"),
    ("gio", "video"),
    ("http_auth", "video and onvif"),
    ("gst", "video"),
    ("ort", "detector"),
    ("rusqlite", "outbox and web"),
    ("rumqttc", "mqtt and sensors and centre"),
    ("async_nats", "centre"),
    ("tokio_postgres", "centre"),
    ("tokio_postgres_rustls", "centre"),
    ("tokio_serial", "sensors"),
    ("hyper", "sensors and web and onvif and metrics"),
    ("quick_xml", "onvif"),
    ("tokio_rustls", "web and onvif"),
    ("axum", "web"),
    ("maud", "web and comparison and tune"),
    ("similar", "web and tune"),
    ("toml_edit", "config and web"),
    ("rcgen", "web"),
    ("argon2", "web"),
    ("clap", "cli"),
    ("ureq", "cli"),
    ("schemars", "types and analysis and contract and config and control and sensors"),
];

/// What would make the analysis depend on anything but its arguments.
const IMPURE: [&str; 13] = [
    "Instant",
    "SystemTime",
    "fs",
    "net",
    "thread",
    "process",
    "env",
    "tokio",
    "rand",
    "println",
    "eprintln",
    "gstreamer",
    "tracing",
];

/// Most lines of a file, its tests not counted. A file that is longer rarely fits into a head. This number and the three
/// below may only fall.
const MAX_LINES: usize = 712;
/// Files of more than [`LONG_FILE`] lines, tests not counted, that there are.
const LONG_FILES: usize = 44;
const LONG_FILE: usize = 500;
/// Most lines of a function, its signature included.
const MAX_FUNCTION_LINES: usize = 78;
/// Functions of more than [`LONG_FUNCTION`] lines that there are.
const LONG_FUNCTIONS: usize = 9;
const LONG_FUNCTION: usize = 60;

struct Source {
    /// Below `src`.
    path: PathBuf,
    text: String,
    /// The code without comments and texts.
    code: String,
}

impl Source {
    /// The top-level module it belongs to.
    fn module(&self) -> String {
        let first = self.path.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
        first.trim_end_matches(".rs").to_owned()
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let code = code_of(&text);
                sources.push(Source { path: path.strip_prefix(&root).unwrap().to_owned(), text, code });
            }
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(sources.len() > 40, "only {} files were found: the walk is broken", sources.len());
    sources
}

/// The text with comments, string and character literals blanked out.
fn code_of(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut code = String::with_capacity(text.len());
    let mut i = 0;
    while i < bytes.len() {
        let rest = &text[i..];
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(raw) = rest.strip_prefix("r#\"") {
            raw.find("\"#").map_or(rest.len(), |end| end + 5)
        } else if rest.starts_with('"') {
            end_of_string(rest)
        } else {
            char_literal(rest).unwrap_or_default()
        };
        if skipped > 0 {
            code.push(' ');
            // Lines stay lines, so that a place can be named.
            code.extend(rest[..skipped].chars().filter(|c| *c == '\n'));
            i += skipped;
        } else {
            let c = rest.chars().next().unwrap();
            code.push(c);
            i += c.len_utf8();
        }
    }
    code
}

/// Modules of ours that a code names: what follows `crate::` (or `lookout::` in `main.rs`), groups included.
fn modules_named(code: &str) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for root in ["crate::", "lookout::"] {
        for (at, _) in code.match_indices(root) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            let after = code[at + root.len()..].trim_start();
            match after.strip_prefix('{') {
                Some(group) => named.extend(first_names_of_group(group)),
                None => named.extend(first_name(after)),
            }
        }
    }
    named
}

fn first_name(text: &str) -> Option<String> {
    let name: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!name.is_empty()).then_some(name)
}

/// `a::b, c::{d, e}` up to the closing brace: `a` and `c`.
fn first_names_of_group(group: &str) -> Vec<String> {
    let mut depth = 0;
    let mut expects_name = true;
    let mut names = Vec::new();
    for (i, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => expects_name = true,
            c if expects_name && (c.is_alphanumeric() || c == '_') => {
                names.extend(first_name(&group[i..]));
                expects_name = false;
            }
            _ => {}
        }
    }
    names
}

/// Whether a code uses a word as a name of its own.
fn names(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let before = code[..at].chars().next_back().is_some_and(is_part);
        let after = code[at + word.len()..].chars().next().is_some_and(is_part);
        !before && !after
    })
}

#[test]
fn arrows_point_one_way() {
    let modules: BTreeSet<&str> = ARROWS.iter().map(|(module, _)| *module).collect();
    let mut offences = Vec::new();
    for source in sources() {
        let module = source.module();
        if module == "lib" {
            continue;
        }
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == module) else {
            offences
                .push(format!("src/{}: the module `{module}` has no place in ARROWS", source.path.display()));
            continue;
        };
        for named in modules_named(&source.code) {
            if modules.contains(named.as_str()) && named != module && !allowed.contains(&named.as_str()) {
                offences.push(format!("src/{}: `{module}` must not know `{named}`", source.path.display()));
            }
        }
    }
    assert!(offences.is_empty(), "{}", offences.join("\n"));
}

#[test]
fn the_picture_of_the_house_has_every_module() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("src/lib.rs")).unwrap();
    let picture = text.split_once("Arrows point one way: `").unwrap().1.split_once('`').unwrap().0;
    let drawn: BTreeSet<&str> =
        picture.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|name| !name.is_empty()).collect();
    let modules: BTreeSet<&str> = ARROWS.iter().map(|(module, _)| *module).collect();
    assert_eq!(drawn, modules);
}

#[test]
fn the_arrows_have_no_circle() {
    // Each module may know only such as stand before it in the list.
    for (i, (module, allowed)) in ARROWS.iter().enumerate() {
        for name in *allowed {
            let at = ARROWS.iter().position(|(other, _)| other == name).unwrap();
            assert!(at < i, "{module} -> {name} goes upwards");
        }
    }
}

#[test]
fn the_analysis_and_the_types_depend_on_nothing_but_their_arguments() {
    let mut offences = Vec::new();
    for source in sources().iter().filter(|source| ["types", "analysis"].contains(&source.module().as_str()))
    {
        // A rate limit is given an `Instant`; it may not ask for one.
        let is_given = |word: &str| source.module() == "types" && word == "Instant";
        let code = source.code.split("#[cfg(test)]").next().unwrap_or("");
        for word in IMPURE.iter().filter(|word| names(&source.code, word) && !is_given(word)) {
            offences.push(format!("src/{}: names `{word}`", source.path.display()));
        }
        if code.contains("::now(") {
            offences.push(format!("src/{}: asks what time it is", source.path.display()));
        }
    }
    assert!(offences.is_empty(), "{}", offences.join("\n"));
}

#[test]
fn a_library_is_named_in_its_home_only() {
    let mut offences = Vec::new();
    for source in sources() {
        for (library, home) in HOMES {
            let is_named = |how: String| source.code.contains(&how);
            let used = (is_named(format!("{library}::")) || is_named(format!("use {library} as ")))
                && names(&source.code, library);
            if used && !home.split(" and ").any(|home| home == source.module()) {
                offences.push(format!("src/{}: `{library}` belongs into {home}", source.path.display()));
            }
        }
    }
    assert!(offences.is_empty(), "{}", offences.join("\n"));
}

/// A file's text in quotes, without its tests and comments.
fn literals(text: &str) -> Vec<&str> {
    let own = text.lines().take_while(|line| line.trim() != "#[cfg(test)]");
    own.map(str::trim)
        .filter(|line| !line.starts_with("//"))
        .flat_map(|line| line.split('"').skip(1).step_by(2))
        .collect()
}

/// Topics stand in the table of messages; whoever needs one asks there.
#[test]
fn a_topic_is_written_down_once() {
    let topics: BTreeSet<&str> = messages().iter().map(|message| message.topic).collect();
    let is_table =
        |path: &Path| path == Path::new("contract/messages.rs") || path.starts_with("control/commands");
    let mut offences = Vec::new();
    for source in sources().iter().filter(|source| !is_table(&source.path)) {
        // The queue knows no messages: what is larger than promised it tells by the topic, and its default is for tests.
        if source.module() == "outbox" || source.path.ends_with("tests.rs") {
            continue;
        }
        for literal in literals(&source.text).iter().filter(|literal| topics.contains(*literal)) {
            offences.push(format!(
                "src/{}: \"{literal}\" stands in the table of messages",
                source.path.display()
            ));
        }
    }
    assert!(offences.is_empty(), "{}", offences.join("\n"));
    assert_eq!(literals("// \"a\"\nlet x = [\"up/state\", \"b\"];"), ["up/state", "b"]);
}

#[test]
fn every_file_says_first_what_it_is_for() {
    // A module of tests says it with its name.
    for source in sources().iter().filter(|source| !source.path.ends_with("tests.rs")) {
        let first = source.text.lines().next().unwrap_or("");
        let says = first.strip_prefix("//! ").is_some_and(|sentence| sentence.trim().len() > 10);
        assert!(says, "src/{} must open with `//!` and what it is for", source.path.display());
    }
}

#[test]
fn no_file_is_named_for_nothing() {
    const EMPTY_NAMES: [&str; 9] =
        ["util", "utils", "common", "helper", "helpers", "manager", "misc", "stuff", "core"];
    for source in sources() {
        for part in source.path.components() {
            let name = part.as_os_str().to_string_lossy();
            let name = name.trim_end_matches(".rs");
            assert!(!EMPTY_NAMES.contains(&name), "src/{}: `{name}` says nothing", source.path.display());
        }
    }
}

/// A text without the tests at its end.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests {").next().unwrap_or("")
}

/// Whether a file holds tests alone.
fn is_test(source: &Source) -> bool {
    source.path.iter().any(|part| part == "tests" || part == "tests.rs" || part == "test_support.rs")
}

/// That nothing is longer than `most`, and no more than `many` are longer than `long`.
fn only_falls(mut found: Vec<(usize, String)>, most: usize, (many, long): (usize, usize)) {
    found.retain(|(lines, _)| *lines > long);
    found.sort_by(|a, b| b.cmp(a));
    let listed: Vec<String> = found.iter().map(|(lines, place)| format!("{lines} lines: {place}")).collect();
    let longest = found.first().map_or(0, |(lines, _)| *lines);
    assert!(
        longest <= most && found.len() <= many,
        "{} are longer than {long} lines, which {many} may be, and none than {most}; split by meaning:\n{}",
        found.len(),
        listed.join("\n")
    );
}

#[test]
fn a_file_fits_into_a_head() {
    let sources = sources();
    let lines = sources.iter().filter(|source| !is_test(source)).map(|source| {
        (without_tests(&source.text).lines().count(), format!("src/{}", source.path.display()))
    });
    only_falls(lines.collect(), MAX_LINES, (LONG_FILES, LONG_FILE));
}

/// The functions of a code that have a body: the line in which each begins, its name and its lines.
fn functions_of(code: &str) -> Vec<(usize, String, usize)> {
    let mut found = Vec::new();
    for at in places(code, "fn") {
        let rest = &code[at..];
        let Some(name) = first_name(rest["fn".len()..].trim_start()) else { continue };
        let open = before(rest, "{");
        if open == rest.len() || before(&rest[..open], ";") < open {
            continue;
        }
        let end = open + bracketed(&rest[open..]);
        let line = code[..at].matches('\n').count() + 1;
        found.push((line, name, rest[..end].matches('\n').count() + 1));
    }
    found
}

#[test]
fn a_function_fits_into_a_head() {
    let mut lines = Vec::new();
    for source in sources().iter().filter(|source| !is_test(source)) {
        let path = source.path.display();
        let functions = functions_of(without_tests(&source.code)).into_iter();
        lines.extend(functions.map(|(line, name, length)| (length, format!("src/{path}:{line}: {name}"))));
    }
    assert!(lines.len() > 3000, "only {} functions were found", lines.len());
    only_falls(lines, MAX_FUNCTION_LINES, (LONG_FUNCTIONS, LONG_FUNCTION));
}

/// Bytes from an opening bracket to behind the one that closes it.
fn bracketed(code: &str) -> usize {
    let mut depth = 0;
    for (at, c) in code.char_indices() {
        match c {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + c.len_utf8();
        }
    }
    code.len()
}

/// Bytes before the first `end` that stands in no bracket; all if there is none.
fn before(code: &str, end: &str) -> usize {
    let mut at = 0;
    while at < code.len() && !code[at..].starts_with(end) {
        let c = code[at..].chars().next().unwrap();
        at += if matches!(c, '{' | '(' | '[') { bracketed(&code[at..]) } else { c.len_utf8() };
    }
    at.min(code.len())
}

/// Places where a word of its own begins.
fn places<'c>(code: &'c str, word: &'c str) -> impl Iterator<Item = usize> + 'c {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).map(|(at, _)| at).filter(move |&at| {
        let has_part_before = code[..at].chars().next_back().is_some_and(is_part);
        !has_part_before && !code[at + word.len()..].chars().next().is_some_and(is_part)
    })
}

/// The enums that a code declares, with the names of their variants.
fn enums_of(code: &str) -> Vec<(String, Vec<String>)> {
    let mut enums = Vec::new();
    for at in places(code, "enum") {
        let after = code[at + "enum".len()..].trim_start();
        let (Some(name), Some(open)) = (first_name(after), after.find('{')) else { continue };
        let mut body = &after[open + 1..open + bracketed(&after[open..]) - 1];
        let mut variants = Vec::new();
        while !body.trim().is_empty() {
            let variant = &body[..before(body, ",")];
            variants.extend(first_name(without_attributes(variant)));
            body = body.get(variant.len() + 1..).unwrap_or("");
        }
        enums.push((name, variants));
    }
    enums
}

fn without_attributes(code: &str) -> &str {
    let mut rest = code.trim_start();
    while rest.starts_with('#') {
        rest = rest[1 + bracketed(&rest[1..])..].trim_start();
    }
    rest
}

/// The patterns of every `match`, each with the byte at which the `match` stands.
fn matches_of(code: &str) -> Vec<(usize, Vec<&str>)> {
    let mut all = Vec::new();
    for at in places(code, "match") {
        let mut open = at;
        // What is matched holds no block of its own but in parentheses.
        while open < code.len() && !code[open..].starts_with(['{', ';']) {
            let c = code[open..].chars().next().unwrap();
            open += if matches!(c, '(' | '[') { bracketed(&code[open..]) } else { c.len_utf8() };
        }
        if !code[open.min(code.len())..].starts_with('{') {
            continue;
        }
        let mut body = &code[open + 1..open + bracketed(&code[open..]) - 1];
        let mut patterns = Vec::new();
        while let Some((pattern, rest)) = body.split_at_checked(before(body, "=>")) {
            let Some(rest) = rest.strip_prefix("=>") else { break };
            patterns.push(without_attributes(pattern).trim());
            let rest = rest.trim_start();
            let length = if rest.starts_with('{') { bracketed(rest) } else { before(rest, ",") };
            body = rest[length..].trim_start();
            body = body.strip_prefix(',').unwrap_or(body);
        }
        all.push((at, patterns));
    }
    all
}

/// The enum and the variant with which a pattern begins, `Some` and `Ok` around it left away.
fn variant_of(pattern: &str) -> Option<(String, String)> {
    let mut rest = pattern.trim_start_matches(['&', ' ']);
    for around in ["Some(", "Ok(", "Err("] {
        rest = rest.strip_prefix(around).unwrap_or(rest);
    }
    let path =
        &rest[..rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').unwrap_or(rest.len())];
    let mut names = path.rsplit("::");
    let (variant, name) = (names.next()?, names.next()?);
    Some((name.to_owned(), variant.to_owned()))
}

/// Lines in which a `match` over one of these enums ends in `_`.
fn wildcards_over(enums: &[(String, Vec<String>)], code: &str) -> Vec<(usize, String)> {
    let is_ours = |(name, variant): &(String, String)| {
        enums.iter().any(|(known, variants)| known == name && variants.contains(variant))
    };
    let mut found = Vec::new();
    for (at, patterns) in matches_of(code) {
        let ours = patterns
            .iter()
            .filter(|pattern| !pattern.starts_with(['(', '[']))
            .flat_map(|pattern| pattern.split('|'))
            .filter_map(variant_of)
            .find(|named| is_ours(named));
        if let (true, Some((name, _))) = (patterns.contains(&"_"), ours) {
            found.push((code[..at].matches('\n').count() + 1, name));
        }
    }
    found
}

/// Whoever adds a variant is led by the compiler to every place that must know it.
#[test]
fn a_closed_list_of_ours_is_matched_whole() {
    let sources = sources();
    let enums: Vec<(String, Vec<String>)> =
        sources.iter().flat_map(|source| enums_of(&source.code)).collect();
    assert!(enums.len() > 100, "only {} enums were found", enums.len());
    let mut offences = Vec::new();
    // Tests may name what they expect and nothing else.
    for source in sources.iter().filter(|source| !is_test(source)) {
        for (line, name) in wildcards_over(&enums, without_tests(&source.code)) {
            let path = source.path.display();
            offences.push(format!("src/{path}:{line}: a `match` over `{name}` ends in `_`"));
        }
    }
    assert!(offences.is_empty(), "{}", offences.join("\n"));
}

/// Words that would say who somebody is. Parts of names are compared, so `face_embedding` is found by `embedding`.
const IDENTITY: [&str; 32] = [
    "identity",
    "identities",
    "identification",
    "embedding",
    "embeddings",
    "descriptor",
    "biometric",
    "biometrics",
    "fingerprint",
    "plate",
    "plates",
    "licenseplate",
    "gender",
    "sex",
    "ethnicity",
    "ethnic",
    "race",
    "nationality",
    "skin",
    "age",
    "ages",
    "birth",
    "birthday",
    "reid",
    "reidentification",
    "watchlist",
    "blacklist",
    "whitelist",
    "passport",
    "surname",
    "faceid",
    "personid",
];

/// Names that only look like it: (name, what it is).
const HARMLESS: [(&str, &str); 1] = [("age_s", "seconds since something was measured")];

/// What in a name would say who somebody is.
fn identity_in(name: &str) -> Option<String> {
    if HARMLESS.iter().any(|(harmless, _)| *harmless == name) {
        return None;
    }
    let lower = name.to_lowercase();
    let parts: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let joined = [
        ("face", "id"),
        ("person", "id"),
        ("person", "name"),
        ("id", "card"),
        ("track", "id"),
        ("license", "plate"),
    ];
    let pair = joined
        .iter()
        .find(|(a, b)| parts.windows(2).any(|two| two == [*a, *b]))
        .map(|(a, b)| format!("{a}_{b}"));
    pair.or_else(|| parts.iter().find(|part| IDENTITY.contains(part)).map(|part| (*part).to_owned()))
}

/// Every name of a field and every fixed word in a schema.
fn words_of(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(fields) => {
            for (key, value) in fields {
                match (key.as_str(), value) {
                    ("examples" | "description" | "title", _) => {}
                    ("properties", Value::Object(properties)) => {
                        found.extend(properties.keys().cloned());
                        properties.values().for_each(|field| words_of(field, found));
                    }
                    ("const", Value::String(word)) => {
                        found.insert(word.clone());
                    }
                    ("enum", Value::Array(words)) => {
                        found.extend(words.iter().filter_map(Value::as_str).map(str::to_owned));
                    }
                    _ => words_of(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| words_of(item, found)),
        _ => {}
    }
}

#[test]
fn nothing_published_could_tell_who_somebody_is() {
    let mut words = BTreeSet::new();
    for schema in messages().iter().filter_map(|message| message.json_schema().unwrap()) {
        words_of(&schema, &mut words);
    }
    words_of(&lookout::config::schema::editor_schema(), &mut words);
    assert!(words.len() > 150 && words.contains("alert_id"), "only {} words were found", words.len());
    let offences: Vec<String> = words
        .iter()
        .filter_map(|word| identity_in(word).map(|sign| format!("`{word}` (because of `{sign}`)")))
        .collect();
    assert!(offences.is_empty(), "the published schemas name {}", offences.join(", "));
}

#[test]
fn no_model_is_asked_who_somebody_is() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/manifest.toml");
    let manifest: toml::Table = fs::read_to_string(manifest).unwrap().parse().unwrap();
    let models = manifest.get("model").and_then(toml::Value::as_array).cloned().unwrap_or_default();
    for model in models {
        for class in model["classes"].as_array().unwrap() {
            let class = class.as_str().unwrap();
            assert_eq!(identity_in(class), None, "the class `{class}` of {}", model["name"]);
        }
    }
}

#[test]
fn the_guards_see_what_they_guard_against() {
    let code = code_of(
        "use crate::{video::Source, frame::{Frame, Layout}}; // crate::mqtt\nlet s = \"crate::cli\"; let c = '\"'; crate::outbox::append();",
    );
    let named: Vec<String> = modules_named(&code).into_iter().collect();
    assert_eq!(named, ["frame", "outbox", "video"]);
    assert!(names("let t = Instant::now();", "Instant"));
    assert!(!names("let instantly = InstantNoodles;", "Instant"));
    let functions =
        functions_of("trait T { fn a(&self) -> [u8; 2]; }\nfn b(f: fn(u8)) -> u8 {\n f({ 1 })\n}\n");
    assert_eq!(functions, [(2, "b".to_owned(), 3)]);
    let enums =
        enums_of("pub enum Kind {\n #[serde(rename = \"a\")] A,\n B { x: [u8; 2] },\n C(Vec<u8>, u8) }");
    assert_eq!(enums, [("Kind".to_owned(), ["A", "B", "C"].map(str::to_owned).to_vec())]);
    for (arms, lines) in [
        ("Kind::A => 1,\n _ => 2", vec![2]),
        ("Some(super::Kind::B { x }) if x[0] == 1 => { f(x) }\n _ => g(1, 2),", vec![2]),
        ("Kind::A | Kind::B { .. } => 1, Kind::C(..) => match n { 0 => 1, _ => 2 }", vec![]),
        ("Other::A => 1, _ => 2", vec![]),
        ("(Kind::A, 1) => 1, _ => 2", vec![]),
        ("_ if Kind::A == x => 1, Kind::D => 3, _ => 2", vec![]),
    ] {
        let code = format!("\nlet y = match f({{ x }}) {{ {arms} }};");
        let found: Vec<usize> = wildcards_over(&enums, &code).into_iter().map(|(line, _)| line).collect();
        assert_eq!(found, lines, "{arms}");
    }
    for bad in [
        "face_embedding",
        "plate_text",
        "person_name",
        "Gender",
        "face_id",
        "age",
        "track_id",
        "re-id-watchlist",
    ] {
        assert!(identity_in(bad).is_some(), "{bad}");
    }
    for good in ["age_s", "message", "alert_id", "stage", "request_id", "usage", "camera", "template"] {
        assert_eq!(identity_in(good), None, "{good}");
    }
    let planted =
        serde_json::json!({"$defs": {"Object": {"properties": {"face_embedding": {"type": "array"}}}}});
    let mut words = BTreeSet::new();
    words_of(&planted, &mut words);
    assert!(words.contains("face_embedding"));
}
