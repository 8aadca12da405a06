//! The page *Test alert*: sends one the whole way and shows when it passed which station. The stations are those of every
//! alert, as the outbox and the history know them; nothing of a test is made here.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Extension, Request, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde_json::json;

use super::accounts::Role;
use super::layout::{Shell, Tab, colon, token};
use super::refusals::refusal;
use super::request::{OwnForm, Reader, Refused, Visitor};
use super::{PageCommand, Site};
use crate::analysis::test_alert::LASTS;
use crate::analysis::time::Timestamp;
use crate::contract::alert::AlertData;
use crate::contract::alert_words::person;
use crate::contract::command::Outcome;
use crate::control::Answer;
use crate::outbox::Journey;
use crate::text::{Sentence, Words, page as say, page_test as text};

/// What the box gets to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// How often somebody looks how far it came.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// The latest test alert that somebody asked for at this page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LastTest {
    alert_id: String,
    /// Who asked for it here, and when; `None`: it was open already when somebody asked.
    asked: Option<(String, Timestamp)>,
}

pub(super) async fn show(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    request: Request,
) -> Result<Html<String>, Refused> {
    let reader = Reader::of(&site, request.headers());
    let here = request.uri().path().to_owned();
    let mut shell = site.shell(reader, text::title(), here, request.headers(), &visitor).await?;
    shell.tab = Some(Tab::Alerts);
    let last = site.last_test.lock().clone();
    let alert = match &last {
        Some(last) => {
            let alert_id = last.alert_id.clone();
            let read = move |site: &Site| site.history.lock().latest(&alert_id);
            site.blocking(read, reader).await?.map_err(|error| Refused::broken(error, reader))?
        }
        None => None,
    };
    let depth = site.parts.outbox.depth();
    let broker = site.status.borrow().as_ref().map(|status| status.broker.clone());
    let away = broker.filter(|broker| !broker.is_connected).map(|broker| broker.address);
    let stations = last.map(|last| {
        let now = (Instant::now(), site.now().utc);
        let journey = site.parts.outbox.journey(&last.alert_id).map(|journey| Times::of(journey, now));
        Stations { alert, journey, away, has_marks: depth.marks, zone: site.time_zone(), last }
    });
    let now = site.now().utc;
    let is_open = stations.as_ref().is_some_and(|stations| stations.is_open(now));
    let body = html! {
        p.back { a href="/alerts" { (shell.say(say::back_to_alerts())) } }
        h1 { (shell.say(text::title())) }
        p.lead { (shell.say(text::about(LASTS.as_secs() / 60))) }
        div #send-test data-live="alerts" {
            @if !visitor.may(Role::Operator) {
                p.hint { (shell.say(text::operators_only())) }
            } @else if is_open {
                p.hint { (shell.say(text::one_at_a_time())) }
            } @else {
                form method="post" action="/test" {
                    (token(visitor.form_token()))
                    button #send type="submit" { (shell.say(text::send())) }
                }
            }
        }
        section aria-labelledby="last-one" {
            h2 #last-one { (shell.say(text::last_one())) }
            div #stations data-live="alerts" {
                @match &stations {
                    Some(stations) => { (stations.show(&shell)) },
                    None => { p.empty { (shell.say(text::none_yet())) } },
                }
            }
            noscript { p.hint { (shell.say(text::reload())) } }
        }
    };
    Ok(Html(shell.page(body).into_string()))
}

/// When the stations in the box were passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Times {
    stored: Timestamp,
    sent: Option<Timestamp>,
    acked: Option<Timestamp>,
    marked: Option<Timestamp>,
}

impl Times {
    /// On the clock that people read, where `now` is now on both.
    fn of(journey: Journey, now: (Instant, Timestamp)) -> Self {
        let at = |then: Instant| {
            let ago = now.0.saturating_duration_since(then);
            now.1.checked_sub(ago).unwrap_or(now.1)
        };
        Times {
            stored: at(journey.stored),
            sent: journey.sent.map(at),
            acked: journey.acked.map(at),
            marked: journey.marked.map(at),
        }
    }
}

/// A test alert, and everything that is known of its way.
struct Stations {
    last: LastTest,
    /// The present state in the history.
    alert: Option<AlertData>,
    journey: Option<Times>,
    /// The broker's address, where there is no connection to it.
    away: Option<String>,
    /// Whether the centre has ever marked anything.
    has_marks: bool,
    zone: TimeZone,
}

/// One station, and why it is not passed.
struct Station {
    name: Sentence,
    at: Option<Timestamp>,
    /// Who passed it.
    who: Option<String>,
    /// It is passed or not, and nobody knows.
    is_unknown: bool,
    why_not: Option<Sentence>,
    hint: Option<Sentence>,
}

impl Station {
    fn new(name: Sentence, at: Option<Timestamp>) -> Self {
        Station { name, at, who: None, is_unknown: false, why_not: None, hint: None }
    }

    /// The station, with the reason if it is not passed.
    fn unless(self, why_not: impl FnOnce() -> (Sentence, Option<Sentence>)) -> Self {
        if self.at.is_some() {
            return self;
        }
        let (why_not, hint) = why_not();
        Station { why_not: Some(why_not), hint, ..self }
    }
}

impl Stations {
    /// Whether it goes on: also before it is in the history, as long as a test can last at all.
    fn is_open(&self, now: Timestamp) -> bool {
        match &self.alert {
            Some(alert) => !alert.phase.is_last(),
            None => self.journey.is_some_and(|times| now.duration_since(times.stored).unsigned_abs() < LASTS),
        }
    }

    /// In the order in which they are passed. Only the first one that is not says what it waits for.
    fn all(&self) -> Vec<Station> {
        let taken = self.alert.as_ref().and_then(|alert| alert.acknowledged.as_ref());
        let mut stations = Vec::new();
        if let Some((who, at)) = &self.last.asked {
            stations.push(Station { who: Some(who.clone()), ..Station::new(text::asked(), Some(*at)) });
        }
        match self.journey {
            Some(Times { stored, sent, acked, marked }) => {
                let no_receipt = || match &self.away {
                    Some(address) => (text::no_connection(address), Some(text::try_connection())),
                    None => (text::no_receipt(), None),
                };
                stations.push(Station::new(text::stored(), Some(stored)));
                stations.push(Station::new(text::sent(), sent).unless(no_receipt));
                stations.push(Station::new(text::received(), acked).unless(no_receipt));
                let is_unknown = marked.is_none() && !self.has_marks;
                let not_marked = || match is_unknown {
                    true => (text::never_marked(), None),
                    false => (text::not_marked(), None),
                };
                let marked = Station::new(text::marked(), marked).unless(not_marked);
                stations.push(Station { is_unknown, ..marked });
            }
            None => {
                let unknown = |name| Station { is_unknown: true, ..Station::new(name, None) };
                let names = [text::stored(), text::sent(), text::received(), text::marked()];
                stations.extend(names.map(unknown));
                if let Some(last) = stations.last_mut() {
                    last.why_not = Some(text::from_before());
                }
            }
        }
        let is_over = self.alert.as_ref().is_some_and(|alert| alert.phase.is_last());
        let not_taken = || match is_over {
            true => (text::ended_without_answer(), None),
            false => (text::nobody_took_it_on(), None),
        };
        let at = taken.map(|taken| taken.at.0);
        let by = taken.map(|taken| taken.by.clone());
        stations.push(Station { who: by, ..Station::new(text::taken_on(), at).unless(not_taken) });
        let mut is_first = true;
        for station in stations.iter_mut().filter(|station| station.at.is_none() && !station.is_unknown) {
            if !std::mem::replace(&mut is_first, false) {
                (station.why_not, station.hint) = (None, None);
            }
        }
        stations
    }

    /// Whether everything that can be known of its way is known, and good.
    fn has_arrived(all: &[Station]) -> bool {
        all.iter().all(|station| station.at.is_some() || station.is_unknown)
            && all.iter().any(|station| station.at.is_some() && !station.is_unknown)
    }

    fn show(&self, shell: &Shell<'_>) -> Markup {
        let all = self.all();
        let began = self.last.asked.as_ref().map(|(_, at)| *at);
        let began = began.or(self.journey.map(|times| times.stored));
        html! {
            @if self.journey.is_some() && Self::has_arrived(&all) {
                p.notice { (shell.say(text::arrived())) }
            }
            ol.stations { @for station in &all { (self.station(station, began, shell)) } }
            p.more {
                a href={ "/alerts/" (self.last.alert_id) } { (shell.say(text::to_the_alert())) }
            }
        }
    }

    fn station(&self, station: &Station, began: Option<Timestamp>, shell: &Shell<'_>) -> Markup {
        let (class, word) = match (station.at, station.is_unknown) {
            (Some(_), _) => ("well", text::is_done()),
            (None, true) => ("unknown", text::is_unknown()),
            (None, false) => ("waiting", text::is_waited_for()),
        };
        let after = station.at.zip(began).map(|(at, began)| {
            // Who took it on may have a clock of their own.
            let seconds = at.duration_since(began).as_secs_f64().max(0.0);
            text::after(format!("{seconds:.2}"))
        });
        html! {
            li class=(class) {
                p.state {
                    span class={ "sign " (class) } aria-hidden="true" {}
                    span { (shell.say(station.name.clone())) (colon(shell.language)) strong { (shell.say(word)) } }
                }
                @if let Some(at) = station.at {
                    p.quiet {
                        time datetime=(format!("{at:.3}")) {
                            (at.to_zoned(self.zone.clone()).strftime("%H:%M:%S%.3f"))
                        }
                        @if let Some(after) = after { " · " (shell.say(after)) }
                        @if let Some(who) = &station.who { " · " (shell.say(text::by(person(who)))) }
                    }
                }
                @if let Some(why_not) = &station.why_not { p.hint { (shell.say(why_not.clone())) } }
                @if let Some(hint) = &station.hint { p.hint { (shell.say(say::try_this(hint.clone()))) } }
            }
        }
    }
}

pub(super) async fn send(State(site): State<Arc<Site>>, form: OwnForm) -> Result<Response, Refused> {
    let OwnForm { visitor, reader, .. } = form;
    let role = visitor.person.role.of_commands().filter(|_| visitor.may(Role::Operator));
    let Some(role) = role else {
        return Err(Refused::forbidden(text::operators_only(), reader));
    };
    let at = site.now().utc;
    let (person, data) = (visitor.person.name.clone(), json!({}));
    let answer = match site.parts.desk.ask(PageCommand { person, role, command: "test", data, at }) {
        Ok(mut answer) => tokio::time::timeout(ANSWER_WITHIN, answer.recv()).await.ok().flatten(),
        Err(refused) => Some(*refused),
    };
    let alert_id = answer.as_ref().and_then(alert_in);
    let notice = match answer.map(|answer| (answer.outcome, answer.code)) {
        None => Some(say::no_answer_yet()),
        Some((Outcome::Done, _)) => None,
        Some((Outcome::Already, _)) => Some(text::one_at_a_time()),
        Some((Outcome::Refused | Outcome::Failed, Some(code))) => Some(refusal(code)),
        Some((Outcome::Refused | Outcome::Failed, None)) => Some(say::did_not_work()),
    };
    if let Some(alert_id) = alert_id {
        // One that was open before somebody asked keeps who asked for it.
        let asked = notice.is_none().then(|| (visitor.by(), at));
        let is_another = {
            let mut last = site.last_test.lock();
            let is_another = last.as_ref().is_none_or(|last| last.alert_id != alert_id);
            if is_another {
                *last = Some(LastTest { alert_id: alert_id.clone(), asked });
            }
            is_another
        };
        if is_another {
            tokio::spawn(follow(site.clone(), alert_id));
        }
    }
    if let Some(notice) = notice {
        site.sessions.lock().say_next(visitor.key, notice);
    }
    Ok(Redirect::to("/test").into_response())
}

/// The test alert that an answer speaks of.
fn alert_in(answer: &Answer) -> Option<String> {
    let alert = answer.message.as_ref().and_then(Words::sentence)?.value("alert")?;
    matches!(answer.outcome, Outcome::Done | Outcome::Already).then(|| alert.to_string())
}

/// Notifies open pages of its progress, until its way is over or nobody waits for it any more.
async fn follow(site: Arc<Site>, alert_id: String) {
    let until = tokio::time::Instant::now() + LASTS;
    let mut reported = None;
    while tokio::time::Instant::now() < until {
        let journey = site.parts.outbox.journey(&alert_id);
        if journey != reported {
            reported = journey;
            site.changes.send_modify(|number| *number += 1);
        }
        let is_the_last = site.last_test.lock().as_ref().is_some_and(|last| last.alert_id == alert_id);
        if !is_the_last || reported.is_some_and(|journey| journey.marked.is_some() && journey.acked.is_some())
        {
            return;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    // The history reports its end.
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::words::Language;
    use crate::contract::{Event, messages};

    fn at(secs: f64) -> Timestamp {
        let began: Timestamp = "2026-11-29T08:00:00Z".parse().unwrap();
        began + Duration::from_secs_f64(secs)
    }

    fn stations(journey: Option<Times>) -> Stations {
        Stations {
            last: LastTest { alert_id: "A".to_owned(), asked: Some(("page:li".to_owned(), at(0.0))) },
            alert: None,
            journey,
            away: None,
            has_marks: true,
            zone: TimeZone::UTC,
        }
    }

    fn stored() -> Times {
        Times { stored: at(0.1), sent: None, acked: None, marked: None }
    }

    /// The names of stations that are not passed, with what they say.
    fn waiting(stations: &Stations) -> Vec<(String, Option<String>)> {
        let all = stations.all();
        let open = all.iter().filter(|station| station.at.is_none());
        open.map(|one| (one.name.to_string(), one.why_not.as_ref().map(ToString::to_string))).collect()
    }

    #[test]
    fn only_the_first_station_that_is_not_passed_says_what_it_waits_for() {
        let away = Stations { away: Some("10.0.0.5:1883".to_owned()), ..stations(Some(stored())) };
        let waiting = waiting(&away);
        assert_eq!(waiting.len(), 4);
        assert!(waiting[0].1.as_ref().unwrap().contains("10.0.0.5:1883"), "{waiting:?}");
        assert!(waiting[1..].iter().all(|(_, why)| why.is_none()), "{waiting:?}");
    }

    #[test]
    fn a_centre_that_never_marks_leaves_that_station_unknown_and_the_next_one_waited_for() {
        let passed = Times { sent: Some(at(0.2)), acked: Some(at(0.3)), ..stored() };
        let never = Stations { has_marks: false, ..stations(Some(passed)) };
        let all = never.all();
        assert!(all[4].is_unknown && all[4].why_not.as_ref().unwrap().code() == "page_test.never_marked");
        assert_eq!(all[5].why_not.as_ref().unwrap().code(), "page_test.nobody_took_it_on");
        assert!(!Stations::has_arrived(&all), "nobody has it yet");
        let late = stations(Some(passed)).all();
        assert_eq!(late[4].why_not.as_ref().unwrap().code(), "page_test.not_marked");
    }

    #[test]
    fn the_way_is_open_when_somebody_has_it() {
        let event = messages::ALERT.example().unwrap().unwrap();
        let mut alert = serde_json::from_value::<Event<AlertData>>(event).unwrap().data;
        let taken = crate::contract::alert::Acknowledged {
            by: "desk 2".to_owned(),
            key_id: None,
            at: crate::contract::words::Time(at(4.5)),
            note: None,
        };
        alert.acknowledged = Some(taken);
        let times = Times { sent: Some(at(0.2)), acked: Some(at(0.3)), marked: Some(at(0.4)), ..stored() };
        let whole = Stations { alert: Some(alert), ..stations(Some(times)) };
        assert!(Stations::has_arrived(&whole.all()));
        let shell = Shell::bare(Language::English, text::title());
        let page = whole.show(&shell).into_string();
        for part in
            ["The whole way is open", "after 4.50 s", "by desk 2", "08:00:00.400", "by li at the page"]
        {
            assert!(page.contains(part), "{part} is missing in {page}");
        }
    }

    #[test]
    fn after_a_restart_the_stations_are_unknown() {
        let all = stations(None).all();
        assert_eq!(all.iter().filter(|station| station.is_unknown).count(), 4);
        assert!(!stations(None).is_open(at(0.0)));
    }

    #[test]
    fn a_test_that_never_reaches_the_history_stands_in_nobodys_way_for_long() {
        let not_received = stations(Some(stored()));
        assert!(not_received.is_open(at(1.0)));
        assert!(!not_received.is_open(at(0.1) + LASTS));
    }

    #[test]
    fn each_station_looks_as_it_says() {
        let passed = Times { sent: Some(at(0.2)), acked: Some(at(0.3)), ..stored() };
        let shell = Shell::bare(Language::English, text::title());
        let page = Stations { has_marks: false, ..stations(Some(passed)) }.show(&shell).into_string();
        let signs = |class: &str| page.matches(&format!("<span class=\"sign {class}\"")).count();
        assert_eq!([signs("well"), signs("unknown"), signs("waiting")], [4, 1, 1], "{page}");
    }
}
