//! An attempt that failed where it was sent, or over its login: whether another address or another receiver is worth a try.

use super::{End, Supervisor, Talk};
use crate::text::{Sentence, box_log, log_info, stream as say};
use crate::video::diagnose;
use crate::video::error::Fault;
use crate::video::source::{Location, ReceivedBy};

impl Supervisor {
    /// GStreamer goes on by itself to where a camera sends it, and does not say that it failed there.
    pub(super) fn without_connection(&mut self) -> End {
        let Location::Rtsp { url, credentials, .. } = self.redirects.now() else {
            return End::Lost(Fault::Broken { detail: say::no_connection_to_file() });
        };
        let fault = diagnose::no_connection(url);
        let sent_to = if diagnose::works_now(&fault) {
            diagnose::redirected_to(url, credentials.as_ref())
        } else {
            None
        };
        match sent_to {
            Some(to) => self.sent_on(&to),
            None => End::Lost(fault),
        }
    }

    /// Whether an address without encryption names a port with it.
    pub(super) fn connects_to_a_tls_port(&self) -> bool {
        match self.redirects.now() {
            Location::Rtsp { url, .. } => !url.is_encrypted() && diagnose::speaks_tls(url),
            Location::File { .. } => false,
        }
    }

    pub(super) fn by_gstreamer(&mut self, why: &Sentence) -> End {
        self.receivers.give_up(why);
        End::OtherWay
    }

    /// The camera names another address for what was asked.
    pub(super) fn sent_on(&mut self, to: &str) -> End {
        match self.redirects.follow(to, &self.shared.source.secrets()) {
            Ok(()) => {
                let to = self.redirects.led_to();
                if self.shared.talk == Talk::Log && self.shared.status.lock().redirected_to != to {
                    let camera = &*self.shared.source.camera;
                    let goes_along = !self.redirects.is_without_login();
                    let to = to.as_deref().unwrap_or("");
                    let login = if goes_along { "kept" } else { "dropped" };
                    log_info!(box_log::sent_on(); camera, to, login);
                }
                self.shared.status.lock().redirected_to = to;
                End::Elsewhere
            }
            Err(fault) => End::Lost(fault),
        }
    }

    /// A refused password may have been right; one that was proven was not refused over its form.
    pub(super) fn explained(&mut self, fault: Fault) -> End {
        let location = self.redirects.now().clone();
        let Location::Rtsp { url, credentials, .. } = &location else { return End::Lost(fault) };
        if let Fault::Status { status: 300..400, .. } = &fault
            && let Some(to) = diagnose::redirected_to(url, credentials.as_ref())
        {
            return self.sent_on(&to);
        }
        if matches!(fault, Fault::PasswordNeeded { .. }) && self.redirects.is_without_login() {
            return End::Lost(Fault::LoginElsewhere { to: url.to_string() });
        }
        if self.backoff.is_proven() || !matches!(fault, Fault::PasswordWrong { .. }) {
            return End::Lost(fault);
        }
        match self.receivers.now(&location) {
            // It answers the first challenge only, and GStreamer the one that it knows best.
            Some(ReceivedBy::Lean) if diagnose::offers_a_choice_of_logins(url) => {
                self.by_gstreamer(&say::choice_of_logins())
            }
            Some(ReceivedBy::Gstreamer) if diagnose::wants_another_login(url) => {
                End::Lost(Fault::UnknownLogin { url: url.to_string() })
            }
            Some(ReceivedBy::Lean | ReceivedBy::Gstreamer) | None => End::Lost(fault),
        }
    }
}
