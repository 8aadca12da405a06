//! What a daemon's log says it has accepted: every revision that it stored.

use std::collections::BTreeSet;

/// One revision that the daemon says it has stored, and that told something new.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stored {
    /// As the CloudEvent's id.
    pub id: String,
    pub level: String,
    pub phase: String,
    pub n: u64,
}

/// Those that told something new.
pub fn stored(log: &str) -> Vec<Stored> {
    lines(log)
        .filter_map(|line| {
            Some(Stored {
                id: id(line)?,
                level: field(line, " level=")?,
                phase: field(line, " phase=")?,
                n: field(line, " seq=")?.parse().ok()?,
            })
        })
        .collect()
}

/// Their ids.
pub fn ids_of(stored: &[Stored]) -> BTreeSet<String> {
    stored.iter().map(|one| one.id.clone()).collect()
}

/// The ids of all revisions, also of those that only say that something lasts.
pub fn all_ids(log: &str) -> BTreeSet<String> {
    lines(log).filter_map(id).collect()
}

fn lines(log: &str) -> impl Iterator<Item = &str> {
    log.lines().filter(|line| line.contains("alert stored"))
}

fn id(line: &str) -> Option<String> {
    Some(format!("{}.{}", field(line, " alert=")?, field(line, " rev=")?))
}

fn field(line: &str, name: &str) -> Option<String> {
    let rest = line.split(name).nth(1)?;
    Some(rest.split_whitespace().next()?.trim_matches('"').to_owned())
}
