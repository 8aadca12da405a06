//! Logging in and out, enrolling with a code, and the switch of languages.
//!
//! Everything here is written into the audit log. A wrong password or code costs time, longer with each one, for the name
//! and for the address; meanwhile nothing is tried, so that the log is not flooded either. What was begun is carried to
//! its end, also where the browser hangs up: a guess costs its time and its line in any case.

use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use maud::{Markup, html};

use parking_lot::Mutex;

use super::accounts::{
    Accounts, LEAST_PASSWORD_CHARS, MOST_NAME_CHARS, News, NotEnrolled, Person, Role, folded,
};
use super::guess::{self, Turn};
use super::layout::{Shell, coded, colon, role, token};
use super::lockout::Whose;
use super::request::{
    Fields, LANGUAGE_COOKIE, LOGIN_COOKIE, LoginForm, OwnForm, Reader, Refused, SESSION_COOKIE, Visitor,
    cookie, is_by_hand, set_cookie, visitor,
};
use super::sessions::{Ended, SessionKey, random_text};
use super::{Connection, PageTrouble, Site};
use crate::audit::Entry;
use crate::comparison::style_within;
use crate::contract::words::Language;
use crate::control::local::PAGE_PREFIX;
use crate::text::{Sentence, command, log_error, log_warn, page as say, page_backup};

/// The choice of a language is kept for a year.
const LANGUAGE_LASTS: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// Longest address that somebody comes back to after a login, in bytes.
const MOST_WAY_BACK: usize = 1000;
/// What the audit log says happened.
const LOGGED_IN: &str = "page_login";
const LOGIN_FAILED: &str = "page_login_failed";
const LOGGED_OUT: &str = "page_logout";
const ENROLLED: &str = "page_enrolled";
const ENROL_FAILED: &str = "page_enrol_failed";
/// A code was made on the box.
const CODE_MADE: &str = "page_code_made";
/// A name was taken away on the box.
const REMOVED: &str = "page_removed";
/// How often it is looked at what changed on the box, and what was only counted.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// A form that is shown to somebody who is not logged in, with a token of its own.
fn with_token(headers: &HeaderMap, make: impl FnOnce(&str) -> Markup, status: StatusCode) -> Response {
    let known = cookie(headers, LOGIN_COOKIE).filter(|token| token.len() >= 32).map(str::to_owned);
    let is_new = known.is_none();
    let form_token = known.unwrap_or_else(random_text);
    let html = Html(make(&form_token).into_string());
    if is_new {
        (status, [set_cookie(LOGIN_COOKIE, &form_token, None)], html).into_response()
    } else {
        (status, html).into_response()
    }
}

/// Where somebody was going who has to log in first.
#[derive(Debug, Default, PartialEq, Eq)]
struct WayBack {
    /// A path of this page, if it is another one than the first.
    to: Option<String>,
    /// What they sent was not taken.
    is_lost: bool,
}

impl WayBack {
    /// As the login's own address, or its form, says it.
    fn read(fields: &Fields) -> Self {
        let to = Some(fields.exact("to")).filter(|to| is_way_back(to)).map(str::to_owned);
        WayBack { to, is_lost: fields.get("lost").is_some() }
    }

    /// Where they go on.
    fn path(&self) -> &str {
        self.to.as_deref().unwrap_or("/")
    }

    /// The login from which it goes on there.
    fn login(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if let Some(to) = &self.to {
            query.append_pair("to", to);
        }
        if self.is_lost {
            query.append_pair("lost", "1");
        }
        let query = query.finish();
        if query.is_empty() { "/login".to_owned() } else { format!("/login?{query}") }
    }
}

/// The login for somebody who asked for a page or sent a form and is not logged in: afterwards they are at that page, or at the
/// one with the form.
pub(super) fn login_from(request: &Request) -> String {
    let (headers, uri) = (request.headers(), request.uri());
    let is_reading = matches!(*request.method(), Method::GET | Method::HEAD);
    let from = if is_reading {
        // Nobody wants to come to a picture on its own, or to a stream.
        is_by_hand(headers).then(|| uri.path_and_query().map(|path| path.as_str())).flatten()
    } else {
        page_of_form(headers)
    };
    let to = from.filter(|to| is_way_back(to)).map(str::to_owned);
    // A logout without a session has nothing left to do.
    let is_lost = !is_reading && uri.path() != "/logout";
    WayBack { to, is_lost }.login()
}

/// The page from which a browser sent a form, where it is one of this address.
fn page_of_form(headers: &HeaderMap) -> Option<&str> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let path = text(header::REFERER)?.strip_prefix("https://")?.strip_prefix(text(header::HOST)?)?;
    path.starts_with('/').then_some(path)
}

/// Whether somebody may be led there after a login, and it is not where they are anyway.
fn is_way_back(to: &str) -> bool {
    let path = to.split(['?', '#']).next().unwrap_or_default();
    let first = path.split('/').nth(1).unwrap_or_default();
    to != "/"
        && to.len() <= MOST_WAY_BACK
        && is_own_path(to)
        && !matches!(first, "login" | "logout" | "enrol" | "language" | "assets" | "live")
}

/// Why somebody who was logged in is so no more.
fn why_logged_out(site: &Site, headers: &HeaderMap) -> Option<Sentence> {
    let key = SessionKey::of(cookie(headers, SESSION_COOKIE).filter(|cookie| !cookie.is_empty())?);
    match site.sessions.lock().why_over(key) {
        Some(Ended::ByTime) => Some(say::logged_out_by_time()),
        Some(Ended::Otherwise) => None,
        // Sessions are in memory only.
        None => Some(say::logged_out_by_restart()),
    }
}

pub(super) async fn show_login(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    fields: Fields,
) -> Response {
    let way = WayBack::read(&fields);
    if visitor(&site, &headers).is_some() {
        return Redirect::to(way.path()).into_response();
    }
    let reader = Reader::of(&site, &headers);
    login_page(&site, &headers, reader, None, "", &way, StatusCode::OK)
}

fn login_page(
    site: &Site,
    headers: &HeaderMap,
    reader: Reader,
    fault: Option<Sentence>,
    name: &str,
    way: &WayBack,
    status: StatusCode,
) -> Response {
    let mut shell = Shell::bare(reader.0, say::log_in());
    (shell.name, shell.here) = (site.name(), way.login());
    let why = why_logged_out(site, headers);
    let nobody = site.accounts.lock().people().is_ok_and(|people| people.is_empty());
    let make = |form_token: &str| {
        shell.page(html! {
            section.narrow {
                h1 { (shell.say(say::log_in())) }
                @if let Some(fault) = &fault {
                    p.fault role="alert" { (coded(&shell.say(fault.clone()))) }
                }
                @if why.is_some() || way.is_lost {
                    div.notice role="status" {
                        @if let Some(why) = &why { p { (shell.say(why.clone())) } }
                        @if way.is_lost { p { (shell.say(say::typed_is_lost())) } }
                    }
                }
                @if nobody {
                    p { (shell.say(say::nobody_enrolled())) }
                    pre { code { ("sudo lookout page enrol --role installer") } }
                    p { a.button href="/enrol" { (shell.say(say::i_have_a_code())) } }
                } @else {
                    form method="post" action="/login" {
                        (token(form_token))
                        @if let Some(to) = &way.to { input type="hidden" name="to" value=(to); }
                        label for="name" { (shell.say(say::name())) }
                        input #name name="name" value=(name) required maxlength=(MOST_NAME_CHARS) autocomplete="username"
                            autocapitalize="none" spellcheck="false";
                        label for="password" { (shell.say(say::password())) }
                        input #password type="password" name="password" required autocomplete="current-password";
                        button type="submit" { (shell.say(say::log_in())) }
                    }
                    p.more { a href="/enrol" { (shell.say(say::i_have_a_code())) } }
                }
            }
        })
    };
    with_token(headers, make, status)
}

fn from_where(connection: Option<&Arc<Connection>>) -> String {
    connection.map_or_else(String::new, |connection| format!("address {}", connection.address))
}

pub(super) async fn log_in(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    form: LoginForm,
) -> Result<Response, Refused> {
    let reader = form.reader;
    // On its own: it goes on where the browser hangs up.
    let ended = tokio::spawn(try_to_log_in(site, headers, form)).await;
    ended.map_err(|error| Refused::broken(error, reader))?
}

async fn try_to_log_in(site: Arc<Site>, headers: HeaderMap, form: LoginForm) -> Result<Response, Refused> {
    let LoginForm { fields, reader, connection } = form;
    let name: String = folded(fields.get("name").unwrap_or("")).chars().take(MOST_NAME_CHARS).collect();
    let way = WayBack::read(&fields);
    let password = fields.exact("password").to_owned();
    let whose = guess::whose(&name, connection.as_ref());
    let fault =
        |fault: Sentence, status| login_page(&site, &headers, reader, Some(fault), &name, &way, status);
    let _turn = match Turn::take(&site, &whose).await {
        Ok(turn) => turn,
        Err((why, status)) => return Ok(fault(why, status)),
    };
    let check = site.accounts.lock().check_of(&name);
    let check = check.map_err(|error| Refused::broken(error, reader))?;
    let found = site.blocking(move |_| check.person_with(&password), reader).await?;
    let Some(person) = found else {
        let wait = site.lockout.lock().failed(&whose, site.now().mono);
        note_failure(&site, LOGIN_FAILED, &name, connection.as_ref(), reader).await?;
        let why = match wait {
            Some(wait) => say::wrong_wait(guess::seconds(wait)),
            None => say::wrong_name_or_password(),
        };
        return Ok(fault(why, StatusCode::UNAUTHORIZED));
    };
    if let Some(own) = whose.first() {
        site.lockout.lock().succeeded(own);
    }
    if !site.sessions.lock().may_begin(&person.name, site.now().mono) {
        return Ok(fault(say::too_many_at_once(), StatusCode::TOO_MANY_REQUESTS));
    }
    let detail = began(&person, &from_where(connection.as_ref()));
    // The session begins once it is in the audit log.
    site.note(LOGGED_IN, &by(&person.name), Some(detail), reader).await?;
    Ok(begin(&site, person, way.path()))
}

/// Whether somebody who is logged in knows their password, for what a session that was left open must not do; within: why
/// that is not so, or not known now. Guessing costs as much as at the login.
pub(super) async fn confirm(
    site: &Arc<Site>,
    visitor: &Visitor,
    connection: Option<&Arc<Connection>>,
    password: String,
    reader: Reader,
) -> Result<Result<(), Sentence>, Refused> {
    let name = &visitor.person.name;
    let whose = guess::whose(name, connection);
    let _turn = match Turn::take(site, &whose).await {
        Ok(turn) => turn,
        Err((why, _)) => return Ok(Err(why)),
    };
    let check = site.accounts.lock().check_of(name);
    let check = check.map_err(|error| Refused::broken(error, reader))?;
    let found = site.blocking(move |_| check.person_with(&password), reader).await?;
    if found.is_some_and(|found| found.serial == visitor.person.serial) {
        if let Some(own) = whose.first() {
            site.lockout.lock().succeeded(own);
        }
        return Ok(Ok(()));
    }
    site.lockout.lock().failed(&whose, site.now().mono);
    note_failure(site, LOGIN_FAILED, name, connection, reader).await?;
    Ok(Err(page_backup::wrong_password()))
}

fn by(name: &str) -> String {
    format!("{PAGE_PREFIX}{name}")
}

fn began(person: &Person, from: &str) -> String {
    format!("{}, {from}", person.role.name())
}

/// A line in the audit log, or one more that is only counted. A name that nobody has is left out: some type their password
/// there.
async fn note_failure(
    site: &Arc<Site>,
    event: &'static str,
    name: &str,
    connection: Option<&Arc<Connection>>,
    reader: Reader,
) -> Result<(), Refused> {
    if !site.lockout.lock().failures.one(site.now().mono) {
        return Ok(());
    }
    let (typed, detail, at) = (name.to_owned(), Some(from_where(connection)), site.now().utc);
    let write = move |site: &Site| {
        let is_known = site.accounts.lock().person(&typed).is_ok_and(|person| person.is_some());
        let by = is_known.then(|| by(&typed));
        site.parts.audit.record(at, Entry { by, detail, ..Entry::of(event) })
    };
    let written = site.blocking(write, reader).await?;
    written.map_err(|error| Refused::broken(error, reader))
}

fn begin(site: &Site, person: Person, to: &str) -> Response {
    let session = site.sessions.lock().begin(person, site.now().mono);
    ([set_cookie(SESSION_COOKIE, &session, None)], Redirect::to(to)).into_response()
}

/// Writes down what was changed on the box and what was only counted, and reports when nobody can be let in.
pub(super) async fn keep_books(site: Arc<Site>, trouble: Arc<Mutex<Option<PageTrouble>>>) {
    let mut reported = None;
    loop {
        let at = site.clone();
        let looked = tokio::task::spawn_blocking(move || {
            write_down_counts(&at);
            let written = write_down_changes(&at);
            let path = at.accounts.lock().path();
            written.err().map(|error| say::folder_unusable(path.display(), error.to_string()))
        });
        // The runtime stops.
        let Ok(unreadable) = looked.await else { return };
        if unreadable != reported {
            match &unreadable {
                Some(why) => {
                    log_warn!(say::log_names_unreadable(); error = why.in_language(crate::text::language_of_log()));
                    *trouble.lock() = Some(PageTrouble::new(why.clone(), None));
                }
                // What is wrong elsewhere stays so.
                None => {
                    trouble.lock().take_if(|now| Some(&now.what) == reported.as_ref());
                }
            }
            reported = unreadable;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// What `lookout page` changed. Waits for the disk.
fn write_down_changes(site: &Site) -> io::Result<()> {
    let news = site.accounts.lock().news()?;
    for one in news {
        let (event, detail) = match one {
            News::Code { role, name: Some(name) } => (CODE_MADE, format!("{}, {name}", role.name())),
            News::Code { role, name: None } => (CODE_MADE, role.name().to_owned()),
            News::Removed { name } => {
                // A person who has that name by now was let in anew.
                let now = site.accounts.lock().person(&name).ok().flatten();
                site.sessions.lock().end_all_of(&name, now.as_ref().map(|person| &*person.serial));
                (REMOVED, name)
            }
        };
        record(site, Entry { detail: Some(detail), ..Entry::of(event) });
    }
    Ok(())
}

fn write_down_counts(site: &Site) {
    let now = site.now().mono;
    let (failures, refusals) = {
        let mut lockout = site.lockout.lock();
        (lockout.failures.take_left_out(now), lockout.refusals.take_left_out(now))
    };
    for (event, count) in [(LOGIN_FAILED, failures), (super::request::REFUSED, refusals)] {
        if count.is_some() {
            record(site, Entry { count, ..Entry::of(event) });
        }
    }
}

/// What happened already, whether it can be written down or not.
fn record(site: &Site, entry: Entry) {
    if let Err(error) = site.parts.audit.record(site.now().utc, entry) {
        log_error!(command::audit_unwritable(); %error);
    }
}

pub(super) async fn log_out(State(site): State<Arc<Site>>, form: OwnForm) -> Result<Response, Refused> {
    site.sessions.lock().end(form.visitor.key);
    // With the password of a camera that was being added.
    site.wizards.lock().end(form.visitor.key);
    site.proposals.lock().end(form.visitor.key);
    site.note(LOGGED_OUT, &form.visitor.by(), None, form.reader).await?;
    let cookie = set_cookie(SESSION_COOKIE, "", Some(Duration::ZERO));
    Ok(([cookie], Redirect::to("/login")).into_response())
}

pub(super) async fn show_enrol(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    let reader = Reader::of(&site, &headers);
    enrol_page(&site, &headers, reader, None, &Fields::default(), StatusCode::OK)
}

fn enrol_page(
    site: &Site,
    headers: &HeaderMap,
    reader: Reader,
    fault: Option<Sentence>,
    typed: &Fields,
    status: StatusCode,
) -> Response {
    let mut shell = Shell::bare(reader.0, say::set_password());
    (shell.name, shell.here) = (site.name(), "/enrol".to_owned());
    let make = |form_token: &str| {
        shell.page(html! {
            section.narrow {
                h1 { (shell.say(say::set_password())) }
                @if let Some(fault) = &fault {
                    p.fault role="alert" { (coded(&shell.say(fault.clone()))) }
                }
                p { (shell.say(say::about_code())) }
                pre { code { ("sudo lookout page enrol") } }
                form method="post" action="/enrol" {
                    (token(form_token))
                    label for="code" { (shell.say(say::code())) }
                    input #code name="code" value=(typed.exact("code")) required autocomplete="one-time-code"
                        autocapitalize="characters" spellcheck="false" maxlength="20";
                    label for="name" { (shell.say(say::name())) }
                    input #name name="name" value=(typed.exact("name")) required maxlength=(MOST_NAME_CHARS)
                        autocomplete="username" autocapitalize="none" spellcheck="false" aria-describedby="about-name";
                    p.hint #about-name { (shell.say(say::about_name(MOST_NAME_CHARS))) }
                    label for="password" { (shell.say(say::password())) }
                    input #password type="password" name="password" required minlength=(LEAST_PASSWORD_CHARS)
                        autocomplete="new-password" aria-describedby="about-password";
                    p.hint #about-password { (shell.say(say::about_password(LEAST_PASSWORD_CHARS))) }
                    button type="submit" { (shell.say(say::set_password())) }
                }
                ul.roles {
                    @for one in Role::ALL {
                        li { strong { (shell.say(role(one))) } (colon(shell.language)) (shell.say(about_role(one))) }
                    }
                }
            }
        })
    };
    with_token(headers, make, status)
}

fn about_role(role: Role) -> Sentence {
    match role {
        Role::Viewer => say::about_viewer(),
        Role::Operator => say::about_operator(),
        Role::Installer => say::about_installer(),
    }
}

pub(super) async fn enrol(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    form: LoginForm,
) -> Result<Response, Refused> {
    let reader = form.reader;
    let ended = tokio::spawn(try_to_enrol(site, headers, form)).await;
    ended.map_err(|error| Refused::broken(error, reader))?
}

async fn try_to_enrol(site: Arc<Site>, headers: HeaderMap, form: LoginForm) -> Result<Response, Refused> {
    let LoginForm { fields, reader, connection } = form;
    let whose: Vec<Whose> = guess::of_address(connection.as_ref()).into_iter().collect();
    let fault = |why: Sentence, status| enrol_page(&site, &headers, reader, Some(why), &fields, status);
    let _turn = match Turn::take(&site, &whose).await {
        Ok(turn) => turn,
        Err((why, status)) => return Ok(fault(why, status)),
    };
    let [code, name] = ["code", "name"].map(|field| folded(fields.get(field).unwrap_or("")));
    let password = fields.exact("password").to_owned();
    let (asked, from) = (name.clone(), from_where(connection.as_ref()));
    let enrolled =
        site.blocking(move |site| enrol_now(site, &code, &asked, &password, &from), reader).await?;
    let why = match enrolled {
        Ok(person) => return Ok(begin(&site, person, "/")),
        Err(NotEnrolled::Code) => {
            site.lockout.lock().failed(&whose, site.now().mono);
            note_failure(&site, ENROL_FAILED, &name, connection.as_ref(), reader).await?;
            say::code_is_wrong()
        }
        Err(NotEnrolled::NameTaken) => say::name_is_taken(),
        Err(NotEnrolled::Name) => say::name_is_none(MOST_NAME_CHARS),
        Err(NotEnrolled::Password) => say::about_password(LEAST_PASSWORD_CHARS),
        Err(NotEnrolled::TooMany) => say::too_many_names(),
        Err(NotEnrolled::File(error)) => return Err(Refused::broken(error, reader)),
    };
    Ok(fault(why, StatusCode::BAD_REQUEST))
}

/// Hashes, waits for the disk and for `lookout page`: with a view of its own on the file, so that nobody else waits.
fn enrol_now(site: &Site, code: &str, name: &str, password: &str, from: &str) -> Result<Person, NotEnrolled> {
    // That the code was made stands in front of its use.
    write_down_changes(site)?;
    let now = site.now().utc;
    let mut is_noted = false;
    let note = |person: &Person| {
        let (by, detail) = (Some(by(&person.name)), Some(began(person, from)));
        site.parts.audit.record(now, Entry { by, detail, ..Entry::of(ENROLLED) })?;
        is_noted = true;
        Ok(())
    };
    let enrolled = Accounts::within(&site.parts.folder).enrol(code, name, password, now, note);
    if let (Err(NotEnrolled::File(error)), true) = (&enrolled, is_noted) {
        let (by, detail) = (Some(by(name)), Some(error.to_string()));
        record(site, Entry { by, detail, ..Entry::of(ENROL_FAILED) });
    }
    enrolled
}

/// Chooses a language and goes back to the page.
pub(super) async fn choose_language(
    State(site): State<Arc<Site>>,
    Path(tag): Path<String>,
    request: Request,
) -> Response {
    let Some(language) = Language::ALL.into_iter().find(|language| language.tag() == tag) else {
        return Refused::not_found(Reader::of(&site, request.headers())).into_response();
    };
    let query = Fields::read(request.uri().query().unwrap_or("").as_bytes());
    let to = query.get("to").filter(|to| is_own_path(to)).unwrap_or("/").to_owned();
    let cookie = set_cookie(LANGUAGE_COOKIE, language.tag(), Some(LANGUAGE_LASTS));
    ([cookie], Redirect::to(&to)).into_response()
}

/// A path on this page: nobody is sent elsewhere by a link to it.
pub(super) fn is_own_path(to: &str) -> bool {
    let mut bytes = to.bytes();
    bytes.next() == Some(b'/')
        && !matches!(bytes.next(), Some(b'/' | b'\\'))
        && to.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

/// The style of reports, for what lies in one.
fn report_style() -> &'static str {
    static STYLE: OnceLock<String> = OnceLock::new();
    STYLE.get_or_init(|| style_within(".report"))
}

/// The page's own files, which need no login.
pub(super) async fn asset(
    Path(name): Path<String>,
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
) -> Response {
    let (kind, body) = match name.as_str() {
        "page.css" => ("text/css; charset=utf-8", include_str!("assets/page.css")),
        "page.js" => ("text/javascript; charset=utf-8", include_str!("assets/page.js")),
        "live.js" => ("text/javascript; charset=utf-8", include_str!("assets/live.js")),
        "past.js" => ("text/javascript; charset=utf-8", include_str!("assets/past.js")),
        "shapes.js" => ("text/javascript; charset=utf-8", include_str!("assets/shapes.js")),
        "wizard.js" => ("text/javascript; charset=utf-8", include_str!("assets/wizard.js")),
        "report.css" => ("text/css; charset=utf-8", report_style()),
        "icon.svg" => ("image/svg+xml", include_str!("assets/icon.svg")),
        _ => return Refused::not_found(Reader::of(&site, &headers)).into_response(),
    };
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "max-age=300")], body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: Method, path: &str, headers: &[(&str, &str)]) -> String {
        let mut request = axum::http::Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        login_from(&request.body(axum::body::Body::empty()).unwrap())
    }

    #[test]
    fn who_logs_in_comes_back_to_where_they_were_going() {
        let host = ("host", "10.0.0.5:8443");
        let form = "https://10.0.0.5:8443/rules/new?camera=gate";
        for (method, path, headers, expected) in [
            (Method::GET, "/", vec![], "/login"),
            (Method::GET, "/alerts?level=red", vec![], "/login?to=%2Falerts%3Flevel%3Dred"),
            (Method::GET, "/cameras/a/still.jpg", vec![("sec-fetch-dest", "image")], "/login"),
            (Method::GET, "//evil.example", vec![], "/login"),
            (
                Method::POST,
                "/rules/new",
                vec![host, ("referer", form)],
                "/login?to=%2Frules%2Fnew%3Fcamera%3Dgate&lost=1",
            ),
            (Method::POST, "/rules/new", vec![host], "/login?lost=1"),
            (
                Method::POST,
                "/rules/new",
                vec![host, ("referer", "https://evil.example/rules")],
                "/login?lost=1",
            ),
            (
                Method::POST,
                "/a",
                vec![host, ("referer", "https://10.0.0.5:8443.evil.example/")],
                "/login?lost=1",
            ),
            (
                Method::POST,
                "/a",
                vec![host, ("referer", "https://10.0.0.5:8443//evil.example")],
                "/login?lost=1",
            ),
            (Method::POST, "/logout", vec![host, ("referer", "https://10.0.0.5:8443/")], "/login"),
        ] {
            assert_eq!(asked(method, path, &headers), expected, "{path} {headers:?}");
        }
        for elsewhere in
            ["https://evil.example", "//evil.example", "/\\evil.example", "/login?to=%2F", "/logout", "/live"]
        {
            let query: String =
                url::form_urlencoded::Serializer::new(String::new()).append_pair("to", elsewhere).finish();
            assert_eq!(WayBack::read(&Fields::read(query.as_bytes())).path(), "/", "{elsewhere}");
        }
    }

    #[test]
    fn a_link_to_the_page_leads_nowhere_else() {
        for good in ["/", "/alerts?level=red&kind=crowd", "/alerts/01KAJ7Q3V2X5T8W9Y0Z1A2B3C4"] {
            assert!(is_own_path(good), "{good}");
        }
        for bad in
            ["", "//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nSet-Cookie: b=c", "/ "]
        {
            assert!(!is_own_path(bad), "{bad}");
        }
    }
}
