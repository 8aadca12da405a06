//! Packets from a camera, as the gate before GStreamer's depayloaders sees them. The gate is private to `video`, so its
//! file is compiled here a second time.
#![no_main]

use decoder::Codec;
use libfuzzer_sys::fuzz_target;

#[path = "../../../src/video/rtp.rs"]
#[allow(dead_code, reason = "the target needs a part of it")]
mod rtp;

mod decoder {
    /// As in `video::decoder`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Codec {
        H264,
        H265,
        Mjpeg,
        InFiles(()),
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((first, mut rest)) = bytes.split_first() else { return };
    let mut gate =
        rtp::PacketGate::new([Codec::H264, Codec::H265, Codec::Mjpeg, Codec::InFiles(())][usize::from(first & 3)]);
    // Packets of up to 255 bytes, each after its length.
    while let Some((length, after)) = rest.split_first() {
        let (packet, after) = after.split_at(usize::from(*length).min(after.len()));
        if let rtp::Verdict::Change { number, without } = gate.judge(packet) {
            let left = rtp::changed(packet, number, without.clone());
            assert_eq!(left.len(), packet.len() - without.len());
        }
        rest = after;
    }
});
