//! Patterns of cameras in rules: `cam-03` is one, `lane/*` all of a type, `*` all there are.
//!
//! Nothing else is a pattern: a rule that watched whatever is called alike would watch more tomorrow than today.

/// What a rule's `cameras` may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pattern<'t> {
    /// The camera of this id.
    One(&'t str),
    /// All cameras of this type.
    OfType(&'t str),
    /// All cameras.
    All,
}

impl<'t> Pattern<'t> {
    /// What is typed; `None` where it is neither an id nor a pattern.
    pub(super) fn read(typed: &'t str) -> Option<Self> {
        match typed.strip_suffix("/*") {
            _ if typed == "*" => Some(Pattern::All),
            Some(name) if !name.is_empty() && !name.contains(['/', '*']) => Some(Pattern::OfType(name)),
            None if !typed.contains(['/', '*']) => Some(Pattern::One(typed)),
            Some(_) | None => None,
        }
    }

    /// Whether it names the camera of this id and type.
    pub(super) fn names(self, id: &str, like: Option<&str>) -> bool {
        match self {
            Pattern::One(named) => named == id,
            Pattern::OfType(name) => like == Some(name),
            Pattern::All => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_a_type_and_all_are_distinguished_and_nothing_else_is_one() {
        assert_eq!(Pattern::read("cam-03"), Some(Pattern::One("cam-03")));
        assert_eq!(Pattern::read("lane/*"), Some(Pattern::OfType("lane")));
        assert_eq!(Pattern::read("*"), Some(Pattern::All));
        for wrong in ["cam-*", "lane/", "/*", "lane/cam-03", "lane/**", "*/*", "lane/x/*", "**", "/"] {
            assert_eq!(Pattern::read(wrong), None, "{wrong}");
        }
        assert!(Pattern::OfType("lane").names("cam-03", Some("lane")));
        assert!(!Pattern::OfType("lane").names("lane", None));
        assert!(Pattern::All.names("cam-03", None) && !Pattern::One("cam-3").names("cam-03", None));
    }
}
