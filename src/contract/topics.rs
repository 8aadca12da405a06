//! The topics on which a box speaks and listens: `{prefix}/{area}/{box}/up/...` and `.../down/...`.
//!
//! No grid, level or camera in the topic of an alert: those are data, and change while topics must not. What is retained
//! of one camera or one sensor has its id in the topic, because a broker keeps one message for each topic.

/// First part of every topic unless the configuration says otherwise. `v1` is the version of the contract.
pub const DEFAULT_PREFIX: &str = "lookout/v1";

/// Commands that a box of this version understands; the last part of `down/cmd/...`.
pub const COMMANDS: [&str; 7] = ["ack", "confirm", "mute", "original", "selftest", "set", "snapshot"];

/// Topic names of one box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topics {
    base: String,
}

impl Topics {
    /// Last part of [`Topics::alert`].
    pub const ALERT_SUFFIX: &'static str = "up/alert";
    /// Last part of [`Topics::count`].
    pub const COUNT_SUFFIX: &'static str = "up/count";

    /// Last part of [`Topics::meta`].
    pub const META_SUFFIX: &'static str = "up/meta";

    /// What did not fit into [`Topics::meta`], `part` from 1, below the box's topic. QoS 1, retained.
    pub fn meta_part_suffix(part: u32) -> String {
        format!("up/meta_part/{part}")
    }

    /// Last part of [`Topics::evidence`].
    pub fn evidence_suffix(alert_id: &str, n: u32) -> String {
        format!("up/evidence/{alert_id}/{n}")
    }

    /// How one camera does, below the box's topic. QoS 1, retained.
    pub fn camera_suffix(camera: &str) -> String {
        format!("up/camera/{camera}")
    }

    /// How one sensor does, below the box's topic. QoS 1, retained.
    pub fn sensor_suffix(sensor: &str) -> String {
        format!("up/sensor/{sensor}")
    }

    /// Last part of [`Topics::original`].
    pub fn original_suffix(alert_id: &str, n: u32) -> String {
        format!("up/original/{alert_id}/{n}")
    }

    /// Topics of the box `box_id` in `area`; both checked by configuration to be single topic levels.
    pub fn new(prefix: &str, area: &str, box_id: &str) -> Self {
        Topics { base: format!("{}/{area}/{box_id}", prefix.trim_matches('/')) }
    }

    /// `{prefix}/{area}/{box}`, without a slash at the end.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Whether the box is there. QoS 1, retained; the will is published here.
    pub fn state(&self) -> String {
        self.up("state")
    }

    /// What the box is. QoS 1, retained.
    pub fn meta(&self) -> String {
        self.up("meta")
    }

    /// Every revision of every alert, and the gaps between them. QoS 1.
    pub fn alert(&self) -> String {
        self.up("alert")
    }

    /// The open alerts. QoS 1, retained.
    pub fn active(&self) -> String {
        self.up("active")
    }

    /// One picture of an alert, `n` from 1. QoS 1.
    pub fn evidence(&self, alert_id: &str, n: u32) -> String {
        format!("{}/{}", self.base, Topics::evidence_suffix(alert_id, n))
    }

    /// A sealed original that was asked for. QoS 1.
    pub fn original(&self, alert_id: &str, n: u32) -> String {
        format!("{}/{}", self.base, Topics::original_suffix(alert_id, n))
    }

    /// Counts of a camera and minute. QoS 1.
    pub fn count(&self) -> String {
        self.up("count")
    }

    /// How the box does. QoS 0, retained.
    pub fn health(&self) -> String {
        self.up("health")
    }

    /// Which configuration runs. QoS 1, retained.
    pub fn config(&self) -> String {
        self.up("config")
    }

    /// Answers to commands. QoS 1.
    pub fn reply(&self) -> String {
        self.up("reply")
    }

    /// The centre's durable receipt. QoS 1, retained.
    pub fn mark(&self) -> String {
        format!("{}/down/mark", self.base)
    }

    /// One command. QoS 1, never retained.
    pub fn command(&self, name: &str) -> String {
        format!("{}/down/cmd/{name}", self.base)
    }

    /// The name of the command that a topic of ours carries.
    pub fn command_of<'t>(&self, topic: &'t str) -> Option<&'t str> {
        topic.strip_prefix(self.base.as_str())?.strip_prefix("/down/cmd/")
    }

    fn up(&self, last: &str) -> String {
        format!("{}/up/{last}", self.base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_hold_area_and_box_and_nothing_that_changes() {
        let topics = Topics::new("lookout/v1/", "530127", "box-7f3a");
        assert_eq!(topics.alert(), "lookout/v1/530127/box-7f3a/up/alert");
        assert_eq!(topics.evidence("01ABC", 2), "lookout/v1/530127/box-7f3a/up/evidence/01ABC/2");
        assert_eq!(topics.command_of("lookout/v1/530127/box-7f3a/down/cmd/ack"), Some("ack"));
        assert_eq!(topics.command_of("lookout/v1/530127/another/down/cmd/ack"), None);
    }
}
