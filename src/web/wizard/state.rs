//! The state of adding a camera: one for each session, in memory, forgotten after half an hour.
//! Pure: time is an argument.
//!
//! A password stands here until it is written into its secret file; nothing here shows it.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Semaphore;
use tokio::task::AbortHandle;

use super::super::sessions::SessionKey;
use super::secrets::Secrets;
use crate::onvif::{self, CameraAddress, Choice, Device, Found, Login, OnvifError, Profile};
use crate::text::{Sentence, Words, page_wizard as say};
use crate::video::{Fault, StreamInfo, StreamMeasure, UrlError, VideoError};

/// Cameras that are being added at once.
const MOST: usize = 16;
/// Time after the last step at which it is forgotten.
const KEPT_FOR: Duration = Duration::from_secs(30 * 60);
/// Seconds between keyframes beyond which others are offered.
const LONG_KEYFRAME_SECONDS: f32 = 2.5;
/// More than any user or password of a camera.
pub(super) const MOST_LOGIN_CHARS: usize = 200;

/// One question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Find,
    Login,
    Maker,
    Streams,
    Picture,
    Name,
    Place,
}

impl Step {
    const ALL: [Step; 7] =
        [Step::Find, Step::Login, Step::Maker, Step::Streams, Step::Picture, Step::Name, Step::Place];
    /// Makers' addresses stand in for the streams of ONVIF.
    pub(super) const COUNT: u8 = 6;

    /// The last part of its path.
    fn name(self) -> &'static str {
        match self {
            Step::Find => "find",
            Step::Login => "login",
            Step::Maker => "maker",
            Step::Streams => "streams",
            Step::Picture => "picture",
            Step::Name => "name",
            Step::Place => "place",
        }
    }

    pub(super) fn named(name: &str) -> Option<Step> {
        Step::ALL.into_iter().find(|step| step.name() == name)
    }

    pub(super) fn path(self) -> String {
        format!("{}/{}", super::PATH, self.name())
    }

    pub(super) fn number(self) -> u8 {
        match self {
            Step::Find => 1,
            Step::Login => 2,
            Step::Maker | Step::Streams => 3,
            Step::Picture => 4,
            Step::Name => 5,
            Step::Place => 6,
        }
    }
}

/// Why a step did not come to its end.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Trouble {
    pub(super) what: Words,
    pub(super) hint: Option<Words>,
    /// Another login may help.
    pub(super) is_login: bool,
}

impl Trouble {
    pub(super) fn new(what: impl Into<Words>, hint: Option<Sentence>) -> Self {
        Trouble { what: what.into(), hint: hint.map(Words::from), is_login: false }
    }

    /// A fault that another login may solve.
    fn of_login(what: Sentence, hint: Option<Sentence>) -> Self {
        Trouble { is_login: true, ..Trouble::new(what, hint) }
    }
}

impl From<OnvifError> for Trouble {
    fn from(error: OnvifError) -> Self {
        match &error {
            OnvifError::PasswordNeeded { address } => Trouble::of_login(say::login_is_needed(address), None),
            OnvifError::PasswordWrong { .. }
            | OnvifError::LockedOut { .. }
            | OnvifError::Forbidden { .. } => Trouble::of_login(error.sentence(), Some(error.hint())),
            // Their hints are for the command line.
            OnvifError::NoStreams { .. } | OnvifError::TooLarge { .. } | OnvifError::Misread { .. } => {
                Trouble::new(error.sentence(), Some(say::try_streams_path()))
            }
            OnvifError::NoNetwork { .. }
            | OnvifError::NoAddress { .. }
            | OnvifError::UnknownHost { .. }
            | OnvifError::Refused { .. }
            | OnvifError::Unreachable { .. }
            | OnvifError::NoAnswer { .. }
            | OnvifError::NotEncrypted { .. }
            | OnvifError::NotOnvif { .. }
            | OnvifError::SentElsewhere { .. }
            | OnvifError::Failed { .. }
            | OnvifError::Unsupported { .. }
            | OnvifError::Fault { .. } => Trouble::new(error.sentence(), Some(error.hint())),
        }
    }
}

impl From<VideoError> for Trouble {
    fn from(error: VideoError) -> Self {
        let mut fault = &error.fault;
        while let Fault::SentOn { fault: inner, .. } = fault {
            fault = inner;
        }
        let what = error.fault.sentence();
        match fault {
            Fault::PasswordNeeded { .. } => Trouble::of_login(what, None),
            Fault::PasswordWrong { .. } => Trouble::of_login(what, fault.hint()),
            Fault::NotFound { .. } => Trouble::new(what, Some(say::try_streams_path())),
            fault => Trouble::new(what, fault.hint()),
        }
    }
}

impl From<UrlError> for Trouble {
    fn from(error: UrlError) -> Self {
        Trouble { is_login: error == UrlError::NoLogin, ..Trouble::new(error.sentence(), error.hint()) }
    }
}

/// The camera that is being added.
#[derive(Debug, Clone)]
pub(super) struct Target {
    /// Its host as it stands in an address, without port.
    pub(super) host: String,
    /// Its port, where it is another than the usual one.
    pub(super) port: Option<u16>,
    /// What it calls itself.
    pub(super) title: Option<String>,
    pub(super) way: Way,
}

/// How it is reached.
#[derive(Debug, Clone)]
pub(super) enum Way {
    /// By ONVIF.
    Onvif(CameraAddress),
    /// By the address of a stream.
    Stream(String),
}

impl Target {
    /// What people read of it.
    pub(super) fn shown(&self) -> String {
        let place = match self.port {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.clone(),
        };
        match &self.title {
            Some(title) => format!("{title} ({place})"),
            None => place,
        }
    }
}

/// A camera that let us in.
pub(super) struct Opened {
    pub(super) device: Arc<Device>,
    /// The streams of each channel; there is at least one.
    pub(super) views: Vec<Vec<Profile>>,
    /// What it says it is.
    pub(super) title: Option<String>,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").field("views", &self.views.len()).finish_non_exhaustive()
    }
}

/// What the camera made of another keyframe interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Keyframes {
    pub(super) asked: u32,
    pub(super) got: u32,
}

/// The addresses that go into the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Streams {
    pub(super) watch: String,
    pub(super) large: Option<String>,
}

/// What came from the stream.
#[derive(Debug)]
pub(super) struct Looked {
    pub(super) stream: StreamInfo,
    pub(super) measure: StreamMeasure,
    /// The redacted picture, a JPEG file, or why there is none.
    pub(super) picture: Result<Vec<u8>, Sentence>,
    pub(super) broke: Option<Sentence>,
}

/// What it is called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) id: String,
}

/// What was typed of its place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) eye: String,
    pub(super) grid: String,
    pub(super) address: String,
}

/// What takes a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    Searching,
    Opening,
    Setting,
    Looking,
}

impl Doing {
    /// Where somebody waits for it.
    pub(super) fn step(self) -> Step {
        match self {
            Doing::Searching => Step::Find,
            Doing::Opening | Doing::Setting => Step::Streams,
            Doing::Looking => Step::Picture,
        }
    }
}

/// Something that takes a while, begun.
#[derive(Debug, Clone, Copy)]
pub(super) struct Task {
    number: u64,
    pub(super) doing: Doing,
    pub(super) began: Duration,
}

/// Ends what goes on when nobody waits for it any more.
#[derive(Debug)]
struct Running(AbortHandle);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What came of it.
#[derive(Debug)]
pub(super) enum Outcome {
    Searched(Result<Vec<Found>, Trouble>),
    Opened(Result<Opened, Trouble>),
    Set(Result<Keyframes, Trouble>),
    Looked(Box<Result<Looked, Trouble>>),
    /// A fault of the box's own.
    Broken,
}

/// What is known so far.
#[derive(Debug, Default)]
pub(super) struct Wizard {
    touched: Duration,
    pub(super) task: Option<Task>,
    running: Option<Running>,
    /// The last step that did not come to its end.
    pub(super) trouble: Option<(Step, Trouble)>,
    pub(super) found: Option<Vec<Found>>,
    pub(super) target: Option<Target>,
    pub(super) login: Option<Login>,
    pub(super) opened: Option<Opened>,
    /// Which channel; the only one until somebody chooses.
    pub(super) view: Option<usize>,
    /// The camera's names of the streams that somebody chose.
    pub(super) chosen: Option<(String, Option<String>)>,
    pub(super) keyframes: Option<Result<Keyframes, Trouble>>,
    pub(super) streams: Option<Streams>,
    pub(super) looked: Option<Looked>,
    pub(super) named: Option<Named>,
    pub(super) placed: Placed,
}

impl Wizard {
    /// Begins anew with another camera. What was found stays.
    pub(super) fn aim(&mut self, target: Target) {
        let (touched, found) = (self.touched, self.found.take());
        *self = Wizard { touched, found, target: Some(target), ..Wizard::default() };
    }

    /// Forgets what came of a login, as there is another one.
    pub(super) fn log_in(&mut self, login: Option<Login>) {
        self.login = login;
        (self.trouble, self.opened, self.view, self.chosen, self.keyframes) = (None, None, None, None, None);
        (self.streams, self.looked) = (None, None);
    }

    /// The step that somebody who wants `step` comes to: it, or the last one that is still open before it.
    pub(super) fn reached(&self, step: Step) -> Step {
        let waits = self.task.is_some_and(|task| task.doing.step() == step);
        let trouble = self.trouble.as_ref().filter(|(at, _)| *at == step).map(|(_, trouble)| trouble);
        if waits {
            return step;
        }
        if trouble.is_some_and(|trouble| trouble.is_login) {
            return Step::Login;
        }
        let is_open = trouble.is_some();
        match step {
            Step::Find => Step::Find,
            Step::Login | Step::Maker if self.target.is_some() => step,
            Step::Login | Step::Maker => Step::Find,
            Step::Streams if is_open || self.opened.is_some() => step,
            Step::Streams => self.reached(Step::Login),
            Step::Picture if is_open || self.looked.is_some() => step,
            Step::Picture => self.reached(Step::Streams),
            Step::Name if self.looked.is_some() => step,
            Step::Name => self.reached(Step::Picture),
            Step::Place if self.named.is_some() => step,
            Step::Place => self.reached(Step::Name),
        }
    }

    /// The streams of the channel that is added; `None`: somebody has to choose among several.
    pub(super) fn profiles(&self) -> Option<&[Profile]> {
        let views = &self.opened.as_ref()?.views;
        let view = self.view.or((views.len() == 1).then_some(0))?;
        views.get(view).map(Vec::as_slice)
    }

    /// What is watched, and what is opened for evidence: what somebody chose, else what is usual.
    pub(super) fn choice(&self) -> Option<Choice> {
        let profiles = self.profiles()?;
        let of = |token: &str| profiles.iter().find(|profile| profile.token == token).cloned();
        if let Some((watch, large)) = &self.chosen
            && let Some(watch) = of(watch)
        {
            return Some(Choice { watch, large: large.as_deref().and_then(of) });
        }
        onvif::choose(profiles)
    }

    /// Frames from a keyframe to the next one that are better than what the watched stream has; `None`: it is well.
    pub(super) fn better_keyframes(&self) -> Option<(f32, u32)> {
        self.choice()?.watch.better_keyframes(LONG_KEYFRAME_SECONDS)
    }

    /// Waits for nothing any more.
    pub(super) fn stop(&mut self) {
        (self.task, self.running) = (None, None);
    }

    /// Takes what came of the task of that number; `false`: nobody waits for it any more.
    pub(super) fn take(&mut self, number: u64, outcome: Outcome) -> bool {
        let Some(task) = self.task.filter(|task| task.number == number) else { return false };
        self.stop();
        self.trouble = None;
        let step = task.doing.step();
        let trouble = match outcome {
            Outcome::Searched(Ok(found)) => {
                self.found = Some(found);
                None
            }
            Outcome::Opened(Ok(opened)) => {
                if let (Some(target), Some(title)) = (&mut self.target, &opened.title) {
                    target.title.get_or_insert_with(|| title.clone());
                }
                self.opened = Some(opened);
                None
            }
            Outcome::Set(set) => {
                if let (Ok(Keyframes { got, .. }), Some(watch)) = (&set, self.choice()) {
                    self.has_keyframes(&watch.watch.encoder_token, *got);
                }
                self.keyframes = Some(set);
                None
            }
            Outcome::Looked(looked) => match *looked {
                Ok(looked) => {
                    self.looked = Some(looked);
                    None
                }
                Err(trouble) => Some(trouble),
            },
            Outcome::Searched(Err(trouble)) | Outcome::Opened(Err(trouble)) => Some(trouble),
            Outcome::Broken => Some(Trouble::new(say::went_wrong(), None)),
        };
        self.trouble = trouble.map(|trouble| (step, trouble));
        true
    }

    fn has_keyframes(&mut self, encoder: &str, frames: u32) {
        let views = self.opened.iter_mut().flat_map(|opened| &mut opened.views);
        for profile in views.flatten().filter(|profile| profile.encoder_token == encoder) {
            profile.keyframe_interval = Some(frames);
        }
    }
}

/// The wizards of all sessions.
#[derive(Debug)]
pub(in super::super) struct Wizards {
    all: HashMap<SessionKey, Wizard>,
    tasks: u64,
    /// The permit to open a stream: one at a time, as it takes processor time.
    pub(super) turn: Arc<Semaphore>,
    /// Secrets that were written and are not kept yet. Waits for the disk.
    pub(super) secrets: Arc<Mutex<Secrets>>,
}

impl Default for Wizards {
    fn default() -> Self {
        let turn = Arc::new(Semaphore::new(1));
        Wizards { all: HashMap::new(), tasks: 0, turn, secrets: Arc::default() }
    }
}

impl Wizards {
    /// Forgets those that nobody goes on with.
    pub(super) fn forget(&mut self, now: Duration, mut is_session: impl FnMut(SessionKey) -> bool) {
        self.all.retain(|key, wizard| {
            now.saturating_sub(wizard.touched) < KEPT_FOR && (wizard.task.is_some() || is_session(*key))
        });
    }

    /// The one of that session.
    pub(super) fn get(&self, key: SessionKey) -> Option<&Wizard> {
        self.all.get(&key)
    }

    /// The one of that session, begun where there is none; `None`: too many are open. Somebody goes on with it.
    pub(super) fn touch(&mut self, key: SessionKey, now: Duration) -> Option<&mut Wizard> {
        if self.all.len() >= MOST && !self.all.contains_key(&key) {
            return None;
        }
        let wizard = self.all.entry(key).or_default();
        wizard.touched = now;
        Some(wizard)
    }

    /// Takes it away: with its password.
    pub(in super::super) fn end(&mut self, key: SessionKey) {
        self.all.remove(&key);
    }

    /// Notes that something begins for that session, in place of what went on; its number.
    pub(super) fn begin(&mut self, key: SessionKey, doing: Doing, now: Duration) -> u64 {
        self.tasks += 1;
        let number = self.tasks;
        if let Some(wizard) = self.touch(key, now) {
            wizard.stop();
            wizard.task = Some(Task { number, doing, began: now });
            wizard.trouble = None;
        }
        number
    }

    /// What does the task of that number.
    pub(super) fn runs(&mut self, key: SessionKey, number: u64, running: AbortHandle) {
        let running = Running(running);
        let wizard = self.all.get_mut(&key);
        // One that is over already is not there any more.
        if let Some(wizard) = wizard.filter(|wizard| wizard.task.is_some_and(|task| task.number == number)) {
            wizard.running = Some(running);
        }
    }

    /// Notes what came of it.
    pub(super) fn take(&mut self, key: SessionKey, number: u64, outcome: Outcome) {
        if let Some(wizard) = self.all.get_mut(&key) {
            wizard.take(number, outcome);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::secret::Secret;

    const MINUTE: Duration = Duration::from_secs(60);

    fn target() -> Target {
        Target {
            host: "10.0.0.31".to_owned(),
            port: None,
            title: None,
            way: Way::Stream("rtsp://10.0.0.31/a".to_owned()),
        }
    }

    fn login() -> Login {
        Login { user: "admin".to_owned(), password: Secret::new("hunter2") }
    }

    #[test]
    fn a_person_who_comes_back_later_is_where_something_is_missing() {
        let mut wizard = Wizard::default();
        for step in Step::ALL {
            assert_eq!(wizard.reached(step), Step::Find, "{step:?}");
            assert_eq!(Step::named(step.name()), Some(step));
        }
        wizard.aim(target());
        assert_eq!(wizard.reached(Step::Place), Step::Login);
        assert_eq!(wizard.reached(Step::Maker), Step::Maker);
        wizard.trouble = Some((Step::Picture, Trouble::new(say::went_wrong(), None)));
        assert_eq!(wizard.reached(Step::Picture), Step::Picture, "where it says what is wrong");
        let wrong = Trouble { is_login: true, ..Trouble::new(say::went_wrong(), None) };
        wizard.trouble = Some((Step::Picture, wrong));
        assert_eq!(wizard.reached(Step::Picture), Step::Login);
        assert_eq!(wizard.reached(Step::Find), Step::Find);
    }

    #[test]
    fn what_nobody_waits_for_any_more_changes_nothing() {
        let mut wizards = Wizards::default();
        let key = SessionKey::of("one");
        let first = wizards.begin(key, Doing::Searching, MINUTE);
        assert_eq!(wizards.get(key).unwrap().reached(Step::Find), Step::Find);
        let second = wizards.begin(key, Doing::Searching, MINUTE);
        wizards.take(key, first, Outcome::Searched(Ok(Vec::new())));
        assert!(wizards.get(key).unwrap().found.is_none() && wizards.get(key).unwrap().task.is_some());
        wizards.take(key, second, Outcome::Broken);
        let wizard = wizards.get(key).unwrap();
        assert!(wizard.task.is_none() && wizard.trouble.as_ref().unwrap().0 == Step::Find);
    }

    #[test]
    fn it_is_forgotten_and_never_shows_a_password() {
        let mut wizards = Wizards::default();
        let key = SessionKey::of("one");
        let wizard = wizards.touch(key, MINUTE).unwrap();
        wizard.aim(target());
        wizard.log_in(Some(login()));
        assert!(!format!("{wizards:?}").contains("hunter2"));
        wizards.forget(MINUTE * 30, |_| true);
        assert!(wizards.get(key).is_some());
        wizards.forget(MINUTE * 31, |_| true);
        assert!(wizards.get(key).is_none());
        wizards.touch(key, MINUTE);
        wizards.forget(MINUTE, |_| false);
        assert!(wizards.get(key).is_none(), "somebody who logged out");
    }

    #[test]
    fn there_are_never_more_than_may_be() {
        let mut wizards = Wizards::default();
        for number in 0..MOST {
            assert!(wizards.touch(SessionKey::of(&number.to_string()), MINUTE).is_some());
        }
        assert!(wizards.touch(SessionKey::of("one more"), MINUTE).is_none());
        assert!(wizards.touch(SessionKey::of("0"), MINUTE).is_some());
    }

    #[test]
    fn another_camera_takes_no_login_along() {
        let mut wizard = Wizard::default();
        wizard.aim(target());
        wizard.log_in(Some(login()));
        wizard.found = Some(Vec::new());
        wizard.aim(target());
        assert!(wizard.login.is_none() && wizard.found.is_some());
    }

    #[test]
    fn a_wrong_password_is_distinguished_from_other_trouble() {
        let address = || "10.0.0.31".to_owned();
        let wrong = OnvifError::PasswordWrong { address: address(), user: "admin".to_owned() };
        assert!(Trouble::from(wrong).is_login);
        let refused = Trouble::from(OnvifError::Refused { address: address() });
        assert!(!refused.is_login && refused.hint.is_some());
    }
}
