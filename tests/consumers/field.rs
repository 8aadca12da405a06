//! What stands round a box: gauges that post how high the water is.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

pub const BASE: &str = "lookout/v1/530127/box-1";
/// Everything must have happened by then, on a machine that builds something else at the same time.
pub const SOON: Duration = Duration::from_secs(120);
const TOKEN: &str = "0123456789abcdef-token";

/// The secret `webhook`, in `secrets`.
pub fn write_token(folder: &Path) {
    let secrets = folder.join("secrets");
    fs::create_dir(&secrets).unwrap();
    fs::write(secrets.join("webhook"), TOKEN).unwrap();
    fs::set_permissions(secrets.join("webhook"), fs::Permissions::from_mode(0o600)).unwrap();
}

/// A gauge says how high the water is.
pub fn post(webhook: u16, gauge: &str, level: f64) {
    let mut stream = TcpStream::connect(("127.0.0.1", webhook)).unwrap();
    let body = format!("{{\"m\":{level}}}");
    let request = format!(
        "POST /{gauge} HTTP/1.1\r\nHost: box\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
}
