//! Sensors in the configuration file, as typed: `[[sensor]]` and what they share, `[sensors]`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::At;
use crate::types::modbus;

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

/// One sensor. Exactly one of `mqtt_json`, `onvif_mqtt`, `modbus_tcp`, `modbus_rtu`, `webhook` says where its numbers come
/// from.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [
    {"required": ["mqtt_json"]}, {"required": ["onvif_mqtt"]}, {"required": ["modbus_tcp"]},
    {"required": ["modbus_rtu"]}, {"required": ["webhook"]},
]))]
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
    /// Messages with JSON on an MQTT topic: zigbee2mqtt, ChirpStack, Tasmota and many others.
    pub mqtt_json: Option<At<MqttJsonDocument>>,
    /// ONVIF events with JSON on an MQTT topic (prefix `onvif-ej`).
    pub onvif_mqtt: Option<At<OnvifMqttDocument>>,
    /// A register that is asked for over Modbus TCP, or in RTU frames behind a serial server.
    pub modbus_tcp: Option<At<ModbusTcpDocument>>,
    /// A register that is asked for over Modbus RTU on a serial port.
    pub modbus_rtu: Option<At<ModbusRtuDocument>>,
    /// Readings that somebody posts over HTTP, see `[sensors.webhook]`.
    pub webhook: Option<At<WebhookDocument>>,
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

/// A register that is asked for over TCP: Modbus TCP, or RTU frames behind a serial server. Sensors with the same address
/// share a connection and are asked one after the other.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModbusTcpDocument {
    /// Host and port; port 502 may be left out.
    #[schemars(required, length(max = 256), extend("examples" = ["10.0.0.8:502"]))]
    pub address: Option<At<String>>,
    /// How frames are written: `tcp` with the header of Modbus TCP, `rtu` with a checksum, for a serial server that passes
    /// on what the serial line carries.
    #[schemars(extend("default" = "tcp"))]
    pub framing: Option<At<modbus::Framing>>,
    /// Number of the device: 1 to 247, or 0 or 255 for a device that has none.
    #[schemars(extend("default" = DEFAULT_UNIT))]
    pub unit: Option<At<u8>>,
    /// Number of the register, from 0: what a manual calls 40018 is `table = "holding", register = 17`. The six digits of
    /// some manuals (400018, 300018, 100018) are taken as they stand there, table included.
    #[schemars(required, range(min = 0, max = 465_536), extend("examples" = [17]))]
    pub register: Option<At<u32>>,
    /// `holding` or `input` registers, `coil` or `discrete` bits.
    #[schemars(extend("default" = "holding"))]
    pub table: Option<At<modbus::Table>>,
    /// What is in it: `u16`, `i16`, `bool` (one register), `u32`, `i32`, `f32` (two). Coils and discrete inputs are `bool`.
    pub kind: Option<At<modbus::Kind>>,
    /// Order of the bytes `ABCD`: `big` (ABCD), `word_swapped` (CDAB), `byte_swapped` (BADC), `little` (DCBA).
    #[schemars(extend("default" = "big"))]
    pub order: Option<At<modbus::Order>>,
    /// Seconds between two questions.
    #[schemars(range(min = 0.1, max = 86_400.0), extend("default" = DEFAULT_POLL_SECS))]
    pub poll_secs: Option<At<f64>>,
    /// Seconds an answer may take.
    #[schemars(range(min = 0.05, max = 60.0), extend("default" = DEFAULT_ANSWER_SECS))]
    pub timeout_secs: Option<At<f64>>,
    /// Seconds to wait after connecting before the first question. Many devices swallow what comes too soon. If left
    /// out, it is learned; of several sensors on a line the longest counts.
    #[schemars(range(min = 0.0, max = 60.0))]
    pub connect_pause_secs: Option<At<f64>>,
    /// Take an answer although it bears another device's number, for devices that always say the same one. 0 and 255 are
    /// always taken.
    #[schemars(extend("default" = false))]
    pub any_unit: Option<At<bool>>,
}

/// A register that is asked for over Modbus RTU on a serial port. Sensors on the same device share the line and are asked one
/// after the other.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModbusRtuDocument {
    /// The serial port. A name under `/dev/serial/by-id` stays the same when cables are swapped.
    #[schemars(required, length(max = 256), extend("examples" = ["/dev/ttyUSB0"]))]
    pub device: Option<At<String>>,
    /// Bits per second.
    #[schemars(range(min = 300, max = 4_000_000), extend("default" = DEFAULT_BAUD))]
    pub baud: Option<At<u32>>,
    /// Parity: `none`, `even` or `odd`.
    #[schemars(extend("default" = "none"))]
    pub parity: Option<At<modbus::Parity>>,
    /// Stop bits.
    #[schemars(range(min = 1, max = 2), extend("default" = 1))]
    pub stop_bits: Option<At<u8>>,
    /// Number of the device on the line.
    #[schemars(range(min = 1, max = 247), extend("default" = DEFAULT_UNIT))]
    pub unit: Option<At<u8>>,
    /// Number of the register, from 0: what a manual calls 40018 is `table = "holding", register = 17`. The six digits of
    /// some manuals (400018, 300018, 100018) are taken as they stand there, table included.
    #[schemars(required, range(min = 0, max = 465_536), extend("examples" = [17]))]
    pub register: Option<At<u32>>,
    /// `holding` or `input` registers, `coil` or `discrete` bits.
    #[schemars(extend("default" = "holding"))]
    pub table: Option<At<modbus::Table>>,
    /// What is in it: `u16`, `i16`, `bool` (one register), `u32`, `i32`, `f32` (two). Coils and discrete inputs are `bool`.
    pub kind: Option<At<modbus::Kind>>,
    /// Order of the bytes `ABCD`: `big` (ABCD), `word_swapped` (CDAB), `byte_swapped` (BADC), `little` (DCBA).
    #[schemars(extend("default" = "big"))]
    pub order: Option<At<modbus::Order>>,
    /// Seconds between two questions.
    #[schemars(range(min = 0.1, max = 86_400.0), extend("default" = DEFAULT_POLL_SECS))]
    pub poll_secs: Option<At<f64>>,
    /// Seconds an answer may take.
    #[schemars(range(min = 0.05, max = 60.0), extend("default" = DEFAULT_ANSWER_SECS))]
    pub timeout_secs: Option<At<f64>>,
    /// Seconds to wait after opening the port before the first question. Many devices swallow what comes too soon. If left
    /// out, it is learned; of several sensors on a line the longest counts.
    #[schemars(range(min = 0.0, max = 60.0))]
    pub connect_pause_secs: Option<At<f64>>,
}

/// Readings that somebody posts over HTTP.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookDocument {
    /// The path. Several sensors may share one and take their values from different places of the same message.
    #[schemars(required, length(max = 128), extend("examples" = ["/readings/drain-2"]))]
    pub path: Option<At<String>>,
    /// Where in the message the value is, as a JSON pointer (RFC 6901). Without it, the whole message is the value.
    #[schemars(length(max = 512), extend("examples" = ["/level"]))]
    pub pointer: Option<At<String>>,
    /// Words that stand for numbers, in addition to the usual ones for 0/1 sensors.
    #[schemars(extend("examples" = [{"true": 0, "false": 1}]))]
    pub words: Option<At<BTreeMap<String, At<f64>>>>,
    /// Pass over messages that lack the place. Otherwise they make the reading bad and are answered with 400.
    #[schemars(extend("default" = false))]
    pub skip_missing: Option<At<bool>>,
}

/// On the loopback address: other machines come through a proxy.
pub const DEFAULT_WEBHOOK_LISTEN: &str = "127.0.0.1:8090";
/// Far more than sensors of one box say. A guess.
pub const DEFAULT_POSTS_PER_SECOND: u32 = 50;
/// The number most devices ship with.
pub const DEFAULT_UNIT: u8 = 1;
/// IANA's port for Modbus.
pub const DEFAULT_MODBUS_PORT: u16 = 502;
/// The speed most devices ship with.
pub const DEFAULT_BAUD: u32 = 9600;
/// Water rises in minutes. A guess.
pub const DEFAULT_POLL_SECS: f64 = 5.0;
/// A gateway to a slow serial line takes a few tenths.
pub const DEFAULT_ANSWER_SECS: f64 = 1.0;
/// A Modbus sensor is not silent before this, however often it is asked.
pub const LEAST_STALE_SECS: f64 = 15.0;
