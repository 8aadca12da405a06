//! Sessions of logged-in users: in memory only, so that a restart logs everybody out. Pure: time is an argument.
//!
//! A session is known by 32 random bytes in a cookie; here stands only their digest. Must never keep more sessions than
//! [`MOST_SESSIONS`], and never one beyond its time.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::accounts::Person;
use crate::text::Sentence;

/// Without a page that somebody opened, a session ends after so long. What the page fetches by itself does not count.
const IDLE_FOR: Duration = Duration::from_secs(60 * 60);
/// It ends after so long whatever is done: one shift.
const LASTS_FOR: Duration = Duration::from_secs(12 * 60 * 60);
/// More than people at one box; then the person who was away for the longest time is logged out.
const MOST_SESSIONS: usize = 256;
/// Maximum number of sessions of one person; beyond it the least recently used one ends.
const MOST_OF_ONE: usize = 10;
/// Logins of one person, at once.
const LOGINS_AT_ONCE: f64 = 20.0;
/// And then so many a second: each is a line in the audit log, which nobody may wash away.
const LOGINS_PER_SEC: f64 = 1.0 / 60.0;

#[derive(Debug, Clone)]
pub(super) struct Session {
    /// As at the login; whether that is still so is asked again with every request.
    pub(super) person: Person,
    /// What every form has to bring along.
    pub(super) form_token: String,
    began: Duration,
    seen: Duration,
    notice: Option<Sentence>,
}

/// By which a session is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct SessionKey([u8; 32]);

impl SessionKey {
    /// The key of a cookie: its digest.
    pub(super) fn of(cookie: &str) -> Self {
        SessionKey(Sha256::digest(cookie.as_bytes()).into())
    }
}

/// Why a session is over that this page knew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// Nobody opened a page for an hour, or the shift was over.
    ByTime,
    /// Somebody ended it, or it had to make room.
    Otherwise,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    all: HashMap<SessionKey, Session>,
    /// The latest that are over: the login page says why.
    ended: VecDeque<(SessionKey, Ended)>,
    /// By person: logins that are left, and as of when.
    logins: HashMap<String, (f64, Duration)>,
}

impl Sessions {
    /// Whether somebody may log in once more. Counts it.
    pub(super) fn may_begin(&mut self, name: &str, now: Duration) -> bool {
        let left_by = |(left, at): &(f64, Duration)| {
            (left + now.saturating_sub(*at).as_secs_f64() * LOGINS_PER_SEC).min(LOGINS_AT_ONCE)
        };
        self.logins.retain(|_, known| left_by(known) < LOGINS_AT_ONCE);
        let left = self.logins.get(name).map_or(LOGINS_AT_ONCE, left_by);
        let may = left >= 1.0;
        self.logins.insert(name.to_owned(), (if may { left - 1.0 } else { left }, now));
        may
    }

    /// Begins one; what its cookie holds.
    pub(super) fn begin(&mut self, person: Person, now: Duration) -> String {
        let over: Vec<SessionKey> =
            self.all.iter().filter(|(_, session)| !session.lasts(now)).map(|(key, _)| *key).collect();
        over.into_iter().for_each(|key| self.forget(key, Ended::ByTime));
        self.make_room(MOST_OF_ONE, |session| session.person.name == person.name);
        self.make_room(MOST_SESSIONS, |_| true);
        let cookie = random_text();
        let session = Session { person, form_token: random_text(), began: now, seen: now, notice: None };
        self.all.insert(SessionKey::of(&cookie), session);
        cookie
    }

    /// Among those that are `counted` there is room for one more of `most`.
    fn make_room(&mut self, most: usize, counted: impl Fn(&Session) -> bool) {
        let counted = || self.all.iter().filter(|(_, session)| counted(session));
        if counted().count() >= most
            && let Some(key) = counted().min_by_key(|(_, session)| session.seen).map(|(key, _)| *key)
        {
            self.forget(key, Ended::Otherwise);
        }
    }

    fn forget(&mut self, key: SessionKey, why: Ended) {
        if self.all.remove(&key).is_none() {
            return;
        }
        if self.ended.len() >= MOST_SESSIONS {
            self.ended.pop_front();
        }
        self.ended.push_back((key, why));
    }

    /// Why the session of that key is over; `None`: this page never knew it, or it is too long ago.
    pub(super) fn why_over(&self, key: SessionKey) -> Option<Ended> {
        self.ended.iter().find(|(known, _)| *known == key).map(|(_, why)| *why)
    }

    /// The session of that key, if it goes on. `by_hand`: somebody opened a page, so it goes on for longer.
    pub(super) fn find(&mut self, key: SessionKey, by_hand: bool, now: Duration) -> Option<Session> {
        if !self.all.get(&key)?.lasts(now) {
            self.forget(key, Ended::ByTime);
            return None;
        }
        let session = self.all.get_mut(&key)?;
        if by_hand {
            session.seen = now;
        }
        Some(session.clone())
    }

    /// Ends one.
    pub(super) fn end(&mut self, key: SessionKey) {
        self.forget(key, Ended::Otherwise);
    }

    /// Ends all of one name, except those of the person who has it now.
    pub(super) fn end_all_of(&mut self, name: &str, serial: Option<&str>) {
        let is_theirs = |person: &Person| person.name == name && serial != Some(&*person.serial);
        let theirs = self.all.iter().filter(|(_, session)| is_theirs(&session.person));
        let theirs: Vec<SessionKey> = theirs.map(|(key, _)| *key).collect();
        theirs.into_iter().for_each(|key| self.forget(key, Ended::Otherwise));
    }

    /// Says something on the next page that is opened.
    pub(super) fn say_next(&mut self, key: SessionKey, notice: Sentence) {
        if let Some(session) = self.all.get_mut(&key) {
            session.notice = Some(notice);
        }
    }

    /// What is to be said now.
    pub(super) fn take_notice(&mut self, key: SessionKey) -> Option<Sentence> {
        self.all.get_mut(&key)?.notice.take()
    }
}

impl Session {
    fn lasts(&self, now: Duration) -> bool {
        now.saturating_sub(self.seen) < IDLE_FOR && now.saturating_sub(self.began) < LASTS_FOR
    }

    /// Whether a form came from a page of this session.
    pub(super) fn is_form_token(&self, token: &str) -> bool {
        is_same(&self.form_token, token)
    }
}

/// Compared in constant time.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    bool::from(one.as_bytes().ct_eq(other.as_bytes()))
}

/// 32 random bytes as text.
pub(super) fn random_text() -> String {
    BASE64.encode(rand::random::<[u8; 32]>())
}

#[cfg(test)]
mod tests {
    use super::super::accounts::Role;
    use super::*;
    use crate::analysis::time::Timestamp;

    const HOUR: Duration = Duration::from_secs(3600);

    fn person() -> Person {
        named("li")
    }

    fn named(name: &str) -> Person {
        let since = Timestamp::UNIX_EPOCH;
        Person { name: name.to_owned(), role: Role::Viewer, serial: "1".to_owned(), since }
    }

    #[test]
    fn a_session_ends_when_nobody_opens_a_page_and_after_a_shift() {
        let mut sessions = Sessions::default();
        let key = SessionKey::of(&sessions.begin(person(), Duration::ZERO));
        let almost = HOUR - Duration::from_secs(1);
        assert!(sessions.find(key, false, almost).is_some(), "what the page fetches by itself is answered");
        assert!(sessions.find(key, true, HOUR).is_none(), "and keeps nobody logged in");
        assert_eq!(sessions.why_over(key), Some(Ended::ByTime));
        let key = SessionKey::of(&sessions.begin(person(), Duration::ZERO));
        for half_hours in 1..24 {
            assert!(sessions.find(key, true, HOUR / 2 * half_hours).is_some(), "{half_hours}");
        }
        assert!(sessions.find(key, true, HOUR * 12).is_none());
    }

    #[test]
    fn a_cookie_of_a_session_that_ended_opens_nothing() {
        let mut sessions = Sessions::default();
        let cookie = sessions.begin(person(), Duration::ZERO);
        let key = SessionKey::of(&cookie);
        let session = sessions.find(key, true, Duration::ZERO).unwrap();
        assert!(session.is_form_token(&session.form_token) && !session.is_form_token(""));
        assert_ne!(session.form_token, cookie);
        sessions.end(key);
        assert!(sessions.find(key, true, Duration::ZERO).is_none());
        assert_eq!(sessions.why_over(key), Some(Ended::Otherwise));
        assert_eq!(sessions.why_over(SessionKey::of("of before a restart")), None);
    }

    #[test]
    fn all_sessions_of_a_name_that_was_taken_away_end_and_no_others() {
        let mut sessions = Sessions::default();
        let anew = Person { serial: "2".to_owned(), ..person() };
        let begun = [person(), person(), anew, named("wang")];
        let keys = begun.map(|person| SessionKey::of(&sessions.begin(person, Duration::ZERO)));
        let go_on =
            |sessions: &mut Sessions| keys.map(|key| sessions.find(key, false, Duration::ZERO).is_some());
        sessions.end_all_of("li", Some("2"));
        assert_eq!(go_on(&mut sessions), [false, false, true, true], "somebody has the name again");
        sessions.end_all_of("li", None);
        assert_eq!(go_on(&mut sessions), [false, false, false, true]);
        // They are not reported that the box restarted.
        for key in &keys[..3] {
            assert_eq!(sessions.why_over(*key), Some(Ended::Otherwise));
        }
    }

    #[test]
    fn there_are_never_more_sessions_than_may_be() {
        let mut sessions = Sessions::default();
        let first = SessionKey::of(&sessions.begin(person(), Duration::ZERO));
        for second in 1..=MOST_SESSIONS {
            sessions.begin(named(&second.to_string()), Duration::from_secs(second as u64));
        }
        assert_eq!(sessions.all.len(), MOST_SESSIONS);
        assert!(sessions.find(first, true, Duration::from_secs(300)).is_none());
    }

    #[test]
    fn one_person_takes_nobody_elses_place() {
        let mut sessions = Sessions::default();
        let other = SessionKey::of(&sessions.begin(named("wang"), Duration::ZERO));
        let first = SessionKey::of(&sessions.begin(person(), Duration::ZERO));
        for second in 1..=300 {
            sessions.begin(person(), Duration::from_secs(second));
        }
        assert_eq!(sessions.all.len(), MOST_OF_ONE + 1);
        let now = Duration::from_secs(300);
        assert!(sessions.find(other, true, now).is_some() && sessions.find(first, true, now).is_none());
    }

    #[test]
    fn nobody_logs_in_all_the_time() {
        let mut sessions = Sessions::default();
        let count = |sessions: &mut Sessions, name: &str, now| {
            (0..100).filter(|_| sessions.may_begin(name, now)).count()
        };
        assert_eq!(count(&mut sessions, "li", Duration::ZERO), 20);
        assert_eq!(count(&mut sessions, "wang", Duration::ZERO), 20);
        assert_eq!(count(&mut sessions, "li", Duration::from_secs(61)), 1);
        assert_eq!(count(&mut sessions, "li", HOUR), 20);
        assert_eq!(sessions.logins.len(), 1, "who rested is forgotten");
    }
}
