use super::*;
use proptest::prelude::*;

const SPS: &[u8] = &[0x67, 0x42, 0xc0, 0x1e, 0xd9, 0x00, 0xa0, 0x47, 0xfe, 0x88];
const PPS: &[u8] = &[0x68, 0xce, 0x38, 0x80];
/// First slices of an IDR picture, of a P picture, and a later slice of a P picture.
const IDR: &[u8] = &[0x65, 0x88, 1, 2, 3, 4, 5, 6, 7];
const P: &[u8] = &[0x41, 0x9a, 1, 2, 3, 4, 5];
const P_LATER: &[u8] = &[0x41, 0x2a, 9, 9, 9];

const VPS_5: &[u8] = &[0x40, 1, 0x0c, 1];
const SPS_5: &[u8] = &[0x42, 1, 1, 1];
const PPS_5: &[u8] = &[0x44, 1, 0xc0, 1];
const IDR_5: &[u8] = &[0x26, 1, 0xaf, 1, 2, 3, 4];
const P_5: &[u8] = &[0x02, 1, 0xd0, 1, 2, 3];

/// One stream on its way through a joiner.
struct Line {
    joiner: Depacketizer,
    out: Vec<JoinedPicture>,
    timestamp: i64,
    lost: bool,
}

impl Line {
    fn new(codec: Codec, described: &[&[u8]]) -> Self {
        let described: Vec<Vec<u8>> = described.iter().map(|set| set.to_vec()).collect();
        Line { joiner: Depacketizer::new(codec, &described), out: Vec::new(), timestamp: 0, lost: false }
    }

    fn h264() -> Self {
        Line::new(Codec::H264, &[SPS, PPS])
    }

    fn send(&mut self, payload: &[u8], marker: bool) -> &mut Self {
        let piece =
            RtpPayload { payload, timestamp: self.timestamp, marker, lost: std::mem::take(&mut self.lost) };
        let out = &mut self.out;
        self.joiner.take(piece, &mut |_, joined| out.push(joined));
        self
    }

    fn next(&mut self) -> &mut Self {
        self.timestamp += 3600;
        self
    }

    fn lose(&mut self) -> &mut Self {
        self.lost = true;
        self
    }

    /// What came out: key frame or not, and the bytes.
    #[track_caller]
    fn gave(&self, expected: &[(bool, Vec<u8>)]) {
        let out: Vec<(bool, Vec<u8>)> =
            self.out.iter().map(|joined| (joined.keyframe, joined.bytes.clone())).collect();
        assert_eq!(out, expected);
    }
}

fn coded(units: &[&[u8]]) -> Vec<u8> {
    units.iter().flat_map(|unit| [&START_CODE, *unit].concat()).collect()
}

fn stap(units: &[&[u8]]) -> Vec<u8> {
    let mut payload = vec![0x78];
    for unit in units {
        payload.extend((unit.len() as u16).to_be_bytes());
        payload.extend_from_slice(unit);
    }
    payload
}

/// The fragments of an H.264 unit with so many bytes each.
fn fragments(unit: &[u8], size: usize) -> Vec<Vec<u8>> {
    let parts: Vec<&[u8]> = unit[1..].chunks(size).collect();
    let last = parts.len() - 1;
    let fragment = |(n, part): (usize, &&[u8])| {
        let ends = if n == 0 { 0x80 } else { 0 } | if n == last { 0x40 } else { 0 };
        [&[unit[0] & 0xe0 | 28, ends | unit[0] & 0x1f], *part].concat()
    };
    parts.iter().enumerate().map(fragment).collect()
}

#[test]
fn single_units_aggregates_and_fragments_are_put_together() {
    let mut line = Line::new(Codec::H264, &[]);
    line.send(&stap(&[SPS, PPS]), false);
    for part in fragments(IDR, 3) {
        line.send(&part, false);
    }
    let later = [0x65, 0x2a, 9, 9];
    line.send(&later, true).next().send(P, true);
    line.gave(&[(true, coded(&[SPS, PPS, IDR, &later])), (false, coded(&[P]))]);
    let mut line = Line::new(Codec::H264, &[]);
    line.send(SPS, false).send(PPS, false).send(IDR, true).next().send(P, false).send(P_LATER, true);
    line.gave(&[(true, coded(&[SPS, PPS, IDR])), (false, coded(&[P, P_LATER]))]);
}

#[test]
fn h265_is_put_together_by_its_own_rules() {
    let mut line = Line::new(Codec::H265, &[]);
    let mut aggregate = vec![48 << 1, 1];
    for unit in [VPS_5, SPS_5, PPS_5] {
        aggregate.extend((unit.len() as u16).to_be_bytes());
        aggregate.extend_from_slice(unit);
    }
    line.send(&aggregate, false);
    line.send(&[49 << 1, 1, 0x80 | 19, 0xaf, 1], false);
    line.send(&[49 << 1, 1, 19, 2], false);
    line.send(&[49 << 1, 1, 0x40 | 19, 3, 4], true);
    line.next().send(P_5, true).next().send(IDR_5, true);
    let whole = coded(&[VPS_5, SPS_5, PPS_5, IDR_5]);
    line.gave(&[(true, whole.clone()), (false, coded(&[P_5])), (true, whole)]);
}

#[test]
fn every_key_frame_has_its_parameter_sets_in_front() {
    let mut line = Line::h264();
    line.send(IDR, true).next().send(&[9, 0xf0], false).send(IDR, true);
    line.gave(&[(true, coded(&[SPS, PPS, IDR])), (true, coded(&[&[9, 0xf0], SPS, PPS, IDR]))]);
    // Those in the stream are the right ones from then on.
    let other = [0x68, 0xce, 0x3c, 0x80];
    line.next().send(&other, false).send(P, true).next().send(IDR, true);
    assert_eq!(line.out[3].bytes, coded(&[SPS, &other, IDR]));
}

#[test]
fn parameter_sets_may_come_on_their_own_time() {
    let mut line = Line::new(Codec::H264, &[]);
    // Each with a marker of its own, as some cameras do.
    line.send(SPS, true).next().send(PPS, true).next().send(IDR, true);
    line.gave(&[(true, coded(&[SPS, PPS, IDR]))]);
}

#[test]
fn nothing_comes_before_the_parameter_sets() {
    let mut line = Line::new(Codec::H264, &[]);
    line.send(IDR, true).next().send(P, true).next();
    assert!(line.out.is_empty());
    line.send(SPS, false).send(PPS, false).send(IDR, true);
    line.gave(&[(true, coded(&[SPS, PPS, IDR]))]);
}

#[test]
fn a_recovery_point_and_i_slices_make_a_key_frame_and_mixed_slices_do_not() {
    let recovery = [0x06, 6, 1, 0xc4, 0x80];
    let i_slice: &[u8] = &[0x41, 0b1000_1000, 1];
    for (units, keyframe) in
        [(&[&recovery[..], P][..], true), (&[i_slice], true), (&[i_slice, P_LATER], false), (&[P], false)]
    {
        let mut line = Line::h264();
        for unit in units {
            line.send(unit, false);
        }
        line.next().send(P, true);
        assert_eq!(line.out[0].keyframe, keyframe, "{units:02x?}");
    }
}

#[test]
fn a_change_of_timestamp_ends_a_picture_without_a_marker() {
    let mut line = Line::h264();
    line.send(IDR, false).next().send(P, false).send(P_LATER, false).next().send(P, false);
    line.gave(&[(true, coded(&[SPS, PPS, IDR])), (false, coded(&[P, P_LATER]))]);
}

#[test]
fn without_marker_and_timestamp_a_first_slice_begins_a_picture() {
    let mut line = Line::h264();
    line.send(IDR, false).send(P, false).send(P_LATER, false).send(P, false);
    line.gave(&[(true, coded(&[SPS, PPS, IDR])), (false, coded(&[P, P_LATER]))]);
}

/// Every slice has the marker: the first picture is handed on too soon, the others are whole.
#[test]
fn a_marker_on_every_slice_is_seen_through() {
    let mut line = Line::h264();
    line.send(IDR, true).next().send(P, true).send(P_LATER, true);
    line.next().send(P, true).send(P_LATER, true).next().send(P, true);
    line.gave(&[(true, coded(&[SPS, PPS, IDR])), (false, coded(&[P])), (false, coded(&[P, P_LATER]))]);
}

#[test]
fn a_lost_packet_costs_its_picture_and_no_other() {
    // In the middle, at the end, at the beginning, and between two pictures.
    let parts = fragments(IDR, 3);
    let mut line = Line::h264();
    line.send(&parts[0], false).lose().send(&parts[2], true).next().send(P, true);
    line.gave(&[(false, coded(&[P]))]);
    let mut line = Line::h264();
    line.send(P, false).next().lose().send(IDR, true);
    line.gave(&[(true, coded(&[SPS, PPS, IDR]))]);
    let mut line = Line::h264();
    line.send(IDR, true).next().lose().send(&parts[1], false).send(&parts[2], true).next().send(P, true);
    line.gave(&[(true, coded(&[SPS, PPS, IDR])), (false, coded(&[P]))]);
    let mut line = Line::h264();
    line.send(IDR, true).next().lose().send(P_LATER, true).next().send(P, true);
    line.gave(&[(true, coded(&[SPS, PPS, IDR])), (false, coded(&[P]))]);
    assert_eq!(line.joiner.damages(), 1);
    let mut line = Line::h264();
    line.send(IDR, true).next().next().lose().send(P, true);
    line.gave(&[(true, coded(&[SPS, PPS, IDR])), (false, coded(&[P]))]);
}

#[test]
fn units_behind_start_codes_inside_a_packet_are_found() {
    let mut line = Line::new(Codec::H264, &[]);
    let all = [SPS, &[0, 0, 0, 1], PPS, &[0, 0, 1], IDR].concat();
    line.send(&all, true).next().send(P, true);
    line.gave(&[(true, [&START_CODE[..], &all].concat()), (false, coded(&[P]))]);
}

#[test]
fn a_picture_without_end_is_given_up() {
    let mut line = Line::h264();
    line.send(&[0x7c, 0x85, 1], false);
    let part = [&[0x7c, 0x05][..], &[7; 60_000]].concat();
    for _ in 0..200 {
        line.send(&part, false);
        assert!(line.joiner.bytes.len() <= UNIT_BYTES);
    }
    line.next().send(P, true);
    line.gave(&[(false, coded(&[P]))]);
}

fn any_payload() -> impl Strategy<Value = Vec<u8>> {
    let head = prop_oneof![
        Just(0x67u8),
        Just(0x68),
        Just(0x65),
        Just(0x41),
        Just(0x78),
        Just(0x7c),
        Just(0x79),
        Just(0x7a),
        Just(0x7b),
        Just(0x7d),
        Just(96),
        Just(98),
        Just(0x26),
        Just(0x42),
        any::<u8>(),
    ];
    let rest =
        prop::collection::vec(prop_oneof![Just(0u8), Just(1), Just(0x80), Just(0xc5), any::<u8>()], 0..40);
    (head, rest).prop_map(|(head, rest)| [vec![head], rest].concat())
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(
        pieces in prop::collection::vec((any_payload(), 0i64..3, any::<bool>(), any::<bool>()), 0..40),
        described in prop::collection::vec(any_payload(), 0..4),
    ) {
        for codec in [Codec::H264, Codec::H265] {
            let mut joiner = Depacketizer::new(codec, &described);
            for (payload, timestamp, marker, lost) in &pieces {
                let piece =
                    RtpPayload { payload, timestamp: *timestamp, marker: *marker, lost: *lost };
                let mut wrong = None;
                joiner.take(piece, &mut |joiner, joined| {
                    if !joined.bytes.starts_with(&START_CODE) || !joiner.sets.are_complete(codec) {
                        wrong = Some(joined);
                    }
                });
                prop_assert_eq!(wrong, None);
            }
        }
    }

    /// However a film is cut into packets, the same pictures come out.
    #[test]
    fn the_cut_into_packets_does_not_matter(
        pictures in prop::collection::vec((any::<bool>(), prop::collection::vec(2u8.., 1..60)), 1..12),
        size in 1usize..20,
        aggregates in any::<bool>(),
    ) {
        let mut line = Line::h264();
        let mut expected = Vec::new();
        for (key, content) in &pictures {
            let head: &[u8] = if *key { &[0x65, 0x88] } else { &[0x41, 0x9a] };
            let slice = [head, content].concat();
            let delimiter: &[u8] = &[9, 0xf0];
            if aggregates && slice.len() < 30 {
                line.send(&stap(&[delimiter, &slice]), true);
            } else {
                line.send(delimiter, false);
                let parts = fragments(&slice, size);
                let last = parts.len() - 1;
                for (n, part) in parts.iter().enumerate() {
                    line.send(part, n == last);
                }
            }
            let bytes = if *key { coded(&[delimiter, SPS, PPS, &slice]) } else { coded(&[delimiter, &slice]) };
            expected.push((*key, bytes));
            line.next();
        }
        line.gave(&expected);
    }
}
