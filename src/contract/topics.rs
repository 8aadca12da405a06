//! The topics of one box: `{prefix}/{area}/{box}/up/...` and `.../down/...`; what follows the box is in `messages`.
//!
//! No grid, level or camera in the topic of an alert: those are data, and change while topics must not. What is retained
//! of one camera or one sensor has its id in the topic, because a broker keeps one message for each topic.

use super::messages::COMMAND_TOPICS;

/// First part of every topic unless the configuration says otherwise. `v1` is the version of the contract.
pub(crate) const DEFAULT_PREFIX: &str = "lookout/v1";

/// Topic names of one box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topics {
    base: String,
}

impl Topics {
    /// Topics of the box `box_id` in `area`; both checked by configuration to be single topic levels.
    pub fn new(prefix: &str, area: &str, box_id: &str) -> Self {
        Topics { base: format!("{}/{area}/{box_id}", prefix.trim_matches('/')) }
    }

    /// `{prefix}/{area}/{box}`, without a slash at the end.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The topic of which the last part is `suffix`: `up/alert`.
    pub fn of(&self, suffix: &str) -> String {
        format!("{}/{suffix}", self.base)
    }

    /// The topic of one command.
    pub fn command(&self, name: &str) -> String {
        format!("{}/{COMMAND_TOPICS}{name}", self.base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::messages::ALERT;

    #[test]
    fn topics_hold_area_and_box_and_nothing_that_changes() {
        let topics = Topics::new("lookout/v1/", "530127", "box-7f3a");
        assert_eq!(topics.of(ALERT.topic), "lookout/v1/530127/box-7f3a/up/alert");
        assert_eq!(topics.command("ack"), "lookout/v1/530127/box-7f3a/down/cmd/ack");
    }
}
