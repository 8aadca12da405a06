//! The time line of a camera: what was found, whether it could see, and what was published, from the detection journal of the
//! last days.
//!
//! ```text
//! journal ─► hours (a thread of their own, kept) ─► one camera, from one time to another ─► SVG, and the same in words
//! ```
//!
//! What takes long to read is read while the page says how far that is. Must never show a picture, nor call a time well of
//! which nothing is known.

mod drawing;
mod hour;
pub(super) mod hours;
mod known;
mod span;
#[cfg(test)]
mod tests;
mod words;

use std::sync::Arc;

use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Html;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::Site;
use super::layout::{Shell, Tab, coded, level_badge};
use super::request::{Fields, Reader, Refused, Visitor};
use super::worker::{Progress, soon};
use crate::analysis::time::Timestamp;
use crate::config::Camera;
use crate::contract::kinds;
use crate::journal;
use crate::text::{Sentence, Words, page as say_page, page_live, page_timeline as say};
use hour::Sight;
use hours::{Answer, hours_of};
use known::TimeLine;
use span::{Span, beginning};

/// Alerts that are listed; all are drawn.
const MOST_LISTED: usize = 20;

/// The path of a camera's time line.
pub(super) fn path_of(camera: &str) -> String {
    format!("/cameras/{camera}/timeline")
}

/// What there is to show.
enum Shown {
    Line(Box<TimeLine>),
    Reading(Progress),
    /// Nothing: why, and what leads on.
    Nothing(Words, Option<(String, Sentence)>),
}

pub(super) async fn show(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path(camera): Path<String>,
    query: Fields,
    headers: HeaderMap,
) -> Result<Html<String>, Refused> {
    let reader = Reader::of(&site, &headers);
    let config = site.config();
    let no_such = || Refused::new(StatusCode::NOT_FOUND, page_live::no_such_camera(), reader);
    let camera = config.camera(&camera).ok_or_else(no_such)?;
    let bad = |why: Sentence| Refused::new(StatusCode::BAD_REQUEST, why, reader);
    let span = Span::read(&query).map_err(|typed| bad(say::no_time(shortened(&typed))))?;
    let (zone, now) = (site.time_zone(), site.now().utc);
    let range = span.range(now, &zone).ok_or_else(|| bad(say::no_time(shortened(&span.query()))))?;
    if range.0 > now {
        return Err(bad(say::in_the_future()));
    }
    let shown = known(&site, camera, span, range, reader).await?;
    let here = format!("{}{}", path_of(&camera.id), span.query());
    let title = say::of_camera(name_of(camera));
    let mut shell = site.shell(reader, title, here, &headers, &visitor).await?;
    shell.tab = Some(Tab::Status);
    let body = html! {
        p.back { a href={ "/cameras/" (camera.id) } { (shell.say(say::back(name_of(camera)))) } }
        h1 { (shell.say(shell.title.clone())) }
        p.hint { (shell.say(say::about())) }
        (choice(&shell, camera, span, range, &zone, now))
        // It fills itself once the journal is read, and changes no more.
        div #time-line data-live=[matches!(shown, Shown::Reading(_)).then_some("past")] {
            (content(&shell, camera, &shown, span, &zone))
        }
    };
    Ok(Html(shell.page(body).into_string()))
}

fn name_of(camera: &Camera) -> &str {
    camera.responsible.name.as_deref().unwrap_or(&camera.id)
}

/// What somebody typed into an address, for a sentence.
fn shortened(typed: &str) -> String {
    typed.chars().take(40).collect()
}

/// What the journal says, as far as that is known soon.
async fn known(
    site: &Arc<Site>,
    camera: &Camera,
    span: Span,
    (from, to): (Timestamp, Timestamp),
    reader: Reader,
) -> Result<Shown, Refused> {
    let (journal, now) = (site.config().journal.clone(), site.now().utc);
    if journal.keep.is_zero() {
        return Ok(Shown::Nothing(say::no_journal().into(), None));
    }
    let ask = || match site.hours.ask(&journal.dir, hours_of(from, to.min(now)), now) {
        Answer::Hours(hours) => Ok(Ok(hours)),
        Answer::Unreadable(why) => Ok(Err(why)),
        Answer::Reading(progress) => Err(progress),
    };
    let hours = match soon(ask).await {
        Ok(Ok(hours)) => hours,
        Ok(Err(why)) => return Ok(Shown::Nothing(say::unreadable(why).into(), None)),
        Err(progress) => return Ok(Shown::Reading(progress)),
    };
    let line = TimeLine::of(&hours, &camera.id, (from, to), span.steps().0, now);
    if !line.is_unrecorded() {
        return Ok(Shown::Line(Box::new(line)));
    }
    let begins = site.blocking(move |_| begins(&journal.dir), reader).await?;
    let zone = site.time_zone();
    Ok(match begins {
        None => Shown::Nothing(say::empty_journal().into(), None),
        // It was off meanwhile.
        Some(begins) if begins < to => Shown::Line(Box::new(line)),
        Some(begins) => {
            let first = begins.to_zoned(zone);
            let link = format!("{}{}", path_of(&camera.id), Span::Day(first.date()).query());
            let why = say::nothing_then(first.strftime("%Y-%m-%d %H:%M").to_string());
            Shown::Nothing(why.into(), Some((link, say::to_its_beginning())))
        }
    })
}

/// When the journal begins. Waits for the disk.
fn begins(folder: &std::path::Path) -> Option<Timestamp> {
    let mut entries = journal::read(folder, Timestamp::MIN..Timestamp::MAX).ok()?;
    entries.find_map(|entry| entry.at()).map(|at| at.utc)
}

/// Links to other times.
fn choice(
    shell: &Shell<'_>,
    camera: &Camera,
    span: Span,
    (from, to): (Timestamp, Timestamp),
    zone: &TimeZone,
    now: Timestamp,
) -> Markup {
    let path = path_of(&camera.id);
    let [before, after] = span.neighbours(from, now, zone);
    let link = |to: Option<Span>, name: Sentence| {
        html! {
            @if let Some(to) = to {
                a.button.second[to != span] href={ (path) (to.query()) } aria-current=[(to == span).then_some("true")] {
                    (shell.say(name))
                }
            }
        }
    };
    let date = match span {
        Span::Day(date) => date,
        Span::LastDay | Span::LastHour | Span::Hour(_) => from.to_zoned(zone.clone()).date(),
    };
    html! {
        nav.times aria-label=(shell.say(say::which_time())) {
            (link(Some(Span::LastDay), say::last_day()))
            (link(Some(Span::LastHour), say::last_hour()))
            (link(before, say::day_before()))
            (link(after, say::day_after()))
        }
        form.times method="get" action=(path) {
            div {
                label for="day" { (shell.say(say::a_day())) }
                input #day type="date" name="day" value=(date);
            }
            button.second type="submit" { (shell.say(say_page::show())) }
        }
        h2 #time { (time_in_words(span, (from, to), zone).in_language(shell.language)) }
    }
}

/// The day is said once where all of it is of one.
fn time_in_words(span: Span, (from, to): (Timestamp, Timestamp), zone: &TimeZone) -> Words {
    const TO_THE_MINUTE: &str = "%Y-%m-%d %H:%M";
    let clock = |at: Timestamp, format: &str| at.to_zoned(zone.clone()).strftime(format).to_string();
    match span {
        Span::Day(date) => date.to_string().into(),
        Span::LastHour | Span::Hour(_) => say::from_to(clock(from, TO_THE_MINUTE), clock(to, "%H:%M")).into(),
        Span::LastDay => say::from_to(clock(from, TO_THE_MINUTE), clock(to, TO_THE_MINUTE)).into(),
    }
}

fn content(shell: &Shell<'_>, camera: &Camera, shown: &Shown, span: Span, zone: &TimeZone) -> Markup {
    match shown {
        Shown::Line(line) => View { shell, camera, line, span, zone }.body(),
        Shown::Reading(progress) => html! {
            p.empty {
                (shell.say(say::is_being_read(progress.percent().to_string()))) " "
                a href=(shell.here) { (shell.say(say::look_again())) }
            }
        },
        Shown::Nothing(why, link) => html! {
            div.empty {
                p { (coded(&why.in_language(shell.language))) }
                @if let Some((to, name)) = link { p { a href=(to) { (shell.say(name.clone())) } } }
            }
        },
    }
}

struct View<'a> {
    shell: &'a Shell<'a>,
    camera: &'a Camera,
    line: &'a TimeLine,
    span: Span,
    zone: &'a TimeZone,
}

impl View<'_> {
    fn say(&self, words: impl Into<Words>) -> String {
        words.into().in_language(self.shell.language)
    }

    /// With the day, where that is not the same for all of it.
    fn clock(&self, at: Timestamp) -> String {
        let format = match self.span {
            Span::LastDay => "%m-%d %H:%M",
            Span::Day(_) | Span::LastHour | Span::Hour(_) => "%H:%M",
        };
        at.to_zoned(self.zone.clone()).strftime(format).to_string()
    }

    fn hour_and_minute(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%H:%M").to_string()
    }

    fn body(&self) -> Markup {
        let line = self.line;
        if line.minutes.is_empty() && line.alerts.is_empty() {
            return html! {
                p.empty {
                    (self.say(say::not_known_yet())) " "
                    a href=(self.shell.here) { (self.say(say::look_again())) }
                }
            };
        }
        let in_words = self.in_words();
        html! {
            @if let Some(until) = line.known_until() { p.quiet { (self.say(say::known_until(self.clock(until)))) } }
            @if !line.holes.is_empty() { (self.holes()) }
            section aria-labelledby="found" {
                h3 #found { (self.say(say::found())) }
                @if line.found.is_empty() {
                    p.empty { (self.say(say::nothing_found())) }
                } @else {
                    p.hint { (self.say(say::about_found(line.step.to_string()))) }
                    @for (class, counts) in &line.found { (self.found(*class, counts)) }
                    (self.axis())
                }
            }
            section aria-labelledby="sight" {
                h3 #sight { (self.say(say::sight())) }
                p { (self.say(self.sight_in_words())) }
                @if line.minutes.keys().any(|sight| *sight != Sight::Clear) {
                    p.hint {
                        @if line.step > 1 { (self.say(say::about_sight(line.step.to_string()))) }
                        @else { (self.say(say::where_no_mark())) }
                    }
                    (View::sight(self))
                }
            }
            section aria-labelledby="published" {
                h3 #published { (self.say(say::alerts())) }
                @if line.alerts.is_empty() {
                    p.empty { (self.say(say::no_alerts())) }
                } @else {
                    p.hint { (self.say(say::about_alerts())) }
                    (self.alerts())
                    (self.axis())
                    (self.listed())
                }
            }
            (self.hours())
            @if !in_words.is_empty() {
                details #in-words {
                    summary { (self.say(say::in_words())) }
                    p.quiet { (self.say(say::only_where_something())) }
                    ul.lines { @for (when, what) in in_words { li { (self.say(say::line(when, what))) } } }
                }
            }
        }
    }

    fn holes(&self) -> Markup {
        html! {
            details.notice #holes {
                summary { (self.say(say::parts_are_missing(self.line.holes.len()))) }
                ul.lines { @for hole in self.line.holes.iter().take(MOST_LISTED) { li { (coded(&self.say(hole.why.sentence()))) } } }
            }
        }
    }

    fn listed(&self) -> Markup {
        let alerts = &self.line.alerts;
        html! {
            ul.lines {
                @for (id, mark) in alerts.iter().take(MOST_LISTED) {
                    li {
                        (level_badge(mark.level, self.shell.language)) " "
                        a href={ "/alerts/" (id.0) } { (kinds::title(&mark.kind, None, self.shell.language)) }
                        " " span.quiet { (self.clock(mark.from)) }
                    }
                }
                @if alerts.len() > MOST_LISTED {
                    li.quiet { (self.say(say::more_alerts(alerts.len() - MOST_LISTED))) }
                }
            }
        }
    }

    /// Links to each hour of it.
    fn hours(&self) -> Markup {
        let is_day = match self.span {
            Span::LastDay | Span::Day(_) => true,
            Span::LastHour | Span::Hour(_) => false,
        };
        let hours = (0..self.line.sight.len()).step_by(6).filter(|step| self.line.sight[*step].is_some());
        let path = path_of(&self.camera.id);
        html! {
            @if is_day {
                section aria-labelledby="one-hour" {
                    h3 #one-hour { (self.say(say::one_hour())) }
                    nav.hours aria-labelledby="one-hour" {
                        @for step in hours {
                            @let at = beginning(self.line.start(step), 3_600, self.zone);
                            a href={ (path) (Span::Hour(at).query()) } { (self.hour_and_minute(at)) }
                        }
                    }
                }
            }
        }
    }
}
