//! The configuration as its users meet it: the files that come with Lookout, and every mistake at once.

use std::path::{Path, PathBuf};

use lookout::config::{Config, Problems, Surroundings};

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn elsewhere(path: &Path) -> Surroundings {
    Surroundings {
        base: path.parent().map(Path::to_owned).unwrap_or_default(),
        state_dir: "/var/lib/lookout".into(),
        credentials_dir: None,
        at_home: false,
    }
}

fn load(name: &str) -> Result<Config, Problems> {
    let path = repository().join("config").join(name);
    Config::load_in(&path, &elsewhere(&path))
}

#[test]
fn the_files_that_come_with_lookout_have_no_problem() {
    for name in ["example.toml", "minimal.toml", "demo.toml"] {
        let config = load(name).unwrap_or_else(|problems| panic!("{name}:\n{problems}"));
        assert!(config.warnings.is_empty(), "{name}: {:#?}", config.warnings);
    }
}
