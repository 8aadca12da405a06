//! Detects another client that uses this box's name: two boxes with one configuration, or a copied disk. Pure.
//!
//! A broker ends a connection when another one comes with its client id (MQTT 5, section 3.1.4), and the two throw each
//! other off for ever. MQTT 5 has a word for it, MQTT 3.1.1 has none, and the client library loses mosquitto's. What
//! remains is our own `up/state`: after we have spoken there, nobody else opens a session in our name. What stood there
//! before we spoke is this box's earlier life.

use std::collections::{HashSet, VecDeque};
use std::time::{Duration, Instant};

use crate::types::box_state::BoxState;

/// Sessions remembered of each sort.
const REMEMBERED: usize = 16;
/// Another's `offline` may be a will of this box's earlier life that never got to say `online`. Not two of them.
const WILLS: usize = 2;

/// What our `up/state` said of us and of others.
#[derive(Debug, Default)]
pub(super) struct Namesake {
    /// The broker of our last session.
    broker: String,
    /// Our own sessions of late that a broker accepted.
    own: VecDeque<String>,
    /// And those that we asked for: a broker may have accepted one, and publish its will, without our hearing of it.
    tried: VecDeque<String>,
    /// Whether `online` of one of them has arrived.
    spoke: bool,
    /// Sessions seen before that.
    before: HashSet<String>,
    /// Sessions of other clients since then.
    others: VecDeque<String>,
    /// When there was a sign of another client last.
    sign: Option<Instant>,
}

impl Namesake {
    /// We ask this broker for a session. What another one keeps there, we said perhaps in an earlier life.
    pub(super) fn begin(&mut self, session: &str, broker: &str) {
        if self.broker != broker {
            self.spoke = false;
            self.before.clear();
            broker.clone_into(&mut self.broker);
        }
        remember(&mut self.tried, session);
    }

    /// The broker accepted it: what it keeps of us may be of this session for as long as no later one is accepted.
    pub(super) fn accepted(&mut self, session: &str) {
        remember(&mut self.own, session);
    }

    /// Our `online` arrived.
    pub(crate) fn spoke(&mut self) {
        self.spoke = true;
    }

    /// The broker said that another client took over.
    pub(crate) fn taken_over(&mut self, now: Instant) {
        self.sign = Some(now);
    }

    /// What `up/state` says. `true` if it is a sign of another client.
    pub(super) fn observe(&mut self, state: &str, session: &str, now: Instant) -> bool {
        let is_own = self.own.iter().chain(&self.tried).any(|own| own == session);
        if is_own || self.before.contains(session) {
            return false;
        }
        if !self.spoke {
            if self.before.len() < REMEMBERED {
                self.before.insert(session.to_owned());
            }
            return false;
        }
        let is_new = !self.others.iter().any(|other| other == session);
        if is_new {
            remember(&mut self.others, session);
        }
        let is_sign = state == BoxState::Online.name()
            || (state == BoxState::Offline.name() && is_new && self.others.len() >= WILLS);
        if is_sign {
            self.sign = Some(now);
        }
        is_sign
    }

    /// Whether there was a sign since then.
    pub(crate) fn is_there_since(&self, then: Instant) -> bool {
        self.sign.is_some_and(|sign| sign >= then)
    }

    /// When it is forgotten, if there is no further sign.
    pub(crate) fn forgotten_at(&self, after: Duration) -> Option<Instant> {
        self.sign.map(|sign| sign + after)
    }

    /// Forgets it, if its time has come.
    pub(super) fn forget(&mut self, after: Duration, now: Instant) -> bool {
        let due = self.forgotten_at(after).is_some_and(|at| now >= at);
        if due {
            self.sign = None;
            self.others.clear();
        }
        due
    }
}

fn remember(sessions: &mut VecDeque<String>, session: &str) {
    if sessions.len() == REMEMBERED {
        sessions.pop_front();
    }
    sessions.push_back(session.to_owned());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spoken() -> Namesake {
        let mut namesake = Namesake::default();
        namesake.begin("ours-1", "first:1883");
        namesake.accepted("ours-1");
        namesake.observe("online", "before", Instant::now());
        namesake.spoke();
        namesake
    }

    #[test]
    fn this_boxs_earlier_life_is_nobody_else() {
        let mut namesake = spoken();
        let now = Instant::now();
        assert!(!namesake.observe("online", "ours-1", now));
        assert!(!namesake.observe("offline", "before", now), "its late will");
        assert!(
            !namesake.observe("offline", "before-that", now),
            "a will of one that never came to say online"
        );
        assert!(!namesake.observe("stopped", "before-that", now));
        assert!(!namesake.is_there_since(now));
    }

    #[test]
    fn in_a_long_outage_this_box_does_not_forget_which_session_was_its_own() {
        let mut namesake = spoken();
        let now = Instant::now();
        for n in 0..3 * REMEMBERED {
            namesake.begin(&format!("failed-{n}"), "first:1883");
        }
        assert!(!namesake.observe("online", "ours-1", now), "kept since before the outage");
        let last = 3 * REMEMBERED - 1;
        for n in [last - 1, last] {
            assert!(
                !namesake.observe("offline", &format!("failed-{n}"), now),
                "the will of one whose answer was lost"
            );
        }
        assert!(namesake.observe("online", "theirs-1", now));
    }

    #[test]
    fn a_session_that_was_opened_after_ours_is_somebody_else() {
        let mut namesake = spoken();
        let now = Instant::now();
        assert!(namesake.observe("online", "theirs-1", now));
        assert!(namesake.is_there_since(now));
        assert!(!namesake.is_there_since(now + Duration::from_secs(1)));
    }

    #[test]
    fn what_another_broker_kept_of_this_boxs_earlier_life_is_nobody_else() {
        let mut namesake = spoken();
        let now = Instant::now();
        namesake.begin("ours-2", "second:1883");
        assert!(!namesake.observe("online", "kept-there", now), "said before this box came there");
        namesake.spoke();
        assert!(!namesake.observe("offline", "kept-there", now));
        assert!(!namesake.observe("offline", "ours-1", now), "the will at the broker that was left");
        assert!(namesake.observe("online", "theirs-1", now));
        namesake.begin("ours-3", "second:1883");
        assert!(
            namesake.observe("online", "theirs-2", now),
            "the same broker: the session that came meanwhile is another"
        );
    }

    #[test]
    fn two_wills_that_are_not_ours_are_somebody_else() {
        let mut namesake = spoken();
        let now = Instant::now();
        assert!(!namesake.observe("offline", "theirs-1", now));
        assert!(!namesake.observe("offline", "theirs-1", now), "the same again");
        assert!(namesake.observe("offline", "theirs-2", now));
    }

    #[test]
    fn it_is_forgotten_when_there_is_no_further_sign() {
        let mut namesake = spoken();
        let (now, hour) = (Instant::now(), Duration::from_secs(3600));
        namesake.taken_over(now);
        assert!(!namesake.forget(hour, now + hour / 2));
        assert!(namesake.is_there_since(now));
        assert!(namesake.forget(hour, now + hour));
        assert!(!namesake.is_there_since(now));
        assert!(!namesake.forget(hour, now + hour * 2), "once");
    }
}
