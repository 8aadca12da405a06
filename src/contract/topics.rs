//! The topics on which a box speaks and listens: `{prefix}/{area}/{box}/up/...` and `.../down/...`.
//!
//! No grid, level or camera in a topic: those are data, and change while topics must not.

/// First part of every topic unless the configuration says otherwise. `v1` is the version of the contract.
pub const DEFAULT_PREFIX: &str = "lookout/v1";

/// Commands that a box of this version understands; the last part of `down/cmd/...`.
pub const COMMANDS: [&str; 1] = ["ack"];

/// Topic names of one box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topics {
    base: String,
}

impl Topics {
    /// Where alerts and gaps go, below `{prefix}/{area}/{box}/`.
    pub const ALERT_SUFFIX: &str = "up/alert";
    /// Where answers to commands go.
    pub const REPLY_SUFFIX: &str = "up/reply";
    /// Where the state of the box stands.
    pub const STATE_SUFFIX: &str = "up/state";
    /// Where it is told what the box is.
    pub const META_SUFFIX: &str = "up/meta";
    /// Where the open alerts stand.
    pub const ACTIVE_SUFFIX: &str = "up/active";
    /// Where it is told how the box does.
    pub const HEALTH_SUFFIX: &str = "up/health";
    /// Where it is told which configuration runs.
    pub const CONFIG_SUFFIX: &str = "up/config";

    /// Where picture `n` (from 1) of an alert goes.
    pub fn evidence_suffix(alert_id: &str, n: u32) -> String {
        format!("up/evidence/{alert_id}/{n}")
    }

    /// Topics of the box `box_id` in `area`; both checked by configuration to be single topic levels.
    pub fn new(prefix: &str, area: &str, box_id: &str) -> Self {
        Topics { base: format!("{}/{area}/{box_id}", prefix.trim_matches('/')) }
    }

    /// `{prefix}/{area}/{box}`, without a slash at the end.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Every revision of every alert, and the gaps between them. QoS 1.
    pub fn alert(&self) -> String {
        self.below(Topics::ALERT_SUFFIX)
    }

    /// A topic of this box from what stands below its base.
    pub fn below(&self, suffix: &str) -> String {
        format!("{}/{suffix}", self.base)
    }

    /// One command. QoS 1, never retained.
    pub fn command(&self, name: &str) -> String {
        format!("{}/down/cmd/{name}", self.base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_hold_area_and_box_and_nothing_that_changes() {
        let topics = Topics::new("lookout/v1/", "530127", "box-7f3a");
        assert_eq!(topics.alert(), "lookout/v1/530127/box-7f3a/up/alert");
        let evidence = topics.below(&Topics::evidence_suffix("01ABC", 2));
        assert_eq!(evidence, "lookout/v1/530127/box-7f3a/up/evidence/01ABC/2");
        assert_eq!(topics.command("ack"), "lookout/v1/530127/box-7f3a/down/cmd/ack");
    }
}
