//! Camera types: each with a name of its own, each used by a camera. What stands in them is checked with the cameras that
//! have it ([`crate::config::layers`]).

use std::collections::BTreeMap;

use super::{Checker, quoted};
use crate::config::document::{At, Document};
use crate::config::suggest;

impl Checker<'_, '_> {
    pub(super) fn camera_types(&mut self, document: &Document) {
        let mut taken = BTreeMap::new();
        for At { value: section, .. } in &document.camera_type {
            let id = self.id(&section.0.id, "camera type", &mut taken);
            let mut likes = document.camera.iter().filter_map(|camera| camera.value.like.as_ref());
            let is_used = likes.any(|like| id.as_deref() == Some(like.value.as_str()));
            // A camera that cannot be read may be the one that uses it.
            let may_be_used = self.taken_out.resembles(0, "camera")
                || document.camera.iter().any(|camera| self.taken_out.resembles(camera.span.start, "like"));
            if let (Some(id), Some(field), false) = (&id, &section.0.id, is_used || may_be_used) {
                self.report
                    .warning(&field.span, format!("no camera is of the type `{id}`"))
                    .hint(format!("write like = \"{id}\" in those that are, or leave the type out"))
                    .consequence();
            }
        }
        let types: Vec<&str> = taken.keys().map(String::as_str).collect();
        for At { value: camera, .. } in &document.camera {
            let Some(At { value: like, span }) = &camera.like else { continue };
            // A type that cannot be read may be the one that is meant.
            if taken.contains_key(like) || self.taken_out.resembles(0, "camera_type") {
                continue;
            }
            let owner = super::camera::owner(camera);
            let example = if super::is_id(like) { like } else { "lane" };
            let hint = suggest::hint(like, types.iter().copied(), "there are").unwrap_or_else(|| {
                format!("add a section `[[camera_type]]` with id = \"{example}\", or leave `like` out")
            });
            self.report
                .error(span, format!("{owner}: `like` names an unknown camera type{}", quoted(like)))
                .hint(hint)
                .consequence();
        }
    }
}
