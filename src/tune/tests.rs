//! Two cameras, visits of known scores and lengths, verdicts. What a live analysis was given and made is the journal.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;

use super::budget::{Budget, Per, search};
use super::curve::Elsewhere;
use super::curve::FEWEST_VERDICTS;
use super::*;
use crate::analysis::detection::Detection;
use crate::analysis::geometry::BBox;
use crate::analysis::time::Moment;
use crate::analysis::tracker::DEFAULT_THRESHOLD;
use crate::journal::{Entry, Input};
use crate::retune::test_box::{self, TestBox, config, configuration, start};
use crate::types::language::Language;
use crate::types::verdict::Verdict;

const CONFIRMED: &[Verdict] = &[Verdict::Confirmed];
const FALSE: &[Verdict] = &[Verdict::FalseAlarm];
const UNJUDGED: &[Verdict] = &[];

/// Somebody comes, every minute another one. Verdicts are given 40 s later, one after the other.
#[derive(Clone, Copy)]
struct Visit {
    camera: &'static str,
    /// How sure the detector is in the first two seconds.
    at_first: f32,
    /// And then.
    score: f32,
    secs: u32,
    height: f32,
    verdicts: &'static [Verdict],
}

fn visit(score: f32, verdicts: &'static [Verdict]) -> Visit {
    Visit { camera: "cam-1", at_first: score, score, secs: 20, height: 0.3, verdicts }
}

/// The example, by hand. Threshold 0.30, for 3 s.
///
/// | visits | score | verdict |
/// |---|---|---|
/// | 11 | 0.40 | false alarm |
/// | 1 | 0.90 | false alarm |
/// | 7 | 0.85 | confirmed |
/// | 1 | 0.40 for two seconds, then 0.85 | confirmed |
/// | 2 | 0.40 | none |
/// | 1 | 0.85 | none |
///
/// With 0.42 the eleven are gone and the two without a verdict, the one confirmed comes two seconds later: 10 of 23 are told.
fn example() -> Vec<Visit> {
    let mut visits = vec![visit(0.40, FALSE); 11];
    visits.push(visit(0.90, FALSE));
    visits.extend([visit(0.85, CONFIRMED); 7]);
    visits.push(Visit { at_first: 0.40, ..visit(0.85, CONFIRMED) });
    visits.extend([visit(0.40, UNJUDGED); 2]);
    visits.push(visit(0.85, UNJUDGED));
    visits
}

fn text() -> String {
    format!(
        "[site]\nbox = \"box-1\"\narea = \"530127\"\nmode = \"test\"\n{}\
         # At night nobody should be there.\n[[rule]]\nid = \"yard\"\ncameras = [\"cam-1\", \"cam-2\"]\nhold_secs = 5\ncooldown_secs = 0\n\
         present = {{ zone = \"lane\", classes = [\"person\"], for_secs = 3 }}\n",
        test_box::cameras("thresholds = { person = 0.3 }   # as the maker says"),
    )
}

fn after(secs: f64) -> Moment {
    let since = Duration::from_secs_f64(secs);
    Moment { mono: since, utc: start() + since }
}

fn session(text: &str) -> Session {
    test_box::session(1, after(0.0), &configuration(text, None))
}

/// The journal of a box on which these visits came, one a minute.
fn entries(text: &str, visits: &[Visit]) -> Vec<Entry> {
    let mut live = TestBox::new(configuration(text, None));
    let minutes = visits.len() as u32;
    for half in 0..minutes * 120 {
        let secs = f64::from(half) / 2.0;
        let (visit, within) = (visits[half as usize / 120], f64::from(half % 120) / 2.0);
        for camera in ["cam-1", "cam-2"] {
            let is_there = visit.camera == camera && within < f64::from(visit.secs);
            let box_in_frame = BBox::new(0.45, 0.9 - visit.height, 0.55, 0.9);
            let score = if within < 2.0 { visit.at_first } else { visit.score };
            let found = Detection { class: Class::PERSON, score, box_in_frame }.rounded();
            live.look(camera, secs, is_there.then_some(found).into_iter().collect());
        }
        if half % 2 == 0 {
            live.tick(secs);
        }
        if within == 40.0 {
            for (second, verdict) in visit.verdicts.iter().enumerate() {
                live.judge(*verdict, secs + second as f64 / 10.0);
            }
        }
    }
    live.entries
}

/// A journal on disk, and a question about all of it.
fn asked(folder: &tempfile::TempDir, text: &str, visits: &[Visit]) -> Question {
    let journal = folder.path().join("journal");
    journal::write_all(&journal, entries(text, visits));
    Question {
        journal,
        config: config(text),
        from: start(),
        to: start() + Duration::from_secs(visits.len() as u64 * 60),
        rules: Vec::new(),
        cameras: Vec::new(),
    }
}

/// The same, of a journal that goes on for 4,600 s, so that a budget by the hour can be asked.
fn asked_for_hours(folder: &tempfile::TempDir, visits: &[Visit]) -> Question {
    let mut entries = entries(&text(), visits);
    entries.push(Entry::Input(Input::Tick { at: after(4_600.0) }));
    let journal = folder.path().join("journal");
    journal::write_all(&journal, entries);
    let (rules, cameras) = (Vec::new(), Vec::new());
    let to = start() + Duration::from_secs(4_700);
    Question { journal, config: config(&text()), from: start(), to, rules, cameras }
}

fn tuned(question: &Question) -> Tuning {
    tune(question, &mut |_| {}).unwrap_or_else(|why| panic!("{why:?}"))
}

fn curve_of<'t>(tuning: &'t Tuning, camera: &str, parameter: &str) -> &'t Curve {
    let of = |one: &&Tuned| one.subject.rule.as_ref().is_some_and(|(_, of)| **of == *camera);
    let tuned = tuning.tuned.iter().find(of).unwrap();
    tuned.curves.iter().find(|curve| curve.parameter.name() == parameter).unwrap()
}

fn at(curve: &Curve, value: f64) -> Point {
    let found = curve.points.iter().find(|point| point.value == value);
    *found.unwrap_or_else(|| panic!("{value} in {:?}", curve.points))
}

#[test]
fn the_curve_of_the_example_is_the_one_computed_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let tuning = tuned(&asked(&folder, &text(), &example()));
    let [only] = &tuning.tuned[..] else { panic!("cam-2 told nothing: {:?}", tuning.tuned) };
    let expected = Precision { confirmed: 8, false_alarms: 12, other: 0, unjudged: 3 };
    assert_eq!((only.precision, only.precision.share()), (expected, Some(0.4)));
    assert_eq!(tuning.rules, [("yard".into(), expected)]);

    let curve = curve_of(&tuning, "cam-1", "thresholds.person");
    assert_eq!((curve.in_force, curve.points[0].value), (0.30, 0.30));
    let told: Vec<(f64, u64)> = curve.points.iter().map(|point| (point.value, point.told)).collect();
    let by_hand = [
        (0.30, 23),
        (0.34, 23),
        (0.38, 23),
        (0.42, 10),
        (0.46, 10),
        (0.50, 10),
        (0.55, 10),
        (0.60, 10),
        (0.70, 10),
        (0.80, 10),
    ];
    assert_eq!(told, by_hand);
    let fate = |all, told| Fate { all, told, ..Fate::default() };
    let in_force = Point {
        value: 0.30,
        told: 23,
        confirmed: fate(8, 8),
        false_alarms: fate(12, 12),
        unjudged: fate(3, 3),
        ..Point::default()
    };
    assert_eq!(curve.points[0], in_force);
    let higher = Point {
        value: 0.42,
        told: 10,
        confirmed: Fate { later: 1, latest_by_s: 2.0, delay_s: 2.0, ..fate(8, 8) },
        false_alarms: fate(12, 1),
        unjudged: fate(3, 1),
        ..Point::default()
    };
    assert_eq!(at(curve, 0.42), higher);

    let curve = curve_of(&tuning, "cam-1", "for_secs");
    let twice = at(curve, 6.0);
    assert_eq!((twice.told, twice.confirmed.later, twice.confirmed.latest_by_s), (23, 8, 3.0));
    let longer_than_any = at(curve, 24.0);
    assert_eq!((longer_than_any.told, longer_than_any.confirmed.told), (0, 0));
    let curve = curve_of(&tuning, "cam-1", "min_height");
    assert_eq!((at(curve, 0.25).told, at(curve, 0.40).told), (23, 0));
}

#[test]
fn a_suggestion_says_its_price_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let tuning = tuned(&asked(&folder, &text(), &example()));
    let suggestion = tuning.tuned[0].suggestion.as_ref().unwrap().sentence();
    assert_eq!(
        suggestion.to_string(),
        "threshold for person: 0.42 instead of 0.30: 11 of 12 false alarms gone, 1 confirmed would have come up to 2 s later, \
         none missed, 2 of 3 that nobody judged gone"
    );
    let text = tuning.text(Language::English);
    assert!(text.contains("precision 40 % (22 to 61 % with 95 % certainty, verdicts: 20)"), "{text}");
    assert!(text.contains("suggestion: threshold for person: 0.42"), "{text}");
    let html = tuning.html(Language::Chinese);
    assert!(html.contains("由 0.30 改为 0.42") && html.contains("0.42 instead of 0.30"), "{html}");
    assert!(!html.contains("<script") && !html.contains("src=\"http"), "{html}");
    assert_eq!(html.matches("<svg").count(), tuning.tuned[0].curves.len());
    let json = tuning.json(Language::English);
    let points = &json["curves"][0]["parameters"][0];
    assert_eq!(
        (&points["parameter"], &points["points"][3]["told"]),
        (&"thresholds.person".into(), &10.into())
    );
}

/// False alarms at one camera that are over soon, and confirmed ones at the other that are as well.
fn short_at_both() -> Vec<Visit> {
    let mut visits = vec![Visit { secs: 5, ..visit(0.9, FALSE) }; 6];
    visits.extend([visit(0.9, CONFIRMED); 6]);
    visits.extend([Visit { camera: "cam-2", secs: 5, ..visit(0.9, CONFIRMED) }; 2]);
    visits
}

#[test]
fn a_value_of_the_rule_with_which_its_other_camera_misses_a_confirmed_alert_is_not_suggested() {
    let folder = tempfile::tempdir().unwrap();
    let alone = tuned(&asked(&folder, &text(), &short_at_both()[..12]));
    let suggested = alone.tuned[0].suggestion.as_ref().unwrap();
    assert_eq!(suggested.parameter, Parameter::ForSecs { rule: "yard".into() });

    let folder = tempfile::tempdir().unwrap();
    let mut question = asked(&folder, &text(), &short_at_both());
    for cameras in [Vec::new(), vec!["cam-1".to_owned()]] {
        question.cameras = cameras;
        let tuning = tuned(&question);
        let longer = at(curve_of(&tuning, "cam-1", "for_secs"), 12.0);
        assert_eq!((longer.confirmed.told, longer.false_alarms.told), (6, 0));
        assert_eq!(longer.elsewhere, Elsewhere { missed: 2, ..Elsewhere::default() });
        let of_it = |one: &&Tuned| one.subject.rule.as_ref().is_some_and(|(_, camera)| **camera == *"cam-1");
        assert_eq!(tuning.tuned.iter().find(of_it).unwrap().suggestion, None);
        let text = tuning.text(Language::English);
        assert!(text.contains("6/6 (elsewhere -2)"), "{text}");
    }
}

#[test]
fn the_price_of_a_budget_has_what_is_missed_where_nobody_asked() {
    let folder = tempfile::tempdir().unwrap();
    let mut question = asked_for_hours(&folder, &short_at_both());
    question.cameras = vec!["cam-1".to_owned()];
    let found = search(&question, Budget { alerts: 6.0, per: Per::Hour }, &mut |_| {}).unwrap();
    assert_eq!((found.before.told, found.after.told), (12, 6));
    assert_eq!((found.prices.0.confirmed.told, found.prices.1.confirmed.told), (8, 6));
    let text = found.text(Language::English, None);
    assert!(text.contains("2 of 8 confirmed missed"), "{text}");
}

#[test]
fn without_verdicts_nothing_is_said_of_precision_and_nothing_is_suggested() {
    let folder = tempfile::tempdir().unwrap();
    let visits: Vec<Visit> = (0..12).map(|_| visit(0.4, UNJUDGED)).collect();
    let tuning = tuned(&asked(&folder, &text(), &visits));
    let only = &tuning.tuned[0];
    assert_eq!(
        (only.precision.unjudged, only.precision.share(), only.precision.interval()),
        (12, None, None)
    );
    assert_eq!(only.suggestion, None);
    let higher = at(curve_of(&tuning, "cam-1", "thresholds.person"), 0.42);
    assert_eq!((higher.told, higher.unjudged.all, higher.confirmed.all), (0, 12, 0));
    let text = tuning.text(Language::English);
    assert!(text.contains("too few to say (verdicts: 0, wanted: 10)"), "{text}");
}

#[test]
fn what_was_not_published_is_no_alert_and_what_is_not_given_again_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let mut entries = entries(&text(), &[visit(0.8, CONFIRMED), visit(0.8, UNJUDGED), visit(0.8, UNJUDGED)]);
    let alert_of = |entries: &[Entry], minute: u64| {
        let began = start() + Duration::from_secs(minute * 60);
        entries.iter().find_map(|entry| match entry {
            Entry::Published(one) if one.started_at >= began => Some(one.alert.clone()),
            _ => None,
        })
    };
    let (second, third) = (alert_of(&entries, 1).unwrap(), alert_of(&entries, 2).unwrap());
    // Of the second the daemon published nothing, of the third the looks are lost.
    entries.retain(|entry| match entry {
        Entry::Published(one) => one.alert != second,
        Entry::Input(Input::Look(look)) => look.at.utc < start() + Duration::from_secs(120),
        _ => true,
    });
    assert_ne!(second, third);
    entries.push(Entry::Stop { at: after(179.5) });
    let again = Session { at: after(179.6), id: 2, ..session(&text()) };
    entries.push(Entry::Session(Box::new(again.clone())));
    entries.push(Entry::Session(Box::new(Session { at: after(179.8), id: 3, ..again })));
    entries.push(Entry::Input(Input::Tick { at: after(180.0) }));
    let journal = folder.path().join("journal");
    journal::write_all(&journal, entries);
    let (rules, cameras, to) = (Vec::new(), Vec::new(), start() + Duration::from_secs(181));
    let tuning = tuned(&Question { journal, config: config(&text()), from: start(), to, rules, cameras });
    let expected = Precision { confirmed: 1, ..Precision::default() };
    assert_eq!(tuning.tuned[0].precision, expected);
    let codes: Vec<&str> = tuning.notes.iter().map(|note| note.what.code()).collect();
    assert_eq!(codes, ["retune.killed", "tune.not_given_again"]);
    assert_eq!(tuning.notes[1].what.value("count").unwrap().to_string(), "1");
}

#[test]
fn of_contradictory_verdicts_the_latest_counts() {
    let folder = tempfile::tempdir().unwrap();
    let visits = [
        visit(0.8, &[Verdict::Confirmed, Verdict::FalseAlarm]),
        visit(0.8, &[Verdict::FalseAlarm, Verdict::Exercise, Verdict::Confirmed]),
        visit(0.8, &[Verdict::Confirmed, Verdict::Duplicate]),
    ];
    let tuning = tuned(&asked(&folder, &text(), &visits));
    let expected = Precision { confirmed: 1, false_alarms: 1, other: 1, unjudged: 0 };
    assert_eq!(tuning.tuned[0].precision, expected);
}

#[test]
fn a_verdict_that_is_given_after_the_time_that_is_judged_counts() {
    let folder = tempfile::tempdir().unwrap();
    let mut question = asked(&folder, &text(), &[visit(0.8, CONFIRMED), visit(0.8, FALSE)]);
    question.to = start() + Duration::from_secs(90);
    let precision = tuned(&question).tuned[0].precision;
    assert_eq!((precision.confirmed, precision.false_alarms), (1, 1));
}

#[test]
fn an_alert_that_a_value_raises_behind_the_end_comes_late_and_is_not_missed() {
    let folder = tempfile::tempdir().unwrap();
    let mut question = asked(&folder, &text(), &[visit(0.8, CONFIRMED); 2]);
    // It was raised three seconds after the minute, and would be six seconds after it.
    question.to = start() + Duration::from_secs(65);
    let tuning = tuned(&question);
    let twice = at(curve_of(&tuning, "cam-1", "for_secs"), 6.0);
    assert_eq!((twice.told, twice.confirmed.told, twice.confirmed.later), (2, 2, 2));
}

#[test]
fn a_suggestion_is_not_blamed_for_what_the_file_delays_already() {
    let folder = tempfile::tempdir().unwrap();
    let mut question = asked(&folder, &text(), &example());
    // It ran with 3 s; the file says 6 s, and each alert comes three seconds later with it.
    question.config = config(&text().replace("for_secs = 3", "for_secs = 6"));
    let tuning = tuned(&question);
    let curve = curve_of(&tuning, "cam-1", "thresholds.person");
    assert_eq!(curve.points[0].confirmed, Fate { all: 8, told: 8, ..Fate::default() });
    let suggestion = tuning.tuned[0].suggestion.as_ref().unwrap().sentence().to_string();
    assert!(suggestion.contains("1 confirmed would have come up to 2 s later, none missed"), "{suggestion}");
}

#[test]
fn rates_are_of_the_time_in_which_the_box_was_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut entries = entries(&text(), &example());
    // 23 alerts in 23 minutes; then a day off, and a day on.
    let (stop, day) = (1_380.0, 86_400.0);
    entries.push(Entry::Stop { at: after(stop) });
    entries.push(Entry::Session(Box::new(Session { at: after(stop + day), id: 2, ..session(&text()) })));
    entries.push(Entry::Input(Input::Tick { at: after(stop + 2.0 * day) }));
    let journal = folder.path().join("journal");
    journal::write_all(&journal, entries);
    let (rules, cameras, to) = (Vec::new(), Vec::new(), after(stop + 2.0 * day).utc);
    let question = Question { journal, config: config(&text()), from: start(), to, rules, cameras };
    let a_day = 23.0 / ((stop + day) / day);
    let is_it = |rate: f64| (rate - a_day).abs() < 1e-6;
    let tuning = tuned(&question);
    let per_day = curve_of(&tuning, "cam-1", "for_secs").points[0].per_day.unwrap();
    assert!(is_it(per_day), "{per_day} instead of {a_day}");
    let found = search(&question, Budget { alerts: 20.0, per: Per::Day }, &mut |_| {}).unwrap();
    assert!(is_it(found.before.rate), "{:?}", found.before);
    assert!(!found.turned.is_empty() && found.is_kept(), "{:?}", found.turned);
}

#[test]
fn a_value_is_judged_alone_whatever_shares_its_judge() {
    let folder = tempfile::tempdir().unwrap();
    let mut visits = example();
    for visit in visits.iter_mut().step_by(2) {
        visit.camera = "cam-2";
    }
    let mut question = asked(&folder, &text(), &visits);
    let whole = tuned(&question);
    assert_eq!(whole.tuned.len(), 2);
    question.cameras = vec!["cam-2".to_owned()];
    let alone = tuned(&question);
    let [only] = &alone.tuned[..] else { panic!("{:?}", alone.tuned) };
    for curve in &only.curves {
        assert_eq!(curve_of(&whole, "cam-2", &curve.parameter.name()), curve);
    }
    let (one, _) = curve(&question, "for_secs", &mut |_| {}).unwrap();
    assert_eq!(&one, curve_of(&whole, "cam-2", "for_secs"));
    let why = curve(&question, "at_least", &mut |_| {}).unwrap_err();
    // The catalogue's signal of cameras in trouble is asked about, too.
    let known = ["thresholds.person", "for_secs", "min_height", "level"].map(str::to_owned);
    assert!(matches!(&why, Untuned::UnknownParameter { known: names, .. } if *names == known), "{why:?}");
}

#[test]
fn the_belief_of_a_signal_has_a_curve() {
    let folder = tempfile::tempdir().unwrap();
    let signal = "[[signal]]\nkind = \"after_hours\"\nfrom = [{ rule = \"yard\", weight = 2.0 }]\nhalf_life_secs = 1\nhold_secs = 5\ncooldown_secs = 0\n";
    let text = text() + signal;
    let visits = vec![visit(0.9, UNJUDGED); 3];
    let tuning = tuned(&asked(&folder, &text, &visits));
    let of_signal = tuning.tuned.iter().find(|one| one.subject.signal.is_some()).unwrap();
    let [curve] = &of_signal.curves[..] else { panic!("{:?}", of_signal.curves) };
    // Prior 0.2, and a hint of 0.5 + 0.5 * 0.9 with weight 2: the belief reaches 0.63.
    assert_eq!((curve.in_force, curve.points[0].told), (0.5, 3));
    assert_eq!((at(curve, 0.62).told, at(curve, 0.66).told, at(curve, 0.9).told), (3, 0, 0));
    let of_rule = curve_of(&tuning, "cam-1", "thresholds.person");
    assert_eq!(of_rule.points[0].told, 3, "the rule tells through the signal");
}

#[test]
fn a_budget_is_kept_by_what_loses_least_and_the_file_keeps_its_remarks() {
    let folder = tempfile::tempdir().unwrap();
    let question = asked_for_hours(&folder, &example());
    // 1.28 hours: 11 alerts at the most.
    let budget = Budget { alerts: 9.0, per: Per::Hour };
    let found = search(&question, budget, &mut |_| {}).unwrap();
    assert!(found.is_kept());
    assert_eq!((found.before.told, found.after.told), (23, 10));
    let turned: Vec<(String, f64, f64)> =
        found.turned.iter().map(|one| (one.parameter.name(), one.was, one.is)).collect();
    assert_eq!(turned, [("thresholds.person".to_owned(), 0.30, 0.42)]);
    assert_eq!((found.prices.1.confirmed.told, found.prices.1.false_alarms.told), (8, 1));
    let changed: Vec<&str> = found.patch.lines().filter(|line| line.starts_with(['-', '+'])).collect();
    let expected = [
        "--- /etc/lookout/lookout.toml",
        "+++ /etc/lookout/lookout.toml",
        "-thresholds = { person = 0.3 }   # as the maker says",
        "+thresholds = { person = 0.42 }   # as the maker says",
    ];
    assert_eq!(changed, expected);
    let again = search(&question, budget, &mut |_| {}).unwrap();
    assert_eq!(again.text(Language::English, None), found.text(Language::English, None));
    assert!(found.text.contains("# At night nobody should be there."));
    let whole = found.text(Language::English, Some("new.toml"));
    assert!(whole.contains("`lookout retune --config new.toml`, then `lookout shadow new.toml`"), "{whole}");
    assert!(whole.contains("camera `cam-1`, threshold for person: 0.42 instead of 0.30"), "{whole}");
}

#[test]
fn a_budget_that_cannot_be_kept_says_so_and_who_tells_most() {
    let folder = tempfile::tempdir().unwrap();
    // Sure, long and tall: nothing within the limits takes them away.
    let sure = Visit { secs: 50, height: 0.45, ..visit(0.95, CONFIRMED) };
    let visits = vec![sure; 6];
    let question = asked_for_hours(&folder, &visits);
    let found = search(&question, Budget { alerts: 1.0, per: Per::Hour }, &mut |_| {}).unwrap();
    assert!(!found.is_kept());
    assert_eq!((found.after.told, found.turned.len(), found.patch.as_str()), (6, 0, ""));
    let text = found.text(Language::English, None);
    assert!(text.contains("What still tells most: `yard` 6"), "{text}");

    let within = search(&question, Budget { alerts: 100.0, per: Per::Hour }, &mut |_| {}).unwrap();
    assert!(within.is_kept() && within.turned.is_empty());
    assert!(within.text(Language::English, None).contains("within the budget as it is"));

    let why = search(&question, Budget { alerts: 1.0, per: Per::Day }, &mut |_| {}).unwrap_err();
    assert!(matches!(why, Untuned::ShorterThanBudget), "{why:?}");
}

#[test]
fn what_cannot_be_asked_is_said_with_what_there_is() {
    let folder = tempfile::tempdir().unwrap();
    let visits = [visit(0.8, CONFIRMED)];
    let mut question = asked(&folder, &text(), &visits);
    question.rules = vec!["yrad".to_owned()];
    let why = tune(&question, &mut |_| {}).unwrap_err();
    assert!(matches!(&why, Untuned::UnknownRule { known, .. } if known[..] == ["yard".into()]), "{why:?}");
    question.rules = Vec::new();
    question.cameras = vec!["cam-9".to_owned()];
    let why = tune(&question, &mut |_| {}).unwrap_err();
    assert!(matches!(why, Untuned::Unjudged(Unjudged::UnknownCamera { .. })), "{why:?}");
    question.cameras = Vec::new();
    (question.from, question.to) =
        (start() + Duration::from_secs(3_600), start() + Duration::from_secs(7_200));
    let why = tune(&question, &mut |_| {}).unwrap_err();
    assert!(
        matches!(why, Untuned::Unjudged(Unjudged::TooShort { begins, .. }) if begins == start()),
        "{why:?}"
    );
    question.journal = folder.path().join("nowhere");
    let why = tune(&question, &mut |_| {}).unwrap_err();
    assert!(matches!(why, Untuned::Unjudged(Unjudged::NoJournal { .. })), "{why:?}");
    assert_eq!(
        config_that_ran(&folder.path().join("journal")).unwrap().text(),
        text(),
        "the file that ran is in the journal"
    );
}

#[test]
fn the_configuration_that_ran_last_is_that_of_the_last_file_that_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal");
    let nothing = config_that_ran(&journal).unwrap_err();
    assert!(matches!(nothing, Unjudged::NoJournal { .. }), "{nothing:?}");
    // The clock is set back by a day before the second run.
    let (former, latest) = (text(), text().replace("for_secs = 3", "for_secs = 5"));
    let before = Moment { mono: Duration::ZERO, utc: start() - Duration::from_secs(86_400) };
    let next = Session { at: before, id: 2, ..session(&latest) };
    journal::write_all(
        &journal,
        [
            Entry::Session(Box::new(session(&former))),
            Entry::Stop { at: after(1.0) },
            Entry::Session(Box::new(next)),
        ],
    );
    assert_eq!(config_that_ran(&journal).unwrap().text(), latest);
    let files = std::fs::read_dir(&journal).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<PathBuf> = files.collect();
    files.sort();
    assert_eq!(files.len(), 2, "each run has its own");
    std::fs::write(&files[1], "what is this").unwrap();
    assert_eq!(config_that_ran(&journal).unwrap().text(), former);
}

#[test]
fn an_interval_is_wilsons() {
    let of = |confirmed, false_alarms| Precision { confirmed, false_alarms, ..Precision::default() };
    let rounded = |precision: Precision| {
        precision.interval().map(|(low, high)| ((low * 1_000.0).round(), (high * 1_000.0).round()))
    };
    assert_eq!(rounded(of(8, 12)), Some((219.0, 613.0)));
    assert_eq!(rounded(of(10, 0)), Some((722.0, 1_000.0)));
    assert_eq!(rounded(of(0, 10)), Some((0.0, 278.0)));
    assert_eq!(rounded(of(FEWEST_VERDICTS - 1, 0)), None);
}

#[test]
fn a_value_from_the_page_changes_what_it_was_measured_with_and_is_tried_where_it_acts() {
    let text = text().replacen("thresholds = { person = 0.3 }", "", 1).replacen(
        "grid =",
        "night = { schedule = \"daily 20:00-06:00\", thresholds = { person = 0.3 } }\ngrid =",
        1,
    );
    let recommended = BTreeMap::from([(Class::PERSON, 0.6)]);
    let config = config(&text);
    let changed = |recommended: &Recommended, parameter: &str, value: f64| {
        let (edits, cameras) = edits(&config, recommended, ("yard", "cam-1"), parameter, value);
        (crate::config::edit::apply(&text, &edits).unwrap(), cameras)
    };
    let (after, cameras) = changed(&recommended, "thresholds.person", 0.42);
    assert_eq!(
        after,
        text.replacen("thresholds = { person = 0.3 } }", "thresholds = { person = 0.42 } }", 1)
    );
    assert_eq!(cameras, ["cam-1"]);
    let (_, cameras) = changed(&recommended, "for_secs", 6.0);
    assert_eq!(cameras, ["cam-1", "cam-2"], "a duration is of the rule");
    assert_eq!(changed(&recommended, "level", 0.9), (text.clone(), Vec::new()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Of alerts this does not hold: one long alert may become two.
    #[test]
    fn with_a_higher_threshold_no_more_detections_count(
        scores in proptest::collection::vec(0.0_f32..1.0, 0..40),
        is_typed: bool,
        by_night in proptest::option::of(0.05_f32..0.9),
        by_model in proptest::option::of(0.05_f32..0.9),
        is_night: bool,
    ) {
        let night = by_night.map(|value| {
            format!("night = {{ schedule = \"daily 20:00-06:00\", thresholds = {{ person = {value:.2} }} }}\n")
        });
        let mut text = text().replacen("grid =", &(night.unwrap_or_default() + "grid ="), 1);
        if !is_typed {
            text = text.replacen("thresholds = { person = 0.3 }   # as the maker says\n", "", 1);
        }
        let recommended = by_model.map(|value| (Class::PERSON, value)).into_iter().collect();
        let config = config(&text);
        let plan = config.plan_with(&recommended);
        let typed = Typed::new(&text, &plan);
        let parameter = Parameter::Threshold { camera: "cam-1".into(), class: Class::PERSON };
        let counted = |config: &Config| -> Vec<bool> {
            let plan = config.plan_with(&recommended);
            let thresholds = plan.cameras[0].thresholds_at(is_night);
            let own = thresholds.iter().rev().find(|(class, _)| *class == Class::PERSON);
            let least = own.map_or(DEFAULT_THRESHOLD, |(_, least)| *least);
            scores.iter().map(|score| *score >= least).collect()
        };
        let mut before = counted(&config);
        for value in parameter.tried(&typed, &plan) {
            let setting = Setting { parameter: parameter.clone(), value };
            let higher = slots::with(&config, &[setting], &typed).unwrap().unwrap();
            let after = counted(&higher);
            prop_assert!(after.iter().zip(&before).all(|(after, before)| before | !after), "{value}");
            before = after;
        }
    }
}
