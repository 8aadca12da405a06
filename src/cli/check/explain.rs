//! `lookout check --explain CAMERA`: every value of a camera with where it comes from, and the rules that watch it.

use std::fmt::Write as _;

use crate::config::{Config, Explained, ExplainedValue, Origin, WatchingRule};

/// Longer values do not push where they come from to the right.
const MOST_COLUMNS: usize = 44;

/// The text, or why there is none.
pub(super) fn told(config: &Config, camera: &str) -> Result<String, String> {
    let Explained { values, unset, rules } = config.explain(camera)?;
    let mut out = format!("camera `{camera}` of {}\n", config.path().display());
    let lines: Vec<(String, String)> = values.iter().map(line_of).collect();
    table(&mut out, &lines);
    if !unset.is_empty() {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "  not set: {}", unset.join(", "));
    }
    if rules.is_empty() {
        out.push_str("no rule watches it\n");
    } else {
        out.push_str("rules that watch it\n");
    }
    let of_rule = |WatchingRule { id, by, line }: &WatchingRule| (id.clone(), format!("line {line}, {by}"));
    let lines: Vec<(String, String)> = rules.iter().map(of_rule).collect();
    table(&mut out, &lines);
    Ok(out.trim_end().to_owned())
}

fn line_of(ExplainedValue { name, value, from }: &ExplainedValue) -> (String, String) {
    let from = match from {
        Origin::Own { line } => format!("line {line}, its own"),
        Origin::Type { id, line } => format!("line {line}, type `{id}`"),
        Origin::Defaults { line } => format!("line {line}, defaults"),
        Origin::BuiltIn => "built in".to_owned(),
    };
    (format!("{name} = {value}"), from)
}

fn table(out: &mut String, lines: &[(String, String)]) {
    let widths = lines.iter().map(|(left, _)| left.chars().count());
    let width = widths.filter(|width| *width <= MOST_COLUMNS).max().unwrap_or(0);
    for (left, right) in lines {
        let _ = writeln!(out, "  {left:<width$}  {right}");
    }
}
