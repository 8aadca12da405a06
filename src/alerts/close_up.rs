//! Close-ups: when an alert begins at a camera that has a large stream (`url_main`), that stream is opened for a moment
//! and one picture of it goes with the alert, beside the one in which the alert was seen.
//!
//! One thread, one stream at a time, a bounded queue in front of it; what does not fit is left out and said. Alerts that
//! begin at one camera at the same time share a picture. A stream that cannot be opened until somebody changes something
//! is not asked for with every alert. Must never delay an alert, keep a large stream open, or hand on a picture in which
//! people were not looked for.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tracing::debug;

use crate::analysis::alert::AlertId;
use crate::analysis::detection::Detection;
use crate::analysis::geometry::BBox;
use crate::clock::Clock;
use crate::detector::{Detector, InferError, ModelError, Thresholds};
use crate::frame::{Frame, Picture};
use crate::lifeline;
use crate::text::{alert as say, language_of_log, log_error, log_warn};
use crate::types::level::Level;
use crate::video::{LossLog, Source, VideoError, first_frame};

use super::writer_message::{AlertWriterQueue, WriterMessage};

/// Alerts that may wait for their close-up.
const QUEUE: usize = 8;
/// What opening a large stream and its first keyframe may take.
const WITHIN: Duration = Duration::from_secs(8);
/// An alert that had to wait for longer gets none: the picture would show something else.
const TOO_LATE: Duration = Duration::from_secs(15);
/// A picture that nobody shares any more is let go.
const SHARED_FOR: Duration = Duration::from_secs(5);
/// A picture that is wider is also looked at in four overlapping parts, pixels: faces that were too small to be seen in
/// the small stream are large enough here to be recognised, so they must be found.
const IN_PARTS_FROM: usize = 960;
/// Each of the parts covers so much of the width and of the height.
const PART: f32 = 0.6;

/// The large stream of a camera.
#[derive(Debug, Clone)]
pub(crate) struct MainStream {
    /// How it is opened.
    pub source: Source,
    /// How sure the detector must be of what is made unrecognisable.
    pub thresholds: Thresholds,
}

/// An alert that has begun and asks for a picture.
#[derive(Debug)]
pub(crate) struct CloseUpRequest {
    /// Which alert.
    pub alert: AlertId,
    /// How urgent it is.
    pub level: Level,
    /// Its camera's large stream.
    pub stream: Arc<MainStream>,
    /// When it was requested, on the monotonic clock.
    pub requested_at: Duration,
}

/// A picture of a large stream.
#[derive(Debug)]
pub(crate) struct CloseUp {
    /// For which alert.
    pub alert: AlertId,
    /// How urgent it was.
    pub level: Level,
    /// The picture.
    pub frame: Frame,
    /// Everything found in it, doubtful or not.
    pub detections: Vec<Detection>,
}

/// The queue of requests for close-ups.
pub(crate) type CloseUpQueue = SyncSender<CloseUpRequest>;

/// The two ends of the queue.
pub(crate) fn queue() -> (CloseUpQueue, Receiver<CloseUpRequest>) {
    sync_channel(QUEUE)
}

/// The running thread.
pub(crate) struct CloseUps {
    thread: JoinHandle<()>,
    is_over: Arc<AtomicBool>,
    is_outdated: Arc<AtomicBool>,
}

impl CloseUps {
    /// Starts the thread; `make_detector` is asked with the first close-up, and with the first one after it was said to
    /// be outdated.
    pub(crate) fn start(
        requests: Receiver<CloseUpRequest>,
        make_detector: impl Fn() -> Result<Box<dyn Detector>, ModelError> + Send + 'static,
        alert_writer: AlertWriterQueue,
        clock: Clock,
    ) -> std::io::Result<Self> {
        let is_over = Arc::new(AtomicBool::new(false));
        let is_outdated = Arc::new(AtomicBool::new(false));
        let (over, outdated) = (is_over.clone(), is_outdated.clone());
        let thread = thread::Builder::new().name("close-up".to_owned()).spawn(move || {
            let _essential = lifeline::essential("close-up");
            let mut grabber = FrameGrabber::new(clock);
            while let Some(request) = grabber.next(&requests) {
                if outdated.swap(false, Ordering::SeqCst) {
                    grabber.detector = None;
                }
                let goes_on = || !over.load(Ordering::SeqCst);
                let taken =
                    catch_unwind(AssertUnwindSafe(|| grabber.take(&request, &make_detector, goes_on)));
                let taken = taken.unwrap_or_else(|_| {
                    log_error!(say::close_up_panicked(); alert = %request.alert.0);
                    grabber.detector = None;
                    None
                });
                let CloseUpRequest { alert, level, .. } = request;
                let Some(Shot { frame, detections }) = taken else { continue };
                let close_up = CloseUp { alert, level, frame, detections };
                if !goes_on() || alert_writer.send(WriterMessage::CloseUp(close_up)).is_err() {
                    return;
                }
            }
        })?;
        Ok(CloseUps { thread, is_over, is_outdated })
    }

    /// The detector is made anew for the next picture: other models were loaded.
    pub(crate) fn renew_detector(&self) {
        self.is_outdated.store(true, Ordering::SeqCst);
    }

    /// No more of them: the alert writer will end.
    pub(crate) fn give_up(&self) {
        self.is_over.store(true, Ordering::SeqCst);
    }

    /// Waits for the thread; [`give_up`](Self::give_up) must have been called, and the alert writer must have ended.
    pub(crate) fn join(self) {
        if self.thread.join().is_err() {
            log_error!(say::close_ups_panicked());
        }
    }
}

/// A picture and what was found in it.
#[derive(Clone)]
struct Shot {
    frame: Frame,
    detections: Vec<Detection>,
}

/// Opens large streams and looks at their first picture.
struct FrameGrabber {
    detector: Option<Box<dyn Detector>>,
    clock: Clock,
    latest: Option<Shot>,
    /// Streams that could not be opened, by camera.
    failed: BTreeMap<Arc<str>, Failed>,
}

/// A large stream that could not be opened.
struct Failed {
    /// A changed source is tried at once.
    source: Source,
    /// Earliest next try, on the monotonic clock.
    until: Duration,
    log: LossLog,
}

impl FrameGrabber {
    fn new(clock: Clock) -> Self {
        FrameGrabber { detector: None, clock, latest: None, failed: BTreeMap::new() }
    }

    /// Whether the stream failed a moment ago in a way that does not pass by itself.
    fn is_resting(&self, source: &Source) -> bool {
        let failed = self.failed.get(&source.camera).filter(|failed| failed.source == *source);
        failed.is_some_and(|failed| self.clock.now().mono < failed.until)
    }

    /// Says why there is no picture, once an hour where it stays so, and remembers how long it will.
    fn failed(&mut self, request: &CloseUpRequest, error: &VideoError) {
        let (source, now) = (&request.stream.source, self.clock.now().mono);
        let until = now.saturating_add(error.lasts());
        let fresh = || Failed { source: source.clone(), until, log: LossLog::default() };
        let failed = self.failed.entry(source.camera.clone()).or_insert_with(fresh);
        if failed.source != *source {
            *failed = fresh();
        }
        failed.until = until;
        if let Some(times) = failed.log.lost(error.kind(), Instant::now()) {
            let (camera, alert) = (&source.camera, &request.alert.0);
            log_warn!(say::no_close_up(); %camera, %alert, error = error.sentence().in_language(language_of_log()), times);
        }
    }

    /// The next alert that wants one; `None` once nobody can want one any more.
    fn next(&mut self, requests: &Receiver<CloseUpRequest>) -> Option<CloseUpRequest> {
        if self.latest.is_some() {
            match requests.recv_timeout(SHARED_FOR) {
                Err(RecvTimeoutError::Timeout) => self.latest = None,
                next => return next.ok(),
            }
        }
        requests.recv().ok()
    }

    /// The picture; `None` if there is none, which was said.
    fn take(
        &mut self,
        request: &CloseUpRequest,
        make_detector: &impl Fn() -> Result<Box<dyn Detector>, ModelError>,
        goes_on: impl Fn() -> bool,
    ) -> Option<Shot> {
        let camera = &request.stream.source.camera;
        let is_new =
            |shot: &&Shot| shot.frame.camera == *camera && shot.frame.at.mono >= request.requested_at;
        if let Some(shot) = self.latest.as_ref().filter(is_new) {
            return Some(shot.clone());
        }
        let log_failure = |why: String| {
            log_warn!(say::no_close_up(); %camera, alert = %request.alert.0, error = %why);
        };
        self.latest = None;
        if self.clock.now().mono.saturating_sub(request.requested_at) > TOO_LATE {
            log_failure(say::too_many_at_once().in_language(language_of_log()));
            return None;
        }
        if self.is_resting(&request.stream.source) {
            debug!(%camera, alert = %request.alert.0, "no picture of the large stream: it could not be opened before");
            return None;
        }
        let frame = match first_frame(request.stream.source.clone(), self.clock, WITHIN, goes_on) {
            Ok(frame) => frame?,
            Err(error) => {
                self.failed(request, &error);
                return None;
            }
        };
        self.failed.remove(camera);
        let detector = match &mut self.detector {
            Some(detector) => detector,
            none => none.insert(
                make_detector()
                    .inspect_err(|error| log_failure(error.in_language(language_of_log())))
                    .ok()?,
            ),
        };
        let detections = look(&mut **detector, &frame.picture, &request.stream.thresholds);
        let detections = detections
            .inspect_err(|error| log_failure(error.sentence().in_language(language_of_log())))
            .ok()?;
        debug!(%camera, alert = %request.alert.0, found = detections.len(), "a picture of the large stream");
        self.latest = Some(Shot { frame, detections });
        self.latest.clone()
    }
}

/// Everything in the picture, looked for in the whole and, if it is large, in its parts.
fn look(
    detector: &mut dyn Detector,
    picture: &Picture,
    thresholds: &Thresholds,
) -> Result<Vec<Detection>, InferError> {
    let mut all = Vec::new();
    detector.detect(picture, None, thresholds, &mut all)?;
    if picture.format().width > IN_PARTS_FROM {
        let mut some = Vec::new();
        for part in parts() {
            detector.detect(picture, Some(part), thresholds, &mut some)?;
            all.extend_from_slice(&some);
        }
    }
    Ok(all)
}

/// Four parts that overlap in the middle.
fn parts() -> [BBox; 4] {
    let far = 1.0 - PART;
    [(0.0, 0.0), (far, 0.0), (0.0, far), (far, far)].map(|(x, y)| BBox::new(x, y, x + PART, y + PART))
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::atomic::AtomicUsize;

    use super::*;
    use crate::frame::test_support::gray;
    use crate::video::{Location, Pace};

    /// Finds nothing, and remembers where it was asked to look.
    #[derive(Default)]
    struct Asked(Vec<Option<BBox>>);

    impl Detector for Asked {
        fn detect(
            &mut self,
            _: &Picture,
            region: Option<BBox>,
            _: &Thresholds,
            out: &mut Vec<Detection>,
        ) -> Result<(), InferError> {
            out.clear();
            self.0.push(region);
            Ok(())
        }
    }

    struct Panics;

    impl Detector for Panics {
        fn detect(
            &mut self,
            _: &Picture,
            _: Option<BBox>,
            _: &Thresholds,
            _: &mut Vec<Detection>,
        ) -> Result<(), InferError> {
            panic!("as a test wants it")
        }
    }

    fn asked(width: usize, height: usize) -> Vec<Option<BBox>> {
        let mut asked = Asked::default();
        look(&mut asked, &gray(width, height, width, |_, _| 0), &Thresholds::default())
            .expect("it finds nothing");
        asked.0
    }

    /// A camera whose large stream is a recording.
    fn stream() -> Arc<MainStream> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenes/lane-day.mp4");
        let location = Location::File { path, pace: Pace::AsFastAsPossible, repeat: false };
        Arc::new(MainStream { source: Source::new("cam-01", location), thresholds: Thresholds::default() })
    }

    fn wanted(alert: &str, requested_at: Duration) -> CloseUpRequest {
        CloseUpRequest { alert: AlertId(alert.into()), level: Level::Red, stream: stream(), requested_at }
    }

    #[test]
    fn a_panic_costs_one_close_up_and_the_next_one_has_a_detector_of_its_own() {
        let (ask, wanted_ones) = queue();
        let (alert_writer, received) = sync_channel(4);
        let made = Arc::new(AtomicUsize::new(0));
        let count = made.clone();
        let make = move || -> Result<Box<dyn Detector>, ModelError> {
            let first = count.fetch_add(1, Ordering::SeqCst) == 0;
            Ok(if first { Box::new(Panics) } else { Box::new(Asked::default()) })
        };
        let clock = Clock::start();
        let close_ups = CloseUps::start(wanted_ones, make, alert_writer, clock).expect("a thread starts");
        for alert in ["first", "second"] {
            ask.send(wanted(alert, clock.now().mono)).expect("the thread lives");
        }
        let received = received.recv_timeout(Duration::from_secs(60)).expect("a close-up");
        let WriterMessage::CloseUp(close_up) = received else { panic!("that is no close-up") };
        assert_eq!(&*close_up.alert.0, "second", "nobody looked for people in the picture of the first");
        assert_eq!(made.load(Ordering::SeqCst), 2);
        drop(ask);
        close_ups.give_up();
        close_ups.join();
    }

    #[test]
    fn an_alert_that_had_to_wait_for_too_long_gets_no_close_up() {
        let began = Duration::from_secs(5);
        for (waited, gets_one) in [(TOO_LATE - WITHIN, true), (TOO_LATE + Duration::from_secs(1), false)] {
            let clock = Clock::started_ago(began + waited).expect("the machine runs for so long");
            let mut grabber = FrameGrabber::new(clock);
            let make = || -> Result<Box<dyn Detector>, ModelError> { Ok(Box::new(Asked::default())) };
            let shot = grabber.take(&wanted("a", began), &make, || true);
            assert_eq!(shot.is_some(), gets_one, "after {waited:?}");
        }
    }

    #[test]
    fn a_large_picture_is_looked_at_as_a_whole_and_in_parts_that_leave_nothing_out() {
        assert_eq!(asked(640, 360), [None]);
        let asked = asked(1920, 1080);
        assert_eq!((asked.len(), asked[0]), (5, None));
        // A head on the seam of two parts lies whole in one of them.
        for n in 0..100 {
            let (x, y) = (n % 10, n / 10);
            let (x, y) = (x as f32 / 11.0, y as f32 / 11.0);
            let head = (x, y, x + 0.09, y + 0.09);
            let is_within = |part: &BBox| {
                part.x0 <= head.0 && part.y0 <= head.1 && part.x1 >= head.2 && part.y1 >= head.3
            };
            assert!(asked.iter().flatten().any(is_within), "{head:?}");
        }
    }

    /// A large stream without such a path is asked for once, not with every alert; another address at once.
    #[test]
    fn a_large_stream_that_is_not_there_is_not_asked_for_with_every_alert() {
        let clock = Clock::start();
        let mut grabber = FrameGrabber::new(clock);
        let make = || -> Result<Box<dyn Detector>, ModelError> { Ok(Box::new(Asked::default())) };
        let missing = |name: &str| {
            let location = Location::File { path: name.into(), pace: Pace::AsFastAsPossible, repeat: false };
            let stream =
                MainStream { source: Source::new("cam-01", location), thresholds: Thresholds::default() };
            CloseUpRequest { stream: Arc::new(stream), ..wanted("a", clock.now().mono) }
        };
        assert!(grabber.take(&missing("not-there.mp4"), &make, || true).is_none());
        assert!(grabber.is_resting(&missing("not-there.mp4").stream.source), "it stays away for minutes");
        assert!(
            !grabber.is_resting(&missing("another.mp4").stream.source),
            "another address is tried at once"
        );
        assert!(grabber.take(&wanted("b", clock.now().mono), &make, || true).is_some());
        assert!(grabber.failed.is_empty(), "what was opened is not held against it");
    }
}
