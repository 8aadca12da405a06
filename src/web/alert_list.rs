//! The page *Alerts*: what is open, then what is over, with filters; and the same as a file for spreadsheets and programs.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use futures_util::stream;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::Site;
use super::history::{After, Choices, Filter};
use super::layout::{LEVELS, Shell, Tab, ago, clock, level_badge, level_name};
use super::plots::{self, Plots};
use super::request::{Fields, Reader, Refused, Visitor};
use crate::analysis::time::Timestamp;
use crate::contract::alert::AlertData;
use crate::contract::alert_words::person;
use crate::contract::kinds;
use crate::contract::words::{Language, LocalTime, Time};
use crate::text::{Joint, Sentence, Words, page as say, page_test};
use crate::types::phase::Phase;

/// Alerts on one page.
const ON_A_PAGE: usize = 50;
/// Alerts that an export reads at once.
const AT_ONCE: usize = 100;
/// Longest value that a filter takes, in characters: ids and words are shorter.
const MOST_VALUE_CHARS: usize = 64;
/// What the audit log says of an export at most, in characters.
const MOST_DETAIL_CHARS: usize = 256;
/// What the audit log says happened.
const EXPORTED: &str = "page_export";

/// What the fields of the filter ask for. A value that means nothing filters nothing.
fn filter(fields: &Fields, zone: &TimeZone) -> Filter {
    let day = |name: &str, days: i64| {
        let date: Date = fields.get(name)?.parse().ok()?;
        let date = date.checked_add(jiff::Span::new().days(days)).ok()?;
        date.to_zoned(zone.clone()).ok().map(|at| at.timestamp())
    };
    let text = |name: &str| value(fields, name).map(str::to_owned);
    Filter {
        level: fields.get("level").and_then(|name| LEVELS.into_iter().find(|level| level.name() == name)),
        kind: text("kind"),
        camera: text("camera"),
        grid: text("grid"),
        is_over: match fields.get("state") {
            Some("open") => Some(false),
            Some("over") => Some(true),
            Some(_) | None => None,
        },
        from: day("from", 0),
        until: day("until", 1),
    }
}

/// A value of the filter, no longer than any that there is.
fn value<'f>(fields: &'f Fields, name: &str) -> Option<&'f str> {
    fields.get(name).map(|value| beginning(value, MOST_VALUE_CHARS))
}

/// The first so many characters.
fn beginning(text: &str, chars: usize) -> &str {
    text.char_indices().nth(chars).map_or(text, |(end, _)| &text[..end])
}

fn after(fields: &Fields) -> Option<After> {
    let (state, alert_id) = value(fields, "after")?.split_once('.')?;
    Some(After { is_over: state == "over", alert_id: alert_id.to_owned() })
}

/// The cursor of the next page of the list.
fn place_behind(at: &After) -> String {
    format!("{}.{}", if at.is_over { "over" } else { "open" }, at.alert_id)
}

/// The query of the filter, without the place in the list.
fn query(fields: &Fields) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for name in ["state", "level", "kind", "camera", "grid", "from", "until"] {
        if let Some(value) = value(fields, name) {
            query.append_pair(name, value);
        }
    }
    query.finish()
}

pub(super) async fn show(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    fields: Fields,
    request: Request,
) -> Result<Html<String>, Refused> {
    let reader = Reader::of(&site, request.headers());
    let here = request.uri().to_string();
    let mut shell = site.shell(reader, say::tab_alerts(), here, request.headers(), &visitor).await?;
    shell.tab = Some(Tab::Alerts);
    let zone = site.time_zone();
    let (filter, after) = (filter(&fields, &zone), after(&fields));
    let is_filtered = filter != Filter::default();
    let (now, plotted) = (site.now().utc, after.is_none().then(|| plots::counted(&filter)));
    let counting_zone = zone.clone();
    let read = move |site: &Site| -> rusqlite::Result<_> {
        let history = site.history.lock();
        let alerts = history.list(&filter, after.as_ref(), ON_A_PAGE + 1)?;
        let plots = plotted.map(|filter| Plots::of(&history, filter, now, counting_zone)).transpose()?;
        Ok((alerts, plots, history.choices()?, history.missed(), history.is_in_memory))
    };
    let found = site.blocking(read, reader).await?;
    let (mut alerts, plots, choices, missed, is_in_memory) =
        found.map_err(|error| Refused::broken(error, reader))?;
    let trouble = site.trouble.lock().clone();
    let has_more = alerts.len() > ON_A_PAGE;
    alerts.truncate(ON_A_PAGE);
    let next = alerts.last().filter(|_| has_more).map(|listed| place_behind(&listed.at));
    let view = View { language: reader.0, zone, now };
    let query = query(&fields);
    let with = |more: &str| {
        let parts: Vec<&str> = [&*query, more].into_iter().filter(|part| !part.is_empty()).collect();
        if parts.is_empty() { String::new() } else { format!("?{}", parts.join("&")) }
    };
    let body = html! {
        h1 { (shell.say(say::tab_alerts())) }
        (view.filters(&shell, &fields, &choices, is_filtered))
        div #alerts data-live="alerts" {
            @if missed > 0 { p.notice { (shell.say(say::alerts_missed(missed))) } }
            @if let Some(trouble) = trouble { p.notice { (shell.say(trouble.what)) } }
            @if is_in_memory { p.notice { (shell.say(say::alerts_in_memory())) } }
            @if alerts.is_empty() {
                p.empty { (shell.say(if is_filtered { say::nothing_fits() } else { say::no_alerts() })) }
            } @else {
                ul.alerts { @for alert in alerts.iter().filter_map(|listed| listed.alert.as_ref()) { (view.row(alert)) } }
            }
            @if let Some(next) = next {
                p.more { a.button.second href={ "/alerts" (with(&format!("after={next}"))) } { (shell.say(say::older())) } }
            }
        }
        @if let Some(plots) = plots { (plots.show(reader.0, is_filtered)) }
        p.more {
            (shell.say(say::export())) " "
            a href={ "/alerts.csv" (with("")) } download { "CSV" } " · "
            a href={ "/alerts.json" (with("")) } download { "JSON" }
        }
        p.more { a href="/test" { (shell.say(page_test::send())) } }
    };
    Ok(Html(shell.page(body).into_string()))
}

/// The title in the reader's language, where it is not the site's own words.
pub(super) fn title(alert: &AlertData, language: Language) -> String {
    let is_usual = Language::ALL.into_iter().any(|of| kinds::title(&alert.kind, None, of) == alert.title);
    if is_usual { kinds::title(&alert.kind, None, language) } else { alert.title.clone() }
}

/// The phase of an alert, and who has it.
pub(super) fn state(alert: &AlertData, language: Language) -> String {
    let handling = alert.handling.as_ref();
    let closed = handling.and_then(|handling| handling.closed.as_ref());
    let taken = alert.acknowledged.as_ref();
    let phase = match alert.phase {
        Phase::New | Phase::Update => say::goes_on(),
        Phase::End => say::is_over(),
        Phase::Retract => say::was_withdrawn(),
    };
    let who = match (closed, taken) {
        (Some(closed), _) => say::closed_by(person(&closed.by)),
        (None, Some(taken)) => say::taken_by(person(&taken.by)),
        (None, None) => say::nobody_has_it(),
    };
    say::state_and_who(phase, who).in_language(language)
}

struct View {
    language: Language,
    zone: TimeZone,
    now: Timestamp,
}

impl View {
    fn say(&self, sentence: Sentence) -> String {
        sentence.in_language(self.language)
    }

    fn row(&self, alert: &AlertData) -> Markup {
        let cameras = alert.origin.cameras.iter().map(|camera| camera.id.as_str());
        let sources = cameras.chain(alert.origin.sensors.iter().map(String::as_str));
        let sources = Words::List(sources.map(Words::from).collect(), Joint::Row).in_language(self.language);
        let is_open = !alert.phase.is_last();
        html! {
            li.alert.open[is_open] id={ "alert-" (alert.alert_id) } {
                a href={ "/alerts/" (alert.alert_id) } {
                    (level_badge(alert.level, self.language))
                    span.what { (title(alert, self.language)) }
                }
                p {
                    @if let Some(address) = &alert.place.address { (address) " · " }
                    (alert.place.grid)
                    @if !sources.is_empty() { " · " (sources) }
                }
                p.quiet {
                    (clock(alert.started_at.0, &self.zone)) " · " (self.say(ago(alert.started_at.0, self.now))) " · "
                    (state(alert, self.language))
                }
            }
        }
    }

    fn filters(&self, shell: &Shell<'_>, fields: &Fields, choices: &Choices, is_filtered: bool) -> Markup {
        let option = |name: &str, value: &str, text: String| {
            html! { option value=(value) selected[fields.get(name) == Some(value)] { (text) } }
        };
        let select = |name: &str, label: Sentence, any: Sentence, options: Markup| {
            html! {
                div.field {
                    label for=(name) { (shell.say(label)) }
                    select id=(name) name=(name) { option value="" { (shell.say(any)) } (options) }
                }
            }
        };
        let day = |name: &str, label: Sentence| {
            html! {
                div.field {
                    label for=(name) { (shell.say(label)) }
                    input id=(name) type="date" name=(name) value=(fields.exact(name));
                }
            }
        };
        html! {
            details.filters open[is_filtered] {
                summary { (shell.say(say::filter())) }
                form method="get" action="/alerts" {
                    (select("state", say::state(), say::open_and_over(), html! {
                        (option("state", "open", shell.say(say::only_open())))
                        (option("state", "over", shell.say(say::only_over())))
                    }))
                    (select("level", say::level(), say::all_levels(), html! {
                        @for level in LEVELS { (option("level", level.name(), shell.say(level_name(level)))) }
                    }))
                    (select("kind", say::kind(), say::all_kinds(), html! {
                        @for kind in &choices.kinds { (option("kind", kind, kinds::title(kind, None, self.language))) }
                    }))
                    (select("camera", say::a_camera(), say::all_cameras(), html! {
                        @for camera in &choices.cameras { (option("camera", camera, camera.clone())) }
                    }))
                    (select("grid", say::grid(), say::all_grids(), html! {
                        @for grid in &choices.grids { (option("grid", grid, grid.clone())) }
                    }))
                    (day("from", say::from_day()))
                    (day("until", say::until_day()))
                    div.field.buttons {
                        button type="submit" { (shell.say(say::show())) }
                        @if is_filtered { a.button.second href="/alerts" { (shell.say(say::show_all())) } }
                    }
                }
            }
        }
    }
}

/// How a list is written into a file.
#[derive(Clone, Copy)]
struct Format {
    name: &'static str,
    media_type: &'static str,
    begin: fn() -> String,
    entry: fn(&AlertData, is_first: bool) -> String,
    end: &'static str,
}

const CSV: Format = Format {
    name: "alerts.csv",
    media_type: "text/csv; charset=utf-8",
    // Spreadsheets read UTF-8 by its mark.
    begin: || format!("\u{feff}{}\r\n", CSV_COLUMNS.join(",")),
    entry: |alert, _| csv_line(alert),
    end: "",
};

const JSON: Format = Format {
    name: "alerts.json",
    media_type: "application/json",
    begin: || "[".to_owned(),
    entry: |alert, is_first| {
        let text = serde_json::to_string(alert).unwrap_or_else(|_| "null".to_owned());
        format!("{}\n{text}", if is_first { "" } else { "," })
    },
    end: "\n]\n",
};

pub(super) async fn csv(
    site: State<Arc<Site>>,
    visitor: Extension<Visitor>,
    fields: Fields,
    request: Request,
) -> Result<Response, Refused> {
    let reader = Reader::of(&site, request.headers());
    export(site.0, visitor.0, &fields, reader, CSV).await
}

pub(super) async fn json(
    site: State<Arc<Site>>,
    visitor: Extension<Visitor>,
    fields: Fields,
    request: Request,
) -> Result<Response, Refused> {
    let reader = Reader::of(&site, request.headers());
    export(site.0, visitor.0, &fields, reader, JSON).await
}

/// Reads and writes a few alerts at a time: the whole history would not fit into the memory of a small box.
async fn export(
    site: Arc<Site>,
    visitor: Visitor,
    fields: &Fields,
    reader: Reader,
    format: Format,
) -> Result<Response, Refused> {
    if !site.exports.lock().take(Instant::now()) {
        return Err(Refused::new(StatusCode::TOO_MANY_REQUESTS, say::too_many_at_once(), reader));
    }
    let filter = filter(fields, &site.time_zone());
    let detail = format!("{} {}", format.name, query(fields));
    let detail = beginning(&detail, MOST_DETAIL_CHARS).to_owned();
    site.note(EXPORTED, &visitor.by(), Some(detail), reader).await?;
    struct Progress {
        after: Option<After>,
        pieces: VecDeque<String>,
        is_first: bool,
        is_over: bool,
    }
    let begun =
        Progress { after: None, pieces: VecDeque::from([(format.begin)()]), is_first: true, is_over: false };
    let text = stream::unfold(begun, move |mut progress| {
        let (site, filter) = (site.clone(), filter.clone());
        async move {
            if let Some(piece) = progress.pieces.pop_front() {
                return Some((Ok::<_, std::io::Error>(piece), progress));
            }
            if progress.is_over {
                return None;
            }
            let after = progress.after.take();
            let read = move |site: &Site| site.history.lock().list(&filter, after.as_ref(), AT_ONCE);
            let alerts = match site.blocking(read, reader).await {
                Ok(Ok(alerts)) => alerts,
                Ok(Err(error)) => return Some((Err(std::io::Error::other(error)), progress)),
                Err(_) => return Some((Err(std::io::Error::other("stopping")), progress)),
            };
            let mut piece = String::new();
            for alert in alerts.iter().filter_map(|listed| listed.alert.as_ref()) {
                piece.push_str(&(format.entry)(alert, progress.is_first));
                progress.is_first = false;
            }
            match alerts.last().filter(|_| alerts.len() == AT_ONCE) {
                Some(last) => progress.after = Some(last.at.clone()),
                None => {
                    progress.is_over = true;
                    piece.push_str(format.end);
                }
            }
            Some((Ok(piece), progress))
        }
    });
    let as_file = format!("attachment; filename=\"{}\"", format.name);
    let headers =
        [(header::CONTENT_TYPE, format.media_type.to_owned()), (header::CONTENT_DISPOSITION, as_file)];
    Ok((headers, Body::from_stream(text)).into_response())
}

const CSV_COLUMNS: [&str; 20] = [
    "alert_id",
    "revision",
    "mode",
    "phase",
    "kind",
    "title",
    "level",
    "level_max",
    "confidence",
    "started_at",
    "last_seen_at",
    "ended_at",
    "grid",
    "address",
    "cameras",
    "sensors",
    "acknowledged_by",
    "acknowledged_at",
    "verdict",
    "closed_as",
];

/// In the zone of the alert's other times.
fn taken_on_at(alert: &AlertData, at: Timestamp) -> String {
    let zone = alert.local.as_ref().and_then(|local| TimeZone::get(&local.time_zone).ok());
    zone.map_or_else(|| Time(at).to_string(), |zone| LocalTime::new(at, &zone).to_string())
}

fn csv_line(alert: &AlertData) -> String {
    let handling = alert.handling.as_ref();
    let word = |value: serde_json::Result<serde_json::Value>| {
        value.ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
    };
    let time = |at: Option<Time>| at.map(|at| at.to_string()).unwrap_or_default();
    let local = alert.local.as_ref();
    let started = local.map_or_else(|| alert.started_at.to_string(), |local| local.started_at.to_string());
    let seen = local.map_or_else(|| alert.last_seen_at.to_string(), |local| local.last_seen_at.to_string());
    let ended = local.and_then(|local| local.ended_at.as_ref()).map(ToString::to_string);
    let cells: [String; CSV_COLUMNS.len()] = [
        alert.alert_id.clone(),
        alert.rev.to_string(),
        alert.mode.name().to_owned(),
        word(serde_json::to_value(alert.phase)),
        alert.kind.clone(),
        alert.title.clone(),
        alert.level.name().to_owned(),
        alert.level_max.name().to_owned(),
        format!("{:.2}", alert.confidence),
        started,
        seen,
        ended.unwrap_or_else(|| time(alert.ended_at)),
        alert.place.grid.clone(),
        alert.place.address.clone().unwrap_or_default(),
        alert.origin.cameras.iter().map(|camera| camera.id.as_str()).collect::<Vec<_>>().join(" "),
        alert.origin.sensors.join(" "),
        alert.acknowledged.as_ref().map(|by| by.by.clone()).unwrap_or_default(),
        alert.acknowledged.as_ref().map(|by| taken_on_at(alert, by.at.0)).unwrap_or_default(),
        handling.and_then(|h| h.verdict.as_ref()).map(|v| v.verdict.name().to_owned()).unwrap_or_default(),
        handling.and_then(|h| h.closed.as_ref()).map(|closed| closed.outcome.clone()).unwrap_or_default(),
    ];
    let mut line = cells.map(|cell| csv_cell(&cell)).join(",");
    line.push_str("\r\n");
    line
}

/// RFC 4180; and what a spreadsheet would take for a formula is text.
fn csv_cell(cell: &str) -> String {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r', '\n']);
    let text = if is_formula { format!("'{cell}") } else { cell.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Event, messages};
    use crate::types::level::Level;

    fn example() -> AlertData {
        let event = messages::ALERT.example().unwrap().unwrap();
        serde_json::from_value::<Event<AlertData>>(event).unwrap().data
    }

    #[test]
    fn a_day_begins_and_ends_where_the_site_is() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let asked = filter(&Fields::read(b"from=2026-11-29&until=2026-11-29&level=red&state=open"), &zone);
        assert_eq!(asked.from, Some("2026-11-28T16:00:00Z".parse().unwrap()));
        assert_eq!(asked.until, Some("2026-11-29T16:00:00Z".parse().unwrap()));
        assert_eq!((asked.level, asked.is_over), (Some(Level::Red), Some(false)));
        let nonsense = Fields::read(b"from=yesterday&level=pink&state=&after=x&kind=+");
        assert_eq!(filter(&nonsense, &zone), Filter::default());
        assert_eq!(after(&nonsense), None);
    }

    #[test]
    fn what_a_filter_takes_and_the_log_keeps_is_short() {
        let long = format!("kind={}&camera=cam-01", "字".repeat(1000));
        let fields = Fields::read(long.as_bytes());
        let asked = filter(&fields, &TimeZone::UTC);
        assert_eq!(asked.kind, Some("字".repeat(64)));
        assert_eq!(asked.camera.as_deref(), Some("cam-01"));
        assert_eq!(query(&fields).len(), "kind=&camera=cam-01".len() + 64 * "%E5%AD%97".len());
        assert_eq!((beginning("字字", 1), beginning("字", 1), beginning("", 1)), ("字", "字", ""));
    }

    #[test]
    fn no_cell_is_a_formula() {
        for begin in ["=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n"] {
            let cell = csv_cell(&format!("{begin}1"));
            assert!(cell.trim_start_matches('"').starts_with('\''), "{cell:?}");
        }
        assert_eq!(csv_cell("a\nb"), "\"a\nb\"");
        assert_eq!(csv_cell("a=b"), "a=b");
    }

    #[test]
    fn a_line_of_the_table_has_every_column_and_no_formula() {
        let mut alert = example();
        alert.title = "=HYPERLINK(\"http://evil.example\"),x".to_owned();
        alert.place.address = None;
        let line = csv_line(&alert);
        assert!(line.contains("\"'=HYPERLINK(\"\"http://evil.example\"\"),x\""), "{line}");
        let plain = csv_line(&AlertData { title: "t".to_owned(), ..alert });
        assert_eq!(plain.trim_end().split(',').count(), CSV_COLUMNS.len(), "{plain}");
    }

    #[test]
    fn a_title_is_in_the_readers_language_unless_the_site_chose_it() {
        let mut alert = example();
        alert.kind = "crowd".to_owned();
        alert.title = kinds::title("crowd", None, Language::Chinese);
        assert!(title(&alert, Language::English).is_ascii());
        alert.title = "东门有人聚集".to_owned();
        assert_eq!(title(&alert, Language::English), "东门有人聚集");
    }
}
