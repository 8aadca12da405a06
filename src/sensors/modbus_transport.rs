//! Lines to Modbus devices: a TCP connection or a serial port, both with one habit: before a question goes
//! out, whatever arrived without being asked for is dealt with.
//!
//! An answer that comes late, after its question was given up, must never be taken for the answer to the
//! next question. RTU has no number that would tell them apart, and gateways are known to hand a late answer
//! to the next client that asks. So (with [`super::modbus_client`]):
//!
//! - over one connection only the *same* question is asked again while an answer to it may still come;
//! - another question is asked only when nothing more can come: a TCP connection on which an answer is missing is
//!   closed, and on every line nothing is asked for as long again as the answer might have taken;
//! - bytes that lie there before a question is sent are no answer to it. Where frames are RTU they are thrown
//!   away (noise is usual there); with Modbus TCP they mean that the two sides disagree, and the connection is given up.
//!
//! What remains: an RTU answer from the same device, later than twice the time-out and after the next question was
//! sent. Nothing in RTU distinguishes it from the right one; range and rate of change are the last guards.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use rustix::net::{RecvFlags, recv};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_serial::{ClearBuffer, SerialPort, SerialPortBuilderExt, SerialStream};

use crate::types::modbus::{Framing, Parity};

/// A line with Modbus devices.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Line {
    /// Over TCP.
    Tcp {
        /// Host name or address.
        host: String,
        /// Port; 502 by the standard.
        port: u16,
        /// RTU behind a serial server that passes frames on as they are.
        framing: Framing,
    },
    /// Modbus RTU on a serial port.
    Rtu(Serial),
}

/// A serial port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Serial {
    /// The device, such as `/dev/ttyUSB0`.
    pub device: String,
    /// Bits per second.
    pub baud: u32,
    /// Parity.
    pub parity: Parity,
    /// 1 or 2.
    pub stop_bits: u8,
}

/// A gateway may hand the answer to a question of the last connection to the next one as soon as that stands. So
/// long it has to do so before the first question; after that the answer would look like ours. A choice: longer
/// than a loaded gateway needs to write what it holds already.
pub(super) const GREETING: Duration = Duration::from_millis(100);

/// After so many pieces of 256 bytes that nobody asked for there is no end to them.
const DISCARDS: usize = 64;

impl Line {
    /// The pause between two telegrams: 3.5 characters on a serial line, and never less than 1.75 ms ("Modbus
    /// over Serial Line", V1.02, section 2.5.1.1).
    pub(super) fn pause(&self) -> Duration {
        match self {
            Line::Tcp { .. } => Duration::ZERO,
            Line::Rtu(serial) => {
                let character = 11.0 / f64::from(serial.baud.max(1));
                Duration::from_secs_f64((3.5 * character).max(0.001_75))
            }
        }
    }

    /// How frames are written on it.
    pub(super) fn framing(&self) -> Framing {
        match self {
            Line::Tcp { framing, .. } => *framing,
            Line::Rtu(_) => Framing::Rtu,
        }
    }

    pub(super) async fn open(&self) -> io::Result<Box<dyn Wire>> {
        match self {
            Line::Tcp { host, port, framing } => {
                let stream = TcpStream::connect((host.as_str(), *port)).await?;
                stream.set_nodelay(true)?;
                Ok(Box::new(Network { stream, framing: *framing }))
            }
            Line::Rtu(serial) => {
                let parity = match serial.parity {
                    Parity::None => tokio_serial::Parity::None,
                    Parity::Even => tokio_serial::Parity::Even,
                    Parity::Odd => tokio_serial::Parity::Odd,
                };
                let stop_bits = match serial.stop_bits {
                    2 => tokio_serial::StopBits::Two,
                    _ => tokio_serial::StopBits::One,
                };
                let port = tokio_serial::new(&serial.device, serial.baud)
                    .parity(parity)
                    .stop_bits(stop_bits)
                    .open_native_async()
                    .map_err(io::Error::from)?;
                Ok(Box::new(port))
            }
        }
    }
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Line::Tcp { host, port, .. } => write!(f, "{host}:{port}"),
            Line::Rtu(serial) => f.write_str(&serial.device),
        }
    }
}

/// An open line.
pub(super) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {
    /// Deals with what nobody asked for. Called right before a question is written.
    ///
    /// # Errors
    /// Why nothing may be asked over it any more.
    fn settle(&mut self) -> Result<(), Unsettled>;
}

/// Why nothing may be asked over a line any more.
#[derive(Debug)]
pub(super) enum Unsettled {
    /// The other side closed it.
    Closed,
    /// Bytes came that nobody asked for.
    Unasked,
    /// Bytes come that nobody asked for, and do not end.
    Endless,
    /// It does not work.
    Broken(io::Error),
}

/// A TCP connection.
struct Network {
    stream: TcpStream,
    framing: Framing,
}

impl Network {
    /// What lies there, asked of the system and not of the runtime, which may not have noticed it yet; `None`: nothing.
    fn lies_there(&self, flags: RecvFlags) -> Result<Option<usize>, Unsettled> {
        let mut bytes = [0; 256];
        match recv(&self.stream, &mut bytes, flags | RecvFlags::DONTWAIT) {
            Ok((_, 0)) => Err(Unsettled::Closed),
            Ok((_, count)) => Ok(Some(count)),
            Err(rustix::io::Errno::WOULDBLOCK | rustix::io::Errno::INTR) => Ok(None),
            Err(rustix::io::Errno::CONNRESET | rustix::io::Errno::PIPE) => Err(Unsettled::Closed),
            Err(error) => Err(Unsettled::Broken(error.into())),
        }
    }

    /// Throws away what lies there.
    fn discard(&self) -> Result<(), Unsettled> {
        for _ in 0..DISCARDS {
            match self.lies_there(RecvFlags::empty()) {
                Ok(Some(_)) => {}
                // That it is closed is noticed when the next question is asked.
                Ok(None) | Err(Unsettled::Closed | Unsettled::Unasked) => return Ok(()),
                Err(error @ (Unsettled::Endless | Unsettled::Broken(_))) => return Err(error),
            }
        }
        Err(Unsettled::Endless)
    }
}

impl Wire for Network {
    fn settle(&mut self) -> Result<(), Unsettled> {
        match (self.lies_there(RecvFlags::PEEK)?, self.framing) {
            (None, _) => Ok(()),
            (Some(_), Framing::Tcp) => Err(Unsettled::Unasked),
            (Some(_), Framing::Rtu) => self.discard(),
        }
    }
}

impl AsyncRead for Network {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Network {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl Wire for SerialStream {
    fn settle(&mut self) -> Result<(), Unsettled> {
        self.clear(ClearBuffer::Input).map_err(|error| Unsettled::Broken(error.into()))
    }
}
