//! The judge: a command centre's consumer in a process of its own, with a journal on disk.
//!
//! It speaks MQTT 3.1.1 by hand over a plain socket, so that no line of what it judges, nor the client library under
//! it, takes part in the judgement. What comes is written to the journal and synced *before* its PUBACK goes out and
//! before a mark covers it. It may be killed at any moment like everything else: it goes on from its journal.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::here::{BASE, PATIENCE};
use super::journal::{self, Line, Verdict};

const PORT: &str = "LOOKOUT_TEST_JUDGE_PORT";
const JOURNAL: &str = "LOOKOUT_TEST_JUDGE_JOURNAL";
const MARKS: &str = "LOOKOUT_TEST_JUDGE_MARKS";

/// The running process, seen from the test.
pub struct Judge {
    child: Child,
    /// The child ends when this is closed, however its parent ends.
    _leash: Option<ChildStdin>,
    journal: PathBuf,
    port: u16,
    marks: bool,
}

impl Judge {
    /// Starts it and waits until it has subscribed. It goes on with the journal in `folder`, if there is one.
    pub fn start(port: u16, folder: &Path) -> Self {
        Self::start_with(port, folder, true)
    }

    /// `marks`: whether it sends marks, or leaves it at PUBACKs.
    pub fn start_with(port: u16, folder: &Path, marks: bool) -> Self {
        let journal = folder.join("journal.jsonl");
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "judge::child", "--ignored", "--nocapture", "--test-threads", "1"])
            .env(PORT, port.to_string())
            .env(JOURNAL, &journal)
            .env(MARKS, if marks { "yes" } else { "no" })
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains("subscribed")), "the judge ended early");
        // Whatever else it says is read, so that it never waits for us.
        std::thread::spawn(move || lines.for_each(drop));
        let leash = child.stdin.take();
        Judge { child, _leash: leash, journal, port, marks }
    }

    /// `kill -9`, and another one in its place.
    pub fn kill_and_restart(&mut self) {
        self.kill();
        self.restart();
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Another one after [`Judge::kill`], with the same journal.
    pub fn restart(&mut self) {
        let folder = self.journal.parent().unwrap().to_owned();
        *self = Judge::start_with(self.port, &folder, self.marks);
    }

    pub fn lines(&self) -> Vec<Line> {
        journal::read(&self.journal)
    }

    pub fn verdict(&self) -> Verdict {
        Verdict::of(&self.lines())
    }

    /// Waits until the journal is as wanted.
    pub fn wait_for(&self, what: &str, within: Duration, so: impl Fn(&[Line]) -> bool) -> Vec<Line> {
        let until = Instant::now() + within;
        loop {
            let lines = self.lines();
            if so(&lines) {
                return lines;
            }
            assert!(Instant::now() < until, "waited in vain for {what}; {} lines came", lines.len());
            std::thread::park_timeout(Duration::from_millis(50));
        }
    }

    /// Waits until everything accepted is there; returns what is missing when time is over.
    pub fn wait_for_all(&self, accepted: &BTreeSet<String>, within: Duration) -> Vec<String> {
        let until = Instant::now() + within.max(PATIENCE);
        loop {
            let verdict = self.verdict();
            let missing = verdict.missing(accepted);
            if missing.is_empty() || Instant::now() > until {
                return missing.into_iter().cloned().collect();
            }
            std::thread::park_timeout(Duration::from_millis(100));
        }
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Milliseconds by this machine's clock.
pub fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64
}

// ---- the other process ----

#[test]
#[ignore = "the judge's own process, started by the tests of this file's neighbours"]
#[expect(clippy::print_stdout, reason = "its parent reads it")]
fn child() {
    let Ok(port) = std::env::var(PORT) else { return };
    let port: u16 = port.parse().unwrap();
    let path = PathBuf::from(std::env::var_os(JOURNAL).unwrap());
    std::thread::spawn(|| {
        // Ends with its parent.
        let _ = io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    let mut book = Book::open(&path, std::env::var(MARKS).unwrap() == "yes");
    loop {
        if let Ok(mut broker) = Broker::connect(port) {
            println!("subscribed");
            // Ends when the broker does.
            let _ = book.follow(&mut broker);
        }
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

/// What has been stored, and how far that is without a hole.
struct Book {
    file: File,
    streams: BTreeMap<String, Stream>,
    marks: bool,
}

#[derive(Default)]
struct Stream {
    /// Everything up to here is stored or was declared missing.
    up_to: u64,
    above: BTreeSet<u64>,
    marked: u64,
    /// Its holes cannot be known: all that came is all there is.
    is_damaged: bool,
}

impl Stream {
    fn has(&mut self, n: u64) {
        self.above.insert(n);
        while self.above.remove(&(self.up_to + 1)) {
            self.up_to += 1;
        }
    }

    fn mark(&self) -> u64 {
        let highest = self.above.last().copied().unwrap_or(0);
        if self.is_damaged { highest.max(self.up_to) } else { self.up_to }
    }
}

impl Book {
    fn open(path: &Path, marks: bool) -> Self {
        let known = journal::read(path);
        // A torn last line was never acknowledged: it is cut off and comes again.
        let whole: String = known.iter().map(|line| serde_json::to_string(line).unwrap() + "\n").collect();
        std::fs::write(path.with_extension("part"), &whole).unwrap();
        std::fs::rename(path.with_extension("part"), path).unwrap();
        let file = OpenOptions::new().create(true).append(true).open(path).unwrap();
        file.sync_all().unwrap();
        let mut book = Book { file, streams: BTreeMap::new(), marks };
        for line in &known {
            book.note(line);
        }
        book
    }

    fn note(&mut self, line: &Line) {
        self.streams.entry(line.stream.clone()).or_default().has(line.n);
        if line.is_gap() {
            let of = self.streams.entry(line.missing_stream.clone()).or_default();
            of.is_damaged |= line.reason == "damaged";
            for n in line.missing.iter().flat_map(|(from, to)| *from..=*to) {
                of.has(n);
            }
        }
    }

    fn follow(&mut self, broker: &mut Broker) -> io::Result<()> {
        for stream in self.streams.values_mut() {
            // A broker that was restarted may have forgotten them.
            stream.marked = 0;
        }
        self.send_marks(broker)?;
        loop {
            let came = broker.read_some()?;
            let mut text = String::new();
            let mut acknowledge = Vec::new();
            for publish in came {
                if let Some(line) = Line::of(&publish.body, now_ms()) {
                    text += &(serde_json::to_string(&line).unwrap() + "\n");
                    self.note(&line);
                }
                acknowledge.extend(publish.number);
            }
            if !text.is_empty() {
                self.file.write_all(text.as_bytes()).unwrap();
                self.file.sync_data().unwrap();
            }
            for number in acknowledge {
                broker.puback(number)?;
            }
            self.send_marks(broker)?;
        }
    }

    fn send_marks(&mut self, broker: &mut Broker) -> io::Result<()> {
        for (name, stream) in self.streams.iter_mut().filter(|_| self.marks) {
            let mark = stream.mark();
            if mark > stream.marked && !name.is_empty() {
                let body = serde_json::json!({ "stream": name, "n": mark }).to_string();
                broker.publish(&format!("{BASE}/down/mark"), body.as_bytes())?;
                stream.marked = mark;
            }
        }
        Ok(())
    }
}

/// A connection with MQTT 3.1.1 (OASIS standard, sections 2 and 3), a session that stays, and no keep-alive.
struct Broker {
    stream: TcpStream,
    bytes: Vec<u8>,
}

struct Published {
    /// Packet number, where it is to be acknowledged.
    number: Option<u16>,
    body: Vec<u8>,
}

impl Broker {
    fn connect(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_nodelay(true)?;
        let mut broker = Broker { stream, bytes: Vec::new() };
        // Level 4, session kept, no will, keep-alive 0: never.
        let mut connect = vec![0, 4, b'M', b'Q', b'T', b'T', 4, 0, 0, 0];
        connect.extend(text("judge"));
        broker.send(0x10, &connect)?;
        let mut subscribe = vec![0, 1];
        subscribe.extend(text(&format!("{BASE}/up/#")));
        subscribe.push(1);
        broker.send(0x82, &subscribe)?;
        broker.stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        // The session may hold messages that come before the answer: they stay in the buffer.
        let mut seen = 0;
        while seen < 2 {
            broker.fill()?;
            seen = broker.kinds().filter(|kind| matches!(kind, 2 | 9)).count();
        }
        broker.stream.set_read_timeout(None)?;
        Ok(broker)
    }

    fn send(&mut self, first: u8, body: &[u8]) -> io::Result<()> {
        let mut packet = vec![first];
        let mut left = body.len();
        loop {
            let more = left / 128;
            packet.push((left % 128) as u8 | if more > 0 { 0x80 } else { 0 });
            left = more;
            if left == 0 {
                break;
            }
        }
        packet.extend(body);
        self.stream.write_all(&packet)
    }

    fn puback(&mut self, number: u16) -> io::Result<()> {
        self.send(0x40, &number.to_be_bytes())
    }

    /// Retained, QoS 0: it is said again on every connection.
    fn publish(&mut self, topic: &str, body: &[u8]) -> io::Result<()> {
        self.send(0x31, &[&text(topic)[..], body].concat())
    }

    fn fill(&mut self) -> io::Result<()> {
        let mut chunk = [0; 64 * 1024];
        match self.stream.read(&mut chunk)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            n => {
                self.bytes.extend(&chunk[..n]);
                Ok(())
            }
        }
    }

    /// First byte, and where the body of the packet at `at` begins and ends; `None` while it is not all there.
    fn packet(&self, at: usize) -> Option<(u8, usize, usize)> {
        let first = *self.bytes.get(at)?;
        let mut length = 0;
        for i in 0..4 {
            let byte = *self.bytes.get(at + 1 + i)?;
            length |= usize::from(byte & 0x7f) << (7 * i);
            if byte & 0x80 == 0 {
                let begin = at + 2 + i;
                return (self.bytes.len() >= begin + length).then_some((first, begin, begin + length));
            }
        }
        panic!("no MQTT: {:02x?}", &self.bytes[at..at + 5]);
    }

    /// Kinds of the whole packets in the buffer.
    fn kinds(&self) -> impl Iterator<Item = u8> {
        let mut at = 0;
        std::iter::from_fn(move || {
            let (first, _, end) = self.packet(at)?;
            at = end;
            Some(first >> 4)
        })
    }

    /// Waits for something, and returns the publishes that are there.
    fn read_some(&mut self) -> io::Result<Vec<Published>> {
        let mut came = Vec::new();
        loop {
            let mut at = 0;
            while let Some((first, begin, end)) = self.packet(at) {
                if first >> 4 == 3 {
                    came.push(read_publish(first, &self.bytes[begin..end]));
                }
                at = end;
            }
            self.bytes.drain(..at);
            if !came.is_empty() {
                return Ok(came);
            }
            self.fill()?;
        }
    }
}

fn read_publish(first: u8, packet: &[u8]) -> Published {
    let topic_end = 2 + usize::from(u16::from_be_bytes([packet[0], packet[1]]));
    if (first >> 1) & 3 == 0 {
        return Published { number: None, body: packet[topic_end..].to_vec() };
    }
    let number = u16::from_be_bytes([packet[topic_end], packet[topic_end + 1]]);
    Published { number: Some(number), body: packet[topic_end + 2..].to_vec() }
}

/// A text with its length before it.
fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u16).to_be_bytes()[..], text.as_bytes()].concat()
}
