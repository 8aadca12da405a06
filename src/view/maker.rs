//! The thread that makes pictures for viewers, one after the other.
//!
//! Less urgent than whatever watches, and it rests for as long as it worked: half a core at most, however many look. A panic
//! costs one picture. It is no alert's thread, and nobody but viewers waits for it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::analysis::alert::Shown;
use crate::analysis::detection::Class;
use crate::analysis::empty_view::EmptyView;
use crate::analysis::geometry::BBox;
use crate::clock::thread_cpu_time;
use crate::evidence::Scene;
use crate::text::{evidence as of_evidence, log_error, log_info, page_live as say};
use crate::threads::{NotEnded, be_nice, join_until};

use super::hub::{Hub, Job, Made, Wants};
use super::redaction::{SHAPE_WIDTH, StrictRedactor, encoded};
use super::{RedactionSettings, Views};

/// Widest live picture, pixels: enough on a phone, a fraction of the bytes.
const LIVE_WIDTH: u32 = 960;
/// Widest small picture.
const STILL_WIDTH: u32 = 320;

/// What a camera sees when nobody is there, where that is known.
pub(crate) type EmptyViews = Box<dyn Fn(&str) -> Option<EmptyView> + Send>;

/// The running thread.
pub(crate) struct Maker {
    views: Views,
    thread: JoinHandle<()>,
}

impl Maker {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system gives none.
    pub(crate) fn start(views: &Views, empty_views: EmptyViews) -> std::io::Result<Self> {
        let hub = views.0.clone();
        let thread =
            thread::Builder::new().name("view".to_owned()).spawn(move || work(&hub, &empty_views))?;
        Ok(Maker { views: views.clone(), thread })
    }

    /// Ends it; what it makes at the moment is finished and thrown away.
    pub(crate) fn stop(self, within: Duration) {
        self.views.finish();
        let until = Instant::now() + within;
        match join_until(self.thread, until) {
            Ok(()) => {}
            // On a slow machine a picture takes longer than a stop waits for it; nobody will see it.
            Err(NotEnded::Late) => log_info!(say::log_late()),
            Err(NotEnded::Panicked) => log_error!(say::log_panicked()),
        }
    }
}

fn work(hub: &Arc<Hub>, empty_views: &EmptyViews) {
    be_nice();
    let mut redactor = StrictRedactor::default();
    // What it looks for faces with takes megabytes, which nobody pays for while nobody looks.
    while let Some(job) = hub.next_job(|| redactor = StrictRedactor::default()) {
        let began = Instant::now();
        let made = catch_unwind(AssertUnwindSafe(|| make(&mut redactor, &job, empty_views)));
        let made = made.unwrap_or_else(|_| {
            log_error!(say::log_panicked());
            redactor = StrictRedactor::default();
            failed(job.wants)
        });
        hub.publish(job, made, hub.clock_now());
        hub.rest(began.elapsed());
    }
}

fn failed(Wants { live, still, shape }: Wants) -> Made {
    let none = |is_wanted: bool| is_wanted.then(|| Err(say::not_made()));
    Made { live: none(live), still: none(still), shape: none(shape), cpu: Duration::ZERO }
}

/// Redacts once and encodes what is wanted.
pub(super) fn make(redactor: &mut StrictRedactor, job: &Job, empty_views: &EmptyViews) -> Made {
    let cpu_before = thread_cpu_time();
    let settings: &RedactionSettings = &job.settings;
    let masks = settings.masks.get(&job.camera).map_or(&[][..], Vec::as_slice);
    let view = empty_views(&job.camera);
    let shown: Vec<Shown> = job.pending.seen.boxes.iter().map(shown).collect();
    let scene = Scene {
        picture: &job.pending.picture,
        classes: &settings.classes,
        seen: &job.pending.detections,
        shown: &shown,
        masks,
        view: view.as_ref(),
    };
    let redacted = if settings.is_on {
        redactor.redact(&settings.faces, &scene)
    } else {
        Err(of_evidence::switched_off())
    };
    let form = |is_wanted: bool, width: u32| {
        is_wanted
            .then(|| redacted.as_ref().map_err(Clone::clone).and_then(|redacted| encoded(redacted, width)))
    };
    let Wants { live, still, shape } = job.wants;
    let (live, still, shape) = (form(live, LIVE_WIDTH), form(still, STILL_WIDTH), form(shape, SHAPE_WIDTH));
    Made { live, still, shape, cpu: thread_cpu_time().saturating_sub(cpu_before) }
}

/// A box as evidence has it.
pub(crate) fn shown(one: &super::SeenBox) -> Shown {
    let [x0, y0, x1, y1] = one.box_in_frame;
    Shown { class: Class::named(one.class), score: one.score, box_in_frame: BBox::new(x0, y0, x1, y1) }
}
