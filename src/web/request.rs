//! Processing of every request: who asks, in which language, whether a form is one of ours, and how something is
//! refused.
//!
//! A form that changes something is taken only with the token of its session *and* from a page of this very address
//! (`Origin`); a login, which has no session yet, with a token that the browser holds in a cookie. Must never carry out
//! anything for somebody whose name was taken away since they logged in.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};

use super::accounts::{Accounts, Person, Role};
use super::layout::{self, Shell};
use super::live::Versions;
use super::login;
use super::sessions::{Session, SessionKey, is_same};
use super::{Connection, Site};
use crate::contract::words::Language;
use crate::text::{Sentence, log_error, page as say, page_changes};

/// The session. The prefix makes browsers keep it to this address and to encrypted connections.
pub(super) const SESSION_COOKIE: &str = "__Host-lookout";
/// What the forms of a login bring along.
pub(super) const LOGIN_COOKIE: &str = "__Host-lookout-login";
/// The language that was chosen.
pub(super) const LANGUAGE_COOKIE: &str = "__Host-lookout-language";
/// The field of a form with its token.
pub(super) const TOKEN_FIELD: &str = "token";
/// What the page's script says when it fetches a page by itself.
const BY_ITSELF: HeaderName = HeaderName::from_static("x-lookout-refresh");
/// What the audit log says where somebody asked for what they may not.
pub(super) const REFUSED: &str = "page_refused";
/// While the names cannot be read, everybody who is logged in stays so for this long: a disk has its moments.
const UNREADABLE_FOR: Duration = Duration::from_secs(60);
/// Longest form, in bytes; a note has 500 characters.
const FORM_BYTES: usize = 16 * 1024;
/// A form arrives within this.
const FORM_WITHIN: Duration = Duration::from_secs(10);
/// Maximum length of a path in the audit log.
const WANTED_CHARS: usize = 200;
/// The content security policy: no foreign and no inline content.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The logged-in user of a request.
#[derive(Debug, Clone)]
pub(super) struct Visitor {
    pub(super) person: Person,
    pub(super) key: SessionKey,
    /// What was so before their page was made.
    pub(super) seen: Versions,
    session: Session,
}

impl Visitor {
    /// What their forms bring along.
    pub(super) fn form_token(&self) -> &str {
        &self.session.form_token
    }

    /// Whether they may do what takes this role.
    pub(super) fn may(&self, role: Role) -> bool {
        self.person.role >= role
    }

    /// The name for the audit log.
    pub(super) fn by(&self) -> String {
        format!("{}{}", crate::control::local::PAGE_PREFIX, self.person.name)
    }
}

/// The language that a reader chose, else the one that their browser asks for, else the site's.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader(pub(super) Language);

impl Reader {
    pub(super) fn of(site: &Site, headers: &HeaderMap) -> Self {
        let chosen = cookie(headers, LANGUAGE_COOKIE);
        let chosen = Language::ALL.into_iter().find(|language| Some(language.tag()) == chosen);
        let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Reader(chosen.or_else(|| wanted_language(accepted?)).unwrap_or_else(|| site.language()))
    }
}

/// Which of the page's languages a browser likes most (RFC 9110, section 12.5.4); `None`: neither.
fn wanted_language(accepted: &str) -> Option<Language> {
    let wanted = accepted.split(',').filter_map(|one| {
        let (tag, more) = one.split_once(';').unwrap_or((one, ""));
        let weight = more.trim().strip_prefix("q=").map_or(Some(1.0), |q| q.trim().parse::<f32>().ok())?;
        let primary = tag.trim().split('-').next().unwrap_or_default();
        let of_page = |language: &Language| {
            language.tag().split('-').next().is_some_and(|own| own.eq_ignore_ascii_case(primary))
        };
        let language = Language::ALL.into_iter().find(of_page)?;
        (weight > 0.0).then_some((language, weight))
    });
    // Of two that are liked as much, the first.
    let best = wanted.reduce(|best, next| if next.1 > best.1 { next } else { best });
    best.map(|(language, _)| language)
}

/// Why something is not shown or done, as a page of its own.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) status: StatusCode,
    pub(super) why: Sentence,
    pub(super) reader: Reader,
}

impl Refused {
    pub(super) fn new(status: StatusCode, why: Sentence, reader: Reader) -> Self {
        Refused { status, why, reader }
    }

    pub(super) fn not_found(reader: Reader) -> Self {
        Refused::new(StatusCode::NOT_FOUND, say::nothing_here(), reader)
    }

    /// The visitor's role does not allow it.
    pub(super) fn forbidden(why: Sentence, reader: Reader) -> Self {
        Refused::new(StatusCode::FORBIDDEN, why, reader)
    }

    /// Something in the box does not work.
    pub(super) fn broken(error: impl std::fmt::Display, reader: Reader) -> Self {
        let why = say::box_cannot_answer(error.to_string());
        log_error!(why.clone());
        Refused::new(StatusCode::INTERNAL_SERVER_ERROR, why, reader)
    }
}

/// Refuses everybody whose role is less than this one, and says why.
pub(super) fn at_least(role: Role, visitor: &Visitor, why: Sentence, reader: Reader) -> Result<(), Refused> {
    if visitor.may(role) { Ok(()) } else { Err(Refused::forbidden(why, reader)) }
}

/// Refuses everybody who may not change what the box does. Every page and form that does so begins with it.
pub(super) fn installers_only(visitor: &Visitor, reader: Reader) -> Result<(), Refused> {
    at_least(Role::Installer, visitor, page_changes::installers_only(), reader)
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Refused { status, why, reader } = self;
        let shell = Shell::bare(reader.0, say::did_not_work());
        (status, Html(layout::message(&shell, &why).into_string())).into_response()
    }
}

/// The value of a cookie.
pub(super) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value)
}

/// The header that sets a cookie for this address alone; `None` for `lasts`: until the browser is closed.
pub(super) fn set_cookie(name: &str, value: &str, lasts: Option<Duration>) -> (HeaderName, String) {
    let lasts = lasts.map(|lasts| format!("; Max-Age={}", lasts.as_secs())).unwrap_or_default();
    (header::SET_COOKIE, format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Strict{lasts}"))
}

/// Whether somebody opened a page, and it was not the page's script or a picture on it.
pub(super) fn is_by_hand(headers: &HeaderMap) -> bool {
    let wanted_as = headers.get(HeaderName::from_static("sec-fetch-dest"));
    !headers.contains_key(BY_ITSELF) && wanted_as.is_none_or(|wanted_as| wanted_as == "document")
}

/// Who asks, if they are logged in and are still somebody who may be.
pub(super) fn visitor(site: &Site, headers: &HeaderMap) -> Option<Visitor> {
    let key = SessionKey::of(cookie(headers, SESSION_COOKIE)?);
    let by_hand = is_by_hand(headers);
    let session = site.sessions.lock().find(key, by_hand, site.now().mono)?;
    match known(&mut site.accounts.lock(), &session.person, site.now().mono) {
        Some(person) => Some(Visitor { person, key, seen: site.versions(), session }),
        None => {
            site.sessions.lock().end(key);
            None
        }
    }
}

/// The same person as the file has them now. One that cannot be read takes nobody's name away at once, and lets nobody in
/// for long.
fn known(accounts: &mut Accounts, person: &Person, now: Duration) -> Option<Person> {
    match accounts.person(&person.name) {
        Ok(found) => found.filter(|found| found.serial == person.serial),
        Err(_) => (accounts.unreadable_for(now) < UNREADABLE_FOR).then(|| person.clone()),
    }
}

/// Lets in who is logged in; everybody else goes to the login first.
pub(super) async fn logged_in_only(
    State(site): State<Arc<Site>>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(visitor) = visitor(&site, request.headers()) else {
        return if request.headers().contains_key(BY_ITSELF) {
            StatusCode::UNAUTHORIZED.into_response()
        } else {
            Redirect::to(&login::login_from(&request)).into_response()
        };
    };
    if let Some(connection) = request.extensions().get::<Arc<Connection>>() {
        connection.is_known();
    }
    let wanted = format!("{} {}", request.method(), request.uri().path());
    let by = visitor.by();
    request.extensions_mut().insert(visitor);
    let response = next.run(request).await;
    if response.status() == StatusCode::FORBIDDEN && site.lockout.lock().refusals.one(site.now().mono) {
        let wanted: String = wanted.chars().take(WANTED_CHARS).collect();
        // It is refused whether that can be written down or not.
        let _ = site.note(REFUSED, &by, Some(wanted), Reader(site.language())).await;
    }
    response
}

/// Every request waits until the page may work for one more.
pub(super) async fn in_turn(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    site.pace.wait().await;
    next.run(request).await
}

/// What stands around every answer, and what no request gets past.
pub(super) async fn guard(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let reader = Reader::of(&site, request.headers());
    let is_reading = matches!(*request.method(), Method::GET | Method::HEAD);
    let refused = if is_reading {
        None
    } else if *request.method() != Method::POST {
        Some(StatusCode::METHOD_NOT_ALLOWED)
    } else if !is_from_here(request.headers()) {
        Some(StatusCode::FORBIDDEN)
    } else {
        None
    };
    let mut response = match refused {
        Some(status) => Refused::new(status, say::form_from_elsewhere(), reader).into_response(),
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Not `no-referrer`: with it browsers send no `Origin` with a form.
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Whether a browser sent it from a page of this address.
fn is_from_here(headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let (origin, host) = (text(header::ORIGIN), text(header::HOST));
    let is_same_site =
        text(HeaderName::from_static("sec-fetch-site")).is_none_or(|site| site == "same-origin");
    is_same_site
        && origin.zip(host).is_some_and(|(origin, host)| origin.strip_prefix("https://") == Some(host))
}

/// The fields of a form.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Parses a query or a form.
    pub(super) fn read(text: &[u8]) -> Self {
        Fields(url::form_urlencoded::parse(text).into_owned().collect())
    }

    /// The value of a field, without spaces around it; `None` where it is empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.trim());
        value.filter(|value| !value.is_empty())
    }

    /// What stands behind `name:` in the names of fields: of a list of boxes, those that are ticked.
    pub(super) fn ticked(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter_map(|(known, _)| known.strip_prefix(name)?.strip_prefix(':')).collect()
    }

    /// The value of a field as it was typed.
    pub(super) fn exact(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Fields {
    type Rejection = std::convert::Infallible;

    /// A value of the query.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Fields::read(parts.uri.query().unwrap_or("").as_bytes()))
    }
}

async fn form(body: Body, reader: Reader) -> Result<Fields, Refused> {
    let too_large = || Refused::new(StatusCode::PAYLOAD_TOO_LARGE, say::form_too_large(), reader);
    match tokio::time::timeout(FORM_WITHIN, to_bytes(body, FORM_BYTES)).await {
        Ok(Ok(bytes)) => Ok(Fields::read(&bytes)),
        Ok(Err(_)) => Err(too_large()),
        Err(_) => Err(Refused::new(StatusCode::REQUEST_TIMEOUT, say::form_too_slow(), reader)),
    }
}

/// A form of somebody who is logged in, with the token of their session.
#[derive(Debug)]
pub(super) struct OwnForm {
    pub(super) visitor: Visitor,
    pub(super) fields: Fields,
    pub(super) reader: Reader,
}

impl FromRequest<Arc<Site>> for OwnForm {
    type Rejection = Refused;

    async fn from_request(request: Request, site: &Arc<Site>) -> Result<Self, Refused> {
        let reader = Reader::of(site, request.headers());
        let visitor = request.extensions().get::<Visitor>().cloned();
        let fields = form(request.into_body(), reader).await?;
        let elsewhere = || Refused::new(StatusCode::FORBIDDEN, say::form_from_elsewhere(), reader);
        let visitor = visitor.ok_or_else(elsewhere)?;
        if !visitor.session.is_form_token(fields.exact(TOKEN_FIELD)) {
            return Err(elsewhere());
        }
        Ok(OwnForm { visitor, fields, reader })
    }
}

/// A form of somebody who is not logged in yet, with the token that their browser was given.
#[derive(Debug)]
pub(super) struct LoginForm {
    pub(super) fields: Fields,
    pub(super) reader: Reader,
    pub(super) connection: Option<Arc<Connection>>,
}

impl FromRequest<Arc<Site>> for LoginForm {
    type Rejection = Refused;

    async fn from_request(request: Request, site: &Arc<Site>) -> Result<Self, Refused> {
        let reader = Reader::of(site, request.headers());
        let token = cookie(request.headers(), LOGIN_COOKIE).map(str::to_owned);
        let connection = request.extensions().get::<Arc<Connection>>().cloned();
        let fields = form(request.into_body(), reader).await?;
        if !token.is_some_and(|token| is_same(&token, fields.exact(TOKEN_FIELD))) {
            return Err(Refused::new(StatusCode::FORBIDDEN, say::form_from_elsewhere(), reader));
        }
        Ok(LoginForm { fields, reader, connection })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::time::Timestamp;

    fn headers(list: &[(&'static str, &'static str)]) -> HeaderMap {
        list.iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn a_form_comes_from_this_address_or_not_at_all() {
        let host = ("host", "10.0.0.5:8443");
        assert!(is_from_here(&headers(&[host, ("origin", "https://10.0.0.5:8443")])));
        for origin in ["null", "http://10.0.0.5:8443", "https://10.0.0.5", "https://evil.example", ""] {
            assert!(!is_from_here(&headers(&[host, ("origin", origin)])), "{origin}");
        }
        assert!(!is_from_here(&headers(&[host])), "browsers always say it");
        let cross = [host, ("origin", "https://10.0.0.5:8443"), ("sec-fetch-site", "cross-site")];
        assert!(!is_from_here(&headers(&cross)));
    }

    #[test]
    fn what_the_page_fetches_by_itself_keeps_nobody_logged_in() {
        assert!(is_by_hand(&headers(&[])) && is_by_hand(&headers(&[("sec-fetch-dest", "document")])));
        assert!(!is_by_hand(&headers(&[("x-lookout-refresh", "1"), ("sec-fetch-dest", "empty")])));
        assert!(!is_by_hand(&headers(&[("sec-fetch-dest", "empty")])), "a stream of events");
        assert!(!is_by_hand(&headers(&[("sec-fetch-dest", "image")])));
    }

    #[test]
    fn names_that_cannot_be_read_let_nobody_in_for_long() {
        let folder = tempfile::tempdir().unwrap();
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let mut accounts = Accounts::within(folder.path());
        let code = accounts.make_code(Role::Viewer, None, now).unwrap();
        let li = accounts.enrol(&code, "li", "long enough", now, |_| Ok(())).unwrap();
        let file = accounts.path();
        let good = std::fs::read(&file).unwrap();
        // As everything else here replaces it.
        let replace = |bytes: &[u8]| {
            let new = folder.path().join("new");
            std::fs::write(&new, bytes).unwrap();
            std::fs::rename(&new, &file).unwrap();
        };
        let mut at = |secs| known(&mut accounts, &li, Duration::from_secs(secs)).is_some();
        assert!(at(0));
        replace(b"{ half");
        assert!(at(100) && at(159) && !at(160));
        replace(&good);
        assert!(at(161));
        replace(b"{ half");
        assert!(at(200), "it begins anew");
    }

    #[test]
    fn a_browser_is_answered_in_the_language_it_likes_most() {
        for (accepted, expected) in [
            ("en", Some(Language::English)),
            ("en-GB,en;q=0.9,zh;q=0.8", Some(Language::English)),
            ("fr, zh-CN;q=0.5, en;q=0.2", Some(Language::Chinese)),
            ("zh-TW", Some(Language::Chinese)),
            ("en;q=0.3,zh;q=0.8", Some(Language::Chinese)),
            ("en;q=0, *;q=0.1", None),
            ("fr", None),
            ("*", None),
            ("", None),
            (";q=x,,", None),
        ] {
            assert_eq!(wanted_language(accepted), expected, "{accepted}");
        }
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let headers = headers(&[("cookie", "a=1; __Host-lookout=x=y; b=2")]);
        assert_eq!(cookie(&headers, SESSION_COOKIE), Some("x=y"));
        assert_eq!(cookie(&headers, "lookout"), None);
    }

    #[test]
    fn a_field_is_read_as_it_was_typed() {
        let fields = Fields::read(b"name=+li+&password=+a%26b+&empty=+");
        assert_eq!((fields.get("name"), fields.exact("password")), (Some("li"), " a&b "));
        assert_eq!((fields.get("empty"), fields.get("none")), (None, None));
    }
}
