//! The last known good configuration from the command centre, for a box whose own file is broken: a mistake in an editor
//! or a worn card must not leave a street unwatched. Must never take what was not taken up, and judged, before.

use std::path::Path;

use super::CONTROL_DIR;
use crate::config::{self, Config, Surroundings};
use crate::control::overrides::StoredOverrides;
use crate::text::{box_log, language_of_log, log_warn};

/// The configuration that the centre sent and that ran last, where the file at `path` cannot be read as one.
pub(crate) fn configuration(path: &Path) -> Option<Config> {
    let surroundings = Surroundings::of(path);
    config::outbox_dirs(path, &surroundings).into_iter().find_map(|dir| {
        let (overrides, damage) = StoredOverrides::load(&dir.join(CONTROL_DIR));
        if let Some(damage) = damage {
            let damage = damage.in_language(language_of_log());
            log_warn!(box_log::stored_overrides_unreadable(); %damage);
        }
        let config = Config::from_text(path, &overrides.now.wanted?.toml, &surroundings)
            .inspect_err(|problems| {
                log_warn!(box_log::stored_config_stale(problems.in_language(language_of_log())));
            })
            .ok()?;
        // Another box's, or left behind in an old place.
        (config.outbox.dir == dir).then_some(config)
    })
}
