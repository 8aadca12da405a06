//! The page on the box: how everything does and what was told, for a browser on a phone or a desk.
//!
//! ```text
//!  daemon ─ BoxStatus ─► watch ─┐                                    ┌─► status, alerts, one alert (HTML)
//!  outbox ─ consumer ─► history ┴─► routes: guard ► login ► role ────┼─► pictures as they were published
//!                                       ▲ TLS, limits (serve)        ├─► changes (server-sent events)
//!                                    browser                         └─► commands (control::local) ─► audit log, analysis
//! ```
//!
//! One thread with its own runtime, less urgent than everything else: a page that is hammered, or a fault in it, costs no
//! alert and no frame; after a panic it begins anew. Everything is bounded: connections, heads, bodies, sessions, streams,
//! the history. Nothing is loaded from elsewhere, every asset is in the program, and a page works without its script.
//! Whoever is not logged in sees the login and nothing else. Must never show a picture that was not redacted, hold logic
//! of another part, or keep anybody waiting but its own readers.

pub mod accounts;
mod alert_list;
mod alert_page;
mod alert_words;
mod backup;
mod certificate;
mod changes;
mod files;
pub mod history;
pub mod in_force;
mod layout;
mod live;
mod live_picture;
mod lockout;
mod login;
mod pictures;
mod plots;
mod request;
mod rules;
mod serve;
mod sessions;
mod shapes;
pub mod status;
mod status_page;
mod test_alert;
mod walk_test;
mod wizard;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::HeaderMap;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use jiff::tz::TimeZone;
use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc, watch};

use crate::analysis::time::{Moment, Timestamp};
use crate::audit::{Audit, Entry};
use crate::clock::Clock;
use crate::config::{Web, WebListen};
use crate::contract::signature::Role as CommandRole;
use crate::contract::words::Language;
use crate::control::{Answer, LocalDesk};
use crate::outbox::{Consumer, Outbox};
use crate::text::{Sentence, language_of_log, log_error, log_info, log_warn, page as say};
use crate::types::rate::Bucket;
use crate::view::Viewer;

use accounts::Accounts;
use changes::{Banner, Proposals};
use history::{FollowError, History};
use in_force::InForce;
use layout::Shell;
use live::{Streams, Versions};
use lockout::Lockout;
use request::{Reader, Refused, Visitor};
use serve::Connection;
use sessions::Sessions;
use status::BoxStatus;
use test_alert::LastTest;
use walk_test::Walks;
use wizard::Wizards;

pub use certificate::fingerprint;

/// Folder of the page, within the outbox's.
const FOLDER: &str = "page";
/// Where the page is served now, for `lookout page`.
const ADDRESS_FILE: &str = "address";
/// The usual port, and the next ones, where others have the first.
const USUAL_PORTS: std::ops::RangeInclusive<u16> = 8443..=8452;
/// How often an address that is taken is tried again, and a queue that cannot be read.
const AGAIN_AFTER: Duration = Duration::from_secs(5);
/// Less urgent than what sees and tells.
const NICE: i32 = 10;
/// Threads for what waits for the disk or hashes a password. They end when nothing waits.
const BLOCKING_THREADS: usize = 2;
/// How long somebody waits for their turn to have a password hashed.
const TURN_WITHIN: Duration = Duration::from_secs(3);
/// How often what is too old is deleted.
const TRIM_EVERY: Duration = Duration::from_secs(3600);
/// Exports that everybody together may begin at once, and how many a second come to be allowed again: each is a line in the
/// audit log, which nobody may wash away.
const EXPORTS: (f64, f64) = (10.0, 0.1);
/// What the page's script says when it fetches a page by itself; somebody may not have looked at that.
const BY_ITSELF: &str = "x-lookout-refresh";
/// The history is not written more often than this.
const FOLLOW_AT_MOST_EVERY: Duration = Duration::from_millis(100);

/// Where the page keeps its files, in the folder of the outbox.
pub fn folder_in(outbox_dir: &Path) -> PathBuf {
    outbox_dir.join(FOLDER)
}

/// Where the page is served by a daemon that runs, as that wrote it down.
pub fn address(folder: &Path) -> Option<SocketAddr> {
    std::fs::read_to_string(folder.join(ADDRESS_FILE)).ok()?.trim().parse().ok()
}

/// What the page needs of the daemon.
#[derive(Clone)]
pub struct Parts {
    /// Its folder.
    pub folder: PathBuf,
    /// The box's name with its area, for the certificate.
    pub box_name: String,
    /// The site's language, until a status says it.
    pub language: Language,
    /// What was told.
    pub outbox: Outbox,
    /// What is written down.
    pub audit: Arc<Audit>,
    /// Where people at the page ask for something.
    pub desk: Desk,
    /// The configuration file.
    pub config_file: PathBuf,
    /// What runs.
    pub in_force: watch::Receiver<InForce>,
    /// Where they look at cameras.
    pub viewer: Viewer,
    /// The time.
    pub clock: Clock,
}

/// Takes what people at the page ask for.
#[derive(Debug, Clone)]
pub struct Desk(pub LocalDesk);

/// What somebody asks for.
pub(crate) struct Asked {
    person: String,
    role: CommandRole,
    command: &'static str,
    data: serde_json::Value,
    at: Timestamp,
}

impl Desk {
    fn ask(&self, asked: Asked) -> Result<mpsc::Receiver<Answer>, Box<Answer>> {
        let Asked { person, role, command, data, at } = asked;
        self.0.ask(&person, role, command, &data, at)
    }
}

/// The page as the daemon has it.
pub struct Page {
    parts: Parts,
    running: Option<Running>,
    status: watch::Sender<Option<Arc<BoxStatus>>>,
    /// Why it is not served.
    trouble: Arc<Mutex<Option<PageTrouble>>>,
}

struct Running {
    web: Web,
    stop: watch::Sender<bool>,
    thread: JoinHandle<()>,
}

impl Page {
    /// Serves it as `web` says, if at all.
    pub fn start(web: &Web, parts: Parts) -> Self {
        let mut page =
            Page { parts, running: None, status: watch::Sender::new(None), trouble: Arc::default() };
        page.begin(web);
        page
    }

    /// Serves it otherwise, elsewhere or not at all from here on.
    pub fn set(&mut self, web: &Web, within: Duration) {
        if self.running.as_ref().map(|running| &running.web) == Some(web) {
            return;
        }
        self.end(within);
        self.begin(web);
    }

    /// What is shown from here on.
    pub fn show(&self, status: BoxStatus) {
        if self.running.is_some() {
            self.status.send_replace(Some(Arc::new(status)));
        }
    }

    /// Whether somebody may look.
    pub fn is_served(&self) -> bool {
        self.running.is_some()
    }

    /// Why it cannot be opened, while it cannot.
    pub fn trouble(&self) -> Option<PageTrouble> {
        self.trouble.lock().clone()
    }

    /// Ends it.
    pub fn stop(mut self, within: Duration) {
        self.end(within);
    }

    fn begin(&mut self, web: &Web) {
        *self.trouble.lock() = None;
        if !web.enabled {
            if let Err(error) = history::forget(&self.parts.outbox, &self.parts.folder) {
                log_warn!(say::log_still_kept(); %error);
            }
            return;
        }
        let (stop, stopping) = watch::channel(false);
        let work = Work {
            web: web.clone(),
            parts: self.parts.clone(),
            status: self.status.subscribe(),
            trouble: self.trouble.clone(),
            stopping,
        };
        match thread::Builder::new().name("page".to_owned()).spawn(move || work.go_on()) {
            Ok(thread) => self.running = Some(Running { web: web.clone(), stop, thread }),
            Err(error) => {
                let trouble = say::no_thread(error.to_string());
                log_error!(trouble.clone());
                *self.trouble.lock() = Some(PageTrouble::new(trouble, None));
            }
        }
    }

    fn end(&mut self, within: Duration) {
        let Some(Running { stop, thread, .. }) = self.running.take() else { return };
        let until = Instant::now() + within;
        // Fails only if it is gone already.
        let _ = stop.send(true);
        while !thread.is_finished() {
            if Instant::now() >= until {
                log_error!(say::log_late());
                return;
            }
            thread::park_timeout(Duration::from_millis(5));
        }
        if thread.join().is_err() {
            log_error!(say::log_panicked());
        }
        let _ = std::fs::remove_file(self.parts.folder.join(ADDRESS_FILE));
    }
}

/// What the page's thread does.
struct Work {
    web: Web,
    parts: Parts,
    status: watch::Receiver<Option<Arc<BoxStatus>>>,
    trouble: Arc<Mutex<Option<PageTrouble>>>,
    stopping: watch::Receiver<bool>,
}

impl Work {
    /// Until it is told to stop, whatever happens in between.
    fn go_on(self) {
        be_nice();
        loop {
            let ended = catch_unwind(AssertUnwindSafe(|| self.run()));
            match ended {
                Ok(Ok(())) => return,
                Ok(Err(trouble)) => {
                    let is_news = self.trouble.lock().as_ref() != Some(&trouble);
                    if is_news {
                        let hint = trouble.hint.as_ref().map(|hint| hint.in_language(language_of_log()));
                        log_error!(trouble.what.clone(); hint);
                    }
                    *self.trouble.lock() = Some(trouble);
                }
                Err(_) => log_error!(say::log_panicked()),
            }
            let until = Instant::now() + AGAIN_AFTER;
            while Instant::now() < until {
                if *self.stopping.borrow() || self.stopping.has_changed().is_err() {
                    return;
                }
                thread::park_timeout(Duration::from_millis(50));
            }
        }
    }

    fn run(&self) -> Result<(), PageTrouble> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(BLOCKING_THREADS)
            .thread_keep_alive(Duration::from_secs(2))
            .thread_name("page-disk")
            .on_thread_start(be_nice)
            .build()
            .map_err(|error| PageTrouble::new(say::no_thread(error.to_string()), None))?;
        let served = runtime.block_on(self.serve());
        runtime.shutdown_timeout(Duration::from_secs(2));
        served
    }

    async fn serve(&self) -> Result<(), PageTrouble> {
        let Parts { folder, box_name, outbox, .. } = &self.parts;
        let tls = certificate::server(folder, box_name)
            .map_err(|trouble| PageTrouble::new(trouble.sentence(), Some(trouble.hint())))?;
        let history = History::open(folder, self.web.keep, self.web.keep_bytes)
            .map_err(|error| PageTrouble::new(say::no_history(error.to_string()), Some(say::try_room())))?;
        let listener = listen(self.web.listen).await?;
        let address = listener
            .local_addr()
            .map_err(|error| PageTrouble::new(say::no_thread(error.to_string()), None))?;
        if let Err(error) = files::write_private(folder, ADDRESS_FILE, address.to_string().as_bytes()) {
            log_warn!(say::log_address_unwritten(); %error);
        }
        *self.trouble.lock() = None;
        log_info!(say::log_served(); %address);
        let site = Arc::new(Site {
            accounts: Mutex::new(Accounts::within(folder)),
            sessions: Mutex::default(),
            lockout: Mutex::default(),
            history: Mutex::new(history),
            status: self.status.clone(),
            changes: watch::Sender::new(0),
            hashing: Semaphore::new(1),
            streams: Arc::default(),
            walks: Walks::within(folder),
            last_test: Mutex::default(),
            trouble: self.trouble.clone(),
            proposals: Mutex::default(),
            wizards: Mutex::default(),
            exports: Mutex::new(Bucket::new(EXPORTS.1, EXPORTS.0, Instant::now())),
            parts: self.parts.clone(),
        });
        let books = tokio::spawn(login::keep_books(site.clone(), self.trouble.clone()));
        let forgetting = tokio::spawn(wizard::forget(site.clone()));
        let following = tokio::spawn(follow(site.clone(), outbox.clone()));
        let mut stopping = self.stopping.clone();
        tokio::select! {
            // It ends only by a panic.
            () = serve::serve(listener, tls, routes(&site)) => {}
            _ = stopping.wait_for(|stop| *stop) => {}
        }
        following.abort();
        forgetting.abort();
        books.abort();
        Ok(())
    }
}

/// Why the page is not served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageTrouble {
    /// What is wrong.
    pub what: Sentence,
    /// What to try.
    pub hint: Option<Sentence>,
}

impl PageTrouble {
    fn new(what: Sentence, hint: Option<Sentence>) -> Self {
        PageTrouble { what, hint }
    }
}

/// Applies to the calling thread alone.
fn be_nice() {
    let this = rustix::thread::gettid();
    // Without it the page is as urgent as everything else, which is no harm by itself.
    let _ = rustix::process::setpriority_process(Some(this), NICE);
}

async fn listen(at: WebListen) -> Result<TcpListener, PageTrouble> {
    match at {
        WebListen::At(address) => {
            TcpListener::bind(address).await.map_err(|error| cannot_listen(address, &error))
        }
        WebListen::Usual => {
            for port in USUAL_PORTS.chain([0]) {
                if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
                    return Ok(listener);
                }
            }
            let any = SocketAddr::from((Ipv4Addr::LOCALHOST, *USUAL_PORTS.start()));
            Err(cannot_listen(any, &io::Error::from(io::ErrorKind::AddrInUse)))
        }
    }
}

fn cannot_listen(address: SocketAddr, error: &io::Error) -> PageTrouble {
    let (what, hint) = match error.kind() {
        io::ErrorKind::AddrInUse => {
            (say::port_taken(address.to_string()), say::try_who_listens(address.port()))
        }
        io::ErrorKind::AddrNotAvailable => {
            (say::no_such_address(address.to_string()), say::try_any_address(address.port()))
        }
        io::ErrorKind::PermissionDenied => (
            say::port_needs_rights(address.port()),
            say::try_higher_port(crate::config::document::DEFAULT_WEB_LISTEN),
        ),
        _ => {
            (say::cannot_listen(address.to_string(), error.to_string()), say::try_any_address(address.port()))
        }
    };
    PageTrouble::new(what, Some(hint))
}

fn routes(site: &Arc<Site>) -> Router {
    let closed = Router::new()
        .route("/", get(status_page::show))
        .route("/alerts", get(alert_list::show))
        .route("/alerts.csv", get(alert_list::csv))
        .route("/alerts.json", get(alert_list::json))
        .route("/alerts/{alert}", get(alert_page::show))
        .route("/alerts/{alert}/pictures/{number}", get(alert_page::picture))
        .route("/alerts/{alert}/ack", post(alert_page::acknowledge))
        .route("/alerts/{alert}/verdict", post(alert_page::verdict))
        .route("/alerts/{alert}/close", post(alert_page::close))
        .route("/changes", get(changes::show))
        .route("/changes/try", post(changes::try_out))
        .route("/changes/discard", post(changes::discard))
        .route("/changes/keep", post(changes::keep))
        .route("/changes/back", post(changes::go_back))
        .route("/live", get(live::changes))
        .route("/backup", get(backup::show).post(backup::make))
        .route("/test", get(test_alert::show).post(test_alert::send))
        .route("/cameras/add", get(wizard::begin))
        .route("/cameras/add/{step}", get(wizard::show).post(wizard::act))
        .route("/cameras/add/picture.jpg", get(wizard::picture))
        .route("/cameras/add/done/{id}", get(wizard::done))
        .route("/cameras/{id}", get(live_picture::show))
        .route("/cameras/{id}/remove", post(changes::remove_camera))
        .route("/cameras/{id}/live", get(live_picture::events))
        .route("/cameras/{id}/live/{file}", get(live_picture::picture))
        .route("/cameras/{id}/still.jpg", get(pictures::still))
        .route("/cameras/{id}/picture.jpg", get(pictures::shape))
        .route("/cameras/{id}/shapes", get(shapes::show).post(shapes::propose))
        .route("/cameras/{id}/shapes/check", post(shapes::check))
        .route("/cameras/{id}/thresholds", get(rules::thresholds::show).post(rules::thresholds::propose))
        .route("/cameras/{id}/walk", post(walk_test::begin))
        .route("/cameras/{id}/walk/end", post(walk_test::end))
        .route("/rules", get(rules::list))
        .route("/rules/new", get(rules::show_new).post(rules::propose_new))
        .route("/rules/{id}", get(rules::show).post(rules::propose))
        .route("/rules/{id}/remove", post(rules::remove))
        .route("/logout", post(login::log_out))
        .layer(from_fn(serve::note_session))
        .layer(from_fn_with_state(site.clone(), request::logged_in_only));
    Router::new()
        .route("/login", get(login::show_login).post(login::log_in))
        .route("/enrol", get(login::show_enrol).post(login::enrol))
        .route("/language/{tag}", get(login::choose_language))
        .route("/assets/{name}", get(login::asset))
        .merge(closed)
        .fallback(nothing_here)
        .layer(from_fn_with_state(site.clone(), request::guard))
        .with_state(site.clone())
}

async fn nothing_here(
    axum::extract::State(site): axum::extract::State<Arc<Site>>,
    headers: HeaderMap,
) -> Refused {
    Refused::not_found(Reader::of(&site, &headers))
}

/// What all requests share.
struct Site {
    accounts: Mutex<Accounts>,
    sessions: Mutex<Sessions>,
    lockout: Mutex<Lockout>,
    history: Mutex<History>,
    status: watch::Receiver<Option<Arc<BoxStatus>>>,
    /// Another number whenever the history changed.
    changes: watch::Sender<u64>,
    /// One password at a time: each takes memory and processor time on purpose.
    hashing: Semaphore,
    /// Pages that hear of changes.
    streams: Arc<Streams>,
    walks: Walks,
    /// The test alert that people at the page watch.
    last_test: Mutex<Option<LastTest>>,
    exports: Mutex<Bucket>,
    /// Changes of the configuration that are not tried yet.
    proposals: Mutex<Proposals>,
    /// Cameras that are being added.
    wizards: Mutex<Wizards>,
    /// What is told of the page, here and to the centre.
    trouble: Arc<Mutex<Option<PageTrouble>>>,
    parts: Parts,
}

impl Site {
    fn now(&self) -> Moment {
        self.parts.clock.now()
    }

    fn language(&self) -> Language {
        self.status.borrow().as_ref().map_or(self.parts.language, |status| status.language)
    }

    fn time_zone(&self) -> TimeZone {
        self.status.borrow().as_ref().map_or(TimeZone::UTC, |status| status.time_zone.clone())
    }

    /// What is so now, for a page that is made after it was asked.
    fn versions(&self) -> Versions {
        Versions::of(self.status.borrow().as_deref(), *self.changes.borrow())
    }

    /// The site's name, or the box's.
    fn name(&self) -> String {
        let status = self.status.borrow();
        let site = status.as_ref().and_then(|status| status.site.clone());
        site.unwrap_or_else(|| self.parts.box_name.clone())
    }

    /// What stands around a page of somebody who is logged in.
    async fn shell<'v>(
        self: &Arc<Self>,
        reader: Reader,
        title: Sentence,
        here: String,
        headers: &HeaderMap,
        visitor: &'v Visitor,
    ) -> Result<Shell<'v>, Refused> {
        let by_itself = headers.contains_key(BY_ITSELF);
        let counts = self.blocking(|site| site.history.lock().open_counts(), reader).await?;
        let (_, waiting) = counts.map_err(|error| Refused::broken(error, reader))?;
        let notice = if by_itself { None } else { self.sessions.lock().take_notice(visitor.key) };
        Ok(Shell {
            here,
            visitor: Some(visitor),
            name: self.name(),
            waiting,
            notice,
            banner: Some(Banner::of(self, visitor)),
            ..Shell::bare(reader.0, title)
        })
    }

    /// What waits for the disk, or computes for longer, on a thread of its own.
    async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Site) -> T + Send + 'static,
        reader: Reader,
    ) -> Result<T, Refused> {
        let site = self.clone();
        tokio::task::spawn_blocking(move || work(&site)).await.map_err(|error| Refused::broken(error, reader))
    }

    /// The history begins anew where its database is damaged; otherwise people are told.
    fn is_in_trouble(&self, error: &FollowError) -> Option<PageTrouble> {
        if let FollowError::Database(error) = error
            && self.history.lock().mend(error)
        {
            self.changes.send_modify(|number| *number += 1);
            return None;
        }
        let trouble = PageTrouble::new(say::no_history(error.to_string()), Some(say::try_room()));
        *self.trouble.lock() = Some(trouble.clone());
        self.changes.send_modify(|number| *number += 1);
        Some(trouble)
    }

    /// Writes into the audit log what somebody did; it has not happened where that fails.
    async fn note(
        self: &Arc<Self>,
        event: &'static str,
        by: &str,
        detail: Option<String>,
        reader: Reader,
    ) -> Result<(), Refused> {
        let entry = Entry { by: Some(by.to_owned()), detail, ..Entry::of(event) };
        let at = self.now().utc;
        let written = self.blocking(move |site| site.parts.audit.record(at, entry), reader).await?;
        written.map_err(|error| Refused::broken(error, reader))
    }

    /// Whoever may have a password hashed now; `None`: too many want to.
    async fn turn_to_hash(&self) -> Option<SemaphorePermit<'_>> {
        tokio::time::timeout(TURN_WITHIN, self.hashing.acquire()).await.ok()?.ok()
    }
}

/// Takes over what is stored in the outbox as it comes, until the runtime stops.
async fn follow(site: Arc<Site>, outbox: Outbox) {
    let mut appended = outbox.appended();
    let mut told = None;
    loop {
        let registering = outbox.clone();
        let registered = tokio::task::spawn_blocking(move || history::register(&registering)).await;
        let stopped_by = match registered {
            Ok(Ok(consumer)) => match follow_on(&site, &outbox, &mut appended, consumer, &mut told).await {
                Some(error) => error,
                None => return,
            },
            Ok(Err(error)) => Stopped::By(error.into()),
            Err(error) => Stopped::Ended(error),
        };
        match stopped_by {
            Stopped::By(error) => {
                log_warn!(say::log_no_alerts(); %error);
                let site = site.clone();
                // A panic in it is no other than one in the next attempt.
                let telling = tokio::task::spawn_blocking(move || site.is_in_trouble(&error));
                told = telling.await.ok().flatten().or(told);
            }
            Stopped::Ended(error) if error.is_cancelled() => return,
            Stopped::Ended(error) => log_error!(say::log_no_alerts(); %error),
        }
        tokio::time::sleep(AGAIN_AFTER).await;
    }
}

/// Why the history does not get on.
enum Stopped {
    By(FollowError),
    Ended(tokio::task::JoinError),
}

/// Until something is wrong; `None`: the outbox ends.
async fn follow_on(
    site: &Arc<Site>,
    outbox: &Outbox,
    appended: &mut watch::Receiver<u64>,
    consumer: Consumer,
    told: &mut Option<PageTrouble>,
) -> Option<Stopped> {
    let consumer = Arc::new(consumer);
    loop {
        appended.borrow_and_update();
        let (site_now, from, outbox_now) = (site.clone(), consumer.clone(), outbox.clone());
        let more = tokio::task::spawn_blocking(move || {
            let now = site_now.now().utc;
            History::follow(&site_now.history, &outbox_now, &from, now)
        });
        let more = match more.await {
            Ok(Ok(more)) => more,
            Ok(Err(error)) => return Some(Stopped::By(error)),
            Err(error) => return Some(Stopped::Ended(error)),
        };
        if let Some(told) = told.take() {
            site.trouble.lock().take_if(|trouble| *trouble == told);
        }
        match more {
            Some(0) => {}
            Some(_) => site.changes.send_modify(|number| *number += 1),
            None => {
                tokio::select! {
                    changed = appended.changed() => if changed.is_err() { return None },
                    () = tokio::time::sleep(TRIM_EVERY) => {
                        if let Some(stopped) = trim(site).await {
                            return Some(stopped);
                        }
                    }
                }
                tokio::time::sleep(FOLLOW_AT_MOST_EVERY).await;
            }
        }
    }
}

async fn trim(site: &Arc<Site>) -> Option<Stopped> {
    let site = site.clone();
    let trimmed = tokio::task::spawn_blocking(move || {
        let now = site.now().utc;
        site.history.lock().trim(now)
    });
    match trimmed.await {
        Ok(Ok(())) => None,
        Ok(Err(error)) => {
            log_warn!(say::log_not_trimmed(); %error);
            Some(Stopped::By(error.into()))
        }
        Err(error) => Some(Stopped::Ended(error)),
    }
}
