//! [`Made`]: what a value makes of everything that it touches, beside the value in force.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::curve::{Elsewhere, Live, Point};
use super::parameter::Teller;
use super::slots::Setting;
use super::{Asked, Subject, Tried, point};
use crate::analysis::Plan;
use crate::comparison::{AlertLife, Difference};

/// What the value in force and another one make of all that the parameter touches.
pub(super) struct Made {
    pub(super) setting: Setting,
    touches: BTreeSet<Teller>,
    now: Vec<Difference>,
    then: Vec<Difference>,
}

impl Made {
    pub(super) fn of(
        setting: Setting,
        plan: &Plan,
        live: &Live,
        base: &[Arc<AlertLife>],
        lives: &[Arc<AlertLife>],
    ) -> Self {
        let touches = setting.parameter.touches(plan);
        let raised = |life: &AlertLife| touches.iter().any(|teller| teller.raised(life));
        let (now, then) = (live.differences(base, raised), live.differences(lives, raised));
        Made { setting, touches, now, then }
    }

    /// In numbers, of those alerts that `is_asked` asks about.
    fn points(&self, live: &Live, is_asked: impl Fn(&AlertLife) -> bool) -> (Point, Point) {
        let of = |differences| live.point(self.setting.value, differences, &is_asked);
        (of(&self.now), of(&self.then))
    }

    /// The point of a curve.
    pub(super) fn point(&self, subject: &Subject, live: &Live, lives: &[Arc<AlertLife>]) -> Point {
        let (now, then) = self.points(live, |life| !subject.is_about(life));
        Point { elsewhere: Elsewhere::of(&now, &then), ..point(subject, live, self.setting.value, lives) }
    }

    pub(super) fn tried(self, live: &Live, asked: &Asked) -> Tried {
        let (of_asked, all) = (self.points(live, |life| asked.holds(life)), self.points(live, |_| true));
        Tried { setting: self.setting, touches: self.touches, asked: of_asked, all }
    }
}
