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

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::glib;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_rtsp_server as rtsp;
use gstreamer_rtsp_server::gst_rtsp;
use gstreamer_rtsp_server::prelude::*;
use parking_lot::Mutex;

use super::address::RtspUrl;
use super::deadline;
use super::decoder::{self, Codec};
use super::demux::{FileNotes, Gaps};
use super::error::{Fault, VideoError};
use super::{decoding, demux, pipeline};
use crate::text::{Sentence, box_log, foreign, language_of_log, log_info, log_warn, stream as say};
use crate::types::decoding::Decoder;
use crate::types::language::Language;
use crate::types::secret::Secret;

/// Reading up to the place where a file is entered may take this long; viewers wait meanwhile.
const PASSED_OVER_WITHIN: Duration = Duration::from_secs(3);
/// The first access unit of a file must come within this time; the file is local.
const FIRST_UNIT_WITHIN: Duration = Duration::from_secs(10);
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

/// A file on its way to an appsrc.
struct Feed {
    path: PathBuf,
    repeat: bool,
    from: f64,
    name: String,
}

impl Feed {
    /// Starts the feeder of a media that was just built; false if that is not possible.
    fn start(&self, media: &rtsp::RTSPMedia, played: &Mutex<Played>) -> bool {
        let element = media.element();
        let bin = element.downcast_ref::<gst::Bin>();
        let Some(entry) = bin.and_then(|bin| bin.by_name("feed")?.downcast::<gst_app::AppSrc>().ok()) else {
            return false;
        };
        let (path, repeat, from) = (self.path.clone(), self.repeat, self.from);
        let name = self.name.clone();
        let thread = thread::Builder::new().name(name.clone()).spawn(move || {
            let outcome = deadline::catch(|| feed_all(&path, repeat, from, &entry));
            if let Ok(Err(fault)) = outcome {
                let error = fault.sentence().in_language(language_of_log());
                log_warn!(box_log::file_not_fed(); feed = name, %error);
            }
        });
        let feeders = &mut played.lock().feeders;
        feeders.retain(|feeder| !feeder.is_finished());
        match thread {
            Ok(feeder) => {
                feeders.push(feeder);
                true
            }
            Err(_) => false,
        }
    }
}

/// Pushes the file's access units with continuing time stamps until nobody takes them any more.
fn feed_all(path: &std::path::Path, repeat: bool, from: f64, entry: &gst_app::AppSrc) -> Result<(), Fault> {
    let mut timeline = Timeline::default();
    let mut enter_at = Some(from).filter(|from| *from > 0.0);
    loop {
        let mut reader = UnitReader::open(path)?;
        if let Some(part) = enter_at.take()
            && !reader.enter_at(part)?
        {
            log_info!(box_log::plays_from_beginning(); file = %path.display());
            // Its first unit was taken to learn the length.
            reader = UnitReader::open(path)?;
        }
        let mut any = false;
        while let Some(sample) = reader.next_unit()? {
            any = true;
            let Some(buffer) = sample.buffer_owned() else { continue };
            let caps = sample.caps_owned();
            let moved = timeline.moved(buffer);
            let mut next = gst::Sample::builder().buffer(&moved);
            if let Some(caps) = &caps {
                next = next.caps(caps);
            }
            // Waits while enough is underway; fails when the viewers are gone.
            if entry.push_sample(&next.build()).is_err() {
                return Ok(());
            }
        }
        timeline.next_round();
        if !repeat || !any {
            // Fails where the viewers are gone, and then there is nobody to tell.
            let _ = entry.end_of_stream();
            return Ok(());
        }
    }
}

/// Time stamps that go on where the last round of the file ended.
#[derive(Debug, Default)]
struct Timeline {
    /// Where this round starts.
    offset: gst::ClockTime,
    /// Smallest time of this round's file, taken from its first access unit.
    origin: Option<gst::ClockTime>,
    /// Where the latest picture of this round ends.
    end: gst::ClockTime,
    /// Time from picture to picture, for files that do not tell durations.
    step: gst::ClockTime,
    last: Option<gst::ClockTime>,
}

impl Timeline {
    fn moved(&mut self, buffer: gst::Buffer) -> gst::Buffer {
        let (pts, dts, duration) = (buffer.pts(), buffer.dts(), buffer.duration());
        let origin = *self.origin.get_or_insert(dts.or(pts).unwrap_or(gst::ClockTime::ZERO));
        let shift = |time: gst::ClockTime| time.saturating_sub(origin) + self.offset;
        let (pts, dts) = (pts.map(shift), dts.map(shift));
        if let Some(at) = dts.or(pts) {
            self.step = self.last.map_or(self.step, |last| at.saturating_sub(last));
            self.last = Some(at);
            self.end = self.end.max(pts.unwrap_or(at) + duration.unwrap_or(self.step));
        }
        let mut buffer = buffer;
        let writable = buffer.make_mut();
        writable.set_pts(pts);
        writable.set_dts(dts);
        writable.unset_flags(gst::BufferFlags::DISCONT);
        buffer
    }

    fn next_round(&mut self) {
        self.offset = self.end;
        self.origin = None;
        self.last = None;
    }
}

// ---- access units of a file

/// Reads a file's compressed pictures, one by one.
struct UnitReader {
    pipeline: gst::Pipeline,
    sink: gst_app::AppSink,
    faults: Arc<Mutex<Vec<Fault>>>,
    codec: Arc<Mutex<Option<Codec>>>,
    /// Taken from the sink already.
    next: Option<gst::Sample>,
}

impl Drop for UnitReader {
    fn drop(&mut self) {
        // A file holds no connection that could hang, and nobody is left to tell.
        let _ = self.pipeline.set_state(gst::State::Null);
        if let Some(bus) = self.pipeline.bus() {
            bus.unset_sync_handler();
        }
    }
}

impl UnitReader {
    fn open(path: &std::path::Path) -> Result<Self, Fault> {
        let sink = gst_app::AppSink::builder().max_buffers(16).sync(false).enable_last_sample(false).build();
        let reader = UnitReader {
            pipeline: pipeline::new_pipeline(),
            sink,
            faults: Arc::default(),
            codec: Arc::default(),
            next: None,
        };
        reader.pipeline.add(&reader.sink).map_err(Fault::broken)?;
        if let Some(bus) = reader.pipeline.bus() {
            let (faults, file) = (reader.faults.clone(), path.to_owned());
            bus.set_sync_handler(move |_, message| {
                if let gst::MessageView::Error(posted) = message.view() {
                    let words = super::error::words_of(&posted.error(), posted.debug().as_deref(), &[]);
                    let detail = foreign::words(words);
                    faults.lock().push(Fault::NotVideo { path: file.clone(), detail });
                }
                gst::BusSyncReply::Drop
            });
        }
        let (weak_pipeline, weak_sink) = (reader.pipeline.downgrade(), reader.sink.downgrade());
        let (faults, end_faults, codec) =
            (reader.faults.clone(), reader.faults.clone(), reader.codec.clone());
        let on_video = move |pad: &gst::Pad, found, parsers| {
            let (Some(pipeline), Some(sink)) = (weak_pipeline.upgrade(), weak_sink.upgrade()) else { return };
            match attach(&pipeline, pad, found, parsers, &sink) {
                Ok(()) => *codec.lock() = Some(found),
                Err(fault) => faults.lock().push(fault),
            }
        };
        let on_none = move |fault| end_faults.lock().push(fault);
        let notes = Arc::new(FileNotes::default());
        demux::add_file_reader(&reader.pipeline, path, &notes, Gaps::Closed, on_video, on_none)?;
        // The reason for a failure is among the faults, which the next call looks at.
        let _ = reader.pipeline.set_state(gst::State::Playing);
        Ok(reader)
    }

    /// The codec of the file, once its first access unit is there.
    fn first_unit(&mut self) -> Result<Codec, Fault> {
        let nothing = || Fault::Broken { detail: say::nothing_to_send() };
        self.next_unit()?.ok_or_else(nothing)?;
        (*self.codec.lock()).ok_or_else(nothing)
    }

    /// Reads up to the first keyframe at or after that part of the file and leaves it as the next unit. False if there is no
    /// such keyframe, or if reading up to it takes too long. A seek would be quicker, but ends the file if the demuxer has no
    /// index yet.
    fn enter_at(&mut self, part: f64) -> Result<bool, Fault> {
        // Before its first unit a demuxer does not know its length.
        self.first_unit()?;
        let Some(length) = self.pipeline.query_duration::<gst::ClockTime>() else { return Ok(false) };
        let at = gst::ClockTime::from_nseconds((length.nseconds() as f64 * part.clamp(0.0, 1.0)) as u64);
        let late = Instant::now() + PASSED_OVER_WITHIN;
        while let Some(sample) = self.next_unit()? {
            let is_there = sample.buffer().is_some_and(|unit| {
                !unit.flags().contains(gst::BufferFlags::DELTA_UNIT)
                    && unit.pts().is_some_and(|pts| pts >= at)
            });
            if is_there {
                self.next = Some(sample);
                return Ok(true);
            }
            if Instant::now() > late {
                return Ok(false);
            }
        }
        Ok(false)
    }

    fn next_unit(&mut self) -> Result<Option<gst::Sample>, Fault> {
        if let Some(sample) = self.next.take() {
            return Ok(Some(sample));
        }
        let late = Instant::now() + FIRST_UNIT_WITHIN;
        loop {
            if let Some(sample) = self.sink.try_pull_sample(gst::ClockTime::from_mseconds(50)) {
                return Ok(Some(sample));
            }
            if let Some(fault) = self.faults.lock().pop() {
                return Err(fault);
            }
            if self.sink.is_eos() {
                return Ok(None);
            }
            if Instant::now() > late {
                return Err(Fault::Stalled { after: FIRST_UNIT_WITHIN });
            }
        }
    }
}

/// Links a pad to the sink: whole access units with start codes, which the payloaders need. A codec that no camera sends is
/// decoded and encoded as H.264.
fn attach(
    pipeline: &gst::Pipeline,
    pad: &gst::Pad,
    codec: Codec,
    parsers: Vec<gst::Element>,
    sink: &gst_app::AppSink,
) -> Result<(), Fault> {
    let mut chain = parsers;
    let caps = match codec {
        Codec::H264 | Codec::InFiles(_) => "video/x-h264,stream-format=byte-stream,alignment=au",
        Codec::H265 => "video/x-h265,stream-format=byte-stream,alignment=au",
        Codec::Mjpeg => "image/jpeg",
    };
    if let Codec::InFiles(_) = codec {
        chain.push(decoder::choose(codec, &Decoder::Software.into(), &[])?.element);
        chain.push(pipeline::make("videoconvert")?);
        chain.push(encoder()?);
        chain.push(pipeline::make("h264parse")?);
    }
    for parser in chain.iter().filter(|parser| parser.find_property("config-interval").is_some()) {
        // Parameter sets with every keyframe: the first one, which has them in any case, may be passed over.
        parser.set_property("config-interval", -1i32);
    }
    let caps: gst::Caps = caps.parse().map_err(Fault::broken)?;
    sink.set_caps(Some(&caps));
    let last = match chain.last() {
        Some(last) => last.clone(),
        None => {
            let pass = pipeline::make("identity")?;
            chain.push(pass.clone());
            pass
        }
    };
    decoding::link_chain(pipeline, pad, &chain).map_err(|detail| Fault::Broken { detail })?;
    last.link(sink).map_err(Fault::broken)
}

/// An H.264 encoder: x264 where it is installed, else OpenH264, which every box has.
fn encoder() -> Result<gst::Element, Fault> {
    if let Ok(x264) = pipeline::make("x264enc") {
        x264.set_property_from_str("tune", "zerolatency");
        x264.set_property_from_str("speed-preset", "veryfast");
        x264.set_property("key-int-max", 50u32);
        return Ok(x264);
    }
    let openh264 = pipeline::make("openh264enc")?;
    openh264.set_property("gop-size", 50u32);
    Ok(openh264)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(dts_ms: u64, pts_ms: u64) -> gst::Buffer {
        let mut buffer = gst::Buffer::new();
        let writable = buffer.get_mut().unwrap();
        writable.set_dts(gst::ClockTime::from_mseconds(dts_ms));
        writable.set_pts(gst::ClockTime::from_mseconds(pts_ms));
        writable.set_duration(gst::ClockTime::from_mseconds(40));
        buffer
    }

    #[test]
    fn time_goes_on_from_round_to_round() {
        crate::video::init().unwrap();
        let mut timeline = Timeline::default();
        let mut decode_times = Vec::new();
        let mut show_times = Vec::new();
        for _ in 0..3 {
            // Two pictures out of order, in a file that starts at 1 s.
            for (dts, pts) in [(1000, 1040), (1040, 1160), (1080, 1080), (1120, 1120)] {
                let moved = timeline.moved(unit(dts, pts));
                decode_times.push(moved.dts().unwrap().mseconds());
                show_times.push(moved.pts().unwrap().mseconds());
            }
            timeline.next_round();
        }
        assert_eq!(show_times, [40, 160, 80, 120, 240, 360, 280, 320, 440, 560, 480, 520]);
        assert!(decode_times.is_sorted(), "{decode_times:?}");
    }
}
