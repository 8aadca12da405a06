//! The coverage calendar: for each rule at each camera the hours of the last days, with the part of each in which it could have
//! reported. What is recorded is `coverage`'s to say. Must never call an hour well of which nothing is recorded.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Html;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::ledger::{Found, Wanted};
use crate::analysis::time::Timestamp;
use crate::comparison::lasting;
use crate::contract::words::Language;
use crate::coverage::{Calendar, CoverageState, Day, Hour, Row, Times};
use crate::text::{Joint, Sentence, Words, page as say_page, page_coverage as say, page_past, page_timeline};
use crate::web::Site;
use crate::web::layout::{Shell, Tab, coded};
use crate::web::request::{Fields, Reader, Refused, Visitor};
use crate::web::timeline;
use crate::web::worker::soon;

/// The path of the page.
pub(super) const PATH: &str = "/past/coverage";
/// Days that may be shown, the usual one first.
const DAYS: [i64; 2] = [7, 30];
/// Rules at cameras of which the sum is shown.
const MOST_SUMS: usize = 60;
/// So many of the latest times of which nothing is recorded are said.
const MOST_BREAKS: usize = 5;
/// Of so few the calendar is shown at once.
pub(super) const MOST_CALENDARS: usize = 3;
/// From so many parts of an hour on it is a whole one: a reading or two is no gap.
const WHOLE: f64 = 0.995;
/// Of less no part is told: the first seconds of a box say nothing.
const LEAST_MS: u64 = 60_000;
/// The drawing, in units of its own; letters have 12 of them.
const WIDTH: f64 = 360.0;
const LEFT: f64 = 44.0;
const CELL: f64 = 13.0;
const INSIDE: f64 = 11.0;
const LINE: f64 = 16.0;
const TOP: f64 = 18.0;

/// What is asked.
struct Choice {
    days: i64,
    camera: Option<String>,
    rule: Option<String>,
}

impl Choice {
    fn read(fields: &Fields) -> Self {
        let days = fields.get("days").and_then(|days| days.parse().ok());
        let text = |name: &str| fields.get(name).map(str::to_owned);
        Choice {
            days: days.filter(|days| DAYS.contains(days)).unwrap_or(DAYS[0]),
            camera: text("camera"),
            rule: text("rule"),
        }
    }

    /// When it begins: the first day counts as a whole.
    fn from(&self, now: Timestamp, zone: &TimeZone) -> Timestamp {
        let from = now.checked_sub(SignedDuration::from_hours(24 * (self.days - 1))).unwrap_or(now);
        from.to_zoned(zone.clone()).start_of_day().map_or(from, |day| day.timestamp())
    }

    /// Whether that camera and that rule are known there, where anything is.
    fn is_of(&self, calendar: &Calendar) -> bool {
        let is_known = |asked: &Option<String>, known: &[String]| {
            known.is_empty() || asked.as_ref().is_none_or(|asked| known.contains(asked))
        };
        is_known(&self.camera, &calendar.cameras) && is_known(&self.rule, &calendar.rules)
    }

    fn path(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("days", &self.days.to_string());
        for (name, value) in [("camera", &self.camera), ("rule", &self.rule)] {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        format!("{PATH}?{}", query.finish())
    }
}

pub(in crate::web) async fn show(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    query: Fields,
    headers: HeaderMap,
) -> Result<Html<String>, Refused> {
    let reader = Reader::of(&site, &headers);
    let choice = Choice::read(&query);
    let shown = shown(&site, &choice).await;
    if let Shown::Calendar(calendar) = &shown
        && !choice.is_of(calendar)
    {
        return Err(Refused::new(StatusCode::NOT_FOUND, say::no_such(), reader));
    }
    let mut shell = site.shell(reader, say::title(), choice.path(), &headers, &visitor).await?;
    shell.tab = Some(Tab::Past);
    let view = View { shell: &shell, choice: &choice, zone: site.time_zone() };
    let body = html! {
        p.back { a href=(super::PATH) { (shell.say(page_past::back())) } }
        h1 { (shell.say(say::title())) }
        p.hint { (shell.say(say::about())) }
        // It fills itself once the ledger is read, and changes no more.
        div #calendar data-live=[matches!(shown, Shown::Reading).then_some("past")] { (view.content(&shown)) }
    };
    Ok(Html(shell.page(body).into_string()))
}

/// What there is to show.
enum Shown {
    Calendar(Arc<Calendar>),
    Reading,
    /// Nothing: why.
    Nothing(Words),
}

async fn shown(site: &Site, choice: &Choice) -> Shown {
    let config = site.config();
    if config.coverage.days == 0 {
        return Shown::Nothing(say::not_kept().into());
    }
    let (zone, now) = (site.time_zone(), site.now().utc);
    let Choice { camera, rule, .. } = choice;
    let wanted = Wanted {
        folder: config.coverage.dir.clone(),
        from: choice.from(now, &zone),
        zone,
        camera: camera.clone(),
        rule: rule.clone(),
    };
    match soon(|| site.ledger.ask(&wanted, now, Instant::now())).await {
        Ok(Found::Calendar(calendar)) => Shown::Calendar(calendar),
        Ok(Found::Nothing) => Shown::Nothing(say::nothing_yet().into()),
        Ok(Found::Unreadable(why)) => Shown::Nothing(why),
        Err(_) => Shown::Reading,
    }
}

struct View<'a> {
    shell: &'a Shell<'a>,
    choice: &'a Choice,
    zone: TimeZone,
}

impl View<'_> {
    fn say(&self, words: impl Into<Words>) -> String {
        words.into().in_language(self.shell.language)
    }

    fn nothing(&self, why: &Words) -> Markup {
        html! { p.empty { (coded(&why.in_language(self.shell.language))) } }
    }

    fn content(&self, shown: &Shown) -> Markup {
        match shown {
            Shown::Calendar(calendar) => html! {
                (self.damage(calendar.damaged_lines))
                (self.days())
                @match (calendar.cameras.is_empty(), calendar.damaged_lines) {
                    (true, 0) => (self.nothing(&say::nothing_yet().into())),
                    (true, _) => (self.nothing(&say::nothing_else().into())),
                    (false, _) => (self.calendar(calendar)),
                }
            },
            Shown::Reading => html! {
                (self.days())
                p.empty {
                    (self.say(say::is_being_read())) " "
                    a href=(self.shell.here) { (self.say(page_timeline::look_again())) }
                }
            },
            Shown::Nothing(why) => self.nothing(why),
        }
    }

    /// What cannot be read is missing below.
    fn damage(&self, lines: u64) -> Markup {
        html! {
            @if lines > 0 {
                div.notice #damaged {
                    p { (self.say(say::damaged(lines))) }
                    p.hint { (coded(&self.say(say::about_damage()))) }
                }
            }
        }
    }

    fn calendar(&self, calendar: &Calendar) -> Markup {
        let rows = &calendar.rows;
        html! {
            (self.choices(calendar))
            @if let Some(from) = calendar.recorded_from.filter(|from| *from > calendar.from) {
                @let from = from.0.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M").to_string();
                p.quiet { (self.say(say::recorded_from(from))) }
            }
            @for one in calendar.breaks.iter().rev().take(MOST_BREAKS) {
                p.quiet { (self.say(one.sentence(&self.zone))) }
            }
            @if rows.is_empty() {
                (self.nothing(&say::no_such().into()))
            } @else if rows.len() <= MOST_CALENDARS {
                @for (number, row) in rows.iter().enumerate() { (self.row(number, row)) }
                (self.legend())
            } @else {
                p.quiet { (self.say(say::lowest_first())) }
                ul.cards { @for row in rows.iter().take(MOST_SUMS) { li.card { (self.sum(row)) } } }
                @if rows.len() > MOST_SUMS { p.quiet { (self.say(say::more(rows.len() - MOST_SUMS))) } }
            }
        }
    }

    /// How many days.
    fn days(&self) -> Markup {
        let with = |days: i64| {
            let Choice { camera, rule, .. } = self.choice;
            Choice { days, camera: camera.clone(), rule: rule.clone() }.path()
        };
        html! {
            nav.times aria-label=(self.say(say::which())) {
                @for days in DAYS {
                    @let is_it = days == self.choice.days;
                    a.button.second[!is_it] href=(with(days)) aria-current=[is_it.then_some("true")] { (self.say(say::last_days(days))) }
                }
            }
        }
    }

    /// Which of them.
    fn choices(&self, calendar: &Calendar) -> Markup {
        let select = |name: &str, title: Sentence, any: Sentence, chosen: &Option<String>, all: &[String]| {
            html! {
                div {
                    label for=(name) { (self.say(title)) }
                    select id=(name) name=(name) autocomplete="off" {
                        option value="" { (self.say(any)) }
                        @for one in all { option value=(one) selected[chosen.as_ref() == Some(one)] { (one) } }
                    }
                }
            }
        };
        html! {
            form.times method="get" action=(PATH) {
                input type="hidden" name="days" value=(self.choice.days);
                (select("camera", say::camera(), say::all_cameras(), &self.choice.camera, &calendar.cameras))
                (select("rule", say::rule(), say::all_rules(), &self.choice.rule, &calendar.rules))
                button.second type="submit" { (self.say(say_page::show())) }
            }
        }
    }

    /// How much of the time a rule could report, and what kept it from it.
    fn sum(&self, row: &Row) -> Markup {
        let one =
            Choice { days: self.choice.days, camera: Some(row.camera.clone()), rule: Some(row.rule.clone()) };
        html! {
            h2.rule-title { a href=(one.path()) { (self.say(say::of_camera(row.rule.as_str(), row.camera.as_str()))) } }
            (self.in_words(&row.ms))
        }
    }

    fn in_words(&self, ms: &Times) -> Markup {
        html! {
            @match share(ms) {
                Some(_) if ms.total_ms() < LEAST_MS => p { (self.say(say::too_little())) },
                Some(share) => {
                    p.value { (self.say(say::percent(percent(share)))) }
                    p { (self.say(could(ms))) }
                },
                None => p { (self.say(say::never_in_force())) },
            }
            @if let Some(reasons) = reasons(ms).filter(|_| ms.total_ms() >= LEAST_MS) { p.hint { (self.say(say::not_for(reasons))) } }
        }
    }

    fn row(&self, number: usize, row: &Row) -> Markup {
        let id = format!("row-{number}");
        html! {
            section aria-labelledby=(id) {
                h2 id=(id) { (self.say(say::of_camera(row.rule.as_str(), row.camera.as_str()))) }
                (self.in_words(&row.ms))
                figure.calendar { (drawing(row, number, self.shell.language)) }
                @if row.ms.total_ms() >= LEAST_MS {
                    details id={ (id) "-words" } {
                        summary { (self.say(say::day_by_day())) }
                        ul.lines {
                            @for day in row.days.iter().rev() {
                                li {
                                    a href={ (timeline::path_of(&row.camera)) "?day=" (day.date) } { (day.date) } " "
                                    (self.say(day_in_words(&day.ms)))
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn legend(&self) -> Markup {
        let hour = |watched: u64, not_in_force: u64, no_video: u64| {
            let mut times = Times::of(CoverageState::Watched, watched);
            times.add_all(&Times::of(CoverageState::NotInForce, not_in_force));
            times.add_all(&Times::of(CoverageState::NoVideo, no_video));
            times
        };
        let marks = [
            (Some(hour(1, 0, 0)), say::whole()),
            (Some(hour(1, 0, 1)), say::part()),
            (Some(hour(0, 1, 0)), say::not_in_force()),
            (None, say::nothing()),
        ];
        html! {
            ul.legend {
                @for (times, name) in marks {
                    li {
                        svg.key.cells width="14" height="14" aria-hidden="true" { (cell(1.0, 1.0, times.as_ref())) }
                        (self.say(name))
                    }
                }
            }
            @if self.choice.camera.is_some() || self.choice.rule.is_some() {
                p { a href={ (PATH) "?days=" (self.choice.days) } { (self.say(say::see_all())) } }
            }
        }
    }
}

/// The part of the time in which it was to watch and could have reported; `None`: it was not in force.
pub(super) fn share(ms: &Times) -> Option<f64> {
    let wanted = ms.wanted_ms();
    (wanted > 0).then(|| ms.ms(CoverageState::Watched) as f64 / wanted as f64)
}

/// Never 100 where something is missing.
fn percent(share: f64) -> String {
    match share {
        share if share >= 1.0 => "100".to_owned(),
        share => format!("{:.1}", (share * 1000.0).floor() / 10.0),
    }
}

fn length(ms: u64) -> Sentence {
    match ms / 1_000 {
        secs if secs >= 3_600 && secs % 3_600 < 60 => say_page::hours(secs / 3_600),
        secs @ 60..3_600 if secs % 60 == 0 => say_page::minutes(secs / 60),
        _ => lasting(SignedDuration::from_millis(i64::try_from(ms).unwrap_or(i64::MAX))),
    }
}

fn could(ms: &Times) -> Sentence {
    match ms.wanted_ms() {
        0 => say::never_in_force(),
        wanted => say::of_wanted(length(ms.ms(CoverageState::Watched)), length(wanted)),
    }
}

fn day_in_words(ms: &Times) -> Words {
    let parts = [Some(Words::from(could(ms))), reasons(ms)];
    Words::List(parts.into_iter().flatten().collect(), Joint::Then)
}

/// What kept it from it, the longest first.
fn reasons(ms: &Times) -> Option<Words> {
    let mut reasons: Vec<(CoverageState, u64)> = ms.lasting().filter(|(state, _)| state.is_gap()).collect();
    reasons.sort_by_key(|(_, ms)| std::cmp::Reverse(*ms));
    let words = reasons.into_iter().map(|(state, ms)| say::for_long(state.words(), length(ms)).into());
    let words: Vec<Words> = words.collect();
    (!words.is_empty()).then_some(Words::List(words, Joint::Clauses))
}

/// Days from top to bottom, hours from left to right.
fn drawing(row: &Row, number: usize, language: Language) -> Markup {
    let title = format!("calendar-{number}");
    let height = TOP + LINE * row.days.len() as f64 + 4.0;
    html! {
        svg.cells viewBox={ "0 0 " (WIDTH) " " (height) } role="img" aria-labelledby=(title) {
            title id=(title) { (say::drawing(row.rule.as_str(), row.camera.as_str()).in_language(language)) }
            (hatching())
            @for hour in [0, 6, 12, 18] {
                text x=(LEFT + CELL * f64::from(hour)) y="12" { (format!("{hour:02}")) }
            }
            @for (at, day) in row.days.iter().rev().enumerate() {
                @let y = TOP + LINE * at as f64;
                text x=(LEFT - 6.0) y=(y + 10.0) text-anchor="end" { (day.date.get(5..).unwrap_or(&day.date)) }
                @for hour in 0..24_i8 {
                    @let times = hours(day, hour);
                    g {
                        title { (spoken(day, hour, times.as_ref()).in_language(language)) }
                        (cell(LEFT + CELL * f64::from(hour), y, times.as_ref()))
                    }
                }
            }
        }
    }
}

/// What is known of an hour on the clock; of one that came twice both.
fn hours(day: &Day, hour: i8) -> Option<Times> {
    let mut known = day.hours.iter().filter(|one: &&Hour| one.hour == hour);
    let mut times = known.next()?.ms;
    known.for_each(|one| times.add_all(&one.ms));
    Some(times)
}

fn spoken(day: &Day, hour: i8, times: Option<&Times>) -> Sentence {
    let what = match times {
        None => say::nothing().into(),
        Some(times) => match share(times) {
            None => say::not_in_force().into(),
            Some(share) => {
                let parts = [Some(say::could(percent(share)).into()), reasons(times)];
                Words::List(parts.into_iter().flatten().collect(), Joint::Clauses)
            }
        },
    };
    say::hour(day.date.as_str(), format!("{hour:02}"), what)
}

/// An hour: filled from the bottom up as far as it could report, and hatched above; a line where it was not in force; nothing
/// but its edge where nothing is recorded.
fn cell(x: f64, y: f64, times: Option<&Times>) -> Markup {
    let number = |value: f64| format!("{value:.1}");
    let edge = html! { rect.edge x=(number(x)) y=(number(y)) width=(INSIDE) height=(INSIDE) {} };
    let Some(times) = times else {
        return html! { rect.none x=(number(x)) y=(number(y)) width=(INSIDE) height=(INSIDE) {} };
    };
    match share(times) {
        None => {
            html! { line.off x1=(number(x + 2.0)) x2=(number(x + INSIDE - 2.0)) y1=(number(y + INSIDE / 2.0)) y2=(number(y + INSIDE / 2.0)) {} }
        }
        Some(share) => {
            let filled = if share >= WHOLE { INSIDE } else { (INSIDE - 1.0) * share };
            html! {
                @if filled < INSIDE {
                    rect.gap fill="url(#gap)" x=(number(x)) y=(number(y)) width=(INSIDE) height=(number(INSIDE - filled)) {}
                }
                @if filled > 0.0 {
                    rect.watched x=(number(x)) y=(number(y + INSIDE - filled)) width=(INSIDE) height=(number(filled)) {}
                }
                (edge)
            }
        }
    }
}

fn hatching() -> Markup {
    html! {
        defs {
            pattern id="gap" width="4" height="4" patternUnits="userSpaceOnUse" {
                rect.ground width="4" height="4" {}
                path.ink d="M-1 1 L1 -1 M0 4 L4 0 M3 5 L5 3" {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::ledger::tests as ledger;
    use super::*;

    fn times(parts: &[(CoverageState, u64)]) -> Times {
        let mut times = Times::default();
        parts.iter().for_each(|(state, ms)| times.add_all(&Times::of(*state, *ms)));
        times
    }

    #[test]
    fn a_share_is_never_rounded_up_to_all_of_it() {
        let almost = times(&[(CoverageState::Watched, 3_599_000), (CoverageState::Dark, 1_000)]);
        assert_eq!(percent(share(&almost).unwrap()), "99.9");
        assert_eq!(share(&times(&[(CoverageState::NotInForce, 3_600_000)])), None);
        assert_eq!(percent(1.0), "100");
    }

    #[test]
    fn an_hour_is_as_full_as_the_rule_could_report_and_hatched_where_it_could_not() {
        let half = times(&[(CoverageState::Watched, 1_800_000), (CoverageState::NoVideo, 1_800_000)]);
        let half = cell(0.0, 0.0, Some(&half)).into_string();
        assert!(half.contains("class=\"gap\"") && half.contains("class=\"watched\""), "{half}");
        let whole = cell(0.0, 0.0, Some(&times(&[(CoverageState::Watched, 3_600_000)]))).into_string();
        assert!(!whole.contains("class=\"gap\"") && whole.contains("class=\"watched\""), "{whole}");
        let none = cell(0.0, 0.0, None).into_string();
        assert!(none.contains("class=\"none\"") && !none.contains("watched"), "{none}");
        let off = cell(0.0, 0.0, Some(&times(&[(CoverageState::NotInForce, 3_600_000)]))).into_string();
        assert!(off.contains("class=\"off\""), "{off}");
    }

    fn shown(calendar: Arc<Calendar>, language: Language) -> String {
        let shell = Shell::bare(language, say::title());
        let choice = Choice { days: 7, camera: None, rule: None };
        let view = View { shell: &shell, choice: &choice, zone: TimeZone::UTC };
        let body =
            html! { h1 { (shell.say(say::title())) } (view.content(&Shown::Calendar(calendar.clone()))) };
        let (rows, damaged) = (calendar.rows.len(), calendar.damaged_lines);
        shell.page_to_look_at(&format!("calendar-{rows}-{damaged}"), body)
    }

    /// A week of which a night was without video, an afternoon covered, and one morning is not recorded.
    fn week() -> Row {
        let hour = |day: i64, hour: i8| {
            let parts = match (day, hour) {
                (1, 2..5) => vec![(CoverageState::NoVideo, 3_600_000)],
                (1, 5) => vec![(CoverageState::NoVideo, 1_200_000), (CoverageState::Watched, 2_400_000)],
                (3, 14..18) => vec![(CoverageState::Covered, 900_000), (CoverageState::Watched, 2_700_000)],
                (_, 9..12) => vec![(CoverageState::NotInForce, 3_600_000)],
                _ => vec![(CoverageState::Watched, 3_600_000)],
            };
            let from = crate::coverage::time_of((day * 24 + i64::from(hour)) * crate::coverage::HOUR_MS);
            Hour { hour, from: crate::contract::words::Time(from), ms: times(&parts), clock_set_ms: 0 }
        };
        let sum = |hours: &[Hour]| {
            let mut sum = Times::default();
            hours.iter().for_each(|hour| sum.add_all(&hour.ms));
            sum
        };
        let days: Vec<Day> = (0..7)
            .map(|day| {
                let hours: Vec<Hour> =
                    (0..24).filter(|at| day != 5 || *at > 8).map(|at| hour(day, at)).collect();
                Day { date: format!("2026-11-2{}", day + 1), ms: sum(&hours), hours }
            })
            .collect();
        let mut ms = Times::default();
        days.iter().for_each(|day| ms.add_all(&day.ms));
        Row { camera: "cam-1".to_owned(), rule: "yard".to_owned(), ms, days, gaps: Vec::new() }
    }

    #[test]
    fn a_week_has_a_line_for_each_day_and_an_hour_that_is_not_recorded_is_no_gap() {
        let at = |text: &str| crate::contract::words::Time(text.parse().unwrap());
        let calendar = |damaged_lines| Calendar {
            from: at("2026-11-21T00:00:00Z"),
            until: at("2026-11-28T00:00:00Z"),
            recorded_from: Some(at("2026-11-21T00:00:00Z")),
            rows: vec![week()],
            cameras: vec!["cam-1".to_owned(), "cam-2".to_owned()],
            rules: vec!["yard".to_owned()],
            breaks: Vec::new(),
            damaged_lines,
        };
        let page = shown(Arc::new(calendar(0)), Language::English);
        assert_eq!(page.matches("00: nothing recorded<").count(), 9, "{page}");
        assert!(
            page.contains("<title>2026-11-22 05:00: could report 66.6 % of it, no video 20 min<"),
            "{page}"
        );
        assert!(page.contains("could report in 133 h 40 min of 138 h<"), "{page}");
        let page = shown(Arc::new(calendar(3)), Language::Chinese);
        assert_eq!(page.matches("00：没有记录<").count(), 9, "{page}");
    }

    #[test]
    fn lines_that_cannot_be_read_are_counted_and_it_is_said_what_to_do_also_where_no_other_is() {
        let folder = tempfile::tempdir().unwrap();
        ledger::write(folder.path(), 2, 3);
        let page = shown(ledger::calendar_of(folder.path(), None), Language::English);
        assert!(page.contains("Lines of the coverage ledger that cannot be read: 3."), "{page}");
        assert!(page.contains("<code>lookout coverage --verify</code>"), "{page}");
        ledger::write(folder.path(), 0, 1);
        let page = shown(ledger::calendar_of(folder.path(), None), Language::Chinese);
        assert!(page.contains("值守台账中有 1 行无法读取") && page.contains("days=30"), "{page}");
        assert!(!page.contains("请几分钟后再看"), "waiting helps nobody: {page}");
        ledger::write(folder.path(), 2, 0);
        let page = shown(ledger::calendar_of(folder.path(), None), Language::English);
        assert!(!page.contains("cannot be read"), "{page}");
    }

    #[test]
    fn the_first_seconds_of_a_box_are_no_day_without_a_watch() {
        let shell = Shell::bare(Language::English, say::title());
        let choice = Choice { days: 7, camera: None, rule: None };
        let view = View { shell: &shell, choice: &choice, zone: TimeZone::UTC };
        let words = |ms: u64| view.in_words(&times(&[(CoverageState::NotRunning, ms)])).into_string();
        assert!(words(60_000).contains("0.0 %") && words(60_000).contains("Not: not running 1 min."));
        assert!(words(59_999).contains("Less than a minute is recorded"), "{}", words(59_999));
        assert!(!words(59_999).contains("%") && !words(59_999).contains("not running"));
    }

    #[test]
    fn a_camera_of_which_nothing_is_recorded_is_not_known_there() {
        let folder = tempfile::tempdir().unwrap();
        ledger::write(folder.path(), 2, 0);
        let calendar = ledger::calendar_of(folder.path(), Some("cam-2"));
        let choice = |camera: &str| Choice { days: 7, camera: Some(camera.to_owned()), rule: None };
        assert!(choice("cam-2").is_of(&calendar) && !choice("cam-77").is_of(&calendar));
    }

    #[test]
    fn an_hour_that_came_twice_counts_twice_and_what_kept_a_rule_from_it_is_said() {
        let hour = |hour: i8, ms: &[(CoverageState, u64)]| Hour {
            hour,
            from: crate::contract::words::Time(crate::analysis::time::Timestamp::UNIX_EPOCH),
            ms: times(ms),
            clock_set_ms: 0,
        };
        let day = Day {
            date: "2026-10-25".to_owned(),
            ms: Times::default(),
            hours: vec![
                hour(2, &[(CoverageState::Watched, 3_600_000)]),
                hour(2, &[(CoverageState::Covered, 3_600_000)]),
            ],
        };
        let both = hours(&day, 2).unwrap();
        assert_eq!(both.total_ms(), 7_200_000);
        let spoken = spoken(&day, 2, Some(&both)).to_string();
        assert!(spoken.starts_with("2026-10-25 02:00: could report 50.0 % of it, "), "{spoken}");
        assert_eq!(hours(&day, 3), None);
    }
}
