//! The choice of a round, on numbers made by hand. The search over a journal is in `crate::tune::tests`.

use super::super::curve::Fate;
use super::*;

/// A search that turned one rule.
pub(crate) fn found(text: &str) -> Found {
    let load = Load { told: 7, rate: 1.0, busiest: 3 };
    let parameter = Parameter::ForSecs { rule: "yard".into() };
    Found {
        budget: Budget { alerts: 1.0, per: Per::Day },
        config: "/etc/lookout/lookout.toml".into(),
        from: Timestamp::UNIX_EPOCH,
        to: Timestamp::UNIX_EPOCH,
        zone: TimeZone::UTC,
        notes: Vec::new(),
        before: load,
        after: load,
        turned: vec![Turned { parameter, was: 3.0, is: 6.0 }],
        prices: (Point::default(), Point::default()),
        loudest: Vec::new(),
        text: text.to_owned(),
        patch: String::new(),
    }
}

/// A value of a rule at a camera of its own: alerts now and then, and what it loses.
fn tried(rule: &str, value: f64, told: (u64, u64), confirmed: u64, unjudged: u64) -> Tried {
    let rule: Arc<str> = rule.into();
    let lost = |lost: u64| {
        (
            Fate { all: 100, told: 100, ..Fate::default() },
            Fate { all: 100, told: 100 - lost, ..Fate::default() },
        )
    };
    let ((confirmed_now, confirmed_then), (unjudged_now, unjudged_then)) = (lost(confirmed), lost(unjudged));
    let points = (
        Point { told: told.0, confirmed: confirmed_now, unjudged: unjudged_now, ..Point::default() },
        Point { told: told.1, confirmed: confirmed_then, unjudged: unjudged_then, ..Point::default() },
    );
    Tried {
        touches: BTreeSet::from([Teller::Rule { rule: rule.clone(), camera: "cam-1".into() }]),
        setting: Setting { parameter: Parameter::ForSecs { rule }, value },
        asked: points,
        all: points,
    }
}

fn values(all: &[Tried], too_many: u64) -> Vec<(String, f64)> {
    let one = |one: &&Tried| match &one.setting.parameter {
        Parameter::ForSecs { rule } => (rule.to_string(), one.setting.value),
        other => panic!("{other:?}"),
    };
    chosen(all, too_many).iter().map(one).collect()
}

#[test]
fn the_value_that_loses_least_for_each_alert_it_saves_is_taken_first() {
    let all = [tried("a", 5.0, (40, 30), 0, 10), tried("b", 5.0, (40, 20), 0, 4)];
    assert_eq!(values(&all, 25), [("b".to_owned(), 5.0), ("a".to_owned(), 5.0)]);
    assert_eq!(values(&all, 15), [("b".to_owned(), 5.0)]);
    assert_eq!(values(&all, 0), []);
}

#[test]
fn of_the_values_that_are_enough_the_one_with_the_least_loss_is_taken() {
    let all =
        [tried("a", 4.0, (40, 35), 0, 2), tried("a", 6.0, (40, 20), 0, 6), tried("a", 9.0, (40, 0), 0, 8)];
    // The last is the cheapest for each alert; the second saves enough and loses less.
    assert_eq!(values(&all, 18), [("a".to_owned(), 6.0)]);
}

#[test]
fn nothing_confirmed_is_lost_while_anything_else_can_be_turned() {
    let all = [tried("a", 5.0, (40, 0), 1, 0), tried("b", 5.0, (40, 30), 0, 9)];
    assert_eq!(values(&all, 30), [("b".to_owned(), 5.0)], "the rest waits for the next round");
    assert_eq!(values(&all[..1], 30), [("a".to_owned(), 5.0)]);
}

#[test]
fn values_that_touch_the_same_alerts_are_not_taken_together_and_what_saves_nothing_never() {
    let all =
        [tried("a", 5.0, (40, 38), 0, 0), tried("a", 9.0, (40, 36), 0, 0), tried("b", 5.0, (40, 40), 0, 0)];
    assert_eq!(values(&all, 30), [("a".to_owned(), 9.0)]);
}

#[test]
fn what_is_lost_where_nobody_asks_counts_too() {
    let mut elsewhere = tried("a", 5.0, (40, 0), 0, 0);
    elsewhere.all = tried("a", 5.0, (80, 0), 1, 0).all;
    let all = [elsewhere, tried("b", 5.0, (40, 30), 0, 9)];
    assert_eq!(values(&all, 30), [("b".to_owned(), 5.0)]);
}
