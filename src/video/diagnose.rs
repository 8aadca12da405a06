//! Why there is no connection: GStreamer says "Generic error" for an unknown name and a closed port alike.
//!
//! Only asked after a failure, so a camera that works never sees it. Input is a host and a port. Must
//! never be called without a deadline around it: name servers may take minutes.

use std::io::ErrorKind;
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use super::deadline;
use super::error::Fault;
use super::source::RtspUrl;

/// How long the name server and the host get, each.
const PATIENCE: Duration = Duration::from_secs(2);

/// Looks up the name and knocks at the port; always finds a fault, since something did fail.
pub(super) fn no_connection(url: &RtspUrl) -> Fault {
    let (host, port) = (url.host().to_owned(), url.port());
    let address = format!("{host}:{port}");
    let (late_address, fault_address) = (address.clone(), address);
    deadline::within(PATIENCE * 2, "video-diagnose", move || knock(&host, port, fault_address)).unwrap_or(
        Fault::Unreachable { address: late_address, detail: "the name server does not answer".into() },
    )
}

fn knock(host: &str, port: u16, address: String) -> Fault {
    let Ok(mut resolved) = (host, port).to_socket_addrs() else {
        return Fault::UnknownHost { host: host.to_owned() };
    };
    let Some(first) = resolved.next() else {
        return Fault::UnknownHost { host: host.to_owned() };
    };
    match TcpStream::connect_timeout(&first, PATIENCE) {
        Ok(_) => Fault::Unreachable {
            address,
            detail: "the connection failed a moment ago, but would work now".into(),
        },
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => Fault::Refused { address },
        Err(error) if error.kind() == ErrorKind::TimedOut => {
            Fault::Unreachable { address, detail: "it does not answer".into() }
        }
        Err(error) => Fault::Unreachable { address, detail: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_port_and_an_unknown_name_are_told_apart() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let closed = no_connection(&RtspUrl::parse(&format!("rtsp://127.0.0.1:{port}/x")).unwrap());
        assert_eq!(closed.kind(), "refused");
        let unknown = no_connection(&RtspUrl::parse("rtsp://no-such-camera.invalid/x").unwrap());
        assert_eq!(unknown.kind(), "unknown_host");
    }
}
