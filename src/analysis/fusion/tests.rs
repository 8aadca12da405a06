//! Belief and incidents, on words said at moments of our choice. Expectations are computed by hand from the
//! definition in `signals`: with the prior 0.2 (log-odds -1.386) and a sum of weights w, belief is
//! 1 / (1 + exp(1.386 - w)).

use proptest::prelude::*;

use super::*;
use crate::analysis::alert_lifecycle::handling::GivenVerdict;
use crate::analysis::signals::{DEFAULT_LEVELS, DEFAULT_ORIGIN_CAP, DEFAULT_PRIOR, LevelPlan};
use crate::analysis::test_support::{moment, secs};
use crate::types::camera_condition::CameraCondition;
use crate::types::phase::Phase;
use crate::types::verdict::Verdict;

const HERE: &str = "53012700300102";
const BESIDE: &str = "53012700300103";

fn levels() -> Vec<LevelPlan> {
    let all = [Level::Blue, Level::Yellow, Level::Orange, Level::Red];
    let step = |(level, belief)| LevelPlan { level, belief, after: Duration::ZERO, origins: 1 };
    all.into_iter().zip(DEFAULT_LEVELS).map(step).collect()
}

fn flooding() -> SignalPlan {
    SignalPlan {
        kind: "flooding".into(),
        from: Vec::new(),
        prior: DEFAULT_PRIOR,
        half_life: secs(60.0),
        origin_cap: DEFAULT_ORIGIN_CAP,
        levels: levels(),
        clear: 0.35,
        hold: secs(30.0),
        cooldown: secs(300.0),
        join_neighbours: false,
        each_camera: false,
    }
}

fn sensor(name: &str) -> SourceId {
    SourceId::Sensor { sensor: name.into(), threshold: "".into() }
}

fn rule(name: &str, camera: &str) -> SourceId {
    SourceId::Rule { rule: name.into(), camera: camera.into() }
}

fn at(grid: &str, id: SourceId, weight: f64) -> SourcePlan {
    SourcePlan { kind: "flooding".into(), grid: grid.into(), camera: None, id, weight, only_supports: false }
}

/// Signals and their revisions.
struct Stage {
    ids: AlertIds,
    fusion: Fusion,
    acceptance: AcceptancePlan,
    published: Vec<Revision>,
}

impl Stage {
    fn new(plan: SignalPlan, sources: &[SourcePlan]) -> Stage {
        let touch = BTreeSet::from([(Arc::from(HERE), Arc::from(BESIDE))]);
        Stage {
            ids: AlertIds::new("box".into()),
            fusion: Fusion::new(vec![plan], sources, &touch),
            acceptance: AcceptancePlan::default(),
            published: Vec::new(),
        }
    }

    fn report(&mut self, t: f64, source: &SourceId, strength: f32) -> &mut Stage {
        let report = SourceReport {
            at: moment(t),
            strength,
            value: f64::from(strength),
            zone: None,
            shown: &[],
            cause: None,
        };
        self.fusion.report(&mut self.ids, source, report, &mut self.published);
        self
    }

    /// Ticks once a second, in `[from, to)`.
    fn wait(&mut self, from: u32, to: u32) -> &mut Stage {
        for t in from..to {
            self.fusion.tick(&mut self.ids, &self.acceptance, moment(f64::from(t)), &mut self.published);
        }
        self
    }

    fn reasons(&self) -> Vec<(PhaseReason, Level)> {
        self.published.iter().map(|r| (r.reason, r.level)).collect()
    }

    fn belief(&self, t: f64) -> f64 {
        self.fusion.states(moment(t))[0].belief
    }

    fn state(&self, t: f64) -> State {
        self.fusion.states(moment(t))[0].state
    }
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 0.001
}

#[test]
fn one_good_source_is_worth_a_look_and_two_are_worth_going() {
    let (level, camera) = (sensor("drain-2"), rule("water", "cam-1"));
    let mut stage = Stage::new(flooding(), &[at(HERE, level.clone(), 2.0), at(HERE, camera.clone(), 2.0)]);
    stage.report(1.0, &level, 1.0);
    // 1 / (1 + e^-0.614)
    assert!(near(stage.belief(1.0), 0.649), "{}", stage.belief(1.0));
    stage.report(2.0, &level, 1.0).report(2.0, &camera, 1.0);
    // 1 / (1 + e^-2.614)
    assert!(near(stage.belief(2.0), 0.932), "{}", stage.belief(2.0));
    assert_eq!(
        stage.reasons(),
        [(PhaseReason::Raised, Level::Blue), (PhaseReason::LevelRose, Level::Orange)]
    );
    let last = &stage.published[1];
    assert_eq!(last.alert, stage.published[0].alert, "one incident, one alert");
    assert_eq!((last.origin.cameras.len(), last.origin.sensors.len()), (1, 1));
    let said: Vec<&str> = last.why.contributions.iter().map(|c| c.source.as_str()).collect();
    assert_eq!(said, ["rule:water@cam-1", "sensor:drain-2"]);
    assert!(last.why.contributions.iter().all(|c| near(c.contribution, 0.5)));
    assert_eq!(last.why.threshold, 0.85);
}

#[test]
fn a_camera_is_reported_of_the_signals_it_feeds_and_who_makes_them_believed() {
    let (level, camera) = (sensor("drain-2"), rule("water", "cam-1"));
    let elsewhere = rule("water", "cam-2");
    let sources = [at(HERE, level.clone(), 2.0), at(HERE, camera.clone(), 1.0), at(BESIDE, elsewhere, 2.0)];
    let mut stage = Stage::new(flooding(), &sources);
    stage.report(1.0, &level, 1.0).report(1.0, &camera, 1.0);
    let published = stage.fusion.states_of("cam-1", moment(1.0));
    let [(state, parts)] = published.as_slice() else { panic!("{published:?}") };
    assert_eq!((&*state.grid, state.state), (HERE, State::On));
    assert!(near(state.belief, stage.belief(1.0)));
    let shares: Vec<(&str, bool)> =
        parts.iter().map(|one| (one.source.as_str(), near(one.contribution, 1.0 / 3.0))).collect();
    assert_eq!(shares, [("sensor:drain-2", false), ("rule:water@cam-1", true)]);
    let beside = stage.fusion.states_of("cam-2", moment(1.0));
    assert!(beside.iter().all(|(state, parts)| &*state.grid == BESIDE && parts.is_empty()), "{beside:?}");
    assert!(stage.fusion.states_of("cam-3", moment(1.0)).is_empty());
}

#[test]
fn one_camera_cannot_shout_alone() {
    let rules: Vec<SourceId> = (0..5).map(|i| rule(&format!("rule-{i}"), "cam-1")).collect();
    let sources: Vec<SourcePlan> = rules.iter().map(|id| at(HERE, id.clone(), 3.0)).collect();
    let mut stage = Stage::new(flooding(), &sources);
    for _ in 0..3 {
        for id in &rules {
            stage.report(1.0, id, 1.0);
        }
    }
    // The cap of 3: 1 / (1 + e^-1.614), below orange however many rules of it agree.
    assert!(near(stage.belief(1.0), 0.834), "{}", stage.belief(1.0));
    assert_eq!(stage.fusion.open().next().map(|r| r.level), Some(Level::Yellow));
}

#[test]
fn what_only_supports_says_nothing_alone_and_counts_beside_another() {
    let (main, noise) = (rule("scuffle", "cam-1"), sensor("noise"));
    let support = SourcePlan { only_supports: true, ..at(HERE, noise.clone(), 3.0) };
    let mut stage = Stage::new(flooding(), &[at(HERE, main.clone(), 2.0), support]);
    stage.report(1.0, &noise, 1.0);
    assert!(near(stage.belief(1.0), DEFAULT_PRIOR), "{}", stage.belief(1.0));
    assert_eq!(stage.state(1.0), State::Unknown, "what could raise it was not heard yet");
    stage.report(2.0, &main, 1.0).report(2.0, &noise, 1.0);
    // 2 + 3: 1 / (1 + e^-3.614)
    assert!(near(stage.belief(2.0), 0.974), "{}", stage.belief(2.0));
}

#[test]
fn what_is_no_longer_said_fades_by_half_each_half_life_and_then_ends() {
    let source = sensor("drain-2");
    let mut stage = Stage::new(flooding(), &[at(HERE, source.clone(), 2.0)]);
    stage.report(0.0, &source, 1.0).report(1.0, &source, 0.0);
    // Half of the weight: 1 / (1 + e^(1.386 - 1)).
    assert!(near(stage.belief(60.0), 0.405), "{}", stage.belief(60.0));
    for t in 1..200 {
        stage.report(f64::from(t), &source, 0.0).wait(t, t + 1);
    }
    // Below 0.35 after the weight fell to 0.767: 83 s, and 30 s of holding.
    let end = stage.published.last().unwrap();
    assert_eq!((end.phase, end.reason), (Phase::End, PhaseReason::Cleared));
    assert_eq!(end.at.mono.as_secs(), 113);
    assert!(!end.why.contributions.is_empty(), "an end still says what it was about");
    assert_eq!(stage.state(199.0), State::Off);
}

#[test]
fn a_level_falls_only_after_its_hold_time() {
    let (a, b) = (sensor("a"), sensor("b"));
    let mut stage = Stage::new(flooding(), &[at(HERE, a.clone(), 2.5), at(HERE, b.clone(), 2.5)]);
    stage.report(0.0, &a, 1.0).report(0.0, &b, 1.0);
    assert_eq!(stage.fusion.open().next().unwrap().level, Level::Red);
    for t in 0..120 {
        stage.report(f64::from(t), &a, 1.0).report(f64::from(t), &b, 0.0).wait(t, t + 1);
    }
    let fell = stage.published.iter().find(|r| r.reason == PhaseReason::LevelFell).unwrap();
    // b's 2.5 must fall below 1.83 for belief to be under red's 0.95: 27 s, and 30 s of holding.
    assert_eq!(fell.at.mono.as_secs(), 57);
    assert_eq!((fell.level, fell.level_max), (Level::Orange, Level::Red));
}

#[test]
fn levels_may_ask_for_time_and_for_origins() {
    let mut plan = flooding();
    plan.levels[1].after = secs(60.0);
    plan.levels[2].origins = 2;
    plan.origin_cap = 9.0;
    let (a, b) = (sensor("a"), rule("r", "cam"));
    let mut stage = Stage::new(plan, &[at(HERE, a.clone(), 9.0), at(HERE, b.clone(), 0.5)]);
    for t in 0..100 {
        stage.report(f64::from(t), &a, 1.0).wait(t, t + 1);
    }
    // Red asks for nothing here; make it impossible by looking at what orange alone would give.
    assert_eq!(stage.published[0].level, Level::Red, "red asks for neither");

    let mut plan = flooding();
    plan.levels.truncate(3);
    plan.levels[1].after = secs(60.0);
    plan.levels[2].origins = 2;
    plan.origin_cap = 9.0;
    let mut stage = Stage::new(plan, &[at(HERE, a.clone(), 9.0), at(HERE, b.clone(), 0.5)]);
    for t in 0..100 {
        stage.report(f64::from(t), &a, 1.0).wait(t, t + 1);
    }
    let published = stage.published.iter().find(|r| r.level == Level::Yellow).unwrap();
    assert_eq!(published.at.mono.as_secs(), 60);
    stage.report(100.0, &b, 1.0);
    assert_eq!(stage.published.last().unwrap().level, Level::Orange);
}

#[test]
fn a_flickering_source_makes_one_alert() {
    let source = rule("water", "cam-1");
    let mut stage = Stage::new(flooding(), &[at(HERE, source.clone(), 2.5)]);
    for t in 0..3600 {
        let strength = if (t / 3) % 2 == 0 { 0.9 } else { 0.0 };
        stage.report(f64::from(t), &source, strength).wait(t, t + 1);
    }
    let begun = stage.published.iter().filter(|r| r.phase == Phase::New).count();
    assert_eq!(begun, 1);
    assert!(stage.published.len() < 3600 / 60 + 10, "{} messages in an hour", stage.published.len());
}

#[test]
fn after_an_end_only_something_more_urgent_breaks_the_quiet() {
    let (a, b) = (sensor("a"), sensor("b"));
    let mut stage = Stage::new(flooding(), &[at(HERE, a.clone(), 2.0), at(HERE, b.clone(), 2.5)]);
    stage.report(0.0, &a, 1.0);
    for t in 1..150 {
        stage.report(f64::from(t), &a, 0.0).report(f64::from(t), &b, 0.0).wait(t, t + 1);
    }
    assert_eq!(stage.fusion.open().count(), 0);
    stage.report(150.0, &a, 1.0);
    assert_eq!(stage.fusion.open().count(), 0, "as urgent as the one that ended");
    stage.report(151.0, &b, 1.0);
    // 2.0 and 2.5: 1 / (1 + e^-3.1).
    assert_eq!(stage.fusion.open().next().map(|r| r.level), Some(Level::Red));
}

#[test]
fn a_signal_is_unknown_until_and_unless_its_sources_could_raise_it() {
    let (strong, weak) = (sensor("drain-2"), rule("water", "cam-1"));
    let mut stage = Stage::new(flooding(), &[at(HERE, strong.clone(), 2.0), at(HERE, weak.clone(), 1.0)]);
    assert_eq!(stage.state(0.0), State::Unknown);
    stage.report(1.0, &weak, 0.0);
    assert_eq!(stage.state(1.0), State::Unknown, "the weak one alone could not raise it");
    stage.report(2.0, &strong, 0.0);
    assert_eq!(stage.state(2.0), State::Off);
    stage.fusion.fall_silent(&strong, moment(3.0));
    assert_eq!(stage.state(3.0), State::Unknown);
    stage.report(4.0, &strong, 0.0);
    assert_eq!(stage.state(4.0), State::Off);
}

#[test]
fn silence_is_never_reported_as_all_clear() {
    let source = sensor("drain-2");
    let mut stage = Stage::new(flooding(), &[at(HERE, source.clone(), 2.5)]);
    stage.report(0.0, &source, 1.0);
    stage.fusion.fall_silent(&source, moment(1.0));
    stage.wait(1, 290);
    assert_eq!(stage.fusion.open().count(), 1, "nobody can say that it is over");
    stage.wait(290, 310);
    let end = stage.published.last().unwrap();
    assert_eq!((end.phase, end.reason), (Phase::End, PhaseReason::SourceSilent));
    assert_eq!(end.why.silent, ["sensor:drain-2"]);
    assert!(!stage.reasons().iter().any(|(reason, _)| *reason == PhaseReason::LevelFell));
    assert_eq!(stage.state(310.0), State::Unknown);
}

#[test]
fn neighbouring_cells_share_an_alert_where_they_are_asked_to() {
    let (here, beside) = (rule("smoke", "cam-1"), rule("smoke", "cam-2"));
    let sources = [at(HERE, here.clone(), 2.0), at(BESIDE, beside.clone(), 2.0)];
    let mut apart = Stage::new(flooding(), &sources);
    apart.report(1.0, &here, 1.0).report(2.0, &beside, 1.0);
    assert_eq!(apart.fusion.open().count(), 2);

    let mut together = Stage::new(SignalPlan { join_neighbours: true, ..flooding() }, &sources);
    together.report(1.0, &here, 1.0).report(2.0, &beside, 1.0);
    assert_eq!(together.fusion.open().count(), 1);
    let open = together.fusion.open().next().unwrap();
    assert_eq!((&*open.grid, open.level), (HERE, Level::Orange));
    assert_eq!(open.origin.cameras.len(), 2);
}

#[test]
fn nobody_who_takes_it_on_makes_it_go_up_the_grid_once_per_level_and_step() {
    let (a, b) = (sensor("a"), sensor("b"));
    let mut stage = Stage::new(flooding(), &[at(HERE, a.clone(), 2.0), at(HERE, b.clone(), 2.0)]);
    stage.acceptance = AcceptancePlan { within: Some(secs(180.0)), from: Level::Blue };
    let go_on = |stage: &mut Stage, from: u32, to: u32, two: bool| {
        for t in from..to {
            stage
                .report(f64::from(t), &a, 1.0)
                .report(f64::from(t), &b, if two { 1.0 } else { 0.0 })
                .wait(t, t + 1);
        }
    };
    go_on(&mut stage, 0, 1000, false);
    let steps = |stage: &Stage| -> Vec<(u64, Level, u8, String)> {
        let escalated = stage.published.iter().filter(|r| r.reason == PhaseReason::Escalated);
        escalated
            .map(|r| {
                let e = r.escalated.as_ref().unwrap();
                (r.at.mono.as_secs(), e.level, e.step, e.to.to_string())
            })
            .collect()
    };
    let blue = [
        (180, Level::Blue, 1, "530127003001".to_owned()),
        (360, Level::Blue, 2, "530127003".to_owned()),
        (540, Level::Blue, 3, "530127".to_owned()),
    ];
    assert_eq!(steps(&stage), blue);
    // More urgent: somebody is given the same time again, then the first step.
    go_on(&mut stage, 1000, 1181, true);
    assert_eq!(steps(&stage)[3..], [(1180, Level::Orange, 1, "530127003001".to_owned())]);
    let alert = stage.published[0].alert.clone();
    let acknowledgement =
        Acknowledgement { by: "desk 3".into(), key: None, at: moment(1181.0).utc, note: None };
    let published = stage.fusion.acknowledge(&alert, &acknowledgement, moment(1181.0)).unwrap();
    assert!(matches!(published, AckOutcome::Now(_)));
    let second = Acknowledgement { by: "desk 4".into(), key: None, at: moment(1182.0).utc, note: None };
    let outcome = stage.fusion.acknowledge(&alert, &second, moment(1182.0));
    assert_eq!(outcome, Some(AckOutcome::Before(acknowledgement)), "the first one wins");
    go_on(&mut stage, 1182, 3000, true);
    assert_eq!(steps(&stage).len(), 4, "an acknowledgement stops it");
}

#[test]
fn who_gives_a_verdict_has_the_alert_so_that_it_goes_up_the_grid_no_more() {
    let a = sensor("a");
    let mut stage = Stage::new(flooding(), &[at(HERE, a.clone(), 3.0)]);
    stage.acceptance = AcceptancePlan { within: Some(secs(180.0)), from: Level::Blue };
    stage.report(0.0, &a, 1.0);
    let begun = stage.published[0].clone();
    let mut handled = stage.fusion.clone();
    let act = Acknowledgement { by: "desk 3".into(), key: Some("k".into()), at: moment(1.0).utc, note: None };
    let step = HandlingStep::Judge(GivenVerdict { act, verdict: Verdict::Confirmed, cause: None });
    let published = handled.handle(&begun.alert, &step, moment(1.0)).unwrap().unwrap();
    assert_eq!((published.rev, published.phase, published.reason), (2, Phase::Update, PhaseReason::Handled));
    let escalated = |fusion: Fusion| {
        let mut stage =
            Stage { fusion, published: Vec::new(), ids: stage.ids.clone(), acceptance: stage.acceptance };
        for t in 2..400 {
            stage.report(f64::from(t), &a, 1.0).wait(t, t + 1);
        }
        stage.published.iter().any(|revision| revision.reason == PhaseReason::Escalated)
    };
    assert!(escalated(stage.fusion.clone()), "nobody has it");
    assert!(!escalated(handled));
}

#[test]
fn an_alert_all_of_whose_sources_are_silent_is_not_escalated_until_one_speaks() {
    let (a, b) = (rule("smoke", "cam-1"), sensor("b"));
    for both in [true, false] {
        let mut stage = Stage::new(flooding(), &[at(HERE, a.clone(), 2.0), at(HERE, b.clone(), 2.0)]);
        stage.acceptance = AcceptancePlan { within: Some(secs(60.0)), from: Level::Blue };
        for t in 0..50 {
            stage.report(f64::from(t), &a, 1.0).report(f64::from(t), &b, 1.0).wait(t, t + 1);
        }
        // The camera is covered, and the sensor does not answer either, or it does.
        stage.fusion.fall_silent(&a, moment(50.0));
        if both {
            stage.fusion.fall_silent(&b, moment(50.0));
        }
        for t in 50..200 {
            if !both {
                stage.report(f64::from(t), &b, 1.0);
            }
            stage.wait(t, t + 1);
        }
        let escalated =
            |stage: &Stage| stage.published.iter().filter(|r| r.reason == PhaseReason::Escalated).count();
        assert_eq!(escalated(&stage) > 0, !both);
        stage.report(201.0, &a, 1.0).wait(201, 203);
        assert!(escalated(&stage) > 0, "it is seen again, and nobody took it on");
    }
}

#[test]
fn an_alert_from_before_a_restart_goes_on_or_ends_and_keeps_its_escalation() {
    let source = sensor("drain-2");
    let sources = [at(HERE, source.clone(), 2.0)];
    let mut before = Stage::new(flooding(), &sources);
    before.acceptance = AcceptancePlan { within: Some(secs(100.0)), from: Level::Blue };
    for t in 0..150 {
        before.report(f64::from(t), &source, 1.0).wait(t, t + 1);
    }
    let open = before.fusion.open().next().unwrap().clone();
    assert_eq!(open.escalated.as_ref().map(|e| e.step), Some(1));

    // The process begins anew: its monotonic clock does, the wall clock says 150 s.
    let restarted = |t: f64| Moment { mono: secs(t), utc: moment(150.0 + t).utc };
    let mut after = Stage::new(flooding(), &sources);
    after.acceptance = before.acceptance;
    assert_eq!(after.fusion.restore(open.clone(), restarted(0.0)), None);
    for t in 0..120u32 {
        let report = SourceReport {
            at: restarted(f64::from(t)),
            strength: 1.0,
            value: 1.0,
            zone: None,
            shown: &[],
            cause: None,
        };
        after.fusion.report(&mut after.ids, &source, report, &mut after.published);
        after.fusion.tick(&mut after.ids, &after.acceptance, restarted(f64::from(t)), &mut after.published);
    }
    let reasons: Vec<PhaseReason> = after.published.iter().map(|r| r.reason).collect();
    assert_eq!(reasons[0], PhaseReason::StillThere);
    assert!(after.published.iter().all(|r| r.alert == open.alert));
    let next = after.published.iter().find(|r| r.reason == PhaseReason::Escalated).unwrap();
    assert_eq!(next.escalated.as_ref().map(|e| e.step), Some(2), "not the first step again");
    // It had waited 50 s of its 100 s before the restart.
    assert_eq!(next.at.mono.as_secs(), 50);

    let mut quiet = Stage::new(flooding(), &sources);
    assert_eq!(quiet.fusion.restore(open, moment(0.0)), None);
    for t in 0..70 {
        quiet.report(f64::from(t), &source, 0.0).wait(t, t + 1);
    }
    let end = quiet.published.last().unwrap();
    assert_eq!((end.phase, end.reason), (Phase::End, PhaseReason::NotSeenSinceRestart));
}

#[test]
fn a_change_of_configuration_keeps_what_goes_on() {
    let (a, b) = (sensor("a"), sensor("b"));
    let mut stage = Stage::new(flooding(), &[at(HERE, a.clone(), 2.0), at(BESIDE, b.clone(), 2.0)]);
    stage.report(0.0, &a, 1.0).report(0.0, &b, 1.0);
    let alert = stage.published[0].alert.clone();
    let mut fusion = Fusion::new(vec![flooding()], &[at(HERE, a.clone(), 3.0)], &BTreeSet::new());
    let homeless = fusion.inherit(std::mem::take(&mut stage.fusion));
    assert_eq!(homeless.len(), 1, "the alert beside has no place any more");
    assert_eq!(&*homeless[0].grid, BESIDE);
    assert_eq!(fusion.open().map(|r| r.alert.clone()).collect::<Vec<_>>(), [alert]);
    // The same word at its new weight: 1 / (1 + e^-1.614).
    assert!(near(fusion.states(moment(0.0))[0].belief, 0.834));
}

/// Words said by four sources in two cells, at whole seconds.
fn words() -> impl Strategy<Value = Vec<(u32, usize, f32)>> {
    prop::collection::vec((0u32..60, 0usize..4, prop_oneof![Just(0.0f32), 0.1f32..=1.0]), 1..60)
}

fn four() -> ([SourceId; 4], Vec<SourcePlan>) {
    let ids = [rule("a", "cam-1"), rule("b", "cam-1"), sensor("s"), rule("a", "cam-2")];
    let weights = [1.5, 2.5, 2.0, 3.0];
    let plans = ids.iter().zip(weights).map(|(id, weight)| at(HERE, id.clone(), weight)).collect();
    (ids, plans)
}

/// Level, cameras and sensors of an open alert.
type Published = (Level, usize, usize);

/// Belief (its bits) at the end of each second, and the alert that is open then.
fn play(words: &[(u32, usize, f32)]) -> Vec<(u64, Option<Published>)> {
    let (ids, plans) = four();
    let mut stage = Stage::new(flooding(), &plans);
    (0..60)
        .map(|t| {
            for (_, source, strength) in words.iter().filter(|(at, ..)| *at == t) {
                stage.report(f64::from(t), &ids[*source], *strength);
            }
            let open = stage.fusion.open().next();
            let open = open.map(|r| (r.level, r.origin.cameras.len(), r.origin.sensors.len()));
            (stage.belief(f64::from(t)).to_bits(), open)
        })
        .collect()
}

proptest! {
    #[test]
    fn the_order_of_simultaneous_words_does_not_matter(said in words(), seed in any::<u64>()) {
        let mut shuffled = said.clone();
        let key = |w: &(u32, usize, f32)| (w.1 as u64 + 1).wrapping_mul(seed | 1) ^ u64::from(w.2.to_bits());
        shuffled.sort_by_key(|report| (report.0, key(report)));
        let mut in_time = said;
        in_time.sort_by_key(|report| report.0);
        prop_assert_eq!(play(&in_time), play(&shuffled));
    }

    #[test]
    fn more_evidence_never_lowers_belief(said in words(), more in (0u32..60, 0usize..4, 0.0f32..=1.0)) {
        let mut said = said;
        said.sort_by_key(|report| report.0);
        let with_more: Vec<_> = said.iter().copied().chain([more]).collect();
        for (less, more) in play(&said).into_iter().zip(play(&with_more)) {
            prop_assert!(f64::from_bits(less.0) <= f64::from_bits(more.0) + 1e-12);
        }
    }

    #[test]
    fn belief_stays_between_the_prior_and_certainty(said in words()) {
        for (belief, _) in play(&said) {
            let belief = f64::from_bits(belief);
            prop_assert!((DEFAULT_PRIOR - 1e-9..1.0).contains(&belief), "{belief}");
        }
    }
}

/// Two cameras of one grid are two errands: each has an alert of its own that names it, ends by itself, and goes on after
/// a restart as what it was.
#[test]
fn each_camera_of_a_grid_has_its_own_alert_with_its_own_cause() {
    let plan = SignalPlan { each_camera: true, join_neighbours: true, ..flooding() };
    let condition =
        |camera: &str| SourceId::Camera { camera: camera.into(), condition: CameraCondition::NoVideo.name() };
    let of = |camera: &str| SourcePlan { camera: Some(camera.into()), ..at(HERE, condition(camera), 3.0) };
    let sources = [of("cam-a"), of("cam-b")];
    let mut stage = Stage::new(plan.clone(), &sources);
    let report = |secs_since: f64, strength: f32, cause: NoVideoCause| SourceReport {
        at: moment(secs_since),
        strength,
        value: 1.0,
        zone: None,
        shown: &[],
        cause: Some(cause),
    };
    let mut published = Vec::new();
    let Stage { ids, fusion, .. } = &mut stage;
    fusion.report(ids, &condition("cam-a"), report(1.0, 1.0, NoVideoCause::WrongPassword), &mut published);
    fusion.report(
        ids,
        &condition("cam-b"),
        report(2.0, 1.0, NoVideoCause::ConnectionRefused),
        &mut published,
    );
    assert_eq!(published.len(), 2);
    assert_ne!(published[0].alert, published[1].alert);
    for (revision, camera, cause) in [
        (&published[0], "cam-a", NoVideoCause::WrongPassword),
        (&published[1], "cam-b", NoVideoCause::ConnectionRefused),
    ] {
        assert_eq!((revision.phase, &*revision.grid), (Phase::New, HERE));
        assert_eq!(revision.origin.cameras, [Arc::from(camera)]);
        assert_eq!(revision.why.contributions[0].cause, Some(cause));
    }
    // The camera is reached, and now it is the password: who reads the alert has another thing to do.
    let before = published.len();
    fusion.report(ids, &condition("cam-b"), report(13.0, 1.0, NoVideoCause::WrongPassword), &mut published);
    assert_eq!(published.len(), before + 1);
    assert_eq!(published[before].why.contributions[0].cause, Some(NoVideoCause::WrongPassword));
    // After a restart each goes on in its own place.
    let mut again = Fusion::new(vec![plan], &sources, &BTreeSet::new());
    for revision in [published[before].clone(), published[0].clone()] {
        assert!(again.restore(revision, moment(20.0)).is_none());
    }
    let open: Vec<_> = again.open().map(|open| (open.camera().cloned(), open.alert.clone())).collect();
    assert_eq!(
        open,
        [
            (Some("cam-a".into()), published[0].alert.clone()),
            (Some("cam-b".into()), published[1].alert.clone())
        ]
    );
}
