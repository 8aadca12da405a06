//! [`Scope`]: which cameras are judged. All, or those that are asked about and all that share a signal with them: what one of
//! those saw decides with.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Unjudged;
use crate::analysis::Plan;

/// The cameras that are judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All of them.
    All,
    /// Some.
    Some {
        /// Those that are asked about.
        asked: BTreeSet<Arc<str>>,
        /// Those and the ones that decide with them.
        judged: BTreeSet<Arc<str>>,
    },
}

impl Scope {
    /// The cameras of those names and what decides with them in either plan; all cameras where none is named.
    ///
    /// # Errors
    /// Neither plan has a camera of one of these names.
    pub(crate) fn new(cameras: &[String], plans: [&Plan; 2]) -> Result<Self, Unjudged> {
        if cameras.is_empty() {
            return Ok(Scope::All);
        }
        let unknown = unknown(cameras, plans);
        if !unknown.is_empty() {
            return Err(Unjudged::all(unknown));
        }
        let asked: BTreeSet<Arc<str>> = cameras.iter().map(|camera| camera.as_str().into()).collect();
        let mut judged = asked.clone();
        loop {
            let before = judged.len();
            for plan in plans {
                let joined = joined(plan, &judged);
                judged.extend(joined);
            }
            if judged.len() == before {
                return Ok(Scope::Some { asked, judged });
            }
        }
    }

    /// Whether a camera is judged.
    pub(crate) fn has(&self, camera: &str) -> bool {
        match self {
            Scope::All => true,
            Scope::Some { judged, .. } => judged.contains(camera),
        }
    }

    /// Whether an alert of these cameras is judged; one of sensors alone is.
    pub(crate) fn holds(&self, cameras: &[Arc<str>]) -> bool {
        cameras.is_empty() || cameras.iter().any(|camera| self.has(camera))
    }

    /// Whether an alert of these cameras is asked about.
    pub(crate) fn is_asked_about(&self, cameras: &[Arc<str>]) -> bool {
        match self {
            Scope::All => true,
            Scope::Some { asked, .. } => cameras.iter().any(|camera| asked.contains(camera)),
        }
    }

    /// Cameras that are judged and not asked about.
    pub(crate) fn besides(&self) -> Vec<Arc<str>> {
        match self {
            Scope::All => Vec::new(),
            Scope::Some { asked, judged } => judged.difference(asked).cloned().collect(),
        }
    }

    /// The plan without the cameras that are not judged.
    pub(crate) fn narrowed(&self, mut plan: Plan) -> Plan {
        plan.cameras.retain(|camera| self.has(&camera.id));
        plan
    }

    /// The cameras to show, in the order of the plans.
    pub(crate) fn shown(&self, plans: &[Plan; 2]) -> Vec<Arc<str>> {
        let mut shown = ids([&plans[0], &plans[1]]);
        shown.retain(|camera| self.is_asked_about(std::slice::from_ref(camera)));
        shown
    }
}

/// The cameras of those names that neither plan has.
pub(super) fn unknown(cameras: &[String], plans: [&Plan; 2]) -> Vec<Unjudged> {
    let known = ids(plans);
    let is_unknown = |camera: &&String| !known.iter().any(|id| **id == ***camera);
    let one = |camera: &String| Unjudged::UnknownCamera { camera: camera.clone(), known: known.clone() };
    cameras.iter().filter(is_unknown).map(one).collect()
}

/// The cameras of both plans, each once, in their order.
fn ids(plans: [&Plan; 2]) -> Vec<Arc<str>> {
    let mut ids: Vec<Arc<str>> = Vec::new();
    for camera in plans.iter().flat_map(|plan| &plan.cameras) {
        if !ids.contains(&camera.id) {
            ids.push(camera.id.clone());
        }
    }
    ids
}

/// The cameras that feed a signal which one of these feeds, at the same place or one beside it.
fn joined(plan: &Plan, cameras: &BTreeSet<Arc<str>>) -> Vec<Arc<str>> {
    let sources = plan.sources();
    let is_beside = |a: &Arc<str>, b: &Arc<str>| {
        a == b
            || plan.neighbours.contains(&(a.clone(), b.clone()))
            || plan.neighbours.contains(&(b.clone(), a.clone()))
    };
    let of_them =
        sources.iter().filter(|source| source.id.camera().is_some_and(|camera| cameras.contains(camera)));
    let places: BTreeSet<(&Arc<str>, &Arc<str>)> =
        of_them.map(|source| (&source.kind, &source.grid)).collect();
    let joined = sources.iter().filter(|source| {
        places.iter().any(|(kind, grid)| **kind == source.kind && is_beside(grid, &source.grid))
    });
    joined.filter_map(|source| source.id.camera().cloned()).collect()
}
