//! `lookout check --explain CAMERA`: every value of a camera with where it comes from, and the rules that watch it; of a file
//! with mistakes as far as the camera can be read.

use std::path::Path;

use crate::cli::language::{columns, padded};
use crate::config::{Explained, ExplainedValue, Origin, Problem, Severity, WatchingRule};
use crate::contract::Language;
use crate::text::{Joint, Sentence, Words, check as text, config};

/// Longer values do not push where they come from to the right.
const MOST_COLUMNS: usize = 44;

/// The text; of `problems`, those that may keep the camera from being what is meant are named.
pub(super) fn report(
    explained: &Explained,
    camera: &str,
    file: &Path,
    problems: &[Problem],
    language: Language,
) -> String {
    let Explained { values, unset, unreadable, rules, .. } = explained;
    let say = |sentence: Sentence| sentence.in_language(language);
    let mut lines = vec![say(text::camera_of(config::camera(camera), file.display()))];
    let of_value = |ExplainedValue { name, value, from }: &ExplainedValue| {
        (format!("{name} = {value}"), say(origin(from)))
    };
    lines.extend(table(values.iter().map(of_value).collect()));
    let row = |names: &[String]| Words::List(names.iter().map(Words::from).collect(), Joint::Row);
    for (names, sentence) in [(unset, text::not_set as fn(Words) -> Sentence), (unreadable, text::unreadable)]
    {
        if !names.is_empty() {
            lines.push(format!("  {}", say(sentence(row(names)))));
        }
    }
    let mut wrong: Vec<u32> = problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error && concerns(problem, camera, explained))
        .map(|problem| problem.line)
        .collect();
    wrong.dedup();
    let wrong: Vec<String> = wrong.iter().map(u32::to_string).collect();
    match wrong.as_slice() {
        [] => {}
        [line] => lines.push(format!("  {}", say(text::told_of_line(line)))),
        several => lines.push(format!("  {}", say(text::told_of_lines(row(several))))),
    }
    lines.push(say(if rules.is_empty() { text::no_rule() } else { text::rules() }));
    let of_rule =
        |WatchingRule { id, by, line }: &WatchingRule| (id.clone(), say(text::named_in_line(*line, by)));
    lines.extend(table(rules.iter().map(of_rule).collect()));
    lines.join("\n")
}

/// Whether a problem is of the camera, of a layer beneath it, or of the whole text.
fn concerns(problem: &Problem, camera: &str, explained: &Explained) -> bool {
    let value = |code: &str, name: &str| Some(problem.what.first_of(code)?.value(name)?.to_string());
    let of_type = value("config.camera_type", "id");
    let of_defaults = value("config.section", "name").is_some_and(|name| name.starts_with("defaults"));
    problem.is_of_camera(camera)
        || is_no_toml(problem)
        || of_defaults
        || (of_type.is_some() && of_type == explained.like)
}

/// Whether the text is no TOML there.
pub(super) fn is_no_toml(problem: &Problem) -> bool {
    ["config.no_toml", "config.no_toml_but", "config_syntax.never_closed"]
        .iter()
        .any(|code| problem.what.first_of(code).is_some())
}

fn origin(from: &Origin) -> Sentence {
    match from {
        Origin::Own { line } => text::own(*line),
        Origin::Type { id, line } => text::of_type(*line, id),
        Origin::Defaults { line } => text::of_defaults(*line),
        Origin::BuiltIn => text::built_in(),
    }
}

/// Lines in two columns.
fn table(rows: Vec<(String, String)>) -> Vec<String> {
    let widths = rows.iter().map(|(left, _)| columns(left));
    let width = widths.filter(|width| *width <= MOST_COLUMNS).max().unwrap_or(0);
    rows.into_iter().map(|(left, right)| format!("  {}  {right}", padded(&left, width))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Surroundings};

    #[test]
    fn what_keeps_a_camera_from_being_complete_is_named() {
        let broken = "[site]\nbox = \"Box 7\"\narea = \"530127\"\n[defaults.camera]\nweight = 2\n[[camera]]\n\
                      id = \"cam-1\"\nurl = \"rtsp://10.0.0.31/s\"\neye = \"vilage\"\ngrid = \"53012700300102\"\n\
                      rotate = 45\n[[camera]]\nid = \"cam-2\"\neye = 3\n";
        let path = Path::new("site.toml");
        let problems = Config::from_text(path, broken, &Surroundings::elsewhere(path)).unwrap_err();
        let explained = Explained::of(path, broken, "cam-1").unwrap();
        let english = report(&explained, "cam-1", path, &problems.list, Language::English);
        assert!(english.starts_with("camera `cam-1` of site.toml\n"), "{english}");
        assert!(english.contains("\n  left out, because it is wrong: eye\n"), "{english}");
        assert!(english.contains("see the errors in the lines 9, 11\n"), "{english}");
        assert!(
            english.contains("line 5, defaults\n") && english.ends_with("\nno rule watches it"),
            "{english}"
        );
        // They are printed after it, on standard error.
        assert!(!english.contains("above"), "{english}");
        let chinese = report(&explained, "cam-1", path, &problems.list, Language::Chinese);
        assert!(chinese.starts_with("site.toml 中的摄像机 `cam-1`\n"), "{chinese}");
        assert!(
            chinese.contains("\n  有误，未列出：eye\n")
                && chinese.contains("第 5 行，默认值\n")
                && chinese.contains("：见第 9、11 行的错误\n"),
            "{chinese}"
        );
    }
}
