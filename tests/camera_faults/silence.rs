//! Connections that stand while no video comes.

use std::time::Duration;

use lookout::types::transport::Transport;

use super::here::{Watched, reads_well, sending};
use crate::support::rtsp_cameras::{by, h264};
use crate::support::rtsp_plain::Media;

fn stalling(transport: Transport, media: Media, after: u64) -> Watched {
    Watched::with(h264(), sending(media), |source| {
        let mut source = by(source, transport);
        source.stall_after = Duration::from_secs(after);
        source
    })
}

#[test]
fn a_stream_that_stalls_with_its_socket_open_is_lost_and_comes_back() {
    for transport in [Transport::Tcp, Transport::Udp] {
        let watched = stalling(transport, Media::StopsAfter(30), 2);
        watched.sink.wait_frames("cam", 20);
        let lost = watched.lost();
        assert!(["stalled", "no_udp"].contains(&lost.kind()), "{transport}: {lost}");
        reads_well(&lost);
        let last = watched.sink.lock().frames["cam"].last().unwrap().mono;
        watched.server.change(|behaviour| behaviour.media = Media::Runs);
        watched.sink.wait_connections("cam", 2);
        let again = watched.sink.wait("frames after the loss", |seen| {
            seen.frames["cam"].iter().find(|at| at.mono > last).copied()
        });
        assert!(again.mono - last >= Duration::from_secs(2), "{:?} after the last frame", again.mono - last);
        watched.stop();
    }
}

#[test]
fn a_short_pause_of_the_camera_costs_no_connection() {
    let watched = stalling(Transport::Tcp, Media::Runs, 4);
    watched.sink.wait_frames("cam", 20);
    watched.server.change(|behaviour| behaviour.media = Media::Never);
    std::thread::sleep(Duration::from_secs(1)); // the length of the pause, not a wait for anything
    watched.server.change(|behaviour| behaviour.media = Media::Runs);
    watched.holds();
    watched.stop();
}

/// Every request is answered, keepalives too; there is no video.
#[test]
fn a_stream_without_one_packet_is_lost() {
    for (transport, kind) in [(Transport::Tcp, "no_picture"), (Transport::Udp, "no_udp")] {
        let watched = stalling(transport, Media::Never, 1);
        let lost = watched.lost();
        assert_eq!(lost.kind(), kind, "{lost}");
        reads_well(&lost);
        watched.stop();
    }
}
