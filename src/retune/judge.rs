//! [`Judge`]: one configuration, or the ones that ran, over the entries of the journal.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Unjudged;
use super::scope::Scope;
use crate::alerts::alert_state;
use crate::analysis::alert::{AlertId, Revision};
use crate::analysis::time::Moment;
use crate::analysis::{Analysis, Plan};
use crate::config::{Config, Surroundings};
use crate::control::overrides::Settings;
use crate::control::settings;
use crate::journal::{Configuration, Entry, Input, Look, Published, Session};
use crate::types::language::Language;

/// The ids of so many alerts are kept over a restart: more than a week of a box that tells too much (a guess).
const KEPT_IDS: usize = 5_000;
/// The ids of so many alerts are known to a judge that works for days; the oldest are forgotten.
const MOST_IDS: usize = 50_000;

/// The configuration that ran, from the journal.
///
/// # Errors
/// It cannot be read any more: what another version of the program wrote.
pub(crate) fn config_of(configuration: &Configuration) -> Result<Config, Unjudged> {
    let config = config_as_written(configuration)?;
    Ok(match values_set(configuration) {
        Some(set) => settings::apply(config, &set),
        None => config,
    })
}

/// The same without the values that the command centre had set in its place.
///
/// # Errors
/// As [`config_of`].
pub(super) fn config_as_written(configuration: &Configuration) -> Result<Config, Unjudged> {
    let path: &Path = &configuration.path;
    Config::from_text(path, &configuration.text, &Surroundings::elsewhere(path))
        .map_err(|problems| Unjudged::Old(Box::new((path.to_owned(), problems))))
}

/// The values that the command centre had set.
pub(super) fn values_set(configuration: &Configuration) -> Option<Settings> {
    configuration.settings.as_deref().and_then(|text| serde_json::from_str::<Settings>(text).ok())
}
/// What is different in the plan of a configuration.
pub(crate) type Change<'c> = &'c (dyn Fn(&mut Plan) + Sync);

/// What a judge made.
#[derive(Debug, Default)]
pub(crate) struct Judged {
    /// In order of time.
    pub(crate) revisions: Vec<Revision>,
    /// What was published live of the cameras that were judged, in order.
    pub(super) published: Vec<Published>,
    /// Which alert of the judge each live one is, where their ids differ.
    pub(crate) ids: BTreeMap<AlertId, AlertId>,
    /// Live alerts that had begun before the journal that was read.
    pub(super) began_before: BTreeSet<AlertId>,
    /// When entries are missing, or the run before was killed.
    pub(super) breaks: Vec<Moment>,
}

/// What a judge keeps over a restart: which alerts are open, its own and live ones it has seen, and which is which.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept {
    open: Vec<String>,
    own: Vec<String>,
    live: Vec<String>,
    ids: Vec<(String, String)>,
}

/// Whose configuration is judged.
enum Whose<'c> {
    /// The ones that ran.
    Journal,
    /// This one, whatever ran, with something different in its plan.
    New(&'c Config, Change<'c>),
}

/// One analysis and what it made.
pub(crate) struct Judge<'c> {
    whose: Whose<'c>,
    scope: &'c Scope,
    analysis: Option<Analysis>,
    /// The run of the daemon.
    session: Option<u64>,
    /// Alerts of this judge, by their ids.
    own: BTreeSet<AlertId>,
    /// Alerts that were published live, by theirs.
    live: BTreeSet<AlertId>,
    judged: Judged,
    /// Where in the revisions those begin that followed from the latest input.
    latest_from: usize,
    latest: Option<Moment>,
    was_stopped: bool,
    /// Where in the revisions those begin that were not given out ([`Judge::take_new`]).
    given: usize,
    /// What was open in a run of which this judge saw nothing ([`Judge::resume`]).
    kept_open: Option<Vec<Vec<u8>>>,
}

impl<'c> Judge<'c> {
    /// Of the configurations that ran.
    pub(crate) fn of_the_journal(scope: &'c Scope) -> Self {
        Judge::new(Whose::Journal, scope)
    }

    /// Of a new one.
    pub(crate) fn of(scope: &'c Scope, new: &'c Config) -> Self {
        Judge::of_changed(scope, new, &|_| {})
    }

    /// Of a new one in whose plan something is different.
    pub(crate) fn of_changed(scope: &'c Scope, new: &'c Config, change: Change<'c>) -> Self {
        Judge::new(Whose::New(new, change), scope)
    }

    fn new(whose: Whose<'c>, scope: &'c Scope) -> Self {
        Judge {
            whose,
            scope,
            analysis: None,
            session: None,
            own: BTreeSet::new(),
            live: BTreeSet::new(),
            judged: Judged::default(),
            latest_from: 0,
            latest: None,
            was_stopped: true,
            given: 0,
            kept_open: None,
        }
    }

    /// What it made; open alerts stay open.
    pub(crate) fn finish(self) -> Judged {
        self.judged
    }

    /// Revisions that it made until now.
    pub(super) fn made_so_far(&self) -> usize {
        self.judged.revisions.len()
    }

    /// Takes out what it made so far, and what was published live meanwhile, so that neither grows with the journal. What
    /// follows from the latest input stays: what is published next is compared with it.
    #[cfg_attr(
        not(feature = "web"),
        allow(dead_code, reason = "only the search for better values asks for it")
    )]
    pub(crate) fn take_made(&mut self) -> (Vec<Revision>, Vec<Published>) {
        let made = self.judged.revisions.drain(..self.latest_from).collect();
        self.latest_from = 0;
        (made, std::mem::take(&mut self.judged.published))
    }

    /// Every revision that it made.
    #[cfg(test)]
    pub(crate) fn revisions(self) -> Vec<Revision> {
        self.judged.revisions
    }

    /// The analysis as it is now; nothing before the first run.
    pub(super) fn analysis(&self) -> Option<&Analysis> {
        self.analysis.as_ref()
    }

    /// The id under which an alert of this judge was published; its own where it was not.
    pub(super) fn published_as<'a>(&'a self, own: &'a AlertId) -> &'a AlertId {
        self.judged.ids.iter().find(|(_, made)| *made == own).map_or(own, |(live, _)| live)
    }

    /// Takes one entry.
    ///
    /// # Errors
    /// A configuration cannot be used.
    pub(crate) fn take(&mut self, entry: &Entry) -> Result<(), Unjudged> {
        match entry {
            Entry::Session(session) => self.begin(session)?,
            Entry::Reload { at, configuration } => self.reload(configuration, *at)?,
            Entry::Input(input) => self.apply(input),
            Entry::Published(published) => self.was_published(published),
            Entry::Hole(hole) => self.judged.breaks.extend(hole.at.or(self.latest)),
            Entry::Mutes { .. } | Entry::Unwatched(_) | Entry::Shadow(_) => {}
            Entry::Stop { .. } => self.was_stopped = true,
        }
        self.latest = entry.at().or(self.latest);
        Ok(())
    }

    /// The revisions that it made since this was last asked. A judge that works for days is asked often: what it made and
    /// what was published is not kept in it then, but for what the next entry needs.
    pub(crate) fn take_new(&mut self) -> Vec<Revision> {
        let made = self.judged.revisions.get(self.given..).unwrap_or_default().to_vec();
        self.judged.revisions.drain(..self.latest_from);
        self.latest_from = 0;
        self.given = self.judged.revisions.len();
        self.judged.published.clear();
        self.judged.breaks.clear();
        for known in [&mut self.own, &mut self.live] {
            while known.len() > MOST_IDS {
                known.pop_first();
            }
        }
        while self.judged.ids.len() > MOST_IDS {
            self.judged.ids.pop_first();
        }
        made
    }

    /// What it needs to go on in the next run of the daemon as if it had seen this one.
    pub(crate) fn kept(&self) -> Kept {
        let open = self.analysis.iter().flat_map(Analysis::open);
        // An alert that JSON cannot hold is none that was read from it. Nobody reads the language.
        let state = |open| alert_state::to_bytes(open, &[], Language::English).ok();
        let state = open.filter_map(state).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let text = |id: &AlertId| id.0.to_string();
        Kept {
            open: state.collect(),
            // Ids begin with the time: the latest are the last.
            own: self.own.iter().rev().take(KEPT_IDS).map(text).collect(),
            live: self.live.iter().rev().take(KEPT_IDS).map(text).collect(),
            ids: self.judged.ids.iter().rev().take(KEPT_IDS).map(|(a, b)| (text(a), text(b))).collect(),
        }
    }

    /// Goes on from what a judge of the same configuration kept; before the first entry.
    pub(crate) fn resume(&mut self, kept: Kept) {
        let id = |text: String| AlertId(text.into());
        self.own = kept.own.into_iter().map(id).collect();
        self.live = kept.live.into_iter().map(id).collect();
        self.judged.ids = kept.ids.into_iter().map(|(live, own)| (id(live), id(own))).collect();
        self.kept_open = Some(kept.open.into_iter().map(String::into_bytes).collect());
    }

    fn plan(&self, configuration: &Configuration) -> Result<Plan, Unjudged> {
        let plan = match self.whose {
            Whose::Journal => config_of(configuration)?.plan_with(&configuration.recommended),
            Whose::New(new, change) => {
                let mut plan = new.plan_with(&configuration.recommended);
                change(&mut plan);
                plan
            }
        };
        Ok(self.scope.narrowed(plan))
    }

    /// A run of the daemon begins. The alerts that are open are taken up: those that the daemon took up, or what this judge
    /// has open, where it is not the daemon's configuration or the daemon's are not known.
    fn begin(&mut self, session: &Session) -> Result<(), Unjudged> {
        if self.session == Some(session.id) {
            return Ok(());
        }
        if !self.was_stopped && self.session.is_some() {
            self.judged.breaks.push(session.at);
        }
        let mine: Option<Vec<Revision>> = match &self.analysis {
            Some(analysis) => {
                Some(analysis.open().cloned().map(|open| Revision { at: session.at, ..open }).collect())
            }
            None => self.kept_open.take().map(|open| read(&open, session.at).collect()),
        };
        let taken_up = match (&self.whose, mine) {
            (Whose::New(..), Some(mine)) => mine,
            (Whose::Journal, Some(mine)) if session.goes_on => mine,
            (Whose::Journal, _) | (Whose::New(..), None) => self.restored(session),
        };
        let mut analysis = Analysis::new(session.box_id.clone(), self.plan(&session.configuration)?)?;
        self.own.extend(taken_up.iter().map(|revision| revision.alert.clone()));
        let revisions = analysis.restore(taken_up, session.at);
        self.analysis = Some(analysis);
        (self.session, self.was_stopped) = (Some(session.id), false);
        self.made(revisions);
        Ok(())
    }

    /// What the daemon took up at its start, of the cameras that are judged. One that cannot be read is left out, as then.
    fn restored(&self, session: &Session) -> Vec<Revision> {
        read(&session.restored, session.at)
            .filter(|revision| self.scope.holds(&revision.origin.cameras))
            .collect()
    }

    fn reload(&mut self, configuration: &Configuration, at: Moment) -> Result<(), Unjudged> {
        // Of a new configuration only what the model recommends may be another.
        let plan = self.plan(configuration)?;
        let Some(analysis) = &mut self.analysis else { return Ok(()) };
        let revisions = analysis.reconfigure(plan, at)?;
        self.made(revisions);
        Ok(())
    }

    fn apply(&mut self, input: &Input) {
        if input.camera().is_some_and(|camera| !self.scope.has(camera)) {
            return;
        }
        let input = self.of_own_alert(input);
        let Some(analysis) = &mut self.analysis else { return };
        let revisions = input.apply(analysis);
        self.made(revisions);
    }

    fn made(&mut self, revisions: Vec<Revision>) {
        self.latest_from = self.judged.revisions.len();
        for revision in revisions {
            if !self.own.contains(&revision.alert) {
                self.own.insert(revision.alert.clone());
            }
            self.judged.revisions.push(revision);
        }
    }

    /// What was published live after the input before it.
    fn was_published(&mut self, published: &Published) {
        let cameras: Vec<Arc<str>> = published.camera.iter().cloned().collect();
        if !self.scope.holds(&cameras) {
            return;
        }
        let live = &published.alert;
        let is_known = self.own.contains(live) || self.judged.ids.contains_key(live);
        let is_first = self.live.insert(live.clone());
        if !is_known {
            if is_first && published.rev > 1 {
                self.judged.began_before.insert(live.clone());
            }
            // Ids count the alerts of a run, so those of another configuration, or of a run whose beginning is not known,
            // are others.
            let is_free = |id: &AlertId| !self.judged.ids.values().any(|taken| taken == id);
            // One that ended as soon as it began is not open any more.
            let latest = &self.judged.revisions[self.latest_from..];
            let open = self.analysis.iter().flat_map(Analysis::open);
            let mut candidates = latest.iter().chain(open);
            let twin = candidates.find(|made| is_twin(made, published) && is_free(&made.alert));
            if let Some(twin) = twin.map(|twin| twin.alert.clone()) {
                self.judged.ids.insert(live.clone(), twin);
            }
        }
        self.judged.published.push(published.clone());
    }

    /// What people did about a live alert, they would have done about this judge's alert of the same thing.
    fn of_own_alert(&self, input: &Input) -> Input {
        let mut input = input.clone();
        let alert = match &mut input {
            Input::Acknowledge { alert, .. }
            | Input::Handle { alert, .. }
            | Input::MuteChanged { alert, .. } => alert,
            Input::Look(Look { .. })
            | Input::Health { .. }
            | Input::Silent { .. }
            | Input::Back { .. }
            | Input::Paused { .. }
            | Input::Reading { .. }
            | Input::Tick { .. }
            | Input::Test { .. } => return input,
        };
        if let Some(own) = self.judged.ids.get(alert) {
            *alert = own.clone();
        }
        input
    }
}

/// Alerts as the box keeps them for itself, each as of that moment.
fn read(stored: &[Vec<u8>], at: Moment) -> impl Iterator<Item = Revision> {
    stored
        .iter()
        .filter_map(move |bytes| alert_state::from_bytes(bytes, at).ok())
        .map(|(revision, _)| revision)
}

/// Whether an alert of a judge tells of the same as what was published live.
fn is_twin(made: &Revision, published: &Published) -> bool {
    made.why.basis.rule() == published.rule.as_ref()
        && made.kind == published.kind
        && made.camera() == published.camera.as_ref()
        && made.grid == published.grid
}
