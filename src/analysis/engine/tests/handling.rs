//! What people did about an alert, while it is open and after its end.

use super::*;
use crate::analysis::alert::Act;
use crate::analysis::alert_lifecycle::ended::{KEPT, KEPT_DAYS};
use crate::analysis::alert_lifecycle::handling::{Assigned, Closed, GivenVerdict};
use crate::types::verdict::Verdict;

fn act(name: &str) -> Act {
    Act { key: Some("desk-key".into()), note: Some("seen".to_owned()), ..by(name) }
}

fn assign(name: &str, to: &str) -> HandlingStep {
    HandlingStep::Assign(Assigned { act: act(name), to: to.to_owned() })
}

fn arrive(name: &str, to: &str) -> HandlingStep {
    HandlingStep::Arrive(Assigned { act: act(name), to: to.to_owned() })
}

fn judge(name: &str, verdict: Verdict, cause: Option<&str>) -> HandlingStep {
    let cause = cause.map(str::to_owned);
    HandlingStep::Judge(GivenVerdict { act: act(name), verdict, cause })
}

fn close(name: &str, outcome: &str) -> HandlingStep {
    HandlingStep::Close(Closed { act: act(name), outcome: outcome.to_owned() })
}

/// The last revision of an alert that has ended, and its stage.
fn ended() -> (Stage, Revision) {
    let mut stage = alerted();
    stage.look(10.0, nobody);
    let last = stage.published.last().expect("the end").clone();
    assert_eq!((last.phase, last.end_reason), (End, Some(Cleared)));
    (stage, last)
}

#[test]
fn a_step_is_the_next_revision_and_who_takes_the_first_has_the_alert() {
    let mut stage = alerted();
    let open = the_open(&stage);
    let at = moment(stage.now);
    let published =
        stage.analysis.handle(&open.alert, &assign("desk 1", "patrol 4"), at).expect("it is open");
    assert_eq!((published.rev, published.phase, published.reason), (open.rev + 1, Update, Handled));
    // The note belongs to what was done, the key to its author.
    let accepted = Act { note: None, ..act("desk 1") };
    assert_eq!(published.acknowledged, Some(accepted.clone()));
    assert_eq!(published.handling.assigned, Some(Assigned { act: act("desk 1"), to: "patrol 4".to_owned() }));
    let second = stage.analysis.acknowledge(&open.alert, &by("desk 2"), at);
    assert_eq!(second, Ok(AckOutcome::Before(accepted)), "the first one wins");
    let published =
        stage.analysis.handle(&open.alert, &arrive("desk 2", "patrol 4"), at).expect("it is open");
    assert_eq!(published.handling.on_site.map(|there| there.act.by), Some("desk 2".to_owned()));
    assert_eq!(published.acknowledged.map(|first| first.by), Some("desk 1".to_owned()));
    // What people did stays in what the box publishes.
    stage.look(70.0, somebody);
    let published = stage.published.last().expect("that it goes on");
    assert_eq!(published.reason, StillThere);
    assert!(published.handling.assigned.is_some() && published.handling.on_site.is_some());
}

#[test]
fn the_same_again_is_answered_with_who_did_it_first_and_raises_nothing() {
    let mut stage = alerted();
    let alert = the_open(&stage).alert;
    let at = moment(stage.now);
    let steps = |name: &str| {
        [
            assign(name, "patrol 4"),
            arrive(name, "patrol 4"),
            judge(name, Verdict::Confirmed, Some("other")),
            close(name, "resolved"),
        ]
    };
    for step in steps("desk 1") {
        stage.analysis.handle(&alert, &step, at).expect("the first time");
    }
    let before = the_open(&stage);
    for step in steps("desk 2") {
        match stage.analysis.handle(&alert, &step, at) {
            Err(NotHandled::Before { before, .. }) => assert_eq!(before, act("desk 1")),
            other => panic!("{step:?}: {other:?}"),
        }
    }
    assert_eq!(the_open(&stage), before);
    // Closed once, as something else or not; nobody is sent there any more, and the verdict may still change.
    let again = stage.analysis.handle(&alert, &close("desk 2", "nothing_found"), at);
    assert!(matches!(again, Err(NotHandled::Before { .. })), "{again:?}");
    let sent = stage.analysis.handle(&alert, &assign("desk 2", "patrol 5"), at);
    assert_eq!(sent, Err(NotHandled::Closed(act("desk 1"))));
    let published =
        stage.analysis.handle(&alert, &judge("desk 2", Verdict::Duplicate, None), at).expect("another one");
    assert_eq!(published.handling.verdict.map(|given| given.verdict), Some(Verdict::Duplicate));
}

#[test]
fn a_word_that_is_none_is_refused_with_those_that_are() {
    let mut stage = alerted();
    let open = the_open(&stage);
    let at = moment(stage.now);
    let mut refused =
        |step: &HandlingStep| stage.analysis.handle(&open.alert, step, at).unwrap_err().to_string();
    let cause = refused(&judge("desk", Verdict::FalseAlarm, Some("moonlight")));
    assert!(cause.contains("`moonlight`") && cause.contains("`signal`"), "{cause}");
    assert!(cause.contains("glare") && cause.contains("weather"), "{cause}");
    let none = refused(&judge("desk", Verdict::Exercise, Some("glare")));
    assert!(none.contains("`exercise` has no cause") && none.contains("note"), "{none}");
    let outcome = refused(&close("desk", "fine"));
    assert!(outcome.contains("`fine`") && outcome.contains("handed_over"), "{outcome}");
    assert_eq!(the_open(&stage), open, "nothing is noted, not even who has it");
}

#[test]
fn a_verdict_after_the_end_is_reported_as_the_end_again() {
    let (mut stage, last) = ended();
    let at = moment(stage.now + 3600.0);
    let step = judge("desk 1", Verdict::FalseAlarm, Some("animal"));
    let published = stage.analysis.handle(&last.alert, &step, at).expect("it ended an hour ago");
    assert_eq!((published.rev, published.phase, published.reason), (last.rev + 1, End, Handled));
    assert_eq!(
        (published.ended_at, published.end_reason),
        (last.ended_at, Some(Cleared)),
        "why and when it ended stays"
    );
    assert_eq!(published.acknowledged.as_ref().map(|act| act.by.as_str()), Some("desk 1"));
    let closed = stage.analysis.handle(&last.alert, &close("desk 2", "nothing_found"), at).expect("the same");
    assert_eq!(closed.rev, last.rev + 2);
    assert!(closed.handling.verdict.is_some(), "each revision is complete");
    assert_eq!(stage.analysis.open().count(), 0);
}

#[test]
fn a_verdict_after_the_end_and_a_restart_goes_on_where_it_was() {
    let (mut stage, last) = ended();
    let at = moment(stage.now);
    let step = judge("desk 1", Verdict::Confirmed, None);
    let published = stage.analysis.handle(&last.alert, &step, at).expect("it ended just now");
    let mut after = restarted(present("all", 1.0), published.clone());
    assert_eq!(after.analysis.open().count(), 0, "it is not taken up as open");
    let closed = after.analysis.handle(&last.alert, &close("desk 1", "resolved"), at).expect("it is known");
    assert_eq!((closed.rev, closed.phase), (published.rev + 1, End));
    assert_eq!(closed.handling.verdict, published.handling.verdict);
    let ack = after.analysis.acknowledge(&last.alert, &by("desk 2"), at);
    assert_eq!(ack, Err(AlertError::Ended(last.alert.clone())), "nobody need take it on any more");
}

#[test]
fn what_ended_long_ago_or_before_too_many_others_is_unknown() {
    let (mut stage, last) = ended();
    let step = close("desk", "resolved");
    let days = |days: i64| moment(stage.now + days as f64 * 86_400.0);
    let (in_time, too_late) = (days(KEPT_DAYS - 1), days(KEPT_DAYS + 1));
    let unknown = |alert: &AlertId| Err(NotHandled::Unknown(AlertError::Unknown(alert.clone())));
    assert_eq!(stage.analysis.clone().handle(&last.alert, &step, too_late), unknown(&last.alert));
    assert!(stage.analysis.handle(&last.alert, &step, in_time).is_ok());

    let id = |n: usize| AlertId(format!("{n:026}").into());
    let all = (0..=KEPT).map(|n| Revision { alert: id(n), ..last.clone() }).collect();
    let mut after = Stage::of(vec![rule(present("all", 1.0))]);
    assert_eq!(after.analysis.restore(all, moment(0.0)), []);
    let at = moment(stage.now);
    assert_eq!(after.analysis.handle(&id(0), &step, at), unknown(&id(0)));
    assert!(after.analysis.handle(&id(1), &step, at).is_ok());
    let never = AlertId("01JD0000000000000000000000".into());
    assert_eq!(after.analysis.handle(&never, &step, at), unknown(&never));
}
