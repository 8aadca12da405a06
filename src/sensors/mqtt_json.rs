//! Messages with JSON on an MQTT topic, as zigbee2mqtt, ChirpStack and Tasmota publish them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::brokers::{Subscription, checked_topic};
use super::extract::Extract;
use super::{Source, SourceCheck, SourceDocument};
use crate::text::fields;
use crate::types::at::{At, value_of};

fields! {
    "Messages with JSON on an MQTT topic: zigbee2mqtt, ChirpStack, Tasmota and many others.":
        "MQTT 主题上的 JSON 消息：zigbee2mqtt、ChirpStack、Tasmota 等许多设备。";
    "The topic, without wildcards.":
        "主题，不含通配符。";
    "Words that stand for numbers, in addition to the usual ones for 0/1 sensors (`ON`, `open`, `true`, ... are 1). zigbee2mqtt's `contact` is true when a door is closed: `{ true = 0, false = 1 }`.":
        "代表数字的词，补充 0/1 传感器通常的那些（`ON`、`open`、`true` 等为 1）。zigbee2mqtt 的 `contact` 在门关闭时为 true：写 `{ true = 0, false = 1 }`。";
    "Pass over messages that lack the place, for devices that send several kinds of message. Otherwise they make the reading bad.":
        "略过没有该位置的消息，用于会发多种消息的设备。否则这样的消息使读数无效。";
}

/// Messages with JSON on an MQTT topic. Retained messages are not taken: they are old news.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MqttJsonDocument {
    /// The topic, without wildcards.
    #[schemars(required, length(max = 512), extend("examples" = ["zigbee2mqtt/door-1"]))]
    pub topic: Option<At<String>>,
    /// Where in the message the value is, as a JSON pointer (RFC 6901). Without it, the whole message is the value.
    #[schemars(length(max = 512), extend("examples" = ["/object/level"]))]
    pub pointer: Option<At<String>>,
    /// Words that stand for numbers, in addition to the usual ones for 0/1 sensors (`ON`, `open`, `true`, ... are 1). zigbee2mqtt's
    /// `contact` is true when a door is closed: `{ true = 0, false = 1 }`.
    #[schemars(extend("examples" = [{"true": 0, "false": 1}]))]
    pub words: Option<At<BTreeMap<String, At<f64>>>>,
    /// Pass over messages that lack the place, for devices that send several kinds of message. Otherwise they make the
    /// reading bad.
    #[schemars(extend("default" = false))]
    pub skip_missing: Option<At<bool>>,
    /// Which `[[sensors.broker]]`. May be left out while there is at most one.
    pub broker: Option<At<String>>,
}

impl SourceDocument for MqttJsonDocument {
    fn check(&self, check: &mut SourceCheck<'_>) -> Option<Source> {
        let broker = check.broker(&self.broker);
        let skip_missing = value_of(&self.skip_missing).unwrap_or(false);
        let extract = Extract::checked(&self.pointer, &self.words, skip_missing, check);
        let topic = self.topic.as_ref().and_then(|field| checked_topic(field, check));
        Some(Source::Mqtt(Subscription { broker: broker?, topic: topic?, extract: extract? }))
    }
}
