//! A value of a section such as `[web]`: the section comes with its first value and goes with its last one, so that a value
//! that came and went leaves the text as it was. Must never take a remark along that somebody wrote in it.

use toml_edit::{DocumentMut, Item, Table, Value};

use super::{next_position, set_at, table_at, take_out};
use crate::text::{Sentence, config_edit as say};

/// Sets or removes a value.
pub(super) fn set(
    document: &mut DocumentMut,
    section: &str,
    key: &str,
    value: Option<&Value>,
) -> Result<(), Sentence> {
    if document.get(section).is_none_or(Item::is_none) {
        if value.is_none() {
            return Ok(());
        }
        add(document, section);
    }
    let table = document.get_mut(section).and_then(Item::as_table_like_mut);
    let table = table.ok_or_else(|| say::value_has_nothing_below(section))?;
    let before = table.len();
    set_at(table, &[key.to_owned()], value)?;
    if table.is_empty() && before > 0 {
        remove_empty(document, section);
    }
    Ok(())
}

/// At the end of the text, also behind what is remarked there, which is about what stands above it.
fn add(document: &mut DocumentMut, section: &str) {
    let mut table = Table::new();
    table.set_position(Some(last_position(document.as_table()) + 1));
    let trailing = document.trailing().as_str().unwrap_or_default().to_owned();
    if trailing.contains('#') {
        let end = if trailing.ends_with('\n') { "" } else { "\n" };
        table.decor_mut().set_prefix(format!("{trailing}{end}\n"));
        document.set_trailing("");
    }
    document.insert(section, Item::Table(table));
}

fn last_position(root: &Table) -> isize {
    let mut last = 0;
    while let Some(next) = next_position(root, last) {
        last = next;
    }
    last
}

/// Takes it out, unless something is remarked on it: above it, behind its name or right below. What is parted from it by an
/// empty line is about others.
fn remove_empty(document: &mut DocumentMut, section: &str) {
    let root = document.as_table_mut();
    let Some(Item::Table(table)) = root.get(section).filter(|item| has_heading(item)) else {
        take_out(root, section);
        return;
    };
    let text =
        |raw: Option<&toml_edit::RawString>| raw.and_then(|raw| raw.as_str()).unwrap_or_default().to_owned();
    let (above, behind) = (text(table.decor().prefix()), text(table.decor().suffix()));
    let position = table.position();
    let next = position.and_then(|position| next_position(root, position));
    let below = match next.and_then(|position| table_at(root, position)) {
        Some(next) => text(next.decor().prefix()),
        None => document.trailing().as_str().unwrap_or_default().to_owned(),
    };
    let (about_others, own) = above.rsplit_once("\n\n").unwrap_or(("", &above));
    if own.contains('#') || behind.contains('#') || below.trim_start_matches([' ', '\t']).starts_with('#') {
        return;
    }
    document.remove(section);
    if !about_others.contains('#') {
        return;
    }
    let kept = format!("{about_others}\n");
    match next.and_then(|position| table_at(document.as_table_mut(), position)) {
        Some(next) => next.decor_mut().set_prefix(format!("{kept}{below}")),
        None => document.set_trailing(format!("{kept}{below}")),
    }
}

/// Whether it stands under a heading of its own: not as `web.listen = ...` or `web = { ... }`.
fn has_heading(item: &Item) -> bool {
    item.as_table().is_some_and(|table| !table.is_dotted() && !table.is_implicit())
}
