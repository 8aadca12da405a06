//! Grids: what they are called and who answers for them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Checker, text_of};
use crate::config::document::{At, Document, GridDocument};
use crate::config::suggest;
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
            let Some(code) = self.grid(field, area.as_deref(), "[[grid]]") else { continue };
            let code: Arc<str> = code.as_str().into();
            if grids.contains_key(&code) {
                self.report
                    .error(&field.span, format!("there is another [[grid]] with the code {code}"))
                    .hint("leave one of them out");
                continue;
            }
            let responsible = responsible(grid);
            if responsible == Responsible::default() && !self.taken_out.from(span) {
                self.report
                    .warning(&field.span, format!("[[grid]] {code} says nothing of its grid"))
                    .hint("give it `name`, `contact` or `officer`, or leave it out");
            }
            // What happens at no known place is told of the whole area.
            let is_used = places.contains(&*code) || area.as_deref() == Some(&*code);
            if !is_used && !self.taken_out.from(span) {
                let hint = suggest::hint(&code, places.iter().copied(), "they are in");
                self.report
                    .warning(&field.span, format!("no camera and no sensor is in [[grid]] {code}"))
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
