//! The page on the box: status and alerts, for a browser on a phone or a desk.
//!
//! ```text
//!  daemon ─ BoxStatus ─► watch ─┐                                    ┌─► status, alerts, one alert (HTML)
//!  outbox ─ consumer ─► history ┴─► routes: guard ► login ► role ────┼─► pictures as they were published
//!                                       ▲ TLS, limits (serve)        ├─► changes (server-sent events)
//!                                    browser                         └─► commands (control::local) ─► audit log, analysis
//! ```
//!
//! One thread with its own runtime, less urgent than everything else, and with a share of a core for long (`pace`): a page
//! that is hammered, or a fault in it, costs no alert and no frame; after a panic it begins anew. Everything is bounded: connections, heads, bodies, sessions, streams,
//! the history. Nothing is loaded from elsewhere, every asset is in the program, and a page works without its script.
//! What takes long, days of the journal that are read or judged again, has threads of its own (`worker`), less urgent still.
//! Whoever is not logged in sees the login and nothing else. Must never show a picture that was not redacted, hold logic
//! of another part, or keep anybody waiting but its own readers.

pub mod accounts;
mod alert_list;
mod alert_page;
mod backup;
mod certificate;
mod changes;
mod follow;
mod guess;
pub mod history;
pub mod in_force;
mod layout;
mod listen;
mod live;
mod live_picture;
mod lockout;
mod login;
mod next_step;
mod pace;
mod past;
mod pictures;
mod plots;
mod refusals;
mod request;
mod rules;
mod serve;
mod sessions;
mod shapes;
mod site;
mod site_page;
pub mod status;
mod status_page;
mod test_alert;
mod timeline;
mod walk_test;
mod wizard;
mod worker;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use parking_lot::Mutex;
use tokio::sync::{Semaphore, mpsc, watch};

use crate::analysis::time::Timestamp;
use crate::audit::Audit;
use crate::clock::Clock;
use crate::config::{SharedModelList, Web};
use crate::contract::signature::Role as CommandRole;
use crate::contract::words::Language;
use crate::control::{Answer, LocalDesk};
use crate::outbox::Outbox;
use crate::private_files as files;
use crate::text::{Sentence, language_of_log, log_error, log_info, log_warn, page as say};
use crate::threads::{NotEnded, be_nice, join_until, work_until_stopped};
use crate::types::rate::Bucket;
use crate::view::Viewer;

use accounts::Accounts;
use history::History;
use in_force::InForce;
use pace::Pace;
use past::backtest::Backtests;
use past::ledger::LedgerReader;
use request::{Reader, Refused};
use serve::Connection;
use site::Site;
use status::BoxStatus;
use timeline::hours::Hours;
use walk_test::Walks;

pub use certificate::fingerprint;

/// Folder of the page, within the outbox's.
const FOLDER: &str = "page";
/// The present address of the page, for `lookout page`.
const ADDRESS_FILE: &str = "address";
/// Threads for what waits for the disk or hashes a password. They end when nothing waits.
const BLOCKING_THREADS: usize = 2;
/// Work of the page ends within this once it is cancelled.
const WORK_ENDS_WITHIN: Duration = Duration::from_secs(1);
/// Exports that everybody together may begin at once, and how many a second come to be allowed again: each is a line in the
/// audit log, which nobody may wash away.
const EXPORTS: (f64, f64) = (10.0, 0.1);

/// The page's folder, in the folder of the outbox.
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
    /// The outbox, with the latest alerts.
    pub outbox: Outbox,
    /// The folder of what the command centre asked for, through which a shadow is asked for.
    pub control_folder: PathBuf,
    /// What is written down.
    pub audit: Arc<Audit>,
    /// The commands of people at the page.
    pub desk: Desk,
    /// The configuration file.
    pub config_file: PathBuf,
    /// The file with the name of the box that the key to sign with was made for.
    pub key_owner: PathBuf,
    /// The models that a configuration may name.
    pub models: Arc<SharedModelList>,
    /// What runs.
    pub in_force: watch::Receiver<InForce>,
    /// The views of cameras.
    pub viewer: Viewer,
    /// The time.
    pub clock: Clock,
    /// Starts the daemon anew, a moment later.
    pub restart: Arc<dyn Fn() + Send + Sync>,
}

/// Takes commands from the page.
#[derive(Debug, Clone)]
pub struct Desk(pub LocalDesk);

/// A command from the page.
pub(crate) struct PageCommand {
    person: String,
    role: CommandRole,
    command: &'static str,
    data: serde_json::Value,
    at: Timestamp,
}

impl Desk {
    fn ask(&self, asked: PageCommand) -> Result<mpsc::Receiver<Answer>, Box<Answer>> {
        let PageCommand { person, role, command, data, at } = asked;
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
        match join_until(thread, until) {
            Ok(()) => {}
            Err(NotEnded::Late) => return log_error!(say::log_late()),
            Err(NotEnded::Panicked) => log_error!(say::log_panicked()),
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
    /// Serves until it is to stop.
    fn go_on(self) {
        be_nice();
        let failed = |trouble: Option<PageTrouble>| {
            let Some(trouble) = trouble else { return log_error!(say::log_panicked()) };
            let mut known = self.trouble.lock();
            if known.as_ref() != Some(&trouble) {
                let hint = trouble.hint.as_ref().map(|hint| hint.in_language(language_of_log()));
                log_error!(trouble.what.clone(); hint);
            }
            *known = Some(trouble);
        };
        work_until_stopped(&self.stopping, || self.run(), failed);
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

    /// What all requests share.
    fn site(&self, history: History) -> Site {
        let past = watch::Sender::new(0);
        Site {
            accounts: Mutex::new(Accounts::within(&self.parts.folder)),
            sessions: Mutex::default(),
            lockout: Mutex::default(),
            history: Mutex::new(history),
            status: self.status.clone(),
            changes: watch::Sender::new(0),
            hours: Hours::new(past.clone()),
            backtests: Backtests::new(past.clone()),
            ledger: LedgerReader::new(past.clone()),
            past,
            hashing: Semaphore::new(1),
            pace: Arc::new(Pace::begin()),
            streams: Arc::default(),
            walks: Walks::within(&self.parts.folder),
            last_test: Mutex::default(),
            trouble: self.trouble.clone(),
            proposals: Mutex::default(),
            wizards: Mutex::default(),
            exports: Mutex::new(Bucket::new(EXPORTS.1, EXPORTS.0, Instant::now())),
            parts: self.parts.clone(),
        }
    }

    async fn serve(&self) -> Result<(), PageTrouble> {
        let Parts { folder, box_name, outbox, .. } = &self.parts;
        let tls = certificate::server(folder, box_name)
            .map_err(|trouble| PageTrouble::new(trouble.sentence(), Some(trouble.hint())))?;
        let history = History::open(folder, self.web.keep, self.web.keep_bytes)
            .map_err(|error| PageTrouble::new(say::no_history(error.to_string()), Some(say::try_room())))?;
        let listener = listen::listen(self.web.listen).await?;
        let address = listener
            .local_addr()
            .map_err(|error| PageTrouble::new(say::no_thread(error.to_string()), None))?;
        if let Err(error) = files::write_private(folder, ADDRESS_FILE, address.to_string().as_bytes()) {
            log_warn!(say::log_address_unwritten(); %error);
        }
        *self.trouble.lock() = None;
        log_info!(say::log_served(); %address);
        let site = Arc::new(self.site(history));
        let books = tokio::spawn(login::keep_books(site.clone(), self.trouble.clone()));
        let forgetting = tokio::spawn(wizard::forget(site.clone()));
        let forgetting_walks = tokio::spawn(walk_test::forget(site.clone()));
        let following = tokio::spawn(follow::follow(site.clone(), outbox.clone()));
        let mut stopping = self.stopping.clone();
        tokio::select! {
            // It ends only by a panic.
            () = serve::serve(listener, tls, routes(&site), site.pace.clone()) => {}
            _ = stopping.wait_for(|stop| *stop) => {}
        }
        let stopping_works = site.clone();
        let stopped = tokio::task::spawn_blocking(move || {
            stopping_works.hours.stop(WORK_ENDS_WITHIN);
            stopping_works.backtests.stop(WORK_ENDS_WITHIN);
            stopping_works.ledger.stop(WORK_ENDS_WITHIN);
        });
        following.abort();
        forgetting_walks.abort();
        forgetting.abort();
        books.abort();
        // Too late is stopped as well: it ends by itself.
        let _ = tokio::time::timeout(WORK_ENDS_WITHIN * 3, stopped).await;
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
        .route("/changes/past", post(changes::try_on_the_past))
        .route("/changes/discard", post(changes::discard))
        .route("/changes/keep", post(changes::keep))
        .route("/changes/back", post(changes::go_back))
        .route("/changes/restart", post(site_page::write_and_restart))
        .route("/restarting", get(site_page::restarting))
        .route("/site", get(site_page::show).post(site_page::propose))
        .route("/live", get(live::changes))
        .route("/backup", get(backup::show).post(backup::make))
        .route("/test", get(test_alert::show).post(test_alert::send))
        .route("/add-camera", get(wizard::begin))
        .route("/add-camera/{step}", get(wizard::show).post(wizard::act))
        .route("/add-camera/picture.jpg", get(wizard::picture))
        .route("/add-camera/done/{id}", get(wizard::done))
        .route("/cameras/{id}", get(live_picture::show))
        .route("/cameras/{id}/remove", post(changes::remove_camera))
        .route("/cameras/{id}/live", get(live_picture::events))
        .route("/cameras/{id}/live/{file}", get(live_picture::picture))
        .route("/cameras/{id}/still.jpg", get(pictures::still))
        .route("/cameras/{id}/picture.jpg", get(pictures::shape))
        .route("/cameras/{id}/shapes", get(shapes::show).post(shapes::propose))
        .route("/cameras/{id}/shapes/check", post(shapes::check))
        .route("/cameras/{id}/thresholds", get(rules::thresholds::show).post(rules::thresholds::propose))
        .route("/cameras/{id}/thresholds/past", post(rules::thresholds::try_on_the_past))
        .route("/cameras/{id}/timeline", get(timeline::show))
        .route("/cameras/{id}/walk", post(walk_test::begin))
        .route("/cameras/{id}/walk/end", post(walk_test::end))
        .route("/past", get(past::show))
        .route("/past/coverage", get(past::calendar::show))
        .route("/past/{id}", get(past::show_one))
        .route("/past/{id}/value", post(past::values::try_one))
        .route("/past/{id}/shadow", post(past::shadow::begin))
        .route("/past/shadow/stop", post(past::shadow::stop))
        .route("/past/{id}/cancel", post(past::cancel))
        .route("/past/{id}/propose", post(past::propose))
        .route("/past/{id}/remove", post(past::remove))
        .route("/rules", get(rules::list))
        .route("/rules/new", get(rules::show_new).post(rules::propose_new))
        .route("/rules/{id}", get(rules::show).post(rules::propose))
        .route("/rules/{id}/past", post(rules::try_on_the_past))
        .route("/rules/{id}/values", post(past::values::begin))
        .route("/rules/{id}/remove", post(rules::remove))
        .route("/logout", post(login::log_out))
        .method_not_allowed_fallback(form_alone)
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
        .layer(from_fn_with_state(site.clone(), request::in_turn))
        .with_state(site.clone())
}

/// Somebody opens the address of a form, as a browser does that goes back or keeps a bookmark.
async fn form_alone(
    axum::extract::State(site): axum::extract::State<Arc<Site>>,
    headers: HeaderMap,
) -> Refused {
    Refused::new(StatusCode::METHOD_NOT_ALLOWED, say::address_of_a_form(), Reader::of(&site, &headers))
}

async fn nothing_here(
    axum::extract::State(site): axum::extract::State<Arc<Site>>,
    headers: HeaderMap,
) -> Refused {
    Refused::not_found(Reader::of(&site, &headers))
}
