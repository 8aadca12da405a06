//! Registers that are asked for over Modbus RTU on a serial port.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::modbus::Poll;
use super::modbus_register::{DEFAULT_ANSWER_SECS, DEFAULT_POLL_SECS, DEFAULT_UNIT, RegisterFields};
use super::modbus_tcp::host_and_port;
use super::modbus_transport::{Line, Serial};
use super::{Source, SourceCheck, SourceDocument};
use crate::text::{Words, fields, source as say};
use crate::types::at::{At, value_of};
use crate::types::modbus;

fields! {
    "A register that is asked for over Modbus RTU on a serial port.":
        "通过串口以 Modbus RTU 查询的寄存器。";
    "The serial port. A name under `/dev/serial/by-id` stays the same when cables are swapped.":
        "串口。`/dev/serial/by-id` 下的名称在换插接口后不变。";
    "Parity: `none`, `even` or `odd`.":
        "校验位：`none`（无）、`even`（偶校验）或 `odd`（奇校验）。";
    "Stop bits.":
        "停止位。";
    "Number of the device on the line.":
        "从站号，即设备在线路上的编号。";
    "Seconds to wait after opening the port before the first question. Many devices swallow what comes too soon. If left out, it is learned; of several sensors on a line the longest counts.":
        "打开串口之后等多少秒再发第一次查询。许多设备会丢掉来得太早的请求。不写时自动学习；同一线路上有多个传感器时，取最长的。";
}

/// The speed most devices ship with.
const DEFAULT_BAUD: u32 = 9600;

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

/// The settings of each serial port, and who said them first.
#[derive(Default)]
struct Ports(BTreeMap<String, (Serial, Words)>);

impl SourceDocument for ModbusRtuDocument {
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
            any_unit: false,
        };
        let query = asked.check(check);
        let field = self.device.as_ref()?;
        let device = field.value.trim().to_owned();
        if device.contains("://") || host_and_port(&device).is_some_and(|(host, _)| host.contains('.')) {
            check.error(&field.span, say::device_is_address(), say::try_serial_server());
            return None;
        }
        if !device.starts_with('/') {
            check.error(&field.span, say::device_not_whole(), say::try_by_id());
            return None;
        }
        let port = Serial {
            device: device.clone(),
            baud: value_of(&self.baud).unwrap_or(DEFAULT_BAUD),
            parity: value_of(&self.parity).unwrap_or(modbus::Parity::None),
            stop_bits: value_of(&self.stop_bits).unwrap_or(1),
        };
        let Ports(ports) = check.agreed.of::<Ports>()?;
        let first_use = || (port.clone(), check.owner.clone());
        let (first, by) = ports.entry(device).or_insert_with(first_use);
        if *first != port {
            let what = say::port_set_otherwise(by.clone());
            check.error(&field.span, what, say::try_same_port());
            return None;
        }
        Some(Source::Modbus(Poll { line: Line::Rtu(port), query: query? }))
    }
}
