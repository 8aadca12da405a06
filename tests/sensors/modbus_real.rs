//! A real Modbus server, pymodbus, over TCP and over a serial line: every kind, order and table.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use lookout::analysis::sensor::RawReading;
use lookout::sensors::{Line, Poll, RegisterQuery, Sensor, Serial, Setup, Source};
use lookout::types::modbus::{Framing, Kind, Order, Parity, Table};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::here::{QUICK, Running, sensor, value};
use super::support::mosquitto::free_port;
use super::support::python::python;

struct Server(Child);

impl Server {
    fn start(arguments: &[&str]) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/sensors/modbus_server.py");
        let mut child = Command::new(python("pymodbus", "LOOKOUT_PYMODBUS"))
            .arg(script)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line.trim(), "ready", "the Modbus server does not start");
        Server(child)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn query(unit: u8, table: Table, register: u16, kind: Kind, order: Order) -> RegisterQuery {
    RegisterQuery {
        unit,
        table,
        register,
        kind,
        order,
        poll: Duration::from_millis(100),
        timeout: Duration::from_secs(3),
        connect_pause: None,
        any_unit: false,
        if_missing: None,
    }
}

/// Everything that `modbus_server.py` describes: name, question, value.
fn all_questions() -> Vec<(&'static str, RegisterQuery, f64)> {
    use Kind::{Bool, F32, I16, I32, U16, U32};
    use Order::{Big, ByteSwapped, Little, WordSwapped};
    use Table::{Coil, Discrete, Holding, Input};
    let level = f64::from(0.31_f32);
    vec![
        ("u16", query(1, Holding, 0, U16, Big), 1234.0),
        ("u16-of-2", query(2, Holding, 0, U16, Big), 4321.0),
        ("i16", query(1, Holding, 1, I16, Big), -5.0),
        ("f32-abcd", query(1, Holding, 10, F32, Big), level),
        ("f32-cdab", query(1, Holding, 12, F32, WordSwapped), level),
        ("f32-badc", query(2, Holding, 14, F32, ByteSwapped), level),
        ("f32-dcba", query(1, Holding, 16, F32, Little), level),
        ("u32", query(1, Holding, 20, U32, Big), 70_000.0),
        ("i32", query(1, Holding, 22, I32, Big), -70_000.0),
        ("input", query(1, Input, 5, U16, Big), 77.0),
        ("coil", query(1, Coil, 3, Bool, Big), 1.0),
        ("coil-off", query(1, Coil, 2, Bool, Big), 0.0),
        ("discrete", query(2, Discrete, 4, Bool, Big), 1.0),
        ("discrete-off", query(1, Discrete, 5, Bool, Big), 0.0),
    ]
}

fn sensors(line: &Line) -> Vec<Sensor> {
    let on = |(id, query, _)| sensor(id, Source::Modbus(Poll { line: line.clone(), query }));
    all_questions().into_iter().map(on).collect()
}

fn assert_all_are_read(running: &Running) {
    for (id, _, wanted) in all_questions() {
        let said = running.wait_for(id, 2);
        assert!(said.iter().all(|said| *said == value(wanted)), "{id}: {said:?}, not {wanted}");
    }
}

fn start(sensors: Vec<Sensor>) -> Running {
    Running::start(Setup { sensors, brokers: Vec::new(), webhook: None, timing: QUICK })
}

#[test]
#[ignore = "needs pymodbus, which deploy/test.sh installs"]
fn every_kind_order_and_table_is_read_over_tcp() {
    let port = free_port();
    let _server = Server::start(&["tcp", &port.to_string()]);
    let line = Line::Tcp { host: "127.0.0.1".to_owned(), port, framing: Framing::Tcp };
    let mut sensors = sensors(&line);
    let beyond = query(1, Table::Holding, 500, Kind::U16, Order::Big);
    sensors.push(sensor(
        "beyond",
        Source::Modbus(Poll { line, query: RegisterQuery { timeout: Duration::from_millis(200), ..beyond } }),
    ));
    let running = start(sensors);
    assert_all_are_read(&running);
    // The server has no such register; it says so, and that is no value.
    let said = running.wait_for("beyond", 1);
    let RawReading::Unreadable(why) = &said[0] else { panic!("{said:?}") };
    assert_eq!(why.to_string(), "the device refuses: Illegal data address");
    assert_all_are_read(&running);
    running.stop();
}

#[test]
#[ignore = "needs pymodbus, which deploy/test.sh installs"]
fn a_server_that_goes_and_comes_back_is_found_again() {
    let port = free_port();
    let server = Server::start(&["tcp", &port.to_string()]);
    let line = Line::Tcp { host: "localhost".to_owned(), port, framing: Framing::Tcp };
    let source = Source::Modbus(Poll { line, query: query(1, Table::Holding, 0, Kind::U16, Order::Big) });
    let running = start(vec![sensor("level", source)]);
    running.wait_for("level", 1);
    drop(server);
    let trouble =
        running.wait_until("level", "troubled", |stats| stats.trouble.is_some()).trouble.unwrap().to_string();
    assert!(trouble.contains(&format!("localhost:{port}")), "{trouble}");
    let before = running.said("level").len();
    let _server = Server::start(&["tcp", &port.to_string()]);
    let said = running.wait_for("level", before + 1);
    assert!(said.iter().all(|said| *said == value(1234.0)), "{said:?}");
    running.stop();
}

#[test]
#[ignore = "needs pymodbus, which deploy/test.sh installs"]
fn every_kind_order_and_table_is_read_over_a_serial_line() {
    let (ours, theirs) = cable();
    let _server = Server::start(&["rtu", theirs.to_str().unwrap(), "115200"]);
    let line = Line::Rtu(Serial {
        device: ours.to_str().unwrap().to_owned(),
        baud: 115_200,
        parity: Parity::None,
        stop_bits: 1,
    });
    let running = start(sensors(&line));
    assert_all_are_read(&running);
    running.stop();
}

#[test]
#[ignore = "needs pymodbus, which deploy/test.sh installs"]
fn every_kind_order_and_table_is_read_over_a_serial_server() {
    let port = free_port();
    let _server = Server::start(&["rtu-over-tcp", &port.to_string()]);
    let line = |framing| Line::Tcp { host: "127.0.0.1".to_owned(), port, framing };
    let running = start(sensors(&line(Framing::Rtu)));
    assert_all_are_read(&running);
    running.stop();

    // Who forgets it is told what to set, and the other way round.
    let patience = Duration::from_millis(200);
    let level = RegisterQuery { timeout: patience, ..query(1, Table::Holding, 0, Kind::U16, Order::Big) };
    let start_on = |line| start(vec![sensor("level", Source::Modbus(Poll { line, query: level.clone() }))]);
    let running = start_on(line(Framing::Tcp));
    let says = |what: &'static str| {
        move |stats: &lookout::sensors::SensorStats| {
            stats.trouble.as_ref().is_some_and(|trouble| trouble.to_string().contains(what))
        }
    };
    running.wait_until(
        "level",
        "told the framing",
        says("an RTU frame, as serial servers pass them on: set framing"),
    );
    running.stop();
    let port = free_port();
    let _server = Server::start(&["tcp", &port.to_string()]);
    let plain = Line::Tcp { host: "127.0.0.1".to_owned(), port, framing: Framing::Rtu };
    let running = start_on(plain);
    running.wait_until("level", "told the framing", says("leave framing = \"rtu\" out"));
    running.stop();
}

/// Two serial ports joined by a cable: two ptys with their masters copied into each other.
fn cable() -> (PathBuf, PathBuf) {
    let (left, left_name) = pty();
    let (right, right_name) = pty();
    let copy = |mut from: File, mut to: File| {
        thread::spawn(move || {
            let mut bytes = [0; 256];
            loop {
                match from.read(&mut bytes) {
                    Ok(n) if n > 0 && to.write_all(&bytes[..n]).is_ok() => {}
                    // EIO: nobody has the other side open at this moment.
                    Err(error) if error.raw_os_error() == Some(5) => {
                        thread::park_timeout(Duration::from_millis(2))
                    }
                    _ => return,
                }
            }
        })
    };
    copy(left.try_clone().unwrap(), right.try_clone().unwrap());
    copy(right, left);
    (left_name, right_name)
}

/// A pty: our end, and the name of the other.
pub fn pty() -> (File, PathBuf) {
    let master: OwnedFd = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
    (File::from(master), PathBuf::from(name))
}
