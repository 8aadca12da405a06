//! Adding a camera, one question a page: find it, log in at it, its streams, its picture, its name, its place.
//!
//! ```text
//!  find ─► login ─► streams (ONVIF) ─► picture ─► name ─► place ─► secret file, proposal ─► /changes ─► done
//!    └ rtsp://… ──────┴─ maker's usual address ──┘
//! ```
//!
//! What takes a while runs in the background; its page shows how far it is, and works without a script, too. What is known so
//! far is its session's own (`state`). Must never show a password, write one anywhere but into its secret file, or change
//! anything in the camera that nobody pressed a button for.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Extension, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use futures_util::FutureExt as _;

use super::Site;
use super::layout::Tab;
use super::request::{Fields, OwnForm, Reader, Refused, Visitor, installers_only};
use super::site_page;
use crate::audit::Entry;
use crate::config::edit::{self, Edit, NewCamera};
use crate::config::{self, Config, Problem, Severity, Surroundings, write};
use crate::onvif::{self, CameraAddress, Device, Login, half_width};
use crate::text::{Sentence, command, log_error, page as say_page, page_wizard as say, secret_file};
use crate::types::secret::Secret;
use secrets::Use;
use state::{
    Doing, Keyframes, MOST_LOGIN_CHARS, Named, Opened, Outcome, Placed, Step, Streams, Trouble, Way,
};

mod address;
mod look;
mod pages;
mod secrets;
mod state;

pub(super) use state::Wizards;

/// The path of the page.
const PATH: &str = "/add-camera";
/// What cameras get to answer.
const SEARCH_FOR: Duration = Duration::from_secs(onvif::SEARCH_SECONDS);
/// Longest name for people, and longest address in words.
const MOST_NAME_CHARS: usize = 100;
const MOST_PLACE_CHARS: usize = 200;
/// How often it is looked whether something is to be forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(60);
/// What the audit log says happened.
const KEYFRAMES_SET: &str = "page_camera_keyframes";
const SECRET_WRITTEN: &str = "page_camera_secret";
const SECRET_DELETED: &str = "page_camera_secret_deleted";

/// Forgets what nobody goes on with, until the runtime stops.
pub(super) async fn forget(site: Arc<Site>) {
    loop {
        tokio::time::sleep(FORGET_EVERY).await;
        let now = site.now().mono;
        {
            let (mut wizards, mut sessions) = (site.wizards.lock(), site.sessions.lock());
            wizards.forget(now, |key| sessions.find(key, false, now).is_some());
        }
        {
            let (mut proposals, mut sessions) = (site.proposals.lock(), site.sessions.lock());
            proposals.forget(|key| sessions.find(key, false, now).is_some());
        }
        let site = site.clone();
        // A panic in it is in the log; the next look comes all the same.
        let _ = tokio::task::spawn_blocking(move || delete_unused_secrets(&site)).await;
    }
}

/// From here on a password's file is deleted with its camera, once somebody keeps that the camera is gone. Waits for the disk.
///
/// # Errors
/// That cannot be written down.
pub(super) fn delete_with_its_camera(site: &Site, secret: PathBuf) -> std::io::Result<()> {
    let secrets = site.wizards.lock().secrets.clone();
    secrets.lock().leave(&site.parts.folder, secret)
}

/// Deletes the passwords of cameras that were not added after all, and of those that were removed with their passwords. Waits
/// for the disk.
pub(super) fn delete_unused_secrets(site: &Site) {
    let secrets = site.wizards.lock().secrets.clone();
    let mut secrets = secrets.lock();
    let folder = &site.parts.folder;
    if secrets.is_empty(folder) {
        return;
    }
    let path = &site.parts.config_file;
    // One that cannot be read, or has mistakes, may name them all.
    let Ok(file) = config::text_of(path) else { return };
    let proposed = site.proposals.lock().texts();
    let read =
        |text: &str| Config::from_text(path, text, &Surroundings::of(path)).map(|read| read.secret_files);
    let Ok(kept) = read(&file) else { return };
    let running = site.in_force();
    let is_tried_without = |secret: &FilePath| {
        let trial = running.trial.as_ref().filter(|trial| trial.from_page);
        trial.is_some() && !running.config.secret_files.contains(secret)
    };
    let proposed: Vec<(String, Option<BTreeSet<PathBuf>>)> =
        proposed.into_iter().map(|text| (text.clone(), read(&text).ok())).collect();
    let is_proposed = |secret: &FilePath| {
        let name = secret.file_name().and_then(|name| name.to_str());
        proposed.iter().any(|(text, read)| match read {
            Some(read) => read.contains(secret),
            // What has mistakes may name more than can be read.
            None => name.is_some_and(|name| text.contains(name)),
        })
    };
    let is_proposed_without = |secret: &FilePath| {
        proposed.iter().any(|(_, read)| read.as_ref().is_some_and(|read| !read.contains(secret)))
    };
    let deleted = secrets.delete_unused(folder, |secret| {
        if kept.contains(secret) {
            let leaves = is_tried_without(secret) || is_proposed_without(secret);
            if leaves { Use::Leaves } else { Use::Kept }
        } else if running.config.secret_files.contains(secret) || is_proposed(secret) {
            Use::Waits
        } else {
            Use::None
        }
    });
    for name in deleted {
        let entry = Entry { detail: Some(name), ..Entry::of(SECRET_DELETED) };
        if let Err(error) = site.parts.audit.record(site.now().utc, entry) {
            log_error!(command::audit_unwritable(); %error);
        }
    }
}

// ---- pages

pub(super) async fn begin(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    request: Request,
) -> Result<Response, Refused> {
    page(&site, &visitor, Step::Find, request.headers()).await
}

pub(super) async fn show(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path(step): Path<String>,
    request: Request,
) -> Result<Response, Refused> {
    let reader = Reader::of(&site, request.headers());
    let step = Step::named(&step).ok_or_else(|| Refused::not_found(reader))?;
    page(&site, &visitor, step, request.headers()).await
}

async fn page(
    site: &Arc<Site>,
    visitor: &Visitor,
    step: Step,
    headers: &HeaderMap,
) -> Result<Response, Refused> {
    let reader = Reader::of(site, headers);
    installers_only(visitor, reader)?;
    // Every grid begins with the area, so that comes first.
    if site.config().site.has_no_area_yet() {
        return Ok(Redirect::to(site_page::PATH).into_response());
    }
    let mut shell = site.shell(reader, say::add_camera(), step.path(), headers, visitor).await?;
    shell.tab = Some(Tab::AddCamera);
    let (config, now) = (site.config(), site.now().mono);
    let body = {
        // What goes on may end at any time: where it stands and what is shown come of the same look.
        let wizards = site.wizards.lock();
        let wizard = wizards.get(visitor.key);
        let reached = wizard.map_or(Step::Find, |wizard| wizard.reached(step));
        if reached != step {
            return Ok(Redirect::to(&reached.path()).into_response());
        }
        pages::body(&shell, visitor, &config, wizard, step, now)
    };
    Ok(Html(shell.page(body).into_string()).into_response())
}

/// The redacted picture of the camera that is being added.
pub(super) async fn picture(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let reader = Reader::of(&site, &headers);
    installers_only(&visitor, reader)?;
    let wizards = site.wizards.lock();
    let looked = wizards.get(visitor.key).and_then(|wizard| wizard.looked.as_ref());
    match looked.map(|looked| &looked.picture) {
        Some(Ok(jpeg)) => Ok(([(header::CONTENT_TYPE, "image/jpeg")], jpeg.clone()).into_response()),
        Some(Err(why)) => Err(Refused::new(StatusCode::NOT_FOUND, why.clone(), reader)),
        None => Err(Refused::not_found(reader)),
    }
}

/// The next page once it is proposed: it runs, waits to be tried, or was given up.
pub(super) async fn done(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Refused> {
    let reader = Reader::of(&site, request.headers());
    installers_only(&visitor, reader)?;
    let here = request.uri().path().to_owned();
    let mut shell = site.shell(reader, say::add_camera(), here, request.headers(), &visitor).await?;
    shell.tab = Some(Tab::AddCamera);
    let waits = site.proposals.lock().has(visitor.key);
    let tried_by = site.who_alone_tries(&visitor, &id, reader).await?;
    let body = pages::done(&site, &shell, &id, waits, tried_by);
    Ok(Html(shell.page(body).into_string()).into_response())
}

// ---- what somebody does

pub(super) async fn act(
    State(site): State<Arc<Site>>,
    Path(action): Path<String>,
    form: OwnForm,
) -> Result<Response, Refused> {
    let OwnForm { visitor, fields, reader } = form;
    installers_only(&visitor, reader)?;
    let act = Act { site: &site, visitor: &visitor, fields: &fields, reader };
    let step = match action.as_str() {
        "search" => act.search()?,
        "choose" => act.choose()?,
        "address" => act.address()?,
        "login" => act.log_in()?,
        "open" => act.open()?,
        "maker" => act.maker()?,
        "channel" => act.channel()?,
        "keyframes" => act.set_keyframes().await?,
        "streams" => act.streams()?,
        "look" => act.look()?,
        "stop" => act.stop()?,
        "name" => act.name()?,
        "place" => return act.place().await,
        _ => return Err(Refused::not_found(reader)),
    };
    Ok(Redirect::to(&step.path()).into_response())
}

struct Act<'a> {
    site: &'a Arc<Site>,
    visitor: &'a Visitor,
    fields: &'a Fields,
    reader: Reader,
}

impl Act<'_> {
    fn with<T>(&self, change: impl FnOnce(&mut state::Wizard) -> T) -> Result<T, Refused> {
        let now = self.site.now().mono;
        let mut wizards = self.site.wizards.lock();
        let too_many =
            || Refused::new(StatusCode::TOO_MANY_REQUESTS, say_page::too_many_at_once(), self.reader);
        wizards.touch(self.visitor.key, now).map(change).ok_or_else(too_many)
    }

    /// Begins something that takes a while, in place of what went on; the step where somebody waits for it.
    fn start(
        &self,
        doing: Doing,
        work: impl Future<Output = Outcome> + Send + 'static,
    ) -> Result<Step, Refused> {
        self.with(|_| ())?;
        let (site, key) = (self.site.clone(), self.visitor.key);
        let number = site.wizards.lock().begin(key, doing, site.now().mono);
        let task = tokio::spawn(async move {
            // A panic in it is reported, and not waited for.
            let outcome = AssertUnwindSafe(work).catch_unwind().await.unwrap_or(Outcome::Broken);
            site.wizards.lock().take(key, number, outcome);
        });
        self.site.wizards.lock().runs(key, number, task.abort_handle());
        Ok(doing.step())
    }

    fn fails(&self, step: Step, trouble: Trouble) -> Result<Step, Refused> {
        self.with(|wizard| wizard.trouble = Some((step, trouble)))?;
        Ok(step)
    }

    fn stop(&self) -> Result<Step, Refused> {
        self.with(|wizard| {
            let step = wizard.task.map_or(Step::Find, |task| match task.doing {
                Doing::Searching => Step::Find,
                Doing::Opening => Step::Login,
                Doing::Setting => Step::Streams,
                Doing::Looking if wizard.opened.is_some() => Step::Streams,
                Doing::Looking => Step::Login,
            });
            wizard.stop();
            step
        })
    }

    // ---- find

    fn search(&self) -> Result<Step, Refused> {
        self.start(Doing::Searching, async {
            Outcome::Searched(onvif::discover(SEARCH_FOR).await.map_err(Trouble::from))
        })
    }

    fn choose(&self) -> Result<Step, Refused> {
        let service = self.fields.exact("service");
        self.with(|wizard| {
            let mut found = wizard.found.iter().flatten();
            let Some(found) = found.find(|found| found.service.as_str() == service) else {
                return Step::Find;
            };
            let target = address::of_camera(CameraAddress::Service(found.service.clone()));
            let title = found.name.clone().or_else(|| found.model.clone());
            wizard.aim(state::Target { title, ..target });
            Step::Login
        })
    }

    fn address(&self) -> Result<Step, Refused> {
        match address::read(self.fields.exact("address")) {
            Ok(target) => {
                self.with(|wizard| wizard.aim(target))?;
                Ok(Step::Login)
            }
            Err(trouble) => self.fails(Step::Find, trouble),
        }
    }

    // ---- log in

    fn log_in(&self) -> Result<Step, Refused> {
        match self.login() {
            Ok(login) => self.with(|wizard| wizard.log_in(login))?,
            Err(why) => return self.fails(Step::Login, Trouble::new(why, None)),
        }
        self.open()
    }

    fn login(&self) -> Result<Option<Login>, Sentence> {
        if self.fields.get("without").is_some() {
            return Ok(None);
        }
        let user = self.fields.get("user").ok_or_else(say::user_is_missing)?;
        let password = self.fields.exact("password");
        if user.contains(':') {
            return Err(secret_file::colon_in_user());
        }
        if [user, password].iter().any(|text| text.chars().count() > MOST_LOGIN_CHARS) {
            return Err(say::login_too_long(MOST_LOGIN_CHARS));
        }
        write::sound(&format!("{user}:{password}"))?;
        Ok(Some(Login { user: user.to_owned(), password: Secret::new(password) }))
    }

    /// Asks the camera for its streams, or looks at the one that was typed.
    fn open(&self) -> Result<Step, Refused> {
        let (target, login) = self.with(|wizard| (wizard.target.clone(), wizard.login.clone()))?;
        match target.map(|target| target.way) {
            Some(Way::Stream(watch)) => {
                self.with(|wizard| wizard.streams = Some(Streams { watch, large: None }))?;
                self.look()
            }
            Some(Way::Onvif(address)) => {
                self.start(Doing::Opening, async { Outcome::Opened(open(address, login).await) })
            }
            None => Ok(Step::Find),
        }
    }

    /// The usual address of a maker.
    fn maker(&self) -> Result<Step, Refused> {
        let number: Option<usize> = self.fields.get("number").and_then(|number| number.parse().ok());
        let path = number.and_then(|number| onvif::known_paths().get(number));
        let is_aimed = self.with(|wizard| {
            let (Some(path), Some(target)) = (path, &wizard.target) else { return false };
            let url = |path: &str| format!("rtsp://{}{path}", target.host);
            wizard.streams = Some(Streams { watch: url(path.path), large: path.large.map(url) });
            true
        })?;
        if is_aimed { self.look() } else { Ok(Step::Maker) }
    }

    // ---- streams and picture

    fn channel(&self) -> Result<Step, Refused> {
        let number = self.fields.get("number").and_then(|number| number.parse().ok());
        self.with(|wizard| (wizard.view, wizard.chosen, wizard.keyframes) = (number, None, None))?;
        Ok(Step::Streams)
    }

    /// It changes the camera, so it is in the audit log first.
    async fn set_keyframes(&self) -> Result<Step, Refused> {
        let wanted = self.with(|wizard| {
            let (_, frames) = wizard.better_keyframes()?;
            let watch = wizard.choice()?.watch;
            let (opened, target) = (wizard.opened.as_ref()?, wizard.target.as_ref()?);
            let detail = format!("{}, {}: {frames}", target.host, watch.name);
            Some((opened.device.clone(), watch, frames, detail))
        })?;
        let Some((device, watch, asked, detail)) = wanted else { return Ok(Step::Streams) };
        self.site.note(KEYFRAMES_SET, &self.visitor.by(), Some(detail), self.reader).await?;
        self.start(Doing::Setting, async move {
            let got = device.set_keyframe_interval(&watch, asked).await;
            Outcome::Set(got.map(|got| Keyframes { asked, got }).map_err(Trouble::from))
        })
    }

    fn streams(&self) -> Result<Step, Refused> {
        let (watch, large) = (self.fields.get("watch"), self.fields.get("large"));
        let is_chosen = self.with(|wizard| {
            if let Some(watch) = watch {
                let large = large.filter(|large| *large != watch).map(str::to_owned);
                wizard.chosen = Some((watch.to_owned(), large));
            }
            let choice = wizard.choice();
            let is_chosen = choice.is_some();
            wizard.streams = choice.map(|choice| Streams {
                large: choice.large.map(|large| large.url).filter(|large| *large != choice.watch.url),
                watch: choice.watch.url,
            });
            is_chosen
        })?;
        if is_chosen { self.look() } else { Ok(Step::Streams) }
    }

    fn look(&self) -> Result<Step, Refused> {
        let (streams, login) = self.with(|wizard| {
            wizard.looked = None;
            (wizard.streams.clone(), wizard.login.clone())
        })?;
        let Some(Streams { watch, .. }) = streams else { return Ok(Step::Streams) };
        let (viewer, turn) = (self.site.parts.viewer.clone(), self.site.wizards.lock().turn.clone());
        self.start(Doing::Looking, async {
            Outcome::Looked(Box::new(look::at(viewer, turn, watch, login).await))
        })
    }

    // ---- name and place

    fn name(&self) -> Result<Step, Refused> {
        let text = |name| self.fields.get(name).unwrap_or_default().to_owned();
        let named = Named { name: text("name"), id: half_width(&text("id")).to_lowercase() };
        let is_long = named.name.chars().count() > MOST_NAME_CHARS;
        let wrong = if named.name.is_empty() {
            Some(say::name_is_missing())
        } else if is_long || named.name.chars().any(char::is_control) {
            Some(say::name_is_too_long(MOST_NAME_CHARS))
        } else if !is_short_name(&named.id) {
            Some(say::short_name_is_none())
        } else if self.site.config().camera(&named.id).is_some() {
            Some(say::short_name_is_taken(&named.id))
        } else {
            None
        };
        self.with(|wizard| {
            wizard.named = Some(named);
            wizard.trouble = wrong.map(|why| (Step::Name, Trouble::new(why, None)));
            if wizard.trouble.is_some() { Step::Name } else { Step::Place }
        })
    }

    /// The last step: the password goes into its file, and the camera becomes a proposal.
    async fn place(&self) -> Result<Response, Refused> {
        let text = |name| self.fields.get(name).unwrap_or_default().to_owned();
        let grid = half_width(&text("grid"));
        let placed = Placed { eye: text("eye"), grid, address: text("address") };
        let ready = self.with(|wizard| {
            wizard.placed = placed.clone();
            let is_there = wizard.reached(Step::Place) == Step::Place;
            let (streams, named) = (wizard.streams.clone()?, wizard.named.clone()?);
            is_there.then(|| (streams, named, wizard.login.clone()))
        })?;
        let at = |step: Step| Ok(Redirect::to(&step.path()).into_response());
        let is_proposed = |id: &str, stream: Option<&str>| {
            let proposed = self.site.proposed_stream(self.visitor.key, id);
            proposed.is_some_and(|proposed| stream.is_none_or(|stream| proposed == stream))
        };
        let Some((streams, named, login)) = ready else {
            // After a second press there is nothing left to place.
            let is_there = self.fields.get("id").is_some_and(|id| is_proposed(id, None));
            return if is_there { Ok(Redirect::to("/changes").into_response()) } else { at(Step::Place) };
        };
        if is_proposed(&named.id, Some(streams.watch.as_str())) {
            return Ok(Redirect::to("/changes").into_response());
        }
        if let Some(why) = missing_in(&placed) {
            return at(self.fails(Step::Place, Trouble::new(why, None))?);
        }
        let mut camera = NewCamera {
            id: named.id.clone(),
            url: streams.watch,
            url_main: streams.large,
            user: None,
            secret: login.as_ref().map(|_| named.id.clone()),
            name: Some(named.name.clone()),
            eye: placed.eye,
            grid: placed.grid,
            address: Some(placed.address).filter(|address| !address.is_empty()),
        };
        let (visitor, judged) = (self.visitor.clone(), camera.clone());
        let wrong = self.site.blocking(move |site| wrong_with(site, &visitor, judged), self.reader).await?;
        if let Some(trouble) = wrong {
            return at(self.fails(Step::Place, trouble)?);
        }
        if let Some(login) = login {
            match self.write_secret(named.id.clone(), login).await? {
                Ok(secret) => camera.secret = Some(secret),
                Err(trouble) => return at(self.fails(Step::Place, trouble)?),
            }
        }
        let why = say::adds(named.name, named.id.as_str());
        let back_to = format!("{PATH}/done/{}", named.id);
        let proposed =
            self.site.propose(self.visitor, self.reader, vec![Edit::AddCamera(camera)], why, back_to).await?;
        self.site.wizards.lock().end(self.visitor.key);
        Ok(proposed.into_response())
    }

    async fn write_secret(&self, id: String, login: Login) -> Result<Result<String, Trouble>, Refused> {
        let folder = self.site.config().secrets_dir.clone();
        self.site.note(SECRET_WRITTEN, &self.visitor.by(), Some(id.clone()), self.reader).await?;
        let secrets = self.site.wizards.lock().secrets.clone();
        let write = move |site: &Site| secrets.lock().write(&site.parts.folder, &folder, &id, &login);
        let written = self.site.blocking(write, self.reader).await?;
        Ok(written.map_err(|error| Trouble::new(say::secret_not_written(error.sentence()), error.hint())))
    }
}

/// What is still to be said of a place.
fn missing_in(placed: &Placed) -> Option<Sentence> {
    match (placed.eye.is_empty(), placed.grid.is_empty()) {
        (true, true) => Some(say::place_is_missing()),
        (true, false) => Some(say::eye_is_missing()),
        (false, true) => Some(say::grid_is_missing()),
        (false, false) if placed.address.chars().count() > MOST_PLACE_CHARS => {
            Some(say::address_is_too_long(MOST_PLACE_CHARS))
        }
        (false, false) => None,
    }
}

/// As `check` wants it.
fn is_short_name(id: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let mut bytes = id.bytes();
    bytes.next().is_some_and(is_plain)
        && id.len() <= 64
        && bytes.all(|byte| is_plain(byte) || matches!(byte, b'-' | b'_'))
}

/// Lets us in and asks for its streams.
async fn open(address: CameraAddress, login: Option<Login>) -> Result<Opened, Trouble> {
    let service = address.service().await?;
    let device = Device::open(&service, login.as_ref()).await?;
    let profiles = device.profiles().await?;
    let title = device.information().model.clone();
    Ok(Opened { device: Arc::new(device), views: onvif::by_source(&profiles), title })
}

/// What `check` finds wrong with a camera, and with nothing that was there before; its secret is looked at when it is there.
fn wrong_with(site: &Site, visitor: &Visitor, camera: NewCamera) -> Option<Trouble> {
    let refused = |why: Sentence| Some(Trouble::new(why, None));
    let before = match site.text_to_change(visitor) {
        Ok(before) => before,
        Err(why) => return refused(why),
    };
    let after = match edit::apply(&before, &[Edit::AddCamera(camera)]) {
        Ok(after) => after,
        Err(why) => return refused(why),
    };
    let path = &site.parts.config_file;
    let errors = |text: &str| -> Vec<Problem> {
        let problems = Config::from_text(path, text, &Surroundings::elsewhere(path)).err();
        let list = problems.into_iter().flat_map(|problems| problems.list);
        list.filter(|problem| problem.severity == Severity::Error).collect()
    };
    let known = errors(&before);
    let is_new = |problem: &Problem| known.iter().all(|known| known.what != problem.what);
    let Problem { what, hint, .. } = errors(&after).into_iter().find(is_new)?;
    Some(Trouble { what, hint, is_login: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_missing_of_a_place_is_asked_for() {
        let place = |eye: &str, grid: &str, address: &str| Placed {
            eye: eye.to_owned(),
            grid: grid.to_owned(),
            address: address.to_owned(),
        };
        let missing = |eye, grid| missing_in(&place(eye, grid, "")).map(|why| why.to_string());
        assert_eq!(missing("", "5301"), Some(say::eye_is_missing().to_string()));
        assert_eq!(missing("sky", ""), Some(say::grid_is_missing().to_string()));
        assert_eq!(missing("", ""), Some(say::place_is_missing().to_string()));
        assert_eq!(missing("sky", "5301"), None);
        assert!(missing_in(&place("sky", "5301", &"a".repeat(201))).is_some());
    }

    #[test]
    fn a_short_name_is_one_of_the_configuration() {
        for good in ["cam-31", "0", "a_b"] {
            assert!(is_short_name(good), "{good}");
        }
        for bad in ["", "-a", "Cam", "a b", "门", &"a".repeat(65)] {
            assert!(!is_short_name(bad), "{bad}");
        }
    }
}
