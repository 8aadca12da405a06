//! A small RTSP server on the loopback address that plays files as a camera would: for `lookout demo`
//! and for tests. It listens on 127.0.0.1 only and must never be the way to a real camera's pictures.
//!
//! A file in H.264, H.265 or MJPEG is sent as it is; anything else is encoded as H.264. The time stamps of a
//! repeated file go on from round to round, so a client sees one endless stream. All clients of a mount
//! share one reading of the file.
//!
//! ```text
//!  feeder thread: filesrc ► demuxer ► parser ► appsink ─ new time stamps ─► appsrc ► payloader ► clients
//!                 (opened again at the end)                    gst-rtsp-server: paced by the clock
//! ```

mod feed;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use gstreamer as gst;
use gstreamer::glib;
use gstreamer::prelude::*;
use gstreamer_rtsp_server as rtsp;
use gstreamer_rtsp_server::gst_rtsp;
use gstreamer_rtsp_server::prelude::*;
use parking_lot::Mutex;

use super::address::RtspUrl;
use super::deadline;
use super::decoder::Codec;
use super::error::VideoError;
use crate::text::{Sentence, box_log, foreign, log_warn, stream as say};
use crate::types::language::Language;
use crate::types::secret::Secret;
use feed::{Feed, UnitReader};

/// Compressed data that waits in an appsrc: two seconds of a 16 Mbit/s stream.
const WAITING_BYTES: u64 = 4 << 20;

/// After the streams are stopped, a packet that is being sent gets this long.
const UNTIL_SILENT: Duration = Duration::from_millis(20);

/// Who may watch a mount.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Auth {
    /// Everybody.
    #[default]
    None,
    /// User and password in clear text.
    Basic {
        /// User name.
        user: String,
        /// Password.
        password: Secret,
    },
    /// Digest authentication (MD5).
    Digest {
        /// User name.
        user: String,
        /// Password.
        password: Secret,
    },
}

/// What a mount plays.
#[derive(Debug, Clone, PartialEq)]
pub enum Play {
    /// A video file.
    File {
        /// Its path.
        path: PathBuf,
        /// Start over at its end, without a seam.
        repeat: bool,
        /// Where the first round begins, as a part of the file's length, 0 to 1: at the first keyframe at or after it. A
        /// file that cannot be entered in the middle is played from its beginning.
        from: f64,
    },
    /// A GStreamer launch line in brackets that ends in a payloader named `pay0`; for test patterns.
    Launch(String),
}

/// One stream of the server.
#[derive(Debug, Clone, PartialEq)]
pub struct Mount {
    /// Its path, such as `/street`.
    pub path: String,
    /// What it plays.
    pub play: Play,
    /// Who may watch.
    pub auth: Auth,
}

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A file cannot be served.
    File(#[from] VideoError),
    /// The port is taken, or no socket could be had.
    Listen {
        /// The port that was asked for.
        port: u16,
        /// Why, mostly in the system's words.
        detail: Sentence,
    },
    /// Basic and Digest on one server.
    MixedAuth,
    /// No thread.
    NoThread(#[from] std::io::Error),
}

impl ServeError {
    /// What went wrong, for people.
    pub fn sentence(&self) -> Sentence {
        match self {
            ServeError::File(error) => say::cannot_serve(error.sentence()),
            ServeError::Listen { port, detail } => say::cannot_listen(*port, detail.clone()),
            ServeError::MixedAuth => say::mixed_login(),
            ServeError::NoThread(error) => say::no_thread_to_serve(error.to_string()),
        }
    }

    /// What went wrong and what to try, in that language.
    pub fn in_language(&self, language: Language) -> String {
        let hint = match self {
            ServeError::File(error) => error.fault.hint(),
            ServeError::Listen { .. } => Some(say::try_other_port()),
            ServeError::MixedAuth | ServeError::NoThread(_) => None,
        };
        self.sentence().with_hint(hint.as_ref(), language)
    }
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_language(Language::English))
    }
}

/// A running server. Dropping it stops it and waits a moment.
pub struct RtspServer {
    server: rtsp::RTSPServer,
    main_loop: glib::MainLoop,
    attached: Option<glib::SourceId>,
    context: glib::MainContext,
    thread: Option<thread::JoinHandle<()>>,
    played: Arc<Mutex<Played>>,
    port: u16,
}

/// The media that have viewers.
#[derive(Default)]
struct Played {
    feeders: Vec<thread::JoinHandle<()>>,
    /// The top element of each, which holds its source.
    elements: Vec<glib::WeakRef<gst::Element>>,
}

impl Played {
    fn add(&mut self, element: &gst::Element) {
        self.elements.retain(|element| element.upgrade().is_some());
        self.elements.push(element.downgrade());
    }

    /// Nothing is sent any more, and no feeder waits for its viewers.
    fn silence(&self) {
        for element in self.elements.iter().filter_map(glib::WeakRef::upgrade) {
            // Refused by what has stopped already.
            let _ = element.send_event(gst::event::FlushStart::new());
        }
    }
}

impl std::fmt::Debug for RtspServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RtspServer").field("port", &self.port).finish_non_exhaustive()
    }
}

impl RtspServer {
    /// Opens the files, then listens on the loopback address; port 0 takes a free one.
    pub fn start(port: u16, mounts: Vec<Mount>) -> Result<Self, ServeError> {
        super::init()?;
        let server = rtsp::RTSPServer::new();
        server.set_address("127.0.0.1");
        server.set_service(&port.to_string());
        let played = Arc::default();
        let points = rtsp::RTSPMountPoints::new();
        for mount in &mounts {
            let factory = factory(mount, &role(mount, &mounts), &played)?;
            points.add_factory(&mount.path, factory);
        }
        server.set_mount_points(Some(&points));
        if let Some(auth) = auth_of(&mounts)? {
            server.set_auth(Some(&auth));
        }
        let context = glib::MainContext::new();
        let attached = server
            .attach(Some(&context))
            .map_err(|error| ServeError::Listen { port, detail: foreign::words(error.to_string()) })?;
        let port = u16::try_from(server.bound_port())
            .map_err(|_| ServeError::Listen { port, detail: say::no_port_bound() })?;
        let main_loop = glib::MainLoop::new(Some(&context), false);
        let (run_loop, run_context) = (main_loop.clone(), context.clone());
        let thread = thread::Builder::new().name("rtsp-server".into()).spawn(move || {
            // Fails only where another thread owns the context, and this one is ours.
            let _ = run_context.with_thread_default(|| run_loop.run());
        })?;
        Ok(RtspServer {
            server,
            main_loop,
            attached: Some(attached),
            context,
            thread: Some(thread),
            played,
            port,
        })
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address of a mount.
    pub fn url(&self, path: &str) -> Result<RtspUrl, super::UrlError> {
        RtspUrl::parse(&format!("rtsp://127.0.0.1:{}{path}", self.port))
    }

    /// Closes every connection, the port, and waits for its threads, each at most `within`.
    pub fn stop(mut self, within: Duration) {
        self.close(within);
    }

    fn close(&mut self, within: Duration) {
        let Some(thread) = self.thread.take() else { return };
        if let Some(source) = self.attached.take().and_then(|id| self.context.find_source_by_id(&id)) {
            source.destroy();
        }
        // A session that ends while its stream is being sent aborts the process (gst-rtsp-server 1.22, `get_data_seq`).
        self.played.lock().silence();
        thread::sleep(UNTIL_SILENT);
        // Sessions first: that ends the media.
        if let Some(pool) = self.server.session_pool() {
            pool.filter(Some(&mut |_, _| rtsp::RTSPFilterResult::Remove));
        }
        self.server.client_filter(Some(&mut |_, _| rtsp::RTSPFilterResult::Remove));
        // From inside the loop: a loop that has not started yet would miss it from outside.
        let main_loop = self.main_loop.clone();
        let quit = glib::idle_source_new(None, glib::Priority::DEFAULT, move || {
            main_loop.quit();
            glib::ControlFlow::Break
        });
        quit.attach(Some(&self.context));
        let feeders = std::mem::take(&mut self.played.lock().feeders);
        for worker in std::iter::once(thread).chain(feeders) {
            // What does not end is left behind: the process of a demo or a test ends soon.
            let _ = deadline::within(within, "rtsp-join", move || worker.join());
        }
    }
}

impl Drop for RtspServer {
    fn drop(&mut self) {
        self.close(Duration::from_secs(2));
    }
}

// ---- who may watch

/// The role of a mount's login: the same on every mount with that login, as the server knows one role of a user, and
/// another one where the same user has another password.
fn role(mount: &Mount, mounts: &[Mount]) -> String {
    let first = mounts.iter().position(|other| other.auth == mount.auth).unwrap_or(mounts.len());
    format!("viewer-{first}")
}

/// What the server checks; `None` where every mount is open.
fn auth_of(mounts: &[Mount]) -> Result<Option<rtsp::RTSPAuth>, ServeError> {
    let mut method = None;
    let auth = rtsp::RTSPAuth::new();
    for mount in mounts {
        let field = rtsp::RTSP_TOKEN_MEDIA_FACTORY_ROLE.as_str();
        let token = rtsp::RTSPToken::builder().field(field, role(mount, mounts)).build();
        let wanted = match &mount.auth {
            Auth::None => continue,
            Auth::Basic { user, password } => {
                auth.add_basic(&rtsp::RTSPAuth::make_basic(user, password.reveal()), &token);
                gst_rtsp::RTSPAuthMethod::Basic
            }
            Auth::Digest { user, password } => {
                auth.add_digest(user, password.reveal(), &token);
                gst_rtsp::RTSPAuthMethod::Digest
            }
        };
        if method.is_some_and(|method| method != wanted) {
            return Err(ServeError::MixedAuth);
        }
        method = Some(wanted);
    }
    let Some(method) = method else { return Ok(None) };
    auth.set_supported_methods(method);
    let field = rtsp::RTSP_TOKEN_MEDIA_FACTORY_ROLE.as_str();
    let mut anonymous = rtsp::RTSPToken::builder().field(field, "anonymous").build();
    auth.set_default_token(Some(&mut anonymous));
    Ok(Some(auth))
}

/// Anonymous viewers may know of a protected mount but not open it: that gives 401, and no access at
/// all would give 404.
fn allow(factory: &rtsp::RTSPMediaFactory, mount: &Mount, role: &str) {
    let grant = |role: &str, construct: bool| {
        let structure = gst::Structure::builder(role)
            .field(rtsp::RTSP_PERM_MEDIA_FACTORY_ACCESS.as_str(), true)
            .field(rtsp::RTSP_PERM_MEDIA_FACTORY_CONSTRUCT.as_str(), construct)
            .build();
        factory.add_role_from_structure(&structure);
    };
    grant("anonymous", mount.auth == Auth::None);
    grant(role, true);
}

// ---- what is played

fn factory(
    mount: &Mount,
    role: &str,
    played: &Arc<Mutex<Played>>,
) -> Result<rtsp::RTSPMediaFactory, ServeError> {
    let factory = rtsp::RTSPMediaFactory::new();
    factory.set_shared(true);
    allow(&factory, mount, role);
    let elements = played.clone();
    factory.connect_media_configure(move |_, media| elements.lock().add(&media.element()));
    match &mount.play {
        Play::Launch(line) => factory.set_launch(line),
        Play::File { path, repeat, from } => {
            let name = format!("rtsp-feed{}", mount.path.replace('/', "-"));
            let feed = Feed { path: path.clone(), repeat: *repeat, from: *from, name };
            // Opened once to learn its codec, and to fail now and not at the first viewer.
            let opened = UnitReader::open(path).and_then(|mut reader| reader.first_unit());
            let codec = opened.map_err(|fault| VideoError { camera: None, fault })?;
            factory.set_launch(&launch_line(codec));
            let played = played.clone();
            factory.connect_media_configure(move |_, media| {
                let outcome = deadline::catch(|| feed.start(media, &played));
                if !matches!(outcome, Ok(true)) {
                    log_warn!(box_log::file_not_fed(); feed = feed.name);
                }
            });
        }
    }
    Ok(factory)
}

/// Sends parameter sets with every keyframe (`config-interval=-1`), so a viewer may join at any time.
fn launch_line(codec: Codec) -> String {
    let payloader = match codec {
        Codec::H264 | Codec::InFiles(_) => "rtph264pay config-interval=-1",
        Codec::H265 => "rtph265pay config-interval=-1",
        Codec::Mjpeg => "rtpjpegpay",
    };
    format!(
        "( appsrc name=feed format=time block=true max-bytes={WAITING_BYTES} ! {payloader} name=pay0 pt=96 )"
    )
}
