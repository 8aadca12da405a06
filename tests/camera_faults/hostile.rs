//! Packets that no encoder makes: tens of thousands with wrong sizes, kinds and content, beside the camera's own. GStreamer
//! reads them in this process, so a crash of it is a crash of this test.
//!
//! `LOOKOUT_FAULT_ROUNDS` says how many seconds of them each codec gets, up to two minutes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::here::Watched;
use crate::support::fault_report::rounds;
use crate::support::rtsp_cameras::{h264, h265};
use crate::support::rtsp_packets::ElementaryStream;
use crate::support::rtsp_plain::{Behaviour, Rework, description};

/// For each picture of the camera.
const PER_PICTURE: usize = 100;

/// Numbers that are the same in every run (Knuth's MMIX constants).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % limit.max(1)
    }
}

/// One packet made wrong: shorter, another kind of payload, other sizes inside, bits turned, padding that lies.
fn made_wrong(packet: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = packet.to_vec();
    for _ in 0..1 + numbers.below(3) {
        let at = 12 + numbers.below(bytes.len().saturating_sub(12).min(24));
        match numbers.below(6) {
            0 => bytes.truncate(at.max(12)),
            1 if at < bytes.len() => bytes[at] = numbers.below(256) as u8,
            // The byte that says what kind of payload it is.
            2 if bytes.len() > 12 => bytes[12] = numbers.below(256) as u8,
            3 => bytes[0] = 0x80 | numbers.below(64) as u8,
            4 => {
                for _ in 0..20 {
                    let at = 12 + numbers.below(bytes.len().saturating_sub(12));
                    if at < bytes.len() {
                        bytes[at] ^= 1 << numbers.below(8);
                    }
                }
            }
            _ => bytes.extend((0..numbers.below(16)).map(|n| n as u8)),
        }
        bytes.resize(bytes.len().max(12), 0);
    }
    bytes
}

/// Wrong packets between the right ones, all in one sequence.
fn between(sent: &Arc<AtomicU64>) -> Rework {
    let (state, sent) = (Mutex::new((Numbers(3), 0u16)), sent.clone());
    Arc::new(move |_, packets| {
        let (numbers, sequence) = &mut *state.lock();
        let mut all = Vec::new();
        for n in 0..PER_PICTURE {
            let right = &packets[n % packets.len()];
            all.push(made_wrong(right, numbers));
        }
        all.extend(packets);
        for packet in &mut all {
            packet[2..4].copy_from_slice(&sequence.to_be_bytes());
            *sequence = sequence.wrapping_add(1);
        }
        sent.fetch_add(PER_PICTURE as u64, Ordering::SeqCst);
        all
    })
}

/// Whatever becomes of the stream meanwhile: afterwards it is watched as if nothing had been.
fn survives(film: ElementaryStream, encoding: &str) {
    let lasts = Duration::from_secs(rounds(6).min(120) as u64);
    let sent = Arc::new(AtomicU64::new(0));
    let usual = description(&film);
    let sdp = usual.replace(film.encoding(), encoding);
    let behaviour = Behaviour { rework: Some(between(&sent)), sdp: Some(sdp), ..Behaviour::default() };
    let watched = Watched::with(film, behaviour, |mut source| {
        source.stall_after = Duration::from_secs(2);
        source
    });
    let until = Instant::now() + lasts;
    watched
        .sink
        .wait("the packets", |_| (sent.load(Ordering::SeqCst) > 2 * PER_PICTURE as u64).then_some(()));
    while Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20)); // how long they come
    }
    watched.server.change(|behaviour| *behaviour = Behaviour::default());
    // Also where the session is of another codec until it is opened again.
    let frames = watched.frames();
    watched.sink.wait_frames("cam", frames + 50);
    assert!(sent.load(Ordering::SeqCst) > 1000, "too few to show anything: {sent:?}");
    watched.stop();
}

#[test]
fn hostile_h264_packets_end_no_process() {
    survives(h264(), "H264");
}

#[test]
fn hostile_h265_packets_end_no_process() {
    survives(h265(), "H265");
}

/// H.264 that is said to be motion JPEG: every header is a wrong one.
#[test]
fn hostile_jpeg_packets_end_no_process() {
    survives(h264(), "JPEG");
}
