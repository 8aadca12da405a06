//! The outbox against a plain list that does the same: any sequence of stores, sends, marks and crashes.

use super::*;

#[derive(Debug, Clone)]
enum Step {
    Append { urgent: bool },
    Picture,
    Lend { limit: usize, policy: Policy },
    Acknowledge { which: usize },
    Hold { which: usize },
    Release { which: usize },
    Connect,
    Mark { part: u64 },
    Reopen { crash: bool },
}

fn step() -> impl Strategy<Value = Step> {
    let policy = (any::<bool>(), any::<bool>(), any::<bool>())
        .prop_map(|(backlog, evidence, again)| Policy { backlog, evidence, again });
    prop_oneof![
        6 => any::<bool>().prop_map(|urgent| Step::Append { urgent }),
        1 => Just(Step::Picture),
        4 => (1_usize..5, policy).prop_map(|(limit, policy)| Step::Lend { limit, policy }),
        6 => any::<usize>().prop_map(|which| Step::Acknowledge { which }),
        1 => any::<usize>().prop_map(|which| Step::Hold { which }),
        1 => any::<usize>().prop_map(|which| Step::Release { which }),
        1 => Just(Step::Connect),
        1 => (0_u64..100).prop_map(|part| Step::Mark { part }),
        2 => any::<bool>().prop_map(|crash| Step::Reopen { crash }),
    ]
}

/// What must be true of a record.
#[derive(Debug, Clone, Copy)]
struct Known {
    urgent: bool,
    acked: bool,
}

/// The queue as it should be. Pictures are only counted.
#[derive(Debug, Default)]
struct Model {
    waiting: BTreeMap<u64, Known>,
    last_n: u64,
    marks: bool,
    mark: u64,
    pictures: BTreeSet<RecordId>,
    pictures_stored: usize,
    pictures_gone: usize,
    in_flight: Vec<Sending>,
}

impl Model {
    fn acknowledged(&mut self, sending: &Sending) {
        match &sending.seq {
            Some(seq) => {
                if !self.marks || seq.n <= self.mark {
                    self.waiting.remove(&seq.n);
                } else if let Some(known) = self.waiting.get_mut(&seq.n) {
                    known.acked = true;
                }
            }
            // With marks a picture stays until a later number is marked; without, it leaves.
            None if !self.marks => self.pictures_gone += 1,
            None => {
                self.pictures.insert(sending.id);
            }
        }
    }

    fn marked(&mut self, n: u64) {
        self.marks = true;
        self.mark = self.mark.max(n);
        let mark = self.mark;
        self.waiting.retain(|n, known| !(known.acked && *n <= mark));
    }
}

fn run(steps: &[Step]) -> Result<(), TestCaseError> {
    let mut dir = dir();
    let mut store = open(dir.path());
    let mut model = Model::default();
    for step in steps {
        match step {
            Step::Append { urgent } => {
                let level = if *urgent { Level::Red } else { Level::Blue };
                let seq = alert(&mut store, 0, level);
                model.last_n += 1;
                prop_assert_eq!(seq.n, model.last_n, "numbers without holes");
                model.waiting.insert(seq.n, Known { urgent: *urgent, acked: false });
            }
            Step::Picture => {
                picture(&mut store, 0, Level::Blue, 10);
                model.pictures_stored += 1;
            }
            Step::Lend { limit, policy } => {
                let in_flight = store.next(*limit, *policy, Instant::now()).unwrap();
                prop_assert!(in_flight.len() <= *limit);
                prop_assert!(in_flight.is_sorted_by_key(|sending| sending.turn), "in turn: {:?}", in_flight);
                for sending in &in_flight {
                    prop_assert!(model.in_flight.iter().all(|other| other.id != sending.id), "lent twice");
                    if let Some(seq) = &sending.seq {
                        let known = model.waiting.get(&seq.n);
                        prop_assert!(known.is_some(), "{} was acknowledged and came back", seq.n);
                        prop_assert_eq!(sending.body.clone(), seq.n.to_string().into_bytes());
                        let known = known.unwrap();
                        prop_assert_eq!(known.acked, sending.turn == SendOrder::Again);
                        prop_assert!(known.acked || known.urgent == (sending.turn == SendOrder::Urgent));
                    }
                }
                model.in_flight.extend(in_flight);
            }
            Step::Acknowledge { which } if !model.in_flight.is_empty() => {
                let sending = model.in_flight.remove(which % model.in_flight.len());
                store.acked(&[sending.id]).unwrap();
                model.acknowledged(&sending);
            }
            Step::Hold { which } if !model.in_flight.is_empty() => {
                let sending = model.in_flight.remove(which % model.in_flight.len());
                store.hold(sending.id, Instant::now() + Duration::from_secs(3600));
            }
            Step::Release { which } if !model.in_flight.is_empty() => {
                let sending = model.in_flight.remove(which % model.in_flight.len());
                store.release(&[sending.id]);
            }
            Step::Acknowledge { .. } | Step::Hold { .. } | Step::Release { .. } => {}
            Step::Connect => {
                store.connected().unwrap();
                model.in_flight.clear();
            }
            Step::Mark { part } => {
                let n = model.last_n * part / 100;
                let stream = store.depth().stream;
                store.marked(&stream, n, now()).unwrap();
                // Mark 0 says that the centre marks, but has nothing.
                model.marked(n);
            }
            Step::Reopen { crash: true } => {
                let next = crash(store, dir.path());
                dir = next;
                store = open(dir.path());
                model.in_flight.clear();
            }
            Step::Reopen { crash: false } => {
                store.close().unwrap();
                store = open(dir.path());
                model.in_flight.clear();
            }
        }
        let depth = store.depth();
        prop_assert_eq!(depth.last_n, model.last_n);
        prop_assert_eq!(depth.marks, model.marks);
        let acked = model.waiting.values().filter(|known| known.acked).count() as u64;
        prop_assert!(depth.unmarked >= acked && depth.unmarked <= acked + model.pictures.len() as u64);
        prop_assert!(depth.rows >= model.waiting.len() as u64);
    }
    drain(&mut store, &mut model)
}

/// Everything that was not acknowledged comes, and after it is acknowledged and marked nothing is left.
fn drain(store: &mut Store, model: &mut Model) -> Result<(), TestCaseError> {
    store.connected().unwrap();
    let later = Instant::now() + Duration::from_secs(7200);
    let mut seen = BTreeSet::new();
    loop {
        let in_flight = store.next(7, EVERYTHING, later).unwrap();
        if in_flight.is_empty() {
            break;
        }
        for sending in &in_flight {
            if let Some(seq) = &sending.seq {
                prop_assert!(seen.insert(seq.n), "{} came twice", seq.n);
            }
            store.acked(&[sending.id]).unwrap();
        }
    }
    let expected: BTreeSet<u64> = model.waiting.keys().copied().collect();
    prop_assert_eq!(&seen, &expected, "what was not acknowledged always comes");
    alert(store, 0, Level::Blue);
    for sending in store.next(7, EVERYTHING, later).unwrap() {
        store.acked(&[sending.id]).unwrap();
    }
    let (stream, last) = (store.depth().stream, store.depth().last_n);
    store.marked(&stream, last, now()).unwrap();
    prop_assert_eq!(store.depth().rows, 0);
    prop_assert_eq!((store.depth().bytes, store.depth().unmarked), (0, 0));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn an_acknowledged_record_never_returns_and_an_unacknowledged_one_always_does(
        steps in proptest::collection::vec(step(), 1..80),
    ) {
        run(&steps)?;
    }

    #[test]
    fn what_is_dropped_is_reported_and_never_urgent(
        appends in proptest::collection::vec((0_u8..6, 0_u32..4, any::<bool>()), 1..150),
        rows in 3_u64..30,
    ) {
        let dir = dir();
        let mut store = open_with(dir.path(), options(rows, u64::MAX / 2)).0;
        let mut must_stay = BTreeSet::new();
        let mut revs = [0_u32; 4];
        for (what, number, lend_one) in appends {
            let at = number as usize;
            let level = [Level::Blue, Level::Yellow, Level::Orange, Level::Red][usize::from(what % 4)];
            match what {
                0..=3 => {
                    revs[at] += 1;
                    let end = revs[at] % 5 == 0;
                    let seq = revision(&mut store, number, revs[at], level, end);
                    if level >= Level::Orange || end {
                        must_stay.insert(seq.n);
                    }
                }
                4 => {
                    let seq = store.append(record(Kind::Count, 0, 0, level, false), |_| Ok(vec![0; 10])).unwrap();
                    prop_assert!(seq.n > 0);
                }
                _ => picture(&mut store, number, Level::Blue, 10),
            }
            if lend_one {
                let in_flight = store.next(1, EVERYTHING, Instant::now()).unwrap();
                must_stay.extend(in_flight.iter().map(n_of));
            }
        }
        must_stay.remove(&0);
        store.connected().unwrap();
        let mut kept = BTreeSet::new();
        let mut reported = BTreeSet::new();
        loop {
            let in_flight = store.next(50, EVERYTHING, Instant::now()).unwrap();
            if in_flight.is_empty() {
                break;
            }
            for sending in &in_flight {
                store.acked(&[sending.id]).unwrap();
                let Some(seq) = &sending.seq else { continue };
                kept.insert(seq.n);
                if sending.kind == Kind::Gap {
                    let body: serde_json::Value = serde_json::from_slice(&sending.body).unwrap();
                    for range in body["ranges"].as_array().unwrap() {
                        reported.extend(range[0].as_u64().unwrap()..=range[1].as_u64().unwrap());
                    }
                }
            }
        }
        prop_assert!(must_stay.is_subset(&kept), "{:?} were dropped", must_stay.difference(&kept));
        prop_assert!(kept.is_disjoint(&reported), "reported as missing, and sent");
        let all: BTreeSet<u64> = kept.union(&reported).copied().collect();
        prop_assert_eq!(all, (1..=store.depth().last_n).collect(), "every number was sent or reported");
    }
}
