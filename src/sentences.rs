//! Every sentence that people read from the box: those of [`crate::text`], and those that stand in the file of the rule,
//! the command or the way by which sensors' numbers come that says them.
//!
//! Files come here through the lists that name them, so a new one adds nothing here. Must never say anything
//! itself.

use std::sync::OnceLock;

use crate::analysis::rules;
use crate::control::commands;
use crate::sensors;
use crate::text::{self, Catalogue, Entry};

fn all() -> impl Iterator<Item = &'static Entry> {
    let listed = rules::SENTENCES.iter().chain(sensors::SENTENCES).copied();
    let of_files = listed.chain(commands::sentences());
    text::entries().into_iter().chain(of_files.flat_map(|areas| areas.concat()))
}

/// By their codes, for who reads again what a file keeps.
pub(crate) fn catalogue() -> &'static Catalogue {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    CATALOGUE.get_or_init(|| all().collect())
}

#[cfg(test)]
mod tests;
