//! The pictures of alerts that are not the same, where the box still keeps them. Must never read anything but the folder of
//! redacted evidence: originals are sealed, and lie elsewhere.

use std::collections::BTreeMap;
use std::io::Cursor;

use image::ImageFormat;

use super::{Request, changed};
use crate::analysis::alert::AlertId;
use crate::comparison::{Difference, Picture};
use crate::config::Config;
use crate::evidence::{Kept, Store};

/// Width and height of a small picture at most, pixels.
const SMALL: u32 = 320;
/// The first picture of an alert: what raised it.
const FIRST: u32 = 1;

/// The first picture of each alert of the old configuration that is not the same.
pub(super) fn of(differences: &[Difference], old: &Config, request: &Request) -> BTreeMap<AlertId, Picture> {
    let kept = &old.evidence;
    // A folder that is not there would be made.
    if !kept.dir.is_dir() {
        return BTreeMap::new();
    }
    let Ok(store) = Store::open(Kept::Redacted, &kept.dir, kept.keep, kept.max_bytes) else {
        return BTreeMap::new();
    };
    let mut pictures = BTreeMap::new();
    for life in changed(differences).filter_map(Difference::before) {
        // One that cannot be read is none: the report goes without it.
        let Ok(Some(bytes)) = store.read(&life.alert.0, FIRST) else { continue };
        let path = kept.dir.join(format!("{}-{FIRST}.jpg", life.alert.0));
        let small = if request.pictures { small(&bytes) } else { Some((Vec::new(), (0, 0))) };
        if let Some((thumbnail, size)) = small {
            let picture = Picture { path, thumbnail, size, shown_at: None };
            pictures.insert(life.alert.clone(), picture);
        }
    }
    pictures
}

/// The picture, small; nothing where it is none.
fn small(jpeg: &[u8]) -> Option<(Vec<u8>, (u32, u32))> {
    let picture = image::load_from_memory_with_format(jpeg, ImageFormat::Jpeg).ok()?;
    let small = picture.thumbnail(SMALL, SMALL).into_rgb8();
    let mut bytes = Cursor::new(Vec::new());
    small.write_to(&mut bytes, ImageFormat::Jpeg).ok()?;
    Some((bytes.into_inner(), small.dimensions()))
}
