//! Diagnosis of a camera through a plain socket, for what GStreamer does not report.
//!
//! Why there is no connection (GStreamer says "Generic error" for an unknown name and a closed port
//! alike) and whether a refused password could have been right, asked after a failure only; and what the camera's
//! server calls itself, asked by `probe`.
//! Every question has a deadline: name servers may take minutes.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use http_auth::{PasswordClient, PasswordParams};

use super::address::RtspUrl;
use super::deadline;
use super::error::Fault;
use super::source::Credentials;
use super::tls::{self, TlsLook};
use crate::text::{camera, foreign};

/// How long the name server and the host get, each.
const PATIENCE: Duration = Duration::from_secs(2);

/// Looks up the name and knocks at the port; always finds a fault, since something did fail.
pub(super) fn no_connection(url: &RtspUrl) -> Fault {
    let (host, port) = (url.host().to_owned(), url.port());
    let address = format!("{host}:{port}");
    let (late_address, fault_address, tls_address) = (address.clone(), address.clone(), address);
    let knocked = deadline::within(PATIENCE * 2, "video-diagnose", move || knock(&host, port, fault_address));
    match knocked {
        Ok(Some(fault)) => fault,
        // Somebody is there: then it was not the network.
        Ok(None) if url.is_encrypted() => match tls::look(url) {
            TlsLook::Refused(detail) => Fault::TlsRefused { address: tls_address, detail },
            TlsLook::Certificate(_) => {
                Fault::TlsRefused { address: tls_address, detail: camera::handshake_fails() }
            }
            TlsLook::Nothing => it_works_now(tls_address),
        },
        Ok(None) => it_works_now(tls_address),
        Err(_) => Fault::Unreachable { address: late_address, detail: camera::silent_name_server() },
    }
}

fn it_works_now(address: String) -> Fault {
    Fault::Unreachable { address, detail: camera::works_now() }
}

/// Whether somebody listens where there was no connection: then it may have been somewhere else.
pub(super) fn works_now(fault: &Fault) -> bool {
    matches!(fault, Fault::Unreachable { detail, .. } if *detail == camera::works_now())
}

/// What is wrong; `None` if somebody listens.
fn knock(host: &str, port: u16, address: String) -> Option<Fault> {
    let first = (host, port).to_socket_addrs().ok().and_then(|mut resolved| resolved.next());
    let Some(first) = first else { return Some(Fault::UnknownHost { host: host.to_owned() }) };
    Some(match TcpStream::connect_timeout(&first, PATIENCE) {
        Ok(_) => return None,
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => Fault::Refused { address },
        Err(error) if error.kind() == ErrorKind::TimedOut => {
            Fault::Unreachable { address, detail: camera::silent() }
        }
        Err(error) => Fault::Unreachable { address, detail: foreign::words(error.to_string()) },
    })
}

/// Whether what listens there begins an encrypted connection.
pub(super) fn speaks_tls(url: &RtspUrl) -> bool {
    matches!(tls::look(url), TlsLook::Certificate(_))
}

/// Where a camera sends us on to that `rtspsrc` does not follow; asked without a login, and with it where the camera
/// sends on only whom it knows.
pub(super) fn redirected_to(url: &RtspUrl, credentials: Option<&Credentials>) -> Option<String> {
    // What is asked here is not encrypted.
    let credentials = credentials.filter(|_| !url.is_encrypted()).cloned();
    let url = url.clone();
    let first =
        |values: std::io::Result<Vec<String>>| values.ok().and_then(|values| values.into_iter().next());
    let asked = move || {
        ["DESCRIBE", "OPTIONS"].iter().find_map(|method| {
            first(ask(&url, method, url.full(), "location")).or_else(|| {
                let known = credentials.as_ref()?;
                let challenges = ask(&url, method, url.full(), "www-authenticate").ok()?;
                let proof = proof(&challenges, known, method, url.full())?;
                first(ask_as(&url, method, url.full(), "location", Some(&proof)))
            })
        })
    };
    deadline::within(PATIENCE * 2, "video-redirect", asked).ok().flatten()
}

/// What the server calls itself in its answer to OPTIONS; `None` where it does not or takes too long.
pub(super) fn server_name(url: &RtspUrl) -> Option<String> {
    let url = url.clone();
    deadline::within(PATIENCE, "video-options", move || ask_options(&url).ok().flatten()).ok().flatten()
}

fn ask_options(url: &RtspUrl) -> std::io::Result<Option<String>> {
    // The address itself could hold a password in its parameters; `*` asks for the server as a whole.
    let servers = ask(url, "OPTIONS", "*", "server")?;
    let name = servers.into_iter().next().map(|value| value.chars().take(80).collect::<String>());
    Ok(name.filter(|value| !value.is_empty()))
}

/// Whether the camera takes a password only in a form that `rtspsrc` does not know: it answers every Digest with MD5,
/// and a right password is refused like a wrong one.
pub(super) fn wants_another_login(url: &RtspUrl) -> bool {
    let url = url.clone();
    let asked = move || ask(&url, "DESCRIBE", url.full(), "www-authenticate").unwrap_or_default();
    let challenges = deadline::within(PATIENCE, "video-login", asked).unwrap_or_default();
    !challenges.is_empty() && !challenges.iter().any(|challenge| is_known(challenge))
}

/// Whether the camera names more than one way to log in.
pub(super) fn offers_a_choice_of_logins(url: &RtspUrl) -> bool {
    let url = url.clone();
    let asked = move || ask(&url, "DESCRIBE", url.full(), "www-authenticate").unwrap_or_default();
    deadline::within(PATIENCE, "video-login", asked).unwrap_or_default().len() > 1
}

/// Whether a challenge can be answered: Basic, or Digest with MD5, which is what a missing algorithm means.
fn is_known(challenge: &str) -> bool {
    let challenge = challenge.to_ascii_lowercase();
    let algorithm = challenge.split_once("algorithm=").map(|(_, after)| after.trim_start_matches('"'));
    match challenge.split_whitespace().next() {
        Some("basic") => true,
        Some("digest") => algorithm.is_none_or(|name| name.starts_with("md5")),
        _ => false,
    }
}

/// The value of `Authorization` that answers a camera's challenges.
fn proof(challenges: &[String], known: &Credentials, method: &str, what: &str) -> Option<String> {
    let parameters = PasswordParams {
        username: &known.user,
        password: known.password.reveal(),
        uri: what,
        method,
        body: Some(&[]),
    };
    PasswordClient::try_from(&*challenges.join(", ")).ok()?.respond(&parameters).ok()
}

/// One request without a password, and the values of a header in the answer.
fn ask(url: &RtspUrl, method: &str, what: &str, header: &str) -> std::io::Result<Vec<String>> {
    ask_as(url, method, what, header, None)
}

/// One request with this proof, and the values of a header in the answer.
fn ask_as(
    url: &RtspUrl,
    method: &str,
    what: &str,
    header: &str,
    proof: Option<&str>,
) -> std::io::Result<Vec<String>> {
    /// More than any camera's answer; a server that sends without end is not read to its end.
    const ANSWER_BYTES: u64 = 8 << 10;
    let mut socket = TcpStream::connect((url.host(), url.port()))?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.set_write_timeout(Some(PATIENCE))?;
    let proof = proof.map(|proof| format!("Authorization: {proof}\r\n")).unwrap_or_default();
    write!(socket, "{method} {what} RTSP/1.0\r\nCSeq: 1\r\n{proof}User-Agent: lookout\r\n\r\n")?;
    let mut values = Vec::new();
    for line in BufReader::new(socket.take(ANSWER_BYTES)).lines() {
        let line = line?;
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.trim().eq_ignore_ascii_case(header)
        {
            values.push(value.trim().chars().filter(|c| !c.is_control()).collect());
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_that_cannot_be_answered_are_distinguished_from_those_that_can() {
        for (challenge, known) in [
            ("Basic realm=\"x\"", true),
            ("Digest realm=\"x\", nonce=\"1\"", true),
            ("digest realm=\"x\", algorithm=\"MD5\"", true),
            ("Digest realm=\"x\", nonce=\"1\", algorithm=SHA-256", false),
            ("Bearer realm=\"x\"", false),
            ("", false),
        ] {
            assert_eq!(is_known(challenge), known, "{challenge}");
        }
    }

    #[test]
    fn a_closed_port_and_an_unknown_name_are_distinguished() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let closed = no_connection(&RtspUrl::parse(&format!("rtsp://127.0.0.1:{port}/x")).unwrap());
        assert_eq!(closed.kind(), "refused");
        let unknown = no_connection(&RtspUrl::parse("rtsp://no-such-camera.invalid/x").unwrap());
        assert_eq!(unknown.kind(), "unknown_host");
    }
}
