//! Camera types: each with a name of its own, each used by a camera. What stands in them is checked with the cameras that
//! have it ([`crate::config::layers`]).

use std::collections::{BTreeMap, BTreeSet};

use super::{Checker, quoted};
use crate::config::document::{At, Document};
use crate::config::suggest;
use crate::text::config::of;
use crate::text::{config, config_check, config_layers as text};

impl Checker<'_, '_> {
    /// Whether a type that cannot be read may be the one that is meant.
    pub(super) fn types_are_incomplete(&self, document: &Document) -> bool {
        self.taken_out.lacks_section("camera_type")
            || document.camera_type.iter().any(|section| section.value.0.id.is_none())
    }

    pub(super) fn camera_types(&mut self, document: &Document) {
        let likes = document.camera.iter().filter_map(|camera| camera.value.like.as_ref());
        let likes: BTreeSet<&str> = likes.map(|like| like.value.as_str()).collect();
        // A camera that cannot be read may be the one that uses a type.
        let cameras_are_incomplete = self.taken_out.lacks_section("camera")
            || document.camera.iter().any(|camera| self.taken_out.resembles(camera.span.start, "like"));
        let mut taken = BTreeMap::new();
        for At { value: section, .. } in &document.camera_type {
            let id = self.id(&section.0.id, config_check::a_camera_type(), &mut taken);
            let Some(id) = id.filter(|id| !likes.contains(&**id) && !cameras_are_incomplete) else {
                continue;
            };
            if let Some(field) = &section.0.id {
                self.report
                    .warning(&field.span, text::type_unused(&*id))
                    .hint(text::write_like_or_leave_out(&*id))
                    .consequence();
            }
        }
        let types: Vec<&str> = taken.keys().map(String::as_str).collect();
        let incomplete = self.types_are_incomplete(document);
        for At { value: camera, .. } in &document.camera {
            let Some(At { value: like, span }) = &camera.like else { continue };
            if taken.contains_key(like) || incomplete {
                continue;
            }
            let owner = super::camera::owner(camera);
            let example = if super::is_id(like) { like } else { "lane" };
            let near = suggest::nearest_id(like, &types).map(|near| config::did_you_mean(near).into());
            let hint = near.or_else(|| suggest::hint(like, types.iter().copied(), config::there_are));
            let hint = hint.unwrap_or_else(|| text::add_a_type(example).into());
            self.report.error(span, of(owner, text::unknown_type(quoted(like)))).hint(hint).consequence();
        }
    }
}
