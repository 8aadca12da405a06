//! Sensors in the configuration file, as typed: `[[sensor]]` and what they share, `[sensors]`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::At;
use crate::sensors::{self, SourceDocument};

/// What sensors share: brokers and the listener for posted readings.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SensorsDocument {
    /// MQTT brokers that sensors publish to, one `[[sensors.broker]]` for each. Without any, sensors are looked for
    /// at the broker on this machine: the box's own where it runs, otherwise `127.0.0.1:1883`, which is where
    /// zigbee2mqtt publishes when it is installed on the same box.
    #[serde(default)]
    pub broker: Vec<At<SensorBrokerDocument>>,
    /// The HTTP listener to which readings are posted. Needed when a sensor has `webhook`.
    pub webhook: Option<At<WebhookListenerDocument>>,
}

/// An MQTT broker that sensors publish to. Spoken to in MQTT 3.1.1.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SensorBrokerDocument {
    /// Its name, which sensors use as `broker`.
    #[schemars(required, extend("pattern" = "^[a-z0-9][a-z0-9_-]{0,63}$", "examples" = ["lorawan"]))]
    pub id: Option<At<String>>,
    /// Where it is: `mqtt://host:1883` or `mqtts://host:8883` (encrypted). Never with a password inside.
    #[schemars(required, extend("examples" = ["mqtt://10.0.0.9:1883"]))]
    pub url: Option<At<String>>,
    /// User name at the broker, where the secret file holds only the password.
    #[schemars(length(max = 256))]
    pub user: Option<At<String>>,
    /// Name of the secret file that holds `user:password`, or only the password when `user` is given.
    pub secret: Option<At<String>>,
    /// PEM file with the authorities to trust, for a broker with a private one. Only with `mqtts://`.
    pub ca_file: Option<At<String>>,
}

/// The HTTP listener to which readings are posted (`POST`, JSON, `Authorization: Bearer TOKEN`).
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookListenerDocument {
    /// Address and port. It is not encrypted: beyond this machine put a proxy with TLS in front.
    #[schemars(extend("default" = DEFAULT_WEBHOOK_LISTEN))]
    pub listen: Option<At<String>>,
    /// Name of the secret file that holds the token: at least 16 characters on one line. Nothing is taken without it.
    #[schemars(required, extend("examples" = ["webhook"]))]
    pub secret: Option<At<String>>,
    /// Most posts per second, all senders together; twice as many may come at once.
    #[schemars(range(min = 1, max = 10_000), extend("default" = DEFAULT_POSTS_PER_SECOND))]
    pub posts_per_sec: Option<At<u32>>,
}

macro_rules! sensor_document {
    ($($(#[$($doc:tt)*])+ $key:ident: $Document:ident,)+) => {
        /// One sensor. Exactly one source (`mqtt_json`, `onvif_mqtt`, ...) says where its numbers come from.
        #[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        #[schemars(extend("oneOf" = one_source()))]
        pub struct SensorDocument {
            /// Its name, unique in the file: lower-case letters, digits, `-` and `_`.
            #[schemars(required, extend("pattern" = "^[a-z0-9][a-z0-9_-]{0,63}$", "examples" = ["drain-2"]))]
            pub id: Option<At<String>>,
            /// What it measures: `water_level` (m, cm, mm), `smoke` (0/1, %obs/m), `temperature` (°C, K), `pm2_5` and `pm10`
            /// (µg/m³, mg/m³), `noise` (dB, dB(A)), `door` (0/1: 1 is open), `gas` (%LEL, ppm, 0/1), or a name of your own.
            #[schemars(required, extend("pattern" = "^[a-z][a-z0-9_]{0,63}$", "examples" = ["water_level"]))]
            pub quantity: Option<At<String>>,
            /// The unit of its values after `scale` and `offset`. May be left out where the quantity has a usual one (the first in
            /// the list above); `smoke`, `gas` and names of your own must say it.
            #[schemars(length(max = 16), extend("examples" = ["m"]))]
            pub unit: Option<At<String>>,
            /// Its place as a grid code: county 6 digits, sub-district 3, community 3, grid 2 or more.
            #[schemars(required, extend("pattern" = "^[0-9]{6}([0-9]{3}([0-9]{3}([0-9]{2,8})?)?)?$", "examples" = ["53012700300102"]))]
            pub grid: Option<At<String>>,
            /// Address in words; goes into every alert.
            #[schemars(length(max = 200), extend("examples" = ["Yangqiao, underpass, drain 2"]))]
            pub address: Option<At<String>>,
            /// Longitude and latitude in degrees (WGS 84), in this order.
            #[schemars(extend("examples" = [[102.912, 25.046]]))]
            pub lonlat: Option<At<[f64; 2]>>,
            /// What people call it; goes into its alerts.
            #[schemars(length(max = 100), extend("examples" = ["Drain 2"]))]
            pub name: Option<At<String>>,
            /// How to reach whoever answers for it, such as the telephone number of a desk; goes into its alerts.
            #[schemars(length(max = 100), extend("examples" = ["0871-5550100"]))]
            pub contact: Option<At<String>>,
            /// Who answers for it; goes into its alerts.
            #[schemars(length(max = 100), extend("examples" = ["property office, lane 3"]))]
            pub officer: Option<At<String>>,
            /// Least and greatest plausible value, in the unit. What lies outside is bad: it raises no alert and is no sign
            /// that all is well. If left out, what is plausible on Earth for the quantity.
            #[schemars(extend("examples" = [[-0.5, 8.0]]))]
            pub range: Option<At<[f64; 2]>>,
            /// Greatest plausible change, in the unit per second. What changes faster is bad.
            #[schemars(range(min = 0.000_000_001), extend("examples" = [0.05]))]
            pub max_rate_per_sec: Option<At<f64>>,
            /// Without a word for so long the sensor is silent, which makes what depends on it unknown. For Modbus the usual
            /// value is three polls and no less than 15 s. Others must say it: longer than the pause between two messages
            /// when nothing happens (battery sensors often speak once an hour or less).
            #[schemars(range(min = 1.0, max = 604_800.0), extend("examples" = [30]))]
            pub stale_after_secs: Option<At<f64>>,
            /// A change counts when it lasted so long. Of measured numbers: the median of so many seconds is taken.
            #[schemars(range(min = 0.0, max = 3600.0), extend("default" = 0.0))]
            pub debounce_secs: Option<At<f64>>,
            /// value = number * scale + offset.
            #[schemars(extend("default" = 1.0, "examples" = [0.001]))]
            pub scale: Option<At<f64>>,
            /// In the unit; see `scale`. -273.15 makes °C of kelvin.
            #[schemars(extend("default" = 0.0))]
            pub offset: Option<At<f64>>,
            $(
                $(#[$($doc)*])+
                pub $key: Option<At<sensors::$key::$Document>>,
            )+
        }

        impl SensorDocument {
            /// Names of the sources, as they are typed.
            pub(in crate::config) const SOURCES: &'static [&'static str] = &[$(stringify!($key)),+];

            /// The sources that it has, with their names and places.
            pub(in crate::config) fn sources(&self) -> Vec<(&'static str, At<&dyn SourceDocument>)> {
                let mut there: Vec<(&'static str, At<&dyn SourceDocument>)> = Vec::new();
                $(
                    if let Some(At { value, span }) = &self.$key {
                        there.push((stringify!($key), At { value, span: span.clone() }));
                    }
                )+
                there
            }
        }
    };
}
sensors::with_sources!(sensor_document);

fn one_source() -> Vec<Value> {
    SensorDocument::SOURCES.iter().map(|name| json!({ "required": [name] })).collect()
}

/// On the loopback address: other machines come through a proxy.
pub(crate) const DEFAULT_WEBHOOK_LISTEN: &str = "127.0.0.1:8090";
/// Far more than sensors of one box say. A guess.
pub(crate) const DEFAULT_POSTS_PER_SECOND: u32 = 50;
/// A sensor that is asked is not silent before this, however often it is asked.
pub(crate) const LEAST_STALE_SECS: f64 = 15.0;
