//! Modbus devices that misbehave, above all one that answers late: its answer must never be taken for the answer to
//! another question. Written here, byte by byte, because no real server can be made to do this at the right moment.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use lookout::sensors::{Line, Poll, RegisterQuery, Sensor, Serial, Setup, Source};
use lookout::types::modbus::{Framing, Kind, Order, Parity, Table};

use super::here::{QUICK, Running, SOON, sensor, value};
use super::modbus_real::pty;

/// Time-out of the questions.
const PATIENCE: Duration = Duration::from_millis(300);

pub fn level(register: u16) -> RegisterQuery {
    RegisterQuery {
        unit: 1,
        table: Table::Holding,
        register,
        kind: Kind::U16,
        order: Order::Big,
        poll: Duration::from_millis(50),
        timeout: PATIENCE,
        connect_pause: None,
        any_unit: false,
        if_missing: None,
    }
}

fn start(line: &Line, registers: &[(&str, u16)]) -> Running {
    let on = |(id, register): &(&str, u16)| -> Sensor {
        sensor(id, Source::Modbus(Poll { line: line.clone(), query: level(*register) }))
    };
    Running::start(Setup {
        sensors: registers.iter().map(on).collect(),
        brokers: Vec::new(),
        webhook: None,
        timing: QUICK,
    })
}

/// A question over TCP: transaction and register.
pub fn read_query(stream: &mut TcpStream) -> std::io::Result<(u16, u16)> {
    let mut frame = [0; 12];
    stream.read_exact(&mut frame)?;
    Ok((u16::from_be_bytes([frame[0], frame[1]]), u16::from_be_bytes([frame[8], frame[9]])))
}

/// An answer with one register.
pub fn answer(transaction: u16, word: u16) -> Vec<u8> {
    let mut frame = Vec::new();
    for field in [transaction, 0, 5] {
        frame.extend(field.to_be_bytes());
    }
    frame.extend([1, 3, 2]);
    frame.extend(word.to_be_bytes());
    frame
}

/// Accepts connections one after the other and hands each to `serve` with its number, from 0.
pub fn server(serve: impl Fn(usize, TcpStream) + Send + Sync + 'static) -> Line {
    let door = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = door.local_addr().unwrap().port();
    let serve = std::sync::Arc::new(serve);
    thread::spawn(move || {
        for (n, stream) in door.incoming().enumerate() {
            let (serve, stream) = (serve.clone(), stream.unwrap());
            stream.set_nodelay(true).unwrap();
            thread::spawn(move || serve(n, stream));
        }
    });
    Line::Tcp { host: "127.0.0.1".to_owned(), port, framing: Framing::Tcp }
}

/// Register 7 holds 700, register 8 holds 800, and so on.
pub fn holds(register: u16) -> u16 {
    register * 100
}

pub fn answer_for_ever(mut stream: TcpStream) {
    while let Ok((transaction, register)) = read_query(&mut stream) {
        if stream.write_all(&answer(transaction, holds(register))).is_err() {
            return;
        }
    }
}

/// Each register's sensor must never have said anything but what its register holds.
fn assert_never_mixed_up(running: &Running, registers: &[(&str, u16)]) {
    for (id, register) in registers {
        let said = running.wait_for(id, 3);
        let wanted = value(f64::from(holds(*register)));
        assert!(said.iter().all(|said| *said == wanted), "{id}: {said:?}");
    }
}

const BOTH: [(&str, u16); 2] = [("seven", 7), ("eight", 8)];

#[test]
fn an_answer_on_the_old_connection_is_not_taken_for_the_next_question() {
    let (asked_again, asks_again) = channel::<()>();
    let asks_again = Mutex::new(asks_again);
    let (closed, was_closed) = channel::<Vec<u16>>();
    let line = server(move |n, mut stream| {
        if n > 0 {
            let _ = asked_again.send(());
            return answer_for_ever(stream);
        }
        // The first question of all is answered only when there is another connection.
        let (transaction, register) = read_query(&mut stream).unwrap();
        asks_again.lock().unwrap().recv_timeout(SOON).unwrap();
        let _ = stream.write_all(&answer(transaction, holds(register)));
        let mut asked = vec![register];
        while let Ok((_, register)) = read_query(&mut stream) {
            asked.push(register);
        }
        let _ = closed.send(asked);
    });
    let running = start(&line, &BOTH);
    assert_never_mixed_up(&running, &BOTH);
    let asked = was_closed.recv_timeout(SOON).unwrap();
    assert!(
        asked.iter().all(|register| *register == asked[0]),
        "only the same may be asked again: {asked:?}"
    );
    let late = running.stats("seven").errors + running.stats("eight").errors;
    assert_eq!(late, 1, "one question was answered late");
    running.stop();
}

/// A gateway that has one place for an answer and gives it to whoever connects next. Numbers of
/// transactions begin anew with each connection, so the late answer has the very number of the next question.
#[test]
fn an_answer_that_greets_the_next_connection_is_not_taken_for_its_question() {
    let (late_tx, late_rx) = channel::<()>();
    let line = server(move |n, mut stream| match n {
        0 => {
            read_query(&mut stream).unwrap();
            // Never answered here.
            let mut rest = [0; 16];
            let _ = stream.read(&mut rest);
        }
        1 => {
            stream.write_all(&answer(0, 999)).unwrap();
            let _ = late_tx.send(());
            answer_for_ever(stream);
        }
        _ => answer_for_ever(stream),
    });
    let running = start(&line, &BOTH);
    late_rx.recv_timeout(SOON).unwrap();
    assert_never_mixed_up(&running, &BOTH);
    running.stop();
}

#[test]
fn a_second_answer_to_the_same_question_is_not_taken_for_the_next() {
    let line = server(|_, mut stream| {
        while let Ok((transaction, register)) = read_query(&mut stream) {
            let mut both = answer(transaction, holds(register));
            both.extend(answer(transaction.wrapping_add(1), 999));
            if stream.write_all(&both).is_err() {
                return;
            }
        }
    });
    let running = start(&line, &BOTH);
    assert_never_mixed_up(&running, &BOTH);
    running.stop();
}

#[test]
fn answers_that_do_not_fit_are_no_values() {
    // Another transaction, another device, another function, another length, half an answer, no Modbus at all.
    let broken: [fn(u16) -> Vec<u8>; 6] = [
        |t| answer(t.wrapping_add(1), 999),
        |t| {
            let mut frame = answer(t, 999);
            frame[6] = 9;
            frame
        },
        |t| {
            let mut frame = answer(t, 999);
            frame[7] = 4;
            frame
        },
        |t| {
            let mut frame = answer(t, 999);
            frame[5] = 7;
            frame[8] = 4;
            frame.extend([3, 231]);
            frame
        },
        |t| answer(t, 999)[..9].to_vec(),
        |_| b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
    ];
    let line = server(move |n, mut stream| match broken.get(n) {
        Some(broken) => {
            let (transaction, _) = read_query(&mut stream).unwrap();
            let _ = stream.write_all(&broken(transaction));
            let mut rest = [0; 16];
            assert!(matches!(stream.read(&mut rest), Ok(0) | Err(_)), "asked again after a broken answer");
        }
        None => answer_for_ever(stream),
    });
    let running = start(&line, &[("seven", 7)]);
    assert_never_mixed_up(&running, &[("seven", 7)]);
    assert_eq!(running.stats("seven").errors, 6);
    running.stop();
}

#[test]
fn a_dead_device_does_not_starve_its_neighbours() {
    let line = server(|_, mut stream| {
        while let Ok((transaction, register)) = read_query(&mut stream) {
            if register == 8 {
                continue;
            }
            if stream.write_all(&answer(transaction, holds(register))).is_err() {
                return;
            }
        }
    });
    let running = start(&line, &BOTH);
    running.wait_until("eight", "tried three times", |stats| stats.errors >= 3);
    let said = running.wait_for("seven", 10);
    assert!(said.iter().all(|said| *said == value(700.0)), "{said:?}");
    assert!(running.said("eight").is_empty());
    let trouble = running.stats("eight").trouble.unwrap().to_string();
    assert!(trouble.contains("unit 1: no answer within 300 ms"), "{trouble}");
    running.stop();
}

/// CRC-16 of Modbus ("Modbus over Serial Line" V1.02, 6.2.2), low byte first.
fn with_crc(mut frame: Vec<u8>) -> Vec<u8> {
    let mut crc = 0xffff_u16;
    for byte in &frame {
        crc ^= u16::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xa001 } else { crc >> 1 };
        }
    }
    frame.extend(crc.to_le_bytes());
    frame
}

pub fn rtu_answer(word: u16) -> Vec<u8> {
    let mut frame = vec![1, 3, 2];
    frame.extend(word.to_be_bytes());
    with_crc(frame)
}

/// The register of the next question on a serial line.
pub fn rtu_query(line: &mut File) -> u16 {
    let mut frame = [0; 8];
    let mut have = 0;
    while have < frame.len() {
        match line.read(&mut frame[have..]) {
            Ok(n) => have += n,
            // EIO: Lookout has the port closed at this moment.
            Err(error) if error.raw_os_error() == Some(5) => thread::park_timeout(Duration::from_millis(1)),
            Err(error) => panic!("{error}"),
        }
    }
    u16::from_be_bytes([frame[2], frame[3]])
}

/// RTU answers carry no number: only that nothing is asked while one may still come, and that what lies on the line
/// is thrown away before a question, keeps them apart.
#[test]
fn a_late_answer_on_a_serial_line_is_thrown_away() {
    let (mut line, name) = pty();
    let (late, was_late): (Sender<()>, _) = channel();
    thread::spawn(move || {
        for n in 0_usize.. {
            let register = rtu_query(&mut line);
            if n == 2 {
                // Past the time-out, within the silence after it. This wait is the fault, not a hope.
                thread::sleep(PATIENCE + PATIENCE / 3);
                line.write_all(&rtu_answer(999)).unwrap();
                let _ = late.send(());
            } else {
                line.write_all(&rtu_answer(holds(register))).unwrap();
            }
        }
    });
    let line = Line::Rtu(Serial {
        device: name.to_str().unwrap().to_owned(),
        baud: 115_200,
        parity: Parity::None,
        stop_bits: 1,
    });
    let running = start(&line, &BOTH);
    was_late.recv_timeout(SOON).unwrap();
    let before = running.said("seven").len().max(running.said("eight").len());
    running.wait_for("seven", before + 3);
    assert_never_mixed_up(&running, &BOTH);
    assert_eq!(running.stats("seven").errors + running.stats("eight").errors, 1);
    running.stop();
}

#[test]
fn noise_on_a_serial_line_is_no_value() {
    let (mut line, name) = pty();
    thread::spawn(move || {
        for n in 0_usize.. {
            let register = rtu_query(&mut line);
            let mut frame = rtu_answer(holds(register));
            match n {
                0 => frame[3] ^= 0x40,
                1 => frame = vec![0xff; 7],
                2 => frame.truncate(4),
                _ => {}
            }
            line.write_all(&frame).unwrap();
        }
    });
    let line = Line::Rtu(Serial {
        device: name.to_str().unwrap().to_owned(),
        baud: 9600,
        parity: Parity::None,
        stop_bits: 1,
    });
    let running = start(&line, &[("seven", 7)]);
    assert_never_mixed_up(&running, &[("seven", 7)]);
    assert_eq!(running.stats("seven").errors, 3);
    running.stop();
}

#[test]
fn a_serial_port_that_is_not_there_is_said_and_tried_again() {
    let line = Line::Rtu(Serial {
        device: "/dev/lookout-no-such-port".to_owned(),
        baud: 9600,
        parity: Parity::Even,
        stop_bits: 1,
    });
    let running = start(&line, &[("seven", 7)]);
    let stats = running.wait_until("seven", "tried twice", |stats| stats.errors >= 2);
    assert!(stats.trouble.unwrap().to_string().contains("no connection to /dev/lookout-no-such-port"));
    running.stop();
}
