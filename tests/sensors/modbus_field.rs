//! Modbus devices as they are found in the field: ones that swallow what comes first, that close after each answer or
//! when idle, that bear another number, that answer late, and a serial port that is pulled out.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use lookout::sensors::{Line, Poll, RegisterQuery, Sensor, Serial, Setup, Source};
use lookout::types::modbus::{Framing, Parity};

use super::here::{QUICK, Running, SOON, sensor, value};
use super::modbus_late::{answer, holds, level, read_query, rtu_answer, rtu_query, server};
use super::modbus_real::pty;

fn start_with(line: &Line, questions: Vec<(&str, RegisterQuery)>) -> Running {
    let on = |(id, query)| -> Sensor { sensor(id, Source::Modbus(Poll { line: line.clone(), query })) };
    Running::start(Setup {
        sensors: questions.into_iter().map(on).collect(),
        brokers: Vec::new(),
        webhook: None,
        timing: QUICK,
    })
}

fn start(line: &Line) -> Running {
    start_with(line, vec![("seven", level(7))])
}

/// Every answer of `count` is right, and nothing was ever said to be wrong.
fn assert_quietly_right(running: &Running, count: usize) {
    let said = running.wait_for("seven", count);
    assert!(said.iter().all(|said| *said == value(700.0)), "{said:?}");
    let stats = running.stats("seven");
    assert_eq!((stats.errors, &stats.trouble), (0, &None), "a poll was lost");
}

/// Reads questions and forgets them until `swallow` is over, then answers.
fn swallow_then_answer(mut stream: TcpStream, swallow: Duration) {
    let connected = Instant::now();
    while let Ok((transaction, register)) = read_query(&mut stream) {
        if connected.elapsed() >= swallow && stream.write_all(&answer(transaction, holds(register))).is_err()
        {
            return;
        }
    }
}

#[test]
fn a_device_that_swallows_what_comes_first_is_asked_again_over_the_same_connection() {
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = connections.clone();
    let line = server(move |_, stream| {
        counted.fetch_add(1, Ordering::Relaxed);
        swallow_then_answer(stream, Duration::from_millis(900));
    });
    let running = start(&line);
    assert_quietly_right(&running, 5);
    assert_eq!(connections.load(Ordering::Relaxed), 1);
    running.stop();
}

/// It swallows for 700 ms and closes after each answer: without a pause every poll would ask three times.
#[test]
fn how_long_a_device_must_be_left_in_peace_is_learned() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = asked.clone();
    let line = server(move |_, mut stream| {
        let connected = Instant::now();
        while let Ok((transaction, register)) = read_query(&mut stream) {
            counted.fetch_add(1, Ordering::Relaxed);
            if connected.elapsed() >= Duration::from_millis(700) {
                let _ = stream.write_all(&answer(transaction, holds(register)));
                return;
            }
        }
    });
    let running = start(&line);
    assert_quietly_right(&running, 2);
    let learning = asked.load(Ordering::Relaxed);
    assert!(learning >= 6, "each of the first two asked three times: {learning}");
    assert_quietly_right(&running, 7);
    let learned = asked.load(Ordering::Relaxed) - learning;
    assert!(learned <= 8, "once it is known one question is enough for each: {learned}");
    running.stop();
}

#[test]
fn a_pause_that_is_set_is_kept() {
    let line = server(move |_, mut stream| {
        let connected = Instant::now();
        while let Ok((transaction, register)) = read_query(&mut stream) {
            // Who asks too soon is never answered over this connection.
            if connected.elapsed() < Duration::from_millis(500) {
                return;
            }
            let _ = stream.write_all(&answer(transaction, holds(register)));
        }
    });
    let patient = RegisterQuery { connect_pause: Some(Duration::from_millis(600)), ..level(7) };
    let running = start_with(&line, vec![("seven", patient)]);
    assert_quietly_right(&running, 3);
    running.stop();
}

#[test]
fn a_device_that_closes_when_it_is_asked_too_soon_is_asked_later() {
    let line = server(move |_, mut stream| {
        let connected = Instant::now();
        while let Ok((transaction, register)) = read_query(&mut stream) {
            if connected.elapsed() < Duration::from_millis(900) {
                return;
            }
            let _ = stream.write_all(&answer(transaction, holds(register)));
        }
    });
    let running = start(&line);
    let said = running.wait_for("seven", 5);
    assert!(said.iter().all(|said| *said == value(700.0)), "{said:?}");
    let before = running.stats("seven").errors;
    running.wait_for("seven", 10);
    assert_eq!(running.stats("seven").errors, before, "it goes on without a fault");
    running.stop();
}

#[test]
fn a_device_that_closes_after_each_answer_loses_no_poll() {
    let line = server(move |_, mut stream| {
        if let Ok((transaction, register)) = read_query(&mut stream) {
            let _ = stream.write_all(&answer(transaction, holds(register)));
        }
    });
    let running = start(&line);
    assert_quietly_right(&running, 8);
    running.stop();
}

/// The close comes only when the next question is there, or as a reset: no look before asking would have shown it.
#[test]
fn a_device_that_closes_on_the_second_question_loses_no_poll() {
    for with_reset in [false, true] {
        let line = server(move |_, mut stream| {
            if let Ok((transaction, register)) = read_query(&mut stream) {
                let _ = stream.write_all(&answer(transaction, holds(register)));
                if with_reset {
                    socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
                }
                let _ = read_query(&mut stream);
            }
        });
        let running = start(&line);
        assert_quietly_right(&running, 6);
        running.stop();
    }
}

/// A firewall or a modem on the way forgot the connection: nothing comes, not even a close.
#[test]
fn a_connection_that_was_forgotten_on_the_way_loses_no_poll() {
    let line = server(move |_, mut stream| {
        for _ in 0..2 {
            let Ok((transaction, register)) = read_query(&mut stream) else { return };
            let _ = stream.write_all(&answer(transaction, holds(register)));
        }
        let mut rest = [0; 64];
        while matches!(stream.read(&mut rest), Ok(n) if n > 0) {}
    });
    let running = start(&line);
    assert_quietly_right(&running, 5);
    running.stop();
}

#[test]
fn a_device_that_closes_at_once_is_reported_in_words() {
    let line = server(|_, stream| drop(stream));
    let running = start(&line);
    let stats = running.wait_until("seven", "troubled", |stats| stats.trouble.is_some());
    let trouble = stats.trouble.unwrap().to_string();
    assert!(trouble.contains("the device closed the connection instead of answering"), "{trouble}");
    assert!(!trouble.contains("in progress"), "{trouble}");
    running.stop();
}

/// Answers with the number that the device gives itself, whatever it is asked for.
fn answer_as(unit: u8) -> Line {
    server(move |_, mut stream| {
        while let Ok((transaction, register)) = read_query(&mut stream) {
            let mut frame = answer(transaction, holds(register));
            frame[6] = unit;
            if stream.write_all(&frame).is_err() {
                return;
            }
        }
    })
}

#[test]
fn a_device_without_a_number_is_read_and_another_number_is_said() {
    for unit in [0, 255] {
        let running = start(&answer_as(unit));
        assert_quietly_right(&running, 3);
        running.stop();
    }
    let line = answer_as(9);
    let running = start(&line);
    let stats = running.wait_until("seven", "troubled", |stats| stats.trouble.is_some());
    let trouble = stats.trouble.unwrap().to_string();
    assert!(
        trouble.contains("the answer came from unit 9, not 1: set unit = 9, or any_unit = true"),
        "{trouble}"
    );
    assert!(running.said("seven").is_empty(), "another device's number is no reading");
    running.stop();
    for query in [RegisterQuery { unit: 9, ..level(7) }, RegisterQuery { any_unit: true, ..level(7) }] {
        let running = start_with(&line, vec![("seven", query)]);
        assert_quietly_right(&running, 3);
        running.stop();
    }
}

#[test]
fn an_rtu_answer_on_a_tcp_connection_says_what_to_set() {
    let line = server(move |_, mut stream| {
        while let Ok((_, register)) = read_query(&mut stream) {
            if stream.write_all(&rtu_answer(holds(register))).is_err() {
                return;
            }
        }
    });
    let running = start(&line);
    let stats = running.wait_until("seven", "troubled", |stats| stats.trouble.is_some());
    let trouble = stats.trouble.unwrap().to_string();
    assert!(
        trouble.contains("the answer is an RTU frame") && trouble.contains("framing = \"rtu\""),
        "{trouble}"
    );
    assert!(running.said("seven").is_empty());
    running.stop();
}

/// A serial server that passes on only what has a right checksum says nothing at all to a question of Modbus TCP.
#[test]
fn a_serial_server_that_stays_silent_is_found_out() {
    let line = server(move |_, mut stream| {
        let mut bytes = [0; 8];
        loop {
            match stream.read(&mut bytes) {
                Ok(8) if bytes[..2] == [1, 3] => {
                    let register = u16::from_be_bytes([bytes[2], bytes[3]]);
                    let _ = stream.write_all(&rtu_answer(holds(register)));
                }
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        }
    });
    let running = start(&line);
    let logged = |stats: &lookout::sensors::SensorStats| {
        stats.trouble.as_ref().is_some_and(|trouble| trouble.to_string().contains("set framing = \"rtu\""))
    };
    running.wait_until("seven", "told the framing", logged);
    running.stop();
    let Line::Tcp { host, port, .. } = line else { unreachable!() };
    let running = start(&Line::Tcp { host, port, framing: Framing::Rtu });
    assert_quietly_right(&running, 3);
    running.stop();
}

#[test]
fn a_device_that_answers_late_is_waited_for() {
    let line = server(move |_, mut stream| {
        while let Ok((transaction, register)) = read_query(&mut stream) {
            // Longer than the time-out of 300 ms. This wait is the fault, not a hope.
            std::thread::sleep(Duration::from_millis(450));
            if stream.write_all(&answer(transaction, holds(register))).is_err() {
                return;
            }
        }
    });
    let running = start(&line);
    assert_quietly_right(&running, 5);
    running.stop();
}

#[test]
fn a_refusal_keeps_the_connection_and_the_pace() {
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = connections.clone();
    let line = server(move |_, mut stream| {
        counted.fetch_add(1, Ordering::Relaxed);
        while let Ok((transaction, _)) = read_query(&mut stream) {
            let mut frame = Vec::new();
            for field in [transaction, 0, 3] {
                frame.extend(field.to_be_bytes());
            }
            frame.extend([1, 0x83, 2]);
            if stream.write_all(&frame).is_err() {
                return;
            }
        }
    });
    let began = Instant::now();
    let running = start(&line);
    running.wait_for("seven", 20);
    // Asked every 50 ms; with a growing pause twenty would take longer than an hour.
    assert!(began.elapsed() < SOON);
    assert_eq!(connections.load(Ordering::Relaxed), 1);
    running.stop();
}

/// A USB adapter that is pulled out and put in again: its port is another one then, under the same name.
#[test]
fn a_serial_port_that_is_pulled_out_and_put_in_again_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let name = folder.path().join("ttyUSB0");
    let plug_in = || {
        let (port, theirs) = pty();
        let _ = std::fs::remove_file(&name);
        std::os::unix::fs::symlink(theirs, &name).unwrap();
        port
    };
    // Answers until the other end of `pull` is gone; then the port is closed with it.
    let serve = |mut port: std::fs::File, pull: std::sync::mpsc::Receiver<()>| {
        rustix::fs::fcntl_setfl(&port, rustix::fs::OFlags::NONBLOCK).unwrap();
        std::thread::spawn(move || {
            let mut bytes = [0; 8];
            while pull.try_recv() != Err(std::sync::mpsc::TryRecvError::Disconnected) {
                match port.read(&mut bytes) {
                    Ok(8) => {
                        let register = u16::from_be_bytes([bytes[2], bytes[3]]);
                        let _ = port.write_all(&rtu_answer(holds(register)));
                    }
                    _ => std::thread::park_timeout(Duration::from_millis(2)),
                }
            }
        })
    };
    let (pull, pulled) = std::sync::mpsc::channel();
    let first = serve(plug_in(), pulled);
    let line = Line::Rtu(Serial {
        device: name.to_str().unwrap().to_owned(),
        baud: 115_200,
        parity: Parity::None,
        stop_bits: 1,
    });
    let running = start(&line);
    assert_quietly_right(&running, 3);
    drop(pull);
    first.join().unwrap();
    let _ = std::fs::remove_file(&name);
    let missing = |stats: &lookout::sensors::SensorStats| {
        stats.trouble.as_ref().is_some_and(|trouble| trouble.to_string().contains("no connection to"))
    };
    running.wait_until("seven", "told that the port is gone", missing);
    let before = running.said("seven").len();
    let (_pull, pulled) = std::sync::mpsc::channel();
    serve(plug_in(), pulled);
    let said = running.wait_for("seven", before + 3);
    assert!(said.iter().all(|said| *said == value(700.0)), "{said:?}");
    running.stop();
}

/// A board that begins anew whenever its port is opened says nothing for a while: its port must stay open.
#[test]
fn a_board_that_begins_anew_when_its_port_is_opened_gets_to_answer() {
    let (mut port, name) = pty();
    std::thread::spawn(move || {
        let mut asked = 0;
        loop {
            let register = rtu_query(&mut port);
            asked += 1;
            if asked > 3 {
                port.write_all(&rtu_answer(holds(register))).unwrap();
            }
        }
    });
    let line = Line::Rtu(Serial {
        device: name.to_str().unwrap().to_owned(),
        baud: 9600,
        parity: Parity::None,
        stop_bits: 1,
    });
    let running = start(&line);
    assert_quietly_right(&running, 4);
    running.stop();
}
