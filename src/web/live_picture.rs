//! The page of one camera: what it sees now, redacted, with what was found, where rules hold and what is believed; its
//! rules; its walk test.
//!
//! The page learns of each view as a server-sent event `view` (the JSON of [`Seen`], with the number of the picture and words
//! for people) and fetches the picture by its number. Somebody looks for as long as the stream is open: the page's script
//! closes it when the page is not in sight, and it ends by itself after a while. Must never show what `view` did not redact.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Extension, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use futures_util::stream;
use maud::{Markup, html};
use serde_json::{Value, json};

use super::Site;
use super::accounts::Role;
use super::changes;
use super::layout::{Shell, Tab};
use super::live::Listening;
use super::next_step::{self, NextStep};
use super::pictures::jpeg;
use super::request::{Reader, Refused, Visitor};
use super::sessions::SessionKey;
use super::status::{CameraStatus, RuleStatus};
use super::status_page;
use super::timeline;
use super::walk_test;
use crate::analysis::detection::class_words;
use crate::config::Camera;
use crate::contract::alert_words as words;
use crate::contract::health::CameraState;
use crate::contract::kinds;
use crate::contract::words::Language;
use crate::text::{Sentence, page_changes, page_live as say, page_timeline};
use crate::view::{LiveView, Look, MOST_LIVE, Next, NoLook, Seen};

/// Without a view for this long, the page gets an event that it waits; that also shows whether a viewer is still there.
const WAITS_FOR: Duration = Duration::from_secs(5);
/// Lifetime of a stream: the browser connects again then, unless its session has ended.
const LASTS_FOR: Duration = Duration::from_secs(10 * 60);

pub(super) async fn show(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path(camera): Path<String>,
    request: Request,
) -> Result<Html<String>, Refused> {
    let reader = Reader::of(&site, request.headers());
    let config = site.config();
    let no_such = || Refused::new(StatusCode::NOT_FOUND, say::no_such_camera(), reader);
    let camera = config.camera(&camera).ok_or_else(no_such)?;
    let title = say::live_picture();
    let here = request.uri().path().to_owned();
    let mut shell = site.shell(reader, title, here, request.headers(), &visitor).await?;
    shell.tab = Some(Tab::Status);
    // A reader who may change nothing sees what is drawn in what runs.
    let tried_by = match visitor.may(Role::Installer) {
        true => site.who_alone_tries(&visitor, &camera.id, reader).await?,
        false => None,
    };
    let walk = walk_test::section(&site, &camera.id, &shell, &visitor);
    let next = next_step::after(&site, &shell, &camera.id, NextStep::Walk);
    let removal = match &tried_by {
        Some(who) => html! { p.notice { (shell.say(page_changes::is_tried_by(who.clone()))) } },
        None => changes::removal(&site, &camera.id, &shell, &visitor, reader).await?,
    };
    let can_change = tried_by.is_none();
    let rules = RuleStatus::at(&camera.id, &config);
    let view = View { camera, status: reported(&site, &camera.id), rules, can_change, shell: &shell };
    let body = view.body(&html! { (walk) (next) }, &removal);
    Ok(Html(shell.page(body).into_string()))
}

/// What the box's latest report says of a camera: nothing yet of one that has just been added.
fn reported(site: &Site, id: &str) -> Option<CameraStatus> {
    let status = site.status.borrow();
    let cameras = status.as_ref().map_or(&[][..], |status| &status.cameras);
    cameras.iter().find(|camera| camera.data.health.id == id).cloned()
}

struct View<'a> {
    camera: &'a Camera,
    status: Option<CameraStatus>,
    rules: Vec<RuleStatus>,
    /// Whether its shapes and thresholds are in the text that would be changed.
    can_change: bool,
    shell: &'a Shell<'a>,
}

impl View<'_> {
    fn say(&self, sentence: Sentence) -> String {
        self.shell.say(sentence)
    }

    fn body(&self, walk: &Markup, removal: &Markup) -> Markup {
        let id = &*self.camera.id;
        let given = self.camera.responsible.name.as_deref();
        let name = given.unwrap_or(id);
        let path = format!("/cameras/{id}");
        html! {
            p.back { a href="/" { (self.say(say::all_cameras())) } }
            h1 { (name) @if given.is_some() { " " span.quiet { (id) } } }
            (status_page::condition_of(self.status.as_ref(), self.shell.language))
            div.watch #live data-stream={ (path) "/live" } data-words=(self.words()) {
                div {
                    figure.view {
                        div.screen {
                            // One that gives no pictures is not asked for one.
                            @let state = self.status.as_ref().map(|status| status.data.health.state);
                            @let is_seen = state == Some(CameraState::Running);
                            img #live-picture src=[is_seen.then(|| format!("{path}/picture.jpg"))] hidden[!is_seen]
                                width="640" height="360" alt=(self.say(say::picture_of(name)));
                            svg #live-drawing viewBox="0 0 1000 1000" preserveAspectRatio="none" aria-hidden="true" {}
                        }
                        figcaption {
                            span #live-time {}
                            p #live-word role="status" {}
                            noscript { p { (self.say(say::without_script())) } }
                        }
                    }
                    p.hint { (self.say(say::about_live())) " " span #live-cost {} }
                    p { a #to-timeline.button.second href=(timeline::path_of(id)) { (self.say(page_timeline::title())) } }
                    @if self.can_change {
                        p { a.button.second href={ (path) "/shapes" } { (self.say(say::edit_shapes())) } }
                        p { a.button.second href={ (path) "/thresholds" } { (self.say(say::edit_thresholds())) } }
                    }
                    // Above what changes its length all the time: nothing moves under a finger.
                    (walk)
                }
                div {
                    section #live-facts hidden aria-labelledby="found" {
                        h2 #found { (self.say(say::found_now())) }
                        ul #live-found.lines {}
                        p #live-holds {}
                        h2 { (self.say(say::beliefs_here())) }
                        ul #live-signals.lines {}
                    }
                    (status_page::rules(id, &self.rules, self.shell.language))
                }
            }
            (removal)
            script src="/assets/live.js" defer {}
        }
    }

    /// What the script says.
    fn words(&self) -> String {
        let word = |sentence: Sentence| Value::String(self.say(sentence));
        json!({
            "waiting": word(say::waiting()),
            "lost": word(say::lost_touch()),
            "nothing": word(say::nothing_found()),
            "none": word(say::no_beliefs()),
        })
        .to_string()
    }
}

fn percent(part: f64) -> String {
    format!("{:.0}", part * 100.0)
}

/// One view as the script has it.
fn event(site: &Site, camera: &str, view: &LiveView, language: Language) -> Value {
    let say = |sentence: Sentence| Value::String(sentence.in_language(language));
    let LiveView { number, at, picture, seen, cost } = view;
    let mut event = match serde_json::to_value(seen) {
        Ok(event @ Value::Object(_)) => event,
        // Numbers that are none: nothing is drawn.
        Ok(_) | Err(_) => json!(Seen::default()),
    };
    event["number"] = json!(number);
    event["has_picture"] = json!(picture.is_ok());
    event["why"] = match picture {
        Ok(picture) if picture.is_coarse => say(say::is_coarse()),
        Ok(_) => Value::Null,
        Err(why) => say(why.clone()),
    };
    if let Ok(picture) = picture {
        event["width"] = json!(picture.width);
        event["height"] = json!(picture.height);
    }
    let local = at.to_zoned(site.time_zone()).strftime("%H:%M:%S").to_string();
    event["time"] = say(say::as_of(local));
    let each = cost.cpu_ms / cost.pictures.max(1);
    event["cost"] = say(say::costs(cost.pictures, each));
    let found = seen.boxes.iter().map(|one| {
        let (score, height) = (percent(f64::from(one.score)), percent(f64::from(one.height)));
        say(say::one_found(class_words(one.class), score, height))
    });
    event["found"] = Value::Array(found.collect());
    let places = seen.zones.iter().map(|zone| (&zone.name, &zone.rule));
    let places = places.chain(seen.lines.iter().map(|line| (&line.name, &line.rule)));
    let holds = places.filter_map(|(place, rule)| {
        rule.as_ref().map(|rule| say(say::rule_holds(rule.as_str(), place.as_str())))
    });
    event["holds"] = Value::Array(holds.collect());
    let beliefs = seen.signals.iter().map(|signal| {
        let sources = signal.sources.iter();
        let shares =
            sources.map(|source| say(say::share_of(words::source(&source.id), percent(source.share))));
        json!({
            "title": kinds::title(&signal.name, None, language),
            "grid": signal.grid,
            "percent": percent(signal.belief),
            "belief": say(say::percent(percent(signal.belief))),
            "shares": Value::Array(shares.collect()),
            "parts": signal.sources.iter().map(|source| source.share).collect::<Vec<_>>(),
        })
    });
    event["beliefs"] = Value::Array(beliefs.collect());
    event["walk"] = walk_test::event(site, camera, language);
    event
}

/// The stream of one camera for one viewer.
struct Listener {
    site: Arc<Site>,
    session: SessionKey,
    camera: String,
    language: Language,
    look: Look,
    latest: u64,
    ends: tokio::time::Instant,
    is_over: bool,
    _listening: Listening,
}

impl Listener {
    async fn next(mut self) -> Option<(Result<String, Infallible>, Self)> {
        if self.is_over || tokio::time::Instant::now() >= self.ends {
            return None;
        }
        let next = self.look.next(self.latest, WAITS_FOR).await;
        // The stream ends with the session.
        self.site.sessions.lock().find(self.session, false, self.site.now().mono)?;
        let event = match next {
            Next::New(view) => {
                self.latest = view.number;
                named("view", &event(&self.site, &self.camera, &view, self.language))
            }
            Next::NothingYet => named("waiting", &json!({ "why": self.why_none() })),
            Next::Gone => {
                self.is_over = true;
                refused(say::camera_is_gone(), self.language)
            }
        };
        Some((Ok(event), self))
    }
}

impl Listener {
    /// Why no picture comes, where the box knows.
    fn why_none(&self) -> Option<String> {
        let status = self.site.status.borrow();
        let mut cameras = status.as_ref().map_or(&[][..], |status| &status.cameras).iter();
        let camera = cameras.find(|camera| camera.data.health.id == self.camera)?;
        camera.error.as_ref().map(|error| error.in_language(self.language))
    }
}

fn named(name: &str, data: &Value) -> String {
    format!("event:{name}\ndata:{data}\n\n")
}

/// The script closes the stream then: nothing will come.
fn refused(why: Sentence, language: Language) -> String {
    named("refused", &json!({ "why": why.in_language(language) }))
}

pub(super) async fn events(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path(camera): Path<String>,
    headers: HeaderMap,
) -> Response {
    let language = Reader::of(&site, &headers).0;
    // An answer that is no stream would not tell the script why.
    let no = |why: Sentence| streamed(Body::from(refused(why, language)));
    let session = visitor.key;
    let Some(listening) = Listening::begin(&site.streams, session) else {
        return no(say::too_many_tabs());
    };
    let look = match site.parts.viewer.look(&camera) {
        Ok(look) => look,
        Err(NoLook::NoSuchCamera) => return no(say::no_such_camera()),
        Err(NoLook::TooMany) => return no(say::too_many_cameras(MOST_LIVE)),
    };
    let ends = tokio::time::Instant::now() + LASTS_FOR;
    let listener = Listener {
        site,
        session,
        camera,
        language,
        look,
        latest: 0,
        ends,
        is_over: false,
        _listening: listening,
    };
    streamed(Body::from_stream(stream::unfold(listener, Listener::next)))
}

fn streamed(body: Body) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    (headers, body).into_response()
}

/// The picture of a recent view, while its viewer is connected.
pub(super) async fn picture(
    State(site): State<Arc<Site>>,
    Path((camera, file)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let reader = Reader::of(&site, &headers);
    let number = file.strip_suffix(".jpg").and_then(|number| number.parse().ok());
    let view = number.and_then(|number: u64| site.parts.viewer.view(&camera, number));
    match view.as_ref().map(|view| &view.picture) {
        Some(Ok(picture)) => Ok(jpeg(picture)),
        Some(Err(why)) => Err(Refused::new(StatusCode::NOT_FOUND, why.clone(), reader)),
        None => Err(Refused::not_found(reader)),
    }
}
