//! A box in memory for tests of those who judge a journal: a live analysis that is driven, and the journal of what it was given
//! and made.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::alerts::alert_state;
use crate::analysis::alert::{Act, Revision};
use crate::analysis::alert_lifecycle::handling::{GivenVerdict, HandlingStep};
use crate::analysis::detection::{Class, Detection};
use crate::analysis::time::{Moment, Timestamp};
use crate::analysis::{Analysis, Event};
use crate::config::{Config, Surroundings};
use crate::contract::alert::ModelRef;
use crate::journal::{Configuration, Entry, Input, Look, Looked, Published, Session};
use crate::types::hex::sha256_hex;
use crate::types::language::Language;
use crate::types::phase::Phase;
use crate::types::verdict::Verdict;

/// Two cameras with the zone `lane`; `more` stands in each of them.
pub(crate) fn cameras(more: &str) -> String {
    let camera = |id: &str| {
        format!(
            "[[camera]]\nid = \"{id}\"\neye = \"village\"\nurl = \"rtsp://10.0.0.31/{id}\"\ngrid = \"53012700300102\"\n{more}\n\
             [[camera.zone]]\nid = \"lane\"\npolygon = [[0.1, 0.5], [0.9, 0.5], [0.9, 1.0], [0.1, 1.0]]\n"
        )
    };
    camera("cam-1") + &camera("cam-2")
}

pub(crate) fn config(text: &str) -> Config {
    let path = Path::new("/etc/lookout/lookout.toml");
    Config::from_text(path, text, &Surroundings::elsewhere(path))
        .unwrap_or_else(|problems| panic!("{problems}"))
}

/// One that ran with a model that finds people, and recommends that threshold for them.
pub(crate) fn configuration(text: &str, recommended: Option<f32>) -> Arc<Configuration> {
    Arc::new(Configuration {
        path: "/etc/lookout/lookout.toml".into(),
        sha256: sha256_hex(text.as_bytes()),
        text: text.to_owned(),
        settings: None,
        model: ModelRef::none(),
        classes: vec![Class::PERSON],
        recommended: BTreeMap::from_iter(recommended.map(|threshold| (Class::PERSON, threshold))),
    })
}

/// When the journal begins.
pub(crate) fn start() -> Timestamp {
    "2026-11-16T06:00:00Z".parse().unwrap()
}

/// The beginning of a run in which nothing was open.
pub(crate) fn session(id: u64, at: Moment, configuration: &Arc<Configuration>) -> Session {
    Session {
        at,
        id,
        goes_on: false,
        software: env!("CARGO_PKG_VERSION").to_owned(),
        box_id: "box-1".into(),
        configuration: configuration.clone(),
        restored: Vec::new(),
        mutes: Vec::new(),
    }
}

/// The live box. Times are in seconds from the beginning of the journal.
pub(crate) struct TestBox {
    analysis: Analysis,
    configuration: Arc<Configuration>,
    pub(crate) entries: Vec<Entry>,
    /// When the latest run began.
    began: f64,
}

impl TestBox {
    pub(crate) fn new(configuration: Arc<Configuration>) -> Self {
        let analysis = analysis_of(&configuration);
        let mut live = TestBox { analysis, configuration, entries: Vec::new(), began: 0.0 };
        live.session(1, 0.0);
        live
    }

    /// The monotonic clock begins anew with each run.
    pub(crate) fn moment(&self, secs: f64) -> Moment {
        let mono = Duration::from_secs_f64(secs - self.began);
        Moment { mono, utc: start() + Duration::from_secs_f64(secs) }
    }

    /// A run of which nothing but its beginning is known to the analysis.
    pub(crate) fn session(&mut self, id: u64, secs: f64) {
        let session = session(id, self.moment(secs), &self.configuration);
        self.entries.push(Entry::Session(Box::new(session)));
    }

    pub(crate) fn stop(&mut self, secs: f64) {
        self.entries.push(Entry::Stop { at: self.moment(secs) });
    }

    fn published(&mut self, revisions: &[Revision]) {
        self.entries.extend(revisions.iter().map(Published::of).map(Entry::Published));
    }

    pub(crate) fn input(&mut self, input: Input) {
        self.entries.push(Entry::Input(input.clone()));
        let revisions = input.apply(&mut self.analysis);
        self.published(&revisions);
    }

    pub(crate) fn look(&mut self, camera: &str, secs: f64, detections: Vec<Detection>) {
        let (camera, at): (Arc<str>, Moment) = (camera.into(), self.moment(secs));
        let event = Event::Detections { camera: camera.clone(), at, detections: detections.clone() };
        let revisions = self.analysis.apply(&event);
        let verdicts = Box::new(self.analysis.verdicts(&camera).cloned().unwrap_or_default());
        let look = Look { camera, at, looked: Looked::Once, detections, verdicts };
        self.entries.push(Entry::Input(Input::Look(look)));
        self.published(&revisions);
    }

    pub(crate) fn tick(&mut self, secs: f64) {
        self.input(Input::Tick { at: self.moment(secs) });
    }

    /// The daemon stops and starts again; what is open is taken up.
    pub(crate) fn restart(&mut self, secs: f64) {
        self.stop(secs);
        let stored = |open| alert_state::to_bytes(open, &[], Language::English).unwrap();
        let restored: Vec<Vec<u8>> = self.analysis.open().map(stored).collect();
        self.began = secs;
        let at = self.moment(secs);
        self.analysis = analysis_of(&self.configuration);
        let revisions = restored.iter().map(|bytes| alert_state::from_bytes(bytes, at).unwrap().0).collect();
        let published = self.analysis.restore(revisions, at);
        let session = Session { restored, ..session(2, at, &self.configuration) };
        self.entries.push(Entry::Session(Box::new(session)));
        self.published(&published);
    }

    pub(crate) fn reload(&mut self, configuration: Arc<Configuration>, secs: f64) {
        let at = self.moment(secs);
        let plan = config(&configuration.text).plan_with(&configuration.recommended);
        let revisions = self.analysis.reconfigure(plan, at).unwrap();
        self.configuration = configuration.clone();
        self.entries.push(Entry::Reload { at, configuration });
        self.published(&revisions);
    }

    /// Somebody says what the alert was which was raised last.
    pub(crate) fn judge(&mut self, verdict: Verdict, secs: f64) {
        let latest = self.entries.iter().rev().find_map(|entry| {
            let Entry::Published(one) = entry else { return None };
            (one.phase == Phase::New).then(|| one.alert.clone())
        });
        let (alert, at) = (latest.unwrap(), self.moment(secs));
        let act = Act { by: "desk-2".to_owned(), key: None, at: at.utc, note: None };
        let step = HandlingStep::Judge(GivenVerdict { act, verdict, cause: None });
        self.input(Input::Handle { alert, step, at });
    }
}

fn analysis_of(configuration: &Configuration) -> Analysis {
    let plan = config(&configuration.text).plan_with(&configuration.recommended);
    Analysis::new("box-1", plan).unwrap()
}
