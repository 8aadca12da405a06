//! The streams that a demuxer shows, and what is said where none of them can be read.

use std::path::Path;

use gstreamer as gst;

use super::{of_several, size_or_codec, spoken};
use crate::text::{Sentence, recording};
use crate::video::container;
use crate::video::decoder::Codec;
use crate::video::error::{Fault, UNSUPPORTED_CODEC};

/// A video that a demuxer showed.
#[derive(Debug)]
pub(super) struct Video {
    pub(super) pad: gst::Pad,
    pub(super) codec: Codec,
    size: Option<(u32, u32)>,
}

impl Video {
    pub(super) fn pixels(&self) -> i64 {
        self.size.map_or(0, |(width, height)| i64::from(width) * i64::from(height))
    }
}

/// Streams that a demuxer showed.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The readable videos, until one is chosen.
    pub(super) videos: Vec<Video>,
    /// The codec names of the readable ones, for people.
    sizes: Vec<String>,
    pixels: Vec<i64>,
    has_chosen: bool,
    is_encrypted: bool,
    other_videos: Vec<String>,
    others: Vec<String>,
}

impl Found {
    pub(super) fn is_video(&mut self, caps: &gst::StructureRef, pad: &gst::Pad) -> Option<Codec> {
        let name = caps.name().as_str();
        let Some(codec) = Codec::from_caps(caps) else {
            if name.starts_with("application/x-cenc") || caps.has_field("protection-system") {
                self.is_encrypted = true;
            } else if name.starts_with("video/") || name.starts_with("image/") {
                self.other_videos.push(spoken(name));
            } else {
                self.others.push(spoken(name));
            }
            return None;
        };
        let size = match (caps.get::<i32>("width"), caps.get::<i32>("height")) {
            (Ok(width), Ok(height)) => u32::try_from(width).ok().zip(u32::try_from(height).ok()),
            _ => None,
        };
        let video = Video { pad: pad.clone(), codec, size };
        self.pixels.push(video.pixels());
        self.sizes.push(size_or_codec(size, codec));
        self.videos.push(video);
        Some(codec)
    }

    /// Whether no video was chosen yet.
    pub(super) fn choose_first(&mut self) -> bool {
        self.videos.clear();
        !std::mem::replace(&mut self.has_chosen, true)
    }

    pub(super) fn remark(&self) -> Option<Sentence> {
        let have_a_largest = !self.has_chosen && self.pixels.iter().min() != self.pixels.iter().max();
        of_several(&self.sizes, have_a_largest)
    }

    pub(super) fn check(&self, path: &Path) -> Result<(), Fault> {
        let refused = |kind, what: Sentence, hint: Sentence| {
            Err(Fault::Recording { kind, path: path.to_owned(), what, hint })
        };
        if !self.sizes.is_empty() {
            Ok(())
        } else if self.is_encrypted {
            refused("not_video", recording::holds_encrypted(), recording::try_without_password())
        } else if !self.other_videos.is_empty() {
            let what = recording::holds_codec(self.other_videos.join(" and "));
            refused(UNSUPPORTED_CODEC, what, container::how_to_convert(path))
        } else {
            let what = match self.others.is_empty() {
                true => recording::holds_no_video(),
                false => recording::holds_only(self.others.join(" and ")),
            };
            refused("no_video", what, recording::try_with_pictures())
        }
    }
}
