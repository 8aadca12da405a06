//! Redirects of a camera, and how far they are followed.
//!
//! Pure. Must never give user and password to another host than the one they are configured for, nor go on without
//! encryption what began with it.

use url::Url;

use super::address::RtspUrl;
use super::error::Fault;
use super::source::{Location, place_of, redact};
use crate::text::{Sentence, camera};
use crate::types::secret::Secret;

/// Further than any camera sends anybody.
const MOST: usize = 5;

/// The address of the attempt that comes next: the configured one, or where that led.
#[derive(Debug)]
pub(super) struct Redirects {
    now: Location,
    /// Addresses that were asked in this attempt, the configured one first.
    asked: Vec<RtspUrl>,
    /// The login stays behind: the camera sent us to another host.
    without_login: bool,
}

/// What may not be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedirectTrouble {
    /// To an address where we have been.
    Circle,
    /// More than five times.
    TooFar,
    /// From `rtsps` to `rtsp`.
    NotEncrypted,
    /// To something that is no address of a camera.
    NoAddress,
    /// To another host, with the password in the address.
    Password,
}

impl RedirectTrouble {
    pub(super) fn words(self) -> Sentence {
        match self {
            RedirectTrouble::Circle => camera::redirect_circle(),
            RedirectTrouble::TooFar => camera::redirect_too_far(),
            RedirectTrouble::NotEncrypted => camera::redirect_not_encrypted(),
            RedirectTrouble::NoAddress => camera::redirect_no_address(),
            RedirectTrouble::Password => camera::redirect_password(),
        }
    }
}

impl Redirects {
    /// Before the first attempt.
    pub(super) fn of(location: &Location) -> Self {
        let asked = match location {
            Location::Rtsp { url, .. } => vec![url.clone()],
            Location::File { .. } => Vec::new(),
        };
        Redirects { now: location.clone(), asked, without_login: false }
    }

    /// What is asked next.
    pub(super) fn now(&self) -> &Location {
        &self.now
    }

    /// The address of the redirect, for people; `None` at the configured address.
    pub(crate) fn led_to(&self) -> Option<String> {
        self.asked.get(1..)?.last().map(RtspUrl::to_string)
    }

    /// Says of what went wrong elsewhere who sent us there.
    pub(crate) fn blame(&self, fault: Fault) -> Fault {
        match self.asked.first().filter(|_| self.asked.len() > 1) {
            // These name the address themselves.
            _ if matches!(fault, Fault::Redirect { .. } | Fault::LoginElsewhere { .. }) => fault,
            Some(from) => Fault::SentOn { from: from.to_string(), fault: Box::new(fault) },
            None => fault,
        }
    }

    /// Whether user and password stayed behind.
    pub(crate) fn is_without_login(&self) -> bool {
        self.without_login
    }

    /// The next attempt begins at the configured address again: cameras send people on for a while only.
    pub(crate) fn start_over(&mut self, configured: &Location) {
        if self.asked.len() > 1 {
            *self = Redirects::of(configured);
        }
    }

    /// The camera named this address in the place of the one that was asked.
    pub(super) fn follow(&mut self, to: &str, secrets: &[Secret]) -> Result<(), Fault> {
        let Location::Rtsp { url, credentials, .. } = &mut self.now else { return Ok(()) };
        let from = url.to_string();
        let shown =
            redact(to.trim(), secrets).chars().filter(|c| !c.is_control()).take(200).collect::<String>();
        let refused = |why| Err(Fault::Redirect { url: from.clone(), to: shown.clone(), why });
        let whole = Url::parse(url.full()).and_then(|base| base.join(to.trim())).map(String::from);
        let Ok((next, _)) = RtspUrl::parse_with_credentials(whole.as_deref().unwrap_or("")) else {
            return refused(RedirectTrouble::NoAddress);
        };
        if url.is_encrypted() && !next.is_encrypted() {
            return refused(RedirectTrouble::NotEncrypted);
        }
        if self.asked.contains(&next) {
            return refused(RedirectTrouble::Circle);
        }
        if self.asked.len() > MOST {
            return refused(RedirectTrouble::TooFar);
        }
        let is_elsewhere =
            self.asked.first().is_none_or(|first| !first.host().eq_ignore_ascii_case(next.host()));
        if is_elsewhere {
            if secrets.iter().any(|secret| place_of(secret, next.full()).is_some()) {
                return refused(RedirectTrouble::Password);
            }
            self.without_login |= credentials.take().is_some();
        }
        *url = next.clone();
        self.asked.push(next);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::transport::Transport;
    use crate::video::source::Credentials;

    fn at(url: &str) -> Redirects {
        let credentials = Some(Credentials { user: "admin".into(), password: Secret::new("geheim") });
        let url = RtspUrl::parse(url).unwrap();
        Redirects::of(&Location::Rtsp { url, transport: Transport::Tcp, credentials })
    }

    fn login(redirects: &Redirects) -> Option<&str> {
        let Location::Rtsp { credentials, .. } = redirects.now() else { panic!("no camera") };
        credentials.as_ref().map(|known| known.user.as_str())
    }

    #[test]
    fn the_login_goes_along_on_the_same_host_only() {
        for (to, expected, with_login) in [
            ("rtsp://cam:8554/b", "rtsp://cam:8554/b", true),
            ("rtsp://CAM/b", "rtsp://CAM/b", true),
            ("/other?x=1", "rtsp://cam/other?x=1", true),
            ("rtsps://cam/b", "rtsps://cam/b", true),
            ("rtsp://10.0.0.9/b", "rtsp://10.0.0.9/b", false),
            ("rtsp://root:x@10.0.0.9/b", "rtsp://10.0.0.9/b", false),
            ("rtsp://cam.evil.example/b", "rtsp://cam.evil.example/b", false),
        ] {
            let mut redirects = at("rtsp://cam/a");
            redirects.follow(to, &[]).unwrap();
            assert_eq!(redirects.led_to().as_deref(), Some(expected), "{to}");
            assert_eq!(login(&redirects).is_some(), with_login, "{to}");
        }
    }

    #[test]
    fn a_login_that_stayed_behind_does_not_come_back() {
        let mut redirects = at("rtsp://cam/a");
        redirects.follow("rtsp://other/b", &[]).unwrap();
        redirects.follow("rtsp://cam/c", &[]).unwrap();
        assert!(login(&redirects).is_none() && redirects.is_without_login());
        let Location::Rtsp { url, transport, .. } = redirects.now().clone() else { panic!("no camera") };
        let credentials = Some(Credentials { user: "admin".into(), password: Secret::new("geheim") });
        redirects.start_over(&Location::Rtsp { url, transport, credentials });
        assert!(login(&redirects).is_some() && redirects.led_to().is_none());
    }

    #[test]
    fn what_may_not_be_followed_is_said() {
        use RedirectTrouble::{Circle, NoAddress, NotEncrypted, Password, TooFar};
        let secrets = [Secret::new("geheim"), Secret::new("")];
        for (from, to, expected) in [
            ("rtsp://cam/a", "rtsp://cam/a", Circle),
            ("rtsps://cam/a", "rtsp://cam/a", NotEncrypted),
            ("rtsp://cam/a", "http://cam/a", NoAddress),
            ("rtsp://cam/a", "rtsp://", NoAddress),
            ("rtsp://cam/a", "rtsp://other/user=admin&password=geheim", Password),
        ] {
            let Err(Fault::Redirect { why, to: shown, .. }) = at(from).follow(to, &secrets) else {
                panic!("{to}")
            };
            assert_eq!(why, expected, "{to}");
            assert!(!shown.contains("geheim"), "{shown}");
        }
        let mut redirects = at("rtsp://cam/0");
        for number in 1..=5 {
            redirects.follow(&format!("rtsp://cam/{number}"), &[]).unwrap();
        }
        let Err(Fault::Redirect { why, .. }) = redirects.follow("rtsp://cam/6", &[]) else {
            panic!("it goes on")
        };
        assert_eq!(why, TooFar);
    }
}
