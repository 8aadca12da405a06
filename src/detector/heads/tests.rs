//! What holds for every head, and for rubbish. What one head does stands in its file.

use proptest::prelude::*;

use super::test_support::*;

fn candidate(class: Class, score: f32, box_in_model: [f32; 4]) -> Candidate {
    let [x0, y0, x1, y1] = box_in_model;
    Candidate { class, score, box_in_model: BBox { x0, y0, x1, y1 }, is_second: false }
}

#[test]
fn of_overlapping_boxes_of_one_class_the_surest_stays() {
    let mut found = vec![
        candidate(Class::PERSON, 0.6, [1.0, 0.0, 11.0, 10.0]), // IoU 0.82 with the next
        candidate(Class::PERSON, 0.9, [0.0, 0.0, 10.0, 10.0]),
        candidate(Class::CAR, 0.5, [0.0, 0.0, 10.0, 10.0]),
        candidate(Class::PERSON, 0.3, [5.0, 0.0, 15.0, 10.0]), // IoU 0.33 with the second
    ];
    suppress_doubles(&mut found, 0.5);
    let kept: Vec<(Class, f32)> = found.iter().map(|c| (c.class, c.score)).collect();
    assert_eq!(kept, [(Class::PERSON, 0.9), (Class::CAR, 0.5), (Class::PERSON, 0.3)]);
}

/// What a rider gives: the rider's place with the machine as its second, and, where `is_machine_found`, the machine's place
/// with the rider as its second. The rider is 10 wide and 20 high, the machine the lower half of it.
fn rider(x: f32, is_machine_found: bool) -> Vec<Candidate> {
    let (whole, lower) = ([x, 0.0, x + 10.0, 20.0], [x - 2.0, 10.0, x + 12.0, 21.0]);
    let second = |found: Candidate| Candidate { is_second: true, ..found };
    let mut found =
        vec![candidate(Class::PERSON, 0.8, whole), second(candidate(Class::TWO_WHEELER, 0.5, whole))];
    if is_machine_found {
        found.push(candidate(Class::TWO_WHEELER, 0.7, lower));
        found.push(second(candidate(Class::PERSON, 0.4, lower)));
    }
    found
}

fn kept(mut found: Vec<Candidate>) -> Vec<(Class, f32, f32)> {
    suppress_doubles(&mut found, 0.6);
    found.into_iter().map(|c| (c.class, c.score, c.box_in_model.y0)).collect()
}

#[test]
fn a_rider_and_the_machine_of_one_place_both_stay() {
    assert_eq!(kept(rider(0.0, false)), [(Class::PERSON, 0.8, 0.0), (Class::TWO_WHEELER, 0.5, 0.0)]);
}

#[test]
fn a_second_goes_where_a_box_of_its_class_has_a_place_of_its_own() {
    // The IoU of the rider's box and the machine's is 0.39: without the rule for seconds four boxes would stay.
    assert_eq!(kept(rider(0.0, true)), [(Class::PERSON, 0.8, 0.0), (Class::TWO_WHEELER, 0.7, 10.0)]);
    // A first of the same size and class beside it stays: only seconds are compared that strictly.
    let beside = [
        candidate(Class::PERSON, 0.8, [0.0, 0.0, 10.0, 20.0]),
        candidate(Class::PERSON, 0.4, [-2.0, 10.0, 12.0, 21.0]),
    ];
    assert_eq!(kept(beside.to_vec()).len(), 2);
}

#[test]
fn a_rider_does_not_lose_the_machine_to_a_box_that_nobody_believes() {
    // A neighbour's machine, of which the network is not sure, covers half of the rider's box.
    let unsure = |x: f32| candidate(Class::TWO_WHEELER, 0.18, [x, 10.0, x + 14.0, 21.0]);
    let mut found = rider(0.0, false);
    found.push(unsure(-2.0));
    let machine = (Class::TWO_WHEELER, 0.5, 10.0);
    assert_eq!(kept(found.clone()), [(Class::PERSON, 0.8, 0.0), machine]);
    // Of two such boxes the one that overlaps more is the rider's.
    found.push(candidate(Class::TWO_WHEELER, 0.2, [0.0, 12.0, 14.0, 23.0]));
    assert_eq!(kept(found)[1..], [machine, (Class::TWO_WHEELER, 0.2, 12.0)]);
}

#[test]
fn small_riders_far_away_stay_behind_somebody_who_is_close() {
    // The machines have places of their own, the riders are their seconds.
    let close = candidate(Class::PERSON, 0.9, [0.0, 0.0, 40.0, 80.0]);
    let far = [6.0, 20.0].map(|x| [x, 20.0, x + 8.0, 36.0]).into_iter().flat_map(|place| {
        let rider = Candidate { is_second: true, ..candidate(Class::PERSON, 0.5, place) };
        [candidate(Class::TWO_WHEELER, 0.7, place), rider]
    });
    let people = kept(far.chain([close]).collect()).into_iter().filter(|(class, ..)| *class == Class::PERSON);
    assert_eq!(people.map(|(_, score, _)| score).collect::<Vec<_>>(), [0.9, 0.5, 0.5]);
}

#[test]
fn a_row_of_riders_has_no_doubled_machines_and_loses_nobody() {
    // Closer than they are wide, as riders wait at a light: neighbours' boxes overlap, too.
    for are_machines_found in [true, false] {
        let row = (0..5).flat_map(|i| rider(9.0 * i as f32, are_machines_found)).collect();
        let kept = kept(row);
        let count = |class| kept.iter().filter(|(found, ..)| *found == class).count();
        assert_eq!((count(Class::PERSON), count(Class::TWO_WHEELER)), (5, 5), "{kept:?}");
    }
    // Seconds do not suppress each other where only they tell of the machines, even close together.
    let close = kept([rider(0.0, false), rider(5.0, false)].concat());
    let machines = close.iter().filter(|(class, ..)| *class == Class::TWO_WHEELER).count();
    assert_eq!(machines, 2, "{close:?}");
}

#[test]
fn rubbish_from_a_network_is_bounded_work() {
    let mut found: Vec<Candidate> = (0..50_000)
        .map(|i| {
            let (x, y) = ((i % 500) as f32 * 10.0, (i / 500) as f32 * 10.0);
            candidate(Class::PERSON, (i % 1000) as f32 / 1000.0, [x, y, x + 5.0, y + 5.0])
        })
        .collect();
    suppress_doubles(&mut found, 0.5);
    assert_eq!(found.len(), 300);
    assert!(found.iter().all(|c| c.score > 0.97), "the surest ones were not kept");
}

/// Every kind of head, as it lies and turned, with parameters anywhere in their ranges.
fn heads() -> impl Strategy<Value = Head> {
    let kinds = prop::sample::select(KINDS.to_vec());
    (kinds, prop::collection::vec(0f64..=1.0, 4), any::<bool>()).prop_map(|(kind, parts, is_turned)| {
        let own = kind.own.iter().zip(parts).map(|(parameter, part)| {
            let value = parameter.least + part * (parameter.most - parameter.least).min(8.0);
            (parameter.key, if parameter.is_whole { value.floor() } else { value })
        });
        let head = (kind.head)(USUAL_STRIDES.to_vec(), &own.collect());
        head.turned().filter(|_| is_turned).unwrap_or(head)
    })
}

/// Values as a broken graph may put out, among some that look reasonable.
fn rubbish() -> impl Strategy<Value = f32> {
    prop_oneof![
        any::<f32>(),
        Just(f32::NAN),
        Just(f32::INFINITY),
        Just(f32::NEG_INFINITY),
        -3f32..3.0,
        0f32..1.0,
    ]
}

proptest! {
    #[test]
    fn rubbish_never_panics_and_what_remains_are_boxes(
        head in heads(),
        classes in 1usize..5,
        values in prop::collection::vec(rubbish(), 64),
        cut in prop::option::of((0usize..12, 0usize..400)),
        iou in rubbish(),
    ) {
        let mut next = values.iter().cycle();
        let mut outputs: Vec<Vec<f32>> = head
            .outputs(&small_input(), classes)
            .iter()
            .map(|o| next.by_ref().take(o.shape.iter().product()).copied().collect())
            .collect();
        // Also outputs that are shorter than they should be, and too few of them.
        if let Some((which, length)) = cut {
            match outputs.get_mut(which) {
                Some(output) => output.truncate(length),
                None => outputs.truncate(length % 3),
            }
        }
        let wanted: Vec<SelectedClass> = (0..6)
            .map(|column| SelectedClass { column, class: Class::STREET[column], at_least: 0.3 })
            .collect();
        let views: Vec<&[f32]> = outputs.iter().map(Vec::as_slice).collect();
        let _ = head.first_impossible_score(&views, &small_input());
        let mut found = decoded(&head, &outputs, &wanted);
        suppress_doubles(&mut found, iou);
        for c in found {
            let b = c.box_in_model;
            prop_assert!((0.3..=1.0).contains(&c.score), "{c:?}");
            prop_assert!(b.x0 < b.x1 && b.y0 < b.y1, "{c:?}");
            prop_assert!([b.x0, b.y0, b.x1, b.y1].iter().all(|v| v.is_finite()), "{c:?}");
        }
    }

    #[test]
    fn boxes_that_stay_overlap_no_more_than_allowed_and_suppressing_again_changes_nothing(
        boxes in prop::collection::vec((0u8..2, 0f32..1.0, 0f32..50.0, 0f32..50.0, 1f32..40.0, 1f32..40.0), 0..60),
        iou in 0.05f32..0.95,
    ) {
        let mut found: Vec<Candidate> = boxes
            .into_iter()
            .map(|(class, score, x, y, w, h)| candidate(Class::STREET[usize::from(class)], score, [x, y, x + w, y + h]))
            .collect();
        let before = found.clone();
        suppress_doubles(&mut found, iou);
        for (i, a) in found.iter().enumerate() {
            for b in &found[i + 1..] {
                prop_assert!(a.score >= b.score);
                prop_assert!(a.class != b.class || a.box_in_model.iou(&b.box_in_model) <= iou);
            }
        }
        // Whatever went has a surer one of its class that it overlaps.
        for gone in before.iter().filter(|c| !found.contains(c)) {
            let covered = found.iter().any(|k| {
                k.class == gone.class && k.score >= gone.score && k.box_in_model.iou(&gone.box_in_model) > iou
            });
            prop_assert!(covered, "{gone:?} went without a reason");
        }
        let once = found.clone();
        suppress_doubles(&mut found, iou);
        prop_assert_eq!(found, once);
    }
}

#[test]
fn a_head_has_a_name_of_its_own_and_is_found_by_it() {
    for kind in KINDS {
        let head = usual(kind.name);
        assert_eq!((head.name(), head.kind().name), (kind.name, kind.name));
        let own = kind.only_stride.map(|stride| vec![stride]);
        assert_eq!(head.strides(), own.unwrap_or_else(|| USUAL_STRIDES.to_vec()));
        assert_eq!(KINDS.iter().filter(|other| other.name == kind.name).count(), 1);
    }
}

#[test]
fn every_parameter_of_a_head_can_be_written_in_a_manifest_and_its_usual_value_is_in_its_range() {
    macro_rules! keys {
        ($($own:ident: $kind:ty),*) => { vec![$(stringify!($own)),*] };
    }
    let listed = with_own_parameters!(keys);
    let of_heads: Vec<&str> = own_parameters().map(|(_, parameter)| parameter.key).collect();
    assert_eq!(listed, of_heads);
    for (kind, parameter) in own_parameters() {
        let range = parameter.least..=parameter.most;
        assert!(range.contains(&parameter.usual), "{}: {parameter:?}", kind.name);
        assert_eq!(parameter.option, parameter.key.replace('_', "-"));
    }
}
