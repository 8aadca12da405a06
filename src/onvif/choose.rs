//! Chooses among a camera's streams: one to watch, one to open for evidence.

use super::media::Profile;

/// Networks look at 640 pixels of width: less loses the small and far, much more costs decoding for nothing.
const WIDE_ENOUGH: u32 = 640;
/// A large stream is worth a second address where it has this many times the pixels.
const LARGER_BY: u64 = 2;

/// The streams of one view.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// To watch: `url`.
    pub watch: Profile,
    /// For one more picture when an alert begins: `url_main`.
    pub large: Option<Profile>,
}

/// The choice among the streams of the first view; none where there is no stream.
///
/// H.264 and H.265 go before anything else, as MJPEG costs ten times the network. Of these the smallest that is wide enough
/// is watched, else the largest there is; the largest one is for evidence where it is clearly larger.
pub fn choose(profiles: &[Profile]) -> Option<Choice> {
    let source = &profiles.first()?.source;
    let of_view: Vec<&Profile> = profiles.iter().filter(|profile| profile.source == *source).collect();
    let good: Vec<&Profile> =
        of_view.iter().copied().filter(|profile| profile.is_compressed_well()).collect();
    let among = if good.is_empty() { of_view } else { good };
    let wide = among.iter().filter(|profile| profile.width >= WIDE_ENOUGH);
    let watch = wide.min_by_key(|profile| profile.pixels());
    let watch = watch.or_else(|| among.iter().max_by_key(|profile| profile.pixels()))?;
    let large = among.iter().max_by_key(|profile| profile.pixels());
    let large = large.filter(|large| large.pixels() >= watch.pixels() * LARGER_BY && large.url != watch.url);
    Some(Choice { watch: (*watch).clone(), large: large.map(|large| (*large).clone()) })
}

/// The streams of each view, in the camera's order: one view of a camera, one for each channel of a recorder.
pub fn by_source(profiles: &[Profile]) -> Vec<Vec<Profile>> {
    let mut views: Vec<Vec<Profile>> = Vec::new();
    for profile in profiles {
        match views.iter_mut().find(|view| view.first().is_some_and(|first| first.source == profile.source)) {
            Some(view) => view.push(profile.clone()),
            None => views.push(vec![profile.clone()]),
        }
    }
    views
}
