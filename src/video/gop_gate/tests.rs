use super::*;
use crate::analysis::time::Timestamp;
use proptest::prelude::*;

const EVERYTHING: Demand = Demand::Often { every: Duration::from_millis(200), after: Duration::ZERO };

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Unit `n` of a stream of 25 pictures a second; its payload is its number.
fn unit(n: u64, keyframe: bool) -> Unit<u64> {
    let at = Moment::after_origin(Timestamp::UNIX_EPOCH, ms(n * 40));
    Unit { at, keyframe, bytes: if keyframe { 20_000 } else { 1_500 }, payload: n }
}

/// Feeds units `from..to` with a keyframe every `gop`, decodes at once, and returns what was decoded and how.
fn feed(
    gate: &mut Gate<u64>,
    range: std::ops::Range<u64>,
    gop: u64,
    demand: Demand,
) -> Vec<(u64, How, bool)> {
    let mut decoded = Vec::new();
    for n in range {
        gate.take_in(unit(n, n.is_multiple_of(gop)), demand);
        while let Some(work) = gate.next(ms(n * 40)) {
            decoded.push((work.unit.payload, work.how, work.wanted));
        }
    }
    decoded
}

fn numbers(decoded: &[(u64, How, bool)]) -> Vec<u64> {
    decoded.iter().map(|(n, ..)| *n).collect()
}

#[test]
fn with_the_full_policy_every_unit_is_decoded_in_turn_and_none_is_kept() {
    let mut gate = Gate::new(DecodePolicy::Full);
    let decoded = feed(&mut gate, 0..120, 50, Demand::Keyframes);
    assert_eq!(numbers(&decoded), (0..120).collect::<Vec<_>>());
    assert!(decoded.iter().all(|(n, how, wanted)| *wanted && (*how == How::Begin) == (*n == 0)));
    assert!(gate.ring.is_empty());
}

#[test]
fn on_patrol_keyframes_are_decoded_alone_and_the_last_two_groups_are_kept() {
    let mut gate = Gate::new(DecodePolicy::Auto);
    let decoded = feed(&mut gate, 0..220, 50, Demand::Keyframes);
    assert_eq!(numbers(&decoded), [0, 50, 100, 150, 200]);
    assert!(decoded.iter().all(|(_, how, _)| *how == How::Alone));
    assert_eq!(gate.first, 150, "from the keyframe before the last on");
    assert_eq!(gate.mode(ms(220 * 40)), GateMode::Patrol);
    assert_eq!(gate.counts().decoded, 5);
    assert_eq!(gate.counts().slept_through, 150 - 3, "of those that left the ring, all but the keyframes");
}

#[test]
fn keyframes_that_come_faster_than_patrol_looks_are_left_out() {
    let mut gate = Gate::new(DecodePolicy::Auto);
    let decoded = feed(&mut gate, 0..101, 10, Demand::Keyframes);
    assert_eq!(numbers(&decoded), [0, 30, 60, 90], "every 0.4 s there is one");
}

#[test]
fn a_burst_shows_what_came_since_the_last_look_and_goes_on_in_turn() {
    let mut gate = Gate::new(DecodePolicy::Auto);
    feed(&mut gate, 0..205, 50, Demand::Keyframes);
    // The keyframe 200 showed something new; what was taken in before is the one at 150.
    let demand = Demand::Often { every: ms(200), after: ms(150 * 40) };
    let decoded = feed(&mut gate, 205..210, 50, demand);
    assert_eq!(numbers(&decoded), (150..210).collect::<Vec<_>>());
    assert_eq!(decoded[0], (150, How::Begin, false), "it was seen, but the others need it");
    assert!(decoded[1..].iter().all(|(_, how, wanted)| *how == How::Continue && *wanted));
    assert_eq!(gate.mode(ms(210 * 40)), GateMode::Burst);
    assert_eq!(gate.counts().bursts, 1);
}

#[test]
fn a_burst_ends_when_nothing_needs_it_and_the_next_keyframe_is_the_next_look() {
    let mut gate = Gate::new(DecodePolicy::Auto);
    feed(&mut gate, 0..60, 50, Demand::Keyframes);
    feed(&mut gate, 60..70, 50, EVERYTHING);
    let decoded = feed(&mut gate, 70..160, 50, Demand::Keyframes);
    assert_eq!(decoded, [(100, How::Alone, true), (150, How::Alone, true)]);
}

#[test]
fn keyframes_that_come_often_enough_serve_a_demand_by_themselves() {
    let mut gate = Gate::new(DecodePolicy::Auto);
    feed(&mut gate, 0..60, 25, Demand::Keyframes);
    let every = |every| Demand::Often { every, after: ms(1000) };
    assert!(feed(&mut gate, 60..75, 25, every(ms(1000))).is_empty());
    assert!(!feed(&mut gate, 75..76, 25, every(ms(400))).is_empty());
}

#[test]
fn a_camera_with_keyframes_far_apart_is_decoded_in_full_and_reported() {
    let mut gate = Gate::new(DecodePolicy::Auto);
    let decoded = feed(&mut gate, 0..250, 250, Demand::Keyframes);
    assert_eq!(*numbers(&decoded).last().expect("something"), 249, "found out without a second keyframe");
    assert_eq!(numbers(&decoded).len(), 251, "the keyframe alone, then all from it on");
    assert!(matches!(gate.mode(ms(250 * 40)), GateMode::Forced(Unsuited::FarApart { .. })));
    let decoded = feed(&mut gate, 250..600, 250, Demand::Keyframes);
    assert_eq!(decoded.len(), 350, "and stays so over the next keyframes");
}

#[test]
fn one_long_interval_among_short_ones_is_enough_and_is_forgotten_in_time() {
    let mut gate = Gate::new(DecodePolicy::Auto);
    feed(&mut gate, 0..101, 50, Demand::Keyframes);
    // A camera that saves bits at night.
    for n in 101..300 {
        gate.take_in(unit(n, n == 299), Demand::Keyframes);
        while gate.next(ms(n * 40)).is_some() {}
    }
    assert!(matches!(gate.mode(ms(300 * 40)), GateMode::Forced(Unsuited::FarApart { .. })));
    for n in 300..800 {
        gate.take_in(unit(n, (n - 299) % 50 == 0), Demand::Keyframes);
        while gate.next(ms(n * 40)).is_some() {}
    }
    assert_eq!(gate.mode(ms(800 * 40)), GateMode::Patrol);
}

#[test]
fn a_camera_without_keyframes_is_decoded_from_its_first_unit() {
    let mut gate = Gate::new(DecodePolicy::Auto);
    let mut decoded = Vec::new();
    for n in 0..150 {
        gate.take_in(unit(n, false), Demand::Keyframes);
        while let Some(work) = gate.next(ms(n * 40)) {
            decoded.push(work.unit.payload);
        }
    }
    assert_eq!(decoded, (0..150).collect::<Vec<_>>());
    assert_eq!(gate.mode(ms(6000)), GateMode::Forced(Unsuited::NoKeyframes));
}

#[test]
fn keyframes_that_give_no_picture_alone_lead_to_full_decoding() {
    let mut gate = Gate::new(DecodePolicy::Auto);
    for n in 0..200 {
        gate.take_in(unit(n, n % 50 == 0), Demand::Keyframes);
        while let Some(work) = gate.next(ms(n * 40)) {
            if work.how == How::Alone {
                gate.keyframe_gave(false);
            }
        }
    }
    assert_eq!(gate.mode(ms(8000)), GateMode::Forced(Unsuited::NotAlone));
}

#[test]
fn a_group_larger_than_the_ring_is_not_kept() {
    let mut gate = Gate::new(DecodePolicy::Auto);
    for n in 0..100 {
        let mut big = unit(n, n == 0);
        big.bytes = 100_000;
        gate.take_in(big, Demand::Keyframes);
        while gate.next(ms(n * 40)).is_some() {}
        assert!(gate.bytes <= RING_BYTES + 100_000);
    }
    assert_eq!(gate.mode(ms(4000)), GateMode::Forced(Unsuited::TooLarge));
}

#[test]
fn a_decoder_that_is_behind_goes_on_with_the_newest_keyframe() {
    let mut gate = Gate::new(DecodePolicy::Full);
    for n in 0..120 {
        gate.take_in(unit(n, n % 50 == 0), Demand::Keyframes);
    }
    let work = gate.next(ms(120 * 40)).expect("work");
    assert_eq!((work.unit.payload, work.how), (100, How::Begin));
    assert_eq!(gate.counts().given_up, 100);
}

#[test]
fn a_camera_that_is_needed_often_and_cannot_be_served_falls_back_to_keyframes_for_a_while() {
    let mut gate = Gate::new(DecodePolicy::Auto);
    feed(&mut gate, 0..60, 50, Demand::Keyframes);
    feed(&mut gate, 60..70, 50, EVERYTHING);
    // Nobody has time for it for two seconds.
    for n in 70..120 {
        gate.take_in(unit(n, n % 50 == 0), EVERYTHING);
    }
    let work = gate.next(ms(120 * 40)).expect("the newest keyframe");
    assert_eq!((work.unit.payload, work.how), (100, How::Alone));
    assert!(gate.next(ms(120 * 40)).is_none());
    assert_eq!((gate.mode(ms(120 * 40)), gate.counts().given_up), (GateMode::Overloaded, 49));
    let decoded = feed(&mut gate, 120..165, 50, EVERYTHING);
    assert_eq!(decoded, [(150, How::Alone, true)], "still keyframes, two seconds long");
    assert_eq!(gate.counts().given_up, 49 + 44, "what was needed meanwhile is accounted for");
    let decoded = feed(&mut gate, 165..175, 50, EVERYTHING);
    assert_eq!(numbers(&decoded), (150..175).collect::<Vec<_>>(), "and then again, without a long replay");
    assert_eq!(gate.mode(ms(175 * 40)), GateMode::Burst);
}

#[test]
fn a_gate_that_rests_is_starved_only_while_keyframes_are_not_enough() {
    let mut gate = Gate::new(DecodePolicy::Auto);
    feed(&mut gate, 0..60, 25, Demand::Keyframes);
    feed(&mut gate, 60..70, 25, EVERYTHING);
    for n in 70..110 {
        gate.take_in(unit(n, n % 25 == 0), EVERYTHING);
    }
    feed(&mut gate, 110..111, 25, EVERYTHING);
    let given_up = gate.counts().given_up;
    assert_eq!(gate.mode(ms(111 * 40)), GateMode::Overloaded);
    // Who was there has gone, or keyframes a second apart are as good as what is needed.
    feed(&mut gate, 111..120, 25, Demand::Keyframes);
    assert_eq!(gate.mode(ms(120 * 40)), GateMode::Patrol);
    feed(&mut gate, 120..130, 25, Demand::Often { every: ms(1000), after: ms(2000) });
    assert_eq!((gate.mode(ms(130 * 40)), gate.counts().given_up), (GateMode::Patrol, given_up));
}

#[test]
fn a_camera_that_keyframes_do_not_suit_does_not_rest() {
    let mut gate = Gate::new(DecodePolicy::Auto);
    feed(&mut gate, 0..300, 250, Demand::Keyframes);
    for n in 300..360 {
        gate.take_in(unit(n, n % 250 == 0), EVERYTHING);
    }
    while gate.next(ms(360 * 40)).is_some() {}
    assert!(matches!(gate.mode(ms(360 * 40)), GateMode::Forced(_)));
}

#[test]
fn a_source_that_waits_gives_nothing_up() {
    let mut gate = Gate::new(DecodePolicy::Full).patient();
    for n in 0..120 {
        gate.take_in(unit(n, n % 50 == 0), Demand::Keyframes);
    }
    let mut decoded = 0;
    while gate.next(ms(1_000_000)).is_some() {
        decoded += 1;
    }
    assert_eq!((decoded, gate.counts().given_up), (120, 0));
}

#[test]
fn what_is_replayed_may_be_old() {
    let mut gate = Gate::new(DecodePolicy::Auto);
    feed(&mut gate, 0..99, 50, Demand::Keyframes);
    gate.take_in(unit(99, false), Demand::Often { every: ms(200), after: Duration::ZERO });
    // The thread has time for it only now, four seconds after the first of them came.
    let work = gate.next(ms(99 * 40 + 500)).expect("work");
    assert_eq!(work.unit.payload, 0);
    assert_eq!(gate.counts().given_up, 0);
}

#[test]
fn motion_jpeg_is_reported_by_its_units() {
    let mut gate = Gate::new(DecodePolicy::Auto);
    for n in 0..20 {
        gate.take_in(unit(n, true), EVERYTHING);
    }
    assert!(gate.next(ms(800)).expect("work").independent);
}

#[test]
fn a_policy_of_keyframes_is_kept_to_whatever_is_needed() {
    let mut gate = Gate::new(DecodePolicy::Keyframes);
    assert_eq!(numbers(&feed(&mut gate, 0..160, 50, EVERYTHING)), [0, 50, 100, 150]);
}

proptest! {
    /// Whatever comes and whatever is asked: within a run units follow one another, a run begins with a keyframe
    /// unless there is none, nothing is decoded twice in one run, and the ring is bounded.
    #[test]
    fn runs_are_whole(
        stream in prop::collection::vec((any::<bool>(), 0u8..40, 0u64..6, 1usize..400_000, 0u8..4), 1..300),
        policy in prop_oneof![Just(DecodePolicy::Auto), Just(DecodePolicy::Full), Just(DecodePolicy::Keyframes)],
    ) {
        let mut gate = Gate::new(policy);
        let mut now = Duration::ZERO;
        let mut last: Option<u64> = None;
        let mut seen_keyframe = false;
        let mut keyframe_at = Duration::ZERO;
        for (n, (burst, key, wait, bytes, take)) in (0u64..).zip(stream) {
            now += ms(40 * wait * wait);
            let keyframe = key == 0;
            seen_keyframe |= keyframe;
            if keyframe {
                keyframe_at = now;
            }
            let demand = if burst { Demand::Often { every: ms(200), after: now.saturating_sub(ms(2000)) } } else { Demand::Keyframes };
            let at = Moment::after_origin(Timestamp::UNIX_EPOCH, now);
            gate.take_in(Unit { at, keyframe, bytes, payload: n }, demand);
            prop_assert!(gate.bytes <= 2 * RING_BYTES);
            prop_assert_eq!(gate.bytes, gate.ring.iter().map(|kept| kept.unit.bytes).sum::<usize>());
            for _ in 0..take {
                let Some(work) = gate.next(now) else { break };
                let number = work.unit.payload;
                match work.how {
                    How::Alone => prop_assert!(work.unit.keyframe),
                    How::Begin => prop_assert!(work.unit.keyframe || !seen_keyframe || now > keyframe_at + 2 * LONGEST_INTERVAL),
                    How::Continue => prop_assert_eq!(last.map(|last| last + 1), Some(number)),
                }
                last = if work.how == How::Alone { None } else { Some(number) };
            }
            let counts = gate.counts();
            let waiting = gate.ring.iter().filter(|kept| !kept.settled).count() as u64;
            // A unit may be decoded twice, alone and in a run; none is forgotten by the count.
            prop_assert!(counts.decoded + counts.given_up + counts.slept_through + waiting > n);
        }
    }
}
