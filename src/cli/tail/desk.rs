//! The state of a follower of alerts: boxes, alerts, and pending requests. Pure: events go in, what is to be shown
//! and to be acknowledged comes out.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use serde_json::Value;

use super::{Outcome, words};
use crate::analysis::time::Timestamp;
use crate::contract::words::Language;
use crate::mqtt::centre::{About, Alert, CentreEvent, OpenAlert, OpenList};
use crate::text::{Sentence, tail as say};

/// Area and name.
type BoxKey = (String, String);

/// One alert of one box.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct AlertKey {
    pub area: String,
    pub box_name: String,
    pub alert_id: String,
}

/// How people at a box's site read.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    pub zone: TimeZone,
    pub language: Language,
}

impl Reading {
    /// For a box that says nothing of itself: as this machine has it.
    fn unknown(fixed: Option<Language>) -> Self {
        Reading { zone: TimeZone::system(), language: fixed.unwrap_or(Language::English) }
    }

    fn of(about: &About, fixed: Option<Language>) -> Self {
        let usual = Reading::unknown(fixed);
        let zone = TimeZone::get(&about.time_zone).unwrap_or(usual.zone);
        let is_chinese = about.language == Language::Chinese.tag();
        let of_site = if is_chinese { Language::Chinese } else { Language::English };
        Reading { zone, language: fixed.unwrap_or(of_site) }
    }
}

/// Something to show.
#[derive(Debug)]
pub(super) enum Step {
    /// One that is open; `message` only with the first of its list, for those who want messages as they came.
    Open {
        alert: Box<OpenAlert>,
        box_name: String,
        reading: Reading,
        message: Option<Value>,
    },
    /// `newly_acknowledged`: its acknowledgement just came back.
    Revision {
        alert: Box<Alert>,
        newly_acknowledged: bool,
        reading: Reading,
    },
    /// Data that is no alert: gaps and time fixes, as they came.
    Data(Sentence, Value, Language),
    Talk(String),
}

#[derive(Debug)]
struct BoxState {
    reading: Reading,
    /// Whether commands reach it; believed until it is said otherwise.
    is_away: bool,
    /// Alerts to acknowledge when it is back.
    waiting: BTreeSet<AlertKey>,
}

#[derive(Debug)]
pub(super) struct Desk {
    acknowledges: bool,
    /// Its host and port.
    broker: String,
    /// The language of everything, whatever the sites'.
    fixed: Option<Language>,
    boxes: BTreeMap<BoxKey, BoxState>,
    /// Highest revision of each alert that came as a revision.
    revisions: BTreeMap<String, u64>,
    /// Alerts that a list said to be open, and whether they were acknowledged then.
    listed: BTreeMap<String, bool>,
    omitted: u64,
    /// Alerts that somebody has taken on, as far as that was reported.
    taken: BTreeSet<String>,
    /// Of them, those of which that was reported while we were listening.
    acknowledged: BTreeSet<String>,
    /// To be acknowledged now.
    wanted: Vec<AlertKey>,
    /// By `request_id`.
    asked: BTreeMap<String, AlertKey>,
    /// Alerts for which that was asked.
    asked_for: BTreeSet<String>,
    /// Of them, those that somebody else had before.
    taken_before: BTreeSet<String>,
    /// What the broker was said to be like, so that it is not repeated.
    trouble: Option<String>,
    was_connected: bool,
}

impl Desk {
    /// `acknowledges`: everything that nobody took on. `fixed`: the language of everything; the sites' where there is none.
    pub(super) fn new(acknowledges: bool, broker: String, fixed: Option<Language>) -> Self {
        Desk {
            acknowledges,
            broker,
            fixed,
            boxes: BTreeMap::new(),
            revisions: BTreeMap::new(),
            listed: BTreeMap::new(),
            omitted: 0,
            taken: BTreeSet::new(),
            acknowledged: BTreeSet::new(),
            wanted: Vec::new(),
            asked: BTreeMap::new(),
            asked_for: BTreeSet::new(),
            taken_before: BTreeSet::new(),
            trouble: None,
            was_connected: false,
        }
    }

    pub(super) fn take(&mut self, event: CentreEvent) -> Vec<Step> {
        match event {
            CentreEvent::Connected => {
                (self.trouble, self.was_connected) = (None, true);
                vec![Step::Talk(self.connected())]
            }
            CentreEvent::Lost(trouble) => {
                let text = trouble.in_language(self.language());
                if self.trouble.as_ref() == Some(&text) {
                    return Vec::new();
                }
                self.trouble = Some(text.clone());
                vec![Step::Talk(text)]
            }
            CentreEvent::About(about) => {
                let reading = Reading::of(&about, self.fixed);
                self.box_state(&about.area, &about.box_name).reading = reading;
                Vec::new()
            }
            CentreEvent::Open(list) => self.open(list),
            CentreEvent::Alert(alert) => self.revision(alert).into_iter().collect(),
            CentreEvent::Reply(body) => self.reply(&body).into_iter().collect(),
            CentreEvent::Gap(body) => vec![Step::Data(say::gap(), body, self.language())],
            CentreEvent::TimeFix(body) => vec![Step::Data(say::time_fix(), body, self.language())],
            CentreEvent::State(area, box_name, state) => self.state(&area, &box_name, &state),
            CentreEvent::SubscriptionRefused(topic, reason) => {
                let deaf = say::deaf(topic, reason);
                vec![Step::Talk(deaf.with_hint(Some(&say::what_is_missed()), self.language()))]
            }
            CentreEvent::Unreadable(what) => {
                vec![Step::Talk(say::not_understood(what).in_language(self.language()))]
            }
            CentreEvent::Repeat(_) | CentreEvent::Sent(_) => Vec::new(),
        }
    }

    fn box_state(&mut self, area: &str, box_name: &str) -> &mut BoxState {
        let new =
            || BoxState { reading: Reading::unknown(self.fixed), is_away: false, waiting: BTreeSet::new() };
        self.boxes.entry((area.to_owned(), box_name.to_owned())).or_insert_with(new)
    }

    fn reading(&self, area: &str, box_name: &str) -> Reading {
        let key = (area.to_owned(), box_name.to_owned());
        let known = self.boxes.get(&key).map(|one| one.reading.clone());
        known.unwrap_or_else(|| Reading::unknown(self.fixed))
    }

    /// The fixed one, or that of all boxes, where they have one.
    pub(super) fn language(&self) -> Language {
        if let Some(fixed) = self.fixed {
            return fixed;
        }
        let is_chinese = |one: &BoxState| one.reading.language == Language::Chinese;
        match !self.boxes.is_empty() && self.boxes.values().all(is_chinese) {
            true => Language::Chinese,
            false => Language::English,
        }
    }

    fn connected(&self) -> String {
        let open = self.listed.len() as u64 + self.omitted;
        let free = self.listed.values().filter(|is_acknowledged| !**is_acknowledged).count();
        let connected = match (open, free) {
            (0, _) => say::connected(),
            (1, 1) => say::connected_one_free(),
            (1, _) => say::connected_one_taken(),
            (_, _) => say::connected_many(open, free),
        };
        connected.in_language(self.language())
    }

    fn state(&mut self, area: &str, box_name: &str, state: &str) -> Vec<Step> {
        let one = self.box_state(area, box_name);
        one.is_away = state != "online";
        let language = one.reading.language;
        let waiting = if one.is_away { BTreeSet::new() } else { std::mem::take(&mut one.waiting) };
        self.wanted.extend(waiting);
        let place = format!("{area}/{box_name}");
        let state = match state {
            "online" => say::online(place),
            "stopped" => say::stopped(place),
            "offline" => say::offline(place),
            other => say::in_state(place, other),
        };
        vec![Step::Talk(state.in_language(language))]
    }

    fn open(&mut self, list: OpenList) -> Vec<Step> {
        let OpenList { area, box_name, alerts, omitted, raw } = list;
        let reading = self.reading(&area, &box_name);
        self.omitted += omitted;
        let mut message = Some(raw);
        let mut steps = Vec::with_capacity(alerts.len() + 1);
        for alert in alerts {
            let id = alert.alert_id.clone();
            if alert.is_acknowledged {
                self.taken.insert(id.clone());
            } else {
                self.want(&area, &box_name, &id);
            }
            // Known from before a reconnect, or from its revisions.
            let is_known = self.revisions.contains_key(&id);
            if self.listed.insert(id, alert.is_acknowledged).is_some() || is_known {
                continue;
            }
            let (box_name, reading) = (box_name.clone(), reading.clone());
            steps.push(Step::Open { alert: Box::new(alert), box_name, reading, message: message.take() });
        }
        if omitted > 0 {
            let omitted = say::omitted(format!("{area}/{box_name}"), omitted);
            steps.push(Step::Talk(omitted.in_language(reading.language)));
        }
        steps
    }

    /// Notes that an alert is to be acknowledged, once.
    fn want(&mut self, area: &str, box_name: &str, alert_id: &str) {
        if !self.acknowledges || self.asked_for.contains(alert_id) || self.taken.contains(alert_id) {
            return;
        }
        let key =
            AlertKey { area: area.to_owned(), box_name: box_name.to_owned(), alert_id: alert_id.to_owned() };
        let one = self.box_state(area, box_name);
        if one.is_away {
            one.waiting.insert(key);
        } else if !self.wanted.contains(&key) {
            self.wanted.push(key);
        }
    }

    fn revision(&mut self, alert: Box<Alert>) -> Option<Step> {
        let known = self.revisions.get(&alert.alert_id).copied();
        if known.is_some_and(|rev| rev >= alert.rev) {
            // An older revision that came late says nothing new.
            return None;
        }
        self.revisions.insert(alert.alert_id.clone(), alert.rev);
        let is_over = matches!(alert.phase.as_str(), "end" | "retract");
        let newly_acknowledged = alert.acknowledged_by.is_some() && self.taken.insert(alert.alert_id.clone());
        if newly_acknowledged {
            self.acknowledged.insert(alert.alert_id.clone());
        }
        if is_over {
            self.wanted.retain(|key| key.alert_id != alert.alert_id);
            for one in self.boxes.values_mut() {
                one.waiting.retain(|key| key.alert_id != alert.alert_id);
            }
        } else if alert.acknowledged_by.is_none() {
            self.want(&alert.area, &alert.box_name, &alert.alert_id);
        }
        let reading = self.reading(&alert.area, &alert.box_name);
        Some(Step::Revision { alert, newly_acknowledged, reading })
    }

    /// An acknowledgement that was taken shows in the alert; the others are worth a line.
    fn reply(&mut self, body: &Value) -> Option<Step> {
        let data = body.get("data").unwrap_or(body);
        let key = self.asked.get(data["request_id"].as_str()?)?.clone();
        let reading = self.reading(&key.area, &key.box_name);
        let id = &key.alert_id;
        match data["outcome"].as_str()? {
            "already" => {
                self.taken.insert(id.clone());
                self.taken_before.insert(id.clone());
                let by = data["acknowledged"]["by"].as_str();
                let at = data["acknowledged"]["at"].as_str().and_then(|at| at.parse::<Timestamp>().ok());
                let at = at.map(|at| super::screen::moment(at, &reading.zone));
                let taken = match (by, at) {
                    (Some(by), Some(at)) => say::taken_on_before(id, by, at),
                    (None, _) | (_, None) => say::taken_on_by_somebody(id),
                };
                Some(Step::Talk(taken.in_language(reading.language)))
            }
            "refused" | "failed" => {
                let (code, message) = (data["code"].as_str(), data["message"].as_str());
                let why = words::refusal(code, message, reading.language);
                Some(Step::Talk(say::refused(id, why).in_language(reading.language)))
            }
            _ => None,
        }
    }

    /// What is to be acknowledged now; each alert comes out once.
    pub(super) fn take_wanted(&mut self) -> Vec<AlertKey> {
        let wanted = std::mem::take(&mut self.wanted);
        self.asked_for.extend(wanted.iter().map(|key| key.alert_id.clone()));
        wanted
    }

    pub(super) fn asked(&mut self, request_id: String, alert: AlertKey) {
        self.asked.insert(request_id, alert);
    }

    pub(super) fn has_acknowledged(&self) -> bool {
        !self.acknowledged.is_empty()
    }

    /// What came of acknowledging, where that was asked for.
    pub(super) fn closing_words(&self) -> Option<String> {
        if !self.acknowledges {
            return None;
        }
        let Outcome { acknowledged, taken_before, out_of_reach, .. } = self.outcome(false);
        let summary = say::summary(acknowledged, taken_before, out_of_reach);
        Some(summary.in_language(self.language()))
    }

    pub(super) fn outcome(&self, interrupted: bool) -> Outcome {
        let alerts: BTreeSet<&String> = self.revisions.keys().chain(self.listed.keys()).collect();
        Outcome {
            alerts: alerts.len(),
            acknowledged: self.acknowledged.len(),
            taken_before: self.taken_before.len(),
            asked: self.asked.len(),
            out_of_reach: self.boxes.values().map(|one| one.waiting.len()).sum(),
            out_of_touch_with: (!self.was_connected).then(|| self.broker.clone()),
            interrupted,
            reader_is_gone: false,
            language: Some(self.language()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::screen::tests::alert;
    use super::super::words::tests::is_chinese;
    use super::*;

    fn list(alerts: &[(&str, bool)]) -> CentreEvent {
        let alerts = alerts.iter().map(|(id, is_acknowledged)| OpenAlert {
            alert_id: (*id).to_owned(),
            is_acknowledged: *is_acknowledged,
            ..OpenAlert::default()
        });
        CentreEvent::Open(OpenList {
            area: "530127".into(),
            box_name: "box-1".into(),
            alerts: alerts.collect(),
            omitted: 0,
            raw: json!({}),
        })
    }

    fn state(state: &str) -> CentreEvent {
        CentreEvent::State("530127".into(), "box-1".into(), state.into())
    }

    fn new_desk(acknowledges: bool) -> Desk {
        Desk::new(acknowledges, "centre:1883".to_owned(), None)
    }

    fn ids(keys: Vec<AlertKey>) -> Vec<String> {
        keys.into_iter().map(|key| key.alert_id).collect()
    }

    fn said(steps: Vec<Step>) -> String {
        let text = |step| match step {
            Step::Talk(text) => text,
            Step::Open { alert, .. } => format!("open {}", alert.alert_id),
            other => format!("{other:?}"),
        };
        steps.into_iter().map(text).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn what_is_open_at_the_start_is_shown_and_acknowledged_unless_somebody_did() {
        let mut desk = new_desk(true);
        desk.take(state("online"));
        assert_eq!(
            said(desk.take(list(&[("A", false), ("B", true), ("C", false)]))),
            "open A; open B; open C"
        );
        assert_eq!(ids(desk.take_wanted()), ["A", "C"]);
        let connected = said(desk.take(CentreEvent::Connected));
        assert_eq!(connected, "connected; waiting for alerts (3 are open, 2 of them not acknowledged)");
        // After a reconnect nothing is shown or asked for twice.
        assert_eq!(said(desk.take(list(&[("A", false), ("D", false)]))), "open D");
        assert_eq!(ids(desk.take_wanted()), ["D"]);
        assert_eq!(desk.outcome(false).alerts, 4);
    }

    #[test]
    fn without_ack_nothing_is_acknowledged() {
        let mut desk = new_desk(false);
        desk.take(list(&[("A", false)]));
        desk.take(CentreEvent::Alert(Box::new(alert(1, None, json!({})))));
        assert!(desk.take_wanted().is_empty() && desk.closing_words().is_none());
    }

    #[test]
    fn an_alert_of_a_box_that_is_away_is_acknowledged_when_the_box_is_back() {
        let mut desk = new_desk(true);
        desk.take(state("offline"));
        desk.take(list(&[("A", false), ("B", false)]));
        assert!(desk.take_wanted().is_empty());
        assert_eq!(desk.outcome(false).out_of_reach, 2);
        desk.take(state("online"));
        assert_eq!(ids(desk.take_wanted()), ["A", "B"]);
        assert_eq!(desk.outcome(false).out_of_reach, 0);
    }

    #[test]
    fn who_was_faster_is_said_in_the_sites_time_and_language() {
        let about = |language: &str| {
            CentreEvent::About(About {
                area: "530127".into(),
                box_name: "box-1".into(),
                time_zone: "Asia/Shanghai".into(),
                language: language.into(),
            })
        };
        let reply = json!({ "data": { "request_id": "r", "outcome": "already",
            "acknowledged": { "by": "desk-2", "at": "2026-01-01T20:30:00.000Z" } } });
        for (language, want) in [
            ("en", "A: desk-2 took it on before, at 01-02 04:30:00"),
            ("zh-CN", "A：desk-2 已于 01-02 04:30:00 签收"),
        ] {
            let mut desk = new_desk(true);
            desk.take(about(language));
            desk.take(list(&[("A", false)]));
            let key = desk.take_wanted().remove(0);
            desk.asked("r".to_owned(), key);
            assert_eq!(said(desk.take(CentreEvent::Reply(reply.clone()))), want);
            let outcome = desk.outcome(false);
            assert_eq!((outcome.asked, outcome.taken_before, outcome.acknowledged), (1, 1, 0));
        }
    }

    #[test]
    fn who_reads_chinese_here_reads_everything_in_it() {
        let mut desk = Desk::new(true, "centre:1883".to_owned(), Some(Language::Chinese));
        let about = About {
            area: "530127".into(),
            box_name: "box-1".into(),
            time_zone: "Asia/Shanghai".into(),
            language: "en".into(),
        };
        let reply = json!({ "data": { "request_id": "r", "outcome": "refused", "code": "busy", "message": "too many" } });
        let omitted = OpenList {
            area: "530127".into(),
            box_name: "box-1".into(),
            alerts: Vec::new(),
            omitted: 3,
            raw: json!({}),
        };
        let mut steps = Vec::new();
        let event = [
            CentreEvent::Connected,
            CentreEvent::About(about),
            state("online"),
            state("offline"),
            state("stopped"),
            state("asleep"),
            state("online"),
            CentreEvent::Open(omitted),
            list(&[("A", false)]),
            CentreEvent::Connected,
            CentreEvent::SubscriptionRefused("lookout/v1/+/+/up/meta".into(), "NotAuthorized".into()),
            CentreEvent::Unreadable("a/b: not JSON".into()),
            CentreEvent::Gap(json!({})),
            CentreEvent::TimeFix(json!({})),
        ];
        let count = event.len();
        for event in event {
            steps.extend(desk.take(event));
        }
        let key = desk.take_wanted().remove(0);
        desk.asked("r".to_owned(), key);
        steps.extend(desk.take(CentreEvent::Reply(reply)));
        // One is what a box says of itself.
        assert_eq!(steps.len(), count);
        for step in steps {
            match step {
                Step::Talk(text) => assert!(is_chinese(&text), "{text}"),
                Step::Data(_, _, language) => assert_eq!(language, Language::Chinese),
                Step::Open { reading, .. } | Step::Revision { reading, .. } => {
                    assert_eq!(reading.language, Language::Chinese);
                }
            }
        }
        assert!(is_chinese(&desk.closing_words().expect("it acknowledges")));
    }

    #[test]
    fn an_acknowledgement_counts_when_it_comes_back_in_a_revision() {
        let mut desk = new_desk(false);
        desk.take(CentreEvent::Alert(Box::new(alert(1, None, json!({})))));
        let outcome = desk.outcome(false);
        assert_eq!((outcome.alerts, outcome.acknowledged), (1, 0));
        let steps = desk.take(CentreEvent::Alert(Box::new(alert(2, Some("desk-2"), json!({})))));
        assert!(matches!(steps[..], [Step::Revision { newly_acknowledged: true, .. }]));
        assert_eq!(desk.outcome(false).acknowledged, 1);
        // One that was acknowledged before we came is no news.
        let mut desk = new_desk(false);
        desk.take(list(&[("A", true)]));
        let steps = desk.take(CentreEvent::Alert(Box::new(alert(3, Some("desk-2"), json!({})))));
        assert!(matches!(steps[..], [Step::Revision { newly_acknowledged: false, .. }]));
        assert_eq!(desk.outcome(false).acknowledged, 0);
    }

    #[test]
    fn a_revision_that_comes_late_is_not_shown() {
        let mut desk = new_desk(false);
        desk.take(CentreEvent::Alert(Box::new(alert(2, None, json!({})))));
        assert!(desk.take(CentreEvent::Alert(Box::new(alert(1, None, json!({}))))).is_empty());
    }
}
