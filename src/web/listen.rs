//! The listening socket of the page, with hints if it cannot listen.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;

use super::PageTrouble;
use crate::config::{WebListen, document};
use crate::text::page as say;

/// The usual port, and the next ones, where others have the first.
const USUAL_PORTS: std::ops::RangeInclusive<u16> = 8443..=8452;

pub(super) async fn listen(at: WebListen) -> Result<TcpListener, PageTrouble> {
    match at {
        WebListen::At(address) => {
            TcpListener::bind(address).await.map_err(|error| cannot_listen(address, &error))
        }
        WebListen::Usual => {
            for port in USUAL_PORTS.chain([0]) {
                if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
                    return Ok(listener);
                }
            }
            let any = SocketAddr::from((Ipv4Addr::LOCALHOST, *USUAL_PORTS.start()));
            Err(cannot_listen(any, &io::Error::from(io::ErrorKind::AddrInUse)))
        }
    }
}

fn cannot_listen(address: SocketAddr, error: &io::Error) -> PageTrouble {
    let (what, hint) = match error.kind() {
        io::ErrorKind::AddrInUse => {
            (say::port_taken(address.to_string()), say::try_who_listens(address.port()))
        }
        io::ErrorKind::AddrNotAvailable => {
            (say::no_such_address(address.to_string()), say::try_any_address(address.port()))
        }
        io::ErrorKind::PermissionDenied => {
            (say::port_needs_rights(address.port()), say::try_higher_port(document::DEFAULT_WEB_LISTEN))
        }
        _ => {
            (say::cannot_listen(address.to_string(), error.to_string()), say::try_any_address(address.port()))
        }
    };
    PageTrouble::new(what, Some(hint))
}
