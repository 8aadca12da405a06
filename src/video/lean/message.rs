//! Messages of an RTSP connection (RFC 2326): answers, requests of the camera, and packets between them.
//!
//! Pure: bytes in, messages out. Cameras write headers as they like: names in any case, blanks round every sign, lines
//! that end without a carriage return. What can be read without guessing is read. Must never panic over any bytes, nor ask
//! for more than [`HEAD_BYTES`] and [`BODY_BYTES`].

/// More than any camera's headers.
const HEAD_BYTES: usize = 32 << 10;
/// More than any camera's description.
const BODY_BYTES: usize = 1 << 20;
/// `$`, the channel, and the length of what follows (section 10.12).
const FRAME_HEADER: usize = 4;

/// The next thing in a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Message {
    /// A packet on a channel, and where it begins.
    Packet {
        channel: u8,
        begin: usize,
    },
    Answer(Answer),
    /// The camera asks something.
    Request {
        method: String,
        head: Head,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub status: u16,
    pub reason: String,
    pub head: Head,
    pub body: Vec<u8>,
}

/// Headers, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Head(Vec<(String, String)>);

impl Head {
    /// The first value of a header.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
    }

    /// All values of a header.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
    }

    /// The number of the request that is answered.
    pub(super) fn number(&self) -> Option<u32> {
        self.get("CSeq").and_then(|text| text.parse().ok())
    }
}

/// Why a connection cannot be read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// Something that is no RTSP from its first line on.
    NotRtsp,
    /// Neither a packet nor a message.
    OutOfStep,
    /// Longer than any camera's.
    TooLong,
}

/// The message at the head of these bytes and its length; `None` if more are needed.
pub(super) fn next(bytes: &[u8]) -> Result<Option<(Message, usize)>, Unreadable> {
    let blank = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let rest = &bytes[blank..];
    match rest.first() {
        None => Ok(None),
        Some(b'$') => {
            let &[_, channel, high, low, ..] = rest else { return Ok(None) };
            let begin = blank + FRAME_HEADER;
            let length = begin + usize::from(u16::from_be_bytes([high, low]));
            Ok((bytes.len() >= length).then_some((Message::Packet { channel, begin }, length)))
        }
        Some(_) => {
            let found = message(rest)?;
            Ok(found.map(|(message, length)| (message, blank + length)))
        }
    }
}

fn message(bytes: &[u8]) -> Result<Option<(Message, usize)>, Unreadable> {
    let line_end = bytes.iter().position(|byte| *byte == b'\n');
    let first = &bytes[..line_end.unwrap_or(bytes.len())];
    let is_text = |byte: &u8| (0x20..0x7f).contains(byte) || *byte >= 0x80 || matches!(byte, b'\r' | b'\t');
    if !first.first().is_some_and(u8::is_ascii_alphabetic) || !first.iter().all(is_text) {
        return Err(Unreadable::OutOfStep);
    }
    if b"HTTP/".iter().zip(first).all(|(a, b)| a == b) && first.len() >= 5 {
        return Err(Unreadable::NotRtsp);
    }
    let Some(length) = head_length(bytes) else {
        return if bytes.len() > HEAD_BYTES { Err(Unreadable::TooLong) } else { Ok(None) };
    };
    let text = String::from_utf8_lossy(&bytes[..length]);
    let mut lines = text.lines();
    let mut words = lines.next().unwrap_or("").split_whitespace();
    let (first, second) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    let others = words.collect::<Vec<_>>().join(" ");
    let head = headers(lines);
    let body = head.get("Content-Length").and_then(|text| text.parse().ok()).unwrap_or(0_usize);
    if body > BODY_BYTES {
        return Err(Unreadable::TooLong);
    }
    let Some(content) = bytes.get(length..length + body) else { return Ok(None) };
    let message = if first.starts_with("RTSP/") {
        let status = second.parse().ok().filter(|status| (100..600).contains(status));
        let status = status.ok_or(Unreadable::OutOfStep)?;
        Message::Answer(Answer { status, reason: others, head, body: content.to_vec() })
    } else if others.starts_with("RTSP/") {
        Message::Request { method: first.to_owned(), head }
    } else {
        return Err(Unreadable::OutOfStep);
    };
    Ok(Some((message, length + body)))
}

/// Length of a head with the empty line that ends it.
fn head_length(bytes: &[u8]) -> Option<usize> {
    let mut line = 0;
    for (at, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
        if bytes[line..at].iter().all(|byte| matches!(byte, b'\r' | b' ' | b'\t')) {
            return Some(at + 1);
        }
        line = at + 1;
    }
    None
}

fn headers<'a>(lines: impl Iterator<Item = &'a str>) -> Head {
    let mut all: Vec<(String, String)> = Vec::new();
    for line in lines {
        if line.trim().is_empty() {
            continue;
        }
        if line.starts_with([' ', '\t']) {
            // The value goes on (RFC 2616 section 2.2).
            if let Some((_, value)) = all.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            all.push((name.trim().to_owned(), value.trim().to_owned()));
        }
    }
    Head(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str) -> Answer {
        match next(text.as_bytes()) {
            Ok(Some((Message::Answer(answer), length))) => {
                assert_eq!(length, text.len());
                answer
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn headers_are_read_however_they_are_written() {
        for text in [
            "RTSP/1.0 200 OK\r\nCSeq: 3\r\nSession: 47;timeout=60\r\nTransport: x\r\n\r\n",
            "RTSP/1.0 200 OK\r\nCseq:3  \r\nSESSION :47;timeout=60 \r\ntransport:x\r\n\r\n",
            "\r\n\nRTSP/1.0  200 OK  \nCSEQ: 3\nsession:  47;timeout=60\nTransport: x\n\n",
            "RTSP/1.0 200\r\nCSeq: 3\r\nSession: \r\n 47;timeout=60\r\nTransport: x\r\n \r\n",
        ] {
            let read = answer(text);
            assert_eq!((read.status, read.head.number()), (200, Some(3)), "{text}");
            assert_eq!(read.head.get("Session").map(str::trim), Some("47;timeout=60"), "{text}");
            assert_eq!(read.head.get("transport"), Some("x"));
        }
    }

    #[test]
    fn messages_and_packets_follow_one_another() {
        let bytes = b"$\x01\x00\x02ab\r\nRTSP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nxyz$\x00\x00\x01";
        let (first, used) = next(bytes).unwrap().unwrap();
        assert_eq!((first, used), (Message::Packet { channel: 1, begin: 4 }, 6));
        let (second, length) = next(&bytes[used..]).unwrap().unwrap();
        assert!(matches!(&second, Message::Answer(answer) if answer.body == b"xyz"), "{second:?}");
        assert_eq!(next(&bytes[used + length..]), Ok(None));
        assert_eq!(next(b"\r\n$\x01\x00\x01a"), Ok(Some((Message::Packet { channel: 1, begin: 6 }, 7))));
        let asked = b"OPTIONS rtsp://x RTSP/1.0\r\nCSeq: 9\r\n\r\n";
        let (asked, _) = next(asked).unwrap().unwrap();
        assert!(
            matches!(&asked, Message::Request { method, head } if method == "OPTIONS" && head.number() == Some(9))
        );
    }

    #[test]
    fn what_is_no_rtsp_is_distinguished_from_what_is_out_of_step() {
        assert_eq!(next(b"HTTP/1.1 400 Bad Request\r\n"), Err(Unreadable::NotRtsp));
        for bytes in [&b"\x80\x60\x00"[..], b"R\x01", b"RTSP/1.0 abc\r\n\r\n", b"hello there\r\n\r\n"] {
            assert_eq!(next(bytes), Err(Unreadable::OutOfStep), "{bytes:?}");
        }
        let endless = [b"RTSP/1.0 200 OK\r\n".to_vec(), vec![b'x'; HEAD_BYTES]].concat();
        assert_eq!(next(&endless), Err(Unreadable::TooLong));
        assert_eq!(next(b"RTSP/1.0 200 OK\r\nContent-Length: 99999999\r\n\r\n"), Err(Unreadable::TooLong));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_are_too_strange(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200), text in "(RTSP/1.0 200 OK|\\$|[ -~]{0,9})[ -~\r\n:;=]{0,80}") {
            for bytes in [&bytes[..], text.as_bytes()] {
                if let Ok(Some((_, length))) = next(bytes) {
                    proptest::prop_assert!(length > 0 && length <= bytes.len());
                }
            }
        }
    }
}
