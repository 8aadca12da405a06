//! Modbus frames: a question as bytes, and what the bytes are that come back.
//!
//! Sources: "MODBUS Application Protocol Specification" V1.1b3 (functions 1 to 4, exceptions), "MODBUS Messaging on
//! TCP/IP Implementation Guide" V1.0b (the header of seven bytes), "MODBUS over Serial Line" V1.02 (the checksum).
//!
//! Written here and not taken from a library, because what matters in the field is what a device does *wrong*: another
//! unit number, RTU on a TCP port, an old transaction, an HTTP server. A library says "invalid" to all of them. Pure.

use crate::text::{Sentence, sensor as text};
use crate::types::modbus::Framing;

impl Framing {
    /// The other one.
    pub(super) fn other(self) -> Self {
        match self {
            Framing::Tcp => Framing::Rtu,
            Framing::Rtu => Framing::Tcp,
        }
    }
}

/// A question for registers or bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Request {
    /// The device.
    pub unit: u8,
    /// 1 to 4.
    pub function: u8,
    /// The first register or bit, from 0.
    pub first: u16,
    /// How many.
    pub count: u16,
    /// An answer with another device's number is taken all the same.
    pub any_unit: bool,
}

/// What came back so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Received {
    /// The frame is incomplete.
    Incomplete,
    Answer {
        /// Which of the questions it answers; RTU does not say.
        transaction: Option<u16>,
        /// What was asked for, or the number of the exception.
        data: Result<Vec<u8>, u8>,
        /// Bytes that came before and belong to it.
        length: usize,
    },
    /// Something else; in words.
    Other(Sentence),
}

/// What a function's number becomes when the device refuses.
const REFUSED: u8 = 0x80;

impl Request {
    /// The question as it is sent.
    pub(super) fn bytes(&self, framing: Framing, transaction: u16) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(12);
        if framing == Framing::Tcp {
            // Protocol 0, six bytes follow.
            for field in [transaction, 0, 6] {
                bytes.extend(field.to_be_bytes());
            }
        }
        bytes.extend([self.unit, self.function]);
        bytes.extend(self.first.to_be_bytes());
        bytes.extend(self.count.to_be_bytes());
        if framing == Framing::Rtu {
            bytes.extend(crc(&bytes).to_le_bytes());
        }
        bytes
    }

    /// What `bytes` are, which came after this was asked with the numbers in `asked`.
    pub(super) fn receive(&self, framing: Framing, asked: &[u16], bytes: &[u8]) -> Received {
        match framing {
            Framing::Tcp => self.receive_tcp(asked, bytes),
            Framing::Rtu => self.receive_rtu(bytes),
        }
    }

    fn receive_tcp(&self, asked: &[u16], bytes: &[u8]) -> Received {
        // Anything else may still become an RTU frame, which is worth reporting.
        let Some(header) = Header::of(bytes) else { return Received::Incomplete };
        let Some([_, _, _, _, _, _, unit, function, rest @ ..]) = bytes.get(..header.length) else {
            return Received::Incomplete;
        };
        if !asked.contains(&header.transaction) {
            return Received::Other(text::answer_to_another());
        }
        if !self.is_from(*unit) {
            return Received::Other(self.other_unit(*unit));
        }
        self.judge(*function, rest, Some(header.transaction), header.length)
    }

    /// Finds the answer among noise and echoes: what does not fit the checksum is nothing.
    fn receive_rtu(&self, bytes: &[u8]) -> Received {
        (0..bytes.len())
            .find_map(|start| {
                let frame = rtu_frame(&bytes[start..], self.function)?;
                let [unit, function, rest @ .., _, _] = frame else { return None };
                let end = start + frame.len();
                self.is_from(*unit).then(|| self.judge(*function, rest, None, end))
            })
            .unwrap_or(Received::Incomplete)
    }

    /// Whether a device with this number may have been meant. 0 and 255 mean "the device at this address".
    fn is_from(&self, unit: u8) -> bool {
        const NOBODY: [u8; 2] = [0, 255];
        self.any_unit || unit == self.unit || NOBODY.contains(&unit) || NOBODY.contains(&self.unit)
    }

    /// Whether the body of an answer fits the question.
    fn judge(&self, function: u8, rest: &[u8], transaction: Option<u16>, length: usize) -> Received {
        if function == self.function | REFUSED {
            return match rest {
                [exception] => Received::Answer { transaction, data: Err(*exception), length },
                _ => Received::Other(text::refusal_of_another_length()),
            };
        }
        if function != self.function {
            return Received::Other(text::answer_of_function(function, self.function));
        }
        let wanted = match self.function {
            1 | 2 => usize::from(self.count.div_ceil(8)),
            _ => usize::from(self.count) * 2,
        };
        match rest {
            [count, data @ ..] if usize::from(*count) == wanted && data.len() == wanted => {
                Received::Answer { transaction, data: Ok(data.to_vec()), length }
            }
            [count, ..] => Received::Other(text::answer_of_bytes(*count, wanted)),
            [] => Received::Other(text::answer_without_length()),
        }
    }

    fn other_unit(&self, unit: u8) -> Sentence {
        text::answer_of_unit(unit, self.unit)
    }

    /// What bytes are that are no answer, in words, once no more of them come.
    pub(super) fn explain(&self, framing: Framing, bytes: &[u8]) -> Sentence {
        let rtu = (0..bytes.len()).find_map(|start| rtu_frame(&bytes[start..], self.function));
        let header = Header::of(bytes);
        let is_ascii = |byte: &u8| byte.is_ascii_hexdigit() || b":\r\n".contains(byte);
        match (framing, rtu, header) {
            (Framing::Tcp, Some(_), _) => text::use_rtu(),
            (Framing::Rtu, Some(frame), _) => self.other_unit(frame[0]),
            (Framing::Rtu, None, Some(header)) if bytes.len() >= header.length => text::use_tcp(),
            (Framing::Tcp, None, Some(_)) => text::answer_breaks_off(),
            _ if bytes.starts_with(b"HTTP/") || bytes.starts_with(b"<") => text::http_server(),
            _ if bytes.starts_with(b"SSH-") => text::ssh_server(),
            _ if bytes.starts_with(b":") && bytes.iter().all(is_ascii) => text::modbus_ascii(),
            (Framing::Rtu, None, _)
                if (0..bytes.len()).any(|start| begins_well(&bytes[start..], self.function)) =>
            {
                text::wrong_checksum()
            }
            _ => text::no_modbus(hex(bytes)),
        }
    }
}

/// Modbus TCP's header.
struct Header {
    transaction: u16,
    /// Length of the whole frame.
    length: usize,
}

impl Header {
    fn of(bytes: &[u8]) -> Option<Header> {
        let [t0, t1, 0, 0, l0, l1, _, ..] = bytes else { return None };
        let follow = u16::from_be_bytes([*l0, *l1]);
        // Number of the device, function, and at most what a frame may hold.
        (2..=254)
            .contains(&follow)
            .then(|| Header { transaction: u16::from_be_bytes([*t0, *t1]), length: 6 + usize::from(follow) })
    }
}

/// The frame with a right checksum that `bytes` begin with, of this function or its refusal.
fn rtu_frame(bytes: &[u8], function: u8) -> Option<&[u8]> {
    let [_, found, count, ..] = bytes else { return None };
    let length = match *found {
        found if found == function | REFUSED => 5,
        found if found == function => 5 + usize::from(*count),
        _ => return None,
    };
    let frame = bytes.get(..length)?;
    let (body, sum) = frame.split_at(length - 2);
    (crc(body).to_le_bytes() == *sum).then_some(frame)
}

fn begins_well(bytes: &[u8], function: u8) -> bool {
    matches!(bytes, [_, found, _, ..] if *found == function || *found == function | REFUSED)
}

/// CRC-16 of Modbus ("Modbus over Serial Line" V1.02, 6.2.2); sent low byte first.
fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xffff, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xa001 } else { crc >> 1 })
    })
}

/// The first bytes, as people compare them with a manual.
fn hex(bytes: &[u8]) -> String {
    const SHOWN: usize = 12;
    let shown: Vec<String> = bytes.iter().take(SHOWN).map(|byte| format!("{byte:02x}")).collect();
    format!("{}{}", shown.join(" "), if bytes.len() > SHOWN { " ..." } else { "" })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ASK: Request = Request { unit: 1, function: 3, first: 107, count: 1, any_unit: false };

    fn tcp(transaction: u16, body: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for field in [transaction, 0, body.len() as u16] {
            bytes.extend(field.to_be_bytes());
        }
        bytes.extend(body);
        bytes
    }

    fn rtu(body: &[u8]) -> Vec<u8> {
        let mut bytes = body.to_vec();
        bytes.extend(crc(body).to_le_bytes());
        bytes
    }

    fn other(framing: Framing, bytes: &[u8]) -> String {
        match ASK.receive(framing, &[7], bytes) {
            Received::Other(why) => why.to_string(),
            Received::Incomplete => ASK.explain(framing, bytes).to_string(),
            answer => format!("{answer:?}"),
        }
    }

    #[test]
    fn a_question_is_written_as_the_standards_show_it() {
        // The example of the serial line's specification: checksum of 02 07 is 41 12.
        assert_eq!(crc(&[2, 7]).to_le_bytes(), [0x41, 0x12]);
        // The protocol's example of function 3: registers 108 to 110.
        let three = Request { count: 3, ..ASK };
        assert_eq!(three.bytes(Framing::Tcp, 0x1501), [0x15, 1, 0, 0, 0, 6, 1, 3, 0, 0x6b, 0, 3]);
        assert_eq!(three.bytes(Framing::Rtu, 0), rtu(&[1, 3, 0, 0x6b, 0, 3]));
    }

    #[test]
    fn an_answer_is_found_in_either_framing_and_a_refusal_is_one() {
        let answer = |transaction, data, length| Received::Answer { transaction, data, length };
        let bytes = tcp(7, &[1, 3, 2, 0x02, 0x2b]);
        assert_eq!(ASK.receive(Framing::Tcp, &[6, 7], &bytes), answer(Some(7), Ok(vec![2, 0x2b]), 11));
        assert_eq!(ASK.receive(Framing::Tcp, &[7], &tcp(7, &[1, 0x83, 2])), answer(Some(7), Err(2), 9));
        assert_eq!(
            ASK.receive(Framing::Rtu, &[], &rtu(&[1, 3, 2, 2, 0x2b])),
            answer(None, Ok(vec![2, 0x2b]), 7)
        );
        assert_eq!(ASK.receive(Framing::Rtu, &[], &rtu(&[1, 0x83, 11])), answer(None, Err(11), 5));
        // Behind an echo of the question and noise, as RS-485 adapters give it.
        let mut noisy = ASK.bytes(Framing::Rtu, 0);
        noisy.extend([0, 0xff, 1, 3]);
        noisy.extend(rtu(&[1, 3, 2, 2, 0x2b]));
        let length = noisy.len();
        assert_eq!(ASK.receive(Framing::Rtu, &[], &noisy), answer(None, Ok(vec![2, 0x2b]), length));
    }

    #[test]
    fn who_is_nobody_in_particular_may_answer_for_anybody() {
        let from = |request: Request, unit| request.receive(Framing::Tcp, &[7], &tcp(7, &[unit, 3, 2, 0, 1]));
        for (asked, unit, taken) in
            [(1, 0, true), (1, 255, true), (255, 1, true), (0, 17, true), (1, 2, false)]
        {
            let is_taken = matches!(from(Request { unit: asked, ..ASK }, unit), Received::Answer { .. });
            assert_eq!(is_taken, taken, "asked {asked}, answered by {unit}");
        }
        assert!(matches!(from(Request { any_unit: true, ..ASK }, 9), Received::Answer { .. }));
    }

    #[test]
    fn what_is_no_answer_is_named() {
        for (framing, bytes, said) in [
            (
                Framing::Tcp,
                tcp(7, &[9, 3, 2, 0, 1]),
                "came from unit 9, not 1: set unit = 9, or any_unit = true",
            ),
            (Framing::Tcp, tcp(6, &[1, 3, 2, 0, 1]), "an answer to another question"),
            (Framing::Tcp, tcp(7, &[1, 4, 2, 0, 1]), "of function 4, not 3"),
            (Framing::Tcp, tcp(7, &[1, 3, 4, 0, 1, 0, 2]), "4 bytes, where 2 were asked"),
            (Framing::Tcp, tcp(7, &[1, 3, 2, 0, 1])[..9].to_vec(), "breaks off"),
            (Framing::Tcp, rtu(&[1, 3, 2, 2, 0x2b]), "set framing = \"rtu\""),
            (Framing::Tcp, rtu(&[1, 0x83, 2]), "set framing = \"rtu\""),
            (Framing::Tcp, rtu(&[9, 3, 2, 2, 0x2b]), "set framing = \"rtu\""),
            (Framing::Tcp, b"HTTP/1.1 400 Bad Request\r\n".to_vec(), "an HTTP server"),
            (Framing::Tcp, b"SSH-2.0-OpenSSH_9.6\r\n".to_vec(), "an SSH server"),
            (Framing::Tcp, b":010302022BCD\r\n".to_vec(), "Modbus ASCII"),
            (Framing::Tcp, b"login: ".to_vec(), "no Modbus: 6c 6f 67 69 6e 3a 20"),
            (Framing::Rtu, tcp(7, &[1, 3, 2, 0, 1]), "leave framing = \"rtu\" out"),
            (Framing::Rtu, rtu(&[9, 3, 2, 2, 0x2b]), "came from unit 9, not 1"),
            (Framing::Rtu, rtu(&[1, 3, 4, 0, 1, 0, 2]), "4 bytes, where 2 were asked"),
            (Framing::Rtu, vec![1, 3, 2, 2, 0x2b, 0, 0], "a wrong checksum"),
            (Framing::Rtu, vec![0xff; 7], "no Modbus: ff ff"),
        ] {
            let why = other(framing, &bytes);
            assert!(why.contains(said), "{bytes:02x?}: {why}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64), asked in any::<u16>()) {
            for framing in [Framing::Tcp, Framing::Rtu] {
                let _ = ASK.receive(framing, &[asked], &bytes);
                let _ = ASK.explain(framing, &bytes);
            }
        }

        /// An answer that comes in pieces is no answer before its last byte.
        #[test]
        fn a_piece_of_an_answer_is_incomplete(high in any::<u8>(), low in any::<u8>(), cut in 0_usize..7) {
            let whole = rtu(&[1, 3, 2, high, low]);
            prop_assert_eq!(ASK.receive(Framing::Rtu, &[], &whole[..cut]), Received::Incomplete);
            let whole = tcp(7, &[1, 3, 2, high, low]);
            prop_assert_eq!(ASK.receive(Framing::Tcp, &[7], &whole[..cut]), Received::Incomplete);
        }
    }
}
