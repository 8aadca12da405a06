//! Registers that are asked for over TCP: Modbus TCP, or RTU frames behind a serial server.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::modbus::Poll;
use super::modbus_register::{DEFAULT_ANSWER_SECS, DEFAULT_POLL_SECS, DEFAULT_UNIT, RegisterFields};
use super::modbus_transport::Line;
use super::{Source, SourceCheck, SourceDocument};
use crate::text::{Words, fields, source as say};
use crate::types::at::{At, value_of};
use crate::types::modbus;

fields! {
    "A register that is asked for over Modbus TCP, or in RTU frames behind a serial server.":
        "通过 Modbus TCP 查询的寄存器，或经串口服务器透传的 RTU 帧。";
    "Host and port; port 502 may be left out.":
        "主机和端口；端口为 502 时可以不写。";
    "How frames are written: `tcp` with the header of Modbus TCP, `rtu` with a checksum, for a serial server that passes on what the serial line carries.":
        "帧格式：`tcp` 带 Modbus TCP 报文头；`rtu` 带校验和，用于原样透传串口数据的串口服务器。";
    "Number of the device: 1 to 247, or 0 or 255 for a device that has none.":
        "从站号：1 到 247；没有从站号的设备写 0 或 255。";
    "Seconds to wait after connecting before the first question. Many devices swallow what comes too soon. If left out, it is learned; of several sensors on a line the longest counts.":
        "连接之后等多少秒再发第一次查询。许多设备会丢掉来得太早的请求。不写时自动学习；同一线路上有多个传感器时，取最长的。";
    "Take an answer although it bears another device's number, for devices that always say the same one. 0 and 255 are always taken.":
        "应答里写着别的从站号也接受，用于总是回同一个从站号的设备。0 和 255 始终接受。";
}

/// IANA's port for Modbus.
const DEFAULT_PORT: &str = "502";

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

/// The framing of each host and port, and who said it first.
#[derive(Default)]
struct Framings(BTreeMap<(String, u16), (modbus::Framing, Words)>);

impl SourceDocument for ModbusTcpDocument {
    fn check(&self, check: &mut SourceCheck<'_>) -> Option<Source> {
        let asked = RegisterFields {
            unit: &self.unit,
            register: &self.register,
            table: &self.table,
            kind: &self.kind,
            order: &self.order,
            poll: &self.poll_secs,
            timeout: &self.timeout_secs,
            connect_pause: &self.connect_pause_secs,
            any_unit: value_of(&self.any_unit).unwrap_or(false),
        };
        let query = asked.check(check);
        let field = self.address.as_ref()?;
        let Some((host, port)) = host_and_port(field.value.trim()) else {
            check.error(&field.span, say::address_not_host_and_port(), say::try_host_and_port());
            return None;
        };
        let framing = value_of(&self.framing).unwrap_or(modbus::Framing::Tcp);
        let Framings(framings) = check.agreed.of::<Framings>()?;
        let first_use = || (framing, check.owner.clone());
        let (first, by) = framings.entry((host.clone(), port)).or_insert_with(first_use);
        if *first != framing {
            let at = self.framing.as_ref().map_or(&field.span, |framing| &framing.span);
            let what = say::other_framing(by.clone());
            check.error(at, what, say::try_same_framing());
            return None;
        }
        Some(Source::Modbus(Poll { line: Line::Tcp { host, port, framing }, query: query? }))
    }
}

/// `10.0.0.8`, `plc.example:1502`, `[fe80::1]:502`.
pub(super) fn host_and_port(text: &str) -> Option<(String, u16)> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']')?;
            (host, rest.strip_prefix(':').or(rest.is_empty().then_some(DEFAULT_PORT))?)
        }
        None => match text.split_once(':') {
            Some(both) => both,
            None => (text, DEFAULT_PORT),
        },
    };
    let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    let port: u16 = port.parse().ok().filter(|port| *port > 0)?;
    (!host.is_empty() && host.chars().all(is_host)).then(|| (host.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_perhaps_a_port() {
        assert_eq!(host_and_port("10.0.0.8"), Some(("10.0.0.8".to_owned(), 502)));
        assert_eq!(host_and_port("plc-1.example:1502"), Some(("plc-1.example".to_owned(), 1502)));
        assert_eq!(host_and_port("[fe80::1]"), Some(("fe80::1".to_owned(), 502)));
        assert_eq!(host_and_port("[fe80::1]:1"), Some(("fe80::1".to_owned(), 1)));
        for text in [
            "tcp://10.0.0.8",
            "10.0.0.8:",
            "10.0.0.8:0",
            "10.0.0.8:70000",
            "",
            ":502",
            "fe80::1",
            "a b",
            "u@h:1",
        ] {
            assert_eq!(host_and_port(text), None, "{text}");
        }
    }
}
