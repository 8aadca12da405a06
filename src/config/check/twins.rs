//! Cameras with one and the same address of a stream: mostly a copy whose address was forgotten.

use std::collections::BTreeMap;

use super::Checker;
use crate::config::document::{At, Document};
use crate::config::suggest;
use crate::text::{config, config_layers as text};

impl Checker<'_, '_> {
    /// Warns once for each address that several cameras have, at the second of them.
    pub(super) fn twins(&mut self, document: &Document) {
        let mut by_url: BTreeMap<&str, Vec<(&str, &At<String>)>> = BTreeMap::new();
        for At { value: camera, .. } in &document.camera {
            let (Some(id), Some(url)) = (&camera.id, &camera.url) else { continue };
            let address = url.value.trim();
            // A recorded video may be played as several cameras.
            if address.split_once("://").is_some_and(|(scheme, _)| is_a_streams(scheme)) {
                by_url.entry(address).or_default().push((&id.value, url));
            }
        }
        for cameras in by_url.values().filter(|cameras| cameras.len() > 1) {
            let mut ids: Vec<&str> =
                cameras.iter().map(|(id, _)| *id).filter(|id| super::is_id(id)).collect();
            // Of two cameras with one id it was said already, and what is no id is not repeated.
            ids.sort_unstable();
            ids.dedup();
            let [_, (_, url), ..] = &cameras[..] else { continue };
            if ids.len() > 1 {
                self.report
                    .warning(&url.span, text::same_url(config::cameras(suggest::listed(&ids))))
                    .hint(text::own_url());
            }
        }
    }
}

fn is_a_streams(scheme: &str) -> bool {
    ["rtsp", "rtsps"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::{Config, Problem, Surroundings};
    use crate::types::language::Language;

    const MINIMAL: &str = include_str!("../../../config/minimal.toml");

    fn reported(cameras: &[(&str, &str)]) -> Vec<Problem> {
        let path = Path::new("site.toml");
        let of_camera = |(id, url): &(&str, &str)| {
            format!("[[camera]]\nid = \"{id}\"\neye = \"sky\"\nurl = \"{url}\"\ngrid = \"53012700300102\"\n")
        };
        let more: String = cameras.iter().map(of_camera).collect();
        let config = Config::from_text(path, &format!("{MINIMAL}\n{more}"), &Surroundings::elsewhere(path));
        let problems = config.map_or_else(|problems| problems.list, |config| config.warnings);
        let is_of_twins = |warning: &Problem| {
            warning.what.sentence().is_some_and(|what| what.code() == "config_layers.same_url")
        };
        problems.into_iter().filter(is_of_twins).collect()
    }

    #[test]
    fn cameras_with_one_address_are_named_once() {
        let same = "rtsp://10.0.0.9/101";
        let warnings = reported(&[("a", same), ("b", "rtsp://10.0.0.9/201"), ("c", same), ("d", same)]);
        let [warning] = &warnings[..] else { panic!("{warnings:#?}") };
        assert_eq!(warning.what.to_string(), "cameras `a`, `c` and `d` have the same `url`");
        assert_eq!(warning.what.in_language(Language::Chinese), "摄像机 `a`、`c` 和 `d` 的 `url` 相同");
        assert!(warning.is_of_camera("c") && !warning.is_of_camera("b"));
        assert_eq!(warning.excerpt, None, "an address is never quoted");
        assert_eq!(reported(&[("a", same), ("b", "rtsp://10.0.0.9/201")]), []);
        // Of two cameras with one id something else is said, wherever they stand.
        let warnings = reported(&[("b", same), ("a", same), ("b", same)]);
        let [warning] = &warnings[..] else { panic!("{warnings:#?}") };
        assert_eq!(warning.what.to_string(), "cameras `a` and `b` have the same `url`");
    }

    #[test]
    fn one_video_may_be_several_cameras() {
        for (url, warned) in
            [("file:///srv/videos/lane.mp4", 0), ("rtsps://10.0.0.9/101", 1), ("RTSP://10.0.0.9/101", 1)]
        {
            assert_eq!(reported(&[("a", url), ("b", url)]).len(), warned, "{url}");
        }
    }
}
