//! Lines to Modbus devices: a TCP connection or a serial port, both with one habit: before a question goes
//! out, whatever arrived without being asked for is dealt with.
//!
//! An answer that comes late, after its question was given up, must never be taken for the answer to the
//! next question. RTU has no number that would tell them apart, and gateways are known to hand a late answer
//! to whoever asks next. So (with [`super::modbus`]):
//!
//! - after any error or time-out the connection is closed, and for as long again as the answer might have
//!   taken nothing is asked;
//! - bytes that lie there before a question is sent are no answer to it. On a serial line they are thrown
//!   away (noise is usual there); on TCP they mean that the two sides disagree, and the connection is given up.
//!
//! What remains: an RTU answer from the same device, later than twice the time-out and after the next question was
//! sent. Nothing in RTU tells it from the right one; range and rate of change are the last guards.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_modbus::Slave;
use tokio_modbus::client::{Context as Modbus, rtu, tcp};
use tokio_serial::{ClearBuffer, SerialPort, SerialPortBuilderExt, SerialStream};

/// Where Modbus devices are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Line {
    /// Modbus TCP.
    Tcp {
        /// Host name or address.
        host: String,
        /// Port; 502 by the standard.
        port: u16,
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

/// Parity of a serial line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Parity {
    /// None.
    None,
    /// Even: the standard's default.
    Even,
    /// Odd.
    Odd,
}

/// A gateway may hand the answer to a question of the last connection to the next one as soon as that stands. So
/// long it has to do so before the first question; after that the answer would look like ours. A choice: longer
/// than a loaded gateway needs to write what it holds already.
const GREETING: Duration = Duration::from_millis(100);

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

    /// Opens it. The device is chosen by each question.
    pub(super) async fn open(&self) -> io::Result<Modbus> {
        match self {
            Line::Tcp { host, port } => {
                let stream = TcpStream::connect((host.as_str(), *port)).await?;
                stream.set_nodelay(true)?;
                // What comes now is noticed before the first question is written.
                tokio::time::sleep(GREETING).await;
                Ok(tcp::attach_slave(Careful::new(stream), Slave::tcp_device()))
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
                Ok(rtu::attach_slave(Careful::new(port), Slave::broadcast()))
            }
        }
    }
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Line::Tcp { host, port } => write!(f, "{host}:{port}"),
            Line::Rtu(serial) => f.write_str(&serial.device),
        }
    }
}

/// What a line does with bytes that nobody asked for. Called right before a question is written.
trait Unasked {
    fn settle(&mut self) -> io::Result<()>;
}

impl Unasked for TcpStream {
    fn settle(&mut self) -> io::Result<()> {
        // Asked of the system and not of the runtime, which may not have noticed them yet.
        match rustix::io::ioctl_fionread(&*self)? {
            0 => Ok(()),
            bytes => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("{bytes} bytes came before anything was asked"),
            )),
        }
    }
}

impl Unasked for SerialStream {
    fn settle(&mut self) -> io::Result<()> {
        self.clear(ClearBuffer::Input).map_err(io::Error::from)
    }
}

/// A line that settles before each question.
#[derive(Debug)]
struct Careful<T> {
    inner: T,
    /// Nothing of the next question was written yet.
    before_question: bool,
}

impl<T> Careful<T> {
    fn new(inner: T) -> Self {
        Careful { inner, before_question: true }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Careful<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // Reading follows a question; what is written next belongs to another one.
        self.before_question = true;
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl<T: AsyncWrite + Unasked + Unpin> AsyncWrite for Careful<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.before_question {
            self.inner.settle()?;
            self.before_question = false;
        }
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
