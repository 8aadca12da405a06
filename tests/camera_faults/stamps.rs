//! Sequence numbers and timestamps that are not what a clock would give.

use std::sync::Arc;

use super::here::Watched;
use crate::support::rtsp_plain::{Behaviour, Stamps};

/// Ticks per picture at 25 a second.
const STEP: u64 = 3600;
const HOUR: u64 = 90_000 * 3600;

fn stamped(stamps: impl Fn(u64) -> u64 + Send + Sync + 'static) -> Behaviour {
    let stamps: Stamps = Arc::new(move |n| stamps(n) as u32);
    Behaviour { stamps: Some(stamps), ..Behaviour::default() }
}

/// At the rate of the camera, and without a loss, well past the fault at the 50th picture.
fn goes_on(behaviour: Behaviour) {
    let watched = Watched::start(behaviour);
    watched.sink.wait_frames("cam", 70);
    watched.holds();
    watched.stop();
}

#[test]
fn sequence_numbers_may_wrap() {
    goes_on(Behaviour { first_sequence: 65_500, ..Behaviour::default() });
}

#[test]
fn timestamps_may_wrap() {
    goes_on(stamped(|n| u64::from(u32::MAX) - 50 * STEP + n * STEP));
}

#[test]
fn timestamps_that_jump_an_hour_ahead_do_not_stop_the_stream() {
    goes_on(stamped(|n| n * STEP + if n >= 50 { HOUR } else { 0 }));
}

#[test]
fn timestamps_that_jump_an_hour_back_do_not_stop_the_stream() {
    goes_on(stamped(|n| HOUR * 2 + n * STEP - if n >= 50 { HOUR } else { 0 }));
}

#[test]
fn timestamps_that_jump_to_and_fro_do_not_stop_the_stream() {
    goes_on(stamped(|n| HOUR * 2 + n * STEP + if n / 50 % 2 == 1 { HOUR } else { 0 }));
}

#[test]
fn timestamps_that_repeat_do_not_stop_the_stream() {
    // Each twice.
    goes_on(stamped(|n| n / 2 * 2 * STEP));
}

#[test]
fn timestamps_that_stand_still_do_not_stop_the_stream() {
    goes_on(stamped(|n| n.min(50) * STEP));
}

#[test]
fn timestamps_out_of_order_do_not_stop_the_stream() {
    goes_on(stamped(|n| (n ^ 1) * STEP));
}

#[test]
fn a_clock_that_runs_ten_times_too_fast_does_not_stop_the_stream() {
    goes_on(stamped(|n| n * STEP * 10));
}

#[test]
fn a_clock_that_runs_ten_times_too_slow_does_not_stop_the_stream() {
    goes_on(stamped(|n| n * STEP / 10));
}
