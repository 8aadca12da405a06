//! The wait after a wrong password or code: for each name and each address, longer with each time.
//! Pure: time is an argument.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

/// Number of failures without a wait: people mistype.
const FREE: u32 = 3;
/// The wait after the last free one; each further one doubles it.
const FIRST_WAIT: Duration = Duration::from_secs(5);
/// Longest wait of an address.
const LONGEST_OF_ADDRESS: Duration = Duration::from_secs(15 * 60);
/// Longest wait of a name: an attacker who knows a name could otherwise keep its owner out.
const LONGEST_OF_NAME: Duration = Duration::from_secs(60);
/// After so long without one, nothing is held against anybody.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(60 * 60);
/// Bits of an IPv6 address that its owner chooses.
const IPV6_HOST_BITS: u32 = 64;
/// Maximum number of lines of one sort that the audit log gets in a minute.
const LINES_A_MINUTE: u32 = 10;
/// After so long it may have as many again.
const MINUTE: Duration = Duration::from_secs(60);
/// Maximum number of logins that wait at once for their password check.
const MOST_WAITING: usize = 32;
/// Maximum number of names and addresses that are remembered; then the earliest failure is forgotten.
const MOST_REMEMBERED: usize = 4096;

/// Who tries.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Whose {
    /// Everybody who uses this name.
    Name(String),
    /// Everybody from this address.
    Address(IpAddr),
}

impl Whose {
    /// Everybody at an address. Of IPv6 a whole network counts as one: everybody in it has as many addresses as they
    /// like.
    pub(super) fn from(address: IpAddr) -> Self {
        Whose::Address(match address.to_canonical() {
            IpAddr::V6(address) => {
                IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << IPV6_HOST_BITS)))
            }
            address @ IpAddr::V4(_) => address,
        })
    }

    fn longest(&self) -> Duration {
        match self {
            Whose::Name(_) => LONGEST_OF_NAME,
            Whose::Address(_) => LONGEST_OF_ADDRESS,
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last: Duration,
    until: Duration,
}

/// All that failed lately.
#[derive(Debug, Default)]
pub(super) struct Lockout {
    failed: HashMap<Whose, Failures>,
    waiting: usize,
    /// Lines about what failed.
    pub(super) failures: Lines,
    /// And about what a role did not allow.
    pub(super) refusals: Lines,
}

/// Lines of one sort in the audit log: a few a minute word for word, the others only counted.
#[derive(Debug, Default)]
pub(super) struct Lines {
    began: Option<Duration>,
    written: u32,
    left_out: u64,
}

impl Lines {
    /// Whether one more is written; otherwise it is counted.
    pub(super) fn one(&mut self, now: Duration) -> bool {
        if self.left_out == 0 && self.is_over(now) {
            (self.began, self.written) = (Some(now), 0);
        }
        if self.written < LINES_A_MINUTE {
            self.written += 1;
            return true;
        }
        self.left_out += 1;
        false
    }

    fn is_over(&self, now: Duration) -> bool {
        self.began.is_none_or(|began| now.saturating_sub(began) >= MINUTE)
    }

    /// How many were only counted, once a minute.
    pub(super) fn take_left_out(&mut self, now: Duration) -> Option<u64> {
        (self.left_out > 0 && self.is_over(now)).then(|| std::mem::take(&mut self.left_out))
    }
}

impl Lockout {
    /// One more wants a password tried; `false`: too many do. Who was let in leaves again.
    pub(super) fn enter(&mut self) -> bool {
        let has_room = self.waiting < MOST_WAITING;
        self.waiting += usize::from(has_room);
        has_room
    }

    pub(super) fn leave(&mut self) {
        self.waiting = self.waiting.saturating_sub(1);
    }

    /// How long these wait before they may try again.
    pub(super) fn wait(&self, all: &[Whose], now: Duration) -> Option<Duration> {
        let waits = all.iter().filter_map(|whose| self.failed.get(whose)?.until.checked_sub(now));
        waits.filter(|wait| !wait.is_zero()).max()
    }

    /// It was wrong. How long the next one waits, if at all.
    pub(super) fn failed(&mut self, all: &[Whose], now: Duration) -> Option<Duration> {
        self.failed.retain(|_, failures| now.saturating_sub(failures.last) < FORGOTTEN_AFTER);
        for whose in all {
            if self.failed.len() >= MOST_REMEMBERED
                && !self.failed.contains_key(whose)
                && let Some(first) = self.failed.iter().min_by_key(|(_, f)| f.last).map(|(w, _)| w.clone())
            {
                self.failed.remove(&first);
            }
            let entry = self.failed.entry(whose.clone());
            let failures = entry.or_insert(Failures { count: 0, last: now, until: now });
            failures.count = failures.count.saturating_add(1);
            failures.last = now;
            if failures.count >= FREE {
                let doubled = FIRST_WAIT.saturating_mul(1 << (failures.count - FREE).min(16));
                failures.until = now + doubled.min(whose.longest());
            }
        }
        self.wait(all, now)
    }

    /// It was right: nothing is held against that name any more. An address may be shared with an attacker.
    pub(super) fn succeeded(&mut self, name: &Whose) {
        self.failed.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn li_from(last: u8) -> [Whose; 2] {
        [Whose::Name("li".to_owned()), Whose::Address([10, 0, 0, last].into())]
    }

    #[test]
    fn each_wrong_password_doubles_the_wait_and_a_name_never_waits_for_long() {
        let mut lockout = Lockout::default();
        let mut now = Duration::ZERO;
        let waits: Vec<u64> = (0..14)
            .map(|_| {
                let wait = lockout.failed(&li_from(1), now).unwrap_or_default();
                now += wait;
                wait.as_secs()
            })
            .collect();
        assert_eq!(waits, [0, 0, 5, 10, 20, 40, 80, 160, 320, 640, 900, 900, 900, 900]);
        assert_eq!(lockout.wait(&li_from(1), now - SECOND), Some(SECOND));
        assert_eq!(lockout.wait(&li_from(1), now), None);
        lockout.failed(&li_from(2), now);
        assert_eq!(
            lockout.wait(&li_from(2), now),
            Some(LONGEST_OF_NAME),
            "from elsewhere the name waits, too"
        );
    }

    #[test]
    fn a_network_of_ipv6_is_one_address_and_ipv4_within_it_is_itself() {
        let from = |text: &str| Whose::from(text.parse().unwrap());
        assert_eq!(from("2001:db8:1:2::1"), from("2001:db8:1:2:ffff:1:2:3"));
        assert_ne!(from("2001:db8:1:2::1"), from("2001:db8:1:3::1"));
        assert_eq!(from("::ffff:10.0.0.1"), from("10.0.0.1"));
        assert_ne!(from("::ffff:10.0.0.1"), from("::ffff:10.0.0.2"));
    }

    #[test]
    fn a_flood_becomes_a_few_lines_a_minute_and_a_number() {
        let mut lines = Lines::default();
        let written = (0..1000).filter(|_| lines.one(SECOND)).count();
        assert_eq!(written, 10);
        assert_eq!(lines.take_left_out(SECOND * 30), None);
        assert_eq!(lines.take_left_out(SECOND * 61), Some(990));
        assert_eq!(lines.take_left_out(SECOND * 61), None);
        assert!(lines.one(SECOND * 62));
    }

    #[test]
    fn only_so_many_wait() {
        let mut lockout = Lockout::default();
        assert_eq!((0..100).filter(|_| lockout.enter()).count(), MOST_WAITING);
        lockout.leave();
        assert!(lockout.enter() && !lockout.enter());
    }

    #[test]
    fn a_right_password_clears_the_name_and_not_the_address() {
        let mut lockout = Lockout::default();
        for _ in 0..4 {
            lockout.failed(&li_from(1), Duration::ZERO);
        }
        lockout.succeeded(&li_from(1)[0]);
        assert_eq!(lockout.wait(&li_from(2), Duration::ZERO), None);
        assert!(lockout.wait(&li_from(1), Duration::ZERO).is_some());
        assert_eq!(lockout.failed(&li_from(1), FORGOTTEN_AFTER), None, "after an hour it begins anew");
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut lockout = Lockout::default();
        for number in 0..MOST_REMEMBERED + 10 {
            lockout.failed(&[Whose::Name(number.to_string())], Duration::from_millis(number as u64));
        }
        assert_eq!(lockout.failed.len(), MOST_REMEMBERED);
    }
}
