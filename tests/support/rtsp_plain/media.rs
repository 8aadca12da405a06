//! The flow of packets of the programmable camera.

use std::io::Write;
use std::net::{Shutdown, SocketAddr, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::Inner;
use super::behaviour::Media;
use crate::support::rtsp_packets::{CLOCK, ElementaryStream, Packetiser};

/// Where packets go after SETUP.
pub enum Outlet {
    Interleaved { channel: u8 },
    Udp { socket: UdpSocket, _control: UdpSocket, to: SocketAddr },
}

/// The pictures to send: the server's own film, or the one that a test put in its place.
struct Reel {
    film: Arc<ElementaryStream>,
    next: usize,
}

impl Reel {
    fn next(&mut self, inner: &Inner, wanted: Option<&Arc<ElementaryStream>>, first: usize) -> Vec<Vec<u8>> {
        let wanted = wanted.unwrap_or(&inner.stream);
        if !Arc::ptr_eq(wanted, &self.film) {
            *self = Reel { film: wanted.clone(), next: first };
        }
        let unit = self.film.units[self.next % self.film.units.len()].clone();
        self.next += 1;
        unit
    }
}

/// Sends picture after picture at the stream's rate until it is over.
pub fn send(
    inner: &Inner,
    writer: &Mutex<TcpStream>,
    outlet: &Outlet,
    over: &AtomicBool,
    last_sign: &Mutex<Instant>,
) {
    let first = inner.behaviour();
    let film = first.stream.clone().unwrap_or_else(|| inner.stream.clone());
    let mut packetiser = Packetiser::new(film.coding, 96, first.first_sequence, first.ssrc);
    let fps = inner.stream.fps;
    let mut reel = Reel { film, next: first.first_unit };
    let mut hung = false;
    let started = Instant::now();
    let step = Duration::from_secs(1) / fps;
    for n in 0u64.. {
        let due = started + step * u32::try_from(n).unwrap_or(u32::MAX);
        if inner.stopped_before(due) || over.load(Ordering::SeqCst) {
            return;
        }
        let behaviour = inner.behaviour();
        let silent = last_sign.lock().elapsed();
        if behaviour.drops_silent_clients
            && silent > Duration::from_secs(behaviour.timeout_secs.unwrap_or(60))
        {
            let _ = writer.lock().shutdown(Shutdown::Both);
            return;
        }
        let unit = reel.next(inner, behaviour.stream.as_ref(), behaviour.first_unit);
        let usual = (n * CLOCK / u64::from(fps)) as u32;
        packetiser.ssrc = behaviour.ssrc;
        let mut packets =
            packetiser.packets(&unit, behaviour.stamps.as_ref().map_or(usual, |stamps| stamps(n)));
        match behaviour.media {
            Media::Never => continue,
            Media::Hangs => hung = true,
            Media::StopsAfter(limit) if n >= limit => continue,
            Media::ClosesInMidFrame(limit) if n >= limit => {
                return end_in_mid_frame(writer, &packets[0], |socket| socket.shutdown(Shutdown::Both));
            }
            Media::HalfClosesInMidFrame(limit) if n >= limit => {
                return end_in_mid_frame(writer, &packets[0], |socket| socket.shutdown(Shutdown::Write));
            }
            Media::ResetsInMidFrame(limit) if n >= limit => {
                // Takes the peer away from the socket, which resets the connection whoever else holds it.
                return end_in_mid_frame(writer, &packets[0], |socket| {
                    rustix::net::connect_unspec(socket).map_err(Into::into)
                });
            }
            _ => {}
        }
        if hung {
            continue;
        }
        if let Some(rework) = &behaviour.rework {
            packets = rework(n, packets);
        }
        let sent = match outlet {
            Outlet::Interleaved { channel } => {
                let mut bytes: Vec<u8> =
                    packets.iter().flat_map(|packet| interleaved(*channel, packet)).collect();
                if let Some(wire) = &behaviour.wire {
                    bytes = wire(n, bytes);
                }
                writer.lock().write_all(&bytes).is_ok()
            }
            Outlet::Udp { socket, to, .. } => packets.iter().all(|packet| socket.send_to(packet, to).is_ok()),
        };
        if !sent {
            return;
        }
        inner.media_sent.fetch_add(1, Ordering::SeqCst);
    }
}

/// Half a packet, and the end. What the client has hung up already cannot be ended once more.
fn end_in_mid_frame(
    writer: &Mutex<TcpStream>,
    packet: &[u8],
    end: impl FnOnce(&TcpStream) -> std::io::Result<()>,
) {
    let mut socket = writer.lock();
    let _ = socket.write_all(&interleaved(0, packet)[..packet.len() / 2]);
    let _ = end(&socket);
}

fn interleaved(channel: u8, packet: &[u8]) -> Vec<u8> {
    let mut framed = vec![b'$', channel];
    framed.extend((packet.len() as u16).to_be_bytes());
    framed.extend_from_slice(packet);
    framed
}
