//! The report as a part of another page: the same parts in the same order as in the file of its own, without a head, and the
//! report's own style for what lies within it. Must never draw anything itself.

use maud::{Markup, html};

use super::Comparison;
use super::html::STYLE;

impl Comparison {
    /// All parts of the report. Both languages are in it; whoever embeds it hides one by the attribute `lang`.
    #[cfg_attr(not(feature = "web"), allow(dead_code, reason = "only the page embeds it"))]
    pub(crate) fn embedded(&self) -> Markup {
        html! { div.report { (self.body()) } }
    }
}

/// The report's style, of which every rule counts within `scope` only, a selector.
#[cfg_attr(not(feature = "web"), allow(dead_code, reason = "only the page embeds it"))]
pub(crate) fn style_within(scope: &str) -> String {
    within(scope, &without_comments(STYLE))
}

fn without_comments(style: &str) -> String {
    let mut rest = style;
    let mut plain = String::with_capacity(style.len());
    while let Some((before, after)) = rest.split_once("/*") {
        plain.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, behind)| behind);
    }
    plain + rest
}

fn within(scope: &str, style: &str) -> String {
    let mut scoped = String::with_capacity(style.len() * 2);
    let mut rest = style;
    while let Some((selectors, after)) = rest.split_once('{') {
        let selectors = selectors.trim();
        let (inside, behind) = after.split_at(end_of_block(after));
        if selectors.starts_with('@') {
            // What counts for some screens only has rules in it.
            scoped.push_str(&format!("{selectors} {{\n{}}}\n", within(scope, inside)));
        } else {
            let all: Vec<String> =
                selectors.split(',').map(|one| format!("{scope} {}", one.trim())).collect();
            scoped.push_str(&format!("{} {{{inside}}}\n", all.join(", ")));
        }
        rest = behind.strip_prefix('}').unwrap_or(behind);
    }
    scoped
}

/// Where the block ends that has just begun.
fn end_of_block(text: &str) -> usize {
    let mut depth = 0;
    for (at, letter) in text.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => return at,
            '}' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_counts_within_the_report_only() {
        let style = style_within(".report");
        assert_eq!(style.matches('{').count(), style.matches('}').count());
        for line in style.lines().filter(|line| line.contains('{')) {
            let selectors = line.split('{').next().unwrap();
            let is_scoped = selectors.split(',').all(|one| one.trim().starts_with(".report "));
            assert!(is_scoped || selectors.starts_with('@'), "{line}");
        }
        assert!(style.contains(".report .key.gone {"), "{style}");
        assert!(style.contains(".report .numbers th, .report .numbers td {"), "{style}");
        assert!(!style.contains("/*"), "{style}");
    }

    #[test]
    fn rules_for_some_screens_stay_so() {
        let scoped = within(".a", "p { x: y; }\n@media print { h1, b { z: 1; } i { z: 2; } }");
        assert_eq!(scoped, ".a p { x: y; }\n@media print {\n.a h1, .a b { z: 1; }\n.a i { z: 2; }\n}\n");
    }
}
