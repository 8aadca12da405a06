//! Python with libraries that share no code with Lookout, in environments that `deploy/setup.sh --test` makes.

use std::path::PathBuf;

/// The interpreter of the environment `name` in the cache, or the one that `variable` names.
pub fn python(name: &str, variable: &str) -> PathBuf {
    let cache = std::env::var_os("LOOKOUT_CACHE").map(PathBuf::from).or_else(|| {
        let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        cache
            .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))
            .map(|c| c.join("lookout"))
    });
    let made = cache.unwrap_or_default().join(name).join("bin/python");
    let python = std::env::var_os(variable).map_or(made, PathBuf::from);
    assert!(python.is_file(), "{} is not there; deploy/test.sh makes it", python.display());
    python
}
