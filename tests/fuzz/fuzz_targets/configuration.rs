//! A configuration, from a file or from the command centre: read, checked, and every problem written out.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use lookout::config::{Config, Surroundings};

fuzz_target!(|text: &str| {
    let path = Path::new("/etc/lookout/lookout.toml");
    match Config::from_text(path, text, &Surroundings::elsewhere(path)) {
        Ok(config) => {
            let again = Config::from_text(path, config.text(), &Surroundings::elsewhere(path));
            assert_eq!(again.map(|again| again.sha256).ok(), Some(config.sha256), "twice the same");
        }
        Err(problems) => {
            let said = problems.to_string();
            assert!(said.contains("error"), "nothing is said: {said}");
            let lines = text.split('\n').count();
            for problem in problems.iter() {
                assert!((1..=lines + 1).contains(&(problem.line as usize)), "{problem:?}");
            }
        }
    }
});
