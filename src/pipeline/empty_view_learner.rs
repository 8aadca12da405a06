//! Learns the empty view of a camera from the frames that are analysed anyway, for the redaction of evidence. Must never
//! learn from a region in which a person may be.

use std::time::Duration;

use crate::analysis::detection::{Class, Detection};
use crate::analysis::empty_view::{Coarse, EmptyView};
use crate::analysis::time::Moment;
use crate::frame::Picture;
use crate::frame::coarse::coarse;

/// Minimum time between two pictures that are learnt from: people do not come and go faster, and it costs little then.
const LEARN_EVERY: Duration = Duration::from_secs(1);

/// The view of one camera, and when it was last learnt from.
pub(crate) struct EmptyViewLearner {
    view: EmptyView,
    coarse: Coarse,
    latest: Option<Moment>,
}

impl Default for EmptyViewLearner {
    fn default() -> Self {
        EmptyViewLearner { view: EmptyView::new(), coarse: Coarse::even(0), latest: None }
    }
}

impl EmptyViewLearner {
    /// Learns from a frame that was looked at, if it is due; `found` is everything that was found in it. Returns what was
    /// learnt from.
    pub(crate) fn learn(
        &mut self,
        picture: &Picture,
        at: Moment,
        found: &[Detection],
    ) -> Option<Box<Coarse>> {
        let dt = match self.latest {
            // Also what comes late, from before the latest.
            Some(latest) if at.since(latest) < LEARN_EVERY => return None,
            Some(latest) => at.since(latest),
            None => Duration::ZERO,
        };
        self.latest = Some(at);
        coarse(picture, &mut self.coarse);
        // A vehicle that stays may become part of the view; whatever else was found may be, hold or hide somebody.
        let may_be_somebody =
            found.iter().filter(|d| ![Class::CAR, Class::BUS, Class::TRUCK].contains(&d.class));
        self.view.learn(&self.coarse, dt, may_be_somebody.map(|d| d.box_in_frame));
        Some(Box::new(self.coarse.clone()))
    }

    /// What was learnt is not to be relied on. When it was learnt from last is kept: what made it so may come again.
    pub(crate) fn forget(&mut self) {
        self.view.forget();
    }

    /// What was learnt so far.
    pub(crate) fn view(&self) -> &EmptyView {
        &self.view
    }
}
