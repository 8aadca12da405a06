//! What sessions propose: one text each, in memory, until it runs, is given up, or its session ends.

use std::collections::HashMap;

use super::super::sessions::SessionKey;
use crate::config::Config;
use crate::text::Sentence;
use crate::types::hex::sha256_hex;

/// Proposals at once: each holds a whole file.
const MOST: usize = 16;

/// What a session proposes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proposal {
    /// Whose it is.
    pub(super) person: String,
    /// Digest of the file that it was made for.
    pub(super) file: String,
    /// The digest of what ran then, or comes back after what its person tried; `None`: that was not known, as somebody else tried
    /// something.
    pub(super) running: Option<String>,
    /// What was tried, or is to be, that the text goes on from.
    pub(super) tried: Option<Tried>,
    /// The file as it would be.
    pub(super) text: String,
    /// What would change, in words.
    pub(super) whys: Vec<Sentence>,
    /// The page of its last change.
    pub(super) back_to: String,
}

impl Proposal {
    /// Whether somebody else was faster: with the file, or with what runs. What the text goes on from may run by now, and stand
    /// in the file. `running` is `None` while somebody else tries something: it comes back, or becomes the file.
    pub(super) fn is_outdated(&self, file: &str, running: Option<&str>) -> bool {
        let tried = self.tried.as_ref();
        let is_its_file = self.file == file || tried.is_some_and(|tried| tried.file == file);
        let is_its_running = match (self.running.as_deref(), running) {
            (Some(own), Some(now)) => own == now || tried.is_some_and(|tried| tried.running == now),
            (None, _) | (_, None) => true,
        };
        !is_its_file || !is_its_running
    }
}

/// A text that is tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tried {
    /// Its digest, once it is the file.
    file: String,
    /// The digest of what it says, while it runs.
    running: String,
}

impl Tried {
    pub(super) fn of(config: &Config) -> Self {
        Tried { file: digest(config.text()), running: config.sha256.clone() }
    }
}

/// The digest of a file's text, as the daemon knows it.
pub(super) fn digest(text: &str) -> String {
    sha256_hex(text.as_bytes())
}

/// Why nothing else is proposed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NotPut {
    /// Another tab of the session was faster.
    Another,
    /// Others propose enough.
    TooMany,
}

/// Those of all sessions.
#[derive(Debug, Default)]
pub(in super::super) struct Proposals {
    of_sessions: HashMap<SessionKey, Proposal>,
    /// What was tried last, with what it changes in words: a proposal that goes on from it has that, too, once the trial
    /// fell.
    trial: Option<(Tried, Vec<Sentence>)>,
}

impl Proposals {
    /// Whether that session has one.
    pub(in super::super) fn has(&self, key: SessionKey) -> bool {
        self.of_sessions.contains_key(&key)
    }

    /// That of a session.
    pub(super) fn get(&self, key: SessionKey) -> Option<&Proposal> {
        self.of_sessions.get(&key)
    }

    /// The texts of all.
    pub(in super::super) fn texts(&self) -> Vec<String> {
        self.of_sessions.values().map(|proposal| proposal.text.clone()).collect()
    }

    /// What a trial changes, in words, as far as that is known.
    pub(super) fn whys_of_trial(&self, tried: &Tried) -> Vec<Sentence> {
        let of_it = self.trial.as_ref().filter(|(known, _)| known == tried);
        of_it.map(|(_, whys)| whys.clone()).unwrap_or_default()
    }

    /// Takes it away.
    pub(super) fn take(&mut self, key: SessionKey) -> Option<Proposal> {
        self.of_sessions.remove(&key)
    }

    /// Forgets that of a session that ends.
    pub(in super::super) fn end(&mut self, key: SessionKey) {
        self.of_sessions.remove(&key);
    }

    /// Forgets those whose session is over.
    pub(in super::super) fn forget(&mut self, mut is_session: impl FnMut(SessionKey) -> bool) {
        self.of_sessions.retain(|key, _| is_session(*key));
    }

    /// Forgets that of a session where it is what runs, or what stands in the file.
    pub(super) fn forget_done(&mut self, key: SessionKey, running: &str, file: Option<&str>) {
        let is_done = |proposal: &Proposal| proposal.text == running || Some(&*proposal.text) == file;
        if self.of_sessions.get(&key).is_some_and(is_done) {
            self.of_sessions.remove(&key);
        }
    }

    /// Puts one, or none, in the place of what was there `before`, unless something else is there by now.
    pub(super) fn put(
        &mut self,
        key: SessionKey,
        before: Option<&Proposal>,
        after: Option<Proposal>,
    ) -> Result<(), NotPut> {
        if self.of_sessions.get(&key) != before {
            return Err(NotPut::Another);
        }
        let Some(after) = after else {
            self.of_sessions.remove(&key);
            return Ok(());
        };
        if self.of_sessions.len() >= MOST && before.is_none() {
            return Err(NotPut::TooMany);
        }
        self.of_sessions.insert(key, after);
        Ok(())
    }

    /// Notes that this text is about to be tried: whatever is added to it from here on goes on from there. `false`: it is not what
    /// the session proposes by now.
    pub(super) fn goes_on_from(&mut self, key: SessionKey, text: &str, tried: Tried) -> bool {
        match self.of_sessions.get_mut(&key).filter(|now| now.text == text) {
            Some(now) => {
                self.trial = Some((tried.clone(), now.whys.clone()));
                now.tried = Some(tried);
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "eye = 1\n";
    const RUNNING: &str = "what the file says";

    fn key() -> SessionKey {
        SessionKey::of("one")
    }

    fn proposal(text: &str) -> Proposal {
        Proposal {
            person: "li".to_owned(),
            file: digest(FILE),
            running: Some(RUNNING.to_owned()),
            tried: None,
            text: text.to_owned(),
            whys: Vec::new(),
            back_to: "/rules".to_owned(),
        }
    }

    fn tried(text: &str) -> Tried {
        Tried { file: digest(text), running: format!("what {text} says") }
    }

    fn of(proposal: Proposal) -> Proposals {
        Proposals { of_sessions: [(key(), proposal)].into(), trial: None }
    }

    #[test]
    fn what_runs_by_now_or_stands_in_the_file_is_proposed_no_more() {
        for (running, file, stays) in [
            (FILE, Some(FILE), true),
            ("eye = 2\n", Some(FILE), false),
            ("eye = 2\n", None, false),
            (FILE, Some("eye = 2\n"), false),
            ("eye = 3\n", None, true),
        ] {
            let mut proposals = of(proposal("eye = 2\n"));
            proposals.forget_done(key(), running, file);
            assert_eq!(proposals.has(key()), stays, "{running} runs, the file is {file:?}");
        }
    }

    #[test]
    fn what_another_tab_proposed_meanwhile_is_not_lost() {
        let mut proposals = Proposals::default();
        let (first, second) = (proposal("eye = 2\n"), proposal("eye = 3\n"));
        assert_eq!(proposals.put(key(), None, Some(first.clone())), Ok(()));
        assert_eq!(proposals.put(key(), None, Some(second.clone())), Err(NotPut::Another));
        assert_eq!(proposals.put(key(), None, None), Err(NotPut::Another));
        assert_eq!(proposals.get(key()), Some(&first));
        assert_eq!(proposals.put(key(), Some(&first), Some(second.clone())), Ok(()));
        assert_eq!(proposals.get(key()), Some(&second));
        assert_eq!(proposals.put(key(), Some(&second), None), Ok(()));
        assert!(!proposals.has(key()));
    }

    #[test]
    fn what_grew_while_the_box_began_to_try_it_goes_on_from_the_trial_and_from_nothing_else() {
        let begun = proposal("eye = 2\n");
        let mut proposals = of(begun.clone());
        assert!(!proposals.goes_on_from(key(), "eye = 9\n", tried("eye = 9\n")));
        assert!(proposals.goes_on_from(key(), "eye = 2\n", tried("eye = 2\n")));
        let mut grown = proposals.get(key()).unwrap().clone();
        grown.text.push_str("nose = 1\n");
        let (file, trial) = (digest(FILE), "what eye = 2\n says");
        assert!(!grown.is_outdated(&file, Some(trial)), "it is tried");
        assert!(!grown.is_outdated(&digest("eye = 2\n"), Some(trial)), "it is kept");
        assert!(!grown.is_outdated(&file, Some(RUNNING)), "it is given up: all of it is proposed still");
        assert!(grown.is_outdated(&file, Some("what the centre sent")));
        assert!(grown.is_outdated(&digest("by hand"), Some(RUNNING)));
        assert!(begun.is_outdated(&file, Some(trial)), "this one goes on from the file");
    }

    #[test]
    fn what_is_proposed_on_top_of_ones_own_trial_still_stands_once_that_fell_and_says_all_of_it() {
        let why = |id: &str| crate::text::page_changes::camera_removed(id);
        let mut proposals = of(Proposal { whys: vec![why("cam-1")], ..proposal("eye = 2\n") });
        assert!(proposals.goes_on_from(key(), "eye = 2\n", tried("eye = 2\n")));
        proposals.forget_done(key(), "eye = 2\n", None);
        assert!(!proposals.has(key()), "it runs");
        assert_eq!(proposals.whys_of_trial(&tried("eye = 2\n")), [why("cam-1")]);
        assert!(proposals.whys_of_trial(&tried("eye = 9\n")).is_empty(), "of another trial");
        // What ran before the trial is known, so it is what the text goes on from.
        let (file, trial) = (digest(FILE), "what eye = 2\n says");
        let on_top = Proposal { tried: Some(tried("eye = 2\n")), ..proposal("eye = 2\nnose = 1\n") };
        assert!(!on_top.is_outdated(&file, Some(trial)), "it is tried");
        assert!(!on_top.is_outdated(&file, Some(RUNNING)), "nobody kept it");
        assert!(!on_top.is_outdated(&digest("eye = 2\n"), Some(trial)), "it is kept");
        assert!(on_top.is_outdated(&digest("by hand"), Some(RUNNING)));
    }

    #[test]
    fn what_somebody_else_tries_makes_nothing_old_until_it_is_the_file() {
        let file = digest(FILE);
        let before = proposal("eye = 2\n");
        assert!(!before.is_outdated(&file, None), "while they try");
        assert!(!before.is_outdated(&file, Some(RUNNING)), "they gave it up");
        let meanwhile = Proposal { running: None, ..before.clone() };
        assert!(!meanwhile.is_outdated(&file, None) && !meanwhile.is_outdated(&file, Some(RUNNING)));
        for one in [before, meanwhile] {
            assert!(one.is_outdated(&digest("eye = 9\n"), Some("what eye = 9\n says")), "they kept it");
        }
    }

    #[test]
    fn nothing_stays_of_a_session_that_is_over_and_there_are_never_more_than_may_be() {
        let mut proposals = of(proposal("eye = 2\n"));
        let other = SessionKey::of("other");
        assert_eq!(proposals.put(other, None, Some(proposal("eye = 3\n"))), Ok(()));
        proposals.forget(|key| key == other);
        assert_eq!(proposals.texts(), ["eye = 3\n"]);
        proposals.end(other);
        assert!(proposals.texts().is_empty());
        for number in 0..MOST {
            let key = SessionKey::of(&number.to_string());
            assert_eq!(proposals.put(key, None, Some(proposal("eye = 2\n"))), Ok(()));
        }
        assert_eq!(proposals.put(key(), None, Some(proposal("eye = 2\n"))), Err(NotPut::TooMany));
        assert_eq!(proposals.take(SessionKey::of("0")), Some(proposal("eye = 2\n")));
        assert_eq!(proposals.put(key(), None, Some(proposal("eye = 2\n"))), Ok(()));
    }
}
