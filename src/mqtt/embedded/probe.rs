//! Probes a port of this machine for a broker: one connection, without a client id, so that it can never end
//! another one's.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// CONNECT of MQTT 3.1.1 (section 3.1): clean session, 10 s, the client id left to the broker.
const HELLO: [u8; 14] = [0x10, 12, 0, 4, b'M', b'Q', b'T', b'T', 4, 0b10, 0, 10, 0, 0];
const CONNACK: u8 = 0x20;
const GOODBYE: [u8; 2] = [0xe0, 0];
/// CONNACK return codes (section 3.2.2.3).
const ACCEPTED: u8 = 0;
/// Clients must have an id: it takes clients all the same.
const ID_REJECTED: u8 = 2;

/// What it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// A broker that takes clients without a login.
    Accepted,
    /// A broker that does not.
    Refused,
    /// It answered with something else, or closed the connection, or nobody is there.
    Closed,
    /// No answer in time.
    Silent,
}

/// Asks for a connection.
pub(super) fn ask(port: u16, within: Duration) -> Answer {
    match connack(port, within) {
        Ok([CONNACK, 2, _, ACCEPTED | ID_REJECTED]) => Answer::Accepted,
        Ok([CONNACK, 2, ..]) => Answer::Refused,
        Ok(_) => Answer::Closed,
        Err(error) => match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Answer::Silent,
            _ => Answer::Closed,
        },
    }
}

fn connack(port: u16, within: Duration) -> io::Result<[u8; 4]> {
    let mut stream = TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), within)?;
    stream.set_read_timeout(Some(within))?;
    stream.set_write_timeout(Some(within))?;
    stream.write_all(&HELLO)?;
    let mut answer = [0; 4];
    stream.read_exact(&mut answer)?;
    // It has answered; whether it receives the goodbye does not matter.
    let _ = stream.write_all(&GOODBYE);
    Ok(answer)
}
