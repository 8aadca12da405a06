//! RTP packets of H.264 (RFC 6184) and H.265 (RFC 7798): single NAL units and fragments.
//!
//! Written from the standards and not from GStreamer, so that both ends of a test do not share a mistake.

/// Largest payload of a packet: Ethernet less headers.
pub const MTU: usize = 1400;
/// Ticks of an RTP video clock per second.
pub const CLOCK: u64 = 90_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    H264,
    H265,
}

/// Whole compressed pictures as NAL units, in the order they are sent.
#[derive(Clone, Debug)]
pub struct ElementaryStream {
    pub coding: Coding,
    pub fps: u32,
    pub units: Vec<Vec<Vec<u8>>>,
}

impl ElementaryStream {
    /// Reads access units in Annex B form (start codes).
    pub fn from_annex_b(coding: Coding, fps: u32, units: &[Vec<u8>]) -> Self {
        ElementaryStream { coding, fps, units: units.iter().map(|unit| nal_units(unit)).collect() }
    }

    /// The `a=rtpmap` name.
    pub fn encoding(&self) -> &'static str {
        match self.coding {
            Coding::H264 => "H264",
            Coding::H265 => "H265",
        }
    }
}

/// Splits at start codes `00 00 01` and `00 00 00 01`.
pub fn nal_units(bytes: &[u8]) -> Vec<Vec<u8>> {
    let starts: Vec<usize> =
        (0..bytes.len().saturating_sub(2)).filter(|at| bytes[*at..].starts_with(&[0, 0, 1])).collect();
    let mut units = Vec::new();
    for (n, start) in starts.iter().enumerate() {
        let end = starts.get(n + 1).copied().unwrap_or(bytes.len());
        let mut unit = &bytes[start + 3..end];
        // The zero byte of a four-byte start code, and trailing zeros, belong to no unit.
        while unit.last() == Some(&0) {
            unit = &unit[..unit.len() - 1];
        }
        if !unit.is_empty() {
            units.push(unit.to_vec());
        }
    }
    units
}

/// The RTP sender of one stream: counts sequence numbers.
#[derive(Clone, Debug)]
pub struct Packetiser {
    coding: Coding,
    pub sequence: u16,
    pub ssrc: u32,
    payload_type: u8,
}

impl Packetiser {
    pub fn new(coding: Coding, payload_type: u8, sequence: u16, ssrc: u32) -> Self {
        Packetiser { coding, sequence, ssrc, payload_type }
    }

    /// The packets of one picture; the last carries the marker.
    pub fn packets(&mut self, unit: &[Vec<u8>], timestamp: u32) -> Vec<Vec<u8>> {
        let payloads: Vec<Vec<u8>> = unit.iter().flat_map(|nal| payloads(self.coding, nal)).collect();
        let last = payloads.len().saturating_sub(1);
        let mut packets = Vec::new();
        for (n, payload) in payloads.into_iter().enumerate() {
            let mut packet = vec![0x80, self.payload_type | if n == last { 0x80 } else { 0 }];
            packet.extend(self.sequence.to_be_bytes());
            packet.extend(timestamp.to_be_bytes());
            packet.extend(self.ssrc.to_be_bytes());
            packet.extend(payload);
            packets.push(packet);
            self.sequence = self.sequence.wrapping_add(1);
        }
        packets
    }
}

fn payloads(coding: Coding, nal: &[u8]) -> Vec<Vec<u8>> {
    if nal.len() <= MTU {
        return vec![nal.to_vec()];
    }
    let (header, kind, body) = match coding {
        // FU-A: type 28 with the importance of the unit; its type moves into the fragment header.
        Coding::H264 => (vec![(nal[0] & 0xe0) | 28], nal[0] & 0x1f, &nal[1..]),
        // FU: type 49, layer and temporal id stay.
        Coding::H265 => (vec![(nal[0] & 0x81) | (49 << 1), nal[1]], (nal[0] >> 1) & 0x3f, &nal[2..]),
    };
    let pieces: Vec<&[u8]> = body.chunks(MTU - header.len() - 1).collect();
    let last = pieces.len() - 1;
    let fragment = |(n, piece): (usize, &&[u8])| {
        let start = if n == 0 { 0x80 } else { 0 };
        let end = if n == last { 0x40 } else { 0 };
        let mut payload = header.clone();
        payload.push(start | end | kind);
        payload.extend_from_slice(piece);
        payload
    };
    pieces.iter().enumerate().map(fragment).collect()
}
