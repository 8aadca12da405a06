//! The public tools that `deploy/setup.sh --test` installs.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The folder with `bin/python`, `bin/datamodel-codegen`, `bin/node` and `node_modules`.
pub fn tools() -> PathBuf {
    let cache = std::env::var_os("LOOKOUT_CACHE").map(PathBuf::from).or_else(|| {
        let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        cache
            .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))
            .map(|c| c.join("lookout"))
    });
    let made = cache.unwrap_or_default().join("contract");
    let tools = std::env::var_os("LOOKOUT_CONTRACT_TOOLS").map_or(made, PathBuf::from);
    assert!(tools.join("node_modules").is_dir(), "{} is not whole; deploy/test.sh makes it", tools.display());
    tools
}

/// A file of `tests/data/contract`.
pub fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/contract").join(name)
}

/// One of the tools, by its path below their folder.
pub fn tool(path: &str) -> Command {
    let mut command = Command::new(tools().join(path));
    command.stdin(Stdio::null());
    command
}

/// What it prints; it must end well.
pub fn run<S: AsRef<OsStr>>(mut command: Command, arguments: impl IntoIterator<Item = S>) -> String {
    let output = command.args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{command:?}:\n{}\n{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}
