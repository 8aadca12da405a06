use super::*;
use crate::analysis::alert::{Act, AlertId, Origin};
use crate::analysis::alert_lifecycle::handling::{Closed, GivenVerdict};
use crate::analysis::test_support::*;

/// The first revision of an alert of `rule` on a camera, raised at `secs`.
fn first(alert: &str, camera: &str, secs: f64) -> Revision {
    let mut stage = Stage::of(vec![rule(present("all", 1.0))]);
    stage.look(5.0, |_| vec![person(0.7, 0.9)]);
    let raised = stage.published.remove(0);
    assert_eq!(raised.rev, 1);
    let origin = Origin { cameras: vec![camera.into()], ..raised.origin.clone() };
    Revision { alert: AlertId(alert.into()), at: moment(secs), origin, ..raised }
}

fn act(secs: f64) -> Act {
    Act { by: "desk".to_owned(), key: None, at: moment(secs).utc, note: None }
}

fn judged(before: &Revision, verdict: Verdict) -> Revision {
    let mut next = Revision { rev: before.rev + 1, ..before.clone() };
    next.handling.verdict = Some(GivenVerdict { act: act(0.0), verdict, cause: None });
    next
}

/// Taken on after `accept` seconds and closed after `close`.
fn answered(before: &Revision, accept: f64, close: Option<f64>) -> Revision {
    let raised = before.at.mono.as_secs_f64();
    let mut next =
        Revision { rev: before.rev + 1, acknowledged: Some(act(raised + accept)), ..before.clone() };
    next.handling.closed =
        close.map(|close| Closed { act: act(raised + close), outcome: "resolved".to_owned() });
    next
}

/// Three alerts of cam-1: taken on after 60, 100 and 400 s; closed after 300 and 900 s and not at all. One of cam-2 that
/// nobody answered.
fn four() -> Quality {
    let mut quality = Quality::default();
    let (a, b, c) = (first("A", "cam-1", 0.0), first("B", "cam-1", 1000.0), first("C", "cam-1", 2000.0));
    for revision in [&a, &b, &c, &first("D", "cam-2", 3000.0)] {
        quality.see(revision);
    }
    quality.see(&judged(&answered(&a, 60.0, Some(300.0)), Verdict::Confirmed));
    quality.see(&judged(&answered(&b, 400.0, Some(900.0)), Verdict::FalseAlarm));
    quality.see(&answered(&c, 100.0, None));
    quality
}

#[test]
fn the_figures_of_a_camera_are_those_counted_by_hand() {
    let rows = four().by_source();
    let of: Vec<_> =
        rows.iter().map(|(source, _)| (source.rule.as_deref(), source.camera.as_deref())).collect();
    assert_eq!(
        of,
        [(Some("rule"), Some("cam-1")), (Some("rule"), Some("cam-2"))],
        "those that raised most first"
    );
    let cam_1 = Figures {
        raised: 3,
        acknowledged: 3,
        // 60 and 100 s are within 180 s; 300 s is within 600 s.
        acknowledged_in_time: 2,
        closed: 2,
        closed_in_time: 1,
        confirmed: 1,
        false_alarms: 1,
        duplicates: 0,
        exercises: 0,
        accept_median_secs: Some(100.0),
        close_median_secs: Some(600.0),
    };
    assert_eq!(rows[0].1, cam_1);
    assert_eq!(rows[1].1, Figures { raised: 1, ..Figures::default() });
    assert_eq!(four().all(), Figures { raised: 4, ..cam_1 });
}

#[test]
fn only_what_is_new_counts_as_a_change_and_the_latest_verdict_stands() {
    let mut quality = four();
    let before = quality.changes();
    let a = judged(&answered(&first("A", "cam-1", 0.0), 60.0, Some(300.0)), Verdict::Confirmed);
    quality.see(&Revision { rev: 9, ..a.clone() });
    assert_eq!(quality.changes(), before);
    quality.see(&judged(&a, Verdict::Duplicate));
    assert_eq!(quality.changes(), before + 1);
    assert_eq!((quality.all().confirmed, quality.all().duplicates), (0, 1));
}

#[test]
fn what_is_older_than_a_month_and_what_is_too_much_does_not_count() {
    let mut quality = four();
    assert_eq!(quality.since(), Some(moment(0.0).utc));
    quality.forget_old(moment(1500.0 + 30.0 * 86_400.0).utc);
    assert_eq!((quality.all().raised, quality.since()), (2, Some(moment(2000.0).utc)));
    let one = first("E", "cam-1", 4000.0);
    for n in 0..KEPT {
        quality.see(&Revision { alert: AlertId(format!("F{n:06}").into()), ..one.clone() });
    }
    assert_eq!(quality.all().raised, u32::try_from(KEPT).unwrap());
    assert_eq!(quality.since(), Some(moment(4000.0).utc), "the oldest went");
}

#[test]
fn an_alert_that_was_forgotten_is_not_counted_anew_by_what_follows() {
    let mut quality = four();
    let month = moment(1500.0 + 30.0 * 86_400.0);
    quality.forget_old(month.utc);
    let before = quality.clone();
    let a = Revision { at: month, ..answered(&first("A", "cam-1", 0.0), 60.0, None) };
    quality.see(&a);
    assert_eq!(quality, before, "open for more than a month");

    let one = first("E", "cam-1", 4000.0);
    for n in 0..KEPT {
        quality.see(&Revision { alert: AlertId(format!("F{n:06}").into()), ..one.clone() });
    }
    let before = quality.clone();
    quality.see(&answered(&first("C", "cam-1", 2000.0), 100.0, Some(400.0)));
    assert_eq!(quality, before, "too many came after it");
}

#[test]
fn a_drill_does_not_count_and_what_is_said_of_a_real_alert_meanwhile_does() {
    let mut quality = Quality::default();
    let real = first("A", "cam-1", 0.0);
    quality.see(&real);
    quality.set_drill(true);
    let drill = first("B", "cam-1", 100.0);
    quality.see(&drill);
    quality.see(&judged(&drill, Verdict::Exercise));
    quality.see(&judged(&real, Verdict::Confirmed));
    assert_eq!((quality.all().raised, quality.all().exercises, quality.all().confirmed), (1, 0, 1));
    quality.set_drill(false);
    quality.see(&first("C", "cam-1", 200.0));
    assert_eq!(quality.all().raised, 2);
}

#[test]
fn an_alert_whose_beginning_was_not_seen_counts_from_when_its_condition_began() {
    let mut quality = Quality::default();
    let begun = first("A", "cam-1", 500.0);
    let later = Revision { rev: 7, acknowledged: Some(act(90.0)), ..begun.clone() };
    quality.see(&later);
    let since = begun.started_at;
    assert_eq!(quality.since().map(|at| at.as_millisecond()), Some(since.as_millisecond()));
    let waited = moment(90.0).utc.as_millisecond() - since.as_millisecond();
    assert_eq!(quality.all().accept_median_secs, Some(waited as f64 / 1000.0));
}
