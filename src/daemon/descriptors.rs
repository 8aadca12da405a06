//! The limit of open files and connections, and whether it is enough.
//!
//! Libraries below us end the process, or hang, when none is left; so it is checked before the first camera is opened.
//! Systems give a process 1024 unless it asks for more, and most allow half a million.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::text::{box_log, daemon, log_info, log_warn};
use crate::types::language::Language;

/// What a box with one camera that is away has open: standard streams, the queue, threads' wake-ups, the broker and its
/// clients, the libraries. Measured: 46 on two cores with the embedded broker; the rest is room for pictures, reloads and
/// more cores.
const BASE: u64 = 80;
/// Each camera that is received by the lean receiver: its connection, and the next one while the old one closes.
const EACH_CAMERA: u64 = 2;
/// Each camera that GStreamer receives: sockets, and wake-ups of its threads. A guess.
const EACH_CAMERA_BY_GSTREAMER: u64 = 16;
/// Each sensor: its line or connection.
const EACH_SENSOR: u64 = 2;
/// More is of no use, and some libraries keep a table as long as the limit.
const MOST: u64 = 65_536;

/// Too few may be open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TooFew {
    allowed: u64,
    needed: u64,
    cameras: usize,
    sensors: usize,
}

impl TooFew {
    /// What is wrong and what to try, in that language.
    pub(super) fn in_language(&self, language: Language) -> String {
        let what = daemon::too_few_descriptors(self.allowed, self.cameras, self.sensors, self.needed);
        what.with_hint(Some(&daemon::try_raise_limit(MOST)), language)
    }
}

/// Raises the limit to what the system allows, and checks that so many cameras and sensors fit into it.
///
/// # Errors
/// They do not fit.
pub(crate) fn make_room(cameras: usize, sensors: usize) -> Result<(), TooFew> {
    let now = getrlimit(Resource::Nofile);
    // `None` stands for no limit.
    let hard = now.maximum.unwrap_or(MOST);
    let soft = now.current.unwrap_or(MOST);
    let wanted = hard.min(MOST);
    let mut allowed = soft;
    if soft < wanted {
        match setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: now.maximum }) {
            Ok(()) => allowed = wanted,
            Err(error) => {
                log_warn!(box_log::descriptors_not_raised(); soft, hard, %error);
            }
        }
    }
    let needed = needed(cameras, sensors, EACH_CAMERA);
    if allowed < needed {
        return Err(TooFew { allowed, needed, cameras, sensors });
    }
    let comfortable = self::needed(cameras, sensors, EACH_CAMERA_BY_GSTREAMER);
    if allowed < comfortable {
        log_warn!(box_log::descriptors_low(); allowed, comfortable);
    } else {
        log_info!(box_log::descriptors_enough(); allowed, needed);
    }
    Ok(())
}

fn needed(cameras: usize, sensors: usize, each_camera: u64) -> u64 {
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    BASE.saturating_add(count(cameras).saturating_mul(each_camera))
        .saturating_add(count(sensors).saturating_mul(EACH_SENSOR))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_says_how_many_there_are_how_many_it_takes_and_where_to_raise_it() {
        let error = TooFew { allowed: 24, needed: needed(96, 4, EACH_CAMERA), cameras: 96, sensors: 4 };
        let text = error.in_language(Language::English);
        for part in ["24 files", "280", "96 cameras", "LimitNOFILE=65536", "ulimit -n 65536", "hint: "] {
            assert!(text.contains(part), "{part} is missing in: {text}");
        }
    }
}
