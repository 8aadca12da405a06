//! Headers of a camera's own tables (`[[camera.zone]]`) that stand below a `[[camera_type]]`: an author who writes them
//! there means the type, and TOML gives them to the camera above it, or to none.
//!
//! Input: the text as typed, also where it is no TOML. Looks at the lines of headers alone.

use std::ops::Range;

/// A header such as `[[camera.zone]]` below a camera type.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BelowType<'t> {
    /// The header as typed, with its brackets.
    pub(super) typed: &'t str,
    /// Its place in the text.
    pub(super) span: Range<usize>,
    /// Whether a camera stands somewhere above it: then it is that one's.
    pub(super) follows_a_camera: bool,
}

impl BelowType<'_> {
    /// What it is called in a camera type.
    pub(super) fn of_type(&self) -> String {
        self.typed.replacen("camera", "camera_type", 1)
    }
}

/// All of them, in the order of the file.
pub(super) fn below_types(text: &str) -> Vec<BelowType<'_>> {
    let mut found = Vec::new();
    let (mut is_below_a_type, mut follows_a_camera) = (false, false);
    for (start, typed) in headers(text) {
        let name = typed.trim_matches(['[', ']']);
        let name: String = name.chars().filter(|c| !c.is_whitespace()).collect();
        if !name.starts_with("camera.") {
            is_below_a_type = name == "camera_type" || name.starts_with("camera_type.");
            follows_a_camera |= name == "camera";
        } else if is_below_a_type {
            found.push(BelowType { typed, span: start..start + typed.len(), follows_a_camera });
        }
    }
    found
}

/// Headers with their first byte. A text over several lines may hold anything, and is passed over.
fn headers(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let (mut start, mut open) = (0, None);
    for line in text.split_inclusive('\n') {
        let typed = line.trim_start();
        if open.is_none() && typed.starts_with('[') {
            let header = typed.split('#').next().unwrap_or_default().trim_end();
            let inside = header.trim_matches(['[', ']']);
            let is_name =
                |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '"' | '\'' | ' ' | '\t');
            if header.ends_with(']') && inside.chars().all(is_name) {
                found.push((start + line.len() - typed.len(), header));
            }
        }
        for quotes in ["\"\"\"", "'''"] {
            let is_odd = line.matches(quotes).count() % 2 == 1;
            open = match open {
                None if is_odd => Some(quotes),
                Some(of) if of == quotes && is_odd => None,
                as_before => as_before,
            };
        }
        start += line.len();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers_of(text: &str) -> Vec<(String, bool)> {
        let found = below_types(text);
        for header in &found {
            assert_eq!(&text[header.span.clone()], header.typed);
        }
        found.iter().map(|header| (header.of_type(), header.follows_a_camera)).collect()
    }

    #[test]
    fn what_stands_below_a_type_is_found_with_and_without_a_camera_above() {
        let of_type = |header: &str, follows: bool| (header.to_owned(), follows);
        assert_eq!(
            headers_of(
                "[[camera_type]]\nid = \"lane\"\n  [[camera.zone]] # gate\nid = \"gate\"\n[camera.thresholds]\n"
            ),
            [of_type("[[camera_type.zone]]", false), of_type("[camera_type.thresholds]", false)]
        );
        assert_eq!(
            headers_of(
                "[[camera]]\nid = \"a\"\n[[camera_type]]\nid = \"lane\"\n[[camera_type.line]]\n[[camera.zone]]\n"
            ),
            [of_type("[[camera_type.zone]]", true)]
        );
    }

    #[test]
    fn what_stands_where_it_belongs_is_not() {
        for text in [
            "[[camera_type]]\n[[camera_type.zone]]\n[[camera]]\n[[camera.zone]]\n[[camera.mask]]\n",
            "[[camera_type]]\n[[camera]]\n[camera.night]\n[[camera.zone]]\n",
            "[[camera_type]]\n[[rule]]\n[[camera.zone]]\n",
            "[[camera_type]]\n# [[camera.zone]]\n",
            "[[camera_type]]\nname = \"\"\"\n[[camera.zone]]\n\"\"\"\n",
            "[[camera_type]]\nthresholds = [\n[1, 2],\n]\n",
        ] {
            assert_eq!(headers_of(text), [], "{text}");
        }
    }
}
