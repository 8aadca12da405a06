//! Connections that break, and packets that do not stand where they should in the connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::here::{Watched, reads_well, sending};
use crate::support::rtsp_cameras::h264;
use crate::support::rtsp_plain::{Behaviour, Media, SSRC};

#[test]
fn a_connection_that_breaks_in_mid_frame_is_made_again() {
    for media in [Media::ClosesInMidFrame(25), Media::ResetsInMidFrame(25), Media::HalfClosesInMidFrame(25)] {
        let watched = Watched::start(sending(media));
        watched.sink.wait_connections("cam", 3);
        let lost = watched.lost();
        assert_eq!(lost.kind(), "closed", "{media:?}: {lost}");
        watched.stop();
    }
}

/// Nothing of the stream came yet, so nothing in it can end: the end of the connection itself must be noticed.
#[test]
fn a_connection_that_ends_before_its_first_picture_is_made_again_at_once() {
    for media in [Media::ClosesInMidFrame(0), Media::ResetsInMidFrame(0), Media::HalfClosesInMidFrame(0)] {
        let started = Instant::now();
        let watched = Watched::start(sending(media));
        let lost = watched.sink.wait_losses("cam", 3);
        assert_eq!(lost.kind(), "closed", "{media:?}: {lost}");
        // Shorter than a single wait for a first picture.
        assert!(started.elapsed() < Duration::from_secs(10), "{media:?}: {:?}", started.elapsed());
        watched.stop();
    }
}

/// Half a packet was written, and the next one begins in the middle of it: from there on lengths are read from
/// pictures. Whatever the client makes of it, the stream comes back.
#[test]
fn framing_that_is_broken_once_ends_in_a_new_connection_or_in_step_again() {
    let broken = Arc::new(AtomicBool::new(false));
    let once = broken.clone();
    let wire = move |n: u64, bytes: Vec<u8>| {
        if n >= 40 && !once.swap(true, Ordering::SeqCst) { bytes[..bytes.len() / 2].to_vec() } else { bytes }
    };
    let watched = Watched::with(
        h264(),
        Behaviour { wire: Some(Arc::new(wire)), ..Behaviour::default() },
        |mut source| {
            source.stall_after = Duration::from_secs(2);
            source
        },
    );
    watched.sink.wait("the fault", |_| broken.load(Ordering::SeqCst).then_some(()));
    let frames = watched.frames();
    watched.sink.wait_frames("cam", frames + 50);
    watched.stop();
}

/// From some picture on, there is nothing but noise in the connection.
#[test]
fn noise_instead_of_packets_is_a_loss_and_not_a_hang() {
    let wire = |n: u64, mut bytes: Vec<u8>| {
        if n >= 30 {
            let mut state = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
            for byte in &mut bytes {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                *byte = (state >> 33) as u8;
            }
        }
        bytes
    };
    let behaviour = Behaviour { wire: Some(Arc::new(wire)), ..Behaviour::default() };
    let watched = Watched::with(h264(), behaviour, |mut source| {
        source.stall_after = Duration::from_secs(2);
        source
    });
    let lost = watched.lost();
    assert!(["not_rtsp", "closed", "stalled"].contains(&lost.kind()), "{lost}");
    reads_well(&lost);
    watched.server.change(|behaviour| behaviour.wire = None);
    watched.wait_more(50);
    watched.stop();
}

#[test]
fn packets_on_channels_that_nobody_asked_for_are_left_aside() {
    let wire = |_, mut bytes: Vec<u8>| {
        bytes.extend([b'$', 9, 0, 5, 1, 2, 3, 4, 5, b'$', 0, 0, 0, b'$', 1, 0, 2, 7, 7]);
        bytes
    };
    let watched = Watched::start(Behaviour { wire: Some(Arc::new(wire)), ..Behaviour::default() });
    watched.holds();
    watched.stop();
}

#[test]
fn packets_before_the_answer_to_play_are_no_nuisance() {
    let watched = Watched::start(Behaviour { early_media: true, ..Behaviour::default() });
    watched.holds();
    watched.stop();
}

/// The encoder restarts inside the camera: another source, from another sequence number.
#[test]
fn a_source_that_changes_its_number_goes_on() {
    let watched = Watched::start(Behaviour::default());
    watched.sink.wait_frames("cam", 30);
    watched.server.change(|behaviour| behaviour.ssrc = SSRC ^ 0xffff);
    watched.wait_more(50);
    watched.holds();
    watched.stop();
}

/// Packets of somebody else between the camera's own.
#[test]
fn a_second_source_in_the_stream_does_not_stop_the_first() {
    let rework = |n: u64, mut packets: Vec<Vec<u8>>| {
        if n % 5 == 4 {
            let mut stray = packets[0].clone();
            stray.truncate(40);
            stray[8..12].copy_from_slice(&[9, 9, 9, 9]);
            packets.push(stray);
        }
        packets
    };
    let watched = Watched::start(Behaviour { rework: Some(Arc::new(rework)), ..Behaviour::default() });
    watched.holds();
    watched.stop();
}
