//! Grids: what they are called and who answers for them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Checker, text_of};
use crate::config::document::{At, Document, GridDocument};
use crate::config::suggest;
use crate::text::{config, config_site as text};
use crate::types::responsible::Responsible;

impl Checker<'_, '_> {
    /// The sound ones by code.
    pub(super) fn grids(&mut self, document: &Document) -> BTreeMap<Arc<str>, Responsible> {
        let area = document.site.as_ref().and_then(|site| text_of(&site.value.area));
        let of_cameras = document.camera.iter().filter_map(|camera| camera.value.grid.as_ref());
        let of_sensors = document.sensor.iter().filter_map(|sensor| sensor.value.grid.as_ref());
        let places: BTreeSet<&str> = of_cameras.chain(of_sensors).map(|grid| grid.value.as_str()).collect();
        let mut grids: BTreeMap<Arc<str>, Responsible> = BTreeMap::new();
        for At { value: grid, span } in &document.grid {
            let Some(field) = &grid.code else { continue };
            let Some(code) = self.grid(field, area.as_deref(), &"[[grid]]".into()) else { continue };
            let code: Arc<str> = code.as_str().into();
            if grids.contains_key(&code) {
                self.report
                    .error(&field.span, text::another_grid(&*code))
                    .hint(text::leave_one_of_them_out());
                continue;
            }
            let responsible = responsible(grid);
            if responsible == Responsible::default() && !self.taken_out.from(span) {
                self.report
                    .warning(&field.span, text::grid_says_nothing(&*code))
                    .hint(text::what_a_grid_says());
            }
            // What happens at no known place is reported of the whole area.
            let is_used = places.contains(&*code) || area.as_deref() == Some(&*code);
            if !is_used && !self.taken_out.from(span) {
                let hint = suggest::hint(&code, places.iter().copied(), config::they_are_in);
                self.report
                    .warning(&field.span, text::nothing_in_grid(&*code))
                    .maybe_hint(hint)
                    .consequence();
            }
            grids.insert(code, responsible);
        }
        grids
    }
}

fn responsible(grid: &GridDocument) -> Responsible {
    Responsible {
        name: text_of(&grid.name),
        contact: text_of(&grid.contact),
        officer: text_of(&grid.officer),
    }
}
