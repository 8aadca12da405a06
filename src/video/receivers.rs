//! The choice of a camera's receiver: the lean one as long as it understands the camera, else GStreamer for good.
//!
//! Times are arguments. What speaks against the lean receiver is logged here, once. Must never go back and forth: a camera that is given to GStreamer stays there until its
//! source changes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::text::{Sentence, box_log, language_of_log, log_info, stream};

use super::lean;
use super::source::{Location, ReceivedBy, Receiver, Source};
use super::supervise::Talk;

/// Something unreadable in a stream that ran is bad luck once (an encoder that restarts); twice in this time it is the
/// camera's way.
const MISREAD_AGAIN_WITHIN: Duration = Duration::from_secs(600);
/// A camera that closes a stream that ran, twice in this time, may miss a sign of life that GStreamer gives.
const CLOSED_AGAIN_WITHIN: Duration = Duration::from_secs(300);
/// A stream that ran for less was not closed over a sign of life: no session is that short.
const SHORTEST_SESSION: Duration = Duration::from_secs(5);

/// What a camera is received by, and what speaks against it.
#[derive(Debug)]
pub(super) struct Receivers {
    camera: Arc<str>,
    talk: Talk,
    now: Option<ReceivedBy>,
    misread: Option<Instant>,
    closed: Option<Instant>,
}

impl Receivers {
    /// Before the first attempt.
    pub(super) fn of(source: &Source, talk: Talk) -> Self {
        let now = match (&source.location, source.receiver) {
            (Location::File { .. }, _) => None,
            (Location::Rtsp { .. }, Receiver::Auto) if lean::address(&source.location).is_some() => {
                Some(ReceivedBy::Lean)
            }
            (Location::Rtsp { .. }, _) => Some(ReceivedBy::Gstreamer),
        };
        Receivers { camera: source.camera.clone(), talk, now, misread: None, closed: None }
    }

    /// The one for an attempt that asks there.
    pub(super) fn now(&self, location: &Location) -> Option<ReceivedBy> {
        match self.now {
            Some(ReceivedBy::Lean) if lean::address(location).is_none() => Some(ReceivedBy::Gstreamer),
            now => now,
        }
    }

    /// Something came that the lean receiver does not take; `ran`: pictures had come.
    pub(crate) fn misread(&mut self, why: &Sentence, ran: bool, now: Instant) {
        let before = self.misread.replace(now);
        let again = before.is_some_and(|before| now.saturating_duration_since(before) < MISREAD_AGAIN_WITHIN);
        if !ran || again {
            self.give_up(why);
        } else if self.talk == Talk::Log {
            let why = why.in_language(language_of_log());
            log_info!(box_log::opened_anew(); camera = &*self.camera, why);
        }
    }

    /// The camera closed a stream that ran for so long.
    pub(super) fn closed(&mut self, ran: Duration, now: Instant) {
        if self.now != Some(ReceivedBy::Lean) || ran < SHORTEST_SESSION {
            return;
        }
        let before = self.closed.replace(now);
        let again = before.is_some_and(|before| now.saturating_duration_since(before) < CLOSED_AGAIN_WITHIN);
        if again {
            self.give_up(&stream::closed_two());
        }
    }

    /// The lean receiver cannot receive this camera.
    pub(super) fn give_up(&mut self, why: &Sentence) {
        self.now = Some(ReceivedBy::Gstreamer);
        if self.talk == Talk::Log {
            let why = why.in_language(language_of_log());
            log_info!(box_log::by_gstreamer(); camera = &*self.camera, why);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::transport::Transport;
    use crate::video::RtspUrl;

    fn now(receivers: &Receivers) -> Option<ReceivedBy> {
        let url = RtspUrl::parse("rtsp://cam/x").unwrap();
        receivers.now(&Location::Rtsp { url, transport: Transport::Tcp, credentials: None })
    }

    fn receivers(url: &str, transport: Transport, receiver: Receiver) -> Receivers {
        let url = RtspUrl::parse(url).unwrap();
        let mut source = Source::new("cam", Location::Rtsp { url, transport, credentials: None });
        source.receiver = receiver;
        Receivers::of(&source, Talk::Quiet)
    }

    fn lean_one() -> Receivers {
        receivers("rtsp://cam/x", Transport::Tcp, Receiver::Auto)
    }

    #[test]
    fn only_plain_addresses_over_tcp_are_received_leanly() {
        use ReceivedBy::{Gstreamer, Lean};
        for (url, transport, receiver, expected) in [
            ("rtsp://cam/x", Transport::Tcp, Receiver::Auto, Lean),
            ("rtsp://10.0.0.31:8554/a?b=c&d=e", Transport::Tcp, Receiver::Auto, Lean),
            (
                "rtsp://cam/user=admin_password=tlJ_channel=1.sdp?real_stream",
                Transport::Tcp,
                Receiver::Auto,
                Lean,
            ),
            ("rtsp://[fe80::1]:8554/x", Transport::Tcp, Receiver::Auto, Lean),
            ("rtsp://cam/x", Transport::Udp, Receiver::Auto, Gstreamer),
            ("rtsp://cam/x", Transport::Tcp, Receiver::Gstreamer, Gstreamer),
            ("rtsps://cam/x", Transport::Tcp, Receiver::Auto, Gstreamer),
            // What the address would be after it was put in order is not what the camera's manual says.
            ("rtsp://cam/a/../b", Transport::Tcp, Receiver::Auto, Gstreamer),
            ("rtsp://cam/\u{e9}", Transport::Tcp, Receiver::Auto, Gstreamer),
        ] {
            assert_eq!(receivers(url, transport, receiver).now, Some(expected), "{url}");
        }
    }

    #[test]
    fn what_is_misread_before_the_first_picture_goes_to_gstreamer_at_once() {
        let mut receivers = lean_one();
        receivers.misread(&stream::out_of_step(), false, Instant::now());
        assert_eq!(now(&receivers), Some(ReceivedBy::Gstreamer));
    }

    #[test]
    fn a_stream_that_ran_may_be_misread_once_in_a_while() {
        let mut receivers = lean_one();
        let begin = Instant::now();
        receivers.misread(&stream::out_of_step(), true, begin);
        receivers.misread(&stream::out_of_step(), true, begin + MISREAD_AGAIN_WITHIN);
        assert_eq!(now(&receivers), Some(ReceivedBy::Lean));
        receivers.misread(
            &stream::out_of_step(),
            true,
            begin + MISREAD_AGAIN_WITHIN + Duration::from_secs(60),
        );
        assert_eq!(now(&receivers), Some(ReceivedBy::Gstreamer));
    }

    #[test]
    fn a_camera_that_closes_running_streams_again_and_again_goes_to_gstreamer() {
        let mut receivers = lean_one();
        let (begin, minute) = (Instant::now(), Duration::from_secs(60));
        receivers.closed(Duration::from_secs(1), begin);
        receivers.closed(Duration::from_secs(1), begin);
        receivers.closed(minute, begin);
        receivers.closed(minute, begin + CLOSED_AGAIN_WITHIN);
        assert_eq!(now(&receivers), Some(ReceivedBy::Lean));
        receivers.closed(minute, begin + CLOSED_AGAIN_WITHIN + minute);
        assert_eq!(now(&receivers), Some(ReceivedBy::Gstreamer));
    }
}
