//! Notifies systemd that the daemon is ready, lives and stops, and stops saying that it lives when a part does not get
//! on: then systemd ends it and starts it anew, and the outbox has every alert. Where there is no systemd, the process ends
//! itself a little later.
//!
//! A part gets on when its own count moves, whatever it counts: a camera that is tried again moves, one that hangs in a
//! library does not. Must never feed the watchdog from a thread that looks at nothing.

use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::Duration;

use sd_notify::NotifyState;

use crate::alerts::writer_message::Ping;
use crate::lifeline;
use crate::outbox::Outbox;
use crate::text::{Sentence, box_log, daemon, language_of_log, log_error, log_warn};

use super::analysis_thread::{AnalysisMessage, AnalysisQueue};

/// A question that goes the way of an alert (analysis thread, alert writer, outbox) is answered within this; a disk that syncs
/// slowly takes seconds.
const ANSWERS_WITHIN: Duration = Duration::from_secs(45);
/// The MQTT thread wakes every few seconds, connected or not.
const MQTT_WITHIN: Duration = Duration::from_secs(45);
/// Frames wait and nobody looks: one picture takes less than a second on the slowest machine.
const LOOKS_WITHIN: Duration = Duration::from_secs(60);
/// A camera that waits for its next attempt says every half minute that it does, and an attempt takes half of one.
const CAMERAS_WITHIN: Duration = Duration::from_secs(180);

/// Counts that move while their part gets on.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Progress {
    /// Wake-ups of the MQTT thread.
    pub mqtt: u64,
    /// Frames that workers looked at, or failed to.
    pub looked: u64,
    /// Frames dropped because no worker had time.
    pub overtaken: u64,
    /// Frames of all cameras, attempts to reach them, and signs of life while they wait for the next one.
    pub cameras: u64,
    /// Cameras that should run.
    pub wanted_cameras: usize,
}

/// A part that does not get on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stuck {
    /// Analysis thread, alert writer or outbox.
    Alerts,
    /// The MQTT thread.
    Mqtt,
    /// The workers.
    InferenceWorkers,
    /// All cameras at once.
    Cameras,
}

impl Stuck {
    fn sentence(self) -> Sentence {
        match self {
            Stuck::Alerts => daemon::alerts_stuck(),
            Stuck::Mqtt => daemon::mqtt_stuck(),
            Stuck::InferenceWorkers => daemon::workers_stuck(),
            Stuck::Cameras => daemon::cameras_stuck(),
        }
    }
}

/// Feeds systemd's watchdog from the daemon's main thread.
pub(super) struct Watchdog {
    judge: Judge,
    analyst: AnalysisQueue,
    outbox: Outbox,
    /// The question on its way, since when it is.
    asked: Option<(Duration, Receiver<()>)>,
    reported: Option<Stuck>,
    /// Start of the present hang.
    stuck_since: Option<Duration>,
}

impl Watchdog {
    /// Nothing is fed yet. `now` is the monotonic time.
    pub(super) fn new(analyst: AnalysisQueue, outbox: Outbox, now: Duration) -> Self {
        Watchdog { judge: Judge::new(now), analyst, outbox, asked: None, reported: None, stuck_since: None }
    }

    /// Looks at every part and feeds the watchdog if all get on. To be called every few seconds.
    pub(super) fn look(&mut self, now: Duration, progress: Progress) {
        let unanswered_since = self.ask(now);
        let stuck = self.judge.stuck(now, unanswered_since, progress);
        self.stuck_since = stuck.and(self.stuck_since.or(Some(now)));
        if let (Some(stuck), Some(since)) = (stuck, self.stuck_since)
            && now.saturating_sub(since) >= lifeline::STUCK_FOR
        {
            lifeline::end(&stuck.sentence().in_language(language_of_log()));
        }
        match stuck {
            None => {
                if self.reported.take().is_some() {
                    log_warn!(box_log::well_again());
                }
                notify(&[NotifyState::Watchdog]);
            }
            Some(stuck) if self.reported != Some(stuck) => {
                let reason = stuck.sentence().in_language(language_of_log());
                log_error!(box_log::not_alive(); %reason);
                self.reported = Some(stuck);
            }
            Some(_) => {}
        }
    }

    /// Sends a question the way of an alert, one at a time. Returns since when one is unanswered.
    fn ask(&mut self, now: Duration) -> Option<Duration> {
        if let Some((since, answer)) = &self.asked {
            match answer.try_recv() {
                Err(TryRecvError::Empty) => return Some(*since),
                // Gone unanswered: who carried it is gone, too. Asked again below, where that shows.
                Ok(()) | Err(TryRecvError::Disconnected) => self.asked = None,
            }
        }
        // A full queue keeps no question; the next look tries again, and a queue that stays full is overload, which
        // the workers' count shows.
        let (ping, answer) = Ping::new(self.outbox.clone());
        let sent = self.analyst.try_send(AnalysisMessage::Ping(ping));
        if sent.is_ok() {
            self.asked = Some((now, answer));
        }
        None
    }
}

/// Everything runs.
pub(crate) fn notify_ready() {
    notify(&[NotifyState::Ready]);
}

/// The end has begun.
pub(crate) fn notify_stopping() {
    notify(&[NotifyState::Stopping]);
}

/// Does nothing where systemd did not start us.
fn notify(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        log_warn!(box_log::systemd_deaf(); %error);
    }
}

/// Who got on last, and when.
#[derive(Debug)]
struct Judge {
    mqtt: Moved,
    looked: Moved,
    cameras: Moved,
    /// Frames overtaken when a worker looked last.
    overtaken: u64,
}

/// A count and when it was seen to move.
#[derive(Debug)]
struct Moved {
    count: u64,
    at: Duration,
}

impl Moved {
    /// How long it has stood still.
    fn still_for(&mut self, count: u64, now: Duration) -> Duration {
        if self.count != count {
            *self = Moved { count, at: now };
        }
        now.saturating_sub(self.at)
    }
}

impl Judge {
    fn new(now: Duration) -> Self {
        let still = || Moved { count: 0, at: now };
        Judge { mqtt: still(), looked: still(), cameras: still(), overtaken: 0 }
    }

    fn stuck(&mut self, now: Duration, unanswered_since: Option<Duration>, seen: Progress) -> Option<Stuck> {
        let mqtt = self.mqtt.still_for(seen.mqtt, now);
        let cameras = self.cameras.still_for(seen.cameras, now);
        let looked = self.looked.still_for(seen.looked, now);
        if looked.is_zero() {
            self.overtaken = seen.overtaken;
        }
        if unanswered_since.is_some_and(|since| now.saturating_sub(since) > ANSWERS_WITHIN) {
            Some(Stuck::Alerts)
        } else if mqtt > MQTT_WITHIN {
            Some(Stuck::Mqtt)
        } else if looked > LOOKS_WITHIN && seen.overtaken > self.overtaken {
            Some(Stuck::InferenceWorkers)
        } else if seen.wanted_cameras > 0 && cameras > CAMERAS_WITHIN {
            Some(Stuck::Cameras)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    /// What each second brings while everything gets on.
    fn at(n: u64) -> Progress {
        Progress { mqtt: n, looked: n, overtaken: n, cameras: n, wanted_cameras: 2 }
    }

    /// The first second at which something is stuck, and what.
    fn first_stuck(
        until: u64,
        progress: impl Fn(u64) -> Progress,
        unanswered: impl Fn(u64) -> Option<u64>,
    ) -> Option<(u64, Stuck)> {
        let mut judge = Judge::new(secs(0));
        (1..until).find_map(|n| Some((n, judge.stuck(secs(n), unanswered(n).map(secs), progress(n))?)))
    }

    #[test]
    fn while_all_get_on_nothing_is_stuck() {
        assert_eq!(first_stuck(1000, at, |_| None), None);
        // An outage of every camera: tried again every half minute.
        let tried = |n: u64| Progress { cameras: n / 30, looked: 0, overtaken: 0, ..at(n) };
        assert_eq!(first_stuck(1000, tried, |_| None), None);
        // Nothing to look at is nobody's fault; nor is a slow disk.
        assert_eq!(first_stuck(1000, |n| Progress { looked: 7, overtaken: 3, ..at(n) }, |_| None), None);
        assert_eq!(first_stuck(1000, at, |n| Some(n - n % 40)), None);
        assert_eq!(
            first_stuck(1000, |n| Progress { cameras: 0, wanted_cameras: 0, ..at(n) }, |_| None),
            None,
            "a box with sensors only"
        );
    }

    #[test]
    fn each_part_that_stops_at_second_100_is_named_in_its_time() {
        let stopped = |n: u64| n.min(100);
        let mqtt = |n| Progress { mqtt: stopped(n), ..at(n) };
        assert_eq!(first_stuck(1000, mqtt, |_| None), Some((146, Stuck::Mqtt)));
        let looked = |n| Progress { looked: stopped(n), ..at(n) };
        assert_eq!(first_stuck(1000, looked, |_| None), Some((161, Stuck::InferenceWorkers)));
        let cameras = |n| Progress { cameras: stopped(n), ..at(n) };
        assert_eq!(first_stuck(1000, cameras, |_| None), Some((281, Stuck::Cameras)));
        assert_eq!(first_stuck(1000, at, |n| (n > 100).then_some(100)), Some((146, Stuck::Alerts)));
    }

    #[test]
    fn what_moves_again_is_stuck_no_more() {
        let mut judge = Judge::new(secs(0));
        assert_eq!(judge.stuck(secs(50), None, Progress { mqtt: 0, ..at(50) }), Some(Stuck::Mqtt));
        assert_eq!(judge.stuck(secs(51), None, at(51)), None);
    }
}
