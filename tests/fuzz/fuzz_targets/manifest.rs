//! The list of models.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use lookout::detector::manifest::Manifest;

fuzz_target!(|text: &str| {
    match Manifest::parse(text, Path::new("/usr/share/lookout/models/manifest.toml")) {
        Ok(manifest) => {
            for model in manifest.models() {
                assert!(manifest.model(&model.name).is_ok());
                assert!(model.reported().count() <= model.classes.len());
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
