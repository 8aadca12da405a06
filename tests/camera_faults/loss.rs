//! Datagrams that are lost or come in another order.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lookout::types::transport::Transport;
use parking_lot::Mutex;

use super::here::Watched;
use crate::support::rtsp_plain::{Behaviour, Rework};

/// Numbers that are the same in every run (Knuth's MMIX constants), from 0 to 1.
fn random(state: &mut u64) -> f64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 11) as f64 / (1u64 << 53) as f64
}

/// Loses this part of the packets; counts what was lost.
fn losing(part: f64, lost: &Arc<AtomicU64>) -> Rework {
    let (state, lost) = (Mutex::new(7), lost.clone());
    Arc::new(move |_, mut packets| {
        let before = packets.len();
        packets.retain(|_| random(&mut state.lock()) >= part);
        lost.fetch_add((before - packets.len()) as u64, Ordering::SeqCst);
        packets
    })
}

fn holds_while_losing(part: f64, decoded: f64) {
    let lost = Arc::new(AtomicU64::new(0));
    let rework = Some(losing(part, &lost));
    let watched = Watched::over(Transport::Udp, Behaviour { rework, ..Behaviour::default() });
    watched.holds_with(decoded, 250);
    assert!(lost.load(Ordering::SeqCst) > 0, "nothing was lost: the test shows nothing");
    watched.stop();
}

// What is asked for is what is left after a lost packet takes its own picture (the film has up to four packets a
// picture) and none else; how the rest looks is the decoder's affair.

#[test]
fn one_datagram_in_a_hundred_may_be_lost() {
    holds_while_losing(0.01, 0.9);
}

#[test]
fn five_datagrams_in_a_hundred_may_be_lost() {
    holds_while_losing(0.05, 0.6);
}

#[test]
fn twenty_datagrams_in_a_hundred_may_be_lost() {
    // Every second picture is hurt, and what follows it up to the next key frame may be held back.
    holds_while_losing(0.2, 0.1);
}

#[test]
fn datagrams_may_come_in_another_order() {
    // In every third picture: reversed within it, and its last packet comes after the first of the next picture.
    let late = Mutex::new(None);
    let rework: Rework = Arc::new(move |n, mut packets| {
        if let Some(packet) = late.lock().take() {
            packets.insert(1.min(packets.len()), packet);
        }
        if n % 3 == 2 {
            *late.lock() = packets.pop();
            packets.reverse();
        }
        packets
    });
    let watched = Watched::over(Transport::Udp, Behaviour { rework: Some(rework), ..Behaviour::default() });
    watched.holds();
    watched.stop();
}

#[test]
fn datagrams_may_come_twice() {
    let rework: Rework = Arc::new(|n, packets| {
        let copies = if n % 3 == 2 { 2 } else { 1 };
        packets.into_iter().flat_map(|packet| vec![packet; copies]).collect()
    });
    let watched = Watched::over(Transport::Udp, Behaviour { rework: Some(rework), ..Behaviour::default() });
    watched.holds();
    watched.stop();
}

/// A recorder that drops whole pictures when its line is full, also in the RTSP connection.
#[test]
fn pictures_that_are_missing_altogether_cost_only_themselves() {
    let rework: Rework = Arc::new(|n, packets| if n % 10 == 3 { Vec::new() } else { packets });
    for transport in [Transport::Tcp, Transport::Udp] {
        let watched =
            Watched::over(transport, Behaviour { rework: Some(rework.clone()), ..Behaviour::default() });
        watched.holds_with(0.8, 100);
        watched.stop();
    }
}
