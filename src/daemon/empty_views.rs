//! What each camera sees when nobody is there, learnt from the frames that are looked at anyway, for those who make
//! evidence. The daemon and a replay learn in the same way.
//!
//! Must never hand out a view that a panic left half learnt: it is forgotten, and evidence is coarse until it is learnt
//! again.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tracing::error;

use crate::analysis::detection::{Class, Detection};
use crate::analysis::empty_view::{Coarse, EmptyView};
use crate::analysis::time::Moment;
use crate::frame::Picture;
use crate::frame::coarse::coarse;

/// Least time between two pictures that are learnt from: people do not come and go faster, and it costs little then.
const LEARN_EVERY: Duration = Duration::from_secs(1);

/// All cameras' views.
#[derive(Default)]
pub struct EmptyViews(Mutex<BTreeMap<Arc<str>, Arc<Mutex<Learner>>>>);

impl EmptyViews {
    /// Learns from a frame that was looked at, if its camera is due for it; `found` is everything that was found in it.
    /// Returns what was learnt from.
    pub fn learn(
        &self,
        camera: &Arc<str>,
        picture: &Picture,
        at: Moment,
        found: &[Detection],
    ) -> Option<Box<Coarse>> {
        let learner = self.0.lock().entry(camera.clone()).or_default().clone();
        let mut learner = learner.lock();
        let learnt = catch_unwind(AssertUnwindSafe(|| learner.learn(picture, at, found)));
        match learnt {
            Ok(is_due) => is_due.then(|| Box::new(learner.coarse.clone())),
            Err(_) => {
                learner.view.forget();
                error!(%camera, "learning the empty view panicked (our bug, please report it)");
                None
            }
        }
    }

    /// A copy of a camera's view; `None` if nothing was learnt yet.
    pub fn of(&self, camera: &str) -> Option<EmptyView> {
        let learner = self.0.lock().get(camera).cloned()?;
        let view = learner.lock().view.clone();
        Some(view)
    }

    /// Forgets the cameras that are not among these.
    pub fn keep_only<T>(&self, cameras: &BTreeMap<Arc<str>, T>) {
        let mut learners = self.0.lock();
        if learners.len() > cameras.len() {
            learners.retain(|camera, _| cameras.contains_key(camera));
        }
    }
}

/// The view of one camera, and when it was last learnt from.
struct Learner {
    view: EmptyView,
    coarse: Coarse,
    latest: Option<Moment>,
}

impl Default for Learner {
    fn default() -> Self {
        Learner { view: EmptyView::new(), coarse: Coarse::even(0), latest: None }
    }
}

impl Learner {
    /// Whether it was due.
    fn learn(&mut self, picture: &Picture, at: Moment, found: &[Detection]) -> bool {
        let dt = match self.latest {
            // Also what comes late, from before the latest.
            Some(latest) if at.since(latest) < LEARN_EVERY => return false,
            Some(latest) => at.since(latest),
            None => Duration::ZERO,
        };
        self.latest = Some(at);
        coarse(picture, &mut self.coarse);
        // A vehicle that stays may become part of the view; whatever else was found may be, hold or hide somebody.
        let may_be_somebody =
            found.iter().filter(|d| ![Class::CAR, Class::BUS, Class::TRUCK].contains(&d.class));
        self.view.learn(&self.coarse, dt, may_be_somebody.map(|d| d.box_in_frame));
        true
    }
}
