//! ONVIF events with JSON on an MQTT topic, as cameras and their inputs publish them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::brokers::{Subscription, checked_topic};
use super::extract::{Extract, Place, words_of};
use super::{Source, SourceCheck, SourceDocument};
use crate::text::fields;
use crate::types::at::{At, text_of};

fields! {
    "ONVIF events with JSON on an MQTT topic (prefix `onvif-ej`).":
        "MQTT 主题上的 ONVIF 事件，JSON 格式（前缀 `onvif-ej`）。";
    "The topic, without wildcards: prefix of the device, `onvif-ej`, the event, and its source.":
        "主题，不含通配符：设备的前缀、`onvif-ej`、事件及其来源。";
    "Items of the event's `Source` that must have these values, where a topic serves several.":
        "事件的 `Source` 中必须等于这些值的项，用于一个主题对应多个来源的情况。";
    "Name of the item in the event's `Data` that holds the value. ONVIF gives temperatures in kelvin.":
        "事件的 `Data` 中存放值的那一项的名称。ONVIF 的温度以开尔文为单位。";
}

/// ONVIF events with JSON on an MQTT topic (ONVIF Core Specification, "JSON Event Payload").
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OnvifMqttDocument {
    /// The topic, without wildcards: prefix of the device, `onvif-ej`, the event, and its source.
    #[schemars(required, length(max = 512), extend("examples" = ["gate-cam/onvif-ej/Device/Trigger/DigitalInput/&1"]))]
    pub topic: Option<At<String>>,
    /// Items of the event's `Source` that must have these values, where a topic serves several.
    #[schemars(extend("examples" = [{"InputToken": "1"}]))]
    pub source: Option<At<BTreeMap<String, At<String>>>>,
    /// Name of the item in the event's `Data` that holds the value. ONVIF gives temperatures in kelvin.
    #[schemars(required, length(max = 128), extend("examples" = ["LogicalState"]))]
    pub data_key: Option<At<String>>,
    /// Words that stand for numbers, in addition to the usual ones for 0/1 sensors.
    #[schemars(extend("examples" = [{"active": 1, "inactive": 0}]))]
    pub words: Option<At<BTreeMap<String, At<f64>>>>,
    /// Which `[[sensors.broker]]`. May be left out while there is at most one.
    pub broker: Option<At<String>>,
}

impl SourceDocument for OnvifMqttDocument {
    fn check(&self, check: &mut SourceCheck<'_>) -> Option<Source> {
        let broker = check.broker(&self.broker);
        let topic = self.topic.as_ref().and_then(|field| checked_topic(field, check));
        let items = self.source.iter().flat_map(|table| &table.value);
        let source = items.map(|(name, value)| (name.clone(), value.value.clone())).collect();
        let place = Place::Onvif { source, data_key: text_of(&self.data_key)? };
        let extract = Extract { place, words: words_of(&self.words, check.is_binary), skip_missing: false };
        Some(Source::Mqtt(Subscription { broker: broker?, topic: topic?, extract }))
    }
}
