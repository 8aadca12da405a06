//! Fusion: from what all sources say to one alert per incident.
//!
//! A signal is a belief per kind and grid cell (see [`super::signals`]). When it passes a level it becomes an
//! alert; whatever camera or sensor of the cell, or of a neighbouring one where configured, sees the same kind of
//! thing meanwhile joins that alert as evidence from another origin. Cells and sources are fixed by
//! configuration, so memory is too.
//!
//! Missing is not normal: a signal whose speaking sources could not raise it by themselves is `unknown`, never
//! `off`, and an alert whose sources fell silent is not ended as cleared.

mod assess;
mod incident;
mod source;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use super::acceptance::AcceptancePlan;
use super::alert::{AckOutcome, Acknowledgement, AlertId, Basis, Contribution, Revision, Shown};
use super::alert_lifecycle::AlertIds;
use super::alert_lifecycle::handling::{HandlingStep, NotHandled};
use super::camera_health::NoVideoCause;
use super::signals::{SignalPlan, SourceId, log_odds};
use super::time::Moment;
use crate::types::level::Level;
use crate::types::phase::PhaseReason;

use assess::Assessment;
use incident::Incident;
use source::{Source, Voice};

/// A source of a signal, resolved to a place.
#[derive(Debug, Clone, PartialEq)]
pub struct SourcePlan {
    /// The signal's kind.
    pub kind: Arc<str>,
    /// The grid cell in which the source stands.
    pub grid: Arc<str>,
    /// The camera whose alert it is, where each camera has one of its own.
    pub camera: Option<Arc<str>>,
    /// Who speaks.
    pub id: SourceId,
    /// Log-odds of a sure "yes".
    pub weight: f64,
    /// It counts only while a source that does not only support counts.
    pub only_supports: bool,
}

/// The report of a source at one moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SourceReport<'a> {
    /// The time of the report.
    pub at: Moment,
    /// How strongly it says "yes", 0..1; 0: it looked and saw nothing.
    pub strength: f32,
    /// What was measured.
    pub value: f64,
    /// The zone or line it is about.
    pub zone: Option<&'a Arc<str>>,
    /// What is seen.
    pub shown: &'a [Shown],
    /// Why a camera gives no video, where that is known.
    pub cause: Option<NoVideoCause>,
}

/// The state of a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// There is an open alert.
    On,
    /// Its sources speak and say nothing of it.
    Off,
    /// The sources that still speak could not raise it.
    Unknown,
}

/// A signal at one place, as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct SignalState {
    /// The kind of thing.
    pub kind: Arc<str>,
    /// Where.
    pub grid: Arc<str>,
    /// The camera it is about, where each camera has an alert of its own.
    pub camera: Option<Arc<str>>,
    /// What is believed.
    pub state: State,
    /// How much, 0..1.
    pub belief: f64,
}

/// All signals of a box.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fusion {
    signals: Vec<Signal>,
    /// Only looked up: every frame and every tick asks for the eight conditions of a camera.
    routes: HashMap<SourceId, Vec<Route>>,
}

/// The destination of a source's reports.
#[derive(Debug, Clone, Copy)]
struct Route {
    signal: usize,
    cell: usize,
    source: usize,
}

#[derive(Debug, Clone)]
struct Signal {
    plan: Arc<SignalPlan>,
    /// What all sources of a cell say, in log-odds, is not enough to begin an alert below this.
    enough: f64,
    /// In order of grid code, then camera.
    cells: Vec<Cell>,
}

#[derive(Debug, Clone)]
struct Cell {
    grid: Arc<str>,
    /// The camera of the alert, if each camera has one of its own.
    camera: Option<Arc<str>>,
    /// Indices of the cells beside it; empty where neighbours do not join.
    neighbours: Vec<usize>,
    /// In order of their ids: sums are made in this order, not in that of the reports.
    sources: Vec<Source>,
    incident: Option<Incident>,
    quiet: Quiet,
    /// Start of the time in which belief is at each level of the plan.
    above_since: Vec<Option<Duration>>,
}

/// The cooldown after an end: no alert up to this level begins.
#[derive(Debug, Clone, Copy)]
struct Quiet {
    until: Duration,
    up_to: Level,
}

/// Sums that are made in another order differ by less than this.
const ROUNDING: f64 = 1e-9;

impl Fusion {
    /// Signals without a past. `neighbours` are pairs of grid codes that touch.
    pub(crate) fn new(
        plans: Vec<SignalPlan>,
        sources: &[SourcePlan],
        neighbours: &BTreeSet<(Arc<str>, Arc<str>)>,
    ) -> Self {
        let mut fusion = Fusion::default();
        for plan in plans {
            let mut by_cell: BTreeMap<_, BTreeMap<SourceId, &SourcePlan>> = BTreeMap::new();
            for source in sources.iter().filter(|source| source.kind == plan.kind) {
                let cell = (source.grid.clone(), source.camera.clone());
                by_cell.entry(cell).or_default().insert(source.id.clone(), source);
            }
            let grids: Vec<Arc<str>> = by_cell.keys().map(|(grid, _)| grid.clone()).collect();
            let joins = plan.join_neighbours && !plan.each_camera;
            let touch = |a: &Arc<str>, b: &Arc<str>| {
                neighbours.contains(&(a.clone(), b.clone())) || neighbours.contains(&(b.clone(), a.clone()))
            };
            let cells = by_cell
                .into_iter()
                .map(|((grid, camera), sources)| Cell {
                    neighbours: (0..grids.len())
                        .filter(|i| joins && grids[*i] != grid && touch(&grids[*i], &grid))
                        .collect(),
                    sources: sources
                        .into_values()
                        .map(|source| Source::new(source, plan.half_life))
                        .collect(),
                    grid,
                    camera,
                    incident: None,
                    quiet: Quiet { until: Duration::ZERO, up_to: Level::Blue },
                    above_since: vec![None; plan.levels.len()],
                })
                .collect();
            let enough = log_odds(plan.raise()) - log_odds(plan.prior) - ROUNDING;
            fusion.signals.push(Signal { plan: Arc::new(plan), enough, cells });
        }
        for (signal, of) in fusion.signals.iter().enumerate() {
            for (cell, of) in of.cells.iter().enumerate() {
                for (source, of) in of.sources.iter().enumerate() {
                    let route = Route { signal, cell, source };
                    fusion.routes.entry(of.id.clone()).or_default().push(route);
                }
            }
        }
        fusion
    }

    /// Whether a source feeds a signal.
    pub(crate) fn is_fed_by(&self, source: &SourceId) -> bool {
        self.routes.contains_key(source)
    }

    /// Takes the report of a source and adds the revisions that follow from it.
    pub(super) fn report(
        &mut self,
        ids: &mut AlertIds,
        source: &SourceId,
        report: SourceReport<'_>,
        published: &mut Vec<Revision>,
    ) {
        let Some(routes) = self.routes.get(source) else { return };
        for route in routes {
            let signal = &mut self.signals[route.signal];
            signal.cells[route.cell].sources[route.source].report(report);
            published.extend(signal.settle(ids, route.cell, report.at));
        }
    }

    /// A source can say nothing any more: what it said fades, and what depends on it may become unknown.
    pub(crate) fn fall_silent(&mut self, source: &SourceId, at: Moment) {
        self.change_voice(source, Voice::Silent(at.mono));
    }

    /// A source is out of use now.
    pub(crate) fn stand_down(&mut self, source: &SourceId) {
        self.change_voice(source, Voice::OffDuty);
    }

    fn change_voice(&mut self, source: &SourceId, voice: Voice) {
        let Some(routes) = self.routes.get(source) else { return };
        for route in routes {
            let source = &mut self.signals[route.signal].cells[route.cell].sources[route.source];
            let is_same = std::mem::discriminant(&source.voice) == std::mem::discriminant(&voice);
            if !is_same {
                source.charge.fall_silent();
                source.voice = voice;
            }
        }
    }

    /// Time passed: what was said fades, levels fall, alerts end, repeat and escalate.
    pub(super) fn tick(
        &mut self,
        ids: &mut AlertIds,
        acceptance: &AcceptancePlan,
        at: Moment,
        published: &mut Vec<Revision>,
    ) {
        for signal in &mut self.signals {
            for cell in 0..signal.cells.len() {
                published.extend(signal.settle(ids, cell, at));
                if signal.cells[cell].incident.is_none() {
                    continue;
                }
                let assessment = signal.assess(&signal.members(cell), at.mono);
                let incident = signal.cells[cell].incident.as_mut();
                published
                    .extend(incident.and_then(|incident| incident.escalate(acceptance, &assessment, at)));
            }
        }
    }

    /// The latest revision of every open alert, by signal and then by grid.
    pub(crate) fn open(&self) -> impl Iterator<Item = &Revision> {
        self.incidents().map(Incident::published)
    }

    /// Every signal at every place.
    pub(crate) fn states(&self, at: Moment) -> Vec<SignalState> {
        self.cells().map(|(signal, index)| signal.state(index, &signal.assess_at(index, at))).collect()
    }

    /// The signals that a camera feeds, each with who contributes to it now.
    pub(crate) fn states_of(&self, camera: &str, at: Moment) -> Vec<(SignalState, Vec<Contribution>)> {
        let is_fed = |(signal, index): &(&Signal, usize)| {
            let mut sources = signal.cells[*index].sources.iter();
            sources.any(|source| source.id.camera().is_some_and(|of| **of == *camera))
        };
        self.cells()
            .filter(is_fed)
            .map(|(signal, index)| {
                let assessment = signal.assess_at(index, at);
                (signal.state(index, &assessment), assessment.contributions(at))
            })
            .collect()
    }

    fn cells(&self) -> impl Iterator<Item = (&Signal, usize)> {
        self.signals.iter().flat_map(|signal| (0..signal.cells.len()).map(move |index| (signal, index)))
    }

    /// As [`super::Analysis::acknowledge`]; `None`: no such open alert here.
    pub(super) fn acknowledge(
        &mut self,
        alert: &AlertId,
        acknowledgement: &Acknowledgement,
        at: Moment,
    ) -> Option<AckOutcome> {
        Some(self.incident_of(alert)?.acknowledge(acknowledgement, at))
    }

    /// As [`super::Analysis::handle`]; `None`: no such open alert here.
    pub(super) fn handle(
        &mut self,
        alert: &AlertId,
        step: &HandlingStep,
        at: Moment,
    ) -> Option<Result<Revision, NotHandled>> {
        Some(self.incident_of(alert)?.handle(step, at))
    }

    /// As [`super::Analysis::mute_changed`]; `None`: no such open alert here.
    pub(super) fn mute_changed(&mut self, alert: &AlertId, at: Moment) -> Option<Revision> {
        Some(self.incident_of(alert)?.mute_changed(at))
    }

    /// Takes up an alert from before a restart; gives it back if it has no place here any more.
    pub(super) fn restore(&mut self, published: Revision, at: Moment) -> Option<Revision> {
        let cell = self
            .signals
            .iter_mut()
            .filter(|signal| signal.plan.kind == published.kind)
            .flat_map(|signal| {
                let hold = signal.plan.hold;
                signal.cells.iter_mut().map(move |cell| (cell, hold))
            })
            .find(|(cell, _)| cell.is_place_of(&published) && cell.incident.is_none());
        match cell {
            Some((cell, hold)) if published.why.basis == Basis::Belief => {
                cell.incident = Some(Incident::restored(published, hold, at));
                None
            }
            _ => Some(published),
        }
    }

    /// Takes over what goes on unchanged from the signals before a change of configuration, and gives back the
    /// alerts that have no place here any more.
    pub(super) fn inherit(&mut self, before: Fusion) -> Vec<Revision> {
        let mut homeless = Vec::new();
        for old in before.signals {
            let mut mine = self.signals.iter_mut().find(|signal| signal.plan.kind == old.plan.kind);
            for cell in old.cells {
                let is_heir = |heir: &&mut Cell| heir.grid == cell.grid && heir.camera == cell.camera;
                let heir = mine.as_mut().and_then(|signal| signal.cells.iter_mut().find(is_heir));
                match heir {
                    Some(heir) => heir.inherit(cell),
                    None => homeless.extend(cell.incident.map(Incident::into_published)),
                }
            }
        }
        homeless
    }

    fn incidents(&self) -> impl Iterator<Item = &Incident> {
        self.signals.iter().flat_map(|signal| &signal.cells).filter_map(|cell| cell.incident.as_ref())
    }

    fn incident_of(&mut self, alert: &AlertId) -> Option<&mut Incident> {
        self.signals
            .iter_mut()
            .flat_map(|signal| &mut signal.cells)
            .filter_map(|cell| cell.incident.as_mut())
            .find(|incident| incident.published().alert == *alert)
    }
}

impl Signal {
    fn assess_at(&self, cell: usize, at: Moment) -> Assessment {
        self.assess(&self.members(cell), at.mono)
    }

    fn state(&self, cell: usize, assessment: &Assessment) -> SignalState {
        let cell = &self.cells[cell];
        let state = match (&cell.incident, assessment.could_reach >= self.plan.raise()) {
            (Some(_), _) => State::On,
            (None, true) => State::Off,
            (None, false) => State::Unknown,
        };
        SignalState {
            kind: self.plan.kind.clone(),
            grid: cell.grid.clone(),
            camera: cell.camera.clone(),
            state,
            belief: assessment.belief,
        }
    }

    /// The cell whose alert an event here joins: this one, a neighbour with an open alert, or none yet.
    fn home(&self, cell: usize) -> usize {
        if self.cells[cell].incident.is_some() {
            return cell;
        }
        let open = |i: &usize| self.cells[*i].incident.is_some();
        self.cells[cell].neighbours.iter().copied().find(open).unwrap_or(cell)
    }

    /// The cells whose sources count for `home`: itself and the neighbours that belong to no other alert.
    fn members(&self, home: usize) -> Vec<usize> {
        let is_open = self.cells[home].incident.is_some();
        let belongs = |i: &usize| {
            let of = self.home(*i);
            of == home || (!is_open && of == *i && self.cells[*i].incident.is_none())
        };
        let mut members = vec![home];
        members.extend(self.cells[home].neighbours.iter().copied().filter(belongs));
        members.sort_unstable();
        members
    }

    /// Whether nothing can follow at a cell: no alert is open there or beside it, and all that was said there,
    /// without any cap, is not enough to begin one. Most words of a quiet street end here, and allocate nothing.
    fn is_quiet(&self, cell: usize, at: Duration) -> bool {
        let here = &self.cells[cell];
        let all = here.neighbours.iter().map(|beside| &self.cells[*beside]).chain([here]);
        let is_calm =
            all.clone().all(|cell| cell.incident.is_none()) && here.above_since.iter().all(Option::is_none);
        let said: f64 = all.flat_map(|cell| &cell.sources).map(|source| source.charge.value(at)).sum();
        is_calm && said < self.enough
    }

    /// Sees what follows at a cell from what was said so far.
    fn settle(&mut self, ids: &mut AlertIds, cell: usize, at: Moment) -> Option<Revision> {
        if self.is_quiet(cell, at.mono) {
            return None;
        }
        let home = self.home(cell);
        let members = self.members(home);
        let assessment = self.assess(&members, at.mono);
        let plan = self.plan.clone();
        let cell = &mut self.cells[home];
        let wanted = cell.wanted(&plan, &assessment, at.mono);
        match &mut cell.incident {
            Some(incident) => {
                let revision = incident.go_on(ids, &plan, &assessment, wanted, at)?;
                if revision.is_last() {
                    let is_cleared = revision.reason == PhaseReason::Cleared;
                    let until = if is_cleared { at.mono.saturating_add(plan.cooldown) } else { at.mono };
                    cell.quiet = Quiet { until, up_to: revision.level_max };
                    cell.incident = None;
                }
                Some(revision)
            }
            None => {
                let level =
                    wanted.filter(|level| at.mono >= cell.quiet.until || *level > cell.quiet.up_to)?;
                let incident = Incident::begin(ids, &plan, cell, &assessment, level, at);
                let published = incident.published().clone();
                cell.incident = Some(incident);
                Some(published)
            }
        }
    }
}

impl Cell {
    /// Whether an alert from before a restart belongs here.
    fn is_place_of(&self, published: &Revision) -> bool {
        let is_its = |camera: &Arc<str>| published.camera() == Some(camera);
        self.grid == published.grid && self.camera.as_ref().is_none_or(is_its)
    }

    /// The highest level for which belief, duration and origins are enough.
    fn wanted(&mut self, plan: &SignalPlan, assessment: &Assessment, at: Duration) -> Option<Level> {
        let mut wanted = None;
        for (step, since) in plan.levels.iter().zip(&mut self.above_since) {
            if assessment.belief < step.belief {
                *since = None;
                continue;
            }
            let since = *since.get_or_insert(at);
            if at.saturating_sub(since) >= step.after && assessment.origins >= step.origins {
                wanted = Some(step.level);
            }
        }
        wanted
    }

    fn inherit(&mut self, old: Cell) {
        self.incident = old.incident;
        self.quiet = old.quiet;
        if self.above_since.len() == old.above_since.len() {
            self.above_since = old.above_since;
        }
        for source in &mut self.sources {
            if let Some(before) = old.sources.iter().find(|before| before.id == source.id) {
                source.inherit(before);
            }
        }
    }
}
